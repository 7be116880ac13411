"""Questions to practise on in a notebook: HTML that needs no server, no widgets and no scripts.

::

    from course.quizzes import practice
    practice.show("quiz_2")
"""

import hashlib
import secrets
from html import escape
from typing import TYPE_CHECKING

from mlsd.errors import DataError

from .bank import Bank, Question, find, locate, read_bank
from .draw import Form, Item, draw, shown
from .marking import PairRow, explain
from .markup import as_html, as_inline_html, as_plain

if TYPE_CHECKING:
    from IPython.display import HTML

__all__ = ["page", "practice_bank", "practice_form", "show"]

_STYLE = """<style>
.quiz-practice > section { margin: 0 0 1.5em; max-width: 48em; }
.quiz-practice ul { list-style: none; padding-left: 0; }
.quiz-practice li, .quiz-practice dd { margin: 0.3em 0; }
.quiz-practice dt { margin-top: 0.6em; }
.quiz-practice summary { cursor: pointer; display: inline-block; padding: 0.2em 0.8em; border: 1px solid currentColor; }
.quiz-practice :focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
</style>"""


def show(name: str, *, questions: int = 10, seed: int | None = None) -> "HTML":
    """Show questions of a practice bank below a notebook's cell, each with an explanation to open.

    Parameters
    ----------
    name : str
        Such as "quiz_2".
    questions : int
        How many.
    seed : int, optional
        The same number shows the same questions again; without one, others each time.

    Returns
    -------
    IPython.display.HTML
        What the notebook shows.

    Raises
    ------
    DataError
        If there is no such bank, or it is not for practice.
    """
    from IPython.display import HTML

    bank = practice_bank(name)
    return HTML(page(bank, practice_form(bank, questions=questions, seed=seed), prefix=secrets.token_hex(4)))


def practice_bank(name: str) -> Bank:
    """Read a bank that everybody may see with its answers.

    Parameters
    ----------
    name : str
        Such as "quiz_2", or a file.

    Returns
    -------
    Bank
        Its questions.

    Raises
    ------
    DataError
        If it is a bank that learners are marked on.
    """
    bank = read_bank(locate(name))
    if not bank.practice:
        raise DataError(
            f"{bank.path} is not for practice: people are marked on it.", fix="Practise with the bank of the course."
        )
    return bank


def practice_form(bank: Bank, *, questions: int = 10, seed: int | None = None) -> Form:
    """Draw questions to practise on.

    Parameters
    ----------
    bank : Bank
        A bank.
    questions : int
        How many.
    seed : int, optional
        The same number draws the same questions; without one, others each time.

    Returns
    -------
    Form
        Balanced as a learner's form is.
    """
    # a practice form is no secret: whoever knows the number may know the questions
    secret = secrets.token_bytes(32) if seed is None else hashlib.sha256(str(seed).encode()).digest()
    return draw(bank, "practice", secret=secret, size=questions)


def page(bank: Bank, form: Form, *, prefix: str) -> str:
    """Write questions with their explanations as one piece of HTML.

    Parameters
    ----------
    bank : Bank
        The questions with their key.
    form : Form
        Which of them, and in which order.
    prefix : str
        Begins every id, so that two pieces can stand on one page.

    Returns
    -------
    str
        HTML in which everything from the bank is escaped.
    """
    parts = [
        _section(find(bank, item.question_id), item, number, f"{prefix}-{number}")
        for number, item in enumerate(form.items, 1)
    ]
    title = f"<h3>{escape(bank.title)}: practice</h3>"
    return f'{_STYLE}<div class="quiz-practice">{title}{"".join(parts)}</div>'


def _section(question: Question, item: Item, number: int, ident: str) -> str:
    asked = f'<div id="{ident}"><strong>Question {number}</strong>{as_html(question.text)}</div>'
    parts = _lists(question, item, ident) if question.kind == "matching" else _boxes(question, item, ident)
    explained = f"<details><summary>Show the answer</summary>{_explained(question, item)}</details>"
    return f'<section role="group" aria-labelledby="{ident}">{asked}{parts}{explained}</section>'


def _boxes(question: Question, item: Item, ident: str) -> str:
    kind = "checkbox" if question.kind == "selection" else "radio"
    box = f'<input type="{kind}" name="{ident}">'
    texts = (as_inline_html(text) for text in shown(question, item).options)
    return "<ul>" + "".join(f"<li><label>{box} {text}</label></li>" for text in texts) + "</ul>"


def _lists(question: Question, item: Item, ident: str) -> str:
    seen = shown(question, item)
    choices = "".join(f"<option>{escape(as_plain(text))}</option>" for text in seen.rights)
    lefts = (as_inline_html(text) for text in seen.options)
    rows = (f"<li><label>{text} <select><option></option>{choices}</select></label></li>" for text in lefts)
    return "<ul>" + "".join(rows) + "</ul>"


def _explained(question: Question, item: Item) -> str:
    rows = []
    for row in explain(question, item, None):
        if isinstance(row, PairRow):
            term = f"{as_inline_html(row.left)} → {as_inline_html(row.right)}"
        else:
            term = f"{'Right' if row.right else 'Wrong'}: {as_inline_html(row.text)}"
        rows.append(f"<dt>{term}</dt><dd>{as_inline_html(row.reason)}</dd>")
    return f"<dl>{''.join(rows)}</dl>"
