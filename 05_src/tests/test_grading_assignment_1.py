"""Assignment 1 is graded as a person would: real notebooks in the real box, one warm batch for all of them."""

import runpy
from pathlib import Path

import pytest

from course.grading import assignment, batch, box
from course.grading.collect import Found

pytestmark = pytest.mark.skipif(box.level()[0] != box.FULL, reason=f"no full box: {box.level()[1]}")
PERSON = "comments"
MADE = runpy.run_path(str(Path(__file__).parent / "cases" / "grading_assignment_1.py"))
CASES, SOLUTION, notebook = MADE["CASES"], MADE["SOLUTION"], MADE["notebook"]


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Marks of each case, and of the reference solution and the starter, by name and criterion."""
    folder = tmp_path_factory.mktemp("submissions")
    ours = assignment.open_assignment("assignment_1")
    texts = {case.name: notebook(case) for case in CASES}
    texts |= {"the solution": SOLUTION.read_text(encoding="utf-8"), "the starter": ours.starter}
    found = []
    for number, (name, text) in enumerate(texts.items()):
        path = folder / f"{number}.ipynb"
        path.write_text(text, encoding="utf-8")
        found.append(Found(name, path, str(path)))
    return {each.name: {mark.criterion: mark for mark in each.marks} for each in batch.grade(ours, found)}


def test_the_reference_solution_gets_full_marks(graded):
    marks = graded["the solution"].values()
    assert {mark.criterion: mark.mark for mark in marks if mark.criterion != PERSON} == {
        mark.criterion: mark.points for mark in marks if mark.criterion != PERSON
    }


def test_the_starter_gets_nothing(graded):
    assert {mark.mark for mark in graded["the starter"].values()} == {0}
    assert {mark.cause for mark in graded["the starter"].values()} == {"missing"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.criterion}: {case.name}")
def test_a_case_gets_the_mark_that_a_person_would_give(graded, case):
    mark = graded[case.name][case.criterion]
    assert mark.mark == case.share, mark.reason
    assert case.says in f"{mark.reason} {mark.hint} {mark.notes}"
    assert mark.cause == (case.cause or mark.cause)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.criterion}: {case.name}")
def test_a_mistake_costs_only_the_criteria_that_it_should(graded, case):
    others = {key: mark.mark for key, mark in graded[case.name].items() if key not in (case.criterion, PERSON)}
    assert others == dict.fromkeys(others, 1) | {key: share for key, share in case.also.items() if key in others}


def test_each_criterion_has_three_answers_that_are_not_right():
    wrong = {case.criterion: 0 for case in CASES}
    for case in CASES:
        wrong[case.criterion] += case.share != 1
    assert min(wrong.values()) >= 3


def test_the_probe_never_fails(graded):
    assert not [mark.notes for marks in graded.values() for mark in marks.values() if "failed:" in mark.notes]
