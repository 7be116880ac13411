"""What every benchmark shares: the arguments, the rounds in turn, the ratios, the table and the JSON.

Seconds depend on the machine and on what else it does; ratios of runs that follow each other closely hardly do. So all
ways of doing a thing run in turn, round after round, and each round gives its own ratio to ours; the median counts.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

OURS = "ours"
POSTGRES = Path(__file__).resolve().parents[1] / "tests" / "real" / "postgres.py"


def arguments(what: str, *, rows: int = 0, rounds: int = 3) -> argparse.Namespace:
    """``--rounds``, and ``--rows`` where the benchmark has a size."""
    parser = argparse.ArgumentParser(description=what.splitlines()[0])
    if rows:
        parser.add_argument("--rows", type=int, default=rows, help=f"size of the data (default {rows:,})")
    parser.add_argument("--rounds", type=int, default=rounds, help=f"times each way runs (default {rounds})")
    return parser.parse_args()


def compare(
    topic: str,
    ways: dict[str, Callable[[], Any]],
    *,
    rounds: int,
    floor: Callable[[], Any] | None = None,
    same: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, float]:
    """Check that all ways give the same answer, time them in turn, print and return the ratios.

    Parameters
    ----------
    topic : str
        The title, and the name in the JSON.
    ways : dict of str to callable
        "ours" and its peers. A peer's ratio is its time over ours: above 1, ours is faster.
    rounds : int
        How often each way runs, after one run that warms up and whose answers are checked.
    floor : callable, optional
        The least that any way must do. Its ratio is our time over its: 1 would be perfect.
    same : callable, optional
        Gets the answers by name, raises if they differ.
    """
    answers = {name: run() for name, run in ways.items()}
    if same:
        same(answers)
    del answers
    everyone = {OURS: ways[OURS]} | ({"floor": floor} if floor else {}) | ways  # what is quick, close together
    if floor:
        floor()
    seconds: dict[str, list[float]] = {name: [] for name in everyone}
    for _ in range(rounds):
        for name, run in everyone.items():
            seconds[name].append(_seconds(run))
    ratios = {}
    print(f"\n{topic} ({rounds} rounds)")
    print(f"  {'way':<44} {'median s':>9}   ratio, median and range")
    for name, times in seconds.items():
        line = f"  {name:<44} {median(times):>9.3f}"
        if name != OURS:
            above, below = (OURS, name) if name == "floor" else (name, OURS)
            each = [a / b for a, b in zip(seconds[above], seconds[below], strict=True)]
            ratios[f"{above} / {below}"] = round(median(each), 2)
            line += f"   {above} / {below} = {median(each):.2f}  ({min(each):.2f} to {max(each):.2f})"
        print(line)
    print_json(topic, ratios)
    return ratios


def print_json(topic: str, ratios: dict[str, float]) -> None:
    """The one line that a script can pick up."""
    print(json.dumps({"topic": topic, "ratios": ratios}), flush=True)


def prices(rows: int, seed: int = 0) -> pd.DataFrame:
    """Exactly so many rows of synthetic daily prices, whole tickers but for the last one."""
    from mlsd import datasets

    made = datasets.make_prices(n_tickers=rows // 1750 + 2, seed=seed)  # a ticker has about 1,840 rows
    return made.head(rows)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards, open to a database server that runs as another user."""
    with tempfile.TemporaryDirectory(prefix="mlsd bench ") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def postgresql() -> Iterator[str]:
    """URL of a PostgreSQL server on this machine: MLSD_TEST_DATABASE_URL, or the one that the tests start."""
    if yours := os.environ.get("MLSD_TEST_DATABASE_URL"):
        yield yours
        return
    command = [sys.executable, str(POSTGRES)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield server.stdout.readline().strip()  # leaving the block closes its standard input, which ends it


def _seconds(run: Callable[[], Any]) -> float:
    """The time of one run; of something quick, the median of up to five within two seconds."""
    times: list[float] = []
    while len(times) < 5 and sum(times) < 2:
        gc.collect()
        start = time.perf_counter()
        answer = run()
        times.append(time.perf_counter() - start)
        del answer
    return median(times)
