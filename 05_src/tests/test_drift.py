"""A comparison says which columns drifted, why, and in words what it could not test."""

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from mlsd import datasets, drift
from mlsd.errors import ColumnError, DataError

ROWS = 400


def frame(seed=0, rows=ROWS, shift=0.0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "temp": rng.normal(size=rows) + shift,
            "wind": rng.exponential(size=rows),
            "origin": rng.choice(["EWR", "JFK", "LGA"], rows),
            "gust": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)),
            "rain": rng.random(rows) < 0.3,
        }
    )


def row(result, feature):
    return result.table.set_index("feature").loc[feature]


def compared(before, now, **options):
    return drift.compare(reference=pd.DataFrame({"a": before}), current=pd.DataFrame({"a": now}), **options)


def test_what_drifted_stands_first_and_is_named():
    found = drift.compare(reference=frame(), current=frame(1, shift=1.0))
    assert found.drifted == ["temp"]
    assert found.table["feature"][0] == "temp"
    assert repr(found) == "1 of 5 columns drifted: temp"


def test_the_table_has_the_promised_columns():
    table = drift.compare(reference=frame(), current=frame(1)).table
    promised = ["feature", "kind", "test", "statistic", "p_value", "effect", "drifted"]
    assert list(table.columns)[:7] == promised
    assert table.set_index("feature")["test"].to_dict() == {
        **dict.fromkeys(["temp", "wind", "gust"], "ks"),
        **dict.fromkeys(["origin", "rain"], "chi-square"),
    }


def test_without_drift_one_comparison_in_twenty_names_a_column():
    alarms = 0
    for seed in range(200):
        before, now = frame(seed, 150), frame(seed + 1000, 150)
        alarms += bool(drift.compare(reference=before, current=now, min_effect=0).drifted)
    assert alarms <= 20  # 10 expected at most; 21 or more in one of a thousand such tests


def test_without_control_many_columns_cry_wolf():
    alarms = [
        bool(drift.compare(reference=frame(s, 150), current=frame(s + 1000, 150), min_effect=0, control="none").drifted)
        for s in range(30)
    ]
    assert np.mean(alarms) > 0.1


@pytest.mark.parametrize(("shift", "least", "most"), [(0.2, 0.05, 0.6), (0.5, 0.85, 1), (0.8, 1, 1)])
def test_power_grows_with_the_shift(shift, least, most):
    found = [
        "temp" in drift.compare(reference=frame(s, 200), current=frame(s + 500, 200, shift)).drifted for s in range(30)
    ]
    assert least <= np.mean(found) <= most


def test_a_trifle_is_no_drift_however_many_rows():
    rng = np.random.default_rng(0)
    found = compared(rng.normal(size=100_000), rng.normal(size=100_000) + 0.05)
    assert row(found, "a")["p_value"] < 1e-10
    assert found.drifted == []
    assert row(found, "a")["note"].endswith("more than chance, but smaller than 0.1")


def test_a_large_difference_of_few_rows_could_be_chance():
    found = compared([1.0, 2, 3, 4], [2.5, 3.5, 4.5, 5.5])
    assert found.drifted == []
    assert (
        "only 4 values against 4: a difference below 1.0 looks like chance; could be chance" in found.table["note"][0]
    )


def test_holm_and_benjamini_hochberg_by_hand():
    rng = np.random.default_rng(3)
    before = pd.DataFrame(rng.normal(size=(50, 3)), columns=list("abc"))
    now = before + rng.normal(size=(50, 3)) + [0.1, 0.4, 0.8]
    tables = [drift.compare(reference=before, current=now, control=way).table for way in ("none", "holm")]
    raw, holm = (table.set_index("feature").loc[list("abc"), "p_adjusted"].to_numpy() for table in tables)
    low, middle, high = np.sort(raw)
    assert np.sort(holm) == pytest.approx(np.minimum(np.maximum.accumulate([3 * low, 2 * middle, high]), 1))
    both = drift.compare(reference=before, current=now).table
    assert both["p_adjusted"].min() == pytest.approx(min(3 * low, 1.5 * middle, high))


