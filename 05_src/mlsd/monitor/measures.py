"""A row a window of time: traffic, failures, latency, predictions, drift, and accuracy as labels arrive."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .. import drift
from ..errors import DataError
from . import asked as asking
from .slicing import Slice, slices

__all__ = ["COLUMNS", "LABELLED", "measure"]

LABELLED = ["labelled", "observed", "calibration_gap", "log_loss", "brier", "roc_auc"]
COLUMNS = ["start", "slice", "rows", "rejected", "errors", "rejected_share", "error_share", "p50_ms", "p99_ms"]
COLUMNS += ["mean_prediction", "drifted", "worst_column", "worst_effect", "prediction_effect", "missing", *LABELLED]
COLUMNS += ["complete"]
COUNTS = ("rows", "rejected", "errors", "labelled")
EPS = float(np.finfo("float64").eps)  # as scikit-learn's log_loss: a sure mistake costs 36, not infinity


def measure(
    log: pd.DataFrame,
    *,
    reference: "pd.DataFrame | drift.Reference | None" = None,
    labels: pd.Series | pd.DataFrame | str | None = None,
    key: str | Sequence[str] | None = None,
    every: str = "1D",
    by: str | None = None,
    min_effect: float = 0.1,
    now: Any = None,
    known: str = "known_at",
) -> pd.DataFrame:
    """What happened in each window of time, from the served log and the labels that are known by now.

    Parameters
    ----------
    log : pandas.DataFrame
        As ``serve.read_log`` gives it; or any frame with ``time`` and ``probability`` (or ``prediction``, a number),
        whose other columns are features. Rows without a ``status`` count as answered.
    reference : pandas.DataFrame or drift.Reference, optional
        What the model was trained on: the same features and, if predictions are to be compared, ``probability``. What
        it shares with the log is watched, but for times, which move on by themselves.
    labels : pandas.Series, pandas.DataFrame or str, optional
        What happened: numbers on the log's index, or joined by `key`. A frame has one column for it, or one called
        ``label``, and may have the time when it was known. A text names a column of the log.
    key : str or list of str, optional
        A column, or several, that log and labels share: ``flight_id``, or ``["request_id", "row"]``.
    every : str
        The length of a window such as ``"1D"``, ``"6h"`` or ``"MS"`` (calendar months), on the clock of ``time``.
    by : str, optional
        A feature: each of its values is a slice; a number is cut at the reference's quartiles. Of many values the
        twelve largest are slices, the rest is one.
    min_effect : float
        As in ``drift.compare``: the least difference of a column that counts as drift.
    now : timestamp, optional
        Look at the log and the labels as they were at this moment. By default, all that is given is known.
    known : str
        The column with the time when a label was known.

    Returns
    -------
    pandas.DataFrame
        One row a window and slice, also where nothing was asked. The slice ``all`` comes first.

        ``start, slice`` : when the window began; ``all``, or a condition such as ``origin = EWR``.
        ``rows, rejected, errors, rejected_share, error_share`` : asked; turned away; failed in the model.
        ``p50_ms, p99_ms`` : milliseconds, of requests.
        ``mean_prediction`` : of the answered rows.
        ``drifted, worst_column, worst_effect`` : how many features drifted, and the one that differs most, compared
        with the reference's rows of the same slice. ``prediction_effect`` : the KS distance of the predictions.
        ``missing`` : the largest share of missing values of a feature.
        ``labelled, observed, calibration_gap`` : answered rows whose label is known, their mean label, and their mean
        prediction less that. ``log_loss, brier, roc_auc`` : of labels that are 0 and 1, where predictions are
        probabilities; the last where both occur.
        ``complete`` : False if the window had not ended `now`.

        NaN where there is nothing to measure. ``attrs["columns"]`` lists the features that are watched.

    Raises
    ------
    DataError
        If times, labels, answers or `every` cannot be used, or a prepared reference is to be sliced.
    ColumnError
        If a column is missing.

    Notes
    -----
    The newest windows hold labels that came soon. Where one of the two labels is known sooner, as with flights that
    land early, they look better or worse than they will be.

    Examples
    --------
    >>> times = pd.to_datetime(["2013-02-01 10:00", "2013-02-01 11:00", "2013-02-02 10:00"], utc=True)
    >>> log = pd.DataFrame({"time": times, "probability": [0.1, 0.3, 0.5], "temp": [30.0, 31.0, 28.0]})
    >>> table = measure(log, labels=pd.Series([0, 1], index=[0, 1]))
    >>> table[["rows", "mean_prediction", "labelled", "observed", "calibration_gap"]].round(2)
       rows  mean_prediction  labelled  observed  calibration_gap
    0     2              0.2         2       0.5             -0.3
    1     1              0.5         0       NaN              NaN
    """
    asked = asking.prepare(log, labels, key, known, now)
    starts, windows = _windows(asked.frame["time"], every, now)
    found, watched = [], _watched(asked.features, reference)
    for part in slices(asked.features, reference, by):
        before = _Before(part, watched, min_effect)
        for number, rows in _by_window(part.rows, windows, len(starts)):
            measured = _traffic(asked.frame.iloc[rows])
            answered = rows[(asked.frame["status"] == "ok").to_numpy()[rows]]
            measured |= before.compare(asked.frame["answer"].iloc[answered], asked.features.iloc[answered])
            measured |= _accuracy(asked.frame.iloc[answered], asked.is_probability)
            found.append({"start": starts[number], "slice": part.name} | measured)
    table = pd.DataFrame(found, columns=COLUMNS)
    table["complete"] = _is_complete(starts, every, now).reindex(table["start"]).to_numpy(dtype="bool")
    table = _typed(table, asked.frame["time"].dtype)
    table.attrs["columns"] = watched
    return table


def _windows(times: pd.Series, every: str, now: Any) -> tuple[pd.DatetimeIndex, np.ndarray]:
    """When each window begins, without a gap and up to now, and each row's window."""
    seen = times if now is None or times.empty else pd.concat([times, pd.Series([pd.Timestamp(now)])])
    try:
        starts = pd.Series(0, index=pd.DatetimeIndex(seen)).resample(every, closed="left", label="left").size().index
    except ValueError as error:
        raise DataError(f"`every` cannot be read: {every!r}.", 'Use "1D", "6h" or "MS", say.') from error
    return pd.DatetimeIndex(starts), np.asarray(starts.searchsorted(pd.DatetimeIndex(times), side="right")) - 1


