"""A deck as people write it: Markdown for Marp, slides parted by lines of three dashes, notes in comments."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from mlsd.errors import DataError

__all__ = ["Cue", "Deck", "Slide", "decks", "read_deck"]

_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
_CUE = re.compile(r"Lab (\d\d), section (.+?), cell `([^`]+)`")
_DIRECTIVE = re.compile(r"\s*_?[a-zA-Z]+:\s")


@dataclass(frozen=True)
class Cue:
    """What to run live: a lab's number, the heading of its section, how the cell begins."""

    lab: str
    section: str
    cell: str


@dataclass(frozen=True)
class Slide:
    """One slide: its Markdown, the words for the speaker, its images with their alt texts, its cues."""

    number: int
    text: str
    notes: str
    images: tuple[tuple[str, str], ...]
    cues: tuple[Cue, ...]

    @property
    def heading(self) -> str:
        """The first heading, or "" where there is none."""
        found = re.search(r"^#+ (.+)$", self.text, re.MULTILINE)
        return found[1].strip() if found else ""


@dataclass(frozen=True)
class Deck:
    """A deck: its name, what its front matter says, its slides."""

    name: str
    path: Path
    front: dict
    slides: tuple[Slide, ...]


def decks(root: Path) -> list[Path]:
    """The sources of the decks, in order."""
    return sorted((root / "03_instructional_team" / "sources" / "slides").glob("[0-9]*.md"))


def read_deck(path: Path) -> Deck:
    """Read a deck.

    Parameters
    ----------
    path : Path
        Its Markdown.

    Returns
    -------
    Deck
        Slides are numbered from 1, as in the built deck.

    Raises
    ------
    DataError
        If it does not begin with front matter.
    """
    text = path.read_text(encoding="utf-8")
    front = _FRONT.match(text)
    if not front:
        raise DataError(f"{path} has no front matter.", fix="Begin it with --- lines, as the other decks do.")
    # a line of dashes inside code is no new slide
    parts = re.split(r"^---$", re.sub(r"^```.*?^```", _hide, text[front.end() :], flags=re.S | re.M), flags=re.M)
    slides = tuple(_slide(number, part.replace("\0", "---")) for number, part in enumerate(parts, 1))
    return Deck(path.stem, path, yaml.safe_load(front[1]), slides)


def _hide(found: re.Match[str]) -> str:
    return re.sub(r"^---$", "\0", found[0], flags=re.MULTILINE)


def _slide(number: int, part: str) -> Slide:
    comments = [comment.strip() for comment in _COMMENT.findall(part)]
    notes = "\n\n".join(comment for comment in comments if not _DIRECTIVE.match(comment))
    text = _COMMENT.sub("", part).strip()
    cues = tuple(Cue(*found) for found in _CUE.findall(" ".join(text.split())))
    return Slide(number, text, notes, tuple(_IMAGE.findall(text)), cues)
