"""Lab 05 as a whole: its solutions are right. The answers that its checks get to see stand in cases/lab_05.py."""

import runpy

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course import checks, notebooks
from course.checks import check
from mlsd import settings


@pytest.fixture
def told(monkeypatch):
    """What the checks said, by question, in a lab that runs as a script."""
    told = {}
    ask = checks.check
    monkeypatch.setattr(checks, "check", lambda name, answer: told.update({name: ask(name, answer).status}))
    monkeypatch.setattr(plt, "show", plt.close)
    return told


def test_every_solution_is_right_and_the_lab_says_what_its_data_says(told):
    lab = runpy.run_path(str(settings.root() / notebooks.SOURCES / "05_sampling_and_labels.py"))
    assert told == {f"05.{n}": "correct" for n in range(1, 7)}
    ahead = {kind: int((gain.loc[200] > 0).sum()) for kind, gain in lab["gains"].items()}
    assert ahead["after landing"] >= 7
    assert ahead["before departure"] <= 5


def test_a_function_that_still_gives_dots_is_not_tried():
    assert check("05.4", lambda log: ...).status == "not tried"
    assert check("05.5", lambda probability, n: ...).status == "not tried"


def test_a_function_cannot_change_the_data_that_it_is_judged_by():
    def spoil(log):
        log["dep_delay"] = 0
        return np.zeros(len(log))

    first = check("05.4", spoil)
    assert first.status == "wrong"
    assert check("05.4", spoil) == first
