"""Labels from rules: plain functions that vote on rows or abstain, what their votes look like, and the majority.

A labelling function takes a frame and gives one value a row: a class, or nothing (None, NaN, ``pd.NA``), which means
that it abstains. ``np.where(frame["visib"] < 2, 1, np.nan)`` is one: late in fog, no opinion otherwise.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .codes import from_codes, vote_codes, whole

__all__ = ["majority", "vote_table", "votes"]


def votes(frame: pd.DataFrame, functions: Sequence[Callable[[pd.DataFrame], Any]]) -> pd.DataFrame:
    """Ask each labelling function about each row.

    Parameters
    ----------
    frame : pandas.DataFrame
        What the functions look at.
    functions : sequence of callable
        Each takes the frame and returns one value a row: a class, or a missing value to abstain.

    Returns
    -------
    pandas.DataFrame
        One column a function, named after it; whole numbers as Int64; missing where it abstains.

    Raises
    ------
    DataError
        If a function returns True and False (a False would be a vote, not an abstention), another number of rows,
        or rows in another order; or if two functions have the same name.

    Examples
    --------
    >>> def fog(frame):
    ...     return np.where(frame["visib"] < 2, 1, np.nan)
    >>> votes(pd.DataFrame({"visib": [0.5, 10.0]}), [fog])["fog"].tolist()
    [1, <NA>]
    """
    names = [_name(function) for function in functions]
    if len(set(names)) < len(names):
        again = next(name for name in names if names.count(name) > 1)
        raise DataError(f"Two labelling functions are called {again!r}.", "Give each a name of its own with `def`.")
    columns = {name: _votes_of(name, function(frame), frame) for name, function in zip(names, functions, strict=True)}
    return pd.DataFrame(columns, index=frame.index)


def vote_table(votes: pd.DataFrame, truth: pd.Series | np.ndarray | None = None) -> pd.DataFrame:
    """How much each labelling function covers, how often others vote too, and how often they disagree.

    Parameters
    ----------
    votes : pandas.DataFrame
        One column a function, missing where it abstains.
    truth : array-like of shape (n_rows,), optional
        The true labels of some or all rows; missing where they are not known. A Series must have the votes' index.

    Returns
    -------
    pandas.DataFrame
        One row a function: ``votes`` (a number); ``coverage``, ``overlap`` and ``conflict`` (shares of all rows: it
        votes; it votes and another does too; it votes and another votes otherwise). With `truth` also ``checked`` (its
        votes on rows whose truth is known) and ``accuracy`` (the share of those that are right; missing if none).

    Raises
    ------
    DataError
        If there are no votes at all, or `truth` has other rows.

    Examples
    --------
    >>> said = pd.DataFrame({"fog": [1, None, None], "early": [0, 0, None]})
    >>> vote_table(said, truth=[1, 0, 0])[["coverage", "overlap", "conflict", "accuracy"]].round(2).values.tolist()
    [[0.33, 0.33, 0.33, 1.0], [0.67, 0.33, 0.33, 0.5]]
    """
    codes, classes = vote_codes(votes)
    voted = codes >= 0
    others = voted.sum(axis=1, keepdims=True) - voted
    same = np.stack([(codes == code).sum(axis=1) for code in range(len(classes))], axis=1)
    alike = np.take_along_axis(same, np.maximum(codes, 0), axis=1) - 1
    shares = {"coverage": voted, "overlap": voted & (others > 0), "conflict": voted & (others > alike)}
    table = pd.DataFrame({name: share.mean(axis=0) for name, share in shares.items()}, index=_columns(votes))
    table.insert(0, "votes", voted.sum(axis=0))
    return table if truth is None else table.assign(**_against(votes, truth))


def majority(votes: pd.DataFrame) -> pd.Series:
    """The class that most functions vote for; missing where there is a tie, and where nobody votes.

    Parameters
    ----------
    votes : pandas.DataFrame
        One column a function or annotator, missing where it abstains.

    Returns
    -------
    pandas.Series
        Named ``label``, on the votes' index.

    Raises
    ------
    DataError
        If there are no votes at all.

    Examples
    --------
    >>> majority(pd.DataFrame({"a": [1, 1, None], "b": [1, 0, None], "c": [0, None, None]})).tolist()
    [1, <NA>, <NA>]
    """
    codes, classes = vote_codes(votes)
    counts = np.stack([(codes == code).sum(axis=1) for code in range(len(classes))], axis=1)
    best = counts.max(axis=1)
    clear = (best > 0) & ((counts == best[:, None]).sum(axis=1) == 1)
    return from_codes(np.where(clear, counts.argmax(axis=1), -1), classes, votes.index)


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _columns(votes: pd.DataFrame) -> pd.Index:
    return pd.Index(votes.columns, name="function")


def _votes_of(name: str, given: Any, frame: pd.DataFrame) -> pd.Series:
    if isinstance(given, pd.Series) and not given.index.equals(frame.index):
        raise DataError(
            f"Labelling function {name!r} gave other rows, or rows in another order: {len(given)} of {len(frame)}.",
            "Give one value for each row of the frame, in its order; abstain with np.nan.",
        )
    if np.ndim(given) != 1 or len(given) != len(frame):
        raise DataError(
            f"Labelling function {name!r} gave {len(given) if np.ndim(given) else 'one'} values for {len(frame)} rows.",
            "Work on whole columns: np.where(frame['visib'] < 2, 1, np.nan).",
        )
    said = pd.Series(np.asarray(given) if not isinstance(given, pd.Series) else given.array, index=frame.index)
    if pd.api.types.is_bool_dtype(said.dtype):
        raise DataError(
            f"Labelling function {name!r} gave True and False: is False a vote for 0, or no opinion?",
            "Say which: np.where(condition, 1, np.nan) votes or abstains, np.where(condition, 1, 0) always votes.",
        )
    return whole(said)


def _against(votes: pd.DataFrame, truth: Any) -> dict[str, np.ndarray]:
    if len(truth) != len(votes) or (isinstance(truth, pd.Series) and not truth.index.equals(votes.index)):
        raise DataError(
            f"`truth` has other rows than the votes: {len(truth)} and {len(votes)}.",
            "Take both from the same frame: truth=frame['late'].",
        )
    right = pd.Series(np.asarray(truth, dtype=object), index=votes.index, name="the truth").infer_objects()
    codes, _ = vote_codes(pd.concat([votes, right], axis=1))
    said, right_codes = codes[:, :-1], codes[:, -1:]
    checked = ((said >= 0) & (right_codes >= 0)).sum(axis=0)
    hits = ((said == right_codes) & (said >= 0)).sum(axis=0)
    return {"checked": checked, "accuracy": hits / np.where(checked, checked, np.nan)}
