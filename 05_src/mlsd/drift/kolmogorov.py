"""The test of Kolmogorov and Smirnov from sorted numbers, each sample sorted once.

The distance and the p-value are those of ``scipy.stats.ks_2samp``. Two things make it quick. The distance function of
two sorted samples is looked at in coarse steps first, and closely only where it could still exceed what was found: the
counts at the two ends of a step bound everything between. And the sum behind the p-value of a large sample is so smooth
that every hundredth or so of its terms gives it to twelve digits.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError

__all__ = ["Sample", "Test", "ks", "sort"]

STEPS = (512, 64, 8, 1)
EXACT_UP_TO = 10_000  # as scipy: both samples this small have an exact p-value
NODES = 2_000


@dataclass(frozen=True)
class Test:
    """What one test says about two samples.

    Attributes
    ----------
    statistic : float
        The test's own number.
    p_value : float
        How often chance alone would give a statistic at least so large, were both samples from one source.
    effect : float
        The size of the difference, 0 (none) to 1, hardly dependent on how many rows there are.
    """

    statistic: float
    p_value: float
    effect: float

    __test__ = False  # pytest would take a class of this name for a collection of tests


@dataclass(frozen=True)
class Sample:
    """Numbers in order, so that one reference serves many comparisons.

    Attributes
    ----------
    values : numpy.ndarray of shape (n,)
        Ascending, without the missing ones.
    missing : int
        How many were missing.
    """

    values: np.ndarray
    missing: int = 0


def sort(values: Any) -> Sample:
    """Put the numbers of one sample in order, and count those that are missing.

    Parameters
    ----------
    values : array-like of shape (n,) or Sample
        Numbers; NaN and None are missing. Infinities are numbers: they stand at the ends.

    Returns
    -------
    Sample
        What :func:`ks`, :func:`psi`, :func:`jensen_shannon` and :func:`wasserstein` take in place of an array.

    Raises
    ------
    DataError
        If these are no numbers, or not one column of them.

    Examples
    --------
    >>> sort([3, None, 1])
    Sample(values=array([1., 3.]), missing=1)
    """
    if isinstance(values, Sample):
        return values
    try:
        numbers = np.asarray(values, dtype="float64")
    except (TypeError, ValueError) as error:
        raise DataError(f"These are no numbers: {error}.", "Categories are compared with drift.chi_square.") from error
    if numbers.ndim != 1:
        raise DataError(f"One column is compared at a time, got an array of shape {numbers.shape}.")
    ordered = np.sort(numbers)  # NaN comes last
    known = int(np.searchsorted(ordered, np.nan))
    return Sample(ordered[:known], len(ordered) - known)


def ks(reference: Any, current: Any, *, method: str = "auto") -> Test:
    """Test whether two samples of numbers come from one distribution.

    Parameters
    ----------
    reference, current : array-like of shape (n,) and (m,), or Sample
        Numbers. Missing ones are left out; their share has a test of its own in :func:`compare`. Infinities count as
        the lowest and the highest.
    method : str
        ``asymp``: Smirnov's limit. ``exact``: count all orders of the two samples (slow above some thousands).
        ``auto``: exact if neither sample has more than 10,000 numbers.

    Returns
    -------
    Test
        ``statistic`` and ``effect`` are the largest distance between the two cumulative shares. With ties, as in
        rounded numbers, the p-value is too high, never too low.

    Raises
    ------
    DataError
        If a sample has no number, or the method is not known.

    References
    ----------
    N. Smirnov (1948), Annals of Mathematical Statistics 19, 279–281. Z. W. Birnbaum and F. H. Tingey (1951), Annals of
    Mathematical Statistics 22, 592–596, for the sum. R. Simard and P. L'Ecuyer (2011), Journal of Statistical Software
    39(11), for which formula serves where.

    Examples
    --------
    >>> ks([1, 2, 3, 4], [3, 4, 5, 6])
    Test(statistic=0.5, p_value=0.7714285714285716, effect=0.5)
    """
    one, other = sort(reference).values, sort(current).values
    if method not in ("auto", "exact", "asymp"):
        raise DataError(f"`method` must be one of ['auto', 'exact', 'asymp'], got: {method!r}.")
    if not (len(one) and len(other)):
        raise DataError(f"There are {len(one)} and {len(other)} numbers to compare.", "Give at least one on each side.")
    small = max(len(one), len(other)) <= EXACT_UP_TO
    if method == "exact" or (method == "auto" and small):
        distance, p = _exact(one, other)
    else:
        distance = _distance(one, other)
        p = _p_value(distance, len(one), len(other))
    return Test(distance, p, distance)


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    """The largest distance between the cumulative shares of two sorted samples."""
    best, blocks, size = 0.0, np.zeros(1, dtype="int64"), len(b)
    for step in (step for step in STEPS if step == 1 or step * 8 < len(b)):
        ends = np.arange(0, size + step, step)
        edges = (
            np.minimum(blocks[:, None] * size + ends, len(b)) - 1
        )  # a block is all of b after one edge up to the next
        (a_at, a_before), (b_at, b_before) = _shares(a, b, edges)
        best = max(best, _largest(a_at - b_at), _largest(a_before - b_before))
        above, below = a_before[:, 1:] - b_at[:, :-1], b_before[:, 1:] - a_at[:, :-1]
        hopeful = np.maximum(above, below) > best
        firsts = (edges[:, :-1] + 1) // step
        blocks, size = firsts[hopeful], step
        if not len(blocks):
            break
    return best


def _shares(a: np.ndarray, b: np.ndarray, edges: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """For a and for b, what share is at most b[edge], and what share is below; nothing before the first.

    One search says both where nothing is tied, and of b itself the place is known; only ties are searched for again.
    """
    values, inside = b[np.maximum(edges, 0)], edges >= 0
    a_at = np.searchsorted(a, values, "right")
    a_before = _again(a, values, a_at, a[np.maximum(a_at - 1, 0)] == values, "left")
    b_at = _again(b, values, edges + 1, b[np.minimum(edges + 1, len(b) - 1)] == values, "right")
    b_before = _again(b, values, edges, b[np.maximum(edges - 1, 0)] == values, "left")
    pairs = ((a_at, a_before, len(a)), (b_at, b_before, len(b)))
    return [(np.where(inside, at / size, 0.0), np.where(inside, before / size, 0.0)) for at, before, size in pairs]


def _again(sample: np.ndarray, values: np.ndarray, places: np.ndarray, tied: np.ndarray, side: Any) -> np.ndarray:
    """The places, with those that are tied searched for."""
    found = places.copy()
    found[tied] = np.searchsorted(sample, values[tied], side)
    return found


def _largest(differences: np.ndarray) -> float:
    return float(np.abs(differences).max())


def _exact(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    from scipy.stats import ks_2samp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the exact count failed: scipy gives the limit instead
        found = ks_2samp(a, b, method="exact")
    return float(found.statistic), float(found.pvalue)


def _p_value(distance: float, n: int, m: int) -> float:
    """Smirnov's limit as scipy takes it: the one-sample distribution at the harmonic size."""
    from scipy.stats import binom, kstwo

    size = round(max(n, m) * min(n, m) / (n + m))
    if size == 0:  # one number against one
        return 1.0
    if size * distance**2 < 2.2 or size * distance**2 >= 370 or size <= NODES or distance >= 0.5:
        return float(np.clip(kstwo.sf(distance, size), 0, 1))
    # scipy adds all terms of Birnbaum and Tingey here; they are smooth and vanish at both ends, so a few are enough
    step = size // NODES + 1
    j = np.arange(0, int(size * (1 - distance)) + 1, step)
    chance = distance + j / size
    terms = binom.pmf(j, size, np.minimum(chance, 1.0)) / chance
    return float(min(2 * distance * step * terms.sum(), 1.0))
