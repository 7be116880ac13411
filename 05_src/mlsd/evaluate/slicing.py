"""For whom is a model worse than it is for the rest? Slices of the cases, named or found.

A slice is compared with the rest of the cases, not with all of them: they share no row, so the difference has a plain
interval. An interval belongs to one slice, looked at alone. Whoever looks at many and picks the worst goes by
``p_adjusted``, which counts all that were tested.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns
from .cases import labels_and_probabilities
from .differences import adjusted, equal_rates, newcombe, welch

__all__ = ["levels", "named", "slices"]

Metric = Callable[[np.ndarray, np.ndarray], Any]
EPS = float(np.finfo("float64").eps)  # as scikit-learn's log_loss: a sure mistake costs 36, not infinity
MEANS = ("log_loss", "brier")
RATES = ("error_rate", "false_alarm_rate", "accuracy", "precision", "recall")
COLUMNS = ["slice", "rows", "counted", "positives", "value", "difference", "low", "high", "p_adjusted"]
LOW_IS_BAD = ("accuracy", "precision", "recall")


def slices(
    X: pd.DataFrame,
    y: Any,
    probability: Any,
    *,
    by: str | Sequence[str] | Mapping[str, str] | None = None,
    metric: str | Metric = "log_loss",
    threshold: float = 0.5,
    min_rows: int = 50,
    max_columns: int = 2,
    bins: int = 4,
    level: float = 0.95,
    n_slices: int = 20,
) -> pd.DataFrame:
    """Compare slices of the cases with the rest, worst first.

    Numbers are cut at quantiles, text is taken by value, and "is missing" is a value too. What a part of it explains
    is not listed again: a pair of conditions is left out where one of the two alone is as bad or worse, and of slices
    that hold the very same rows the first stays.

    Parameters
    ----------
    X : pandas.DataFrame of shape (n, columns)
        What is known of each case; not only what the model saw.
    y : array-like of shape (n,)
        What happened: 0 or 1.
    probability : array-like of shape (n,)
        The model's probability of a 1.
    by : str, list of str or dict, optional
        A column; columns whose values are crossed; or ``{"name": "a query for X.eval"}``. By default slices are looked
        for in all columns, one and two at a time. Named slices are all listed, however small.
    metric : str or function
        ``log_loss, brier, error_rate, false_alarm_rate`` (bad if high), ``accuracy, precision, recall`` (bad if low),
        or a function of labels and probabilities that gives each case's loss, NaN where it does not count.
    threshold : float
        For rates: flag where the probability is at least this.
    min_rows : int
        At least 2. A slice and its rest must both have so many cases that count to be looked at; a smaller one that
        was named has a value, but no interval.
    max_columns : int
        How many conditions a slice that is found may have: 1, 2 or 3.
    bins : int
        Cut numbers into so many parts. Numbers with no more values than this are taken by value.
    level : float
        Of the intervals.
    n_slices : int
        List so many of the slices found.

    Returns
    -------
    pandas.DataFrame
        ``slice`` (its condition), ``rows``, ``counted`` (those that count for the metric: for recall the 1s),
        ``positives`` (share of 1s), ``value`` (of the metric), ``difference`` (from the rest's), ``low, high`` (its
        interval: Welch's for means, Newcombe's for rates) and ``p_adjusted`` (Benjamini and Hochberg, for all slices
        tested: ``.attrs["tested"]``). Worst first: by the end of the interval that accuses least, so that a few unlucky
        rows do not lead the list.

    Raises
    ------
    DataError
        If labels or probabilities are not such, a query is none, the metric is not known, or no slice is large enough.
    ColumnError
        If there is no such column.

    References
    ----------
    In :mod:`mlsd.evaluate.differences`; where counts are small, the test of a rate is Fisher's. The search for slices
    follows the idea of Y. Chung and others (2019), "Slice Finder", IEEE ICDE.

    Examples
    --------
    >>> X = pd.DataFrame({"airport": ["EWR"] * 60 + ["JFK"] * 60})
    >>> y = [0, 1] * 60
    >>> p = [0.4, 0.3] * 30 + [0.2, 0.9] * 30
    >>> table = slices(X, y, p, metric="error_rate")
    >>> table[["slice", "rows", "value", "difference"]]
               slice  rows  value  difference
    0  airport = EWR    60    0.5         0.5
    1  airport = JFK    60    0.0        -0.5
    """
    labels, p = labels_and_probabilities(y, probability)
    _check(X, labels, min_rows, max_columns, bins, level)
    values = _values(metric, labels, p, threshold)
    found = _candidates(X, by, bins, max_columns, min_rows, np.isfinite(values))
    table = _measure(found, values, labels, is_rate=metric in RATES)
    large = table[["counted", "counted_rest"]].min(axis=1) >= min_rows
    if by is None:
        table, large = table[large].copy(), large[large]
    if table.empty:
        raise DataError(f"No slice and its rest have {min_rows} rows that count.", "Lower min_rows, or take more rows.")
    _add_difference(table, level, is_rate=metric in RATES)
    table.loc[~large, ["low", "high", "p_adjusted"]] = np.nan
    table["p_adjusted"] = adjusted(table["p_adjusted"])
    sign = -1 if metric in LOW_IS_BAD else 1
    listed = _worst_first(table if by is not None else _without_echoes(table, sign), sign)
    result = (listed if by is not None else listed.head(n_slices)).reset_index(drop=True)
    result.attrs["tested"] = int(large.sum())
    return result


def levels(column: pd.Series, *, bins: int = 4) -> tuple[np.ndarray, list[str]]:
    """Sort the values of a column into levels that a person can read.

    Parameters
    ----------
    column : pandas.Series of shape (n,)
        Numbers and times are cut at quantiles into `bins` parts; everything else, and numbers with no more values than
        that, is taken by value. Missing values are a level.
    bins : int
        At least 2.

    Returns
    -------
    (numpy.ndarray, list of str)
        For each row the number of its level, and the levels' conditions. No level is empty.

    Examples
    --------
    >>> levels(pd.Series([1, 2, 3, 4, 5, 6, None], name="age"), bins=2)
    (array([0, 0, 0, 1, 1, 1, 2]), ['age <= 3', 'age > 3', 'age is missing'])
    """
    is_ordered = pd.api.types.is_numeric_dtype(column) or isinstance(column.dtype, np.dtype | pd.DatetimeTZDtype)
    is_ordered &= column.dtype.kind in "iufmM"
    if is_ordered and column.nunique() > bins:
        edges = column.quantile(np.arange(1, bins) / bins, interpolation="lower").unique()
        below = column[column < column.max()]  # where most are the highest value, that is a level by itself
        edges = pd.Index(edges[edges < column.max()] if (edges < column.max()).any() else [below.max()])
        codes = edges.searchsorted(column.fillna(column.max()), side="left")
        texts = _between(str(column.name), [_short(edge) for edge in edges])
    else:
        codes, values = pd.factorize(column, sort=True)
        texts = [f"{column.name} = {_short(value)}" for value in values]
    codes = np.where(column.isna(), len(texts), codes)
    present, codes = np.unique(codes, return_inverse=True)
    texts = [*texts, f"{column.name} is missing"]
    return codes, [texts[number] for number in present]


def named(
    X: pd.DataFrame, by: str | Sequence[str] | Mapping[str, str], *, bins: int = 4
) -> Iterator[tuple[str, np.ndarray]]:
    """The slices that somebody asked for, as conditions and rows.

    Parameters
    ----------
    X : pandas.DataFrame
        The cases.
    by : str, list of str or dict
        As in :func:`slices`.
    bins : int
        As in :func:`levels`.

    Yields
    ------
    (str, numpy.ndarray of bool)
        A condition or name, and which rows it holds for; some row in each, unless it is a query of your own.

    Raises
    ------
    DataError
        If a query is none.
    ColumnError
        If there is no such column.
    """
    if isinstance(by, Mapping):
        yield from ((name, _rows_of(X, name, query)) for name, query in by.items())
        return
    columns = [by] if isinstance(by, str) else list(by)
    require_columns(X.columns, columns, where="X")
    if not columns:
        raise DataError("`by` names no column.", "Give a column, several, or a dict of name to query.")
    parts = {column: levels(X[column], bins=bins) for column in columns}
    crossed, keys = _crossed([parts[column][0] for column in columns])
    for number, key in enumerate(keys):
        text = " and ".join(parts[column][1][code] for column, code in zip(columns, key, strict=True))
        yield text, crossed == number


def _check(X: Any, y: np.ndarray, min_rows: int, max_columns: int, bins: int, level: float) -> None:
    if not isinstance(X, pd.DataFrame) or not X.columns.is_unique or X.columns.empty:
        raise DataError("`X` must be a frame whose columns have different names.", "Give the cases as a DataFrame.")
    if len(X) != len(y):
        raise DataError(f"X has {len(X)} rows, but there are {len(y)} labels.", "Give the very rows that were scored.")
    allowed = {
        "`min_rows` must be at least 2": min_rows >= 2,
        "`max_columns` must be 1, 2 or 3": max_columns in (1, 2, 3),
        "`bins` must be at least 2": bins >= 2,
        "`level` must lie between 0 and 1": 0 < level < 1,
    }
    for sentence, holds in allowed.items():
        if not holds:
            name = sentence.split("`")[1]
            seen = {"min_rows": min_rows, "max_columns": max_columns, "bins": bins, "level": level}[name]
            raise DataError(f"{sentence}, got: {seen}.")


def _values(metric: str | Metric, y: np.ndarray, p: np.ndarray, threshold: float) -> np.ndarray:
    """Each case's part in the metric, NaN where it has none; the mean over the cases that have one is the metric."""
    if callable(metric):
        values = np.asarray(metric(y, p), dtype="float64")
        if values.shape != y.shape or np.isinf(values).any():
            raise DataError(f"`metric` gave {values.shape} for {y.shape}, or an infinite loss.", "Give a loss a case.")
        return values
    flagged = (p >= threshold).astype("float64")
    kinds = {
        "log_loss": lambda: -np.log(np.clip(np.where(y == 1, p, 1 - p), EPS, 1)),
        "brier": lambda: (p - y) ** 2,
        "error_rate": lambda: np.where(flagged == y, 0.0, 1.0),
        "false_alarm_rate": lambda: np.where(y == 0, flagged, np.nan),
        "accuracy": lambda: np.where(flagged == y, 1.0, 0.0),
        "precision": lambda: np.where(flagged == 1, y, np.nan),
        "recall": lambda: np.where(y == 1, flagged, np.nan),
    }
    if metric not in kinds:
        raise DataError(f"`metric` must be one of {[*MEANS, *RATES]} or a function, got: {metric!r}.")
    return kinds[metric]()


