"""Slices of the log and the same slices of the reference: each is compared with its own past."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .. import drift
from ..errors import DataError, require_columns
from . import asked as asking

__all__ = ["ALL", "Slice", "slices"]

ALL = "all"
LARGEST = 12
NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")


@dataclass(frozen=True)
class Slice:
    """A part of the log.

    Attributes
    ----------
    name : str
        ``all``, or a condition.
    by : str or None
        The feature that the condition is about: it is not compared within the slice.
    rows : numpy.ndarray of bool
        Which rows of the log.
    reference : pandas.DataFrame, drift.Reference or None
        What to compare with.
    """

    name: str
    by: str | None
    rows: np.ndarray
    reference: "pd.DataFrame | drift.Reference | None"


def slices(features: pd.DataFrame, reference: Any, by: str | None) -> Iterator[Slice]:
    """The whole, then each slice.

    Parameters
    ----------
    features : pandas.DataFrame
        Of the log.
    reference : pandas.DataFrame, drift.Reference or None
        Of the whole.
    by : str or None
        A feature.

    Yields
    ------
    Slice

    Raises
    ------
    ColumnError
        If there is no such feature.
    DataError
        If the reference is prepared: it cannot be cut any more.
    """
    yield Slice(ALL, None, np.ones(len(features), dtype="bool"), reference)
    if by is None:
        return
    require_columns(features.columns, [by], where="the log's features")
    if isinstance(reference, drift.Reference):
        raise DataError("A prepared reference cannot be sliced.", "Give `reference` as a frame.")
    past = None if reference is None else asking.features_of(reference)
    if past is not None:
        require_columns(past.columns, [by], where="the reference")
    edges = _edges(features[by] if past is None else past[by])
    now = _named(features[by], edges)
    before = None if past is None else _named(past[by], edges)
    kept = now.value_counts().index[:LARGEST]
    for name in sorted(kept):
        part = None if before is None else reference[(before == name).to_numpy()]
        yield Slice(name, by, (now == name).to_numpy(), part)
    if now.nunique() > LARGEST:
        part = None if before is None else reference[~before.isin(kept).to_numpy()]
        yield Slice(f"{by} = any other", None, ~now.isin(kept).to_numpy(), part)


def _edges(column: pd.Series) -> np.ndarray | None:
    """Where a number is cut; None if it is taken by value."""
    is_number = column.dtype != "bool" and pd.api.types.infer_dtype(column, skipna=True) in NUMBERS
    values = pd.to_numeric(column, errors="coerce") if is_number else column
    if not is_number or values.nunique() <= LARGEST:
        return None
    return values.quantile([0.25, 0.5, 0.75]).unique()


def _named(column: pd.Series, edges: np.ndarray | None) -> pd.Series:
    by = column.name
    if edges is None:
        names = f"{by} = " + column.astype("str")
    else:
        middle = (f"{low:g} < {by} <= {high:g}" for low, high in pairwise(edges))
        words = np.array([f"{by} <= {edges[0]:g}", *middle, f"{by} > {edges[-1]:g}"], dtype="object")
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype="float64", na_value=np.inf)
        names = pd.Series(words[edges.searchsorted(numbers)], column.index)
    return names.mask(column.isna(), f"{by} is missing").astype("str")
