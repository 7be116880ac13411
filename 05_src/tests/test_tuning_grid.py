"""The grid against ``GridSearchCV``: the same splits, scores, ranks and predictions, to the last bit."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import Pipeline as SamplingPipeline
from scipy import sparse
from scipy.stats import loguniform, randint
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.metrics import accuracy_score, make_scorer, mean_absolute_error
from sklearn.metrics.pairwise import linear_kernel
from sklearn.model_selection import GridSearchCV, GroupKFold, RandomizedSearchCV, ShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from mlsd import sampling, tuning
from mlsd.errors import DataError
from mlsd.tuning.fold import twin

RNG = np.random.default_rng(7)
ROWS = 90
NUMBERS = RNG.normal(size=(ROWS, 6)) * [1, 10, 0.1, 1, 1, 5]
LATE = (NUMBERS[:, 0] + NUMBERS[:, 1] / 10 + RNG.normal(size=ROWS) > 0.3).astype(int)
THREE = np.array(["early", "late", "on time"])[(LATE + (NUMBERS[:, 3] > 0.5))]
DELAY = NUMBERS @ [1, 2, 3, 4, 5, 6] + RNG.normal(size=ROWS)
CARRIER = np.array(["AA", "B6", "UA"])[RNG.integers(0, 3, ROWS)]
FLIGHTS = pd.DataFrame(NUMBERS, columns=list("abcdef")).assign(carrier=CARRIER, day=np.arange(ROWS) // 3)
FLIGHTS.iloc[::9, 0] = np.nan
REPORTS = [
    f"{word} {'delayed' if late else 'smooth'} by {number}"
    for word, late, number in zip(CARRIER, LATE, range(ROWS), strict=True)
]
GROUPS = np.arange(ROWS) % 7
WEIGHTS = RNG.uniform(0.5, 2, ROWS)
SEVERAL = ["roc_auc", "neg_log_loss", "accuracy"]


def linear(**options):
    return Pipeline([("scale", StandardScaler()), ("pca", PCA(3)), ("clf", RidgeClassifier(**options))])


def columns():
    numbers = Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())])
    return ColumnTransformer([("numbers", numbers, list("abc")), ("names", OneHotEncoder(), ["carrier"])])


def looks_inside(pipeline, X, y):
    return float(pipeline[:-1].transform(X)[:, 0].mean() + pipeline.named_steps["pca"].n_components_)


def says_two(pipeline, X, y):
    right = pipeline.predict(X) == y
    return {"right": right.mean(), "wrong": -(~right).mean()}


class Spoils(TransformerMixin, BaseEstimator):
    """Works in place, as ``copy=False`` does."""

    def __init__(self, factor=2.0):
        self.factor = factor

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        X *= self.factor
        return X


def case(**arguments):
    return arguments


CASES = {
    "nested column transformer": case(
        pipeline=Pipeline([("columns", columns()), ("clf", LogisticRegression())]),
        X=FLIGHTS,
        y=LATE,
        scoring=SEVERAL,
        grid={
            "columns__numbers__fill__strategy": ["mean", "median"],
            "columns__names": ["drop", OneHotEncoder()],
            "clf__C": [0.1, 1, 10],
        },
    ),
    "feature selection": case(
        pipeline=Pipeline([("scale", StandardScaler()), ("pick", SelectKBest()), ("clf", SVC())]),
        X=NUMBERS,
        y=LATE,
        grid={"pick__k": [1, 3], "clf__C": [0.5, 2], "clf__kernel": ["linear", "rbf"]},
        scoring=["roc_auc", "f1"],
    ),
    "calibrated": case(
        pipeline=make_pipeline(StandardScaler(), CalibratedClassifierCV(GaussianNB(), cv=3)),
        X=NUMBERS,
        y=LATE,
        scoring="neg_brier_score",
        grid={"calibratedclassifiercv__method": ["sigmoid", "isotonic"], "standardscaler__with_std": [True, False]},
    ),
    "text": case(
        pipeline=Pipeline(
            [("words", TfidfVectorizer()), ("svd", TruncatedSVD(2, random_state=0)), ("clf", LogisticRegression())]
        ),
        X=REPORTS,
        y=LATE,
        grid={
            "words__ngram_range": [(1, 1), (1, 2)],
            "svd": [TruncatedSVD(2, random_state=0), "passthrough"],
            "clf__C": [1, 10],
        },
    ),
    "passthrough and replaced steps": case(
        pipeline=linear(),
        X=NUMBERS,
        y=LATE,
        grid=[
            {"pca": ["passthrough", None, PCA(2)], "clf__alpha": [1, 5]},
            {"clf": [GaussianNB(), DecisionTreeClassifier(random_state=0)]},
            {},
        ],
    ),
    "nested pipelines": case(
        pipeline=Pipeline(
            [("prepare", linear()[:2]), ("model", Pipeline([("pick", SelectKBest(k=2)), ("clf", RidgeClassifier())]))]
        ),
        X=NUMBERS,
        y=LATE,
        grid={"prepare__pca__n_components": [2, 4], "model__pick__k": [1, 2], "model__clf__alpha": [0.1, 1]},
    ),
    "a nested pipeline replaced": case(
        pipeline=Pipeline([("prepare", linear()[:2]), ("clf", RidgeClassifier())]),
        X=NUMBERS,
        y=LATE,
        grid={
            "prepare": [make_pipeline(MinMaxScaler()), make_pipeline(StandardScaler(), PCA(1)), "passthrough"],
            "clf__alpha": [0.1, 1],
        },
    ),
    "no pipeline": case(
        pipeline=KNeighborsClassifier(), X=NUMBERS, y=THREE, grid={"n_neighbors": [1, 3, 5], "p": [1, 2]}
    ),
    "several classes": case(
        pipeline=linear(), X=NUMBERS, y=THREE, grid={"clf__alpha": [0.1, 1, 10]}, scoring=["f1_macro", "accuracy"]
    ),
    "regression": case(
        pipeline=Pipeline([("scale", StandardScaler()), ("pick", SelectKBest(f_regression)), ("reg", Ridge())]),
        X=NUMBERS,
        y=DELAY,
        grid={"pick__k": [2, "all"], "reg__alpha": [0.1, 1]},
        scoring={"mae": make_scorer(mean_absolute_error, greater_is_better=False), "r2": "r2"},
    ),
    "groups": case(
        pipeline=linear(), X=NUMBERS, y=LATE, grid={"clf__alpha": [0.1, 1]}, cv=GroupKFold(3), groups=GROUPS
    ),
    "folds in time": case(
        pipeline=linear(),
        X=NUMBERS,
        y=LATE,
        grid={"clf__alpha": [0.1, 1]},
        cv=sampling.TimeFolds(FLIGHTS["day"].to_numpy(), 3),
    ),
    "splits as they come": case(
        pipeline=linear(),
        X=NUMBERS,
        y=LATE,
        grid={"pca__n_components": [1, 2]},
        cv=list(ShuffleSplit(2, random_state=1).split(NUMBERS)),
    ),
    "weights": case(
        pipeline=linear(),
        X=FLIGHTS[list("bcdef")],
        y=pd.Series(LATE),
        grid={"clf__alpha": [0.1, 1], "scale__with_std": [True, False]},
        fit_params={"clf__sample_weight": WEIGHTS, "scale__sample_weight": pd.Series(WEIGHTS)},
    ),
    "weights that the scorer takes too": case(
        pipeline=LogisticRegression(),
        X=NUMBERS,
        y=LATE,
        grid={"C": [0.1, 1]},
        scoring=["accuracy", "roc_auc"],
        fit_params={"sample_weight": WEIGHTS},
    ),
    "a scorer that looks inside": case(
        pipeline=linear(),
        X=NUMBERS,
        y=LATE,
        grid={"pca__n_components": [1, 3], "clf__alpha": [1, 2]},
        scoring={"acc": "accuracy", "inside": looks_inside},
    ),
    "a scorer that says two things": case(
        pipeline=linear(), X=NUMBERS, y=LATE, grid={"clf__alpha": [1, 1000]}, scoring=says_two, refit="wrong"
    ),
    "sparse": case(
        pipeline=make_pipeline(TruncatedSVD(2, random_state=0), RidgeClassifier()),
        X=sparse.coo_array(np.abs(NUMBERS)),
        y=LATE,
        grid={"ridgeclassifier__alpha": [0.1, 1]},
    ),
    "work in place": case(
        pipeline=Pipeline(
            [
                ("pca", PCA(3)),
                ("spoil", Spoils()),
                ("shift", StandardScaler(copy=False, with_std=False)),
                ("clf", LogisticRegression()),
            ]
        ),
        X=NUMBERS,
        y=LATE,
        grid={"spoil__factor": [2, 3], "shift__with_mean": [True, False], "clf__C": [0.1, 1]},
        scoring="neg_log_loss",
    ),
    "views with gaps": case(
        pipeline=Pipeline(
            [("pca", PCA(4)), ("cut", FunctionTransformer(lambda X: X[::-1, ::2][::-1])), ("clf", LogisticRegression())]
        ),
        X=NUMBERS,
        y=LATE,
        grid={"clf__C": [0.1, 1, 10]},
    ),
    "a union": case(
        pipeline=Pipeline([("both", FeatureUnion([("pca", PCA(1)), ("pick", SelectKBest(k=1))])), ("clf", SVC())]),
        X=NUMBERS,
        y=LATE,
        grid={"both__pick__k": [1, 2], "both__transformer_weights": [None, {"pca": 10}], "clf__C": [1, 3]},
    ),
    "resampling": case(
        pipeline=SamplingPipeline([("more", RandomOverSampler(random_state=0)), *linear().steps]),
        X=NUMBERS,
        y=LATE,
        grid={"clf__alpha": [0.1, 1]},
        scoring=["roc_auc", "f1"],
    ),
    "a kernel matrix": case(pipeline=SVC(kernel="precomputed"), X=linear_kernel(NUMBERS), y=LATE, grid={"C": [0.1, 1]}),
    "no target": case(
        pipeline=make_pipeline(StandardScaler(), KMeans(random_state=0, n_init=1)),
        X=NUMBERS,
        y=None,
        grid={"kmeans__n_clusters": [2, 3]},
    ),
    "parameters of the pipeline itself": case(
        pipeline=linear(),
        X=NUMBERS,
        y=LATE,
        grid={
            "steps": [[("scale", kind), ("clf", LogisticRegression())] for kind in (MinMaxScaler(), StandardScaler())]
        },
        scoring="neg_log_loss",
    ),
    "errors in some": case(
        pipeline=linear(),
        X=NUMBERS,
        y=LATE,
        grid={"pca__n_components": [2, 100], "clf__alpha": [1, -1]},
        scoring=["accuracy", "roc_auc"],
    ),
    "lists of different lengths": case(
        pipeline=GaussianNB(),
        X=NUMBERS,
        y=LATE,
        grid={"priors": [[0.5, 0.5], [0.1, 0.9], None], "var_smoothing": [1e-9, 1e-3]},
    ),
}


def both(pipeline, X, y, grid, scoring=None, cv=3, groups=None, fit_params=None, refit=None):
    """Ours, and scikit-learn's."""
    ours = tuning.grid_search(
        pipeline, X, y, grid=grid, scoring=scoring, cv=cv, groups=groups, fit_params=fit_params, refit=refit
    )
    several = isinstance(scoring, (list, dict)) and next(iter(scoring))
    theirs = GridSearchCV(clone(pipeline), grid, scoring=scoring, cv=cv, refit=refit or several or True)
    return ours, theirs.fit(X, y, groups=groups, **(fit_params or {}))


