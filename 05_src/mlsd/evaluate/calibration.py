"""Whether a probability can be believed: 30 of 100 cases called 30 % turn out to be a 1.

Judge a model, and calibrate it, on rows that it was not fitted on: on its own rows it looks better than it is.

Probabilities are put into bins, as in scikit-learn's ``calibration_curve``: ``"quantile"`` makes bins with about as
many cases each, ``"uniform"`` bins of the same width, and ``bins=None`` one bin for each probability that occurs.
"""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from ..errors import DataError
from .cases import labels_and_probabilities

__all__ = ["brier_parts", "calibrate", "calibration_table", "expected_calibration_error"]

METHODS = {"isotonic": "isotonic", "platt": "sigmoid"}
STRATEGIES = ("quantile", "uniform")


def calibrate(model: Any, X: Any, y: Any, *, method: str = "isotonic") -> CalibratedClassifierCV:
    """Put a fitted classifier's probabilities right, from rows that it has not seen; the model itself stays as it is.

    Parameters
    ----------
    model : classifier
        Already fitted, on other rows than these.
    X : pandas.DataFrame or array of shape (n, columns)
        The calibration rows, with the columns that the model was fitted on.
    y : array-like of shape (n,)
        What happened: every class of the model, at least twice.
    method : str
        ``"isotonic"``: a rising staircase, of any shape; wants about a thousand rows or more, makes ties, and may say 0
        or 1 outright, for which the log loss can be endless. ``"platt"``: one S-shaped curve with two numbers, for
        few rows; on the model's ``decision_function`` if it has one, else on its probabilities.

    Returns
    -------
    sklearn.calibration.CalibratedClassifierCV
        A fitted classifier around the model, which takes the same columns.

    Raises
    ------
    DataError
        If the method is not one of the two, the model is no fitted classifier, the lengths differ, or the labels are
        not the model's classes, each at least twice.

    References
    ----------
    J. Platt (1999), "Probabilistic outputs for support vector machines". B. Zadrozny and C. Elkan (2002),
    "Transforming classifier scores into accurate multiclass probability estimates", KDD.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> X, y = np.arange(40.0).reshape(-1, 1), np.tile([0, 0, 1, 0, 1, 1, 0, 1], 5)
    >>> model = GaussianNB().fit(X[:20], y[:20])
    >>> calibrate(model, X[20:], y[20:], method="platt").predict_proba(X[:3]).shape
    (3, 2)
    """
    if method not in METHODS:
        raise DataError(
            f"`method` must be one of {list(METHODS)}, got: {method!r}.", "Take 'platt' where rows are few."
        )
    _check_classifier(model)
    labels = _check_labels(model, X, y)
    # Two folds ask for least: the model is frozen, so that folds only cut the rows that it predicts.
    return CalibratedClassifierCV(FrozenEstimator(model), method=METHODS[method], cv=2).fit(X, labels)


def calibration_table(
    y: Any, probability: Any, *, bins: int | None = 10, strategy: str = "quantile", level: float = 0.95
) -> pd.DataFrame:
    """What the model said beside what happened, one row a bin; the calibration curve as a table.

    Parameters
    ----------
    y : array-like of shape (n,)
        What happened: 0 or 1.
    probability : array-like of shape (n,)
        The probability of a 1.
    bins : int or None
        How many, at most: empty bins are left out, and equal probabilities stay together. None: one for each value.
    strategy : str
        ``"quantile"`` or ``"uniform"``.
    level : float
        Of the interval for the share.

    Returns
    -------
    pandas.DataFrame
        One row a bin, lowest first: ``bin`` (from 0); ``rows, positives`` (int64); ``lowest, highest`` (probability in
        the bin); ``mean_probability``; ``share`` (of positives); ``low, high`` (Wilson's interval for the share).

    Raises
    ------
    DataError
        If labels are not 0 and 1, a probability lies outside 0 and 1, lengths differ, or `bins`, `strategy` or `level`
        cannot be used.

    References
    ----------
    E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.

    Examples
    --------
    >>> table = calibration_table([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.8], bins=2)
    >>> table[["bin", "rows", "mean_probability", "share"]]
       bin  rows  mean_probability  share
    0    0     2               0.2    0.0
    1    1     2               0.7    1.0
    """
    from scipy.stats import binomtest

    if not 0 < level < 1:
        raise DataError(f"`level` must lie between 0 and 1, got: {level}.", "0.95 is usual.")
    happened, p = labels_and_probabilities(y, probability)
    cases = pd.DataFrame({"bin": _bin_of(p, bins, strategy), "y": happened, "p": p})
    table = cases.groupby("bin", as_index=False).agg(
        rows=("y", "size"),
        positives=("y", "sum"),
        lowest=("p", "min"),
        highest=("p", "max"),
        mean_probability=("p", "mean"),
        share=("y", "mean"),
    )
    counts = zip(table["positives"], table["rows"], strict=True)
    found = [binomtest(k, n).proportion_ci(level, method="wilson") for k, n in counts]
    return table.assign(low=[float(each.low) for each in found], high=[float(each.high) for each in found])


