import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.inspection import partial_dependence as theirs
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mlsd import datasets, explain, models
from mlsd.errors import ColumnError, DataError

mpl.use("agg")


@pytest.fixture(scope="module")
def flights():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"miles": rng.integers(1, 9, 60) * 100, "carrier": rng.choice(["AA", "B6", "UA"], 60)})
    y = ((X["miles"] > 400) ^ (X["carrier"] == "B6")).astype(int)
    to_numbers = make_column_transformer((OneHotEncoder(), ["carrier"]), remainder="passthrough")
    return make_pipeline(to_numbers, LogisticRegression(C=9.0, max_iter=500)).fit(X, y), X, y


@pytest.fixture(scope="module")
def crossing():
    """A model that goes up for one half of the rows and down for the other."""
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"a": rng.uniform(-1, 1, 400), "side": np.tile([0, 1], 200)})
    return HistGradientBoostingRegressor().fit(X, X["a"] * (2 * X["side"] - 1)), X


@pytest.mark.parametrize("output", ["raw", "probability"])
def test_the_mean_and_the_curves_equal_scikit_learns(flights, output):
    model, X, _ = flights
    X = X.astype({"miles": float})
    ours = explain.ice(model, X, "miles", output=output)
    method = {"raw": "decision_function", "probability": "predict_proba"}[output]
    expected = theirs(
        model, X, ["miles"], kind="both", method="brute", response_method=method, custom_values={"miles": ours.columns}
    )
    np.testing.assert_allclose(ours, expected["individual"][0], rtol=1e-12)
    means = explain.partial_dependence(model, X, "miles", output=output)["average"]
    np.testing.assert_allclose(means, expected["average"][0], rtol=1e-12)


def test_every_value_asked_about_is_one_that_the_column_holds(flights):
    model, X, _ = flights
    assert set(explain.ice(model, X, "miles", points=5).columns) <= set(X["miles"])
    assert explain.ice(model, X, "carrier").columns.tolist() == ["AA", "B6", "UA"]


def test_a_rows_own_value_gives_its_own_answer(flights):
    model, X, _ = flights
    curves = explain.ice(model, X, "carrier", output="probability")
    own = [curves.loc[row, carrier] for row, carrier in X["carrier"].items()]
    np.testing.assert_allclose(own, model.predict_proba(X)[:, 1])


@given(slope=st.floats(-5, 5), points=st.integers(2, 9))
def test_a_linear_models_curves_are_parallel_lines(slope, points):
    X = pd.DataFrame({"a": [0.0, 1.0, 3.0, 7.0], "b": [2.0, 2.0, 1.0, 5.0]})
    model = LinearRegression().fit(X, slope * X["a"] + X["b"])
    curves = explain.ice(model, X, "a", points=points)
    steps = curves.diff(axis="columns").iloc[:, 1:] / np.diff(curves.columns)
    np.testing.assert_allclose(steps, slope, atol=1e-6)


def test_curves_show_what_the_mean_hides(crossing):
    model, X = crossing
    table, curves = explain.partial_dependence(model, X, "a"), explain.ice(model, X, "a")
    assert table["average"].abs().mean() < 0.1
    assert (curves.iloc[:, -1] - curves.iloc[:, 0]).abs().min() > 1.2


def test_two_columns_show_the_crossing(crossing):
    model, X = crossing
    table = explain.partial_dependence(model, X, ("a", "side"), points=5)
    at_ends = table[table["a"].isin([X["a"].min(), X["a"].max()])].pivot(index="a", columns="side", values="average")
    assert at_ends.diff().iloc[-1].gt(0).tolist() == [False, True]
    assert table.groupby("side")["rows"].sum().to_dict() == {0: 200, 1: 200}


def test_rows_count_who_is_near(flights):
    model, X, _ = flights
    by_name = explain.partial_dependence(model, X, "carrier").set_index("carrier")["rows"]
    assert by_name.to_dict() == X["carrier"].value_counts().to_dict()
    assert explain.partial_dependence(model, X, "miles", points=4)["rows"].sum() == len(X)


def test_missing_values_stay_with_their_rows_and_are_never_asked_about():
    credit = datasets.make_credit(800)
    X, y = credit.drop(columns="delinquency"), credit["delinquency"]
    model = models.credit_boosted().fit(X, y)
    holes = X.columns[X.isna().any()][0]
    table = explain.partial_dependence(model, X, holes, output="probability", points=6)
    assert table[holes].notna().all()
    assert table["rows"].sum() == X[holes].notna().sum()


@pytest.mark.parametrize("kind", ["Int64", "category", "bool"])
def test_the_column_keeps_its_type(kind):
    X = pd.DataFrame({"a": pd.Series([0, 1, 1, 0] * 8).astype(kind), "b": np.arange(32.0)})
    seen = []
    model = LinearRegression().fit(X.astype({"a": float}), X["b"])
    pipeline = make_pipeline(Noting(seen), model)
    assert explain.ice(pipeline, X, "a").columns.tolist() == [0, 1]
    assert set(seen) == {X["a"].dtype}


class Noting:
    """A step that notes the type of column a."""

    def __init__(self, seen):
        self.seen = seen

    def transform(self, X):
        self.seen.append(X["a"].dtype)
        return X.astype({"a": float})

    def fit(self, X, y=None):
        return self


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"column": "mile"}, ColumnError, "mile"),
        ({"X": pd.DataFrame({"miles": []})}, DataError, "must be a DataFrame with rows"),
        ({"points": 1}, DataError, "`points` must be 2 or more, got: 1"),
        ({"output": "odds"}, DataError, "output"),
    ],
)
def test_what_cannot_be_asked_is_refused(flights, change, error, words):
    model, X, _ = flights
    with pytest.raises(error, match=words):
        explain.ice(**{"pipeline": model, "X": X, "column": "miles"} | change)


def test_a_column_of_nothing_and_three_classes_are_refused(flights):
    _, X, _ = flights
    with pytest.raises(DataError, match="has no values: all 60 are missing"):
        explain.ice(flights[0], X.assign(miles=np.nan), "miles")
    three = HistGradientBoostingClassifier(max_iter=2).fit(X[["miles"]], np.arange(60) % 3)
    with pytest.raises(DataError, match="3 outputs a row"):
        explain.ice(three, X[["miles"]], "miles")


@pytest.mark.parametrize("columns", [("miles", "miles"), ("miles", "carrier", "miles")])
def test_one_column_or_two_different_ones(flights, columns):
    with pytest.raises(DataError, match="one column or two different ones"):
        explain.partial_dependence(flights[0], flights[1], columns)


@pytest.mark.parametrize("column", ["miles", "carrier"])
def test_profiles_have_a_title_a_unit_and_every_row(flights, column):
    curves = explain.ice(flights[0], flights[1], column, output="probability")
    ax = explain.profiles(curves, unit="probability", centred=True)
    assert "60 rows" in ax.get_title()
    assert "probability" in ax.get_ylabel()
    assert len(ax.lines) == len(curves) + 1
