"""Looks which of the ten tasks hold: it reads, runs the two functions in a process of their own, changes nothing."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mlsd.errors import DataError

__all__ = ["Task", "check"]

_SECONDS = 30
_CLEAN = """
from tasks import clean
assert clean(["  Ana ", "ben", "ANA", "", "  ", "Ben", "chloé"]) == ["ana", "ben", "chloé"], clean(["  Ana ", "ANA"])
assert clean([]) == []
"""
_TOTALS = """
import pathlib, tempfile
from tasks import total_by_shop
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "sales.csv"
    path.write_text("shop,amount\\nnorth,2\\nsouth,many\\nnorth,3.5\\nsouth,1\\nwest,\\n", encoding="utf-8")
    found = total_by_shop(path)
assert {k: float(v) for k, v in found.items() if v} == {"north": 5.5, "south": 1.0}, found
"""


@dataclass(frozen=True)
class Task:
    """A task, whether it holds, and a hint where it does not."""

    number: int
    topic: str
    holds: bool
    hint: str


def check(folder: Path) -> list[Task]:
    """Look at all ten.

    Parameters
    ----------
    folder : Path
        Made by `start`.

    Returns
    -------
    list of Task
        In the order of TASKS.md; the hint is empty where a task holds.

    Raises
    ------
    DataError
        If the folder does not hold the tasks.
    """
    if not (folder / "TASKS.md").is_file() or not (folder / "shop").is_dir():
        raise DataError(f"{folder} does not hold the tasks.", fix="Make them: course onboarding start")
    tasks = []
    for number, (topic, look) in enumerate(_LOOKS, 1):
        hint = next(look(folder), "")
        tasks.append(Task(number, topic, not hint, hint))
    return tasks


def _errors(folder: Path) -> Iterator[str]:
    lines = (folder / "logs" / "january.log").read_text(encoding="utf-8").splitlines()
    yield from _answer(folder, 1, str(sum("ERROR" in line for line in lines)), "grep can count: grep -c")


def _turbulence(folder: Path) -> Iterator[str]:
    files = (folder / "logs" / "archive").rglob("*.txt")
    name = next((file.name for file in files if "turbulence" in file.read_text(encoding="utf-8")), "")
    yield from _answer(folder, 2, name, "grep -r looks below a folder, -l says the file's name")


def _csv(folder: Path) -> Iterator[str]:
    there = {file.name for file in (folder / "answers" / "csv").glob("*")}
    wanted = {file.name for file in (folder / "inbox").rglob("*.csv")}
    if not {"a.csv", "b.csv", "c.csv"} <= wanted:
        yield "inbox lost files; they were to be copied, not moved"
    elif there != wanted:
        yield f"answers/csv holds {sorted(there)}, wanted are {sorted(wanted)}"


def _greeting(folder: Path) -> Iterator[str]:
    yield from _answer(
        folder, 4, "hello", "GREETING=hello python show_greeting.py; in PowerShell $env:GREETING = 'hello'"
    )


def _fix_price(folder: Path) -> Iterator[str]:
    if _git(folder, "rev-parse", "--verify", "fix-price") is None:
        yield "there is no branch fix-price: git switch -c makes one"
    elif "tea,4" not in (_git(folder, "show", "fix-price:prices.csv") or ""):
        yield "on fix-price, the commit with tea at 4 is missing; git status shows what is not committed"


def _merged(folder: Path) -> Iterator[str]:
    notes = _git(folder, "show", "main:notes.txt") or ""
    if _git(folder, "merge-base", "--is-ancestor", "supplier", "main") is None:
        yield "supplier is not merged into main; after you mend notes.txt: git add, git commit"
    elif any(sign in notes for sign in ("<<<<", ">>>>", "====")):
        yield "notes.txt on main still has the conflict's marks"
    elif not ("Mondays" in notes and "Leaf" in notes):
        yield "notes.txt on main lost one of the two lines"


def _ignored(folder: Path) -> Iterator[str]:
    if _git(folder, "log", "--all", "--format=%h", "--", "secret.env"):
        yield "secret.env was committed; a real one would now have to be changed. Begin shop again"
    elif "secret.env" not in (_git(folder, "show", "main:.gitignore") or ""):
        yield "a committed .gitignore on main does not name secret.env"


def _discount(folder: Path) -> Iterator[str]:
    name = (_git(folder, "log", "--all", "-S", "discount", "--format=%H", "--", "prices.csv") or "").split()[-1:]
    yield from _answer(folder, 8, "".join(name)[:7], "git log -S discount -- prices.csv", least=7)


def _runs(code: str) -> Callable[[Path], Iterator[str]]:
    def look(folder: Path) -> Iterator[str]:
        command = [sys.executable, "-c", code]
        env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
        try:
            done = subprocess.run(  # noqa: S603 (the learner's own code, on the learner's own machine)
                command, cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            yield f"it did not end within {_SECONDS} seconds"
            return
        if done.returncode:
            yield done.stderr.strip().splitlines()[-1][:200]

    return look


def _answer(folder: Path, number: int, right: str, hint: str, *, least: int = 0) -> Iterator[str]:
    path = folder / "answers" / f"{number}.txt"
    if not path.is_file():
        yield f"there is no answers/{number}.txt; {hint}"
        return
    # PowerShell's echo writes UTF-16, with a mark in front
    raw = path.read_bytes()
    said = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors="replace").strip()
    same = said[:least] == right if least and len(said) >= least else said == right
    if not same:
        yield f"answers/{number}.txt says {said[:40]!r}; {hint}"


def _git(folder: Path, *words: str) -> str | None:
    """What git answers, None where it fails."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *words]
    done = subprocess.run(  # noqa: S603 (git, from PATH)
        command, cwd=folder / "shop", env=plain, capture_output=True, encoding="utf-8", errors="replace"
    )
    return None if done.returncode else done.stdout


_LOOKS: tuple[tuple[str, Callable[[Path], Iterator[str]]], ...] = (
    ("shell", _errors),
    ("shell", _turbulence),
    ("shell", _csv),
    ("shell", _greeting),
    ("git", _fix_price),
    ("git", _merged),
    ("git", _ignored),
    ("git", _discount),
    ("Python", _runs(_CLEAN)),
    ("Python", _runs(_TOTALS)),
)
