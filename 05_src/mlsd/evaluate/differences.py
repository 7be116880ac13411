"""Intervals and tests for the difference of two means or two rates, for many slices at once, without a bootstrap.

References
----------
B. L. Welch (1947), Biometrika 34, 28–35. E. B. Wilson (1927), Journal of the American Statistical Association 22.
R. G. Newcombe (1998), Statistics in Medicine 17, 873–890, method 10.
Y. Benjamini and Y. Hochberg (1995), Journal of the Royal Statistical Society B 57.
"""

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["adjusted", "equal_rates", "newcombe", "welch", "wilson"]

FEW = 5  # below so many expected cases in a cell, the normal approximation is too sure of itself


def welch(
    one: tuple[Any, Any, Any], rest: tuple[Any, Any, Any], level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Welch's interval for the mean of one less that of the rest, and the p-value that they are equal.

    Parameters
    ----------
    one, rest : tuple of three arrays
        How many, the sum and the sum of squares, about any one centre near the mean.
    level : float
        Of the interval.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray, numpy.ndarray)
        Low, high and p; NaN where a side has fewer than two.

    Examples
    --------
    >>> low, high, p = welch((np.array([3]), np.array([6]), np.array([14])), (3, 15, 77), 0.95)  # 1 2 3 and 4 5 6
    >>> low.round(3), high.round(3), p.round(3)
    (array([-5.267]), array([-0.733]), array([0.021]))
    """
    from scipy.stats import t

    sides = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for n, total, square in (one, rest):
            n, total, square = (np.asarray(each, dtype="float64") for each in (n, total, square))
            error = np.where(n > 1, np.maximum(square - total**2 / n, 0) / (n - 1) / n, np.nan)
            sides.append((total / n, error, error**2 / (n - 1)))
        difference, variance, small = sides[0][0] - sides[1][0], sides[0][1] + sides[1][1], sides[0][2] + sides[1][2]
        freedom = np.where(variance > 0, variance**2 / small, 1.0)
        p = np.where(variance == 0, difference == 0, 2 * t.sf(np.abs(difference) / np.sqrt(variance), freedom))
    reach = t.ppf((1 + level) / 2, freedom) * np.sqrt(variance)
    return difference - reach, difference + reach, p


def wilson(hits: Any, n: Any, level: float) -> tuple[Any, Any]:
    """Wilson's interval of a rate; unlike that of the textbook it never leaves 0 to 1.

    Parameters
    ----------
    hits, n : array-like
        How many of how many.
    level : float
        Of the interval.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Low and high; NaN where `n` is 0.

    Examples
    --------
    >>> [round(float(end), 4) for end in wilson(81, 263, 0.95)]  # Newcombe's own example
    [0.2553, 0.3662]
    """
    from scipy.stats import norm

    hits, n, z = np.asarray(hits, dtype="float64"), np.asarray(n, dtype="float64"), norm.ppf((1 + level) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (hits + z**2 / 2) / (n + z**2)
        reach = z / (n + z**2) * np.sqrt(hits * (n - hits) / n + z**2 / 4)
    return middle - reach, middle + reach


def newcombe(hits: Any, n: Any, others: Any, m: Any, level: float) -> tuple[Any, Any]:
    """Newcombe's interval for hits/n less others/m, from the two intervals of Wilson.

    Parameters
    ----------
    hits, n, others, m : array-like
        How many of how many, twice.
    level : float
        Of the interval.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Low and high; NaN where a side is empty.

    Examples
    --------
    >>> [round(float(end), 4) for end in newcombe(56, 70, 48, 80, 0.95)]  # Newcombe's own example
    [0.0524, 0.3339]
    """
    (low, high), (low_rest, high_rest) = wilson(hits, n, level), wilson(others, m, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        one, rest = np.true_divide(hits, n), np.true_divide(others, m)
    return (
        one - rest - np.sqrt((one - low) ** 2 + (high_rest - rest) ** 2),
        one - rest + np.sqrt((high - one) ** 2 + (rest - low_rest) ** 2),
    )


def equal_rates(hits: np.ndarray, n: np.ndarray, others: np.ndarray, m: np.ndarray) -> np.ndarray:
    """The p-value that two rates are equal: the pooled z test, and Fisher's exact one where counts are small.

    Parameters
    ----------
    hits, n, others, m : numpy.ndarray
        How many of how many, twice.

    Returns
    -------
    numpy.ndarray
        NaN where a side is empty.

    Examples
    --------
    >>> equal_rates(np.array([3.0]), np.array([4.0]), np.array([1.0]), np.array([4.0])).round(4)  # the lady and her tea
    array([0.4857])
    """
    from scipy.stats import fisher_exact, norm

    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (hits + others) / (n + m)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        p = np.where(error == 0, 1.0, 2 * norm.sf(np.abs(hits / n - others / m) / error))
        few = (np.minimum(n, m) * np.minimum(pooled, 1 - pooled) < FEW) & (error > 0) & np.isfinite(p)
    for row in np.flatnonzero(few):
        four = [[hits[row], n[row] - hits[row]], [others[row], m[row] - others[row]]]
        p[row] = fisher_exact(np.asarray(four, dtype="int64")).pvalue
    return p


def adjusted(p: pd.Series) -> pd.Series:
    """P-values after Benjamini and Hochberg: of those called findings below 0.05, at most 5 % are false on average.

    Parameters
    ----------
    p : pandas.Series
        One a test; NaN for what was not tested.

    Returns
    -------
    pandas.Series
        At the same index.

    Examples
    --------
    >>> adjusted(pd.Series([0.01, 0.04, None, 0.03])).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    from scipy.stats import false_discovery_control

    known = p.dropna()
    return pd.Series(false_discovery_control(known), index=known.index).reindex(p.index) if len(known) else p
