"""The story of a factory run as one page: what was seen, what was decided and why, each step and each candidate."""

import html
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from .spec import Spec

__all__ = ["write"]

Story = Sequence[Mapping[str, Any]]
SEEN, SAID, ALERT = "#0072B2", "#D55E00", "#CC79A7"
MARKS = {
    "data": "●",
    "watch": "◉",
    "search": "◆",
    "baseline": "◇",
    "trial": "▲",
    "register": "■",
    "serve": "◎",
    "promote": "★",
}
STYLE = """
:root { color-scheme: light; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a;
  background: #fff; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid #999; padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
svg { max-width: 100%; height: auto; }
details { border: 1px solid #999; border-radius: .4rem; padding: .5rem 1rem; margin: .6rem 0; }
summary { cursor: pointer; font-weight: 600; }
.graph { display: flex; flex-wrap: wrap; gap: .3rem; align-items: center; margin: .6rem 0; }
.graph span { border: 1px solid #333; border-radius: .3rem; padding: 0 .5rem; }
.graph .found { border-style: dashed; color: #444; }
.no { font-weight: 700; }
"""


def write(story: Story, spec: Spec, path: str | Path) -> Path:
    """Write the page.

    Parameters
    ----------
    story : list of dict
        From :func:`factory.run`.
    spec : Spec
        What was asked for.
    path : path
        Where to; it is replaced in one go.

    Returns
    -------
    Path
        The page: one file that loads nothing from elsewhere.
    """
    title = f"The story of {spec.name}, {spec.data.first} to {spec.data.last}"
    parts = [f"<h1>{html.escape(title)}</h1>", f"<p>{html.escape(_in_a_sentence(story))}</p>"]
    for line, months in groupby(story, key=lambda told: told["line"]):
        parts += _of_line(line, list(months))
    page = "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>",
            f"<body><main>{''.join(parts)}</main></body></html>",
            "",
        ]
    )
    target = Path(path)
    part = target.with_name(f".{target.name}.part")
    part.write_text(page, encoding="utf-8")
    part.replace(target)
    return target


def _in_a_sentence(story: Story) -> str:
    outcomes = [told["outcome"] for told in story if "outcome" in told]
    released = sum(each["released"] for each in outcomes)
    alerts = sum(len(told.get("alerts", [])) for told in story)
    rejected = sum(told["data"]["rejected"] for told in story)
    return (
        f"{len(story)} months were lived through. {alerts} alerts were raised. A new candidate was made "
        f"{len(outcomes)} times: {released} became champion, {len(outcomes) - released} were refused. "
        f"{rejected} rows of data were kept aside as bad."
    )


def _of_line(line: str, months: Story) -> list[str]:
    parts = [f"<h2>{html.escape(line)}</h2>", _chart(line, months), "<h3>Month by month</h3>", _overview(months)]
    parts.append("<h3>Each month's steps</h3>")
    parts.append(
        "<p>A solid border: done in the last run. Dashed: found, because nothing that goes into it changed.</p>"
    )
    return [*parts, *(_month(told) for told in months)]


