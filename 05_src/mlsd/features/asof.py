"""Join what was known by then: each row gets the latest row of another table up to its own instant, never later."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
from pandas.api.extensions import take

from ..errors import DataError, require_columns
from .windows import _refuse_missing

if TYPE_CHECKING:
    from dask.dataframe import DataFrame as DaskFrame

__all__ = ["add_asof"]

Frame = TypeVar("Frame", pd.DataFrame, "DaskFrame")


def add_asof(
    frame: Frame,
    other: "pd.DataFrame | DaskFrame",
    *,
    on: str,
    other_on: str,
    by: str | Sequence[str] = (),
    columns: str | Sequence[str] | None = None,
    tolerance: str | pd.Timedelta | float | None = None,
) -> Frame:
    """Add columns of the latest row of another table that was known at each row's instant: ``other_on <= on``.

    Parameters
    ----------
    frame : pandas.DataFrame or dask.dataframe.DataFrame
        One row a decision, in any order.
    other : pandas.DataFrame or dask.dataframe.DataFrame
        One row a thing that became known, in any order. It can only be a Dask frame if `frame` is one and `by` is
        given: then both are shuffled.
    on : str
        Column of `frame`: the instant of the decision.
    other_on : str
        Column of `other`: the instant at which its row became known. That is often later than the instant it tells
        about: an hour's weather is known when the hour has ended.
    by : str or list of str
        Columns that both have and that must agree, for example the airport. A row without a group finds nothing.
    columns : str or list of str, optional
        Columns of `other` to add; `other_on` may be one. Default: all but `by` and `other_on`.
    tolerance : str, pandas.Timedelta or number, optional
        How old, at most, what is found may be: ``"6h"`` for times, in the unit of `on` for numbers. Default: any age.

    Returns
    -------
    pandas.DataFrame or dask.dataframe.DataFrame
        The frame, rows where they were, with the columns; missing where nothing was known. The rows of a Dask frame
        change places only if `other` is one too.

    Raises
    ------
    ColumnError
        If a column is not there.
    DataError
        If one instant has a time zone and the other has none, or is missing, or text; if two rows of `other` became
        known at once; or if a column that was not asked for by name is in `frame` already.

    Examples
    --------
    >>> flights = pd.DataFrame({"origin": ["JFK", "LGA", "JFK"], "decided_at": [10, 10, 7]})
    >>> weather = pd.DataFrame({"origin": "JFK", "known_at": [8, 10, 11], "temp": [40, 41, 42]})
    >>> add_asof(flights, weather, on="decided_at", other_on="known_at", by="origin")["temp"].tolist()
    [41.0, nan, nan]
    """
    groups: list[str] = [by] if isinstance(by, str) else list(by)
    chosen: list[str] = _chosen(frame, other, groups, other_on, columns)
    require_columns(frame.columns, [on, *groups])
    require_columns(other.columns, [other_on, *groups, *chosen], "the other frame")
    options: dict[str, Any] = {"on": on, "other_on": other_on, "by": groups, "columns": chosen, "tolerance": tolerance}
    other = other[list(dict.fromkeys([other_on, *groups, *chosen]))]
    if isinstance(frame, pd.DataFrame):
        return _joined(frame, _in_memory(other, "`frame` is a pandas frame"), **options)
    return _on_dask(frame, other, options)


def _chosen(frame: Any, other: Any, by: list[str], other_on: str, columns: str | Sequence[str] | None) -> list[str]:
    if columns is not None:
        return [columns] if isinstance(columns, str) else list(columns)
    every = [column for column in other.columns if column not in {*by, other_on}]
    twice = [column for column in every if column in frame.columns]
    if twice:
        raise DataError(
            f"Both frames have {twice}, so it is not clear which are wanted.",
            "Name what you want: columns=[...]. A column asked for by name replaces the frame's.",
        )
    return every


def _in_memory(other: Any, because: str) -> pd.DataFrame:
    if isinstance(other, pd.DataFrame):
        return other
    raise DataError(f"`other` is a Dask frame, but {because}.", "Pass other.compute().")


def _on_dask(frame: Any, other: Any, options: dict) -> Any:
    by = options["by"]
    meta = _joined(frame._meta, other if isinstance(other, pd.DataFrame) else other._meta, **options)
    if not by:
        other = _in_memory(other, "there is no `by` to bring matching rows together")
    if isinstance(other, pd.DataFrame):
        return frame.map_partitions(_joined, other, **options, meta=meta, align_dataframes=False)
    n = max(frame.npartitions, other.npartitions)
    sides = (each.shuffle(on=by, npartitions=n) for each in (frame, other.astype(frame.dtypes[by].to_dict())))
    left, right = (side.clear_divisions() for side in sides)
    return left.map_partitions(_joined, right, **options, meta=meta, align_dataframes=False)


# What happens inside one pandas frame, or one partition of a Dask frame.


def _joined(
    frame: pd.DataFrame, other: pd.DataFrame, on: str, other_on: str, by: list[str], columns: list[str], tolerance: Any
) -> pd.DataFrame:
    found = _latest(frame, other, on, other_on, by, tolerance)
    return frame.assign(**{column: take(other[column].array, found, allow_fill=True) for column in columns})


def _latest(
    frame: pd.DataFrame, other: pd.DataFrame, on: str, other_on: str, by: list[str], tolerance: Any
) -> np.ndarray:
    """For each row of the frame, the position of the latest row of `other` known by then; -1 where there is none."""
    _refuse_missing(frame, on)
    _refuse_missing(other, other_on)
    now, then = _instants(frame[on], other[other_on])
    group, others_group = _groups(frame, other, by)
    asked = pd.DataFrame({"at": now, "group": group, "row": np.arange(len(now))}).sort_values("at", kind="stable")
    known = pd.DataFrame({"at": then, "group": others_group, "found": np.arange(len(then))})
    known = known[known["group"] >= 0].sort_values("at", kind="stable")
    _refuse_ties(other, known, [*by, other_on])
    within = pd.Timedelta(tolerance) if now.dtype.kind == "M" and tolerance is not None else tolerance
    pairs = pd.merge_asof(asked, known, on="at", by="group", tolerance=within)
    found = np.full(len(now), -1)
    found[pairs["row"]] = pairs["found"].fillna(-1)
    return found


def _instants(now: pd.Series, then: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Both columns of instants as arrays of one kind."""
    zones = {isinstance(column.dtype, pd.DatetimeTZDtype) for column in (now, then)}
    arrays = [_plain(column) for column in (now, then)]
    kinds = {array.dtype.kind for array in arrays}
    if len(zones) == 2 or not (kinds == {"M"} or kinds <= set("iuf")):
        raise DataError(
            f"{now.name!r} is {now.dtype}, {then.name!r} is {then.dtype}: they cannot be compared.",
            "Make both times with a zone: pd.to_datetime(...).dt.tz_localize(zone); or both numbers.",
        )
    kind = np.result_type(*arrays)
    return arrays[0].astype(kind), arrays[1].astype(kind)


