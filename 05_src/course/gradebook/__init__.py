"""From quiz scores and assignment marks to final marks: exact, and refused by name rather than guessed.

=========  ====================================================================================================
rule       the course's rule: 0.6 × mean quiz + 0.2 × assignment 1 + 0.2 × assignment 2, pass from exactly 60
tables     a CSV of any delimiter, encoding and line ending, with the place of each cell kept
people     who is meant: one person under several names, spelled in several ways
quizzes    quiz scores as learning systems export them
results    what the assignments earned, in words or as the marks that ``course grade`` writes
overrides  what a grader decided otherwise, with the reason
lms        the system's own export back, with nothing but its mark columns changed
book       all of it together: :func:`run` is ``course gradebook``
=========  ====================================================================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .book import Standing, run
    from .rule import final_mark, passes, shown

__all__ = ["Standing", "final_mark", "passes", "run", "shown"]

_HOMES = {"Standing": "book", "final_mark": "rule", "passes": "rule", "run": "book", "shown": "rule"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
