"""Submissions of assignment 1: the reference solution, edited, each with the mark that a person would give.

An edit names one of the solution's four code cells, or its comments, or adds cells at the end (``more``)::

    ## returns 0.75 | name | words of the reason, hint or notes | cause: only read | also: moving_average 0
    features:
    - text of the cell          a piece that goes
    + other text                what takes its place
    pandas:
    = all of the cell           instead of the whole cell

Criteria that a case does not name keep their full mark, so each case also says that a mistake is punished once.
"""

import json
import re
from dataclasses import dataclass, field
from itertools import groupby

from mlsd import settings

SOLUTION = settings.root() / "03_instructional_team" / "solutions" / "assignment_1.ipynb"
CELLS = ("settings", "files", "features", "pandas")
PIECES = {
    "GLOB": 'glob(os.path.join(PRICE_DATA, "**", "*.parquet"), recursive=True)',
    "RATIO": 'prices["Close"] / prices["Close_lag_1"] - 1',
    "RETURNS": '        returns=prices["Close"] / prices["Close_lag_1"] - 1,\n',
    "RANGE": 'prices["High"] - prices["Low"]',
    "DD_FEAT": """dd_px = dd.read_parquet(price_files).set_index("ticker")
dd_feat = dd_px.groupby("ticker", group_keys=False).apply(add_features, meta=add_features(dd_px._meta))""",
    "AVERAGE": """average = feat.groupby("ticker")["returns"].rolling(10).mean()
feat["returns_ma_10"] = average.reset_index(level="ticker", drop=True)""",
    "IN_PANDAS": """px["Close_lag_1"] = px.groupby("ticker")["Close"].shift(1)
px["Adj_Close_lag_1"] = px.groupby("ticker")["Adj Close"].shift(1)
px["returns"] = px["Close"] / px["Close_lag_1"] - 1
px["hi_lo_range"] = px["High"] - px["Low"]""",
    "SHIFTED": """dd_px["Close_lag_1"] = dd_px["Close"].shift(1)
dd_px["Adj_Close_lag_1"] = dd_px["Adj Close"].shift(1)
dd_px["returns"] = dd_px["Close"] / dd_px["Close_lag_1"] - 1
dd_px["hi_lo_range"] = dd_px["High"] - dd_px["Low"]
dd_feat = dd_px""",
}

