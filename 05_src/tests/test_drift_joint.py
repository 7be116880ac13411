"""A classifier finds what no single column shows, and is wrong as often as it says."""

import dask.dataframe as dd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mlsd import drift
from mlsd.errors import ColumnError, DataError


def twisted(rows=200, seed=0, correlation=0.95):
    """The current frame's columns are each as before, but move together."""
    rng = np.random.default_rng(seed)
    before, now = rng.normal(size=(rows, 2)), rng.normal(size=(rows, 2))
    now[:, 1] = correlation * now[:, 0] + np.sqrt(1 - correlation**2) * now[:, 1]
    return pd.DataFrame(before, columns=["a", "b"]), pd.DataFrame(now, columns=["a", "b"])


def test_columns_that_move_together_are_found_only_jointly():
    before, now = twisted()
    assert drift.compare(reference=before, current=now).drifted == []
    found = drift.joint(reference=before, current=now)
    assert found.drifted
    assert found.p_value < 1e-6
    assert "a classifier tells both apart" in found.note


def test_without_drift_a_coin_does_as_well():
    drifted = [drift.joint(reference=b, current=n).p_value < 0.05 for b, n in (twisted(60, s, 0) for s in range(20))]
    assert np.mean(drifted) <= 0.2  # 1 expected of 20; 5 or more in one of four hundred such tests


def test_the_column_that_gives_it_away_is_first():
    before, now = twisted(correlation=0)
    now = now.assign(c="x", d=None, b=now["b"] + 2)
    found = drift.joint(reference=before.assign(c="x", d=None), current=now)
    assert found.table["feature"][0] == "b"
    assert found.table["importance"][0] > 0.2


def test_new_categories_missing_values_and_times_are_seen():
    before = pd.DataFrame({"a": ["x", "y"] * 50, "t": pd.date_range("2020", periods=100)})
    now = pd.DataFrame({"a": ["x", "z"] * 50, "t": pd.date_range("2020", periods=100)})
    found = drift.joint(reference=before, current=now)
    assert found.table["feature"].tolist() == ["a"]
    assert found.drifted
    assert drift.joint(reference=before, current=now.assign(a=[None, "x"] * 50)).drifted
    assert drift.joint(reference=before, current=before.shift(freq=None, periods=50), columns=["t"]).auc > 0.6


def test_dask_says_what_pandas_says():
    before, now = twisted(80)
    lazy = [dd.from_pandas(each, npartitions=2) for each in (before, now)]
    assert drift.joint(reference=lazy[0], current=lazy[1]).auc == drift.joint(reference=before, current=now).auc


def test_too_few_rows_are_answered_in_words():
    before, now = twisted(30)
    assert drift.joint(reference=before, current=now).note == (
        "not tested: 30 and 30 rows: at least 60 are needed on each side"
    )
    other = drift.joint(reference=before, current=now.rename(columns={"a": "c", "b": "d"}))
    assert other.note == "not tested: no column that both can be told by"


def test_what_cannot_be_tested_jointly_is_refused():
    before, now = twisted()
    with pytest.raises(DataError, match="needs whole rows"):
        drift.joint(reference=drift.prepare(before), current=now)
    with pytest.raises(ColumnError, match="'z' is not in"):
        drift.joint(reference=before, current=now, columns=["z"])


def test_the_plot_hatches_what_drifted_and_shows_the_limit():
    before, now = twisted()
    found = drift.compare(reference=before, current=now.assign(b=now["b"] + 2))
    ax = drift.plot(found)
    assert [bar.get_hatch() for bar in ax.patches] == ["", "///"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_title() == "1 of 2 columns drifted"
    plt.close(ax.figure)


@pytest.mark.parametrize("values", [[1.0, 2, np.inf, None] * 10, ["x", "y"] * 20, list(map(str, range(40)))])
def test_a_column_is_drawn_as_shares_of_both_frames(values):
    both = pd.DataFrame({"a": values})
    ax = drift.plot_column(reference=both, current=both, column="a")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["reference", "current"]
    assert ax.get_ylabel() == "share of rows"
    plt.close(ax.figure)


def test_a_time_is_drawn_on_an_axis_of_dates():
    times = pd.DataFrame({"at": pd.date_range("2020-01-01", periods=50)})
    ax = drift.plot_column(reference=times, current=times, column="at")
    assert 18_250 < ax.get_xlim()[0] < 18_263  # days since 1970: the last of 2019
    plt.close(ax.figure)


def test_what_cannot_be_drawn_is_refused():
    one, other = pd.DataFrame({"a": [1.0], "n": [None]}), pd.DataFrame({"a": ["x"], "n": [None]})
    with pytest.raises(DataError, match="'a' was number and is category"):
        drift.plot_column(reference=one, current=other, column="a")
    with pytest.raises(DataError, match="One frame has no value of 'n'"):
        drift.plot_column(reference=one, current=other, column="n")
    with pytest.raises(DataError, match="All values of one frame are infinite"):
        drift.plot_column(reference=one, current=one.assign(a=np.inf), column="a")
    with pytest.raises(DataError, match="No column was tested"):
        drift.plot(drift.compare(reference=one[["n"]], current=one[["n"]]))
