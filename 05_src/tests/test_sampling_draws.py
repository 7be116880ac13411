"""Samples are fair: every set of rows turns up as often as it should. Chance is seeded, so no test is luck."""

from collections import Counter
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from mlsd import sampling
from mlsd.errors import ColumnError, DataError
from mlsd.sampling.reservoirs import _first_to_arrive, _merged

WEIGHTS = [1.0, 2.0, 3.0, 4.0, 10.0]
ROWS = pd.DataFrame({"item": list("abcde"), "weight": WEIGHTS}, index=[10, 20, 30, 40, 50])
FLIGHTS = pd.DataFrame({"origin": ["EWR"] * 60 + ["JFK"] * 30 + ["LGA"] * 10, "day": range(100)})


def probability_of_sets(weights, n):
    """The chance of each set when items are drawn one after another by weight: all orders written out."""
    chances = Counter()
    for order in permutations(range(len(weights)), n):
        left, chance = sum(weights), 1.0
        for place in order:
            chance *= weights[place] / left
            left -= weights[place]
        chances[frozenset(order)] += chance
    return chances


def p_value(draws, weights, n=2):
    """How likely such counts of sets are if every set comes up as often as it should."""
    counts, chances = Counter(map(frozenset, draws)), probability_of_sets(weights, n)
    assert set(counts) <= set(chances)
    observed = [counts[each] for each in chances]
    return chisquare(observed, [sum(observed) * chance for chance in chances.values()]).pvalue


def places(rows):
    return ROWS.index.get_indexer(rows.index)


# Simple and stratified


def test_a_simple_sample_draws_every_set_of_rows_equally_often():
    draws = [places(sampling.simple(ROWS, 2, seed=seed)) for seed in range(2000)]
    assert p_value(draws, [1] * 5) > 0.01


@pytest.mark.parametrize(
    "draw",
    [
        lambda seed: sampling.simple(FLIGHTS, 20, seed=seed),
        lambda seed: sampling.stratified(FLIGHTS, 20, by="origin", seed=seed),
        lambda seed: sampling.weighted(FLIGHTS, 20, weight="day", seed=seed),
        lambda seed: sampling.reservoir(FLIGHTS, 20, seed=seed),
        lambda seed: sampling.reservoir(FLIGHTS, 20, weight="day", seed=seed),
        lambda seed: sampling.importance(FLIGHTS, 20, proposal=FLIGHTS["day"] + 1, seed=seed),
    ],
)
def test_the_same_seed_draws_the_same_rows_with_their_index_and_another_seed_others(draw):
    rows = draw(1)
    assert rows.equals(draw(1))
    assert not rows.index.equals(draw(2).index)
    assert rows[FLIGHTS.columns].equals(FLIGHTS.loc[rows.index])


def test_rows_with_the_same_index_are_still_two_rows():
    twice = pd.concat([ROWS, ROWS])
    assert len(sampling.simple(twice, 10)) == 10


def test_convenience_is_the_rows_at_hand():
    assert sampling.convenience(ROWS, 2).index.tolist() == [10, 20]


def test_strata_share_a_sample_as_they_share_the_frame():
    drawn = sampling.stratified(FLIGHTS, 10, by="origin")
    assert drawn["origin"].value_counts().to_dict() == {"EWR": 6, "JFK": 3, "LGA": 1}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.data())
def test_strata_add_up_to_n_and_are_never_off_by_a_whole_row(sizes, data):
    frame = pd.DataFrame({"kind": np.repeat(np.arange(len(sizes)), sizes)})
    n = data.draw(st.integers(1, len(frame)))
    exact = np.array(sizes) * n / len(frame)
    if exact.min() >= 1:  # else a stratum may come out empty, which is an error
        counts = np.bincount(sampling.stratified(frame, n, by="kind")["kind"])
        assert counts.sum() == n
        assert (np.abs(counts - exact) < 1).all()


def test_rows_of_a_stratum_are_drawn_equally_often():
    frame = pd.DataFrame({"kind": list("xyxyy")})
    draws = [sampling.stratified(frame, {"x": 1, "y": 1}, by="kind", seed=seed).index for seed in range(600)]
    counts = pd.Series([place for draw in draws for place in draw]).value_counts().sort_index()
    assert chisquare(counts, [300, 200, 300, 200, 200]).pvalue > 0.01


def test_a_stratum_may_be_of_several_columns_and_of_missing_values():
    frame = pd.DataFrame({"origin": ["JFK", "JFK", None, None], "late": [0, 1, 0, 0]})
    assert len(sampling.stratified(frame, {("JFK", 0): 1, ("JFK", 1): 1}, by=["origin", "late"])) == 2
    assert sampling.stratified(frame, 2, by="origin")["origin"].isna().sum() == 1


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (4, r"1 of 3 strata would come out empty, the first: 'LGA' \(10 of 210 rows, so 0.19 of 4\)"),
        (211, "211 rows were asked for, but there are only 210 rows"),
        ({"LGA": 11}, "only 10 rows in stratum 'LGA'"),
        ({"SFO": 1}, "Stratum 'SFO' is empty"),
        ({"LGA": 0}, "at least 1, got: 0"),
    ],
)
def test_a_stratum_that_cannot_be_filled_is_named(n, words):
    frame = pd.DataFrame({"origin": ["EWR"] * 100 + ["JFK"] * 100 + ["LGA"] * 10})
    with pytest.raises(DataError, match=words):
        sampling.stratified(frame, n, by="origin")


