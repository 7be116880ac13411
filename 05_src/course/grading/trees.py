"""What lies in a folder or a zip archive: notebooks, archives, folders and links, and how to get at each notebook."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from zipfile import ZipInfo

from mlsd.errors import DataError

from . import archives

__all__ = ["LARGEST_MB", "Tree", "checked", "is_skipped", "read_archive", "read_folder"]

LARGEST_MB = 20
LOOKED_AT = (".ipynb", ".zip")
SKIPPED = {"__MACOSX", "__pycache__", "venv", "env", "node_modules", "site-packages", "03_instructional_team"}


@dataclass
class Tree:
    """Notebooks and archives in a folder or in an archive.

    Parameters
    ----------
    name, where : str
        What it is called, and the path to show.
    packed : bool
        Whether it is an archive.
    files : dict
        For each notebook and archive, a function that gives its path, or raises a DataError that says why not. It is
        told where to put what it takes out of an archive.
    folders, links : set of PurePosixPath
        All folders, and what leads elsewhere.
    """

    name: str
    where: str
    packed: bool = False
    files: dict[PurePosixPath, Callable[[Path], Path]] = field(default_factory=dict)
    folders: set[PurePosixPath] = field(default_factory=set)
    links: set[PurePosixPath] = field(default_factory=set)

    def below(self, folder: PurePosixPath) -> list[PurePosixPath]:
        """The files in a folder and in the folders below it."""
        return [path for path in self.files if path.is_relative_to(folder)]

    def directly(self, folder: PurePosixPath) -> list[PurePosixPath]:
        """The files that lie in a folder itself, sorted."""
        return sorted(path for path in self.files if path.parent == folder)


def read_folder(root: Path) -> Tree:
    """Look through a folder; no link is followed, hidden and machine-made folders are skipped.

    Parameters
    ----------
    root : Path
        The folder.

    Returns
    -------
    Tree
        What lies in it.
    """
    root = root.resolve()
    tree = Tree(root.name or "submission", str(root))
    for base, folders, files in os.walk(root):
        here = Path(base)
        folders[:] = sorted(name for name in folders if not is_skipped(PurePosixPath(name)))
        for name in folders:
            tree.folders.add(_relative(here / name, root))
        for name in sorted(files):
            path = _relative(here / name, root)
            if path.suffix.lower() in LOOKED_AT and not is_skipped(path):
                tree.files[path] = partial(checked, here / name)
        found = [here / name for name in folders] + [root / path for path in tree.directly(_relative(here, root))]
        tree.links |= {_relative(path, root) for path in found if _is_link(path)}
        folders[:] = [name for name in folders if _relative(here / name, root) not in tree.links]
    return tree


def read_archive(path: Path, name: str, where: str) -> Tree:
    """Look through a zip archive; nothing is taken out yet.

    Parameters
    ----------
    path : Path
        The archive.
    name, where : str
        What to call it, and the path to show.

    Returns
    -------
    Tree
        What lies in it.

    Raises
    ------
    DataError
        If it cannot be read as an archive.
    """
    tree, budget = Tree(name, where, packed=True), archives.Budget()
    for member, info, refusal in archives.members(path):
        if not is_skipped(member):
            tree.folders |= {parent for parent in member.parents if parent.parts}
            if info.is_dir():
                tree.folders.add(member)
            elif member.suffix.lower() in LOOKED_AT:
                tree.files[member] = partial(_taken_out, path, info, refusal, budget)
    return tree


def checked(path: Path, _target: Path) -> Path:
    """A file's own path, once it has been looked at.

    Parameters
    ----------
    path : Path
        The file.
    _target : Path
        Not used: the file stays where it is.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    DataError
        If it is a link, no ordinary file, too large, or cannot be opened.
    """
    try:
        found = path.lstat()
        if _is_link(path):
            raise DataError(f"{path.name} is a link; links are not followed.")
        if not stat.S_ISREG(found.st_mode):  # opening a named pipe would wait for ever
            raise DataError(f"{path.name} is no ordinary file.")
        if path.suffix.lower() == ".ipynb" and found.st_size > LARGEST_MB * 2**20:
            size = found.st_size / 2**20
            raise DataError(f"{path.name} is too large: {size:.0f} MB, {LARGEST_MB} MB are allowed.")
        path.open("rb").close()
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}.") from error
    return path


def _taken_out(archive: Path, info: ZipInfo, refusal: str, budget: archives.Budget, target: Path) -> Path:
    if refusal:
        raise DataError(refusal)
    text = archives.read_member(archive, info, largest=LARGEST_MB * 2**20, budget=budget)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text)
    return target


def _relative(path: Path, root: Path) -> PurePosixPath:
    return PurePosixPath(path.relative_to(root).as_posix())


def _is_link(path: Path) -> bool:
    """Whether a path leads elsewhere than it says: a link, or a junction of Windows."""
    return path.is_symlink() or path.resolve() != path


def is_skipped(path: PurePosixPath) -> bool:
    """Whether a path lies in a hidden, machine-made or teachers' folder.

    Parameters
    ----------
    path : PurePosixPath
        Below the folder that is looked through.

    Returns
    -------
    bool
        True for ``.ipynb_checkpoints/a.ipynb``.
    """
    return any(part.startswith(".") or part in SKIPPED for part in path.parts)
