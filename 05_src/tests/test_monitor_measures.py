"""What a window of the served log says, against hand-made logs and against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from mlsd import drift, monitor
from mlsd.errors import ColumnError, DataError
from mlsd.serve.served_log import read_log


def instants(*texts):
    return pd.to_datetime([f"2013-{text}" for text in texts], utc=True)


@pytest.fixture
def log():
    """Two days with a day without any request in between; the last row was turned away."""
    return pd.DataFrame(
        {
            "time": instants("02-01 10:00", "02-01 10:00", "02-01 12:00", "02-03 09:00", "02-03 10:00"),
            "request_id": ["a", "a", "b", "c", "d"],
            "row": [0, 1, 0, 0, 0],
            "status": ["ok", "ok", "ok", "error", "rejected"],
            "probability": [0.1, 0.3, 0.8, np.nan, np.nan],
            "seconds": [0.010, 0.010, 0.030, 0.5, 0.001],
            "feature.temp": [30.0, 31.0, None, 28.0, None],
            "feature.origin": ["EWR", "JFK", "EWR", "EWR", None],
        }
    )


@pytest.fixture
def reference():
    temp = np.linspace(0, 40, 400)
    return pd.DataFrame({"temp": temp, "origin": ["EWR", "JFK"] * 200, "probability": np.linspace(0, 1, 400)})


def test_a_day_without_requests_is_a_window_too(log):
    table = monitor.measure(log)
    assert table["start"].dt.day.tolist() == [1, 2, 3]
    assert table["rows"].tolist() == [3, 0, 2]


def test_failures_are_counted_by_kind_and_as_shares(log):
    last = monitor.measure(log).iloc[-1]
    assert (last["rejected"], last["errors"], last["rejected_share"], last["error_share"]) == (1, 1, 0.5, 0.5)


def test_latency_is_of_requests_and_not_of_rows(log):
    assert monitor.measure(log)["p50_ms"].iloc[0] == pytest.approx(20)  # of 10 and 30, not of 10, 10 and 30


def test_a_log_without_seconds_has_no_latency(log):
    assert monitor.measure(log.drop(columns="seconds"))[["p50_ms", "p99_ms"]].isna().all(axis=None)


def test_only_answered_rows_count_for_predictions_and_missing_values(log):
    table = monitor.measure(log)
    assert table["mean_prediction"].iloc[0] == pytest.approx(0.4)
    assert table["missing"].iloc[0] == pytest.approx(1 / 3)
    assert table.loc[2, ["mean_prediction", "missing"]].isna().all()


def test_an_empty_log_gives_an_empty_table(log, reference):
    table = monitor.measure(log.iloc[:0], reference=reference)
    assert table.empty
    assert table.dtypes.equals(monitor.measure(log, reference=reference).dtypes)


def test_windows_of_a_month_begin_on_its_first_day(log):
    assert monitor.measure(log, every="MS")["start"].tolist() == [pd.Timestamp("2013-02-01", tz="UTC")]


def test_a_day_begins_at_midnight_of_the_clock_that_the_times_are_on(log):
    local = log.assign(time=log["time"].dt.tz_convert("America/New_York"))
    assert str(monitor.measure(local)["start"].iloc[0]) == "2013-02-01 00:00:00-05:00"


def test_labels_by_the_index_give_the_gap_and_the_losses(log):
    first = monitor.measure(log, labels=pd.Series({0: 0, 1: 1, 2: 1})).iloc[0]
    assert first[["labelled", "observed"]].tolist() == [3, pytest.approx(2 / 3)]
    assert first["calibration_gap"] == pytest.approx(0.4 - 2 / 3)
    assert first["brier"] == pytest.approx((0.01 + 0.49 + 0.04) / 3)


def test_labels_are_joined_by_keys_also_by_those_of_the_features(log):
    labels = pd.DataFrame({"request_id": ["a", "a", "b"], "row": [0, 1, 0], "late": [0, 0, 1]})
    by_request = monitor.measure(log, labels=labels, key=["request_id", "row"])
    assert by_request["observed"].iloc[0] == pytest.approx(1 / 3)
    by_feature = monitor.measure(log, labels=pd.Series({30.0: 1, 31.0: 0}), key="temp")
    assert by_feature["labelled"].iloc[0] == 2


def test_a_label_counts_only_once_it_is_known(log):
    labels = pd.DataFrame({"late": [0, 1, 1], "known_at": instants("02-01 15:00", "02-02 15:00", "02-05 00:00")})
    counted = [
        monitor.measure(log, labels=labels, now=f"2013-{day} 00:00Z")["labelled"].sum() for day in ("02-02", "02-04")
    ]
    assert [*counted, monitor.measure(log, labels=labels)["labelled"].sum()] == [1, 2, 3]


def test_rows_asked_later_than_now_are_not_seen_and_the_last_window_is_not_over(log):
    table = monitor.measure(log, now="2013-02-01 11:00Z")
    assert table[["rows", "complete"]].values.tolist() == [[2, False]]


def test_silence_up_to_now_is_windows_without_rows(log):
    table = monitor.measure(log, now="2013-02-06 00:00Z")
    assert table["rows"].tolist() == [3, 0, 2, 0, 0, 0]
    assert table["complete"].tolist() == [True] * 5 + [False]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 10)), min_size=2, max_size=30))
def test_the_measures_of_accuracy_are_those_of_scikit_learn(cases):
    y, p = np.array([case[0] for case in cases]), np.array([case[1] / 10 for case in cases])
    served = pd.DataFrame({"time": instants("02-01 10:00").repeat(len(y)), "probability": p})
    found = monitor.measure(served, labels=pd.Series(y)).iloc[0]
    assert found["log_loss"] == pytest.approx(log_loss(y, p, labels=[0, 1]))
    assert found["brier"] == pytest.approx(brier_score_loss(y, p))
    auc = roc_auc_score(y, p) if 0 < y.sum() < len(y) else np.nan
    assert found["roc_auc"] == pytest.approx(auc, nan_ok=True)


def test_predicted_numbers_have_a_gap_but_no_loss():
    served = pd.DataFrame({"time": instants("02-01 10:00", "02-01 11:00"), "prediction": [10.0, 30.0]})
    found = monitor.measure(served, labels=pd.Series([12.0, 20.0])).iloc[0]
    assert found["calibration_gap"] == 4
    assert np.isnan(found["log_loss"])


def served_again(reference, **changed):
    times = pd.date_range("2013-02-01", periods=len(reference), freq="1min", tz="UTC")
    return reference.assign(time=times, **changed)


def test_a_feature_that_moved_is_named_with_its_effect(reference):
    log = served_again(reference, temp=reference["temp"] + 10)
    found = monitor.measure(log, reference=reference).iloc[0]
    assert (found["drifted"], found["worst_column"]) == (1, "temp")
    assert found["worst_effect"] == drift.ks(reference["temp"], log["temp"]).effect


def test_without_a_change_nothing_drifts_and_the_effects_are_none(reference):
    found = monitor.measure(served_again(reference), reference=reference).iloc[0]
    assert found[["drifted", "worst_effect", "prediction_effect"]].tolist() == [0, 0, 0]


def test_a_feature_that_went_missing_or_became_text_is_a_full_effect(reference):
    gone = monitor.measure(served_again(reference, temp=np.nan), reference=reference).iloc[0]
    text = monitor.measure(served_again(reference, temp="warm"), reference=reference).iloc[0]
    assert [gone["worst_effect"], text["worst_effect"]] == [1, 1]
    assert [gone["missing"], gone["drifted"], text["drifted"]] == [1, 1, 1]


def test_predictions_are_compared_with_those_of_the_reference(reference):
    log = served_again(reference, probability=reference["probability"] / 2)
    assert monitor.measure(log, reference=reference)["prediction_effect"][0] == pytest.approx(0.5, abs=0.01)


def test_a_prepared_reference_gives_the_same_as_its_frame(reference):
    log = served_again(reference, temp=reference["temp"] + 3)
    prepared = monitor.measure(log, reference=drift.prepare(reference))
    pd.testing.assert_frame_equal(prepared, monitor.measure(log, reference=reference))


def test_the_features_of_the_log_may_be_prefixed_or_plain(reference):
    plain = served_again(reference, temp=reference["temp"] + 3)
    prefixed = plain.rename(columns={name: f"feature.{name}" for name in ("temp", "origin")})
    both = [monitor.measure(log, reference=reference) for log in (plain, prefixed)]
    pd.testing.assert_frame_equal(*both)


def test_each_slice_is_compared_with_its_own_past(reference):
    by_airport = reference.assign(temp=reference["temp"] + 100 * (reference["origin"] == "JFK"))
    table = monitor.measure(served_again(by_airport), reference=by_airport, by="origin")
    assert table["slice"].tolist() == ["all", "origin = EWR", "origin = JFK"]
    assert table["worst_effect"].tolist() == [0, 0, 0]


def test_slices_add_up_to_the_whole_also_where_a_number_is_cut_or_missing(log):
    many = pd.concat([log] * 5, ignore_index=True).assign(**{"feature.temp": [*range(24), None]})
    for by in ("origin", "temp"):
        table = monitor.measure(many, by=by)
        sums = table[table["slice"] != "all"].groupby("start")["rows"].sum()
        assert sums.tolist() == table.loc[table["slice"] == "all", "rows"].tolist()
    assert "temp is missing" in set(table["slice"])


def test_of_many_values_the_rest_is_one_slice():
    times = pd.date_range("2013-02-01", periods=40, freq="1min", tz="UTC")
    served = pd.DataFrame({"time": times, "probability": 0.5, "dest": [f"D{n % 20}" for n in range(40)]})
    names = monitor.measure(served, reference=served, by="dest")["slice"]
    assert (len(names), names.iloc[-1]) == (14, "dest = any other")


def test_a_log_as_the_server_writes_it_can_be_measured(tmp_path):
    line = '{"time": "2013-02-01T10:00:00.000+00:00", "status": "ok", "probability": 0.2, '
    line += '"features": {"hour": 5, "from": null}}'
    (tmp_path / "2013-02-01-1.jsonl").write_text(f"{line}\n{line}\n")
    reference = pd.DataFrame({"hour": [4, 5, 6], "from": ["EWR", "JFK", None]})
    found = monitor.measure(read_log("any", folder=tmp_path), reference=reference)
    assert found[["rows", "mean_prediction", "missing"]].values.tolist() == [[2, 0.2, 1]]


WRONG = [
    ({"every": "often"}, DataError, "`every` cannot be read: 'often'"),
    ({"by": "dest"}, ColumnError, "'dest' is not in the log's features"),
    ({"now": "2013-02-01"}, DataError, "`now` has no time zone"),
    ({"labels": "late"}, ColumnError, "'late' is not in the log"),
    ({"labels": pd.Series([1, 1], index=[0, 0])}, DataError, "labels have 0 twice"),
    ({"labels": pd.Series({"a": 1}), "key": "temp"}, DataError, "cannot be joined by"),
    ({"labels": pd.Series({0: "yes"})}, DataError, "label must be a number"),
    ({"labels": pd.DataFrame({"a": [1], "b": [2]})}, DataError, "one column beside"),
    ({"reference": pd.DataFrame({"wind": [1]})}, DataError, "share no feature"),
]


@pytest.mark.parametrize(("options", "kind", "words"), WRONG)
def test_what_cannot_be_measured_is_named(log, options, kind, words):
    with pytest.raises(kind, match=words):
        monitor.measure(log, **options)


def test_a_prepared_reference_cannot_be_sliced(log, reference):
    with pytest.raises(DataError, match="cannot be sliced"):
        monitor.measure(log, reference=drift.prepare(reference), by="origin")


def test_a_probability_above_one_and_a_text_as_time_are_named(log):
    with pytest.raises(DataError, match=r"outside 0 and 1: 1\.5 at index 2"):
        monitor.measure(log.assign(probability=[0, 0, 1.5, None, None]))
    with pytest.raises(DataError, match="must hold times"):
        monitor.measure(log.assign(time="today"))
