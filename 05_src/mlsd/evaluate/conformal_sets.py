"""Answers with a promise: intervals and sets that hold the truth in 9 of 10 new cases, whatever the model is.

Split conformal prediction: a fitted model is asked about calibration rows that it has not seen, a score says how wrong
it was on each, and a quantile of the scores says how wrong it may be on the next one. The promise needs no word about
the model or the data but one: calibration rows and new rows must be exchangeable, as if shuffled together. Rows of a
later time need not be; measure with :meth:`Conformal.coverage`.

The promise is for the average over calibration sets, too. What one set will cover on new rows is itself a draw, from a
Beta(k, n + 1 - k) where k of n scores lie within the quantile; the table of quantiles says how far that may go.

References
----------
V. Vovk, A. Gammerman and G. Shafer (2005), "Algorithmic Learning in a Random World", Springer (Mondrian: chapter 4).
H. Papadopoulos, K. Proedrou, V. Vovk and A. Gammerman (2002), "Inductive confidence machines for regression", ECML.
A. N. Angelopoulos and S. Bates (2023), "Conformal prediction: a gentle introduction", Foundations and Trends in Machine
Learning 16 (sections 1 and 3.2). V. Vovk (2012), "Conditional validity of inductive conformal predictors", ACML.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from ..errors import DataError, require_columns

__all__ = ["Conformal", "conformal"]

Difficulty = Callable[[Any], Any]


@dataclass(frozen=True)
class Conformal:
    """A model that answers with intervals or sets. Made by :func:`conformal`.

    Attributes
    ----------
    model : estimator
        The fitted model.
    promised : float
        The coverage that was asked for.
    quantiles : pandas.DataFrame
        One row for each group (``all`` if there are none) and, with `by_class`, each class: ``group, label`` (missing
        without `by_class`), ``rows, quantile`` (of the scores), and ``expect_low, expect_high``: where the coverage of
        new rows will lie, in 95 of 100 calibration sets like this one (more than that if scores are tied).
    grouped_by : str or None
        The column that names a row's group, if it was given as one.
    difficulty : callable, estimator or None
        As given.
    mondrian : bool
        Whether each group has quantiles of its own.
    """

    model: Any
    promised: float
    quantiles: pd.DataFrame
    grouped_by: str | None
    difficulty: Any
    mondrian: bool

    def predict(self, X: Any, *, groups: Any = None) -> pd.DataFrame:
        """The interval, or the set of classes, for each row.

        Parameters
        ----------
        X : pandas.DataFrame or array of shape (n, columns)
            New rows.
        groups : array-like of shape (n,), or str
            Each row's group, if the calibration had groups that were not a column of X.

        Returns
        -------
        pandas.DataFrame
            With the index of X. For a regressor ``prediction, lower, upper``. For a classifier one column a class,
            named as in ``classes_``, that is True where the class belongs to the set, and ``size``, their number. A set
            may be empty: then no class is likely enough.

        Raises
        ------
        DataError
            If a group is missing or was not among the calibration rows, or the model's answer is no number.
        """
        return self._answer(X, self._reach(X, groups))

    def coverage(self, X: Any, y: Any, *, groups: Any = None, level: float = 0.95) -> pd.DataFrame:
        """How often the answers held the truth on rows that neither model nor calibration has seen.

        Parameters
        ----------
        X : pandas.DataFrame or array of shape (n, columns)
            New rows.
        y : array-like of shape (n,)
            What happened.
        groups : array-like of shape (n,), or str
            What to count by; a column of X by its name. Need not be the groups of the calibration, unless those were
            given as values: then give the new rows' values here. By the calibration's column if left out.
        level : float
            Of the interval for the coverage.

        Returns
        -------
        pandas.DataFrame
            First all rows together (``group`` is ``all``), then each group: ``group, rows, covered`` (int64);
            ``coverage`` (share); ``low, high`` (Wilson's interval for it); ``mean_size`` (classes in a set, or width).

        Raises
        ------
        DataError
            As in :meth:`predict`; if lengths differ, `level` lies outside 0 and 1, or a label is not among the classes.
        """
        _check_share(level, "level")
        truth = _truth(self.model, X, y)
        said = self.predict(X, groups=None if self.grouped_by else groups)
        rows = pd.DataFrame({"covered": _holds(self.model, said, truth), "size": _size(said)})
        counts = [_counted("all", rows, level)]
        by = self.grouped_by if groups is None else groups
        if by is not None:
            counts += [_counted(name, part, level) for name, part in rows.groupby(_groups(X, by), sort=True)]
        return pd.DataFrame(counts)

    def _reach(self, X: Any, groups: Any) -> np.ndarray:
        """Each row's quantile: one column, or one a class."""
        table = self.quantiles.groupby("group", sort=False)["quantile"].agg(list)
        if not self.mondrian:
            return np.tile(table.iloc[0], (len(X), 1))
        if groups is None and self.grouped_by is None:
            raise DataError("The calibration had groups, but these rows have none.", "Give groups=, a value a row.")
        named = _groups(X, self.grouped_by if groups is None else groups)
        place = table.index.get_indexer(pd.Index(named))
        unseen = list(dict.fromkeys(named[place < 0].tolist()))
        if unseen:
            raise DataError(
                f"No calibration rows for group {unseen[0]!r} ({len(unseen)} such groups). Known: {list(table.index)}.",
                "Calibrate with rows of it, or put it into a wider group that is known.",
            )
        return np.array(table.tolist())[place]

    def _answer(self, X: Any, reach: np.ndarray) -> pd.DataFrame:
        index = X.index if isinstance(X, pd.DataFrame) else None
        if _classes(self.model) is not None:
            answer = pd.DataFrame(1 - _said(self.model, X) <= reach, columns=list(self.model.classes_), index=index)
            return answer.assign(size=answer.sum(axis=1).astype("int64"))
        prediction = _said(self.model, X)
        wide = reach[:, 0] * _difficulty(self.difficulty, X)
        wide = wide + 4 * np.spacing(np.maximum(np.abs(prediction), wide))  # or rounding would drop a row on the edge
        ends = {"prediction": prediction, "lower": prediction - wide, "upper": prediction + wide}
        return pd.DataFrame(ends, index=index)


def conformal(
    model: Any,
    X: Any,
    y: Any,
    *,
    coverage: float = 0.9,
    groups: Any = None,
    by_class: bool = False,
    difficulty: Difficulty | Any = None,
) -> Conformal:
    """Give a fitted model's answers a coverage promise, from rows that it was not fitted on.

    The score of a row is 1 less the probability of its class for a classifier, and the distance of prediction and truth
    for a regressor. Of n scores the ceil((n + 1) · coverage)-th smallest is what a new row's score may reach.

    Parameters
    ----------
    model : estimator
        Already fitted, on other rows than these: a classifier with ``predict_proba``, or a regressor.
    X : pandas.DataFrame or array of shape (n, columns)
        The calibration rows.
    y : array-like of shape (n,)
        What happened.
    coverage : float
        The share of new rows whose truth is to lie in the answer, between 0 and 1.
    groups : array-like of shape (n,), or str
        Keep the promise within each group (Mondrian), by a quantile of its own: values, or the name of a column of X.
    by_class : bool
        Keep the promise within each true class, too. Without it, a rare class can pay for the coverage of the rest.
    difficulty : callable or estimator, optional
        For a regressor: how far off the model will be on each row of X, as a function of X or as a regressor fitted on
        training rows. Scores are divided by it, so that intervals are wide where it is hard; above 0, in any unit.

    Returns
    -------
    Conformal
        With ``.predict(X)``, ``.coverage(X, y)`` and the table ``.quantiles``.

    Raises
    ------
    DataError
        If the rows, or those of a group or class, are too few for the coverage; coverage lies outside 0 and 1; the
        model is not fitted or has no ``predict_proba``; a label is not among its classes; an outcome or a group is
        missing; or the difficulty is not above 0.

    References
    ----------
    As in the module. 1 less the probability as a score: M. Sadinle, J. Lei and L. Wasserman (2019), "Least ambiguous
    set-valued classifiers with bounded error levels", JASA 114.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> model = DummyRegressor(strategy="constant", constant=10).fit([[0]], [0])
    >>> promise = conformal(model, np.zeros((9, 1)), [1, 5, 8, 9, 10, 11, 12, 13, 14], coverage=0.8)
    >>> promise.predict(np.zeros((1, 1)))
       prediction  lower  upper
    0        10.0    5.0   15.0
    """
    _check_share(coverage, "coverage")
    _check_model(model)
    classes = _classes(model)
    if by_class if classes is None else difficulty is not None:
        raise DataError(
            f"`by_class` is for a classifier and `difficulty` for a regressor; this is a {type(model).__name__}.",
            "Leave it out.",
        )
    truth = _truth(model, X, y)
    rows = pd.DataFrame({"score": _scores(model, X, truth, difficulty)})
    rows["group"] = "all" if groups is None else _groups(X, groups)
    rows["label"] = truth if by_class else None
    table = _quantiles(rows, Fraction(str(coverage)), classes if by_class else [None])
    return Conformal(
        model, coverage, table, groups if isinstance(groups, str) else None, difficulty, groups is not None
    )


def _quantiles(rows: pd.DataFrame, coverage: Fraction, labels: Any) -> pd.DataFrame:
    """One row a group and label, in order; an error names all that have too few rows."""
    from scipy.stats import beta

    cells, short, needed = [], {}, math.ceil(coverage / (1 - coverage))
    for (group, part), label in product(rows.groupby("group"), labels):
        scores = np.sort(part["score"] if label is None else part["score"][part["label"] == label])
        n, k = len(scores), math.ceil((len(scores) + 1) * coverage)
        if n < needed:
            short[group if label is None else f"{group}, class {label}"] = n
        else:
            cells.append((group, label, n, scores[k - 1], *beta.ppf([0.025, 0.975], k, n + 1 - k)))
    if short:
        raise DataError(
            f"Coverage {float(coverage)} needs at least {needed} calibration rows each, got: {short}.",
            "Calibrate with more rows, merge small groups, or ask for less coverage.",
        )
    return pd.DataFrame(cells, columns=["group", "label", "rows", "quantile", "expect_low", "expect_high"])


def _scores(model: Any, X: Any, truth: np.ndarray, difficulty: Any) -> np.ndarray:
    said, classes = _said(model, X), _classes(model)
    if classes is None:
        return np.abs(truth - said) / _difficulty(difficulty, X)
    return 1 - said[np.arange(len(truth)), _place(classes, truth)]


def _said(model: Any, X: Any) -> np.ndarray:
    """Probabilities of shape (n, classes), or predictions of shape (n,)."""
    classes = _classes(model)
    said = np.asarray(model.predict(X) if classes is None else model.predict_proba(X), dtype="float64")
    said = said.ravel() if classes is None else said
    missing = ~np.isfinite(said.reshape(len(said), -1)).all(axis=1)
    if missing.any():
        raise DataError(
            f"The model's answer is no number for {missing.sum()} rows; the first is row {missing.argmax()}.",
            "Look what is special in that row; a model that copes with missing values says something for each.",
        )
    return said


def _difficulty(difficulty: Any, X: Any) -> np.ndarray:
    if difficulty is None:
        return np.ones(len(X))
    values = np.asarray(difficulty.predict(X) if hasattr(difficulty, "predict") else difficulty(X), dtype="float64")
    wrong = ~(np.isfinite(values) & (values > 0))
    if values.shape != (len(X),) or wrong.any():
        seen = f"{values[wrong][0]} in row {wrong.argmax()}" if wrong.any() and values.ndim == 1 else values.shape
        raise DataError(
            f"`difficulty` must give a number above 0 for each of {len(X)} rows, got: {seen}.",
            "Add a small constant, or take np.maximum(estimate, smallest).",
        )
    return values


def _truth(model: Any, X: Any, y: Any) -> np.ndarray:
    """What happened as an array, in the model's classes or as numbers."""
    truth, classes = np.asarray(y), _classes(model)
    if truth.shape != (len(X),) or len(truth) == 0:
        raise DataError(
            f"`y` must be one value for each of {len(X)} rows, and at least one, got shape {truth.shape}.",
            "Take X and y from the same rows.",
        )
    if classes is None:
        return _numbers(truth)
    unknown = [label for label in dict.fromkeys(truth.tolist()) if label not in classes]
    if unknown:
        raise DataError(
            f"The model does not know the label {unknown[0]!r} ({len(unknown)} such). Its classes are {classes}.",
            "Write labels as in the fit; a class that was absent there cannot be promised.",
        )
    return truth


def _numbers(truth: np.ndarray) -> np.ndarray:
    try:
        numbers = truth.astype("float64")
    except (TypeError, ValueError) as error:
        raise DataError(
            f"`y` must be numbers for a regressor: {error}.", "Give the column it was fitted on."
        ) from error
    missing = ~np.isfinite(numbers)
    if missing.any():
        raise DataError(
            f"`y` is missing or endless in {missing.sum()} rows; the first is row {missing.argmax()}.",
            "Drop the rows whose outcome is not known.",
        )
    return numbers


def _groups(X: Any, groups: Any) -> np.ndarray:
    """The group of each row, from values or from a column of X."""
    if isinstance(groups, str):
        require_columns(X.columns if isinstance(X, pd.DataFrame) else [], [groups], where="X")
        groups = X[groups]
    named = np.asarray(groups)
    if named.shape != (len(X),):
        raise DataError(
            f"`groups` must be one value for each of {len(X)} rows, got shape {named.shape}.", "Give X['origin']."
        )
    missing = pd.isna(named)
    if missing.any():
        raise DataError(
            f"The group is missing in {missing.sum()} rows; the first is row {missing.argmax()}.",
            "Make the missing ones a group of their own: groups.fillna('unknown').",
        )
    return named


def _counted(name: Any, part: pd.DataFrame, level: float) -> dict[str, Any]:
    from scipy.stats import binomtest

    rows, covered = len(part), int(part["covered"].sum())
    interval = binomtest(covered, rows).proportion_ci(level, method="wilson")
    counted = {"group": name, "rows": rows, "covered": covered, "coverage": covered / rows}
    ends = {"low": float(interval.low), "high": float(interval.high)}
    return counted | ends | {"mean_size": float(part["size"].mean())}


def _holds(model: Any, said: pd.DataFrame, truth: np.ndarray) -> np.ndarray:
    classes = _classes(model)
    if classes is None:
        return ((said["lower"] <= truth) & (truth <= said["upper"])).to_numpy()
    return said.iloc[:, :-1].to_numpy()[np.arange(len(truth)), _place(classes, truth)]


def _size(said: pd.DataFrame) -> np.ndarray:
    return (said["size"] if "size" in said else said["upper"] - said["lower"]).to_numpy()


def _classes(model: Any) -> list[Any] | None:
    classes = getattr(model, "classes_", None)
    return None if classes is None else np.asarray(classes).tolist()


def _place(classes: list[Any], truth: np.ndarray) -> np.ndarray:
    """Each label's position among the classes."""
    return pd.Index(classes).get_indexer(truth)


def _check_model(model: Any) -> None:
    kind = type(model).__name__
    try:
        if hasattr(model, "fit"):
            check_is_fitted(model)
    except NotFittedError as error:
        raise DataError(f"The {kind} is not fitted yet.", "Fit it on the training rows, not on these.") from error
    needed = "predict" if _classes(model) is None else "predict_proba"
    if not hasattr(model, needed):
        raise DataError(f"The {kind} has no {needed}.", "Calibrate a classifier without it first (evaluate.calibrate).")


def _check_share(value: Any, name: str) -> None:
    if not (isinstance(value, int | float | np.number) and 0 < value < 1):
        raise DataError(f"`{name}` must lie between 0 and 1, got: {value!r}.", "Write 90 % as 0.9.")
