"""`course quiz draw`: the same questions that the page hands out, or a draw by seed that everybody can repeat."""

from course.cli import main
from course.cohort.reading import cohort_path, read_cohort
from course.quizzes.bank import locate, read_bank
from course.quizzes.paper import hand_out
from course.quizzes.room import cohort_key
from mlsd import settings

SECRET = "a secret of forty signs, for this test .."


def drawn(capsys, *words):
    assert main(["quiz", "draw", *words]) == 0
    return dict(line.split(": ") for line in capsys.readouterr().out.splitlines())


def test_a_draw_shows_what_the_quiz_page_hands_out(capsys, monkeypatch):
    monkeypatch.setenv("MLSD_QUIZ_SECRET", SECRET)
    cohort = cohort_key(read_cohort(cohort_path(settings.root())))
    paper = hand_out(read_bank(locate("quiz_2")), cohort, "l07", secret=SECRET.encode())
    assert drawn(capsys, "quiz_2", "l07") == {"l07": " ".join(sheet.question.id for sheet in paper)}


def test_a_draw_by_seed_needs_no_secret_and_can_be_repeated(capsys):
    first, again, other = (drawn(capsys, "quiz_2", "l07", "l08", "--seed", seed) for seed in ("1", "1", "2"))
    assert first == again
    assert first != other
    assert first["l07"] != first["l08"]
    assert len(set(first["l07"].split())) == 10


def test_without_a_secret_a_cohorts_draw_is_refused_with_the_fix(capsys):
    assert main(["quiz", "draw", "quiz_2", "l07"]) == 2
    assert "MLSD_QUIZ_SECRET is not set" in capsys.readouterr().err


def test_a_bank_that_is_not_there_is_named_with_those_that_are(capsys):
    assert main(["quiz", "draw", "quiz_9", "l07", "--seed", "1"]) == 2
    assert "Name one of quiz_1, quiz_2" in capsys.readouterr().err
