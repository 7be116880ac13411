import os
import subprocess
import sys
import textwrap
import time
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from mlsd import store
from mlsd.errors import ColumnError, DataError, ServiceError, SettingsError, WriteError


@pytest.fixture
def db(database_url):
    return store.connect(database_url)


@pytest.fixture
def trips():
    return pd.DataFrame({"carrier": ["UA", "B6", "UA"], "delay": [4.0, np.nan, -2.5]})


def every_type():
    new_york = pd.date_range("2013-11-02 23:30", periods=3, freq="h", tz="America/New_York")
    return pd.DataFrame(
        {
            "text": ["a", None, "it's; -- ünïcode 🛫"],
            "mixed_none": pd.Series(["x", None, "y"], dtype=object),
            "int64": [1, -(2**62), 3],
            "int16": np.array([1, 2, 3], dtype="int16"),
            "uint8": np.array([0, 255, 3], dtype="uint8"),
            "nullable": pd.array([2**62 + 1, None, 3], dtype="Int64"),
            "float64": [0.1, np.nan, np.inf],
            "float32": np.array([0.1, 2, 3], dtype="float32"),
            "flag": [True, False, True],
            "maybe": pd.array([True, None, False], dtype="boolean"),
            "day": pd.to_datetime(["2013-01-01", None, "2013-01-03"]).astype("datetime64[s]"),
            "nanos": pd.to_datetime(["2013-01-01 05:00:00.25", None, "2013-01-03 00:00:00.0"]).astype("datetime64[ns]"),
            "zone": new_york,
            "utc": new_york.tz_convert("UTC"),
            "took": pd.to_timedelta([90, None, -(10**6)], unit="s"),
            "date": pd.Series([date(2013, 1, 1), None, date(1999, 12, 31)], dtype=object),
            "kind": pd.Categorical(["b", None, "a"], categories=["c", "b", "a"], ordered=True),
            "bytes": pd.Series([b"\x00\xff", None, b""], dtype=object),
            "doc": pd.Series([{"a": [1, {"b": None}]}, None, [1, 2]], dtype=object),
            'quo"ted Näme': ["x", "y", "z"],
            "select": [1, 2, 3],
        }
    )


def test_every_column_type_comes_back_as_it_was(db):
    db.write(every_type(), "types")
    assert_frame_equal(db.read("types"), every_type())


def test_chunks_come_back_with_the_same_types(db):
    db.write(every_type(), "types")
    chunks = list(db.read_chunks("types", rows=2))
    assert [len(chunk) for chunk in chunks] == [2, 1]
    assert_frame_equal(pd.concat(chunks, ignore_index=True), every_type())


def test_a_table_without_rows_keeps_its_columns_and_types(db):
    empty = every_type().head(0)
    db.write(empty, "types")
    assert_frame_equal(db.read("types"), empty)
    assert_frame_equal(next(db.read_chunks("types")), empty)


def test_a_query_gives_back_times_flags_and_documents(db):
    columns = ["day", "zone", "took", "flag", "doc"]
    db.write(every_type(), "types")
    assert_frame_equal(db.read(f"select {', '.join(columns)} from types where int16 > 0"), every_type()[columns])


def test_a_computed_column_is_left_as_the_database_gives_it(db):
    db.write(pd.DataFrame({"n": [1, 2]}), "t")
    assert db.read("select avg(n) as n, sum(n) as s from t").iloc[0].tolist() == [1.5, 3.0]


def test_a_row_appears_first_that_would_mislead_type_guessing(db):
    frame = pd.DataFrame({"late": [None] * 2000 + ["x"], "grows": [1.0] * 2000 + [2.5]})
    db.write(frame, "t")
    assert_frame_equal(db.read("select late, grows from t"), frame)


