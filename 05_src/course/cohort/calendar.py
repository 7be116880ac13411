"""The rows of the schedule, and the moments at which a quiz or an assignment opens and is due.

A moment carries its own UTC offset, so comparing and subtracting are right across a change of the clocks. Where the
clocks go forward and an hour does not exist, a time in it means the same time by the clocks before the change. Where an
hour exists twice, what begins means the first, what is due the second.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from mlsd.errors import DataError

from .plan import ITEMS, Cohort
from .rule import find_days

__all__ = ["Entry", "begins", "due", "ends", "entries", "left_out", "moment", "opens"]

_KINDS = ("session", "work_period", "deadline")


@dataclass(frozen=True)
class Entry:
    """One row of the schedule.

    Parameters
    ----------
    kind : str
        "session", "work_period" or "deadline".
    date : date
        Its day.
    number : int or None
        Of a session.
    items : tuple of str
        What is due, for a deadline.
    title : str
        What people read.
    """

    kind: str
    date: date
    number: int | None
    items: tuple[str, ...]
    title: str


def entries(cohort: Cohort, topics: dict[int, str]) -> list[Entry]:
    """Every row of the schedule, by day; on one day the session comes first and the deadline last.

    Parameters
    ----------
    cohort : Cohort
        As `course.cohort.reading.read_cohort` gives it.
    topics : dict of int to str
        What each session is about.

    Returns
    -------
    list of Entry
        Without work periods for which no day is left: see `left_out`.
    """
    days = find_days(cohort)
    rows = [
        Entry("session", day, each.number, (), topics[each.number])
        for each, day in zip(cohort.sessions, days.sessions, strict=True)
    ]
    rows += [Entry("work_period", day, None, (), "Work Period") for day in days.work_periods if day]
    rows += [
        Entry("deadline", day, None, each.items, f"Submission deadline for {_named(each.items)}")
        for each, day in zip(cohort.deadlines, days.deadlines, strict=True)
    ]
    return sorted(rows, key=lambda row: (row.date, _KINDS.index(row.kind)))


def left_out(cohort: Cohort) -> list[str]:
    """The work periods for which no day is left, such as "week 1, Friday"."""
    days = find_days(cohort).work_periods
    periods = zip(cohort.work_periods, days, strict=True)
    return [f"week {each.week}, {each.weekday}" for each, day in periods if day is None]


def opens(cohort: Cohort, item: str) -> datetime:
    """The moment from which an item can be worked on.

    Parameters
    ----------
    cohort : Cohort
        As `course.cohort.reading.read_cohort` gives it.
    item : str
        "quiz_1" to "quiz_6", "assignment_1" or "assignment_2".

    Returns
    -------
    datetime
        The beginning of the quiz's session; for an assignment, of the first session. It has a UTC offset.

    Raises
    ------
    DataError
        If there is no such item.
    """
    _known(item)
    number = int(item.removeprefix("quiz_")) if item.startswith("quiz_") else cohort.sessions[0].number
    numbers = [each.number for each in cohort.sessions]
    return begins(cohort, find_days(cohort).sessions[numbers.index(number)])


def due(cohort: Cohort, item: str, learner: str = "") -> datetime:
    """The last moment at which an item can be handed in: the end of the minute that the cohort file names.

    Parameters
    ----------
    cohort : Cohort
        As `course.cohort.reading.read_cohort` gives it.
    item : str
        "quiz_1" to "quiz_6", "assignment_1" or "assignment_2".
    learner : str
        Whose extension counts.

    Returns
    -------
    datetime
        Still in time, with a UTC offset; one microsecond later is late.

    Raises
    ------
    DataError
        If there is no such item.
    """
    _known(item)
    days = zip(cohort.deadlines, find_days(cohort).deadlines, strict=True)
    day = next(day for each, day in days if item in each.items)
    extended = [each.due for each in cohort.extensions if (each.learner, each.item) == (learner.strip(), item)]
    return ends(cohort, max([day, *extended]))


def begins(cohort: Cohort, day: date) -> datetime:
    """The moment at which a session or work period of a day begins."""
    return moment(cohort, day, cohort.session_at)


def ends(cohort: Cohort, day: date) -> datetime:
    """The last moment of what is due on a day."""
    return moment(cohort, day, cohort.due_at, last=True) + timedelta(minutes=1, microseconds=-1)


def moment(cohort: Cohort, day: date, at: time, *, last: bool = False) -> datetime:
    """The moment that a time of a day means by the cohort's clocks.

    Parameters
    ----------
    cohort : Cohort
        Whose time zone counts.
    day : date
        The day.
    at : time
        What the clocks show.
    last : bool
        Which of two is meant, where the clocks show it twice.

    Returns
    -------
    datetime
        With a UTC offset of its own.
    """
    read = [datetime.combine(day, at, cohort.time_zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    # In the hour that does not exist, fold 1 is read by the clocks after the change, which would be earlier.
    instant = max(read) if last else read[0]
    local = instant.astimezone(cohort.time_zone)
    return local.replace(tzinfo=timezone(local.utcoffset() or timedelta(), local.tzname() or "UTC"), fold=0)


def _known(item: str) -> None:
    if item not in ITEMS:
        raise DataError(f"There is no item {item!r}.", fix=f"Name one of {', '.join(ITEMS)}.")


def _named(items: tuple[str, ...]) -> str:
    """What people call items: "Quizzes 1-3", "Quiz 4 and Assignment 1"."""
    parts = []
    for kind, one, many in (("quiz_", "Quiz", "Quizzes"), ("assignment_", "Assignment", "Assignments")):
        numbers = sorted(int(item.removeprefix(kind)) for item in items if item.startswith(kind))
        if numbers:
            parts.append(f"{one if len(numbers) == 1 else many} {_spans(numbers)}")
    return " and ".join(parts)


def _spans(numbers: list[int]) -> str:
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    return ", ".join(f"{each[0]}-{each[-1]}" if len(each) > 1 else str(each[0]) for each in spans)
