import csv
import io
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course import gradebook
from course.gradebook.results import shipped_rubrics
from course.gradebook.tables import Findings, read_table
from course.grading.marks import Mark, Submission
from course.grading.report import COLUMNS, csv_rows
from mlsd.errors import DataError, WriteError

QUIZ_HEADER = "learner,quiz_1,quiz_2,quiz_3,quiz_4,quiz_5,quiz_6"
MARKS_HEADER = "learner,assignment_1,assignment_2"
TAIL = "0,0,0,0,0"
scores = st.fractions(0, 100)
results = st.sampled_from(["Missing", "Incomplete", "Complete"])
ORDER = ["Missing", "Incomplete", "Complete"]


def put(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


@pytest.fixture
def make(tmp_path):
    """Run the gradebook on texts; returns the rows that it wrote."""

    def run(quizzes, *marks, encoding="utf-8", **more):
        texts = {key: more.pop(key) for key in ("people", "overrides", "lms") if isinstance(more.get(key), str)}
        files = {key: put(tmp_path / f"{key}.csv", text, encoding) for key, text in texts.items()}
        quiz_file = put(tmp_path / "quizzes.csv", quizzes, encoding)
        marks = [put(tmp_path / f"marks_{n}.csv", text, encoding) for n, text in enumerate(marks, 1)]
        run.summary = gradebook.run(quizzes=quiz_file, marks=marks, out=tmp_path / "out.csv", **files, **more)
        return read(tmp_path / "out.csv")

    return run


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def quizzes(*rows):
    return "\n".join([QUIZ_HEADER, *rows]) + "\n"


def marks(*rows):
    return "\n".join([MARKS_HEADER, *rows]) + "\n"


def wide(name, score):
    return ",".join([name, *[str(score)] * 6])


def graded(name, share=1.0, assignment="assignment_1", **changed):
    """What `course grade` writes for a submission; `changed` sets the mark of a criterion."""
    criteria = shipped_rubrics()[assignment].criteria
    given = {each.key: f"{each.points * share:g}" for each in criteria} | changed
    return [f"{name},{each.key},{each.points:g},{given[each.key]},judged,machine,Fine." for each in criteria]


def marks_csv(*rows):
    return "\n".join(["submission,criterion,points,mark,cause,by,reason", *rows]) + "\n"


# The rule


def test_the_two_worked_examples_of_the_course(make):
    rows = make(
        quizzes(wide("ann", 80), wide("bo", 80)), marks("ann,Complete,Incomplete", "bo,Partially complete,Missing")
    )
    assert [list(row.values()) for row in rows] == [
        ["ann", "80", "Complete", "Incomplete", "78", "pass"],
        ["bo", "80", "Incomplete", "Missing", "58", "fail"],
    ]
    assert list(rows[0]) == ["learner", "quizzes", "assignment_1", "assignment_2", "final", "result"]


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        ("100,100,100,100,100,100", "Missing,Missing"),
        ("0,0,100,100,0,0", "Complete,Complete"),
        ("50,50,50,50,50,50", "Complete,Incomplete"),
        ("1/3,2/3,1/3,2/3,1/3,2/3", "Incomplete,Complete"),
        ("2/3,2/3,2/3,2/3,2/3,2/3", "Complete,Missing"),
        ("33.3,33.4,66.6,66.7,0,0", "Complete,Complete"),
        ("80,,-,20,0,100 %", "Complete,Complete"),
    ],
)
def test_exactly_sixty_passes_however_it_is_reached(make, taken, words):
    row = make(quizzes(f"ann,{taken}"), marks(f"ann,{words}"))[0]
    assert (row["final"], row["result"]) == ("60", "pass")


@pytest.mark.parametrize("last", ["99.99", "99.9999", "99.9999999999"])
def test_just_below_sixty_fails_and_is_never_shown_as_sixty(make, last):
    row = make(quizzes(f"ann,0,0,100,{last},0,0"), marks("ann,Complete,Complete"))[0]
    assert row["result"] == "fail"
    assert row["final"].startswith("59.99")


@given(st.lists(scores, min_size=6, max_size=6), results, results)
def test_the_final_mark_is_the_formula_in_exact_fractions(six, first, second):
    points = {"Complete": 100, "Incomplete": 50, "Missing": 0}
    expected = Fraction(3, 5) * (sum(six) / 6) + Fraction(1, 5) * points[first] + Fraction(1, 5) * points[second]
    assert gradebook.final_mark(six, first, second) == expected
    assert 0 <= expected <= 100


