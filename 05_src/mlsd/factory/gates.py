"""May this candidate replace the champion? Each gate answers with what was seen, what is allowed and why."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .. import evaluate
from ..errors import require_columns
from ..serve import score
from .spec import Behaves, Better, Gates, Slices

__all__ = ["Gate", "Trial", "judge", "probabilities"]

LATENCY_ROWS = 200
WARM_UP = 20
BEHAVIOUR_ROWS = 2000


@dataclass(frozen=True)
class Gate:
    """One gate: ``name``, ``passed``, ``seen`` and ``allowed`` in words."""

    name: str
    passed: bool
    seen: str
    allowed: str


@dataclass(frozen=True)
class Trial:
    """What stands trial.

    Attributes
    ----------
    model, rival : estimator
        The fitted candidate; the champion, or the baseline where there is none yet.
    rival_name : str
        What to call it.
    rows : pandas.DataFrame
        The holdout, which neither learned from, with the target and the time.
    target, time : str
        Columns of `rows`.
    size_bytes : int
        Of the candidate, saved.
    """

    model: Any
    rival: Any
    rival_name: str
    rows: pd.DataFrame
    target: str
    time: str
    size_bytes: int


def judge(trial: Trial, gates: Gates) -> list[Gate]:
    """Ask every gate of a spec.

    Parameters
    ----------
    trial : Trial
        The candidate, its rival and the rows that decide.
    gates : Gates
        From the spec; a gate that it leaves out is not asked.

    Returns
    -------
    list of Gate
        In the order of the spec.

    Raises
    ------
    ColumnError
        If a gate names a column that the rows do not have.
    """
    ours, theirs = probabilities(trial.model, trial.rows), probabilities(trial.rival, trial.rows)
    found = []
    if gates.better:
        found.append(_better(trial, gates.better, ours, theirs))
    if gates.calibrated is not None:
        found.append(_calibrated(trial, gates.calibrated, ours))
    if gates.slices:
        found.append(_slices(trial, gates.slices, ours, theirs))
    found += [_behaves(trial, each) for each in gates.behaviour]
    if gates.latency_ms is not None:
        found.append(_latency(trial, gates.latency_ms))
    if gates.size_mb is not None:
        size = trial.size_bytes / 1e6
        found.append(Gate("size", size <= gates.size_mb, f"{size:.2f} MB", f"at most {gates.size_mb:g} MB"))
    return found


def probabilities(model: Any, rows: pd.DataFrame) -> np.ndarray:
    """What a model says of rows, exactly as it will when it is served.

    Parameters
    ----------
    model : estimator
        A fitted classifier of two classes.
    rows : pandas.DataFrame
        With its columns.

    Returns
    -------
    numpy.ndarray of shape (n,)
        Probabilities of the second class.
    """
    return score(model, rows)["probability"].to_numpy()


def _better(trial: Trial, gate: Better, ours: np.ndarray, theirs: np.ndarray) -> Gate:
    found = evaluate.paired(
        trial.rows[trial.target],
        theirs,
        ours,
        metric=gate.metric,
        clusters=_clusters(trial, gate.cluster),
        level=gate.level,
    )
    seen = (
        f"{gate.metric} {found.other:.4f} against {found.one:.4f} of {trial.rival_name}: gain {found.gain:+.4f}, "
        f"{gate.level:.0%} interval {found.low:+.4f} to {found.high:+.4f} ({found.clusters} {gate.cluster}s)"
    )
    return Gate("better", found.low > 0, seen, "the whole interval above 0")


def _clusters(trial: Trial, cluster: str) -> pd.Series:
    """Rows that share their luck: those of one day, or of one value of a column."""
    if cluster == "day":
        return trial.rows[trial.time].dt.floor("D")
    require_columns(trial.rows.columns, [cluster], where="the holdout")
    return trial.rows[cluster].astype(str)


def _calibrated(trial: Trial, most: float, ours: np.ndarray) -> Gate:
    error = evaluate.expected_calibration_error(trial.rows[trial.target], ours)
    seen = f"{error:.4f} (mean probability {ours.mean():.3f}, rate {trial.rows[trial.target].mean():.3f})"
    return Gate("calibrated", error <= most, seen, f"expected calibration error of at most {most:g}")


def _slices(trial: Trial, gate: Slices, ours: np.ndarray, theirs: np.ndarray) -> Gate:
    """A slice fails if it loses more than allowed, and surely so: the whole interval of its loss is above zero."""
    require_columns(trial.rows.columns, gate.by, where="the holdout")
    worst, failed, tested = ("none", -np.inf), list[str](), 0
    for column, value, rows in _each_slice(trial.rows, gate):
        day = trial.rows[trial.time].dt.floor("D").to_numpy()[rows]
        if len(np.unique(day)) < 2:
            continue
        y = trial.rows[trial.target].to_numpy()[rows]
        lost = evaluate.paired(y, ours[rows], theirs[rows], clusters=day)  # what the rival would gain
        tested, name = tested + 1, f"{column} = {value}"
        worst = max(worst, (name, lost.gain), key=lambda each: each[1])
        if lost.gain > gate.worse and lost.low > 0:
            failed.append(f"{name} loses {lost.gain:.4f} ({lost.low:+.4f} to {lost.high:+.4f}, {lost.rows} rows)")
    said = f"worst of {tested}: {worst[0]}, {worst[1]:+.4f}" if tested else f"no slice has {gate.min_rows} rows"
    return Gate("slices", not failed, "; ".join(failed) or said, f"no slice loses more than {gate.worse:g}")


def _each_slice(rows: pd.DataFrame, gate: Slices) -> Iterator[tuple[str, Any, np.ndarray]]:
    for column in gate.by:
        counts = rows[column].value_counts()
        for value in sorted(counts.index[counts >= gate.min_rows]):
            yield column, value, np.flatnonzero((rows[column] == value).to_numpy())


def _behaves(trial: Trial, test: Behaves) -> Gate:
    require_columns(trial.rows.columns, [test.column], where="the holdout")
    rows = trial.rows.drop(columns=trial.target).head(BEHAVIOUR_ROWS)
    if test.kind == "invariance":
        change = f"{test.column} set to {test.value!r}"
        found = evaluate.invariance(trial.model, rows, {test.column: test.value}, tolerance=test.tolerance)
    else:
        change, more = f"{test.column} {test.add:+g}", {test.column: lambda cells: cells + test.add}
        found = evaluate.direction(trial.model, rows, more, sign=test.sign, tolerance=test.tolerance)
    share = 1 - found.failures / found.rows
    passed = found.passed or (0 < found.failures < found.rows and share >= test.pass_share)
    return Gate(
        f"{test.kind}: {change}",
        passed,
        f"{share:.1%} of {found.rows:,} rows as they must; {found.detail}",
        f"at least {test.pass_share:.0%}",
    )


def _latency(trial: Trial, most: float) -> Gate:
    rows = trial.rows.drop(columns=trial.target)
    seconds = []
    for place in range(LATENCY_ROWS + WARM_UP):
        row = rows.iloc[[place % len(rows)]]
        began = time.perf_counter()
        score(trial.model, row)
        seconds.append(time.perf_counter() - began)
    middle = 1000 * float(np.median(seconds[WARM_UP:]))  # what else this machine does makes the slowest ones slow
    return Gate("latency", middle <= most, f"{middle:.1f} ms", f"half of single rows within {most:g} ms")
