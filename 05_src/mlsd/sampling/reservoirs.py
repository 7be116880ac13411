"""A fair sample of what is seen only once: a stream, a frame, or the partitions of a Dask frame."""

import heapq
import math
import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns
from .weights import check_size, race, weights_of

if TYPE_CHECKING:
    from dask.dataframe import DataFrame as DaskFrame

__all__ = ["reservoir"]

MERGED_AT_ONCE = 8  # partitions whose reservoirs meet in one task


def reservoir(
    items: "pd.DataFrame | DaskFrame | Iterable[Any]",
    n: int,
    *,
    weight: str | Callable[[Any], float] | None = None,
    seed: int = 0,
) -> Any:
    """Keep n of all items in one pass, without knowing how many will come; each has the same chance, or by weight.

    Parameters
    ----------
    items : iterable, pandas.DataFrame or dask.dataframe.DataFrame
        A stream (a file, a generator, a cursor) is read once and never holds more than n items in memory. A Dask frame
        is read partition by partition, and only n rows of each travel.
    n : int
        How many to keep.
    weight : str or callable, optional
        A column or key that holds the weight; for a stream, it may be a function that takes an item. Twice the weight
        is twice the chance in a draw, as in :func:`mlsd.sampling.weighted`; 0 is never kept.
    seed : int
        The same seed keeps the same items (of a Dask frame: if it has the same partitions).

    Returns
    -------
    list or pandas.DataFrame
        Of a stream, a list of n items, in no special order. Of a frame, a pandas frame of n rows in its order, with
        its columns and index.

    Raises
    ------
    ColumnError
        If the column is not there.
    DataError
        If fewer than n items came, or a weight is missing, negative or infinite.

    Notes
    -----
    Without weights, Vitter's algorithm R (1985), after A. Waterman: the i-th item comes in with chance n / i, in the
    place of any other. With weights, A-ExpJ of Efraimidis and Spirakis (2006), which jumps over items by an
    exponential amount of weight. On Dask, each row gets an arrival time as in their A-ES. The first n of all rows are
    the first n of the partitions' first n: so the merged sample is exactly one that a single pass could have kept.

    Examples
    --------
    >>> reservoir((n * n for n in range(1000)), 3)
    [667489, 613089, 784]
    """
    check_size(n, n)
    if isinstance(items, pd.DataFrame):
        return _of_frame(items, n, weight, seed)
    if hasattr(items, "npartitions"):
        return _of_dask(items, n, weight, seed)
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    return _algorithm_r(items, n, rng) if weight is None else _a_expj(items, n, _weigher(weight), rng)


def _algorithm_r(items: Iterable[Any], n: int, rng: random.Random) -> list[Any]:
    kept: list[Any] = []
    for seen, item in enumerate(items, start=1):
        if seen <= n:
            kept.append(item)
        elif (place := rng.randrange(seen)) < n:
            kept[place] = item
    _refuse_too_few(kept, n)
    return kept


def _a_expj(items: Iterable[Any], n: int, weigh: Callable[[Any], float], rng: random.Random) -> list[Any]:
    """The n first in a race where an item of weight w arrives after an exponential time of rate w.

    The weight that may pass before the next item beats the slowest kept one is exponential too: no draw until then.
    """
    slowest_first: list[tuple[float, int, Any]] = []  # heap of (-time, position, item)
    to_pass = math.inf
    for position, item in enumerate(items):
        weight = _checked(weigh(item), position)
        if weight == 0:
            continue
        if len(slowest_first) < n:
            heapq.heappush(slowest_first, (-rng.expovariate(weight), position, item))
        elif (to_pass := to_pass - weight) > 0:
            continue
        else:
            heapq.heapreplace(slowest_first, (-_arrival_before(-slowest_first[0][0], weight, rng), position, item))
        if len(slowest_first) == n:
            to_pass = rng.expovariate(-slowest_first[0][0])
    _refuse_too_few(slowest_first, n, " with a weight above 0")
    return [item for _, _, item in slowest_first]


def _arrival_before(deadline: float, rate: float, rng: random.Random) -> float:
    """An exponential time, given that it comes before the deadline."""
    return -math.log1p(rng.random() * math.expm1(-rate * deadline)) / rate


def _of_frame(frame: pd.DataFrame, n: int, weight: Any, seed: int) -> pd.DataFrame:
    check_size(n, len(frame))
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    if weight is None:
        chosen = _algorithm_r(range(len(frame)), n, rng)
    else:
        weights = weights_of(frame, weight)
        chosen = _a_expj(range(len(frame)), n, weights.__getitem__, rng)
    return frame.iloc[sorted(chosen)]


def _of_dask(frame: Any, n: int, weight: Any, seed: int) -> pd.DataFrame:
    import dask

    if weight is not None:
        require_columns(frame.columns, [weight])
    first = dask.delayed(_first_to_arrive)
    parts = [first(part, n, weight, [seed, number]) for number, part in enumerate(frame.to_delayed())]
    while len(parts) > 1:
        at_once = range(0, len(parts), MERGED_AT_ONCE)
        parts = [dask.delayed(_merged)(parts[start : start + MERGED_AT_ONCE], n) for start in at_once]
    times, rows = parts[0].compute()
    check_size(n, len(times), "rows" if weight is None else "rows with a weight above 0")
    return rows


def _first_to_arrive(
    part: pd.DataFrame, n: int, weight: str | None, seed: list[int]
) -> tuple[np.ndarray, pd.DataFrame]:
    """The times and the rows of the n first of a partition, in the partition's order."""
    weights = np.ones(len(part)) if weight is None else _partition_weights(part, weight)
    return _first(race(weights, np.random.default_rng(seed)), part, n)


def _merged(reservoirs: list[tuple[np.ndarray, pd.DataFrame]], n: int) -> tuple[np.ndarray, pd.DataFrame]:
    times, rows = zip(*reservoirs, strict=True)
    return _first(np.concatenate(times), pd.concat(rows), n)


def _first(times: np.ndarray, rows: pd.DataFrame, n: int) -> tuple[np.ndarray, pd.DataFrame]:
    order = np.argsort(times, kind="stable")[:n]
    chosen = np.sort(order[np.isfinite(times[order])])
    return times[chosen], rows.iloc[chosen]


def _partition_weights(part: pd.DataFrame, weight: str) -> np.ndarray:
    """As for a whole frame, but one partition may well hold nothing, or weigh nothing."""
    return weights_of(part, weight) if part[weight].ne(0).any() else np.zeros(len(part))


def _weigher(weight: str | Callable[[Any], float]) -> Callable[[Any], float]:
    return weight if callable(weight) else lambda item: item[weight]


def _checked(weight: float, position: int) -> float:
    if not 0 <= weight < math.inf:
        raise DataError(
            f"A weight must be 0 or more; item {position} of the stream has {weight!r}.",
            "Fill what is missing; a weight of 0 means never.",
        )
    return weight


def _refuse_too_few(kept: list[Any], n: int, what: str = "") -> None:
    if len(kept) < n:
        raise DataError(
            f"{n:,} items were asked for, but only {len(kept):,}{what} came.", f"Take n={len(kept)} or fewer."
        )
