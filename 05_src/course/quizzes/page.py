"""The pages that learners see: HTML, one style sheet and one script from this server. They work without the script too.

Nothing of the key is on a page before everybody's time is over: the functions that draw the questions get their texts
in shown order from `draw.shown`, and nothing else.
"""

from collections.abc import Collection, Iterable
from html import escape

from course.gradebook.rule import shown as mark_shown

from .attempts import Attempt
from .draw import shown
from .marking import ChoiceRow, PairRow, explain, mark
from .markup import as_html, as_inline_html
from .paper import Answer, Sheet, percent

__all__ = ["HEADERS", "answer_sheet", "form", "notice", "questions"]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="/page.css"></head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>{banner}<h1>{title}</h1></header>
<main id="main">
{body}
</main>
<script src="/page.js"></script>
</body></html>
"""
_PRACTICE = '<p class="practice">Practice bank: its answers are public.</p>'
_HINTS = {
    "true_false": "Choose one.",
    "multiple_choice": "Choose one.",
    "selection": "Choose all that apply. A wrong choice takes away a right one.",
    "matching": "Choose what belongs to each. Something may be left over.",
}


def notice(title: str, paragraphs: Iterable[str], extra: str = "") -> str:
    """A page that says something.

    Parameters
    ----------
    title : str
        Its heading.
    paragraphs : iterable of str
        Plain text.
    extra : str
        HTML below it, such as a `form`.

    Returns
    -------
    str
        HTML.
    """
    return _page(title, _said(paragraphs) + extra)


def form(action: str, button: str, fields: dict[str, str], *, second: bool = False) -> str:
    """A button that does something.

    Parameters
    ----------
    action : str
        Where it goes.
    button : str
        Its text.
    fields : dict of str to str
        What goes with it.
    second : bool
        Whether another button is the usual one.

    Returns
    -------
    str
        HTML.
    """
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(each)}">' for name, each in fields.items()
    )
    look = ' class="second"' if second else ""
    return (
        f'<form method="post" action="{escape(action)}">{hidden}<p><button{look}>{escape(button)}</button></p></form>'
    )


def questions(
    title: str, attempt: Attempt, *, due: str, note: Collection[str] = (), sure: bool = False, practice: bool
) -> str:
    """The page on which a quiz is answered.

    Parameters
    ----------
    title : str
        The quiz's.
    attempt : Attempt
        The learner's, not submitted.
    due : str
        When it is due, in words.
    note : collection of str
        What is to be said above the questions.
    sure : bool
        Whether to ask to submit in spite of what is unanswered.
    practice : bool
        Whether the bank's answers are public.

    Returns
    -------
    str
        HTML without any sign of the key.
    """
    base, many = f"/{attempt.seat.quiz}", len(attempt.paper)
    boxes = "\n".join(_box(place, sheet, attempt) for place, sheet in enumerate(attempt.paper))
    ask = '<button class="second" name="do" value="sure">Submit with questions unanswered</button>' if sure else ""
    body = f"""<p>{escape(attempt.seat.learner)}, this is your own set of {many} questions.
