"""The record of what was asked and answered: JSON Lines, a file for each process and day, a line for each row.

The answer does not wait for the disk: what is to be recorded goes into a queue, and a thread writes it. When the queue
is full or the disk refuses, lines are dropped, counted in ``/metrics`` and told in the log.

Each line holds ``time`` (UTC, when the request came), ``request_id``, ``row``, ``model``, ``version``, ``alias``,
``status`` (``ok``, ``rejected``, ``error``, ``shadow``), ``probability`` or ``prediction``, ``seconds`` (of the
request), ``error`` (``field`` and ``reason``, or null), ``features``, and of a trial ``challenger`` (its version) and
``share`` (null in a shadow). A line of status ``shadow`` is what the challenger said and nobody was told.
"""

import json
import logging
import os
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import pandas as pd

from .. import settings
from ..errors import DataError

__all__ = ["Entry", "Recorder", "folder_of", "read_log", "status_of"]

log = logging.getLogger(__name__)
WAITING_REQUESTS = 10_000
FACTS = ["time", "request_id", "row", "model", "version", "alias", "status", "probability", "prediction", "seconds"]
FACTS += ["challenger", "share"]
FEATURE = "feature."


@dataclass(frozen=True)
class Entry:
    """One request: when, who, by which model, each row with its answer (None: no line), and the trial it is part of."""

    time: datetime
    request_id: str
    model: str
    version: str
    alias: str
    seconds: float
    rows: list[dict[str, Any]]
    answers: list[dict[str, Any] | None]
    challenger: str | None = None
    share: float | None = None
    status: str | None = None

    def lines(self) -> Iterator[str]:
        """A line of JSON for each row."""
        for place, (row, answer) in enumerate(zip(self.rows, self.answers, strict=True)):
            if answer is None:
                continue
            error = answer.get("error")
            yield json.dumps(
                {
                    "time": self.time.isoformat(timespec="milliseconds"),
                    "request_id": self.request_id,
                    "row": place,
                    "model": self.model,
                    "version": self.version,
                    "alias": self.alias,
                    "status": self.status or status_of(answer),
                    "probability": answer.get("probability"),
                    "prediction": answer.get("prediction"),
                    "seconds": round(self.seconds, 6),
                    "challenger": self.challenger,
                    "share": self.share,
                    "error": {part: error[part] for part in ("field", "reason")} if error else None,
                    "features": row,
                },
                default=str,
            )


