"""The model factory: a spec goes in; a gated, registered champion comes out, is watched, and replaced when that pays.

::

    mlsd factory run late_flights                    # a shipped spec, or the path of yours

    done = factory.run("my_spec.toml")               # killed at any moment and run again, it goes on where it was
    done.table                                       # a row a month: what was seen, what was decided and why
    tracking.load("late-flights@champion")

=====================================  ======================================================================
run, Run (running)                     live through the months of a spec, here or on a Dask cluster
read, Spec, shipped (spec)             a spec in TOML, every key checked; the specs that come with mlsd
sort_out (checks)                      good rows and bad ones, with the reason
judge, Gate, Trial (gates)             may this candidate replace the champion?
assign, decide, decide_canary,         shadow and canary: which requests the challenger gets, and the rule that ends
Rollout (rollout)                      the trial
verdict (verdicts)                     the served log and the labels of a trial, put to that rule
write (report)                         the story as one page
=====================================  ======================================================================

For each month: **data** (load, check, keep rejects) → **watch** (the champion answers; drift, calibration, alerts) →
if there is a reason: **search** for each candidate → **trial** (gates on days that nobody learned from) → **register**
→ **serve** (asked over HTTP, it must answer as in batch) → **promote** by alias; or refused, with the reason.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checks import sort_out
    from .gates import Gate, Trial, judge
    from .report import write
    from .rollout import Rollout, assign, decide, decide_canary
    from .running import Run, run
    from .spec import Spec, read, shipped
    from .verdicts import verdict

__all__ = [
    "Gate",
    "Rollout",
    "Run",
    "Spec",
    "Trial",
    "assign",
    "decide",
    "decide_canary",
    "judge",
    "read",
    "run",
    "shipped",
    "sort_out",
    "verdict",
    "write",
]

_HOMES = {
    "Gate": "gates",
    "Rollout": "rollout",
    "Run": "running",
    "Spec": "spec",
    "Trial": "gates",
    "assign": "rollout",
    "decide": "rollout",
    "decide_canary": "rollout",
    "judge": "gates",
    "read": "spec",
    "run": "running",
    "shipped": "spec",
    "sort_out": "checks",
    "verdict": "verdicts",
    "write": "report",
}


def __getattr__(name: str) -> Any:  # each topic is loaded when it is first asked for
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
