"""One CSV file of daily prices, taken apart into rows that can be right and rows that cannot.

A file without faults is parsed by Arrow in one go. Only a file in which that finds something is read again line by
line, to say which line it is and why.
"""

import csv
import io
from bisect import bisect_left
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

__all__ = ["NUMBERS", "SCHEMA", "Reject", "parse", "ticker_of"]

NUMBERS = ("Open", "High", "Low", "Close", "Adj Close", "Volume")
SCHEMA = pa.schema(
    [
        ("Date", pa.timestamp("us")),
        *((name, pa.float64()) for name in NUMBERS[:-1]),
        ("Volume", pa.int64()),
        ("source", pa.string()),
        ("ticker", pa.string()),
        ("Year", pa.int64()),
    ]
)
MISSING = ("", "na", "n/a", "nan", "null", "none")


class Reject(NamedTuple):
    """A line that is kept aside; ``line`` counts from 1, the header's, and ``rows`` is 0 for a file without rows."""

    file: str
    line: int
    rows: int
    reason: str
    text: str


def ticker_of(path: Path) -> str:
    """The ticker that a file's name says: ``SYN001.csv`` holds SYN001.

    Examples
    --------
    >>> ticker_of(Path("data/SYN001.csv"))
    'SYN001'
    """
    return path.stem


def parse(path: Path) -> tuple[pa.Table, list[Reject]]:
    """Read one file.

    Parameters
    ----------
    path : pathlib.Path
        ``<TICKER>.csv`` with the columns Date and :data:`NUMBERS`, UTF-8, oldest or newest row first.

    Returns
    -------
    rows : pyarrow.Table
        The good rows in order of date, columns as :data:`SCHEMA`.
    rejected : list of Reject
        The other lines.

    Notes
    -----
    A line is rejected when it has too few or too many fields, is not UTF-8, has no date, has text, nothing or an
    infinite value where a number belongs, a negative price or volume, a part of a share as volume, a date that an
    earlier line has, or a date out of order. Of lines out of order, as few as possible are rejected.
    """
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    fast = _parse_whole(raw)
    if fast is not None:
        return _finished(fast, path), []
    lines = _Lines(path, raw)
    good = lines.checked()
    table = pa.table({name: pa.array(good[name].to_numpy()) for name in ("Date", *NUMBERS)})
    return _finished(table, path), lines.rejected()


def _parse_whole(raw: bytes) -> pa.Table | None:
    """The table if nothing is wrong with it at all, else None."""
    convert = pacsv.ConvertOptions(
        include_columns=["Date", *NUMBERS],
        column_types={"Date": pa.timestamp("us"), **dict.fromkeys(NUMBERS, pa.float64())},
    )
    try:
        table = pacsv.read_csv(io.BytesIO(raw), pacsv.ReadOptions(use_threads=False), convert_options=convert)
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    dates = table["Date"].to_numpy()
    steps = np.diff(dates).astype("int64")
    if len(steps) and (steps < 0).all():
        table, steps = table.take(pa.array(np.arange(len(dates))[::-1])), -steps
    fine = table.num_rows > 0 and not any(column.null_count for column in table.columns) and (steps > 0).all()
    if not fine:
        return None
    numbers = [table[name].to_numpy() for name in NUMBERS]
    finite = all(np.isfinite(values).all() and (values >= 0).all() for values in numbers)
    return table if finite and (numbers[-1] % 1 == 0).all() else None


def _finished(table: pa.Table, path: Path) -> pa.Table:
    n = table.num_rows
    added = [pa.repeat(path.name, n), pa.repeat(ticker_of(path), n), pc.year(table["Date"])]
    return pa.Table.from_arrays([*table.columns, *added], names=SCHEMA.names).cast(SCHEMA)


