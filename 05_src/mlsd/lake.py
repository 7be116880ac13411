"""A table as a folder of Parquet files: load it from CSV files, write it whole, read it with pandas or Dask.

Whatever changes a folder builds the new one beside it and lets it take the old one's place in one rename, so a killed
process leaves either the old table or the new one. Rows that cannot be right are kept aside with file, line and reason.
"""

import glob
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import quote

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from . import price_csv, settings
from .columns import arrow_table
from .errors import DataError, WriteError, require_columns

if TYPE_CHECKING:
    from dask.dataframe import DataFrame as DaskFrame

__all__ = ["Ingested", "ingest", "read", "write"]

REJECTS = "_rejects"
PARTITION_BYTES = 6 * 2**20  # about 250,000 rows of prices; larger ones cost a worker memory, smaller ones time


class Ingested(NamedTuple):
    """What :func:`ingest` did.

    Parameters
    ----------
    rows_written : int
        Rows that are new in the table.
    rows_rejected : int
        Rows kept aside.
    rejects : pathlib.Path
        CSV file with one line a rejected row: file, line, rows, reason, text. ``rows`` is 0 for a file without rows.
    """

    rows_written: int
    rows_rejected: int
    rejects: Path


def ingest(csv_dir: str | os.PathLike[str], out_dir: str | os.PathLike[str], *, restate: bool = False) -> Ingested:
    r"""Load a folder of price files, one ``<TICKER>.csv`` each, into ``<TICKER>/<TICKER>_<YEAR>/part.0.parquet``.

    Good rows are added to what is there already; a row that is there with the same values is passed over, so the same
    folder can be loaded again, and next month's folder adds next month. Bad rows are kept aside in the table's folder
    ``_rejects`` and do not stop the good ones.

    Parameters
    ----------
    csv_dir : path
        Folder of CSV files with the columns Date, Open, High, Low, Close, Adj Close and Volume, UTF-8, oldest or newest
        row first. Other columns are passed over.
    out_dir : path
        The table. A bare name that is not in the current folder lies in ``settings.data_dir()``.
    restate : bool
        What to do with a row that is there with other values: False rejects it, True lets it replace the old row.

    Returns
    -------
    Ingested
        Rows written, rows rejected, and the path of the rejects. The table's columns are those of the CSV files, then
        source (the CSV file's name), ticker and Year.

    Raises
    ------
    DataError
        If the folder has no CSV file.
    WriteError
        If the table could not be written, or another load changed it meanwhile. It is as it was.

    Examples
    --------
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "SYN.csv").write_text("Date,Open,High,Low,Close,Adj Close,Volume\n2020-01-02,1,2,1,2,2,100\n"
    ...                                     "2020-01-03,1,2,1,oops,2,100\n")
    >>> done = ingest(folder, folder / "prices")
    >>> done.rows_written, done.rows_rejected
    (1, 1)
    >>> pd.read_csv(done.rejects)[["file", "line", "reason"]].values.tolist()
    [['SYN.csv', 3, "Close is not a number: 'oops'"]]
    """
    if not Path(csv_dir).is_dir():
        raise DataError(f"There is no folder {csv_dir}.", "Name the folder that holds <TICKER>.csv files.")
    files = sorted(path for path in Path(csv_dir).iterdir() if path.suffix.lower() == ".csv")
    if not files:
        raise DataError(f"There is no CSV file in {csv_dir}.", "Name the folder that holds <TICKER>.csv files.")
    target = _located(out_dir)
    with _replacing(target, keep=True) as (staged, before), ThreadPoolExecutor(os.cpu_count()) as pool:
        by_ticker = [list(paths) for _, paths in groupby(files, key=price_csv.ticker_of)]
        work = pool.map(lambda paths: _ingest_ticker(paths, before, staged, restate), by_ticker)
        written, rejects = zip(*work, strict=True)
        rejected = pd.DataFrame(sorted(chain(*rejects)), columns=list(price_csv.Reject._fields))
        name = f"{pd.Timestamp.now('UTC'):%Y-%m-%dT%H%M%S}-{uuid.uuid4().hex[:6]}.csv"
        (staged / REJECTS).mkdir(exist_ok=True)
        rejected.to_csv(staged / REJECTS / name, index=False, lineterminator="\n")
    return Ingested(sum(written), int(rejected["rows"].sum()), target / REJECTS / name)


