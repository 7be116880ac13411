import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsd import labels
from mlsd.errors import DataError

WEATHER = pd.DataFrame({"visib": [0.5, 10.0, 1.0], "hour": [6, 6, 20]}, index=[4, 2, 0])


def fog(frame):
    return np.where(frame["visib"] < 2, 1, np.nan)


def early(frame):
    return frame["hour"].map({6: 0})


def test_each_function_votes_or_abstains_on_each_row():
    said = labels.votes(WEATHER, [fog, early])
    assert said["fog"].tolist() == [1, pd.NA, 1]
    assert said["early"].tolist() == [0, 0, pd.NA]
    assert said.index.tolist() == [4, 2, 0]


def test_votes_may_be_text():
    said = labels.votes(WEATHER, [lambda frame: np.where(frame["visib"] < 2, "late", None)])
    assert said.iloc[:, 0].isna().tolist() == [False, True, False]
    assert said.iloc[0, 0] == "late"


def test_true_and_false_are_refused_because_false_may_mean_no_opinion():
    def foggy(frame):
        return frame["visib"] < 2

    with pytest.raises(DataError, match="'foggy' gave True and False: is False a vote for 0, or no opinion"):
        labels.votes(WEATHER, [foggy])


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda frame: [1, 0], "gave 2 values for 3 rows"),
        (lambda frame: 1, "gave one values for 3 rows"),
        (lambda frame: frame["visib"].sort_index(), "gave other rows, or rows in another order"),
    ],
)
def test_a_function_that_does_not_answer_row_by_row_is_named(function, message):
    with pytest.raises(DataError, match=f"'<lambda>' {message}"):
        labels.votes(WEATHER, [function])


def test_two_functions_of_one_name_are_refused():
    with pytest.raises(DataError, match="Two labelling functions are called 'fog'"):
        labels.votes(WEATHER, [fog, fog])


# Coverage, overlap, conflict

SAID = pd.DataFrame({"a": [1, 1, 0, None], "b": [1, 0, None, None], "c": [None, 0, None, None]})


def test_coverage_overlap_and_conflict_are_shares_of_all_rows():
    table = labels.vote_table(SAID)
    assert table.loc["a"].tolist() == [3, 0.75, 0.5, 0.25]
    assert table.loc["c"].tolist() == [1, 0.25, 0.25, 0.25]


def test_accuracy_counts_votes_on_rows_whose_truth_is_known():
    table = labels.vote_table(SAID, truth=[1, None, 1, 0])
    assert table["checked"].tolist() == [2, 1, 0]
    assert table["accuracy"].tolist()[:2] == [0.5, 1.0]
    assert np.isnan(table.loc["c", "accuracy"])


def test_a_truth_that_nobody_voted_for_is_simply_wrong_for_everybody():
    assert labels.vote_table(SAID, truth=[2, 2, 2, 2])["accuracy"].tolist() == [0, 0, 0]


@pytest.mark.parametrize("truth", [[1, 0], pd.Series([1, 1, 0, 0], index=[3, 2, 1, 0])])
def test_a_truth_of_other_rows_is_refused(truth):
    with pytest.raises(DataError, match="`truth` has other rows"):
        labels.vote_table(SAID, truth=truth)


def test_votes_that_mix_numbers_and_text_are_refused_with_what_each_says():
    mixed = pd.DataFrame({"ann": [1, 0], "bo": ["yes", "no"]})
    with pytest.raises(DataError, match=r"Numbers and text are mixed: {'ann': \[1, 0\], 'bo': \['yes', 'no'\]}"):
        labels.majority(mixed)


def test_without_any_vote_there_is_nothing_to_count():
    with pytest.raises(DataError, match="There are no votes: all 2 rows"):
        labels.vote_table(pd.DataFrame({"a": [None, None], "b": [None, None]}))


def test_the_majority_is_missing_where_nobody_votes_and_in_a_tie():
    assert labels.majority(SAID).tolist() == [1, 0, 0, pd.NA]
    assert labels.majority(SAID[["a", "b"]]).tolist() == [1, pd.NA, 0, pd.NA]


