import csv
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.grading import regrade, report, sheet
from course.grading.hand import HandMark
from course.grading.handed import Given
from course.grading.marks import Mark, Quote, Submission
from course.grading.rubric import Criterion, Level, Rubric
from mlsd.errors import DataError


def rubric(*keys, points=2.0):
    levels = (Level(points, "Right."), Level(0.0, "Not made."))
    return Rubric(
        "assignment_1", "Features", 0.6, tuple(Criterion(k, k, points, "", "automatic", levels) for k in keys)
    )


RUBRIC = rubric("lags", "grid")


def submission(name="anna", lags=1.0, grid=2.0, points=2.0):
    marks = (
        Mark("lags", points, lags, "judged", reason=f"Lags are {lags}.", evidence=(Quote(5, "x.shift(1)"),)),
        Mark("grid", points, grid, "waits" if grid is None else "judged", reason=f"Grid is {grid}."),
    )
    return Submission(name, f"{name}.ipynb", marks, "full box", 3.2, 410)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    report.write([submission(), submission("ben", grid=None)], RUBRIC, tmp_path / "the marks")
    return tmp_path / "the marks"


def edit(path: Path, *, who=None, **cells):
    """Fill cells of the sheet Marks in, as a grader does."""
    book = openpyxl.load_workbook(path)
    for cell, value in cells.items():
        book["Marks"][cell].value = value
    if who is not None:
        book["Overview"][sheet.GRADER].value = who
    book.save(path)


