"""Marks for answers: exact, and refused by name when an answer could not have come from the page.

An answer to a choice is a list of shown positions. An answer to a matching question maps the shown position of a left
side to that of a right side; the left one may be text there, as JSON writes the keys of an object.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from mlsd.errors import DataError

from .bank import Bank, Option, Question, find
from .draw import Form, Item, Shown, shown

__all__ = ["ChoiceRow", "PairRow", "explain", "mark", "score"]


@dataclass(frozen=True)
class ChoiceRow:
    """One option as the learner saw it: whether it was chosen, whether it is right, and why."""

    text: str
    chosen: bool
    right: bool
    reason: str


@dataclass(frozen=True)
class PairRow:
    """One left side as the learner saw it: the right side that was chosen, or None; the one that belongs; and why."""

    left: str
    chosen: str | None
    right: str
    reason: str


def mark(question: Question, item: Item, answer: object) -> Fraction:
    """Mark one answer.

    ===============================  =============================================================
    true_false, multiple_choice      1 for the right option, else 0
    selection                        (right chosen - wrong chosen) / right ones, never below 0
    matching                         the share of left sides that have their right side
    ===============================  =============================================================

    Parameters
    ----------
    question : Question
        The question with its key.
    item : Item
        Its place in the learner's form.
    answer : list of int, dict or None
        Shown positions, as this module's head describes them. None, an empty list and an empty dict are no answer: 0.

    Returns
    -------
    Fraction
        From 0 to 1.

    Raises
    ------
    DataError
        If the item is not of this question, or the answer is of another type, out of range, or says something twice.

    Examples
    --------
    >>> options = (Option("2", True, "."), Option("4", True, "."), Option("5", False, "."), Option("7", False, "."))
    >>> even = Question("1.01", "selection", "Even?", "LO1", 1, "easy", options)
    >>> item = Item("1.01", (3, 2, 1, 0))
    >>> mark(even, item, [2, 3]), mark(even, item, [2]), mark(even, item, [0, 1, 2, 3])
    (Fraction(1, 1), Fraction(1, 2), Fraction(0, 1))
    """
    seen = shown(question, item)
    if question.kind == "matching":
        chosen = _chosen_pairs(question, seen, answer)
        belongs = sum(item.order[left] == item.rights[right] for left, right in chosen.items())
        return Fraction(belongs, len(question.pairs))
    options = [question.options[item.order[position]] for position in _chosen_options(question, seen, answer)]
    right, keys = sum(option.right for option in options), sum(option.right for option in question.options)
    if question.kind == "selection":
        return max(Fraction(0), Fraction(2 * right - len(options), keys))
    return Fraction(right)


def score(bank: Bank, form: Form, answers: Mapping[str, object]) -> Fraction:
    """Mark a whole form: every question counts the same.

    Parameters
    ----------
    bank : Bank
        The questions with their key.
    form : Form
        What the learner got.
    answers : mapping
        From the id of a question to its answer; what is absent is not answered.

    Returns
    -------
    Fraction
        From 0 to 100, exact.

    Raises
    ------
    DataError
        If an answer cannot have come from this form, or the form is of another quiz.
    """
    if form.quiz != bank.quiz:
        raise DataError(f"{bank.path} is the bank of {bank.quiz}; the form of {form.learner!r} is of {form.quiz}.")
    strange = sorted(str(each) for each in set(answers) - {item.question_id for item in form.items})
    if strange:
        raise DataError(f"{form.learner!r} answered {', '.join(strange)}, not in the form of {form.quiz}.")
    marks = [mark(find(bank, item.question_id), item, answers.get(item.question_id)) for item in form.items]
    return 100 * sum(marks, Fraction(0)) / len(marks)


def explain(question: Question, item: Item, answer: object) -> list[ChoiceRow | PairRow]:
    """List what was chosen, what is right and why, in the order in which the learner saw it.

    Parameters
    ----------
    question : Question
        The question with its key.
    item : Item
        Its place in the learner's form.
    answer : list of int, dict or None
        As for `mark`.

    Returns
    -------
    list of ChoiceRow or PairRow
        A ChoiceRow for each option. For matching a PairRow for each left side, then a ChoiceRow for each extra right
        side, chosen if it was given to any left side.

    Raises
    ------
    DataError
        As `mark` does.

    Examples
    --------
    >>> both = (Option("True", False, "Rows can be updated."), Option("False", True, "Files are written anew."))
    >>> explain(Question("1.01", "true_false", "?", "LO1", 3, "easy", both), Item("1.01", (0, 1)), [1])[1]
    ChoiceRow(text='False', chosen=True, right=True, reason='Files are written anew.')
    """
    seen = shown(question, item)
    if question.kind == "matching":
        return _explain_pairs(question, item, _chosen_pairs(question, seen, answer))
    chosen = _chosen_options(question, seen, answer)
    options = [question.options[index] for index in item.order]
    return [_row(option, chosen=position in chosen) for position, option in enumerate(options)]


def _explain_pairs(question: Question, item: Item, chosen: dict[int, int]) -> list[ChoiceRow | PairRow]:
    rights = shown(question, item).rights
    rows: list[ChoiceRow | PairRow] = []
    for position, index in enumerate(item.order):
        pair = question.pairs[index]
        given = rights[chosen[position]] if position in chosen else None
        rows.append(PairRow(pair.left, given, pair.right, pair.reason))
    for position, index in enumerate(item.rights):
        if index >= len(question.pairs):
            extra = question.extra[index - len(question.pairs)]
            rows.append(_row(extra, chosen=position in chosen.values()))
    return rows


def _row(option: Option, *, chosen: bool) -> ChoiceRow:
    return ChoiceRow(option.text, chosen, option.right, option.reason)


def _chosen_options(question: Question, seen: Shown, answer: object) -> list[int]:
    if answer is None:
        return []
    if not isinstance(answer, list | tuple):
        raise _refused(question, answer, "a list of shown positions")
    positions = [_position(question, each, seen.options, answer) for each in answer]
    if len(set(positions)) < len(positions):
        raise _refused(question, answer, "each position once")
    if question.kind != "selection" and len(positions) > 1:
        raise _refused(question, answer, "one position")
    return positions


def _chosen_pairs(question: Question, seen: Shown, answer: object) -> dict[int, int]:
    if answer is None:
        return {}
    if not isinstance(answer, Mapping):
        raise _refused(question, answer, "an object from left positions to right positions")
    chosen: dict[int, int] = {}
    for key, value in answer.items():
        left = _position(question, int(key) if _is_number(key) else key, seen.options, answer)
        if left in chosen:
            raise _refused(question, answer, "each left position once")
        if value is not None:
            chosen[left] = _position(question, value, seen.rights, answer)
    return chosen


def _is_number(key: object) -> bool:
    return isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 4 and str(int(key)) == key


def _position(question: Question, value: object, things: tuple[str, ...], answer: object) -> int:
    # True is an int to Python, but no page sends it
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < len(things):
        raise _refused(question, answer, f"positions from 0 to {len(things) - 1}")
    return value


def _refused(question: Question, answer: object, allowed: str) -> DataError:
    return DataError(f"Question {question.id} ({question.kind}): an answer is {allowed}, got: {str(answer)[:80]}.")
