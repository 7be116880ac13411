"""Slices say for whom a model is worse, with honest intervals; a paradox is shown for what it is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import log_loss, precision_score, recall_score

from mlsd.errors import ColumnError, DataError
from mlsd.evaluate import differences, paradox, slicing

STONES = {("open", "small"): (81, 6), ("open", "large"): (192, 71), ("keyhole", "small"): (234, 36)}
STONES |= {("keyhole", "large"): (55, 25)}


def stones():
    rows = [(*key, y) for key, (well, ill) in STONES.items() for y in [1] * well + [0] * ill]
    return pd.DataFrame(rows, columns=["operation", "stone", "well"])


def cases(rows=600, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"airport": rng.choice(["EWR", "JFK", "LGA"], rows), "hour": rng.permutation(rows) % 24})
    p = rng.uniform(0.05, 0.95, rows)
    return X, (rng.random(rows) < p).astype(int), p


def spoiled(rows=600):
    """The model is upside down for late flights from JFK, and only there."""
    X, y, p = cases(rows)
    bad = (X["airport"] == "JFK") & (X["hour"] >= 18)
    return X, y, np.where(bad, np.where(y == 1, 0.05, 0.95), p)


def test_a_slice_is_compared_with_the_rest_by_welch():
    X, y, p = cases()
    row = slicing.slices(X, y, p, by={"JFK": "airport == 'JFK'"}).iloc[0]
    losses, inside = -np.log(np.where(y == 1, p, 1 - p)), (X["airport"] == "JFK").to_numpy()
    welch = stats.ttest_ind(losses[inside], losses[~inside], equal_var=False)
    low, high = welch.confidence_interval(0.95)
    assert row["value"] == pytest.approx(log_loss(y[inside], p[inside]))
    assert row[["low", "high", "p_adjusted"]].tolist() == pytest.approx([low, high, welch.pvalue])


@pytest.mark.parametrize(("metric", "score"), [("recall", recall_score), ("precision", precision_score)])
def test_rates_are_those_of_scikit_learn(metric, score):
    X, y, p = cases()
    table = slicing.slices(X, y, p, by="airport", metric=metric, threshold=0.4).set_index("slice")
    inside = (X["airport"] == "LGA").to_numpy()
    one, rest = (score(y[rows], p[rows] >= 0.4) for rows in (inside, ~inside))
    assert table.loc["airport = LGA", ["value", "difference"]].tolist() == pytest.approx([one, one - rest])
    assert table.loc["airport = LGA", "counted"] == (y if metric == "recall" else p >= 0.4)[inside].sum()


def test_the_interval_of_a_rate_is_newcombes():
    X = pd.DataFrame({"a": ["x"] * 70 + ["y"] * 80})
    wrong = [1] * 56 + [0] * 14 + [1] * 48 + [0] * 32
    row = slicing.slices(X, wrong, np.zeros(150), metric="error_rate", by={"x": "a == 'x'"}).iloc[0]
    assert row[["low", "high"]].tolist() == pytest.approx([0.0524, 0.3339], abs=5e-5)  # his own example


def test_values_at_the_edge_of_a_rate_are_in_hand_counted():
    X, y, p = pd.DataFrame({"a": list("xxxyyy")}), [0, 0, 1, 0, 0, 1], [0.5, 0.4, 0.9, 0.1, 0.1, 0.2]
    alarms = slicing.slices(X, y, p, by="a", metric="false_alarm_rate", min_rows=2)
    assert alarms[["slice", "counted", "value", "difference"]].to_numpy().tolist() == [
        ["a = x", 2, 0.5, 0.5],
        ["a = y", 2, 0.0, -0.5],
    ]
    accuracy = slicing.slices(X, y, p, by="a", metric="accuracy", min_rows=2)
    assert accuracy["value"].tolist() == pytest.approx([2 / 3, 2 / 3])


def test_the_slice_that_was_spoiled_is_found_first():
    X, y, p = spoiled(1200)
    table = slicing.slices(X, y, p)
    assert table["slice"][0] == "airport = JFK and hour > 17"
    assert table["p_adjusted"][0] < 1e-6
    assert table["low"].is_monotonic_decreasing


def test_where_low_is_bad_the_worst_is_the_lowest():
    table = slicing.slices(*spoiled(1200), metric="accuracy")
    assert table["slice"][0] == "airport = JFK and hour > 17"
    assert table["high"][0] < 0


def test_what_one_condition_explains_is_not_listed_with_two():
    X, y, p = cases(900)
    p = np.where(X["airport"] == "JFK", 0.5 + 0.4 * (0.5 - y), p)  # as bad for each flight from JFK
    table = slicing.slices(X, y, p)
    assert table["slice"][0] == "airport = JFK"
    assert not table["slice"].str.contains("JFK and").any()


def test_rows_that_have_been_listed_are_not_listed_by_another_name():
    X, y, p = cases()
    X = pd.DataFrame({"temp": X["hour"].where(X["hour"] > 5), "humid": X["hour"].where(X["hour"] > 5)})
    listed = slicing.slices(X, y, p, max_columns=1)["slice"]
    assert "temp is missing" in set(listed)
    assert not listed.str.contains("humid").any()


def test_many_slices_without_a_difference_give_few_findings():
    found = 0
    for seed in range(20):
        X, y, p = cases(800, seed)
        table = slicing.slices(X, y, p, min_rows=30, n_slices=1000)
        found += bool((table["p_adjusted"] < 0.05).any())
        assert table.attrs["tested"] == 3 + 4 + 12
    assert found <= 4  # one of 20 by chance


def test_more_columns_are_crossed_on_demand():
    X, y, p = cases(900)
    X["carrier"] = np.random.default_rng(1).choice(["AA", "UA"], len(X))
    three = slicing.slices(X, y, p, max_columns=3, min_rows=10, n_slices=1000)["slice"]
    assert three.str.count(" and ").max() == 2
    assert not slicing.slices(X, y, p, max_columns=1)["slice"].str.contains(" and ").any()


def test_several_columns_by_name_are_crossed():
    X = pd.DataFrame({"a": ["x", "x", "y", None], "b": [1, 2, 1, 1]})
    table = slicing.slices(X, [0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], by=["a", "b"])
    assert set(table["slice"]) == {"a = x and b = 1", "a = x and b = 2", "a = y and b = 1", "a is missing and b = 1"}


def test_a_small_slice_that_was_named_has_a_value_and_no_interval():
    X, y, p = cases()
    X["flag"] = np.arange(len(X)) < 10
    table = slicing.slices(X, y, p, by="flag").set_index("slice")
    assert table.loc["flag = True", ["low", "high", "p_adjusted"]].isna().all()
    assert table.loc["flag = True", "value"] == pytest.approx(log_loss(y[:10], p[:10], labels=[0, 1]))


def test_a_query_that_holds_for_no_row_has_no_value():
    X, y, p = cases()
    table = slicing.slices(X, y, p, by={"never": "hour > 99", "late": "hour >= 18"})
    assert table["slice"].tolist() == ["late", "never"]
    assert np.isnan(table["value"][1])
    assert table["rows"][1] == 0


def test_a_loss_of_ones_own_counts_only_where_it_is_known():
    X, y, p = cases()
    table = slicing.slices(X, y, p, by="airport", metric=lambda y, p: np.where(y == 1, 1 - p, np.nan))
    inside = (X["airport"] == table["slice"][0].removeprefix("airport = ")) & (y == 1)
    assert table["counted"].sum() == y.sum()
    assert table["value"][0] == pytest.approx((1 - p[inside]).mean())


@given(st.lists(st.none() | st.integers(-20, 20).map(lambda quarters: quarters / 4), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_levels_share_no_row_and_each_row_meets_its_condition(values):
    column = pd.Series(values, dtype="float64", name="x")
    codes, names = slicing.levels(column)
    assert set(codes) == set(range(len(names)))
    for value, code in zip(column, codes, strict=True):
        condition = names[code].replace(" = ", " == ")
        assert np.isnan(value) if condition == "x is missing" else eval(condition, {"x": value})


def test_numbers_are_cut_at_values_that_occur():
    codes, names = slicing.levels(pd.Series([1, 1, 1, 1, 2, 9, 9, 30], name="x"), bins=3)
    assert names == ["x <= 1", "1 < x <= 2", "x > 2"]
    assert codes.tolist() == [0, 0, 0, 0, 1, 2, 2, 2]


def test_where_most_have_the_highest_value_it_is_a_level_by_itself():
    codes, names = slicing.levels(pd.Series([1.0, 2.0, 3.0, 8.0, *[10.0] * 30], name="visib"))
    assert names == ["visib <= 8", "visib > 8"]
    assert codes.sum() == 30


def test_times_truths_and_categories_have_levels_too():
    days = pd.Series(pd.date_range("2013-01-01", periods=4, tz="UTC"), name="day")
    assert slicing.levels(days, bins=2)[0].tolist() == [0, 0, 1, 1]
    assert slicing.levels(pd.Series([True, False], name="wet"))[1] == ["wet = False", "wet = True"]
    assert slicing.levels(pd.Series(["b", "a"], dtype="category", name="c"))[0].tolist() == [1, 0]


def test_a_difference_without_spread_is_certain_or_none():
    one, rest = (np.array([3, 3]), np.array([0.0, 3.0]), np.array([0.0, 3.0])), (3, 0.0, 0.0)
    low, high, p = differences.welch(one, rest, 0.95)
    assert p.tolist() == [1.0, 0.0]
    assert (low.tolist(), high.tolist()) == ([0.0, 1.0], [0.0, 1.0])


def test_small_counts_are_tested_exactly_and_large_ones_are_not():
    four = [np.array([value]) for value in (3.0, 60.0, 2.0, 400.0)]
    assert differences.equal_rates(*four)[0] == stats.fisher_exact([[3, 57], [2, 398]]).pvalue
    large = [np.array([value]) for value in (30.0, 60.0, 100.0, 400.0)]
    chi = stats.chi2_contingency([[30, 30], [100, 300]], correction=False).pvalue
    assert differences.equal_rates(*large)[0] == pytest.approx(chi)


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40))
@settings(deadline=None)
def test_an_interval_holds_its_difference_and_stays_within_one(hits, n, others, m):
    hits, others = min(hits, n), min(others, m)
    low, high = differences.newcombe(hits, n, others, m, 0.95)
    assert -1 - 1e-12 <= low <= hits / n - others / m + 1e-12
    assert hits / n - others / m - 1e-12 <= high <= 1 + 1e-12


def test_the_kidney_stones_are_the_paradox():
    found = paradox.simpson(stones(), "well", "operation", "stone")
    assert found.groups == ("keyhole", "open")
    assert found.table["level"].tolist() == ["overall", "stone = large", "stone = small"]
    assert found.table["rate_open"].tolist() == pytest.approx([273 / 350, 192 / 263, 81 / 87])
    assert found.table["difference"].round(3).tolist() == [-0.046, 0.043, 0.064]
    assert (found.reversed, found.table["turns"].tolist()) == (True, [False, True, True])
    assert found.adjusted == pytest.approx(0.0425 * 343 / 700 + 0.0644 * 357 / 700, abs=2e-4)


def test_without_a_turn_there_is_no_paradox():
    frame = pd.DataFrame({"y": [1, 0, 1, 0, 1, 1, 1, 0], "g": list("aaaabbbb"), "b": [1, 1, 2, 2, 1, 1, 2, 2]})
    found = paradox.simpson(frame, "y", "g", "b")
    assert not found.reversed
    assert "turns in 0 of 2 levels: no reversal" in repr(found)


def test_a_level_with_one_group_only_has_no_difference():
    frame = pd.DataFrame({"y": [1, 0, 0, 1], "g": list("abaa"), "b": ["u", "u", "u", "v"]})
    found = paradox.simpson(frame, "y", "g", "b")
    assert np.isnan(found.table["difference"][2])
    assert found.adjusted == pytest.approx(-0.5)


def test_groups_must_be_two():
    frame = pd.DataFrame({"y": [1, 0, 0], "g": ["a", "b", None], "b": [1, 1, 1]})
    with pytest.raises(DataError, match="'g' has 2 and 1 missing"):
        paradox.simpson(frame, "y", "g", "b")
    with pytest.raises(ColumnError, match="Column 'G' is not in the frame"):
        paradox.simpson(frame, "y", "G", "b")
    with pytest.raises(DataError, match="Labels must be 0 or 1"):
        paradox.simpson(frame.assign(y=[1, 2, 0]), "y", "g", "b")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "auc"}, "`metric` must be one of"),
        ({"metric": lambda y, p: p[:2]}, r"`metric` gave \(2,\) for \(600,\)"),
        ({"min_rows": 1}, "`min_rows` must be at least 2, got: 1"),
        ({"max_columns": 4}, "`max_columns` must be 1, 2 or 3, got: 4"),
        ({"bins": 1}, "`bins` must be at least 2, got: 1"),
        ({"level": 95}, "`level` must lie between 0 and 1, got: 95"),
        ({"min_rows": 500}, "No slice and its rest have 500 rows that count"),
        ({"metric": "precision", "threshold": 2}, "No case counts for this metric"),
        ({"by": "airprt"}, "Column 'airprt' is not in X"),
        ({"by": []}, "`by` names no column"),
        ({"by": {"far": "distance > 5"}}, r"Slice 'far': 'distance > 5' cannot be evaluated"),
        ({"by": {"hour": "hour + 1"}}, r"must be true or false for each row, got int64 of shape \(600,\)"),
    ],
)
def test_what_cannot_be_sliced_is_said(options, message):
    with pytest.raises(DataError, match=message):
        slicing.slices(*cases(), **options)


def test_the_cases_must_be_a_frame_of_the_same_rows():
    X, y, p = cases()
    with pytest.raises(DataError, match="X has 599 rows, but there are 600 labels"):
        slicing.slices(X.head(599), y, p)
    with pytest.raises(DataError, match="`X` must be a frame whose columns have different names"):
        slicing.slices(X.to_numpy(), y, p)
