"""A run: what was tried, with what, and how it went. Logging is sent in batches and outlives a lost server."""

import getpass
import logging
import math
import numbers
import re
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError, MlsdError
from . import connection, outbox, record

__all__ = ["Run", "run"]

log = logging.getLogger(__name__)
GOOD_NAME = re.compile(r"[\w.\-/ :]{1,250}")
LONGEST_PARAMETER = 6000
# A single call is sent at once; what follows it within this time waits for the next call, or for this many entries.
TOGETHER_SECONDS, TOGETHER_ENTRIES = 0.2, 500
REQUESTS_AT_ONCE = 4
EXAMPLE_ROWS = 100  # they travel with the model: the background for explanations where it is served

_reached: set[str] = set()


@contextmanager
def run(experiment: str, *, name: str | None = None, seed: int = 0) -> Iterator["Run"]:
    """Record a run: code, packages and seed at once, and whatever you log in the block.

    Parameters
    ----------
    experiment : str
        The experiment that the run belongs to; made if there is none of that name.
    name : str, optional
        A name for people. MLflow shows it, and needs it not.
    seed : int
        The seed that :meth:`Run.fit` uses; recorded either way.

    Yields
    ------
    Run
        To log to. It ends with the block: FINISHED, FAILED after an exception, KILLED after Ctrl-C.

    Raises
    ------
    ServiceError
        If the server does not answer within 2 seconds. A server that this process has reached before and that has gone
        since does not stop you: the run is kept on disk, and ``mlsd tracking sync`` sends it.
    SettingsError
        If MLFLOW_TRACKING_URI cannot be used.
    DataError
        If the experiment was deleted.

    Examples
    --------
    >>> with run("doctest") as attempt:
    ...     attempt.log_params({"C": 1.0})
    ...     attempt.log_metrics({"roc_auc": 0.71})
    """
    started = Run(experiment, name=name, seed=seed)
    status = "FAILED"
    try:
        yield started
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        started._end(status)


