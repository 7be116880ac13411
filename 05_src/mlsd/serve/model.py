"""The model that is served: loaded from the registry with its schema, watched for a new version, exchanged whole."""

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import tracking
from ..errors import DataError, MlsdError, ServiceError
from ..tracking import connection
from .batch import score
from .metrics import Metrics
from .schema import Schema

__all__ = ["Served", "Watched", "as_json", "load", "version_at"]

log = logging.getLogger(__name__)
WATCH_SECONDS = 1.0
EXAMPLES = 3
MADE_UP = {"str": "text", "bool": False, "datetime64[us]": "2013-01-31T18:00:00"}


@dataclass(frozen=True)
class Served:
    """One version of a model, with all that an answer needs.

    Attributes
    ----------
    name, version : str
        As registered.
    alias : str
        By which it was asked for; empty if by its version.
    model : estimator
        Fitted.
    schema : Schema
        What a row must hold.
    threshold : float or None
        From which probability on to act: the version's or its run's tag ``threshold``, or what its tags
        ``cost_false_alarm`` and ``cost_miss`` say, else 0.5. None for a model that gives no single probability.
    examples : list of dict
        Rows that were registered with it, or one that is made up from the schema.
    background : pandas.DataFrame or None
        The registered rows, for explanations to compare with.
    """

    name: str
    version: str
    alias: str
    model: Any
    schema: Schema
    threshold: float | None
    examples: list[dict[str, Any]] = field(default_factory=list)
    background: pd.DataFrame | None = None

    def answers(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the model says to checked rows.

        Parameters
        ----------
        rows : list of dict
            As ``schema.check`` returns them.

        Returns
        -------
        list of dict
            One a row: a ``probability``, a ``prediction``, or an ``error``.
        """
        try:
            return _as_answers(score(self.model, self.schema.frame(rows)))
        except Exception as error:  # whatever a model raises for one row must not spoil its neighbours
            if len(rows) == 1:
                log.warning("%s/%s refused a row: %s", self.name, self.version, error)
                said = str(error).partition("\n")[0][:200]
                return [{"error": {"field": None, "reason": f"the model could not answer: {said}", "by_model": True}}]
            half = len(rows) // 2
            return self.answers(rows[:half]) + self.answers(rows[half:])

    def empty_answer(self) -> pd.DataFrame:
        """The columns of an answer, as a frame without rows."""
        checked = [self.schema.check(row)[0] for row in self.examples[:1]]
        return score(self.model, self.schema.frame(checked)).iloc[:0]


def load(name: str, *, threshold: float | None = None) -> Served:
    """A registered model, ready to answer.

    Parameters
    ----------
    name : str
        ``"name@alias"`` or ``"name/version"``.
    threshold : float, optional
        Instead of the one that was registered.

    Returns
    -------
    Served
        With columns marked as ones that may miss where the model itself answers without them.

    Raises
    ------
    DataError
        If there is no such model, it has no signature, or it does not answer its own example.
    ServiceError
        If the tracking server does not answer within 2 seconds.
    """
    uri = connection.address()
    connection.require(uri)
    mlflow = connection.client(uri)
    base, _, alias = name.partition("@")
    version = _version(mlflow, base, alias) if alias else base.partition("/")[2]
    model = tracking.load(f"{base.partition('/')[0]}/{version}" if version else name)
    found = mlflow.get_model_version(*model.mlsd_version_.rsplit("/", 1))
    with tempfile.TemporaryDirectory(prefix="mlsd ") as folder:
        signature, background = _described(uri, str(found.source), folder)
    schema = Schema.of(signature, found.name)
    tags = {**_run_tags(mlflow, found.run_id), **found.tags}
    given = threshold if threshold is not None else _threshold(tags)
    return _tried_out(Served(found.name, str(found.version), alias, model, schema, given, background=background))


class Watched:
    """The served model behind an alias: a thread looks every second whether the alias has moved.

    Parameters
    ----------
    served : Served
        To begin with.
    load : callable
        Loads ``"name/version"`` for the alias.
    """

    def __init__(self, served: Served, load: Callable[[str], Served]):
        self.current, self._load = served, load
        self.problem: str | None = None
        self.checked_at = time.time()
        self._metrics: Metrics | None = None
        self._stopped = threading.Event()

    def __reduce__(self) -> tuple[Any, ...]:  # to a new worker goes the model of this moment, without the thread
        return type(self), (self.current, self._load)

    def start(self, metrics: Metrics | None = None) -> None:
        """Begin to watch, and count what is served; a model that was asked for by its version stays.

        Parameters
        ----------
        metrics : Metrics, optional
            Where to count.
        """
        self._metrics = metrics
        self._count()
        if self.current.alias:
            _import_what_loading_needs()
            self.look()
            self._thread = threading.Thread(target=self._watch, name="alias-watch", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()

    def look(self) -> None:
        """Look once, and exchange the model if the alias points elsewhere. Trouble is told, and the old one stays."""
        current = self.current
        try:
            version = version_at(f"{current.name}@{current.alias}")
            if version != current.version:
                self.current = self._load(f"{current.name}@{current.alias}")
                self._count(swaps=1)
                log.info("Serving %s/%s now, was version %s", current.name, self.current.version, current.version)
            self.problem, self.checked_at = None, time.time()
        except Exception as error:
            said = error.problem if isinstance(error, MlsdError) else connection.shown(error)
            if said != self.problem:  # once, not every second
                log.warning("Still serving %s/%s: %s", current.name, current.version, said)
            self.problem = said

    def _count(self, swaps: int = 0) -> None:
        if self._metrics:
            self._metrics.swaps.inc(swaps)
            self._metrics.version.labels(self.current.name).set(float(self.current.version))

    def _watch(self) -> None:
        while not self._stopped.wait(WATCH_SECONDS):
            self.look()


def _import_what_loading_needs() -> None:
    """Before the first request: where every core answers, these imports would hold up an exchange for half a minute."""
    with connection.quietly():
        import mlflow.artifacts
        import mlflow.models  # noqa: F401
        import skops.io  # noqa: F401


def version_at(name: str) -> str:
    """The version that an alias points to.

    Parameters
    ----------
    name : str
        ``"name@alias"``.

    Returns
    -------
    str

    Raises
    ------
    DataError
        If there is no such alias.
    ServiceError
        If the tracking server does not answer.
    """
    uri, (base, _, alias) = connection.address(), name.partition("@")
    connection.require(uri)
    return _version(connection.client(uri), base, alias)


def _version(mlflow: Any, name: str, alias: str) -> str:
    from mlflow.exceptions import MlflowException

    try:
        return str(mlflow.get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        if connection.is_lost(error):
            raise ServiceError(f"The MLflow server is lost: {connection.shown(error)}") from error
        raise DataError(f"There is no model {f'{name}@{alias}'!r}: {connection.shown(error)}") from error


def _described(uri: str, source: str, folder: str) -> tuple[Any, pd.DataFrame | None]:
    """The signature of a model and the rows that were registered with it."""
    with connection.quietly():
        from mlflow.artifacts import download_artifacts
        from mlflow.models import Model

        path = Path(download_artifacts(source, dst_path=folder, tracking_uri=uri, registry_uri=uri))
        described = Model.load(path / "MLmodel")
        rows = described.load_input_example(str(path)) if described.saved_input_example_info else None
    return described.signature, rows if isinstance(rows, pd.DataFrame) and len(rows) else None


def _run_tags(mlflow: Any, run_id: str | None) -> dict[str, str]:
    return dict(mlflow.get_run(run_id).data.tags) if run_id else {}


def _threshold(tags: Mapping[str, str]) -> float:
    """The threshold that tags give, or that the costs in them give, else 0.5."""
    from ..evaluate import costs

    try:
        if "threshold" in tags:
            return float(tags["threshold"])
        if {"cost_false_alarm", "cost_miss"} <= set(tags):
            given = {name: float(tags[name]) for name in ("cost_false_alarm", "cost_miss")}
            return costs.calibrated_threshold(**given)
    except ValueError as error:
        raise DataError(f"A tag of the model is not a number: {error}.", "Set the tags again.") from error
    return 0.5


def _tried_out(served: Served) -> Served:
    """With example rows, and with those columns marked that may miss: the model itself answers without them."""
    loose = served.schema.allowing(served.schema.names)
    examples = _example_rows(loose, served.background)
    row = loose.check(examples[0])[0]
    try:
        score(served.model, loose.frame([row]))
    except Exception as error:
        if served.background is None:  # the model may rightly refuse a row that we made up
            return replace(served, examples=examples, threshold=_if_binary(served))
        raise DataError(f"{served.name}/{served.version} does not answer its own example: {error}") from error
    without = [name for name in served.schema.names if _answers(served.model, loose, [row | {name: None}])]
    schema = served.schema.allowing(without)
    background = None if served.background is None else schema.cast(served.background)[0]
    return replace(served, schema=schema, examples=examples, background=background, threshold=_if_binary(served))


def _example_rows(schema: Schema, background: pd.DataFrame | None) -> list[dict[str, Any]]:
    if background is None:
        return [{field.name: MADE_UP.get(field.dtype, 0) for field in schema.fields}]
    cells = schema.cast(background.head(EXAMPLES))[0].to_dict("records")
    rows = [{str(name): as_json(value) for name, value in row.items()} for row in cells]
    return [{name: as_json(value) for name, value in schema.check(row)[0].items()} for row in rows]


def _answers(model: Any, schema: Schema, rows: list[dict[str, Any]]) -> bool:
    try:
        return bool(score(model, schema.frame(rows)).notna().all(axis=None))
    except Exception:
        return False


def _if_binary(served: Served) -> float | None:
    return served.threshold if len(getattr(served.model, "classes_", ())) == 2 else None


def _as_answers(scored: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of JSON; probabilities of several classes in an object of their own."""
    rows = [{str(name): as_json(value) for name, value in row.items()} for row in scored.to_dict("records")]
    if len(scored.columns) == 1:
        return rows
    prefix = "probability."
    chances = [{k.removeprefix(prefix): v for k, v in row.items() if k.startswith(prefix)} for row in rows]
    return [{"prediction": row["prediction"], "probabilities": c} for row, c in zip(rows, chances, strict=True)]


def as_json(value: Any) -> Any:
    """A cell of a frame as JSON takes it, digit for digit.

    Parameters
    ----------
    value : object
        Text, a number, a time, or missing.

    Returns
    -------
    str, int, float, bool or None
        None if it is missing; a time in ISO format.
    """
    if pd.isna(value):
        return None
    if isinstance(value, datetime):  # a Timestamp is one
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
