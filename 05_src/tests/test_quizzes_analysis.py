"""Questions and quizzes in figures, checked by hand; scores as the gradebook reads them; the commands."""

import argparse
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from course.cohort.reading import parse_cohort
from course.gradebook.quizzes import read_scores
from course.gradebook.tables import Findings, read_table
from course.quizzes import analysis, attempts, devices, links, results, server, server_cli, tables
from course.quizzes.attempts import Attempt, Saved
from course.quizzes.bank import Option, Pair, Question
from course.quizzes.draw import Item
from course.quizzes.learners import read_learners
from course.quizzes.paper import Sheet
from course.quizzes.room import cohort_key
from course.quizzes.rows import Refused, Seat
from mlsd.errors import DataError, ServiceError, SettingsError

from .real import quizzing
from .real.quizzing import DUE, OPEN, SECRET

BOTH = (Option("True", True, "."), Option("False", False, "."))
QUESTIONS = [Question(f"1.0{number}", "true_false", "?", "LO1", 1, "easy", BOTH) for number in range(3)]


def attempt(*answers, questions=QUESTIONS, minutes=10.0, seconds=30.0, learner="l"):
    """An attempt at three questions: 0 is right, 1 is wrong, None is no answer."""
    paper = tuple(Sheet(each, Item(each.id, (0, 1))) for each in questions)
    given = {at: Saved([each], 1, OPEN, seconds) for at, each in enumerate(answers) if each is not None}
    return Attempt(Seat("c", "quiz_1", learner), paper, given, OPEN, OPEN + timedelta(minutes=minutes), 0)


# points: four learners, three questions
#   a 1 1 1 = 3    b 1 1 0 = 2    c 1 0 0 = 1    d 0 0 0 = 0
FOUR = [attempt(0, 0, 0), attempt(0, 0, 1), attempt(0, 1, 1), attempt(1, 1, 1, minutes=20.0)]


def test_difficulty_discrimination_and_thirds_are_those_of_the_hand():
    first, second, third = analysis.items(FOUR)
    assert [each.difficulty for each in (first, second, third)] == [0.75, 0.5, 0.25]
    # question 1 is 1 1 1 0, the others' sums are 2 1 0 0: r = 0.75 / sqrt(0.75 * 2.75)
    assert first.item_rest == pytest.approx(0.75 / (0.75 * 2.75) ** 0.5)
    # question 2 is 1 1 0 0, the others' sums are 2 1 1 0: r = 1 / sqrt(1 * 2)
    assert second.item_rest == pytest.approx(1 / 2**0.5)
    assert [each.upper_lower for each in (first, second, third)] == [1.0, 1.0, 1.0]
    assert [each.shown for each in (first, second, third)] == [4, 4, 4]
    assert third.flags == ("hard",)


def test_who_has_the_same_mark_as_the_last_of_a_third_belongs_to_it():
    assert analysis.upper_lower([1, 0, 1, 0], [0.9, 0.9, 0.1, 0.1]) == 0.0
    assert analysis.upper_lower([1, 1], [0.9, 0.1]) is None


def test_alpha_and_means_are_those_of_the_hand():
    facts = analysis.quiz_facts(FOUR)
    # variances 1/4, 1/3, 1/4 of the questions and 5/3 of the sums: 3/2 * (1 - (5/6) / (5/3)) = 3/4
    assert facts.alpha == pytest.approx(0.75)
    assert (facts.attempts, facts.mean, facts.median_minutes) == (4, 50.0, 10.0)


def test_alpha_of_drawn_questions_is_refused_with_its_reason():
    other = attempt(0, 0, 0, questions=[*QUESTIONS[:2], Question("1.09", "true_false", "?", "LO1", 1, "easy", BOTH)])
    assert "each got a draw of their own" in analysis.quiz_facts([*FOUR, other]).alpha
    assert "too few learners" in analysis.quiz_facts(FOUR[:1]).alpha
    assert analysis.quiz_facts([]).mean is None


def test_questions_that_all_answer_alike_are_flagged_and_have_no_correlation():
    facts = analysis.items([attempt(0, 0, 1), attempt(0, 1, 0), attempt(0, 0, 1)])[0]
    assert (facts.item_rest, facts.flags) == (None, ("easy",))
    # who knows the others fails this one: 0 0 1 against the others' sums 2 2 0
    assert analysis.items([attempt(1, 0, 0), attempt(1, 0, 0), attempt(0, 1, 1)])[0].flags == ("tells little apart",)


