"""Answers to lab 12's questions: about the real flights, and about models that are registered with a record of answers.

The models are registered once a session, in a tracking file of their own; each test copies it to where settings look.
"""

import atexit
import json
import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsd import datasets, models, monitor, settings, tracking

HOME = Path(tempfile.gettempdir()) / f"lab 12 cases {os.getpid()}"
frame = pd.DataFrame({"x": np.linspace(-3, 3, 41)})
one = LogisticRegression().fit(frame, frame["x"] > 0.5)
two = LogisticRegression(C=0.1).fit(frame, frame["x"] > -0.5)


# 12.4: releases in each state that a learner may leave behind


def registered(name, *, alias):
    with tracking.run("cases", name=name) as run:
        for model in (one, two):
            run.register(model, name, alias="champion" if model is one else None, example=frame)
    tracking.point(f"{name}@champion", alias)


def answered(name, *versions):
    """A record as a server writes it: for each version a request with all rows, a second apart."""
    folder = settings.data_dir() / "served" / name
    folder.mkdir(parents=True)
    lines = []
    for number, version in enumerate(versions):
        time = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
        said = (one if version == "1" else two).predict_proba(frame)[:, 1]
        for row, (x, probability) in enumerate(zip(frame["x"], said, strict=True)):
            line = {"time": time.isoformat(), "request_id": f"r{number}", "row": row, "model": name, "version": version}
            line |= {"alias": "champion", "status": "ok", "probability": probability, "seconds": 0.01}
            lines.append(json.dumps(line | {"features": {"x": x}}))
    (folder / "2026-01-01-1.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if not (HOME / "mlflow.db").exists():
    HOME.mkdir(exist_ok=True)
    atexit.register(shutil.rmtree, HOME, ignore_errors=True)
    with patch.dict(os.environ, MLSD_DATA_DIR=str(HOME)):
        for name, alias in {"back": 1, "still out": 2, "silent": 1, "idle": 1}.items():
            registered(name, alias=alias)


def prepare():
    """The registry and the records, in the data folder of the test that asks."""
    settings.data_dir().mkdir(parents=True, exist_ok=True)
    shutil.copy(HOME / "mlflow.db", settings.data_dir() / "mlflow.db")
    shutil.rmtree(settings.data_dir() / "served", ignore_errors=True)
    answered("back", "1", "2", "2", "1")
    answered("still out", "1", "2")
    answered("silent", "1", "2")
    answered("idle", "1")


prepare()
warned = [model.predict_proba(frame)[:, 1] > 0.25 for model in (one, two)]
certain = [model.predict_proba(frame)[:, 1] > 0.5 for model in (one, two)]
rows, changed = 2 * len(frame), 2 * int((warned[0] != warned[1]).sum())


def back(**given):
    return {"model": "back", "rows": rows, "changed": changed} | given


# 12.1: what the page does, told by the values themselves

flights = datasets.load_late_flights()
january, february = (flights[flights["month"] == month] for month in (1, 2))
champion = models.flights_logistic().fit(january, january["late"])
some = february.sample(500, random_state=12)
gaps = sum(np.isnan(value) for value in some["pressure"]) / 500
right = {"minute_of_day": 1.0, "carrier": 1, "pressure": gaps}


# 12.2: probabilities of scikit-learn, not of serve


def mean_with(column, to=february, drawn_from=january):
    values = drawn_from[column].sample(len(to), replace=True, random_state=12).to_numpy()
    return champion.predict_proba(to.assign(**{column: values}))[:, 1].mean()


mean = mean_with("pressure")


def rule(metric="calibration_gap", above: float | None = 0.1, patience: int | str = "2 of 3", **options):
    return monitor.Rule("mine", metric, above=above, patience=patience, **options)


CASES = {
    "12.1": {
        "right": [right, pd.Series(right), {f"feature.{name}": share for name, share in right.items()}],
        "wrong": [
            (right | {"wind_gust": float(some["wind_gust"].isna().mean())}, "NaN != NaN"),
            (right | {"origin": 0.0}, "those columns only that differ"),
            ({"minute_of_day": 1.0, "carrier": 1.0}, "The page fills gaps"),
            ({"minute_of_day": 1.0, "pressure": gaps}, "Look at carrier"),
            (right | {"pressure": 100 * gaps}, "not per cent"),
            (right | {"carrier": 500}, "divide by all 500"),
            (right | {"pressure": 0}, "A gap on one side only"),
            (right | {"pressure": 0.5}, "The page fills gaps"),
            (right | {"time_of_day": 1.0}, "there is no column 'time_of_day'"),
            (["minute_of_day", "carrier", "pressure"], "expected a dict"),
        ],
    },
    "12.2": {
        "right": [("pressure", mean), ["pressure", round(float(mean), 3)]],
        "wrong": [
            (("temp", mean_with("temp")), "Without its drift the mean answer is 0.17"),
            (("wind_gust", mean), "column: not 'wind_gust'"),
            (("dewp", mean), "One of the four that drifted"),
            (("pressure", mean_with("pressure", january, february)), "the other way round"),
            (("pressure", champion.predict_proba(february)[:, 1].mean()), "February's own values"),
            (("pressure", champion.predict_proba(february)[:, 1].mean() - mean), "give the mean answer itself"),
            (("pressure", february["late"].mean()), "That is the share that was late"),
            (("pressure", 100 * mean), "not per cent"),
            (("pressure", 0.1), "random_state=12"),
            ("pressure", "expected two things"),
        ],
    },
    "12.3": {
        "right": [rule(), rule("mean_prediction", 0.24, "2 of 4"), rule(above=0.07, patience="3 of 5")],
        "wrong": [
            (rule("worst_effect"), "Watch the mistakes, not the inputs"),
            (rule("prediction_effect", 0.4), "false alarms: "),
            (rule("log_loss", 0.5), "On a stormy day"),
            (rule(below=-0.1), "leave `below` out"),
            (rule(patience=1), "is chance: be patient"),
            (rule(above=0.03, patience=2), "The limit is too low"),
            (rule(above=0.09, patience=2), "Write the patience as '2 of 3'"),
            (rule(above=0.5), "Lower the limit"),
            (rule(above=None, below=-0.5), "the gap is above 0"),
            (rule(above=0.17, patience=1), "The blizzard has come by then"),
            (0.1, "expected a monitor.Rule, got 0.1"),
        ],
    },
    "12.4": {
        "right": [back(), back(rows=float(rows), changed=np.int64(changed))],
        "wrong": [
            (back(model="still out"), "the champion is version 2"),
            (back(model="silent"), "Keep a reader asking"),
            (back(model="idle"), "Release it first"),
            (back(model="MODEL"), "there is no 'MODEL'"),
            (back(rows=2), "Those are requests"),
            (back(rows=4 * len(frame)), "all rows of the record"),
            (back(rows=rows + 20), "once the last answer is written"),
            (back(changed=changed / rows), "give the number of rows"),
            (back(changed=rows), "count other *warnings*"),
            (back(changed=2 * int(warned[1].sum())), "compare with version 1"),
            (back(changed=2 * int((certain[0] != certain[1]).sum())), "a threshold of 0.5"),
            (back(changed=1), "tracking.load"),
            (rows, "expected a dict with model, rows and changed"),
        ],
    },
}
