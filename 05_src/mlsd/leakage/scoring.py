"""The quick model that measures optimism, and its scores.

The model is a small forest of extremely randomised trees on the ranks of the columns: it needs no tuning, copes with
gaps and categories, and remembers its rows, which is what a leak through the split feeds on. The score is ROC AUC for
two classes, its mean of one class against the rest for more, and R² for a quantity. Scores are taken over all test
rows together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from .case import Case

__all__ = ["Gap", "alone", "auc", "folds", "gap_of_columns", "nothing", "predict", "score", "score_name", "scores"]

Splits = Iterable[tuple[np.ndarray, np.ndarray]]
TREES = 20
MOST_ROWS = 2_000
LEVELS = 10  # a column of so many repeated values may name shops, days, people


@dataclass(frozen=True)
class Gap:
    """A score with a leak and without it, and how far their difference may be off by chance."""

    leaky: float
    honest: float
    noise: float

    @property
    def optimism(self) -> float:
        """The score with the leak less the score without it."""
        return self.leaky - self.honest

    def exceeds(self, least: float, times: float = 3) -> bool:
        """Whether the optimism is worth a word and beyond this many times the noise."""
        return self.optimism > max(least, times * self.noise)

    def __str__(self):
        return f"{self.leaky:.3f} against {self.honest:.3f}, ± {self.noise:.3f}"


def score_name(case: Case) -> str:
    """What the score is called."""
    if not case.is_class:
        return "R²"
    return "AUC" if len(case.labels) == 2 else "mean AUC"


def auc(positive: np.ndarray, values: np.ndarray) -> float:
    """The chance that a positive row's value is above a negative row's; a half where a class is absent."""
    hits = int(positive.sum())
    if hits in (0, len(positive)):
        return 0.5
    return float((rankdata(values)[positive].sum() - hits * (hits + 1) / 2) / (hits * (len(positive) - hits)))


def score(case: Case, y: np.ndarray, predicted: np.ndarray) -> float:
    """How good predictions are; those of a class problem have a column a class."""
    if not case.is_class:
        spread = float(((y - y.mean()) ** 2).sum())
        return 1 - float(((y - predicted) ** 2).sum()) / spread if spread else 0.0
    seen = [code for code in range(len(case.labels)) if 0 < (y == code).sum() < len(y)]
    seen = seen[-1:] if len(case.labels) == 2 else seen
    return float(np.mean([auc(y == code, predicted[:, code]) for code in seen])) if seen else 0.5


def predict(case: Case, features: np.ndarray, train: np.ndarray, test: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """What a model fitted on the rows `train` says of the rows `test`; both are positions in the case."""
    seen, asked = _with_means(case, features, train, test)
    options = {"n_estimators": TREES, "max_features": 0.6, "min_samples_leaf": 2, "random_state": seed}
    if not case.is_class:
        return ExtraTreesRegressor(**options).fit(seen, case.y[train]).predict(asked)
    model = ExtraTreesClassifier(**options).fit(seen, case.y[train])
    said = np.zeros((len(test), len(case.labels)))
    said[:, model.classes_] = model.predict_proba(asked)
    return said


def _with_means(case: Case, features: np.ndarray, train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The features, and the target's mean by value of each column that repeats its values: what trees are slow to find.

    A training row gets the mean of the other fifths of the training rows, so that it never sees its own answer.
    """
    part = np.arange(len(train)) % 5
    targets = [case.y] if not case.is_class else [case.y == code for code in range(1, min(len(case.labels), 4))]
    seen, asked = [features[train]], [features[test]]
    for column in range(features.shape[1]):
        values, codes = np.unique(np.r_[seen[0][:, column], asked[0][:, column]], return_inverse=True)
        if not LEVELS <= len(values) <= len(train) / 5:
            continue
        for target in targets:
            answers = target[train].astype(float)
            sums, rows = np.zeros((2, 5, len(values)))
            np.add.at(sums, (part, codes[: len(train)]), answers - answers.mean())
            np.add.at(rows, (part, codes[: len(train)]), 1)
            others = (sums.sum(axis=0) - sums) / (rows.sum(axis=0) - rows + 2)
            seen.append(others[part, codes[: len(train)], None])
            asked.append((sums.sum(axis=0) / (rows.sum(axis=0) + 2))[codes[len(train) :], None])
    return np.hstack(seen), np.hstack(asked)


