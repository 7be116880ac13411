"""How votes and ratings travel inside this package: as positions in a list of classes, -1 for none."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError

__all__ = ["from_codes", "vote_codes", "whole"]


def vote_codes(votes: pd.DataFrame, classes: Sequence[Any] | None = None) -> tuple[np.ndarray, list[Any]]:
    """Votes as positions in the list of classes, -1 where a function abstains.

    Parameters
    ----------
    votes : pandas.DataFrame
        One column a function or annotator. The number 1 is the same class whether it comes as 1 or as 1.0.
    classes : sequence, optional
        What may be voted for. Default: what was voted for, sorted.

    Returns
    -------
    codes : numpy.ndarray of int, shape (n_rows, n_functions)
        The positions.
    classes : list
        The classes.

    Raises
    ------
    DataError
        If nobody votes, if numbers and text are mixed, or if a vote is none of the classes.

    Examples
    --------
    >>> vote_codes(pd.DataFrame({"a": [1, None], "b": [0, 1]}))[0].tolist()
    [[1, 0], [-1, 1]]
    """
    columns = [pd.factorize(votes[name]) for name in votes.columns]
    said = [[_plain(value) for value in found] for _, found in columns]
    names = _sorted(votes, said) if classes is None else list(classes)
    if not any(said):
        raise DataError(f"There are no votes: all {len(votes)} rows of {list(votes.columns)} are missing.")
    _refuse_strays(votes, said, names)
    positions = [np.array([*map(names.index, found), -1]) for found in said]  # position -1 is the last: nothing
    codes = [position[code] for position, (code, _) in zip(positions, columns, strict=True)]
    return np.column_stack(codes), names


def from_codes(codes: np.ndarray, classes: Sequence[Any], index: pd.Index) -> pd.Series:
    """Positions in the list of classes as labels; missing where the position is -1.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (n_rows,)
        The positions.
    classes : sequence
        The classes.
    index : pandas.Index
        The index of the result.

    Returns
    -------
    pandas.Series
        Named ``label``; whole numbers as Int64.

    Examples
    --------
    >>> from_codes(np.array([1, -1]), [0, 1], pd.RangeIndex(2)).tolist()
    [1, <NA>]
    """
    return whole(pd.Series(list(classes)).reindex(codes)).set_axis(index).rename("label")


def whole(values: pd.Series) -> pd.Series:
    """The values as Int64 if all that are there are whole numbers; else as they are.

    Parameters
    ----------
    values : pandas.Series
        Labels, some of them missing.

    Returns
    -------
    pandas.Series
        On the same index.

    Examples
    --------
    >>> whole(pd.Series([1.0, None])).tolist()
    [1, <NA>]
    """
    if not pd.api.types.is_numeric_dtype(values.dtype):
        return values
    there = values.dropna().astype("float64")
    return values.astype("Int64") if np.equal(there, there.round()).all() and np.isfinite(there).all() else values


def _sorted(votes: pd.DataFrame, said: list[list[Any]]) -> list[Any]:
    try:
        return sorted(set().union(*said))
    except TypeError as error:
        seen = {str(name): values[:5] for name, values in zip(votes.columns, said, strict=True)}
        raise DataError(
            f"Numbers and text are mixed: {seen}.", "Give everyone the same codes first, such as 0 and 1."
        ) from error


def _refuse_strays(votes: pd.DataFrame, said: list[list[Any]], classes: list[Any]) -> None:
    for name, values in zip(votes.columns, said, strict=True):
        strays = [value for value in values if value not in classes]
        if strays:
            row = votes.index[(votes[name] == strays[0]).to_numpy(dtype=bool, na_value=False)][0]
            raise DataError(
                f"Column {name!r} says {strays[0]!r} at index {row}; allowed: {classes}, or missing.",
                "Give everyone the same codes first.",
            )


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value
