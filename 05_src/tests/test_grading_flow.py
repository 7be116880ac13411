"""What a grader types, from pull requests to the final marks; every notebook runs in the real box."""

import csv
import json
import os
import shutil
import subprocess

import nbformat
import openpyxl
import pytest

from course import cli, notebooks
from course.cohort.reading import cohort_path
from course.grading import box, report
from mlsd import settings

pytestmark = pytest.mark.skipif(box.level()[0] != box.FULL, reason=f"no full box here: {box.level()[1]}")
WHO = {f"GIT_{role}_{what}": f"ann@{what}.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(folder, *words, at="2026-01-20T12:00:00+00:00"):
    env = os.environ | WHO | {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *words], cwd=folder, env=env, check=True, capture_output=True
    )


def commit(repository, files, at):
    for name, text in files.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text, encoding="utf-8")
    git(repository, "add", "-A", at=at)
    git(repository, "commit", "-qm", "work", at=at)


def text_of(name, version):
    return notebooks.derived_path(name, version, settings.root()).read_text(encoding="utf-8")


def without(name, word):
    """The reference solution with the code cells deleted that hold a word."""
    notebook = nbformat.reads(text_of(name, "solution"), as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "code" or word not in cell.source]
    return nbformat.writes(notebook)


@pytest.fixture(scope="module")
def pulls(tmp_path_factory):
    """Learners' copies of the course: Ann was in time and went on afterwards, Bob spelled the branch his way."""
    home = tmp_path_factory.mktemp("git hosts")
    place = {n: f"02_activities/assignments/assignment_{n}.ipynb" for n in (1, 2)}
    start = {place[n]: text_of(f"assignment_{n}", "learner") for n in (1, 2)}
    rows = {1: [], 2: []}
    for learner, branches in {"ann": ("assignment-1", "assignment-2"), "bob": ("Assigment_1", None)}.items():
        repository = home / learner
        repository.mkdir()
        git(repository, "init", "-q")
        commit(repository, start, "2026-01-10T12:00:00+00:00")
        for n, branch in enumerate(branches, 1):
            rows[n].append([learner, str(repository), ""] if branch else [learner, str(repository), "9"])
            if branch:
                git(repository, "checkout", "-qb", branch, "main")
                work = (
                    text_of(f"assignment_{n}", "solution") if learner == "ann" else without("assignment_1", "rolling")
                )
                commit(repository, {place[n]: work, "notes.txt": "mine"}, "2026-01-20T12:00:00+00:00")
                commit(repository, {place[n]: start[place[n]]}, "2026-02-20T12:00:00+00:00")
    for n in (1, 2):
        with (home / f"pulls_{n}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["learner", "repository", "number"], *rows[n]])
    return home


@pytest.fixture(scope="module")
def graded(pulls):
    out = {}
    for n in (1, 2):
        out[n] = pulls / f"marks {n}"
        words = ["--pulls", str(pulls / f"pulls_{n}.csv"), "--deadline", "2026-01-26T23:59+00:00", "--out", str(out[n])]
        assert cli.main(["grade", f"assignment_{n}", *words]) == 0
    return out


def marks_of(out):
    with (out / report.MARKS).open(newline="", encoding="utf-8") as file:
        return {(row["submission"], row["criterion"]): row for row in csv.DictReader(file)}


def test_what_was_pushed_before_the_deadline_is_marked_and_what_else_changed_is_told(graded):
    found = marks_of(graded[1])
    by_machine = [row["mark"] for (learner, key), row in found.items() if learner == "ann" and key != "comments"]
    assert by_machine == ["1"] * 11
    assert [found["bob", key]["mark"] for key in ("returns", "compute_to_pandas", "moving_average")] == ["1", "0", "0"]
    told = json.loads((graded[1] / "bob" / "report.json").read_text(encoding="utf-8"))
    assert "Assigment_1" in json.dumps(told["remarks"])
    assert "notes.txt" in json.dumps(told["remarks"])


def test_a_request_that_is_not_there_stops_nobody(graded):
    found = marks_of(graded[2])
    assert {row["cause"] for (learner, _), row in found.items() if learner == "bob"} == {"unreadable"}
    assert sum(float(row["mark"] or 0) for (learner, _), row in found.items() if learner == "ann") == 14


def test_a_second_run_marks_the_same_commit_and_keeps_what_a_person_typed_up_to_the_final_mark(graded, pulls, capsys):
    for n, out in graded.items():
        person = {1: "comments", 2: "interprets_shap"}[n]
        book = openpyxl.load_workbook(out / report.SHEET)
        sheet = book["Marks"]
        head = [cell.value for cell in sheet[1]]
        place = {name.lower(): head.index(name) for name in head if name}
        for row in sheet.iter_rows(min_row=2):
            if row[place["criterion"]].value == person and row[place["submission"]].value == "ann":
                row[place["your mark"]].value, row[place["your comment"]].value = 1, "Well argued."
        book.save(out / report.SHEET)
        words = ["--pulls", str(pulls / f"pulls_{n}.csv"), "--deadline", "2026-01-26T23:59+00:00", "--out", str(out)]
        assert cli.main(["grade", f"assignment_{n}", *words]) == 0
        assert marks_of(out)["ann", person]["mark"] == "1"
        assert "Well argued." in (out / "ann" / "report.md").read_text(encoding="utf-8")
    assert "ann, comments" in capsys.readouterr().out
    quizzes = pulls / "quizzes.csv"
    quizzes.write_text(
        "learner," + ",".join(f"quiz_{n}" for n in range(1, 7)) + "\nann,80,80,80,80,80,80\nbob,80,80,80,80,80,80\n"
    )
    marks = [str(out / report.MARKS) for out in graded.values()]
    final = pulls / "final.csv"
    told = ["gradebook", "--quizzes", str(quizzes), "--marks", *marks, "--out", str(final), "--waiting", "zero"]
    assert cli.main(told) == 0
    lines = final.read_text(encoding="utf-8").splitlines()
    assert lines[1] == "ann,80,Complete,Complete,88,pass"
    assert lines[2].startswith("bob,80,Complete,")


def test_a_mark_that_cannot_be_is_told_before_anything_is_graded(graded, pulls, capsys):
    path = graded[1] / report.MARKS
    kept = path.read_bytes()
    path.write_bytes(kept.replace(b"ann,returns,1,1,judged,machine", b"ann,returns,1,7,judged,Eve"))
    try:
        words = ["--pulls", str(pulls / "pulls_1.csv"), "--out", str(graded[1])]
        assert cli.main(["grade", "assignment_1", *words]) == 2
        assert "marks.csv" in capsys.readouterr().err
        assert b"Eve" in path.read_bytes()
    finally:
        path.write_bytes(kept)


def test_an_assignment_of_ones_own_is_graded_from_its_folder(tmp_path, capsys):
    folder = settings.root() / "03_instructional_team" / "grading" / "example"
    (tmp_path / "ann.ipynb").write_text((folder / "starter.ipynb").read_text(encoding="utf-8"), encoding="utf-8")
    assert cli.main(["grade", str(folder), str(tmp_path / "ann.ipynb"), "--out", str(tmp_path / "out")]) == 0
    assert {row["mark"] for row in marks_of(tmp_path / "out").values()} == {"0"}
    assert "Box: full box" in capsys.readouterr().out


SOLVED = """
with open("numbers.txt", encoding="utf-8") as lines:
    numbers = sorted([int(line.strip()) for line in lines if line.strip()], reverse=True)
total = sum(number for number in numbers if number is not None)
largest, smallest = max(numbers, key=lambda number: (number, -number)), min(numbers)
print(f"{total:,} in all, from {smallest} up to {largest}", [numbers.index(largest), numbers.index(smallest)])
"""


@pytest.fixture
def own_solution(tmp_path):
    """A cohort whose private place holds a solution of the example."""
    place = tmp_path / "private place" / "solutions"
    place.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOLVED)]), place / "example.ipynb")
    cohort = cohort_path(settings.root()).read_text(encoding="utf-8")
    (tmp_path / "cohort.toml").write_text(cohort.replace('private = ""', f"private = '{place.parent}'"), "utf-8")
    return place / "example.ipynb"


