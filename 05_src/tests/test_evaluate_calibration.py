"""Probabilities are put right on rows the model has not seen, and the Brier score falls into parts that add up."""

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsd.errors import DataError
from mlsd.evaluate import calibration

Y, P = [0, 1, 1, 1], [0.25, 0.25, 0.75, 0.75]
FORECASTS = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=40)
BINS = st.none() | st.integers(1, 12)


def table_of(seed, rows):
    """The same signal in three columns: naive Bayes counts it three times and is far too sure."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=rows)
    y = (rng.random(rows) < 1 / (1 + np.exp(-signal))).astype(int)
    return pd.DataFrame(dict.fromkeys("abc", signal)), y


def fitted():
    return make_pipeline(StandardScaler(), GaussianNB()).fit(*table_of(0, 500))


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_a_model_that_is_too_sure_is_put_right_on_new_rows(method):
    model, (X, y) = fitted(), table_of(2, 2000)
    better = calibration.calibrate(model, *table_of(1, 2000), method=method)
    before, after = (calibration.expected_calibration_error(y, each.predict_proba(X)[:, 1]) for each in (model, better))
    assert before > 0.1
    assert after < before / 2


def test_the_model_inside_stays_as_it_was():
    model, X = fitted(), table_of(2, 50)[0]
    before = model.predict_proba(X)
    better = calibration.calibrate(model, *table_of(1, 200))
    assert (model.predict_proba(X) == before).all()
    assert better.calibrated_classifiers_[0].estimator.estimator is model


def test_platt_fits_two_numbers_to_the_decision_function():
    (X, y), (X_new, y_new) = table_of(0, 300), table_of(1, 300)
    model = LogisticRegression().fit(X, y)
    better = calibration.calibrate(model, X_new, y_new, method="platt")
    log_odds = np.diff(np.log(better.predict_proba(X_new)))[:, 0]
    slope, intercept = np.polyfit(model.decision_function(X_new), log_odds, 1)
    assert log_odds == pytest.approx(slope * model.decision_function(X_new) + intercept, abs=1e-9)


def test_isotonic_says_the_pooled_shares():
    X, y = np.array([[1.0], [2.0], [3.0], [4.0]]), [0, 1, 0, 1]
    model = LogisticRegression().fit(X, [0, 0, 1, 1])
    assert calibration.calibrate(model, X, y).predict_proba(X)[:, 1] == pytest.approx([0, 0.5, 0.5, 1])


def test_a_calibrated_model_comes_back_from_skops():
    X, y = table_of(1, 200)
    better = calibration.calibrate(fitted(), X, y)
    saved = skops.io.dumps(better)
    back = skops.io.loads(saved, trusted=skops.io.get_untrusted_types(data=saved))
    assert (back.predict_proba(X) == better.predict_proba(X)).all()


def test_labels_as_true_and_false_leave_the_classes_as_they_were():
    X, y = table_of(1, 200)
    assert str(calibration.calibrate(fitted(), X, y.astype(bool)).classes_) == "[0 1]"


def test_three_classes_are_calibrated_too():
    X, y = np.arange(30.0).reshape(-1, 1), np.repeat(["a", "b", "c"], 10)
    better = calibration.calibrate(GaussianNB().fit(X, y), X, y, method="platt")
    assert better.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(30))


def test_the_table_counts_each_bin():
    table = calibration.calibration_table([0, 0, 1, 1, 1], [0.1, 0.3, 0.6, 0.7, 0.8], bins=2, strategy="uniform")
    expected = {"bin": [0, 1], "rows": [2, 3], "positives": [0, 3], "lowest": [0.1, 0.6], "highest": [0.3, 0.8]}
    assert table[list(expected)].to_dict("list") == expected
    assert table["mean_probability"].tolist() == pytest.approx([0.2, 0.7])
    assert table["share"].tolist() == [0, 1]


def test_the_interval_is_wilsons():
    row = calibration.calibration_table([1, 0, 0, 0], [0.3] * 4).iloc[0]
    z, n, share = 1.959963984540054, 4, 0.25
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    assert (row["low"], row["high"]) == pytest.approx((middle - reach, middle + reach))


@pytest.mark.parametrize("strategy", calibration.STRATEGIES)
def test_the_table_is_scikit_learns_curve(strategy):
    rng = np.random.default_rng(0)
    p = rng.random(500) ** 2
    y = (rng.random(500) < p).astype(int)
    share, said = calibration_curve(y, p, n_bins=7, strategy=strategy)
    table = calibration.calibration_table(y, p, bins=7, strategy=strategy)
    assert table["share"].tolist() == pytest.approx(share.tolist())
    assert table["mean_probability"].tolist() == pytest.approx(said.tolist())


def test_equal_probabilities_stay_in_one_bin():
    table = calibration.calibration_table([0, 1] * 10, [0.2] * 19 + [0.9], bins=5)
    assert table["rows"].tolist() == [19, 1]


@given(FORECASTS, BINS, st.sampled_from(calibration.STRATEGIES))
@settings(max_examples=60, deadline=None)
def test_bins_hold_every_case_once_and_do_not_overlap(cases, bins, strategy):
    table = calibration.calibration_table(*zip(*cases, strict=True), bins=bins, strategy=strategy)
    assert table["rows"].sum() == len(cases)
    assert (table["lowest"].to_numpy()[1:] > table["highest"].to_numpy()[:-1]).all()
    assert ((table["low"] <= table["share"]) & (table["share"] <= table["high"])).all()


def test_the_parts_by_hand():
    parts = calibration.brier_parts(Y, P, bins=2)
    assert parts == pytest.approx(
        {
            "brier": (0.0625 + 0.5625 + 0.0625 + 0.0625) / 4,
            "reliability": (2 * (0.25 - 0.5) ** 2 + 2 * (0.75 - 1) ** 2) / 4,
            "resolution": (2 * (0.5 - 0.75) ** 2 + 2 * (1 - 0.75) ** 2) / 4,
            "uncertainty": 0.75 * 0.25,
            "within_bins": 0,
            "binned_brier": 0.1875,
        }
    )


@given(FORECASTS, BINS, st.sampled_from(calibration.STRATEGIES))
@settings(max_examples=100, deadline=None)
def test_the_parts_add_up_to_the_brier_score(cases, bins, strategy):
    y, p = (np.array(column, dtype="float64") for column in zip(*cases, strict=True))
    parts = calibration.brier_parts(y, p, bins=bins, strategy=strategy)
    said = pd.Series(p).groupby(calibration._bin_of(p, bins, strategy)).transform("mean")
    three = parts["reliability"] - parts["resolution"] + parts["uncertainty"]
    assert three == pytest.approx(((said - y) ** 2).mean(), abs=1e-12)
    assert three + parts["within_bins"] == pytest.approx(((p - y) ** 2).mean(), abs=1e-12)


@given(FORECASTS)
@settings(max_examples=40, deadline=None)
def test_with_a_bin_for_each_value_nothing_is_left_within(cases):
    parts = calibration.brier_parts(*zip(*cases, strict=True), bins=None)
    assert parts["within_bins"] == pytest.approx(0, abs=1e-12)


def test_the_calibration_error_weighs_bins_by_their_cases():
    error = calibration.expected_calibration_error([0, 1, 1, 1], [0.5, 0.5, 0.5, 0.9], bins=None)
    assert error == pytest.approx(3 / 4 * (2 / 3 - 0.5) + 1 / 4 * 0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bins": 0}, "`bins` must be a whole number of at least 1, or None, got: 0"),
        ({"bins": True}, "`bins` must be a whole number"),
        ({"bins": 2.5}, "got: 2.5"),
        ({"strategy": "even"}, r"one of \['quantile', 'uniform'\], got: 'even'"),
        ({"level": 95}, "`level` must lie between 0 and 1, got: 95"),
        ({"y": [0, 2, 1, 1]}, "Labels must be 0 or 1"),
        ({"probability": [25, 25, 75, 75]}, "must lie between 0 and 1"),
    ],
)
def test_what_cannot_be_counted_is_refused(change, message):
    with pytest.raises(DataError, match=message):
        calibration.calibration_table(**{"y": Y, "probability": P, **change})


@pytest.mark.parametrize(
    ("model", "y", "method", "message"),
    [
        (fitted, [0, 1] * 4, "sigmoid", r"one of \['isotonic', 'platt'\], got: 'sigmoid'"),
        (GaussianNB, [0, 1] * 4, "platt", "The GaussianNB is not fitted yet"),
        (lambda: DummyRegressor().fit([[0]], [0]), [0, 1] * 4, "platt", "fitted classifier, got: DummyRegressor"),
        (lambda: "model", [0, 1] * 4, "platt", "fitted classifier, got: str"),
        (fitted, [0, 1], "platt", r"one label for each of 8 rows, got shape \(2,\)"),
        (fitted, [0] * 7 + [1], "platt", r"at least twice, got rows by label: \{0: 7, 1: 1\}"),
        (fitted, [0] * 8, "platt", r"at least twice, got rows by label: \{0: 8\}"),
        (fitted, [0, 1, 2, 1] * 2, "platt", r"The model's classes are \[0, 1\]"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(model, y, method, message):
    with pytest.raises(DataError, match=message):
        calibration.calibrate(model(), table_of(1, 8)[0], y, method=method)
