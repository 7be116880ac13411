"""Strangers' notebooks in the real box: right marks, right cause, nothing touched, and the batch goes on."""

import json
import os
import runpy
import socket
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course.grading import assignment, batch, box
from course.grading.collect import Found, collect
from mlsd import settings
from mlsd.errors import ServiceError

CASES_IN = runpy.run_path(str(Path(__file__).parent / "cases" / "grading_hostile.py"))
CASES, RIGHT = CASES_IN["CASES"], CASES_IN["RIGHT"]

needs_box = pytest.mark.skipif(box.level()[0] != box.FULL, reason=f"no full box here: {box.level()[1]}")
LIMITS = box.Limits(seconds=15, cell_seconds=3, memory_mb=500, processes=64, file_mb=50, folder_mb=64, evidence_mb=8)


def example():
    return replace(assignment.open_assignment("example"), limits=LIMITS)


def written(path, cells, **metadata):
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells], metadata=metadata)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def graded(paths, **options):
    one = example()
    return {each.name: each for each in batch.grade(one, collect(paths, one.notebook), **options)}


def marks(submission):
    return {mark.criterion: mark for mark in submission.marks}


def by_machine(submission):
    return tuple(marks(submission)[key].mark for key in ("total", "largest"))


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """What must not be read or changed: a secret in a folder that anybody may write to, and an open port."""
    folder = tmp_path_factory.mktemp("outside")
    folder.chmod(0o777)
    (folder / "secret.txt").write_text("the answers", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield folder, server.getsockname()[1]


@pytest.fixture(scope="module")
def all_of_them(tmp_path_factory, outside):
    """Every case, graded in one batch; and what was there before and after it."""
    folder, port = outside
    root = settings.root()
    places = [str(folder), str(root), str(root / "05_src" / "mlsd"), "/var/tmp", "/usr/share"]
    words = {
        "SECRETS": repr([str(folder / "secret.txt"), str(root / "README.md"), "/etc/shadow", "/etc/hostname"]),
        "PLACES": repr(places),
        "(HOST, PORT)": repr(("127.0.0.1", port)),
    }
    home = tmp_path_factory.mktemp("submissions")
    found = []
    for n, (name, case) in enumerate(CASES.items()):
        cells = list(case.cells)
        for word, value in words.items():
            cells = [cell.replace(word, value) for cell in cells]
        path = written(home / f"{n}.ipynb", cells)
        found.append(Found(name, path, str(path)))
    os.environ["SECRET_TOKEN"] = "do not tell"
    begun = time.time()
    try:
        judged = {each.name: each for each in batch.grade(example(), found)}
    finally:
        del os.environ["SECRET_TOKEN"]
    return judged, begun, places


@needs_box
@pytest.mark.parametrize("name", CASES)
def test_a_strangers_notebook_gets_the_marks_that_a_person_would_give(all_of_them, name):
    case, submission = CASES[name], all_of_them[0][name]
    total, largest = by_machine(submission)
    assert total == case.total, submission.remarks
    assert case.largest in (None, largest), submission.remarks
    if case.largest == 0:
        assert marks(submission)["largest"].cause == case.cause
    assert case.remark in "\n".join(submission.remarks)
    assert submission.box == box.FULL


@needs_box
def test_nothing_outside_the_box_is_touched(all_of_them, outside):
    assert (outside[0] / "secret.txt").read_text(encoding="utf-8") == "the answers"
    assert [place for place in all_of_them[2] if (Path(place) / "i_was_here").exists()] == []


@needs_box
def test_no_process_is_left(all_of_them):
    left = [" ".join(each.info["cmdline"] or []) for each in psutil.process_iter(["cmdline"])]
    assert [words for words in left if "time.sleep(98" in words or words.startswith("bwrap")] == []


def as_version_3(cells):
    sheet = {"cells": [{"cell_type": "code", "input": source.splitlines(keepends=True)} for source in cells]}
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [sheet]})


def without_ids(cells, **metadata):
    made = [
        {"cell_type": "code", "source": source, "outputs": [], "execution_count": 7 - n}
        for n, source in enumerate(cells)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 2, "metadata": metadata, "cells": made})


FILES = {
    "format 3": (as_version_3(RIGHT), (2, 1)),
    "no ids, run out of order": (without_ids(RIGHT), (2, 1)),
    "a kernel that is not here": (without_ids(RIGHT, kernelspec={"name": "conda-env-ann-py"}), (2, 1)),
    "a byte order mark": ("\ufeff" + without_ids(RIGHT), (2, 1)),
    "cells that are no cells": (json.dumps({"cells": [None, 3, {"cell_type": "code"}, {"source": 5}]}), (0, 0)),
    "not JSON": ("<!DOCTYPE html><html>Page not found</html>", "unreadable"),
    "JSON, but no notebook": ('{"total": 386}', "unreadable"),
    "nested too deep": ("[" * 100_000, "unreadable"),
    "empty": ("", "unreadable"),
    "a conflict left by git": ("<<<<<<< HEAD\n" + without_ids(RIGHT), "unreadable"),
    "not text": (b"\x00\xff\xfe\x80pickle", "unreadable"),
}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    home = tmp_path_factory.mktemp("some files")
    for n, (text, _) in enumerate(FILES.values()):
        (home / f"learner {n}.ipynb").write_bytes(text if isinstance(text, bytes) else text.encode())
    judged = graded([home])
    return [judged[name] for name in sorted(judged, key=lambda name: int(name.split()[1]))]


