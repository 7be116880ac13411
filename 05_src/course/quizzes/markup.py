"""The Markdown of a question as HTML that is safe to put into a page."""

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

__all__ = ["as_html", "as_inline_html", "as_plain", "has_html", "prose"]


_WORDS = ("text", "code_inline", "code_block", "fence")
_BREAKS = ("softbreak", "hardbreak")  # between which words must not run together


def as_html(text: str) -> str:
    r"""Render Markdown as blocks: paragraphs, lists, tables, code.

    Parameters
    ----------
    text : str
        Markdown. HTML in it is shown as it is written, never used; pictures are not loaded.

    Returns
    -------
    str
        HTML that can be put into a page as it is.

    Examples
    --------
    >>> as_html("Is `a < b` **never** <b>true</b>?")
    '<p>Is <code>a &lt; b</code> <strong>never</strong> &lt;b&gt;true&lt;/b&gt;?</p>\n'
    """
    return _renderer().render(text)


def as_inline_html(text: str) -> str:
    """Render Markdown of one line, without a paragraph around it, as a label or a table's cell holds it.

    Parameters
    ----------
    text : str
        Markdown of one line.

    Returns
    -------
    str
        HTML that can be put into a page as it is.

    Examples
    --------
    >>> as_inline_html("The `GROUP BY` & its columns")
    'The <code>GROUP BY</code> &amp; its columns'
    """
    return _renderer().renderInline(text)


def as_plain(text: str) -> str:
    """Return the words of a Markdown text without its signs, for places that show plain text only.

    Parameters
    ----------
    text : str
        Markdown of one line.

    Returns
    -------
    str
        Plain text in one line.

    Examples
    --------
    >>> as_plain("the **last** `row_id` & *more*")
    'the last row_id & more'
    """
    words = []
    for token in _tokens(text, _renderer()):
        apart = " " if token.block or token.type in _BREAKS else ""
        words.append(apart + (token.content if token.type in _WORDS else ""))
    return " ".join("".join(words).split())


def has_html(text: str) -> bool:
    """Tell whether HTML is written outside of backticks, where Markdown elsewhere would use it.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    bool
        Whether there is a tag.

    Examples
    --------
    >>> has_html("a <b>bold</b> word"), has_html("the tag `<b>`, and 1 < 2")
    (True, False)
    """
    return any(token.type.startswith("html") for token in _tokens(text, _believer()))


def prose(text: str) -> str:
    """Return the words outside of code and of bold type, in one line.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    str
        Plain text.

    Examples
    --------
    >>> prose("Which is **not** a part of `NOT NULL`, *here*?")
    'Which is a part of , here?'
    """
    words, bold = [], 0
    for token in _tokens(text, _renderer()):
        bold += {"strong_open": 1, "strong_close": -1}.get(token.type, 0)
        if not bold:
            words.append(token.content if token.type == "text" else " " * (token.block or token.type in _BREAKS))
    return " ".join("".join(words).split())


def _tokens(text: str, parser: MarkdownIt) -> list[Token]:
    return [token for block in parser.parse(text) for token in (block, *(block.children or ()))]


@cache
def _believer() -> MarkdownIt:
    return MarkdownIt("commonmark")  # takes HTML for what it is


@cache
def _renderer() -> MarkdownIt:
    # a picture would tell its host who reads the quiz, and when
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
