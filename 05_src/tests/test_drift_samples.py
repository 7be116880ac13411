"""Two samples by themselves: the same distance and p-value as scipy, and distances with known answers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlsd import drift
from mlsd.drift import kolmogorov
from mlsd.errors import DataError

few_values = st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0, np.inf]), min_size=2, max_size=30)
any_values = st.lists(st.floats(allow_nan=False), min_size=2, max_size=30)


@pytest.mark.filterwarnings("ignore:ks_2samp. Exact calculation unsuccessful")  # so is ours, but it does not warn
@settings(max_examples=60, deadline=None)
@given(few_values | any_values, few_values | any_values)
def test_small_samples_get_scipys_answer(one, other):
    for method in ("auto", "asymp"):
        ours, scipys = drift.ks(one, other, method=method), stats.ks_2samp(one, other, method=method)
        assert ours.statistic == scipys.statistic
        assert ours.p_value == pytest.approx(scipys.pvalue, rel=1e-9, abs=1e-300)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 3), st.sampled_from([0.0, 0.02, 0.1, 0.5, 4.0]))
def test_large_samples_get_scipys_answer(seed, digits, shift):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(5_000, 40_000, 2)
    one, other = rng.normal(size=n).round(digits), (rng.normal(size=m) * 1.01 + shift).round(digits)
    ours, scipys = drift.ks(one, other, method="asymp"), stats.ks_2samp(one, other, method="asymp")
    assert ours.statistic == scipys.statistic
    assert ours.p_value == pytest.approx(scipys.pvalue, rel=1e-9, abs=1e-300)


def test_the_short_sum_is_the_long_one_at_every_distance():
    for size in (2_001, 20_000, 50_000):
        for z in (1.49, 1.7, 3.0, 6.0, 15.0):
            expected = stats.kstwo.sf(z / np.sqrt(size), size)
            assert kolmogorov._p_value(z / np.sqrt(size), 2 * size, 2 * size) == pytest.approx(expected, rel=1e-9)


def test_the_middle_of_a_long_constant_run_hides_no_distance():
    one = np.repeat([0.0, 1.0, 2.0], [40_000, 10, 10_000])
    other = np.repeat([0.0, 1.5, 2.0], [10_000, 40_000, 10])
    assert drift.ks(one, other).statistic == stats.ks_2samp(one, other).statistic


def test_missing_numbers_are_left_out():
    assert drift.ks([1, None, 2], [np.nan, 2, 3]) == drift.ks([1, 2], [2, 3])
    assert drift.ks(pd.array([1, None, 2], dtype="Int64"), [2, 3]) == drift.ks([1, 2], [2, 3])


def test_a_sorted_sample_can_be_used_again():
    ready = kolmogorov.sort([3.0, 1.0, np.nan])
    assert ready.missing == 1
    assert drift.ks(ready, [1, 2]) == drift.ks([3, 1], [1, 2])


def test_one_number_against_one_says_nothing():
    assert drift.ks([1], [2], method="asymp").p_value == 1


def test_false_alarms_of_each_test_are_as_rare_as_they_say():
    alarms = {"ks": 0, "chi_square": 0}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        alarms["ks"] += drift.ks(rng.normal(size=100), rng.normal(size=120)).p_value < 0.05
        one, other = (rng.choice(list("abcdef"), n, p=[0.4, 0.3, 0.2, 0.06, 0.03, 0.01]) for n in (100, 120))
        alarms["chi_square"] += drift.chi_square(one, other).p_value < 0.05
    assert all(2 <= number <= 20 for number in alarms.values())  # 10 expected


def test_chi_square_is_that_of_scipy_where_no_level_is_rare():
    one, other = ["a"] * 30 + ["b"] * 20 + ["c"] * 10, ["a"] * 20 + ["b"] * 20 + ["c"] * 30
    expected = stats.chi2_contingency([[30, 20], [20, 20], [10, 30]], correction=False)
    found = drift.chi_square(one, other)
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))


def test_rare_levels_are_pooled():
    rare = list("uvwxyz")
    found = drift.chi_square(["a"] * 94 + rare, ["a"] * 100)
    pooled = stats.chi2_contingency([[94, 100], [6, 0]], correction=False)
    assert found.statistic == pytest.approx(pooled.statistic)
    assert found.p_value == pytest.approx(stats.fisher_exact([[94, 100], [6, 0]]).pvalue)


def test_the_effect_of_categories_does_not_depend_on_the_size_of_a_side():
    small = drift.chi_square(["a"] * 6000 + ["b"] * 4000, ["a"] * 400 + ["b"] * 600)
    large = drift.chi_square(["a"] * 6000 + ["b"] * 4000, ["a"] * 4000 + ["b"] * 6000)
    assert small.effect == pytest.approx(large.effect, abs=0.005)
    assert large.effect == pytest.approx(0.2, abs=0.001)


def test_many_levels_without_drift_have_no_effect():
    rng = np.random.default_rng(0)
    assert drift.chi_square(rng.integers(0, 500, 5000), rng.integers(0, 500, 5000)).effect < 0.1


def test_psi_by_hand():
    expected = (70.5 - 50.5) / 101 * np.log(70.5 / 50.5) + (30.5 - 50.5) / 101 * np.log(30.5 / 50.5)
    assert drift.psi(["a"] * 50 + ["b"] * 50, ["a"] * 70 + ["b"] * 30) == pytest.approx(expected)
    assert drift.psi([1] * 50 + [2] * 50, [1] * 70 + [2] * 30, bins=2) == pytest.approx(expected)


def test_psi_without_change_follows_the_quantile_of_chance():
    limit, above = drift.psi_by_chance(300, 200, 10), 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        above += drift.psi(rng.normal(size=300), rng.normal(size=200)) > limit
    assert 2 <= above <= 20  # 10 expected


@settings(max_examples=50, deadline=None)
@given(few_values, few_values)
def test_shares_add_to_one_and_a_sample_is_as_far_from_itself_as_nothing(one, other):
    table = drift.shares(one, other, bins=4)
    assert table[["reference", "current"]].sum().tolist() == pytest.approx([1, 1])
    assert drift.psi(one, one) == pytest.approx(0)
    assert drift.jensen_shannon(one, one) == pytest.approx(0, abs=1e-7)
    assert drift.psi(one, other) >= 0


@settings(max_examples=50, deadline=None)
@given(*[st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20)] * 2)
def test_wasserstein_is_that_of_scipy(one, other):
    expected = stats.wasserstein_distance(one, other)
    assert drift.wasserstein(one, other, scaled=False) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_wasserstein_in_standard_deviations_has_no_unit():
    one, other = np.array([1.0, 2, 3, 6]), np.array([2.0, 4, 4, 9])
    assert drift.wasserstein(one, other) == pytest.approx(drift.wasserstein(25.4 * one, 25.4 * other))
    assert drift.wasserstein(one, one + one.std()) == pytest.approx(1)


def test_a_constant_reference_tells_below_from_above():
    table = drift.shares([3, 3, 3], [1, 3, 5, 5])
    assert table["current"].tolist() == [0.25, 0.25, 0.5]


def test_most_rows_at_the_highest_value_still_make_two_bins():
    assert drift.shares([1] + [5] * 19, [1] * 10 + [5] * 10)["current"].tolist() == [0.5, 0.5]


def test_samples_that_cannot_be_compared_are_refused():
    with pytest.raises(DataError, match="There are 0 and 1 numbers"):
        drift.ks([np.nan], [1])
    with pytest.raises(DataError, match="These are no numbers") as error:
        drift.ks(["a"], [1])
    assert "drift.chi_square" in error.value.fix
    with pytest.raises(DataError, match="got an array of shape"):
        drift.ks([[1, 2]], [1])
    with pytest.raises(DataError, match="`method` must be one of"):
        drift.ks([1], [1], method="fast")
    with pytest.raises(DataError, match="There are 0 and 1 values"):
        drift.chi_square([], ["a"])


def test_distances_that_make_no_sense_are_refused():
    with pytest.raises(DataError, match="`current` has infinite numbers"):
        drift.wasserstein([1, 2], [np.inf])
    with pytest.raises(DataError, match="`reference` is constant"):
        drift.wasserstein([1, 1], [2])
    with pytest.raises(DataError, match="There are 1 and 0 values"):
        drift.psi([1], [np.nan])
    with pytest.raises(DataError, match="`bins` must be at least 2"):
        drift.jensen_shannon([1], [2], bins=1)
    with pytest.raises(DataError, match="one form"):
        drift.psi(kolmogorov.sort([1, 2]), ["a"])