def _chart(line: str, months: Story) -> str:
    """Rate and mean probability by month, with a mark for each release, as SVG in the page."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    ax = figure.subplots()
    watched = [(place, told["answers"]) for place, told in enumerate(months) if told.get("answers")]
    if watched:
        places = [place for place, _ in watched]
        ax.plot(places, [each["rate"] for _, each in watched], "o-", color=SEEN, label="happened")
        ax.plot(places, [each["mean_probability"] for _, each in watched], "s--", color=SAID, label="champion's mean")
    for place, told in enumerate(months):
        if told.get("outcome", {}).get("released"):
            ax.axvline(place + 0.5, color="black", linewidth=1)
            ax.annotate(
                f"v{told['outcome']['version']}", (place + 0.5, 0.97), xycoords=("data", "axes fraction"), va="top",
                xytext=(3, 0), textcoords="offset points",
            )  # fmt: skip
        if told.get("alerts"):
            ax.plot(place, 0.02, marker="^", color=ALERT, transform=ax.get_xaxis_transform(), clip_on=False)
    ax.set_xticks(range(len(months)), [told["period"] for told in months], rotation=45, ha="right")
    ax.set(ylabel="share", title=f"{line}: what happened and what the champion said (triangle: alert; line: release)")
    ax.set_ylim(bottom=0)
    if watched:
        ax.legend(frameon=False, loc="lower right")
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    picture = text.getvalue()
    alt = f"Line chart of {line}: the share that happened and the mean probability by month; the table below has both."
    return f'<figure role="img" aria-label="{html.escape(alt)}">{picture[picture.index("<svg") :]}</figure>'


def _overview(months: Story) -> str:
    header = [
        "month",
        "rows",
        "bad",
        "happened",
        "champion's mean",
        "log loss",
        "alerts",
        "new candidate because",
        "end",
    ]
    rows = []
    for told in months:
        answers = told.get("answers") or {}
        rows.append(
            [
                told["period"],
                f"{told['data']['rows']:,}",
                f"{told['data']['rejected']:,}",
                *(_share(answers.get(name)) for name in ("rate", "mean_probability")),
                "" if not answers else f"{answers['log_loss']:.4f}",
                "; ".join(each["rule"] for each in told.get("alerts", [])),
                "; ".join(told["reasons"]),
                _ending(told),
            ]
        )
    return _table(header, rows)


def _ending(told: Mapping[str, Any]) -> str:
    outcome, champion = told.get("outcome"), told["champion"]
    now = "no champion yet" if champion is None else f"version {champion['version']} ({champion['candidate']})"
    if outcome is None:
        return f"{now} stays" if champion else now
    return f"{now} is the new champion" if outcome["released"] else f"{outcome['chosen']} refused; {now}"


def _month(told: Mapping[str, Any]) -> str:
    body = [_graph(told["steps"])]
    if told["data"]["first_reason"]:
        said = f"{told['data']['rejected']:,} rows were bad. The first: {told['data']['first_reason']}."
        body.append(f"<p>{html.escape(said)}</p>")
    body += [f"<p>{html.escape(each['message'])}</p>" for each in told.get("alerts", [])]
    if "outcome" in told:
        body += _outcome(told["outcome"])
    return f"<details><summary>{told['period']}: {html.escape(_ending(told))}</summary>{''.join(body)}</details>"


def _graph(steps: Iterable[Mapping[str, Any]]) -> str:
    """The steps in their order; those that stand side by side between two arrows need each other's result not."""
    parts = []
    for kind, group in groupby(steps, key=lambda step: str(step["step"]).partition(" ")[0]):
        boxes = [
            f'<span class="{"found" if step["found"] else "made"}" title="{html.escape(step["step"])}, {step["key"]}">'
            f"{MARKS.get(kind, '●')} {html.escape(_short(step['step']))} {step['seconds']:.1f} s</span>"
            for step in group
        ]
        parts.append("".join(boxes))
    return f'<div class="graph">{" → ".join(parts)}</div>'


def _short(step: str) -> str:
    kind, *_, last = step.split(" ")
    return f"{kind} {last}" if kind == "search" else kind


def _outcome(outcome: Mapping[str, Any]) -> list[str]:
    candidates = [
        [
            each["candidate"] + (" (chosen)" if each["candidate"] == outcome["chosen"] else ""),
            f"{each['score']:.4f}",
            ", ".join(f"{name}={value}" for name, value in each["best_params"].items()),
            f"{each['rows']:,}",
            f"{each['seconds']:.1f}",
        ]
        for each in outcome["candidates"]
    ]
    gates = [
        [each["name"], "passed" if each["passed"] else "NOT passed", each["seen"], each["allowed"]]
        for each in outcome["gates"]
    ]
    return [
        "<h4>Candidates</h4>",
        _table(["candidate", "score in the search", "best parameters", "rows learned from", "seconds"], candidates),
        f"<h4>Gates, against {html.escape(outcome['rival'])}</h4>",
        _table(["gate", "result", "seen", "allowed"], gates),
    ]


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in header)
    body = "".join(f"<tr>{''.join(f'<td{_class(cell)}>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _class(cell: str) -> str:
    return ' class="no"' if cell == "NOT passed" else ""
