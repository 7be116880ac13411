"""A bank of questions, as it is written in a TOML file that people edit and review."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlsd import settings
from mlsd.errors import DataError

__all__ = ["DIFFICULTIES", "KINDS", "Bank", "Option", "Pair", "Question", "find", "locate", "read_bank", "rights_of"]

KINDS = ("true_false", "multiple_choice", "selection", "matching")
DIFFICULTIES = ("easy", "medium", "hard")

_BANK = {"quiz": str, "title": str, "practice": bool, "question": list}
_QUESTION = {"id": str, "kind": str, "text": str, "outcome": str, "chapter": int, "difficulty": str}
_TYPES = {str: "text", bool: "true or false", int: "a whole number", list: "a list of tables"}


@dataclass(frozen=True)
class Option:
    """One thing to choose, whether it is right, and why."""

    text: str
    right: bool
    reason: str


@dataclass(frozen=True)
class Pair:
    """A left side, the one right side that belongs to it, and why."""

    left: str
    right: str
    reason: str


@dataclass(frozen=True)
class Question:
    """One question with its key.

    Parameters
    ----------
    id : str
        Such as "2.07": the quiz and a number, never used again for another question.
    kind : str
        "true_false" and "multiple_choice" have one right option, "selection" one or more, "matching" has pairs.
    text : str
        What is asked, in Markdown.
    outcome : str
        The learning outcome it belongs to, "LO1" to "LO5".
    chapter : int
        The chapter of the book.
    difficulty : str
        "easy", "medium" or "hard".
    options : tuple of Option
        What can be chosen, in the order of the file; empty for matching.
    pairs : tuple of Pair
        What belongs together; empty for the others.
    extra : tuple of Option
        For matching: right sides that belong nowhere, with the reason. None of them is right.
    """

    id: str
    kind: str
    text: str
    outcome: str
    chapter: int
    difficulty: str
    options: tuple[Option, ...] = ()
    pairs: tuple[Pair, ...] = ()
    extra: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Bank:
    """The questions of one quiz.

    Parameters
    ----------
    quiz : str
        Such as "quiz_2"; the file has the same name.
    title : str
        What people read above it.
    practice : bool
        Whether it is for practice: everybody can read its answers.
    questions : tuple of Question
        In the order of the file.
    path : Path
        The file.
    """

    quiz: str
    title: str
    practice: bool
    questions: tuple[Question, ...]
    path: Path


def read_bank(path: Path) -> Bank:
    """Read a bank; what is misspelt or missing is named with its question.

    Parameters
    ----------
    path : Path
        A TOML file such as ``quiz_2.toml``, with ``quiz``, ``title``, ``practice`` and a ``[[question]]`` for each.

    Returns
    -------
    Bank
        Well-formed; whether it is also good, `check` says.

    Raises
    ------
    DataError
        If the file is not there, is not TOML, or a question has other fields than it should.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"There is no bank {path}.", fix="Look at the folder that cohort.toml names.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as TOML: {error}.") from error
    _only(table, _BANK, f"{path}")
    questions = tuple(_question(each, path) for each in table["question"])
    return Bank(table["quiz"], table["title"], table["practice"], questions, path)


def locate(name: str) -> Path:
    """Return the file of a bank that comes with the course, or the file that is named.

    Parameters
    ----------
    name : str
        Such as "quiz_2", or a path such as "private/quiz_2.toml".

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If there is no such bank.

    Examples
    --------
    >>> locate("quiz_2").name
    'quiz_2.toml'
    """
    folder = settings.root() / "03_instructional_team" / "sources" / "quizzes"
    for path in (folder / f"{name}.toml", Path(name)):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in folder.glob("*.toml")))
    raise DataError(f"There is no bank {name!r}.", fix=f"Name one of {known}, or a file.")


def find(bank: Bank, question_id: str) -> Question:
    """Return the question of an id.

    Parameters
    ----------
    bank : Bank
        The questions of a quiz.
    question_id : str
        Such as "2.07".

    Returns
    -------
    Question
        The question.

    Raises
    ------
    DataError
        If the bank has no such question.
    """
    for question in bank.questions:
        if question.id == question_id:
            return question
    raise DataError(
        f"{bank.path} has no question {question_id!r}.",
        fix="A question that was drawn stays in its bank until the end.",
    )


def rights_of(question: Question) -> tuple[str, ...]:
    """Return the right sides of a matching question in the file's order: those of its pairs, then the extra ones.

    Parameters
    ----------
    question : Question
        A question; of another kind it has none.

    Returns
    -------
    tuple of str
        Texts in Markdown.

    Examples
    --------
    >>> rights_of(Question("1.01", "matching", "?", "LO1", 1, "easy", pairs=(Pair("a", "1", "."), Pair("b", "2", "."))))
    ('1', '2')
    """
    return (*(pair.right for pair in question.pairs), *(each.text for each in question.extra))


def _question(table: Any, path: Path) -> Question:
    if not isinstance(table, dict):
        raise DataError(f"{path}: `question` must be a list of tables, [[question]], got: {table!r}.")
    where = f"{path}, question {table.get('id', '?')}"
    kind = table.get("kind")
    if kind not in KINDS:
        raise DataError(f"{where}: `kind` must be one of {', '.join(KINDS)}, got: {kind!r}.")
    parts = {"pairs": list, "extra": list} if kind == "matching" else {"options": list}
    _only(table, _QUESTION | parts, where, optional={"extra"})
    plain = {name: table[name] for name in ("id", "kind", "outcome", "chapter", "difficulty")}
    return Question(
        **plain,
        text=table["text"].strip(),
        options=tuple(_option(each, where) for each in table.get("options", [])),
        pairs=tuple(_pair(each, where) for each in table.get("pairs", [])),
        extra=tuple(_option(each, where) for each in table.get("extra", [])),
    )


def _option(table: Any, where: str) -> Option:
    _only(table, {"text": str, "right": bool, "reason": str}, f"{where}, an option", optional={"right"})
    return Option(table["text"].strip(), table.get("right", False), table["reason"].strip())


def _pair(table: Any, where: str) -> Pair:
    _only(table, {"left": str, "right": str, "reason": str}, f"{where}, a pair")
    return Pair(table["left"].strip(), table["right"].strip(), table["reason"].strip())


def _only(table: Any, fields: dict[str, type], where: str, *, optional: Iterable[str] = ()) -> None:
    if not isinstance(table, dict):
        raise DataError(f"{where} must be a table of {', '.join(sorted(fields))}, got: {table!r}.")
    unknown, missing = set(table) - set(fields), set(fields) - set(optional) - set(table)
    if unknown:
        raise DataError(f"{where}: unknown {', '.join(sorted(unknown))}; allowed: {', '.join(sorted(fields))}.")
    if missing:
        raise DataError(f"{where}: {', '.join(sorted(missing))} is missing.")
    for name, value in table.items():
        if type(value) is not fields[name]:  # not isinstance: `chapter = true` is no number
            raise DataError(f"{where}: `{name}` must be {_TYPES[fields[name]]}, got: {str(value)[:60]!r}.")
