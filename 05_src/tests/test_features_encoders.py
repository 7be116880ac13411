import subprocess
import sys

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlsd import features
from mlsd.errors import DataError

ENCODERS = {
    "frequency": features.FrequencyEncoder(),
    "hash": features.HashEncoder(n_buckets=4),
    "cross": features.CrossEncoder(max_combinations=3),
    "cyclical": features.CyclicalTime(period=[24, 7]),
}
CHECKED = [*list(ENCODERS.values())[:3], features.CyclicalTime()]


@pytest.fixture
def flights():
    values = {"origin": ["JFK", "LGA", "JFK", "EWR", "JFK"], "carrier": ["B6", "DL", "B6", "UA", None]}
    return pd.DataFrame(values, index=[7, 3, 9, 1, 5])


@pytest.fixture
def hours():
    return pd.DataFrame({"hour": [0.0, 6.0, 12.0, np.nan], "day": [0, 7, 14, 3]}, index=[7, 3, 9, 1])


def table_for(name, flights, hours):
    return hours if name == "cyclical" else flights


@pytest.mark.filterwarnings("ignore:Skipping check check_array_api_input")
@parametrize_with_checks(CHECKED)
def test_scikit_learn_accepts_the_encoder(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", ENCODERS)
def test_a_frame_comes_back_as_a_frame_with_its_index_and_the_promised_names(name, flights, hours):
    table = table_for(name, flights, hours)
    encoder = ENCODERS[name].fit(table)
    encoded = encoder.transform(table)
    assert encoded.columns.tolist() == encoder.get_feature_names_out().tolist()
    assert encoded.index.equals(table.index)


@pytest.mark.parametrize("name", ENCODERS)
def test_dask_gives_the_numbers_of_pandas(name, flights, hours):
    table = table_for(name, flights, hours).sort_index()
    lazy = dd.from_pandas(table, npartitions=3)
    encoded = ENCODERS[name].fit(lazy).transform(lazy)
    expected = ENCODERS[name].fit_transform(table)
    assert encoded.columns.tolist() == expected.columns.tolist()
    assert_frame_equal(encoded.compute(scheduler="sync"), expected)


@pytest.mark.parametrize("name", ENCODERS)
def test_a_fitted_encoder_survives_skops_without_foreign_types(name, flights, hours):
    table = table_for(name, flights, hours)
    encoder = ENCODERS[name].fit(table)
    data = skops.io.dumps(encoder)
    own = skops.io.get_untrusted_types(data=data)
    assert own == [f"mlsd.features.encoders.{type(encoder).__name__}"]
    assert_frame_equal(skops.io.loads(data, trusted=own).transform(table), encoder.transform(table))


@pytest.mark.parametrize("name", ["frequency", "hash", "cross"])
def test_a_categorical_column_is_encoded_as_its_text(name, flights):
    as_categories = flights.astype("category")
    assert_frame_equal(ENCODERS[name].fit_transform(as_categories), ENCODERS[name].fit_transform(flights))


def test_an_encoder_in_a_pipeline_names_its_outputs(flights):
    pipe = make_column_transformer((features.FrequencyEncoder(), ["carrier"]), (features.HashEncoder(2), ["origin"]))
    encoded = pipe.set_output(transform="pandas").fit_transform(flights)
    assert encoded.columns.tolist() == [
        "frequencyencoder__carrier_frequency",
        "hashencoder__origin_hash_0",
        "hashencoder__origin_hash_1",
    ]


def test_a_model_behind_an_encoder_predicts_an_unseen_carrier(flights):
    model = make_pipeline(features.FrequencyEncoder(), LogisticRegression()).fit(flights, [1, 0, 1, 0, 1])
    unseen = pd.DataFrame({"origin": ["JFK"], "carrier": ["XX"]})
    assert 0 < model.predict_proba(unseen)[0, 1] < 1


def test_a_frequency_is_the_share_of_the_rows_and_missing_is_a_category(flights):
    encoded = features.FrequencyEncoder().fit_transform(flights)
    assert encoded["origin_frequency"].tolist() == pytest.approx([0.6, 0.2, 0.6, 0.2, 0.6])
    assert encoded["carrier_frequency"].tolist() == pytest.approx([0.4, 0.2, 0.4, 0.2, 0.2])


def test_an_unseen_category_has_frequency_zero_and_so_has_missing_if_there_was_none(flights):
    encoder = features.FrequencyEncoder().fit(flights[["origin"]])
    assert encoder.transform(pd.DataFrame({"origin": ["XXX", None]}))["origin_frequency"].tolist() == [0, 0]


def test_whole_numbers_and_floats_are_the_same_categories():
    encoder = features.FrequencyEncoder().fit(pd.DataFrame({"flight": [1, 1, 2, 3]}))
    later = pd.DataFrame({"flight": [1.0, np.nan, 2.5]})
    assert encoder.transform(later)["flight_frequency"].tolist() == [0.5, 0, 0]


def test_a_column_of_another_type_is_refused_rather_than_all_unseen():
    encoder = features.FrequencyEncoder().fit(pd.DataFrame({"flight": [1, 1, 2]}))
    with pytest.raises(DataError, match=r"Column 'flight' holds str now, but held values such as .*1\.0"):
        encoder.transform(pd.DataFrame({"flight": ["1"]}))
    assert encoder.transform(pd.DataFrame({"flight": [None]}))["flight_frequency"].tolist() == [0]


def test_a_hash_puts_each_value_into_one_bucket_and_a_missing_one_into_none(flights):
    encoded = features.HashEncoder(n_buckets=4).fit_transform(flights)
    assert encoded.filter(like="origin").sum(axis=1).tolist() == [1, 1, 1, 1, 1]
    assert encoded.filter(like="carrier").sum(axis=1).tolist() == [1, 1, 1, 1, 0]


def test_the_hash_is_the_same_in_another_process_whatever_its_salt():
    code = (
        "import pandas as pd; from mlsd import features; "
        "print(features.HashEncoder(1000).fit_transform(pd.DataFrame({'a': ['JFK']})).to_numpy().argmax())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = features.HashEncoder(1000).fit_transform(pd.DataFrame({"a": ["JFK"]})).to_numpy().argmax()
    assert int(done.stdout) == here == 521


def test_a_hash_does_not_care_how_a_number_is_held():
    kinds = [pd.Series([5, 0], dtype=kind) for kind in ("int8", "float64", "Int64")] + [pd.Series([5.0, -0.0])]
    encoded = [features.HashEncoder(64).fit_transform(kind.to_frame("n")) for kind in kinds]
    for other in encoded[1:]:
        assert_frame_equal(other, encoded[0])


def test_a_cross_has_a_column_for_each_common_combination_the_most_common_first(flights):
    encoded = features.CrossEncoder().fit_transform(flights)
    assert encoded.columns.tolist() == [
        "origin_JFK_x_carrier_B6",
        "origin_EWR_x_carrier_UA",
        "origin_LGA_x_carrier_DL",
    ]
    assert encoded["origin_JFK_x_carrier_B6"].tolist() == [1, 0, 1, 0, 0]


def test_a_rare_an_unseen_and_a_missing_combination_have_no_column(flights):
    encoder = features.CrossEncoder(max_combinations=1).fit(flights)
    later = pd.DataFrame({"origin": ["LGA", "JFK", "JFK", "JFK"], "carrier": ["DL", "DL", None, "B6"]})
    assert encoder.transform(later)["origin_JFK_x_carrier_B6"].tolist() == [0, 0, 0, 1]


def test_a_cross_of_numbers_reads_like_the_numbers():
    encoder = features.CrossEncoder().fit(pd.DataFrame({"month": [1, 1], "seats": [2.5, 2.5]}))
    assert encoder.get_feature_names_out().tolist() == ["month_1_x_seats_2.5"]


def test_midnight_lies_beside_one_minute_to_midnight():
    circle = features.CyclicalTime(period=1440).fit_transform(pd.DataFrame({"minute": [0, 1439, 720]}))
    near, far = (np.linalg.norm(circle.loc[0] - circle.loc[row]) for row in (1, 2))
    assert near == pytest.approx(2 * np.pi / 1440, rel=1e-3)
    assert far == pytest.approx(2)


def test_each_column_may_have_its_own_period_and_missing_stays_missing(hours):
    circle = features.CyclicalTime(period=[24, 7]).fit_transform(hours)
    assert circle["hour_sin"].tolist() == pytest.approx([0, 1, 0, np.nan], nan_ok=True)
    assert circle["day_cos"].tolist() == pytest.approx([1, 1, 1, np.cos(6 * np.pi / 7)])


@settings(max_examples=30, deadline=None)
@given(hour=st.floats(-1e4, 1e4), turns=st.integers(-50, 50))
def test_a_whole_turn_changes_nothing(hour, turns):
    encoder = features.CyclicalTime(period=24)
    once, again = (encoder.fit_transform(pd.DataFrame({"h": [value]})) for value in (hour, hour + 24 * turns))
    assert_frame_equal(once, again, atol=1e-6)


@pytest.mark.parametrize("period", [0, -7, [24, 7, 12], [24, 0], "24h"])
def test_a_period_that_is_none_is_refused(hours, period):
    with pytest.raises(DataError, match="`period` must be"):
        features.CyclicalTime(period=period).fit(hours)


def test_text_has_no_place_on_a_circle(flights):
    with pytest.raises(DataError, match="Column 'origin' must hold numbers, got 'JFK'"):
        features.CyclicalTime().fit_transform(flights)


@pytest.mark.parametrize("number", [0, -1, 2.5, True, "many"])
def test_buckets_and_combinations_are_whole_numbers(flights, number):
    with pytest.raises(DataError, match="`n_buckets` must be a whole number"):
        features.HashEncoder(n_buckets=number).fit(flights)
    with pytest.raises(DataError, match="`max_combinations` must be a whole number"):
        features.CrossEncoder(max_combinations=number).fit(flights)


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.sampled_from(["A", "B", "C", None]), min_size=1, max_size=20), seed=st.integers(0, 99))
def test_the_order_of_the_rows_in_fit_changes_nothing(rows, seed):
    table = pd.DataFrame({"x": pd.Series(rows, dtype="str")})
    shuffled = table.sample(frac=1, random_state=seed)
    for encoder in CHECKED[:3]:
        assert_frame_equal(encoder.fit(table).transform(table), encoder.fit(shuffled).transform(table))
