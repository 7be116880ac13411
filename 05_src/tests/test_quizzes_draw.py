import dataclasses
import itertools
import os
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.quizzes.bank import DIFFICULTIES, KINDS, Bank, Option, Pair, Question
from course.quizzes.draw import Item, draw, from_json, shown, to_json
from mlsd.errors import DataError

SECRET = b"a secret of a test, 16 or more"
FIRST_FORM = """\
from test_quizzes_draw import SECRET, bank
from course.quizzes.draw import draw, to_json
print(to_json(draw(bank(), "l07", secret=SECRET)))
"""


def question(number: int, *, outcome: str = "LO1", kind: str = "multiple_choice", chapter: int = 3) -> Question:
    options = tuple(Option(f"option {n} of {number}", n == 0, f"because {n}") for n in range(4))
    pairs = tuple(Pair(f"left {n}", f"right {n}", f"because {n}") for n in range(4))
    parts = (
        {"pairs": pairs, "extra": (Option("extra", False, "no"),)}
        if kind == "matching"
        else {"options": options[:2] if kind == "true_false" else options}
    )
    difficulty = DIFFICULTIES[number % 3]
    return Question(f"2.{number:02}", kind, f"Question {number}?", outcome, chapter, difficulty, **parts)


def bank(outcomes: tuple[int, ...] = (12, 9, 6, 3)) -> Bank:
    names = [f"LO{n}" for n, count in enumerate(outcomes, 1) for _ in range(count)]
    kinds = itertools.cycle(("multiple_choice", "true_false", "selection", "multiple_choice", "matching"))
    made = [
        question(n, outcome=name, kind=kind, chapter=3 + n % 2)
        for n, (name, kind) in enumerate(zip(names, kinds, strict=False), 1)
    ]
    return Bank("quiz_2", "Quiz 2", False, tuple(made), Path("quiz_2.toml"))


def drawn(made: Bank, learner: str) -> list[Question]:
    by_id = {each.id: each for each in made.questions}
    return [by_id[item.question_id] for item in draw(made, learner, secret=SECRET).items]


@given(st.text(min_size=1).filter(str.strip))
@settings(max_examples=60, deadline=None)
def test_every_learner_gets_ten_different_questions_each_with_its_outcomes_share(learner):
    questions = drawn(bank(), learner)
    assert len({each.id for each in questions}) == 10
    assert Counter(each.outcome for each in questions) == {"LO1": 4, "LO2": 3, "LO3": 2, "LO4": 1}


@given(st.lists(st.integers(1, 12), min_size=1, max_size=5).filter(lambda counts: sum(counts) >= 10))
@settings(max_examples=60, deadline=None)
def test_outcome_counts_are_within_one_of_their_share_and_none_is_left_out(counts):
    made = bank(tuple(counts))
    got = Counter(each.outcome for each in drawn(made, "l07"))
    shares = {f"LO{n}": Fraction(10 * count, sum(counts)) for n, count in enumerate(counts, 1)}
    # an outcome with hardly any question still gets one, at the cost of the one that has most above its share
    assert all(got[outcome] >= 1 for outcome in shares)
    if min(shares.values()) >= 1:
        assert all(abs(got[outcome] - share) < 1 for outcome, share in shares.items())


def test_an_outcome_with_a_tenth_of_a_share_takes_a_place_from_the_most_favoured():
    assert Counter(each.outcome for each in drawn(bank((31, 31, 1)), "l07")) == {"LO1": 5, "LO2": 4, "LO3": 1}


def test_kinds_difficulties_and_chapters_are_within_one_of_their_rounded_share_too():
    made = bank()
    for learner in map(str, range(40)):
        questions = drawn(made, learner)
        for trait in ("kind", "difficulty", "chapter"):
            everywhere, got = (Counter(getattr(each, trait) for each in group) for group in (made.questions, questions))
            assert all(abs(got[value] - count / 3) <= 1.5 for value, count in everywhere.items())


def test_over_many_learners_each_question_is_drawn_about_equally_often():
    times = Counter(each.id for learner in range(600) for each in drawn(bank(), f"l{learner}"))
    assert len(times) == 30
    # 200 of 600 are expected; a fair draw strays by more than 60 less than once in ten thousand such tests
    assert all(abs(count - 200) < 60 for count in times.values())


def test_over_many_learners_each_option_is_shown_at_each_place_about_equally_often():
    items = [item for learner in range(300) for item in draw(bank(), f"l{learner}", secret=SECRET).items]
    first = Counter(item.order.index(0) for item in items if len(item.order) == 4)
    assert all(abs(count / first.total() - 1 / 4) < 0.05 for count in first.values())


