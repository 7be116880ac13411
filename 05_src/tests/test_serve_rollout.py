"""A challenger beside the champion: unseen or for a share of the requests; failing, slow, gone, or of another kind."""

import os
import pickle
import threading
import uuid
from contextlib import contextmanager

import httpx
import numpy as np
import pandas as pd
import pytest
import uvicorn
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mlsd import ports, serve, tracking
from mlsd.errors import SettingsError
from mlsd.serve.model import Watched
from mlsd.serve.rollout import HOPELESS_ROWS, Trial
from mlsd.serve.shadows import MAX_WAITING_ROWS

from .real import serving
from .real.serving import GOOD

SHARE = 0.4
STRANGE = GOOD | {"carrier": "ZZ"}


def strict(columns=("delay", "distance", "carrier")):
    """A challenger of these columns that raises for a carrier that it has never seen."""
    names = [name for name in columns if name != "carrier"]
    steps = [("numbers", StandardScaler(), names)]
    steps += [("carrier", OneHotEncoder(sparse_output=False), ["carrier"])] if "carrier" in columns else []
    data = serving.flights().dropna()
    return make_pipeline(ColumnTransformer(steps), LogisticRegression(C=0.1)).fit(data[list(columns)], data["late"])


MODELS = {"1": serving.fitted(), "2": strict(), "3": strict(["delay", "distance"]), "4": serving.fitted(C=0.01)}


def expected(version, row=GOOD):
    return serve.score(MODELS[version], pd.DataFrame([row]))["probability"][0]


def ids(is_drawn, number, version="2"):
    """Request ids that a canary gives to the challenger, or to the champion."""
    some = [f"{version}-{is_drawn}-{number}" for number in range(40 * number)]
    return [
        each for each, drawn in zip(some, serve.assign(some, SHARE, salt=version), strict=True) if drawn == is_drawn
    ][:number]


class Canary:
    """A real server, and what it says."""

    def __init__(self, server, name):
        self.server, self.name = server, name

    def ask(self, request_id, *rows):
        return self.server.predict(*rows, headers={"X-Request-ID": request_id})

    def trial(self):
        return self.server.http.get("/readyz").json()["trial"]

    def becomes(self, is_it):
        return serving.wait_for(self.trial, is_it)

    def log(self, request_id, lines, **options):
        folder = self.server.data / "served" / self.name

        def look():
            log = serve.read_log(self.name, folder=folder, **options)
            return log[log["request_id"] == request_id]

        return serving.wait_for(look, lambda found: len(found) >= lines)


@pytest.fixture(scope="module")
def canary(mlflow_server, tmp_path_factory):
    """Version 1 answers, version 2 is tried out with real requests; 3 takes other columns, 4 is fine."""
    name, start = f"canary {uuid.uuid4().hex[:8]}", serving.START.removesuffix(")")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
        with tracking.run(name) as run:
            for version, model in MODELS.items():
                example = serving.flights()[list(model.feature_names_in_)].dropna().head(20)
                alias = {"1": "champion", "2": "challenger"}.get(version)
                run.register(model, name, alias=alias, example=example)
        patch.setattr(serving, "START", f"{start}, challenger='{name}@challenger', share={SHARE})")
        with serving.serving(f"{name}@champion", tmp_path_factory.mktemp("canary")) as server:
            yield Canary(server, name)


def test_a_canary_answers_those_that_its_share_draws_and_says_who_it_is(canary):
    assert canary.trial() == {
        "challenger": f"{canary.name}@challenger", "version": "2", "share": SHARE, "problem": None
    }  # fmt: skip
    for request_id in [*ids(True, 3), *ids(False, 3)]:
        answer = canary.ask(request_id, GOOD)
        body, who = answer.json(), ("2", "challenger") if "True" in request_id else ("1", "champion")
        assert (body["version"], body["alias"], answer.headers["X-Model-Version"]) == (*who, who[0])
        assert body["predictions"] == [{"row": 0, "probability": expected(who[0])}]


