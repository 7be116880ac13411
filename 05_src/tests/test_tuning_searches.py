"""Halving against scikit-learn's, TPE, and what a search keeps when it is stopped, killed or resumed."""

import json
import subprocess
import sys
import textwrap

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform, norm, randint, uniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.decomposition import PCA
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import HalvingGridSearchCV, HalvingRandomSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mlsd import cluster, tuning
from mlsd.errors import DataError, WriteError
from mlsd.tuning.record import describe
from mlsd.tuning.work import cut_tasks

RNG = np.random.default_rng(3)
NUMBERS = RNG.normal(size=(240, 6))
LATE = (NUMBERS[:, 0] + NUMBERS[:, 1] + RNG.normal(size=240) > 0.3).astype(int)
GRID = {"pca__n_components": [1, 3], "clf__alpha": [0.1, 1, 300]}
TIMES = ["mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time"]


def linear():
    return Pipeline([("scale", StandardScaler()), ("pca", PCA(3)), ("clf", RidgeClassifier())])


def grid(**changes):
    return tuning.grid_search(**{"pipeline": linear(), "X": NUMBERS, "y": LATE, "grid": GRID, "cv": 3} | changes)


def assert_same(search, other):
    pd.testing.assert_frame_equal(search.table.drop(columns=TIMES), other.table.drop(columns=TIMES), check_exact=True)
    assert str(search.best_params) == str(other.best_params)


def assert_same_rounds(ours, theirs):
    table, results = ours.table.sort_index(), pd.DataFrame(theirs.cv_results_)
    same = [column for column in results if column != "params" and column not in TIMES]
    pd.testing.assert_frame_equal(table[same], results[same], check_exact=True, check_names=False, check_dtype=False)
    assert (ours.best_params, ours.best_score) == (theirs.best_params_, theirs.best_score_)


@pytest.mark.parametrize("more", [{}, {"min_resources": 40, "factor": 2}, {"max_resources": 200}])
def test_halving_a_grid_equals_scikit_learns(more):
    values = {"max_depth": [1, 2, 3, 5], "min_samples_leaf": [1, 5, 20]}
    tree = DecisionTreeClassifier(random_state=0)
    ours = tuning.halving_search(tree, NUMBERS, LATE, grid=values, cv=3, seed=1, **more)
    theirs = HalvingGridSearchCV(tree, values, cv=3, random_state=1, return_train_score=False, **more)
    assert_same_rounds(ours, theirs.fit(NUMBERS, LATE))


def test_halving_draws_from_a_space_equals_scikit_learns():
    space = {"clf__alpha": loguniform(0.1, 100), "pca__n_components": randint(1, 5)}
    ours = tuning.halving_search(linear(), NUMBERS, LATE, space=space, n_candidates=9, cv=3, seed=1)
    theirs = HalvingRandomSearchCV(
        linear(), space, n_candidates=9, cv=3, random_state=1, min_resources="exhaust", return_train_score=False
    )
    assert_same_rounds(ours, theirs.fit(NUMBERS, LATE))


def test_halving_by_a_parameter_equals_scikit_learns():
    tree, values = DecisionTreeClassifier(random_state=0), {"min_samples_leaf": [1, 5, 20, 40]}
    ours = tuning.halving_search(
        tree, NUMBERS, LATE, grid=values, cv=3, resource="max_leaf_nodes", min_resources=2, max_resources=30
    )
    theirs = HalvingGridSearchCV(
        tree, values, cv=3, resource="max_leaf_nodes", min_resources=2, max_resources=30, return_train_score=False
    )
    assert_same_rounds(ours, theirs.fit(NUMBERS, LATE))


def test_the_last_round_of_halving_stands_first():
    table = tuning.halving_search(linear(), NUMBERS, LATE, grid=GRID, cv=3).table
    assert table["iter"].is_monotonic_decreasing
    assert table.groupby("iter").size().to_dict() == {0: 6, 1: 2}


@pytest.mark.parametrize("given", [{}, {"grid": GRID, "space": GRID}])
def test_halving_needs_a_grid_or_a_space(given):
    with pytest.raises(DataError, match="either `grid` or `space`"):
        tuning.halving_search(linear(), NUMBERS, LATE, **given)


@pytest.mark.parametrize("more", [{"resource": "clf__alpha", "max_resources": 9}, {"resource": "clf__max_iter"}])
def test_halving_by_a_parameter_needs_a_largest_value_and_a_free_parameter(more):
    with pytest.raises(DataError, match="max_resources is needed"):
        tuning.halving_search(linear(), NUMBERS, LATE, grid=GRID, **more)