def edit_csv(out: Path, row: int, **values):
    rows = list(csv.DictReader((out / "marks.csv").read_text(encoding="utf-8").splitlines()))
    rows[row - 2] |= values
    with (out / "marks.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, report.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def mark_of(submissions, name="anna", key="lags") -> Mark:
    return next(mark for each in submissions if each.name == name for mark in each.marks if mark.criterion == key)


def all_bytes(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def again(out: Path, new, by=RUBRIC, **options):
    """Grade again and write, as the command does."""
    merged, changes = regrade.merge(out, new, by, **options)
    report.write(merged, by, out)
    return merged, changes


def test_nothing_earlier_leaves_the_marks_as_they_are(tmp_path: Path):
    assert regrade.merge(tmp_path / "none", [submission()], RUBRIC) == ([submission()], [])
    assert regrade.told([]) == "Nobody's mark changes."


def test_a_regrade_without_edits_changes_nothing(out: Path):
    assert regrade.merge(out, [submission(), submission("ben", grid=None)], RUBRIC)[1] == []


def test_a_changed_machine_mark_is_told_with_both_reasons(out: Path):
    changes = again(out, [submission(lags=1.5)])[1]
    assert regrade.told(changes) == "anna, lags: 1 becomes 1.5. Before: Lags are 1.0. Now: Lags are 1.5."


@pytest.mark.parametrize("grader", ["Ana", None])
def test_a_mark_in_the_sheet_outlives_two_regrades(out: Path, grader):
    edit(out / "marks.xlsx", who=grader, J2=2, K2="Only its name differs.")
    again(out, [submission()])
    mark = mark_of(again(out, [submission(lags=0.5)])[0])
    assert (mark.mark, mark.cause, mark.by, mark.reason) == (
        2,
        "overruled",
        grader or "person",
        "Only its name differs.",
    )
    assert "The machine gave 0.5 of 2 (judged): Lags are 0.5." in mark.notes


def test_a_mark_in_the_csv_file_is_kept_and_reaches_the_sheet(out: Path):
    edit_csv(out, 3, mark="0,5", by="Ana", reason="=Too few values.")
    mark = mark_of(again(out, [submission()])[0], key="grid")
    assert (mark.mark, mark.by, mark.reason) == (0.5, "Ana", "=Too few values.")
    assert [openpyxl.load_workbook(out / "marks.xlsx")["Marks"][cell].value for cell in ("J3", "K3")] == [
        0.5,
        mark.reason,
    ]


def test_a_person_who_marks_what_waited_has_judged_it(out: Path):
    edit(out / "marks.xlsx", J5=1.5, who="Ana")
    mark = mark_of(again(out, [submission("ben", grid=None)])[0], "ben", "grid")
    assert (mark.mark, mark.cause, mark.by) == (1.5, "judged", "Ana")


def test_a_comment_alone_goes_to_the_learner_and_the_machines_mark_counts(out: Path):
    edit(out / "marks.xlsx", K2="Well named.", who="Ana")
    again(out, [submission()])
    mark = mark_of(again(out, [submission(lags=0.5)])[0])
    assert (mark.mark, mark.by, mark.reason) == (0.5, "machine", "Lags are 0.5. Well named.")


def test_the_machines_new_mark_is_told_where_a_persons_stays(out: Path):
    edit(out / "marks.xlsx", J2=2, K2="Fine.", who="Ana")
    again(out, [submission()])
    changes = again(out, [submission(lags=0)])[1]
    assert regrade.told(changes).startswith("anna, lags: the mark of Ana stays; the machine's 1 becomes 0.")


def test_a_mark_that_a_person_takes_back_is_the_machines_again(out: Path):
    edit(out / "marks.xlsx", J2=2, J3=0, who="Ana")
    again(out, [submission()])
    edit(out / "marks.xlsx", J2=None)
    edit_csv(out, 3, by="machine")
    merged = again(out, [submission()])[0]
    assert [mark_of(merged, key=key) for key in ("lags", "grid")] == list(submission().marks)


def test_the_newer_of_sheet_and_csv_counts(out: Path):
    edit(out / "marks.xlsx", J2=2, J3=1, who="Ana")
    again(out, [submission()])
    edit(out / "marks.xlsx", J2=1.75, who="Ben")
    edit_csv(out, 3, mark="1.25")
    merged = again(out, [submission()])[0]
    assert [(mark.mark, mark.by) for mark in merged[0].marks] == [(1.75, "Ben"), (1.25, "Ana")]


def test_sheet_and_csv_changed_in_two_ways_are_refused(out: Path):
    edit(out / "marks.xlsx", J2=2)
    edit_csv(out, 2, mark="0.5", by="Ana")
    with pytest.raises(
        DataError, match=r"(?s)'lags' of 'anna' was changed in two places.*sheet Marks, row 2.*csv, row 2"
    ):
        regrade.merge(out, [submission()], RUBRIC)


def test_one_learner_alone_leaves_the_others_rows_as_they_were(out: Path):
    edit(out / "marks.xlsx", J4=0.5, K4="Late.", who="Ana")
    again(out, [submission(), submission("ben", grid=None)])
    before = (out / "marks.csv").read_text(encoding="utf-8").splitlines()
    again(out, [submission(lags=2.0)])
    after = (out / "marks.csv").read_text(encoding="utf-8").splitlines()
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True, True, True]
    assert openpyxl.load_workbook(out / "marks.xlsx")["Marks"]["K4"].value == "Late."


def test_a_new_learner_comes_after_the_others(out: Path):
    assert [each.name for each in again(out, [submission("cleo"), submission()])[0]] == ["anna", "ben", "cleo"]


def test_marks_of_a_submission_that_vanished_are_kept_and_come_back(out: Path):
    edit(out / "marks.xlsx", J4=1.5, K4="Late, but fine.", who="Ana")
    merged, changes = again(out, [submission()], complete=True)
    assert [each.name for each in merged] == ["anna"]
    assert "ben, lags: the mark 1.5 of Ana has no place now" in regrade.told(changes)
    assert 'ben,lags,1.5,"Late, but fine.",Ana,the submission is gone' in (out / "kept_marks.csv").read_text()
    assert mark_of(again(out, [submission("ben", grid=None)])[0], "ben").mark == 1.5


def test_marks_of_a_criterion_that_vanished_or_shrank_are_kept(out: Path):
    edit(out / "marks.xlsx", J2=1.5, J3=1, who="Ana")
    shrunk = replace(submission(lags=1.0, points=1.0), marks=submission(points=1.0).marks[:1])
    merged, changes = again(out, [shrunk], rubric("lags", points=1.0))
    assert [mark.mark for mark in merged[0].marks] == [1.0]
    assert {change.reason_after for change in changes} == {
        "the criterion is gone",
        "the criterion has only 1 points now",
    }
    assert len((out / "kept_marks.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"J2": "much"}, r"marks\.xlsx, sheet Marks, row 2, column your mark: it must be a number, got: 'much'"),
        ({"J3": 2.5}, r"sheet Marks, row 3, column your mark: a mark goes from 0 to 2 here, got: 2\.5"),
        ({"J3": -1}, r"row 3, column your mark: a mark goes from 0 to 2 here, got: -1"),
        ({"J3": True}, r"row 3, column your mark: it must be a number"),
        ({"J3": "=1+1"}, r"row 3, column your mark: it must be a number, got: '=1\+1'"),
        ({"A3": "zoe", "J3": 1}, r"row 3, column submission: 'zoe' is unknown"),
        ({"B3": "none", "J3": 1}, r"row 3, column criterion: 'none' is none of 'anna'"),
        ({"B3": "lags", "J2": 1, "J3": 2}, r"row 3: 'lags' of 'anna' is marked in .* row 2 too"),
        ({"J1": "mark"}, r"column 'your mark' is not in row 1"),
    ],
)
def test_a_wrong_entry_in_the_sheet_is_named_and_nothing_written(out: Path, cells, said):
    edit(out / "marks.xlsx", **cells)
    before = all_bytes(out)
    with pytest.raises(DataError, match=said):
        regrade.merge(out, [submission()], RUBRIC)
    assert all_bytes(out) == before


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"mark": "2"}, r"marks\.csv, row 2, column mark: it was 1 and is 2 now, but by says machine"),
        ({"mark": "3", "by": "Ana"}, r"row 2, column mark: a mark goes from 0 to 2 here, got: 3"),
        ({"mark": "nan", "by": "Ana"}, r"row 2, column mark: it must be a number"),
        ({"mark": "", "by": "Ana"}, r"row 2, column mark: it is empty, and by says 'Ana'"),
        ({"submission": "zoe", "by": "Ana"}, r"row 2, column submission: 'zoe' is unknown"),
    ],
)
def test_a_wrong_entry_in_the_csv_file_is_named(out: Path, values, said):
    edit_csv(out, 2, **values)
    with pytest.raises(DataError, match=said):
        regrade.merge(out, [submission()], RUBRIC)


