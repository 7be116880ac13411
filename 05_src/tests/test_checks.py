import re
import runpy
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from course import checks, notebooks
from course.checks import check, is_a, near, question, same, same_frame
from mlsd import settings

CASES = Path(__file__).parent / "cases"
DAYS = pd.DataFrame({"day": [1, 2, 3], "sold": [3.0, 4.0, 5.0], "shop": ["a", "b", "c"]})


@cache
def cases_in(path: Path) -> dict:
    """What a file of cases defines; it may fit models, so it runs once."""
    return runpy.run_path(str(path)) if path.exists() else {}


def cases_of(name: str) -> dict:
    found = cases_in(CASES / f"lab_{name.partition('.')[0]}.py")
    found.get("prepare", lambda: None)()  # files that the answers are about, in the data folder of this test
    return found.get("CASES", {}).get(name, {})


# Each lab's own checks, with the cases that stand in tests/cases


@pytest.mark.parametrize("name", checks.questions())
def test_a_right_answer_is_called_correct_and_the_stub_not_tried(name):
    right = cases_of(name).get("right", [])
    assert right, f"{name}: add a right answer to {CASES.name}/"
    assert [check(name, answer).status for answer in (..., *right)] == ["not tried"] + ["correct"] * len(right)


@pytest.mark.parametrize("name", checks.questions())
def test_three_plausible_wrong_answers_get_the_hint_that_fits(name):
    wrong = cases_of(name).get("wrong", [])
    assert len(wrong) >= 3, f"{name}: add wrong answers to {CASES.name}/"
    replies = [(words, check(name, answer)) for answer, words in wrong]
    assert [
        (words, repr(reply)) for words, reply in replies if reply.status != "wrong" or words not in repr(reply)
    ] == []


def test_labs_ask_the_questions_that_have_a_check():
    folder = settings.root() / notebooks.SOURCES
    asked = {
        name
        for path in folder.glob("*.py")
        for name in re.findall(r"\bcheck\(\s*[\"']([\w.]+)", path.read_text("utf-8"))
    }
    assert asked == set(checks.questions())


# The machinery


@pytest.fixture
def ask(monkeypatch):
    """Register a check under 98.1 for one test and ask it."""
    monkeypatch.setattr(checks, "_questions", {})

    def ask(judge, answer):
        question("98.1", takes="a number of rows")(judge)
        return check("98.1", answer)

    return ask


def test_a_check_that_finds_nothing_says_correct(ask):
    assert repr(ask(lambda answer: None, 3)) == "✔ 98.1: correct"


def test_a_hint_is_shown_with_what_differs(ask):
    reply = ask(lambda answer: near(answer, 5, 0, hint="Count them."), 3)
    assert repr(reply) == "✘ 98.1: expected about another number than 3\n  Hint: Count them."


@pytest.mark.parametrize("answer", [..., [1, ...], (..., 2), {"csv": ..., "parquet": 2}, {"sizes": [1, ...]}])
def test_an_answer_that_still_holds_dots_is_not_tried(ask, answer):
    assert ask(lambda answer: None, answer).status == "not tried"


def test_a_function_stub_that_returns_dots_is_not_tried(ask):
    assert ask(lambda answer: near(answer(2), 4, 0, hint=""), lambda x: ...).status == "not tried"


@pytest.mark.parametrize("answer", [[1, 2], None, "text", DAYS, np.arange(3), object(), float, {"a": 1}])
def test_whatever_breaks_inside_a_check_is_answered_in_words(ask, answer):
    reply = ask(lambda answer: answer.no_such_thing, answer)
    assert reply.differs.startswith("expected a number of rows, got ")
    assert "no_such_thing" in reply.hint


def test_a_check_that_returns_no_hint_object_does_not_stop_the_notebook(ask):
    assert ask(lambda answer: True, 3).status == "wrong"


def test_an_unknown_id_is_answered_with_the_ids_that_exist(ask):
    ask(lambda answer: None, 3)
    assert "Ids: 98.1" in check("98.2", 3).differs
    assert check(DAYS, 3).status == "wrong"


