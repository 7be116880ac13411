"""Makes the folder with the ten tasks: logs to search, a git repository with a story, two functions to write."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from mlsd.errors import ServiceError, WriteError

__all__ = ["TASKS", "start"]

TASKS = """# Ten small tasks before the course

They use what the course takes for granted: the shell, git and Python. An hour is plenty for most people. Work in this
folder, in any order, and run `course onboarding check` as often as you like; it changes nothing. What does not hold yet
comes with a hint. If more than three stay open, repeat the module that they belong to, or bring them to the team.

Answers that are a number or a word go into a text file of their own, for example with `echo 12 > answers/1.txt`.

## Shell

1. Make a folder `answers`. How many lines of `logs/january.log` hold the word ERROR? Write the number to
   `answers/1.txt`.
2. Exactly one file below `logs/archive` holds the word `turbulence`. Write its name, without folders, to
   `answers/2.txt`.
3. Copy every `.csv` file below `inbox`, however deep, into `answers/csv`; nothing else, and leave `inbox` as it is.
4. `python show_greeting.py` writes `answers/4.txt`, and refuses while the environment variable GREETING is not set. Set
   it to `hello` for that command, and run it from this folder.

## Git

The folder `shop` is a git repository with some history.

5. On a new branch `fix-price`, change the price of tea in `prices.csv` from 3 to 4, and commit that.
6. Go back to `main` and merge the branch `supplier`. It conflicts in `notes.txt`: keep both lines, and finish the
   merge.
7. `secret.env` must never be committed. Have git ignore it, and commit the file that says so on `main`.
8. Which commit brought the word `discount` into `prices.csv`? Write the first seven signs of its name to
   `answers/8.txt`.

## Python

9. In `tasks.py`, write `clean(names)`: a list of names without spaces around them, in small letters, each once, in the
   order in which they first came, and no empty ones.
10. In `tasks.py`, write `total_by_shop(path)`: read a CSV file with the columns shop and amount, and return a
    dictionary from shop to the sum of its amounts. Rows whose amount is no number are left out.
"""

_GREETING = """import os
import pathlib

greeting = os.environ.get("GREETING")
if not greeting:
    raise SystemExit("GREETING is not set.")
pathlib.Path("answers").mkdir(exist_ok=True)
pathlib.Path("answers/4.txt").write_text(greeting)
"""

_PYTHON = '''def clean(names):
    """["  Ana ", "ben", "ANA", ""] becomes ["ana", "ben"]."""
    raise NotImplementedError


def total_by_shop(path):
    """A file with the rows north,2 and north,3 and south,many gives {"north": 5.0}."""
    raise NotImplementedError
'''


def start(folder: Path) -> Path:
    """Make the folder, whole or not at all.

    Parameters
    ----------
    folder : Path
        Where the tasks go. It must not exist yet.

    Returns
    -------
    Path
        Its TASKS.md.

    Raises
    ------
    WriteError
        If there is something already.
    ServiceError
        If git is missing.
    """
    if folder.exists():
        raise WriteError(f"There is already something at {folder}.", fix="Go on in it, or name another folder.")
    if not shutil.which("git"):
        raise ServiceError("There is no git here.", fix="Install it from git-scm.com, then open a new terminal.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".onboarding-") as new:
        inside = Path(new) / "tasks"
        _write(inside / "TASKS.md", TASKS)
        _write(inside / "show_greeting.py", _GREETING)
        _write(inside / "tasks.py", _PYTHON)
        _logs(inside / "logs")
        _inbox(inside / "inbox")
        _shop(inside / "shop")
        inside.rename(folder)
    return folder / "TASKS.md"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _logs(folder: Path) -> None:
    lines = [f"2013-01-{n % 31 + 1:02d} {'ERROR' if n % 9 == 4 else 'INFO'} flight {100 + n}" for n in range(400)]
    _write(folder / "january.log", "\n".join(lines) + "\n")
    for n in range(40):
        told = "turbulence over Ohio" if n == 23 else "calm"
        _write(folder / "archive" / f"week_{n // 10}" / f"report_{n:02d}.txt", f"report {n}\nall well\n{told}\n")


def _inbox(folder: Path) -> None:
    for name in ("a.csv", "old/b.csv", "old/older/c.csv", "notes.txt", "old/b.csv.tmp"):
        _write(folder / name, f"name\n{name}\n")


def _shop(folder: Path) -> None:
    """A repository whose two branches wrote on the same line."""
    _write(folder / "notes.txt", "Opened in May.\n")
    _write(folder / "prices.csv", "what,price\ntea,3\ncoffee,5\n")
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _commit(folder, "Open the shop")
    _write(folder / "prices.csv", "what,price,discount\ntea,3,0\ncoffee,5,1\n")
    _commit(folder, "A discount on coffee")
    _git(folder, "branch", "supplier")
    _write(folder / "notes.txt", "Opened in May.\nClosed on Mondays.\n")
    _commit(folder, "Say when it is closed")
    _git(folder, "checkout", "--quiet", "supplier")
    _write(folder / "notes.txt", "Opened in May.\nNew supplier: Leaf and Sons.\n")
    _commit(folder, "Name the supplier")
    _git(folder, "checkout", "--quiet", "main")
    _write(folder / "secret.env", "PASSWORD=not-a-real-one\n")


def _commit(folder: Path, message: str) -> None:
    _git(folder, "add", "--all")
    who = ("-c", "user.name=Onboarding", "-c", "user.email=onboarding@example.org", "-c", "commit.gpgsign=false")
    _git(folder, *who, "commit", "--quiet", "--message", message)


def _git(folder: Path, *words: str) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "core.autocrlf=false", "-c", "core.hooksPath=", *words]
    done = subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True)  # noqa: S603 (git, from PATH)
    if done.returncode:
        raise ServiceError(f"git {words[0]} failed in {folder}: {done.stderr.strip()}", fix="Is git 2.28 or newer?")
