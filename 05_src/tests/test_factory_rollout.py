"""Who a canary asks, and the rule that ends a trial however often it looks, on numbers and on a served log."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsd import factory
from mlsd.errors import ColumnError, DataError
from mlsd.evaluate import losses
from mlsd.factory.rollout import decide_canary
from mlsd.factory.verdicts import verdict
from mlsd.serve.served_log import Entry, Recorder

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


def canary(rows, seed, *, blunt="nobody", share=0.1):
    """Losses of requests, and who was drawn for the challenger; one of the two answers the base rate."""
    rng = np.random.default_rng(seed)
    truth = rng.beta(0.5, 1.5, rows)
    y, drawn = (rng.random(rows) < truth).astype(int), rng.random(rows) < share
    is_blunt = {"nobody": False, "champion": ~drawn, "challenger": drawn}[blunt]
    return losses(y, np.where(is_blunt, 0.25, np.clip(truth, 0.01, 0.99))), drawn


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_a_canary_of_equal_models_ends_by_luck_as_rarely_as_promised_also_when_days_differ(share):
    ended = 0
    for seed in range(200):
        loss, drawn = canary(1500, seed, share=share)
        loss = loss + 0.5 * (np.arange(1500) // 100 % 2)  # every other day is hard for both
        ended += decide_canary(loss, drawn, share, factory.Rollout(worse=0.0))[0] != "wait"
    assert ended <= 16


def test_a_canary_promotes_the_better_and_stops_the_worse():
    assert decide_canary(*canary(4000, 0, blunt="champion"), 0.1)[0] == "promote"
    verdict, looks = decide_canary(*canary(4000, 0, blunt="challenger"), 0.1)
    assert verdict == "stop"
    assert looks["rows"].iloc[-1] < 4000


def test_a_canary_finds_the_difference_also_when_the_share_is_raised_on_a_hard_day():
    share = np.repeat([0.05, 0.5], 10_000)
    loss, drawn = canary(20_000, 1, share=share)
    raised = loss + np.repeat([0.0, 1.0], 10_000)  # a plain difference of means would be about 0.4 worse
    verdict, looks = decide_canary(raised + 0.2 * drawn, drawn, share, factory.Rollout(worse=9))
    assert verdict == "wait"
    assert looks["gain"].iloc[-1] == pytest.approx(-0.2, abs=0.05)


def test_a_canary_does_not_look_before_each_group_has_thirty():
    drawn = np.arange(1000) % 10 == 9
    _, looks = decide_canary(np.tile([0.1, 0.9], 500), drawn, 0.1)
    assert looks["rows"].iloc[0] == 300


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (([0.1, 0.2], [True], 0.5), "2 losses, but 1 requests drawn"),
        (([0.1, 0.2], [True, True], 1.0), "`share` must lie between 0 and 1"),
    ],
)
def test_a_canary_without_two_groups_is_refused(given, words):
    with pytest.raises(DataError, match=words):
        decide_canary(*given)


START = datetime(2013, 2, 1, tzinfo=UTC)


def keep(rows=400, *, share=None, better=True, fails=(), champion="1", began=START, seed=0):
    """A served log of single rows, an hour apart, and their labels, known three days later."""
    y, truth, _ = labels(rows, seed)
    truth = np.where(y == 1, 0.9, 0.2)  # nobody is as good as that in life; the test is quicker
    blunt = np.full(rows, 0.4)
    ids = [f"{champion}/{began:%d}/{number}" for number in range(rows)]
    drawn = factory.assign(ids, share or 0, salt="2")
    recorder = Recorder("m", lambda dropped: None)

    def put(number, version, probability=None, status=None):
        answer = {"error": {"field": None, "reason": "no", "by_model": True}} if probability is None else {}
        answer |= {} if probability is None else {"probability": float(probability)}
        alias = "challenger" if version == "2" else "champion"
        at, row = began + timedelta(hours=number), {"carrier": "UA"}
        recorder.put(Entry(at, ids[number], "m", version, alias, 0.01, [row], [answer], "2", share, status))

    for number, (good, bad) in enumerate(zip(truth, blunt, strict=True)):
        said = {champion: bad if better else good, "2": good if better else bad}
        who = "2" if drawn[number] and number not in fails else champion
        put(number, who, said[who])
        if share is None or (drawn[number] and number in fails):
            put(number, "2", None if number in fails else said["2"], "shadow")
    recorder.close()
    known = pd.to_datetime([began + timedelta(hours=number, days=3) for number in range(rows)])
    return pd.DataFrame({"request_id": ids, "late": y, "known": known})


def test_the_verdict_on_a_shadow_pairs_both_answers_to_a_row():
    late = keep()
    said, looks = verdict("m", labels=late, key="request_id")
    assert said == "promote"
    assert looks.attrs == {"how": "shadow", "labelled": 400, "failed": 0, "champion": "1", "challenger": "2"}
    gain = losses(late["late"], [0.4] * 400) - losses(late["late"], np.where(late["late"] == 1, 0.9, 0.2))
    rows = looks["rows"].iloc[-1]
    assert looks["gain"].iloc[-1] == pytest.approx(gain[:rows].mean())


def test_the_verdict_waits_for_labels_and_takes_them_in_the_order_in_which_they_became_known():
    late = keep()
    assert verdict("m", labels=late, key="request_id", now=START + timedelta(days=2))[0] == "wait"
    backwards = late.assign(known=late["known"].to_numpy()[::-1])
    _, looks = verdict("m", labels=backwards, key="request_id")
    gain = losses(late["late"], [0.4] * 400) - losses(late["late"], np.where(late["late"] == 1, 0.9, 0.2))
    assert looks["gain"].iloc[0] == pytest.approx(gain[::-1][:30].mean())


def test_the_verdict_on_a_canary_counts_the_champions_help_for_the_challenger():
    late = keep(2000, share=0.3, fails=range(0, 2000, 400))
    said, looks = verdict("m", labels=late, key="request_id")
    helped = factory.assign(late["request_id"], 0.3, salt="2")[::400].sum()
    assert (said, looks.attrs["how"], looks.attrs["failed"]) == ("promote", "canary", helped)
    assert helped > 0


@pytest.mark.parametrize("share", [None, 0.5])
def test_the_verdict_stops_a_worse_challenger_and_one_that_fails_too_often(share):
    assert verdict("m", labels=keep(800, share=share, better=False), key="request_id")[0] == "stop"
    failing = keep(800, share=share, fails=range(0, 800, 3), began=START + timedelta(days=60))
    assert verdict("m", labels=failing, key="request_id")[0] == "stop"


def test_the_verdict_counts_only_what_was_asked_beside_the_champion_of_today():
    before = keep(100, champion="0")
    after = keep(60, began=START + timedelta(days=30))
    _, looks = verdict("m", labels=pd.concat([before, after]), key="request_id")
    assert (looks.attrs["champion"], looks.attrs["labelled"]) == ("1", 60)


def test_the_verdict_can_look_at_days_or_at_a_column():
    late = keep()
    _, by_day = verdict("m", labels=late, key="request_id", clusters="1D")
    assert by_day["rows"].iloc[0] == 7 * 24
    assert verdict("m", labels=late, key="request_id", clusters="carrier")[0] == "wait"  # one cluster says nothing
    with pytest.raises(ColumnError, match="neither a column nor a stretch of time: 'weekday'"):
        verdict("m", labels=late, key="request_id", clusters="weekday")


def test_a_verdict_without_a_trial_or_without_probabilities_is_refused():
    late = keep(40)
    with pytest.raises(DataError, match="holds no trial of version '7'"):
        verdict("m", labels=late, key="request_id", challenger="7")
    recorder = Recorder("n", lambda dropped: None)
    recorder.put(Entry(START, "r", "n", "1", "champion", 0.01, [{"x": 1}], [{"prediction": 3.5}], "2"))
    recorder.close()
    with pytest.raises(DataError, match="'n' does not answer with probabilities"):
        verdict("n", labels=late, key="request_id")


@pytest.mark.parametrize("share", [None, 0.5])
def test_nothing_labelled_is_no_verdict_yet(share):
    late = keep(40, share=share)
    said, looks = verdict("m", labels=late, key="request_id", now=START + timedelta(hours=2))
    assert (said, len(looks), looks.attrs["labelled"]) == ("wait", 0, 0)
