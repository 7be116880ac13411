import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from mlsd import features
from mlsd.errors import ColumnError, DataError


@pytest.fixture
def flights():
    """B6 lands at 3, 5 and 9, DL at 4; the last row's label is not known yet."""
    return pd.DataFrame(
        {
            "carrier": ["B6", "B6", "B6", "DL", "DL"],
            "decided_at": [1, 3, 6, 3, 7],
            "known_at": [3.0, 5.0, 9.0, 4.0, np.nan],
            "late": [1, 0, 1, 0, 1],
        },
        index=[7, 3, 9, 1, 5],
    )


def rate(flights, **options):
    return features.add_known_rate(flights, by="carrier", target="late", **options)["late_rate_by_carrier"].tolist()


def test_a_rate_counts_the_labels_that_were_known_and_leans_on_the_rate_of_all(flights):
    # Known at 3: one B6, late. At 6: B6 1 of 2, all 1 of 3. At 7: DL 0 of 1, all 1 of 3.
    expected = [np.nan, 1, (1 + 2 / 3) / 4, 1, (0 + 2 / 3) / 3]
    assert rate(flights, weight=2) == pytest.approx(expected, nan_ok=True)


def test_without_weight_a_category_has_its_own_rate_or_none(flights):
    assert rate(flights, weight=0) == pytest.approx([np.nan, 1, 0.5, np.nan, 0], nan_ok=True)


def test_a_row_without_a_category_gets_the_rate_of_all(flights):
    flights["carrier"] = flights["carrier"].where(flights["decided_at"] != 6)
    assert rate(flights)[2] == pytest.approx(1 / 3)


def test_two_columns_can_be_a_category(flights):
    by_both = features.add_known_rate(flights.assign(origin="JFK"), by=["origin", "carrier"], target="late")
    assert by_both["late_rate_by_origin_carrier"].tolist() == pytest.approx(rate(flights), nan_ok=True)


def test_labels_that_become_known_at_once_count_together(flights):
    twice = pd.concat([flights, flights])
    assert rate(twice, weight=0)[:5] == pytest.approx(rate(flights, weight=0), nan_ok=True)


def test_a_negative_weight_is_refused(flights):
    with pytest.raises(DataError, match="`weight` must be 0 or more, got: -1"):
        rate(flights, weight=-1)


def test_a_missing_column_is_named(flights):
    with pytest.raises(ColumnError, match="'late' is not in the frame"):
        rate(flights.drop(columns="late"))


rows = st.tuples(st.sampled_from("AB"), st.integers(0, 9), st.integers(0, 5), st.integers(0, 1))


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(rows, min_size=1, max_size=15), cut=st.integers(0, 12))
def test_turning_every_label_that_is_not_known_yet_changes_nothing(rows, cut):
    flights = pd.DataFrame(rows, columns=["carrier", "decided_at", "wait", "late"])
    flights["known_at"] = flights["decided_at"] + flights["wait"] + 1
    turned = flights.assign(late=flights["late"].where(flights["known_at"] <= cut, 1 - flights["late"]))
    decided = flights["decided_at"] <= cut
    assert rate(turned[decided]) == pytest.approx(rate(flights[decided]), nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(rows, min_size=1, max_size=15))
def test_the_order_of_the_rows_changes_nothing(rows):
    flights = pd.DataFrame(rows, columns=["carrier", "decided_at", "wait", "late"])
    flights["known_at"] = flights["decided_at"] + flights["wait"] + 1
    backwards = features.add_known_rate(flights[::-1], by="carrier", target="late")[::-1]
    assert_frame_equal(backwards, features.add_known_rate(flights, by="carrier", target="late"))
