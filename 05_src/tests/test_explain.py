"""Attributions equal brute force, in the columns that went in; what cannot be exact says so."""

from itertools import combinations
from math import factorial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mlsd import explain
from mlsd.errors import ColumnError, DataError

rng = np.random.default_rng(0)
ROWS = 300
X = pd.DataFrame(
    {
        "miles": rng.normal(size=ROWS),
        "carrier": rng.choice(list("wxyz"), ROWS),
        "rain": rng.normal(size=ROWS),
        "origin": rng.choice(["EWR", "JFK", "LGA"], ROWS),
    }
)
X.loc[rng.random(ROWS) < 0.1, "miles"] = np.nan
score = X["miles"].fillna(1) * X["carrier"].isin(["w", "z"]) + (X["origin"] == "EWR") * X["rain"]
y = (score + rng.normal(scale=0.3, size=ROWS) > 0.2).astype(int)
EXPLAINED, BACKGROUND = X.head(12), X.tail(30)

CLASSIFIERS = [
    LogisticRegression(),
    DecisionTreeClassifier(random_state=0),
    RandomForestClassifier(15, random_state=0),
    GradientBoostingClassifier(n_estimators=15, random_state=0),
    HistGradientBoostingClassifier(max_iter=15),
]
REGRESSORS = [
    LinearRegression(),
    Ridge(),
    DecisionTreeRegressor(random_state=0),
    ExtraTreesRegressor(10, random_state=0),
    HistGradientBoostingRegressor(max_iter=15),
]


def piped(model):
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    names = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer([("numbers", numbers, ["miles", "rain"]), ("names", names, ["carrier", "origin"])])
    return make_pipeline(columns, model)


def brute_force(answer, row, background):
    """Shapley's formula as it stands, over every set of original columns."""
    columns, worth = list(background.columns), {}
    for size in range(len(columns) + 1):
        for kept in combinations(columns, size):
            worth[kept] = answer(background.assign(**{name: row[name] for name in kept})).mean()
    values = []
    for column in columns:
        total = 0.0
        for kept, without in worth.items():
            if column not in kept:
                joined = tuple(name for name in columns if name in {*kept, column})
                weight = factorial(len(kept)) * factorial(len(columns) - len(kept) - 1) / factorial(len(columns))
                total += weight * (worth[joined] - without)
        values.append(total)
    return np.array(values)


def raw_output(pipeline):
    if hasattr(pipeline, "decision_function"):
        return pipeline.decision_function
    return (lambda frame: pipeline.predict_proba(frame)[:, 1]) if hasattr(pipeline, "classes_") else pipeline.predict


@pytest.mark.parametrize("model", [*CLASSIFIERS, *REGRESSORS], ids=lambda model: type(model).__name__)
def test_raw_values_equal_brute_force_in_the_original_columns(model, caplog):
    pipeline = piped(model).fit(X, y)
    found = explain.shap_values(pipeline, EXPLAINED, background=BACKGROUND)
    expected = [brute_force(raw_output(pipeline), EXPLAINED.iloc[i], BACKGROUND) for i in range(3)]
    np.testing.assert_allclose(found.values[:3], expected, atol=1e-9)
    assert caplog.text == ""  # exact, and no word that it is not


@pytest.mark.parametrize("model", CLASSIFIERS, ids=lambda model: type(model).__name__)
def test_probabilities_equal_brute_force_too(model):
    pipeline = piped(model).fit(X, y)
    found = explain.shap_values(pipeline, EXPLAINED, background=BACKGROUND, output="probability")
    expected = brute_force(lambda frame: pipeline.predict_proba(frame)[:, 1], EXPLAINED.iloc[0], BACKGROUND)
    np.testing.assert_allclose(found.values[0], expected, atol=1e-9)


