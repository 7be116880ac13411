"""Baselines, the panel for a rare class, and what mistakes cost."""

import warnings

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import FixedThresholdClassifier, cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlsd import evaluate
from mlsd.errors import ColumnError, DataError

ONE_TO_THREE = {"cost_false_alarm": 1.0, "cost_miss": 3.0}


def first_column_above_zero(frame):
    return frame.iloc[:, 0].astype("float64") > 0


@pytest.fixture
def flights():
    return pd.DataFrame({"carrier": ["EV", "EV", "HA", "HA"], "hour": [18, 6, 18, 6], "late": [1, 1, 0, 1]})


# baselines


@parametrize_with_checks([evaluate.RateBy(), evaluate.RuleClassifier(first_column_above_zero)])
def test_baselines_are_sound_classifiers(estimator, check):
    check(estimator)


def test_a_rule_flags_where_it_is_true_as_text_and_as_a_function(flights):
    by_text = evaluate.RuleClassifier("carrier == 'EV' and hour >= 12").fit(flights, flights["late"])
    by_function = evaluate.RuleClassifier(lambda frame: (frame["carrier"] == "EV") & (frame["hour"] >= 12))
    assert by_text.predict(flights).tolist() == [1, 0, 0, 0]
    assert by_function.fit(flights, flights["late"]).predict_proba(flights)[:, 1].tolist() == [1, 0, 0, 0]


def test_a_rule_answers_in_the_labels_of_the_fit(flights):
    rule = evaluate.RuleClassifier("hour > 12").fit(flights, ["late", "in time", "late", "in time"])
    assert rule.predict(flights).tolist() == ["late", "in time", "late", "in time"]


def test_a_rule_finds_the_columns_of_an_array_by_number():
    rule = evaluate.RuleClassifier("x1 > x0").fit(np.array([[1, 2], [2, 1]]), [0, 1])
    assert rule.predict(np.array([[0, 5]])).tolist() == [1]


def test_a_rule_about_a_column_that_is_not_there_is_refused(flights):
    with pytest.raises(
        ColumnError, match=r"Column 'hours' is not in the frame that the rule is asked about(.|\n)*'hour'"
    ):
        evaluate.RuleClassifier("hours > 12").fit(flights, flights["late"])


@pytest.mark.parametrize("rule", ["hour >", "carrier > 3", 7, "hour > @limit"])
def test_what_is_no_condition_is_refused(flights, rule):
    with pytest.raises(DataError, match=r"rule"):
        evaluate.RuleClassifier(rule).fit(flights, flights["late"])


@pytest.mark.parametrize("rule", ["hour + 1", lambda frame: [True], lambda frame: True])
def test_a_rule_must_say_true_or_false_for_each_row(flights, rule):
    with pytest.raises(DataError, match="must say True or False for each of 4 rows"):
        evaluate.RuleClassifier(rule).fit(flights, flights["late"])


def test_a_rate_is_drawn_towards_the_rate_of_all(flights):
    heuristic = evaluate.RateBy("carrier", smoothing=2).fit(flights, flights["late"])
    asked = pd.DataFrame({"carrier": ["EV", "HA", "new"], "hour": 1, "late": 0})
    assert heuristic.predict_proba(asked)[:, 1].tolist() == [(2 + 2 * 0.75) / 4, (1 + 2 * 0.75) / 4, 0.75]


def test_two_columns_together_name_a_group(flights):
    heuristic = evaluate.RateBy(["carrier", "hour"], smoothing=0).fit(flights, flights["late"])
    assert heuristic.predict_proba(flights)[:, 1].tolist() == [1, 1, 0, 1]


def test_a_missing_value_is_a_group_of_its_own():
    frame = pd.DataFrame({"gust": [np.nan, np.nan, 30.0, 30.0]})
    heuristic = evaluate.RateBy(smoothing=0).fit(frame, [0, 0, 1, 1])
    assert heuristic.predict_proba(frame)[:, 1].tolist() == [0, 0, 1, 1]


