"""A list of pull requests, read from a CSV.

======================  =============================================================================================
column                  meaning
======================  =============================================================================================
learner, repository     who, and where: ``owner/name``, an https address on GitHub, or a folder or file URL here
number                  of the pull request in that repository; may be empty
branch (optional)       where it differs from the assignment's, such as ``assignment-1``; spellings are forgiven
deadline (optional)     ISO date or date and time, in this machine's time zone unless it names one; a date means its
                        end
======================  =============================================================================================
"""

import csv
import re
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from mlsd.errors import DataError, require_columns

from .names import printable

__all__ = ["Pull", "read_pulls"]

COLUMNS = ["learner", "repository", "number"]
# As people paste it: with or without https, .git, and the path of a pull request or a branch.
GITHUB = re.compile(
    r"(?:https?://|git@|ssh://git@)?(?:www\.)?github\.com[/:]([\w-]+)/([\w.-]+?)(?:\.git)?"
    r"(?:/pull/(\d+)(?:[/?#].*)?|/tree/([^?#]+).*|[/?#].*)?",
    re.IGNORECASE | re.ASCII,
)
SHORT = re.compile(r"(\w[\w-]*)/(\w[\w.-]*)", re.ASCII)


@dataclass(frozen=True)
class Pull:
    """One row of the list.

    Parameters
    ----------
    learner, repository : str
        Who, and where, as written.
    number : str
        Digits, or empty.
    branch : str
        Empty where it is the assignment's.
    deadline : datetime or None
        With a time zone.
    problem : str
        What is wrong with the row.
    """

    learner: str
    repository: str
    number: str = ""
    branch: str = ""
    deadline: datetime | None = None
    problem: str = ""


def read_pulls(path: Path) -> list[Pull]:
    """Read a list of pull requests.

    Parameters
    ----------
    path : Path
        A CSV with commas or semicolons, as above.

    Returns
    -------
    list of Pull
        One for each row that is not empty. A row that cannot be used is there with a problem.

    Raises
    ------
    DataError
        If the file cannot be read as a CSV, has no rows, or lacks a column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        first = text.partition("\n")[0]
        rows = list(csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=first.count)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a CSV: {error}.", "Save it as CSV in UTF-8.") from error
    cleaned = [{str(key).strip().lower(): _text(value) for key, value in row.items()} for row in rows]
    require_columns(cleaned[0] if cleaned else COLUMNS, COLUMNS, path.name)
    named = [(f"{path.name}, row {number}", row) for number, row in enumerate(cleaned, start=2)]
    pulls = [_pull(row, where, path.parent) for where, row in named if any(row.values())]
    if not pulls:
        raise DataError(f"{path.name} lists no pull request.", "Write one row for each learner.")
    return pulls


def _pull(row: dict[str, str], where: str, folder: Path) -> Pull:
    learner, repository, number = row["learner"], row["repository"], row["number"].removeprefix("#")
    deadline, problem = None, ""
    if linked := GITHUB.fullmatch(repository):
        number, row["branch"] = number or linked[3] or "", row.get("branch") or unquote(linked[4] or "")
    if not learner or not repository:
        problem = f"{where}: learner and repository must both be there."
    elif number and not re.fullmatch(r"[0-9]{1,9}", number):
        problem = f"{where}: number must be that of a pull request, got: {number!r}."
    try:
        deadline = _moment(row["deadline"]) if row.get("deadline") else None
        repository = repository if problem else _address(repository, folder)
    except (DataError, ValueError) as error:
        problem = f"{where}: {error.problem if isinstance(error, DataError) else f'deadline is no ISO date: {error}'}"
    return Pull(learner or where, repository, number, row.get("branch", ""), deadline, problem)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""  # csv gives None for a short row, a list for a long one


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", text):
        found = datetime.combine(found, time(23, 59, 59))
    return found.astimezone()


def _address(repository: str, folder: Path) -> str:
    """What git is given: an https address on GitHub, or a file URL. Anything else is refused."""
    kinds = "no address of GitHub, no owner/name and no folder that is there"
    refused = DataError(f"{printable(repository)!r} is {kinds}.")
    if repository.startswith(("-", "//", "\\\\")) or "::" in repository or not repository.isprintable():
        raise refused
    if repository.startswith("file://"):
        parts = urlsplit(repository)
        if parts.netloc not in ("", "localhost"):
            raise refused
        repository = url2pathname(parts.path)
    elif found := GITHUB.fullmatch(repository):
        return f"https://github.com/{found[1]}/{found[2]}.git"
    path = folder / Path(repository).expanduser()
    if path.is_dir():
        return path.resolve().as_uri()
    if found := SHORT.fullmatch(repository):
        return f"https://github.com/{found[1]}/{found[2].removesuffix('.git')}.git"
    raise refused
