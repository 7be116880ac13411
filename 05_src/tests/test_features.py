import subprocess
import sys

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_series_equal

from mlsd import features
from mlsd.errors import ColumnError, DataError

EVERY = {
    "lags": lambda f: features.add_lags(f, by="ticker", columns=["Close", "High"], lags=[1, 3]),
    "returns": lambda f: features.add_returns(f, by="ticker"),
    "range": lambda f: features.add_range(f, by="ticker", window=2),
    "mean": lambda f: features.add_rolling(f, by="ticker", column="Close", window=3),
    "std": lambda f: features.add_rolling(f, by="ticker", column="Close", window=3, statistic="std", min_periods=2),
    "days": lambda f: features.add_rolling(f, by="ticker", column="Close", window="3D", statistic="sum"),
}


@pytest.fixture
def prices():
    """Two tickers, days out of order, tickers interleaved."""
    return pd.DataFrame(
        {
            "ticker": ["A", "B", "A", "B", "A"],
            "Date": pd.to_datetime(["2020-01-03", "2020-01-02", "2020-01-01", "2020-01-01", "2020-01-02"]),
            "Close": [12.0, 50.0, 10.0, 40.0, 11.0],
            "High": [13.0, 55.0, 10.5, 41.0, 12.0],
            "Low": [11.0, 45.0, 9.0, 40.0, 10.0],
        },
        index=[7, 3, 9, 1, 5],
    )


def test_a_lag_is_the_day_before_of_the_same_ticker(prices):
    assert features.add_lags(prices, by="ticker")["Close_lag_1"].tolist() == pytest.approx(
        [11, 40, np.nan, np.nan, 10], nan_ok=True
    )


def test_a_return_is_price_over_price_less_one(prices):
    expected = [12 / 11 - 1, 0.25, np.nan, np.nan, 0.1]
    assert features.add_returns(prices, by="ticker")["returns"].tolist() == pytest.approx(expected, nan_ok=True)


def test_a_range_is_high_less_low_and_needs_no_group(prices):
    assert features.add_range(prices)["hi_lo_range"].tolist() == [2, 10, 1.5, 1, 2]


def test_a_longer_range_spans_the_window(prices):
    wide = features.add_range(prices, by="ticker", window=2)["hi_lo_range_2"]
    assert wide.tolist() == pytest.approx([3, 15, np.nan, np.nan, 3], nan_ok=True)


def test_a_rolling_mean_starts_when_the_group_has_enough_rows(prices):
    mean = features.add_rolling(prices, by="ticker", column="Close", window=2)["Close_mean_2"]
    assert mean.tolist() == pytest.approx([11.5, 45, np.nan, np.nan, 10.5], nan_ok=True)


def test_a_window_of_days_leaves_out_what_is_older(prices):
    prices["Date"] = prices["Date"].where(prices["Date"] != "2020-01-03", pd.Timestamp("2020-01-09"))
    total = features.add_rolling(prices, by="ticker", column="Close", window="2D", statistic="sum")["Close_sum_2D"]
    assert total.tolist() == [12, 90, 10, 40, 21]


def test_spaces_in_a_name_become_underscores(prices):
    renamed = prices.rename(columns={"Close": "Adj Close"})
    assert "Adj_Close_lag_2" in features.add_lags(renamed, by="ticker", columns="Adj Close", lags=2)


def test_lags_keep_the_kind_of_text_and_times(prices):
    lagged = features.add_lags(prices, by="ticker", columns=["Date", "ticker"])
    assert lagged.dtypes[["Date_lag_1", "ticker_lag_1"]].tolist() == prices.dtypes[["Date", "ticker"]].tolist()


@pytest.mark.parametrize("name", EVERY)
def test_rows_index_and_columns_stay_and_the_input_is_untouched(prices, name):
    before = prices.copy()
    assert_frame_equal(EVERY[name](prices)[prices.columns], before)
    assert_frame_equal(prices, before)


