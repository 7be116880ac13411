"""Grade again without losing what a person gave: whose mark changes and why, and two graders' sheets made one.

A person's mark stands in ``marks.xlsx`` or, with a name in ``by``, in ``marks.csv``. Where both were edited, what
differs from the last reports is the newer; where both differ, it is a mistake that is named.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .graders import Conflict, merge_graders
from .hand import HandMark, machine_side, number, put
from .handed import Given, Key, Rows, csv_file, earlier, graders_sheet, of_submissions, refuse
from .harmless import clean
from .kept import DIFFER, KEPT, come_back, differing, read_kept, write_kept
from .marks import Mark, Submission
from .report import MARKS, SHEET
from .rubric import Rubric

__all__ = ["Change", "Conflict", "Earlier", "apply_graders", "keep", "merge", "merge_graders", "read", "told"]


@dataclass(frozen=True)
class Change:
    """What a regrade does to one criterion of one submission.

    Parameters
    ----------
    submission, criterion : str
        Which.
    kind : str
        ``"changed"``: the mark; ``"kept"``: the machine's mark changed, and a person's stays; ``"aside"``: a person's
        mark has no place any more and is in ``kept_marks.csv``.
    before, after : float or None
        The mark; of ``"kept"`` the machine's. None waits for a person.
    reason_before, reason_after : str
        Why.
    by : str
        Who gave the mark that counts now.
    """

    submission: str
    criterion: str
    kind: str
    before: float | None
    after: float | None
    reason_before: str
    reason_after: str
    by: str

    def __str__(self) -> str:
        """One line for a terminal."""
        why = f"Before: {self.reason_before or '–'} Now: {self.reason_after or '–'}"
        old, new = number(self.before), number(self.after)
        line = f"{old} becomes {new}{'' if self.by == 'machine' else f', by {self.by}'}. {why}"
        if self.kind == "kept":
            line = f"the mark of {self.by} stays; the machine's {old} becomes {new}. {why}"
        if self.kind == "aside":
            line = f"the mark {old} of {self.by} has no place now and is kept in {KEPT}: {self.reason_after}."
        return clean(f"{self.submission}, {self.criterion}: {line}")


@dataclass(frozen=True)
class Earlier:
    """An earlier grading: what was written, and what people have given, there or since.

    Parameters
    ----------
    was : mapping of str to Submission
        As it was written.
    hands : mapping
        A person's mark or comment by submission and criterion, every one of them checked.
    """

    was: Mapping[str, Submission]
    hands: Mapping[Key, Given]


def read(out: Path) -> Earlier:
    """What an earlier grading left, so that a mistake in it is told before anything is graded or written.

    Parameters
    ----------
    out : Path
        Where it was written; there may be nothing.

    Raises
    ------
    DataError
        If an entry cannot be used, or a file is open or damaged. Each entry is named; nothing is written.
    """
    was = earlier(out)
    base, points = of_submissions(was), {key: mark.points for key, mark in _by_key(was.values()).items()}
    in_csv, wrong = csv_file(out / MARKS, was, points)
    there = (out / SHEET).exists()
    in_sheet, more = graders_sheet(out / SHEET, points if was else None) if there else (Rows(), [])
    hands, twice = _newer(base, in_csv, in_sheet)
    refuse([*wrong, *more, *twice])
    return Earlier(was, hands)


def keep(submission: Submission, before: Earlier) -> Submission:
    """The submission with what a person gave to it before, for a report that is written at once.

    Parameters
    ----------
    submission : Submission
        Judged now.
    before : Earlier
        From `read`.
    """
    return _with(submission, before.hands)


def merge(
    out: Path,
    new: Sequence[Submission],
    rubric: Rubric,
    *,
    before: Earlier | None = None,
    complete: bool = False,
) -> tuple[list[Submission], list[Change]]:
    """Lay what people gave in an earlier grading over the machine's new marks.

    Parameters
    ----------
    out : Path
        Where the earlier grading was written; there may be none. Only ``kept_marks.csv`` is written here.
    new : sequence of Submission
        Judged now.
    rubric : Rubric
        What they were judged by.
    before : Earlier, optional
        From `read`, before anything was judged; read here otherwise.
    complete : bool, default False
        Whether `new` holds every submission that there is, so that one that is not in it has vanished. Otherwise it
        stays as it was, as when one learner alone is graded again.

    Returns
    -------
    tuple
        All submissions, for `report.write`, and the changes.

    Raises
    ------
    DataError
        As `read`.
    """
    before = before or read(out)
    fresh = {submission.name: submission for submission in new}
    names = [name for name in before.was if name in fresh or not complete]
    names += [name for name in fresh if name not in before.was]
    submissions = [fresh.get(name) or before.was[name] for name in names]
    return _laid_over(out, before, submissions, {criterion.key for criterion in rubric.criteria})


def apply_graders(
    out: Path, paths: Sequence[Path], rubric: Rubric
) -> tuple[list[Submission], list[Change], list[Conflict]]:
    """Lay what graders agree on over an earlier grading; where they differ, the criterion waits for a person.

    What each gave in a conflict is put into ``kept_marks.csv`` and, for the graders, into the notes.

    Parameters
    ----------
    out : Path
        The earlier grading.
    paths : sequence of Path
        Copies of its ``marks.xlsx``, edited apart.
    rubric : Rubric
        What it was judged by.

    Returns
    -------
    tuple
        All submissions, for `report.write`, the changes, and the conflicts.
    """
    before = read(out)
    agreed, conflicts = merge_graders(paths, before.hands)
    aside = [(given, DIFFER) for conflict in conflicts for given in conflict.given]
    agreed = {**before.hands, **agreed}
    for given, _ in aside:
        agreed.pop(given.key, None)
    criteria = {criterion.key for criterion in rubric.criteria}
    submissions, changes = _laid_over(out, Earlier(before.was, agreed), list(before.was.values()), criteria, aside)
    return submissions, changes, conflicts


def told(changes: Iterable[Change]) -> str:
    """The changes as lines for a terminal.

    Examples
    --------
    >>> print(told([Change("anna", "returns", "changed", 0.5, 1, "One lag is wrong.", "Right.", "machine")]))
    anna, returns: 0.5 becomes 1. Before: One lag is wrong. Now: Right.
    >>> print(told([]))
    Nobody's mark changes.
    """
    return "\n".join(map(str, changes)) or "Nobody's mark changes."


def _newer(base: Mapping[Key, Given], in_csv: Rows, in_sheet: Rows) -> tuple[dict[Key, Given], list[str]]:
    """Each entry from where it was changed after it was written, and the entries that were changed in two ways."""
    hands, twice = dict(base), list[str]()
    for key in {**in_csv, **in_sheet}:
        was = base.get(key)
        edited = [in_sheet[key]] if key in in_sheet and _edited(in_sheet[key], was, is_csv=False) else []
        edited += [in_csv[key]] if key in in_csv and _edited(in_csv[key], was, is_csv=True) else []
        if len(edited) == 2 and not _alike(*edited):
            places = " and ".join(given.where if given else "an empty entry" for given in edited)
            twice.append(f"{key[1]!r} of {key[0]!r} was changed in two places, and not alike: {places}.")
        elif edited and edited[0]:
            hands[key] = edited[0]
        elif edited:
            del hands[key]
    return hands, twice


def _alike(one: Given | None, other: Given | None) -> bool:
    return one.mark == other.mark if one and other else one is other


def _edited(given: Given | None, base: Given | None, *, is_csv: bool) -> bool:
    """Whether somebody changed this entry after the last reports were written."""
    if base is None or given is None:  # a comment alone has no row of its own in the CSV file
        return given is not base and not (is_csv and base is not None and base.mark is None)
    return not given.same(base) or (is_csv and given.by != base.by)


def _laid_over(
    out: Path,
    before: Earlier,
    submissions: Sequence[Submission],
    criteria: set[str],
    aside: Sequence[tuple[Given, str]] = (),
) -> tuple[list[Submission], list[Change]]:
    old, new = _by_key(before.was.values()), _by_key(submissions)
    written = of_submissions(before.was)  # what came back from the file and stands in the marks since
    kept = [pair for pair in read_kept(out / KEPT) if pair[0].key not in written or pair[1] == DIFFER]
    kept += aside
    back = come_back(kept, before.hands, new)
    hands = {**before.hands, **back}
    lost = [(given, why) for key, given in hands.items() if (why := _no_place(given, new.get(key), criteria))]
    merged = [_with(submission, hands, differing(kept, hands)) for submission in submissions]
    pairs = [(key, old[key], mark) for key, mark in _by_key(merged).items() if key in old]
    changes = [change for key, was, now in pairs if (change := _change(key, was, now))]
    changes += [Change(*given.key, "aside", given.mark, None, given.comment, why, given.by) for given, why in lost]
    write_kept(out / KEPT, [*kept, *lost])
    return merged, changes


def _by_key(submissions: Iterable[Submission]) -> dict[Key, Mark]:
    return {(submission.name, mark.criterion): mark for submission in submissions for mark in submission.marks}


def _with(
    submission: Submission, hands: Mapping[Key, Given], differ: Mapping[Key, Sequence[Given]] | None = None
) -> Submission:
    def laid_over(mark: Mark) -> Mark:
        key = submission.name, mark.criterion
        return _waits(mark, (differ or {}).get(key, ())) if key not in hands else _mark(mark, hands[key])

    return replace(submission, marks=tuple(map(laid_over, submission.marks)))


def _no_place(given: Given, mark: Mark | None, criteria: set[str]) -> str:
    if mark is None:
        return "the submission is gone" if given.criterion in criteria else "the criterion is gone"
    return f"the criterion has only {number(mark.points)} points now" if (given.mark or 0) > mark.points else ""


def _mark(mark: Mark, given: Given) -> Mark:
    machine = machine_side(mark)
    return put(machine, given.mark, given.comment, given.by) if (given.mark or 0) <= machine.points else machine


def _waits(mark: Mark, differ: Sequence[Given]) -> Mark:
    """The machine's mark; or none while graders differ, with what each gave for graders to see."""
    if not differ:
        return machine_side(mark)
    said = "; ".join(f"{given.by} gives {number(given.mark)}: {given.comment or '–'}" for given in differ)
    return replace(machine_side(mark), mark=None, cause="waits", notes=f"Graders differ. {said}")


def _change(key: Key, before: Mark, after: Mark) -> Change | None:
    if before.mark != after.mark:
        return Change(*key, "changed", before.mark, after.mark, before.reason, after.reason, after.by)
    old, new = machine_side(before), machine_side(after)
    if isinstance(after, HandMark) and after.given is not None and old.mark != new.mark:
        return Change(*key, "kept", old.mark, new.mark, old.reason, new.reason, after.who)
    return None
