"""Which figure may not pass which limit, for how long, and what it means: written by hand or in a TOML file.

::

    [[rule]]
    name = "February is not January"
    metric = "prediction_effect"
    above = 0.1
    patience = 3                        # windows in a row; or "2 of 3"
    severity = "warning"                # info, warning or critical
    says = "The model sees other flights than it learned from. Look at the drifted columns, then retrain."
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import SettingsError
from .measures import COLUMNS
from .slicing import ALL

__all__ = ["EACH", "METRICS", "SEVERITIES", "Rule", "read_rules"]

METRICS = [name for name in COLUMNS if name not in ("start", "slice", "worst_column", "complete")]
EACH = "each"
SEVERITIES = ("info", "warning", "critical")
OF = re.compile(r"\s*(\d+)\s+of\s+(\d+)\s*")


@dataclass(frozen=True)
class Rule:
    """A limit for a figure, with patience.

    Attributes
    ----------
    name : str
        Of its own.
    metric : str
        A column of :func:`measure` that holds numbers.
    above, below : float, optional
        The limits: one of them, or both. A value equal to a limit is within.
    patience : int or str
        How many windows in a row must lie beyond before anybody is told, or ``"2 of 3"``.
    severity : str
        ``info``, ``warning`` or ``critical``.
    says : str
        What it means and what to do: the first words of the alert.
    min_rows : int
        Smaller windows do not count, neither for nor against. What comes from labels counts labelled rows. For ``rows``
        and ``labelled`` themselves every window counts that is over.
    slice : str
        Which slice: ``all``, which is everything, one such as ``origin = EWR``, or ``each``. What is usual for all is
        not for a part: smaller slices vary more.
    calm : int, optional
        An alert closes after so many windows in a row within the limits; by default as many as patience looks at, and
        at least 2.

    Raises
    ------
    SettingsError
        If anything cannot be used: all of it is named at once.

    Examples
    --------
    >>> Rule("too sure", "calibration_gap", above=0.03, patience="2 of 3").needs
    (2, 3)
    """

    name: str
    metric: str
    above: float | None = None
    below: float | None = None
    patience: int | str = 1
    severity: str = "warning"
    says: str = ""
    min_rows: int = 50
    slice: str = ALL
    calm: int | None = None

    def __post_init__(self) -> None:
        mistakes = list(_mistakes(vars(self)))
        if mistakes:
            raise SettingsError(f"Rule {self.name!r} cannot be used: {' '.join(mistakes)}")

    @property
    def needs(self) -> tuple[int, int]:
        """So many windows beyond the limit, of the last so many."""
        found = _needs(self.patience)
        return found or (1, 1)

    def holds_for(self, name: str) -> bool:
        """Whether it looks at a slice.

        Parameters
        ----------
        name : str
            ``all``, or a condition.

        Returns
        -------
        bool
        """
        return self.slice in (EACH, name)

    @property
    def closes_after(self) -> int:
        """So many windows in a row within the limits."""
        return self.calm or max(self.needs[1], 2)


def read_rules(path: str | Path) -> list[Rule]:
    r"""Rules from a TOML file: a ``[[rule]]`` each, with the attributes of :class:`Rule` as keys.

    Parameters
    ----------
    path : str or pathlib.Path
        The file, UTF-8.

    Returns
    -------
    list of Rule
        In the file's order.

    Raises
    ------
    SettingsError
        If there is no such file, it is no TOML, or a rule cannot be used: every mistake is named, with rule and key.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "rules.toml")
    ...     _ = path.write_text('[[rule]]\nname = "slow"\nmetric = "p99_ms"\nabove = 200\npatience = "2 of 3"\n')
    ...     read_rules(path)[0].above
    200
    """
    path = Path(path)
    read = _toml(path)
    mistakes = [f"`{name}` is no key of a rules file." for name in read if name != "rule"]
    entries = read.get("rule", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        mistakes.append("`rule` must be a list of tables: write [[rule]], with two brackets.")
    if mistakes or not entries:
        raise SettingsError(f"{path}: {' '.join(mistakes) or 'there is no rule.'}", "Begin each rule with [[rule]].")
    names = [entry.get("name") for entry in entries]
    for place, entry in enumerate(entries):
        where = f"rule {place + 1} ({entry.get('name', 'no name')})"
        mistakes += [f"{where}: {mistake}" for mistake in _mistakes(entry)]
        if names.index(names[place]) < place:
            mistakes.append(f"{where}: `name` is taken by rule {names.index(names[place]) + 1}.")
    if mistakes:
        raise SettingsError(
            "\n".join([f"{path} has {len(mistakes)} mistakes:", *mistakes]).replace("1 mistakes", "1 mistake")
        )
    return [Rule(**entry) for entry in entries]


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise SettingsError(f"There is no file {path}.", "Name the TOML file with the rules.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no TOML: {error}.", "Texts stand in quotes, numbers do not.") from error


def _mistakes(given: Mapping[str, Any]) -> Iterator[str]:
    """Each thing that is wrong with a rule, in a sentence."""
    known = {field.name: field for field in fields(Rule)}
    for key in given:
        if key not in known:
            yield f"`{key}` is no key of a rule{_near(key, list(known))}. Allowed: {list(known)}."
    for key, field in known.items():
        if field.default is MISSING and not given.get(key):
            yield f"`{key}` is missing."
    for key, value in given.items():
        if key in known and value is not None:
            yield from (f"`{key}` {what}, got: {value!r}." for what in _wrong(key, value))
    limits = [given.get("above"), given.get("below")]
    if limits == [None, None]:
        yield "`above` or `below` must be given."
    if all(_is_number(limit) for limit in limits) and limits[0] < limits[1]:  # type: ignore[operator]
        yield f"`above` ({limits[0]}) must not be less than `below` ({limits[1]}): nothing would lie within."


def _wrong(key: str, value: Any) -> Iterator[str]:
    if key == "metric" and value not in METRICS:
        yield f"must be one of {METRICS}{_near(value, METRICS)}"
    elif key == "severity" and value not in SEVERITIES:
        yield f"must be one of {list(SEVERITIES)}"
    elif key in ("above", "below") and not _is_number(value):
        yield "must be a number"
    elif key == "patience" and _needs(value) is None:
        yield 'must be a number of windows from 1, or "2 of 3", the first no larger than the second'
    elif key in ("min_rows", "calm") and not (_is_whole(value) and value >= (key == "calm")):
        yield f"must be a whole number from {int(key == 'calm')}"
    elif key in ("name", "says", "slice") and not isinstance(value, str):
        yield "must be a text"


def _needs(patience: Any) -> tuple[int, int] | None:
    if _is_whole(patience):
        return (patience, patience) if patience >= 1 else None
    found = OF.fullmatch(patience) if isinstance(patience, str) else None
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        return None
    return int(found[1]), int(found[2])


def _near(value: Any, allowed: list[str]) -> str:
    near = get_close_matches(str(value), allowed, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
