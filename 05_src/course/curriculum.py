"""What is taught where: outcomes, chapters and sessions, from 03_instructional_team/curriculum.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Chapter", "Curriculum", "Lab", "Outcome", "Session", "read_curriculum"]


@dataclass(frozen=True)
class Outcome:
    """What a learner can do afterwards."""

    id: str
    text: str


@dataclass(frozen=True)
class Chapter:
    """A chapter of the book, the session that teaches it first, and why no assignment asks for it where none does."""

    number: int
    title: str
    session: int
    not_assigned: str = ""


@dataclass(frozen=True)
class Lab:
    """A lab, the chapters it is about and the outcomes it leads to."""

    name: str
    chapters: tuple[int, ...]
    outcomes: tuple[str, ...]


@dataclass(frozen=True)
class Session:
    """A live session: its topic, deck and labs."""

    number: int
    topic: str
    deck: str
    labs: tuple[str, ...]


@dataclass(frozen=True)
class Curriculum:
    """Everything that the file says, each in the file's order."""

    outcomes: tuple[Outcome, ...]
    chapters: tuple[Chapter, ...]
    sessions: tuple[Session, ...]
    labs: tuple[Lab, ...]


def read_curriculum(root: Path) -> Curriculum:
    """Read the curriculum.

    Parameters
    ----------
    root : Path
        The repository.

    Returns
    -------
    Curriculum
        Outcomes "LO1" to "LO5", chapters 1 to 11, sessions 1 to 7; the seventh is optional.

    Examples
    --------
    >>> from mlsd import settings
    >>> read_curriculum(settings.root()).sessions[1].topic
    'Data Engineering Fundamentals'
    """
    path = root / "03_instructional_team" / "curriculum.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    sessions = (Session(**(each | {"labs": tuple(each["labs"])})) for each in table["session"])
    return Curriculum(
        tuple(Outcome(**each) for each in table["outcome"]),
        tuple(Chapter(**each) for each in table["chapter"]),
        tuple(sessions),
        tuple(Lab(each["name"], tuple(each["chapters"]), tuple(each["outcomes"])) for each in table["lab"]),
    )
