import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from mlsd import features
from mlsd.errors import ColumnError, DataError

NO = np.nan


def at(*hours: float) -> pd.Series:
    return pd.Timestamp("2013-07-01", tz="UTC") + pd.to_timedelta(pd.Series(hours), unit="h")


@pytest.fixture
def flights():
    frame = pd.DataFrame({"origin": ["JFK", "LGA", "JFK", "EWR"], "decided_at": at(10, 10, 7, 9), "flight": range(4)})
    return frame.set_index(pd.Index([7, 3, 9, 1]))


@pytest.fixture
def weather():
    """Out of order; JFK's 08:00 and 10:00, LGA's 03:00 and 10:30, nothing for EWR."""
    airports = ["JFK", "LGA", "JFK", "LGA"]
    return pd.DataFrame(
        {"origin": airports, "known_at": at(10, 3, 8, 10.5), "temp": [72, 60, 70, 61], "sky": list("abcd")}
    )


def joined(flights, weather, **options):
    return features.add_asof(flights, weather, on="decided_at", other_on="known_at", by="origin", **options)


def test_a_row_gets_the_latest_that_was_known_and_what_became_known_that_instant_counts(flights, weather):
    assert joined(flights, weather)["temp"].tolist() == pytest.approx([72, 60, NO, NO], nan_ok=True)


def test_rows_index_and_columns_stay_and_the_inputs_are_untouched(flights, weather):
    before, known = flights.copy(), weather.copy()
    assert_frame_equal(joined(flights, weather)[flights.columns], before)
    assert_frame_equal(weather, known)


def test_what_is_older_than_the_tolerance_is_not_found(flights, weather):
    assert joined(flights, weather, tolerance="6h")["temp"].tolist() == pytest.approx([72, NO, NO, NO], nan_ok=True)
    assert joined(flights, weather, tolerance="7h")["temp"].tolist() == pytest.approx([72, 60, NO, NO], nan_ok=True)


def test_columns_chooses_and_may_ask_when_it_became_known(flights, weather):
    chosen = joined(flights, weather, columns=["known_at"])
    assert "temp" not in chosen
    assert chosen["known_at"].tolist() == [*at(10, 3), pd.NaT, pd.NaT]


def test_without_a_group_the_latest_of_all_is_taken(flights, weather):
    found = features.add_asof(flights, weather.drop(columns="origin"), on="decided_at", other_on="known_at")
    assert found["sky"].tolist() == ["a", "a", "b", "c"]


def test_several_columns_can_make_a_group(flights, weather):
    two = {"on": "decided_at", "other_on": "known_at", "by": ["origin", "flight"], "columns": "temp"}
    found = features.add_asof(flights, weather.assign(flight=[0, 1, 5, 1]), **two)
    assert found["temp"].tolist() == pytest.approx([72, 60, NO, NO], nan_ok=True)


def test_a_row_without_a_group_finds_nothing_even_if_the_other_lacks_it_too(flights, weather):
    flights["origin"], weather["origin"] = None, None
    assert joined(flights, weather)["temp"].isna().all()


def test_numbers_can_be_instants():
    prices = pd.DataFrame({"day": [5, 2]})
    news = pd.DataFrame({"out": [2.5, 4.5, 6.0], "headline": ["a", "b", "c"]})
    assert features.add_asof(prices, news, on="day", other_on="out", tolerance=1)["headline"].fillna("").tolist() == [
        "b",
        "",
    ]


def test_zones_and_units_of_time_may_differ_if_both_have_a_zone(flights, weather):
    known_at = weather["known_at"].dt.tz_convert("America/New_York").dt.as_unit("ns")
    assert_frame_equal(joined(flights, weather.assign(known_at=known_at)), joined(flights, weather))


def test_a_time_with_a_zone_is_not_compared_with_one_without(flights, weather):
    clock = weather["known_at"].dt.tz_localize(None)
    with pytest.raises(DataError, match=r"'decided_at' is datetime64\[us, UTC\], 'known_at' is datetime64"):
        joined(flights, weather.assign(known_at=clock))


@pytest.mark.parametrize("wrong", ["2013-07-01", 3, True])
def test_a_text_or_a_number_is_not_compared_with_a_time(flights, weather, wrong):
    with pytest.raises(DataError, match="cannot be compared"):
        joined(flights, weather.assign(known_at=wrong))


def test_two_rows_known_at_once_are_refused(flights, weather):
    with pytest.raises(DataError, match=r"2 rows of the other frame.*'origin': 'LGA'.*latest is not known"):
        joined(flights, pd.concat([weather, weather.iloc[[1, 3]]]))


