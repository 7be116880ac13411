"""The page at ``/``: a form made from the model's columns, the answer, and what moved it. Plain HTML, no script.

Everything comes from this server, in one answer: it works by keyboard, on a phone, and where scripts are not allowed.
"""

from collections.abc import Mapping
from html import escape
from itertools import accumulate
from typing import Any

from .model import Served
from .schema import Field

__all__ = ["HEADERS", "drawn", "row_of"]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
# Okabe and Ito's blue and vermilion; what lowers the answer is hatched besides, for eyes and printers without colour.
STYLE = """
:root { color-scheme: light; font: 100%/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff }
body { max-width: 60rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.2rem; margin: 1.5rem 0 .5rem }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .75rem 1rem;
  margin: 1rem 0 }
label { display: block; font-weight: 600 } .hint, .facts { color: #555; font-size: .875rem }
input, select { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; border: 1px solid #767676;
  border-radius: .25rem }
[aria-invalid=true] { border: 2px solid #b3261e } .error { color: #b3261e; margin: .25rem 0 0; font-size: .875rem }
button { font: inherit; font-weight: 600; padding: .6rem 1.5rem; border: 0; border-radius: .25rem; color: #fff;
  background: #005a8d; cursor: pointer }
:focus-visible { outline: 3px solid #e69f00; outline-offset: 2px }
.answer { border-left: .4rem solid #005a8d; padding: .25rem 1rem; margin: 1rem 0; background: #f3f7fa }
.answer strong { font-size: 1.6rem }
table { border-collapse: collapse; width: 100% } caption { text-align: left; padding-bottom: .5rem }
th, td { text-align: left; font-weight: 400; padding: .15rem .5rem .15rem 0; border-top: 1px solid #ddd;
  vertical-align: top; overflow-wrap: anywhere } th { width: 40% } thead th { font-weight: 600 }
svg { display: block; width: 100%; height: .9rem } .legend svg { display: inline-block; width: 2rem; height: .8rem }
"""
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}</style></head>
<body>
<header><h1>{name}</h1>
<p class="facts">Version {version}{alias}. Its description for programs: <a href="openapi.json">openapi.json</a></p>
</header>
<main>
{answer}
<form method="get" action="/#answer">
<h2>{heading}</h2>
<p class="hint">What is not known may stay empty, but for what is marked as needed.</p>
<div class="fields">
{fields}
</div>
<button type="submit">Ask the model</button> <a href="/">Start again</a>
</form>
</main>
</body></html>
"""
HATCH = (
    '<svg style="position: absolute; width: 0; height: 0" aria-hidden="true"><defs>'
    '<pattern id="down" width="6" height="6" '
    'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#D55E00"/>'
    '<rect width="2" height="6" fill="#fff"/></pattern></defs></svg>'
)


def row_of(served: Served, query: Mapping[str, str]) -> dict[str, Any]:
    """The row that a filled form means: numbers where the column holds numbers, and nothing where nothing was typed.

    Parameters
    ----------
    served : Served
        The model.
    query : mapping
        What the browser sent.

    Returns
    -------
    dict
        Every column of the model; unknown ones stay, for the check to name.
    """
    known = {field.name: _typed(field, query.get(field.name, "")) for field in served.schema.fields}
    return known | {name: value for name, value in query.items() if name not in known}


def drawn(
    served: Served,
    row: Mapping[str, Any] | None = None,
    *,
    answer: Mapping[str, Any] | None = None,
    why: Mapping[str, Any] | str = "",
) -> str:
    """The page.

    Parameters
    ----------
    served : Served
        The model.
    row : mapping, optional
        What the form holds; by default the model's first example.
    answer : mapping, optional
        The answer to the row, or its ``error``.
    why : mapping or str
        What ``/explain`` says, or why it says nothing.

    Returns
    -------
    str
        HTML. Whatever came from outside is escaped.
    """
    given = served.examples[0] if row is None else row
    errors = _errors(answer or {})
    fields = "\n".join(_field(field, given.get(field.name), errors.get(field.name)) for field in served.schema.fields)
    return PAGE.format(
        title=escape(f"{served.name}: ask the model"),
        style=STYLE,
        name=escape(served.name),
        version=escape(served.version),
        alias=escape(f" ({served.alias})" if served.alias else ""),
        answer=_answer(served, answer, why, errors) if answer else "",
        heading="Ask again" if answer else "Ask about one row",
        fields=fields,
    )


def _typed(field: Field, text: str) -> Any:
    if not text.strip():
        return None
    if field.dtype == "bool":
        return {"true": True, "false": False}.get(text, text)
    if not field.is_number:
        return text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _errors(answer: Mapping[str, Any]) -> dict[str | None, str]:
    if not answer.get("error"):
        return {}
    first = answer["error"]
    return {each["field"]: each["reason"] for each in [first, *first.get("others", [])]}


def _field(field: Field, value: Any, error: str | None) -> str:
    name, shown = escape(field.name), escape("" if value is None else str(value))
    told = f' aria-invalid="true" aria-describedby="{name}-error"' if error else ""
    asked = ("" if field.may_miss else " required") + told
    wrong = f'<p class="error" id="{name}-error">{escape(error)}</p>' if error else ""
    hint = "" if field.may_miss else ' <span class="hint">(needed)</span>'
    if field.dtype == "bool":
        chosen = [
            f"<option{' selected' * (each == str(value).lower())}>{each}</option>" for each in ("", "true", "false")
        ]
        box = f'<select id="{name}" name="{name}"{asked}>{"".join(chosen)}</select>'
    else:
        kind = (
            f'type="number" step="{"1" if field.dtype.startswith("int") else "any"}"'
            if field.is_number
            else 'type="text"'
        )
        box = f'<input id="{name}" name="{name}" {kind} value="{shown}" autocomplete="off"{asked}>'
    return f'<div><label for="{name}">{name}{hint}</label>{box}{wrong}</div>'


def _answer(served: Served, answer: Mapping[str, Any], why: Mapping[str, Any] | str, errors: Mapping[Any, str]) -> str:
    if errors:
        listed = "".join(
            f"<li>{escape(f'{name}: ' if name else '')}{escape(said)}</li>" for name, said in errors.items()
        )
        said = f"<p><strong>No answer yet.</strong></p><ul>{listed}</ul>"
        return f'<section class="answer" id="answer" role="alert">{said}</section>'
    said = _sentence(served, answer)
    explained = f"<p>{escape(why)}</p>" if isinstance(why, str) else _waterfall(why)
    return f'<section id="answer" aria-live="polite"><div class="answer">{said}</div>{explained}</section>'


def _sentence(served: Served, answer: Mapping[str, Any]) -> str:
    if "probability" not in answer:
        return f"<p>Prediction <strong>{escape(_number(answer['prediction']))}</strong></p>"
    chance, threshold = answer["probability"], served.threshold or 0.0
    side = "at or above" if chance >= threshold else "below"
    told = f"That is {side} the threshold of {threshold:.1%}: {'act' if chance >= threshold else 'let it be'}."
    return f"<p>Probability <strong>{chance:.1%}</strong></p><p>{told}</p>"


def _waterfall(why: Mapping[str, Any]) -> str:
    """A table whose last column is the waterfall: each bar begins where the one below it ended."""
    steps = [each["contribution"] for each in why["contributions"]]
    ends = [why["base"], *accumulate(reversed(steps), initial=why["base"])][1:]
    low, high = min(*ends, why["base"]), max(*ends, why["base"])
    starts = list(reversed(ends[:-1]))
    rows = [
        _step(each, start, low, (high - low) or 1.0) for each, start in zip(why["contributions"], starts, strict=True)
    ]
    unit = f" ({why['unit']})" if why["unit"] else ""
    caption = (
        f"From {why['base']:.3g}, the mean of the rows registered with the model, to {why['output']:.3g}{unit}. "
        f"Read it from the bottom up."
    )
    legend = f'<p class="legend hint">{_bar(0, 100, 1)} raises the answer, {_bar(0, 100, -1)} lowers it (hatched).</p>'
    return (
        f"{HATCH}<h2>What moved this answer</h2><table><caption>{escape(caption)}</caption>"
        f'<thead><tr><th scope="col">column = value</th><th scope="col">moved it by{escape(unit)}</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>{legend}"
    )


def _step(each: Mapping[str, Any], start: float, low: float, width: float) -> str:
    step = each["contribution"]
    left, length = 100 * (min(start, start + step) - low) / width, 100 * abs(step) / width
    value = "missing" if each["value"] is None else _number(each["value"])
    return (
        f'<tr><th scope="row">{escape(each["column"])} = {escape(value)}</th>'
        f"<td>{step:+.3g}{_bar(left, length, step)}</td></tr>"
    )


def _bar(left: float, length: float, step: float) -> str:
    fill = "#0072B2" if step >= 0 else "url(#down)"
    box = f'<rect x="{left:.2f}%" width="{max(length, 0.3):.2f}%" height="100%" fill="{fill}"/>'
    return f'<svg aria-hidden="true" focusable="false">{box}</svg>'


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
