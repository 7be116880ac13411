"""The labs' self-checks: "correct", "not tried yet", or what differs and a hint.

In a lab::

    from course.checks import check

    answer = ...
    check("03.1", answer)          # the last line of its cell, so that the notebook shows it

How to write a check
--------------------
Put it into ``course/checks/lab_NN.py``; the module is found by its name when a learner asks for one of its ids::

    from . import Hint, near, question

    __all__ = ["share_of_zeros"]

    @question("06.1", takes="the share of rows that are 0, as a number")
    def share_of_zeros(answer: Any) -> Hint | None:
        '''The share of the zeros is what always saying 0 gets right.'''
        return near(answer, 0.93, tol=0.005, hint="Count the rows with default == 0 and divide by all rows.",
                    mistakes={0.07: "That is the share of the ones: what does always saying 0 get right?"})

- A check takes the answer and returns None when it is right, else a ``Hint``. ``near``, ``same``, ``is_a`` and
  ``same_frame`` return that already; chain them: ``return is_a(...) or near(...)``.
- Name the misconception in the hint ("You sorted by date only, so ticker B follows A"), never "incorrect".
- Never compare with ``==`` what a learner made; the helpers look at the type first. Whatever goes wrong inside a check
  is answered in words: "expected <takes>, got a list of 3 items".
- ``...``, also as an item of a list, tuple or dict, counts as not tried. If the answer is a function, let its stub
  ``return ...`` and give what it returned to a helper.
- Compute the expected value from data with the library; don't type it, unless the lab itself shows it.

How to test one
---------------
Add its cases to ``05_src/tests/cases/lab_NN.py``; ``test_checks.py`` runs them, and the stub, for every check::

    CASES = {
        "06.1": {
            "right": [0.93, 0.9312],
            "wrong": [(0.07, "share of the ones"), (93, "Count the rows"), ([0.93], "share of rows")],
        },
    }

``right`` holds at least one answer, ``wrong`` at least three plausible ones, each with words that its reply must
contain. Besides, `course labs` fails a solution notebook in which a check says anything but "correct".
"""

import html
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .compare import Hint, NotTriedError, describe, is_a, is_untried, near, same, same_frame

__all__ = [
    "Hint",
    "Question",
    "Result",
    "check",
    "describe",
    "is_a",
    "near",
    "question",
    "questions",
    "same",
    "same_frame",
]

SYMBOLS = {"correct": "✔", "not tried": "○", "wrong": "✘"}
# Okabe and Ito's palette: told apart by colour-blind readers too, and never without the symbol and the word
COLOURS = {"correct": "#009E73", "not tried": "#777777", "wrong": "#D55E00"}

_questions: dict[str, "Question"] = {}


@dataclass(frozen=True)
class Question:
    """A registered check: its id, its function, and the kind of answer it takes, in words."""

    id: str
    judge: Callable[[Any], Hint | None]
    takes: str


@dataclass(frozen=True)
class Result:
    """The reply to an answer. ``status`` is "correct", "not tried" or "wrong"."""

    question: str
    status: str
    differs: str = ""
    hint: str = ""

    def __repr__(self) -> str:
        lines = [f"{SYMBOLS[self.status]} {self.question}: {self._word()}"]
        return "\n".join(lines + [f"  Hint: {self.hint}"] * bool(self.hint))

    def _repr_html_(self) -> str:
        head = f"<b>{SYMBOLS[self.status]} {html.escape(self.question)}: {html.escape(self._word())}</b>"
        hint = f"<br>Hint: {html.escape(self.hint)}" if self.hint else ""
        style = f"border-left: 6px solid {COLOURS[self.status]}; padding: 0.3em 0.8em; margin: 0.3em 0"
        return f'<div role="status" style="{style}">{head}{hint}</div>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        # The runner reads the status from the output's metadata, so it need not read prose.
        return {}, {"check": {"question": self.question, "status": self.status}}

    def _word(self) -> str:
        return {"correct": "correct", "not tried": "not tried yet", "wrong": self.differs}[self.status]


def question(name: str, *, takes: str) -> Callable[[Callable[[Any], Hint | None]], Callable[[Any], Hint | None]]:
    """Register a function as the check of a question.

    Parameters
    ----------
    name : str
        The id that the lab uses, such as ``"03.1"``: the lab's number, a dot, a number.
    takes : str
        The kind of answer, in words that follow "expected": ``"a DataFrame with columns Date, Close"``.
    """

    def register(judge: Callable[[Any], Hint | None]) -> Callable[[Any], Hint | None]:
        _questions[name] = Question(name, judge, takes)
        return judge

    return register


def questions() -> dict[str, Question]:
    """Every question of every lab, by id and in order."""
    for module in pkgutil.iter_modules(__path__, prefix=f"{__name__}."):
        importlib.import_module(module.name)
    return dict(sorted(_questions.items(), key=lambda item: [part.zfill(4) for part in item[0].split(".")]))


def check(name: str, answer: Any) -> Result:
    """Say whether an answer is right, and if not, what differs and what may be behind it.

    Parameters
    ----------
    name : str
        The question's id, such as ``"03.1"``.
    answer : object
        Your answer; ``...`` means that you have not tried yet.

    Returns
    -------
    Result
        Its ``status`` is "correct", "not tried" or "wrong". A notebook shows it as a coloured line with a symbol.

    Examples
    --------
    >>> check("99.1", 3).status
    'wrong'
    """
    name = str(name)[:20]
    known = _find(name)
    if known is None:
        return Result(name, "wrong", f"there is no such question. Ids: {', '.join(questions()) or 'none yet'}")
    if is_untried(answer):
        return Result(name, "not tried")
    return _judge(known, answer)


def _find(name: str) -> Question | None:
    # Only the lab's own module: other labs' checks may import much.
    module = f"lab_{name.partition('.')[0]}"
    if module in {found.name for found in pkgutil.iter_modules(__path__)}:
        importlib.import_module(f"{__name__}.{module}")
    return _questions.get(name)


def _judge(known: Question, answer: Any) -> Result:
    try:
        found = known.judge(answer)
        return Result(known.id, "wrong", found.differs, found.hint) if found else Result(known.id, "correct")
    except NotTriedError:
        return Result(known.id, "not tried")
    except Exception as error:  # whatever a learner's object does, the notebook goes on
        reason = f"Looking at your answer stopped with {type(error).__name__}: {error}"
        return Result(known.id, "wrong", f"expected {known.takes}, got {describe(answer)}", reason)
