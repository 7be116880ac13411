"""Answers to lab 03's questions, each worked out in another way than the check does."""

import numpy as np
import pandas as pd

from mlsd import datasets

# 03.3: day by day, each ticker's own list of days

stocks = datasets.load_stocks()
keys = ["ticker", "Date"]
month = stocks["Date"].dt.to_period("M").astype(str)
days = {ticker: list(rows["Date"]) for ticker, rows in stocks.groupby("ticker")}
after_gap = {ticker: min(day for day in dates if str(day) >= "2012-07") for ticker, dates in days.items()}
june_first = {ticker: min(day for day in dates if str(day) >= "2012-06") for ticker, dates in days.items()}


def table(*days_by_ticker):
    return pd.DataFrame([pair for days in days_by_ticker for pair in days.items()], columns=keys)


firsts = table({ticker: dates[0] for ticker, dates in days.items()})
wrong = table(june_first, after_gap)

# 03.5: the diary of a Dask frame of one ticker a partition

plan = {"partitions": 5, "columns": ["High", "ticker", "Year"], "tasks": 6}

CASES = {
    "03.1": {
        "right": [{"size": 6.14, "column": 0.0605}, {"size": np.float64(6.1), "column": np.float64(0.061), "more": 1}],
        "wrong": [
            ({"size": 0.163, "column": 0.0605}, "divided the small file by the large one"),
            ({"size": 30.3, "column": 0.0605}, "how many megabytes larger"),
            ({"size": 4.1, "column": 0.0605}, "without compression"),
            ({"size": 4.97, "column": 0.0605}, "Parquet with snappy"),
            ({"size": 6.14, "column": 0.05}, "columns differ in size"),
            ({"size": 6.14, "column": 6.05}, "in per cent"),
            ({"size": 6.14, "column": 0.00985}, "divided by the CSV file"),
            ({"size": 6.14, "column": 1}, "the rest can be skipped"),
            ({"size": 6.14}, "expected a dict with the numbers 'size' and 'column'"),
            (6.14, "expected a dict with the numbers 'size' and 'column', got 6.14"),
        ],
    },
    "03.2": {
        "right": [
            {"a": "parquet", "b": "jsonl", "c": "sqlite", "d": "csv"},
            {"a": "Parquet", "b": "JSONL", "c": "SQLite ", "d": "CSV"},
        ],
        "wrong": [
            ({"a": "sqlite", "b": "jsonl", "c": "parquet", "d": "csv"}, "skip the other 397"),
            ({"a": "parquet", "b": "csv", "c": "sqlite", "d": "jsonl"}, "no two have the same fields"),
            ({"a": "parquet", "b": "jsonl", "c": "csv", "d": "sqlite"}, "an index and transactions"),
            ({"a": "parquet", "b": "jsonl", "c": "sqlite", "d": "parquet"}, "a human with a spreadsheet"),
            ({"a": "parquet", "b": "json", "c": "sqlite", "d": "csv"}, "the values are 'csv', 'jsonl'"),
            (["parquet", "jsonl", "sqlite", "csv"], "expected a dict"),
        ],
    },
    "03.3": {
        "right": [wrong, wrong.sample(frac=1, random_state=1).assign(Close=1.0)],
        "wrong": [
            (pd.concat([wrong, firsts]), "a missing value is never equal to another"),
            (table(june_first), "what takes a day of May"),
            (table(after_gap), "And June itself?"),
            (stocks.loc[month == "2012-06", keys], "inside June the row above is yesterday"),
            (firsts, "The colleague grouped"),
            (stocks[keys], "Compare the colleague's lag"),
            (wrong.set_index("ticker"), "it is in the index"),
            (10, "expected a DataFrame with columns ticker, Date, got 10"),
        ],
    },
    "03.4": {
        "right": [(98, 3, 0), [98, 3, 0], (np.int64(98), 3, 0)],
        "wrong": [
            ((100, 3, 0), "Two of the new rows are broken"),
            ((100, 2, 0), "the restated price is kept aside as well"),
            ((98, 2, 0), "restate=True"),
            ((117, 3, 0), "passed over"),
            ((118, 2, 0), "passed over"),
            ((98, 3, 98), "a load may be repeated"),
            ((0, 3, 0), "Run all cells from the top"),
            ((1, 2, 3), "Take first.rows_written"),
            (98, "expected a tuple, got 98"),
        ],
    },
    "03.5": {
        "right": [plan, plan | {"columns": ("Year", "High", "ticker")}, plan | {"tasks": np.int64(6)}],
        "wrong": [
            (plan | {"partitions": 1}, "Dask cannot know"),
            (plan | {"partitions": 0}, "Planning reads nothing"),
            (plan | {"columns": ["High"]}, "The filter looks at `ticker`"),
            (plan | {"columns": ["High", "ticker"]}, "`groupby` looks at `Year`"),
            (plan | {"columns": [*stocks.columns, "source", "Year"]}, "Nobody asks for Adj Close, Close, Date"),
            (plan | {"columns": "High"}, "a list of columns"),
            (plan | {"tasks": 36}, "Dask optimises before it works"),
            (plan | {"tasks": 5}, "who puts their results together"),
            (plan | {"tasks": 1}, "a task of its own"),
            (6, "expected a dict with the number 'partitions'"),
        ],
    },
}
