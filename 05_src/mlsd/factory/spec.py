"""A spec says in TOML what a model is made from, what it must be, and when it is made again."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from ..errors import DataError
from ..monitor import Rule

__all__ = [
    "Behaves",
    "Better",
    "Candidate",
    "Checks",
    "Data",
    "Gates",
    "Retrain",
    "SearchPlan",
    "Serve",
    "Slices",
    "Spec",
    "Train",
    "Watch",
    "read",
    "shipped",
]


@dataclass(frozen=True)
class Data:
    """Where rows come from. ``load`` is ``"module:function"``; ``each`` makes a model for each value of a column."""

    load: str
    target: str
    decided: str
    known: str
    first: str
    last: str
    params: dict[str, Any] = field(default_factory=dict)
    each: str | None = None


@dataclass(frozen=True)
class Checks:
    """What a row must be, and which share of rows may be rejected before the month stops."""

    required: list[str] = field(default_factory=list)
    unique: list[str] = field(default_factory=list)
    ranges: dict[str, list[float]] = field(default_factory=dict)
    values: dict[str, list[Any]] = field(default_factory=dict)
    most_rejected: float = 0.0


@dataclass(frozen=True)
class Train:
    """How much of the past to learn from; the newest ``holdout_days`` judge."""

    months: int = 12
    holdout_days: int = 14
    sample_rows: int | None = None


@dataclass(frozen=True)
class SearchPlan:
    """How candidates are tuned: scikit-learn's name of a score, and folds that never look ahead."""

    scoring: str = "neg_log_loss"
    folds: int = 3


@dataclass(frozen=True)
class Candidate:
    """A function that makes an unfitted pipeline, ``"module:function"``, and the grid to try."""

    model: str
    grid: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Better:
    """Better than the champion beyond noise: the lower end of the gain's interval must be above zero."""

    metric: str = "log_loss"
    level: float = 0.95
    cluster: str = "day"


@dataclass(frozen=True)
class Slices:
    """No slice may lose more than ``worse`` against the champion, beyond noise."""

    by: list[str]
    min_rows: int = 500
    worse: float = 0.02


@dataclass(frozen=True)
class Behaves:
    """A behavioural test: set ``column`` to ``value`` (invariance), or ``add`` to it (direction, with its sign)."""

    kind: str
    column: str
    value: Any = None
    add: float | None = None
    sign: int = 1
    tolerance: float = 0.0
    pass_share: float = 1.0


@dataclass(frozen=True)
class Gates:
    """What a candidate must pass; a gate that is left out is not asked."""

    better: Better | None = None
    calibrated: float | None = None
    slices: Slices | None = None
    behaviour: list[Behaves] = field(default_factory=list)
    latency_ms: float | None = None
    size_mb: float | None = None


@dataclass(frozen=True)
class Serve:
    """How many rows a new version is asked over HTTP before it becomes the champion; 0 asks none."""

    check_rows: int = 0


@dataclass(frozen=True)
class Watch:
    """How answers are watched: windows, what counts as drift, and the rules that raise an alert (`monitor.Rule`)."""

    every: str = "7D"
    min_effect: float = 0.2
    rules: list[Rule] = field(default_factory=list)


@dataclass(frozen=True)
class Retrain:
    """When the factory makes a new candidate."""

    every_months: int | None = None
    on_alert: bool = True
    new_rows: int | None = None


@dataclass(frozen=True)
class Spec:
    """All of it."""

    name: str
    data: Data
    baseline: Candidate
    candidates: dict[str, Candidate]
    seed: int = 0
    checks: Checks = field(default_factory=Checks)
    train: Train = field(default_factory=Train)
    search: SearchPlan = field(default_factory=SearchPlan)
    gates: Gates = field(default_factory=Gates)
    serve: Serve = field(default_factory=Serve)
    watch: Watch = field(default_factory=Watch)
    retrain: Retrain = field(default_factory=Retrain)


def read(path: str | Path) -> Spec:
    """Read a spec.

    Parameters
    ----------
    path : path
        A TOML file, or the name of a spec that comes with mlsd (``late_flights``).

    Returns
    -------
    Spec
        Checked: every key is known, and every value has its type.

    Raises
    ------
    DataError
        If there is no such file, it is no TOML, or a key is missing, unknown, or has a wrong value. It names the file
        and the key.

    Examples
    --------
    >>> read("late_flights").data.target
    'late'
    """
    file = shipped().get(str(path), Path(path))
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"There is no spec {str(path)!r}.", f"Name a file, or one of {sorted(shipped())}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{file} is no TOML: {error}.", "https://toml.io has the rules on a page.") from error
    spec = _built(Spec, written, f"{file.name}: ")
    _check(spec, file.name)
    return spec