def test_halving_with_too_few_rows_says_so():
    with pytest.raises(DataError, match="The first round would get 500 of n_samples, of 240"):
        tuning.halving_search(linear(), NUMBERS, LATE, grid=GRID, min_resources=500)


SPACE = {"clf__alpha": loguniform(0.01, 1000), "pca__n_components": randint(1, 7), "scale__with_std": [True, False]}


def test_tpe_gives_the_same_candidates_for_the_same_seed_and_any_number_of_jobs():
    first, second = (
        tuning.tpe_search(linear(), NUMBERS, LATE, space=SPACE, n_candidates=14, cv=3, seed=5) for _ in "12"
    )
    with joblib.parallel_config("threading"):
        threads = tuning.tpe_search(linear(), NUMBERS, LATE, space=SPACE, n_candidates=14, cv=3, seed=5, n_jobs=2)
    assert_same(first, second)
    assert_same(first, threads)


def test_tpe_spends_its_budget_and_stays_in_the_space():
    search = tuning.tpe_search(linear(), NUMBERS, LATE, space=SPACE, n_candidates=14, cv=3)
    assert search.fits == 14 * 3
    assert search.table["param_clf__alpha"].between(0.01, 1000).all()
    assert set(search.table["param_pca__n_components"]) <= set(range(1, 7))


class Hill(ClassifierMixin, BaseEstimator):
    """Its score is a hill over x, the same on every fold: what a search should find."""

    def __init__(self, x=0.0, broken=False):
        self.x = x
        self.broken = broken

    def fit(self, X, y):
        if self.broken:
            raise ValueError("broken on purpose")
        self.classes_ = np.unique(y)
        return self

    def score(self, X, y):
        return -((self.x - 0.7) ** 2)


def test_tpe_comes_closer_to_the_top_than_chance_at_the_same_budget():
    space = {"x": uniform(-10, 20)}
    by_chance = [
        tuning.random_search(Hill(), NUMBERS, LATE, space=space, n_candidates=40, cv=2, seed=s) for s in range(5)
    ]
    by_tpe = [tuning.tpe_search(Hill(), NUMBERS, LATE, space=space, n_candidates=40, cv=2, seed=s) for s in range(5)]
    assert [search.fits for search in by_tpe] == [search.fits for search in by_chance]
    assert np.median([search.best_score for search in by_tpe]) > np.median([search.best_score for search in by_chance])


def test_giving_up_hopeless_candidates_leaves_fits_for_others_within_the_budget():
    search = tuning.tpe_search(
        Hill(), NUMBERS, LATE, space={"x": norm(0, 3)}, n_candidates=15, cv=5, prune_after=2, batch=2
    )
    table = search.table
    assert 14 * 5 < search.fits <= 15 * 5
    assert len(table) > 15
    assert table.loc[table["pruned"], "mean_test_score"].isna().all()
    assert table.loc[~table["pruned"], "split4_test_score"].notna().all()


def test_a_space_may_be_a_choice_of_spaces():
    space = [{"clf__alpha": loguniform(0.1, 10)}, {"clf": [GaussianNB()], "pca__n_components": randint(1, 4)}]
    table = tuning.tpe_search(linear(), NUMBERS, LATE, space=space, n_candidates=12, cv=3).table
    assert (table["param_clf__alpha"].isna() == table["param_clf"].notna()).all()
    assert 0 < table["param_clf"].notna().sum() < 12


def test_tpe_goes_on_where_a_candidate_fails():
    table = tuning.tpe_search(
        Hill(), NUMBERS, LATE, space={"x": uniform(0, 1), "broken": [True, False]}, n_candidates=8, cv=2
    ).table
    assert table["error"].notna().sum() == table["param_broken"].sum() > 0


@pytest.mark.parametrize("values", [3, "", []])
def test_what_is_no_list_and_no_distribution_is_refused(values):
    with pytest.raises(DataError, match="The space of 'x' must be a list or a frozen distribution"):
        tuning.tpe_search(Hill(), NUMBERS, LATE, space={"x": values})


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_threads_and_processes_give_the_same_table(backend):
    with joblib.parallel_config(backend):
        assert_same(grid(n_jobs=2, scoring=["accuracy", "roc_auc"]), grid(scoring=["accuracy", "roc_auc"]))


