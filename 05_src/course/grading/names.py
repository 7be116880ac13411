"""Names that strangers chose: made safe to show and to use as a folder, and matched when they are spelled otherwise."""

import re
import unicodedata
from difflib import SequenceMatcher
from pathlib import PurePosixPath

__all__ = ["TAKEN", "best_notebooks", "is_another", "is_plain", "nearness", "printable", "safe_name"]

# What lies beside the submissions' folders in the reports; none of them is called so.
TAKEN = frozenset(
    {"marks.csv", "marks.xlsx", "marks.json", "summary.md", "kept_marks.csv", "similar.csv", "pulls", "taken_out"}
)

LONGEST = 60
ADDED = {
    "final",
    "copy",
    "draft",
    "new",
    "v",
    "version",
    "of",
    "done",
    "completed",
    "solution",
    "submission",
    "updated",
}
NUMBERS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8"}
WINDOWS = {"con", "prn", "aux", "nul", "conin$", "conout$"}
WINDOWS |= {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}


def printable(text: str, longest: int = 200) -> str:
    r"""Text on one line that a terminal can show: no control or direction characters, and not too long.

    Parameters
    ----------
    text : str
        Whatever a stranger wrote.
    longest : int
        Characters to keep.

    Returns
    -------
    str
        The text with spaces joined; what was cut ends in an ellipsis.

    Examples
    --------
    >>> printable("red\x1b[31m\nline")
    'red [31m line'
    """
    shown = "".join(char if char.isprintable() else " " for char in text[: 10 * longest])
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def safe_name(text: str, taken: set[str]) -> str:
    """A name that can be shown, differs from those taken, and names a folder on any system, Windows too.

    Parameters
    ----------
    text : str
        What the learner or the file is called.
    taken : set of str
        Names in use, as this function keeps them: it adds the new one.

    Returns
    -------
    str
        At most 60 characters and, where another had that name, a number: ``ann (2)``.

    Examples
    --------
    >>> taken = set()
    >>> [safe_name(name, taken) for name in ("Ann", "ann", "-rf", "con.txt", "a/b: c.")]
    ['Ann', 'ann (2)', '_-rf', '_con.txt', 'a_b_ c']
    """
    shown = printable(unicodedata.normalize("NFC", text).replace("\ufffd", " "), LONGEST).replace("…", "")
    shown = re.sub(r'[<>:"/\\|?*]', "_", shown).strip(" ").rstrip(". ")
    # Nothing that an option, a formula or a hidden file begins with, and none of the devices of Windows.
    if shown[:1] in tuple("-=+@.~%$") or shown.split(".")[0].strip().lower() in WINDOWS:
        shown = f"_{shown}"
    shown = shown or "submission"
    name, number = shown, 1
    while (key := unicodedata.normalize("NFKC", name).casefold()) in taken:
        number += 1
        name = f"{shown} ({number})"
    taken.add(key)
    return name


def nearness(asked: str, seen: str) -> float:
    """How near a spelling is to the name that was asked for: 1 the same words, 0 something else.

    Capitals, hyphens, spaces, number words, a wrong letter, an added word and ``a1`` for ``assignment_1`` are forgiven;
    another number never is.

    Parameters
    ----------
    asked, seen : str
        Names of a branch, or of a notebook without its suffix.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> [round(nearness("assignment-1", name), 2) for name in ("Assignment_1", "assigment1", "feature/assignment-one")]
    [1.0, 0.95, 0.97]
    >>> [nearness("assignment-1", name) for name in ("assignment-2", "assignment-10", "main")]
    [0.0, 0.0, 0.0]
    """
    return _nearness(_words(asked), _words(seen))


def is_plain(asked: str, seen: str) -> bool:
    """Whether a name says the assignment and nothing of who wrote it.

    Parameters
    ----------
    asked, seen : str
        As in :func:`nearness`.

    Returns
    -------
    bool
        True for ``Assignment1_final (2)``, False for ``ann_assignment_1``.

    Examples
    --------
    >>> [is_plain("assignment_1", name) for name in ("Assignment1_final (2)", "ann_assignment_1", "ann")]
    [True, False, False]
    """
    want = _words(asked)
    have = [word for word in _words(seen) if word not in ADDED]
    beyond = have[len(want) :]
    return bool(nearness(asked, seen)) and bool(_nearness(want, have[: len(want)])) and all(map(str.isdigit, beyond))


def is_another(asked: str, seen: str) -> bool:
    """Whether a name is that of another assignment: the same word, another number.

    Parameters
    ----------
    asked, seen : str
        As in :func:`nearness`.

    Returns
    -------
    bool
        True for ``ann_assignment_2`` where ``assignment_1`` is asked for.

    Examples
    --------
    >>> is_another("assignment_1", "Assignment 2 (1)"), is_another("assignment_1", "ann")
    (True, False)
    """
    want, have = _words(asked), _words(seen)
    return not _nearness(want, have) and any(map(str.isdigit, want)) and bool(_nearness(want, have, any_number=True))


def best_notebooks(paths: list[PurePosixPath], asked: str) -> list[PurePosixPath]:
    """The notebooks that may be the one asked for, best first.

    Parameters
    ----------
    paths : list of PurePosixPath
        Notebooks of one learner.
    asked : str
        Name of the notebook, without suffix.

    Returns
    -------
    list of PurePosixPath
        Those whose name is near, the nearest first, in an ``assignments`` folder before elsewhere, then the least deep.
        If none is near, those that do not bear another assignment's name.
    """
    near = [path for path in paths if nearness(asked, path.stem)]
    chosen = near or [path for path in paths if not is_another(asked, path.stem)]

    def order(path: PurePosixPath) -> tuple[float, bool, int, str]:
        return -nearness(asked, path.stem), "assignments" not in path.parts, len(path.parts), str(path)

    return sorted(chosen, key=order)


def _words(name: str) -> list[str]:
    name = unicodedata.normalize("NFKC", name[:200])
    found = re.findall(r"[^\W\d_]+|\d+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).casefold())
    split = [part for word in found for part in _number_word(word)]
    return [word.lstrip("0") or "0" if word.isdecimal() else word for word in split]


def _number_word(word: str) -> list[str]:
    for written, digit in NUMBERS.items():
        if word.endswith(written) and (word == written or len(word) - len(written) > 4):
            return [word.removesuffix(written), digit] if word != written else [digit]
    return [word]


def _nearness(want: list[str], have: list[str], *, any_number: bool = False) -> float:
    starts = range(len(have) - len(want) + 1) if want else range(0)
    pairs = [zip(want, have[start : start + len(want)], strict=True) for start in starts]
    near = max((min(_alike(*pair, any_number=any_number) for pair in window) for window in pairs), default=0.0)
    return near * 0.97 ** (len(have) - len(want))


def _alike(want: str, seen: str, *, any_number: bool) -> float:
    if want == seen or (any_number and want.isdigit() and seen.isdigit()):
        return 1.0
    if want.isdigit() or seen.isdigit():
        return 0.0
    if seen == want[0]:
        return 0.8
    ratio = SequenceMatcher(None, want, seen, autojunk=False).ratio()
    return ratio if ratio >= 0.7 else 0.0
