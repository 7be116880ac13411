"""A bank as the JSON that jupyterquiz shows in a notebook.

jupyterquiz knows no matching: each left side becomes a multiple-choice question of its own, with all right sides as its
answers. Its page takes texts as HTML, so Markdown is rendered first.
"""

import json
from typing import Any

from .bank import Bank, Pair, Question
from .markup import as_html, as_inline_html

__all__ = ["jupyterquiz"]


def jupyterquiz(bank: Bank) -> str:
    """Write a bank as JSON for ``jupyterquiz.display_quiz``, with key and reasons.

    Parameters
    ----------
    bank : Bank
        The questions.

    Returns
    -------
    str
        A list of questions; one that asks for several answers is of type "many_choice".

    Examples
    --------
    >>> from pathlib import Path
    >>> from course.quizzes.bank import Option
    >>> both = (Option("True", True, "It is."), Option("False", False, "It is not."))
    >>> asked = Question("2.01", "true_false", "Is `a < b`?", "LO4", 3, "easy", both)
    >>> json.loads(jupyterquiz(Bank("quiz_2", "Quiz 2", True, (asked,), Path("quiz_2.toml"))))[0]["answers"][0]
    {'answer': 'True', 'correct': True, 'feedback': 'It is.'}
    """
    questions = [each for question in bank.questions for each in _questions(question)]
    return json.dumps(questions, ensure_ascii=False, indent=1) + "\n"


def _questions(question: Question) -> list[dict[str, Any]]:
    if question.kind == "matching":
        return [_left(question, pair) for pair in question.pairs]
    answers = [_answer(option.text, option.right, option.reason) for option in question.options]
    kind = "many_choice" if question.kind == "selection" else "multiple_choice"
    return [{"question": _kept(as_html(question.text)), "type": kind, "answers": answers}]


def _left(question: Question, pair: Pair) -> dict[str, Any]:
    # a wrong right side has no reason for this left one, so the reason of the pair tells what belongs to it
    answers = [_answer(each.right, each is pair, pair.reason) for each in question.pairs]
    answers += [_answer(extra.text, False, extra.reason) for extra in question.extra]
    asked = _kept(as_html(question.text) + f"<p><strong>{as_inline_html(pair.left)}</strong></p>")
    return {"question": asked, "type": "multiple_choice", "answers": answers}


def _answer(text: str, right: bool, reason: str) -> dict[str, Any]:
    return {"answer": _kept(as_inline_html(text)), "correct": right, "feedback": _kept(as_inline_html(reason))}


def _kept(html: str) -> str:
    # the page of jupyterquiz takes dollars for formulas and [a](b) for a link, in code as well
    return html.replace("$", "&#36;").replace("](", "]&#40;")
