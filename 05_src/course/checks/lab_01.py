"""Lab 01: three broken settings, one JSON line of a log, twelve parts on the map."""

import json
import types
from dataclasses import dataclass, field
from functools import cache
from io import StringIO
from pathlib import Path, PurePath
from typing import Any

from mlsd import settings

from . import Hint, is_a, question, same

__all__ = ["json_line", "parts_on_the_map", "three_settings"]


@dataclass(frozen=True)
class _Part:
    """Where a part of the system lives, how to find it, and what is wrong with the places it is often sought in."""

    place: str
    clue: str
    mistakes: dict[str, str] = field(default_factory=dict)


MADE_ON_DEMAND = "05_src/data holds what a run made on your machine. It is not in git and empty in a new clone."
ONLY_IN_A_NOTEBOOK = "What only a notebook can compute, nothing else can use: not the tests, not a model at work."
WISHES = "pyproject.toml says what we wish for (pandas>=3.0). The lock beside the code says what we got, to the byte."
PARTS = {
    "shipped data": _Part(
        "mlsd/datasets", "It lies beside the code that loads it: `datasets.load_flights()`.", {"data": MADE_ON_DEMAND}
    ),
    "tables": _Part(
        "mlsd/store",
        "In the labs you will write `store.connect()`.",
        {
            "data": MADE_ON_DEMAND,
            "docker-compose.yml": "That starts a PostgreSQL server, but it knows nothing of your tables.",
        },
    ),
    "Parquet files": _Part("mlsd/lake", "A store of files is often called a data lake.", {"data": MADE_ON_DEMAND}),
    "features": _Part(
        "mlsd/features", "A new column made from old ones is a feature.", {"01_materials/labs": ONLY_IN_A_NOTEBOOK}
    ),
    "many processes": _Part("mlsd/cluster", "Processes that share work, here or on several machines, are a cluster."),
    "settings": _Part(
        "mlsd/settings",
        "`settings.data_dir()`, `settings.log_level()`: which file are they from?",
        {
            ".env": "That file holds your values. We look for the code that reads it and knows the defaults.",
            ".env.example": "That file explains the names. We look for the code that reads the values.",
        },
    ),
    "logs": _Part(
        "mlsd/logs",
        "`logs.setup()`: which file is it from?",
        {"logs": "05_src/logs is where the lines end up. We look for the code that gives them their form."},
    ),
    "services": _Part(
        "mlsd/services",
        "`services.status()`: which file is it from?",
        {
            "docker-compose.yml": "That describes servers for Docker. It does not look at them, and not all have it.",
            "mlsd/cli": "The command `mlsd up` begins there, and at once hands the work to another module.",
        },
    ),
    "servers in Docker": _Part(
        "docker-compose.yml",
        "It is a file at the root, with the ending .yml.",
        {
            "docker": "05_src/docker says how one image is built. Which servers run, and where, stands at the root.",
            "mlsd/compose": "That calls Docker. Which servers it shall run stands in a file at the root.",
        },
    ),
    "set-up check": _Part(
        "mlsd/doctor",
        "You called it in section 1.",
        {"course/checks": "Those look at your answers to exercises. We look for what examines your machine."},
    ),
    "exact versions": _Part(
        "requirements.txt", "It is called the lock, a long text file in 05_src.", {"pyproject.toml": WISHES}
    ),
    "tests": _Part(
        "tests",
        "A folder beside mlsd.",
        {"course/checks": "Those look at your answers to exercises. Who looks at our code?"},
    ),
}


@question("01.1", takes="the mended .env as a text of three lines")
def three_settings(answer: Any) -> Hint | None:
    """A database URL that can be read, the tracking server under its own name, a level that Python knows."""
    from dotenv import dotenv_values

    hint = is_a(answer, str, "the mended .env as a text of three lines")
    if hint:
        return hint
    values = dotenv_values(stream=StringIO(answer), interpolate=False)
    return (
        _names(values)
        or _database(values["MLSD_DATABASE_URL"] or "")
        or _server(values["MLFLOW_TRACKING_URI"] or "")
        or _level(values["LOG_LEVEL"] or "")
    )


@question("01.2", takes="the line of the log file, as text")
def json_line(answer: Any) -> Hint | None:
    """One line that ``logs`` wrote: JSON, level INFO, the run id and the number of rows in fields of their own."""
    if answer is None:
        return Hint("got None", "log.info(...) returns nothing. Read the file: its last line is the answer.")
    if isinstance(answer, dict):
        return Hint("expected the line as text, got a dict", "Give the line itself; json.loads comes later.")
    hint = is_a(answer, str, "the line of the log file, as text")
    if hint:
        return hint
    lines = answer.strip().splitlines()
    if len(lines) != 1:
        return Hint(
            f"expected one line, got {len(lines)}", "A log grows with each run: splitlines(), then the last one."
        )
    try:
        fields = json.loads(lines[0])
    except ValueError:
        return Hint("that line is not JSON", "Text is for people. Call logs.setup(as_json=True, ...) before you log.")
    return is_a(fields, dict, "one JSON object with fields") or _fields(fields)


