# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 1: features from Parquet files
#
# You have daily prices of many tickers, in hundreds of small Parquet files. You read them with Dask, add features for
# each ticker, and finish in pandas. Lab 03 did all of this in small steps; keep it open.
#
# **Before you start**, run `mlsd data` once in a terminal. It makes the prices and a file `.env` that says where they
# are. The prices are synthetic: made-up tickers that behave like real ones.
#
# ## How it is marked
#
# There are 12 criteria with 1 point each, 12 points in all. Under each task stand the criteria that it earns, such as
# `loads_env` (1 point) for task 1. Half an answer earns part of a point:
# [assignment_1_rubric.toml](assignment_1_rubric.toml) says for what. From 60 % of the points the assignment is
# *Complete*, below that *Incomplete*. So hand in what you have.
#
# Add as many cells as you like. Keep the names that the tasks give, and make sure that the notebook runs from top to
# bottom after *Restart and run all*.

# %% [markdown]
# ## 1. Settings
#
# Load the environment variables from `.env` with dotenv. In a notebook, two magics do it: `%load_ext dotenv`, then
# `%dotenv`. The file lies in the project's folder; dotenv looks for it from here upwards.
#
# **Points:** `loads_env` (1 point) for loading `.env` before a variable is used.

# %%
# Write your code here.
# solution
# Published with the course, for practice and as the example. A cohort's own solution lies in its private place.
# %load_ext dotenv
# %dotenv

# %% [markdown]
# ## 2. Find the files
#
# 1. Import `dask.dataframe`, usually as `dd`, and whatever else you need.
# 2. Read the environment variable `PRICE_DATA`. Don't type the path itself: on the next machine it is another one.
# 3. With `glob`, list **all** Parquet files below that folder. They lie at `<TICKER>/<TICKER>_<YEAR>/part.0.parquet`.
#
# **Points:** `imports_dask` (1 point), `reads_price_data_env` (1 point), `globs_parquet` (1 point). Print how many
# files you found: an empty list raises no error here, but later.

# %%
# Write your code here.
# solution
import os
from glob import glob

import dask.dataframe as dd

PRICE_DATA = os.getenv("PRICE_DATA")
price_files = sorted(glob(os.path.join(PRICE_DATA, "**", "*.parquet"), recursive=True))
print(len(price_files), "files")

# %% [markdown]
# ## 3. Features, with Dask
#
# Read the files with Dask. Then add, **for each ticker** and in the order of `Date`:
#
# - `Close_lag_1` and `Adj_Close_lag_1`: the day before's `Close` and `Adj Close`;
# - `returns`: `Close / Close_lag_1 - 1`;
# - `hi_lo_range`: the day's `High` less its `Low`.
#
# Assign the result to `dd_feat`, with the columns `ticker` (as a column or as the index) and `Date` still in it.
#
# A ticker's first day has no day before, so its lags and its return are missing. That is the only gap: each year is a
# file of its own, and the first day of January needs the last price of December. And a lag never comes from another
# ticker.
#
# **Points:**
#
# - `groupby_ticker` (1 point): the lags are made with `groupby("ticker")`, and none crosses from one ticker to another;
# - `returns` (1 point): both lags and `returns` have the right values;
# - `hi_lo_range` (1 point): its values are right;
# - `dask_not_pandas` (1 point): all of it happens in Dask, and `dd_feat` is a Dask data frame. `compute()` comes in
#   task 4. (A look at a few rows with pandas is fine.)
#
# *A tip:* `groupby(...).apply(...)` wants a `meta`. What your function makes of an empty frame will do: `frame._meta`.

# %%
dd_feat = ...


# solution
def add_features(prices):
    prices = prices.sort_values("Date")
    prices = prices.assign(
        Close_lag_1=prices["Close"].shift(1),
        Adj_Close_lag_1=prices["Adj Close"].shift(1),
    )
    return prices.assign(
        returns=prices["Close"] / prices["Close_lag_1"] - 1,
        hi_lo_range=prices["High"] - prices["Low"],
    )


# As the index, `ticker` stays in the frames that apply hands over, and all years of a ticker come together.
dd_px = dd.read_parquet(price_files).set_index("ticker")
dd_feat = dd_px.groupby("ticker", group_keys=False).apply(add_features, meta=add_features(dd_px._meta))

# %% [markdown]
# ## 4. A moving average, with pandas
#
# 1. Turn `dd_feat` into a pandas data frame with `compute()`. Give it a name of its own; `dd_feat` stays as it is.
# 2. Add a column with the moving average of `returns` over 10 days, this day included, again for each ticker and in the
#    order of `Date`. `.rolling(10).mean()` is one way. Whether a ticker's first days stay missing or begin with fewer
#    days is up to you.
#
# **Points:**
#
# - `compute_to_pandas` (1 point): the pandas data frame comes from `dd_feat` by `compute()`;
# - `moving_average` (1 point): the column is there, with a window of 10 rows, and its values are right;
# - `moving_average_by_ticker` (1 point): it uses `groupby("ticker")`, so that no window holds days of two tickers.

# %%
feat = ...
# solution
feat = dd_feat.compute().reset_index().sort_values(["ticker", "Date"], ignore_index=True)
average = feat.groupby("ticker")["returns"].rolling(10).mean()
feat["returns_ma_10"] = average.reset_index(level="ticker", drop=True)
feat[["ticker", "Date", "Close", "returns", "hi_lo_range", "returns_ma_10"]].tail()

# %% [markdown]
# ## 5. Two comments
#
# In a few sentences of your own:
#
# 1. Was it necessary to go to pandas for the moving average?
# 2. Would it have been better to stay with Dask? Why, or why not?
#
# **Points:** `comments` (1 point), half for each question with a reason. There is more than one good answer. A person
# reads it.

# %% [markdown]
# *Write your answer here: double-click, and replace this line.*

# %% [markdown] tags=["solution"]
# 1. No. A moving average needs the last ten rows of one ticker and nothing else. Dask has brought the rows of each
#    ticker together for the lags already, so `rolling` could stand in the same function, `add_features`.
# 2. It depends on the size. These prices fit into memory many times over, and pandas is simpler and quicker once
#    they are there. With a table that is larger than the memory, `compute()` fails, and Dask is the only way. Even here
#    it would have saved a step: one shuffle, one function, and one `compute()` at the end. (For anyone who marks this:
#    what counts is the reason. "Necessary, because Dask's own `groupby.rolling` behaves differently" earns the point
#    too.)

# %% [markdown]
# ## Hand in
#
# - Branch: `assignment-1`. The pull request changes this notebook only: no data, no `.env`.
# - Answer the questions of the pull request's template, and open its link in a private browser window to see that
#   others can read it.
# - The deadline is in your cohort's schedule.
