# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 03: Files, partitions and Dask
#
# Afterwards you can
#
# 1. choose a **file format** by measuring it, and say why it wins: row by row or column by column;
# 2. keep a table in **partitions**, and add next month's data without loading anything twice;
# 3. add **lags and returns** that mix neither tickers nor dates, and find that mistake in somebody else's code;
# 4. work **lazily** with Dask: read its graph, give it a meta, and keep what you need more than once.
#
# Time: about 75 minutes; the cells alone run for about one. The flights and the five stocks are real. The large price
# table of the last part is synthetic, and says so.

# %%
import shutil
from functools import partial
from itertools import islice
from time import perf_counter

import dask.dataframe as dd
import matplotlib.pyplot as plt
import pandas as pd
import pyarrow.parquet as pq
from pandas.testing import assert_frame_equal

from course.checks import check
from mlsd import cluster, datasets, features, lake, settings, store

# %% [markdown]
# All that this lab writes goes to a folder of its own, which the last cell removes. If an earlier run stopped half-way,
# its files are still there, so we clear them first. Look into the folder whenever you like.
#
# The flights get an `id`, and `time_hour` loses the name of its time zone, UTC: pandas takes long to write it as text.

# %%
HOME = settings.data_dir() / "lab03"
shutil.rmtree(HOME, ignore_errors=True)
HOME.mkdir(parents=True)

flights = datasets.load_flights()
flights.insert(0, "id", range(len(flights)))
flights["time_hour"] = flights["time_hour"].dt.tz_convert(None)
print(HOME, f"{len(flights):,} flights, {flights.shape[1]} columns", sep="\n")

# %% [markdown]
# ## 1. One table, seven files
#
# A table has two directions, a file has one. So every format decides what lies next to what: the values of a row
# (**row-major**) or the values of a column (**column-major**). Three flights both ways, by hand:

# %%
few = flights.loc[:2, ["carrier", "origin", "dest", "arr_delay"]]
by_row = "\n".join(",".join(map(str, row)) for row in few.to_numpy())
by_column = "\n".join(",".join(map(str, few[name])) for name in few)
print(by_row, by_column, sep="\n\n")

# %% [markdown]
# In the first block a new flight is one more line at the end, and a flight is found in one place. In the second all
# delays stand together: whoever wants their mean reads one line and skips the rest. Neighbours are also alike
# (`EWR,LGA,JFK`), so a program can write them in fewer bytes.
#
# CSV and JSON lines are row-major text. SQLite is row-major too, in binary. Feather and Parquet are column-major and
# binary, and Parquet has several *codecs*, ways to compress: none, `snappy` (quick) and `zstd` (small).
#
# **Predict, and write it down:** how many times larger than Parquet with zstd will CSV be? Which file will be the
# largest? Then run the cell; it needs some seconds.


# %%
def seconds(action, *arguments):
    start = perf_counter()
    action(*arguments)
    return perf_counter() - start


save = {
    "flights.csv": partial(flights.to_csv, index=False),
    "flights.jsonl": partial(flights.to_json, orient="records", lines=True, date_format="iso"),
    "flights.db": lambda path: store.connect(f"sqlite:///{path.as_posix()}").write(flights, "flights", "replace"),
    "flights.feather": flights.to_feather,
    **{f"{codec}.parquet": partial(flights.to_parquet, compression=codec) for codec in ("none", "snappy", "zstd")},
}
formats = pd.DataFrame({"write": {name: seconds(write, HOME / name) for name, write in save.items()}})
formats["MB"] = [(HOME / name).stat().st_size / 1e6 for name in formats.index]
formats.round(2)

# %% [markdown]
# A file is written once and read often. How often, and what of it? We try **the whole table** and **one column**.
# Below, `one_column` begins as a copy of `whole`, and every format that can do better gets a better way. JSON lines
# gets none: it has to be read to the end either way. **Predict** who gains most from wanting only one column.

