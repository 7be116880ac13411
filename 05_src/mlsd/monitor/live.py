"""The dashboard: written to one HTML file, or served on this machine and kept fresh."""

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import drift, ports, settings
from ..errors import DataError, MlsdError, ServiceError
from ..serve.served_log import folder_of
from . import page
from .rules import Rule
from .snapshots import snapshot

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["create", "dashboard", "run"]

log = logging.getLogger(__name__)
PORT = 8001
SECONDS = 5.0
WINDOWS = 90  # on the live page; the file holds all


def dashboard(
    name_or_log: str | pd.DataFrame,
    *,
    reference: "pd.DataFrame | drift.Reference | None" = None,
    labels: pd.Series | pd.DataFrame | str | None = None,
    rules: str | Path | Rule | Iterable[Rule] | None = None,
    path: str | Path | None = None,
    port: int | None = None,
    key: str | Sequence[str] | None = None,
    every: str = "1D",
    by: str | Sequence[str] | None = None,
    min_effect: float = 0.1,
    now: Any = None,
    known: str = "known_at",
    title: str | None = None,
) -> Path | None:
    """What was served, what it said, what drifted and which alerts are open, as a page for the browser.

    Parameters
    ----------
    name_or_log : str or pandas.DataFrame
        A served model's name, whose log is read; or a log, as :func:`measure` takes it.
    reference, labels
        As in :func:`measure`.
    rules : str, pathlib.Path, Rule or list of Rule, optional
        A TOML file, or the rules themselves.
    path : str or pathlib.Path, optional
        Write one HTML file that needs nothing else. Without it the page is served at 127.0.0.1 until Ctrl-C, and asks
        for news every five seconds; of a model's log it then shows the last 90 windows.
    port : int, optional
        Of the live page; 8001 by default.
    key, every
        As in :func:`measure`.
    by : str or list of str, optional
        Features: each value of each is a slice that the page can show.
    min_effect, now, known
        As in :func:`measure`.
    title : str, optional
        The heading; by default the model's name.

    Returns
    -------
    pathlib.Path or None
        The file, if one was written.

    Raises
    ------
    DataError, ColumnError
        As :func:`measure`, or if nothing was ever served under the name.
    SettingsError
        If a rule cannot be used.
    ServiceError
        If the port is taken.

    Examples
    --------
    >>> import tempfile
    >>> times = pd.date_range("2013-02-01", periods=48, freq="h", tz="UTC")
    >>> served = pd.DataFrame({"time": times, "probability": [0.1, 0.3] * 24})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     dashboard(served, path=Path(folder) / "february.html").read_text(encoding="utf-8")[:15]
    '<!doctype html>'
    """
    options: dict[str, Any] = {"reference": reference, "labels": labels, "rules": rules, "key": key, "every": every}
    options |= {"by": by, "min_effect": min_effect, "now": now, "known": known, "title": title}
    if path is not None:
        return _written(snapshot(name_or_log, **options), Path(path))
    _serve(name_or_log, options, PORT if port is None else port)
    return None


def run(
    name: str,
    *,
    port: int = PORT,
    html: str | Path | None = None,
    reference: str | Path | None = None,
    labels: str | Path | None = None,
    rules: str | Path | None = None,
    key: str | Sequence[str] | None = None,
    every: str = "1D",
    by: str | Sequence[str] | None = None,
) -> None:
    """Watch a served model: what ``mlsd monitor NAME`` does.

    Reference, labels and rules that are not named are taken from ``monitor/<name>`` in the data folder, where there are
    any: ``reference.parquet``, ``labels.parquet``, ``rules.toml``. The files are read again when they change.

    Parameters
    ----------
    name : str
        The model's name, as registered; an alias or version after it is left out.
    port : int
        Of the live page.
    html : str or pathlib.Path, optional
        Write this file and end, instead of a live page.
    reference, labels : str or pathlib.Path, optional
        Parquet or CSV files.
    rules : str or pathlib.Path, optional
        A TOML file.
    key, every, by
        As in :func:`dashboard`.

    Raises
    ------
    DataError
        If nothing was ever served under the name, or a file is not there.
    SettingsError
        If a rule cannot be used.
    ServiceError
        If the port is taken.
    """
    name = name.partition("@")[0].partition("/")[0]
    home = settings.data_dir() / "monitor" / name
    files = {"reference": reference, "labels": labels, "rules": rules}
    kinds = {"reference": "parquet", "labels": "parquet", "rules": "toml"}
    found = {what: _file(given, home / f"{what}.{kinds[what]}") for what, given in files.items()}
    options: dict[str, Any] = {**found, "key": key, "every": every, "by": by}
    if html is not None:
        print(f"Written: {_written(snapshot(name, **options), Path(html))}")  # noqa: T201
        return
    _serve(name, options, port)


