"""Judges the example: a function for each criterion that a machine can judge."""

from course.grading.evidence import Evidence
from course.grading.judging import Verdict, full, missing, part, quote

__all__ = ["largest", "total"]


def total(seen: Evidence) -> Verdict:
    """The sum, whenever it was there; later cells may use the name again."""
    found = [fact for fact in seen.of("number") if fact["name"] == "total"]
    right = [fact for fact in found if fact["value"] == seen.expected["total"]]
    if right:
        cell = right[0]["cell"]
        return full(cell, quote=quote(seen.cell(cell), "total"))
    if found:
        return part(0.5, found[-1]["cell"], hint="How many numbers are in the file, and how many did you add?")
    return missing()


def largest(seen: Evidence) -> Verdict:
    """The last value counts."""
    found = [fact for fact in seen.of("number") if fact["name"] == "largest"]
    if not found:
        return missing()
    if found[-1]["value"] == seen.expected["largest"]:
        return full(found[-1]["cell"])
    return part(0.0, found[-1]["cell"], hint="Compare with the numbers themselves: is none of them larger?")
