"""The served log, or a frame like it, in the one form that the measures read: answers, features and late labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns
from ..labels.times import moment_of, require_times, require_zones

__all__ = ["Asked", "features_of", "prediction_of", "prepare"]

FEATURE = "feature."
FACTS = {"time", "request_id", "row", "model", "version", "alias", "status", "probability", "prediction", "seconds"}
FACTS |= {"error", "error.field", "error.reason"}


@dataclass(frozen=True)
class Asked:
    """What was asked, answered, and became known since.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``time``, ``status``, ``answer`` (the probability, else the predicted number), ``label``, ``is_request`` (first
        row of its request) and ``seconds``; NaN where there is none.
    features : pandas.DataFrame
        On the same index, without the prefix.
    is_probability : bool
        Whether the answers are probabilities.
    """

    frame: pd.DataFrame
    features: pd.DataFrame
    is_probability: bool


def prepare(
    log: pd.DataFrame,
    labels: pd.Series | pd.DataFrame | str | None,
    key: str | Sequence[str] | None,
    known: str,
    now: Any,
) -> Asked:
    """Put a log into one form, as it was at a moment.

    Parameters
    ----------
    log, labels, key, known, now
        As in :func:`measure`.

    Returns
    -------
    Asked

    Raises
    ------
    DataError
        If times, labels or answers cannot be used.
    ColumnError
        If a column is missing.
    """
    require_columns(log.columns, ["time"], where="the log")
    require_times(log["time"], "the log")
    moment = None if now is None else moment_of(now, log["time"], "now")
    if moment is not None:
        log = log[log["time"] <= moment]
    answer, is_probability = prediction_of(log, "the log")
    frame = pd.DataFrame({"time": log["time"], "answer": answer})
    frame["status"] = log.get("status", "ok")
    frame["seconds"] = log["seconds"].astype("float64") if "seconds" in log else np.nan
    frame["is_request"] = ~log.duplicated("request_id") if "request_id" in log else True
    frame["label"] = _labels(log, labels, key, known, moment)
    features = features_of(log)
    if isinstance(labels, str):
        features = features.drop(columns=[labels, known], errors="ignore")
    return Asked(frame, features, is_probability)


def features_of(frame: pd.DataFrame) -> pd.DataFrame:
    """The features of a log, or of a reference, by their plain names.

    Parameters
    ----------
    frame : pandas.DataFrame
        With columns ``feature.<name>``; or with plain ones, and then everything that a log does not hold by itself.

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> list(features_of(pd.DataFrame(columns=["time", "probability", "feature.temp"])))
    ['temp']
    """
    prefixed = [name for name in frame.columns if str(name).startswith(FEATURE)]
    if prefixed:
        return frame[prefixed].rename(columns=lambda name: str(name).removeprefix(FEATURE))
    return frame[[name for name in frame.columns if name not in FACTS]]


def prediction_of(frame: pd.DataFrame, where: str) -> tuple[pd.Series, bool]:
    """The probabilities, else the predicted numbers; and which of the two.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``probability`` or ``prediction``.
    where : str
        What it is, for the message.

    Returns
    -------
    (pandas.Series, bool)
        float64, NaN where nothing was predicted; True for probabilities.

    Raises
    ------
    ColumnError
        If it has neither.
    DataError
        If a probability lies outside 0 and 1.
    """
    has_probability = "probability" in frame and (frame["probability"].notna().any() or "prediction" not in frame)
    if not has_probability and "prediction" in frame:
        return pd.to_numeric(frame["prediction"], errors="coerce").astype("float64"), False
    require_columns(frame.columns, ["probability"], where=where)
    probability = frame["probability"].astype("float64")
    outside = (probability < 0) | (probability > 1)
    if outside.any():
        raise DataError(
            f"A probability of {where} lies outside 0 and 1: {probability[outside].iloc[0]} at index "
            f"{probability.index[outside][0]}.",
            "Numbers that are no probabilities go into a column `prediction`.",
        )
    return probability, True


def _labels(log: pd.DataFrame, labels: Any, key: Any, known: str, moment: pd.Timestamp | None) -> pd.Series:
    """Each row's label, NaN where it is not known at the moment."""
    if labels is None:
        return pd.Series(np.nan, index=log.index)
    if isinstance(labels, str):
        require_columns(log.columns, [labels], where="the log")
        table = log[[labels, *([known] if known in log else [])]]
    else:
        table = _joined(log, labels, key, known)
    label = next(name for name in table.columns if name != known)
    values = table[label]
    if known in table and moment is not None:
        when = table[known]
        moment_of(moment, when, "now")
        values = values.where(when <= moment)
    try:
        return values.astype("float64")
    except (TypeError, ValueError) as error:
        raise DataError(f"A label must be a number, such as 0 or 1: {error}.", "Code the labels as numbers.") from error


def _joined(log: pd.DataFrame, labels: pd.Series | pd.DataFrame, key: Any, known: str) -> pd.DataFrame:
    """The label, and when it was known, on the log's rows."""
    table = labels.to_frame("label") if isinstance(labels, pd.Series) else labels
    keys = [key] if isinstance(key, str) else list(key or ())
    if isinstance(labels, pd.Series) and len(keys) == 1:
        table = table.rename_axis(keys[0]).reset_index()
    require_columns(table.columns, keys, where="the labels")
    named = [name for name in table.columns if name not in (*keys, known)]
    if len(named) != 1 and "label" not in named:
        raise DataError(
            f"The labels must have one column beside {[*keys, known]}, or one called 'label', got: {named}.",
            "Leave the others out.",
        )
    table = table[[*keys, "label" if "label" in named else named[0], *([known] if known in table else [])]]
    twice = table.duplicated(keys) if keys else pd.Series(table.index.duplicated(), index=table.index)
    if twice.any():
        which = table.loc[twice, keys].iloc[0].to_dict() if keys else table.index[twice][0]
        raise DataError(f"The labels have {which} twice.", "Keep one label for each, say the last that was known.")
    if known in table:
        require_zones(table[known], log["time"])
    return _merged(log, table, keys) if keys else table.reindex(log.index)


def _merged(log: pd.DataFrame, table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    homes = {name: name if name in log else f"{FEATURE}{name}" for name in keys}
    require_columns(log.columns, homes.values(), where="the log")
    left = log[list(homes.values())].set_axis(keys, axis=1)
    try:
        found = left.merge(table, on=keys, how="left")
    except ValueError as error:
        raise DataError(
            f"Labels and log cannot be joined by {keys}: the log holds {[str(kind) for kind in left.dtypes]}, the "
            f"labels {[str(kind) for kind in table[keys].dtypes]}.",
            "Give both the same type.",
        ) from error
    return found.drop(columns=keys).set_axis(log.index)