@pytest.mark.parametrize("name", EVERY)
def test_an_empty_frame_gets_the_same_columns(prices, name):
    assert EVERY[name](prices.head(0)).columns.equals(EVERY[name](prices).columns)


def test_a_row_without_a_group_gets_nothing_and_gives_nothing(prices):
    prices.loc[[9, 1], "ticker"] = None
    assert features.add_lags(prices, by="ticker")["Close_lag_1"].tolist() == pytest.approx(
        [11, np.nan, np.nan, np.nan, np.nan], nan_ok=True
    )
    assert features.add_rolling(prices, by="ticker", column="Close", window=1)["Close_mean_1"].isna().sum() == 2


def test_several_columns_can_make_a_group_and_an_order(prices):
    twice = pd.concat([prices.assign(part=1), prices.assign(part=2)], ignore_index=True)
    by_two = features.add_returns(twice, by=["ticker", "part"])["returns"]
    assert_series_equal(by_two[:5], features.add_returns(prices, by="ticker")["returns"].reset_index(drop=True))
    ordered = features.add_lags(twice, by="ticker", order_by=["Date", "part"])["Close_lag_1"]
    assert ordered[5:].tolist() == prices["Close"].tolist()


def test_times_with_a_zone_and_text_can_order_rows(prices):
    expected = features.add_lags(prices, by="ticker")["Close_lag_1"]
    for order in (prices["Date"].dt.tz_localize("America/New_York"), prices["Date"].astype(str)):
        assert_series_equal(features.add_lags(prices.assign(Date=order), by="ticker")["Close_lag_1"], expected)


def test_a_large_value_leaves_no_trace_in_the_next_group():
    frame = pd.DataFrame({"ticker": list("AAABBB"), "Date": [1, 2, 3] * 2, "Close": [1e16, 1, 1e16, 0.1, 0.2, 0.3]})
    alone = features.add_rolling(frame[3:], by="ticker", column="Close", window=2)
    assert features.add_rolling(frame, by="ticker", column="Close", window=2)[3:].equals(alone)


def test_two_rows_of_a_group_with_the_same_order_are_refused(prices):
    with pytest.raises(DataError, match=r"2 rows have the same.*'ticker': 'A', 'Date': '2020-01-01 "):
        features.add_lags(pd.concat([prices, prices.loc[[9, 1]]]), by="ticker")


def test_a_missing_date_is_refused_with_its_row(prices):
    prices.loc[9, "Date"] = pd.NaT
    with pytest.raises(DataError, match=r"missing in 1 of them, the first at index 9"):
        features.add_returns(prices, by="ticker")


def test_a_missing_column_is_named(prices):
    with pytest.raises(ColumnError, match="Did you mean 'ticker'"):
        features.add_returns(prices, by="Ticker")


@pytest.mark.parametrize("lag", [0, -1, 1.5, True])
def test_a_lag_that_would_look_ahead_is_refused(prices, lag):
    with pytest.raises(DataError, match="`lags` must be whole numbers of at least 1"):
        features.add_lags(prices, by="ticker", lags=lag)


@pytest.mark.parametrize("window", [0, -2, "0D", "soon", 2.5])
def test_a_window_that_is_none_is_refused(prices, window):
    with pytest.raises(DataError, match="`window`"):
        features.add_rolling(prices, by="ticker", column="Close", window=window)


def test_an_unknown_statistic_names_the_known(prices):
    with pytest.raises(DataError, match=r"must be one of \['mean'.*got: 'avg'"):
        features.add_rolling(prices, by="ticker", column="Close", statistic="avg")


def test_a_window_of_time_needs_times(prices):
    with pytest.raises(DataError, match="needs times in `order_by`"):
        features.add_rolling(prices.assign(Date=range(5)), by="ticker", column="Close", window="7D")


def test_a_range_over_several_rows_needs_a_group(prices):
    with pytest.raises(DataError, match="needs `by`"):
        features.add_range(prices, window=3)


