"""How a pandas column travels to a database and back: its Arrow type, its SQL type, and the dtype it returns to."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .errors import ColumnError, DataError

__all__ = ["Column", "arrow_table", "bindable", "describe", "restore", "to_arrow"]

MICROSECONDS = pa.timestamp("us")
UTC_MICROSECONDS = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Column:
    """One column of a table that is about to be written.

    Parameters
    ----------
    name : str
        Its name, unquoted.
    arrow : pyarrow.DataType
        How its values travel.
    sqlite, postgresql : str
        Its declared type in each database.
    dtype : str
        What it was in pandas, as ``restore`` understands it.
    """

    name: str
    arrow: pa.DataType
    sqlite: str
    postgresql: str
    dtype: str


def describe(frame: pd.DataFrame) -> list[Column]:
    """Find the type of each column of a frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        Its columns must have different names, all of them text.

    Returns
    -------
    list of Column
        In the frame's order.

    Raises
    ------
    DataError
        If a name is no text or comes twice, or a column's values have no type in common.

    Examples
    --------
    >>> [(c.name, c.postgresql) for c in describe(pd.DataFrame({"n": [1], "when": [pd.Timestamp("2013-01-01")]}))]
    [('n', 'bigint'), ('when', 'timestamp')]
    """
    for name in frame.columns:
        if not isinstance(name, str):
            raise DataError(
                f"Column name {name!r} is no text.", "Rename it: frame.columns = frame.columns.astype(str)."
            )
    if not frame.columns.is_unique:
        raise DataError(f"Columns {list(frame.columns[frame.columns.duplicated()])} come twice.", "Rename one of each.")
    if frame.columns.empty:
        raise DataError("The frame has no columns.", "A table needs at least one.")
    return [_describe_one(name, frame[name]) for name in frame.columns]


def to_arrow(frame: pd.DataFrame, columns: list[Column], *, sqlite: bool) -> pa.Table:
    """Turn a frame into the Arrow table that is sent.

    Parameters
    ----------
    frame : pandas.DataFrame
        Has exactly the columns described, in any order.
    columns : list of Column
        From :func:`describe`.
    sqlite : bool
        Whether the table goes to SQLite, which keeps times as text and durations as integers.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    ColumnError
        If the frame has other columns.
    DataError
        If a value does not fit its column's type, for example a time finer than a microsecond.
    """
    names = [column.name for column in columns]
    if set(frame.columns) != set(names):
        raise ColumnError(f"The rows have columns {list(frame.columns)}, the table has {names}.", "Make them the same.")
    arrays = [_array(frame[column.name], column) for column in columns]
    return pa.table([_for_sqlite(a) for a in arrays] if sqlite else arrays, names=names)


def arrow_table(frame: pd.DataFrame) -> pa.Table:
    """A frame as Arrow in its natural types, without the index.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any frame with text for column names.

    Returns
    -------
    pyarrow.Table
        It goes back by ``to_pandas()``; times keep their zone.

    Examples
    --------
    >>> arrow_table(pd.DataFrame({"n": [1]})).column_names
    ['n']
    """
    arrays = [_natural(frame[name]) for name in frame.columns]
    for i, dtype in enumerate(frame.dtypes):
        if isinstance(dtype, pd.DatetimeTZDtype):
            arrays[i] = arrays[i].cast(pa.timestamp(dtype.unit, tz=str(dtype.tz)))
    return pa.table(arrays, names=list(frame.columns))


def restore(rows: pa.Table, dtypes: dict[str, str], *, exact: bool) -> pd.DataFrame:
    """Give fetched rows the dtypes that they were written with.

    Parameters
    ----------
    rows : pyarrow.Table
        As the database sent them.
    dtypes : dict
        Column name to dtype, from ``Column.dtype``.
    exact : bool
        True for a whole table: every dtype returns. False for a query, whose columns may be computed: only kinds that a
        number cannot be mistaken for do (times, dates, durations, true/false, JSON).

    Returns
    -------
    pandas.DataFrame
    """
    columns = [_restored(rows.column(i), dtypes.get(name), exact) for i, name in enumerate(rows.column_names)]
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame()
    frame.columns = pd.Index(rows.column_names)
    return frame


def bindable(value: Any, *, sqlite: bool) -> Any:
    """One SQL parameter as plain Python; on SQLite a time becomes the text that :func:`to_arrow` stores.

    Examples
    --------
    >>> bindable(pd.Timestamp("2013-01-01 05:00"), sqlite=True)
    '2013-01-01 05:00:00'
    """
    if value is pd.NaT or value is pd.NA:
        return None
    if hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
    if not sqlite:
        return value
    if isinstance(value, datetime) and value.tzinfo:
        return f"{value.astimezone(UTC).replace(tzinfo=None)}Z"
    return str(value) if isinstance(value, date) else value


def _describe_one(name: str, values: pd.Series) -> Column:
    if isinstance(values.dtype, pd.CategoricalDtype):
        categories = {"categories": values.cat.categories.tolist(), "ordered": bool(values.cat.ordered)}
        inner = _describe_one(name, pd.Series(values.cat.categories))
        return Column(
            name, inner.arrow, inner.sqlite, inner.postgresql, "category:" + json.dumps(categories, default=str)
        )
    if values.dtype == object and values.map(lambda value: isinstance(value, dict | list)).any():
        return Column(name, pa.string(), "JSON", "jsonb", "json")
    arrow = _infer(name, values)
    for belongs, travels, sqlite, postgresql in _KINDS:
        if belongs(arrow):
            dtype = "date" if pa.types.is_date(arrow) else str(values.dtype)
            return Column(name, travels or arrow, sqlite, postgresql, dtype)
    raise DataError(f"Column {name!r} has type {arrow}, which no table holds.", "Turn it into text or numbers.")


# Arrow type -> what it travels as (None: as it is), SQLite's declared type, PostgreSQL's type.
_KINDS: list[tuple[Any, pa.DataType | None, str, str]] = [
    (pa.types.is_boolean, None, "BOOLEAN", "boolean"),
    (lambda t: t in (pa.int8(), pa.int16(), pa.uint8()), pa.int16(), "SMALLINT", "smallint"),
    (lambda t: t in (pa.int32(), pa.uint16()), pa.int32(), "INTEGER", "integer"),
    (pa.types.is_integer, pa.int64(), "BIGINT", "bigint"),
    (lambda t: t in (pa.float16(), pa.float32()), pa.float32(), "REAL", "real"),
    (pa.types.is_floating, None, "DOUBLE", "double precision"),
    (
        lambda t: pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_null(t),
        pa.string(),
        "TEXT",
        "text",
    ),
    (pa.types.is_date, pa.date32(), "DATE", "date"),
    (lambda t: pa.types.is_timestamp(t) and t.tz is None, MICROSECONDS, "TIMESTAMP", "timestamp"),
    (pa.types.is_timestamp, UTC_MICROSECONDS, "TIMESTAMPTZ", "timestamptz"),
    (pa.types.is_duration, pa.duration("us"), "INTERVAL_US", "interval"),
    (lambda t: pa.types.is_binary(t) or pa.types.is_large_binary(t), pa.binary(), "BLOB", "bytea"),
]


def _infer(name: str, values: pd.Series) -> pa.DataType:
    try:
        return _natural(values).type
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"Column {name!r} mixes types: {error}.", f"Make them one type: frame[{name!r}].astype(str)."
        ) from error


def _natural(values: pd.Series) -> pa.Array:
    if isinstance(values.dtype, pd.DatetimeTZDtype):  # pyarrow 25 asks for these in a way that pandas 3.1 deprecates
        return pa.array(values.dt.tz_convert(None)).cast(pa.timestamp(values.dtype.unit, tz="UTC"))
    return pa.array(values, from_pandas=True)


def _array(values: pd.Series, column: Column) -> pa.Array:
    if column.dtype == "json":
        values = values.map(json.dumps, na_action="ignore")
    elif isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    try:
        return _natural(values).cast(column.arrow)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        fix = "The first rows set a column's type; make all rows fit it. Times: frame[column].dt.floor('us')."
        raise DataError(f"Column {column.name!r} cannot be stored as {column.postgresql}: {error}.", fix) from error


def _for_sqlite(array: pa.Array) -> pa.Array:
    """SQLite has no times and no durations: UTC text without needless zeros, which sorts and compares, and µs."""
    if pa.types.is_duration(array.type):
        return array.cast(pa.int64())
    if pa.types.is_date(array.type):
        return array.cast(pa.string())
    if not pa.types.is_timestamp(array.type):
        return array
    try:
        return array.cast(pa.timestamp("s", tz=array.type.tz)).cast(pa.string())
    except pa.ArrowInvalid:  # some value has a fraction of a second
        return pc.replace_substring(array.cast(pa.string()), ".000000", "")


def _restored(values: pa.ChunkedArray, dtype: str | None, exact: bool) -> pd.Series:
    if isinstance(values.type, pa.OpaqueType):  # a type of PostgreSQL's own, sent as text
        natural = values.cast(values.type.storage_type).to_pandas()
        return pd.to_numeric(natural) if values.type.type_name == "numeric" else natural
    if pa.types.is_interval(values.type):
        return _durations(values, dtype or "timedelta64[us]")
    if dtype is None:
        return values.to_pandas()
    try:
        return _as_dtype(values, dtype, exact)
    except (ValueError, TypeError, pa.ArrowInvalid):  # the column was changed since, by other hands
        return values.to_pandas()


def _as_dtype(values: pa.ChunkedArray, dtype: Any, exact: bool) -> pd.Series:
    if dtype == "json":
        documents = [None if text is None else json.loads(text) for text in values.to_pylist()]
        return pd.Series(documents, dtype=object)
    natural = values.to_pandas()
    if dtype == "date":
        return values.cast(pa.date32()).to_pandas()
    if dtype.startswith("datetime64"):
        return pd.to_datetime(natural, format="ISO8601", utc="," in dtype).astype(dtype)
    if dtype.startswith("timedelta64"):
        return pd.to_timedelta(natural, unit="us").astype(dtype)
    if dtype in ("bool", "boolean") and not pa.types.is_boolean(values.type):
        if not natural.dropna().isin((0, 1)).all():
            return natural
        return natural.astype("boolean").astype(dtype)
    return _exactly(values, natural, dtype) if exact else natural


def _exactly(values: pa.ChunkedArray, natural: pd.Series, dtype: str) -> pd.Series:
    if dtype.startswith("category:"):
        return pd.Series(pd.Categorical(natural, **json.loads(dtype.removeprefix("category:"))))
    if dtype == "object":
        return natural.astype(object).where(natural.notna(), None)
    target = pd.api.types.pandas_dtype(dtype)
    if (
        isinstance(target, pd.api.extensions.ExtensionDtype) and target.kind in "iuf"
    ):  # Int64 and its like: no detour by float
        return pd.Series(target.__from_arrow__(values.cast(pa.from_numpy_dtype(target.numpy_dtype))))  # type: ignore[attr-defined]
    return natural.astype(target)


def _durations(values: pa.ChunkedArray, dtype: Any) -> pd.Series:
    """PostgreSQL's interval as Arrow sends it: months, days and nanoseconds side by side."""
    array = values.combine_chunks()
    parts = np.frombuffer(array.buffers()[1], dtype=[("months", "i4"), ("days", "i4"), ("nanoseconds", "i8")])
    parts = parts[array.offset : array.offset + len(array)]
    if (parts["months"] != 0).any():  # a month has no fixed length
        return values.to_pandas()
    durations = pd.Series(parts["days"].astype("m8[D]").astype("m8[ns]") + parts["nanoseconds"].astype("m8[ns]"))
    return durations.where(array.is_valid().to_numpy(zero_copy_only=False)).astype(dtype)
