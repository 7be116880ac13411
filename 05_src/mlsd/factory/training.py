"""From a window of months to a fitted candidate: what to learn from, the search, and the model on disk."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from .. import sampling, tracking, tuning
from ..errors import DataError, require_columns
from ..tracking import registry
from .checks import sort_out
from .spec import Candidate, Data, Spec
from .steps import Made, Shop, digest

__all__ = [
    "LEARNED",
    "MODEL",
    "ROWS",
    "TABLE",
    "Window",
    "fit_baseline",
    "loaded",
    "month",
    "read_model",
    "search",
    "window",
]

ROWS, REJECTS, MODEL, TABLE, LEARNED = (
    "rows.parquet",
    "rejects.parquet",
    "model.skops",
    "search.parquet",
    "learned.parquet",
)
REFERENCE_ROWS = 20_000


@dataclass(frozen=True)
class Window:
    """Months to learn from and to judge by; both as folders of rows, so that another process can read them.

    Attributes
    ----------
    months : tuple of Path
        Folders of the month steps.
    now : pandas.Timestamp
        The end of the last month: no label that was known later is used.
    judge_from : pandas.Timestamp
        Decisions from here on judge; learning ends before, with the labels known then.
    digest : str
        Of the rows.
    """

    months: tuple[Path, ...]
    now: pd.Timestamp
    judge_from: pd.Timestamp
    digest: str

    def rows(self, data: Data) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The rows to learn from and the rows to judge by, with labels that were known in time.

        Parameters
        ----------
        data : Data
            Names the columns.

        Returns
        -------
        (pandas.DataFrame, pandas.DataFrame)
            To learn from, and to judge by.

        Raises
        ------
        DataError
            If one of them is empty.
        """
        frame = pd.concat([pd.read_parquet(each / ROWS) for each in self.months], ignore_index=True)
        learn = frame[frame[data.known] < self.judge_from]  # known before: decided before, too
        judge = frame[(frame[data.decided] >= self.judge_from) & (frame[data.known] < self.now)]
        for rows, what in ((learn, "learn from"), (judge, "judge by")):
            if rows.empty:
                raise DataError(f"There are no rows to {what} before {self.now:%Y-%m-%d}.", "Shorten `holdout_days`.")
        return learn.reset_index(drop=True), judge.reset_index(drop=True)


_LAST: dict[str, pd.DataFrame] = {}


def loaded(data: Data) -> pd.DataFrame:
    """The whole table that a spec loads, once a process; the next spec's takes its place.

    Parameters
    ----------
    data : Data
        Names the function and its arguments.

    Returns
    -------
    pandas.DataFrame
        As the function gives it.

    Raises
    ------
    DataError
        If there is no such function, or it returns something else.
    """
    key = digest([data.load, data.params])
    if key not in _LAST:
        frame = _function(data.load)(**data.params)
        if not isinstance(frame, pd.DataFrame):
            raise DataError(f"{data.load} must return a DataFrame, got: {type(frame).__name__}.")
        _LAST.clear()
        _LAST[key] = frame
    return _LAST[key]


def month(shop: Shop, spec: Spec, line: str, value: Any, period: str) -> Made:
    """Take one month of data in: load, check, keep good rows and rejects.

    Parameters
    ----------
    shop : Shop
        Where to keep it.
    spec : Spec
        What to load.
    line : str
        The model's name.
    value : object
        The value of ``data.each`` that this line is for, or None.
    period : str
        Such as ``2013-02``.

    Returns
    -------
    Made
        Facts ``rows, rejected, digest, first_reason``.

    Raises
    ------
    DataError
        If too many rows are bad.
    """

    def make(folder: Path) -> dict[str, Any]:
        frame = loaded(spec.data)
        require_columns(frame.columns, [spec.data.decided, spec.data.known, spec.data.target], where=spec.data.load)
        rows = frame[_inside(frame[spec.data.decided], period)]
        if value is not None:
            rows = rows[rows[spec.data.each] == value]
        good, bad = sort_out(rows, spec.checks, where=f"{line}, {period}")
        good.to_parquet(folder / ROWS, index=False)
        bad.to_parquet(folder / REJECTS, index=False)
        first = bad["reason"].iloc[0] if len(bad) else None
        return {"rows": len(good), "rejected": len(bad), "digest": tracking.digest(good), "first_reason": first}

    inputs = {
        "data": replace(spec.data, first="", last=""),  # a longer calendar keeps the months that are there
        "checks": spec.checks,
        "value": value,
        "period": period,
        "loader": _source(spec.data.load),
    }
    return shop.step(f"data {line} {period}", inputs, make)


def window(spec: Spec, months: Sequence[Made], period: str) -> Window:
    """The months that a model made at the end of a period learns from.

    Parameters
    ----------
    spec : Spec
        Says how many.
    months : sequence of Made
        All months so far, the period's own last.
    period : str
        Such as ``2013-02``.

    Returns
    -------
    Window
        Up to the end of the period.
    """
    used = list(months)[-spec.train.months :]
    now = (pd.Period(period, "M") + 1).start_time.tz_localize(_zone(spec, used[-1]))
    judge_from = now - pd.Timedelta(days=spec.train.holdout_days)
    return Window(tuple(each.folder for each in used), now, judge_from, digest([each.facts["digest"] for each in used]))


