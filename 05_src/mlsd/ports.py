"""The ports that services use on this machine: which they are, and who has one that is taken.

==================== ======= ===============================
variable             default service
==================== ======= ===============================
MLFLOW_PORT          5000    MLflow server
POSTGRES_PORT        5432    PostgreSQL (Docker only)
DASK_PORT            8786    Dask scheduler (Docker only)
DASK_DASHBOARD_PORT  8787    Dask dashboard (Docker only)
==================== ======= ===============================
"""

import errno
import os
import socket

import psutil

from . import settings
from .errors import ServiceError, SettingsError

__all__ = ["DEFAULTS", "free", "local_address", "number_of", "require_free", "taken_by"]

DEFAULTS = {"MLFLOW_PORT": 5000, "POSTGRES_PORT": 5432, "DASK_PORT": 8786, "DASK_DASHBOARD_PORT": 8787}


def number_of(name: str) -> int:
    """The port that a variable such as ``MLFLOW_PORT`` names, or its default.

    Raises
    ------
    SettingsError
        If it is not a number from 1 to 65535.

    Examples
    --------
    >>> number_of("POSTGRES_PORT")
    5432
    """
    text = settings.get(name, str(DEFAULTS[name])) or ""
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise SettingsError(f"{name} must be a number from 1 to 65535, got: {text!r}.", f"Set {name} in .env.")
    return int(text)


def free() -> int:
    """A port of this machine that nobody has at the moment."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def local_address(number: int) -> str:
    """The address of a port on this machine for a browser.

    Examples
    --------
    >>> local_address(5000)
    'http://127.0.0.1:5000'
    """
    return f"http://127.0.0.1:{number}"


def taken_by(number: int) -> str | None:
    """Who has a port of this machine, such as ``"'python' (process 4711)"``; None when the port is free."""
    with socket.socket() as caller:
        caller.settimeout(1)
        if caller.connect_ex(("127.0.0.1", number)) == 0:
            return _listener(number)
    with socket.socket() as owner:
        if os.name == "posix":  # else a port counts as taken for a minute after its last user left
            owner.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            owner.bind(("127.0.0.1", number))
        except OSError as error:
            return _listener(number) if error.errno == errno.EADDRINUSE else f"the system ({error.strerror})"
    return None


def require_free(name: str, *, instead: str = "") -> None:
    """Raise when the port of a variable is taken, and say by whom and which one is free.

    Parameters
    ----------
    name : str
        The variable, such as ``MLFLOW_PORT``.
    instead : str
        What else the learner may do; begins the fix.

    Raises
    ------
    ServiceError
        If the port is taken.
    """
    number = number_of(name)
    owner = taken_by(number)
    if owner:
        fix = f"{instead}Set {name}={_next_free(number)} in .env, or end that program."
        raise ServiceError(f"Port {number} ({name}) is taken by {owner}.", fix)


def _next_free(number: int) -> int:
    above = range(number + 1, min(number + 100, 65536))
    return next((candidate for candidate in above if taken_by(candidate) is None), 50_000)


def _listener(number: int) -> str:
    try:
        listening = [line for line in psutil.net_connections("tcp") if line.status == psutil.CONN_LISTEN and line.pid]
        pid = next(line.pid for line in listening if line.laddr and line.laddr.port == number)
        return f"{psutil.Process(pid).name()!r} (process {pid})"
    except (psutil.Error, StopIteration):  # macOS, and other people's processes: only an administrator may know
        return "another program"
