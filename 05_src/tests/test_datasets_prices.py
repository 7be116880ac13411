import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from mlsd.datasets.prices import make_prices, read_prices, trading_days, write_price_csvs
from mlsd.errors import ColumnError, DataError

PRICES = ["Open", "High", "Low", "Close", "Adj Close"]
CRISIS = slice("2020-02-20", "2020-04-30")
HEADER = "Date,Open,High,Low,Close,Adj Close,Volume"
LINES = ["2020-01-03,2,3,1,2.5,2.5,200", "2020-01-02,1.5,2.5,1,2,2,100"]


@pytest.fixture(scope="module", params=[0, 7, 42])
def market(request):
    return make_prices(seed=request.param)


@pytest.fixture(scope="module")
def returns(market):
    """Daily log returns without splits: one row a day, one column a ticker."""
    return np.log(market.pivot(index="Date", columns="ticker", values="Adj Close")).diff()


def autocorrelation(wide, lag):
    """Median over the tickers."""
    centred = wide - wide.mean()
    return ((centred * centred.shift(lag)).sum() / (centred**2).sum()).median()


def pairwise_correlation(wide):
    """Mean over the pairs."""
    table = wide.corr(min_periods=30).to_numpy()
    return np.nanmean(table[np.triu_indices_from(table, 1)])


def annual_volatility(wide):
    return (wide.std() * np.sqrt(252)).median()


def march_to_february(wide, year):
    values = wide.loc[f"{year}-03" : f"{year + 1}-02"].to_numpy().ravel()
    return np.sort(values[~np.isnan(values)])


def ks(a, b):
    """Largest distance of two samples' distribution functions."""
    both = np.concatenate([a, b])
    return np.abs(np.searchsorted(a, both, "right") / len(a) - np.searchsorted(b, both, "right") / len(b)).max()


def test_ks_of_a_hand_computed_pair():
    assert ks(np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 5, 6])) == 0.5