def test_a_gap_that_the_fit_has_not_seen_gets_the_rate_of_all(flights):
    heuristic = evaluate.RateBy("carrier").fit(flights, flights["late"])
    assert heuristic.predict_proba(flights.assign(carrier=None))[:, 1].tolist() == [0.75] * 4


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1)), min_size=2), st.floats(0, 100))
def test_rates_by_group_are_those_of_a_groupby(rows, smoothing):
    frame = pd.DataFrame(rows, columns=["group", "late"])
    assume(frame["late"].nunique() == 2)
    rates = evaluate.RateBy("group", smoothing=smoothing).fit(frame[["group"]], frame["late"])
    by_group, rate = frame.groupby("group")["late"], frame["late"].mean()
    expected = (by_group.transform("sum") + smoothing * rate) / (by_group.transform("size") + smoothing)
    assert rates.predict_proba(frame[["group"]])[:, 1] == pytest.approx(expected.to_numpy())


def test_a_rate_by_a_column_that_is_not_there_is_refused(flights):
    with pytest.raises(ColumnError, match="Column 'carier' is not in the frame"):
        evaluate.RateBy("carier").fit(flights, flights["late"])


def test_negative_smoothing_is_refused(flights):
    with pytest.raises(DataError, match="`smoothing` must be at least 0, got: -1"):
        evaluate.RateBy(smoothing=-1).fit(flights, flights["late"])


@pytest.mark.parametrize("baseline", [evaluate.RateBy("carrier"), evaluate.RuleClassifier("hour > 12")])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 1, 1, 1], "two classes, got one class only"),
        ([0, 1, 2, 2], "Only binary"),
        ([0, 1], "inconsistent numbers"),
    ],
)
def test_a_baseline_wants_two_classes_and_a_label_for_each_row(flights, baseline, labels, message):
    with pytest.raises(ValueError, match=message):
        clone(baseline).fit(flights, labels)


@pytest.mark.parametrize("baseline", [evaluate.RateBy(["carrier"]), evaluate.RuleClassifier("hour > 12")])
def test_a_baseline_is_saved_by_skops(flights, baseline):
    fitted = clone(baseline).fit(flights, flights["late"])
    saved = skops.io.dumps(fitted)
    back = skops.io.loads(saved, trusted=skops.io.get_untrusted_types(data=saved))
    assert back.predict_proba(flights).tolist() == fitted.predict_proba(flights).tolist()


def test_a_baseline_goes_wherever_a_classifier_goes(flights):
    many = pd.concat([flights] * 5, ignore_index=True)
    scores = cross_val_score(evaluate.RuleClassifier("carrier == 'EV'"), many, many["late"], cv=3, scoring="roc_auc")
    assert len(scores) == 3
    fixed = FixedThresholdClassifier(evaluate.RateBy("carrier", smoothing=0), threshold=0.4)
    assert fixed.fit(many, many["late"]).predict(flights).tolist() == [1, 1, 1, 1]


# the panel


@st.composite
def judged(draw):
    """Labels of both classes, and probabilities with ties."""
    n = draw(st.integers(2, 30))
    y = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda labels: 0 < sum(labels) < len(labels)))
    p = draw(st.lists(st.integers(0, 10), min_size=n, max_size=n))
    return np.array(y), np.array(p) / 10


@settings(max_examples=40, deadline=None)
@given(judged(), st.integers(0, 10))
def test_the_panel_is_scikit_learns_metrics_where_they_are_defined(case, tenths):
    y, p = case
    flags = (p >= tenths / 10).astype(int)
    assume(0 < flags.sum() < len(flags))
    value = evaluate.panel(y, p, threshold=tenths / 10)["value"]
    for name in ("accuracy", "balanced_accuracy", "precision", "recall", "f1"):
        assert value[name] == pytest.approx(getattr(metrics, f"{name}_score")(y, flags))
    assert value["mcc"] == pytest.approx(metrics.matthews_corrcoef(y, flags))
    assert value["roc_auc"] == pytest.approx(metrics.roc_auc_score(y, p))
    assert value["average_precision"] == pytest.approx(metrics.average_precision_score(y, p))
    assert value["log_loss"] == pytest.approx(metrics.log_loss(y, p))
    assert value["brier"] == pytest.approx(metrics.brier_score_loss(y, p))


