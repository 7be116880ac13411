r"""A bank as GIFT, the text that Moodle imports.

Moodle marks it as `marking` does: in a selection each right option adds its share and each wrong one takes as much.
GIFT has no feedback for a pair, so the reasons of a matching question become what Moodle shows after the answer.
"""

from collections.abc import Callable

from mlsd.errors import DataError

from .bank import Bank, Question
from .markup import as_plain

__all__ = ["gift"]

# Moodle takes these shares of a mark and refuses others: one right option of one, two, ... six
_SHARES = {1: "100", 2: "50", 3: "33.33333", 4: "25", 5: "20", 6: "16.66667"}


def gift(bank: Bank) -> str:
    r"""Write a bank as GIFT, with key and reasons.

    Parameters
    ----------
    bank : Bank
        The questions.

    Returns
    -------
    str
        One line for each question and each option, with the question's id as its name, and outcome, chapter and
        difficulty as its tags.

    Raises
    ------
    DataError
        If a left side has an arrow ``->``, which GIFT cannot hold, or a selection has more than six right options.

    Examples
    --------
    >>> from pathlib import Path
    >>> from course.quizzes.bank import Option
    >>> both = (Option("True", True, "It is."), Option("False", False, "It is not."))
    >>> asked = Question("2.01", "true_false", "Is `a = 1` {here}?", "LO4", 3, "easy", both)
    >>> print(gift(Bank("quiz_2", "Quiz 2", True, (asked,), Path("quiz_2.toml"))))
    $CATEGORY: quiz_2
    <BLANKLINE>
    // [id:2.01] [tag:LO4] [tag:chapter 3] [tag:easy]
    ::2.01::[markdown]Is `a \= 1` \{here\}?{TRUE#It is not.#It is.}
    <BLANKLINE>
    """
    return f"$CATEGORY: {bank.quiz}\n\n" + "\n".join(_question(question, bank) for question in bank.questions)


def _question(question: Question, bank: Bank) -> str:
    tags = (question.outcome, f"chapter {question.chapter}", question.difficulty)
    comment = " ".join([f"// [id:{question.id}]", *(f"[tag:{tag}]" for tag in tags)])
    answers = _ANSWERS[question.kind](question, bank)
    return f"{comment}\n::{question.id}::[markdown]{_escaped(question.text)}{{{answers}}}\n"


def _true_false(question: Question, bank: Bank) -> str:
    right = next(option for option in question.options if option.right)
    wrong = next(option for option in question.options if not option.right)
    # the first feedback is for a wrong answer, whichever that is
    return f"{right.text.upper()}#{_escaped(wrong.reason)}#{_escaped(right.reason)}"


def _multiple_choice(question: Question, bank: Bank) -> str:
    lines = [f"\t{'=' if o.right else '~'}{_escaped(o.text)}#{_escaped(o.reason)}\n" for o in question.options]
    return "\n" + "".join(lines)


def _selection(question: Question, bank: Bank) -> str:
    right = sum(option.right for option in question.options)
    if right not in _SHARES:
        raise DataError(f"{bank.path}, question {question.id}: Moodle has no share for one of {right} right options.")
    lines = [
        f"\t~%{'' if option.right else '-'}{_SHARES[right]}%{_escaped(option.text)}#{_escaped(option.reason)}\n"
        for option in question.options
    ]
    return "\n" + "".join(lines)


def _matching(question: Question, bank: Bank) -> str:
    if arrow := next((pair.left for pair in question.pairs if "->" in pair.left), None):
        raise DataError(
            f"{bank.path}, question {question.id}: GIFT takes the arrow in {arrow!r} for the end of the left side.",
            fix="Write → instead of ->.",
        )
    lines = [f"\t={_escaped(pair.left)} -> {_escaped(as_plain(pair.right))}\n" for pair in question.pairs]
    lines += [f"\t= -> {_escaped(as_plain(extra.text))}\n" for extra in question.extra]
    reasons = [f"- {pair.left} → {pair.right}: {pair.reason}" for pair in question.pairs]
    reasons += [f"- {extra.text}: {extra.reason}" for extra in question.extra]
    return "\n" + "".join(lines) + "\t####" + _escaped("\n".join(reasons)) + "\n"


_ANSWERS: dict[str, Callable[[Question, Bank], str]] = {
    "true_false": _true_false,
    "multiple_choice": _multiple_choice,
    "selection": _selection,
    "matching": _matching,
}


def _escaped(text: str) -> str:
    written = text.replace("\\", "\\\\").replace("\r\n", "\n")
    for sign in "~=#{}:":
        written = written.replace(sign, "\\" + sign)
    return written.replace("\n", "\\n")
