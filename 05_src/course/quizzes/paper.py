"""One learner's paper: the questions as drawn, kept whole, so that a bank edited later changes nobody's quiz."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from mlsd.errors import DataError

from . import links
from .bank import Bank, Option, Pair, Question, find
from .draw import Item, draw
from .marking import mark

__all__ = ["Answer", "Paper", "Sheet", "answered", "from_json", "hand_out", "normal", "percent", "to_json"]

Answer = list[int] | dict[str, int]  # shown positions, as `marking` takes them and as JSON writes them


@dataclass(frozen=True)
class Sheet:
    """One question with its key, and how it is shown."""

    question: Question
    item: Item


Paper = tuple[Sheet, ...]


def hand_out(bank: Bank, cohort: str, learner: str, *, secret: bytes, size: int = 10) -> Paper:
    """Draw a learner's questions.

    Parameters
    ----------
    bank : Bank
        The quiz's bank.
    cohort : str
        Another cohort gets another draw.
    learner : str
        Who will answer.
    secret : bytes
        The secret of the links; the draw gets a key of its own.
    size : int
        How many questions.

    Returns
    -------
    tuple of Sheet
        In the order in which they are shown.

    Raises
    ------
    DataError
        If the bank has too few questions.
    """
    form = draw(bank, learner, secret=links.key(secret, "draw", cohort), size=size)
    return tuple(Sheet(find(bank, item.question_id), item) for item in form.items)


def to_json(paper: Paper) -> str:
    """Write a paper as a text for the database; it holds the key.

    Parameters
    ----------
    paper : tuple of Sheet
        The paper.

    Returns
    -------
    str
        One line.
    """
    return json.dumps([asdict(sheet) for sheet in paper], ensure_ascii=False)


def from_json(text: str) -> Paper:
    """Read a paper that `to_json` wrote.

    Parameters
    ----------
    text : str
        Its text.

    Returns
    -------
    tuple of Sheet
        The same paper.
    """
    return tuple(_sheet(each["question"], each["item"]) for each in json.loads(text))


def normal(sheet: Sheet, answer: object) -> Answer:
    """Write an answer in the one way in which it is stored, if the page can have sent it.

    Parameters
    ----------
    sheet : Sheet
        The question.
    answer : object
        What came: shown positions.

    Returns
    -------
    list of int or dict of str to int
        Sorted, and without what was left open.

    Raises
    ------
    DataError
        If the page offers no such answer. The message is for learners: it says nothing about the question.
    """
    matching = sheet.question.kind == "matching"
    try:
        if not isinstance(answer, dict if matching else list):
            raise DataError("The answer is of another kind.")
        mark(sheet.question, sheet.item, answer)
    except (DataError, RecursionError) as error:
        allowed = "an object of positions" if matching else "a list of positions"
        raise DataError(f"This is no answer that the page offers; allowed is {allowed}, as it is shown.") from error
    if isinstance(answer, dict):
        return {str(left): right for left, right in sorted((int(a), b) for a, b in answer.items() if b is not None)}
    return sorted(answer)


def answered(sheet: Sheet, answer: Answer | None) -> bool:
    """Say whether nothing was left open.

    Parameters
    ----------
    sheet : Sheet
        The question.
    answer : list of int, dict of str to int, or None
        What is saved of it.

    Returns
    -------
    bool
        For matching, whether every left side has its right side.
    """
    return len(answer or ()) >= (len(sheet.item.order) if sheet.question.kind == "matching" else 1)


def percent(paper: Paper, answers: Mapping[int, Answer]) -> Fraction:
    """Mark a paper: every question counts the same, and what is not answered counts 0.

    Parameters
    ----------
    paper : tuple of Sheet
        The paper.
    answers : mapping of int to list or dict
        By the place of the question, from 0.

    Returns
    -------
    Fraction
        0 to 100, exactly.
    """
    marks = [mark(sheet.question, sheet.item, answers.get(place)) for place, sheet in enumerate(paper)]
    return 100 * sum(marks, Fraction(0)) / len(marks)


def _sheet(question: dict[str, Any], item: dict[str, Any]) -> Sheet:
    parts = {
        "options": tuple(Option(**each) for each in question["options"]),
        "pairs": tuple(Pair(**each) for each in question["pairs"]),
        "extra": tuple(Option(**each) for each in question["extra"]),
    }
    drawn = Item(item["question_id"], tuple(item["order"]), tuple(item["rights"]))
    return Sheet(Question(**(question | parts)), drawn)