def shipped() -> dict[str, Path]:
    """The specs that come with mlsd.

    Returns
    -------
    dict of str to Path
        By name.
    """
    return {file.stem: file for file in sorted(Path(__file__).parent.glob("*.toml"))}


def _built(kind: type, values: Any, where: str) -> Any:
    """A dataclass from a table; where is the path to it, for messages."""
    if not isinstance(values, Mapping):
        raise DataError(f"{where}a table is needed, got: {values!r}.")
    hints, known = get_type_hints(kind), {each.name: each for each in fields(kind)}
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known are {sorted(known)}."
            raise DataError(f"{where}{key!r} is not known.", hint)
    for key, each in known.items():
        if key not in values and each.default is MISSING and each.default_factory is MISSING:
            raise DataError(f"{where}{key!r} is missing.", f"Needed here are {_needed(kind)}.")
    return kind(**{key: _value(hints[key], value, f"{where}{key}") for key, value in values.items()})


def _needed(kind: type) -> list[str]:
    return [each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING]


def _value(hint: Any, value: Any, where: str) -> Any:
    """A value of the type that the field names; a list or dict of tables becomes one of dataclasses."""
    if get_origin(hint) in (Union, UnionType):
        kinds = [each for each in get_args(hint) if each is not type(None)]
        hint = next((each for each in kinds if isinstance(each, type) and isinstance(value, each)), kinds[0])
    if hint is Any:
        return value
    if hasattr(hint, "__dataclass_fields__"):
        return _built(hint, value, f"{where}.")
    if get_origin(hint) is list and isinstance(value, list):
        return [_value(get_args(hint)[0], each, f"{where}[{place}]") for place, each in enumerate(value)]
    if get_origin(hint) is dict and isinstance(value, dict):
        return {key: _value(get_args(hint)[1], each, f"{where}.{key}") for key, each in value.items()}
    fits = isinstance(value, hint) if isinstance(hint, type) else False
    is_number = hint is float and isinstance(value, int) and not isinstance(value, bool)
    if not (fits or is_number) or (hint is int and isinstance(value, bool)):
        raise DataError(f"{where} must be {getattr(hint, '__name__', hint)}, got: {value!r}.")
    return float(value) if is_number else value


def _check(spec: Spec, file: str) -> None:
    """What types cannot say."""
    import pandas as pd

    for key in ("first", "last"):
        text = getattr(spec.data, key)
        if not pd.Series([text]).str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])").all():
            raise DataError(f"{file}: data.{key} must be a month such as 2013-01, got: {text!r}.")
    if spec.data.first > spec.data.last:
        raise DataError(f"{file}: data.first ({spec.data.first}) is after data.last ({spec.data.last}).")
    if not spec.candidates:
        raise DataError(f"{file}: there is no candidate.", "Add a table such as [candidates.logistic].")
    for where, number, low in (
        ("train.months", spec.train.months, 1),
        ("train.holdout_days", spec.train.holdout_days, 1),
        ("search.folds", spec.search.folds, 2),
    ):
        if number < low:
            raise DataError(f"{file}: {where} must be {low} or more, got: {number}.")
    for place, each in enumerate(spec.gates.behaviour):
        _check_behaviour(each, f"{file}: gates.behaviour[{place}]")
    for column, ends in spec.checks.ranges.items():
        if len(ends) != 2 or ends[0] > ends[1]:
            raise DataError(f"{file}: checks.ranges.{column} must be [least, most], got: {ends!r}.")


def _check_behaviour(test: Behaves, where: str) -> None:
    if test.kind not in ("invariance", "direction"):
        raise DataError(f"{where}.kind must be 'invariance' or 'direction', got: {test.kind!r}.")
    if test.kind == "direction" and test.add is None:
        raise DataError(f"{where} needs `add`: by how much {test.column} changes.")
    if test.kind == "invariance" and test.value is None:
        raise DataError(f"{where} needs `value`: what {test.column} is set to.")
