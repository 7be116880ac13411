"""Why the model answered so: Shapley values of one row, against the rows that were registered with the model."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from .answering import about
from .model import Served
from .waiting import Busy, Refused

__all__ = ["Explaining", "contributions"]

MAX_WAITING = 20


class Explaining:
    """Explanations, one after the other in a thread of their own, so that predictions do not wait for them."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="explain")
        self._waiting = 0

    async def explain(self, served: Served, row: Any, request_id: str) -> dict[str, Any]:
        """The body of an answer to ``/explain``.

        Raises
        ------
        Refused
            If the row is not right, or the model was registered without rows to compare with.
        """
        values, problems = served.schema.check(row)
        if problems:
            raise Refused(422, problems[0].reason, problems[0].field)
        if self._waiting >= MAX_WAITING:
            raise Busy(503, "too many explanations wait already; try again in a second")
        self._waiting += 1
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._pool, contributions, served, values)
        finally:
            self._waiting -= 1
        return about(served, request_id) | found

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(cancel_futures=True)


def contributions(served: Served, values: dict[str, Any]) -> dict[str, Any]:
    """How much each column moved an answer away from the mean of the registered rows, largest first.

    Parameters
    ----------
    served : Served
        The model.
    values : dict
        A checked row.

    Returns
    -------
    dict
        The answer itself, ``unit`` (log-odds, probability, or empty), ``base``, ``output``, and ``contributions``:
        ``column, value, contribution``. Base and contributions add up to the output.

    Raises
    ------
    Refused
        If the model was registered without rows to compare with, or it cannot answer the row.
    """
    from .. import explain

    if served.background is None:
        raise Refused(409, "this version was registered without example rows, so there is nothing to compare with")
    answer = served.answers([values])[0]
    if "error" in answer:
        raise Refused(422, answer["error"]["reason"])
    found = explain.shap_values(served.model, served.schema.frame([values]), background=served.background)
    moved, base = _of_answer(served, found, answer)
    order = np.argsort(-np.abs(moved), kind="stable")
    names = served.schema.names
    told = [{"column": names[i], "value": values[names[i]], "contribution": float(moved[i])} for i in order]
    output = base + float(moved.sum())
    return answer | {"unit": _unit(served.model), "base": base, "output": output, "contributions": told}


def _of_answer(served: Served, found: Any, answer: dict[str, Any]) -> tuple[np.ndarray, float]:
    """The values of one row; with several classes, of the class that was predicted."""
    values, base = np.asarray(found.values)[0], np.ravel(found.base_values[0])
    if values.ndim == 1:
        return values, float(base[0])
    place = list(served.model.classes_).index(answer["prediction"])
    return values[:, place], float(base[place])


def _unit(model: Any) -> str:
    if hasattr(model, "decision_function"):
        return "log-odds"
    return "probability" if hasattr(model, "predict_proba") else ""
