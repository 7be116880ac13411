"""A cohort for tests, which stays as it is when the repository's own cohort is another."""

import argparse
import os
import subprocess
from pathlib import Path

from course import notebooks
from course.cohort import cli
from course.cohort.plan import Cohort
from course.cohort.reading import parse_cohort
from mlsd import settings

TOPICS = {
    1: "ML System Design",
    2: "Data Engineering Fundamentals",
    3: "Working with Training Data",
    4: "Feature Engineering",
    5: "Model Development and Evaluation",
    6: "Model Explanations and Monitoring",
}
HEAD = """\
# Every date follows from this file.
name = "Cohort 8"
start = { weekday = "Tuesday", date = 2026-01-13 }
time_zone = "America/Toronto"
help_channel = "#cohort-8-help"
private = ""
session_at = 18:00:00
session_hours = 2.5
due_at = 23:59:00

# Nothing happens on these days.
holidays = []
extensions = []

[[staff]]
role = "Technical Facilitator"
name = "Ada"
contact = "ada@example.org"
"""
SESSIONS = [(week, day) for week in (1, 2) for day in ("Tuesday", "Wednesday", "Thursday")]
WORK_PERIODS = [(week, day) for week in (1, 2) for day in ("Friday", "Saturday")]
DEADLINES = [
    ('["quiz_1", "quiz_2", "quiz_3"]', 1, "Sunday"),
    ('["assignment_1"]', 1, "Monday"),
    ('["quiz_4", "quiz_5", "quiz_6"]', 2, "Sunday"),
    ('["assignment_2"]', 2, "Monday"),
]
COHORT = "\n".join(
    [
        HEAD,
        *(
            f'[[session]]\nnumber = {number}\nweek = {week}\nweekday = "{day}"\n'
            for number, (week, day) in enumerate(SESSIONS, 1)
        ),
        *(f'[[work_period]]\nweek = {week}\nweekday = "{day}"\n' for week, day in WORK_PERIODS),
        *(f'[[deadline]]\nitems = {items}\nweek = {week}\nweekday = "{day}"\n' for items, week, day in DEADLINES),
    ]
)


def changed(*changes: tuple[str, str]) -> str:
    """The file's text with the first of each thing put as another; what is not there is a mistake of the test."""
    text = COHORT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def make(*changes: tuple[str, str]) -> Cohort:
    """The cohort, or another that differs from it as `changes` say."""
    return parse_cohort(changed(*changes), Path("cohort.toml"))


def git(folder: Path, *words: str) -> None:
    """Run git with no settings of this machine."""
    name = {f"GIT_{who}_{what}": f"{who}@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    plain = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *words], cwd=folder, env=os.environ | name | plain, check=True, capture_output=True)


def make_project(root: Path, text: str = COHORT) -> Path:
    """A repository with the cohort's file and what it needs: curriculum, two pages with markers, two labs."""
    files = {
        "README.md": "# A course\n\n<!-- schedule -->\n<!-- /schedule -->\n\nThe end.\n",
        "03_instructional_team/curriculum.toml": (settings.root() / "03_instructional_team/curriculum.toml").read_text(
            encoding="utf-8"
        ),
        "04_this_cohort/README.md": "# This cohort\n\n<!-- cohort -->\n<!-- /cohort -->\n",
        "04_this_cohort/cohort.toml": text,
        "04_this_cohort/live_code/README.md": "# Live code\n",
        "04_this_cohort/additional_resources/README.md": "# Additional resources\n",
    }
    for lab in ("03_files", "04_databases"):
        files[f"{notebooks.SOURCES.as_posix()}/{lab}.py"] = "# %%\n1\n"
        files[f"{notebooks.DERIVED['learner'].as_posix()}/{lab}.ipynb"] = f'{{"learner": "{lab}"}}\n'
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")
    return root


def run(*words: str) -> int:
    """What `course` does with these words, without catching errors."""
    parser = argparse.ArgumentParser(prog="course")
    cli.add(parser.add_subparsers(required=True))
    options = parser.parse_args(words)
    return options.run(options)


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