@given(st.lists(scores, min_size=6, max_size=6), scores, st.integers(0, 5), results, results, results)
def test_a_better_quiz_or_assignment_never_lowers_the_final_mark(six, other, place, first, second, third):
    low, high = sorted([six[place], other])
    worse, better = sorted([first, third], key=ORDER.index)
    below, above = [*six], [*six]
    below[place], above[place] = low, high
    assert gradebook.final_mark(below, worse, second) <= gradebook.final_mark(above, better, second)


def test_quizzes_that_are_not_there_count_zero():
    assert gradebook.final_mark([100, 80], "Complete", "Missing") == 38


@given(st.fractions(0, 100))
def test_what_is_shown_never_passes_when_the_mark_does_not(final):
    assert Fraction(gradebook.shown(final)) <= final
    assert gradebook.passes(Fraction(gradebook.shown(final))) == gradebook.passes(final)


# Quizzes of any learning system


@pytest.mark.parametrize(
    "header",
    [
        "Student,Quiz 1,Quiz 2,Quiz 3,Quiz 4,Quiz 5,Quiz 6",
        "Email address," + ",".join(f"Quiz: Quiz {n} (Real)" for n in range(1, 7)),
        "SIS Login ID," + ",".join(f"Quiz {n}: Chapter {n + 3} (8756{n})" for n in range(1, 7)),
        "GitHub username," + ",".join(f"Q{n}" for n in range(1, 7)),
        "Username," + ",".join(f"Quiz {n} Points Grade <Numeric MaxPoints:100 Weight:16>" for n in range(1, 7)),
        "E-Mail,quiz-6,quiz-5,quiz-4,quiz-3,quiz-2,quiz-1",
    ],
)
def test_quiz_columns_are_found_under_the_names_of_learning_systems(make, header):
    rows = make(f"{header}\nann,70,70,70,70,80,60\n", marks("ann,Complete,Complete"))
    assert (rows[0]["quizzes"], rows[0]["final"]) == ("70", "82")


@pytest.mark.parametrize(
    ("header", "score"),
    [
        ("Quiz 1 (10 points)", "8"),
        ("Quiz 1 /10", "8.0"),
        ("Quiz 1 [Total Pts: 10 Score] |123", "8"),
        ("Quiz 1 (max 20)", "16"),
        ("quiz_1", "8/10"),
        ("quiz_1", "80%"),
        ("quiz_1", "80.00 %"),
        ("quiz_1 (10 pts)", "80\u00a0%"),
    ],
)
def test_a_maximum_in_the_header_or_the_cell_makes_points_a_score(make, header, score):
    text = f"learner,{header},quiz_2,quiz_3,quiz_4,quiz_5,quiz_6\nann,{score},80,80,80,80,80\n"
    assert make(text, marks("ann,Complete,Complete"))[0]["quizzes"] == "80"


def test_canvas_rows_of_points_possible_and_posting_are_no_learners(make):
    header = "Student,ID,SIS User ID,SIS Login ID,Section," + ",".join(f"Quiz {n} (12{n})" for n in range(1, 7))
    text = (
        f"\ufeff{header},Quizzes Final Score\r\n"
        ",,,,," + ",".join(["Manual Posting"] * 6) + ",\r\n"
        "    Points Possible,,,,,10,10,10,10,10,10,(read only)\r\n"
        '"Doe, Ann",7,70,ann,S1,8,8,8,8,8,8,80\r\n'
        '"Student, Test",9,,abc,S1,,,,,,,\r\n'
    )
    rows = make(text, marks('"Doe, Ann",Complete,Complete'))
    assert [(row["learner"], row["quizzes"]) for row in rows] == [("ann", "80")]


def test_a_percentage_column_is_taken_before_the_points_of_the_same_quiz(make):
    columns = [f"Quiz: Quiz {n} ({kind})" for n in range(1, 7) for kind in ("Real", "Percentage", "Letter")]
    text = "Email address," + ",".join(columns) + "\nann@x.org," + ",".join(["8.00,80.00 %,B"] * 6) + "\n"
    assert make(text, marks("ann@x.org,Complete,Complete"))[0]["quizzes"] == "80"


