import numpy as np
import pandas as pd
import pytest

from mlsd import leakage

ROWS = 400
ASKED = pd.Series(pd.date_range("2026-01-01", periods=ROWS, freq="h"))


@pytest.fixture
def draw():
    return np.random.default_rng(0)


@pytest.fixture(name="X")
def features(draw):
    return pd.DataFrame(draw.normal(size=(ROWS, 3)), columns=["a", "b", "c"])


@pytest.fixture
def y(draw, X):
    return (X["a"] + X["b"] + draw.logistic(size=ROWS) > 0.5).astype(int)


def columns(found):
    return found["columns"].tolist()


def later(draw):
    return ASKED + pd.to_timedelta(draw.exponential(9, ROWS), unit="D").round("s")


def test_dates_after_the_decision_are_named_and_dates_before_it_are_not(draw, X, y):
    X = X.assign(asked=ASKED, opened=ASKED - pd.Timedelta(days=2), closed=later(draw))
    assert columns(leakage.audit_decision(X, y, decided_at="asked")) == [("closed",)]


def test_a_plan_at_a_fixed_time_after_the_decision_is_known(X, y):
    assert leakage.audit_decision(X.assign(due=ASKED + pd.Timedelta(days=30)), y, decided_at=ASKED).empty


def test_dates_in_text_and_in_another_zone_are_understood(draw, X, y):
    X = X.assign(
        closed=later(draw).dt.strftime("%Y-%m-%dT%H:%M:%S"), paid=later(draw).dt.tz_localize("America/Toronto")
    )
    found = leakage.audit_decision(X, y, decided_at=ASKED.dt.tz_localize("UTC"))
    assert columns(found) == [("closed",), ("paid",)]


def test_one_instant_may_be_the_decision_of_all_rows(X, y):
    found = leakage.audit_decision(X.assign(seen=ASKED), y, decided_at="2026-01-05")
    assert "303 of 400 dates are later" in found["evidence"].iloc[0]


@pytest.mark.parametrize("otherwise", [np.nan, 0.0])
def test_a_value_that_is_there_only_with_the_outcome_is_named(draw, X, y, otherwise):
    X["refund"] = np.where((y == 1) & (draw.random(ROWS) < 0.7), draw.exponential(9, ROWS), otherwise)
    found = leakage.audit_decision(X, y)
    assert columns(found) == [("refund",)]
    assert "have y = 1" in found["evidence"].iloc[0]


def test_gaps_that_lean_to_one_outcome_are_no_leak(draw, X, y):
    X["income"] = X["a"].mask(draw.random(ROWS) < np.where(y == 1, 0.7, 0.1))
    assert leakage.audit_decision(X, y).empty


def test_gaps_that_follow_a_quantity_are_named(draw, X):
    cost = pd.Series(draw.gamma(2, 10, ROWS))
    assert columns(leakage.audit_decision(X.assign(repair=X["a"].mask(cost < 15)), cost)) == [("repair",)]


def test_a_column_that_is_the_target_in_other_words_is_named(draw, X, y):
    found = leakage.audit_proxies(X.assign(calls=y * 4 + draw.normal(size=ROWS)), y)
    assert columns(found) == [("calls",)]
    assert found["optimism"].iloc[0] > 0.1


def test_a_strong_feature_is_no_proxy(draw, X):
    y = 3 * X["a"] + draw.logistic(size=ROWS) > 0
    assert leakage.audit_proxies(X, y).empty


def test_an_easy_target_is_no_proxy_of_its_features(draw):
    y = np.repeat([0, 1, 2], 100)
    X = pd.DataFrame(draw.normal(size=(300, 4)) + 4 * y[:, None], columns=list("abcd"))
    assert leakage.audit_proxies(X, y).empty


def test_the_difference_of_twins_is_looked_at(draw, X, y):
    before = draw.lognormal(7, 0.7, ROWS)
    X = X.assign(before=before, after=before + np.where(y == 1, -20, 20) + draw.normal(size=ROWS))
    assert columns(leakage.audit_proxies(X, y)) == [("before", "after")]


def test_clocks_are_compared_around_midnight(draw, X, y):
    plan = draw.integers(0, 1440, ROWS)
    real = (plan + np.where(y == 1, 45, 0) + draw.integers(0, 10, ROWS)) % 1440
    found = leakage.audit_proxies(X.assign(plan=plan, real=real // 60 * 100 + real % 60), y)
    assert columns(found) == [("plan", "real")]


def test_a_transform_and_a_sum_that_make_a_quantity_are_named(draw, X):
    total = 50 + 10 * X["a"] + draw.gamma(2, 20, ROWS)
    part = draw.gamma(2, 10, ROWS)
    assert columns(leakage.audit_proxies(X.assign(log=np.log(total + 50)), total)) == [("log",)]
    assert columns(leakage.audit_proxies(X.assign(part=part, rest=total - part), total)) == [("part", "rest")]


def test_two_columns_of_few_values_are_looked_at_together(draw, X):
    left, right = draw.integers(0, 2, (2, ROWS))
    assert columns(leakage.audit_proxies(X.assign(left=left, right=right), left ^ right)) == [("left", "right")]


@pytest.mark.parametrize("form", ["{:05d}", "scan-{:05d}"])
def test_an_id_in_the_order_of_the_target_is_named(draw, X, y, form):
    number = np.empty(ROWS, dtype=int)
    number[np.argsort(y + draw.random(ROWS) * 1.5)] = np.arange(ROWS)
    ids = number if form == "{:05d}" else [form.format(n) for n in number]
    assert columns(leakage.audit_generation(X.assign(scan_id=ids), y)) == [("scan_id",)]


def test_an_id_without_order_is_left_alone(draw, X, y):
    assert leakage.audit_generation(X.assign(row_id=draw.permutation(ROWS)), y).empty


def test_classes_that_were_written_down_in_two_ways_are_named(X, y):
    X["weight"] = np.where(y == 1, X["c"].round(1), X["c"].round(3)) + 0.0
    found = leakage.audit_generation(X, y)
    assert columns(found) == [("weight",)]
    assert "decimals" in found["evidence"].iloc[0]


def test_rows_in_the_order_of_a_quantity_are_reported_without_a_column(X):
    found = leakage.audit_generation(X, np.sort(X["b"].to_numpy()))
    assert columns(found) == [()]
    assert "The rows are sorted by y" in found["evidence"].iloc[0]
