# ruff: noqa: E501  what learners write is as long as it is
"""Submissions of assignment 2: the reference solution with a few edits each, and the marks that a person would give.

A learner rarely makes one mistake only, so most of these make several, in tasks that have nothing to do with each
other. What is not listed in ``marks`` earns the full mark: a mistake costs the criteria that it is about, and no others.
"""

from dataclasses import dataclass, field

__all__ = ["CELLS", "LEARNERS", "QUICK", "Learner"]

# Each code cell of the solution, by words that only it holds.
CELLS = {
    "data": "pd.read_csv",
    "split": "train_test_split",
    "prep": "preproc1 =",
    "pipes": "pipeline_a =",
    "search": "GridSearchCV",
    "choose": "best_model =",
    "save": "import pickle",
    "shap": "import shap",
    "beeswarm": "beeswarm",
    "importance": "importance",
}
# The reference's forests are larger than a test needs.
QUICK = [("n_estimators=30, max_depth=8", "n_estimators=2, max_depth=3")]


@dataclass(frozen=True)
class Learner:
    """One submission.

    Parameters
    ----------
    name : str
        What it does, in a few words.
    edits : list
        ``(old, new)`` in all code cells, or ``("cell:NAME", source)`` for a whole cell of `CELLS`.
    marks : dict
        Criterion → (mark, a word that reason, hint or notes hold); others are full.
    cause : dict
        Criterion → cause, where it is not ``"judged"``.
    """

    name: str
    edits: list[tuple[str, str]]
    marks: dict[str, tuple[float, str]] = field(default_factory=dict)
    cause: dict[str, str] = field(default_factory=dict)


LOOP = """
from sklearn.model_selection import GridSearchCV

def tune(pipeline, grid):
    search = GridSearchCV(pipeline, grid, scoring="neg_mean_absolute_error", n_jobs=-1)
    search.fit(features_train, target_train)
    return search

results = {}
for label, pipe in all_pipes.items():
    grid = {"model__alpha": [1, 10, 100, 1000]} if label in "AB" else {"model__max_depth": [1, 2, 3, 4]}
    results[label] = tune(pipe, grid)
"""

