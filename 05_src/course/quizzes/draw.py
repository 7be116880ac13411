"""The questions that one learner gets: the same every time, balanced, and nobody can foretell them without the secret.

Chance comes from HMAC-SHA256 of the secret, the quiz and the learner, and a shuffle of our own reads it. The shuffle of
`random` may differ from one Python to the next, and a form that is drawn again must be the same form.
"""

import hmac
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, TypeVar

from mlsd.errors import DataError

from .bank import Bank, Question, rights_of

__all__ = ["Form", "Item", "Shown", "draw", "from_json", "shown", "to_json"]

T = TypeVar("T")

_TRIES = 300  # forms drawn at most until one is mixed; a bank that passes `check` needs about four
_SHORTEST_SECRET = 16  # bytes; what is shorter can be guessed


@dataclass(frozen=True)
class Item:
    """One question of a form, and the order in which its parts are shown.

    Parameters
    ----------
    question_id : str
        Which question of the bank.
    order : tuple of int
        For each shown position the index of the option in the file; for matching, of the pair whose left side it is.
    rights : tuple of int
        For matching: for each shown position the index of the right side, those of the pairs first, then the extra
        ones. Empty for other kinds.
    """

    question_id: str
    order: tuple[int, ...]
    rights: tuple[int, ...] = ()


@dataclass(frozen=True)
class Form:
    """The questions of one learner in one quiz, in the order in which they are shown."""

    quiz: str
    learner: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Shown:
    """What a page shows of a question, without its key.

    Parameters
    ----------
    options : tuple of str
        The texts to choose from, in shown order; for matching, the left sides.
    rights : tuple of str
        For matching: the right sides in shown order. Empty for other kinds.
    """

    options: tuple[str, ...]
    rights: tuple[str, ...] = ()


def draw(bank: Bank, learner: str, *, secret: bytes, size: int = 10) -> Form:
    """Draw a learner's questions; the same learner always gets the same.

    Each outcome gets its share of the questions by largest remainder, and at least one where there is room. Among such
    forms one is taken in which kinds, difficulties and chapters are within one of their rounded share too, as far as
    one is found. The texts of a question play no part, so that a correction changes nobody's form.

    Parameters
    ----------
    bank : Bank
        The questions of the quiz.
    learner : str
        Who will answer it.
    secret : bytes
        At least 16 bytes that learners do not know.
    size : int
        How many questions.

    Returns
    -------
    Form
        The questions and the order of their options.

    Raises
    ------
    DataError
        If the bank has too few questions, the secret is too short, or the learner has no name.

    Examples
    --------
    >>> from pathlib import Path
    >>> from course.quizzes.bank import Option, Question
    >>> both = (Option("True", True, "So it is."), Option("False", False, "It is not."))
    >>> questions = [Question(f"1.{n:02}", "true_false", "?", f"LO{n % 3}", 1, "easy", both) for n in range(30)]
    >>> bank = Bank("quiz_1", "Quiz 1", False, tuple(questions), Path("quiz_1.toml"))
    >>> form = draw(bank, "l07", secret=b"sixteen bytes or more")
    >>> len(form.items), form == draw(bank, "l07", secret=b"sixteen bytes or more")
    (10, True)
    """
    _require(bank, learner, secret=secret, size=size)
    chance = _chance(secret, "questions", bank.quiz, learner)
    chosen = _mixed(sorted(bank.questions, key=lambda each: each.id), chance, size=size)
    return Form(bank.quiz, learner, tuple(_item(each, secret, bank.quiz, learner) for each in chosen))


def shown(question: Question, item: Item) -> Shown:
    """Say what a page shows of a question, in the learner's order and without the key.

    Parameters
    ----------
    question : Question
        The question.
    item : Item
        Its place in a form.

    Returns
    -------
    Shown
        Texts in Markdown.

    Raises
    ------
    DataError
        If the item was drawn from another question, or from this one when it had other options.
    """
    sides = rights_of(question)
    if question.kind == "matching":
        lefts = [pair.left for pair in question.pairs]
        fits = item.question_id == question.id and _permutes(item.order, lefts) and _permutes(item.rights, sides)
    else:
        lefts = [option.text for option in question.options]
        fits = item.question_id == question.id and _permutes(item.order, lefts) and not item.rights
    if not fits:
        raise DataError(
            f"Question {question.id}: the form's {item} does not fit it.",
            fix="Options must not be added or removed while a quiz is open; give the new question a new id.",
        )
    return Shown(tuple(lefts[index] for index in item.order), tuple(sides[index] for index in item.rights))


def to_json(form: Form) -> str:
    """Write a form as JSON text that `from_json` reads back.

    Parameters
    ----------
    form : Form
        A drawn form.

    Returns
    -------
    str
        One line, the same for the same form.

    Examples
    --------
    >>> to_json(Form("quiz_1", "l07", (Item("1.01", (1, 0)),)))
    '{"quiz": "quiz_1", "learner": "l07", "items": [{"question_id": "1.01", "order": [1, 0], "rights": []}]}'
    """
    return json.dumps(asdict(form), ensure_ascii=False)