@question("01.3", takes="a dict with the place of each of the twelve parts")
def parts_on_the_map(answer: Any) -> Hint | None:
    """Each part is at home in one file or folder of the repository."""
    hint = is_a(answer, dict, "a dict with the place of each of the twelve parts")
    if hint:
        return hint
    missing = [part for part in PARTS if part not in answer]
    if missing:
        return Hint(f"there is no part {missing[0]!r}", "Keep the twelve keys of the cell, and give each a place.")
    wrong = [part for part in PARTS if not _lives_in(_place(answer[part]), PARTS[part].place)]
    if not wrong:
        return None
    differs = f"{len(PARTS) - len(wrong)} of {len(PARTS)} are right; look again at: {', '.join(wrong)}"
    return Hint(differs, f"{wrong[0]}: {_why_not(PARTS[wrong[0]], answer[wrong[0]])}")


def _names(values: dict[str, str | None]) -> Hint | None:
    wanted = ("MLSD_DATABASE_URL", "MLFLOW_TRACKING_URI", "LOG_LEVEL")
    if "MLFLOW_TRACKING_URL" in values:
        return Hint(
            "MLFLOW_TRACKING_URL is still there", "Nothing reads that name, and nothing complains: it ends in URI."
        )
    missing = [name for name in wanted if name not in values]
    if missing:
        why = "Without it the default holds, and nobody notices. Keep all three, each as NAME=value on its own line."
        return Hint(f"{missing[0]} is not set", why)
    return same(sorted(values), sorted(wanted), hint="Three settings were asked for; leave the others out.")


def _database(url: str) -> Hint | None:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        why = "A path is not a URL: it takes sqlite:/// before it, with three slashes."
        return Hint("the database URL still cannot be read", why)
    kind = parsed.get_backend_name()
    if kind != "sqlite":
        return Hint(f"the database is {kind}", "She wants a SQLite file, for which no server has to run.")
    if not parsed.database:
        why = "Between two slashes and the third stands a server, and SQLite has none: sqlite:///flights.db has three."
        return Hint("the database URL names no file", why)
    return None


def _server(address: str) -> Hint | None:
    if address.startswith(("http://", "https://")):
        return None
    return Hint(
        f"{address!r} is no server's address", "The address was right, http://127.0.0.1:5000; only the name was not."
    )


def _level(level: str) -> Hint | None:
    if level.upper() not in settings.LOG_LEVELS:
        return Hint(f"{level!r} is no level", f"Python's levels are {', '.join(settings.LOG_LEVELS)}.")
    if level.upper() == "DEBUG":
        return None
    return Hint(
        f"{level} is a level, but leaves details out", "She wants every detail: which level lets all lines through?"
    )


def _fields(fields: dict[str, Any]) -> Hint | None:
    said = str(fields.get("message", ""))
    if not {"time", "level", "logger", "message"} <= fields.keys():
        return Hint(
            "time, level, logger or message is missing", "Don't build the line yourself: log.info(...) does it."
        )
    if not isinstance(fields.get("run_id"), str) or not fields["run_id"]:
        where = "It stands in the sentence, where a program has to search for it. " if "run-" in said else ""
        return Hint("there is no field run_id", f'{where}Give it as extra={{"run_id": run_id, ...}}.')
    return _rows(fields.get("rows"), said) or same(
        fields["level"], "INFO", hint="That all went well is INFO: log.info(...). A WARNING wakes somebody up."
    )


def _rows(rows: Any, said: str) -> Hint | None:
    everything, arrived = _counts()
    if rows is None:
        where = "It stands in the sentence. " if str(everything) in said.replace(",", "") else ""
        return Hint("there is no field rows", f'{where}Give it as extra={{"run_id": run_id, "rows": ...}}.')
    return same(
        rows,
        everything,
        hint="rows is len(flights), as a number: no quotes, no comma, no unit.",
        mistakes=[(arrived, "These are the flights that arrived. All of them were read.")],
    )


@cache
def _counts() -> tuple[int, int]:
    """How many flights there are, and how many of them arrived."""
    from mlsd import datasets

    flights = datasets.load_flights()
    return len(flights), int(flights["arr_delay"].notna().sum())


def _place(given: Any) -> str:
    """A place as written by a learner, from 05_src or the root, without .py: ``mlsd/store``, ``docker-compose.yml``.

    >>> _place("05_src/mlsd/store.py"), _place("mlsd.store"), _place("store"), _place("05_src/logs/")
    ('mlsd/store', 'mlsd/store', 'mlsd/store', 'logs')
    """
    text = given.__name__ if isinstance(given, types.ModuleType) else str(given)
    text = text.strip(" `'\"\n").replace("\\", "/").lower()
    text = text.removeprefix(settings.root().as_posix().lower()).removeprefix("/").removeprefix("./")
    alone = "/" not in text
    text = text.rstrip("/").removeprefix("05_src/").removesuffix(".py")
    if text.startswith(("mlsd.", "course.")):
        text = text.replace(".", "/")
    return f"mlsd/{text}" if alone and _file("mlsd/" + text) else text


def _lives_in(place: str, home: str) -> bool:
    return place == home or place.startswith(home + "/")


def _file(place: str) -> Path | None:
    places = [settings.root() / base / (place + ending) for base in ("05_src", "") for ending in ("", ".py")]
    return next((path for path in places if place and path.exists()), None)


def _why_not(part: _Part, given: Any) -> str:
    if not isinstance(given, (str, PurePath, types.ModuleType)):
        return f"Give a path as text. {part.clue}"
    place = _place(given)
    known = [why for wrong, why in part.mistakes.items() if _lives_in(place, wrong)]
    if known:
        return known[0]
    elsewhere = [other for other, its in PARTS.items() if _lives_in(place, its.place)]
    if elsewhere:
        return f"{given} is the home of another part, {elsewhere[0]}. {part.clue}"
    return part.clue if _file(place) else f"There is no {given} in this repository. {part.clue}"