def test_all_wrong_entries_are_named_at_once(out: Path):
    edit(out / "marks.xlsx", J2="much", J3=9)
    edit_csv(out, 4, mark="7", by="Ana")
    with pytest.raises(DataError) as caught:
        regrade.read(out)
    assert len(caught.value.problem.splitlines()) == 3


@pytest.mark.parametrize("lock", ["~$marks.xlsx", ".~lock.marks.xlsx#"])
def test_a_sheet_that_is_open_is_refused(out: Path, lock):
    (out / lock).touch()
    with pytest.raises(DataError, match=r"marks\.xlsx is open in another program"):
        regrade.merge(out, [submission()], RUBRIC)


@pytest.mark.parametrize("spoil", [b"", b"PK\x03\x04 no zip", b"plain text"])
def test_a_damaged_sheet_is_refused(out: Path, spoil):
    (out / "marks.xlsx").write_bytes(spoil)
    with pytest.raises(DataError, match=r"marks\.xlsx is damaged or no \.xlsx file"):
        regrade.merge(out, [submission()], RUBRIC)


def test_a_sheet_of_something_else_is_refused(out: Path):
    openpyxl.Workbook().save(out / "marks.xlsx")
    with pytest.raises(DataError, match="has no sheet 'Marks'"):
        regrade.merge(out, [submission()], RUBRIC)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("marks.json", "[{}]", r"marks\.json cannot be read"),
        ("marks.csv", "a,b\n1,2\n", r"marks\.csv has no column 'submission'"),
        ("kept_marks.csv", "a,b\n", r"kept_marks\.csv has no column 'submission'"),
        (
            "kept_marks.csv",
            "submission,criterion,mark,comment,by,why\na,b,x,,,\n",
            "row 2, column mark: 'x' is no number",
        ),
    ],
)
def test_a_damaged_file_is_named(out: Path, name, text, said):
    (out / name).write_text(text)
    with pytest.raises(DataError, match=said):
        regrade.merge(out, [submission()], RUBRIC)


def test_marks_are_found_where_rows_and_columns_were_moved(out: Path):
    edit(out / "marks.xlsx", J2=1.5, K2="Moved.")
    book = openpyxl.load_workbook(out / "marks.xlsx")
    book["Marks"].insert_cols(2)
    book["Marks"].insert_rows(2)
    book.save(out / "marks.xlsx")
    assert mark_of(regrade.merge(out, [submission()], RUBRIC)[0]).reason == "Moved."


def test_a_csv_file_saved_by_a_spreadsheet_program_is_read(out: Path):
    text = (
        (out / "marks.csv")
        .read_text(encoding="utf-8")
        .replace(",", ";")
        .replace("2;1;judged;machine", "2;1,5;judged;Zoë")
    )
    (out / "marks.csv").write_bytes(text.replace("\n", "\r\n").encode("cp1252"))
    mark = mark_of(regrade.merge(out, [submission()], RUBRIC)[0])
    assert (mark.mark, mark.by) == (1.5, "Zoë")


@pytest.mark.parametrize(
    "gone", [["marks.json"], ["marks.json", "marks.csv"], ["marks.xlsx"], ["marks.xlsx", "marks.json"]]
)
def test_a_persons_mark_outlives_a_lost_file(out: Path, gone):
    edit(out / "marks.xlsx", J2=0.25, K2="No.", who="Ana")
    again(out, [submission(), submission("ben", grid=None)])
    for name in gone:
        (out / name).unlink()
    assert mark_of(regrade.merge(out, [submission()], RUBRIC)[0]).mark == 0.25


