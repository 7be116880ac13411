"""``course schedule``, ``course cohort`` and ``course live``."""

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mlsd import settings
from mlsd.errors import SettingsError

from .pages import FORMATS

if TYPE_CHECKING:
    from .plan import Cohort

__all__ = ["add"]


def add(commands: argparse._SubParsersAction) -> None:
    """Define the commands of this package.

    Parameters
    ----------
    commands : argparse action
        What `add_subparsers` of the ``course`` command gave.
    """
    _add_schedule(commands)
    _add_cohort(commands)
    live = commands.add_parser(
        "live",
        help="put a fresh copy of a lab into 04_this_cohort/live_code",
        description="Copy a lab's learner notebook for live coding. A copy that is there already is never written "
        "over: the next one is called NN_topic_2.ipynb.",
    )
    live.add_argument("lab", metavar="NN", help="the lab's number or name, such as 03")
    live.set_defaults(run=_live)


def _add_schedule(commands: argparse._SubParsersAction) -> None:
    schedule = commands.add_parser(
        "schedule",
        help="work out every date of this cohort, print them or write the pages",
        description="Every session, work period and deadline, from 04_this_cohort/cohort.toml. Prints by default.",
    )
    schedule.add_argument("--start", metavar="DATE", help="the same pattern from another day, such as 2026-06-09")
    schedule.add_argument("--format", choices=FORMATS, default="markdown", help="of what is printed (markdown)")
    pages = schedule.add_mutually_exclusive_group()
    pages.add_argument("--write", action="store_true", help="print nothing; write the README's table and the pages")
    pages.add_argument("--check", action="store_true", help="write nothing; list the pages that disagree, exit 1")
    schedule.set_defaults(run=_schedule)


def _add_cohort(commands: argparse._SubParsersAction) -> None:
    cohort = commands.add_parser(
        "cohort",
        help="show this cohort, begin the next one, fetch what is private",
        description="Work with 04_this_cohort/cohort.toml.",
    )
    verbs = cohort.add_subparsers(title="commands", dest="verb", metavar="COMMAND", help="what to do", required=True)
    show = verbs.add_parser(
        "show",
        help="print what the cohort file means",
        description="Every day with its time and UTC offset, what moved for holidays, extensions, the private place.",
    )
    show.set_defaults(run=_show)
    new = verbs.add_parser(
        "new",
        help="put this cohort away and begin the next one",
        description="Move this cohort to 04_this_cohort/earlier and write a new cohort.toml with the same pattern and "
        "staff, and its pages. If it was stopped half-way, the same command goes on.",
    )
    new.add_argument("--name", required=True, help='such as "Cohort 9"')
    new.add_argument("--start", required=True, metavar="DATE", help="the first day, such as 2026-06-09")
    new.add_argument("--time-zone", metavar="NAME", help="such as Europe/Berlin (default: as before)")
    new.add_argument("--help-channel", metavar="NAME", help='such as "#cohort-9-help" (default: made from the name)')
    new.set_defaults(run=_new)
    fetch = verbs.add_parser(
        "fetch",
        help="clone the private repository that cohort.toml names, or bring it up to date",
        description="Clone the repository of marked banks, solutions and learners below the data folder with your own "
        "git, or pull it, fast-forward only.",
    )
    fetch.set_defaults(run=_fetch)


def _schedule(options: argparse.Namespace) -> int:
    from .reading import cohort_path, read_cohort, starting

    root = settings.root()
    cohort = read_cohort(cohort_path(root))
    if options.start and (options.write or options.check):
        raise SettingsError("--start is for looking only.", fix="`course cohort new` writes pages for another start.")
    if options.check:
        return _check(cohort, root)
    if options.start:
        cohort = starting(cohort, _date(options.start))
    _warn(cohort)
    if options.write:
        _write(cohort, root)
    else:
        _print(cohort, root, options.format)
    return 0


def _warn(cohort: "Cohort") -> None:
    from .calendar import left_out

    for period in left_out(cohort):
        print(f"For holidays, there is no day left for the work period of {period}.", file=sys.stderr)


def _print(cohort: "Cohort", root: Path, wanted: str) -> None:
    from . import pages
    from .calendar import entries
    from .ics import as_ics

    rows = entries(cohort, pages.topics(root))
    if wanted == "ics":
        sys.stdout.buffer.write(as_ics(cohort, rows))  # the format wants CRLF on every system
    else:
        print(pages.as_csv(rows) if wanted == "csv" else pages.as_markdown(rows), end="")


def _check(cohort: "Cohort", root: Path) -> int:
    from .pages import out_of_step

    stale = out_of_step(cohort, root)
    for path in stale:
        print(f"{_short(path, root)} does not say what cohort.toml says.")
    print("`course schedule --write` writes it." if stale else "Every page says what cohort.toml says.")
    return int(bool(stale))


def _write(cohort: "Cohort", root: Path) -> None:
    from .pages import write_pages

    written = [f"wrote {_short(path, root)}" for path in write_pages(cohort, root)]
    print("\n".join(written or ["Every page says what cohort.toml says."]))


def _show(options: argparse.Namespace) -> int:
    from .reading import cohort_path, read_cohort
    from .shown import shown

    print("\n".join(shown(read_cohort(cohort_path(settings.root())), settings.root())))
    return 0


def _new(options: argparse.Namespace) -> int:
    from .rollover import new_cohort

    root = settings.root()
    cohort, earlier = new_cohort(
        root, options.name, _date(options.start), time_zone=options.time_zone, help_channel=options.help_channel
    )
    print(f"{cohort.name} begins on {cohort.start}. The cohort before is in {_short(earlier, root)}.")
    print(f"Questions go to {cohort.help_channel}. Holidays and extensions are empty, staff is as before.")
    if cohort.private:
        print(f"`private` is still {cohort.private!r}: put the new list of learners there, or change it.")
    print("Look at 04_this_cohort/cohort.toml, then `course schedule --write` and `course cohort show`.")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    from .private import fetch
    from .reading import cohort_path, read_cohort

    print(fetch(read_cohort(cohort_path(settings.root()))))
    return 0


def _live(options: argparse.Namespace) -> int:
    from .live import fresh_copy

    path = fresh_copy(options.lab, settings.root())
    print(
        f"{_short(path, settings.root())} is ready. Its cells run from that folder: data and .env are found from there."
    )
    return 0


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"--start {text!r} is no date.", fix="Write it as 2026-06-09.") from error


def _short(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
