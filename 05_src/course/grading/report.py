"""What is written about submissions: a Markdown report for the learner, JSON with everything, tables of all marks.

A report is written as soon as its submission is judged; the tables hold all of them. Each file is there whole or not
at all.
"""

import csv
import io
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any

from mlsd.errors import DataError, WriteError

from .comment import markdown
from .hand import HandMark, number
from .harmless import clean, csv_cell, inline
from .marks import Mark, Quote, Submission, total
from .names import TAKEN
from .rubric import Criterion, Rubric

__all__ = [
    "COLUMNS",
    "MARKS",
    "SHEET",
    "WRITTEN",
    "as_json",
    "check_names",
    "csv_rows",
    "from_json",
    "write",
    "write_one",
    "write_tables",
    "write_whole",
]

COLUMNS = ("submission", "criterion", "points", "mark", "cause", "by", "reason")
SCHEMA = 1
MARKS, SHEET, WRITTEN = "marks.csv", "marks.xlsx", "marks.json"
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # Windows has no file of these names


def write(submissions: Sequence[Submission], rubric: Rubric, out: Path) -> None:
    """Write every report, and the tables of all of them.

    Parameters
    ----------
    submissions : sequence of Submission
        Their names are folder names below `out`.
    rubric : Rubric
        What they were judged by.
    out : Path
        Made where it is missing.

    Raises
    ------
    DataError
        If a name is no safe folder name, or two are the same; nothing is written then.
    WriteError
        If a file cannot be replaced, such as a sheet that is open; what was there before still is.
    """
    check_names(submissions)
    for submission in submissions:
        write_one(submission, rubric, out)
    write_tables(submissions, rubric, out)


def write_one(submission: Submission, rubric: Rubric, out: Path) -> Path:
    """Write ``report.md`` and ``report.json`` of one submission, and return their folder."""
    check_names([submission])
    folder = out / submission.name
    found = json.dumps(as_json(submission, rubric), indent=2)
    write_whole(folder / "report.json", partial(_put, found))
    write_whole(folder / "report.md", partial(_put, markdown(submission, rubric)))
    return folder


def write_tables(submissions: Sequence[Submission], rubric: Rubric, out: Path) -> None:
    """Write ``marks.xlsx``, ``marks.csv`` and ``summary.md`` of all submissions.

    ``marks.json`` holds all of it as it was written: by it, a regrade sees what a person changed in the others.
    """
    from . import sheet  # openpyxl is slow to import

    check_names(submissions)
    sheet.write(submissions, rubric, out / SHEET)
    held = io.StringIO()
    csv.writer(held, lineterminator="\n").writerows([COLUMNS, *csv_rows(submissions)])
    every = json.dumps([as_json(submission, rubric) for submission in submissions])
    for name, text in ((MARKS, held.getvalue()), (WRITTEN, every), ("summary.md", _summary(submissions, rubric))):
        write_whole(out / name, partial(_put, text))


def _put(text: str, path: Path) -> None:
    path.write_bytes(text.encode())


def csv_rows(submissions: Iterable[Submission]) -> list[list[str]]:
    """One row for each submission and criterion, in the order of `COLUMNS`; a mark that waits is empty."""
    return [_csv_row(submission.name, mark) for submission in submissions for mark in submission.marks]


def check_names(submissions: Iterable[Submission]) -> None:
    """Raise a DataError where a name is no safe folder below the report's, on any system, or stands twice."""
    seen = dict[str, str]()
    for name in (submission.name for submission in submissions):
        if name.casefold() in seen:
            raise DataError(f"Two submissions are called {seen[name.casefold()]!r} and {name!r}: one folder for both.")
        seen[name.casefold()] = name
        if not _safe(name):
            raise DataError(f"{name!r} cannot be a folder's name on every system.", fix="Give the submission another.")


