"""Folds for cross-validation that share no row, no future and no group."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import BaseCrossValidator

from ..errors import DataError, require_columns
from .times import before, checked_times

__all__ = ["TimeFolds"]


class TimeFolds(BaseCrossValidator):
    """Folds for cross-validation that never train on the future: each tests on the stretch after its training rows.

    The rows may come in any order. They are cut, in the order of time, into n_splits + 1 stretches of about the same
    number of rows, never between two rows of the same time. Fold k trains on all before stretch k + 1 and tests on it.

    Parameters
    ----------
    times : str or array-like, shape (rows,)
        When each prediction is made: the name of a column of X, or the times themselves. A Series is matched to a frame
        X by the index, so that a fold cannot be cut by the times of other rows.
    n_splits : int
        How many folds.
    gap : str, timedelta or number, optional
        How long before its test the training of a fold ends, as for :func:`split_by_time`.

    Notes
    -----
    If `groups` are given to :meth:`split` (or to ``cross_val_score``), a fold does not train on rows of a group that it
    tests on.

    Examples
    --------
    >>> X = pd.DataFrame({"day": [3, 1, 2, 4, 2, 1]})
    >>> for train, test in TimeFolds("day", n_splits=2).split(X):
    ...     print(X["day"].iloc[train].tolist(), X["day"].iloc[test].tolist())
    [1, 1] [2, 2]
    [1, 2, 2, 1] [3, 4]
    """

    def __init__(self, times: Any, n_splits: int = 5, gap: Any = None):
        self.times = times
        self.n_splits = n_splits
        self.gap = gap

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """How many folds there are.

        Parameters
        ----------
        X, y, groups : object
            Not looked at; scikit-learn passes them.

        Returns
        -------
        int
        """
        return self.n_splits

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the positions that train and those that test, fold by fold.

        Parameters
        ----------
        X : pandas.DataFrame or array-like, shape (rows, columns)
            The rows. Only their number counts, and the column of times if `times` is a name.
        y : object
            Not looked at.
        groups : array-like, shape (rows,), optional
            Groups that must not be on both sides.

        Yields
        ------
        train, test : numpy.ndarray of int
            Positions, in the order of X.

        Raises
        ------
        ColumnError
            If `times` is a name that X does not have.
        DataError
            If times do not fit X, are missing or too few, or a fold would have nothing to train on.
        """
        times = self._times_of(X)
        starts = _stretch_starts(times, self.n_splits)
        for start, end in zip(starts, [*starts[1:], None], strict=True):
            test = ((times >= start) & (True if end is None else times < end)).to_numpy()
            train = (times < before(start, self.gap, times)).to_numpy()
            if groups is not None:
                train = train & ~np.isin(np.asarray(groups), np.unique(np.asarray(groups)[test]))
            if not train.any():
                raise DataError(
                    f"The fold that tests from {start} has nothing to train on.",
                    "Take a shorter gap, fewer folds, or groups that do not span all of the time.",
                )
            yield np.flatnonzero(train), np.flatnonzero(test)

    def _times_of(self, X: Any) -> pd.Series:
        rows = X.shape[0] if hasattr(X, "shape") else len(X)
        if isinstance(self.times, str):
            columns = getattr(X, "columns", None)
            if columns is None:
                raise DataError(f"TimeFolds looks for column {self.times!r}, but X is no frame.", "Pass the times.")
            require_columns(columns, [self.times], "X")
            return checked_times(X[self.times], self.times)
        times = pd.Series(self.times)
        if isinstance(self.times, pd.Series) and hasattr(X, "index") and not times.index.equals(X.index):
            if times.index.has_duplicates or not X.index.isin(times.index).all():
                raise DataError("The index of `times` does not fit that of X.", "Pass the name of a column of X.")
            times = times.loc[X.index]
        if len(times) != rows:
            raise DataError(f"`times` has {len(times)} values for {rows} rows.", "Give one for each row of X.")
        return checked_times(times, "times")


def _stretch_starts(times: pd.Series, n_splits: Any) -> list[Any]:
    if isinstance(n_splits, bool) or not isinstance(n_splits, int | np.integer) or n_splits < 1:
        raise DataError(f"`n_splits` must be a whole number of at least 1, got: {n_splits!r}.")
    in_order = times.sort_values(ignore_index=True)
    starts = [in_order.iloc[len(times) * k // (n_splits + 1)] for k in range(n_splits + 1)] if len(times) else []
    if len(set(starts)) < n_splits + 1:
        raise DataError(
            f"{n_splits} folds need {n_splits + 1} stretches of time, but {len(times)} rows have only "
            f"{times.nunique()} different times, and too many rows share one.",
            "Take fewer folds, or finer times.",
        )
    return starts[1:]
