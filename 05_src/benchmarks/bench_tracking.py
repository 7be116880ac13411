"""A search of fifty runs to a real MLflow server, and a model into its registry, beside MLflow's calls one by one.

The floor of the search is raw inserts of the same runs into a SQLite file with the server's own tables.
"""

import os
import shutil
import sqlite3
import uuid
import warnings
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from _bench import arguments, compare, folder

from mlsd import mlflow_server, tracking
from mlsd.tracking import connection

CANDIDATES = 50
GRID = ["clf__C", "clf__l1_ratio", "clf__class_weight", "columns__strategy"]
MEASURES = ["split0", "split1", "split2", "split3", "split4", "mean", "std", "rank"]
TIMES = ["mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time"]


def main() -> None:
    asked = arguments(__doc__)
    with folder() as home, mlflow_server.temporary(home) as address:
        os.environ |= {"MLFLOW_TRACKING_URI": address, "MLSD_DATA_DIR": str(home / "data")}
        connection.client(address)  # MLflow's talk is off, for both
        import mlflow

        mlflow.set_tracking_uri(address)
        for scorers in (["roc_auc", "average_precision", "neg_log_loss"], ["score"]):
            log_a_search(home, search_with(scorers), len(scorers), asked.rounds)
        register_a_model(asked.rounds)


def search_with(scorers: list[str]) -> SimpleNamespace:
    """A search as scikit-learn's table tells it, with five folds."""
    rng = np.random.default_rng(0)
    columns = [*TIMES, *(f"{measure}_test_{scorer}" for scorer in scorers for measure in MEASURES)]
    table = pd.DataFrame({column: rng.random(CANDIDATES) for column in columns})
    params = [dict.fromkeys(GRID, number) for number in range(CANDIDATES)]
    return SimpleNamespace(table=table.assign(params=params))


def log_a_search(home: Path, search: SimpleNamespace, scorers: int, rounds: int) -> None:
    number = count()

    def ours() -> str:
        with tracking.run(f"ours {scorers} {next(number)}") as run:
            run.log_search(search)
        return run.run_id

    def fluent() -> str:
        return one_by_one(f"fluent {scorers} {next(number)}", search.table)

    def raw() -> None:
        insert_raw(home, search.table)

    peer = "log_param, log_metric one by one"
    title = f"A search of {CANDIDATES} runs → MLflow server, {len(search.table.columns) - 1} metrics a run"
    compare(title, {"ours": ours, peer: fluent}, floor=raw, rounds=rounds, same=same_children)


def one_by_one(experiment: str, table: pd.DataFrame) -> str:
    """As MLflow's pages teach it."""
    import mlflow

    mlflow.set_experiment(experiment)
    with mlflow.start_run() as parent:
        for row in table.to_dict("records"):
            with mlflow.start_run(nested=True):
                for name, value in row.pop("params").items():
                    mlflow.log_param(name, value)
                for name, value in row.items():
                    mlflow.log_metric(name, value)
    return parent.info.run_id


def insert_raw(home: Path, table: pd.DataFrame) -> None:
    """The rows that a search means, in one transaction, in a copy of the server's file without its rows."""
    file = home / "floor.db"
    if not file.exists():
        shutil.copy(home / "mlflow.db", file)
    rows = table.to_dict("records")
    keys = [uuid.uuid4().hex for _ in rows]
    with sqlite3.connect(file) as db:
        db.executemany(
            "insert into runs (run_uuid, name, experiment_id, status, lifecycle_stage) "
            "values (?, 'floor', 0, 'FINISHED', 'active')",
            [(key,) for key in keys],
        )
        for key, row in zip(keys, rows, strict=True):
            params = row.pop("params")
            db.executemany("insert into params values (?, ?, ?)", [(name, str(v), key) for name, v in params.items()])
            metrics = [(name, value, 0, key, 0, 0) for name, value in row.items()]
            db.executemany(
                "insert into metrics (key, value, timestamp, run_uuid, step, is_nan) values (?, ?, ?, ?, ?, ?)", metrics
            )
            db.executemany(
                "insert into latest_metrics (key, value, timestamp, run_uuid, step, is_nan) values (?, ?, ?, ?, ?, ?)",
                metrics,
            )
    db.close()


def same_children(parents: dict[str, str]) -> None:
    """Each parent has the same fifty runs on the server."""
    found = [children(run_id) for run_id in parents.values()]
    assert len(found[0]) == CANDIDATES
    assert all(each == found[0] for each in found)


def children(run_id: str) -> list:
    from mlflow import MlflowClient

    client = MlflowClient()
    experiment = client.get_run(run_id).info.experiment_id
    runs = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run_id}'")
    assert {run.info.status for run in runs} == {"FINISHED"}
    return sorted((sorted(run.data.params.items()), sorted(run.data.metrics.items())) for run in runs)


def register_a_model(rounds: int) -> None:
    import mlflow
    from sklearn.datasets import make_classification
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = make_classification(500, random_state=0)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)

    def ours() -> None:
        with tracking.run("register") as run:
            run.register(model, "ours")

    def inferred() -> None:
        mlflow.set_experiment("register")
        with mlflow.start_run(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mlflow.sklearn.log_model(model, name="model", registered_model_name="peer")

    def same_models(_: dict) -> None:
        peer = mlflow.sklearn.load_model("models:/peer/1")
        np.testing.assert_array_equal(tracking.load("ours/1").predict_proba(X), peer.predict_proba(X))

    ways = {"ours": ours, "log_model with inferred requirements": inferred}
    compare("A pipeline into the model registry", ways, rounds=rounds, same=same_models)


if __name__ == "__main__":
    main()
