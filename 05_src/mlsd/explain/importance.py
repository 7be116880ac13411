"""How much a model leans on each column, with the traps of that question; and whether a column can go."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from .. import evaluate
from ..errors import DataError, require_columns

__all__ = ["Removal", "can_go", "permutation"]

CLOSE = 0.7
ROWS_FOR_ASSOCIATION = 5000


@dataclass(frozen=True)
class Removal:
    """What happens without some columns.

    Attributes
    ----------
    harmless : bool
        The lower end of the interval is above minus the margin: whatever is lost is less than you said you can bear.
    difference, low, high : float
        Score without the columns less score with them, and its interval.
    margin : float
        What you can bear, in the scorer's unit.
    table : pandas.DataFrame
        One row a split: ``split, with_columns, without, difference``.
    """

    harmless: bool
    difference: float
    low: float
    high: float
    margin: float
    table: pd.DataFrame

    def __repr__(self) -> str:
        verdict = "can go" if self.harmless else "not shown to be harmless"
        return (
            f"{verdict}: without less with {self.difference:+.4f}, interval {self.low:+.4f} to {self.high:+.4f}, "
            f"margin {self.margin:g}"
        )


def permutation(
    pipeline: Any, X: pd.DataFrame, y: Any, *, seed: int, scoring: str | None = None, n_repeats: int = 10
) -> pd.DataFrame:
    """How much the score drops when the values of one column are shuffled, with what else could stand in for it.

    Parameters
    ----------
    pipeline : estimator
        Fitted.
    X : pandas.DataFrame
        Rows that it was not trained on: on training rows, a column that it learned by heart looks important.
    y : array-like
        Their labels.
    seed : int
        For the shuffles.
    scoring : str, optional
        One of scikit-learn's scorers; by default accuracy or R².
    n_repeats : int
        Shuffles of each column.

    Returns
    -------
    pandas.DataFrame
        One row a column of X, the most important first: ``column, importance`` (mean drop), ``std`` over the repeats,
        ``close_to`` (the column most strongly associated with it, if at 0.7 or more), ``association`` (0 to 1), and
        ``warning``: of two columns that say the same, shuffling one leaves the model the other, so each looks useless.

    Raises
    ------
    DataError
        If X is no frame or has no rows.

    Notes
    -----
    Association is Spearman's |rho| of two numbers, Cramér's V of two categories, and the correlation ratio of a number
    in the groups of a category.

    References
    ----------
    L. Breiman (2001), Random Forests, Machine Learning 45, 5–32; the shuffling is scikit-learn's.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"a": rng.normal(size=50), "b": rng.normal(size=50)})
    >>> y = 3 * X["a"]
    >>> permutation(LinearRegression().fit(X, y), X, y, seed=0)["column"].tolist()
    ['a', 'b']
    """
    from sklearn.inspection import permutation_importance

    if not isinstance(X, pd.DataFrame) or X.empty:
        raise DataError(f"X must be a DataFrame with rows, got: {type(X).__name__}.", "Its columns name the answer.")
    found = permutation_importance(pipeline, X, y, scoring=scoring, n_repeats=n_repeats, random_state=seed)
    table = pd.DataFrame(
        {
            "column": X.columns.astype(str),
            "importance": found.importances_mean,
            "std": found.importances_std,
            **_closest(X.sample(min(len(X), ROWS_FOR_ASSOCIATION), random_state=seed)),
        }
    )
    says = "says much the same: shuffled alone, each can look useless"
    table["warning"] = [f"{name} {says}" if name else "" for name in table["close_to"]]
    return table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def can_go(
    pipeline: Any,
    X: pd.DataFrame,
    y: Any,
    columns: str | Sequence[str],
    *,
    margin: float,
    scoring: str = "roc_auc",
    cv: int | Any = 5,
    n_repeats: int = 5,
    level: float = 0.95,
    seed: int = 0,
) -> Removal:
    """Whether columns can be dropped: repeated cross-validation with and without, on the same splits.

    "No significant difference" is no proof of no harm: with few rows nothing is significant. So say first how much
    you could bear to lose; the columns can go if even the lower end of the interval loses less.

    Parameters
    ----------
    pipeline : estimator
        Unfitted, or fitted: it is fitted anew.
    X : pandas.DataFrame
        All columns.
    y : array-like
        The labels.
    columns : str or list of str
        What shall go. It stays in the frame with one constant value, so that a pipeline that names it still works.
    margin : float
        The loss that you can bear, in the scorer's unit, at least 0.
    scoring, cv, n_repeats, level, seed
        As :func:`mlsd.evaluate.compare`.

    Returns
    -------
    Removal
        The verdict, the difference and its interval.

    Raises
    ------
    ColumnError
        If a column is not there.
    DataError
        If the margin is negative.
    """
    gone = [columns] if isinstance(columns, str) else list(columns)
    require_columns(X.columns, gone)
    if not margin >= 0:
        raise DataError(f"`margin` must be at least 0, got: {margin!r}.", "It is the loss that you can bear.")
    without = _without(pipeline, X, gone)
    found = evaluate.compare(
        pipeline, without, X, y, scoring=scoring, cv=cv, n_repeats=n_repeats, level=level, seed=seed
    )
    table = found.table.rename(columns={"one": "with_columns", "other": "without"})
    table = table[["split", "with_columns", "without", "difference"]]
    return Removal(found.low > -margin, found.difference, found.low, found.high, margin, table)


def _without(pipeline: Any, X: pd.DataFrame, gone: list[str]) -> Any:
    """The pipeline behind a step that makes columns constant: each fold gets the same value, of the column's type."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    blank = FunctionTransformer(_constant, kw_args={"values": {name: X[name].array.take([0]) for name in gone}})
    return Pipeline([("without", blank), ("pipeline", pipeline)])


