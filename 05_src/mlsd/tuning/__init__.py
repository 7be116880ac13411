"""Find good parameters: one search, one table, best first.

================  ==========================================================================================
grid_search       every combination of a grid; each score equal to ``GridSearchCV``'s, but what candidates have in
                  common is fitted once
random_search     so many draws from distributions; the candidates of ``RandomizedSearchCV``
tpe_search        each batch of candidates drawn near what did well so far (optuna's TPE), on the same space
halving_search    many candidates on few rows, the best of them on more; the rounds of ``HalvingGridSearchCV``
Search            what each returns: ``.table``, ``.best``, ``.best_params``, ``.best_score``, the budget spent
================  ==========================================================================================

A *space* is a dict of parameter name to a list of values or a frozen distribution of scipy.stats, such as
``{"clf__C": loguniform(0.01, 100), "clf__l1_ratio": [0, 0.5, 1]}``; or a list of such dicts, of which one is drawn
first. The same space serves random, TPE and halving.

All of them run here, on threads or processes (``n_jobs=``), or on a Dask cluster (``client=``); write what is done to a
file and go on from it (``file=``); and keep what is done when they are stopped with Ctrl-C.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .grid import grid_search, random_search
    from .halving import halving_search
    from .result import Search
    from .tpe import tpe_search

__all__ = ["Search", "grid_search", "halving_search", "random_search", "tpe_search"]

_HOMES = {
    "Search": "result",
    "grid_search": "grid",
    "halving_search": "halving",
    "random_search": "grid",
    "tpe_search": "tpe",
}


def __getattr__(name: str) -> Any:  # optuna is loaded for TPE only
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
