"""The next cohort: the one before is put away whole, and a new file with the same pattern takes its place.

Everything new is made ready in ``04_this_cohort/.rollover`` first. Then the old things leave for
``earlier/<name>``, and the new ones arrive, the cohort file last. Each step is one rename. Killed between two of them,
the folder still has a cohort file, and the same command goes on where it stopped.
"""

import os
import re
import shutil
import tomllib
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from mlsd.errors import DataError, WriteError

from .pages import pages, write_pages
from .plan import Cohort, weekday_name
from .reading import cohort_path, parse_cohort, read_cohort, starting

__all__ = ["EARLIER", "new_cohort", "new_text", "slug", "unfinished"]

EARLIER = "earlier"
_STAYS = {"README.md", EARLIER}
_FOLDERS = ("live_code", "additional_resources")


def slug(name: str) -> str:
    """A cohort's name as a folder is called.

    Examples
    --------
    >>> slug("Cohort 9 (évening)")
    'cohort-9-évening'
    """
    return re.sub(r"\W+", "-", name.lower()).strip("-")


def new_cohort(
    root: Path, name: str, start: date, *, time_zone: str | None = None, help_channel: str | None = None
) -> tuple[Cohort, Path]:
    """Put this cohort away and begin the next one; or go on where an earlier call was killed.

    Parameters
    ----------
    root : Path
        The repository.
    name : str
        Of the next cohort, not used before.
    start : date
        Its first day, of the same weekday as before.
    time_zone, help_channel : str, optional
        Where they change. A channel such as "#cohort-8-help" changes with the name.

    Returns
    -------
    tuple of Cohort and Path
        The new cohort, and the folder where the one before is.

    Raises
    ------
    DataError
        If the name was used before, or start or time zone cannot be used. Nothing has changed then.
    WriteError
        If something cannot be moved, for example because it is open. The same command goes on later.
    """
    here, work = cohort_path(root).parent, _work(root)
    if unfinished(root):
        return _resumed(root, work, name)
    old = read_cohort(cohort_path(root))
    _unused(here, name, old)
    channel = help_channel or _channel(old, name)
    text = new_text(cohort_path(root), name, start, time_zone=time_zone or str(old.time_zone), help_channel=channel)
    pages(parse_cohort(text, cohort_path(root)), root)  # a README without its markers stops it here
    try:
        _make_ready(here, work, text, slug(old.name))
    except OSError as error:
        shutil.rmtree(work, ignore_errors=True)
        raise WriteError(
            f"{error.filename} cannot be written: {error.strerror}.", fix="Nothing has changed."
        ) from error
    return _finish(root, work)


def unfinished(root: Path) -> bool:
    """Whether a change to another cohort was stopped half-way."""
    return _work(root).exists()


def new_text(path: Path, name: str, start: date, *, time_zone: str, help_channel: str) -> str:
    """A cohort file's text for the next cohort: comments, pattern and staff are kept, holidays and extensions emptied.

    Parameters
    ----------
    path : Path
        The file of the cohort before.
    name : str
        Of the next one.
    start : date
        Its first day, of the same weekday.
    time_zone, help_channel : str
        Of the next one.

    Returns
    -------
    str
        TOML that `read_cohort` accepts.

    Raises
    ------
    DataError
        If a value cannot be used, or the file is written in a way that cannot be changed line by line.
    """
    old = starting(replace(read_cohort(path), holidays=()), start)
    values = {
        "name": _quoted(name),
        "start": f'{{ weekday = "{weekday_name(start)}", date = {start} }}',
        "time_zone": _quoted(time_zone),
        "help_channel": _quoted(help_channel),
        "holidays": "[]",
        "extensions": "[]",
    }
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    for key, value in values.items():
        lines = _with_value(lines, key, value)
    text = "\n".join(lines) + "\n"
    cohort = parse_cohort(text, Path("the new cohort file"))
    if cohort != replace(old, name=name.strip(), time_zone=ZoneInfo(time_zone), help_channel=help_channel.strip()):
        raise DataError(
            f"{path} is written in a way that cannot be changed line by line.",
            fix="Write each of name, start, time_zone, help_channel, holidays and extensions as `key = value`.",
        )
    return text


