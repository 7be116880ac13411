"""Target proxies: a column, or a pair of columns, that is the target in other words."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from .case import Case, finding, open_case, table
from .scoring import alone, gap_of_columns, score_name

__all__ = ["audit_proxies", "clock_minutes", "find_proxies", "strength"]

STRONG, SURE = 0.97, 0.995  # how well one column alone must do to be suspected, and to be nearly the target
ROWS = 4_000
TWINS = 0.8  # rank correlation from which two columns are told apart by their difference


def audit_proxies(X: Any, y: Any, *, seed: int = 0) -> pd.DataFrame:
    """Find columns, and pairs of columns, that alone tell the target nearly perfectly while the others do not.

    A column is accused if by itself it reaches a score of 0.97 (AUC or R²) and the score falls without it. One strong
    feature among others that reach as much is left alone. Pairs are tried where two columns nearly agree (their
    difference, their ratio, for clocks around midnight), where two hold few values (together), and for a quantity by
    sum, difference, product and ratio.

    Parameters
    ----------
    X : pandas.DataFrame
        One row an observation, one column a feature.
    y : array-like of shape (n_rows,)
        The target: two classes, several, or a quantity.
    seed : int
        Seed of the sample and of the splits.

    Returns
    -------
    pandas.DataFrame
        ``kind, columns, evidence, optimism``: one row a column or pair.

    Raises
    ------
    DataError
        If y does not fit X.

    Examples
    --------
    >>> import numpy as np
    >>> draw = np.random.default_rng(0)
    >>> X = pd.DataFrame(draw.normal(size=(300, 3)), columns=["a", "b", "c"])
    >>> late = X["a"] + draw.normal(size=300) > 0
    >>> X["minutes"] = np.where(late, 45, 10) + draw.normal(size=300)
    >>> audit_proxies(X, late)["columns"].tolist()
    [('minutes',)]
    """
    return table(find_proxies(open_case(X, y, seed=seed)))


def find_proxies(case: Case) -> list[dict[str, Any]]:
    """See :func:`audit_proxies`.

    Parameters
    ----------
    case : Case
        The table under audit.

    Returns
    -------
    list of dict
        Findings, each with kind, columns, evidence and optimism.
    """
    suspects = [name for name in case.X.columns if strength(case, name) >= STRONG and not _is_time(case, name)]
    columns = case.X.shape[1]
    if len(suspects) > max(1, columns // (2 if columns >= 6 else 3)):
        return []  # an easy target: many columns tell it
    found = []
    for name in suspects:
        gap = gap_of_columns(case, [name], suspects)
        if gap.exceeds(0.01 if strength(case, name) >= SURE else 0.05):
            evidence = (
                f"{name} alone reaches {score_name(case)} {strength(case, name):.3f}; with it "
                f"the model has {gap.leaky:.3f}, without {gap.honest:.3f}."
            )
            found.append(finding("target proxy", [name], evidence, gap.optimism))
    return found + _pairs(case, suspects)


def strength(case: Case, name: str) -> float:
    """How well a column alone tells the target, worked out once.

    Parameters
    ----------
    case : Case
        The table under audit.
    name : str
        A column.

    Returns
    -------
    float
        AUC or R².
    """
    if name not in case.strength:
        values = case.values[name].to_numpy()
        spread = len(np.unique(values[~np.isnan(values)])) + np.isnan(values).any() > 1
        case.strength[name] = alone(case, values, case.sample(ROWS)) if spread else 0.0
    return case.strength[name]


def _is_time(case: Case, name: str) -> bool:
    """Whether a column is the time in other words: what it tells is for the audit of time."""
    if case.time is None:
        return False
    return bool(abs(pd.Series(case.time).corr(case.values[name], method="spearman")) > 0.99)


def clock_minutes(values: np.ndarray) -> np.ndarray | None:
    """Clock times (930 for 9:30, or minutes of the day) as minutes after midnight; None for other columns.

    Parameters
    ----------
    values : array of float
        A column.

    Returns
    -------
    array of float or None
        Minutes, 0 to 1440.
    """
    seen = values[~np.isnan(values)]
    if len(np.unique(seen)) < 100 or (seen % 1).any() or seen.min() < 0 or seen.max() > 2400:
        return None
    if (seen % 100 < 60).all():
        return values // 100 * 60 + values % 100
    return values if seen.max() <= 1440 and seen.max() > 1200 else None


def _pairs(case: Case, suspects: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    taken = set(suspects)
    for first, second, words, values in _combined(case, suspects):
        if {first, second} & taken:
            continue
        reached = alone(case, values, case.sample(ROWS))
        single = max(strength(case, first), strength(case, second))
        if reached >= STRONG and single < reached - 0.03 and (case.is_class or reached >= SURE):
            gap = gap_of_columns(case, [first, second], [*suspects, first, second])
            evidence = (
                f"{words} reaches {score_name(case)} {reached:.3f}; {first} alone "
                f"{strength(case, first):.3f}, {second} alone {strength(case, second):.3f}."
            )
            found.append(finding("target proxy", [first, second], evidence, gap.optimism))
            taken |= {first, second}
    return found


def _combined(case: Case, suspects: list[str]) -> list[tuple[str, str, str, np.ndarray]]:
    """Pairs that may hide the target, with what is made of them."""
    numbers = [name for name in case.of("number", "when") if name not in suspects and case.values[name].nunique() > 10]
    few = [name for name in case.X.columns if name not in suspects and 2 <= case.values[name].nunique() <= 10]
    ranks = case.values[numbers].iloc[case.sample(ROWS)].corr(method="spearman").abs()
    made = []
    for first, second in combinations(numbers, 2):
        made += _of_numbers(case, first, second, twins=bool(ranks[first][second] >= TWINS))
    for first, second in list(combinations(few, 2))[:60]:
        codes = case.values[first].rank(method="dense").fillna(0) * 100 + case.values[second].rank(
            method="dense"
        ).fillna(0)
        made.append((first, second, f"{first} with {second}", codes.to_numpy()))
    return made


def _of_numbers(case: Case, first: str, second: str, *, twins: bool) -> list[tuple[str, str, str, np.ndarray]]:
    a, b = case.values[first].to_numpy(), case.values[second].to_numpy()
    clocks = clock_minutes(a), clock_minutes(b)
    if clocks[0] is not None and clocks[1] is not None:
        apart = (clocks[0] - clocks[1] + 720) % 1440 - 720
        return [(first, second, f"{first} − {second}, in minutes on the clock,", apart)]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ways = {"−": a - b, "/": a / b, "+": a + b, "×": a * b}
    if case.is_class:
        return [(first, second, f"{first} {sign} {second}", _finite(ways[sign])) for sign in "−/"] if twins else []
    rows = case.sample(ROWS)
    return [
        (first, second, f"{first} {sign} {second}", _finite(values))
        for sign, values in ways.items()
        if _is_line(_finite(values)[rows], case.y[rows])
    ]


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)


def _is_line(values: np.ndarray, y: np.ndarray) -> bool:
    """Whether the target is these values but for scale and shift."""
    known = ~np.isnan(values)
    if known.sum() < 0.5 * len(y) or np.ptp(values[known]) == 0:
        return False
    return bool(abs(np.corrcoef(values[known], y[known])[0, 1]) > 0.9995)
