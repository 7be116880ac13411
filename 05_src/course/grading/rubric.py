"""A rubric: what is asked, how many points it is worth, and who judges it, read from TOML."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlsd.errors import DataError

__all__ = ["JUDGED", "Criterion", "Level", "Rubric", "read_rubric"]

JUDGED = ("automatic", "prefilled", "person")


@dataclass(frozen=True)
class Level:
    """Points for a full, a partial or no answer, with the reason to give."""

    points: float
    reason: str


@dataclass(frozen=True)
class Criterion:
    """One thing that is asked.

    Parameters
    ----------
    key, text : str
        Its name in files, and what is asked.
    points : float
        What can be earned.
    outcome : str
        What a learner who earns it can do.
    judged : str
        ``"automatic"``: by the machine; ``"prefilled"``: the machine proposes, a person confirms; ``"person"``: a
        person reads it.
    levels : tuple of Level
        From full to none.
    guide : str
        What a person looks for; may be empty.
    """

    key: str
    text: str
    points: float
    outcome: str
    judged: str
    levels: tuple[Level, ...]
    guide: str = ""

    def reason(self, share: float) -> str:
        """What the rubric says of the level at this share of the points, or "" between two levels."""
        near = [level for level in self.levels if abs(level.points - share * self.points) < 0.005]
        return near[0].reason if near else ""


@dataclass(frozen=True)
class Rubric:
    """All criteria of an assignment, and from which share of the points it is Complete.

    Parameters
    ----------
    assignment, title : str
        Its key, such as ``assignment_1``, and its title.
    complete_from : float
        Share of all points from which the assignment is Complete, 0 to 1.
    criteria : tuple of Criterion
        In the order in which they are marked.
    """

    assignment: str
    title: str
    complete_from: float
    criteria: tuple[Criterion, ...]

    @property
    def points(self) -> float:
        """All points that can be earned: computed, so that totals agree everywhere."""
        return sum(criterion.points for criterion in self.criteria)

    def result(self, earned: float) -> str:
        """Complete or Incomplete.

        Examples
        --------
        >>> Rubric("a", "A", 0.6, (Criterion("q", "Add.", 5, "Adds.", "automatic", (Level(5, "Right."),)),)).result(3)
        'Complete'
        """
        return "Complete" if earned >= self.complete_from * self.points - 1e-9 else "Incomplete"


def read_rubric(path: Path) -> Rubric:
    """Read a rubric from a TOML file.

    Parameters
    ----------
    path : Path
        A file with ``assignment``, ``title``, ``[result] complete_from`` and a ``[[criterion]]`` for each thing asked:
        ``key``, ``text``, ``points``, ``outcome``, ``judged``, ``levels``, and ``guide`` where a person judges.

    Raises
    ------
    DataError
        If the file is not there, is no TOML, or a criterion breaks a promise: it is named.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"There is no rubric at {path}.", fix="An assignment's folder holds a rubric.toml.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as TOML: {error}.") from error
    criteria = tuple(
        _criterion(each, f"{path.name}, criterion {n}") for n, each in enumerate(found.get("criterion", []), 1)
    )
    keys = [criterion.key for criterion in criteria]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if not criteria or twice:
        raise DataError(f"{path.name} has " + (f"two criteria called {twice[0]!r}." if twice else "no [[criterion]]."))
    complete_from = found.get("result", {}).get("complete_from", 0.6)
    if not isinstance(complete_from, (int, float)) or not 0 <= complete_from <= 1:
        raise DataError(f"{path.name}: result.complete_from must be a number from 0 to 1, got: {complete_from!r}.")
    name = str(found.get("assignment", path.stem.removesuffix("_rubric")))
    return Rubric(name, str(found.get("title", name)), float(complete_from), criteria)


def _criterion(found: dict[str, Any], where: str) -> Criterion:
    needed = ("key", "text", "points", "outcome", "judged", "levels")
    missing = [name for name in needed if name not in found]
    if missing:
        raise DataError(f"{where}: {missing[0]!r} is missing.", fix=f"A criterion needs {list(needed)}.")
    where = f"{where} ({found['key']})"
    if found["judged"] not in JUDGED:
        raise DataError(f"{where}: judged must be one of {list(JUDGED)}, got: {found['judged']!r}.")
    levels = tuple(Level(float(level["points"]), str(level["reason"])) for level in found["levels"])
    points = [level.points for level in levels]
    if (
        not found["points"] > 0
        or not points
        or max(points) != found["points"]
        or points != sorted(points, reverse=True)
    ):
        raise DataError(f"{where}: levels must go down from points = {found['points']}, got: {points}.")
    if min(points) < 0:
        raise DataError(f"{where}: a level cannot have {min(points)} points.", fix="Give 0 or more.")
    return Criterion(
        str(found["key"]),
        str(found["text"]),
        float(found["points"]),
        str(found["outcome"]),
        str(found["judged"]),
        levels,
        str(found.get("guide", "")),
    )