def assert_same_table(table, results):
    theirs = pd.DataFrame(results)
    assert list(table.columns) == [*theirs.columns, "error"]
    timed = [column for column in theirs if column.endswith("_time")]
    ours = table.sort_index().rename_axis(None).drop(columns=[*timed, "params", "error"])
    pd.testing.assert_frame_equal(
        ours, theirs.drop(columns=[*timed, "params"]), check_exact=True, check_index_type=False
    )


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning", "ignore:One or more of the test scores")
@pytest.mark.filterwarnings("ignore:The scoring", "ignore:.*n_iter:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", CASES)
def test_the_grid_equals_grid_search_cv(name):
    ours, theirs = both(**CASES[name])
    assert_same_table(ours.table, theirs.cv_results_)
    assert (ours.best_score, str(ours.best_params)) == (theirs.best_score_, str(theirs.best_params_))
    np.testing.assert_array_equal(ours.best.predict(CASES[name]["X"]), theirs.best_estimator_.predict(CASES[name]["X"]))


def unlike(**changes):
    return {"pipeline": linear(), "X": NUMBERS, "y": LATE, "grid": {"clf__alpha": [0.1, 1]}, "cv": 3} | changes


def fit_counts(monkeypatch, kind):
    """Count the fits of a kind of step from here on."""
    counts = []
    fit = kind.fit
    monkeypatch.setattr(kind, "fit", lambda self, *given, **named: counts.append(1) or fit(self, *given, **named))
    return counts


