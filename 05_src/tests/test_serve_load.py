"""A server under load: the model exchanged and back, a worker replaced, the registry gone, the process killed."""

import os
import pickle
import signal
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import httpx
import pandas as pd
import pytest

from mlsd import ports, serve, store, tracking
from mlsd.errors import ServiceError, SettingsError
from mlsd.serve.model import Watched

from .real import serving
from .real.serving import GOOD

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has no signal that asks a process to end")
FIRST, SECOND = serving.fitted(), serving.fitted(C=0.01)
EXPECTED = {
    version: serve.score(model, pd.DataFrame([GOOD]))["probability"][0]
    for version, model in {"1": FIRST, "2": SECOND}.items()
}


@pytest.fixture(autouse=True)
def tracked(mlflow_server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)


@pytest.fixture
def name():
    """A model with two versions; the alias is at the first."""
    name = f"load-{uuid.uuid4().hex[:8]}"
    serving.register(name, FIRST, SECOND)
    return name


class Load:
    """What clients saw that asked one request after the other: versions, and everything that was wrong."""

    def __init__(self):
        self.versions, self.wrong, self.stopped = [], [], Event()

    def client(self, server):
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=60, trust_env=False) as http:
            while not self.stopped.is_set():
                try:
                    self.look(http.post("/predict", json={"rows": [GOOD]}))
                except httpx.HTTPError as error:
                    self.wrong.append(repr(error))

    def look(self, answer):
        body = answer.json()
        self.versions.append(body["version"])
        if answer.status_code != 200 or body["predictions"] != [{"row": 0, "probability": EXPECTED[body["version"]]}]:
            self.wrong.append(answer.text)


@contextmanager
def loaded(server, clients=4):
    load = Load()
    with ThreadPoolExecutor(clients) as pool:
        try:
            for _ in range(clients):
                pool.submit(load.client, server)
            yield load
        finally:
            load.stopped.set()


def serves(server, version):
    """Wait until every worker does: an answer comes from any of them."""
    seen = []

    def look():
        with httpx.Client(trust_env=False, timeout=60) as http:  # a new connection may reach another worker
            seen.append(http.get(f"http://127.0.0.1:{server.port}/version").json()["version"])
        return seen[-12:]

    serving.wait_for(look, lambda last: last == [version] * 12)


@POSIX
def test_under_load_the_model_is_exchanged_and_back_and_a_worker_replaced_without_a_failed_request(name, tmp_path):
    with serving.serving(f"{name}@champion", tmp_path, workers=2) as server, loaded(server) as load:
        serving.move(name, 2)
        serves(server, "2")
        before = {worker.pid for worker in server.workers()}
        server.workers()[0].terminate()
        serving.wait_for(
            lambda: {w.pid for w in server.workers()}, lambda now: len(now) == 2 and now != before, seconds=120
        )
        serving.move(name, 1)
        serves(server, "1")
        load.stopped.set()
    assert load.wrong == []
    assert (set(load.versions), load.versions[-1]) == ({"1", "2"}, "1")
    assert len(server.recorded(name, len(load.versions))) == len(load.versions)


@POSIX
def test_a_server_that_is_asked_to_end_answers_and_records_all_that_was_asked(name, tmp_path):
    with serving.serving(f"{name}@champion", tmp_path) as server:
        with ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(server.predict, *[GOOD] * 200) for _ in range(16)]
            waiting[0].result()
            server.process.terminate()
            answers = [each.result() for each in waiting if not isinstance(each.exception(), httpx.ConnectError)]
        server.process.wait(timeout=40)
        assert {answer.status_code for answer in answers} == {200}
        assert len(server.recorded(name, 0)) == 200 * len(answers)


@POSIX
def test_after_kill_9_the_record_is_readable_and_holds_what_was_written(name, tmp_path):
    with serving.serving(f"{name}@champion", tmp_path) as server, loaded(server, 2) as load:
        kept = server.recorded(name, 20)
        server.process.kill()
        server.process.wait()
        load.stopped.set()
        seen = server.recorded(name, len(kept))
    assert set(kept["request_id"]) <= set(seen["request_id"])
    assert (seen["status"] == "ok").all()
    assert seen["probability"].unique().tolist() == [EXPECTED["1"]]


def test_while_the_registry_is_away_the_model_of_before_answers_and_readyz_says_so(name, monkeypatch):
    watched = Watched(serve.load(f"{name}@champion"), serve.load)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    watched.look()
    assert (watched.current.version, "No MLflow server answers" in watched.problem) == ("1", True)
    monkeypatch.undo()


def test_a_version_that_cannot_be_served_leaves_the_one_of_before(name, mlflow_server):
    watched = Watched(serve.load(f"{name}@champion"), serve.load)
    with tracking.run(name) as run:
        run.register(FIRST, name, alias="champion")  # without rows it does not say which columns it takes
    watched.look()
    assert (watched.current.version, "does not say which columns" in watched.problem) == ("1", True)
    serving.move(name, 2)
    watched.look()
    assert (watched.current.version, watched.problem) == ("2", None)


def test_what_is_wrong_is_known_before_the_server_starts(name, monkeypatch):
    import socket

    with pytest.raises(SettingsError, match="`workers` must be at least 1, got: 0"):
        serve.run(name, workers=0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServiceError, match=r"Port \d+ is taken"):
            serve.run(f"{name}@champion", port=taken.getsockname()[1])
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(ServiceError, match="No MLflow server answers"):
        serve.run(f"{name}@champion", port=ports.free())


KILLED = """
import os, signal, sys
from mlsd import serve, store
from mlsd.serve import batch
whole = batch._frames

def torn(parts):  # the second part never comes
    for number, frame in enumerate(whole(parts)):
        if number == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        yield frame

batch._frames = torn
where = {"read": "flights", "write": "scored", "db": store.connect(sys.argv[2])}
serve.score_table(sys.argv[1], **where, if_exists="replace", chunk_rows=50)
"""


@POSIX
@pytest.mark.parametrize("before", [None, pd.DataFrame({"old": [1, 2, 3]})], ids=["absent", "old"])
def test_a_table_is_scored_whole_or_stays_as_it_was_when_the_process_is_killed(name, database_url, before):
    db = store.connect(database_url)
    db.write(serving.flights(200).drop(columns="late"), "flights")
    if before is not None:
        db.write(before, "scored")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, f"{name}@champion", database_url], capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    if before is None:
        assert "scored" not in db.tables()
    else:
        pd.testing.assert_frame_equal(db.read("scored"), before)
    assert serve.score_table(f"{name}@champion", read="flights", write="scored", db=db, if_exists="replace") == 200


NEW_WORKER = """
import pickle, sys
watched = pickle.load(open(sys.argv[1], "rb"))
watched.start()
watched.stop()
before = set(sys.modules)
watched._load(sys.argv[2])
print(len({name for name in set(sys.modules) - before if name.partition(".")[0] in ("mlflow", "sklearn", "skops")}))
"""


def test_a_new_worker_has_imported_all_that_an_exchange_needs_before_it_answers(name, tmp_path):
    (tmp_path / "watched").write_bytes(pickle.dumps(Watched(serve.load(f"{name}@champion"), serve.load)))
    command = [sys.executable, "-c", NEW_WORKER, str(tmp_path / "watched"), f"{name}/2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 3  # an import under full load takes half a minute
