import json
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from mlsd import mlflow_server, ports, services, settings
from mlsd.errors import ServiceError, SettingsError
from mlsd.mlflow_server import version

from .real.postgres import free_port

PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
print("ready", flush=True)
time.sleep(300)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(300)
"""


@pytest.fixture(autouse=True)
def no_docker(monkeypatch):
    """What this machine runs in Docker is none of a test's business."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))


@pytest.fixture
def port(monkeypatch):
    number = free_port()
    monkeypatch.setenv("MLFLOW_PORT", str(number))
    yield number
    server = mlflow_server.running()
    if server:
        mlflow_server.end(server)


@pytest.fixture
def program():
    """Starts a Python program that prints when it is ready; what a test leaves of it is killed in the end."""
    families = []

    def start(text):
        popen = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
        popen.stdout.readline()
        process = psutil.Process(popen.pid)
        families.append((popen, [process, *process.children()]))
        return process, process.children()

    yield start
    for popen, family in families:
        for process in filter(is_running, family):
            process.kill()
        popen.communicate()


def born(process):
    return process.pid, process.create_time()


def is_running(process):
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def searched(address):
    with urllib.request.urlopen(address + mlflow_server.API, timeout=10) as page:
        return [experiment["name"] for experiment in json.load(page)["experiments"]]


@pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning")  # MLflow's own, when it opens the file
def test_up_serves_the_api_again_is_harmless_and_down_leaves_no_process(port):
    told = []
    first = services.up(local=True, tell=told.append)
    family = [psutil.Process(pid) for pid, _ in mlflow_server.running().processes]
    again = services.up(local=True, tell=told.append)
    assert searched(first.tracking_uri) == ["Default"]
    assert (first.new, again.new, again.tracking_uri, len(family)) == (True, False, f"http://127.0.0.1:{port}", 2)
    assert "SQLite serves as the database" in first.notes[0]
    assert f"MLFLOW_TRACKING_URI=http://127.0.0.1:{port}" in first.notes[1]
    assert any("Waiting for the MLflow server" in line for line in told)

    logged = _log_a_run(first.tracking_uri)
    assert services.status()[1].seen.startswith("MLflow ")
    assert services.down() == [f"Stopped the MLflow server at {first.tracking_uri} (2 processes)."]
    assert services.down() == []
    assert [process for process in family if is_running(process)] == []
    assert mlflow_server.version(first.tracking_uri) is None
    assert _read_a_run(settings.tracking_uri(), logged) == "kept"  # the file that is used without a server


def _log_a_run(address):
    from mlflow import MlflowClient

    client = MlflowClient(address)
    run = client.create_run("0").info.run_id
    client.log_text(run, "kept", "note.txt")
    return run


def _read_a_run(address, run):
    from mlflow import MlflowClient, artifacts

    place = MlflowClient(address).get_run(run).info.artifact_uri
    return artifacts.load_text(place + "/note.txt")


def test_a_server_that_ends_while_it_starts_says_what_its_log_says(port):
    settings.data_dir().mkdir()
    (settings.data_dir() / "mlflow.db").write_text(
        "this is no database, and SQLite reads a hundred bytes to see it" * 9
    )
    with pytest.raises(ServiceError, match=r"ended while it started(?s:.*)not a database") as caught:
        services.up(local=True)
    assert "mlflow-server.log" in caught.value.fix
    assert mlflow_server.running() is None


def test_ending_takes_the_children_along(program):
    parent, children = program(PARENT)
    assert mlflow_server.end(mlflow_server.Server(1, (born(parent),))) == 2
    assert [process for process in [parent, *children] if is_running(process)] == []


def test_a_child_whose_parent_was_killed_is_ended_too(program):
    parent, (child,) = program(PARENT)
    server = mlflow_server.Server(1, (born(parent), born(child)))
    parent.kill()
    parent.wait()
    assert mlflow_server.end(server) == 1
    assert not is_running(child)


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows nothing can refuse to end")
def test_what_does_not_end_gently_is_ended_by_force(program):
    process, _ = program(STUBBORN)
    mlflow_server.end(mlflow_server.Server(1, (born(process),)), grace_seconds=0.5)
    assert not is_running(process)


def test_a_stranger_that_got_an_old_number_is_left_alone(program):
    stranger, _ = program(PARENT)
    state = settings.data_dir() / "run" / "mlflow-server.json"
    state.parent.mkdir(parents=True)
    state.write_text(json.dumps({"port": 5000, "processes": [[stranger.pid, stranger.create_time() - 60]]}))
    assert mlflow_server.running() is None
    assert services.down() == []
    assert is_running(stranger)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"port": 1}', '{"port": 1, "processes": [1]}'])
def test_a_broken_state_file_means_that_nothing_runs(text):
    state = settings.data_dir() / "run" / "mlflow-server.json"
    state.parent.mkdir(parents=True)
    state.write_text(text)
    assert mlflow_server.running() is None


@pytest.mark.parametrize("variable", ["MLSD_DATA_DIR", "MLSD_LOG_DIR"])
def test_a_folder_that_cannot_be_written_is_named_with_its_variable(variable, port, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(variable, str(tmp_path / "file" / "below"))
    with pytest.raises(SettingsError, match=rf"below' cannot be written(?s:.*)Set {variable} in .env"):
        services.up(local=True)


def test_a_port_that_another_mlflow_server_has_offers_to_use_that_one(mlflow_server, monkeypatch):
    monkeypatch.setenv("MLFLOW_PORT", mlflow_server.rpartition(":")[2])
    with pytest.raises(ServiceError, match=rf"is taken by(?s:.*)set MLFLOW_TRACKING_URI={mlflow_server} in .env"):
        services.up(local=True)


def test_a_proxy_of_the_system_does_not_stand_before_this_machine(mlflow_server, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert version(mlflow_server + "/")[0].isdigit()


def test_a_temporary_server_is_gone_after_its_block_however_that_ends(tmp_path):
    home = tmp_path / "with space"
    home.mkdir()
    others = set(psutil.Process().children(recursive=True))  # the session may have a server of its own
    with pytest.raises(ZeroDivisionError), mlflow_server.temporary(home) as address:  # noqa: PT012
        family = set(psutil.Process().children(recursive=True)) - others
        assert searched(address) == ["Default"]
        raise ZeroDivisionError
    assert version(address) is None
    assert [process for process in family if is_running(process) and "mlflow" in " ".join(process.cmdline())] == []
    assert {"mlflow.db", "mlflow-server.log"} <= {file.name for file in home.iterdir()}


def test_a_temporary_server_that_does_not_start_says_what_its_log_says(tmp_path):
    (tmp_path / "mlflow.db").write_text("this is no database, and SQLite reads a hundred bytes to see it" * 9)
    with pytest.raises(ServiceError, match=r"ended while it started(?s:.*)not a database") as caught:
        mlflow_server.temporary(tmp_path).__enter__()
    assert str(tmp_path / "mlflow-server.log") in caught.value.fix


def test_a_free_port_can_be_taken_at_once():
    number = ports.free()
    with socket.socket() as server:
        server.bind(("127.0.0.1", number))
        server.listen()
        assert ports.taken_by(number) is not None
        assert ports.free() != number


def test_a_port_that_speaks_something_else_is_no_server():
    with socket.create_server(("127.0.0.1", 0)) as stranger:

        def greet():
            with stranger.accept()[0] as caller:
                caller.sendall(b"220 mail at your service\r\n")

        answering = threading.Thread(target=greet)
        answering.start()
        assert mlflow_server.version(f"http://127.0.0.1:{stranger.getsockname()[1]}") is None
        answering.join()
