"""The named models: what they take and refuse, that they can be cloned and saved, and how good they are."""

import json

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.metrics import mean_absolute_error, r2_score, roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlsd import datasets, evaluate, models
from mlsd.errors import ColumnError, DataError

NAMES = [name for name in models.__all__ if "_" in name]
TARGETS = {"flights": "late", "credit": "delinquency", "fires": "area"}
TEST_FROM = pd.Timestamp("2013-09-01", tz="UTC")


@pytest.fixture(scope="module")
def flights():
    return datasets.load_late_flights()


@pytest.fixture(scope="module")
def frames(flights):
    """Each case's rows, few enough to be quick, in the order in which they happened."""
    return {
        "flights": flights.iloc[::200].reset_index(drop=True),
        "credit": datasets.make_credit(n_rows=3000),
        "fires": datasets.make_fires(),
    }


@pytest.fixture(scope="module")
def credit():
    return datasets.make_credit(n_rows=30_000)


def case(name, frames):
    topic = name.partition("_")[0]
    return frames[topic], frames[topic][TARGETS[topic]]


def answer(model, X):
    return model.predict_proba(X)[:, 1] if hasattr(model, "predict_proba") else model.predict(X)


@parametrize_with_checks([models.PickColumns()])
def test_picking_columns_is_a_sound_transformer(estimator, check):
    check(estimator)


def test_there_are_three_models_for_each_case():
    assert sorted(NAMES) == sorted(
        [f"{case}_{kind}" for case in ("credit", "flights") for kind in ("baseline", "logistic", "boosted")]
        + ["fires_baseline", "fires_linear", "fires_boosted"]
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_call_makes_a_fresh_unfitted_pipeline_that_ends_in_clf_or_reg(name):
    one, other = getattr(models, name)(), getattr(models, name)()
    assert isinstance(one, Pipeline)
    assert one.steps[-1][0] == ("reg" if name.startswith("fires") else "clf")
    assert one is not other
    assert one["columns"].columns is not other["columns"].columns


@pytest.mark.parametrize("name", NAMES)
def test_a_clone_that_is_fitted_alike_answers_alike(name, frames):
    X, y = case(name, frames)
    model = getattr(models, name)()
    assert np.array_equal(answer(clone(model).fit(X, y), X), answer(model.fit(X, y), X))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fires_baseline"])
def test_the_seed_reaches_the_last_step(name):
    last = getattr(models, name)(random_state=7)[-1]
    assert {value for key, value in last.get_params().items() if key.endswith("random_state")} == {7}


@pytest.mark.parametrize("name", NAMES)
def test_a_model_that_went_through_skops_answers_alike(name, frames):
    X, y = case(name, frames)
    model = getattr(models, name)().fit(X, y)
    saved = skops.io.dumps(model)
    trusted = skops.io.get_untrusted_types(data=saved)
    assert np.array_equal(answer(skops.io.loads(saved, trusted=trusted), X), answer(model, X))
    assert {kind.partition(".")[0] for kind in trusted} <= {"mlsd", "sklearn", "numpy", "scipy", "functools"}


@pytest.mark.parametrize("name", NAMES)
def test_other_columns_their_order_and_the_label_change_nothing(name, frames):
    X, y = case(name, frames)
    model = getattr(models, name)().fit(X, y)
    needed = list(model["columns"].columns)
    assert y.name not in needed
    assert np.array_equal(answer(model, X[needed[::-1]].assign(a_new_column=1)), answer(model, X))


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("flights")])
def test_nothing_from_after_the_decision_gets_in(name):
    assert {"decided_at", "known_at", "late"} & set(getattr(models, name)()["columns"].columns) == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_column_is_named_at_fit_and_later(name, frames):
    X, y = case(name, frames)
    model = getattr(models, name)()
    gone = model["columns"].columns[-1]
    with pytest.raises(ColumnError, match=f"Column '{gone}' is not in the frame given to the model"):
        model.fit(X.drop(columns=gone), y)
    model.fit(X, y)
    with pytest.raises(ColumnError, match=gone):
        model.predict(X.drop(columns=gone))


def test_an_array_has_no_names_to_pick_by():
    with pytest.raises(DataError, match=r"picks its columns by name, and a ndarray has none(.|\n)*month, day"):
        models.fires_linear().fit(np.ones((5, 3)), np.ones(5))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("gap", [np.nan, None])
def test_a_row_of_gaps_gets_an_answer(name, gap, frames):
    X, y = case(name, frames)
    model = getattr(models, name)().fit(X, y)
    empty = pd.DataFrame({column: [gap] for column in model["columns"].columns})
    assert np.isfinite(answer(model, empty)).all()


