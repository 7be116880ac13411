from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.cohort.calendar import begins, due, ends, entries, left_out, moment, opens
from course.cohort.plan import ITEMS, WEEKDAYS, Extension, Holiday, planned_day, weekday_name
from course.cohort.private import fetch, is_git_address, private_folder, reference_solutions
from course.cohort.reading import parse_cohort, read_cohort, starting
from course.cohort.rule import covered, find_days
from mlsd import settings
from mlsd.errors import DataError, ServiceError

from .cases.cohort import COHORT, TOPICS, git, make

SEED = """\
1 Tue 2026-01-13 ML System Design
2 Wed 2026-01-14 Data Engineering Fundamentals
3 Thu 2026-01-15 Working with Training Data
- Fri 2026-01-16 Work Period
- Sat 2026-01-17 Work Period
- Sun 2026-01-18 Submission deadline for Quizzes 1-3
- Mon 2026-01-19 Submission deadline for Assignment 1
4 Tue 2026-01-20 Feature Engineering
5 Wed 2026-01-21 Model Development and Evaluation
6 Thu 2026-01-22 Model Explanations and Monitoring
- Fri 2026-01-23 Work Period
- Sat 2026-01-24 Work Period
- Sun 2026-01-25 Submission deadline for Quizzes 4-6
- Mon 2026-01-26 Submission deadline for Assignment 2
"""
JUNE = """
[[deadline]]
items = ["quiz_1", "quiz_2", "quiz_3"]
week = 1
weekday = "Monday"
[[deadline]]
items = ["assignment_1"]
week = 1
weekday = "Monday"
[[deadline]]
items = ["quiz_4", "quiz_5", "quiz_6"]
week = 2
weekday = "Monday"
[[deadline]]
items = ["assignment_2"]
week = 2
weekday = "Monday"
"""


def days_of(cohort):
    return [f"{row.date:%m-%d} {row.title}" for row in entries(cohort, {n: f"S{n}" for n in range(1, 8)})]


def closed(cohort, *days):
    return replace(cohort, holidays=tuple(Holiday(date.fromisoformat(day), "a holiday") for day in days))


# dates


def test_the_pattern_from_13_january_2026_gives_the_known_table():
    rows = entries(make(), TOPICS)
    said = [f"{row.number or '-'} {weekday_name(row.date)[:3]} {row.date} {row.title}" for row in rows]
    assert "\n".join(said) + "\n" == SEED


def test_rows_say_what_kind_they_are_and_what_is_due():
    rows = entries(make(), TOPICS)
    assert [row.kind for row in rows[:7]] == ["session"] * 3 + ["work_period"] * 2 + ["deadline"] * 2
    assert rows[5].items == ("quiz_1", "quiz_2", "quiz_3")


def test_a_deadline_on_family_day_moves_to_the_day_of_session_4_and_stands_below_it():
    cohort = closed(starting(make(), date(2026, 2, 10)), "2026-02-16")
    assert days_of(cohort)[4:9] == [
        "02-14 Work Period",
        "02-15 Submission deadline for Quizzes 1-3",
        "02-17 S4",
        "02-17 Submission deadline for Assignment 1",
        "02-18 S5",
    ]


def test_a_holiday_on_a_session_moves_what_comes_after_it_in_its_block():
    cohort = closed(starting(make(), date(2026, 2, 10)), "2026-02-11", "2026-02-16")
    assert days_of(cohort)[:8] == [
        "02-10 S1",
        "02-12 S2",
        "02-13 S3",
        "02-14 Work Period",
        "02-15 Work Period",
        "02-17 S4",
        "02-17 Submission deadline for Quizzes 1-3",  # 15 + 1 = 16, Family Day
        "02-17 Submission deadline for Assignment 1",  # 16 + 1
    ]


def test_an_assignments_deadline_moves_as_far_as_the_last_session_before_it():
    assert days_of(closed(make(), "2026-01-15"))[2:9] == [
        "01-16 S3",
        "01-17 Work Period",
        "01-18 Work Period",
        "01-19 Submission deadline for Quizzes 1-3",
        "01-20 S4",
        "01-20 Submission deadline for Assignment 1",
        "01-21 S5",
    ]


def test_over_new_year_the_work_periods_move_past_the_first_of_january():
    cohort = closed(starting(make(), date(2026, 12, 29)), "2027-01-01")
    assert days_of(cohort)[2:8] == [
        "12-31 S3",
        "01-02 Work Period",
        "01-03 Work Period",
        "01-03 Submission deadline for Quizzes 1-3",
        "01-04 Submission deadline for Assignment 1",
        "01-05 S4",
    ]


