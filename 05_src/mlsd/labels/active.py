"""Active learning: which rows to ask about, so that few labels go far. The strategies are scikit-activeml's own."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError

__all__ = ["active_learning"]


def active_learning(
    X: Any,
    oracle: Callable[[np.ndarray], Any],
    *,
    model: Any,
    strategies: Mapping[str, Any],
    X_test: Any,
    y_test: Any,
    start: int = 20,
    batch: int = 20,
    budget: int = 200,
    scoring: Any = "roc_auc",
    seeds: Iterable[int] = (0,),
) -> pd.DataFrame:
    """Ask for labels batch by batch, each time where a strategy expects most of it, and score the model as it learns.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features)
        The pool of rows without labels: numbers, none missing (a strategy measures distances and doubts).
    oracle : callable
        Takes the positions of rows in the pool and returns their labels; missing where it does not know. Such a row
        counts as asked, stays without a label, and is not asked again.
    model : estimator
        A scikit-learn classifier with ``predict_proba``; it is cloned, gets the seed, and is fitted after each batch.
    strategies : mapping of str to scikit-activeml query strategy
        What to compare, for example ``{"random": RandomSampling(), "margin": UncertaintySampling("margin_sampling")}``
        from ``skactiveml.pool``. Each is cloned and gets the seed.
    X_test, y_test : array-like
        Rows that nobody asks about, to score on.
    start, batch, budget : int
        How many rows to ask about at random first, then each time, and altogether.
    scoring : str or callable
        As scikit-learn takes it.
    seeds : iterable of int
        One repetition each. Within a repetition all strategies start from the same rows.

    Returns
    -------
    pandas.DataFrame
        One row a strategy, seed and batch: ``strategy, seed, asked, labelled, score``. The score is missing until two
        classes have been labelled.

    Raises
    ------
    DataError
        If the pool holds something else than numbers, a number of rows does not fit, or the oracle gives another number
        of labels or a class that the test rows don't have.

    References
    ----------
    B. Settles (2009), Active Learning Literature Survey, Computer Sciences Technical Report 1648, University of
    Wisconsin-Madison.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skactiveml.pool import RandomSampling
    >>> X, y = np.arange(40.0).reshape(-1, 1), np.repeat([0, 1], 20)
    >>> table = active_learning(
    ...     X, lambda rows: y[rows], model=LogisticRegression(), strategies={"random": RandomSampling()},
    ...     X_test=X, y_test=y, start=4, batch=4, budget=12,
    ... )
    >>> table["asked"].tolist()
    [4, 8, 12]
    """
    from threadpoolctl import threadpool_limits

    X, X_test, y_test = _numbers(X, "X"), _numbers(X_test, "X_test"), np.asarray(y_test)
    _check_sizes(len(X), start, batch, budget)
    rows: list[dict[str, Any]] = []
    # Many tiny fits: threads would only wait for each other. A model that has seen one class goes by that one.
    with threadpool_limits(1, user_api="blas"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*'base_estimator' could not be fitted")
        for seed in seeds:
            first = np.random.default_rng(seed).choice(len(X), start, replace=False)
            for name, strategy in strategies.items():
                learner = _Learner(X, oracle, model, strategy, np.unique(y_test), seed)
                learner.ask(first)
                steps = learner.steps(batch, budget, scoring, X_test, y_test)
                rows.extend({"strategy": name, "seed": seed, **step} for step in steps)
    return pd.DataFrame(rows, columns=["strategy", "seed", "asked", "labelled", "score"])


class _Learner:
    """A model, the labels it has so far (positions in the list of classes, nan for none), and the rows asked about."""

    def __init__(self, X: np.ndarray, oracle: Callable, model: Any, strategy: Any, classes: np.ndarray, seed: int):
        from skactiveml.classifier import SklearnClassifier

        self.X, self.oracle, self.classes, self.seed = X, oracle, classes, seed
        self.codes = np.full(len(X), np.nan)
        self.asked: list[int] = []
        self.model = SklearnClassifier(_seeded(model, seed), classes=range(len(classes)), random_state=seed)
        self.strategy = _seeded(strategy, seed)

    def ask(self, positions: np.ndarray) -> None:
        given = pd.Series(np.asarray(self.oracle(positions), dtype=object)).infer_objects()
        if len(given) != len(positions):
            raise DataError(f"The oracle gave {len(given)} labels for {len(positions)} rows.", "One label a row.")
        known = given.notna().to_numpy()
        strays = sorted(set(given[known]) - set(self.classes.tolist()), key=str)
        if strays:
            raise DataError(
                f"The oracle says {strays[0]!r}, which y_test does not have: {self.classes.tolist()}.",
                "Use the same codes for both; a label that is not known is None.",
            )
        self.codes[positions[known]] = np.searchsorted(self.classes, given[known].to_numpy(self.classes.dtype))
        self.asked.extend(positions.tolist())

    def steps(self, batch: int, budget: int, *test: Any) -> Iterable[dict[str, Any]]:
        """What the model scores after each batch, until the budget is spent."""
        yield self.progress(*test)
        while len(self.asked) < budget:
            self.ask(self.choose(min(batch, budget - len(self.asked))))
            yield self.progress(*test)

    def choose(self, size: int) -> np.ndarray:
        """The positions that the strategy asks about next."""
        from skactiveml.utils import call_func

        fitted = {"clf": self.model, "fit_clf": False, "ensemble": self.model, "fit_ensemble": False}
        candidates = np.setdiff1d(np.arange(len(self.X)), self.asked)
        query = self.strategy.query
        return np.asarray(call_func(query, X=self.X, y=self.codes, candidates=candidates, batch_size=size, **fitted))

    def progress(self, scoring: Any, X_test: np.ndarray, y_test: np.ndarray) -> dict[str, Any]:
        """What the model scores with the labels that it has."""
        from sklearn.metrics import get_scorer

        scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
        labelled = int(np.isfinite(self.codes).sum())
        self.model.fit(self.X, self.codes)
        two = len(np.unique(self.codes[np.isfinite(self.codes)])) > 1
        score = float(scorer(self.model, X_test, np.searchsorted(self.classes, y_test))) if two else float("nan")
        return {"asked": len(self.asked), "labelled": labelled, "score": score}


def _seeded(estimator: Any, seed: int) -> Any:
    """A clone whose every random state is the seed, inner ones too."""
    from sklearn.base import clone

    copy = clone(estimator)
    states = [name for name in copy.get_params() if name.split("__")[-1] == "random_state"]
    return copy.set_params(**dict.fromkeys(states, seed))


def _numbers(X: Any, name: str) -> np.ndarray:
    try:
        numbers = np.asarray(X, dtype="float64")
    except (TypeError, ValueError) as error:
        raise DataError(f"`{name}` must hold numbers only: {error}.", "Encode it first, as for any model.") from error
    if numbers.ndim != 2:
        raise DataError(f"`{name}` must have rows and columns, got the shape {numbers.shape}.")
    if not np.isfinite(numbers).all():
        row, column = np.argwhere(~np.isfinite(numbers))[0]
        named = getattr(X, "columns", range(numbers.shape[1]))[column]
        raise DataError(
            f"`{name}` is missing or infinite in row {row}, column {named!r}.",
            "Impute it first: a strategy measures distances.",
        )
    return numbers


def _check_sizes(n_rows: int, start: int, batch: int, budget: int) -> None:
    if not (start >= 1 and batch >= 1 and start <= budget <= n_rows):
        raise DataError(
            f"`start` ({start}) and `batch` ({batch}) must be at least 1, and `budget` ({budget}) between `start` and "
            f"the pool's {n_rows} rows."
        )
