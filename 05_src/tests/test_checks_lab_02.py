"""Lab 02 as a whole: its solutions are right. The answers that its checks get to see stand in cases/lab_02.py."""

import runpy

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from course import checks, notebooks
from course.checks import lab_02
from mlsd import settings


@pytest.fixture
def told(monkeypatch):
    """What the checks said, by question, in a lab that runs as a script."""
    told = {}
    ask = checks.check
    monkeypatch.setattr(checks, "check", lambda name, answer: told.update({name: ask(name, answer).status}))
    monkeypatch.setattr(plt, "show", plt.close)
    return told


def test_every_solution_is_right(told):
    with pd.option_context("display.float_format", None):  # the lab sets it, and other tests print frames too
        runpy.run_path(str(settings.root() / notebooks.SOURCES / "02_framing.py"))
    assert told == {f"02.{n}": "correct" for n in range(1, 5)}


def test_no_airline_is_near_the_line():
    """A last digit that differs on another machine must not change who is right."""
    saved = lab_02._saved_by_carrier() / lab_02.MONTHS
    assert (abs(saved - lab_02.UPKEEP) > 1000).all()
