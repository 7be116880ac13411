"""What a run knows about itself, as plain facts: for a model card, a report, a question in a review."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import DataError
from . import connection, recipes, registry

__all__ = ["FILE", "facts"]

FILE = "facts.json"  # of a run that has no recipe but knows what it was made from, such as the factory's
COUNTS = {"train_rows": "train.rows", "test_rows": "test.rows"}


def facts(run: str) -> dict[str, Any]:
    """All that was recorded of a run and of the model registered from it.

    Parameters
    ----------
    run : str
        A run's id, or a registered model as ``"name@alias"`` or ``"name/version"``.

    Returns
    -------
    dict
        ``run_id, experiment, user, started`` (UTC), ``params, metrics`` (the last value of each). If a model was
        registered from the run: ``name, version, aliases``. If the run has a recipe: ``model`` (its steps), ``load,
        load_params, target, split, sample_rows, scoring, seed, rows, train_rows, test_rows, data`` (a digest), ``code``
        and ``environment``. :func:`evaluate.model_card` writes a page from it.

    Raises
    ------
    DataError
        If there is no such run, model, alias or version.
    ServiceError
        If the server does not answer within 2 seconds.
    """
    uri = connection.address()
    connection.require(uri)
    version = registry.version(run) if "@" in run or "/" in run else None
    if version is not None and not version.run_id:
        raise DataError(f"{run} was registered without a run, so nothing is known of how it was made.")
    run_id = version.run_id if version else recipes.known_id(uri, run)
    told = _of_the_run(uri, run_id) | _of_the_recipe(uri, run_id)
    return told | _of_the_version(uri, version or _newest(uri, run_id))


def _of_the_run(uri: str, run_id: str) -> dict[str, Any]:
    mlflow = connection.client(uri)
    found = mlflow.get_run(run_id)
    params = dict(sorted(found.data.params.items()))
    told: dict[str, Any] = {
        "run_id": run_id,
        "experiment": mlflow.get_experiment(found.info.experiment_id).name,
        "user": found.data.tags.get("mlflow.user"),
        "started": f"{datetime.fromtimestamp(found.info.start_time / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC",
        "params": params,
        "metrics": dict(sorted(found.data.metrics.items())),
    }
    if "model" in params:
        told["model"] = params["model"]
    return told | {fact: int(params[name]) for fact, name in COUNTS.items() if name in params}


def _of_the_recipe(uri: str, run_id: str) -> dict[str, Any]:
    mlflow = connection.client(uri)
    there = {file.path for file in mlflow.list_artifacts(run_id)}
    found = next((file for file in (f"recipe/{recipes.FILE}", FILE) if file.partition("/")[0] in there), None)
    if found is None:
        return {}
    with tempfile.TemporaryDirectory(prefix="mlsd ") as folder:
        path = Path(mlflow.download_artifacts(run_id, found, folder))
        written = json.loads(path.read_text(encoding="utf-8"))
    return {name: value for name, value in written.items() if name != "metrics"}  # the run has these and more


def _newest(uri: str, run_id: str) -> Any:
    versions = connection.client(uri).search_model_versions(f"run_id = '{run_id}'")
    return max(versions, key=lambda each: int(each.creation_timestamp), default=None)


def _of_the_version(uri: str, version: Any) -> dict[str, Any]:
    if version is None:
        return {}
    full = connection.client(uri).get_model_version(version.name, version.version)  # a search leaves out the aliases
    return {"name": full.name, "version": int(full.version), "aliases": sorted(full.aliases)}