# %%
db = store.connect(f"sqlite:///{(HOME / 'flights.db').as_posix()}")
whole = {
    "csv": pd.read_csv,
    "jsonl": partial(pd.read_json, lines=True, engine="pyarrow"),
    "db": lambda path: db.read("flights"),
    "feather": pd.read_feather,
    "parquet": pd.read_parquet,
}
one_column = whole | {
    "csv": partial(pd.read_csv, usecols=["arr_delay"]),
    "db": lambda path: db.read("select arr_delay from flights"),
    "feather": partial(pd.read_feather, columns=["arr_delay"]),
    "parquet": partial(pd.read_parquet, columns=["arr_delay"]),
}

# %% [markdown]
# And **one row**, the flight with `id` 300,000. In a text file we walk to its line; SQLite gets an index on `id`, as a
# database would have. **Predict** who wins.


# %%
def walk_to(path, line):
    with path.open(encoding="utf-8") as lines:
        return next(islice(lines, line, None))


ROW = 300_000
db.execute("create index if not exists by_id on flights (id)")
one_row = {
    "csv": partial(walk_to, line=ROW + 1),  # the header is line 0
    "jsonl": partial(walk_to, line=ROW),
    "db": lambda path: db.read("select * from flights where id = :id", {"id": ROW}),
    "feather": lambda path: pd.read_feather(path)[ROW : ROW + 1],
    "parquet": partial(pd.read_parquet, filters=[("id", "==", ROW)]),
}
for task, read in {"whole table": whole, "one column": one_column, "one row": one_row}.items():
    formats[task] = [seconds(read[name.split(".")[1]], HOME / name) for name in formats.index]
formats.round(3)

# %% [markdown]
# The picture says it faster. On the left, a bar a format: JSON lines is by far the longest, the Parquet files are the
# shortest. On the right, on a scale where each step is ten times the one before, the seconds to read. For Parquet and
# Feather the square (one column) lies far left of the circle (whole table), for JSON lines right beside it. SQLite has
# the leftmost triangle (one row), thanks to its index; for Parquet and Feather the triangle lies beside the circle,
# because a row has to be collected from all columns.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), sharey=True)
left.barh(formats.index, formats["MB"], color="#0072B2")
left.set(title="Size of 336,776 flights", xlabel="megabytes")
looks = {"whole table": ("o", "#000000"), "one column": ("s", "#E69F00"), "one row": ("^", "#009E73")}
for task, (marker, colour) in looks.items():
    right.scatter(formats[task], formats.index, marker=marker, color=colour, label=task, zorder=2)
right.set(title="Time to read", xlabel="seconds, on a log scale", xscale="log")
right.legend(loc="lower right")
right.grid(alpha=0.4)
left.invert_yaxis()
plt.show()

# %% [markdown]
# Times depend on your machine and on what else it does; run the cells twice and see. **Bytes** don't. A Parquet file
# ends with a table of contents that says where each column lies and how long it is, so a reader can jump.
#
# ### Exercise 03.1: predict, then measure
#
# 1. `"size"`: how many times larger than `zstd.parquet` is `flights.csv`?
# 2. `"column"`: which share of `zstd.parquet`, between 0 and 1, has to be read for `arr_delay`? It is one column of
#    twenty: **predict** whether its share is 1/20, more or less.
#
# `column_bytes` is taken from the table of contents. Your prediction is for you; `answer` is measured.

# %%
contents = pq.read_metadata(HOME / "zstd.parquet").row_group(0)
columns = [contents.column(number) for number in range(contents.num_columns)]
column_bytes = {column.path_in_schema: column.total_compressed_size for column in columns}

prediction = {"size": ..., "column": ...}
answer = {"size": ..., "column": ...}
# solution
answer = {
    "size": formats.loc["flights.csv", "MB"] / formats.loc["zstd.parquet", "MB"],
    "column": column_bytes["arr_delay"] / (HOME / "zstd.parquet").stat().st_size,
}
pd.Series(answer).round(3)

# %%
check("03.1", answer)

