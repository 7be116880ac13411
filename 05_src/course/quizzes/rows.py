"""Whose quiz it is, and the rows that every step of it reads and changes."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from .tables import ATTEMPTS, DEVICES, EVENTS

__all__ = ["Refused", "Seat", "change", "close_devices", "find", "hashed", "lock", "seated_row", "tell"]


@dataclass(frozen=True)
class Seat:
    """Whose quiz it is."""

    cohort: str
    quiz: str
    learner: str


class Refused(Exception):  # noqa: N818  # it is an answer to the learner, not a fault
    """A step that is not taken.

    Parameters
    ----------
    why : str
        "withdrawn", "elsewhere", "often", "stranger", "submitted" or "changed".
    saved : object, optional
        For "changed": what another window has saved meanwhile.
    """

    def __init__(self, why: str, saved: Any = None):
        self.why, self.saved = why, saved
        super().__init__(why)


def find(connection: sa.Connection, seat: Seat) -> Any:
    """The row of an attempt, or None."""
    return connection.execute(sa.select(ATTEMPTS).where(*_is(seat))).one_or_none()


def lock(connection: sa.Connection, seat: Seat) -> Any:
    """The row of an attempt, made where there is none, and nobody else's until the transaction ends."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"cohort": seat.cohort, "quiz": seat.quiz, "learner": seat.learner}
    connection.execute(insert(ATTEMPTS).values(**row).on_conflict_do_nothing())
    return connection.execute(sa.select(ATTEMPTS).where(*_is(seat)).with_for_update()).one()


def seated_row(connection: sa.Connection, quiz: str, cookie: str, *, locked: bool = False) -> Any:
    """The row of the attempt that a browser has open, by its cookie; Refused if it has none."""
    device = sa.select(DEVICES).where(DEVICES.c.cookie_hash == hashed(cookie))
    attempt = sa.select(ATTEMPTS).where(ATTEMPTS.c.id.in_(sa.select(device.subquery().c.attempt)))
    row = connection.execute(attempt.with_for_update() if locked else attempt).one_or_none()
    if row is None or row.quiz != quiz:
        raise Refused("stranger")
    if connection.execute(device).one().closed_at:  # read behind the lock: it may have been closed just now
        raise Refused("elsewhere")
    return row


def change(connection: sa.Connection, attempt: int, **values: Any) -> None:
    """Change columns of an attempt."""
    connection.execute(sa.update(ATTEMPTS).where(ATTEMPTS.c.id == attempt).values(**values))


def close_devices(connection: sa.Connection, attempt: int, now: datetime) -> None:
    """No browser has the attempt open from now on."""
    live = sa.update(DEVICES).where(DEVICES.c.attempt == attempt, DEVICES.c.closed_at.is_(None))
    connection.execute(live.values(closed_at=now))


def tell(connection: sa.Connection, attempt: int, now: datetime, what: str, detail: str = "") -> None:
    """Write down what happened, for the people of the team."""
    connection.execute(sa.insert(EVENTS).values(attempt=attempt, at=now, what=what, detail=detail))


def hashed(cookie: str) -> str:
    """What is kept of a cookie: who reads the database cannot sit down in a learner's place."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def _is(seat: Seat) -> list[sa.ColumnElement[bool]]:
    columns = ATTEMPTS.c
    return [columns.cohort == seat.cohort, columns.quiz == seat.quiz, columns.learner == seat.learner]
