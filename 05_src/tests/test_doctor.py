import os
import re
import socket
import sys
import time

import pytest

from mlsd import doctor, settings

from .real.postgres import free_port

SERVICES = ["Database", "Tracking server", "Dask cluster"]
needs_sh = pytest.mark.skipif(os.name == "nt", reason="the stand-in for the program is a shell script")


def look(name):
    """One finding; a test may wait longer than a learner."""
    findings = {finding.name: finding for finding in doctor.check(seconds=60)}
    return findings[name]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A clone of its own, with nothing in it but the example settings."""
    example = (settings.root() / ".env.example").read_text(encoding="utf-8")
    folder = tmp_path / "clone"
    (folder / "05_src").mkdir(parents=True)
    (folder / ".env.example").write_text(example, encoding="utf-8")
    monkeypatch.setattr(settings, "root", lambda: folder)
    return folder


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts shell scripts in the place of all programs: what is not made here is not installed."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def make(name, text):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)

    return make


def test_every_check_answers_once_and_in_order():
    findings = doctor.check(seconds=60)
    assert [finding.name for finding in findings] == [*doctor.CHECKS, *SERVICES]
    assert {finding.state for finding in findings} <= {"ok", "warning", "problem"}


def test_whatever_is_not_ok_comes_with_a_fix(root, program, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    wrong = [finding for finding in doctor.check(seconds=60) if finding.state != "ok"]
    assert {"Git", "Docker", "VSCode", "Settings", "Packages", "Tracking server"} <= {finding.name for finding in wrong}
    assert all(finding.fix for finding in wrong)


@pytest.mark.parametrize("name", [*doctor.CHECKS, *SERVICES])
def test_setup_md_has_a_section_for_every_check(name):
    text = (settings.root() / "SETUP.md").read_text(encoding="utf-8")
    section = re.search(rf"^### {name}\n+(.+)", text, flags=re.MULTILINE)
    assert section
    assert len(section[1]) > 40


def test_only_problems_fail():
    findings = [doctor.Finding("a", "ok", ""), doctor.Finding("b", "warning", "")]
    assert doctor.exit_code(findings) == 0
    assert doctor.exit_code([*findings, doctor.Finding("c", "problem", "")]) == 1


def test_a_check_that_fails_itself_is_a_problem_and_the_others_answer(monkeypatch):
    monkeypatch.setitem(doctor.CHECKS, "Disk", lambda: 1 / 0)
    findings = {finding.name: finding for finding in doctor.check(seconds=60)}
    assert (findings["Disk"].state, findings["Python"].state) == ("problem", "ok")
    assert "division by zero" in findings["Disk"].seen


def test_a_check_that_takes_too_long_is_a_warning(monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", {"Disk": lambda: time.sleep(1)})
    assert doctor.check(seconds=0.1)[0].state == "warning"


def test_an_old_python_is_a_problem(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert (doctor._python().state, "3.11 to 3.14" in doctor._python().fix) == ("problem", True)


def test_an_intel_mac_needs_a_newer_python(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(sys, "version_info", (3, 11, 9))
    monkeypatch.setattr(doctor.platform, "machine", lambda: "x86_64")
    assert "3.12" in doctor._python().fix


def test_this_environment_is_what_the_lock_says():
    assert look("Packages").state == "ok", look("Packages").seen


def test_packages_that_are_not_those_of_the_lock_are_named_with_both_versions(root):
    lock = "pandas==0.1 \\\n    --hash=sha256:00\nno_such.package==2 ; os_name != 'x'\nwheel==1 ; os_name == 'x'\n"
    (root / "05_src" / "requirements.txt").write_text(lock)
    found = look("Packages")
    assert found.seen.startswith("2 of 2 differ: pandas 3.")
    assert "(lock: 0.1), no-such-package missing (lock: 2)" in found.seen
    assert "pip install --require-hashes -r 05_src/requirements.txt" in found.fix


def test_without_git_there_is_a_problem_with_an_address(program):
    assert (look("Git").state, "https://git-scm.com" in look("Git").fix) == ("problem", True)


def test_a_git_that_does_not_know_your_name_is_a_warning(tmp_path, monkeypatch):
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.chdir(tmp_path)
    assert "git config --global user.name" in look("Git").fix


def test_without_docker_there_is_a_warning_that_says_what_serves_instead(program):
    assert (look("Docker").state, "SQLite" in look("Docker").fix) == ("warning", True)


@needs_sh
def test_docker_without_an_engine_or_a_password_is_a_warning_and_with_both_ok(program, monkeypatch):
    program("docker", "exit 1")
    assert look("Docker").seen == "installed, but no engine answers"
    program("docker", "echo 28.0")
    assert "POSTGRES_PASSWORD" in look("Docker").fix
    monkeypatch.setenv("POSTGRES_PASSWORD", "s3cret")
    assert look("Docker") == doctor.Finding("Docker", "ok", "engine 28.0")


def test_a_taken_port_is_a_problem_that_names_a_free_one(program, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("MLFLOW_PORT", str(server.getsockname()[1]))
        assert look("Ports").state == "problem"
        assert re.search(r"Set MLFLOW_PORT=\d+ in \.env", look("Ports").fix)


def test_the_port_of_the_server_that_we_use_is_ours(program, mlflow_server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    monkeypatch.setenv("MLFLOW_PORT", mlflow_server.rpartition(":")[2])
    assert (look("Ports").state, "in use by us" in look("Ports").seen) == ("ok", True)


@needs_sh
def test_ports_that_our_containers_publish_are_ours(program, monkeypatch):
    number = free_port()
    monkeypatch.setenv("MLFLOW_PORT", str(number))
    for name in ("POSTGRES_PORT", "DASK_PORT", "DASK_DASHBOARD_PORT"):
        monkeypatch.setenv(name, str(free_port()))
    program("docker", f'[ "$1" = ps ] && echo "127.0.0.1:{number}->5000/tcp" || echo 28.0')
    assert f"{number} (MLFLOW_PORT) in use by us" in look("Ports").seen
    assert look("Ports").seen.count("free") == 3


@pytest.mark.parametrize(("limit", "state"), [("FREE_GB_WANTED", "warning"), ("FREE_GB_NEEDED", "problem")])
def test_a_disk_that_is_nearly_full_is_told(limit, state, monkeypatch):
    monkeypatch.setattr(doctor, "FREE_GB_WANTED", 1e9)
    monkeypatch.setattr(doctor, limit, 1e9)
    assert (look("Disk").state, "MLSD_DATA_DIR" in look("Disk").fix) == (state, True)


@pytest.mark.parametrize(("name", "variable"), [("Data folder", "MLSD_DATA_DIR"), ("Log folder", "MLSD_LOG_DIR")])
def test_a_folder_that_cannot_be_written_is_named_with_its_variable(name, variable, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv(variable, str(tmp_path / "file" / "below"))
    assert (look(name).state, f"Set {variable}" in look(name).fix) == ("problem", True)


def test_without_vscode_there_is_a_warning(program):
    assert (look("VSCode").state, look("VSCode").seen) == ("warning", "no command `code`")


@needs_sh
def test_a_missing_extension_of_vscode_is_named_with_the_command(program):
    program("code", "echo MS-Python.python; echo other.one")
    assert look("VSCode").fix == "code --install-extension ms-toolsai.jupyter"
    program("code", "echo ms-python.python; echo ms-toolsai.jupyter")
    assert look("VSCode").state == "ok"
    program("code", "exit 1")
    assert look("VSCode").seen == "`code` does not answer"


def test_without_a_settings_file_the_defaults_hold(root):
    assert (look("Settings").state, "mlsd data" in look("Settings").fix) == ("warning", True)


def test_a_copy_of_the_example_is_fine(root):
    (root / ".env").write_bytes((root / ".env.example").read_bytes())
    assert look("Settings").state == "ok"


@pytest.mark.parametrize(
    ("line", "state", "said"),
    [
        ("MLFLOW_TRACKING_URL=http://127.0.0.1:5000", "warning", "did you mean MLFLOW_TRACKING_URI?"),
        ("MLSD_DATABASE=sqlite:///x.db", "warning", "did you mean MLSD_DATABASE_URL?"),
        ("LOG_LEVEL=LOUD", "problem", "Change it in .env"),
        ("POSTGRES_PORT=54321x", "problem", "Set POSTGRES_PORT in .env"),
        ("MLSD_DATABASE_URL=postgresql+psycopg2://mlsd:YOUR_PASSWORD@127.0.0.1:1/mlsd", "problem", "POSTGRES_PASSWORD"),
    ],
)
def test_a_setting_that_cannot_work_is_told(line, state, said, root):
    (root / ".env").write_text(line + "\n")
    assert (look("Settings").state, said in look("Settings").fix) == (state, True)


def test_names_that_belong_to_other_programs_are_left_alone(root):
    (root / ".env").write_text("EDITOR=vi\nMLFLOW_TRACKING_USERNAME=me\nAWS_REGION=x\n")
    assert look("Settings").state == "ok"


def test_a_settings_file_that_powershell_wrote_is_told(root):
    (root / ".env").write_text("LOG_LEVEL=INFO\n", encoding="utf-16")
    assert (look("Settings").state, "UTF-8" in look("Settings").fix) == ("problem", True)


def test_a_clone_with_changed_line_endings_is_told(root):
    (root / "05_src" / "requirements.txt").write_bytes(b"pandas==3\r\n")
    assert (look("Line endings").state, "core.autocrlf" in look("Line endings").fix) == ("warning", True)


def test_a_service_that_is_down_is_a_problem_with_its_fix(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    assert (look("Tracking server").state, "`mlsd up`" in look("Tracking server").fix) == ("problem", True)


def test_runs_that_wait_for_the_mlflow_server_are_told_of():
    assert look("Experiments").state == "ok"
    outbox = settings.data_dir() / "tracking_outbox"
    outbox.mkdir(parents=True)
    (outbox / "0123.jsonl").touch()
    assert (look("Experiments").state, look("Experiments").fix) == ("warning", "`mlsd up`, then `mlsd tracking sync`.")
