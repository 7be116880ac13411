"""Named models for the running cases: a baseline, a linear and a boosted one each, as unfitted scikit-learn pipelines.

========  ================  =================  ================  ==================================
case      baseline          linear             boosted           data
========  ================  =================  ================  ==================================
flights   flights_baseline  flights_logistic   flights_boosted   ``datasets.load_late_flights()``
credit    credit_baseline   credit_logistic    credit_boosted    ``datasets.make_credit()``
fires     fires_baseline    fires_linear       fires_boosted     ``datasets.make_fires()``
========  ================  =================  ================  ==================================

Each call makes a fresh object. Each takes the whole frame: the first step, ``columns``, picks what the model uses by
name, so that a label, an instant or a column from after the decision never gets in. The last step is called ``clf`` or
``reg``. What is done to the columns in between is fitted with the rest, on the training rows only.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .credit import credit_baseline, credit_boosted, credit_logistic
    from .fires import fires_baseline, fires_boosted, fires_linear
    from .flights import flights_baseline, flights_boosted, flights_logistic
    from .steps import PickColumns

__all__ = [
    "PickColumns",
    "credit_baseline",
    "credit_boosted",
    "credit_logistic",
    "fires_baseline",
    "fires_boosted",
    "fires_linear",
    "flights_baseline",
    "flights_boosted",
    "flights_logistic",
]

_HOMES = {
    "PickColumns": "steps",
    "credit_baseline": "credit",
    "credit_boosted": "credit",
    "credit_logistic": "credit",
    "fires_baseline": "fires",
    "fires_boosted": "fires",
    "fires_linear": "fires",
    "flights_baseline": "flights",
    "flights_boosted": "flights",
    "flights_logistic": "flights",
}


def __getattr__(name: str) -> Any:  # each case is loaded when its first model is asked for
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