def test_a_row_for_each_score_works_too_and_a_quiz_without_row_counts_zero(make):
    text = "learner,quiz,score,out of\nann,quiz_1,8,10\nann,Quiz 2,80%,10\nann,3,-,10\nbo,quiz_1,10,10\n"
    rows = make(text, marks("ann,Complete,Complete"))
    assert [row["quizzes"] for row in rows] == ["26.6666", "16.6666"]
    assert "nobody has a score for quiz 4, 5, 6" in make.summary


def test_the_mean_of_the_six_may_be_there_instead(make):
    assert make("learner,quizzes\nann,80\n", marks("ann,Complete,Incomplete"))[0]["final"] == "78"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_decimal_commas_line_ends_and_encodings(make, encoding, delimiter):
    text = (
        quizzes(f"Zoë Ångström, PhD;{TAIL.replace(',', ';')};79,5").replace("quiz_", "Quiz ").replace(",quiz", ";quiz")
    )
    text = text.replace("learner,", "learner;").replace(",Quiz", ";Quiz").replace(";", delimiter).replace("\n", "\r\n")
    found = marks("Zoë Ångström; PhD;Complete;Complete").replace("; PhD", ", PhD").replace(",assign", ";assign")
    row = make(text, found, encoding=encoding)[0]
    assert (row["learner"], row["quizzes"]) == ("Zoë Ångström, PhD", "13.25")


def test_scores_that_look_like_points_of_ten_are_told(make):
    make(quizzes(wide("ann", 9)), marks("ann,Complete,Complete"))
    assert "is 9 of 100. If the quizzes have another maximum" in make.summary


odd_cells = st.lists(st.text("ab ,;\t\"\r\n'é", max_size=6), min_size=2, max_size=2)


@given(st.lists(odd_cells.filter(lambda row: any(map(str.strip, row))), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cells_are_those_of_the_standard_library_and_only_delimiters_stand_between_them(tmp_path, body):
    held = io.StringIO()
    csv.writer(held).writerows([["learner", "quiz_1"], *body])
    table = read_table(put(tmp_path / "t.csv", held.getvalue()), Findings())
    assert [list(row.cells) for row in table.rows] == body
    between = list(held.getvalue())
    for start, end in [span for row in table.rows for span in row.spans]:
        between[start:end] = [""] * (end - start)
    assert set("".join(between)[len("learner,quiz_1") :]) <= set(",\r\n")


# Marks


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ("COMPLETE", "Complete"),
        ("partially_complete", "Incomplete"),
        ("", "Missing"),
        ("-", "Missing"),
        ("9/12", "Complete"),
        ("60 %", "Complete"),
        ("0.59", "Incomplete"),
        ("1", "Complete"),
    ],
)
def test_a_result_may_be_a_word_or_a_share_of_the_points(make, said, result):
    assert make(quizzes(wide("ann", 80)), marks(f"ann,{said},Missing"))[0]["assignment_1"] == result


def test_points_of_a_maximum_in_the_header_go_through_the_rubrics_rule(make):
    found = "learner,Assignment 1 (12 points),A2\nann,7.2,Missing\nbo,7.1,Missing\n"
    rows = make(quizzes(wide("ann", 80), wide("bo", 80)), found)
    assert [row["assignment_1"] for row in rows] == ["Complete", "Incomplete"]


def test_marks_may_be_a_row_for_each_assignment(make):
    text = "learner,assignment,result\nann,assignment_1,Complete\nann,A2,incomplete\n"
    assert make(quizzes(wide("ann", 80)), text)[0]["final"] == "78"


def test_marks_of_course_grade_are_summed_and_put_through_the_rubric(make):
    first = marks_csv(*graded("ann"), *graded("bo/assignment_1.ipynb", 0.59))
    second = marks_csv(*graded("week 9\\ann\\a.ipynb", 0.6, "assignment_2"))
    rows = make(quizzes(wide("ann", 80), wide("bo", 80)), first, second)
    assert [(row["assignment_1"], row["assignment_2"]) for row in rows] == [
        ("Complete", "Complete"),
        ("Incomplete", "Missing"),
    ]


@pytest.mark.parametrize("name", ["ann.ipynb", "ann_assignment_1.ipynb", "_@ann", "Assignment_1-ann.ipynb"])
def test_a_submission_finds_its_learner_by_the_files_name(make, name):
    rows = make(quizzes(wide("Ann", 80), wide("annette", 80)), marks_csv(*graded(name)))
    assert [row["assignment_1"] for row in rows] == ["Complete", "Missing"]


