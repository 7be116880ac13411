"""The place for what learners must not see: marked banks, reference solutions, the list of learners.

`private` in the cohort file is a folder or a git address. Inside::

    quizzes/quiz_N.toml   the banks that the cohort is marked on
    solutions/            the reference solutions of your assignments: assignment_1.ipynb ...
    learners.csv          learner, name, email

A git address is cloned below the data folder, on an explicit command only, with your own git and your own keys.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from course.notebooks import derived_path
from mlsd import settings
from mlsd.errors import DataError, ServiceError

from .plan import Cohort

__all__ = ["fetch", "is_git_address", "private_folder", "reference_solutions"]


def is_git_address(private: str) -> bool:
    """Whether `private` names a repository rather than a folder.

    Examples
    --------
    >>> [is_git_address(each) for each in ("git@example.org:team/marks.git", "../marks", "C:/marks")]
    [True, False, False]
    """
    return "://" in private or private.endswith(".git") or bool(re.match(r"[\w.-]+@[\w.-]+:", private))


def private_folder(cohort: Cohort, root: Path) -> Path | None:
    """The folder of what learners must not see.

    Parameters
    ----------
    cohort : Cohort
        Its `private` counts.
    root : Path
        The repository, from which a relative folder starts.

    Returns
    -------
    Path or None
        None if the cohort has no such place: then the practice banks are used.

    Raises
    ------
    DataError
        If the folder is not there, was not fetched, or lies inside the repository, where learners would see it.
    """
    if not cohort.private:
        return None
    if is_git_address(cohort.private):
        folder, fix = _clone(cohort.private), "Fetch it: `course cohort fetch`."
    else:
        folder = (root / Path(cohort.private).expanduser()).resolve()
        fix = "Correct `private` in cohort.toml, or make the folder."
        if folder.is_relative_to(root.resolve()) and not folder.is_relative_to(settings.data_dir().resolve()):
            raise DataError(
                f"`private` is {cohort.private!r}, inside this repository, where learners would see it.",
                fix="Move it to a folder beside the repository and write ../its-name.",
            )
    if not folder.is_dir():
        raise DataError(f"`private` in cohort.toml is {cohort.private!r}, but {folder} is not there.", fix=fix)
    return folder


def reference_solutions(cohort: Cohort, root: Path, assignment: str) -> dict[str, Path]:
    """Where the reference solutions of an assignment are: the one that everybody can read, and the cohort's own.

    Parameters
    ----------
    cohort : Cohort
        Its `private` counts.
    root : Path
        The repository.
    assignment : str
        Such as ``assignment_1``.

    Returns
    -------
    dict of Path
        ``solution: published`` and ``solution: private``, those that exist, the private one last. No learner can be
        called so: a colon does not stay in a name.

    Raises
    ------
    DataError
        If the private place cannot be used.
    """
    places = {"published": derived_path(assignment, "solution", root)}
    folder = private_folder(cohort, root)
    if folder:
        places["private"] = folder / "solutions" / f"{assignment}.ipynb"
    return {f"solution: {which}": path for which, path in places.items() if path.is_file()}


def fetch(cohort: Cohort) -> Path:
    """Clone the private repository, or bring its clone up to date; what was changed in the clone is never lost.

    Parameters
    ----------
    cohort : Cohort
        Its `private` must be a git address.

    Returns
    -------
    Path
        The clone, below the data folder.

    Raises
    ------
    DataError
        If `private` is no git address.
    ServiceError
        If git is not installed, cannot reach the repository, or the clone has gone another way.
    """
    if not is_git_address(cohort.private):
        raise DataError(
            f"`private` in cohort.toml is {cohort.private!r}; there is nothing to fetch.",
            fix="Write a git address there, or put the folder in place yourself.",
        )
    folder = _clone(cohort.private)
    if folder.is_dir():
        _git("-C", str(folder), "pull", "--ff-only", "--quiet")
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=".fetching-", dir=folder.parent))
    try:
        _git("clone", "--quiet", "--", cohort.private, str(staged / "clone"))
        os.replace(staged / "clone", folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return folder


def _clone(address: str) -> Path:
    name = re.sub(r"[^\w-]+", "-", address.rstrip("/").removesuffix(".git").replace(":", "/").split("/")[-1])
    mark = hashlib.sha256(address.encode()).hexdigest()[:8]  # another address must not meet this one's clone
    return settings.data_dir() / "private" / f"{name}-{mark}"


def _git(*words: str) -> None:
    try:
        done = subprocess.run(["git", *words], cwd=settings.root(), capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError as error:
        raise ServiceError("git is not installed.", fix="Install it from https://git-scm.com.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"git ended with {done.returncode}"
        raise ServiceError(
            f"The private repository could not be fetched. git says:\n{said}",
            fix="Try the same with git by hand: `git ls-remote ADDRESS` shows whether you may read it.",
        )
