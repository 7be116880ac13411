"""Fetch pull requests as submissions: each learner's notebook at a pinned commit, read by git and never checked out.

What was fetched first is written to ``pins.json`` and stays: a second run grades the same commit, unless it is told to
pin again. Dates of commits are set on the learner's machine and prove nothing; a pin that was made in time does.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from mlsd.errors import DataError

from . import git
from .collect import Found
from .names import TAKEN, best_notebooks, nearness, printable, safe_name
from .pins import Pin, read_pins, write_pins
from .pull_list import Pull
from .trees import LARGEST_MB, is_skipped

__all__ = ["fetch_pulls"]

NAMED = 5
QUIETLY = ("fetch", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--quiet", "--force", "--")


def fetch_pulls(
    pulls: list[Pull],
    notebook_name: str,
    *,
    folder: Path,
    deadline: datetime | None = None,
    base: str = "main",
    repin: bool = False,
    seconds: float = 60,
    watch: Callable[[int, int, str], None] = lambda *_: None,
) -> list[Found]:
    """Fetch each pull request, pin its commit, and take the notebook out.

    Parameters
    ----------
    pulls : list of Pull
        From :func:`read_pulls`.
    notebook_name : str
        Such as ``assignment_1``; the branch is then ``assignment-1`` unless a row says otherwise.
    folder : Path
        Where fetched commits, ``pins.json`` and the notebooks are kept.
    deadline : datetime, optional
        For rows that have none. The last commit of the branch that is dated no later is taken.
    base : str
        The branch that the pull request is against, for the list of changed files.
    repin : bool
        Look again, and pin what is there now.
    seconds : float
        Longest time for one call of git.
    watch : callable
        Told how many are done, how many there are, and who is next.

    Returns
    -------
    list of Found
        One for each row, in order. Whatever goes wrong with one is its problem, and the rest go on.

    Raises
    ------
    DataError
        If ``pins.json`` was damaged.
    ServiceError
        If git is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = notebook_name.removesuffix(".ipynb")
    fetch = _Fetch(git.make_cache(folder), asked, base, seconds, folder / "notebooks")
    pins, taken, found = read_pins(folder / "pins.json"), set(TAKEN), list[Found]()
    for done, pull in enumerate(pulls):
        watch(done, len(pulls), printable(pull.learner))
        name = safe_name(pull.learner, taken)
        try:
            pull = _usable(pull, deadline)
            pin = _pin(fetch, pull, pins.get(_key(pull, asked)), repin)
            pins[_key(pull, asked)] = pin
            write_pins(folder / "pins.json", pins)
            found.append(_submission(fetch, pull, pin, name))
        except (DataError, git.GitError) as error:
            found.append(Found(name, None, printable(pull.repository), problem=printable(error.problem, 500)))
    watch(len(pulls), len(pulls), "")
    return found


@dataclass(frozen=True)
class _Fetch:
    cache: Path
    asked: str
    base: str
    seconds: float
    notebooks: Path

    def git(self, *words: str) -> str:
        return git.run(self.cache, *words, seconds=self.seconds).decode(errors="surrogateescape")


def _usable(pull: Pull, deadline: datetime | None) -> Pull:
    if pull.problem:
        raise DataError(pull.problem)
    return replace(pull, deadline=pull.deadline or deadline)


def _key(pull: Pull, asked: str) -> tuple[str, str, str, str, str]:
    return pull.learner, pull.repository, pull.number, pull.branch, asked


def _pin(fetch: _Fetch, pull: Pull, before: Pin | None, repin: bool) -> Pin:
    """The pin that stands, or a new one; either way its commit is in the cache afterwards."""
    if before is None or repin:
        return _new_pin(fetch, pull, before)
    try:
        fetch.git("cat-file", "-e", f"{before.commit}^{{commit}}")
    except git.GitError:
        try:
            fetch.git(*QUIETLY, pull.repository, *filter(None, [before.commit, before.base]))
        except git.GitError as error:
            where = f"The pinned commit {before.commit[:12]} is not there any more"
            raise DataError(f"{where}; pin again to take what is. {error.problem}") from error
    return before


