"""Lab 12 as a whole, with a real server beside it: its solutions are right, and so is what its text says.

The answers that its checks get to see stand in cases/lab_12.py. `course labs` runs it on an MLflow server.
"""

import os
import runpy
from unittest.mock import patch

import matplotlib.pyplot as plt
import pytest

from course import checks, notebooks
from mlsd import monitor, settings


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The lab, run once as a script: its variables, and what the checks said under the name `told_by_checks`."""
    home = tmp_path_factory.mktemp("data with a space")
    files = {
        name: f"sqlite:///{(home / f'{name}.db').as_posix()}" for name in ("MLFLOW_TRACKING_URI", "MLSD_DATABASE_URL")
    }
    folders = {"MLSD_DATA_DIR": str(home), "MLSD_LOG_DIR": str(home)}
    told, ask = {}, checks.check
    with pytest.MonkeyPatch.context() as monkey, patch.dict(os.environ, files | folders), plt.rc_context():
        monkey.setattr(checks, "check", lambda name, answer: told.update({name: repr(ask(name, answer))}))
        monkey.setattr(plt, "show", plt.close)
        names = runpy.run_path(str(settings.root() / notebooks.SOURCES / "12_deploy_and_monitor.py"))
    return names | {"told_by_checks": told}


def test_every_solution_is_right_and_the_server_has_ended(lab):
    assert lab["told_by_checks"] == {f"12.{n}": f"✔ 12.{n}: correct" for n in range(1, 5)}
    assert lab["server"].poll() is not None


def test_a_bad_row_leaves_its_good_neighbours_their_answers(lab):
    log = lab["log"][lab["log"]["version"] == "1"].sort_values("time").head(6)
    assert log["status"].tolist()[:4] == ["ok", "rejected", "ok", "rejected"]
    assert log["error.field"].dropna().tolist() == ["temp", "dets"]


def test_skew_costs_order_and_no_error_tells(lab):
    auc = {name: lab["roc_auc_score"](lab["some"]["late"], said) for name, said in lab["said"].items()}
    assert [auc["none"], auc["all three"]] == pytest.approx([0.634, 0.581], abs=0.002)
    assert auc["carrier"] == pytest.approx(auc["minute_of_day"], abs=0.015)
    assert set(lab["record"]["status"]) == {"ok"}


def test_four_columns_drift_and_one_moves_further_than_january_by_itself(lab):
    february = lab["now"].table.set_index("feature")["effect"]
    beyond = february[february > lab["itself"].max(axis=1)[february.index]]
    assert lab["now"].drifted == ["pressure", "wind_gust", "wind_dir", "temp"]
    assert beyond.to_dict() == {"pressure": pytest.approx(0.375, abs=0.001)}


def test_the_obvious_rule_speaks_on_every_day_of_every_season(lab):
    assert all((days["worst_effect"] > 0.1).all() for days in lab["by_day"].values())


def test_the_first_labels_of_a_day_look_far_too_good(lab):
    noon, *_, end = (table["observed"].iloc[0] for table in lab["seen"])
    assert [noon, end] == pytest.approx([0.037, 0.121], abs=0.001)


def test_a_patient_rule_opens_once_and_is_silent_in_calm_months(lab):
    opened = monitor.alerts(lab["by_day"]["February"], lab["says_too_much"])["opened"]
    assert [f"{day:%d %B}" for day in opened] == ["05 February"]
    assert all(monitor.alerts(days, lab["says_too_much"]).empty for days in (lab["calm"], lab["by_day"]["autumn"]))


def test_no_request_fails_while_the_alias_moves_and_a_shadow_would_have_stopped_the_release(lab):
    assert {(each["code"], each["version"]) for each in lab["told"]} == {(200, "2"), (200, "1")}
    assert lab["verdict"] == "stop"


def test_the_dashboard_is_a_page_with_the_alert(lab):
    assert "says too much" in lab["page"].read_text(encoding="utf-8")


def test_low_pressure_lost_its_meaning_in_february(lab):
    for month, told in ((lab["january"], [0.215, 0.116, 0.222]), (lab["february"], [0.141, 0.125, 0.223])):
        pressure, late = month["pressure"], month["late"]
        parts = [late[pressure < 1015], late[pressure >= 1015], late[pressure.isna()]]
        assert [part.mean() for part in parts] == pytest.approx(told, abs=0.001)
