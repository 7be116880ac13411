"""Draw rows where they matter, weigh the estimate back, and know how many plain rows it is worth."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .weights import check_size, weights_of

__all__ = ["WeightedMean", "effective_size", "importance", "weighted_mean"]


@dataclass(frozen=True)
class WeightedMean:
    """A mean with its standard error, and how many equally weighted rows it is worth."""

    value: float
    standard_error: float
    effective_size: float


def importance(frame: pd.DataFrame, n: int, *, proposal: Any, target: Any = None, seed: int = 0) -> pd.DataFrame:
    """Draw n rows, with replacement, by one distribution, and say what each weighs in another.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row an observation.
    n : int
        How many draws. A row may come twice.
    proposal : str or array-like of float, shape (rows,)
        What to draw by, a column or a number for each row; any scale.
    target : str or array-like of float, shape (rows,), optional
        What the estimate shall be true of. Default: each row counts the same.
    seed : int
        The same seed draws the same rows.

    Returns
    -------
    pandas.DataFrame
        n rows in the order of drawing, with the frame's index and columns, and ``importance_weight`` : float64, target
        over proposal, 1 on average. Give it to :func:`weighted_mean`, or to a model's ``sample_weight``.

    Raises
    ------
    ColumnError
        If a column is not there.
    DataError
        If n is not a whole number of at least 1, a weight is missing, negative or infinite, all are 0, or a row that
        counts in the target can never be drawn.

    Examples
    --------
    >>> flights = pd.DataFrame({"delay": [0, 0, 0, 80], "worth_a_look": [1, 1, 1, 5]})
    >>> drawn = importance(flights, 10_000, proposal="worth_a_look")
    >>> float(drawn["delay"].mean()), round(weighted_mean(drawn["delay"], drawn["importance_weight"]).value)
    (50.0, 20)
    """
    check_size(n, n)
    q = weights_of(frame, proposal, "proposal")
    p = np.ones(len(frame)) if target is None else weights_of(frame, target, "target")
    _refuse_never_drawn(frame, p, q)
    p, q = p / p.sum(), q / q.sum()
    chosen = np.random.default_rng(seed).choice(len(frame), n, p=q)
    return frame.iloc[chosen].assign(importance_weight=p[chosen] / q[chosen])


def weighted_mean(values: Any, weights: Any) -> WeightedMean:
    """Estimate a mean from rows that do not count the same.

    Parameters
    ----------
    values : array-like of float, shape (n,)
        What to average.
    weights : array-like of float, shape (n,)
        What each row counts; any scale.

    Returns
    -------
    WeightedMean
        ``value``: the sum of weight times value over the sum of weights. ``standard_error``: of the value, in its
        unit. ``effective_size``: how many equally weighted rows the weights are worth.

    Raises
    ------
    DataError
        If the lengths differ, a value is missing, a weight is missing, negative or infinite, or all are 0.

    Notes
    -----
    Self-normalised importance sampling with its delta-method error: A. Owen, Monte Carlo theory, methods and examples
    (2013), chapter 9.2.

    Examples
    --------
    >>> weighted_mean([1.0, 5.0], [1, 1])
    WeightedMean(value=3.0, standard_error=1.4142135623730951, effective_size=2.0)
    """
    x = pd.Series(np.asarray(values)).to_numpy(dtype="float64", na_value=np.nan)
    w = weights_of(pd.DataFrame(index=range(len(x))), weights, "weights")
    if np.isnan(x).any():
        raise DataError(
            f"`values` is missing in {int(np.isnan(x).sum())} of {len(x)} rows.", "Drop or fill them first."
        )
    value = np.sum(w * x) / np.sum(w)
    error = np.sqrt(np.sum((w * (x - value)) ** 2)) / np.sum(w)
    return WeightedMean(float(value), float(error), effective_size(w))


def effective_size(weights: Any) -> float:
    """How many equally weighted rows these weights are worth: the square of their sum over the sum of their squares.

    Parameters
    ----------
    weights : array-like of float, shape (n,)
        What each row counts; any scale.

    Returns
    -------
    float
        From 1, when one row counts for all, to n, when all count the same.

    Raises
    ------
    DataError
        If a weight is missing, negative or infinite, or all are 0.

    Notes
    -----
    L. Kish, Survey Sampling (1965), chapter 11.7.

    Examples
    --------
    >>> effective_size([1, 1, 1, 1]), effective_size([1, 0, 0, 0])
    (4.0, 1.0)
    """
    given = np.asarray(weights)
    w = weights_of(pd.DataFrame(index=range(len(given))), given, "weights")
    w = w / w.max()  # so that squares of huge weights stay finite
    return float(w.sum() ** 2 / np.sum(w**2))


def _refuse_never_drawn(frame: pd.DataFrame, p: np.ndarray, q: np.ndarray) -> None:
    never = (p > 0) & (q == 0)
    if never.any():
        raise DataError(
            f"`proposal` is 0 in {int(never.sum())} rows that count in the target, the first at index "
            f"{frame.index[int(never.argmax())]}: they can never be drawn, and no weight brings them back.",
            "Give them a small proposal above 0.",
        )