# %% [markdown]
# `column_bytes` holds a surprise: `year` takes about 1,500 bytes and `id` 600,000, though both are whole numbers. All
# years are 2013, and no two ids are the same. Compression lives on repetition.
#
# There is one more difference, which no stopwatch shows. Text has no types, so CSV forgets what a column was:

# %%
back = pd.read_csv(HOME / "flights.csv")
changed = [name for name in flights if back[name].dtype != flights[name].dtype]
print(*changed, *flights[changed].dtypes, "->", *map(str, back[changed].dtypes))
assert_frame_equal(pd.read_parquet(HOME / "zstd.parquet"), flights)

# %% [markdown]
# ### Exercise 03.2: the right file for the job
#
# No format wins everything. Choose one for each job, `"csv"`, `"jsonl"`, `"parquet"` or `"sqlite"`, and don't use any
# twice:
#
# - **a** Every night a model reads 3 of 400 columns of a table of two billion rows.
# - **b** A web service writes down each event as it happens. Events differ in their fields, some of which are nested,
#   and other programs read along.
# - **c** A clerk looks up one customer of a million by number and changes the address, while other clerks do the same.
# - **d** 200 rows go to a colleague, who corrects them in a spreadsheet and sends them back.

# %%
answer = {"a": ..., "b": ..., "c": ..., "d": ...}
# solution
answer = {"a": "parquet", "b": "jsonl", "c": "sqlite", "d": "csv"}

# %%
check("03.2", answer)

# %% [markdown]
# ## 2. Partitions: many small files that are one table
#
# Thirteen years of real prices of five companies. A vendor sends one CSV file a ticker; we want Parquet, one folder a
# ticker and one a year in it. Then a question about Apple in 2005 opens one file of 54, and new data touches only
# the newest files. For now we load what was known on the last day of January 2013; February is still to come.
#
# By hand this is a loop. `lake.ingest` makes the same folders from the CSV files, checks each row on the way, and adds
# three columns: `source`, the CSV file's name; `ticker`; and `Year`. The last line opens one partition by its folder.

# %%
stocks = datasets.load_stocks()
january = stocks[stocks["Date"] < "2013-02-01"]
for (ticker, year), rows in january.groupby(["ticker", january["Date"].dt.year]):
    folder = HOME / "by_hand" / ticker / f"{ticker}_{year}"
    folder.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(folder / "part.0.parquet", index=False)

datasets.write_price_csvs(january, HOME / "january")
done = lake.ingest(HOME / "january", HOME / "stocks")
assert_frame_equal(lake.read(HOME / "by_hand"), lake.read(HOME / "stocks")[january.columns])
print(f"{done.rows_written:,} rows in {len(list((HOME / 'stocks').rglob('*.parquet')))} files")
lake.read(HOME / "stocks" / "AAPL" / "AAPL_2005", columns=["Date", "Close", "source", "ticker", "Year"]).tail(2)

# %% [markdown]
# ## 3. Lags and returns
#
# What did the price do since yesterday? That needs yesterday's price in today's row, a **lag**. In pandas it is one
# word, `shift`, which takes the value from the row above. The row above need not be yesterday.
#
# First mistake: shift the whole table. **Predict** how many of the 12,154 rows go wrong.

# %%
across = stocks["Close"].shift(1)
first_days = stocks.groupby("ticker").head(1)
first_days[["ticker", "Date", "Close"]].assign(lag=across, returns=(stocks["Close"] / across - 1).round(2))

# %% [markdown]
# Only four: the first day of each ticker but the very first, where the row above is the last price of another company.
# Nobody sees four rows, but one of them says that Google rose by 261 % on its first day. With `groupby` they are gone.
#
# Second mistake: take the file as it comes. Many vendors send the newest row first. Then the row above is *tomorrow*,
# also inside a ticker. What is that worth? A rule for IBM: "if the price is below its lag, buy at today's close and
# sell at tomorrow's". Once with the right lag, once with the lag of the newest-first file. **Predict** the winner.