class Run:
    """A run in progress; :func:`run` makes it. Its methods record, and never stop your work because a server is gone.

    Attributes
    ----------
    experiment : str
        The experiment's name.
    seed : int
        The recorded seed.
    """

    def __init__(self, experiment: str, *, name: str | None = None, seed: int = 0):
        self.experiment, self.seed = experiment, seed
        self._line = _Line(experiment)
        self._key = self._line.root
        self._params: dict[str, str] = {}
        self._waiting: dict[str, Any] = {"params": {}, "metrics": []}
        self._sent_at = 0.0
        self._files = self._models = 0
        self._fitted: Any = None
        self._line.tell(self._create(self._key, name or "", _tags(seed)))

    @property
    def run_id(self) -> str:
        """MLflow's id of this run. For a run that began while the server was gone, a key that `reproduce` takes too."""
        return self._line.ids.get(self._key, self._key)

    @property
    def url(self) -> str | None:
        """Where a browser shows this run; None without a server."""
        if not connection.is_server(self._line.uri) or self._line.experiment_id is None:
            return None
        address = connection.without_password(self._line.uri).rstrip("/")
        return f"{address}/#/experiments/{self._line.experiment_id}/runs/{self.run_id}"

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Record settings, one value for each name.

        Parameters
        ----------
        params : mapping
            Name to value; kept as text.

        Raises
        ------
        DataError
            If a name or a value is not allowed, or a name has another value already.
        """
        texts = {_checked_name(name): _checked_text(name, value) for name, value in params.items()}
        for name, text in texts.items():
            if self._params.setdefault(name, text) != text:
                raise DataError(
                    f"Parameter {name!r} is {self._params[name]!r} already and cannot become {text!r}.",
                    "Use another name, log it as a metric, or begin a new run.",
                )
        self._waiting["params"] |= texts
        self._send_soon()

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Record numbers that tell how it went. Calls in quick succession are sent together.

        Parameters
        ----------
        metrics : mapping
            Name to number; NaN and infinity are allowed.
        step : int, optional
            Which round of the training it belongs to.

        Raises
        ------
        DataError
            If a name is not allowed or a value is not a number.
        """
        now = _milliseconds()
        rows = [[_checked_name(name), _checked_number(name, value), now, step or 0] for name, value in metrics.items()]
        self._waiting["metrics"] += rows
        self._send_soon()

    def log_data(self, frame: pd.DataFrame, name: str, *, source: str = "", context: str = "training") -> str:
        """Record which data was used: its name, rows, columns and digest.

        Parameters
        ----------
        frame : pandas.DataFrame
            The data. It is not sent anywhere.
        name : str
            What you call it.
        source : str
            Where it comes from.
        context : str
            What it was used for.

        Returns
        -------
        str
            The digest.
        """
        print_of_it = record.digest(frame)
        profile = f'{{"num_rows": {len(frame)}, "num_columns": {frame.shape[1]}}}'
        dataset = {"name": name, "digest": print_of_it, "source_type": "code", "source": source, "profile": profile}
        self._tell(kind="input", dataset=dataset | {"schema": None}, context=context)
        facts = {"name": name, "rows": len(frame), "digest": print_of_it}
        self.log_params({f"data.{fact}": value for fact, value in facts.items()} if context == "training" else {})
        return print_of_it

    def log_file(self, path: str | Path, to: str = "") -> None:
        """Record a file or a folder.

        Parameters
        ----------
        path : path
            What to send.
        to : str
            The folder among the run's artifacts; for a folder, its new name.

        Raises
        ------
        DataError
            If there is no such file.
        """
        if not Path(path).exists():
            raise DataError(f"There is no file {str(path)!r}, seen from {str(Path.cwd())!r}.")
        self._files += 1
        self._tell(kind="file", path=str(path), to=to, number=self._files)

    def log_search(self, search: Any) -> None:
        """Record every candidate of a search as a run below this one, and the best one here.

        Parameters
        ----------
        search : object
            With a ``table`` of scikit-learn's ``cv_results_`` columns, as `tuning` returns, or with ``cv_results_``
            itself, as a fitted GridSearchCV has. Parameters come from ``params``; every other column of numbers is a
            metric of its candidate.

        Raises
        ------
        DataError
            If it has neither, or no column ``params``, or a name or value that MLflow does not take. Nothing is sent.
        """
        table = _table(search)
        rows: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
        candidates = [self._candidate(number, row) for number, row in enumerate(rows, start=1)]
        params, metrics = {"candidates": len(rows)}, dict[str, float]()
        for rank in [column for column in table if str(column).startswith("rank_test_")][:1]:
            best = rows[int(table[rank].argmin())]
            params |= {f"best.{name}": value for name, value in best["params"].items()}
            metrics |= {f"best.{name}": value for name, value in _metrics(best).items()}
        self.log_params(params)
        self.log_metrics(metrics)
        self.flush()
        threads = REQUESTS_AT_ONCE if connection.is_server(self._line.uri) else 1
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(self._log_candidate, candidates))

    def fit(self, model: Any, load: Any, **options: Any) -> Any:
        """Load data, split it, fit, score and record it all, so that :func:`reproduce` can do it again.

        Parameters
        ----------
        model : estimator
            Unfitted, as `models` makes them. Every ``random_state`` in it is set to the run's seed.
        load : function
            Returns the data as a frame. It must be importable: ``datasets.load_late_flights``, ``pd.read_parquet``,
            a function of a module of yours; not one that was written in a notebook.
        **options
            ``target``, ``split``, ``load_params``, ``sample_rows``, ``scoring``: see :class:`tracking.Recipe`.

        Returns
        -------
        Fitted
            ``model``, ``metrics``, ``train`` and ``test``.

        Raises
        ------
        DataError
            If the function cannot be found again, the split is not known or leaves a side empty, or this run has a
            fit already.
        """
        from . import recipes

        recipe = recipes.Recipe.of(model, load, seed=self.seed, **options)
        if self._fitted is not None:
            raise DataError("This run has a fit already.", "Begin another `with tracking.run(...)` for the next one.")
        self._fitted = recipes.fit_and_record(self, recipe)
        return self._fitted

    def register(self, model: Any, name: str, alias: str | None = None, *, example: pd.DataFrame | None = None) -> Any:
        """Keep a fitted model with this run and register it under a name: :func:`load` brings it back.

        Parameters
        ----------
        model : estimator
            Fitted. It is saved as skops, which is data and not code, with the types that it needs.
        name : str
            The registered model: letters, digits, spaces and ``_ - .``
        alias : str, optional
            Such as ``"champion"``; it moves here from the version that had it. Letters, digits, ``_`` and ``-``.
        example : pandas.DataFrame, optional
            A few rows of input. They say which columns the model takes; known after :meth:`fit`.

        Returns
        -------
        int or None
            The version; None if the server is lost: then ``mlsd tracking sync`` registers it.

        Raises
        ------
        DataError
            If the name or the alias is not allowed, or the model cannot be saved as skops.
        """
        from . import registry

        registry.check_names(name, alias)
        if example is None and self._fitted is not None and model is self._fitted.model:
            taken = getattr(model, "feature_names_in_", self._fitted.test.columns)
            example = self._fitted.test[list(taken)].head(EXAMPLE_ROWS)
        self.flush()
        self._models += 1
        artifact = "model" if self._models == 1 else f"model_{self._models}"
        with registry.saved(model, example) as folder:
            self.log_file(folder, to=artifact)
        return self._tell(kind="register", name=name, alias=alias or "", artifact=artifact, key=uuid.uuid4().hex)

    def flush(self) -> None:
        """Send what waits."""
        if self._waiting["params"] or self._waiting["metrics"]:
            waiting, self._waiting = self._waiting, {"params": {}, "metrics": []}
            self._tell(kind="batch", **waiting)
            self._sent_at = time.monotonic()

    def _send_soon(self) -> None:
        entries = len(self._waiting["params"]) + len(self._waiting["metrics"])
        if entries >= TOGETHER_ENTRIES or time.monotonic() - self._sent_at > TOGETHER_SECONDS:
            self.flush()

    def _candidate(self, number: int, row: dict[str, Any]) -> list[outbox.Operation]:
        key, now = uuid.uuid4().hex, _milliseconds()
        params = {_checked_name(name): _checked_text(name, value) for name, value in row["params"].items()}
        numbers_of_it = _metrics(row).items()
        metrics = [[_checked_name(name), _checked_number(name, value), now, 0] for name, value in numbers_of_it]
        tags = {"mlflow.user": _user(), "mlsd.candidate": str(number)}
        return [
            self._create(key, f"candidate {number:03d}", tags, parent=self._key),
            {"kind": "batch", "run": key, "params": params, "metrics": metrics},
            {"kind": "end", "run": key, "status": "FINISHED"},
        ]

    def _log_candidate(self, operations: list[outbox.Operation]) -> None:
        for operation in operations:
            self._line.tell({"time": _milliseconds()} | operation)

    def _create(self, key: str, name: str, tags: dict[str, str], parent: str = "") -> outbox.Operation:
        return {"kind": "create", "run": key, "name": name, "tags": tags, "parent": parent, "time": _milliseconds()}

    def _tell(self, **operation: Any) -> int | None:
        return self._line.tell({"run": self._key, **operation})

    def _end(self, status: str) -> None:
        try:
            self.flush()
        except Exception:
            status = "FAILED"
            raise
        finally:
            self._tell(kind="end", status=status, time=_milliseconds())
            self._line.hang_up()


