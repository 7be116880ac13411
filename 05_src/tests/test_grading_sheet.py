import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.grading import rubric_sheet, sheet
from course.grading.hand import put
from course.grading.marks import Mark, Quote, Submission, total
from course.grading.rubric import Criterion, Level, Rubric

LEVELS = (Level(2.0, "Right."), Level(0.5, "In part."), Level(0.0, "Not made."))
RUBRIC = Rubric(
    "assignment_1",
    "Features",
    0.6,
    (
        Criterion("lags", "Make lags.", 2.0, "", "automatic", LEVELS),
        Criterion("grid", "Make a grid.", 2.0, "", "prefilled", LEVELS),
        Criterion("words", "Say why.", 2.0, "", "person", LEVELS, "Any reason that fits."),
    ),
)
FORMULAS = ["=1+1", "+1", "-1", "@SUM(1)", '=HYPERLINK("http://x","y")', "\t=1", "#N/A", "{=1}", "\x1b=1", "1", ""]


def submission(name="anna", lags=2.0, grid=0.5, words=None, text="Fine."):
    marks = (
        Mark("lags", 2, lags, "judged", reason=text, evidence=(Quote(5, text), Quote(None, text)), notes=text),
        Mark("grid", 2, grid, "judged", reason=text),
        Mark("words", 2, words, "waits" if words is None else "judged", reason=text),
    )
    return Submission(name, text, marks, "full box", 3.2, 410, (text,), (Quote(9, text), Quote(None, text)))


def column(book, name, of="Marks", row=1):
    cells = list(book[of].columns)
    return next(cells[n][row:] for n in range(len(cells)) if cells[n][row - 1].value == name)


