"""A fresh copy of a lab, to type in before the class."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from course import notebooks
from mlsd.errors import DataError, WriteError

__all__ = ["LIVE", "fresh_copy"]

LIVE = Path("04_this_cohort/live_code")  # two folders below the root, as the labs are, so that their links work here


def fresh_copy(lab: str, root: Path) -> Path:
    """Copy a lab's learner notebook; a copy that is there already is never written over.

    Parameters
    ----------
    lab : str
        Its number or name: "03" or "03_files_and_dask".
    root : Path
        The repository.

    Returns
    -------
    Path
        The new notebook: ``NN_topic.ipynb``, or ``NN_topic_2.ipynb`` and so on.

    Raises
    ------
    DataError
        If there is no such lab, or its notebook was not built.
    WriteError
        If the copy cannot be written.
    """
    (name,) = notebooks.pick([lab], root)
    source = notebooks.derived_path(name, "learner", root)
    if not source.is_file():
        raise DataError(f"There is no {source}.", fix="Build it: `course build`.")
    content, folder = source.read_bytes(), root / LIVE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return next(path for path in _names(folder, name) if _written(path, content))
    except OSError as error:
        raise WriteError(f"{folder} cannot be written to: {error.strerror}.", fix="Look at its permissions.") from error


def _names(folder: Path, name: str) -> Iterator[Path]:
    yield folder / f"{name}.ipynb"
    yield from (folder / f"{name}_{number}.ipynb" for number in count(2))


def _written(path: Path, content: bytes) -> bool:
    """Whether the file was ours to make; what is there, or comes to be there meanwhile, stays."""
    try:
        file = path.open("xb")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True
