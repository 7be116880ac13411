import csv
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import icalendar
import pytest

from course.cohort.calendar import entries
from course.cohort.ics import as_ics
from course.cohort.pages import as_csv, as_markdown, between, out_of_step, pages, write_pages
from course.cohort.plan import Extension, Holiday
from course.cohort.reading import cohort_path, read_cohort, starting
from course.cohort.shown import shown
from mlsd import settings
from mlsd.errors import DataError, SettingsError, WriteError

from .cases.cohort import TOPICS, changed, content, make, make_project, run

TABLE = """\
| Session | Date | Topic |
|---|---|---|
| 1 | Tue., Jan. 13, 2026 | ML System Design |
| 2 | Wed., Jan. 14, 2026 | Data Engineering Fundamentals |
| 3 | Thur., Jan. 15, 2026 | Working with Training Data |
| -- | Fri., Jan. 16, 2026 | Work Period |
| -- | Sat., Jan. 17, 2026 | Work Period |
| -- | Sun., Jan. 18, 2026 | Submission deadline for Quizzes 1-3 |
| -- | Mon., Jan. 19, 2026 | Submission deadline for Assignment 1 |
| 4 | Tue., Jan. 20, 2026 | Feature Engineering |
| 5 | Wed., Jan. 21, 2026 | Model Development and Evaluation |
| 6 | Thur., Jan. 22, 2026 | Model Explanations and Monitoring |
| -- | Fri., Jan. 23, 2026 | Work Period |
| -- | Sat., Jan. 24, 2026 | Work Period |
| -- | Sun., Jan. 25, 2026 | Submission deadline for Quizzes 4-6 |
| -- | Mon., Jan. 26, 2026 | Submission deadline for Assignment 2 |
"""
MONTHS = ["Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec."]


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = make_project(tmp_path / "my project")
    monkeypatch.setattr(settings, "root", lambda: root)
    return root


def rewrite(root, *changes):
    cohort_path(root).write_text(changed(*changes), encoding="utf-8", newline="\n")


def events(cohort):
    calendar = icalendar.Calendar.from_ical(as_ics(cohort, entries(cohort, TOPICS)))
    return {str(each["uid"]): each for each in calendar.walk("VEVENT")}


# this repository


def test_every_page_of_this_repository_says_what_its_cohort_file_says():
    root = settings.root()
    stale = out_of_step(read_cohort(cohort_path(root)), root)
    assert stale == [], "`course schedule --write` writes them"


# the three formats


@pytest.mark.parametrize("number", range(len(TABLE.splitlines())))
def test_the_table_is_the_known_one_line_by_line(number):
    assert as_markdown(entries(make(), TOPICS)).splitlines()[number] == TABLE.splitlines()[number]


def test_the_table_has_no_other_line():
    assert as_markdown(entries(make(), TOPICS)) == TABLE


@pytest.mark.parametrize("month", range(1, 13))
def test_months_are_shortened_as_usual(month):
    start = next(date(2026, month, day) for day in range(1, 8) if date(2026, month, day).weekday() == 1)
    row = entries(starting(make(), start), TOPICS)[0]
    assert f"| 1 | Tue., {MONTHS[month - 1]} {start.day}, 2026 | ML" in as_markdown([row])


def test_the_csv_reads_like_the_table():
    rows = list(csv.reader(io.StringIO(as_csv(entries(make(), TOPICS)))))
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines()]
    assert rows == [lines[0], *lines[2:]]


def test_the_calendar_reads_back_with_the_times_of_the_cohorts_clocks():
    cohort = replace(starting(make(), date(2026, 3, 24)), time_zone=ZoneInfo("Europe/Berlin"))
    found = events(cohort)
    session, later, deadline = (
        found[f"cohort-8-{name}@mlsd"] for name in ("session-1", "session-4", "deadline-quiz-1")
    )
    assert session["dtstart"].dt == datetime(2026, 3, 24, 17, tzinfo=UTC)
    assert session["dtend"].dt == datetime(2026, 3, 24, 19, 30, tzinfo=UTC)
    assert later["dtstart"].dt == datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert deadline["dtend"].dt == datetime(2026, 3, 29, 21, 59, tzinfo=UTC)


def test_the_calendar_has_every_row_of_the_table_with_its_title():
    titles = [str(each["summary"]) for each in events(make()).values()]
    assert titles == [
        f"Session {row.number}: {row.title}" if row.number else row.title for row in entries(make(), TOPICS)
    ]
    assert len(titles) == 14