def test_the_marks_that_the_grader_really_writes_are_read(make):
    criteria = shipped_rubrics()["assignment_1"].criteria
    judged = tuple(Mark(each.key, each.points, each.points * 0.6, "judged", reason="=a, b") for each in criteria)
    held = io.StringIO()
    csv.writer(held).writerows([COLUMNS, *csv_rows([Submission("=cmd()", "here", judged)])])
    assert make(quizzes(wide("=cmd()", 80)), held.getvalue())[0]["assignment_1"] == "Complete"


def test_criteria_that_wait_are_refused_by_the_learners_name_or_count_zero(make):
    text = marks_csv(*graded("ann", returns="", comments="", hi_lo_range=""))
    with pytest.raises(DataError, match=r"3 criteria of ann wait for a person \(returns, hi_lo_range, comments\)"):
        make(quizzes(wide("ann", 80)), text)
    assert make(quizzes(wide("ann", 80)), text, waiting="zero")[0]["assignment_1"] == "Complete"
    assert "counted 0" in make.summary


def test_work_that_earned_nothing_is_told_because_it_may_not_be_there(make):
    rows = [row.replace("judged", "unreadable").replace("Fine.", "There is no notebook.") for row in graded("ann", 0)]
    assert make(quizzes(wide("ann", 80)), marks_csv(*rows))[0]["assignment_1"] == "Incomplete"
    assert "ann earned nothing on assignment_1 (There is no notebook.)" in make.summary


def test_an_assignment_that_nobody_has_is_told(make):
    make(quizzes(wide("ann", 80)), marks_csv(*graded("ann")))
    assert "Nobody has a mark for assignment_2" in make.summary


# People


def test_people_go_by_any_of_their_names(make):
    people = "learner,email,GitHub\nAnn Doe,ann@x.org,ann-d\nBo Ek,bo@x.org,bo\n"
    text = quizzes(wide("ANN@x.org", 80)).replace("learner", "Email address")
    rows = make(text, marks("ann-d,Complete,Incomplete", "Bo  Ek,Complete,Complete"), people=people)
    assert [(row["learner"], row["final"]) for row in rows] == [("Ann Doe", "78"), ("Bo Ek", "40")]


def test_a_learner_is_found_without_case_accents_and_spaces(make):
    assert make(quizzes(wide("José  Núñez", 80)), marks("jose nunez,Complete,Complete"))[0]["learner"] == "José Núñez"