class _Line:
    """The line to MLflow of one run and its candidates: what cannot be sent is kept, and then all that follows."""

    def __init__(self, experiment: str):
        self.uri, self.experiment = connection.address(), experiment
        self.root = f"{time.time_ns():016x}{uuid.uuid4().hex[:16]}"  # in order of time, for the outbox
        self.ids: dict[str, str] = {}
        self.experiment_id: str | None = None
        self._lock = threading.Lock()
        self._is_lost = False
        try:
            connection.require(self.uri)
            self.experiment_id = connection.experiment_id(self.uri, experiment)
        except Exception as error:
            if self.uri not in _reached or not connection.is_lost(error):
                raise
            self._lose(error)
        _reached.add(self.uri)

    def tell(self, operation: outbox.Operation) -> int | None:
        """Send an operation, or keep it if the server is lost."""
        whole = operation | {"root": self.root, "experiment": self.experiment, "experiment_id": self.experiment_id}
        for again in (False, True):  # a server that still answers may only have lost this one answer
            if not self._is_lost:
                try:
                    return outbox.send(self.uri, whole, self.ids, again=again)
                except Exception as error:
                    if not connection.is_lost(error):
                        raise
                    if again or not connection.answers(self.uri):
                        self._lose(error)
        self._keep(whole)
        return None

    def hang_up(self) -> None:
        """The run has ended. If the server was lost and is there again, send what was kept."""
        if not self._is_lost or not connection.answers(self.uri):
            return
        try:
            sent = outbox.sync(only=self.root)
        except MlsdError as error:  # it is on disk: nothing to stop for
            log.warning("This run waits for `mlsd tracking sync`: %s", error.problem)
            return
        log.info("The MLflow server is back; %d operations were sent.", sent.operations)
        self.ids |= sent.ids

    def _keep(self, operation: outbox.Operation) -> None:
        known = {"uri": connection.without_password(self.uri), "run_id": self.ids.get(operation["run"])}
        with self._lock:
            outbox.keep(operation | known)

    def _lose(self, error: Exception) -> None:
        with self._lock:
            if not self._is_lost:
                self._is_lost = True
                log.warning(
                    "The MLflow server at %s is gone. The run goes on and is kept on disk. Start the server with "
                    "`mlsd up`, then `mlsd tracking sync` sends what is missing. (%s)",
                    connection.without_password(self.uri),
                    connection.shown(error),
                )


