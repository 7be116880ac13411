"""What was served, what it said, what went wrong, and when somebody should look: from the served log and late labels.

::

    log = serve.read_log("late-flights", since="2013-02-01")
    table = monitor.measure(log, reference=january, labels=arrivals, key="flight_id", every="1D")
    monitor.alerts(table, monitor.read_rules("rules.toml"))
    monitor.dashboard("late-flights", reference=january, path="february.html")      # the same page, live: mlsd monitor

===================================  =====================================================================
measure                              a row a window of time: traffic, latency, drift, and accuracy as labels arrive
Rule, read_rules                     which figure may not pass which limit, for how long: by hand or from TOML
limits                               a limit from calm windows, with the false alarms that it will raise
alerts                               the alerts that opened and closed, each once, in words
dashboard, run                       all of it as a page: one HTML file, or live in the browser
===================================  =====================================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .alerting import alerts
    from .calm import limits
    from .live import dashboard, run
    from .measures import measure
    from .rules import Rule, read_rules

__all__ = ["Rule", "alerts", "dashboard", "limits", "measure", "read_rules", "run"]

_HOMES = {
    "Rule": "rules",
    "alerts": "alerting",
    "dashboard": "live",
    "limits": "calm",
    "measure": "measures",
    "read_rules": "rules",
    "run": "live",
}


def __getattr__(name: str) -> Any:  # each topic is loaded when it is first asked for
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
