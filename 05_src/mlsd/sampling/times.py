"""Times that rows can be split by, and bounds of the same kind."""

from typing import Any

import pandas as pd
from pandas.api import types

from ..errors import DataError

__all__ = ["before", "checked_times", "moment"]


def checked_times(times: pd.Series, name: str) -> pd.Series:
    """The times, once it is sure that rows can be split by them.

    Parameters
    ----------
    times : pandas.Series
        Times or numbers.
    name : str
        What to call them in a message.

    Returns
    -------
    pandas.Series
        The same.

    Raises
    ------
    DataError
        If they are neither times nor numbers, or one is missing.
    """
    if not types.is_datetime64_any_dtype(times) and not _are_numbers(times):
        raise DataError(
            f"{name!r} must hold times or numbers, it holds {times.dtype}.",
            f"frame[{name!r}] = pd.to_datetime(frame[{name!r}])",
        )
    missing = times.isna().to_numpy()
    if missing.any():
        raise DataError(
            f"{name!r} is missing in {int(missing.sum())} of {len(times)} rows, the first at index "
            f"{times.index[int(missing.argmax())]}: nobody knows on which side of the split they are.",
            "Drop these rows first.",
        )
    return times


def moment(value: Any, times: pd.Series) -> Any:
    """The bound in the column's own kind, so that a text is not compared with a time, nor a zone with none.

    Parameters
    ----------
    value : str, datetime or number
        The bound as it was given.
    times : pandas.Series
        What it is compared with.

    Returns
    -------
    pandas.Timestamp or number
        In the zone of the times, if it has none of its own.

    Raises
    ------
    DataError
        If it cannot be compared with the times.
    """
    if _are_numbers(times):
        if isinstance(value, str):
            raise DataError(f"`test_from` must be a number, as the column {times.name!r} is; got: {value!r}.")
        return value
    try:
        bound = pd.Timestamp(value)
    except (TypeError, ValueError) as error:
        raise DataError(f"`test_from` cannot be read as a time: {value!r}.", 'Write it as "2013-09-01".') from error
    if bound.tzinfo is None:
        return bound.tz_localize(times.dt.tz)
    if times.dt.tz is None:
        raise DataError(f"`test_from` has a zone ({bound}), the column {times.name!r} has none.", "Leave it out.")
    return bound


def before(start: Any, gap: Any, times: pd.Series) -> Any:
    """The moment at which training ends: the start of the test, less the gap.

    Parameters
    ----------
    start : pandas.Timestamp or number
        Where the test begins.
    gap : str, timedelta or number, optional
        How long before it the training ends.
    times : pandas.Series
        What the moment will be compared with.

    Returns
    -------
    pandas.Timestamp or number
        Rows before it may train.

    Raises
    ------
    DataError
        If the gap is no length of time, or below 0.
    """
    if gap is None:
        return start
    fix = "Write it as a number, as the times are." if _are_numbers(times) else 'Write it as "2D" or "6h".'
    try:
        length = gap if _are_numbers(times) else pd.Timedelta(gap)
        long_enough = length >= length * 0
    except (TypeError, ValueError) as error:
        raise DataError(f"`gap` cannot be read as a length of time: {gap!r}.", fix) from error
    if isinstance(length, str) or not long_enough:
        raise DataError(f"`gap` must be a length of time of 0 or more, got: {gap!r}.", fix)
    return start - length


def _are_numbers(times: pd.Series) -> bool:
    return types.is_numeric_dtype(times) and not types.is_bool_dtype(times)
