"""Baselines as classifiers, so that everything that takes a model takes them too.

A model has to beat what costs less: a rule that somebody has already, or the rate among similar cases.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import LabelEncoder, OrdinalEncoder
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import (
    assert_all_finite,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from ..errors import DataError, require_columns

__all__ = ["RateBy", "RuleClassifier"]


class _Baseline(ClassifierMixin, BaseEstimator):
    """What both share: a frame in, two classes, and the more probable one out."""

    def predict(self, X: Any) -> np.ndarray:
        """The class that is more probable, for each row.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n, columns)
            The cases.

        Returns
        -------
        numpy.ndarray of shape (n,)
            Labels, written as in the `y` of the fit.
        """
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _start(self, X: Any, y: Any) -> tuple[pd.DataFrame, np.ndarray]:
        """The frame, and the labels as 0 and 1 in the order of ``classes_``."""
        y = column_or_1d(y, warn=True)
        assert_all_finite(y, input_name="y")
        frame = self._frame(X, reset=True)
        check_consistent_length(frame, y)
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind != "binary":  # a ValueError in these words is what scikit-learn's own checks look for
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        labels = LabelEncoder().fit(y)
        self.classes_ = labels.classes_
        if len(self.classes_) < 2:
            raise ValueError(f"y must have two classes, got one class only: {self.classes_[0]!r}.")
        return frame, labels.transform(y)

    def _frame(self, X: Any, *, reset: bool = False) -> pd.DataFrame:
        """The frame itself, or an array's columns under the names x0, x1, ..."""
        if isinstance(X, pd.DataFrame):
            validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        X = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite="allow-nan")
        return pd.DataFrame(X, columns=[f"x{position}" for position in range(X.shape[1])])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = True  # it need not learn anything from random numbers
        tags.input_tags.allow_nan = True
        tags.input_tags.string = tags.input_tags.categorical = True
        return tags


class RuleClassifier(_Baseline):
    """A rule that somebody already has, as a classifier: flag the rows for which it is true.

    A rule knows no shades: its probabilities are 0 and 1, whatever the data say.

    Parameters
    ----------
    rule : str or callable
        A condition on the columns as in ``DataFrame.query``, for example ``"origin == 'EWR' and month > 10"``, or a
        function of the frame that returns True or False for each row. To be saved, it must be a function with a name
        that stands in a module.

    Attributes
    ----------
    classes_ : numpy.ndarray of shape (2,)
        The two labels; the rule flags the second.

    Examples
    --------
    >>> flights = pd.DataFrame({"origin": ["EWR", "JFK", "EWR"], "minute_of_day": [420, 1200, 1080]})
    >>> rule = RuleClassifier("minute_of_day >= 16 * 60").fit(flights, [0, 1, 0])
    >>> rule.predict(flights)
    array([0, 1, 1])
    """

    def __init__(self, rule: str | Callable[[pd.DataFrame], Any]):
        self.rule = rule

    def fit(self, X: Any, y: Any) -> "RuleClassifier":
        """Try the rule on the frame, and remember the two labels; the rule itself learns nothing.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n, columns)
            The cases; the columns of an array are called x0, x1, ...
        y : array-like of shape (n,)
            Two labels, such as 0 and 1.

        Returns
        -------
        RuleClassifier
            Itself.

        Raises
        ------
        ColumnError
            If the rule asks for a column that is not there.
        DataError
            If the rule is not one, or does not answer True or False for each row.
        ValueError
            If `y` has not two classes, as scikit-learn's classifiers do.
        """
        frame, _ = self._start(X, y)
        self._flags(frame)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """1 for the class that the rule names, and 0 for the other.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n, columns)
            The cases.

        Returns
        -------
        numpy.ndarray of shape (n, 2)
            Probabilities in the order of ``classes_``.

        Raises
        ------
        ColumnError, DataError
            As in :meth:`fit`.
        """
        check_is_fitted(self)
        flags = self._flags(self._frame(X)).astype("float64")
        return np.column_stack([1 - flags, flags])

    def _flags(self, frame: pd.DataFrame) -> np.ndarray:
        answer = self.rule(frame) if callable(self.rule) else _ask(self.rule, frame)
        flags = np.asarray(answer)
        if flags.shape != (len(frame),) or flags.dtype != bool:
            seen = f"{flags.dtype} of shape {flags.shape}"
            raise DataError(
                f"The rule {self.rule!r} must say True or False for each of {len(frame)} rows, got: {seen}.",
                "Compare something, and say what holds where a value is missing: wind_gust.fillna(0) > 30.",
            )
        return flags


