"""Train and test that share no row, no future and no group."""

from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns
from .times import before, checked_times, moment

__all__ = ["split_by_group", "split_by_time", "split_by_time_and_group"]

Split = tuple[pd.DataFrame, pd.DataFrame]


def split_by_time(frame: pd.DataFrame, *, time: str, test_from: Any, gap: Any = None) -> Split:
    """Train on what came before, test on what came after.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row an observation, in any order.
    time : str
        A column of times or numbers: when the prediction is made.
    test_from : str, datetime or number
        The first moment of the test. Without a zone, it is read in the column's.
    gap : str, timedelta or number, optional
        How long before the test the training ends, for example ``"2D"``. Set it to the time that a label takes to
        become known: on the day before the test, yesterday's labels may not have been there yet. Rows in the gap are
        in neither part.

    Returns
    -------
    train, test : pandas.DataFrame
        In the frame's order, with its columns and index.

    Raises
    ------
    ColumnError
        If the column is not there.
    DataError
        If a time is missing, the column holds no times, the bound or the gap cannot be read, or a part is empty.

    Examples
    --------
    >>> days = pd.DataFrame({"day": pd.date_range("2013-08-29", periods=5)})
    >>> train, test = split_by_time(days, time="day", test_from="2013-09-01", gap="1D")
    >>> train["day"].dt.day.tolist(), test["day"].dt.day.tolist()
    ([29, 30], [1, 2])
    """
    train, test = _before_and_after(frame, time, test_from, gap)
    return _both_full(frame, train, test, f"{time} before and from {test_from}, with a gap of {gap}")


def split_by_group(frame: pd.DataFrame, *, group: str, test_share: float = 0.2, seed: int = 0) -> Split:
    """Keep each group whole: all its rows train, or all of them test.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row an observation.
    group : str
        The column whose values must not be on both sides, for example a plane or a customer.
    test_share : float
        How many of the rows shall test, between 0 and 1. Groups are drawn by chance until the next one would take the
        test further from that share, so with few large groups it is only roughly met.
    seed : int
        The same seed draws the same groups.

    Returns
    -------
    train, test : pandas.DataFrame
        In the frame's order, with its columns and index.

    Raises
    ------
    ColumnError
        If the column is not there.
    DataError
        If a group is missing, the share is not between 0 and 1, or there is only one group.

    Examples
    --------
    >>> flights = pd.DataFrame({"plane": list("AABBCC"), "late": [0, 1, 0, 0, 1, 1]})
    >>> train, test = split_by_group(flights, group="plane", test_share=0.3)
    >>> train["plane"].unique().tolist(), test["plane"].unique().tolist()
    (['A', 'B'], ['C'])
    """
    test = _held_out(frame, group, np.ones(len(frame), dtype=bool), test_share, seed)
    return _both_full(frame, ~test, test, f"groups of {group!r} with test_share={test_share}")


def split_by_time_and_group(
    frame: pd.DataFrame,
    *,
    time: str,
    test_from: Any,
    group: str,
    gap: Any = None,
    test_share: float = 0.2,
    seed: int = 0,
) -> Split:
    """Test on groups never seen, at a time not yet come: the strictest of the three.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row an observation, in any order.
    time, test_from
        As for :func:`split_by_time`.
    group : str
        As for :func:`split_by_group`.
    gap : str, timedelta or number, optional
        As for :func:`split_by_time`.
    test_share : float
        How many of the rows from `test_from` on shall test.
    seed : int
        The same seed draws the same groups.

    Returns
    -------
    train, test : pandas.DataFrame
        The earlier rows of the groups that train, and the later rows of those that test. The earlier rows of the one
        and the later rows of the other are in neither.

    Raises
    ------
    ColumnError, DataError
        As the two others.

    Examples
    --------
    >>> flights = pd.DataFrame({"plane": list("ABAB"), "day": [1, 1, 2, 2]})
    >>> train, test = split_by_time_and_group(flights, time="day", test_from=2, group="plane", test_share=0.5)
    >>> train.index.tolist(), test.index.tolist()
    ([1], [2])
    """
    before, after = _before_and_after(frame, time, test_from, gap)
    test = _held_out(frame, group, after, test_share, seed)
    train = before & ~frame[group].isin(frame.loc[test, group].unique()).to_numpy()
    return _both_full(frame, train, test, f"{time} from {test_from} with a gap of {gap}, and groups of {group!r}")


def _before_and_after(frame: pd.DataFrame, time: str, test_from: Any, gap: Any) -> tuple[np.ndarray, np.ndarray]:
    require_columns(frame.columns, [time])
    times = checked_times(frame[time], time)
    start = moment(test_from, times)
    return (times < before(start, gap, times)).to_numpy(), (times >= start).to_numpy()


def _held_out(frame: pd.DataFrame, group: str, rows: np.ndarray, test_share: float, seed: int) -> np.ndarray:
    """Of the rows in question, those of groups drawn by chance, about `test_share` of them."""
    require_columns(frame.columns, [group])
    if not 0 < test_share < 1:
        raise DataError(f"`test_share` must lie between 0 and 1, got: {test_share!r}.")
    codes, _ = pd.factorize(frame[group], sort=True)  # sorted, so that the order of rows does not choose the groups
    if (codes < 0).any():
        raise DataError(
            f"{group!r} is missing in {int((codes < 0).sum())} of {len(frame)} rows, which may belong together.",
            "Drop them, or give each a group of its own.",
        )
    sizes = np.bincount(codes[rows], minlength=codes.max(initial=-1) + 1)
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero(sizes))
    reached = np.cumsum(sizes[drawn])
    enough = int(np.abs(reached - test_share * rows.sum()).argmin()) + 1 if len(drawn) else 0
    chosen = drawn[: min(enough, len(drawn) - 1)]
    return rows & np.isin(codes, chosen)


def _both_full(frame: pd.DataFrame, train: np.ndarray, test: np.ndarray, how: str) -> Split:
    for name, part in (("train", train), ("test", test)):
        if not part.any():
            raise DataError(f"The {name} set is empty: no row of {len(frame)} is left by {how}.", "Move the bound.")
    return frame[train], frame[test]
