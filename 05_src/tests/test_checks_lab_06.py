"""Lab 06 as a whole: its solutions are right, and what its text says about the numbers is true.

The answers that its checks get to see stand in cases/lab_06.py.
"""

import runpy

import matplotlib.pyplot as plt
import pytest
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from course import checks, notebooks
from mlsd import evaluate, settings


@pytest.fixture(scope="module")
def lab():
    """The lab, run once as a script: its variables, and what the checks said under the name `told_by_checks`."""
    with pytest.MonkeyPatch.context() as patch:
        told = {}
        ask = checks.check
        patch.setattr(checks, "check", lambda name, answer: told.update({name: ask(name, answer).status}))
        patch.setattr(plt, "show", plt.close)
        names = runpy.run_path(str(settings.root() / notebooks.SOURCES / "06_pipelines_and_imbalance.py"))
    return names | {"told_by_checks": told}


def test_every_solution_is_right(lab):
    assert lab["told_by_checks"] == {f"06.{n}": "correct" for n in range(1, 5)}


def test_a_pipeline_that_shares_its_classifier_answers_otherwise_after_the_other_was_fitted(lab):
    first, second = (average_precision_score(lab["y_test"], lab[name]) for name in ("first", "second"))
    assert first > second + 0.05


def test_before_the_folds_resampling_pretends_a_perfect_forest(lab):
    truth = roc_auc_score(lab["y_test"], lab["truth"])
    assert lab["before"] > 0.99
    assert truth - 0.05 < lab["inside"] < truth + 0.07


def test_no_way_of_resampling_ranks_better_or_costs_less_than_a_threshold(lab):
    y, told = lab["y_train"], lab["told"]
    table = evaluate.panel(y, told, threshold=lab["cuts"], costs=lab["costs"]).drop(columns="note")
    others = table.drop(columns="nothing")
    assert (others.loc["average_precision"] < table.loc["average_precision", "nothing"]).all()
    assert (others.loc["cost"] > table.loc["cost", "nothing"]).all()
    assert (others.loc["log_loss"] > 2 * table.loc["log_loss", "nothing"]).all()


def test_restored_probabilities_are_believable_again(lab):
    restored, plain = (log_loss(lab["y_train"], said) for said in (lab["restored"], lab["told"]["nothing"]))
    assert restored == pytest.approx(plain, rel=0.02)
