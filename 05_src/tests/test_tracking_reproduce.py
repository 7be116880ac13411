"""A run is fitted again from its record: the same to the last digit, or what changed since."""

import importlib
import json
import subprocess
import sys
import uuid
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from threadpoolctl import threadpool_limits

from mlsd import datasets, models, settings, tracking
from mlsd.errors import ColumnError, DataError

LATE = {"target": "late", "split": {"time": "decided_at", "test_from": "2013-09-01"}, "sample_rows": 3000}
FIRES = {"target": "area", "split": {"test_share": 0.25}, "load_params": {"n_rows": 200}}
CREDIT = {"target": "delinquency", "split": {"test_share": 0.25}, "load_params": {"n_rows": 2000}}
RECIPES = {
    "logistic": (models.flights_logistic, datasets.load_late_flights, LATE),
    "boosted": (models.credit_boosted, datasets.make_credit, CREDIT),
    "regressor": (models.fires_linear, datasets.make_fires, FIRES),
}
FRESH = """
import json, sys
from mlsd import tracking

done = {run_id: tracking.reproduce(run_id) for run_id in sys.argv[1:]}
changed = {run_id: [what for what in each.differences["what"] if not what.startswith("code")]
           for run_id, each in done.items()}  # somebody may be writing at this package just now
print(json.dumps({run_id: [each.same, changed[run_id], dict(zip(each.table["metric"], each.table["reproduced"]))]
                  for run_id, each in done.items()}))
"""
READ = "import pandas as pd\n\ndef read(path):\n    return pd.read_parquet(path)\n"
TOY = pd.DataFrame({"x": np.arange(40.0), "who": np.repeat(["a", "b", "c", "d"], 10), "y": [0, 1] * 20})


def notebook_function():
    return TOY


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    return f"sqlite:///{(tmp_path_factory.mktemp('my runs') / 'mlflow.db').as_posix()}"