def create(name_or_log: str | pd.DataFrame, *, refresh: float = SECONDS, **options: Any) -> "FastAPI":
    """The application behind the live page.

    Parameters
    ----------
    name_or_log
        As in :func:`snapshot`.
    refresh : float
        Seconds between two questions of the page.
    **options
        As in :func:`snapshot`.

    Returns
    -------
    fastapi.FastAPI
        ``/`` is the page, ``/page.json`` its news, ``/measures.json`` and ``/alerts.json`` the tables for programs.
    """
    from fastapi import FastAPI, Response
    from fastapi.responses import HTMLResponse, JSONResponse

    fresh = _Fresh(name_or_log, options)
    app = FastAPI(title="mlsd monitor", docs_url=None, redoc_url=None, openapi_url=None)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}

    @app.get("/", response_class=HTMLResponse)
    def show() -> Response:
        return HTMLResponse(page.drawn(fresh.now(), refresh=refresh), headers=headers)

    @app.get("/page.json")
    def news() -> Response:
        found = fresh.now()
        return JSONResponse({"note": found.note, "body": page.body(found)}, headers=headers)

    @app.get("/measures.json")
    def measures() -> Response:
        return Response(_json(fresh.now().measures), media_type="application/json", headers=headers)

    @app.get("/alerts.json")
    def opened() -> Response:
        return Response(_json(fresh.now().alerts), media_type="application/json", headers=headers)

    return app


class _Fresh:
    """The last snapshot, made anew when a file has changed or a minute has passed; never twice at once."""

    def __init__(self, name_or_log: str | pd.DataFrame, options: dict[str, Any]):
        self._asked, self._options = name_or_log, options
        self._lock = threading.Lock()
        self._seen: Any = None
        self._last: page.Snapshot | None = None
        self._rest_until = 0.0

    def now(self) -> page.Snapshot:
        """A snapshot; the one before, with the reason, where a new one cannot be made."""
        with self._lock:
            seen = self._state()
            if self._last is None:
                self._last, self._seen = self._measured(), seen
            elif seen != self._seen and time.monotonic() > self._rest_until:
                try:
                    self._last, self._seen = self._measured(), seen
                except (MlsdError, OSError, ValueError) as error:  # a file that is just being written
                    log.warning("Not measured: %s", error)
                    return replace(self._last, note=f"Not fresh: {error}")
            return self._last

    def _state(self) -> list[Any]:
        files = [Path(each) for each in self._options.values() if isinstance(each, Path)]
        if not isinstance(self._asked, str):
            return []
        files += sorted(folder_of(self._asked).glob("*.jsonl"))
        states = [(file, file.stat()) for file in files if file.exists()]
        return [time.time() // 60, *((str(file), state.st_size, state.st_mtime_ns) for file, state in states)]

    def _measured(self) -> page.Snapshot:
        began = time.monotonic()
        newest = WINDOWS if isinstance(self._asked, str) else None
        found = snapshot(self._asked, newest=newest, **self._options)
        took = time.monotonic() - began
        self._rest_until = began + 5 * took  # a busy service is watched with a fifth of a processor at most
        log.info("Measured %s windows in %.1f s.", len(found.measures), took)
        return found


def _serve(name_or_log: str | pd.DataFrame, options: dict[str, Any], port: int) -> None:
    import uvicorn

    owner = ports.taken_by(port)
    if owner:
        raise ServiceError(f"Port {port} is taken by {owner}.", f"Name another: --port {port + 1}.")
    snapshot(name_or_log, **options | {"newest": 1})  # a mistake is told here, not on the page
    print(f"The dashboard is at {ports.local_address(port)}; end it with Ctrl-C.", flush=True)  # noqa: T201
    app = create(name_or_log, **options)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, ws="none")


def _written(found: page.Snapshot, path: Path) -> Path:
    """Whole or absent: the file takes its name when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(page.drawn(found), encoding="utf-8", newline="\n")
    return part.replace(path)


def _file(given: str | Path | None, usual: Path) -> Path | None:
    if given is None:
        return usual if usual.is_file() else None
    if not Path(given).is_file():
        raise DataError(f"There is no file {given}.", "Name one that exists, or leave it out.")
    return Path(given)


def _json(table: pd.DataFrame) -> str:
    return table.to_json(orient="records", date_format="iso", double_precision=10)
