"""All of it together: scores, marks and overrides in, final marks out."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from mlsd.errors import DataError

from . import lms as export
from .overrides import Override, read_overrides
from .people import Roster, make_roster, repeated
from .quizzes import Scores, is_long, mean_only, read_scores
from .results import Results, read_results
from .rule import ASSIGNMENTS, QUIZZES, final_mark, passes, shown
from .tables import Findings, Table, read_table
from .writing import csv_text, write_all

__all__ = ["COLUMNS", "Standing", "run", "standings"]

COLUMNS = ("learner", "quizzes", "assignment_1", "assignment_2", "final", "result")
_KEPT = ("learner", "item", "before", "value", "reason")


@dataclass(frozen=True)
class Standing:
    """Where one learner stands.

    Parameters
    ----------
    learner : str
        As the course calls them.
    quizzes : Fraction
        The mean of six scores, 0 to 100.
    assignment_1, assignment_2 : str
        Complete, Incomplete or Missing.
    final : Fraction
        The exact final mark, 0 to 100.
    """

    learner: str
    quizzes: Fraction
    assignment_1: str
    assignment_2: str
    final: Fraction

    @property
    def result(self) -> str:
        """``"pass"`` or ``"fail"``."""
        return "pass" if passes(self.final) else "fail"


def run(
    *,
    quizzes: Path,
    marks: Sequence[Path],
    out: Path,
    people: Path | None = None,
    overrides: Path | None = None,
    lms: Path | None = None,
    lms_out: Path | None = None,
    lms_column: str | None = None,
    waiting: str = "refuse",
) -> str:
    """Make the gradebook, or refuse with everything that is wrong and write nothing.

    Parameters
    ----------
    quizzes : Path
        Quiz scores: any learning system's CSV.
    marks : sequence of Path
        What the assignments earned: results, or what ``course grade`` wrote.
    out : Path
        Is written: learner, quizzes, assignment_1, assignment_2, final, result. Overrides are kept beside it, in
        ``<name>_overrides.csv``, with the value before.
    people : Path, optional
        Who is in the course, with all names that they go by. Without it, those in `quizzes` are.
    overrides : Path, optional
        ``learner``, ``item``, ``value``, ``reason``.
    lms, lms_out : Path, optional
        A system's own export, and where to write it with the marks filled in.
    lms_column : str, optional
        The column of `lms` that takes the final mark; guessed when it is not given.
    waiting : str
        ``"refuse"`` marks that wait for a person, or count them as ``"zero"``.

    Returns
    -------
    str
        What was written, and what is worth a look.

    Raises
    ------
    DataError
        If a file, a person or a value cannot be used: each one is listed with its file, row, column and value.
    WriteError
        If a file cannot be written.
    """
    found = Findings()
    _check_paths(found, out, lms, lms_out, inputs=[quizzes, *marks, *filter(None, (people, overrides, lms))])
    given = [path for path in (quizzes, people, overrides, lms) if path]
    tables = {path: read_table(path, found, may_be_bare=path == overrides) for path in dict.fromkeys(given)}
    mark_tables = [table for table in (read_table(path, found) for path in marks) if table]
    roster = _roster(tables, quizzes, people, found)
    table = tables[quizzes]
    scores = read_scores(table, roster, found) if table else {}
    results = read_results(mark_tables, roster, found, waiting=waiting)
    decided = _overrides(tables, quizzes, overrides, roster, found)
    table = tables[lms] if lms else None
    planned = export.plan(table, roster, found, column=lms_column) if table else None
    _raise(found)
    assert roster is not None
    book = standings(roster.names, scores, results, decided)
    files = {out: csv_text(COLUMNS, [_line(each) for each in book]).encode()}
    kept = out.with_name(f"{out.stem}_overrides.csv")
    if decided or kept.exists():  # an old list must not stand beside new marks
        files[kept] = csv_text(_KEPT, _kept(roster.names, scores, results, decided)).encode()
    if planned and lms_out:
        files[lms_out] = export.filled(planned, {each.learner: (each.final, each.result) for each in book})
        found.notes += _lms_notes(planned, book)
    write_all(files)
    return _summary(book, decided, files, found)


def standings(names: Sequence[str], scores: Scores, results: Results, overrides: Sequence[Override]) -> list[Standing]:
    """Everybody's standing, in the order of `names`.

    Parameters
    ----------
    names : sequence of str
        The learners.
    scores : dict of str to dict of int to Fraction
        Quiz scores by learner and quiz; what is not there counts 0.
    results : dict of (str, str) to str
        By learner and assignment; what is not there is Missing.
    overrides : sequence of Override
        Take the place of the others.

    Returns
    -------
    list of Standing
        One for each name.
    """
    decided = {(each.learner, each.item): each.value for each in overrides}
    return [_standing(name, scores.get(name, {}), results, decided) for name in names]


def _standing(
    name: str, scores: dict[int, Fraction], results: Results, decided: dict[tuple[str, str], Fraction | str]
) -> Standing:
    taken = [Fraction(decided.get((name, f"quiz_{n}"), scores.get(n, 0))) for n in range(1, QUIZZES + 1)]
    first, second = (str(decided.get((name, key), results.get((name, key), "Missing"))) for key in ASSIGNMENTS)
    final = decided.get((name, "final"), final_mark(taken, first, second))
    return Standing(name, sum(taken, Fraction(0)) / QUIZZES, first, second, Fraction(final))


def _line(standing: Standing) -> list[str]:
    quizzes, final = shown(standing.quizzes), shown(standing.final)
    return [standing.learner, quizzes, standing.assignment_1, standing.assignment_2, final, standing.result]


def _kept(names: Sequence[str], scores: Scores, results: Results, decided: list[Override]) -> list[list[str]]:
    """Each override with what stood there before; before a final mark, what the rule makes of all else."""
    others = standings(names, scores, results, [each for each in decided if each.item != "final"])
    finals = {standing.learner: shown(standing.final) for standing in others}
    lines = []
    for each in decided:
        quiz = each.item.removeprefix("quiz_")
        before = shown(scores.get(each.learner, {}).get(int(quiz), Fraction(0))) if quiz != each.item else None
        before = before or (finals[each.learner] if each.item == "final" else results.get((each.learner, each.item)))
        lines.append([each.learner, each.item, before or "Missing", each.said, each.reason])
    return lines


def _check_paths(found: Findings, out: Path, lms: Path | None, lms_out: Path | None, *, inputs: list[Path]) -> None:
    if bool(lms) != bool(lms_out):
        found.problems.append("--lms and --lms-out need each other: what to fill, and where to write it.")
    kept = out.with_name(f"{out.stem}_overrides.csv")
    outputs = [path.resolve() for path in (out, kept, lms_out) if path]
    for path in inputs:
        if path.resolve() in outputs:
            found.problems.append(f"{path} would be written over; give the new file another name.")
    if len(set(outputs)) < len(outputs):
        found.problems.append(f"--lms-out {lms_out} is the gradebook's own file; give it another name.")


def _roster(tables: dict[Path, Table | None], quizzes: Path, people: Path | None, found: Findings) -> Roster | None:
    table = tables[people or quizzes]
    if table and (people or not is_long(table)):
        repeated(table, found)
    return make_roster(table, found) if table else None


def _overrides(
    tables: dict[Path, Table | None], quizzes: Path, overrides: Path | None, roster: Roster | None, found: Findings
) -> list[Override]:
    table = tables[overrides] if overrides else None
    decided = read_overrides(table, roster, found) if table else []
    scores = tables[quizzes]
    for each in decided:
        if scores and mean_only(scores) and each.item.startswith("quiz_"):
            problem = (
                f"{each.item} of {each.learner!r} cannot be overridden: {quizzes} has only the mean of the quizzes."
            )
            found.problems.append(problem)
    return decided


def _raise(found: Findings) -> None:
    problems = list(dict.fromkeys(found.problems))
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        text = "\n".join(f"- {problem}" for problem in problems)
        raise DataError(f"Nothing was written, for {count}:\n{text}", fix="Correct the files and run it again.")


def _lms_notes(planned: export.Plan, book: list[Standing]) -> list[str]:
    absent = [each.learner for each in book if each.learner not in planned.rows]
    told = {"left as they were, for they have no mark": planned.strangers, "have a mark and no row": absent}
    return [f"{planned.table.path}: {_people(names)} {what}." for what, names in told.items() if names]


def _people(names: Sequence[str]) -> str:
    return f"{len(names)} ({', '.join(names)})"


def _summary(book: list[Standing], decided: list[Override], files: dict[Path, bytes], found: Findings) -> str:
    passed = [each for each in book if each.result == "pass"]
    missing = [each.learner for each in book if "Missing" in (each.assignment_1, each.assignment_2)]
    lines = [f"{len(book)} learners: {len(passed)} pass, {len(book) - len(passed)} fail."]
    lines += [f"An assignment is Missing for {_people(missing)}."] if missing else []
    lines += [f"Overridden: {each.item} of {each.learner} is {each.said}: {each.reason}" for each in decided]
    return "\n".join([*lines, *dict.fromkeys(found.notes), *(f"wrote {path}" for path in files)])
