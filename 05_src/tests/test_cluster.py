import logging
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from mlsd import cluster
from mlsd.errors import ServiceError, SettingsError


def where(_):
    return os.getpid()


def test_the_default_works_in_this_process():
    with cluster.connect() as client:
        assert client.submit(where, 0).result() == os.getpid()
        assert client.dashboard_link.startswith("http://127.0.0.1:")


def test_workers_are_processes_of_their_own():
    with cluster.connect(workers=2) as client:
        processes = client.run(os.getpid)
        assert len(set(processes.values()) - {os.getpid()}) == 2
    deadline = time.monotonic() + 10
    while any(alive(process) for process in processes.values()):
        assert time.monotonic() < deadline


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def slow_square(n):
    time.sleep(0.3)
    return n * n


def test_a_worker_that_dies_is_named_and_its_work_is_done_again(caplog):
    caplog.set_level(logging.WARNING, logger="mlsd.cluster")
    with cluster.connect(workers=2) as client:
        futures = client.map(slow_square, range(12))
        time.sleep(0.5)
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        assert client.gather(futures) == [n * n for n in range(12)]
        deadline = time.monotonic() + 10
        while "died" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.05)
    assert "of its tasks are done again" in caplog.text
    assert caplog.text.count("died") == 1


@pytest.fixture
def scheduler():
    """A scheduler and a worker elsewhere: processes that this one did not start through Dask."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    port = address.rsplit(":", 1)[1]
    python = [sys.executable, "-m"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = subprocess.Popen(
        [*python, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"], **quiet
    )
    worker = subprocess.Popen(
        [*python, "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"], **quiet
    )
    deadline = time.monotonic() + 60
    while not cluster.answers(address):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield address
    for process in (worker, started):
        process.terminate()
        process.wait()


def test_a_scheduler_elsewhere_is_used_when_the_setting_names_it(scheduler, monkeypatch):
    monkeypatch.setenv("MLSD_DASK_SCHEDULER", scheduler)
    with cluster.connect() as client:
        assert client.scheduler.address == scheduler
        assert client.submit(where, 0).result() != os.getpid()


def test_a_scheduler_that_is_down_is_found_at_once_with_its_fix(monkeypatch):
    monkeypatch.setenv("MLSD_DASK_SCHEDULER", "tcp://127.0.0.1:9")
    with pytest.raises(ServiceError, match="profile dask"):
        cluster.connect()


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1", "tcp://127.0.0.1:many"])
def test_an_address_that_cannot_be_read_shows_the_form(address):
    with pytest.raises(SettingsError, match=r"MLSD_DASK_SCHEDULER=tcp://127\.0\.0\.1:8786"):
        cluster.connect(address=address)


def test_something_else_at_the_address_is_found_out():
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(ServiceError, match="No Dask scheduler"):
        cluster.connect(address=f"tcp://127.0.0.1:{server.getsockname()[1]}")


def test_two_places_at_once_are_refused():
    with pytest.raises(SettingsError, match="Give one"):
        cluster.connect(workers=2, address="tcp://127.0.0.1:8786")
