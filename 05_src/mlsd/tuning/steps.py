"""The steps of a pipeline as one list, and which candidates agree on the first of them."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ..errors import DataError

__all__ = ["Member", "branches", "configured", "flat_steps", "plan", "step_fits"]

PLAIN = (str, bytes, int, float, complex, bool, type(None))


class Member(NamedTuple):
    """A candidate with its place in the tree: two that agree on path[:i] share the first i fitted steps."""

    number: int
    params: dict[str, Any]
    path: tuple[int, ...]


def configured(pipeline: Any, params: dict[str, Any]) -> Any:
    """An unfitted copy of the pipeline with a candidate's parameters, which are copied too.

    Parameters
    ----------
    pipeline : estimator
        It stays as it is.
    params : dict
        A candidate.

    Returns
    -------
    estimator
    """
    return clone(pipeline).set_params(**{name: clone(value, safe=False) for name, value in params.items()})


def flat_steps(estimator: Any) -> list[tuple[str, Any]]:
    """The steps in the order in which they are fitted, those of nested pipelines with their full names.

    What is no plain scikit-learn pipeline is a single step without a name: a subclass may fit in another way (one of
    imbalanced-learn resamples), and with metadata routing a step's arguments are not known by its name.

    Parameters
    ----------
    estimator : estimator
        A pipeline or any other.

    Returns
    -------
    list of (str, estimator)
    """
    return list(_unnested(estimator, "")) if _is_plain(estimator) else [("", estimator)]


def _unnested(pipeline: Pipeline, inside: str) -> Iterator[tuple[str, Any]]:
    for name, step in pipeline.steps:
        if _is_plain(step):
            yield from _unnested(step, f"{inside}{name}__")
        else:
            yield f"{inside}{name}", step


def _is_plain(estimator: Any) -> bool:
    plain = type(estimator) is Pipeline and bool(estimator.steps) and estimator.transform_input is None
    return plain and not get_config()["enable_metadata_routing"]


def plan(pipeline: Any, candidates: Sequence[dict[str, Any]], first: int = 0) -> list[Member]:
    """Give each candidate its path, and order them so that those that share steps stand together.

    Parameters
    ----------
    pipeline : estimator
        The pipeline to configure.
    candidates : list of dict
        Parameters by name.
    first : int
        The number of the first candidate.

    Returns
    -------
    list of Member

    Raises
    ------
    DataError
        If the pipeline has no such parameter.
    """
    known: dict[tuple, int] = {}
    members = []
    for number, params in enumerate(candidates, first):
        keys = _step_keys(_checked(pipeline, params), params)
        keys[-1] += (number,)  # the last step is each candidate's own
        members.append(Member(number, params, tuple(known.setdefault(key, len(known)) for key in keys)))
    return sorted(members, key=lambda member: member.path)


def _checked(pipeline: Any, params: dict[str, Any]) -> Any:
    try:
        return configured(pipeline, params)
    except ValueError as error:
        from difflib import get_close_matches

        valid = list(pipeline.get_params(deep=True))
        near = [match for name in params if name not in valid for match in get_close_matches(name, valid, n=2)]
        fix = f"Did you mean {', '.join(map(repr, near))}?" if near else "See pipeline.get_params()."
        raise DataError(
            f"The pipeline cannot take the candidate {params}: {str(error).split(' for estimator')[0]}.", fix
        ) from error


def _step_keys(estimator: Any, params: dict[str, Any]) -> list[tuple]:
    """What decides how each step is fitted: its name and the parameters that touch it, or a pipeline around it."""
    steps = flat_steps(estimator)
    touching = {name: [param for param in params if _touches(param, name)] for name, _ in steps}
    inside = {param for touched in touching.values() for param in touched}
    loose = [param for param in params if param not in inside]  # of the pipeline as a whole, such as `steps`
    return [
        (place, name, *((param, _value_key(params[param])) for param in (*touching[name], *loose)))
        for place, (name, _) in enumerate(steps)
    ]


def _touches(param: str, step: str) -> bool:
    return not step or param == step or param.startswith(f"{step}__") or step.startswith(f"{param}__")


def _value_key(value: Any) -> Any:
    """Equal for values that are surely the same; another object that only looks alike counts as different."""
    if isinstance(value, tuple):
        return tuple(_value_key(entry) for entry in value)
    plain = type(value) in PLAIN or isinstance(value, np.generic)
    return (type(value), repr(value)) if plain else id(value)


def branches(members: Sequence[Member], depth: int) -> list[list[Member]]:
    """Neighbours that agree on the step at this depth.

    Parameters
    ----------
    members : list of Member
        In the order of :func:`plan`, alike in all steps before.
    depth : int
        Position of the step.

    Returns
    -------
    list of list of Member
    """
    return [list(alike) for _, alike in groupby(members, key=lambda member: member.path[depth])]


def step_fits(members: Sequence[Member]) -> int:
    """How many steps are fitted for these candidates on one fold, each shared one counted once.

    Parameters
    ----------
    members : list of Member
        The candidates.

    Returns
    -------
    int
    """
    return len({member.path[: depth + 1] for member in members for depth in range(len(member.path))})