class _Lines:
    """The lines of a file, each judged; the first thing found wrong with a line is its reason."""

    def __init__(self, path: Path, raw: bytes):
        self.path = path
        self.reasons: dict[int, str] = {}
        self.text: dict[int, str] = {}
        self.fields: dict[int, list[str]] = {}
        lines = raw.split(b"\n")
        header = lines[0].decode("utf-8", "replace").rstrip("\r")
        self.header = [name.strip() for name in next(csv.reader([header]), [])]
        for number, line in enumerate(lines[1:], start=2):
            if line.strip():
                self._take(number, line.rstrip(b"\r"))

    def _take(self, number: int, line: bytes) -> None:
        self.text[number] = line.decode("utf-8", "backslashreplace")
        try:
            fields = next(csv.reader([line.decode("utf-8")], strict=True))
        except UnicodeDecodeError as error:
            self.reasons[number] = f"not UTF-8: byte {line[error.start]:#04x} at position {error.start + 1}"
        except csv.Error:
            self.reasons[number] = "a quote is not closed"
        else:
            if len(fields) != len(self.header):
                self.reasons[number] = (
                    f"truncated or broken line: {len(fields)} fields, the header has {len(self.header)}"
                )
            self.fields[number] = fields

    def checked(self) -> pd.DataFrame:
        """The good rows in order of date; what is wrong with the others is in ``reasons``."""
        missing = [name for name in ("Date", *NUMBERS) if name not in self.header]
        if missing:
            self.reasons = {number: f"the file has no column {', '.join(missing)}" for number in self.text}
        good = {number: fields for number, fields in self.fields.items() if number not in self.reasons}
        if not good:
            return pd.DataFrame(
                {"Date": pd.Series(dtype="datetime64[us]"), **{n: pd.Series(dtype=float) for n in NUMBERS}}
            )
        text = pd.DataFrame.from_dict(good, orient="index", columns=pd.Index(self.header), dtype=str)
        rows = pd.DataFrame({"Date": self._dates(text["Date"])} | {name: self._numbers(text[name]) for name in NUMBERS})
        return self._in_order(rows.drop(index=[number for number in rows.index if number in self.reasons]))

    def rejected(self) -> list[Reject]:
        """One for each rejected line, or one for a file without any line."""
        if not self.text:
            return [Reject(self.path.name, 1, 0, "the file is empty: no row below the header", "")]
        return [Reject(self.path.name, n, 1, self.reasons[n], self.text[n]) for n in sorted(self.reasons)]

    def _reject(self, rows: pd.Series, reason: str) -> None:
        for number, value in rows.items():
            self.reasons.setdefault(int(str(number)), reason.format(value))

    def _dates(self, text: pd.Series) -> pd.Series:
        dates = pd.to_datetime(text.str.strip(), format="ISO8601", errors="coerce").astype("datetime64[us]")
        self._reject(text[dates.isna()], "Date is not a date like 2020-01-31: {!r}")
        return dates

    def _numbers(self, text: pd.Series) -> pd.Series:
        values = pd.to_numeric(text.str.strip(), errors="coerce").astype("float64")
        name, missing = text.name, text.str.strip().str.lower().isin(MISSING)
        self._reject(text[missing], f"{name} is missing")
        self._reject(text[values.isna() & ~missing], f"{name} is not a number: {{!r}}")
        self._reject(text[np.isinf(values)], f"{name} is not finite: {{!r}}")
        self._reject(text[values < 0], f"{name} is negative: {{}}")
        if name == "Volume":
            self._reject(text[np.isfinite(values) & (values % 1 != 0)], "Volume is no whole number: {}")
        return values

    def _in_order(self, rows: pd.DataFrame) -> pd.DataFrame:
        twice = rows["Date"].duplicated()
        self._reject(rows["Date"][twice], "duplicate date: {:%Y-%m-%d} stands on an earlier line")
        rows = rows[~twice]
        if rows["Date"].is_monotonic_decreasing:  # newest first is an order too
            rows = rows[::-1]
        keep = _longest_rising(rows["Date"].to_numpy())
        self._reject(rows["Date"][~keep], "date out of order: {:%Y-%m-%d}")
        return rows[keep]


def _longest_rising(values: np.ndarray) -> np.ndarray:
    """Mark a longest rising subsequence (patience sorting, as in Knuth, The Art of Computer Programming 3, 5.1.4)."""
    tails: list = []  # the smallest value that ends a rising run of each length
    ends: list[int] = []  # where it stands
    before = np.full(len(values), -1)
    for i, value in enumerate(values):
        length = bisect_left(tails, value)
        before[i] = ends[length - 1] if length else -1
        tails[length : length + 1], ends[length : length + 1] = [value], [i]
    keep = np.zeros(len(values), dtype=bool)
    i = ends[-1] if ends else -1
    while i >= 0:
        keep[i] = True
        i = before[i]
    return keep
