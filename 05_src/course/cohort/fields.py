"""The fields of a cohort file, one kind after the other; what cannot be used is gathered, not raised one by one."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from mlsd.errors import DataError

from .plan import ITEMS, WEEKDAYS

__all__ = ["Fields", "Problems"]

LONGEST_WEEKS = 52
_MISSING = object()


@dataclass
class Problems:
    """What is wrong with one file."""

    path: str
    found: list[str] = field(default_factory=list)

    def add(self, where: str, problem: str) -> None:
        """Note one problem and its place, such as "session 3"."""
        self.found.append(f"{where}: {problem}" if where else problem)

    def settle(self) -> None:
        """Raise all that was found, or go on.

        Raises
        ------
        DataError
            If anything was found.
        """
        if not self.found:
            return
        count = "1 problem" if len(self.found) == 1 else f"{len(self.found)} problems"
        text = "\n".join(f"- {each}" for each in self.found)
        raise DataError(
            f"{self.path} has {count}:\n{text}", fix="Correct the file; its comments say what each field means."
        )


class Fields:
    """One table of the file. Each method takes a field out and notes what is wrong with it.

    Parameters
    ----------
    table : object
        What stands in the file, a table if all is well.
    where : str
        Its place, such as "session 3"; empty for the file itself.
    problems : Problems
        Takes what is wrong.
    names : iterable of str
        The fields that it may have.
    """

    def __init__(self, table: object, where: str, problems: Problems, names: Iterable[str]):
        self.where, self.problems = where, problems
        self.table: dict[str, Any] = table if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            self.wrong(f"must be a table with {_listed(names)}, got: {_seen(table)}.")
        for unknown in sorted(set(self.table) - set(names)):
            self.wrong(f"unknown `{unknown}`; allowed: {_listed(names)}.{_near(unknown, names)}")

    def wrong(self, problem: str) -> None:
        """Note a problem of this table."""
        self.problems.add(self.where, problem)

    def text(self, name: str, *, may_be_empty: bool = False) -> str:
        """Words on one line."""
        value = self._take(name, str, 'text in quotes, such as "Cohort 8"')
        if value is None:
            return ""
        if "\n" in value or not value.isprintable():
            self.wrong(f"`{name}` must be one line of text, got: {value!r}.")
        if not value.strip() and not may_be_empty:
            self.wrong(f"`{name}` is empty.")
        return value.strip()

    def day(self, name: str) -> date:
        """A date without a time."""
        value = self.table.get(name, _MISSING)
        if isinstance(value, date) and not isinstance(value, datetime) and 2000 <= value.year < 2100:
            return value
        self._refuse(name, value, "a date without quotes from 2000 to 2099, such as 2026-01-13")
        return date.min

    def clock(self, name: str) -> time:
        """A time of day, to the minute."""
        value = self._take(name, time, "a time without quotes, such as 18:00:00") or time()
        if value.second or value.microsecond:
            self.wrong(f"`{name}` must be a whole minute, got: {value}.")
        return value

    def hours(self, name: str) -> float:
        """A length in hours."""
        value = self.table.get(name, _MISSING)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 12:
            return float(value)
        self._refuse(name, value, "a number of hours above 0, up to 12")
        return 1.0

    def number(self, name: str, largest: int) -> int:
        """A whole number from 1."""
        value = self.table.get(name, _MISSING)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= largest:
            return value
        self._refuse(name, value, f"a whole number from 1 to {largest}")
        return 1

    def week(self) -> int:
        """A week of the pattern."""
        return self.number("week", LONGEST_WEEKS)

    def weekday(self) -> str:
        """A weekday's English name."""
        return self.one_of("weekday", WEEKDAYS)

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of some words."""
        value = self.table.get(name, _MISSING)
        if value in allowed:
            return str(value)
        self._refuse(name, value, f"one of {_listed(allowed)}", near=allowed)
        return allowed[0]

    def items(self) -> tuple[str, ...]:
        """What is due together."""
        value = self._take("items", list, 'a list such as ["quiz_1", "quiz_2"]') or []
        for item in value:
            if item not in ITEMS:
                self.wrong(f"`items` has {_seen(item)}; allowed: {_listed(ITEMS)}.{_near(item, ITEMS)}")
        if not value and "items" in self.table:
            self.wrong("`items` names nothing.")
        return tuple(str(item) for item in value)

    def zone(self, name: str) -> ZoneInfo:
        """A time zone by its name in the tz database."""
        value = self.table.get(name, _MISSING)
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):  # also for a folder, or a path outside
            if isinstance(value, str):
                return ZoneInfo(value)
        allowed = 'a name of the tz database, such as "America/Toronto"'
        self._refuse(name, value, allowed, near=sorted(available_timezones()))
        return ZoneInfo("UTC")

    def tables(self, name: str, names: tuple[str, ...], *, optional: bool = False) -> Iterator["Fields"]:
        """The tables of a list, each with its place."""
        value = self.table.get(name, _MISSING)
        if value is _MISSING and optional:
            return
        if not isinstance(value, list) or not (value or optional):
            self._refuse(name, value, f"a list of tables with {_listed(names)}")
            return
        for count, each in enumerate(value, 1):
            yield Fields(each, f"{name} {count}", self.problems, names)

    def _take(self, name: str, kind: type, allowed: str) -> Any:
        value = self.table.get(name, _MISSING)
        if isinstance(value, kind):
            return value
        self._refuse(name, value, allowed)
        return None

    def _refuse(self, name: str, value: object, allowed: str, *, near: Iterable[str] = ()) -> None:
        if value is _MISSING:
            self.wrong(f"`{name}` is missing; it must be {allowed}.")
        else:
            self.wrong(f"`{name}` must be {allowed}, got: {_seen(value)}.{_near(value, near)}")


def _seen(value: object) -> str:
    return str(value) if isinstance(value, date | time) else repr(value)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _near(value: object, allowed: Iterable[str]) -> str:
    near = get_close_matches(str(value), list(allowed), n=2)
    return f" Did you mean {' or '.join(near)}?" if near else ""
