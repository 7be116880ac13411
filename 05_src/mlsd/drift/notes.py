"""What a comparison says in words."""

from typing import Any

import numpy as np
import pandas as pd

from .categories import Counts, side_by_side
from .kolmogorov import Sample
from .summary import Column

__all__ = ["empty", "few", "join", "missing", "moved", "one_sided", "retyped", "verdict"]

SHOWN = 3
MANY = 20


def join(*parts: str) -> str:
    """The parts that say something, in one line."""
    return "; ".join(part for part in parts if part)


def one_sided(*, gone: bool) -> str:
    """A column that one frame lacks."""
    if gone:
        return "gone: the current frame has no such column"
    return "new: the reference has no such column, so there is nothing to compare with"


def empty(before: Column, now: Column) -> str:
    """Which side has no value, and why."""
    said = []
    for name, side in (("reference", before), ("current frame", now)):
        if not side.rows:
            said.append(f"the {name} has no rows")
        elif not side.known:
            said.append(f"all {side.rows:,} values are missing in the {name}")
    return join(*said)


def retyped(before: Column, now: Column) -> str:
    """Another type: no test, but certainly a change."""
    return f"was {before.kind} ({before.dtype}), is now {now.kind} ({now.dtype}): make the types equal, then compare"


def missing(before: Column, now: Column) -> str:
    """How the share of missing values moved."""
    if not (before.rows and now.rows) or not (before.data.missing or now.data.missing):
        return ""
    return f"missing {_percent(before.data.missing, before.rows)} → {_percent(now.data.missing, now.rows)}"


def few(n: int, m: int) -> str:
    """A warning where only a large shift could be seen: Smirnov's 5 % limit is 1.36 √(1/n + 1/m)."""
    limit = 1.36 * np.sqrt(1 / n + 1 / m)
    if limit <= 0.3:
        return ""
    return f"only {n:,} values against {m:,}: a difference below {min(limit, 1):.1f} looks like chance"


def moved(one: Sample | Counts, other: Sample | Counts, kind: str) -> str:
    """What changed most."""
    if isinstance(one, Counts) and isinstance(other, Counts):
        return _levels(one, other)
    if not (isinstance(one, Sample) and isinstance(other, Sample)):
        return ""
    constant = [len(side.values) and side.values[0] == side.values[-1] for side in (one, other)]
    middle = [_median(side.values) for side in (one, other)]
    words = [f"{middle[0]:.4g}", f"{middle[1]:.4g}"]
    if kind == "time":
        words = [np.datetime_as_string(np.datetime64(round(each), "s")) for each in middle]
    infinite = "; ".join(
        f"{n:,} infinite in the {name}"
        for name, side in (("reference", one), ("current frame", other))
        if (n := int(np.isinf(side.values).sum()))
    )
    if all(constant):
        same = one.values[0] == other.values[0]
        return join(
            f"constant: always {words[0]}" if same else f"was always {words[0]}, is always {words[1]}", infinite
        )
    said = f"median {words[0]} → {words[1]}" if words[0] != words[1] else _spread(one, other, kind)
    once = "constant in the reference" if constant[0] else "constant now" if constant[1] else ""
    return join(once, said, infinite)


def verdict(row: Any, alpha: float, min_effect: float) -> str:
    """Why a test that seems to speak for drift was not enough."""
    if row.drifted or np.isnan(row.p_value):
        return ""
    certain, large = row.p_adjusted < alpha, row.effect >= min_effect
    if certain and not large:
        return f"more than chance, but smaller than {min_effect:g}"
    if large and not certain:
        return "could be chance"
    return ""


def _levels(one: Counts, other: Counts) -> str:
    table = side_by_side(one, other)
    shares = table / table.sum()
    if len(table) == 1:
        return f"constant: always {table.index[0]!r}"
    new = table.index[table["reference"] == 0]
    gone = table.index[table["current"] == 0]
    change = (shares["current"] - shares["reference"]).abs().to_numpy()
    top = int(change.argmax())
    percent = [f"{share:.1%}" for share in shares.to_numpy()[top].tolist()]
    most = f"{table.index[top]!r} {percent[0]} → {percent[1]}" if percent[0] != percent[1] else ""
    names = len(table) > MANY and len(table) > 0.9 * table.to_numpy().sum()
    only_once = "almost every value is another: is it the row's name?" if names else ""
    return join(_named("new", new, shares["current"]), _named("no longer seen", gone, None), most, only_once)


def _named(word: str, levels: pd.Index, shares: pd.Series | None) -> str:
    if not len(levels):
        return ""
    shown = ", ".join(repr(level) for level in levels[:SHOWN])
    more = f" and {len(levels) - SHOWN:,} more" if len(levels) > SHOWN else ""
    share = f" ({shares[levels].sum():.1%} of rows)" if shares is not None else ""
    return f"{word}: {shown}{more}{share}"


def _median(values: np.ndarray) -> float:
    low, high = values[(len(values) - 1) // 2], values[len(values) // 2]
    return float(low if low == high else low / 2 + high / 2)


def _spread(one: Sample, other: Sample, kind: str) -> str:
    if kind == "time":
        return ""
    ends = [[_at(side.values, share) for share in (0.1, 0.9)] for side in (one, other)]
    words = [f"{low:.4g} to {high:.4g}" for low, high in ends]
    return f"middle 80 % {words[0]} → {words[1]}" if words[0] != words[1] else ""


def _at(values: np.ndarray, share: float) -> float:
    return float(values[int(share * (len(values) - 1))])


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}"
