"""A split never shares a row, never trains on the future or inside the gap, and never shares a group."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score

from mlsd import sampling
from mlsd.errors import ColumnError, DataError
from mlsd.sampling import TimeFolds, split_by_group, split_by_time, split_by_time_and_group

DAYS = pd.DataFrame({"day": pd.date_range("2013-08-28", periods=6), "plane": list("ABCABC")}, index=range(10, 16))
UTC = DAYS.assign(day=DAYS["day"].dt.tz_localize("UTC"))


@st.composite
def frames(draw):
    """Rows in any order, with times and groups that repeat."""
    rows = draw(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 4)), min_size=6, max_size=40))
    return pd.DataFrame(rows, columns=["time", "group"])


# Laws. A busy machine is no reason to fail; nor is it that many small frames cannot be split at all.
on_any_machine = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])


@on_any_machine
@given(frames(), st.integers(0, 12), st.integers(0, 4))
def test_no_row_is_shared_and_training_ends_a_gap_before_the_test(frame, start, gap):
    assume((frame["time"] < start - gap).any() and (frame["time"] >= start).any())
    train, test = split_by_time(frame, time="time", test_from=start, gap=gap)
    assert not set(train.index) & set(test.index)
    assert train["time"].max() + gap < start <= test["time"].min()
    assert len(train) + len(test) == ((frame["time"] < start - gap) | (frame["time"] >= start)).sum()


@on_any_machine
@given(frames(), st.floats(0.01, 0.99), st.integers(0, 5))
def test_no_group_is_shared_and_no_row_is_lost(frame, share, seed):
    assume(frame["group"].nunique() > 1)
    train, test = split_by_group(frame, group="group", test_share=share, seed=seed)
    assert not set(train["group"]) & set(test["group"])
    assert sorted([*train.index, *test.index]) == list(frame.index)


@on_any_machine
@given(frames(), st.integers(1, 12), st.integers(0, 3), st.integers(0, 5))
def test_by_both_shares_neither_time_nor_group(frame, start, gap, seed):
    try:
        train, test = split_by_time_and_group(
            frame, time="time", test_from=start, gap=gap, group="group", test_share=0.4, seed=seed
        )
    except DataError:
        assume(False)
    assert train["time"].max() + gap < start <= test["time"].min()
    assert not set(train["group"]) & set(test["group"])


@on_any_machine
@given(frames(), st.integers(1, 4), st.integers(0, 3), st.booleans())
def test_no_fold_trains_on_the_future_the_gap_or_a_group_that_it_tests(frame, n_splits, gap, grouped):
    groups = frame["group"] if grouped else None
    try:
        folds = list(TimeFolds("time", n_splits=n_splits, gap=gap).split(frame, groups=groups))
    except DataError:
        assume(False)
    assert len(folds) == n_splits
    for train, test in folds:
        assert frame["time"].iloc[train].max() + gap < frame["time"].iloc[test].min()
        assert not grouped or not set(frame["group"].iloc[train]) & set(frame["group"].iloc[test])


@on_any_machine
@given(frames(), st.integers(1, 4))
def test_folds_test_each_later_row_once_and_never_cut_between_equal_times(frame, n_splits):
    try:
        tests = [test for _, test in TimeFolds("time", n_splits=n_splits).split(frame)]
    except DataError:
        assume(False)
    first = frame["time"].iloc[tests[0]].min()
    assert sorted(np.concatenate(tests)) == np.flatnonzero(frame["time"] >= first).tolist()
    times = [set(frame["time"].iloc[test]) for test in tests]
    assert sum(map(len, times)) == len(set.union(*times))


# By hand


def test_rows_in_the_gap_are_in_neither_part_and_the_index_stays():
    train, test = split_by_time(DAYS, time="day", test_from="2013-09-01", gap="2D")
    assert (train.index.tolist(), test.index.tolist()) == ([10, 11], [14, 15])
    assert train.columns.tolist() == ["day", "plane"]


def test_a_bound_without_a_zone_is_read_in_the_columns_zone():
    here = UTC.assign(day=UTC["day"].dt.tz_convert("America/New_York"))
    assert split_by_time(here, time="day", test_from="2013-08-31")[1].index.tolist() == [14, 15]
    assert split_by_time(here, time="day", test_from="2013-08-31T00:00Z")[1].index.tolist() == [13, 14, 15]


def test_groups_are_drawn_until_the_share_is_met_as_nearly_as_they_allow():
    frame = pd.DataFrame({"plane": np.repeat(np.arange(100), 10)})
    assert len(split_by_group(frame, group="plane", test_share=0.25)[1]) == 250
    assert len(split_by_group(frame.iloc[:20], group="plane", test_share=0.01)[1]) == 10


def test_the_order_of_rows_does_not_choose_the_groups():
    one, other = (split_by_group(frame, group="plane", seed=3)[1] for frame in (DAYS, DAYS.iloc[::-1]))
    assert set(one["plane"]) == set(other["plane"])


def test_by_both_trains_on_early_rows_of_some_groups_and_tests_on_late_rows_of_others():
    train, test = split_by_time_and_group(DAYS, time="day", test_from="2013-08-31", group="plane", test_share=0.3)
    held_out = test["plane"].unique()
    assert len(held_out) == 1
    assert train["plane"].tolist() == [plane for plane in "ABC" if plane != held_out[0]]


def test_folds_by_hand():
    X = pd.DataFrame({"day": [3, 1, 2, 4, 2, 1]})
    folds = [(train.tolist(), test.tolist()) for train, test in TimeFolds("day", n_splits=2).split(X)]
    assert folds == [([1, 5], [2, 4]), ([1, 2, 4, 5], [0, 3])]


def test_folds_work_wherever_scikit_learn_takes_cv():
    rng = np.random.default_rng(0)
    X, y = pd.DataFrame({"day": rng.permutation(60)}), rng.integers(0, 2, 60)
    cv = TimeFolds("day", n_splits=3, gap=2)
    assert len(cross_val_score(DummyClassifier(), X, y, cv=cv)) == cv.get_n_splits() == 3
    search = GridSearchCV(DummyClassifier(), {"strategy": ["most_frequent", "prior"]}, cv=cv, error_score="raise")
    assert search.fit(X, y).n_splits_ == 3
    assert repr(cv) == "TimeFolds(gap=2, n_splits=3, times='day')"


def test_a_series_of_times_is_matched_to_a_frame_by_its_index():
    shuffled = DAYS.sample(frac=1, random_state=0)
    by_name, by_series = (
        [test.tolist() for _, test in TimeFolds(times, n_splits=2).split(shuffled)] for times in ("day", DAYS["day"])
    )
    assert by_name == by_series
    assert len(list(TimeFolds(DAYS["day"].to_numpy(), n_splits=2).split(np.zeros((6, 1))))) == 2


# Errors


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        (DAYS, {"test_from": "2014-01-01"}, "The test set is empty: no row of 6"),
        (DAYS, {"test_from": "2013-08-28"}, "The train set is empty"),
        (DAYS, {"test_from": "2013-08-30", "gap": "2D"}, "The train set is empty"),
        (DAYS, {"test_from": "soon"}, "`test_from` cannot be read as a time: 'soon'"),
        (DAYS, {"test_from": "2013-08-30T00:00Z"}, r"`test_from` has a zone .* the column 'day' has none"),
        (DAYS, {"test_from": "2013-08-30", "gap": "long"}, "`gap` cannot be read as a length of time: 'long'"),
        (DAYS, {"test_from": "2013-08-30", "gap": "-1D"}, "`gap` must be a length of time of 0 or more, got: '-1D'"),
        (DAYS.assign(day=range(6)), {"test_from": "2013-08-30"}, "`test_from` must be a number"),
        (DAYS.assign(day=range(6)), {"test_from": 3, "gap": "1D"}, "(?s)`gap` must be .* Write it as a number"),
        (DAYS.assign(day=DAYS["day"].astype(str)), {"test_from": "2013-08-30"}, "(?s)it holds str.*to_datetime"),
        (DAYS.assign(day=DAYS["day"].where(DAYS["plane"] != "B")), {"test_from": "2013-08-30"}, "2 of 6 .* index 11"),
    ],
)
def test_a_split_by_time_that_cannot_be_meant_is_refused(frame, options, words):
    with pytest.raises(DataError, match=words):
        split_by_time(frame, time="day", **options)


@pytest.mark.parametrize(
    ("frame", "share", "words"),
    [
        (DAYS.assign(plane="A"), 0.5, "The test set is empty: no row of 6 is left by groups of 'plane'"),
        (DAYS, 1.0, "`test_share` must lie between 0 and 1, got: 1.0"),
        (DAYS.assign(plane=[*"ABCAB", None]), 0.5, "'plane' is missing in 1 of 6 rows"),
        (DAYS.head(0), 0.5, "The train set is empty|The test set is empty"),
    ],
)
def test_a_split_by_group_that_cannot_be_meant_is_refused(frame, share, words):
    with pytest.raises(DataError, match=words):
        split_by_group(frame, group="plane", test_share=share)


def test_by_both_says_which_part_is_empty():
    with pytest.raises(DataError, match=r"The train set is empty: .* day from 2013-08-28"):
        split_by_time_and_group(DAYS, time="day", test_from="2013-08-28", group="plane", test_share=0.3)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ColumnError, match="Did you mean 'day'"):
        split_by_time(DAYS, time="Day", test_from="2013-08-30")
    with pytest.raises(ColumnError, match="Did you mean 'plane'"):
        split_by_group(DAYS, group="Plane")
    with pytest.raises(ColumnError, match="'Day' is not in X"):
        next(TimeFolds("Day").split(DAYS))


@pytest.mark.parametrize(
    ("folds", "X", "words"),
    [
        (TimeFolds("day"), DAYS[["plane"]].to_numpy(), "looks for column 'day', but X is no frame"),
        (TimeFolds([1, 2, 3]), DAYS, "`times` has 3 values for 6 rows"),
        (TimeFolds(DAYS["day"].set_axis(range(6))), DAYS, "The index of `times` does not fit that of X"),
        (TimeFolds([1, 1, 1, 1, 1, 2], n_splits=2), DAYS, "6 rows have only 2 different times"),
        (TimeFolds("day", n_splits=6), DAYS, "6 folds need 7 stretches of time"),
        (TimeFolds("day", n_splits=0), DAYS, "`n_splits` must be a whole number of at least 1"),
        (TimeFolds("day", n_splits=2, gap="9D"), DAYS, "The fold that tests from 2013-08-30 .* nothing to train on"),
    ],
)
def test_folds_that_cannot_be_cut_are_refused(folds, X, words):
    with pytest.raises(DataError, match=words):
        list(folds.split(X))


def test_groups_that_span_all_of_the_time_leave_nothing_to_train_on():
    with pytest.raises(DataError, match="groups that do not span all of the time"):
        list(TimeFolds("day", n_splits=1).split(DAYS, groups=["A"] * 6))


def test_an_unknown_name_is_an_attribute_error_and_dir_lists_what_there_is():
    with pytest.raises(AttributeError, match="no attribute 'snowball'"):
        _ = sampling.snowball
    assert dir(sampling) == sorted(sampling.__all__)