def brier_parts(y: Any, probability: Any, *, bins: int | None = 10, strategy: str = "quantile") -> dict[str, float]:
    """What the Brier score is made of: reliability - resolution + uncertainty + within_bins.

    The first three are Murphy's parts; they add up to ``binned_brier``, the score of a forecast that says its bin's
    mean probability for every case of the bin. What a model says beyond that lies in ``within_bins``: the spread of the
    probabilities inside a bin, less twice their covariance with what happened. It is negative where finer bins would
    have shown more resolution, and 0 with ``bins=None``.

    Parameters
    ----------
    y : array-like of shape (n,)
        What happened: 0 or 1.
    probability : array-like of shape (n,)
        The probability of a 1.
    bins, strategy
        As in :func:`calibration_table`; the parts depend on them, their sum does not.

    Returns
    -------
    dict of str to float
        ``brier`` : the score itself, 0 is best.
        ``reliability`` : squared distance of mean probability and share of positives, over the bins; 0 is best.
        ``resolution`` : squared distance of a bin's share and the share of all; more is better.
        ``uncertainty`` : share · (1 - share) of all, which no model changes.
        ``within_bins`` and ``binned_brier`` : as above.

    Raises
    ------
    DataError
        As :func:`calibration_table`.

    References
    ----------
    A. H. Murphy (1973), "A new vector partition of the probability score", Journal of Applied Meteorology 12. Within
    bins: D. B. Stephenson, C. A. S. Coelho and I. T. Jolliffe (2008), "Two extra components in the Brier score
    decomposition", Weather and Forecasting 23.

    Examples
    --------
    >>> parts = brier_parts([0, 1, 1, 1], [0.25, 0.25, 0.75, 0.75], bins=2)
    >>> {name: round(value, 4) for name, value in parts.items() if name != "within_bins"}
    {'brier': 0.1875, 'reliability': 0.0625, 'resolution': 0.0625, 'uncertainty': 0.1875, 'binned_brier': 0.1875}
    """
    happened, p = labels_and_probabilities(y, probability)
    by_bin = pd.DataFrame({"y": happened, "p": p}).groupby(_bin_of(p, bins, strategy))
    means = by_bin.transform("mean")  # for each case, those of its bin
    share, spread = happened.mean(), p - means["p"]
    reliability = float(((means["p"] - means["y"]) ** 2).mean())
    resolution = float(((means["y"] - share) ** 2).mean())
    uncertainty = float(share * (1 - share))
    return {
        "brier": float(np.mean((p - happened) ** 2)),
        "reliability": reliability,
        "resolution": resolution,
        "uncertainty": uncertainty,
        "within_bins": float((spread**2).mean() - 2 * (spread * (happened - means["y"])).mean()),
        "binned_brier": reliability - resolution + uncertainty,
    }


def expected_calibration_error(y: Any, probability: Any, *, bins: int | None = 10, strategy: str = "quantile") -> float:
    """How far mean probability and share of positives lie apart in a bin, on average over the cases.

    It is never quite 0: by chance alone, a bin of 100 cases with a share of 0.2 is off by 0.03. Compare models on the
    same cases and bins only.

    Parameters
    ----------
    y : array-like of shape (n,)
        What happened: 0 or 1.
    probability : array-like of shape (n,)
        The probability of a 1.
    bins, strategy
        As in :func:`calibration_table`.

    Returns
    -------
    float
        From 0 (best) to 1.

    Raises
    ------
    DataError
        As :func:`calibration_table`.

    References
    ----------
    M. P. Naeini, G. F. Cooper and M. Hauskrecht (2015), "Obtaining well calibrated probabilities using Bayesian
    binning", AAAI; there with bins of the same width.

    Examples
    --------
    >>> round(expected_calibration_error([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.8], bins=2), 4)
    0.25
    """
    table = calibration_table(y, probability, bins=bins, strategy=strategy)
    gaps = (table["share"] - table["mean_probability"]).abs()
    return float(np.average(gaps, weights=table["rows"]))


def _bin_of(p: np.ndarray, bins: int | None, strategy: str) -> np.ndarray:
    """The bin of each case, from 0, without a gap; an upper edge belongs to the bin below it."""
    if bins is None:
        return np.unique(p, return_inverse=True)[1]
    if isinstance(bins, bool) or not isinstance(bins, int | np.integer) or bins < 1:
        raise DataError(f"`bins` must be a whole number of at least 1, or None, got: {bins!r}.", "10 is usual.")
    if strategy not in STRATEGIES:
        raise DataError(f"`strategy` must be one of {list(STRATEGIES)}, got: {strategy!r}.", "Try 'quantile'.")
    steps = np.linspace(0, 1, bins + 1)[1:-1]
    inner = np.quantile(p, steps) if strategy == "quantile" else steps
    return np.unique(np.searchsorted(inner, p), return_inverse=True)[1]


def _check_classifier(model: Any) -> None:
    try:
        check_is_fitted(model)
        fitted = is_classifier(model)
    except NotFittedError as error:
        raise DataError(
            f"The {type(model).__name__} is not fitted yet.",
            "Fit it on the training rows first; these rows are for its calibration only.",
        ) from error
    except TypeError:  # check_is_fitted's word for what is no estimator at all
        fitted = False
    if not fitted:
        raise DataError(f"`model` must be a fitted classifier, got: {type(model).__name__}.", "Only those calibrate.")


def _check_labels(model: Any, X: Any, y: Any) -> np.ndarray:
    labels = np.asarray(y)
    if labels.shape != (len(X),):
        raise DataError(
            f"`y` must be one label for each of {len(X)} rows, got shape {labels.shape}.", "Give frame['late']."
        )
    found = dict(Counter(labels.tolist()))
    classes = model.classes_.tolist()
    if set(found) - set(classes) or min(found.get(each, 0) for each in classes) < 2:
        raise DataError(
            f"The model's classes are {classes}, and each must occur at least twice, got rows by label: {found}.",
            "Take calibration rows with every class, labelled as in the fit.",
        )
    return labels.astype(model.classes_.dtype)  # True is 1: the classes stay those of the model