@pytest.mark.parametrize("output", ["raw", "probability"])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=lambda model: type(model).__name__)
def test_values_and_base_add_up_to_the_output(model, output):
    pipeline = piped(model).fit(X, y)
    found = explain.shap_values(pipeline, EXPLAINED, background=BACKGROUND, output=output)
    probability = pipeline.predict_proba(EXPLAINED)[:, 1]
    expected = probability if output == "probability" else raw_output(pipeline)(EXPLAINED)
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base_values, expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["LGBMClassifier", "LGBMRegressor"])
def test_lightgbm_is_exact_too_where_it_is_installed(kind, caplog):
    lightgbm = pytest.importorskip("lightgbm")
    names = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    columns = ColumnTransformer(
        [("numbers", "passthrough", ["miles", "rain"]), ("names", names, ["carrier", "origin"])]
    )
    model = getattr(lightgbm, kind)(n_estimators=15, min_child_samples=5, verbose=-1)
    pipeline = make_pipeline(columns.set_output(transform="pandas"), model).fit(X, y)
    rows = EXPLAINED.assign(rain=EXPLAINED["rain"].where(EXPLAINED.index > 3))  # missing where it never was
    found = explain.shap_values(pipeline, rows, background=BACKGROUND)

    def answer(frame):
        return pipeline[-1].predict(pipeline[:-1].transform(frame), raw_score=True)

    expected = [brute_force(answer, rows.iloc[i], BACKGROUND) for i in range(6)]
    np.testing.assert_allclose(found.values[:6], expected, atol=1e-9)
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base_values, answer(rows), atol=1e-6)
    assert caplog.text == ""


def test_the_names_and_the_data_are_those_of_the_learner():
    found = explain.shap_values(piped(LogisticRegression()).fit(X, y), EXPLAINED, background=BACKGROUND)
    assert found.feature_names == ["miles", "carrier", "rain", "origin"]
    assert found.data[0].tolist() == EXPLAINED.iloc[0].tolist()
    assert found.values.shape == (12, 4)


def test_a_column_that_the_pipeline_drops_gets_nothing():
    frame = X.assign(unused=rng.normal(size=ROWS))
    found = explain.shap_values(piped(HistGradientBoostingClassifier(max_iter=5)).fit(frame, y), frame.head(20))
    assert found.values[:, -1].tolist() == [0.0] * 20


def test_three_classes_have_values_each():
    three = pd.cut(score, 3, labels=["low", "middle", "high"]).astype(str)
    for model in (LogisticRegression(), RandomForestClassifier(5, random_state=0), HistGradientBoostingClassifier()):
        found = explain.shap_values(piped(model).fit(X, three), EXPLAINED, background=BACKGROUND)
        assert found.values.shape == (12, 4, 3)
        assert list(found.output_names) == ["high", "low", "middle"]


def test_boosted_trees_with_categories_of_their_own_are_exact():
    frame = X.assign(carrier=X["carrier"].astype("category"), origin=X["origin"].astype("category"))
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", max_iter=10).fit(frame, y)
    found = explain.shap_values(model, frame.head(2), background=frame.tail(20))
    expected = brute_force(model.decision_function, frame.iloc[0], frame.tail(20))
    np.testing.assert_allclose(found.values[0], expected, atol=1e-9)


def test_a_bent_number_is_one_column(caplog):
    bends = ColumnTransformer([("bends", SplineTransformer(), ["rain"])], remainder="drop")
    pipeline = make_pipeline(bends, LogisticRegression()).fit(X, y)
    found = explain.shap_values(pipeline, EXPLAINED, background=BACKGROUND)
    assert (found.values[:, [0, 1, 3]] == 0).all()
    assert caplog.text == ""


@pytest.mark.parametrize("model", [KNeighborsClassifier(), CalibratedClassifierCV(LogisticRegression(), cv=2)])
def test_a_model_without_an_exact_explainer_says_so_and_what_it_costs(model, caplog):
    pipeline = piped(model).fit(X, y)
    found = explain.shap_values(pipeline, EXPLAINED.head(2), background=BACKGROUND)
    assert "no exact explainer" in caplog.text
    assert "480 predictions a row" in caplog.text  # 16 sets of 4 columns, 30 rows each
    expected = brute_force(lambda frame: pipeline.predict_proba(frame)[:, 1], EXPLAINED.iloc[0], BACKGROUND)
    np.testing.assert_allclose(found.values[0], expected, atol=1e-9)


def test_a_transformer_that_mixes_columns_is_noticed(caplog):
    numbers = X[["miles", "rain"]].fillna(0)
    pipeline = make_pipeline(PCA(2), LogisticRegression()).fit(numbers, y)
    found = explain.shap_values(pipeline, numbers.head(2), background=numbers.tail(20))
    assert "no exact explainer" in caplog.text
    expected = brute_force(pipeline.decision_function, numbers.iloc[0], numbers.tail(20))
    np.testing.assert_allclose(found.values[0], expected, atol=1e-9)


