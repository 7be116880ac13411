"""The dashboard as one HTML page that needs nothing else: open alerts, charts, and every number in a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from . import charts
from .measures import COLUMNS
from .rules import Rule
from .slicing import ALL
from .style import FILTER, REFRESH, STYLE

__all__ = ["Snapshot", "body", "drawn"]

SIGNS = {"critical": "■", "warning": "▲", "info": "●"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'"
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title><style>{style}</style></head>
<body>
<a class="skip" href="#windows">To the table of numbers</a>
<header><h1>{title}</h1><p id="state" role="status">{state}</p></header>
<form id="filters" hidden aria-label="What to show">
<label>Slice <select id="slice"></select></label>
<label>From <select id="from"></select></label>
<label>To <select id="to"></select></label>
</form>
<main id="main">
{body}
</main>
<script>{script}</script>
</body></html>
"""


@dataclass(frozen=True)
class Snapshot:
    """What a page shows.

    Attributes
    ----------
    title : str
        The model's name.
    measures, alerts : pandas.DataFrame
        From :func:`measure` and :func:`alerts`.
    rules : list of Rule
        For the limits.
    note : str
        What else the reader must know: what is missing, and when it was measured.
    """

    title: str
    measures: pd.DataFrame
    alerts: pd.DataFrame
    rules: Sequence[Rule]
    note: str = ""


def drawn(snapshot: Snapshot, *, refresh: float | None = None) -> str:
    """The whole page.

    Parameters
    ----------
    snapshot : Snapshot
        What to show.
    refresh : float, optional
        Ask for ``body`` every so many seconds; without it the page never changes.

    Returns
    -------
    str
        HTML. Whatever came from outside is escaped.
    """
    return PAGE.format(
        title=escape(f"{snapshot.title}: monitor"),
        style=STYLE,
        state=escape(snapshot.note),
        body=body(snapshot),
        policy=POLICY + ("; connect-src 'self'" if refresh else ""),
        script=FILTER + (REFRESH.replace("SECONDS", f"{refresh:g}") if refresh else ""),
    )


def body(snapshot: Snapshot) -> str:
    """What changes when there is news.

    Parameters
    ----------
    snapshot : Snapshot
        What to show.

    Returns
    -------
    str
        The inside of ``main``.
    """
    measures = snapshot.measures
    if measures.empty:
        return '<p class="calm">Nothing was asked yet: there is no window to show.</p>'
    starts = measures["start"].drop_duplicates().sort_values(ignore_index=True)
    labels = _labels(starts)
    place = {start: number for number, start in enumerate(starts)}
    parts = [_alerts(snapshot.alerts, place, labels), _latest(measures[measures["slice"] == ALL])]
    parts += [_slice(str(name), snapshot, place, labels) for name in measures["slice"].unique()]
    return "\n".join([*parts, _table(measures, place, labels)])


def _labels(starts: pd.Series) -> list[str]:
    """Days where all windows begin at midnight, else also the time."""
    is_daily = (starts == starts.dt.normalize()).all()
    return [f"{start:%Y-%m-%d}" if is_daily else f"{start:%Y-%m-%d %H:%M}" for start in starts]