def test_the_cohorts_own_solution_is_marked_and_answers_that_are_much_like_it_are_listed(own_solution, tmp_path):
    cohort = ["--cohort", str(tmp_path / "cohort.toml")]
    assert cli.main(["grade", "example", "--reference", *cohort, "--out", str(tmp_path / "ours")]) == 0
    found = marks_of(tmp_path / "ours")
    assert [found["reference", key]["mark"] for key in ("total", "largest")] == ["2", "1"]
    learners = [f"l{number}" for number in range(6)]
    for learner in learners:
        (tmp_path / "handed in" / learner).mkdir(parents=True)
        shutil.copy(own_solution, tmp_path / "handed in" / learner)
    assert cli.main(["grade", "example", str(tmp_path / "handed in"), *cohort, "--out", str(tmp_path / "out")]) == 0
    with (tmp_path / "out" / "similar.csv").open(newline="", encoding="utf-8") as file:
        pairs = [(row["one"], row["other"], row["similarity"]) for row in csv.DictReader(file)]
    assert pairs == [(learner, "solution: private", "1.0") for learner in learners]


def test_a_private_place_that_is_away_stops_no_grading_but_that_of_its_solution(own_solution, tmp_path, capsys):
    own_solution.parent.parent.rename(tmp_path / "elsewhere")
    words = ["--cohort", str(tmp_path / "cohort.toml"), "--out", str(tmp_path / "out")]
    assert cli.main(["grade", "example", str(tmp_path / "elsewhere/solutions/example.ipynb"), *words]) == 0
    assert "Answers are not compared with your own solution: `private` in cohort.toml is" in capsys.readouterr().out
    assert cli.main(["grade", "example", "--reference", *words]) == 2
    assert "Correct `private` in cohort.toml" in capsys.readouterr().err


