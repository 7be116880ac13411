"""The ``course`` command: build and run the course, keep its dates, ask its quizzes, grade it."""

import argparse
import io
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlsd import settings
from mlsd.errors import DataError, MlsdError, SettingsError

from .cohort import cli as cohort
from .onboarding import cli as onboarding
from .quizzes import cli as quizzes
from .slides import cli as slides

if TYPE_CHECKING:
    from rich.console import Console

    from .grading.assignment import Assignment
    from .grading.collect import Found
    from .runner import LabRun

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : list of str, optional
        The words after ``course``; by default those of the command line.

    Returns
    -------
    int
        0 if all is well, 1 if a lab failed, a notebook is out of date or a check found something missing, 2 for an
        error that names its fix, 130 after Ctrl-C.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a Windows code page cannot write every sign that a lab may print
    options = _parser().parse_args(argv)
    try:
        return options.run(options)
    except MlsdError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="course", description="Build and run the course, teach it, grade it, and keep the book."
    )
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)

    build = commands.add_parser(
        "build",
        help="make the learner and solution notebooks from their sources",
        description="Make the learner and solution notebooks from their sources. The same source gives the same bytes.",
    )
    build.add_argument("--check", action="store_true", help="write nothing; list the notebooks that differ, exit 1")
    build.add_argument("--force", action="store_true", help="also write over notebooks that somebody worked in")
    build.set_defaults(run=_build)

    labs = commands.add_parser(
        "labs",
        help="run labs from the first cell to the last and write a report",
        description="Run labs from the first cell to the last and write a report. Data, logs and the SQLite database "
        "of a run are temporary: your own stay as they are.",
    )
    labs.add_argument("names", nargs="*", metavar="NAME", help="labs such as 03 or 03_files_and_dask; default: all")
    labs.add_argument("--db", metavar="URL", help="run on this database (default: a new SQLite file for each run)")
    versions = labs.add_mutually_exclusive_group()
    versions.add_argument(
        "--learner", dest="versions", action="store_const", const=("learner",), help="only what learners open"
    )
    versions.add_argument(
        "--solutions", dest="versions", action="store_const", const=("solution",), help="only the solutions"
    )
    labs.add_argument("--cell-seconds", type=int, default=600, metavar="N", help="longest time for a cell (600)")
    labs.set_defaults(run=_labs)

    check = commands.add_parser(
        "check",
        help="run your assignment before you hand it in, and see what was found of each task",
        description="Run your own notebook on data like the course's and say what was found of each task. It gives no "
        "marks and does not say what is right.",
    )
    check.add_argument("notebook", type=Path, metavar="NOTEBOOK", help="such as assignment_1.ipynb")
    check.add_argument("--assignment", metavar="NAME", help="its assignment, if the file's name does not tell")
    check.add_argument("--boxed", action="store_true", help="it is a stranger's: run it shut in, or not at all")
    check.set_defaults(run=_check)

    grade = commands.add_parser(
        "grade",
        help="run and mark submissions, shut in, with a report for each and a sheet for you",
        description="Run strangers' notebooks in a box and mark them by an assignment's rubric. Marks that you typed "
        "into the sheet of an earlier run are kept. Ends with 0 when every submission was judged, whatever the marks.",
    )
    grade.add_argument("assignment", metavar="ASSIGNMENT", help="assignment_1, assignment_2, or an assignment's folder")
    grade.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="notebooks, folders or zip archives of them")
    grade.add_argument("--out", type=Path, required=True, metavar="DIR", help="where reports and marks go")
    grade.add_argument("--reference", action="store_true", help="mark the reference solution: yours, or the published")
    grade.add_argument("--cohort", type=Path, metavar="FILE", help="whose private place counts (this cohort's)")
    grade.add_argument("--pulls", type=Path, metavar="CSV", help="pull requests: learner, repository, number, deadline")
    grade.add_argument(
        "--deadline", metavar="TIME", help="for pull requests without one, such as 2026-01-26T23:59-05:00"
    )
    grade.add_argument("--repin", action="store_true", help="look for newer commits than those graded before")
    grade.add_argument("--complete", action="store_true", help="these are all submissions; others have vanished")
    grade.add_argument("--cold", action="store_true", help="a new process for each submission: slower, the same marks")
    grade.add_argument("--at-once", type=int, default=2, metavar="N", help="how many run side by side (2)")
    grade.add_argument(
        "--trust-submissions", action="store_true", help="run them with limits only where they cannot be shut in"
    )
    grade.add_argument(
        "--graders",
        nargs="+",
        type=Path,
        metavar="XLSX",
        help="no grading: put what graders typed into copies together",
    )
    grade.add_argument(
        "--rubric-sheet", action="store_true", help="no grading: write a blank sheet for marking by hand to DIR"
    )
    grade.set_defaults(run=_grade)

    book = commands.add_parser(
        "gradebook",
        help="final marks from quiz scores and assignment marks",
        description="Final marks, pass or fail, by the course's rule: 60 % quizzes, 20 % each assignment, 60 to pass. "
        "People, scores or files that do not fit are named, all at once, and nothing is written.",
    )
    book.add_argument(
        "--quizzes", type=Path, required=True, metavar="CSV", help="quiz scores, from any learning system"
    )
    book.add_argument(
        "--marks",
        type=Path,
        required=True,
        nargs="+",
        action="extend",
        metavar="CSV",
        help="assignments' results, or the marks.csv of `course grade`; one file for both, or one for each",
    )
    book.add_argument("--out", type=Path, required=True, metavar="CSV", help="where the final marks go")
    book.add_argument("--people", type=Path, metavar="CSV", help="who is in the course, with all their names")
    book.add_argument("--overrides", type=Path, metavar="CSV", help="columns learner, item, value, reason")
    book.add_argument("--lms", type=Path, metavar="CSV", help="the learning system's own export, to be filled in")
    book.add_argument("--lms-out", type=Path, metavar="CSV", help="where the filled one goes")
    book.add_argument("--lms-column", metavar="NAME", help="its mark column (default: Final mark and the like)")
    book.add_argument(
        "--waiting", choices=("refuse", "zero"), default="refuse", help="marks that still wait for a person (refuse)"
    )
    book.set_defaults(run=_gradebook)

    cohort.add(commands)
    quizzes.add(commands)
    onboarding.add(commands)
    slides.add(commands)
    cover = commands.add_parser(
        "coverage",
        help="which lab, deck, quiz questions and rubric rows belong to each outcome and chapter",
        description="Print what teaches and tests each outcome and each chapter. Ends with 1 where one has none.",
    )
    cover.add_argument("--write", action="store_true", help="write it to 03_instructional_team/coverage.md")
    cover.set_defaults(run=_coverage)
    return parser


