"""From a candidate that stood trial to a run in MLflow and, if it passed, a version; then the alias. Each once."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from .. import tracking
from ..errors import ServiceError
from ..tracking import record
from ..tracking.facts import FILE
from .gates import Gate
from .training import LEARNED, TABLE, read_model

__all__ = ["CHAMPION", "promote", "register"]

CHAMPION = "champion"
EXAMPLE_ROWS = 100


def register(
    line: str,
    *,
    key: str,
    period: str,
    reasons: Sequence[str],
    searches: Mapping[str, Path],
    chosen: str,
    gates: Sequence[Gate],
    metrics: Mapping[str, float],
    facts: Mapping[str, Any],
    seed: int,
) -> dict[str, Any]:
    """Record the attempt, and if every gate was passed, register the model.

    Parameters
    ----------
    line : str
        Name of the experiment and of the registered model.
    key : str
        Of this attempt. A process that was killed on the way and comes again with it finds what it did.
    period : str
        The month at whose end it is made.
    reasons : list of str
        Why a new candidate was made.
    searches : mapping of str to Path
        The folder of each candidate's search.
    chosen : str
        The candidate that stood trial.
    gates : list of Gate
        What the gates said.
    metrics : mapping
        The chosen candidate's metrics on the holdout.
    facts : mapping
        What it was made from, as :func:`tracking.facts` tells it.
    seed : int
        Of the run.

    Returns
    -------
    dict
        ``run_id`` and ``version`` (None if refused).

    Raises
    ------
    ServiceError
        If the MLflow server does not answer, or is lost on the way. Run the factory again: it goes on from there.
    """
    passed = all(gate.passed for gate in gates)
    done = tracking.settled(line, key)
    if done is None:
        _record(line, key, period, reasons, searches, chosen, gates, metrics, facts, seed, passed)
        done = tracking.settled(line, key)
    if done is None or (passed and done["version"] is None):
        raise ServiceError(
            f"The MLflow server was lost while {line} was registered for {period}.",
            "Look at `mlsd status`, then run the factory again: it goes on from there.",
        )
    return dict(done)


def promote(line: str, version: int, period: str) -> dict[str, Any]:
    """Let the alias ``champion`` point to a version, unless it points to one of a later month.

    Whoever lives through the same months again, in another folder or with other code, makes January's champion anew:
    that is no reason to take December's away. Done again, nothing moves.

    Parameters
    ----------
    line : str
        The registered model.
    version : int
        Of it.
    period : str
        The month at whose end it was made.

    Returns
    -------
    dict
        ``version``, ``before`` (the one that was the champion until now, or None), and whether the alias ``moved``.

    Raises
    ------
    ServiceError
        If the MLflow server does not answer.
    """
    model = f"{line}@{CHAMPION}"
    before = tracking.pointed(model)
    if before is not None and str(tracking.facts(model)["params"].get("period", "")) > period:
        return {"version": version, "before": before, "moved": False}
    return {"version": version, "before": tracking.point(model, version), "moved": True}


def _record(
    line: str,
    key: str,
    period: str,
    reasons: Sequence[str],
    searches: Mapping[str, Path],
    chosen: str,
    gates: Sequence[Gate],
    metrics: Mapping[str, float],
    facts: Mapping[str, Any],
    seed: int,
    passed: bool,
) -> None:
    with tracking.run(line, name=f"{period} {chosen}", seed=seed) as run:
        run.log_params({tracking.KEY: key})
        run.flush()
        run.log_params({"period": period, "candidate": chosen, "reasons": "; ".join(reasons), "passed": passed})
        run.log_params({f"gate.{place}": f"{gate.name}: {gate.passed}" for place, gate in enumerate(gates, start=1)})
        run.log_metrics(dict(metrics))
        run.log_search(SimpleNamespace(table=_candidates(searches)))
        with tempfile.TemporaryDirectory(prefix="mlsd ") as folder:
            file = Path(folder) / "gates.json"
            file.write_text(json.dumps([asdict(gate) for gate in gates], indent=1), encoding="utf-8")
            run.log_file(file)
            told = Path(folder) / FILE
            made = {"code": record.code(), "environment": record.environment(), "seed": seed}
            told.write_text(json.dumps(dict(facts) | made, indent=1, default=str), encoding="utf-8")
            run.log_file(told)
        if passed:
            model = read_model(searches[chosen])
            example = pd.read_parquet(searches[chosen] / LEARNED)[list(model.feature_names_in_)].head(EXAMPLE_ROWS)
            run.register(model, line, example=example)


def _candidates(searches: Mapping[str, Path]) -> pd.DataFrame:
    """All searches as one table, best first, with the candidate's name among its parameters."""
    tables = []
    for name, folder in searches.items():
        table = pd.read_parquet(folder / TABLE)
        scores = table[[column for column in map(str, table) if column.endswith(("_test_score", "_time"))]]
        named = pd.Series([{"candidate": name, "values": text} for text in table["params"]], index=table.index)
        tables.append(scores.assign(params=named))
    joined = pd.concat(tables, ignore_index=True)
    joined["rank_test_score"] = joined["mean_test_score"].rank(ascending=False, method="min")
    return joined.sort_values("rank_test_score", ignore_index=True)
