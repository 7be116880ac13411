"""Quiz scores as learning systems export them: a column for each quiz, or a row for each score."""

import re
from dataclasses import dataclass
from fractions import Fraction

from .people import Roster, maxima, name_rows
from .rule import QUIZZES, read_number, shown
from .tables import Findings, Row, Table, fold, heading, one_column

__all__ = ["MOST", "Item", "Scores", "is_long", "items", "mean_only", "quiz_number", "read_score", "read_scores"]

Scores = dict[str, dict[int, Fraction]]

_NOT_TAKEN = ("", "-", "–", "—", "n/a", "not taken")
_QUIZ = re.compile(r"(?:quiz ?: ?)?(?:quiz|q) ?[#:.]? ?0*([0-9]{1,3})\b(.*)")
_NOT_A_SCORE = re.compile(
    r"\b(letter|feedback|comments?|date|time|attempts?|submitted|status|late|rank|max(imum)?\s*$)"
)
_NUMBER = r"([0-9]+(?:[.,][0-9]+)?)"
MOST = re.compile(
    rf"(?:/|out of|max\w*|total pts|up to) ?:? ?{_NUMBER}|{_NUMBER} ?(?:points?|pts?|marks?)\b|\[{_NUMBER}\]"
)
_QUIZ_NAMES = ("quiz", "quiz name", "item", "assessment")
_SCORE_NAMES = ("score", "grade", "points", "mark", "percentage", "percent", "result")
_MOST_NAMES = ("maximum", "max", "out of", "points possible", "max points")
_MEAN_NAMES = ("quizzes", "quiz mean", "mean quiz score")


@dataclass(frozen=True)
class Item:
    """A column that holds the marks of one quiz or assignment, and the most that can be earned, if it says so."""

    number: int
    at: int
    most: Fraction | None
    percent: bool


def read_scores(table: Table, roster: Roster | None, found: Findings) -> Scores:
    """Scores of each learner by quiz, 0 to 100; a quiz that was not taken is not there.

    Parameters
    ----------
    table : Table
        Wide (``learner``, ``quiz_1`` … or what an export calls them) or long (``learner``, ``quiz``, ``score``).
    roster : Roster or None
        Who may stand in it; None when that could not be read.
    found : Findings
        Takes every row that cannot be used.

    Returns
    -------
    dict of str to dict of int to Fraction
        By learner, then by the quiz's number.
    """
    scores = _long(table, roster, found) if is_long(table) else _wide(table, roster, found)
    best = max((score for taken in scores.values() for score in taken.values()), default=Fraction(0))
    if 0 < best <= 20:
        found.notes.append(
            f"The highest quiz score in {table.path} is {shown(best)} of 100. If the quizzes have another maximum, "
            "put it into the header, such as 'Quiz 1 (10 points)'."
        )
    return scores


def is_long(table: Table) -> bool:
    """Whether each row holds one score, and a column says of which quiz."""
    headings = [heading(column) for column in table.columns]
    return any(name in headings for name in _QUIZ_NAMES) and not any(map(_QUIZ.fullmatch, headings))


def mean_only(table: Table) -> bool:
    """Whether a table has the mean of the six quizzes and no column or row for each."""
    headings = [heading(column) for column in table.columns]
    return (
        any(name in headings for name in _MEAN_NAMES) and not any(map(_QUIZ.fullmatch, headings)) and not is_long(table)
    )


def items(table: Table, pattern: re.Pattern[str]) -> list[Item]:
    """Columns whose heading is a numbered quiz or assignment, with the most that can be earned."""
    top = maxima(table)
    matches = [(at, pattern.fullmatch(heading(column))) for at, column in enumerate(table.columns)]
    return [
        Item(
            int(match[1]), at, _most(match[2], top.cells[at] if top else None), "percent" in match[2] or "%" in match[2]
        )
        for at, match in matches
        if match and not _NOT_A_SCORE.search(match[2])
    ]


def quiz_number(text: str) -> int:
    """1 to 6 out of ``quiz_1``, ``Quiz 1`` or ``1``; a ValueError for anything else."""
    name = heading(text)
    match = _QUIZ.fullmatch(name) or re.fullmatch("0*([0-9]{1,3})", name)
    if not match or not 1 <= int(match[1]) <= QUIZZES:
        raise ValueError(f"is no quiz; allowed are quiz_1 to quiz_{QUIZZES}")
    return int(match[1])


