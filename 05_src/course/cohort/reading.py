"""Read a cohort file: everything that cannot be used is named at once, with its place and what is allowed."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from mlsd.errors import DataError

from .calendar import begins, due, ends
from .fields import Fields, Problems
from .plan import (
    ITEMS,
    WEEKDAYS,
    Cohort,
    Extension,
    Holiday,
    PlannedDeadline,
    PlannedSession,
    PlannedWorkPeriod,
    Staff,
    planned_day,
    weekday_name,
)
from .rule import covered, find_days

__all__ = ["Cohort", "cohort_path", "parse_cohort", "read_cohort", "starting"]

_TEXTS = ("name", "start", "time_zone", "help_channel", "private", "session_at", "session_hours", "due_at")
_NAMES = (*_TEXTS, "holidays", "extensions", "staff", "session", "work_period", "deadline")
_SESSIONS = 7  # six, and a seventh that a cohort may have


def cohort_path(root: Path) -> Path:
    """Where a repository's cohort file lies."""
    return root / "04_this_cohort" / "cohort.toml"


def read_cohort(path: Path) -> Cohort:
    """Read a cohort file, or say all that is wrong with it.

    Parameters
    ----------
    path : Path
        A ``cohort.toml``.

    Returns
    -------
    Cohort
        Well-formed and consistent: every item has one deadline, after its session, and no extension shortens it.

    Raises
    ------
    DataError
        If the file is not there, is not TOML, or a field cannot be used.

    Examples
    --------
    >>> from mlsd import settings
    >>> [each.number for each in read_cohort(cohort_path(settings.root())).sessions][:3]
    [1, 2, 3]
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DataError(f"There is no cohort file {path}.", fix="`course cohort new` writes one.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}.", fix="Save it as UTF-8 text.") from error
    return parse_cohort(text, path)


def parse_cohort(text: str, path: Path) -> Cohort:
    """Make a cohort of a file's text.

    Parameters
    ----------
    text : str
        TOML.
    path : Path
        Where it comes from, for messages.

    Returns
    -------
    Cohort
        As `read_cohort` gives it.

    Raises
    ------
    DataError
        If it is not TOML, or a field cannot be used.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(
            f"{path} is not TOML: {error}.", fix="Look at that line: a quote or bracket is missing."
        ) from error
    problems = Problems(str(path))
    cohort = _cohort(Fields(table, "", problems, _NAMES))
    problems.settle()  # what follows compares fields, which needs each to be what it should be
    _compare(cohort, problems)
    problems.settle()
    _check_moments(cohort, problems)
    problems.settle()
    return cohort


def starting(cohort: Cohort, start: date) -> Cohort:
    """The same pattern and holidays with another start; nobody has an extension in it.

    Parameters
    ----------
    cohort : Cohort
        Whose pattern counts.
    start : date
        The first day of week 1.

    Returns
    -------
    Cohort
        With that start.

    Raises
    ------
    DataError
        If it is another weekday than the pattern begins on, or in another century.
    """
    if not 2000 <= start.year < 2100:
        raise DataError(f"A cohort cannot start on {start}.", fix="Write a date from 2000 to 2099.")
    wanted = weekday_name(cohort.start)
    if start.weekday() != cohort.start.weekday():
        before = start - timedelta(days=(start.weekday() - cohort.start.weekday()) % 7)
        raise DataError(
            f"{start} is a {weekday_name(start)}; the weeks of this pattern begin on a {wanted}.",
            fix=f"Start on {before} or {before + timedelta(weeks=1)}, or change `start` and the pattern in the file.",
        )
    return replace(cohort, start=start, extensions=())


