"""Alerts that do not cry wolf: patience before one opens, calm before it closes, and nothing said twice in between."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from ..errors import DataError, require_columns
from .measures import LABELLED
from .rules import EACH, Rule
from .slicing import ALL

__all__ = ["COLUMNS", "alerts", "counts"]

COLUMNS = ["rule", "metric", "slice", "opened", "closed", "windows", "worst", "limit", "severity", "message"]
SIZES = ("rows", "labelled")
RANK = {"critical": 0, "warning": 1, "info": 2}


def alerts(measures: pd.DataFrame, rules: Rule | Iterable[Rule]) -> pd.DataFrame:
    """What the rules say about the windows, one row an alert.

    Parameters
    ----------
    measures : pandas.DataFrame
        From :func:`measure`.
    rules : Rule or list of Rule
        By hand, or from :func:`read_rules`.

    Returns
    -------
    pandas.DataFrame
        In the order in which they opened: ``rule, metric, slice``; ``opened`` (start of the window in which patience
        was reached); ``closed`` (start of the window in which calm was, NaT while it is open); ``windows`` (how many
        lay beyond the limit); ``worst`` (value) and the ``limit`` that it passed; ``severity``; ``message``.

    Raises
    ------
    DataError
        If a rule is for a slice that is not measured, or two rules share a name.
    ColumnError
        If the measures lack a column.

    Examples
    --------
    >>> starts = pd.date_range("2013-02-01", periods=5)
    >>> table = pd.DataFrame({"start": starts, "slice": "all", "rows": 900, "missing": [0.0, 0.4, 0.5, 0.4, 0.0]})
    >>> found = alerts(table, Rule("gaps", "missing", above=0.3, patience=2, says="The weather feed has gaps."))
    >>> found[["opened", "closed", "windows", "worst"]]
          opened closed  windows  worst
    0 2013-02-03    NaT        3    0.5
    >>> print(found["message"][0])
    The weather feed has gaps. missing was above 0.3 in 3 windows from 2013-02-02 on; the worst was 0.5 on 2013-02-03.
    It is open.
    """
    rules = [rules] if isinstance(rules, Rule) else list(rules)
    _check(measures, rules)
    found = [row for rule in rules for row in _of_rule(measures, rule)]
    table = pd.DataFrame(found, columns=COLUMNS)
    time = measures["start"].dtype
    moments = {name: pd.Series(table[name].tolist(), dtype=time) for name in ("opened", "closed")}  # all may be open
    table = table.assign(**moments).astype({"windows": "int64", "worst": "float64", "limit": "float64"})
    order = table["severity"].map(RANK).rename("rank")
    return table.assign(rank=order).sort_values(["opened", "rank"], kind="stable", ignore_index=True)[COLUMNS]


def counts(measures: pd.DataFrame, rule: Rule) -> pd.Series:
    """Which windows a rule looks at: those with a value and enough rows.

    Parameters
    ----------
    measures : pandas.DataFrame
        From :func:`measure`.
    rule : Rule
        The rule.

    Returns
    -------
    pandas.Series of bool
        On the measures' index.
    """
    has_value = measures[rule.metric].notna()
    if rule.metric in SIZES:  # few rows are the very thing that it watches for, but of a window that is over
        return has_value & measures.get("complete", True)
    size = measures["labelled" if rule.metric in LABELLED else "rows"]
    return has_value & (size >= rule.min_rows)


def _check(measures: pd.DataFrame, rules: list[Rule]) -> None:
    names = [rule.name for rule in rules]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"Two rules are called {twice!r}.", "Give each a name of its own.")
    sizes = ["labelled" if rule.metric in LABELLED else "rows" for rule in rules]
    require_columns(measures.columns, ["start", "slice", *(rule.metric for rule in rules), *sizes], "the measures")
    there = set(measures["slice"])
    for rule in rules:
        if rule.slice != EACH and there and rule.slice not in there:
            raise DataError(
                f"Rule {rule.name!r} is for the slice {rule.slice!r}; measured are {sorted(there)}.",
                "Measure with `by`, or name another slice, 'all' or 'each'.",
            )


def _of_rule(measures: pd.DataFrame, rule: Rule) -> Iterator[dict[str, Any]]:
    looked_at = measures[counts(measures, rule)].sort_values("start", kind="stable")
    for name, windows in looked_at.groupby("slice", sort=False):
        if rule.holds_for(str(name)):
            yield from _in_slice(windows, rule, str(name))


def _in_slice(windows: pd.DataFrame, rule: Rule, name: str) -> Iterator[dict[str, Any]]:
    """Walk through the windows; remember the last few, and the alert that is open."""
    needed, of = rule.needs
    last: deque[Any] = deque(maxlen=of)
    beyond: list[Any] = []
    opened, calm = None, 0
    for window in windows.to_dict("records"):
        limit = _passed(window[rule.metric], rule)
        window |= {"value": float(window[rule.metric]), "limit": limit}
        if opened is None:
            last.append(None if limit is None else window)
            beyond = [each for each in last if each is not None]
            if len(beyond) >= needed:
                opened, calm = window["start"], 0
            continue
        calm = calm + 1 if limit is None else 0
        beyond += [] if limit is None else [window]
        if calm >= rule.closes_after:
            yield _alert(rule, name, opened, window["start"], beyond)
            opened = None
            last.clear()
    if opened is not None:
        yield _alert(rule, name, opened, pd.NaT, beyond)


def _passed(value: float, rule: Rule) -> float | None:
    """The limit that a value lies beyond."""
    if rule.above is not None and value > rule.above:
        return rule.above
    return rule.below if rule.below is not None and value < rule.below else None


def _alert(rule: Rule, name: str, opened: Any, closed: Any, beyond: list[Any]) -> dict[str, Any]:
    worst = max(beyond, key=lambda window: abs(window["value"] - window["limit"]))
    facts = {"opened": opened, "closed": closed, "windows": len(beyond)}
    passed = {"worst": worst["value"], "limit": worst["limit"], "severity": rule.severity}
    said = {"message": _message(rule, name, closed, beyond, worst)}
    return {"rule": rule.name, "metric": rule.metric, "slice": name} | facts | passed | said


def _message(rule: Rule, name: str, closed: Any, beyond: list[Any], worst: Any) -> str:
    figure = rule.metric.replace("_", " ") + ("" if name == ALL else f" for {name}")
    side = "above" if worst["limit"] == rule.above else "below"
    many = f"{len(beyond)} windows" if len(beyond) > 1 else "1 window"
    column = worst.get("worst_column") if rule.metric == "worst_effect" else None
    of = f" ({column})" if isinstance(column, str) else ""
    end = "It is open." if closed is pd.NaT else f"It closed on {_when(closed)}."
    return (
        f"{rule.says or rule.name + '.'} {figure} was {side} {worst['limit']:.3g} in {many} from "
        f"{_when(beyond[0]['start'])} on; the worst was {worst['value']:.3g}{of} on {_when(worst['start'])}. {end}"
    )


def _when(start: pd.Timestamp) -> str:
    return f"{start:%Y-%m-%d}" if start == start.normalize() else f"{start:%Y-%m-%d %H:%M}"
