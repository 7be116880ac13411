"""Grade submissions one after the other, two at a time; nothing that one of them does stops the others."""

import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlsd.errors import DataError

from . import box
from .assignment import Assignment, lay_out
from .collect import Found
from .evidence import Cell, Evidence, read_cells
from .judging import judge
from .marks import Mark, Quote, Submission

__all__ = ["grade", "grade_one", "run_one"]


def grade(
    assignment: Assignment,
    found: Iterable[Found],
    *,
    trust: bool = False,
    warm: bool = True,
    at_once: int = 2,
    told: Callable[[str], None] | None = None,
) -> Iterator[Submission]:
    """Judge each submission, in the order in which they end.

    Parameters
    ----------
    assignment : Assignment
        What is graded.
    found : iterable of Found
        The submissions, as `collect` gives them.
    trust : bool, default False
        Whether to go on where only limits hold; see `box.opened`.
    warm : bool, default True
        Whether to fork from a process that has the libraries loaded; the marks are the same.
    at_once : int, default 2
        How many run side by side.
    told : function, optional
        Called with a submission's name when it begins.

    Yields
    ------
    Submission
        With a mark for each criterion, whatever happened.

    Raises
    ------
    ServiceError
        If strangers' code cannot be shut in here and `trust` is not given.
    """
    with tempfile.TemporaryDirectory(prefix="course-") as data, ExitStack() as stack:
        expected = lay_out(assignment, Path(data))
        _let_others_read(Path(data))
        free = [stack.enter_context(_opened(assignment, Path(data), trust, warm)) for _ in range(at_once)]
        lock = threading.Lock()

        def one(each: Found) -> Submission:
            with lock:
                mine = free.pop()
            try:
                if told is not None:
                    told(each.name)
                return grade_one(assignment, each, mine, expected)
            finally:
                with lock:
                    free.append(mine)

        with ThreadPoolExecutor(at_once) as pool:
            waiting: set[Future[Submission]] = {pool.submit(one, each) for each in found}
            try:
                while waiting:
                    ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in ended:
                        yield future.result()
            finally:
                for future in waiting:
                    future.cancel()


def _opened(assignment: Assignment, data: Path, trust: bool, warm: bool) -> AbstractContextManager[box.Box]:
    return box.opened(
        probe=assignment.probe,
        data=data,
        limits=assignment.limits,
        beside=assignment.beside,
        trust=trust,
        warm=warm,
    )


def _let_others_read(folder: Path) -> None:
    """A box that root opens reads the data as somebody else."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def grade_one(assignment: Assignment, found: Found, room: box.Box, expected: dict[str, Any]) -> Submission:
    """Run and judge one submission; whatever is wrong with it becomes its mark's cause."""
    try:
        if found.path is None:
            raise DataError(found.problem or "There is no notebook.")
        text = found.path.read_text(encoding="utf-8-sig", errors="replace")
        seen = run_one(text, assignment, room, expected)
    except (DataError, OSError) as error:
        return _unreadable(assignment, found, getattr(error, "problem", str(error)))
    return Submission(
        found.name,
        found.source,
        judge(seen, assignment.rubric, assignment.judges),
        room.level,
        seen.outcome.seconds,
        seen.outcome.peak_mb,
        (*found.remarks, *_remarks(seen, assignment)),
        tuple(Quote(cell, text) for cell, text in seen.answers),
    )


def run_one(text: str, assignment: Assignment, room: box.Box, expected: dict[str, Any]) -> Evidence:
    """Run a notebook, given as its file's text, and return all that was seen.

    Raises
    ------
    DataError
        If it is no notebook.
    """
    cells = read_cells(text, assignment.starter)
    outcome = room.run([(cell.number, cell.source) for cell in cells if cell.kind == "code"])
    return Evidence(_with_status(cells, outcome), outcome, expected)


def _unreadable(assignment: Assignment, found: Found, problem: str) -> Submission:
    marks = tuple(
        Mark(criterion.key, criterion.points, 0.0, "unreadable", reason=problem)
        for criterion in assignment.rubric.criteria
    )
    return Submission(found.name, found.source, marks, remarks=(*found.remarks, problem))


def _with_status(cells: tuple[Cell, ...], outcome: box.Outcome) -> tuple[Cell, ...]:
    ended = {
        fact["cell"]: fact for fact in outcome.facts if fact["fact"] == "cell" and {"status", "output"} <= fact.keys()
    }
    done = []
    for cell in cells:
        if fact := ended.get(cell.number):
            cell = replace(cell, status=fact["status"], error=fact.get("error") or {}, output=fact["output"])
        elif cell.number == outcome.at:
            cell = replace(cell, status="timed out" if outcome.cause == "timed out" else "error")
        done.append(cell)
    return tuple(done)


def _remarks(seen: Evidence, assignment: Assignment) -> list[str]:
    """What a grader should know of the submission as a whole."""
    outcome, remarks = seen.outcome, []
    if outcome.cause:
        at = f" in cell {outcome.at}" if outcome.at else ""
        remarks.append(f"The run ended early{at}: {outcome.cause}. {outcome.problem}".strip())
    for cell in seen.cells:
        if cell.status == "timed out" and cell.number != outcome.at:
            remarks.append(f"Cell {cell.number} took longer than {assignment.limits.cell_seconds} s and was stopped.")
        elif cell.error:
            remarks.append(f"Cell {cell.number} ended with {cell.error['type']}: {cell.error['text'][:200]}")
    if outcome.stray:
        remarks.append(f"{outcome.stray} lines of evidence were not written by the box and were thrown away.")
    remarks += [f"The box could not record {fact['what']}: {fact['error']}" for fact in seen.of("probe failed")]
    there = {(cell.kind, " ".join(cell.source.split())) for cell in seen.cells}
    gone = [
        cell
        for cell in read_cells(assignment.starter)
        if cell.source.strip() and (cell.kind, " ".join(cell.source.split())) not in there
    ]
    texts = [cell for cell in gone if cell.kind == "markdown"]
    if texts:
        remarks.append(f"{len(texts)} text cells of the starter were edited or deleted.")
    return remarks