def _is_complete(starts: pd.DatetimeIndex, every: str, now: Any) -> pd.Series:
    ends = starts + pd.tseries.frequencies.to_offset(every)
    return pd.Series(True if now is None else ends <= pd.Timestamp(now), index=starts)


def _by_window(inside: np.ndarray, windows: np.ndarray, count: int) -> Iterator[tuple[int, np.ndarray]]:
    """Each window's number and the places of its rows within a slice."""
    places = np.flatnonzero(inside)
    order = places[np.argsort(windows[places], kind="stable")]
    for number, ends in enumerate(np.searchsorted(windows[order], [[n, n + 1] for n in range(count)])):
        yield number, order[slice(*ends)]


def _watched(features: pd.DataFrame, reference: Any) -> list[str]:
    if reference is None:
        return list(features.columns)
    known = reference.columns if isinstance(reference, drift.Reference) else asking.features_of(reference).columns
    shared = [name for name in features.columns if name in known]
    if not shared:
        raise DataError(
            f"Log and reference share no feature: {list(features.columns)} and {list(known)}.",
            "Give the reference the columns that the model is asked with.",
        )
    return shared


class _Before:
    """The reference of one slice, sorted once; predictions beside the features."""

    def __init__(self, part: Slice, watched: list[str], min_effect: float):
        self._watched, self._min_effect = [name for name in watched if name != part.by], min_effect
        self._features: drift.Reference | None = None
        self._answer: np.ndarray | None = None
        if isinstance(part.reference, drift.Reference):
            self._features = part.reference
            held = part.reference.columns.get("probability") or part.reference.columns.get("prediction")
            self._answer = held.data.values if held is not None and held.kind == "number" else None  # type: ignore[union-attr]
        elif part.reference is not None:
            self._features = drift.prepare(asking.features_of(part.reference), self._watched)
            if {"probability", "prediction"} & set(part.reference.columns):
                answers = asking.prediction_of(part.reference, "the reference")[0].dropna()
                self._answer = np.sort(answers.to_numpy())
        if self._features is not None:
            kinds = self._features.columns
            self._watched = [name for name in self._watched if kinds[name].kind != "time"]

    def compare(self, answer: pd.Series, features: pd.DataFrame) -> dict[str, Any]:
        known = answer.dropna().to_numpy()
        found: dict[str, Any] = {"mean_prediction": known.mean() if len(known) else np.nan}
        if self._watched and len(features):
            found["missing"] = float(features[self._watched].isna().mean().max())
        if self._features is None or not len(features):
            return found
        if self._answer is not None and len(self._answer) and len(known):
            found["prediction_effect"] = drift.ks(self._answer, known).effect
        return found | self._drift(features[self._watched])

    def _drift(self, features: pd.DataFrame) -> dict[str, Any]:
        if self._features is None or not self._watched:
            return {}
        table = drift.compare(
            reference=self._features, current=features, columns=self._watched, min_effect=self._min_effect
        ).table
        moved = (table["missing_current"] - table["missing_reference"]).abs()
        effects = pd.concat([table["effect"], moved], axis=1).astype("float64").max(axis=1)
        effects = effects.mask(table["test"] == "type", 1.0)
        if effects.isna().all():
            return {"drifted": int(table["drifted"].sum())}
        effects.index = pd.Index(table["feature"])
        drifted = table["drifted"].to_numpy()
        worst = effects.where(drifted | (not drifted.any())).idxmax()
        return {
            "drifted": int(table["drifted"].sum()),
            "worst_column": worst,
            "worst_effect": effects.max() if not drifted.any() else effects[drifted].max(),
        }


