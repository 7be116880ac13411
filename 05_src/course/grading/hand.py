"""A person's mark or comment over what the machine gave, without losing either."""

from dataclasses import dataclass

from .marks import Cause, Mark

__all__ = ["HandMark", "machine_side", "number", "put"]


@dataclass(frozen=True)
class HandMark(Mark):
    """A mark that a person gave or commented on; what the machine says is kept inside.

    Parameters
    ----------
    given : float or None
        The person's mark; None for a comment alone, where the machine's mark counts.
    comment : str
        The person's words.
    who : str
        The person.
    machine : Mark or None
        What the machine gave; None where it is not known any more.
    """

    given: float | None = None
    comment: str = ""
    who: str = "person"
    machine: Mark | None = None


def put(machine: Mark, given: float | None, comment: str = "", who: str = "person") -> HandMark:
    """Lay a person's mark and comment over the machine's mark.

    The cause is ``"overruled"`` where the two differ, and stays where the person agrees; a person who marks what waited
    has judged it.

    Examples
    --------
    >>> by_ana = put(Mark("returns", 1, 0.5, "judged", reason="One lag is wrong."), 1, "Only its name differs.", "Ana")
    >>> by_ana.mark, by_ana.cause, by_ana.by, by_ana.reason
    (1, 'overruled', 'Ana', 'Only its name differs.')
    >>> by_ana.notes
    'The machine gave 0.5 of 1 (judged): One lag is wrong.'
    """
    machine = machine_side(machine)
    said = f"The machine gave {number(machine.mark)} of {number(machine.points)} ({machine.cause}): {machine.reason}"
    agreed = given is None or given == machine.mark
    reason = " ".join(filter(None, [machine.reason, comment])) if agreed else comment or "Your grader gave this mark."
    return HandMark(
        machine.criterion,
        machine.points,
        machine.mark if given is None else given,
        _cause(machine, given),
        machine.by if given is None else who,
        reason,
        machine.evidence,
        machine.hint if agreed or (given or 0) < machine.points else "",
        " ".join(filter(None, [machine.notes, "" if given is None else said])).strip(),
        given,
        comment,
        who,
        machine,
    )


def machine_side(mark: Mark) -> Mark:
    """What the machine gave, below a person's mark if there is one."""
    if not isinstance(mark, HandMark):
        return mark
    return mark.machine or Mark(mark.criterion, mark.points, None, "waits")


def number(value: float | None) -> str:
    """A mark or points as people write them; a dash where there is none.

    Examples
    --------
    >>> number(1.0), number(0.75), number(None)
    ('1', '0.75', '–')
    """
    return "–" if value is None else f"{round(value, 4):.10g}"


def _cause(machine: Mark, given: float | None) -> Cause:
    if given is None or given == machine.mark:
        return machine.cause
    return "judged" if machine.mark is None else "overruled"
