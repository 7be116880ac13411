"""A model card: on one page what a model is, what it was fitted on, how good it is and for whom, and what is not known.

The card is written from plain facts, such as a tracked run keeps. What they do not say stands in the card as "not
recorded": a blank that shows is worth more than one that does not.

References
----------
M. Mitchell and others (2019), "Model Cards for Model Reporting", ACM FAT*.
"""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .behaviour import Behaviour

__all__ = ["model_card"]

BLANK = "not recorded"
# Where each fact stands in the card, and what it is called there. Dots go into a dict of the facts.
SECTIONS: dict[str, dict[str, str]] = {
    "Model": {
        "Name": "name",
        "Version": "version",
        "Aliases": "aliases",
        "Steps": "model",
        "Run": "run_id",
        "Experiment": "experiment",
        "Fitted by": "user",
        "Fitted at": "started",
    },
    "Data": {
        "Loaded by": "load",
        "With": "load_params",
        "Target": "target",
        "Rows": "rows",
        "Digest": "data",
        "Sample of": "sample_rows",
        "Split": "split",
        "Rows to fit": "train_rows",
        "Rows to test": "test_rows",
    },
    "To repeat it": {
        "Seed": "seed",
        "Commit": "code.commit",
        "Files changed since the commit": "code.dirty",
        "Digest of the code": "code.digest",
        "Digest of the lock": "environment.lock",
        "Python": "environment.python",
        "System": "environment.system",
        "Packages installed": "environment.packages",
    },
}
TABLES = ("metrics", "params", "scoring")  # in sections of their own, or said by them
DICTS = ("code", "environment", "metrics", "params")
STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a;
  background: #fff; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid #999; padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