SUBMISSIONS = r"""
## loads_env 1 | load_dotenv | dotenv is loaded
settings:
= from dotenv import load_dotenv
= load_dotenv()

## loads_env 1 | find_dotenv
settings:
= import dotenv
= dotenv.load_dotenv(dotenv.find_dotenv(usecwd=True))

## loads_env 1 | magics with remarks
settings:
= %load_ext dotenv  # settings
= %dotenv  # from .env

## loads_env 1 | a path that is not here | is not here
settings:
= %load_ext dotenv
= %dotenv C:\Users\me\course\.env

## loads_env 1 | dotenv_values
settings:
= from dotenv import dotenv_values
= config = dotenv_values()
files:
- os.getenv("PRICE_DATA")
+ config["PRICE_DATA"]

## loads_env 0.5 | only the extension | never called
settings:
= %load_ext dotenv

## loads_env 0.5 | only the magic | extension was not loaded
settings:
= %dotenv

## loads_env 0.5 | loaded too late | after the variable was read
settings: deleted
files:
- os.getenv("PRICE_DATA")
+ os.getenv("PRICE_DATA")
+ from dotenv import load_dotenv
+ load_dotenv()

## loads_env 0 | not loaded | not loaded
settings: deleted

## loads_env 0 | only a remark on dotenv | not loaded
settings:
= # %load_ext dotenv
= # %dotenv

## loads_env 0 | imported, not called | not loaded
settings:
= from dotenv import load_dotenv

## imports_dask 1 | from dask import
files:
- import dask.dataframe as dd
+ from dask import dataframe as dd

## imports_dask 1 | under another name | any name
files:
- import dask.dataframe as dd
+ import dask.dataframe as ddf
features:
- dd.read_parquet
+ ddf.read_parquet

## imports_dask 0.5 | only dask | Another part
files:
- import dask.dataframe as dd
+ import dask
features:
- dd.read_parquet
+ dask.dataframe.read_parquet

## imports_dask 0.5 | only a client | Another part | also: dask_not_pandas 0, compute_to_pandas 0.5
files:
- import dask.dataframe as dd
+ from dask.distributed import Client
features:
= import pandas as pd
= px = pd.concat([pd.read_parquet(file) for file in price_files]).sort_values(['ticker', 'Date'])
= <IN_PANDAS>
pandas:
- dd_feat.compute().reset_index()
+ px

## imports_dask 0 | pandas alone | not imported | also: dask_not_pandas 0, compute_to_pandas 0.5
files:
- import dask.dataframe as dd
+
features:
= import pandas as pd
= px = pd.concat([pd.read_parquet(file) for file in price_files]).sort_values(['ticker', 'Date'])
= <IN_PANDAS>
pandas:
- dd_feat.compute().reset_index()
+ px

## imports_dask 0 | the import is a remark | not imported
files:
- import dask.dataframe as dd
+ # import dask.dataframe as dd

## imports_dask 1 | a dead import above | cause: only read
files:
- import os
+ import my_own_helpers
+ import os

## reads_price_data_env 1 | environ
files:
- os.getenv("PRICE_DATA")
+ os.environ["PRICE_DATA"]

## reads_price_data_env 1 | environ.get with a default
files:
- os.getenv("PRICE_DATA")
+ os.environ.get("PRICE_DATA", "../../05_src/data/prices")

## reads_price_data_env 1 | as a Path
files:
- os.getenv("PRICE_DATA")
+ Path(os.getenv("PRICE_DATA"))
- import os
+ import os
+ from pathlib import Path

## reads_price_data_env 0.5 | read and not used | typed
files:
- <GLOB>
+ glob("../../05_src/data/prices/**/*.parquet", recursive=True)

## reads_price_data_env 0.5 | read and typed over | typed
files:
- os.getenv("PRICE_DATA")
+ os.getenv("PRICE_DATA")
+ PRICE_DATA = "../../05_src/data/prices/"

## reads_price_data_env 0.5 | set by the notebook | itself has set it
files:
- PRICE_DATA = os.getenv("PRICE_DATA")
+ os.environ["PRICE_DATA"] = "../../05_src/data/prices"
+ PRICE_DATA = os.getenv("PRICE_DATA")

## reads_price_data_env 0 | typed | not read
files:
- os.getenv("PRICE_DATA")
+ "../../05_src/data/prices"

## reads_price_data_env 0 | typed, from another machine | not read
files:
- os.getenv("PRICE_DATA")
+ r"C:\Users\me\course\05_src\data\prices"

## reads_price_data_env 0 | another variable | PRICES_DATA is read
files:
- os.getenv("PRICE_DATA")
+ os.getenv("PRICES_DATA")

## globs_parquet 1 | three stars | every Parquet file
files:
- <GLOB>
+ glob(os.path.join(PRICE_DATA, "*/*/*.parquet"))

## globs_parquet 1 | part.0
files:
- <GLOB>
+ glob(PRICE_DATA + "/*/*/part.0.parquet")

## globs_parquet 1 | rglob
files:
- <GLOB>
+ __import__("pathlib").Path(PRICE_DATA).rglob("*.parquet")

## globs_parquet 1 | iglob
files:
- from glob import glob
+ import glob
- <GLOB>
+ glob.iglob(f"{PRICE_DATA}/**/*.parquet", recursive=True)

## globs_parquet 1 | as lists of strings
files:
- <GLOB>
+ [str(file) for file in Path(PRICE_DATA).glob("**/*.parquet")]
settings:
= %load_ext dotenv
= %dotenv
= from pathlib import Path

## globs_parquet 0.5 | two levels | finds no file
files:
- <GLOB>
+ glob(os.path.join(PRICE_DATA, "*/*.parquet"))

## globs_parquet 0.5 | flat | finds no file
files:
- <GLOB>
+ glob(PRICE_DATA + "/*.parquet")

## globs_parquet 0.5 | two stars without recursive | finds no file
files:
- <GLOB>
+ glob(os.path.join(PRICE_DATA, "**/*.parquet"))

## globs_parquet 0.5 | one year | of 17 files
files:
- <GLOB>
+ glob(os.path.join(PRICE_DATA, "*/*_2019/*.parquet"))

## globs_parquet 0.5 | os.walk | without glob
files:
- <GLOB>
+ [os.path.join(at, name) for at, _, names in os.walk(PRICE_DATA) for name in names if name.endswith("parquet")]

## globs_parquet 0.5 | a pattern for Dask | makes no list
files:
- <GLOB>
+ ''
features:
- dd.read_parquet(price_files)
+ dd.read_parquet(PRICE_DATA + "/*/*/*.parquet")

## globs_parquet 0 | the whole folder | not used
files:
- <GLOB>
+ ''
features:
- dd.read_parquet(price_files)
+ dd.read_parquet(PRICE_DATA)

## groupby_ticker 1 | by source
features:
- ticker
+ source
pandas:
- .reset_index()
+

## groupby_ticker 1 | one after the other | not seen
features:
- <DD_FEAT>
+ dd_px = dd.read_parquet(price_files)
+ parts = [add_features(dd_px[dd_px['ticker'] == name]) for name in dd_px['ticker'].unique().compute()]
+ dd_feat = dd.concat(parts)
pandas:
- .reset_index()
+

## groupby_ticker 1 | a mask at each seam
features:
= dd_px = dd.read_parquet(price_files).repartition(npartitions=1)
= dd_px = dd_px.map_partitions(lambda part: part.sort_values(['ticker', 'Date']))
= dd_px['Close_lag_1'] = dd_px['Close'].shift(1).where(dd_px['ticker'] == dd_px['ticker'].shift(1))
= dd_px['Adj_Close_lag_1'] = dd_px['Adj Close'].shift(1).where(dd_px['ticker'] == dd_px['ticker'].shift(1))
= dd_px['returns'] = dd_px['Close'] / dd_px['Close_lag_1'] - 1
= dd_px['hi_lo_range'] = dd_px['High'] - dd_px['Low']
= dd_feat = dd_px
pandas:
- .reset_index()
+

## groupby_ticker 1 | shift of the groups
features:
- .apply(add_features, meta=add_features(dd_px._meta))
+ .apply(lambda one: one.sort_values('Date'), meta=dd_px._meta)
+
+
+ def shifted(part):
+     lags = part.groupby("ticker")[["Close", "Adj Close"]].shift(1)
+     part = part.assign(Close_lag_1=lags["Close"].to_numpy(), Adj_Close_lag_1=lags["Adj Close"].to_numpy())
+     return part.assign(returns=part["Close"] / part["Close_lag_1"] - 1, hi_lo_range=part["High"] - part["Low"])
+
+
+ dd_feat = dd_feat.map_partitions(shifted)

## groupby_ticker 0 | across tickers | from another ticker
features:
= dd_px = dd.read_parquet(price_files).repartition(npartitions=1)
= dd_px = dd_px.map_partitions(lambda part: part.sort_values(['ticker', 'Date']))
= <SHIFTED>
pandas:
- .reset_index()
+

## groupby_ticker 0.5 | grouped, then across | from another ticker
features:
= dd_px = dd.read_parquet(price_files).set_index('ticker')
= in_order = dd_px.groupby('ticker', group_keys=False).apply(lambda one: one.sort_values('Date'), meta=dd_px._meta)
= dd_px = in_order.repartition(npartitions=1)
= <SHIFTED>

## groupby_ticker 0.5 | by ticker and year | begins anew | also: returns 0.5
features:
- groupby("ticker"
+ groupby(["ticker", "Year"]
- .set_index("ticker")
+
pandas:
- .reset_index()
+

## groupby_ticker 0 | each file for itself | begins anew | also: returns 0.5
features:
- dd_px.groupby("ticker", group_keys=False).apply(add_features, meta=add_features(dd_px._meta))
+ dd_px.map_partitions(add_features)
- .set_index("ticker")
+
pandas:
- .reset_index()
+

## groupby_ticker 0 | by year alone | another ticker | also: returns 0.25
features:
- groupby("ticker"
+ groupby("Year"
- .set_index("ticker")
+ .set_index("Year")
pandas:
- .reset_index()
+

## groupby_ticker 0 | interleaved | another ticker | also: returns 0.25
features:
= dd_px = dd.read_parquet(price_files).repartition(npartitions=1)
= dd_px = dd_px.map_partitions(lambda part: part.sort_values(['Date', 'ticker']))
= <SHIFTED>
pandas:
- .reset_index()
+

## returns 1 | older names | 'Return'
features:
- Adj_Close_lag_1=
+ Adj_Close_lag=
-  Close_lag_1=
+  Close_lag=
- "Close_lag_1"
+ "Close_lag"
- returns=
+ Return=
pandas:
- "returns"
+ "Return"

## returns 1 | of Adj Close | older text
features:
- <RATIO>
+ prices["Adj Close"] / prices["Adj_Close_lag_1"] - 1

## returns 1 | pct_change
features:
- <RATIO>
+ prices["Close"].pct_change()

## returns 1 | first days filled
features:
- <RATIO>
+ (prices["Close"] / prices["Close_lag_1"] - 1).fillna(0)

## returns 1 | first days dropped
features:
- add_features(dd_px._meta))
+ add_features(dd_px._meta)).dropna()

## returns 0.75 | one lag | wrong: Adj_Close_lag_1
features:
-         Adj_Close_lag_1=prices["Adj Close"].shift(1),
+

## returns 0.75 | both lags of Close | wrong: Adj_Close_lag_1
features:
- prices["Adj Close"].shift(1)
+ prices["Close"].shift(1)

## returns 0.5 | no lags | wrong: Close_lag_1 and Adj_Close_lag_1
features:
-         Close_lag_1=prices["Close"].shift(1),
+
-         Adj_Close_lag_1=prices["Adj Close"].shift(1),
+
- <RATIO>
+ prices["Close"].pct_change()

## returns 0.5 | a difference | difference
features:
- <RATIO>
+ prices["Close"] - prices["Close_lag_1"]

## returns 0.5 | a logarithm | logarithm
features:
- <RATIO>
+ (prices["Close"] / prices["Close_lag_1"]).map(__import__("math").log)

## returns 0.5 | per cent | per cent
features:
- <RATIO>
+ 100 * (prices["Close"] / prices["Close_lag_1"] - 1)

## returns 0.5 | turned round | lag / price
features:
- <RATIO>
+ prices["Close_lag_1"] / prices["Close"] - 1

## returns 0.5 | ratio | ratio
features:
- <RATIO>
+ prices["Close"] / prices["Close_lag_1"]

## returns 0.5 | no returns | no returns
features:
- <RETURNS>
+
pandas:
- <AVERAGE>
+ daily = feat.groupby("ticker")["Close"].pct_change()
+ feat["returns_ma_10"] = daily.groupby(feat["ticker"]).transform(lambda one: one.rolling(10).mean())
- "returns",
+

## returns 0.25 | from tomorrow | day after
features:
- shift(1)
+ shift(-1)

## returns 0.25 | two days before | earlier Close
features:
- shift(1)
+ shift(2)

## returns 0.5 | in the order in which Dask's shuffle leaves the rows | as they lie
features:
-     prices = prices.sort_values("Date")
+
pandas:
- .sort_values(["ticker", "Date"], ignore_index=True)
+

## returns 0.5 | in another order | not Date
features:
- sort_values("Date")
+ sort_values("Volume")

## returns 0 | only the range | neither | also: groupby_ticker 0, moving_average 0, moving_average_by_ticker 0
features:
-         Close_lag_1=prices["Close"].shift(1),
+
-         Adj_Close_lag_1=prices["Adj Close"].shift(1),
+
- <RETURNS>
+
pandas:
= feat = dd_feat.compute()

## hi_lo_range 1 | another name | 'Hi_lo_range'
features:
- hi_lo_range=
+ Hi_lo_range=
pandas:
- "hi_lo_range",
+

## hi_lo_range 1 | absolute
features:
- <RANGE>
+ (prices["High"] - prices["Low"]).abs()

## hi_lo_range 0.5 | sign | Low - High
features:
- <RANGE>
+ prices["Low"] - prices["High"]

## hi_lo_range 0.5 | by Close | / Close
features:
- <RANGE>
+ (prices["High"] - prices["Low"]) / prices["Close"]

## hi_lo_range 0.5 | a ratio of both | High / Low
features:
- <RANGE>
+ prices["High"] / prices["Low"]

## hi_lo_range 0.5 | High of the day before | not High - Low
features:
- <RANGE>
+ prices["High"].shift(1) - prices["Low"]

## hi_lo_range 0 | Close less Open | not High - Low
features:
- <RANGE>
+ prices["Close"] - prices["Open"]

## hi_lo_range 0 | no range | no such column
features:
-         hi_lo_range=prices["High"] - prices["Low"],
+
pandas:
- "hi_lo_range",
+

## dask_not_pandas 1 | one chain
features:
- dd_px.groupby("ticker", group_keys=False).apply(add_features, meta=add_features(dd_px._meta))
+ dd_px.groupby("ticker", group_keys=False).apply(add_features, meta=add_features(dd_px._meta)).compute()
pandas:
- dd_feat.compute()
+ dd_feat

## dask_not_pandas 1 | bound again
pandas:
- feat = dd_feat.compute()
+ dd_feat = dd_feat.compute()
+ feat = dd_feat

## dask_not_pandas 1 | a look with pandas
features:
- dd_px = dd
+ import pandas as pd
+ print(pd.read_parquet(price_files[0]).head())
+ dd_px = dd

## dask_not_pandas 1 | prices from pandas
settings:
= %load_ext dotenv
= %dotenv
= import pandas as pd
features:
- dd.read_parquet(price_files)
+ dd.from_pandas(pd.concat([pd.read_parquet(file) for file in price_files]), npartitions=3)

## dask_not_pandas 1 | another name than dd_feat | not dd_feat
features:
- dd_feat = dd
+ features = dd
pandas:
- dd_feat
+ features

## dask_not_pandas 0.5 | range after compute | Made in pandas: range
features:
-         hi_lo_range=prices["High"] - prices["Low"],
+
pandas:
- average =
+ feat['hi_lo_range'] = feat['High'] - feat['Low']
+ average =

## dask_not_pandas 0.5 | only lags in Dask | Made in Dask: lags
features:
- <RETURNS>
+
-         hi_lo_range=prices["High"] - prices["Low"],
+
pandas:
- average =
+ feat['hi_lo_range'] = feat['High'] - feat['Low']
+ feat['returns'] = feat['Close'] / feat['Close_lag_1'] - 1
+ average =

## dask_not_pandas 0 | computed first | in pandas
features:
= px = dd.read_parquet(price_files).compute()
= px = px.sort_values(['ticker', 'Date'])
= <IN_PANDAS>
pandas:
- dd_feat.compute().reset_index()
+ px

## dask_not_pandas 0 | Dask at the end | in pandas
features:
= import pandas as pd
= px = pd.concat([pd.read_parquet(file) for file in price_files]).sort_values(['ticker', 'Date'])
= <IN_PANDAS>
= dd_feat = dd.from_pandas(px, npartitions=2)

## dask_not_pandas 0 | pandas throughout | in pandas | also: compute_to_pandas 0.5
features:
= import pandas as pd
= px = pd.concat([pd.read_parquet(file) for file in price_files]).sort_values(['ticker', 'Date'])
= <IN_PANDAS>
pandas:
- dd_feat.compute().reset_index()
+ px

## compute_to_pandas 1 | dask.compute
pandas:
- dd_feat.compute()
+ __import__('dask').compute(dd_feat)[0]

## compute_to_pandas 1 | one ticker after the other
settings:
= %load_ext dotenv
= %dotenv
= import pandas as pd
pandas:
- dd_feat.compute()
+ pd.concat([dd_feat.partitions[n].compute() for n in range(dd_feat.npartitions)])

## compute_to_pandas 1 | some columns
pandas:
- dd_feat.compute()
+ dd_feat[["Date", "Close", "returns", "hi_lo_range"]].compute()

## compute_to_pandas 0.5 | head | Only a part
pandas:
- dd_feat.compute()
+ dd_feat.head(500, npartitions=-1)

## compute_to_pandas 0.5 | one partition | Only a part
pandas:
- dd_feat.compute()
+ dd_feat.partitions[0].compute()

## compute_to_pandas 0.5 | files read again | does not come from
settings:
= %load_ext dotenv
= %dotenv
= import pandas as pd
pandas:
- dd_feat.compute().reset_index()
+ pd.concat([pd.read_parquet(file) for file in price_files])
- average =
+ feat['returns'] = feat.groupby('ticker')['Close'].pct_change()
+ average =
- "hi_lo_range",
+

## compute_to_pandas 0.5 | computed and forgotten | no name | also: moving_average 0, moving_average_by_ticker 0
pandas:
= dd_feat.compute()

## compute_to_pandas 0 | not computed | no pandas data frame | also: moving_average 0, moving_average_by_ticker 0
pandas:
= dd_feat.head()

## compute_to_pandas 0 | persist | no pandas data frame | also: moving_average 0, moving_average_by_ticker 0
pandas:
= feat = dd_feat.persist()

## moving_average 1 | transform
pandas:
- <AVERAGE>
+ feat["returns_ma_10"] = feat.groupby("ticker")["returns"].transform(lambda one: one.rolling(10).mean())

## moving_average 1 | fewer days at first
pandas:
- <AVERAGE>
+ feat["returns_ma_10"] = feat.groupby("ticker")["returns"].transform(lambda one: one.rolling(10, min_periods=1).mean())

## moving_average 1 | first days filled with 0
pandas:
- <AVERAGE>
+ feat["returns_ma_10"] = feat.groupby("ticker")["returns"].transform(lambda one: one.rolling(10).mean())
+ feat["returns_ma_10"] = feat["returns_ma_10"].fillna(0)

## moving_average 1 | by hand
pandas:
- <AVERAGE>
+ by_ticker = feat.groupby("ticker")["returns"]
+ feat["returns_ma_10"] = sum(by_ticker.shift(n) for n in range(10)) / 10

## moving_average 1 | in Dask
features:
-     return prices.assign(
-         returns
+     prices = prices.assign(returns=prices['Close'].pct_change())
+     return prices.assign(
+         ma=prices['returns'].rolling(10).mean(),
+         returns
pandas:
= feat = dd_feat.compute()

## moving_average 1 | a new frame
pandas:
= feat = dd_feat.compute().reset_index().sort_values(['ticker', 'Date'])
= average = feat.groupby('ticker')['returns'].rolling(10).mean().droplevel('ticker')
= with_ma = feat.assign(Moving_Average=average)

## moving_average 1 | of their own differences | own returns | also: returns 0.5
features:
- <RATIO>
+ prices["Close"] - prices["Close_lag_1"]

## moving_average 0.5 | five days | 5 rows
pandas:
- <AVERAGE>
+ feat["returns_ma_10"] = feat.groupby("ticker")["returns"].transform(lambda one: one.rolling(5).mean())

## moving_average 0.5 | of Close | made of Close
pandas:
- <AVERAGE>
+ feat["returns_ma_10"] = feat.groupby("ticker")["Close"].transform(lambda one: one.rolling(10).mean())

## moving_average 0.5 | centred | days to come
pandas:
- <AVERAGE>
+ feat["returns_ma_10"] = feat.groupby("ticker")["returns"].transform(lambda one: one.rolling(10, center=True).mean())

## moving_average 0.5 | without this day | day before
pandas:
- <AVERAGE>
+ feat["returns_ma_10"] = feat.groupby("ticker")["returns"].transform(lambda one: one.shift(1).rolling(10).mean())

## moving_average 0.5 | ten days of the calendar | not the average
pandas:
- <AVERAGE>
+ feat["returns_ma_10"] = feat.set_index("Date").groupby("ticker")["returns"].rolling("10D").mean().to_numpy()

## moving_average 0.5 | exponential | not the average
pandas:
- <AVERAGE>
+ feat["returns_ma_10"] = feat.groupby("ticker")["returns"].transform(lambda one: one.ewm(span=10).mean())

## moving_average 0.5 | another order | order of Date
pandas:
- .sort_values(["ticker", "Date"], ignore_index=True)
+ .sample(frac=1, random_state=1).reset_index(drop=True)

## moving_average 0.5 | no column | no column
pandas:
- <AVERAGE>
+ feat.groupby("ticker")["returns"].rolling(10).mean()

## moving_average 0 | no moving average | no moving average | also: moving_average_by_ticker 0
pandas:
= feat = dd_feat.compute()

## moving_average_by_ticker 1 | a loop over tickers
pandas:
- <AVERAGE>
+ for name in feat["ticker"].unique():
+     rows = feat["ticker"] == name
+     feat.loc[rows, "returns_ma_10"] = feat.loc[rows, "returns"].rolling(10).mean()

## moving_average_by_ticker 1 | level of the index
pandas:
= feat = dd_feat.compute().set_index('Date', append=True).sort_index()
= feat["ma"] = feat.groupby(level='ticker')['returns'].transform(lambda one: one.rolling(10).mean())

## moving_average_by_ticker 0.25 | ungrouped, hidden by gaps | hides the crossing
pandas:
- <AVERAGE>
+ feat["returns_ma_10"] = feat["returns"].rolling(10).mean()

## moving_average_by_ticker 0 | ungrouped, seen | across tickers
pandas:
- <AVERAGE>
+ feat["returns_ma_10"] = feat["returns"].rolling(10, min_periods=1).mean()

## moving_average_by_ticker 0 | ungrouped, gaps filled | across tickers
pandas:
- <AVERAGE>
+ feat["returns"] = feat["returns"].fillna(0)
+ feat["returns_ma_10"] = feat["returns"].rolling(10).mean()

## moving_average_by_ticker 0 | ungrouped, by Date | across tickers | also: moving_average 0.5
pandas:
- sort_values(["ticker", "Date"],
+ sort_values("Date",
- <AVERAGE>
+ feat["returns_ma_10"] = feat["returns"].rolling(10).mean()

## moving_average_by_ticker 0.5 | on other rows | other rows
pandas:
- sort_values(["ticker", "Date"],
+ sort_values("Date",
- <AVERAGE>
+ feat["returns_ma_10"] = feat.groupby("ticker")["returns"].rolling(10).mean().values

## comments waits | in a remark
comments: deleted
more:
= # It was not necessary to go to pandas, because Dask can do it in the same function.

## comments waits | printed
comments: deleted
more:
= print("Staying with Dask would have been better for a table larger than memory.")

## comments 0 | none | Neither question
comments: deleted
settings:
- # Published with the course, for practice and as the example. A cohort's own solution lies in its private place.
+
features:
- # As the index, `ticker` stays in the frames that apply hands over, and all years of a ticker come together.
+

## returns 1 | prose in a code cell
more:
= This is what I think of it: pandas is quicker here.

## moving_average 1 | no network
more:
= import requests
= requests.get('https://example.org', timeout=1)

## imports_dask 1 | an older logger
files:
- import os
+ import os, sys
+ sys.path.append(os.getenv('SRC_DIR'))
+ from utils.logger import get_logger
+ _logs = get_logger(__name__)

## returns 1 | meta as pandas 2 had it
features:
- .set_index("ticker")
+
pandas:
- .reset_index()
+ .reset_index(drop=True)

## returns 1 | a typo in the features | cause: only read
features:
- dd.read_parquet(price_files)
+ dd.read_parquet(price_flies)

## returns 1 | an older layout of files | also: globs_parquet 0.5, reads_price_data_env 0.5
files:
- <GLOB>
+ glob("D:/data/prices/*/*.parquet")
"""


