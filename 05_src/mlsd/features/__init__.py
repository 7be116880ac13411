"""New columns: functions that look back and never ahead, and fitted transformers that scikit-learn lacks.

===================================  ==========================================================================
add_lags, add_returns, add_range,    what the rows before in the same group say, on pandas and on Dask
add_rolling
add_asof                             the latest row of another table that was known by then, on pandas and on Dask
add_known_rate                       the target's rate by category, from the labels known by then
FrequencyEncoder, HashEncoder,       transformers for many categories, for categories that act together, and for
CrossEncoder, CyclicalTime           time that goes in circles
===================================  ==========================================================================

The functions need pandas alone; scikit-learn is loaded when the first transformer is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .asof import add_asof
    from .encoders import CrossEncoder, CyclicalTime, FrequencyEncoder, HashEncoder
    from .history import add_known_rate
    from .windows import add_lags, add_range, add_returns, add_rolling

__all__ = [
    "CrossEncoder",
    "CyclicalTime",
    "FrequencyEncoder",
    "HashEncoder",
    "add_asof",
    "add_known_rate",
    "add_lags",
    "add_range",
    "add_returns",
    "add_rolling",
]

_HOMES = {
    "CrossEncoder": "encoders",
    "CyclicalTime": "encoders",
    "FrequencyEncoder": "encoders",
    "HashEncoder": "encoders",
    "add_asof": "asof",
    "add_known_rate": "history",
    "add_lags": "windows",
    "add_range": "windows",
    "add_returns": "windows",
    "add_rolling": "windows",
}


def __getattr__(name: str) -> Any:  # each topic is loaded when its first function is asked for
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
