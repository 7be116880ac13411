"""Which commit was fetched for whom, and when: a list that outlives the run."""

import json
import os
import re
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from mlsd.errors import DataError

__all__ = ["Pin", "read_pins", "write_pins"]


@dataclass(frozen=True)
class Pin:
    """A commit that stands for a pull request.

    Parameters
    ----------
    learner, repository, number, branch, notebook : str
        Whose, as the list of pull requests has it, and the notebook that was asked for.
    commit, base : str
        Full hashes: the commit, and the tip of the base branch when it was fetched.
    fetched_at : str
        ISO time in UTC.
    remark : str
        What was odd when it was pinned.
    """

    learner: str
    repository: str
    number: str
    branch: str
    notebook: str
    commit: str
    base: str = ""
    fetched_at: str = ""
    remark: str = ""


def read_pins(path: Path) -> dict[tuple[str, ...], Pin]:
    """Read the pins.

    Parameters
    ----------
    path : Path
        A ``pins.json``; it need not be there.

    Returns
    -------
    dict
        Pins by learner, repository, number, branch and notebook.

    Raises
    ------
    DataError
        If it is there and damaged: a pin that was made in time must not be lost in silence.
    """
    if not path.exists():
        return {}
    try:
        pins = [Pin(**{name: str(value) for name, value in each.items()}) for each in json.loads(path.read_bytes())]
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is damaged: {error}.", "Mend it, or move it away to pin all anew.") from error
    wrong = [
        pin
        for pin in pins
        if not all(re.fullmatch(r"[0-9a-f]{40,64}", hash_) for hash_ in (pin.commit, pin.base or "0" * 40))
    ]
    if wrong:
        raise DataError(f"{path}: {wrong[0].commit!r} of {wrong[0].learner!r} is no commit.", "Give the full hash.")
    return {astuple(pin)[:5]: pin for pin in pins}


def write_pins(path: Path, pins: dict[tuple[str, ...], Pin]) -> None:
    """Write the pins, whole or not at all.

    Parameters
    ----------
    path : Path
        A ``pins.json``.
    pins : dict
        As :func:`read_pins` gives them.
    """
    staged = path.with_suffix(".tmp")
    text = json.dumps([asdict(pin) for pin in pins.values()], indent=1)
    staged.write_text(text + "\n", encoding="utf-8", newline="\n")
    os.replace(staged, path)
