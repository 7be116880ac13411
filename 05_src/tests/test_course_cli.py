import _thread
import argparse
import signal
import subprocess
import sys
import threading
import time

import pytest

from course import cli, notebooks
from mlsd import settings

FAILS = "# %%\nprint(1)\n\n# %%\n1 / 0\n"
PASSES = "# %%\nanswer = ...\n# solution\nanswer = 2\n"
WAITS = "# %%\nfrom pathlib import Path\nimport time\nPath('started').touch()\ntime.sleep(60)\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with two labs, in place of this checkout."""
    root = tmp_path / "my project"
    monkeypatch.setattr(settings, "root", lambda: root)
    write(root, "01_fails", FAILS)
    write(root, "02_passes", PASSES)
    notebooks.build(root)
    return root


def write(root, lab, text):
    path = root / notebooks.SOURCES / f"{lab}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def report_page():
    return settings.log_dir() / "labs-report" / "index.html"


def test_labs_go_on_after_one_that_fails_and_end_with_a_table_and_a_link(project, capsys):
    assert cli.main(["labs", "--learner"]) == 1
    said = capsys.readouterr().out
    assert "lab 1 of 2: 01_fails (learner) failed, 1 cells" in said
    assert "01_fails (learner), cell 2 (cell-002), at: 1 / 0\n  ZeroDivisionError: division by zero" in said
    assert "lab 2 of 2: 02_passes (learner) passed" in said
    assert said.splitlines()[-1] == report_page().resolve().as_uri()
    assert "1 failed, 1 passed" in report_page().read_text(encoding="utf-8")


def test_a_notebook_that_was_edited_runs_as_it_is_and_is_named(project, capsys):
    path = notebooks.derived_path("02_passes", "solution", project)
    path.write_text(
        path.read_text(encoding="utf-8").replace("answer = 2", "answer = 3"), encoding="utf-8", newline="\n"
    )
    assert cli.main(["labs", "02", "--solutions"]) == 0
    assert "03_instructional_team/solutions/02_passes.ipynb is not what its source gives" in capsys.readouterr().out


def test_ctrl_c_keeps_what_is_done_and_still_writes_the_report(project, capsys):
    write(project, "03_waits", WAITS)
    write(project, "04_waits", WAITS)
    notebooks.build(project)
    started = project / notebooks.DERIVED["learner"] / "started"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it

    def interrupt():
        while not started.exists():
            time.sleep(0.05)
        _thread.interrupt_main()

    threading.Thread(target=interrupt, daemon=True).start()
    try:
        assert cli.main(["labs", "--learner", "02", "03", "04"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("lab ")]
    assert [line.split(")")[1].split(",")[0] for line in said] == [" passed", " stopped", " not run"]
    assert "stopped by Ctrl-C" in report_page().read_text(encoding="utf-8")


def test_a_database_that_does_not_answer_is_named_before_any_lab_starts(project, capsys):
    assert cli.main(["labs", "--db", "postgresql+psycopg2://mlsd:secret@127.0.0.1:9/mlsd"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "127.0.0.1:9" in said.err
    assert "Fix: " in said.err
    assert "secret" not in said.err


def test_an_unknown_lab_is_answered_without_a_traceback(project, capsys):
    assert cli.main(["labs", "09"]) == 2
    assert capsys.readouterr().err.startswith("There is no lab '09'. Labs: 01_fails, 02_passes.\nFix: ")


def test_build_check_lists_what_differs_and_build_mends_it(project, capsys):
    write(project, "01_fails", PASSES)
    assert cli.main(["build", "--check"]) == 1
    assert "differs from its source: 01_materials/labs/01_fails.ipynb" in capsys.readouterr().out
    assert [cli.main(["build"]), cli.main(["build", "--check"])] == [0, 0]
    assert "2 of 4 notebooks changed." in capsys.readouterr().out


def parsers_below(parser, name):
    """Each command and each action of a command, with its name."""
    for commands in [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]:
        told = {choice.dest for choice in commands._choices_actions if choice.help}
        for word, command in commands.choices.items():
            yield f"{name} {word}", command, word in told
            yield from parsers_below(command, f"{name} {word}")


def test_every_command_and_option_explains_itself():
    found = list(parsers_below(cli._parser(), "course"))
    assert {"course labs", "course quiz serve", "course cohort new"} <= {name for name, *_ in found}
    assert [name for name, _, told in found if not told] == []
    unexplained = [(name, a.dest) for name, command, _ in found for a in command._actions if not a.help]
    assert unexplained == []


@pytest.mark.parametrize("command", [[], ["build"], ["labs"]])
def test_help_is_printed(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main([*command, "--help"])
    assert capsys.readouterr().out.startswith(" ".join(["usage: course", *command]))


def test_help_loads_nothing_heavy():
    code = "import course.cli, sys; course.cli._parser().format_help(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split()
    assert {"pandas", "sqlalchemy", "rich", "jupytext", "nbclient", "nbconvert"} & set(loaded) == set()


def test_a_report_that_cannot_be_written_is_told_before_a_lab_runs(project, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MLSD_LOG_DIR", str(tmp_path / "file" / "logs"))
    assert cli.main(["labs"]) == 2
    assert "MLSD_LOG_DIR" in capsys.readouterr().err
