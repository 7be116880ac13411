import numpy as np
import pandas as pd
import pytest
from skactiveml.pool import RandomSampling, SubSamplingWrapper, UncertaintySampling
from sklearn.linear_model import LogisticRegression

from mlsd import labels
from mlsd.errors import DataError

X = np.random.default_rng(0).normal(size=(1200, 3))
Y = (X[:, 0] > 1).astype(int)
POOL, TEST, Y_TEST = X[:800], X[800:], Y[800:]
MARGIN = {"margin": UncertaintySampling(method="margin_sampling")}


def run(oracle=lambda rows: Y[rows], **changes):
    options = {"model": LogisticRegression(), "strategies": MARGIN, "X_test": TEST, "y_test": Y_TEST}
    return labels.active_learning(POOL, oracle, **options | {"start": 20, "batch": 10, "budget": 45} | changes)


def test_it_asks_batch_by_batch_and_never_more_than_the_budget():
    table = run()
    assert table.columns.tolist() == ["strategy", "seed", "asked", "labelled", "score"]
    assert table["asked"].tolist() == [20, 30, 40, 45]


def test_it_never_asks_about_a_row_twice():
    asked = []
    run(oracle=lambda rows: asked.extend(rows) or Y[rows])
    assert len(asked) == len(set(asked)) == 45


def test_all_strategies_start_from_the_same_rows_and_a_seed_is_a_repetition():
    table = run(strategies={"random": RandomSampling(), **MARGIN}, seeds=[1, 2])
    first = table[table["asked"] == 20].set_index(["seed", "strategy"])["score"]
    assert first[1]["random"] == first[1]["margin"]
    pd.testing.assert_frame_equal(table, run(strategies={"random": RandomSampling(), **MARGIN}, seeds=[1, 2]))


def test_where_the_boundary_is_sharp_asking_in_doubt_goes_further_than_asking_at_random():
    table = run(strategies={"random": RandomSampling(), **MARGIN}, budget=60, seeds=range(3), scoring="f1")
    last = table[table["asked"] == 60].groupby("strategy")["score"].mean()
    assert last["margin"] > last["random"] + 0.05


def test_the_margin_strategy_asks_about_the_rows_it_doubts_most():
    asked = []
    run(oracle=lambda rows: asked.append(rows) or Y[rows], budget=30)
    start, batch = asked
    model = LogisticRegression(random_state=0).fit(POOL[start], Y[start])
    doubt = np.abs(model.predict_proba(POOL)[:, 1] - 0.5)
    doubt[start] = np.inf
    assert set(batch) == set(np.argsort(doubt)[:10])


def test_what_the_oracle_does_not_know_counts_as_asked_and_stays_without_label():
    table = run(oracle=lambda rows: np.where(rows % 2 == 0, Y[rows], np.nan))
    assert table["asked"].tolist() == [20, 30, 40, 45]
    assert (table["labelled"] < table["asked"]).all()


def test_until_two_classes_are_labelled_there_is_no_score():
    table = run(oracle=lambda rows: np.zeros(len(rows), dtype=int))
    assert table["score"].isna().all()


def test_an_oracle_that_knows_nothing_gives_no_score():
    table = run(oracle=lambda rows: [None] * len(rows))
    assert table["labelled"].tolist() == [0, 0, 0, 0]
    assert table["score"].isna().all()


def test_labels_may_be_text():
    words = np.where(Y == 1, "late", "fine")
    table = run(oracle=lambda rows: words[rows], y_test=words[800:])
    pd.testing.assert_frame_equal(table, run())


def test_a_strategy_inside_another_one_gets_the_seed_too():
    wrapped = {"some": SubSamplingWrapper(RandomSampling(), max_candidates=0.5)}
    pd.testing.assert_frame_equal(run(strategies=wrapped), run(strategies=wrapped))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"budget": 10}, r"`budget` \(10\) between `start` and the pool's 800 rows"),
        ({"batch": 0}, r"`batch` \(0\) must be at least 1"),
        ({"budget": 801}, r"`budget` \(801\)"),
        ({"oracle": lambda rows: Y[rows][1:]}, "gave 19 labels for 20 rows"),
        ({"oracle": lambda rows: Y[rows] + 1}, r"says 2, which y_test does not have: \[0, 1\]"),
        ({"X_test": pd.DataFrame({"a": ["x"]})}, "`X_test` must hold numbers only"),
        ({"X_test": pd.DataFrame({"a": [1.0], "b": [np.nan]})}, "`X_test` is missing or infinite in row 0, column 'b'"),
        ({"X_test": np.arange(3.0)}, r"must have rows and columns, got the shape \(3,\)"),
    ],
)
def test_what_cannot_be_used_is_named(changes, message):
    with pytest.raises(DataError, match=message):
        run(**changes)