def test_steps_that_the_grid_does_not_touch_are_fitted_once_a_fold(monkeypatch):
    scaled = fit_counts(monkeypatch, StandardScaler)
    search = tuning.grid_search(
        linear(), NUMBERS, LATE, grid={"pca__n_components": [1, 2], "clf__alpha": [1, 2, 3]}, cv=3
    )
    assert len(scaled) == 3 + 1  # three folds, and the best on all rows
    assert (search.fits, search.step_fits, search.step_fits_alone) == (18, 3 * (1 + 2 + 6), 3 * 6 * 3)


def test_all_scorers_share_one_prediction(monkeypatch):
    asked = []
    predict = LogisticRegression.predict_proba

    def predict_proba(self, X):
        asked.append(1)
        return predict(self, X)

    monkeypatch.setattr(LogisticRegression, "predict_proba", predict_proba)
    scoring = ["neg_log_loss", "neg_brier_score", "d2_log_loss_score"]
    tuning.grid_search(LogisticRegression(), NUMBERS, LATE, grid={"C": [1, 2]}, scoring=scoring, cv=3)
    assert len(asked) == 2 * 3


def test_a_step_with_a_random_state_object_draws_as_if_fitted_alone():
    draws = np.random.RandomState(5)
    pipeline = Pipeline([("svd", TruncatedSVD(2, random_state=draws)), ("clf", RidgeClassifier())])
    ours, theirs = both(pipeline, NUMBERS, LATE, {"clf__alpha": [1, 2]})
    assert_same_table(ours.table, theirs.cv_results_)


