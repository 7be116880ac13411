import csv
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from course.grading import comment, report
from course.grading.hand import put
from course.grading.harmless import clean, code, csv_cell, from_csv_cell, inline, shorten
from course.grading.marks import CAUSES, Mark, Quote, Submission, total
from course.grading.rubric import Criterion, Level, Rubric
from mlsd.errors import DataError, WriteError

ASKED = {"lags": "automatic", "range": "automatic", "words": "person"}
RUBRIC = Rubric(
    "assignment_1",
    "Features",
    0.6,
    tuple(
        Criterion(
            key, f"Make {key}.", 1.0, "", judged, (Level(1.0, "Right."), Level(0.0, "Not made.")), "Secret guide."
        )
        for key, judged in ASKED.items()
    ),
)
NASTY = [
    "@someone and @org/team",
    "closes #1, GH-2, org/repo#3",
    "https://evil.example www.evil.example a@evil.example",
    "![x](https://evil.example/x.png) [y](javascript:alert(1))",
    "<script>alert(1)</script><img src=x onerror=alert(1)><details>",
    "``` \n~~~\n``` | a | b |\n| :-- | \\| x",
    "<!-- course-grade:assignment_1 -->",
    "\n\n# Title\n- list\n1. list\n> quote\n---\n***",
    "&lt;b&gt; &#64;someone $a$ `code` **bold** __init__",
    "\u202egnp.exe\u2066 \x1b[31m\x00\x07 \ud800",
    "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
]
TAGS = {"h3", "h4", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "br", "strong", "ul", "li", "sub"}
ANY_TEXT = st.one_of(st.text(), st.sampled_from(NASTY), st.text(alphabet="|`<>*_@#[]()!\\\n\r -=&;:/w.a1", max_size=60))


def submission(name="anna", **changes):
    marks = (
        Mark("lags", 1, 1, "judged", reason="Right.", evidence=(Quote(5, "x.shift(1)"),)),
        Mark("range", 1, 0, "missing", reason="No such column.", hint="Read task 2 again.", notes="Odd order."),
        Mark("words", 1, None, "waits", reason="Cell 9 may hold it."),
    )
    told = {"answers": (Quote(9, "It was not necessary."),), "remarks": ("Branch Assignment-1.",)}
    return replace(Submission(name, "https://example.org/a @ 1f2e", marks, "full box", 3.2, 410.0), **(told | changes))


def with_text(text):
    marks = tuple(
        Mark(key, 1, mark, cause, reason=text, evidence=(Quote(3, text), Quote(None, text)), hint=text, notes=text)
        for key, mark, cause in (("lags", 1.0, "judged"), ("range", 0.0, "crashed"), ("words", None, "waits"))
    )
    return submission(source=text, marks=marks, remarks=(text, text), answers=(Quote(1, text),))


def rendered(text):
    return MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)


def test_the_first_lines_say_whose_comment_it_is_the_points_and_the_result():
    lines = comment.markdown(submission(), RUBRIC).splitlines()
    assert lines[0] == comment.marker(RUBRIC) == "<!-- course-grade:assignment_1 -->"
    assert lines[1] == "### Features: 1 of 3 points so far, Incomplete"


def test_what_is_right_comes_first_and_what_a_person_reads_last():
    page = comment.markdown(submission(), RUBRIC)
    titles = re.findall(r"#### (.*)", page)
    assert titles == ["What is right", "What to look at again", "What a person still reads", "Remarks"]
    assert (
        "| **0**&nbsp;of&nbsp;1 | Make range. | Nothing was found for this. No such column.<br>**Hint:** Read" in page
    )


def test_guides_notes_answers_and_paths_of_the_grader_stay_out_of_the_learners_report():
    page = comment.markdown(submission(source="/marks/batch/anna.ipynb"), RUBRIC)
    assert not re.search("Secret guide|Odd order|It was not necessary|/home|batch", page)
    assert "cell 9" in page
    assert "anna.ipynb" in page
    assert "C:" not in comment.markdown(submission(source="C:\\Users\\g\\anna.ipynb"), RUBRIC)


