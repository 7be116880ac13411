"""Lab 13 as a whole: its solutions are right, and what its text says about the numbers is true.

The answers that its checks get to see stand in cases/lab_13.py.
"""

import runpy

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course import checks, notebooks
from mlsd import factory, settings


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The lab, run once as a script: its variables, and what the checks said under the name `told_by_checks`."""
    home = tmp_path_factory.mktemp("data with a space")
    with pytest.MonkeyPatch.context() as patch:
        told = {}
        ask = checks.check
        patch.setattr(checks, "check", lambda name, answer: told.update({name: ask(name, answer).status}))
        patch.setattr(plt, "show", lambda: plt.close("all"))
        patch.setenv("MLSD_DATA_DIR", str(home))
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{(home / 'mlflow.db').as_posix()}")
        names = runpy.run_path(str(settings.root() / notebooks.SOURCES / "13_model_factory.py"))
        yield names | {"told_by_checks": told}


def gate(lab, period, name="better"):
    return next(each for each in lab["outcome"][period]["gates"] if each["name"] == name)


def test_every_solution_is_right(lab):
    assert lab["told_by_checks"] == {f"13.{n}": "correct" for n in range(1, 5)}


def test_keys_follow_the_content_and_nothing_is_done_twice(lab):
    assert [(call["rows"], call["mean"]) for call in lab["calls"]] == [(False, False), (True, False), (False, True)]
    assert lab["done"].found == 4
    assert lab["journal"].query("what == 'end'")["step"].is_unique


def test_the_year_begins_as_the_text_tells_it(lab):
    table = lab["done"].table
    assert table["candidate"].tolist()[:2] == ["logistic", "boosted"]
    assert table["released"].tolist() == [True, True, False, False]
    assert table["alerts"].tolist()[1:] == ["other weather", "other weather", "wrong level"]
    assert table["rate"].iloc[-1] == pytest.approx(0.19, abs=0.002)
    assert table["mean_probability"].iloc[-1] == pytest.approx(0.12, abs=0.002)


def test_march_is_sure_by_flight_and_not_by_day_because_of_one_day(lab):
    assert lab["by_rows"].low > 0 > lab["by_days"].low
    assert len(lab["judges"]) == 12_544
    by_rows, by_days = (lab[name].high - lab[name].low for name in ("by_rows", "by_days"))
    assert by_days / by_rows == pytest.approx(4, abs=0.3)
    assert (lab["daily"].idxmax(), lab["daily"].idxmin()) == (18, 19)
    assert lab["daily"].max() == pytest.approx(0.08, abs=0.003)


def test_the_candidate_with_the_largest_gain_looks_at_the_tail(lab):
    gates = lab["read"](lab["REST"] + lab["TOO_FEW"]).gates
    found = {letter: factory.judge(trial, gates)[0] for letter, trial in lab["trials"].items()}
    assert all(each.passed for each in found.values())
    assert min(found, key=lambda letter: found[letter].seen) == "d"  # "log_loss 0.37..." is the smallest


def test_a_quarter_of_the_promise_came_and_april_s_candidate_was_refused_narrowly(lab):
    assert lab["came"].gain / lab["promised"] == pytest.approx(0.25, abs=0.05)
    assert "gain +0.0409, 95% interval -0.0006" in gate(lab, "2013-04")["seen"]
    assert not gate(lab, "2013-04", "calibrated")["passed"]


def test_the_first_flights_of_march_to_land_were_in_time_and_version_2_says_less_for_them(lab):
    landed = lab["flights"].query("month == 3").sort_values("known_at").head(30)
    one, two = (lab[name].predict_proba(landed)[:, 1].mean() for name in ("v1", "v2"))
    assert landed["late"].sum() == 1
    assert two < one


def test_who_looks_often_finds_luck_in_one_shadow_of_five(lab):
    naive, promoted = (np.mean([shadow[place] for shadow in lab["shadows"]]) for place in (1, 0))
    assert naive == pytest.approx(0.2, abs=0.03)
    assert promoted <= 0.05


def test_each_airport_is_refused_and_dask_finds_the_same_story(lab):
    assert not lab["at"].table["released"].any()
    again, done = ([told["outcome"] for told in lab[name].story] for name in ("again", "done"))
    assert again == done
