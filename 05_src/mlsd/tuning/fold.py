"""Fit all candidates on one fold, and each thing once: the steps are walked as a tree.

Candidates that agree on the first steps share the fitted steps and the rows that come out of them. Only the path from
the root to the step at hand is kept in memory. Each fit is given rows of its own, as ``GridSearchCV`` would cut them
anew, so that a step which works in place spoils nothing for the next.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.validation import _check_method_params

from .scoring import Scoring, ask, ask_each, short
from .steps import Member, branches, configured, flat_steps

__all__ = ["Case", "Outcome", "Task", "fit_fold", "twin"]


@dataclass(frozen=True)
class Case:
    """All that a worker needs to know, whatever the candidates: sent once.

    Attributes
    ----------
    pipeline : estimator
        Unfitted.
    X, y : object
        All rows.
    scoring : Scoring
        The scorers.
    fit_params, score_params : dict
        Arguments of fit and of the scorers, uncut.
    config : dict
        scikit-learn's settings where the search was called.
    """

    pipeline: Any
    X: Any
    y: Any
    scoring: Scoring
    fit_params: dict[str, Any]
    score_params: dict[str, Any]
    config: dict[str, Any]


@dataclass(frozen=True)
class Task:
    """Candidates to try on one fold: positions of its rows, and the candidates in the order of the tree."""

    fold: int
    train: np.ndarray
    test: np.ndarray
    members: Sequence[Member]


class Outcome(NamedTuple):
    """What became of a candidate on a fold; times are those of a fit that shares nothing, in seconds."""

    number: int
    fold: int
    scores: dict[str, float]
    error: str | None
    fit_time: float
    score_time: float


@dataclass
class _Level:
    """The rows as they come out of a step, and what it took to get there."""

    train: Any
    test: Any
    fitted: tuple[tuple[str, Any], ...] = ()
    error: str | None = None  # of the test rows; the training rows came through
    fit_time: float = 0.0
    score_time: float = 0.0

    def lend(self, last: bool) -> "_Level":
        """A level with rows of its own; the last to ask gets these, and nothing is kept."""
        lent = _Level(self.train, self.test, self.fitted, self.error, self.fit_time, self.score_time)
        if last:
            self.train = self.test = None
        else:
            lent.train, lent.test = twin(self.train), twin(self.test)
        return lent


@dataclass(frozen=True)
class _Fold:
    """What is the same for all fits on a fold."""

    case: Case
    task: Task
    y_train: Any
    y_test: Any
    fit_params: dict[str, Any]
    score_params: dict[str, Any]


def fit_fold(case: Case, task: Task) -> Iterator[Outcome]:
    """Fit and score each candidate of a task.

    Parameters
    ----------
    case : Case
        The data and the pipeline.
    task : Task
        A fold and candidates.

    Yields
    ------
    Outcome
        One a candidate, in the order of the tree.
    """
    for alike in branches(task.members, 0):
        own = configured(case.pipeline, alike[0].params)
        yield from _grow(*_cut(case, task, own), alike, own)


def _cut(case: Case, task: Task, own: Any) -> tuple[_Fold, _Level]:
    """Cut the rows as this estimator wants them: of a kernel matrix, also the columns."""
    X_train, y_train = _safe_split(own, case.X, case.y, task.train)
    X_test, y_test = _safe_split(own, case.X, case.y, task.test, task.train)
    fit_params = _check_method_params(case.X, case.fit_params, indices=task.train)
    score_params = _check_method_params(case.X, case.score_params, indices=task.test)
    return _Fold(case, task, y_train, y_test, fit_params, score_params), _Level(X_train, X_test)


def _grow(fold: _Fold, rows: _Level, alike: Sequence[Member], own: Any) -> Iterator[Outcome]:
    """Fit the next step, which these candidates share, and go on to each branch that leaves it."""
    depth = len(rows.fitted)
    if depth == len(alike[0].path) - 1:
        yield _finish(fold, alike[0], own, rows)
        return
    grown = _through(fold, own, rows)
    if isinstance(grown, Outcome):
        yield from (grown._replace(number=member.number) for member in alike)
        return
    parts = branches(alike, depth + 1)
    for part in parts:
        its_own = own if part is parts[0] else configured(fold.case.pipeline, part[0].params)
        yield from _grow(fold, grown.lend(last=part is parts[-1]), part, its_own)


def _through(fold: _Fold, own: Any, rows: _Level) -> _Level | Outcome:
    """Fit a step that is not the last, and send all rows through it."""
    name, step = flat_steps(own)[len(rows.fitted)]
    one = Pipeline([("step", step)])  # a pipeline of n steps does what n pipelines of one step do
    start = perf_counter()
    try:
        train = one.fit_transform(rows.train, twin(fold.y_train), **_params_of(name, fold.fit_params))
    except Exception as error:
        return Outcome(-1, fold.task.fold, {}, f"fit: {short(error)}", rows.fit_time + perf_counter() - start, 0.0)
    fit_time = rows.fit_time + perf_counter() - start
    rows.train = None
    grown = _Level(train, None, (*rows.fitted, (name, step)), rows.error, fit_time, rows.score_time)
    if fold.case.scoring.predicting and not rows.error:
        _send_test_rows(one, rows, grown)
    return grown


def _send_test_rows(one: Pipeline, rows: _Level, grown: _Level) -> None:
    start = perf_counter()
    try:
        grown.test = one.transform(rows.test)
    except Exception as error:
        grown.error = short(error)
    rows.test = None
    grown.score_time += perf_counter() - start


def _finish(fold: _Fold, member: Member, own: Any, rows: _Level) -> Outcome:
    """Fit the last step and score."""
    steps = flat_steps(own)
    name, step = steps[-1]
    start = perf_counter()
    try:
        last = _fit_last(fold, name, step, [before for before, _ in steps[:-1]], rows)
    except Exception as error:
        return Outcome(
            member.number, fold.task.fold, {}, f"fit: {short(error)}", rows.fit_time + perf_counter() - start, 0.0
        )
    middle = perf_counter()
    scores, said = _score(fold, last, own, rows)
    fit_time, score_time = rows.fit_time + middle - start, rows.score_time + perf_counter() - middle
    return Outcome(member.number, fold.task.fold, scores, said and f"score: {said}", fit_time, score_time)


def _fit_last(fold: _Fold, name: str, step: Any, before: Sequence[str], rows: _Level) -> Any:
    y = twin(fold.y_train)
    if not name:
        params = _twin_values(fold.fit_params)
        return step.fit(rows.train, **params) if y is None else step.fit(rows.train, y, **params)
    # an argument that no step before could take is the last one's, which says so if it cannot take it either
    taken = [param for param in fold.fit_params for other in before if param.startswith(f"{other}__")]
    left = {param: value for param, value in fold.fit_params.items() if param not in taken}
    named = {
        param.replace(f"{name}__", "step__", 1) if param.startswith(f"{name}__") else param: left[param]
        for param in left
    }
    return Pipeline([("step", step)]).fit(rows.train, y, **_twin_values(named))


def _params_of(name: str, params: dict[str, Any]) -> dict[str, Any]:
    start = f"{name}__"
    return _twin_values(
        {f"step__{param.removeprefix(start)}": params[param] for param in params if param.startswith(start)}
    )


def _score(fold: _Fold, last: Any, own: Any, rows: _Level) -> tuple[dict[str, float], str | None]:
    scoring = fold.case.scoring
    scores: dict[str, float] = {}
    error = None
    if scoring.predicting and rows.error:
        error = rows.error
    elif scoring.predicting:
        given = (last, rows.test, fold.y_test, fold.score_params)
        scores, error = ask(scoring.predicting, *given)
        if error and not scores and scoring.alone:
            scores, error = ask_each(scoring.alone, *given)
    if scoring.looking:
        whole = own.set_params(**dict(rows.fitted)) if rows.fitted else last
        X_test, y_test = _safe_split(own, fold.case.X, fold.case.y, fold.task.test, fold.task.train)
        more, wrong = ask(scoring.looking, whole, X_test, y_test, fold.score_params)
        scores, error = scores | more, error or wrong
    return scores, error


def _twin_values(params: dict[str, Any]) -> dict[str, Any]:
    return {name: twin(value) for name, value in params.items()}


def twin(rows: Any) -> Any:
    """The same rows in memory of their own, laid out alike, so that a fit on them gives the same bits.

    Parameters
    ----------
    rows : object
        A frame, an array, a sparse matrix, a list or None.

    Returns
    -------
    object
        A frame is copied when somebody writes to it, and not before.
    """
    if rows is None or isinstance(rows, (pd.DataFrame, pd.Series)):
        return rows if rows is None else rows.copy(deep=False)
    if sparse.issparse(rows):
        return rows.copy()
    if type(rows) is np.ndarray and not rows.dtype.hasobject:
        return _twin_array(rows)
    return list(rows) if type(rows) is list else copy.deepcopy(rows)


def _twin_array(rows: np.ndarray) -> np.ndarray:
    """Also a view with gaps keeps its strides: how a sum is ordered depends on them."""
    low, high = np.lib.array_utils.byte_bounds(rows)
    room = np.empty(high - low, np.uint8)
    start = rows.__array_interface__["data"][0] - low
    same = np.ndarray(rows.shape, rows.dtype, buffer=room, offset=start, strides=rows.strides)
    same[...] = rows
    return same
