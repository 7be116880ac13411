"""Shapley values of a fitted pipeline, in the columns that went in."""

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns
from .lightgbm_trees import lightgbm_trees, raw_scores
from .sources import sources
from .trees import shapley, trees_of

if TYPE_CHECKING:
    import shap

__all__ = ["shap_values"]

log = logging.getLogger(__name__)
BACKGROUND_ROWS = 100
COLUMNS_TO_ENUMERATE = 10
PERMUTATIONS = 10
TOLERANCE = 1e-6


def shap_values(
    pipeline: Any,
    X: pd.DataFrame,
    *,
    background: pd.DataFrame | None = None,
    output: str = "raw",
    seed: int = 0,
) -> "shap.Explanation":
    """How much each column moved each prediction away from the mean prediction of a background.

    Exact for linear models and the trees of scikit-learn (single, forest, boosted) and LightGBM: the Shapley value of
    the original column, with everything that the pipeline made of it as one player. For other models, for transformers
    that mix columns, and for the probability of a model whose sum is on another scale, columns are exchanged and the
    pipeline is asked: exact up to 10 columns, by random permutations above. A log line then says so, and how often it
    was asked.

    Parameters
    ----------
    pipeline : estimator
        A fitted pipeline, or a fitted model alone.
    X : pandas.DataFrame, shape (n, d)
        The rows to explain, as the pipeline takes them.
    background : pandas.DataFrame, optional
        The rows to compare with; by default up to 100 rows of X. Choose it: it is the question "why not like these?".
    output : {"raw", "probability"}
        Raw is the model's own sum: log-odds for a logistic or boosted classifier, the share of votes for a forest, the
        predicted number for a regressor (on the inner scale of a TransformedTargetRegressor).
    seed : int
        For the choice of the background, and for permutations.

    Returns
    -------
    shap.Explanation
        ``values`` of shape (n, d), or (n, d, classes) for more than two classes; ``base_values``; ``data``;
        ``feature_names``, those of X. A row's values and its base value add up to the output, to 1e-6.

    Raises
    ------
    DataError
        If X is no frame or empty, `output` is unknown, or the model has no probabilities.
    ColumnError
        If the background lacks a column of X.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> frame = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [1.0, 0.0, 1.0]})
    >>> model = LinearRegression().fit(frame, 3 * frame["a"])
    >>> shap_values(model, frame).values.round(6)[:, 0].tolist()
    [-3.0, 0.0, 3.0]

    References
    ----------
    L. Shapley (1953); S. Lundberg and S. Lee (2017), A Unified Approach to Interpreting Model Predictions.
    """
    shap = _shap()
    rows, others = _checked(X, background, seed)
    parts = _Parts.of(pipeline, output)
    exact = _exact(parts, rows, others) if parts.is_sum else None
    values = _asked(parts, rows, others, seed) if exact is None else exact
    base, answers = parts.answer(others).mean(axis=0), parts.answer(rows)
    _check_sum(values, base, answers)
    _tell_if_zero(values, parts, rows, others)
    values, base = (values[:, :, 0], base[0]) if values.shape[2] == 1 else (values, base)
    return shap.Explanation(
        values=values,
        base_values=np.broadcast_to(base, (len(rows), *np.shape(base))).copy(),
        data=rows.to_numpy(),
        feature_names=[str(column) for column in rows.columns],
        output_names=parts.names,
    )


