"""What all searches do alike: read the arguments, try candidates on folds, keep count, make the result."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn import get_config
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, check_cv
from sklearn.utils import indexable
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.validation import _check_method_params

from ..errors import DataError
from .fold import Case, Outcome
from .progress import Line
from .record import Record, describe, digest
from .result import Search
from .scoring import Scoring, accepts_weights, read_scoring
from .steps import Member, configured, plan, step_fits
from .table import make_table, metric_names
from .work import cut_tasks, run, workers

__all__ = ["Options", "Session", "open_session"]

logger = logging.getLogger(__name__)

Splits = dict[int, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Options:
    """How a search runs, whatever it searches; see :func:`grid_search`."""

    scoring: Any = None
    cv: Any = 5
    groups: Any = None
    fit_params: Mapping[str, Any] | None = None
    refit: str | None = None
    n_jobs: int | None = None
    client: Any = None
    file: Any = None
    progress: bool | None = None


@dataclass
class Session:
    """One search at work."""

    kind: str
    case: Case
    splits: Splits
    options: Options
    record: Record
    line: Line
    started: float
    candidates: list[dict[str, Any]] = field(default_factory=list)
    outcomes: dict[tuple[int, int], Outcome] = field(default_factory=dict)
    step_fits: int = 0
    step_fits_alone: int = 0
    stopped: bool = False

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()
        self.record.close()

    def add(self, candidates: Iterable[dict[str, Any]]) -> list[Member]:
        """Take in candidates, and put them in the order of the tree.

        Parameters
        ----------
        candidates : iterable of dict
            Parameters by name.

        Returns
        -------
        list of Member
        """
        fresh = list(candidates)
        members = plan(self.case.pipeline, fresh, first=len(self.candidates))
        self.candidates += fresh
        return members

    def try_out(self, members: Sequence[Member], splits: Splits | None = None) -> None:
        """Fit and score candidates on folds, but for what an earlier run has done. Ctrl-C ends it, and is noted.

        Parameters
        ----------
        members : list of Member
            In the order of the tree.
        splits : dict of int to (train, test), optional
            Folds; all if left out.
        """
        splits = self.splits if splits is None else splits
        found = self.record.look_up({member.number: member.params for member in members}, splits)
        self.outcomes |= found
        self.line.advance(len(found))
        tasks = cut_tasks(members, splits, self.outcomes, workers(self.options.n_jobs, self.options.client))
        self.step_fits += sum(step_fits(task.members) for task in tasks)
        self.step_fits_alone += sum(len(member.path) for task in tasks for member in task.members)
        try:
            for outcome in run(self.case, tasks, n_jobs=self.options.n_jobs, client=self.options.client):
                self.outcomes[outcome.number, outcome.fold] = outcome
                self.record.add(outcome, self.candidates[outcome.number])
                self.line.advance()
        except KeyboardInterrupt:
            self.stopped = True

    @property
    def names(self) -> list[str]:
        """The metrics."""
        return metric_names(self.case.scoring.names, self.outcomes)

    @property
    def metric(self) -> str:
        """The metric that chooses."""
        refit = self.options.refit or self.names[0]
        known = self.case.scoring.names or any(outcome.scores for outcome in self.outcomes.values())
        if known and refit not in self.names:
            raise _no_such_metric(refit, self.names)
        return refit

    def table(self, given_up: Collection[int] = ()) -> pd.DataFrame:
        """The table in the order of the candidates; means are over the folds that all but those given up finished.

        Parameters
        ----------
        given_up : collection of int
            Candidates that were not meant to finish.

        Returns
        -------
        pandas.DataFrame
        """
        numbers = [number for number in range(len(self.candidates)) if number not in given_up]
        folds = range(len(self.splits))
        counted = [fold for fold in folds if all((number, fold) in self.outcomes for number in numbers)]
        known = self.outcomes
        return make_table(self.candidates, known, folds=len(folds), names=self.names, counted=counted or folds)

    def mean(self, number: int) -> float:
        """A candidate's mean score so far, NaN where a fold failed.

        Parameters
        ----------
        number : int
            The candidate.

        Returns
        -------
        float
        """
        scores = [
            outcome.scores.get(self.metric, np.nan) for (who, _), outcome in self.outcomes.items() if who == number
        ]
        return float(np.mean(scores))

    def forget_unfinished(self, given_up: Collection[int] = ()) -> None:
        """Of a search by batches that was stopped: leave out the last batch, unless there is no other.

        Parameters
        ----------
        given_up : collection of int
            Candidates that were not meant to finish.
        """
        unfinished = [
            number for number in range(len(self.candidates)) if number not in given_up and self._misses(number)
        ]
        if unfinished and unfinished[0]:
            del self.candidates[unfinished[0] :]

    def _misses(self, number: int) -> bool:
        return any((number, fold) not in self.outcomes for fold in self.splits)

    def result(self, table: pd.DataFrame | None = None, best: int | None = None) -> Search:
        """Fit the best candidate on all rows, and hand everything over.

        Parameters
        ----------
        table : pandas.DataFrame, optional
            Best first. Default: the table by rank.
        best : int, optional
            The candidate to fit. Default: the first of the table by rank.

        Returns
        -------
        Search

        Raises
        ------
        DataError
            If no candidate has a score.
        """
        if not self.outcomes:
            raise KeyboardInterrupt  # nothing to keep
        table = self.table() if table is None else table
        metric = self.metric
        if not any(outcome.scores for outcome in self.outcomes.values()) or table[f"mean_test_{metric}"].isna().all():
            raise self._nothing(table, metric)
        if best is None:
            table = table.sort_values(f"rank_test_{metric}", kind="stable")
            best = int(table.index[0])
        self._tell_failures(table)
        model = None if self.stopped else self._refit(self.candidates[best])
        score = float(table[f"mean_test_{metric}"].loc[best])
        counts = (len(self.outcomes), time.monotonic() - self.started, self.step_fits, self.step_fits_alone)
        return Search(table, model, self.candidates[best], score, metric, *counts, self.stopped, self.kind)

    def _nothing(self, table: pd.DataFrame, metric: str) -> DataError:
        errors = table["error"].dropna()
        said = f" The first: {errors.iloc[0]}" if len(errors) else ""
        fix = "Fit one candidate yourself to see where it comes from: pipeline.set_params(...).fit(X, y)."
        return DataError(f"No candidate of {len(table)} has a mean {metric}; all failed.{said}", fix)

    def _tell_failures(self, table: pd.DataFrame) -> None:
        failed = table["error"].dropna()
        if len(failed):
            logger.warning("%d of %d candidates failed; the first: %s", len(failed), len(table), failed.iloc[0])

    def _refit(self, params: dict[str, Any]) -> Any:
        model = configured(self.case.pipeline, params)
        try:
            if self.case.y is None:
                return model.fit(self.case.X, **self.case.fit_params)
            return model.fit(self.case.X, self.case.y, **self.case.fit_params)
        except KeyboardInterrupt:
            self.stopped = True
            return None


def open_session(
    pipeline: Any, X: Any, y: Any, kind: str, options: Options, *, identity: Any, fits: Callable[[int], int]
) -> Session:
    """Read the arguments as ``GridSearchCV.fit`` does, and open the file.

    Parameters
    ----------
    pipeline, X, y : object
        As given.
    kind : str
        The kind of search.
    options : Options
        How it runs.
    identity : object
        What is searched, for the file.
    fits : callable
        The number of fits to expect, from the number of folds.

    Returns
    -------
    Session

    Raises
    ------
    DataError
        If there are no folds, if `refit` is no metric, or if the file holds something else.
    """
    started = time.monotonic()
    X, y = indexable(X, y)
    params = _check_method_params(X, params=dict(options.fit_params or {}))
    scoring = read_scoring(pipeline, options.scoring)
    fit_params, split_params, score_params = _route(pipeline, options, scoring, params)
    splitter = check_cv(options.cv, y, classifier=is_classifier(pipeline))
    splits = {
        fold: (np.asarray(train), np.asarray(test))
        for fold, (train, test) in enumerate(splitter.split(X, y, **split_params))
    }
    if scoring.names and options.refit and options.refit not in scoring.names:
        raise _no_such_metric(options.refit, scoring.names)
    if not splits:
        raise DataError("`cv` gives no folds.", "Check the splitter: list(cv.split(X, y)).")
    case = Case(clone(pipeline), X, y, scoring, fit_params, score_params, get_config())
    parts = _identity(kind, case, splits, options, identity) if options.file is not None else {}
    record = Record(options.file, parts)
    return Session(
        kind, case, splits, options, record, Line(fits(len(splits)), f"{kind} search", options.progress), started
    )


def _no_such_metric(refit: str, names: Sequence[str]) -> DataError:
    return DataError(f"`refit` must be one of {list(names)}, got: {refit!r}.", "Name a metric that is scored.")


def _route(pipeline: Any, options: Options, scoring: Scoring, params: dict[str, Any]) -> tuple[dict, dict, dict]:
    """Arguments of fit, of the splitter and of the scorers."""
    if get_config()["enable_metadata_routing"]:
        given = params if options.groups is None else params | {"groups": options.groups}
        refit = scoring.names[0] if len(scoring.names) > 1 else True
        search = GridSearchCV(pipeline, {}, scoring=options.scoring, cv=options.cv, refit=refit)
        routed = process_routing(search, "fit", **given)
        return routed.estimator.fit, routed.splitter.split, routed.scorer.score
    weights = params.get("sample_weight")
    weighs = weights is not None and accepts_weights(scoring)
    return params, {"groups": options.groups}, {"sample_weight": weights} if weighs else {}


def _identity(kind: str, case: Case, splits: Splits, options: Options, searched: Any) -> dict[str, str]:
    """What the file must be of, part by part, so that a refusal can name what differs."""
    data = [case.X, case.y]
    return {
        "kind": kind,
        "data": " ".join(map(digest, data)),
        "pipeline": describe(case.pipeline),
        "candidates": describe(searched),
        "folds": digest(list(splits.values())),
        "scoring": describe(options.scoring),
        "fit_params": describe(options.fit_params),
    }
