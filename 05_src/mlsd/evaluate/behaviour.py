"""Tests of what a fitted model does, not only of its score: what must not matter, what must, and what is the least.

They read like the tests of any program, and belong beside them: ``assert invariance(model, X, change).passed``. A test
that could not fail is refused: a change has to change some row.

References
----------
M. T. Ribeiro, T. Wu, C. Guestrin and S. Singh (2020), "Beyond Accuracy: Behavioral Testing of NLP Models with
CheckList", ACL: invariance, directional expectation and minimum functionality tests.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import check_scoring

from ..errors import DataError, require_columns
from .slicing import named

__all__ = ["Behaviour", "direction", "invariance", "minimum"]

Change = Callable[[pd.DataFrame], pd.DataFrame] | Mapping[str, Any]
NOISE = 1e-12  # less is arithmetic: the same sum in another order


@dataclass(frozen=True)
class Behaviour:
    """What came of a test.

    Attributes
    ----------
    kind : str
        ``invariance``, ``direction`` or ``minimum``.
    passed : bool
        The model did as it must.
    rows : int
        How many rows were tested: those that the change changes.
    failures : int
        How many rows failed; for ``minimum``, how many slices.
    detail : str
        What was seen, in a few words.
    table : pandas.DataFrame
        The rows that failed, worst first, under their index: each changed column as ``<column>_before`` and
        ``<column>_after``, then the model's answer ``before, after`` and the ``difference``. For ``minimum`` one row a
        slice: ``slice, rows, score, at_least, passed``.
    """

    kind: str
    passed: bool
    rows: int
    failures: int
    detail: str
    table: pd.DataFrame

    def __repr__(self) -> str:
        return f"{self.kind} {'passed' if self.passed else 'FAILED'}: {self.detail}"


def invariance(model: Any, X: pd.DataFrame, change: Change, *, tolerance: float = 0.0, n_worst: int = 10) -> Behaviour:
    """Test that a change of the input does not move the answer.

    The answer is the probability of the second class; of a classifier without probabilities its decision function, and
    of a regressor its prediction.

    Parameters
    ----------
    model : estimator
        Fitted, for two classes or a number.
    X : pandas.DataFrame
        Cases to try it on; they are not changed.
    change : function or dict
        A function of a frame that returns it changed, row for row, or ``{column: value}``: one value for all, one each,
        or a function of the column.
    tolerance : float
        The answer may move by so much.
    n_worst : int
        List so many of the rows that failed.

    Returns
    -------
    Behaviour
        Failed if any changed row's answer moves by more.

    Raises
    ------
    DataError
        If the change changes no row, or rows and columns do not stay, or the tolerance is negative.
    ColumnError
        If a column to change is not there.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> X = pd.DataFrame({"distance": [1.0, 2.0, 3.0], "tail": [7.0, 8.0, 6.0]})
    >>> model = LinearRegression().fit(X, 10 * X["distance"])
    >>> invariance(model, X, {"tail": 0.0}, tolerance=1e-6).passed
    True
    >>> invariance(model, X, {"distance": 2.0}, tolerance=1e-6)
    invariance FAILED: 2 of 2 changed rows move by more than 1e-06; the most by 10
    """
    moved = _moves(model, X, change, tolerance)
    size = moved["difference"].abs()
    failed = ~(size <= tolerance + NOISE)  # an answer that is missing fails too
    detail = (
        f"{failed.sum()} of {len(moved)} changed rows move by more than {tolerance:g}; the most by {size.max():.3g}"
    )
    return _result("invariance", moved, failed, size, detail, n_worst)


def direction(
    model: Any, X: pd.DataFrame, change: Change, *, sign: int, tolerance: float = 0.0, n_worst: int = 10
) -> Behaviour:
    """Test that a change of the input moves the answer one way, if at all.

    A tree's answer has steps, so that many rows may well stay where they are. But if none moves, the model does not use
    what was changed, and fails.

    Parameters
    ----------
    model, X, change
        As in :func:`invariance`.
    sign : int
        +1 if the answer must rise, -1 if it must fall.
    tolerance : float
        So far it may move the other way.
    n_worst : int
        List so many of the rows that failed.

    Returns
    -------
    Behaviour
        Failed if any changed row's answer moves the other way by more, or if none moves as it must.

    Raises
    ------
    DataError
        As :func:`invariance`, or if `sign` is not +1 or -1.
    ColumnError
        If a column to change is not there.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> X = pd.DataFrame({"distance": [1.0, 2.0, 3.0]})
    >>> model = LinearRegression().fit(X, 10 * X["distance"])
    >>> direction(model, X, {"distance": lambda column: column + 1}, sign=+1)
    direction passed: 3 of 3 changed rows rise, 0 fall by more than 0
    """
    if sign not in (1, -1):
        raise DataError(f"`sign` must be +1 or -1, got: {sign!r}.", "+1 if the answer must rise, -1 if it must fall.")
    moved = _moves(model, X, change, tolerance)
    wrong = -sign * moved["difference"]
    failed, right = ~(wrong <= tolerance + NOISE), wrong < -NOISE
    must, other = ("rise", "fall") if sign == 1 else ("fall", "rise")
    detail = f"{right.sum()} of {len(moved)} changed rows {must}, {failed.sum()} {other} by more than {tolerance:g}"
    return _result("direction", moved, failed, wrong, detail, n_worst, also=bool(right.any()))


def minimum(
    model: Any,
    X: pd.DataFrame,
    y: Any,
    *,
    metric: str | Callable[..., float],
    at_least: float,
    by: str | Sequence[str] | Mapping[str, str] | None = None,
) -> Behaviour:
    """Test that a model reaches a score, on the whole and in each slice.

    Parameters
    ----------
    model : estimator
        Fitted.
    X : pandas.DataFrame of shape (n, columns)
        Cases that it was not fitted on.
    y : array-like of shape (n,)
        What happened.
    metric : str or function
        One of scikit-learn's scorers, for which higher is better, such as ``"roc_auc"`` or ``"neg_log_loss"``; or a
        function of model, X and y.
    at_least : float
        The score it must reach.
    by : str, list of str or dict, optional
        Slices that must reach it too, as in :func:`slices`.

    Returns
    -------
    Behaviour
        Failed if the whole or a slice scores less, or its score is not defined there (one class only, for example).

    Raises
    ------
    DataError
        If the lengths differ, there is no row, or a query is none.
    ColumnError
        If there is no such column.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> X, y = pd.DataFrame({"airport": ["EWR", "EWR", "JFK", "JFK"]}), [0, 0, 0, 1]
    >>> result = minimum(DummyClassifier().fit(X, y), X, y, metric="accuracy", at_least=0.7, by="airport")
    >>> result
    minimum FAILED: 1 of 3 do not reach 0.7; the lowest, airport = JFK, is 0.5
    """
    labels = np.asarray(y)
    if len(X) != len(labels) or not len(X):
        raise DataError(f"X has {len(X)} rows and y {len(labels)}.", "Give the same rows, at least one.")
    parts = [("all", np.full(len(X), True)), *(named(X, by) if by is not None else ())]
    scorer = check_scoring(model, scoring=metric)
    rows = [(name, int(inside.sum()), _score(scorer, model, X, labels, inside)) for name, inside in parts]
    table = pd.DataFrame(rows, columns=["slice", "rows", "score"]).assign(at_least=at_least)
    table["passed"] = table["score"] >= at_least
    table = table.sort_values("score", kind="stable", na_position="first", ignore_index=True)
    failures = int((~table["passed"]).sum())
    known = "is not defined" if np.isnan(table["score"][0]) else f"is {table['score'][0]:.4g}"
    detail = f"{failures} of {len(table)} do not reach {at_least:g}; the lowest, {table['slice'][0]}, {known}"
    return Behaviour("minimum", failures == 0, len(X), failures, detail, table)


def _moves(model: Any, X: pd.DataFrame, change: Change, tolerance: float) -> pd.DataFrame:
    """The rows that the change changes: what changed, and the answer before and after."""
    if not tolerance >= 0:
        raise DataError(f"`tolerance` must be at least 0, got: {tolerance}.", "Say by how much the answer may move.")
    changed = _changed(X, change)
    differs = {name: _differs(X[name], changed[name]) for name in X.columns}
    columns = [name for name, rows in differs.items() if rows.any()]
    if not columns:
        raise DataError(
            f"The change leaves all {len(X)} rows as they are, so that any model would pass.",
            "Change to a value that the rows do not have, or give other rows.",
        )
    rows = np.any([differs[name] for name in columns], axis=0)
    sides = {f"{name}_{side}": frame[name] for name in columns for side, frame in (("before", X), ("after", changed))}
    table = pd.DataFrame(sides)[rows]
    table["before"], table["after"] = _answers(model, X[rows]), _answers(model, changed[rows])
    table["difference"] = table["after"] - table["before"]
    return table


def _changed(X: pd.DataFrame, change: Change) -> pd.DataFrame:
    changed: Any = X.copy()
    if callable(change):
        changed = change(changed)
        if not isinstance(changed, pd.DataFrame) or not (
            changed.index.equals(X.index) and changed.columns.equals(X.columns)
        ):
            raise DataError(
                "`change` must return the frame with the same rows and columns.", "Change values only, not rows."
            )
        return changed
    require_columns(X.columns, change, where="X")
    for name, value in change.items():
        try:  # into the column as it is, so that the model meets the types that it was fitted on
            changed.loc[:, name] = value(X[name]) if callable(value) else value
        except (TypeError, ValueError) as error:
            fix = f"Change the column's type before the fit, or give a function of the frame: {error}"
            raise DataError(f"Column {name!r} is {X[name].dtype} and does not take that value.", fix) from error
    return changed


def _differs(before: pd.Series, after: pd.Series) -> np.ndarray:
    if before.equals(after):
        return np.full(len(before), False)
    one, other = (side.astype(object).where(side.notna(), None).to_numpy() for side in (before, after))
    return np.asarray(one != other, dtype=bool)  # None is None: a value that stays missing has not changed


def _answers(model: Any, X: pd.DataFrame) -> np.ndarray:
    name = next(name for name in ("predict_proba", "decision_function", "predict") if hasattr(model, name))
    answer = np.asarray(getattr(model, name)(X))
    if name == "predict_proba" and answer.ndim == 2 and answer.shape[1] == 2:
        return answer[:, 1]
    if answer.ndim != 1 or answer.dtype.kind not in "iuf":
        raise DataError(
            f"{name} gives {answer.dtype.name} of shape {answer.shape}; one number a row is needed.",
            "Test a regressor, or a classifier for two classes.",
        )
    return answer.astype("float64")


def _result(
    kind: str, moved: pd.DataFrame, failed: pd.Series, badness: pd.Series, detail: str, n_worst: int, also: bool = True
) -> Behaviour:
    # by place, for an index may hold a label twice; what is missing sorts first
    order = np.argsort(-badness[failed].fillna(np.inf).to_numpy(), kind="stable")
    worst = moved[failed].iloc[order[:n_worst]]
    return Behaviour(kind, also and not failed.any(), len(moved), int(failed.sum()), detail, worst)


def _score(scorer: Any, model: Any, X: pd.DataFrame, y: np.ndarray, inside: np.ndarray) -> float:
    if not inside.any():
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return float(scorer(model, X[inside], y[inside]))
