"""Answers to lab 08's questions, about runs and models that are really recorded.

They are recorded once a session, in a tracking file of their own; each use copies that file to where the settings look.
"""

import atexit
import json
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from mlflow import MlflowClient
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mlsd import datasets, models, settings, tracking

HOME = Path(tempfile.gettempdir()) / f"lab 08 cases {os.getpid()}"
SPLIT = {"time": "decided_at", "test_from": "2013-09-01"}


def recorded(name, visit="today", seed=1, tags=(), **facts):
    """A run whose parameters and metrics are given; text is a parameter, a number a metric."""
    with tracking.run("cases", name=name, seed=seed) as run:
        for tag, value in {"visit": visit, **dict(tags)}.items():
            client().set_tag(run.run_id, tag, value)
        run.log_params({fact.replace("__of__", "."): value for fact, value in facts.items() if isinstance(value, str)})
        run.log_metrics({fact: value for fact, value in facts.items() if isinstance(value, float)})
    return run.run_id


def client():
    return MlflowClient(tracking_uri=settings.tracking_uri(), registry_uri=settings.tracking_uri())


# 08.1: a run fitted for real, rebuilt column by column of the pipeline's own output


def colleague():
    model = models.flights_logistic().set_params(clf__C=0.001)
    with tracking.run("cases", name="logistic", seed=77) as run:
        run.fit(model, datasets.load_late_flights, target="late", split=SPLIT, sample_rows=4_000)
    return run.run_id


@cache
def all_flights():
    return datasets.load_late_flights()


def numbers(seed=77, C=0.001, scored="test", how="probability"):
    flights = all_flights().sample(4_000, random_state=seed).sort_index()
    is_test = flights["decided_at"] >= pd.Timestamp("2013-09-01", tz="UTC")
    pipeline = models.flights_logistic()
    train, wanted = flights[~is_test], flights[is_test] if scored == "test" else flights[~is_test]
    inputs = pipeline[:-1].fit_transform(train, train["late"])
    clf = LogisticRegression(**pipeline["clf"].get_params() | {"C": C, "random_state": seed})
    clf.fit(inputs, train["late"])
    outputs = pipeline[:-1].transform(wanted)
    probability = clf.predict_proba(outputs)[:, 1] if how == "probability" else clf.predict(outputs)
    return {
        "roc_auc": float(roc_auc_score(wanted["late"], probability)),
        "mean_probability": float(probability.mean()),
        "share": float(wanted["late"].mean()),
    }


# 08.4: models with aliases in each state that a learner may leave behind


def registered(name, versions, **aliases):
    with tracking.run("cases", name=name) as run:
        for _ in range(versions):
            run.register(DummyClassifier().fit([[0], [1]], [0, 1]), name)
    for alias, version in aliases.items():
        client().set_registered_model_alias(name, alias, str(version))


def build():
    data = {"data__of__digest": "aaaa", "split__of__time": "decided_at", "split__of__test_from": "2013-09-01"}
    facts = {"colleague": colleague(), "right": numbers(), "other_seed": numbers(seed=0), "default_C": numbers(C=0.1)}
    facts |= {"train_rows": numbers(scored="train"), "labels": numbers(how="label")}
    ana = facts["ana"] = recorded("Ana", **data, clf__C="0.1")
    repeats = {"tags": {"repeats": ana}, **data, "clf__C": "0.1"}
    facts["seed"] = recorded("Ben", **repeats | {"seed": 2, "data__of__digest": "bbbb", "clf__random_state": "2"})
    facts["split"] = recorded("Chloe", **repeats | {"split__of__test_from": "2013-10-01"})
    facts["data"] = recorded("Dan", **repeats | {"data__of__digest": "dddd"})
    facts["parameter"] = recorded("Eva", **repeats | {"clf__C": "0.0001"})
    seven = {
        "in use": data | {"roc_auc": 0.62, "train_roc_auc": 0.63},
        "random": {"data__of__digest": "aaaa", "split__of__test_share": "0.33", "roc_auc": 0.76, "train_roc_auc": 0.77},
        "best": data | {"roc_auc": 0.73, "train_roc_auc": 0.76},
        "one hour": data | {"data__of__digest": "ffff", "roc_auc": 0.75, "train_roc_auc": 0.78},
        "middling": data | {"roc_auc": 0.72, "train_roc_auc": 0.85},
        "greedy": data | {"roc_auc": 0.68, "train_roc_auc": 0.99},
        "newest": data | {"roc_auc": 0.69, "train_roc_auc": 0.71},
    }
    recorded("best of an earlier visit", visit="yesterday", **data | {"roc_auc": 0.9, "train_roc_auc": 0.9})
    facts |= {name: recorded(name, visit="compare", **each) for name, each in seven.items()}
    registered("good", 2, champion=1, challenger=2)
    registered("third try", 4, champion=2, challenger=3)
    registered("alone", 1, champion=1)
    registered("unnamed", 2, champion=1)
    registered("moved", 2, champion=2)
    registered("moved too", 2, champion=2, challenger=2)
    registered("one and the same", 2, champion=1, challenger=1)
    registered("behind", 3, champion=2, challenger=1)
    return facts


