"""Start the server, on this machine only; end it so that no client sees a broken answer."""

import logging
import os
import sys
import tempfile
import threading
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.supervisors import Multiprocess

from .. import logs, ports
from ..errors import ServiceError, SettingsError
from .app import create
from .model import Watched, load
from .rollout import Trial

__all__ = ["Leaving", "run"]

log = logging.getLogger(__name__)
LINGER_SECONDS = 2.0
END_SECONDS = 30
WORKER_SECONDS = 20  # to start, and to answer its parent: a busy machine may not let it speak for a while
_draining = threading.Event()  # of this process, which holds one server


def run(
    name: str,
    *,
    port: int = 8000,
    workers: int = 1,
    host: str = "127.0.0.1",
    threshold: float | None = None,
    challenger: str | None = None,
    share: float | None = None,
) -> None:
    """Serve a registered model until Ctrl-C or SIGTERM; what is in flight is answered and recorded first.

    Parameters
    ----------
    name : str
        ``"name@alias"``, which is watched for a new version, or ``"name/version"``.
    port : int
        Of this machine.
    workers : int
        Processes that share the port. One that dies is replaced; SIGHUP replaces them all, one after the other.
    host : str
        Who may connect: this machine only; ``"0.0.0.0"`` inside a container, whose port is published to this machine.
    threshold : float, optional
        Instead of the model's own.
    challenger : str, optional
        ``"name@alias"``, another alias of the same model, to be tried out while there is such an alias. What it is
        asked and answers goes into the same record; ``factory.verdict`` says when to end it.
    share : float, optional
        Of the requests, 0 to 1: a canary, in which the challenger answers those for real, picked by their ids. None: a
        shadow, in which the champion answers all and the challenger after it, for the record only.

    Raises
    ------
    DataError
        If there is no such model, or it does not say which columns it takes.
    ServiceError
        If the tracking server does not answer, or the port is taken.
    SettingsError
        If `workers` is less than 1, the challenger is not another alias of the model, or the share is none.
    """
    if workers < 1:
        raise SettingsError(f"`workers` must be at least 1, got: {workers}.")
    if share is not None and challenger is None:
        raise SettingsError("A `share` needs a `challenger`.", f"Name it: {name.partition('@')[0]}@challenger.")
    owner = ports.taken_by(port)
    if owner:
        raise ServiceError(f"Port {port} is taken by {owner}.", f"Name another: --port {port + 1}.")
    logs.setup(as_json=not sys.stderr.isatty())
    loading = partial(load, threshold=threshold)
    watched = Watched(loading(name), loading)
    trial = Trial(watched, challenger, share, loading) if challenger else None
    if trial:
        trial.look()
    log.info("Serving %s/%s at http://%s:%s", watched.current.name, watched.current.version, host, port)
    if workers == 1:
        uvicorn.Server(_config(partial(create, watched, is_draining=_draining.is_set, trial=trial), host, port)).run()
        return
    with tempfile.TemporaryDirectory(prefix="mlsd metrics ") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        watched.start()  # a worker that starts later gets the model of that moment, also while the registry is away
        if trial:
            trial.start()
        config = _config(partial(_in_worker, watched, trial), host, port, workers)
        Multiprocess(config, sockets=[config.bind_socket()]).run()
        watched.stop()
        if trial:
            trial.stop()


class Leaving(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """A connection that is not cut while the client's next request may be on its way.

    A server that ends would close an idle connection at once, and a request that the client had just sent would fail.
    This one waits: the next answer says ``connection: close``, and a connection that stays silent is closed later.
    """

    def shutdown(self) -> None:
        """Asked for by uvicorn when the server ends."""
        _draining.set()
        is_idle = self.cycle is None or self.cycle.response_complete
        if is_idle:
            self.loop.call_later(LINGER_SECONDS, super().shutdown)
        else:
            super().shutdown()


def _in_worker(watched: Watched, trial: Trial | None) -> FastAPI:
    logs.setup(as_json=not sys.stderr.isatty())
    return create(watched, is_draining=_draining.is_set, trial=trial)


def _config(application: Any, host: str, port: int, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=Leaving,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=END_SECONDS,
        timeout_worker_healthcheck=WORKER_SECONDS,
    )
