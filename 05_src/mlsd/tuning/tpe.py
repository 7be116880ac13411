"""Draw each batch of candidates near what did well so far: the tree-structured Parzen estimator of optuna.

Source of the method: J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, "Algorithms for Hyper-Parameter Optimization",
NeurIPS 2011.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import optuna

from ..errors import DataError
from .result import Search
from .session import Options, Session, open_session
from .steps import Member

__all__ = ["tpe_search"]

EDGE = 1e-9  # a quantile of 0 or 1 may be infinite


def tpe_search(
    pipeline: Any,
    X: Any,
    y: Any = None,
    *,
    space: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    n_candidates: int = 20,
    seed: int = 0,
    startup: int = 10,
    batch: int = 4,
    prune_after: int | None = None,
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
    """Draw candidates where earlier ones did well, on the space of :func:`random_search`.

    The same seed gives the same candidates, however many jobs there are. The candidates of a batch share steps as in
    :func:`grid_search`.

    Parameters
    ----------
    pipeline, X, y : object
        As for :func:`grid_search`.
    space : dict of str to list or frozen distribution of scipy.stats, or list of such dicts
        As for :func:`random_search`. The search moves between the quantiles of a distribution, so that before anything
        is known, a candidate is a draw from it.
    n_candidates : int
        The budget: no more fits than so many candidates take on all folds.
    seed : int
        Seed of the draws.
    startup : int
        So many candidates are drawn by chance first.
    batch : int
        So many are drawn at a time. More share more steps, and know less of each other.
    prune_after : int, optional
        Give a candidate up if, after so many folds or later, its mean is below the median of the earlier candidates'
        at that fold. The fits that this saves go to more candidates.
    scoring, cv, groups, fit_params, refit, n_jobs, client, file, progress : object
        As for :func:`grid_search`.

    Returns
    -------
    Search
        As of :func:`grid_search`. With `prune_after`, the column ``pruned`` marks the candidates that were given up;
        they have no mean.

    Raises
    ------
    DataError
        As :func:`grid_search`; or if an entry of the space is no list and no distribution.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> X, y = load_iris(return_X_y=True)
    >>> space = {"C": loguniform(0.01, 100), "kernel": ["linear", "rbf"]}
    >>> search = tpe_search(SVC(), X, y, space=space, n_candidates=12, cv=3)
    >>> len(search.table), search.fits, round(search.best_score, 2)
    (12, 36, 0.99)
    """
    spaces = _checked_spaces(space)
    options = Options(scoring, cv, groups, fit_params, refit, n_jobs, client, file, progress)
    identity = [spaces, n_candidates, seed, startup, batch, prune_after]
    session = open_session(pipeline, X, y, "TPE", options, identity=identity, fits=lambda folds: folds * n_candidates)
    with session:
        pruned = _run_batches(session, _study(seed, startup, prune_after), spaces, n_candidates, batch, prune_after)
        return _finish(session, pruned, prune_after)


def _checked_spaces(space: Any) -> list[dict[str, Any]]:
    spaces = [dict(space)] if isinstance(space, Mapping) else [dict(part) for part in space]
    for part in spaces:
        for name, values in part.items():
            if not hasattr(values, "ppf") and not (hasattr(values, "__len__") and len(values)):
                raise DataError(
                    f"The space of {name!r} must be a list or a frozen distribution of scipy.stats, got: {values!r}.",
                    "For example loguniform(0.01, 100), randint(1, 20) or ['gini', 'entropy'].",
                )
    return spaces


@contextmanager
def _quiet() -> Iterator[None]:
    """Without optuna's own log lines."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _study(seed: int, startup: int, prune_after: int | None) -> optuna.Study:
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=startup)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=min(startup, 5), n_warmup_steps=(prune_after or 1) - 1)
    with _quiet():
        return optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)


def _draw(trial: optuna.Trial, spaces: list[dict[str, Any]]) -> dict[str, Any]:
    """A candidate: which of the spaces, then in each parameter a quantile, or a place in a list."""
    which = trial.suggest_categorical("space", range(len(spaces))) if len(spaces) > 1 else 0
    return {name: _value(trial, f"{which} {name}", spaces[which][name]) for name in sorted(spaces[which])}


def _value(trial: optuna.Trial, name: str, values: Any) -> Any:
    if hasattr(values, "ppf"):
        value = values.ppf(np.clip(trial.suggest_float(name, 0, 1), EDGE, 1 - EDGE))
        return int(value) if hasattr(values.dist, "pmf") else float(value)
    return values[trial.suggest_categorical(name, range(len(values)))]


def _run_batches(
    session: Session, study: optuna.Study, spaces: list, n_candidates: int, batch: int, prune_after: int | None
) -> set[int]:
    """Spend the budget; the numbers of the candidates that were given up."""
    pruned: set[int] = set()
    folds = len(session.splits)
    while (left := n_candidates - -(-len(session.outcomes) // folds)) > 0 and not session.stopped:
        trials = [study.ask() for _ in range(min(batch, left))]
        members = session.add(_draw(trial, spaces) for trial in trials)
        by_number = dict(
            zip(range(len(session.candidates) - len(trials), len(session.candidates)), trials, strict=True)
        )
        if prune_after is None:
            session.try_out(members)
        else:
            pruned |= _try_fold_by_fold(session, members, by_number, prune_after)
        if not session.stopped:
            _tell(session, study, by_number, pruned)
    return pruned


def _try_fold_by_fold(
    session: Session, members: Sequence[Member], trials: dict[int, optuna.Trial], prune_after: int
) -> set[int]:
    hopeless: set[int] = set()
    for fold, rows in session.splits.items():
        session.try_out([member for member in members if member.number not in hopeless], {fold: rows})
        if session.stopped:
            break
        for number in trials.keys() - hopeless:
            mean = session.mean(number)
            if np.isfinite(mean):
                trials[number].report(mean, fold)
                if fold + 1 >= prune_after and fold + 1 < len(session.splits) and trials[number].should_prune():
                    hopeless.add(number)
    return hopeless


def _tell(session: Session, study: optuna.Study, trials: dict[int, optuna.Trial], pruned: set[int]) -> None:
    for number, trial in trials.items():
        mean = session.mean(number)
        if number in pruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        elif np.isfinite(mean):
            study.tell(trial, mean)
        else:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)


def _finish(session: Session, pruned: set[int], prune_after: int | None) -> Search:
    if session.stopped:
        session.forget_unfinished(pruned)
    table = session.table(pruned)
    if prune_after is not None:
        table["pruned"] = table.index.isin(pruned)
    return session.result(table)
