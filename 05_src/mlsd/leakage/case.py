"""A table under audit: features, target, and what is known about its rows, checked once and in one form."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from ..errors import ColumnError, DataError

__all__ = ["COLUMNS", "Case", "finding", "instants", "open_case", "table"]

COLUMNS = ["kind", "columns", "evidence", "optimism"]
MOST_CLASSES = 20  # a whole-number target with more values than this is a quantity
LEAST_ROWS = 50


@dataclass(frozen=True, eq=False)
class Case:
    """What every audit reads; made by :func:`open_case`, never changed."""

    X: pd.DataFrame
    y: np.ndarray
    is_class: bool
    labels: list[Any] = field(default_factory=list)
    groups: np.ndarray | None = None
    time: np.ndarray | None = None
    decided_at: pd.Series | None = None
    names: dict[str, str] = field(default_factory=dict)
    seed: int = 0

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.y)

    @cached_property
    def roles(self) -> dict[str, str]:
        """What each column holds: number, flag, text or when."""
        return {name: _role(self.X[name]) for name in self.X.columns}

    def of(self, *roles: str) -> list[str]:
        """The columns that hold one of these."""
        return [name for name, role in self.roles.items() if role in roles]

    @cached_property
    def values(self) -> pd.DataFrame:
        """Every column as float64: categories by their code, instants and durations in seconds, gaps as NaN."""
        return pd.DataFrame({name: _floats(self.X[name], role) for name, role in self.roles.items()})

    @cached_property
    def ranks(self) -> np.ndarray:
        """The columns as ranks from 0 to 1, gaps below them: what the quick model reads. Trees ask for order only."""
        ranks = self.values.rank(pct=True)  # the average rank: a spike is as wide as it has rows
        return ranks.fillna(-0.2).to_numpy("float32")

    @cached_property
    def strength(self) -> dict[str, float]:
        """Scores that audits have worked out already, by column."""
        return {}

    def sample(self, most: int) -> np.ndarray:
        """Positions of at most this many rows, in order, drawn with the seed."""
        if self.rows <= most:
            return np.arange(self.rows)
        return np.sort(np.random.default_rng(self.seed).choice(self.rows, most, replace=False))


def open_case(X: Any, y: Any, *, groups: Any = None, time: Any = None, decided_at: Any = None, seed: int = 0) -> Case:
    """Check the arguments of an audit and bring them into one form; see :func:`mlsd.leakage.audit`."""
    frame = _frame(X)
    target, labels = _target(y, len(frame))
    given, names = {}, {}
    for role, value in {"groups": groups, "time": time, "decided_at": decided_at}.items():
        given[role], names[role] = _column_or_values(frame, value, role)
    used = [value for value in (groups, time, decided_at) if isinstance(value, Hashable) and value in frame.columns]
    when = given["decided_at"]
    return Case(
        frame.drop(columns=used).rename(columns=str),
        target,
        is_class=labels is not None,
        labels=labels or [],
        groups=None if given["groups"] is None else _codes(given["groups"], "groups"),
        time=None if given["time"] is None else _order(given["time"], names["time"]),
        decided_at=None if when is None else _instants(when, "decided_at"),
        names=names,
        seed=seed,
    )


def finding(kind: str, columns: Any, evidence: str, optimism: float) -> dict[str, Any]:
    """One row of the table."""
    return dict(zip(COLUMNS, (kind, tuple(columns), evidence, float(optimism)), strict=True))


def table(findings: list[dict[str, Any]]) -> pd.DataFrame:
    """Findings as a frame that has its columns also when there are none."""
    frame = pd.DataFrame(findings, columns=COLUMNS)
    return frame.astype({"kind": "str", "evidence": "str", "optimism": "float64"})


def _frame(X: Any) -> pd.DataFrame:
    frame = X.to_frame() if isinstance(X, pd.Series) else pd.DataFrame(X)
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"X has two columns called {twice[0]!r}.", "Give every column a name of its own.")
    if len(frame) < LEAST_ROWS:
        raise DataError(f"X has {len(frame)} rows; an audit needs at least {LEAST_ROWS}.", "Audit a larger sample.")
    return frame.reset_index(drop=True)


def _target(y: Any, rows: int) -> tuple[np.ndarray, list[Any] | None]:
    """The target as class numbers with their labels, or as floats without."""
    values = pd.Series(y.squeeze(axis=1) if isinstance(y, pd.DataFrame) else y).reset_index(drop=True)
    if len(values) != rows:
        raise DataError(f"y has {len(values)} values, X has {rows} rows.", "Pass the target of exactly these rows.")
    if values.isna().any():
        row = int(values.isna().to_numpy().argmax())
        raise DataError(f"y is missing in {values.isna().sum()} rows, first in row {row}.", "Leave these rows out.")
    distinct = values.nunique()
    if distinct == 1:
        raise DataError(f"y is {values.iloc[0]} in every row: there is nothing to predict.", "Pass all outcomes.")
    number = types.is_numeric_dtype(values) and not types.is_bool_dtype(values)
    if number and not np.isfinite(values.to_numpy("float64")).all():
        raise DataError("y holds infinite values.", "Leave these rows out.")
    whole = number and (values.to_numpy("float64") % 1 == 0).all()
    if number and distinct > 2 and not (whole and distinct <= MOST_CLASSES):
        return values.to_numpy("float64"), None
    codes, labels = pd.factorize(values, sort=True)
    return codes, list(labels)


def _column_or_values(frame: pd.DataFrame, value: Any, role: str) -> tuple[pd.Series | None, str]:
    """The values of `groups`, `time` or `decided_at`, and what to call them."""
    if value is None:
        return None, role
    if isinstance(value, Hashable) and value in frame.columns:
        return frame[value], str(value)
    if isinstance(value, str) and role != "decided_at":
        raise ColumnError(f"`{role}` names column {value!r}, which is not in X. It has: {list(frame.columns)}.")
    if np.ndim(value) == 0:
        return _one_instant(frame, value, role), role
    values = pd.Series(value).reset_index(drop=True)
    if len(values) != len(frame):
        raise DataError(f"`{role}` has {len(values)} values, X has {len(frame)} rows.", "Pass one value a row.")
    return values, str(getattr(value, "name", None) or role)


def _one_instant(frame: pd.DataFrame, value: Any, role: str) -> pd.Series:
    instant = pd.to_datetime(value, errors="coerce") if isinstance(value, str) else value
    if role != "decided_at" or pd.isna(instant):
        allowed = "a column of X, or one value a row" + (", or one instant" if role == "decided_at" else "")
        raise ColumnError(f"`{role}` must be {allowed}, got: {value!r}. X has: {list(frame.columns)}.")
    return pd.Series([pd.Timestamp(instant)] * len(frame))


def _role(column: pd.Series) -> str:
    if types.is_bool_dtype(column):
        return "flag"
    if types.is_datetime64_any_dtype(column) or isinstance(column.dtype, pd.PeriodDtype):
        return "when"
    if types.is_numeric_dtype(column) or types.is_timedelta64_dtype(column):
        return "number"
    return _role_of_objects(column.dropna())


def _role_of_objects(present: pd.Series) -> str:
    """What a column of Python objects holds; text that says dates counts as dates."""
    if present.empty:
        return "text"
    kind = types.infer_dtype(present)
    if kind in ("boolean", "integer", "floating", "mixed-integer-float", "decimal"):
        return "flag" if kind == "boolean" else "number"
    if kind in ("date", "datetime", "datetime64"):
        return "when"
    looks = present.iloc[:50].astype(str).str.match(r"\d{4}-\d\d?-\d\d?([T ]\d\d:\d\d.*)?$")
    return "when" if looks.all() and instants(present).notna().mean() > 0.95 else "text"


def instants(column: pd.Series) -> pd.Series:
    """A column of dates as datetime64, in UTC where it has a zone; what cannot be read is missing."""
    if isinstance(column.dtype, pd.PeriodDtype):
        return column.dt.to_timestamp()
    if types.is_datetime64_any_dtype(column):
        return column
    text = column.astype("str")
    zoned = bool(text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$").any())
    return pd.to_datetime(text, errors="coerce", format="ISO8601", utc=zoned)


def _floats(column: pd.Series, role: str) -> np.ndarray:
    if role == "when":
        when = instants(column)
        zone_free = when.dt.tz_convert("UTC").dt.tz_localize(None) if when.dt.tz is not None else when
        return (zone_free - pd.Timestamp("1970-01-01")).dt.total_seconds().to_numpy("float64")
    if types.is_timedelta64_dtype(column):
        return column.dt.total_seconds().to_numpy("float64")
    if role in ("number", "flag"):
        numbers = pd.to_numeric(column.astype(object), errors="coerce") if column.dtype == object else column
        return np.asarray(numbers.to_numpy(dtype="float64", na_value=np.nan))
    codes = pd.factorize(column.astype("str"), sort=True)[0].astype("float64")
    return np.where(column.isna(), np.nan, codes)


def _codes(values: pd.Series, role: str) -> np.ndarray:
    codes = pd.factorize(values)[0]  # a row without a group is a group of its own
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(alone.sum())
    if codes.max() == 0:
        raise DataError(f"`{role}` has one value only.", "Pass what tells the groups apart.")
    return codes


def _order(values: pd.Series, name: str) -> np.ndarray:
    """When each row happened, as numbers in order of time."""
    role = _role(values)
    if role == "text":
        raise DataError(f"`time` ({name}) must hold dates, times or numbers, got: {values.dropna().iloc[0]!r}.")
    order = _floats(values, role)
    if np.isnan(order).any():
        row = int(np.isnan(order).argmax())
        raise DataError(f"`time` ({name}) is missing in {int(np.isnan(order).sum())} rows, first in row {row}.")
    return order


def _instants(values: pd.Series, name: str) -> pd.Series:
    if _role(values) not in ("when", "number"):
        raise DataError(f"`{name}` must hold dates, times or numbers, got: {values.dropna().iloc[0]!r}.")
    return values if _role(values) == "number" else instants(values)