def test_silence_is_no_vote_for_the_only_class_there_is():
    assert labels.majority(pd.DataFrame({"a": [1, None], "b": [1, None]})).tolist() == [1, pd.NA]


def test_the_majority_of_text_stays_text():
    said = pd.DataFrame({"a": ["late", None], "b": ["late", None], "c": ["not", None]}, index=[9, 8])
    voted = labels.majority(said)
    assert voted[9] == "late"
    assert pd.isna(voted[8])


# The label model


def planted(n=4000, accuracies=(0.9, 0.8, 0.7, 0.6), positive=0.2, asked=0.7, seed=0):
    """Functions that err independently, with a known accuracy each, and the truth."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < positive).astype(int)
    said = {}
    for number, accuracy in enumerate(accuracies):
        vote = np.where(rng.random(n) < accuracy, truth, 1 - truth)
        said[f"f{number}"] = np.where(rng.random(n) < asked, vote, np.nan)
    return pd.DataFrame(said), truth


def plain_em(said, steps, smoothing=1.0):
    """Dawid and Skene's two steps, cell by cell, for votes 0 and 1 without gaps in the answers."""
    rows, functions = said.shape
    belief = []
    for row in said:
        votes = [vote for vote in row if vote >= 0]
        belief.append([(votes.count(k) + 0.25) / (len(votes) + 0.5) for k in (0, 1)])
    for _ in range(steps):
        prior = [sum(b[k] for b in belief) / rows for k in (0, 1)]
        right = np.zeros((functions, 2, 2))
        for j in range(functions):
            given = [int(vote) for vote in said[:, j] if vote >= 0]
            for k in (0, 1):
                for answer in (0, 1):
                    heard = sum(belief[i][k] for i in range(rows) if said[i, j] == answer)
                    right[j, k, answer] = heard + smoothing * given.count(answer) / len(given)
                right[j, k] /= right[j, k].sum()
        for i in range(rows):
            weight = [
                prior[k] * np.prod([right[j, k, int(v)] for j, v in enumerate(said[i]) if v >= 0]) for k in (0, 1)
            ]
            belief[i] = [weight[k] / sum(weight) for k in (0, 1)]
    return np.array(belief)


def test_the_steps_are_those_of_dawid_and_skene(caplog):
    said, _ = planted(n=60)
    ours = labels.label_model(said, max_iterations=7).probability
    expected = plain_em(said.fillna(-1).to_numpy(), steps=7)
    voted = said.notna().any(axis=1).to_numpy()
    np.testing.assert_allclose(ours[voted], expected[voted], atol=1e-6)


def test_planted_accuracies_and_the_class_balance_are_found_without_truth():
    said, _ = planted(n=20000)
    found = labels.label_model(said)
    assert found.table["accuracy"].round(1).tolist() == [0.9, 0.8, 0.7, 0.6]
    assert found.balance[1] == pytest.approx(0.2, abs=0.02)
    assert found.notes == ()


def test_it_beats_the_majority_when_functions_differ_in_quality():
    said, truth = planted(accuracies=(0.95, 0.6, 0.6, 0.6), asked=1.0, positive=0.5)
    right = labels.label_model(said).labels.eq(truth).sum()
    assert right > 1.2 * labels.majority(said).eq(truth).sum()  # a tie is no label


def test_where_nobody_votes_there_is_no_label_and_no_probability():
    said, _ = planted(asked=0.3)
    found = labels.label_model(said)
    silent = said.isna().all(axis=1)
    assert silent.sum() > 100
    assert found.labels[silent].isna().all()
    assert found.probability[silent].isna().all(axis=None)
    assert found.labels[~silent].notna().all()


def test_a_balance_that_is_given_is_kept():
    said, _ = planted()
    assert labels.label_model(said, balance={0: 0.5, 1: 0.5}).balance.tolist() == [0.5, 0.5]


