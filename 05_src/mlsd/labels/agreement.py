"""Do people who label the same things mean the same? Agreement beyond what chance would give.

Every function takes a frame with one row a thing (an item, a unit) and one column a person, missing where that person
was not asked. 1 is perfect agreement, 0 what chance gives, below 0 less than chance. Order and names of rows and
columns do not matter.
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .codes import vote_codes

__all__ = ["fleiss_kappa", "krippendorff_alpha", "pairwise_kappa"]


def pairwise_kappa(ratings: pd.DataFrame, *, codes: Sequence[Any] | None = None) -> pd.DataFrame:
    """Cohen's kappa of each two people, on what both have rated.

    Parameters
    ----------
    ratings : pandas.DataFrame of shape (n_items, n_people)
        Missing where somebody was not asked.
    codes : sequence, optional
        What may be said; anything else is an error. Default: what is said.

    Returns
    -------
    pandas.DataFrame
        One row a pair, the lowest kappa first: ``first, second``; ``items`` that both rated; ``agreement``, the share
        of them on which they agree; ``kappa`` (missing where both rated nothing, or gave all of it one and the same
        code: chance alone would do that).

    Raises
    ------
    DataError
        If there are fewer than two people, or one uses codes that nobody else uses.

    References
    ----------
    J. Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20,
    37-46. Computed by ``sklearn.metrics.cohen_kappa_score``.

    Examples
    --------
    >>> said = pd.DataFrame({"ann": [1, 1, 0, 0, None], "bo": [1, 0, 0, 0, 1]})
    >>> pairwise_kappa(said)
      first second  items  agreement  kappa
    0   ann     bo      4       0.75    0.5
    """
    cells, _ = _rated(ratings, codes)
    rows = [
        {"first": ratings.columns[i], "second": ratings.columns[j], **_cohen(cells[:, i], cells[:, j])}
        for i, j in combinations(range(cells.shape[1]), 2)
    ]
    return pd.DataFrame(rows).sort_values("kappa", kind="stable", ignore_index=True)


def fleiss_kappa(ratings: pd.DataFrame, *, codes: Sequence[Any] | None = None) -> float:
    """Fleiss' kappa: agreement of any number of people, who need not be the same for each item.

    Parameters
    ----------
    ratings : pandas.DataFrame of shape (n_items, n_people)
        Missing where somebody was not asked. Items with fewer than two ratings say nothing about agreement and are left
        out. Fleiss has the same number of ratings for each item; with other numbers each item's agreement counts
        alike, and each rating counts alike in the chance agreement.
    codes : sequence, optional
        What may be said; anything else is an error. Default: what is said.

    Returns
    -------
    float
        Missing (nan) if everybody always says the same one thing.

    Raises
    ------
    DataError
        If there are fewer than two people, no item has two ratings, or one uses codes that nobody else uses.

    References
    ----------
    J. L. Fleiss (1971), Measuring nominal scale agreement among many raters, Psychological Bulletin 76 (5), 378-382.

    Examples
    --------
    >>> fleiss_kappa(pd.DataFrame({"ann": [1, 1, 0, 0], "bo": [1, 0, 0, 0]})).__round__(3)
    0.467
    """
    counts = _counts(*_rated(ratings, codes))
    asked = counts.sum(axis=1)
    agreement = ((counts**2).sum(axis=1) - asked) / (asked * (asked - 1))
    by_chance = float(((counts.sum(axis=0) / asked.sum()) ** 2).sum())
    return float((agreement.mean() - by_chance) / (1 - by_chance)) if by_chance < 1 else float("nan")


def krippendorff_alpha(ratings: pd.DataFrame, *, level: str = "nominal", codes: Sequence[Any] | None = None) -> float:
    """Krippendorff's alpha: agreement with any number of people and gaps, also where some codes are nearer than others.

    Parameters
    ----------
    ratings : pandas.DataFrame of shape (n_items, n_people)
        Missing where somebody was not asked. Items with fewer than two ratings are left out.
    level : {"nominal", "ordinal", "interval", "ratio"}
        How far two codes are apart: the same or not; by how many ratings lie between; by their difference; by their
        difference in proportion to their sum. The last two need numbers.
    codes : sequence, optional
        What may be said, in order from low to high (for "ordinal"); anything else is an error. Default: what is said,
        sorted.

    Returns
    -------
    float
        Missing (nan) if everybody always says the same one thing.

    Raises
    ------
    DataError
        If `level` is unknown or needs numbers that are not there; else as :func:`fleiss_kappa`.

    References
    ----------
    K. Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, University of Pennsylvania,
    repository.upenn.edu/asc_papers/43.

    Examples
    --------
    >>> stars = pd.DataFrame({"ann": [1, 2, 3, None], "bo": [1, 2, 4, 4]})
    >>> round(krippendorff_alpha(stars), 3), round(krippendorff_alpha(stars, level="interval"), 3)
    (0.615, 0.878)
    """
    if level not in DISTANCES:
        raise DataError(f"`level` must be one of {list(DISTANCES)}, got: {level!r}.")
    cells, names = _rated(ratings, codes)
    if level in ("interval", "ratio") and not all(isinstance(name, int | float) for name in names):
        raise DataError(f"`level={level!r}` needs numbers, got: {names}.", 'Use "ordinal" and give `codes` in order.')
    counts = _counts(cells, names)
    paired = (counts / (counts.sum(axis=1, keepdims=True) - 1)).T @ counts
    paired -= np.diag((counts / (counts.sum(axis=1, keepdims=True) - 1)).sum(axis=0))
    total = paired.sum(axis=0)
    distance = DISTANCES[level](names, total)
    expected = (np.outer(total, total) - np.diag(total)) / (total.sum() - 1)
    worst = float((expected * distance).sum())
    return 1 - float((paired * distance).sum()) / worst if worst > 0 else float("nan")


def _nominal(names: list[Any], total: np.ndarray) -> np.ndarray:
    return 1.0 - np.eye(len(names))


def _ordinal(names: list[Any], total: np.ndarray) -> np.ndarray:
    middle = np.cumsum(total) - total / 2  # how many ratings lie below the middle of each code
    return np.subtract.outer(middle, middle) ** 2


def _interval(names: list[Any], total: np.ndarray) -> np.ndarray:
    return np.subtract.outer(np.array(names, dtype=float), np.array(names, dtype=float)) ** 2


def _ratio(names: list[Any], total: np.ndarray) -> np.ndarray:
    sums = np.add.outer(np.array(names, dtype=float), np.array(names, dtype=float))
    return _interval(names, total) / np.where(sums == 0, 1, sums) ** 2


DISTANCES: dict[str, Callable[[list[Any], np.ndarray], np.ndarray]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
    "ratio": _ratio,
}


def _cohen(left: np.ndarray, right: np.ndarray) -> dict[str, float]:
    from sklearn.metrics import cohen_kappa_score

    both = (left >= 0) & (right >= 0)
    left, right = left[both], right[both]
    if len(np.union1d(left, right)) < 2:  # scikit-learn warns and gives nan
        return {"items": len(left), "agreement": 1.0 if len(left) else float("nan"), "kappa": float("nan")}
    return {
        "items": len(left),
        "agreement": float((left == right).mean()),
        "kappa": float(cohen_kappa_score(left, right)),
    }


def _counts(cells: np.ndarray, names: list[Any]) -> np.ndarray:
    """How often each code (column) was said of each item (row) that has two ratings or more."""
    counts = np.stack([(cells == code).sum(axis=1) for code in range(len(names))], axis=1).astype(float)
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts):
        raise DataError(
            "No item was rated by two people.", "Let some items be rated twice: that is what shows agreement."
        )
    return counts


def _rated(ratings: pd.DataFrame, codes: Sequence[Any] | None) -> tuple[np.ndarray, list[Any]]:
    if ratings.shape[1] < 2:
        raise DataError(
            f"Agreement needs two people or more, got the columns: {list(ratings.columns)}.",
            "Give one row an item and one column a person: frame.pivot(index='item', columns='person', values='code').",
        )
    cells, names = vote_codes(ratings, codes)
    said = [set(column[column >= 0].tolist()) for column in cells.T]
    for person, mine in zip(ratings.columns, said, strict=True):
        others = set().union(*(other for other in said if other is not mine))
        if codes is None and mine and others and not mine & others:
            raise DataError(
                f"{person!r} shares no code with anybody: {[names[code] for code in sorted(mine)]} against "
                f"{[names[code] for code in sorted(others)]}.",
                "Give everyone the same codes; if they truly disagree on everything, pass `codes`.",
            )
    return cells, names
