import base64
import io
import json
import re
import sys

import nbformat
import pytest
from rich.console import Console

from course import notebooks, report, runner
from mlsd import mlflow_server, settings

from .real import browser

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

FINE = f'''# %% [markdown]
# # Delays
# The **bars** show delay by hour. $x^2$

# %%
import base64, os, sys
from pathlib import Path
from IPython.display import Image
from course.checks import check, near, question

@question("98.1", takes="a number")
def judge(answer):
    return near(answer, 4, 0, hint="Double it.")

# %%
print(sys.executable, Path.cwd().name, os.environ["MLSD_DATABASE_URL"], os.environ["MLSD_DATA_DIR"], sep="\\n")

# %%
Image(data=base64.b64decode("{PIXEL}"), format="png")

# %%
answer = ...
# solution
answer = 4

# %%
check("98.1", answer)
'''

BREAKS = """# %%
def half(number):
    return number / 0

# %%
x = 1
half(x)

# %%
print("never")
"""

WRONG = FINE.replace("answer = 4", "answer = 5")
WHERE = '# %%\nimport os\nprint(os.environ.get("MLFLOW_TRACKING_URI"))\n'
TRACKS = (
    WHERE
    + """
# %%
from mlsd import tracking
with tracking.run("a lab") as run:
    run.log_params({"C": 1})
"""
)
SLOW = "# %%\nimport time\n\n# %%\ntime.sleep(60)\n"


def project(root, **labs):
    for lab, text in labs.items():
        path = root / notebooks.SOURCES / f"{lab[1:]}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    notebooks.build(root)
    return root