def _new_pin(fetch: _Fetch, pull: Pull, before: Pin | None) -> Pin:
    request = f"refs/pull/{pull.number or 0}/head"
    listed = fetch.git("ls-remote", "--", pull.repository, "HEAD", "refs/heads/*", request).splitlines()
    refs = {ref: commit for commit, _, ref in (line.partition("\t") for line in listed)}
    ref, remark = _choose(refs, pull, fetch.asked.replace("_", "-"))
    bases = [name for name in (f"refs/heads/{fetch.base}", "refs/heads/main", "HEAD") if name in refs]
    here = f"refs/fetched/{hashlib.sha256(repr(_key(pull, fetch.asked)).encode(errors='replace')).hexdigest()[:20]}"
    wanted = [f"+{name}:{here}/{number}" for number, name in enumerate([ref, *bases[:1]])]
    fetch.git(*QUIETLY, pull.repository, *wanted)
    tip, *base = fetch.git("rev-parse", *(word.partition(":")[2] for word in wanted)).split()
    commit, dated = _last_commit(fetch, tip, pull.deadline)
    if before and before.commit != commit:
        dated += f" Pinned anew: it was {before.commit[:12]}, fetched {before.fetched_at}."
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Pin(*_key(pull, fetch.asked), commit, "".join(base), now, f"{remark} {dated}".strip())


def _choose(refs: dict[str, str], pull: Pull, asked: str) -> tuple[str, str]:
    """The ref of the pull request, or else of the branch that is nearest to what is asked for; and a remark."""
    request, wanted = f"refs/pull/{pull.number}/head", pull.branch or asked
    heads = {ref.removeprefix("refs/heads/"): commit for ref, commit in refs.items() if ref.startswith("refs/heads/")}
    if request in refs:
        same = [name for name, commit in heads.items() if commit == refs[request]]
        odd = same and wanted not in same
        return request, f"The branch is called {same[0]!r}, not {wanted!r}." if odd else ""
    missing = f"There is no pull request {pull.number} there; the branch was taken." if pull.number else ""
    if wanted in heads:
        return f"refs/heads/{wanted}", missing
    near = {name: round(nearness(wanted, name), 6) for name in heads if nearness(wanted, name)}
    best = sorted(name for name in near if near[name] == max(near.values()))
    if not best:
        listed = ", ".join(sorted(heads)[:10]) or "none"
        request = f"pull request {pull.number} there and no " if pull.number else ""
        raise DataError(f"There is no {request}branch like {wanted!r}. Branches: {listed}.")
    if len({heads[name] for name in best}) > 1:
        raise DataError(f"Several branches are equally near to {wanted!r}: {', '.join(best)}. Name one in the list.")
    return f"refs/heads/{best[0]}", f"{missing} The branch is called {best[0]!r}, not {wanted!r}.".strip()


def _last_commit(fetch: _Fetch, tip: str, deadline: datetime | None) -> tuple[str, str]:
    """The last commit that is dated no later than the deadline, along the branch's own line."""
    if deadline is None:
        return tip, ""
    lines = fetch.git("log", "--first-parent", "--max-count=5000", "--format=%H %ct", tip, "--").splitlines()
    dated = [(commit, int(seconds)) for commit, seconds in map(str.split, lines)]
    in_time = [index for index, (_, seconds) in enumerate(dated) if seconds <= deadline.timestamp()]
    shown = f"the deadline {deadline.isoformat(sep=' ', timespec='minutes')}"
    if not in_time:
        raise DataError(f"The branch has no commit dated before {shown}.")
    at = in_time[0]
    remark = f"Commits left aside after {shown}: {at}." if at else ""
    if any(seconds > dated[at][1] for _, seconds in dated[at + 1 :]):
        remark += " It is dated earlier than a commit before it: look at the pull request's own times."
    return dated[at][0], remark.strip()


