"""Run the factory: every line of a spec through every month, and the story of it as a table and a page."""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import settings
from ..errors import DataError, require_columns
from ..tracking import record
from . import training
from .line import live
from .spec import Spec, read
from .steps import Shop, alone

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Run", "run"]

log = logging.getLogger(__name__)
STORY = "story.json"


@dataclass(frozen=True)
class Run:
    """What the factory did.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a line and month: ``line, period, rows, rejected, rate, mean_probability, log_loss, alerts, reasons,
        candidate, released, version`` (of the champion at the end of the month).
    story : list of dict
        All of it; see :func:`factory.line.live`.
    report : Path
        The page.
    made, found : int
        How many steps were done, and how many were there already.
    """

    table: pd.DataFrame
    story: list[dict[str, Any]]
    report: Path
    made: int
    found: int

    def __repr__(self) -> str:
        return f"{len(self.table)} months, {self.made} steps done, {self.found} found; the story: {self.report}"


def run(
    spec: str | Path | Spec,
    *,
    home: str | Path | None = None,
    client: "Client | None" = None,
    tell: Callable[[str], None] | None = None,
) -> Run:
    """Live through the months of a spec; killed at any moment and run again, it goes on where it was.

    Parameters
    ----------
    spec : path or Spec
        A TOML file, the name of a shipped spec (``late_flights``), or what ``factory.read`` gave.
    home : path, optional
        Where steps are kept; by default ``factory/<name>`` in the data folder.
    client : distributed.Client, optional
        A Dask client whose workers see the same disk: candidates are searched there side by side; with ``data.each``,
        the models of all values.
    tell : function, optional
        Called with each step that is begun.

    Returns
    -------
    Run
        The table, the story, and the page.

    Raises
    ------
    DataError
        If the spec or the data cannot be used.
    ServiceError
        If the MLflow server does not answer.
    WriteError
        If another factory works in the same folder.
    """
    from .report import write

    plan = spec if isinstance(spec, Spec) else read(spec)
    place = Path(home) if home else settings.data_dir() / "factory" / plan.name
    shop = Shop(place.resolve(), record.code()["digest"], tell or log.info)
    with alone(shop.home):
        lines = _lines(plan)
        everywhere = _one_by_one if client is None else _Everywhere(client)
        outer, inner = (everywhere, _one_by_one) if len(lines) > 1 else (_one_by_one, everywhere)
        stories = outer(_Live(shop, plan, inner), lines)
        story = [told for told_of in stories for told in told_of]
        (shop.home / STORY).write_text(json.dumps(story, indent=1, default=str), encoding="utf-8")
        page = write(story, plan, shop.home / "report.html")
    steps = [step for told in story for step in told["steps"]]
    found = sum(step["found"] for step in steps)
    return Run(_table(story), story, page, len(steps) - found, found)


def _lines(plan: Spec) -> list[tuple[str, Any]]:
    """Name and value of each model to make."""
    if plan.data.each is None:
        return [(plan.name, None)]
    frame = training.loaded(plan.data)
    require_columns(frame.columns, [plan.data.each], where=plan.data.load)
    values = sorted(frame[plan.data.each].dropna().unique())
    if not values:
        raise DataError(f"Column {plan.data.each!r} has no values, so there is no model to make.")
    return [(f"{plan.name}-{value}", value) for value in values]


@dataclass(frozen=True)
class _Live:
    """One line's life as a call that can be sent to another process."""

    shop: Shop
    plan: Spec
    each: Any

    def __call__(self, line: tuple[str, Any]) -> list[dict[str, Any]]:
        return live(self.shop, self.plan, *line, each=self.each)


def _one_by_one(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    return [function(item) for item in items]


@dataclass(frozen=True)
class _Everywhere:
    """Call a function for each item on a cluster."""

    client: Any

    def __call__(self, function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        uri = settings.tracking_uri()
        futures = [self.client.submit(_at, uri, function, item, pure=False) for item in items]
        return self.client.gather(futures)


def _at(uri: str, function: Callable[[Any], Any], item: Any) -> Any:
    """Call it with runs going to the same place as here."""
    import os

    os.environ["MLFLOW_TRACKING_URI"] = uri
    return function(item)


def _table(story: list[dict[str, Any]]) -> pd.DataFrame:
    rows = []
    for told in story:
        answers, outcome = told.get("answers") or {}, told.get("outcome") or {}
        rows.append(
            {
                "line": told["line"],
                "period": told["period"],
                "rows": told["data"]["rows"],
                "rejected": told["data"]["rejected"],
                "rate": answers.get("rate"),
                "mean_probability": answers.get("mean_probability"),
                "log_loss": answers.get("log_loss"),
                "alerts": "; ".join(each["rule"] for each in told.get("alerts", [])),
                "reasons": "; ".join(told["reasons"]),
                "candidate": outcome.get("chosen"),
                "released": outcome.get("released"),
                "version": (told["champion"] or {}).get("version"),
            }
        )
    return pd.DataFrame(rows).astype({"version": "Int64", "released": "boolean"})
