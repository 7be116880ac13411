"""From rows to answers: check each, let the model answer all that wait at once, record what was said.

A model answers fifty rows in hardly more time than one. While it works, requests that come in wait together, and its
next call answers all of them; when it is free, a request does not wait at all.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .metrics import Metrics
from .model import Served, Watched
from .schema import Problem
from .served_log import Entry, Recorder, status_of

__all__ = ["Answering", "Busy", "Refused", "about"]

MAX_ROWS = 1000
MAX_WAITING_ROWS = 20_000
ROWS_TOGETHER = 1000


class Refused(Exception):  # noqa: N818  (it is an answer, not a fault)
    """A request that is answered with its reason instead of predictions."""

    def __init__(self, code: int, reason: str, field: str | None = None):
        self.code, self.reason, self.field = code, reason, field
        super().__init__(reason)


class Busy(Refused):
    """More rows wait than can be answered in a reasonable time."""


@dataclass
class _Waiting:
    served: Served
    rows: list[dict[str, Any]]
    answer: "asyncio.Future[list[dict[str, Any]]]"


class Answering:
    """All that one process needs to answer.

    Parameters
    ----------
    watched : Watched
        The model of the moment.
    metrics : Metrics
        Where answers are counted.
    recorder : Recorder
        Where they are kept.
    """

    def __init__(self, watched: Watched, metrics: Metrics, recorder: Recorder):
        self.watched, self.metrics, self._recorder = watched, metrics, recorder
        self._line: list[_Waiting] = []
        self._is_busy = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="model")

    async def predict(self, rows: Sequence[Any], request_id: str) -> tuple[int, dict[str, Any]]:
        """The status code and the body for the rows of a request.

        Raises
        ------
        Refused
            If there are too many rows, here or in the line.
        """
        began, at, served = time.perf_counter(), datetime.now(UTC), self.watched.current
        _require_few(rows)
        checked = [served.schema.check(row) for row in rows]
        good = [place for place, (_, problems) in enumerate(checked) if not problems]
        answers = [_rejected(problems) for _, problems in checked]
        said = await self._asked(served, [checked[place][0] for place in good]) if good else []
        for place, answer in zip(good, said, strict=True):
            answers[place] = answer
        self._keep(Entry(at, request_id, served.name, served.version, served.alias, time.perf_counter() - began,
                         [values for values, _ in checked], answers))  # fmt: skip
        body = about(served, request_id) | {"predictions": [{"row": i} | each for i, each in enumerate(answers)]}
        return (200 if good else 422), body

    def close(self) -> None:
        """Write the record to its end."""
        self._pool.shutdown()
        self._recorder.close()

    def _keep(self, entry: Entry) -> None:
        self._recorder.put(entry)
        for answer in entry.answers:
            self.metrics.rows.labels(status_of(answer)).inc()

    async def _asked(self, served: Served, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if sum(len(each.rows) for each in self._line) > MAX_WAITING_ROWS:
            raise Busy(503, "too many rows wait already; try again in a second")
        waiting = _Waiting(served, rows, asyncio.get_running_loop().create_future())
        self._line.append(waiting)
        self._next()
        return await waiting.answer

    def _next(self) -> None:
        """Give the model all that waits for the same version, if it is free. Only the event loop calls this."""
        if self._is_busy or not self._line:
            return
        served, together, rows = self._line[0].served, list[_Waiting](), 0
        while self._line and self._line[0].served is served and rows + len(self._line[0].rows) <= ROWS_TOGETHER:
            together.append(self._line.pop(0))
            rows += len(together[-1].rows)
        self._is_busy = True
        work = asyncio.get_running_loop().run_in_executor(
            self._pool, served.answers, [row for each in together for row in each.rows]
        )
        work.add_done_callback(lambda done: self._tell(together, done))

    def _tell(self, together: list[_Waiting], done: "asyncio.Future[list[dict[str, Any]]]") -> None:
        self._is_busy = False
        answers = iter(done.result())
        for waiting in together:
            of_it = [next(answers) for _ in waiting.rows]
            if not waiting.answer.done():  # whoever asked may have hung up
                waiting.answer.set_result(of_it)
        self._next()


def about(served: Served, request_id: str) -> dict[str, Any]:
    """What every answer begins with: by which model and version, for which request."""
    facts = {"model": served.name, "version": served.version, "alias": served.alias, "request_id": request_id}
    return facts | ({} if served.threshold is None else {"threshold": served.threshold})


def _require_few(rows: Sequence[Any]) -> None:
    if len(rows) > MAX_ROWS:
        raise Refused(413, f"{len(rows):,} rows are too many; a request may hold {MAX_ROWS:,}")


def _rejected(problems: list[Problem]) -> dict[str, Any]:
    """The first problem of a row, and the others beside it."""
    if not problems:
        return {}
    first, *others = [problem.as_json() for problem in problems]
    return {"error": first | ({"others": others} if others else {})}