# Weights


def test_a_weighted_sample_draws_every_set_as_drawing_one_after_another_would():
    draws = [places(sampling.weighted(ROWS, 2, weight="weight", seed=seed)) for seed in range(2000)]
    assert p_value(draws, WEIGHTS) > 0.01


def test_a_weight_of_zero_is_never_drawn():
    drawn = {sampling.weighted(ROWS, 1, weight=[0, 0, 0, 1, 1], seed=seed).index[0] for seed in range(50)}
    assert drawn == {40, 50}


@pytest.mark.parametrize("draw", [sampling.weighted, sampling.reservoir])
@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([0, 0, 0, 0, 0], "is 0 in all 5 rows"),
        ([1, 1, -2, 1, 1], "1 are not, the first at index 30: -2"),
        ([1, None, 1, 1, None], "2 are not, the first at index 20: nan"),
        ([1, np.inf, 1, 1, 1], "index 20: inf"),
    ],
)
def test_weights_that_cannot_be_drawn_by_are_refused(draw, weights, words):
    with pytest.raises(DataError, match=words):
        draw(ROWS.assign(weight=weights), 2, weight="weight")


def test_weights_must_be_one_a_row_and_enough_above_zero():
    with pytest.raises(DataError, match="3 values for 5 rows"):
        sampling.weighted(ROWS, 2, weight=[1, 2, 3])
    with pytest.raises(DataError, match="only 1 rows with a weight above 0"):
        sampling.weighted(ROWS, 2, weight=[0, 0, 1, 0, 0])


DRAWS = {
    "convenience": lambda frame, n: sampling.convenience(frame, n),
    "simple": lambda frame, n: sampling.simple(frame, n),
    "weighted": lambda frame, n: sampling.weighted(frame, n, weight="weight"),
    "reservoir": lambda frame, n: sampling.reservoir(frame, n),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@pytest.mark.parametrize("n", [0, -1, 2.5, True, "3"])
def test_a_size_must_be_a_whole_number_from_one_up(draw, n):
    with pytest.raises(DataError, match="`n` must be a whole number of at least 1"):
        draw(ROWS, n)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_more_rows_than_there_are_cannot_be_drawn(draw):
    assert len(draw(ROWS, 5)) == 5
    with pytest.raises(DataError, match="6 rows were asked for, but there are only 5"):
        draw(ROWS, 6)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: sampling.stratified(FLIGHTS, 5, by="Origin"),
        lambda: sampling.weighted(FLIGHTS, 5, weight="Origin"),
        lambda: sampling.importance(FLIGHTS, 5, proposal="Origin"),
        lambda: sampling.reservoir(FLIGHTS, 5, weight="Origin"),
    ],
)
def test_a_column_that_is_not_there_is_named_with_its_neighbour(draw):
    with pytest.raises(ColumnError, match="Did you mean 'origin'"):
        draw()


# Importance


def test_importance_draws_by_the_proposal():
    drawn = sampling.importance(ROWS, 4000, proposal="weight")
    counts = drawn["item"].value_counts().reindex(ROWS["item"])
    assert chisquare(counts, 4000 * ROWS["weight"] / 20).pvalue > 0.01


def test_an_importance_weight_is_target_over_proposal():
    drawn = sampling.importance(ROWS, 200, proposal="weight", target=[1, 1, 1, 1, 0])
    by_item = drawn.drop_duplicates("item").set_index("item")["importance_weight"]
    by_hand = {"a": 0.25 / 0.05, "b": 0.25 / 0.10, "c": 0.25 / 0.15, "d": 0.25 / 0.20, "e": 0.0}
    assert by_item[list(by_hand)].tolist() == pytest.approx(list(by_hand.values()))


def test_estimates_weighted_back_are_right_on_average_and_their_error_tells_how_far_off_they_are():
    truth, value = 3.0, ROWS.assign(value=[5.0, 4, 3, 2, 1])
    draws = [sampling.importance(value, 200, proposal="weight", seed=seed) for seed in range(300)]
    found = [sampling.weighted_mean(drawn["value"], drawn["importance_weight"]) for drawn in draws]
    covered = np.mean([abs(each.value - truth) < 1.96 * each.standard_error for each in found])
    assert np.mean([each.value for each in found]) == pytest.approx(truth, abs=0.02)
    assert 0.9 < covered < 0.98


def test_a_weighted_mean_by_hand():
    mean = sampling.weighted_mean([1.0, 5.0], [3, 1])
    assert mean.value == 2.0
    assert mean.standard_error == pytest.approx(np.sqrt(3**2 * 1 + 1 * 3**2) / 4)
    assert mean.effective_size == pytest.approx(16 / 10)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=20), st.floats(0.001, 1000))
