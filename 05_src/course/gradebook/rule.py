"""The course's rule for the final mark, in exact fractions."""

import re
from collections.abc import Sequence
from fractions import Fraction

__all__ = ["ASSIGNMENTS", "PASS_FROM", "POINTS", "QUIZZES", "final_mark", "passes", "read_number", "shown"]

QUIZZES = 6
ASSIGNMENTS = ("assignment_1", "assignment_2")
PASS_FROM = 60
POINTS = {"Complete": 100, "Incomplete": 50, "Missing": 0}
_DIGITS = 4


def final_mark(scores: Sequence[Fraction | int], assignment_1: str, assignment_2: str) -> Fraction:
    """0.6 × the mean of six quiz scores + 0.2 × each assignment's points, exactly.

    Parameters
    ----------
    scores : sequence of Fraction or int
        Quiz scores from 0 to 100. The mean is over six, so one that is not there counts 0.
    assignment_1, assignment_2 : str
        ``"Complete"`` (100), ``"Incomplete"`` (50) or ``"Missing"`` (0).

    Returns
    -------
    Fraction
        From 0 to 100.

    Examples
    --------
    >>> final_mark([80] * 6, "Complete", "Incomplete"), final_mark([80] * 6, "Incomplete", "Missing")
    (Fraction(78, 1), Fraction(58, 1))
    """
    quizzes = Fraction(sum(scores)) / QUIZZES
    return quizzes * Fraction(6, 10) + Fraction(2, 10) * (POINTS[assignment_1] + POINTS[assignment_2])


def passes(final: Fraction) -> bool:
    """Whether a final mark passes: from exactly 60.

    Parameters
    ----------
    final : Fraction
        The exact mark, not a rounded one.

    Returns
    -------
    bool
        True from 60.

    Examples
    --------
    >>> passes(Fraction(60)), passes(Fraction(59_999_999, 1_000_000))
    (True, False)
    """
    return final >= PASS_FROM


def shown(number: Fraction) -> str:
    """A mark for people: rounded down to four decimals, so that no fail reads 60.

    Parameters
    ----------
    number : Fraction
        0 or more.

    Returns
    -------
    str
        Without zeros at its end.

    Examples
    --------
    >>> shown(Fraction(78)), shown(Fraction(599999999, 10_000_000)), shown(Fraction(125, 2))
    ('78', '59.9999', '62.5')
    """
    whole, rest = divmod(int(number * 10**_DIGITS), 10**_DIGITS)
    return f"{whole}.{rest:0{_DIGITS}}".rstrip("0").rstrip(".")


def read_number(text: str, *, decimal_comma: bool = False) -> Fraction:
    """A number as people type it, exactly.

    Parameters
    ----------
    text : str
        Digits, perhaps with a sign and decimals.
    decimal_comma : bool
        Whether ``80,5`` means eighty and a half.

    Returns
    -------
    Fraction
        The number.

    Raises
    ------
    ValueError
        If it is no number.

    Examples
    --------
    >>> read_number("80,5", decimal_comma=True)
    Fraction(161, 2)
    """
    plain = text.replace(",", ".") if decimal_comma and text.count(",") == 1 and "." not in text else text
    if len(plain) > 40 or not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", plain):
        raise ValueError("is not a number")
    return Fraction(plain)
