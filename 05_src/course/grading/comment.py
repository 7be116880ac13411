"""A submission's report as a comment on its pull request: for the learner, whatever the learner wrote."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath

from .hand import number
from .harmless import clean, code, inline
from .marks import Mark, Quote, Submission, total
from .rubric import Rubric

__all__ = ["LIMIT", "markdown", "marker"]

LIMIT = 64_000  # bytes; a comment of a pull request holds 65,536 characters
# Characters of a quote, quotes, characters of a sentence, remarks: the first that fits is taken.
SIZES = ((240, 3, 600, 12), (100, 2, 400, 8), (60, 1, 200, 5), (0, 0, 80, 0))

CAUSES = {
    "only read": "Your code could not be run, so it was read.",
    "missing": "Nothing was found for this.",
    "crashed": "Your notebook stopped with an error before this could be seen.",
    "timed out": "Your notebook ran out of time before this could be seen.",
    "out of memory": "Your notebook ran out of memory before this could be seen.",
    "unreadable": "The file could not be read as a notebook.",
    "package not in the course": "Your notebook needs a package that the course does not have.",
    "not judged": "Not judged.",
    "waits": "A person reads this.",
}
STOPPED = {
    "crashed": "Your notebook stopped with an error",
    "timed out": "Your notebook ran out of time",
    "out of memory": "Your notebook ran out of memory",
    "unreadable": "Your file could not be read as a notebook",
    "package not in the course": "Your notebook needs a package that the course does not have",
}
BOXES = {
    "full box": "in the full box",
    "limits only": "with limits only, outside the full box",
    "none": "without a box",
}


def marker(rubric: Rubric) -> str:
    """The first line of a report, by which a workflow finds its own comment again."""
    return f"<!-- course-grade:{re.sub(r'[^A-Za-z0-9_]', '_', rubric.assignment)} -->"


def markdown(submission: Submission, rubric: Rubric, *, limit: int = LIMIT) -> str:
    """The learner's report: for a comment on the pull request, whatever the learner wrote.

    Parameters
    ----------
    submission : Submission
        Judged by `rubric`. Its text is made harmless.
    rubric : Rubric
        Gives what was asked, and from where it is Complete. Guides stay with the graders.
    limit : int
        Bytes. Quotes are cut first to stay below, then sentences; the report says so.

    Returns
    -------
    str
        Its first line is `marker`.
    """
    for sizes in SIZES:
        page = _page(submission, rubric, sizes)
        if len(page.encode()) < limit:
            return page
    return "\n".join(
        [*_head(submission, rubric), "", "The rest is too long for a comment: ask your grader for it.", ""]
    )


def _page(submission: Submission, rubric: Rubric, sizes: tuple[int, int, int, int]) -> str:
    asked = {criterion.key: criterion.text for criterion in rubric.criteria}
    right = [mark for mark in submission.marks if mark.mark is not None and mark.mark >= mark.points]
    waits = [mark for mark in submission.marks if mark.mark is None]
    again = [mark for mark in submission.marks if mark not in right and mark not in waits]
    cells = sorted({quote.cell for quote in submission.answers if quote.cell is not None})
    lines, shared = _head(submission, rubric), _shared(submission)
    for title, marks in (
        ("What is right", right),
        ("What to look at again", again),
        ("What a person still reads", waits),
    ):
        if marks:
            lines += ["", f"#### {title}", "", *_table(marks, asked, sizes, shared)]
    if waits and cells:
        lines += ["", f"Your words in {_cells(cells)} go to that person."]
    lines += _remarks(submission, sizes[3], sizes[2])
    if sizes != SIZES[0]:
        lines += ["", "Quotes and sentences were cut to keep this comment short; your grader has them in full."]
    return "\n".join([*lines, "", _foot(submission), ""])


def _head(submission: Submission, rubric: Rubric) -> list[str]:
    earned, points, waiting = total(submission.marks)
    result = rubric.result(earned)
    so_far = " so far" if waiting else ""
    said = f"{number(earned)} of {number(points)} points{so_far}, {result}"
    needed = f"{number(rubric.complete_from * rubric.points)} points ({number(100 * rubric.complete_from)} %)"
    lines = [marker(rubric), f"### {inline(rubric.title, 120)}: {said}", "", _opening(submission, needed)]
    return lines + _stops(submission)


def _stops(submission: Submission) -> list[str]:
    """What kept criteria from being seen, said once where the same holds for several."""
    counted = Counter(mark.cause for mark in submission.marks if mark.cause in STOPPED)
    lines = [f"{STOPPED[cause]}, so {_count(n)} could not be seen." for cause, n in counted.items()]
    lines += [inline(reason, 300) for reason in _shared(submission)]
    lines += ["What was seen before counts."] if 0 < counted.total() < len(submission.marks) else []
    return ["", " ".join(lines)] if lines else []


def _shared(submission: Submission) -> list[str]:
    counted = Counter(mark.reason for mark in submission.marks if mark.cause in STOPPED and mark.reason)
    return [reason for reason, n in counted.items() if n > 2]


def _opening(submission: Submission, needed: str) -> str:
    full = sum(mark.mark is not None and mark.mark >= mark.points for mark in submission.marks)
    waiting = sum(mark.mark is None for mark in submission.marks)
    said = f"{full} of {_count(len(submission.marks))} {'has' if full == 1 else 'have'} all points. " if full else ""
    said += f"{_count(waiting)} {'waits' if waiting == 1 else 'wait'} for a person. " if waiting else ""
    return f"Thank you for your work. {said}It is Complete from {needed}."


def _count(n: int) -> str:
    return f"{n} criterion" if n == 1 else f"{n} criteria"


def _table(marks: list[Mark], asked: dict[str, str], sizes: tuple[int, int, int, int], shared: list[str]) -> list[str]:
    told = [replace(mark, reason="") if mark.reason in shared else mark for mark in marks]
    rows = [_row(mark, asked.get(mark.criterion, mark.criterion), sizes) for mark in told]
    return ["| Points | What was asked | What was found | Where |", "| :-- | :-- | :-- | :-- |", *rows]


def _row(mark: Mark, asked: str, sizes: tuple[int, int, int, int]) -> str:
    size, quotes, words, _ = sizes
    by = f"Marked by {mark.by}." if mark.by != "machine" else ""
    found = [inline(text, words) for text in dict.fromkeys((CAUSES.get(mark.cause, ""), mark.reason, by)) if text]
    hint = f"<br>**Hint:** {inline(mark.hint, words)}" if mark.hint else ""
    full = mark.mark is not None and mark.mark >= mark.points
    where = "<br>".join(
        _where(quote, min(size, 60) if full else size, 1 if full else 6) for quote in mark.evidence[:quotes]
    )
    points = f"**{number(mark.mark)}**&nbsp;of&nbsp;{number(mark.points)}"
    return f"| {points} | {inline(asked, words)} | {' '.join(found)}{hint} | {where} |"


def _where(quote: Quote, size: int, lines: int) -> str:
    shown = code(quote.text, size, lines) if size else ""
    return f"Cell {quote.cell}: {shown}".rstrip(": ") if quote.cell is not None else shown


def _cells(cells: list[int]) -> str:
    shown = [str(cell) for cell in cells[:20]] + (["…"] if len(cells) > 20 else [])
    return "cell " + shown[0] if len(shown) == 1 else f"cells {', '.join(shown)}"


def _remarks(submission: Submission, most: int, words: int) -> list[str]:
    shown = [f"- {inline(remark, words)}" for remark in submission.remarks[:most] if clean(remark[:999])]
    more = len(submission.remarks) - most
    shown += [f"- … and {more} more"] if shown and more > 0 else []
    return ["", "#### Remarks", "", *shown] if shown else []


def _foot(submission: Submission) -> str:
    """How it was run; of a file on the grader's machine only its name."""
    source, windows = submission.source, PureWindowsPath(submission.source)
    if PurePosixPath(source).is_absolute() or windows.is_absolute():
        source = windows.name
    ran = f"Run {BOXES.get(submission.box, inline(submission.box, 40))}" if submission.box != "not run" else "Not run"
    took = f", {submission.seconds:.1f} s, {submission.peak_mb:.0f} MB of memory" if submission.seconds else ""
    return f"<sub>{inline(source, 200)}{' · ' if source else ''}{ran}{took}.</sub>"