def test_the_same_cohort_gives_the_same_bytes_with_the_line_ends_that_the_format_wants():
    first, second = (as_ics(make(), entries(make(), TOPICS)) for _ in range(2))
    assert first == second
    assert first.count(b"\n") == first.count(b"\r\n") > 100
    assert max(map(len, first.split(b"\r\n"))) <= 75


def test_a_session_that_moves_keeps_its_name_in_calendars():
    moved = replace(make(), holidays=(Holiday(date(2026, 1, 14), "a holiday"),))
    assert set(events(moved)) == set(events(make()))
    assert events(moved)["cohort-8-session-2@mlsd"]["dtstart"].dt.day == 15


def test_another_cohort_has_other_names_in_calendars():
    assert not set(events(make())) & set(events(replace(make(), name="Cohort 9")))


# the pages


def test_pages_are_written_once_and_then_agree(project, capsys):
    assert run("schedule", "--check") == 1
    assert "04_this_cohort/schedule.ics does not say what cohort.toml says." in capsys.readouterr().out
    assert run("schedule", "--write") == 0
    assert capsys.readouterr().out.count("wrote ") == 5
    assert run("schedule", "--check") == run("schedule", "--write") == 0
    assert capsys.readouterr().out == "Every page says what cohort.toml says.\n" * 2


def test_the_readme_has_the_table_between_its_markers_and_all_else_as_it_was(project):
    run("schedule", "--write")
    said = (project / "README.md").read_text(encoding="utf-8")
    assert said == f"# A course\n\n<!-- schedule -->\n{TABLE}<!-- /schedule -->\n\nThe end.\n"


def test_the_page_of_the_cohort_names_channel_staff_and_times(project):
    rewrite(project, ("#cohort-8-help", "#ask-here"))
    run("schedule", "--write")
    said = (project / "04_this_cohort" / "README.md").read_text(encoding="utf-8")
    assert "**Cohort 8** begins on 2026-01-13. Questions go to `#ask-here`." in said
    assert "- Technical Facilitator: Ada, ada@example.org" in said
    assert "begin at 18:00 and last 2.5 hours" in said


def test_staff_without_a_name_is_said_to_have_none_yet(project):
    rewrite(project, ('"Ada"', '""'), ('"ada@example.org"', '""'))
    run("schedule", "--write")
    assert "Facilitator: not named yet" in (project / "04_this_cohort" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["README.md", "04_this_cohort/README.md", "04_this_cohort/schedule.csv"])
def test_a_page_that_was_changed_by_hand_is_found(project, page):
    run("schedule", "--write")
    path = project / page
    path.write_text(path.read_text(encoding="utf-8").replace("2026", "2027"), encoding="utf-8", newline="\n")
    assert out_of_step(make(), project) == [path]


def test_a_change_of_the_file_puts_every_page_out_of_step(project):
    run("schedule", "--write")
    later = starting(make(), date(2026, 6, 9))
    assert len(out_of_step(later, project)) == 5


def test_line_ends_that_git_changed_are_no_difference(project):
    run("schedule", "--write")
    for path in pages(make(), project):
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert out_of_step(make(), project) == []


def test_a_page_that_cannot_be_written_leaves_all_others_as_they_were(project):
    (project / "04_this_cohort" / "schedule.ics").mkdir()
    before = content(project)
    with pytest.raises(WriteError, match=r"schedule.ics cannot be written"):
        write_pages(make(), project)
    assert content(project) == before