LEARNERS = [
    Learner("the reference solution", []),
    # --- right, and different
    Learner(
        "other names, a function, a loop over a dict, joblib, summary and force plots",
        [
            (
                "cell:split",
                """
from sklearn.model_selection import train_test_split
import numpy as np
features = fires_dt.iloc[:, :-1]
target = np.log1p(fires_dt.area)
features_train, features_test, target_train, target_test = train_test_split(features, target, random_state=42)
""",
            ),
            (
                "cell:prep",
                """
from sklearn.compose import make_column_transformer, make_column_selector
from sklearn.pipeline import make_pipeline
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, PowerTransformer, RobustScaler
words = make_column_selector(dtype_exclude="number")
one = make_column_transformer(
    (OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5), words),
    (make_pipeline(SimpleImputer(), RobustScaler()), make_column_selector(dtype_include="number")),
)
two = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), ["day"]), (OneHotEncoder(handle_unknown="ignore"), ["month"]),
    (make_pipeline(SimpleImputer(), PowerTransformer()), ["temp", "rh", "wind", "rain"]), remainder="passthrough",
)
""",
            ),
            (
                "cell:pipes",
                """
from sklearn.linear_model import Lasso
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.pipeline import Pipeline
all_pipes = {
    letter: Pipeline([("preprocessor", pre), ("model", model)])
    for letter, pre, model in [
        ("D", two, GradientBoostingRegressor(n_estimators=5)), ("A", one, Lasso()),
        ("C", one, GradientBoostingRegressor(n_estimators=5)), ("B", two, Lasso()),
    ]
}
""",
            ),
            ("cell:search", LOOP),
            (
                "cell:choose",
                """
winner = max(results, key=lambda label: results[label].best_score_)
champion = results[winner]
print(champion.score(features_test, target_test))
""",
            ),
            (
                "cell:save",
                """
import joblib
joblib.dump(champion.best_estimator_, "model.joblib")
""",
            ),
            (
                "cell:shap",
                """
import shap
fitted = champion.best_estimator_
dense = lambda rows: rows.toarray() if hasattr(rows, "toarray") else rows
seen_rows = dense(fitted[:-1].transform(features_train)).astype(float)
if "boost" in str(type(fitted[-1])).lower():
    explainer = shap.TreeExplainer(fitted[-1])
else:
    explainer = shap.LinearExplainer(fitted[-1], seen_rows)
values = explainer.shap_values(seen_rows)
shap.force_plot(explainer.expected_value, values[0], seen_rows[0], matplotlib=True, show=False)
""",
            ),
            ("cell:beeswarm", "shap.summary_plot(values, seen_rows, show=False)"),
            ("cell:importance", ""),
        ],
    ),
    Learner(
        "scorers in a dict with refit, an old RMSE, a randomised search, a fold object, a function that saves",
        [
            ("import GridSearchCV", "import GridSearchCV, KFold, RandomizedSearchCV"),
            (
                "cell:choose",
                """
best_search = None
for name, search in searches.items():
    if best_search is None or search.best_score_ > best_search.best_score_:
        best_search = search
best_model = best_search.best_estimator_
""",
            ),
            (
                'GridSearchCV(pipeline, grid, scoring="neg_root_mean_squared_error", cv=5)',
                "RandomizedSearchCV(pipeline, grid, n_iter=4, scoring=scorers, refit='rmse', cv=KFold(5, shuffle=True, random_state=1))",
            ),
            (
                "penalties = {",
                """
from sklearn.metrics import make_scorer, mean_squared_error, r2_score
rmse = make_scorer(mean_squared_error, squared=False, greater_is_better=False)
scorers = {"r2": make_scorer(r2_score), "rmse": rmse}
penalties = {""",
            ),
            (
                "cell:save",
                """
import pickle
def keep(thing, place):
    with open(place, "wb") as handle:
        pickle.dump(thing, handle, protocol=pickle.HIGHEST_PROTOCOL)
keep({"model": best_model, "columns": list(X)}, "best.pkl")
with open("best.pkl", "rb") as handle:
    loaded_model = pickle.load(handle)["model"]
""",
            ),
        ],
    ),
    Learner(
        "the course's own search and pictures, one table split in two, a preprocessor of their own class",
        [
            (
                "cell:split",
                """
from sklearn.model_selection import train_test_split
train_rows, test_rows = train_test_split(fires_dt, test_size=0.3, random_state=42)
X_train, Y_train = train_rows.drop(columns=["area"]), train_rows["area"]
X_test, Y_test = test_rows.drop(columns=["area"]), test_rows["area"]
X = X_train
""",
            ),
            (
                "normal = QuantileTransformer",
                """
from sklearn.base import BaseEstimator, TransformerMixin
class Squeeze(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self
    def transform(self, X):
        return np.arcsinh(X)
    def get_feature_names_out(self, names=None):
        return names
import numpy as np
normal = Squeeze()
unused = QuantileTransformer""",
            ),
            ("from sklearn.model_selection import GridSearchCV", "from mlsd import explain, tuning"),
            (
                'GridSearchCV(pipeline, grid, scoring="neg_root_mean_squared_error", cv=5).fit(X_train, Y_train)',
                "tuning.grid_search(pipeline, X_train, Y_train, grid=grid, scoring='neg_mean_absolute_error', cv=5)",
            ),
            (".best_estimator_", ".best"),
            (".best_score_", ".best_score"),
            (".best_params_", ".best_params"),
            (
                "cell:shap",
                """
import shap
local = explain.shap_values(best_model, X_test.iloc[:3])
explain.waterfall(local, 1)
everywhere = explain.shap_values(best_model, X_train.iloc[:30])
""",
            ),
            ("cell:beeswarm", "shap.plots.bar(everywhere, show=False)"),
            ("cell:importance", ""),
        ],
    ),
    Learner(
        "paths, arguments and types of other machines and other years",
        [
            (
                "cell:data",
                """
%pip install shap
%load_ext dotenv # settings
%dotenv
import numpy as np, pandas as pd, seaborn as sns
from dotenv import load_dotenv
load_dotenv()
columns = ['coord_x', 'coord_y', 'month', 'day', 'ffmc', 'dmc', 'dc', 'isi', 'temp', 'rh', 'wind', 'rain', 'area']
fires_dt = pd.read_csv(r"C:\\Users\\Ana Maria\\dsi\\production\\05_src\\data\\fires\\forestfires.csv", header=0, names=columns)
sns.heatmap(fires_dt.select_dtypes(np.number).corr())
fires_dt["area"] = fires_dt["area"].astype(np.float)
""",
            ),
            ('categories = ["month", "day"]', "categories = [name for name in X if X[name].dtype == 'object']"),
            ("sparse_output=False", "sparse=False"),
            ("max_depth=3", "max_depth=3, max_features='auto', criterion='mse', n_jobs=-1"),
            ("cv=5)", "cv=5, n_jobs=-1, verbose=1)"),
            (
                "cell:save",
                """
import pickle
with open("/Users/ana/models/best model.pkl", "wb") as f:
    pickle.dump(best_model, f)
""",
            ),
            (
                "cell:shap",
                """
import shap
def answer(rows):
    return best_model.predict(pd.DataFrame(rows, columns=X.columns))
coded = X_train.copy()
explainer = shap.KernelExplainer(best_model["regressor"].predict, best_model["preprocessing"].transform(X_train))
values = explainer.shap_values(best_model["preprocessing"].transform(X_test))
shap.plots.waterfall(shap.Explanation(values[0], explainer.expected_value), show=False)
""",
            ),
            ("cell:beeswarm", "shap.summary_plot(values, best_model['preprocessing'].transform(X_test), show=False)"),
            ("cell:importance", ""),
        ],
    ),
    Learner(
        "boosted trees that are not installed",
        [
            ("from sklearn.ensemble import RandomForestRegressor", "from xgboost import XGBRegressor"),
            (
                "RandomForestRegressor(n_estimators=2, max_depth=3, random_state=42)",
                "XGBRegressor(n_estimators=3, random_state=42)",
            ),
            ('regressor__min_samples_leaf": [5, 10, 20, 40]', 'regressor__max_depth": [1, 2, 3, 4]'),
        ],
    ),
    # --- half right and wrong
    Learner(
        "X keeps the target; a file that no with closes; no beeswarm",
        [
            ('fires_dt.drop(columns="area"), fires_dt["area"]', 'fires_dt.copy(), fires_dt["area"]'),
            ("cell:save", 'import pickle\nfile = open("best.pkl", "wb")\npickle.dump(best_model, file)\nfile.close()'),
            ("cell:beeswarm", ""),
        ],
        {"splits_x_y": (0, "target"), "pickles_pipeline": (0.5, "with"), "shap_local_global": (0.5, "beeswarm")},
    ),
    Learner(
        "X lacks columns; another seed; a model saved without its preparation; no waterfall",
        [
            ('drop(columns="area")', 'drop(columns=["area", "coord_x", "coord_y"])'),
            ("test_size=0.2, random_state=42", "test_size=0.2, random_state=7"),
            ("pickle.dump(best_model,", "pickle.dump(best_model['regressor'],"),
            ("shap.plots.waterfall(local[0], show=False)", ""),
        ],
        {
            "splits_x_y": (0.5, "coord_x"),
            "train_test_split_rs42": (0.5, "random_state"),
            "pickles_pipeline": (0.5, "preprocessing"),
            "shap_local_global": (0.5, "waterfall"),
        },
    ),
    Learner(
        "a seed in the forest is none in the split; twice the same preprocessor; R² by default, RMSE printed; an unfitted pipeline saved",
        [
            ("test_size=0.2, random_state=42", "test_size=0.2"),
            (
                "cell:prep",
                """
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler
categories = ["month", "day"]
numbers = [name for name in X if name not in categories]
preproc1 = ColumnTransformer([("num", StandardScaler(), numbers), ("cat", OneHotEncoder(handle_unknown="ignore", sparse_output=False), categories)])
preproc2 = ColumnTransformer([("category", OneHotEncoder(handle_unknown="ignore", sparse_output=False), categories), ("number", StandardScaler(), numbers)])
""",
            ),
            (', scoring="neg_root_mean_squared_error"', ""),
            ("pickle.dump(best_model,", "pickle.dump(pipeline_c,"),
            ('sort_values("RMSE in folds")', 'sort_values("RMSE in folds", ascending=True)'),
        ],
        {
            "train_test_split_rs42": (0.5, "random_state"),
            "two_preprocessors": (0.5, "preproc2"),
            "nonlinear_transform": (0, "bends"),
            "error_metric": (0, "R²"),
            "pickles_pipeline": (0.5, "fitted"),
        },
    ),
    Learner(
        "two scalers; three folds; a grid of fit_intercept alone; the shuffled winner is the worst",
        [
            (
                'normal = QuantileTransformer(n_quantiles=100, output_distribution="normal")',
                "from sklearn.preprocessing import MinMaxScaler\nnormal = MinMaxScaler()",
            ),
            ("cv=5", "cv=3"),
            ("import Ridge", "import LinearRegression"),
            ("Ridge()", "LinearRegression()"),
            (
                'penalties = {"regressor__alpha": [10, 100, 1_000, 10_000]}',
                "penalties = {'regressor__fit_intercept': [True, False], 'regressor__copy_X': [True, False]}",
            ),
            ('sort_values("RMSE in folds")', 'sort_values("RMSE in folds", ascending=False)'),
        ],
        {
            "nonlinear_transform": (0, "bends"),
            "cv_5_folds": (0.5, "3"),
            "grids_four_values": (0.5, "fit_intercept"),
            "selects_best_by_metric": (0.5, "folds"),
        },
    ),
    Learner(
        "one preprocessor for all; scorers whose choice is by R²; a test set of two thirds",
        [
            ('preproc2 = ColumnTransformer([("numbers", normal, numbers), ("categories", onehot, categories)])', ""),
            ('("preprocessing", preproc2)', '("preprocessing", preproc1)'),
            ('scoring="neg_root_mean_squared_error"', 'scoring=["r2", "neg_root_mean_squared_error"], refit="r2"'),
            ("test_size=0.2", "test_size=0.66"),
        ],
        {
            "two_preprocessors": (0.5, "only one"),
            "nonlinear_transform": (0, "bends"),
            "four_pipelines": (0.5, "preprocessor"),
            "error_metric": (0, "R²"),
            "train_test_split_rs42": (0.5, "66%"),
        },
    ),
    Learner(
        "an encoder that fails on what is new; a column of their own; searches on all rows",
        [
            ('handle_unknown="ignore", ', ""),
            (
                'fires_dt.drop(columns="area"), fires_dt["area"]',
                'fires_dt.drop(columns="area").assign(dry=fires_dt.rh < 30), fires_dt["area"]',
            ),
            (".fit(X_train, Y_train)", ".fit(X, Y)"),
        ],
        {"onehot_handles_unknown": (0, "encoder"), "splits_x_y": (0.5, "dry"), "cv_5_folds": (0.5, "test rows")},
    ),
    Learner(
        "one encoder of two says it; errors that differ; a pair that differs; three candidates",
        [
            (
                'preproc2 = ColumnTransformer([("numbers", normal, numbers), ("categories", onehot, categories)])',
                'preproc2 = ColumnTransformer([("numbers", normal, numbers), ("categories", OneHotEncoder(sparse_output=False), categories)])',
            ),
            (
                'scoring="neg_root_mean_squared_error"',
                "scoring='neg_mean_absolute_error' if name in 'AC' else 'neg_root_mean_squared_error'",
            ),
            ("import Ridge", "import ElasticNet, Ridge"),
            (
                '("preprocessing", preproc2), ("regressor", Ridge())',
                '("preprocessing", preproc2), ("regressor", ElasticNet())',
            ),
            ("[5, 10, 20, 40]", "[5, 10, 20]"),
        ],
        {
            "onehot_handles_unknown": (0.5, "encoder"),
            "error_metric": (0.5, "differ"),
            "baseline_and_advanced_models": (0.5, "ElasticNet"),
            "grids_four_values": (0.5, "3 candidates"),
        },
    ),
    Learner(
        "months as numbers in a row; a scorer that keeps the worst; bars of all rows only",
        [
            ("import OneHotEncoder", "import OrdinalEncoder"),
            (
                'OneHotEncoder(handle_unknown="ignore", sparse_output=False)',
                "OrdinalEncoder(handle_unknown='use_encoded_value', unknown_value=-1)",
            ),
            ('scoring="neg_root_mean_squared_error"', "scoring=make_scorer(mean_squared_error)"),
            ("penalties = {", "from sklearn.metrics import make_scorer, mean_squared_error\npenalties = {"),
            ('sort_values("RMSE in folds")', 'sort_values("RMSE in folds", ascending=False)'),
            ("shap.plots.waterfall(local[0], show=False)", "shap.plots.bar(everywhere, show=False)"),
        ],
        {
            "month_day_categorical": (0, "January"),
            "error_metric": (0.5, "greater_is_better"),
            "shap_local_global": (0.5, "waterfall"),
        },
    ),
    Learner(
        "month and day dropped; all of one kind; a waterfall of all rows",
        [
            (
                '("numbers", StandardScaler(), numbers), ("categories", onehot, categories)',
                '("numbers", StandardScaler(), numbers)',
            ),
            ('("numbers", normal, numbers), ("categories", onehot, categories)', '("numbers", normal, numbers)'),
            ("import Ridge", "import Lasso, Ridge"),
            ("RandomForestRegressor(n_estimators=2, max_depth=3, random_state=42)", "Lasso()"),
            ('regressor__min_samples_leaf": [5, 10, 20, 40]', 'regressor__alpha": [1, 2, 4, 8]'),
            ("waterfall(local[0], show=False)", "waterfall(everywhere, show=False)"),
            ("cell:importance", ""),
        ],
        {
            "month_day_categorical": (0, "January"),
            "onehot_handles_unknown": (0, "no encoder"),
            "baseline_and_advanced_models": (0.5, "Lasso"),
            "shap_local_global": (0.5, "waterfall"),
        },
    ),
    Learner(
        "the day left out; D built on preproc1; another model explained",
        [
            ('categories = ["month", "day"]', 'categories = ["month"]'),
            ("if name not in categories", "if name not in ('month', 'day')"),
            (
                'pipeline_d = Pipeline([("preprocessing", preproc2)',
                'pipeline_d = Pipeline([("preprocessing", preproc1)',
            ),
            (
                'preprocessing, regressor = best_model["preprocessing"], best_model["regressor"]',
                "other = searches['C' if best_name in 'AB' else 'A'].best_estimator_\npreprocessing, regressor = other['preprocessing'], other['regressor']",
            ),
        ],
        {
            "month_day_categorical": (0.5, "January"),
            "four_pipelines": (0.75, "preproc1"),
            "nonlinear_transform": (0.5, "pipelines"),
            "shap_local_global": (0.5, "another model"),
        },
    ),
    Learner(
        "categories by hand; no fourth pipeline; ten folds; nothing saved",
        [
            ('handle_unknown="ignore"', "categories=[sorted(fires_dt.month.unique()), sorted(fires_dt.day.unique())]"),
            ('pipeline_d = Pipeline([("preprocessing", preproc2), ("regressor", forest)])', ""),
            ('    "D": (pipeline_d, leaves),\n', ""),
            ("cv=5", "cv=10"),
            ("    pickle.dump(best_model, file)", "    pass  # pickle.dump(best_model, file)"),
        ],
        {
            "onehot_handles_unknown": (0.5, "by hand"),
            "four_pipelines": (0.5, "four"),
            "nonlinear_transform": (0.5, "pipelines"),
            "cv_5_folds": (0.5, "10"),
            "pickles_pipeline": (0, "pickle.dump"),
        },
    ),
    Learner(
        "four pipelines that never use the preprocessors",
        [
            ('("preprocessing", preproc1)', '("scaling", StandardScaler())'),
            ('("preprocessing", preproc2)', '("scaling", StandardScaler())'),
            (
                ".fit(X_train, Y_train)",
                ".fit((preproc1 if name in 'AC' else preproc2).fit_transform(X_train), Y_train)",
            ),
            ("best_model.predict(X_test)", "best_model.predict(preproc1.fit(X_train).transform(X_test))"),
            (
                'preprocessing, regressor = best_model["preprocessing"], best_model["regressor"]',
                "preprocessing, regressor = preproc1.fit(X_train), best_model['regressor']",
            ),
        ],
        {"four_pipelines": (0.5, "No pipeline uses"), "nonlinear_transform": (0.5, "pipelines")},
    ),
    Learner(
        "no pipelines and no searches: models fitted and compared on the test rows",
        [
            (
                "cell:pipes",
                "from sklearn.linear_model import Ridge\nfrom sklearn.ensemble import RandomForestRegressor",
            ),
            (
                "cell:search",
                """
from sklearn.metrics import root_mean_squared_error
models, errors = {}, {}
for name, model in {"ridge": Ridge(), "forest": RandomForestRegressor(n_estimators=3)}.items():
    models[name] = model.fit(preproc2.fit_transform(X_train), Y_train)
    errors[name] = root_mean_squared_error(Y_test, model.predict(preproc2.transform(X_test)))
""",
            ),
            ("cell:choose", "best_model = models[min(errors, key=errors.get)]"),
            (
                'preprocessing, regressor = best_model["preprocessing"], best_model["regressor"]',
                "preprocessing, regressor = preproc2, best_model",
            ),
        ],
        {
            "four_pipelines": (0, "four pipelines"),
            "nonlinear_transform": (0.5, "pipelines"),
            "cv_5_folds": (0, "GridSearchCV"),
            "error_metric": (0, "scoring"),
            "grids_four_values": (0, "grid"),
            "selects_best_by_metric": (0.5, "cross-validation"),
            "pickles_pipeline": (0.5, "preprocessing"),
        },
    ),
    Learner(
        "cross-validated, not searched; the best of the folds is fitted again by hand",
        [
            (
                "cell:search",
                """
from sklearn.model_selection import cross_val_score
means = {}
for name, pipeline in {"A": pipeline_a, "B": pipeline_b, "C": pipeline_c, "D": pipeline_d}.items():
    means[name] = cross_val_score(pipeline, X_train, Y_train, cv=5, scoring="neg_mean_absolute_error").mean()
""",
            ),
            (
                "cell:choose",
                """
name = max(means, key=means.get)
best_model = {"A": pipeline_a, "B": pipeline_b, "C": pipeline_c, "D": pipeline_d}[name].fit(X_train, Y_train)
""",
            ),
        ],
        {"grids_four_values": (0, "grid")},
    ),
    Learner(
        "a search that crashes has still been asked for five folds, an error and four candidates",
        [
            ('penalties = {"regressor__alpha"', 'penalties = {"alpha"'),
        ],
        {
            "selects_best_by_metric": (1, "read"),
            "pickles_pipeline": (1, "read"),
            "shap_local_global": (1, "read"),
        },
        {"selects_best_by_metric": "only read", "pickles_pipeline": "only read", "shap_local_global": "only read"},
    ),
    Learner(
        "a package that is not there, on the first line: everything is read",
        [
            (
                "cell:data",
                "import category_encoders as ce\nimport pandas as pd\nfires_dt = pd.read_csv('forestfires.csv')",
            )
        ],
        {
            "selects_best_by_metric": (1, "read"),
            "cv_5_folds": (1, "read"),
            "error_metric": (1, "read"),
            "splits_x_y": (1, "read"),
        },
        dict.fromkeys(
            [
                *("splits_x_y", "train_test_split_rs42", "two_preprocessors", "month_day_categorical"),
                *("onehot_handles_unknown", "nonlinear_transform", "four_pipelines", "baseline_and_advanced_models"),
                *("cv_5_folds", "error_metric", "selects_best_by_metric", "grids_four_values"),
                *("pickles_pipeline", "shap_local_global"),
            ],
            "only read",
        ),
    ),
    Learner(
        "a nameless function cannot be pickled; the winner is the one with the smallest error on the test rows",
        [
            (
                'normal = QuantileTransformer(n_quantiles=100, output_distribution="normal")',
                "import numpy as np\nfrom sklearn.preprocessing import FunctionTransformer\nnormal = FunctionTransformer(lambda x: np.log1p(x), feature_names_out='one-to-one')",
            ),
            (
                "best_name = results.index[0]",
                "tested = {n: root_mean_squared_error(Y_test, s.predict(X_test)) for n, s in searches.items() if n != results.index[0] and n in 'BD'}\nbest_name = min(tested, key=tested.get)",
            ),
        ],
        {"pickles_pipeline": (0.5, "pickled"), "selects_best_by_metric": (0.5, "folds")},
    ),
    Learner(
        "no simple model; preprocessors that differ in a word; explained variance; a tiny test set; the encoder saved alone",
        [
            ("import Ridge", "import Ridge\nfrom sklearn.ensemble import ExtraTreesRegressor"),
            ('("regressor", Ridge())', '("regressor", ExtraTreesRegressor(n_estimators=2, random_state=0))'),
            ('{"regressor__alpha": [10, 100, 1_000, 10_000]}', "{'regressor__max_depth': [1, 2, 3, 4]}"),
            (
                'preproc2 = ColumnTransformer([("numbers", normal, numbers), ("categories", onehot, categories)])',
                "preproc2 = ColumnTransformer([('z', StandardScaler(), numbers), ('c', OneHotEncoder(handle_unknown='infrequent_if_exist', sparse_output=False), categories)])",
            ),
            ("neg_root_mean_squared_error", "explained_variance"),
            ("test_size=0.2", "test_size=0.05"),
            ("pickle.dump(best_model,", "pickle.dump(best_model['preprocessing'],"),
        ],
        {
            "baseline_and_advanced_models": (0.5, "ExtraTreesRegressor"),
            "two_preprocessors": (0.5, "preproc2"),
            "nonlinear_transform": (0, "bends"),
            "error_metric": (0, "explained_variance"),
            "train_test_split_rs42": (0.5, "5%"),
            "pickles_pipeline": (0.5, "no model"),
        },
    ),
    Learner(
        "dummies before the split; rows drawn by sample; two folds; no picture at all",
        [
            (
                "cell:split",
                """
X, Y = pd.get_dummies(fires_dt.drop(columns="area"), dtype=float), fires_dt["area"]
X_train = X.sample(frac=0.8, random_state=42)
X_test, Y_train, Y_test = X.drop(X_train.index), Y.loc[X_train.index], Y.drop(X_train.index)
""",
            ),
            ('categories = ["month", "day"]', "categories = [name for name in X if name.startswith(('month', 'day'))]"),
            ('("categories", onehot, categories)', "(\"categories\", 'passthrough', categories)"),
            ("cv=5", "cv=2"),
            ("shap.plots.waterfall(local[0], show=False)", "local"),
            ("shap.plots.beeswarm(everywhere, show=False)", "everywhere"),
        ],
        {
            "train_test_split_rs42": (0.5, "train_test_split"),
            "month_day_categorical": (0.5, "not by the preprocessors"),
            "onehot_handles_unknown": (0, "encoder"),
            "cv_5_folds": (0.5, "2"),
            "shap_local_global": (0, "waterfall"),
        },
    ),
    Learner(
        "two pipelines of four; another target; a grid without values",
        [
            ('fires_dt.drop(columns="area"), fires_dt["area"]', 'fires_dt.drop(columns="area"), fires_dt["wind"] ** 2'),
            ('pipeline_b = Pipeline([("preprocessing", preproc2), ("regressor", Ridge())])', ""),
            ('pipeline_d = Pipeline([("preprocessing", preproc2), ("regressor", forest)])', ""),
            ('    "B": (pipeline_b, penalties),\n', ""),
            ('    "D": (pipeline_d, leaves),\n', ""),
            ('penalties = {"regressor__alpha": [10, 100, 1_000, 10_000]}', "penalties = {}"),
        ],
        {
            "splits_x_y": (0, "Y is not the area"),
            "four_pipelines": (0.5, "four"),
            "nonlinear_transform": (0.5, "pipelines"),
            "grids_four_values": (0.5, "nothing"),
        },
    ),
    Learner(
        "one pipeline; errors in a dict without refit; the best of its kind by hand",
        [
            (
                "cell:pipes",
                """
from sklearn.pipeline import Pipeline
from sklearn.ensemble import RandomForestRegressor
pipeline_a = Pipeline([("prep", preproc2), ("rf", RandomForestRegressor(n_estimators=2, max_depth=3, random_state=42))])
""",
            ),
            (
                "cell:search",
                """
from sklearn.model_selection import GridSearchCV
search = GridSearchCV(pipeline_a, {"rf__max_depth": [1, 2, 3, 4]}, scoring={"mae": "neg_mean_absolute_error"}, refit="mae")
search.fit(X_train, Y_train)
""",
            ),
            ("cell:choose", "best_model = search.best_estimator_"),
            ('best_model["preprocessing"], best_model["regressor"]', "best_model[0], best_model[1]"),
        ],
        {
            "four_pipelines": (0.25, "One pipeline"),
            "nonlinear_transform": (0.5, "pipelines"),
            "baseline_and_advanced_models": (0.5, "RandomForestRegressor"),
        },
    ),
]
