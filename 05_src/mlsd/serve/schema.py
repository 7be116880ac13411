"""What a row must hold: the columns of a model's signature, each with its type and whether a value may be missing."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns

__all__ = ["Field", "Problem", "Schema"]

# MLflow's types, as pandas calls them, and what each is in JSON.
DTYPES = {
    "long": "int64",
    "integer": "int32",
    "double": "float64",
    "float": "float32",
    "string": "str",
    "boolean": "bool",
    "datetime": "datetime64[us]",
}
JSON_TYPES = {"int64": "integer", "int32": "integer", "float64": "number", "float32": "number", "bool": "boolean"}
EXACT_WHOLE = 2**53  # the largest whole number below which a float64 holds all others
SHOWN = 60
STRANGE_NAMED = 5  # of a row with a million unknown columns, these are looked up


@dataclass(frozen=True)
class Field:
    """One column of a row.

    Attributes
    ----------
    name : str
        As the model knows it.
    dtype : str
        ``int64, int32, float64, float32, str, bool`` or ``datetime64[us]`` (an instant in UTC, without a zone).
    required : bool
        Whether a row must name it.
    may_miss : bool
        Whether its value may be missing (``null``).
    """

    name: str
    dtype: str
    required: bool = True
    may_miss: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers, whole or not."""
        return self.dtype[:3] in ("int", "flo")


@dataclass(frozen=True)
class Problem:
    """Why a row is refused: the ``field`` (None for the row itself), the ``reason``, and the ``nearest`` known name."""

    field: str | None
    reason: str
    nearest: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is answered."""
        told: dict[str, Any] = {"field": self.field, "reason": self.reason}
        return told | ({"nearest": self.nearest} if self.nearest else {})


@dataclass(frozen=True)
class Schema:
    """The columns that a model takes, in its order.

    Attributes
    ----------
    fields : tuple of Field
        One a column.

    Examples
    --------
    >>> schema = Schema((Field("carrier", "str"), Field("distance", "int64")))
    >>> schema.check({"carrier": "UA", "distance": 229.0})
    ({'carrier': 'UA', 'distance': 229}, [])
    >>> schema.check({"carrier": "UA", "distence": 229})[1][0].reason
    "there is no such column; did you mean 'distance'?"
    """

    fields: tuple[Field, ...]

    @classmethod
    def of(cls, signature: Any, name: str) -> "Schema":
        """The schema of a model from its MLflow signature.

        Parameters
        ----------
        signature : mlflow.models.ModelSignature or None
            As it was saved with the model.
        name : str
            The model, for the message.

        Returns
        -------
        Schema
            A column that the signature calls optional is neither required nor must it have a value.

        Raises
        ------
        DataError
            If there is no signature, or it names no columns, or a column is of a type that a row of JSON cannot hold.
        """
        inputs = getattr(signature, "inputs", None)
        if inputs is None or not inputs.has_input_names():
            raise DataError(
                f"The model {name!r} does not say which columns it takes.",
                "Register it with example rows: run.register(model, name, alias=..., example=X.head(100)).",
            )
        fields = []
        for column in inputs.inputs:
            kind = getattr(column.type, "name", str(column.type))
            if kind not in DTYPES:
                raise DataError(f"Column {column.name!r} of {name!r} is of type {kind!r}.", f"Allowed: {[*DTYPES]}.")
            fields.append(Field(column.name, DTYPES[kind], column.required, not column.required))
        return cls(tuple(fields))

    @cached_property
    def names(self) -> list[str]:
        """The columns."""
        return [field.name for field in self.fields]

    def allowing(self, names: Iterable[str]) -> "Schema":
        """The same, with more columns that may miss.

        Parameters
        ----------
        names : iterable of str
            Which.

        Returns
        -------
        Schema
            A new one.
        """
        more = set(names)
        return Schema(tuple(replace(field, may_miss=field.may_miss or field.name in more) for field in self.fields))

    def check(self, row: Any) -> tuple[dict[str, Any], list[Problem]]:
        """Look at one row.

        Parameters
        ----------
        row : object
            What JSON made of it; should be a mapping of column to value.

        Returns
        -------
        tuple
            The values of the columns that are right, and the problems; a row is good when there are none.
        """
        if not isinstance(row, Mapping):
            return {}, [Problem(None, f"a row must be an object of columns and values, got: {_shown(row)}")]
        values: dict[str, Any] = {}
        strange = islice((name for name in row if name not in self._by_name), STRANGE_NAMED)
        problems = [self._unknown(name) for name in strange]
        for field in self.fields:
            if field.name not in row and field.required:
                problems.append(Problem(field.name, _missing(field, "is not there")))
                continue
            try:
                values[field.name] = _value(field, row.get(field.name))
            except ValueError as error:
                problems.append(Problem(field.name, str(error)))
        return values, problems

    def frame(self, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
        """Checked rows as the frame that the model takes.

        Parameters
        ----------
        rows : sequence of mapping
            As :meth:`check` returns them.

        Returns
        -------
        pandas.DataFrame
            A column's type is the same whatever the rows hold: whole numbers that may miss are float64.
        """
        return pd.DataFrame({field.name: _column(field, [row[field.name] for row in rows]) for field in self.fields})

    def cast(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
        """A frame from elsewhere, with the columns and types of :meth:`frame`.

        Parameters
        ----------
        frame : pandas.DataFrame
            With the model's columns, and others.

        Returns
        -------
        tuple
            The model's columns of the good rows, with the frame's index; and for each row that is not good, what
            :meth:`check` finds first, as text.

        Raises
        ------
        ColumnError
            If a required column is not there.
        """
        require_columns(frame.columns, [field.name for field in self.fields if field.required], "the table")
        reasons = pd.Series(None, index=frame.index, dtype="object")
        columns = {}
        for field in self.fields:
            given = frame[field.name] if field.name in frame else pd.Series(None, index=frame.index, dtype="object")
            columns[field.name], bad = _cast(field, given)
            first = bad & reasons.isna()
            reasons[first] = [f"{field.name}: {_why(field, cell)}" for cell in given[first]]
        good = reasons.isna()
        built = {field.name: _column(field, columns[field.name][good].tolist()) for field in self.fields}
        return pd.DataFrame(built, index=frame.index[good]), reasons[~good]

    def as_json(self, example: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A row as JSON Schema.

        Parameters
        ----------
        example : mapping, optional
            A row.

        Returns
        -------
        dict
            With ``properties``, ``required`` and the example.
        """
        properties = {field.name: _json_of(field) for field in self.fields}
        required = [field.name for field in self.fields if field.required]
        shape = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
        return shape | ({"example": dict(example)} if example else {})

    @cached_property
    def _by_name(self) -> set[str]:
        return {field.name for field in self.fields}

    def _unknown(self, name: str) -> Problem:
        name = str(name)[:SHOWN].encode(errors="replace").decode()  # half characters would spoil the record
        nearest = _nearest(name, self.names)
        return Problem(name, f"there is no such column; did you mean {nearest!r}?", nearest)


