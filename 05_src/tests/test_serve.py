"""The schema of a row, the one function that answers, and the record: without a server."""

import json
import math
from datetime import UTC, datetime

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as searching
from hypothesis import strategies as st
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from mlsd import serve, settings
from mlsd.errors import ColumnError, DataError
from mlsd.serve.answering import about
from mlsd.serve.schema import DTYPES
from mlsd.serve.served_log import Entry, Recorder

from .real import serving

SCHEMA = serve.Schema(
    (
        serve.Field("delay", "float64", may_miss=True),
        serve.Field("distance", "int64"),
        serve.Field("carrier", "str"),
        serve.Field("seats", "int64", required=False, may_miss=True),
        serve.Field("is_full", "bool", required=False, may_miss=True),
        serve.Field("at", "datetime64[us]", required=False, may_miss=True),
    )
)
ROW = {"delay": 1.5, "distance": 700, "carrier": "UA"}
WIDE = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 40)), columns=[f"x{i}" for i in range(40)])
TARGET = (WIDE["x0"] + WIDE["x1"] > 0).astype(int)


def reason(**changes):
    """What is said of a good row with these changes; nothing if it is still good."""
    return [(each.field, each.reason) for each in SCHEMA.check(ROW | changes)[1]]


def test_a_good_row_has_no_problem_and_optional_columns_are_missing():
    values, problems = SCHEMA.check(ROW)
    assert problems == []
    assert values == ROW | {"seats": None, "is_full": None, "at": None}


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("delay", "12", "must be a number, got: '12'"),
        ("delay", True, "must be a number, got: True"),
        ("delay", math.inf, "must be a number of finite size, got: inf"),
        ("delay", 10**400, "must be a number of finite size"),
        ("distance", 1.5, "must be a whole number, got: 1.5"),
        ("distance", False, "must be a whole number, got: False"),
        ("distance", 2**63, "must be a whole number between"),
        ("distance", None, "is missing, and the model needs a value"),
        ("distance", math.nan, "is missing, and the model needs a value"),
        ("seats", 2**53 + 1, "must be a whole number between"),
        ("carrier", 3, "must be text, got: 3"),
        ("carrier", "\ud800", "must be text, got half of a character"),
        ("carrier", ["UA"], "must be text"),
        ("is_full", 1, "must be true or false, got: 1"),
        ("at", "yesterday", "must be an instant such as"),
        ("at", 5, "must be an instant such as"),
    ],
)
def test_a_value_that_is_not_right_is_named_with_the_reason(column, value, said):
    ((field, told),) = reason(**{column: value})
    assert (field, told[: len(said)]) == (column, said)


def test_whole_numbers_written_with_a_point_and_values_that_may_miss_are_right():
    values, problems = SCHEMA.check(
        {"delay": math.nan, "distance": 700.0, "carrier": "UA", "at": "2013-01-01T02:00+02:00"}
    )
    assert problems == []
    assert (values["delay"], values["distance"], values["at"]) == (None, 700, datetime(2013, 1, 1))


def test_a_column_that_is_not_there_is_told_apart_from_one_that_is_missing():
    problems = SCHEMA.check({"carrier": "UA"})[1]
    assert [(each.field, each.reason) for each in problems] == [
        ("delay", "is not there; give null where it is not known"),
        ("distance", "is not there, and the model needs a value"),
    ]


def test_an_unknown_column_is_named_with_the_nearest_one():
    (problem,) = SCHEMA.check(ROW | {"Distnace": 3})[1]
    assert problem.as_json() == {
        "field": "Distnace",
        "reason": "there is no such column; did you mean 'distance'?",
        "nearest": "distance",
    }


def test_a_row_of_a_million_unknown_columns_is_refused_quickly_and_briefly():
    problems = SCHEMA.check(ROW | {"x" * 100_000 + str(number): 1 for number in range(20)})[1]
    assert len(problems) == 5
    assert all(len(each.field) == 60 for each in problems)


@pytest.mark.parametrize("row", [None, 5, "text", [1, 2]])
def test_a_row_that_is_no_object_is_refused(row):
    (problem,) = SCHEMA.check(row)[1]
    assert problem.field is None
    assert "a row must be an object" in problem.reason


