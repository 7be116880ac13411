"""One prediction over HTTP: ours beside `mlflow models serve`, the same model, the same clients, in turn.

Clients ask one request of one row after the other, each over its own connection; the answers are compared first. The
floor is the model's own predict of one row in a loop, without a server. Requests a second, p50 and p99 in milliseconds.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import psutil
from _bench import folder, print_json

from mlsd import datasets, mlflow_server, models, ports, tracking

NAME = "late-flights"
OURS = "import sys; from mlsd import serve; serve.run(sys.argv[1], port=int(sys.argv[2]), workers=int(sys.argv[3]))"
Ask = Callable[[HTTPConnection, dict], float]


def main() -> None:
    asked = _arguments()
    with folder() as home, mlflow_server.temporary(home) as address, ExitStack() as stack:
        os.environ |= {"MLFLOW_TRACKING_URI": address, "MLSD_DATA_DIR": str(home / "data"), "OMP_NUM_THREADS": "1"}
        model, rows = _registered()
        port = {way: ports.free() for way in ("ours", "mlflow")}
        stack.enter_context(_process([sys.executable, "-c", OURS, f"{NAME}@champion", str(port["ours"]), "1"], home))
        peer = ["-m", "mlflow", "models", "serve", "-m", f"models:/{NAME}@champion", "--env-manager", "local"]
        stack.enter_context(_process([sys.executable, *peer, "-h", "127.0.0.1", "-p", str(port["mlflow"])], home))
        for way, path in {"ours": "/readyz", "mlflow": "/ping"}.items():
            _wait(port[way], path)
        _same(port, model, rows)
        for clients in asked.clients:
            _compare(port, rows, clients, asked, model)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="times each server is asked (default 3)")
    parser.add_argument("--seconds", type=float, default=10, help="of each round (default 10)")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16], help="clients at once (default 1 16)")
    return parser.parse_args()


def _registered() -> tuple:
    """Lab 06's boosted model of late flights, and rows that it has not seen."""
    flights = datasets.load_late_flights().sample(30_000, random_state=0)
    train, test = flights.iloc[:29_500], flights.iloc[29_500:]
    model = models.flights_boosted().fit(train, train["late"])
    columns = list(model.feature_names_in_)
    with tracking.run(NAME) as run:
        run.register(model, NAME, alias="champion", example=train[columns].head(100))
    return model, json.loads(test[columns].to_json(orient="records", double_precision=15))


def _compare(port: dict[str, int], rows: list[dict], clients: int, asked: argparse.Namespace, model) -> None:
    rates: dict[str, list] = {"ours": [], "mlflow": []}
    tails: dict[str, list] = {"ours": [], "mlflow": []}
    for _ in range(asked.rounds):
        for way, ask in (("ours", _ask_ours), ("mlflow", _ask_mlflow)):
            seconds = _load(port[way], ask, rows, clients, asked.seconds)
            rates[way].append(len(seconds) / asked.seconds)
            tails[way].append(np.quantile(seconds, [0.5, 0.99]) * 1000)
    floor = _floor(model, rows)
    print(f"\n{clients} clients, {asked.rounds} rounds of {asked.seconds:g} s (floor: {floor:.0f} a second in a loop)")
    for way in rates:
        p50, p99 = np.median(tails[way], axis=0)
        print(f"  {way:<8} {median(rates[way]):>8.1f} requests/s   p50 {p50:>8.1f} ms   p99 {p99:>8.1f} ms")
    ratio = [ours / peer for ours, peer in zip(rates["ours"], rates["mlflow"], strict=True)]
    tail = [ours[1] / peer[1] for ours, peer in zip(tails["ours"], tails["mlflow"], strict=True)]
    print_json(f"serve, {clients} clients", {
        "ours / mlflow, requests a second": round(median(ratio), 2), "ours / mlflow, p99": round(median(tail), 2)
    })  # fmt: skip


def _load(port: int, ask: Ask, rows: list[dict], clients: int, duration: float) -> list[float]:
    """The seconds of every request that clients sent one after the other, until the time is over."""
    seconds: list[float] = []
    end = time.perf_counter() + duration

    def client(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        place = number
        while (began := time.perf_counter()) < end:
            ask(connection, rows[place % len(rows)])
            seconds.append(time.perf_counter() - began)
            place += clients
        connection.close()

    threads = [threading.Thread(target=client, args=[number]) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds


def _ask_ours(connection: HTTPConnection, row: dict) -> float:
    return _post(connection, "/predict", {"rows": [row]})["predictions"][0]["probability"]


def _ask_mlflow(connection: HTTPConnection, row: dict) -> float:
    body = {"dataframe_split": {"columns": list(row), "data": [list(row.values())]}, "params": {}}
    return _post(connection, "/invocations", body)["predictions"][0]


def _post(connection: HTTPConnection, path: str, body: dict) -> dict:
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 200, text[:500]
    return json.loads(text)


def _same(port: dict[str, int], model, rows: list[dict]) -> None:
    """Both serve the same model: our probability is above one half where MLflow's server says 1 (it tells no more)."""
    ours, peer = (HTTPConnection("127.0.0.1", port[way], timeout=60) for way in ("ours", "mlflow"))
    expected = model.predict_proba(pd.DataFrame(rows[:50]).astype({"minute_of_day": "int64"}))[:, 1]
    for row, probability in zip(rows[:50], expected, strict=True):
        said = _ask_ours(ours, row)
        assert abs(said - probability) < 1e-12
        assert (said > 0.5) == (_ask_mlflow(peer, row) == 1)


def _floor(model, rows: list[dict]) -> float:
    frames = [pd.DataFrame([row]) for row in rows[:50]]
    began = time.perf_counter()
    for frame in frames:
        model.predict_proba(frame)
    return len(frames) / (time.perf_counter() - began)


@contextmanager
def _process(command: list[str], home: Path) -> Iterator[subprocess.Popen]:
    # MLflow starts `uvicorn` by its name, as from an activated environment
    environment = os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    with (home / f"{len(command)}.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        yield process
    finally:
        for each in [*psutil.Process(process.pid).children(recursive=True), process]:
            with suppress(psutil.NoSuchProcess):
                each.terminate()
        process.wait(timeout=60)


def _wait(port: int, path: str) -> None:
    for _ in range(1200):
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as page:
            if page.status == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing answers at port {port}")


if __name__ == "__main__":
    socket.setdefaulttimeout(60)
    main()
