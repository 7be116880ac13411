"""What every test gets: its own data folder, no setting from this machine, and real servers on request."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from mlsd import settings

from .tests.real import postgres

FOLDERS = {"MLSD_DATA_DIR": "data", "MLSD_LOG_DIR": "logs"}
OTHERS = ["MLSD_DATABASE_URL", "MLFLOW_TRACKING_URI", "MLSD_DASK_SCHEDULER", "LOG_LEVEL"]
OTHERS += ["PRICE_DATA", "FEATURES_DATA", "CREDIT_DATA", "MLSD_QUIZ_SECRET"]
OTHERS += [
    "POSTGRES_PASSWORD",
    "POSTGRES_PORT",
    "MLFLOW_PORT",
    "DASK_PORT",
    "DASK_DASHBOARD_PORT",
    "SERVE_PORT",
    "MLSD_SERVE_MODEL",
]
QUIET = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",  # boosted trees wait for each other on a machine with other work
}


def pytest_configure() -> None:
    os.environ.update(QUIET)  # before any test module imports mlflow or matplotlib, which read them then
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a time limit ends like Ctrl-C: servers are stopped


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep each test away from this machine's settings, data and logs."""
    for name in OTHERS:
        monkeypatch.delenv(name, raising=False)
    for name, folder in FOLDERS.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    if "pandas" in sys.modules:  # a lab that another test ran may have changed how numbers look
        sys.modules["pandas"].reset_option("^display.(float_format|max_colwidth)$")
    # The developer's .env is not read; one that a test writes below a root of its own is.
    checkout, read = settings.root(), settings.dotenv_values
    monkeypatch.setattr(settings, "dotenv_values", lambda: {} if settings.root() == checkout else read())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server for the whole session: our own, or the one that MLSD_TEST_DATABASE_URL names."""
    yours = os.environ.get("MLSD_TEST_DATABASE_URL")
    if yours:
        yield yours
        return
    with postgres.guarded() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database that this test alone uses."""
    import sqlalchemy

    server = sqlalchemy.make_url(postgres_server).set(drivername="postgresql+psycopg2")
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    name = f"test_{uuid.uuid4().hex[:12]}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template template0 encoding 'UTF8'")
    yield server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database; the test runs once on each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    file = tmp_path / "with space" / "test.db"
    file.parent.mkdir()
    return f"sqlite:///{file.as_posix()}"


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real MLflow server with a SQLite backend and an artifact folder, for the whole session."""
    home = tmp_path_factory.mktemp("mlflow server")
    port = postgres.free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{(home / 'mlflow.db').as_posix()}"]
    command += ["--artifacts-destination", (home / "artifacts").as_uri()]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log, **postgres.own_group())
    try:
        _wait_for(f"http://127.0.0.1:{port}/version", server, home / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        _end_group(server)


def _wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(600):  # two minutes: a loaded machine needs them
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            if server.poll() is not None:
                break
            time.sleep(0.2)
    raise RuntimeError(f"The MLflow server did not answer at {address}:\n{log.read_text()[-3000:]}")


def _end_group(server: subprocess.Popen) -> None:
    """End the server and every process it started; a worker outlives its parent otherwise."""
    family = psutil.Process(server.pid).children(recursive=True) if server.poll() is None else []
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    server.terminate()
    for process in psutil.wait_procs(family, timeout=10)[1]:
        process.kill()
    if os.name == "posix":  # a process whose parent died is nobody's child, but still of the group
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
    server.wait(timeout=10)
