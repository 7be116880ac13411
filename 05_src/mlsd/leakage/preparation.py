"""Marks of preparation before the split: a column that was scaled, filled or encoded with statistics of all rows.

They are told from the values alone, to the precision of the machine. Chance does not leave them: a simulated standard
normal column has a mean of 0.01, not of 0.0000000000001.
"""

from typing import Any

import pandas as pd

from .case import Case, finding, open_case, table
from .encoding import encoded_columns
from .imputation import filled_columns
from .scaling import scaled_columns
from .scoring import gap_of_columns

__all__ = ["audit_encoding", "audit_imputation", "audit_scaling", "find_encoding", "find_imputation", "find_scaling"]


def audit_scaling(X: Any, y: Any, *, seed: int = 0) -> pd.DataFrame:
    """Find columns that were scaled with the mean, spread, range or ranks of all rows.

    Parameters
    ----------
    X : pandas.DataFrame
        One row an observation, one column a feature, all rows that were prepared together.
    y : array-like of shape (n_rows,)
        The target, for the optimism.
    seed : int
        Seed of the sample and of the splits.

    Returns
    -------
    pandas.DataFrame
        ``kind, columns, evidence, optimism``: one row a way of scaling. The optimism is that of scaling once over all
        rows instead of in each training part, by a linear model; it is small, and grows where rows are few and tails
        long.

    Raises
    ------
    DataError
        If y does not fit X.

    Examples
    --------
    >>> import numpy as np
    >>> income = np.random.default_rng(0).lognormal(10, 0.5, 200)
    >>> X = pd.DataFrame({"income": (income - income.mean()) / income.std()})
    >>> audit_scaling(X, income > 20_000)[["kind", "columns"]].values.tolist()
    [['scaling', ('income',)]]
    """
    return table(find_scaling(open_case(X, y, seed=seed)))


def audit_imputation(X: Any, y: Any, *, seed: int = 0) -> pd.DataFrame:
    """Find columns whose gaps were filled with the mean or median of all rows, or of one class.

    Parameters
    ----------
    X : pandas.DataFrame
        One row an observation, one column a feature, all rows that were prepared together.
    y : array-like of shape (n_rows,)
        The target: two classes, several, or a quantity.
    seed : int
        Seed of the sample and of the splits.

    Returns
    -------
    pandas.DataFrame
        ``kind, columns, evidence, optimism``: one row a column. The optimism is the score as filled less the score
        with the gaps opened again.

    Raises
    ------
    DataError
        If y does not fit X.

    Examples
    --------
    >>> import numpy as np
    >>> X = pd.DataFrame({"income": np.random.default_rng(0).lognormal(10, 0.5, 200)})
    >>> X.loc[::5, "income"] = X.loc[X.index % 5 > 0, "income"].mean()
    >>> audit_imputation(X, [0, 1] * 100)[["kind", "columns"]].values.tolist()
    [['imputation', ('income',)]]
    """
    return table(find_imputation(open_case(X, y, seed=seed)))


def audit_encoding(X: Any, y: Any, *, seed: int = 0) -> pd.DataFrame:
    """Find columns that hold the mean of the target by group over all rows, plain, smoothed, or as log odds.

    Parameters
    ----------
    X : pandas.DataFrame
        One row an observation, one column a feature, all rows that were prepared together.
    y : array-like of shape (n_rows,)
        The target: two classes, several, or a quantity.
    seed : int
        Seed of the sample and of the splits.

    Returns
    -------
    pandas.DataFrame
        ``kind, columns, evidence, optimism``: one row a column. The optimism is the score with the column less the
        score with the same groups encoded by each training part alone.

    Raises
    ------
    DataError
        If y does not fit X.

    Examples
    --------
    >>> import numpy as np
    >>> draw = np.random.default_rng(0)
    >>> shop, late = draw.integers(0, 100, 400), draw.random(400) < 0.3
    >>> X = pd.DataFrame({"shop_rate": pd.Series(late).groupby(shop).transform("mean"), "size": draw.normal(size=400)})
    >>> audit_encoding(X, late)[["kind", "columns"]].values.tolist()
    [['target encoding', ('shop_rate',)]]
    """
    return table(find_encoding(open_case(X, y, seed=seed)))


def find_scaling(case: Case) -> list[dict[str, Any]]:
    """See :func:`audit_scaling`.

    Parameters
    ----------
    case : Case
        The table under audit.

    Returns
    -------
    list of dict
        Findings, each with kind, columns, evidence and optimism.
    """
    return [finding("scaling", names, evidence, optimism) for names, evidence, optimism in scaled_columns(case)]


def find_imputation(case: Case) -> list[dict[str, Any]]:
    """See :func:`audit_imputation`.

    Parameters
    ----------
    case : Case
        The table under audit.

    Returns
    -------
    list of dict
        Findings, each with kind, columns, evidence and optimism.
    """
    found = []
    for name, filled, evidence in filled_columns(case):
        opened = case.ranks.copy()
        opened[filled, case.X.columns.get_loc(name)] = -0.2
        gap = gap_of_columns(case, [], [], features=opened)
        found.append(finding("imputation", [name], evidence, gap.optimism))
    return found


def find_encoding(case: Case) -> list[dict[str, Any]]:
    """See :func:`audit_encoding`.

    Parameters
    ----------
    case : Case
        The table under audit.

    Returns
    -------
    list of dict
        Findings, each with kind, columns, evidence and optimism.
    """
    return [finding("target encoding", [name], words, optimism) for name, words, optimism in encoded_columns(case)]
