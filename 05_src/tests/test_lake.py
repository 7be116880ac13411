import os
import subprocess
import sys
import textwrap
import time

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from mlsd import lake, price_csv
from mlsd.errors import ColumnError, DataError, WriteError

HEADER = "Date,Open,High,Low,Close,Adj Close,Volume"
GOOD = [f"2020-01-{day:02d},1.5,2.5,1,2,{day}.25,{day}00" for day in (2, 3, 6, 7, 8)]


def write_csv(folder, ticker="AAA", lines=GOOD, header=HEADER, end="\n"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{ticker}.csv").write_bytes(("\n".join([header, *lines]) + end).encode())


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "price csv"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "lake" / "prices"


def test_a_year_of_a_ticker_is_a_file_with_the_courses_columns(folder, out):
    write_csv(folder, lines=[*GOOD, "2021-01-04,1,1,1,1,1,1"])
    assert lake.ingest(folder, out)[:2] == (6, 0)
    assert pq.read_table(out / "AAA" / "AAA_2020" / "part.0.parquet").num_rows == 5
    table = lake.read(out)
    assert table.columns.tolist() == [*HEADER.split(","), "source", "ticker", "Year"]
    assert table.iloc[-1][["source", "ticker", "Year"]].tolist() == ["AAA.csv", "AAA", 2021]


FAULTS = {
    "text in a number": ("2020-01-06,1.5,2.5,1,two,2,100", "Close is not a number: 'two'"),
    "a missing number": ("2020-01-06,1.5,,1,2,2,100", "High is missing"),
    "null": ("2020-01-06,null,null,null,null,null,null", "Open is missing"),
    "an infinite price": ("2020-01-06,inf,2.5,1,2,2,100", "Open is not finite: 'inf'"),
    "a negative price": ("2020-01-06,1.5,2.5,-1,2,2,100", "Low is negative: -1"),
    "half a share": ("2020-01-06,1.5,2.5,1,2,2,10.5", "Volume is no whole number: 10.5"),
    "text in Volume": ("2020-01-06,1.5,2.5,1,2,2,n.a.", "Volume is not a number: 'n.a.'"),
    "no date": ("someday,1.5,2.5,1,2,2,100", "Date is not a date like 2020-01-31: 'someday'"),
    "a truncated line": ("2020-01-06,1.5,2.", "truncated or broken line: 3 fields, the header has 7"),
    "a line too long": ("2020-01-06,1.5,2.5,1,2,2,100,9", "truncated or broken line: 8 fields"),
    "an open quote": ('2020-01-06,"1.5,2.5,1,2,2,100', "a quote is not closed"),
    "a duplicate date": ("2020-01-03,1.5,2.5,1,2,2,100", "duplicate date: 2020-01-03 stands on an earlier line"),
    "a date out of order": ("2019-12-30,1.5,2.5,1,2,2,100", "date out of order: 2019-12-30"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_line_is_named_and_the_good_ones_are_kept(folder, out, fault):
    line, reason = FAULTS[fault]
    write_csv(folder, lines=[*GOOD[:2], line, *GOOD[3:]])
    done = lake.ingest(folder, out)
    assert done[:2] == (4, 1)
    [(file, number, rows, why, text)] = pd.read_csv(done.rejects).to_numpy().tolist()
    assert (file, number, rows, text) == ("AAA.csv", 4, 1, line)
    assert why.startswith(reason)
    assert lake.read(out)["Volume"].tolist() == [200, 300, 700, 800]


def test_a_byte_that_is_not_utf8_costs_its_line_only(folder, out):
    write_csv(folder)
    file = folder / "AAA.csv"
    file.write_bytes(file.read_bytes().replace(b"2020-01-06,1.5", b"2020-01-06,1.5\xe9"))
    done = lake.ingest(folder, out)
    assert done[:2] == (4, 1)
    assert "not UTF-8: byte 0xe9 at position 15" in done.rejects.read_text()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_file_in_another_encoding_is_rejected_whole(folder, out, encoding):
    write_csv(folder)
    write_csv(folder, "BBB")
    (folder / "AAA.csv").write_bytes((folder / "BBB.csv").read_text().encode(encoding))
    done = lake.ingest(folder, out)
    assert done.rows_written == 5
    assert done.rows_rejected >= 5
    assert set(pd.read_csv(done.rejects)["file"]) == {"AAA.csv"}


def test_a_file_without_a_column_is_rejected_line_by_line(folder, out):
    write_csv(folder, header=HEADER.replace("Close", "Last", 1))
    write_csv(folder, "BBB")
    done = lake.ingest(folder, out)
    assert done[:2] == (5, 5)
    assert set(pd.read_csv(done.rejects)["reason"]) == {"the file has no column Close"}


@pytest.mark.parametrize("content", [b"", b"\n", HEADER.encode(), HEADER.encode() + b"\n\n"])
def test_a_file_without_rows_is_named_and_counts_none(folder, out, content):
    write_csv(folder)
    (folder / "EMPTY.csv").write_bytes(content)
    done = lake.ingest(folder, out)
    assert done[:2] == (5, 0)
    rejects = pd.read_csv(done.rejects)
    assert rejects[["file", "rows"]].to_numpy().tolist() == [["EMPTY.csv", 0]]
    assert rejects["reason"].str.contains("empty").all()


@pytest.mark.parametrize("end", ["\n", "", "\r\n", "\n\n\n"])
def test_line_ends_bom_blank_lines_and_more_columns_do_no_harm(folder, out, end):
    write_csv(folder, lines=[line + ",x" for line in GOOD], header=HEADER + ",Note", end=end)
    file = folder / "AAA.csv"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert lake.ingest(folder, out)[:2] == (5, 0)


def test_newest_first_is_an_order_too(folder, out):
    write_csv(folder, lines=GOOD[::-1])
    write_csv(folder, "BBB", lines=[*GOOD[::-1], "2020-01-01,1,1,1,1,1,oops"])
    assert lake.ingest(folder, out)[:2] == (10, 1)
    assert lake.read(out).groupby("ticker")["Date"].is_monotonic_increasing.all()


def test_of_lines_out_of_order_as_few_as_possible_are_rejected(folder, out):
    moved = [GOOD[4], *GOOD[:4]]
    write_csv(folder, lines=moved)
    done = lake.ingest(folder, out)
    assert done[:2] == (4, 1)
    assert pd.read_csv(done.rejects)["line"].tolist() == [2]


def test_the_same_folder_again_adds_nothing(folder, out):
    write_csv(folder)
    lake.ingest(folder, out)
    before = {file: file.read_bytes() for file in out.rglob("*.parquet")}
    assert lake.ingest(folder, out)[:2] == (0, 0)
    assert {file: file.read_bytes() for file in out.rglob("*.parquet")} == before


def test_next_months_folder_adds_next_month(folder, out):
    write_csv(folder)
    write_csv(folder, "BBB")
    lake.ingest(folder, out)
    write_csv(folder.with_name("february"), lines=[GOOD[-1], "2020-02-03,1,1,1,1,1,1"])
    assert lake.ingest(folder.with_name("february"), out)[:2] == (1, 0)
    table = lake.read(out)
    assert table["ticker"].value_counts().to_dict() == {"AAA": 6, "BBB": 5}
    assert table["Date"].is_monotonic_increasing is False
    assert table.loc[table["ticker"] == "AAA", "Date"].is_monotonic_increasing


def test_a_restated_row_is_kept_aside_until_it_is_asked_for(folder, out):
    write_csv(folder)
    lake.ingest(folder, out)
    write_csv(folder, lines=[*GOOD[:2], GOOD[2].replace("2.5", "9.5"), *GOOD[3:]])
    done = lake.ingest(folder, out)
    assert done[:2] == (0, 1)
    assert pd.read_csv(done.rejects)[["line", "text"]].to_numpy().tolist() == [[4, GOOD[2].replace("2.5", "9.5")]]
    assert lake.ingest(folder, out, restate=True)[:2] == (1, 0)
    assert lake.read(out)["High"].tolist() == [2.5, 2.5, 9.5, 2.5, 2.5]


def test_a_folder_without_csv_is_refused(tmp_path, out):
    with pytest.raises(DataError, match="There is no CSV file in"):
        lake.ingest(tmp_path, out)
    with pytest.raises(DataError, match="There is no folder"):
        lake.ingest(tmp_path / "nowhere", out)


def test_a_place_below_a_file_is_refused(folder, tmp_path):
    write_csv(folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="Name a folder that you may write to"):
        lake.ingest(folder, tmp_path / "file" / "prices")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), max_size=40))