@dataclass(frozen=True)
class _Partition:
    """Slices that share no row: each row's slice by number (-1 for none), and what each is made of."""

    codes: np.ndarray
    texts: list[str]
    keys: list[frozenset[str]]


def _candidates(
    X: pd.DataFrame, by: Any, bins: int, max_columns: int, min_rows: int, counts: np.ndarray
) -> Iterator[_Partition]:
    if by is not None:
        for text, rows in named(X, by, bins=bins):
            yield _Partition(np.where(rows, 0, -1), [text], [frozenset([text])])
        return
    single = [_large_enough(*levels(X[column], bins=bins), min_rows, counts) for column in X.columns]
    for size in range(1, max_columns + 1):
        for parts in combinations([part for part in single if part[1]], size):
            codes, keys = _large_enough(*_crossed([codes for codes, _ in parts]), min_rows, counts)
            whats = [[names[code] for (_, names), code in zip(parts, key, strict=True)] for key in keys]
            yield _Partition(codes, [" and ".join(what) for what in whats], [frozenset(what) for what in whats])


def _large_enough(codes: np.ndarray, names: list[Any], min_rows: int, counts: np.ndarray) -> tuple[np.ndarray, list]:
    """Forget levels that are too small: no slice made of them can be large enough."""
    kept = np.flatnonzero(np.bincount(codes[counts & (codes >= 0)], minlength=len(names)) >= min_rows)
    numbers = np.full(len(names) + 1, -1)  # the last is where -1 points to
    numbers[kept] = np.arange(len(kept))
    return numbers[codes], [names[number] for number in kept]