def test_a_panel_worked_out_by_hand():
    value = evaluate.panel([1, 1, 0, 0, 0], [0.9, 0.2, 0.8, 0.1, 0.1], top=1, costs=ONE_TO_THREE)["value"]
    assert value[["n", "positives", "share", "flagged"]].tolist() == [5, 2, 0.4, 2]
    assert value[["precision", "recall", "f1", "accuracy"]].tolist() == [0.5, 0.5, 0.5, 0.6]
    assert value["cost"] == pytest.approx((1 * 1 + 3 * 1) / 5)
    assert value[["precision_at_top", "recall_at_top"]].tolist() == [1, 0.5]


def test_several_models_stand_side_by_side_each_with_its_threshold():
    models = {"a": [0.4, 0.1], "b": [0.9, 0.8]}
    table = evaluate.panel([1, 0], models, threshold={"a": 0.3, "b": 0.5})
    assert list(table.columns) == ["a", "b", "note"]
    assert table.loc[["flagged", "precision"], ["a", "b"]].to_numpy().tolist() == [[1, 2], [1, 0.5]]


@pytest.mark.parametrize(
    ("labels", "chance", "metric", "why"),
    [
        ([0, 1], [0.1, 0.2], "precision", "no case is flagged"),
        ([0, 1], [0.1, 0.2], "mcc", "no case is flagged"),
        ([0, 1], [0.8, 0.9], "mcc", "every case is flagged"),
        ([0, 0], [0.8, 0.2], "recall", "there is no 1 among the labels"),
        ([0, 0], [0.8, 0.2], "roc_auc", "there is no 1 among the labels"),
        ([0, 0], [0.8, 0.2], "average_precision", "there is no 1 among the labels"),
        ([0, 0], [0.8, 0.2], "recall_at_top", "there is no 1 among the labels"),
        ([1, 1], [0.8, 0.2], "roc_auc", "there is no 0 among the labels"),
        ([1, 1], [0.8, 0.2], "balanced_accuracy", "there is no 0 among the labels"),
        ([0, 0], [0.1, 0.2], "f1", "no case is flagged and there is no 1 among the labels"),
    ],
)
def test_what_is_not_defined_is_missing_with_the_reason_and_without_a_warning(labels, chance, metric, why):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = evaluate.panel(labels, chance)
    assert np.isnan(table.loc[metric, "value"])
    assert table.loc[metric, "note"] == why


def test_a_note_says_whose_metric_is_missing():
    table = evaluate.panel([0, 1], {"cautious": [0.1, 0.2], "bold": [0.8, 0.9]})
    assert table.loc["precision", "note"] == "cautious: no case is flagged"
    assert table.loc["accuracy", "note"] == ""


def test_equal_probabilities_count_in_part_at_the_top():
    value = evaluate.panel([1, 0, 1, 0], [0.9, 0.5, 0.5, 0.5], top=2)["value"]
    assert value["precision_at_top"] == pytest.approx((1 + 1 / 3) / 2)