def test_a_session_does_not_move_to_a_weekend():
    cohort = closed(make(), "2026-01-15", "2026-01-16")
    assert find_days(cohort).sessions[2] == date(2026, 1, 19)


def test_a_session_planned_on_a_weekend_may_move_within_it():
    sixth = "number = 6\nweek = 2\nweekday = "
    cohort = make(
        (f'{sixth}"Thursday"', f'{sixth}"Saturday"'),
        ('week = 2\nweekday = "Saturday"\n\n[[d', 'week = 2\nweekday = "Sunday"\n\n[[d'),
    )
    cohort = closed(cohort, "2026-01-24")
    assert find_days(cohort).sessions[5] == date(2026, 1, 25)


def test_a_work_period_without_a_day_before_the_next_session_is_left_out_and_named():
    cohort = closed(make(), "2026-01-16", "2026-01-18", "2026-01-19")
    assert [day.day if day else None for day in find_days(cohort).work_periods] == [17, None, 23, 24]
    assert left_out(cohort) == ["week 1, Saturday"]


def test_both_deadlines_of_a_block_may_be_on_monday_and_work_periods_absent():
    head = COHORT[: COHORT.index("[[work_period]]")]
    cohort = starting(parse_cohort(head + JUNE, Path("cohort.toml")), date(2026, 6, 9))
    assert days_of(cohort)[2:6] == [
        "06-11 S3",
        "06-15 Submission deadline for Quizzes 1-3",
        "06-15 Submission deadline for Assignment 1",
        "06-16 S4",
    ]


def test_items_that_are_due_together_are_named_together():
    cohort = make(
        ('["quiz_1", "quiz_2", "quiz_3"]', '["quiz_1", "quiz_3", "assignment_2"]'),
        ('["assignment_2"]\nweek = 2', '["quiz_2"]\nweek = 2'),
    )
    titles = [row.title for row in entries(cohort, TOPICS) if row.kind == "deadline"]
    assert "Submission deadline for Quizzes 1, 3 and Assignment 2" in titles
    assert "Submission deadline for Quiz 2" in titles


starts = st.dates(date(2024, 1, 1), date(2031, 12, 31))


@st.composite
def cohorts(draw):
    """The pattern from any start, its weekdays turned with it, and any holidays."""
    start, plain = draw(starts), make()
    turn = (start.weekday() - plain.start.weekday()) % 7

    def turned(planned):
        return tuple(replace(each, weekday=WEEKDAYS[(WEEKDAYS.index(each.weekday) + turn) % 7]) for each in planned)

    days = draw(st.sets(st.integers(0, 40), max_size=25))
    return replace(
        plain,
        start=start,
        sessions=turned(plain.sessions),
        work_periods=turned(plain.work_periods),
        deadlines=turned(plain.deadlines),
        holidays=tuple(Holiday(start + timedelta(days=day), "a holiday") for day in sorted(days)),
        time_zone=draw(
            st.sampled_from([ZoneInfo("America/Toronto"), ZoneInfo("Europe/Berlin"), ZoneInfo("Africa/Cairo")])
        ),
        due_at=draw(st.sampled_from([time(23, 59), time(2, 30), time(0, 0)])),
    )


def is_weekend(day):
    return day.weekday() > 4


@given(cohorts())
def test_sessions_keep_their_order_and_each_takes_the_first_day_that_it_may(cohort):
    holidays, before = {each.date for each in cohort.holidays}, date.min
    for each, day in zip(cohort.sessions, find_days(cohort).sessions, strict=True):
        planned = planned_day(cohort.start, each.week, each.weekday)
        first = max(planned, before + timedelta(days=1))
        may = [first + timedelta(days=n) for n in range((day - first).days + 1)]
        may = [each for each in may if each not in holidays and (is_weekend(planned) or not is_weekend(each))]
        assert may == [day]
        before = day


@given(cohorts())
def test_work_periods_have_their_day_to_themselves_before_the_next_session_of_the_pattern(cohort):
    days = find_days(cohort)
    kept = [day for day in days.work_periods if day]
    assert len({*kept, *days.sessions, *(each.date for each in cohort.holidays)}) == (
        len(kept) + len({*days.sessions, *(each.date for each in cohort.holidays)})
    )
    assert all(day < days.sessions[3] for day in days.work_periods[:2] if day)


