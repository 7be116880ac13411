"""Runs, searches and models, on a SQLite file and on a real server."""

import math
import subprocess
import sys
import uuid
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from mlsd import settings, tracking
from mlsd.errors import DataError, SettingsError

TABLE = pd.DataFrame(
    {
        "params": [{"clf__C": 0.1}, {"clf__C": 1.0}, {"clf__C": 10.0}],
        "param_clf__C": [0.1, 1.0, 10.0],
        "split0_test_score": [0.25, 0.75, math.nan],
        "mean_test_score": [0.5, 0.625, math.nan],
        "rank_test_score": np.array([2, 1, 3], dtype="int32"),
    }
)
X, Y = pd.DataFrame({"a": [0.0, 1, 2, 3, 4, 5], "b": [1.0, 0, 1, 0, 1, 0]}), [0, 0, 0, 1, 1, 1]


class Doubler(TransformerMixin, BaseEstimator):
    """A type outside the packages that are taken back unasked."""

    def fit(self, X, y=None):
        self.factor_ = 2
        return self

    def transform(self, X):
        return X * self.factor_


@pytest.fixture(scope="module")
def tracking_file(tmp_path_factory):
    """One SQLite file for all: MLflow takes seconds to make its tables."""
    return f"sqlite:///{(tmp_path_factory.mktemp('my runs') / 'mlflow.db').as_posix()}"


@pytest.fixture(params=["file", "server"])
def place(request, monkeypatch):
    """Where runs go; the test runs once on each kind."""
    uri = request.getfixturevalue({"file": "tracking_file", "server": "mlflow_server"}[request.param])
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    return uri


@pytest.fixture
def file(tracking_file, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_file)
    return tracking_file


@pytest.fixture
def name():
    """An experiment and a model that no other test uses."""
    return f"test-{uuid.uuid4().hex[:8]}"


def client():
    from mlflow import MlflowClient

    return MlflowClient(settings.tracking_uri(), registry_uri=settings.tracking_uri())


def recorded(run):
    return client().get_run(run.run_id)


def history(run_id, metric):
    return [(each.step, each.value) for each in client().get_metric_history(run_id, metric)]


def candidates(run):
    """The runs below a run, in order of their number."""
    below = f"tags.mlflow.parentRunId = '{run.run_id}'"
    found = client().search_runs([recorded(run).info.experiment_id], below)
    return sorted(found, key=lambda each: each.info.run_name)


def fitted(*steps):
    return make_pipeline(*steps, LogisticRegression()).fit(X, Y)


def test_parameters_and_metrics_come_back(place, name):
    with tracking.run(name, name="first", seed=7) as run:
        run.log_params({"C": 0.1, "penalty": None, "deep": True, "größe/x y:z-1.5": "naïve"})
        run.log_metrics({"roc_auc": np.float64(0.75), "rounds": np.int32(3)})
    found = recorded(run)
    assert found.data.params == {"C": "0.1", "penalty": "None", "deep": "True", "größe/x y:z-1.5": "naïve"}
    assert found.data.metrics == {"roc_auc": 0.75, "rounds": 3.0}
    assert (found.info.status, found.info.run_name, found.data.tags["mlsd.seed"]) == ("FINISHED", "first", "7")


def test_every_step_of_a_metric_is_kept(place, name):
    with tracking.run(name) as run:
        for step in range(3):
            run.log_metrics({"loss": 1 / 2**step}, step=step)
    assert sorted(history(run.run_id, "loss")) == [(0, 1.0), (1, 0.5), (2, 0.25)]


def test_metrics_that_are_not_finite_come_back_as_mlflow_keeps_them(place, name):
    with tracking.run(name) as run:
        run.log_metrics({"none": math.nan, "more": math.inf, "less": -math.inf})
    metrics = recorded(run).data.metrics
    assert math.isnan(metrics["none"])
    assert (metrics["more"], metrics["less"]) == (sys.float_info.max, -sys.float_info.max)


def test_more_than_one_request_can_hold_is_sent_in_several(place, name):
    with tracking.run(name) as run:
        run.log_params({f"p{number}": number for number in range(250)})
        run.log_metrics({f"m{number}": number for number in range(3000)})
    found = recorded(run).data
    assert found.params == {f"p{number}": str(number) for number in range(250)}
    assert found.metrics == {f"m{number}": float(number) for number in range(3000)}


def test_what_is_logged_in_quick_succession_is_sent_when_asked(file, name):
    with tracking.run(name) as run:
        for number in range(5):
            run.log_params({f"p{number}": number})
        run.flush()
        assert len(recorded(run).data.params) == 5


