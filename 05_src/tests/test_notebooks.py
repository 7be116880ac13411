import json
import os
import subprocess
import sys

import nbformat
import pytest

from course import notebooks
from mlsd import settings
from mlsd.errors import DataError, WriteError

SOURCE = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Delays – é
# Two lines.

# %%
delay = [3, 40]

# %% tags=["exercise"]
answer = ...
# solution
answer = max(delay)

# %% tags=["solution"]
print("for teachers")

# %%
def longest(delay):
    return ...
    # solution
    return max(delay)

# %%
print(answer)
"""


@pytest.fixture
def project(tmp_path):
    """A project in a path with spaces, with one lab that was built."""
    root = tmp_path / "my project"
    write_source(root, "01_delays", SOURCE)
    notebooks.build(root)
    return root


def write_source(root, lab, text):
    path = root / notebooks.SOURCES / f"{lab}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def cells(root, version):
    found = nbformat.read(notebooks.derived_path("01_delays", version, root), as_version=4)
    nbformat.validate(found)
    return {cell.id: cell for cell in found.cells}


def test_the_derived_notebooks_are_what_their_sources_give():
    assert notebooks.out_of_date() == []


def test_the_learner_sees_the_stub_and_not_the_solution(project):
    assert cells(project, "learner")["cell-003"].source == "answer = ..."


def test_the_solution_keeps_stub_and_marker(project):
    assert cells(project, "solution")["cell-003"].source == "answer = ...\n# solution\nanswer = max(delay)"


def test_a_marker_inside_a_function_cuts_the_rest_of_the_cell(project):
    assert cells(project, "learner")["cell-005"].source == "def longest(delay):\n    return ..."


def test_a_cell_tagged_solution_goes_whole_and_the_other_ids_stay(project):
    assert list(cells(project, "learner")) == ["cell-001", "cell-002", "cell-003", "cell-005", "cell-006"]
    assert list(cells(project, "solution")) == [f"cell-00{number}" for number in range(1, 7)]


def test_tags_are_kept_and_nothing_else_in_the_metadata(project):
    found = nbformat.read(notebooks.derived_path("01_delays", "solution", project), as_version=4)
    assert [cell.metadata for cell in found.cells] == [{}, {}, {"tags": ["exercise"]}, {"tags": ["solution"]}, {}, {}]
    assert found.metadata == notebooks.KERNEL


def test_a_source_with_windows_line_ends_gives_the_same_bytes(project):
    before = notebooks.derived_path("01_delays", "learner", project).read_bytes()
    source = project / notebooks.SOURCES / "01_delays.py"
    source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    assert notebooks.derive(source, "learner").encode() == before
    assert b"\r" not in before


def test_another_process_with_another_hash_seed_builds_the_same_bytes(project):
    code = "import sys; from pathlib import Path; from course.notebooks import derive; "
    code += "sys.stdout.buffer.write(derive(Path(sys.argv[1]), 'solution').encode())"
    command = [sys.executable, "-c", code, str(project / notebooks.SOURCES / "01_delays.py")]
    made = subprocess.run(command, capture_output=True, check=True, env=os.environ | {"PYTHONHASHSEED": "7"}).stdout
    assert made == notebooks.derived_path("01_delays", "solution", project).read_bytes()


def test_building_again_writes_nothing(project):
    assert notebooks.build(project) == []


def test_a_changed_source_is_out_of_date_until_it_is_built(project):
    write_source(project, "01_delays", SOURCE.replace("40", "41"))
    assert [path.parent.name for path in notebooks.out_of_date(project)] == ["labs", "solutions"]
    notebooks.build(project)
    assert notebooks.out_of_date(project) == []


def test_a_solution_without_a_source_is_out_of_date(project):
    write_source(project, "01_delays", SOURCE).rename(project / notebooks.SOURCES / "01_lateness.py")
    notebooks.build(project)
    assert notebooks.out_of_date(project) == [notebooks.derived_path("01_delays", "solution", project)]


@pytest.mark.parametrize("change", ["outputs", "metadata", "broken"])
def test_a_notebook_that_somebody_worked_in_is_not_written_over(project, change):
    path = notebooks.derived_path("01_delays", "learner", project)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    if change == "outputs":
        notebook["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "mine"}]
    else:
        notebook["metadata"] = {"language_info": {"version": "3.11"}}
    path.write_text("<<<<<<<" if change == "broken" else json.dumps(notebook), encoding="utf-8")
    with pytest.raises(WriteError, match=r"01_delays\.ipynb\nFix: Copy them .*`course build --force`"):
        notebooks.build(project)
    assert notebooks.build(project, force=True) == [path]


def test_a_marker_with_nothing_above_it_is_refused(project):
    path = write_source(project, "02_bad", "# %%\n# solution\nanswer = 1\n")
    with pytest.raises(DataError, match=r"02_bad\.py, cell 1: nothing stands above `# solution`"):
        notebooks.derive(path, "learner")


def test_a_stub_that_is_not_python_is_refused(project):
    path = write_source(project, "02_bad", "# %%\nx = 1\n\n# %%\ndef f():\n    # solution\n    return 1\n")
    with pytest.raises(DataError, match=r"02_bad\.py, cell 2: without the solution, line 1 is not Python"):
        notebooks.derive(path, "learner")


@pytest.mark.parametrize("word", ["01", "1", "01_delays", "01_delays.ipynb", "01_materials/labs/01_delays.ipynb"])
def test_a_lab_is_found_by_name_number_or_path(project, word):
    assert notebooks.pick([word], project) == ["01_delays"]


def test_labs_come_in_order_and_once(project):
    write_source(project, "02_more", SOURCE)
    assert notebooks.pick(["02", "01", "02_more"], project) == ["01_delays", "02_more"]
    assert notebooks.pick([], project) == ["01_delays", "02_more"]


def test_an_unknown_lab_is_answered_with_those_that_exist(project):
    with pytest.raises(DataError, match=r"There is no lab '7', 'x'\. Labs: 01_delays\."):
        notebooks.pick(["7", "01", "x"], project)


def test_a_project_without_labs_says_where_they_belong(tmp_path):
    with pytest.raises(DataError, match="holds no lab"):
        notebooks.pick([], tmp_path)


def test_learner_and_solution_lie_equally_deep():
    assert {len(folder.parts) for folder in notebooks.DERIVED.values()} == {2}
    assert settings.root() / notebooks.DERIVED["learner"] == settings.root() / "01_materials" / "labs"