# %%
ibm = stocks[stocks["ticker"] == "IBM"].set_index("Date")["Adj Close"]
newest_first = ibm[::-1]
next_return = ibm.shift(-1) / ibm - 1  # what a day's purchase earns: the outcome, never an input
lags = {"oldest first": ibm.shift(1), "newest first": newest_first.shift(1)[::-1]}

figure, axes = plt.subplots(figsize=(8, 3.5))
for (name, lag), colour, style in zip(lags.items(), ["#0072B2", "#D55E00"], ["-", "--"], strict=True):
    value = (1 + next_return.where(ibm < lag, 0)).cumprod()
    axes.plot(value, color=colour, linestyle=style, label=f"{name}: {value.dropna().iloc[-1]:,.0f} dollars")
axes.set(title="What one dollar becomes by the rule (IBM, real prices)", ylabel="dollars, on a log scale", yscale="log")
axes.legend()
plt.show()

# %% [markdown]
# Two lines from 2000 to 2013. The solid one, with the right lag, wavers around one dollar and ends at two. The dashed
# one rises through every crisis to hundreds of millions. No rule is that good: its "yesterday" was tomorrow, so it
# bought on the evening before each rise. A feature that looks into the future is a **leak**. The model shines until the
# day it is used.
#
# Done right, a lag sorts the dates **inside each ticker** and shifts there. Rows come in any order in real life, so we
# shuffle them on purpose. pandas puts each value back to its row by the index. `features.add_lags` does the same, and
# refuses what by hand would go wrong in silence: a missing date, or two rows for one ticker and day.

# %%
mixed = stocks.sample(frac=1, random_state=3)
lag = mixed.sort_values("Date").groupby("ticker")["Close"].shift(1)
by_hand = mixed.assign(Close_lag_1=lag)
assert_frame_equal(by_hand, features.add_lags(mixed, by="ticker"))

# %% [markdown]
# With lags, a **return** is one division: price now over price then, less one. Which price? `Close` is the price as
# traded. When Apple gave two shares for each old one, `Close` halved overnight and nobody lost a cent. `Adj Close` has
# that taken out. Below, the days on which the two disagree by more than 30 percentage points.

# %%
feat = features.add_lags(mixed, by="ticker", columns=["Close", "Adj Close"])
by_hand = feat.assign(returns=feat["Adj Close"] / feat["Adj_Close_lag_1"] - 1)
feat = features.add_returns(feat, by="ticker", price="Adj Close")
assert_frame_equal(by_hand, feat)

raw = feat["Close"] / feat["Close_lag_1"] - 1
feat.assign(raw=raw).loc[
    (raw - feat["returns"]).abs() > 0.3, ["ticker", "Date", "Close_lag_1", "Close", "raw", "returns"]
]

# %% [markdown]
# Two columns more. `hi_lo_range`, the day's highest price less its lowest, needs no other row. The mean of the last
# ten returns needs ten rows of the same ticker, in order, this one included; the first ten days have none, since a
# ticker's first day has no return.

# %%
feat = features.add_range(feat)
feat = features.add_rolling(feat, by="ticker", column="returns", window=10, statistic="mean")
feat[feat["ticker"] == "FB"].sort_values("Date")[["Date", "Close", "returns", "hi_lo_range", "returns_mean_10"]].iloc[
    8:13
]

# %% [markdown]
# ### Exercise 03.3: find the bug
#
# The vendor forgot June 2012 and sent it at the end: each file has all other days in order, then June. A colleague was
# warned about tickers, and the first three lines are what came of it.
#
# Which rows of `late` have a wrong `Close_lag_1`? **Predict** how many of the 12,154; then let the right lag tell.
# `answer` is a DataFrame with the columns `ticker` and `Date` of the wrong rows, in any order.

# %%
in_june = (stocks["Date"] >= "2012-06-01") & (stocks["Date"] < "2012-07-01")
late = pd.concat([stocks[~in_june], stocks[in_june]])
late["Close_lag_1"] = late.groupby("ticker")["Close"].shift(1)

