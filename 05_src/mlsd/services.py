"""The services that the labs lean on: start them, stop them, see how they are.

:func:`up` uses Docker Compose where a Docker engine answers: PostgreSQL and MLflow, as ``docker-compose.yml`` has them.
Elsewhere it starts an MLflow server on this machine (:mod:`mlsd.mlflow_server`), and SQLite serves as the database.
"""

import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Thread
from typing import TypeVar
from urllib.parse import urlsplit

from . import compose, mlflow_server, ports, settings
from .errors import MlsdError

__all__ = ["Service", "Started", "answers_of", "down", "status", "up"]

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Service:
    """One row of :func:`status`: the address (its password hidden), whether it answers, what was seen, what to do."""

    name: str
    address: str
    reachable: bool
    seen: str
    fix: str = ""


@dataclass(frozen=True)
class Started:
    """What :func:`up` answers: what serves, its address, whether it was started just now, and sentences to show."""

    how: str
    tracking_uri: str
    new: bool
    notes: tuple[str, ...]


def up(*, local: bool = False, tell: Callable[[str], None] = _log.info) -> Started:
    """Start the database and the tracking server and wait until they are ready. What runs already is left alone.

    Parameters
    ----------
    local : bool
        Start an MLflow server on this machine even where Docker answers.
    tell : callable
        Is called with a sentence whenever there is progress to show.

    Returns
    -------
    Started

    Raises
    ------
    SettingsError
        If there is no password for PostgreSQL, a port is not a number, or a folder cannot be written.
    ServiceError
        If a port is taken, or a service does not come up.
    """
    running = mlflow_server.running()
    docker = None if local or running else compose.command()
    return _up_with_docker(docker, tell) if docker else _up_here(running, tell)


def down() -> list[str]:
    """End what :func:`up` started, with every process that belongs to it. The data stay.

    Returns
    -------
    list of str
        A sentence for each thing that was stopped; empty when nothing ran.

    Raises
    ------
    ServiceError
        If Docker Compose fails.
    """
    stopped = []
    server = mlflow_server.running()
    if server:
        count = mlflow_server.end(server)
        stopped.append(f"Stopped the MLflow server at {server.address} ({count} processes).")
    docker = compose.command()
    if docker and compose.is_running(docker):
        compose.run(docker, "--profile", "*", "down")
        stopped.append("Stopped the services of Docker Compose. Their data stay in its volumes.")
    return stopped


def status() -> list[Service]:
    """Whether the database, the tracking server and the Dask cluster answer, each asked for at most 2 seconds.

    Returns
    -------
    list of Service
        Always these three, in this order. Nothing is raised: what went wrong is in the row.
    """
    from . import store  # noqa: F401  # its imports are slow, and the clock must not count them

    probes = {"Database": _database, "Tracking server": _tracking_server, "Dask cluster": _dask_cluster}
    answers = answers_of(probes, seconds=3)
    return [row if isinstance(row, Service) else _no_answer(name, "", row) for name, row in answers.items()]


def answers_of(questions: Mapping[str, Callable[[], T]], *, seconds: float) -> dict[str, T | Exception]:
    """Ask all at once and wait for some seconds; an answer that failed or is missing is an exception.

    Examples
    --------
    >>> answers_of({"one": lambda: 1, "two": lambda: int("2")}, seconds=5)
    {'one': 1, 'two': 2}
    """
    answers: dict[str, T | Exception] = {}

    def ask(name: str) -> None:
        try:
            answers[name] = questions[name]()
        except Exception as error:
            answers[name] = error

    # Daemons: a silent name server holds a thread far longer than we want to wait for it, and Python waits for others.
    threads = [Thread(target=ask, args=(name,), daemon=True) for name in questions]
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {name: answers.get(name, TimeoutError(f"No answer within {seconds:g} seconds.")) for name in questions}


def _up_here(running: mlflow_server.Server | None, tell: Callable[[str], None]) -> Started:
    server = running or mlflow_server.start()
    tell(f"Waiting for the MLflow server at {server.address}; a new one needs about 15 seconds.")
    try:
        server = mlflow_server.wait_until_ready(server, tell)
    except BaseException:  # Ctrl-C too: what nobody waits for is ended, but not what was here before
        if running is None:
            mlflow_server.end(server)
        raise
    serves = f"SQLite serves as the database: {_hidden(settings.database_url())}"
    if not settings.database_url().startswith("sqlite"):
        serves = f"The database is the one that you named: {_hidden(settings.database_url())}"
    note = _how_to_use("MLFLOW_TRACKING_URI", settings.tracking_uri(), server.address)
    return Started("an MLflow server on this machine", server.address, running is None, (serves, *note))


