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

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..evaluate import losses
from ..serve.rollout import assign

__all__ = ["Rollout", "assign", "decide", "decide_canary", "looks"]

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
        After so many labelled rows (in a canary: requests) without a decision, the champion stays.
    failed : float
        So large a share of the rows that it was asked may the challenger leave without an answer: stop as soon as it is
        sure to be more.
    """

    level: float = 0.95
    worse: float = 0.01
    most_rows: int = 100_000
    failed: float = 0.01


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
    return _ended(looks(gains, clusters=clusters, level=rule.level), rule)


def decide_canary(
    loss: Any, challenged: Any, share: Any, rule: Rollout | None = None, *, clusters: Any = None
) -> tuple[str, pd.DataFrame]:
    """What a canary's labels say, looked at after each request: promote, stop, keep or wait.

    No request has both answers, so the two groups are compared. Each request stands for those that the same draw would
    have given to its group: its loss, less the mean of all before it, is weighted by one over the chance of its group.
    The mean of these is the gain, also where traffic changes from hour to hour or the share is raised on the way.

    Parameters
    ----------
    loss : array-like of shape (n,)
        Each request's mean loss a row (nats), in the order in which the labels became known.
    challenged : array-like of bool, shape (n,)
        Whether the draw gave it to the challenger, also if the champion had to help out.
    share : float or array-like of shape (n,)
        The chance of that, between 0 and 1, as it was for each request.
    rule : Rollout, optional
        When it ends.
    clusters : array-like of shape (n,), optional
        Requests that share their luck, as for :func:`decide`. Rarely needed: both groups share a day's luck.

    Returns
    -------
    (str, pandas.DataFrame)
        As :func:`decide`; ``rows`` are requests.

    Raises
    ------
    DataError
        If the lengths differ, or a share is not between 0 and 1.

    Notes
    -----
    It assumes that who is asked is drawn independently of what is asked, as by a hash of the ids; that one request does
    not change another; and enough requests in each group for a mean to be near normal: there is no look before each
    has 30. A canary needs far more labels than a shadow: its interval is as wide as losses differ from request to
    request, over ``sqrt(share * requests)``; a shadow's, as the two losses of the same row differ.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> challenged = assign([f"request {i}" for i in range(4000)], 0.2)
    >>> decide_canary(rng.exponential(np.where(challenged, 0.3, 0.5)), challenged, 0.2)[0]
    'promote'
    """
    rule = rule or Rollout()
    loss, challenged = np.asarray(loss, dtype=float), np.asarray(challenged, dtype=bool)
    if len(loss) != len(challenged):
        raise DataError(f"{len(loss)} losses, but {len(challenged)} requests drawn.")
    share = np.broadcast_to(np.asarray(share, dtype=float), loss.shape)
    if ((share <= 0) | (share >= 1)).any():
        raise DataError("`share` must lie between 0 and 1: without two groups there is nothing to compare.")
    before = (np.log(2) + loss.cumsum() - loss) / np.arange(1, len(loss) + 1)  # only what was known before it
    gains = np.where(challenged, -1 / share, 1 / (1 - share)) * (loss - before)
    table = looks(gains, clusters=clusters, level=rule.level)
    smaller = np.minimum(challenged.cumsum(), (~challenged).cumsum())
    first = np.searchsorted(smaller, FEWEST) + 1
    return _ended(table[table["rows"] >= first].reset_index(drop=True), rule)


def _ended(table: pd.DataFrame, rule: Rollout) -> tuple[str, pd.DataFrame]:
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


def looks(gains: Any, *, clusters: Any = None, level: float = 0.95) -> pd.DataFrame:
    """The mean so far with an interval that holds at all looks together.

    Parameters
    ----------
    gains : array-like of shape (n,)
        In the order in which they became known.
    clusters : array-like of shape (n,), optional
        Rows that share their luck.
    level : float
        With this probability all intervals hold.

    Returns
    -------
    pandas.DataFrame
        A row a look, from the 30th row (the 7th cluster) on: ``rows, gain, low, high``.

    Raises
    ------
    DataError
        If there is not a cluster for each row.

    Examples
    --------
    >>> looks([0.0, 1.0] * 50)["low"].iloc[-1] > 0
    np.True_
    """
    gains = np.asarray(gains, dtype=float)
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
