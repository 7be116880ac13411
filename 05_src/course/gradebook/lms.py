"""The learning system's own export back, with nothing but its mark columns changed."""

import re
from dataclasses import dataclass
from fractions import Fraction

from .people import Roster, identities, learner_rows, maxima
from .quizzes import MOST
from .rule import read_number, shown
from .tables import Findings, Row, Table, clean, heading

__all__ = ["Plan", "filled", "plan"]

_MARKS = ("final mark", "final grade", "final score", "final", "course mark", "course grade")
_RESULTS = ("final result", "result", "pass/fail", "pass or fail")


@dataclass(frozen=True)
class Plan:
    """Which cells are to be filled.

    Parameters
    ----------
    table : Table
        The export.
    mark, result : int or None
        The columns; a result's column need not be there.
    rows : dict of str to Row
        By learner.
    strangers : tuple of str
        Who stands in the export and not in the course.
    """

    table: Table
    mark: int | None
    result: int | None
    rows: dict[str, Row]
    strangers: tuple[str, ...]


def plan(table: Table, roster: Roster | None, found: Findings, *, column: str | None = None) -> Plan:
    """Find the mark column and everybody's row in an export.

    Parameters
    ----------
    table : Table
        The export.
    roster : Roster or None
        Who is in the course.
    found : Findings
        Takes what is wrong: no mark column, several, one out of another maximum than 100, somebody twice.
    column : str, optional
        The mark column's name; guessed when it is not given.

    Returns
    -------
    Plan
        What `filled` needs.
    """
    mark = _mark_column(table, found, column)
    guesses = [at for name in _RESULTS for at, seen in enumerate(_headings(table)) if seen == name]
    places = identities(table, found)
    rows: dict[str, Row] = {}
    strangers = []
    for row in learner_rows(table, places) if roster and places else []:
        assert roster is not None
        spellings = [row.cells[at] for at in places if row.cells[at].strip()]
        people = roster.find(spellings)
        if len(people) != 1:
            strangers.append(clean(spellings[0]) if spellings else f"row {row.line}")
        elif rows.setdefault(people[0], row) is not row:
            line = rows[people[0]].line
            found.problems.append(f"{table.at(row, places[0])} is the same person as in row {line}; once is allowed.")
    return Plan(table, mark, guesses[0] if guesses else None, rows, tuple(strangers))


def filled(planned: Plan, marks: dict[str, tuple[Fraction, str]]) -> bytes:
    """The export's bytes with final marks and results in their cells, and every other byte as it was.

    Parameters
    ----------
    planned : Plan
        From `plan`.
    marks : dict of str to (Fraction, str)
        Final mark and result by learner.

    Returns
    -------
    bytes
        In the export's own encoding.
    """
    table = planned.table
    changes: list[tuple[tuple[int, int], str]] = []
    for name, row in planned.rows.items():
        final, result = marks[name]
        if planned.mark is not None and not _says(row.cells[planned.mark], final, table):
            changes.append((row.spans[planned.mark], _number(shown(final), table)))
        if planned.result is not None and row.cells[planned.result].strip().lower() != result:
            changes.append((row.spans[planned.result], result))
    text = table.text
    for (start, end), value in sorted(changes, reverse=True):
        quoted = text[start : start + 1] == '"' or table.delimiter in value
        text = text[:start] + (f'"{value}"' if quoted else value) + text[end:]
    return table.bom + text.encode(table.encoding)


def _mark_column(table: Table, found: Findings, column: str | None) -> int | None:
    top = maxima(table)
    wanted = [heading(column)] if column else list(_MARKS)
    full = [heading(name) for name in table.columns]
    places = [at for name in wanted for at, seen in enumerate(_headings(table)) if name in (seen, full[at])]
    open_places = [at for at in places if not (top and heading(top.cells[at]) == "(read only)")]
    if not open_places or len({full[at] for at in open_places}) < len(open_places):
        said = repr(column) if column else "that is called Final mark or the like"
        what = "two columns" if open_places else "no column"
        found.problems.append(
            f"{table.path} has {what} {said} to fill. It has: {list(table.columns)}. Name one with --lms-column."
        )
        return None
    told = MOST.search(full[open_places[0]])
    most = (
        next((part for part in told.groups() if part), "") if told else top.cells[open_places[0]].strip() if top else ""
    )
    if most and not _is_hundred(most):
        name = table.columns[open_places[0]]
        found.problems.append(f"{table.path}, column {name!r} has the maximum {most!r}; a final mark is out of 100.")
    return open_places[0]


def _headings(table: Table) -> list[str]:
    """Without what systems add in brackets: an id, a kind, a maximum."""
    return [re.sub(r"\s*[\[(<].*$", "", heading(column)) for column in table.columns]


def _is_hundred(text: str) -> bool:
    try:
        return read_number(text, decimal_comma=True) == 100
    except ValueError:
        return False


def _says(cell: str, final: Fraction, table: Table) -> bool:
    """Whether a cell holds the mark already, however it is written."""
    try:
        return shown(read_number(cell.strip(" %"), decimal_comma=table.decimal_comma)) == shown(final)
    except ValueError:
        return False


def _number(value: str, table: Table) -> str:
    """With a decimal comma where the export itself writes one."""
    comma = any(re.fullmatch(r"[0-9]+,[0-9]+ ?%?", cell.strip()) for row in table.rows for cell in row.cells)
    return value.replace(".", ",") if comma and table.decimal_comma else value
