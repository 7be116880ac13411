import argparse
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from course.quizzes import cli, practice
from course.quizzes.bank import Bank, Option, Pair, Question, read_bank
from course.quizzes.draw import Form, Item
from course.quizzes.practice_terminal import ask, read_answer
from mlsd import settings
from mlsd.errors import DataError, SettingsError, WriteError

CHOICE = Question(
    "2.01",
    "multiple_choice",
    "Which is **not** `a < b`?",
    "LO4",
    3,
    "easy",
    (Option("<b>one</b>", True, "One & only."), Option("`two`", False, "Not two."), Option("six", False, "Not six.")),
)
SELECTION = Question(
    "2.02",
    "selection",
    "Which are even?",
    "LO4",
    3,
    "easy",
    (Option("2", True, "Even two."), Option("4", True, "Even four."), Option("7", False, "Odd seven.")),
)
MATCHING = Question(
    "2.03",
    "matching",
    "What belongs?",
    "LO4",
    3,
    "hard",
    pairs=(Pair("a", "1", "First."), Pair("b", "2", "Second."), Pair("c", "3", "Third.")),
    extra=(Option("4", False, "Nowhere."),),
)
BANK = Bank("quiz_2", "Quiz <2>", True, (CHOICE, SELECTION, MATCHING), Path("quiz_2.toml"))
# shown: two, <b>one</b>, six; 7, 4, 2; c, a, b beside 4, 2, 3, 1
FORM = Form(
    "quiz_2",
    "practice",
    (Item("2.01", (1, 0, 2)), Item("2.02", (2, 1, 0)), Item("2.03", (2, 0, 1), (3, 1, 2, 0))),
)


def told(typed: str, *, form: Form = FORM) -> tuple[bool, str]:
    seen = io.StringIO()
    console = Console(file=seen, width=200, color_system=None)
    return ask(BANK, form, console, typed=io.StringIO(typed)), seen.getvalue()


def test_right_answers_earn_all_points_and_end_well():
    done, seen = told("2\n2 3\n1c 2d 3b\n")
    assert done
    assert seen.count("Right: 1 point.") == 3
    assert seen.endswith("3 of 3 points.\nThat was all.\n")


def test_each_option_is_explained_after_an_answer():
    _, seen = told("1\n\n1a\n")
    assert "  wrong, your choice: two\n      Not two.\n  right: <b>one</b>\n      One & only.\n" in seen
    assert "  c → 3 (yours: 4)\n      Third.\n  a → 1\n      First.\n" in seen
    assert "  wrong, your choice: 4\n      Nowhere.\n" in seen
    assert seen.endswith("0 of 3 points.\nThat was all.\n")


def test_a_part_of_a_point_is_told_and_counted():
    _, seen = told("2\n3\n1c 2a\n")
    assert "1/2 of a point." in seen
    assert "1/3 of a point." in seen
    assert "1.83 of 3 points." in seen


@pytest.mark.parametrize("typed", ["x", "4", "0", "1 2", "1a", "-1", "1.5", "999"])
def test_what_is_no_answer_is_asked_again(typed):
    done, seen = told(f"{typed}\n2\n", form=Form("quiz_2", "practice", FORM.items[:1]))
    assert done
    assert "That is not one of the answers shown. Type one number." in seen
    assert seen.endswith("1 of 1 points.\nThat was all.\n")


def test_stopping_tells_the_score_so_far():
    done, seen = told("2\n")
    assert not done
    assert seen.endswith("1 of 1 points.\nYou stopped. Come back when you like.\n")


def test_stopping_at_once_tells_no_score():
    done, seen = told("")
    assert not done
    assert "points." not in seen


class _Interrupted(io.StringIO):
    def readline(self, *_):
        raise KeyboardInterrupt


def test_ctrl_c_ends_kindly():
    seen = io.StringIO()
    assert not ask(BANK, FORM, Console(file=seen), typed=_Interrupted())
    assert "You stopped. Come back when you like." in seen.getvalue()


@pytest.mark.parametrize("text", ["1b 1c", "1 b", "b1", "12", "1bb"])
def test_what_is_no_pair_is_refused(text):
    with pytest.raises(DataError, match=r"One letter for each number|Type a letter for each number"):
        read_answer(MATCHING, text)


