"""One source for each lab and assignment: build its learner and its solution notebook.

::

    03_instructional_team/sources/labs/NN_topic.py      what teachers edit: jupytext percent, the solution version
        ├── 01_materials/labs/NN_topic.ipynb            what learners open
        └── 03_instructional_team/solutions/NN_topic.ipynb

    03_instructional_team/sources/assignments/assignment_N.py
        ├── 02_activities/assignments/assignment_N.ipynb
        └── 03_instructional_team/solutions/assignment_N.ipynb

All these notebooks lie two folders below the root, so ``../../01_materials/images/map.png`` means the same in each. In
the source:

- a line ``# solution`` in a code cell cuts itself and the rest of the cell from the learner version; what stands above
  it, such as ``answer = ...``, is the learner's stub. The solution version keeps stub, marker and solution;
- a cell tagged ``solution`` (``# %% tags=["solution"]``) is in the solution version only.

A derived file depends on its source and nothing else: cell ids count the source's cells (so a cell has one id in both
versions), outputs are absent, keys are sorted, lines end as on Linux. The same source gives the same bytes everywhere.
"""

import ast
import json
import os
from pathlib import Path
from typing import Any

from mlsd import settings
from mlsd.errors import DataError, WriteError

__all__ = [
    "ASSIGNMENTS",
    "DERIVED",
    "KERNEL",
    "SOURCES",
    "STARTERS",
    "VERSIONS",
    "assignment_names",
    "build",
    "derive",
    "derived_path",
    "lab_names",
    "out_of_date",
    "pick",
]

VERSIONS = ("learner", "solution")
SOURCES = Path("03_instructional_team/sources/labs")
ASSIGNMENTS = Path("03_instructional_team/sources/assignments")
STARTERS = Path("02_activities/assignments")
DERIVED = {"learner": Path("01_materials/labs"), "solution": Path("03_instructional_team/solutions")}
MARKER = "# solution"
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def lab_names(root: Path | None = None) -> list[str]:
    """The labs that have a source, in order: ``["01_setup", "03_files_and_dask"]``."""
    return sorted(path.stem for path in _below(root, SOURCES).glob("[0-9][0-9]_*.py"))


def assignment_names(root: Path | None = None) -> list[str]:
    """The assignments that have a source, in order: ``["assignment_1", "assignment_2"]``."""
    return sorted(path.stem for path in _below(root, ASSIGNMENTS).glob("assignment_*.py"))


def pick(wanted: list[str], root: Path | None = None) -> list[str]:
    """Labs by name or by number; all of them when nothing is asked for.

    Parameters
    ----------
    wanted : list of str
        Such as ``["03", "04_databases"]``; a path to the notebook or its source does too.
    root : path, optional
        The project's folder.

    Raises
    ------
    DataError
        If a name is no lab. The message lists those that exist.
    """
    existing = lab_names(root)
    asked = {word: Path(word).name.removesuffix(".ipynb").removesuffix(".py") for word in wanted}
    unknown = [word for word, name in asked.items() if not _matches(name, existing)]
    if unknown or not existing:
        problem = f"There is no lab {', '.join(map(repr, unknown))}." if unknown else f"{SOURCES} holds no lab."
        raise DataError(f"{problem} Labs: {', '.join(existing) or 'none'}.", "Name one of these, or its number.")
    return [lab for lab in existing if not wanted or any(lab in _matches(name, existing) for name in asked.values())]


def derived_path(name: str, version: str, root: Path | None = None) -> Path:
    """Where the learner or solution notebook of a lab or an assignment lies."""
    starter = version == "learner" and name.startswith("assignment_")
    return _below(root, STARTERS if starter else DERIVED[version]) / f"{name}.ipynb"


