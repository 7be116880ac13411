"""Prices that no learner has seen, laid out as `mlsd data` does it, and the table that is expected of them.

They are made so that a mistake shows: three years, one ticker that begins later, and no two prices alike, so that each
lag and each return tells from which row it came. Rows lie in the order of Date, as in learners' own files.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mlsd import datasets
from mlsd.price_csv import SCHEMA

__all__ = ["expected", "make"]

SEED = 4217
TICKERS = 6
LATE = pd.Timestamp("2019-05-20")
FIRST, LAST = "2018-10-15", "2020-03-31"
READ = "05_src/daily/prices"  # where .env points: whoever looks elsewhere has typed a path
TYPED = "05_src/data/prices"  # where learners have them, for whoever typed that

ENV = f"""PRICE_DATA=../../{READ}
FEATURES_DATA=../../05_src/data/features
CREDIT_DATA=../../05_src/data/credit/credit.csv
TEMP_DATA=../../05_src/data/temp
SRC_DIR=../../05_src
LOG_DIR=../../05_src/logs
LOG_LEVEL=INFO
"""
# Notebooks of earlier cohorts import it, and nothing in them depends on it.
LOGGER = '''"""A logger by name, as the course once had it."""

from logging import getLogger as get_logger
'''


def make(folder: Path) -> None:
    """Lay out the course folder of the box: prices at two places, ``.env`` wherever notebooks look for it."""
    _write(_prices(), folder / READ)
    shutil.copytree(folder / READ, folder / TYPED)
    for place in ("", "05_src", "02_activities/assignments"):
        (folder / place).mkdir(parents=True, exist_ok=True)
        (folder / place / ".env").write_text(ENV, encoding="utf-8")
    for place in ("05_src/logger.py", "05_src/utils/logger.py"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(LOGGER, encoding="utf-8")


def expected(folder: Path) -> dict[str, Any]:
    """What the judge compares with: ``prices``, all rows by ticker and Date, with ``file``, their folder."""
    parts = [
        pq.read_table(path).to_pandas().assign(file=path.parent.relative_to(folder / READ).as_posix())
        for path in sorted((folder / READ).rglob("*.parquet"))
    ]
    return {"prices": pd.concat(parts).sort_values(["ticker", "Date"], ignore_index=True)}


def _prices() -> pd.DataFrame:
    made = datasets.make_prices(n_tickers=3 * TICKERS, start=FIRST, end=LAST, seed=SEED)
    days = made.groupby("ticker")["Date"].transform("count")
    made = made[days == days.max()]  # those that are there from the first day to the last
    names = made["ticker"].unique()[:TICKERS]
    made = made[made["ticker"].isin(names) & ~((made["ticker"] == names[2]) & (made["Date"] < LATE))]
    return _no_two_alike(made.reset_index(drop=True))


def _no_two_alike(prices: pd.DataFrame) -> pd.DataFrame:
    """Move each row by less than a cent in a hundred dollars; a dividend each quarter parts Adj Close from Close."""
    rng = np.random.default_rng(SEED)
    moved = 1 + 1e-4 * rng.permutation(len(prices)) / len(prices)
    for name in ("Open", "High", "Low", "Close"):
        prices[name] *= moved
    quarters = 4 * (prices["Date"].dt.year - 2018) + prices["Date"].dt.quarter
    per_quarter = 0.004 + 0.001 * prices["ticker"].rank(method="dense")
    prices["Adj Close"] = prices["Close"] * (1 - per_quarter) ** (10 - quarters)
    return prices


def _write(prices: pd.DataFrame, folder: Path) -> None:
    prices = prices.assign(source=prices["ticker"] + ".csv", Year=prices["Date"].dt.year)
    for (ticker, year), rows in prices.sort_values(["ticker", "Date"]).groupby(["ticker", "Year"]):
        path = folder / str(ticker) / f"{ticker}_{year}" / "part.0.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pandas(rows[SCHEMA.names], schema=SCHEMA, preserve_index=False), path)
