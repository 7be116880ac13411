"""A limit from windows in which nothing was wrong: how far out a value must lie to be news."""

from math import comb, exp, lgamma
from typing import Any

import pandas as pd

from ..errors import DataError, require_columns
from .rules import Rule
from .slicing import ALL

__all__ = ["false_alarm_rate", "limits"]

SIDES = ("above", "below", "both")


def limits(
    measures: pd.DataFrame,
    metric: str,
    *,
    false_alarms: float = 0.01,
    patience: int | str = 2,
    side: str = "above",
    min_rows: int = 50,
    slice: str = ALL,  # noqa: A002
) -> dict[str, float]:
    """Set a limit from calm windows so that a rule opens so few alerts while nothing has changed.

    The limit is one of the calm values, counted from the outside. That holds for any distribution: of n calm windows
    and a new one, each is the most extreme equally often. The more patience, the nearer the limit may lie, and the
    fewer calm windows are needed.

    Parameters
    ----------
    measures : pandas.DataFrame
        From :func:`measure`, for windows in which all was well.
    metric : str
        A column of it.
    false_alarms : float
        How many alerts a window may open on average while nothing has changed: 0.01 is about one in a hundred windows.
    patience : int or str
        The rule's: ``2``, or ``"2 of 3"``.
    side : str
        ``above``, ``below``, or ``both``, which share the false alarms.
    min_rows : int
        As the rule's: smaller windows are left out.
    slice : str
        Which slice.

    Returns
    -------
    dict of str to float
        ``above``, ``below`` or both, to be given to :class:`Rule`: ``Rule("drift", "worst_effect", patience=2,
        **limits(january, "worst_effect"))``.

    Raises
    ------
    DataError
        If the calm windows are too few for so few false alarms: the message says what they allow, and what would help.
    SettingsError
        If metric or patience is none.

    Notes
    -----
    Windows are taken to be alike and independent. Where good and bad days come in rows, as with weather, alarms come
    more often with patience than promised: 0.031 a window instead of 0.02, where half of each value is that of the day
    before (measured, 200 seeds, 60 calm windows). Then ask for fewer, or give more calm windows.

    References
    ----------
    S. S. Wilks (1941), "Determination of sample sizes for setting tolerance limits", Annals of Mathematical
    Statistics 12.

    Examples
    --------
    >>> calm = pd.DataFrame({"slice": "all", "rows": 900, "worst_effect": [0.01 * day for day in range(30)]})
    >>> limits(calm, "worst_effect", patience=3)
    {'above': 0.24}
    """
    if side not in SIDES:
        raise DataError(f"`side` must be one of {list(SIDES)}, got: {side!r}.")
    if not 0 < false_alarms < 1:
        raise DataError(f"`false_alarms` must lie between 0 and 1, got: {false_alarms}.", "0.01: one in 100 windows.")
    values = _values(measures, Rule("limits", metric, above=0, patience=patience, min_rows=min_rows), slice)
    needs = Rule("limits", metric, above=0, patience=patience).needs
    sides = ["above", "below"] if side == "both" else [side]
    place = _place(len(values), needs, false_alarms / len(sides))
    return {name: float(values.iloc[-place if name == "above" else place - 1]) for name in sides}


def false_alarm_rate(place: int, windows: int, needs: tuple[int, int]) -> float:
    """How often a new window opens an alert, if the limit is a calm value and nothing has changed.

    A window opens one if it lies beyond, as do needed − 1 of the last ones, and the window before did not open it. The
    share beyond the place-th of n values is a beta variable; the rate is its mean over all such calm samples.

    Parameters
    ----------
    place : int
        Of the limit among the calm values, 1 for the most extreme.
    windows : int
        How many calm windows there are.
    needs : (int, int)
        So many beyond the limit, of so many.

    Returns
    -------
    float
        Alerts a window.

    Examples
    --------
    >>> round(false_alarm_rate(1, 99, (1, 1)), 4), round(false_alarm_rate(1, 99, (2, 2)), 5)
    (0.0098, 0.00019)
    """
    needed, of = needs
    a, b = place, windows + 1 - place
    more, less = needed, of - needed + 1
    return comb(of - 1, needed - 1) * exp(_log_beta(a + more, b + less) - _log_beta(a, b))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _values(measures: pd.DataFrame, rule: Rule, name: str) -> pd.Series:
    from .alerting import counts

    require_columns(measures.columns, ["slice", rule.metric], where="the measures")
    of_slice = measures[measures["slice"] == name]
    return of_slice.loc[counts(of_slice, rule), rule.metric].astype("float64").sort_values(ignore_index=True)


def _place(windows: int, needs: tuple[int, int], wanted: float) -> int:
    """The place nearest to the middle that keeps the promise."""
    reached: dict[int, Any] = {place: false_alarm_rate(place, windows, needs) for place in range(1, windows // 2 + 1)}
    good = 0
    for place, rate in reached.items():
        if rate > wanted:
            break
        good = place
    if not good:
        least = f"the rarest that they allow is {reached[1]:.2g} a window" if reached else "there must be at least 2"
        raise DataError(
            f"{windows} calm windows are too few for {wanted:g} false alarms a window with patience "
            f"{needs[0]} of {needs[1]}: {least}.",
            "Give more calm windows, a rule with more patience, or allow more false alarms.",
        )
    return good
