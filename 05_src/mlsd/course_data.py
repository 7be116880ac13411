"""The files that labs and assignments read, put where ``.env`` says: ``mlsd data``.

Synthetic data, made by seed, stands in for tables that no licence lets us ship. What a learner put there stays.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from . import datasets, lake, settings

__all__ = ["make_all"]

README = """Made by `mlsd data`; delete any of it and run that again.

prices/                 SYNTHETIC daily prices, <TICKER>/<TICKER>_<YEAR>/part.0.parquet
price_csv/              the same as one CSV file a ticker, as a data vendor would send them
fires/forestfires.csv   SYNTHETIC forest fires; put the real UCI file in its place if you have it
credit/credit.csv       SYNTHETIC borrowers
"""


def make_all(tell: Callable[[str], None] = print, *, n_tickers: int = 60) -> None:
    """Make what is not there yet: ``.env``, prices as CSV and Parquet, the fires and the credit table.

    Parameters
    ----------
    tell : callable
        Is called with a sentence for each thing that was made or found.
    n_tickers : int
        How many tickers the prices have.

    Raises
    ------
    WriteError
        If a folder cannot be written.
    """
    example, env = settings.root() / ".env.example", settings.root() / ".env"
    if example.is_file():
        _make(env, lambda path: shutil.copyfile(example, path), tell)
    data = settings.data_dir()
    _make(data / "README.txt", lambda path: path.write_text(README, encoding="utf-8"), tell)
    _make_prices(data / "price_csv", settings.price_data(), n_tickers, tell)
    _make(data / "fires" / "forestfires.csv", lambda path: _to_csv(datasets.make_fires(), path), tell)
    _make(settings.credit_data(), lambda path: _to_csv(datasets.make_credit(), path), tell)


def _make_prices(csv_dir: Path, parquet: Path, n_tickers: int, tell: Callable[[str], None]) -> None:
    if any(parquet.glob("*/*/*.parquet")):
        tell(f"There already: {parquet}")
        return
    shutil.rmtree(csv_dir, ignore_errors=True)  # half a folder, from a run that was stopped
    datasets.write_price_csvs(datasets.make_prices(n_tickers=n_tickers), csv_dir)
    done = lake.ingest(csv_dir, parquet)
    tell(f"Made {parquet}: {done.rows_written:,} rows of synthetic prices.")


def _make(path: Path, write: Callable[[Path], object], tell: Callable[[str], None]) -> None:
    """Write a file beside its place and let it take the place when it is whole, unless something is there."""
    if path.exists():
        tell(f"There already: {path}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        write(Path(beside))
        os.replace(beside, path)
    finally:
        Path(beside).unlink(missing_ok=True)
    tell(f"Made {path}")


def _to_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n")