prediction = ...
answer = ...
# solution
right = features.add_lags(late.drop(columns="Close_lag_1"), by="ticker")
wrong = late["Close_lag_1"].ne(right["Close_lag_1"]) & right["Close_lag_1"].notna()
answer = late.loc[wrong, ["ticker", "Date"]]
right.loc[wrong, ["ticker", "Date", "Close", "Close_lag_1"]].assign(colleague=late["Close_lag_1"])

# %%
check("03.3", answer)

# %% [markdown]
# Less than one row in a thousand: a look at a sample finds none of them. What they cost shows in the returns. For June
# 2012, the smallest, the largest and the standard deviation, a usual measure of risk, by the colleague's lag and in
# fact. Apple rises by 30 % in a day that never was, and looks several times as risky as it is:

# %%
late["colleague"] = late["Close"] / late["Close_lag_1"] - 1
late["fact"] = features.add_returns(stocks, by="ticker")["returns"]
late.tail(in_june.sum()).groupby("ticker")[["colleague", "fact"]].agg(["min", "max", "std"]).round(3)

# %% [markdown]
# ## 4. A delta month
#
# February arrives. Vendors send some old days again to be safe, so adding the folder as it is would store them twice.
# By hand: keep the rows whose ticker and date are not there yet.

# %%
arrived = stocks[stocks["Date"] >= "2013-01-28"]
stored = lake.read(HOME / "stocks")
new = arrived.merge(stored[["ticker", "Date"]], how="left_anti")
print(
    f"{len(arrived)} rows arrived, {len(new)} of them new, from {new['Date'].min():%d %B} to {new['Date'].max():%d %B}"
)

# %% [markdown]
# Real deliveries are also dirty. In ours, one volume is text, one line is cut off, and the prices of one old day differ
# from what the same vendor said in January. (We put these in, for you to see what becomes of them.)

# %%
february = HOME / "february"
datasets.write_price_csvs(arrived, february)
text = {name: (february / f"{name}.csv").read_text() for name in ("IBM", "MSFT", "AAPL")}
restated = text["AAPL"].splitlines()[3]  # 30 January
(february / "IBM.csv").write_text(text["IBM"].rsplit(",", 1)[0] + ",lots\n")
(february / "MSFT.csv").write_text(text["MSFT"][:-20])
(february / "AAPL.csv").write_text(text["AAPL"].replace(restated, restated.replace(",4", ",5")))
print(restated, *(february / "IBM.csv").read_text().splitlines()[-2:], sep="\n")

# %% [markdown]
# ### Exercise 03.4: add it, twice
#
# `lake.ingest` adds what is new, passes over what is there with the same values, and keeps aside what cannot be right.
# **Predict** three numbers before you run the cell: rows written, rows rejected, and rows written when the same folder
# is loaded again. `answer` holds the same three, as they came out.

# %%
prediction = (..., ..., ...)
first = lake.ingest(february, HOME / "stocks")
second = lake.ingest(february, HOME / "stocks")
answer = (..., ..., ...)
# solution
answer = (first.rows_written, first.rows_rejected, second.rows_written)
print(answer)

# %%
check("03.4", answer)

# %% [markdown]
# A rejected row is not lost. It waits in a file, with the file and line it came from, the reason, and its text:

# %%
for row in pd.read_csv(first.rejects).itertuples():
    print(f"{row.file}, line {row.line}: {row.reason}\n    {row.text}")

# %% [markdown]
# The vendor apologises and sends the folder again, without faults. The two lines come in, and the prices of 30 January
# were right all along. Now the table is what the real data says, row for row, by hand and by `lake`. (Had the *stored*
# prices been wrong, `restate=True` would let the new ones replace them.)

# %%
datasets.write_price_csvs(arrived, february)
print(lake.ingest(february, HOME / "stocks").rows_written, "rows written")
by_hand = pd.concat([stored[stocks.columns], new]).sort_values(["ticker", "Date"], ignore_index=True)
assert_frame_equal(by_hand, lake.read(HOME / "stocks")[stocks.columns])
assert_frame_equal(by_hand, stocks)

