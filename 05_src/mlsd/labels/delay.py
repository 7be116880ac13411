"""Natural labels: those that time brings, when it brings them, and what is not known yet.

A prediction is made at one moment, its label is known at a later one. In between the row has no label: it is not a
negative. What has a label already is no fair sample either, because the two labels often take different times. A
click is known at once and its absence only when the window closes; a late flight is known later than one on time.
"""

from typing import Any

import pandas as pd

from ..errors import DataError, require_columns
from .times import length_of, moment_of, require_times, require_zones

__all__ = ["known_at", "known_rows", "natural", "old_enough", "require_known"]


def natural(
    frame: pd.DataFrame,
    events: pd.DataFrame,
    *,
    by: str,
    start: str,
    at: str,
    window: str | pd.Timedelta,
    until: Any = None,
) -> pd.DataFrame:
    """Label each row by whether its event came within a window, and say when that was known.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a prediction, in any order.
    events : pandas.DataFrame
        The log of events, in any order. An event that comes later than it happened belongs here with the time at which
        it was heard of.
    by : str
        The column of both frames that says to whom an event belongs.
    start, at : str
        When the prediction was made (column of `frame`) and when the event came (column of `events`).
    window : str or pandas.Timedelta
        How long to wait, for example ``"7D"``. An event counts if ``start < at <= start + window``.
    until : timestamp, optional
        The log is complete up to this moment. Default: its last event, the one moment that it vouches for.

    Returns
    -------
    pandas.DataFrame
        The frame with ``label`` (Int64: 1 event, 0 window closed without one, missing: not known at `until`) and
        ``known_at`` (the first event, or else the end of the window).

    Raises
    ------
    ColumnError
        If a column is not there.
    DataError
        If a time or the window cannot be used, is missing, or stands without a zone beside others with one.

    Examples
    --------
    >>> shown = pd.DataFrame({"user": ["a", "b", "c"], "shown_at": pd.to_datetime(["2026-01-01 09:00"] * 3)})
    >>> shown.loc[2, "shown_at"] = pd.Timestamp("2026-01-01 10:00")
    >>> clicks = pd.DataFrame({"user": ["a", "a"], "at": pd.to_datetime(["2026-01-01 09:20", "2026-01-01 10:10"])})
    >>> natural(shown, clicks, by="user", start="shown_at", at="at", window="1h")["label"].tolist()
    [1, 0, <NA>]
    """
    require_columns(frame.columns, [by, start])
    require_columns(events.columns, [by, at], where="the events")
    require_times(frame[start], "the frame")
    require_times(events[at], "the events")
    length = length_of(window)
    until = moment_of(events[at].max() if until is None else until, frame[start], "until")
    require_zones(frame[start], events[at])
    first = _first_event(frame, events, by, start, at, length)
    known = first.fillna(frame[start] + length)
    label = first.notna().astype("Int64").mask(~(known <= until))
    return frame.assign(label=label, known_at=known)


def known_at(frame: pd.DataFrame, now: Any, *, label: str = "label", known: str = "known_at") -> pd.Series:
    """The labels that were known at a moment; the others are missing.

    Parameters
    ----------
    frame : pandas.DataFrame
        With a label in hindsight and the time at which it was known. A row whose time is missing is never known.
    now : timestamp
        The moment to go back to, with a time zone if the column has one.
    label, known : str
        The two columns.

    Returns
    -------
    pandas.Series
        Named like the label, on the frame's index; whole numbers and truth values come as Int64.

    Raises
    ------
    ColumnError
        If a column is not there.
    DataError
        If the times or `now` cannot be used.

    Examples
    --------
    >>> landed = pd.to_datetime(["2013-01-01 10:00", "2013-01-01 14:00"])
    >>> known_at(pd.DataFrame({"late": [0, 1], "known_at": landed}), "2013-01-01 12:00", label="late").tolist()
    [0, <NA>]
    """
    require_columns(frame.columns, [label, known])
    moment = moment_of(now, frame[known], "now")
    values = frame[label]
    if pd.api.types.is_integer_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        values = values.astype("Int64")
    return values.where(frame[known] <= moment)


