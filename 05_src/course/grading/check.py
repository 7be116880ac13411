"""``course check``: a learner runs a notebook before handing it in, and sees what is there. It gives no marks."""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from mlsd.errors import DataError

from . import batch, box
from .assignment import Assignment, lay_out, open_assignment, shipped
from .evidence import Evidence
from .judging import judge
from .rubric import Criterion

__all__ = ["assignment_of", "check"]

PERSONAL = re.compile(r"""["'](?:[A-Za-z]:[\\/]|/(?:home|Users|mnt|root)/)[^"'\n]*""")
SHORTEST = 20  # words that an answer in words should have at least


def check(path: Path, assignment: str | None = None, *, boxed: bool = False) -> tuple[list[str], bool]:
    """Run a notebook on data like the course's, and say what was found of each task.

    Parameters
    ----------
    path : Path
        The learner's own notebook. It is run on this machine as it is, with limits of time and memory only: check your
        own work with this, and grade others' with `course grade`.
    assignment : str, optional
        Its assignment; by default its file name tells.
    boxed : bool, default False
        Whether it is a stranger's, and runs in the full box or not at all.

    Returns
    -------
    (list of str, bool)
        Lines to print, and whether it runs through and something was found for every criterion. That something was
        found does not say that it is right.

    Raises
    ------
    DataError
        If there is no such file, it is no notebook, or no assignment is called so.
    """
    one = open_assignment(assignment or assignment_of(path))
    if not path.is_file():
        raise DataError(f"There is no file {path}.")
    with TemporaryDirectory(prefix="course-") as data, ExitStack() as stack:
        expected = lay_out(one, Path(data))
        room = stack.enter_context(
            box.opened(
                probe=one.probe, data=Path(data), limits=one.limits, beside=one.beside, trust=not boxed, shut_in=boxed
            )
        )
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        seen = batch.run_one(text, one, room, expected)
    return _lines(seen, one)


def assignment_of(path: Path) -> str:
    """The assignment that a notebook's name tells.

    Examples
    --------
    >>> assignment_of(Path("Assignment-1 (2).ipynb"))
    'assignment_1'
    """
    found = re.match(r"assignment[ _-]?(\d+)", path.stem.lower())
    name = f"assignment_{found[1]}" if found else path.stem
    if name not in shipped():
        raise DataError(
            f"{path.name}: which assignment is this?", fix=f"Name it with --assignment, one of {shipped()} or a folder."
        )
    return name


def _lines(seen: Evidence, assignment: Assignment) -> tuple[list[str], bool]:
    errors = [f"  {line}" for line in _how_it_ran(seen)]
    lines = [
        f"{assignment.rubric.title}: {'it runs from top to bottom.' if not errors else 'it does not run through.'}"
    ]
    lines += errors
    marks = judge(seen, assignment.rubric, assignment.judges)
    asked = {criterion.key: criterion for criterion in assignment.rubric.criteria}
    found = {mark.criterion: mark.cause in ("judged", "only read", "waits") for mark in marks}
    lines += ["", "Found so far (whether it is right, you judge yourself):"]
    lines += [_line(asked[key], there) for key, there in found.items()]
    lines += ["", *_advice(seen)]
    return lines, all(found.values()) and not errors


def _line(criterion: Criterion, there: bool) -> str:
    return f"  [{'x' if there else ' '}] {criterion.key}: {criterion.text}"


def _how_it_ran(seen: Evidence) -> list[str]:
    lines = []
    for cell in seen.cells:
        if cell.error:
            line = f", line {cell.error['line']}" if cell.error.get("line") else ""
            lines.append(f"Cell {cell.number}{line}: {cell.error['type']}: {cell.error['text'][:200]}")
        elif cell.status == "timed out":
            lines.append(f"Cell {cell.number} took too long and was stopped.")
    if seen.outcome.cause:
        lines.append(f"It ended early: {seen.outcome.cause}. {seen.outcome.problem}".strip())
    return lines


def _advice(seen: Evidence) -> Sequence[str]:
    paths = {cell.number: path[0][1:60] for cell in seen.code if (path := PERSONAL.search(cell.source))}
    advice = [f"Cell {cell} names a path of your own machine: {path}" for cell, path in paths.items()]
    words = sum(len(text.split()) for cell, text in seen.answers if (at := seen.cell(cell)) and at.kind == "markdown")
    if words < SHORTEST:
        advice.append("Your answers in words are short, or missing: a person reads them.")
    return [*advice, "Hand in the notebook only: no data, no .env, no saved model."]