def test_a_stopped_notebook_is_told_once_and_not_as_a_wrong_answer():
    marks = tuple(Mark(key, 1, 0, "crashed", reason="KeyError in cell 8.") for key in ASKED)
    page = comment.markdown(submission(marks=marks), RUBRIC)
    assert page.count("KeyError in cell 8.") == 1
    assert "stopped with an error, so 3 criteria could not be seen" in page


@pytest.mark.parametrize("cause", sorted(set(CAUSES) - {"judged", "overruled", "waits"}))
def test_every_cause_has_words(cause):
    marks = (Mark("lags", 1, 0, cause, reason="Because."),)
    assert comment.CAUSES[cause] in comment.markdown(submission(marks=marks), RUBRIC)


@pytest.mark.parametrize("text", NASTY)
def test_nothing_of_a_stranger_becomes_markup_or_a_mention(text):
    page = rendered(comment.markdown(with_text(text), RUBRIC))
    assert set(re.findall(r"<(\w+)", page)) <= TAGS
    assert "href" not in page
    assert not re.search(r"[@#]\w|\bGH-\d|://|www\.|\b[0-9a-f]{7,40}\b", page)
    assert page.count("<!--") == 1


@given(ANY_TEXT)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_text_leaves_one_row_for_each_criterion_and_only_our_tags(text):
    page = rendered(comment.markdown(with_text(text), RUBRIC))
    assert page.count("<tr>") == 3 + len(ASKED)  # a header for each of three tables
    assert page.count("<td") == 4 * len(ASKED)
    assert set(re.findall(r"<(\w+)", page)) <= TAGS
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)


@given(ANY_TEXT, st.integers(1, 200_000))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_report_stays_below_64_kilobytes_whatever_the_learner_wrote(text, times):
    long = (text * times)[:200_000]
    each = replace(with_text(long), remarks=(long,) * 50)
    each = replace(each, marks=tuple(replace(mark, evidence=mark.evidence * 30) for mark in each.marks))
    assert len(comment.markdown(each, RUBRIC).encode()) < 64_000


def test_a_long_report_says_that_it_was_cut_and_keeps_every_row():
    criteria = tuple(replace(RUBRIC.criteria[0], key=f"k{n}") for n in range(30))
    marks = tuple(
        Mark(each.key, 1, 0.5, "judged", reason="☃" * 900, evidence=(Quote(1, "*" * 900),)) for each in criteria
    )
    page = comment.markdown(submission(marks=marks), replace(RUBRIC, criteria=criteria))
    assert "Quotes and sentences were cut" in page
    assert page.count("**0.5**") == 30
    assert len(page.encode()) < comment.LIMIT


def test_a_rubric_too_long_for_a_comment_still_tells_the_total():
    page = comment.markdown(submission(), RUBRIC, limit=600)
    assert "1 of 3 points" in page
    assert page.endswith("ask your grader for it.\n")


@given(ANY_TEXT)
@settings(max_examples=40, deadline=None)
def test_json_brings_back_the_same_submission(text):
    for each in (with_text(text), with_text(text + "x")):
        overruled = replace(each, marks=(put(each.marks[0], 0.5, text, "Ana"), *each.marks[1:]))
        assert report.from_json(json.loads(json.dumps(report.as_json(overruled, RUBRIC)))) == overruled


def test_json_holds_the_total_the_guide_and_the_machines_side():
    marks = submission().marks
    found = report.as_json(submission(marks=(put(marks[0], 0.5, "No.", "Ana"), *marks[1:])), RUBRIC)
    assert found["total"] == {"earned": 0.5, "points": 3, "waiting": 1, "needed": 1.8, "result": "Incomplete"}
    assert found["marks"][0]["machine"]["mark"] == 1
    assert found["marks"][2]["guide"] == "Secret guide."