def known_rows(
    frame: pd.DataFrame,
    now: Any,
    *,
    label: str = "label",
    known: str = "known_at",
    start: str | None = None,
    wait: str | pd.Timedelta | None = None,
) -> pd.DataFrame:
    """The rows that a model may be trained on at a moment: their label is known, and nothing is filled in.

    Parameters
    ----------
    frame : pandas.DataFrame
        With a label in hindsight and the time at which it was known.
    now : timestamp
        When the model is trained.
    label, known : str
        The two columns.
    start : str, optional
        When each prediction was made; needed with `wait`.
    wait : str or pandas.Timedelta, optional
        Take only rows that are at least this old, such as ``"24h"``: old enough for either label. Without it, the label
        that is known sooner is over-represented among the newest rows.

    Returns
    -------
    pandas.DataFrame
        Those rows, unchanged and in the frame's order.

    Raises
    ------
    ColumnError
        If a column is not there.
    DataError
        If the times, `now` or `wait` cannot be used, or `wait` comes without `start`.

    Examples
    --------
    >>> landed = pd.to_datetime(["2013-01-01 10:00", "2013-01-01 14:00"])
    >>> known_rows(pd.DataFrame({"label": [0, 1], "known_at": landed}), "2013-01-01 12:00").index.tolist()
    [0]
    """
    keep = known_at(frame, now, label=label, known=known).notna()
    if wait is not None:
        if start is None:
            raise DataError("`wait` counts from the prediction, but `start` is not given.", 'Pass start="decided_at".')
        keep &= old_enough(frame, start, now, wait)
    return frame[keep]


def require_known(frame: pd.DataFrame, now: Any, *, known: str = "known_at") -> pd.DataFrame:
    """The frame itself, if each of its labels was known at a moment; an error that names the first that was not.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows that are about to be trained on.
    now : timestamp
        When the model is trained, or the first moment of the test period.
    known : str
        The column with the time at which the label was known.

    Returns
    -------
    pandas.DataFrame
        `frame`.

    Raises
    ------
    ColumnError
        If the column is not there.
    DataError
        If a label was not known, or the times cannot be used.

    Examples
    --------
    >>> train = pd.DataFrame({"known_at": pd.to_datetime(["2013-08-31 23:00", "2013-09-01 02:00"])})
    >>> require_known(train, "2013-09-01 00:00")
    Traceback (most recent call last):
    ...
    mlsd.errors.DataError: 1 of 2 labels were not known at 2013-09-01 00:00:00, the first at index 1
    (known_at: 2013-09-01 02:00:00).
    Fix: Leave such rows out: labels.known_rows(frame, now).
    """
    require_columns(frame.columns, [known])
    moment = moment_of(now, frame[known], "now")
    early = ~(frame[known] <= moment)
    if early.any():
        raise DataError(
            f"{int(early.sum())} of {len(frame)} labels were not known at {moment}, the first at index "
            f"{frame.index[early][0]} ({known}: {frame.loc[early, known].iloc[0]}).",
            "Leave such rows out: labels.known_rows(frame, now).",
        )
    return frame


def old_enough(frame: pd.DataFrame, start: str, now: Any, wait: str | pd.Timedelta) -> pd.Series:
    """Which rows were predicted at least so long before a moment.

    Parameters
    ----------
    frame : pandas.DataFrame
        The predictions.
    start : str
        The column that says when each was made.
    now : timestamp
        The moment.
    wait : str or pandas.Timedelta
        The age.

    Returns
    -------
    pandas.Series of bool
        On the frame's index.

    Examples
    --------
    >>> made = pd.DataFrame({"start": pd.to_datetime(["2013-01-01 08:00", "2013-01-01 11:00"])})
    >>> old_enough(made, "start", "2013-01-01 12:00", "2h").tolist()
    [True, False]
    """
    require_columns(frame.columns, [start])
    return frame[start] + length_of(wait) <= moment_of(now, frame[start], "now")


def _first_event(
    frame: pd.DataFrame, events: pd.DataFrame, by: str, start: str, at: str, length: pd.Timedelta
) -> pd.Series:
    """The first event of each row's window; missing where there is none."""
    left = pd.DataFrame({"by": frame[by].to_numpy(), "time": frame[start].to_numpy("datetime64[ns]")})
    left["row"] = range(len(left))
    times = events[at].to_numpy("datetime64[ns]")
    right = pd.DataFrame({"by": events[by].to_numpy(), "time": times, "event": times}).sort_values("time")
    if left["by"].dtype != right["by"].dtype:
        raise DataError(
            f"Column {by!r} holds {left['by'].dtype} in the frame and {right['by'].dtype} in the events.",
            "Give both the same type, or nothing will match.",
        )
    found = pd.merge_asof(
        left.sort_values("time"),
        right.dropna(subset=["by"]),
        on="time",
        by="by",
        direction="forward",
        allow_exact_matches=False,
        tolerance=length,
    )
    first = pd.Series(found.set_index("row")["event"].sort_index().to_numpy(), index=frame.index)
    zone = getattr(frame[start].dtype, "tz", None)
    return first.dt.tz_localize("UTC").dt.tz_convert(zone) if zone else first