@given(st.text(min_size=1).filter(str.strip), st.sampled_from(KINDS))
@settings(max_examples=40, deadline=None)
def test_orders_are_permutations_and_matching_has_one_for_each_side(learner, kind):
    made = Bank("quiz_2", "", False, tuple(question(n, kind=kind) for n in range(1, 12)), Path("quiz_2.toml"))
    sides = {"true_false": (2, 0), "matching": (4, 5)}.get(kind, (4, 0))
    items = draw(made, learner, secret=SECRET).items
    assert all(sorted(item.order) == list(range(sides[0])) for item in items)
    assert all(sorted(item.rights) == list(range(sides[1])) for item in items)


def test_true_and_false_are_never_turned_round():
    made = Bank("quiz_2", "", False, tuple(question(n, kind="true_false") for n in range(30)), Path("quiz_2.toml"))
    assert {item.order for n in range(20) for item in draw(made, str(n), secret=SECRET).items} == {(0, 1)}


def test_the_same_learner_gets_the_same_form_and_another_learner_quiz_or_secret_another():
    made = bank()
    form = draw(made, "l07", secret=SECRET)
    others = [
        draw(made, "l08", secret=SECRET),
        draw(made, "l07", secret=SECRET + b"!"),
        draw(dataclasses.replace(made, quiz="quiz_3"), "l07", secret=SECRET),
    ]
    assert form == draw(made, "l07", secret=SECRET)
    assert len({other.items for other in others} | {form.items}) == 4


def test_texts_and_the_order_of_the_file_play_no_part():
    made = bank()
    reworded = tuple(
        dataclasses.replace(each, text="Other", options=tuple(Option("x", o.right, "y") for o in each.options))
        for each in reversed(made.questions)
    )
    assert draw(dataclasses.replace(made, questions=reworded), "l07", secret=SECRET) == draw(made, "l07", secret=SECRET)


@pytest.mark.parametrize("seed", ["0", "12345"])
def test_neither_the_process_nor_its_hash_seed_changes_a_form(seed):
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(here), "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run(
        [sys.executable, "-c", FIRST_FORM], env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert run.stdout.strip() == to_json(draw(bank(), "l07", secret=SECRET)), run.stderr


def test_a_form_is_the_one_that_it_was_when_this_was_written():
    # a change of the draw in the middle of a quiz would give everybody other questions: do it between cohorts
    form = draw(bank(), "l07", secret=SECRET)
    assert [item.question_id[2:] for item in form.items] == ["08", "27", "06", "23", "03", "01", "29", "16", "19", "20"]
    assert form.items[0].order == (1, 2, 0, 3)


@given(st.text(min_size=1).filter(str.strip))
@settings(max_examples=30, deadline=None)
def test_a_form_comes_back_equal_from_its_json(learner):
    form = draw(bank(), learner, secret=SECRET)
    assert from_json(to_json(form)) == form


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"items": 3}',
        '{"quiz": "q", "learner": "l", "items": [{"question_id": "1"}]}',
        '{"quiz": "q", "learner": "l", "items": [], "more": 1}',
    ],
)
def test_what_is_not_the_json_of_a_form_is_refused(text):
    with pytest.raises(DataError, match="not the JSON of a form"):
        from_json(text)


def test_a_bank_that_is_too_small_is_refused():
    with pytest.raises(DataError, match=r"quiz_2\.toml has 4 questions; 10 cannot"):
        draw(bank((4,)), "l07", secret=SECRET)


def test_a_short_secret_is_refused():
    with pytest.raises(DataError, match="secret has 3 bytes"):
        draw(bank(), "l07", secret=b"abc")


def test_a_learner_without_a_name_is_refused():
    with pytest.raises(DataError, match="the name of a learner, got: ' '"):
        draw(bank(), " ", secret=SECRET)


def test_what_is_shown_is_in_the_learners_order_and_without_the_key():
    seen = shown(question(1, kind="matching"), Item("2.01", (3, 2, 1, 0), (4, 3, 2, 1, 0)))
    assert seen.options == ("left 3", "left 2", "left 1", "left 0")
    assert seen.rights == ("extra", "right 3", "right 2", "right 1", "right 0")


@pytest.mark.parametrize(
    "item",
    [
        Item("2.02", (0, 1, 2, 3)),
        Item("2.01", (0, 1, 2)),
        Item("2.01", (0, 1, 2, 3, 4)),
        Item("2.01", (0, 1, 2, 3), (0,)),
    ],
)
def test_an_item_that_does_not_fit_its_question_is_refused(item):
    with pytest.raises(DataError, match=r"Question 2\.01: the form's .* does not fit it"):
        shown(question(1), item)
