"""What people wrote into the marks of an earlier grading: read from its reports, its sheet and its CSV file."""

import csv
import io
import json
import math
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlsd.errors import DataError

from .hand import HandMark, number, put
from .harmless import clean, from_csv_cell
from .marks import CAUSES, Mark, Submission
from .report import COLUMNS, MARKS, WRITTEN, from_json

__all__ = ["Given", "Key", "Rows", "csv_file", "earlier", "graders_sheet", "of_submissions", "refuse"]

Key = tuple[str, str]  # submission, criterion
Rows = dict[Key, "Given | None"]
FIX = "Mend this entry and grade again; nothing was written."


@dataclass(frozen=True)
class Given:
    """A mark or a comment that a person gave.

    Parameters
    ----------
    submission, criterion : str
        What it is for.
    mark : float or None
        None for a comment alone.
    comment, by : str
        The person's words, and who it is.
    where : str
        The file, row and columns it was read from.
    """

    submission: str
    criterion: str
    mark: float | None
    comment: str
    by: str
    where: str = ""

    @property
    def key(self) -> Key:
        """The submission and the criterion."""
        return self.submission, self.criterion

    def same(self, other: "Given | None") -> bool:
        """Whether two say the same, whoever said it; a sheet holds 16 digits, and not every character."""
        if other is None or (self.mark is None) != (other.mark is None):
            return False
        near = math.isclose(self.mark or 0, other.mark or 0, rel_tol=1e-9, abs_tol=1e-9)
        return near and clean(self.comment) == clean(other.comment)


def earlier(out: Path) -> dict[str, Submission]:
    """The submissions of an earlier grading as they were written: from ``marks.json``, or else ``marks.csv``.

    Raises
    ------
    DataError
        If a file is there and cannot be read.
    """
    try:
        written = json.loads((out / WRITTEN).read_text(encoding="utf-8"))
        found = [from_json(each) for each in written]
    except FileNotFoundError:
        return _of_csv(out / MARKS)
    except (DataError, ValueError, TypeError, OSError) as error:
        fix = f"Remove it: the marks, without their evidence, are in {MARKS} too."
        raise DataError(f"{out / WRITTEN} cannot be read: {error}.", fix=fix) from error
    return {submission.name: submission for submission in found}


def _of_csv(path: Path) -> dict[str, Submission]:
    found = dict[str, Submission]()
    for row, cells in _csv_rows(path):
        name = from_csv_cell(cells["submission"])
        marks = found[name].marks if name in found else ()
        found[name] = Submission(name, "", (*marks, _mark_of(cells, path, row)))
    return found


def of_submissions(submissions: Mapping[str, Submission]) -> dict[Key, Given]:
    """What people gave, as it was written last."""
    given = {}
    for name, submission in submissions.items():
        for mark in submission.marks:
            if isinstance(mark, HandMark) and (mark.given is not None or mark.comment):
                given[name, mark.criterion] = Given(name, mark.criterion, mark.given, mark.comment, mark.who, WRITTEN)
    return given


def graders_sheet(path: Path, points: Mapping[Key, float] | None = None) -> tuple[Rows, list[str]]:
    """What stands in the two columns for a person.

    Parameters
    ----------
    path : Path
        A sheet as `sheet.write` makes it. Rows and columns may have been moved.
    points : mapping, optional
        The points of each submission's criteria: an entry for another is a mistake. The sheet's own points otherwise.

    Returns
    -------
    tuple
        For each row the entry, None where there is none; and the mistakes, each with sheet, row and column.

    Raises
    ------
    DataError
        If the file is open somewhere, is no spreadsheet, or lacks a sheet or column.
    """
    from .sheet import ENTRY_COLUMNS, GRADER  # openpyxl is slow to import

    book = _opened(path)
    names = ("submission", "criterion", "points", *ENTRY_COLUMNS)
    if lacking := {"Overview", "Marks"} - set(book.sheetnames):
        raise DataError(f"{path} has no sheet {min(lacking)!r}. It has: {book.sheetnames}.", fix=FIX)
    who = clean(str(book["Overview"][GRADER].value or "")) or "person"
    rows = list(book["Marks"].iter_rows(values_only=True))
    heads = [clean(str(value)).lower() for value in rows[0]] if rows else []
    if missing := [name for name in names if name not in heads]:
        raise DataError(f"{path}, sheet Marks: column {missing[0]!r} is not in row 1.", fix=FIX)
    columns = [heads.index(name) for name in names]
    found = {n: [row[column] for column in columns] for n, row in enumerate(rows[1:], 2)}
    if points is None:
        points = {_key(row[0], row[1]): row[2] for row in found.values() if isinstance(row[2], (int, float))}
    given, wrong = Rows(), list[str]()
    for n, (name, criterion, _, mark, comment) in found.items():
        where = f"{path.name}, sheet Marks, row {n}"
        key = _key(name, criterion)
        if mark in (None, "") and comment in (None, ""):
            given.setdefault(key, None)
            continue
        try:
            entry, other = _entry(key, mark, comment, who, where, points), given.get(key)
            if other and not entry.same(other):
                raise DataError(f"{where}: {criterion!r} of {name!r} is marked in {other.where} too, and otherwise.")
            given[key] = entry
        except DataError as error:
            wrong.append(error.problem)
    return given, wrong