def _submission(fetch: _Fetch, pull: Pull, pin: Pin, name: str) -> Found:
    source = f"{printable(pull.repository)} @ {pin.commit[:12]}"
    changed, told = _changed(fetch, pin)
    path, blob, problem = _notebook(fetch, pin.commit, changed)
    remarks = [pin.remark, told, *_late(fetch, pull, pin)]
    if path:
        remarks += _about(fetch, path, changed)
    said = tuple(printable(remark, 500) for remark in remarks if remark)
    if problem:
        return Found(name, None, source, said, printable(problem, 500))
    target = fetch.notebooks / name / f"{fetch.asked}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(git.run(fetch.cache, "cat-file", "blob", blob, seconds=fetch.seconds))
    return Found(name, target, source, said)


def _late(fetch: _Fetch, pull: Pull, pin: Pin) -> list[str]:
    if pull.deadline is None:
        return []
    dated = int(fetch.git("log", "-1", "--format=%ct", pin.commit, "--"))
    if dated > pull.deadline.timestamp():
        return ["The pinned commit is dated after the deadline; pin again to take an earlier one."]
    if pin.fetched_at and datetime.fromisoformat(pin.fetched_at) > pull.deadline:
        return ["It was first fetched after the deadline, and the dates of its commits are the learner's own."]
    return []


def _changed(fetch: _Fetch, pin: Pin) -> tuple[list[PurePosixPath], str]:
    """The files that differ from where the branch left the base, or a remark why that cannot be told."""
    if not pin.base:
        return [], "There is no base branch, so changed files cannot be told."
    try:
        fork = fetch.git("merge-base", pin.base, pin.commit).strip()
        listed = fetch.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", fork, pin.commit)
    except git.GitError:
        return [], "It has no common history with the base branch, so changed files cannot be told."
    if fork == pin.commit:
        return [], "All of it is in the base branch already, so changed files cannot be told."
    return [PurePosixPath(name) for name in listed.split("\0") if name], ""


def _about(fetch: _Fetch, path: PurePosixPath, changed: list[PurePosixPath]) -> list[str]:
    extra = [file for file in changed if file != path]
    named = ", ".join(printable(str(file), 80) for file in extra[:NAMED]) + (" …" if len(extra) > NAMED else "")
    remarks = [f"Other changed files ({len(extra)}): {named}."] if extra else []
    remarks += [f"{path} is not among the changed files."] if changed and path not in changed else []
    return remarks + ([f"The notebook is called {path.name}."] if nearness(fetch.asked, path.stem) < 1 else [])


def _notebook(fetch: _Fetch, commit: str, changed: list[PurePosixPath]) -> tuple[PurePosixPath | None, str, str]:
    """Path and object of the notebook, or a problem: a changed one with the right name first, then any."""
    files = _files(fetch, commit)
    near = [path for path in changed if path in files and nearness(fetch.asked, path.stem)]
    chosen = best_notebooks(near or list(files), fetch.asked)
    if not chosen:
        return None, "", f"There is no notebook {fetch.asked}.ipynb in this commit."
    if not nearness(fetch.asked, chosen[0].stem) and len(chosen) > 1:
        several = ", ".join(map(str, chosen[:NAMED])) + (" …" if len(chosen) > NAMED else "")
        return None, "", f"No notebook is called {fetch.asked}.ipynb, and several may be meant: {several}."
    mode, blob, size = files[chosen[0]]
    if not mode.startswith("100"):
        return None, "", f"{chosen[0]} is a link; links are not followed."
    if int(size) > LARGEST_MB * 2**20:
        return None, "", f"{chosen[0]} is too large: {int(size) / 2**20:.0f} MB, {LARGEST_MB} MB are allowed."
    return chosen[0], blob, ""


def _files(fetch: _Fetch, commit: str) -> dict[PurePosixPath, tuple[str, str, str]]:
    """Mode, object and size of each notebook in a commit."""
    found = {}
    for line in fetch.git("ls-tree", "-r", "-z", "--long", commit).split("\0"):
        about, _, name = line.partition("\t")
        path = PurePosixPath(name)
        if path.suffix.lower() == ".ipynb" and not is_skipped(path):
            mode, kind, blob, size = about.split()
            if kind == "blob":
                found[path] = (mode, blob, size)
    return found
