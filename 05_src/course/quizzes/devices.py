"""In which browser a learner answers: one at a time, and each change is asked for, written down and counted.

The first browser that opens a link has the quiz. A second one is told so and refused, until the learner says "go on
here": then the first is closed. After three changes only a person of the team can allow another.
"""

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from .rows import Refused, Seat, change, close_devices, find, hashed, lock, seated_row, tell
from .tables import DEVICES, reading, writing

__all__ = ["allow", "enter", "is_known", "leave", "link_version", "look", "withdraw"]


def link_version(engine: sa.Engine, seat: Seat) -> int:
    """Look up which of a learner's links is good.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    seat : Seat
        Whose quiz.

    Returns
    -------
    int
        1, unless links were withdrawn.
    """
    with reading(engine) as connection:
        row = find(connection, seat)
    return row.link_version if row else 1


def is_known(engine: sa.Engine, seat: Seat) -> bool:
    """Look up whether anything is known of a learner's quiz.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    seat : Seat
        Whose quiz.

    Returns
    -------
    bool
        True from the first opening of a link, or the first withdrawal.
    """
    with reading(engine) as connection:
        return find(connection, seat) is not None


def withdraw(engine: sa.Engine, seat: Seat, now: datetime) -> int:
    """Make every link that a learner has for a quiz worthless, and close the browser that uses it; answers stay.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    seat : Seat
        Whose quiz.
    now : datetime
        The time of it.

    Returns
    -------
    int
        The version of the next link.
    """
    with writing(engine) as connection:
        attempt = lock(connection, seat)
        change(connection, attempt.id, link_version=attempt.link_version + 1)
        close_devices(connection, attempt.id, now)
        tell(connection, attempt.id, now, "link withdrawn by the team")
        return int(attempt.link_version) + 1


def allow(engine: sa.Engine, seat: Seat, now: datetime) -> None:
    """Let a learner change to another browser once more, now without being asked.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    seat : Seat
        Whose quiz.
    now : datetime
        The time of it.
    """
    with writing(engine) as connection:
        attempt = lock(connection, seat)
        change(connection, attempt.id, changes_allowed=max(attempt.changes + 1, attempt.changes_allowed))
        close_devices(connection, attempt.id, now)
        tell(connection, attempt.id, now, "another browser allowed by the team")


def look(engine: sa.Engine, seat: Seat, version: int, cookie: str) -> bool:
    """Look whether a browser has the quiz open already; nothing is changed, as a mail program's preview looks too.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    seat : Seat
        Whose link it is.
    version : int
        The link's.
    cookie : str
        What the browser has from an earlier time, or "".

    Returns
    -------
    bool
        False if no browser has it: this one may open it.

    Raises
    ------
    Refused
        As `enter` does.
    """
    with reading(engine) as connection:
        attempt = find(connection, seat)
        return bool(attempt) and _has_it(_devices(connection, attempt), attempt, version, cookie)


def enter(
    engine: sa.Engine,
    seat: Seat,
    version: int,
    *,
    cookie: str,
    agent: str,
    now: datetime,
    take_over: bool = False,
) -> str:
    """Open a link in a browser.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    seat : Seat
        Whose link it is.
    version : int
        The link's.
    cookie : str
        What the browser has from an earlier time, or "".
    agent : str
        What the browser calls itself.
    now : datetime
        The time of it.
    take_over : bool
        Whether to go on here and to close the browser in which the quiz is open.

    Returns
    -------
    str
        The cookie that this browser has from now on.

    Raises
    ------
    Refused
        "withdrawn" for a link that is no longer good, "elsewhere" while another browser has it, "often" if it changed
        browsers too often.
    """
    with writing(engine) as connection:
        attempt = lock(connection, seat)
        devices = _devices(connection, attempt)
        if not _has_it(devices, attempt, version, cookie, take_over=take_over):
            cookie = _sit_down(connection, attempt, agent=agent, now=now, again=bool(devices))
    return cookie


def leave(engine: sa.Engine, quiz: str, cookie: str, now: datetime) -> None:
    """Close this browser, so that the next one that opens the link is not asked.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    quiz : str
        Which quiz.
    cookie : str
        The browser's.
    now : datetime
        The time of it.

    Raises
    ------
    Refused
        "stranger" if the cookie is unknown, "elsewhere" if another browser has the quiz already.
    """
    with writing(engine) as connection:
        attempt = seated_row(connection, quiz, cookie, locked=True)
        close_devices(connection, attempt.id, now)
        tell(connection, attempt.id, now, "left the browser")


def _devices(connection: sa.Connection, attempt: Any) -> list[Any]:
    return list(connection.execute(sa.select(DEVICES).where(DEVICES.c.attempt == attempt.id)))


def _has_it(devices: list[Any], attempt: Any, version: int, cookie: str, *, take_over: bool = False) -> bool:
    """Whether the browser with this cookie has the quiz open; Refused if it may not get it."""
    live = [device.cookie_hash for device in devices if device.closed_at is None]
    if version != attempt.link_version:
        raise Refused("withdrawn")
    if hashed(cookie) in live:
        return True
    if devices and attempt.changes >= attempt.changes_allowed:
        raise Refused("often")
    if live and not take_over:
        raise Refused("elsewhere")
    return False


def _sit_down(connection: sa.Connection, attempt: Any, *, agent: str, now: datetime, again: bool) -> str:
    close_devices(connection, attempt.id, now)
    cookie = secrets.token_urlsafe(32)
    row = {"cookie_hash": hashed(cookie), "attempt": attempt.id, "agent": agent, "opened_at": now}
    connection.execute(sa.insert(DEVICES).values(**row))
    change(connection, attempt.id, changes=attempt.changes + again)
    tell(connection, attempt.id, now, "opened in another browser" if again else "opened", agent)
    return cookie
