"""Lines over time as SVG, drawn so that the page can show any stretch of time without drawing them anew.

A line is told from the other by colour, dashes and the shape of its marks: it can be read in grey. The x axis is the
window's number, stretched to whatever width there is; strokes and marks keep their size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from .rules import Rule

__all__ = ["CHARTS", "Chart", "drawn", "shown"]

# Okabe and Ito: blue and vermilion; for grey, the second is dashed with square marks
LOOKS = (("one", "round"), ("two", "square"))


@dataclass(frozen=True)
class Chart:
    """What a chart shows: its title, unit, and one or two columns of the measures with their names."""

    title: str
    unit: str
    lines: Mapping[str, str]


CHARTS = (
    Chart("Traffic", "rows a window", {"rows": "asked", "rejected": "turned away"}),
    Chart("Failures", "share of rows", {"error_share": "failed in the model", "rejected_share": "turned away"}),
    Chart("Latency", "milliseconds", {"p50_ms": "half of the requests (p50)", "p99_ms": "99 of 100 requests (p99)"}),
    Chart("Predicted and observed", "mean", {"mean_prediction": "predicted", "observed": "observed"}),
    Chart("Calibration gap", "predicted less observed", {"calibration_gap": "gap"}),
    Chart("Drift", "effect, 0 to 1", {"worst_effect": "worst feature", "prediction_effect": "predictions"}),
    Chart("Features that drifted", "count", {"drifted": "features"}),
    Chart("Missing values", "share, worst feature", {"missing": "missing"}),
    Chart("Loss", "log loss and Brier score", {"log_loss": "log loss", "brier": "Brier score"}),
    Chart("Ranking", "area under the ROC curve", {"roc_auc": "ROC AUC"}),
)


def shown(measures: pd.DataFrame) -> list[Chart]:
    """The charts for which there is anything to show.

    Parameters
    ----------
    measures : pandas.DataFrame
        From :func:`measure`.

    Returns
    -------
    list of Chart
    """
    return [chart for chart in CHARTS if any(measures[name].notna().any() for name in chart.lines)]


def drawn(
    chart: Chart, windows: pd.DataFrame, rules: Sequence[Rule], spans: Sequence[tuple[int, int]], labels: Sequence[str]
) -> str:
    """One chart of one slice.

    Parameters
    ----------
    chart : Chart
        What to draw.
    windows : pandas.DataFrame
        The measures of one slice, in order.
    rules : list of Rule
        Those that hold here: the limits of the chart's columns become dotted lines.
    spans : list of (int, int)
        First and last window of each alert about one of the columns.
    labels : list of str
        What each window is called.

    Returns
    -------
    str
        A ``figure`` in HTML.
    """
    values = {name: windows[name].astype("float64").to_numpy() for name in chart.lines}
    limits = [
        limit for rule in rules if rule.metric in values for limit in (rule.above, rule.below) if limit is not None
    ]
    low, high = _range([*values.values(), np.array(limits, dtype="float64")])
    inner = [_span(first, last) for first, last in spans]
    inner += [_limit(_y(limit, low, high), len(windows), f"limit {limit:g}") for limit in dict.fromkeys(limits)]
    for (name, numbers), (look, _) in zip(values.items(), LOOKS, strict=False):
        inner.append(_line(numbers, low, high, look, chart.lines[name], labels))
    told = _told(chart, values, limits, len(spans), labels)
    return (
        f'<figure><figcaption><b>{escape(chart.title)}</b> <span class="unit">{escape(chart.unit)}</span>'
        f"{_legend(chart, bool(limits), bool(spans))}</figcaption>"
        f'<div class="plot"><span class="top">{high:.4g}</span><span class="bottom">{low:.4g}</span>'
        f'<svg class="time" role="img" aria-label="{escape(told)}" viewBox="-0.5 -4 {max(len(windows), 1)} 108" '
        f'preserveAspectRatio="none">{"".join(inner)}</svg></div>'
        f'<div class="ends" aria-hidden="true"><span>{escape(labels[0])}</span><span>{escape(labels[-1])}</span></div>'
        "</figure>"
    )


def _range(parts: Sequence[np.ndarray]) -> tuple[float, float]:
    """From zero, unless something is below, to the highest of all."""
    every = np.concatenate(parts)
    every = every[np.isfinite(every)]
    low, high = min(0.0, float(every.min())) if len(every) else 0.0, float(every.max()) if len(every) else 1.0
    return low, high if high > low else low + 1


def _y(value: float, low: float, high: float) -> float:
    return 100 * (1 - (value - low) / (high - low))


def _line(values: np.ndarray, low: float, high: float, look: str, name: str, labels: Sequence[str]) -> str:
    """A path with a gap where nothing was measured, and a mark for each window."""
    steps, marks, is_open = [], [], False
    for place, value in enumerate(values):
        if not np.isfinite(value):
            is_open = False
            continue
        y = _y(value, low, high)
        steps.append(f"{'L' if is_open else 'M'}{place} {y:.2f}")
        marks.append(
            f'<path d="M{place} {y:.2f}h0"><title>{escape(f"{labels[place]}: {name} {value:.4g}")}</title></path>'
        )
        is_open = True
    return f'<path class="{look}" d="{" ".join(steps)}"/><g class="{look} marks">{"".join(marks)}</g>'


def _limit(y: float, count: int, name: str) -> str:
    return f'<path class="limit" d="M-0.5 {y:.2f}H{count - 0.5}"><title>{escape(name)}</title></path>'


def _span(first: int, last: int) -> str:
    width = last - first + 1
    shade = f'<rect class="alert" x="{first - 0.5}" y="-4" width="{width}" height="108"/>'
    return f'{shade}<path class="edge" d="M{first - 0.5} -4v108"/>'


def _legend(chart: Chart, has_limits: bool, has_spans: bool) -> str:
    entries = [(look, name) for (look, _), name in zip(LOOKS, chart.lines.values(), strict=False)]
    entries += [("limit", "limit")] if has_limits else []
    drawings = [f"{_sample(look)} {escape(name)}" for look, name in entries]
    drawings += ['<i class="swatch"></i> alert'] if has_spans else []
    return "".join(f'<span class="key">{drawing}</span>' for drawing in drawings)


def _sample(look: str) -> str:
    mark = f'<g class="{look} marks"><path d="M16 5h0"/></g>' if look != "limit" else ""
    return f'<svg class="sample" viewBox="0 0 32 10" aria-hidden="true"><path class="{look}" d="M1 5H31"/>{mark}</svg>'


def _told(
    chart: Chart, values: Mapping[str, np.ndarray], limits: Sequence[float], alerts: int, labels: Sequence[str]
) -> str:
    """The chart in words, for who cannot see it."""
    said = [f"{chart.title}, {chart.unit}, {len(labels)} windows from {labels[0]} to {labels[-1]}."]
    for name, numbers in values.items():
        known = np.flatnonzero(np.isfinite(numbers))
        if not len(known):
            continue
        least, most, last = (numbers[known].argmin(), numbers[known].argmax(), len(known) - 1)
        words = (
            f"{word} {numbers[known[at]]:.3g} on {labels[known[at]]}"
            for word, at in (("lowest", least), ("highest", most), ("last", last))
        )
        said.append(f"{chart.lines[name].capitalize()}: {', '.join(words)}.")
    said += [f"Limits: {', '.join(f'{limit:g}' for limit in dict.fromkeys(limits))}."] if limits else []
    said += [f"{alerts} alert{'s' * (alerts != 1)}."] if alerts else []
    return " ".join(said)