@pytest.fixture(autouse=True)
def at(uri, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A learner's module whose function ``read`` reads a Parquet file; and that file."""
    name, file = f"mine_{uuid.uuid4().hex}", tmp_path / "toy.parquet"
    (tmp_path / f"{name}.py").write_text(READ)
    monkeypatch.syspath_prepend(str(tmp_path))
    TOY.to_parquet(file)
    return importlib.import_module(name), file


def fit(load, model=None, experiment="reproduce", **options):
    """A run in which a model was fitted, and what came out."""
    options = {"target": "y", "split": {"test_share": 0.5}} | options
    with tracking.run(f"{experiment} {uuid.uuid4().hex}", seed=5) as run:
        return run, run.fit(model or DummyClassifier(), load, **options)


def fit_mine(mine, **options):
    model = make_pipeline(FunctionTransformer(), LogisticRegression())
    module, file = mine
    run, _ = fit(module.read, model, load_params={"path": str(file)}, **options)
    return run.run_id


@pytest.fixture
def numbers(mine):
    """The same with columns that are numbers only."""
    TOY[["x", "y"]].to_parquet(mine[1])
    return mine


def recipe_of(run_id):
    from mlflow import MlflowClient

    folder = MlflowClient(settings.tracking_uri()).get_run(run_id).info.artifact_uri
    return Path(url2pathname(urlsplit(folder).path)) / "recipe" / "recipe.json"


def test_a_fresh_process_gives_the_same_metrics_to_the_last_digit(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # threads of the boosted trees wait for each other on a busy machine
    with threadpool_limits(1):
        fits = [fit(load, model(), **options) for model, load, options in RECIPES.values()]
    command = [sys.executable, "-c", FRESH, *(run.run_id for run, _ in fits)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {run.run_id: [True, [], fitted.metrics] for run, fitted in fits}


def test_what_was_fitted_is_recorded(uri):
    from mlflow import MlflowClient

    run, fitted = fit(datasets.make_fires, models.fires_linear(), **FIRES, scoring=["r2"])
    found = MlflowClient(uri).get_run(run.run_id).data
    assert found.params["load"] == "mlsd.datasets:make_fires"
    assert (found.params["train.rows"], found.params["test.rows"]) == ("150", "50")
    assert (found.params["data.rows"], found.params["split.test_share"]) == ("200", "0.25")
    assert found.metrics == fitted.metrics
    assert list(fitted.metrics) == ["r2"]


def test_that_nothing_changed_is_said(numbers):
    again = tracking.reproduce(fit_mine(numbers))
    assert (again.same, len(again.differences)) == (True, 0)
    assert repr(again).startswith("Metrics: the same to the last digit")
    assert "float64" not in repr(again)
    assert repr(again).endswith("Nothing has changed since.")
    assert again.model.predict(TOY[["x"]].head(1)) in (0, 1)


def test_data_that_changed_are_named(numbers):
    run_id = fit_mine(numbers)
    TOY.assign(y=(TOY["x"] > 20).astype(int))[["x", "y"]].iloc[1:].to_parquet(numbers[1])
    again = tracking.reproduce(run_id)
    assert list(again.differences["what"]) == ["data digest", "data rows"]
    assert list(again.differences.iloc[1]) == ["data rows", 40, 39]
    assert "Metrics: NOT the same" in repr(again)


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        (["code", "digest"], "code digest"),
        (["code", "commit"], "code commit"),
        (["environment", "lock"], "environment lock"),
        (["environment", "packages", "scikit-learn"], "package scikit-learn"),
        (["environment", "packages", "gone"], "package gone"),
    ],
)
def test_code_or_packages_that_changed_are_named(keys, what, numbers):
    run_id = fit_mine(numbers)
    written = json.loads(recipe_of(run_id).read_text())
    place = written
    for key in keys[:-1]:
        place = place[key]
    now, place[keys[-1]] = place.get(keys[-1]), "another"
    recipe_of(run_id).write_text(json.dumps(written))
    again = tracking.reproduce(run_id)
    ((name, recorded, found),) = again.differences.itertuples(index=False)
    assert (again.same, name, recorded) == (True, what, "another")
    assert found == now or pd.isna(found)


def test_a_metric_that_differs_in_its_last_digit_is_not_the_same(numbers):
    run_id = fit_mine(numbers)
    written = json.loads(recipe_of(run_id).read_text())
    written["metrics"]["roc_auc"] = float(np.nextafter(written["metrics"]["roc_auc"], 2))
    recipe_of(run_id).write_text(json.dumps(written))
    again = tracking.reproduce(run_id)
    assert (again.same, list(again.table["same"])) == (False, [False, True, True, True])


@pytest.mark.parametrize("split", [{"group": "who", "test_share": 0.25}, {"test_share": 0.25}])
def test_a_split_by_group_and_one_at_random_come_out_the_same_again(split, mine):
    module, file = mine
    options = {"split": split, "load_params": {"path": str(file)}, "sample_rows": 38, "scoring": ["accuracy"]}
    run, fitted = fit(module.read, DummyClassifier(strategy="uniform"), **options)
    again = tracking.reproduce(run.run_id)
    assert (again.same, len(again.differences)) == (True, 0)
    shared = set(fitted.train["who"]) & set(fitted.test["who"])
    assert (shared == set()) == ("group" in split)


def test_every_random_state_is_the_seed_of_the_run(mine):
    run, fitted = fit(mine[0].read, load_params={"path": str(mine[1])}, scoring=["accuracy"])
    assert (run.seed, fitted.model.random_state) == (5, 5)


def test_a_fit_shows_which_columns_its_registered_model_takes(uri):
    from mlflow.models import get_model_info

    with tracking.run("columns") as run:
        fitted = run.fit(models.fires_linear(), datasets.make_fires, **FIRES)
        run.register(fitted.model, "fires-with-columns")
    version = tracking.load("fires-with-columns/1")
    info = get_model_info(str(recipe_of(run.run_id).parents[1] / "model"))
    assert info.signature.inputs.input_names() == list(version.feature_names_in_)


def test_a_second_fit_in_a_run_is_refused(mine):
    options = {"target": "y", "split": {"test_share": 0.5}, "load_params": {"path": str(mine[1])}}
    with tracking.run("second") as run:
        run.fit(DummyClassifier(), mine[0].read, **options)
        with pytest.raises(DataError, match=r"has a fit already(?s:.*)Begin another"):
            run.fit(DummyClassifier(), mine[0].read, **options)


def test_a_run_without_a_recipe_and_one_that_is_not_there_are_told_apart():
    with tracking.run("no recipe") as run:
        run.log_params({"C": 1})
    with pytest.raises(DataError, match=rf"Run {run.run_id} has no recipe(?s:.*)run.fit"):
        tracking.reproduce(run.run_id)
    for nobody in ("nobody", "0" * 32):
        with pytest.raises(DataError, match=f"There is no run '{nobody}' at sqlite:"):
            tracking.reproduce(nobody)


def test_a_function_that_is_gone_is_named(numbers, monkeypatch):
    run_id = fit_mine(numbers)
    monkeypatch.delattr(numbers[0], "read")
    with pytest.raises(DataError, match=rf"came from {numbers[0].__name__}:read, which is not there any more"):
        tracking.reproduce(run_id)


@pytest.mark.parametrize("bad", [notebook_function, lambda: TOY, partial(notebook_function), TOY.copy])
def test_functions_that_no_other_process_finds_are_refused(bad, monkeypatch):
    monkeypatch.setattr(notebook_function, "__module__", "__main__")
    with pytest.raises(DataError, match=r"cannot be imported by another process"):
        fit(bad)


@pytest.mark.parametrize(
    "split", [{}, {"time": "x"}, {"test_share": 0.5, "seed": 1}, {"group": "who", "test_share": 0.2, "time": "x"}]
)
def test_a_split_that_is_not_known_is_refused(split):
    with pytest.raises(DataError, match=r"`split` has the keys(?s:.*)Allowed are"):
        fit(datasets.make_fires, split=split)


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ({"time": "x", "test_from": 99}, "The test set is empty"),
        ({"time": "x", "test_from": -1}, "The train set is empty"),
        ({"group": "who", "test_share": 1.5}, "must lie between 0 and 1"),
        ({"test_share": 0.999}, r"`split` {'test_share': 0.999} cannot divide 40 rows"),
        ({"test_share": 2.0}, r"`split` {'test_share': 2.0} cannot divide 40 rows"),
    ],
)
def test_a_split_that_leaves_a_side_empty_is_refused(split, words, mine):
    with pytest.raises(DataError, match=words):
        fit(mine[0].read, split=split, load_params={"path": str(mine[1])})


