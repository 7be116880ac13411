"""The marks of target encoding: a column whose every value is the mean of the target over the rows that hold it."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from .case import Case
from .scoring import MOST_ROWS, folds, nothing, predict, score, score_name

__all__ = ["encoded_columns"]

EXACT = 1e-6
MOST_ALIKE = 60
MOST_GROUPS = 0.5  # of the rows: beyond it a "group" is a row


def encoded_columns(case: Case) -> list[tuple[str, str, float]]:
    """Columns that encode the target, with the evidence and the optimism."""
    found = []
    for name in case.of("number"):
        values = case.values[name].to_numpy()
        for words, target in _targets(case):
            told = _encodes(values, target)
            if told:
                gap = _optimism(case, name, target)
                evidence = (
                    f"{name}: {told} of {words}. {score_name(case)} {gap[0]:.3f}, "
                    f"with each training part's own means {gap[1]:.3f}."
                )
                found.append((name, evidence, gap[0] - gap[1]))
                break
    return found


def _targets(case: Case) -> Iterator[tuple[str, np.ndarray]]:
    """What may have been averaged: the target, or being of a class."""
    if not case.is_class:
        yield "y", case.y
        return
    for code in range(len(case.labels))[-10:][::-1]:
        yield f"y = {case.labels[code]!r}", (case.y == code).astype(float)
    numbers = pd.to_numeric(pd.Series(case.labels, dtype=object), errors="coerce").to_numpy(
        dtype="float64", na_value=np.nan
    )
    if len(case.labels) > 2 and not np.isnan(numbers).any():
        yield "y", numbers[case.y]


def _encodes(values: np.ndarray, target: np.ndarray) -> str | None:
    """How a column is made from its groups' means, in words; None if it is not."""
    known = ~np.isnan(values)
    groups, values, target = np.round(values[known], 9), values[known], target[known]
    frame = pd.DataFrame({"value": values, "y": target}).groupby(groups)["y"].agg(["mean", "size", "var", "sum"])
    if not 3 <= len(frame) <= MOST_GROUPS * len(values) or frame["mean"].nunique() < 3:
        return None
    if (frame["var"].fillna(0) < 1e-12).all():  # every group has one answer only: the target itself, not an average
        return None
    value, prior, spread = frame.index.to_numpy(float), target.mean(), target.std()
    if _equal(value, frame["mean"].to_numpy(), spread):
        return f"each of its {len(frame):,} values is the mean, over all rows that hold it,"
    return _smoothed(value, frame, prior, target) or _log_odds(value, frame, prior)


def _equal(value: np.ndarray, made: np.ndarray, spread: float) -> bool:
    return bool((np.abs(value - made) < EXACT * spread).mean() > 0.99)


def _smoothed(value: np.ndarray, frame: pd.DataFrame, prior: float, target: np.ndarray) -> str | None:
    """Means drawn towards the overall mean: by a fixed weight, by scikit-learn's own, or by a curve of the size."""
    away, size = frame["mean"].to_numpy() - prior, frame["size"].to_numpy(float)
    clear = np.abs(away) > 1e-3 * target.std()
    if clear.sum() < 3 or len(np.unique(np.round(frame["mean"], 9))) < 3:
        return None
    kept = ((value - prior) / np.where(clear, away, 1))[clear]
    inside = (kept > 0.02) & (kept < 1 + 1e-9)
    if inside.mean() < 0.99:
        return None
    weight = _weight(kept[inside], size[clear][inside])
    within = frame["var"].fillna(0).to_numpy() * (size - 1) / size / target.var()
    curve = _sigmoid(kept, size[clear])
    for pull in (weight, within):
        # two groups with the same rows and answers have the same value: they look like one group of twice the size
        ways = [np.abs(value - prior - away * size / (size + same * pull))[clear] for same in range(1, MOST_ALIKE)]
        if (np.min(ways, axis=0) < EXACT * target.std()).mean() > 0.99:
            return f"each of its {len(frame):,} values is the smoothed mean, over all rows that hold it,"
    if curve and _equal(value[clear], (prior + curve(size) * away)[clear], target.std()):
        return f"each of its {len(frame):,} values is the smoothed mean, over all rows that hold it,"
    return None


def _weight(kept: np.ndarray, size: np.ndarray) -> float:
    """The weight of the overall mean of which most groups show a whole multiple: one group, or several alike."""
    weights = size * (1 - kept) / kept
    guesses = np.unique(np.round(weights[weights > 1e-6], 4))[::-1][:500]
    if not len(guesses):
        return 0.0
    multiples = weights[:200, None] / guesses
    right = (np.abs(multiples - np.round(multiples)) < 1e-3) & (np.round(multiples) >= 1)
    return float(guesses[int(np.argmax(right.mean(axis=0)))])


def _sigmoid(kept: np.ndarray, size: np.ndarray) -> Callable[[np.ndarray], np.ndarray] | None:
    usable = (kept > 1e-6) & (kept < 1 - 1e-6)
    if usable.sum() < 3 or np.ptp(size[usable]) == 0:
        return None
    slope, start = np.polyfit(size[usable], np.log(kept[usable] / (1 - kept[usable])), 1)
    return lambda sizes: 1 / (1 + np.exp(-np.clip(start + slope * sizes, -50, 50)))


def _log_odds(value: np.ndarray, frame: pd.DataFrame, prior: float) -> str | None:
    """Weight of evidence: the log odds of the group, less a constant."""
    mean = frame["mean"].to_numpy()
    if not ((mean >= 0) & (mean <= 1)).all() or not 0 < prior < 1:
        return None
    mixed = (mean > 0) & (mean < 1)
    if mixed.sum() < 3 or mixed.mean() < 0.5:
        return None
    odds = np.log(mean[mixed] / (1 - mean[mixed]))
    for sign in (1, -1):
        if (
            np.abs(value[mixed] - sign * odds - np.median(value[mixed] - sign * odds)) < EXACT
        ).mean() > 0.99 and np.ptp(odds) > 0:
            return f"each of its {len(frame):,} values is the log odds, over all rows that hold it,"
    return None


def _optimism(case: Case, name: str, target: np.ndarray) -> tuple[float, float]:
    """The score with the column, and with its groups encoded by the training rows alone."""
    rows = case.sample(MOST_ROWS) if case.rows <= 2 * MOST_ROWS else case.sample(2 * MOST_ROWS)
    place, groups = case.X.columns.get_loc(name), pd.factorize(case.values[name])[0]
    results = []
    for seed in range(2):
        said: list[list[np.ndarray]] = [[], []]
        tests = []
        for train, test in folds(case, rows, 3, seed):
            means = pd.Series(target[train]).groupby(groups[train]).mean()
            honest = case.ranks.copy()
            honest[:, place] = pd.Series(groups).map(means).fillna(target[train].mean())
            tests.append(test)
            said[0].append(predict(case, case.ranks, train, test, seed=seed))
            said[1].append(predict(case, honest, train, test, seed=seed))
        y = case.y[np.concatenate(tests)]
        results.append([score(case, y, np.concatenate(part)) for part in said])
    leaky, honest_score = np.mean(results, axis=0) if results else (nothing(case), nothing(case))
    return float(leaky), float(honest_score)
