"""What a deck lacks, found without a browser: images, alt texts, notes, and the lab cells that its cues name."""

import re
from pathlib import Path

from ..curriculum import read_curriculum
from .deck import Cue, Deck, Slide

__all__ = ["FEWEST", "MOST", "check"]

FEWEST, MOST = 30, 45
FRONT = ("marp", "theme", "paginate", "lang", "title", "footer", "session", "chapters", "outcomes")


def check(deck: Deck, root: Path) -> list[str]:
    """List what is wrong with a deck.

    Parameters
    ----------
    deck : Deck
        The deck as read.
    root : Path
        The repository, for its images and labs.

    Returns
    -------
    list of str
        A sentence for each finding, with the slide; empty when all is well.
    """
    found = [f"front matter: {name} is missing" for name in FRONT if name not in deck.front]
    if not FEWEST <= len(deck.slides) <= MOST:
        found.append(f"{len(deck.slides)} slides, {FEWEST} to {MOST} are wanted")
    found += _needed(deck)
    for slide in deck.slides:
        found += [f"slide {slide.number} ({slide.heading}): {what}" for what in _slide(slide, deck.path.parent, root)]
    return [f"{deck.path.name}, {what}" for what in found]


def _needed(deck: Deck) -> list[str]:
    """A session needs aims, pauses, talk, something live and sources."""
    text = deck.path.read_text(encoding="utf-8")
    wanted = {"discuss": 3, "demo": 2, "pause": 2}
    counts = {kind: len(re.findall(rf"^<!-- _class: {kind} -->$", text, re.MULTILINE)) for kind in wanted}
    few = [f"{counts[kind]} slides of the class {kind}, at least {n} are wanted" for kind, n in wanted.items()]
    few = [line for line, kind in zip(few, wanted, strict=True) if counts[kind] < wanted[kind]]
    headings = [slide.heading for slide in deck.slides]
    return few + [f"no slide with the heading {name!r}" for name in ("Aims", "References") if name not in headings]


def _slide(slide: Slide, folder: Path, root: Path) -> list[str]:
    found = [] if slide.heading else ["no heading"]
    if len(slide.notes.split()) < 15:
        found.append("fewer than 15 words for the speaker")
    for alt, target in slide.images:
        if len(alt.split()) < 4:
            found.append(f"the image {target} has no alt text of four words or more")
        if not (folder / target).is_file():
            found.append(f"the image {target} is not there")
    return found + [what for cue in slide.cues for what in _cue(cue, root)]


def _cue(cue: Cue, root: Path) -> list[str]:
    names = [lab for session in read_curriculum(root).sessions for lab in session.labs if lab.startswith(cue.lab)]
    if not names:
        return [f"there is no lab {cue.lab}"]
    source = root / "03_instructional_team" / "sources" / "labs" / f"{names[0]}.py"
    sections = re.split(r"^# ## ", source.read_text(encoding="utf-8"), flags=re.MULTILINE)
    here = [text for text in sections if text.startswith(f"{cue.section}\n")]
    if not here:
        return [f"lab {cue.lab} has no section {cue.section!r}"]
    begins = re.search(rf"^{re.escape(cue.cell)}", here[0], re.MULTILINE)
    return [] if begins else [f"no line of that section of lab {cue.lab} begins with `{cue.cell}`"]
