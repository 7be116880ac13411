"""What may be drawn: sizes that can be had, weights that make sense, and the race that draws by them."""

from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns

__all__ = ["check_size", "race", "weights_of"]


def race(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """When each row arrives: exponential times whose rates are the weights, and never for a weight of 0.

    Parameters
    ----------
    weights : numpy.ndarray of float, shape (rows,)
        Not negative.
    rng : numpy.random.Generator
        Where chance comes from.

    Returns
    -------
    numpy.ndarray of float, shape (rows,)
        The times. The first n to arrive are a weighted sample; with equal weights, a simple one.
    """
    times = rng.exponential(size=len(weights))
    with np.errstate(over="ignore"):
        return np.divide(times, weights, out=np.full(len(weights), np.inf), where=weights > 0)


def check_size(n: Any, there: int, what: str = "rows") -> None:
    """Raise a DataError unless n is a whole number from 1 to what is there.

    Parameters
    ----------
    n : object
        The size that was asked for.
    there : int
        How many there are to draw from.
    what : str
        Of what, for the message.

    Raises
    ------
    DataError
        If the size cannot be had.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise DataError(f"`n` must be a whole number of at least 1, got: {n!r}.")
    if n > there:
        raise DataError(f"{n:,} rows were asked for, but there are only {there:,} {what}.", f"Take n={there} or fewer.")


def weights_of(frame: pd.DataFrame, weight: Any, name: str = "weight") -> np.ndarray:
    """The weights as numbers that can be drawn by.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row an observation.
    weight : str or array-like of float, shape (rows,)
        A column, or a number for each row.
    name : str
        What to call the argument in a message.

    Returns
    -------
    numpy.ndarray of float, shape (rows,)
        None missing, negative or infinite, and not all of them 0.

    Raises
    ------
    ColumnError
        If the column is not there.
    DataError
        If the weights are not like that.
    """
    if isinstance(weight, str):
        require_columns(frame.columns, [weight])
        weight = frame[weight]
    values = pd.Series(np.asarray(weight)).to_numpy(dtype="float64", na_value=np.nan)
    if len(values) != len(frame):
        raise DataError(f"`{name}` has {len(values)} values for {len(frame)} rows.", "Give one for each row.")
    bad = ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        at = int(bad.argmax())
        raise DataError(
            f"`{name}` must be 0 or more in every row; {int(bad.sum())} are not, the first at index "
            f"{frame.index[at]}: {values[at]:g}.",
            "Fill what is missing; a weight of 0 means never.",
        )
    if not values.any():
        raise DataError(f"`{name}` is 0 in all {len(values)} rows, so no row can be drawn.")
    return values