def _cohort(file: Fields) -> Cohort:
    return Cohort(
        name=file.text("name"),
        start=_start(file),
        time_zone=file.zone("time_zone"),
        help_channel=file.text("help_channel"),
        private=file.text("private", may_be_empty=True),
        session_at=file.clock("session_at"),
        session_hours=file.hours("session_hours"),
        due_at=file.clock("due_at"),
        holidays=tuple(
            Holiday(each.day("date"), each.text("name"))
            for each in file.tables("holidays", ("date", "name"), optional=True)
        ),
        extensions=tuple(
            Extension(each.text("learner"), each.one_of("item", ITEMS), each.day("due"))
            for each in file.tables("extensions", ("learner", "item", "due"), optional=True)
        ),
        staff=tuple(
            Staff(each.text("role"), each.text("name", may_be_empty=True), each.text("contact", may_be_empty=True))
            for each in file.tables("staff", ("role", "name", "contact"), optional=True)
        ),
        sessions=tuple(
            PlannedSession(each.number("number", _SESSIONS), each.week(), each.weekday())
            for each in file.tables("session", ("number", "week", "weekday"))
        ),
        work_periods=tuple(
            PlannedWorkPeriod(each.week(), each.weekday())
            for each in file.tables("work_period", ("week", "weekday"), optional=True)
        ),
        deadlines=tuple(
            PlannedDeadline(each.items(), each.week(), each.weekday())
            for each in file.tables("deadline", ("items", "week", "weekday"))
        ),
    )


def _start(file: Fields) -> date:
    start = Fields(file.table.get("start"), "start", file.problems, ("weekday", "date"))
    if not start.table:
        return date.min
    weekday, day = start.one_of("weekday", WEEKDAYS), start.day("date")
    if start.table.get("weekday") == weekday and day > date.min and weekday_name(day) != weekday:
        start.wrong(f"{day} is a {weekday_name(day)}, not a {weekday}; correct one of the two.")
    return day


def _compare(cohort: Cohort, problems: Problems) -> None:
    """What no field shows alone."""
    _check_sessions(cohort, problems)
    _check_once([str(each.date) for each in cohort.holidays], "holidays", problems)
    _check_once([f"{each.item} of {each.learner!r}" for each in cohort.extensions], "extensions", problems)
    _check_once([item for each in cohort.deadlines for item in each.items], "deadline", problems)
    for item in ITEMS:
        if not any(item in each.items for each in cohort.deadlines):
            problems.add("deadline", f"{item} has none; give it a [[deadline]].")
    sessions = {(each.week, each.weekday) for each in cohort.sessions}
    for period in cohort.work_periods:
        if (period.week, period.weekday) in sessions:
            problems.add("work_period", f"week {period.week}, {period.weekday} has a session; choose another day.")
    _check_once([f"week {each.week}, {each.weekday}" for each in cohort.work_periods], "work_period", problems)
    _check_private(cohort.private, problems)


def _check_sessions(cohort: Cohort, problems: Problems) -> None:
    numbers = [each.number for each in cohort.sessions]
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) < 6:
        problems.add("session", f"numbers must be 1 to 6, or 1 to 7, in this order, got: {numbers}.")
    days = [planned_day(cohort.start, each.week, each.weekday) for each in cohort.sessions]
    for number, (before, day) in enumerate(pairwise(days), 2):
        if day == before:
            problems.add(f"session {number}", f"is on the day of session {number - 1}, {day}; give each its own day.")
        elif day < before:
            problems.add(
                f"session {number}",
                f"is on {day}, before session {number - 1}, {before}; week 1 begins on a {weekday_name(cohort.start)}.",
            )


def _check_once(things: Sequence[str], where: str, problems: Problems) -> None:
    for thing in sorted({each for each in things if things.count(each) > 1}):
        problems.add(where, f"{thing} stands there twice; keep one.")


def _check_private(private: str, problems: Problems) -> None:
    if private.startswith("-"):
        problems.add("", f"`private` must be a folder or a git address, got: {private!r}.")
    if re.match(r"https?://[^/]*@|\w+://[^/@]*:[^/]*@", private):
        problems.add("", "`private` holds a name or password that everybody could read; use ssh, or git's own helper.")


def _check_moments(cohort: Cohort, problems: Problems) -> None:
    """Deadlines after what they cover, and extensions after deadlines."""
    days = find_days(cohort)
    for each, day in zip(cohort.deadlines, days.deadlines, strict=True):
        last = covered(cohort, each)
        held = days.sessions[cohort.sessions.index(last)]
        if ends(cohort, day) <= begins(cohort, held):
            named = f"deadline of {', '.join(each.items)}"
            problems.add(named, f"{day}, before session {last.number} on {held}; set a later week or weekday.")
    everybody = replace(cohort, extensions=())
    for extension in cohort.extensions:
        regular = due(everybody, extension.item)
        if ends(cohort, extension.due) < regular:
            named = f"extension of {extension.item} for {extension.learner!r}"
            problems.add(named, f"{extension.due} is before everybody's {regular:%Y-%m-%d}; `due` must be later.")