def read_score(text: str, most: Fraction | None, *, decimal_comma: bool) -> Fraction | None:
    """A score from 0 to 100: ``80``, ``80 %``, ``8/10``, or points of the most that can be earned; None: not taken.

    Raises
    ------
    ValueError
        If it is no number, or below 0 or above the most.

    Examples
    --------
    >>> read_score("8/10", None, decimal_comma=False), read_score("8", Fraction(10), decimal_comma=False)
    (Fraction(80, 1), Fraction(80, 1))
    """
    text = fold(text)
    if text in _NOT_TAKEN:
        return None
    most = most or Fraction(100)
    earned, slash, of = text.partition("/")
    if slash:
        most = read_number(of.strip(), decimal_comma=decimal_comma)
    elif text.endswith("%"):
        earned, most = text[:-1], Fraction(100)
    number = read_number(earned.strip(), decimal_comma=decimal_comma)
    if most <= 0 or not 0 <= number <= most:
        raise ValueError(f"is out of range; allowed is 0 to {shown(most) if most > 0 else 'a maximum above 0'}")
    return number / most * 100


def _wide(table: Table, roster: Roster | None, found: Findings) -> Scores:
    columns = _quiz_columns(table, found)
    rows = name_rows(table, roster, found, once=True)
    return {name: _row_scores(table, row, columns, found) for row, name in rows}


def _row_scores(table: Table, row: Row, columns: dict[int, Item], found: Findings) -> dict[int, Fraction]:
    scores = {}
    for number, column in columns.items():
        score = _cell_score(table, row, column.at, column.most, found)
        if score is not None:
            scores[number] = score
    return scores


def _cell_score(table: Table, row: Row, at: int, most: Fraction | None, found: Findings) -> Fraction | None:
    try:
        return read_score(row.cells[at], most, decimal_comma=table.decimal_comma)
    except ValueError as error:
        allowed = (
            "" if "allowed" in str(error) else f"; allowed is 0 to {shown(most or Fraction(100))}, 80 %, 8/10 or -"
        )
        found.problems.append(f"{table.at(row, at)} {error}{allowed}.")
        return None


def _quiz_columns(table: Table, found: Findings) -> dict[int, Item]:
    """The column of each quiz. Where a quiz has points and a percentage, the percentage needs no maximum."""
    columns = items(table, _QUIZ)
    if mean_only(table):
        mean = one_column(table, _MEAN_NAMES, found) or 0
        return {number: Item(number, mean, None, False) for number in range(1, QUIZZES + 1)}
    chosen: dict[int, Item] = {}
    for number in sorted({column.number for column in columns} | set(range(1, QUIZZES + 1))):
        same = [column for column in columns if column.number == number]
        same = [column for column in same if column.percent] or same
        names = [table.columns[column.at] for column in same]
        if not 1 <= number <= QUIZZES:
            found.problems.append(f"{table.path}, column {names[0]!r}: the course has quizzes 1 to {QUIZZES}.")
        elif len(same) > 1:
            found.problems.append(f"{table.path}: columns {names} all hold quiz {number}; keep one.")
        elif same:
            chosen[number] = same[0]
    missing = [
        f"quiz_{number}" for number in range(1, QUIZZES + 1) if number not in {column.number for column in columns}
    ]
    if missing:
        found.problems.append(f"{table.path} has no column for {', '.join(missing)}. It has: {list(table.columns)}.")
    return chosen


def _long(table: Table, roster: Roster | None, found: Findings) -> Scores:
    quiz, score = one_column(table, _QUIZ_NAMES, found), one_column(table, _SCORE_NAMES, found)
    most_at = one_column(table, _MOST_NAMES, found, needed=False)
    scores: Scores = {}
    seen: dict[tuple[str, int], Row] = {}
    for row, name in name_rows(table, roster, found, once=False):
        number = _row_quiz(table, row, quiz, found)
        if number is None or score is None or quiz is None:
            continue
        first = seen.setdefault((name, number), row)
        if first is not row:
            found.problems.append(f"{table.at(row, quiz)} of {name!r} stands in row {first.line} too; once is allowed.")
            continue
        most = None if most_at is None else _cell_number(table, row, most_at, found)
        earned = _cell_score(table, row, score, most, found)
        scores.setdefault(name, {}).update({} if earned is None else {number: earned})
    unseen = sorted(set(range(1, QUIZZES + 1)) - {number for _, number in seen})
    if seen and unseen:
        found.notes.append(f"{table.path}: nobody has a score for quiz {', '.join(map(str, unseen))}: 0 for all.")
    return scores


def _row_quiz(table: Table, row: Row, at: int | None, found: Findings) -> int | None:
    try:
        return None if at is None else quiz_number(row.cells[at])
    except ValueError as error:
        found.problems.append(f"{table.at(row, at or 0)} {error}.")
        return None


def _cell_number(table: Table, row: Row, at: int, found: Findings) -> Fraction | None:
    try:
        return read_number(row.cells[at].strip(), decimal_comma=table.decimal_comma)
    except ValueError as error:
        found.problems.append(f"{table.at(row, at)} {error}; allowed is the highest possible score.")
        return None


def _most(rest: str, top: str | None) -> Fraction | None:
    match = MOST.search(rest)
    told = next((part for part in match.groups() if part), "") if match else (top or "").strip()
    try:
        return read_number(told, decimal_comma=True) or None
    except ValueError:  # "(read only)", or nothing
        return None
