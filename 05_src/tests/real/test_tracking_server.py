"""An MLflow server that is killed with -9 in the middle of fifty runs, started again, and told what it missed."""

import os
import sqlite3
import subprocess
import sys
import time
import uuid
from collections import Counter
from contextlib import contextmanager, suppress
from threading import Thread
from types import SimpleNamespace

import pandas as pd
import psutil
import pytest
from sklearn.linear_model import LogisticRegression

from mlsd import mlflow_server, tracking

from .postgres import free_port, own_group

CANDIDATES = range(50)
SCORES = ["split0_test_score", "split1_test_score", "mean_test_score", "std_test_score", "mean_fit_time"]
TABLE = pd.DataFrame({score: [(n + place) / 64 for n in CANDIDATES] for place, score in enumerate(SCORES)})
SEARCH = SimpleNamespace(table=TABLE.assign(params=[{"clf__C": n, "clf__l1_ratio": 0.5} for n in CANDIDATES]))
EXPECTED = {(str(n), score): TABLE.loc[n, score] for n in CANDIDATES for score in SCORES}


class MortalServer:
    """A server that can be killed, and started again at the same port with the same data."""

    def __init__(self, home):
        self.home, self.port, self.process = home, free_port(), None
        self.address = f"http://127.0.0.1:{self.port}"
        self.command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(self.port)]
        self.command += ["--backend-store-uri", f"sqlite:///{(home / 'mlflow.db').as_posix()}"]
        self.command += ["--artifacts-destination", (home / "artifacts").as_uri()]
        self.environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}

    def start(self):
        with (self.home / "log").open("a") as log:
            how = {"cwd": self.home, "env": self.environment, "stdout": log, "stderr": log} | own_group()
            self.process = subprocess.Popen(self.command, **how)
        deadline = time.monotonic() + 150
        while mlflow_server.version(self.address) is None:
            assert time.monotonic() < deadline, (self.home / "log").read_text()[-2000:]
            time.sleep(0.1)
        for worker in psutil.Process(self.process.pid).children():
            # `mlflow server` only starts this one. Next time it starts alone, in half the time.
            self.command, self.environment = worker.cmdline(), worker.environ()

    def kill(self):
        """As the system does it: no goodbye."""
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.process.pid)
            for process in [parent, *parent.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        self.process.wait()

    def asked(self, question):
        """The answer of the server's own file, which it may be writing to."""
        connection = sqlite3.connect(f"file:{(self.home / 'mlflow.db').as_posix()}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(question).fetchall()
        finally:
            connection.close()

    @contextmanager
    def killed_when(self, question, number):
        """Kill it in the block, as soon as a count has grown by so much."""
        ((before,),) = self.asked(question)

        def watch():
            deadline = time.monotonic() + 120
            while self.asked(question)[0][0] < before + number and time.monotonic() < deadline:
                time.sleep(0.002)
            self.kill()

        thread = Thread(target=watch)
        thread.start()
        yield
        thread.join()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = MortalServer(tmp_path_factory.mktemp("mortal server"))
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
def experiment(server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
    return f"fifty {uuid.uuid4().hex[:8]}"


def runs_of(experiment):
    return (
        "(select r.* from runs r join experiments e on e.experiment_id = r.experiment_id "
        f"where e.name = '{experiment}' and r.lifecycle_stage = 'active')"
    )


def below(run):
    return f"(select run_uuid from tags where key = 'mlflow.parentRunId' and value = '{run.run_id}')"


def assert_fifty_runs_every_metric_none_twice(server, run, experiment):
    metrics = server.asked(
        "select p.value, m.key, m.value from metrics m join params p on p.run_uuid = m.run_uuid "
        f"where p.key = 'clf__C' and m.run_uuid in {below(run)}"
    )
    assert len(metrics) == len(EXPECTED)
    assert {(c, key): value for c, key, value in metrics} == EXPECTED
    assert server.asked(f"select status, count(*) from {runs_of(experiment)} group by status") == [("FINISHED", 51)]
    assert server.asked(f"select count(*) from params where run_uuid in {below(run)}") == [(100,)]


@pytest.mark.parametrize("seen", [2, 25, 49])
def test_a_server_killed_in_the_middle_of_a_search(seen, server, experiment):
    with tracking.run(experiment) as run, server.killed_when("select count(*) from runs", seen):
        run.log_search(SEARCH)
    assert len(tracking.waiting()) == 1
    server.start()
    assert tracking.sync().left == 0
    assert tracking.sync() == tracking.Synced()
    assert_fifty_runs_every_metric_none_twice(server, run, experiment)


def test_a_server_killed_in_a_sync_and_a_sync_killed_too(server, experiment):
    with tracking.run(f"before {experiment}"):
        server.kill()
    with tracking.run(experiment) as run:
        run.log_search(SEARCH)
    server.start()
    with server.killed_when("select count(*) from runs", 15):
        assert tracking.sync().left == 1
    server.start()
    first = subprocess.Popen([sys.executable, "-m", "mlsd.cli", "tracking", "sync"])
    with_metrics = f"select count(distinct m.run_uuid) from metrics m join {runs_of(experiment)} r using (run_uuid)"
    while server.asked(with_metrics)[0][0] < 30 and first.poll() is None:
        time.sleep(0.002)
    first.kill()
    first.wait()
    sent = tracking.sync()
    run = SimpleNamespace(run_id=sent.ids[run.run_id])
    assert_fifty_runs_every_metric_none_twice(server, run, experiment)


def test_a_server_killed_while_the_twentieth_of_fifty_runs_registers_its_model(server, experiment):
    model = LogisticRegression().fit([[0], [1]], [0, 1])
    versions = []
    for n in CANDIDATES:
        with tracking.run(experiment) as run:
            run.log_params({"clf__C": n})
            run.log_metrics({"score": n / 64})
            if n in (5, 30):
                versions.append(run.register(model, experiment, alias="best"))
            if n == 20:
                with server.killed_when("select count(*) from model_versions", 1):
                    versions.append(run.register(model, experiment, alias="best"))
    server.start()
    assert tracking.sync().runs >= 29
    assert versions[::2] == [1, None]
    registered = server.asked(f"select version from model_versions where name = '{experiment}' order by 1")
    assert registered == [(1,), (2,), (3,)]
    assert tracking.load(f"{experiment}@best").mlsd_version_ == f"{experiment}/3"
    logged = server.asked(f"select m.value from metrics m join {runs_of(experiment)} r using (run_uuid)")
    assert Counter(value for (value,) in logged) == Counter(n / 64 for n in CANDIDATES)
    assert server.asked(f"select status, count(*) from {runs_of(experiment)} group by status") == [("FINISHED", 50)]