def test_many_columns_are_permuted_and_still_add_up(caplog):
    wide = pd.DataFrame(rng.normal(size=(80, 12))).add_prefix("c")
    model = KNeighborsClassifier().fit(wide, wide["c0"] > 0)
    found = explain.shap_values(model, wide.head(2), background=wide.tail(10))
    assert "random orders (approximate)" in caplog.text
    total = found.values.sum(axis=1) + found.base_values
    np.testing.assert_allclose(total, model.predict_proba(wide.head(2))[:, 1], atol=1e-6)


def test_a_transformed_target_is_explained_on_the_scale_of_its_fit():
    model = TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1)
    pipeline = piped(model).fit(X, np.exp(score))
    found = explain.shap_values(pipeline, EXPLAINED, background=BACKGROUND)
    total = found.values.sum(axis=1) + found.base_values
    np.testing.assert_allclose(np.expm1(total), pipeline.predict(EXPLAINED), atol=1e-6)


def test_all_zero_attributions_come_with_the_reason(caplog):
    explain.shap_values(piped(LogisticRegression()).fit(X, y), X.head(1))
    assert "the background holds nothing but the explained row itself" in caplog.text
    caplog.clear()
    explain.shap_values(piped(HistGradientBoostingClassifier(min_samples_leaf=400)).fit(X, y), EXPLAINED)
    assert "it has learned no column" in caplog.text
    caplog.clear()
    explain.shap_values(piped(DummyClassifier()).fit(X, y), EXPLAINED)
    assert "it has learned no column" in caplog.text


def test_an_unseen_carrier_is_explained():
    pipeline = piped(LogisticRegression()).fit(X, y)
    strange = X.head(1).assign(carrier="new")
    found = explain.shap_values(pipeline, strange, background=BACKGROUND)
    expected = brute_force(pipeline.decision_function, strange.iloc[0], BACKGROUND)
    np.testing.assert_allclose(found.values[0], expected, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"output": "log"}, r"`output` must be one of \['raw', 'probability'\], got: 'log'"),
        ({"X": X.to_numpy()}, "X must be a DataFrame with rows, got: ndarray"),
        ({"background": X.head(0)}, "The background has no rows"),
        ({"background": X.drop(columns="rain")}, "Column 'rain' is not in the background"),
    ],
)
def test_what_cannot_be_explained_is_refused(change, words):
    given = {"pipeline": piped(LogisticRegression()).fit(X, y), "X": EXPLAINED, "background": BACKGROUND} | change
    with pytest.raises(DataError, match=words):
        explain.shap_values(given.pop("pipeline"), given.pop("X"), **given)


def test_a_regressor_has_no_probability():
    with pytest.raises(DataError, match="Ridge gives no probabilities"):
        explain.shap_values(piped(Ridge()).fit(X, y), EXPLAINED, output="probability")


def test_permutation_puts_the_column_that_matters_first():
    numbers = pd.DataFrame({"noise": rng.normal(size=200), "signal": rng.normal(size=200)})
    target = (numbers["signal"] > 0).astype(int)
    model = LogisticRegression().fit(numbers, target)
    table = explain.permutation(model, numbers, target, seed=0)
    assert table["column"].tolist() == ["signal", "noise"]
    assert table["importance"][0] > 0.3
    assert (table["warning"] == "").all()


def test_two_columns_that_say_the_same_are_warned_of():
    signal = rng.normal(size=300)
    twins = pd.DataFrame(
        {"one": signal, "two": signal + rng.normal(scale=0.01, size=300), "noise": rng.normal(size=300)}
    )
    target = (signal > 0).astype(int)
    table = explain.permutation(RandomForestClassifier(10, random_state=0).fit(twins, target), twins, target, seed=0)
    warned = table.set_index("column")["warning"]
    assert warned["one"] == "two says much the same: shuffled alone, each can look useless"
    assert warned["noise"] == ""


