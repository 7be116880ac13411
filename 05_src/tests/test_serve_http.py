"""The API of a real server process, whose model comes from a real MLflow server."""

import json
import math
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

from mlsd import serve, store, tracking
from mlsd.errors import DataError

from .real import serving
from .real.serving import GOOD

ROWS = json.loads(serving.flights(60, seed=1).drop(columns="late").to_json(orient="records"))


@pytest.fixture(scope="module")
def patch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def name(mlflow_server, patch):
    """A model with two versions, registered with fifty example rows."""
    patch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    name = f"api {uuid.uuid4().hex[:8]}"
    serving.register(name, serving.fitted(), serving.fitted(C=0.01))
    return name


@pytest.fixture(scope="module")
def api(name, tmp_path_factory):
    with serving.serving(f"{name}@champion", tmp_path_factory.mktemp("api")) as server:
        yield server


@pytest.fixture(autouse=True)
def tracked(mlflow_server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)


def test_one_row_is_answered_with_the_models_probability(api, name):
    answer = api.predict(GOOD, headers={"X-Request-ID": "mine-1"})
    body = answer.json()
    assert (answer.status_code, body["model"], body["version"], body["alias"]) == (200, name, "1", "champion")
    assert body["request_id"] == answer.headers["X-Request-ID"] == "mine-1"
    assert answer.headers["X-Model-Version"] == "1"
    (prediction,) = body["predictions"]
    expected = serve.score(serving.fitted(), pd.DataFrame([GOOD]))["probability"][0]
    assert prediction == {"row": 0, "probability": expected}


def test_a_bad_row_is_told_its_field_and_reason_while_good_rows_are_answered(api):
    answer = api.predict(GOOD, GOOD | {"delay": "late", "distence": 1}, 5, GOOD | {"delay": None})
    predictions = answer.json()["predictions"]
    assert answer.status_code == 200
    assert ["probability" in each for each in predictions] == [True, False, False, True]
    assert predictions[1]["error"] == {
        "field": "distence",
        "reason": "there is no such column; did you mean 'distance'?",
        "nearest": "distance",
        "others": [{"field": "delay", "reason": "must be a number, got: 'late'"}],
    }
    assert predictions[2]["error"]["reason"] == "a row must be an object of columns and values, got: 5"


def test_a_request_without_a_good_row_is_a_422_with_every_reason(api):
    answer = api.predict(GOOD | {"distance": None}, {})
    assert answer.status_code == 422
    assert [each["error"]["field"] for each in answer.json()["predictions"]] == ["distance", "distance"]


def test_missing_where_the_model_can_do_without_and_nowhere_else(api):
    assert api.predict(GOOD | {"delay": None, "carrier": None}).status_code == 200
    assert "the model needs a value" in api.predict(GOOD | {"distance": None}).text


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (b"", 400, "not JSON"),
        (b"{", 400, "not JSON"),
        (b"\xff\xfe", 400, "not JSON"),
        (b"[" * 200_000, 400, "not JSON"),
        (b'{"rows": [{"delay": ' + b"1" * 5000 + b"}]}", 400, "not JSON"),
        (b"[]", 422, "the body must be"),
        (b"null", 422, "the body must be"),
        (b'{"rows": []}', 422, "the body must be"),
        (b'{"rows": {}}', 422, "the body must be"),
        (b'{"rows": [{}], "more": 1}', 422, "the body must be"),
        (b'{"rows": [' + b"{}," * 1000 + b"{}]}", 413, "1,001 rows are too many; a request may hold 1,000"),
        (b" " * (2 * 2**20 + 1), 413, "the body is longer than 2,097,152 bytes"),
    ],
)
def test_a_body_that_is_not_right_is_refused_in_plain_words(api, body, code, said):
    answer = api.http.post("/predict", content=body)
    assert (answer.status_code, said in answer.json()["error"]["reason"]) == (code, True), answer.text


