"""What a grader decided otherwise, with the reason."""

from dataclasses import dataclass
from fractions import Fraction

from .people import Roster, name_rows
from .quizzes import quiz_number, read_score
from .results import assignment_key, read_result, shipped_rubrics
from .rule import shown
from .tables import Findings, Row, Table, clean, heading, one_column

__all__ = ["Override", "read_overrides"]

_ALLOWED = "allowed are quiz_1 to quiz_6, assignment_1, assignment_2 and final"


@dataclass(frozen=True)
class Override:
    """One value of a learner that a grader set.

    Parameters
    ----------
    learner, item : str
        Whose, and what: ``quiz_1`` … ``quiz_6``, ``assignment_1``, ``assignment_2`` or ``final``.
    value : Fraction or str
        A score or mark from 0 to 100; for an assignment Complete, Incomplete or Missing.
    reason : str
        Why: never empty.
    """

    learner: str
    item: str
    value: Fraction | str
    reason: str

    @property
    def said(self) -> str:
        """The value as text."""
        return self.value if isinstance(self.value, str) else shown(self.value)


def read_overrides(table: Table, roster: Roster | None, found: Findings) -> list[Override]:
    """All overrides in the order of the file.

    Parameters
    ----------
    table : Table
        ``learner``, ``item``, ``value`` and ``reason``.
    roster : Roster or None
        Who may stand in it.
    found : Findings
        Takes every row that cannot be used.

    Returns
    -------
    list of Override
        At most one for each learner and item.
    """
    places = {name: one_column(table, [name], found) for name in ("item", "value", "reason")}
    at = {name: place for name, place in places.items() if place is not None}
    overrides: dict[tuple[str, str], Override] = {}
    lines: dict[tuple[str, str], int] = {}
    for row, name in name_rows(table, roster, found, once=False) if len(at) == len(places) else []:
        override = _override(table, row, name, at, found)
        key = override and (name, override.item)
        if override and key in lines:
            found.problems.append(
                f"{table.at(row, at['item'])} of {name!r} stands in row {lines[key]} too; once is allowed."
            )
        elif override and key:
            overrides[key], lines[key] = override, row.line
    return list(overrides.values())


def _override(table: Table, row: Row, name: str, at: dict[str, int], found: Findings) -> Override | None:
    reason = clean(row.cells[at["reason"]])
    if not reason:
        found.problems.append(f"{table.at(row, at['reason'])} gives no reason; an override of {name!r} needs one.")
    place = at["item"]
    try:
        item = _item(row.cells[place])
        place = at["value"]
        value = _value(item, row.cells[place], decimal_comma=table.decimal_comma)
    except ValueError as error:
        allowed = "" if "allowed" in str(error) else "; allowed is 0 to 100"
        found.problems.append(f"{table.at(row, place)} {error}{allowed}.")
        return None
    return Override(name, item, value, reason) if reason else None


def _item(text: str) -> str:
    name = heading(text)
    if name in ("final", "final mark"):
        return "final"
    readers = {"q": lambda: f"quiz_{quiz_number(text)}", "a": lambda: assignment_key(text)}
    if name[:1] not in readers:
        raise ValueError(f"cannot be overridden; {_ALLOWED}")
    return readers[name[0]]()


def _value(item: str, text: str, *, decimal_comma: bool) -> Fraction | str:
    if item in (rubrics := shipped_rubrics()):
        if not text.strip():
            raise ValueError("is no value; allowed are Complete, Incomplete and Missing")
        return read_result(text, rubrics[item], None, decimal_comma=decimal_comma)
    score = read_score(text, None, decimal_comma=decimal_comma) if text.strip() else None
    if score is None and (item == "final" or not text.strip()):
        raise ValueError("is no value; allowed is 0 to 100")
    return score or Fraction(0)