@pytest.mark.parametrize("bad", ["", "a" * 251, "a=b", "a\nb", 3])
def test_a_name_that_mlflow_does_not_take_is_refused(bad, file, name):
    with tracking.run(name) as run:
        with pytest.raises(DataError, match="MLflow does not take the name"):
            run.log_params({bad: 1})
        with pytest.raises(DataError, match="Allowed are up to 250 letters"):
            run.log_metrics({bad: 1})


def test_names_and_values_at_the_limit_are_taken(place, name):
    with tracking.run(name) as run:
        run.log_params({"n" * 250: "v" * 6000})
        run.log_metrics({"m" * 250: 1})
    assert recorded(run).data.params == {"n" * 250: "v" * 6000}


def test_a_value_that_is_too_long_names_its_parameter(file, name):
    with tracking.run(name) as run, pytest.raises(DataError, match=r"'grid' has 6,001 characters; MLflow takes 6,000"):
        run.log_params({"grid": "x" * 6001})


def test_a_parameter_does_not_change_its_value(file, name):
    with tracking.run(name) as run:
        run.log_params({"C": 1})
        run.log_params({"C": 1})
        with pytest.raises(DataError, match="'C' is '1' already and cannot become '2'"):
            run.log_params({"C": 2})


@pytest.mark.parametrize("bad", ["0.5", None, True, np.bool_(True), 1j, [1]])
def test_a_metric_is_a_number(bad, file, name):
    with tracking.run(name) as run, pytest.raises(DataError, match="Metric 'auc' must be a number, got: "):
        run.log_metrics({"auc": bad})


def test_nothing_of_a_refused_call_is_logged(file, name):
    with tracking.run(name) as run, pytest.raises(DataError):
        run.log_metrics({"good": 1, "bad": "x"})
    assert recorded(run).data.metrics == {}


@pytest.mark.parametrize(("error", "status"), [(ZeroDivisionError, "FAILED"), (KeyboardInterrupt, "KILLED")])
def test_a_block_that_raises_ends_its_run_and_keeps_what_was_logged(error, status, place, name):
    with pytest.raises(error), tracking.run(name) as run:  # noqa: PT012
        run.log_metrics({"before": 1})
        run.log_metrics({"at last": 2})
        raise error
    found = recorded(run)
    assert (found.info.status, found.data.metrics) == (status, {"before": 1, "at last": 2})


def test_what_mlflow_refuses_at_the_end_fails_the_run(file, name):
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException, match="Changing param values"), tracking.run(name) as run:  # noqa: PT012
        client().log_param(run.run_id, "C", 2)
        run.log_params({"early": 0})
        run.log_params({"C": 1})
    assert recorded(run).info.status == "FAILED"


def test_a_run_in_a_run_is_a_run_of_its_own(file, name):
    with tracking.run(name) as one, tracking.run(name) as other:
        one.log_params({"C": 1})
        other.log_params({"C": 2})
    assert (recorded(one).data.params, recorded(other).data.params) == ({"C": "1"}, {"C": "2"})


def test_a_run_tells_its_code_and_packages(place, name):
    with tracking.run(name) as run:
        pass
    tags = recorded(run).data.tags
    assert tags["mlsd.python"] == "{}.{}.{}".format(*sys.version_info)
    assert len(tags["mlsd.code"]) == len(tags["mlsd.lock"]) == 16


def test_the_page_of_a_run_is_named_on_a_server_only(mlflow_server, file, name, monkeypatch):
    with tracking.run(name) as run:
        assert run.url is None
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    with tracking.run(name) as run:
        assert run.url == f"{mlflow_server}/#/experiments/{recorded(run).info.experiment_id}/runs/{run.run_id}"


def test_a_password_is_not_in_the_page_of_a_run(mlflow_server, name, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server.replace("//", "//me:secret@"))
    with tracking.run(name) as run:
        assert run.url.startswith(f"{mlflow_server}/#/")


def test_data_are_recorded_by_name_rows_and_digest(place, name):
    with tracking.run(name) as run:
        digest = run.log_data(X, "toy", source="here")
        run.log_data(X, "toy", source="here")
        run.log_data(X.head(2), "late toy", context="test")
    (toy, late) = sorted(recorded(run).inputs.dataset_inputs, key=lambda each: each.dataset.name, reverse=True)
    assert (toy.dataset.digest, toy.dataset.profile) == (digest, '{"num_rows": 6, "num_columns": 2}')
    assert (late.dataset.name, late.tags[0].value) == ("late toy", "test")
    assert recorded(run).data.params == {"data.name": "toy", "data.rows": "6", "data.digest": digest}


