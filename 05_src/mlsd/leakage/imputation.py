"""The marks that filling gaps leaves: many rows at exactly the mean or the middle of the others."""

import numpy as np
import pandas as pd

from .case import Case
from .scaling import decimals

__all__ = ["filled_columns"]

EXACT = 1e-9  # of the column's spread


def filled_columns(case: Case) -> list[tuple[str, np.ndarray, str]]:
    """Columns whose gaps were filled over all rows: the name, which rows were filled, the evidence."""
    found, maybe = [], []
    for name in case.of("number"):
        values = case.values[name].to_numpy()
        for value, filled in _spikes(values):
            words = _statistic(case, values, value, filled)
            if words:
                found.append((name, filled, f"{filled.sum():,} rows of {name} hold {value:.10g}: {words}."))
                break
            if _looks_like_median(values, value, filled):
                maybe.append(
                    (
                        name,
                        filled,
                        f"{filled.sum():,} rows of {name} hold {value:.10g}, the median, far more than any value "
                        "beside it.",
                    )
                )
                break
    if len(maybe) >= 3:  # one column may have a spike in its middle by nature; three do not
        found += maybe
    return found


def _spikes(values: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """Values that stand out as often repeated, with their rows; the commonest few are looked at."""
    counts = pd.Series(values).value_counts()
    if len(counts) < 10:
        return []
    least = max(3, 0.004 * len(values))
    return [(value, values == value) for value in counts.index[:12][counts.iloc[:12] >= least]]


def _statistic(case: Case, values: np.ndarray, value: float, filled: np.ndarray) -> str | None:
    """Which statistic of the other rows a spike is, in words."""
    known = ~filled & ~np.isnan(values)
    rest, spread = values[known], values[known].std()
    if len(rest) < 20 or spread == 0:
        return None
    if abs(rest.mean() - value) < EXACT * spread and not _by_luck(rest, value):
        return f"the mean of all {len(rest):,} others, to the last digit"
    if _is_middle(rest, value, int(filled.sum())):
        return f"the median of all {len(rest):,} others, to the last digit"
    return _of_class(case, values, value, filled, spread)


def _by_luck(rest: np.ndarray, value: float) -> bool:
    """Whether the mean may be at this value by nature.

    The mean of whole numbers is now and then a whole number, of tenths a tenth; and mirror images have their middle as
    their mean.
    """
    places = decimals(rest)
    if decimals(np.array([value])) > places:
        return False
    luck = 10.0**-places / (rest.std() * np.sqrt(len(rest)))
    return luck > 1e-4 or bool(np.allclose(np.sort(rest - value), np.sort(value - rest), atol=1e-12))


def _is_middle(rest: np.ndarray, value: float, repeats: int) -> bool:
    """Whether a value is the median of the others as no natural spike would be: midway, or unrounded."""
    below, above = int((rest < value).sum()), int((rest > value).sum())
    if below != above or repeats < 3:
        return False
    lower, upper = rest[rest < value].max(), rest[rest > value].min()
    places = decimals(rest)
    commonest = pd.Series(rest).value_counts().iloc[0]
    if repeats < max(3, 3 * commonest):
        return False
    between = abs((lower + upper) / 2 - value) < EXACT * rest.std()
    if between and (places >= 5 or decimals(np.array([value])) > places):
        return True
    return places >= 2 and decimals(np.array([value])) >= places - 1


def _of_class(case: Case, values: np.ndarray, value: float, filled: np.ndarray, spread: float) -> str | None:
    """Whether a spike is the mean or median of its own class."""
    classes = np.unique(case.y[filled])
    if not case.is_class or len(classes) != 1 or filled.sum() < 5:
        return None
    rest = values[(case.y == classes[0]) & ~filled & ~np.isnan(values)]
    if len(rest) < 20 or len(np.unique(rest)) < 10:
        return None
    label = f"y = {case.labels[int(classes[0])]!r}"
    if abs(rest.mean() - value) < EXACT * spread:
        return f"the mean of the others with {label}, to the last digit; the target filled these gaps"
    return (
        f"the median of the others with {label}; the target filled these gaps"
        if _is_middle(rest, value, int(filled.sum()))
        else None
    )


def _looks_like_median(values: np.ndarray, value: float, filled: np.ndarray) -> bool:
    """A column of whole or rounded numbers with a spike in its middle that stands alone."""
    known = values[~np.isnan(values)]
    if np.median(known) != value or len(np.unique(known)) < 15:
        return False
    counts = pd.Series(known).value_counts().sort_index()
    place = int(counts.index.searchsorted(value))
    beside = pd.concat([counts.iloc[max(0, place - 4) : place], counts.iloc[place + 1 : place + 5]])
    round_number = value == 0 or decimals(np.array([value / 10])) < decimals(known)
    return bool(filled.sum() >= 10 and filled.sum() > 3 * beside.max() and filled.mean() < 0.5 and not round_number)