def _build(options: argparse.Namespace) -> int:
    from . import notebooks

    root = settings.root()
    if options.check:
        stale = notebooks.out_of_date(root)
        for path in stale:
            print(f"differs from its source: {_short(path, root)}")
        print("Fix: course build" if stale else "Every notebook is what its source gives.")
        return 1 if stale else 0
    written = notebooks.build(root, force=options.force)
    for path in written:
        print(f"wrote {_short(path, root)}")
    sources = notebooks.lab_names(root) + notebooks.assignment_names(root)
    print(f"{len(written)} of {2 * len(sources)} notebooks changed.")
    return 0


def _labs(options: argparse.Namespace) -> int:
    from rich.console import Console

    from . import notebooks, report, runner

    root = settings.root()
    versions = options.versions or notebooks.VERSIONS
    chosen = [(lab, version) for lab in notebooks.pick(options.names, root) for version in versions]
    if options.db:
        from mlsd import store

        store.connect(options.db)
    folder = _report_folder()
    console = Console(width=None if sys.stdout.isatty() else 120)
    _warn_of_stale(console, chosen, root)
    runs = []
    try:
        with report.progress(console, len(chosen)) as watch:
            for run in runner.run_labs(
                chosen, root=root, db=options.db, cell_seconds=options.cell_seconds, watch=watch
            ):
                runs.append(run)
                _tell(console, run, f"{len(runs)} of {len(chosen)}")
    finally:
        index = report.write_report(runs, folder)
    console.print(report.summary(runs))
    _say(console, f"Report: {index}\n{index.resolve().as_uri()}")
    results = {run.result for run in runs}
    return 130 if "stopped" in results else int(results != {"passed"})


def _check(options: argparse.Namespace) -> int:
    from .grading import check

    lines, complete = check.check(options.notebook, options.assignment, boxed=options.boxed)
    print("\n".join(lines))
    return 0 if complete else 1


def _grade(options: argparse.Namespace) -> int:
    from .grading import grade
    from .grading.collect import collect

    if options.graders or options.rubric_sheet:
        return _put_together(options) if options.graders else _blank_sheet(options)

    def find(assignment: "Assignment") -> "list[Found]":
        if options.reference:
            return _reference(_reference_solutions(options, assignment.name), assignment.name)
        if options.pulls:
            return _pulls(options, assignment.notebook)
        return collect(options.paths, assignment.notebook, into=options.out / "taken_out")

    asked = [options.paths, options.pulls, options.reference]
    if sum(map(bool, asked)) != 1:
        fix = "Name notebooks or folders, or a list with --pulls, or --reference: one of them."
        raise DataError("What is to be graded?", fix=fix)
    if options.at_once < 1:
        raise SettingsError(f"--at-once must be 1 or more, got: {options.at_once}.")
    grade.run(
        options.assignment,
        find,
        options.out,
        _tell_now,
        trust=options.trust_submissions,
        warm=not options.cold,
        at_once=options.at_once,
        complete=options.complete,
        solutions=lambda each: {} if options.reference else _reference_solutions(options, each.name),
    )
    return 0