def test_choices_are_counted_in_the_order_of_the_bank_whatever_was_shown_first():
    assert analysis.items([*FOUR, attempt(None, 0, 0)])[0].chosen == (("True", 3), ("False", 1))
    pairs = (Pair("a", "1", "."), Pair("b", "2", "."))
    matching = Question("1.00", "matching", "?", "LO1", 1, "easy", pairs=pairs, extra=(Option("3", False, "."),))
    paper = (Sheet(matching, Item("1.00", (1, 0), (2, 0, 1))),)
    given = {0: Saved({"0": 0, "1": 1}, 1, OPEN, 0.0)}  # b = 3, a = 1
    counted = analysis.items([Attempt(Seat("c", "quiz_1", "l"), paper, given, OPEN, None, 0)])[0]
    assert (counted.chosen, counted.median_seconds) == ((("a = 1", 1), ("b = 2", 0), ("b = 3", 1)), None)


@pytest.fixture
def engine(tmp_path):
    engine = tables.connect(f"sqlite:///{(tmp_path / 'q.db').as_posix()}")
    yield engine
    engine.dispose()


@pytest.fixture
def cohort():
    return parse_cohort(quizzing.cohort_text(), Path("cohort.toml"))


def sit(engine, cohort, learner, paper, answers=(), *, submitted=False):
    """A learner with a paper and answers in the database; returns the cookie."""
    seat = Seat(cohort_key(cohort), "quiz_1", learner)
    cookie = devices.enter(engine, seat, 1, cookie="", agent="Firefox on Linux", now=OPEN)
    attempts.begin(engine, "quiz_1", cookie, paper, OPEN)
    for at, answer in enumerate(answers):
        attempts.save(engine, "quiz_1", cookie, attempts.Change(at, answer, 0), OPEN + timedelta(seconds=20 * (at + 1)))
    if submitted:
        attempts.submit(engine, "quiz_1", cookie, [], OPEN + timedelta(minutes=2), sure=True)
    return cookie


PAPER = tuple(Sheet(each, Item(each.id, (0, 1))) for each in QUESTIONS)


def test_the_gradebook_reads_the_scores_exactly(engine, cohort, tmp_path):
    sit(engine, cohort, "l01", PAPER, [[0], [0], [1]], submitted=True)
    sit(engine, cohort, "l02", PAPER, [[0]])
    sit(engine, cohort, "l99", PAPER)
    names = ["l01", "l02", "=cmd()"]
    before, notes = results.table(engine, cohort, cohort_key(cohort), names, OPEN + timedelta(hours=1))
    assert [row[1] for row in before] == ["200/300", "", ""]
    assert "l99 answered it and is not in the list" in notes[0]
    assert "2 still have it open, without a score yet: l02, l99" in notes[1]
    after, _ = results.table(engine, cohort, cohort_key(cohort), names, DUE + timedelta(seconds=1))
    from course.gradebook.writing import csv_text

    path = tmp_path / "quizzes.csv"
    path.write_text(csv_text(["learner", *(f"quiz_{n}" for n in range(1, 7))], after), encoding="utf-8")
    found = Findings()
    read = read_scores(read_table(path, found), None, found)
    assert found.problems == []
    assert read == {"l01": {1: Fraction(200, 3)}, "l02": {1: Fraction(100, 3)}, "=cmd()": {}}


def test_seconds_are_those_since_the_last_saved_change_and_not_those_of_a_pause(engine, cohort):
    cookie = sit(engine, cohort, "l01", PAPER, [[0], [0]])
    attempts.save(engine, "quiz_1", cookie, attempts.Change(0, [1], 1), OPEN + timedelta(seconds=45))
    attempts.save(engine, "quiz_1", cookie, attempts.Change(2, [1], 0), OPEN + timedelta(hours=2))
    saved = attempts.seated(engine, "quiz_1", cookie).answers
    assert {place: each.seconds for place, each in saved.items()} == {0: 25.0, 1: 20.0, 2: 0.0}


def test_a_database_knows_who_sits_where_on_both_kinds(database_url, cohort):
    engine = tables.connect(database_url)
    cookie = sit(engine, cohort, "l01", PAPER, [[0], [1]])
    assert tables.connect(database_url).dialect.name == engine.dialect.name  # a second server makes no second table
    assert attempts.seated(engine, "quiz_1", cookie).given == {0: [0], 1: [1]}
    with pytest.raises(Refused, match="changed"):
        attempts.save(engine, "quiz_1", cookie, attempts.Change(0, [1], 0), OPEN)
    assert attempts.every(engine, cohort_key(cohort), "quiz_1")[0].opened_at == OPEN
    engine.dispose()


# The commands