def test_markers_that_are_not_there_are_named_and_nothing_is_written(project):
    (project / "README.md").write_text("# A course\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"README.md must have <!-- schedule --> and after it <!-- /schedule -->"):
        write_pages(make(), project)
    assert not (project / "04_this_cohort" / "schedule.md").exists()


def test_a_readme_that_is_not_there_is_named(project):
    (project / "04_this_cohort" / "README.md").unlink()
    with pytest.raises(DataError, match=r"There is no .*README.md"):
        write_pages(make(), project)


@pytest.mark.parametrize("text", ["<!-- /x --><!-- x -->", "<!-- x --><!-- x --><!-- /x -->", "<!-- x -->", "x"])
def test_markers_in_disorder_are_refused(text):
    with pytest.raises(DataError, match="a text must have"):
        between(text, "x", "new", where="a text")


# what is printed


def test_the_schedule_is_printed_as_a_table_and_nothing_is_written(project, capsys):
    before = content(project)
    assert run("schedule") == 0
    assert capsys.readouterr().out == TABLE
    assert content(project) == before


def test_the_schedule_from_another_day_has_the_same_pattern(project, capsys):
    run("schedule", "--start", "2026-06-09", "--format", "csv")
    assert capsys.readouterr().out.splitlines()[7] == '--,"Mon., June 15, 2026",Submission deadline for Assignment 1'


def test_the_schedule_from_another_day_keeps_the_holidays_of_the_file(project, capsys):
    rewrite(project, ("holidays = []", 'holidays = [{ date = 2026-02-16, name = "Family Day" }]'))
    run("schedule", "--start", "2026-02-10")
    assert "| -- | Tue., Feb. 17, 2026 | Submission deadline for Assignment 1 |" in capsys.readouterr().out


def test_the_calendar_is_printed_byte_for_byte(project, capfdbinary):
    assert run("schedule", "--format", "ics") == 0
    assert capfdbinary.readouterr().out == as_ics(make(), entries(make(), TOPICS))


def test_a_work_period_that_is_left_out_is_said_beside_the_table(project, capsys):
    rewrite(project, ("holidays = []", f"holidays = [{', '.join(map(holiday, (16, 17, 18, 19)))}]"))
    run("schedule", "--write")
    assert "no day left for the work period of week 1, Friday" in capsys.readouterr().err
    run("schedule")
    printed = capsys.readouterr()
    assert "no day left for the work period of week 1, Friday" in printed.err
    assert printed.out.count("Work Period") == 2


def holiday(day):
    return f'{{ date = 2026-01-{day}, name = "a holiday" }}'


def test_a_start_on_another_weekday_is_refused_with_the_days_that_do(project):
    with pytest.raises(DataError, match=r"Start on 2026-06-09 or 2026-06-16"):
        run("schedule", "--start", "2026-06-10")


def test_a_start_that_is_no_date_is_refused(project):
    with pytest.raises(SettingsError, match=r"--start 'june' is no date.\nFix: Write it as 2026-06-09"):
        run("schedule", "--start", "june")


@pytest.mark.parametrize("more", ["--write", "--check"])
def test_pages_are_for_the_start_of_the_file_only(project, more):
    with pytest.raises(SettingsError, match="--start is for looking only"):
        run("schedule", "--start", "2026-06-09", more)


def test_the_cohort_is_shown_with_times_and_offsets(project, capsys):
    assert run("cohort", "show") == 0
    said = capsys.readouterr().out
    assert "  Tue 2026-01-13 18:00-20:30 UTC-05:00  Session 1: ML System Design\n" in said
    assert "  Sun 2026-01-18 until 23:59 UTC-05:00  Submission deadline for Quizzes 1-3\n" in said
    assert re.search(r"private +none; the practice banks are used", said)


def test_what_moved_was_left_out_or_extended_is_shown(project):
    days = ["2026-01-14", "2026-01-17", "2026-01-18", "2026-01-19"]
    holidays = tuple(Holiday(date.fromisoformat(day), "a holiday") for day in days)
    extension = Extension("l07", "quiz_1", date(2026, 1, 21))
    said = "\n".join(shown(replace(make(), holidays=holidays, extensions=(extension,)), project))
    assert "Session 2 moved from 2026-01-14 to 2026-01-15, for holidays." in said
    assert "A work period is left out, for holidays: week 1, Saturday." in said
    assert "l07 has quiz_1 until Wed 2026-01-21 23:59 UTC-05:00." in said


def test_an_extension_for_somebody_who_is_not_in_the_list_is_shown(project, tmp_path):
    (tmp_path / "marks").mkdir()
    (tmp_path / "marks" / "learners.csv").write_text("learner,name,email\nl07,Bo,bo@example.org\n", encoding="utf-8")
    extensions = tuple(Extension(name, "quiz_1", date(2026, 1, 21)) for name in ("l07", "L08"))
    said = "\n".join(shown(replace(make(), private="../marks", extensions=extensions), project))
    assert "L08 has an extension and is not in the list of learners" in said
    assert "l07 has an extension and" not in said


def test_a_private_place_that_cannot_be_used_is_shown_with_its_fix(project):
    said = "\n".join(shown(replace(make(), private="../absent"), project))
    assert "cannot be used: `private` in cohort.toml is '../absent'" in said
