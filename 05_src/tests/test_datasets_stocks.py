import gzip
import zipfile

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from mlsd import datasets
from mlsd.datasets import rebuild

SPLITS = {("AAPL", "2000-06-21"), ("AAPL", "2005-02-28"), ("MSFT", "2003-02-18")}


@pytest.fixture(scope="module")
def stocks() -> pd.DataFrame:
    return datasets.load_stocks()


def test_stocks_have_the_columns_of_the_course_prices(stocks):
    assert list(stocks) == ["Date", "Open", "High", "Low", "Close", "Adj Close", "Volume", "ticker"]


def test_stocks_are_one_row_a_ticker_and_day_in_order(stocks):
    assert_frame_equal(stocks, stocks.sort_values(["ticker", "Date"], ignore_index=True))
    assert not stocks.duplicated(["ticker", "Date"]).any()


def test_every_price_of_a_day_lies_between_its_low_and_high(stocks):
    inside = stocks[["Open", "Close"]].ge(stocks["Low"], axis=0) & stocks[["Open", "Close"]].le(stocks["High"], axis=0)
    assert inside.to_numpy().all()


def test_the_close_halves_at_three_splits_that_the_adjusted_close_does_not_feel(stocks):
    by_ticker = stocks.groupby("ticker")
    raw, adjusted = by_ticker["Close"].pct_change(), by_ticker["Adj Close"].pct_change()
    split = stocks[(raw < -0.3) & (adjusted > -0.15)]
    assert set(zip(split["ticker"], split["Date"].astype(str), strict=True)) == SPLITS


def test_google_and_facebook_begin_at_their_first_day_of_trade(stocks):
    first = stocks.groupby("ticker")["Date"].min().astype(str)
    assert first[["GOOG", "FB", "IBM"]].tolist() == ["2004-08-19", "2012-05-18", "2000-03-01"]


def test_stocks_come_out_of_the_source_wheel_as_they_are_shipped(tmp_path, stocks):
    head = stocks.head(50)
    source = head.rename(columns={"ticker": "Ticker"})
    wheel = tmp_path / "source.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("bokeh_sampledata/_data/stocks.csv.gz", gzip.compress(source.to_csv(index=False).encode()))
    assert_frame_equal(rebuild.stocks_tables(wheel)["stocks"], head)
