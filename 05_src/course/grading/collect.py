"""Find the submissions: notebooks, folders of them in any shape, checkouts of the course, and zip archives.

Nothing is run, no link is followed, and only notebooks are taken out of an archive, each with a limit.
"""

import atexit
import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from mlsd.errors import DataError

from .names import TAKEN, best_notebooks, is_another, is_plain, nearness, printable, safe_name
from .trees import Tree, checked, read_archive, read_folder

__all__ = ["Found", "collect"]

COURSE = {"02_activities", "05_src"}
PLAIN_FOLDERS = {"assignments", "assignment", "submission", "submissions", "..", "/"} | COURSE
DEEPEST_GROUP = 4
TOP = PurePosixPath()


@dataclass(frozen=True)
class Found:
    """One submission, found but not yet read.

    Parameters
    ----------
    name : str
        The learner, or what the file is called: printable, different from all others, and good as a folder's name.
    path : Path or None
        The notebook; None where there is a problem.
    source : str
        Where it came from: a file, or a repository and its pinned commit.
    remarks : tuple of str
        What was tolerated or looked odd.
    problem : str
        Why there is nothing to grade; empty when there is.
    """

    name: str
    path: Path | None
    source: str
    remarks: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class _Learner:
    name: str
    where: str
    take: Callable[[Path], Path] | None = None
    remarks: tuple[str, ...] = ()
    problem: str = ""


def collect(paths: list[Path], notebook_name: str, *, into: Path | None = None) -> list[Found]:
    """Find every submission in notebooks, folders and zip archives.

    A folder may hold a notebook for each learner, a folder or an archive for each, or whole checkouts of the course.
    Where a learner has several notebooks, the one whose name is nearest to what is asked for is taken.

    Parameters
    ----------
    paths : list of Path
        Notebooks, folders, ``.zip`` files.
    notebook_name : str
        Such as ``assignment_1``; the suffix may stand there too.
    into : Path, optional
        Where notebooks out of archives are put. By default a temporary folder, removed when Python ends.

    Returns
    -------
    list of Found
        One for each learner, in the order found. A learner whose notebook is missing, too large, a link or unreadable
        is there with a problem.

    Raises
    ------
    DataError
        If a path does not exist or is of another kind, or if there is no submission at all.

    Examples
    --------
    >>> collect([Path("nowhere")], "assignment_1")
    Traceback (most recent call last):
    ...
    mlsd.errors.DataError: There is no 'nowhere'.
    Fix: Give a notebook, a folder of notebooks, or a .zip.
    """
    asked = notebook_name.removesuffix(".ipynb")
    learners = [learner for path in paths for learner in _in_path(path, asked)]
    if not learners:
        where = ", ".join(printable(str(path)) for path in paths) or "no path"
        looked = f"Looked for {asked}.ipynb, a notebook for each learner, or a folder or .zip for each"
        raise DataError(f"No submission was found in {where}. {looked}.", fix="Give the folder that holds them.")
    taken = set(TAKEN)
    place = into or _scratch()
    return [_found(learner, safe_name(learner.name, taken), asked, place) for learner in learners]


def _found(learner: _Learner, name: str, asked: str, into: Path) -> Found:
    path, problem = None, learner.problem
    if learner.take:
        try:
            path = learner.take(into / name / f"{asked}.ipynb")
        except DataError as error:
            problem = error.problem
    remarks = tuple(printable(remark, 500) for remark in learner.remarks)
    return Found(name, path, printable(learner.where, 500), remarks, printable(problem, 500))


def _in_path(path: Path, asked: str) -> list[_Learner]:
    if path.is_dir():
        return _learners(read_folder(path), asked)
    if not path.exists():
        fix = "Give a notebook, a folder of notebooks, or a .zip."
        raise DataError(f"There is no {printable(str(path))!r}.", fix)
    if path.suffix.lower() == ".zip":
        return _in_archive(path.stem, str(path), path, asked)
    if path.suffix.lower() != ".ipynb":
        raise DataError(f"{printable(str(path))} is no notebook, folder or .zip.", "Its name must end in .ipynb.")
    return [_Learner(_name_of(path, asked), str(path), partial(checked, path.resolve()))]


def _name_of(path: Path, asked: str) -> str:
    """The stem, or the nearest folder that says more, if the file is only called as the assignment is."""
    folders = [part for part in path.parts[:-1] if part.lower() not in PLAIN_FOLDERS and part != path.anchor]
    return folders[-1] if folders and is_plain(asked, path.stem) else path.stem


def _learners(tree: Tree, asked: str) -> list[_Learner]:
    """Everybody in a tree: one learner, or one for each notebook, archive and folder at its top."""
    inner = sorted(path for path in tree.folders if path.parent == TOP)
    if _is_one(tree, asked):
        return [_learner(tree, TOP, tree.name, asked)]
    if not tree.directly(TOP) and len(inner) == 1:
        if tree.packed and _is_course(tree, inner[0]):  # the folder is called as the repository, not as the learner
            return [_learner(tree, inner[0], tree.name, asked)]
        if len(_by_name(tree, inner[0], asked)) > 1:
            return _flat(tree, inner[0], asked)
    found = _flat(tree, TOP, asked)
    alone = not found
    for folder in inner:
        if alone or tree.below(folder) or folder in tree.links:
            found += _group(tree, folder, asked)
    return found


