"""A round trip through a real MLflow server: what a client logs is what another reads."""

from pathlib import Path

import pytest


@pytest.fixture
def client(mlflow_server):
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=mlflow_server, registry_uri=mlflow_server)


@pytest.fixture
def run_id(client, request):
    experiment = client.create_experiment(request.node.name)
    return client.create_run(experiment).info.run_id


def test_params_and_metrics_come_back(client, run_id):
    client.log_param(run_id, "depth", 3)
    client.log_metric(run_id, "log_loss", 0.25, step=1)
    run = client.get_run(run_id)
    assert run.data.params == {"depth": "3"}
    assert run.data.metrics == {"log_loss": 0.25}


def test_an_artifact_travels_through_the_server(client, run_id, tmp_path):
    (tmp_path / "note.txt").write_text("naïve café\n", encoding="utf-8")
    client.log_artifact(run_id, tmp_path / "note.txt", artifact_path="notes")
    assert client.get_run(run_id).info.artifact_uri.startswith("mlflow-artifacts:")
    back = Path(client.download_artifacts(run_id, "notes/note.txt"))
    assert back.read_text(encoding="utf-8") == "naïve café\n"


def test_an_alias_names_a_registered_version(client, run_id):
    client.create_registered_model("flight-delay")
    version = client.create_model_version("flight-delay", source=f"runs:/{run_id}/model", run_id=run_id)
    client.set_registered_model_alias("flight-delay", "champion", version.version)
    assert client.get_model_version_by_alias("flight-delay", "champion").run_id == run_id
