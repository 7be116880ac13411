"""Compare a learner's answer with the right one: None when it is right, else what differs and a hint.

Nothing that a learner made is trusted: its type is looked at before its values, and its ``__eq__`` never decides.
"""

import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Hint", "NotTriedError", "describe", "is_a", "is_untried", "near", "same", "same_frame"]

PLAIN = (str, int, float, bool, bytes, type(None))


@dataclass(frozen=True)
class Hint:
    """What differs, and what may be behind it."""

    differs: str
    hint: str = ""


class NotTriedError(Exception):
    """A helper met ``...``: the learner has not tried yet."""


def near(
    answer: Any, expected: float, tol: float, *, hint: str, mistakes: Mapping[float, str] | None = None
) -> Hint | None:
    """None if a number lies within ``tol`` of the expected one.

    Parameters
    ----------
    answer : object
        What the learner gave.
    expected, tol : float
        The right number and how far off it may be, in its own unit.
    hint : str
        What to look at.
    mistakes : mapping of float to str, optional
        Hints for numbers that a known misconception leads to, each with the same ``tol``.

    Examples
    --------
    >>> near(0.07, 0.93, 0.005, hint="Count the zeros.", mistakes={0.07: "You counted the ones."})
    Hint(differs='expected about another number than 0.07', hint='You counted the ones.')
    >>> near("0.93", 0.93, 0.005, hint="Count the zeros.")
    Hint(differs="expected a number, got the text '0.93'", hint='Count the zeros.')
    """
    _tried(answer)
    if not isinstance(answer, numbers.Real) or isinstance(answer, bool):
        return Hint(f"expected a number, got {describe(answer)}", hint)
    value = float(answer)
    if abs(value - expected) <= tol:
        return None
    known = [why for wrong, why in (mistakes or {}).items() if abs(value - wrong) <= tol]
    return Hint(f"expected about another number than {value:g}", known[0] if known else hint)


def same(answer: Any, expected: Any, *, hint: str, mistakes: Iterable[tuple[Any, str]] = ()) -> Hint | None:
    """None if text, numbers, or lists, tuples, sets and dicts of them are the same.

    Parameters
    ----------
    answer, expected : object
        What the learner gave, and what is right. Numbers are compared exactly; 5 and 5.0 are the same.
    hint : str
        What to look at.
    mistakes : iterable of (answer, hint), optional
        Hints for answers that a known misconception leads to.

    Examples
    --------
    >>> same("carrier", "tailnum", hint="One plane has one.", mistakes=[("carrier", "A carrier has many planes.")])
    Hint(differs="got the text 'carrier'", hint='A carrier has many planes.')
    >>> same([2, 3], [2, 3], hint="")
    """
    _tried(answer)
    if _alike(answer, expected):
        return None
    known = [why for wrong, why in mistakes if _alike(answer, wrong)]
    kinds = "" if _kind(answer) == _kind(expected) else f"expected {_article(_kind(expected))}, "
    return Hint(f"{kinds}got {describe(answer)}", known[0] if known else hint)


def is_a(answer: Any, kind: type | tuple[type, ...], takes: str) -> Hint | None:
    """None if the answer is of a kind; else a hint that says in words what was expected.

    Examples
    --------
    >>> is_a([1, 2, 3], dict, "a dict of file size by format")
    Hint(differs='expected a dict of file size by format, got a list of 3 items', hint='')
    """
    _tried(answer)
    return None if isinstance(answer, kind) else Hint(f"expected {takes}, got {describe(answer)}")


def same_frame(
    answer: Any,
    expected: Any,
    *,
    hint: str,
    sort_by: list[str] | None = None,
    tol: float = 1e-9,
    mistakes: Iterable[tuple[Any, str]] = (),
) -> Hint | None:
    """None if a DataFrame holds the expected columns and values; the index and the order of columns don't matter.

    Parameters
    ----------
    answer : object
        What the learner gave.
    expected : DataFrame
        The right frame. Columns that it lacks may be in the answer.
    hint : str
        What to look at when values differ.
    sort_by : list of str, optional
        Sort both by these columns first; without it, the order of the rows counts.
    tol : float
        How far numbers may be off, relative and absolute.
    mistakes : iterable of (DataFrame, hint), optional
        Hints for frames that a known misconception leads to.

    Examples
    --------
    >>> import pandas as pd
    >>> right = pd.DataFrame({"day": [1, 2], "sold": [3.0, 4.0]})
    >>> same_frame(right.assign(sold=[3.0, 5.0]), right, hint="Sort first.")
    Hint(differs="column 'sold', row 1: expected 4.0, got 5.0 (1 of 2 rows differ)", hint='Sort first.')
    """
    _tried(answer)
    found = _frame_differs(answer, expected, sort_by, tol)
    if found is None:
        return None
    known = [why for wrong, why in mistakes if _frame_differs(answer, wrong, sort_by, tol) is None]
    return Hint(found, known[0] if known else hint)


