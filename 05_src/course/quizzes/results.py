"""What the quizzes earned, in the form that `course gradebook` reads; and how far everybody is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa

from course.cohort.plan import Cohort
from course.gradebook.rule import QUIZZES

from .attempts import Attempt, every
from .hours import hours_of
from .paper import percent
from .tables import ATTEMPTS, EVENTS, reading

__all__ = ["Event", "counts", "events", "score_text", "table"]

_QUIZ_NAMES = tuple(f"quiz_{number}" for number in range(1, QUIZZES + 1))


@dataclass(frozen=True)
class Event:
    """Something that happened to a learner's quiz: when, what, and in which browser."""

    learner: str
    at: datetime
    what: str
    detail: str


def table(
    engine: sa.Engine, cohort: Cohort, key: str, learners: Sequence[str], now: datetime
) -> tuple[list[list[str]], list[str]]:
    """Make the table of scores: a row for each learner, a column for each quiz.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    cohort : Cohort
        With its calendar.
    key : str
        The name of the cohort in the database.
    learners : sequence of str
        Who stands in it, in this order.
    now : datetime
        The time: what is not submitted counts from the moment at which it was due.

    Returns
    -------
    tuple of list of list of str, list of str
        Rows of learner and six scores, an empty one where nothing counts yet; and what is worth a look.
    """
    scores: dict[tuple[str, str], str] = {}
    notes = []
    for quiz in _QUIZ_NAMES:
        attempts = every(engine, key, quiz)
        done = {each.seat.learner: each for each in attempts if counts(each, cohort, now)}
        scores |= {(who, quiz): score_text(percent(each.paper, each.given)) for who, each in done.items()}
        notes += _notes(quiz, attempts, set(done), learners)
    return [[who, *(scores.get((who, quiz), "") for quiz in _QUIZ_NAMES)] for who in learners], notes


def counts(attempt: Attempt, cohort: Cohort, now: datetime) -> bool:
    """Say whether an attempt can no longer change.

    Parameters
    ----------
    attempt : Attempt
        The attempt.
    cohort : Cohort
        With its calendar.
    now : datetime
        The time.

    Returns
    -------
    bool
        True if it is submitted, or was due.
    """
    due = hours_of(cohort, attempt.seat.quiz, attempt.seat.learner).due
    return attempt.submitted_at is not None or now > due


def score_text(score: Fraction) -> str:
    """Write a score exactly: as a decimal where that ends, else as points of the most, such as 230/300.

    Parameters
    ----------
    score : Fraction
        0 to 100.

    Returns
    -------
    str
        What `course gradebook` reads as the same number. No spreadsheet takes it for a date.

    Examples
    --------
    >>> score_text(Fraction(175, 2)), score_text(Fraction(230, 3))
    ('87.5', '230/300')
    """
    rest = score.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    exact = f"{float(score):.10f}".rstrip("0").rstrip(".")
    return exact if rest == 1 and Fraction(exact) == score else f"{score.numerator}/{100 * score.denominator}"


def events(engine: sa.Engine, key: str, quiz: str) -> list[Event]:
    """List what happened to a quiz, in order.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    key : str
        The name of the cohort in the database.
    quiz : str
        Which quiz.

    Returns
    -------
    list of Event
        Openings, changes of browser, submissions, and what the team did.
    """
    columns = (ATTEMPTS.c.learner, EVENTS.c.at, EVENTS.c.what, EVENTS.c.detail)
    here = (ATTEMPTS.c.cohort == key, ATTEMPTS.c.quiz == quiz)
    asked = sa.select(*columns).join(ATTEMPTS, ATTEMPTS.c.id == EVENTS.c.attempt).where(*here).order_by(EVENTS.c.id)
    with reading(engine) as connection:
        return [Event(*row) for row in connection.execute(asked)]


def _notes(quiz: str, attempts: Iterable[Attempt], done: set[str], learners: Sequence[str]) -> list[str]:
    strangers = sorted(each.seat.learner for each in attempts if each.seat.learner not in learners)
    open_still = sorted(each.seat.learner for each in attempts if each.seat.learner not in done)
    notes = [f"{quiz}: {who} answered it and is not in the list of learners." for who in strangers]
    if open_still:
        notes.append(f"{quiz}: {len(open_still)} still have it open, without a score yet: {', '.join(open_still)}.")
    return notes
