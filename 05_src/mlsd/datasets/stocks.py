"""Real daily prices of AAPL, FB, GOOG, IBM and MSFT, 2000-03-01 to 2013-03-01, shipped.

Source: ``stocks.csv.gz`` of package bokeh-sampledata 2026.1, an extract of Quandl's WIKI prices, which Quandl declared
public domain. The package hands the values on as supplied, with no promise that they are right; so do we.
"""

from pathlib import Path

import pandas as pd

__all__ = ["load_stocks"]


def load_stocks() -> pd.DataFrame:
    """Real daily prices of five companies: 12,154 rows, 8 columns, sorted by ticker and date.

    Returns
    -------
    pandas.DataFrame
        ``Date`` : datetime64, a trading day. ``Open, High, Low, Close`` : float64, US dollars, as traded.
        ``Adj Close`` : float64, as if later splits and dividends had always been so. ``Volume`` : int64, shares.
        ``ticker``. The names are those of :func:`mlsd.datasets.make_prices`, which adds ``source`` and ``Year``.

    Notes
    -----
    ``Close`` halves at a split though nobody lost money: AAPL on 2000-06-21 and 2005-02-28, MSFT on 2003-02-18. So take
    returns from ``Adj Close``. AAPL's fall of 52 % on 2000-09-29 was real. ``Adj Close`` knows the future: it is scaled
    by splits and dividends up to 2018, so only its changes mean something, never its level.
    GOOG begins on 2004-08-19 and FB on 2012-05-18: they were first traded then.

    Examples
    --------
    >>> stocks = load_stocks()
    >>> stocks["ticker"].value_counts(sort=False).to_dict()
    {'AAPL': 3270, 'FB': 196, 'GOOG': 2148, 'IBM': 3270, 'MSFT': 3270}
    """
    return pd.read_parquet(Path(__file__).with_name("stocks.parquet"))