# Refusals


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"quizzes": quizzes(wide("ann", 101))},
            r"row 2, column 'quiz_1': '101' is out of range; allowed is 0 to 100",
        ),
        ({"quizzes": quizzes(wide("ann", -1))}, "'-1' is out of range"),
        ({"quizzes": quizzes(wide("ann", "abc"))}, "'abc' is not a number; allowed is 0 to 100, 80 %, 8/10 or -"),
        ({"quizzes": quizzes(wide("ann", "nan"))}, "'nan' is not a number"),
        ({"quizzes": quizzes(wide("ann", "8/0"))}, "'8/0' is out of range; allowed is 0 to a maximum above 0"),
        ({"quizzes": quizzes(wide("ann", "EX"))}, "'EX' is not a number"),
        ({"quizzes": quizzes("ann,80,5,80,80,80,80,80")}, "row 2 has 8 cells; the header has 7"),
        (
            {"quizzes": quizzes(wide("ann", 80), wide("ann", 70))},
            "row 3, column 'learner': 'ann' is the same person as in row 2",
        ),
        ({"quizzes": quizzes(wide("José", 80), wide(" JOSE ", 70))}, "'JOSE' is the same person as in row 2"),
        ({"quizzes": quizzes(wide("ann", 80), wide("", 70))}, "row 3, column 'learner': '' names nobody"),
        (
            {"quizzes": "learner,quiz_1,quiz_2,quiz_3\nann,1,2,3\n"},
            r"no column for quiz_4, quiz_5, quiz_6. It has: \['learner', 'quiz_1'",
        ),
        ({"quizzes": "who,quiz_1\nann,1\n"}, r"no column that says who a row is about. It has: \['who', 'quiz_1'\]"),
        (
            {"quizzes": quizzes(wide("ann", 80)).replace("quiz_2", "quiz_1")},
            r"columns \['quiz_1', 'quiz_1'\] all hold quiz 1",
        ),
        (
            {"quizzes": quizzes(wide("ann", 80)).replace("quiz_6", "quiz_6,quiz_7").replace("\nann,", "\nann,80,")},
            "column 'quiz_7': the course has quizzes 1 to 6",
        ),
        ({"quizzes": "learner,learner,quiz_1\nann,bo,1\n"}, "two columns are called 'learner'"),
        ({"quizzes": "learner,quiz,score\nann,quiz_9,1\n"}, "'quiz_9' is no quiz; allowed are quiz_1 to quiz_6"),
        ({"quizzes": "learner,quiz,score\nann,1,1\nANN,quiz 1,2\n"}, "'quiz 1' of 'ann' stands in row 2 too"),
        (
            {"quizzes": "learner,quiz,score,max\nann,1,1,x\n"},
            "'x' is not a number; allowed is the highest possible score",
        ),
        ({"quizzes": "learner,quiz\nann,1\n"}, "no column 'score'"),
        ({"quizzes": ""}, "quizzes.csv is empty"),
        ({"quizzes": QUIZ_HEADER}, "quizzes.csv has a header and no rows"),
        ({"quizzes": QUIZ_HEADER + '\n"ann,80'}, 'a " is opened in row 2 and never closed'),
        ({"quizzes": "a\0b"}, "it is not text"),
        ({"quizzes": "PK\x03\x04"}, "it is a workbook, not a CSV"),
        ({"marks": marks("zed,Complete,Complete")}, "row 2, column 'learner': 'zed' is not in .*quizzes.csv"),
        ({"marks": marks("anne,Complete,Complete")}, "Did you mean 'ann'"),
        (
            {"marks": marks("ann,Complete,Complete", "Ann,Complete,Complete")},
            "row 3, column 'learner': 'Ann' is the same person as in row 2",
        ),
        ({"marks": marks("ann,Great,Complete")}, "column 'assignment_1': 'Great' is no result; allowed are Complete"),
        ({"marks": marks("ann,75,Complete")}, "'75' has no maximum; allowed is a share"),
        ({"marks": marks("ann,0,Complete")}, "'0' may be work that earned nothing or no work at all"),
        ({"marks": marks("ann,13/12,Complete")}, "'13/12' is out of range; allowed is 0 to 12"),
        ({"marks": "learner,assignment_1\nann,Complete\n"}, "no column 'assignment_2', nor has another file"),
        ({"marks": "learner,mark\nann,Complete\n"}, "no column 'assignment_1', nor has another file"),
        (
            {"marks": marks("ann,Complete,Complete").replace("assignment_2", "assignment_3")},
            "column 'assignment_3': the course has assignment_1 and",
        ),
        (
            {"marks": "learner,assignment,result\nann,A3,Complete\n"},
            "'A3' is no assignment; allowed are assignment_1 and assignment_2",
        ),
        (
            {"marks": "learner,assignment,result\nann,A1,Complete\nann,1,Complete\n"},
            "'ann' has assignment_1 at .*row 2 too",
        ),
        ({"marks": "learner,assignment\nann,A1\n"}, "no column 'result'"),
        ({"marks": marks_csv(*graded("ann", returns="2"))}, "column 'mark': '2' is out of range; allowed is 0 to 1"),
        ({"marks": marks_csv(*graded("ann", returns="x"))}, "column 'mark': 'x' is not a number; allowed is 0 to 1"),
        ({"marks": marks_csv(*graded("ann")[1:])}, "this submission has no row for loads_env"),
        (
            {"marks": marks_csv(*graded("ann"), graded("ann")[0])},
            "row 14, column 'criterion': 'loads_env' stands in row 2 too",
        ),
        (
            {"marks": marks_csv(*graded("ann"), "ann,nice,1,1,judged,machine,x")},
            "'nice' is no criterion of assignment_1; allowed",
        ),
        (
            {"marks": marks_csv(*graded("ann"), "ann,result,,,Complete,Ana,x")},
            "'result' is no criterion; to overrule a result, use --overrides",
        ),
        (
            {"marks": marks_csv(*graded("ann"), *graded("ann", 1, "assignment_2"))},
            "has criteria of assignment_1 and assignment_2",
        ),
        (
            {"marks": marks_csv(*[row.replace(",1,1,", ",2,1,") for row in graded("ann")])},
            "column 'points': '2' is not what the rubric says: 1",
        ),
        ({"marks": marks_csv(*graded("ann"), *graded("ann/a.ipynb"))}, "'ann/a.ipynb' is by 'ann', as 'ann' is"),
        ({"marks": marks_csv("ann,nice,1,1,judged,machine,x")}, "'nice' is no criterion"),
        ({"people": "learner\nbo\n"}, r"quizzes.csv, row 2, column 'learner': 'ann' is not in .*people.csv"),
        (
            {"people": "learner,email\nann,a@x\nbo,A@x\n"},
            "people.csv, row 3, column 'email': 'A@x' is the same person as in row 2",
        ),
        (
            {"overrides": "learner,item,value,reason\nann,quiz_1,90,\n"},
            "gives no reason; an override of 'ann' needs one",
        ),
        ({"overrides": "learner,item,value,reason\nann,quiz_7,90,x\n"}, "'quiz_7' is no quiz"),
        (
            {"overrides": "learner,item,value,reason\nann,bonus,90,x\n"},
            "'bonus' cannot be overridden; allowed are quiz_1 to quiz_6",
        ),
        ({"overrides": "learner,item,value,reason\nann,final,101,x\n"}, "'101' is out of range; allowed is 0 to 100"),
        ({"overrides": "learner,item,value,reason\nann,final,,x\n"}, "'' is no value; allowed is 0 to 100"),
        ({"overrides": "learner,item,value,reason\nann,A1,,x\n"}, "'' is no value; allowed are Complete"),
        (
            {"overrides": "learner,item,value,reason\nann,final,60,x\nann,final,61,y\n"},
            "'final' of 'ann' stands in row 2 too",
        ),
        ({"overrides": "learner,item,value\nann,final,60\n"}, "no column 'reason'"),
        (
            {"quizzes": "learner,quizzes\nann,80\n", "overrides": "learner,item,value,reason\nann,quiz_1,60,x\n"},
            "has only the mean of the quizzes",
        ),
        ({"lms": "learner,final mark\nann,\n"}, "--lms and --lms-out need each other"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name_and_nothing_is_written(make, tmp_path, files, said):
    files = {"quizzes": quizzes(wide("ann", 80)), "marks": marks("ann,Complete,Complete")} | files
    with pytest.raises(DataError, match=said):
        make(files.pop("quizzes"), files.pop("marks"), **files)
    assert not (tmp_path / "out.csv").exists()


def test_all_problems_of_all_files_are_told_at_once(make):
    people, decided = "learner\nann\nbo\n", "learner,item,value,reason\nzed,final,300,\n"
    with pytest.raises(DataError) as refused:
        make(
            quizzes(wide("ann", 180), wide("eve", "x")),
            marks("bo,Fine,?"),
            "nothing\n",
            people=people,
            overrides=decided,
        )
    told = str(refused.value)
    wanted = ["'180'", "'eve'", "'x'", "'Fine'", "'?'", "marks_2.csv", "'zed'", "'300'", "gives no reason"]
    assert [word for word in wanted if word not in told] == []
    assert told.startswith("Nothing was written, for ")


def test_missing_files_are_named_beside_what_is_wrong_in_the_others(tmp_path):
    found = put(tmp_path / "marks.csv", marks("ann,Fine,Complete"))
    with pytest.raises(DataError, match=r"(?s)nowhere.csv is not there.*lost.csv is not there.*'Fine' is no result"):
        gradebook.run(
            quizzes=tmp_path / "nowhere.csv", marks=[found, tmp_path / "lost.csv"], out=tmp_path / "made/out.csv"
        )
    assert not (tmp_path / "made").exists()


def test_a_row_is_counted_in_lines_of_the_file(make):
    text = quizzes('"Doe,\nAnn",1,2,3,4,5,6', "", wide("bo", 900)).replace("\n", "\r\n")
    with pytest.raises(DataError, match=r"quizzes.csv, row 5, column 'quiz_1': '900'"):
        make(text, marks("bo,Complete,Complete"))


def test_a_folder_in_place_of_a_file_is_refused(make, tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        gradebook.run(quizzes=tmp_path, marks=[], out=tmp_path / "out.csv")


def test_a_shared_name_may_stand_twice_but_means_nobody(make):
    header = "Student," + QUIZ_HEADER.replace("learner", "SIS Login ID")
    text = f"{header}\nJo Li,{wide('jo1', 80)}\nJo Li,{wide('jo2', 70)}\n"
    assert len(make(text, marks("jo1,Complete,Complete", "jo2,Missing,Missing"))) == 2
    with pytest.raises(DataError, match=r"'Jo Li' may be any of \['jo1', 'jo2'\]"):
        make(text, marks("Jo Li,Complete,Complete"))


def test_marks_of_one_assignment_in_two_files_are_refused(make):
    with pytest.raises(DataError, match=r"marks_2.csv, row 2: 'ann' has assignment_1 at .*marks_1.csv, row 2 too"):
        make(quizzes(wide("ann", 80)), marks("ann,Complete,Missing"), marks_csv(*graded("ann")))


# What is written


def test_a_refused_run_leaves_the_old_gradebook_as_it_was(make, tmp_path):
    make(quizzes(wide("ann", 80)), marks("ann,Complete,Complete"))
    before = (tmp_path / "out.csv").read_bytes()
    with pytest.raises(DataError):
        make(quizzes(wide("ann", 80), wide("bo", 900)), marks("ann,Missing,Missing"))
    assert (tmp_path / "out.csv").read_bytes() == before


def test_a_file_that_cannot_be_written_is_named_and_leaves_nothing_beside_it(make, tmp_path):
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(WriteError, match=r"out.csv cannot be written: "):
        make(quizzes(wide("ann", 80)), marks("ann,Complete,Complete"))
    assert list(tmp_path.glob(".*")) == []


def test_no_input_is_written_over(tmp_path):
    file = put(tmp_path / "all.csv", "learner,quizzes,assignment_1,assignment_2\nann,80,Complete,Complete\n")
    with pytest.raises(DataError, match=r"all.csv would be written over"):
        gradebook.run(quizzes=file, marks=[file], out=file)
    gradebook.run(quizzes=file, marks=[file], out=tmp_path / "out.csv")  # one file may hold both
    assert read(tmp_path / "out.csv")[0]["final"] == "88"


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-1", "@ann", "%x", "a;=cmd()", "=1\t2", '=x";y'])
def test_a_name_that_is_a_formula_stays_text_and_is_found_again(make, tmp_path, name):
    cell = '"' + name.replace('"', '""') + '"'
    row = make(quizzes(wide(cell, 80)), marks(f"{cell},Complete,Complete"))[0]
    assert not row["learner"].startswith(("=", "+", "-", "@", "%", "\t"))
    assert ";" not in name or f'"{row["learner"][:2]}' in (tmp_path / "out.csv").read_text(encoding="utf-8")
    again = make((tmp_path / "out.csv").read_text(encoding="utf-8"), marks(f"{cell},Complete,Missing"))
    assert again[0]["learner"] == row["learner"]


def test_control_characters_of_a_name_reach_neither_file_nor_terminal(make, tmp_path):
    make(quizzes(wide("an\x1b[2Jn\u202e", 80)), marks_csv(*graded("an\x1b[2Jn", 0)))
    assert "\x1b" not in make.summary + (tmp_path / "out.csv").read_text(encoding="utf-8")
    with pytest.raises(DataError) as refused:
        make(quizzes(wide("ann", "\x1b[2J")), marks("bo\x1b,\x1b,Missing"))
    assert "\x1b" not in str(refused.value)


# Overrides


def test_overrides_take_effect_and_are_kept_with_what_was_before(make, tmp_path):
    decided = (
        "learner,item,value,reason\nann,quiz_1,100,The server was down.\nann,assignment_1,complete,Handed in by mail.\n"
        "bo,final,60,=The board decided.\n"
    )
    rows = make(
        quizzes(wide("ann", 40), wide("bo", 80)),
        marks("ann,Missing,Complete", "bo,Incomplete,Missing"),
        overrides=decided,
    )
    assert [(row["quizzes"], row["final"], row["result"]) for row in rows] == [
        ("50", "70", "pass"),
        ("80", "60", "pass"),
    ]
    assert [list(row.values()) for row in read(tmp_path / "out_overrides.csv")] == [
        ["ann", "quiz_1", "40", "100", "The server was down."],
        ["ann", "assignment_1", "Missing", "Complete", "Handed in by mail."],
        ["bo", "final", "58", "60", "'=The board decided."],
    ]


def test_a_run_without_overrides_empties_the_list_of_the_run_before(make, tmp_path):
    text, found = quizzes(wide("ann", 80)), marks("ann,Complete,Complete")
    make(text, found, overrides="learner,item,value,reason\nann,final,1,x\n")
    make(text, found)
    assert (read(tmp_path / "out.csv")[0]["final"], read(tmp_path / "out_overrides.csv")) == ("88", [])


def test_an_override_below_sixty_fails_even_by_a_little(make):
    decided = "learner,item,value,reason\nann,final,59.99999,x\n"
    row = make(quizzes(wide("ann", 100)), marks("ann,Complete,Complete"), overrides=decided)[0]
    assert (row["final"], row["result"]) == ("59.9999", "fail")


# Back to the learning system


@pytest.fixture
def fill(make, tmp_path):
    def run(export, encoding="utf-8", **more):
        file = put(tmp_path / "lms.csv", export, encoding)
        found = marks("ann,Complete,Incomplete", "zoë,Incomplete,Missing")
        text = quizzes(wide("ann", 80.5), wide("zoë", 80))
        make(text, found, lms_out=tmp_path / "back.csv", lms=file, **more)
        return (tmp_path / "back.csv").read_bytes().decode(encoding)

    return run


def test_only_the_mark_cells_of_an_export_change(fill):
    export = (
        '\ufeff"Name" ,Username,"Final mark (77)",Notes,Result\r\n'
        "    Points Possible,,100,(read only),\r\n"
        '"Doe, ""A"" Ann",ann,"", keep  this ,\r\n'
        "Stranger,eve,12, ,\r\n"
        "\r\n"
        'Zoë,ZOË,58.00,"a\nb",pass'
    )
    filled = export.replace('ann,"", keep  this ,', 'ann,"78.3", keep  this ,pass').replace(
        '"a\nb",pass', '"a\nb",fail'
    )
    assert fill(export) == filled


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "cp1252"])
def test_delimiter_decimal_comma_and_encoding_of_an_export_stay(fill, encoding):
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    export = f"{mark}Email;Quiz;Final grade\nann;80,5;\nzoë;80;\n"
    assert fill(export, encoding) == export.replace("80,5;", "80,5;78,3").replace("zoë;80;", "zoë;80;58")


