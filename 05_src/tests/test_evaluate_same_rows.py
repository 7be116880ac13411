import numpy as np
import pytest
from scipy.stats import ttest_rel
from sklearn.metrics import brier_score_loss, log_loss

from mlsd import evaluate
from mlsd.errors import DataError

Y = [1, 0, 1, 0, 0]
ONE, OTHER = [0.5, 0.5, 0.4, 0.3, 0.9], [0.9, 0.2, 0.8, 0.1, 0.4]


@pytest.mark.parametrize(("metric", "score"), [("log_loss", log_loss), ("brier", brier_score_loss)])
def test_losses_have_scikit_learns_mean(metric, score):
    assert evaluate.losses(Y, ONE, metric=metric).mean() == pytest.approx(score(Y, ONE))


def test_without_clusters_it_is_the_paired_t_interval():
    found = evaluate.paired(Y, ONE, OTHER)
    theirs = ttest_rel(evaluate.losses(Y, ONE), evaluate.losses(Y, OTHER)).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert found.gain == pytest.approx(found.one - found.other)


def test_rows_that_are_copies_of_each_other_tell_nothing_new():
    alone = evaluate.paired(Y, ONE, OTHER)
    copies = evaluate.paired(np.repeat(Y, 7), np.repeat(ONE, 7), np.repeat(OTHER, 7), clusters=np.repeat(range(5), 7))
    assert (copies.gain, copies.low, copies.high) == pytest.approx((alone.gain, alone.low, alone.high))
    assert (copies.rows, copies.clusters) == (35, 5)


def test_the_interval_holds_the_truth_as_often_as_it_says_when_days_share_their_luck():
    rng, hits, blind = np.random.default_rng(0), 0, 0
    for _ in range(200):
        day = np.repeat(np.arange(40), 50)
        bad = rng.normal(size=40)[day]  # one model sees the day's weather, the other another day's
        p = 1 / (1 + np.exp(1.5 - bad))
        y = (rng.random(len(day)) < p).astype(int)
        one, other = np.full(len(day), 0.23), 1 / (1 + np.exp(1.5 - bad * 0.26))
        truth = TRUE_GAIN
        found = evaluate.paired(y, one, other, clusters=day)
        wrong = evaluate.paired(y, one, other)
        hits, blind = hits + (found.low <= truth <= found.high), blind + (wrong.low <= truth <= wrong.high)
    assert hits >= 180
    assert blind < 140


def _true_gain():
    bad = np.random.default_rng(1).normal(size=400_000)
    p, other = 1 / (1 + np.exp(1.5 - bad)), 1 / (1 + np.exp(1.5 - bad * 0.26))
    one = np.log(0.23) * p + np.log(0.77) * (1 - p)
    return float((np.log(other) * p + np.log(1 - other) * (1 - p) - one).mean())


TRUE_GAIN = _true_gain()


@pytest.mark.parametrize(("low", "high", "word"), [(0.1, 0.2, "better"), (-0.2, -0.1, "worse"), (-1, 1, "no clear")])
def test_the_verdict_follows_the_interval(low, high, word):
    assert word in repr(evaluate.Paired(0.0, low, high, 0.5, 0.5, 10, 10, 0.95))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metric": "auc"}, r"`metric` must be one of \['log_loss', 'brier'\], got: 'auc'"),
        ({"level": 95}, "`level` must lie between 0 and 1, got: 95"),
        ({"clusters": [1] * 5}, "All rows are in one cluster"),
        ({"clusters": [1, 2]}, "5 rows, but 2 clusters"),
        ({"clusters": ["a", None, "b", "a", "b"]}, "Row 1 has no cluster"),
        ({"other": OTHER[:3]}, "5 labels, but 3 probabilities"),
    ],
)
def test_what_cannot_be_compared_is_refused(change, words):
    with pytest.raises(DataError, match=words):
        evaluate.paired(**{"y_true": Y, "one": ONE, "other": OTHER} | change)