def test_missing_values_are_tested_by_themselves():
    rng = np.random.default_rng(0)
    values = rng.normal(size=300)
    found = compared(values, np.where(rng.random(300) < 0.2, np.nan, rng.permutation(values)))
    assert found.drifted == ["a"]
    assert row(found, "a")["p_adjusted"] > 0.05
    assert row(found, "a")["missing_p_adjusted"] < 1e-6
    assert "missing 0.0% → " in row(found, "a")["note"]


def test_a_column_that_is_all_missing_now_has_drifted():
    found = compared([1.0, 2, 3] * 10, [None] * 30)
    assert found.drifted == ["a"]
    assert found.table["note"][0] == "all 30 values are missing in the current frame; missing 0.0% → 100.0%"


def test_new_categories_are_named_and_old_ones_too():
    found = compared(["x", "y"] * 100, ["x", "z"] * 100)
    assert found.drifted == ["a"]
    assert found.table["note"][0].startswith("new: 'z' (50.0% of rows); no longer seen: 'y'")


@pytest.mark.parametrize(
    ("before", "now", "note", "drifted"),
    [
        ([3.0] * 40, [3.0] * 40, "constant: always 3", False),
        ([3.0] * 40, [4.0] * 40, "was always 3, is always 4", True),
        (["x"] * 40, ["x"] * 40, "constant: always 'x'", False),
        ([1.0, 2] * 20, [np.inf, 2] * 20, "20 infinite in the current frame", True),
        ([None] * 40, [None] * 40, "all 40 values are missing in the reference", False),
        ([1.0, 2] * 20, ["1", "2"] * 20, "was number (float64), is now category (str)", True),
        ([True, False] * 20, [1, 0] * 20, "", False),
        ([1, 2] * 20, [1.0, 2.0] * 20, "", False),
        ([[1], [2]] * 20, [[1], [2]] * 20, "", False),
        ([1.0], [2.0], "only 1 values against 1", False),
        (list(map(str, range(50))), list(map(str, range(50, 100))), "almost every value is another", False),
    ],
)
def test_odd_columns_are_answered_in_words(before, now, note, drifted):
    found = compared(before, now)
    assert note in found.table["note"][0]
    assert bool(found.drifted) is drifted


def test_a_frame_without_rows_is_answered_in_words():
    found = drift.compare(reference=frame(), current=frame().iloc[:0])
    assert set(found.table["note"]) == {"the current frame has no rows"}
    assert found.drifted == []


def test_columns_that_one_frame_lacks_are_answered_in_words():
    found = drift.compare(reference=frame()[["temp", "wind"]], current=frame()[["temp", "rain"]])
    assert found.drifted == ["wind"]
    assert row(found, "wind")["note"] == "gone: the current frame has no such column"
    assert row(found, "rain")["note"].startswith("new: the reference has no such column")


def test_a_number_that_is_missing_has_a_note():
    before = frame().assign(t=pd.Timestamp("2020-01-01"), gone=1, empty=None, text="1")
    table = drift.compare(reference=before, current=frame(1).assign(t=pd.Timestamp("2021"), empty=None, text=1)).table
    assert table.loc[table[["statistic", "p_value", "effect"]].isna().any(axis=1), "note"].str.len().min() > 10


def test_times_are_tested_only_when_named():
    before = pd.DataFrame({"at": pd.date_range("2020-01-01", periods=50, tz="UTC")})
    now = before + pd.Timedelta(days=100)
    assert drift.compare(reference=before, current=now).drifted == []
    named = drift.compare(reference=before, current=now, columns=["at"])
    assert named.table["note"][0] == "median 2020-01-25T12:00:00 → 2020-05-04T12:00:00"
    assert named.drifted == ["at"]


def test_a_number_can_be_taken_as_a_category():
    hours = pd.DataFrame({"hour": [0, 6, 12, 18] * 50})
    found = drift.compare(reference=hours, current=hours, kinds={"hour": "category"})
    assert found.table["test"].tolist() == ["chi-square"]


