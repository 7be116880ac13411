"""Let a challenger try itself out on real requests, and end that by a rule that was written down before.

In a **shadow** the challenger answers every request too, and nobody sees it: each labelled row compares both. In a
**canary** it answers a small share for real: who gets it is decided by the request's id, so that a request that comes
again gets the same model.

The rule looks at every new label, and looking often finds luck. So the interval that decides is one that holds at all
looks together: an asymptotic confidence sequence.

References
----------
I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas (2024), Time-uniform central limit theory and
asymptotic confidence sequences, Annals of Statistics 52, 2613–2640.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..evaluate import losses

__all__ = ["Rollout", "assign", "decide"]

FEWEST = 30


@dataclass(frozen=True)
class Rollout:
    """The rule that ends a trial on real requests.

    Attributes
    ----------
    level : float
        With this probability the rule never errs, however often it looks.
    worse : float
        So much loss a row (nats) is unbearable: stop as soon as it is sure to be more.
    most_rows : int
        After so many labelled rows without a decision, the champion stays.
    """

    level: float = 0.95
    worse: float = 0.01
    most_rows: int = 100_000


def assign(request_ids: Any, share: float, *, salt: str = "") -> np.ndarray:
    """Which requests the challenger answers in a canary.

    Parameters
    ----------
    request_ids : array-like of str, shape (n,)
        Ids; equal ids get equal answers.
    share : float
        0 to 1. Who is in with a small share stays in with a larger one.
    salt : str
        Another salt draws others: give the challenger's version, so that not always the same requests try things out.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        True where the challenger answers.

    Raises
    ------
    DataError
        If the share is not from 0 to 1.

    Examples
    --------
    >>> assign([f"request {i}" for i in range(10_000)], 0.1).mean().round(2)
    np.float64(0.1)
    """
    if not 0 <= share <= 1:
        raise DataError(f"`share` must be from 0 to 1, got: {share}.")
    digests = (hashlib.sha256(f"{salt}/{each}".encode()).digest() for each in request_ids)
    return np.array([int.from_bytes(digest[:8], "big") / 2**64 < share for digest in digests], dtype=bool)


def decide(
    y_true: Any, champion: Any, challenger: Any, rule: Rollout | None = None, *, clusters: Any = None
) -> tuple[str, pd.DataFrame]:
    """What a shadow's labels say, looked at after each: promote, stop, keep or wait.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        Labels in the order in which they became known.
    champion, challenger : array-like of shape (n,)
        What both said.
    rule : Rollout, optional
        When it ends.
    clusters : array-like of shape (n,), optional
        Rows that share their luck, such as those of a day: then the looks are after each cluster, and the unit is a
        cluster's mean.

    Returns
    -------
    (str, pandas.DataFrame)
        ``promote``: surely better. ``stop``: surely worse by more than allowed. ``keep``: the rows are used up, the
        champion stays. ``wait``: nothing is sure yet. And a row a look: ``rows, gain, low, high``.

    Raises
    ------
    DataError
        If the lengths differ, or labels and probabilities are none.

    Examples
    --------
    >>> y = [0, 1] * 200
    >>> decide(y, [0.5] * 400, [0.2, 0.8] * 200)[0]
    'promote'
    """
    rule = rule or Rollout()
    gains = losses(y_true, champion) - losses(y_true, challenger)
    table = _looks(gains, clusters, rule.level)
    ends = (
        ("promote", table["low"] > 0),
        ("stop", table["high"] < -rule.worse),
        ("keep", table["rows"] >= rule.most_rows),
    )
    firsts = [(int(hit.to_numpy().argmax()), name) for name, hit in ends if hit.any()]
    if not firsts:
        return "wait", table
    at, name = min(firsts, key=lambda each: each[0])
    return name, table.iloc[: at + 1]


def _looks(gains: np.ndarray, clusters: Any, level: float) -> pd.DataFrame:
    if clusters is None:
        units, rows = gains, np.arange(1, len(gains) + 1)
    else:
        codes, _ = pd.factorize(np.asarray(clusters))
        if len(codes) != len(gains):
            raise DataError(f"{len(gains)} rows, but {len(codes)} clusters.")
        counts = np.bincount(codes)
        units, rows = np.bincount(codes, weights=gains) / counts, counts.cumsum()
    t = np.arange(1, len(units) + 1)
    mean = units.cumsum() / t
    variance = np.maximum((units**2).cumsum() / t - mean**2, 1e-12)
    reach = np.sqrt(variance) * _width(t, 1 - level)
    table = pd.DataFrame({"rows": rows, "gain": mean, "low": mean - reach, "high": mean + reach})
    return table[t >= (FEWEST if clusters is None else min(FEWEST, 7))].reset_index(drop=True)


def _width(t: np.ndarray, alpha: float, best_at: int = 200) -> np.ndarray:
    """The reach of the sequence for unit variance; narrowest, relative to a single look, near `best_at` units."""
    rho = np.sqrt((-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / best_at)
    inside = (t * rho**2 + 1) / (t**2 * rho**2) * np.log((t * rho**2 + 1) / alpha**2)
    return np.asarray(np.sqrt(inside))
