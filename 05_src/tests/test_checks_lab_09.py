"""Lab 09 as a whole: its solutions are right, and what its text says about the numbers is true.

The answers that its checks get to see stand in cases/lab_09.py.
"""

import logging

import matplotlib.pyplot as plt
import pytest

from course import checks, notebooks
from course.checks.lab_09 import _search
from mlsd import settings

SOURCE = settings.root() / notebooks.SOURCES / "09_tuning.py"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The lab, run once as a script: its variables, and what the checks said under the name `told_by_checks`."""
    # a cluster in this process: the processes have tests of their own, and `course labs` starts them
    text = SOURCE.read_text(encoding="utf-8").replace("workers=2", "workers=0")
    names, told, ask = {"__name__": "lab"}, {}, checks.check
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLSD_DATA_DIR", str(tmp_path_factory.mktemp("lab 09")))
        patch.setattr(checks, "check", lambda name, answer: told.update({name: ask(name, answer).status}))
        patch.setattr(plt, "show", plt.close)
        patch.setattr(logging.getLogger("mlsd.tuning.session"), "disabled", True)  # one candidate fails on purpose
        exec(compile(text, str(SOURCE), "exec"), names)
    return names | {"told_by_checks": told}


def test_every_solution_is_right(lab):
    assert lab["told_by_checks"] == {f"09.{n}": "correct" for n in range(1, 5)}


def test_the_check_searches_the_same_candidates_as_the_lab(lab):
    assert _search().index.tolist() == lab["C_search"].table.index.tolist()


def test_all_four_searches_cost_the_same_though_halving_makes_more_fits(lab):
    assert [lab["cost"](search) for search in lab["searches"].values()] == [16] * 4
    assert [search.fits for search in lab["searches"].values()] == [48, 48, 48, 180]


def test_no_search_beats_all_others_on_every_fold(lab):
    finals = lab["finals"]
    for name in finals:
        others = finals.drop(columns=name).max(axis=1)
        assert not (finals[name] > others).all()


def test_the_learning_rate_matters_more_than_leaves_and_penalty(lab):
    table = lab["searches"]["grid"].table
    spans = {name: table.groupby(f"param_{name}")["mean_test_score"].max() for name in lab["grid"]}
    spans = {name: best.max() - best.min() for name, best in spans.items()}
    assert spans[lab["rates"]] > 10 * max(spans[lab["leaves"]], spans[lab["penalties"]])


def test_halving_dropped_the_best_candidate_of_random_search_in_its_first_round(lab):
    rounds, best = lab["searches"]["halving"].table, lab["searches"]["random"].best_params
    assert rounds.loc[rounds["params"] == best, "iter"].tolist() == [0]


def test_in_the_valley_folds_differ_more_than_candidates(lab):
    valley = lab["trials"][lab["trials"]["param_clf__C"].between(0.002, 0.1)]
    between_candidates = valley["mean_test_score"].max() - valley["mean_test_score"].min()
    between_folds = valley[lab["splits"]].max(axis=1) - valley[lab["splits"]].min(axis=1)
    assert len(valley) > 3
    assert (between_folds > 2 * between_candidates).all()


def test_the_best_seed_promises_what_it_does_not_keep(lab):
    found, truth = lab["found"], lab["truth"]
    assert found.iloc[0] > found.mean() + 0.03
    assert truth[found.index[0]] < truth.mean()


def test_the_order_of_promises_did_not_hold_in_later_months(lab):
    assert sorted(lab["promised"], key=lab["promised"].get).index("logistic") == 3
    assert min(lab["kept"], key=lab["kept"].get) == "logistic"
