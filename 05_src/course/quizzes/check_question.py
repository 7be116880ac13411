"""What can be wrong with one question: its key, its reasons, and what gives the key away."""

import re
from collections.abc import Callable, Iterator

from .bank import Option, Question, rights_of
from .markup import as_plain, has_html, prose

__all__ = ["check_question", "length"]

Finding = tuple[str, str]  # what is wrong, and the fix

LONGER = 1.25  # from a quarter more on, people who know nothing pick the longest option
NOTICED = 10  # characters; below it, "12" beside "7" would count as long
FEWEST_WORDS = 4  # a reason in three words names no reason
CHOICES = range(3, 7)  # with two it is a coin, with seven it is a test of patience
FEWEST_PAIRS = 3  # Moodle imports no fewer

_LETTERS = r"[A-F](\s*,\s*[A-F])*,?\s+(and|or|nor)\s+[A-F]"
_CATCH_ALL = re.compile(
    r"\b(all|none|both|neither|any)\s+of\s+(the\s+|these\s+)?(above|below|others?|options|answers)\b"
    r"|^(all|none|both|neither|any)\s+of\s+(these|those|them)\W*$"
    rf"|^(both|only|neither|either)?\s*{_LETTERS}(\s+(is|are)\s+(right|correct|true|wrong|false))?\W*$",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"\b(not|never|cannot|except|isn't|aren't|doesn't|don't|can't|won't)\b", re.IGNORECASE)


def check_question(question: Question) -> Iterator[Finding]:
    """Yield what is wrong with one question, whatever bank it is in.

    Parameters
    ----------
    question : Question
        A question as it was read.

    Yields
    ------
    tuple of str
        The problem, and its fix.

    Examples
    --------
    >>> both = (Option("True", True, "A file is written once."), Option("False", True, "It can be appended to."))
    >>> question = Question("2.01", "true_false", "Parquet files are never changed.", "LO4", 3, "easy", both)
    >>> for problem, fix in check_question(question):
    ...     print(problem)
    2 right options
    "never" stands in what is asked, and not in bold
    """
    yield from _KEYS[question.kind](question)
    yield from _texts(question)
    yield from _reasons(question)
    yield from _options(question)
    yield from _negative(question)


def length(text: str) -> int:
    """Return how long a text looks: its characters without the signs of Markdown.

    Parameters
    ----------
    text : str
        Markdown of one line.

    Returns
    -------
    int
        A number of characters.

    Examples
    --------
    >>> length("the **last** `row`")
    12
    """
    return len(re.sub(r"[`*]", "", text))


def _true_false(question: Question) -> Iterator[Finding]:
    texts = [option.text for option in question.options]
    if texts != ["True", "False"]:
        yield f"the options are {texts}", 'Write two options, "True" and then "False".'
    yield from _one_right(question)


def _multiple_choice(question: Question) -> Iterator[Finding]:
    yield from _number(question)
    yield from _one_right(question)
    right = [length(option.text) for option in question.options if option.right]
    wrong = [length(option.text) for option in question.options if not option.right]
    if right and wrong and _stands_out(min(right), max(wrong)):
        yield (
            f"the right option has {min(right)} characters, the longest wrong one {max(wrong)}",
            "Shorten the right one, or make a wrong one as exact.",
        )


def _selection(question: Question) -> Iterator[Finding]:
    yield from _number(question)
    right = [length(option.text) for option in question.options if option.right]
    wrong = [length(option.text) for option in question.options if not option.right]
    if "choose all" not in _fold(as_plain(question.text)):
        yield "the text does not say that several can be right", 'End it with "Choose all that are right."'
    if not right:
        yield "no right option", "A selection has one or more: mark them with `right = true`."
    if right and wrong and _stands_out(min(right), max(wrong)):
        yield "each right option is longer than all wrong ones", "Shorten the right ones, or make wrong ones as exact."
    if right and wrong and _stands_out(min(wrong), max(right)):
        yield (
            "each right option is shorter than all wrong ones",
            "Shorten the wrong ones, or say the right ones exactly.",
        )


