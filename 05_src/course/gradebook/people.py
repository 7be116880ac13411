"""Who is meant: one person under several names, spelled in several ways."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from .tables import Findings, Row, Table, clean, fold, heading

__all__ = ["Roster", "identities", "learner_rows", "make_roster", "maxima", "name_rows", "repeated"]

# As learning systems call them. Where a file has several, the first of this list names the person, and the others
# are further names; those of the last line may belong to two people.
_NAMES = (
    *("learner", "submission"),
    *("email", "email address", "e mail", "e mail address"),
    *("sis login id", "login id", "login", "username", "user name", "github", "github username", "github name"),
    *("github login", "github user", "github id", "github handle", "sis user id", "id number", "student id"),
    *("student number", "learner id", "orgdefinedid", "id"),
)
_SHARED_NAMES = ("student", "student name", "name", "full name")
_MAXIMUM_ROWS = ("points possible", "points", "maximum", "max points", "out of")
_ASSIGNMENT = re.compile(r"[ _.-]+(assignment|a)[ _-]*[12]$|^(assignment|a)[ _-]*[12][ _.-]+")
_OTHER_ROWS = ("date", "student, test")


@dataclass(frozen=True)
class Roster:
    """Everybody in the course.

    Parameters
    ----------
    where : str
        The file that says so.
    names : tuple of str
        In the order of the file, as they are shown.
    known : dict of str to tuple of str
        Each spelling, folded, with the names it may mean.
    """

    where: str
    names: tuple[str, ...]
    known: dict[str, tuple[str, ...]]

    def find(self, spellings: Iterable[str]) -> tuple[str, ...]:
        """Who may be meant: the first spelling that means one person, else all that any may mean."""
        maybe: dict[str, None] = {}
        for spelling in spellings:
            for reading in _readings(spelling):
                people = self.known.get(reading, ()) if reading else ()
                if len(people) == 1:
                    return people
                maybe |= dict.fromkeys(people)
        return tuple(maybe)


def identities(table: Table, found: Findings) -> list[int]:
    """Columns that say who a row is about, the best first; without one, a problem."""
    headings = [re.sub(r"\s*\([^)]*\)$", "", heading(column)) for column in table.columns]
    places = [at for name in (*_NAMES, *_SHARED_NAMES) for at, seen in enumerate(headings) if seen == name]
    best = [at for at in places if headings[at] == headings[places[0]]]
    if len(best) > 1:
        found.problems.append(f"{table.path}: two columns are called {table.columns[best[0]]!r}; one is allowed.")
    if not places:
        found.problems.append(
            f"{table.path} has no column that says who a row is about. It has: {list(table.columns)}. "
            "Allowed: learner, Student, Email address, Username, SIS Login ID, GitHub and the like."
        )
    return places if len(best) < 2 else []


def learner_rows(table: Table, places: list[int]) -> list[Row]:
    """Rows about people: not the maxima, notes and test student that some systems put among them."""
    return [row for row in table.rows if not _is_special(row, places)]


def maxima(table: Table) -> Row | None:
    """The row of the highest possible points, where an export has one."""
    rows = [row for row in table.rows[:3] if fold(row.cells[0]) in _MAXIMUM_ROWS]
    return rows[0] if rows else None


def make_roster(table: Table, found: Findings) -> Roster | None:
    """Everybody whom a table names, once, with all their spellings."""
    places = identities(table, found)
    names: dict[str, str] = {}
    known: dict[str, dict[str, None]] = {}
    for row in learner_rows(table, places):
        spellings = _spellings(row, places)
        if not spellings:
            continue  # name_rows tells of it
        name = names.setdefault(_key(spellings[0]), clean(spellings[0]))
        for spelling in spellings:
            known.setdefault(_key(spelling), {})[name] = None
    # What names a person first is theirs, though it be another's student number too.
    settled = {key: (names[key],) if key in names else tuple(people) for key, people in known.items()}
    return Roster(str(table.path), tuple(names.values()), settled) if places else None


def repeated(table: Table, found: Findings) -> None:
    """Report people who stand in a list twice, under any of the names that only one can have."""
    places = identities(table, Findings())
    shared = [at for at in places[1:] if heading(table.columns[at]) in _SHARED_NAMES]
    for at in [place for place in places if place not in shared]:
        seen: dict[str, Row] = {}
        for row in learner_rows(table, places):
            first = seen.setdefault(_key(row.cells[at]), row)
            if first is not row and row.cells[at].strip():
                found.problems.append(
                    f"{table.at(row, at)} is the same person as in row {first.line}; once is allowed."
                )


def name_rows(table: Table, roster: Roster | None, found: Findings, *, once: bool) -> list[tuple[Row, str]]:
    """Each row about a person with that person's name. Who is unknown or, with `once`, comes twice, is a problem.

    Such a row is returned all the same, so that whatever else is wrong with it is told in the same run.
    """
    places = identities(table, found)
    named: list[tuple[Row, str]] = []
    seen: dict[str, Row] = {}
    told: set[str] = set()
    for row in learner_rows(table, places) if places else []:
        spellings = _spellings(row, places)
        people = roster.find(spellings) if roster else ()
        name = people[0] if len(people) == 1 else " ".join(map(_key, spellings)) or f"row {row.line}"
        first = seen.setdefault(name, row)
        named.append((row, name))
        if once and first is not row:
            twice = f"{table.at(row, places[0])} is the same person as in row {first.line}; once is allowed."
            found.problems.append(twice)
        elif len(people) != 1 and name not in told and (roster or not spellings):
            told.add(name)
            found.problems.append(f"{table.at(row, places[0])} {_unknown(spellings, people, roster)}")
    return named


def _unknown(spellings: list[str], people: tuple[str, ...], roster: Roster | None) -> str:
    if people:
        return f"may be any of {list(people)}; say which by a name that only one has."
    if not spellings or not roster:
        return "names nobody; a row needs its learner."
    near = get_close_matches(_key(spellings[0]), roster.known, n=1)
    meant = f" Did you mean {roster.known[near[0]][0]!r}?" if near else ""
    return f"is not in {roster.where}; allowed are the people there.{meant}"


def _is_special(row: Row, places: list[int]) -> bool:
    if fold(row.cells[0]) in (*_MAXIMUM_ROWS, *_OTHER_ROWS):
        return True
    rest = {fold(cell) for cell in row.cells} - {""}
    return not _spellings(row, places) and rest <= {"manual posting", "(read only)"}


def _spellings(row: Row, places: list[int]) -> list[str]:
    return [row.cells[at] for at in places if _key(row.cells[at])]


def _key(text: str) -> str:
    return fold(text).lstrip("@#")  # @ann on GitHub; some systems write #ann so that Excel keeps it a text


def _readings(spelling: str) -> Iterable[str]:
    """What a spelling may mean, best first: itself, a path's folders, the file, the file without its assignment."""
    *folders, file = [part for part in re.split(r"[/\\]", fold(spelling)) if part] or [""]
    stem = file.removesuffix(".ipynb").lstrip("_@#")
    own = _ASSIGNMENT.sub("", stem)
    return dict.fromkeys([_key(spelling), *map(_key, folders), stem, own])