def test_the_solution_goes_by_the_assignments_name_whatever_its_folder_is_called(own_solution, tmp_path):
    folder = shutil.copytree(
        settings.root() / "03_instructional_team" / "grading" / "example", tmp_path / "our version"
    )
    words = ["--cohort", str(tmp_path / "cohort.toml"), "--out", str(tmp_path / "ours")]
    assert cli.main(["grade", str(folder), "--reference", *words]) == 0
    assert marks_of(tmp_path / "ours")["reference", "total"]["mark"] == "2"


def test_an_assignment_without_a_solution_says_where_to_put_one(tmp_path, capsys):
    assert cli.main(["grade", "example", "--reference", "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "There is no reference solution of example.\nFix: Put example.ipynb into solutions/" in said


def test_a_learner_sees_what_was_found_and_no_marks(tmp_path, capsys):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("total = 1\nopen('D:/mine/numbers.txt')")])
    nbformat.write(notebook, tmp_path / "mine.ipynb")
    assert cli.main(["check", str(tmp_path / "mine.ipynb"), "--assignment", "example"]) == 1
    told = capsys.readouterr().out
    assert "Cell 1, line 2: FileNotFoundError" in told
    assert "[x] total" in told
    assert "[ ] largest" in told
    assert "a path of your own machine: D:/mine" in told
    assert cli.main(["check", str(tmp_path / "mine.ipynb")]) == 2
    assert "Name it with --assignment" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "What is to be graded?"),
        (["nowhere.ipynb"], "nowhere.ipynb"),
        (["--pulls", "nowhere.csv"], "nowhere.csv"),
        (["x.ipynb", "--reference"], "one of them"),
        (["x.ipynb", "--at-once", "0"], "--at-once must be 1 or more"),
    ],
)
def test_what_cannot_be_graded_is_named(tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["grade", "example", *words, "--out", "out"]) == 2
    assert told in capsys.readouterr().err