"""


@dataclass(frozen=True)
class _Table:
    header: list[str]
    rows: list[list[str]]


Section = tuple[str, list[str | _Table]]


def model_card(
    facts: Mapping[str, Any],
    *,
    intended_use: str = "",
    limits: str = "",
    slices: pd.DataFrame | None = None,
    behaviour: Iterable[Behaviour] = (),
    as_html: bool = False,
) -> str:
    r"""Write a model card.

    Parameters
    ----------
    facts : dict
        What is known; every key may be absent. ``name, version, aliases`` of the registered model; ``model`` (its
        steps); ``run_id, experiment, user, started``; ``load, load_params, target, rows, data`` (a digest),
        ``sample_rows, split, train_rows, test_rows``; ``scoring`` (names); ``metrics`` (name to value, or to
        ``{"value": ..., "low": ..., "high": ...}``); ``params``; ``seed``; ``code`` (``commit, dirty, digest``) and
        ``environment`` (``lock, python, system, packages``). Other keys are listed at the end.
    intended_use : str
        What it is for, and what not; an empty line starts a paragraph.
    limits : str
        Where it should not be trusted.
    slices : pandas.DataFrame, optional
        From :func:`slices`, or any other table of slices.
    behaviour : iterable of Behaviour
        Results of :func:`invariance`, :func:`direction` and :func:`minimum`.
    as_html : bool
        HTML instead of Markdown: one page that loads nothing from elsewhere.

    Returns
    -------
    str
        The card. All that is in the facts is text: a tag or a table's bar among them is shown, not obeyed.

    Raises
    ------
    DataError
        If a fact has the wrong shape.

    Examples
    --------
    >>> card = model_card({"name": "late-flights", "version": 3, "metrics": {"roc_auc": 0.7412}, "seed": 0})
    >>> print(*card.splitlines()[:8], sep="\n")
    # Model card: late-flights, version 3
    <BLANKLINE>
    ## Model
    <BLANKLINE>
    | fact | value |
    | --- | --- |
    | Name | late-flights |
    | Version | 3 |
    """
    _check(facts)
    version = f", version {facts['version']}" if _is_known(facts.get("version")) else ""
    title = f"Model card: {_text(facts.get('name'))}{version}"
    tests = list(behaviour)
    sections: list[Section] = [
        ("Model", [_facts(facts, "Model")]),
        ("Intended use", _paragraphs(intended_use)),
        ("Limits", _paragraphs(limits)),
        ("Data", [_facts(facts, "Data")]),
        ("Metrics", [_metrics(facts)]),
        ("Slices", [BLANK] if slices is None else _slices(slices)),
        ("Behaviour", [_tests(tests) if tests else BLANK]),
        ("To repeat it", [_facts(facts, "To repeat it")]),
        ("Parameters", [_pairs(facts.get("params"))]),
    ]
    if others := _others(facts):
        sections.append(("Also recorded", [_pairs(others)]))
    return _as_html(title, sections) if as_html else _as_markdown(title, sections)


def _check(facts: Any) -> None:
    if not isinstance(facts, Mapping):
        raise DataError(f"`facts` must be a dict, got: {type(facts).__name__}.", "Give what the run keeps, by name.")
    for name in DICTS:
        if _is_known(facts.get(name)) and not isinstance(facts[name], Mapping):
            raise DataError(
                f"The fact {name!r} must be a dict, got: {facts[name]!r}.",
                f"Write {{{name!r}: {{...}}}} or leave it out.",
            )


def _is_known(value: Any) -> bool:
    return value != "" if isinstance(value, str) else not (pd.api.types.is_scalar(value) and pd.isna(value))


def _look_up(facts: Mapping[str, Any], path: str) -> Any:
    first, _, rest = path.partition(".")
    value = facts.get(first)
    return (value or {}).get(rest) if rest else value


def _facts(facts: Mapping[str, Any], section: str) -> _Table:
    values = {label: _look_up(facts, path) for label, path in SECTIONS[section].items()}
    if "sample_rows" in facts and "Sample of" in values and facts["sample_rows"] is None:
        values["Sample of"] = "all rows"  # None is what a recipe says for no sample
    if isinstance(packages := values.get("Packages installed"), Mapping):
        values["Packages installed"] = len(packages)  # the digest of the lock names them
    return _Table(["fact", "value"], [[label, _text(value)] for label, value in values.items()])


def _metrics(facts: Mapping[str, Any]) -> str | _Table:
    """Each metric, with its interval where there is one, and those that were asked for but have no value."""
    asked = facts.get("scoring") or ()
    metrics = dict.fromkeys([asked] if isinstance(asked, str) else asked) | dict(facts.get("metrics") or {})
    rows = []
    for name, value in metrics.items():
        parts = value if isinstance(value, Mapping) else {"value": value}
        known = _is_known(parts.get("low")) and _is_known(parts.get("high"))
        interval = f"{_text(parts['low'])} to {_text(parts['high'])}" if known else BLANK
        rows.append([str(name), _text(parts.get("value")), interval])
    return _Table(["metric", "value", "interval"], rows) if rows else BLANK


def _slices(frame: pd.DataFrame) -> list[str | _Table]:
    rows = [[_text(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    table = _Table([str(name) for name in frame.columns], rows)
    tested = frame.attrs.get("tested")
    return [table] if tested is None else [f"The worst {len(frame)} of {tested} slices that were tested.", table]


def _tests(tests: list[Behaviour]) -> _Table:
    rows = [
        [each.kind, "passed" if each.passed else "FAILED", str(each.rows), str(each.failures), each.detail]
        for each in tests
    ]
    return _Table(["test", "result", "rows", "failures", "seen"], rows)


def _pairs(values: Mapping[str, Any] | None) -> str | _Table:
    """Name and value, one row each."""
    return (
        _Table(["name", "value"], [[str(name), _text(value)] for name, value in values.items()])
        if values
        else _text(values)
    )


def _others(facts: Mapping[str, Any]) -> dict[str, Any]:
    used = {path.partition(".")[0] for section in SECTIONS.values() for path in section.values()}
    inner = {path for section in SECTIONS.values() for path in section.values() if "." in path}
    flat = {name: value for name, value in facts.items() if name not in used.union(TABLES)}
    for name in ("code", "environment"):
        flat |= {f"{name}.{key}": value for key, value in (facts.get(name) or {}).items()}
    return {name: value for name, value in flat.items() if name not in inner}


def _paragraphs(text: str) -> list[str | _Table]:
    found: list[str | _Table] = [part.strip() for part in text.split("\n\n") if part.strip()]
    return found or [BLANK]


def _text(value: Any) -> str:
    if not _is_known(value):
        return BLANK
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, int | np.integer):
        return str(value)
    if isinstance(value, Mapping | list | tuple | set) and not value:
        return "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_text(each)}" for name, each in value.items())
    if isinstance(value, list | tuple | set):
        return ", ".join(_text(each) for each in value)
    return str(value)


def _as_markdown(title: str, sections: list[Section]) -> str:
    lines = [f"# {_plain(title)}", ""]
    for name, blocks in sections:
        lines += [f"## {name}", ""]
        for block in blocks:
            lines += [*(_markdown_table(block) if isinstance(block, _Table) else [_plain(block)]), ""]
    return "\n".join(lines)


def _markdown_table(table: _Table) -> list[str]:
    rows = [table.header, ["---"] * len(table.header), *table.rows]
    return [f"| {' | '.join(cells if rows[1] is cells else map(_plain, cells))} |" for cells in rows]


def _plain(text: str) -> str:
    """Text that Markdown shows as it is: on one line, and with every sign that it would obey told not to."""
    one_line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{sign}" if sign in "\\`*_[]|#~$" else sign for sign in one_line)


def _as_html(title: str, sections: list[Section]) -> str:
    body = [f"<h1>{html.escape(title)}</h1>"]
    for name, blocks in sections:
        inner = [_html_table(name, b) if isinstance(b, _Table) else f"<p>{html.escape(b)}</p>" for b in blocks]
        body += ["<section>", f"<h2>{name}</h2>", *inner, "</section>"]
    head = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(title)}</title>",
        f"<style>{STYLE}</style>",
        "</head>",
    ]
    return "\n".join([*head, "<body>", "<main>", *body, "</main>", "</body>", "</html>", ""])


def _html_table(name: str, table: _Table) -> str:
    header = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in table.header)
    rows = [
        f'<tr><th scope="row">{html.escape(first)}</th>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in table.rows
    ]
    return "\n".join(
        [f'<table aria-label="{name}">', f"<thead><tr>{header}</tr></thead>", "<tbody>", *rows, "</tbody></table>"]
    )