@given(cohorts())
def test_no_deadline_is_on_a_holiday_or_before_what_it_covers(cohort):
    days = find_days(cohort)
    assert not {*days.deadlines} & {each.date for each in cohort.holidays}
    for item in ITEMS:
        assert opens(cohort, item) < due(cohort, item)
    for each, day in zip(cohort.deadlines, days.deadlines, strict=True):
        assert day > days.sessions[covered(cohort, each).number - 1]


@given(cohorts(), st.sampled_from(ITEMS), st.integers(-30, 30))
def test_an_extension_never_shortens_and_is_for_one_person_only(cohort, item, more):
    day = due(cohort, item).date() + timedelta(days=more)
    extended = replace(cohort, extensions=(Extension("l07", item, day),))
    assert due(extended, item, "l07") == max(due(cohort, item), ends(cohort, day))
    assert due(extended, item, "l08") == due(extended, item) == due(cohort, item)


# moments


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_across_the_clock_change_of_berlin_each_moment_has_its_own_offset():
    cohort = replace(starting(make(), date(2026, 3, 24)), time_zone=ZoneInfo("Europe/Berlin"))
    assert opens(cohort, "quiz_3").isoformat() == "2026-03-26T18:00:00+01:00"
    assert opens(cohort, "quiz_4").isoformat() == "2026-03-31T18:00:00+02:00"
    assert due(cohort, "quiz_1").isoformat() == "2026-03-29T23:59:59.999999+02:00"
    assert due(cohort, "quiz_1") == utc("2026-03-29T21:59:59.999999")
    assert due(cohort, "quiz_1") - opens(cohort, "quiz_1") == timedelta(days=5, hours=5) - timedelta(microseconds=1)


def test_a_quiz_opens_with_its_session_and_an_assignment_with_the_first():
    cohort = closed(make(), "2026-01-14")
    assert opens(cohort, "quiz_2").isoformat() == "2026-01-15T18:00:00-05:00"
    assert opens(cohort, "assignment_2") == opens(cohort, "quiz_1") == utc("2026-01-13T23:00")


def test_2359_means_through_the_end_of_that_minute():
    last = due(make(), "quiz_1")
    assert last > utc("2026-01-19T04:59:59.999")
    assert last + timedelta(microseconds=1) == utc("2026-01-19T05:00")


def test_an_hour_that_does_not_exist_is_read_by_the_clocks_before_the_change():
    cohort = replace(make(), time_zone=ZoneInfo("Europe/Berlin"))
    for last in (False, True):
        assert moment(cohort, date(2026, 3, 29), time(2, 30), last=last).isoformat() == "2026-03-29T03:30:00+02:00"


def test_of_an_hour_that_exists_twice_a_session_takes_the_first_and_a_deadline_the_second():
    cohort = replace(make(), time_zone=ZoneInfo("Europe/Berlin"), session_at=time(2, 30), due_at=time(2, 30))
    assert begins(cohort, date(2026, 10, 25)) == utc("2026-10-25T00:30")
    assert ends(cohort, date(2026, 10, 25)) == utc("2026-10-25T01:30:59.999999")


def test_moments_of_an_hour_that_exists_twice_compare_as_they_happened():
    cohort = replace(make(), time_zone=ZoneInfo("America/Toronto"), session_at=time(1, 30), due_at=time(1, 10))
    assert begins(cohort, date(2026, 11, 1)) < ends(cohort, date(2026, 11, 1))  # 01:30 EDT, 01:10 EST


@pytest.mark.parametrize("call", [opens, due])
def test_an_unknown_item_is_refused_with_those_that_exist(call):
    with pytest.raises(DataError, match=r"no item 'quiz_7'.\nFix: Name one of quiz_1, .* assignment_2"):
        call(make(), "quiz_7")


# the file


def test_the_file_of_this_repository_can_be_read():
    cohort = read_cohort(settings.root() / "04_this_cohort" / "cohort.toml")
    assert {item for each in cohort.deadlines for item in each.items} == set(ITEMS)


def test_a_file_with_a_mark_that_windows_editors_put_first_can_be_read(tmp_path):
    path = tmp_path / "cohort.toml"
    path.write_text(COHORT, encoding="utf-8-sig")
    assert read_cohort(path) == make()


