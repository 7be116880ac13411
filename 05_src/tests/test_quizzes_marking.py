from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.quizzes.bank import Bank, Option, Pair, Question
from course.quizzes.draw import Form, Item, draw
from course.quizzes.marking import ChoiceRow, PairRow, explain, mark, score
from mlsd.errors import DataError


def choice(kind: str, rights: str) -> Question:
    """A question with an option for each letter; capital letters are right."""
    options = tuple(Option(letter, letter.isupper(), f"Because of {letter}.") for letter in rights)
    return Question("2.01", kind, "Which?", "LO4", 3, "easy", options)


PAIRS = tuple(Pair(f"left {n}", f"right {n}", f"Because of {n}.") for n in range(3))
MATCHING = Question(
    "2.02", "matching", "What belongs?", "LO4", 3, "hard", pairs=PAIRS, extra=(Option("extra", False, "Nowhere."),)
)
# shown: left 2, left 0, left 1; extra, right 1, right 0, right 2
MATCHING_ITEM = Item("2.02", (2, 0, 1), (3, 1, 0, 2))
SELECTION = choice("selection", "ABCde")
SELECTION_ITEM = Item("2.01", (4, 3, 2, 1, 0))


@pytest.mark.parametrize(("answer", "expected"), [([2], 1), ([0], 0), ([1], 0), ([], 0), (None, 0)])
def test_multiple_choice_is_all_or_nothing(answer, expected):
    assert mark(choice("multiple_choice", "aBc"), Item("2.01", (2, 0, 1)), answer) == expected


@pytest.mark.parametrize(("answer", "expected"), [([0], 0), ([1], 1), ([], 0)])
def test_true_false_is_all_or_nothing(answer, expected):
    assert mark(choice("true_false", "tF"), Item("2.01", (0, 1)), answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([2, 3, 4], Fraction(1)),
        ([4], Fraction(1, 3)),
        ([4, 2], Fraction(2, 3)),
        ([4, 2, 0], Fraction(1, 3)),
        ([4, 0, 1], Fraction(0)),
        ([0], Fraction(0)),
        ([0, 1, 2, 3, 4], Fraction(1, 3)),
        ([], Fraction(0)),
    ],
)
def test_a_selection_earns_right_less_wrong_of_the_right_ones(answer, expected):
    assert mark(SELECTION, SELECTION_ITEM, answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({0: 3, 1: 2, 2: 1}, Fraction(1)),
        ({"0": 3, "1": 2}, Fraction(2, 3)),
        ({0: 3, 1: 3, 2: 3}, Fraction(1, 3)),
        ({0: 3, 1: None, 2: 0}, Fraction(1, 3)),
        ({}, Fraction(0)),
        (None, Fraction(0)),
    ],
)
def test_matching_earns_the_share_of_right_pairs(answer, expected):
    assert mark(MATCHING, MATCHING_ITEM, answer) == expected


@pytest.mark.parametrize(
    "answer", [[5], [-1], [0, 0], ["0"], [True], [0.0], [None], 0, "0", {0: 1}, {"0"}, b"0", [[0]], True]
)
def test_a_malformed_choice_is_refused(answer):
    with pytest.raises(DataError, match=r"Question 2\.01 \(selection\): an answer is .*, got: "):
        mark(SELECTION, SELECTION_ITEM, answer)


@pytest.mark.parametrize("kind", ["true_false", "multiple_choice"])
def test_two_positions_where_one_is_asked_are_refused(kind):
    with pytest.raises(DataError, match="an answer is one position"):
        mark(choice(kind, "Ab"), Item("2.01", (0, 1)), [0, 1])


