import json
import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.grading import trees
from course.grading.collect import collect
from course.grading.names import best_notebooks, is_another, is_plain, nearness, printable, safe_name
from mlsd.errors import DataError

EMPTY = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
TASK = "02_activities/assignments"


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "with space"
    folder.mkdir()
    return folder


def put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f'{EMPTY[:-1]}, "from": {json.dumps(name)}}}', encoding="utf-8")


def pack(path, *names, **written):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, EMPTY)
        for name, data in written.items():
            archive.writestr(name, data)
    return path


def named(found):
    return {each.name: each.path.name if each.path else each.problem for each in found}


def origin(found):
    return {each.name: json.loads(each.path.read_text(encoding="utf-8"))["from"] for each in found}


def test_each_notebook_of_a_flat_folder_is_a_learner(home):
    put(home, "ann.ipynb", "Bob Ö.ipynb", "assignment_1.ipynb", "readme.txt")
    assert list(origin(collect([home], "assignment_1"))) == ["Bob Ö", "ann", "assignment_1"]


def test_notebooks_of_another_assignment_are_left_out_of_a_flat_folder(home):
    put(home, "ann_assignment_1.ipynb", "ann_assignment_2.ipynb", "bob-assignment1.ipynb")
    assert list(origin(collect([home], "assignment_1.ipynb"))) == ["ann_assignment_1", "bob-assignment1"]


def test_each_folder_is_a_learner_and_the_notebook_asked_for_is_picked(home):
    put(
        home, "ann/assignment_1.ipynb", "ann/assignment_2.ipynb", "bob/Assignment-2 (1).ipynb", "bob/assignment_1.ipynb"
    )
    picked = {"ann": "ann/assignment_2.ipynb", "bob": "bob/Assignment-2 (1).ipynb"}
    assert origin(collect([home], "assignment_2")) == picked


def test_of_a_whole_checkout_the_assignments_folder_is_taken(home):
    course = [
        "03_instructional_team/solutions/assignment_1.ipynb",
        "01_materials/labs/01_setup.ipynb",
        "05_src/a.ipynb",
    ]
    put(home, *(f"{name}/{file}" for name in ("ann", "bob") for file in [*course, f"{TASK}/assignment_1.ipynb"]))
    put(home, "ann/backup/assignment_1.ipynb", "ann/.venv/assignment_1.ipynb")
    found = collect([home], "assignment_1")
    assert origin(found) == {name: f"{name}/{TASK}/assignment_1.ipynb" for name in ("ann", "bob")}
    assert found[0].remarks == ("Other notebooks were left aside: backup/assignment_1.ipynb.",)


@pytest.mark.parametrize("given", ["ann", f"ann/{TASK}", f"ann/{TASK}/assignment_1.ipynb", "ann/02_activities"])
def test_a_checkout_is_one_learner_wherever_it_is_pointed_at(home, given):
    put(home, f"ann/{TASK}/assignment_1.ipynb", f"ann/{TASK}/assignment_2.ipynb", "ann/02_activities/homework/h.ipynb")
    assert list(origin(collect([home / given], "assignment_1")).values()) == [f"ann/{TASK}/assignment_1.ipynb"]


def test_a_folder_with_one_checkout_is_named_by_the_checkout(home):
    put(home, f"ann/{TASK}/assignment_1.ipynb")
    assert list(origin(collect([home], "assignment_1"))) == ["ann"]


def test_groups_of_learners_are_opened(home):
    put(home, "monday/ann/assignment_1.ipynb", "monday/bob/assignment1_final.ipynb", "friday/cy/assignment_1.ipynb")
    assert set(origin(collect([home], "assignment_1"))) == {"friday", "ann", "bob"}


def test_a_notebook_of_another_name_is_taken_if_it_is_the_only_one(home):
    put(home, "ann/work.ipynb", "bob/a.ipynb", "bob/b.ipynb")
    (home / "cy").mkdir()
    ann, bob, cy = collect([home], "assignment_1")
    assert ann.remarks == ("The notebook is called work.ipynb.",)
    assert bob.problem == "No notebook is called assignment_1.ipynb, and several may be meant: a.ipynb, b.ipynb."
    assert cy.problem == "There is no notebook assignment_1.ipynb."


