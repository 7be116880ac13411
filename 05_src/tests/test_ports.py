import os
import re
import socket
import sys

import pytest

from mlsd import ports, settings
from mlsd.errors import ServiceError, SettingsError


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("text", ["0", "65536", "abc", "-1", "5000.5"])
def test_a_port_that_is_no_port_is_named_with_its_variable(text, monkeypatch):
    monkeypatch.setenv("DASK_PORT", text)
    with pytest.raises(SettingsError, match=rf"DASK_PORT must be a number from 1 to 65535, got: '{text}'"):
        ports.number_of("DASK_PORT")


def test_a_port_that_is_set_wins_over_its_default(monkeypatch):
    monkeypatch.setenv("DASK_PORT", "1234")
    assert ports.number_of("DASK_PORT") == 1234


def test_a_port_is_free_again_when_its_owner_leaves():
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        assert ports.taken_by(number) is not None
    assert ports.taken_by(number) is None


def test_a_port_that_is_owned_but_does_not_listen_is_taken():
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        assert ports.taken_by(owner.getsockname()[1]) is not None


def test_a_listener_on_all_addresses_takes_the_port_too():
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert ports.taken_by(server.getsockname()[1]) is not None


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS tells only an administrator who listens")
def test_the_owner_of_a_port_is_named_with_its_process(listener):
    assert f"(process {os.getpid()})" in ports.taken_by(listener)


def test_a_taken_port_raises_with_a_free_one_in_the_fix(listener, monkeypatch):
    monkeypatch.setenv("MLFLOW_PORT", str(listener))
    with pytest.raises(ServiceError, match=rf"Port {listener} \(MLFLOW_PORT\) is taken by") as caught:
        ports.require_free("MLFLOW_PORT", instead="Go away. Or: ")
    offered = int(re.fullmatch(r"Go away. Or: Set MLFLOW_PORT=(\d+) in .env, .*", caught.value.fix)[1])
    assert ports.taken_by(offered) is None


def test_the_defaults_are_those_of_the_example_settings():
    example = (settings.root() / ".env.example").read_text(encoding="utf-8")
    shown = {name: int(number) for name, number in re.findall(r"^# (\w+_PORT)=(\d+)$", example, re.M)}
    assert shown == ports.DEFAULTS | {"SERVE_PORT": 8000}  # which compose alone reads
