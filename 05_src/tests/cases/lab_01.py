"""Answers to lab 01's questions; the log lines were written by mlsd.logs' own formatter."""

import logging
from pathlib import Path

import numpy as np

from mlsd import cluster, datasets, doctor, features, lake, logs, services, settings, store

# 01.1

mended = """
MLSD_DATABASE_URL=sqlite:///flights.db
MLFLOW_TRACKING_URI=http://127.0.0.1:5000
LOG_LEVEL=DEBUG
"""
broken = "MLSD_DATABASE_URL=flights.db\nMLFLOW_TRACKING_URL=http://127.0.0.1:5000\nLOG_LEVEL=VERBOSE"


def but(old, new):
    return mended.replace(old, new)


# 01.2


def line(message="read the flights", level="INFO", **extra):
    record = logging.makeLogRecord({"name": "lab01", "levelname": level, "msg": message, **extra})
    return logs.JsonFormatter().format(record)


told = {"run_id": "run-1234e567", "rows": 336776}
right_line = line(**told)
text_line = "2026-11-21 08:00:00,000 INFO     lab01: read the flights"

# 01.3

paths = {
    "shipped data": "05_src/mlsd/datasets",
    "tables": "05_src/mlsd/store.py",
    "Parquet files": "05_src/mlsd/lake.py",
    "features": "05_src/mlsd/features",
    "many processes": "05_src/mlsd/cluster.py",
    "settings": "05_src/mlsd/settings.py",
    "logs": "05_src/mlsd/logs.py",
    "services": "05_src/mlsd/services.py",
    "servers in Docker": "docker-compose.yml",
    "set-up check": "05_src/mlsd/doctor.py",
    "exact versions": "05_src/requirements.txt",
    "tests": "05_src/tests",
}
outside = {name: Path(paths[name]) for name in ("servers in Docker", "exact versions", "tests")}
modules = dict(zip(paths, [datasets, store, lake, features, cluster, settings, logs, services], strict=False))
modules |= outside | {"set-up check": doctor}
short = {part: Path(place).name.removesuffix(".py") for part, place in paths.items()}
windows = {part: ".\\" + place.replace("/", "\\") for part, place in paths.items()}
absolute = {part: settings.root() / place for part, place in paths.items()}
deeper = paths | {"shipped data": "mlsd/datasets/flights.parquet", "tests": "05_src/tests/test_store.py"}

CASES = {
    "01.1": {
        "right": [
            mended,
            mended.strip(),
            but("DEBUG", "debug"),
            but("=", " = "),
            but("sqlite:///flights.db", "'sqlite:////srv/ada/flights.db'"),
        ],
        "wrong": [
            (broken, "it ends in URI"),
            (broken.replace("TRACKING_URL", "TRACKING_URI"), "A path is not a URL"),
            (but("DEBUG", "VERBOSE"), "Python's levels are DEBUG, INFO"),
            (but("DEBUG", "INFO"), "every detail"),
            (but("DEBUG", ""), "'' is no level"),
            (but("sqlite:///", "sqlite://"), "names no file"),
            (but("sqlite:///", "sqlite:/"), "three slashes"),
            (but("sqlite:///flights.db", "mysql://127.0.0.1/flights"), "the database is mysql"),
            (but("sqlite:///flights.db", "postgresql+psycopg2://127.0.0.1/mlsd"), "wants a SQLite file"),
            (but("http://127.0.0.1:5000", "./mlruns"), "only the name was not"),
            (but("LOG_LEVEL=DEBUG\n", ""), "LOG_LEVEL is not set"),
            (but("LOG_LEVEL=DEBUG", "LOG_LEVEL: DEBUG"), "NAME=value"),
            (but("LOG_LEVEL", "LOGLEVEL"), "LOG_LEVEL is not set"),
            (mended + "MLFLOW_TRACKING_URL=http://127.0.0.1:5000", "MLFLOW_TRACKING_URL is still there"),
            (mended + "EDITOR=vim", "leave the others out"),
            ({"LOG_LEVEL": "DEBUG"}, "expected the mended .env as a text"),
        ],
    },
    "01.2": {
        "right": [right_line, right_line + "\n", line("Flights are here.", **told, source="parquet")],
        "wrong": [
            (None, "log.info(...) returns nothing"),
            (told, "expected the line as text, got a dict"),
            ([right_line], "the line of the log file, as text"),
            (Path("lab01.log"), "the line of the log file, as text"),
            (right_line + "\n" + right_line, "expected one line, got 2"),
            ("", "expected one line, got 0"),
            (text_line, "as_json=True"),
            ("336776", "one JSON object"),
            (line("run-1234e567 read 336776 flights"), "It stands in the sentence"),
            (line(rows=336776), "there is no field run_id"),
            (line(run_id="", rows=336776), "there is no field run_id"),
            (line("read 336,776 flights", run_id="run-1"), "It stands in the sentence"),
            (line(run_id="run-1"), "there is no field rows"),
            (line(run_id="run-1", rows="336776"), "as a number"),
            (line(run_id="run-1", rows=327346), "flights that arrived"),
            (line(level="WARNING", **told), "wakes somebody up"),
            ('{"level": "INFO", "run_id": "run-1", "rows": 336776}', "Don't build the line yourself"),
        ],
    },
    "01.3": {
        "right": [paths, modules, short, windows, absolute, deeper, paths | {"model": "?"}],
        "wrong": [
            (paths | {"shipped data": "05_src/data"}, "empty in a new clone"),
            (paths | {"tables": "05_src/data/mlsd.db"}, "empty in a new clone"),
            (paths | {"tables": "docker-compose.yml"}, "knows nothing of your tables"),
            (paths | {"Parquet files": "05_src/mlsd/store.py"}, "home of another part, tables"),
            (paths | {"features": "01_materials/labs/04_databases.ipynb"}, "not a model at work"),
            (paths | {"settings": ".env"}, "the code that reads it"),
            (paths | {"settings": "settings.toml"}, "There is no settings.toml"),
            (paths | {"logs": "05_src/logs"}, "where the lines end up"),
            (paths | {"logs": "05_src/logs/lab01.log"}, "where the lines end up"),
            (paths | {"services": "mlsd/cli.py"}, "hands the work to another module"),
            (paths | {"services": "05_src/mlsd/ports.py"}, "services.status()"),
            (paths | {"servers in Docker": "05_src/docker/Dockerfile"}, "how one image is built"),
            (paths | {"set-up check": "05_src/course/checks"}, "what examines your machine"),
            (paths | {"exact versions": "pyproject.toml"}, "to the byte"),
            (paths | {"tests": "05_src/course/checks/lab_01.py"}, "Who looks at our code?"),
            (paths | {"tests": "", "logs": ""}, "10 of 12 are right; look again at: logs, tests"),
            (paths | {"tables": 3}, "Give a path as text"),
            (paths | {"tables": np.nan}, "Give a path as text"),
            ({"tables": "05_src/mlsd/store.py"}, "there is no part 'shipped data'"),
            (list(paths.values()), "a dict with the place of each"),
        ],
    },
}
