"""Ten tasks in the shell, git and Python: open as made, held when done as a learner would, and seen when done wrong."""

import os
import shutil
import subprocess
import sys

import pytest

from course.cli import main
from course.onboarding.check import check
from course.onboarding.start import start
from mlsd.errors import DataError, ServiceError, WriteError

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git here")

SOLVED = """
import csv
from collections import defaultdict


def clean(names):
    return list(dict.fromkeys(name.strip().lower() for name in names if name.strip()))


def total_by_shop(path):
    totals = defaultdict(float)
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                totals[row["shop"]] += float(row["amount"])
            except ValueError:
                continue
    return dict(totals)
"""


def git(folder, *words, fails=False):
    who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *words], cwd=folder / "shop", capture_output=True, text=True)
    assert fails == bool(done.returncode), done.stderr
    return done.stdout


def answer(folder, number, text):
    (folder / "answers").mkdir(exist_ok=True)
    (folder / "answers" / f"{number}.txt").write_text(f"{text}\n", encoding="utf-8")


def solve(folder):
    answer(folder, 1, 44)
    answer(folder, 2, "report_23.txt")
    (folder / "answers" / "csv").mkdir()
    for file in (folder / "inbox").rglob("*.csv"):
        shutil.copy(file, folder / "answers" / "csv")
    env = os.environ | {"GREETING": "hello"}
    subprocess.run([sys.executable, "show_greeting.py"], cwd=folder, env=env, check=True)
    git(folder, "checkout", "-q", "-b", "fix-price")
    (folder / "shop" / "prices.csv").write_text("what,price,discount\ntea,4,0\ncoffee,5,1\n")
    git(folder, "commit", "-q", "-m", "Tea costs 4", "prices.csv")
    git(folder, "checkout", "-q", "main")
    git(folder, "merge", "supplier", fails=True)
    (folder / "shop" / "notes.txt").write_text("Opened in May.\nClosed on Mondays.\nNew supplier: Leaf and Sons.\n")
    (folder / "shop" / ".gitignore").write_text("secret.env\n")
    git(folder, "add", "notes.txt", ".gitignore")
    git(folder, "commit", "-q", "-m", "Merge supplier")
    answer(folder, 8, git(folder, "log", "--format=%H", "--grep=discount on coffee")[:7])
    (folder / "tasks.py").write_text(SOLVED, encoding="utf-8")


def open_tasks(folder):
    return [task.number for task in check(folder) if not task.holds]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("on boarding") / "ten tasks"
    start(folder)
    solve(folder)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """Everything done right, to be spoilt."""
    return shutil.copytree(made, tmp_path / "spoilt tasks")


def test_as_made_all_ten_are_open(tmp_path):
    start(tmp_path / "tasks")
    assert open_tasks(tmp_path / "tasks") == list(range(1, 11))


def test_done_as_a_learner_would_all_ten_hold(made):
    assert open_tasks(made) == []


def spoil_price(folder):
    git(folder, "branch", "-q", "-D", "fix-price")
    git(folder, "branch", "-q", "fix-price", "supplier")


def spoil_merge(folder):
    (folder / "shop" / "notes.txt").write_text("Opened in May.\n<<<<<<< main\nClosed on Mondays.\n")
    git(folder, "commit", "-q", "-am", "Oops")


def spoil_lines(folder):
    (folder / "shop" / "notes.txt").write_text("Opened in May.\nClosed on Mondays.\n")
    git(folder, "commit", "-q", "-am", "Ours")


def spoil_secret(folder):
    git(folder, "add", "-f", "secret.env")
    git(folder, "commit", "-q", "-m", "All of it")


SPOILT = {
    "a wrong count": (1, lambda f: answer(f, 1, 45), "says '45'"),
    "a name with its folder": (2, lambda f: answer(f, 2, "logs/report_23.txt"), "says 'logs/"),
    "a temporary file too": (3, lambda f: (f / "answers/csv/b.csv.tmp").write_text(""), "b.csv.tmp"),
    "moved, not copied": (3, lambda f: (f / "inbox/a.csv").unlink(), "not moved"),
    "another greeting": (4, lambda f: answer(f, 4, "hi"), "says 'hi'"),
    "the old price": (5, spoil_price, "tea at 4"),
    "marks left": (6, spoil_merge, "marks"),
    "a line lost": (6, spoil_lines, "lost one"),
    "the secret committed": (7, spoil_secret, "was committed"),
    "another commit": (8, lambda f: answer(f, 8, "0000000"), "git log -S"),
    "names in no order": (9, lambda f: (f / "tasks.py").write_text("clean = sorted\n"), "AssertionError"),
    "a crash": (10, lambda f: (f / "tasks.py").write_text(SOLVED.replace("ValueError", "KeyError")), "ValueError"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_what_is_done_wrong_is_open_with_a_hint(folder, case):
    number, spoil, hint = SPOILT[case]
    spoil(folder)
    task = check(folder)[number - 1]
    assert (task.holds, hint in task.hint) == (False, True), task.hint


def test_powershell_writes_utf_16_and_is_understood(folder):
    (folder / "answers" / "1.txt").write_bytes("44\r\n".encode("utf-16"))
    assert open_tasks(folder) == []


def test_the_whole_name_of_the_commit_is_fine_too(folder):
    answer(folder, 8, git(folder, "log", "--format=%H", "--grep=discount on coffee").strip())
    assert open_tasks(folder) == []


def test_a_folder_that_is_there_stays_as_it_is(folder):
    with pytest.raises(WriteError, match="already something"):
        start(folder)
    assert open_tasks(folder) == []


def test_a_folder_without_tasks_is_refused(tmp_path):
    with pytest.raises(DataError, match="does not hold the tasks"):
        check(tmp_path)


def test_without_git_the_fix_is_named_and_nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServiceError, match=r"git-scm\.com"):
        start(tmp_path / "tasks")
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_is_open_and_ends_with_1(tmp_path, capsys):
    assert main(["onboarding", "start", str(tmp_path / "tasks")]) == 0
    assert main(["onboarding", "check", str(tmp_path / "tasks")]) == 1
    assert "0 of 10 hold." in capsys.readouterr().out
