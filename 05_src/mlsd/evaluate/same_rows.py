"""Two fitted models on the same rows, and whether the difference is more than the luck of these rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .cases import labels_and_probabilities

__all__ = ["Paired", "losses", "paired"]

METRICS = ("log_loss", "brier")
SMALLEST = 1e-15


@dataclass(frozen=True)
class Paired:
    """How much one model loses and another does not, on the same rows.

    Attributes
    ----------
    gain : float
        Mean loss of the one less mean loss of the other; positive if the other is better.
    low, high : float
        Its interval.
    one, other : float
        The mean losses.
    rows, clusters : int
        How many rows, and how many clusters that count as independent.
    level : float
        Of the interval.
    """

    gain: float
    low: float
    high: float
    one: float
    other: float
    rows: int
    clusters: int
    level: float

    def __repr__(self) -> str:
        sure = "better" if self.low > 0 else "worse" if self.high < 0 else "no clear difference"
        return (
            f"the other gains {self.gain:+.5f} ({self.level:.0%} interval {self.low:+.5f} to {self.high:+.5f}, "
            f"{self.rows:,} rows in {self.clusters:,} clusters): {sure}"
        )


def paired(
    y_true: Any, one: Any, other: Any, *, metric: str = "log_loss", clusters: Any = None, level: float = 0.95
) -> Paired:
    """Compare the answers of two fitted models to the same rows, none of which either was fitted on.

    Rows of one day have one weather: a bad day is bad luck for all of its flights at once. Name what rows share in
    `clusters`, or the interval is several times too narrow.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        0 and 1.
    one, other : array-like of shape (n,)
        The probabilities that each gave.
    metric : {"log_loss", "brier"}
        The loss of a row: minus the log of the probability of what happened (nats), or the squared error.
    clusters : array-like of shape (n,), optional
        Which rows go together, such as the day. By default each row is its own.
    level : float
        Of the interval.

    Returns
    -------
    Paired
        The gain with its interval.

    Raises
    ------
    DataError
        If the metric is unknown, lengths differ, a cluster is missing or there are fewer than two.

    References
    ----------
    The cluster-robust variance of a mean, with Student's t on clusters less one: A. C. Cameron and D. L. Miller (2015),
    A Practitioner's Guide to Cluster-Robust Inference, Journal of Human Resources 50, 317–372.

    Examples
    --------
    >>> paired([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5], [0.9, 0.2, 0.8, 0.1])
    the other gains +0.52890 (95% interval +0.42069 to +0.63710, 4 rows in 4 clusters): better
    """
    from scipy.stats import t

    if not 0 < level < 1:
        raise DataError(f"`level` must lie between 0 and 1, got: {level}.")
    before, after = losses(y_true, one, metric=metric), losses(y_true, other, metric=metric)
    which = _codes(clusters, len(before))
    count = int(which.max()) + 1
    if count < 2:
        raise DataError("All rows are in one cluster: nothing tells how much is luck.", "Take rows of more days.")
    gains = before - after
    gain = float(gains.mean())
    sums = np.bincount(which, weights=gains - gain, minlength=count)
    error = np.sqrt(count / (count - 1) * np.square(sums).sum()) / len(gains)
    reach = float(t.ppf((1 + level) / 2, count - 1) * error)
    means = float(before.mean()), float(after.mean())
    return Paired(gain, gain - reach, gain + reach, *means, len(gains), count, level)


def losses(y_true: Any, probability: Any, *, metric: str = "log_loss") -> np.ndarray:
    """The loss of each row.

    Parameters
    ----------
    y_true, probability : array-like of shape (n,)
        What happened, 0 or 1, and the probability of a 1.
    metric : {"log_loss", "brier"}
        As for :func:`paired`.

    Returns
    -------
    numpy.ndarray of shape (n,)
        Their mean is the metric.

    Raises
    ------
    DataError
        If the metric is unknown, or labels and probabilities are none.
    """
    if metric not in METRICS:
        raise DataError(f"`metric` must be one of {list(METRICS)}, got: {metric!r}.")
    y, p = labels_and_probabilities(y_true, probability)
    if metric == "brier":
        return np.square(p - y)
    return -np.log(np.clip(np.where(y == 1, p, 1 - p), SMALLEST, 1))


def _codes(clusters: Any, rows: int) -> np.ndarray:
    if clusters is None:
        return np.arange(rows)
    codes, _ = pd.factorize(pd.Series(np.asarray(clusters)))
    if len(codes) != rows:
        raise DataError(f"{rows} rows, but {len(codes)} clusters.", "Give the cluster of each row, in the same order.")
    if (codes < 0).any():
        raise DataError(f"Row {int((codes < 0).argmax())} has no cluster.", "Fill the gap, or leave the row out.")
    return np.asarray(codes)