def _matching(question: Question) -> Iterator[Finding]:
    lefts, rights = [pair.left for pair in question.pairs], rights_of(question)
    if len(lefts) < FEWEST_PAIRS:
        yield f"{len(lefts)} pairs", f"Write at least {FEWEST_PAIRS}: learning systems import no fewer."
    for side, texts in (("left", lefts), ("right", rights)):
        if twice := _twice(texts):
            yield f"the {side} side {twice!r} stands there twice", "Each side belongs to one other: make them differ."
    if any(option.right for option in question.extra):
        yield "an extra right side is marked as right", "Extra ones belong nowhere: remove `right`, or make it a pair."


_KEYS: dict[str, Callable[[Question], Iterator[Finding]]] = {
    "true_false": _true_false,
    "multiple_choice": _multiple_choice,
    "selection": _selection,
    "matching": _matching,
}


def _number(question: Question) -> Iterator[Finding]:
    if len(question.options) not in CHOICES:
        yield f"{len(question.options)} options", f"Write {CHOICES[0]} to {CHOICES[-1]}."


def _one_right(question: Question) -> Iterator[Finding]:
    right = sum(option.right for option in question.options)
    if right != 1:
        yield f"{right} right options", "Mark exactly one with `right = true`, or make it a selection."


def _stands_out(one: int, other: int) -> bool:
    return one > LONGER * other and one - other >= NOTICED


def _parts(question: Question) -> list[tuple[str, str]]:
    parts = [(option.text, option.reason) for option in (*question.options, *question.extra)]
    return parts + [(f"{pair.left} / {pair.right}", pair.reason) for pair in question.pairs]


def _texts(question: Question) -> Iterator[Finding]:
    sides = [side for pair in question.pairs for side in (pair.left, pair.right)]
    texts = [question.text, *(option.text for option in (*question.options, *question.extra)), *sides]
    if not all(texts):
        yield "an empty text", "Write what is asked and what can be chosen."
    for text in (*texts, *(reason for _, reason in _parts(question))):
        if has_html(text):
            yield f"HTML in {text[:40]!r}, which pages show as it is written", "Put code into backticks."


def _reasons(question: Question) -> Iterator[Finding]:
    parts = _parts(question)
    for text, reason in parts:
        if len(re.findall(r"\w+", reason)) < FEWEST_WORDS:
            yield f"{text!r} has no reason but {reason!r}", "Say why it is right, or what one must think to choose it."
    if twice := _twice([reason for _, reason in parts if reason]):
        yield f"two options have the reason {twice!r}", "Each wrong option is wrong in its own way: say which."


def _options(question: Question) -> Iterator[Finding]:
    options: tuple[Option, ...] = (*question.options, *question.extra)
    for option in options:
        if _CATCH_ALL.search(option.text):
            yield (
                f"{option.text!r} is an option about other options",
                "Options are shuffled, and such ones can be guessed: write one of its own, or make it a selection.",
            )
    if twice := _twice([option.text for option in question.options]):
        yield f"the option {twice!r} stands there twice", "Make two options differ by more than signs."


def _twice(texts: list[str] | tuple[str, ...]) -> str | None:
    folded = [_fold(text) for text in texts]
    return next((text for text, each in zip(texts, folded, strict=True) if folded.count(each) > 1), None)


def _fold(text: str) -> str:
    # in code, case and signs make the difference; in prose they make none
    return text.strip() if "`" in text else " ".join(text.lower().split()).strip(" .,;:!?")


def _negative(question: Question) -> Iterator[Finding]:
    # in a story before the question a "not" is harmless; in what is asked it is easily passed over
    sentences = re.split(r"(?<=[.?!:])\s+", prose(question.text))
    asked = sentences if question.kind == "true_false" else [each for each in sentences if each.endswith("?")]
    if found := next(filter(None, map(_NEGATIVE.search, asked)), None):
        yield (
            f'"{found[0]}" stands in what is asked, and not in bold',
            f"Write **{found[0]}**, or ask it the other way.",
        )
