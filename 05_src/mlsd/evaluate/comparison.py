"""Is one model better than another, or was it the split? Repeated and nested cross-validation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import KFold, RepeatedKFold, RepeatedStratifiedKFold, StratifiedKFold, check_cv
from sklearn.utils.multiclass import type_of_target

from ..errors import DataError

__all__ = ["Comparison", "Nested", "compare", "nested"]


@dataclass(frozen=True)
class Comparison:
    """Two models on the same splits.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a split: ``split, train_rows, test_rows, one, other, difference`` (other less one).
    difference : float
        The mean difference; positive if the other scores higher.
    low, high : float
        An interval for the difference on new data of this kind.
    level : float
        Its level, for example 0.95.
    """

    table: pd.DataFrame
    difference: float
    low: float
    high: float
    level: float

    def __repr__(self) -> str:
        sure = (
            "the other is better" if self.low > 0 else "the one is better" if self.high < 0 else "no clear difference"
        )
        return (
            f"other less one: {self.difference:+.4f}, {self.level:.0%} interval {self.low:+.4f} to {self.high:+.4f} "
            f"over {len(self.table)} splits: {sure}"
        )


@dataclass(frozen=True)
class Nested:
    """What a whole search is worth.

    Attributes
    ----------
    table : pandas.DataFrame
        One row an outer split: ``split, score, inner_score, optimism, best_params``.
    score : float
        Mean score on rows that the search never saw.
    optimism : float
        How much better the search's own best score looks, on average.
    """

    table: pd.DataFrame
    score: float
    optimism: float


def compare(
    one: Any,
    other: Any,
    X: pd.DataFrame,
    y: Any,
    *,
    scoring: str = "roc_auc",
    cv: int | Any = 5,
    n_repeats: int = 5,
    groups: Any = None,
    level: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Fit and score two models on the same splits, and give the difference an interval.

    Folds share most of their training rows, so their scores are no independent draws. The variance is corrected for
    that; without it, an interval from 25 splits would be about half as wide as it must be.

    Parameters
    ----------
    one, other : estimator
        Unfitted.
    X : pandas.DataFrame
        One row an observation.
    y : array-like
        The labels.
    scoring : str
        One of scikit-learn's scorers.
    cv : int or splitter
        Folds of each repeat; or a splitter such as `sampling.TimeFolds`, which is then used once.
    n_repeats : int
        How often to cut the folds anew.
    groups : array-like, optional
        For a splitter that keeps groups together.
    level : float
        Of the interval.
    seed : int
        For the folds.

    Returns
    -------
    Comparison
        The scores of each split, the mean difference and its interval.

    Raises
    ------
    DataError
        If there are fewer than two splits, or a score is missing.

    References
    ----------
    C. Nadeau and Y. Bengio (2003), Inference for the Generalization Error, Machine Learning 52, 239–281.
    R. Bouckaert and E. Frank (2004), Evaluating the Replicability of Significance Tests (for repeated folds).

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X, y = pd.DataFrame({"a": range(40)}), np.repeat([0, 1], 20)
    >>> compare(DummyClassifier(), DecisionTreeClassifier(random_state=0), X, y).low > 0
    True
    """
    labels = np.asarray(y)
    splitter = _splitter(one, cv, n_repeats, seed)
    rows = [
        (len(train), len(test), *(_score(model, X, labels, train, test, scoring) for model in (one, other)))
        for train, test in splitter.split(X, labels, groups)
    ]
    table = pd.DataFrame(rows, columns=["train_rows", "test_rows", "one", "other"])
    table.insert(0, "split", range(len(table)))
    table["difference"] = table["other"] - table["one"]
    if len(table) < 2 or table["difference"].isna().any():
        raise DataError(
            f"{len(table)} splits with {int(table['difference'].isna().sum())} missing scores give no interval.",
            "Take more folds, or look why a score is missing.",
        )
    low, high = _interval(table, level)
    return Comparison(table, float(table["difference"].mean()), low, high, level)


def nested(
    search: Callable[[pd.DataFrame, Any], Any],
    X: pd.DataFrame,
    y: Any,
    *,
    scoring: str = "roc_auc",
    cv: int | Any = 5,
    groups: Any = None,
    seed: int = 0,
) -> Nested:
    """Score a search on rows that it never saw: its own best score is the luckiest of many.

    Parameters
    ----------
    search : function
        Takes X and y, searches, and returns the fitted search: of `tuning` (``best``, ``best_score``, ``best_params``)
        or of scikit-learn (``best_estimator_``, ``best_score_``, ``best_params_``).
    X, y
        As in :func:`compare`.
    scoring : str
        One of scikit-learn's scorers; the search should use the same.
    cv : int or splitter
        The outer splits.
    groups : array-like, optional
        For a splitter that keeps groups together.
    seed : int
        For the folds.

    Returns
    -------
    Nested
        The honest score of each outer split beside the search's own.

    Raises
    ------
    DataError
        If the search returns something that has no best model.
    """
    labels, rows = np.asarray(y), []
    for train, test in _outer(labels, cv, seed).split(X, labels, groups):
        found = search(X.iloc[train], labels[train])
        best, inner, params = _best_of(found)
        rows.append((check_scoring(best, scoring=scoring)(best, X.iloc[test], labels[test]), inner, params))
    table = pd.DataFrame(rows, columns=["score", "inner_score", "best_params"])
    table.insert(0, "split", range(len(table)))
    table.insert(3, "optimism", table["inner_score"] - table["score"])
    return Nested(table, float(table["score"].mean()), float(table["optimism"].mean()))


def _splitter(model: Any, cv: int | Any, n_repeats: int, seed: int) -> Any:
    if not isinstance(cv, int):
        return check_cv(cv)
    kind = RepeatedStratifiedKFold if is_classifier(model) else RepeatedKFold
    return kind(n_splits=cv, n_repeats=n_repeats, random_state=seed)


def _score(model: Any, X: pd.DataFrame, y: np.ndarray, train: np.ndarray, test: np.ndarray, scoring: str) -> float:
    fitted = clone(model).fit(X.iloc[train], y[train])
    return float(check_scoring(fitted, scoring=scoring)(fitted, X.iloc[test], y[test]))


def _interval(table: pd.DataFrame, level: float) -> tuple[float, float]:
    from scipy.stats import t

    differences, splits = table["difference"], len(table)
    overlap = (table["test_rows"] / table["train_rows"]).mean()
    error = np.sqrt((1 / splits + overlap) * differences.var(ddof=1))
    reach = float(t.ppf((1 + level) / 2, splits - 1) * error)
    middle = float(differences.mean())
    return middle - reach, middle + reach


def _best_of(search: Any) -> tuple[Any, float, dict[str, Any]]:
    for names in (("best", "best_score", "best_params"), ("best_estimator_", "best_score_", "best_params_")):
        if all(hasattr(search, name) for name in names):
            best, score, params = (getattr(search, name) for name in names)
            return best, float(score), params
    raise DataError(
        f"`search` returned a {type(search).__name__}, which has no best model.",
        "Return the fitted search: lambda X, y: tuning.grid_search(pipeline, X, y, ...).",
    )


def _outer(y: np.ndarray, cv: int | Any, seed: int) -> Any:
    if not isinstance(cv, int):
        return check_cv(cv)
    kind = KFold if type_of_target(y) == "continuous" else StratifiedKFold
    return kind(n_splits=cv, shuffle=True, random_state=seed)
