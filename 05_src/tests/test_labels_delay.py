import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsd import labels
from mlsd.errors import ColumnError, DataError

NINE = pd.Timestamp("2026-01-05 09:00", tz="UTC")
HOUR = pd.Timedelta(hours=1)


def hours(*numbers):
    """Times, as hours after nine."""
    return pd.Series([NINE + number * HOUR for number in numbers]).astype("datetime64[us, UTC]")


def shown():
    return pd.DataFrame({"user": ["a", "b", "c", "d"], "shown_at": hours(0, 0, 0, 1.5).array}, index=[7, 5, 3, 1])


def clicks():
    return pd.DataFrame({"user": ["a", "b", "c", "x"], "at": hours(0.5, 2, 0, 2.5)})


def labelled(**changes):
    options = {"by": "user", "start": "shown_at", "at": "at", "window": "1h"} | changes
    return labels.natural(shown(), clicks(), **options)


def test_an_event_inside_the_window_is_1_and_a_closed_window_0():
    assert labelled()["label"].tolist() == [1, 0, 0, 0]


def test_a_window_that_is_still_open_at_the_end_of_the_log_has_no_label():
    assert labelled(until=NINE + 2 * HOUR)["label"].tolist() == [1, 0, 0, pd.NA]


def test_a_positive_is_known_with_its_event_and_a_negative_when_its_window_closes():
    known = labelled()["known_at"]
    assert known.tolist() == hours(0.5, 1, 1, 2.5).tolist()
    assert known.index.tolist() == [7, 5, 3, 1]


def test_an_event_at_the_prediction_itself_does_not_count_and_one_at_the_end_does():
    both = labelled(window="2h")["label"]
    assert both.tolist() == [1, 1, 0, pd.NA]


def test_only_the_first_event_of_a_window_counts():
    twice = pd.concat([clicks(), pd.DataFrame({"user": ["a"], "at": hours(0.2)})])
    first = labels.natural(shown(), twice, by="user", start="shown_at", at="at", window="1h")
    assert first.loc[7, "known_at"] == hours(0.2)[0]


def test_a_row_without_a_user_never_gets_someone_elses_event():
    frame = shown().assign(user=["a", None, "c", "d"])
    events = clicks().assign(user=["a", None, None, "x"])
    made = labels.natural(frame, events, by="user", start="shown_at", at="at", window="3h", until=NINE + 9 * HOUR)
    assert made["label"].tolist() == [1, 0, 0, 0]


def test_times_without_a_zone_work_when_both_sides_have_none():
    bare = shown().assign(shown_at=shown()["shown_at"].dt.tz_localize(None))
    log = clicks().assign(at=clicks()["at"].dt.tz_localize(None))
    made = labels.natural(bare, log, by="user", start="shown_at", at="at", window="1h")
    assert made["label"].tolist() == [1, 0, 0, 0]
    assert made["known_at"].dt.tz is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window": "soon"}, "cannot be read: 'soon'"),
        ({"window": "0h"}, "longer than none"),
        ({"until": "2026-01-05"}, "`until` has no time zone"),
        ({"until": "later"}, "`until` cannot be read as a time: 'later'"),
        ({"until": pd.NaT}, "`until` is missing"),
        ({"start": "user"}, "'user' must hold times, got: str"),
    ],
)
def test_a_time_that_cannot_be_used_is_named(changes, message):
    with pytest.raises(DataError, match=message):
        labelled(**changes)


@pytest.mark.parametrize(("name", "where"), [("by", "the frame"), ("start", "the frame"), ("at", "the events")])
def test_a_column_that_is_not_there_is_named_with_its_frame(name, where):
    with pytest.raises(ColumnError, match=f"'seen' is not in {where}"):
        labelled(**{name: "seen"})


def test_a_clock_without_a_zone_is_not_compared_with_one_that_has_it():
    log = clicks().assign(at=clicks()["at"].dt.tz_localize(None))
    with pytest.raises(DataError, match="Column 'at' has no time zone, 'shown_at' is in UTC"):
        labels.natural(shown(), log, by="user", start="shown_at", at="at", window="1h", until=NINE)


