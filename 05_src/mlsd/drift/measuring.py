"""PSI, Jensen–Shannon and Wasserstein of each column, as one table."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError
from . import notes
from .categories import Counts
from .comparison import alike, pairs
from .distances import PSI_LARGE, PSI_SOME, jensen_shannon, psi, psi_by_chance, shares, wasserstein
from .summary import Column, Reference

if TYPE_CHECKING:
    from dask.dataframe import DataFrame as DaskFrame

__all__ = ["measures"]

COLUMNS = ["feature", "kind", "psi", "psi_by_chance", "psi_says", "jensen_shannon", "wasserstein", "note"]


def measures(
    *,
    reference: "pd.DataFrame | DaskFrame | Reference",
    current: "pd.DataFrame | DaskFrame",
    columns: Sequence[str] | None = None,
    kinds: Mapping[str, str] | None = None,
    bins: int = 10,
) -> pd.DataFrame:
    """Measure how far each column moved, without a test.

    Parameters
    ----------
    reference, current, columns, kinds
        As in :func:`compare`.
    bins : int
        As in :func:`psi`.

    Returns
    -------
    pandas.DataFrame
        One row a column, the largest PSI first: ``feature, kind, psi``; ``psi_by_chance`` (what it stays below in 95 of
        100 comparisons without any change); ``psi_says``: "no more than chance", "small" (below 0.1), "some" (below
        0.25) or "large"; ``jensen_shannon``; ``wasserstein`` (in standard deviations of the reference, numbers only);
        and ``note``, which says why a number is missing.

    Raises
    ------
    DataError, ColumnError
        As :func:`compare`.

    Examples
    --------
    >>> january, june = pd.DataFrame({"temp": range(100)}), pd.DataFrame({"temp": range(100, 200)})
    >>> measures(reference=january, current=june)[["psi_says", "jensen_shannon", "wasserstein"]].round(2)
      psi_says  jensen_shannon  wasserstein
    0    large            0.87         3.46
    """
    rows = [
        {"feature": name} | _measured(before, now, bins, times=columns is not None)
        for name, before, now in pairs(reference, current, columns, kinds)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values("psi", ascending=False, kind="stable", na_position="last", ignore_index=True)


def _measured(before: Column | None, now: Column | None, bins: int, *, times: bool) -> dict[str, Any]:
    if before is None or now is None:
        return {"kind": (before or now).kind, "note": notes.one_sided(gone=now is None)}  # type: ignore[union-attr]
    one, other, kind = alike(before, now)
    if "empty" in (before.kind, now.kind):
        return {"kind": kind, "note": notes.empty(before, now)}
    if kind == "changed":
        return {"kind": before.kind, "note": notes.retyped(before, now)}
    if kind == "time" and not times:
        return {"kind": kind, "note": "a time moves on by itself: name it in `columns` to measure it"}
    found, chance = (
        psi(one, other, bins=bins),
        psi_by_chance(before.known, now.known, len(shares(one, other, bins=bins))),
    )
    moved, note = _wasserstein(one, other)
    row = {"kind": kind, "psi": found, "psi_by_chance": chance, "psi_says": _says(found, chance), "wasserstein": moved}
    return row | {"jensen_shannon": jensen_shannon(one, other, bins=bins), "note": note}


def _wasserstein(one: Any, other: Any) -> tuple[float, str]:
    """The distance, or why there is none."""
    if isinstance(one, Counts):
        return np.nan, "categories have no distance to be moved"
    try:
        return wasserstein(one, other), ""
    except DataError as error:
        return np.nan, f"no Wasserstein distance: {error.problem}"


def _says(found: float, chance: float) -> str:
    if found <= chance:
        return "no more than chance"
    return "small" if found < PSI_SOME else "some" if found < PSI_LARGE else "large"
