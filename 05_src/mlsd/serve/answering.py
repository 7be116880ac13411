"""From rows to answers: check each, ask the model, record what was said; and let a challenger try itself out."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from .metrics import Metrics
from .model import Served, Watched
from .rollout import Trial
from .schema import Problem
from .served_log import Entry, Recorder, status_of
from .shadows import Shadows, shadow_of
from .waiting import Line, Refused

__all__ = ["Answering", "about"]

MAX_ROWS = 1000
CHALLENGER_SECONDS = 2.0  # then the champion answers


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
    trial : Trial, optional
        The challenger beside it.
    """

    def __init__(self, watched: Watched, metrics: Metrics, recorder: Recorder, trial: Trial | None = None):
        self.watched, self.metrics, self.trial, self._recorder = watched, metrics, trial, recorder
        self._line, self._challengers = Line("model"), Line("challenger")  # a slow challenger holds up no champion
        self._shadows = Shadows(trial, metrics, recorder) if trial and trial.share is None else None

    async def predict(
        self, rows: Sequence[Any], request_id: str, *, may_try: bool = True
    ) -> tuple[int, dict[str, Any]]:
        """The status code and the body for the rows of a request.

        Parameters
        ----------
        rows : sequence
            As JSON gave them.
        request_id : str
            In a canary it decides who answers.
        may_try : bool
            Whether the request may be part of a trial.

        Raises
        ------
        Refused
            If there are too many rows, here or in the line.
        """
        began, at, champion = time.perf_counter(), datetime.now(UTC), self.watched.current
        _require_few(rows)
        checked = [champion.schema.check(row) for row in rows]
        values, answers = [row for row, _ in checked], [_rejected(problems) for _, problems in checked]
        good = [place for place, (_, problems) in enumerate(checked) if not problems]
        challenger = self.trial.beside(champion) if self.trial and may_try else None
        entry = _entry(at, request_id, champion, values, answers)
        if self.trial and challenger:
            entry = replace(entry, challenger=challenger.version, share=self.trial.share)
        asked = [values[place] for place in good]
        served, said = await self._asked(champion, challenger, asked, entry) if good else (champion, [])
        for place, answer in zip(good, said, strict=True):
            answers[place] = answer
        entry = replace(entry, version=served.version, alias=served.alias, seconds=time.perf_counter() - began)
        self._keep(entry, answers)
        if self._shadows and challenger:
            self._shadows.put(challenger, entry)
        body = about(served, request_id) | {"predictions": [{"row": i} | each for i, each in enumerate(answers)]}
        return (200 if good else 422), body

    def close(self) -> None:
        """Write the record to its end."""
        for line in (self._line, self._challengers):
            line.close()
        if self._shadows:
            self._shadows.close()
        self._recorder.close()

    def _keep(self, entry: Entry, answers: list[dict[str, Any]]) -> None:
        self._recorder.put(entry)
        for answer in answers:
            self.metrics.rows.labels(status_of(answer)).inc()

    async def _asked(
        self, champion: Served, challenger: Served | None, rows: list[dict[str, Any]], entry: Entry
    ) -> tuple[Served, list[dict[str, Any]]]:
        """Who answered, and what: the challenger where a canary picks the request and it can, else the champion."""
        if challenger and self.trial and self.trial.picks(challenger, entry.request_id):
            said = await self._tried(self.trial, challenger, rows, entry)
            if said is not None:
                return challenger, said
        return champion, await self._line.answers(champion, rows)

    async def _tried(
        self, trial: Trial, challenger: Served, rows: list[dict[str, Any]], entry: Entry
    ) -> list[dict[str, Any]] | None:
        """The challenger's answers; None, with a record of why, where it fails at a row or takes too long."""
        began = time.perf_counter()
        try:
            said = await asyncio.wait_for(self._challengers.answers(challenger, rows), CHALLENGER_SECONDS)
        except (TimeoutError, Refused) as error:
            reason = getattr(error, "reason", f"the challenger took longer than {CHALLENGER_SECONDS:g} s")
            said = [{"error": {"field": None, "reason": reason, "by_model": True}} for _ in rows]
        failed = trial.note(challenger, said)
        self.metrics.challenger.labels("fell_back" if failed else "answered").inc(len(rows))
        if not failed:
            return said
        self._recorder.put(shadow_of(entry, challenger, said, time.perf_counter() - began))
        return None


def about(served: Served, request_id: str) -> dict[str, Any]:
    """What every answer begins with: by which model and version, for which request."""
    facts = {"model": served.name, "version": served.version, "alias": served.alias, "request_id": request_id}
    return facts | ({} if served.threshold is None else {"threshold": served.threshold})


def _entry(at: datetime, request_id: str, champion: Served, values: Any, answers: Any) -> Entry:
    return Entry(at, request_id, champion.name, champion.version, champion.alias, 0.0, values, answers)


def _require_few(rows: Sequence[Any]) -> None:
    if len(rows) > MAX_ROWS:
        raise Refused(413, f"{len(rows):,} rows are too many; a request may hold {MAX_ROWS:,}")


def _rejected(problems: list[Problem]) -> dict[str, Any]:
    """The first problem of a row, and the others beside it."""
    if not problems:
        return {}
    first, *others = [problem.as_json() for problem in problems]
    return {"error": first | ({"others": others} if others else {})}
