"""What is known of a submission: its cells as they were written, and the facts that came out of the box."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mlsd.errors import DataError

from .box import Outcome

__all__ = ["Call", "Cell", "Evidence", "calls", "read_cells"]

MAGIC = re.compile(r"^\s*[%!?].*$", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """One cell of a submission.

    Parameters
    ----------
    number : int
        Its place among all cells, from 1.
    kind : str
        ``"code"`` or ``"markdown"``.
    source : str
        Its text.
    given : bool
        Whether the starter has the same cell, so that it is not the learner's work.
    status : str
        ``"ok"``, ``"error"``, ``"timed out"`` or ``"not run"``.
    error : dict
        ``type``, ``text``, ``line`` and, for a missing package, ``module``; empty without an error.
    output : str
        What it printed, shortened.
    """

    number: int
    kind: str
    source: str
    given: bool = False
    status: str = "not run"
    error: dict[str, Any] = field(default_factory=dict)
    output: str = ""


@dataclass(frozen=True)
class Call:
    """A call as it stands in the source: read, not run.

    Parameters
    ----------
    name : str
        What is called, with dots, such as ``dd.read_parquet``; ``?.merge`` where it is called on an expression.
    node : ast.Call
        Its arguments.
    cell : int
        Number of the cell.
    inside_with : bool
        Whether it stands below a ``with`` statement.
    """

    name: str
    node: ast.Call
    cell: int
    inside_with: bool = False

    def keyword(self, name: str) -> Any:
        """A keyword argument's value if it is a literal, the source of it if not, None if it is not given."""
        for word in self.node.keywords:
            if word.arg == name:
                return _value(word.value)
        return None

    def argument(self, place: int) -> Any:
        """A positional argument's value or source, None if it is not given."""
        return _value(self.node.args[place]) if place < len(self.node.args) else None


@dataclass(frozen=True)
class Evidence:
    """Everything that a judge may look at. It holds no object of the learner's: text and numbers only.

    Parameters
    ----------
    cells : tuple of Cell
        All cells, in order.
    outcome : Outcome
        The facts of the run, and how it ended.
    expected : dict
        What the assignment's ``expected`` function made of the data, for comparison.
    """

    cells: tuple[Cell, ...]
    outcome: Outcome
    expected: dict[str, Any] = field(default_factory=dict)

    def of(self, fact: str) -> list[dict[str, Any]]:
        """All facts of one kind, in the order in which they came."""
        return [each for each in self.outcome.facts if each["fact"] == fact]

    def cell(self, number: int | None) -> Cell | None:
        """A cell by its number."""
        return next((cell for cell in self.cells if cell.number == number), None)

    @property
    def code(self) -> list[Cell]:
        """The learner's own code cells."""
        return [cell for cell in self.cells if cell.kind == "code" and not cell.given]

    @cached_property
    def answers(self) -> list[tuple[int, str]]:
        """All that may answer a question in words: (cell, text) of text cells, remarks in code, printed sentences."""
        return [(cell.number, text) for cell in self.cells if not cell.given for text in _words(cell)]

    @cached_property
    def calls(self) -> list[Call]:
        """Each call in the learner's own code, in order."""
        return [call for cell in self.code for call in calls(cell)]

    def called(self, *endings: str) -> list[Call]:
        """Calls whose name is, or ends in a dot and, one of `endings`."""
        return [
            call for call in self.calls if any(call.name == end or call.name.endswith("." + end) for end in endings)
        ]

    def failed(self, *words: str) -> Cell | None:
        """The first of the learner's cells that did not run through and whose source holds one of `words`."""
        return next(
            (cell for cell in self.code if cell.status != "ok" and any(word in cell.source for word in words)), None
        )


def read_cells(text: str, starter: str = "") -> tuple[Cell, ...]:
    """Read a notebook's cells, forgiving what can be forgiven.

    Parameters
    ----------
    text : str
        The file: notebook format 3 or 4, with or without ids, metadata and outputs.
    starter : str
        The starter's file, so that cells which it gave are known.

    Raises
    ------
    DataError
        If it is no notebook; the message says what it is instead.
    """
    given = {(kind, _same(source)) for kind, source in _parts(starter)} if starter else set()
    return tuple(
        Cell(number, kind, source, (kind, _same(source)) in given or not source.strip())
        for number, (kind, source) in enumerate(_parts(text), 1)
    )


def _parts(text: str) -> list[tuple[str, str]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        start = " ".join(text[:40].split())
        raise DataError(f"The file is no JSON, so it is no notebook. It begins with: {start!r}") from error
    if isinstance(found, dict) and isinstance(found.get("worksheets"), list):
        found = {
            "cells": [
                cell for sheet in found["worksheets"] if isinstance(sheet, dict) for cell in sheet.get("cells", [])
            ]
        }
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        raise DataError("The file is JSON, but it has no list of cells, so it is no notebook.")
    return [_part(cell) for cell in found["cells"] if isinstance(cell, dict)]


def _part(cell: dict[str, Any]) -> tuple[str, str]:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    kind = "code" if cell.get("cell_type") == "code" else "markdown"
    return kind, source if isinstance(source, str) else ""


def _words(cell: Cell) -> list[str]:
    """Sentences of a cell: six words or more in a row."""
    if cell.kind == "markdown":
        return [cell.source.strip()] if re.search(r"[^\W\d_]{2}", cell.source) else []
    remarks = "\n".join(line.strip().lstrip("# ") for line in cell.source.splitlines() if line.strip().startswith("#"))
    tree = _parsed(MAGIC.sub("", cell.source))
    said = (
        [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        if tree
        else []
    )
    return [text.strip() for text in (remarks, *said) if len(text.split()) >= 6]


def _same(source: str) -> str:
    return " ".join(source.split())


def calls(cell: Cell) -> list[Call]:
    r"""Each call in a cell's source; magics are left out, and a cell that does not parse is read up to there.

    Examples
    --------
    >>> [call.name for call in calls(Cell(1, "code", "%dotenv\nwith open('a') as f:\n    f.read()"))]
    ['open', 'f.read']
    """
    tree = _parsed(MAGIC.sub("", cell.source))
    return list(_calls(tree, cell.number, inside_with=False)) if tree else []


def _parsed(source: str) -> ast.Module | None:
    lines = source.splitlines()
    for _ in range(20):
        try:
            return ast.parse("\n".join(lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None) or 0
            if not 0 < line <= len(lines):
                return None
            lines = lines[: line - 1]
    return None


def _calls(node: ast.AST, cell: int, inside_with: bool) -> Iterator[Call]:
    if isinstance(node, ast.Call):
        yield Call(_dotted(node.func), node, cell, inside_with)
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, cell, inside_with or isinstance(node, (ast.With, ast.AsyncWith)))


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return "?"


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ast.unparse(node)
