"""The two columns that every evaluation starts from, checked once: what happened, and what the model said."""

from typing import Any

import numpy as np

from ..errors import DataError

__all__ = ["both_classes", "labels_and_probabilities"]


def labels_and_probabilities(
    y_true: Any, probability: Any, name: str = "`probability`"
) -> tuple[np.ndarray, np.ndarray]:
    """Labels as int64 and probabilities as float64, in the same order.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        What happened: 0 and 1, or False and True.
    probability : array-like of shape (n,)
        The probability of a 1, from 0 to 1.
    name : str
        What to call the probabilities in a message.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Two arrays of shape (n,).

    Raises
    ------
    DataError
        If labels are not 0 and 1, a probability is missing or lies outside 0 and 1, or the lengths differ.

    Examples
    --------
    >>> labels_and_probabilities([True, False], [0.9, 0.2])
    (array([1, 0]), array([0.9, 0.2]))
    """
    y, p = _labels(y_true), np.asarray(probability)
    if p.ndim == 2:
        raise DataError(
            f"{name} has {p.shape[1]} columns; one is needed, that of class 1.", "Take predict_proba(X)[:, 1]."
        )
    if len(y) != len(p):
        raise DataError(
            f"{len(y)} labels, but {len(p)} probabilities in {name}.", "Predict the very rows you ask about."
        )
    p = _numbers(p, name)
    outside = ~((p >= 0) & (p <= 1))
    if outside.any():
        row = int(outside.argmax())
        raise DataError(
            f"{name} must lie between 0 and 1; row {row} is {p[row]} ({outside.sum()} such rows).",
            "Take predict_proba(X)[:, 1]; a decision_function or a percentage is no probability.",
        )
    return y, p


def both_classes(y: np.ndarray) -> None:
    """Raise a DataError unless there is a 0 and a 1 among the labels.

    Parameters
    ----------
    y : numpy.ndarray of shape (n,)
        Labels from :func:`labels_and_probabilities`.
    """
    if y.min() == y.max():
        raise DataError(
            f"All {len(y)} labels are {y[0]}: with one class there is nothing to weigh.",
            "Take cases of both classes, from a longer time for example.",
        )


def _labels(y_true: Any) -> np.ndarray:
    y = np.asarray(y_true)
    if y.ndim != 1 or len(y) == 0:
        raise DataError(f"Labels must be one column with at least one row, got shape {y.shape}.", "Give frame['late'].")
    wrong = [
        value for value in list(dict.fromkeys(y.tolist())) if not (isinstance(value, int | float) and value in (0, 1))
    ]
    if wrong:
        raise DataError(
            f"Labels must be 0 or 1, got also: {wrong[:3]}.",
            "Drop the rows whose outcome is not known, and write the positive class as 1: (y == 'late').astype(int).",
        )
    return y.astype("int64")


def _numbers(p: np.ndarray, name: str) -> np.ndarray:
    try:
        return p.astype("float64")
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be numbers: {error}.", "Take predict_proba(X)[:, 1].") from error