@pytest.mark.parametrize(
    ("one", "other", "close"),
    [
        ([1, 2, 3, 4], [10, 100, 1000, 10000], True),
        (list("aabb"), list("xxyy"), True),
        (list("aabb"), [1.0, 1.1, 9.0, 9.1], True),
        (list("abab"), list("xxyy"), False),
        ([1, 2, 3, 4], [2, 4, 1, 3], False),
        ([1, 1, 1, 1], [1, 2, 3, 4], False),
    ],
)
def test_association_is_known_for_numbers_and_names(one, other, close):
    frame = pd.DataFrame({"one": one * 5, "other": other * 5})
    model = piped_for(frame).fit(frame, [0, 1] * 10)
    found = explain.permutation(model, frame, [0, 1] * 10, seed=0, n_repeats=2).set_index("column")
    assert (found.loc["one", "close_to"] == "other") == close


def piped_for(frame):
    return make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).set_output(transform="default")


def test_a_column_of_noise_can_go_and_one_that_matters_cannot():
    frame = pd.DataFrame({"signal": rng.normal(size=300), "noise": rng.normal(size=300)})
    target = (frame["signal"] + rng.normal(scale=0.5, size=300) > 0).astype(int)
    noise = explain.can_go(LogisticRegression(), frame, target, "noise", margin=0.02)
    assert noise.harmless
    assert len(noise.table) == 25
    signal = explain.can_go(LogisticRegression(), frame, target, ["signal"], margin=0.02)
    assert not signal.harmless
    assert signal.high < -0.1


def test_every_fold_gets_the_same_constant():
    frame = pd.DataFrame({"name": list("xyyyyyyyyy") * 6, "a": rng.normal(size=60)})
    strict = make_column_transformer((OneHotEncoder(), ["name"]), remainder="passthrough")  # refuses a new category
    found = explain.can_go(make_pipeline(strict, LogisticRegression()), frame, [0, 1] * 30, "name", margin=0.5, cv=3)
    assert len(found.table) == 15


def test_can_go_asks_for_what_you_can_bear_and_a_column_that_is_there():
    with pytest.raises(DataError, match="`margin` must be at least 0, got: -1"):
        explain.can_go(LogisticRegression(), X, y, "miles", margin=-1)
    with pytest.raises(ColumnError, match="Column 'Miles' is not in the frame"):
        explain.can_go(LogisticRegression(), X, y, "Miles", margin=0)


@pytest.fixture
def explained():
    yield explain.shap_values(piped(LogisticRegression()).fit(X, y), EXPLAINED, background=BACKGROUND)
    plt.close("all")


def test_a_waterfall_goes_from_the_base_to_the_answer(explained):
    ax = explain.waterfall(explained, 3, unit="log-odds")
    ends = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches)
    answer = explained.base_values[3] + explained.values[3].sum()
    corners = {round(float(edge), 6) for pair in ends for edge in pair}
    assert {round(float(answer), 6), round(float(explained.base_values[3]), 6)} <= corners
    assert ax.get_xlabel() == "log-odds"
    assert ax.get_title().startswith("From the background's mean")


@pytest.mark.parametrize("draw", [explain.bar, explain.beeswarm])
def test_plots_of_all_rows_have_a_title_a_unit_and_the_columns(explained, draw):
    ax = draw(explained, unit="log-odds")
    assert "12" in ax.get_title()
    assert "(log-odds)" in ax.get_xlabel()
    assert {label.get_text() for label in ax.get_yticklabels()} == set(X.columns)


@pytest.mark.parametrize("column", ["miles", "carrier"])
def test_dependence_is_drawn_for_numbers_and_for_names(explained, column):
    assert explain.dependence(explained, column).get_xlabel() == column


def test_plots_refuse_a_row_a_column_or_classes_that_do_not_fit(explained):
    with pytest.raises(DataError, match="There is no row 99; the explanation has 12"):
        explain.waterfall(explained, 99)
    with pytest.raises(ColumnError, match="Column 'speed' is not in the explanation"):
        explain.dependence(explained, "speed")
    three = pd.cut(score, 3, labels=["low", "middle", "high"]).astype(str)
    several = explain.shap_values(piped(LogisticRegression()).fit(X, three), EXPLAINED, background=BACKGROUND)
    with pytest.raises(DataError, match="The explanation has 3 outputs"):
        explain.bar(several)
    assert explain.bar(several[:, :, 0]).get_title()
