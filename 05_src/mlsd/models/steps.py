"""The steps that the models share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype, is_object_dtype, is_string_dtype
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_is_fitted, validate_data

from ..errors import DataError, require_columns

__all__ = ["PickColumns", "coded_names", "filled", "one_hot", "rate_by"]

ANYTHING: dict[str, Any] = {"dtype": None, "ensure_all_finite": "allow-nan"}


class PickColumns(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Pick columns of a frame by name, in one order, whatever else the frame holds.

    A column that held numbers in the fit is given on as numbers, and one that held text as text, also when a gap made
    pandas call it something else: a lone ``null`` from JSON is an object, and a text column without a value is float64.

    Parameters
    ----------
    columns : list of str, optional
        The columns to keep; all of them if left out.

    Attributes
    ----------
    feature_names_in_ : numpy.ndarray of str
        The columns that it needs.
    numbers_, text_ : list of str
        Those that held numbers, and those that held text.

    Examples
    --------
    >>> frame = pd.DataFrame({"late": [0, 1], "carrier": ["EV", "UA"], "distance": [229, 1400]})
    >>> PickColumns(["distance", "carrier"]).fit_transform(frame)
       distance carrier
    0       229      EV
    1      1400      UA
    """

    def __init__(self, columns: Sequence[str] | None = None):
        self.columns = columns

    def fit(self, X: Any, y: Any = None) -> "PickColumns":
        """See that the columns are there.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n, columns)
            The frame.
        y : None
            Not used.

        Returns
        -------
        PickColumns
            Itself.

        Raises
        ------
        ColumnError
            If a column is missing; the message names it.
        DataError
            If columns are asked for by name, and `X` is no frame.
        """
        picked = self._picked(X)
        validate_data(self, picked, skip_check_array=isinstance(X, pd.DataFrame), **ANYTHING)
        columns = dict(picked.items()) if isinstance(X, pd.DataFrame) else {}
        self.numbers_ = [name for name, column in columns.items() if is_numeric_dtype(column)]
        self.text_ = [name for name, column in columns.items() if is_string_dtype(column) or is_object_dtype(column)]
        return self

    def transform(self, X: Any) -> Any:
        """Pick the columns, in the order of ``feature_names_in_``.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n, columns)
            The frame.

        Returns
        -------
        pandas.DataFrame of shape (n, picked columns)
            The same rows.

        Raises
        ------
        ColumnError, DataError
            As in :meth:`fit`; also if a column of numbers holds something else.
        """
        check_is_fitted(self)
        picked = self._picked(X)
        if not isinstance(X, pd.DataFrame):
            return validate_data(self, picked, reset=False, **ANYTHING)
        validate_data(self, picked, reset=False, skip_check_array=True)
        changed = {name: "object" for name in self.text_ if is_numeric_dtype(picked[name])}
        return picked.assign(**{name: _to_numbers(picked[name]) for name in self._no_numbers(picked)}).astype(changed)

    def _no_numbers(self, picked: pd.DataFrame) -> list[str]:
        return [name for name in self.numbers_ if not is_numeric_dtype(picked[name])]

    def _picked(self, X: Any) -> Any:
        if self.columns is None:
            return X
        if not isinstance(X, pd.DataFrame):
            raise DataError(
                f"This model picks its columns by name, and a {type(X).__name__} has none.",
                f"Give it a pandas frame with: {', '.join(self.columns)}.",
            )
        require_columns(X.columns, self.columns, where="the frame given to the model")
        return X[list(self.columns)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags


def _to_numbers(column: pd.Series) -> pd.Series:
    try:
        return pd.to_numeric(column).astype("float64")
    except (TypeError, ValueError) as error:
        raise DataError(
            f"Column {column.name!r} must hold numbers, as when the model was fitted: {error}.",
            "Put the value right, or leave it missing.",
        ) from error


def rate_by(column: str, random_state: int) -> Pipeline:
    """A baseline: the rate of the positive class by one column, cut into eight stretches or fewer.

    Parameters
    ----------
    column : str
        A column of numbers; a missing one goes where it fits best.
    random_state : int
        Seed of the tree that finds the cuts.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Unfitted, with steps ``columns`` and ``clf``.
    """
    tree = DecisionTreeClassifier(max_leaf_nodes=8, min_samples_leaf=0.005, random_state=random_state)
    return Pipeline([("columns", PickColumns([column])), ("clf", tree)])


def coded_names(names: Sequence[str], numbers: Sequence[str]) -> ColumnTransformer:
    """For boosted trees: names become codes, numbers stay; out comes a frame with the same column names.

    Parameters
    ----------
    names, numbers : list of str
        Columns of text and of numbers. Names that occur fewer than 20 times are one code; a name that the fit has not
        seen is missing.

    Returns
    -------
    sklearn.compose.ColumnTransformer
        Unfitted.
    """
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, min_frequency=20, max_categories=254
    )
    steps = [("names", codes, list(names)), ("numbers", "passthrough", list(numbers))]
    # as a frame, so that the trees know their columns, and which of them are categories, by name
    return ColumnTransformer(steps, verbose_feature_names_out=False).set_output(transform="pandas")


def filled(**options: Any) -> SimpleImputer:
    """Fill gaps with the training rows' median.

    Parameters
    ----------
    **options
        Passed on to ``SimpleImputer``, for example ``add_indicator=True``.

    Returns
    -------
    sklearn.impute.SimpleImputer
        Unfitted; a column that is all gaps becomes 0 instead of vanishing.
    """
    return SimpleImputer(strategy="median", keep_empty_features=True, **options)


def one_hot(min_frequency: float) -> OneHotEncoder:
    """One column for each name that is frequent enough, and one for all others, also those never seen.

    Parameters
    ----------
    min_frequency : float
        What share of the rows is frequent enough.

    Returns
    -------
    sklearn.preprocessing.OneHotEncoder
        Unfitted.
    """
    return OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=min_frequency, sparse_output=False)
