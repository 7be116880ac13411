"""The rule for dates.

1. Week 1 is the seven days from the cohort's start, week 2 the seven after, and so on. With a start on a Tuesday, the
   "Monday" of week 1 is the Monday after.
2. Nothing happens on a holiday.
3. A live session that falls on a holiday moves to the next day that is no holiday, no Saturday or Sunday (unless it was
   planned on one) and no other session's. Sessions keep their order: one that is in the way moves on by the same rule.
4. A work period moves to the next day that is no holiday and has neither a session nor another work period. If there is
   none before the next session of the pattern, it is left out.
5. A deadline moves on by as many days as the last session that it covers, and then past holidays. Quiz 3 covers
   session 3; an assignment covers every session planned before its deadline. It may share its day with anything.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from .plan import Cohort, PlannedDeadline, PlannedSession, PlannedWorkPeriod, planned_day

__all__ = ["Days", "covered", "find_days"]

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True)
class Days:
    """The days that the rule gives, in the order of the cohort's fields.

    Parameters
    ----------
    sessions : tuple of date
        One for each session.
    work_periods : tuple of date or None
        One for each work period; None where it is left out.
    deadlines : tuple of date
        One for each deadline.
    """

    sessions: tuple[date, ...]
    work_periods: tuple[date | None, ...]
    deadlines: tuple[date, ...]


def find_days(cohort: Cohort) -> Days:
    """Put every session, work period and deadline on its day, by the rule above.

    Parameters
    ----------
    cohort : Cohort
        With sessions, work periods and deadlines in order.

    Returns
    -------
    Days
        None of them on a holiday.
    """
    closed = {holiday.date for holiday in cohort.holidays}
    sessions = _session_days(cohort, closed)
    work_periods = _work_days(cohort, closed, sessions)
    return Days(
        sessions, work_periods, tuple(_deadline_day(cohort, each, closed, sessions) for each in cohort.deadlines)
    )


def covered(cohort: Cohort, deadline: PlannedDeadline) -> PlannedSession:
    """The last session that a deadline covers.

    Parameters
    ----------
    cohort : Cohort
        Of which the deadline is.
    deadline : PlannedDeadline
        One of the cohort's.

    Returns
    -------
    PlannedSession
        The session of its last quiz, or for an assignment the last that is planned before it; the first, if none is.
    """
    day = planned_day(cohort.start, deadline.week, deadline.weekday)
    numbers = {int(item.removeprefix("quiz_")) for item in deadline.items if item.startswith("quiz_")}
    if any(not item.startswith("quiz_") for item in deadline.items):
        numbers |= {each.number for each in cohort.sessions if _planned(cohort, each) < day}
    last = max(numbers, default=cohort.sessions[0].number)
    return next(each for each in cohort.sessions if each.number == last)


def _session_days(cohort: Cohort, closed: Collection[date]) -> tuple[date, ...]:
    days: list[date] = []
    for session in cohort.sessions:
        planned = _planned(cohort, session)
        day = max(planned, days[-1] + _DAY) if days else planned
        while day in closed or (_is_weekend(day) and not _is_weekend(planned)):
            day += _DAY
        days.append(day)
    return tuple(days)


def _work_days(cohort: Cohort, closed: Collection[date], sessions: tuple[date, ...]) -> tuple[date | None, ...]:
    taken = {*closed, *sessions}
    days: list[date | None] = []
    for period in cohort.work_periods:
        day = planned = _planned(cohort, period)
        end = _next_session(cohort, planned, sessions)
        while day in taken:
            day += _DAY
        if end and day >= end:
            days.append(None)
        else:
            days.append(day)
            taken.add(day)
    return tuple(days)


def _next_session(cohort: Cohort, planned: date, sessions: tuple[date, ...]) -> date | None:
    later = [day for each, day in zip(cohort.sessions, sessions, strict=True) if _planned(cohort, each) > planned]
    return later[0] if later else None


def _deadline_day(
    cohort: Cohort, deadline: PlannedDeadline, closed: Collection[date], sessions: tuple[date, ...]
) -> date:
    last = covered(cohort, deadline)
    moved = sessions[cohort.sessions.index(last)] - _planned(cohort, last)
    day = planned_day(cohort.start, deadline.week, deadline.weekday) + moved
    while day in closed:
        day += _DAY
    return day


def _planned(cohort: Cohort, each: PlannedSession | PlannedWorkPeriod) -> date:
    return planned_day(cohort.start, each.week, each.weekday)


def _is_weekend(day: date) -> bool:
    return day.weekday() >= _SATURDAY
