"""What encoders have in common: columns checked, categories in one form, the same work on pandas, Dask and arrays."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

__all__ = ["FrameEncoder"]


class FrameEncoder(TransformerMixin, BaseEstimator):
    """What the four share: the columns checked, and the same work on a pandas frame, a Dask frame and an array."""

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn what the encoding needs.

        Parameters
        ----------
        X : pandas.DataFrame, dask.dataframe.DataFrame or array, shape (n_rows, n_columns)
            The columns to encode.
        y : None
            Not used.

        Returns
        -------
        self
            The fitted encoder.
        """
        self._learn(self._checked(X, reset=True))
        return self

    def transform(self, X: Any) -> Any:
        """Encode the columns.

        Parameters
        ----------
        X : pandas.DataFrame, dask.dataframe.DataFrame or array, shape (n_rows, n_columns)
            The columns that it was fitted on.

        Returns
        -------
        pandas.DataFrame, dask.dataframe.DataFrame or numpy.ndarray
            As many rows, with the columns of :meth:`get_feature_names_out`.
        """
        check_is_fitted(self)
        frame = self._checked(X, reset=False)
        if _is_dask(frame):
            return frame.map_partitions(self._framed, meta=self._framed(frame._meta))
        return self._framed(frame) if isinstance(X, pd.DataFrame) else self._encoded(frame)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the new columns.

        Parameters
        ----------
        input_features : list of str, optional
            Names of the columns, if it was fitted on an array.

        Returns
        -------
        numpy.ndarray of str
            One name a column.
        """
        check_is_fitted(self)
        return np.asarray(self._names(list(_check_feature_names_in(self, input_features))), dtype=object)

    def _checked(self, X: Any, *, reset: bool) -> Any:
        """A frame, pandas or Dask, after scikit-learn's checks of shape and names."""
        if _is_dask(X) or (isinstance(X, pd.DataFrame) and len(X)):
            validate_data(self, X._meta if _is_dask(X) else X, reset=reset, skip_check_array=True)
            return X
        return pd.DataFrame(validate_data(self, X, reset=reset, dtype=None, ensure_all_finite="allow-nan"))

    def _framed(self, frame: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(self._encoded(frame), index=frame.index, columns=self.get_feature_names_out())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _learn(self, frame: Any) -> None:
        raise NotImplementedError

    def _encoded(self, frame: pd.DataFrame) -> np.ndarray:
        raise NotImplementedError

    def _names(self, columns: list[str]) -> list[str]:
        raise NotImplementedError


def _is_dask(X: Any) -> bool:
    """Whether it is a Dask frame."""
    return hasattr(X, "map_partitions")


def _computed(values: list[Any]) -> list[Any]:
    """What Dask only planned, worked out in one go."""
    if not any(hasattr(value, "dask") for value in values):
        return values
    import dask

    return list(dask.compute(*values))


def _keys_of(frame: Any, column: str) -> Any:
    """Categories of a column in one form, in a pandas or a Dask frame."""
    values = frame[column]
    return values.map_partitions(_keys_in, meta=_keys_in(values._meta)) if _is_dask(frame) else _keys_in(values)


def _keys_in(column: pd.Series) -> pd.Series:
    """Categories in one form, however a column holds them: numbers as float64, all else as text; missing stays."""
    if not _is_number(column):
        column = column.astype(object).infer_objects()  # out of a categorical, or of an array of mixed columns
    return column.astype("float64" if _is_number(column) else "str")


def _is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers, or true and false."""
    return pd.api.types.is_numeric_dtype(column.dtype)
