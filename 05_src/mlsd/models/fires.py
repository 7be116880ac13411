"""Models for the fires case: how many hectares will burn? See ``datasets.make_fires``."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from .steps import PickColumns, coded_names, filled, one_hot

__all__ = ["fires_baseline", "fires_boosted", "fires_linear"]

FIRE_NAMES = ["month", "day"]
FIRE_NUMBERS = ["X", "Y", "FFMC", "DMC", "DC", "ISI", "temp", "RH", "wind", "rain"]


def fires_baseline() -> Pipeline:
    """The median of the burned area: no constant has a smaller absolute error, and on the real table no model has.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Unfitted, with steps ``columns`` and ``reg``.

    Examples
    --------
    >>> list(fires_baseline().named_steps)
    ['columns', 'reg']
    """
    return Pipeline([("columns", PickColumns(FIRE_NUMBERS + FIRE_NAMES)), ("reg", DummyRegressor(strategy="median"))])


def fires_linear(*, random_state: int = 0) -> Pipeline:
    """A ridge regression of log(1 + area), which answers in hectares.

    It uses all twelve columns. Gaps get the training rows' median, and numbers one scale. A month with fewer than 3 %
    of the fires, or one that the fit has not seen, counts as "infrequent".

    Parameters
    ----------
    random_state : int
        Seed of the solver. (The one that is set draws nothing.)

    Returns
    -------
    sklearn.pipeline.Pipeline
        Unfitted, with steps ``columns``, ``features`` and ``reg``; the ridge is ``reg.regressor``.

    Examples
    --------
    >>> fires_linear().get_params()["reg__regressor__alpha"]
    100.0
    """
    features = ColumnTransformer(
        [("numbers", make_pipeline(filled(), StandardScaler()), FIRE_NUMBERS), ("names", one_hot(0.03), FIRE_NAMES)],
        sparse_threshold=0,
    )
    reg = _of_log(Ridge(alpha=100.0, random_state=random_state))
    return Pipeline([("columns", PickColumns(FIRE_NUMBERS + FIRE_NAMES)), ("features", features), ("reg", reg)])


def fires_boosted(*, random_state: int = 0) -> Pipeline:
    """Boosted trees for log(1 + area), which answer in hectares; small ones, as 500 rows hold little.

    A missing number goes down the branch that fits it best; month and day stay categories, and one that the fit has not
    seen counts as missing.

    Parameters
    ----------
    random_state : int
        Seed of the boosting.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Unfitted, with steps ``columns``, ``features`` and ``reg``; the trees are ``reg.regressor``.

    Examples
    --------
    >>> type(fires_boosted()["reg"].regressor).__name__
    'HistGradientBoostingRegressor'
    """
    trees = HistGradientBoostingRegressor(max_iter=100, max_leaf_nodes=3, learning_rate=0.05, early_stopping=False)
    trees.set_params(categorical_features=FIRE_NAMES, random_state=random_state)
    return Pipeline(
        [
            ("columns", PickColumns(FIRE_NUMBERS + FIRE_NAMES)),
            ("features", coded_names(FIRE_NAMES, FIRE_NUMBERS)),
            ("reg", _of_log(trees)),
        ]
    )


def _of_log(regressor: BaseEstimator) -> TransformedTargetRegressor:
    return TransformedTargetRegressor(regressor, func=np.log1p, inverse_func=_hectares)


def _hectares(log_area: np.ndarray) -> np.ndarray:
    return np.maximum(np.expm1(log_area), 0)  # no fire burns less than nothing