def as_json(submission: Submission, rubric: Rubric) -> dict[str, Any]:
    """Everything that is known of a submission, ready for JSON. `from_json` is the way back.

    Returns
    -------
    dict
        ``schema`` (1), ``assignment``, ``title``, ``submission``, ``source``, ``box``, ``seconds``, ``peak_mb``,
        ``total`` (``earned``, ``points``, ``waiting``, ``needed``, ``result``), ``remarks``, ``answers`` (``cell``,
        ``text``) and ``marks``: the fields of a `Mark`, with ``asked``, ``outcome``, ``judged`` and ``guide`` of the
        rubric, and for a person's mark ``given``, ``comment``, ``who`` and ``machine``.
    """
    earned, points, waiting = total(submission.marks)
    asked = {criterion.key: criterion for criterion in rubric.criteria}
    return {
        "schema": SCHEMA,
        "assignment": rubric.assignment,
        "title": rubric.title,
        "submission": submission.name,
        **{name: getattr(submission, name) for name in ("source", "box", "seconds", "peak_mb")},
        "total": {
            "earned": earned,
            "points": points,
            "waiting": waiting,
            "needed": round(rubric.complete_from * rubric.points, 9),
            "result": rubric.result(earned),
        },
        "remarks": list(submission.remarks),
        "answers": [asdict(quote) for quote in submission.answers],
        "marks": [_asked(asked.get(mark.criterion)) | asdict(mark) for mark in submission.marks],
    }


def from_json(found: dict[str, Any]) -> Submission:
    """The submission that `as_json` was given.

    Raises
    ------
    DataError
        If it is of another schema, or something is missing.
    """
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise DataError(f"It is no report of schema {SCHEMA}.", fix="Grade the submission again.")
    try:
        return Submission(
            found["submission"],
            found["source"],
            tuple(_mark(mark) for mark in found["marks"]),
            found["box"],
            found["seconds"],
            found["peak_mb"],
            tuple(found["remarks"]),
            tuple(Quote(**quote) for quote in found["answers"]),
        )
    except (KeyError, TypeError) as error:
        raise DataError(f"The report lacks {error}.", fix="Grade the submission again.") from error


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and let it take the place when it is whole.

    Raises
    ------
    WriteError
        If that fails; what was there before still is.
    """
    beside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
        os.close(handle)
        write(Path(beside))
        os.replace(beside, path)
    except OSError as error:
        fix = "Close it where it is open, make room on the disk, or choose another --out."
        raise WriteError(f"{path} could not be written: {error.strerror or error}.", fix) from error
    finally:
        if beside:
            Path(beside).unlink(missing_ok=True)


def _safe(name: str) -> bool:
    plain = name == clean(name) and not re.search(r'[\\/:*?"<>|]', name) and not RESERVED.fullmatch(name)
    return plain and name.casefold() not in TAKEN and not name.endswith(".") and 0 < len(name.encode()) <= 200


def _csv_row(name: str, mark: Mark) -> list[str]:
    given = "" if mark.mark is None else number(mark.mark)
    texts = [csv_cell(text) for text in (name, mark.criterion, mark.by, mark.reason)]
    return [*texts[:2], number(mark.points), given, mark.cause, *texts[2:]]


def _mark(found: dict[str, Any]) -> Mark:
    kind = HandMark if "given" in found else Mark
    kept = {field.name: found[field.name] for field in fields(kind)}
    kept["evidence"] = tuple(Quote(**quote) for quote in kept["evidence"])
    if kept.get("machine"):
        kept["machine"] = _mark(kept["machine"])
    return kind(**kept)


def _asked(criterion: Criterion | None) -> dict[str, str]:
    names = {"asked": "text", "outcome": "outcome", "judged": "judged", "guide": "guide"}
    return {name: getattr(criterion, of, "") for name, of in names.items()}


def _summary(submissions: Sequence[Submission], rubric: Rubric) -> str:
    head = ["| Submission | Points | Result | Waits | Not simply judged | Box | Seconds |"]
    head += ["| :-- | :-- | :-- | --: | :-- | :-- | --: |"]
    rows = [_summary_row(submission, rubric) for submission in submissions]
    return "\n".join([f"# {inline(rubric.title)}: {len(submissions)} submissions", "", *head, *rows, ""])


def _summary_row(submission: Submission, rubric: Rubric) -> str:
    earned, points, waiting = total(submission.marks)
    causes = Counter(mark.cause for mark in submission.marks if mark.cause not in ("judged", "waits"))
    odd = ", ".join(f"{n} {cause}" for cause, n in causes.items())
    result = rubric.result(earned) + (" so far" if waiting and rubric.result(earned) == "Incomplete" else "")
    return (
        f"| {inline(submission.name)} | {number(earned)} of {number(points)} | {result} | {waiting} | {odd} "
        f"| {inline(submission.box)} | {submission.seconds:.1f} |"
    )
