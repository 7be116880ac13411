"""Two samples of categories: the chi-square test with rare levels pooled, and an effect that sizes do not change."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..evaluate.differences import equal_rates
from .kolmogorov import Test

__all__ = ["Counts", "chi_square", "count", "side_by_side"]

FEW = 5  # W. G. Cochran (1954), Biometrics 10: fewer expected cases than this make the chi-square too sure of itself


@dataclass(frozen=True)
class Counts:
    """How often each level occurs, so that one reference serves many comparisons.

    Attributes
    ----------
    levels : pandas.Series
        Rows by level, the most frequent first, without the missing ones.
    missing : int
        How many were missing.
    """

    levels: pd.Series
    missing: int = 0


def count(values: Any) -> Counts:
    """Count the levels of one column, and what is missing.

    Parameters
    ----------
    values : array-like of shape (n,) or Counts
        Anything; lists and their like are taken by how they are written.

    Returns
    -------
    Counts
        What :func:`chi_square`, :func:`psi` and :func:`jensen_shannon` take in place of an array.

    Examples
    --------
    >>> count(["EWR", "JFK", None, "EWR"]).levels.to_dict()
    {'EWR': 2, 'JFK': 1}
    """
    if isinstance(values, Counts):
        return values
    column = values if isinstance(values, pd.Series) else pd.Series(values, dtype=None if len(values) else "object")
    known = column.dropna()
    if known.dtype == "object":
        known = known.map(_countable)
    found = known.value_counts()
    found = found[found > 0]  # a pandas category may have levels that no row has
    levels = pd.Series(found.to_numpy("int64"), index=_labels(found.index.tolist()), name="rows")
    return Counts(levels, len(column) - len(known))


def _countable(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:  # a list cannot be counted, its text can
        return repr(value)
    return value


def _labels(levels: list[Any]) -> pd.Index:
    return pd.Index(levels, dtype="object", tupleize_cols=False)


def chi_square(reference: Any, current: Any) -> Test:
    """Test whether two samples of categories come from one distribution.

    Parameters
    ----------
    reference, current : array-like of shape (n,) and (m,), or Counts
        Categories. Missing ones are left out; their share has a test of its own in :func:`compare`.

    Returns
    -------
    Test
        ``statistic`` is Pearson's chi-square after levels with fewer than 5 expected rows on a side are pooled. Where
        two levels are left and one is rare, the p-value is Fisher's exact one. ``effect`` is Cramér's V as it would be
        with equally many rows on both sides, less what chance adds to it.

    Raises
    ------
    DataError
        If a sample has no value.

    References
    ----------
    H. Cramér (1946), Mathematical Methods of Statistics. W. Bergsma (2013), Journal of the Korean Statistical Society
    42, 323–328, for what chance adds.

    Examples
    --------
    >>> found = chi_square(["EWR"] * 60 + ["JFK"] * 40, ["EWR"] * 40 + ["JFK"] * 60)
    >>> round(found.statistic, 2), round(found.p_value, 4), round(found.effect, 2)
    (8.0, 0.0047, 0.19)
    """
    table = side_by_side(count(reference), count(current))
    n, m = table.sum(axis=0)
    if not (n and m):
        raise DataError(f"There are {n} and {m} values to compare.", "Give at least one on each side.")
    pooled = _pool(table)
    freedom = len(pooled) - 1
    if not freedom:
        return Test(0.0, 1.0, 0.0)
    expected = np.outer(pooled.sum(axis=1), [n, m]) / (n + m)
    statistic = float(((pooled - expected) ** 2 / expected).sum())
    return Test(statistic, _p_value(pooled, statistic), _effect(pooled / [n, m], freedom * (1 / n + 1 / m)))


def side_by_side(one: Counts, other: Counts) -> pd.DataFrame:
    """Put the counts of two samples next to each other.

    Parameters
    ----------
    one, other : Counts
        Two samples.

    Returns
    -------
    pandas.DataFrame
        ``reference, current``: rows by level; the reference's order, then levels that are new.
    """
    levels = one.levels.index.union(other.levels.index, sort=False)
    aligned = [side.levels.reindex(levels, fill_value=0) for side in (one, other)]
    return pd.DataFrame(dict(zip(("reference", "current"), aligned, strict=True)), dtype="int64")


def _pool(table: pd.DataFrame) -> np.ndarray:
    """Put levels with too few expected rows together; if even they are few, with the rarest of the others."""
    counts = table.to_numpy()
    n, m = counts.sum(axis=0)
    expected = counts.sum(axis=1) * min(n, m) / (n + m)
    order = np.argsort(-expected, kind="stable")
    counts, expected = counts[order], expected[order]
    kept = int((expected >= FEW).sum())
    if 0 < expected[kept:].sum() < FEW and kept > 1:
        kept -= 1
    if kept + 1 >= len(counts):
        return counts
    if not kept:  # all are rare: the most frequent against the rest
        kept = 1
    return np.vstack([counts[:kept], counts[kept:].sum(axis=0)])


def _p_value(pooled: np.ndarray, statistic: float) -> float:
    from scipy.stats import chi2

    if len(pooled) > 2:
        return float(chi2.sf(statistic, len(pooled) - 1))
    n, m = pooled.sum(axis=0)
    first = pooled[0].astype("float64")
    return float(equal_rates(first[:1], np.array([float(n)]), first[1:], np.array([float(m)]))[0])


def _effect(shares: np.ndarray, noise: float) -> float:
    """Cramér's V of equally large sides; `noise` is four times what its square is by chance alone."""
    squared = ((shares[:, 0] - shares[:, 1]) ** 2 / shares.sum(axis=1)).sum() / 2
    return float(np.sqrt(max(squared - noise / 4, 0.0)))
