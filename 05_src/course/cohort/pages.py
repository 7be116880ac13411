"""The schedule as Markdown, CSV and iCalendar, and the pages that are kept in step with the cohort file."""

import csv
import io
import re
from contextlib import suppress
from pathlib import Path

from course.curriculum import read_curriculum
from course.gradebook.writing import write_all
from mlsd.errors import DataError, WriteError

from .calendar import Entry, entries
from .ics import as_ics
from .plan import Cohort, Staff

__all__ = ["FORMATS", "as_csv", "as_markdown", "between", "out_of_step", "pages", "topics", "write_pages"]

FORMATS = ("markdown", "csv", "ics")
COLUMNS = ("Session", "Date", "Topic")
_WEEKDAYS = ("Mon.", "Tue.", "Wed.", "Thur.", "Fri.", "Sat.", "Sun.")
_MONTHS = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")


def topics(root: Path) -> dict[int, str]:
    """What each session is about, from the curriculum."""
    return {each.number: each.topic for each in read_curriculum(root).sessions}


def as_markdown(rows: list[Entry]) -> str:
    """The schedule as a Markdown table.

    Parameters
    ----------
    rows : list of Entry
        As `course.cohort.calendar.entries` gives them.

    Returns
    -------
    str
        With a newline after each row.

    Examples
    --------
    >>> from datetime import date
    >>> print(as_markdown([Entry("session", date(2026, 1, 15), 3, (), "Working with Training Data")]), end="")
    | Session | Date | Topic |
    |---|---|---|
    | 3 | Thur., Jan. 15, 2026 | Working with Training Data |
    """
    lines = [COLUMNS, *map(_cells, rows)]
    table = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([table[0], "|---|---|---|", *table[1:]]) + "\n"


def as_csv(rows: list[Entry]) -> str:
    """The schedule as a CSV that reads like the table.

    Parameters
    ----------
    rows : list of Entry
        As `course.cohort.calendar.entries` gives them.

    Returns
    -------
    str
        Columns Session, Date, Topic.
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *map(_cells, rows)])
    return text.getvalue()


def pages(cohort: Cohort, root: Path) -> dict[Path, bytes]:
    """What each page has to say.

    Parameters
    ----------
    cohort : Cohort
        This cohort.
    root : Path
        The repository.

    Returns
    -------
    dict of Path to bytes
        The README files with what stands between their markers, and the schedule in three formats.

    Raises
    ------
    DataError
        If a README or its markers are missing.
    """
    rows, here = entries(cohort, topics(root)), root / "04_this_cohort"
    table = as_markdown(rows)
    made = {
        root / "README.md": _filled(root / "README.md", "schedule", table),
        here / "README.md": _filled(here / "README.md", "cohort", _facts(cohort)),
        here / "schedule.md": f"# Schedule of {cohort.name}\n\n{table}\n{_times(cohort)}\n",
        here / "schedule.csv": as_csv(rows),
    }
    return {path: text.encode() for path, text in made.items()} | {here / "schedule.ics": as_ics(cohort, rows)}


def out_of_step(cohort: Cohort, root: Path) -> list[Path]:
    """The pages that do not say what the cohort file says."""
    wanted = pages(cohort, root)  # git gives a calendar file the line ends of its own rules, so those do not count
    return [path for path, text in wanted.items() if _with_linux_ends(_bytes(path)) != _with_linux_ends(text)]


def write_pages(cohort: Cohort, root: Path) -> list[Path]:
    """Write the pages that differ, all of them or none.

    Parameters
    ----------
    cohort : Cohort
        This cohort.
    root : Path
        The repository.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    DataError
        If a README or its markers are missing.
    WriteError
        If a page cannot be written; the others are as they were.
    """
    wanted = pages(cohort, root)
    changed = out_of_step(cohort, root)
    before = {path: _bytes(path) for path in changed}
    try:
        write_all({path: wanted[path] for path in changed})
    except WriteError:
        _put_back(before)
        raise
    return changed


def between(text: str, name: str, body: str, *, where: str) -> str:
    """A text with something else between its markers ``<!-- name -->`` and ``<!-- /name -->``.

    Parameters
    ----------
    text : str
        With the two markers, each once, in this order.
    name : str
        Of the markers.
    body : str
        What shall stand between them.
    where : str
        What the text is, for the message.

    Returns
    -------
    str
        All else as it was.

    Raises
    ------
    DataError
        If the markers are not there once each.

    Examples
    --------
    >>> between("a <!-- x -->old<!-- /x --> b", "x", "new", where="a text")
    'a <!-- x -->new<!-- /x --> b'
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    pieces = re.split(f"({re.escape(begin)}|{re.escape(end)})", text)
    if pieces[1::2] != [begin, end]:
        raise DataError(f"{where} must have {begin} and after it {end}, each once.", fix="Put the two lines there.")
    return pieces[0] + begin + body + end + pieces[4]


def _cells(row: Entry) -> tuple[str, str, str]:
    day = f"{_WEEKDAYS[row.date.weekday()]}, {_MONTHS[row.date.month - 1]} {row.date.day}, {row.date.year}"
    return str(row.number or "--"), day, row.title


def _times(cohort: Cohort) -> str:
    return (
        f"Live sessions and work periods begin at {cohort.session_at:%H:%M} and last {cohort.session_hours:g} hours. "
        f"What is due on a day is due by the end of {cohort.due_at:%H:%M}. All times are those of {cohort.time_zone}."
    )


def _facts(cohort: Cohort) -> str:
    staff = [f"- {each.role}: {_person(each)}" for each in cohort.staff]
    first = f"**{cohort.name}** begins on {cohort.start}. Questions go to `{cohort.help_channel}`."
    return "\n".join([first, "", *staff, *[""] * bool(staff), _times(cohort)])


def _person(staff: Staff) -> str:
    return ", ".join(filter(None, (staff.name, staff.contact))) or "not named yet"


def _filled(path: Path, name: str, body: str) -> str:
    text = _with_linux_ends(_bytes(path))
    if text is None:
        raise DataError(f"There is no {path}.", fix="Bring it back: `git checkout` has it.")
    return between(text.decode("utf-8"), name, f"\n{body.rstrip()}\n", where=str(path))


def _with_linux_ends(text: bytes | None) -> bytes | None:
    return text and text.replace(b"\r\n", b"\n")


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _put_back(before: dict[Path, bytes | None]) -> None:
    for path, content in before.items():
        with suppress(OSError):  # the one that could not be written is as it was
            if content is None:
                path.unlink(missing_ok=True)
            elif path.read_bytes() != content:
                path.write_bytes(content)
