import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from mlsd import datasets
from mlsd.datasets import late_flights
from mlsd.errors import DataError

HOUR = pd.Timedelta(hours=1)
TABLES = ("load_flights", "load_weather")


@pytest.fixture(scope="module")
def flights():
    return datasets.load_late_flights()


@pytest.fixture(scope="module")
def source():
    return late_flights._with_instants(datasets.load_flights())


def test_it_has_one_row_a_flight_that_arrived_in_order_of_the_decision(flights):
    assert flights.shape == (327_346, 26)
    assert flights["decided_at"].is_monotonic_increasing
    assert flights.index.equals(pd.RangeIndex(327_346))


def test_the_label_is_more_than_thirty_minutes_late(flights, source):
    assert flights["late"].sum() == (source["arr_delay"] > 30).sum() == 51_499


def test_the_question_is_asked_two_hours_before_the_schedule_on_a_new_york_clock(flights):
    local = (flights["decided_at"] + 2 * HOUR).dt.tz_convert("America/New_York")
    assert (local.dt.hour * 60 + local.dt.minute).tolist() == flights["minute_of_day"].tolist()
    assert (local.dt.month == flights["month"]).all()
    assert (local.dt.day_of_week == flights["day_of_week"]).all()


def test_asked_six_hours_earlier_a_flight_gets_the_weather_of_six_hours_earlier(flights):
    weather = datasets.load_weather().set_index(["origin", "time_hour"])["temp"]
    earlier = datasets.load_late_flights(hours_before=8).loc[200_000]
    assert flights.loc[200_000, "decided_at"] - earlier["decided_at"] == 6 * HOUR
    assert weather[earlier["origin"], earlier["decided_at"].floor("h") - HOUR] == earlier["temp"]


@pytest.mark.parametrize("hours", [0.5, 0, -1, float("nan")])
def test_asked_too_late_is_refused(hours):
    with pytest.raises(DataError, match="`hours_before` must be at least 1"):
        datasets.load_late_flights(hours_before=hours)


def test_nobody_left_an_hour_before_the_schedule(source):
    assert (source["scheduled"] - source["departed"]).max() < HOUR


def test_arrivals_follow_departure_and_flight_by_the_time_that_taxiing_takes(source):
    arrived = late_flights._with_label(source[source["arr_delay"].notna()])
    taxiing = (arrived["known_at"] - arrived["departed"]) / pd.Timedelta(minutes=1) - arrived["air_time"]
    assert taxiing.min() >= 5
    assert taxiing.max() < 240
    assert taxiing.quantile([0.01, 0.5, 0.99]).between(10, 90).all()


@pytest.mark.parametrize(("zone", "dest"), [("Pacific/Honolulu", "HNL"), ("America/Puerto_Rico", "SJU")])
def test_the_arrival_shows_on_the_clock_of_the_destination(source, zone, dest):
    there = late_flights._with_label(source[(source["dest"] == dest) & source["arr_delay"].notna()])
    clock = there["known_at"].dt.tz_convert(zone)
    assert (clock.dt.hour * 100 + clock.dt.minute).tolist() == (there["arr_time"] % 2400).tolist()


def test_an_arrival_after_midnight_is_on_the_next_day():
    row = pd.DataFrame(
        {"scheduled": [pd.Timestamp("2013-07-02 03:59", tz="UTC")], "dest": "BQN", "sched_arr_time": 340}
    )
    assert late_flights._scheduled_arrival(row).tolist() == [pd.Timestamp("2013-07-02 07:40", tz="UTC")]


def test_the_weather_is_of_an_hour_that_had_ended(flights):
    weather = datasets.load_weather().set_index(["origin", "time_hour"])["temp"]
    row = flights[flights["weather_age"] > 0].iloc[123_456]
    ended = row["decided_at"] - row["weather_age"] * HOUR
    assert weather[row["origin"], ended.round("min") - HOUR] == row["temp"]
    assert flights["weather_age"].between(0, 28).all()


def test_recent_delay_is_the_mean_of_what_left_in_the_three_hours_before(flights, source):
    for row in flights.sample(25, random_state=1).itertuples():
        since = row.decided_at - source["departed"]
        left = source[(source["origin"] == row.origin) & (since >= 0 * HOUR) & (since < 3 * HOUR)]
        assert row.recent_delay == pytest.approx(left["dep_delay"].mean(), nan_ok=True)


def scrambled_after(instant):
    """The two tables that tell what happened, with nonsense in all that became known after an instant."""
    flights, weather = (getattr(datasets, name)() for name in TABLES)
    left_later = late_flights._with_instants(flights)["departed"] > instant
    flights.loc[left_later, "dep_delay"] += 1_000
    flights[["arr_delay", "air_time", "arr_time"]] += 500  # what comes after a departure is no feature of any row
    weather.loc[weather["time_hour"] + HOUR > instant, late_flights.WEATHER] = 1e9
    return dict(zip(TABLES, (flights, weather), strict=True))


def features_with(tables, rows, monkeypatch):
    for name, table in tables.items():
        monkeypatch.setattr(late_flights, name, lambda table=table: table)
    return datasets.load_late_flights().loc[rows].drop(columns=["known_at", "late"])


@pytest.mark.parametrize("row", [1_000, 100_000, 300_000])
def test_what_happened_after_the_decision_changes_none_of_its_features(flights, monkeypatch, row):
    instant = flights.loc[row, "decided_at"]
    asked = flights.index[flights["decided_at"].between(instant - HOUR, instant)]
    changed = features_with(scrambled_after(instant), asked, monkeypatch)
    assert_frame_equal(changed, flights.loc[asked].drop(columns=["known_at", "late"]))


def test_what_happened_before_the_decision_does_change_them(flights, monkeypatch):
    asked = flights.index[100_000:100_050]
    instant = flights.loc[asked[0], "decided_at"] - 2 * HOUR
    changed = features_with(scrambled_after(instant), asked, monkeypatch)
    assert (changed["recent_delay"] != flights.loc[asked, "recent_delay"]).mean() > 0.5
    assert (changed["temp"] == 1e9).all()
