"""From evidence to marks: a rubric asks, an assignment's judge functions answer, nothing of the learner's is run.

A judge function has the name of its criterion, takes the `Evidence`, and returns a `Verdict`::

    def returns(seen: Evidence) -> Verdict:
        tables = seen.of("table")
        if not tables:
            return missing("No column with returns was found.")
        return full(cell=tables[0]["cell"]) if ... else part(0.5, cell=..., hint="Look at each first day of January.")
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .evidence import Cell, Evidence
from .marks import Cause, Mark, Quote
from .rubric import Criterion, Rubric

__all__ = ["Verdict", "full", "judge", "missing", "part", "quote"]

LONGEST = 160


@dataclass(frozen=True)
class Verdict:
    """A judge function's answer.

    Parameters
    ----------
    share : float
        Of the criterion's points, 0 to 1.
    reason : str
        For the learner; "" takes the rubric's own sentence for this share.
    cells : tuple of int
        The cells it was seen in.
    quote : str
        A line of the first of these cells that shows it; "" takes none.
    cause : str
        See `marks.Cause`; ``"missing"`` becomes the cause of the crash when the notebook did not run so far.
    hint, notes : str
        What to look at again; a word to the grader.
    """

    share: float
    reason: str = ""
    cells: tuple[int, ...] = ()
    quote: str = ""
    cause: Cause = "judged"
    hint: str = ""
    notes: str = ""


def full(*cells: int | None, quote: str = "", reason: str = "", notes: str = "", cause: Cause = "judged") -> Verdict:
    """All points."""
    return Verdict(1.0, reason, _numbers(cells), quote, cause, notes=notes)


def part(
    share: float,
    *cells: int | None,
    quote: str = "",
    reason: str = "",
    hint: str = "",
    notes: str = "",
    cause: Cause = "judged",
) -> Verdict:
    """Some of the points, or none for work that is there and wrong."""
    return Verdict(share, reason, _numbers(cells), quote, cause, hint, notes)


def missing(reason: str = "", hint: str = "", cause: Cause = "missing", notes: str = "") -> Verdict:
    """No points, because nothing was found that tries it."""
    return Verdict(0.0, reason, cause=cause, hint=hint, notes=notes)


def _numbers(cells: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(cell for cell in cells if cell is not None))


def judge(seen: Evidence, rubric: Rubric, judges: Mapping[str, Callable[[Evidence], Verdict]]) -> tuple[Mark, ...]:
    """A mark for each criterion of the rubric.

    Parameters
    ----------
    seen : Evidence
        Of one submission.
    rubric : Rubric
        What is asked.
    judges : mapping of str to function
        Judge functions by the key of their criterion. Criteria that only a person judges need none; if there is one, it
        says whether there is anything to read.

    Returns
    -------
    tuple of Mark
        In the rubric's order. A judge function that fails gives a mark that waits for a person, and says so.
    """
    return tuple(_mark(seen, criterion, judges.get(criterion.key)) for criterion in rubric.criteria)


def _mark(seen: Evidence, criterion: Criterion, function: Callable[[Evidence], Verdict] | None) -> Mark:
    if function is None:
        function = _anything_to_read
    try:
        verdict = function(seen)
    except Exception as error:  # a judge's own mistake must neither stop the batch nor cost a learner points
        notes = f"The judge function failed: {type(error).__name__}: {error}"
        return Mark(criterion.key, criterion.points, None, "waits", reason="A person looks at this.", notes=notes)
    evidence = tuple(Quote(cell, verdict.quote if n == 0 else "") for n, cell in enumerate(verdict.cells))
    if criterion.judged == "person" and verdict.share > 0:
        return Mark(
            criterion.key,
            criterion.points,
            None,
            "waits",
            "machine",
            "A person reads this.",
            evidence,
            "",
            verdict.notes,
        )
    cause, why = _cause(seen, verdict)
    reason = verdict.reason or criterion.reason(verdict.share) or f"{verdict.share:.0%} of the points."
    mark = round(verdict.share * criterion.points, 4)
    notes = "; ".join(
        filter(None, (verdict.notes, "Proposed: a person confirms it." * (criterion.judged == "prefilled")))
    )
    return Mark(
        criterion.key, criterion.points, mark, cause, "machine", f"{reason}{why}", evidence, verdict.hint, notes
    )


def _anything_to_read(seen: Evidence) -> Verdict:
    if seen.answers:
        return full(*(cell for cell, _ in seen.answers))
    return missing(hint="Write your answer in a text cell below the question.")


def _cause(seen: Evidence, verdict: Verdict) -> tuple[Cause, str]:
    """Keep a crash apart from an answer that is not there."""
    if verdict.cause != "missing":
        return verdict.cause, ""
    outcome = seen.outcome
    if outcome.cause in ("timed out", "out of memory", "crashed"):
        return outcome.cause, f" The notebook ended in cell {outcome.at}: {outcome.cause}."  # type: ignore[return-value]
    if outcome.cause:
        return "not judged", " The notebook could not be run."
    foreign = next((cell for cell in seen.code if cell.error.get("module")), None)
    if foreign:
        return "package not in the course", f" Cell {foreign.number} imports {foreign.error['module']}."
    stopped = next((cell for cell in seen.code if cell.status == "timed out"), None)
    return ("timed out", f" Cell {stopped.number} took too long.") if stopped else ("missing", "")


def quote(cell: Cell | None, *words: str) -> str:
    """The first line of a cell that holds one of `words`, shortened; "" if none does."""
    for line in (cell.source if cell else "").splitlines():
        if any(word in line for word in words):
            return line.strip()[:LONGEST]
    return ""
