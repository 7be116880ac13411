"""The line before a model: requests that come in while it works wait together, and its next call answers all of them.

A model answers fifty rows in hardly more time than one; when it is free, a request does not wait at all.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from .model import Served

__all__ = ["Busy", "Line", "Refused"]

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


class Line:
    """Who waits for a model, and the thread in which it answers. Only the event loop may call it.

    Parameters
    ----------
    name : str
        Of the thread.
    """

    def __init__(self, name: str):
        self._line: list[_Waiting] = []
        self._is_busy = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def answers(self, served: Served, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the model says to checked rows.

        Parameters
        ----------
        served : Served
            The version that is to answer.
        rows : list of dict
            As ``schema.check`` returns them.

        Returns
        -------
        list of dict
            As :meth:`Served.answers`.

        Raises
        ------
        Busy
            If too many rows wait already.
        """
        if sum(len(each.rows) for each in self._line) > MAX_WAITING_ROWS:
            raise Busy(503, "too many rows wait already; try again in a second")
        waiting = _Waiting(served, rows, asyncio.get_running_loop().create_future())
        self._line.append(waiting)
        self._next()
        return await waiting.answer

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(cancel_futures=True)

    def _next(self) -> None:
        """Give the model all that waits for the same version, if it is free."""
        while self._line and self._line[0].answer.done():  # nobody waits for it any more
            self._line.pop(0)
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
