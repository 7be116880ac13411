import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from mlsd import compose, services, settings
from mlsd.errors import ServiceError, SettingsError

from .real.postgres import free_port

STAND_IN = """#!/bin/sh
echo "$@" >> "{folder}/calls"
case "$*" in
  info*) echo 28.0 ;;
  "compose version") echo v2 ;;
  *" ps "*) cat "{folder}/containers" 2>/dev/null ;;
  *" up "*) [ -e "{folder}/broken" ] && exit 17; echo abc > "{folder}/containers" ;;
  *" down") rm "{folder}/containers" ;;
esac
"""
needs_sh = pytest.mark.skipif(os.name == "nt", reason="the stand-in for Docker is a shell script")


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """No engine can run inside a test: a script stands in for `docker` and writes down how it was called."""
    folder = tmp_path / "docker stand-in"
    folder.mkdir()
    (folder / "docker").write_text(STAND_IN.format(folder=folder))
    (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("POSTGRES_PORT", str(free_port()))
    monkeypatch.setenv("MLFLOW_PORT", str(free_port()))
    return folder


def row(name):
    return next(service for service in services.status() if service.name == name)


def test_with_nothing_set_files_and_this_process_serve():
    database, tracking, cluster = services.status()
    assert (database.reachable, database.address) == (True, settings.database_url())
    assert (tracking.reachable, tracking.address) == (True, settings.tracking_uri())
    assert "`mlsd up`" in tracking.fix
    assert cluster.address == "this process"


def test_a_database_that_answers_counts_its_tables_and_hides_its_password(postgres_url, monkeypatch):
    monkeypatch.setenv("MLSD_DATABASE_URL", postgres_url)
    database = row("Database")
    assert (database.reachable, database.seen) == (True, "0 tables")
    assert ":***@127.0.0.1" in database.address


def test_a_database_that_is_down_names_the_command_that_starts_it(monkeypatch):
    monkeypatch.setenv("MLSD_DATABASE_URL", f"postgresql+psycopg2://mlsd:s3cret@127.0.0.1:{free_port()}/mlsd")
    database = row("Database")
    assert not database.reachable
    assert "`mlsd up`" in database.fix
    assert "s3cret" not in f"{database}"


@pytest.mark.parametrize("url", ["mysql://root@127.0.0.1/x", "not a url", "sqlite://"])
def test_a_wrong_database_url_names_the_variable_to_set(url, monkeypatch):
    monkeypatch.setenv("MLSD_DATABASE_URL", url)
    assert not row("Database").reachable
    assert "MLSD_DATABASE_URL" in row("Database").fix


def test_a_file_that_is_no_database_is_not_reachable(tmp_path, monkeypatch):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n" * 100)
    monkeypatch.setenv("MLSD_DATABASE_URL", f"sqlite:///{(tmp_path / 'table.csv').as_posix()}")
    assert "not a database" in row("Database").seen
    assert row("Database").address.endswith("table.csv")


def test_a_tracking_server_that_answers_is_shown_with_its_version(mlflow_server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    assert row("Tracking server").seen.startswith("MLflow 3.")


def test_a_server_that_runs_and_is_not_used_yet_says_how_to_use_it(mlflow_server, monkeypatch):
    monkeypatch.setenv("MLFLOW_PORT", mlflow_server.rpartition(":")[2])
    assert row("Tracking server").fix == f"To use it, set in .env: MLFLOW_TRACKING_URI={mlflow_server}"


def test_a_tracking_server_that_is_down_names_the_command_that_starts_it(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    tracking = row("Tracking server")
    assert not tracking.reachable
    assert "`mlsd up`" in tracking.fix


def test_a_tracking_server_that_accepts_and_says_nothing_is_given_up(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert not row("Tracking server").reachable


def test_a_tracking_folder_is_refused_with_what_is_allowed(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "./mlruns")
    assert "MLFLOW_TRACKING_URI" in row("Tracking server").fix


def test_a_scheduler_that_listens_is_reachable(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as scheduler:
        monkeypatch.setenv("MLSD_DASK_SCHEDULER", f"tcp://127.0.0.1:{scheduler.getsockname()[1]}")
        assert row("Dask cluster").reachable


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "tcp://127.0.0.1:port"])
def test_a_scheduler_that_does_not_answer_names_the_variable(address, monkeypatch):
    monkeypatch.setenv("MLSD_DASK_SCHEDULER", address)
    assert not row("Dask cluster").reachable
    assert "MLSD_DASK_SCHEDULER" in row("Dask cluster").fix


def test_a_port_that_is_no_number_is_a_row_not_an_error(monkeypatch):
    monkeypatch.setenv("MLFLOW_PORT", "five thousand")
    assert "MLFLOW_PORT must be a number" in row("Tracking server").seen


def test_an_answer_that_never_comes_is_a_timeout():
    forever = threading.Event()
    answers = services.answers_of({"quick": lambda: 1, "never": forever.wait}, seconds=0.2)
    forever.set()
    assert answers["quick"] == 1
    assert isinstance(answers["never"], TimeoutError)


def test_a_taken_port_is_named_with_its_owner_and_the_fix(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        monkeypatch.setenv("MLFLOW_PORT", str(number))
        with pytest.raises(ServiceError, match=rf"Port {number} .* is taken by(?s:.*)Set MLFLOW_PORT=\d+ in .env"):
            services.up(local=True)


@needs_sh
def test_where_an_engine_answers_up_uses_compose_and_says_what_to_set(docker, monkeypatch):
    monkeypatch.setenv("POSTGRES_PASSWORD", "s3cret")
    first, again = services.up(), services.up()
    assert (first.how, first.new, again.new) == ("Docker Compose", True, False)
    assert any("MLSD_DATABASE_URL=postgresql+psycopg2://mlsd:YOUR_PASSWORD@127.0.0.1" in note for note in first.notes)
    assert any(f"MLFLOW_TRACKING_URI={first.tracking_uri}" in note for note in first.notes)
    assert "up --detach --wait" in (docker / "calls").read_text()


@needs_sh
def test_down_ends_what_compose_runs_and_says_so_once(docker, monkeypatch):
    monkeypatch.setenv("POSTGRES_PASSWORD", "s3cret")
    services.up()
    monkeypatch.delenv("POSTGRES_PASSWORD")
    assert services.down() == ["Stopped the services of Docker Compose. Their data stay in its volumes."]
    assert services.down() == []


@needs_sh
def test_with_docker_and_no_password_up_says_where_to_set_one(docker):
    with pytest.raises(SettingsError, match=r"POSTGRES_PASSWORD is not set(?s:.*)set it in \.env"):
        services.up()


@needs_sh
def test_when_compose_fails_up_names_the_next_step(docker, monkeypatch):
    monkeypatch.setenv("POSTGRES_PASSWORD", "s3cret")
    (docker / "broken").touch()
    with pytest.raises(ServiceError, match=r"failed \(code 17\)(?s:.*)docker compose logs"):
        services.up()


@needs_sh
def test_with_docker_a_taken_postgres_port_is_found_before_anything_starts(docker, monkeypatch):
    monkeypatch.setenv("POSTGRES_PASSWORD", "s3cret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("POSTGRES_PORT", str(server.getsockname()[1]))
        with pytest.raises(ServiceError, match="POSTGRES_PORT"):
            services.up()
    assert " up " not in (docker / "calls").read_text()


@needs_sh
def test_workers_get_the_python_of_the_learner(docker, monkeypatch):
    monkeypatch.setenv("POSTGRES_PASSWORD", "s3cret")
    with (docker / "docker").open("a") as script:
        script.write('echo "$MLSD_PYTHON $PWD" > "$(dirname "$0")/given"\n')
    services.up()
    assert (docker / "given").read_text().startswith(f"{sys.version_info.major}.{sys.version_info.minor} ")


@needs_sh
def test_without_the_compose_plugin_the_program_of_that_name_is_used(docker, monkeypatch):
    script = docker / "docker"
    script.write_text(script.read_text().replace('"compose version") echo v2', '"compose version") exit 1'))
    monkeypatch.setenv("PATH", str(docker))
    assert Path(compose.command()[0]) == Path(sys.executable).with_name("docker-compose")


@needs_sh
def test_without_an_engine_there_is_no_compose(docker):
    (docker / "docker").write_text("#!/bin/sh\nexit 1\n")
    assert compose.command() is None
