"""Forty submissions of each assignment: ours, forked from a warm process and each in a new one, beside nbgrader.

nbgrader is no dependency. Put it into an environment of its own and name its Python: ``--nbgrader PATH``. It runs the
same notebooks in one command, with the course's packages, and checks that three names are there; ours runs and judges
all criteria. Compared are seconds a submission. First, the marks of forked and of new processes must be equal.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import nbformat
from _bench import folder, print_json

from course import notebooks
from course.grading import assignment, batch, box
from course.grading.assignment import lay_out
from course.grading.collect import Found
from course.grading.marks import Submission, total
from mlsd import settings

# What nbgrader checks: the names that the assignment asks for.
NAMES = {"assignment_1": ["dd_feat", "feat", "PRICE_DATA"], "assignment_2": ["preproc1", "pipeline_d", "best_model"]}


def main() -> None:
    asked = _arguments()
    for name in asked.assignments:
        with folder() as home:
            _compare(name, home, asked)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--submissions", type=int, default=40, help="of each assignment (default 40)")
    parser.add_argument("--cold", type=int, default=40, help="of them, also each in a new process (default 40)")
    parser.add_argument("--peers", type=int, default=40, help="of them, also by nbgrader (default 40)")
    parser.add_argument("--nbgrader", type=Path, help="a Python that has nbgrader")
    parser.add_argument("--assignments", nargs="+", default=list(NAMES), choices=list(NAMES))
    return parser.parse_args()


def _compare(name: str, home: Path, asked: argparse.Namespace) -> None:
    one = assignment.open_assignment(name)
    found = _submissions(name, home, asked.submissions)
    warm, seconds = _graded(one, found, warm=True)
    cold, cold_seconds = _graded(one, found[: asked.cold], warm=False)
    assert [_marks(each) for each in cold] == [_marks(each) for each in warm[: len(cold)]], "marks differ"
    shown = {"ours, forked": (seconds / len(warm), warm), "ours, a new process each": (cold_seconds / len(cold), cold)}
    print(f"\n{name}: {len(warm)} submissions, two at a time, {box.level()[0]}")
    for way, (each, judged) in shown.items():
        memory = mean(submission.peak_mb for submission in judged)
        print(f"  {way:<26} {each:>6.2f} s a submission   peak {memory:>5.0f} MB   {_total(judged[0])}")
    if asked.nbgrader:
        peer = _nbgrader(asked.nbgrader, name, home, found[: asked.peers]) / min(asked.peers, len(found))
        print(f"  {'nbgrader, one command':<26} {peer:>6.2f} s a submission")
        print_json(f"grading, {name}", {
            f"nbgrader / {way}": round(peer / each, 1) for way, (each, _) in shown.items()
        })  # fmt: skip


def _submissions(name: str, home: Path, many: int) -> list[Found]:
    """The reference solution, many times; every fourth one lacks its last code cell, so that not all are alike."""
    text = notebooks.derived_path(name, "solution", settings.root()).read_text(encoding="utf-8")
    found = []
    for n in range(many):
        notebook = nbformat.reads(text, as_version=4)
        if n % 4 == 3:
            last = max(place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code")
            del notebook.cells[last]
        path = home / "submissions" / f"learner_{n:02d}" / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
        found.append(Found(f"learner_{n:02d}", path, str(path)))
    return found


def _graded(one: assignment.Assignment, found: Sequence[Found], *, warm: bool) -> tuple[list[Submission], float]:
    began = time.perf_counter()
    judged = sorted(batch.grade(one, found, warm=warm), key=lambda each: each.name)
    return judged, time.perf_counter() - began


def _marks(submission: Submission) -> list[tuple]:
    return [(mark.criterion, mark.mark, mark.cause, mark.reason) for mark in submission.marks]


def _total(submission: Submission) -> str:
    earned, possible, waiting = total(submission.marks)
    return f"(the reference: {earned:g} of {possible:g}, {waiting} for a person)"


def _nbgrader(python: Path, name: str, home: Path, found: Sequence[Found]) -> float:
    """Seconds of `nbgrader autograde` over the same notebooks."""
    course = home / "nbgrader"
    source = nbformat.read(found[0].path, as_version=4)
    test = nbformat.v4.new_code_cell("\n".join(f"assert {word} is not ..." for word in NAMES[name]))
    test.metadata["nbgrader"] = {
        **{"grade": True, "grade_id": "names", "locked": True, "points": 3, "schema_version": 3},
        **{"solution": False, "task": False, "cell_type": "code"},
    }
    source.cells.append(test)
    lay_out(assignment.open_assignment(name), course / "autograded")
    for place in [course / "source" / "ps" / f"{name}.ipynb"] + [
        course / "submitted" / each.name / "ps" / f"{name}.ipynb" for each in found
    ]:
        place.parent.mkdir(parents=True)
        nbformat.write(source, place)
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.ExecutePreprocessor.timeout = 600\n", encoding="utf-8"
    )
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    env = os.environ | {
        **{"PYTHONPATH": packages, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"},
        **{"JUPYTER_DATA_DIR": str(home / "jupyter"), "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"},
    }
    nbgrader = [str(python), "-m", "nbgrader"]
    subprocess.run(
        [*nbgrader, "generate_assignment", "ps", "--force"], cwd=course, env=env, check=True, capture_output=True
    )
    began = time.perf_counter()
    done = subprocess.run(
        [*nbgrader, "autograde", "ps"], cwd=course, env=env, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - began
    assert done.returncode == 0, done.stderr[-3000:]
    ran = [nbformat.read(path, as_version=4).cells[-1] for path in course.glob("autograded/*/ps/*.ipynb")]
    assert len(ran) == len(found), done.stderr[-3000:]
    assert not [output for cell in ran for output in cell.outputs if output.output_type == "error"], ran[0].outputs
    return seconds


if __name__ == "__main__":
    main()
