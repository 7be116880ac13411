"""A set or interval holds the truth as often as promised: overall, in each group, and over many calibration sets."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

from mlsd.errors import ColumnError, DataError
from mlsd.evaluate import conformal_sets
from mlsd.evaluate.conformal_sets import conformal


class Says:
    """A regressor without a fit: the first column is its prediction."""

    def predict(self, X):
        return pd.DataFrame(X).iloc[:, 0].to_numpy(dtype="float64")


class SaysClasses:
    """A classifier without a fit: the columns are its probabilities."""

    classes_ = np.array(["fog", "rain", "sun"])

    def predict_proba(self, X):
        return np.asarray(X, dtype="float64")[:, :3]


def off_by(*errors):
    """Rows predicted as 0, and truths that lie so far away."""
    return pd.DataFrame({"said": np.zeros(len(errors))}), np.array(errors, dtype="float64")


NINE = off_by(1, -2, 3, -4, 5, -6, 7, -8, 9)
SKY = np.array([[0.1, 0.2, 0.7], [0.1, 0.5, 0.4], [0.6, 0.3, 0.1], [0.2, 0.2, 0.6]])
HARD = st.none() | st.floats(0.1, 10)
SKY_LABELS = np.array(["sun", "sun", "fog", "rain"])  # scores 0.3, 0.6, 0.4, 0.8


@pytest.mark.parametrize(("coverage", "reach"), [(0.5, 5), (0.8, 8), (0.81, 9), (0.9, 9)])
def test_an_interval_reaches_as_far_as_the_finite_sample_quantile(coverage, reach):
    answer = conformal(Says(), *NINE, coverage=coverage).predict(pd.DataFrame({"said": [10.0]}, index=["a"]))
    assert answer.loc["a"].tolist() == pytest.approx([10, 10 - reach, 10 + reach])


@pytest.mark.parametrize(("coverage", "rows"), [(0.6, 2), (0.7, 3), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99)])
def test_the_rows_that_a_coverage_needs_are_exactly_those_that_the_error_names(coverage, rows):
    conformal(Says(), *off_by(*range(rows)), coverage=coverage)
    X, y = off_by(*range(rows + 1))
    with pytest.raises(DataError, match=rf"Coverage {coverage} needs at least {rows} .* got: \{{'few': {rows - 1}, "):
        conformal(Says(), X[:-1], y[:-1], coverage=coverage, groups=["few"] * (rows - 1) + ["one"])


def test_a_calibration_set_that_is_too_small_is_refused():
    X, y = off_by(*range(8))
    with pytest.raises(DataError, match=r"Coverage 0\.9 needs at least 9 calibration rows each, got: \{'all': 8\}"):
        conformal(Says(), X, y)


def test_a_set_holds_every_class_that_is_likely_enough():
    answer = conformal(SaysClasses(), SKY, SKY_LABELS, coverage=0.6).predict(SKY)  # third of four scores: 0.6
    assert list(answer) == ["fog", "rain", "sun", "size"]
    assert answer["size"].tolist() == [1, 2, 1, 1]
    assert answer.loc[1, ["fog", "rain", "sun"]].tolist() == [False, True, True]


def test_a_set_may_be_empty():
    answer = conformal(SaysClasses(), SKY, SKY_LABELS, coverage=0.2).predict([[0.4, 0.3, 0.3]])
    assert answer["size"].tolist() == [0]


def test_each_class_may_have_a_quantile_of_its_own():
    promise = conformal(SaysClasses(), SKY, SKY_LABELS, coverage=0.5, by_class=True)
    assert promise.quantiles["label"].tolist() == ["fog", "rain", "sun"]
    assert promise.quantiles["quantile"].tolist() == pytest.approx([0.4, 0.8, 0.6])
    answer = promise.predict([[0.5, 0.1, 0.4], [0.6, 0.3, 0.1]])
    assert answer.iloc[:, :3].to_numpy().tolist() == [[False, False, True], [True, True, False]]


def test_each_group_has_a_quantile_of_its_own():
    X, y = off_by(1, 2, 3, 10, 20, 30)
    promise = conformal(Says(), X.assign(origin=["JFK"] * 3 + ["EWR"] * 3), y, coverage=0.75, groups="origin")
    new = pd.DataFrame({"said": [0.0, 0.0], "origin": ["JFK", "EWR"]})
    assert promise.quantiles[["group", "rows", "quantile"]].values.tolist() == [["EWR", 3, 30], ["JFK", 3, 3]]
    assert promise.predict(new)["upper"].tolist() == pytest.approx([3, 30])


def test_groups_may_be_given_as_values():
    X, y = off_by(1, 2, 3, 10, 20, 30)
    promise = conformal(Says(), X, y, coverage=0.75, groups=[True] * 3 + [False] * 3)
    assert promise.predict(X[:2], groups=[True, False])["upper"].tolist() == pytest.approx([3, 30])
    assert promise.coverage(X[:2], [0, 40], groups=[True, False])["covered"].tolist() == [1, 0, 1]


def test_a_difficulty_makes_intervals_wide_where_it_is_hard():
    X = pd.DataFrame({"said": [0.0] * 3, "hard": [1.0, 2.0, 4.0]})
    promise = conformal(Says(), X, [1, 6, 8], coverage=0.75, difficulty=lambda rows: rows["hard"])  # scores 1, 3, 2
    assert promise.predict(X)["upper"].tolist() == pytest.approx([3, 6, 12])


def test_a_difficulty_may_be_a_fitted_model():
    X, y = np.array([[1.0], [2.0], [3.0]]), [1, 2, 3]
    hard = LinearRegression().fit(X, [1, 2, 3])
    plain, scaled = (
        conformal(Says(), X, [2, 4, 6], coverage=0.75, difficulty=each).predict(X) for each in (None, hard)
    )
    assert plain["upper"].tolist() == pytest.approx([4, 5, 6])
    assert scaled["upper"].tolist() == pytest.approx(np.multiply(2, y).tolist())


def test_coverage_is_counted_overall_and_by_any_column():
    X, y = off_by(0, 20, 0, 0)
    table = conformal(Says(), *NINE).coverage(X.assign(origin=["JFK", "JFK", "EWR", "EWR"]), y, groups="origin")
    assert table["group"].tolist() == ["all", "EWR", "JFK"]
    assert table[["rows", "covered", "coverage"]].values.tolist() == [[4, 3, 0.75], [2, 2, 1], [2, 1, 0.5]]
    assert table["mean_size"].tolist() == pytest.approx([18, 18, 18])


def test_mondrian_coverage_is_counted_by_its_own_column_or_by_another():
    X, y = off_by(1, 2, 3, 10, 20, 30)
    X = X.assign(origin=["JFK"] * 3 + ["EWR"] * 3, night=[0, 1] * 3)
    promise = conformal(Says(), X, y, coverage=0.75, groups="origin")
    assert promise.coverage(X, y)["mean_size"].tolist() == pytest.approx([33, 60, 6])
    assert promise.coverage(X, y, groups="night")["group"].tolist() == ["all", 0, 1]


def test_the_coverage_of_sets_counts_the_true_class():
    table = conformal(SaysClasses(), SKY, SKY_LABELS, coverage=0.6).coverage(SKY, SKY_LABELS)
    assert table.loc[0, ["rows", "covered", "coverage", "mean_size"]].tolist() == [4, 3, 0.75, 1.25]


def test_the_interval_of_the_coverage_is_wilsons():
    X, y = off_by(0, 0, 0, 20)
    z, share = 1.6448536269514722, 0.75
    middle = (share + z**2 / 8) / (1 + z**2 / 4)
    reach = z / (1 + z**2 / 4) * np.sqrt(share * 0.25 / 4 + z**2 / 64)
    row = conformal(Says(), *NINE).coverage(X, y, level=0.9).iloc[0]
    assert (row["low"], row["high"]) == pytest.approx((middle - reach, middle + reach))


def test_the_expected_range_is_a_betas():
    row = conformal(Says(), *NINE, coverage=0.9).quantiles.iloc[0]  # k = n = 9: the coverage is below x with x ** 9
    assert row["expect_low"] == pytest.approx(0.025 ** (1 / 9))
    assert row["expect_high"] == pytest.approx(0.975 ** (1 / 9))


@given(st.lists(st.floats(-1e6, 1e6), min_size=9, max_size=40), st.floats(0.05, 0.9), st.floats(-1e6, 1e6), HARD)
@settings(max_examples=100, deadline=None)
def test_the_calibration_rows_themselves_are_covered_by_count(truths, coverage, said, hard):
    """No rounding may push a row off the edge of its own interval, however far the numbers lie apart."""
    X = pd.DataFrame({"said": np.full(len(truths), said)})
    scale = hard and (lambda rows: np.linspace(hard, 1, len(rows)))
    table = conformal(Says(), X, truths, coverage=coverage, difficulty=scale).coverage(X, truths)
    assert table.loc[0, "covered"] >= (len(truths) + 1) * coverage - 1e-9


@given(st.permutations(range(9)), st.floats(0.1, 0.9), st.floats(0, 0.1))
@settings(max_examples=40, deadline=None)
def test_order_does_not_matter_and_more_coverage_is_never_narrower(order, coverage, less):
    X, y = NINE
    some = conformal(Says(), X, y, coverage=coverage).predict(X)
    pd.testing.assert_frame_equal(conformal(Says(), X, y[order], coverage=coverage).predict(X), some)
    fewer = conformal(Says(), X, y, coverage=max(coverage - less, 0.01)).predict(X)
    assert (fewer["upper"] <= some["upper"]).all()


def measured(draw, model, *, rows, new, seeds=200, **kwargs):
    """The coverage on new rows after a calibration with `rows` rows, for each seed."""
    found = []
    for seed in range(seeds):
        X, y = draw(np.random.default_rng(seed), rows + new)
        promise = conformal(model, X[:rows], y[:rows], coverage=0.9, **kwargs)
        found.append(promise.coverage(X[rows:], y[rows:]).set_index("group")["coverage"])
    return pd.DataFrame(found)


def numbers(rng, rows):
    """A model that is wrong, and wrong by more where `far`: a promise that holds all the same."""
    far = rng.integers(0, 2, rows)
    said = rng.normal(size=rows)
    return pd.DataFrame({"said": said, "far": far}), said**2 + (1 + 4 * far) * rng.standard_t(3, size=rows)


def skies(rng, rows):
    p = rng.dirichlet([1, 1, 1], rows)
    truth = (rng.random((rows, 1)) > (p**2 / (p**2).sum(axis=1, keepdims=True)).cumsum(axis=1)).sum(axis=1)
    return p, SaysClasses.classes_[truth]


@pytest.mark.parametrize(("draw", "model"), [(numbers, Says()), (skies, SaysClasses())])
def test_over_two_hundred_seeds_coverage_has_the_promised_mean_and_spread(draw, model):
    found = measured(draw, model, rows=99, new=500)["all"]
    spread = np.sqrt(0.9 * 0.1 / 101 + (0.9 * 0.1 - 0.9 * 0.1 / 101) / 500)  # Beta(90, 10), then 500 draws of it
    assert found.mean() == pytest.approx(0.9, abs=4 * spread / np.sqrt(200))
    assert found.std() == pytest.approx(spread, rel=0.2)


def test_over_two_hundred_seeds_each_group_keeps_the_promise_only_with_its_own_quantile():
    own = measured(numbers, Says(), rows=198, new=400, groups="far")
    assert own[[0, 1]].mean().between(0.89, 0.92).all()
    X, y = numbers(np.random.default_rng(0), 20_000)
    shared = conformal(Says(), X[:10_000], y[:10_000]).coverage(X[10_000:], y[10_000:], groups="far")
    assert shared.loc[1, "low"] > 0.95
    assert shared.loc[2, "high"] < 0.87


def test_the_promise_for_each_class_covers_a_rare_one_that_the_plain_one_leaves_out():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6000, 1))
    y = (x[:, 0] + rng.normal(size=6000) > 2.2).astype(int)
    model, (X_c, y_c), (X_n, y_n) = (
        LogisticRegression().fit(x[:2000], y[:2000]),
        (x[2000:4000], y[2000:4000]),
        (x[4000:], y[4000:]),
    )
    plain, by_class = (
        conformal(model, X_c, y_c, by_class=each).coverage(X_n, y_n, groups=y_n).set_index("group")
        for each in (False, True)
    )
    assert plain.loc[1, "high"] < 0.5
    assert by_class.loc[1, "high"] > 0.9
    assert by_class.loc[0, "high"] > 0.9


def test_an_unseen_group_is_refused():
    promise = conformal(Says(), NINE[0], NINE[1], groups=["JFK"] * 9)
    with pytest.raises(DataError, match=r"No calibration rows for group 'HNL' \(1 such groups\). Known: \['JFK'\]"):
        promise.predict(NINE[0], groups=["JFK"] * 8 + ["HNL"])
    with pytest.raises(DataError, match="The calibration had groups, but these rows have none"):
        promise.predict(NINE[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"coverage": 90}, "`coverage` must lie between 0 and 1, got: 90"),
        ({"coverage": 1.0}, "got: 1.0"),
        ({"coverage": "high"}, "got: 'high'"),
        ({"y": [1.0]}, r"one value for each of 9 rows, and at least one, got shape \(1,\)"),
        ({"y": [1.0] * 8 + [np.nan]}, "`y` is missing or endless in 1 rows; the first is row 8"),
        ({"y": ["late"] * 9}, "`y` must be numbers for a regressor"),
        ({"X": pd.DataFrame({"said": [np.nan] * 9})}, "no number for 9 rows; the first is row 0"),
        ({"groups": [1, 2]}, r"`groups` must be one value for each of 9 rows, got shape \(2,\)"),
        ({"groups": [None] + ["a"] * 8}, "The group is missing in 1 rows; the first is row 0"),
        ({"by_class": True}, "`by_class` is for a classifier and `difficulty` for a regressor; this is a Says"),
        ({"difficulty": lambda X: np.zeros(9)}, r"a number above 0 for each of 9 rows, got: 0\.0 in row 0"),
        ({"difficulty": lambda X: np.ones(3)}, r"each of 9 rows, got: \(3,\)"),
        ({"model": LinearRegression()}, "The LinearRegression is not fitted yet"),
        ({"model": object()}, "The object has no predict"),
        ({"model": LinearSVC().fit([[0], [1]], [0, 1])}, "The LinearSVC has no predict_proba"),
    ],
)
def test_what_cannot_be_promised_is_refused(change, message):
    given = {"model": Says(), "X": NINE[0], "y": NINE[1], **change}
    with pytest.raises(DataError, match=message):
        conformal(given.pop("model"), given.pop("X"), given.pop("y"), **given)


def test_a_group_column_that_is_not_there_is_named():
    with pytest.raises(ColumnError, match="Column 'origin' is not in X"):
        conformal(Says(), *NINE, groups="origin")


def test_a_label_that_the_model_does_not_know_is_refused():
    with pytest.raises(DataError, match=r"does not know the label 'snow' \(1 such\)"):
        conformal(SaysClasses(), SKY, ["sun", "snow", "fog", "rain"], coverage=0.5)
    promise = conformal(SaysClasses(), SKY, SKY_LABELS, coverage=0.5)
    with pytest.raises(DataError, match="does not know the label 'hail'"):
        promise.coverage(SKY[:1], ["hail"])


def test_a_class_without_enough_rows_is_named():
    with pytest.raises(DataError, match=r"at least 2 .* got: \{'all, class fog': 1, 'all, class rain': 1\}"):
        conformal(SaysClasses(), SKY, SKY_LABELS, coverage=0.6, by_class=True)


def test_a_level_outside_0_and_1_is_refused():
    with pytest.raises(DataError, match="`level` must lie between 0 and 1, got: 95"):
        conformal_sets.conformal(Says(), *NINE).coverage(*NINE, level=95)