@pytest.fixture(scope="module")
def recompute(tmp_path_factory):
    """A function that lets LibreOffice compute a book, and reads the values."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    home = tmp_path_factory.mktemp("office")

    def values(book):
        book.save(home / "book.xlsx")
        command = [
            program,
            "--headless",
            f"-env:UserInstallation={(home / 'profile').as_uri()}",
            "--convert-to",
            "xlsx",
        ]
        subprocess.run([*command, "--outdir", home / "made", home / "book.xlsx"], check=True, capture_output=True)
        return openpyxl.load_workbook(home / "made" / "book.xlsx", data_only=True)

    return values


def test_every_submission_and_criterion_has_a_row():
    book = sheet.workbook([submission(), submission("ben")], RUBRIC)
    assert book.sheetnames == ["Overview", "Marks", "Answers", "Rubric"]
    assert [cell.value for cell in column(book, "submission")] == ["anna"] * 3 + ["ben"] * 3
    assert [cell.value for cell in column(book, "machine mark")] == [2, 0.5, None] * 2


@pytest.mark.parametrize("text", FORMULAS)
def test_text_of_a_stranger_is_never_a_formula_or_an_error(text, tmp_path: Path):
    submissions = [submission(f"_{text}" if text.isprintable() else "anna", text=text)]
    sheet.write(submissions, RUBRIC, tmp_path / "marks.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marks.xlsx")
    columns = ["machine's reason", "evidence", "notes", "what is asked"]
    cells = [cell for name in columns for cell in column(book, name)] + list(
        column(book, "the learner's words", "Answers")
    )
    cells += [cell for name in ("remarks", "source") for cell in column(book, name, "Overview", 6)]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert all(isinstance(cell.value, str | None) for cell in cells)


@given(text=st.text(max_size=40))
@settings(max_examples=15, deadline=None)
def test_any_text_can_be_written(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("any") / "marks.xlsx"
    sheet.write([submission(text=text * 50)], RUBRIC, path)
    assert openpyxl.load_workbook(path)["Marks"].max_row == 4


def test_the_answers_have_the_guide_beside_them():
    rows = list(sheet.workbook([submission(text="It fits.")], RUBRIC)["Answers"].values)
    assert rows[1] == ("anna", "words", "Say why.\nAny reason that fits.", 9, "It fits.")
    assert rows[2] == ("anna", "words", None, None, "It fits.")


def test_a_persons_mark_and_comment_stand_in_their_columns_again():
    each = submission()
    each = replace(each, marks=(put(each.marks[0], 1.5, "=one lag", "Ana"), *each.marks[1:]))
    book = sheet.workbook([each], RUBRIC)
    assert [column(book, name)[0].value for name in ("machine mark", "your mark", "your comment")] == [
        2,
        1.5,
        "=one lag",
    ]
    assert column(book, "your comment")[0].data_type == "s"


def test_a_mark_is_let_in_from_zero_to_its_points_only():
    rules = sheet.workbook([submission()], RUBRIC)["Marks"].data_validations.dataValidation
    assert (rules[0].type, rules[0].formula1, rules[0].formula2, str(rules[0].sqref)) == (
        "decimal",
        "0",
        "$D2",
        "J2:J4",
    )


def test_headers_stay_in_sight_and_on_every_page():
    book = sheet.workbook([submission()], RUBRIC)
    assert [(each.freeze_panes, each.print_title_rows) for each in book.worksheets[:2]] == [
        ("B7", "$6:$6"),
        ("C2", "$1:$1"),
    ]
    assert all(each.sheet_properties.pageSetUpPr.fitToPage for each in book.worksheets)


def test_no_submissions_make_a_sheet_without_rows():
    assert sheet.workbook([], RUBRIC)["Marks"].max_row == 1


def test_totals_by_formula_are_those_of_python(recompute):
    odd = [
        submission(name, lags, 0.25) for name, lags in (("*", 0.1), (">0", 0.7), ("007", 1.1), ("7", 0.3), ("a?", 2))
    ]
    odd += [submission("done", 2, 1.6, 0), submission("nearly", 2, 1.59, 0)]
    book = recompute(sheet.workbook(odd, RUBRIC))
    rows = list(book["Overview"].iter_rows(min_row=7, max_col=6, values_only=True))
    expected = [(each.name, *total(each.marks), RUBRIC.result(total(each.marks)[0])) for each in odd]
    assert [(name, round(points, 9), of, waits) for name, points, of, _, _, waits in rows] == [
        (name, round(points, 9), of, waits) for name, points, of, waits, _ in expected
    ]
    assert [row[4].removesuffix(" so far") for row in rows] == [row[4] for row in expected]


def test_a_persons_mark_counts_and_a_wrong_one_is_named_without_an_error(recompute):
    book = sheet.workbook([submission(), submission("ben")], RUBRIC)
    for row, mark in enumerate([1, None, 2, 3, "abc", None], 2):
        book["Marks"][f"J{row}"].value = mark
    made = recompute(book)
    assert [cell.value for cell in column(made, "final mark")] == [1, 0.5, 2, 2, 0.5, "waits"]
    assert [cell.value for cell in column(made, "status")] == ["part", "part", "full", "full", "part", "waits"]
    checks = [cell.value or "" for cell in column(made, "check")]
    assert checks == ["say why", "please confirm", "", "0 to 2 only", "0 to 2 only", "to mark"]
    assert [row[1] for row in made["Overview"].iter_rows(min_row=7, values_only=True)] == [3.5, 2.5]


def blank(tmp_path, entries):
    rubric_sheet.write(RUBRIC, tmp_path / "rubric.xlsx")
    book = openpyxl.load_workbook(tmp_path / "rubric.xlsx")
    for cell, value in entries.items():
        book["Marking"][cell].value = value
    return book


@pytest.mark.parametrize(
    ("entries", "marks", "below"),
    [
        ({"E6": "a", "E7": "B", "F8": 1.25}, [2, 0.5, 1.25], [3.75, 0.625, 0, "Complete"]),
        ({"E6": "Z", "F7": 9, "F8": 0}, ["to mark", "to mark", 0], [0, 0, 2, "not yet"]),
    ],
)
def test_a_blank_rubric_adds_levels_and_points_and_says_what_is_left(recompute, tmp_path, entries, marks, below):
    made = recompute(blank(tmp_path, entries))["Marking"]
    assert [made[f"G{row}"].value for row in range(6, 9)] == marks
    assert [made[f"G{row}"].value for row in range(9, 13)] == below