def search(shop: Shop, spec: Spec, line: str, name: str, learn_from: Window, period: str) -> Made:
    """Tune one candidate on the window, and keep the best as skops.

    Parameters
    ----------
    shop : Shop
        Where to keep it.
    spec : Spec
        Names candidates, search and seed.
    line, name : str
        The model and the candidate.
    learn_from : Window
        The rows.
    period : str
        The month at whose end it is made.

    Returns
    -------
    Made
        Facts ``candidate, score, best_params, rows, size_bytes``.
    """
    candidate = spec.candidates[name]

    def make(folder: Path) -> dict[str, Any]:
        learn = _sampled(learn_from.rows(spec.data)[0], spec)
        folds = sampling.TimeFolds(spec.data.decided, n_splits=spec.search.folds)
        found = tuning.grid_search(
            _pipeline(candidate, spec.seed),
            learn.drop(columns=[spec.data.target, spec.data.known]),
            learn[spec.data.target],
            grid=candidate.grid,
            scoring=spec.search.scoring,
            cv=folds,
            progress=False,
        )
        found.table.assign(params=found.table["params"].map(str)).to_parquet(folder / TABLE)
        told = {"candidate": name, "score": float(found.best_score), "best_params": found.best_params}
        return told | _keep(folder, found.best, learn, spec)

    inputs = {"rows": learn_from.digest, "from": learn_from.judge_from, "candidate": candidate, "search": spec.search}
    inputs |= {"train": spec.train, "seed": spec.seed, "model": _source(candidate.model)}
    return shop.step(f"search {line} {period} {name}", inputs, make)


def fit_baseline(shop: Shop, spec: Spec, line: str, learn_from: Window, period: str) -> Made:
    """Fit the baseline that the first champion has to beat.

    Parameters
    ----------
    shop, spec, line, learn_from, period
        As for :func:`search`.

    Returns
    -------
    Made
        Facts ``rows, size_bytes``.
    """

    def make(folder: Path) -> dict[str, Any]:
        learn = _sampled(learn_from.rows(spec.data)[0], spec)
        model = _pipeline(spec.baseline, spec.seed)
        return _keep(
            folder,
            model.fit(learn.drop(columns=[spec.data.target, spec.data.known]), learn[spec.data.target]),
            learn,
            spec,
        )

    inputs = {"rows": learn_from.digest, "from": learn_from.judge_from, "baseline": spec.baseline, "seed": spec.seed}
    return shop.step(f"baseline {line} {period}", inputs | {"train": spec.train}, make)


def read_model(folder: Path) -> Any:
    """The model that a step kept: skops, no pickle is opened.

    Parameters
    ----------
    folder : Path
        Of the step.

    Returns
    -------
    estimator
        Fitted.
    """
    return registry.restore((folder / MODEL).read_bytes())


def _keep(folder: Path, model: Any, learn: pd.DataFrame, spec: Spec) -> dict[str, Any]:
    saved = registry.dump(model)
    (folder / MODEL).write_bytes(saved)
    learned = learn.sample(min(len(learn), REFERENCE_ROWS), random_state=spec.seed).sort_index()
    learned.to_parquet(folder / LEARNED, index=False)
    return {"rows": len(learn), "size_bytes": len(saved)}


def _sampled(rows: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    most = spec.train.sample_rows
    return rows if most is None or len(rows) <= most else rows.sample(most, random_state=spec.seed).sort_index()


def _pipeline(candidate: Candidate, seed: int) -> Any:
    model = _function(candidate.model)()
    return model.set_params(**{name: seed for name in model.get_params() if name.rpartition("__")[2] == "random_state"})


def _function(path: str) -> Any:
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise DataError(
            f"The spec names {path!r}, which cannot be imported: {error}.", 'Write "module:function".'
        ) from error


@lru_cache(maxsize=32)
def _source(path: str) -> str:
    """A digest of the file that a function comes from: mlsd's own are in the shop's code already."""
    module = path.partition(":")[0]
    if module.partition(".")[0] == "mlsd":
        return "mlsd"
    file = getattr(importlib.import_module(module), "__file__", None)
    return digest(Path(file).read_text(encoding="utf-8")) if file else "?"


def _inside(times: pd.Series, period: str) -> pd.Series:
    begin = pd.Period(period, "M").start_time.tz_localize(times.dt.tz)
    return (times >= begin) & (times < (pd.Period(period, "M") + 1).start_time.tz_localize(times.dt.tz))


def _zone(spec: Spec, made: Made) -> Any:
    return pd.read_parquet(made.folder / ROWS, columns=[spec.data.decided])[spec.data.decided].dt.tz
