"""An MLflow server on this machine: start it, wait for it, end it with every process that belongs to it.

Its runs go to ``mlflow.db`` in the data folder, the file that is used without a server too, and its artifacts to
``mlartifacts`` beside it, by path: a run can be read with and without the server.

What was started is written to ``run/mlflow-server.json`` in the data folder: each process by its number and the time it
was born, so that :func:`end` ends exactly those and never a stranger that got an old number.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from . import ports, settings
from .errors import ServiceError, SettingsError

__all__ = ["Server", "end", "running", "start", "temporary", "version", "wait_until_ready"]

API = "/api/2.0/mlflow/experiments/search?max_results=1"
READY_SECONDS = 120
QUIET = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


@dataclass(frozen=True)
class Server:
    """A server that :func:`start` started: its port, and each process as (number, time of birth in seconds)."""

    port: int
    processes: tuple[tuple[int, float], ...]

    @property
    def address(self) -> str:
        """Where it answers."""
        return ports.local_address(self.port)


def version(address: str) -> str | None:
    """Version of the MLflow server at an address, or None when none answers within 2 seconds."""
    text = _page(address.rstrip("/") + "/version")
    return text if text and text[0].isdigit() else None


def running() -> Server | None:
    """The server that :func:`start` started, if any of its processes still runs."""
    try:
        state = json.loads(_state_file().read_text())
        server = Server(int(state["port"]), tuple((int(pid), float(born)) for pid, born in state["processes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return server if _family(server) else None


def start() -> Server:
    """Start a server at MLFLOW_PORT. It outlives this process; :func:`wait_until_ready` says when it answers.

    Raises
    ------
    SettingsError
        If the data or the log folder cannot be written, or MLFLOW_PORT is not a port.
    ServiceError
        If the port is taken.
    """
    number = ports.number_of("MLFLOW_PORT")
    address = ports.local_address(number)
    use_it = f"An MLflow server is there: set MLFLOW_TRACKING_URI={address} in .env to use it. Or: "
    ports.require_free("MLFLOW_PORT", instead=use_it if version(address) else "")
    data = _folder("MLSD_DATA_DIR", settings.data_dir())
    _folder("MLSD_LOG_DIR", settings.log_dir())
    process = _launch(number, data, _log_file())
    process.returncode = 0  # it outlives us on purpose; Python warns otherwise that it still runs
    return _remember(number, [psutil.Process(process.pid)])


def wait_until_ready(server: Server, tell: Callable[[str], None]) -> Server:
    """Wait until the server answers, and say every few seconds that it goes on.

    Returns
    -------
    Server
        The same with all its processes, which are known only now.

    Raises
    ------
    ServiceError
        If it ended, or is not ready after 120 seconds; with the end of its log.
    """
    _wait_for_answer(server, _log_file(), tell)
    return _remember(server.port, _family(server))


@contextmanager
def temporary(folder: Path) -> Iterator[str]:
    """A server for as long as the block lasts, at a free port of this machine, with runs and log in a folder of yours.

    Yields
    ------
    str
        Its address.

    Raises
    ------
    ServiceError
        As :func:`wait_until_ready`.
    """
    number, log = ports.free(), folder / "mlflow-server.log"
    process = _launch(number, folder, log)
    server = Server(number, ((process.pid, psutil.Process(process.pid).create_time()),))
    try:
        _wait_for_answer(server, log, lambda text: None)
        yield server.address
    finally:
        _stop(_family(server), grace_seconds=5)
        process.wait()


def end(server: Server, *, grace_seconds: float = 10) -> int:
    """End all its processes, gently first and by force after some seconds; returns how many there were."""
    family = _family(server)
    _stop(family, grace_seconds)
    _state_file().unlink(missing_ok=True)
    return len(family)


def _stop(left: list[psutil.Process], grace_seconds: float) -> None:
    for stop in (psutil.Process.terminate, psutil.Process.kill):
        for process in left:
            with suppress(psutil.NoSuchProcess):
                stop(process)
        left = _wait_for_end(left, grace_seconds)


def _wait_for_answer(server: Server, log: Path, tell: Callable[[str], None]) -> None:
    begin = told = time.monotonic()
    while _page(server.address + API) is None:
        now = time.monotonic()
        if not _family(server):
            raise ServiceError(f"The MLflow server ended while it started.{_end_of(log)}", f"Read {log}.")
        if now - begin > READY_SECONDS:
            problem = f"The MLflow server is not ready after {READY_SECONDS} seconds.{_end_of(log)}"
            raise ServiceError(problem, f"Read {log}, then `mlsd down` and `mlsd up`.")
        if now - told > 5:
            told = now
            tell(f"Still starting: {now - begin:.0f} of at most {READY_SECONDS} seconds.")
        time.sleep(0.2)


def _launch(number: int, data: Path, log_file: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(number), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{(data / 'mlflow.db').as_posix()}"]
    command += ["--no-serve-artifacts", "--default-artifact-root", (data / "mlartifacts").as_uri()]
    with log_file.open("wb") as log:
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=data,
            env=os.environ | QUIET,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal is not for the server; Windows has the flag below
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )


def _wait_for_end(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that still run in the end. One that its parent has not buried yet counts as ended."""
    deadline = time.monotonic() + seconds
    while processes and time.monotonic() < deadline:
        _, waiting = psutil.wait_procs(processes, timeout=0.2)
        processes = [process for process in waiting if _is_alive(process)]
    return processes


def _family(server: Server) -> list[psutil.Process]:
    """Its processes that run, with all their children."""
    family: dict[int, psutil.Process] = {}
    for pid, born in server.processes:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            if abs(process.create_time() - born) < 2:  # clocks get set; no number comes back within two seconds
                members = [process, *process.children(recursive=True)]
                family |= {member.pid: member for member in members if _is_alive(member)}
    return list(family.values())


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _remember(number: int, processes: list[psutil.Process]) -> Server:
    server = Server(number, tuple((process.pid, process.create_time()) for process in processes))
    _state_file().parent.mkdir(parents=True, exist_ok=True)
    new = _state_file().with_suffix(".new")
    new.write_text(json.dumps(asdict(server)))
    new.replace(_state_file())
    return server


def _state_file() -> Path:
    return settings.data_dir() / "run" / "mlflow-server.json"


def _log_file() -> Path:
    return settings.log_dir() / "mlflow-server.log"


def _end_of(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-5:]
    return "".join(f"\n  {line}" for line in [" Its log ends:", *lines]) if lines else ""


def _folder(variable: str, folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".writable").touch()
        (folder / ".writable").unlink()
    except OSError as error:
        fix = f"Set {variable} in .env to a folder that you may write to."
        raise SettingsError(f"The folder {str(folder)!r} cannot be written: {error.strerror}.", fix) from error
    return folder.resolve()


def _page(url: str) -> str | None:
    """The body of a page, or None. A proxy that the system names must not stand before this machine."""
    here = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    proxies = urllib.request.ProxyHandler({}) if here else urllib.request.ProxyHandler()
    try:
        with urllib.request.build_opener(proxies).open(url, timeout=2) as page:
            return page.read().decode(errors="replace")
    except (OSError, ValueError, HTTPException):  # the last: a program that speaks something else
        return None
