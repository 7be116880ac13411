"""Encoders that scikit-learn lacks: by frequency, by hash, by cross, and time that goes in circles.

Each is a scikit-learn transformer: use it alone, in a ``Pipeline`` or in a ``ColumnTransformer``. It encodes every
column that it is given. A pandas frame comes back as a pandas frame with its index, a Dask frame as a Dask frame, an
array as an array; ``fit`` takes any of the three. What was learned is kept in plain arrays.

scikit-learn has the rest: ``TargetEncoder`` (the target's mean by category, out of fold), ``OneHotEncoder`` with
``min_frequency`` (rare categories together), ``SimpleImputer(add_indicator=True)`` and ``MissingIndicator``,
``KBinsDiscretizer`` and ``SplineTransformer``.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .frame_encoder import FrameEncoder, _computed, _is_dask, _is_number, _keys_in, _keys_of

__all__ = ["CrossEncoder", "CyclicalTime", "FrequencyEncoder", "HashEncoder"]

SEPARATOR = "\x1f"  # ASCII's own separator of units: no category holds it


class FrequencyEncoder(FrameEncoder):
    """Replace each category by its share of the rows that were fitted: one number a column, however many categories.

    A category that was not there gets 0: it is as rare as can be. Missing counts as a category of its own. Categories
    that are equally common become one number; where that matters, use ``TargetEncoder`` or :class:`HashEncoder`.

    Attributes
    ----------
    categories_ : list of numpy.ndarray
        The categories of each column, in order.
    shares_ : list of numpy.ndarray of float
        Their shares of all rows, between 0 and 1.
    missing_shares_ : numpy.ndarray of float, shape (n_columns,)
        The share of rows without a value.

    Examples
    --------
    >>> planes = pd.DataFrame({"tailnum": ["N1", "N1", "N1", "N2"]})
    >>> encoder = FrequencyEncoder().fit(planes)
    >>> encoder.transform(pd.DataFrame({"tailnum": ["N2", "N1", "unseen"]}))["tailnum_frequency"].tolist()
    [0.25, 0.75, 0.0]
    """

    def _learn(self, frame: Any) -> None:
        counts = [_keys_of(frame, column).value_counts() for column in frame.columns]
        *counts, n_rows = _computed([*counts, frame.shape[0]])
        counts = [count.sort_index() for count in counts]
        self.categories_ = [_plain(count.index) for count in counts]
        self.shares_ = [count.to_numpy("float64") / n_rows for count in counts]
        self.missing_shares_ = np.array([1 - count.sum() / n_rows for count in counts])

    def _encoded(self, frame: pd.DataFrame) -> np.ndarray:
        learned = zip(frame.columns, self.categories_, self.shares_, self.missing_shares_, strict=True)
        return np.column_stack([self._share(frame[column], *rest) for column, *rest in learned])

    def _share(self, column: pd.Series, categories: np.ndarray, shares: np.ndarray, missing_share: float) -> np.ndarray:
        keys = _keys_in(column)
        _refuse_other_kind(column, keys, categories)
        place = pd.Index(categories, dtype=keys.dtype).get_indexer(pd.Index(keys))
        return np.where(keys.isna(), missing_share, np.where(place >= 0, np.append(shares, 0.0)[place], 0.0))

    def _names(self, columns: list[str]) -> list[str]:
        return [f"{column}_frequency" for column in columns]


class HashEncoder(FrameEncoder):
    """Put each category into one of a few buckets by its hash, one 0/1 column a bucket: nothing to learn, none unseen.

    The hash is that of :func:`pandas.util.hash_array`: the same today, tomorrow and on another machine, unlike Python's
    ``hash``, which is salted anew in every process. Categories that share a bucket cannot be told apart. A row without
    a value has 0 in all of them. 5 and 5.0 are the same category, "5" is another.

    Parameters
    ----------
    n_buckets : int
        Buckets for each column.

    Examples
    --------
    >>> HashEncoder(n_buckets=3).fit_transform(pd.DataFrame({"dest": ["MIA", "SJU", "MIA"]}))
       dest_hash_0  dest_hash_1  dest_hash_2
    0            0            1            0
    1            0            0            1
    2            0            1            0
    """

    def __init__(self, n_buckets: int = 32):
        self.n_buckets = n_buckets

    def _learn(self, frame: Any) -> None:
        _at_least_one("n_buckets", self.n_buckets)

    def _encoded(self, frame: pd.DataFrame) -> np.ndarray:
        return np.column_stack([self._buckets(_keys_in(frame[column])) for column in frame.columns])

    def _buckets(self, keys: pd.Series) -> np.ndarray:
        values = keys.to_numpy("float64") + 0.0 if _is_number(keys) else keys.to_numpy(object)  # -0.0 becomes 0.0
        bucket = pd.util.hash_array(values, categorize=len(values) > 0) % np.uint64(self.n_buckets)
        return ((bucket[:, None] == np.arange(self.n_buckets)) & keys.notna().to_numpy()[:, None]).astype("uint8")

    def _names(self, columns: list[str]) -> list[str]:
        return [f"{column}_hash_{bucket}" for column in columns for bucket in range(self.n_buckets)]


class CrossEncoder(FrameEncoder):
    """Cross all the columns it is given: one 0/1 column for each of the most common combinations of their categories.

    A linear model adds up what each column says; a cross lets it say something about two together, such as one carrier
    at one airport. A combination that is rare, was not there in `fit`, or lacks a value has 0 in all the columns.

    Parameters
    ----------
    max_combinations : int
        How many combinations get a column, the most common first; equally common ones in order of their text.

    Attributes
    ----------
    combinations_ : numpy.ndarray of str, shape (n_combinations, n_columns)
        The categories of each, as text.

    Examples
    --------
    >>> flights = pd.DataFrame({"origin": ["JFK", "JFK", "LGA"], "carrier": ["B6", "B6", "DL"]})
    >>> CrossEncoder().fit_transform(flights)
       origin_JFK_x_carrier_B6  origin_LGA_x_carrier_DL
    0                        1                        0
    1                        1                        0
    2                        0                        1
    """

    def __init__(self, max_combinations: int = 50):
        self.max_combinations = max_combinations

    def _learn(self, frame: Any) -> None:
        _at_least_one("max_combinations", self.max_combinations)
        crossed = frame.map_partitions(_crossed, meta=_crossed(frame._meta)) if _is_dask(frame) else _crossed(frame)
        (counts,) = _computed([crossed.value_counts()])
        common = counts.sort_index().sort_values(ascending=False, kind="stable").index[: self.max_combinations]
        parts = [combination.split(SEPARATOR) for combination in common]
        self.combinations_ = np.array(parts, dtype=np.str_).reshape(len(parts), frame.shape[1])

    def _encoded(self, frame: pd.DataFrame) -> np.ndarray:
        known = pd.Index([SEPARATOR.join(parts) for parts in self.combinations_], dtype="str")
        return (known.get_indexer(pd.Index(_crossed(frame)))[:, None] == np.arange(len(known))).astype("uint8")

    def _names(self, columns: list[str]) -> list[str]:
        pairs = (zip(columns, parts, strict=True) for parts in self.combinations_)
        return ["_x_".join(f"{column}_{part}" for column, part in pair) for pair in pairs]


class CyclicalTime(FrameEncoder):
    """Put times that go in circles on a circle: sine and cosine, so that 23:59 lies beside 00:00.

    Missing stays missing. Both columns lie between -1 and 1. Only the two together tell a time.

    Parameters
    ----------
    period : float or sequence of float
        After how many units a column starts anew, in the column's own unit: 24 for hours, 1440 for minutes of the day,
        7 for days of the week, 12 for months. One for all columns, or one for each.

    Examples
    --------
    >>> CyclicalTime(period=24).fit_transform(pd.DataFrame({"hour": [0, 6, 24]})).round(3).abs()
       hour_sin  hour_cos
    0       0.0       1.0
    1       1.0       0.0
    2       0.0       1.0
    """

    def __init__(self, period: float | Sequence[float] = 24):
        self.period = period

    def _learn(self, frame: Any) -> None:
        wanted = f"`period` must be a positive number, or {frame.shape[1]}, one for each column, got: {self.period!r}."
        try:
            periods = np.ravel(np.asarray(self.period, dtype="float64"))
        except ValueError as error:
            raise DataError(wanted, "For hours of the day write 24.") from error
        if len(periods) not in (1, frame.shape[1]) or not (periods > 0).all():
            raise DataError(wanted)
        self.periods_ = np.broadcast_to(periods, frame.shape[1]).copy()

    def _encoded(self, frame: pd.DataFrame) -> np.ndarray:
        circles = zip(frame.columns, self.periods_, strict=True)
        angles = [2 * np.pi * _numbers(frame[column]) / period for column, period in circles]
        return np.column_stack([turn(angle) for angle in angles for turn in (np.sin, np.cos)])

    def _names(self, columns: list[str]) -> list[str]:
        return [f"{column}_{part}" for column in columns for part in ("sin", "cos")]


def _numbers(column: pd.Series) -> np.ndarray:
    keys = _keys_in(column)
    if not _is_number(keys) and keys.notna().any():
        raise DataError(f"Column {column.name!r} must hold numbers, got {keys.dropna().iloc[0]!r}.")
    return keys.to_numpy("float64", na_value=np.nan)


def _plain(categories: pd.Index) -> np.ndarray:
    return categories.to_numpy("float64" if categories.dtype.kind == "f" else np.str_)


def _crossed(frame: pd.DataFrame) -> pd.Series:
    """The categories of each row as one text; missing if one of them is."""
    texts = [_text(_keys_in(frame[column])) for column in frame.columns]
    crossed = texts[0]
    for text in texts[1:]:
        crossed = crossed + SEPARATOR + text
    return crossed


def _text(keys: pd.Series) -> pd.Series:
    return keys.astype("str").str.removesuffix(".0") if _is_number(keys) else keys


def _refuse_other_kind(column: pd.Series, keys: pd.Series, categories: np.ndarray) -> None:
    if len(categories) and keys.notna().any() and _is_number(keys) != (categories.dtype.kind == "f"):
        raise DataError(
            f"Column {column.name!r} holds {column.dtype} now, but held values such as {categories[0]!r} in fit.",
            "Give it the same type in both: else every category would count as unseen.",
        )


def _at_least_one(name: str, number: Any) -> None:
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
        raise DataError(f"`{name}` must be a whole number of at least 1, got: {number!r}.")