def test_who_has_no_mark_or_no_row_is_listed(fill, make):
    fill("Username,Final\nann,\neve,\n")
    assert "1 (eve) left as they were" in make.summary
    assert "1 (zoë) have a mark and no row" in make.summary


def test_the_mark_column_may_be_named(fill):
    assert fill("Username,Final,Sum\nann,1,\n", lms_column="sum") == "Username,Final,Sum\nann,1,78.3\n"


@pytest.mark.parametrize(
    ("export", "said"),
    [
        (
            "Username,Mark\nann,\n",
            r"no column that is called Final mark or the like to fill. It has: \['Username', 'Mark'\]",
        ),
        ("Username,Final mark,Final_Mark\nann,,\n", "two columns"),
        ("Student,Username,Final Score\nPoints Possible,,(read only)\nAnn,ann,\n", "no column"),
        ("Username,Final mark (10 points)\nann,\n", "has the maximum '10'; a final mark is out of 100"),
        ("Student,Username,Final mark (8)\nPoints Possible,,20\nAnn,ann,\n", "has the maximum '20'"),
        ("Username,Final mark\nann,\nANN,\n", "'ANN' is the same person as in row 2"),
        ("Who,Final mark\nann,\n", "no column that says who a row is about"),
    ],
)
def test_an_export_that_cannot_be_filled_is_refused(fill, tmp_path, export, said):
    with pytest.raises(DataError, match=said):
        fill(export)
    assert not (tmp_path / "out.csv").exists()
    assert not (tmp_path / "back.csv").exists()


@given(st.lists(odd_cells, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_whatever_else_stands_in_an_export_comes_back_byte_for_byte(fill, notes, end):
    lines = ["Username,Note,Final mark,More", *(f"s{n},{quoted(a)},,{quoted(b)}" for n, (a, b) in enumerate(notes))]
    export = end.join([*lines, 'ann,"x","","y"', ""])
    assert fill(export) == export.replace('ann,"x","","y"', 'ann,"x","78.3","y"')


def quoted(text):
    return '"' + text.replace('"', '""') + '"'
