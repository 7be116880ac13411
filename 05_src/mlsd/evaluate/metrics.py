"""A panel of metrics for a rare class.

One number hides too much: where 7 % are positive, "93 % accurate" is what never flagging anybody gets. The panel puts
beside it what the flags are worth (precision, recall, cost), how well the model ranks (the areas) and whether its
probabilities can be believed (log loss, Brier score).
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from ..errors import DataError, require_columns
from .cases import labels_and_probabilities
from .costs import check_costs

__all__ = ["panel"]

NO_ONES, NO_ZEROS = "there is no 1 among the labels", "there is no 0 among the labels"


def panel(
    y_true: Any,
    probability: Any,
    *,
    threshold: float | Mapping[str, float] = 0.5,
    costs: Mapping[str, float] | None = None,
    top: float = 0.1,
) -> pd.DataFrame:
    """Metrics of one model or several on the same cases, one row a metric.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        What happened: 0 or 1.
    probability : array-like of shape (n,), or dict of name to such
        The probability of a 1: of one model, or of several by name.
    threshold : float, or dict of name to float
        Flag where the probability is at least this: one for all models, or one each.
    costs : dict, optional
        ``{"cost_false_alarm": ..., "cost_miss": ...}`` and, if you like, ``"benefit_hit"``, as in :func:`cost_curve`.
    top : float
        How many of the highest probabilities somebody has time for: a share below 1, or a number of cases.

    Returns
    -------
    pandas.DataFrame
        One row a metric, one column a model (``value`` for a single one) and ``note``, which says why a number is
        missing. What is not defined is NaN: no warning, no made-up 0.

        ``n, positives, share`` : cases, those that are 1, and their share.
        ``threshold, flagged`` : as used, and how many cases it flags.
        ``accuracy, balanced_accuracy, precision, recall, f1, mcc`` : of the flags.
        ``cost`` : a case, on average, if `costs` are given.
        ``roc_auc, average_precision`` : of the ranking; by chance 0.5 and `share`.
        ``precision_at_top, recall_at_top`` : if only the `top` highest are flagged; equals are put in order by chance.
        ``log_loss, brier`` : of the probabilities; 0 is best.

    Raises
    ------
    DataError
        If labels are not 0 and 1, a probability lies outside 0 and 1, lengths differ, a cost is negative, or `top` or
        `threshold` cannot be used.

    References
    ----------
    MCC: B. W. Matthews (1975), Biochimica et Biophysica Acta 405. Brier score: G. W. Brier (1950), Monthly Weather
    Review 78. All as scikit-learn computes them, but for MCC without a flag, which scikit-learn calls 0.

    Examples
    --------
    >>> table = panel([0, 0, 0, 1], [0.1, 0.2, 0.6, 0.7])
    >>> table.loc[["accuracy", "precision", "recall", "roc_auc"], "value"].to_dict()
    {'accuracy': 0.75, 'precision': 0.5, 'recall': 1.0, 'roc_auc': 1.0}
    >>> panel([0, 0, 0, 1], [0.1, 0.2, 0.3, 0.4]).loc["precision", "note"]
    'no case is flagged'
    """
    models = dict(probability) if isinstance(probability, Mapping) else {"value": probability}
    _check_names(models, threshold)
    if costs is not None:
        check_costs(**costs)
    tables = {}
    for name, given in models.items():
        y, p = labels_and_probabilities(y_true, given, name="`probability`" if name == "value" else f"`{name}`")
        cut = threshold[name] if isinstance(threshold, Mapping) else threshold
        tables[name] = _metrics(y, p, _as_threshold(cut), costs, _cases_at_top(top, len(y)))
    return pd.DataFrame(tables).apply(pd.to_numeric, errors="coerce").assign(note=_notes(tables))


def _metrics(
    y: np.ndarray, p: np.ndarray, threshold: float, costs: Mapping[str, float] | None, k: int
) -> dict[str, float | str]:
    """Each metric's value, or the reason why it has none."""
    table = {"n": len(y), "positives": int(y.sum()), "share": y.mean(), "threshold": threshold}
    return table | _of_flags(y, p >= threshold, costs) | _of_ranking(y, p, k) | _of_probabilities(y, p)


