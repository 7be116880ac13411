"""What a cohort file holds, as plain records."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

__all__ = [
    "ITEMS",
    "WEEKDAYS",
    "Cohort",
    "Extension",
    "Holiday",
    "PlannedDeadline",
    "PlannedSession",
    "PlannedWorkPeriod",
    "Staff",
    "planned_day",
    "weekday_name",
]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ITEMS = (*(f"quiz_{number}" for number in range(1, 7)), "assignment_1", "assignment_2")


@dataclass(frozen=True)
class Holiday:
    """A day on which nothing happens."""

    date: date
    name: str


@dataclass(frozen=True)
class Extension:
    """More time for one person: `due` is the day in place of everybody's."""

    learner: str
    item: str
    due: date


@dataclass(frozen=True)
class Staff:
    """Who is there for the learners; name and contact may be empty."""

    role: str
    name: str
    contact: str


@dataclass(frozen=True)
class PlannedSession:
    """A live session: its number, and its day by the pattern, before holidays."""

    number: int
    week: int
    weekday: str


@dataclass(frozen=True)
class PlannedWorkPeriod:
    """A work period's day by the pattern, before holidays."""

    week: int
    weekday: str


@dataclass(frozen=True)
class PlannedDeadline:
    """What is due together, and its day by the pattern, before holidays."""

    items: tuple[str, ...]
    week: int
    weekday: str


@dataclass(frozen=True)
class Cohort:
    """Everything that a cohort file says.

    Parameters
    ----------
    name : str
        Such as "Cohort 8".
    start : date
        The first day of week 1.
    time_zone : ZoneInfo
        Whose clocks all times of the file mean.
    help_channel : str
        Where learners ask.
    private : str
        A folder, a git address, or empty: see `course.cohort.private`.
    session_at : time
        When a live session begins.
    session_hours : float
        How long a live session or a work period lasts.
    due_at : time
        The last minute of a day on which something is due.
    holidays : tuple of Holiday
        By date.
    extensions : tuple of Extension
        In the order of the file.
    staff : tuple of Staff
        In the order of the file.
    sessions : tuple of PlannedSession
        By number, from 1.
    work_periods : tuple of PlannedWorkPeriod
        By day.
    deadlines : tuple of PlannedDeadline
        By day; together they name each item once.
    """

    name: str
    start: date
    time_zone: ZoneInfo
    help_channel: str
    private: str
    session_at: time
    session_hours: float
    due_at: time
    holidays: tuple[Holiday, ...]
    extensions: tuple[Extension, ...]
    staff: tuple[Staff, ...]
    sessions: tuple[PlannedSession, ...]
    work_periods: tuple[PlannedWorkPeriod, ...]
    deadlines: tuple[PlannedDeadline, ...]


def weekday_name(day: date) -> str:
    """The English name of a day's weekday, whatever this machine's language.

    Examples
    --------
    >>> weekday_name(date(2026, 1, 13))
    'Tuesday'
    """
    return WEEKDAYS[day.weekday()]


def planned_day(start: date, week: int, weekday: str) -> date:
    """The day that a week and a weekday mean: week 1 is the seven days from `start`.

    Examples
    --------
    >>> planned_day(date(2026, 1, 13), 1, "Monday")  # the course starts on a Tuesday
    datetime.date(2026, 1, 19)
    """
    return start + timedelta(weeks=week - 1, days=(WEEKDAYS.index(weekday) - start.weekday()) % 7)
