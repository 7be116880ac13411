"""Labels for rows that come without them: from time, from rules, from people, and from few questions.

A label that is not there is missing. Nothing here ever turns "not labelled" into 0.

==============================================  ===================================================================
natural, known_at, known_rows, require_known,   labels that time brings: what was known at a moment, and how wrong
moment_bias, window_bias                        the share of positives looks before all of it is
votes, vote_table, majority, label_model        labels that rules give: what the rules say, and what to believe
pairwise_kappa, fleiss_kappa,                   labels that people give: do they mean the same thing
krippendorff_alpha
active_learning                                 few labels, asked for one batch at a time
==============================================  ===================================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .active import active_learning
    from .agreement import fleiss_kappa, krippendorff_alpha, pairwise_kappa
    from .bias import moment_bias, window_bias
    from .dawid_skene import LabelModel, label_model
    from .delay import known_at, known_rows, natural, require_known
    from .rules import majority, vote_table, votes

__all__ = [
    "LabelModel",
    "active_learning",
    "fleiss_kappa",
    "known_at",
    "known_rows",
    "krippendorff_alpha",
    "label_model",
    "majority",
    "moment_bias",
    "natural",
    "pairwise_kappa",
    "require_known",
    "vote_table",
    "votes",
    "window_bias",
]

_HOMES = {
    "LabelModel": "dawid_skene",
    "active_learning": "active",
    "fleiss_kappa": "agreement",
    "known_at": "delay",
    "known_rows": "delay",
    "krippendorff_alpha": "agreement",
    "label_model": "dawid_skene",
    "majority": "rules",
    "moment_bias": "bias",
    "natural": "delay",
    "pairwise_kappa": "agreement",
    "require_known": "delay",
    "vote_table": "rules",
    "votes": "rules",
    "window_bias": "bias",
}


def __getattr__(name: str) -> Any:  # each topic is loaded when its first function is asked for
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