def test_a_row_that_was_deleted_takes_no_mark_with_it(out: Path):
    edit(out / "marks.xlsx", J2=0.25, who="Ana")
    again(out, [submission()])
    book = openpyxl.load_workbook(out / "marks.xlsx")
    book["Marks"].delete_rows(2)
    book.save(out / "marks.xlsx")
    assert mark_of(regrade.merge(out, [submission()], RUBRIC)[0]).mark == 0.25


def test_a_report_written_at_once_has_the_persons_mark(out: Path):
    edit(out / "marks.xlsx", J2=0.25, who="Ana")
    before = regrade.read(out)
    kept = regrade.keep(submission(lags=2.0), before)
    report.write_one(kept, RUBRIC, out)
    assert isinstance(kept.marks[0], HandMark)
    assert regrade.merge(out, [submission(lags=2.0)], RUBRIC, before=before)[0][0] == kept


@given(mark=st.floats(0, 2), comment=st.text(max_size=40), machine=st.floats(0, 2))
@settings(max_examples=10, deadline=None)
def test_no_mark_of_a_person_is_lost_in_any_regrade(tmp_path_factory, mark, comment, machine):
    out = tmp_path_factory.mktemp("any")
    report.write([submission()], RUBRIC, out)
    merged, _ = regrade.merge(
        out,
        [submission()],
        RUBRIC,
        before=regrade.Earlier({}, {("anna", "lags"): Given("anna", "lags", mark, comment, "Ana")}),
    )
    report.write(merged, RUBRIC, out)
    given = mark_of(regrade.merge(out, [submission(lags=machine)], RUBRIC)[0])
    assert (given.mark, given.by if isinstance(given, HandMark) else "") == (mark, "Ana")


def two_sheets(out: Path, ana: dict, ben: dict) -> list[Path]:
    paths = [out.parent / "ana.xlsx", out.parent / "ben.xlsx"]
    for path, cells in zip(paths, (ana, ben), strict=True):
        path.write_bytes((out / "marks.xlsx").read_bytes())
        edit(path, who=path.stem.title(), **cells)
    return paths


def test_two_graders_agree_differ_or_mark_alone(out: Path):
    paths = two_sheets(out, {"J2": 2, "K2": "Good.", "J3": 1, "J4": 0.5}, {"J2": 2, "J3": 0, "K5": "See cell 9."})
    agreed, conflicts = regrade.merge_graders(paths)
    assert (agreed["anna", "lags"].by, agreed["anna", "lags"].comment) == ("Ana and Ben", "Good.")
    assert (agreed["ben", "lags"].by, agreed["ben", "grid"].comment) == ("Ana", "See cell 9.")
    assert [(each.submission, each.criterion, [given.mark for given in each.given]) for each in conflicts] == [
        ("anna", "grid", [1, 0])
    ]


def test_conflicts_come_criterion_by_criterion(out: Path):
    paths = two_sheets(out, {"J2": 1, "J3": 1, "J4": 1}, {"J2": 0, "J3": 0, "J4": 0})
    found = [(each.criterion, each.submission) for each in regrade.merge_graders(paths)[1]]
    assert found == [("grid", "anna"), ("lags", "anna"), ("lags", "ben")]


def test_wrong_entries_of_both_graders_are_named(out: Path):
    paths = two_sheets(out, {"J2": 9}, {"J3": "x"})
    with pytest.raises(DataError, match=r"(?s)ana\.xlsx, sheet Marks, row 2.*ben\.xlsx, sheet Marks, row 3"):
        regrade.merge_graders(paths)


def test_a_criterion_on_which_graders_differ_waits_until_one_decides(out: Path):
    paths = two_sheets(out, {"J2": 1.5, "J3": 1, "K3": "Half."}, {"J3": 0})
    merged, _, conflicts = regrade.apply_graders(out, paths, RUBRIC)
    report.write(merged, RUBRIC, out)
    mark = mark_of(again(out, [submission()])[0], key="grid")
    assert (len(conflicts), mark.mark, mark.cause) == (1, None, "waits")
    assert mark.notes == "Graders differ. Ana gives 1: Half.; Ben gives 0: –"
    edit(out / "marks.xlsx", J3=0.5, who="Cleo")
    assert [(each.mark, each.by) for each in again(out, [submission()])[0][0].marks] == [(1.5, "Ana"), (0.5, "Cleo")]


def test_a_mark_that_one_grader_changed_and_the_other_left_is_the_changed_one(out: Path):
    edit(out / "marks.xlsx", J2=0.5, J3=1, who="Carl")
    again(out, [submission()])
    paths = two_sheets(out, {"J2": 2}, {})
    merged, _, conflicts = regrade.apply_graders(out, paths, RUBRIC)
    assert conflicts == []
    assert [(mark.mark, mark.by) for mark in merged[0].marks] == [(2, "Ana"), (1, "Carl")]
