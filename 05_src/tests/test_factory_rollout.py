"""Who a canary asks, and the rule that ends a shadow however often it looks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsd import factory
from mlsd.errors import DataError

IDS = [f"request {number}" for number in range(20_000)]


@given(share=st.floats(0, 1), more=st.floats(0, 1))
def test_who_is_in_with_a_small_share_stays_in_with_a_larger_one(share, more):
    small, large = sorted([share, more])
    assert not (factory.assign(IDS[:200], small) & ~factory.assign(IDS[:200], large)).any()


def test_the_share_is_kept_and_an_id_always_gets_the_same_model():
    chosen = factory.assign(IDS, 0.05)
    assert chosen.mean() == pytest.approx(0.05, abs=0.005)
    assert (factory.assign(IDS[::-1], 0.05)[::-1] == chosen).all()


def test_another_salt_asks_others():
    one, other = (factory.assign(IDS, 0.1, salt=salt) for salt in ("2", "3"))
    assert (one & other).mean() == pytest.approx(0.01, abs=0.004)


@pytest.mark.parametrize(("share", "everyone"), [(0, False), (1, True)])
def test_nobody_and_everybody(share, everyone):
    assert (factory.assign(IDS[:100], share) == everyone).all()


def labels(rows, seed):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.05, 0.6, rows)
    return (rng.random(rows) < truth).astype(int), truth, rng


def test_two_models_that_are_as_good_are_told_apart_by_luck_as_rarely_as_promised():
    ended = 0
    for seed in range(200):
        y, truth, rng = labels(1500, seed)
        one, other = (np.clip(truth + rng.normal(scale=0.1, size=1500), 0.01, 0.99) for _ in range(2))
        ended += factory.decide(y, one, other, factory.Rollout(worse=0.0))[0] != "wait"
    assert ended <= 16  # 10 expected at the most; 17 or more in one of forty such tests


def test_a_better_challenger_is_promoted_and_a_worse_one_stopped():
    y, truth, _ = labels(3000, 0)
    blunt = np.full(3000, 0.325)
    assert factory.decide(y, blunt, truth)[0] == "promote"
    verdict, looks = factory.decide(y, truth, blunt)
    assert verdict == "stop"
    assert looks["rows"].iloc[-1] < 3000  # at once when it is sure, not at the end


def test_without_a_difference_the_champion_stays_when_the_rows_are_used_up():
    y, truth, _ = labels(400, 1)
    verdict, looks = factory.decide(y, truth, truth, factory.Rollout(most_rows=300))
    assert (verdict, looks["rows"].iloc[-1]) == ("keep", 300)
    assert factory.decide(y, truth, truth)[0] == "wait"


def test_a_little_worse_is_borne():
    y, truth, _ = labels(4000, 2)
    a_little = np.clip(truth * 1.05, 0.01, 0.99)
    assert factory.decide(y, truth, a_little, factory.Rollout(worse=0.05))[0] == "wait"


def test_days_that_share_their_luck_are_looked_at_as_days():
    y, truth, _ = labels(3000, 3)
    _, looks = factory.decide(y, truth, truth * 0.9, clusters=np.repeat(np.arange(30), 100))
    assert looks["rows"].iloc[0] == 700  # a week
    assert len(looks) <= 24


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: factory.assign(IDS, 1.5), "`share` must be from 0 to 1, got: 1.5"),
        (lambda: factory.decide([0, 1], [0.5, 0.5], [0.5]), "2 labels, but 1 probabilities"),
        (lambda: factory.decide([0, 1], [0.5, 0.5], [0.5, 0.4], clusters=[1]), "2 rows, but 1 clusters"),
    ],
)
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises(DataError, match=words):
        call()
