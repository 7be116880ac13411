"""Which lab, deck, quiz questions and rubric rows teach and test each outcome and each chapter."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .curriculum import read_curriculum
from .quizzes.bank import read_bank
from .slides.deck import decks, read_deck

__all__ = ["Row", "coverage", "gaps", "page", "page_path"]

_TOP = """<!-- written by `course coverage --write`; change curriculum.toml, decks, banks or rubrics instead -->

# Coverage

Which labs and decks teach each outcome and each chapter of the book, and which quiz questions and rubric rows test
them. A test fails where one has none.
"""


@dataclass(frozen=True)
class Row:
    """An outcome or a chapter, and what teaches and tests it.

    Parameters
    ----------
    key : str or int
        Such as "LO1", or a chapter's number.
    title : str
        Its text or title.
    labs, decks, questions, rubric : tuple of str
        Names of labs and decks; ids of questions; ``assignment: key`` of rubric rows.
    excuse : str
        Why no rubric row has it, where there is a reason.
    """

    key: str | int
    title: str
    labs: tuple[str, ...]
    decks: tuple[str, ...]
    questions: tuple[str, ...]
    rubric: tuple[str, ...]
    excuse: str = ""


def coverage(root: Path) -> tuple[list[Row], list[Row]]:
    """Read everything that says what it is about.

    Parameters
    ----------
    root : Path
        The repository.

    Returns
    -------
    tuple of two lists of Row
        One row for each outcome, one for each chapter, in the curriculum's order.
    """
    plan = read_curriculum(root)
    things = list(_things(root))

    def row(key: str | int, title: str, excuse: str = "") -> Row:
        def names(kind: str) -> tuple[str, ...]:
            return tuple(name for what, name, about in things if what == kind and key in about)

        return Row(key, title, names("lab"), names("deck"), names("question"), names("rubric"), excuse)

    outcomes = [row(each.id, each.text) for each in plan.outcomes]
    return outcomes, [row(each.number, each.title, each.not_assigned) for each in plan.chapters]


def gaps(rows: list[Row]) -> list[str]:
    """What is missing.

    Parameters
    ----------
    rows : list of Row
        Of `coverage`.

    Returns
    -------
    list of str
        Such as "chapter 9 has no deck"; also an excuse that is not needed any more.
    """
    found = []
    for row in rows:
        name = f"chapter {row.key}" if isinstance(row.key, int) else row.key
        wanted = {"lab": row.labs, "deck": row.decks, "quiz question": row.questions}
        found += [f"{name} has no {kind}" for kind, there in wanted.items() if not there]
        if bool(row.rubric) == bool(row.excuse):
            found.append(
                f"{name} has " + ("a rubric row and an excuse" if row.excuse else "no rubric row and no excuse")
            )
    return found


def page_path(root: Path) -> Path:
    """Where the table is kept: 03_instructional_team/coverage.md."""
    return root / "03_instructional_team" / "coverage.md"


def page(outcomes: list[Row], chapters: list[Row]) -> str:
    """The tables as Markdown.

    Parameters
    ----------
    outcomes, chapters : list of Row
        Of `coverage`.

    Returns
    -------
    str
        Two tables: outcomes, chapters.
    """
    return "\n".join([_TOP, _table("Outcome", outcomes), _table("Chapter", chapters)])


def _things(root: Path) -> Iterator[tuple[str, str, set[Any]]]:
    """Kind, name, and the outcomes and chapters that it is about."""
    for lab in read_curriculum(root).labs:
        yield "lab", lab.name, {*lab.chapters, *lab.outcomes}
    for path in decks(root):
        front = read_deck(path).front
        yield "deck", path.stem, {*front.get("chapters", ()), *front.get("outcomes", ())}
    for path in sorted((root / "03_instructional_team" / "sources" / "quizzes").glob("quiz_*.toml")):
        for question in read_bank(path).questions:
            yield "question", question.id, {question.chapter, question.outcome}
    for path in sorted((root / "02_activities" / "assignments").glob("*_rubric.toml")):
        rubric = tomllib.loads(path.read_text(encoding="utf-8"))
        for criterion in rubric["criterion"]:
            about = {*criterion["chapters"], *criterion["outcomes"]}
            yield "rubric", f"{rubric['assignment']}: {criterion['key']}", about


def _table(first: str, rows: list[Row]) -> str:
    lines = [
        f"## {first}s",
        "",
        f"| {first} | Labs | Decks | Quiz questions | Rubric rows |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        cells = [f"**{row.key}** {row.title}", _short(row.labs), _short(row.decks), _questions(row.questions)]
        lines.append(f"| {' | '.join([*cells, _rubric(row)])} |")
    return "\n".join(lines) + "\n"


def _short(names: tuple[str, ...]) -> str:
    """The numbers that names begin with."""
    return ", ".join(name.split("_")[0] for name in names)


def _questions(ids: tuple[str, ...]) -> str:
    return f"{len(ids)}: " + _grouped(ids, ".", lambda quiz, numbers: f"quiz {quiz} ({', '.join(numbers)})")


def _rubric(row: Row) -> str:
    return row.excuse or _grouped(row.rubric, ": ", lambda name, keys: f"{name}: {', '.join(f'`{k}`' for k in keys)}")


def _grouped(names: tuple[str, ...], at: str, write: Callable[[str, list[str]], str]) -> str:
    groups: dict[str, list[str]] = {}
    for name in names:
        group, _, rest = name.partition(at)
        groups.setdefault(group, []).append(rest)
    return "; ".join(write(group, members) for group, members in groups.items())