It is due <strong>{escape(due)}</strong>.</p>
<p>Each answer is saved as you give it, and you can change it until you submit. You can submit once. If you do not
submit, what is saved when the quiz is due counts.</p>
<form id="quiz" method="post" action="{base}/submit" data-answers="{base}/answers" autocomplete="off">
{_note([*note], ask)}
{boxes}
<div class="bar"><p id="count">{many - len(attempt.unanswered)} of {many} answered</p>
<p id="saving" role="status"></p>
<noscript><button class="second" name="do" value="save">Save</button></noscript>
<button name="do" value="submit">Submit the quiz</button></div>
</form>
{form(f"{base}/leave", "Leave this browser", {}, second=True)}
<p class="hint">Leave when others use this browser too. Your link opens the quiz again, here or elsewhere.</p>"""
    return _page(title, body, practice=practice)


def answer_sheet(title: str, attempt: Attempt, note: Collection[str], *, explained: bool, practice: bool) -> str:
    """The page of a quiz that can no longer be answered: the learner's answers and mark, and later the explanations.

    Parameters
    ----------
    title : str
        The quiz's.
    attempt : Attempt
        The learner's.
    note : collection of str
        What is to be said above it.
    explained : bool
        Whether everybody's time is over, so that the key may be shown.
    practice : bool
        Whether the bank's answers are public.

    Returns
    -------
    str
        HTML; without `explained`, the whole mark is all that it says about the key.
    """
    given = attempt.given
    mark_line = f"Your mark: {mark_shown(percent(attempt.paper, given))} of 100." if attempt.paper else ""
    draw = _explained if explained else _answered
    sheets = "\n".join(draw(place, sheet, given.get(place)) for place, sheet in enumerate(attempt.paper))
    leave = form(f"/{attempt.seat.quiz}/leave", "Leave this browser", {}, second=True)
    return _page(title, _note([*([mark_line] if mark_line else []), *note]) + sheets + leave, practice=practice)


def _page(title: str, body: str, *, practice: bool = False) -> str:
    return _PAGE.format(title=escape(title), body=body, banner=_PRACTICE if practice else "")


def _said(paragraphs: Iterable[str]) -> str:
    return "".join(f"<p>{escape(each)}</p>" for each in paragraphs)


def _note(paragraphs: list[str], extra: str = "") -> str:
    if not paragraphs:
        return ""
    return f'<section class="note" id="note" role="alert" tabindex="-1">{_said(paragraphs)}{extra}</section>'


def _box(place: int, sheet: Sheet, attempt: Attempt) -> str:
    saved, draw = attempt.answers.get(place), _pairs if sheet.question.kind == "matching" else _options
    head = f'<legend id="q{place}">Question {place + 1} of {len(attempt.paper)}</legend>{_text(place, sheet)}'
    hint = f'<p class="hint" id="h{place}">{_HINTS[sheet.question.kind]}</p>'
    hidden = f'<input type="hidden" name="v{place}" value="{saved.version if saved else 0}" autocomplete="off">'
    labelled = f'aria-labelledby="q{place} t{place}" aria-describedby="h{place}"'
    parts = draw(place, sheet, saved.answer if saved else None)
    return f"<fieldset {labelled}>{head}{hint}{hidden}{parts}</fieldset>"


def _text(place: int, sheet: Sheet) -> str:
    return f'<div class="scroll" id="t{place}">{as_html(sheet.question.text)}</div>'


def _options(place: int, sheet: Sheet, answer: Answer | None) -> str:
    kind = "checkbox" if sheet.question.kind == "selection" else "radio"
    lines = [
        f'<div class="option"><label><input type="{kind}" name="a{place}" value="{position}"'
        f"{' checked' * (position in (answer or ()))}><span>{as_inline_html(text)}</span></label></div>"
        for position, text in enumerate(shown(sheet.question, sheet.item).options)
    ]
    return "".join(lines)


def _pairs(place: int, sheet: Sheet, answer: Answer | None) -> str:
    seen, given = shown(sheet.question, sheet.item), answer if isinstance(answer, dict) else {}
    lines = []
    for left, text in enumerate(seen.options):
        choices = "".join(
            f'<option value="{right}"{" selected" * (given.get(str(left)) == right)}>{escape(_plain(each))}</option>'
            for right, each in enumerate(seen.rights)
        )
        name = f"a{place}.{left}"
        lines.append(
            f'<div class="pair"><label for="{name}">{as_inline_html(text)}</label>'
            f'<select id="{name}" name="{name}"><option value="">Choose</option>{choices}</select></div>'
        )
    return "".join(lines)


def _plain(text: str) -> str:
    """Markdown without its signs, as a select can show no code or bold letters."""
    return text.replace("`", "").replace("**", "")


def _answered(place: int, sheet: Sheet, answer: Answer | None) -> str:
    seen = shown(sheet.question, sheet.item)
    if isinstance(answer, dict):
        chosen = [
            f"{as_inline_html(seen.options[int(left)])}: {as_inline_html(seen.rights[right])}"
            for left, right in answer.items()
        ]
    else:
        chosen = [as_inline_html(seen.options[position]) for position in answer or ()]
    lines = "".join(f"<li>{each}</li>" for each in chosen) or "<li>Nothing.</li>"
    return _section(place, sheet, f"<p>You chose:</p><ul>{lines}</ul>")


def _explained(place: int, sheet: Sheet, answer: Answer | None) -> str:
    earned = mark_shown(100 * mark(sheet.question, sheet.item, answer))
    lines = "".join(f"<li>{_row(each)}</li>" for each in explain(sheet.question, sheet.item, answer))
    return _section(place, sheet, f'<p>This question: {earned} of 100.</p><ul class="rows">{lines}</ul>')


def _section(place: int, sheet: Sheet, body: str) -> str:
    return (
        f'<section class="question" aria-labelledby="q{place}"><h2 id="q{place}">Question {place + 1}</h2>'
        f"{_text(place, sheet)}{body}</section>"
    )


def _row(row: ChoiceRow | PairRow) -> str:
    reason = f'<div class="why">{as_html(row.reason)}</div>'
    if isinstance(row, PairRow):
        chosen = as_inline_html(row.chosen) if row.chosen is not None else "nothing"
        verdict = "Right" if row.chosen == row.right else f"You chose {chosen}. Right is"
        return f'{as_inline_html(row.left)}: <span class="mark">{verdict}:</span> {as_inline_html(row.right)}{reason}'
    verdict = (
        f"{'You chose this' if row.chosen else 'You did not choose this'}; it is {'right' if row.right else 'wrong'}."
    )
    return f'{as_inline_html(row.text)} <span class="mark">{verdict}</span>{reason}'