def _of_flags(y: np.ndarray, flagged: np.ndarray, costs: Mapping[str, float] | None) -> dict[str, float | str]:
    hits, alarms = int((flagged & (y == 1)).sum()), int((flagged & (y == 0)).sum())
    misses, passes = int(y.sum()) - hits, int((y == 0).sum()) - alarms
    recall, specificity = _ratio(hits, hits + misses, NO_ONES), _ratio(passes, passes + alarms, NO_ZEROS)
    table: dict[str, float | str] = {
        "flagged": hits + alarms,
        "accuracy": (hits + passes) / len(y),
        "balanced_accuracy": _mean(recall, specificity),
        "precision": _ratio(hits, hits + alarms, "no case is flagged"),
        "recall": recall,
        "f1": _ratio(2 * hits, 2 * hits + alarms + misses, "no case is flagged and there is no 1 among the labels"),
        "mcc": _mcc(hits, alarms, misses, passes),
    }
    return table | ({"cost": _cost(hits, alarms, misses, len(y), **costs)} if costs else {})


def _of_ranking(y: np.ndarray, p: np.ndarray, k: int) -> dict[str, float | str]:
    missing = NO_ONES if not y.any() else NO_ZEROS if y.all() else ""
    hits = _hits_at_top(y, p, k)
    return {
        "roc_auc": missing or float(roc_auc_score(y, p)),
        "average_precision": NO_ONES if not y.any() else float(average_precision_score(y, p)),
        "precision_at_top": hits / k,
        "recall_at_top": _ratio(hits, int(y.sum()), NO_ONES),
    }


def _of_probabilities(y: np.ndarray, p: np.ndarray) -> dict[str, float | str]:
    return {"log_loss": float(log_loss(y, p, labels=[0, 1])), "brier": float(np.mean((p - y) ** 2))}


def _ratio(part: float, whole: float, why_not: str) -> float | str:
    return part / whole if whole else why_not


def _mean(recall: float | str, specificity: float | str) -> float | str:
    words = [value for value in (recall, specificity) if isinstance(value, str)]
    return words[0] if words else (float(recall) + float(specificity)) / 2


def _mcc(hits: int, alarms: int, misses: int, passes: int) -> float | str:
    """Matthews' correlation of the flags with the labels."""
    sides = {
        "no case is flagged": hits + alarms,
        NO_ONES: hits + misses,
        NO_ZEROS: passes + alarms,
        "every case is flagged": passes + misses,
    }
    empty = [why for why, side in sides.items() if not side]
    return empty[0] if empty else (hits * passes - alarms * misses) / math.sqrt(math.prod(sides.values()))


def _cost(
    hits: int, alarms: int, misses: int, n: int, cost_false_alarm: float, cost_miss: float, benefit_hit: float = 0.0
) -> float:
    return (cost_false_alarm * alarms + cost_miss * misses - benefit_hit * hits) / n


def _hits_at_top(y: np.ndarray, p: np.ndarray, k: int) -> float:
    """How many 1s are expected among the k highest, where equals are put in order by chance."""
    edge = np.partition(p, len(p) - k)[len(p) - k]
    above, level = p > edge, p == edge
    return float(y[above].sum() + (k - above.sum()) * y[level].mean())


def _cases_at_top(top: float, n: int) -> int:
    whole = isinstance(top, int | np.integer) and 1 <= top <= n
    if isinstance(top, bool) or not (whole or 0 < top < 1):
        raise DataError(
            f"`top` must be a share below 1, or a number of cases from 1 to {n}, got: {top!r}.", "Try top=0.1."
        )
    return int(top) if whole else max(1, round(top * n))


def _check_names(models: Mapping[str, Any], threshold: float | Mapping[str, float]) -> None:
    if not models or "note" in models:
        raise DataError(
            f"`probability` needs a name for each model, and 'note' is taken, got: {list(models)}.", "Rename."
        )
    if isinstance(threshold, Mapping):
        require_columns(threshold, models, where="the dict of thresholds")


def _as_threshold(value: Any) -> float:
    if isinstance(value, int | float | np.number) and not np.isnan(value):
        return float(value)
    raise DataError(
        f"`threshold` must be a number, got: {value!r}.", "Give one number, or a dict with one for each model."
    )


def _notes(models: Mapping[str, Mapping[str, float | str]]) -> list[str]:
    """For each metric, why it is missing; with several models also whose."""
    whose = (lambda name: f"{name}: ") if len(models) > 1 else (lambda name: "")
    return [
        "; ".join(whose(name) + why for name, table in models.items() if isinstance(why := table[metric], str))
        for metric in next(iter(models.values()))
    ]