def _alerts(alerts: pd.DataFrame, place: dict[Any, int], labels: list[str]) -> str:
    is_open = alerts["closed"].isna()
    many = int(is_open.sum())
    if alerts.empty:
        return (
            '<section aria-labelledby="a"><h2 id="a">Alerts</h2><p class="calm">No alert, now or before.</p></section>'
        )
    order = alerts.assign(is_closed=~is_open).sort_values(
        ["is_closed", "opened"], ascending=[True, False], kind="stable"
    )
    rows = "".join(_alert(alert, place, labels) for _, alert in order.iterrows())
    heading = f"{many} open alert{'s' * (many != 1)}" if many else "No alert is open"
    return (
        f'<section aria-labelledby="a"><h2 id="a">{heading}</h2><div class="scroll" tabindex="0" role="region" '
        f'aria-label="Alerts"><table id="alerts"><thead><tr><th scope="col">state</th><th scope="col">rule</th>'
        f'<th scope="col">opened</th><th scope="col">closed</th><th scope="col">what it says</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _alert(alert: pd.Series, place: dict[Any, int], labels: list[str]) -> str:
    first = place[alert["opened"]]
    is_open = pd.isna(alert["closed"])
    last = len(labels) - 1 if is_open else place[alert["closed"]]
    state = f"{SIGNS[alert['severity']]} {alert['severity']}, {'open' if is_open else 'closed'}"
    where = "" if alert["slice"] == ALL else f"<br><small>{escape(alert['slice'])}</small>"
    return (
        f'<tr class="{alert["severity"]}{"" if is_open else " over"}" data-slice="{escape(alert["slice"])}" '
        f'data-first="{first}" data-last="{last}"><td>{state}</td><th scope="row">{escape(alert["rule"])}{where}</th>'
        f'<td class="when">{escape(labels[first])}</td><td class="when">{"" if is_open else escape(labels[last])}</td>'
        f"<td>{escape(alert['message'])}</td></tr>"
    )


def _latest(windows: pd.DataFrame) -> str:
    """The figures of the newest window in which anything was asked."""
    asked = windows[windows["rows"] > 0]
    if asked.empty:
        return ""
    newest = asked.iloc[-1]
    names = ["rows", "error_share", "p99_ms", "mean_prediction", "drifted", "worst_effect", "labelled", "observed"]
    boxes = [
        f"<div><dt>{name.replace('_', ' ')}</dt><dd>{_number(newest[name])}</dd></div>"
        for name in names
        if pd.notna(newest[name])
    ]
    when = _labels(pd.Series([newest["start"]]))[0] + ("" if newest["complete"] else ", not over yet")
    heading = f'<h2 id="n">Newest window, everything: {escape(when)}</h2>'
    return f'<section aria-labelledby="n">{heading}<dl>{"".join(boxes)}</dl></section>'


def _slice(name: str, snapshot: Snapshot, place: dict[Any, int], labels: list[str]) -> str:
    windows = snapshot.measures[snapshot.measures["slice"] == name].sort_values("start")
    rules = [rule for rule in snapshot.rules if rule.holds_for(name)]
    figures = []
    for chart in charts.shown(windows):
        mine = snapshot.alerts[(snapshot.alerts["slice"] == name) & snapshot.alerts["metric"].isin(list(chart.lines))]
        ends = mine["closed"].map(place).fillna(len(labels) - 1)
        spans = [(place[opened], int(end)) for opened, end in zip(mine["opened"], ends, strict=True)]
        figures.append(charts.drawn(chart, windows, rules, spans, labels))
    hidden = "" if name == ALL else " hidden"
    title = "Everything" if name == ALL else name
    return (
        f'<section class="slice" data-slice="{escape(name)}" data-labels="{escape("|".join(labels))}"{hidden} '
        f'aria-label="Charts of {escape(title)}"><h2>{escape(title)}</h2>'
        f'<div class="charts">{"".join(figures)}</div></section>'
    )


def _table(measures: pd.DataFrame, place: dict[Any, int], labels: list[str]) -> str:
    columns = [name for name in COLUMNS if name not in ("start", "slice", "complete") and measures[name].notna().any()]
    heads = "".join(f'<th scope="col">{name.replace("_", " ")}</th>' for name in ["window", *columns])
    rows = []
    for window in measures.to_dict("records"):
        at = place[window["start"]]
        cells = "".join(f"<td>{_number(window[name])}</td>" for name in columns)
        hidden = "" if window["slice"] == ALL else " hidden"
        rows.append(
            f'<tr data-slice="{escape(window["slice"])}" data-first="{at}" data-last="{at}"{hidden}>'
            f'<th scope="row">{escape(labels[at])}{"" if window["complete"] else " (not over yet)"}</th>{cells}</tr>'
        )
    return (
        '<section aria-labelledby="windows"><h2 id="windows" tabindex="-1">Every window in numbers</h2>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="Windows"><table id="numbers">'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def _number(value: Any) -> str:
    if isinstance(value, str):
        return escape(value)
    if pd.isna(value):
        return "–"
    return f"{int(value):,}" if float(value).is_integer() and abs(value) >= 1 else f"{float(value):.3g}"
