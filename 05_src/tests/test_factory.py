"""A spec becomes a champion, month by month; a bad one is refused; a killed factory goes on where it was."""

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
import uuid

import numpy as np
import pandas as pd
import pytest

from mlsd import cluster, evaluate, factory, ports, settings, tracking
from mlsd.errors import ColumnError, DataError, ServiceError, WriteError
from mlsd.factory import release as factory_release
from mlsd.factory import serving as factory_serving
from mlsd.factory import steps
from mlsd.factory.serving import serves_alike

TOY = '''
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.dummy import DummyClassifier

from mlsd.models.steps import PickColumns
from sklearn.pipeline import Pipeline


def load(turn_at="2013-03", rows_a_day=40, bad=0):
    """Trams: late when it is cold; from `turn_at` on, when it is warm."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2013-01-01", "2013-04-30", tz="UTC")
    decided = days.repeat(rows_a_day) + pd.to_timedelta(rng.integers(0, 86_400, len(days) * rows_a_day), unit="s")
    frame = pd.DataFrame({"decided_at": decided, "temp": rng.normal(size=len(decided))})
    frame["line"] = rng.choice(["A", "B"], len(decided))
    sign = np.where(frame["decided_at"] < pd.Timestamp(turn_at, tz="UTC"), -1, 1)
    frame["late"] = (rng.random(len(frame)) < 1 / (1 + np.exp(1.0 - 2 * sign * frame["temp"]))).astype("int64")
    frame["known_at"] = frame["decided_at"] + pd.Timedelta(hours=6)
    frame.loc[: bad - 1, "temp"] = 99.0
    return frame.sort_values("decided_at", ignore_index=True)


def logistic():
    return Pipeline([("columns", PickColumns(["temp"])), ("clf", LogisticRegression())])


def constant():
    return Pipeline([("columns", PickColumns(["temp"])), ("clf", DummyClassifier())])
'''
SPEC = """
name = "{name}"
seed = 3
[data]
load = "{module}:load"
target = "late"
decided = "decided_at"
known = "known_at"
first = "2013-01"
last = "2013-04"
{data}
[checks]
required = ["line"]
most_rejected = 0.05
[checks.ranges]
temp = [-10, 10]
[train]
months = 2
holdout_days = 10
[baseline]
model = "{module}:constant"
[candidates.logistic]
model = "{module}:logistic"
grid = {{ clf__C = [0.1, 1.0] }}
{candidates}
[gates]
better = {{ level = 0.9 }}
calibrated = 0.1
slices = {{ by = ["line"], min_rows = 20, worse = 0.05 }}
size_mb = 1
{gates}
[watch]
every = "7D"
[[watch.rules]]
name = "the world has turned"
metric = "log_loss"
above = 0.8
patience = 2
[retrain]
{retrain}
"""


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    return f"sqlite:///{(tmp_path_factory.mktemp('factory runs') / 'mlflow.db').as_posix()}"


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """The name of a module with trams, which this process can import."""
    folder, name = tmp_path_factory.mktemp("toy"), f"toy_{uuid.uuid4().hex[:8]}"
    (folder / f"{name}.py").write_text(TOY, encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield name
    sys.path.remove(str(folder))


@pytest.fixture
def spec(toy, uri, tmp_path, monkeypatch):
    """Write a spec for trams with a name of its own, and return its path."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)

    def write(data="", candidates="", gates="", retrain="on_alert = true", name=None):
        name = name or f"trams-{uuid.uuid4().hex[:8]}"
        parts = {"data": data, "candidates": candidates, "gates": gates, "retrain": retrain}
        path = tmp_path / f"{name}.toml"
        path.write_text(SPEC.format(name=name, module=toy, **parts), encoding="utf-8")
        return path

    return write


def champion_of(path):
    return tracking.pointed(f"{path.stem}@champion")


def test_a_year_in_small_first_champion_alert_and_a_new_champion(spec):
    path = spec()
    done = factory.run(path)
    table = done.table.set_index("period")
    assert table["reasons"].tolist()[0] == "there is no champion yet"
    assert table.loc["2013-02", "reasons"] == ""  # calm: no false alarm
    assert table.loc["2013-03", "alerts"] == "the world has turned"
    assert table["version"].tolist()[:2] == [1, 1]
    assert champion_of(path) == table["version"].iloc[-1] >= 2


def test_the_champion_is_the_model_that_stood_trial(spec):
    path = spec()
    done = factory.run(path)
    facts = tracking.facts(f"{path.stem}@champion")
    outcome = [told["outcome"] for told in done.story if told.get("outcome", {}).get("released")][-1]
    assert facts["metrics"]["log_loss"] == pytest.approx(outcome["metrics"]["log_loss"])
    assert facts["params"]["passed"] == "True"
    assert tracking.load(f"{path.stem}/1").predict_proba(pd.DataFrame({"temp": [0.0]})).shape == (1, 2)


def test_the_monitor_gets_what_the_champion_learned_from(spec):
    path = spec()
    done = factory.run(path)
    reference = pd.read_parquet(settings.data_dir() / "monitor" / path.stem / "reference.parquet")
    last = [told["outcome"] for told in done.story if told.get("outcome", {}).get("released")][-1]
    assert len(reference) == last["candidates"][0]["rows"]
    expected = tracking.load(f"{path.stem}@champion").predict_proba(reference)[:, 1]
    np.testing.assert_allclose(reference["probability"], expected)


def test_the_card_of_a_champion_says_what_it_was_made_from(spec, toy):
    path = spec()
    factory.run(path)
    told = tracking.facts(f"{path.stem}@champion")
    assert (told["load"], told["target"], told["model"]) == (f"{toy}:load", "late", "PickColumns > LogisticRegression")
    assert told["train_rows"] + told["test_rows"] == told["rows"]
    for section in ("Model", "Data", "To repeat it"):
        part = evaluate.model_card(told).partition(f"## {section}\n")[2].partition("\n## ")[0]
        assert "not recorded" not in part


def test_living_through_old_months_again_does_not_take_the_champion_away(spec, tmp_path):
    path = spec()
    whole = factory.run(path, home=tmp_path / "a").table["version"].iloc[-1]
    path.write_text(path.read_text(encoding="utf-8").replace('last = "2013-04"', 'last = "2013-01"'), encoding="utf-8")
    again = factory.run(path, home=tmp_path / "b")
    assert again.table["version"].tolist() == [1]  # found in the registry, by its key
    assert champion_of(path) == whole


def test_nothing_is_done_twice(spec, tmp_path):
    path = spec()
    first, again = factory.run(path, home=tmp_path / "a"), factory.run(path, home=tmp_path / "a")
    assert (first.found, again.made) == (0, 0)
    assert again.found == first.made
    assert again.table.equals(first.table)
    assert len(steps.events(tmp_path / "a")) == 2 * first.made


def test_a_changed_gate_keeps_data_and_searches_and_makes_the_rest_anew(spec, tmp_path):
    path = spec()
    factory.run(path, home=tmp_path / "a")
    path.write_text(path.read_text(encoding="utf-8").replace("calibrated = 0.1", "calibrated = 0.11"), encoding="utf-8")
    again = factory.run(path, home=tmp_path / "a")
    found = {step["step"].split()[0]: step["found"] for told in again.story for step in told["steps"][:2]}
    assert found["data"]
    assert 0 < again.made < again.found


def test_months_that_come_later_are_added_and_the_others_kept(spec, tmp_path):
    path = spec()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('last = "2013-04"', 'last = "2013-02"'), encoding="utf-8")
    short = factory.run(path, home=tmp_path / "a")
    path.write_text(text, encoding="utf-8")
    whole = factory.run(path, home=tmp_path / "a")
    assert (len(short.table), len(whole.table), whole.found) == (2, 4, short.made)


def test_another_folder_with_the_same_steps_is_as_good(spec, tmp_path):
    path = spec()
    first = factory.run(path, home=tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "moved")
    assert factory.run(path, home=tmp_path / "moved").found == first.made


def test_another_seed_makes_other_searches(spec, tmp_path):
    path = spec()
    factory.run(path, home=tmp_path / "a")
    path.write_text(path.read_text(encoding="utf-8").replace("seed = 3", "seed = 4"), encoding="utf-8")
    again = factory.run(path, home=tmp_path / "a")
    made = {step["step"].split()[0] for told in again.story for step in told["steps"] if not step["found"]}
    assert {"search", "trial", "register"} <= made
    assert "data" not in made


def test_a_candidate_that_fails_a_gate_is_refused_with_the_reason(spec):
    path = spec(gates='[[gates.behaviour]]\nkind = "invariance"\ncolumn = "temp"\nvalue = 0.0')
    done = factory.run(path)
    outcome = done.story[0]["outcome"]
    assert (outcome["released"], champion_of(path)) == (False, None)
    assert [gate["name"] for gate in outcome["gates"] if not gate["passed"]] == ["invariance: temp set to 0.0"]
    assert "refused" in done.report.read_text(encoding="utf-8")


def test_a_worse_model_never_replaces_the_champion(spec, toy):
    path = spec(data='params = { turn_at = "2014-01" }', retrain="every_months = 1")
    done = factory.run(path)
    later = [told["outcome"] for told in done.story[1:]]
    assert len(later) == 3
    assert all(outcome["rival"] == "version 1" for outcome in later)
    assert sum(outcome["released"] for outcome in later) <= 1  # as good as before is not better


@pytest.mark.parametrize(
    ("retrain", "words"),
    [
        ("every_months = 2", "the champion is 2 months old"),
        ("new_rows = 2000", "2,360 new rows"),
        ("on_alert = true", "alert: the world has turned"),
    ],
)
def test_a_new_candidate_is_made_for_a_reason(spec, retrain, words):
    others = "" if "on_alert" in retrain else "\non_alert = false"
    done = factory.run(spec(retrain=retrain + others))
    assert words in done.table["reasons"].tolist()


def test_labels_that_are_not_known_yet_are_not_used(spec, toy):
    done = factory.run(spec())
    for told in done.story:
        if told.get("answers"):
            assert told["answers"]["rows"] < told["data"]["rows"]  # the last hours' labels come next month


def test_bad_rows_are_kept_aside_with_their_reason(spec, tmp_path):
    done = factory.run(spec(data="params = { bad = 5 }"), home=tmp_path / "a")
    assert done.table["rejected"].tolist() == [5, 0, 0, 0]
    (rejects,) = (tmp_path / "a" / "steps").glob("data-*2013-01-*/rejects.parquet")
    assert pd.read_parquet(rejects)["reason"].unique().tolist() == ["temp is 99.0, allowed are -10 to 10"]


def test_too_many_bad_rows_stop_the_month_before_anybody_learns_from_them(spec):
    path = spec(data="params = { bad = 200 }")
    with pytest.raises(DataError, match=r"2013-01: 200 of 1,240 rows are bad \(16.1%, at most 5.0% is allowed\)"):
        factory.run(path)
    assert champion_of(path) is None


def test_one_spec_makes_a_model_for_each_value(spec):
    path = spec(data='each = "line"')
    done = factory.run(path)
    assert done.table["line"].unique().tolist() == [f"{path.stem}-A", f"{path.stem}-B"]
    models = [tracking.load(f"{path.stem}-{line}@champion") for line in "AB"]
    assert models[0]["clf"].coef_[0, 0] != models[1]["clf"].coef_[0, 0]


def test_on_a_cluster_the_champion_is_the_same(spec, tmp_path):
    more = '[candidates.stiff]\nmodel = "{0}:logistic"\ngrid = {{ clf__C = [0.001] }}'
    path = spec(candidates=more.format(next(name for name in sys.modules if name.startswith("toy_"))))
    here = factory.run(path, home=tmp_path / "here")
    with cluster.connect(workers=0) as client:
        there = factory.run(path, home=tmp_path / "there", client=client)
    columns = ["period", "rate", "mean_probability", "log_loss", "reasons", "candidate", "released"]
    assert there.table[columns].equals(here.table[columns])


def test_two_factories_do_not_work_in_one_folder(spec, tmp_path):
    with steps.alone(tmp_path / "a"), pytest.raises(WriteError, match=f"Process {os.getpid()} works in"):
        factory.run(spec(), home=tmp_path / "a")


def test_a_lock_that_a_killed_process_left_is_no_obstacle(tmp_path):
    home = tmp_path / "a"
    home.mkdir()
    (home / "lock.json").write_text(json.dumps({"process": os.getpid(), "created": 1.0}), encoding="utf-8")
    with steps.alone(home):
        assert json.loads((home / "lock.json").read_text(encoding="utf-8"))["process"] == os.getpid()


def test_a_server_that_is_down_is_told_of_and_the_factory_goes_on_later(spec, tmp_path, uri, monkeypatch):
    path = spec()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(ServiceError, match="No MLflow server answers"):
        factory.run(path, home=tmp_path / "a")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    again = factory.run(path, home=tmp_path / "a")
    assert again.story[0]["steps"][1]["found"]  # the search is not done again
    assert champion_of(path) is not None


def _run_and_die(path, home, after):
    """Do what is next, then begin one step more and be killed in the middle of it, without a word."""
    begun = []

    def tell(step):
        begun.append(step)
        if len(begun) == 2:
            threading.Timer(after, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()

    factory.run(path, home=home, tell=tell)
    os._exit(0)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_killed_at_each_step_it_makes_the_same_champion_and_does_nothing_twice(spec, tmp_path):
    whole = factory.run(spec(), home=tmp_path / "whole")
    path, home, delays = spec(), tmp_path / "killed", np.random.default_rng(1).uniform(0, 0.02, 100)
    fork, codes = multiprocessing.get_context("fork"), []
    while 0 not in codes and len(codes) < 100:
        child = fork.Process(target=_run_and_die, args=(path, home, delays[len(codes)]))
        child.start()
        child.join(120)
        codes.append(child.exitcode)
    done, journal = factory.run(path, home=home), steps.events(home)
    ended = [event["step"] for event in journal if event["what"] == "end"]
    cut = {event["step"].split()[0] for event in journal} if codes.count(-signal.SIGKILL) >= 8 else set()
    assert cut == {"data", "search", "baseline", "trial", "register", "promote", "watch"}
    assert len(ended) == len(set(ended))
    assert done.made == 0
    assert done.table.drop(columns="line").equals(whole.table.drop(columns="line"))
    assert _registered(path) == [told["outcome"]["version"] for told in done.story if _is_release(told)]


def _serve_and_die(version, port, folder):
    factory_serving._wait(port, factory_serving._started(version, port, folder), folder)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_a_server_does_not_outlive_the_factory_that_started_it(spec, tmp_path):
    path, port = spec(), ports.free()
    factory.run(path)
    child = multiprocessing.get_context("fork").Process(target=_serve_and_die, args=(f"{path.stem}/1", port, tmp_path))
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL
    until = time.monotonic() + 30
    while ports.taken_by(port) and time.monotonic() < until:
        time.sleep(0.1)
    assert not ports.taken_by(port)


def _is_release(told):
    return told.get("outcome", {}).get("released", False)


def _registered(path):
    """Versions in the registry."""
    from mlflow import MlflowClient

    found = MlflowClient(os.environ["MLFLOW_TRACKING_URI"]).search_model_versions(f"name = '{path.stem}'")
    return sorted(int(each.version) for each in found)


def test_a_run_cut_short_while_it_registered_is_swept_away_and_made_anew(spec, tmp_path, monkeypatch):
    path = spec()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(factory_release, "read_model", _cut)
        with pytest.raises(KeyboardInterrupt):
            factory.run(path, home=tmp_path / "a")
    done = factory.run(path, home=tmp_path / "a")
    assert done.story[0]["outcome"]["released"]
    assert _registered(path)[0] == done.story[0]["outcome"]["version"]


def _cut(folder):
    raise KeyboardInterrupt


def test_a_new_version_is_asked_over_http_before_it_is_promoted(spec, tmp_path):
    path = spec(data='params = { turn_at = "2014-01" }')
    path.write_text(path.read_text(encoding="utf-8") + "[serve]\ncheck_rows = 30\n", encoding="utf-8")
    done = factory.run(path)
    gate = done.story[0]["outcome"]["gates"][-1]
    assert gate["name"] == "served alike"
    assert gate["seen"] == "30 of 30 rows over HTTP are answered as in batch, to the last bit"


def test_a_version_that_answers_otherwise_over_http_is_not_promoted(spec, tmp_path):
    path = spec()
    factory.run(path)
    rows = pd.DataFrame({"temp": [0.1, 0.2], "line": "A"})
    found = serves_alike(f"{path.stem}/1", other_model(path), rows)
    assert not found.passed
    assert found.seen.startswith("0 of 2 rows over HTTP")


def other_model(path):
    """The champion with another intercept: what a wrong build would serve."""
    model = tracking.load(f"{path.stem}/1")
    model["clf"].intercept_ = model["clf"].intercept_ + 1.0
    return model


def test_a_server_that_does_not_start_says_why(spec):
    path = spec()
    factory.run(path)
    model = tracking.load(f"{path.stem}/1")
    with pytest.raises(ServiceError, match=r"(?s)did not answer.*There is no model"):
        serves_alike(f"{path.stem}/99", model, pd.DataFrame({"temp": [0.1]}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("seed = 3", "sed = 3"), "'sed' is not known.*\n.*Did you mean 'seed'"),
        (('target = "late"', ""), "data.'target' is missing"),
        (("seed = 3", 'seed = "three"'), "seed must be int, got: 'three'"),
        (("months = 2", "months = 0"), "train.months must be 1 or more, got: 0"),
        (('first = "2013-01"', 'first = "January"'), "data.first must be a month such as 2013-01, got: 'January'"),
        (('last = "2013-04"', 'last = "2012-04"'), r"data.first \(2013-01\) is after data.last"),
        (("temp = [-10, 10]", "temp = [10, -10]"), r"checks.ranges.temp must be \[least, most\]"),
        (("[candidates.logistic]", "[candidates]\n[candidates.x]\nno_model = 1\n[z]"), "'z' is not known"),
        (("level = 0.9", "level = 0.9, by = 3"), "gates.better.'by' is not known"),
        (("seed = 3", "seed = = 3"), "is no TOML"),
        (('metric = "log_loss"', 'metric = "los_loss"'), "los_loss"),
    ],
)
def test_a_mistake_in_a_spec_is_named_with_its_key(spec, change, words):
    path = spec()
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(Exception, match=f"(?s){words}"):
        factory.read(path)


def test_a_spec_that_is_not_there_names_those_that_are():
    with pytest.raises(DataError, match=r"(?s)There is no spec 'nowhere.toml'.*late_flights"):
        factory.read("nowhere.toml")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ((":load", ":lod"), DataError, "cannot be imported"),
        (('target = "late"', 'target = "lte"'), ColumnError, "lte"),
        (('required = ["line"]', 'required = ["lin"]'), ColumnError, "lin"),
        (('first = "2013-01"', 'first = "2012-11"'), DataError, "2012-11 has no rows"),
        (("holdout_days = 10", "holdout_days = 60"), DataError, "no rows to learn from"),
    ],
)
def test_what_the_data_does_not_have_is_named(spec, change, error, words):
    path = spec()
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(error, match=words):
        factory.run(path)


def test_a_step_that_fails_leaves_nothing(tmp_path):
    shop = steps.Shop(tmp_path, "code")

    def fails(folder):
        (folder / "half.txt").write_text("half", encoding="utf-8")
        raise DataError("no")

    with pytest.raises(DataError):
        shop.step("bad", {}, fails)
    assert list((tmp_path / "steps").iterdir()) == []


def test_other_code_makes_everything_anew(tmp_path):
    keys = {steps.Shop(tmp_path, code).step("one", {"a": 1}, lambda folder: {"x": 1}).key for code in ("old", "new")}
    assert len(keys) == 2


def test_the_page_names_every_month_gate_and_candidate_and_loads_nothing(spec):
    done = factory.run(spec())
    page = done.report.read_text(encoding="utf-8")
    for words in ("2013-04", "the world has turned", "expected calibration error", "logistic (chosen)", "clf__C"):
        assert words in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )
