"""Write CSV files whole, with no cell that a spreadsheet would run."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from course.grading.harmless import csv_cell
from mlsd.errors import WriteError

__all__ = ["csv_text", "write_all"]

_NEEDS_QUOTES = set(',;"\t\r\n')  # also the signs at which a spreadsheet of another country parts cells


def csv_text(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A CSV whose cells no spreadsheet takes for formulas, with an apostrophe before = + - @.

    Parameters
    ----------
    columns : sequence of str
        Its header.
    lines : sequence of sequence of str
        Its rows.

    Returns
    -------
    str
        With commas and a newline after each line.

    Examples
    --------
    >>> print(csv_text(["learner"], [["=cmd()"], ["Doe, Jane"]]), end="")
    learner
    '=cmd()
    "Doe, Jane"
    """
    return "".join(",".join(map(_cell, line)) + "\n" for line in [columns, *lines])


def write_all(files: dict[Path, bytes]) -> None:
    """Write files whole: all are ready beside their places before the first takes its own.

    Parameters
    ----------
    files : dict of Path to bytes
        What goes where. Folders are made.

    Raises
    ------
    WriteError
        If one cannot be written, for example because it is open in Excel.
    """
    ready = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in files}
    path = Path()
    try:
        for path, temporary in ready.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(files[path])
        for path, temporary in ready.items():
            os.replace(temporary, path)
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}.", fix="Close it where it is open.") from error
    finally:
        for temporary in ready.values():
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _cell(text: str) -> str:
    text = csv_cell(text)
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES & set(text) else text