@settings(max_examples=40, deadline=None)
@given(judged(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(case, random):
    y, p = case
    order = list(range(len(y)))
    random.shuffle(order)
    left, right = evaluate.panel(y, p)["value"], evaluate.panel(y[order], p[order])["value"]
    assert left.to_numpy() == pytest.approx(right.to_numpy(), nan_ok=True)


def test_always_saying_no_is_accurate_and_worth_nothing():
    y = np.array([1] * 7 + [0] * 93)
    majority = DummyClassifier().fit(np.zeros((100, 1)), y).predict_proba(np.zeros((100, 1)))[:, 1]
    table = evaluate.panel(y, majority, costs=ONE_TO_THREE)
    assert table.loc[["accuracy", "recall", "roc_auc", "cost"], "value"].tolist() == pytest.approx([0.93, 0, 0.5, 0.21])


@pytest.mark.parametrize(
    ("labels", "chance", "options", "message"),
    [
        ([0, 2], [0.1, 0.2], {}, r"Labels must be 0 or 1, got also: \[2\]"),
        ([0, np.nan], [0.1, 0.2], {}, r"Labels must be 0 or 1, got also: \[nan\]"),
        (["no", "yes"], [0.1, 0.2], {}, r"Labels must be 0 or 1, got also: \['no', 'yes'\]"),
        ([], [], {}, "at least one row"),
        ([0, 1], [0.1, 1.2], {}, r"must lie between 0 and 1; row 1 is 1.2 \(1 such rows\)"),
        ([0, 1], [0.1, np.nan], {}, "row 1 is nan"),
        ([0, 1], [[0.9, 0.1], [0.8, 0.2]], {}, r"2 columns(.|\n)*\[:, 1\]"),
        ([0, 1], ["high", "low"], {}, "must be numbers"),
        ([0, 1], [0.1], {}, "2 labels, but 1 probabilities"),
        ([0, 1], {}, {}, "needs a name for each model"),
        ([0, 1], {"note": [0.1, 0.2]}, {}, "'note' is taken"),
        ([0, 1], [0.1, 0.2], {"top": 3}, "a number of cases from 1 to 2, got: 3"),
        ([0, 1], [0.1, 0.2], {"top": 0.0}, "must be a share below 1"),
        ([0, 1], [0.1, 0.2], {"threshold": np.nan}, "`threshold` must be a number"),
        ([0, 1], [0.1, 0.2], {"threshold": "high"}, "`threshold` must be a number, got: 'high'"),
        ([0, 1], {"a": [0.1, 0.2]}, {"threshold": {"b": 0.5}}, "'a' is not in the dict of thresholds"),
        ([0, 1], [0.1, 0.2], {"costs": {"cost_false_alarm": -1, "cost_miss": 1}}, "`cost_false_alarm` must be"),
    ],
)
def test_the_panel_refuses(labels, chance, options, message):
    with pytest.raises(DataError, match=message):
        evaluate.panel(labels, chance, **options)


# costs


def cost_at(threshold, y, p, cost_false_alarm, cost_miss, benefit_hit=0.0):
    """One case at a time, as slowly as it reads."""
    total = 0.0
    for label, chance in zip(y, p, strict=True):
        if chance >= threshold:
            total += cost_false_alarm if label == 0 else -benefit_hit
        elif label == 1:
            total += cost_miss
    return total / len(y)


amounts = st.floats(0, 1000).map(lambda amount: round(amount, 2))


@settings(max_examples=40, deadline=None)
@given(judged(), amounts, amounts.filter(bool), amounts)
def test_the_curve_costs_what_counting_one_by_one_finds(case, false_alarm, miss, benefit):
    y, p = case
    curve = evaluate.cost_curve(y, p, cost_false_alarm=false_alarm, cost_miss=miss, benefit_hit=benefit)
    slowly = [cost_at(threshold, y, p, false_alarm, miss, benefit) for threshold in curve["threshold"]]
    assert curve["cost"].tolist() == pytest.approx(slowly)
    assert curve["flagged"].tolist() == [(p >= threshold).sum() for threshold in curve["threshold"]]


@settings(max_examples=40, deadline=None)
@given(judged(), amounts, amounts.filter(bool), st.floats(0, 1.1))
def test_no_threshold_costs_less_than_the_best(case, false_alarm, miss, other):
    y, p = case
    best = evaluate.best_threshold(y, p, cost_false_alarm=false_alarm, cost_miss=miss)
    assert cost_at(best, y, p, false_alarm, miss) <= cost_at(other, y, p, false_alarm, miss) + 1e-9


@settings(max_examples=40, deadline=None)
@given(judged(), amounts, amounts.filter(bool), st.sampled_from([2.0, 4.0, 0.5]))
def test_the_currency_does_not_matter(case, false_alarm, miss, rate):
    y, p = case
    dollars = evaluate.best_threshold(y, p, cost_false_alarm=false_alarm, cost_miss=miss)
    assert dollars == evaluate.best_threshold(y, p, cost_false_alarm=rate * false_alarm, cost_miss=rate * miss)


def test_the_curve_goes_from_nobody_to_everybody():
    curve = evaluate.cost_curve([0, 1, 1], [0.2, 0.2, 1.0], **ONE_TO_THREE)
    assert curve["flagged"].tolist() == [0, 1, 3]
    assert curve["threshold"].tolist() == [np.nextafter(1.0, 2), 1.0, 0.2]


def test_the_panel_agrees_with_the_curve_at_each_threshold():
    y, p = np.array([0, 1, 0, 1, 0]), np.array([0.1, 0.3, 0.3, 0.8, 0.9])
    for row in evaluate.cost_curve(y, p, **ONE_TO_THREE, benefit_hit=2.0).itertuples():
        table = evaluate.panel(y, p, threshold=row.threshold, costs=ONE_TO_THREE | {"benefit_hit": 2.0})
        assert table.loc["cost", "value"] == pytest.approx(row.cost)


def test_of_equal_costs_the_fewest_flags_win():
    assert evaluate.best_threshold([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6], cost_false_alarm=1, cost_miss=1) == 0.9


def test_flagging_nobody_is_a_choice_when_misses_are_cheap():
    best = evaluate.best_threshold([0, 1], [0.9, 0.1], cost_false_alarm=10, cost_miss=1)
    assert best > 0.9


def test_calibrated_probabilities_need_only_the_costs():
    assert evaluate.calibrated_threshold(**ONE_TO_THREE) == 0.25
    assert evaluate.calibrated_threshold(cost_false_alarm=1, cost_miss=1, benefit_hit=2) == 0.25
    assert evaluate.calibrated_threshold(cost_false_alarm=0, cost_miss=1) == 0


def test_on_calibrated_cases_theory_and_data_agree():
    """At each probability k/20, k of 20 cases are a 1: as calibrated as can be."""
    chance = np.repeat(np.arange(21) / 20, 20)
    happened = np.concatenate([[1] * k + [0] * (20 - k) for k in range(21)])
    costs = {"cost_false_alarm": 3.0, "cost_miss": 7.0}
    theory = cost_at(evaluate.calibrated_threshold(**costs), happened, chance, 3.0, 7.0)
    assert theory == pytest.approx(
        cost_at(evaluate.best_threshold(happened, chance, **costs), happened, chance, 3.0, 7.0)
    )


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        ({"cost_false_alarm": -1, "cost_miss": 1}, "`cost_false_alarm` must be a number of at least 0, got: -1"),
        ({"cost_false_alarm": 1, "cost_miss": np.inf}, "`cost_miss` must be a number of at least 0, got: inf"),
        ({"cost_false_alarm": 1, "cost_miss": 0}, "Acting can never pay"),
        ({"cost_false_alarm": 1, "cost_miss": 2, "benefit_hit": -2}, "Acting can never pay"),
    ],
)
def test_costs_that_make_no_sense_are_refused(costs, message):
    with pytest.raises(DataError, match=message):
        evaluate.calibrated_threshold(**costs)
    with pytest.raises(DataError, match=message):
        evaluate.best_threshold([0, 1], [0.1, 0.2], **costs)


def test_with_one_class_there_is_no_best_threshold():
    with pytest.raises(DataError, match="All 2 labels are 0: with one class there is nothing to weigh"):
        evaluate.best_threshold([0, 0], [0.1, 0.2], **ONE_TO_THREE)


def test_an_unknown_name_is_no_attribute():
    with pytest.raises(AttributeError, match="has no attribute 'pannel'"):
        evaluate.pannel  # noqa: B018
