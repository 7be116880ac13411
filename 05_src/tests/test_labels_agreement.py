import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsd import labels
from mlsd.errors import DataError

NONE = np.nan
# Krippendorff (2011), section C: 12 units, four observers, gaps
UNITS = pd.DataFrame(
    {
        "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
        "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
        "C": [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
        "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
    }
)
# How often 14 people gave 10 things each of five codes: the worked example of Fleiss' kappa on Wikipedia
THINGS = [
    *([0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1]),
    *([7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]),
]
SAID = pd.DataFrame({"ann": [1, 1, 0, 0, NONE], "bo": [1, 0, 0, 0, 1], "cy": [1, 1, 1, 0, 1]})


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_is_krippendorffs_own_for_his_example(level, published):
    assert round(labels.krippendorff_alpha(UNITS, level=level), 3) == published


def test_alpha_of_two_people_without_gaps_by_hand():
    # ten units, binary, Krippendorff (2011), section A: 1 - 19 * 8 / (14 * 6 * 2) = 0.095
    units = pd.DataFrame({"A": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], "B": [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]})
    assert round(labels.krippendorff_alpha(units), 3) == 0.095


def test_fleiss_kappa_is_the_published_one():
    people = pd.DataFrame([np.repeat(range(5), counts) for counts in THINGS])
    assert round(labels.fleiss_kappa(people), 3) == 0.210


def test_fleiss_kappa_leaves_out_what_one_person_rated_and_counts_the_rest_by_hand():
    # items: (1,1,1), (1,0,1), (0,0,1), (0,0,0), (1,1); agreement 1, 1/3, 1/3, 1, 1; 8 ones of 14
    by_chance = (8 / 14) ** 2 + (6 / 14) ** 2
    one_more = pd.concat([SAID, pd.DataFrame({"cy": [0]})])
    assert labels.fleiss_kappa(one_more) == pytest.approx((11 / 15 - by_chance) / (1 - by_chance))


def test_cohens_kappa_of_each_pair_is_taken_on_what_both_rated():
    table = labels.pairwise_kappa(SAID)
    assert table[["first", "second", "items"]].values.tolist() == [["bo", "cy", 5], ["ann", "bo", 4], ["ann", "cy", 4]]
    assert table["agreement"].tolist() == [0.6, 0.75, 0.75]
    # ann and cy: agreement 3/4, chance 1/2 * 3/4 + 1/2 * 1/4
    assert table["kappa"].tolist()[1:] == pytest.approx([0.5, 0.5])


def test_a_pair_without_a_common_item_or_with_one_code_only_has_no_kappa():
    said = pd.DataFrame({"ann": [1, 1, NONE, NONE], "bo": [1, 1, 0, 0], "cy": [NONE, NONE, 0, 1]})
    table = labels.pairwise_kappa(said).set_index(["first", "second"])
    assert table.loc[("ann", "cy"), "items"] == 0
    assert np.isnan(table.loc[("ann", "bo"), "kappa"])
    assert table.loc[("ann", "bo"), "agreement"] == 1


def test_where_everybody_always_says_the_same_agreement_beyond_chance_is_not_defined():
    same = pd.DataFrame({"ann": [1, 1], "bo": [1, 1]})
    assert np.isnan(labels.fleiss_kappa(same))
    assert np.isnan(labels.krippendorff_alpha(same))


def test_ordered_text_is_compared_in_the_order_that_is_given():
    words = UNITS.replace({1.0: "none", 2.0: "few", 3.0: "some", 4.0: "many", 5.0: "all"})
    alpha = labels.krippendorff_alpha(words, level="ordinal", codes=["none", "few", "some", "many", "all"])
    assert round(alpha, 3) == 0.815


@pytest.mark.parametrize("measure", [labels.fleiss_kappa, labels.krippendorff_alpha, labels.pairwise_kappa])
def test_one_person_agrees_with_nobody(measure):
    with pytest.raises(DataError, match=r"two people or more, got the columns: \['ann'\]"):
        measure(SAID[["ann"]])


@pytest.mark.parametrize("measure", [labels.fleiss_kappa, labels.krippendorff_alpha])
def test_without_an_item_that_two_have_rated_there_is_no_agreement(measure):
    with pytest.raises(DataError, match="No item was rated by two people"):
        measure(pd.DataFrame({"ann": [1, NONE, 1], "bo": [NONE, 1, NONE]}))


@pytest.mark.parametrize("measure", [labels.fleiss_kappa, labels.krippendorff_alpha, labels.pairwise_kappa])
def test_somebody_with_codes_of_their_own_is_named(measure):
    said = SAID.assign(dee=[2, 2, 3, 3, 2])
    with pytest.raises(DataError, match=r"'dee' shares no code with anybody: \[2, 3\] against \[0, 1\]"):
        measure(said)


def test_a_code_that_is_not_allowed_is_named_by_person_and_row():
    with pytest.raises(DataError, match=r"'cy' says 9 at index 2; allowed: \[0, 1\]"):
        labels.fleiss_kappa(SAID.assign(cy=[1, 1, 9, 0, 1]), codes=[0, 1])


def test_people_who_disagree_on_everything_are_heard_when_the_codes_are_given():
    said = pd.DataFrame({"ann": [1, 1, 1], "bo": [0, 0, 0]})
    assert labels.krippendorff_alpha(said, codes=[0, 1]) < 0


def test_words_have_no_difference():
    words = pd.DataFrame({"ann": ["a", "b"], "bo": ["a", "a"]})
    with pytest.raises(DataError, match="needs numbers, got"):
        labels.krippendorff_alpha(words, level="interval")
    with pytest.raises(DataError, match=r"`level` must be one of .* got: 'cardinal'"):
        labels.krippendorff_alpha(words, level="cardinal")


ratings = st.lists(st.lists(st.sampled_from([1.0, 2.0, 3.0, NONE]), min_size=3, max_size=3), min_size=2, max_size=8)


@settings(max_examples=40, deadline=None)
@given(rows=ratings, people=st.permutations([0, 1, 2]), codes=st.permutations([1.0, 2.0, 3.0]))
def test_renaming_people_and_codes_and_turning_the_rows_round_changes_no_agreement(rows, people, codes):
    said = pd.DataFrame([[1.0, 2.0, 3.0], [2.0, 3.0, 1.0], *rows])
    other = said[people].iloc[::-1].replace(dict(zip([1.0, 2.0, 3.0], codes, strict=True)))
    assert labels.krippendorff_alpha(other) == pytest.approx(labels.krippendorff_alpha(said))
    assert labels.fleiss_kappa(other) == pytest.approx(labels.fleiss_kappa(said))


@settings(max_examples=40, deadline=None)
@given(rows=ratings)
def test_a_thing_that_only_one_has_rated_changes_no_agreement(rows):
    said = pd.DataFrame([[1.0, 2.0, 3.0], [1.0, 1.0, 2.0], *rows])
    more = pd.concat([said, pd.DataFrame([[3.0, NONE, NONE], [NONE, NONE, NONE]])])
    assert labels.krippendorff_alpha(more) == pytest.approx(labels.krippendorff_alpha(said))
    assert labels.fleiss_kappa(more) == pytest.approx(labels.fleiss_kappa(said))