def test_dask_says_what_pandas_says():
    before, now = frame(0, 120), frame(1, 120, 0.5)
    expected = drift.compare(reference=before, current=now).table
    lazy = [dd.from_pandas(each, npartitions=3) for each in (before, now)]
    assert_frame_equal(drift.compare(reference=lazy[0], current=lazy[1]).table, expected)
    assert_frame_equal(
        drift.measures(reference=lazy[0], current=lazy[1]), drift.measures(reference=before, current=now)
    )


def test_a_prepared_reference_says_the_same():
    ready = drift.prepare(frame(), kinds={"rain": "category"})
    found = drift.compare(reference=ready, current=frame(1, shift=1), columns=["rain", "temp"])
    expected = drift.compare(reference=frame(), current=frame(1, shift=1), columns=["rain", "temp"])
    assert_frame_equal(found.table, expected.table)


def test_columns_may_have_numbers_for_names():
    before, now = (pd.DataFrame(frame(seed)[["temp", "wind"]].to_numpy()) for seed in (0, 1))
    assert sorted(drift.compare(reference=before, current=now).table["feature"]) == [0, 1]


def test_the_weather_of_february_is_not_that_of_january():
    flights = datasets.load_late_flights()
    weather = ["temp", "pressure", "wind_gust", "carrier", "origin", "distance", "day_of_week"]
    months = [flights.loc[flights["month"] == month, weather] for month in (1, 2)]
    found = drift.compare(reference=months[0], current=months[1])
    assert set(found.drifted) == {"temp", "pressure", "wind_gust"}
    assert row(found, "pressure")["note"].startswith("median 1021 → 1015")


def test_measures_say_how_large_and_what_is_chance():
    table = drift.measures(reference=frame(), current=frame(1, shift=1)).set_index("feature")
    assert table.loc["temp", "psi_says"] == "large"
    assert table.loc["wind", "psi_says"] == "no more than chance"
    assert table.loc["temp", "wasserstein"] == pytest.approx(1, abs=0.15)
    assert table.loc["origin", "note"] == "categories have no distance to be moved"


def test_measures_answer_odd_columns_in_words():
    before = pd.DataFrame({"one": [1.0] * 20, "far": [1.0, np.inf] * 10, "text": "x", "none": None, "gone": 1})
    now = pd.DataFrame({"one": [2.0] * 20, "far": [1.0, np.inf] * 10, "text": 1.0, "none": None, "at": pd.Timestamp(0)})
    table = drift.measures(reference=before, current=now).set_index("feature")
    assert "constant: it gives no scale" in table.loc["one", "note"]
    assert "infinite numbers" in table.loc["far", "note"]
    assert table.loc["one", "psi"] > 1
    assert table["note"].str.len().min() > 10


def test_questions_that_make_no_sense_are_refused():
    before, now = frame(), frame(1)
    with pytest.raises(ColumnError, match="Column 'Temp' is not in the reference or the current frame") as error:
        drift.compare(reference=before, current=now, columns=["Temp"])
    assert error.value.fix == "Did you mean 'temp'?"
    with pytest.raises(DataError, match="must be a list of names"):
        drift.compare(reference=before, current=now, columns="temp")
    with pytest.raises(DataError, match="A frame of pandas or Dask is needed, got: list"):
        drift.compare(reference=[1], current=now)
    with pytest.raises(DataError, match="Two columns are named 'temp'"):
        drift.compare(reference=before, current=pd.concat([now, now[["temp"]]], axis=1))
    for options, words in [({"alpha": 2}, "alpha"), ({"min_effect": -1}, "min_effect"), ({"control": "x"}, "control")]:
        with pytest.raises(DataError, match=f"`{words}` must"):
            drift.compare(reference=before, current=now, **options)


def test_kinds_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="The kind of 'temp' must be one of"):
        drift.prepare(frame(), kinds={"temp": "colour"})
    with pytest.raises(DataError, match="Column 'origin' is no number"):
        drift.prepare(frame(), kinds={"origin": "number"})
    with pytest.raises(DataError, match="its kinds are settled"):
        drift.compare(reference=drift.prepare(frame()), current=frame(), kinds={"temp": "category"})
