"""Models for the running case: will a flight arrive more than 30 minutes late? See ``datasets.load_late_flights``."""

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import MissingIndicator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

from .steps import PickColumns, coded_names, filled, one_hot, rate_by

__all__ = ["flights_baseline", "flights_boosted", "flights_logistic"]

FLIGHT_NAMES = ["carrier", "origin", "dest"]
FLIGHT_WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
FLIGHT_NUMBERS = ["minute_of_day", "distance", "plane_age", "seats", *FLIGHT_WEATHER, "recent_delay"]
# For these, more is not simply better or worse: a line gets bends
FLIGHT_BENT = ["minute_of_day", "temp", "dewp", "wind_dir", "wind_speed", "pressure", "recent_delay"]


def flights_baseline(*, random_state: int = 0) -> Pipeline:
    """The late rate at this time of day, and nothing else: what a model has to beat.

    A tree with the single column ``minute_of_day`` cuts the day into eight stretches or fewer; each has the share of
    its flights that were late. A missing time goes where it fits best.

    Parameters
    ----------
    random_state : int
        Seed of the tree.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Unfitted, with steps ``columns`` and ``clf``.

    Examples
    --------
    >>> from mlsd import datasets
    >>> flights = datasets.load_late_flights()
    >>> model = flights_baseline().fit(flights, flights["late"])
    >>> flights[["minute_of_day", "late"]].head(1)
       minute_of_day  late
    0            315     0
    >>> model.predict_proba(flights.head(1)).round(2)
    array([[0.94, 0.06]])
    """
    return rate_by("minute_of_day", random_state)


def flights_logistic(*, random_state: int = 0) -> Pipeline:
    """A logistic regression for late flights, with bends where a straight line would mislead.

    It uses the time of day, the carrier, the route, the plane, the weather and the recent delay at the airport. Gaps
    get the training rows' median, and columns of their own say where they were. The time of day, most of the weather
    and the recent delay become splines. A carrier or destination with fewer than one flight in a thousand, or one that
    the fit has not seen, counts as "infrequent".

    Left out are ``month``, which in a year of data only says what that month was like; ``flight``, ``tailnum`` and
    ``manufacturer``, which did not help on later months; and the instants.

    Parameters
    ----------
    random_state : int
        Seed of the solver. (The one that is set draws nothing.)

    Returns
    -------
    sklearn.pipeline.Pipeline
        Unfitted, with steps ``columns``, ``features`` and ``clf``.

    Examples
    --------
    >>> list(flights_logistic().named_steps)
    ['columns', 'features', 'clf']
    """
    bent = make_pipeline(filled(), SplineTransformer(n_knots=5, knots="quantile"), StandardScaler())
    straight = [column for column in FLIGHT_NUMBERS if column not in FLIGHT_BENT]
    features = ColumnTransformer(
        [
            ("bent", bent, FLIGHT_BENT),
            ("straight", make_pipeline(filled(), StandardScaler()), straight),
            ("missing", MissingIndicator(features="all"), FLIGHT_NUMBERS),
            ("names", one_hot(0.001), FLIGHT_NAMES),
        ],
        sparse_threshold=0,
    )
    # a few hundred columns and many rows: a handful of Newton steps, where lbfgs needs a hundred of its own
    clf = LogisticRegression(solver="newton-cholesky", C=0.1, random_state=random_state)
    return Pipeline([("columns", PickColumns(FLIGHT_NUMBERS + FLIGHT_NAMES)), ("features", features), ("clf", clf)])


def flights_boosted(*, random_state: int = 0) -> Pipeline:
    """Boosted trees for late flights, on the columns of :func:`flights_logistic`.

    A missing number goes down the branch that fits it best. Carrier, origin and destination stay categories: a split
    takes some of them to one side. A category that is rare or that the fit has not seen counts as missing.

    Parameters
    ----------
    random_state : int
        Seed of the boosting.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Unfitted, with steps ``columns``, ``features`` and ``clf``.

    Examples
    --------
    >>> flights_boosted(random_state=1).named_steps["clf"].random_state
    1
    """
    clf = HistGradientBoostingClassifier(
        max_iter=100, learning_rate=0.06, early_stopping=False, max_leaf_nodes=15, min_samples_leaf=100
    )
    clf.set_params(categorical_features=FLIGHT_NAMES, random_state=random_state)
    return Pipeline(
        [
            ("columns", PickColumns(FLIGHT_NUMBERS + FLIGHT_NAMES)),
            ("features", coded_names(FLIGHT_NAMES, FLIGHT_NUMBERS)),
            ("clf", clf),
        ]
    )
