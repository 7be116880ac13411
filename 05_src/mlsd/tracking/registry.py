"""Fitted models: saved as skops, registered under a name, brought back by their alias."""

import importlib
import importlib.metadata
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError
from . import connection

__all__ = ["check_names", "dump", "load", "restore", "saved", "version"]

# Classes of these packages are taken back; a file that names another is refused until you name it yourself.
KNOWN_PACKAGES = ("sklearn", "imblearn", "mlsd")
KNOWN_FUNCTIONS = ("mlsd.models", "mlsd.features")
# What scikit-learn's splines and boosted trees hold. A partial is harmless as long as what it calls is known too.
KNOWN_PARTS = {
    "functools.partial",
    "numpy.dtype",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
    "scipy.interpolate._bsplines.BSpline",
    "sklearn.utils.validation.check_array",
}
GOOD_MODEL, GOOD_ALIAS = re.compile(r"[\w.\- ]{1,250}"), re.compile(r"(?!latest$|v\d+$)[\w\-]{1,250}", re.IGNORECASE)
NEEDED = ("scikit-learn", "skops", "pandas", "numpy", "scipy", "imbalanced-learn")


def load(model: str, *, trusted: Iterable[str] = ()) -> Any:
    """Bring back a registered model, by alias or by version.

    Parameters
    ----------
    model : str
        ``"name@alias"`` or ``"name/version"``.
    trusted : iterable of str
        Types outside scikit-learn, imbalanced-learn and mlsd that you trust, written out such as ``"mine.Scaler"``.

    Returns
    -------
    estimator
        As it was fitted. Its attribute ``mlsd_version_`` tells the version, such as ``"late-flights/3"``.

    Raises
    ------
    DataError
        If there is no such model, alias or version, or if it holds types that are not trusted.
    ServiceError
        If the server does not answer within 2 seconds.
    """
    uri = connection.address()
    connection.require(uri)
    registered = version(model)
    with tempfile.TemporaryDirectory(prefix="mlsd ") as folder:
        found = _read_model(uri, registered.source, Path(folder), trusted)
    found.mlsd_version_ = f"{registered.name}/{registered.version}"
    return found


def version(model: str) -> Any:
    """MLflow's ModelVersion for ``"name@alias"`` or ``"name/version"``.

    Raises
    ------
    DataError
        If there is none; it says what there is.
    """
    uri = connection.address()
    mlflow = connection.client(uri)
    from mlflow.exceptions import MlflowException

    try:
        return _version(mlflow, model)
    except MlflowException as error:
        raise DataError(f"There is no model {model!r}. {_what_there_is(uri, model)}") from error


def check_names(name: str, alias: str | None) -> None:
    """Raise a DataError if :func:`load` could not find a model of this name and alias."""
    if not GOOD_MODEL.fullmatch(name):
        raise DataError(f"A model cannot be named {name!r}.", "Allowed are letters, digits, spaces and _ - .")
    if alias and not GOOD_ALIAS.fullmatch(alias):
        raise DataError(
            f"An alias cannot be {alias!r}.",
            "Allowed are letters, digits, _ and -, but for 'latest' and 'v' with a number, which MLflow keeps.",
        )


def restore(data: bytes, trusted: Iterable[str] = ()) -> Any:
    """An estimator from skops bytes, if all its types are of packages that we know.

    Raises
    ------
    DataError
        If it holds a type that is not trusted; it names them.
    """
    import skops.io

    needed = skops.io.get_untrusted_types(data=data)
    strange = [name for name in needed if name not in set(trusted) and not _is_known(name)]
    if strange:
        raise DataError(
            f"The model holds types that are not trusted: {strange}.",
            f"If you know who made it: load(..., trusted={strange}).",
        )
    return skops.io.loads(data, trusted=needed)