def write(
    frame: "pd.DataFrame | DaskFrame",
    path: str | os.PathLike[str],
    *,
    by: str | Sequence[str] = (),
    if_exists: Literal["fail", "replace"] = "fail",
) -> Path:
    """Write a frame as a folder of Parquet files, whole or not at all.

    Parameters
    ----------
    frame : pandas.DataFrame or dask.dataframe.DataFrame
        The rows; the index is not written. A Dask frame is written partition by partition, wherever it is computed.
    path : path
        The folder. A bare name that is not in the current folder lies in ``settings.data_dir()``.
    by : str or list of str
        Columns that name the folders inside, one level each. They stay columns as well.
    if_exists : {"fail", "replace"}
        What to do when the folder is there.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    DataError
        If the folder is there and `if_exists` is "fail".
    ColumnError
        If a column of `by` is not there.
    WriteError
        If the disk stopped the write. The old folder is as it was.

    Examples
    --------
    >>> frame = pd.DataFrame({"ticker": ["A", "B"], "Close": [1.0, 2.0]})
    >>> folder = write(frame, getfixture("tmp_path") / "prices", by="ticker")
    >>> sorted(part.relative_to(folder).as_posix() for part in folder.rglob("*.parquet"))
    ['A/part.0.parquet', 'B/part.0.parquet']
    """
    if if_exists not in ("fail", "replace"):
        raise DataError(f"`if_exists` must be 'fail' or 'replace', got: {if_exists!r}.")
    keys = [by] if isinstance(by, str) else list(by)
    require_columns(frame.columns, keys)
    target = _located(path)
    if target.exists() and if_exists == "fail":
        raise DataError(f"{target} is there already.", 'Pass if_exists="replace", or name another folder.')
    with _replacing(target) as (staged, _before):
        if isinstance(frame, pd.DataFrame):
            _write_parts(frame, staged, keys)
        else:
            meta = pd.Series(dtype="int64")
            frame.map_partitions(_write_parts, str(staged), keys, enforce_metadata=False, meta=meta).compute()
    return target


def read(
    path: str | os.PathLike[str],
    engine: Literal["pandas", "dask"] = "pandas",
    *,
    columns: Sequence[str] | None = None,
    partition_bytes: int | None = None,
) -> Any:
    """Read every Parquet file below a folder as one table.

    Parameters
    ----------
    path : path
        The folder. A bare name that is not in the current folder lies in ``settings.data_dir()``: ``read("prices")``.
    engine : {"pandas", "dask"}
        pandas reads now; Dask reads lazily, partition by partition. A partition holds whole folders, so a ticker is
        never split.
    columns : list of str, optional
        Only these columns.
    partition_bytes : int, optional
        Size of a Dask partition on disk; a larger folder is still one partition. Default: a sixteenth of the table, at
        most 6 MB.

    Returns
    -------
    pandas.DataFrame or dask.dataframe.DataFrame
        Rows in the order of the files' names, with a fresh index (on Dask: in each partition).

    Raises
    ------
    DataError
        If there is no Parquet file, or the engine is unknown.

    Examples
    --------
    >>> folder = write(pd.DataFrame({"n": [1, 2]}), getfixture("tmp_path") / "t")
    >>> read(folder)["n"].sum(), read(folder, engine="dask")["n"].sum().compute()
    (np.int64(3), np.int64(3))
    """
    if engine not in ("pandas", "dask"):
        raise DataError(f"`engine` must be 'pandas' or 'dask', got: {engine!r}.")
    folder = _located(path)
    _finish_swap(folder)
    files = sorted(file for file in folder.rglob("*.parquet") if file.is_file())
    if not files:
        raise DataError(f"There is no Parquet file below {folder}.", "Make the course's data with `mlsd data`.")
    meta = _meta(files[0], columns)
    if engine == "pandas":
        return _read_files(_Files(tuple(map(str, files))), columns)
    import dask.dataframe as dd

    return dd.from_map(_read_files, _packed(folder, files, partition_bytes), columns=columns, meta=meta)


