"""New columns from a frame, the same call and the same numbers on pandas and on Dask.

Every function here keeps three promises. It never looks ahead: a row sees only rows of its group that come before it in
`order_by`, and itself. It never mixes groups. It never trusts the row order: rows are put in order inside, and come out
where they were. All rows and columns stay; the docstring names the new ones (a new column replaces one of its name).

On Dask a group must lie in one partition. Frames from ``lake.read(..., engine="dask")`` do; others are found out by a
look at the `by` columns alone, and are shuffled first if a group is split, which may change the order of the rows.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
from pandas.api.extensions import take
from pandas.api.indexers import BaseIndexer

from ..errors import DataError, require_columns

if TYPE_CHECKING:
    from dask.dataframe import DataFrame as DaskFrame

__all__ = ["add_lags", "add_range", "add_returns", "add_rolling"]

Frame = TypeVar("Frame", pd.DataFrame, "DaskFrame")
STATISTICS = ("mean", "sum", "std", "min", "max", "median", "count")


def add_lags(
    frame: Frame,
    *,
    by: str | Sequence[str],
    order_by: str | Sequence[str] = "Date",
    columns: str | Sequence[str] = "Close",
    lags: int | Sequence[int] = 1,
) -> Frame:
    """Add the value that a column had one or more rows ago in the same group.

    Parameters
    ----------
    frame : pandas.DataFrame or dask.dataframe.DataFrame
        One row an observation, in any order.
    by : str or list of str
        The group, for example the ticker. A row without a group gets missing values.
    order_by : str or list of str
        What orders the rows of a group; together with `by` it names a row.
    columns : str or list of str
        Columns to look back at.
    lags : int or list of int
        How many rows back, at least 1.

    Returns
    -------
    pandas.DataFrame or dask.dataframe.DataFrame
        The frame with ``<column>_lag_<k>`` for each column and lag (spaces become ``_``), missing in the first
        k rows of a group.

    Raises
    ------
    ColumnError
        If a column is not there.
    DataError
        If a lag is not a positive number of rows, an `order_by` value is missing, or two rows of a group have the same.

    Examples
    --------
    >>> prices = pd.DataFrame({"ticker": ["A", "B", "A"], "Date": [2, 1, 1], "Close": [11.0, 5.0, 10.0]})
    >>> add_lags(prices, by="ticker")
      ticker  Date  Close  Close_lag_1
    0      A     2   11.0         10.0
    1      B     1    5.0          NaN
    2      A     1   10.0          NaN
    """
    names, steps = _list(columns), _list(lags)
    for step in steps:
        if isinstance(step, bool) or not isinstance(step, int | np.integer) or step < 1:
            raise DataError(f"`lags` must be whole numbers of at least 1, got: {step!r}.", "A lag below 1 looks ahead.")
    return _by_group(_lags, frame, _list(by), _list(order_by), names, columns=names, lags=steps)


def add_returns(
    frame: Frame, *, by: str | Sequence[str], order_by: str | Sequence[str] = "Date", price: str = "Close"
) -> Frame:
    """Add the simple return since the row before in the same group: price now over price then, less one.

    Parameters
    ----------
    frame : pandas.DataFrame or dask.dataframe.DataFrame
        One row a ticker and day, in any order.
    by : str or list of str
        The group, for example the ticker.
    order_by : str or list of str
        What orders the rows of a group.
    price : str
        The column to take returns of.

    Returns
    -------
    pandas.DataFrame or dask.dataframe.DataFrame
        The frame with ``returns`` (a fraction: 0.01 is one per cent), missing in the first row of a group.

    Raises
    ------
    ColumnError, DataError
        As :func:`add_lags`.

    Examples
    --------
    >>> prices = pd.DataFrame({"ticker": ["A", "B", "A"], "Date": [2, 1, 1], "Close": [11.0, 5.0, 10.0]})
    >>> add_returns(prices, by="ticker")["returns"].round(3).tolist()
    [0.1, nan, nan]
    """
    return _by_group(_returns, frame, _list(by), _list(order_by), [price], price=price)


def add_range(
    frame: Frame,
    *,
    by: str | Sequence[str] = (),
    order_by: str | Sequence[str] = "Date",
    high: str = "High",
    low: str = "Low",
    window: int = 1,
) -> Frame:
    """Add how far the price ranged: the highest high less the lowest low of the last `window` rows of the group.

    Parameters
    ----------
    frame : pandas.DataFrame or dask.dataframe.DataFrame
        One row a ticker and day, in any order.
    by : str or list of str
        The group; not needed for a window of one row.
    order_by : str or list of str
        What orders the rows of a group.
    high, low : str
        The columns that hold the highest and lowest price.
    window : int
        Rows, this one included.

    Returns
    -------
    pandas.DataFrame or dask.dataframe.DataFrame
        The frame with ``hi_lo_range`` in the price's currency (``hi_lo_range_<window>`` for a longer window, missing
        until the group has that many rows).

    Raises
    ------
    ColumnError, DataError
        As :func:`add_lags`; also if a longer window comes without `by`.

    Examples
    --------
    >>> prices = pd.DataFrame({"ticker": "A", "Date": [1, 2], "High": [11.0, 14.0], "Low": [9.0, 12.0]})
    >>> add_range(prices, by="ticker")["hi_lo_range"].tolist()
    [2.0, 2.0]
    >>> add_range(prices, by="ticker", window=2)["hi_lo_range_2"].tolist()
    [nan, 5.0]
    """
    require_columns(frame.columns, [high, low])
    if window == 1:
        return frame.assign(hi_lo_range=frame[high] - frame[low])
    if not _list(by):
        raise DataError("A range over several rows needs `by`, the group that they belong to.", 'Pass by="ticker".')
    _check_window(window)
    return _by_group(_range, frame, _list(by), _list(order_by), [high, low], high=high, low=low, window=window)


def add_rolling(
    frame: Frame,
    *,
    by: str | Sequence[str],
    order_by: str | Sequence[str] = "Date",
    column: str = "returns",
    window: int | str = 10,
    statistic: str = "mean",
    min_periods: int | None = None,
) -> Frame:
    """Add a statistic over the last rows, or the last stretch of time, of the same group.

    Parameters
    ----------
    frame : pandas.DataFrame or dask.dataframe.DataFrame
        One row an observation, in any order.
    by : str or list of str
        The group, for example the ticker.
    order_by : str or list of str
        What orders the rows of a group.
    column : str
        A numeric column.
    window : int or str
        Rows, this one included; or a length of time such as ``"7D"`` that ends with this row, for which the first of
        `order_by` must hold times. To leave this row out, roll over a lag.
    statistic : {"mean", "sum", "std", "min", "max", "median", "count"}
        As ``DataFrame.rolling`` has them.
    min_periods : int, optional
        Values that a window must have, else the result is missing. Default: the window's rows, or 1 for a length
        of time.

    Returns
    -------
    pandas.DataFrame or dask.dataframe.DataFrame
        The frame with ``<column>_<statistic>_<window>`` (spaces become ``_``).

    Raises
    ------
    ColumnError, DataError
        As :func:`add_lags`; also if the window or the statistic is unknown.

    Examples
    --------
    >>> prices = pd.DataFrame({"ticker": ["A", "A", "B"], "Date": [2, 1, 1], "Close": [11.0, 10.0, 5.0]})
    >>> add_rolling(prices, by="ticker", column="Close", window=2)["Close_mean_2"].tolist()
    [10.5, nan, nan]
    """
    if statistic not in STATISTICS:
        raise DataError(f"`statistic` must be one of {list(STATISTICS)}, got: {statistic!r}.")
    _check_window(window)
    needed = min_periods if min_periods is not None else (window if isinstance(window, int) else 1)
    options = {"column": column, "window": window, "statistic": statistic, "min_periods": needed}
    return _by_group(_rolling, frame, _list(by), _list(order_by), [column], **options)


# What happens inside one pandas frame, or one partition of a Dask frame.


def _lags(frame: pd.DataFrame, order: "_Order", columns: list[str], lags: list[int]) -> pd.DataFrame:
    new = {
        f"{_plain(column)}_lag_{lag}": take(frame[column].array, order.rows_before(lag), allow_fill=True)
        for column in columns
        for lag in lags
    }
    return frame.assign(**new)


def _returns(frame: pd.DataFrame, order: "_Order", price: str) -> pd.DataFrame:
    now = frame[price].to_numpy(dtype="float64", na_value=np.nan)
    before = take(now, order.rows_before(1), allow_fill=True)
    with np.errstate(divide="ignore", invalid="ignore"):  # a price of zero gives infinity, as pct_change does
        return frame.assign(returns=now / before - 1)


def _range(frame: pd.DataFrame, order: "_Order", high: str, low: str, window: int) -> pd.DataFrame:
    highest = order.roll(frame[high], window, "max", window)
    return frame.assign(**{f"hi_lo_range_{window}": highest - order.roll(frame[low], window, "min", window)})


def _rolling(
    frame: pd.DataFrame, order: "_Order", column: str, window: int | str, statistic: str, min_periods: int
) -> pd.DataFrame:
    name = f"{_plain(column)}_{statistic}_{window}"
    return frame.assign(**{name: order.roll(frame[column], window, statistic, min_periods)})


class _Order:
    """The rows of a frame, group after group and in order within each, and the way back.

    Attributes
    ----------
    rows : numpy.ndarray of int, shape (n,)
        Positions in the frame, in order.
    codes : numpy.ndarray of int, shape (n,)
        The group of each of those rows; -1 is no group.
    """

    def __init__(self, frame: pd.DataFrame, by: list[str], order_by: list[str]):
        for column in order_by:
            _refuse_missing(frame, column)
        keys = [_key(frame[column]) for column in order_by]
        codes = _codes(frame, by)
        self.rows = np.arange(len(codes)) if _in_order_already(codes, keys) else np.lexsort([*reversed(keys), codes])
        self.codes = codes[self.rows]
        same = self.codes[1:] == self.codes[:-1]
        for key in keys:
            same &= key[self.rows[1:]] == key[self.rows[:-1]]
        self._refuse_ties(frame, by, order_by, same & (self.codes[1:] >= 0))
        self.times = keys[0][self.rows]

    def rows_before(self, lag: int) -> np.ndarray:
        """For each row of the frame, the position of the row `lag` before it in its group; -1 where there is none."""
        before = np.full(len(self.rows), -1)
        inside = (self.codes[lag:] == self.codes[:-lag]) & (self.codes[lag:] >= 0)
        before[self.rows[lag:]] = np.where(inside, self.rows[:-lag], -1)
        return before

    def roll(self, values: pd.Series, window: int | str, statistic: str, min_periods: int) -> np.ndarray:
        """A rolling statistic, back in the frame's order."""
        in_order = pd.Series(values.to_numpy(dtype="float64", na_value=np.nan)[self.rows])
        rolling = in_order.rolling(_GroupWindows(starts=self._window_starts(window)), min_periods=min_periods)
        result = np.empty(len(values))
        result[self.rows] = np.where(self.codes >= 0, getattr(rolling, statistic)(), np.nan)
        return result

    def _window_starts(self, window: int | str) -> np.ndarray:
        position = np.arange(len(self.rows))
        first = np.flatnonzero(np.diff(self.codes, prepend=-2))  # where each group starts
        group_start = np.repeat(first, np.diff(first, append=len(position)))
        if isinstance(window, int):
            return np.maximum(position - window + 1, group_start)
        if self.times.dtype.kind != "M":
            raise DataError(f"A window of {window!r} needs times in `order_by`, got: {self.times.dtype}.")
        length = pd.Timedelta(window).to_timedelta64()
        starts = [
            begin + np.searchsorted(self.times[begin:end], self.times[begin:end] - length, side="right")
            for begin, end in pairwise([*first, len(position)])
        ]
        return np.concatenate(starts) if starts else position

    def _refuse_ties(self, frame: pd.DataFrame, by: list[str], order_by: list[str], tied: np.ndarray) -> None:
        if tied.any():
            row = frame.iloc[self.rows[np.flatnonzero(tied)[0]]]
            raise DataError(
                f"{int(tied.sum())} rows have the same {by + order_by} as another, the first: "
                f"{row[by + order_by].astype(str).to_dict()}. Which comes first is not known.",
                "Drop duplicates, or give `order_by` a second column that tells such rows apart.",
            )


