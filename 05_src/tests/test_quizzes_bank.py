from pathlib import Path

import pytest

from course import quizzes
from course.quizzes.bank import Bank, Option, Pair, Question, find, locate, read_bank, rights_of
from course.quizzes.markup import as_html, as_inline_html, as_plain, has_html, prose
from mlsd.errors import DataError

HEAD = 'quiz = "quiz_2"\ntitle = "Quiz 2"\npractice = true\n'
ASKED = """
[[question]]
id = "2.01"
kind = "true_false"
outcome = "LO4"
chapter = 3
difficulty = "easy"
text = '''
A statement.
'''
options = [ { text = "True", right = true, reason = "So it is." }, { text = "False", reason = "It is so. " } ]
"""
MATCHED = """
[[question]]
id = "2.02"
kind = "matching"
outcome = "LO4"
chapter = 3
difficulty = "hard"
text = "What belongs together?"
pairs = [ { left = "a", right = "1", reason = "First." }, { left = "b", right = "2", reason = "Second." } ]
extra = [ { text = "3", reason = "No third." } ]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "quiz 2.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_bank_is_read_as_it_is_written(tmp_path):
    path = written(tmp_path, HEAD + ASKED + MATCHED)
    both = (Option("True", True, "So it is."), Option("False", False, "It is so."))
    pairs = (Pair("a", "1", "First."), Pair("b", "2", "Second."))
    extra = (Option("3", False, "No third."),)
    asked = (
        Question("2.01", "true_false", "A statement.", "LO4", 3, "easy", both),
        Question("2.02", "matching", "What belongs together?", "LO4", 3, "hard", pairs=pairs, extra=extra),
    )
    assert read_bank(path) == Bank("quiz_2", "Quiz 2", True, asked, path)
    assert rights_of(asked[1]) == ("1", "2", "3")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("practice = true", "", r"quiz 2\.toml: practice is missing"),
        ("practice = true", 'practice = "yes"', r"quiz 2\.toml: `practice` must be true or false, got: 'yes'"),
        ('title = "Quiz 2"', 'title = "Quiz 2"\nnote = 1', r"unknown note; allowed: practice, question, quiz, title"),
        ("true_false", "essay", r"question 2\.01: `kind` must be one of true_false, .*, got: 'essay'"),
        ("chapter = 3", 'chapter = "3"', r"question 2\.01: `chapter` must be a whole number, got: '3'"),
        ("chapter = 3", "chapter = true", "`chapter` must be a whole number, got: 'True'"),
        ('outcome = "LO4"', "", r"question 2\.01: outcome is missing"),
        ("right = true", "rihgt = true", r"question 2\.01, an option: unknown rihgt; allowed: reason, right, text"),
        ("right = true", "right = 1", r"an option: `right` must be true or false, got: '1'"),
        (', reason = "It is so. "', "", r"question 2\.01, an option: reason is missing"),
        ("options = [ {", 'options = [ "yes", {', "an option must be a table of reason, right, text, got: 'yes'"),
        ('id = "2.01"', 'id = "2.01', "cannot be read as TOML"),
    ],
)
def test_what_is_misspelt_or_missing_is_named_with_its_place(tmp_path, old, new, message):
    with pytest.raises(DataError, match=message):
        read_bank(written(tmp_path, (HEAD + ASKED).replace(old, new, 1)))


def test_a_pair_with_another_field_is_named(tmp_path):
    with pytest.raises(DataError, match=r"question 2\.02, a pair: unknown middle"):
        read_bank(written(tmp_path, HEAD + MATCHED.replace('right = "1"', 'right = "1", middle = "x"')))


def test_a_question_that_is_no_table_is_named(tmp_path):
    with pytest.raises(DataError, match=r"`question` must be a list of tables, \[\[question\]\], got: 'what'"):
        read_bank(written(tmp_path, HEAD + 'question = ["what"]'))


def test_a_bank_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"There is no bank .*quiz_9\.toml"):
        read_bank(tmp_path / "quiz_9.toml")


def test_a_bank_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "quiz_2.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"quiz_2\.toml cannot be read as TOML"):
        read_bank(path)


def test_a_question_is_found_by_its_id(tmp_path):
    bank = read_bank(written(tmp_path, HEAD + ASKED + MATCHED))
    assert find(bank, "2.02") is bank.questions[1]
    with pytest.raises(DataError, match=r"quiz 2\.toml has no question '2\.03'"):
        find(bank, "2.03")


def test_a_bank_is_located_by_its_name_or_its_file(tmp_path):
    path = written(tmp_path, HEAD)
    assert locate("quiz_2").parts[-2:] == ("quizzes", "quiz_2.toml")
    assert locate(str(path)) == path
    with pytest.raises(DataError, match=r"There is no bank 'quiz_0'\.\nFix: Name one of quiz_1, "):
        locate("quiz_0")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](http://a.example/p)",
    ],
)
def test_nothing_that_a_browser_would_run_or_load_comes_out(text):
    for html in (as_html(text), as_inline_html(text)):
        assert "<script" not in html
        assert "<img" not in html
        assert 'href="javascript' not in html


def test_markdown_is_rendered_and_signs_are_escaped():
    assert as_html("A `<b>` & **more**:\n\n- one") == (
        "<p>A <code>&lt;b&gt;</code> &amp; <strong>more</strong>:</p>\n<ul>\n<li>one</li>\n</ul>\n"
    )
    assert as_inline_html('say "1 < 2"') == "say &quot;1 &lt; 2&quot;"


def test_plain_text_keeps_every_word_and_no_sign():
    assert as_plain("the **last** `a*b` of\nall\n\n```\nx = 1\n```") == "the last a*b of all x = 1"
    assert as_plain("<b>one</b> & two") == "<b>one</b> & two"
    assert prose("It is **not** so,\nbut `NOT` never.") == "It is so, but never."
    assert has_html("a<br>b")
    assert not has_html("`<br>` and a < b")


def test_what_the_package_offers_is_what_its_modules_hold():
    assert dir(quizzes) == quizzes.__all__ == sorted(quizzes.__all__)
    assert quizzes.read_bank is read_bank
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        quizzes.nothing  # noqa: B018