def _constant(X: pd.DataFrame, values: dict[str, Any]) -> pd.DataFrame:
    return X.assign(**{name: value.take([0] * len(X)) for name, value in values.items()})


def _closest(X: pd.DataFrame) -> dict[str, list[Any]]:
    """For each column, the one it is most strongly associated with, where that is close."""
    best: dict[Any, tuple[float, str]] = dict.fromkeys(X, (0.0, ""))
    for one, other in combinations(X.columns, 2):
        strength = _association(X[one], X[other])
        best[one] = max(best[one], (strength, str(other)))
        best[other] = max(best[other], (strength, str(one)))
    close = {name: strength >= CLOSE for name, (strength, _) in best.items()}
    return {
        "close_to": [other if close[name] else "" for name, (_, other) in best.items()],
        "association": [strength for strength, _ in best.values()],
    }


def _association(one: pd.Series, other: pd.Series) -> float:
    both = pd.concat([one, other], axis=1).dropna()
    if len(both) < 3 or both.iloc[:, 0].nunique() < 2 or both.iloc[:, 1].nunique() < 2:
        return 0.0
    a, b = both.iloc[:, 0], both.iloc[:, 1]
    numeric = [pd.api.types.is_numeric_dtype(each) and not pd.api.types.is_bool_dtype(each) for each in (a, b)]
    if all(numeric):
        return float(abs(a.rank().corr(b.rank())))
    if any(numeric):
        number, groups = (a, b) if numeric[0] else (b, a)
        return _correlation_ratio(number, groups)
    return _cramers_v(a, b)


def _correlation_ratio(number: pd.Series, groups: pd.Series) -> float:
    means = number.groupby(groups.astype(str)).transform("mean")
    return float(np.sqrt(means.var(ddof=0) / number.var(ddof=0)))


def _cramers_v(one: pd.Series, other: pd.Series) -> float:
    from scipy.stats.contingency import association

    return float(association(pd.crosstab(one, other).to_numpy(), method="cramer"))