def test_parameters_are_bound_and_never_formatted(db, trips):
    db.write(trips, "trips")
    evil = "UA' or '1'='1"
    assert db.read("select * from trips where carrier = :c", params={"c": evil}).empty
    assert db.execute("delete from trips where carrier = :c", {"c": evil}) == 0
    assert len(db.read("select * from trips where carrier = :c and 'a%' like 'a%'", params={"c": "UA"})) == 2


def test_a_percent_sign_stays_one(db, trips):
    db.write(trips, "trips")
    assert len(db.read("select * from trips where carrier like 'U%'")) == 2
    assert db.read("select '100%%' as share").iloc[0].tolist() == ["100%%"]


def test_times_can_be_parameters_in_any_zone(db):
    db.write(every_type(), "types")
    new_york, utc = every_type()["zone"][1], every_type()["utc"][1]
    for moment in (new_york, utc, utc.to_pydatetime()):
        assert db.read("select int16 from types where zone = :m", params={"m": moment})["int16"].tolist() == [2]
    at_five = "select int16 from types where nanos > :m"
    assert db.read(at_five, params={"m": pd.Timestamp("2013-01-01 05:00")})["int16"].tolist() == [1, 3]


def test_a_list_of_parameters_runs_the_statement_for_each(db, trips):
    db.write(trips, "trips")
    db.execute("insert into trips values (:c, :d)", [{"c": "AA", "d": 1.0}, {"c": "DL", "d": None}])
    assert len(db.read("trips")) == 5


def test_names_that_need_quotes_work_everywhere(db):
    frame = pd.DataFrame({"order": [1], 'a "b"; drop table x': ["y"]})
    for name in ("select", 'we"ird name', "MiXed"):
        db.write(frame, name)
        db.write(frame, name, if_exists="append")
        assert len(db.read(name)) == 2
    assert db.tables() == sorted(["select", 'we"ird name', "MiXed"])


def test_fail_is_the_default_and_replace_and_append_do_what_they_say(db, trips):
    assert db.write(trips, "trips") == 3
    with pytest.raises(DataError, match="is there already"):
        db.write(trips, "trips")
    assert db.write(trips, "trips", if_exists="append") == 3
    assert len(db.read("trips")) == 6
    db.write(trips[["delay"]], "trips", if_exists="replace")
    assert db.read("trips").columns.tolist() == ["delay"]


def test_appended_rows_may_have_another_order_of_columns(db, trips):
    db.write(trips, "trips")
    db.write(trips[["delay", "carrier"]], "trips", if_exists="append")
    assert db.read("trips")["carrier"].tolist() == ["UA", "B6", "UA"] * 2


def test_appended_rows_with_other_columns_are_refused(db, trips):
    db.write(trips, "trips")
    with pytest.raises(ColumnError, match=r"\['late'\] too many, \['delay'\] missing"):
        db.write(trips.rename(columns={"delay": "late"}), "trips", if_exists="append")
    assert len(db.read("trips")) == 3


def test_a_generator_of_chunks_is_one_write(db, trips):
    assert db.write((trips for _ in range(4)), "trips") == 12
    assert len(db.read("trips")) == 12


def test_a_chunk_that_fails_leaves_the_old_table(db, trips):
    db.write(trips, "trips")

    def chunks():
        yield trips
        raise RuntimeError("the source broke")

    with pytest.raises(WriteError, match="the source broke"):
        db.write(chunks(), "trips", if_exists="replace")
    assert_frame_equal(db.read("trips"), trips)


def test_a_later_chunk_that_does_not_fit_is_named(db):
    chunks = [pd.DataFrame({"n": [1]}), pd.DataFrame({"n": ["one"]})]
    with pytest.raises(DataError, match="'n' cannot be stored as bigint"):
        db.write(chunks, "t")
    assert db.tables() == []


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({1: [1]}), "Column name 1 is no text"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "come twice"),
        (pd.DataFrame(index=[0]), "no columns"),
        (pd.DataFrame({"a": [1, "x"]}), "'a' mixes types"),
        (pd.DataFrame({"a": pd.period_range("2013", periods=1)}), "no table holds"),
        (pd.DataFrame({"a": [pd.Timestamp("2013-01-01 00:00:00.000000001")]}), "cannot be stored as timestamp"),
    ],
)
def test_what_no_table_can_hold_is_refused_by_name(db, frame, said):
    with pytest.raises(DataError, match=said):
        db.write(frame, "t")
    assert db.tables() == []


