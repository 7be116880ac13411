"""How far apart two samples are, as numbers without a test: PSI, Jensen–Shannon, Wasserstein.

The bins of numbers are cut at the reference's quantiles; categories are taken by level. Missing values are left out.

References
----------
N. Siddiqi (2006), Credit Risk Scorecards, Wiley: a PSI below 0.1 is no change, from 0.25 a large one. These limits know
nothing of how many rows there are: B. Yurdakul and J. Naranjo (2020), Statistical properties of the population
stability index, Journal of Risk Model Validation 14(4), show that without any change PSI / (1/n + 1/m) follows
chi-square with a degree of freedom less than there are bins. J. Lin (1991), IEEE Transactions on Information Theory 37.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .categories import Counts, count, side_by_side
from .kolmogorov import Sample, sort

__all__ = ["PSI_LARGE", "PSI_SOME", "jensen_shannon", "psi", "psi_by_chance", "shares", "wasserstein"]

PSI_SOME, PSI_LARGE = 0.1, 0.25


def psi(reference: Any, current: Any, *, bins: int = 10) -> float:
    """The population stability index: 0 for equal shares; by custom 0.1 is some change, 0.25 a large one.

    Parameters
    ----------
    reference, current : array-like of shape (n,) and (m,), or Sample, or Counts
        Numbers, or categories (text, true and false, pandas categories).
    bins : int
        For numbers: so many parts with equal shares of the reference, fewer where values repeat.

    Returns
    -------
    float
        The sum over bins of (current share − reference share) · ln(current share / reference share). Half a row is
        added to each bin, so that an empty one does not make it infinite.

    Raises
    ------
    DataError
        If a sample is empty, or there are fewer than two bins.

    Examples
    --------
    >>> round(psi(["a"] * 50 + ["b"] * 50, ["a"] * 70 + ["b"] * 30), 3)
    0.166
    """
    counted = _binned(reference, current, bins) + 0.5
    p, q = (counted / counted.sum(axis=0)).T
    return float(((q - p) * np.log(q / p)).sum())


def psi_by_chance(n: int, m: int, bins: int, *, level: float = 0.95) -> float:
    """What a PSI stays below without any change, so often as `level` says.

    Parameters
    ----------
    n, m : int
        How many rows the two samples have.
    bins : int
        How many bins or levels.
    level : float
        Between 0 and 1.

    Returns
    -------
    float
        Yurdakul and Naranjo's quantile; with few rows it lies above the customary 0.1.

    Examples
    --------
    >>> round(psi_by_chance(100, 100, 10), 2), round(psi_by_chance(10_000, 10_000, 10), 4)
    (0.34, 0.0034)
    """
    from scipy.stats import chi2

    return float(chi2.ppf(level, max(bins - 1, 1)) * (1 / n + 1 / m))


def jensen_shannon(reference: Any, current: Any, *, bins: int = 10) -> float:
    """The Jensen–Shannon distance: 0 for equal shares, 1 where no bin has rows of both.

    Parameters
    ----------
    reference, current : array-like of shape (n,) and (m,), or Sample, or Counts
        As in :func:`psi`.
    bins : int
        As in :func:`psi`.

    Returns
    -------
    float
        The root of the divergence in bits.

    Raises
    ------
    DataError
        As :func:`psi`.

    Examples
    --------
    >>> jensen_shannon(["a", "a"], ["b", "b"])
    1.0
    """
    from scipy.spatial.distance import jensenshannon

    p, q = _binned(reference, current, bins).T
    return float(jensenshannon(p, q, base=2))


def wasserstein(reference: Any, current: Any, *, scaled: bool = True) -> float:
    """How far the numbers of one sample must be moved, on average, to become the other.

    Parameters
    ----------
    reference, current : array-like of shape (n,) and (m,), or Sample
        Finite numbers; missing ones are left out.
    scaled : bool
        In standard deviations of the reference, so that columns can be compared; otherwise in the column's own unit.

    Returns
    -------
    float
        The area between the two cumulative shares.

    Raises
    ------
    DataError
        If a sample is empty or has an infinity, or if the reference is constant, which is no scale.

    Examples
    --------
    >>> wasserstein([1, 2, 3], [2, 3, 4], scaled=False)
    1.0
    """
    one, other = sort(reference).values, sort(current).values
    _require_rows(len(one), len(other))
    for name, values in (("reference", one), ("current", other)):
        if np.isinf(values[[0, -1]]).any():
            raise DataError(f"`{name}` has infinite numbers: nothing moves so far.", "Leave them out, or use drift.ks.")
    every = np.sort(np.concatenate([one, other]), kind="stable")  # two runs in order: one merge
    left = [np.searchsorted(values, every[:-1], "right") / len(values) for values in (one, other)]
    area = float(np.sum(np.abs(left[0] - left[1]) * np.diff(every)))
    if not scaled or not area:
        return area
    if one[0] == one[-1]:
        raise DataError("`reference` is constant: it gives no scale.", "Ask with scaled=False.")
    return area / float(one.std())


def shares(reference: Any, current: Any, *, bins: int = 10) -> pd.DataFrame:
    """The bins that PSI looks at, and the share of each sample that lies in them.

    Parameters
    ----------
    reference, current : array-like of shape (n,) and (m,), or Sample, or Counts
        As in :func:`psi`.
    bins : int
        As in :func:`psi`.

    Returns
    -------
    pandas.DataFrame
        ``bin`` (a condition, or the level), ``reference, current`` (shares, each column adds to 1).

    Raises
    ------
    DataError
        As :func:`psi`.

    Examples
    --------
    >>> shares([1, 2, 3, 4], [3, 4, 5, 6], bins=2)
           bin  reference  current
    0  up to 2        0.5      0.0
    1  above 2        0.5      1.0
    """
    one, other = _pair(reference, current)
    counted = _binned(one, other, bins)
    if isinstance(one, Counts):
        names = side_by_side(one, other).index.tolist()
    else:
        edges = _edges(one, bins)
        between = [f"{low:.6g} to {high:.6g}" for low, high in pairwise(edges)]
        names = [f"up to {edges[0]:.6g}", *between, f"above {edges[-1]:.6g}"]
    part = counted / counted.sum(axis=0)
    return pd.DataFrame({"bin": names, "reference": part[:, 0], "current": part[:, 1]})


def _pair(reference: Any, current: Any) -> tuple[Any, Any]:
    """Both as numbers if both are numbers, otherwise both as categories."""
    sides = [each if isinstance(each, Sample | Counts) else pd.Series(each) for each in (reference, current)]
    if all(isinstance(each, Sample) or (isinstance(each, pd.Series) and _is_number(each)) for each in sides):
        return sort(sides[0]), sort(sides[1])
    if any(isinstance(each, Sample) for each in sides):
        raise DataError("One sample is of numbers, the other of categories.", "Give both in one form.")
    return count(sides[0]), count(sides[1])


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _binned(reference: Any, current: Any, bins: int) -> np.ndarray:
    """Rows in each bin, the reference's in the first column."""
    if bins < 2:
        raise DataError(f"`bins` must be at least 2, got: {bins}.")
    one, other = _pair(reference, current)
    if isinstance(one, Counts):
        table = side_by_side(one, other)
        _require_rows(*table.sum())
        return table.to_numpy("float64")
    _require_rows(len(one.values), len(other.values))
    edges = _edges(one, bins)
    upto = [np.searchsorted(each.values, edges, "right") for each in (one, other)]
    return np.column_stack(
        [np.diff(each, prepend=0, append=len(side.values)) for each, side in zip(upto, (one, other), strict=True)]
    ).astype("float64")


def _edges(sample: Sample, bins: int) -> np.ndarray:
    """The reference's own values at its quantiles, each once; where most are its highest value, the one below that."""
    values = sample.values
    if values[0] == values[-1]:  # below, equal and above
        return np.array([np.nextafter(values[0], -np.inf), values[0]])
    places = np.ceil(np.arange(1, bins) / bins * len(values)).astype("int64") - 1
    edges = np.unique(values[places])
    below = edges[edges < values[-1]]
    return below if len(below) else values[[np.searchsorted(values, values[-1]) - 1]]


def _require_rows(n: int, m: int) -> None:
    if not (n and m):
        raise DataError(f"There are {n} and {m} values to compare.", "Give at least one on each side.")