def dump(model: Any) -> bytes:
    """An estimator as skops bytes.

    Raises
    ------
    DataError
        If it holds something that skops cannot save, or that no other process could find again, such as a lambda.
    """
    import skops.io

    try:
        data = bytes(skops.io.dumps(model))
    except Exception as error:  # skops names the part, under many kinds of error
        raise _not_saved(model, str(error)) from error
    here = [name for name in skops.io.get_untrusted_types(data=data) if name.startswith("__main__.") or "<" in name]
    if here:
        raise _not_saved(model, f"{here} cannot be imported by another process.")
    return data


def _not_saved(model: Any, why: str) -> DataError:
    return DataError(
        f"{type(model).__name__} cannot be saved as skops: {why}",
        "Replace lambdas, functions and classes of a notebook by those of a module.",
    )


@contextmanager
def saved(model: Any, example: pd.DataFrame | None = None) -> Iterator[Path]:
    """A folder with the model in MLflow's format, for as long as the block lasts.

    Requirements are named rather than found out: MLflow finds them by loading the model in a new process, for seconds.
    """
    import skops.io

    with connection.quietly():
        from mlflow.models import infer_signature
        from mlflow.sklearn import save_model

    types = skops.io.get_untrusted_types(data=dump(model))
    answers = None if example is None else _answers(model, example)
    with tempfile.TemporaryDirectory(prefix="mlsd ") as folder:
        with connection.quietly():  # it imports more, and warns of whole numbers that may be missing one day
            save_model(
                model,
                str(Path(folder) / "model"),
                pip_requirements=_requirements(),
                serialization_format="skops",
                skops_trusted_types=types,
                signature=None if example is None else infer_signature(example, answers),
                input_example=example,
            )
        yield Path(folder) / "model"


def _read_model(uri: str, source: str, folder: Path, trusted: Iterable[str]) -> Any:
    with connection.quietly():
        from mlflow.artifacts import download_artifacts
        from mlflow.models import Model

    path = Path(download_artifacts(source, dst_path=str(folder), tracking_uri=uri, registry_uri=uri))
    flavor = Model.load(path / "MLmodel").flavors.get("sklearn", {})
    if flavor.get("serialization_format") != "skops":
        raise DataError(
            f"The model is saved as {flavor.get('serialization_format', 'pickle')}, which runs code when it is opened.",
            "Save it with run.register, which uses skops.",
        )
    return restore((path / flavor["pickled_model"]).read_bytes(), trusted)


def _answers(model: Any, example: pd.DataFrame) -> Any:
    return (model.predict_proba if hasattr(model, "predict_proba") else model.predict)(example)


def _requirements() -> list[str]:
    return [f"{name}=={importlib.metadata.version(name)}" for name in NEEDED]


def _is_known(name: str) -> bool:
    """Whether a type is a class of a known package, a NumPy function such as log1p, or a function of our pipelines."""
    module, _, last = name.rpartition(".")
    if name in KNOWN_PARTS:
        return True
    if name.startswith("numpy."):
        import numpy as np

        return isinstance(getattr(np, last, None), np.ufunc)
    if module.partition(".")[0] not in KNOWN_PACKAGES:
        return False
    try:
        found = getattr(importlib.import_module(module), last)
    except (ImportError, AttributeError):
        return False
    return isinstance(found, type) or (callable(found) and module.startswith(KNOWN_FUNCTIONS))


def _version(mlflow: Any, model: str) -> Any:
    name, at, alias = model.partition("@")
    if at:
        return mlflow.get_model_version_by_alias(name, alias)
    name, _, number = model.partition("/")
    if not number.isdigit():
        raise DataError(f"{model!r} names no version.", 'Write "name@alias", such as "late-flights@champion".')
    return mlflow.get_model_version(name, number)


def _what_there_is(uri: str, model: str) -> str:
    name = model.partition("@")[0].partition("/")[0]
    models = {each.name: each for each in connection.client(uri).search_registered_models()}
    if name not in models:
        return f"Registered models: {sorted(models) or 'none yet'}."
    return f"{name} has the aliases {sorted(models[name].aliases) or 'none'}."
