"""The way to MLflow: a server that answers or a SQLite file, found before work starts and known when it is lost."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from .. import mlflow_server, settings
from ..errors import DataError, ServiceError, SettingsError

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = [
    "address",
    "answers",
    "client",
    "experiment_id",
    "is_lost",
    "is_server",
    "quietly",
    "require",
    "shown",
    "without_password",
]

# Unless told otherwise MLflow waits four minutes for a server that is down, reports home, and tells of every file.
HABITS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "DO_NOT_TRACK": "true",
}
# MLflow repeats a request whose answer was lost without a look at what it did: a run is made twice.
NO_RETRIES = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
# What a server says of a request that it understood and will refuse again tomorrow.
REFUSALS = {
    "INVALID_PARAMETER_VALUE",
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_DOES_NOT_EXIST",
    "BAD_REQUEST",
    "MALFORMED_REQUEST",
    "NOT_FOUND",
    "ENDPOINT_NOT_FOUND",
    "NOT_IMPLEMENTED",
    "CUSTOMER_UNAUTHORIZED",
    "INVALID_STATE",
    "PERMISSION_DENIED",
    "UNAUTHENTICATED",
}


def address() -> str:
    """Where runs go: MLFLOW_TRACKING_URI, or the SQLite file in the data folder."""
    return settings.tracking_uri()


def is_server(uri: str) -> bool:
    """Whether runs go over the network."""
    return uri.startswith(("http://", "https://"))


def without_password(uri: str) -> str:
    """A tracking URI that may be shown and kept."""
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else uri


def shown(error: Exception) -> str:
    """What an error says, in a line that holds no password."""
    return str(error).replace(address(), without_password(address())).partition("\n")[0]


def answers(uri: str) -> bool:
    """Whether the server answers, known within 2 seconds; a file always does."""
    return not is_server(uri) or mlflow_server.version(without_password(uri)) is not None


def require(uri: str) -> None:
    """Make sure that runs can be written, before any work is done.

    Raises
    ------
    ServiceError
        If a server does not answer within 2 seconds.
    SettingsError
        If MLFLOW_TRACKING_URI is neither a server's address nor a database.
    """
    if not answers(uri):
        raise ServiceError(
            f"No MLflow server answers at {without_password(uri)} (waited at most 2 seconds).",
            "Start it with `mlsd up`; or take MLFLOW_TRACKING_URI out of .env, then runs go to a SQLite file.",
        )
    if not is_server(uri) and "://" not in uri.removeprefix("sqlite:///:memory:"):
        raise SettingsError(
            f"MLFLOW_TRACKING_URI must be a server's address or a database URL, got: {uri!r}.",
            "For example http://127.0.0.1:5000, or sqlite:///05_src/data/mlflow.db. MLflow gave up folders of files.",
        )
    if uri.startswith("sqlite:///"):
        Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def quietly() -> Iterator[None]:
    """Import MLflow without the warnings that its own code gives; they are not about what a learner wrote."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@lru_cache(maxsize=8)
def client(uri: str) -> "MlflowClient":
    """MLflow's own client for an address, with a short patience."""
    for name, value in HABITS.items():
        os.environ.setdefault(name, value)
    os.environ.update(NO_RETRIES)
    with quietly():
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def experiment_id(uri: str, name: str) -> str:
    """The id of an experiment, made if there is none of that name.

    Raises
    ------
    DataError
        If an experiment of that name was deleted: MLflow keeps the name.
    """
    mlflow = client(uri)  # before any import of MLflow, which reads its habits then
    from mlflow.exceptions import MlflowException

    found = mlflow.get_experiment_by_name(name)
    if found is None:
        # Without a server MLflow would put artifacts below the current folder, a different one for each notebook.
        where = None if is_server(uri) else (settings.data_dir().resolve() / "mlartifacts").as_uri()
        try:
            return str(mlflow.create_experiment(name, artifact_location=where))
        except MlflowException as error:  # another process was quicker
            found = mlflow.get_experiment_by_name(name)
            if found is None:
                raise DataError(f"Experiment {name!r} cannot be made: {error}", "Give it another name.") from error
    if found.lifecycle_stage == "deleted":
        raise DataError(
            f"Experiment {name!r} was deleted, and MLflow keeps its name.",
            f"Take another name, or `mlflow experiments restore --experiment-id {found.experiment_id}`.",
        )
    return str(found.experiment_id)


def is_lost(error: Exception) -> bool:
    """Whether an error means that the server is gone, rather than that it refused what was sent."""
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import OperationalError

    if isinstance(error, MlflowException):
        return _code(error) not in REFUSALS
    return isinstance(error, ServiceError | RequestException | OperationalError | OSError)


def _code(error: Any) -> str:
    return str(getattr(error, "error_code", ""))