def test_a_dask_client_gives_the_same_table():
    with cluster.connect(workers=0) as client:
        assert_same(grid(client=client, scoring=["accuracy", "roc_auc"]), grid(scoring=["accuracy", "roc_auc"]))


def test_the_folds_that_are_left_over_are_cut_so_that_all_workers_have_a_share():
    members = tuning.steps.plan(linear(), [{"clf__alpha": value} for value in range(1, 5)])
    tasks = cut_tasks(members, dict.fromkeys(range(5), (None, None)), {(0, 4)}, 2)
    assert [task.fold for task in tasks] == [0, 1, 2, 3, 4, 4]
    assert [len(task.members) for task in tasks] == [4, 4, 4, 4, 2, 1]


class Counts(ClassifierMixin, BaseEstimator):
    """Writes a line to a file for each fit, and stops like Ctrl-C at a given one."""

    def __init__(self, log, stop_at=None, x=0):
        self.log = log
        self.stop_at = stop_at
        self.x = x

    def fit(self, X, y):
        with open(self.log, "a") as log:
            log.write("fit\n")
        if self.stop_at and fits(self.log) == self.stop_at:
            raise KeyboardInterrupt
        self.classes_ = np.unique(y)
        return self

    def score(self, X, y):
        return float(X[:, self.x].mean()) / 3


def fits(log):
    return len(log.read_text().splitlines()) if log.exists() else 0


def count(log, stop_at=None, search=tuning.grid_search, **more):
    what = {"grid": {"x": [0, 1, 2, 3]}} if search is tuning.grid_search else {}
    return search(Counts(log, stop_at), NUMBERS, LATE, **(what | {"cv": 3} | more))


def test_ctrl_c_keeps_what_is_done_and_ranks_over_the_folds_that_all_finished(tmp_path):
    search, whole = count(tmp_path / "log", stop_at=10), count(tmp_path / "other")
    assert (search.stopped, search.best, search.fits) == (True, None, 9)
    known = [f"split{fold}_test_score" for fold in (0, 1)]
    pd.testing.assert_frame_equal(search.table[known].sort_index(), whole.table[known].sort_index())
    np.testing.assert_array_equal(search.table["mean_test_score"], search.table[known].mean(axis=1))
    assert "stopped: 4 candidates" in repr(search)


def test_ctrl_c_in_the_fit_of_the_best_keeps_the_whole_table(tmp_path):
    search = count(tmp_path / "log", stop_at=13)
    assert (search.stopped, search.best, search.fits) == (True, None, 12)


def test_ctrl_c_before_anything_is_done_stays_ctrl_c(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        count(tmp_path / "log", stop_at=1)


def test_ctrl_c_in_a_later_batch_leaves_that_batch_out(tmp_path):
    def tpe(log, stop_at=None):
        return count(log, stop_at, tuning.tpe_search, space={"x": [0, 1, 2, 3]}, n_candidates=8)

    search, whole = tpe(tmp_path / "log", stop_at=17), tpe(tmp_path / "other")
    assert len(search.table) == 4
    assert search.table["mean_test_score"].notna().all()
    assert whole.table["params"][:].sort_index()[:4].tolist() == search.table["params"].sort_index().tolist()


def test_a_file_lets_a_stopped_search_go_on_to_the_same_table(tmp_path):
    file = tmp_path / "with space" / "search.jsonl"
    file.parent.mkdir()
    stopped = grid(file=file, X=NUMBERS)
    assert stopped.fits == 18
    lines = file.read_bytes().splitlines(keepends=True)
    for kept in (lines[:1], lines[:7], [*lines[:7], lines[7][:25]], [lines[0][:9]], []):
        file.write_bytes(b"".join(kept))
        for _ in "again", "and again":
            assert_same(grid(file=file), stopped)
        assert len(file.read_bytes().splitlines()) == 1 + 18


def test_what_is_in_the_file_is_not_fitted_again(tmp_path):
    log, file = tmp_path / "log", tmp_path / "search.jsonl"
    count(log, file=file)
    assert fits(log) == 4 * 3 + 1
    count(log, file=file)
    assert fits(log) == 4 * 3 + 2


@pytest.mark.parametrize("search", [tuning.tpe_search, tuning.random_search, tuning.halving_search])
def test_every_search_goes_on_from_its_file(tmp_path, search):
    log, file = tmp_path / "log", tmp_path / "search.jsonl"
    space = {"x": [0, 1, 2, 3, 4, 5]}
    first = count(log, None, search, space=space, n_candidates=6, file=file)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:8]))
    assert_same(count(log, None, search, space=space, n_candidates=6, file=file), first)
    assert file.read_bytes().count(b"\n") == len(lines)


