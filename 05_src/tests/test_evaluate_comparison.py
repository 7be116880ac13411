"""A difference between two models has an interval that keeps its promise; a search is scored on rows it never saw."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier

from mlsd import evaluate, sampling
from mlsd.errors import DataError


def table_of(seed, rows=120, signal=1.0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.normal(size=rows)})
    return X, (signal * X["a"] + rng.normal(size=rows) > 0).astype(int)


def test_the_same_model_twice_makes_no_difference():
    X, y = table_of(0)
    found = evaluate.compare(LogisticRegression(), LogisticRegression(), X, y, n_repeats=2)
    assert (found.difference, found.low, found.high) == (0.0, 0.0, 0.0)
    assert "no clear difference" in repr(found)


def test_a_model_that_learns_beats_one_that_does_not():
    X, y = table_of(0)
    found = evaluate.compare(DummyClassifier(), LogisticRegression(), X, y)
    assert found.low > 0.1
    assert len(found.table) == 25
    assert "the other is better" in repr(found)
    assert "the one is better" in repr(evaluate.compare(LogisticRegression(), DummyClassifier(), X, y))


def test_the_interval_is_the_corrected_one():
    X, y = table_of(1)
    found = evaluate.compare(DummyClassifier(), LogisticRegression(), X, y, cv=4, n_repeats=1)
    differences = found.table["difference"]
    error = np.sqrt((1 / 4 + 30 / 90) * differences.var(ddof=1))
    assert found.high - found.low == pytest.approx(2 * 3.182446 * error, rel=1e-6)  # t with 3 degrees of freedom


def test_two_equal_models_are_rarely_called_different():
    called = 0
    one, other = (DecisionTreeClassifier(max_depth=3, splitter="random", random_state=seed) for seed in (1, 2))
    for seed in range(40):  # the two differ by their dice alone
        X, y = table_of(seed, rows=80)
        found = evaluate.compare(one, other, X, y, n_repeats=2)
        called += not found.low <= 0 <= found.high
    assert called <= 6


def test_splits_by_time_are_used_once():
    X, y = table_of(0)
    times = pd.date_range("2013-01-01", periods=len(X))
    found = evaluate.compare(DummyClassifier(), LogisticRegression(), X, y, cv=sampling.TimeFolds(times, n_splits=3))
    assert len(found.table) == 3
    assert (found.table["train_rows"].diff().dropna() > 0).all()


def test_a_missing_score_or_a_single_split_gives_no_interval():
    X, y = table_of(0)
    with pytest.raises(DataError, match="1 splits with 0 missing scores give no interval"):
        evaluate.compare(LogisticRegression(), LogisticRegression(), X, y, cv=[(np.arange(60), np.arange(60, 120))])


def test_a_search_looks_better_to_itself_than_it_is():
    X, y = table_of(3, signal=0.0)  # nothing to learn: every honest score is about 0.5

    def search(X, y):
        grid = {"max_depth": [1, 2, 3, 5, 8], "min_samples_leaf": [1, 2, 5, 10], "random_state": [0, 1, 2]}
        return GridSearchCV(DecisionTreeClassifier(), grid, scoring="roc_auc", cv=3).fit(X, y)

    found = evaluate.nested(search, X, y, cv=3)
    assert found.optimism > 0.03
    assert found.table["inner_score"].mean() - found.score == pytest.approx(found.optimism)
    assert set(found.table["best_params"][0]) == {"max_depth", "min_samples_leaf", "random_state"}


def test_a_regression_search_is_nested_too():
    X, _ = table_of(0)

    def search(X, y):
        return RandomizedSearchCV(
            DummyRegressor(), {"strategy": ["mean", "median"]}, n_iter=2, scoring="neg_mean_absolute_error"
        ).fit(X, y)

    assert len(evaluate.nested(search, X, X["a"], scoring="neg_mean_absolute_error", cv=4).table) == 4


def test_what_has_no_best_model_is_refused():
    X, y = table_of(0)
    with pytest.raises(DataError, match="returned a LogisticRegression, which has no best model"):
        evaluate.nested(lambda X, y: LogisticRegression().fit(X, y), X, y)
