"""Shapley values of a fitted pipeline, log-odds, ten columns against a background of 100 rows (synthetic credit).

The obvious way is ``shap.Explainer`` on the pipeline's own function and the raw columns; with ten columns it enumerates
all sets and is exact too, so that the two must agree. The floor is one prediction of the same rows.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before scikit-learn is loaded

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from _bench import arguments, compare

from mlsd import datasets, explain, models


def main() -> None:
    asked = arguments(__doc__, rows=20)
    credit = datasets.make_credit(5_000)
    X, y = credit.drop(columns="delinquency"), credit["delinquency"]
    rows, background = X.head(asked.rows), X.tail(100)
    for pipeline in (models.credit_logistic().fit(X, y), models.credit_boosted().fit(X, y)):
        ways = {
            "ours": ours(pipeline, rows, background),
            "obvious: shap.Explainer": obvious(pipeline, rows, background),
        }
        topic = f"SHAP of {asked.rows} rows, {type(pipeline[-1]).__name__}"
        floor = floor_of(pipeline, rows)
        compare(topic, ways, floor=floor, rounds=asked.rounds, same=same_values)


def ours(pipeline: Any, rows: pd.DataFrame, background: pd.DataFrame) -> Callable[[], np.ndarray]:
    return lambda: explain.shap_values(pipeline, rows, background=background).values


def obvious(pipeline: Any, rows: pd.DataFrame, background: pd.DataFrame) -> Callable[[], np.ndarray]:
    import shap

    def log_odds(matrix: np.ndarray) -> np.ndarray:
        return pipeline.decision_function(pd.DataFrame(matrix, columns=rows.columns))

    masker = shap.maskers.Independent(background.to_numpy(float), max_samples=len(background))

    def run() -> np.ndarray:
        return shap.explainers.Exact(log_odds, masker)(rows.to_numpy(float), silent=True).values

    return run


def floor_of(pipeline: Any, rows: pd.DataFrame) -> Callable[[], np.ndarray]:
    return lambda: pipeline.predict_proba(rows)


def same_values(answers: dict[str, np.ndarray]) -> None:
    np.testing.assert_allclose(answers["ours"], answers["obvious: shap.Explainer"], atol=1e-6)


if __name__ == "__main__":
    main()
