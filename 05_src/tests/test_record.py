"""What a run needs to be repeated: facts about data, code and packages."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsd import settings
from mlsd.tracking import digest, record

FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.Categorical(["u", "v"])})
COLUMNS = st.lists(st.text(max_size=3), min_size=2, max_size=4, unique=True)


@st.composite
def frames(draw):
    names, rows = draw(COLUMNS), draw(st.integers(2, 5))
    cells = st.lists(st.integers(-5, 5), min_size=rows, max_size=rows)
    return pd.DataFrame({name: draw(cells) for name in names})


@given(frames())
def test_a_copy_and_another_index_have_the_same_digest(frame):
    assert digest(frame) == digest(frame.copy()) == digest(frame.set_index(frame.index + 7))


@given(frames(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_the_digest_unless_they_are_alike(frame, random):
    order = random.sample(range(len(frame)), len(frame))
    moved = frame.iloc[order].reset_index(drop=True)
    assert (digest(frame) == digest(moved)) == frame.equals(moved)


@given(frames())
def test_the_order_of_columns_changes_the_digest(frame):
    assert digest(frame) != digest(frame[frame.columns[::-1]])


@given(frames(), st.data())
def test_one_other_value_changes_the_digest(frame, data):
    row, column = data.draw(st.integers(0, len(frame) - 1)), data.draw(st.integers(0, frame.shape[1] - 1))
    other = frame.copy()
    other.iloc[row, column] += 1
    assert digest(frame) != digest(other)


@given(frames(), st.text(max_size=3))
def test_another_name_changes_the_digest(frame, name):
    other = frame.set_axis([name, *frame.columns[1:]], axis=1)
    assert (digest(frame) == digest(other)) == (name == frame.columns[0])


@pytest.mark.parametrize("kind", ["int32", "float64", "str", "category"])
def test_another_type_changes_the_digest(kind):
    assert digest(FRAME) != digest(FRAME.astype({"a": kind}))


def test_a_number_is_not_a_text_in_a_column_name():
    assert digest(pd.DataFrame({1: [0]})) != digest(pd.DataFrame({"1": [0]}))


def test_a_missing_value_is_a_value_of_its_own():
    assert digest(FRAME) != digest(FRAME.fillna({"b": ""}))
    assert digest(pd.DataFrame({"a": [np.nan, 1]})) != digest(pd.DataFrame({"a": [0.0, 1]}))


def test_a_series_a_frame_without_rows_and_twice_the_same_name_have_one():
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    found = {digest(FRAME["a"]), digest(FRAME.head(0)), digest(pd.DataFrame()), digest(twice)}
    assert ({len(each) for each in found}, len(found)) == ({16}, 4)


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "root", lambda: tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


def git(root, *words):
    who = ["-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *who, *words], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def test_code_outside_git_has_a_digest_only(root):
    facts = record.code()
    assert (facts["commit"], facts["dirty"], len(facts["digest"])) == (None, None, 16)


def test_code_where_git_is_not_installed_has_a_digest_only(root, monkeypatch):
    monkeypatch.setenv("PATH", str(root))
    assert record.code()["commit"] is None


def test_code_is_dirty_when_a_file_that_git_knows_has_changed(root):
    git(root, "init", "-q")
    (root / "model.py").write_text("C = 1")
    git(root, "add", "model.py")
    git(root, "commit", "-qm", "first")
    (root / "notes.txt").write_text("git does not know it")
    assert (record.code()["commit"], record.code()["dirty"]) == (git(root, "rev-parse", "HEAD"), False)
    (root / "model.py").write_text("C = 2 ")
    assert record.code()["dirty"] is True


def test_the_environment_tells_the_lock_if_there_is_one(root):
    assert record.environment()["lock"] is None
    (root / "05_src").mkdir()
    (root / "05_src" / "requirements.txt").write_text("pandas==3.1")
    assert len(record.environment()["lock"]) == 16


def test_the_environment_tells_python_and_each_package():
    facts = record.environment()
    assert facts["python"] == "{}.{}.{}".format(*sys.version_info)
    assert (facts["packages"]["pandas"], facts["packages"]["numpy"]) == (pd.__version__, np.__version__)