@pytest.mark.parametrize(
    "answer",
    [
        *({3: 0}, {0: 4}, {0: -1}, {0: "1"}, {0: True}, {True: 1}, {"00": 1}, {"x": 1}, {"²": 1}, {None: 1}, {0: [1]}),
        *([0], 7, {0: 1, "0": 2}, {"9" * 5000: 0}, {(0,): 1}),
    ],
)
def test_a_malformed_matching_is_refused(answer):
    with pytest.raises(DataError, match=r"Question 2\.02 \(matching\): an answer is .*, got: "):
        mark(MATCHING, MATCHING_ITEM, answer)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 6) | st.floats() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=2), inner, max_size=4),
)


@given(json_values, st.sampled_from([(SELECTION, SELECTION_ITEM), (MATCHING, MATCHING_ITEM)]))
def test_whatever_a_page_can_send_is_marked_from_0_to_1_or_refused(answer, question_and_item):
    try:
        marked = mark(*question_and_item, answer)
    except DataError:
        return  # any other error would fail this test
    assert 0 <= marked <= 1


@given(st.permutations(range(5)), st.sets(st.integers(0, 4)))
def test_the_order_shown_does_not_change_a_mark(order, chosen):
    in_file = mark(SELECTION, Item("2.01", (0, 1, 2, 3, 4)), sorted(chosen))
    assert mark(SELECTION, Item("2.01", tuple(order)), [order.index(index) for index in chosen]) == in_file


def bank() -> Bank:
    return Bank("quiz_2", "Quiz 2", False, (SELECTION, MATCHING), Path("quiz_2.toml"))


FORM = Form("quiz_2", "l07", (MATCHING_ITEM, SELECTION_ITEM))


def test_a_score_is_the_exact_mean_of_all_questions_in_percent():
    assert score(bank(), FORM, {"2.02": {0: 3, 1: 2}, "2.01": [4]}) == Fraction(50)
    assert score(bank(), FORM, {"2.01": [4]}) == Fraction(50, 3)


def test_a_drawn_form_answered_by_its_key_scores_100():
    form = draw(bank(), "l07", secret=b"a secret of a test", size=2)
    answers = {}
    for item in form.items:
        keyed = {left: item.rights.index(index) for left, index in enumerate(item.order)} if item.rights else None
        answers[item.question_id] = keyed or [position for position, index in enumerate(item.order) if index < 3]
    assert score(bank(), form, answers) == 100


def test_an_answer_to_a_question_outside_the_form_is_refused():
    with pytest.raises(DataError, match=r"'l07' answered 2\.09, not in the form of quiz_2"):
        score(bank(), FORM, {"2.09": [0]})


def test_a_form_of_another_quiz_is_refused():
    with pytest.raises(DataError, match=r"is the bank of quiz_2; the form of 'l07' is of quiz_3"):
        score(bank(), Form("quiz_3", "l07", FORM.items), {})


def test_a_question_that_left_its_bank_is_named():
    with pytest.raises(DataError, match=r"quiz_2\.toml has no question '2\.05'"):
        score(bank(), Form("quiz_2", "l07", (Item("2.05", (0, 1)),)), {})


def test_a_choice_is_explained_in_shown_order():
    rows = explain(choice("multiple_choice", "aBc"), Item("2.01", (2, 0, 1)), [1])
    assert rows == [
        ChoiceRow("c", False, False, "Because of c."),
        ChoiceRow("a", True, False, "Because of a."),
        ChoiceRow("B", False, True, "Because of B."),
    ]


def test_matching_is_explained_left_by_left_and_then_what_belongs_nowhere():
    assert explain(MATCHING, MATCHING_ITEM, {"0": 3, "1": 0}) == [
        PairRow("left 2", "right 2", "right 2", "Because of 2."),
        PairRow("left 0", "extra", "right 0", "Because of 0."),
        PairRow("left 1", None, "right 1", "Because of 1."),
        ChoiceRow("extra", True, False, "Nowhere."),
    ]


def test_a_malformed_answer_is_not_explained_either():
    with pytest.raises(DataError, match="positions from 0 to 4"):
        explain(SELECTION, SELECTION_ITEM, [9])
