"""An assignment is a folder: a rubric, a starter, the data, what to record in the box, and how to judge it.

::

    my_assignment/
        assignment.toml    optional: where things are, and limits
        rubric.toml        what is asked; see `rubric.read_rubric`
        starter.ipynb      what learners begin with
        data.py            optional: `make(folder)` lays out the course folder of the box; `expected(folder)` the truth
        data/              optional: or the files themselves
        probe.py           optional: what to record in the box; see `inside.hooks`
        judge.py           a function for each criterion that a machine judges; see `judging`
"""

import importlib.util
import shutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Any

from mlsd import settings
from mlsd.errors import DataError

from .box import Limits
from .evidence import Evidence
from .judging import Verdict
from .rubric import Rubric, read_rubric

__all__ = ["SHIPPED", "Assignment", "lay_out", "load", "open_assignment", "shipped"]

SHIPPED = "03_instructional_team/grading"


@dataclass(frozen=True)
class Assignment:
    """What grading needs to know of an assignment.

    Parameters
    ----------
    folder : Path
        Where it lies.
    rubric : Rubric
        What is asked.
    starter : str
        The starter notebook's text.
    notebook : str
        File name of submissions, such as ``assignment_1.ipynb``.
    beside : str
        The notebook's folder in the course folder.
    probe : Path or None
        What to record in the box.
    judges : mapping
        Judge functions by criterion.
    limits : Limits
        What a submission may use.
    """

    folder: Path
    rubric: Rubric
    starter: str
    notebook: str
    beside: str
    probe: Path | None
    judges: Mapping[str, Callable[[Evidence], Verdict]]
    limits: Limits

    @property
    def name(self) -> str:
        """Its key, such as ``assignment_1``."""
        return self.rubric.assignment


def open_assignment(name: str) -> Assignment:
    """Find an assignment by name or folder, and read it.

    Parameters
    ----------
    name : str
        ``assignment_1``, ``assignment_2``, or a folder.

    Raises
    ------
    DataError
        If there is none, or a part of it is missing or does not fit: judge functions are missing for criteria that a
        machine judges, or stand there for criteria that the rubric does not have.
    """
    folder = settings.root() / SHIPPED / name if name in shipped() else Path(name)
    if not folder.is_dir():
        raise DataError(f"There is no assignment {name!r}.", fix=f"Give one of {shipped()}, or an assignment's folder.")
    said = _toml(folder / "assignment.toml")
    rubric = read_rubric(folder / said.pop("rubric", "rubric.toml"))
    starter = folder / said.pop("starter", "starter.ipynb")
    notebook, beside = said.pop("notebook", f"{rubric.assignment}.ipynb"), said.pop("beside", ".")
    limits = _limits(said.pop("limits", {}), folder)
    if said:
        raise DataError(f"{folder / 'assignment.toml'}: {sorted(said)[0]!r} is not known.")
    if not starter.is_file():
        raise DataError(f"{folder.name}: there is no starter at {starter}.")
    probe = folder / "probe.py"
    return Assignment(
        folder.resolve(),
        rubric,
        starter.read_text(encoding="utf-8"),
        notebook,
        beside,
        probe.resolve() if probe.is_file() else None,
        _judges(folder / "judge.py", rubric),
        limits,
    )


def shipped() -> list[str]:
    """Names of the assignments that come with the course."""
    return sorted(path.parent.name for path in (settings.root() / SHIPPED).glob("*/judge.py"))


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path} cannot be read as TOML: {error}.") from error


def _limits(said: dict[str, Any], folder: Path) -> Limits:
    known = {each.name for each in fields(Limits)}
    wrong = [name for name, value in said.items() if name not in known or not isinstance(value, int) or value <= 0]
    if wrong:
        raise DataError(
            f"{folder.name}/assignment.toml: limits.{wrong[0]} = {said[wrong[0]]!r} cannot be used.",
            fix=f"Give whole numbers above 0 for any of {sorted(known)}.",
        )
    return Limits(**said)


def _judges(path: Path, rubric: Rubric) -> dict[str, Callable[[Evidence], Verdict]]:
    module = load(path)
    found = {name: getattr(module, name) for name in getattr(module, "__all__", [])}
    keys = [criterion.key for criterion in rubric.criteria]
    odd = sorted(set(found) - set(keys))
    lacking = [c.key for c in rubric.criteria if c.judged != "person" and c.key not in found]
    if odd or lacking:
        what = (
            f"has a function for {odd[0]!r}, which the rubric does not ask" if odd else f"has none for {lacking[0]!r}"
        )
        raise DataError(
            f"{path.parent.name}/judge.py {what}.", fix=f"Its __all__ names criteria of the rubric: {keys}."
        )
    return found


def load(path: Path) -> ModuleType:
    """Import a file of the assignment's own; it is the instructors' code, never a learner's."""
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise DataError(f"There is no {path.name} in {path.parent}.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lay_out(assignment: Assignment, folder: Path) -> dict[str, Any]:
    """Make the course folder that each submission gets a copy of, and return what is expected of its data.

    Parameters
    ----------
    assignment : Assignment
        What is graded.
    folder : Path
        An empty folder.

    Returns
    -------
    dict
        What the judge functions find as ``seen.expected``.
    """
    if (assignment.folder / "data").is_dir():
        shutil.copytree(assignment.folder / "data", folder, dirs_exist_ok=True)
    (folder / assignment.beside).mkdir(parents=True, exist_ok=True)
    if not (assignment.folder / "data.py").is_file():
        return {}
    module = load(assignment.folder / "data.py")
    module.make(folder)
    return module.expected(folder) if hasattr(module, "expected") else {}
