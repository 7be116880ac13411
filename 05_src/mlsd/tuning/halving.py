"""Many candidates on few rows, the best of them on more: successive halving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.model_selection import ParameterGrid, ParameterSampler
from sklearn.utils import resample
from sklearn.utils.validation import _num_samples

from ..errors import DataError
from .result import Search
from .session import Options, Session, Splits, open_session

__all__ = ["halving_search"]

ROWS = "n_samples"


@dataclass(frozen=True)
class _Plan:
    """How much each round gets."""

    resource: str
    first: int
    most: int
    factor: float
    rounds: int
    seed: int

    def amount(self, turn: int) -> int:
        """Rows, or whatever else, of a round."""
        return min(int(self.factor**turn * self.first), self.most)


def halving_search(
    pipeline: Any,
    X: Any,
    y: Any = None,
    *,
    grid: Mapping[str, Sequence] | Sequence[Mapping[str, Sequence]] | None = None,
    space: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    n_candidates: int = 20,
    factor: float = 3,
    resource: str = ROWS,
    min_resources: int | None = None,
    max_resources: int | None = None,
    seed: int = 0,
    scoring: Any = None,
    cv: Any = 5,
    groups: Any = None,
    fit_params: Mapping[str, Any] | None = None,
    refit: str | None = None,
    n_jobs: int | None = None,
    client: Any = None,
    file: Any = None,
    progress: bool | None = None,
) -> Search:
    """Try all candidates on few rows, then the best third on three times as many, and so on.

    Rounds, rows and scores are those of scikit-learn's ``HalvingGridSearchCV`` and ``HalvingRandomSearchCV``, with the
    shared steps of :func:`grid_search`.

    Parameters
    ----------
    pipeline, X, y : object
        As for :func:`grid_search`.
    grid : dict of str to list, or list of such dicts, optional
        All its combinations are tried first.
    space : dict of str to list or frozen distribution of scipy.stats, or list of such dicts, optional
        Instead of a grid: `n_candidates` draws from it are tried first.
    n_candidates : int
        How many draws.
    factor : float
        One candidate in so many stays, and gets so many times as much.
    resource : str
        "n_samples" for rows, or a parameter of the pipeline that is a number, such as ``clf__max_iter``.
    min_resources : int, optional
        What the first round gets. Default: as much as lets the last round use all.
    max_resources : int, optional
        What no round exceeds. Default: all rows; a must where `resource` is a parameter.
    seed : int
        Seed of the draws and of the choice of rows.
    scoring, cv, groups, fit_params, refit, n_jobs, client, file, progress : object
        As for :func:`grid_search`.

    Returns
    -------
    Search
        As of :func:`grid_search`. A candidate has a row for each round it took part in; ``iter`` is the round,
        ``n_resources`` what it got. The last round stands first, and the best is of that round. Ranks are over all
        rounds, as scikit-learn gives them.

    Raises
    ------
    DataError
        As :func:`grid_search`; or if not one of `grid` and `space` is given, or there is not enough to start with.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> grid = {"min_samples_leaf": [1, 2, 3, 5, 10, 20, 50, 100, 200]}
    >>> search = halving_search(DecisionTreeClassifier(random_state=0), X, y, grid=grid, cv=3)
    >>> search.table.groupby("iter")["n_resources"].agg(["size", "first"])
          size  first
    iter
    0        9    199
    1        3    597
    2        1   1791
    """
    candidates = _first_candidates(grid, space, n_candidates, seed)
    options = Options(scoring, cv, groups, fit_params, refit, n_jobs, client, file, progress)
    identity = [candidates, factor, resource, min_resources, max_resources, seed]
    session = open_session(
        pipeline,
        X,
        y,
        "halving",
        options,
        identity=identity,
        fits=lambda folds: folds * _tries(len(candidates), factor),
    )
    with session:
        plan = _plan(session, candidates, factor, resource, min_resources, max_resources, seed)
        return _finish(session, _run_rounds(session, plan, candidates))


def _first_candidates(grid: Any, space: Any, n_candidates: int, seed: int) -> list[dict[str, Any]]:
    if (grid is None) == (space is None):
        raise DataError("halving_search needs either `grid` or `space`.", "Give one of them.")
    drawn = ParameterGrid(grid) if space is None else ParameterSampler(space, n_candidates, random_state=seed)
    return list(drawn)


def _tries(candidates: int, factor: float) -> int:
    rounds = 1 + floor(log(candidates, factor))
    return sum(ceil(candidates / factor**turn) for turn in range(rounds))


def _plan(
    session: Session, candidates: list, factor: float, resource: str, least: int | None, most: int | None, seed: int
) -> _Plan:
    rows = _num_samples(session.case.X)
    if resource != ROWS and (most is None or any(resource in params for params in candidates)):
        raise DataError(
            f"With resource={resource!r}, max_resources is needed, and candidates that do not set {resource!r}.",
            "Give max_resources, the largest value to use, and take the parameter out of the grid.",
        )
    most = rows if most is None else most
    needed = 1 + floor(log(len(candidates), factor))
    if least is None:
        least = max(_fewest(session) if resource == ROWS else 1, int(most // factor ** (needed - 1)))
    if not 0 < least <= most:
        problem = f"The first round would get {least} of {resource}, of {most} in all."
        raise DataError(problem, "Use more rows or fewer folds, or set min_resources.")
    possible = 1 + floor(log(most // least, factor))
    return _Plan(resource, least, most, factor, min(possible, needed), seed)


def _fewest(session: Session) -> int:
    """Two rows of each class for each fold."""
    classes = len(np.unique(session.case.y)) if is_classifier(session.case.pipeline) else 1
    return 2 * len(session.splits) * classes


def _run_rounds(session: Session, plan: _Plan, candidates: list[dict[str, Any]]) -> list[dict[str, int]]:
    """Try round after round; what each row of the table adds: its round, and what it got."""
    notes: list[dict[str, int]] = []
    for turn in range(plan.rounds):
        amount = plan.amount(turn)
        if plan.resource != ROWS:
            candidates = [{**params, plan.resource: amount} for params in candidates]
        first = len(session.candidates)
        session.try_out(session.add(candidates), _fewer_rows(session, plan, amount))
        notes += [{"iter": turn, "n_resources": amount}] * len(candidates)
        if session.stopped:
            session.forget_unfinished()
            break
        candidates = _best(session, first, ceil(len(candidates) / plan.factor))
    return notes[: len(session.candidates)]


def _fewer_rows(session: Session, plan: _Plan, amount: int) -> Splits:
    if plan.resource != ROWS:
        return session.splits
    share = amount / _num_samples(session.case.X)

    def some(rows: np.ndarray) -> np.ndarray:
        return resample(rows, replace=False, random_state=plan.seed, n_samples=int(share * len(rows)))

    return {fold: (some(train), some(test)) for fold, (train, test) in session.splits.items()}


def _best(session: Session, first: int, keep: int) -> list[dict[str, Any]]:
    """The best of the last round, the very best last; one without a score goes first."""
    means = np.array([session.mean(number) for number in range(first, len(session.candidates))])
    order = np.roll(np.argsort(means), np.count_nonzero(np.isnan(means)))
    return [session.candidates[first + place] for place in order[-keep:]]


def _finish(session: Session, notes: list[dict[str, int]]) -> Search:
    table = session.table()
    table = pd.concat([pd.DataFrame(notes, index=table.index), table], axis=1)
    metric = session.metric
    scored = table[f"mean_test_{metric}"].notna()
    table = table.sort_values(["iter", f"rank_test_{metric}"], ascending=[False, True], kind="stable")
    return session.result(table, best=int(table.index.to_numpy()[scored[table.index].to_numpy().argmax()]))