def from_json(text: str) -> Form:
    """Read a form that `to_json` wrote.

    Parameters
    ----------
    text : str
        Its JSON.

    Returns
    -------
    Form
        The same form.

    Raises
    ------
    DataError
        If it is not such a text.
    """
    try:
        table = json.loads(text)
        items = tuple(_read_item(each) for each in table["items"])
        form = Form(table["quiz"], table["learner"], items)
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"This is not the JSON of a form: {text[:80]!r}.") from error
    if json.loads(to_json(form)) != table:
        raise DataError(f"This is not the JSON of a form: {text[:80]!r}.")
    return form


def _read_item(table: dict[str, Any]) -> Item:
    return Item(table["question_id"], tuple(table["order"]), tuple(table["rights"]))


def _require(bank: Bank, learner: str, *, secret: bytes, size: int) -> None:
    if len(secret) < _SHORTEST_SECRET:
        raise DataError(f"The secret has {len(secret)} bytes; a draw needs at least {_SHORTEST_SECRET}.")
    if not learner.strip():
        raise DataError(f"{bank.path}: a draw needs the name of a learner, got: {learner!r}.")
    if not 0 < size <= len(bank.questions):
        raise DataError(f"{bank.path} has {len(bank.questions)} questions; {size} cannot be drawn from it.")


def _mixed(questions: list[Question], chance: Iterator[int], *, size: int) -> list[Question]:
    by_outcome = defaultdict(list)
    for question in questions:
        by_outcome[question.outcome].append(question)
    quota = _quota({outcome: len(group) for outcome, group in sorted(by_outcome.items())}, size)
    everywhere = Counter(trait for question in questions for trait in _traits(question))
    best, least = questions[:0], None
    for _ in range(_TRIES):
        form = [each for outcome in quota for each in _shuffled(by_outcome[outcome], chance)[: quota[outcome]]]
        off = _off(form, everywhere, len(questions))
        if least is None or off < least:
            best, least = form, off
        if not off:
            break
    return _shuffled(best, chance)


def _quota(groups: dict[str, int], size: int) -> dict[str, int]:
    total = sum(groups.values())
    exact = {name: Fraction(size * count, total) for name, count in groups.items()}
    quota = {name: int(share) for name, share in exact.items()}
    # every learner gets the same numbers, so ties are decided by name, not by chance
    for name in sorted(groups, key=lambda each: (quota[each] - exact[each], each))[: size - sum(quota.values())]:
        quota[name] += 1
    for name in [each for each in quota if not quota[each]]:
        giver = max(quota, key=lambda each: (quota[each] - exact[each] if quota[each] > 1 else -size, each))
        if quota[giver] > 1:
            quota[giver] -= 1
            quota[name] = 1
    return quota


def _traits(question: Question) -> tuple[tuple[str, str | int], ...]:
    return (("kind", question.kind), ("difficulty", question.difficulty), ("chapter", question.chapter))


def _off(form: list[Question], everywhere: Counter[tuple[str, str | int]], total: int) -> int:
    """Return how far traits are beyond one and a half from their share, in half parts of `total`: a whole number."""
    counts = Counter(trait for question in form for trait in _traits(question))
    apart = (2 * abs(counts[trait] * total - len(form) * count) for trait, count in everywhere.items())
    # with one, a share of 3.1 would allow 3 and 4, and questions of this trait would be drawn too often
    return sum(max(0, each - 3 * total) for each in apart)


def _item(question: Question, secret: bytes, quiz: str, learner: str) -> Item:
    # chance of its own for each question: an option that is added to one leaves the others as they are
    chance = _chance(secret, "options", quiz, learner, question.id)
    if question.kind == "matching":
        lefts = _shuffled(range(len(question.pairs)), chance)
        return Item(question.id, tuple(lefts), tuple(_shuffled(range(len(rights_of(question))), chance)))
    order = range(len(question.options))
    # "True" is always the first of the two: nobody gains from a page where it moves
    return Item(question.id, tuple(order if question.kind == "true_false" else _shuffled(order, chance)))


def _permutes(order: Sequence[int], things: Sequence[object]) -> bool:
    return sorted(order) == list(range(len(things)))


def _shuffled(things: Sequence[T], chance: Iterator[int]) -> list[T]:
    shuffled = list(things)
    for last in range(len(shuffled) - 1, 0, -1):
        other = _below(last + 1, chance)
        shuffled[last], shuffled[other] = shuffled[other], shuffled[last]
    return shuffled


def _below(limit: int, chance: Iterator[int]) -> int:
    fair = 2**64 - 2**64 % limit  # a number above it would favour the small remainders
    return next(number for number in chance if number < fair) % limit


def _chance(secret: bytes, *words: str) -> Iterator[int]:
    block = 0
    while True:
        message = json.dumps([*words, block]).encode()  # JSON keeps "a", "bc" apart from "ab", "c"
        digest = hmac.digest(secret, message, "sha256")
        yield from (int.from_bytes(digest[start : start + 8], "big") for start in range(0, 32, 8))
        block += 1
