"""What is left of an answer without names, values, layout and the starter, as winnowed fingerprints.

Winnowing keeps the least hash of every window of k-grams, so that two texts that share a long enough passage share a
fingerprint: S. Schleimer, D. S. Wilkerson and A. Aiken, "Winnowing: local algorithms for document fingerprinting",
SIGMOD 2003.
"""

import ast
import io
import keyword
import re
import tokenize
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import zip_longest
from typing import Any

__all__ = ["Answer", "answers"]

# k and window: a shared passage of k + window - 1 tokens or words is always found, one shorter than k never.
CODE, WORDS = (10, 4), (4, 2)
LONGEST = 50_000  # characters of a cell that are looked at
LONG_STRING = 8  # words from which a string in the code is prose
MAGIC = re.compile(r"^[ \t]*[%!?].*$", re.MULTILINE)
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|\w+")  # Chinese and Japanese are written without spaces
STRINGS = {tokenize.STRING, getattr(tokenize, "FSTRING_START", tokenize.STRING)}
KEPT = STRINGS | {tokenize.NAME, tokenize.NUMBER, tokenize.OP}

Piece = tuple[str, int]  # a token or a word, and its line


@dataclass(frozen=True)
class Answer:
    """What one cell holds beyond the starter.

    Parameters
    ----------
    cell : int
        Its number in the notebook, from 1.
    lines : tuple of str
        Its source.
    prints : dict
        For each fingerprint, the first and the last line that it covers.
    """

    cell: int
    lines: tuple[str, ...]
    prints: dict[bytes, tuple[int, int]]


@dataclass
class _Names:
    """What a notebook calls its own: renaming these changes nothing."""

    bound: set[str] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)
    modules: dict[str, str] = field(default_factory=dict)


def answers(notebook: Any, starter: Any) -> list[Answer]:
    """The fingerprints of each cell, without the statements and lines that stand in the starter.

    Parameters
    ----------
    notebook, starter : dict
        As JSON gives them. What does not look like a notebook has no answers.

    Returns
    -------
    list of Answer
        Cells with at least one fingerprint.

    Examples
    --------
    >>> cell = {"cell_type": "markdown", "source": "No, because Dask holds the rows of each ticker together."}
    >>> [answer.cell for answer in answers({"cells": [cell]}, {"cells": []})]
    [1]
    >>> answers({"cells": [cell]}, {"cells": [cell]})
    []
    """
    given = _read(starter)
    statements = {_words(part) for _, _, code, _ in given for part in code}
    lines = {_words(line) for _, _, _, text in given for line in text}
    found = []
    for number, source, code, text in _read(notebook):
        own = [piece for part in code if _words(part) not in statements for piece in part]
        said = [piece for line in text if _words(line) not in lines for piece in line]
        prints = _winnowed(own, "code", *CODE) | _winnowed(said, "words", *WORDS)
        found.append(Answer(number, tuple(source.splitlines()), prints))
    return [answer for answer in found if answer.prints]


def _words(pieces: list[Piece]) -> tuple[str, ...]:
    return tuple(word for word, _ in pieces)


def _read(notebook: Any) -> list[tuple[int, str, list[list[Piece]], list[list[Piece]]]]:
    """Number, source, statements as tokens, and lines as words of each cell."""
    cells = list(_cells(notebook))
    trees = {number: _parsed(source) for number, kind, source in cells if kind == "code"}
    names = _names([tree for tree in trees.values() if tree])
    read = []
    for number, _, source in cells:
        code, prose = _tokens(source, trees.get(number), names)
        read.append((number, source, code, prose))
    return read


def _cells(notebook: Any) -> Iterator[tuple[int, str, str]]:
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    for number, cell in enumerate(cells if isinstance(cells, list) else [], start=1):
        source = cell.get("source") if isinstance(cell, dict) else None
        text = "".join(part for part in source if isinstance(part, str)) if isinstance(source, list) else source
        if isinstance(text, str):
            yield number, str(cell.get("cell_type")), text[:LONGEST]