# %% [markdown]
# ## 5. Dask: first the plan, then the work
#
# A table that is larger than your memory still fits **partition by partition**. Dask is pandas on many partitions: it
# writes down what you ask for, as a graph of tasks, and does the work when you say `compute`.
#
# By hand, with `from_map`: a function that reads one partition, and a list of what to read. We let the function keep a
# diary, to see when it is called. `meta` is an empty frame with the right columns and types. Dask needs it to plan,
# since it has no rows yet to look at.

# %%
diary = []


def read_ticker(ticker, columns=None):
    diary.append((ticker, columns))
    return pd.read_parquet(HOME / "stocks" / ticker, columns=columns)


tickers = ["AAPL", "FB", "GOOG", "IBM", "MSFT"]
lazy = dd.from_map(read_ticker, tickers)
print("without meta:", diary)
diary.clear()
lazy = dd.from_map(read_ticker, tickers, meta=lake.read(HOME / "stocks" / "FB")[:0])
print("with meta:", diary)

# %% [markdown]
# Without a meta, Dask read Apple's whole folder to find out what the columns are. With a meta it read nothing. Now we
# ask for something. **Predict** what the diary says after the first line, and after the second.

# %%
volume = lazy["Volume"].sum()
print("planned: ", diary)
print("computed:", f"{volume.compute():,}", diary)
assert_frame_equal(lazy.compute(), lake.read(HOME / "stocks", engine="dask", partition_bytes=1).compute())

# %% [markdown]
# Five tickers, five calls, and look at the second half of each: `['Volume']`. We never said that we need no other
# column. Dask saw it in the graph and passed it on (**column projection**), and Parquet can skip the rest. And
# `lake.read(..., engine="dask")`, which we use from here on, is this `from_map` with a list of folders.
#
# ### Exercise 03.5: read the graph
#
# What was IBM's highest price each year? Don't compute it yet. **Predict** first:
#
# - `"partitions"`: of the five partitions, how many will be read?
# - `"columns"`: which columns will be read from each, as a list?
# - `"tasks"`: how many tasks does the optimised graph have? Dask melts steps on one partition into one task, and at
#   the end one task puts the parts together.
#
# Then look: `highest.optimize().pprint()` prints the plan, to be read from the last line upwards, and the graph is in
# `highest.optimize().__dask_graph__()`. The diary tells the rest after `highest.compute()`.

# %%
highest = lazy[lazy["ticker"] == "IBM"].groupby("Year")["High"].max()
prediction = {"partitions": ..., "columns": [...], "tasks": ...}
answer = {"partitions": ..., "columns": [...], "tasks": ...}
# solution
highest.optimize().pprint()
diary.clear()
highest.compute()
answer = {"partitions": len(diary), "columns": diary[0][1], "tasks": len(highest.optimize().__dask_graph__())}
print(answer)

# %%
check("03.5", answer)

# %% [markdown]
# ## 6. More rows, and more processes
#
# Five tickers fit anywhere. For size we take a **synthetic** market: made-up tickers that behave like real ones,
# including a crisis in spring 2020. 150 of them have 277,000 rows. Set `N_TICKERS = 5_400` for ten million rows, if you
# have some minutes, 2 GB of disk and 4 GB of memory to spare.
#
# `cluster.connect(workers=2)` starts two processes beside this notebook. Open the link: the dashboard shows each task
# as a coloured bar while it runs.

# %%
N_TICKERS = 150
datasets.write_price_csvs(datasets.make_prices(n_tickers=N_TICKERS), HOME / "price_csv")
lake.ingest(HOME / "price_csv", HOME / "prices")

client = cluster.connect(workers=2)
prices = lake.read(HOME / "prices", engine="dask")
print("Dashboard:", client.dashboard_link)
print(f"{len(prices):,} synthetic rows in {prices.npartitions} partitions")