def test_files_and_folders_come_back(place, name, tmp_path):
    (tmp_path / "my notes").mkdir()
    (tmp_path / "my notes" / "one.txt").write_text("naïve", encoding="utf-8")
    with tracking.run(name) as run:
        run.log_file(tmp_path / "my notes" / "one.txt")
        run.log_file(tmp_path / "my notes", to="all")
    back = client().download_artifacts(run.run_id, "", str(tmp_path))
    assert sorted(file.path for file in client().list_artifacts(run.run_id)) == ["all", "one.txt"]
    assert (tmp_path / back / "all" / "one.txt").read_text(encoding="utf-8") == "naïve"


def test_a_file_that_is_not_there_is_named(file, name):
    with tracking.run(name) as run, pytest.raises(DataError, match=r"no file 'nowhere.txt', seen from '.+'"):
        run.log_file("nowhere.txt")
    assert tracking.waiting() == []


def test_a_search_is_one_run_a_candidate_and_the_best_here(place, name):
    with tracking.run(name) as run:
        run.log_search(SimpleNamespace(table=TABLE))
    one, two, three = candidates(run)
    assert [each.data.params for each in (one, two, three)] == [
        {"clf__C": "0.1"},
        {"clf__C": "1.0"},
        {"clf__C": "10.0"},
    ]
    assert one.data.metrics == {"split0_test_score": 0.25, "mean_test_score": 0.5, "rank_test_score": 2}
    assert math.isnan(three.data.metrics["mean_test_score"])
    assert {each.info.status for each in (one, two, three)} == {"FINISHED"}
    best = recorded(run).data
    assert best.params == {"candidates": "3", "best.clf__C": "1.0"}
    assert best.metrics["best.mean_test_score"] == 0.625


def test_a_grid_search_is_logged_with_every_number_once(place, name):
    grid = {"C": [0.1, 1.0], "class_weight": [None, "balanced"]}
    search = GridSearchCV(LogisticRegression(), grid, cv=2, scoring=["accuracy", "neg_log_loss"], refit=False)
    search.fit(X, Y)
    with tracking.run(name) as run:
        run.log_search(search)
    found = candidates(run)
    assert [each.data.params for each in found] == [
        {k: str(v) for k, v in p.items()} for p in search.cv_results_["params"]
    ]
    numbers = [key for key in search.cv_results_ if not key.startswith("param")]
    for number, each in enumerate(found):
        assert each.data.metrics == {key: search.cv_results_[key][number] for key in numbers}
        assert {len(history(each.info.run_id, key)) for key in numbers} == {1}


def test_a_search_whose_candidates_all_failed_is_logged_too(file, name):
    every = TABLE.assign(split0_test_score=math.nan, mean_test_score=math.nan, rank_test_score=1)
    with tracking.run(name) as run:
        run.log_search(SimpleNamespace(table=every))
    assert len(candidates(run)) == 3
    assert math.isnan(recorded(run).data.metrics["best.mean_test_score"])


@pytest.mark.parametrize(
    "bad", [LogisticRegression(), SimpleNamespace(table=TABLE.drop(columns="params")), TABLE.to_dict()]
)
def test_what_is_no_search_is_refused(bad, file, name):
    with tracking.run(name) as run, pytest.raises(DataError, match="needs a `table` or `cv_results_` with a column"):
        run.log_search(bad)


def test_nothing_of_a_search_with_a_bad_name_is_sent(file, name):
    table = TABLE.assign(params=[{"C": 1}, {"C": 2}, {"C=": 3}])
    with tracking.run(name) as run, pytest.raises(DataError, match="does not take the name 'C='"):
        run.log_search(SimpleNamespace(table=table))
    assert (candidates(run), recorded(run).data.params) == ([], {})


def test_a_model_is_found_by_alias_and_by_version(place, name):
    with tracking.run(name) as run:
        assert run.register(fitted(), name, alias="champion", example=X) == 1
        assert run.register(fitted(StandardScaler()), name) == 2
    champion, second = tracking.load(f"{name}@champion"), tracking.load(f"{name}/2")
    assert (champion.mlsd_version_, second.mlsd_version_) == (f"{name}/1", f"{name}/2")
    assert [list(model.named_steps) for model in (champion, second)] == [
        ["logisticregression"],
        ["standardscaler", "logisticregression"],
    ]
    np.testing.assert_array_equal(champion.predict_proba(X), fitted().predict_proba(X))


def test_an_alias_moves_to_the_version_that_gets_it_next(place, name):
    for _ in range(2):
        with tracking.run(name) as run:
            run.register(fitted(), name, alias="champion")
    assert tracking.load(f"{name}@champion").mlsd_version_ == f"{name}/2"


def test_two_models_of_one_run_stay_apart(place, name):
    with tracking.run(name) as run:
        run.register(fitted(), f"{name} one")
        run.register(fitted(StandardScaler()), f"{name} two")
    assert list(tracking.load(f"{name} one/1").named_steps) == ["logisticregression"]


