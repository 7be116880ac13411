"""An exact grid search of a pipeline: 13 candidates on 5 folds, three scorers, on late flights.

The obvious way is scikit-learn's ``GridSearchCV``; the floor fits the last step alone, 65 times, on rows that are
ready. What can be won depends on how much of the work stands in front of the parameter that is searched: "the 40 best
columns" picks columns before a quick last step; "all columns" is the flights model as it is, where the last step is
most of the work. Each process has one thread of linear algebra, so that two jobs are two cores.
"""

import os

os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})  # before numpy is loaded

from collections.abc import Callable

import numpy as np
import pandas as pd
from _bench import arguments, compare
from sklearn.base import clone
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline

from mlsd import datasets, models, tuning

GRID = {"clf__C": np.logspace(-3, 1, 13).tolist()}
SCORING = ["neg_log_loss", "roc_auc", "neg_brier_score"]


def main() -> None:
    asked = arguments(__doc__, rows=4_000)
    flights = datasets.load_late_flights().sample(asked.rows, random_state=0)
    for name, pipeline in {"the 40 best columns": picking(), "all columns": models.flights_logistic()}.items():
        floor = final_fits(pipeline, flights)
        for n_jobs in (1, 2):
            topic = f"grid search, 13 x 5 fits, {asked.rows:,} rows, {name}, n_jobs={n_jobs}"
            ways = {
                "ours": lambda pipeline=pipeline, n_jobs=n_jobs: ours(pipeline, flights, n_jobs),
                "obvious: GridSearchCV": lambda pipeline=pipeline, n_jobs=n_jobs: obvious(pipeline, flights, n_jobs),
            }
            compare(topic, ways, floor=floor if n_jobs == 1 else None, rounds=asked.rounds, same=same_scores)


def picking() -> Pipeline:
    """The flights model with a step that picks columns before the last."""
    *front, last = models.flights_logistic().steps
    return Pipeline([*front, ("used", VarianceThreshold()), ("pick", SelectKBest(k=40)), last])


def ours(pipeline: Pipeline, flights: pd.DataFrame, n_jobs: int) -> pd.DataFrame:
    search = tuning.grid_search(pipeline, flights, flights["late"], grid=GRID, scoring=SCORING, n_jobs=n_jobs)
    return search.table.sort_index()


def obvious(pipeline: Pipeline, flights: pd.DataFrame, n_jobs: int) -> pd.DataFrame:
    search = GridSearchCV(pipeline, GRID, scoring=SCORING, refit=SCORING[0], n_jobs=n_jobs)
    return pd.DataFrame(search.fit(flights, flights["late"]).cv_results_)


def final_fits(pipeline: Pipeline, flights: pd.DataFrame) -> Callable[[], None]:
    pipeline, y = clone(pipeline), flights["late"].to_numpy()
    folds = [train for train, _ in StratifiedKFold(5).split(flights, y)]
    ready = [(pipeline[:-1].fit_transform(flights.iloc[train], y[train]), y[train]) for train in folds]

    def run() -> None:
        for rows, late in ready:
            for strength in GRID["clf__C"]:
                pipeline[-1].set_params(C=strength).fit(rows, late)

    return run


def same_scores(tables: dict[str, pd.DataFrame]) -> None:
    first, second = tables.values()
    alike = [column for column in second if "time" not in column and column != "params"]
    pd.testing.assert_frame_equal(first[alike], second[alike], check_exact=True, check_names=False)


if __name__ == "__main__":
    main()