def test_a_wrong_word_for_if_exists_names_the_right_ones(db, trips):
    with pytest.raises(DataError, match=r"must be one of \['fail', 'replace', 'append'\], got: 'overwrite'"):
        db.write(trips, "t", if_exists="overwrite")


def test_no_chunk_at_all_is_refused(db):
    with pytest.raises(DataError, match="no chunk"):
        db.write([], "t")


def test_an_unknown_table_names_the_tables(db, trips):
    db.write(trips, "trips")
    with pytest.raises(DataError, match=r"no table 'trip'.*\n.*\['trips'\]"):
        db.read("trip")


def test_a_table_under_a_view_is_not_replaced_silently(db, trips):
    db.write(trips, "trips")
    db.execute("create view late as select * from trips where delay > 0")
    if db.is_sqlite:  # a view is looked up when it is read
        db.write(trips, "trips", if_exists="replace")
    else:
        with pytest.raises(WriteError, match="was not written"):
            db.write(trips, "trips", if_exists="replace")
    assert len(db.read("late")) == 1


def test_an_exception_undoes_a_transaction_even_a_create_table(db, trips):
    db.write(trips, "trips")
    with pytest.raises(ZeroDivisionError), db.transaction() as tx:  # noqa: PT012
        tx.execute("delete from trips")
        tx.execute("create table other (n integer)")
        assert tx.read("trips").empty
        assert tx.tables() == ["other", "trips"]
        raise ZeroDivisionError
    assert db.tables() == ["trips"]
    assert len(db.read("trips")) == 3


def test_a_transaction_goes_on_after_it_has_read(db, trips):
    db.write(trips, "trips")
    with db.transaction() as tx:
        assert len(tx.read("trips")) == 3
        assert tx.execute("delete from trips where carrier = 'UA'") == 2
        assert len(tx.read("select * from trips")) == 1
    assert len(db.read("trips")) == 1


def test_a_query_plan_can_be_read_inside_and_outside_a_transaction(db, trips):
    db.write(trips, "trips")
    explain = f"explain {'query plan' if db.is_sqlite else ''} select * from trips where carrier = :c"
    with db.transaction() as tx:
        inside = tx.read(explain, params={"c": "UA"})
    assert inside.astype(str).apply(" ".join, axis=1).str.contains("trips").any()
    assert len(db.read(explain, params={"c": "UA"})) == len(inside)


def test_sqlite_is_not_opened_twice_in_a_thread(tmp_path, trips):
    db = store.connect(f"sqlite:///{tmp_path}/one.db")
    db.write(trips, "trips")
    with db.transaction(), pytest.raises(DataError, match=r"tx\.read"):
        db.read("trips")
    with pytest.raises(DataError, match="open in this thread"):  # noqa: PT012
        for chunk in db.read_chunks("trips", rows=1):
            db.write(chunk, "copy")
    assert len(db.read("trips")) == 3


def test_a_dropped_table_leaves_no_types_behind(db, trips):
    for name in ("old:name", "trips"):
        db.write(trips.assign(when=pd.Timestamp("2013-01-01")), name)
    db.drop("old:name")
    db.drop("never there")
    assert db.tables() == ["trips"]
    assert db.read("select distinct table_name from mlsd_columns")["table_name"].tolist() == ["trips"]