if not (HOME / "facts.json").exists():
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir()
    atexit.register(shutil.rmtree, HOME, ignore_errors=True)
    with patch.dict(os.environ, MLSD_DATA_DIR=str(HOME)):
        (HOME / "facts.json").write_text(json.dumps(build()))


def prepare():
    """The runs and models that the answers name, in the data folder of the test that asks."""
    settings.data_dir().mkdir(parents=True, exist_ok=True)
    shutil.copy(HOME / "mlflow.db", settings.data_dir() / "mlflow.db")


prepare()

facts = json.loads((HOME / "facts.json").read_text())
right = facts["right"]
friends = {facts[cause]: cause for cause in ("seed", "split", "data", "parameter")}


def rebuilt(**numbers):
    return {"run_id": facts["colleague"], "roc_auc": right["roc_auc"], **numbers}


def both(name):
    return {"run_id": facts["colleague"], **facts[name]}


def friends_but(cause, word):
    return friends | {facts[cause]: word}


CASES = {
    "08.1": {
        "right": [
            rebuilt(mean_probability=right["mean_probability"]),
            rebuilt(mean_probability=np.float64(right["mean_probability"]), note="mine"),
        ],
        "wrong": [
            (both("other_seed"), "another seed"),
            (both("default_C"), "default C"),
            (both("train_rows"), "training rows"),
            (both("labels"), "predict_proba"),
            (rebuilt(mean_probability=right["share"]), "share that was late"),
            (rebuilt(mean_probability=0.2), "Go through the record"),
            (rebuilt(mean_probability=str(right["mean_probability"])), "expected a number, got the text"),
            (rebuilt(), "mean_probability: expected a number, got None"),
            (both("right") | {"run_id": facts["ana"] + "0"}, "there is no run with the id"),
            (both("right") | {"run_id": facts["best"]}, "this is another run"),
            (right["roc_auc"], "expected a dict with run_id"),
        ],
    },
    "08.2": {
        "right": [friends, {run_id: cause.upper() + " " for run_id, cause in friends.items()}],
        "wrong": [
            (friends_but("seed", "data"), "Ben: not the data"),
            (friends_but("seed", "parameter"), "set from the seed"),
            (friends_but("data", "seed"), "it was the file that changed"),
            (friends_but("data", "parameter"), "No parameter of the model differs"),
            (friends_but("split", "data"), "cut at another date"),
            (friends_but("parameter", "data"), "The digest is the same"),
            (friends_but("parameter", "split"), "Put Eva's row beside Ana's"),
            (friends_but("data", "the file"), "Dan: expected one of seed, split, data, parameter, got the text"),
            (friends_but("data", ["data"]), "got a list of 1 item"),
            (friends | {facts["ana"]: "seed"}, "Ana repeats nobody's run"),
            ({facts["seed"]: "seed"}, "3 of the four friends are missing"),
            ({"Ben": "seed", "Chloe": "split"}, "there is no run with the id 'Ben'"),
            (["seed", "split", "data", "parameter"], "expected a dict"),
        ],
    },
    "08.3": {
        "right": [facts["best"]],
        "wrong": [
            (facts["greedy"], "knows them by heart"),
            (facts["random"], "tests on days"),
            (facts["one hour"], "these are other rows"),
            (facts["newest"], "It is the newest"),
            (facts["middling"], "take the highest metrics.roc_auc"),
            (facts["in use"], "take the highest metrics.roc_auc"),
            (facts["ana"], "none of the seven"),
            ("logistic 2", "a name may belong to several runs"),
            (pd.Series({"run_id": facts["best"]}), "expected the id of a run, got a Series"),
        ],
    },
    "08.4": {
        "right": ["good@challenger", "third try@challenger"],
        "wrong": [
            ("good/2", "the same model for ever"),
            ("good@latest", "newest version need not be"),
            ("good@champion", "That is the champion"),
            ("good@Challenger2", "Ask by the alias"),
            ("alone@challenger", "Register the logistic model"),
            ("unnamed@challenger", "no version has the alias challenger"),
            ("moved@challenger", "puts the new model to work at once"),
            ("moved too@challenger", "Give the alias champion back"),
            ("one and the same@challenger", "are the same version"),
            ("behind@challenger", "older than the champion"),
            ("MODEL@challenger", "there is no model 'MODEL'"),
            (2, "expected the text that tracking.load takes, got 2"),
            (DummyClassifier(), "Ask by the alias"),
        ],
    },
}
