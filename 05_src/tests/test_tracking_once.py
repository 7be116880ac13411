"""A run that must exist once, although the process that makes it may be killed at any moment."""

import subprocess
import sys
import uuid

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsd import tracking
from mlsd.errors import ServiceError

X = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0]})
CUT = """
import os, sys
import pandas as pd
from sklearn.linear_model import LogisticRegression
from mlsd import tracking

X = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0]})
with tracking.run(sys.argv[1]) as run:
    run.log_params({tracking.KEY: "k1"})
    run.flush()
    run.register(LogisticRegression().fit(X, [0, 0, 1, 1]), sys.argv[1], example=X)
    os._exit(9)
"""


@pytest.fixture
def name(mlflow_server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    return f"once-{uuid.uuid4().hex[:8]}"


def make(name, key):
    with tracking.run(name) as run:
        run.log_params({tracking.KEY: key})
        run.register(LogisticRegression().fit(X, [0, 0, 1, 1]), name, example=X)
    return run.run_id


def test_what_is_done_is_found_by_its_key(name):
    assert tracking.settled(name, "k1") is None
    run_id = make(name, "k1")
    assert tracking.settled(name, "k1") == {"run_id": run_id, "version": 1}
    assert tracking.settled(name, "k2") is None


def test_a_run_without_a_model_is_found_too(name):
    with tracking.run(name) as run:
        run.log_params({tracking.KEY: "k1"})
    assert tracking.settled(name, "k1") == {"run_id": run.run_id, "version": None}


def test_what_a_killed_process_left_is_swept_away(name):
    from mlflow import MlflowClient

    subprocess.run([sys.executable, "-c", CUT, name], check=False, capture_output=True)
    left = MlflowClient().search_model_versions(f"name = '{name}'")
    assert tracking.settled(name, "k1") is None
    assert [len(left), len(MlflowClient().search_model_versions(f"name = '{name}'"))] == [1, 0]
    run_id = make(name, "k1")
    assert tracking.settled(name, "k1") == {"run_id": run_id, "version": 2}


def test_a_server_that_is_down_is_told_of(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(ServiceError, match="No MLflow server answers"):
        tracking.settled("x", "k1")