def test_tables_that_a_query_does_not_name_have_no_say_in_its_types(db):
    db.write(pd.DataFrame({"hour": [5]}), "numbers")
    db.write(pd.DataFrame({"hour": [pd.Timestamp("2013-01-01 05:00")]}), "times")
    assert db.read("select hour from times")["hour"].tolist() == [pd.Timestamp("2013-01-01 05:00")]
    assert db.read("select hour from numbers")["hour"].tolist() == [5]


def test_a_bulk_write_inside_a_transaction_is_refused(db, trips):
    with db.transaction() as tx, pytest.raises(WriteError, match="transaction of its own"):
        tx.write(trips, "trips")


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://u:secret@h/x", "sqlite://", "sqlite://a.db", "postgresql://u:secret@:x/y"]
)
def test_a_url_that_cannot_be_used_names_the_right_forms_and_hides_the_password(url):
    with pytest.raises(SettingsError, match=r"sqlite:///path/to/file\.db") as caught:
        store.connect(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_down_is_found_at_once_with_its_fix():
    with pytest.raises(ServiceError, match="mlsd up") as caught:
        store.connect("postgresql+psycopg2://u:secret@127.0.0.1:9/x")
    assert "secret" not in str(caught.value)


def test_a_missing_database_and_a_wrong_password_have_their_own_fix(postgres_url):
    with pytest.raises(ServiceError, match="Create the database 'nowhere'"):
        store.connect(postgres_url.rsplit("/", 1)[0] + "/nowhere")


def test_a_sqlite_file_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceError, match="Name a folder that you may write to"):
        store.connect(f"sqlite:///{tmp_path}/file/x.db")


def test_the_password_never_shows(postgres_url):
    assert "***" in repr(store.connect(postgres_url))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False),
            st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
            st.booleans(),
            st.datetimes(pd.Timestamp("1700-01-01"), pd.Timestamp("2200-01-01")),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_is_written_is_read(db, rows):
    frame = pd.DataFrame(rows, columns=["i", "f", "s", "b", "t"]).astype({"t": "datetime64[us]"})
    db.write(frame, "anything", if_exists="replace")
    assert_frame_equal(db.read("anything"), frame)
    assert_frame_equal(db.read("select i, f, s, b, t from anything"), frame)


KILLED = """
    import sys, numpy as np, pandas as pd
    from mlsd import store
    db = store.connect(sys.argv[1])
    big = pd.DataFrame({"n": np.arange(300_000), "x": "new"})
    print("writing", flush=True)
    while True:
        db.write((big for _ in range(3)), "t", if_exists="replace")
"""


@pytest.mark.parametrize("attempt", range(10))
def test_a_killed_write_leaves_a_whole_table(database_url, attempt):
    db = store.connect(database_url)
    old = pd.DataFrame({"n": np.arange(1000), "x": "old"})
    db.write(old, "t")
    writer = subprocess.Popen([sys.executable, "-c", textwrap.dedent(KILLED), database_url], stdout=subprocess.PIPE)
    assert writer.stdout.readline() == b"writing\n"
    time.sleep(np.random.default_rng(attempt).uniform(0, 1.5))
    writer.kill()
    writer.communicate()
    found = db.read("t")
    whole = {"old": 1000, "new": 900_000}
    assert len(found) == whole[found["x"].iloc[0]]
    assert found["x"].nunique() == 1
    assert db.tables() == ["t"]


FULL_DISK = """
    import resource, signal, sys, pandas as pd
    from mlsd import store
    db = store.connect(sys.argv[1])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
    db.write(pd.DataFrame({"x": ["new" * 100] * 100_000}), "t", if_exists="replace")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on file size to play a full disk with")
def test_a_full_disk_leaves_the_old_table(tmp_path):
    url = f"sqlite:///{tmp_path}/full disk.db"
    store.connect(url).write(pd.DataFrame({"x": ["old"]}), "t")
    writer = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL_DISK), url], capture_output=True, text=True, check=False
    )
    assert "WriteError: Table 't' was not written" in writer.stderr
    assert store.connect(url).read("t")["x"].tolist() == ["old"]
