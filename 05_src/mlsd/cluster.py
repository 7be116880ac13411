"""A Dask client: in this process, on this machine's processes, or on a scheduler elsewhere.

The client is Dask's own, so everything in its documentation holds. This module chooses where it works, refuses a
scheduler that does not answer before work starts, and says so when a worker dies and its work is done again.
"""

import logging
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from . import settings
from .errors import ServiceError, SettingsError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["answers", "connect"]

logger = logging.getLogger(__name__)


def connect(workers: int | None = None, *, address: str | None = None) -> "Client":
    """Open a Dask client; use it in a ``with`` block, so that its workers end with it.

    Parameters
    ----------
    workers : int, optional
        0 works in this process, with a thread a core. A larger number starts so many processes on this machine, with a
        thread each. Default: the scheduler that MLSD_DASK_SCHEDULER names, or else 0.
    address : str, optional
        Scheduler to use instead, for example ``tcp://127.0.0.1:8786``.

    Returns
    -------
    distributed.Client
        Its ``dashboard_link`` opens the dashboard. Dask frames that are computed meanwhile are computed there.

    Raises
    ------
    ServiceError
        If the scheduler does not answer within 2 seconds.
    SettingsError
        If the address cannot be read, or both arguments are given.

    Examples
    --------
    >>> with connect(workers=0) as client:
    ...     client.submit(sum, [1, 2]).result()
    3
    """
    if workers is not None and address is not None:
        raise SettingsError(
            "Both `workers` and `address` are given.", "Give one: processes here, or a scheduler there."
        )
    elsewhere = address or (settings.dask_scheduler() if workers is None else None)
    client = _elsewhere(elsewhere) if elsewhere else _here(workers or 0)
    _report_lost_workers(client)
    return client


def answers(address: str, seconds: float = 2.0) -> bool:
    """Whether a Dask scheduler answers at an address.

    Parameters
    ----------
    address : str
        For example ``tcp://127.0.0.1:8786``.
    seconds : float
        How long to wait.

    Returns
    -------
    bool

    Raises
    ------
    SettingsError
        If the address has no host or port.

    Examples
    --------
    >>> answers("tcp://127.0.0.1:9")
    False
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise SettingsError(f"The Dask scheduler's address cannot be read: {address!r}.", ADDRESS_FORM)
    try:
        with socket.create_connection((host, port), timeout=seconds) as connection:
            return connection.recv(1) != b""  # a scheduler speaks first; a web server or a database waits
    except OSError:
        return False


ADDRESS_FORM = "Set MLSD_DASK_SCHEDULER=tcp://127.0.0.1:8786 in .env, or take it out to work in this process."


def _here(workers: int) -> "Client":
    from distributed import Client

    return Client(  # without an address it makes a cluster of its own, and ends it with itself
        n_workers=max(workers, 1),
        threads_per_worker=1 if workers else None,
        processes=workers > 0,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    )


def _elsewhere(address: str) -> "Client":
    from distributed import Client

    if not answers(address):
        fix = "Start it with `docker compose --profile dask up`, or take MLSD_DASK_SCHEDULER out of .env."
        raise ServiceError(f"No Dask scheduler answers at {address}.", fix)
    return Client(address)


def _report_lost_workers(client: "Client") -> None:
    """Let the scheduler tell this client of each worker that went without being asked to."""
    from distributed.diagnostics.plugin import SchedulerPlugin

    class LostWorkers(SchedulerPlugin):  # here and not above, so that it travels to a scheduler that has no mlsd
        name = "lost-workers"

        def remove_worker(self, scheduler: Any, worker: str, **_: Any) -> None:
            _when, event = scheduler.get_events(worker)[-1]
            if event.get("action") == "remove-worker" and not event["expected"]:
                again = len(event["processing-tasks"]) + len(event["lost-computed-tasks"])
                scheduler.log_event("lost-workers", {"worker": worker, "again": again})

    client.register_plugin(LostWorkers())
    client.subscribe_topic("lost-workers", _warn)


def _warn(event: Any) -> None:
    _when, lost = event
    logger.warning("Dask worker %s died; %s of its tasks are done again on another.", lost["worker"], lost["again"])
