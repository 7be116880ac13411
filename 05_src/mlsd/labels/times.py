"""Moments and lengths of time that can be compared: checked before they are."""

from typing import Any

import pandas as pd

from ..errors import DataError

__all__ = ["length_of", "moment_of", "require_datetime", "require_times", "require_zones"]


def require_times(values: pd.Series, where: str) -> None:
    """Raise a DataError if a column holds something else than times, or none in some rows.

    Parameters
    ----------
    values : pandas.Series
        The column.
    where : str
        Whose column it is, for the message.
    """
    require_datetime(values)
    if values.isna().any():
        raise DataError(
            f"Column {values.name!r} of {where} is missing in {int(values.isna().sum())} rows, the first at index "
            f"{values.index[values.isna()][0]}.",
            f"Drop them first: dropna(subset=[{values.name!r}]).",
        )


def require_datetime(values: pd.Series) -> None:
    """Raise a DataError if a column holds something else than times.

    Parameters
    ----------
    values : pandas.Series
        The column.
    """
    if values.dtype.kind != "M":
        raise DataError(
            f"Column {values.name!r} must hold times, got: {values.dtype}.",
            f"Convert it: pd.to_datetime(frame[{values.name!r}], utc=True).",
        )


def require_zones(left: pd.Series, right: pd.Series) -> None:
    """Raise a DataError if one of two columns has a time zone and the other has none.

    Parameters
    ----------
    left, right : pandas.Series
        The columns.
    """
    if (getattr(left.dtype, "tz", None) is None) != (getattr(right.dtype, "tz", None) is None):
        naive, aware = (left, right) if getattr(left.dtype, "tz", None) is None else (right, left)
        raise DataError(
            f"Column {naive.name!r} has no time zone, {aware.name!r} is in {aware.dt.tz}.",
            f"Say whose clock {naive.name!r} is: .dt.tz_localize(...), then compare.",
        )


def length_of(window: str | pd.Timedelta) -> pd.Timedelta:
    """A length of time, longer than none.

    Parameters
    ----------
    window : str or pandas.Timedelta
        For example ``"7D"``.

    Returns
    -------
    pandas.Timedelta

    Examples
    --------
    >>> length_of("90min")
    Timedelta('0 days 01:30:00')
    """
    fix = 'Use a length of time such as "7D" or "90min".'
    try:
        length = pd.Timedelta(window)
    except (ValueError, TypeError) as error:
        raise DataError(f"A length of time cannot be read: {window!r}.", fix) from error
    if not length > pd.Timedelta(0):
        raise DataError(f"A length of time must be longer than none, got: {window!r}.", fix)
    return length


def moment_of(now: Any, times: pd.Series, name: str) -> pd.Timestamp:
    """A moment that can be compared with a column of times: both have a zone, or none has.

    Parameters
    ----------
    now : timestamp
        What the caller gave.
    times : pandas.Series
        The column.
    name : str
        The argument's name, for the message.

    Returns
    -------
    pandas.Timestamp

    Examples
    --------
    >>> moment_of("2013-01-01 12:00", pd.Series(pd.to_datetime(["2013-01-01"])), "now")
    Timestamp('2013-01-01 12:00:00')
    """
    require_datetime(times)
    zone = getattr(times.dtype, "tz", None)
    try:
        moment = pd.Timestamp(now)
    except (ValueError, TypeError) as error:
        raise DataError(f"`{name}` cannot be read as a time: {now!r}.") from error
    if pd.isna(moment):
        raise DataError(f"`{name}` is missing.", "Give the moment, such as pd.Timestamp.now(tz='UTC').")
    if (moment.tz is None) != (zone is None):
        have, want = ("no time zone", f"is in {zone}") if zone else (f"the zone {moment.tz}", "has none")
        raise DataError(
            f"`{name}` has {have}, but column {times.name!r} {want}: {now!r}.",
            f"Use pd.Timestamp({str(now)!r}, tz={str(zone)!r})."
            if zone
            else "Leave the zone out on both sides or none.",
        )
    return moment
