"""One call sets Python's standard logging, as text for people or as JSON for machines.

Everywhere else a module says ``logging.getLogger(__name__)`` and writes to it; nothing here is needed for that.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

from . import settings

__all__ = ["JsonFormatter", "setup"]

TEXT = "%(asctime)s %(levelname)-8s %(name)s: %(message)s"
_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def setup(*, as_json: bool = False, file: str | Path | None = None, level: str | None = None) -> logging.Logger:
    """Send log records to the screen, or to a file.

    Calling it again replaces what the call before set up: no line comes twice. Handlers of other libraries stay.

    Parameters
    ----------
    as_json : bool
        One JSON object a line, as log collectors read it, instead of text.
    file : str or pathlib.Path, optional
        Append to this file, in ``settings.log_dir()`` if the path is relative. Default: standard error.
    level : str, optional
        DEBUG, INFO, WARNING, ERROR or CRITICAL. Default: ``settings.log_level()``.

    Returns
    -------
    logging.Logger
        The root logger.

    Raises
    ------
    SettingsError
        If the level is none of these.

    Examples
    --------
    >>> _ = setup(as_json=True, file=getfixture("tmp_path") / "run.log")
    >>> logging.getLogger("lab").info("read %s rows", 3, extra={"run_id": "r1"})
    >>> line = json.loads((getfixture("tmp_path") / "run.log").read_text())
    >>> line["message"], line["run_id"]
    ('read 3 rows', 'r1')
    """
    level = settings.known_level(level) if level else settings.log_level()
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if getattr(handler, "set_by_mlsd", False)]:
        root.removeHandler(handler)
        handler.close()
    handler = _handler(file)
    handler.setFormatter(JsonFormatter() if as_json else logging.Formatter(TEXT))
    handler.set_by_mlsd = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(level)
    return root


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message, whatever ``extra`` gave, and the exception.

    Examples
    --------
    >>> record = logging.makeLogRecord({"name": "lab", "levelname": "INFO", "msg": "done", "run_id": "r1"})
    >>> {k: v for k, v in json.loads(JsonFormatter().format(record)).items() if k != "time"}
    {'level': 'INFO', 'logger': 'lab', 'message': 'done', 'run_id': 'r1'}
    """

    def format(self, record: logging.LogRecord) -> str:
        """Make the line; a value that JSON does not know is written as text."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def _handler(file: str | Path | None) -> logging.Handler:
    if file is None:
        return logging.StreamHandler(sys.stderr)
    path = settings.log_dir() / file
    path.parent.mkdir(parents=True, exist_ok=True)
    return logging.FileHandler(path, encoding="utf-8")