def test_a_longest_rising_run_is_found(values):
    keep = price_csv._longest_rising(np.array(values))
    kept = np.array(values)[keep]
    assert (np.diff(kept) > 0).all()
    best = [1] * len(values)
    for i in range(len(values)):
        best[i] = 1 + max([best[j] for j in range(i) if values[j] < values[i]], default=0)
    assert len(kept) == max(best, default=0)


@pytest.fixture
def frame():
    zone = pd.date_range("2013-01-01", periods=4, tz="America/New_York", unit="us")
    return pd.DataFrame({"k": ["a/b", "c", "a/b", None], "n": [1, 2, 3, 4], "when": zone})


def test_a_frame_comes_back_as_it_was(frame, out):
    lake.write(frame, out)
    assert_frame_equal(lake.read(out), frame)
    assert_frame_equal(lake.read(out, columns=["n"]), frame[["n"]])


def test_folders_by_value_hold_any_value_and_keep_the_column(frame, out):
    lake.write(frame, out, by="k")
    assert sorted(folder.name for folder in out.iterdir()) == ["a%2Fb", "c", "nan"]
    assert lake.read(out).sort_values("n")["n"].tolist() == [1, 2, 3, 4]


def test_dask_writes_and_reads_the_same_rows(frame, out):
    lake.write(dd.from_pandas(frame, npartitions=2), out, by=["k"])
    lazy = lake.read(out, engine="dask", partition_bytes=1)
    assert lazy.npartitions == 3
    assert sorted(lazy.compute()["n"]) == [1, 2, 3, 4]
    assert lake.read(out, engine="dask", columns=["n"])["n"].sum().compute() == 10


