"""Faults on request: spoil a folder of price files as data vendors do, and keep the answer key.

Each fault takes a file of its own, so that what a loader makes of it can be counted: ``FAULTS`` names them all.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..errors import DataError
from .prices import PRICE_COLUMNS

__all__ = ["FAULTS", "add_faults"]

KEY_COLUMNS = ["fault", "ticker", "file", "lines", "dates", "good_rows", "bad_rows", "missing_rows"]
KEY_COLUMNS += ["other_file", "other_rows", "expect"]
MIN_ROWS = 60  # about three months: enough for a week, a month and a halt in the middle of a file
TEXTS = ("1.2M", "halted", "unknown")


@dataclass
class _Sheet:
    """A file as rows of text, and what a fault did to it; positions count rows from 0."""

    ticker: str
    rows: list[list[str]]
    header: list[str] = field(default_factory=lambda: list(PRICE_COLUMNS))
    bad: list[int] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    missing_rows: int = 0
    end: str = "\n"
    encoding: str = "utf-8"
    other: "_Sheet | None" = None
    other_folder: str = "."

    def content(self) -> bytes:
        lines = [",".join(row) for row in [self.header, *self.rows] if row]
        return ("\n".join(lines) + self.end).encode(self.encoding)

    def pick(self, n: int, rng: np.random.Generator) -> list[int]:
        """Positions of some rows from the middle half, in order."""
        middle = np.arange(len(self.rows) // 4, 3 * len(self.rows) // 4)
        return sorted(rng.choice(middle, n, replace=False).tolist())

    def change(self, name: str, positions: list[int], to: Callable[[str], str]) -> None:
        """Make cells of one column bad."""
        for position in positions:
            row = self.rows[position]
            row[self.header.index(name)] = to(row[self.header.index(name)])
        self.bad, self.dates = positions, [self.rows[position][0] for position in positions]


def _out_of_order_file(sheet: _Sheet, rng: np.random.Generator) -> None:
    sheet.rows.reverse()


def _duplicated_month(sheet: _Sheet, rng: np.random.Generator) -> None:
    [position] = sheet.pick(1, rng)
    month = [i for i, row in enumerate(sheet.rows) if row[0][:7] == sheet.rows[position][0][:7]]
    after = month[-1] + 1
    sheet.rows[after:after] = [list(sheet.rows[i]) for i in month]
    sheet.bad = list(range(after, after + len(month)))
    sheet.dates = [sheet.rows[i][0] for i in month]


def _missing_week(sheet: _Sheet, rng: np.random.Generator) -> None:
    [start] = sheet.pick(1, rng)
    sheet.dates = [row[0] for row in sheet.rows[start : start + 5]]
    del sheet.rows[start : start + 5]
    sheet.missing_rows = 5


def _renamed_ticker(sheet: _Sheet, rng: np.random.Generator) -> None:
    [day] = sheet.pick(1, rng)
    sheet.other = _Sheet(sheet.ticker + "X", sheet.rows[day:])
    sheet.dates = [sheet.rows[day][0]]
    del sheet.rows[day:]


def _restated_file(sheet: _Sheet, rng: np.random.Generator) -> None:
    corrected = [list(row) for row in sheet.rows[-20:]]
    for row in corrected:
        row[1:6] = [f"{float(value) * 1.05:.4f}" for value in row[1:6]]
    sheet.other, sheet.other_folder = _Sheet(sheet.ticker, corrected), "restated"
    sheet.dates = [row[0] for row in corrected]


def _halt(sheet: _Sheet, rng: np.random.Generator) -> None:
    [start] = sheet.pick(1, rng)
    close, adjusted = sheet.rows[start - 1][4:6]
    for row in sheet.rows[start : start + 5]:
        row[1:] = [close, close, close, close, adjusted, "0"]
    sheet.dates = [row[0] for row in sheet.rows[start : start + 5]]


def _text_in_volume(sheet: _Sheet, rng: np.random.Generator) -> None:
    texts = iter(TEXTS)
    sheet.change("Volume", sheet.pick(len(TEXTS), rng), lambda _: next(texts))


def _truncated_last_line(sheet: _Sheet, rng: np.random.Generator) -> None:
    last = sheet.rows[-1]
    sheet.bad, sheet.dates = [len(sheet.rows) - 1], [last[0]]
    sheet.rows[-1] = [*last[:3], last[3][:2]]
    sheet.end = ""


def _missing_column(sheet: _Sheet, rng: np.random.Generator) -> None:
    place = sheet.header.index("Close")
    for row in [sheet.header, *sheet.rows]:
        del row[place]
    sheet.bad = list(range(len(sheet.rows)))


def _text_in_number(sheet: _Sheet, rng: np.random.Generator) -> None:
    sheet.change("Open", sheet.pick(2, rng), lambda value: f"{value} USD")


def _duplicate_date(sheet: _Sheet, rng: np.random.Generator) -> None:
    [day] = sheet.pick(1, rng)
    sheet.change("Date", [day], lambda _: sheet.rows[day - 1][0])


def _out_of_order_date(sheet: _Sheet, rng: np.random.Generator) -> None:
    # Twenty years, so that 29 February stays a date.
    sheet.change("Date", sheet.pick(1, rng), lambda date: f"{int(date[:4]) - 20}{date[4:]}")


def _negative_price(sheet: _Sheet, rng: np.random.Generator) -> None:
    sheet.change("Close", sheet.pick(2, rng), lambda value: f"-{value}")


def _wrong_encoding(sheet: _Sheet, rng: np.random.Generator) -> None:
    sheet.change("High", sheet.pick(4, rng), lambda value: f"{value} €")
    sheet.encoding = "cp1252"


def _empty_file(sheet: _Sheet, rng: np.random.Generator) -> None:
    sheet.missing_rows = len(sheet.rows)
    sheet.rows, sheet.header, sheet.end = [], [], ""


class _Fault(NamedTuple):
    spoil: Callable[[_Sheet, np.random.Generator], None]
    what: str
    expect: str


_CATALOGUE = {
    "out_of_order_file": _Fault(
        _out_of_order_file, "the newest day comes first", "every row is good; a lag on the unsorted file looks ahead"
    ),
    "duplicated_month": _Fault(
        _duplicated_month, "a month's lines stand there twice", "the second copy is rejected: duplicate dates"
    ),
    "missing_week": _Fault(
        _missing_week, "five trading days are not there", "nothing to reject; only the calendar shows the gap"
    ),
    "renamed_ticker": _Fault(
        _renamed_ticker, "the history goes on in a second file under a new ticker", "two tickers, each with good rows"
    ),
    "restated_file": _Fault(
        _restated_file,
        "a later delivery, in the folder 'restated', corrects the last 20 days",
        "the first delivery is good; the second differs from what is stored, until a restatement is asked for",
    ),
    "halt": _Fault(_halt, "five days at one price with no volume", "every row is good: returns and ranges are zero"),
    "text_in_volume": _Fault(_text_in_volume, "text stands in Volume", "these lines are rejected: no number"),
    "truncated_last_line": _Fault(
        _truncated_last_line,
        "the file ends in the middle of its last line",
        "the last line is rejected: fields missing",
    ),
    "missing_column": _Fault(
        _missing_column, "the column Close is not there", "every line is rejected: the file has no column Close"
    ),
    "text_in_number": _Fault(_text_in_number, "a currency stands in Open", "these lines are rejected: no number"),
    "duplicate_date": _Fault(
        _duplicate_date, "a line has the date of the line before", "the second of the two lines is rejected"
    ),
    "out_of_order_date": _Fault(
        _out_of_order_date, "a line's date is twenty years too early", "this line is rejected: date out of order"
    ),
    "negative_price": _Fault(_negative_price, "Close is below zero", "these lines are rejected: negative price"),
    "wrong_encoding": _Fault(
        _wrong_encoding, "some lines have a euro sign in Windows-1252", "these lines are rejected: not UTF-8"
    ),
    "empty_file": _Fault(_empty_file, "the file has no byte", "the file is named; there is no row to reject"),
}

FAULTS = {name: fault.what for name, fault in _CATALOGUE.items()}


def add_faults(folder: str | os.PathLike[str], *, seed: int = 0, faults: Iterable[str] = tuple(FAULTS)) -> pd.DataFrame:
    """Spoil some files of a folder that ``write_price_csvs`` wrote; the same folder and seed give the same bytes.

    Parameters
    ----------
    folder : path
        Its ``<TICKER>.csv`` files are changed, one for each fault; files with fewer than 60 rows are left alone.
    seed : int
        Decides which files and which lines.
    faults : iterable of str
        Names from ``FAULTS``; all of them unless given.

    Returns
    -------
    pandas.DataFrame
        The answer key, one row a fault: fault, ticker, file, lines (tuple of int: the bad lines, the header is line 1),
        dates (tuple of str: the days concerned), good_rows and bad_rows (lines in the file), missing_rows (gone from
        it), other_file and other_rows (a second file that the fault adds, all good), expect (what a loader should do).

    Raises
    ------
    DataError
        If a fault is unknown, or the folder has too few files.

    Examples
    --------
    >>> from mlsd import datasets
    >>> folder = getfixture("tmp_path")
    >>> _ = datasets.write_price_csvs(datasets.make_prices(n_tickers=3, start="2020-01-01", end="2020-12-31"), folder)
    >>> add_faults(folder, faults=["duplicate_date", "halt"])[["fault", "good_rows", "bad_rows"]].values.tolist()
    [['duplicate_date', 252, 1], ['halt', 253, 0]]
    """
    names = [faults] if isinstance(faults, str) else list(dict.fromkeys(faults))
    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        raise DataError(f"`faults` must be among {list(FAULTS)}, got: {unknown[0]!r}.")
    sheets = _sheets(Path(folder))
    if len(sheets) < len(names):
        raise DataError(
            f"{len(names)} faults need as many price files with {MIN_ROWS} rows or more; {folder} has {len(sheets)}.",
            "Write more tickers with write_price_csvs, or ask for fewer faults.",
        )
    order = np.random.default_rng(seed).permutation(len(sheets))
    key = []
    for name, place in zip(names, order, strict=False):
        sheet = sheets[place]
        _CATALOGUE[name].spoil(sheet, np.random.default_rng([seed, list(FAULTS).index(name)]))
        key.append({"fault": name, **_saved(sheet, Path(folder)), "expect": _CATALOGUE[name].expect})
    return pd.DataFrame(key, columns=KEY_COLUMNS)


def _sheets(folder: Path) -> list[_Sheet]:
    """The sound files of the folder that are long enough, in the order of their names."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        header, *rows = [line.split(",") for line in path.read_bytes().decode("utf-8", "replace").splitlines()] or [[]]
        sound = header == list(PRICE_COLUMNS) and all(len(row) == len(header) for row in rows)
        if sound and len(rows) >= MIN_ROWS:
            found.append(_Sheet(path.stem, rows))
    return found


def _saved(sheet: _Sheet, folder: Path) -> dict[str, object]:
    """Write the file, and a second one if there is one; what the answer key says of them."""
    other = f"{sheet.other_folder}/{sheet.other.ticker}.csv".removeprefix("./") if sheet.other else ""
    for name, content in [(f"{sheet.ticker}.csv", sheet), (other, sheet.other)]:
        if content:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content.content())
    return {
        "ticker": sheet.ticker,
        "file": f"{sheet.ticker}.csv",
        "lines": tuple(position + 2 for position in sheet.bad),
        "dates": tuple(sheet.dates),
        "good_rows": len(sheet.rows) - len(sheet.bad),
        "bad_rows": len(sheet.bad),
        "missing_rows": sheet.missing_rows,
        "other_file": other,
        "other_rows": len(sheet.other.rows) if sheet.other else 0,
    }