def test_nan_is_missing_and_infinity_is_refused(api):
    body = json.dumps({"rows": [GOOD | {"delay": math.nan}, GOOD | {"delay": math.inf}, GOOD | {"delay": -1e400}]})
    first, *others = api.http.post("/predict", content=body).json()["predictions"]
    assert first["probability"] == api.predict(GOOD | {"delay": None}).json()["predictions"][0]["probability"]
    assert {each["error"]["reason"][:32] for each in others} == {"must be a number of finite size,"}


def test_half_a_character_comes_back_as_an_error_and_the_record_stays_readable(api, name):
    answer = api.http.post("/predict", content=b'{"rows": [{"\\ud800": "\\ud800", "carrier": "\\ud800"}]}')
    assert answer.status_code == 422
    api.predict(GOOD, headers={"X-Request-ID": "after-half"})
    assert (
        serving.wait_for(lambda: api.recorded(name, 1), lambda seen: "after-half" in set(seen["request_id"]))
        is not None
    )


def test_a_request_id_that_could_harm_a_log_is_replaced(api):
    answer = api.predict(GOOD, headers={"X-Request-ID": 'x" onmouseover='})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_every_row_is_recorded_with_its_answer(api, name):
    answer = api.predict(GOOD, GOOD | {"carrier": 3}, headers={"X-Request-ID": "to-record"}).json()
    seen = serving.wait_for(lambda: api.recorded(name, 2), lambda seen: (seen["request_id"] == "to-record").sum() == 2)
    first, second = seen[seen["request_id"] == "to-record"].to_dict("records")
    assert (first["status"], first["model"], first["version"]) == ("ok", name, "1")
    assert first["probability"] == answer["predictions"][0]["probability"]
    assert {column: first[f"feature.{column}"] for column in GOOD} == GOOD
    assert (second["status"], second["error.field"], second["row"]) == ("rejected", "carrier", 1)
    assert 0 < first["seconds"] < 60


def test_health_readiness_and_version(api, name):
    assert api.http.get("/healthz").json() == {"status": "ok"}
    ready = api.http.get("/readyz").json()
    assert (ready["status"], ready["model"], ready["threshold"], ready["watch"]["problem"]) == (
        "ready",
        name,
        0.5,
        None,
    )
    assert {"mlsd", "python", "version"} <= api.http.get("/version").json().keys()


def test_prometheus_sees_requests_rows_and_drops(api):
    def value(line):
        return float(re.search(rf"^{re.escape(line)} (\S+)$", api.http.get("/metrics").text, re.MULTILINE)[1])

    before = value('mlsd_rows_total{status="ok"}')
    api.predict(GOOD, GOOD)
    assert value('mlsd_rows_total{status="ok"}') == before + 2
    assert value("mlsd_record_dropped_rows_total") == 0
    assert value('mlsd_requests_total{code="200",path="/predict"}') >= 1


def test_the_description_tells_the_columns_and_shows_a_registered_row_that_works(api):
    spec = api.http.get("/openapi.json").json()
    row = spec["components"]["schemas"]["Row"]
    assert row["properties"]["delay"] == {"type": ["number", "null"]}
    assert row["properties"]["distance"]["type"] == "integer"
    content = spec["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert content["example"]["rows"][0] == row["example"]
    assert row["example"] == json.loads(serving.flights().drop(columns="late").head(1).to_json(orient="records"))[0]
    assert api.http.post("/predict", json=content["example"]).status_code == 200


def test_shapley_values_of_a_row_add_up_to_its_log_odds(api):
    why = api.http.post("/explain", json={"row": GOOD}).json()
    total = why["base"] + sum(each["contribution"] for each in why["contributions"])
    assert (why["unit"], {each["column"] for each in why["contributions"]}) == ("log-odds", set(GOOD))
    assert total == pytest.approx(math.log(why["probability"] / (1 - why["probability"])), abs=1e-6)


def test_an_explanation_of_a_bad_row_names_its_field(api):
    answer = api.http.post("/explain", json={"row": GOOD | {"distance": "far"}})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "distance")
    assert api.http.post("/explain", json={"rows": [GOOD]}).status_code == 422


