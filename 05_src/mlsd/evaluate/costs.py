"""What the mistakes of a model cost, and the threshold that follows.

Each false alarm and each miss costs something, in any one unit: dollars, minutes, complaints. A hit may bring a benefit
besides. What is rightly left alone costs nothing. With calibrated probabilities the best threshold follows from the
costs alone (:func:`calibrated_threshold`); with others, take it from cases whose outcome is known
(:func:`best_threshold`), which should be neither those the model was fitted on nor those it is judged by.

References
----------
C. Elkan (2001), "The foundations of cost-sensitive learning", IJCAI, equations 1 and 2.
"""

import math
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .cases import both_classes, labels_and_probabilities

__all__ = ["best_threshold", "calibrated_threshold", "check_costs", "cost_curve"]


def cost_curve(
    y_true: Any, probability: Any, *, cost_false_alarm: float, cost_miss: float, benefit_hit: float = 0.0
) -> pd.DataFrame:
    """What a case costs on average at each threshold that makes a difference.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        What happened: 0 or 1.
    probability : array-like of shape (n,)
        The model's probability of a 1.
    cost_false_alarm, cost_miss : float
        What one of each costs, at least 0, in one unit.
    benefit_hit : float
        What a 1 that was flagged brings, less what acting on it costs; negative if acting costs more than it brings.

    Returns
    -------
    pandas.DataFrame
        One row a threshold, highest first: ``threshold``; ``flagged, false_alarms, misses`` (int64, cases); ``cost``
        (a case, on average). The first threshold lies just above the highest probability and flags nobody; the others
        are the probabilities that occur, and the last flags everybody.

    Raises
    ------
    DataError
        If labels are not 0 and 1, a probability lies outside 0 and 1, the lengths differ, there is only one class, a
        cost is negative, or acting can never pay.

    Examples
    --------
    >>> cost_curve([0, 1, 0, 1], [0.1, 0.4, 0.6, 0.9], cost_false_alarm=1, cost_miss=3)
       threshold  flagged  false_alarms  misses  cost
    0        0.9        0             0       2  1.50
    1        0.9        1             0       1  0.75
    2        0.6        2             1       1  1.00
    3        0.4        3             1       0  0.25
    4        0.1        4             2       0  0.50
    """
    check_costs(cost_false_alarm, cost_miss, benefit_hit)
    y, p = labels_and_probabilities(y_true, probability)
    both_classes(y)
    order = np.argsort(-p, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(p[order]) < 0, True))  # the last case of each probability
    thresholds = np.append(np.nextafter(p.max(), 2), p[order][ends])
    flagged = np.append(0, ends + 1)
    hits = np.append(0, np.cumsum(y[order])[ends])
    alarms, misses = flagged - hits, y.sum() - hits
    cost = (cost_false_alarm * alarms + cost_miss * misses - benefit_hit * hits) / len(y)
    columns = {"threshold": thresholds, "flagged": flagged, "false_alarms": alarms, "misses": misses, "cost": cost}
    return pd.DataFrame(columns)


def best_threshold(
    y_true: Any, probability: Any, *, cost_false_alarm: float, cost_miss: float, benefit_hit: float = 0.0
) -> float:
    """The threshold that would have cost least on these cases; where several would, the one that flags fewest.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        What happened: 0 or 1.
    probability : array-like of shape (n,)
        The model's probability of a 1.
    cost_false_alarm, cost_miss, benefit_hit : float
        As in :func:`cost_curve`.

    Returns
    -------
    float
        The threshold: flag where the probability is at least this.

    Raises
    ------
    DataError
        As :func:`cost_curve`.

    Examples
    --------
    >>> best_threshold([0, 1, 0, 1], [0.1, 0.4, 0.6, 0.9], cost_false_alarm=1, cost_miss=3)
    0.4
    """
    costs = {"cost_false_alarm": cost_false_alarm, "cost_miss": cost_miss, "benefit_hit": benefit_hit}
    curve = cost_curve(y_true, probability, **costs)
    return float(curve["threshold"][curve["cost"].argmin()])


def calibrated_threshold(*, cost_false_alarm: float, cost_miss: float, benefit_hit: float = 0.0) -> float:
    """The best threshold for calibrated probabilities: false alarm / (false alarm + miss + benefit).

    At this probability, acting and not acting cost the same on average. It needs no data, but it holds only where 30 %
    means that 30 of 100 such cases are a 1.

    Parameters
    ----------
    cost_false_alarm, cost_miss, benefit_hit : float
        As in :func:`cost_curve`.

    Returns
    -------
    float
        The threshold, from 0 to 1.

    Raises
    ------
    DataError
        If a cost is negative, or acting can never pay.

    References
    ----------
    C. Elkan (2001), "The foundations of cost-sensitive learning", IJCAI, equation 2.

    Examples
    --------
    >>> calibrated_threshold(cost_false_alarm=1, cost_miss=3)
    0.25
    """
    check_costs(cost_false_alarm, cost_miss, benefit_hit)
    return cost_false_alarm / (cost_false_alarm + cost_miss + benefit_hit)


def check_costs(cost_false_alarm: float, cost_miss: float, benefit_hit: float = 0.0) -> None:
    """Raise a DataError unless the costs are at least 0 and acting on a certain 1 pays.

    Parameters
    ----------
    cost_false_alarm, cost_miss, benefit_hit : float
        As in :func:`cost_curve`.
    """
    for name, value in {"cost_false_alarm": cost_false_alarm, "cost_miss": cost_miss}.items():
        if not (math.isfinite(value) and value >= 0):
            raise DataError(
                f"`{name}` must be a number of at least 0, got: {value}.",
                "Say what one such mistake costs, as a positive number; what a hit brings goes into benefit_hit.",
            )
    if not (math.isfinite(benefit_hit) and cost_miss + benefit_hit > 0):
        raise DataError(
            f"Acting can never pay: cost_miss={cost_miss} and benefit_hit={benefit_hit} together must be above 0.",
            "If they truly are not, flag nobody; that takes no model.",
        )