def test_a_dask_partition_never_splits_a_ticker(folder, out):
    for ticker in ("AAA", "BBB", "CCC"):
        write_csv(folder, ticker, lines=[f"{year}-01-02,1,1,1,1,1,1" for year in range(2000, 2010)])
    lake.ingest(folder, out)
    lazy = lake.read(out, engine="dask", partition_bytes=1)
    assert [part["ticker"].compute().nunique() for part in lazy.partitions] == [1, 1, 1]
    assert [len(part) for part in lazy.partitions] == [10, 10, 10]
    assert "10 files from AAA_2000" in lazy.expr.tree_repr()


def test_a_folder_that_is_there_is_not_replaced_unasked(frame, out):
    lake.write(frame, out)
    with pytest.raises(DataError, match="is there already"):
        lake.write(frame, out)
    lake.write(frame[:1], out, if_exists="replace")
    assert len(lake.read(out)) == 1


def test_a_bare_name_lies_in_the_data_folder(frame, tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    assert lake.write(frame, "trips") == tmp_path / "data" / "trips"
    assert lake.write(frame, "./trips") == tmp_path / "trips"


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda f, o: lake.read(o), DataError, "mlsd data"),
        (lambda f, o: lake.read(o, engine="polars"), DataError, "must be 'pandas' or 'dask', got: 'polars'"),
        (lambda f, o: lake.write(f, o, if_exists="append"), DataError, "must be 'fail' or 'replace', got: 'append'"),
        (lambda f, o: lake.write(f, o, by="K"), ColumnError, "Did you mean 'k'"),
        (lambda f, o: lake.read(lake.write(f, o), engine="dask", columns=["N"]), ColumnError, "Did you mean 'n'"),
        (lambda f, o: lake.read(lake.write(f, o), columns=["N"]), ColumnError, "Did you mean 'n'"),
    ],
)
def test_what_cannot_be_done_says_what_can(frame, out, call, error, said):
    with pytest.raises(error, match=said):
        call(frame, out)


