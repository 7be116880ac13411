"""Every error that mlsd raises on purpose.

::

    MlsdError                   says what happened and what to do next
    ├── SettingsError           a setting is missing or cannot be used
    ├── ServiceError            a database, tracking server or cluster does not answer
    ├── DataError               data breaks a promise: a column, a type, a value, a file
    │   └── ColumnError         a column that was asked for is not there
    └── WriteError              a write did not happen; what was there before still is

``except MlsdError`` catches them all. Errors of pandas, SQLAlchemy, Dask and MLflow pass through as they are
when they already say what is wrong.
"""

from collections.abc import Iterable

__all__ = ["ColumnError", "DataError", "MlsdError", "ServiceError", "SettingsError", "WriteError", "require_columns"]


class MlsdError(Exception):
    """Something that mlsd can name, with a fix.

    Parameters
    ----------
    problem : str
        What happened, where, and what was seen.
    fix : str, optional
        What to do next. It becomes the last line of the message.

    Examples
    --------
    >>> print(MlsdError("Port 5000 is taken by 'python'.", fix="Set MLFLOW_PORT=5001 in .env."))
    Port 5000 is taken by 'python'.
    Fix: Set MLFLOW_PORT=5001 in .env.
    """

    def __init__(self, problem: str, fix: str | None = None):
        self.problem = problem
        self.fix = fix
        super().__init__(f"{problem}\nFix: {fix}" if fix else problem)

    def __reduce__(self):  # so that an error survives the way back from a Dask worker
        return type(self), (self.problem, self.fix)


class SettingsError(MlsdError):
    """A setting is missing or cannot be used."""


class ServiceError(MlsdError):
    """A database, tracking server or cluster does not answer."""


class DataError(MlsdError):
    """Data breaks a promise: a column, a type, a value, a file."""


class ColumnError(DataError):
    """A column that was asked for is not there."""


class WriteError(MlsdError):
    """A write did not happen; what was there before still is."""


def require_columns(columns: Iterable[str], wanted: Iterable[str], where: str = "the frame") -> None:
    """Raise a ColumnError that names what is missing and what it may have meant.

    Parameters
    ----------
    columns : iterable of str
        The columns that exist.
    wanted : iterable of str
        The columns that are needed.
    where : str
        What holds the columns, for the message.

    Examples
    --------
    >>> require_columns(["Date", "Close"], ["close"])
    Traceback (most recent call last):
    ...
    mlsd.errors.ColumnError: Column 'close' is not in the frame. It has: ['Date', 'Close'].
    Fix: Did you mean 'Close'?
    """
    existing = [str(column) for column in columns]
    missing = [str(column) for column in wanted if column not in existing]
    if missing:
        named = f"Column {missing[0]!r} is" if len(missing) == 1 else f"Columns {missing} are"
        near = [column for column in existing if column.lower() in {name.lower() for name in missing}]
        fix = f"Did you mean {', '.join(map(repr, near or _similar(missing, existing)))}?"
        raise ColumnError(f"{named} not in {where}. It has: {existing}.", fix)


def _similar(missing: list[str], existing: list[str]) -> list[str]:
    from difflib import get_close_matches

    near = [match for name in missing for match in get_close_matches(name, existing, n=2)]
    return near or existing[:3]