@searching(suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(st.dictionaries(st.sampled_from([*SCHEMA.names, "other", "\ud800"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda each: st.lists(each, max_size=2)
)))  # fmt: skip
def test_any_row_is_either_refused_or_becomes_a_frame(row):
    values, problems = SCHEMA.check(row)
    if not problems:
        assert SCHEMA.frame([values]).columns.tolist() == SCHEMA.names
    json.dumps([problem.as_json() for problem in problems], ensure_ascii=False).encode()


def test_a_frame_has_the_same_types_whatever_its_rows_hold():
    rows = [SCHEMA.check(row)[0] for row in (ROW, ROW | {"delay": None, "seats": 3}, ROW | {"at": "2013-01-01"})]
    types = {tuple(SCHEMA.frame([row]).dtypes) for row in rows} | {tuple(SCHEMA.frame(rows).dtypes)}
    assert len(types) == 1


def test_a_table_is_cast_as_a_row_is_checked():
    table = pd.DataFrame(
        {"other": 0, "delay": [1, 2, 3], "distance": [1.0, 2.5, np.nan], "carrier": ["UA", None, "B6"]}
    )
    table["delay"] = [1.0, np.inf, np.nan]
    good, reasons = SCHEMA.cast(table.set_axis([7, 8, 9]))
    assert good.to_dict("index")[7]["distance"] == 1
    assert reasons.to_dict() == {
        8: "delay: must be a number of finite size, got: inf",
        9: "distance: is missing, and the model needs a value",
    }


def test_a_table_without_a_required_column_is_refused():
    with pytest.raises(ColumnError, match="Column 'distance' is not in the table"):
        SCHEMA.cast(pd.DataFrame({"delay": [1.0], "carrier": ["UA"]}))


def test_every_type_of_a_signature_becomes_a_field():
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec
    from mlflow.types import Schema as MlflowSchema

    columns = [ColSpec(kind, kind, required=kind != "double") for kind in DTYPES]
    schema = serve.Schema.of(ModelSignature(inputs=MlflowSchema(columns)), "m")
    assert {each.name: each.dtype for each in schema.fields} == DTYPES
    assert [each.name for each in schema.fields if each.may_miss] == ["double"]


def test_a_model_without_a_signature_or_with_other_types_is_refused():
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec
    from mlflow.types import Schema as MlflowSchema

    with pytest.raises(DataError, match="'m' does not say which columns it takes"):
        serve.Schema.of(None, "m")
    with pytest.raises(DataError, match="Column 'picture' of 'm' is of type 'binary'"):
        serve.Schema.of(ModelSignature(inputs=MlflowSchema([ColSpec("binary", "picture")])), "m")


LINEAR = make_pipeline(StandardScaler(), LogisticRegression()).fit(WIDE, TARGET)
TREES = HistGradientBoostingClassifier(max_iter=5).fit(WIDE, TARGET)
REGRESSOR = TransformedTargetRegressor(
    make_pipeline(StandardScaler(), LinearRegression()), func=np.log1p, inverse_func=np.expm1
).fit(WIDE, TARGET + 1.0)


@pytest.mark.parametrize("model", [LINEAR, TREES, REGRESSOR, LINEAR.named_steps["logisticregression"]])
def test_an_answer_is_the_same_to_the_last_bit_whichever_rows_stand_beside_it(model):
    frame = WIDE if hasattr(model, "feature_names_in_") else pd.DataFrame(LINEAR[0].transform(WIDE))
    together = serve.score(model, frame)
    for rows in (1, 2, 3, 7, 64):
        parts = [serve.score(model, frame.iloc[start : start + rows]) for start in range(0, 128, rows)]
        pd.testing.assert_frame_equal(pd.concat(parts).iloc[:128], together.iloc[:128], check_exact=True)


@pytest.mark.parametrize("model", [LINEAR, TREES])
def test_answers_are_those_of_the_model_itself(model):
    probability = serve.score(model, WIDE)["probability"]
    np.testing.assert_allclose(probability, model.predict_proba(WIDE)[:, 1], rtol=1e-13)


def test_a_regressor_answers_with_predictions():
    np.testing.assert_allclose(serve.score(REGRESSOR, WIDE)["prediction"], REGRESSOR.predict(WIDE), rtol=1e-13)


def test_several_classes_give_a_prediction_and_a_probability_each():
    target = np.array(["a", "b", "c"])[np.arange(300) % 3]
    scored = serve.score(LogisticRegression().fit(WIDE, target), WIDE)
    assert scored.columns.tolist() == ["prediction", "probability.a", "probability.b", "probability.c"]
    chances = scored.drop(columns="prediction")
    assert (chances.idxmax(axis=1).str[-1] == scored["prediction"]).all()


def test_a_dask_frame_is_scored_lazily_with_the_same_bits():
    lazy = serve.score(LINEAR, dd.from_pandas(WIDE, npartitions=7))
    assert lazy.columns.tolist() == ["probability"]
    pd.testing.assert_frame_equal(lazy.compute(), serve.score(LINEAR, WIDE), check_exact=True)


def test_a_frame_without_a_column_of_the_model_is_refused():
    with pytest.raises(ColumnError, match="Column 'x3' is not in the frame"):
        serve.score(LINEAR, WIDE.drop(columns="x3"))


def served(**options):
    facts = {"name": "m", "version": "1", "alias": "champion", "model": LINEAR, "schema": SCHEMA, "threshold": 0.5}
    return serve.Served(**(facts | options))


def test_what_an_answer_begins_with():
    assert about(served(threshold=None), "r1") == {
        "model": "m", "version": "1", "alias": "champion", "request_id": "r1"
    }  # fmt: skip


def refusing(frame):
    if (frame["x"] == 13).any():
        raise ValueError("thirteen!")
    return frame


def test_a_row_that_the_model_refuses_does_not_spoil_its_neighbours():
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3]})
    model = make_pipeline(FunctionTransformer(refusing), LogisticRegression()).fit(frame, [0, 0, 1, 1])
    answers = served(model=model, schema=serve.Schema((serve.Field("x", "float64"),))).answers(
        [{"x": float(number)} for number in (1, 13, 2)]
    )
    assert ["probability" in answer for answer in answers] == [True, False, True]
    assert answers[1]["error"]["reason"] == "the model could not answer: thirteen!"


