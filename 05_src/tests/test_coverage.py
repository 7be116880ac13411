"""Every outcome and every chapter is taught and tested somewhere, and the page says where."""

import pytest

from course.coverage import Row, coverage, gaps, page, page_path
from course.curriculum import read_curriculum
from course.slides.deck import decks
from mlsd import settings

ROOT = settings.root()
FULL = Row("LO1", "Describe.", ("01_setup",), ("01_deck",), ("1.01",), ("assignment_1: key",))


@pytest.mark.parametrize("which", [0, 1], ids=["outcomes", "chapters"])
def test_every_outcome_and_chapter_has_lab_deck_questions_and_rubric_rows(which):
    assert gaps(coverage(ROOT)[which]) == []


def test_the_page_is_what_its_sources_give():
    assert page_path(ROOT).read_text(encoding="utf-8") == page(*coverage(ROOT)), "run `course coverage --write`"


def test_what_is_missing_is_named():
    bare = Row(9, "Continual Learning", (), (), (), ())
    missing = ["lab", "deck", "quiz question", "rubric row and no excuse"]
    assert gaps([FULL, bare]) == [f"chapter 9 has no {each}" for each in missing]


def test_an_excuse_beside_a_rubric_row_is_one_too_many():
    both = Row("LO1", "Describe.", FULL.labs, FULL.decks, FULL.questions, FULL.rubric, "Not asked.")
    assert gaps([both]) == ["LO1 has a rubric row and an excuse"]


def test_sessions_labs_and_decks_of_the_curriculum_are_those_that_exist():
    plan = read_curriculum(ROOT)
    labs = sorted(path.stem for path in (ROOT / "03_instructional_team" / "sources" / "labs").glob("*.py"))
    assert [lab.name for lab in plan.labs] == labs == [lab for session in plan.sessions for lab in session.labs]
    assert [session.deck for session in plan.sessions] == [path.stem for path in decks(ROOT)]


def test_chapters_belong_to_sessions_that_exist():
    plan = read_curriculum(ROOT)
    assert {chapter.session for chapter in plan.chapters} <= {session.number for session in plan.sessions}