def _traffic(rows: pd.DataFrame) -> dict[str, Any]:
    rejected, errors = ((rows["status"] == status).sum() for status in ("rejected", "error"))
    milliseconds = 1000 * rows.loc[rows["is_request"], "seconds"].dropna()
    shares = {"rejected_share": rejected / len(rows), "error_share": errors / len(rows)} if len(rows) else {}
    quantiles = {f"p{share}_ms": milliseconds.quantile(share / 100) for share in (50, 99)}
    return {"rows": len(rows), "rejected": rejected, "errors": errors} | shares | quantiles


def _accuracy(rows: pd.DataFrame, is_probability: bool) -> dict[str, Any]:
    both = rows.dropna(subset=["answer", "label"])
    y, p = both["label"].to_numpy(), both["answer"].to_numpy()
    if not len(both):
        return {"labelled": 0}
    found = {"labelled": len(both), "observed": y.mean(), "calibration_gap": p.mean() - y.mean()}
    if not (is_probability and np.isin(y, (0, 1)).all()):
        return found
    cost = -np.log(np.clip(np.where(y == 1, p, 1 - p), EPS, 1))
    return found | {"log_loss": cost.mean(), "brier": np.mean((p - y) ** 2), "roc_auc": _roc_auc(y, p)}


def _roc_auc(y: np.ndarray, p: np.ndarray) -> float:
    """How often a 1 has the higher probability of the two: the Mann–Whitney statistic from ranks."""
    ones, zeros = int(y.sum()), int((1 - y).sum())
    if not (ones and zeros):
        return np.nan
    ranks = pd.Series(p).rank().to_numpy()
    return float((ranks[y == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def _typed(table: pd.DataFrame, time: Any) -> pd.DataFrame:
    numbers = [
        name for name in COLUMNS if name not in (*COUNTS, "start", "slice", "drifted", "worst_column", "complete")
    ]
    kinds: dict[str, Any] = dict.fromkeys(numbers, "float64") | dict.fromkeys(COUNTS, "int64")
    return table.astype(kinds | {"drifted": "Int64", "slice": "str", "worst_column": "str", "start": time})