def test_metadata_routing_gives_what_grid_search_cv_gives():
    with sklearn.config_context(enable_metadata_routing=True):
        last = RidgeClassifier().set_fit_request(sample_weight=True)
        pipeline = Pipeline([("scale", StandardScaler().set_fit_request(sample_weight=False)), ("clf", last)])
        ours, theirs = both(
            pipeline,
            NUMBERS,
            LATE,
            {"clf__alpha": [1, 2]},
            cv=GroupKFold(3),
            groups=GROUPS,
            fit_params={"sample_weight": WEIGHTS},
            scoring=make_scorer(accuracy_score).set_score_request(sample_weight=True),
        )
    assert_same_table(ours.table, theirs.cv_results_)


def test_a_pipeline_with_memory_gives_the_same(tmp_path):
    ours, theirs = both(linear().set_params(memory=str(tmp_path)), NUMBERS, LATE, {"clf__alpha": [1, 2]})
    assert_same_table(ours.table, theirs.cv_results_)


def test_the_search_changes_neither_the_pipeline_nor_the_data():
    pipeline, X = Pipeline([("spoil", Spoils()), *linear().steps]), NUMBERS.copy()
    tuning.grid_search(pipeline, X, LATE, grid={"clf__alpha": [1, 2]}, cv=3)
    assert not hasattr(pipeline["scale"], "mean_")
    # the fit of the best is on X itself, as GridSearchCV's is: this step then works in place
    np.testing.assert_array_equal(X, NUMBERS * 2)


def test_the_best_stands_first_and_keeps_its_number():
    search = tuning.grid_search(**unlike(grid={"pca__n_components": [1, 2, 3], "clf__alpha": [1, 500]}))
    assert search.table["rank_test_score"].is_monotonic_increasing
    assert search.table.loc[search.table.index[0], "params"] == search.best_params
    assert sorted(search.table.index) == list(range(6))


def test_the_result_says_what_it_is():
    said = repr(tuning.grid_search(**unlike(grid={"clf__alpha": [1, -1]})))
    assert "grid search: 2 candidates on 3 folds, 6 fits" in said
    assert "12 steps fitted instead of 18" in said
    assert "1 failed; see the column `error`" in said


def test_a_failing_candidate_is_named_and_the_rest_goes_on(caplog):
    search = tuning.grid_search(**unlike(grid={"pca__n_components": [2, 100]}))
    assert search.best_params == {"pca__n_components": 2}
    assert search.table["error"].tolist()[0] is np.nan or pd.isna(search.table["error"].iloc[0])
    assert search.table.loc[1, "error"].startswith("fold 0, fit: ValueError: n_components=100 must be")
    assert search.table.loc[1, "error"].endswith("(and in 2 more folds)")
    assert "1 of 2 candidates failed" in caplog.text


def test_a_scorer_that_fails_is_named_and_the_others_count():
    search = tuning.grid_search(**unlike(scoring=["accuracy", "neg_log_loss"]))
    assert search.table["mean_test_neg_log_loss"].isna().all()
    assert search.table["mean_test_accuracy"].notna().all()
    assert search.table["error"].str.contains("fold 0, score: AttributeError.*predict_proba").all()