def entry(number=0, *, day=1, **answer):
    at = datetime(2013, 1, day, 12, 0, number, tzinfo=UTC)
    return Entry(at, f"r{number}", "m", "1", "champion", 0.25, [{"x": number, "c": "é"}], [answer])


def record(*entries):
    dropped = []
    recorder = Recorder("m", dropped.append)
    for each in entries:
        recorder.put(each)
    recorder.close()
    return sum(dropped)


def test_what_was_recorded_comes_back_row_by_row():
    rejected = {"error": {"field": "x", "reason": "no", "others": []}}
    record(
        entry(0, probability=0.25),
        entry(1, **rejected),
        entry(2, error={"field": None, "reason": "e", "by_model": True}),
    )
    read = serve.read_log("m")
    assert read["status"].tolist() == ["ok", "rejected", "error"]
    assert read.loc[0, ["request_id", "row", "version", "probability", "seconds", "feature.x"]].tolist() == [
        "r0", 0, "1", 0.25, 0.25, 0
    ]  # fmt: skip
    assert read.loc[1, ["error.field", "error.reason"]].tolist() == ["x", "no"]
    assert str(read["time"].dtype) == "datetime64[us, UTC]"


def test_each_day_has_a_file_and_only_the_days_asked_for_are_read():
    record(entry(1, day=1, probability=0.1), entry(2, day=2, probability=0.2), entry(3, day=3, probability=0.3))
    days = [file.name[:10] for file in sorted((settings.data_dir() / "served" / "m").iterdir())]
    assert days == ["2013-01-01", "2013-01-02", "2013-01-03"]
    assert serve.read_log("m", since="2013-01-02", until="2013-01-03")["probability"].tolist() == [0.2]
    assert serve.read_log("m", until=datetime(2013, 1, 2, 12, 0, 2))["probability"].tolist() == [0.1]


def test_a_line_that_a_killed_process_left_half_written_is_skipped_and_the_next_one_whole():
    record(entry(1, probability=0.1))
    (file,) = (settings.data_dir() / "served" / "m").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 2])
    record(entry(2, probability=0.2))
    read = serve.read_log("m")
    assert read["probability"].tolist() == [0.1, 0.2]
    assert read.attrs["torn_lines"] == 1


def test_what_the_disk_refuses_is_counted_and_told(caplog):
    (settings.data_dir() / "served").mkdir(parents=True)
    (settings.data_dir() / "served" / "m").touch()  # a file where the folder should be
    assert record(entry(1, probability=0.1), entry(2, probability=0.2)) == 2
    assert "rows were not recorded" in caplog.text


def test_a_queue_that_is_full_drops_counts_and_does_not_wait(monkeypatch, caplog):
    monkeypatch.setattr("mlsd.serve.served_log.WAITING_REQUESTS", 1)
    monkeypatch.setattr(Recorder, "_write", lambda self, entries: stuck.wait())
    import threading

    stuck, dropped = threading.Event(), []
    recorder = Recorder("m", dropped.append)
    for number in range(5):
        recorder.put(entry(number, probability=0.1))
    stuck.set()
    recorder.close()
    assert sum(dropped) >= 3
    assert "the queue is full" in caplog.text


def test_a_model_that_was_never_served_has_no_record():
    with pytest.raises(DataError, match="Nothing is recorded under"):
        serve.read_log("nobody")


def test_the_test_model_answers_as_its_description_says():
    model = serving.fitted()
    rows = pd.DataFrame([serving.GOOD, serving.GOOD | {"delay": None, "carrier": None}])
    assert serve.score(model, rows)["probability"].notna().all()
