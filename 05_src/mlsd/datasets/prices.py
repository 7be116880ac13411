"""Daily prices: a seeded, synthetic market of any size, and the learner's own CSV file.

The market is made up, from its tickers (``SYN001`` …) to its crash, but it behaves like the real one where a lesson
depends on it: fat tails, volatility that comes in clusters, correlations that jump in the crisis of spring 2020,
splits, IPOs and delistings. How it is simulated stands in ``market.py``.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns
from .market import Lives, simulate
from .own_csv import read_cells, refuse, to_numbers

__all__ = ["PRICE_COLUMNS", "make_prices", "read_prices", "trading_days", "write_price_csvs"]

PRICE_COLUMNS = ("Date", "Open", "High", "Low", "Close", "Adj Close", "Volume")
NUMBERS = PRICE_COLUMNS[1:]


def make_prices(n_tickers: int = 50, start: str = "2014-01-01", end: str = "2021-12-31", seed: int = 0) -> pd.DataFrame:
    """Make a synthetic table of daily prices; the same arguments give the same bytes.

    One ticker in five has a share split, 15 % come to the market and 10 % leave it midway. Close is the price as
    traded, so it jumps at a split; Adj Close has the splits taken out. There are no dividends.

    Parameters
    ----------
    n_tickers : int
        How many fictitious companies. With fewer than about 50, figures over all tickers scatter more.
    start, end : str
        First and last day, both included; only trading days have rows.
    seed : int
        Any whole number from 0 upwards.

    Returns
    -------
    pandas.DataFrame
        Sorted by ticker and Date, with columns Date (datetime64), Open, High, Low, Close, Adj Close (float64, in
        dollars), Volume (int64, in shares) and ticker (str). ``frame.attrs["synthetic"]`` is True.

    Raises
    ------
    DataError
        If there is no ticker or no trading day to make.

    Examples
    --------
    >>> prices = make_prices(n_tickers=2, start="2020-01-01", end="2020-01-03", seed=0)
    >>> prices[["Date", "ticker"]]
            Date  ticker
    0 2020-01-02  SYN001
    1 2020-01-03  SYN001
    2 2020-01-02  SYN002
    3 2020-01-03  SYN002
    """
    days = trading_days(start, end)
    if n_tickers < 1 or len(days) == 0:
        raise DataError(
            f"No prices to make: n_tickers={n_tickers}, {len(days)} trading days from {start} to {end}.",
            "Ask for at least one ticker and one weekday.",
        )
    lives, columns = simulate(days, n_tickers, seed)
    frame = _assemble(days, lives, columns)
    frame.attrs["synthetic"] = True
    return frame


def trading_days(start: str, end: str) -> pd.DatetimeIndex:
    """The days on which a United States stock exchange trades: weekdays less the main holidays.

    Parameters
    ----------
    start, end : str
        First and last day, both included.

    Returns
    -------
    pandas.DatetimeIndex
        In order, including days on which exchanges closed for a storm or in mourning.

    Examples
    --------
    >>> trading_days("2020-12-23", "2020-12-29").day.tolist()
    [23, 24, 28, 29]
    """
    from pandas.tseries import holiday

    class Exchange(holiday.AbstractHolidayCalendar):
        rules = [  # noqa: RUF012 - pandas' own way to declare a calendar
            holiday.Holiday("New Year's Day", month=1, day=1, observance=holiday.sunday_to_monday),
            holiday.USMartinLutherKingJr,
            holiday.USPresidentsDay,
            holiday.GoodFriday,
            holiday.USMemorialDay,
            holiday.Holiday("Juneteenth", month=6, day=19, start_date="2022-01-01", observance=holiday.nearest_workday),
            holiday.Holiday("Independence Day", month=7, day=4, observance=holiday.nearest_workday),
            holiday.USLaborDay,
            holiday.USThanksgivingDay,
            holiday.Holiday("Christmas Day", month=12, day=25, observance=holiday.nearest_workday),
        ]

    weekdays = pd.bdate_range(start, end).as_unit("us")
    return weekdays[~weekdays.isin(Exchange().holidays(start, end))]


def _assemble(days: pd.DatetimeIndex, lives: Lives, columns: dict[str, np.ndarray]) -> pd.DataFrame:
    n_rows = lives.last - lives.first + 1
    starts = np.cumsum(n_rows) - n_rows
    position = np.arange(n_rows.sum()) - np.repeat(starts - lives.first, n_rows)
    width = max(3, len(str(len(n_rows))))
    names = pd.Index([f"SYN{number:0{width}}" for number in range(1, len(n_rows) + 1)], dtype="str")
    numbers = {name: columns[name] for name in NUMBERS}
    return pd.DataFrame({"Date": days[position], **numbers, "ticker": names.repeat(n_rows)}, copy=False)


def write_price_csvs(frame: pd.DataFrame, folder: str | os.PathLike[str]) -> list[Path]:
    """Write one ``<TICKER>.csv`` per ticker, with the columns of a daily export: the input of ``lake.ingest``.

    Parameters
    ----------
    frame : pandas.DataFrame
        Prices as `make_prices` returns them.
    folder : path
        Made if it does not exist. Files of the same name are replaced, others stay.

    Returns
    -------
    list of Path
        The files, in the order of the tickers.

    Raises
    ------
    ColumnError
        If the frame lacks one of the columns.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = write_price_csvs(make_prices(n_tickers=1, start="2020-01-01", end="2020-01-03"), folder)
    ...     files[0].name, len(files[0].read_text().splitlines())
    ('SYN001.csv', 3)
    """
    import pyarrow as pa
    from pyarrow import csv

    require_columns(frame.columns, [*PRICE_COLUMNS, "ticker"])
    Path(folder).mkdir(parents=True, exist_ok=True)
    if not frame["ticker"].is_monotonic_increasing:
        frame = frame.sort_values("ticker", kind="stable")
    table = pa.Table.from_pandas(frame[list(PRICE_COLUMNS)], preserve_index=False)
    table = table.set_column(0, "Date", table["Date"].cast(pa.date32()))
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    files, start = [], 0
    for ticker, n_rows in frame["ticker"].value_counts(sort=False).items():
        path = Path(folder) / f"{ticker}.csv"
        part = path.with_suffix(".part")  # a killed run leaves no half file that looks whole
        with part.open("wb") as file:
            file.write((",".join(PRICE_COLUMNS) + "\n").encode())
            csv.write_csv(table.slice(start, n_rows), file, options)
        os.replace(part, path)
        files.append(path)
        start += n_rows
    return files


def read_prices(path: str | os.PathLike[str], *, ticker: str | None = None) -> pd.DataFrame:
    """Read your own CSV file of daily prices into the columns of `make_prices`, sorted by Date.

    Parameters
    ----------
    path : path
        A daily export, as the well-known finance sites offer it, with columns Date, Open, High, Low, Close, Adj Close
        and Volume. Other columns are left out.
    ticker : str, optional
        The file's name without its ending, unless given.

    Returns
    -------
    pandas.DataFrame
        Columns Date (datetime64), Open, High, Low, Close, Adj Close (float64), Volume (int64) and ticker (str).

    Raises
    ------
    DataError
        If the file is missing, empty or not UTF-8, if a date is there twice, or if a cell is not what its column holds:
        file, line, column and value are named.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> import tempfile
    >>> made = make_prices(n_tickers=1, start="2020-01-01", end="2020-01-31")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     own = read_prices(write_price_csvs(made, folder)[0])
    >>> own.equals(made)
    True
    """
    path = Path(path)
    cells = read_cells(path, PRICE_COLUMNS)
    days = pd.to_datetime(cells["Date"], format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
    refuse(days.isna(), cells["Date"], path, "a date like 2020-01-31")
    refuse(days.duplicated(), cells["Date"], path, "a date that no earlier line has")
    frame = pd.DataFrame({"Date": days})
    for name in NUMBERS:
        frame[name] = to_numbers(cells[name], path, whole=name == "Volume")
    frame["ticker"] = pd.Series(ticker or path.stem, index=frame.index, dtype="str")
    return frame.sort_values("Date", ignore_index=True)
