"""All that the dashboard shows, measured at one moment: from a log, a reference, labels and rules, or their files."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError
from ..serve.served_log import read_log
from . import page
from .alerting import alerts
from .measures import measure
from .rules import Rule, read_rules
from .slicing import ALL

__all__ = ["snapshot"]


def snapshot(
    name_or_log: str | pd.DataFrame,
    *,
    reference: Any = None,
    labels: Any = None,
    rules: Any = None,
    by: str | Sequence[str] | None = None,
    title: str | None = None,
    newest: int | None = None,
    **options: Any,
) -> page.Snapshot:
    """Measure now, and see what the rules say.

    Parameters
    ----------
    name_or_log
        As in :func:`mlsd.monitor.dashboard`.
    reference, labels, rules
        The same, or files.
    by, title
        As in :func:`mlsd.monitor.dashboard`.
    newest : int, optional
        Only so many windows, the last ones.
    **options
        For :func:`measure`.

    Returns
    -------
    Snapshot
        For the page.

    Raises
    ------
    DataError, ColumnError, SettingsError
        As :func:`dashboard`.
    """
    served = read_log(name_or_log) if isinstance(name_or_log, str) else name_or_log
    if newest and len(served):
        length = pd.tseries.frequencies.to_offset(options.get("every", "1D"))
        served = served[served["time"] >= (served["time"].max() - (newest - 1) * length).floor("D")]
    if isinstance(name_or_log, str) and options.get("now") is None:
        options["now"] = _now(served, options.get("every", "1D"))
    options |= {"reference": _frame(reference), "labels": labels if _is_column(labels, served) else _frame(labels)}
    tables = [measure(served, by=feature, **options) for feature in ([by] if by is None or isinstance(by, str) else by)]
    measures = pd.concat([tables[0], *(table[table["slice"] != ALL] for table in tables[1:])], ignore_index=True)
    held = _rules(rules)
    name = title or (name_or_log if isinstance(name_or_log, str) else "A log")
    missing = [
        what for what, given in (("reference", reference), ("labels", labels), ("rules", rules)) if given is None
    ]
    return page.Snapshot(name, measures, alerts(measures, held), held, _note(served, missing))


def _frame(given: Any) -> Any:
    """A table from its file; everything else as it is."""
    if not isinstance(given, str | Path):
        return given
    if Path(given).suffix not in (".parquet", ".csv"):
        raise DataError(f"{given} is neither Parquet nor CSV.", "Name a file that ends in .parquet or .csv.")
    if Path(given).suffix == ".parquet":
        return pd.read_parquet(given)
    table = pd.read_csv(given)
    times = [name for name in table.columns if name == "known_at"]
    return table.assign(**{name: pd.to_datetime(table[name], utc=True) for name in times})


def _now(served: pd.DataFrame, every: str) -> pd.Timestamp | None:
    """The present moment, so that silence is seen; not for a log that ended long ago."""
    now = pd.Timestamp.now(tz="UTC")
    long = 90 * pd.tseries.frequencies.to_offset(every)
    return now if len(served) and served["time"].max() + long > now else None


def _is_column(labels: Any, served: pd.DataFrame) -> bool:
    return isinstance(labels, str) and labels in served


def _rules(given: Any) -> list[Rule]:
    if given is None:
        return []
    if isinstance(given, str | Path):
        return read_rules(given)
    return [given] if isinstance(given, Rule) else list(given)


def _note(served: pd.DataFrame, missing: list[str]) -> str:
    torn = served.attrs.get("torn_lines", 0)
    said = [f"{len(served):,} rows, measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC."]
    said += [f"No {', no '.join(missing)} given: what needs them is left out."] if missing else []
    said += [f"{torn} lines of the log are torn and left out."] if torn else []
    return " ".join(said)
