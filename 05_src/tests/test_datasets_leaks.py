import pandas as pd
import pytest

from mlsd.datasets import make_leaks

KINDS = {
    "time", "scaling", "imputation", "target encoding", "oversampling", "duplicates", "groups", "after decision",
    "target proxy", "generation process",
}  # fmt: skip


@pytest.fixture(scope="module")
def tables():
    return make_leaks(0)


def test_twenty_tables_leak_in_every_kind_and_ten_are_clean(tables):
    assert {table.kind for table in tables[:20]} == KINDS
    assert [table.kind for table in tables[20:]] == [None] * 10


def test_the_same_seed_makes_the_same_tables(tables):
    for once, again in zip(tables, make_leaks(0), strict=True):
        pd.testing.assert_frame_equal(once.X, again.X)
        pd.testing.assert_series_equal(once.y, again.y)


def test_another_seed_makes_others(tables):
    assert [len(table.y) for table in tables] != [len(table.y) for table in make_leaks(1)]


def test_the_key_names_columns_that_are_there(tables):
    absent = [table.name for table in tables if not {*table.columns, *table.given.values()} <= set(table.X.columns)]
    assert absent == []


def test_every_row_has_its_target(tables):
    assert [table.name for table in tables if len(table.X) != len(table.y) or table.y.isna().any()] == []


def test_a_table_says_that_it_is_synthetic(tables):
    assert "synthetic" in repr(tables[0])