@pytest.mark.parametrize("column", ["decided_at", "known_at"])
def test_a_missing_instant_is_refused(flights, weather, column):
    frame = flights if column in flights else weather
    frame.loc[frame.index[1], column] = pd.NaT
    with pytest.raises(DataError, match=f"{column!r} .* missing in 1 of them"):
        joined(flights, weather)


def test_a_column_of_both_frames_is_replaced_only_if_asked_for_by_name(flights, weather):
    weather["flight"] = 99
    with pytest.raises(DataError, match=r"Both frames have \['flight'\]"):
        joined(flights, weather)
    assert joined(flights, weather, columns="flight")["flight"].tolist() == pytest.approx([99, 99, NO, NO], nan_ok=True)


def test_groups_of_text_and_of_numbers_are_told_apart(flights, weather):
    with pytest.raises(DataError, match="'origin' is str in one frame and int64 in the other"):
        joined(flights, weather.assign(origin=1))


def test_a_missing_column_is_named_with_its_frame(flights, weather):
    with pytest.raises(ColumnError, match="'known_at' is not in the other frame"):
        joined(flights, weather.rename(columns={"known_at": "Known_at"}))


def test_an_empty_other_gives_columns_without_values(flights, weather):
    assert joined(flights, weather.head(0))[["temp", "sky"]].isna().all(axis=None)


@st.composite
def two_tables(draw):
    hours, places = st.integers(0, 12), st.sampled_from(["JFK", "LGA", None])
    asked = draw(st.lists(st.tuples(places, hours), min_size=1, max_size=12))
    told = draw(st.sets(st.tuples(places.filter(bool), hours), max_size=12))
    flights = pd.DataFrame(asked, columns=["origin", "hour"]).astype({"origin": "str"})
    weather = pd.DataFrame(draw(st.permutations(sorted(told))), columns=["origin", "hour"]).astype({"origin": "str"})
    flights["decided_at"], weather["known_at"] = (at(*frame.pop("hour")) for frame in (flights, weather))
    return flights.assign(row=range(len(flights))), weather.assign(temp=np.arange(len(weather), dtype=float))


@settings(max_examples=40, deadline=None)
@given(tables=two_tables(), cut=st.integers(0, 12))
def test_deleting_what_became_known_later_changes_no_row(tables, cut):
    flights, weather = tables
    early, known = flights[flights["decided_at"] <= at(cut)[0]], weather[weather["known_at"] <= at(cut)[0]]
    assert_frame_equal(joined(early, known), joined(flights, weather).loc[early.index])


@settings(max_examples=40, deadline=None)
@given(tables=two_tables())
def test_each_row_gets_what_a_plain_search_finds(tables):
    flights, weather = tables
    for row in joined(flights, weather).itertuples():
        known = weather[(weather["origin"] == row.origin) & (weather["known_at"] <= row.decided_at)]
        expected = known.loc[known["known_at"].idxmax(), "temp"] if len(known) else NO
        assert row.temp == pytest.approx(expected, nan_ok=True)


@settings(max_examples=8, deadline=None)
@given(tables=two_tables(), partitions=st.integers(1, 4), lazy_other=st.booleans())
def test_dask_gives_the_rows_of_pandas(tables, partitions, lazy_other):
    flights, weather = tables
    other = dd.from_pandas(weather, npartitions=2, sort=False) if lazy_other else weather
    lazy = joined(dd.from_pandas(flights, npartitions=partitions), other).compute(scheduler="sync")
    in_order = lazy.sort_values("row").reset_index(drop=True).astype({"origin": "str"})  # Dask has a str of its own
    assert_frame_equal(in_order, joined(flights, weather))


def test_a_dask_frame_keeps_its_rows_where_they_were_beside_a_pandas_frame(flights, weather):
    lazy = joined(dd.from_pandas(flights, npartitions=2, sort=False), weather)
    assert_frame_equal(lazy.compute(), joined(flights, weather), check_dtype=False)


def test_a_dask_other_needs_a_dask_frame_and_a_group(flights, weather):
    lazy = dd.from_pandas(weather, npartitions=1)
    with pytest.raises(DataError, match="`frame` is a pandas frame"):
        joined(flights, lazy)
    with pytest.raises(DataError, match="there is no `by`"):
        features.add_asof(
            dd.from_pandas(flights, npartitions=1, sort=False),
            lazy,
            on="decided_at",
            other_on="known_at",
            columns="temp",
        )
