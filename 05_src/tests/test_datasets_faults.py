import re

import pandas as pd
import pytest

from mlsd import lake
from mlsd.datasets.faults import FAULTS, add_faults
from mlsd.datasets.prices import make_prices, read_prices, write_price_csvs
from mlsd.errors import DataError

# What each fault must be called when the lake meets it; the others are no reason to reject a row.
REASONS = {
    "duplicated_month": "duplicate date",
    "text_in_volume": "Volume is not a number",
    "truncated_last_line": "truncated or broken line",
    "missing_column": "no column Close",
    "text_in_number": "Open is not a number",
    "duplicate_date": "duplicate date",
    "out_of_order_date": "date out of order",
    "negative_price": "Close is negative",
    "wrong_encoding": "not UTF-8",
    "empty_file": "the file is empty",
}


@pytest.fixture
def folder(tmp_path):
    write_price_csvs(make_prices(len(FAULTS) + 2, "2019-01-01", "2020-12-31", seed=5), tmp_path / "price csv")
    return tmp_path / "price csv"


def contents(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.csv")}


def n_lines(content):
    return max(len(content.splitlines()) - 1, 0)


def test_every_fault_is_done_once_each_to_a_file_of_its_own(folder):
    before = contents(folder)
    key = add_faults(folder)
    changed = {name for name, content in contents(folder).items() if before.get(name) != content}
    assert key["fault"].tolist() == list(FAULTS)
    assert changed - set(key["other_file"]) == set(key["file"]) - set(key.loc[key["fault"] == "restated_file", "file"])
    assert key["file"].is_unique


def test_the_same_seed_spoils_the_same_bytes_and_another_seed_others(tmp_path):
    made = make_prices(len(FAULTS), "2019-01-01", "2020-12-31")
    for name, seed in [("a", 1), ("b", 1), ("c", 2)]:
        write_price_csvs(made, tmp_path / name)
        add_faults(tmp_path / name, seed=seed)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


@pytest.mark.parametrize("fault", FAULTS)
def test_the_key_counts_the_lines_of_the_file(folder, fault):
    before = contents(folder)
    [row] = add_faults(folder, faults=[fault]).itertuples()
    assert row.good_rows + row.bad_rows == n_lines(contents(folder)[row.file])
    assert len(row.lines) == row.bad_rows
    moved = row.other_rows if fault == "renamed_ticker" else 0
    copied = row.bad_rows if fault == "duplicated_month" else 0
    assert row.good_rows + row.bad_rows + row.missing_rows + moved - copied == n_lines(before[row.file])


@pytest.mark.parametrize("fault", FAULTS)
def test_the_lake_rejects_the_lines_that_the_key_names_and_no_other(folder, tmp_path, fault):
    [row] = add_faults(folder, faults=[fault], seed=3).itertuples()
    done = lake.ingest(folder, tmp_path / "lake")
    rejects = pd.read_csv(done.rejects)
    assert tuple(rejects.loc[rejects["rows"] > 0, "line"]) == row.lines
    assert set(rejects["file"]) == ({row.file} if fault in REASONS else set())
    assert rejects["reason"].str.contains(REASONS.get(fault, "")).all()
    stored = lake.read(tmp_path / "lake")
    assert (stored["source"] == row.file).sum() == row.good_rows


def test_with_every_fault_at_once_the_counts_add_up(folder, tmp_path):
    key = add_faults(folder)
    lines = sum(n_lines(content) for name, content in contents(folder).items() if "/" not in name)
    done = lake.ingest(folder, tmp_path / "lake")
    assert done.rows_rejected == key["bad_rows"].sum()
    assert done.rows_written == lines - key["bad_rows"].sum() == len(lake.read(tmp_path / "lake"))


def spoiled(folder, fault):
    [row] = add_faults(folder, faults=[fault]).itertuples()
    return row, read_prices(folder / row.file)


def test_a_file_out_of_order_has_its_newest_day_first(folder):
    row, _ = spoiled(folder, "out_of_order_file")
    dates = pd.read_csv(folder / row.file)["Date"]
    assert dates.is_monotonic_decreasing
    assert len(dates) == row.good_rows


def test_a_missing_week_leaves_a_gap_of_five_trading_days(folder):
    whole = make_prices(len(FAULTS) + 2, "2019-01-01", "2020-12-31", seed=5)
    row, left = spoiled(folder, "missing_week")
    there = whole.loc[whole["ticker"] == row.ticker, "Date"]
    assert there[~there.isin(left["Date"])].dt.strftime("%Y-%m-%d").tolist() == list(row.dates)
    assert len(row.dates) == 5


def test_a_renamed_ticker_goes_on_where_the_old_one_ends(folder):
    row, old = spoiled(folder, "renamed_ticker")
    new = read_prices(folder / row.other_file)
    assert old["Date"].max() < new["Date"].min() == pd.Timestamp(row.dates[0])
    assert new["ticker"].iloc[0] == old["ticker"].iloc[0] + "X"


def test_a_restated_file_is_a_second_delivery_that_replaces_rows_when_asked(folder, tmp_path):
    row, first = spoiled(folder, "restated_file")
    second = read_prices(folder / row.other_file)
    assert second["Date"].tolist() == first["Date"].tail(20).tolist()
    assert (second["Low"] <= second[["Open", "Close"]].min(axis=1)).all()
    lake.ingest(folder, tmp_path / "lake")
    assert lake.ingest(folder / "restated", tmp_path / "lake")[:2] == (0, 20)
    assert lake.ingest(folder / "restated", tmp_path / "lake", restate=True)[:2] == (20, 0)


def test_a_halt_has_one_price_and_no_volume(folder):
    row, frame = spoiled(folder, "halt")
    halted = frame[frame["Date"].isin(pd.to_datetime(list(row.dates)))]
    assert len(halted) == 5
    assert (halted["Volume"] == 0).all()
    assert halted[["Open", "High", "Low", "Close"]].stack().nunique() == 1


def test_an_unknown_fault_is_refused_before_anything_is_touched(folder):
    before = contents(folder)
    with pytest.raises(DataError, match=r"`faults` must be among \['out_of_order_file', .*got: 'gremlins'"):
        add_faults(folder, faults=["halt", "gremlins"])
    assert contents(folder) == before


def test_too_few_long_files_are_refused(tmp_path):
    write_price_csvs(make_prices(2, "2020-01-01", "2020-12-31"), tmp_path)
    write_price_csvs(make_prices(1, "2020-01-01", "2020-01-31"), tmp_path)
    with pytest.raises(DataError, match=re.escape("2 faults need as many price files with 60 rows or more")):
        add_faults(tmp_path, faults=["halt", "missing_week"])