def test_classes_may_be_text_and_more_than_two():
    rng = np.random.default_rng(3)
    truth = rng.choice(["air", "late", "rail"], 3000)
    said = pd.DataFrame({f: np.where(rng.random(3000) < 0.8, truth, rng.permutation(truth)) for f in "abcd"})
    found = labels.label_model(said)
    assert (found.labels == truth).mean() > 0.95
    assert found.confusion.loc[("a", "late"), "late"] == pytest.approx(0.87, abs=0.03)


def test_a_rule_that_only_ever_votes_1_speaks_by_abstaining_only_if_told_so(caplog):
    said, truth = planted(n=8000, accuracies=(0.85, 0.85, 0.8), positive=0.4)
    rng = np.random.default_rng(1)
    said["alarm"] = np.where(rng.random(8000) < np.where(truth == 1, 0.9, 0.1), 1, np.nan)
    silent = labels.label_model(said)
    speaks = labels.label_model(said, abstaining_informs=True)
    assert any("'alarm' only ever votes for one class" in note for note in silent.notes)
    assert speaks.labels.eq(truth).mean() > silent.labels.eq(truth).mean() + 0.02
    assert speaks.notes == ()


def test_two_functions_are_too_few():
    said, _ = planted()
    with pytest.raises(DataError, match=r"Only 2 function\(s\) vote: \['f0', 'f1'\]"):
        labels.label_model(said[["f0", "f1"]].assign(f2=np.nan))


def test_a_copy_is_said_to_count_twice(caplog):
    said, _ = planted()
    with caplog.at_level(logging.WARNING):
        found = labels.label_model(said.assign(copy=said["f3"]))
    assert any("'f3' and 'copy' answer nearly alike" in note for note in found.notes)
    assert "count twice" in caplog.text


def test_functions_that_look_at_the_same_thing_are_named(caplog):
    said, truth = planted(n=8000, asked=1.0)
    rng = np.random.default_rng(2)
    moody = np.where(rng.random(8000) < 0.7, said["f3"], np.where(rng.random(8000) < 0.6, truth, 1 - truth))
    notes = "\n".join(labels.label_model(said.assign(moody=moody)).notes)
    assert "'f3' and 'moody' agree far more (kappa 0." in notes
    assert "some functions, these or others, err together" in notes


def test_a_function_that_votes_against_the_others_is_named(caplog):
    said, _ = planted(n=8000, accuracies=(0.9, 0.85, 0.8, 0.2), positive=0.5)
    assert any("'f3' is believed in 2" in note for note in labels.label_model(said).notes)


def test_rare_overlap_is_said_to_make_it_a_guess(caplog):
    blocks = np.kron(np.eye(3), np.ones((300, 1)))
    said = pd.DataFrame(np.where(blocks == 1, np.arange(900)[:, None] % 2, np.nan), columns=list("abc"))
    assert any("Fewer than 1 %" in note for note in labels.label_model(said).notes)


@pytest.mark.parametrize("balance", [{0: 0.5, 1: 0.6}, {0: 1.0, 1: 0.0}, {0: 0.5}, {0: 0.5, 1: 0.4, 2: 0.1}])
def test_a_balance_that_is_none_is_refused(balance):
    with pytest.raises(DataError, match="`balance` must give each of the classes"):
        labels.label_model(planted()[0], balance=balance, classes=[0, 1])


def test_a_vote_for_no_class_is_named_by_function_and_row():
    said, _ = planted()
    said.loc[17, "f1"] = 7
    with pytest.raises(DataError, match=r"'f1' says 7 at index 17; allowed: \[0, 1\]"):
        labels.label_model(said, balance={0: 0.8, 1: 0.2})


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(["f0", "f1", "f2", "f3"]), seed=st.integers(0, 5))
def test_the_order_of_functions_and_rows_changes_nothing(order, seed):
    said, _ = planted(n=100)
    shuffled = said.sample(frac=1, random_state=seed)[order]
    first, then = labels.label_model(said), labels.label_model(shuffled)
    pd.testing.assert_frame_equal(first.probability, then.probability.sort_index(), atol=1e-9)


def test_the_same_votes_give_the_same_labels():
    said, _ = planted()
    pd.testing.assert_frame_equal(labels.label_model(said).probability, labels.label_model(said).probability)
