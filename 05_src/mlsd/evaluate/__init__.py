"""How good is a model, and is it good enough for what it is for.

The positive class is 1, and a probability is that of a 1. A case is *flagged* where its probability is at least the
threshold; a flagged 0 is a false alarm, a 1 that is not flagged is a miss.

=============================================  ============================================================
RuleClassifier, RateBy                         baselines: a rule somebody has already, the rate of like cases
panel                                          a table of metrics for a rare class, one column a model
cost_curve, best_threshold,                    what false alarms and misses cost, and the threshold that
calibrated_threshold                           follows from it
calibrate, calibration_table, brier_parts,     whether 30 % means 30 of 100, and how to put it right
expected_calibration_error
conformal                                      intervals and sets with a coverage promise, also per group
slices, simpson                                for whom a model is worse; when an average turns the sign
invariance, direction, minimum                 what a model must do, as tests of behaviour
model_card                                     what a run's record says, for people, in Markdown and HTML
compare, nested                                one model against another, and a whole search, without luck
paired, losses                                 two fitted models on the same rows, with an interval by day
=============================================  ============================================================

The majority as a baseline is scikit-learn's own ``DummyClassifier``. A threshold, once chosen, becomes part of a model
by scikit-learn's ``FixedThresholdClassifier``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .baselines import RateBy, RuleClassifier
    from .behaviour import Behaviour, direction, invariance, minimum
    from .calibration import brier_parts, calibrate, calibration_table, expected_calibration_error
    from .card import model_card
    from .comparison import Comparison, Nested, compare, nested
    from .conformal_sets import Conformal, conformal
    from .costs import best_threshold, calibrated_threshold, cost_curve
    from .metrics import panel
    from .paradox import Simpson, simpson
    from .same_rows import Paired, losses, paired
    from .slicing import slices

__all__ = [
    "Behaviour",
    "Comparison",
    "Conformal",
    "Nested",
    "Paired",
    "RateBy",
    "RuleClassifier",
    "Simpson",
    "best_threshold",
    "brier_parts",
    "calibrate",
    "calibrated_threshold",
    "calibration_table",
    "compare",
    "conformal",
    "cost_curve",
    "direction",
    "expected_calibration_error",
    "invariance",
    "losses",
    "minimum",
    "model_card",
    "nested",
    "paired",
    "panel",
    "simpson",
    "slices",
]

_HOMES = {
    "Behaviour": "behaviour",
    "Comparison": "comparison",
    "Conformal": "conformal_sets",
    "Nested": "comparison",
    "Paired": "same_rows",
    "RateBy": "baselines",
    "RuleClassifier": "baselines",
    "Simpson": "paradox",
    "best_threshold": "costs",
    "brier_parts": "calibration",
    "calibrate": "calibration",
    "calibrated_threshold": "costs",
    "calibration_table": "calibration",
    "compare": "comparison",
    "conformal": "conformal_sets",
    "cost_curve": "costs",
    "direction": "behaviour",
    "expected_calibration_error": "calibration",
    "invariance": "behaviour",
    "losses": "same_rows",
    "minimum": "behaviour",
    "model_card": "card",
    "nested": "comparison",
    "paired": "same_rows",
    "panel": "metrics",
    "simpson": "paradox",
    "slices": "slicing",
}


def __getattr__(name: str) -> Any:  # each topic is loaded when its first name is asked for
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
