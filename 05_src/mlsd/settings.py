"""Where data, database, tracking server and cluster live.

Each function reads its variable when it is called: first from the environment, then from the ``.env`` file at the
project's root, then the default. Nothing is read at import, and the environment is never changed.

==================== ======================================= ====================================================
variable             default                                 meaning
==================== ======================================= ====================================================
MLSD_DATABASE_URL    ``sqlite:///…/05_src/data/mlsd.db``     SQLAlchemy URL of the database
MLFLOW_TRACKING_URI  ``sqlite:///…/05_src/data/mlflow.db``   the tracking server's address, or a SQLite file
MLSD_DASK_SCHEDULER  none                                    address of a Dask scheduler; none = this process
MLSD_DATA_DIR        05_src/data                             everything made on demand
MLSD_LOG_DIR         05_src/logs                             log files
LOG_LEVEL            INFO                                    DEBUG, INFO, WARNING, ERROR or CRITICAL
PRICE_DATA           ../../05_src/data/prices                Parquet of daily prices
FEATURES_DATA        ../../05_src/data/features              where features are written
CREDIT_DATA          ../../05_src/data/credit/credit.csv     the credit table
MLSD_QUIZ_SECRET     none                                    facilitators: signs the links of ``course quiz serve``
==================== ======================================= ====================================================

A relative MLSD_DATA_DIR, MLSD_LOG_DIR or SQLite file starts at the project's root. The three of data are the course's
own names: notebooks read them with dotenv from 01_materials/labs and 02_activities/assignments, both two folders below
the root, so a relative value starts there.
"""

import os
from pathlib import Path

from .errors import SettingsError

__all__ = [
    "credit_data",
    "dask_scheduler",
    "data_dir",
    "database_url",
    "dotenv_values",
    "features_data",
    "get",
    "known_level",
    "log_dir",
    "log_level",
    "price_data",
    "root",
    "tracking_uri",
]

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def root() -> Path:
    """The project's folder: the checkout that this package is installed from, or else the current folder."""
    checkout = Path(__file__).resolve().parents[2]
    return checkout if (checkout / "05_src").is_dir() else Path.cwd()


def dotenv_values() -> dict[str, str]:
    """What the ``.env`` file at the project's root says; empty when there is none.

    Raises
    ------
    SettingsError
        If the file is not UTF-8.
    """
    path = root() / ".env"
    if not path.is_file():
        return {}
    from dotenv import dotenv_values as read

    try:
        return {name: value for name, value in read(path, encoding="utf-8-sig").items() if value}
    except UnicodeDecodeError as error:  # PowerShell's > writes UTF-16
        raise SettingsError(f"{path} is not UTF-8 text.", "Save it again as UTF-8 in your editor.") from error


def get(name: str, default: str | None = None) -> str | None:
    """One variable: from the environment, else from ``.env``, else the default. An empty value counts as not set.

    Parameters
    ----------
    name : str
        The variable, for example ``MLSD_DATABASE_URL``.
    default : str, optional
        What to return when it is set nowhere.

    Returns
    -------
    str or None
        The value.
    """
    return os.environ.get(name) or dotenv_values().get(name) or default


def database_url() -> str:
    """SQLAlchemy URL of the database; a SQLite file in the data folder unless MLSD_DATABASE_URL says otherwise."""
    return _from_root(get("MLSD_DATABASE_URL")) or _sqlite_in_data("mlsd.db")


def tracking_uri() -> str:
    """Address of the MLflow server; a SQLite file in the data folder unless MLFLOW_TRACKING_URI says otherwise."""
    return _from_root(get("MLFLOW_TRACKING_URI")) or _sqlite_in_data("mlflow.db")


def dask_scheduler() -> str | None:
    """Address of a Dask scheduler such as ``tcp://127.0.0.1:8786``; None means this process."""
    return get("MLSD_DASK_SCHEDULER")


def data_dir() -> Path:
    """The folder for everything made on demand. It may not exist yet."""
    return root() / (get("MLSD_DATA_DIR") or "05_src/data")


def log_dir() -> Path:
    """The folder for log files. It may not exist yet."""
    return root() / (get("MLSD_LOG_DIR") or "05_src/logs")


def log_level() -> str:
    """The level that logging starts at, from LOG_LEVEL.

    Raises
    ------
    SettingsError
        If it is none of Python's level names.
    """
    return known_level(get("LOG_LEVEL") or "INFO")


def known_level(name: str) -> str:
    """A level's name in capitals.

    Parameters
    ----------
    name : str
        DEBUG, INFO, WARNING, ERROR or CRITICAL, in any case.

    Returns
    -------
    str
        The name in capitals.

    Raises
    ------
    SettingsError
        If it is none of these.
    """
    if name.upper() not in LOG_LEVELS:
        raise SettingsError(
            f"LOG_LEVEL must be one of {list(LOG_LEVELS)}, got: {name.upper()!r}.",
            "Change it in .env, or in the environment.",
        )
    return name.upper()


def price_data() -> Path:
    """Folder of the daily prices, ``<TICKER>/<TICKER>_<YEAR>/part.0.parquet`` below it."""
    return _course_path("PRICE_DATA", "prices")


def features_data() -> Path:
    """Folder that the labs write features to."""
    return _course_path("FEATURES_DATA", "features")


def credit_data() -> Path:
    """The credit table as a CSV file."""
    return _course_path("CREDIT_DATA", "credit/credit.csv")


def _course_path(name: str, below_data: str) -> Path:
    value = get(name)
    return (root() / "01_materials" / "labs" / value).resolve() if value else data_dir() / below_data


def _from_root(url: str | None) -> str | None:
    """A SQLite URL with its file's full path, so that a notebook and a command mean the same file."""
    if not url or not url.startswith("sqlite:///"):
        return url
    file = url.removeprefix("sqlite:///")
    return f"sqlite:///{(root() / file).as_posix()}" if file and not file.startswith(":") else url


def _sqlite_in_data(file_name: str) -> str:
    return f"sqlite:///{(data_dir() / file_name).as_posix()}"
