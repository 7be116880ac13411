"""Leaks through the split: rows that depend on time or come in groups, shuffled as if they did not."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .case import Case, finding, open_case, table
from .scoring import MOST_ROWS, Gap, score_name, scores

__all__ = ["audit_groups", "audit_time", "find_groups", "find_time"]

PARTS = 4
LEAST = 0.02  # optimism that is worth a word
FIRST_TEST = 0.4  # the share of rows, the oldest, that are never tested on
ORDERLY, SHUFFLED = 3, 5  # repeats of the split by group, and of the shuffled splits beside it


def audit_time(X: Any, y: Any, *, time: Any, seed: int = 0) -> pd.DataFrame:
    """Find out whether a shuffled split flatters rows that depend on time.

    Four later stretches of time are tested on. Once the model learns from the rows before each of them, as it will at
    work; then, several times, from as many rows drawn from before and after, as a shuffled split has it. The test rows
    are the same.

    Parameters
    ----------
    X : pandas.DataFrame
        One row an observation, one column a feature.
    y : array-like of shape (n_rows,)
        The target: two classes, several, or a quantity.
    time : array-like of shape (n_rows,), or str
        When each row happened (dates, times or numbers), or the column of X that says it, which is then no feature.
    seed : int
        Seed of the sample and of the splits.

    Returns
    -------
    pandas.DataFrame
        ``kind, columns, evidence, optimism``: one row if shuffling flatters beyond chance, else none.

    Raises
    ------
    ColumnError, DataError
        If `time` is not there, holds text or has gaps; or if y does not fit X.

    Examples
    --------
    >>> import numpy as np
    >>> day = np.arange(400)
    >>> level = np.random.default_rng(0).normal(size=400).cumsum()
    >>> found = audit_time(pd.DataFrame({"week": day // 7}), level, time=day)
    >>> found["kind"].tolist(), bool(found["optimism"].iloc[0] > 0.2)
    (['time'], True)
    """
    return table(find_time(open_case(X, y, time=time, seed=seed)))


def audit_groups(X: Any, y: Any, *, groups: Any = None, seed: int = 0) -> pd.DataFrame:
    """Find out whether a shuffled split flatters because rows of one group lie on both of its sides.

    The rows are cut into parts by whole groups, and beside it into parts of the same sizes without regard to groups.

    Parameters
    ----------
    X : pandas.DataFrame
        One row an observation, one column a feature.
    y : array-like of shape (n_rows,)
        The target: two classes, several, or a quantity.
    groups : array-like of shape (n_rows,), or str, optional
        The group of each row, or the column of X that names it, which is then no feature. Without it, columns of X
        with few rows a value are tried as groups, and the demands are higher.
    seed : int
        Seed of the sample and of the splits.

    Returns
    -------
    pandas.DataFrame
        ``kind, columns, evidence, optimism``: one row a grouping that flatters beyond chance.

    Raises
    ------
    ColumnError, DataError
        If `groups` is not there or names one group only; or if y does not fit X.

    Examples
    --------
    >>> import numpy as np
    >>> draw = np.random.default_rng(0)
    >>> patient = np.repeat(np.arange(60), 5)
    >>> traits = pd.DataFrame(draw.normal(size=(60, 3)).repeat(5, axis=0), columns=["height", "weight", "age"])
    >>> ill = draw.integers(0, 2, 60).repeat(5)
    >>> found = audit_groups(traits, ill, groups=patient)
    >>> found["kind"].tolist(), bool(found["optimism"].iloc[0] > 0.3)
    (['groups'], True)
    """
    return table(find_groups(open_case(X, y, groups=groups, seed=seed)))


def find_time(case: Case) -> list[dict[str, Any]]:
    """See :func:`audit_time`.

    Parameters
    ----------
    case : Case
        The table under audit.

    Returns
    -------
    list of dict
        Findings, each with kind, columns, evidence and optimism.
    """
    if case.time is None or not case.X.shape[1]:
        return []
    gap = _gap_of_time(case, case.time)
    if not gap.exceeds(LEAST, times=4):
        return []
    name = case.names["time"]
    evidence = (
        f"{score_name(case)} on the same later rows: learned from a shuffled sample {gap.leaky:.3f}, from as many "
        "rows before them "
        f"{gap.honest:.3f} (chance moves it by {gap.noise:.3f}). Rows depend on {name}: split by it, do not shuffle."
    )
    return [finding("time", [name], evidence, gap.optimism)]


def find_groups(case: Case) -> list[dict[str, Any]]:
    """See :func:`audit_groups`.

    Parameters
    ----------
    case : Case
        The table under audit.

    Returns
    -------
    list of dict
        Findings, each with kind, columns, evidence and optimism.
    """
    if case.groups is not None:
        return _groups(case, case.groups, case.ranks, case.names["groups"], least=LEAST)
    found = []
    for name in _candidates(case) if case.time is None else []:
        codes, position = pd.factorize(case.X[name])[0], case.X.columns.get_loc(name)
        codes = np.where(codes < 0, codes.max() + 1 + np.arange(case.rows), codes)
        found += _groups(case, codes, np.delete(case.ranks, position, axis=1), name, least=2 * LEAST)
    return found[:1]


def _gap_of_time(case: Case, time: np.ndarray) -> Gap:
    rows = case.sample(MOST_ROWS)
    rows = rows[np.argsort(time[rows], kind="stable")]
    draw = np.random.default_rng(case.seed)
    past = list(_stretches(time, rows, draw))
    if not past:
        return Gap(0, 0, 0)
    shuffled = []
    for seed in range(SHUFFLED):
        mixed = [(draw.choice(np.setdiff1d(rows, test), len(train), replace=False), test) for train, test in past]
        shuffled.append(scores(case, case.ranks, mixed, seed))
    honest = np.array([scores(case, case.ranks, past, case.seed)])
    return _smaller(np.array(shuffled), honest, tested=sum(len(test) for _, test in past))


def _stretches(
    time: np.ndarray, rows: np.ndarray, draw: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The rows before a stretch of time, and half of the stretch: a shuffled split learns from the other half."""
    edges = (np.linspace(FIRST_TEST, 1, PARTS + 1) * len(rows)).astype(int)
    for start, end in pairwise(edges):
        before = rows[time[rows] < time[rows[start]]]
        if len(before) >= len(rows) / 10:
            yield before, draw.permutation(rows[start:end])[: (end - start) // 2]


def _groups(case: Case, codes: np.ndarray, features: np.ndarray, name: str, *, least: float) -> list[dict[str, Any]]:
    if not features.shape[1]:
        return []
    gap, counted = _gap_of_groups(case, codes, features), np.bincount(codes)
    if not gap.exceeds(least, times=4):
        return []
    evidence = (
        f"{score_name(case)} with shuffled parts {gap.leaky:.3f}, with parts of whole groups {gap.honest:.3f} "
        "(chance moves it by "
        f"{gap.noise:.3f}). {name}: {len(counted)} groups of {counted.mean():.1f} rows. Keep each group on one side."
    )
    return [finding("groups", [name], evidence, gap.optimism)]


def _gap_of_groups(case: Case, codes: np.ndarray, features: np.ndarray) -> Gap:
    rows = _whole_groups(case, codes)
    draw, orderly, shuffled = np.random.default_rng(case.seed), [], []
    for seed in range(SHUFFLED):
        part = _parts_by_group(codes[rows], draw)
        if seed < ORDERLY:
            orderly.append(scores(case, features, _splits(rows, part), seed))
        shuffled.append(scores(case, features, _splits(rows, draw.permutation(part)), seed))
    return _smaller(np.array(shuffled), np.array(orderly), tested=len(rows))


def _whole_groups(case: Case, codes: np.ndarray) -> np.ndarray:
    """Rows for the model: whole groups up to the limit; rows of all groups where groups are few and large."""
    sizes = np.bincount(codes)
    if case.rows <= MOST_ROWS or sizes.max() * 20 > MOST_ROWS:
        return case.sample(MOST_ROWS)
    order = np.random.default_rng(case.seed).permutation(len(sizes))
    chosen = order[: int((sizes[order].cumsum() <= MOST_ROWS).sum())]
    return np.flatnonzero(np.isin(codes, chosen))


def _parts_by_group(codes: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """A part for each row, whole groups together, parts about equally large."""
    names, members = np.unique(codes, return_inverse=True)
    order = draw.permutation(len(names))
    sizes = np.bincount(members)[order]
    part = np.empty(len(names), dtype=int)
    part[order] = np.minimum((sizes.cumsum() - sizes / 2) * PARTS // len(codes), PARTS - 1)
    return part[members]


def _splits(rows: np.ndarray, part: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(rows[part != number], rows[part == number]) for number in np.unique(part)]


def _smaller(shuffled: np.ndarray, orderly: np.ndarray, *, tested: int) -> Gap:
    """The smaller of the two gaps (rows together; mean of parts), so that neither way of scoring alone accuses."""
    leaky, honest = shuffled.mean(axis=0), orderly.mean(axis=0)
    which = int(np.argmin(leaky - honest))
    single = max(float(shuffled[:, which].std(ddof=1)), 0.2 / np.sqrt(tested))  # five repeats can agree by luck
    return Gap(float(leaky[which]), float(honest[which]), single * float(np.sqrt(1 + 1 / len(shuffled))))


def _candidates(case: Case) -> list[str]:
    """Columns that look like the name of a group: few rows a value, and both the target and a feature go with them."""
    found = []
    for name in case.of("text", "number"):
        codes = pd.factorize(case.X[name])[0]
        levels, present = codes.max() + 1, int((codes >= 0).sum())
        whole = case.roles[name] == "text" or (case.values[name].dropna() % 1 == 0).all()
        if whole and levels >= 10 and 2 <= present / max(levels, 1) <= 50 and _goes_with(case, name, codes):
            found.append(name)
    return sorted(found, key=lambda name: -case.X[name].nunique())[:2]


def _goes_with(case: Case, name: str, codes: np.ndarray) -> bool:
    rows = codes >= 0
    targets = pd.get_dummies(case.y).to_numpy(float) if case.is_class else case.y[:, None]
    others = case.values.drop(columns=name).rank().fillna(0).to_numpy()
    return _shared(codes[rows], targets[rows]) > 0.05 and _shared(codes[rows], others[rows]) > 0.3


def _shared(codes: np.ndarray, values: np.ndarray) -> float:
    """The largest share of a column's variance that lies between the groups, less what chance gives."""
    if not values.shape[1]:
        return 0.0
    frame = pd.DataFrame(values)
    within = ((frame - frame.groupby(codes).transform("mean")) ** 2).sum() / (len(frame) - codes.max() - 1)
    return float((1 - within / frame.var()).max())
