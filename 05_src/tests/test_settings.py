import pytest

from mlsd import settings
from mlsd.errors import SettingsError


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "root", lambda: tmp_path)
    monkeypatch.delenv("MLSD_DATA_DIR")
    return tmp_path


def test_the_environment_comes_before_the_file_and_the_file_before_the_default(project, monkeypatch):
    assert settings.get("LOG_LEVEL", "INFO") == "INFO"
    (project / ".env").write_text("LOG_LEVEL=DEBUG\nMLSD_DASK_SCHEDULER=\n")
    assert settings.log_level() == "DEBUG"
    monkeypatch.setenv("LOG_LEVEL", "error")
    assert settings.log_level() == "ERROR"
    assert settings.dask_scheduler() is None


def test_without_settings_database_and_tracking_are_files_in_the_data_folder(project):
    assert settings.database_url() == f"sqlite:///{project.as_posix()}/05_src/data/mlsd.db"
    assert settings.tracking_uri() == f"sqlite:///{project.as_posix()}/05_src/data/mlflow.db"


def test_a_relative_data_folder_starts_at_the_root_from_anywhere(project, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("MLSD_DATA_DIR", "elsewhere/data")
    monkeypatch.chdir(tmp_path_factory.mktemp("other"))
    assert settings.data_dir() == project / "elsewhere" / "data"


def test_a_relative_sqlite_file_starts_at_the_root_too(project, monkeypatch):
    monkeypatch.setenv("MLSD_DATABASE_URL", "sqlite:///my/own.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project.as_posix()}/runs.db")
    assert settings.database_url() == f"sqlite:///{project.as_posix()}/my/own.db"
    assert settings.tracking_uri() == f"sqlite:///{project.as_posix()}/runs.db"


def test_the_courses_own_names_mean_what_they_mean_to_a_notebook(project):
    (project / ".env").write_text("PRICE_DATA=../../05_src/data/prices\n")
    assert settings.price_data() == project / "05_src" / "data" / "prices"
    assert settings.credit_data() == project / "05_src" / "data" / "credit" / "credit.csv"


def test_an_unknown_level_names_the_known(monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    with pytest.raises(SettingsError, match=r"must be one of \['DEBUG'.*got: 'LOUD'"):
        settings.log_level()


def test_an_env_file_from_powershell_is_named(project):
    (project / ".env").write_bytes("LOG_LEVEL=DEBUG".encode("utf-16"))
    with pytest.raises(SettingsError, match="Save it again as UTF-8"):
        settings.database_url()


def test_a_byte_order_mark_does_no_harm(project):
    (project / ".env").write_bytes(b"\xef\xbb\xbfLOG_LEVEL=DEBUG")
    assert settings.log_level() == "DEBUG"
