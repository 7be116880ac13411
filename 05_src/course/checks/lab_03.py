"""Lab 03: file sizes, the right format, rows with a wrong lag, a delta month, a Dask graph."""

import io
from functools import cache
from typing import TYPE_CHECKING, Any

from . import Hint, describe, is_a, near, question, same, same_frame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["delta_month", "format_for_job", "graph", "sizes", "wrong_lags"]

JOBS = {
    "a": ("parquet", "3 of 400 columns: the format should let you skip the other 397, so keep columns together."),
    "b": ("jsonl", "One event is added at a time and no two have the same fields: a line of its own, each with names."),
    "c": (
        "sqlite",
        "One row by its number, changed while others change theirs: an index and transactions, a database.",
    ),
    "d": (
        "csv",
        "200 rows and a human with a spreadsheet: size and speed don't matter, being opened by anything does.",
    ),
}
SIZES = "a dict with the numbers 'size' and 'column'"
LOADS = "three numbers of rows: (written, rejected, written the second time)"
PLAN = "a dict with the number 'partitions', the list 'columns' and the number 'tasks'"


@question("03.1", takes=SIZES)
def sizes(answer: Any) -> Hint | None:
    """CSV is about six times as large as Parquet with zstd, and a column's share is its own, not one in twenty."""
    hint = is_a(answer, dict, SIZES)
    if hint:
        return hint
    csv, plain, snappy, zstd, column = _bytes()
    return near(
        answer["size"],
        csv / zstd,
        tol=0.08 * csv / zstd,
        hint="Divide the size of flights.csv by that of zstd.parquet; both are in the column MB.",
        mistakes={
            zstd / csv: "You divided the small file by the large one. How many times *larger* is CSV?",
            (csv - zstd) / 1e6: "That is how many megabytes larger it is. How many *times* is a division.",
            csv / plain: "That is Parquet without compression, none.parquet. Take zstd.parquet.",
            csv / snappy: "That is Parquet with snappy. Take zstd.parquet.",
        },
    ) or near(
        answer["column"],
        column / zstd,
        tol=0.1 * column / zstd,
        hint="Divide column_bytes['arr_delay'] by the bytes of the whole file zstd.parquet.",
        mistakes={
            100 * column / zstd: "That is in per cent. Give the share as a number between 0 and 1.",
            1 / 20: "It is one column of twenty, but columns differ in size: `year` takes almost nothing. Measure it.",
            column / csv: "You divided by the CSV file. The column lies in zstd.parquet.",
            1.0: "All of it is what CSV needs. Parquet keeps a column together, so the rest can be skipped.",
        },
    )


@question("03.2", takes="a dict with one of csv, jsonl, parquet and sqlite for each of a, b, c and d")
def format_for_job(answer: Any) -> Hint | None:
    """Column-major for a few columns, lines for events, a database for single rows, CSV for people."""
    hint = is_a(answer, dict, "a dict with one of csv, jsonl, parquet and sqlite for each of a, b, c and d")
    if hint:
        return hint
    given = {job: word.strip().lower() if isinstance(word, str) else word for job, word in answer.items()}
    right = {job: word for job, (word, _) in JOBS.items()}
    known = [job for job in right if given.get(job) in right.values() and given[job] != right[job]]
    if known:
        return Hint(f"job {known[0]}: {given[known[0]]} is not the best choice", JOBS[known[0]][1])
    return same(given, right, hint="The keys are a, b, c and d; the values are 'csv', 'jsonl', 'parquet' and 'sqlite'.")


@question("03.3", takes="a DataFrame with columns ticker, Date")
def wrong_lags(answer: Any) -> Hint | None:
    """Only the rows on either side of a gap in time are wrong: the first of June and the first of July."""
    late = _late()
    june = late["Date"].dt.strftime("%Y-%m") == "2012-06"
    keys, wrong = ["ticker", "Date"], late["before"].ne(late["right"])
    known = wrong & late["right"].notna()
    return same_frame(
        answer,
        late.loc[known, keys],
        sort_by=keys,
        hint="Compare the colleague's lag with features.add_lags on the same rows; keep the rows where they differ.",
        mistakes=[
            (
                late.loc[wrong, keys],
                "Each ticker's first day is in it: a missing value is never equal to another, so `!=` says that they "
                "differ. Nobody knows a price before the first day; both lags are missing there, and rightly.",
            ),
            (
                late.loc[known & june, keys],
                "After the late month comes another wrong row: what takes a day of May as its yesterday, though June "
                "lies between?",
            ),
            (late.loc[known & ~june, keys], "And June itself? What stands above its first row in the file?"),
            (
                late.loc[june, keys],
                "All of June came late, but inside June the row above is yesterday. Compare the lags, not the places.",
            ),
            (
                late.groupby("ticker").head(1)[keys],
                "Those are the tickers' first days, where a lag without groupby goes wrong. The colleague grouped.",
            ),
        ],
    )


