"""The schedule as a calendar file, for Outlook, Google, Apple and others."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from .calendar import Entry, begins, moment
from .plan import Cohort

if TYPE_CHECKING:
    from icalendar import Event

__all__ = ["as_ics"]

_WARNING = timedelta(minutes=30)  # how long a deadline shows, up to its last minute


def as_ics(cohort: Cohort, rows: list[Entry]) -> bytes:
    """The schedule as a calendar file, the same bytes for the same cohort.

    All times are in UTC, which every calendar shows by its owner's clocks; a session keeps its UID when it moves, so
    that importing the file again moves it too.

    Parameters
    ----------
    cohort : Cohort
        Whose times count.
    rows : list of Entry
        As `course.cohort.calendar.entries` gives them.

    Returns
    -------
    bytes
        iCalendar (RFC 5545).
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//mlsd//course schedule//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", cohort.name)
    calendar.add("x-wr-timezone", str(cohort.time_zone))
    for uid, row in _with_uids(cohort, rows):
        calendar.add_component(_event(cohort, row, uid))
    return calendar.to_ical()


def _with_uids(cohort: Cohort, rows: list[Entry]) -> Iterator[tuple[str, Entry]]:
    name, count = re.sub(r"\W+", "-", cohort.name.lower()).strip("-"), 0
    for row in rows:
        count += row.kind == "work_period"
        which = row.number or (row.items[0] if row.items else count)
        yield f"{name}-{row.kind}-{which}@mlsd".replace("_", "-"), row


def _event(cohort: Cohort, row: Entry, uid: str) -> "Event":
    from icalendar import Event

    start = begins(cohort, row.date)
    end = start + timedelta(hours=cohort.session_hours)
    if row.kind == "deadline":
        end = moment(cohort, row.date, cohort.due_at, last=True)
        start = end - _WARNING
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", datetime.combine(cohort.start, time(), UTC))  # not now: the same cohort, the same bytes
    event.add("dtstart", start.astimezone(UTC))
    event.add("dtend", end.astimezone(UTC))
    event.add("summary", f"Session {row.number}: {row.title}" if row.number else row.title)
    event.add("description", f"{cohort.name}. Questions: {cohort.help_channel}")
    event.add("transp", "TRANSPARENT" if row.kind == "deadline" else "OPAQUE")
    return event
