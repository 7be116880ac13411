"""Has the data changed since the model learned it? A reference and what comes now go in, a table comes out.

=======================================  ======================================================================
compare                                  each column tested, with a verdict and a note in words
prepare                                  a reference sorted and counted once, for many comparisons
measures                                 PSI, Jensen–Shannon and Wasserstein of each column, without a test
joint                                    can a classifier tell both apart? Finds what no single column shows
ks, chi_square                           the tests for two samples by themselves
psi, jensen_shannon, wasserstein         the distances for two samples by themselves
shares                                   the bins that PSI looks at, and what lies in them
PageHinkley, Adwin, Ddm, alarms          change in a stream, value by value or as a series
plot, plot_column                        what drifted, and how one column looked before and looks now
=======================================  ======================================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .categories import chi_square
    from .classifier import Joint, joint
    from .comparison import Drift, compare
    from .distances import jensen_shannon, psi, psi_by_chance, shares, wasserstein
    from .kolmogorov import Test, ks
    from .measuring import measures
    from .plots import plot, plot_column
    from .streams import Adwin, Ddm, PageHinkley, alarms
    from .summary import Reference, prepare

__all__ = [
    "Adwin",
    "Ddm",
    "Drift",
    "Joint",
    "PageHinkley",
    "Reference",
    "Test",
    "alarms",
    "chi_square",
    "compare",
    "jensen_shannon",
    "joint",
    "ks",
    "measures",
    "plot",
    "plot_column",
    "prepare",
    "psi",
    "psi_by_chance",
    "shares",
    "wasserstein",
]

_HOMES = {
    "Adwin": "streams",
    "Ddm": "streams",
    "Drift": "comparison",
    "Joint": "classifier",
    "PageHinkley": "streams",
    "Reference": "summary",
    "Test": "kolmogorov",
    "alarms": "streams",
    "chi_square": "categories",
    "compare": "comparison",
    "jensen_shannon": "distances",
    "joint": "classifier",
    "ks": "kolmogorov",
    "measures": "measuring",
    "plot": "plots",
    "plot_column": "plots",
    "prepare": "summary",
    "psi": "distances",
    "psi_by_chance": "distances",
    "shares": "distances",
    "wasserstein": "distances",
}


def __getattr__(name: str) -> Any:  # each topic is loaded when its first function is asked for
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
