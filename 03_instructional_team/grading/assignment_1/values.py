"""What a submission's columns are, told by their values: from which row each lag, return and average comes.

No two hidden prices are alike. So a lag tells the row that it was taken from, and so does a return, once the step from
price to return is undone. A column's name is asked last.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from course.grading.evidence import Evidence

__all__ = ["Average", "Origin", "Range", "Table", "Truth", "averages", "origins", "ranges", "tables", "truth"]

NEAR = 1e-9
PRICES = ("Close", "Adj Close")

# Each undoes one way to make a return: of a value v and the day's own price p, the price that it was compared with.
FORMS: dict[str, Callable[[Any, Any], Any]] = {
    "lag": lambda v, p: v,
    "returns": lambda v, p: p / (1 + v),
    "ratio": lambda v, p: p / v,
    "per cent": lambda v, p: p / (1 + v / 100),
    "difference": lambda v, p: p - v,
    "difference turned round": lambda v, p: p + v,
    "logarithm": lambda v, p: p / np.exp(v),
    "lag / price - 1": lambda v, p: p * (1 + v),
    "difference / price": lambda v, p: p * (1 - v),
}


@dataclass(frozen=True)
class Truth:
    """The rows that a submission read, by ticker and Date, and which row comes before which.

    Parameters
    ----------
    prices : pandas.DataFrame
        Columns ticker, Date, the prices, and file.
    before, after : numpy.ndarray
        Place of the same ticker's row of the day before and after; -1 where there is none.
    opens_file : numpy.ndarray of bool
        Whether it is the first day in its file.
    """

    prices: pd.DataFrame
    before: np.ndarray
    after: np.ndarray
    opens_file: np.ndarray

    @cached_property
    def ticker(self) -> np.ndarray:
        """Each row's ticker as a number."""
        return pd.factorize(self.prices["ticker"])[0]

    @cached_property
    def ranked(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Of each price: the rows in its order, and the price in this order."""
        prices = {name: self.prices[name].to_numpy() for name in PRICES}
        return {name: (np.argsort(values), np.sort(values)) for name, values in prices.items()}


@dataclass(frozen=True)
class Table:
    """A frame as it came out of the box.

    Parameters
    ----------
    name, kind : str
        Variable; ``"dask"`` or ``"pandas"``.
    cell : int
        Where it was seen.
    at : numpy.ndarray of int
        Place of each of its rows in `Truth.prices`; -1 where that is not known.
    columns : dict
        Its columns with numbers that are not in the files.
    since : dict
        (statement, cell) in which each column was first there.
    lost : str
        ``"ticker"``, ``"Date"`` or both, if it does not hold them any more.
    """

    name: str
    kind: str
    cell: int
    at: np.ndarray
    columns: dict[str, np.ndarray]
    since: dict[str, tuple[int, int]]
    lost: str = ""


@dataclass(frozen=True)
class Origin:
    """Where a column's values come from.

    Parameters
    ----------
    table, column : Table, str
        The column.
    form : str
        A key of `FORMS`.
    price, other : str
        Of which price the day's own, and the other row's, is taken.
    share : float
        Rows with a day before whose value comes from that day.
    crosses : int
        Rows whose value comes from another ticker.
    anew : bool
        Right, but for the first day in each file, which has none.
    ahead : bool
        The values come from the day after.
    mixed : bool
        Not right, but taken within tickers, from the row above in the frame.
    filled : bool
        A ticker's first day has a value all the same, though not another ticker's.
    """

    table: Table
    column: str
    form: str
    price: str
    other: str
    share: float
    crosses: int = 0
    anew: bool = False
    ahead: bool = False
    mixed: bool = False
    filled: bool = False

    @property
    def right(self) -> bool:
        """Whether each row that has a day before takes its value from there."""
        return self.share == 1


def truth(seen: Evidence) -> Truth:
    """The rows that this submission's files hold: all, unless its pattern found only some."""
    prices = seen.expected["prices"]
    reads = [fact for fact in seen.of("read") if fact["files"]]
    if reads and all(fact["held"] is not None for fact in reads):
        held = {file.rsplit("/", 1)[0] for fact in reads for file in fact["held"]}
        prices = prices[prices["file"].isin(held)].reset_index(drop=True)
    place = pd.Series(np.arange(len(prices)))
    by_ticker = place.groupby(prices["ticker"].to_numpy())
    before, after = (by_ticker.shift(n).fillna(-1).to_numpy(int) for n in (1, -1))
    return Truth(prices, before, after, (~prices["file"].duplicated()).to_numpy())


def tables(seen: Evidence, true: Truth) -> list[Table]:
    """All frames that came out of the box, in the order in which they were seen."""
    values: dict[int, dict[str, Any]] = {}
    found = []
    for fact in seen.of("table"):
        if fact["values"] is not None:
            values[fact["number"]] = fact["values"]
        if held := values.get(fact["number"]):
            columns = {name: np.asarray(column, float) for name, column in held["numbers"].items()}
            since = {name: tuple(when) for name, when in fact["since"].items()}
            lost = " and ".join(name for name in ("ticker", "Date") if not held[name])
            found.append(Table(fact["name"], fact["kind"], fact["made"], _places(held, true), columns, since, lost))
    return found


def _places(held: dict[str, Any], true: Truth) -> np.ndarray:
    """Which row is which: by ticker and Date, or else by a price, or else by ticker and order."""
    prices, n = true.prices, max(map(len, [*held["numbers"].values(), held["ticker"] or []]), default=0)
    if held["ticker"] and held["Date"]:
        days = prices["Date"].dt.strftime("%Y-%m-%d")
        keys = pd.MultiIndex.from_arrays([prices["ticker"], days])
        return keys.get_indexer(pd.MultiIndex.from_arrays([held["ticker"], held["Date"]]))
    for name in PRICES:
        if name in held["raw"]:
            return pd.Index(prices[name]).get_indexer(held["raw"][name])
    if held["ticker"]:
        nth = pd.Series(held["ticker"]).groupby(held["ticker"]).cumcount()
        keys = pd.MultiIndex.from_arrays([prices["ticker"], prices.groupby("ticker").cumcount()])
        return keys.get_indexer(pd.MultiIndex.from_arrays([held["ticker"], nth]))
    return np.full(n, -1)


def origins(found: list[Table], true: Truth) -> list[Origin]:
    """The lags and returns among all columns of all tables, right or wrong."""
    every = (_origin(table, name, true) for table in found for name in table.columns)
    return [origin for origin in every if origin is not None]


def _origin(table: Table, name: str, true: Truth) -> Origin | None:
    values, at = table.columns[name], table.at
    known = (at >= 0) & np.isfinite(values)
    if known.sum() < 5:
        return None
    best: tuple[float, Origin] | None = None
    for form, undo in FORMS.items():
        for price in PRICES[: 1 if form == "lag" else 2]:
            with np.errstate(all="ignore"):
                sought = undo(values[known], true.prices[price].to_numpy()[at[known]])
            for other in PRICES:
                source = np.full(len(at), -1)
                source[known] = _nearest(sought, *true.ranked[other])
                itself = source[known] == at[known]
                share = float(((source[known] >= 0) & ~itself).mean())
                if share > 0.5 and (best is None or share > best[0]):
                    best = share, _described(table, name, (form, price, other), source, true)
    return best[1] if best else None


def _nearest(sought: np.ndarray, order: np.ndarray, ranked: np.ndarray) -> np.ndarray:
    right = np.searchsorted(ranked, sought).clip(1, len(ranked) - 1)
    nearest = np.where(np.abs(ranked[right - 1] - sought) < np.abs(ranked[right] - sought), right - 1, right)
    near = np.abs(ranked[nearest] - sought) <= NEAR * np.abs(sought)
    return np.where(near, order[nearest], -1)


def _described(table: Table, name: str, form: tuple[str, str, str], source: np.ndarray, true: Truth) -> Origin:
    rows = table.at >= 0
    at, source, ticker = table.at[rows], source[rows], true.ticker
    null = ~np.isfinite(table.columns[name][rows])
    due, there = true.before[at] >= 0, source >= 0
    right = due & (source == true.before[at])
    crosses = there & (ticker[source] != ticker[at])
    restart = due & true.opens_file[at]
    own = there & ~crosses
    above = pd.Series(at).groupby(ticker[at]).shift(1).fillna(-1).to_numpy(int)
    return Origin(
        table,
        name,
        *form,
        share=float(right.sum() / max(due.sum(), 1)),
        crosses=int(crosses.sum()),
        anew=bool(restart.any() and null[restart].all() and right[due & ~restart].mean() > 0.99),
        ahead=bool(own.any() and (source[own] == true.after[at][own]).mean() > 0.9),
        mixed=bool(right.sum() < due.sum() and own.sum() > 0.7 * len(at) and (source[own] == above[own]).mean() > 0.9),
        filled=bool((~due & ~null & ~crosses).any()),
    )


# The day's range


@dataclass(frozen=True)
class Range:
    """A column that is made of High and Low: ``form`` says how."""

    table: Table
    column: str
    form: str


def ranges(found: list[Table], true: Truth) -> list[Range]:
    """The columns that are made of the day's High and Low."""
    return [
        Range(table, name, form) for table in found for name in table.columns if (form := _range(table, name, true))
    ]


def _range(table: Table, name: str, true: Truth) -> str:
    rows = table.at >= 0
    values, day = table.columns[name][rows], true.prices.iloc[table.at[rows]]
    if not rows.any() or not np.isfinite(values).any():
        return ""
    high, low = day["High"].to_numpy(), day["Low"].to_numpy()
    forms = {
        "High - Low": high - low,
        "Low - High": low - high,
        "High / Low": high / low,
        "High / Low - 1": high / low - 1,
    }
    forms["the logarithm of High / Low"] = np.log(high / low)
    forms |= {
        f"(High - Low) / {price}": (high - low) / day[price].to_numpy()
        for price in ("Open", "Close", "Adj Close", "High", "Low")
    }
    forms |= {
        "(High - Low) / their middle": 2 * (high - low) / (high + low),
        "half of it": (high - low) / 2,
        "their middle": (high + low) / 2,
    }
    forms |= {f"100 {form}": 100 * made for form, made in list(forms.items())}
    there = np.isfinite(values)
    for form, made in forms.items():
        if np.allclose(values[there], made[there], rtol=1e-9, atol=1e-9):
            return form if there.all() else f"{form}, with gaps"
    return ""


# Moving averages


@dataclass(frozen=True)
class Average:
    """A column that is a moving average.

    Parameters
    ----------
    table, column : Table, str
        The column.
    base : str
        Of which column.
    window : int
        Rows in a window.
    by : str
        ``"ticker"``, or ``"rows"`` where windows run on from one ticker to the next.
    order : str
        ``"Date"``, ``"rows"`` as the frame holds them, or ``"all days"``: tickers interleaved by Date.
    way : str
        ``""``, ``"centred"``, ``"without this day"``, or ``"elsewhere"`` for right values on other rows.
    alike : bool
        Windows that run on would give the same values, because the first return of each ticker is missing.
    """

    table: Table
    column: str
    base: str
    window: int
    by: str = "ticker"
    order: str = "Date"
    way: str = ""
    alike: bool = False


class _Frame:
    """One table's rows that are known, and windows over them."""

    def __init__(self, table: Table, true: Truth, others: list[Table]):
        self.table, self.true, self.others = table, true, others
        self.rows = np.flatnonzero(table.at >= 0)
        self.day = true.prices.iloc[table.at[self.rows]].reset_index(drop=True)
        self.day["rows"] = np.arange(len(self.day))
        self.sorted: dict[tuple[str, ...], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    @cached_property
    def interleaved(self) -> bool:
        """Whether the rows of different tickers lie between each other."""
        ticker = self.day["ticker"].to_numpy()
        return bool((ticker[1:] != ticker[:-1]).sum() > 2 * self.day["ticker"].nunique())

    def bases(self, first: list[str]) -> Iterator[tuple[str, np.ndarray]]:
        """Its own returns, those of other tables, then all other numbers, and right returns that are no column."""
        own = self.table.columns
        for name in sorted(own, key=lambda name: name not in first):
            yield name, own[name][self.rows]
        for name in first:
            for other in self.others:
                if name in other.columns and other is not self.table:
                    yield name, self.whole(other.columns[name], other.at)
        for price in PRICES:
            prices = self.true.prices[price].to_numpy()
            ratio = np.where(self.true.before >= 0, prices / prices[self.true.before], np.nan)
            yield f"returns of {price}", (ratio - 1)[self.table.at[self.rows]]
        for name in ("Close", "Adj Close", "High", "Low", "Open", "Volume"):
            yield name, self.day[name].to_numpy(float)

    def whole(self, values: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Another table's values in this table's rows."""
        whole = np.full(len(self.true.prices), np.nan)
        whole[at[at >= 0]] = values[at >= 0]
        return whole[self.table.at[self.rows]]

    def rolled(
        self, numbers: np.ndarray, window: int, keys: list[str], by: str, ahead: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """The means of windows that end `ahead` rows on: those with one number at least, and those that are full."""
        order, first, last = self.order(keys, by)
        ranked = numbers[order]
        there = np.isfinite(ranked)
        sums, counts = (np.concatenate([[0], np.cumsum(each)]) for each in (np.where(there, ranked, 0), there))
        end = np.arange(len(order)) + ahead
        low = np.clip(end - window + 1, first, last + 1)
        high = np.clip(end, first - 1, last) + 1
        n = counts[high] - counts[low]
        with np.errstate(all="ignore"):
            means = (sums[high] - sums[low]) / n
        some, full = np.full(len(order), np.nan), np.full(len(order), np.nan)
        some[order], full[order] = np.where(n > 0, means, np.nan), np.where(n == window, means, np.nan)
        return some, full

    def order(self, keys: list[str], by: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The rows' order, and the first and last place of each one's group in it."""
        if (*keys, by) not in self.sorted:
            order = self.day.sort_values(keys, kind="stable").index.to_numpy()
            n = len(order)
            group = self.day["ticker"].to_numpy()[order] if by == "ticker" else np.zeros(n)
            place = pd.Series(np.arange(n)).groupby(group)
            self.sorted[*keys, by] = order, place.transform("min").to_numpy(), place.transform("max").to_numpy()
        return self.sorted[*keys, by]


def averages(found: list[Table], true: Truth, returns: list[str], taken: set[tuple[int, str]]) -> list[Average]:
    """The moving averages among the columns that are nothing else, likeliest first.

    Parameters
    ----------
    found, true
        As above.
    returns : list of str
        Names of the learner's own returns.
    taken : set of (int, str)
        ``id`` of a table, and a column, that are known to be something else.
    """
    made = []
    for table in reversed(found):
        frame = _Frame(table, true, found)
        free = [name for name in table.columns if (id(table), name) not in taken and len(frame.rows) > 20]
        made += [_average(frame, name, returns) for name in free]
    return [average for average in made if average is not None]


def _average(frame: _Frame, name: str, returns: list[str]) -> Average | None:
    values = frame.table.columns[name][frame.rows]
    if not np.isfinite(values).any():
        return None
    for windows in ((10,), (5, 7, 9, 11, 14, 15, 20, 21, 22, 30, 50, 60, 100)):
        for base, numbers in frame.bases(returns):
            if base != name:
                for window in windows:
                    if found := _matched(frame, values, numbers, window):
                        return Average(frame.table, name, base, window, **found)
    return None


GROUPED = {"Date": ["ticker", "Date"], "rows": ["ticker", "rows"]}
RUNS_ON = {"rows": ["rows"], "Date": ["ticker", "Date"], "all days": ["Date", "rows"]}
WAYS = {"centred": lambda window: (window - 1) // 2, "without this day": lambda window: -1}


def _matched(frame: _Frame, values: np.ndarray, numbers: np.ndarray, window: int) -> dict[str, Any] | None:
    """How the values come from the numbers: grouped in the right order first, and so on to what is further from it."""
    for order, keys in GROUPED.items():
        if _same(values, *frame.rolled(numbers, window, keys, "ticker")):
            alike = any(_same(values, *frame.rolled(numbers, window, other, "rows")) for other in RUNS_ON.values())
            return {"by": "ticker", "order": order, "alike": alike}
    for order, keys in RUNS_ON.items():
        if _same(values, *frame.rolled(numbers, window, keys, "rows")):
            return {"by": "rows", "order": "all days" if order == "rows" and frame.interleaved else order}
    for way, ahead in WAYS.items():
        for by in ("ticker", "rows"):
            if _same(values, *frame.rolled(numbers, window, ["ticker", "Date"], by, ahead(window))):
                return {"by": by, "way": way}
    for order, keys in GROUPED.items():
        if _same_numbers(values, frame.rolled(numbers, window, keys, "ticker")[1]):
            return {"order": order, "way": "elsewhere"}
    return None


def _same(values: np.ndarray, some: np.ndarray, whole: np.ndarray) -> bool:
    """Whether it is this average; rows whose window is not full may be missing, 0, or begin with fewer rows."""
    due, there = np.isfinite(whole), np.isfinite(values)
    if not due.any() or not there[due].all():
        return False
    checked = there & ~(~due & (values == 0))
    return bool(np.isclose(values[checked], some[checked], rtol=1e-7, atol=1e-9).all())


def _same_numbers(values: np.ndarray, whole: np.ndarray) -> bool:
    values, whole = np.sort(values[np.isfinite(values)]), np.sort(whole[np.isfinite(whole)])
    return len(values) == len(whole) > 20 and bool(np.allclose(values, whole, rtol=1e-7, atol=1e-9))