# %% [markdown]
# Your own function runs on each partition with `map_partitions`. It sees an ordinary pandas frame. As meta we give what
# it makes of an empty frame; `groupby(...).apply`, which you will meet in assignment 1, wants a meta too. To compare,
# the first partition is enough.


# %%
def add_volume_lag(part):
    lag = part.sort_values("Date").groupby("ticker")["Volume"].shift(1)
    return part.assign(Volume_lag_1=lag)


by_hand = prices.map_partitions(add_volume_lag, meta=add_volume_lag(prices._meta))
ours = features.add_lags(prices, by="ticker", columns="Volume")
assert_frame_equal(by_hand.partitions[0].compute(), ours.partitions[0].compute())

# %% [markdown]
# It was right because a partition of the lake holds **whole tickers**. `from_pandas` just cuts the rows into equal
# heaps, and a ticker that is cut in two loses its yesterday at the cut. On the five real stocks in eight heaps there
# should be five missing lags, one for each first day. **Predict** what we find.

# %%
heaps = dd.from_pandas(stocks, npartitions=8)
cut = heaps.map_partitions(add_volume_lag, meta=add_volume_lag(stocks[:0])).compute()
whole_groups = features.add_lags(heaps, by="ticker", columns="Volume").compute()
print("missing lags by hand:", cut["Volume_lag_1"].isna().sum())
print("missing lags with features.add_lags:", whole_groups["Volume_lag_1"].isna().sum())

# %% [markdown]
# `features` looks at the tickers first, the only column that it reads ahead. Where one is split, it brings the rows
# together: a **shuffle**, the dearest thing in Dask.
#
# From here on, mlsd only. We want returns, and the standard deviation of the last ten, which says how nervous a ticker
# is. Both are a plan as yet. `persist` does the work and leaves the result in the workers' memory, partition by
# partition; without it, every question would start again at the files. **Predict** which question takes longer.

# %%
feat = features.add_returns(prices, by="ticker", price="Adj Close")
feat = features.add_rolling(feat, by="ticker", column="returns", window=10, statistic="std")
kept = feat.persist()
print(f"{len(kept):,} rows and {kept.shape[1]} columns in the workers' memory")
print(f"mean return, from the files: {seconds(feat['returns'].mean().compute):.2f} s")
print(f"mean return, from memory:    {seconds(kept['returns'].mean().compute):.2f} s")

# %% [markdown]
# Of all those rows only a mean a day comes back to the notebook. The picture shows it from 2014 to 2021: a line that
# wanders between one and two per cent, then one high peak above seven in March 2020, and a slow way down.

# %%
nervous = kept.groupby("Date")["returns_std_10"].mean().compute().sort_index()
axes = nervous.mul(100).plot(figsize=(8, 3.2), color="#0072B2")
title = f"How nervous {N_TICKERS:,} tickers are (synthetic prices)"
axes.set(title=title, xlabel="", ylabel="10-day standard\ndeviation, % a day")
plt.show()

# %% [markdown]
# We close the client, which ends the two processes, and remove the folder.

# %%
client.close()
shutil.rmtree(HOME)

# %% [markdown]
# ## What you take with you
#
# 1. **Format.** Parquet was about a sixth of the CSV, keeps the types, and reads one column without the others: it is
#    column-major. One row at a time is a database's work, and text is for people and for passing on. Measure with your
#    own table; bytes and types hold everywhere, seconds only where you measured.
# 2. **Partitions.** A folder of small files is one table. A delta load adds what is new, may be repeated, and keeps
#    the bad rows aside with file, line and reason.
# 3. **Lags.** Group by ticker, sort by date inside, then shift. One of the two left out costs four rows, ten rows, or a
#    fortune on paper, and no error message.
# 4. **Dask.** Nothing happens until `compute` or `persist`. The graph tells which partitions and columns will be read;
#    `meta` tells Dask what comes out; groups must lie whole in a partition.
#
# In assignment 1 you build such features yourself, with Dask, on the large price table. You have met every column of
# it here.
