"""What a cohort file means: every day and moment, to read before the first day."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

from mlsd.errors import DataError

from .calendar import Entry, begins, due, ends, entries, left_out
from .pages import topics
from .plan import Cohort, PlannedDeadline, PlannedSession, PlannedWorkPeriod, planned_day, weekday_name
from .private import private_folder
from .rollover import unfinished
from .rule import find_days

__all__ = ["shown", "unknown_learners"]


def shown(cohort: Cohort, root: Path) -> list[str]:
    """The lines that `course cohort show` prints.

    Parameters
    ----------
    cohort : Cohort
        This cohort.
    root : Path
        The repository.

    Returns
    -------
    list of str
        Facts, then every row of the schedule with its time and UTC offset, then what is not as usual.
    """
    facts = {
        "begins on": f"{weekday_name(cohort.start)} {cohort.start}",
        "clocks of": str(cohort.time_zone),
        "ask in": cohort.help_channel,
        "private": _place(cohort, root),
    }
    lines = [cohort.name, *(f"  {name:<10} {value}" for name, value in facts.items()), ""]
    lines += [f"  {_when(cohort, row)}  {_what(row)}" for row in entries(cohort, topics(root))]
    unusual = [*_moved(cohort), *_extended(cohort), *_strangers(cohort, root), *_stopped(root)]
    return [*lines, "", *(f"  {line}" for line in unusual)] if unusual else lines


def unknown_learners(cohort: Cohort, root: Path) -> list[str]:
    """Who has an extension and is not in the private list of learners; empty when there is no list.

    Parameters
    ----------
    cohort : Cohort
        Its extensions count.
    root : Path
        The repository.

    Returns
    -------
    list of str
        Learners, each once.
    """
    try:
        folder = private_folder(cohort, root)
    except DataError:
        return []  # `private` says so itself
    if folder is None or not (folder / "learners.csv").is_file():
        return []
    with (folder / "learners.csv").open(encoding="utf-8-sig", newline="") as file:
        known = {(row.get("learner") or "").strip() for row in csv.DictReader(file)}
    return sorted({each.learner for each in cohort.extensions} - known)


def _place(cohort: Cohort, root: Path) -> str:
    try:
        folder = private_folder(cohort, root)
    except DataError as error:
        return f"cannot be used: {error.problem} {error.fix}"
    return str(folder) if folder else "none; the practice banks are used"


def _when(cohort: Cohort, row: Entry) -> str:
    if row.kind == "deadline":
        until = ends(cohort, row.date)
        return f"{_day(until)} until {until:%H:%M} {_offset(until)}"
    start = begins(cohort, row.date)
    end = (start + timedelta(hours=cohort.session_hours)).astimezone(cohort.time_zone)
    return f"{_day(start)} {start:%H:%M}-{end:%H:%M} {_offset(start)}"


def _what(row: Entry) -> str:
    return f"Session {row.number}: {row.title}" if row.number else row.title


def _moved(cohort: Cohort) -> list[str]:
    days = find_days(cohort)
    named: list[tuple[str, PlannedSession | PlannedWorkPeriod | PlannedDeadline]]
    named = [(f"Session {each.number}", each) for each in cohort.sessions]
    named += [("A work period", each) for each in cohort.work_periods]
    named += [(f"The deadline of {', '.join(each.items)}", each) for each in cohort.deadlines]
    all_days = [*days.sessions, *days.work_periods, *days.deadlines]
    planned = [planned_day(cohort.start, each.week, each.weekday) for _, each in named]
    moved = [
        f"{name} moved from {was} to {day}, for holidays."
        for (name, _), was, day in zip(named, planned, all_days, strict=True)
        if day and day != was
    ]
    return moved + [f"A work period is left out, for holidays: {each}." for each in left_out(cohort)]


def _extended(cohort: Cohort) -> list[str]:
    lines = []
    for each in cohort.extensions:
        until = due(cohort, each.item, each.learner)
        lines.append(f"{each.learner} has {each.item} until {_day(until)} {until:%H:%M} {_offset(until)}.")
    return lines


def _strangers(cohort: Cohort, root: Path) -> list[str]:
    return [
        f"{learner} has an extension and is not in the list of learners: is the name right?"
        for learner in unknown_learners(cohort, root)
    ]


def _stopped(root: Path) -> list[str]:
    said = "The change to another cohort was stopped half-way: run the same `course cohort new` again."
    return [said] if unfinished(root) else []


def _day(moment: datetime) -> str:
    return f"{weekday_name(moment)[:3]} {moment:%Y-%m-%d}"


def _offset(moment: datetime) -> str:
    return f"UTC{moment.isoformat()[-6:]}"