def _crossed(parts: list[np.ndarray]) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Number the combinations of levels that occur; -1 where a row has no level in some part."""
    inside = np.all([codes >= 0 for codes in parts], axis=0)
    sizes = [int(codes.max(initial=0)) + 1 for codes in parts]
    numbers, found = _ranked(np.ravel_multi_index([codes[inside] for codes in parts], sizes), prod(sizes))
    crossed = np.full(len(inside), -1)
    crossed[inside] = numbers
    return crossed, list(zip(*(digits.tolist() for digits in np.unravel_index(found, sizes)), strict=True))


def _ranked(codes: np.ndarray, possible: int) -> tuple[np.ndarray, np.ndarray]:
    """What ``pd.factorize(codes, sort=True)`` gives; where few codes are possible, they are counted, not hashed."""
    if possible > len(codes):
        return pd.factorize(codes, sort=True)
    found = np.flatnonzero(np.bincount(codes, minlength=possible))
    ranks = np.empty(possible, dtype="int64")
    ranks[found] = np.arange(len(found))
    return ranks[codes], found


def _measure(found: Iterator[_Partition], values: np.ndarray, y: np.ndarray, *, is_rate: bool) -> pd.DataFrame:
    """Sizes, sums and squares of each slice and of its rest, about the whole's mean so that no digits are lost."""
    counts = np.isfinite(values)
    if not counts.any():
        raise DataError("No case counts for this metric.", "For recall there must be a 1, for precision a flag.")
    centre = 0.0 if is_rate else values[counts].mean()  # counts are exact as they are
    each = np.where(counts, values - centre, 0.0)
    prints = np.random.default_rng(0).random(len(y))  # a sum of these tells sets of rows apart
    sums = {"rows": np.ones(len(y)), "counted": counts, "positives": y, "sum": each, "square": each**2, "print": prints}
    sums = {name: np.asarray(what, dtype="float64") for name, what in sums.items()}
    tables = []
    for part in found:
        places, size = part.codes + 1, len(part.texts) + 1  # in front, what lies in no slice
        added = {name: np.bincount(places, weights=what, minlength=size)[1:] for name, what in sums.items()}
        tables.append(pd.DataFrame({"slice": part.texts, "key": part.keys, **added}))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["slice", "key", *sums])
    table = table.astype({"rows": "int64", "counted": "int64"})
    for name in ("counted", "sum", "square"):
        table[f"{name}_rest"] = sums[name].sum() - table[name]
    with np.errstate(invalid="ignore"):
        table["positives"] = table["positives"] / table["rows"]
        table["value"] = centre + table["sum"] / table["counted"]
        table["rest"] = centre + table["sum_rest"] / table["counted_rest"]
    return table