@pytest.mark.parametrize(("found", "said"), [({"schema": 9}, "no report of schema 1"), ({"schema": 1}, "lacks 'sub")])
def test_json_of_another_kind_is_refused(found, said):
    with pytest.raises(DataError, match=said):
        report.from_json(found)


def test_all_files_are_written_and_none_is_left_half(tmp_path: Path):
    report.write([submission(), submission("ben's (2)")], RUBRIC, tmp_path / "out put")
    files = sorted(path.relative_to(tmp_path / "out put").as_posix() for path in tmp_path.rglob("*") if path.is_file())
    reports = [f"{name}/report.{kind}" for name in ("anna", "ben's (2)") for kind in ("json", "md")]
    assert files == [*reports, "marks.csv", "marks.json", "marks.xlsx", "summary.md"]


def test_the_csv_file_has_a_row_for_each_submission_and_criterion(tmp_path: Path):
    report.write([submission(), submission("=ben")], RUBRIC, tmp_path)
    rows = list(csv.reader((tmp_path / "marks.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0] == ["submission", "criterion", "points", "mark", "cause", "by", "reason"]
    assert rows[2] == ["anna", "range", "1", "0", "missing", "machine", "No such column."]
    assert [row[0] for row in rows[4:]] == ["'=ben"] * 3
    assert rows[3][3] == ""


@given(st.text())
def test_no_cell_of_a_csv_file_begins_a_formula_and_all_come_back(text):
    cell = csv_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert from_csv_cell(cell) == clean(text) or clean(text).startswith("'")


def test_the_summary_has_a_line_for_each_submission(tmp_path: Path):
    report.write([submission("_b_"), submission()], RUBRIC, tmp_path)
    lines = (tmp_path / "summary.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# Features: 2 submissions"
    assert lines[-2].startswith("| &#95;b&#95; |")
    assert lines[-1] == "| anna | 1 of 3 | Incomplete so far | 1 | 1 missing | full box | 3.2 |"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        ".",
        "a/b",
        "a\\b",
        "/etc",
        "C:x",
        "CON",
        "nul.txt",
        "a.",
        "a\x00",
        "marks.csv",
        "x" * 300,
        "a\u202eb",
        " a",
    ],
)
def test_a_name_that_is_no_safe_folder_is_refused_and_nothing_written(tmp_path: Path, name):
    with pytest.raises(DataError, match="cannot be a folder's name"):
        report.write([submission(), submission(name)], RUBRIC, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_submissions_of_one_folder_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match="'anna' and 'Anna'"):
        report.write([submission("anna"), submission("Anna")], RUBRIC, tmp_path)


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path):
    path = tmp_path / "marks.csv"
    path.write_text("old")

    def fails(beside: Path) -> None:
        beside.write_text("half")
        raise OSError(28, os.strerror(28))

    with pytest.raises(WriteError, match=r"marks\.csv could not be written: No space left"):
        report.write_whole(path, fails)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("marks.csv", "old")]


@given(ANY_TEXT)
@settings(max_examples=60)
def test_harmless_text_is_one_line(text):
    for made in (inline(text), code(text), csv_cell(text)):
        assert len(made.splitlines()) <= 1
    assert len(shorten(text, 5)) <= 5


def test_a_quote_keeps_its_lines_and_says_when_there_were_more():
    assert code("a\n  b\n" + "c\n" * 9, max_lines=3) == "<code>a<br>&nbsp;&nbsp;b<br>c<br>…</code>"
    assert code(" \n") == ""


def test_points_of_the_report_are_the_sum_of_its_marks():
    each = submission(marks=tuple(Mark(f"k{n}", 1, 0.1, "judged") for n in range(3)))
    assert "### Features: 0.3 of 3 points, Incomplete" in comment.markdown(each, RUBRIC)
    assert total(each.marks)[1] == 3
