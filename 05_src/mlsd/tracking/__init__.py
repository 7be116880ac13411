"""Experiments: runs that anyone can repeat, models that anyone can find. The only module that knows MLflow.

::

    with tracking.run("late-flights", seed=7) as run:          # known within 2 seconds if the server is down
        fitted = run.fit(models.flights_logistic(), datasets.load_late_flights, target="late",
                         split={"time": "decided_at", "test_from": "2013-09-01"})
        run.register(fitted.model, "late-flights", alias="champion")

    tracking.reproduce(run.run_id)                             # the same metrics, or what changed since
    tracking.load("late-flights@champion")

====================================  =======================================================================
run, Run (runs)                       log parameters, metrics, data, files, searches; fit; register
reproduce, Recipe (recipes)           load, split, fit and score again as the record says, and compare
load (registry)                       a registered model by alias or version, as skops: no pickle is opened
facts (facts)                         what a run and its model know about themselves: for `evaluate.model_card`
point, pointed, roll_back (aliases)   release a version by its alias, and undo it in a second
settled, KEY (once)                   a run that is made once, although its process may be killed
sync, waiting (outbox)                what could not be sent while the server was gone: once, none twice
digest (record)                       fingerprint of a frame
====================================  =======================================================================

A run goes to MLFLOW_TRACKING_URI, an MLflow server or, by default, a SQLite file. Everything else of MLflow is MLflow's
own: ``mlflow.search_runs``, its pages in the browser, ``MlflowClient``.
"""

from .aliases import point, pointed, roll_back
from .facts import facts
from .once import KEY, settled
from .outbox import Synced, sync, waiting
from .recipes import Fitted, Recipe, Reproduction, reproduce
from .record import digest
from .registry import load
from .runs import Run, run

__all__ = [
    "KEY",
    "Fitted",
    "Recipe",
    "Reproduction",
    "Run",
    "Synced",
    "digest",
    "facts",
    "load",
    "point",
    "pointed",
    "reproduce",
    "roll_back",
    "run",
    "settled",
    "sync",
    "waiting",
]
