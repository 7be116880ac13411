"""Audits that find a leak and measure what it pretended.

A leak lets a model see, while it learns, what it will not have when it predicts. Its score looks better than it is.
Each audit looks for one kind of leak in a table of features ``X`` and its target ``y``; :func:`audit` runs them all. A
finding says which columns, what the evidence is, and its **optimism**: the score with the leak less the score without
it, by cross- validation.

==================  ==================  ========================================================================
kind                function            what it finds
==================  ==================  ========================================================================
time                audit_time          a shuffled split flatters rows that depend on time
groups              audit_groups        a group (a patient, a customer) lies on both sides of the split
duplicates          audit_duplicates    a row, or its near copy, lies on both sides of the split
oversampling        audit_oversampling  rows of a rare class were copied or made up before the split
scaling             audit_scaling       a column was scaled with statistics of all rows
imputation          audit_imputation    gaps were filled with statistics of all rows
target encoding     audit_encoding      a column holds means of the target over all rows
after decision      audit_decision      a column was known only after the decision, or only if the outcome came
target proxy        audit_proxies       a column, or a pair, is the target in other words
generation process  audit_generation    how the table was made tells the target: ids, row order, rounding
==================  ==================  ========================================================================

The audits are careful: what a legitimate table can show as well, such as one strong feature, a spike at zero, or
natural repeats of whole numbers, is not reported. So a clean report is no proof: nobody can see in a column of numbers
when it was known.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .decision import audit_decision
    from .generation import audit_generation
    from .oversampling import audit_oversampling
    from .preparation import audit_encoding, audit_imputation, audit_scaling
    from .proxies import audit_proxies
    from .report import Audit, audit
    from .rows import audit_duplicates
    from .splits import audit_groups, audit_time

__all__ = [
    "Audit",
    "audit",
    "audit_decision",
    "audit_duplicates",
    "audit_encoding",
    "audit_generation",
    "audit_groups",
    "audit_imputation",
    "audit_oversampling",
    "audit_proxies",
    "audit_scaling",
    "audit_time",
]

_HOMES = {
    "Audit": "report",
    "audit": "report",
    "audit_decision": "decision",
    "audit_duplicates": "rows",
    "audit_encoding": "preparation",
    "audit_generation": "generation",
    "audit_groups": "splits",
    "audit_imputation": "preparation",
    "audit_oversampling": "oversampling",
    "audit_proxies": "proxies",
    "audit_scaling": "preparation",
    "audit_time": "splits",
}


def __getattr__(name: str) -> Any:  # an audit, and scikit-learn with it, is loaded when it is asked for
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