def test_html_is_escaped_and_never_colour_alone(ask):
    shown = ask(lambda answer: same(answer, "x", hint="a < b"), "<script>")._repr_html_()
    assert "<script>" not in shown
    assert "a &lt; b" in shown
    assert "✘" in shown


def test_the_status_travels_in_the_outputs_metadata(ask):
    assert ask(lambda answer: None, 3)._repr_mimebundle_() == ({}, {"check": {"question": "98.1", "status": "correct"}})


class EqualToAll:
    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


@pytest.mark.parametrize("answer", [EqualToAll(), [EqualToAll(), 2], {EqualToAll(): 1}])
def test_an_object_that_equals_everything_is_not_believed(answer):
    right = {list: [1, 2], dict: {"a": 1}}.get(type(answer), 3)
    assert same(answer, right, hint="no") is not None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (5, 5.0),
        (np.int64(5), 5),
        ([1, (2, "x")], [1, (2, "x")]),
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}),
        ({1, 2}, {2, 1}),
    ],
)
def test_the_same_value_in_another_dress_is_right(answer, expected):
    assert same(answer, expected, hint="no") is None


@pytest.mark.parametrize(
    ("answer", "expected"), [(True, 1), ("5", 5), ([1, 2], (1, 2)), ([1], [1, 2]), ({"a": 1}, {"b": 1})]
)
def test_a_value_of_another_kind_is_wrong(answer, expected):
    assert same(answer, expected, hint="look").hint == "look"


@pytest.mark.parametrize("answer", [True, "0.93", None, float("nan"), [0.93], 1 + 0j])
def test_near_wants_a_number(answer):
    assert near(answer, 0.93, 0.1, hint="look") is not None


def test_a_known_mistake_gets_its_own_hint():
    assert near(93.0, 0.93, 0.01, hint="look", mistakes={93: "a share, not percent"}).hint == "a share, not percent"
    assert same("a", "b", hint="look", mistakes=[("a", "that is the first")]).hint == "that is the first"
    shifted = DAYS.assign(sold=[np.nan, 3.0, 4.0])
    assert same_frame(shifted, DAYS, hint="look", mistakes=[(shifted, "one late")]).hint == "one late"


def test_is_a_names_what_it_wants_and_got():
    assert is_a((1,), dict, "a dict").differs == "expected a dict, got a tuple of 1 item"
    assert is_a({}, dict, "a dict") is None


def test_a_frame_may_have_more_columns_another_order_and_another_index():
    answer = DAYS.assign(extra=1)[["extra", "shop", "sold", "day"]].iloc[::-1]
    assert same_frame(answer, DAYS, hint="no", sort_by=["day"]) is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([1, 2], "expected a DataFrame with columns day, sold, shop, got a list of 2 items"),
        (DAYS.drop(columns="shop"), "there is no column 'shop'; it has day, sold"),
        (DAYS.set_index("day"), "it is in the index: reset_index"),
        (DAYS.head(2), "expected 3 rows, got 2"),
        (DAYS.astype({"sold": str}), "column 'sold': expected numbers, got text"),
        (DAYS.assign(sold=[3.0, np.nan, 6.0]), "column 'sold', row 1: expected 4.0, got nan (2 of 3 rows differ)"),
        (DAYS.assign(shop=["a", None, "c"]), "column 'shop', row 1: expected b, got nan (1 of 3 rows differ)"),
        (DAYS.iloc[::-1], "column 'day', row 0: expected 1, got 3 (2 of 3 rows differ)"),
    ],
)
def test_a_frame_that_differs_is_told_where(answer, words):
    assert words in same_frame(answer, DAYS, hint="").differs


def test_dates_and_missing_values_compare_as_what_they_are():
    right = pd.DataFrame({"day": pd.to_datetime(["2013-01-01", None]), "ok": [True, False]})
    assert same_frame(right.copy(), right, hint="") is None
    assert "expected dates, got text" in same_frame(right.assign(day=["2013-01-01", None]), right, hint="").differs


def test_a_dask_frame_is_named_as_one():
    import dask.dataframe as dd

    assert "a DataFrame of dask" in same_frame(dd.from_pandas(DAYS, npartitions=1), DAYS, hint="").differs