def _parsed(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python says of a stranger's backslashes
            return ast.parse(MAGIC.sub("", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _names(trees: list[ast.Module]) -> _Names:
    names = _Names()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.bound.add(node.id)
        elif isinstance(node, ast.arg):
            names.bound.add(node.arg)
            names.parameters.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)) and node.name:
            names.bound.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.modules |= {alias.asname or alias.name: alias.name for alias in node.names}
    return names


def _tokens(source: str, tree: ast.Module | None, names: _Names) -> tuple[list[list[Piece]], list[list[Piece]]]:
    """Statements as tokens, and what is said in comments and long strings; all as lines of words if it is no code."""
    if tree is not None:
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(MAGIC.sub("", source)).readline))
            return _statements(tokens, tree, names), _said(tokens)
        except (tokenize.TokenError, SyntaxError):
            pass
    return [], [_line(text, number) for number, text in enumerate(source.splitlines(), start=1)]


def _said(tokens: list[tokenize.TokenInfo]) -> list[list[Piece]]:
    lines = [_line(each.string, each.start[0]) for each in tokens if each.type == tokenize.COMMENT]
    strings = [_line(each.string, each.start[0]) for each in tokens if each.type in STRINGS]
    return lines + [words for words in strings if len(words) >= LONG_STRING]


def _line(text: str, number: int) -> list[Piece]:
    return [(word, number) for word in WORD.findall(text.casefold())]


def _statements(tokens: list[tokenize.TokenInfo], tree: ast.Module, names: _Names) -> list[list[Piece]]:
    """The tokens of each statement at the top, in a form that names, values and layout do not change."""
    arguments = {(node.lineno, node.col_offset) for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    starts = [_start(node) for node in tree.body]
    found: list[list[Piece]] = [[] for _ in starts]
    kept = [each for each in tokens if each.type in KEPT and each.string != ";"]
    before = ""
    for each, following in zip_longest(kept, kept[1:]):
        closing = following is not None and following.string in ")]}"
        place = (each.start[0], len(each.line[: each.start[1]].encode()))  # ast counts bytes
        at = bisect_right(starts, place) - 1
        if not (each.string == "," and closing) and not isinstance(tree.body[at], (ast.Import, ast.ImportFrom)):
            found[at].append((_plain(each, before, place in arguments, names), each.start[0]))
        before = each.string
    return found


def _start(node: ast.stmt) -> tuple[int, int]:
    decorators = getattr(node, "decorator_list", [])
    return (decorators[0].lineno, 0) if decorators else (node.lineno, node.col_offset)


def _plain(each: tokenize.TokenInfo, before: str, is_argument: bool, names: _Names) -> str:
    if each.type in STRINGS:
        return "text"
    if each.type == tokenize.NUMBER:
        return "0"
    if each.type == tokenize.OP or keyword.iskeyword(each.string) or before == ".":
        return each.string
    own = names.parameters if is_argument else names.bound
    return "name" if each.string in own else names.modules.get(each.string, each.string)


def _winnowed(pieces: list[Piece], kind: str, k: int, window: int) -> dict[bytes, tuple[int, int]]:
    """The least hash of each window, with the lines that its k-gram covers."""
    grams = [pieces[at : at + k] for at in range(len(pieces) - k + 1)]
    joined = ["\0".join((kind, *_words(gram))).encode("utf-8", "replace") for gram in grams]  # half a surrogate pair
    hashes = [blake2b(each, digest_size=8).digest() for each in joined]
    starts = range(max(len(hashes) - window + 1, 1)) if hashes else range(0)
    windows = [range(at, min(at + window, len(hashes))) for at in starts]
    chosen = sorted({min(each, key=lambda at: (hashes[at], -at)) for each in windows}, reverse=True)
    return {hashes[at]: (grams[at][0][1], grams[at][-1][1]) for at in chosen}