def test_an_effective_size_lies_from_one_to_n_and_knows_no_scale(weights, scale):
    size = sampling.effective_size(weights)
    assert 1 - 1e-9 <= size <= len(weights) + 1e-9
    assert sampling.effective_size(np.array(weights) * scale) == pytest.approx(size)


def test_an_effective_size_of_huge_weights_is_still_a_number():
    assert sampling.effective_size([1e200, 1e200]) == 2.0


def test_what_counts_must_be_drawable_and_values_must_be_there():
    with pytest.raises(DataError, match="`proposal` is 0 in 1 rows that count in the target, the first at index 50"):
        sampling.importance(ROWS, 5, proposal=[1, 1, 1, 1, 0])
    with pytest.raises(DataError, match="`values` is missing in 1 of 2"):
        sampling.weighted_mean([1.0, None], [1, 1])


# Reservoirs


def test_algorithm_r_keeps_every_set_of_a_stream_equally_often():
    draws = [sampling.reservoir(iter(range(5)), 2, seed=seed) for seed in range(3000)]
    assert p_value(draws, [1] * 5) > 0.01


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_weighted_reservoir_keeps_every_set_as_often_as_drawing_one_after_another(n):
    weights = [1.0, 10, 0.5, 3, 2]
    draws = [sampling.reservoir(iter(range(5)), n, weight=weights.__getitem__, seed=seed) for seed in range(4000)]
    assert p_value(draws, weights, n) > 0.01


def test_the_merge_of_partitions_keeps_every_set_as_often_as_one_pass():
    parts = [ROWS.iloc[:1], ROWS.iloc[1:4], ROWS.iloc[4:]]

    def merged(seed, weight):
        return _merged([_first_to_arrive(part, 2, weight, [seed, at]) for at, part in enumerate(parts)], 2)[1]

    assert p_value([places(merged(seed, None)) for seed in range(700)], [1] * 5) > 0.01
    assert p_value([places(merged(seed, "weight")) for seed in range(700)], WEIGHTS) > 0.01


def test_a_dask_frame_gives_the_first_of_all_its_partitions_in_order():
    import dask.dataframe as dd

    frame = pd.DataFrame({"n": range(200), "weight": [0.0, 1] * 100})
    parts = dd.concat([dd.from_pandas(frame.iloc[:10], npartitions=1), dd.from_pandas(frame.iloc[10:], npartitions=19)])
    kept, weighted = sampling.reservoir(parts, 60), sampling.reservoir(parts, 60, weight="weight")
    assert kept.index.is_monotonic_increasing
    assert kept.index.is_unique
    assert kept.equals(sampling.reservoir(parts, 60))
    assert weighted["weight"].tolist() == [1.0] * 60
    with pytest.raises(DataError, match="101 rows were asked for, but there are only 100 rows with a weight above 0"):
        sampling.reservoir(parts, 101, weight="weight")


def test_partitions_of_a_dask_frame_have_chances_of_their_own():
    import dask.dataframe as dd

    frame = pd.DataFrame({"place": [*range(100), *range(100)]})
    kept = sampling.reservoir(dd.from_pandas(frame, npartitions=2), 60)
    assert set(kept["place"][kept.index < 100]) != set(kept["place"][kept.index >= 100])


def test_a_stream_is_read_once_and_no_more_than_n_of_it_are_held():
    held = 0

    class Item:
        def __init__(self):
            nonlocal held
            held += 1

        def __del__(self):
            nonlocal held
            held -= 1

    most = 0
    for weight in (None, lambda item: 1.0):

        def stream():
            nonlocal most
            for _ in range(500):
                yield Item()
                most = max(most, held)

        assert len(sampling.reservoir(stream(), 10, weight=weight)) == 10
    assert most <= 12  # the ten, the one that just came, and the one that it pushed out


def test_weights_of_a_stream_may_be_a_key():
    lines = [{"plane": "A", "seats": 0}, {"plane": "B", "seats": 50}]
    assert sampling.reservoir(iter(lines), 1, weight="seats") == [lines[1]]


def test_a_stream_that_ends_too_soon_or_weighs_less_than_nothing_is_refused():
    with pytest.raises(DataError, match="3 items were asked for, but only 2 came"):
        sampling.reservoir(iter("ab"), 3)
    with pytest.raises(DataError, match="only 1 with a weight above 0 came"):
        sampling.reservoir(iter([0.0, 1.0]), 2, weight=float)
    with pytest.raises(DataError, match="item 1 of the stream has -1"):
        sampling.reservoir(iter([1.0, -1.0]), 1, weight=float)
    with pytest.raises(DataError, match="has nan"):
        sampling.reservoir(iter([float("nan")]), 1, weight=float)


def test_the_first_items_of_a_stream_are_no_likelier_than_the_last():
    """The usual mistake: the i-th item replaces with chance 1/2, or places are drawn from one too few."""
    kept = [place for seed in range(400) for place in sampling.reservoir(range(100), 10, seed=seed)]
    counts = np.bincount(kept, minlength=100)
    assert chisquare(counts).pvalue > 0.01
