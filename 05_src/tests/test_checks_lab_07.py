"""Lab 07 as a whole: its solutions are right, and what its text says about the numbers is true.

The answers that its checks get to see stand in cases/lab_07.py.
"""

import runpy

import matplotlib.pyplot as plt
import pytest
from threadpoolctl import threadpool_limits

from course import checks, notebooks
from mlsd import settings

LEAKS = ["1 after the decision", "2 making of the data", "3 target encoding", "4 copies", "5 split by chance"]


@pytest.fixture(scope="module")
def lab():
    """The lab, run once as a script: its variables, and what the checks said under the name `told_by_checks`."""
    # The notebook sets OMP_NUM_THREADS, which is too late where scikit-learn is loaded already.
    with pytest.MonkeyPatch.context() as patch, threadpool_limits(1):
        told = {}
        ask = checks.check
        patch.setattr(checks, "check", lambda name, answer: told.update({name: ask(name, answer).status}))
        patch.setattr(plt, "show", plt.close)
        names = runpy.run_path(str(settings.root() / notebooks.SOURCES / "07_features_without_leaks.py"))
    return names | {"told_by_checks": told}


@pytest.fixture
def auc(lab):
    return lab["table"]["AUC"]


def test_every_solution_is_right(lab):
    assert lab["told_by_checks"] == {f"07.{n}": "correct" for n in range(1, 5)}


def test_rain_tells_more_the_nearer_the_departure(lab):
    signal = dict(zip(lab["hours"], lab["signal"], strict=True))
    assert max(signal, key=signal.get) == 2
    assert signal[-6] == pytest.approx(0.10, abs=0.01)
    assert signal[0] == pytest.approx(0.14, abs=0.01)


def test_the_honest_model_beats_the_rate_by_time_of_day(lab):
    panel = lab["panel"].drop(columns="note")
    assert panel.loc["roc_auc", "boosted"] == pytest.approx(0.75, abs=0.01)
    assert panel.loc["roc_auc", "boosted"] > panel.loc["roc_auc", "time of day"] + 0.08
    assert panel.loc["average_precision", "boosted"] > 2 * panel.loc["average_precision", "time of day"]


def test_every_leak_but_the_preparation_pretends_more_than_the_honest_model(auc):
    assert (auc.loc[LEAKS, "pretended"] > auc.loc["honest", "pretended"] + 0.01).all()
    assert auc.loc["6 prepared before", "optimism"] == pytest.approx(0, abs=0.01)


def test_no_leaky_model_does_better_at_work_than_the_honest_one(auc):
    assert (auc["at_work"] < auc.loc["honest", "at_work"] + 0.003).all()


def test_the_three_that_pretend_most_do_worst_at_work(auc):
    assert set(auc["pretended"].nlargest(3).index) == set(auc["at_work"].nsmallest(3).index)


def test_the_audit_finds_the_marks_and_not_the_delay(lab):
    found = lab["audited"].table
    assert set(found["kind"]) == {"duplicates", "target encoding", "scaling", "after decision"}
    assert ("dep_delay",) not in set(found["columns"])