OTHERS = {
    "data": {"X": NUMBERS + 1e-9},
    "candidates": {"grid": {"pca__n_components": [1, 2], "clf__alpha": [0.1, 1, 300]}},
    "folds": {"cv": 4},
    "scoring": {"scoring": "roc_auc"},
    "pipeline": {"pipeline": Pipeline([*linear().steps[:1], ("pca", PCA(2)), ("clf", RidgeClassifier())])},
    "fit_params": {"fit_params": {"clf__sample_weight": np.ones(240)}},
}


@pytest.mark.parametrize("part", OTHERS)
def test_the_file_of_another_search_is_refused_by_what_differs(tmp_path, part):
    grid(file=tmp_path / "search.jsonl")
    with pytest.raises(DataError, match=f"another search; what differs: {part}"):
        grid(file=tmp_path / "search.jsonl", **OTHERS[part])


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "a,b", '{"a": 1}\n'])
def test_a_file_that_is_something_else_is_refused_and_left_alone(tmp_path, text):
    file = tmp_path / "notes.csv"
    file.write_text(text)
    with pytest.raises(DataError, match="cannot be resumed from"):
        grid(file=file)
    assert file.read_text() == text


def test_a_damaged_line_in_the_middle_is_named(tmp_path):
    file = tmp_path / "search.jsonl"
    grid(file=file)
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:3], lines[3][:20], *lines[4:]]) + "\n")
    with pytest.raises(DataError, match="line 4 is damaged"):
        grid(file=file)


def test_a_line_about_another_candidate_is_refused(tmp_path):
    file = tmp_path / "search.jsonl"
    grid(file=file)
    file.write_text(file.read_text().replace('"params": "{clf__alpha: 0.1', '"params": "{clf__alpha: 0.7'))
    with pytest.raises(DataError, match=r"its candidate 0 is .*0\.7"):
        grid(file=file)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(WriteError, match="cannot be written"):
        grid(file=tmp_path / "nowhere" / "search.jsonl")


def test_descriptions_tell_functions_apart_by_what_they_do():
    assert describe(lambda x: x + 1) == describe(lambda x: x + 1) != describe(lambda x: x + 2)
    assert describe(lambda x: x in {"a", "b"}) != describe(lambda x: x in {"a", "c"})
    assert describe(loguniform(1, 2)) == describe(loguniform(1, 2)) != describe(loguniform(1, 3))
    assert describe(PCA(2)) != describe(PCA(3))


KILLED = """
import os, sys, signal
sys.path.insert(0, {folder!r})
from pathlib import Path
import numpy as np
from sklearn.linear_model import RidgeClassifier
from mlsd import tuning

class Slow(RidgeClassifier):
    def fit(self, X, y):
        with open({log!r}, "a") as log:
            log.write("fit\\n")
        if len(Path({log!r}).read_text().splitlines()) == {at}:
            os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        return super().fit(X, y)

X = np.random.default_rng(0).normal(size=(60, 3))
y = (X[:, 0] > 0).astype(int)
search = tuning.grid_search(Slow(), X, y, grid={{"alpha": [0.1, 1, 10, 100]}}, cv=3, file={file!r})
print(search.table["mean_test_score"].sort_index().tolist())
"""


def test_a_search_that_is_killed_goes_on_to_the_same_table(tmp_path):
    log, file = tmp_path / "log", tmp_path / "search.jsonl"

    def run(at, name):
        code = KILLED.format(folder=str(tmp_path), log=str(log), at=at, file=str(tmp_path / name))
        return subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)

    killed = run(7, file.name)
    assert killed.returncode != 0
    assert [json.loads(line).get("number") for line in file.read_text().splitlines()][1:] == [0, 1, 2, 3, 0, 1]
    assert run(0, file.name).stdout == run(0, "whole.jsonl").stdout != ""
    assert fits(log) == 7 + (12 - 6 + 1) + 13


@pytest.mark.parametrize(("progress", "shown"), [(True, True), (False, False), (None, False)])
def test_progress_shows_when_asked_and_not_where_nobody_looks(progress, shown, capsys, monkeypatch):
    monkeypatch.setattr("mlsd.tuning.progress.PATIENCE_SECONDS", 0)
    grid(progress=progress)
    said = capsys.readouterr()
    assert ("18/18 fits, time left" in said.err) == shown
    assert said.out == ""