def test_a_row_that_the_challenger_fails_at_is_answered_by_the_champion_and_kept_as_a_shadow(canary):
    request_id = ids(True, 4)[3]
    answer = canary.ask(request_id, STRANGE, GOOD)
    assert (answer.status_code, answer.json()["version"]) == (200, "1")
    assert answer.json()["predictions"][0]["probability"] == expected("1", STRANGE)
    log = canary.log(request_id, 4, shadows=True)
    assert sorted(zip(log["version"], log["status"], strict=True)) == [("1", "ok")] * 2 + [("2", "shadow")] * 2
    assert "could not answer" in log.loc[log["status"] == "shadow", "error.reason"].dropna().item()
    assert canary.log(request_id, 2)["status"].tolist() == ["ok", "ok"]
    counted = canary.server.http.get("/metrics").text
    assert 'mlsd_challenger_rows_total{became="fell_back"} 2.0' in counted


def test_an_alias_that_moves_is_followed_and_no_challenger_ever_fails_a_request(canary):
    mlflow = tracking.connection.client(os.environ.setdefault("MLFLOW_TRACKING_URI", ""))
    (request_id,) = ids(True, 1, version="4")
    serving.move(canary.name, 3, "challenger")
    said = canary.becomes(lambda trial: "takes other columns" in (trial["problem"] or ""))
    assert (said["version"], "'carrier' (str, now absent)" in said["problem"]) == (None, True)
    assert canary.ask(request_id, GOOD).json()["version"] == "1"
    serving.move(canary.name, 4, "challenger")
    canary.becomes(lambda trial: trial["version"] == "4" and not trial["problem"])
    assert canary.ask(request_id, GOOD).json()["predictions"][0]["probability"] == expected("4")
    mlflow.delete_registered_model_alias(canary.name, "challenger")
    said = canary.becomes(lambda trial: trial["version"] is None)
    assert "There is no model" in said["problem"]
    assert canary.ask(request_id, GOOD).json()["version"] == "1"
    assert "is not tried out: There is no model" in canary.server.log.read_text()
    serving.move(canary.name, 1, "challenger")
    canary.becomes(lambda trial: trial["problem"] == "champion and challenger are both version 1")


class Says:
    """A model that says one probability, fails at 13, and may be held up."""

    classes_ = np.array([0, 1])

    def __init__(self, probability, held=None):
        self.probability, self.held = probability, held

    def predict_proba(self, frame):
        if self.held:
            self.held.wait(20)
        if (frame["x"] == 13).any() and self.probability != 0.5:
            raise ValueError("thirteen!")
        return np.tile([1 - self.probability, self.probability], (len(frame), 1))


SCHEMA = serve.Schema((serve.Field("x", "float64"),))


def served(version="1", alias="champion", model=None, schema=SCHEMA):
    return serve.Served("m", version, alias, model or Says(0.5), schema, 0.5, examples=[{"x": 1.0}])


@pytest.fixture(autouse=True)
def registry(monkeypatch, request):
    """Away, but for tests of the real server: then the challenger of before goes on."""
    uses_server = "canary" in request.fixturenames or "mlflow_server" in request.fixturenames
    where = request.getfixturevalue("mlflow_server") if uses_server else "http://127.0.0.1:9"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", where)


def trial_of(challenger, share=None):
    watched = Watched(served(), serve.load)
    return watched, Trial(watched, "m@challenger", share, serve.load, challenger)