@st.composite
def price_frames(draw):
    """Up to three tickers with up to eight days each, shuffled."""
    keys = draw(st.sets(st.tuples(st.sampled_from("ABC"), st.integers(0, 12)), min_size=1, max_size=24))
    rows = draw(st.permutations(sorted(keys)))
    frame = pd.DataFrame(rows, columns=["ticker", "day"])
    frame["Date"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(frame.pop("day"), unit="D")
    value = st.one_of(st.floats(1, 1000), st.just(np.nan))
    return frame.assign(
        **{column: draw(st.lists(value, min_size=len(rows), max_size=len(rows))) for column in ("Close", "High", "Low")}
    )


def by_key(frame):
    return frame.astype({"ticker": object}).set_index(["ticker", "Date"]).sort_index()


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=40, deadline=None)
@given(frame=price_frames(), cut=st.integers(0, 12))
def test_cutting_off_the_future_changes_no_past_feature(name, frame, cut):
    past = frame["Date"] <= pd.Timestamp("2020-01-01") + pd.Timedelta(days=cut)
    assert_frame_equal(EVERY[name](frame)[past], EVERY[name](frame[past]))


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=40, deadline=None)
@given(frame=price_frames(), seed=st.integers(0, 99))
def test_shuffling_the_rows_changes_nothing(name, frame, seed):
    shuffled = frame.sample(frac=1, random_state=seed)
    assert_frame_equal(EVERY[name](shuffled).sort_index(), EVERY[name](frame))


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=40, deadline=None)
@given(frame=price_frames())
def test_other_groups_change_nothing(name, frame):
    for _, alone in frame.groupby("ticker"):
        assert_frame_equal(EVERY[name](frame).loc[alone.index], EVERY[name](alone))


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=8, deadline=None)
@given(frame=price_frames(), partitions=st.integers(1, 5))
def test_dask_gives_the_numbers_of_pandas(name, frame, partitions):
    lazy = EVERY[name](dd.from_pandas(frame, npartitions=partitions))
    assert_frame_equal(by_key(lazy.compute(scheduler="sync")), by_key(EVERY[name](frame)), check_dtype=False)


def shuffles(lazy):
    return sum(type(node).__name__ == "RearrangeByColumn" for node in lazy.expr.walk())


def test_whole_groups_are_not_shuffled_and_keep_their_order(prices):
    ordered = prices.sort_values(["ticker", "Date"]).reset_index(drop=True)
    lazy = dd.concat([dd.from_pandas(ordered[:3], npartitions=1), dd.from_pandas(ordered[3:], npartitions=1)])
    featured = features.add_lags(features.add_returns(lazy, by="ticker"), by="ticker")
    assert shuffles(featured) == 0
    assert featured.compute()["Close"].tolist() == ordered["Close"].tolist()


def test_groups_are_looked_at_once_in_a_chain_but_again_when_they_change(prices):
    featured = EVERY["returns"](dd.from_pandas(prices, npartitions=2, sort=False))
    chosen = features.add_range(featured)[["ticker", "Date", "hi_lo_range"]]
    assert features.windows._made_here(chosen[chosen["hi_lo_range"] > 1].expr, ["ticker"])
    assert not features.windows._made_here(chosen.assign(ticker="A").expr, ["ticker"])
    assert not features.windows._made_here(chosen.expr, ["Date"])


def test_a_chain_of_features_shuffles_once(prices):
    lazy = dd.from_pandas(prices, npartitions=3, sort=False)
    for make in (EVERY["lags"], features.add_range, EVERY["returns"], EVERY["mean"]):
        lazy = make(lazy)
    assert shuffles(lazy) == 1
    assert len(lazy.compute()) == 5


def test_a_lag_costs_no_import_of_scikit_learn():
    code = (
        "import sys; from mlsd import features; features.add_lags; features.add_asof; print('sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'add_magic'"):
        features.add_magic  # noqa: B018
