import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from course.grading import git, pulls
from course.grading.collect import Found
from course.grading.pins import read_pins
from course.grading.pull_list import Pull, read_pulls
from course.grading.pulls import fetch_pulls
from mlsd.errors import ColumnError, DataError, ServiceError

TASK = "02_activities/assignments/assignment_1.ipynb"
NOBODY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
DEADLINE = datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)


class Learner:
    """A real repository of a learner, with the course's starter on main."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("starter", {TASK: "starter", "README.md": "course"}, "2026-11-01")

    def git(self, *words, day="2026-11-01"):
        stamp = f"{day}T12:00:00 +0000"
        names = {f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        dates = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        command = ["git", "-C", str(self.folder), *words]
        done = subprocess.run(
            command, env=os.environ | NOBODY | names | dates, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, message, files, day="2026-11-02"):
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message, day=day)
        return self.git("rev-parse", "HEAD")

    def work(self, branch="assignment-1", files=None, day="2026-11-02", number=None):
        self.git("checkout", "--quiet", "-b", branch)
        commit = self.commit("work", files or {TASK: f"work of {day}"}, day)
        if number:
            self.git("update-ref", f"refs/pull/{number}/head", commit)
        return commit

    def pull(self, **more):
        return Pull(self.folder.name, self.folder.as_uri(), **more)


@pytest.fixture
def ann(tmp_path):
    return Learner(tmp_path / "with space" / "ann")


@pytest.fixture
def fetch(tmp_path):
    def fetch_into(*wanted, **options) -> list[Found]:
        return fetch_pulls(list(wanted), "assignment_1", folder=tmp_path / "our cache", **options)

    return fetch_into


def text(found):
    return found.path.read_text(encoding="utf-8")


def test_the_pull_request_is_fetched_at_its_commit(ann, fetch):
    commit = ann.work(number=7)
    ann.git("update-ref", "refs/heads/assignment-1", "main")
    (found,) = fetch(ann.pull(number="7"))
    assert (found.name, text(found), found.problem) == ("ann", "work of 2026-11-02", "")
    assert found.source == f"{ann.folder.as_uri()} @ {commit[:12]}"


def test_without_a_number_the_branch_is_taken(ann, fetch):
    ann.work()
    (found,) = fetch(ann.pull())
    assert (text(found), found.remarks) == ("work of 2026-11-02", ())


@pytest.mark.parametrize(
    "branch",
    ["assignment_1", "Assignment-1", "assignment1", "assigment-1", "assignment-one", "A1", "feature/assignment-1"],
)
def test_a_branch_spelled_otherwise_is_found_and_said(ann, fetch, branch):
    ann.work(branch)
    ann.git("branch", "assignment-2", "main")
    (found,) = fetch(ann.pull(number="7"))
    assert text(found) == "work of 2026-11-02"
    assert f"The branch is called '{branch}', not 'assignment-1'." in found.remarks[0]


def test_several_branches_equally_near_are_listed(ann, fetch):
    ann.work("assignment_1")
    ann.work("Assignment1", {TASK: "other"})
    assert "equally near to 'assignment-1': Assignment1, assignment_1" in fetch(ann.pull())[0].problem


def test_a_branch_that_is_not_there_is_a_problem_that_lists_what_is(ann, fetch):
    (found,) = fetch(ann.pull(number="3"))
    wanted = "There is no pull request 3 there and no branch like 'assignment-1'. Branches: main."
    assert (found.path, found.problem) == (None, wanted)


def test_after_the_deadline_the_last_commit_in_time_counts(ann, fetch):
    early = ann.work(day="2026-11-20", number=1)
    late = ann.commit("late", {TASK: "late"}, "2026-11-21")
    ann.git("update-ref", "refs/pull/1/head", late)
    (found,) = fetch(ann.pull(number="1"), deadline=DEADLINE)
    assert (text(found), found.source[-12:]) == ("work of 2026-11-20", early[:12])
    assert found.remarks[0] == "Commits left aside after the deadline 2026-11-20 23:59+00:00: 1."


def test_main_merged_into_the_branch_does_not_count_as_its_last_commit(ann, fetch):
    ann.work(day="2026-11-10")
    ann.git("checkout", "--quiet", "main")
    ann.commit("news of the course", {"news.md": "new"}, "2026-11-15")
    ann.git("checkout", "--quiet", "assignment-1")
    ann.git("merge", "--quiet", "--no-edit", "main", day="2026-11-25")
    assert text(fetch(ann.pull(), deadline=DEADLINE)[0]) == "work of 2026-11-10"


def test_nothing_before_the_deadline_is_a_problem(ann, fetch):
    ann.work()
    (found,) = fetch(ann.pull(deadline=datetime(2026, 10, 1, tzinfo=UTC)))
    assert found.problem == "The branch has no commit dated before the deadline 2026-10-01 00:00+00:00."


def test_a_forged_date_does_not_move_a_pin_that_was_made_in_time(ann, fetch):
    ann.work(day="2026-11-19", number=1)
    first = fetch(ann.pull(number="1"), deadline=DEADLINE)[0].source
    forged = ann.commit("forged", {TASK: "forged"}, "2026-11-18")
    ann.git("update-ref", "refs/pull/1/head", forged)
    assert fetch(ann.pull(number="1"), deadline=DEADLINE)[0].source == first
    (again,) = fetch(ann.pull(number="1"), deadline=DEADLINE, repin=True)
    assert text(again) == "forged"
    assert "It is dated earlier than a commit before it" in again.remarks[0]
    assert f"Pinned anew: it was {first[-12:]}, fetched" in again.remarks[0]


def test_a_pin_stands_when_the_branch_goes_on_or_the_repository_is_gone(ann, fetch, tmp_path):
    ann.work()
    before = fetch(ann.pull())[0].source
    ann.commit("more", {TASK: "more"})
    assert fetch(ann.pull())[0].source == before
    ann.folder.rename(tmp_path / "moved")
    assert fetch(ann.pull())[0].source == before


def test_a_pin_later_than_the_deadline_is_said(ann, fetch):
    ann.work(day="2026-11-25")
    fetch(ann.pull())
    assert "pinned commit is dated after the deadline" in fetch(ann.pull(), deadline=DEADLINE)[0].remarks[-1]


def test_a_pin_whose_commit_is_lost_is_fetched_by_its_hash(ann, fetch, tmp_path):
    commit = ann.work()
    fetch(ann.pull())
    (tmp_path / "our cache" / "cache.git").rename(tmp_path / "lost")
    ann.commit("more", {TASK: "more"})
    assert fetch(ann.pull())[0].source.endswith(commit[:12])


def test_pins_are_kept_for_each_learner_with_the_time(ann, fetch, tmp_path):
    commit = ann.work()
    fetch(ann.pull())
    (pin,) = read_pins(tmp_path / "our cache" / "pins.json").values()
    assert (pin.learner, pin.commit, pin.base) == ("ann", commit, ann.git("rev-parse", "main"))
    assert datetime.fromisoformat(pin.fetched_at).tzinfo == UTC


@pytest.mark.parametrize("damage", ["{", '[{"learner": "ann"}]', "[1]", '[{"colour": "red"}]'])
def test_damaged_pins_are_refused(ann, fetch, tmp_path, damage):
    ann.work()
    fetch(ann.pull())
    (tmp_path / "our cache" / "pins.json").write_text(damage)
    with pytest.raises(DataError, match=r"pins\.json is damaged"):
        fetch(ann.pull())


def test_a_pin_that_is_no_commit_is_refused(ann, fetch, tmp_path):
    ann.work()
    fetch(ann.pull())
    path = tmp_path / "our cache" / "pins.json"
    path.write_text(json.dumps([json.loads(path.read_text())[0] | {"commit": "--upload-pack=evil"}]))
    with pytest.raises(DataError, match="'--upload-pack=evil' of 'ann' is no commit"):
        fetch(ann.pull())


def test_extra_changed_files_are_reported(ann, fetch):
    ann.work(files={TASK: "work", ".env": "A=1", "05_src/data/x.csv": "1", "a\nb.txt": "x"})
    assert fetch(ann.pull())[0].remarks == ("Other changed files (3): .env, 05_src/data/x.csv, a b.txt.",)


def test_changed_files_are_told_from_where_the_branch_left_main(ann, fetch):
    ann.work()
    ann.git("checkout", "--quiet", "main")
    ann.commit("later on main", {"news.md": "new"})
    assert fetch(ann.pull())[0].remarks == ()


def test_the_changed_notebook_goes_before_the_untouched_starter(ann, fetch):
    mine = TASK.replace("assignment_1", "Assignment 1 final")
    ann.work(files={mine: "mine"})
    (found,) = fetch(ann.pull())
    assert (text(found), found.remarks) == ("mine", ("The notebook is called Assignment 1 final.ipynb.",))


def test_a_pull_request_that_leaves_the_notebook_as_it_was_is_reported(ann, fetch):
    ann.work(files={"notes.md": "x"})
    (found,) = fetch(ann.pull())
    assert text(found) == "starter"
    assert found.remarks[-1] == f"{TASK} is not among the changed files."


def test_what_is_merged_already_is_reported(ann, fetch):
    ann.work()
    ann.git("branch", "--force", "main", "assignment-1")
    assert fetch(ann.pull())[0].remarks == (
        "All of it is in the base branch already, so changed files cannot be told.",
    )


def test_no_common_history_is_reported(ann, fetch):
    ann.git("checkout", "--quiet", "--orphan", "assignment-1")
    ann.commit("alone", {TASK: "alone"})
    assert "no common history with the base branch" in fetch(ann.pull())[0].remarks[0]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_for_a_notebook_is_not_followed(ann, fetch):
    ann.git("checkout", "--quiet", "-b", "assignment-1")
    (ann.folder / TASK).unlink()
    (ann.folder / TASK).symlink_to("/etc/passwd")
    ann.commit("link", {})
    assert fetch(ann.pull())[0].problem == f"{TASK} is a link; links are not followed."


def test_a_notebook_that_is_too_large_is_not_read(ann, fetch, monkeypatch):
    monkeypatch.setattr(pulls, "LARGEST_MB", 0)
    ann.work()
    assert fetch(ann.pull())[0].problem == f"{TASK} is too large: 0 MB, 0 MB are allowed."


def test_no_notebook_or_several_are_problems(ann, fetch):
    ann.git("checkout", "--quiet", "-b", "assignment-1")
    ann.git("rm", "--quiet", TASK)
    ann.commit("gone", {"README.md": "gone"})
    assert fetch(ann.pull())[0].problem == "There is no notebook assignment_1.ipynb in this commit."
    ann.commit("two", {"a.ipynb": "a", "b.ipynb": "b"})
    assert "several may be meant: a.ipynb, b.ipynb" in fetch(ann.pull(), repin=True)[0].problem


def test_filters_and_hooks_of_the_learner_or_the_grader_never_run(ann, fetch, tmp_path, monkeypatch):
    trap = f"\"{Path(sys.executable).as_posix()}\" -c \"open(r'{tmp_path / 'sprung'}', 'w')\""
    config = tmp_path / "home" / ".gitconfig"
    config.parent.mkdir()
    evil = f'[filter "x"]\n smudge = {json.dumps(trap)}\n[core]\n fsmonitor = {json.dumps(trap)}\n[url "file:///nowhere"]\n'
    config.write_text(evil + " insteadOf = file\n", encoding="utf-8")
    ann.work(files={TASK: "work", ".gitattributes": "* filter=x"})
    ann.git("config", "uploadpack.packObjectsHook", trap)
    monkeypatch.setenv("HOME", str(config.parent))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path / "elsewhere"))
    assert text(fetch(ann.pull())[0]) == "work"
    assert not (tmp_path / "sprung").exists()
    assert not (tmp_path / "elsewhere").exists()


def test_one_that_cannot_be_reached_does_not_stop_the_others(ann, fetch, tmp_path):
    ann.work()
    gone = Pull("bob", (tmp_path / "gone").as_uri())
    told = []
    bob, found = fetch(gone, ann.pull(), watch=lambda *words: told.append(words))
    assert (bob.path, bob.problem[:9], found.problem) == (None, "git says:", "")
    assert told == [(0, 2, "bob"), (1, 2, "ann"), (2, 2, "")]


def test_two_learners_of_one_name_get_a_notebook_each(ann, fetch):
    ann.work()
    one, two = fetch(ann.pull(), ann.pull(branch="main"))
    assert (one.name, two.name, text(one), text(two)) == ("ann", "ann (2)", "work of 2026-11-02", "starter")


def test_ext_and_other_protocols_are_refused_by_git_itself(fetch, tmp_path):
    trap = f"ext::touch {tmp_path / 'sprung'}"
    found = fetch(Pull("eve", trap), Pull("joe", "ssh://localhost/x"), Pull("kim", "http://localhost:9/x"))
    assert [each.problem for each in found] == [
        f"git says: transport '{name}' not allowed" for name in ("ext", "ssh", "http")
    ]
    assert not (tmp_path / "sprung").exists()


def test_a_repository_that_looks_like_an_option_is_only_a_name(fetch, tmp_path):
    (found,) = fetch(Pull("eve", f"--upload-pack=touch {tmp_path / 'sprung'}"))
    assert found.problem
    assert not (tmp_path / "sprung").exists()


@pytest.mark.skipif(os.name == "nt", reason="a script stands in for a git that hangs")
def test_a_git_that_hangs_is_ended_with_its_children(tmp_path, monkeypatch):
    cache = git.make_cache(tmp_path / "cache")
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    seconds = f"321.{os.getpid()}"
    script.write_text(f"#!/bin/sh\nsleep {seconds} &\nsleep {seconds}\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(git.GitError, match=r"git fetch took longer than 0\.3 s"):
        git.run(cache, "fetch", seconds=0.3)
    time.sleep(0.1)
    assert [each.pid for each in psutil.process_iter(["cmdline"]) if seconds in (each.info["cmdline"] or [])] == []


def test_a_git_that_prints_without_end_is_ended(ann, monkeypatch, tmp_path):
    monkeypatch.setattr(git, "PRINTED_MB", 0)
    cache = git.make_cache(tmp_path / "cache")
    with pytest.raises(git.GitError, match="printed more than 0 MB"):
        git.run(cache, "-c", "alias.talk=!yes", "talk")


def test_a_machine_without_git_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceError, match="git is not installed"):
        git.make_cache(tmp_path / "cache")


def listed(folder, body, head="learner,repository,number,branch,deadline"):
    path = folder / "pulls.csv"
    path.write_text(f"{head}\n{body}\n", encoding="utf-8-sig")
    return read_pulls(path)


@pytest.mark.parametrize(
    "address",
    [
        "ann/mlsd",
        "https://github.com/ann/mlsd",
        "http://www.github.com/ann/mlsd.git",
        "git@github.com:ann/mlsd.git",
        "github.com/ann/mlsd/",
        "https://github.com/ann/mlsd/pull/7/files",
        "https://github.com/ann/mlsd/pulls?q=1",
    ],
)
def test_addresses_of_github_become_one(tmp_path, address):
    (pull,) = listed(tmp_path, f"ann,{address},7,,")
    assert (pull.repository, pull.number, pull.problem) == ("https://github.com/ann/mlsd.git", "7", "")


def test_number_and_branch_are_read_from_an_address(tmp_path):
    one, two = listed(tmp_path, "a,https://github.com/a/b/pull/12,,,\nb,https://github.com/a/b/tree/x/y%20z,,,")
    assert (one.number, two.branch) == ("12", "x/y z")


@pytest.mark.parametrize(
    "address",
    [
        "ext::sh -c x",
        "-u/x",
        "https://gitlab.com/a/b",
        "https://user:pw@github.com/a/b",
        "//host/share",
        "a",
        "a/b/c",
        "https://github.com.evil.org/a/b",
        "file://host/x",
        "\\\\host\\share",
        "-a/b",
        "https://github.com/a/b\x1b",
    ],
)
def test_other_addresses_are_a_problem_of_their_row(tmp_path, address):
    assert "is no address of GitHub" in listed(tmp_path, f"ann,{address},1,,")[0].problem


def test_a_folder_is_found_from_where_the_list_lies(tmp_path):
    (tmp_path / "repos" / "ann").mkdir(parents=True)
    one, two = listed(tmp_path, f"ann,repos/ann,,,\nbob,{(tmp_path / 'repos' / 'ann').as_uri()},,,")
    assert one.repository == two.repository == (tmp_path / "repos" / "ann").as_uri()


def test_a_deadline_of_a_day_means_its_end(tmp_path):
    day, moment = listed(tmp_path, "a,a/b,1,,2026-11-20\nb,a/b,2,,2026-11-20T18:00-05:00")
    assert (day.deadline.hour, day.deadline.minute, day.deadline.day) == (23, 59, 20)
    assert moment.deadline == datetime(2026, 11, 20, 23, tzinfo=UTC)


def test_a_wrong_row_is_a_problem_and_the_rest_goes_on(tmp_path):
    rows = listed(
        tmp_path, "a;a/b;x;;\n;a/b;1;;\n;;;;\nc;c/d;#4;;soon\nd;d/e", "Learner;Repository;NUMBER;branch;deadline"
    )
    assert [row.problem.partition(":")[0] for row in rows] == [f"pulls.csv, row {n}" for n in (2, 3, 5)] + [""]
    assert rows[0].problem.endswith("number must be that of a pull request, got: 'x'.")


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(ColumnError, match=r"'number' is not in pulls\.csv"):
        listed(tmp_path, "ann,a/b", "learner,repository")


def test_an_empty_list_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"pulls\.csv lists no pull request"):
        listed(tmp_path, "")


def test_a_list_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "pulls.csv").write_bytes("learner".encode("utf-16"))
    with pytest.raises(DataError, match="cannot be read as a CSV"):
        read_pulls(tmp_path / "pulls.csv")