def _nearest(name: str, names: list[str]) -> str:
    lower = {each.lower(): each for each in names}
    return lower[get_close_matches(name.lower(), lower, n=1, cutoff=0.0)[0]]


def _value(field: Field, value: Any) -> Any:
    """The value as Python holds it; a ValueError says what is wrong with it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        if not field.may_miss:
            raise ValueError(_missing(field, "is missing"))
        return None
    return CHECKS[field.dtype.rstrip("3264")](field, value)


def _number(field: Field, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, got: {_shown(value)}")
    try:
        number = float(np.float32(value)) if field.dtype == "float32" else float(value)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise ValueError(f"must be a number of finite size, got: {_shown(value)}")
    return number


def _whole(field: Field, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a whole number, got: {_shown(value)}")
    limit = EXACT_WHOLE if field.may_miss else np.iinfo(field.dtype).max
    if abs(value) > limit:
        raise ValueError(f"must be a whole number between -{limit} and {limit}, got: {_shown(value)}")
    return value


def _text(_field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, got: {_shown(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a pair of code units, as "\ud800" in JSON
        raise ValueError("must be text, got half of a character") from None
    return value


def _flag(_field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, got: {_shown(value)}")
    return value


def _instant(_field: Field, value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(value)
        return (found.astimezone(UTC) if found.tzinfo else found).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"must be an instant such as '2013-01-31T18:00:00Z', got: {_shown(value)}") from None


CHECKS: dict[str, Callable[[Field, Any], Any]] = {
    "float": _number,
    "int": _whole,
    "str": _text,
    "bool": _flag,
    "datetime64[us]": _instant,
}


def _column(field: Field, values: list[Any]) -> Any:
    if field.dtype == "str":
        return pd.array(values, dtype="str")
    if field.may_miss and field.dtype in ("int64", "int32"):
        return np.array(values, dtype="float64")  # None becomes NaN
    if field.may_miss and field.dtype == "bool":
        return np.array(values, dtype="object")
    return np.array(values, dtype=field.dtype)


def _cast(field: Field, given: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The cells as Python values, and which of them are not good."""
    cells = given.astype("object").where(given.notna(), None)
    checked = [_tried(field, cell) for cell in cells]
    bad = pd.Series([isinstance(cell, ValueError) for cell in checked], index=given.index, dtype=bool)
    return pd.Series(checked, index=given.index, dtype="object"), bad


def _tried(field: Field, cell: Any) -> Any:
    try:
        return _value(field, _plain(cell))
    except ValueError as error:
        return error


def _plain(cell: Any) -> Any:
    """A cell of a frame as JSON would have given it."""
    if isinstance(cell, pd.Timestamp):
        return cell.isoformat()
    return cell.item() if isinstance(cell, np.generic) else cell


def _why(field: Field, cell: Any) -> str:
    return str(_tried(field, None if pd.api.types.is_scalar(cell) and pd.isna(cell) else cell))


def _missing(field: Field, how: str) -> str:
    return f"{how}; give null where it is not known" if field.may_miss else f"{how}, and the model needs a value"


def _json_of(field: Field) -> dict[str, Any]:
    kind = JSON_TYPES.get(field.dtype, "string")
    shape: dict[str, Any] = {"type": [kind, "null"] if field.may_miss else kind}
    if kind == "integer":
        limit = EXACT_WHOLE if field.may_miss else int(np.iinfo(field.dtype).max)
        shape |= {"minimum": -limit, "maximum": limit}
    return shape | ({"format": "date-time"} if field.dtype.startswith("datetime") else {})


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python does not write out a whole number of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