def _ingest_ticker(paths: list[Path], before: Path, staged: Path, restate: bool) -> tuple[int, list[price_csv.Reject]]:
    """All files of one ticker, in the order of their names, merged into the years that are there."""
    written, rejected = 0, list[price_csv.Reject]()
    for path in paths:
        rows, bad = price_csv.parse(path)
        rejected += bad
        for year, of_year in _years(rows):
            ticker = price_csv.ticker_of(path)
            part = Path(ticker, f"{ticker}_{year}", "part.0.parquet")
            there = next((folder / part for folder in (staged, before) if (folder / part).is_file()), None)
            if there:
                of_year, new, bad = _merged(there, of_year, path, restate)
                rejected += bad
            else:
                new = of_year.num_rows
            if new:
                _write_file(of_year, staged / part)
            written += new
    return written, rejected


def _years(rows: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each year; they are in order of date."""
    years = rows["Year"].to_numpy()
    starts = np.flatnonzero(np.diff(years, prepend=-1))
    for start, end in pairwise([*starts, len(years)]):
        yield int(years[start]), rows.slice(start, end - start)


def _merged(there: Path, rows: pa.Table, path: Path, restate: bool) -> tuple[pa.Table, int, list[price_csv.Reject]]:
    """What is stored with the new rows added, how many are new, and those that contradict it."""
    old, new = pq.read_table(there, schema=price_csv.SCHEMA).to_pandas(), rows.to_pandas()
    values = ["Date", *price_csv.NUMBERS]
    new = new[~pd.MultiIndex.from_frame(new[values]).isin(pd.MultiIndex.from_frame(old[values]))]
    contradicts = new["Date"].isin(old["Date"])
    rejected: list[price_csv.Reject] = []
    if restate:
        old = old[~old["Date"].isin(new["Date"])]
    elif contradicts.any():
        why = "differs from what is stored; load with restate=True to replace that"
        lines = _lines_of(path, new.loc[contradicts, "Date"])
        rejected = [price_csv.Reject(path.name, line, 1, why, text) for line, text in lines]
        new = new[~contradicts]
    merged = pd.concat([old, new]).sort_values("Date")
    return pa.Table.from_pandas(merged, price_csv.SCHEMA, preserve_index=False), len(new), rejected


def _lines_of(path: Path, dates: pd.Series) -> Iterator[tuple[int, str]]:
    """Line numbers and text of the first line that starts with each date."""
    wanted = set(dates.dt.strftime("%Y-%m-%d"))
    header = path.read_text("utf-8-sig", errors="replace").splitlines()
    column = [name.strip() for name in header[0].split(",")].index("Date")
    for number, line in enumerate(header[1:], start=2):
        fields = line.split(",")
        date = fields[column].strip()[:10] if len(fields) > column else ""
        if date in wanted:
            wanted.remove(date)
            yield number, line


def _write_parts(frame: pd.DataFrame, folder: Path | str, by: list[str], partition_info: Any = None) -> pd.Series:
    """Write one frame, or one partition of a Dask frame, as ``part.<number>.parquet``; return the rows written."""
    number = partition_info["number"] if partition_info else 0
    groups = frame.groupby(by, sort=False, dropna=False, observed=True) if by else [((), frame)]
    for key, rows in groups:
        inside = Path(folder, *(quote(str(value), safe=" ") for value in key))
        _write_file(arrow_table(rows), inside / f"part.{number}.parquet")
    return pd.Series([len(frame)])


def _write_file(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = [
        field.name for field in table.schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    ]
    with pa.OSFile(str(path), "wb") as file:
        pq.write_table(table, file, use_dictionary=text)  # a dictionary of prices would be longer than the prices


@dataclass(frozen=True, repr=False)
class _Files:
    """The files of one partition, with a name short enough for Dask's plan of the work."""

    paths: tuple[str, ...]

    def __repr__(self) -> str:
        return f"{len(self.paths)} files from {Path(self.paths[0]).parent.name}"


def _read_files(files: _Files, columns: Sequence[str] | None = None) -> pd.DataFrame:
    table = ds.dataset(list(files.paths)).to_table(columns=list(columns) if columns is not None else None)
    frame = table.to_pandas(split_blocks=True, self_destruct=True)  # each column is freed once it is copied
    del table
    pa.default_memory_pool().release_unused()  # else a worker keeps the memory of its largest partition
    return frame


def _meta(file: Path, columns: Sequence[str] | None) -> pd.DataFrame:
    empty = pq.read_schema(file).empty_table().to_pandas()
    if columns is None:
        return empty
    require_columns(empty.columns, columns, where=str(file.parent))
    return empty[list(columns)]


def _packed(folder: Path, files: list[Path], partition_bytes: int | None) -> list[_Files]:
    """Files of a Dask partition: whole folders, one after another, until it is large enough."""
    sizes = {file: file.stat().st_size for file in files}
    limit = partition_bytes or min(PARTITION_BYTES, sum(sizes.values()) // 16 + 1)
    groups: list[list[str]] = [[]]
    filled = 0
    for _, together in groupby(files, key=lambda file: file.relative_to(folder).parts[0]):
        if filled >= limit:
            groups.append([])
            filled = 0
        for file in together:
            groups[-1].append(str(file))
            filled += sizes[file]
    return [_Files(tuple(paths)) for paths in groups]


def _located(path: str | os.PathLike[str]) -> Path:
    """The folder that a path means: a bare name that is not here lies in the data folder."""
    given = Path(path)
    bare = not given.is_absolute() and len(given.parts) == 1 and str(path) == given.name and not given.exists()
    return (settings.data_dir() if bare else Path.cwd()) / given


@contextmanager
def _replacing(target: Path, *, keep: bool = False) -> Iterator[tuple[Path, Path]]:
    """A new folder that takes the place of `target` at the end, with the files of the old one that it lacks if `keep`.

    Yields the new folder and the old one.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _finish_swap(target)
        _clear_left_behind(target)
        state = _state(target)
        staged = target.with_name(f".{target.name}.new-{os.getpid()}-{uuid.uuid4().hex[:8]}")
        staged.mkdir()
    except OSError as error:
        fix = "Name a folder that you may write to."
        raise WriteError(f"Cannot write to {target.parent}: {error.strerror}.", fix) from error
    try:
        yield staged, target
        if keep and target.exists():
            _link_the_rest(target, staged)
        if _state(target) != state:
            raise WriteError(f"Another load changed {target} meanwhile.", "Run this load again.")
        _swap(target, staged)
    except (OSError, pa.ArrowException) as error:
        raise WriteError(f"{target} was not changed: {error}.", "Go by that reason, then run this again.") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _swap(target: Path, staged: Path) -> None:
    old = _backup(target)
    if target.exists():
        target.rename(old)
    staged.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _finish_swap(target: Path) -> None:
    """Put the old folder back if a process was killed between the two renames of a swap."""
    if not target.exists() and _backup(target).exists():
        _backup(target).rename(target)


def _clear_left_behind(target: Path) -> None:
    """Remove what killed processes left: a replaced folder, and new ones that were never finished."""
    shutil.rmtree(_backup(target), ignore_errors=True)
    for folder in target.parent.glob(f".{glob.escape(target.name)}.new-*"):
        if not psutil.pid_exists(int(folder.name.rsplit("-", 2)[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _backup(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _state(folder: Path) -> tuple[int, int] | None:
    return (folder.stat().st_ino, folder.stat().st_mtime_ns) if folder.exists() else None


def _link_the_rest(old: Path, new: Path) -> None:
    """Give the new folder the old one's other files: as hard links where the disk has them, else as copies."""
    for file in old.rglob("*"):
        place = new / file.relative_to(old)
        if file.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(file, place)
            except OSError:
                shutil.copy2(file, place)
