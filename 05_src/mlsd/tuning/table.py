"""Scores of candidates and folds as one table, with the columns of scikit-learn's ``cv_results_``."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from .fold import Outcome
from .scoring import ONLY

__all__ = ["make_table", "metric_names"]


def metric_names(names: Sequence[str], outcomes: Mapping[tuple[int, int], Outcome]) -> list[str]:
    """The metrics: as they were asked for, or as the first fit that went well says.

    Parameters
    ----------
    names : sequence of str
        As asked for; empty where a function of one's own decides.
    outcomes : dict of (candidate, fold) to Outcome
        What is known.

    Returns
    -------
    list of str
    """
    told = (list(outcome.scores) for _, outcome in sorted(outcomes.items()) if outcome.scores)
    return list(names) or next(told, [ONLY])


def make_table(
    candidates: Sequence[dict[str, Any]],
    outcomes: Mapping[tuple[int, int], Outcome],
    *,
    folds: int,
    names: Sequence[str],
    counted: Sequence[int],
) -> pd.DataFrame:
    """Columns as of ``cv_results_``, in its order, and ``error``; one row a candidate, in the candidates' order.

    Parameters
    ----------
    candidates : list of dict
        Parameters by name.
    outcomes : dict of (candidate, fold) to Outcome
        What is missing is NaN.
    folds : int
        How many folds there are.
    names : list of str
        Metrics.
    counted : list of int
        The folds that means and ranks are taken over.

    Returns
    -------
    pandas.DataFrame
        ``mean_fit_time, std_fit_time, mean_score_time, std_score_time`` : seconds, as of fits that share nothing.
        ``param_…``, ``params`` : the candidate; missing where it does not set the parameter.
        ``split0_test_score …, mean_test_score, std_test_score, rank_test_score`` : for each metric.
        ``error`` : what went wrong first and in how many folds; missing where nothing did.
    """
    table: dict[str, Any] = {}
    for kind in ("fit_time", "score_time"):
        times = _grid(candidates, outcomes, folds, lambda outcome, kind=kind: getattr(outcome, kind))[:, counted]
        table[f"mean_{kind}"], table[f"std_{kind}"] = _mean_and_std(times)
    table |= _param_columns(candidates)
    table["params"] = list(candidates)
    for name in names:
        table |= _score_columns(
            name,
            _grid(candidates, outcomes, folds, lambda outcome, name=name: outcome.scores.get(name, np.nan)),
            counted,
        )
    table["error"] = pd.Series([_error(number, outcomes, folds) for number in range(len(candidates))], dtype="str")
    return pd.DataFrame(table).rename_axis("candidate")


def _grid(candidates: Sequence, outcomes: Mapping, folds: int, read: Any) -> np.ndarray:
    values = np.full((len(candidates), folds), np.nan)
    for (number, fold), outcome in outcomes.items():
        if number < len(candidates):
            values[number, fold] = read(outcome)
    return values


def _mean_and_std(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """In the order of additions that scikit-learn takes, so that the last bit agrees."""
    means = np.average(values, axis=1)
    return means, np.sqrt(np.average((values - means[:, np.newaxis]) ** 2, axis=1))


def _score_columns(name: str, scores: np.ndarray, counted: Sequence[int]) -> dict[str, np.ndarray]:
    columns = {f"split{fold}_test_{name}": scores[:, fold] for fold in range(scores.shape[1])}
    means, stds = _mean_and_std(scores[:, counted])
    return columns | {f"mean_test_{name}": means, f"std_test_{name}": stds, f"rank_test_{name}": _ranks(means)}


def _ranks(means: np.ndarray) -> np.ndarray:
    if np.isnan(means).all():
        return np.ones(len(means), dtype=np.int32)
    filled = np.nan_to_num(means, nan=np.nanmin(means) - 1)  # what failed shares the last rank
    return rankdata(-filled, method="min").astype(np.int32)


def _param_columns(candidates: Sequence[dict[str, Any]]) -> dict[str, np.ma.MaskedArray]:
    columns: dict[str, np.ma.MaskedArray] = {}
    for name in dict.fromkeys(name for params in candidates for name in params):
        rows = [row for row, params in enumerate(candidates) if name in params]
        values = [candidates[row][name] for row in rows]
        column = np.ma.MaskedArray(np.empty(len(candidates), dtype=_column_type(values)), mask=True)
        for row, value in zip(rows, values, strict=True):
            column[row] = value
        columns[f"param_{name}"] = column
    return columns


def _column_type(values: list[Any]) -> np.dtype:
    try:
        array = np.array(values)
    except ValueError:  # lists of different lengths
        return np.dtype(object)
    return array.dtype if array.dtype.kind != "U" and array.ndim == 1 else np.dtype(object)


def _error(number: int, outcomes: Mapping[tuple[int, int], Outcome], folds: int) -> str | None:
    failed = [
        (fold, outcomes[number, fold].error)
        for fold in range(folds)
        if (number, fold) in outcomes and outcomes[number, fold].error
    ]
    if not failed:
        return None
    more = f" (and in {len(failed) - 1} more folds)" if len(failed) > 1 else ""
    return f"fold {failed[0][0]}, {failed[0][1]}{more}"