def test_a_prediction_without_a_time_is_named_by_its_row():
    frame = shown()
    frame.loc[5, "shown_at"] = pd.NaT
    with pytest.raises(DataError, match="'shown_at' of the frame is missing in 1 rows, the first at index 5"):
        labels.natural(frame, clicks(), by="user", start="shown_at", at="at", window="1h")


def test_keys_of_different_types_are_refused_because_nothing_would_match():
    with pytest.raises(DataError, match="'user' holds str in the frame and int64 in the events"):
        labels.natural(shown(), clicks().assign(user=[1, 2, 3, 4]), by="user", start="shown_at", at="at", window="1h")


# What was known at a moment


def landed():
    return pd.DataFrame({"start": hours(0, 0, 1, 3), "late": [0, 1, 0, 1], "known_at": hours(2, 5, 4, 9)})


def test_what_is_not_known_yet_is_missing_not_0():
    known = labels.known_at(landed(), NINE + 4 * HOUR, label="late")
    assert known.tolist() == [0, pd.NA, 0, pd.NA]
    assert known.dtype == "Int64"


def test_a_label_whose_time_is_missing_is_never_known():
    frame = landed().assign(known_at=hours(2, 5, 4, 9).where([True, True, False, True]))
    assert labels.known_at(frame, NINE + 99 * HOUR, label="late").tolist() == [0, 1, pd.NA, 1]


def test_labels_that_are_text_stay_text():
    known = labels.known_at(landed().assign(late=["no", "yes", "no", "yes"]), NINE + 4 * HOUR, label="late")
    assert known.dropna().tolist() == ["no", "no"]


def test_a_moment_in_another_zone_is_the_same_moment():
    there = (NINE + 4 * HOUR).tz_convert("America/New_York")
    assert labels.known_at(landed(), there, label="late").notna().sum() == 2


def test_training_rows_are_those_whose_label_was_known():
    rows = labels.known_rows(landed(), NINE + 4 * HOUR, label="late")
    pd.testing.assert_frame_equal(rows, landed().iloc[[0, 2]])


def test_waiting_leaves_out_young_rows_even_if_their_label_is_there():
    rows = labels.known_rows(landed(), NINE + 5 * HOUR, label="late", start="start", wait="5h")
    assert rows.index.tolist() == [0, 1]


def test_waiting_needs_to_know_since_when():
    with pytest.raises(DataError, match="`start` is not given"):
        labels.known_rows(landed(), NINE, label="late", wait="5h")


def test_a_frame_whose_labels_were_all_known_passes_and_one_from_the_future_is_named():
    assert labels.require_known(landed().iloc[:1], NINE + 2 * HOUR) is not None
    with pytest.raises(DataError, match=r"3 of 4 labels were not known at .* the first at index 1"):
        labels.require_known(landed(), NINE + 2 * HOUR)


def test_a_label_without_a_time_does_not_pass():
    frame = landed().assign(known_at=hours(2, 5, 4, 9).where([True, True, False, True]))
    with pytest.raises(DataError, match="1 of 4 labels were not known"):
        labels.require_known(frame, NINE + 99 * HOUR)


def test_a_moment_without_a_zone_is_refused_with_the_zone_to_give():
    with pytest.raises(DataError, match=r"`now` has no time zone, but column 'known_at' is in UTC.*\n.*tz='UTC'"):
        labels.known_at(landed(), "2026-01-05 12:00", label="late")


# Bias


def test_dropping_the_unknown_and_calling_it_negative_both_miss_the_share():
    table = labels.moment_bias(landed(), [NINE + 4 * HOUR], start="start", label="late")
    assert table.iloc[0].tolist() == [4, 2, 0.5, 0.0, 0.0]


def test_once_everything_is_known_all_shares_are_the_same():
    table = labels.moment_bias(landed(), [NINE + 9 * HOUR], start="start", label="late", wait="1h")
    assert table.iloc[0, 2:].tolist() == [0.5] * 4