REFUSED = {
    "another weekday": (('"Tuesday", date', '"Wednesday", date'), "2026-01-13 is a Tuesday, not a Wednesday"),
    "a weekday that is none": (('"Tuesday", date', '"Teusday", date'), "start: `weekday` .* Did you mean Tuesday"),
    "a start that is text": (
        ("date = 2026-01-13", 'date = "2026-01-13"'),
        "start: `date` must be a date without quotes",
    ),
    "a start with a time": (("date = 2026-01-13", "date = 2026-01-13T10:00:00"), "must be a date without quotes"),
    "a start long ago": (("date = 2026-01-13", "date = 0026-01-13"), "from 2000 to 2099"),
    "a start that is no table": (
        ('{ weekday = "Tuesday", date = 2026-01-13 }', "2026-01-13"),
        "start: must be a table",
    ),
    "no such day": (("2026-01-13", "2026-02-30"), "is not TOML"),
    "an unknown zone": (("America/Toronto", "America/Torono"), "`time_zone` .* Did you mean America/Toronto"),
    "a zone of offsets": (('"America/Toronto"', '"-05:00"'), "`time_zone` must be a name of the tz database"),
    "a zone that is a folder": (("America/Toronto", "America"), "`time_zone` must be a name of the tz database"),
    "an unknown field": (("help_channel", "help_chanel"), "unknown `help_chanel`; .* Did you mean help_channel"),
    "a missing field": (('help_channel = "#cohort-8-help"', ""), "`help_channel` is missing; it must be text"),
    "an empty name": (('name = "Cohort 8"', 'name = " "'), "`name` is empty"),
    "a name of two lines": (('"Cohort 8"', r'"Cohort\n8"'), "`name` must be one line of text"),
    "a name that is a number": (('name = "Cohort 8"', "name = 8"), "`name` must be text in quotes.* got: 8"),
    "a time with seconds": (("23:59:00", "23:59:30"), "`due_at` must be a whole minute, got: 23:59:30"),
    "a time as text": (("18:00:00", '"18:00"'), "`session_at` must be a time without quotes"),
    "no length": (("session_hours = 2.5", "session_hours = 0"), "`session_hours` must be a number of hours above 0"),
    "a length of yes": (("session_hours = 2.5", "session_hours = true"), "`session_hours` must be .* got: True"),
    "holidays that are no list": (("holidays = []", 'holidays = "none"'), "`holidays` must be a list of tables"),
    "a holiday that is a date": (("holidays = []", "holidays = [2026-02-16]"), "holidays 1: must be a table with date"),
    "a holiday twice": (
        ("holidays = []", 'holidays = [{date = 2026-02-16, name = "a"}, {date = 2026-02-16, name = "b"}]'),
        "holidays: 2026-02-16 stands there twice",
    ),
    "an unknown item": (('"quiz_1",', '"quiz1",'), "deadline 1: `items` has 'quiz1'; .* Did you mean quiz_1"),
    "no items": (('["assignment_1"]', "[]"), "deadline 2: `items` names nothing"),
    "items that are no list": (('["assignment_1"]', '"assignment_1"'), "deadline 2: `items` must be a list"),
    "an item due twice": (('["assignment_1"]', '["assignment_1", "quiz_1"]'), "deadline: quiz_1 stands there twice"),
    "an item due never": (('["quiz_1", ', "["), "deadline: quiz_1 has none"),
    "an unknown field of a session": (("number = 3", "number = 3\nroom = 4"), "session 3: unknown `room`"),
    "a week that is none": (
        ("number = 1\nweek = 1", "number = 1\nweek = 0"),
        "session 1: `week` must be a whole number",
    ),
    "two sessions on a day": (
        ('number = 2\nweek = 1\nweekday = "Wednesday"', 'number = 2\nweek = 1\nweekday = "Tuesday"'),
        "session 2: is on the day of session 1, 2026-01-13",
    ),
    "sessions out of order": (
        ('number = 2\nweek = 1\nweekday = "Wednesday"', 'number = 2\nweek = 1\nweekday = "Monday"'),
        "session 3: is on 2026-01-15, before session 2, 2026-01-19",
    ),
    "a number left out": (("number = 6", "number = 7"), r"numbers must be 1 to 6.* got: \[1, 2, 3, 4, 5, 7\]"),
    "a work period on a session": (
        ('[[work_period]]\nweek = 1\nweekday = "Friday"', '[[work_period]]\nweek = 1\nweekday = "Thursday"'),
        "work_period: week 1, Thursday has a session",
    ),
    "two work periods on a day": (
        ('[[work_period]]\nweek = 1\nweekday = "Friday"', '[[work_period]]\nweek = 1\nweekday = "Saturday"'),
        "work_period: week 1, Saturday stands there twice",
    ),
    "a deadline before its session": (
        ('"quiz_3"]\nweek = 1\nweekday = "Sunday"', '"quiz_3"]\nweek = 1\nweekday = "Wednesday"'),
        "deadline of quiz_1, quiz_2, quiz_3: 2026-01-14, before session 3 on 2026-01-15",
    ),
    "an extension before the due date": (
        ("extensions = []", 'extensions = [{ learner = "l07", item = "quiz_1", due = 2026-01-17 }]'),
        "extension of quiz_1 for 'l07': 2026-01-17 is before everybody's 2026-01-18",
    ),
    "an extension of nothing": (
        ("extensions = []", 'extensions = [{ learner = "l07", item = "quiz 1", due = 2026-01-21 }]'),
        "extensions 1: `item` must be one of quiz_1.* Did you mean quiz_1",
    ),
    "two extensions": (
        (
            "extensions = []",
            'extensions = [{ learner = "l07", item = "quiz_1", due = 2026-01-21 },'
            ' { learner = "l07", item = "quiz_1", due = 2026-01-22 }]',
        ),
        "extensions: quiz_1 of 'l07' stands there twice",
    ),
    "a password": (
        ('private = ""', 'private = "https://me:word@example.org/a.git"'),
        "`private` holds a name or password",
    ),
    "an option": (('private = ""', 'private = "--upload-pack=x.git"'), "`private` must be a folder or a git address"),
    "no TOML": (("name = ", "name : "), "is not TOML"),
}