def csv_file(path: Path, was: Mapping[str, Submission], points: Mapping[Key, float]) -> tuple[Rows, list[str]]:
    """The rows of ``marks.csv``, with an entry where ``by`` is a person.

    Parameters
    ----------
    path : Path
        The file; it may have been saved by a spreadsheet program.
    was : mapping of str to Submission
        What was written last: a mark that was changed while ``by`` still says machine is a mistake.
    points : mapping
        As for `graders_sheet`.

    Returns
    -------
    tuple
        As from `graders_sheet`.
    """
    before = {(name, mark.criterion): mark for name, each in was.items() for mark in each.marks}
    given, wrong = Rows(), list[str]()
    for n, cells in _csv_rows(path):
        key = _key(from_csv_cell(cells["submission"]), from_csv_cell(cells["criterion"]))
        try:
            given[key] = _csv_entry(key, cells, before.get(key), f"{path.name}, row {n}", points)
        except DataError as error:
            wrong.append(error.problem)
    return given, wrong


def _csv_entry(
    key: Key, cells: dict[str, str], was: Mark | None, where: str, points: Mapping[Key, float]
) -> Given | None:
    by, reason = from_csv_cell(cells["by"]) or "machine", from_csv_cell(cells["reason"])
    if by == "machine":
        _unchanged(cells["mark"], was, where)
        return None
    if cells["mark"] == "":
        raise DataError(f"{where}, column mark: it is empty, and by says {by!r}.")
    entry = _entry(key, cells["mark"], reason, by, where, points, column="mark")
    if was is not None and reason == clean(was.reason):
        entry = replace(entry, comment=was.comment if isinstance(was, HandMark) else "")
    if was is not None and number(entry.mark) == number(was.mark):  # the file holds four decimals
        entry = replace(entry, mark=was.mark)
    return entry


def refuse(wrong: list[str]) -> None:
    """Raise a DataError that names every mistake, where there is one."""
    if wrong:
        raise DataError("\n".join(wrong), fix=FIX if len(wrong) == 1 else FIX.replace("this entry", "these entries"))


def _unchanged(mark: str, before: Mark | None, where: str) -> None:
    if before is None or before.by != "machine":  # given back to the machine
        return
    seen = None if mark == "" else _number(mark, f"{where}, column mark")
    if number(seen) != number(before.mark):
        said = f"{where}, column mark: it was {number(before.mark)} and is {number(seen)} now, but by says machine."
        raise DataError(f"{said} Write who gave it into by.")


def _entry(
    key: Key,
    mark: object,
    comment: object,
    who: str,
    where: str,
    points: Mapping[Key, float],
    *,
    column: str = "your mark",
) -> Given:
    name, criterion = key
    most = points.get(key)
    if most is None:
        known = {submission for submission, _ in points}
        what = f"criterion: {criterion!r} is none of {name!r}" if name in known else f"submission: {name!r} is unknown"
        raise DataError(f"{where}, column {what}.")
    value = None if mark in (None, "") else _number(mark, f"{where}, column {column}")
    if value is not None and not 0 <= value <= most + 1e-9:
        raise DataError(f"{where}, column {column}: a mark goes from 0 to {number(most)} here, got: {number(value)}.")
    return Given(name, criterion, value, "" if comment is None else clean(str(comment), lines=True).strip(), who, where)


def _key(name: object, criterion: object) -> Key:
    return clean(str("" if name is None else name)), clean(str("" if criterion is None else criterion))


def _number(value: object, where: str) -> float:
    """A number as people type it, with a comma too."""
    try:
        made = float(value.strip().replace(",", ".")) if isinstance(value, str) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        made = math.nan
    if not math.isfinite(made) or isinstance(value, bool):
        raise DataError(f"{where}: it must be a number, got: {clean(str(value))[:80]!r}.")
    return made


def _csv_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    if not path.exists():
        return []
    try:
        held = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error.strerror or error}.", fix="Close it where it is open."
        ) from error
    try:
        text = held.decode("utf-8-sig")
    except UnicodeDecodeError:  # saved by an older Excel
        text = held.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    try:
        rows = [(reader.line_num, {k: v or "" for k, v in row.items() if k}) for row in reader]
    except csv.Error as error:
        raise DataError(f"{path} cannot be read as CSV: {error}.", fix=FIX) from error
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or [])]:
        raise DataError(f"{path} has no column {missing[0]!r}. It has: {list(reader.fieldnames or [])}.", fix=FIX)
    return [(n, row) for n, row in rows if any(row.values())]


def _mark_of(cells: dict[str, str], path: Path, row: int) -> Mark:
    cause = cells["cause"] if cells["cause"] in CAUSES else "judged"
    where = f"{path.name}, row {row}, column"
    most = _number(cells["points"], f"{where} points")
    value = None if cells["mark"] == "" else _number(cells["mark"], f"{where} mark")
    by, reason = from_csv_cell(cells["by"]) or "machine", from_csv_cell(cells["reason"])
    if by == "machine":
        return Mark(cells["criterion"], most, value, cause, by, reason)  # type: ignore[arg-type]
    return put(Mark(cells["criterion"], most, None, "waits"), value, reason, by)


def _opened(path: Path) -> Any:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    locks = [path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")]
    if open_in := next((lock for lock in locks if lock.exists()), None):
        fix = f"Save and close it. If it is not open, remove {open_in}."
        raise DataError(f"{path} is open in another program.", fix=fix)
    try:
        return load_workbook(path)
    except PermissionError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", fix="Close it where it is open.") from error
    except (InvalidFileException, zipfile.BadZipFile, OSError, KeyError, ValueError, TypeError, SyntaxError) as error:
        fix = "Open it in your spreadsheet program and save it again as .xlsx, or remove it to go on without its marks."
        raise DataError(f"{path} is damaged or no .xlsx file: {re.sub(r'[.]$', '', str(error))}.", fix=fix) from error