class _Outline(HTMLParser):
    """Whether tags close in order, and what stands where."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "input":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_a_page_holds_every_question_its_choices_and_its_reasons():
    outline = _Outline(practice.page(BANK, FORM, prefix="p"))
    assert outline.open == []
    assert [each["type"] for each in outline.all("input")] == ["radio"] * 3 + ["checkbox"] * 3
    assert len(outline.all("select")) == 3
    assert "Right: <b>one</b>" in outline.text
    assert all(reason in outline.text for reason in ("One & only.", "Odd seven.", "Third.", "Nowhere."))


def test_a_page_can_be_used_by_keyboard_and_read_aloud():
    outline = _Outline(practice.page(BANK, FORM, prefix="p"))
    labelled = {each["aria-labelledby"] for each in outline.all("section")}
    assert labelled == {each["id"] for each in outline.all("div") if "id" in each} == {"p-1", "p-2", "p-3"}
    assert all(each["role"] == "group" for each in outline.all("section"))
    assert len(outline.all("label")) == len(outline.all("input")) + len(outline.all("select"))
    assert len(outline.all("summary")) == 3


def test_a_page_runs_and_loads_nothing_and_escapes_everything():
    html = practice.page(BANK, FORM, prefix="p")
    assert "<b>" not in html
    assert "&lt;b&gt;one&lt;/b&gt;" in html
    assert "Quiz &lt;2&gt;" in html
    assert not re.search(r"<script|<img|<link|\son\w+=|src=|href=|url\(", html)


def test_the_answer_is_not_told_before_it_is_opened():
    before = practice.page(BANK, FORM, prefix="p").split("<details>")[0]
    assert "One &amp; only." not in before
    assert "Right" not in before


def test_two_pieces_on_one_page_share_no_group():
    first, second = (practice.show("quiz_2", questions=3, seed=1).data for _ in range(2))
    names = [{each["name"] for each in _Outline(html).all("input")} for html in (first, second)]
    assert names[0].isdisjoint(names[1])
    assert _Outline(first).text == _Outline(second).text


def test_a_seed_draws_the_same_again_and_without_one_it_is_another():
    bank = read_bank(settings.root() / "03_instructional_team/sources/quizzes/quiz_2.toml")
    assert practice.practice_form(bank, seed=1) == practice.practice_form(bank, seed=1)
    assert practice.practice_form(bank, seed=1) != practice.practice_form(bank, seed=2)
    assert practice.practice_form(bank) != practice.practice_form(bank)


def marked_bank(folder: Path) -> Path:
    text = (settings.root() / "03_instructional_team/sources/quizzes/quiz_2.toml").read_text(encoding="utf-8")
    path = folder / "quiz_2.toml"
    path.write_text(text.replace("practice = true", "practice = false"), encoding="utf-8")
    return path


def test_a_bank_that_people_are_marked_on_is_not_practised(tmp_path):
    with pytest.raises(DataError, match=r"quiz_2\.toml is not for practice: people are marked on it"):
        practice.show(str(marked_bank(tmp_path)))


def course(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.add(parser.add_subparsers())
    options = parser.parse_args(["quiz", *words])
    return options.run(options)


def test_the_shipped_banks_are_good(capsys):
    assert course("check") == 0, capsys.readouterr().out
    assert capsys.readouterr().out == "0 findings in 6 banks.\n"


def test_findings_are_printed_and_end_with_1(tmp_path, capsys):
    path = marked_bank(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('outcome = "LO4"', 'outcome = "LO7"'), encoding="utf-8")
    assert course("check", str(path)) == 1
    assert "there is no outcome 'LO7'. Fix: Write one of LO1" in capsys.readouterr().out


def test_a_bank_of_marks_that_repeats_the_practice_is_found(tmp_path, capsys):
    assert course("check", "quiz_2", str(marked_bank(tmp_path))) == 1
    assert "quiz_2.toml, 2.01 and quiz_2.toml, 2.01: the same text" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["gift", "json", "qti"])
def test_a_bank_is_exported_to_a_file(tmp_path, capsys, kind):
    path = tmp_path / "new folder" / f"bank.{kind}"
    assert course("export", "quiz_2", "--format", kind, "--out", str(path)) == 0
    assert path.stat().st_size > 10_000
    assert "questions to" in capsys.readouterr().out


def test_an_export_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(WriteError, match="taken cannot be written"):
        course("export", "quiz_2", "--format", "gift", "--out", str(tmp_path / "taken"))


def test_a_draw_shows_each_learners_questions(monkeypatch, capsys):
    monkeypatch.setenv("MLSD_QUIZ_SECRET", "a secret of a test, of 32 or more")
    assert course("draw", "quiz_2", "l07", "l08") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["l07", "l08"]
    assert course("draw", "quiz_2", "l07", "--json") == 0
    assert capsys.readouterr().out.startswith('{"quiz": "quiz_2", "learner": "l07", "items": [{"question_id": "2.')


def test_a_draw_without_a_secret_is_refused(monkeypatch):
    monkeypatch.setenv("MLSD_QUIZ_SECRET", "")
    with pytest.raises(SettingsError, match="MLSD_QUIZ_SECRET is not set"):
        course("draw", "quiz_2", "l07")


def test_practice_in_the_terminal_ends_with_130_when_stopped(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert course("practice", "quiz_2", "--questions", "3", "--seed", "1") == 130
    assert "Quiz 2" in capsys.readouterr().out