@lru_cache(maxsize=1)
def _facts(_minute: int) -> dict[str, Any]:
    """Code and packages. Runs in quick succession share one look; git is asked again a minute later."""
    return {"code": record.code(), "environment": record.environment()}


def _tags(seed: int) -> dict[str, str]:
    facts = _facts(int(time.monotonic() // 60))
    code, environment = facts["code"], facts["environment"]
    return {
        "mlflow.user": _user(),
        "mlflow.source.name": Path(sys.argv[0]).name or "python",
        "mlflow.source.type": "LOCAL",
        **({"mlflow.source.git.commit": code["commit"]} if code["commit"] else {}),
        "mlsd.dirty": str(code["dirty"]),
        "mlsd.code": code["digest"],
        "mlsd.lock": str(environment["lock"]),
        "mlsd.python": environment["python"],
        "mlsd.system": environment["system"],
        "mlsd.seed": str(seed),
    }


@lru_cache(maxsize=1)
def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return "unknown"


def _table(search: Any) -> pd.DataFrame:
    table = getattr(search, "table", None)
    if table is None and hasattr(search, "cv_results_"):
        table = pd.DataFrame(search.cv_results_)
    if not isinstance(table, pd.DataFrame) or "params" not in table:
        raise DataError(
            f"log_search needs a `table` or `cv_results_` with a column 'params', got: {type(search).__name__}.",
            "Pass what `tuning` returns, or a fitted GridSearchCV.",
        )
    return table


def _metrics(row: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a candidate, without its parameters, which scikit-learn's table repeats as ``param_<name>``."""
    names = [str(name) for name in row if name != "params" and not str(name).startswith("param_")]
    return {name: float(row[name]) for name in names if _is_number(row[name])}


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not GOOD_NAME.fullmatch(name):
        raise DataError(
            f"MLflow does not take the name {name!r}.",
            "Allowed are up to 250 letters, digits, spaces and the characters _ - . : /",
        )
    return name


def _checked_text(name: str, value: Any) -> str:
    text = str(value)
    if len(text) > LONGEST_PARAMETER:
        raise DataError(
            f"Parameter {name!r} has {len(text):,} characters; MLflow takes {LONGEST_PARAMETER:,}.",
            "Write it to a file and record that with log_file.",
        )
    return text


def _checked_number(name: str, value: Any) -> float:
    if not _is_number(value):
        raise DataError(f"Metric {name!r} must be a number, got: {value!r}.", "Text belongs into log_params.")
    number = float(value)
    return number if math.isfinite(number) or math.isnan(number) else math.copysign(sys.float_info.max, number)


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000
