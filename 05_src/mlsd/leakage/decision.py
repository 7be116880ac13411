"""Columns from after the decision: dates that are later, values that are there only if the outcome came."""

from typing import Any

import numpy as np
import pandas as pd

from .case import Case, finding, instants, open_case, table
from .scoring import auc, gap_of_columns

__all__ = ["audit_decision", "find_decision", "tells_class"]

SURE = np.log(1e-9)  # chance that rows of one class stand together by luck
MOST_IMPURE = 0.005
LATE_ROWS = 0.01
ZONES = pd.Timedelta(hours=14)  # clocks of the world differ by so much


def audit_decision(X: Any, y: Any, *, decided_at: Any = None, seed: int = 0) -> pd.DataFrame:
    """Find columns that were not known when the prediction is asked for.

    Two marks are looked for. Dates later than the decision (a date that is always the same time after it is a plan,
    known before). And columns that have a value, or another value than their usual one, only where one outcome
    happened.

    Parameters
    ----------
    X : pandas.DataFrame
        One row an observation, one column a feature.
    y : array-like of shape (n_rows,)
        The target: two classes, several, or a quantity.
    decided_at : array-like of shape (n_rows,), str or Timestamp, optional
        When the prediction is asked for: one instant a row, the column of X that holds it, or one instant for all.
    seed : int
        Seed of the sample and of the splits.

    Returns
    -------
    pandas.DataFrame
        ``kind, columns, evidence, optimism``: one row a column.

    Raises
    ------
    ColumnError, DataError
        If `decided_at` is not there or holds text; or if y does not fit X.

    Examples
    --------
    >>> asked = pd.date_range("2026-01-01", periods=60)
    >>> X = pd.DataFrame({"opened": asked - pd.Timedelta(days=2), "closed": asked + pd.to_timedelta(range(60), "D")})
    >>> audit_decision(X, [0, 1] * 30, decided_at=asked)[["kind", "columns"]].values.tolist()
    [['after decision', ('closed',)]]
    """
    return table(find_decision(open_case(X, y, decided_at=decided_at, seed=seed)))


def find_decision(case: Case) -> list[dict[str, Any]]:
    """See :func:`audit_decision`.

    Parameters
    ----------
    case : Case
        The table under audit.

    Returns
    -------
    list of dict
        Findings, each with kind, columns, evidence and optimism.
    """
    said = _later(case) | _only_with_outcome(case)
    return [
        finding("after decision", [name], evidence, gap_of_columns(case, [name], said).optimism)
        for name, evidence in said.items()
    ]


def tells_class(case: Case, mask: np.ndarray, what: str) -> str | None:
    """What a mask gives away, in words: one of its sides holds (nearly) one class only, beyond chance and habit.

    Parameters
    ----------
    case : Case
        The table under audit.
    mask : array of bool
        One value a row.
    what : str
        What the rows of the mask have, for the words.

    Returns
    -------
    str or None
        The words; None if it gives nothing away.
    """
    if not case.is_class:
        return _tells_quantity(case, mask, what)
    for side, where in ((mask, True), (~mask, False)):
        counts = np.bincount(case.y[side], minlength=len(case.labels))
        rows, most = int(counts.sum()), int(counts.argmax())
        base = float((case.y == most).mean())
        pure = rows >= max(10, 0.01 * case.rows) and counts[most] >= (1 - MOST_IMPURE) * rows
        if pure and rows * np.log(base) < SURE and (base <= 0.6 or _tells_all(case, mask, most)):
            return (
                f"{counts[most]:,} of {rows:,} rows {'with' if where else 'without'} {what} "
                f"have y = {case.labels[most]!r} ({base:.0%} of all rows do)"
            )
    return None


def _tells_all(case: Case, mask: np.ndarray, label: int) -> bool:
    area = auc(case.y == label, mask.astype(float))
    return max(area, 1 - area) >= 0.97


def _tells_quantity(case: Case, mask: np.ndarray, what: str) -> str | None:
    if min(mask.sum(), (~mask).sum()) < max(10, 0.01 * case.rows):
        return None
    area = auc(mask, case.y)
    if max(area, 1 - area) < 0.995:
        return None
    inside, outside = case.y[mask], case.y[~mask]
    return (
        f"y is {inside.min():.4g} to {inside.max():.4g} in {len(inside):,} rows with "
        f"{what}, {outside.min():.4g} to {outside.max():.4g} without"
    )


def _later(case: Case) -> dict[str, str]:
    """Columns of dates that are later than the decision, with the evidence."""
    said: dict[str, str] = {}
    decided_at = case.decided_at
    if decided_at is None:
        return said
    for name in case.of("when"):
        ahead = _time_left(instants(case.X[name]), decided_at)
        if ahead is None or ahead.notna().sum() == 0:
            continue
        late = ahead > pd.Timedelta(0)
        share = late.sum() / ahead.notna().sum()
        planned = share == 1 and ahead.nunique() == 1
        if share >= LATE_ROWS and late.sum() >= 3 and not planned:
            row = int(late.to_numpy().argmax())
            said[name] = (
                f"{late.sum():,} of {ahead.notna().sum():,} dates are later than the decision, by "
                f"{ahead[late].median()} at the median; "
                f"first in row {row}: {case.X[name].iloc[row]} against {decided_at.iloc[row]}."
            )
    return said


def _time_left(when: pd.Series, decided_at: pd.Series) -> pd.Series | None:
    """How much later than the decision; less the zones' width where only one of the two names its zone."""
    if not pd.api.types.is_datetime64_any_dtype(decided_at):
        return None
    if (when.dt.tz is None) == (decided_at.dt.tz is None):
        return when - decided_at
    return _zone_free(when) - _zone_free(decided_at) - ZONES


def _zone_free(when: pd.Series) -> pd.Series:
    return when if when.dt.tz is None else when.dt.tz_convert("UTC").dt.tz_localize(None)


def _only_with_outcome(case: Case) -> dict[str, str]:
    """Columns that are filled, or leave their usual value, as the target says."""
    said = {}
    for name, role in case.roles.items():
        gaps = case.X[name].isna().to_numpy()
        told = tells_class(case, gaps, "a gap") if 0 < gaps.sum() < case.rows else None
        if told:
            said[name] = f"{name} is missing in {gaps.sum():,} rows, as the target says: {told}."
        elif role in ("number", "text"):
            usual = case.X[name].mode(dropna=True)
            said |= _leaves_usual(case, name, usual.iloc[0]) if len(usual) else {}
    return said


def _leaves_usual(case: Case, name: str, usual: Any) -> dict[str, str]:
    column = case.X[name]
    mask = (column == usual).to_numpy(dtype=bool, na_value=False)
    others = column[~mask].nunique()
    if not 0.05 <= mask.mean() <= 0.99 or others < (10 if case.roles[name] == "number" else 2):
        return {}
    if others < 2 * case.X[name][mask].nunique() or mask.sum() < 3 * column[~mask].value_counts().iloc[0]:
        return {}
    value = f"{usual!r}" if isinstance(usual, str) else f"{usual:.6g}"
    told = tells_class(case, mask, value)
    return {name: f"{name} is {value} in {mask.sum():,} rows, as the target says: {told}."} if told else {}