def _add_difference(table: pd.DataFrame, level: float, *, is_rate: bool) -> None:
    table["difference"] = table["value"] - table["rest"]
    if is_rate:
        n, m = table["counted"].to_numpy(float), table["counted_rest"].to_numpy(float)
        hits, others = np.rint(table["value"] * n).to_numpy(), np.rint(table["rest"] * m).to_numpy()
        table["low"], table["high"] = newcombe(hits, n, others, m, level)
        table["p_adjusted"] = equal_rates(hits, n, others, m)
        return
    one = (table["counted"], table["sum"], table["square"])
    rest = (table["counted_rest"], table["sum_rest"], table["square_rest"])
    table["low"], table["high"], table["p_adjusted"] = welch(one, rest, level)


def _worst_first(table: pd.DataFrame, sign: int) -> pd.DataFrame:
    accuses = table["low"] if sign > 0 else -table["high"]
    order = accuses.sort_values(ascending=False, kind="stable").index
    return table.loc[order, COLUMNS]


def _without_echoes(table: pd.DataFrame, sign: int) -> pd.DataFrame:
    """Leave out what a part of its own condition explains, and rows that have been listed under another name."""
    badness = dict(zip(table["key"], sign * table["value"], strict=True))
    alone = [
        not any(badness.get(parent, -np.inf) >= badness[key] - 1e-12 for parent in _parents(key))
        for key in table["key"]
    ]
    return table[alone].drop_duplicates(["rows", "print"])


def _parents(key: frozenset[str]) -> Iterator[frozenset[str]]:
    for size in range(1, len(key)):
        yield from map(frozenset, combinations(sorted(key), size))


def _rows_of(X: pd.DataFrame, name: str, query: str) -> np.ndarray:
    try:
        rows = np.asarray(X.eval(query))
    except Exception as error:  # pandas passes on whatever the expression raises
        raise DataError(f"Slice {name!r}: {query!r} cannot be evaluated: {error}.", "Try X.eval(...) alone.") from error
    if rows.shape != (len(X),) or rows.dtype != bool:
        raise DataError(
            f"Slice {name!r}: {query!r} must be true or false for each row, got {rows.dtype} of shape {rows.shape}.",
            'Compare something: "distance > 1000".',
        )
    return rows


def _between(name: str, edges: list[str]) -> list[str]:
    inner = [f"{low} < {name} <= {high}" for low, high in pairwise(edges)]
    return [f"{name} <= {edges[0]}", *inner, f"{name} > {edges[-1]}"]


def _short(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    return str(value)