def test_a_row_from_json_is_read_like_a_row_of_the_table(frames):
    X, y = case("flights_boosted", frames)
    model = models.flights_boosted().fit(X, y)
    needed = X[model["columns"].columns].tail(1)
    row = json.loads(needed.to_json(orient="records"))  # a gap becomes null
    assert answer(model, pd.DataFrame(row)) == answer(model, needed)


def test_text_where_numbers_were_is_named(frames):
    X, y = case("fires_linear", frames)
    model = models.fires_linear().fit(X, y)
    with pytest.raises(DataError, match=r"Column 'wind' must hold numbers.*calm"):
        model.predict(X.head(1).assign(wind="calm"))


@pytest.mark.parametrize("name", NAMES)
def test_gaps_in_training_are_no_trouble_either(name, frames):
    X, y = case(name, frames)
    model = getattr(models, name)()
    rows, columns = X.shape
    holes = X.mask(np.random.default_rng(0).random((rows, columns)) < 0.05)
    assert np.isfinite(answer(model.fit(holes, y), holes)).all()


@pytest.mark.parametrize(("name", "column"), [("flights", "carrier"), ("flights", "dest"), ("fires", "month")])
@pytest.mark.parametrize("kind", ["linear", "boosted"])
def test_a_category_never_seen_gets_an_answer_and_no_warning(name, column, kind, frames):
    kind = "logistic" if (name, kind) == ("flights", "linear") else kind
    X, y = case(name, frames)
    model = getattr(models, f"{name}_{kind}")().fit(X, y)
    assert np.isfinite(answer(model, X.head(3).assign(**{column: "never seen"}))).all()


def test_the_trees_know_their_categories_by_name(frames):
    X, y = case("flights_boosted", frames)
    trees = models.flights_boosted().fit(X, y)["clf"]
    assert list(trees.feature_names_in_[trees.is_categorical_]) == ["carrier", "origin", "dest"]


def test_no_fire_burns_less_than_nothing(frames):
    X, y = case("fires_linear", frames)
    far_off = X.assign(wind=0.0, temp=-40.0, DMC=0.0, X=0)
    assert models.fires_linear().fit(X, y).predict(far_off).min() == 0


def test_credit_ranks_as_its_docstring_says(credit):
    area = {}
    for name in ("credit_baseline", "credit_logistic", "credit_boosted"):
        chance = cross_val_predict(getattr(models, name)(), credit, credit["delinquency"], cv=3, method="predict_proba")
        area[name] = roc_auc_score(credit["delinquency"], chance[:, 1])
    assert area["credit_baseline"] == pytest.approx(0.66, abs=0.015)
    assert area["credit_logistic"] == pytest.approx(0.81, abs=0.015)
    assert area["credit_boosted"] == pytest.approx(0.83, abs=0.015)


def test_the_power_transform_is_what_helps_the_credit_line(credit):
    plain = models.credit_logistic().set_params(power=StandardScaler())
    chance = cross_val_predict(plain, credit, credit["delinquency"], cv=3, method="predict_proba")
    assert roc_auc_score(credit["delinquency"], chance[:, 1]) < 0.75


def test_fires_are_hardly_predictable(frames):
    X, y = case("fires_linear", frames)
    hectares = {name: cross_val_predict(getattr(models, name)(), X, y) for name in NAMES if name.startswith("fires")}
    errors = {name: mean_absolute_error(y, guess) for name, guess in hectares.items()}
    assert max(errors.values()) / min(errors.values()) < 1.05
    assert r2_score(np.log1p(y), np.log1p(hectares["fires_linear"])) == pytest.approx(0.11, abs=0.04)


def test_january_to_august_predicts_september_to_december(flights):
    """The honest study: fitted before September, judged from September on, on all flights."""
    past, future = flights[flights["decided_at"] < TEST_FROM], flights[flights["decided_at"] >= TEST_FROM]
    kinds = ("baseline", "logistic", "boosted")
    fitted = {kind: getattr(models, f"flights_{kind}")().fit(past, past["late"]) for kind in kinds}
    table = evaluate.panel(future["late"], {kind: answer(model, future) for kind, model in fitted.items()})
    assert table.loc["n", "boosted"] == 109_627
    assert table.loc["roc_auc", list(kinds)].tolist() == pytest.approx([0.634, 0.739, 0.747], abs=0.006)
    assert table.loc["average_precision", list(kinds)].tolist() == pytest.approx([0.169, 0.358, 0.38], abs=0.012)
    assert table.loc["log_loss", list(kinds)].tolist() == pytest.approx([0.370, 0.325, 0.320], abs=0.004)
    assert table.loc["brier", list(kinds)].tolist() == pytest.approx([0.108, 0.094, 0.093], abs=0.002)
