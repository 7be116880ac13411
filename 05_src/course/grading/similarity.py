"""Which answers are alike: a list for a person to look at, never a verdict.

Answers are compared without the starter, offline. Code counts without names, values, comments and layout, so that new
names for variables hide nothing; words count as they are. What many have in common, and what is very short, does not
count: there are few ways to write it. Two people who worked together, a lab, a book or a chat window also make answers
alike.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mlsd.errors import DataError

from .fingerprints import Answer, answers
from .names import printable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LINE", "similar", "similar_text"]

LINE = 0.5
SHARE = 0.2
FEWEST = 10
NOTE = (
    "This list is for a person to look at, not a verdict. Answers can be alike for good reasons: few ways to solve a\n"
    "task, a lab, a book, work in pairs where it is allowed. Read both notebooks before you say anything to anybody."
)


def similar(
    notebooks: Mapping[str, Any], starter: Any, *, line: float = LINE, share: float = SHARE, fewest: int = FEWEST
) -> "pd.DataFrame":
    """Pairs of answer cells that are alike, the most alike first.

    Parameters
    ----------
    notebooks : dict
        Each learner's notebook, as JSON gives it, by name. What does not look like a notebook matches nothing.
    starter : dict
        The notebook that everybody began with.
    line : float
        Least similarity to be listed, 0 to 1.
    share : float
        What more than this share of the notebooks (and more than three) have in common does not count, 0 to 1.
    fewest : int
        Cells with fewer fingerprints than this, about 35 tokens of code or 20 words, are too short to compare.

    Returns
    -------
    DataFrame
        A row for each pair: one, other (names), cell_one, cell_other (numbers from 1), similarity (0 to 1: the share of
        the shorter answer that stands in the other too), quote (of what is shared, as `one` wrote it).

    Raises
    ------
    DataError
        If line or share is not from 0 to 1.

    Examples
    --------
    >>> words = "Not necessary: Dask holds all rows of one ticker together, sorted by day, so the window can move "
    >>> words += "along them in there, and only what is asked for has to come back."
    >>> note = {"cells": [{"cell_type": "markdown", "source": words}]}
    >>> similar({"ann": note, "bob": note}, {"cells": []})[["one", "other", "similarity"]].values.tolist()
    [['ann', 'bob', 1.0]]
    """
    import pandas as pd

    for name, value in {"line": line, "share": share}.items():
        if not 0 <= value <= 1:
            raise DataError(f"`{name}` must be from 0 to 1, got: {value}.")
    found = [(name, answer) for name in sorted(notebooks) for answer in answers(notebooks[name], starter)]
    rare = _rare(found, max(share * len(notebooks), 3))
    rows = list[tuple[Any, ...]]()
    for (one, other), shared in _shared(found, rare).items():
        smaller = min(len(rare[one]), len(rare[other]))
        if smaller >= fewest and shared / smaller >= line:
            (name, answer), (name_other, answer_other) = found[one], found[other]
            quote = _quote(answer, rare[one] & rare[other])
            rows.append((name, name_other, answer.cell, answer_other.cell, shared / smaller, quote, shared))
    table = pd.DataFrame(rows, columns=["one", "other", "cell_one", "cell_other", "similarity", "quote", "shared"])
    order = ["similarity", "shared", "one", "other", "cell_one", "cell_other"]
    table = table.sort_values(order, ascending=[False, False, True, True, True, True], ignore_index=True)
    return table.drop(columns="shared").astype({"similarity": float})


def similar_text(table: "pd.DataFrame", *, compared: int, line: float = LINE) -> str:
    """The list as lines for a terminal, with what it is and what it is not.

    Parameters
    ----------
    table : DataFrame
        From :func:`similar`.
    compared : int
        How many notebooks were compared.
    line : float
        Least similarity that is listed.

    Returns
    -------
    str
        Printable, whatever learners wrote.

    Examples
    --------
    >>> print(similar_text(similar({}, {}), compared=0).splitlines()[0])
    0 notebooks compared; pairs of cells that are alike by 50 % or more: 0.
    """
    listed = table[table["similarity"] >= line]
    lines = [f"{compared} notebooks compared; pairs of cells that are alike by {line:.0%} or more: {len(listed)}."]
    lines[0] = lines[0].replace("%", " %")
    for row in listed.itertuples(index=False):
        one = f"{printable(str(row.one), 60)}, cell {row.cell_one}"
        other = f"{printable(str(row.other), 60)}, cell {row.cell_other}"
        percent = 100 * float(str(row.similarity))
        lines += [f"{percent:3.0f} %  {one} – {other}", f"       {printable(str(row.quote), 100)}"]
    return "\n".join([*lines, "", NOTE])


def _rare(found: list[tuple[str, Answer]], most: float) -> list[set[bytes]]:
    """The fingerprints of each answer that no more than `most` notebooks have."""
    by_print = defaultdict(set)
    for name, answer in found:
        for each in answer.prints:
            by_print[each].add(name)
    return [{each for each in answer.prints if len(by_print[each]) <= most} for _, answer in found]


def _shared(found: list[tuple[str, Answer]], rare: list[set[bytes]]) -> Counter[tuple[int, int]]:
    """How many fingerprints each two answers of different notebooks share."""
    places = defaultdict(list)
    for at, prints in enumerate(rare):
        for each in prints:
            places[each].append(at)
    pairs = (pair for where in places.values() for pair in combinations(where, 2))
    return Counter((one, other) for one, other in pairs if found[one][0] != found[other][0])


def _quote(answer: Answer, shared: set[bytes]) -> str:
    """The longest run of lines that is shared."""
    runs: list[list[int]] = []
    for first, last in sorted(answer.prints[each] for each in shared):
        if runs and first <= runs[-1][1] + 1:
            runs[-1][1] = max(last, runs[-1][1])
        else:
            runs.append([first, last])
    first, last = max(runs, key=lambda run: (run[1] - run[0], -run[0]))
    return printable(" ⏎ ".join(line.strip() for line in answer.lines[first - 1 : last] if line.strip()))