@pytest.fixture
def course(tmp_path, monkeypatch, capsys):
    """Run `course quiz ...` on a cohort of this test and return what it prints."""
    monkeypatch.setenv("MLSD_QUIZ_SECRET", SECRET)
    (tmp_path / "cohort.toml").write_text(quizzing.cohort_text(), encoding="utf-8")
    (tmp_path / "learners.csv").write_text("learner,name,email\nl01,Ann,ann@x.org\nl02,=Bo(),\n", encoding="utf-8")
    parser = argparse.ArgumentParser()
    server_cli.add(parser.add_subparsers())

    def run(*words):
        where = ["--cohort", str(tmp_path / "cohort.toml"), "--db", f"sqlite:///{(tmp_path / 'q.db').as_posix()}"]
        options = parser.parse_args([words[0], *where, *words[1:]])
        assert options.run(options) == 0
        return capsys.readouterr().out

    return run


def test_links_are_written_for_all_and_another_comes_after_a_withdrawal(course, tmp_path):
    words = ("links", "--quiz", "quiz_1", "--learners", str(tmp_path / "learners.csv"))
    words += ("--address", "https://quiz.example", "--out", str(tmp_path / "links.csv"))
    assert "wrote 2 links" in course(*words)
    first = (tmp_path / "links.csv").read_text(encoding="utf-8")
    assert first.splitlines()[0] == "learner,name,email,quiz,link"
    assert first.splitlines()[1].startswith("l01,Ann,ann@x.org,quiz_1,https://quiz.example/open/")
    assert "l02,'=Bo(),,quiz_1" in first
    course("withdraw", "quiz_1", "l01", "--learners", str(tmp_path / "learners.csv"))
    course(*words)
    second = (tmp_path / "links.csv").read_text(encoding="utf-8").splitlines()
    ticket = links.read_token(second[1].rpartition("/")[2], SECRET.encode())
    assert (ticket.learner, ticket.version, second[2]) == ("l01", 2, first.splitlines()[2])


def test_status_results_and_analysis_say_what_happened(course, cohort, tmp_path):
    engine = tables.connect(f"sqlite:///{(tmp_path / 'q.db').as_posix()}")
    sit(engine, cohort, "l01", PAPER, [[0], [0], [1]], submitted=True)
    seat = Seat(cohort_key(cohort), "quiz_1", "l01")
    devices.enter(engine, seat, 1, cookie="", agent="Chrome on Android", now=OPEN, take_over=True)
    engine.dispose()
    said = course("status", "--quiz", "quiz_1")
    assert "1 opened it, 1 of them submitted" in said
    assert "opened in another browser: Chrome on Android" in said
    assert "once" in course("allow", "quiz_1", "l01")
    out = tmp_path / "quizzes.csv"
    course("results", "--learners", str(tmp_path / "learners.csv"), "--out", str(out))
    assert out.read_text(encoding="utf-8").splitlines()[1:] == ["l01,200/300,,,,,", "l02,,,,,,"]
    said = course("analysis", "--quiz", "quiz_1", "--out", str(tmp_path / "a.csv"))
    assert "1 attempts, mean 66.67 of 100, median 2.00 minutes" in said
    line = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[1]
    assert line == '1.00,1,1.00,none,none,20.00,easy,"1 x True; 0 x False"'


def test_a_misspelt_learner_is_named_and_not_dealt_with(course, tmp_path):
    with pytest.raises(DataError, match="'l0l' is not in the list of learners"):
        course("allow", "quiz_1", "l0l", "--learners", str(tmp_path / "learners.csv"))
    with pytest.raises(DataError, match="no private folder"):
        course("results", "--out", str(tmp_path / "out.csv"))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("name\nAnn\n", "no column 'learner'"),
        ("learner\nl01\nl01\n", "stands in row 2 too"),
        ("learner,name\n,Ann\n", "names nobody"),
    ],
)
def test_a_list_of_learners_that_cannot_be_used_is_refused(tmp_path, text, match):
    (tmp_path / "learners.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=match):
        read_learners(tmp_path / "learners.csv")


def test_a_server_without_banks_or_with_a_taken_port_or_without_its_address_says_what_to_do(course, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="There is no bank in"):
        server.read_banks(tmp_path / "empty", SECRET.encode())
    with pytest.raises(SettingsError, match="needs the address that learners use"):
        course("serve", "--host", "0.0.0.0")
    import socket

    busy = pytest.raises(ServiceError, match=r"is taken by .*(.|\n)*--port")
    with socket.create_server(("127.0.0.1", 0)) as taken, busy:
        course("serve", "--port", str(taken.getsockname()[1]))


def test_the_practice_banks_of_the_course_can_be_drawn_from(tmp_path):
    from mlsd import settings

    cohort = parse_cohort(quizzing.cohort_text(), Path("cohort.toml"))
    folder = server.banks_folder(cohort, settings.root())
    assert list(server.read_banks(folder, SECRET.encode())) == [f"quiz_{number}" for number in range(1, 7)]
