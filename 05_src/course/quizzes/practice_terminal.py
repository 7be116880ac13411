"""Questions to practise on in a terminal: numbers to type, and an explanation after each answer."""

import re
from fractions import Fraction
from string import ascii_lowercase
from typing import TextIO

from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

from mlsd.errors import DataError

from .bank import Bank, Question, find
from .draw import Form, Item, Shown, shown
from .marking import ChoiceRow, PairRow, explain, mark
from .markup import as_plain

__all__ = ["ask", "read_answer"]

_HOW = {
    "true_false": "Type 1 or 2",
    "multiple_choice": "Type one number",
    "selection": "Type all numbers that are right, such as 1 3",
    "matching": "Type a letter for each number, such as 1b 2a",
}


def ask(bank: Bank, form: Form, console: Console, *, typed: TextIO | None = None) -> bool:
    """Ask question after question, explain each, and tell the score at the end.

    Parameters
    ----------
    bank : Bank
        The questions with their key.
    form : Form
        Which of them, and in which order.
    console : Console
        Where it is shown.
    typed : file, optional
        Where answers come from; by default the keyboard.

    Returns
    -------
    bool
        False if somebody stopped before the end, with Ctrl-C or Ctrl-D.
    """
    console.print(Text(f"{bank.title}: {len(form.items)} questions. Ctrl-C ends it."), soft_wrap=True)
    marks: list[Fraction] = []
    try:
        for number, item in enumerate(form.items, 1):
            marks.append(_one(find(bank, item.question_id), item, number, console, typed))
    except (KeyboardInterrupt, EOFError):
        console.print()
    if marks:
        console.print(f"{float(sum(marks)):.3g} of {len(marks)} points.")
    console.print("That was all." if len(marks) == len(form.items) else "You stopped. Come back when you like.")
    return len(marks) == len(form.items)


def read_answer(question: Question, text: str) -> list[int] | dict[int, int]:
    """Read what was typed; whether there are such options, `mark` says.

    Parameters
    ----------
    question : Question
        What was asked.
    text : str
        Such as "1 3", or "1b 2a" for matching.

    Returns
    -------
    list of int or dict
        Shown positions from 0, as `mark` takes them.

    Raises
    ------
    DataError
        If it is neither numbers nor pairs.

    Examples
    --------
    >>> read_answer(Question("2.01", "selection", "?", "LO4", 3, "easy"), "1, 3")
    [0, 2]
    >>> read_answer(Question("2.02", "matching", "?", "LO4", 3, "easy"), "1b 2A")
    {0: 1, 1: 0}
    """
    words = re.findall(r"[^\s,;]+", text.lower())
    wanted = r"([1-9]\d?)([a-z])" if question.kind == "matching" else r"([1-9]\d?)()"
    found = [re.fullmatch(wanted, word) for word in words]
    if not all(found):
        raise DataError(f"{_HOW[question.kind]}, got: {text!r}.")
    pairs = [(int(each[1]) - 1, each[2]) for each in found if each]
    if question.kind != "matching":
        return [position for position, _ in pairs]
    if len(dict(pairs)) < len(pairs):
        raise DataError(f"One letter for each number, got: {text!r}.")
    return {left: ascii_lowercase.index(letter) for left, letter in pairs}


def _one(question: Question, item: Item, number: int, console: Console, typed: TextIO | None) -> Fraction:
    console.rule(f"Question {number}", style="none")
    console.print(Markdown(question.text))
    _show(shown(question, item), console)
    while True:
        text = console.input(f"{_HOW[question.kind]}; Enter to leave it out: ", stream=typed)
        if typed is not None and not text:
            raise EOFError
        try:
            answer = read_answer(question, text)
            marked = mark(question, item, answer)
            break
        except DataError:
            console.print(f"That is not one of the answers shown. {_HOW[question.kind]}.", soft_wrap=True)
    _explain(question, item, answer, console)
    console.print({Fraction(0): "No point.", Fraction(1): "Right: 1 point."}.get(marked, f"{marked} of a point."))
    return marked


def _show(seen: Shown, console: Console) -> None:
    console.print()
    for number, option in enumerate(seen.options, 1):
        console.print(Text(f"  {number}  {as_plain(option)}"), soft_wrap=True)
    if seen.rights:
        console.print()
    for letter, right in zip(ascii_lowercase, seen.rights, strict=False):
        console.print(Text(f"  {letter}  {as_plain(right)}"), soft_wrap=True)
    console.print()


def _explain(question: Question, item: Item, answer: list[int] | dict[int, int], console: Console) -> None:
    console.print()
    for row in explain(question, item, answer):
        console.print(Text(_told(row)), soft_wrap=True)
        console.print(Text(f"      {as_plain(row.reason)}", style="dim"), soft_wrap=True)
    console.print()


def _told(row: ChoiceRow | PairRow) -> str:
    if isinstance(row, ChoiceRow):
        return f"  {'right' if row.right else 'wrong'}{', your choice' if row.chosen else ''}: {as_plain(row.text)}"
    yours = "" if row.chosen in (None, row.right) else f" (yours: {as_plain(str(row.chosen))})"
    return f"  {as_plain(row.left)} → {as_plain(row.right)}{yours}"