def _with_value(lines: list[str], key: str, value: str) -> list[str]:
    """The lines with another value for a key; what is said in a comment after it stays."""
    begin = next((at for at, line in enumerate(lines) if re.match(rf"{key}\s*=", line)), None)
    if begin is None:
        return lines
    end = next(at for at in range(begin + 1, len(lines) + 1) if _parses("\n".join(lines[begin:at])))
    last = "\n".join(lines[begin:end])
    marks = [at for at, sign in enumerate(last) if sign == "#" and at > last.rfind("\n") and _parses(last[:at])]
    comment = f"  {last[marks[0] :]}" if marks else ""
    return [*lines[:begin], f"{key} = {value}{comment}", *lines[end:]]


def _parses(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _quoted(text: str) -> str:
    if not text.isprintable():
        raise DataError(f"{text!r} cannot be written to a cohort file.", fix="Write one line, without control signs.")
    return '"' + text.strip().replace("\\", "\\\\").replace('"', '\\"') + '"'


def _channel(old: Cohort, name: str) -> str:
    return f"#{slug(name)}-help" if old.help_channel == f"#{slug(old.name)}-help" else old.help_channel


def _unused(here: Path, name: str, old: Cohort) -> None:
    used = [slug(old.name), *(each.name for each in (here / EARLIER).glob("*") if each.is_dir())]
    if not slug(name):
        raise DataError(f"A cohort cannot be called {name!r}.", fix="Use letters or digits, such as --name 'Cohort 9'.")
    if slug(name) in used:
        raise DataError(f"The name {name!r} was used before: {', '.join(used)}.", fix="Choose another with --name.")
    if slug(old.name) in used[1:]:
        raise DataError(
            f"{here / EARLIER / slug(old.name)} is there already, so {old.name!r} cannot be put away.",
            fix="Change `name` in cohort.toml.",
        )


def _make_ready(here: Path, work: Path, text: str, earlier: str) -> None:
    """All that is new, and the list of what leaves; it counts from the rename on."""
    staged = _staged(here)
    shutil.rmtree(staged, ignore_errors=True)
    new = staged / "new"
    new.mkdir(parents=True)
    (new / "cohort.toml").write_text(text, encoding="utf-8", newline="\n")
    for folder in _FOLDERS:
        (new / folder).mkdir()
        with suppress(FileNotFoundError):
            shutil.copyfile(here / folder / "README.md", new / folder / "README.md")
    leaving = sorted(each.name for each in here.iterdir() if each.name not in {*_STAYS, staged.name})
    (staged / "leaving").write_text("\n".join(leaving), encoding="utf-8", newline="\n")
    (staged / "earlier").write_text(earlier, encoding="utf-8", newline="\n")
    os.replace(staged, work)


def _work(root: Path) -> Path:
    return cohort_path(root).parent / ".rollover"


def _staged(here: Path) -> Path:
    return here / ".rollover.tmp"


def _resumed(root: Path, work: Path, name: str) -> tuple[Cohort, Path]:
    cohort, earlier = _finish(root, work)
    if slug(cohort.name) != slug(name):
        raise DataError(
            f"The change to {cohort.name!r} had been stopped half-way; it is complete now, and nothing else.",
            fix="If you want the next cohort already, run the command again.",
        )
    return cohort, earlier


def _finish(root: Path, work: Path) -> tuple[Cohort, Path]:
    here = work.parent
    earlier = here / EARLIER / (work / "earlier").read_text(encoding="utf-8")
    try:
        _leave(here, work, earlier)
        for each in sorted((work / "new").iterdir(), key=lambda path: path.name == "cohort.toml"):
            os.replace(each, here / each.name)
    except OSError as error:
        raise WriteError(
            f"{error.filename} cannot be moved: {error.strerror}.",
            fix="Close it where it is open and run the same command again: it goes on from here.",
        ) from error
    cohort = read_cohort(here / "cohort.toml")
    write_pages(cohort, root)
    os.replace(work, _staged(here))  # in one step, for half of it would be taken for a change to go on with
    shutil.rmtree(_staged(here))
    return cohort, earlier


def _leave(here: Path, work: Path, earlier: Path) -> None:
    leaving = work / "leaving"
    if not leaving.exists():  # all have left; what has these names now is new
        return
    earlier.mkdir(parents=True, exist_ok=True)
    for name in leaving.read_text(encoding="utf-8").splitlines():
        if name == "cohort.toml":  # stays in force until the new one takes its place
            shutil.copyfile(here / name, earlier / name)
        elif not (earlier / name).exists():
            os.replace(here / name, earlier / name)
    leaving.unlink()