def test_an_unknown_model_alias_or_version_tells_what_there_is(place, name):
    with tracking.run(name) as run:
        run.register(fitted(), name, alias="champion")
    with pytest.raises(DataError, match=rf"no model '{name}@best'. {name} has the aliases \['champion'\]"):
        tracking.load(f"{name}@best")
    with pytest.raises(DataError, match=rf"no model '{name}/7'. {name} has"):
        tracking.load(f"{name}/7")
    with pytest.raises(DataError, match=rf"no model 'nobody/1'. Registered models: \[.*'{name}'"):
        tracking.load("nobody/1")
    with pytest.raises(DataError, match=r'names no version(?s:.*)Write "name@alias"'):
        tracking.load(name)


@pytest.mark.parametrize("bad", ["", "a/b", "a@b", "a:b", "it's", "n" * 251])
def test_a_model_name_that_could_not_be_loaded_is_refused(bad, file, name):
    with tracking.run(name) as run, pytest.raises(DataError, match="A model cannot be named"):
        run.register(fitted(), bad)


@pytest.mark.parametrize("bad", ["latest", "v3", "V3", "a b", "a/b"])
def test_an_alias_that_mlflow_keeps_for_itself_is_refused(bad, file, name):
    with tracking.run(name) as run, pytest.raises(DataError, match="An alias cannot be"):
        run.register(fitted(), name, alias=bad)


def test_a_model_with_a_lambda_says_that_it_cannot_be_saved(file, name):
    with tracking.run(name) as run, pytest.raises(DataError, match=r"Pipeline cannot be saved as skops(?s:.*)lambdas"):
        run.register(fitted(FunctionTransformer(lambda frame: frame)), name)


def test_numpys_own_functions_are_trusted(file, name):
    with tracking.run(name) as run:
        run.register(fitted(FunctionTransformer(np.log1p)), name)
    assert tracking.load(f"{name}/1").steps[0][1].func is np.log1p


def test_a_type_that_is_not_known_is_loaded_only_when_it_is_named(file, name):
    with tracking.run(name) as run:
        run.register(fitted(Doubler()), name)
    kind = f"{Doubler.__module__}.Doubler"
    with pytest.raises(DataError, match=rf"types that are not trusted: \['{kind}'\](?s:.*)trusted=\['{kind}'\]"):
        tracking.load(f"{name}/1")
    assert tracking.load(f"{name}/1", trusted=[kind]).steps[0][1].factor_ == 2


def test_a_pickled_model_is_not_opened(place, name, monkeypatch):
    import mlflow

    monkeypatch.setattr("pickle.load", lambda *_: pytest.fail("opened"))
    monkeypatch.setattr("cloudpickle.load", lambda *_: pytest.fail("opened"))
    _register_pickled(mlflow, name)
    with pytest.raises(DataError, match="saved as cloudpickle, which runs code when it is opened"):
        tracking.load(f"{name}/1")


def _register_pickled(mlflow, name):
    """As a learner might, by MLflow's own call."""
    from mlsd.tracking import connection

    with connection.quietly():
        mlflow.set_tracking_uri(settings.tracking_uri())
        mlflow.set_experiment(experiment_id=connection.experiment_id(settings.tracking_uri(), name))
        with mlflow.start_run():
            mlflow.sklearn.log_model(
                fitted(),
                name="model",
                registered_model_name=name,
                serialization_format="cloudpickle",
                pip_requirements=["scikit-learn"],
            )


def test_runs_go_to_a_file_in_the_data_folder_when_nothing_is_set(name):
    with tracking.run(name) as run:
        run.log_params({"C": 1})
    assert settings.tracking_uri() == f"sqlite:///{(settings.data_dir() / 'mlflow.db').as_posix()}"
    assert recorded(run).info.artifact_uri.startswith((settings.data_dir() / "mlartifacts").as_uri())


def test_an_address_that_is_neither_server_nor_database_is_refused(monkeypatch, name):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "./mlruns")
    with pytest.raises(SettingsError, match=r"must be a server's address or a database URL, got: './mlruns'"):
        tracking.Run(name)


def test_an_experiment_that_was_deleted_is_named_with_its_way_back(place, name):
    with tracking.run(name) as run:
        pass
    number = recorded(run).info.experiment_id
    client().delete_experiment(number)
    with pytest.raises(DataError, match=rf"was deleted(?s:.*)mlflow experiments restore --experiment-id {number}"):
        tracking.Run(name)


def test_a_fresh_process_that_logs_says_nothing(tmp_path):
    log = "from mlsd import tracking\nwith tracking.run('quiet') as run:\n    run.log_params({'C': 1})\n"
    done = subprocess.run([sys.executable, "-W", "default", "-c", log], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
