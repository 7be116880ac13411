"""Every combination of a grid, or so many draws from a space."""

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.model_selection import ParameterGrid, ParameterSampler

from ..errors import DataError
from .result import Search
from .session import Options, open_session

__all__ = ["grid_search", "random_search"]


def grid_search(
    pipeline: Any,
    X: Any,
    y: Any = None,
    *,
    grid: Mapping[str, Sequence] | Sequence[Mapping[str, Sequence]],
    scoring: Any = None,
    cv: Any = 5,
    groups: Any = None,
    fit_params: Mapping[str, Any] | None = None,
    refit: str | None = None,
    n_jobs: int | None = None,
    client: Any = None,
    file: Any = None,
    progress: bool | None = None,
) -> Search:
    """Try every combination of a grid; the scores are those of ``GridSearchCV``, to the last bit.

    The steps are walked as a tree: candidates that agree on the parameters of the first steps share these steps, fitted
    once a fold, and the rows that come out of them. Scorers of scikit-learn share one prediction. What fails is named
    in the table, and the rest goes on.

    Parameters
    ----------
    pipeline : estimator
        Any scikit-learn estimator. The more of the work stands in steps that the grid does not touch, and in front, the
        more is saved. It is not changed.
    X : DataFrame, array or sparse matrix, shape (rows, columns), or list
        What the pipeline takes.
    y : array-like, shape (rows,), optional
        The target.
    grid : dict of str to list, or list of such dicts
        Values to try, by parameter name, such as ``{"clf__C": [0.1, 1, 10]}``. A value may be an estimator, or
        "passthrough", that replaces a whole step.
    scoring : str, callable, list, tuple, set or dict, optional
        As for ``GridSearchCV``. A function ``(estimator, X, y)`` of your own gets the whole fitted pipeline.
    cv : int, splitter or iterable of (train, test)
        Folds, for example ``sampling.TimeFolds("decided_at")``.
    groups : array-like, shape (rows,), optional
        Groups for the splitter.
    fit_params : dict, optional
        Arguments of fit, such as ``{"clf__sample_weight": weights}``; what has a value a row is cut with the rows.
    refit : str, optional
        The metric that chooses the best where there are several. Default: the first.
    n_jobs : int, optional
        So many processes, or threads inside ``with joblib.parallel_config("threading")``.
    client : distributed.Client, optional
        A Dask cluster to run on instead, as ``cluster.connect(workers=2)`` gives. A worker may die: its part is done
        again.
    file : str or Path, optional
        Where to write each score as it is known. Called again with the same arguments, after whatever ended it, the
        search goes on from there. A file of another search is refused.
    progress : bool, optional
        A line with the time left: True shows it, False does not, None if it takes long and somebody looks on.

    Returns
    -------
    Search
        ``.table``, ``.best`` and so on.

    Raises
    ------
    DataError
        If the pipeline lacks a parameter of the grid, if all candidates fail, or if `file` holds something else.

    Notes
    -----
    A step without a seed (``random_state=None``) draws anew at each fit: ``GridSearchCV`` itself does not give the same
    scores twice then, and candidates that share such a step here share its draw. Pipelines that are not plain
    ``sklearn.pipeline.Pipeline`` (those of imbalanced-learn), and all with metadata routing switched on, are fitted
    whole, as ``GridSearchCV`` does.

    Stopped with Ctrl-C, it returns what is done, ranked over the folds that all candidates have finished.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_iris(return_X_y=True)
    >>> pipeline = Pipeline([("scale", StandardScaler()), ("clf", LogisticRegression())])
    >>> search = grid_search(pipeline, X, y, grid={"clf__C": [0.01, 1, 100]}, scoring="neg_log_loss")
    >>> search.table[["param_clf__C", "mean_test_score", "rank_test_score"]].round(3).reset_index()
       candidate  param_clf__C  mean_test_score  rank_test_score
    0          2        100.00           -0.057                1
    1          1          1.00           -0.150                2
    2          0          0.01           -0.671                3
    >>> search.best_params, search.fits, search.step_fits, search.step_fits_alone
    ({'clf__C': 100}, 15, 20, 30)
    """
    candidates = list(ParameterGrid(grid))
    options = Options(scoring, cv, groups, fit_params, refit, n_jobs, client, file, progress)
    return _try_all(pipeline, X, y, "grid", candidates, options)


def random_search(
    pipeline: Any,
    X: Any,
    y: Any = None,
    *,
    space: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    n_candidates: int = 20,
    seed: int = 0,
    scoring: Any = None,
    cv: Any = 5,
    groups: Any = None,
    fit_params: Mapping[str, Any] | None = None,
    refit: str | None = None,
    n_jobs: int | None = None,
    client: Any = None,
    file: Any = None,
    progress: bool | None = None,
) -> Search:
    """Try so many draws from a space; the candidates and scores are those of ``RandomizedSearchCV``.

    Parameters
    ----------
    pipeline, X, y : object
        As for :func:`grid_search`.
    space : dict of str to list or frozen distribution of scipy.stats, or list of such dicts
        What to draw from, such as ``{"clf__C": loguniform(0.01, 100), "clf__class_weight": [None, "balanced"]}``. A
        list is drawn from evenly; with lists only, no combination comes twice.
    n_candidates : int
        How many draws.
    seed : int
        The draws are the same each time; RandomizedSearchCV calls it ``random_state``.
    scoring, cv, groups, fit_params, refit, n_jobs, client, file, progress : object
        As for :func:`grid_search`.

    Returns
    -------
    Search
        As of :func:`grid_search`.

    Raises
    ------
    DataError
        As :func:`grid_search`.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import RidgeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> search = random_search(RidgeClassifier(), X, y, space={"alpha": loguniform(0.01, 100)}, n_candidates=4)
    >>> search.table["param_alpha"].round(3).tolist()
    [2.577, 1.568, 7.257, 1.512]
    """
    options = Options(scoring, cv, groups, fit_params, refit, n_jobs, client, file, progress)
    candidates = list(ParameterSampler(space, n_candidates, random_state=seed))
    return _try_all(pipeline, X, y, "random", candidates, options)


def _try_all(pipeline: Any, X: Any, y: Any, kind: str, candidates: list[dict[str, Any]], options: Options) -> Search:
    if not candidates:
        raise DataError("There are no candidates to try.", "Give each parameter at least one value.")
    session = open_session(
        pipeline, X, y, kind, options, identity=candidates, fits=lambda folds: folds * len(candidates)
    )
    with session:
        session.try_out(session.add(candidates))
        return session.result()