def _reference_solutions(options: argparse.Namespace, name: str) -> dict[str, Path]:
    """Of the assignment, by what they are called; a private place that cannot be used is told and stops no grading."""
    from .cohort.private import reference_solutions
    from .cohort.reading import cohort_path, read_cohort

    cohort = read_cohort(options.cohort or cohort_path(settings.root()))
    try:
        return reference_solutions(cohort, settings.root(), name)
    except DataError as error:
        if options.reference:
            raise
        _tell_now(f"Answers are not compared with your own solution: {error.problem}")
        return reference_solutions(replace(cohort, private=""), settings.root(), name)


def _reference(solutions: dict[str, Path], name: str) -> "list[Found]":
    """The last one as a submission: the cohort's own, if there is one."""
    from .grading.collect import Found

    if not solutions:
        raise DataError(
            f"There is no reference solution of {name}.",
            fix=f"Put {name}.ipynb into solutions/ of the cohort's private place, or name the notebook.",
        )
    which, path = list(solutions.items())[-1]
    return [Found("reference", path, f"{which}, {path}")]


def _tell_now(line: str) -> None:
    if line:
        print(line, flush=True)


def _pulls(options: argparse.Namespace, notebook: str) -> "list[Found]":
    from .grading.pull_list import read_pulls
    from .grading.pulls import fetch_pulls

    return fetch_pulls(
        read_pulls(options.pulls),
        notebook,
        folder=options.out / "pulls",
        deadline=_time(options.deadline),
        repin=options.repin,
        watch=lambda done, many, learner: _tell_now(f"fetching {done + 1} of {many}: {learner}" * (done < many)),
    )


def _time(text: str | None) -> "datetime | None":
    try:
        return datetime.fromisoformat(text).astimezone() if text else None
    except ValueError as error:
        raise SettingsError(f"--deadline {text!r} is no time.", fix="Write 2026-01-26T23:59-05:00.") from error


def _blank_sheet(options: argparse.Namespace) -> int:
    from .grading import rubric_sheet
    from .grading.assignment import open_assignment

    rubric = open_assignment(options.assignment).rubric
    options.out.mkdir(parents=True, exist_ok=True)
    rubric_sheet.write(rubric, options.out / f"{rubric.assignment}_rubric.xlsx")
    print(f"wrote {options.out / f'{rubric.assignment}_rubric.xlsx'}")
    return 0


def _put_together(options: argparse.Namespace) -> int:
    from .grading import regrade, report
    from .grading.assignment import open_assignment

    rubric = open_assignment(options.assignment).rubric
    submissions, changes, conflicts = regrade.apply_graders(options.out, options.graders, rubric)
    report.write(submissions, rubric, options.out)
    print(regrade.told(changes))
    print("\n".join(map(str, conflicts)) or "The graders agree.")
    return 0


def _gradebook(options: argparse.Namespace) -> int:
    from . import gradebook

    names = ("quizzes", "marks", "out", "people", "overrides", "lms", "lms_out", "lms_column", "waiting")
    print(gradebook.run(**{name: getattr(options, name) for name in names}))
    return 0


def _coverage(options: argparse.Namespace) -> int:
    from . import coverage

    root = settings.root()
    both = coverage.coverage(root)
    page = coverage.page(*both)
    if options.write:
        coverage.page_path(root).write_text(page, encoding="utf-8", newline="\n")
        print(f"wrote {_short(coverage.page_path(root), root)}")
    else:
        print(page)
    missing = [gap for rows in both for gap in coverage.gaps(rows)]
    print("\n".join(missing))
    return int(bool(missing))


def _report_folder() -> Path:
    """Made before the first lab runs, so that no run is lost for want of a place to tell of it."""
    folder = settings.log_dir() / "labs-report"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fix = "Set MLSD_LOG_DIR in .env to a folder that you may write to."
        raise SettingsError(f"The report cannot be written to {folder}: {error.strerror}.", fix) from error
    return folder


def _warn_of_stale(console: "Console", chosen: list[tuple[str, str]], root: Path) -> None:
    from . import notebooks

    stale = set(notebooks.out_of_date(root)) & {notebooks.derived_path(*lab, root) for lab in chosen}
    for path in sorted(stale):
        _say(
            console, f"{_short(path, root)} is not what its source gives; it runs as it is. `course build` rebuilds it."
        )


def _tell(console: "Console", run: "LabRun", which: str) -> None:
    from . import report

    after = f", {run.cells} cells, {run.seconds:.1f} s" if run.notebook is not None else ""
    _say(console, f"lab {which}: {run.lab} ({run.version}) {run.result}{after}")
    if run.failure:
        _say(console, report.failure_text(run))


def _say(console: "Console", text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _short(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