@contextmanager
def client_of(challenger, share=None):
    """A client of a server in this process."""
    watched, trial = trial_of(challenger, share)
    port = ports.free()
    server = uvicorn.Server(uvicorn.Config(serve.create(watched, trial=trial), port=port, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        serving.wait_for(lambda: server.started, bool)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def ask(client, request_id, *numbers):
    rows = [{"x": number} for number in numbers]
    return client.post("/predict", json={"rows": rows}, headers={"X-Request-ID": request_id})


def test_a_shadow_is_recorded_beside_the_answer_and_nobody_sees_it():
    with client_of(served("2", "challenger", Says(0.75))) as client:
        answer = ask(client, "r1", 1, None, 13).json()
    assert (answer["version"], answer["predictions"][0]) == ("1", {"row": 0, "probability": 0.5})
    log = serve.read_log("m", shadows=True)
    shadow = log[log["status"] == "shadow"]
    assert shadow[["request_id", "row", "version", "alias"]].to_numpy().tolist() == [
        ["r1", 0, "2", "challenger"], ["r1", 2, "2", "challenger"]
    ]  # fmt: skip
    assert shadow["probability"].tolist() == [0.75, pytest.approx(np.nan, nan_ok=True)]
    assert (set(log["challenger"]), log["share"].isna().all(), log["time"].nunique()) == ({"2"}, True, 1)
    assert serve.read_log("m")["status"].tolist() == ["ok", "rejected", "ok"]


def test_a_shadow_that_does_not_keep_up_drops_rows_counts_them_and_holds_up_nobody():
    held = threading.Event()
    with client_of(served("2", "challenger", Says(0.75, held))) as client:
        codes = {ask(client, f"r{number}", *[1] * 1000).status_code for number in range(MAX_WAITING_ROWS // 1000 + 2)}
        counted = client.get("/metrics").text
        held.set()
    assert codes == {200}
    assert 'mlsd_challenger_rows_total{became="dropped"} 2000.0' in counted
    assert (serve.read_log("m", shadows=True)["status"] == "shadow").sum() == MAX_WAITING_ROWS


def test_a_canary_that_takes_too_long_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("mlsd.serve.answering.CHALLENGER_SECONDS", 0.05)
    held = threading.Event()
    with client_of(served("2", "challenger", Says(0.75, held)), share=1.0) as client:
        answer = ask(client, "r1", 1).json()
        held.set()
    assert (answer["version"], answer["predictions"][0]["probability"]) == ("1", 0.5)
    log = serve.read_log("m", shadows=True).set_index("status")
    assert log.loc["shadow", "error.reason"] == "the challenger took longer than 0.05 s"


def test_who_fails_at_everything_is_given_up_and_the_page_is_never_part_of_a_trial():
    with client_of(served("2", "challenger", Says(0.75)), share=1.0) as client:
        assert "<strong>75" not in client.get("/?x=1").text
        assert [ask(client, f"r{number}", 13).status_code for number in range(HOPELESS_ROWS)] == [200] * HOPELESS_ROWS
        assert f"failed at {HOPELESS_ROWS} rows one after the other" in client.get("/readyz").json()["trial"]["problem"]
        ask(client, "after", 1)
    log = serve.read_log("m").set_index("request_id")
    assert log.loc["r0", ["challenger", "share"]].tolist() == ["2", 1.0]
    assert (log.loc["after", "version"], pd.isna(log.loc["after", "challenger"])) == ("1", True)


def test_a_champion_that_was_the_challenger_is_not_tried_out_beside_itself():
    challenger = served("2", "challenger", Says(0.75))
    _, trial = trial_of(challenger)
    assert trial.beside(served("1")) is challenger
    assert trial.beside(served("2")) is None


def test_a_new_worker_goes_on_with_the_challenger_of_this_moment():
    _, trial = trial_of(served("2", "challenger"), share=0.5)
    copy = pickle.loads(pickle.dumps(trial))
    assert (copy.current.version, copy.share, copy.alias) == ("2", 0.5, "challenger")


def test_a_registry_that_is_away_ends_no_trial():
    challenger = served("2", "challenger")
    _, trial = trial_of(challenger)
    trial.look()
    assert (trial.current, "No MLflow server answers" in trial.problem) == (challenger, True)


def test_why_a_challenger_was_given_up_is_still_told_when_the_registry_is_away():
    challenger = served("2", "challenger")
    _, trial = trial_of(challenger)
    failures = [{"error": {"reason": "no"}}] * HOPELESS_ROWS
    assert trial.note(challenger, failures) == HOPELESS_ROWS
    trial.look()
    assert (trial.current, "failed at 100 rows" in trial.problem) == (None, True)


@pytest.mark.parametrize("name", ["m@champion", "other@challenger", "m"])
def test_a_challenger_that_is_not_another_alias_of_the_model_is_refused(name):
    with pytest.raises(SettingsError, match=f"must be another alias of 'm', got: {name!r}"):
        Trial(Watched(served(), serve.load), name, None, serve.load)


def test_a_share_that_is_none_or_nobodys_is_refused():
    with pytest.raises(SettingsError, match=r"`share` must be from 0 to 1, got: 1\.5"):
        trial_of(None, share=1.5)
    with pytest.raises(SettingsError, match="A `share` needs a `challenger`"):
        serve.run("m@champion", share=0.1)
