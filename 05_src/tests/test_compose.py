"""The compose file, read by the real Docker Compose. No engine is needed for that."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from mlsd import mlflow_server, ports, settings

from .real.postgres import free_port, own_group

COMPOSE = shutil.which("docker-compose", path=str(Path(sys.executable).parent))
DEFAULT, DASK = ["postgres", "mlflow"], ["dask-scheduler", "dask-worker-1", "dask-worker-2"]
PASSWORD = "an@odd:one/for?a#URL"


@pytest.fixture(autouse=True)
def no_profiles(monkeypatch):
    for name in ("COMPOSE_PROFILES", "COMPOSE_FILE", "MLSD_PYTHON"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def config(tmp_path):
    """What Docker Compose makes of the file, with these variables and no .env."""

    def run(*profiles, **variables):
        (tmp_path / "empty.env").touch()
        command = [
            COMPOSE,
            "--file",
            str(settings.root() / "docker-compose.yml"),
            "--env-file",
            str(tmp_path / "empty.env"),
        ]
        command += [word for profile in profiles for word in ("--profile", profile)]
        environment = os.environ | variables
        return subprocess.run([*command, "config", "--format", "json"], env=environment, capture_output=True, text=True)

    return run


@pytest.fixture
def services(config):
    return read(config("dask", POSTGRES_PASSWORD=PASSWORD))


def read(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["services"]


def published(services):
    return [port for service in services.values() for port in service.get("ports", [])]


def wait_for(address, server, log):
    for _ in range(600):
        try:
            return urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.2)
    raise TimeoutError(log.read_text())


@contextmanager
def running(command, address, log, **environment):
    with log.open("w") as file:
        server = subprocess.Popen(
            command, cwd=log.parent, env=os.environ | environment, stdout=file, stderr=file, **own_group()
        )
    processes = ((server.pid, psutil.Process(server.pid).create_time()),)
    try:
        wait_for(address, server, log)
        yield
    finally:
        mlflow_server.end(mlflow_server.Server(0, processes))
        server.wait(timeout=20)


def test_with_a_password_the_file_is_valid_and_has_postgres_and_mlflow(config):
    assert sorted(read(config(POSTGRES_PASSWORD=PASSWORD))) == sorted(DEFAULT)


def test_the_dask_profile_adds_a_scheduler_and_two_workers(services):
    assert sorted(services) == sorted(DEFAULT + DASK)
    workers = [services[name]["command"] for name in DASK if "worker" in name]
    assert all(command[:3] == ["dask", "worker", "tcp://dask-scheduler:8786"] for command in workers)


@pytest.mark.parametrize("variables", [{}, {"POSTGRES_PASSWORD": ""}])
def test_without_a_password_it_refuses_and_says_where_to_set_one(variables, config):
    done = config(**variables)
    assert done.returncode != 0
    assert re.search(r"POSTGRES_PASSWORD is missing a value: .*set it in \.env", done.stderr)


def test_every_port_is_open_to_this_machine_only(services):
    assert {port["host_ip"] for port in published(services)} == {"127.0.0.1"}
    assert len(published(services)) == len(ports.DEFAULTS)


@pytest.mark.parametrize("name", ports.DEFAULTS)
def test_a_port_has_the_default_that_mlsd_looks_at_and_moves_by_its_variable(name, services, config):
    moved = read(config("dask", POSTGRES_PASSWORD=PASSWORD, **{name: "12345"}))
    before = {int(port["published"]) for port in published(services)}
    after = {int(port["published"]) for port in published(moved)}
    assert before - after == {ports.DEFAULTS[name]}
    assert after - before == {12345}


def test_no_secret_stands_in_the_file(services):
    text = (settings.root() / "docker-compose.yml").read_text(encoding="utf-8")
    values = re.findall(r"^\s+\w*(?:PASSWORD|SECRET|TOKEN|KEY)\w*: *(.+)$", text, flags=re.MULTILINE)
    assert len(values) == 2
    assert all(value.startswith("${POSTGRES_PASSWORD:?") for value in values)
    assert not re.search(r"://[^/\s]*:[^/\s]*@", text)


def test_any_password_reaches_the_database_and_the_tracking_server_as_it_is(services):
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"] == PASSWORD
    assert services["mlflow"]["environment"]["PGPASSWORD"] == PASSWORD
    assert PASSWORD not in " ".join(services["mlflow"]["command"])


def test_data_and_artifacts_live_in_named_volumes(services):
    places = {name: {v["target"] for v in services[name]["volumes"] if v["type"] == "volume"} for name in DEFAULT}
    assert places == {"postgres": {"/var/lib/postgresql"}, "mlflow": {"/mlflow/artifacts"}}
    command = services["mlflow"]["command"]
    assert command[command.index("--artifacts-destination") + 1] == "/mlflow/artifacts"


def test_the_image_of_server_and_workers_installs_our_lock_and_nothing_newer(services):
    builds = {json.dumps(services[name]["build"]) for name in ["mlflow", *DASK]}
    build = json.loads(builds.pop())
    text = (Path(build["context"]) / build["dockerfile"]).read_text(encoding="utf-8")
    ignored = (Path(build["context"]) / f"{build['dockerfile']}.dockerignore").read_text(encoding="utf-8")
    assert builds == set()
    assert re.search(r"COPY requirements\.txt (\S+)\nRUN .*--require-hashes -r \1\n", text)
    assert "!requirements.txt" in ignored.splitlines()
    assert (Path(build["context"]) / "requirements.txt").samefile(settings.root() / "05_src" / "requirements.txt")


def test_each_service_has_a_health_check_and_waits_for_what_it_needs(services):
    assert all("test" in service["healthcheck"] for service in services.values())
    needs = {name: sorted(service.get("depends_on", {})) for name, service in services.items()}
    assert needs["mlflow"] == ["postgres"]
    assert needs["dask-worker-1"] == needs["dask-worker-2"] == ["dask-scheduler"]
    assert {n["condition"] for s in services.values() for n in s.get("depends_on", {}).values()} == {"service_healthy"}


def test_the_database_of_the_tracking_server_is_the_one_that_the_script_creates(services):
    script = next(v for v in services["postgres"]["volumes"] if v["target"].startswith("/docker-entrypoint-initdb.d/"))
    name = sa.make_url(backend(services)).database
    assert f"CREATE DATABASE {name};" in Path(script["source"]).read_text(encoding="utf-8")


def backend(services):
    command = services["mlflow"]["command"]
    return command[command.index("--backend-store-uri") + 1]


def test_workers_see_code_and_data_under_the_path_of_this_machine(config):
    worker = read(config("dask", POSTGRES_PASSWORD=PASSWORD, PWD="/srv/a clone"))["dask-worker-1"]
    assert worker["volumes"][0]["target"] == worker["environment"]["PYTHONPATH"] == "/srv/a clone/05_src"


def test_the_tracking_service_runs_on_postgresql_and_its_health_check_sees_the_api(services, postgres_url, tmp_path):
    """The very command and health check of the file, with a real PostgreSQL and other addresses."""
    database, number = sa.make_url(postgres_url), free_port()
    here = {
        backend(services): database.render_as_string().replace(":***", ""),
        "0.0.0.0": "127.0.0.1",
        "5000": str(number),
    }
    here |= {"/mlflow/artifacts": str(tmp_path / "artifacts"), "mlflow": str(Path(sys.executable).with_name("mlflow"))}
    command = [here.get(word, word) for word in services["mlflow"]["command"]]
    environment = services["mlflow"]["environment"] | {"PGPASSWORD": database.password or ""}
    with running(command, f"http://127.0.0.1:{number}/version", tmp_path / "log", **environment):
        check = services["mlflow"]["healthcheck"]["test"]
        assert healthy(check, "mlflow:5000", f"127.0.0.1:{number}")
        assert answer(number, "mlflow:5000") == answer(number, "localhost:4321") == 200
        assert answer(number, "evil.example") == 403
    assert not healthy(check, "mlflow:5000", f"127.0.0.1:{number}")


def healthy(check, address, here):
    words = [word.replace(address, here) for word in check[1:]]
    return subprocess.run([sys.executable, *words[1:]], capture_output=True).returncode == 0


def answer(number, host):
    api = f"http://127.0.0.1:{number}/api/2.0/mlflow/experiments/search?max_results=1"
    try:
        return urllib.request.urlopen(urllib.request.Request(api, headers={"Host": host}), timeout=10).status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_scheduler_and_worker_start_and_their_health_checks_answer(services, tmp_path):
    """The very commands of the file on other ports."""
    scheduler, dashboard, worker = free_port(), free_port(), free_port()
    here = {"8786": scheduler, "8787": dashboard, "8790": worker, "0.0.0.0": "127.0.0.1", "dask-scheduler": "127.0.0.1"}

    def moved(words):
        pattern = "|".join(map(re.escape, here))
        words = [re.sub(pattern, lambda found: str(here[found[0]]), word) for word in words]
        return [str(Path(sys.executable).with_name("dask")), *words[1:]]

    commands = [moved(services[name]["command"]) for name in DASK[:2]]
    checks = [services[name]["healthcheck"]["test"] for name in DASK[:2]]
    with (
        running(commands[0], f"http://127.0.0.1:{dashboard}/health", tmp_path / "scheduler"),
        running(commands[1], f"http://127.0.0.1:{worker}/health", tmp_path / "worker"),
    ):
        assert healthy(checks[0], "localhost:8787", f"127.0.0.1:{dashboard}")
        assert healthy(checks[1], "localhost:8790", f"127.0.0.1:{worker}")
