"""Rows that were made up for a rare class, on the line between two real ones, before the split."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from .case import Case, finding, open_case, table
from .generation import is_id
from .scoring import MOST_ROWS, folds, score_name, scores

__all__ = ["audit_oversampling", "find_oversampling"]

NEIGHBOURS = 30
SHARE = 0.05  # of a class: so many rows between two others are no accident


def audit_oversampling(X: Any, y: Any, *, seed: int = 0) -> pd.DataFrame:
    """Find rows of a class that were copied, or made up between two others (SMOTE and its kin), before the split.

    Parameters
    ----------
    X : pandas.DataFrame
        One row an observation, one column a feature.
    y : array-like of shape (n_rows,)
        The target: two classes or several. A quantity is not oversampled.
    seed : int
        Seed of the sample and of the splits.

    Returns
    -------
    pandas.DataFrame
        ``kind, columns, evidence, optimism``: one row a class. The optimism is the score of a shuffled cross-
        validation over all rows less the score of one over the rows that are not made up.

    Notes
    -----
    A made-up row lies exactly on the line between two rows of its class, in all columns at once; a real row never
    does. Plain copies are reported as oversampling too, by :func:`mlsd.leakage.audit_duplicates`, where all of them
    are of a rare class.

    Raises
    ------
    DataError
        If y does not fit X.

    Examples
    --------
    >>> import numpy as np
    >>> draw = np.random.default_rng(0)
    >>> X, y = draw.normal(size=(400, 4)), np.repeat([0, 1], [350, 50])
    >>> one, other = draw.integers(350, 400, (2, 300))
    >>> made = X[one] + draw.random((300, 1)) * (X[other] - X[one])
    >>> audit_oversampling(np.r_[X, made], np.r_[y, np.ones(300, int)])["kind"].tolist()
    ['oversampling']
    """
    return table(find_oversampling(open_case(X, y, seed=seed)))


def find_oversampling(case: Case) -> list[dict[str, Any]]:
    """See :func:`audit_oversampling`.

    Parameters
    ----------
    case : Case
        The table under audit.

    Returns
    -------
    list of dict
        Findings, each with kind, columns, evidence and optimism.
    """
    names = [name for name in case.of("number") if case.values[name].nunique() > 10 and not is_id(case, name)]
    if not case.is_class or len(names) < 2:
        return []
    values = case.values[names].to_numpy()
    complete = ~np.isnan(values).any(axis=1)
    made = {
        code: _between(values, np.flatnonzero((case.y == code) & complete), case.sample(MOST_ROWS))
        for code in set(case.y)
    }
    shares = {code: len(rows) / asked for code, (rows, asked) in made.items() if asked >= 10}
    least = min(shares.values(), default=0.0)
    return [
        _made_up(case, code, names, made[code][0], share)
        for code, share in shares.items()
        if share > max(SHARE, 5 * least)
    ]


def _made_up(case: Case, code: int, names: list[str], made: np.ndarray, share: float) -> dict[str, Any]:
    rows, gaps = case.sample(MOST_ROWS), []
    real = np.setdiff1d(rows, made)
    for seed in range(3):
        leaky = scores(case, case.ranks, folds(case, rows, 3, seed), seed)[0]
        gaps.append([leaky, scores(case, case.ranks, folds(case, real, 3, seed), seed)[0]])
    leaky, honest = np.mean(gaps, axis=0)
    evidence = (
        f"{share:.0%} of the rows with y = {case.labels[code]!r} lie exactly on the line between two others of "
        f"that class in {len(names)} "
        f"columns, for example rows {made[:3].tolist()}: they were made up. {score_name(case)} with them "
        f"{leaky:.3f}, on the other rows alone "
        f"{honest:.3f}. Resample training parts only."
    )
    return finding("oversampling", names, evidence, leaky - honest)


def _between(values: np.ndarray, members: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, int]:
    """Which of the asked rows lie on a line between two others of their class, and how many were asked."""
    asked = np.intersect1d(members, asked)
    if len(asked) < 10 or len(members) < 10:
        return asked[:0], 0
    members = np.union1d(asked, np.random.default_rng(0).choice(members, min(len(members), 6_000), replace=False))
    spread = values[members].std(axis=0)
    scaled = values / np.where(spread > 0, spread, 1)
    on_line = np.zeros(len(asked), dtype=bool)
    for points in (values, scaled):  # neighbours were sought either before or after scaling; lines are lines in both
        near = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(members) - 1) + 1).fit(points[members])
        neighbours = members[near.kneighbors(points[asked], return_distance=False)]
        on_line |= np.array([_on_line(scaled, row, others) for row, others in zip(asked, neighbours, strict=True)])
    return asked[on_line & _unrounded(values[asked])], len(asked)


def _on_line(points: np.ndarray, row: int, others: np.ndarray) -> bool:
    """Whether two of the others lie in exactly opposite directions."""
    away = points[others] - points[row]
    length = np.sqrt((away**2).sum(axis=1))
    away = away[length > 1e-9] / length[length > 1e-9, None]
    return bool(len(away) > 1 and (away @ away.T).min() < -1 + (1e-10 if away.shape[1] > 2 else 1e-12))


def _unrounded(values: np.ndarray) -> np.ndarray:
    """Rows with two or more numbers of many decimals: whole numbers lie in lines by nature."""
    scaled = values * 1e3
    return np.asarray((np.abs(scaled - np.round(scaled)) > 1e-6).sum(axis=1) >= 2)
