"""Features of ten million rows, Parquet to Parquet: a Dask cluster of two processes beside pandas in one.

Besides the time, the memory of each process counts: its peak, and how much of that came on top of what it held idle,
against a quarter of the data as a pandas frame. Memory is the resident set, looked at fifty times a second.
"""

import argparse
import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
from _bench import arguments, compare, folder, print_json
from bench_features import ours, ours_on_dask, pandas_groupby, same_values, write_source

from mlsd import cluster, lake

MEGABYTE = 2**20
FILES = 64


def main() -> None:
    asked = arguments(__doc__, rows=10_000_000)
    with folder() as home, cluster.connect(workers=2) as client:
        with process() as maker:
            source = maker.submit(write_source, home / "prices", asked.rows, FILES).result()
            quarter = maker.submit(size_in_memory, source).result() / 4
        with process() as pandas, process() as ours_alone:
            owners = {
                "ours": list(client.run(ready).values()),
                "obvious: pandas groupby, one process": [pandas.submit(ready).result()],
                "ours on pandas, one process": [ours_alone.submit(ready).result()],
            }
            ways = {
                "ours": lambda: ours_on_dask(source, home / "ours"),
                "obvious: pandas groupby, one process": lambda: pandas.submit(
                    pandas_groupby, source, home / "pandas"
                ).result(),
                "ours on pandas, one process": lambda: ours_alone.submit(ours, source, home / "ours alone").result(),
            }
            measure(ways, owners, quarter, asked)


def measure(ways: dict, owners: dict[str, list[int]], quarter: float, asked: argparse.Namespace) -> None:
    """Time the ways; watch the processes of each meanwhile."""
    pids = {pid for each in owners.values() for pid in each}
    idle = {pid: resident(pid) for pid in pids}
    topic = f"features on a cluster of two processes, {asked.rows:,} rows"
    with watched(pids) as peaks:
        compare(topic, ways, rounds=asked.rounds, same=same_values)
    print(f"  a quarter of the data: {quarter / MEGABYTE:,.0f} MB")
    ratios = {}
    for name, each in owners.items():
        for number, pid in enumerate(each, start=1):
            above = peaks[pid] - idle[pid]
            figures = [value / MEGABYTE for value in (idle[pid], peaks[pid], above)]
            print(
                "  {:<44} idle {:,.0f} MB, peak {:,.0f} MB, above idle {:,.0f} MB".format(
                    f"{name}, process {number}", *figures
                )
            )
        ratios[f"{name}: peak / quarter"] = round(max(peaks[pid] for pid in each) / quarter, 2)
        ratios[f"{name}: peak above idle / quarter"] = round(max(peaks[pid] - idle[pid] for pid in each) / quarter, 2)
    print_json(f"{topic}, memory of the largest process", ratios)


def ready() -> int:
    """Load what the work needs, so that it counts as idle memory; the process's number."""
    import dask.dataframe  # noqa: F401

    import mlsd.features.windows
    import mlsd.lake  # noqa: F401

    return os.getpid()


def size_in_memory(source: Path) -> int:
    return int(lake.read(source).memory_usage(deep=True).sum())


@contextmanager
def process() -> Iterator[ProcessPoolExecutor]:
    """A fresh process, which keeps nothing of this one."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@contextmanager
def watched(pids: set[int]) -> Iterator[dict[int, int]]:
    """The highest resident set of each process, in bytes, kept up to date by a thread."""
    peaks = dict.fromkeys(pids, 0)
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            for pid in pids:
                peaks[pid] = max(peaks[pid], resident(pid))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()


def resident(pid: int) -> int:
    return int(psutil.Process(pid).memory_info().rss)


if __name__ == "__main__":
    main()
