import os
import shutil
import subprocess
import sys
from datetime import date

import pytest

from course.cohort import rollover
from course.cohort.live import fresh_copy
from course.cohort.pages import out_of_step
from course.cohort.reading import cohort_path, read_cohort
from course.cohort.rollover import new_cohort, new_text, slug
from mlsd import settings
from mlsd.errors import DataError, WriteError

from .cases.cohort import COHORT, changed, content, make_project, run

JUNE = date(2026, 6, 9)
SPECIAL = (
    ("holidays = []", 'holidays = [  # by law\n  { date = 2026-02-16, name = "Family # Day" },\n]  # ask the office'),
    ("extensions = []", 'extensions = [{ learner = "l07", item = "quiz_1", due = 2026-01-21 }]  # by name'),
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = make_project(tmp_path / "my project")
    monkeypatch.setattr(settings, "root", lambda: root)
    run("schedule", "--write")
    (root / "04_this_cohort" / "live_code" / "03_files.ipynb").write_text("typed", encoding="utf-8")
    (root / "04_this_cohort" / "notes.md").write_text("kept", encoding="utf-8")
    return root


def test_the_cohort_before_is_put_away_whole(project):
    before = content(project / "04_this_cohort")
    _, earlier = new_cohort(project, "Cohort 9", JUNE)
    assert earlier == project / "04_this_cohort" / "earlier" / "cohort-8"
    assert content(earlier) == {name: text for name, text in before.items() if name != "README.md"}


def test_the_next_cohort_has_the_pattern_and_staff_its_own_start_and_pages_in_step(project):
    cohort, _ = new_cohort(project, "Cohort 9", JUNE, time_zone="Europe/Berlin")
    assert (cohort.name, cohort.start, str(cohort.time_zone)) == ("Cohort 9", JUNE, "Europe/Berlin")
    assert cohort == read_cohort(cohort_path(project))
    assert cohort.staff[0].name == "Ada"
    assert out_of_step(cohort, project) == []
    assert "June 9, 2026" in (project / "README.md").read_text(encoding="utf-8")


def test_nothing_of_the_cohort_before_is_left_beside_the_next(project):
    new_cohort(project, "Cohort 9", JUNE)
    here = project / "04_this_cohort"
    pages = {"README.md", "cohort.toml", "schedule.md", "schedule.csv", "schedule.ics"}
    assert {path.name for path in here.iterdir()} == pages | {"live_code", "additional_resources", "earlier"}
    assert [path.name for path in (here / "live_code").iterdir()] == ["README.md"]


def test_three_cohorts_in_a_row_are_all_kept(project):
    for name, start in (("Cohort 9", JUNE), ("Cohort 10", date(2026, 9, 8))):
        new_cohort(project, name, start)
    earlier = project / "04_this_cohort" / "earlier"
    assert {path.parent.name for path in earlier.glob("*/cohort.toml")} == {"cohort-8", "cohort-9"}


def test_comments_are_kept_and_holidays_and_extensions_emptied(tmp_path):
    path = tmp_path / "cohort.toml"
    path.write_text(changed(*SPECIAL), encoding="utf-8")
    text = new_text(path, 'The "9th" \\ cohort', JUNE, time_zone="Europe/Berlin", help_channel="#nine")
    assert "# Every date follows from this file.\n" in text
    assert "\nholidays = []  # ask the office\nextensions = []  # by name\n" in text
    assert '\nstart = { weekday = "Tuesday", date = 2026-06-09 }\n' in text
    assert text.count("\n") == COHORT.count("\n")


@pytest.mark.parametrize(("channel", "wanted"), [("#cohort-8-help", "#cohort-9-help"), ("#the-course", "#the-course")])
def test_a_channel_that_is_made_from_the_name_changes_with_it(project, channel, wanted):
    cohort_path(project).write_text(changed(("#cohort-8-help", channel)), encoding="utf-8")
    assert new_cohort(project, "Cohort 9", JUNE)[0].help_channel == wanted


def test_a_channel_that_is_given_counts(project):
    assert new_cohort(project, "Cohort 9", JUNE, help_channel="#nine")[0].help_channel == "#nine"


def refused(project, match, *, name="Cohort 9", start=JUNE, **more):
    before = content(project)
    with pytest.raises(DataError, match=match):
        new_cohort(project, name, start, **more)
    assert content(project) == before


def test_the_name_of_this_cohort_is_refused(project):
    refused(project, r"'cohort 8' was used before: cohort-8.\nFix: Choose another", name="cohort 8")


def test_the_name_of_an_earlier_cohort_is_refused(project):
    new_cohort(project, "Cohort 9", JUNE)
    refused(project, r"'COHORT-8' was used before: cohort-9, cohort-8", name="COHORT-8", start=date(2026, 9, 8))


def test_a_cohort_whose_own_place_is_taken_is_refused(project):
    (project / "04_this_cohort" / "earlier" / "cohort-8").mkdir(parents=True)
    refused(project, r"cohort-8 is there already, so 'Cohort 8' cannot be put away.\nFix: Change `name`")


def test_a_name_without_letters_is_refused(project):
    refused(project, "A cohort cannot be called ' -- '", name=" -- ")


def test_a_name_of_two_lines_is_refused(project):
    refused(project, "cannot be written to a cohort file", name="Cohort\n9")


def test_a_start_on_another_weekday_is_refused(project):
    refused(project, "Start on 2026-06-09 or 2026-06-16", start=date(2026, 6, 10))


def test_an_unknown_time_zone_is_refused(project):
    refused(project, "`time_zone` must be .* Did you mean Europe/Berlin", time_zone="Europe/Berln")


def test_a_file_that_cannot_be_changed_line_by_line_is_refused(project):
    tables = '[[holidays]]\ndate = 2026-02-16\nname = "Family Day"\n\n[[staff]]'
    cohort_path(project).write_text(changed(("holidays = []\n", ""), ("[[staff]]", tables)), encoding="utf-8")
    refused(project, r"cannot be changed line by line.\nFix: Write each of name, start")


def test_a_page_without_its_markers_stops_it_before_anything_moves(project):
    (project / "README.md").write_text("# A course\n", encoding="utf-8")
    refused(project, "README.md must have <!-- schedule -->")


# Forks for each step, so that the packages are imported once. The copy of the last step is complete.
KILLED = """
import itertools, os, shutil, sys
from datetime import date
from pathlib import Path
from course.cohort import rollover
import icalendar
project, copies = map(Path, sys.argv[1:])
CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir"}

def kill_at(step):
    left = step
    def watch(event, details):
        nonlocal left
        if event in CHANGES or event == "open" and details[1] and set("wxa") & set(str(details[1])):
            left -= 1
            if left < 0:
                os._exit(9)
    sys.addaudithook(watch)

for step in itertools.count():
    copy = shutil.copytree(project, copies / f"{step:03}")
    child = os.fork()
    if not child:
        kill_at(step)
        rollover.new_cohort(copy, "Cohort 9", date(2026, 6, 9))
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended != 9:
        sys.exit(ended)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="ends a fork of the process at each step")
def test_killed_at_any_step_there_is_a_cohort_and_the_same_command_goes_on(project, tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, project, tmp_path / "copies"], check=True)
    *stopped, complete = sorted((tmp_path / "copies").iterdir())
    old, wanted = read_cohort(cohort_path(project)), content(complete)
    assert len(stopped) > 30
    for copy in stopped:
        cohort = read_cohort(cohort_path(copy))
        assert cohort == old or (copy / "04_this_cohort" / "live_code" / "README.md").exists()
        if cohort == old or (copy / "04_this_cohort" / ".rollover").exists():
            new_cohort(copy, "Cohort 9", JUNE)
        assert without_leftovers(content(copy)) == wanted, copy.name


def without_leftovers(files):
    return {name: text for name, text in files.items() if ".rollover.tmp" not in name and not name.endswith(".tmp")}


def interrupt(project, monkeypatch):
    """Fail at the second move, as a file does that is open elsewhere."""
    moves, replace = [], os.replace

    def stubborn(source, target):
        moves.append(source)
        if len(moves) == 3:
            raise PermissionError(13, "in use", str(source))
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(rollover.os, "replace", stubborn)
        new_cohort(project, "Cohort 9", JUNE)


def test_what_cannot_be_moved_is_named_and_the_same_command_goes_on(project, monkeypatch):
    with pytest.raises(WriteError, match=r"cannot be moved: in use.\nFix: Close it .* it goes on from here"):
        interrupt(project, monkeypatch)
    cohort, earlier = new_cohort(project, "Cohort 9", JUNE)
    assert cohort.name == "Cohort 9"
    assert (earlier / "live_code" / "03_files.ipynb").read_text(encoding="utf-8") == "typed"


def test_a_change_that_was_stopped_is_shown_until_it_is_complete(project, monkeypatch, capsys):
    with pytest.raises(WriteError):
        interrupt(project, monkeypatch)
    run("cohort", "show")
    assert "stopped half-way: run the same `course cohort new` again" in capsys.readouterr().out
    new_cohort(project, "Cohort 9", JUNE)
    run("cohort", "show")
    assert "stopped half-way" not in capsys.readouterr().out


def test_another_name_completes_what_was_stopped_and_does_no_more(project, monkeypatch):
    with pytest.raises(WriteError):
        interrupt(project, monkeypatch)
    with pytest.raises(DataError, match=r"'Cohort 9' had been stopped half-way; it is complete now"):
        new_cohort(project, "Cohort 10", date(2026, 9, 8))
    assert read_cohort(cohort_path(project)).name == "Cohort 9"


def test_a_folder_that_cannot_be_written_leaves_everything_as_it_was(project, monkeypatch):
    def full(*_args, **_more):
        raise OSError(28, "No space left", "cohort.toml")

    monkeypatch.setattr(rollover.shutil, "copyfile", full)
    before = without_leftovers(content(project))
    with pytest.raises(WriteError, match=r"No space left.\nFix: Nothing has changed"):
        new_cohort(project, "Cohort 9", JUNE)
    assert without_leftovers(content(project)) == before


def test_the_command_says_where_the_cohort_before_is_and_what_to_look_at(project, capsys):
    cohort_path(project).write_text(changed(('private = ""', 'private = "../marks"')), encoding="utf-8")
    assert run("cohort", "new", "--name", "Cohort 9", "--start", "2026-06-09") == 0
    said = capsys.readouterr().out
    assert "The cohort before is in 04_this_cohort/earlier/cohort-8." in said
    assert "`private` is still '../marks'" in said


def test_names_become_folders_that_every_system_takes():
    assert [slug(name) for name in ("Cohort 9", "a/b:c*", "..", "Été 2026")] == ["cohort-9", "a-b-c", "", "été-2026"]


# live coding


def test_a_fresh_copy_of_a_lab_is_the_learners_notebook(project):
    path = fresh_copy("04", project)
    assert path == project / "04_this_cohort" / "live_code" / "04_databases.ipynb"
    assert path.read_bytes() == (project / "01_materials" / "labs" / "04_databases.ipynb").read_bytes()


def test_a_copy_that_is_there_is_never_written_over(project):
    names = [fresh_copy("3", project).name for _ in range(2)]
    assert names == ["03_files_2.ipynb", "03_files_3.ipynb"]
    assert (project / "04_this_cohort" / "live_code" / "03_files.ipynb").read_text(encoding="utf-8") == "typed"


def test_a_copy_needs_no_folder_to_be_there(project):
    shutil.rmtree(project / "04_this_cohort" / "live_code")
    assert fresh_copy("03_files", project).is_file()


def test_an_unknown_lab_lists_the_labs(project):
    with pytest.raises(DataError, match=r"There is no lab '44'. Labs: 03_files, 04_databases"):
        fresh_copy("44", project)


def test_a_lab_that_was_not_built_is_named(project):
    (project / "01_materials" / "labs" / "04_databases.ipynb").unlink()
    with pytest.raises(DataError, match=r"There is no .*04_databases.ipynb.\nFix: Build it: `course build`"):
        fresh_copy("04", project)


def test_a_live_folder_that_cannot_be_written_is_named(project):
    folder = project / "04_this_cohort" / "live_code"
    shutil.rmtree(folder)
    folder.write_text("a file", encoding="utf-8")
    with pytest.raises(WriteError, match=r"live_code cannot be written to"):
        fresh_copy("04", project)


def test_the_command_says_where_the_copy_is(project, capsys):
    assert run("live", "04") == 0
    assert capsys.readouterr().out.startswith("04_this_cohort/live_code/04_databases.ipynb is ready.")


def test_cells_find_the_project_from_the_live_folder_as_from_the_labs():
    """Both lie two folders below the root, so relative values of .env and links in labs mean the same."""
    root, look = settings.root(), "from mlsd import settings; print(settings.root()); print(settings.price_data())"
    said = [
        subprocess.run(
            [sys.executable, "-c", look], cwd=root / folder, check=True, capture_output=True, text=True
        ).stdout
        for folder in ("04_this_cohort/live_code", "01_materials/labs")
    ]
    assert said[0] == said[1]
    assert said[0].splitlines()[0] == str(root)