def describe(answer: Any) -> str:
    """A learner's object in words, without asking the object itself.

    Examples
    --------
    >>> describe([1, 2, 3]), describe("0.93"), describe(None), describe(len)
    ('a list of 3 items', "the text '0.93'", 'None', 'the function len')
    """
    import pandas as pd

    kind = type(answer)
    if kind is pd.DataFrame:
        return f"a DataFrame of {len(answer)} rows with columns {', '.join(map(str, answer.columns))}"
    if kind is str:
        return f"the text {answer[:60]!r}"
    if kind in PLAIN:
        return repr(answer)
    if kind in (list, tuple, dict, set):
        return f"a {kind.__name__} of {len(answer)} item{'s' * (len(answer) != 1)}"
    if kind.__name__ in ("function", "builtin_function_or_method"):
        return f"the function {answer.__name__}"
    package = kind.__module__.partition(".")[0]
    return _article(kind.__name__) + ("" if package in ("builtins", "__main__", "pandas") else f" of {package}")


def is_untried(answer: Any) -> bool:
    """True for ``...`` and for a list, tuple or dict that still holds one."""
    items: Iterable[Any] = answer if type(answer) in (list, tuple) else ()
    items = answer.values() if type(answer) is dict else items
    return answer is ... or any(is_untried(item) for item in items)


def _frame_differs(answer: Any, expected: Any, sort_by: list[str] | None, tol: float) -> str | None:
    import pandas as pd

    if not isinstance(answer, pd.DataFrame):
        return f"expected a DataFrame with columns {', '.join(map(str, expected.columns))}, got {describe(answer)}"
    missing = [column for column in expected.columns if column not in answer.columns]
    if missing:
        where = " (it is in the index: reset_index)" if missing[0] in answer.index.names else ""
        return f"there is no column {missing[0]!r}{where}; it has {', '.join(map(str, answer.columns))}"
    if len(answer) != len(expected):
        return f"expected {len(expected)} rows, got {len(answer)}"
    given, right = (_in_order(frame, list(expected.columns), sort_by) for frame in (answer, expected))
    return next(filter(None, (_column_differs(given[name], right[name], tol) for name in expected.columns)), None)


def _in_order(frame: Any, columns: list[str], sort_by: list[str] | None) -> Any:
    chosen = frame[columns].sort_values(sort_by, kind="stable") if sort_by else frame[columns]
    return chosen.reset_index(drop=True)


def _column_differs(given: Any, right: Any, tol: float) -> str | None:
    import numpy as np

    if _holds(given) != _holds(right):
        return f"column {right.name!r}: expected {_holds(right)}, got {_holds(given)}"
    if _holds(right) == "numbers":
        left, goal = given.to_numpy("float64", na_value=np.nan), right.to_numpy("float64", na_value=np.nan)
        off = ~np.isclose(left, goal, rtol=tol, atol=tol, equal_nan=True)
    else:
        off = ~((given.isna() & right.isna()) | (given.astype("str") == right.astype("str"))).to_numpy()
    if not off.any():
        return None
    row = int(off.argmax())
    counted = f"({off.sum()} of {len(off)} rows differ)"
    return f"column {right.name!r}, row {row}: expected {right.iloc[row]}, got {given.iloc[row]} {counted}"


def _holds(column: Any) -> str:
    from pandas.api import types

    kinds = {
        "True or False": types.is_bool_dtype,
        "numbers": types.is_numeric_dtype,
        "dates": types.is_datetime64_any_dtype,
    }
    return next((word for word, is_kind in kinds.items() if is_kind(column)), "text")


def _alike(answer: Any, expected: Any) -> bool:
    answer, expected = _unwrapped(answer), _unwrapped(expected)
    if _kind(answer) != _kind(expected):
        return False
    if type(expected) in (list, tuple):
        return len(answer) == len(expected) and all(map(_alike, answer, expected))
    if type(expected) is dict:
        return _alike(set(answer), set(expected)) and all(_alike(answer[key], expected[key]) for key in expected)
    if type(expected) is set:
        return _alike(sorted(answer, key=repr), sorted(expected, key=repr))
    return bool(answer == expected)


def _unwrapped(value: Any) -> Any:
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0 else value


def _kind(value: Any) -> str:
    value = _unwrapped(value)
    names = {str: "text", int: "number", float: "number", bool: "True or False"}
    return names.get(type(value), type(value).__name__)


def _article(noun: str) -> str:
    return noun if noun == "True or False" else f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _tried(answer: Any) -> None:
    if is_untried(answer):
        raise NotTriedError
