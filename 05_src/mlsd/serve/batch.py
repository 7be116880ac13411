"""The one function that answers, online and in batch, and a table scored whole or not at all."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns

if TYPE_CHECKING:
    from dask.dataframe import DataFrame as DaskFrame

    from ..store import Store
    from .model import Served

__all__ = ["score", "score_frame", "score_table"]

BLOCK_ROWS = 4096
CHUNK_ROWS = 50_000


def score(model: Any, frame: "pd.DataFrame | DaskFrame") -> Any:
    """What a model answers to each row, the same whichever rows stand beside it.

    A matrix product gives a row other last bits when other rows are multiplied with it, so the sums of a linear model
    are added up row by row here. For linear models and for trees, the answer to a row is therefore the same to the last
    bit alone over HTTP, in a table and in a Dask partition; for other models, to rounding.

    Parameters
    ----------
    model : estimator
        Fitted, as ``tracking.load`` gives it.
    frame : pandas.DataFrame or dask.dataframe.DataFrame
        The rows, with the model's columns and others.

    Returns
    -------
    pandas.DataFrame or dask.dataframe.DataFrame
        One row a row, with the same index: ``probability`` of the second class for a classifier of two classes,
        ``prediction`` for a regressor; for more classes ``prediction`` and ``probability.<class>`` for each.

    Raises
    ------
    ColumnError
        If a column of the model is not there.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> frame = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0]})
    >>> model = LogisticRegression().fit(frame, [0, 0, 1, 1])
    >>> score(model, frame).round(2)["probability"].tolist()
    [0.19, 0.38, 0.62, 0.81]
    """
    wanted = [str(name) for name in getattr(model, "feature_names_in_", [])]
    require_columns(frame.columns, wanted)
    if isinstance(frame, pd.DataFrame):
        return _scored(model, frame)
    meta = _scored(model, frame._meta_nonempty).iloc[:0]
    return frame.map_partitions(lambda part: _scored(model, part), meta=meta)


def score_table(
    model: str,
    *,
    read: str,
    write: str,
    db: "Store | None" = None,
    if_exists: str = "fail",
    chunk_rows: int = CHUNK_ROWS,
) -> int:
    """Score a table of the store into another one, whole or not at all.

    Parameters
    ----------
    model : str
        ``"name@alias"`` or ``"name/version"``.
    read : str
        A table, or a query, with the model's columns and others.
    write : str
        The new table: the columns of `read`, then ``probability`` (or ``prediction``), ``model``, ``version``, and
        ``error``: why a row could not be scored, else missing.
    db : Store, optional
        By default ``store.connect()``.
    if_exists : {"fail", "replace", "append"}
        What to do when the table is there.
    chunk_rows : int
        How many rows are in memory at a time.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    DataError
        If there is no such model or table, or `write` is there already and `if_exists` is "fail".
    ColumnError
        If `read` lacks a column of the model.
    WriteError
        If the database stopped the write. What was there before still is.
    """
    from .. import store
    from .model import load

    served, db = load(model), db or store.connect()
    if write in db.tables() and if_exists == "fail":  # known before the work, not after it
        raise DataError(f"Table {write!r} is there already.", 'Pass if_exists="replace" or if_exists="append".')
    with tempfile.TemporaryDirectory(prefix="mlsd ") as folder:  # SQLite cannot be read while it is written
        parts = []
        for number, chunk in enumerate(db.read_chunks(read, rows=chunk_rows)):
            parts.append(Path(folder) / f"{number}.parquet")
            score_frame(served, chunk).to_parquet(parts[-1])
        return db.write(_frames(parts), write, if_exists)


def score_frame(served: "Served", frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with its answers beside it, checked as a row over HTTP is; a bad row gets its reason instead.

    Parameters
    ----------
    served : Served
        From :func:`serve.load`.
    frame : pandas.DataFrame
        With the model's columns and others.

    Returns
    -------
    pandas.DataFrame
        The frame's columns, then the answers, ``model``, ``version`` and ``error``.
    """
    good, reasons = served.schema.cast(frame)
    answers = score(served.model, good) if len(good) else served.empty_answer()
    error = reasons.reindex(frame.index).astype("str")
    scored = pd.concat([frame, answers.reindex(frame.index)], axis=1)
    return scored.assign(model=served.name, version=served.version, error=error)


def _frames(parts: list[Path]) -> Iterator[pd.DataFrame]:
    return (pd.read_parquet(part) for part in parts)


def _scored(model: Any, frame: pd.DataFrame) -> pd.DataFrame:
    if not hasattr(model, "predict_proba"):
        return pd.DataFrame({"prediction": _predicted(model, frame)}, index=frame.index)
    chances = _chances(model, frame)
    if chances.shape[1] == 2:
        return pd.DataFrame({"probability": chances[:, 1]}, index=frame.index)
    by_class = {f"probability.{name}": chances[:, place] for place, name in enumerate(model.classes_)}
    return pd.DataFrame({"prediction": model.classes_[chances.argmax(axis=1)], **by_class}, index=frame.index)


def _chances(model: Any, frame: Any) -> np.ndarray:
    """Probabilities, a column a class; those of ``predict_proba`` up to the order in which sums are added."""
    from scipy.special import expit
    from sklearn.linear_model import LogisticRegression

    last, matrix = _last_step(model, frame)
    if not isinstance(last, LogisticRegression) or len(last.classes_) != 2:
        return np.asarray(last.predict_proba(matrix), dtype=float)
    chance = expit(_sums(last, matrix))
    return np.column_stack([1 - chance, chance])


def _predicted(model: Any, frame: Any) -> np.ndarray:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.linear_model._base import LinearModel

    last, matrix = _last_step(model, frame)
    if isinstance(last, TransformedTargetRegressor) and last._training_dim == 1:
        inner = _predicted(last.regressor_, matrix)
        return np.asarray(last.transformer_.inverse_transform(inner[:, None]), dtype=float)[:, 0]
    if isinstance(last, LinearModel) and np.ndim(last.coef_) == 1:
        return _sums(last, matrix)
    return np.asarray(last.predict(matrix))


def _last_step(model: Any, frame: Any) -> tuple[Any, Any]:
    """The last model of a pipeline and what it sees. A sampler of imblearn only works in the fit."""
    from sklearn.pipeline import Pipeline

    if not isinstance(model, Pipeline):
        return model, frame
    *before, last = [step for _, step in model.steps if step not in (None, "passthrough")]
    for step in before:
        frame = step.transform(frame) if hasattr(step, "transform") else frame
    return _last_step(last, frame)


def _sums(model: Any, matrix: Any) -> np.ndarray:
    """Weighted sums of each row, added in the same order however many rows there are."""
    from sklearn.utils.validation import validate_data

    matrix = validate_data(model, matrix, accept_sparse=True, reset=False)
    weights, sums = np.ravel(model.coef_), np.empty(matrix.shape[0])
    for start in range(0, len(sums), BLOCK_ROWS):
        block = matrix[start : start + BLOCK_ROWS]
        dense = np.ascontiguousarray(block.toarray() if hasattr(block, "toarray") else block, dtype=float)
        sums[start : start + BLOCK_ROWS] = (dense * weights).sum(axis=1)
    return sums + np.ravel(model.intercept_)[0]