def _plain(column: pd.Series) -> np.ndarray:
    return (column.dt.tz_convert(None) if isinstance(column.dtype, pd.DatetimeTZDtype) else column).to_numpy()


def _groups(frame: pd.DataFrame, other: pd.DataFrame, by: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The same number for the same group in both frames; -1 is no group."""
    if not by:
        return np.zeros(len(frame), "int64"), np.zeros(len(other), "int64")
    for column in by:
        kinds = [frame[column].dtype, other[column].dtype]
        if len({pd.api.types.is_numeric_dtype(kind) for kind in kinds}) == 2:
            raise DataError(f"Column {column!r} is {kinds[0]} in one frame and {kinds[1]} in the other.")
    both = pd.concat([frame[by], other[by]], ignore_index=True)
    codes = both.groupby(by, sort=False, observed=True).ngroup().fillna(-1).to_numpy("int64")
    return codes[: len(frame)], codes[len(frame) :]


def _refuse_ties(other: pd.DataFrame, known: pd.DataFrame, names: list[str]) -> None:
    tied = known.duplicated(["at", "group"]).to_numpy()
    if tied.any():
        first = other[names].iloc[known["found"].to_numpy()[tied][0]].astype(str).to_dict()
        raise DataError(
            f"{int(tied.sum())} rows of the other frame became known at the same instant as another of their group, "
            f"the first: {first}. Which is the latest is not known.",
            "Drop duplicates, or take their mean first.",
        )
