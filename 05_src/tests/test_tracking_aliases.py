"""A release is a move of an alias, and so is its undoing."""

import uuid

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsd import tracking
from mlsd.errors import DataError, ServiceError

X = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0]})


@pytest.fixture
def name(mlflow_server, monkeypatch):
    """A registered model with three versions and no alias."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    name = f"alias-{uuid.uuid4().hex[:8]}"
    with tracking.run(name) as run:
        for _ in range(3):
            run.register(LogisticRegression().fit(X, [0, 0, 1, 1]), name, example=X)
    return name


def test_an_alias_points_where_it_was_told(name):
    assert tracking.pointed(f"{name}@champion") is None
    assert tracking.point(f"{name}@champion", 1) is None
    assert tracking.point(f"{name}@champion", 3) == 1
    assert tracking.load(f"{name}@champion").mlsd_version_ == f"{name}/3"


def test_rolling_back_goes_through_the_versions_that_were_there(name):
    for version in (1, 3, 2):
        tracking.point(f"{name}@champion", version)
    assert [tracking.roll_back(f"{name}@champion") for _ in range(2)] == [3, 1]
    assert tracking.pointed(f"{name}@champion") == 1
    with pytest.raises(DataError, match="nothing to go back to"):
        tracking.roll_back(f"{name}@champion")


def test_pointing_twice_to_the_same_version_is_one_release(name):
    for version in (1, 2, 2):
        tracking.point(f"{name}@champion", version)
    assert tracking.roll_back(f"{name}@champion") == 1


def test_aliases_have_histories_of_their_own(name):
    for model, version in ((f"{name}@champion", 1), (f"{name}@shadow", 2), (f"{name}@champion", 3)):
        tracking.point(model, version)
    assert tracking.roll_back(f"{name}@champion") == 1
    assert tracking.pointed(f"{name}@shadow") == 2


def test_what_is_not_there_is_named(name):
    with pytest.raises(DataError, match=f"There is no model '{name}/9'"):
        tracking.point(f"{name}@champion", 9)
    with pytest.raises(DataError, match="names no alias"):
        tracking.point(name, 1)
    with pytest.raises(DataError, match="nobody@champion has pointed to no other version"):
        tracking.roll_back("nobody@champion")


def test_a_server_that_is_down_is_told_of(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(ServiceError, match="No MLflow server answers"):
        tracking.roll_back("x@champion")
