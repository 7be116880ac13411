"""Lab 04 as a whole: its solutions are right and its tables go, on SQLite and on PostgreSQL.

The answers that its checks get to see stand in cases/lab_04.py.
"""

import runpy

import matplotlib.pyplot as plt
import pytest

from course import checks, notebooks
from mlsd import settings, store


@pytest.fixture
def told(monkeypatch):
    """What the checks said, by question, in a lab that runs as a script."""
    told = {}
    ask = checks.check
    monkeypatch.setattr(checks, "check", lambda name, answer: told.update({name: ask(name, answer).status}))
    monkeypatch.setattr(plt, "show", plt.close)
    return told


def test_every_solution_is_right_and_no_table_stays(database_url, monkeypatch, told):
    monkeypatch.setenv("MLSD_DATABASE_URL", database_url)
    db = store.connect()
    db.execute("create table yours (n integer)")
    db.execute("create table lab04_left_by_an_earlier_run (n integer)")
    runpy.run_path(str(settings.root() / notebooks.SOURCES / "04_databases.py"))
    assert told == {f"04.{n}": "correct" for n in range(1, 6)}
    assert db.tables() == ["yours"]
    assert len(db.read("select * from mlsd_columns")) == 0
