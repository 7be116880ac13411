"""Whether a bank is good enough to be used: its questions one by one, their balance, and what is asked twice.

Every threshold has its reason beside it. They are wide enough for a good bank of 24 to 40 questions to pass, and narrow
enough that nobody gains from a habit such as "the longest one".
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, product

from ..curriculum import Curriculum
from .bank import DIFFICULTIES, KINDS, Bank, Question, rights_of
from .check_question import check_question, length

__all__ = ["check", "check_between"]

FEWEST = 24  # ten are drawn: with fewer, two neighbours have half of them in common
FEWEST_OF_A_KIND = 3  # one of ten is then of this kind
FEWEST_OUTCOMES = 3  # a quiz about one outcome says little about the course
FEWEST_OF_AN_OUTCOME = 3  # an outcome's only question would be in every form, and soon be known
MOST_OF_A_DIFFICULTY = 0.6  # a quiz of easy questions tells nobody apart
POSITION = (0.15, 0.40)  # of four positions each has a quarter; a bank of 12 may stray by two
LONGEST = 0.40  # of four options the right one is the longest by chance in a quarter of the questions
LONGER_ON_AVERAGE = 0.75  # by chance in half of them
ALL_RIGHT = 1 / 3  # of the selections
TRUE = (0.4, 0.6)  # of the true/false questions
SAME = 0.75  # of the words in common: it is the same question with another name in it


def check(bank: Bank, curriculum: Curriculum) -> list[str]:
    """List what is wrong with a bank.

    Parameters
    ----------
    bank : Bank
        A bank as it was read.
    curriculum : Curriculum
        Which outcomes and chapters there are, and which session teaches a chapter.

    Returns
    -------
    list of str
        Each with its file, question, and fix; empty if the bank is good.
    """
    name, found = bank.path.name, []
    for question in bank.questions:
        for problem, fix in (*_placed(bank, question, curriculum), *check_question(question)):
            found.append(f"{name}, {question.id}: {problem}. Fix: {fix}")
    for rule in _BALANCES:
        found += [f"{name}: {problem}. Fix: {fix}" for problem, fix in rule(bank)]
    return found + list(_alike(combinations([_Asked(bank, question) for question in bank.questions], 2)))


def check_between(banks: Sequence[Bank]) -> list[str]:
    """List the questions that two banks both ask.

    Parameters
    ----------
    banks : sequence of Bank
        Banks that the same learners may see.

    Returns
    -------
    list of str
        Each with both places, and a fix.
    """
    asked = [[_Asked(bank, question) for question in bank.questions] for bank in banks]
    return [line for one, other in combinations(asked, 2) for line in _alike(product(one, other))]


class _Asked:
    """A question with its place and its words, which are looked at many times."""

    def __init__(self, bank: Bank, question: Question):
        self.where = f"{bank.path.name}, {question.id}"
        self.plain = _plain(question.text)
        sides = [pair.left for pair in question.pairs]
        texts = [question.text, *(each.text for each in question.options), *sides, *rights_of(question)]
        self.words = frozenset(_plain(" ".join(texts)).split())


def _alike(pairs: Iterable[tuple[_Asked, _Asked]]) -> Iterator[str]:
    for one, other in pairs:
        common = len(one.words & other.words) / (len(one.words | other.words) or 1)
        if one.plain == other.plain or common >= SAME:
            problem = "the same text" if one.plain == other.plain else f"{common:.0%} of the words in common"
            yield f"{one.where} and {other.where}: {problem}. Fix: Drop one, or ask about another case in it."


def _placed(bank: Bank, question: Question, curriculum: Curriculum) -> Iterator[tuple[str, str]]:
    number = int(bank.quiz.removeprefix("quiz_")) if re.fullmatch(r"quiz_\d", bank.quiz) else 0
    chapters = _chapters(curriculum, number)
    outcomes = [outcome.id for outcome in curriculum.outcomes]
    if not re.fullmatch(rf"{number}\.\d\d", question.id):
        yield f"an id of {bank.quiz} is not {question.id!r}", f'Write "{number}.07": the quiz and two digits.'
    if question.outcome not in outcomes:
        yield f"there is no outcome {question.outcome!r}", f"Write one of {', '.join(outcomes)}."
    if question.chapter not in chapters:
        yield f"chapter {question.chapter} is not of the session of {bank.quiz}", f"Write one of {chapters}."
    if question.difficulty not in DIFFICULTIES:
        yield f"there is no difficulty {question.difficulty!r}", f"Write one of {', '.join(DIFFICULTIES)}."


def _chapters(curriculum: Curriculum, number: int) -> list[int]:
    # the seventh meeting has no quiz of its own: what it teaches can be asked in the last one
    sessions = [number, 7] if number == 6 else [number]
    labs = {name for session in curriculum.sessions if session.number in sessions for name in session.labs}
    taught = {chapter.number for chapter in curriculum.chapters if chapter.session in sessions}
    return sorted(taught.union(*(lab.chapters for lab in curriculum.labs if lab.name in labs)))


def _names(bank: Bank) -> Iterator[tuple[str, str]]:
    if not re.fullmatch(r"quiz_[1-6]", bank.quiz) or bank.path.stem != bank.quiz:
        yield f"it is the bank of {bank.quiz!r}", 'Write quiz = "quiz_1" to "quiz_6", and name the file like it.'
    for name, count in Counter(question.id for question in bank.questions).items():
        if count > 1:
            yield f"{count} questions have the id {name}", "Give each an id that was never used."


def _sizes(bank: Bank) -> Iterator[tuple[str, str]]:
    total = len(bank.questions)
    if total < FEWEST:
        yield f"{total} questions", f"Write at least {FEWEST}."
    kinds = Counter(question.kind for question in bank.questions)
    for kind in KINDS:
        if kinds[kind] < FEWEST_OF_A_KIND:
            yield f"{kinds[kind]} of kind {kind}", f"Write at least {FEWEST_OF_A_KIND} of each kind."
    for difficulty, count in Counter(question.difficulty for question in bank.questions).items():
        if count > MOST_OF_A_DIFFICULTY * total:
            yield f"{count} of {total} are {difficulty}", f"At most {MOST_OF_A_DIFFICULTY:.0%} are of one difficulty."


def _outcomes(bank: Bank) -> Iterator[tuple[str, str]]:
    outcomes = Counter(question.outcome for question in bank.questions)
    if len(outcomes) < FEWEST_OUTCOMES:
        yield f"its questions belong to {len(outcomes)} outcomes", f"Ask about at least {FEWEST_OUTCOMES}."
    for outcome, count in sorted(outcomes.items()):
        if count < FEWEST_OF_AN_OUTCOME:
            yield f"{count} of outcome {outcome}", f"Write at least {FEWEST_OF_AN_OUTCOME} for each outcome, or none."


def _keys(bank: Bank) -> Iterator[tuple[str, str]]:
    told = _of(bank, "true_false")
    true = sum(option.right for question in told for option in question.options[:1])
    # one more or less is no habit where few are asked
    if told and not TRUE[0] * len(told) - 0.5 <= true <= TRUE[1] * len(told) + 0.5:
        yield f"{true} of {len(told)} true/false statements are true", "Let about half of them be true."
    choices = [
        question for question in _of(bank, "multiple_choice") if sum(each.right for each in question.options) == 1
    ]
    at = Counter(next(n for n, each in enumerate(question.options) if each.right) for question in choices)
    for position in range(max((len(question.options) for question in choices), default=0)):
        having = sum(len(question.options) > position for question in choices)
        low, high = math.floor(POSITION[0] * having), math.ceil(POSITION[1] * having)
        if not low <= at[position] <= high:
            yield (
                f"in {at[position]} of {having} multiple-choice questions the right option is number {position + 1}",
                f"Move options so that it is in {low} to {high} of them.",
            )


def _lengths(bank: Bank) -> Iterator[tuple[str, str]]:
    choices = _of(bank, "multiple_choice")
    for name, signed in (("longest", 1), ("shortest", -1)):
        count = sum(_sticks_out(question, signed) for question in choices)
        if count > math.ceil(LONGEST * len(choices)):
            yield (
                f"in {count} of {len(choices)} multiple-choice questions the right option is the {name}",
                f"Reword options until it is so in {LONGEST:.0%} at most.",
            )
    mixed = [question for question in _of(bank, "selection") if len({each.right for each in question.options}) == 2]
    for name, signed in (("longer", 1), ("shorter", -1)):
        count = sum(_mean(question, right=True) * signed > _mean(question, right=False) * signed for question in mixed)
        if count > math.ceil(LONGER_ON_AVERAGE * len(mixed)):
            yield (
                f"in {count} of {len(mixed)} selections the right options are {name} on average",
                f"Reword options until it is so in {LONGER_ON_AVERAGE:.0%} at most.",
            )


def _selections(bank: Bank) -> Iterator[tuple[str, str]]:
    counts = [
        (sum(each.right for each in question.options), len(question.options)) for question in _of(bank, "selection")
    ]
    if len(counts) > 1 and len({right for right, _ in counts}) == 1:
        yield f"every selection has {counts[0][0]} right options", "Let the number vary from question to question."
    every = sum(right == total for right, total in counts)
    if every > math.ceil(ALL_RIGHT * len(counts)):
        yield f"in {every} of {len(counts)} selections everything is right", "Let that be rare."


_BALANCES: tuple[Callable[[Bank], Iterator[tuple[str, str]]], ...] = (
    _names,
    _sizes,
    _outcomes,
    _keys,
    _lengths,
    _selections,
)


def _of(bank: Bank, kind: str) -> list[Question]:
    return [question for question in bank.questions if question.kind == kind]


def _sticks_out(question: Question, signed: int) -> bool:
    right = [signed * length(each.text) for each in question.options if each.right]
    wrong = [signed * length(each.text) for each in question.options if not each.right]
    return bool(right and wrong) and max(right) > max(wrong)


def _mean(question: Question, *, right: bool) -> float:
    lengths = [length(each.text) for each in question.options if each.right == right]
    return sum(lengths) / len(lengths)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