@pytest.mark.parametrize(("change", "match"), [pytest.param(*each, id=name) for name, each in REFUSED.items()])
def test_what_cannot_be_used_is_named_with_its_place_and_what_is_allowed(change, match):
    with pytest.raises(DataError, match=match):
        make(change)


def test_everything_that_is_wrong_is_named_at_once():
    with pytest.raises(
        DataError, match=r"cohort.toml has 3 problems:\n- `time_zone`.*\n- `due_at`.*\n- session 1: `week`"
    ):
        make(("America/Toronto", "Mars"), ("23:59:00", '"late"'), ("number = 1\nweek = 1", "number = 1\nweek = -1"))


def test_a_deadline_on_the_day_of_its_session_must_be_after_it_has_begun():
    same_day = ('"quiz_3"]\nweek = 1\nweekday = "Sunday"', '"quiz_3"]\nweek = 1\nweekday = "Thursday"')
    assert due(make(same_day), "quiz_3") > opens(make(same_day), "quiz_3")
    with pytest.raises(DataError, match="before session 3 on 2026-01-15; set a later week or weekday"):
        make(same_day, ("23:59:00", "12:00:00"))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"There is no cohort file .*cohort.toml"):
        read_cohort(tmp_path / "cohort.toml")


def test_a_file_that_is_not_utf_8_is_named(tmp_path):
    (tmp_path / "cohort.toml").write_text(COHORT, encoding="utf-16")
    with pytest.raises(DataError, match=r"cannot be read.*\nFix: Save it as UTF-8"):
        read_cohort(tmp_path / "cohort.toml")


def test_another_start_has_the_same_weekday_and_nobodys_extension():
    cohort = replace(make(), extensions=(Extension("l07", "quiz_1", date(2026, 1, 21)),))
    assert starting(cohort, date(2026, 6, 9)).extensions == ()
    with pytest.raises(
        DataError, match=r"2026-06-11 is a Thursday; .* on a Tuesday.\nFix: Start on 2026-06-09 or 2026-06-16"
    ):
        starting(cohort, date(2026, 6, 11))


@pytest.mark.parametrize("start", [date.min, date.max, date(1999, 12, 28)])
def test_another_start_is_of_this_century(start):
    with pytest.raises(DataError, match=r"A cohort cannot start on .*\nFix: Write a date from 2000 to 2099"):
        starting(make(), start)


# the private place


def test_a_cohort_without_a_private_place_has_none(tmp_path):
    assert private_folder(make(), tmp_path) is None


def test_a_relative_private_folder_starts_at_the_repository(tmp_path):
    (tmp_path / "my marks").mkdir()
    cohort = replace(make(), private="../my marks")
    assert private_folder(cohort, tmp_path / "repository") == tmp_path / "my marks"


