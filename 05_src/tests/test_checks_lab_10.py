"""Lab 10 as a whole: its solutions are right, and what its text says about the numbers is true.

The answers that its checks get to see stand in cases/lab_10.py.
"""

import runpy

import matplotlib.pyplot as plt
import pytest
from sklearn.metrics import log_loss

from course import checks, notebooks
from course.checks.lab_10 import WORST
from mlsd import evaluate, settings


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The lab, run once as a script: its variables, and what the checks said under the name `told_by_checks`."""
    with pytest.MonkeyPatch.context() as patch:
        told = {}
        ask = checks.check
        patch.setattr(checks, "check", lambda name, answer: told.update({name: ask(name, answer).status}))
        patch.setattr(plt, "show", plt.close)
        patch.setenv("MLSD_DATA_DIR", str(tmp_path_factory.mktemp("data with a space")))
        names = runpy.run_path(str(settings.root() / notebooks.SOURCES / "10_evaluation.py"))
    return names | {"told_by_checks": told}


def test_every_solution_is_right(lab):
    assert lab["told_by_checks"] == {f"10.{n}": "correct" for n in range(1, 5)}


def test_the_trees_save_more_than_the_baselines_and_folds_cannot_tell_them_from_the_logistic_regression(lab):
    skill = lab["panel"].loc["skill"]
    assert skill["boosted"] > skill["logistic"] > 3 * skill["time of day"] > 0
    assert lab["difference"].low < 0 < lab["difference"].high


def test_class_weights_spoil_the_reliability_and_leave_the_resolution(lab):
    late, said = lab["autumn"]["late"], lab["said"]
    plain, weighted = (evaluate.brier_parts(late, said[name]) for name in ("boosted", "balanced"))
    assert weighted["reliability"] > 50 * plain["reliability"]
    assert weighted["resolution"] == pytest.approx(plain["resolution"], rel=0.1)


def test_a_calibration_does_not_change_the_order_and_improves_the_loss(lab):
    late, said = lab["autumn"]["late"], lab["said"]
    assert log_loss(late, said["calibrated"]) < log_loss(late, said["boosted"])
    assert (said["calibrated"].argsort() == said["boosted"].argsort()).mean() > 0.99


def test_the_worst_slice_is_the_one_that_the_check_expects(lab):
    assert lab["worst"]["slice"] == WORST


def test_three_days_hold_three_quarters_of_the_worst_slice(lab):
    days = lab["autumn"].loc[lab["inside"], "day"].value_counts()
    assert days.head(3).sum() / days.sum() == pytest.approx(0.75, abs=0.03)


def test_where_no_slice_is_bad_a_hundred_look_so_and_none_does_when_all_are_counted(lab):
    table = lab["none_is_bad"]
    assert (table["low"] > 0).sum() > 100
    assert table["p_adjusted"].min() > 0.05


def test_laguardia_is_better_on_the_whole_and_worse_in_the_afternoon(lab):
    whole, _, afternoon = lab["paradox"].table.itertuples()
    assert lab["paradox"].reversed
    assert whole.high < 0 < afternoon.low


def test_what_was_forbidden_to_the_trees_was_chance(lab):
    late, said = lab["autumn"]["late"], lab["said"]
    assert evaluate.direction(lab["monotonic"], lab["some"], lab["worse"], sign=1).passed
    assert log_loss(late, said["monotonic"]) < log_loss(late, said["boosted"]) + 0.001


def test_one_width_for_all_lets_the_morning_pay_and_a_width_each_does_not(lab):
    shared, repaired = (lab[name].set_index("group")["coverage"] for name in ("shared", "repaired"))
    assert shared["before 10:00"] > 0.96
    assert shared[["14:00 to 18:00", "from 18:00"]].max() < 0.87
    assert repaired[lab["STRETCHES"]].sub(0.9).abs().max() < 0.01


def test_after_a_calm_autumn_the_promise_is_broken_in_december(lab):
    kept = lab["by_month"]
    assert kept.loc[12, "from the calm autumn"] < 0.84
    assert kept.loc[[9, 10, 11], "from the summer"].min() > 0.94


def test_the_card_shows_what_failed_and_what_is_not_recorded(lab):
    page = lab["page"].read_text(encoding="utf-8")
    assert page.count("FAILED") == 2
    assert "not recorded" in page
