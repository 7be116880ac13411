"""Pictures of Shapley values that can be read in grey and by the colour-blind: sign and hatch say what colour says."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns

if TYPE_CHECKING:
    import shap
    from matplotlib.axes import Axes

__all__ = ["bar", "beeswarm", "dependence", "waterfall"]

# Okabe and Ito's blue and vermilion; the second is hatched besides
UP, DOWN, NEUTRAL = "#0072B2", "#D55E00", "#999999"
MOST_COLUMNS = 10


def waterfall(explanation: "shap.Explanation", row: int = 0, *, unit: str = "", ax: "Axes | None" = None) -> "Axes":
    """One prediction, from the mean of the background to the answer, a step for each column.

    Parameters
    ----------
    explanation : shap.Explanation
        From :func:`shap_values`, with one output.
    row : int
        Which of its rows.
    unit : str
        Of the output, for the axis: ``"log-odds"``, ``"probability"``, ``"hectares"``.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The largest nine steps and the rest as one, the largest on top.

    Raises
    ------
    DataError
        If there is no such row, or the explanation has several outputs.
    """
    values = _one_output(explanation)
    if not -len(values) <= row < len(values):
        raise DataError(f"There is no row {row}; the explanation has {len(values)}.")
    base, data = float(np.ravel(explanation.base_values)[row]), explanation.data[row]
    names = [f"{name} = {_short(cell)}" for name, cell in zip(explanation.feature_names, data, strict=True)]
    labels, steps = _largest(names, values[row])
    starts = base + np.concatenate([[0.0], np.cumsum(steps[::-1])[:-1]])[::-1]
    ax = ax or _new_axes(len(labels))
    for place, (start, step) in enumerate(zip(starts, steps, strict=True)):
        y = len(labels) - 1 - place
        ax.barh(
            y, step, left=start, color=UP if step >= 0 else DOWN, hatch="" if step >= 0 else "///", edgecolor="white"
        )
        ax.annotate(
            f"{step:+.3g}", (max(start, start + step), y), xytext=(3, 0), textcoords="offset points", va="center"
        )
    answer = base + float(values[row].sum())
    ax.axvline(base, color=NEUTRAL, linestyle=":")
    ax.axvline(answer, color="black", linewidth=1)
    ax.set_yticks(range(len(labels)), labels[::-1])
    ax.use_sticky_edges = False
    ax.margins(x=0.15)
    ax.set(xlabel=unit or "output", title=f"From the background's mean {base:.3g} to {answer:.3g}")
    return ax


def bar(explanation: "shap.Explanation", *, unit: str = "", ax: "Axes | None" = None) -> "Axes":
    """How far each column moves predictions, on average over the rows.

    Parameters
    ----------
    explanation : shap.Explanation
        From :func:`shap_values`, with one output.
    unit : str
        Of the output.
    ax : matplotlib Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        Mean absolute value of the ten largest columns.
    """
    values = _one_output(explanation)
    order = np.argsort(-np.abs(values).mean(axis=0), kind="stable")[:MOST_COLUMNS]
    ax = ax or _new_axes(len(order))
    lengths = np.abs(values).mean(axis=0)[order]
    drawn = ax.barh(range(len(order))[::-1], lengths, color=UP)
    ax.bar_label(drawn, fmt="%.3g", padding=3)
    ax.set_yticks(range(len(order))[::-1], [explanation.feature_names[i] for i in order])
    ax.margins(x=0.15)
    ax.set(xlabel=f"mean |Shapley value|{_in(unit)}", title=f"How far each column moves {len(values):,} predictions")
    return ax


def beeswarm(explanation: "shap.Explanation", *, unit: str = "", seed: int = 0, ax: "Axes | None" = None) -> "Axes":
    """Every row's value for each column: the dot's place is the effect, its shade the column's own value.

    Parameters
    ----------
    explanation : shap.Explanation
        From :func:`shap_values`, with one output.
    unit : str
        Of the output.
    seed : int
        For the jitter.
    ax : matplotlib Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The ten largest columns. Dark is low, light is high; a column of names is grey.
    """
    values = _one_output(explanation)
    order = np.argsort(-np.abs(values).mean(axis=0), kind="stable")[:MOST_COLUMNS]
    ax = ax or _new_axes(len(order))
    rng, shades = np.random.default_rng(seed), _shades()
    for y, column in zip(range(len(order))[::-1], order, strict=True):
        height = y + rng.uniform(-0.3, 0.3, len(values))
        shade = _rank(explanation.data[:, column])
        style: dict[str, Any] = (
            {"color": NEUTRAL} if shade is None else {"c": shade, "cmap": shades.cmap, "norm": shades.norm}
        )
        ax.scatter(values[:, column], height, s=9, alpha=0.8, plotnonfinite=True, **style)
    ax.axvline(0, color=NEUTRAL, linewidth=1)
    ax.set_yticks(range(len(order))[::-1], [explanation.feature_names[i] for i in order])
    scale = ax.figure.colorbar(shades, ax=ax, ticks=[0, 1], pad=0.02)
    scale.ax.set_yticklabels(["low", "high"])
    scale.set_label("the column's value (grey: a name, or missing)")
    ax.set(xlabel=f"Shapley value{_in(unit)}", title=f"What each column does to {len(values):,} predictions")
    return ax


def dependence(explanation: "shap.Explanation", column: str, *, unit: str = "", ax: "Axes | None" = None) -> "Axes":
    """A column's effect against its value.

    Parameters
    ----------
    explanation : shap.Explanation
        From :func:`shap_values`, with one output.
    column : str
        Which column.
    unit : str
        Of the output.
    ax : matplotlib Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        A dot a row for numbers; for names, the mean effect of the fifteen most frequent, and half of the rows.

    Raises
    ------
    ColumnError
        If the explanation has no such column.
    """
    require_columns(explanation.feature_names, [column], where="the explanation")
    place = list(explanation.feature_names).index(column)
    effect, cells = _one_output(explanation)[:, place], pd.Series(explanation.data[:, place])
    numbers = pd.to_numeric(cells, errors="coerce")
    ax = ax or _new_axes(8)
    if numbers.notna().any():
        ax.scatter(numbers, effect, s=9, alpha=0.6, color=UP)
    else:
        _by_name(ax, cells.astype(str), effect)
    ax.axhline(0, color=NEUTRAL, linewidth=1)
    ax.set(xlabel=column, ylabel=f"Shapley value{_in(unit)}", title=f"What {column} does to the prediction")
    return ax


def _by_name(ax: "Axes", names: pd.Series, effect: np.ndarray) -> None:
    frequent = names.value_counts().index[:15]
    effects = [effect[(names == name).to_numpy()] for name in frequent]
    order = np.argsort([each.mean() for each in effects])
    middle = [effects[i].mean() for i in order]
    low = [mean - np.quantile(effects[i], 0.25) for mean, i in zip(middle, order, strict=True)]
    high = [np.quantile(effects[i], 0.75) - mean for mean, i in zip(middle, order, strict=True)]
    ax.errorbar(range(len(order)), middle, yerr=np.abs([low, high]), fmt="o", color=UP, capsize=3)
    ax.set_xticks(range(len(order)), [str(frequent[i]) for i in order], rotation=45, ha="right")


def _one_output(explanation: "shap.Explanation") -> np.ndarray:
    values = np.asarray(explanation.values)
    if values.ndim != 2:
        raise DataError(
            f"The explanation has {values.shape[-1]} outputs: {explanation.output_names}.",
            "Choose one: explanation[:, :, 0].",
        )
    return values


def _largest(names: list[str], values: np.ndarray) -> tuple[list[str], np.ndarray]:
    order = np.argsort(-np.abs(values), kind="stable")
    if len(order) <= MOST_COLUMNS:
        return [names[i] for i in order], values[order]
    first, rest = order[: MOST_COLUMNS - 1], order[MOST_COLUMNS - 1 :]
    labels = [*(names[i] for i in first), f"{len(rest)} other columns"]
    return labels, np.append(values[first], values[rest].sum())


def _rank(cells: np.ndarray) -> np.ndarray | None:
    """Rank from 0 to 1, so that a far tail does not paint all others in one shade; None for names."""
    numbers = pd.to_numeric(pd.Series(cells), errors="coerce")
    return numbers.rank(pct=True).to_numpy() if numbers.notna().any() else None


def _shades() -> Any:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    return ScalarMappable(Normalize(0, 1), colormaps["cividis"].with_extremes(bad=NEUTRAL))


def _new_axes(rows: int) -> "Axes":
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(8, 1.2 + 0.38 * rows), layout="constrained")
    return ax


def _short(cell: Any) -> str:
    return f"{cell:.4g}" if isinstance(cell, float | np.floating) else str(cell)


def _in(unit: str) -> str:
    return f" ({unit})" if unit else ""
