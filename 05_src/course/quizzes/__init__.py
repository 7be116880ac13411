"""Quizzes: banks of questions in text, a draw for each learner, a page to answer it on, marks, and exports.

::

    course quiz check                                   # are the banks good enough to be used?
    course quiz practice quiz_2                         # ten questions in the terminal, explained
    practice.show("quiz_2")                             # the same in a notebook
    course quiz export quiz_2 --format gift --out quiz_2.gift

===========================================  ==================================================================
read_bank, Bank, Question (bank)             a TOML file of questions with key and reasons
check.check                                  what is wrong with a bank, with its place and a fix
draw.draw, Form, to_json, from_json (draw)   a learner's questions, the same every time, balanced
mark, score, explain (marking)               exact marks; what was chosen, what is right, and why
as_html (markup)                             a question's Markdown as safe HTML
practice                                     questions to practise on, in a terminal or a notebook
export_gift, export_qti, export_json         for Moodle; for Canvas and Brightspace; for jupyterquiz
===========================================  ==================================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bank import Bank, Question, read_bank
    from .draw import Form, Item, from_json, to_json
    from .marking import explain, mark, score
    from .markup import as_html

__all__ = [
    "Bank",
    "Form",
    "Item",
    "Question",
    "as_html",
    "explain",
    "from_json",
    "mark",
    "read_bank",
    "score",
    "to_json",
]

# `draw`, `check` and `practice` are the modules of that name: a function of the same name here would be hidden by them
_HOMES = {
    "Bank": "bank",
    "Form": "draw",
    "Item": "draw",
    "Question": "bank",
    "as_html": "markup",
    "explain": "marking",
    "from_json": "draw",
    "mark": "marking",
    "read_bank": "bank",
    "score": "marking",
    "to_json": "draw",
}


def __getattr__(name: str) -> Any:  # each topic is loaded when it is first asked for
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
