"""What a submission earned: one mark for each criterion, with its cause kept apart from its number."""

from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["CAUSES", "Cause", "Mark", "Quote", "Submission", "total"]

Cause = Literal[
    "judged",  # the work was run and looked at
    "only read",  # it could not be run, so its source was read
    "missing",  # nothing was found that tries this
    "crashed",
    "timed out",
    "out of memory",
    "unreadable",  # the file is no notebook
    "package not in the course",
    "not judged",  # it rests on something else that failed; the reason names it
    "waits",  # a person has to read it
    "overruled",  # a person gave another mark than the machine
]
CAUSES: tuple[str, ...] = get_args(Cause)


@dataclass(frozen=True)
class Quote:
    """A short piece of the submission that a mark rests on.

    Parameters
    ----------
    cell : int or None
        Number of the code or text cell in the notebook, from 1; None where it is no cell's.
    text : str
        The learner's words or code, shortened. It is a stranger's text: reports make it harmless before they show it.
    """

    cell: int | None
    text: str


@dataclass(frozen=True)
class Mark:
    """What one criterion earned.

    Parameters
    ----------
    criterion : str
        Key in the rubric.
    points : float
        What can be earned.
    mark : float or None
        What was earned, from 0 to `points`; None as long as a person has to read it.
    cause : str
        One of `CAUSES`: why the mark is what it is, so that a zero for a crash is not taken for a wrong answer.
    by : str
        ``"machine"``, or who gave the mark.
    reason : str
        A sentence for the learner.
    evidence : tuple of Quote
        Where in the notebook this was seen.
    hint : str
        What to look at again; it gives no hidden check away.
    notes : str
        For the grader: what was tolerated or looked odd.
    """

    criterion: str
    points: float
    mark: float | None
    cause: Cause
    by: str = "machine"
    reason: str = ""
    evidence: tuple[Quote, ...] = ()
    hint: str = ""
    notes: str = ""


@dataclass(frozen=True)
class Submission:
    """One judged submission.

    Parameters
    ----------
    name : str
        The learner, or the file's path below the folder that was graded.
    source : str
        Where it came from: a file, or a repository and its pinned commit.
    marks : tuple of Mark
        In the order of the rubric.
    box : str
        How far its code was shut in: ``"full box"``, ``"limits only"``, ``"none"``, or ``"not run"``.
    seconds, peak_mb : float
        What running it took.
    remarks : tuple of str
        About the submission as a whole: extra files, edited text, a branch that was spelled otherwise.
    answers : tuple of Quote
        All that may answer the questions in words, for the person who reads them.
    """

    name: str
    source: str
    marks: tuple[Mark, ...]
    box: str = "not run"
    seconds: float = 0.0
    peak_mb: float = 0.0
    remarks: tuple[str, ...] = ()
    answers: tuple[Quote, ...] = ()


def total(marks: tuple[Mark, ...]) -> tuple[float, float, int]:
    """Points earned, points possible, and how many criteria still wait for a person.

    Examples
    --------
    >>> total((Mark("a", 1, 0.5, "judged"), Mark("b", 1, None, "waits")))
    (0.5, 2, 1)
    """
    given = [mark.mark for mark in marks if mark.mark is not None]
    return sum(given), sum(mark.points for mark in marks), len(marks) - len(given)
