"""The marks that ``course grade`` writes for one assignment, put through its rubric's rule."""

from collections.abc import Iterator
from fractions import Fraction

from course.grading.rubric import Rubric

from .people import Roster, identities, name_rows
from .rule import read_number, shown
from .tables import Findings, Row, Table, clean, heading, one_column

__all__ = ["read_graded"]


def read_graded(
    table: Table, roster: Roster | None, rubrics: dict[str, Rubric], found: Findings, *, waiting: str
) -> Iterator[tuple[str, str, str, str]]:
    """Complete or Incomplete for each submission, from the sum of its marks.

    Parameters
    ----------
    table : Table
        ``submission``, ``criterion``, ``points`` and ``mark``, a row for each criterion.
    roster : Roster or None
        Who may stand in it.
    rubrics : dict of str to Rubric
        By assignment. The one that has the table's criteria is meant.
    found : Findings
        Takes what is wrong: all of it, for every submission.
    waiting : str
        ``"refuse"`` or ``"zero"``, for a criterion without a mark.

    Yields
    ------
    tuple of str
        Learner, assignment, result, and where it was found.
    """
    places = {name: one_column(table, [name], found) for name in ("criterion", "points", "mark")}
    named = name_rows(table, roster, found, once=False)
    at = {name: place for name, place in places.items() if place is not None}
    rubric = _rubric_of(table, at["criterion"], rubrics, found) if len(at) == len(places) else None
    for name, rows in _by_learner(table, named, found).items() if rubric else ():
        assert rubric is not None
        marks = _marks(table, rows, at, rubric, found)
        _tell_waiting(table, name, marks, found, waiting)
        earned = sum((mark for mark in marks.values() if mark is not None), Fraction(0))
        if not earned:
            found.notes.append(_nothing_earned(table, name, rows[0], rubric))
        yield name, rubric.assignment, rubric.result(float(earned)), f"{table.path}, row {rows[0].line}"


def _rubric_of(table: Table, at: int, rubrics: dict[str, Rubric], found: Findings) -> Rubric | None:
    keys = {row.cells[at].strip(): row for row in reversed(table.rows)}
    shares = {name: len(keys.keys() & _points(rubric).keys()) for name, rubric in rubrics.items()}
    best = rubrics[max(shares, key=lambda name: shares[name])]
    if all(shares.values()):
        found.problems.append(f"{table.path} has criteria of {' and '.join(rubrics)}; allowed is one in each file.")
    for key, row in reversed(keys.items()):
        if key == "result":
            found.problems.append(f"{table.at(row, at)} is no criterion; to overrule a result, use --overrides.")
        elif key not in _points(best) and not all(shares.values()):
            found.problems.append(
                f"{table.at(row, at)} is no criterion of {best.assignment}; allowed: {list(_points(best))}."
            )
    return best if sorted(map(bool, shares.values())).count(True) == 1 else None


def _by_learner(table: Table, named: list[tuple[Row, str]], found: Findings) -> dict[str, list[Row]]:
    """Rows of each learner's first submission; a second one is a problem, told once."""
    place = (identities(table, Findings()) or [0])[0]
    rows: dict[str, list[Row]] = {}
    told: set[str] = set()
    for row, name in named:
        mine = rows.setdefault(name, [row])
        submission, first = row.cells[place], mine[0].cells[place]
        if submission == first and row is not mine[0]:
            mine.append(row)
        elif submission not in (first, *told):
            told.add(submission)
            found.problems.append(f"{table.at(row, place)} is by {name!r}, as {first!r} is; one submission is allowed.")
    return rows


def _marks(
    table: Table, rows: list[Row], at: dict[str, int], rubric: Rubric, found: Findings
) -> dict[str, Fraction | None]:
    marks: dict[str, Fraction | None] = {}
    lines: dict[str, int] = {}
    for row in rows:
        key = row.cells[at["criterion"]].strip()
        points = _points(rubric).get(key)
        if key in lines:
            found.problems.append(f"{table.at(row, at['criterion'])} stands in row {lines[key]} too; once is allowed.")
        elif points is not None:
            lines[key] = row.line
            if _number(table, row, at["points"], None, found) not in (points, None):
                found.problems.append(f"{table.at(row, at['points'])} is not what the rubric says: {shown(points)}.")
            marks[key] = _number(table, row, at["mark"], points, found)
    missing = [key for key in _points(rubric) if key not in marks]
    if missing:
        found.problems.append(f"{table.path}, row {rows[0].line}: this submission has no row for {', '.join(missing)}.")
    return marks


def _number(table: Table, row: Row, at: int, most: Fraction | None, found: Findings) -> Fraction | None:
    text = row.cells[at].strip()
    try:
        number = read_number(text, decimal_comma=table.decimal_comma) if text else None
    except ValueError as error:
        found.problems.append(f"{table.at(row, at)} {error}; allowed is {_range(most)}.")
        return Fraction(0) if most is not None else None  # it waits for nobody
    if number is not None and most is not None and not 0 <= number <= most:
        found.problems.append(f"{table.at(row, at)} is out of range; allowed is {_range(most)}.")
    return number


def _range(most: Fraction | None) -> str:
    return "a number" if most is None else f"0 to {shown(most)}"


def _tell_waiting(table: Table, name: str, marks: dict[str, Fraction | None], found: Findings, waiting: str) -> None:
    keys = [key for key, mark in marks.items() if mark is None]
    if keys:
        some = (
            f"{len(keys)} criteri{'on' if len(keys) == 1 else 'a'} of {name} wait{'s' * (len(keys) == 1)} for a person"
        )
        told = f"{table.path}: {some} ({', '.join(keys)})"
        if waiting == "zero":
            found.notes.append(f"{told}; counted 0.")
        else:
            found.problems.append(f"{told}; give a mark, or count it 0 with --waiting zero.")


def _nothing_earned(table: Table, name: str, row: Row, rubric: Rubric) -> str:
    cells = dict(zip(map(heading, table.columns), row.cells, strict=True))
    why = f" ({clean(cells.get('reason', ''))})" if cells.get("cause") == "unreadable" else ""
    said = f"{name} earned nothing on {rubric.assignment}{why}: Incomplete, which counts 50."
    return f"{said} If nothing was handed in, override it with Missing."


def _points(rubric: Rubric) -> dict[str, Fraction]:
    return {criterion.key: Fraction(str(criterion.points)) for criterion in rubric.criteria}
