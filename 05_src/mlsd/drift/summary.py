"""What a comparison needs of each column: its kind, its values in order or counted, and what is missing.

A frame of Dask is read some columns at a time; all rows of those columns come here, so that the answer is the same as
that of pandas.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api import types as dtypes

from ..errors import DataError, require_columns
from .categories import Counts, count
from .kolmogorov import Sample, sort

if TYPE_CHECKING:
    from dask.dataframe import DataFrame as DaskFrame

__all__ = ["Column", "Reference", "chosen", "numbers", "prepare", "times"]

AT_ONCE = 8  # columns of a Dask frame in memory
NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")
TIMES = ("datetime", "datetime64", "date")
KINDS = ("number", "category", "time")


@dataclass(frozen=True)
class Column:
    """One column of one frame.

    Attributes
    ----------
    kind : str
        ``number``, ``category``, ``time``, or ``empty`` where no value is known.
    data : Sample or Counts
        Numbers and times in order, categories counted.
    rows : int
        With the missing ones.
    dtype : str
        As the frame had it.
    """

    kind: str
    data: Sample | Counts
    rows: int
    dtype: str

    @property
    def known(self) -> int:
        """How many values are not missing."""
        return self.rows - self.data.missing


@dataclass(frozen=True)
class Reference:
    """A frame made ready to be compared with many others.

    Attributes
    ----------
    columns : dict of str to Column
        In the frame's order.
    kinds : dict of str to str
        The kinds that were asked for.
    """

    columns: dict[str, Column]
    kinds: Mapping[str, str]


def prepare(
    frame: "pd.DataFrame | DaskFrame | Reference",
    columns: Sequence[str] | None = None,
    *,
    kinds: Mapping[str, str] | None = None,
) -> Reference:
    """Sort and count a frame once, to compare each new batch with it.

    Parameters
    ----------
    frame : pandas.DataFrame, dask.dataframe.DataFrame or Reference
        One row an observation.
    columns : list of str, optional
        All by default.
    kinds : dict of str to str, optional
        ``number`` or ``category`` where the dtype does not tell: an hour may be either.

    Returns
    -------
    Reference
        What :func:`compare` and :func:`measures` take in place of a frame.

    Raises
    ------
    DataError
        If this is no frame, two columns share a name, or a column is not of the kind that was asked for.
    ColumnError
        If there is no such column.

    Examples
    --------
    >>> prepare(pd.DataFrame({"hour": [5, 6, None]})).columns["hour"].kind
    'number'
    """
    if isinstance(frame, Reference):
        if kinds:
            raise DataError("The reference is prepared: its kinds are settled.", "Give `kinds` to drift.prepare.")
        names = chosen(list(frame.columns), columns, where="the prepared reference")
        return Reference({name: frame.columns[name] for name in names}, frame.kinds)
    _check_frame(frame)
    _check_kinds(kinds or {})
    names = chosen(list(frame.columns), columns)
    found: dict[str, Column] = {}
    for part in _parts(frame, names):
        found |= {name: _column(part[name], (kinds or {}).get(name)) for name in part.columns}
    return Reference(found, dict(kinds or {}))


def chosen(existing: list[Any], columns: Sequence[str] | None, where: str = "the frame") -> list[Any]:
    """The names that were asked for, each once, as the frame has them: "1" finds the column 1.

    Parameters
    ----------
    existing : list
        The names that there are.
    columns : list of str or None
        None asks for all.
    where : str
        What has them, for the message.

    Returns
    -------
    list
        Names out of `existing`.

    Raises
    ------
    DataError
        If `columns` is one text.
    ColumnError
        If there is no such name.
    """
    if columns is None:
        return existing
    if isinstance(columns, str):
        raise DataError(f"`columns` must be a list of names, got: {columns!r}.", f"columns=[{columns!r}]")
    names = {str(name): name for name in existing}
    require_columns(names, map(str, columns), where)
    return list(dict.fromkeys(names[str(name)] for name in columns))


def _check_frame(frame: Any) -> None:
    if not (isinstance(frame, pd.DataFrame) or hasattr(frame, "map_partitions")):
        raise DataError(
            f"A frame of pandas or Dask is needed, got: {type(frame).__name__}.", "Two arrays: drift.ks, drift.psi."
        )
    twice = frame.columns[frame.columns.duplicated()].tolist()
    if twice:
        raise DataError(f"Two columns are named {twice[0]!r}.", "Rename one of them.")


def _check_kinds(kinds: Mapping[str, str]) -> None:
    for name, kind in kinds.items():
        if kind not in KINDS:
            raise DataError(f"The kind of {name!r} must be one of {list(KINDS)}, got: {kind!r}.")


def _parts(frame: Any, names: list[str]) -> Iterator[pd.DataFrame]:
    """The frame in memory, some columns at a time where it is of Dask."""
    if isinstance(frame, pd.DataFrame):
        yield frame[names]
        return
    for start in range(0, len(names), AT_ONCE):
        yield frame[names[start : start + AT_ONCE]].compute()


def _column(values: pd.Series, asked: str | None) -> Column:
    kind = asked or _kind(values)
    known = values.notna().any()
    if not known:
        return Column("empty", Counts(pd.Series(dtype="int64"), len(values)), len(values), str(values.dtype))
    try:
        data = count(values) if kind == "category" else sort(times(values) if kind == "time" else numbers(values))
    except (TypeError, ValueError, DataError) as error:
        raise DataError(f"Column {values.name!r} is no {kind}: {error}.", "Leave it out of `kinds`.") from error
    return Column(kind, data, len(values), str(values.dtype))


def _kind(values: pd.Series) -> str:
    if dtypes.is_bool_dtype(values) or isinstance(values.dtype, pd.CategoricalDtype):
        return "category"
    if dtypes.is_datetime64_any_dtype(values):
        return "time"
    if dtypes.is_timedelta64_dtype(values) or (dtypes.is_numeric_dtype(values) and values.dtype.kind != "c"):
        return "number"
    inferred = dtypes.infer_dtype(values, skipna=True) if values.dtype == "object" else "string"
    return "number" if inferred in NUMBERS else "time" if inferred in TIMES else "category"


def numbers(values: pd.Series) -> np.ndarray:
    """A column as floats, NaN where missing; durations in seconds.

    Parameters
    ----------
    values : pandas.Series of shape (n,)
        Numbers, or text that reads as numbers, or durations.

    Returns
    -------
    numpy.ndarray of shape (n,)
        In the same order.
    """
    if dtypes.is_timedelta64_dtype(values):
        return values.dt.total_seconds().to_numpy()
    return pd.to_numeric(values).to_numpy(dtype="float64", na_value=np.nan)


def times(values: pd.Series) -> np.ndarray:
    """A column of times as seconds since 1970 in UTC; a time without a zone is taken as UTC.

    Parameters
    ----------
    values : pandas.Series of shape (n,)
        Times or dates.

    Returns
    -------
    numpy.ndarray of shape (n,)
        In the same order, NaN where missing.
    """
    instants = pd.to_datetime(values, utc=True).dt.tz_localize(None)
    return (instants - pd.Timestamp(0)).dt.total_seconds().to_numpy()
