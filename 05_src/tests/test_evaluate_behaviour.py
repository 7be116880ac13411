"""What a model must do is tested row by row, and a test that could not fail is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

from mlsd.errors import ColumnError, DataError
from mlsd.evaluate import behaviour

X = pd.DataFrame({"hour": [6.0, 12.0, 18.0, 22.0], "plane": ["N1", "N2", "N1", "N1"]}, index=[10, 20, 30, 30])


class Model:
    """Later is more likely late, and plane N2 has no luck."""

    def predict_proba(self, X):
        p = X["hour"].to_numpy() / 100 + 0.5 * (X["plane"] == "N2").to_numpy()
        return np.column_stack([1 - p, p])


class Plain:
    """Says what it is told to say."""

    def __init__(self, answer):
        self.answer = answer

    def predict(self, X):
        return self.answer(X)


def test_a_change_that_must_not_matter_is_found_out_where_it_does():
    result = behaviour.invariance(Model(), X, {"plane": "N1"}, tolerance=0.1)
    assert repr(result) == "invariance FAILED: 1 of 1 changed rows move by more than 0.1; the most by 0.5"
    row = result.table.loc[20]
    assert row[["plane_before", "plane_after"]].tolist() == ["N2", "N1"]
    assert row[["before", "after", "difference"]].tolist() == pytest.approx([0.62, 0.12, -0.5])


def test_a_move_within_the_tolerance_passes():
    result = behaviour.invariance(Model(), X, lambda frame: frame.assign(hour=frame["hour"] + 1), tolerance=0.01)
    assert (result.passed, result.rows, result.failures, len(result.table)) == (True, 4, 0, 0)
    assert not behaviour.invariance(Model(), X, {"hour": lambda hour: hour + 1}, tolerance=0.009).passed


def test_the_worst_rows_come_first_and_labels_may_come_twice():
    result = behaviour.invariance(Model(), X, {"hour": 10.0}, n_worst=3)
    assert result.table.index.tolist() == [30, 30, 10]
    assert result.table["difference"].tolist() == pytest.approx([-0.12, -0.08, 0.04])
    assert result.failures == 4


def test_one_value_for_each_row_may_be_given():
    result = behaviour.invariance(Model(), X, {"hour": [6.0, 12.0, 18.0, 23.0]})
    assert (result.rows, result.table["hour_after"].tolist()) == (1, [23.0])


def test_an_answer_that_goes_missing_fails():
    result = behaviour.invariance(Plain(lambda X: X["hour"].where(X["hour"] < 20)), X, {"hour": 21.0}, tolerance=100)
    assert result.failures == 4
    assert result.table["difference"].isna().all()


def test_a_direction_holds_where_the_answer_goes_that_way():
    later = {"hour": lambda hour: hour + 1}
    assert behaviour.direction(Model(), X, later, sign=1).passed
    against = behaviour.direction(Model(), X, later, sign=-1)
    assert repr(against) == "direction FAILED: 0 of 4 changed rows fall, 4 rise by more than 0"


def test_a_step_may_stay_but_a_model_that_never_moves_fails():
    later = {"hour": lambda hour: hour + 1}
    step = Plain(lambda X: (X["hour"] > 12.5).astype(float))
    assert behaviour.direction(step, X, later, sign=1).passed  # one row of four rises, the others stay
    flat = behaviour.direction(Plain(lambda X: np.zeros(len(X))), X, later, sign=1)
    assert (flat.passed, flat.failures) == (False, 0)


def test_a_step_back_within_the_tolerance_is_forgiven():
    wavy = Plain(lambda X: X["hour"] - 2.5 * (X["hour"] == 7))
    later = {"hour": lambda hour: hour + 1}
    assert behaviour.direction(wavy, X, later, sign=1).table["difference"].tolist() == [-1.5]
    assert behaviour.direction(wavy, X, later, sign=1, tolerance=1.5).passed


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.floats(0.01, 10))
@settings(max_examples=30, deadline=None)
def test_what_rises_for_sure_falls_with_the_sign_turned(values, step):
    frame, change = pd.DataFrame({"a": values}), {"a": lambda column: column + step}
    up, down = (Plain(lambda X, sign=sign: sign * X["a"].to_numpy()) for sign in (1, -1))
    assert behaviour.direction(up, frame, change, sign=1).passed
    assert behaviour.direction(down, frame, change, sign=-1).passed
    assert behaviour.direction(up, frame, change, sign=-1).failures == len(values)


def test_real_models_answer_by_what_they_have():
    frame, y = X[["hour"]], [0, 0, 1, 1]
    for model in (LogisticRegression(), LinearSVC(), LinearRegression()):
        assert behaviour.direction(model.fit(frame, y), frame, {"hour": lambda hour: hour + 1}, sign=1).passed


def test_the_frame_that_was_given_stays_as_it_was():
    before = X.copy()

    def spoil(frame):
        frame["hour"] = 0.0
        return frame

    behaviour.invariance(Model(), X, spoil)
    pd.testing.assert_frame_equal(X, before)


def test_a_minimum_holds_on_the_whole_and_in_each_slice():
    frame, y = pd.DataFrame({"airport": ["EWR", "EWR", "JFK", "JFK"]}), [0, 0, 0, 1]
    model = DummyClassifier().fit(frame, y)
    assert behaviour.minimum(model, frame, y, metric="accuracy", at_least=0.75).passed
    result = behaviour.minimum(model, frame, y, metric="accuracy", at_least=0.75, by={"J": "airport == 'JFK'"})
    assert result.table[["slice", "rows", "score", "passed"]].to_numpy().tolist() == [
        ["J", 2, 0.5, False],
        ["all", 4, 0.75, True],
    ]


def test_a_score_that_is_not_defined_is_no_pass():
    frame, y = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": list("uuvv")}), [0, 0, 0, 1]
    model = LogisticRegression().fit(frame[["a"]], y)

    def scorer(model, X, y):
        return float("nan") if len(set(y)) == 1 else 1.0

    result = behaviour.minimum(model, frame, y, metric=scorer, at_least=0.5, by="b")
    assert repr(result) == "minimum FAILED: 1 of 3 do not reach 0.5; the lowest, b = u, is not defined"
    empty = behaviour.minimum(model, frame, y, metric=scorer, at_least=0.5, by={"never": "a > 9"})
    assert empty.table["passed"].tolist() == [False, True]


def test_the_area_of_one_class_is_not_defined_and_no_pass():
    frame, y = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]}), [0, 0, 0, 1]
    model = LogisticRegression().fit(frame, y)
    result = behaviour.minimum(model, frame, y, metric="roc_auc", at_least=0.5, by={"early": "a < 2"})
    assert result.table["passed"].tolist() == [False, True]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hour": lambda hour: hour}, "leaves all 4 rows as they are, so that any model would pass"),
        (lambda frame: frame.head(2), "must return the frame with the same rows and columns"),
        (lambda frame: frame.to_numpy(), "must return the frame with the same rows and columns"),
        ({"hour": "late"}, "Column 'hour' is float64 and does not take that value"),
        ({"hour": [1.0, 2.0]}, "Column 'hour' is float64 and does not take that value"),
    ],
)
def test_a_change_that_is_none_is_refused(change, message):
    with pytest.raises(DataError, match=message):
        behaviour.invariance(Model(), X, change)


def test_a_missing_value_that_stays_missing_is_no_change():
    frame = X.assign(hour=[np.nan, 12.0, 18.0, 22.0])
    with pytest.raises(DataError, match="leaves all 4 rows as they are"):
        behaviour.invariance(Model(), frame, lambda frame: frame.assign(hour=frame["hour"].astype("Float64")))
    assert behaviour.invariance(Model(), frame, {"hour": 12.0}, tolerance=1).rows == 3


def test_a_category_takes_only_its_values():
    frame = X.assign(plane=X["plane"].astype("category"))
    assert behaviour.invariance(Model(), frame, {"plane": "N1"}, tolerance=1).table.empty
    with pytest.raises(DataError, match="Column 'plane' is category and does not take that value"):
        behaviour.invariance(Model(), frame, {"plane": "N9"})


def test_other_mistakes_are_named():
    with pytest.raises(ColumnError, match="Column 'Hour' is not in X"):
        behaviour.invariance(Model(), X, {"Hour": 1.0})
    with pytest.raises(DataError, match="`tolerance` must be at least 0, got: -1"):
        behaviour.invariance(Model(), X, {"hour": 1.0}, tolerance=-1)
    with pytest.raises(DataError, match="`sign` must be"):
        behaviour.direction(Model(), X, {"hour": 1.0}, sign=0)
    with pytest.raises(DataError, match="X has 4 rows and y 3"):
        behaviour.minimum(Model(), X, [0, 1, 0], metric="accuracy", at_least=0.5)
    with pytest.raises(DataError, match=r"predict gives str\S* of shape \(4,\); one number a row is needed"):
        behaviour.invariance(Plain(lambda X: X["plane"].to_numpy(dtype=str)), X, {"hour": 1.0})
