import json
import logging

import pytest

from mlsd import logs
from mlsd.errors import SettingsError


@pytest.fixture(autouse=True)
def root_as_it_was():
    root = logging.getLogger()
    level = root.level
    yield
    for handler in [handler for handler in root.handlers if getattr(handler, "set_by_mlsd", False)]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


def test_a_second_call_replaces_the_first_and_no_line_comes_twice(capsys):
    logs.setup()
    logs.setup()
    logging.getLogger("lab").info("once")
    assert capsys.readouterr().err.count("once") == 1


def test_the_level_of_the_setting_holds(capsys, monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    logs.setup()
    logging.getLogger("lab").info("quiet")
    logging.getLogger("lab").warning("loud")
    assert "quiet" not in (said := capsys.readouterr().err)
    assert "loud" in said


def test_json_lines_hold_extras_and_exceptions_and_odd_values(tmp_path):
    logs.setup(as_json=True, file=tmp_path / "deep" / "run.log")
    try:
        raise ValueError("bad row")
    except ValueError:
        logging.getLogger("lab").exception("stopped ✗", extra={"run_id": "r1", "where": tmp_path})
    [line] = (tmp_path / "deep" / "run.log").read_text(encoding="utf-8").splitlines()
    record = json.loads(line)
    assert (record["run_id"], record["where"], record["message"]) == ("r1", str(tmp_path), "stopped ✗")
    assert "ValueError: bad row" in record["exception"]


def test_a_relative_file_lies_in_the_log_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_LOG_DIR", str(tmp_path / "logs"))
    logs.setup(file="run.log")
    logging.getLogger("lab").warning("kept")
    assert "kept" in (tmp_path / "logs" / "run.log").read_text(encoding="utf-8")


def test_an_unknown_level_is_refused():
    with pytest.raises(SettingsError, match="got: 'LOUD'"):
        logs.setup(level="loud")