def test_only_predictions_of_the_last_stretch_are_looked_at():
    table = labels.moment_bias(landed(), [NINE + 4 * HOUR], start="start", label="late", since="3h")
    assert table["rows"].tolist() == [1]  # begun after 10:00: not the one at 10:00 itself


def test_a_moment_before_all_rows_has_no_share():
    table = labels.moment_bias(landed(), [NINE - HOUR], start="start", label="late")
    assert table["rows"].tolist() == [0]
    assert table.filter(like="share").isna().all(axis=None)


def test_rows_that_never_get_a_label_count_in_no_share():
    frame = landed().assign(late=pd.array([0, None, 0, 1], dtype="Int64"))
    table = labels.moment_bias(frame, [NINE + 9 * HOUR], start="start", label="late")
    assert table.iloc[0].round(3).tolist() == [4, 3, 0.333, 0.333, 0.333]


def test_a_label_that_is_not_0_or_1_has_no_share_of_positives():
    with pytest.raises(DataError, match="must hold 0, 1 or nothing; got 2 at index 3"):
        labels.moment_bias(landed().assign(late=[0, 1, 0, 2]), [NINE], start="start", label="late")


def test_a_short_window_turns_slow_positives_into_negatives():
    log = pd.DataFrame({"user": ["a", "b", "c"], "at": hours(0.5, 2, 3)})
    frame = pd.DataFrame({"user": ["a", "b", "c", "d"], "shown_at": hours(0, 0, 0, 0)})
    table = labels.window_bias(frame, log, ["3h", "1h"], by="user", start="shown_at", at="at")
    assert table["share"].tolist() == [0.25, 0.75]
    assert table["missed"].round(3).tolist() == [0.667, 0.0]


def test_windows_are_compared_on_the_same_rows_those_whose_longest_is_closed():
    table = labels.window_bias(
        shown(), clicks(), ["1h", "2h"], by="user", start="shown_at", at="at", until=NINE + 3 * HOUR
    )
    assert table["rows"].tolist() == [3, 3]


def test_without_a_window_there_is_nothing_to_compare():
    with pytest.raises(DataError, match="`windows` is empty"):
        labels.window_bias(shown(), clicks(), [], by="user", start="shown_at", at="at")


# Laws

times = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 48)), min_size=1, max_size=12)


def frames(starts, events):
    frame = pd.DataFrame(starts, columns=["user", "hour"]).assign(start=lambda f: NINE + f["hour"] * HOUR)
    log = pd.DataFrame(events, columns=["user", "hour"]).assign(at=lambda f: NINE + f["hour"] * HOUR)
    return frame, log


@settings(max_examples=40, deadline=None)
@given(starts=times, events=times, window=st.integers(1, 24), now=st.integers(0, 72), later=st.integers(0, 24))
def test_more_time_never_changes_a_label_nor_turns_it_unknown(starts, events, window, now, later):
    frame, log = frames(starts, events)
    made = labels.natural(frame, log, by="user", start="start", at="at", window=window * HOUR, until=NINE + 99 * HOUR)
    first = labels.known_at(made, NINE + now * HOUR)
    then = labels.known_at(made, NINE + (now + later) * HOUR)
    assert (then[first.notna()] == first.dropna()).all()


@settings(max_examples=40, deadline=None)
@given(starts=times, events=times, window=st.integers(1, 24), now=st.integers(0, 72))
def test_what_is_known_at_a_moment_needs_no_event_from_after_it(starts, events, window, now):
    frame, log = frames(starts, events)
    moment, options = NINE + now * HOUR, {"by": "user", "start": "start", "at": "at", "window": window * HOUR}
    hindsight = labels.known_at(labels.natural(frame, log, until=NINE + 99 * HOUR, **options), moment)
    then = labels.natural(frame, log[log["at"] <= moment], until=moment, **options)["label"]
    np.testing.assert_array_equal(hindsight.to_numpy("float64", na_value=9), then.to_numpy("float64", na_value=9))