def test_other_machines_cannot_connect(api):
    import psutil

    listening = [
        each for each in psutil.Process(api.process.pid).net_connections() if each.status == psutil.CONN_LISTEN
    ]
    assert {each.laddr.ip for each in listening} == {"127.0.0.1"}


def test_answers_are_the_same_bits_online_in_a_table_and_on_dask(api, name, database_url):
    db = store.connect(database_url)
    table = pd.DataFrame(ROWS)
    db.write(table, "flights")
    assert serve.score_table(f"{name}@champion", read="flights", write="scored", db=db, chunk_rows=7) == len(ROWS)
    with ThreadPoolExecutor(8) as pool:  # one by one, and answered together as they happen to meet
        bodies = list(pool.map(lambda row: api.predict(row).json(), ROWS))
    online = [body["predictions"][0]["probability"] for body in bodies]
    together = [each["probability"] for each in api.predict(*ROWS).json()["predictions"]]
    dask = serve.score(tracking.load(f"{name}@champion"), dd.from_pandas(table, npartitions=4)).compute()
    scored = db.read("scored")
    assert online == together == scored["probability"].tolist() == dask["probability"].tolist()
    assert (scored["version"].unique().tolist(), scored["error"].isna().all()) == (["1"], True)


def test_a_bad_row_of_a_table_gets_its_reason_and_no_probability(name, tmp_path):
    db = store.connect(f"sqlite:///{(tmp_path / 'a.db').as_posix()}")
    db.write(pd.DataFrame([GOOD | {"id": 1}, GOOD | {"id": 2, "delay": np.inf}, GOOD | {"id": 3}]), "flights")
    serve.score_table(f"{name}/2", read="select * from flights where id > 1", write="scored", db=db)
    scored = db.read("scored").set_index("id")
    assert scored["error"].to_dict()[2] == "delay: must be a number of finite size, got: inf"
    assert scored["probability"].isna().to_dict() == {2: True, 3: False}


def test_a_table_that_is_there_is_left_alone_before_any_work(name, tmp_path):
    db = store.connect(f"sqlite:///{(tmp_path / 'a.db').as_posix()}")
    db.write(pd.DataFrame({"x": [1]}), "scored")
    with pytest.raises(DataError, match="Table 'scored' is there already"):
        serve.score_table(f"{name}@champion", read="scored", write="scored", db=db)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("nobody@champion", "There is no model 'nobody@champion'"),
        ("{name}@nobody", "There is no model"),
        ("{name}", "names no version"),
    ],
)
def test_a_model_that_is_not_there_is_named(name, asked, said):
    with pytest.raises(DataError, match=said):
        serve.load(asked.format(name=name))


def test_the_threshold_is_the_one_of_the_tags_or_of_the_costs(name, mlflow_server):
    client = tracking.connection.client(mlflow_server)
    assert serve.load(f"{name}/2").threshold == 0.5
    client.set_model_version_tag(name, "2", "cost_false_alarm", "1")
    client.set_model_version_tag(name, "2", "cost_miss", "3")
    assert serve.load(f"{name}/2").threshold == 0.25
    client.set_model_version_tag(name, "2", "threshold", "0.3")
    assert serve.load(f"{name}/2").threshold == 0.3
    assert serve.load(f"{name}/2", threshold=0.1).threshold == 0.1


def test_a_model_that_was_registered_without_rows_is_not_served(mlflow_server):
    with tracking.run("no rows") as run:
        run.register(serving.fitted(), "no rows", alias="champion")
    with pytest.raises(DataError, match="does not say which columns it takes"):
        serve.load("no rows@champion")