def another_kernel(root):
    """A machine whose kernel list says that python3 is some other interpreter."""
    spec = root / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = ["/no/such/python", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "Other", "language": "python"}), encoding="utf-8")
    return root / "jupyter"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Four labs that were run: one breaks, one has a wrong solution, one notebook is missing."""
    root = project(tmp_path_factory.mktemp("my project"), _01_breaks=BREAKS, _02_fine=FINE, _03_wrong=WRONG)
    chosen = [("01_breaks", "learner"), ("02_fine", "learner"), ("03_wrong", "solution"), ("04_gone", "learner")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(another_kernel(root)))
        return list(runner.run_labs(chosen, root=root))


@pytest.fixture
def pages(runs, tmp_path):
    index = report.write_report(runs, tmp_path / "labs report")
    return {page.name: page.read_text(encoding="utf-8") for page in index.parent.iterdir()}


def printed(run):
    outputs = [output for cell in run.notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if output.output_type == "stream").splitlines()


def test_a_lab_that_breaks_does_not_stop_the_others(runs):
    assert [run.result for run in runs] == ["failed", "passed", "failed", "failed"]
    assert [run.cells for run in runs] == [1, 5, 5, 0]


def test_a_failing_cell_is_named_with_its_line_and_error(runs):
    assert report.failure_text(runs[0]) == (
        "01_breaks (learner), cell 2 (cell-002), at: half(x)\n  ZeroDivisionError: division by zero"
    )


def test_the_kernel_is_this_interpreters_and_starts_in_the_labs_folder(runs):
    assert printed(runs[1])[:2] == [sys.executable, "labs"]


def test_the_learners_own_data_and_database_are_left_alone(runs):
    database, data = printed(runs[1])[2:]
    assert database == f"sqlite:///{data}/mlsd.db".replace("\\", "/")
    assert re.search(r"labs \w+.data$", data)


def test_checks_are_counted_and_a_solution_must_answer_all_of_them(runs):
    assert [run.checks for run in runs[1:3]] == [{"98.1": "not tried"}, {"98.1": "wrong"}]
    assert runs[2].failure.error.startswith("the solution's answer is not correct\n✘ 98.1: expected about another")


def test_a_notebook_that_is_missing_fails_alone_and_names_the_fix(runs):
    assert "04_gone.ipynb does not exist.\n  Fix: Build it: course build" in report.failure_text(runs[3])


def test_a_correct_solution_passes_on_postgresql(tmp_path, postgres_url):
    root = project(tmp_path, _01_fine=FINE)
    (run,) = runner.run_labs([("01_fine", "solution")], root=root, db=postgres_url)
    assert (run.result, run.database, run.checks) == ("passed", "PostgreSQL", {"98.1": "correct"})
    assert printed(run)[2] == postgres_url


def test_a_cell_that_takes_too_long_is_stopped_and_the_limit_named(tmp_path):
    root = project(tmp_path, _01_slow=SLOW)
    (run,) = runner.run_labs([("01_slow", "learner")], root=root, cell_seconds=1)
    assert (run.failure.cell, run.failure.line) == (2, "time.sleep(60)")
    assert run.failure.error.startswith("took longer than 1 s, the limit for a cell\nFix: raise the limit")


def test_a_kernel_that_dies_fails_its_lab(tmp_path):
    root = project(tmp_path, _01_dies="# %%\nimport os\nos._exit(1)\n")
    (run,) = runner.run_labs([("01_dies", "learner")], root=root)
    assert (run.result, run.failure.cell) == ("failed", 1)
    assert "ran out of memory" in run.failure.error


def test_labs_that_track_share_a_server_that_is_gone_afterwards(tmp_path):
    root = project(tmp_path / "my project", _01_plain=WHERE, _02_tracks=TRACKS, _03_tracks=TRACKS)
    labs = [(lab, "learner") for lab in ("01_plain", "02_tracks", "03_tracks")]
    runs = list(runner.run_labs(labs, root=root))
    assert [run.result for run in runs] == ["passed"] * 3
    (without,), (address,), (again,) = map(printed, runs)
    assert (without, again) == ("None", address)
    assert re.fullmatch(r"http://127.0.0.1:\d+", address)
    assert mlflow_server.version(address) is None


def test_a_tracking_server_of_yours_is_used(tmp_path, monkeypatch):
    uri = f"sqlite:///{(tmp_path / 'mine.db').as_posix()}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    (run,) = runner.run_labs([("01_tracks", "learner")], root=project(tmp_path, _01_tracks=TRACKS))
    assert (run.result, printed(run), (tmp_path / "mine.db").exists()) == ("passed", [uri], True)


def test_a_tracking_server_that_does_not_start_fails_the_labs_that_need_it(tmp_path, monkeypatch):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "mlflow.py").write_text("raise SystemExit('no disk')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    root = project(tmp_path, _01_tracks=TRACKS, _02_plain=WHERE)
    tracks, plain = runner.run_labs([("01_tracks", "learner"), ("02_plain", "learner")], root=root)
    assert (tracks.result, plain.result) == ("failed", "passed")
    assert re.search(r"MLflow server ended while it started(?s:.*)no disk", report.failure_text(tracks))


def test_the_report_opens_without_a_network(pages):
    loads = re.compile(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\W?(?:https?:)?//|@import|url\(|<script", re.I)
    assert {name: loads.findall(page) for name, page in pages.items() if loads.search(page)} == {}
    assert set(pages) == {"index.html", "01_breaks-learner.html", "02_fine-learner.html", "03_wrong-solution.html"}


def test_the_reports_first_page_tells_results_and_links_the_notebooks(pages):
    assert "Labs: 3 failed, 1 passed" in pages["index.html"]
    assert '<a href="02_fine-learner.html">02_fine</a></td>' in pages["index.html"]
    assert '<td class="passed">✔ passed</td>' in pages["index.html"]
    assert "ZeroDivisionError: division by zero" in pages["index.html"]


def test_an_image_carries_the_text_above_it(pages):
    assert 'alt="Plot. Delays The bars show delay by hour. x^2"' in pages["02_fine-learner.html"]


def test_a_new_report_replaces_the_old_pages(runs, tmp_path):
    report.write_report(runs, tmp_path)
    report.write_report(runs[:1], tmp_path)
    assert sorted(page.name for page in tmp_path.glob("*.html")) == ["01_breaks-learner.html", "index.html"]


@pytest.mark.skipif(browser.chromium() is None, reason="no Chromium here: install it to test the page")
def test_nothing_in_the_report_keeps_anybody_out(runs, tmp_path):
    index = report.write_report(runs, tmp_path / "labs report")
    with browser.opened(tmp_path) as page:
        page.resize(1280, 900)
        page.go(index.as_uri())
        assert page.barriers() == []


def test_a_run_leaves_the_notebook_on_disk_as_it_was(tmp_path):
    root = project(tmp_path, _01_tiny="# %%\nprint(1)\n")
    list(runner.run_labs([("01_tiny", "learner")], root=root))
    assert notebooks.out_of_date(root) == []


def test_a_file_that_is_no_notebook_fails_alone(tmp_path):
    root = project(tmp_path, _01_tiny="# %%\nprint(1)\n")
    notebooks.derived_path("01_tiny", "learner", root).write_text("<<<<<<<", encoding="utf-8")
    (run,) = runner.run_labs([("01_tiny", "learner")], root=root)
    assert "is not a notebook" in run.failure.error


def test_a_picture_in_the_text_is_put_into_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "root", lambda: tmp_path)
    picture = tmp_path / "01_materials" / "images" / "map.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(base64.b64decode(PIXEL))
    text = nbformat.v4.new_markdown_cell("![The map](../../01_materials/images/map.png)")
    run = runner.LabRun("01_map", "learner", "passed", notebook=nbformat.v4.new_notebook(cells=[text]))
    page = report.write_report([run], tmp_path / "report").with_name("01_map-learner.html").read_text(encoding="utf-8")
    assert f'src="data:image/png;base64,{PIXEL}"' in page


def test_a_terminal_shows_the_lab_and_the_cell_under_way():
    console = Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)
    with report.progress(console, 6) as watch:
        watch("01_setup", "learner", 0, 9)
        watch("01_setup", "solution", 3, 9)
        shown = console.file.getvalue()
    assert "lab 2 of 6: 01_setup (solution)" in shown + console.file.getvalue()
    assert "cell 3 of 9" in console.file.getvalue()


def test_a_log_file_gets_no_progress_bar():
    console = Console(file=io.StringIO(), width=120)
    with report.progress(console, 6) as watch:
        watch("01_setup", "learner", 1, 9)
    assert console.file.getvalue() == ""
