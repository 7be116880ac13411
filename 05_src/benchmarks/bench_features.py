"""Features per ticker, Parquet to Parquet: a lag, returns, the day's range, a rolling mean.

The reference way is a Dask frame with the ticker as its index and a groupby.apply for each feature that looks back; the
obvious way is pandas' own groupby. The floor reads the same input and writes the same output, and computes nothing.
"""

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path

import dask.dataframe as dd
import pandas as pd
from _bench import arguments, compare, folder, prices

from mlsd import features, lake

ADDED = ["Close_lag_1", "returns", "hi_lo_range", "returns_mean_10"]


def main() -> None:
    asked = arguments(__doc__, rows=1_000_000)
    with folder() as home:
        by_year = write_by_ticker_and_year(home / "by year", asked.rows)
        measure("one file a ticker and year", by_year, home, asked)
        measure("sixteen files", write_source(home / "sixteen", asked.rows), home, asked)


def measure(layout: str, source: Path, home: Path, asked: argparse.Namespace) -> None:
    ways = {
        "ours": lambda: ours(source, home / "ours"),
        "ours on Dask, in this process": lambda: ours_on_dask(source, home / "ours on dask"),
        "reference: set_index + groupby.apply": lambda: reference(source, fresh(home / "reference")),
        "obvious: pandas groupby": lambda: pandas_groupby(source, home / "pandas"),
    }
    floor = read_and_write(source, home / "floor")
    topic = f"features per ticker, {asked.rows:,} rows, {layout}"
    compare(topic, ways, floor=floor, rounds=asked.rounds, same=same_values)


def write_by_ticker_and_year(target: Path, rows: int) -> Path:
    """The course's own files, ``<TICKER>/<TICKER>_<YEAR>/part.0.parquet``."""
    frame = prices(rows)
    folders = frame.assign(in_year=frame["ticker"] + "_" + frame["Date"].dt.year.astype(str))
    return lake.write(folders, target, by=["ticker", "in_year"])


def write_source(target: Path, rows: int, files: int = 16) -> Path:
    """A few large files of whole tickers."""
    frame = prices(rows)
    share = frame["ticker"].factorize()[0] * files // frame["ticker"].nunique()
    for number in range(files):
        lake.write(frame[share == number], target / f"part {number:02}")
    return target


def ours(source: Path, target: Path) -> Path:
    return lake.write(with_features(lake.read(source)), target, if_exists="replace")


def ours_on_dask(source: Path, target: Path) -> Path:
    return lake.write(with_features(lake.read(source, engine="dask")), target, if_exists="replace")


def with_features(frame):
    frame = features.add_lags(frame, by="ticker")
    frame = features.add_returns(frame, by="ticker")
    frame = features.add_range(frame)
    return features.add_rolling(frame, by="ticker", window=10)


def reference(source: Path, target: Path) -> Path:
    frame = dd.read_parquet(source).set_index("ticker")
    frame = frame.groupby("ticker", group_keys=False).apply(
        lambda rows: rows.sort_values("Date").assign(Close_lag_1=lambda x: x["Close"].shift(1)),
        meta=frame._meta.assign(Close_lag_1=0.0),
    )
    frame = frame.assign(
        returns=lambda x: x["Close"] / x["Close_lag_1"] - 1, hi_lo_range=lambda x: x["High"] - x["Low"]
    )
    frame = frame.groupby("ticker", group_keys=False).apply(
        lambda rows: rows.assign(returns_mean_10=rows["returns"].rolling(10).mean()),
        meta=frame._meta.assign(returns_mean_10=0.0),
    )
    frame.to_parquet(target)
    return target


def pandas_groupby(source: Path, target: Path) -> Path:
    frame = pd.read_parquet(source).sort_values(["ticker", "Date"])
    frame["Close_lag_1"] = frame.groupby("ticker")["Close"].shift(1)
    frame["returns"] = frame["Close"] / frame["Close_lag_1"] - 1
    frame["hi_lo_range"] = frame["High"] - frame["Low"]
    rolled = frame.groupby("ticker")["returns"].rolling(10).mean()
    frame["returns_mean_10"] = rolled.reset_index(level=0, drop=True)
    target.mkdir(exist_ok=True)
    frame.to_parquet(target / "part.0.parquet")
    return target


def read_and_write(source: Path, target: Path) -> Callable[[], None]:
    finished = with_features(lake.read(source))
    target.mkdir(exist_ok=True)

    def run() -> None:
        pd.read_parquet(source)
        finished.to_parquet(target / "part.0.parquet")

    return run


def fresh(target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    return target


def same_values(targets: dict[str, Path]) -> None:
    def read(target: Path) -> pd.DataFrame:
        frame = pd.read_parquet(target).reset_index()
        return frame.sort_values(["ticker", "Date"])[["ticker", "Date", *ADDED]].reset_index(drop=True)

    expected = read(targets.pop("ours"))
    for target in targets.values():
        pd.testing.assert_frame_equal(expected, read(target), rtol=0, atol=1e-9, check_dtype=False)


if __name__ == "__main__":
    main()