@question("03.4", takes=LOADS)
def delta_month(answer: Any) -> Hint | None:
    """The new days less two broken lines; those and a restated day are rejected; nothing is new the second time."""
    dates = _stocks()["Date"]
    arrived, new = int((dates >= "2013-01-28").sum()), int((dates >= "2013-02-01").sum())
    broken, restated = 2, 1
    written, rejected = new - broken, broken + restated
    return same(
        tuple(answer) if isinstance(answer, list) else answer,
        (written, rejected, 0),
        hint="Take first.rows_written, first.rows_rejected and second.rows_written.",
        mistakes=[
            ((new, rejected, 0), "Two of the new rows are broken (text as volume, a line cut off); they wait outside."),
            ((new, broken, 0), "Two of the new rows are broken, and the restated price is kept aside as well."),
            (
                (written, broken, 0),
                "A third row is kept aside: an old day that now has other prices. The lake will not choose between two "
                "truths unless you say restate=True.",
            ),
            (
                (arrived - rejected, rejected, 0),
                "Days of January are among them; rows that are stored already are passed over.",
            ),
            (
                (arrived - broken, broken, 0),
                "Days of January are among them; rows that are stored already are passed over.",
            ),
            (
                (written, rejected, written),
                "The second time the same rows are there already, so nothing is new: a load may be repeated.",
            ),
            (
                (0, rejected, 0),
                "The cell ran before, so the rows are in already. Run all cells from the top.",
            ),
        ],
    )


@question("03.5", takes=PLAN)
def graph(answer: Any) -> Hint | None:
    """Every partition, three columns, a task for each partition and one to put them together."""
    hint = is_a(answer, dict, PLAN) or is_a(answer["columns"], (list, tuple, set), "a list of columns in 'columns'")
    n_partitions, columns, tasks, unmelted = _plan()
    return (
        hint
        or same(
            answer["partitions"],
            n_partitions,
            hint="There is one partition a ticker. Does Dask know what is in it before it reads it?",
            mistakes=[
                (1, "Dask cannot know that only one partition holds IBM: it reads each, then drops the other rows."),
                (0, "Planning reads nothing, but `compute` does. How many calls are in the diary then?"),
            ],
        )
        or _columns(answer["columns"], columns)
        or same(
            answer["tasks"],
            tasks,
            hint="Count what highest.optimize().__dask_graph__() holds, with len.",
            mistakes=[
                (unmelted, "That is the plan as you wrote it. Dask optimises before it works: highest.optimize()."),
                (n_partitions, "A task for each partition, yes; and who puts their results together?"),
                (1, "Each partition is a task of its own; that is what lets two workers share them."),
            ],
        )
    )


def _columns(given: Any, right: set[str]) -> Hint | None:
    names = {str(name) for name in given}
    if names == right:
        return None
    hints = {
        "ticker": "The filter looks at `ticker`, so it has to be read, though it is not in the result.",
        "Year": "`groupby` looks at `Year`, so it has to be read.",
        "High": "The highest price is taken from `High`.",
    }
    missing = [why for name, why in hints.items() if name in right - names]
    more = (
        f"Nobody asks for {', '.join(sorted(names - right))}: Dask sees in the graph what is needed and skips the rest."
    )
    return Hint(f"'columns' is not {describe(given)} with {', '.join(sorted(names))}", missing[0] if missing else more)


@cache
def _bytes() -> tuple[float, int, int, int, int]:
    """Bytes of the flights as CSV, as Parquet in three codecs, and of one column in the last."""
    import pyarrow.parquet as pq

    from mlsd import datasets

    flights = datasets.load_flights()
    flights.insert(0, "id", range(len(flights)))
    flights["time_hour"] = flights["time_hour"].dt.tz_convert(None)
    every = 50  # CSV is slow to write, and a fiftieth of the rows tells its size to a thousandth
    csv = every * len(flights.iloc[::every].to_csv(index=False))
    plain, snappy, zstd = io.BytesIO(), io.BytesIO(), io.BytesIO()
    flights.to_parquet(plain, compression=None)
    flights.to_parquet(snappy, compression="snappy")
    flights.to_parquet(zstd, compression="zstd")
    group = pq.read_metadata(zstd).row_group(0)
    columns = {group.column(i).path_in_schema: group.column(i).total_compressed_size for i in range(group.num_columns)}
    return csv, len(plain.getvalue()), len(snappy.getvalue()), len(zstd.getvalue()), columns["arr_delay"]


@cache
def _late() -> "pd.DataFrame":
    """The stocks as the vendor sent them, with the lag of the row above in `before` and the right one in `right`."""
    import pandas as pd

    from mlsd import features

    stocks = _stocks()
    june = stocks["Date"].dt.strftime("%Y-%m") == "2012-06"
    late = pd.concat([stocks[~june], stocks[june]])
    late["before"] = late.groupby("ticker")["Close"].shift(1)
    return features.add_lags(late, by="ticker").rename(columns={"Close_lag_1": "right"})


@cache
def _plan() -> tuple[int, set[str], int, int]:
    """Partitions and columns that are read, and tasks after and before Dask optimises."""
    import dask.dataframe as dd

    stocks, diary = _stocks().assign(Year=2000), list[tuple[str, list[str]]]()

    def read(ticker: str, columns: list[str] | None = None) -> "pd.DataFrame":
        diary.append((ticker, columns or []))
        rows = stocks[stocks["ticker"] == ticker]
        return rows[columns] if columns else rows

    lazy = dd.from_map(read, sorted(stocks["ticker"].unique()), meta=stocks[:0])
    highest = lazy[lazy["ticker"] == "IBM"].groupby("Year")["High"].max()
    highest.compute(scheduler="synchronous")
    tasks, unmelted = len(highest.optimize().__dask_graph__()), len(highest.__dask_graph__())
    return len(diary), set(diary[0][1]), tasks, unmelted


@cache
def _stocks() -> "pd.DataFrame":
    from mlsd import datasets

    return datasets.load_stocks()