def _is_one(tree: Tree, asked: str) -> bool:
    """Whether a tree is a single learner's: a checkout, or a folder where just one notebook is named for the task."""
    if _is_course(tree, TOP) or Path(tree.where).name in COURSE:
        return True
    direct = [path for path in tree.directly(TOP) if not is_another(asked, path.stem)]
    deeper = [path for path in tree.files if path.parent != TOP and nearness(asked, path.stem)]
    return len(direct) == 1 and not deeper and direct[0].suffix.lower() == ".ipynb" and is_plain(asked, direct[0].stem)


def _is_course(tree: Tree, folder: PurePosixPath) -> bool:
    return any(folder / name in tree.folders for name in COURSE)


def _by_name(tree: Tree, folder: PurePosixPath, asked: str) -> list[PurePosixPath]:
    """What lies directly in a folder under a name of its own; nothing where one is called as the assignment is."""
    direct = [path for path in tree.directly(folder) if not is_another(asked, path.stem)]
    return [] if any(is_plain(asked, path.stem) for path in direct) else direct


def _flat(tree: Tree, folder: PurePosixPath, asked: str) -> list[_Learner]:
    """A learner for each notebook and archive that lies directly in a folder."""
    found = []
    for path in tree.directly(folder):
        if path.suffix.lower() == ".zip":
            found += _nested(tree, path, path.stem, asked)
        elif not is_another(asked, path.stem):
            found.append(_Learner(path.stem, f"{tree.where}/{path}", tree.files[path]))
    return found


def _group(tree: Tree, folder: PurePosixPath, asked: str) -> list[_Learner]:
    """A folder is one learner's, unless notebooks in it bear names, or several folders in it hold one each."""
    if len([path for path in _by_name(tree, folder, asked) if nearness(asked, path.stem)]) > 1:
        return _flat(tree, folder, asked)
    deeper = [path for path in tree.below(folder) if path.parent != folder and nearness(asked, path.stem)]
    holding = {path.relative_to(folder).parts[0] for path in deeper}
    mine = len(holding) < 2 or tree.directly(folder) or _is_course(tree, folder)
    if mine or len(folder.parts) > DEEPEST_GROUP:
        return [_learner(tree, folder, folder.name, asked)]
    inner = sorted(path for path in tree.folders if path.parent == folder)
    return [learner for each in inner for learner in _group(tree, each, asked)]


def _learner(tree: Tree, folder: PurePosixPath, name: str, asked: str) -> _Learner:
    mine, where = tree.below(folder), f"{tree.where}/{folder}" if folder.parts else tree.where
    notebooks = best_notebooks([path for path in mine if path.suffix.lower() == ".ipynb"], asked)
    links = sorted(path for path in tree.links if path.is_relative_to(folder))[:5]
    remarks = tuple(f"{path} is a link; links are not followed." for path in links)
    zips = [path for path in mine if path.suffix.lower() == ".zip"]
    if not notebooks and len(zips) == 1:
        return _nested(tree, zips[0], name, asked)[0]
    if not notebooks:
        return _Learner(name, where, remarks=remarks, problem=f"There is no notebook {asked}.ipynb.")
    chosen, rest = notebooks[0], notebooks[1:]
    others = ", ".join(str(path.relative_to(folder)) for path in rest[:5]) + (" …" if len(rest) > 5 else "")
    if not nearness(asked, chosen.stem) and rest:
        several = f"{chosen.relative_to(folder)}, {others}"
        problem = f"No notebook is called {asked}.ipynb, and several may be meant: {several}."
        return _Learner(name, where, remarks=remarks, problem=problem)
    if nearness(asked, chosen.stem) < 1:
        remarks += (f"The notebook is called {chosen.name}.",)
    if rest:
        remarks += (f"Other notebooks were left aside: {others}.",)
    return _Learner(name, f"{tree.where}/{chosen}", tree.files[chosen], remarks)


def _nested(tree: Tree, path: PurePosixPath, name: str, asked: str) -> list[_Learner]:
    where = f"{tree.where}/{path}"
    if tree.packed:
        return [_Learner(name, where, problem="This is an archive inside an archive; it was not opened.")]
    try:
        return _in_archive(name, where, tree.files[path](Path()), asked)
    except DataError as error:
        return [_Learner(name, where, problem=error.problem)]


def _in_archive(name: str, where: str, path: Path, asked: str) -> list[_Learner]:
    try:
        tree = read_archive(path, name, where)
    except DataError as error:
        return [_Learner(name, where, problem=error.problem)]
    return _learners(tree, asked) or [_Learner(name, where, problem=f"The archive holds no notebook {asked}.ipynb.")]


def _scratch() -> Path:
    """A temporary folder, not made before a file goes into it, and removed when Python ends."""
    folder = Path(tempfile.gettempdir()) / f"submissions {secrets.token_hex(8)}"
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
