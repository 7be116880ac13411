"""How often it happened so far: the target's rate by category, from the labels that were known at each decision."""

from collections.abc import Sequence

import pandas as pd

from ..errors import DataError, require_columns
from .asof import add_asof

__all__ = ["add_known_rate"]


def add_known_rate(
    frame: pd.DataFrame,
    *,
    by: str | Sequence[str],
    target: str,
    decided_at: str = "decided_at",
    known_at: str = "known_at",
    weight: float = 20,
) -> pd.DataFrame:
    """Add the target's rate in the row's category, counted over the labels that were known when the row was decided.

    The mean of a category over a whole table holds each row's own label, and labels of the future. Out-of-fold means,
    such as scikit-learn's ``TargetEncoder`` makes, leave out the row's own, but still look ahead in time. This does
    neither.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a decision, in any order.
    by : str or list of str
        The category. A row without one gets the rate of all.
    target : str
        The label, 0 or 1, or a number whose mean is wanted.
    decided_at, known_at : str
        Columns with the instant of the decision, and the instant at which its label became known. A label without
        such an instant is never known.
    weight : float
        How many rows of the overall rate are mixed in, so that a small category does not jump: a category of so many
        rows is half its own rate.

    Returns
    -------
    pandas.DataFrame
        The frame with ``<target>_rate_by_<by>``, missing where no label was known yet.

    Raises
    ------
    ColumnError
        If a column is not there.
    DataError
        If `weight` is negative, or the instants cannot be compared.

    Examples
    --------
    >>> flights = pd.DataFrame({"carrier": "B6", "decided_at": [1, 2, 3], "known_at": [2, 3, 4], "late": [1, 0, 1]})
    >>> add_known_rate(flights, by="carrier", target="late")["late_rate_by_carrier"].tolist()
    [nan, 1.0, 0.5]
    """
    groups = [by] if isinstance(by, str) else list(by)
    require_columns(frame.columns, [*groups, target, decided_at, known_at])
    if not weight >= 0:
        raise DataError(f"`weight` must be 0 or more, got: {weight!r}.")
    known = frame[[*groups, target, known_at]].dropna(subset=[target, known_at])
    own, every = (_known_so_far(frame[[*part, decided_at]], known, part, decided_at) for part in (groups, []))
    overall = every["total"] / every["labels"]
    rate = (own["total"].fillna(0) + weight * overall) / (own["labels"].fillna(0) + weight)
    return frame.assign(**{f"{target}_rate_by_{'_'.join(groups)}": rate})


def _known_so_far(frame: pd.DataFrame, known: pd.DataFrame, by: list[str], decided_at: str) -> pd.DataFrame:
    """Number and sum of the labels of a row's category that were known when it was decided."""
    *_, target, known_at = known.columns
    instants = known.groupby([*by, known_at], observed=True)[target].agg(labels="count", total="sum").reset_index()
    counted = instants.groupby(by)[["labels", "total"]].cumsum() if by else instants[["labels", "total"]].cumsum()
    instants[["labels", "total"]] = counted
    return add_asof(frame, instants, on=decided_at, other_on=known_at, by=by, columns=["labels", "total"])
