"""How questions did: how hard they were, whether they tell who knows more from who knows less, and what was chosen.

===============  ==================================================================================================
difficulty       mean share of the points, 0 to 1; "p" in the textbooks: a high one is an easy question
item_rest        corrected item-total correlation: Pearson's r between the points for the question and the mean of the
                 same learners' points for their other questions
upper_lower      mean share of points in the upper third minus that in the lower third, by the whole mark. Who has the
                 same mark as the last of a third belongs to it, so that no order decides
median_seconds   from the learner's last saved change, or the opening of the page, to the saved change of this question,
                 summed over all its changes. Gaps above 10 minutes count 0; answers saved only with the submission and
                 answers without seconds are left out
===============  ==================================================================================================

Formulas: R. L. Ebel and D. A. Frisbie, Essentials of Educational Measurement (5th ed., 1991); L. J. Cronbach,
"Coefficient alpha and the internal structure of tests", Psychometrika 16 (1951).
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .attempts import Attempt
from .bank import Question, rights_of
from .marking import mark
from .paper import Answer, Sheet

__all__ = ["ItemFacts", "QuizFacts", "alpha", "item_rest", "items", "quiz_facts", "upper_lower"]

_HARD, _EASY, _WEAK = 0.30, 0.98, 0.10


@dataclass(frozen=True)
class ItemFacts:
    """What one question did; None where too few answers, or all the same ones, leave a figure open."""

    question: str
    shown: int
    difficulty: float
    item_rest: float | None
    upper_lower: float | None
    median_seconds: float | None
    chosen: tuple[tuple[str, int], ...]
    flags: tuple[str, ...]


@dataclass(frozen=True)
class QuizFacts:
    """What a quiz did as a whole; `alpha` is a number, or why there is none."""

    attempts: int
    mean: float | None
    median_minutes: float | None
    alpha: float | str


@dataclass(frozen=True)
class _Seen:
    """One question in one attempt: its points and those of the whole and of the others, as shares."""

    sheet: Sheet
    answer: Answer | None
    points: float
    whole: float
    others: float
    seconds: float


def items(attempts: Sequence[Attempt]) -> list[ItemFacts]:
    """Say of each question how it did.

    Parameters
    ----------
    attempts : sequence of Attempt
        Those that can no longer change.

    Returns
    -------
    list of ItemFacts
        By the id of the question.
    """
    by_question: defaultdict[str, list[_Seen]] = defaultdict(list)
    for attempt in attempts:
        for seen in _seen(attempt):
            by_question[seen.sheet.question.id].append(seen)
    return [_item(name, seen) for name, seen in sorted(by_question.items())]


def quiz_facts(attempts: Sequence[Attempt]) -> QuizFacts:
    """Say how a quiz did as a whole.

    Parameters
    ----------
    attempts : sequence of Attempt
        Those that can no longer change.

    Returns
    -------
    QuizFacts
        Mean of 100, and the median minutes from opening to submission of those who submitted.
    """
    wholes = [100 * seen[0].whole for seen in map(_seen, attempts) if seen]
    minutes = [
        (each.submitted_at - each.opened_at).total_seconds() / 60
        for each in attempts
        if each.submitted_at and each.opened_at
    ]
    return QuizFacts(
        len(attempts),
        statistics.fmean(wholes) if wholes else None,
        statistics.median(minutes) if minutes else None,
        _alpha_or_why(attempts),
    )


def item_rest(points: Sequence[float], others: Sequence[float]) -> float | None:
    """Correlate the points for a question with those for the other questions of the same learners.

    Parameters
    ----------
    points : sequence of float
        For the question.
    others : sequence of float
        The means of the others, in the same order.

    Returns
    -------
    float or None
        Pearson's r; None for fewer than three learners, or where all have the same.

    Examples
    --------
    >>> item_rest([1.0, 0.0, 1.0, 0.0], [0.75, 0.25, 0.75, 0.25])
    1.0
    """
    if len(points) < 3 or len(set(points)) < 2 or len(set(others)) < 2:
        return None
    return round(statistics.correlation(points, others), 12)


def upper_lower(points: Sequence[float], wholes: Sequence[float]) -> float | None:
    """Compare the upper third of the learners with the lower third.

    Parameters
    ----------
    points : sequence of float
        For the question.
    wholes : sequence of float
        For the whole quiz, in the same order.

    Returns
    -------
    float or None
        From -1 to 1; None for fewer than three learners.

    Examples
    --------
    >>> upper_lower([1.0, 1.0, 0.5, 0.5, 0.0, 0.5], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    0.75
    """
    third = len(points) // 3
    if not third:
        return None
    ranked = sorted(wholes)
    low, high = ranked[third - 1], ranked[-third]
    upper = [point for point, whole in zip(points, wholes, strict=True) if whole >= high]
    lower = [point for point, whole in zip(points, wholes, strict=True) if whole <= low]
    return round(statistics.fmean(upper) - statistics.fmean(lower), 12)


def alpha(table: Sequence[Sequence[float]]) -> float | None:
    """Cronbach's alpha: k / (k - 1) times (1 - the sum of the questions' variances / the variance of the sums).

    Parameters
    ----------
    table : sequence of sequence of float
        A row of points for each learner, a column for each question.

    Returns
    -------
    float or None
        None for fewer than two learners or questions, or where all have the same sum.

    Examples
    --------
    >>> alpha([[1, 1], [0, 0], [1, 0], [0, 0]])  # 2 * (1 - (1/3 + 1/4) / (11/12))
    0.727272727273
    """
    sums = [sum(row) for row in table]
    many = len(table[0]) if table else 0
    if len(table) < 2 or many < 2 or len(set(sums)) < 2:
        return None
    parts = sum(statistics.variance(column) for column in zip(*table, strict=True))
    return round(many / (many - 1) * (1 - parts / statistics.variance(sums)), 12)


def _alpha_or_why(attempts: Sequence[Attempt]) -> float | str:
    drawn = {frozenset(sheet.question.id for sheet in each.paper) for each in attempts}
    if len(drawn) > 1:
        return "none: it needs learners who answered the same questions, and each got a draw of their own"
    rows = [[seen.points for seen in sorted(_seen(each), key=lambda seen: seen.sheet.question.id)] for each in attempts]
    found = alpha(rows)
    return found if found is not None else "none: too few learners, or all have the same mark"


def _seen(attempt: Attempt) -> list[_Seen]:
    given, saved = attempt.given, attempt.answers
    marks = [mark(sheet.question, sheet.item, given.get(at)) for at, sheet in enumerate(attempt.paper)]
    total, many = sum(marks, Fraction(0)), len(marks)
    return [
        _Seen(
            sheet,
            given.get(at),
            float(marks[at]),
            float(total / many),
            float((total - marks[at]) / max(many - 1, 1)),
            saved[at].seconds if at in saved else 0.0,
        )
        for at, sheet in enumerate(attempt.paper)
    ]


def _item(name: str, seen: list[_Seen]) -> ItemFacts:
    points = [each.points for each in seen]
    difficulty = statistics.fmean(points)
    r = item_rest(points, [each.others for each in seen])
    seconds = [each.seconds for each in seen if each.seconds]
    flags = [
        *(["hard"] if difficulty < _HARD else []),
        *(["easy"] if difficulty > _EASY else []),
        *(["tells little apart"] if r is not None and r < _WEAK else []),
    ]
    return ItemFacts(
        name,
        len(seen),
        difficulty,
        r,
        upper_lower(points, [each.whole for each in seen]),
        statistics.median(seconds) if seconds else None,
        _chosen(seen),
        tuple(flags),
    )


def _chosen(seen: list[_Seen]) -> tuple[tuple[str, int], ...]:
    """How often each option was chosen, in the order of the bank; an edited option stands beside its older text."""
    counted: Counter[str] = Counter()
    for each in seen:
        question, item, answer = each.sheet.question, each.sheet.item, each.answer
        counted.update(dict.fromkeys(_all_choices(question), 0))
        if isinstance(answer, dict):
            pairs = ((item.order[int(left)], item.rights[right]) for left, right in answer.items())
            counted.update(f"{question.pairs[left].left} = {rights_of(question)[right]}" for left, right in pairs)
        else:
            counted.update(question.options[item.order[position]].text for position in answer or ())
    return tuple(counted.items())


def _all_choices(question: Question) -> list[str]:
    pairs = [f"{pair.left} = {pair.right}" for pair in question.pairs]
    return pairs + [option.text for option in question.options]
