"""Which original column each column of a fitted pipeline's last matrix comes from, found by trying it out."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["sources"]

ROWS_TO_TRY = 200


def sources(transform: Callable[[pd.DataFrame], np.ndarray], X: pd.DataFrame) -> np.ndarray | None:
    """The original column behind each transformed one, or None if some column mixes several.

    No list of transformers has to be known: a column of rows is exchanged against the values of other rows, and what
    changes behind the transformers comes from it.

    Parameters
    ----------
    transform : callable
        Frame of n rows to matrix of n rows.
    X : pandas.DataFrame
        Every row that will be explained or compared with.

    Returns
    -------
    numpy.ndarray of int or None
        For each transformed column the position of its original column; -1 if it is the same in all rows of X.
    """
    sample = _telling_rows(X)
    plain = transform(sample)
    found = np.full(plain.shape[1], -1)
    for position, column in enumerate(X.columns):
        changed = _differs(transform(_exchanged(sample, column)), plain).any(axis=0)
        if (found[changed] >= 0).any():
            return None
        found[changed] = position
    return None if _varies_unseen(transform, X, found) else found


def _telling_rows(X: pd.DataFrame) -> pd.DataFrame:
    """The first rows, and the first with each category and each gap: every one-hot column is switched on somewhere."""
    keep = np.zeros(len(X), dtype=bool)
    keep[:ROWS_TO_TRY] = True
    for column in X:
        values = X[column].isna() if pd.api.types.is_numeric_dtype(X[column]) else X[column]
        keep |= ~values.duplicated().to_numpy()
    return X[keep]


def _exchanged(sample: pd.DataFrame, column: Any) -> pd.DataFrame:
    """Each row gets the value of the next row that has another one."""
    codes = pd.factorize(sample[column], use_na_sentinel=False)[0]
    order = np.argsort(codes, kind="stable")
    most = np.bincount(codes).max(initial=0)  # shifted by the largest group, in order of value, all are strangers
    other = np.empty(len(sample), dtype=int)
    other[order] = np.roll(order, int(most))
    return sample.assign(**{str(column): sample[column].array.take(other)})


def _varies_unseen(transform: Callable[[pd.DataFrame], np.ndarray], X: pd.DataFrame, found: np.ndarray) -> bool:
    matrix = transform(X)
    return bool(_differs(matrix[:, found < 0], matrix[:1, found < 0]).any())


def _differs(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return ~((one == other) | (np.isnan(one) & np.isnan(other)))
