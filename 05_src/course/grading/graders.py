"""Sheets that graders edited apart, made one: what they agree on, and where they differ."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .handed import Given, Key, graders_sheet, refuse

__all__ = ["Conflict", "merge_graders"]


@dataclass(frozen=True)
class Conflict:
    """A criterion that two graders marked otherwise, with what each gave."""

    submission: str
    criterion: str
    given: tuple[Given, ...]


def merge_graders(
    paths: Sequence[Path], base: Mapping[Key, Given] | None = None
) -> tuple[dict[Key, Given], list[Conflict]]:
    """Make one of the sheets that graders edited apart.

    Parameters
    ----------
    paths : sequence of Path
        Copies of one ``marks.xlsx``.
    base : mapping, optional
        What they held before: an entry that one grader changed and the other left counts as changed.

    Returns
    -------
    tuple
        What one gave, or all who gave something agree on; and the conflicts, by criterion.

    Raises
    ------
    DataError
        If an entry cannot be used, or a file is open or damaged.
    """
    base, wrong = base or {}, list[str]()
    all_given = defaultdict[Key, list[Given]](list)
    for path in paths:
        rows, mistakes = graders_sheet(path)
        wrong += mistakes
        for key, given in rows.items():
            if given is not None:
                all_given[key].append(_named(given, path, base.get(key)))
    refuse(wrong)
    agreed, conflicts = dict[Key, Given](), list[Conflict]()
    for key, entries in all_given.items():
        newer = [given for given in entries if not given.same(base.get(key))] or entries[:1]
        marks = {given.mark for given in newer if given.mark is not None}
        if len(marks) > 1:
            conflicts.append(Conflict(*key, tuple(newer)))
        else:
            agreed[key] = _one_of(newer, marks.pop() if marks else None)
    return agreed, sorted(conflicts, key=lambda conflict: (conflict.criterion, conflict.submission))


def _named(given: Given, path: Path, base: Given | None) -> Given:
    if given.same(base) and base is not None:
        return base
    return replace(given, by=path.stem) if given.by == "person" else given


def _one_of(entries: Sequence[Given], mark: float | None) -> Given:
    who = list(dict.fromkeys(given.by for given in entries if given.mark == mark))
    comments = list(dict.fromkeys(given.comment for given in entries if given.comment))
    return replace(entries[0], mark=mark, comment=" ".join(comments), by=" and ".join(who))