class RateBy(_Baseline):
    """The rate of the positive class among cases with the same values in some columns, as a classifier.

    A small group's rate is drawn towards the rate of all, as if `smoothing` more cases with that rate belonged to it:
    (positives + smoothing · rate of all) / (cases + smoothing). A group that the fit has not seen gets the rate of all.

    Parameters
    ----------
    columns : str or list of str, optional
        What makes cases alike; together they name a group. All columns if left out. A missing value is a value.
    smoothing : float
        In cases, at least 0.

    Attributes
    ----------
    classes_ : numpy.ndarray of shape (2,)
        The two labels; the second is the positive one.
    rate_ : float
        The rate of all.
    groups_, rates_ : numpy.ndarray of shape (groups, columns) and (groups,)
        The groups, by each value's position in ``encoder_.categories_``, and their rates.

    References
    ----------
    D. Micci-Barreca (2001), "A preprocessing scheme for high-cardinality categorical attributes", ACM SIGKDD
    Explorations 3, equation 3.

    Examples
    --------
    >>> flights = pd.DataFrame({"carrier": ["EV", "EV", "HA", "HA"]})
    >>> heuristic = RateBy("carrier", smoothing=2).fit(flights, [1, 1, 0, 1])
    >>> heuristic.predict_proba(pd.DataFrame({"carrier": ["EV", "HA", "new"]}))[:, 1]
    array([0.875, 0.625, 0.75 ])
    """

    def __init__(self, columns: str | Sequence[str] | None = None, *, smoothing: float = 20.0):
        self.columns = columns
        self.smoothing = smoothing

    def fit(self, X: Any, y: Any) -> "RateBy":
        """Count the rate of each group.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n, columns)
            The cases; the columns of an array are called x0, x1, ...
        y : array-like of shape (n,)
            Two labels, such as 0 and 1.

        Returns
        -------
        RateBy
            Itself.

        Raises
        ------
        ColumnError
            If a column is not there.
        DataError
            If the smoothing is negative.
        ValueError
            If `y` has not two classes, as scikit-learn's classifiers do.
        """
        if not self.smoothing >= 0:
            raise DataError(f"`smoothing` must be at least 0, got: {self.smoothing}.", "20 is a usual number of cases.")
        frame, positive = self._start(X, y)
        self.encoder_ = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2, dtype="int64"
        )
        codes = self.encoder_.fit_transform(self._keys(frame))
        self.groups_, group, sizes = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
        self.rate_ = float(positive.mean())
        hits = np.bincount(group.ravel(), weights=positive)
        self.rates_ = (hits + self.smoothing * self.rate_) / (sizes + self.smoothing)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """The rate of each row's group, and one less that rate for the other class.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n, columns)
            The cases.

        Returns
        -------
        numpy.ndarray of shape (n, 2)
            Probabilities in the order of ``classes_``.

        Raises
        ------
        ColumnError
            If a column is not there.
        """
        check_is_fitted(self)
        codes = self.encoder_.transform(self._keys(self._frame(X)))
        place = _index(self.groups_).get_indexer(_index(codes))
        rate = np.where(place >= 0, self.rates_[place], self.rate_)
        return np.column_stack([1 - rate, rate])

    def _keys(self, frame: pd.DataFrame) -> pd.DataFrame:
        if self.columns is None:
            return frame
        names = [self.columns] if isinstance(self.columns, str) else list(self.columns)
        require_columns(frame.columns, names)
        return frame[names]


def _index(codes: np.ndarray) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays(list(codes.T))


def _ask(rule: str, frame: pd.DataFrame) -> Any:
    if not isinstance(rule, str) or "@" in rule:
        raise DataError(
            f"A rule must be a condition on the columns or a function of the frame, got: {rule!r}.",
            "Write values into the condition: 'origin == \"EWR\"', without @.",
        )
    try:
        return frame.eval(rule, engine="python")
    except pd.errors.UndefinedVariableError as error:
        name = str(error).split("'")[1]
        require_columns(frame.columns, [name], where="the frame that the rule is asked about")
        raise
    except (SyntaxError, TypeError, ValueError) as error:
        raise DataError(f"The rule {rule!r} cannot be asked: {error}.", "Try it in frame.query(...) first.") from error
