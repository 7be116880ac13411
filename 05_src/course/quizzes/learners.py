"""The list of learners: who gets a link, and who stands in the results."""

from dataclasses import dataclass
from pathlib import Path

from course.gradebook.tables import Findings, Table, clean, one_column, read_table
from mlsd.errors import DataError

__all__ = ["Learner", "read_learners"]


@dataclass(frozen=True)
class Learner:
    """A learner: the name that extensions, links and results use, what people say, and where mail goes."""

    learner: str
    name: str
    email: str


def read_learners(path: Path) -> list[Learner]:
    """Read a list of learners.

    Parameters
    ----------
    path : Path
        A CSV with a column learner, and perhaps name and email.

    Returns
    -------
    list of Learner
        In the order of the file.

    Raises
    ------
    DataError
        If it cannot be read, has no such column, or names somebody twice or nobody.
    """
    found = Findings()
    table = read_table(path, found)
    places = [one_column(table, [name], found, needed=name == "learner") for name in _COLUMNS] if table else []
    if table and places[0] is not None:
        _once(table, places[0], found)
    if found.problems or not table:
        raise DataError("\n".join(found.problems), fix="The columns are learner, name, email; each learner once.")
    rows = ([clean(row.cells[at]) if at is not None else "" for at in places] for row in table.rows)
    return [Learner(*cells) for cells in rows]


_COLUMNS = ("learner", "name", "email")


def _once(table: Table, at: int, found: Findings) -> None:
    seen: dict[str, int] = {}
    for row in table.rows:
        name = clean(row.cells[at])
        if not name:
            found.problems.append(f"{table.at(row, at)} names nobody.")
        elif seen.setdefault(name, row.line) != row.line:
            found.problems.append(f"{table.at(row, at)} stands in row {seen[name]} too.")