@needs_box
@pytest.mark.parametrize("name", FILES)
def test_a_file_in_any_shape_is_read_or_said_to_be_unreadable(files, name):
    expected, submission = FILES[name][1], files[list(FILES).index(name)]
    if expected == "unreadable":
        assert {mark.cause for mark in submission.marks} == {"unreadable"}
        assert by_machine(submission) == (0, 0)
    else:
        assert by_machine(submission) == expected


@needs_box
def test_links_are_not_followed_and_a_zip_with_any_names_is_read(tmp_path):
    (tmp_path / "private.ipynb").write_text(without_ids(RIGHT), encoding="utf-8")
    home = tmp_path / "handed in"
    home.mkdir()
    (home / "linked.ipynb").symlink_to(tmp_path / "private.ipynb")
    with zipfile.ZipFile(home / "班.zip", "w") as archive:
        archive.writestr("Zoë Ångström 🦊/example.ipynb", without_ids(RIGHT))
        archive.writestr("../../../escaped.ipynb", without_ids(RIGHT))
    judged = graded([home])
    right = [name for name, each in judged.items() if by_machine(each) == (2, 1)]
    assert [name for name in right if "Zo" in name]
    assert not [name for name in right if "linked" in name]
    assert not (tmp_path.parent.parent / "escaped.ipynb").exists()


@needs_box
def test_a_new_process_for_each_gives_the_same_marks_as_a_fork(tmp_path):
    for n, cells in enumerate(
        [RIGHT, ["total = 1"], ["1/0"], ["import os; os._exit(0)", *RIGHT], ["while True: pass", *RIGHT]]
    ):
        written(tmp_path / f"{n}.ipynb", cells)
    told = [
        {
            name: [(m.mark, m.cause, m.reason) for m in each.marks]
            for name, each in graded([tmp_path], warm=warm).items()
        }
        for warm in (True, False)
    ]
    assert told[0] == told[1]


def test_without_bubblewrap_strangers_code_is_refused_unless_the_grader_says_so(tmp_path, monkeypatch):
    written(tmp_path / "ann.ipynb", ["import os; os._exit(3)"])
    written(tmp_path / "bea.ipynb", RIGHT)
    written(tmp_path / "cy.ipynb", [*RIGHT, "while True: pass"])
    monkeypatch.setattr(box, "level", lambda: (box.LIMITS_ONLY, "Install bubblewrap: sudo apt-get install bubblewrap"))
    with pytest.raises(
        ServiceError, match=r"(?s)'limits only', not 'full box'.*Install bubblewrap.*--trust-submissions"
    ):
        graded([tmp_path])
    judged = graded([tmp_path], trust=True)
    assert {each.box for each in judged.values()} == {"limits only"}
    assert [by_machine(judged[name]) for name in ("ann", "bea", "cy")] == [(0, 0), (2, 1), (2, 1)]
    assert marks(judged["ann"])["total"].cause == "crashed"


def test_a_machine_without_bubblewrap_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(box.shutil, "which", lambda name: None)
    box.level.cache_clear()
    try:
        assert box.level() == (
            box.LIMITS_ONLY,
            "Install bubblewrap: sudo apt-get install bubblewrap (or dnf, pacman, apk).",
        )
    finally:
        box.level.cache_clear()


AS_SOMEBODY = """
import os, sys
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
from pathlib import Path
from dataclasses import replace
from course.grading import assignment, batch, box
from course.grading.collect import Found
path = Path(sys.argv[1])
limits = box.Limits(seconds=15, cell_seconds=3, memory_mb=500, processes=64)
one = replace(assignment.open_assignment("example"), limits=limits)
assert box.level()[0] == box.FULL and os.getuid() == 65534
for each in batch.grade(one, [Found(p.stem, p, str(p)) for p in sorted(path.glob("*.ipynb"))]):
    print(each.name, each.marks[0].mark, each.marks[1].mark, each.box, sep=",")
"""


@needs_box
@pytest.mark.skipif(
    getattr(os, "getuid", lambda: 1)() != 0, reason="this is an ordinary user: all the other tests show it"
)
def test_an_ordinary_user_has_the_same_box(tmp_path_factory):
    home = tmp_path_factory.mktemp("as somebody")
    for path in (home, home.parent, home.parent.parent):
        path.chmod(0o755)
    written(home / "bomb.ipynb", [RIGHT[0], "import os\nfor _ in range(99): os.fork()", "1"])
    written(home / "right.ipynb", RIGHT)
    written(
        home / "secret.ipynb", ["import os; assert not os.path.exists('/etc/shadow') and os.getppid() == 0", *RIGHT]
    )
    above = [
        word
        for path in Path(sys.base_prefix).parents
        for word in ("--perms", "0755", "--dir", str(path))
        if path != Path("/")
    ]
    place = ["--tmpfs", str(Path.home()), "--chmod", "0755", str(Path.home())] if Path.home() != Path("/") else []
    shown = [word for path in (sys.base_prefix, str(settings.root())) for word in ("--ro-bind", path, path)]
    words = ["bwrap", "--bind", "/", "/", "--dev-bind", "/dev", "/dev", *place, *above, *shown]
    rights = [word for name in ("SETUID", "SETGID") for word in ("--cap-add", f"CAP_{name}")]
    done = subprocess.run(
        [*words, "--cap-drop", "ALL", *rights, sys.executable, "-c", AS_SOMEBODY, str(home)],
        capture_output=True, text=True, timeout=120, cwd="/", env=os.environ | {"HOME": "/tmp"}, check=False,
    )  # fmt: skip
    assert "right,2.0,1.0,full box" in done.stdout, done.stderr[-2000:]
    assert "secret,2.0,1.0,full box" in done.stdout
    assert "bomb,2.0,0.0,full box" in done.stdout
