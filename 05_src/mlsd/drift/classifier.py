"""Can a classifier tell the reference from what comes now? It finds a shift that no single column shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .categories import count
from .comparison import pairs
from .summary import Column, Reference, numbers, times

if TYPE_CHECKING:
    from dask.dataframe import DataFrame as DaskFrame

__all__ = ["Joint", "joint"]

FOLDS = 6
FAR = 1e300  # where infinity stands
LEAST = 60  # rows on each side, ten a fold


@dataclass(frozen=True)
class Joint:
    """How well both frames can be told apart.

    Attributes
    ----------
    auc : float
        On rows that the classifier had not seen: 0.5 is a coin, 1 is no doubt. NaN where there are too few rows.
    p_value : float
        How often a coin would do at least so well.
    drifted : bool
        Whether p is below `alpha` and the AUC is at least `min_auc`.
    table : pandas.DataFrame
        ``feature, importance``: what the AUC loses when the column is shuffled, largest first.
    note : str
        In words.
    """

    auc: float
    p_value: float
    drifted: bool
    table: pd.DataFrame
    note: str


def joint(
    *,
    reference: "pd.DataFrame | DaskFrame",
    current: "pd.DataFrame | DaskFrame",
    columns: Sequence[str] | None = None,
    alpha: float = 0.05,
    min_auc: float = 0.55,
    max_rows: int = 5_000,
    seed: int = 0,
) -> Joint:
    """Test all columns at once: train a classifier to tell both frames apart, and see what it is worth on new rows.

    The rows are cut into six folds; boosted trees learn from the folds so far and are scored on the next. Scores of
    ordinary cross-validation are not independent (each fold also trains the others), and a p-value from them is wrong
    three times as often as it says; in this order each score has its known variance whatever came before.

    Parameters
    ----------
    reference, current : pandas.DataFrame or dask.dataframe.DataFrame
        One row an observation, at least 60 on each side.
    columns : list of str, optional
        By default all that both have, but times.
    alpha, min_auc : float
        Drifted if p is below `alpha` and the AUC at least `min_auc`.
    max_rows : int
        Take so many rows of each frame by chance: more make it slow and hardly surer.
    seed : int
        For the rows taken, the folds and the trees.

    Returns
    -------
    Joint
        The AUC, its p-value, and which columns give the frames away.

    Raises
    ------
    DataError
        If these are no frames.
    ColumnError
        If a column that was asked for is in neither frame.

    References
    ----------
    D. Lopez-Paz and M. Oquab (2017), Revisiting Classifier Two-Sample Tests, ICLR. A. Blum, A. Kalai and J. Langford
    (1999), Beating the Hold-Out, COLT, for folds that are used in order. H. B. Mann and D. R. Whitney (1947), Annals of
    Mathematical Statistics 18, for the variance.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a = rng.normal(size=300)
    >>> before, now = pd.DataFrame({"a": a, "b": a}), pd.DataFrame({"a": a, "b": -a})
    >>> found = joint(reference=before, current=now)  # each column by itself is as before
    >>> found.drifted, found.auc > 0.9
    (True, True)
    """
    if isinstance(reference, Reference):
        raise DataError("A joint test needs whole rows; a prepared reference has columns only.", "Give the frame.")
    found = pairs(reference, current, columns, None)
    usable = {
        name: (one, two)
        for name, one, two in found
        if one is not None and two is not None and (columns is not None or "time" not in (one.kind, two.kind))
    }
    sides = [_sample(side, list(usable), max_rows, seed) for side in (reference, current)]
    nothing = pd.DataFrame({"feature": pd.Series(dtype="str"), "importance": pd.Series(dtype="float64")})
    if not usable or min(map(len, sides)) < LEAST:
        rows = f"{len(sides[0]):,} and {len(sides[1]):,} rows"
        why = f"{rows}: at least {LEAST} are needed on each side" if usable else "no column that both can be told by"
        return Joint(np.nan, np.nan, False, nothing, f"not tested: {why}")
    X = np.column_stack([_coded(sides[0][name], sides[1][name], *pair) for name, pair in usable.items()])
    y = np.repeat([0, 1], [len(side) for side in sides])
    auc, p, losses = _scored(X, y, seed)
    table = pd.DataFrame({"feature": list(usable), "importance": losses})
    table = table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)
    drifted = bool(p < alpha and auc >= min_auc)
    return Joint(auc, p, drifted, table, _note(auc, p, drifted, table, alpha, min_auc))


def _sample(frame: Any, names: list[str], max_rows: int, seed: int) -> pd.DataFrame:
    """So many rows by chance; where there are fewer, all."""
    chosen = frame[names]
    rows = chosen.compute() if hasattr(chosen, "map_partitions") else chosen
    return rows.sample(max_rows, random_state=seed) if len(rows) > max_rows else rows


def _coded(before: pd.Series, now: pd.Series, one: Column, two: Column) -> np.ndarray:
    """One column of both frames as finite numbers: categories by how frequent they are, missing as the lowest."""
    sides = [before, now]
    if one.kind == two.kind and one.kind in ("number", "time"):
        values = np.concatenate([numbers(side) if one.kind == "number" else times(side) for side in sides])
        return np.nan_to_num(np.clip(values, -FAR, FAR), nan=-2 * FAR)
    texts = pd.concat([side.astype("object").where(side.notna(), None) for side in sides], ignore_index=True)
    texts = texts.map(repr, na_action="ignore")
    order = count(texts).levels
    return texts.map(pd.Series(range(len(order)), index=order.index, dtype="float64")).fillna(-1).to_numpy("float64")


def _scored(X: np.ndarray, y: np.ndarray, seed: int) -> tuple[float, float, np.ndarray]:
    """Mean AUC of the folds, its p-value, and what it loses when a column is shuffled."""
    from scipy.stats import norm
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng, aucs, variances, losses = np.random.default_rng(seed), [], [], []
    for train, test in _in_order(y, rng):
        model = HistGradientBoostingClassifier(
            max_iter=40, max_leaf_nodes=12, min_samples_leaf=5, early_stopping=False, random_state=seed
        ).fit(X[train], y[train])
        auc, variance = _auc(model.decision_function(X[test]), y[test])
        aucs.append(auc)
        variances.append(variance)
        losses.append([auc - _auc(model.decision_function(each), y[test])[0] for each in _shuffled(X[test], rng)])
    mean, error = float(np.mean(aucs)), float(np.sqrt(np.sum(variances)) / len(aucs))
    p = float(norm.sf((mean - 0.5) / error)) if error else 1.0
    return mean, p, np.mean(losses, axis=0)


def _in_order(y: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All folds so far, and the next; each has its part of both frames."""
    fold = np.empty(len(y), dtype="int64")
    for side in (0, 1):
        rows = rng.permutation(np.flatnonzero(y == side))
        fold[rows] = np.arange(len(rows)) % FOLDS
    for k in range(1, FOLDS):
        yield np.flatnonzero(fold < k), np.flatnonzero(fold == k)


def _auc(score: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Mann and Whitney's AUC, and its variance were the labels a coin's, with ties."""
    from scipy.stats import rankdata

    ones, zeros = int(y.sum()), int(len(y) - y.sum())
    ranks = rankdata(score)
    auc = (ranks[y == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros)
    spread = ranks.var() * 12 / (len(y) - 1)  # with n ranks and no tie: n + 1
    return float(auc), float(spread / (12 * ones * zeros))


def _shuffled(X: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    for column in range(X.shape[1]):
        other = X.copy()
        other[:, column] = rng.permutation(other[:, column])
        yield other


def _note(auc: float, p: float, drifted: bool, table: pd.DataFrame, alpha: float, min_auc: float) -> str:
    if drifted:
        told = [str(name) for name, loss in table.head(3).itertuples(index=False) if loss > 0]
        return f"a classifier tells both apart (AUC {auc:.2f}), most of all by {', '.join(told)}"
    if p < alpha:
        return f"more than chance, but AUC {auc:.3f} is smaller than {min_auc:g}"
    return f"a classifier cannot tell both apart (AUC {auc:.2f}, p = {p:.2f})"
