"""Steps with their results on disk: made once for each content, whole or not there, and found again after a kill.

A step's key is a digest of its name, of all that goes into it (the keys and digests of the steps before, and its part
of the spec) and of the code. Its folder is made under another name and renamed when it is complete, so that a folder
with that key is always whole. Who runs the same again finds it; who changes anything makes it anew.
"""

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from ..errors import WriteError

__all__ = ["Made", "Shop", "alone", "digest", "events"]

log = logging.getLogger(__name__)
FACTS, JOURNAL, LOCK = "facts.json", "journal.jsonl", "lock.json"
KEY_LENGTH = 16


@dataclass(frozen=True)
class Made:
    """What a step left: its ``folder``, its ``key``, and its ``facts`` (plain values, from ``facts.json``)."""

    step: str
    key: str
    folder: Path
    facts: dict[str, Any]
    seconds: float
    found: bool


@dataclass(frozen=True)
class Shop:
    """Where steps are kept, and which code makes them. It can be sent to another process that sees the same disk.

    Attributes
    ----------
    home : Path
        A folder; it is made on demand.
    code : str
        A digest of the code; another code makes everything anew.
    """

    home: Path
    code: str
    tell: Callable[[str], None] = field(default=log.debug, compare=False)

    def step(self, name: str, inputs: Mapping[str, Any], make: Callable[[Path], Mapping[str, Any]]) -> Made:
        """Do a step, unless its result is there.

        Parameters
        ----------
        name : str
            The step and whom it is for, such as ``"search logistic late-flights 2013-02"``.
        inputs : mapping
            All that the result depends on: plain values and dataclasses of them.
        make : function
            Gets an empty folder to write files into, and returns facts for the steps that follow.

        Returns
        -------
        Made
            With ``found`` true if nothing had to be done.

        Raises
        ------
        WriteError
            If the folder cannot be written.
        """
        key = digest({"step": name, "code": self.code, "inputs": inputs})
        folder = self.home / "steps" / f"{_slug(name)}-{key}"
        if not (folder / FACTS).is_file():
            self._make(name, key, folder, make)
            return _read(name, key, folder, found=False)
        return _read(name, key, folder, found=True)

    def _make(self, name: str, key: str, folder: Path, make: Callable[[Path], Mapping[str, Any]]) -> None:
        self.tell(name)
        self.note("begin", name, key)
        part = folder.with_name(f".{folder.name}.{os.getpid()}")
        shutil.rmtree(part, ignore_errors=True)
        began = time.perf_counter()
        try:
            part.mkdir(parents=True)
            facts = dict(make(part))
            written = {"step": name, "key": key, "seconds": round(time.perf_counter() - began, 3)}
            written |= {"at": _now(), "facts": facts}
            (part / FACTS).write_text(json.dumps(written, indent=1, default=_plain), encoding="utf-8")
            part.rename(folder)
        except OSError as error:
            raise WriteError(f"Step {name!r} could not be kept in {folder.parent}: {error}") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        self.note("end", name, key)

    def note(self, what: str, name: str, key: str) -> None:
        """Write a line into the journal, at once: a kill loses nothing that was noted.

        Parameters
        ----------
        what : str
            ``begin`` or ``end``.
        name, key : str
            Of the step.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"at": _now(), "what": what, "step": name, "key": key, "process": os.getpid()})
        with (self.home / JOURNAL).open("a", encoding="utf-8") as journal:
            journal.write(line + "\n")


def events(home: Path) -> list[dict[str, Any]]:
    """The journal.

    Parameters
    ----------
    home : Path
        Of a shop.

    Returns
    -------
    list of dict
        ``at, what`` (begin or end), ``step, key, process``; a line that a kill cut short is left out.
    """
    if not (home / JOURNAL).is_file():
        return []
    found = []
    for line in (home / JOURNAL).read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Keep a second factory out of the same folder for as long as the block lasts, and sweep what a killed one left.

    Parameters
    ----------
    home : Path
        The folder; made if it is not there.

    Yields
    ------
    None
        While nobody else works there.

    Raises
    ------
    WriteError
        If another process works there.
    """
    home.mkdir(parents=True, exist_ok=True)
    lock = home / LOCK
    if (owner := _owner(lock)) is not None:
        raise WriteError(
            f"Process {owner} works in {home} already.", "Wait for it, stop it, or name another folder with --home."
        )
    mine = psutil.Process()
    lock.write_text(json.dumps({"process": mine.pid, "created": mine.create_time()}), encoding="utf-8")
    for part in (home / "steps").glob(".*"):
        shutil.rmtree(part, ignore_errors=True)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def digest(value: Any) -> str:
    """A short fingerprint of plain values and dataclasses.

    Parameters
    ----------
    value : object
        Text, numbers, lists, dicts, dataclasses.

    Returns
    -------
    str
        Sixteen letters.
    """
    text = json.dumps(value, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if hasattr(value, "item"):
        return value.item()
    return str(value)


def _read(name: str, key: str, folder: Path, *, found: bool) -> Made:
    written = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    return Made(name, key, folder, written["facts"], written["seconds"], found)


def _owner(lock: Path) -> int | None:
    """The process that holds the lock, if it lives and is the one that took it."""
    try:
        held = json.loads(lock.read_text(encoding="utf-8"))
        process = psutil.Process(held["process"])
        return process.pid if abs(process.create_time() - held["created"]) < 1 else None
    except (OSError, ValueError, KeyError, psutil.Error):
        return None


def _slug(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name)[:80]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
