"""As many requests as wrk can send: ours while the model is exchanged, beside `mlflow models serve`.

`wrk <https://github.com/wg/wrk>`_ must be installed (Debian and Homebrew have it). Ours runs with two workers; a
quarter into the time the alias goes to a second version, at half a worker is ended and replaced, at three quarters the
alias goes back. Each answer is compared with what either version says; MLflow's server is left in peace.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import psutil
from _bench import folder, print_json
from bench_serve import NAME, OURS, _process, _wait

from mlsd import datasets, mlflow_server, models, ports, serve, tracking

# wrk runs this for each answer; the file of wanted answers holds the probabilities, or labels, of all versions.
LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{body}]==]
local wanted = {{{wanted}}}
local threads = {{}}
function setup(thread) table.insert(threads, thread) end
function init(args) good = 0; failed = 0; wrong = 0 end
function response(status, headers, body)
  if status ~= 200 then failed = failed + 1; return end
  local said = string.match(body, '{pattern}')
  if said and wanted[said] then good = good + 1 else wrong = wrong + 1 end
end
function done(summary, latency, requests)
  local g, f, w, e = 0, 0, 0, summary.errors
  for _, t in ipairs(threads) do g = g + t:get("good"); f = f + t:get("failed"); w = w + t:get("wrong") end
  f = f + e.connect + e.read + e.write + e.timeout
  print(string.format('{{"good": %d, "failed": %d, "wrong": %d, "p50_ms": %.2f, "p99_ms": %.2f, "a_second": %.1f}}',
    g, f, w, latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.requests / summary.duration * 1e6))
end
"""


def main() -> None:
    asked = _arguments()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not here. Fix: sudo apt-get install wrk, or brew install wrk")
    with folder() as home, mlflow_server.temporary(home) as address, ExitStack() as stack:
        os.environ |= {"MLFLOW_TRACKING_URI": address, "MLSD_DATA_DIR": str(home / "data"), "OMP_NUM_THREADS": "1"}
        row, answers, label = _registered()
        port = {way: ports.free() for way in ("ours", "mlflow")}
        ours = stack.enter_context(
            _process([sys.executable, "-c", OURS, f"{NAME}@champion", str(port["ours"]), "2"], home)
        )
        peer = ["-m", "mlflow", "models", "serve", "-m", f"models:/{NAME}/1", "--env-manager", "local"]
        stack.enter_context(_process([sys.executable, *peer, "-h", "127.0.0.1", "-p", str(port["mlflow"])], home))
        for way, path in {"ours": "/readyz", "mlflow": "/ping"}.items():
            _wait(port[way], path)
        time.sleep(10)  # both have loaded what they load when first asked
        body = json.dumps({"dataframe_split": {"columns": list(row), "data": [list(row.values())]}})
        wrk = [shutil.which("wrk"), "-t1", f"-c{asked.clients}", f"-d{asked.seconds}s", "--timeout", "10s", "-s"]
        url = f"http://127.0.0.1:{port['mlflow']}/invocations"
        seen = {"mlflow": _ended(_load(wrk, home / "mlflow.lua", url, body, [label], r'"predictions":%s*%[(%d+)'))}
        url = f"http://127.0.0.1:{port['ours']}/predict"
        running = _load(
            wrk, home / "ours.lua", url, json.dumps({"rows": [row]}), answers, r'"probability":%s*([%d%.e%-]+)'
        )
        _disturb(ours, asked.seconds)
        seen = {"ours": _ended(running)} | seen
        _tell(seen, asked)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=30, help="of each server's load (default 30)")
    parser.add_argument("--clients", type=int, default=8, help="connections that wrk keeps open (default 8)")
    return parser.parse_args()


def _registered() -> tuple[dict, list[str], str]:
    """Two versions of the model of late flights; a row, what each says of it, and the first one's label."""
    flights = datasets.load_late_flights().sample(20_000, random_state=0)
    train, test = flights.iloc[:19_900], flights.iloc[19_900:19_901]
    answers = []
    for penalty in (1.0, 0.001):
        model = models.flights_logistic().set_params(clf__C=penalty).fit(train, train["late"])
        columns = list(model.feature_names_in_)
        with tracking.run(NAME) as run:
            run.register(model, NAME, alias="champion", example=train[columns].head(100))
        answers.append(repr(float(serve.score(model, test)["probability"].iloc[0])))
        if penalty == 1.0:
            label = str(int(model.predict(test[columns])[0]))
    tracking.point(f"{NAME}@champion", 1)
    assert answers[0] != answers[1]
    return json.loads(test[columns].to_json(orient="records", double_precision=15))[0], answers, label


def _load(wrk: list, script: Path, url: str, body: str, wanted: list[str], pattern: str) -> subprocess.Popen:
    words = ", ".join(f'["{each}"] = true' for each in wanted)
    script.write_text(LUA.format(body=body, wanted=words, pattern=pattern), encoding="utf-8")
    return subprocess.Popen([*wrk, str(script), url], stdout=subprocess.PIPE, text=True)


def _disturb(server: subprocess.Popen, seconds: int) -> None:
    time.sleep(seconds / 4)
    tracking.point(f"{NAME}@champion", 2)
    time.sleep(seconds / 4)
    workers = [
        each for each in psutil.Process(server.pid).children() if "resource_tracker" not in " ".join(each.cmdline())
    ]
    workers[0].terminate()
    time.sleep(seconds / 4)
    tracking.roll_back(f"{NAME}@champion")


def _ended(running: subprocess.Popen) -> dict:
    said = running.communicate()[0].strip().splitlines()
    return json.loads(said[-1])


def _tell(seen: dict[str, dict], asked: argparse.Namespace) -> None:
    print(
        f"\nwrk, {asked.clients} connections, {asked.seconds} s each; ours with an exchange, a worker's end, and back"
    )
    print(pd.DataFrame(seen).T.to_string(float_format="{:,.1f}".format))
    log = serve.read_log(NAME)
    print(f"recorded by ours: {len(log):,}, by version: {log['version'].value_counts().to_dict()}")
    ours, peer = seen["ours"], seen["mlflow"]
    assert (ours["failed"], ours["wrong"]) == (0, 0), ours
    print_json("serve under wrk", {
        "ours / mlflow, requests a second": round(ours["a_second"] / peer["a_second"], 2),
        "ours / mlflow, p99": round(ours["p99_ms"] / peer["p99_ms"], 2),
    })  # fmt: skip


if __name__ == "__main__":
    main()
