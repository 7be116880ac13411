"""Pictures of drift that can be read in grey: filled against outlined, hatched where a column drifted."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .categories import Counts, side_by_side
from .comparison import Drift, alike, pairs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot", "plot_column"]

# Okabe and Ito's blue and vermilion
REFERENCE, CURRENT, NEUTRAL = "#0072B2", "#D55E00", "#999999"
MOST = 25
LEVELS = 12


def plot(result: Drift, *, ax: "Axes | None" = None) -> "Axes":
    """Draw how far each column moved, and the limit from which it counts.

    Parameters
    ----------
    result : Drift
        From :func:`compare`.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        A bar for each of the first 25 columns that were tested; those that drifted are vermilion and hatched.

    Raises
    ------
    DataError
        If no column was tested.
    """
    tested = result.table[result.table["effect"].notna()].head(MOST).iloc[::-1]
    if tested.empty:
        raise DataError("No column was tested: there is nothing to draw.", "Look at the notes in the table.")
    ax = ax or _new_axes(1.4 + 0.3 * len(tested))
    for place, (effect, drifted) in enumerate(zip(tested["effect"].tolist(), tested["drifted"], strict=True)):
        color, hatch = (CURRENT, "///") if drifted else (NEUTRAL, "")
        ax.barh(place, effect, color=color, hatch=hatch, edgecolor="white")
    ax.axvline(result.min_effect, color="black", linestyle="--", label=f"counts from {result.min_effect:g}")
    ax.set_yticks(range(len(tested)), tested["feature"].map(str).tolist())
    ax.set_xlim(0, max(1.05 * float(tested["effect"].max()), 1.5 * result.min_effect, 0.05))
    ax.set(xlabel="effect (0: none, 1: nothing in common)", title=repr(result).split(":")[0])
    ax.legend(loc="lower right")
    return ax


def plot_column(
    *, reference: pd.DataFrame, current: pd.DataFrame, column: str, bins: int = 30, ax: "Axes | None" = None
) -> "Axes":
    """Draw how one column was spread before and is now.

    Parameters
    ----------
    reference, current : pandas.DataFrame or dask.dataframe.DataFrame
        One row an observation.
    column : str
        Which column.
    bins : int
        For numbers: so many bars between the lowest and the highest.
    ax : matplotlib Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        Shares of the rows: the reference filled, the current frame as a dashed outline; of categories the twelve most
        frequent, side by side, and the rest together.

    Raises
    ------
    DataError
        If a side has no value of the column, or its type changed.
    ColumnError
        If no frame has it.
    """
    from matplotlib.ticker import PercentFormatter

    ((_, before, now),) = pairs(reference, current, [column], None)
    if before is None or now is None or "empty" in (before.kind, now.kind):
        raise DataError(f"One frame has no value of {column!r}.", "Look at the note that drift.compare gives.")
    one, other, kind = alike(before, now)
    if kind == "changed":
        raise DataError(f"{column!r} was {before.kind} and is {now.kind}.", "Make the types equal first.")
    if isinstance(one, Counts):
        ax = _draw_levels(ax or _new_axes(4), one, other)
    else:
        ax = _draw_numbers(ax or _new_axes(4), one.values, other.values, bins, is_time=kind == "time")
    ax.set(xlabel=column, title=f"{column}: {before.known:,} values before, {now.known:,} now")
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_ylabel("share of rows")
    ax.legend()
    return ax


def _draw_numbers(ax: "Axes", one: np.ndarray, other: np.ndarray, bins: int, *, is_time: bool) -> "Axes":
    finite = [values[np.isfinite(values)] for values in (one, other)]
    if not all(map(len, finite)):
        raise DataError("All values of one frame are infinite: there is nothing to draw.")
    if is_time:
        finite = [values / 86_400 for values in finite]  # matplotlib's dates are days since 1970
        ax.xaxis_date()
    edges = np.histogram_bin_edges(np.concatenate(finite), bins=bins)
    heights = [np.histogram(values, edges)[0] / len(values) for values in finite]
    ax.stairs(heights[0], edges, fill=True, color=REFERENCE, alpha=0.45, label="reference")
    ax.stairs(heights[1], edges, color=CURRENT, linewidth=2, linestyle="--", label="current")
    return ax


def _draw_levels(ax: "Axes", one: Counts, other: Counts) -> "Axes":
    table = side_by_side(one, other)
    table = (table / table.sum()).sort_values("reference", ascending=False, kind="stable")
    names = [str(level) for level in table.index]
    shares: Any = table.to_numpy()
    if len(names) > LEVELS + 1:
        names = [*names[:LEVELS], f"{len(names) - LEVELS} others"]
        shares = np.vstack([shares[:LEVELS], shares[LEVELS:].sum(axis=0)])
    places = np.arange(len(names))
    ax.bar(places - 0.2, shares[:, 0], 0.4, color=REFERENCE, label="reference")
    ax.bar(places + 0.2, shares[:, 1], 0.4, color=CURRENT, hatch="///", edgecolor="white", label="current")
    ax.set_xticks(places, names, rotation=45 if len(names) > 6 else 0)
    return ax


def _new_axes(height: float) -> "Axes":
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(8, height), layout="constrained")
    return ax
