import numpy as np
import pandas as pd
import pytest

from mlsd import leakage


@pytest.fixture
def draw():
    return np.random.default_rng(0)


@pytest.fixture(name="X")
def features(draw):
    X = pd.DataFrame(draw.normal(size=(400, 4)), columns=list("abcd"))
    return X.assign(visits=draw.poisson(3, 400), region=draw.choice(list("NSEW"), 400))


@pytest.fixture
def y(draw, X):
    return (X["a"] + draw.logistic(size=400) > 0).astype(int)


def twice(X, y, rows):
    return pd.concat([X, X.iloc[rows]], ignore_index=True), np.r_[y, y.iloc[rows]]


def test_copied_rows_are_counted_and_measured(X, y):
    found = leakage.audit_duplicates(*twice(X, y, np.arange(0, 400, 3)))
    assert found["evidence"].iloc[0].startswith("134 of 534 rows are copies of another in 6 columns")
    assert found["optimism"].iloc[0] > 0.05


def test_a_new_id_or_date_does_not_hide_a_copy(X, y):
    more, target = twice(X, y, np.arange(100))
    more = more.assign(row_id=range(500), seen=pd.date_range("2026-01-01", periods=500))
    assert leakage.audit_duplicates(more, target)["kind"].tolist() == ["duplicates"]


def test_copies_with_small_changes_are_found(draw, X, y):
    more, target = twice(X, y, np.arange(100))
    more.loc[400:, list("abcd")] += 1e-5 * draw.normal(size=(100, 4))
    assert "copies with small changes" in leakage.audit_duplicates(more, target)["evidence"].iloc[0]


def test_natural_repeats_of_whole_numbers_are_no_copies(draw):
    X = pd.DataFrame(draw.integers(1, 6, (1_000, 4)), columns=list("abcd"))
    assert X.duplicated().mean() > 0.3
    assert leakage.audit_duplicates(X, draw.random(1_000) < 0.3).empty


def test_rows_between_rows_of_a_rare_class_are_found(draw):
    X, y = draw.normal(size=(600, 4)), np.repeat([0, 1], [540, 60])
    one, other = draw.integers(540, 600, (2, 480))
    made = X[one] + draw.random((480, 1)) * (X[other] - X[one])
    found = leakage.audit_oversampling(np.r_[X, made], np.r_[y, np.ones(480, int)])
    assert found["kind"].tolist() == ["oversampling"]
    assert "in 4 columns, for example rows [6" in found["evidence"].iloc[0]


def test_copies_of_a_rare_class_only_are_oversampling(draw, X):
    y = pd.Series(np.repeat([0, 1], [360, 40]))
    more, target = twice(X, y, draw.integers(360, 400, 300))
    assert leakage.audit_duplicates(more, target)["kind"].tolist() == ["oversampling"]


def test_plain_rows_and_rows_on_a_grid_are_not_made_up(draw, X, y):
    grid = pd.DataFrame(draw.integers(0, 40, (400, 3)), columns=list("abc"))
    assert leakage.audit_oversampling(X, y).empty
    assert leakage.audit_oversampling(grid, y).empty


def test_a_group_on_both_sides_flatters(draw):
    traits = pd.DataFrame(draw.normal(size=(80, 3)).repeat(5, axis=0), columns=list("abc"))
    ill, patient = draw.integers(0, 2, 80).repeat(5), np.arange(80).repeat(5)
    given = leakage.audit_groups(traits.assign(patient=patient), ill, groups="patient")
    seen = leakage.audit_groups(traits.assign(patient=patient), ill)
    assert given["columns"].tolist() == seen["columns"].tolist() == [("patient",)]
    assert "80 groups of 5.0 rows" in given["evidence"].iloc[0]


def test_groups_without_an_effect_are_not_accused(draw, X, y):
    branch = draw.integers(0, 60, 400)
    assert leakage.audit_groups(X, y, groups=branch).empty
    assert leakage.audit_groups(X.assign(branch=branch), y).empty


def test_a_level_that_wanders_makes_shuffling_flatter(draw):
    day, level = np.arange(600), draw.normal(size=600).cumsum()
    found = leakage.audit_time(
        pd.DataFrame({"week": day // 7}), level, time=pd.Timestamp("2026-01-01") + day * pd.Timedelta("1D")
    )
    assert found["kind"].tolist() == ["time"]
    assert found["optimism"].iloc[0] > 0.2


def test_time_without_drift_is_not_accused(draw, X, y):
    assert leakage.audit_time(X, y, time=np.arange(400)).empty
    assert leakage.audit_time(X.assign(at=np.arange(400)), y, time="at").empty
