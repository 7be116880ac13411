"""A served model for tests: registered on a real MLflow server, answered for by a real `mlsd serve` process."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import psutil
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mlsd import ports, serve, tracking

from .postgres import own_group

START = "import sys; from mlsd import serve; serve.run(sys.argv[1], port=int(sys.argv[2]), workers=int(sys.argv[3]))"
GOOD = {"delay": 12.5, "distance": 700, "carrier": "UA"}


def flights(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """Made-up flights: a delay that may be missing, a distance, a carrier, and whether they came late."""
    rng = np.random.default_rng(seed)
    delay = rng.normal(10, 20, rows).round(3)
    frame = pd.DataFrame({"delay": delay, "distance": rng.integers(100, 3000, rows)})
    frame["carrier"] = rng.choice(["UA", "B6", "EV"], rows)
    frame["late"] = (delay + rng.normal(0, 10, rows) > 20).astype("int64")
    return frame.assign(delay=frame["delay"].where(rng.random(rows) > 0.1))


def fitted(C: float = 1.0):
    """A pipeline that answers without a delay or a carrier, and not without a distance."""
    number = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer(
        [
            ("delay", number, ["delay"]),
            ("distance", StandardScaler(), ["distance"]),
            ("carrier", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["carrier"]),
        ]
    )
    data = flights()
    return make_pipeline(columns, LogisticRegression(C=C)).fit(data.drop(columns="late"), data["late"])


def register(name: str, *models, alias: str = "champion") -> None:
    """Versions 1, 2, ... of a name; the alias stays at the first."""
    with tracking.run(name) as run:
        for number, model in enumerate(models):
            example = flights().drop(columns="late").head(50)
            run.register(model, name, alias=None if number else alias, example=example)


def move(name: str, version: int, alias: str = "champion") -> None:
    """Let the alias point to another version."""
    tracking.connection.client(os.environ["MLFLOW_TRACKING_URI"]).set_registered_model_alias(name, alias, str(version))


class Server:
    """A process that serves, and how to ask it."""

    def __init__(self, process: subprocess.Popen, port: int, data: Path, log: Path):
        self.process, self.port, self.data, self.log = process, port, data, log
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)

    def predict(self, *rows, **options) -> httpx.Response:
        return self.http.post("/predict", json={"rows": list(rows)}, **options)

    def workers(self) -> list[psutil.Process]:
        """The processes that answer: those that the first one started to run Python code of ours."""
        return [child for child in psutil.Process(self.process.pid).children() if _is_worker(child)]

    def recorded(self, name: str, rows: int) -> pd.DataFrame:
        """The record once it holds so many rows."""
        return wait_for(lambda: self._record(name), lambda frame: frame is not None and len(frame) >= rows)

    def _record(self, name: str) -> pd.DataFrame | None:
        folder = self.data / "served" / name
        return serve.read_log(name, folder=folder) if list(folder.glob("*.jsonl")) else None


@contextmanager
def serving(name: str, home: Path, *, workers: int = 1) -> Iterator[Server]:
    """A server for as long as the block lasts, with data and log below a folder."""
    port, data, log = ports.free(), home / "my data", home / "serve.log"
    environment = os.environ | {"MLSD_DATA_DIR": str(data), "MLSD_LOG_DIR": str(home)}
    command = [sys.executable, "-c", START, name, str(port), str(workers)]
    with log.open("w") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, **own_group())
    server = Server(process, port, data, log)
    try:
        wait_for(lambda: _is_ready(server), bool, seconds=150)
        yield server
    finally:
        server.http.close()
        end(process)


def end(process: subprocess.Popen) -> None:
    """End it and what it started, by force if it does not go."""
    family = (
        [psutil.Process(process.pid), *psutil.Process(process.pid).children(True)] if process.poll() is None else []
    )
    process.terminate()
    for each in psutil.wait_procs(family, timeout=40)[1]:
        each.kill()
    process.wait()


def wait_for(look, is_it, *, seconds: float = 60):
    """What `look` returns, as soon as it is what we wait for."""
    deadline = time.monotonic() + seconds
    while not is_it(found := look()):
        assert time.monotonic() < deadline, f"waited {seconds} s; last seen: {found!r}"
        time.sleep(0.05)
    return found


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # it has ended, and nobody has noticed yet
        return False


def _is_ready(server: Server) -> bool:
    assert server.process.poll() is None, server.log.read_text()[-3000:]
    try:
        return server.http.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
