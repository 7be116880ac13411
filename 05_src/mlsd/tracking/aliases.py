"""Move an alias to another version, and back: a release and its undoing are one small write each."""

from typing import Any

from ..errors import DataError
from . import connection, registry

__all__ = ["point", "pointed", "roll_back"]

# A registered model's tag that holds the versions which an alias pointed to before, the last one last.
BEFORE = "mlsd.before.{alias}"
KEPT = 50


def point(model: str, version: int) -> int | None:
    """Let an alias point to a version, and remember the one before.

    Parameters
    ----------
    model : str
        ``"name@alias"``.
    version : int
        The version that programs get from now on.

    Returns
    -------
    int or None
        The version before; None if the alias is new.

    Raises
    ------
    DataError
        If there is no such model or version, or `model` names no alias.
    ServiceError
        If the server does not answer within 2 seconds.
    """
    name, alias, mlflow = _parts(model)
    registry.version(f"{name}/{version}")
    before = pointed(model)
    if before == version:
        return before
    if before is not None:
        _remember(mlflow, name, alias, [*_history(mlflow, name, alias), before])
    mlflow.set_registered_model_alias(name, alias, str(version))
    return before


def pointed(model: str) -> int | None:
    """The version that an alias points to.

    Parameters
    ----------
    model : str
        ``"name@alias"``.

    Returns
    -------
    int or None
        None if there is no such model or alias yet.
    """
    name, alias, mlflow = _parts(model)
    from mlflow.exceptions import MlflowException

    try:
        aliases = mlflow.get_registered_model(name).aliases
    except MlflowException as error:
        if connection.is_lost(error):
            raise
        return None
    return int(aliases[alias]) if alias in aliases else None


def roll_back(model: str) -> int:
    """Let an alias point to the version before again. Done twice, it goes back two versions.

    Parameters
    ----------
    model : str
        ``"name@alias"``, such as ``"late-flights@champion"``.

    Returns
    -------
    int
        The version that programs get from now on.

    Raises
    ------
    DataError
        If the alias has pointed to no other version.
    ServiceError
        If the server does not answer within 2 seconds.
    """
    name, alias, mlflow = _parts(model)
    history = _history(mlflow, name, alias) if pointed(model) is not None else []
    if not history:
        raise DataError(
            f"{model} has pointed to no other version, so there is nothing to go back to.",
            "`tracking.point(model, version)` sets any version.",
        )
    mlflow.set_registered_model_alias(name, alias, str(history[-1]))
    _remember(mlflow, name, alias, history[:-1])
    return history[-1]


def _parts(model: str) -> tuple[str, str, Any]:
    name, at, alias = model.partition("@")
    if not at:
        raise DataError(f"{model!r} names no alias.", 'Write "name@alias", such as "late-flights@champion".')
    registry.check_names(name, alias)
    uri = connection.address()
    connection.require(uri)
    return name, alias, connection.client(uri)


def _history(mlflow: Any, name: str, alias: str) -> list[int]:
    text = mlflow.get_registered_model(name).tags.get(BEFORE.format(alias=alias), "")
    return [int(each) for each in text.split(",") if each]


def _remember(mlflow: Any, name: str, alias: str, versions: list[int]) -> None:
    text = ",".join(map(str, versions[-KEPT:]))
    mlflow.set_registered_model_tag(name, BEFORE.format(alias=alias), text)
