"""A stranger's text, shown without harm: in Markdown, in a CSV file, in a spreadsheet, on a terminal.

A submission's words and code reach a pull request's comment, a grader's sheet and a terminal. There they must stay
text: no mention wakes a person, no link or picture is made, no formula runs, nothing hides or turns round what stands
beside it.
"""

import re
import unicodedata

__all__ = ["clean", "code", "csv_cell", "from_csv_cell", "inline", "shorten"]

DROPPED = ("Cc", "Cf", "Cs", "Co", "Cn")  # control, format (bidi among them), half a character, private, unassigned
JOINERS = "\u200c\u200d"  # Persian words and family emoji need them
BREAK = "\u2060"  # a word joiner: nothing to see, and no line may break at it
# GitHub looks for these in the finished page, where an escaped character is a plain one again. In this order:
# mentions and issues, GH-1, addresses, www., commit hashes.
LINKED = re.compile(r"[@#](?=\w)|\bGH-(?=\d)|:(?=//)|\bwww(?=\.)|[0-9a-f]{6}(?=[0-9a-f])", re.I)
UNUSUAL = re.compile(r"[^\x20-\x7e\n]")
MARKUP = re.compile(r"[&<>`*\[\]|\\~$]|(?<![^\W_])_|_(?![^\W_])")
FIRST = re.compile(r"^(?:[#+=-]+|\d+[.)])")  # a heading, a list or a line, at the beginning of a block
FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")


def clean(text: str, *, lines: bool = False) -> str:
    r"""Text without characters that steer: control, bidi, invisible, private; tabs become spaces.

    Parameters
    ----------
    text : str
        Anything.
    lines : bool
        Keep line ends; they become spaces otherwise, and runs of spaces become one.

    Examples
    --------
    >>> clean("a\x1b[2Jb\u202e c\n\n d")
    'a[2Jb c d'
    """
    spaced = re.sub(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]", "\n", text).replace("\t", "    ")
    kept = UNUSUAL.sub(_kept, spaced)
    return kept if lines else " ".join(kept.split())


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning and an ellipsis: never longer than the limit.

    Examples
    --------
    >>> shorten("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= limit else f"{text[: max(limit - 1, 0)]}…"


def inline(text: str, limit: int = 2000) -> str:
    """One line of Markdown that shows exactly this text, in a table's cell, a list or a sentence.

    Parameters
    ----------
    text : str
        Anything.
    limit : int
        Characters that are shown.

    Examples
    --------
    >>> inline("a|b *c* <d> hi_lo_range")
    'a&#124;b &#42;c&#42; &#60;d&#62; hi_lo_range'
    """
    return FIRST.sub(_entities, _escaped(shorten(clean(text[: 9 * limit]), limit)))


def code(text: str, limit: int = 240, max_lines: int = 6) -> str:
    r"""A quote as code for a table's cell: HTML, as a code span of backticks cannot hold every text there.

    Parameters
    ----------
    text : str
        Anything.
    limit, max_lines : int
        Characters and lines that are shown; an ellipsis says that there was more.

    Returns
    -------
    str
        One line of Markdown; empty where there is nothing to show.

    Examples
    --------
    >>> code("if a | b:\n    c")
    '<code>if a &#124; b:<br>&nbsp;&nbsp;&nbsp;&nbsp;c</code>'
    """
    found = [line.rstrip() for line in clean(text[: 9 * limit], lines=True).splitlines() if line.strip()]
    shown = shorten("\n".join(found[:max_lines] + ["…"] * (len(found) > max_lines)), limit)
    made = [_indented(line) for line in shown.splitlines()]
    return f"<code>{'<br>'.join(made)}</code>" if made else ""


def csv_cell(text: str) -> str:
    """One line for a CSV file; an apostrophe keeps a spreadsheet from taking it for a formula.

    Examples
    --------
    >>> csv_cell("=1+1")
    "'=1+1"
    """
    line = clean(text)
    return f"'{line}" if line.startswith(FORMULA) else line


def from_csv_cell(text: str) -> str:
    """What `csv_cell` was given, but for what it cleaned.

    Examples
    --------
    >>> from_csv_cell("'=1+1")
    '=1+1'
    """
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _kept(found: re.Match[str]) -> str:
    return found[0] if found[0] in JOINERS or unicodedata.category(found[0]) not in DROPPED else ""


def _escaped(text: str) -> str:
    return MARKUP.sub(_entities, LINKED.sub(lambda found: found[0] + BREAK, text))


def _indented(line: str) -> str:
    words = line.lstrip()
    return "&nbsp;" * min(len(line) - len(words), 12) + FIRST.sub(_entities, _escaped(words))


def _entities(found: re.Match[str]) -> str:
    return "".join(f"&#{ord(c)};" for c in found[0])
