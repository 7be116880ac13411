"""``course grade``: find the submissions, run and judge each, write the reports; a person's marks are kept."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from . import box, regrade, report
from .assignment import Assignment, open_assignment
from .batch import grade
from .collect import Found
from .harmless import clean, csv_cell
from .marks import Submission, total
from .similarity import similar

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SIMILAR", "alike", "run"]

SIMILAR = "similar.csv"


def run(
    name: str,
    find: Callable[[Assignment], Sequence[Found]],
    out: Path,
    tell: Callable[[str], None],
    *,
    trust: bool = False,
    warm: bool = True,
    at_once: int = 2,
    complete: bool = False,
    solutions: Callable[[Assignment], Mapping[str, Path]] | None = None,
) -> None:
    """Grade submissions of one assignment into a folder.

    Parameters
    ----------
    name : str
        ``assignment_1``, ``assignment_2``, or an assignment's folder.
    find : function
        Finds the submissions, given the assignment.
    out : Path
        Where ``marks.csv``, ``marks.xlsx``, ``summary.md``, ``similar.csv`` and a folder for each submission go. What
        people typed into an earlier ``marks.csv`` or ``marks.xlsx`` there is kept.
    tell : function
        Called with each line for the terminal.
    trust, warm, at_once
        See `batch.grade`.
    complete : bool, default False
        Whether these are all submissions, so that others of an earlier run have vanished.
    solutions : function, optional
        Names the reference solutions that answers are compared with, given the assignment: a path for what each is
        called in ``similar.csv``.

    Raises
    ------
    ServiceError
        If strangers' code cannot be shut in here and `trust` is not given.
    DataError
        If the assignment, what to grade, or a mark that a person typed cannot be used; nothing is written then.
    """
    assignment = open_assignment(name)
    before = regrade.read(out)
    found, references = find(assignment), solutions(assignment) if solutions else {}
    reached, fix = box.level()
    tell(f"{assignment.rubric.title}: {len(found)} to mark. Box: {reached}. {fix}".strip())
    begun, judged = time.monotonic(), dict[str, Submission]()
    for each in grade(assignment, found, trust=trust, warm=warm, at_once=at_once):
        judged[each.name] = each
        report.write_one(regrade.keep(each, before), assignment.rubric, out)
        tell(_line(each, len(judged), len(found), time.monotonic() - begun))
    new = [judged[each.name] for each in found]
    submissions, changes = regrade.merge(out, new, assignment.rubric, before=before, complete=complete)
    report.write(submissions, assignment.rubric, out)
    pairs = alike(found, assignment, references)
    report.write_whole(out / SIMILAR, partial(_write_pairs, pairs))
    if before.was:
        tell(regrade.told(changes))
    tell(
        f"{len(pairs)} pairs of answers are much alike; they are in {SIMILAR}, for a person to look at."
        * bool(len(pairs))
    )
    tell(f"{len(new)} of {len(found)} judged. Type your own marks into {out / report.SHEET}; reports: {out}")


def _line(submission: Submission, done: int, many: int, seconds: float) -> str:
    earned, possible, waiting = total(submission.marks)
    rest = f", {waiting} for a person" * bool(waiting)
    causes = {mark.cause for mark in submission.marks} - {"judged", "waits", "missing"}
    left = f"  (about {seconds / done * (many - done):.0f} s left)" * (done < many)
    told = f"{done} of {many}  {submission.name}: {earned:g} of {possible:g}{rest}, {submission.seconds:.1f} s"
    return clean(" ".join([told, *sorted(causes)])) + left


def alike(found: Sequence[Found], assignment: Assignment, solutions: Mapping[str, Path]) -> "pd.DataFrame":
    """Pairs of answer cells that are much alike: of two learners, and of a learner and a reference solution.

    Parameters
    ----------
    found : sequence of Found
        The submissions; what is no notebook matches nobody.
    assignment : Assignment
        Whose starter is left out.
    solutions : dict of Path
        Reference solutions. Each learner is compared with each alone, so that one that half the cohort copied is still
        found.

    Returns
    -------
    DataFrame
        As `similarity.similar` gives it.
    """
    import pandas as pd

    starter = json.loads(assignment.starter)
    notebooks = {each.name: _json(each.path) for each in found if each.path}
    ours = {name: _json(path) for name, path in solutions.items()}
    tables = [similar(notebooks, starter)]
    tables += [
        similar({name: handed_in, which: solution}, starter)
        for name, handed_in in notebooks.items()
        for which, solution in ours.items()
    ]
    listed = [table for table in tables if len(table)]
    return pd.concat(listed, ignore_index=True) if listed else tables[0]


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        return {}


def _write_pairs(pairs: "pd.DataFrame", path: Path) -> None:
    safe = pairs.assign(
        **{name: pairs[name].map(lambda text: csv_cell(str(text))) for name in ("one", "other", "quote")}
    )
    safe.to_csv(path, index=False)