def test_two_learners_of_one_name_are_told_apart(home):
    put(home, "x/Ann.ipynb", "y/ann.ipynb")
    assert list(origin(collect([home / "x/Ann.ipynb", home / "y/ann.ipynb"], "assignment_1"))) == ["Ann", "ann (2)"]


def test_a_file_called_as_the_assignment_is_named_by_its_folder(home):
    put(home, "ann/assignment_1.ipynb", "bob/submission/Assignment-1 (2).ipynb")
    paths = [home / "ann/assignment_1.ipynb", home / "bob/submission/Assignment-1 (2).ipynb"]
    assert [each.name for each in collect(paths, "assignment_1")] == ["ann", "bob"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_is_reported_and_not_followed(home, tmp_path):
    put(tmp_path, "secret/assignment_1.ipynb")
    put(home, "ann/assignment_1.ipynb")
    (home / "bob").mkdir()
    (home / "bob/assignment_1.ipynb").symlink_to(tmp_path / "secret/assignment_1.ipynb")
    (home / "cy").symlink_to(tmp_path / "secret")
    ann, bob, cy = collect([home], "assignment_1")
    assert (ann.problem, bob.path, cy.path) == ("", None, None)
    assert bob.problem == "assignment_1.ipynb is a link; links are not followed."
    assert cy.remarks == ("cy is a link; links are not followed.",)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_a_named_pipe_does_not_stop_the_others(home):
    put(home, "ann.ipynb")
    os.mkfifo(home / "bob.ipynb")
    assert named(collect([home], "assignment_1")) == {"ann": "ann.ipynb", "bob": "bob.ipynb is no ordinary file."}


def test_a_notebook_that_is_too_large_is_not_read(home, monkeypatch):
    monkeypatch.setattr(trees, "LARGEST_MB", 0)
    put(home, "ann.ipynb")
    problem = "ann.ipynb is too large: 0 MB, 0 MB are allowed."
    assert named(collect([home], "assignment_1")) == {"ann": problem}


def test_an_archive_of_a_checkout_is_named_by_the_archive(home):
    pack(home / "ann.zip", f"course-main/{TASK}/assignment_1.ipynb", "__MACOSX/._x.ipynb", "course-main/05_src/a.py")
    pack(home / "bob.zip", "assignment_1.ipynb")
    found = collect([home], "assignment_1", into=home / "out")
    assert [each.path for each in found] == [home / "out" / name / "assignment_1.ipynb" for name in ("ann", "bob")]


def test_an_archive_of_a_folder_of_notebooks_holds_many_learners(home):
    path = pack(home / "all.zip", "all/Žofie 学生.ipynb", "all/ann_assignment_1.ipynb", "all/notes.txt")
    found = collect([path], "assignment_1")
    assert [each.name for each in found] == ["ann_assignment_1", "Žofie 学生"]
    assert [each.path.read_text() for each in found] == [EMPTY, EMPTY]


def test_names_that_lead_out_of_an_archive_are_refused_one_by_one(home):
    names = ["ann.ipynb", "../../evil.ipynb", "/etc/root.ipynb", "C:\\Users\\win.ipynb"]
    found = collect([pack(home / "all.zip", *names)], "assignment_1", into=home / "out")
    problems = [each.problem for each in found if each.problem]
    assert len(problems) == 3
    assert all(problem.startswith("Its name leads out of the archive") for problem in problems)
    assert [path.name for path in home.parent.rglob("*.ipynb")] == ["assignment_1.ipynb"]


def test_a_link_in_an_archive_is_refused(home):
    link = zipfile.ZipInfo("ann.ipynb")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(home / "all.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert named(collect([home / "all.zip"], "assignment_1")) == {"ann": "ann.ipynb is a link; links are not followed."}


def test_a_zip_bomb_is_stopped_by_what_comes_out(home):
    path = pack(home / "all.zip", "bob.ipynb", **{"ann.ipynb": bytes(21 * 2**20)})
    ann, bob = collect([path], "assignment_1", into=home / "out")
    assert ann.problem.startswith("It is too large: more than 20 MB in an archive")
    assert bob.path.read_text() == EMPTY


def test_other_ways_to_pack_and_archives_in_archives_are_not_opened(home):
    inner = pack(home / "inner.zip", "assignment_1.ipynb").read_bytes()
    with zipfile.ZipFile(home / "all.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("ann.ipynb", EMPTY)
        archive.writestr("bob.zip", inner)
    found = named(collect([home / "all.zip"], "assignment_1"))
    assert found["ann"] == "ann.ipynb is packed in an unusual way."
    assert found["bob"] == "This is an archive inside an archive; it was not opened."


def test_what_is_no_archive_is_a_problem_of_that_learner_alone(home):
    put(home, "bob.ipynb")
    (home / "ann.zip").write_bytes(b"PK\x05\x06" + bytes(8) + b"\xff\xff\xff\x7f" + bytes(6))
    (home / "cy.zip").write_bytes(b"hello")
    found = {each.name: each.problem for each in collect([home], "assignment_1")}
    assert found["ann"] == "ann.zip holds too many files, or more than 4 GB."
    assert found["bob"] == ""
    assert found["cy"] == "cy.zip cannot be read as a zip archive: File is not a zip file."


def test_a_damaged_entry_is_a_problem(home):
    path = pack(home / "all.zip", "ann.ipynb")
    data = bytearray(path.read_bytes())
    data[45] ^= 255
    path.write_bytes(data)
    assert "cannot be taken out of the archive" in collect([path], "assignment_1")[0].problem


def test_an_empty_folder_says_what_was_looked_for(home):
    with pytest.raises(DataError, match=r"No submission was found in .*with space\. Looked for assignment_1\.ipynb"):
        collect([home], "assignment_1")


def test_another_kind_of_file_is_refused(home):
    (home / "ann.docx").touch()
    with pytest.raises(DataError, match=r"ann\.docx is no notebook, folder or \.zip"):
        collect([home / "ann.docx"], "assignment_1")


def test_a_path_that_is_not_there_is_named(home):
    with pytest.raises(DataError, match=r"There is no .*gone"):
        collect([home / "gone"], "assignment_1")


@pytest.mark.parametrize(
    "seen",
    [
        "assignment_1",
        "Assignment-1",
        "assignment1",
        "assigment-1",
        "assignment-one",
        "AssignmentOne",
        "A1",
        "Assignment 01",
        "feature/assignment-1",
        "assignment-1-final",
        "ann/assignment_1",
        "assginment-1",
        "assignment.1",
        "ASSIGNMENT_1",
    ],
)
def test_spellings_that_people_use_are_near(seen):
    assert nearness("assignment-1", seen) > 0.7
    assert nearness("assignment-2", seen) == 0


def test_an_exact_spelling_is_nearer_than_a_wrong_one():
    names = ["assigment-1", "a1", "feature/assignment-1", "Assignment_1"]
    assert max(names, key=lambda name: nearness("assignment-1", name)) == "Assignment_1"


def test_another_number_is_another_assignment():
    assert [is_another("assignment_1", name) for name in ("assignment_12", "a2", "assignment_1", "ann")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_plain_name_says_nothing_of_the_learner():
    names = ["assignment_1", "Assignment-1 (2)", "assignment1_final_v2", "ann_assignment_1", "assignment_1_ann"]
    assert [is_plain("assignment_1", name) for name in names] == [True, True, True, False, False]


def test_the_assignments_folder_goes_before_others():
    paths = [Path("old/assignment_1.ipynb"), Path("x/assignments/assignment_1.ipynb"), Path("assignment_2.ipynb")]
    assert best_notebooks(paths, "assignment_1") == [paths[1], paths[0]]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("CON", "_CON"),
        ("lpt1.x", "_lpt1.x"),
        ("a" * 300, "a" * 59),
        ("dots. . .", "dots"),
        ("\u202eevil\x00\n", "evil"),
        ("=cmd()", "_=cmd()"),
        ("../..", "_.._"),
        ("\udcff\ud800", "submission"),
        ("", "submission"),
    ],
)
def test_a_name_is_safe_as_a_folder(text, safe):
    assert safe_name(text, set()) == safe


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=8))
def test_safe_names_differ_show_and_pass_as_folders_on_windows(texts):
    taken: set[str] = set()
    names = [safe_name(text, taken) for text in texts]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert name.isprintable()
        assert name == name.strip()
        assert len(name) < 70
        assert not set(name) & set('<>:"/\\|?*')
        assert name[0] not in "-=+@."
        assert name[-1] != "."


def test_what_is_shown_is_one_line():
    assert printable("a\r\n\x1b[2J\u2066b" + "c" * 300) == "a [2J b" + "c" * 192 + "…"
