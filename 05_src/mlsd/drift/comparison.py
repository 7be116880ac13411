"""A reference against what comes now, column by column: more than chance, and large enough to matter.

Two guards keep many columns and many rows from crying wolf. All p-values of a comparison are adjusted together. And
with a hundred thousand rows every trifle has a small p-value, so that a column has drifted only if the difference is
also at least `min_effect`: 0.1 is what J. Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, chapter
7, calls small for shares; a distance of 0.1 between cumulative shares is a shift by a quarter of a standard deviation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..evaluate.differences import adjusted
from . import notes
from .categories import Counts, chi_square
from .kolmogorov import Sample, Test, ks
from .summary import Column, Reference, chosen, prepare

if TYPE_CHECKING:
    from dask.dataframe import DataFrame as DaskFrame

__all__ = ["Drift", "alike", "compare", "pairs"]

COLUMNS = ["feature", "kind", "test", "statistic", "p_value", "effect", "drifted", "p_adjusted"]
COLUMNS += ["missing_reference", "missing_current", "missing_p_adjusted", "note"]
CONTROLS = ("benjamini-hochberg", "holm", "none")


@dataclass(frozen=True)
class Drift:
    """What a comparison found.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a column, what drifted first; see :func:`compare`.
    drifted : list of str
        The columns that drifted.
    alpha, min_effect : float
        What was asked for.
    """

    table: pd.DataFrame
    drifted: list[str]
    alpha: float
    min_effect: float

    def __repr__(self) -> str:
        named = f": {', '.join(map(str, self.drifted))}" if self.drifted else ""
        return f"{len(self.drifted)} of {len(self.table)} columns drifted{named}"


def compare(
    *,
    reference: "pd.DataFrame | DaskFrame | Reference",
    current: "pd.DataFrame | DaskFrame",
    columns: Sequence[str] | None = None,
    kinds: Mapping[str, str] | None = None,
    alpha: float = 0.05,
    min_effect: float = 0.1,
    control: str = "benjamini-hochberg",
) -> Drift:
    """Test each column for drift, with the share of missing values by itself, and say in words what was found.

    Numbers are tested by Kolmogorov and Smirnov, categories by chi-square. A column drifted if its values did, or the
    share of its missing ones (a two by two chi-square); or if it is gone, or of another type.

    Parameters
    ----------
    reference, current : pandas.DataFrame or dask.dataframe.DataFrame
        One row an observation. The reference may be prepared by :func:`prepare`.
    columns : list of str, optional
        Which to compare. By default all of both frames, but times are not tested: they move on by themselves.
    kinds : dict of str to str, optional
        ``number`` or ``category`` where the dtype does not tell.
    alpha : float
        For one comparison of all columns: without any drift, so often at most is any column called drifted.
    min_effect : float
        0 to 1: the least difference that counts.
    control : str
        ``benjamini-hochberg``: of the columns called drifted, a share of `alpha` is wrong on average. ``holm``: with
        probability 1 − `alpha` none is wrong. ``none``: each column by itself.

    Returns
    -------
    Drift
        Its table has ``feature, kind, test, statistic, p_value``; ``effect`` (see :func:`ks` and :func:`chi_square`);
        ``drifted``; ``p_adjusted``; ``missing_reference, missing_current`` (shares), ``missing_p_adjusted``; and
        ``note``, in words. Where there was nothing to test numbers are NaN, and the note says why.

    Raises
    ------
    DataError
        If these are no frames, or an option is not allowed.
    ColumnError
        If a column that was asked for is in neither frame.

    References
    ----------
    S. Holm (1979), Scandinavian Journal of Statistics 6. Y. Benjamini and Y. Hochberg (1995), Journal of the Royal
    Statistical Society B 57.

    Examples
    --------
    >>> january = pd.DataFrame({"temp": range(100), "origin": ["EWR", "JFK"] * 50})
    >>> june = pd.DataFrame({"temp": range(40, 140), "origin": ["JFK", "EWR"] * 50})
    >>> found = compare(reference=january, current=june)
    >>> found.drifted, found.table["note"][0]
    (['temp'], 'median 49.5 → 89.5')
    """
    _check(alpha, min_effect, control)
    rows = []
    for name, before, now in pairs(reference, current, columns, kinds):
        rows.append({"feature": name} | _examine(before, now, times=columns is not None))
    table = pd.DataFrame(rows, columns=[*COLUMNS, "missing_p", "missing_effect", "certain"])
    every = _controlled(pd.concat([table["p_value"], table["missing_p"]], ignore_index=True).astype("float64"), control)
    table["p_adjusted"], table["missing_p_adjusted"] = every.iloc[: len(table)], every.iloc[len(table) :].to_numpy()
    values = (table["p_adjusted"] < alpha) & (table["effect"] >= min_effect)
    missing = (table["missing_p_adjusted"] < alpha) & (table["missing_effect"] >= min_effect)
    table["drifted"] = values | missing | (table["certain"] == True)  # noqa: E712
    verdicts = [notes.verdict(row, alpha, min_effect) for row in table.itertuples(index=False)]
    table["note"] = [notes.join(*both) for both in zip(table["note"], verdicts, strict=True)]
    order = np.lexsort([-table["effect"].fillna(-1).to_numpy("float64"), ~table["drifted"].to_numpy("bool")])
    table = table.iloc[order][COLUMNS].reset_index(drop=True)
    return Drift(table, table.loc[table["drifted"], "feature"].tolist(), alpha, min_effect)


def pairs(
    reference: Any, current: Any, columns: Sequence[str] | None, kinds: Mapping[str, str] | None
) -> list[tuple[str, Column | None, Column | None]]:
    """The columns of two frames side by side.

    Parameters
    ----------
    reference, current, columns, kinds
        As in :func:`compare`.

    Returns
    -------
    list of (str, Column or None, Column or None)
        None where a frame lacks the column.

    Raises
    ------
    DataError, ColumnError
        As :func:`compare`.
    """
    for side in (reference, current):
        if not isinstance(side, Reference):
            prepare(side, [])  # is it a frame at all
    every = list(dict.fromkeys([*reference.columns, *current.columns]))
    wanted = every if columns is None else chosen(every, columns, where="the reference or the current frame")
    before = prepare(reference, [name for name in wanted if name in reference.columns], kinds=kinds)
    now = prepare(current, [name for name in wanted if name in current.columns], kinds=before.kinds)
    return [(name, before.columns.get(name), now.columns.get(name)) for name in wanted]


def _check(alpha: float, min_effect: float, control: str) -> None:
    if not 0 < alpha < 1:
        raise DataError(f"`alpha` must lie between 0 and 1, got: {alpha}.")
    if not 0 <= min_effect <= 1:
        raise DataError(f"`min_effect` must be from 0 to 1, got: {min_effect}.")
    if control not in CONTROLS:
        raise DataError(f"`control` must be one of {list(CONTROLS)}, got: {control!r}.")


def _examine(before: Column | None, now: Column | None, *, times: bool) -> dict[str, Any]:
    """All but the verdict for one column."""
    if before is None or now is None:
        there = before or now
        kind = there.kind if there else "empty"
        return {"kind": kind, "test": "none", "certain": now is None, "note": notes.one_sided(gone=now is None)}
    row = _missing(before, now)
    one, other, kind = alike(before, now)
    row |= {"kind": kind, "test": "none", "certain": False}
    if "empty" in (before.kind, now.kind):
        return row | {"note": notes.join(notes.empty(before, now), notes.missing(before, now))}
    if kind == "changed":
        return row | {"kind": before.kind, "test": "type", "certain": True, "note": notes.retyped(before, now)}
    if kind == "time" and not times:
        return row | {"note": "a time moves on by itself: name it in `columns` to test it"}
    test = chi_square(one, other) if isinstance(one, Counts) else ks(one, other)
    said = [notes.moved(one, other, kind), notes.missing(before, now), notes.few(before.known, now.known)]
    return row | _numbers(test, one) | {"note": notes.join(*said)}


def alike(before: Column, now: Column) -> tuple[Any, Any, str]:
    """The data of both in one form, and their kind; true and false go with 1 and 0.

    Parameters
    ----------
    before, now : Column
        One column of both frames.

    Returns
    -------
    (Sample or Counts, Sample or Counts, str)
        The kind is ``changed`` where the two cannot be compared.
    """
    if before.kind == now.kind:
        return before.data, now.data, before.kind
    if "empty" in (before.kind, now.kind):
        return before.data, now.data, now.kind if before.kind == "empty" else before.kind
    if {before.kind, now.kind} == {"number", "category"}:
        one, other = (_counts(side.data) for side in (before, now))
        flags = one if before.kind == "category" else other
        if all(isinstance(level, bool) for level in flags.levels.index):
            return one, other, "category"
    return before.data, now.data, "changed"


def _counts(data: Sample | Counts) -> Counts:
    if isinstance(data, Counts):
        return data
    levels, rows = np.unique(data.values, return_counts=True)
    return Counts(pd.Series(rows, index=pd.Index(levels.tolist(), dtype="object"), name="rows"), data.missing)


def _numbers(test: Test, data: Sample | Counts) -> dict[str, Any]:
    name = "chi-square" if isinstance(data, Counts) else "ks"
    return {"test": name, "statistic": test.statistic, "p_value": test.p_value, "effect": test.effect}


def _missing(before: Column, now: Column) -> dict[str, Any]:
    """The share of missing values, tested where there are any."""
    sides = [before, now]
    shares = [side.data.missing / side.rows if side.rows else np.nan for side in sides]
    row = {"missing_reference": shares[0], "missing_current": shares[1]}
    if not (before.rows and now.rows and before.data.missing + now.data.missing):
        return row
    flags = [
        Counts(pd.Series({True: side.data.missing, False: side.known}, dtype="int64").loc[lambda n: n > 0])
        for side in sides
    ]
    test = chi_square(*flags)
    return row | {"missing_p": test.p_value, "missing_effect": test.effect}


def _controlled(p: pd.Series, control: str) -> pd.Series:
    if control == "none":
        return p
    return adjusted(p) if control == "benjamini-hochberg" else _holm(p)


def _holm(p: pd.Series) -> pd.Series:
    known = p.dropna().sort_values(kind="stable")
    raised = (known * np.arange(len(known), 0, -1)).cummax().clip(upper=1)
    return raised.reindex(p.index)
