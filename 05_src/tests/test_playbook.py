"""The playbook: a page for each session, whose minutes add up, whose slides are all shown, whose commands exist."""

import re
from fractions import Fraction

import pytest

from course.curriculum import read_curriculum
from course.gradebook.rule import final_mark
from course.slides.deck import read_deck
from mlsd import settings

from .test_repository import commands_of, make_targets

ROOT = settings.root()
PLAN = read_curriculum(ROOT)
TEAM = ROOT / "03_instructional_team"
PARTS = ["In one line", "The day before", "Half an hour before", "Timetable", "Say", "Live", "What goes wrong"]
PARTS += ["Questions that come", "Hand out", "See whether it worked", "Give feedback", "For everybody"]
sessions = pytest.mark.parametrize("session", PLAN.sessions, ids=lambda session: f"session_{session.number}")


def page(session):
    return (TEAM / "playbook" / f"session_{session.number}.md").read_text(encoding="utf-8")


def homework(session):
    return (ROOT / "02_activities" / "homework" / f"session_{session.number}.md").read_text(encoding="utf-8")


def part(text, title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)[1]


def timetable(session):
    """Rows of At (in minutes), Minutes, What, Slides, Lab."""
    rows = re.findall(
        r"^\| *(\d+):(\d\d) *\| *(\d+) *\|([^|]*)\|([^|]*)\|([^|]*)\|$", part(page(session), "Timetable"), re.M
    )
    return [
        (60 * int(h) + int(m), int(long), what.strip(), slides.strip(), lab) for h, m, long, what, slides, lab in rows
    ]


def numbers(slides):
    for piece in filter(None, re.split(r"[,;] *", slides.replace("–", "-"))):
        first, _, last = piece.partition("-")
        yield from range(int(first), int(last or first) + 1)


@sessions
def test_a_page_has_every_part_in_order(session):
    assert re.findall(r"^## (.+)$", page(session), re.MULTILINE) == PARTS
    assert page(session).startswith(f"# Session {session.number}: ")


@sessions
def test_the_minutes_of_a_session_add_up_to_two_and_a_half_hours(session):
    rows = timetable(session)
    begins = [sum(row[1] for row in rows[:n]) for n in range(len(rows))]
    assert [row[0] for row in rows] == begins
    assert sum(row[1] for row in rows) == 150


@sessions
def test_nobody_sits_longer_than_an_hour_without_a_pause(session):
    pauses = [at for at, long, what, *_ in timetable(session) if "pause" in what.lower() and long >= 10]
    assert len(pauses) >= 2
    assert max(b - a for a, b in zip([0, *pauses], [*pauses, 150], strict=True)) <= 70


@sessions
def test_every_slide_has_its_place_in_the_timetable(session):
    deck = read_deck(TEAM / "sources" / "slides" / f"{session.deck}.md")
    shown = [n for row in timetable(session) for n in numbers(row[3])]
    assert shown == [slide.number for slide in deck.slides]


@sessions
def test_every_lab_of_the_session_is_opened_live(session):
    opened = " ".join(row[4] for row in timetable(session))
    assert {lab[:2] for lab in session.labs} <= set(re.findall(r"\b\d\d\b", opened))
    assert set(re.findall(r"course live (\d\d)", page(session))) == {lab[:2] for lab in session.labs}


TEXTS = [TEAM / "README.md", *sorted((TEAM / "playbook").glob("*.md"))]
TEXTS += sorted((ROOT / "02_activities" / "homework").glob("*.md")) + sorted((ROOT / "04_this_cohort").glob("*.md"))


@pytest.fixture(scope="module")
def known():
    return {"mlsd": set(commands_of("mlsd")), "course": set(commands_of("course")), "make": make_targets()}


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_names_exists(file, known):
    code = "\n".join(re.findall(r"^```.*?^```|`[^`\n]+`", file.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
    named = re.findall(r"(?:^|`|\s|/|\\)(mlsd|course|make) ([a-z]+)\b", code, re.MULTILINE)
    assert [pair for pair in named if pair[1] not in known[pair[0]] | {"import"}] == []


@sessions
def test_homework_says_that_it_is_not_graded_and_how_to_check_oneself(session):
    text = " ".join(homework(session).split()).lower()
    assert "not graded" in text
    assert "check" in text
    assert 3 <= len(re.findall(r"^##+ (?:Task )?\d", homework(session), re.MULTILINE)) <= 5


@sessions
def test_dates_and_channels_stand_in_the_cohort_file_only(session):
    for text in (page(session), homework(session)):
        assert (
            re.findall(r"\b20(?:2[4-9]|3\d)-\d\d-\d\d\b|#cohort-\S+|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day", text)
            == []
        )


def test_the_readme_states_the_outcomes_and_the_rule_of_assessment():
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split()).lower()
    assert [each.text for each in PLAN.outcomes if each.text.lower().rstrip(".") not in text] == []
    assert (final_mark([Fraction(80)] * 6, "Complete", "Incomplete"), "**78, pass**" in text) == (78, True)
    assert (final_mark([Fraction(80)] * 6, "Incomplete", "Missing"), "**58, fail**" in text) == (58, True)
