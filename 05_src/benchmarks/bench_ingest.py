"""A folder of CSV files into Parquet by ticker and year.

The reference way reads one file after another with pandas and has Dask write each year of it. The floor is Arrow
parsing the same bytes, and nothing else.
"""

import tempfile
from pathlib import Path

import dask.dataframe as dd
import pandas as pd
from _bench import arguments, compare, folder, prices
from pyarrow import csv

from mlsd import datasets, lake


def main() -> None:
    asked = arguments(__doc__, rows=200_000)
    with folder() as home:
        files = datasets.write_price_csvs(prices(asked.rows), home / "csv")
        compare(
            f"CSV folder → Parquet by ticker and year, {len(files)} files, {asked.rows:,} rows",
            {
                "ours": lambda: ours(home / "csv", new(home)),
                "reference: pandas per file, Dask per year": lambda: reference(files, new(home)),
            },
            floor=lambda: [csv.read_csv(file) for file in files],
            rounds=asked.rounds,
            same=same_tables,
        )


def ours(csv_dir: Path, target: Path) -> Path:
    done = lake.ingest(csv_dir, target)
    assert done.rows_rejected == 0
    return target


def reference(files: list[Path], target: Path) -> Path:
    for file in files:
        ticker = file.stem
        frame = pd.read_csv(file, parse_dates=["Date"])
        frame = frame.assign(source=file.name, ticker=ticker, Year=frame["Date"].dt.year)
        for year in frame["Year"].unique():
            of_year = dd.from_pandas(frame[frame["Year"] == year], npartitions=1)
            of_year.to_parquet(target / ticker / f"{ticker}_{year}", write_index=False)
    return target


def new(home: Path) -> Path:
    """A target that is not there yet: a second load into the same one would find nothing to do."""
    return Path(tempfile.mkdtemp(dir=home)) / "prices"


def same_tables(targets: dict[str, Path]) -> None:
    listings = [sorted(file.relative_to(target) for file in target.rglob("*.parquet")) for target in targets.values()]
    assert listings[0] == listings[1]
    expected, found = (lake.read(target) for target in targets.values())
    pd.testing.assert_frame_equal(expected, found[expected.columns], check_dtype=False, check_exact=True)


if __name__ == "__main__":
    main()
