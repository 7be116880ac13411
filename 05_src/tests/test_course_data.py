from pathlib import Path

import dask.dataframe as dd
import pandas as pd
import pytest

from mlsd import cli, course_data, lake, settings


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of its own, whose .env is read as a learner's is."""
    example = (settings.root() / ".env.example").read_text(encoding="utf-8")
    root = tmp_path / "my course"
    for folder in ("05_src", "01_materials/labs", "02_activities/assignments"):
        (root / folder).mkdir(parents=True)
    (root / ".env.example").write_text(example, encoding="utf-8")
    monkeypatch.setattr(settings, "root", lambda: root)
    monkeypatch.delenv("MLSD_DATA_DIR")
    return root


def test_the_command_makes_env_prices_fires_and_credit(project, capsys):
    assert cli.main(["data", "--tickers", "5"]) == 0
    assert (project / ".env").read_text() == (project / ".env.example").read_text()
    assert len(pd.read_csv(project / "05_src/data/fires/forestfires.csv")) == 517
    assert len(pd.read_csv(project / "05_src/data/credit/credit.csv", nrows=5)) == 5
    assert "rows of synthetic prices" in capsys.readouterr().out


def test_notebooks_find_the_prices_by_their_own_env_and_glob(project, monkeypatch):
    course_data.make_all(lambda text: None, n_tickers=5)
    for folder in ("01_materials/labs", "02_activities/assignments"):
        monkeypatch.chdir(project / folder)
        prices = Path(settings.dotenv_values()["PRICE_DATA"])
        files = sorted(prices.glob("*/*/part.0.parquet"))
        assert files == sorted(prices.glob("**/*.parquet"))
        assert {"source", "ticker", "Year", "Adj Close"} <= set(dd.read_parquet(files).columns)
    assert lake.read(settings.price_data())["ticker"].nunique() == 5


def test_what_is_there_is_never_written_over(project):
    fires = project / "05_src/data/fires/forestfires.csv"
    fires.parent.mkdir(parents=True)
    fires.write_text("mine")
    (project / ".env").write_text("LOG_LEVEL=DEBUG\n")
    said = []
    course_data.make_all(said.append, n_tickers=5)
    course_data.make_all(said.append, n_tickers=5)
    assert fires.read_text() == "mine"
    assert (project / ".env").read_text() == "LOG_LEVEL=DEBUG\n"
    assert sum(f"There already: {settings.price_data()}" in line for line in said) == 1


def test_a_data_folder_that_cannot_be_made_names_the_setting(project, monkeypatch, capsys):
    (project / "file").write_text("")
    monkeypatch.setenv("MLSD_DATA_DIR", "file/below")
    assert cli.main(["data"]) == 2
    assert "MLSD_DATA_DIR" in capsys.readouterr().err
