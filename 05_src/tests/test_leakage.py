import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from mlsd import datasets, leakage
from mlsd.errors import ColumnError, DataError


@pytest.fixture
def draw():
    return np.random.default_rng(0)


@pytest.fixture
def honest(draw):
    """Four hundred rows whose target depends on two of three columns."""
    X = pd.DataFrame(draw.normal(size=(400, 3)), columns=["a", "b", "c"])
    return X, X["a"] + X["b"] + draw.normal(size=400) > 0


def kinds(result):
    return result.table["kind"].tolist()


def test_planted_leaks_are_found_and_clean_tables_are_not_accused():
    found, accused = 0, []
    for table in datasets.make_leaks(0):
        kinds_found = kinds(leakage.audit(table.X, table.y, **table.given))
        found += table.kind in kinds_found
        accused += [(table.name, kinds_found)] if table.kind is None and kinds_found else []
    assert found >= 19
    assert accused == []


def test_an_honest_table_has_no_finding_and_says_that_this_is_no_proof(honest):
    result = leakage.audit(*honest)
    assert result.table.columns.tolist() == ["kind", "columns", "evidence", "optimism"]
    assert "No leak found in 400 rows" in repr(result)
    assert "no proof" in repr(result)


def test_an_audit_changes_nothing(honest):
    X, y = honest
    X.loc[3, "a"] = np.nan
    before = X.copy(deep=True)
    leakage.audit(X, y, time=range(400))
    pd.testing.assert_frame_equal(X, before)


def test_the_same_seed_gives_the_same_table(honest):
    X, y = honest
    X = X.assign(told=y + 0.01 * X["c"])
    once, again = (leakage.audit(X, y, seed=3).table for _ in range(2))
    pd.testing.assert_frame_equal(once, again)


def test_findings_come_with_the_largest_optimism_first_and_print_in_words(honest):
    X, y = honest
    X = X.assign(told=y + 0.01 * X["c"], a=(X["a"] - X["a"].mean()) / X["a"].std())
    result = leakage.audit(X, y)
    assert kinds(result) == ["target proxy", "scaling"]
    assert "2 leaks found in 400 rows:\n- target proxy: told; optimism +" in repr(result)


def test_arrays_text_targets_and_categories_are_welcome(draw):
    X = pd.DataFrame({"kind": pd.Categorical(draw.choice(list("xyz"), 200)), "flag": draw.random(200) < 0.5})
    assert kinds(leakage.audit(X, draw.choice(["yes", "no"], 200))) == []
    assert kinds(leakage.audit(draw.normal(size=(200, 3)), draw.normal(size=200))) == []


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"y": [0, 1]}, DataError, "y has 2 values, X has 400 rows"),
        ({"y": [1] * 400}, DataError, "y is 1 in every row"),
        ({"y": [None] + [0, 1] * 199 + [1]}, DataError, "missing in 1 rows, first in row 0"),
        ({"y": [np.inf] + [0.5, 1] * 199 + [2]}, DataError, "infinite"),
        ({"X": np.zeros((10, 2)), "y": [0, 1] * 5}, DataError, "at least 50"),
        ({"groups": "patient"}, ColumnError, "`groups` names column 'patient', which is not in X"),
        ({"time": "day"}, ColumnError, "`time` names column 'day'"),
        ({"groups": [1, 2]}, DataError, "`groups` has 2 values, X has 400 rows"),
        ({"groups": [1] * 400}, DataError, "one value only"),
        ({"time": ["soon"] * 400}, DataError, "must hold dates, times or numbers, got: 'soon'"),
        ({"time": [np.nan] * 400}, DataError, "missing in 400 rows"),
        ({"decided_at": "soon"}, ColumnError, "`decided_at` must be a column of X"),
        ({"decided_at": ["soon"] * 400}, DataError, "`decided_at` must hold dates"),
    ],
)
def test_arguments_that_do_not_fit_are_named(honest, change, error, match):
    X, y = honest
    with pytest.raises(error, match=match):
        leakage.audit(**{"X": X, "y": y, **change})


def test_two_columns_of_one_name_are_named(honest):
    X, y = honest
    with pytest.raises(DataError, match="two columns called 'a'"):
        leakage.audit(pd.concat([X, X[["a"]]], axis=1), y)


def test_the_package_loads_no_scikit_learn_until_an_audit_is_asked_for():
    code = "import sys, mlsd.leakage; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_is_not_there_is_named():
    with pytest.raises(AttributeError, match="no attribute 'audits'"):
        _ = leakage.audits


def test_real_flights_name_when_the_answer_was_known_and_nothing_else():
    flights = datasets.load_late_flights().sample(4_000, random_state=0)
    late = flights.pop("late")
    result = leakage.audit(flights, late, decided_at="decided_at")
    assert result.table["columns"].tolist() == [("known_at",)]