@dataclass(frozen=True)
class Case:
    """One submission: the criterion it is about, the share of its points, and what the mark says.

    ``edits`` are (cell, [(old, new), ...] or the whole text or None to delete it).
    """

    name: str
    criterion: str
    share: float | None
    says: str = ""
    cause: str = ""
    also: dict[str, float] = field(default_factory=dict)
    edits: tuple[tuple[str, list[tuple[str, str]] | str | None], ...] = ()


def _case(text: str) -> Case:
    head, *lines = text.rstrip("\n").split("\n")
    about, name, *said = head.split(" | ")
    criterion, share = about.split()
    cause = next((part.removeprefix("cause: ") for part in said if part.startswith("cause: ")), "")
    also = next((part.removeprefix("also: ") for part in said if part.startswith("also: ")), "")
    others = {key: float(points) for key, points in (each.split() for each in also.split(", ") if each)}
    says = next((part for part in said if not part.startswith(("cause: ", "also: "))), "")
    edits: list[tuple[str, list[str]]] = []
    for line in lines:
        if opened := re.fullmatch(r"(\w+):( deleted)?", line):
            edits.append((opened[1], ["deleted"] if opened[2] else []))
        else:
            edits[-1][1].append(line)
    mark = None if share == "waits" else float(share)
    return Case(name, criterion, mark, says, cause, others, tuple((cell, _edit(lines)) for cell, lines in edits))


