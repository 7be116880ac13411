"""Lab 08 as a whole on a SQLite file, and its checks on a real server. `course labs` runs it on a server.

The answers that its checks get to see stand in cases/lab_08.py.
"""

import json
import os
import subprocess
import sys

import pytest
from sklearn.dummy import DummyClassifier

from course import notebooks
from course.checks import check
from mlsd import ports, settings, tracking
from mlsd.tracking import connection

SOURCE = settings.root() / notebooks.SOURCES / "08_experiments.py"
# MLflow keeps the address and the experiment that a notebook sets for the whole process, so the lab gets its own
PROGRAM = """
import json, sys
from course import checks
told, ask = {}, checks.check
checks.check = lambda name, answer: told.update({name: repr(ask(name, answer))})
exec(compile(sys.stdin.read(), "lab 08", "exec"), {"__name__": "lab"})
print(json.dumps(told))
"""


def run_lab(folder):
    """What the checks said in a run of the lab on fewer rows."""
    text = SOURCE.read_text(encoding="utf-8").replace("20_000", "4_000").replace("10_000", "2_000")
    command = [sys.executable, "-X", "utf8", "-c", PROGRAM]
    done = subprocess.run(command, input=text, cwd=folder, capture_output=True, encoding="utf-8", env=os.environ)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_every_solution_is_right_on_a_file_that_knows_an_earlier_visit(tmp_path):
    with tracking.run("lab08 compare", name="in use") as earlier:
        earlier.log_metrics({"roc_auc": 1.0, "train_roc_auc": 1.0})
    folder = tmp_path / "a notebook's folder"
    folder.mkdir()
    told = run_lab(folder)
    assert told == {f"08.{n}": f"✔ 08.{n}: correct" for n in range(1, 5)}
    assert list(folder.iterdir()) == []
    assert list((settings.data_dir() / "lab08").iterdir()) == []


@pytest.fixture
def on_server(mlflow_server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    return connection.client(mlflow_server)


def register(name):
    with tracking.run("lab08 checks", name=name) as run:
        return run.register(DummyClassifier().fit([[0], [1]], [0, 1]), name)


def test_a_challenger_is_found_on_a_server_only_once_it_has_its_alias(on_server):
    on_server.set_registered_model_alias("lab08 rivals", "champion", str(register("lab08 rivals")))
    assert "has one version" in repr(check("08.4", "lab08 rivals@challenger"))
    newest = str(register("lab08 rivals"))
    assert "no version has the alias" in repr(check("08.4", "lab08 rivals@challenger"))
    on_server.set_registered_model_alias("lab08 rivals", "challenger", newest)
    assert check("08.4", "lab08 rivals@challenger").status == "correct"
    on_server.set_registered_model_alias("lab08 rivals", "champion", newest)
    assert "puts the new model to work" in repr(check("08.4", "lab08 rivals@challenger"))


def test_the_best_run_is_looked_for_among_those_of_this_visit_on_a_server(on_server):
    ids = {}
    for visit, name, score in (("old", "best", 0.9), ("new", "in use", 0.6), ("new", "best", 0.7), ("new", "low", 0.5)):
        with tracking.run("lab08 checks", name=name) as run:
            on_server.set_tag(run.run_id, "visit", visit)
            run.log_metrics({"roc_auc": score, "train_roc_auc": 1 - score})
        ids[visit, name] = run.run_id
    assert check("08.3", ids["new", "best"]).status == "correct"
    assert "knows them by heart" in repr(check("08.3", ids["new", "low"]))


def test_a_server_that_is_down_is_named_with_its_fix(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", ports.local_address(ports.free()))
    told = check("08.3", "0" * 32)
    assert told.status == "wrong"
    assert "mlsd up" in told.hint
