"""Lab 11 as a whole: its solutions are right, and what its text says about the numbers is true.

The answers that its checks get to see stand in cases/lab_11.py.
"""

import logging
import runpy

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course import checks, notebooks
from mlsd import settings


@pytest.fixture(scope="module")
def lab():
    """The lab, run once as a script: its variables, and what the checks said under the name `told_by_checks`."""
    log = logging.getLogger("mlsd.explain")
    level = log.level
    with pytest.MonkeyPatch.context() as patch:
        told = {}
        ask = checks.check
        patch.setattr(checks, "check", lambda name, answer: told.update({name: ask(name, answer).status}))
        patch.setattr(plt, "show", lambda: plt.close("all"))
        names = runpy.run_path(str(settings.root() / notebooks.SOURCES / "11_explanations.py"))
    yield names | {"told_by_checks": told}
    log.setLevel(level)  # the lab told it to keep quiet


def effects(explanation, column):
    return explanation.values[:, list(explanation.feature_names).index(column)]


def test_every_solution_is_right(lab):
    assert lab["told_by_checks"] == {f"11.{n}": "correct" for n in range(1, 5)}


def test_the_debt_ratio_makes_one_step_for_everybody_and_is_asked_of_those_without_an_income(lab):
    curve = lab["curve"].set_index("debt_ratio")["average"]
    assert curve[curve.index < 0.42].max() < 0.07
    assert curve[(curve.index > 0.5) & (curve.index < 1.2)].between(0.09, 0.11).all()
    assert lab["X_train"].loc[lab["unknown"], "debt_ratio"].min() == 20


def test_a_flat_mean_hides_an_x(lab):
    winds = lab["winds"]
    assert np.ptp(winds.mean()) < 1.5
    assert np.ptp(winds, axis=1).mean() > 10


def test_a_twin_takes_the_importance_and_together_it_is_back(lab):
    before = lab["shuffles"]["importance"]
    assert before.index[0] == lab["first"]
    assert before.index[1] == "num_90_days_late"
    alone, other = (lab["drop"]([name]) for name in (lab["first"], lab["second"]))
    both = lab["drop"]([lab["first"], lab["second"]])
    assert max(alone, other) < before["num_90_days_late"]
    assert alone + other < 0.7 * both
    assert both == pytest.approx(before[lab["first"]], abs=0.01)


def test_the_rare_column_is_second_by_permutation_and_sixth_by_mean_effect(lab):
    sizes = np.abs(lab["log_odds"].values).mean(axis=0)
    order = [lab["log_odds"].feature_names[i] for i in np.argsort(-sizes)]
    assert order.index("num_90_days_late") == 5


def test_the_order_of_columns_differs_between_the_scales(lab):
    log_odds, probability = (np.abs(found.values) for found in lab["both"].values())
    assert np.argsort(-log_odds).tolist() != np.argsort(-probability).tolist()


def test_the_longest_bar_shrinks_against_those_who_were_late(lab):
    named = list(lab["X"]).index("num_90_days_late")
    assert lab["against"]["were late"][named] < 0.7 * lab["against"]["anybody"][named]
    answers = [found[-1] for found in lab["against"].values()]
    assert np.ptp(answers) < 1e-6


def test_the_step_that_was_learned_is_smaller_than_the_true_one(lab):
    ratio, effect = lab["ratio"], lab["effect"]
    step = effect[ratio > 0.45].mean() - effect[ratio <= 0.45].mean()
    assert 0.7 < step < 1.07


def test_two_models_of_the_same_fires_tell_two_stories(lab):
    place = {}
    for model in ("of_linear", "of_trees"):
        sizes = np.abs(lab[model].values).mean(axis=0)
        place[model] = [lab[model].feature_names[i] for i in np.argsort(-sizes)]
    assert place["of_trees"][0] == "FFMC"
    assert place["of_linear"].index("FFMC") >= 5
    assert place["of_linear"][:2] == ["wind", "ISI"]
    assert place["of_linear"][4] == "day"


def test_income_works_through_the_debt_ratio(lab):
    plain, doubled, halved = (lab["boosted"].predict_proba(rows)[:, 1].mean() for rows in lab["what_if"].values())
    assert plain - doubled < 0.003
    assert plain - halved > 0.01


def test_five_columns_can_go_each_of_four_can_and_the_four_cannot(lab):
    assert lab["removal"].harmless
    assert all(row["can go"] for row in lab["alone"].values())
    assert not lab["four"].harmless
    assert lab["four"].high > 0
