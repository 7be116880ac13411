"""How wrong the share of positives looks while labels are still to come, or after a window that is too short."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from ..errors import DataError, require_columns
from .delay import known_at, natural, old_enough
from .times import length_of, moment_of

__all__ = ["moment_bias", "window_bias"]


def moment_bias(
    frame: pd.DataFrame,
    moments: Iterable[Any],
    *,
    start: str,
    label: str = "label",
    known: str = "known_at",
    since: str | pd.Timedelta | None = None,
    wait: str | pd.Timedelta | None = None,
) -> pd.DataFrame:
    """How wrong the share of positives looks at each of some moments, before all labels are in.

    Parameters
    ----------
    frame : pandas.DataFrame
        With a label (0 or 1) in hindsight and the time at which it was known.
    moments : iterable of timestamp
        The moments to go back to.
    start : str
        When each prediction was made.
    label, known : str
        The two columns.
    since : str or pandas.Timedelta, optional
        Look only at predictions of this last stretch of time before the moment, such as ``"6h"``. Default: all.
    wait : str or pandas.Timedelta, optional
        Adds ``share_if_waited``, from rows at least this old.

    Returns
    -------
    pandas.DataFrame
        One row a moment, which is the index ``now``: ``rows`` predicted by then, ``known`` labels, ``share`` of
        positives in hindsight (of the rows that have a label at all), ``share_if_dropped`` (unknown rows left out) and
        ``share_if_negative`` (unknown rows taken for negatives). A share of no rows is missing.

    Raises
    ------
    ColumnError
        If a column is not there.
    DataError
        If the times cannot be used or the label holds other values than 0 and 1.

    Examples
    --------
    >>> day = pd.DataFrame({"start": pd.to_datetime(["2013-01-01 08:00"] * 4), "label": [0, 0, 0, 1]})
    >>> day["known_at"] = pd.to_datetime(["2013-01-01 10:00"] * 3 + ["2013-01-01 15:00"])
    >>> moment_bias(day, ["2013-01-01 12:00"], start="start").iloc[0].tolist()
    [4.0, 3.0, 0.25, 0.0, 0.0]
    """
    require_columns(frame.columns, [start, label, known])
    _require_binary(frame[label], label)
    points = [moment_of(now, frame[start], "moments") for now in moments]
    in_order = frame.dropna(subset=[start]).sort_values(start, kind="stable")
    rows = []
    for now in points:
        first = 0 if since is None else in_order[start].searchsorted(now - length_of(since), side="right")
        begun = in_order.iloc[first : in_order[start].searchsorted(now, side="right")]
        rows.append(_shares(begun, now, start, label, known, wait))
    return pd.DataFrame(rows, index=pd.Index(points, name="now"))


def window_bias(
    frame: pd.DataFrame,
    events: pd.DataFrame,
    windows: Iterable[str | pd.Timedelta],
    *,
    by: str,
    start: str,
    at: str,
    until: Any = None,
) -> pd.DataFrame:
    """What a shorter window costs: the positives that come too late for it become negatives.

    Parameters
    ----------
    frame, events : pandas.DataFrame
        As :func:`natural` takes them.
    windows : iterable of str or pandas.Timedelta
        The lengths to compare.
    by, start, at : str
        As :func:`natural` takes them.
    until : timestamp, optional
        As :func:`natural` takes it.

    Returns
    -------
    pandas.DataFrame
        One row a window, shortest first, which is the index ``window``: ``rows`` (whose longest window has closed, the
        same for all), ``positives``, ``share`` of positives, and ``missed``, the share of the longest window's
        positives that are called negative.

    Raises
    ------
    ColumnError, DataError
        As :func:`natural`; also if there is no window.

    Examples
    --------
    >>> shown = pd.DataFrame({"user": ["a", "b"], "shown_at": pd.to_datetime(["2026-01-01 09:00"] * 2)})
    >>> clicks = pd.DataFrame({"user": ["a", "b"], "at": pd.to_datetime(["2026-01-01 09:20", "2026-01-01 12:00"])})
    >>> window_bias(shown, clicks, ["1h", "3h"], by="user", start="shown_at", at="at")["share"].tolist()
    [0.5, 1.0]
    """
    lengths = sorted({length_of(window) for window in windows})
    if not lengths:
        raise DataError("`windows` is empty.", 'Give the lengths to compare, such as ["1D", "7D"].')
    options = {"by": by, "start": start, "at": at}
    longest = natural(frame, events, window=lengths[-1], until=until, **options)
    end = moment_of(events[at].max() if until is None else until, frame[start], "until")
    mature = longest[longest[start] + lengths[-1] <= end]
    delay = (mature["known_at"] - mature[start]).where(mature["label"] == 1)
    counts = [int((delay <= length).sum()) for length in lengths]
    table = pd.DataFrame({"rows": len(mature), "positives": counts}, index=pd.Index(lengths, name="window"))
    return table.assign(
        share=table["positives"] / table["rows"].where(table["rows"] > 0),
        missed=1 - table["positives"] / (counts[-1] or float("nan")),
    )


def _shares(
    begun: pd.DataFrame, now: pd.Timestamp, start: str, label: str, known: str, wait: str | pd.Timedelta | None
) -> dict[str, float]:
    seen = known_at(begun, now, label=label, known=known)
    hindsight = begun[label].dropna()
    row = {
        "rows": len(begun),
        "known": int(seen.notna().sum()),
        "share": _mean(hindsight),
        "share_if_dropped": _mean(seen.dropna()),
        "share_if_negative": _mean(seen[begun[label].notna()].fillna(0)),
    }
    return row if wait is None else row | {"share_if_waited": _mean(seen[old_enough(begun, start, now, wait)].dropna())}


def _mean(values: pd.Series) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _require_binary(values: pd.Series, label: str) -> None:
    other = values[~values.isna() & ~values.isin([0, 1])]
    if len(other):
        raise DataError(
            f"Column {label!r} must hold 0, 1 or nothing; got {other.tolist()[0]!r} at index {other.index[0]}.",
            "Turn your label into 0 and 1 first.",
        )
