"""n rows of a frame: the first ones, by chance, so many of each kind, or by weight."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns
from .weights import check_size, race, weights_of

__all__ = ["convenience", "simple", "stratified", "weighted"]


def convenience(frame: pd.DataFrame, n: int) -> pd.DataFrame:
    """Take the first n rows, because they are at hand.

    Nothing here is left to chance, so nothing can be concluded about the rest: a frame in order of time gives the
    oldest rows. It is the sample that most tables on the web are.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row an observation.
    n : int
        How many rows.

    Returns
    -------
    pandas.DataFrame
        n rows with the frame's columns and index.

    Raises
    ------
    DataError
        If n is not a whole number from 1 to the number of rows.

    Examples
    --------
    >>> convenience(pd.DataFrame({"day": [1, 2, 3]}), 2)["day"].tolist()
    [1, 2]
    """
    check_size(n, len(frame))
    return frame.iloc[:n]


def simple(frame: pd.DataFrame, n: int, *, seed: int = 0) -> pd.DataFrame:
    """Draw n rows by chance; every row, and every set of n rows, is equally likely.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row an observation.
    n : int
        How many rows; none is drawn twice.
    seed : int
        The same seed draws the same rows.

    Returns
    -------
    pandas.DataFrame
        n rows in the frame's order, with its columns and index.

    Raises
    ------
    DataError
        If n is not a whole number from 1 to the number of rows.

    Examples
    --------
    >>> simple(pd.DataFrame({"day": range(100)}), 3).index.tolist()
    [51, 63, 83]
    """
    check_size(n, len(frame))
    chosen = np.random.default_rng(seed).choice(len(frame), n, replace=False)
    return frame.iloc[np.sort(chosen)]


def stratified(
    frame: pd.DataFrame, n: int | Mapping[Any, int], *, by: str | Sequence[str], seed: int = 0
) -> pd.DataFrame:
    """Draw by chance inside each stratum, so that the sample holds as much of each kind as was meant.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row an observation.
    n : int or mapping of stratum to int
        How many rows in all, shared out as the strata are in the frame (largest remainders round up); or how many of
        each stratum: the sample is then out of proportion on purpose, and so are its plain averages.
    by : str or list of str
        The stratum; of several columns it is a tuple. Missing values are a stratum of their own.
    seed : int
        The same seed draws the same rows.

    Returns
    -------
    pandas.DataFrame
        The rows in the frame's order, with its columns and index.

    Raises
    ------
    ColumnError
        If a column is not there.
    DataError
        If there are fewer rows than n, in all or in a stratum, or if a stratum would come out empty.

    Examples
    --------
    >>> frame = pd.DataFrame({"airport": ["EWR"] * 6 + ["LGA"] * 3, "day": range(9)})
    >>> stratified(frame, 3, by="airport")["airport"].tolist()
    ['EWR', 'EWR', 'LGA']
    >>> stratified(frame, {"EWR": 1, "LGA": 2}, by="airport")["airport"].tolist()
    ['EWR', 'LGA', 'LGA']
    """
    columns = [by] if isinstance(by, str) else list(by)
    require_columns(frame.columns, columns)
    groups = frame.groupby(columns[0] if len(columns) == 1 else columns, dropna=False, observed=True)
    sizes, strata = groups.size(), groups.ngroup().to_numpy()
    wanted = _wanted(sizes, n) if isinstance(n, Mapping) else _shared_out(sizes, n)
    order = np.lexsort([np.random.default_rng(seed).random(len(frame)), strata])
    place = np.arange(len(frame)) - (sizes.cumsum() - sizes).to_numpy()[strata[order]]
    return frame.iloc[np.sort(order[place < wanted[strata[order]]])]


def weighted(frame: pd.DataFrame, n: int, *, weight: Any, seed: int = 0) -> pd.DataFrame:
    """Draw n rows one after another, each time in proportion to the weights of those still there.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row an observation.
    n : int
        How many rows; none is drawn twice.
    weight : str or array-like of float, shape (rows,)
        A column, or a number for each row. A weight of 0 is never drawn. Twice the weight means twice the chance in
        the first draw; over n draws, heavy rows run out, so the chance to be among the n grows less than the weight.
    seed : int
        The same seed draws the same rows.

    Returns
    -------
    pandas.DataFrame
        n rows in the frame's order, with its columns and index.

    Raises
    ------
    ColumnError
        If the column is not there.
    DataError
        If a weight is missing, negative or infinite, if all are 0, or if fewer than n are above 0.

    Notes
    -----
    Efraimidis and Spirakis (2006), algorithm A-ES, told as a race: each row arrives after a time drawn from an
    exponential distribution whose rate is its weight, and the first n win.

    Examples
    --------
    >>> frame = pd.DataFrame({"plane": ["A", "B", "C"], "seats": [0, 50, 300]})
    >>> weighted(frame, 2, weight="seats")["plane"].tolist()
    ['B', 'C']
    """
    weights = weights_of(frame, weight)
    check_size(n, int((weights > 0).sum()), "rows with a weight above 0")
    times = race(weights, np.random.default_rng(seed))
    return frame.iloc[np.sort(np.argsort(times, kind="stable")[:n])]


def _shared_out(sizes: pd.Series, n: int) -> np.ndarray:
    """Rows of each stratum: in proportion, rounded by largest remainders so that they add up to n."""
    check_size(n, int(sizes.sum()))
    exact = n * sizes.to_numpy() / sizes.sum()
    wanted = np.floor(exact).astype("int64")
    wanted[np.argsort(wanted - exact, kind="stable")[: n - wanted.sum()]] += 1
    if not wanted.all():
        empty = sizes[wanted == 0]
        raise DataError(
            f"{len(empty)} of {len(sizes)} strata would come out empty, the first: {empty.index[0]!r} "
            f"({empty.iloc[0]:,} of {sizes.sum():,} rows, so {exact[wanted == 0][0]:.2f} of {n:,}).",
            "Take more rows, join small strata, or say how many of each: n={stratum: rows}.",
        )
    return wanted


def _wanted(sizes: pd.Series, rows: Mapping[Any, int]) -> np.ndarray:
    for stratum, n in rows.items():
        if stratum not in sizes.index:
            raise DataError(f"Stratum {stratum!r} is empty: there are {sizes.index.tolist()[:20]}.")
        check_size(n, int(sizes[stratum]), f"rows in stratum {stratum!r}")
    return np.array([rows.get(stratum, 0) for stratum in sizes.index])