@dataclass(frozen=True)
class _Parts:
    """A pipeline taken apart: ``transform`` gives what ``model`` takes, ``answer`` the output, a column for each."""

    transform: Callable[[pd.DataFrame], np.ndarray]
    model: Any
    answer: Callable[[pd.DataFrame], np.ndarray]
    is_sum: bool
    names: list[str] | None

    @classmethod
    def of(cls, pipeline: Any, output: str) -> "_Parts":
        if output not in ("raw", "probability"):
            raise DataError(f"`output` must be one of ['raw', 'probability'], got: {output!r}.")
        steps, model = _steps(pipeline)
        is_probability = hasattr(model, "predict_proba")
        if output == "probability" and not is_probability:
            raise DataError(f"{type(model).__name__} gives no probabilities.", 'Ask for output="raw".')
        raw = _raw_method(model)
        name = "predict_proba" if output == "probability" else raw
        method = partial(raw_scores, model) if name == "raw_score" else getattr(model, name)
        names = [str(each) for each in model.classes_] if is_probability and len(model.classes_) > 2 else None

        def matrix(frame: pd.DataFrame) -> Any:
            for step in steps:
                frame = step.transform(frame)
            return frame

        def answer(frame: pd.DataFrame) -> np.ndarray:
            given = np.asarray(method(matrix(frame)), dtype=float)
            given = given[:, None] if given.ndim == 1 else given
            return given[:, 1:] if name == "predict_proba" and given.shape[1] == 2 else given

        return cls(lambda frame: _dense(model, matrix(frame)), model, answer, name == raw, names)


def _steps(pipeline: Any) -> tuple[list[Any], Any]:
    """The fitted transformers in order and the last model, also of pipelines within pipelines."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.pipeline import Pipeline

    if isinstance(pipeline, TransformedTargetRegressor):
        return _steps(pipeline.regressor_)
    if not isinstance(pipeline, Pipeline):
        return [], pipeline
    *before, last = [step for _, step in pipeline.steps if step not in (None, "passthrough")]
    more, model = _steps(last)
    return [*before, *more], model


def _raw_method(model: Any) -> str:
    from sklearn.base import is_classifier

    if hasattr(model, "booster_"):
        return "raw_score"
    if not is_classifier(model):
        return "predict"
    return "decision_function" if hasattr(model, "decision_function") else "predict_proba"


def _dense(model: Any, matrix: Any) -> np.ndarray:
    """What the model sees: the matrix as numbers, with the codes that boosted trees give to categories."""
    if getattr(model, "_preprocessor", None) is not None and hasattr(model, "_predictors"):
        return np.asarray(model._preprocess_X(matrix, reset=False), dtype=float)
    dense = matrix.toarray() if hasattr(matrix, "toarray") else matrix
    numbers = np.asarray(dense, dtype=float)
    return (
        numbers.astype("float32").astype(float) if hasattr(model, "tree_") or hasattr(model, "estimators_") else numbers
    )


def _exact(parts: _Parts, rows: pd.DataFrame, others: pd.DataFrame) -> np.ndarray | None:
    """Shapley values for a linear model or trees whose inputs each come from one column, else None."""
    trees = lightgbm_trees(parts.model) if hasattr(parts.model, "booster_") else trees_of(parts.model)
    is_linear = trees is None and hasattr(parts.model, "coef_") and hasattr(parts.model, "intercept_")
    if (trees is None and not is_linear) or rows.shape[1] > 63:
        return None
    try:
        owner = sources(parts.transform, pd.concat([rows, others], ignore_index=True))
    except (ValueError, TypeError):  # the matrix holds something that is no number
        return None
    if owner is None:
        return None
    given, compared = parts.transform(rows), parts.transform(others)
    if trees is not None:
        values = shapley(trees, given, compared, owner, rows.shape[1])
        return values[:, :, 1:] if values.shape[2] == 2 and parts.names is None else values
    return _linear(parts.model, given - compared.mean(axis=0), owner, rows.shape[1])


def _linear(model: Any, distance: np.ndarray, owner: np.ndarray, columns: int) -> np.ndarray:
    weights = np.atleast_2d(model.coef_)
    parts = distance[:, :, None] * weights.T
    result = np.zeros((len(distance), columns, len(weights)))
    for column in range(columns):
        result[:, column] = parts[:, owner == column].sum(axis=1)
    return result


def _asked(parts: _Parts, rows: pd.DataFrame, others: pd.DataFrame, seed: int) -> np.ndarray:
    """Shapley values from the pipeline's answers alone, for rows whose columns come partly from the background."""
    table, columns = pd.concat([rows, others], ignore_index=True), rows.shape[1]

    def answer(places: np.ndarray) -> np.ndarray:  # the row of the table that each cell comes from
        cells = {name: table[name].array.take(places[:, j].astype(int)) for j, name in enumerate(table.columns)}
        return parts.answer(pd.DataFrame(cells))

    few = columns <= COLUMNS_TO_ENUMERATE
    calls = 2**columns if few else PERMUTATIONS * (2 * columns + 1)
    log.warning(
        "%s has no exact explainer for this output: %s columns are exchanged, %s, %s predictions a row.",
        type(parts.model).__name__,
        columns,
        "in every combination" if few else f"in {PERMUTATIONS} random orders (approximate)",
        f"{calls * len(others):,}",
    )
    compared = np.arange(len(rows), len(table))
    if few:
        return np.stack([_enumerated(answer, row, compared, columns) for row in range(len(rows))])
    return _permuted(answer, len(rows), compared, columns, calls, seed)