class Recorder:
    """Writes entries in a thread of its own.

    Parameters
    ----------
    name : str
        The model.
    on_drop : callable
        Told how many rows were dropped.
    """

    def __init__(self, name: str, on_drop: Callable[[int], None]):
        self.folder = folder_of(name)
        self._on_drop = on_drop
        self._queue: queue.Queue[Entry | None] = queue.Queue(WAITING_REQUESTS)
        self._file: IO[str] | None = None
        self._day: date | None = None
        self._is_troubled = False
        self._thread = threading.Thread(target=self._write_all, name="served-log", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Record it soon. It never waits: a full queue drops the entry and says so.

        Parameters
        ----------
        entry : Entry
            A request and its answers.
        """
        try:
            self._queue.put_nowait(entry)
        except queue.Full:
            self._drop([entry], "the queue is full")

    def close(self) -> None:
        """Write what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    def _write_all(self) -> None:
        while True:
            entries, is_last = self._taken()
            if entries:
                self._write(entries)
            if is_last:
                if self._file:
                    self._file.close()
                return

    def _taken(self) -> tuple[list[Entry], bool]:
        """All that waits, at least one; and whether it was the last."""
        taken = [self._queue.get()]
        while taken[-1] is not None:
            try:
                taken.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return [entry for entry in taken if entry is not None], taken[-1] is None

    def _write(self, entries: list[Entry]) -> None:
        for day in sorted({entry.time.date() for entry in entries}):
            of_day = [entry for entry in entries if entry.time.date() == day]
            try:
                file = self._opened(day)
                file.write("".join(f"{line}\n" for entry in of_day for line in entry.lines()))
                file.flush()
                self._is_troubled = False
            except OSError as error:
                self._day = None  # open it anew next time: the folder may have been moved
                self._drop(of_day, str(error))

    def _opened(self, day: date) -> IO[str]:
        if self._file is None or self._day != day:
            if self._file:
                self._file.close()
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{day.isoformat()}-{os.getpid()}.jsonl"
            is_torn = path.is_file() and path.read_bytes()[-1:] not in (b"", b"\n")
            self._file, self._day = path.open("a", encoding="utf-8", newline="\n"), day
            self._file.write("\n" if is_torn else "")  # another process of this number died within a line
        return self._file

    def _drop(self, entries: list[Entry], why: str) -> None:
        rows = sum(len(entry.rows) for entry in entries)
        self._on_drop(rows)
        if not self._is_troubled:
            log.error("%s rows were not recorded: %s. /metrics counts them.", rows, why)
        self._is_troubled = True


def read_log(
    name: str,
    since: str | datetime | None = None,
    until: str | datetime | None = None,
    *,
    shadows: bool = False,
    folder: Path | None = None,
) -> pd.DataFrame:
    """What was asked of a model, and answered.

    Parameters
    ----------
    name : str
        The model's name, as registered.
    since, until : str or datetime, optional
        Only requests from `since` on and before `until`; without a zone, UTC.
    shadows : bool
        Also what a challenger said and nobody was told, with status ``shadow``.
    folder : pathlib.Path, optional
        The files; by default ``served/<name>`` in ``settings.data_dir()``.

    Returns
    -------
    pandas.DataFrame
        One row a row, in order of time: ``time`` (UTC), ``request_id, row, model, version, alias``, ``status``
        (``ok``, ``rejected`` before the model saw it, ``error`` by the model), ``probability`` and ``prediction``
        (missing where there is none), ``seconds`` of the request, ``challenger`` (the version on trial) and its
        ``share`` (missing in a shadow), ``error.field, error.reason``, and ``feature.<name>`` for each column.
        ``attrs["torn_lines"]`` counts lines that a killed process left half-written; they are skipped.

    Raises
    ------
    DataError
        If nothing was ever recorded under this name.
    """
    where = folder or folder_of(name)
    files = sorted(where.glob("*.jsonl")) if where.is_dir() else []
    if not files:
        raise DataError(f"Nothing is recorded under {where}.", f"Serve the model first: `mlsd serve {name}@champion`.")
    first, last = _instant(since), _instant(until)
    lines, torn = [], 0
    for file in files:
        if _may_hold(file, first, last):
            found, broken = _read(file)
            lines += found
            torn += broken
    frame = _frame(lines)
    if not shadows:
        frame = frame[frame["status"] != "shadow"]
    if first is not None:
        frame = frame[frame["time"] >= first]
    if last is not None:
        frame = frame[frame["time"] < last]
    frame = frame.sort_values(["time", "request_id", "row"], kind="stable", ignore_index=True)
    frame.attrs["torn_lines"] = torn
    return frame


def folder_of(name: str) -> Path:
    """Where a model's record lies.

    Parameters
    ----------
    name : str
        The model's name, as registered.

    Returns
    -------
    pathlib.Path
        A folder, which may not exist yet.
    """
    return settings.data_dir() / "served" / name


def status_of(answer: dict[str, Any]) -> str:
    """What became of a row.

    Parameters
    ----------
    answer : dict
        As it was given.

    Returns
    -------
    str
        ``ok``, ``rejected`` before the model saw it, or ``error`` by the model.
    """
    if answer.get("error") is None:
        return "ok"
    return "error" if answer["error"].get("by_model") else "rejected"


def _instant(given: str | datetime | None) -> pd.Timestamp | None:
    if given is None:
        return None
    found = pd.Timestamp(given)
    return found.tz_convert("UTC") if found.tzinfo else found.tz_localize("UTC")


def _may_hold(file: Path, first: pd.Timestamp | None, last: pd.Timestamp | None) -> bool:
    """Whether a file's day lies within; one that is named otherwise is read."""
    try:
        day = pd.Timestamp(file.name[:10], tz="UTC")
    except ValueError:
        return True
    return (first is None or day >= first.normalize()) and (last is None or day <= last)


def _read(file: Path) -> tuple[list[dict[str, Any]], int]:
    found, torn = [], 0
    for line in file.read_bytes().split(b"\n"):
        if line.strip():
            try:
                read = json.loads(line)
                found.append(read if read.keys() >= {"time", "features"} else read["time"])
            except (ValueError, AttributeError, KeyError, TypeError):
                torn += 1
    return found, torn


def _frame(lines: list[dict[str, Any]]) -> pd.DataFrame:
    columns: dict[str, Any] = {fact: [line.get(fact) for line in lines] for fact in FACTS}
    frame = pd.DataFrame(columns)
    frame["time"] = pd.to_datetime(frame["time"], format="ISO8601", utc=True)
    for number in ("probability", "seconds", "share"):
        frame[number] = frame[number].astype("float64")
    for part in ("field", "reason"):
        frame[f"error.{part}"] = [(line.get("error") or {}).get(part) for line in lines]
    names = list(dict.fromkeys(name for line in lines for name in line["features"]))
    features = {f"{FEATURE}{name}": [line["features"].get(name) for line in lines] for name in names}
    return pd.concat([frame, pd.DataFrame(features, index=frame.index)], axis=1)