def test_a_transformer_that_cannot_take_the_test_rows_costs_its_candidate_the_scores_alone():
    names = ColumnTransformer([("names", OneHotEncoder(), ["rare"])])
    pipeline = Pipeline([("names", names), ("clf", RidgeClassifier())])
    X = pd.DataFrame({"rare": ["x"] * 50 + ["y"] + ["x"] * (ROWS - 51)})
    grid = {"names__names__handle_unknown": ["error", "ignore"], "names__sparse_threshold": [0]}
    table = tuning.grid_search(pipeline, X, LATE, grid=grid, cv=3).table
    assert table.loc[0, "error"].startswith("fold 1, score: ValueError: Found unknown categories ['y']")
    assert pd.isna(table.loc[1, "error"])


def test_when_all_fail_the_first_reason_is_told():
    with pytest.raises(DataError, match=r"No candidate of 2 .* The first: fold 0, fit: ValueError: n_components=99"):
        tuning.grid_search(**unlike(grid={"pca__n_components": [99, 100]}))


def test_an_argument_that_the_pipeline_does_not_take_is_told_in_scikit_learns_words():
    with pytest.raises(DataError, match=r"Pipeline\.fit does not accept the sample_weight parameter"):
        tuning.grid_search(**unlike(fit_params={"sample_weight": WEIGHTS}))


def test_a_parameter_that_is_not_there_is_found_before_any_fit():
    with pytest.raises(DataError, match=r"Invalid parameter 'alhpa'(?s:.)*Did you mean 'clf__alpha'"):
        tuning.grid_search(**unlike(grid={"clf__alhpa": [1]}))


@pytest.mark.parametrize("refit", ["f1", "score"])
def test_refit_must_be_a_metric_that_is_scored(refit):
    with pytest.raises(DataError, match=r"`refit` must be one of \['accuracy', 'roc_auc'\]"):
        tuning.grid_search(**unlike(scoring=["accuracy", "roc_auc"], refit=refit))


def test_the_first_of_several_metrics_chooses_unless_another_is_named():
    grid = {"clf": [GaussianNB(), DecisionTreeClassifier(max_depth=1)]}
    for metric in ("accuracy", "neg_log_loss"):
        search = tuning.grid_search(**unlike(grid=grid, scoring=["accuracy", "neg_log_loss"], refit=metric))
        assert search.table[f"rank_test_{metric}"].iloc[0] == 1
    assert tuning.grid_search(**unlike(scoring=["accuracy", "roc_auc"])).metric == "accuracy"


def test_a_grid_without_a_value_is_refused():
    with pytest.raises(DataError, match="no candidates"):
        tuning.grid_search(**unlike(grid=[]))


@pytest.mark.parametrize(
    "space", [{"clf__alpha": loguniform(0.1, 10), "pca__n_components": randint(1, 4)}, {"clf__alpha": [1, 2, 3]}]
)
def test_random_search_equals_randomized_search_cv(space):
    ours = tuning.random_search(linear(), NUMBERS, LATE, space=space, n_candidates=3, seed=4, cv=3)
    theirs = RandomizedSearchCV(linear(), space, n_iter=3, random_state=4, cv=3).fit(NUMBERS, LATE)
    assert_same_table(ours.table, theirs.cv_results_)
    assert ours.best_params == theirs.best_params_


BLOCKS = [
    np.arange(12.0).reshape(3, 4), np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    np.arange(24.0).reshape(4, 6)[::-2, 1::2],
    np.array([["a", 1], [None, 2.5]], dtype=object), np.zeros((0, 3)), sparse.csc_array(np.eye(3)),
    pd.DataFrame({"a": [1.5, 2]}), ["a", "b"],
]  # fmt: skip


@pytest.mark.parametrize("rows", BLOCKS, ids=lambda rows: type(rows).__name__)
def test_a_twin_is_equal_in_value_and_layout_and_shares_no_memory(rows):
    made = twin(rows)
    assert type(made) is type(rows)
    assert (made != rows).sum() == 0 if sparse.issparse(rows) else np.array_equal(np.asarray(made), np.asarray(rows))
    assert getattr(made, "strides", None) == getattr(rows, "strides", None)
    assert made is not rows


def test_what_is_written_to_a_twin_stays_there():
    frame, array = pd.DataFrame({"a": [1.5, 2]}), np.arange(6.0)[::2]
    for rows, cell in ((frame, (slice(None), "a")), (array, slice(None))):
        made = twin(rows)
        (made.loc if rows is frame else made)[cell] = 0
    assert frame["a"].sum() + array.sum() == 3.5 + 6
