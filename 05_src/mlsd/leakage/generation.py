"""Leaks from how a table was made: ids that know the target, values written down in another way."""

import re
from typing import Any

import numpy as np
import pandas as pd

from .case import Case, finding, open_case, table
from .proxies import strength
from .scoring import alone, gap_of_columns, score_name

__all__ = ["audit_generation", "find_generation", "is_id"]

ID = re.compile(r"(^|[_ .-])(id|uid|uuid|guid|key|nr|no|number|index|idx|row|rownum|serial|seq)\d*$", re.IGNORECASE)
TELLING = 0.75  # an id ought to tell nothing: a half, or an R² of zero
WRITTEN = 0.95
ROWS = 4_000


def audit_generation(X: Any, y: Any, *, seed: int = 0) -> pd.DataFrame:
    """Find marks that the making of the table left, and that tell the target.

    Ids (whole numbers or text, another in every row) that tell the target; numbers or text that are written in another
    way for one class (decimals, length, capitals, gaps a row); a quantity in whose order the rows lie.

    Parameters
    ----------
    X : pandas.DataFrame
        One row an observation, one column a feature.
    y : array-like of shape (n_rows,)
        The target: two classes, several, or a quantity.
    seed : int
        Seed of the sample and of the splits.

    Returns
    -------
    pandas.DataFrame
        ``kind, columns, evidence, optimism``: one row a column; no column where the order of the rows is the leak.

    Raises
    ------
    DataError
        If y does not fit X.

    Examples
    --------
    >>> import numpy as np
    >>> X = pd.DataFrame({"scan_id": np.arange(300), "age": np.random.default_rng(0).integers(20, 90, 300)})
    >>> audit_generation(X, X["scan_id"] > 200)["columns"].tolist()
    [('scan_id',)]
    """
    return table(find_generation(open_case(X, y, seed=seed)))


def find_generation(case: Case) -> list[dict[str, Any]]:
    """See :func:`audit_generation`.

    Parameters
    ----------
    case : Case
        The table under audit.

    Returns
    -------
    list of dict
        Findings, each with kind, columns, evidence and optimism.
    """
    return _ids(case) + _writing(case) + _row_order(case)


def is_id(case: Case, name: str) -> bool:
    """Whether a column numbers or names the rows: another value in every row, and dense or called an id.

    Parameters
    ----------
    case : Case
        The table under audit.
    name : str
        A column.

    Returns
    -------
    bool
        True for an id.
    """
    column = case.X[name]
    if case.roles[name] not in ("number", "text") or column.nunique() < 0.99 * case.rows:
        return False
    if case.roles[name] == "text" or ID.search(name):
        return case.roles[name] == "text" or bool((case.values[name].dropna() % 1 == 0).all())
    values = case.values[name].dropna()
    return bool((values % 1 == 0).all() and np.ptp(values) < 1.5 * case.rows)


def _ids(case: Case) -> list[dict[str, Any]]:
    found = []
    for name in [name for name in case.X.columns if is_id(case, name)]:
        reached = max(strength(case, name), _of_digits(case, name))
        gap = gap_of_columns(case, [name], [name]) if reached >= TELLING else None
        if gap and (gap.exceeds(0.02) or reached > 0.97):
            evidence = (
                f"{name} is another in every row and should tell nothing; alone "
                f"it reaches {score_name(case)} {reached:.3f}."
            )
            found.append(finding("generation process", [name], evidence, gap.optimism))
    return found


def _of_digits(case: Case, name: str) -> float:
    """What the number inside a text id tells: "scan-0042" is 42."""
    if case.roles[name] != "text":
        return 0.0
    digits = pd.to_numeric(case.X[name].astype("str").str.extract(r"(\d{1,15})\D*$")[0], errors="coerce")
    return alone(case, digits.to_numpy("float64"), case.sample(ROWS)) if digits.nunique() > 1 else 0.0


def _writing(case: Case) -> list[dict[str, Any]]:
    """Columns whose way of writing tells more than their value, and the number of gaps in a row."""
    if not case.is_class:
        return []
    found, rows = [], case.sample(ROWS)
    forms = {name: form for name in case.X.columns for form in [_form(case, name)] if form is not None}
    for name, (words, values) in forms.items():
        reached = alone(case, values, rows)
        if reached >= WRITTEN and strength(case, name) < reached - 0.03:
            added = np.column_stack([case.ranks, values])
            gap = gap_of_columns(case, [], [], features=added)
            evidence = (
                f"The {words} of {name} alone reach {score_name(case)} {reached:.3f}, its value "
                f"{strength(case, name):.3f}: the classes were written down in two ways."
            )
            found.append(finding("generation process", [name], evidence, -gap.optimism))
    return found


def _form(case: Case, name: str) -> tuple[str, np.ndarray] | None:
    """How a column's values are written, as a number a row; None where all are written alike."""
    if case.roles[name] == "number":
        words, ways = "decimals", _decimals(case.values[name].to_numpy())
    elif case.roles[name] == "text" and case.X[name].nunique() > 10:
        text = case.X[name].astype("str")
        words = "length and capitals"
        ways = (text.str.len() * 4 + text.str.isupper() * 2 + text.str.islower()).to_numpy()
    else:
        return None
    form = ways.astype("float64")
    shares = np.unique(form[~np.isnan(form)], return_counts=True)[1] / case.rows
    return (words, form) if (shares > 0.02).sum() > 1 else None


def _decimals(values: np.ndarray) -> np.ndarray:
    """How many decimals a number needs, up to 6; missing for zero, which needs none in any case."""
    needs = np.full(len(values), 6.0)
    for places in range(5, -1, -1):
        scaled = values * 10.0**places
        needs[np.abs(scaled - np.round(scaled)) < 1e-6] = places
    return np.where(np.isnan(values) | (values == 0), np.nan, needs)


def _row_order(case: Case) -> list[dict[str, Any]]:
    """A quantity in whose order the rows lie. Classes that lie in blocks are a habit of making tables, not a leak."""
    steps = np.diff(case.y)
    if case.is_class or case.time is not None or not ((steps >= 0).all() or (steps <= 0).all()):
        return []
    evidence = (
        f"The rows are sorted by y, from {case.y[0]:.6g} to "
        f"{case.y[-1]:.6g}: a row's place is its answer. Shuffle them."
    )
    added = np.column_stack([case.ranks, np.linspace(0, 1, case.rows)])
    return [finding("generation process", [], evidence, -gap_of_columns(case, [], [], features=added).optimism)]
