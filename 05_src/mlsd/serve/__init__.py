"""The registered model over HTTP and in batch: rows in, probabilities out, every answer recorded.

::

    mlsd serve late-flights@champion --port 8000

    serve.score(tracking.load("late-flights@champion"), flights)        # the same answers, bit for bit, in a frame
    serve.score_table("late-flights@champion", read="flights", write="scored")
    serve.read_log("late-flights", since="2013-02-01")                  # what was asked and answered
    serve.run("late-flights@champion", challenger="late-flights@challenger", share=0.1)             # a canary

===================================  =====================================================================
run (server)                         serve until Ctrl-C; ``create`` (app) is the application for a test
score, score_table (batch)           a pandas or Dask frame; a table of the store or the lake, whole or absent
assign (rollout)                     which requests a challenger answers in a canary
read_log (served_log)                the record of every answer as a frame
load, Served (model)                 a registered model with its schema, threshold and example rows
Schema, Field (schema)               what a row must hold, from the model's signature
===================================  =====================================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import create
    from .batch import score, score_table
    from .model import Served, load
    from .rollout import assign
    from .schema import Field, Schema
    from .served_log import read_log
    from .server import run

__all__ = ["Field", "Schema", "Served", "assign", "create", "load", "read_log", "run", "score", "score_table"]

_HOMES = {
    "Field": "schema",
    "Schema": "schema",
    "Served": "model",
    "assign": "rollout",
    "create": "app",
    "load": "model",
    "read_log": "served_log",
    "run": "server",
    "score": "batch",
    "score_table": "batch",
}


def __getattr__(name: str) -> Any:  # each topic is loaded when it is first asked for
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