class _GroupWindows(BaseIndexer):
    """Windows that end with each row and never start before its group. pandas starts its sums anew where they part."""

    def get_window_bounds(
        self, num_values: int = 0, min_periods: Any = None, center: Any = None, closed: Any = None, step: Any = None
    ) -> tuple[np.ndarray, np.ndarray]:
        return self.starts.astype("int64"), np.arange(1, num_values + 1, dtype="int64")  # type: ignore[attr-defined]


def _in_order_already(codes: np.ndarray, keys: list[np.ndarray]) -> bool:
    """Whether the groups stand one after another and each is in order of its first key: most files come so."""
    return bool(((codes[1:] > codes[:-1]) | ((codes[1:] == codes[:-1]) & (keys[0][1:] > keys[0][:-1]))).all())


def _codes(frame: pd.DataFrame, by: list[str]) -> np.ndarray:
    if len(by) == 1:
        return pd.factorize(frame[by[0]])[0]
    return frame.groupby(by, sort=False, observed=True).ngroup().to_numpy()


def _key(values: pd.Series) -> np.ndarray:
    """The values that order rows, as an array that NumPy sorts fast."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_convert(None)
    key = values.to_numpy()
    return key if key.dtype.kind in "iufMmb" else pd.factorize(values, sort=True)[0]


def _refuse_missing(frame: pd.DataFrame, column: str) -> None:
    missing = frame[column].isna().to_numpy()
    if missing.any():
        raise DataError(
            f"Column {column!r} orders the rows, but is missing in {int(missing.sum())} of them, "
            f"the first at index {frame.index[np.flatnonzero(missing)[0]]}.",
            f"Drop them first: frame.dropna(subset=[{column!r}]).",
        )


def _check_window(window: Any) -> None:
    fix = 'Use a number of rows such as 10, or a length of time such as "7D".'
    if isinstance(window, str):
        try:
            positive = pd.Timedelta(window).total_seconds() > 0
        except ValueError as error:
            raise DataError(f"`window` cannot be read: {window!r}.", fix) from error
    else:
        positive = isinstance(window, int) and not isinstance(window, bool) and window >= 1
    if not positive:
        raise DataError(f"`window` must be at least one row or longer than no time, got: {window!r}.", fix)


def _by_group(
    compute: Callable[..., pd.DataFrame],
    frame: Any,
    by: list[str],
    order_by: list[str],
    needed: list[str],
    **options: Any,
) -> Any:
    """Run `compute` on a pandas frame, or on each partition of a Dask frame whose groups are whole."""
    require_columns(frame.columns, [*by, *order_by, *needed])
    if isinstance(frame, pd.DataFrame):
        return _in_order(frame, compute, by, order_by, options)
    whole = frame if _groups_are_whole(frame, by) else frame.shuffle(on=by)
    meta = _in_order(frame._meta, compute, by, order_by, options)
    return whole.map_partitions(_in_order, compute, by, order_by, options, meta=meta)


def _in_order(
    frame: pd.DataFrame, compute: Callable[..., pd.DataFrame], by: list[str], order_by: list[str], options: dict
) -> pd.DataFrame:
    return compute(frame, _Order(frame, by, order_by), **options)


def _groups_are_whole(frame: Any, by: list[str]) -> bool:
    """Whether each group lies in one partition."""
    if frame.npartitions == 1 or _made_here(frame.expr, by):
        return True
    groups = frame[by].map_partitions(pd.DataFrame.drop_duplicates, meta=frame._meta[by])
    return not groups.compute().duplicated().any()


def _made_here(expression: Any, by: list[str]) -> bool:
    """Whether a function of this module made the frame by the same groups or by larger ones: then they are whole.

    Choosing columns or rows and adding columns moves no row to another partition, so those steps are looked through.
    """
    from dask.dataframe.dask_expr._expr import Assign, Filter, Projection

    while isinstance(expression, Assign | Filter | Projection):
        if isinstance(expression, Assign) and set(expression.keys) & set(by):
            return False
        expression = expression.frame
    if getattr(expression, "func", None) is not _in_order:
        return False
    _compute, made_by, *_rest = expression.operands[len(expression._parameters) :]
    return set(made_by) <= set(by)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _plain(column: str) -> str:
    return column.replace(" ", "_")