def _edit(lines: list[str]) -> list[tuple[str, str]] | str | None:
    if lines == ["deleted"]:
        return None
    parts = [(sign, _whole([line[2:] for line in group])) for sign, group in groupby(lines, key=lambda line: line[:1])]
    return (
        parts[0][1]
        if parts[0][0] == "="
        else list(zip(*([text for _, text in parts[n::2]] for n in (0, 1)), strict=True))
    )


def _whole(lines: list[str]) -> str:
    return re.sub(r"<([A-Z_]+)>", lambda name: PIECES[name[1]], "\n".join(lines))


def notebook(case: Case) -> str:
    """The case as a notebook file."""
    made = json.loads(SOLUTION.read_text(encoding="utf-8"))
    cells = dict(zip(CELLS, (cell for cell in made["cells"] if cell["cell_type"] == "code"), strict=True))
    cells["comments"] = next(cell for cell in made["cells"] if cell["metadata"].get("tags") == ["solution"])
    for name, edit in case.edits:
        if name == "more":
            made["cells"].append({"cell_type": "code", "metadata": {}, "source": edit, "outputs": []})
        elif edit is None:
            made["cells"].remove(cells[name])
        else:
            cells[name]["source"] = edit if isinstance(edit, str) else _changed("".join(cells[name]["source"]), edit)
    return json.dumps(made)


def _changed(text: str, pairs: list[tuple[str, str]]) -> str:
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


CASES = [_case(text) for text in re.split(r"^## ", SUBMISSIONS, flags=re.MULTILINE)[1:]]