def derive(source: Path, version: str) -> str:
    """The text of a derived notebook (nbformat 4.5).

    Parameters
    ----------
    source : path
        The source of a lab or an assignment in jupytext's percent format.
    version : str
        ``"learner"`` or ``"solution"``.

    Raises
    ------
    DataError
        If a cell has no stub above its marker, or what is left of it is not Python.
    """
    import jupytext

    cells = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent").cells
    kept = [
        _cell(number, cell, version, source)
        for number, cell in enumerate(cells, start=1)
        if version == "solution" or "solution" not in cell.metadata.get("tags", [])
    ]
    notebook = {"cells": kept, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def out_of_date(root: Path | None = None) -> list[Path]:
    """Derived notebooks that differ from what their source gives, and solutions whose source is gone."""
    planned = _plan(root)
    orphans = [path for path in _below(root, DERIVED["solution"]).glob("*.ipynb") if path not in planned]
    return [path for path, text in planned.items() if _bytes(path) != text.encode()] + sorted(orphans)


def build(root: Path | None = None, *, force: bool = False) -> list[Path]:
    """Write the derived notebooks that differ, and return their paths.

    Parameters
    ----------
    root : path, optional
        The project's folder.
    force : bool
        Write over notebooks that somebody worked in.

    Raises
    ------
    WriteError
        If a notebook that would be written over was run or saved by an editor. Nothing is written then.
    """
    changed = {path: text for path, text in _plan(root).items() if _bytes(path) != text.encode()}
    used = [path for path in changed if _was_used(path)]
    if used and not force:
        named = "\n".join(f"  {path}" for path in used)
        raise WriteError(
            f"Somebody worked in these notebooks, building would lose it:\n{named}",
            "Copy them to another name, then `course build --force`.",
        )
    for path, text in changed.items():
        _replace(path, text)
    return list(changed)


def _cell(number: int, cell: Any, version: str, source: Path) -> dict[str, Any]:
    text = cell.source
    if version == "learner" and cell.cell_type == "code":
        text = _without_solution(text, f"{source.name}, cell {number}")
    tags = cell.metadata.get("tags")
    made = {
        "cell_type": cell.cell_type,
        "id": f"cell-{number:03}",
        "metadata": {"tags": tags} if tags else {},
        "source": text.splitlines(keepends=True),
    }
    return made | ({"execution_count": None, "outputs": []} if cell.cell_type == "code" else {})


def _without_solution(text: str, where: str) -> str:
    lines = text.splitlines()
    marked = [index for index, line in enumerate(lines) if line.strip() == MARKER]
    if not marked:
        return text
    stub = "\n".join(lines[: marked[0]]).rstrip()
    fix = "Put a stub above the marker that runs by itself, such as `answer = ...`."
    if not stub:
        raise DataError(f"{where}: nothing stands above `{MARKER}`.", fix)
    try:
        ast.parse(stub)
    except SyntaxError as error:
        raise DataError(
            f"{where}: without the solution, line {error.lineno} is not Python: {error.msg}.", fix
        ) from error
    return stub


def _plan(root: Path | None) -> dict[Path, str]:
    sources = [_below(root, SOURCES) / f"{lab}.py" for lab in lab_names(root)]
    sources += [_below(root, ASSIGNMENTS) / f"{name}.py" for name in assignment_names(root)]
    return {derived_path(path.stem, version, root): derive(path, version) for path in sources for version in VERSIONS}


def _was_used(path: Path) -> bool:
    # Editors write the kernel's details into the metadata on saving, so ours no longer match; outputs mean it was run.
    if not path.exists():
        return False
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        return notebook["metadata"] != KERNEL or any(cell.get("outputs") for cell in notebook["cells"])
    except (ValueError, KeyError):
        return True


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".tmp")
    staged.write_text(text, encoding="utf-8", newline="\n")
    os.replace(staged, path)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _matches(name: str, existing: list[str]) -> list[str]:
    return [lab for lab in existing if name == lab or (name.isdigit() and int(lab[:2]) == int(name))]


def _below(root: Path | None, folder: Path) -> Path:
    return (root or settings.root()) / folder
