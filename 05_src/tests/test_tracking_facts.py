"""What a run knows about itself, and the model card that is written from it."""

import uuid

import pytest

from mlsd import datasets, evaluate, models, tracking
from mlsd.errors import DataError, ServiceError

CREDIT = {"target": "delinquency", "split": {"test_share": 0.25}, "load_params": {"n_rows": 2000}}


@pytest.fixture(scope="module")
def released(mlflow_server):
    """The id, the registered name and the fit of one run on a real server."""
    name = f"facts-{uuid.uuid4().hex[:8]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
        with tracking.run(name, seed=4) as run:
            fitted = run.fit(models.credit_logistic(), datasets.make_credit, **CREDIT)
            run.log_metrics({"slowest_ms": 3.5})
            run.register(fitted.model, name, alias="champion")
    return run.run_id, name, fitted


@pytest.fixture(autouse=True)
def at(mlflow_server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)


def test_a_run_tells_what_was_fitted_on_what_and_by_whom(released):
    run_id, name, fitted = released
    told = tracking.facts(run_id)
    assert (told["run_id"], told["name"], told["version"], told["aliases"]) == (run_id, name, 1, ["champion"])
    assert (told["rows"], told["train_rows"], told["test_rows"], told["seed"]) == (2000, 1500, 500, 4)
    assert told["metrics"] == fitted.metrics | {"slowest_ms": 3.5}
    assert told["model"].endswith("LogisticRegression")
    assert told["started"].endswith(" UTC")


@pytest.mark.parametrize("asked", ["{name}@champion", "{name}/1"])
def test_a_registered_model_leads_to_its_run(released, asked):
    run_id, name, _ = released
    assert tracking.facts(asked.format(name=name)) == tracking.facts(run_id)


def test_a_run_without_a_fit_tells_what_it_has(at):
    with tracking.run("facts-plain") as run:
        run.log_params({"C": 2})
        run.log_metrics({"roc_auc": 0.5})
    told = tracking.facts(run.run_id)
    assert (told["params"], told["metrics"]) == ({"C": "2"}, {"roc_auc": 0.5})
    assert not {"name", "recipe", "data"} & set(told)


def test_the_alias_is_asked_for_anew_each_time(released):
    _, name, fitted = released
    with tracking.run(name) as run:
        run.register(fitted.model, name, alias="challenger")
    told = tracking.facts(f"{name}@challenger")
    assert (told["version"], told["aliases"], told["run_id"]) == (2, ["challenger"], run.run_id)


@pytest.mark.parametrize("kind", ["Markdown", "HTML"])
def test_the_card_of_a_run_has_every_fact(released, kind):
    run_id, name, fitted = released
    test = fitted.test.reset_index(drop=True)
    X, y = test.drop(columns="delinquency"), test["delinquency"]
    found = evaluate.slices(X, y, fitted.model.predict_proba(X)[:, 1], min_rows=30)
    unmoved = evaluate.invariance(fitted.model, X, lambda rows: rows.assign(age=rows["age"] + 1), tolerance=0.5)
    card = evaluate.model_card(tracking.facts(run_id), slices=found, behaviour=[unmoved], as_html=kind == "HTML")
    for fact in (name, run_id, "make_credit", f"{fitted.metrics['roc_auc']:.6g}", "slices that were tested", "passed"):
        assert fact in card.replace("\\", "")


@pytest.mark.parametrize("asked", ["0123456789abcdef0123456789abcdef", "nobody@champion", "nobody/7"])
def test_what_is_not_there_is_named(asked):
    with pytest.raises(DataError, match=asked):
        tracking.facts(asked)


def test_a_model_without_a_run_says_so(mlflow_server):
    import mlflow

    client, name = mlflow.MlflowClient(mlflow_server, registry_uri=mlflow_server), f"facts-{uuid.uuid4().hex[:8]}"
    client.create_registered_model(name)
    client.create_model_version(name, "s3://nowhere/model")
    with pytest.raises(DataError, match=f"{name}/1 was registered without a run"):
        tracking.facts(f"{name}/1")


def test_a_server_that_is_down_is_told_of(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(ServiceError, match="No MLflow server answers"):
        tracking.facts("x@y")
