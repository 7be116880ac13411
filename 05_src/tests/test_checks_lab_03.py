"""Lab 03 as a whole, on fewer rows: its solutions are right, nothing stays, and the learner's prices are left alone.

The answers that its checks get to see stand in cases/lab_03.py.
"""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from course import checks, notebooks
from course.checks import lab_03
from mlsd import cluster, datasets, settings

SOURCE = settings.root() / notebooks.SOURCES / "03_files_and_dask.py"


@pytest.fixture
def told(monkeypatch):
    """What the checks said, by question, in a lab that runs as a script."""
    told = {}
    ask = checks.check
    monkeypatch.setattr(checks, "check", lambda name, answer: told.update({name: ask(name, answer).status}))
    monkeypatch.setattr(plt, "show", plt.close)
    return told


@pytest.fixture
def few_flights(monkeypatch):
    flights = datasets.load_flights()[:20_000]
    monkeypatch.setattr(datasets, "load_flights", lambda: flights.copy(), raising=False)
    monkeypatch.setattr(lab_03, "_bytes", lab_03._bytes.__wrapped__)


@pytest.fixture
def in_this_process(monkeypatch):
    """Spare the start of two processes, which takes longer than the rest; `course labs` does it."""
    connect = cluster.connect
    monkeypatch.setattr(cluster, "connect", lambda workers: connect(workers=0))


def run(**constants):
    """Run the lab's source with other constants, as a module that nobody can import, like a notebook's."""
    text = SOURCE.read_text(encoding="utf-8")
    for name, value in constants.items():
        assert text.count(f"\n{name} = ") == 1
        text = text.replace(f"\n{name} = ", f"\n{name} = {value}  # ")
    exec(compile(text, str(SOURCE), "exec"), {"__name__": "lab"})


def test_every_solution_is_right_and_only_the_learners_own_files_stay(few_flights, in_this_process, told):
    yours = settings.price_data() / "MINE" / "MINE_2020" / "part.0.parquet"
    yours.parent.mkdir(parents=True)
    pd.DataFrame({"Close": [1.0]}).to_parquet(yours)
    before = yours.read_bytes()
    run(ROW=15_000, N_TICKERS=6)
    assert told == {f"03.{n}": "correct" for n in range(1, 6)}
    assert [path for path in settings.data_dir().rglob("*") if path.is_file()] == [yours]
    assert yours.read_bytes() == before