def _up_with_docker(docker: list[str], tell: Callable[[str], None]) -> Started:
    compose.require_password()
    new = not compose.is_running(docker)
    if new:
        ports.require_free("MLFLOW_PORT")
        ports.require_free("POSTGRES_PORT")
    tell("Starting PostgreSQL and MLflow with Docker Compose; the first time it builds an image, which takes minutes.")
    compose.run(docker, "up", "--detach", "--wait")
    address = ports.local_address(ports.number_of("MLFLOW_PORT"))
    server = f"@127.0.0.1:{ports.number_of('POSTGRES_PORT')}/mlsd"
    wanted = f"postgresql+psycopg2://mlsd:YOUR_PASSWORD{server}"
    database = _how_to_use("MLSD_DATABASE_URL", settings.database_url(), wanted, enough=server)
    tracking = _how_to_use("MLFLOW_TRACKING_URI", settings.tracking_uri(), address)
    return Started("Docker Compose", address, new, (*database, *tracking))


def _how_to_use(variable: str, now: str, wanted: str, enough: str | None = None) -> tuple[str, ...]:
    uses_it = now.rstrip("/").endswith(enough or wanted)
    return () if uses_it else (f"To use it, set in .env: {variable}={wanted}",)


def _database() -> Service:
    from . import store

    address = _hidden(settings.database_url())
    try:
        tables = store.connect().tables()
    except Exception as error:  # MlsdError, and what a driver says about a file that is no database
        return _no_answer("Database", address, error)
    return Service("Database", address, True, f"{len(tables)} tables")


def _tracking_server() -> Service:
    name, uri = "Tracking server", settings.tracking_uri()
    if uri.startswith("sqlite:"):
        return _tracking_file(uri)
    if not uri.startswith(("http://", "https://")):
        fix = "Set MLFLOW_TRACKING_URI in .env to http://127.0.0.1:5000, or take it out to use a SQLite file."
        return Service(name, _hidden(uri), False, "It begins with neither http:// nor sqlite:///.", fix)
    version = mlflow_server.version(uri)
    if version is None:
        fix = "Start it with `mlsd up`, or take MLFLOW_TRACKING_URI out of .env to use a SQLite file."
        return Service(name, _hidden(uri), False, "No MLflow server answers there.", fix)
    return Service(name, _hidden(uri), True, f"MLflow {version}")


def _tracking_file(uri: str) -> Service:
    """No server is named, so runs go to a file. A server that runs all the same is shown."""
    server = mlflow_server.running()
    address = server.address if server else ports.local_address(ports.number_of("MLFLOW_PORT"))
    version = mlflow_server.version(address)
    if version:
        fix = f"To use it, set in .env: MLFLOW_TRACKING_URI={address}"
        return Service("Tracking server", address, True, f"MLflow {version}; runs still go to {uri}", fix)
    fix = "`mlsd up` starts a server; nothing needs it yet."
    return Service("Tracking server", uri, True, "No server runs; runs go to this file.", fix)


def _dask_cluster() -> Service:
    name, address = "Dask cluster", settings.dask_scheduler()
    if address is None:
        return Service(name, "this process", True, "No scheduler is named; work happens in this process.")
    try:
        parts = urlsplit(address)
        where = parts.hostname or "", parts.port or ports.DEFAULTS["DASK_PORT"]
        socket.create_connection(where, timeout=2).close()
    except (OSError, ValueError) as error:
        fix = "Set COMPOSE_PROFILES=dask in .env and run `mlsd up` (needs Docker), or take MLSD_DASK_SCHEDULER out of "
        fix += ".env to work in this process. An address looks like tcp://127.0.0.1:8786."
        return Service(name, address, False, f"No scheduler answers: {error}", fix)
    return Service(name, address, True, "The scheduler answers.")


def _no_answer(name: str, address: str, error: Exception) -> Service:
    fix = error.fix if isinstance(error, MlsdError) else None
    problem = error.problem if isinstance(error, MlsdError) else str(error).partition("\n")[0]
    return Service(name, address, False, problem, fix or "Look at its address in .env; .env.example shows the form.")


def _hidden(url: str) -> str:
    """The address without its password.

    >>> _hidden("postgresql+psycopg2://mlsd:s3cret@127.0.0.1:5432/mlsd")
    'postgresql+psycopg2://mlsd:***@127.0.0.1:5432/mlsd'
    """
    before, at, host = url.rpartition("@")
    scheme, slashes, login = before.partition("//")
    return f"{scheme}{slashes}{login.partition(':')[0]}:***@{host}" if at and ":" in login else url
