"""A rare class: resample the rows that a model is fitted on and no others, and bring its probabilities back."""

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone, is_classifier
from sklearn.utils import check_consistent_length, column_or_1d, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ..errors import DataError

__all__ = ["Resampled", "restore_rate"]


def _has(method: str) -> Any:
    def has(self: "Resampled") -> bool:
        return hasattr(getattr(self, "estimator_", self.estimator), method)

    return has


class _FitParameterError(DataError, TypeError):
    """An argument of `fit` that resampled rows cannot have."""


class Resampled(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A classifier whose training rows are resampled when it is fitted; what it predicts for is left as it is.

    Inside a cross-validation, `fit` sees the training folds only. So no copy of a row, and no row made from it, can
    turn up in the fold that judges. In a scikit-learn pipeline it is the last step; an imbalanced-learn pipeline takes
    samplers as steps of their own and does not need it.

    Parameters
    ----------
    estimator : classifier
        What to fit, an unfitted scikit-learn classifier or pipeline.
    sampler : imbalanced-learn sampler
        What makes new rows of the old: ``RandomOverSampler``, ``RandomUnderSampler``, ``SMOTE`` ... Give it a
        `random_state`. SMOTE needs numbers without gaps, so it comes after the preparing steps.

    Attributes
    ----------
    estimator_ : classifier
        The fitted copy.
    classes_ : numpy.ndarray
        The labels, in the order of the columns of `predict_proba`.
    counts_before_, counts_after_ : numpy.ndarray of int
        Rows of each of these labels before and after the resampling.

    Notes
    -----
    A model learns the rate of its training rows. After resampling, its probabilities are those of a world where the
    class is as common as in the resampled rows: its order of rows stays useful, its probabilities do not. See
    :func:`restore_rate`.

    Examples
    --------
    >>> from imblearn.under_sampling import RandomUnderSampler
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = np.arange(100.0).reshape(-1, 1), np.arange(100) >= 95
    >>> model = Resampled(LogisticRegression(), RandomUnderSampler(random_state=0)).fit(X, y)
    >>> model.counts_before_, model.counts_after_
    (array([95,  5]), array([5, 5]))
    >>> model.predict([[10.0], [99.0]])
    array([False,  True])
    """

    def __init__(self, estimator: Any, sampler: Any):
        self.estimator = estimator
        self.sampler = sampler

    def fit(self, X: Any, y: Any, **fit_params: Any) -> "Resampled":
        """Resample the rows and fit the classifier on them.

        Parameters
        ----------
        X : pandas.DataFrame or array-like, shape (rows, columns)
            What the sampler and the classifier take.
        y : array-like, shape (rows,)
            The labels.
        **fit_params
            None is taken; `sample_weight` in particular is refused, because new rows have no weight.

        Returns
        -------
        Resampled
            Itself.

        Raises
        ------
        DataError
            If the estimator is no classifier, the sampler no sampler, or a fit parameter is given (then it is a
            TypeError as well, as scikit-learn expects).
        """
        self._refuse_wrong_parts()
        if fit_params:
            raise _FitParameterError(
                f"Resampled takes no {', '.join(map(repr, fit_params))}: rows that a sampler makes have none.",
                "Weigh or resample, not both: pass weights to the classifier without Resampled.",
            )
        check_consistent_length(X, y)
        labels = y if y is None else column_or_1d(y, warn=True)
        sampler = clone(self.sampler)  # not kept: a fitted SMOTE holds the rows of the rare class
        new_rows, new_labels = sampler.fit_resample(X, labels)
        self.estimator_ = clone(self.estimator).fit(new_rows, new_labels)
        self.classes_ = self.estimator_.classes_
        self.counts_before_, self.counts_after_ = _counts(labels), _counts(new_labels)
        self.n_features_in_ = sampler.n_features_in_
        if hasattr(sampler, "feature_names_in_"):
            self.feature_names_in_ = sampler.feature_names_in_
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict labels.

        Parameters
        ----------
        X : pandas.DataFrame or array-like, shape (rows, columns)
            Rows as `fit` had them.

        Returns
        -------
        numpy.ndarray, shape (rows,)
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    @available_if(_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict probabilities, in the world of the resampled rows.

        Parameters
        ----------
        X : pandas.DataFrame or array-like, shape (rows, columns)
            Rows as `fit` had them.

        Returns
        -------
        numpy.ndarray of float, shape (rows, classes)
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @available_if(_has("decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Score each row; above 0 is the second class.

        Parameters
        ----------
        X : pandas.DataFrame or array-like, shape (rows, columns)
            Rows as `fit` had them.

        Returns
        -------
        numpy.ndarray of float, shape (rows,) or (rows, classes)
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(X)

    def _refuse_wrong_parts(self) -> None:
        if not is_classifier(self.estimator):
            raise DataError(f"`estimator` must be a classifier, got: {self.estimator!r}.")
        if not hasattr(self.sampler, "fit_resample"):
            raise DataError(
                f"`sampler` must have fit_resample, got: {self.sampler!r}.",
                "Take one of imbalanced-learn's, for example RandomUnderSampler(random_state=0).",
            )

    def __sklearn_tags__(self) -> Any:
        tags, inner, sampler = super().__sklearn_tags__(), get_tags(self.estimator), get_tags(self.sampler)
        if inner.classifier_tags is not None:
            tags.classifier_tags = replace(inner.classifier_tags, multi_label=False)  # no sampler balances many labels
        tags.input_tags.sparse = inner.input_tags.sparse and sampler.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan and sampler.input_tags.allow_nan
        return tags


def _counts(labels: Any) -> np.ndarray:
    return np.unique(labels, return_counts=True)[1]


def restore_rate(probability: Any, *, trained_rate: float, true_rate: float) -> np.ndarray:
    """Bring probabilities from a model of resampled rows back to the world where the class is rare.

    Parameters
    ----------
    probability : array-like of float, shape (rows,)
        Of the class in question, as the model says it.
    trained_rate : float
        Its share in the rows that the model was fitted on: 0.5 after most samplers.
    true_rate : float
        Its share in the training rows before they were resampled.

    Returns
    -------
    numpy.ndarray of float, shape (rows,)
        Probabilities in the same order from small to large.

    Raises
    ------
    DataError
        If a probability is missing or not between 0 and 1, or a rate is not strictly between them.

    Notes
    -----
    The odds are multiplied by the true odds over the trained odds. Exact where the sampler only changed how often each
    class is drawn; SMOTE also moves the rows. C. Elkan, The foundations of cost-sensitive learning (2001), theorem 2.

    Examples
    --------
    >>> restore_rate([0.5, 0.9], trained_rate=0.5, true_rate=0.1).round(2).tolist()
    [0.1, 0.5]
    """
    for name, rate in (("trained_rate", trained_rate), ("true_rate", true_rate)):
        if not 0 < rate < 1:
            raise DataError(f"`{name}` must lie between 0 and 1, got: {rate!r}.")
    p = np.asarray(probability, dtype="float64")
    if not ((p >= 0) & (p <= 1)).all():
        raise DataError("A probability must lie from 0 to 1; at least one does not.", "Pass predict_proba(X)[:, 1].")
    ones, zeros = p * true_rate / trained_rate, (1 - p) * (1 - true_rate) / (1 - trained_rate)
    return ones / (ones + zeros)