def break_down(part):
    raise RuntimeError("the source broke")


def test_a_load_that_fails_leaves_the_old_folder_and_nothing_else(frame, out):
    lake.write(frame, out)
    broken = dd.from_pandas(frame, npartitions=2).map_partitions(break_down, meta=frame)
    with pytest.raises(RuntimeError, match="the source broke"):
        lake.write(broken, out, if_exists="replace")
    assert_frame_equal(lake.read(out), frame)
    assert [path.name for path in out.parent.iterdir()] == ["prices"]


def test_two_loads_at_once_do_not_lose_one_another(folder, out, monkeypatch):
    write_csv(folder)
    lake.ingest(folder, out)
    write_csv(folder.with_name("other"), "BBB")
    linking = lake._link_the_rest
    monkeypatch.setattr(lake, "_link_the_rest", lambda old, new: (linking(old, new), other()))

    def other():
        monkeypatch.setattr(lake, "_link_the_rest", linking)
        lake.ingest(folder.with_name("other"), out)

    write_csv(folder, "CCC")
    with pytest.raises(WriteError, match="Another load changed"):
        lake.ingest(folder, out)
    assert set(lake.read(out)["ticker"]) == {"AAA", "BBB"}


def test_a_swap_that_was_cut_in_the_middle_is_undone(frame, out):
    lake.write(frame, out)
    out.rename(lake._backup(out))
    assert_frame_equal(lake.read(out), frame)


KILLED = """
    import sys
    from mlsd import lake
    print("loading", flush=True)
    turn = 0
    while True:
        turn += 1
        lake.ingest(sys.argv[1 + turn % 2], sys.argv[3], restate=True)
"""


@pytest.mark.parametrize("attempt", range(10))
def test_a_killed_load_leaves_a_whole_table(tmp_path, out, attempt):
    states = {}
    for name, price in (("old", 1), ("new", 2)):
        for ticker in ("AAA", "BBB", "CCC"):
            lines = [f"{year}-{month:02d}-02,1,9,1,{price},1,1" for year in range(1990, 2010) for month in range(1, 13)]
            write_csv(tmp_path / name, ticker, lines=lines)
        states[name] = price
    lake.ingest(tmp_path / "old", out)
    command = [
        sys.executable,
        "-c",
        textwrap.dedent(KILLED),
        *(str(p) for p in (tmp_path / "old", tmp_path / "new", out)),
    ]
    loader = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert loader.stdout.readline() == b"loading\n"
    time.sleep(np.random.default_rng(attempt).uniform(0, 1.5))
    loader.kill()
    loader.communicate()
    table = lake.read(out)
    assert len(table) == 3 * 240
    assert table["Close"].nunique() == 1
    lake.ingest(tmp_path / "old", out, restate=True)
    assert [path.name for path in out.parent.iterdir()] == ["prices"]


FULL_DISK = """
    import resource, signal, sys, numpy as np, pandas as pd
    from mlsd import lake
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    lake.write(pd.DataFrame({"x": np.random.default_rng(0).random(1_000_000)}), sys.argv[1], if_exists="replace")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on file size to play a full disk with")
def test_a_full_disk_leaves_the_old_folder(frame, out):
    lake.write(frame, out)
    command = [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(out)]
    writer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "was not changed" in writer.stderr
    assert_frame_equal(lake.read(out), frame)
    assert [path.name for path in out.parent.iterdir()] == ["prices"]
