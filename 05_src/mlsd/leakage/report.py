"""All audits on one table."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from .case import open_case, table
from .decision import find_decision
from .generation import find_generation
from .oversampling import find_oversampling
from .preparation import find_encoding, find_imputation, find_scaling
from .proxies import find_proxies
from .rows import find_duplicates
from .scoring import score_name
from .splits import find_groups, find_time

__all__ = ["Audit", "audit"]


@dataclass(frozen=True)
class Audit:
    """What the audits found.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a finding, the largest optimism first: ``kind``; ``columns``, a tuple of names; ``evidence``, in words
        and numbers; ``optimism``, the score with the leak less the score without it.
    score : str
        What the optimism is measured in: AUC, mean AUC or R².
    rows : int
        How many rows were audited.
    """

    table: pd.DataFrame
    score: str
    rows: int

    def __repr__(self):
        found = len(self.table)
        head = f"{found or 'No'} leak{'s' if found > 1 else ''} found in {self.rows:,} rows"
        if not found:
            return (
                f"{head}. That is no proof: ask of each column when it was known, and of the rows how they came to be."
            )
        lines = [
            f"- {kind}: {', '.join(columns) or 'rows'}; optimism {optimism:+.3f} {self.score}\n  {evidence}"
            for kind, columns, evidence, optimism in self.table.itertuples(index=False, name=None)
        ]
        return "\n".join([f"{head}:", *lines])


def audit(X: Any, y: Any, *, groups: Any = None, time: Any = None, decided_at: Any = None, seed: int = 0) -> Audit:
    """Look for every kind of leak, with evidence, and measure what each pretends.

    Parameters
    ----------
    X : pandas.DataFrame
        One row an observation, one column a feature: numbers, text, categories, flags, dates; gaps are welcome. Pass
        the table as it goes into the split. It is not changed.
    y : array-like of shape (n_rows,)
        The target, without gaps: two classes, several, or a quantity. Whole numbers with up to 20 values count as
        classes.
    groups : array-like of shape (n_rows,), or str, optional
        What rows belong together (a patient, a customer), or the column of X that says it.
    time : array-like of shape (n_rows,), or str, optional
        When each row happened, or the column of X that says it.
    decided_at : array-like of shape (n_rows,), str or Timestamp, optional
        When the prediction is asked for: one instant a row, the column of X that holds it, or one instant for all.
        A column of X named in these three is no feature.
    seed : int
        Seed of the samples and splits; the same arguments give the same result.

    Returns
    -------
    Audit
        ``.table`` with one row a finding: ``kind, columns, evidence, optimism``; see :class:`Audit`.

    Raises
    ------
    ColumnError
        If a name is not a column of X.
    DataError
        If X has fewer than 50 rows or a column name twice; if y has gaps, one value only or another length; if time is
        text or has gaps.

    Notes
    -----
    The score is ROC AUC for two classes, its mean of each class against the rest for more, R² for a quantity; the
    model is a small forest on a sample of rows. What can be told from all rows (marks of preparation) is; what is
    statistical is reported beyond its noise only. The kinds are listed in :mod:`mlsd.leakage`.

    Examples
    --------
    >>> import numpy as np
    >>> draw = np.random.default_rng(0)
    >>> X = pd.DataFrame({"income": draw.lognormal(10, 0.5, 500), "age": draw.integers(18, 90, 500)})
    >>> repaid = draw.random(500) < 0.7
    >>> len(audit(X, repaid).table)
    0
    >>> X["fee_for_late_payment"] = np.where(repaid, 0.0, draw.uniform(5, 50, 500))
    >>> audit(X, repaid).table[["kind", "columns"]].values.tolist()
    [['after decision', ('fee_for_late_payment',)]]
    """
    case = open_case(X, y, groups=groups, time=time, decided_at=decided_at, seed=seed)
    found = table(_once([row for look in _LOOKS for row in look(case)]))
    found = found.sort_values("optimism", ascending=False, kind="stable", ignore_index=True)
    return Audit(found, score_name(case), case.rows)


def _once(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what an earlier audit has named more closely: a proxy that is from after the decision is that."""
    named: set[str] = set()
    made_up = {name for row in found if row["kind"] == "oversampling" for name in row["columns"]}
    kept = []
    for row in found:
        if row["kind"] == "generation process" and row["columns"] and set(row["columns"]) <= made_up:
            continue  # rows between two rounded ones have more decimals
        if row["kind"] in _OF_COLUMNS and row["columns"] and set(row["columns"]) <= named:
            continue
        kept.append(row)
        named |= set(row["columns"]) if row["kind"] in _OF_COLUMNS else set()
    return kept


_OF_COLUMNS = ("after decision", "generation process", "target encoding", "target proxy")
_LOOKS = (
    find_decision,
    find_generation,
    find_encoding,
    find_proxies,
    find_scaling,
    find_imputation,
    find_oversampling,
    find_duplicates,
    find_groups,
    find_time,
)
