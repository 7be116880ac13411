"""A search on real worker processes, one of which dies in the middle."""

import os
import signal
import time
from pathlib import Path

import dask
import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from mlsd import cluster, tuning

RNG = np.random.default_rng(3)
NUMBERS = pd.DataFrame(RNG.normal(size=(300, 4)), columns=list("abcd"))
LATE = (NUMBERS["a"] + RNG.normal(size=300) > 0.3).astype(int)
TIMES = ["mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time"]


def pipeline(diary, die_at=None):
    """A pipeline whose last step writes each fit down, takes its time, and ends its own process at a given fit."""

    class Slow(RidgeClassifier):  # here and not above, so that it travels to workers that do not know this file
        def fit(self, X, y):
            with Path(diary).open("a") as log:
                log.write(f"{os.getpid()}\n")
            if die_at and len(Path(diary).read_text().splitlines()) == die_at:
                os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
            time.sleep(0.02)
            return super().fit(X, y)

    return Pipeline([("scale", StandardScaler()), ("clf", Slow())])


def searched(diary, die_at=None, **more):
    grid = {"scale__with_std": [True, False], "clf__alpha": [0.1, 1, 10, 100]}
    return tuning.grid_search(
        pipeline(str(diary), die_at), NUMBERS, LATE, grid=grid, scoring=["accuracy", "roc_auc"], **more
    )


def scores(search):
    return search.table.drop(columns=TIMES)


def test_a_worker_that_is_killed_in_mid_search_changes_nothing_in_the_table(tmp_path):
    whole = searched(tmp_path / "here")
    with cluster.connect(workers=2) as client:
        search = searched(tmp_path / "there", die_at=9, client=client)
    processes = pd.Series((tmp_path / "there").read_text().split())
    assert processes.nunique() >= 2 + 1  # two workers, the one that took a place over; this process for the best
    assert len(processes) > 8 * 5 + 1
    pd.testing.assert_frame_equal(scores(search), scores(whole), check_exact=True)


def test_the_only_worker_that_holds_the_data_may_die(tmp_path):
    whole = searched(tmp_path / "here")
    with cluster.connect(workers=1) as client:
        search = searched(tmp_path / "there", die_at=20, client=client)
    pd.testing.assert_frame_equal(scores(search), scores(whole), check_exact=True)


def test_a_candidate_that_ends_every_worker_fails_and_the_rest_goes_on(tmp_path):
    class Deadly(RidgeClassifier):
        def fit(self, X, y):
            if self.alpha == 13:
                os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
            return super().fit(X, y)

    file, half = tmp_path / "search.jsonl", np.arange(300).reshape(2, 150)
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), cluster.connect(workers=1) as client:
        search = tuning.grid_search(
            Deadly(), NUMBERS, LATE, grid={"alpha": [1, 13, 2]}, cv=[half], client=client, file=file
        )
    assert search.table.loc[[0, 2], "mean_test_score"].notna().all()
    assert search.table.loc[1, "error"].startswith("fold 0, worker: distributed.scheduler.KilledWorker")
    assert file.read_text().count("\n") == 1 + 2  # what a worker's death cost is tried again next time
