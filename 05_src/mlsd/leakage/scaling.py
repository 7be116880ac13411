"""The marks that scalers leave: a mean of exactly 0 with a spread of exactly 1, a range of exactly 0 to 1, ranks."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, Ridge

from .case import Case
from .scoring import MOST_ROWS, folds, score

__all__ = ["decimals", "scaled_columns"]

EXACT = 1e-6  # as exact as 32-bit numbers are; chance comes so close once in a hundred million columns
LIMIT_OF_NORMAL = 5.199337582605575  # where QuantileTransformer ends its normal output


def scaled_columns(case: Case) -> list[tuple[list[str], str, float]]:
    """Columns by the mark they bear, with the evidence and the optimism."""
    columns = {name: values for name in case.of("number") if len(values := _telling(case, name))}
    marked: dict[str, list[str]] = {}
    for name, values in columns.items():
        mark = _mark(values)
        if mark:
            marked.setdefault(mark, []).append(name)
    marked |= _ranges(
        {name: values for name, values in columns.items() if not any(name in found for found in marked.values())}
    )
    return [
        (
            names,
            f"{', '.join(names)}: {mark} over all {case.rows:,} rows, to the precision of the machine.",
            _optimism(case, names),
        )
        for mark, names in marked.items()
    ]


def decimals(values: np.ndarray) -> int:
    """How many decimals write down 99 of 100 values; 9 if not even 8 do."""
    for places in range(9):
        scaled = values * 10.0**places
        if (np.abs(scaled - np.round(scaled)) < 1e-6 * np.maximum(1, np.abs(scaled) * 1e-6)).mean() > 0.99:
            return places
    return 9


def _telling(case: Case, name: str) -> np.ndarray:
    """A column's values where a mark would mean something, else none."""
    values = case.values[name].dropna().to_numpy()
    steps = np.diff(values)
    plain = len(values) < 30 or (values % 1 == 0).all() or (steps >= 0).all() or (steps <= 0).all()
    return values[:0] if plain or not np.isfinite(values).all() else values


def _mark(values: np.ndarray) -> str | None:
    exact = max(EXACT, 2 * 10.0 ** -decimals(values) / np.sqrt(len(values))) if 3 <= decimals(values) < 9 else EXACT
    often = values == pd.Series(values).mode().iloc[0]
    for kept in (values, values[~often]):  # a gap filled with 0 after scaling leaves the others' mark
        spreads = [kept.std(), kept.std(ddof=1)] if len(kept) > 30 else []
        if spreads and abs(kept.mean()) < exact and min(abs(spread - 1) for spread in spreads) < exact:
            return "a mean of 0 and a standard deviation of 1"
    if abs(values.max() - LIMIT_OF_NORMAL) < EXACT and abs(values.min() + LIMIT_OF_NORMAL) < EXACT:
        return "the normal quantiles of the ranks"
    low, middle, high = np.percentile(values, [25, 50, 75])
    if len(np.unique(values)) > 20 and decimals(values) > 4 and abs(middle) < 1e-9 and abs(high - low - 1) < 1e-9:
        return "a median of 0 and an interquartile range of 1"
    return None


def _ranges(columns: dict[str, np.ndarray]) -> dict[str, list[str]]:
    """Columns with a range of 0 to 1 (or −1 to 1), or with evenly spread ranks.

    A share or a clipped number reaches 0 and 1 by nature. So one column is not enough, unless its ends miss 0 and 1 by
    a rounding error, or its values lie on a grid that no share would have.
    """
    found: dict[str, list[str]] = {}
    for low in (0.0, -1.0):
        names = [name for name, values in columns.items() if _spans(values, low)]
        names = [name for name in names if not _is_circle(columns, name)]
        certain = [name for name in names if _no_nature(columns[name], low)]
        if len(names) >= 2 or certain:
            found[f"a minimum of {low:.0f} and a maximum of 1"] = names if len(names) >= 2 else certain
    return found


def _spans(values: np.ndarray, low: float) -> bool:
    if abs(values.min() - low) > 1e-9 or abs(values.max() - 1) > 1e-9 or decimals(values) < 4:
        return False
    return _ends(values, low) == (1, 1) or _no_nature(values, low)


def _ends(values: np.ndarray, low: float) -> tuple[int, int]:
    return int((values < low + 1e-9).sum()), int((values > 1 - 1e-9).sum())


def _no_nature(values: np.ndarray, low: float) -> bool:
    """Whether the ends miss by a rounding error, or the values are whole numbers divided by an odd range."""
    if values.max() not in (1.0,) or values.min() not in (low,):
        return True
    shares = (values - low) / (1 - low)
    gaps = np.diff(np.unique(np.round(shares, 9)))
    if not len(gaps):
        return False
    parts = 1 / gaps.min()
    grid = (
        abs(parts - round(parts)) < 1e-4 * parts
        and (np.abs(shares * round(parts) - np.round(shares * round(parts))) < 1e-4).all()
    )
    return bool(grid and 30 < round(parts) < 1e5 and _odd(round(parts)))


def _odd(parts: int) -> bool:
    """A number of parts that nobody would choose: not the like of 36, 48, 50, 60, 64, 100, 365."""
    chosen = {
        31,
        36,
        40,
        45,
        48,
        52,
        60,
        64,
        72,
        80,
        90,
        96,
        120,
        127,
        128,
        144,
        180,
        255,
        256,
        360,
        365,
        366,
        512,
        1024,
        1440,
    }
    return parts not in chosen and parts % 25 != 0 and parts % 10 != 0


def _is_circle(columns: dict[str, np.ndarray], name: str) -> bool:
    """Whether another column is the cosine to this one's sine."""
    mine = columns[name]
    others = [values for other, values in columns.items() if other != name and len(values) == len(mine)]
    return any(np.abs(mine**2 + values**2 - 1).max() < 1e-6 for values in others)


def _optimism(case: Case, names: list[str]) -> float:
    """A linear model's score on columns scaled once, less its score where each training part scales for itself."""
    rows, values = case.sample(MOST_ROWS), case.values.fillna(case.values.median()).fillna(0).to_numpy()
    chosen = np.isin(case.X.columns, names)
    gaps = []
    for seed in range(3):
        said: list[list[np.ndarray]] = [[], []]
        tests = []
        for train, test in folds(case, rows, 3, seed):
            tests.append(test)
            said[0].append(_linear(case, values[:, chosen], train, test))
            middle, spread = values[train][:, chosen].mean(axis=0), values[train][:, chosen].std(axis=0)
            said[1].append(_linear(case, (values[:, chosen] - middle) / np.where(spread > 0, spread, 1), train, test))
        y = case.y[np.concatenate(tests)]
        gaps.append(score(case, y, np.concatenate(said[0])) - score(case, y, np.concatenate(said[1])))
    return float(np.mean(gaps))


def _linear(case: Case, features: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    if not case.is_class:
        return Ridge().fit(features[train], case.y[train]).predict(features[test])
    said = np.zeros((len(test), len(case.labels)))
    model = LogisticRegression(max_iter=2000).fit(features[train], case.y[train])
    said[:, model.classes_] = model.predict_proba(features[test])
    return said
