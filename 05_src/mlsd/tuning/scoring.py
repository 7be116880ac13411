"""One way to score for one scorer, several, or a function of your own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from numbers import Number
from traceback import format_exception_only
from typing import Any

from sklearn.metrics import check_scoring, get_scorer

__all__ = ["ONLY", "Scoring", "accepts_weights", "ask", "ask_each", "read_scoring", "short"]

SCORER = type(get_scorer("accuracy"))
ONLY = "score"  # what scikit-learn calls the only scorer


@dataclass(frozen=True)
class Scoring:
    """Scorers by what they look at.

    Attributes
    ----------
    names : tuple of str
        The metrics in order; empty where only the function's own answer tells.
    predicting : callable, optional
        Scikit-learn's scorers: all they ask is predictions, so the last step on transformed rows will do.
    looking : callable, optional
        Functions of your own: they get the whole fitted pipeline and the rows as they came.
    alone : dict of str to callable
        The predicting ones of several, one by one.
    """

    names: tuple[str, ...]
    predicting: Callable | None
    looking: Callable | None
    alone: Mapping[str, Callable] = field(default_factory=dict)


def read_scoring(estimator: Any, scoring: Any) -> Scoring:
    """Sort the scorers into those that only predict and those that may look into the pipeline.

    Parameters
    ----------
    estimator : estimator
        What is scored; its own ``score`` if `scoring` is None.
    scoring : str, callable, list, tuple, set, dict or None
        As for ``GridSearchCV``.

    Returns
    -------
    Scoring
    """
    if isinstance(scoring, (list, tuple, set, Mapping)):
        check_scoring(estimator, scoring=scoring)  # raises what is wrong with them
        named = dict(scoring) if isinstance(scoring, Mapping) else {name: name for name in scoring}
        own = {name for name, scorer in named.items() if not isinstance(scorer, (str, SCORER))}
        parts = [{name: named[name] for name in named if (name in own) == looking} for looking in (False, True)]
        predicting, looking = (
            check_scoring(estimator, scoring=part, raise_exc=False) if part else None for part in parts
        )
        alone = {name: check_scoring(estimator, scoring=scorer) for name, scorer in parts[0].items()}
        return Scoring(tuple(named), predicting, looking, alone)
    scorer = check_scoring(estimator, scoring=scoring)
    if scoring is None or isinstance(scorer, SCORER):
        return Scoring((ONLY,), scorer, None)
    return Scoring((), None, scorer)


def accepts_weights(scoring: Scoring) -> bool:
    """Whether any scorer takes ``sample_weight``.

    Parameters
    ----------
    scoring : Scoring
        The scorers.

    Returns
    -------
    bool
    """
    return any(_weighs(scorer) for scorer in (scoring.predicting, scoring.looking) if scorer)


def _weighs(scorer: Callable) -> bool:
    known = getattr(scorer, "_accept_sample_weight", None)
    return known() if known else "sample_weight" in signature(scorer).parameters


def ask_each(
    scorers: Mapping[str, Callable], estimator: Any, X: Any, y: Any, params: dict[str, Any]
) -> tuple[dict[str, float], str | None]:
    """Ask one by one: where one of several cannot be asked at all, scikit-learn asks none of them.

    Parameters
    ----------
    scorers : dict of str to callable
        By name.
    estimator, X, y, params : object
        As for :func:`ask`.

    Returns
    -------
    scores : dict of str to float
        NaN where it failed.
    error : str or None
        The first.
    """
    answers = {
        name: ask(scorer, estimator, X, y, params if _weighs(scorer) else {}) for name, scorer in scorers.items()
    }
    errors = [error for _, error in answers.values() if error]
    return {name: scores.get(ONLY, float("nan")) for name, (scores, _) in answers.items()}, next(iter(errors), None)


def ask(
    scorer: Callable, estimator: Any, X: Any, y: Any, params: dict[str, Any]
) -> tuple[dict[str, float], str | None]:
    """Scores by name, NaN where a scorer failed, and what the first failure said.

    Parameters
    ----------
    scorer : callable
        One or several, as scikit-learn made them.
    estimator, X, y : object
        What to score; y may be None.
    params : dict
        Further arguments, cut to these rows.

    Returns
    -------
    scores : dict of str to float
        Empty where the scorer failed as a whole.
    error : str or None
    """
    try:
        answer = scorer(estimator, X, **params) if y is None else scorer(estimator, X, y, **params)
        named = answer if isinstance(answer, dict) else {ONLY: answer}
        errors = [said.strip().splitlines()[-1] for said in named.values() if isinstance(said, str)]
        return {name: _number(name, said) for name, said in named.items()}, next(iter(errors), None)
    except Exception as error:
        return {}, short(error)


def _number(name: str, said: Any) -> float:
    if isinstance(said, str):  # how several scorers hand on a traceback
        return float("nan")
    value = said.item() if hasattr(said, "item") else said
    if not isinstance(value, Number):
        raise TypeError(f"scoring must return a number, got {type(value).__name__} for {name!r}")
    return float(value)  # type: ignore[arg-type]


def short(error: BaseException) -> str:
    """An exception in one line, as at the end of a traceback.

    Parameters
    ----------
    error : exception
        What was caught.

    Returns
    -------
    str
    """
    return " ".join("".join(format_exception_only(error)).split())