def folds(case: Case, rows: np.ndarray, parts: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Shuffled train and test positions among `rows`; each class is spread over the parts."""
    shuffled = np.random.default_rng(seed).permutation(rows)
    if case.is_class:
        shuffled = shuffled[np.argsort(case.y[shuffled], kind="stable")]
    part = np.arange(len(rows)) % parts
    for number in range(parts):
        yield shuffled[part != number], shuffled[part == number]


def scores(case: Case, features: np.ndarray, splits: Splits, seed: int) -> np.ndarray:
    """Two scores of a cross-validation: over all test rows together, and the mean of the parts."""
    pieces = [(test, predict(case, features, train, test, seed=seed)) for train, test in splits]
    rows = np.concatenate([test for test, _ in pieces])
    together = score(case, case.y[rows], np.concatenate([said for _, said in pieces]))
    return np.array([together, np.mean([score(case, case.y[test], said) for test, said in pieces])])


def gap_of_columns(
    case: Case, leaky: Iterable[str], suspects: Iterable[str], *, features: np.ndarray | None = None
) -> Gap:
    """What columns add to the honest ones: score with `leaky` less score without any suspect, on the same folds.

    `features` replaces the honest columns, to compare one form of a column with another.
    """
    names = np.array(case.X.columns)
    honest = ~np.isin(names, list(suspects))
    without = case.ranks[:, honest] if features is None else features
    pairs = np.array(
        [
            _both(case, case.ranks[:, honest | np.isin(names, list(leaky))], without, case.seed + turn)
            for turn in range(3)
        ]
    )
    mean = pairs.mean(axis=0)
    return Gap(float(mean[0]), float(mean[1]), float(np.diff(pairs, axis=1).std(ddof=1)))


def _both(case: Case, leaky: np.ndarray, honest: np.ndarray, seed: int) -> list[float]:
    rows = case.sample(MOST_ROWS)
    splits = list(folds(case, rows, 3, seed))
    return [
        scores(case, features, splits, seed)[0] if features.shape[1] else nothing(case) for features in (leaky, honest)
    ]


def alone(case: Case, values: np.ndarray, rows: np.ndarray) -> float:
    """How well one column by itself tells the target: by its order, or by a small tree on rows new to it."""
    values = np.where(np.isnan(values), np.nanmin(values, initial=0) - 1, values)[rows]
    said = np.zeros((len(rows), len(case.labels) or 1))
    place = np.empty(case.rows, dtype=int)
    place[rows] = np.arange(len(rows))
    kind = DecisionTreeClassifier if case.is_class else DecisionTreeRegressor
    for train, test in folds(case, rows, 3, case.seed):
        tree = kind(min_samples_leaf=max(2, len(rows) // 500), max_leaf_nodes=200, random_state=0)
        tree.fit(values[place[train], None], case.y[train])
        at = values[place[test], None]
        if case.is_class:
            said[np.ix_(place[test], tree.classes_)] = tree.predict_proba(at)
        else:
            said[place[test], 0] = tree.predict(at)
    return max(score(case, case.y[rows], said if case.is_class else said[:, 0]), _by_order(case, case.y[rows], values))


def _by_order(case: Case, y: np.ndarray, values: np.ndarray) -> float:
    if np.ptp(values) == 0:
        return nothing(case)
    if not case.is_class:
        return float(np.corrcoef(rankdata(values), rankdata(y))[0, 1] ** 2)
    if len(case.labels) > 2:
        return nothing(case)
    up = auc(y == 1, values)
    return max(up, 1 - up)


def nothing(case: Case) -> float:
    """The score of a model without columns."""
    return 0.5 if case.is_class else 0.0
