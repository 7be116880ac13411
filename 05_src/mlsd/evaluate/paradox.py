"""Simpson's paradox: a group does better everywhere, and worse on the whole, because its cases are other ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns
from .cases import labels_and_probabilities
from .differences import newcombe
from .slicing import levels

__all__ = ["Simpson", "simpson"]


@dataclass(frozen=True)
class Simpson:
    """Two groups, compared on the whole and within each level of a third column.

    Attributes
    ----------
    table : pandas.DataFrame
        One row for ``overall``, then one a level: ``level``; ``rows_<group>`` and ``rate_<group>`` of each group;
        ``difference`` (second less first) with ``low, high``; ``turns``: its sign is not that of the whole.
    reversed : bool
        The sign turns in every level that has both groups: Simpson's paradox.
    adjusted : float
        The difference if both groups had the mix of levels that the whole has; over levels that have both.
    groups : tuple
        The two, in the order of the columns.
    """

    table: pd.DataFrame
    reversed: bool
    adjusted: float
    groups: tuple[Any, Any]

    def __repr__(self) -> str:
        first, second = self.groups
        turned, known = int(self.table["turns"].sum()), int(self.table["difference"].notna().sum()) - 1
        verdict = "Simpson's paradox" if self.reversed else "no reversal" if not turned else "the sign turns in part"
        return (
            f"{second} less {first}: {self.table['difference'][0]:+.3f} overall, {self.adjusted:+.3f} at an equal mix; "
            f"the sign turns in {turned} of {known} levels: {verdict}"
        )


def simpson(frame: pd.DataFrame, outcome: str, group: str, by: str, *, level: float = 0.95) -> Simpson:
    """Compare the rates of two groups, on the whole and within each level of a third column.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a case.
    outcome : str
        The column that holds 0 or 1: late, defaulted, or the model was wrong.
    group : str
        A column with two values.
    by : str
        The column to look within; numbers are cut into four parts at quantiles.
    level : float
        Of the intervals, which are Newcombe's.

    Returns
    -------
    Simpson
        Sizes, rates and differences, and whether the sign turns.

    Raises
    ------
    DataError
        If the outcome is not 0 and 1, or there are not two groups.
    ColumnError
        If there is no such column.

    References
    ----------
    E. H. Simpson (1951), Journal of the Royal Statistical Society B 13, 238–241.

    Examples
    --------
    The kidney stones of Charig and others (1986), British Medical Journal 292: the open operation does better with
    small stones and with large ones, and worse on the whole, for it was given the large ones.

    >>> counts = {("open", "small"): (81, 6), ("open", "large"): (192, 71), ("keyhole", "small"): (234, 36)}
    >>> counts |= {("keyhole", "large"): (55, 25)}
    >>> rows = [(*key, y) for key, (well, ill) in counts.items() for y in [1] * well + [0] * ill]
    >>> simpson(pd.DataFrame(rows, columns=["operation", "stone", "well"]), "well", "operation", "stone")
    open less keyhole: -0.046 overall, +0.054 at an equal mix; the sign turns in 2 of 2 levels: Simpson's paradox
    """
    require_columns(frame.columns, [outcome, group, by])
    y, _ = labels_and_probabilities(frame[outcome], frame[outcome], name=f"`{outcome}`")
    pair = sorted(frame[group].dropna().unique(), key=str)
    if len(pair) != 2 or frame[group].isna().any():
        missing = int(frame[group].isna().sum())
        raise DataError(
            f"`group` must have two values, {group!r} has {len(pair)} and {missing} missing.",
            "Keep the rows of the two groups that you want to compare.",
        )
    codes, names = levels(frame[by], bins=4)
    parts = [("overall", np.full(len(frame), True)), *((name, codes == code) for code, name in enumerate(names))]
    is_second = (frame[group] == pair[1]).to_numpy()
    table = pd.DataFrame([_two_rates(name, y[rows], is_second[rows], pair) for name, rows in parts])
    _add_newcombe(table, pair, level)
    overall, within = table["difference"][0], table["difference"][1:]
    table["turns"] = np.sign(table["difference"]) * np.sign(overall) == -1
    known, sizes = within.dropna(), table[[f"rows_{each}" for each in pair]].sum(axis=1)
    turned = bool(len(known)) and bool(table["turns"][known.index].all())
    adjusted = float(np.average(known, weights=sizes[known.index])) if len(known) else float("nan")
    return Simpson(table, turned, adjusted, (pair[0], pair[1]))


def _two_rates(name: str, y: np.ndarray, is_second: np.ndarray, pair: list[Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"level": name}
    for each, members in zip(pair, (~is_second, is_second), strict=True):
        row |= {f"rows_{each}": int(members.sum()), f"rate_{each}": y[members].mean() if members.any() else np.nan}
    return row


def _add_newcombe(table: pd.DataFrame, pair: list[Any], level: float) -> None:
    first, second = ((table[f"rate_{each}"] * table[f"rows_{each}"], table[f"rows_{each}"]) for each in pair)
    table["difference"] = table[f"rate_{pair[1]}"] - table[f"rate_{pair[0]}"]
    table["low"], table["high"] = newcombe(*second, *first, level)
