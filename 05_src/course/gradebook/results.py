"""What the assignments earned: in words, as a share, or as the marks that ``course grade`` writes."""

import re
from collections.abc import Iterator
from fractions import Fraction

from course.grading.rubric import Rubric, read_rubric
from mlsd import settings

from .graded import read_graded
from .people import Roster, name_rows
from .quizzes import items, read_score
from .rule import ASSIGNMENTS, read_number
from .tables import Findings, Row, Table, heading, one_column

__all__ = ["Results", "assignment_key", "read_result", "read_results", "shipped_rubrics"]

Results = dict[tuple[str, str], str]

_WORDS = {
    "complete": "Complete",
    "completed": "Complete",
    "incomplete": "Incomplete",
    "partial": "Incomplete",
    "partially complete": "Incomplete",
    "partially completed": "Incomplete",
    "missing": "Missing",
    "not submitted": "Missing",
    "n/a": "Missing",
    "–": "Missing",
    "—": "Missing",
    "": "Missing",
}
_ALLOWED = "allowed are Complete, Incomplete, Partially complete, Missing, or a share such as 9/12, 75 % or 0.75"
_ASSIGNMENT = re.compile(r"(?:assignment ?: ?)?(?:assignment|a) ?[#:.]? ?0*([0-9]{1,3})\b(.*)")


def shipped_rubrics() -> dict[str, Rubric]:
    """The rubrics of the course's assignments, by assignment."""
    folder = settings.root() / "02_activities" / "assignments"
    return {name: read_rubric(folder / f"{name}_rubric.toml") for name in ASSIGNMENTS}


def read_results(tables: list[Table], roster: Roster | None, found: Findings, *, waiting: str = "refuse") -> Results:
    """Complete, Incomplete or Missing by learner and assignment.

    Parameters
    ----------
    tables : list of Table
        Each with a column for each assignment, or with the columns ``learner``, ``assignment`` and ``result``, or as
        ``course grade`` writes it: ``submission``, ``criterion``, ``points``, ``mark``.
    roster : Roster or None
        Who may stand in them; None when that could not be read.
    found : Findings
        Takes every row that cannot be used.
    waiting : str
        ``"refuse"`` marks with criteria that still wait for a person, or count these as ``"zero"``.

    Returns
    -------
    dict of (str, str) to str
        Who has no result is not there.
    """
    results: Results = {}
    places: dict[tuple[str, str], str] = {}
    covered: set[str] = set()
    for table in tables:
        for name, assignment, result, place in _results(table, roster, found, covered, waiting):
            key = (name, assignment)
            if key in results:
                found.problems.append(f"{place}: {name!r} has {assignment} at {places[key]} too; once is allowed.")
            results[key], places[key] = result, place
    wide = [table for table in tables if _shape(table) == "wide"]
    for assignment in ASSIGNMENTS:
        if wide and assignment not in covered:
            columns = list(wide[0].columns)
            found.problems.append(
                f"{wide[0].path} has no column {assignment!r}, nor has another file. It has: {columns}."
            )
        elif roster and not any(key[1] == assignment for key in results):
            found.notes.append(f"Nobody has a mark for {assignment}: Missing for all.")
    return results


def assignment_key(text: str) -> str:
    """``assignment_1`` out of ``Assignment 1``, ``A1`` or ``1``; a ValueError for anything else."""
    match = _ASSIGNMENT.fullmatch(heading(text)) or re.fullmatch("0*([0-9]{1,3})", heading(text))
    key = f"assignment_{int(match[1])}" if match else ""
    if key not in ASSIGNMENTS:
        raise ValueError(f"is no assignment; allowed are {' and '.join(ASSIGNMENTS)}")
    return key


def read_result(text: str, rubric: Rubric, most: Fraction | None, *, decimal_comma: bool) -> str:
    """Complete, Incomplete or Missing out of a word, or out of a share of the points by the rubric's rule.

    Raises
    ------
    ValueError
        If it is neither, or a number that may mean two things: a bare 0 or a bare 75.
    """
    word = heading(text)
    if word in _WORDS:
        return _WORDS[word]
    try:
        share = (
            read_score(_as_share(text, most, decimal_comma), most, decimal_comma=decimal_comma) or Fraction(0)
        ) / 100
    except ValueError as error:
        raise ValueError(str(error) if "allowed" in str(error) else f"is no result; {_ALLOWED}") from error
    if not share:
        raise ValueError(
            "may be work that earned nothing or no work at all; allowed is Incomplete or Missing, in words"
        )
    return rubric.result(float(share) * rubric.points)


def _as_share(text: str, most: Fraction | None, decimal_comma: bool) -> str:
    """A bare number up to 1 as a percentage; a larger one needs the most that can be earned."""
    if most or "/" in text or "%" in text:
        return text
    number = read_number(text.strip(), decimal_comma=decimal_comma)
    if number > 1:
        raise ValueError(
            "has no maximum; allowed is a share such as 9/12, 75 % or 0.75, or a header such as 'A1 (12 points)'"
        )
    return f"{number.numerator}/{number.denominator}"


_Found = Iterator[tuple[str, str, str, str]]


def _shape(table: Table) -> str:
    headings = [heading(column) for column in table.columns]
    if "criterion" in headings:
        return "graded"
    return "long" if "assignment" in headings else "wide"


def _results(table: Table, roster: Roster | None, found: Findings, covered: set[str], waiting: str) -> _Found:
    shape = _shape(table)
    if shape == "graded":
        return read_graded(table, roster, shipped_rubrics(), found, waiting=waiting)
    return _long(table, roster, found) if shape == "long" else _wide(table, roster, found, covered)


def _wide(table: Table, roster: Roster | None, found: Findings, covered: set[str]) -> _Found:
    columns = items(table, _ASSIGNMENT)
    keys = [f"assignment_{column.number}" for column in columns]
    for key, column in zip(keys, columns, strict=True):
        if key not in ASSIGNMENTS or keys.count(key) > 1:
            said = "a second column of it" if key in ASSIGNMENTS else f"the course has {' and '.join(ASSIGNMENTS)}"
            found.problems.append(f"{table.path}, column {table.columns[column.at]!r}: {said}.")
    covered.update(keys)
    rubrics = shipped_rubrics()
    for row, name in name_rows(table, roster, found, once=True):
        for key, column in zip(keys, columns, strict=True):
            if key in ASSIGNMENTS:
                yield from _one(table, row, name, key, column.at, rubrics[key], column.most, found)


def _long(table: Table, roster: Roster | None, found: Findings) -> _Found:
    at, result = one_column(table, ["assignment"], found), one_column(table, ["result", "mark", "grade"], found)
    rubrics = shipped_rubrics()
    for row, name in name_rows(table, roster, found, once=False):
        try:
            key = assignment_key(row.cells[at or 0])
        except ValueError as error:
            found.problems.append(f"{table.at(row, at or 0)} {error}.")
            continue
        if result is not None:
            yield from _one(table, row, name, key, result, rubrics[key], None, found)


def _one(
    table: Table, row: Row, name: str, key: str, at: int, rubric: Rubric, most: Fraction | None, found: Findings
) -> _Found:
    try:
        result = read_result(row.cells[at], rubric, most, decimal_comma=table.decimal_comma)
        yield name, key, result, f"{table.path}, row {row.line}"
    except ValueError as error:
        found.problems.append(f"{table.at(row, at)} {error}.")
