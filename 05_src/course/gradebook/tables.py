"""A CSV of any delimiter, encoding and line ending, with the place of each cell kept.

The standard library's reader forgets where a cell stood and how it was quoted. Whoever wants to change one cell and
leave every other byte alone needs both.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from course.grading import harmless

__all__ = ["Findings", "Row", "Table", "clean", "fold", "heading", "one_column", "read_table"]

_BREAK = re.compile(r"\r\n|\r|\n")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass
class Findings:
    """What is wrong with the files, which stops the gradebook, and what is worth a look, which does not."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """One record: its first line in the file, its cells, and where in the text each cell stands."""

    line: int
    cells: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Table:
    """A CSV as it was found: what it says, and all that is needed to write it again byte for byte."""

    path: Path
    text: str
    encoding: str
    bom: bytes
    delimiter: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def decimal_comma(self) -> bool:
        """Whether numbers may be written 80,5: only where the comma does not part the cells."""
        return self.delimiter != ","

    def at(self, row: Row, column: int) -> str:
        """Where a cell is and what it says, to begin a message with."""
        value = harmless.shorten(row.cells[column].strip(), 80)
        return f"{self.path}, row {row.line}, column {self.columns[column]!r}: {value!r}"


def clean(text: str) -> str:
    """A name as it is shown: single spaces, no control characters, no apostrophe before a formula sign."""
    return harmless.from_csv_cell(harmless.clean(text))


def fold(text: str) -> str:
    """A text for comparing: without case, accents and spaces at its ends.

    Examples
    --------
    >>> fold("  José  ÁLVAREZ ")
    'jose alvarez'
    """
    letters = unicodedata.normalize("NFKD", clean(text).casefold())
    return " ".join(
        "".join(sign for sign in letters if not unicodedata.combining(sign) and sign not in harmless.JOINERS).split()
    )


def heading(text: str) -> str:
    """A column's name for comparing: folded, and with a space for each run of _ and -."""
    return " ".join(re.sub(r"[_\-\s]+", " ", fold(text)).split())


def one_column(table: Table, names: Iterable[str], found: Findings, *, needed: bool = True) -> int | None:
    """Where the column stands that goes by one of the names; none, or two, is a problem."""
    wanted = list(names)
    places = [at for at, column in enumerate(table.columns) if heading(column) in wanted]
    if len(places) > 1:
        found.problems.append(f"{table.path}: two columns are called {table.columns[places[0]]!r}; one is allowed.")
    elif not places and needed:
        found.problems.append(f"{table.path} has no column {wanted[0]!r}. It has: {list(table.columns)}.")
    return places[0] if len(places) == 1 else None


def read_table(path: Path, found: Findings, *, may_be_bare: bool = False) -> Table | None:
    """Read a CSV, or say what is wrong with it and return None.

    Parameters
    ----------
    path : Path
        Commas, semicolons or tabs; UTF-8, UTF-16 with its mark, or Windows-1252; any line ending.
    found : Findings
        Takes what is wrong.
    may_be_bare : bool
        Whether a header without rows is fine.

    Returns
    -------
    Table or None
        Its rows that are not empty.
    """
    try:
        text, encoding, bom = _decode(path.read_bytes())
        start, delimiter = _delimiter(text)
        rows = [row for row in _split(text, delimiter, start) if any(cell.strip() for cell in row.cells)]
    except FileNotFoundError:
        found.problems.append(f"{path} is not there.")
        return None
    except (OSError, ValueError) as error:
        found.problems.append(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.")
        return None
    if not rows or not (rows[1:] or may_be_bare):
        found.problems.append(f"{path} " + ("has a header and no rows." if rows else "is empty."))
        return None
    header, body = rows[0], [_trimmed(row, len(rows[0].cells)) for row in rows[1:]]
    table = Table(path, text, encoding, bom, delimiter, tuple(clean(cell) for cell in header.cells), tuple(body))
    return _rectangular(table, found)


def _rectangular(table: Table, found: Findings) -> Table:
    wide = len(table.columns)
    for row in table.rows:
        if len(row.cells) != wide:
            found.problems.append(f"{table.path}, row {row.line} has {len(row.cells)} cells; the header has {wide}.")
    even = tuple(Row(row.line, (*row.cells, *[""] * wide)[:wide], row.spans) for row in table.rows)
    return replace(table, rows=even)


def _trimmed(row: Row, wide: int) -> Row:
    """Without empty cells beyond the header, which some programs leave."""
    extra = any(cell.strip() for cell in row.cells[wide:])
    return row if extra else Row(row.line, row.cells[:wide], row.spans[:wide])


def _decode(raw: bytes) -> tuple[str, str, bytes]:
    if raw.startswith(b"PK\x03\x04"):
        raise ValueError("it is a workbook, not a CSV; save it as CSV first")
    marked = [(bom, encoding) for bom, encoding in _BOMS if raw.startswith(bom)]
    bom, tries = (marked[0][0], [marked[0][1]]) if marked else (b"", ["utf-8", "cp1252", "latin-1"])
    for encoding in tries:
        try:
            text = raw[len(bom) :].decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding, bom
    raise ValueError("it is not text")


def _delimiter(text: str) -> tuple[int, str]:
    """Where the header begins, and what parts its cells: what stands most often outside its quotes."""
    told = re.match(r"sep=([,;\t])(?:\r\n|\r|\n)", text)  # a line that Excel writes and reads
    if told:
        return told.end(), told[1]
    header = re.match(r'\s*((?:"[^"]*"|[^"\r\n])*)', text)
    bare = re.sub(r'"[^"]*"', "", header[1] if header else "")
    return 0, max(",;\t", key=bare.count)


def _split(text: str, delimiter: str, start: int) -> Iterator[Row]:
    cell = re.compile(rf'"(?P<inside>(?:[^"]|"")*)(?P<end>"?)(?P<tail>[^{delimiter}\r\n]*)|[^{delimiter}\r\n]*')
    at, line = start, 1 + len(_BREAK.findall(text[:start]))
    while at < len(text):
        begin, cells, spans = at, [], []
        more = True
        while more:
            match = cell.match(text, at)
            assert match is not None  # each part of the pattern may be empty
            if match["end"] == "":
                raise ValueError(f'a " is opened in row {line} and never closed')
            cells.append(match[0] if match["end"] is None else match["inside"].replace('""', '"') + match["tail"])
            spans.append(match.span())
            more = text[match.end() : match.end() + 1] == delimiter
            at = match.end() + more
        yield Row(line, tuple(cells), tuple(spans))
        after = _BREAK.match(text, at)
        at = after.end() if after else at
        line += len(_BREAK.findall(text[begin:at]))