def _enumerated(answer: Callable[[np.ndarray], np.ndarray], row: int, compared: np.ndarray, columns: int) -> np.ndarray:
    """Shapley values of one row from its mean answer for every set of columns that it keeps."""
    kept = np.arange(2**columns)[:, None] >> np.arange(columns) & 1
    places = np.where(kept[:, None, :] == 1, row, compared[:, None])
    means = answer(places.reshape(-1, columns)).reshape(len(kept), len(compared), -1).mean(axis=1)
    size = kept.sum(axis=1)
    weight = np.array([factorial(k) * factorial(columns - k - 1) / factorial(columns) for k in range(columns)] + [0.0])
    joined = np.where(kept == 1, weight[size - 1][:, None], -weight[size][:, None])
    return joined.T @ means


def _permuted(
    answer: Callable[[np.ndarray], np.ndarray], rows: int, compared: np.ndarray, columns: int, calls: int, seed: int
) -> np.ndarray:
    places = np.repeat(np.arange(rows + len(compared))[:, None], columns, axis=1).astype(float)
    masker = _shap().maskers.Independent(places[rows:], max_samples=len(compared))
    explainer = _shap().explainers.Permutation(answer, masker, seed=seed)
    return np.asarray(explainer(places[:rows], max_evals=calls, silent=True).values).reshape(rows, columns, -1)


def _shap() -> Any:
    with warnings.catch_warnings():  # its plots use what Matplotlib will give another name
        warnings.simplefilter("ignore")
        import shap
    return shap


def _checked(X: pd.DataFrame, background: pd.DataFrame | None, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    if not isinstance(X, pd.DataFrame) or X.empty:
        raise DataError(f"X must be a DataFrame with rows, got: {type(X).__name__}.", "Its columns name the answer.")
    others = X if background is None else background
    require_columns(others.columns, X.columns, where="the background")
    if others.empty:
        raise DataError("The background has no rows.", "Give it rows to compare with, for example the training data.")
    if background is None and len(X) > BACKGROUND_ROWS:
        others = X.sample(BACKGROUND_ROWS, random_state=seed)
    return X, others[X.columns]


def _check_sum(values: np.ndarray, base: np.ndarray, answers: np.ndarray) -> None:
    off = np.abs(values.sum(axis=1) + base - answers).max()
    if not off <= TOLERANCE * max(1.0, float(np.abs(answers).max())):
        raise DataError(
            f"The values do not add up to the prediction: off by {off:.2g}.",
            "Does a step of the pipeline depend on the other rows, or on chance?",
        )


def _tell_if_zero(values: np.ndarray, parts: _Parts, rows: pd.DataFrame, others: pd.DataFrame) -> None:
    """Nothing looks as convincing as a plot of zeros: say why they are zero."""
    if np.abs(values).max() > 1e-12:
        return
    answers = np.concatenate([parts.answer(rows), parts.answer(others)])
    if np.ptp(answers, axis=0).max() > 1e-12:
        reason = "each row's effects cancel out"
    elif len(pd.concat([rows, others]).drop_duplicates()) == 1:
        reason = "the background holds nothing but the explained row itself: choose other rows to compare with"
    else:
        same = f"the model gives the same answer, {answers[0, 0]:.4g}, to all of these rows"
        reason = f"{same}: it has learned no column, or they agree in those it uses"
    log.warning("All attributions are zero: %s.", reason)
