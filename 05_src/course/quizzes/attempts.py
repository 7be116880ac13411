"""What a learner does with a paper, each step whole or not at all: save answers, submit once."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from .paper import Answer, Paper, answered, from_json, to_json
from .rows import Refused, Seat, change, seated_row, tell
from .tables import ANSWERS, ATTEMPTS, reading, writing

__all__ = ["Attempt", "Change", "Saved", "begin", "every", "save", "seated", "submit"]

_AWAY = timedelta(minutes=10)  # nobody looks at one question for longer


@dataclass(frozen=True)
class Saved:
    """The saved answer to one question: its version grows with each change."""

    answer: Answer
    version: int
    at: datetime
    seconds: float = 0.0


@dataclass(frozen=True)
class Change:
    """An answer on its way in.

    Parameters
    ----------
    place : int
        Which question of the paper, from 0.
    answer : list of int or dict of str to int
        In the form that `paper.normal` gives.
    version : int
        Which version the page knew when the learner changed it; 0 for a question without an answer.
    age : float or None
        Seconds since then, by the page's own clock, which says which of two windows was later; None if not known.
    """

    place: int
    answer: Answer
    version: int
    age: float | None = None


@dataclass(frozen=True)
class Attempt:
    """All that is known of one learner's quiz.

    Parameters
    ----------
    seat : Seat
        Whose it is.
    paper : tuple of Sheet
        The questions; empty as long as the learner has not opened them.
    answers : dict of int to Saved
        By place, from 0.
    opened_at, submitted_at : datetime or None
        When, if ever.
    changes : int
        How often it went from one browser to another.
    """

    seat: Seat
    paper: Paper
    answers: dict[int, Saved]
    opened_at: datetime | None
    submitted_at: datetime | None
    changes: int

    @property
    def given(self) -> dict[int, Answer]:
        """The answers alone, by place."""
        return {place: saved.answer for place, saved in self.answers.items()}

    @property
    def unanswered(self) -> list[int]:
        """Places of the questions in which something is left open."""
        given = self.given
        return [place for place, sheet in enumerate(self.paper) if not answered(sheet, given.get(place))]


def seated(engine: sa.Engine, quiz: str, cookie: str) -> Attempt:
    """Find the attempt that a browser has open.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    quiz : str
        Which quiz.
    cookie : str
        The browser's.

    Returns
    -------
    Attempt
        As it is saved.

    Raises
    ------
    Refused
        "stranger" if the cookie is unknown, "elsewhere" if another browser took over.
    """
    with reading(engine) as connection:
        return _loaded(connection, seated_row(connection, quiz, cookie))


def begin(engine: sa.Engine, quiz: str, cookie: str, paper: Paper, now: datetime) -> Attempt:
    """Hand out a paper, unless the learner has one.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    quiz : str
        Which quiz.
    cookie : str
        The browser's.
    paper : tuple of Sheet
        What is kept from now on.
    now : datetime
        The time of it.

    Returns
    -------
    Attempt
        With this paper, or with the one that it had.

    Raises
    ------
    Refused
        As `seated` does.
    """
    with writing(engine) as connection:
        row = seated_row(connection, quiz, cookie, locked=True)
        if row.paper is None:
            change(connection, row.id, paper=to_json(paper), opened_at=now, last_at=now)
        return _loaded(connection, seated_row(connection, quiz, cookie))


def every(engine: sa.Engine, cohort: str, quiz: str) -> list[Attempt]:
    """Read all attempts at a quiz.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    cohort : str
        Whose.
    quiz : str
        Which quiz.

    Returns
    -------
    list of Attempt
        Those whose questions were opened, by learner.
    """
    columns = ATTEMPTS.c
    here = (columns.cohort == cohort, columns.quiz == quiz, columns.paper.is_not(None))
    with reading(engine) as connection:
        rows = connection.execute(sa.select(ATTEMPTS).where(*here).order_by(columns.learner)).all()
        return [_loaded(connection, row) for row in rows]


def save(engine: sa.Engine, quiz: str, cookie: str, made: Change, now: datetime) -> Saved:
    """Save one answer; the same change sent again changes nothing.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    quiz : str
        Which quiz.
    cookie : str
        The browser's.
    made : Change
        The answer.
    now : datetime
        When it arrived.

    Returns
    -------
    Saved
        On disk.

    Raises
    ------
    Refused
        As `seated` does; "submitted" after that, "changed" if another window has saved a later change.
    """
    with writing(engine) as connection:
        attempt = seated_row(connection, quiz, cookie, locked=True)
        if attempt.submitted_at:
            raise Refused("submitted")
        return _save(connection, attempt, made, now, thought=_thought(attempt, now))


def submit(
    engine: sa.Engine,
    quiz: str,
    cookie: str,
    made: Collection[Change],
    now: datetime,
    *,
    ends: bool = True,
    sure: bool = False,
) -> Attempt:
    """Save the answers that came with a whole page and end the quiz, once; whoever submits again gets the same.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    quiz : str
        Which quiz.
    cookie : str
        The browser's.
    made : collection of Change
        What the page showed.
    now : datetime
        When it arrived.
    ends : bool
        Whether to end the quiz; else the answers are saved.
    sure : bool
        Whether to end it although something is unanswered.

    Returns
    -------
    Attempt
        Not submitted if something is unanswered and the learner was not sure; the answers are saved all the same.

    Raises
    ------
    Refused
        As `seated` does; "changed" if another window has saved something that this page did not show. Then nothing of
        it is saved.
    """
    with writing(engine) as connection:
        row = seated_row(connection, quiz, cookie, locked=True)
        if row.submitted_at:
            return _loaded(connection, row)
        for each in made:
            _save(connection, row, each, now, thought=0.0)  # several at once: nobody knows how long each took
        attempt = _loaded(connection, row)
        if ends and (sure or not attempt.unanswered):
            change(connection, row.id, submitted_at=now)
            tell(connection, row.id, now, "submitted")
            return replace(attempt, submitted_at=now)
        return attempt


def _loaded(connection: sa.Connection, row: Any) -> Attempt:
    saved = connection.execute(sa.select(ANSWERS).where(ANSWERS.c.attempt == row.id).order_by(ANSWERS.c.place))
    return Attempt(
        Seat(row.cohort, row.quiz, row.learner),
        from_json(row.paper) if row.paper else (),
        {each.place: _saved(each) for each in saved},
        row.opened_at,
        row.submitted_at,
        row.changes,
    )


def _saved(row: Any) -> Saved:
    return Saved(json.loads(row.answer), row.version, row.saved_at, row.seconds)


def _save(connection: sa.Connection, attempt: Any, made: Change, now: datetime, *, thought: float) -> Saved:
    here = (ANSWERS.c.attempt == attempt.id, ANSWERS.c.place == made.place)
    row = connection.execute(sa.select(ANSWERS).where(*here)).one_or_none()
    before = _saved(row) if row else Saved(type(made.answer)(), 0, now)
    if before.answer == made.answer:
        return before
    is_later = made.age is not None and now - timedelta(seconds=made.age) > before.at
    if made.version != before.version and not is_later:
        raise Refused("changed", before)
    saved = Saved(made.answer, before.version + 1, now, before.seconds + thought)
    values = {"answer": json.dumps(saved.answer), "version": saved.version, "saved_at": now, "seconds": saved.seconds}
    if row:
        connection.execute(sa.update(ANSWERS).where(*here).values(**values))
    else:
        connection.execute(sa.insert(ANSWERS).values(attempt=attempt.id, place=made.place, **values))
    change(connection, attempt.id, last_at=now)
    return saved


def _thought(attempt: Any, now: datetime) -> float:
    """Seconds since the learner's last saved change, or the opening: they belong to the question that is saved now."""
    gap = now - attempt.last_at
    return gap.total_seconds() if timedelta() <= gap <= _AWAY else 0.0
