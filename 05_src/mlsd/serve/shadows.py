"""A shadow: what the champion answered is asked of the challenger too, later and elsewhere, for the record only."""

import queue
import threading
import time
from dataclasses import dataclass, replace
from typing import Any

from .metrics import Metrics
from .model import Served
from .rollout import Trial
from .served_log import Entry, Recorder

__all__ = ["Shadows", "shadow_of"]

MAX_WAITING_ROWS = 5_000
ROWS_TOGETHER = 500
GATHER_SECONDS = 0.2  # few large calls take less of the processor that the champion needs than many small ones
END_SECONDS = 5.0


@dataclass(frozen=True)
class _Waiting:
    challenger: Served
    entry: Entry
    rows: list[dict[str, Any]]


class Shadows:
    """Rows that wait for the challenger, and the thread in which it answers. Putting never waits.

    Parameters
    ----------
    trial : Trial
        Told what the challenger failed at.
    metrics : Metrics
        Where answered, failed and dropped rows are counted.
    recorder : Recorder
        Where answers are kept.
    """

    def __init__(self, trial: Trial, metrics: Metrics, recorder: Recorder):
        self._trial, self._metrics, self._recorder = trial, metrics, recorder
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._rows, self._lock, self._closing = 0, threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._answer_all, name="shadow", daemon=True)
        self._thread.start()

    def put(self, challenger: Served, entry: Entry) -> None:
        """Ask the challenger soon, or not at all when too many rows wait.

        Parameters
        ----------
        challenger : Served
            Whom to ask.
        entry : Entry
            What the champion was asked and answered; rows that it had no answer to are left out.
        """
        rows = [row for row, answer in zip(entry.rows, entry.answers, strict=True) if _is_taken(answer)]
        with self._lock:
            is_full = self._rows + len(rows) > MAX_WAITING_ROWS
            self._rows += 0 if is_full else len(rows)
        if is_full:
            self._metrics.challenger.labels("dropped").inc(len(rows))
        elif rows:
            self._queue.put(_Waiting(challenger, entry, rows))

    def close(self) -> None:
        """Answer what waits, within a few seconds, then end."""
        self._closing.set()
        self._queue.put(None)
        self._thread.join(END_SECONDS)

    def _answer_all(self) -> None:
        left: list[_Waiting | None] = []
        while True:
            left = left or [self._queue.get()]
            self._closing.wait(GATHER_SECONDS)
            while not self._queue.empty():
                left.append(self._queue.get())
            together = _first_few(left)
            if not together:
                return
            self._answer(together)
            left = left[len(together) :]

    def _answer(self, together: list[_Waiting]) -> None:
        challenger, began = together[0].challenger, time.perf_counter()
        answers = challenger.answers([row for each in together for row in each.rows])
        seconds, said = time.perf_counter() - began, iter(answers)
        failed = self._trial.note(challenger, answers)
        self._metrics.challenger.labels("failed").inc(failed)
        self._metrics.challenger.labels("shadowed").inc(len(answers) - failed)
        for each in together:
            self._recorder.put(shadow_of(each.entry, challenger, [next(said) for _ in each.rows], seconds))
        with self._lock:
            self._rows -= len(answers)


def shadow_of(entry: Entry, challenger: Served, said: list[dict[str, Any]], seconds: float) -> Entry:
    """The challenger's entry beside the champion's: the same request, rows and time.

    Parameters
    ----------
    entry : Entry
        The champion's.
    challenger : Served
        Who answered unseen.
    said : list of dict
        For the rows without an error in the entry.
    seconds : float
        Of the call.

    Returns
    -------
    Entry
        With those rows only.
    """
    rest = iter(said)
    answers = [next(rest) if _is_taken(answer) else None for answer in entry.answers]
    by = replace(entry, version=challenger.version, alias=challenger.alias, seconds=seconds)
    return replace(by, answers=answers, status="shadow")


def _is_taken(answer: dict[str, Any] | None) -> bool:
    return answer is not None and "error" not in answer


def _first_few(waiting: list[_Waiting | None]) -> list[_Waiting]:
    """From the front, for one version and one call; none when the end comes first."""
    together: list[_Waiting] = []
    for each in waiting:
        rows = sum(len(other.rows) for other in together)
        if each is None or (together and each.challenger is not together[0].challenger):
            break
        if together and rows + len(each.rows) > ROWS_TOGETHER:
            break
        together.append(each)
    return together