def test_a_target_that_is_not_a_column_is_named():
    with pytest.raises(ColumnError, match=r"'z' is not in what mlsd.datasets:make_fires returns"):
        fit(datasets.make_fires, target="z")


@pytest.mark.parametrize("bad", [TOY, {1, 2}, (1, 2), {1: 2}])
def test_what_json_cannot_keep_is_refused(bad):
    with pytest.raises(DataError, match="`load_params` must hold text, numbers"):
        fit(datasets.make_fires, load_params={"x": bad})


def test_a_model_that_cannot_be_kept_is_refused_before_the_work(mine):
    model = make_pipeline(FunctionTransformer(lambda frame: frame), DummyClassifier())
    with pytest.raises(DataError, match="cannot be saved as skops"):
        fit(mine[0].read, model, load_params={"path": "there is none"})


@pytest.mark.parametrize(
    "path",
    ["os:system", "subprocess:run", "pandas:read_pickle", "pandas:eval", "joblib:load", "numpy.testing:runstring"],
)
def test_a_record_cannot_call_what_does_not_load_data(path, numbers):
    run_id = fit_mine(numbers)
    written = json.loads(recipe_of(run_id).read_text())
    recipe_of(run_id).write_text(json.dumps(written | {"load": path}))
    with pytest.raises(DataError, match=f"{path} is no function to load data with"):
        tracking.reproduce(run_id)
