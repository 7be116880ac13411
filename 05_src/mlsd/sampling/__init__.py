"""Draw rows without fooling yourself, split them honestly, and resample a rare class only where a model is fitted.

=====================================  ====================================================================
convenience, simple, stratified,       n rows of a frame: the first ones, by chance, so many of each kind,
weighted                               by weight
importance, weighted_mean,             rows drawn where they matter, estimates weighted back, and how many
effective_size                         plain rows they are worth
reservoir                              n of a stream, a frame or a Dask frame, seen once
split_by_time, split_by_group,         train and test that share no row, no future and no group
split_by_time_and_group, TimeFolds
Resampled, restore_rate                a classifier that resamples its training rows only; its probabilities
                                       brought back to the true rate
=====================================  ====================================================================

A frame in, a frame out: the columns stay, and the index tells which rows they were. The same seed gives the same rows.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .draws import convenience, simple, stratified, weighted
    from .folds import TimeFolds
    from .imbalance import Resampled, restore_rate
    from .importances import WeightedMean, effective_size, importance, weighted_mean
    from .reservoirs import reservoir
    from .splits import split_by_group, split_by_time, split_by_time_and_group

__all__ = [
    "Resampled",
    "TimeFolds",
    "WeightedMean",
    "convenience",
    "effective_size",
    "importance",
    "reservoir",
    "restore_rate",
    "simple",
    "split_by_group",
    "split_by_time",
    "split_by_time_and_group",
    "stratified",
    "weighted",
    "weighted_mean",
]

_HOMES = {
    "Resampled": "imbalance",
    "TimeFolds": "folds",
    "WeightedMean": "importances",
    "convenience": "draws",
    "effective_size": "importances",
    "importance": "importances",
    "reservoir": "reservoirs",
    "restore_rate": "imbalance",
    "simple": "draws",
    "split_by_group": "splits",
    "split_by_time": "splits",
    "split_by_time_and_group": "splits",
    "stratified": "draws",
    "weighted": "draws",
    "weighted_mean": "importances",
}


def __getattr__(name: str) -> Any:  # only the splitter and the classifier need scikit-learn
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
