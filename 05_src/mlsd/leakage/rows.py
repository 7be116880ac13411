"""Rows that stand in the table twice, exactly or nearly: a shuffled split puts them on both of its sides."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from .case import Case, finding, open_case, table
from .generation import is_id
from .scaling import decimals
from .scoring import MOST_ROWS, predict, score, score_name

__all__ = ["audit_duplicates", "find_duplicates"]

FEWEST = 0.005  # of the rows: fewer copies are not worth a word
NEAR = 0.01  # a near copy is so much nearer than the next row


def audit_duplicates(X: Any, y: Any, *, seed: int = 0) -> pd.DataFrame:
    """Find rows that stand in the table twice, so that a shuffled split tests on rows it has learned.

    Natural repeats, as whole numbers with few values have them, are told from copies by the rows that agree in all
    columns but one: where repeats are natural there are many of those, where rows were copied there are none. Ids and
    dates are set aside.

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
        ``kind, columns, evidence, optimism``: at most one row, of exact or of near copies; the columns are those in
        which they agree.

    Raises
    ------
    DataError
        If y does not fit X.

    Examples
    --------
    >>> import numpy as np
    >>> X = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 3)), columns=["a", "b", "c"])
    >>> twice, y = pd.concat([X, X[:60]]), np.resize([0, 1, 1], 300)
    >>> audit_duplicates(twice, np.r_[y, y[:60]])["evidence"].str[:25].tolist()
    ['60 of 360 rows are copies']
    """
    return table(find_duplicates(open_case(X, y, seed=seed)))


def find_duplicates(case: Case) -> list[dict[str, Any]]:
    """See :func:`audit_duplicates`.

    Parameters
    ----------
    case : Case
        The table under audit.

    Returns
    -------
    list of dict
        Findings, each with kind, columns, evidence and optimism.
    """
    return _exact(case) or _near(case)


def _exact(case: Case) -> list[dict[str, Any]]:
    names = _content(case)
    if not names:
        return []
    cluster = case.values[names].fillna(-np.inf).groupby(names, sort=False).ngroup().to_numpy()
    copies = case.rows - (cluster.max() + 1)
    if copies < max(3, FEWEST * case.rows) or copies > 0.9 * case.rows or not _copied(case, names, cluster):
        return []
    gap = _optimism(case, cluster)
    kind = "oversampling" if _of_one_class(case, cluster) else "duplicates"
    sizes = np.bincount(cluster)
    first = np.flatnonzero(cluster == int(np.argmax(sizes)))[:3].tolist()
    evidence = (
        f"{copies:,} of {case.rows:,} rows are copies of another in {len(names)} columns and in y, for example "
        f"rows {first}. {score_name(case)} "
        f"with copies on both sides of the split {gap[0]:.3f}, without {gap[1]:.3f}."
    )
    if kind == "oversampling":
        label = case.labels[int(np.bincount(case.y[sizes[cluster] > 1]).argmax())]
        evidence = f"All but a few copies are of class {label!r}. {evidence}"
    return [finding(kind, names, evidence, gap[0] - gap[1])]


def _content(case: Case) -> list[str]:
    """The columns that say what a row is about: not its id, not its date, not a constant."""
    return [
        name
        for name in case.X.columns
        if case.roles[name] != "when" and not is_id(case, name) and case.values[name].nunique(dropna=False) > 1
    ]


def _copied(case: Case, names: list[str], cluster: np.ndarray) -> bool:
    """Whether repeats are copies: their targets agree, and there are too many of them for chance."""
    sizes = np.bincount(cluster)
    repeated = sizes[cluster] > 1
    per_cluster = pd.Series(case.y[repeated]).groupby(cluster[repeated])
    if (per_cluster.nunique() == 1).mean() < 0.98:
        return False
    pairs = float((sizes * (sizes - 1.0)).sum() / 2)
    return pairs > 5 * _by_nature(case, names, pairs)


def _by_nature(case: Case, names: list[str], pairs: float) -> float:
    """How many pairs would agree in all columns by nature, at most: from the pairs that differ in one column only."""
    if (cluster_share := pairs / case.rows) > 5:
        return cluster_share * case.rows
    bounds = []
    coded = case.values[names].fillna(-np.inf)
    for name in names:
        share = coded[name].value_counts(normalize=True)
        agree = float((share**2).sum())
        others = [other for other in names if other != name]
        sizes = coded.groupby(others, sort=False).size().to_numpy(float) if others else np.array([float(case.rows)])
        but_one = (sizes * (sizes - 1)).sum() / 2 - pairs
        likely = min(0.9, np.sqrt(agree))
        bounds.append((agree, but_one * likely / (1 - likely)))
    varied = [bound for agree, bound in bounds if agree < 0.5] or [pairs]
    alone = float(np.prod([agree for agree, _ in bounds])) * case.rows**2 / 2
    return max(
        alone,
        float(np.median(varied)) if len(varied) < 3 else float(np.max(np.sort(varied)[: max(1, len(varied) // 2)])),
    )


def _of_one_class(case: Case, cluster: np.ndarray) -> bool:
    """Whether the copies belong to a class that is rarer among the distinct rows."""
    if not case.is_class:
        return False
    first = np.zeros(case.rows, dtype=bool)
    first[np.unique(cluster, return_index=True)[1]] = True
    copies = np.bincount(case.y[~first], minlength=len(case.labels))
    originals = np.bincount(case.y[first], minlength=len(case.labels))
    grown = copies / np.maximum(originals, 1) > 0.05
    return bool(
        originals[copies.argmax()] < originals.max()
        and not grown[originals.argmax()]
        and copies[originals.argmax()] <= 0.05 * copies.sum()
    )


def _optimism(case: Case, cluster: np.ndarray) -> tuple[float, float]:
    """Scores on the same test rows: learned with their copies, and with the copies taken out."""
    rows = _whole(case, cluster)
    results = []
    for seed in range(3):
        part = np.random.default_rng(seed).permutation(len(rows)) % 3
        said: list[list[np.ndarray]] = [[], []]
        tests = []
        for number in range(3):
            train, test = rows[part != number], rows[part == number]
            clean = train[~np.isin(cluster[train], cluster[test])]
            tests.append(test)
            said[0].append(predict(case, case.ranks, train, test, seed=seed))
            said[1].append(predict(case, case.ranks, clean, test, seed=seed))
        y = case.y[np.concatenate(tests)]
        results.append([score(case, y, np.concatenate(each)) for each in said])
    leaky, honest = np.mean(results, axis=0)
    return float(leaky), float(honest)


def _whole(case: Case, cluster: np.ndarray) -> np.ndarray:
    """Rows for the model: copies come with their originals."""
    if case.rows <= MOST_ROWS:
        return np.arange(case.rows)
    sizes = np.bincount(cluster)
    order = np.random.default_rng(case.seed).permutation(len(sizes))
    return np.flatnonzero(np.isin(cluster, order[: int((sizes[order].cumsum() <= MOST_ROWS).sum())]))


def _near(case: Case) -> list[dict[str, Any]]:
    """Rows that are far nearer to another row than that row's place in the table explains."""
    names = [name for name in _content(case) if _continuous(case, name)]
    if len(names) < 2:
        return []
    numbers = _spread(case.values[names])
    rest = [name for name in _content(case) if name not in names]
    points = np.column_stack([numbers, case.values[rest].fillna(-1).to_numpy() * 10]) if rest else numbers
    rows = case.sample(5_000)
    distance, neighbour = NearestNeighbors(n_neighbors=4).fit(points).kneighbors(points[rows])
    distance = np.maximum(distance[:, 1:], 1e-15)
    jump = distance[:, :-1] / distance[:, 1:]
    close = (jump < NEAR).any(axis=1) & (distance[:, 0] > 1e-12)
    plain = jump[~close, -1] if (~close).any() else np.ones(1)
    width = np.log(2) / max(np.log(1 / np.median(plain)), 1e-9) / jump.shape[1]  # how many dimensions the rows fill
    expected = 2 * NEAR**width
    if (
        close.mean() < max(0.01, 20 * expected)
        or close.sum() < 5
        or not _same_target(case, rows[close], neighbour[close, 1])
    ):
        return []
    cluster = _clusters(case, rows[close], neighbour[close, 1])
    gap = _optimism(case, cluster)
    example = [int(rows[close][0]), int(neighbour[close][0, 1])]
    evidence = (
        f"{close.sum():,} of {len(rows):,} rows lie over {1 / NEAR:.0f} times nearer to another row than to the "
        "next, with the same y, for example rows "
        f"{example}: copies with small changes. {score_name(case)} with them on both sides {gap[0]:.3f}, without "
        f"{gap[1]:.3f}."
    )
    return [finding("duplicates", names, evidence, gap[0] - gap[1])]


def _continuous(case: Case, name: str) -> bool:
    if case.roles[name] != "number" or is_id(case, name):
        return False
    values = case.values[name]
    known = values.dropna()
    return known.nunique() > 0.5 * len(known) and len(known) > 0.5 * case.rows and decimals(known.to_numpy()[:500]) > 0


def _spread(values: pd.DataFrame) -> np.ndarray:
    scale = (values.quantile(0.75) - values.quantile(0.25)).replace(0, 1)
    return ((values - values.median()) / scale).fillna(0).to_numpy()


def _same_target(case: Case, rows: np.ndarray, others: np.ndarray) -> bool:
    if case.is_class:
        return bool((case.y[rows] == case.y[others]).mean() > 0.97)
    apart = np.abs(case.y[rows] - case.y[others])
    return bool(np.median(apart) < 0.02 * case.y.std())


def _clusters(case: Case, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """A number for each row, the same for a row and its near copy."""
    cluster = np.arange(case.rows)
    for _ in range(3):  # a few passes join chains of copies
        lower = np.minimum(cluster[rows], cluster[others])
        np.minimum.at(cluster, rows, lower)
        np.minimum.at(cluster, others, lower)
    return np.unique(cluster, return_inverse=True)[1]