def digest(frame):
    return hashlib.sha256(frame.to_csv().encode()).hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    first, again, other = (digest(make_prices(5, seed=seed)) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_columns_types_and_order_are_as_documented(market):
    assert market.columns.tolist() == [*HEADER.split(","), "ticker"]
    assert [str(dtype) for dtype in market.dtypes] == ["datetime64[us]", *["float64"] * 5, "int64", "str"]
    assert_frame_equal(market, market.sort_values(["ticker", "Date"], ignore_index=True))


def test_it_says_that_it_is_synthetic(market):
    assert market.attrs == {"synthetic": True}
    assert market["ticker"].str.fullmatch(r"SYN\d{3}").all()
    assert "synthetic" in make_prices.__doc__


def test_a_ticker_has_a_row_on_every_trading_day_of_its_life(market):
    days = trading_days("2014-01-01", "2021-12-31")
    for _, dates in market.groupby("ticker")["Date"]:
        first, last = days.get_indexer([dates.iloc[0], dates.iloc[-1]])
        assert dates.tolist() == days[first : last + 1].tolist()


def test_low_and_high_hold_open_and_close(market):
    assert (market["Low"] <= market[["Open", "Close"]].min(axis=1)).all()
    assert (market["High"] >= market[["Open", "Close"]].max(axis=1)).all()
    assert (market[[*PRICES, "Volume"]] > 0).all(axis=None)


def test_the_median_log_range_is_2_1_percent(market):
    assert np.log(market["High"] / market["Low"]).median() == pytest.approx(0.021, abs=0.001)


def test_a_fifth_of_the_tickers_split_and_adj_close_takes_no_notice(market, returns):
    factor = (market["Close"] / market["Adj Close"]).round(3)
    ratio = factor.groupby(market["ticker"]).first()
    assert (factor.groupby(market["ticker"]).last() == 1).all()
    assert set(ratio) <= {1, 2, 3, 4}
    assert (ratio > 1).sum() == 10
    split = (factor != factor.shift()) & (market["ticker"] == market["ticker"].shift())
    raw = np.log(market["Close"]).diff()[split]
    assert (raw < np.log(0.75)).all()
    assert returns.stack()[pd.MultiIndex.from_frame(market.loc[split, ["Date", "ticker"]])].abs().median() < 0.05


def test_some_tickers_come_to_the_market_and_some_leave_it_midway(market):
    lives = market.groupby("ticker")["Date"].agg(["min", "max"])
    assert (lives["min"] > pd.Timestamp("2014-06-01")).sum() == 8  # 15 % of 50, rounded
    assert (lives["max"] < pd.Timestamp("2021-06-01")).sum() == 5
    assert lives["min"].min() == pd.Timestamp("2014-01-02")
    assert lives["max"].max() == pd.Timestamp("2021-12-31")


def test_returns_have_fat_tails(returns):
    assert 8 <= returns.kurt().median() <= 20


def test_volatility_comes_in_clusters_that_last_for_months(returns):
    assert autocorrelation(returns.abs(), 1) >= 0.18
    assert autocorrelation(returns.abs(), 60) >= 0.08


def test_todays_return_does_not_foretell_tomorrows(returns):
    assert abs(autocorrelation(returns, 1)) <= 0.05


def test_the_median_annual_volatility_is_that_of_shares(returns):
    assert 0.25 <= annual_volatility(returns) <= 0.35


def test_tickers_are_loosely_correlated_in_calm_years(returns):
    assert pairwise_correlation(returns.loc["2015":"2019"]) == pytest.approx(0.3, abs=0.05)


def test_everything_falls_together_in_the_crisis(returns):
    crisis = returns.loc[CRISIS]
    assert 0.6 <= pairwise_correlation(crisis) <= 0.8
    assert 0.7 <= annual_volatility(crisis) <= 0.9
    assert returns.loc["2020-02-20":"2020-03-23"].sum().median() < -0.15


def test_two_calm_years_raise_no_drift_alarm(returns):
    assert ks(march_to_february(returns, 2018), march_to_february(returns, 2019)) < 0.03


def test_the_crisis_year_raises_a_drift_alarm(returns):
    assert 0.08 <= ks(march_to_february(returns, 2019), march_to_february(returns, 2020)) <= 0.14


def test_wild_days_are_busy_days(market):
    of_ticker = market.groupby("ticker")
    wild = np.log(market["High"] / market["Low"])
    volume = np.log(market["Volume"]) - np.log(of_ticker["Volume"].transform("median"))
    assert wild.rank().corr(volume.rank()) > 0.2


@settings(max_examples=30, deadline=None)
@given(
    n_tickers=st.integers(1, 140),
    start=st.dates(pd.Timestamp("1990-01-02").date(), pd.Timestamp("2020-12-31").date()),
    n_days=st.integers(5, 60),
    seed=st.integers(0, 2**40),
)
def test_any_size_any_dates_any_seed_give_sound_prices(n_tickers, start, n_days, seed):
    made = make_prices(n_tickers, str(start), str(start + pd.Timedelta(days=n_days)), seed)
    assert made["ticker"].nunique() == n_tickers
    assert not made.duplicated(["ticker", "Date"]).any()
    assert (made[[*PRICES, "Volume"]] > 0).all(axis=None)
    assert (made["Low"] <= made["High"]).all()


def test_holidays_have_no_trade():
    closed = ["2021-01-01", "2021-04-02", "2021-07-05", "2021-11-25", "2021-12-24", "2022-06-20"]
    assert not trading_days("2021-01-01", "2022-12-31").isin(pd.to_datetime(closed)).any()
    assert len(trading_days("2021-01-01", "2021-12-31")) == 252


@pytest.mark.parametrize(("n_tickers", "end"), [(0, "2020-01-31"), (1, "2020-01-01"), (1, "2019-01-01")])
def test_nothing_to_make_is_refused(n_tickers, end):
    with pytest.raises(DataError, match=f"No prices to make: n_tickers={n_tickers}"):
        make_prices(n_tickers, "2020-01-01", end)


def test_what_is_written_is_read_back_ticker_by_ticker(tmp_path):
    made = make_prices(3, "2020-01-01", "2020-06-30", seed=1)
    files = write_price_csvs(made.sample(frac=1, random_state=0), tmp_path / "a folder" / "prices")
    assert [file.name for file in files] == ["SYN001.csv", "SYN002.csv", "SYN003.csv"]
    assert_frame_equal(pd.concat(map(read_prices, files), ignore_index=True), made)


def test_a_csv_file_has_the_columns_of_a_daily_export_and_nothing_else_is_left(tmp_path):
    [file] = write_price_csvs(make_prices(1, "2020-01-02", "2020-01-03"), tmp_path)
    lines = file.read_bytes().decode().split("\n")
    assert lines[0] == HEADER
    assert [line[:10] for line in lines[1:]] == ["2020-01-02", "2020-01-03", ""]
    assert list(tmp_path.iterdir()) == [file]


def test_a_frame_without_tickers_is_not_written(tmp_path):
    with pytest.raises(ColumnError, match="'ticker' is not in the frame"):
        write_price_csvs(make_prices(1, "2020-01-02", "2020-01-03").drop(columns="ticker"), tmp_path)


def own_file(folder, lines=LINES, header=HEADER):
    path = folder / "my own.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8-sig")
    return path


def test_your_own_file_becomes_the_same_table_oldest_day_first(tmp_path):
    lines = [f"{line},x" for line in LINES]
    own = read_prices(own_file(tmp_path, lines, HEADER + ",Note"), ticker="MINE")
    assert own.dtypes.tolist() == make_prices(1, "2020-01-02", "2020-01-03").dtypes.tolist()
    assert own["Close"].tolist() == [2, 2.5]
    assert set(own["ticker"]) == {"MINE"}


@pytest.mark.parametrize(
    ("line", "column", "value"),
    [
        ("2020-01-32,1,1,1,1,1,1", "Date", "2020-01-32"),
        ("2020-01-03,1,1,1,1,1,1", "Date", "2020-01-03"),
        ("2020-01-06,1,1,1,null,1,1", "Close", "null"),
        ("2020-01-06,1,1,-1,1,1,1", "Low", "-1"),
        ("2020-01-06,1,1,1,1,1,1.5", "Volume", "1.5"),
    ],
)
def test_a_bad_cell_of_your_own_file_is_named(tmp_path, line, column, value):
    with pytest.raises(DataError, match=f"my own.csv, line 4, column {column!r}: got {value!r}"):
        read_prices(own_file(tmp_path, [*LINES, line]))


def test_a_column_that_your_own_file_lacks_is_named(tmp_path):
    with pytest.raises(ColumnError, match=r"'Adj Close' is not in .*my own.csv"):
        read_prices(own_file(tmp_path, header=HEADER.replace("Adj Close", "Adjusted")))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"There is no file .*nowhere.csv"):
        read_prices(tmp_path / "nowhere.csv")