def test_a_private_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"'\.\./marks', but .*marks is not there.\nFix: Correct `private`"):
        private_folder(replace(make(), private="../marks"), tmp_path / "repository")


def test_a_private_folder_that_learners_would_see_is_refused(tmp_path):
    (tmp_path / "marks").mkdir()
    with pytest.raises(DataError, match=r"inside this repository, where learners would see it.\nFix: Move it"):
        private_folder(replace(make(), private="marks"), tmp_path)


def test_a_private_folder_below_the_data_folder_is_no_part_of_the_repository(tmp_path):
    folder = settings.data_dir() / "marks"
    folder.mkdir(parents=True)
    assert private_folder(replace(make(), private=str(folder)), tmp_path) == folder.resolve()


def test_the_reference_solutions_are_the_published_one_and_the_cohorts_own(tmp_path):
    ours = tmp_path / "our marks" / "solutions" / "assignment_1.ipynb"
    ours.parent.mkdir(parents=True)
    ours.touch()
    published = settings.root() / "03_instructional_team/solutions/assignment_1.ipynb"
    alone, cohort = make(), replace(make(), private=str(tmp_path / "our marks"))
    assert reference_solutions(alone, settings.root(), "assignment_1") == {"solution: published": published}
    both = {"solution: published": published, "solution: private": ours}
    assert reference_solutions(cohort, settings.root(), "assignment_1") == both
    assert reference_solutions(cohort, settings.root(), "assignment_9") == {}


@pytest.mark.parametrize(
    ("private", "is_one"),
    {"https://x.org/a": True, "git@x.org:a/b": True, "../a.git": True, "../a": False, r"C:\marks": False}.items(),
)
def test_a_git_address_is_told_from_a_folder(private, is_one):
    assert is_git_address(private) == is_one


@pytest.fixture
def remote(tmp_path):
    """A private repository with one bank, and a cohort that names it."""
    folder = tmp_path / "the private.git"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(folder))
    (folder / "quizzes").mkdir()
    (folder / "quizzes" / "quiz_1.toml").write_text("quiz = 1", encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    return folder


def test_a_git_address_is_fetched_on_command_only_and_brought_up_to_date(remote, tmp_path):
    cohort = replace(make(), private=str(remote))
    with pytest.raises(DataError, match=r"is not there.\nFix: Fetch it: `course cohort fetch`"):
        private_folder(cohort, tmp_path)
    folder = fetch(cohort)
    assert folder == private_folder(cohort, tmp_path)
    assert folder.is_relative_to(settings.data_dir())
    (remote / "quizzes" / "quiz_2.toml").write_text("quiz = 2", encoding="utf-8")
    git(remote, "add", ".")
    git(remote, "commit", "--quiet", "-m", "two")
    assert {path.name for path in (fetch(cohort) / "quizzes").iterdir()} == {"quiz_1.toml", "quiz_2.toml"}


def test_an_address_that_is_a_relative_path_starts_at_the_repository(remote, tmp_path, monkeypatch):
    (tmp_path / "repository").mkdir()
    monkeypatch.setattr(settings, "root", lambda: tmp_path / "repository")
    folder = fetch(replace(make(), private="../the private.git"))
    assert (folder / "quizzes" / "quiz_1.toml").is_file()


def test_a_clone_that_went_another_way_is_left_as_it_is(remote, monkeypatch):
    for name, value in {"COUNT": "1", "KEY_0": "pull.rebase", "VALUE_0": "true"}.items():  # as some people have it
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    cohort = replace(make(), private=str(remote))
    folder = fetch(cohort)
    git(remote, "commit", "--quiet", "--amend", "-m", "rewritten")
    (folder / "mine").write_text("mine", encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "mine")
    with pytest.raises(ServiceError, match="could not be fetched"):
        fetch(cohort)
    assert (folder / "mine").read_text(encoding="utf-8") == "mine"


def test_an_address_that_does_not_answer_leaves_nothing_behind(tmp_path):
    with pytest.raises(ServiceError, match=r"could not be fetched. git says:\n.*not"):
        fetch(replace(make(), private=str(tmp_path / "absent.git")))
    assert list((settings.data_dir() / "private").iterdir()) == []


def test_a_folder_cannot_be_fetched():
    with pytest.raises(DataError, match=r"'../marks'; there is nothing to fetch"):
        fetch(replace(make(), private="../marks"))


def test_without_git_a_fetch_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceError, match="git is not installed"):
        fetch(replace(make(), private="https://example.org/a.git"))
