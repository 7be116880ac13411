# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 2: pipelines for forest fires
#
# How many hectares will a forest fire burn? You build four pipelines from two ways to prepare the data and two models,
# tune them, save the best, and explain it. Labs 06, 09 and 11 have all the pieces.
#
# **Before you start**, run `mlsd data` once in a terminal. It puts a table of 517 fires where the first cell reads it.
# The table is synthetic, made to resemble the fires of a park in Portugal (Cortez and Morais, 2007). If you have the
# real `forestfires.csv` of the UCI repository, put it there instead; both are marked alike.
#
# Don't expect good predictions. On the real table nobody beats the median by much, if at all. **No point depends on how
# good your model is.** What counts is how you build, choose and explain it.
#
# ## How it is marked
#
# There are 15 criteria with 1 point each, 15 points in all. Under each task stand the criteria that it earns. Half an
# answer earns part of a point: [assignment_2_rubric.toml](assignment_2_rubric.toml) says for what. From 60 % of the
# points the assignment is *Complete*, below that *Incomplete*. So hand in what you have.
#
# Add as many cells as you like. Keep the names that the tasks give, and make sure that the notebook runs from top to
# bottom after *Restart and run all*. More than is asked does no harm.

# %% [markdown]
# ## 1. The data
#
# | columns | meaning |
# | --- | --- |
# | `coord_x`, `coord_y` | square on a map of the park |
# | `month`, `day` | of the fire, as three letters |
# | `ffmc`, `dmc`, `dc`, `isi` | Fire Weather Index: how dry litter and soil are, how fast fire spreads |
# | `temp`, `rh`, `wind`, `rain` | °C, relative humidity in %, km/h, mm |
# | `area` | hectares that burned: **the target** |

# %%
import pandas as pd

columns = [
    *("coord_x", "coord_y", "month", "day", "ffmc", "dmc", "dc", "isi"),
    *("temp", "rh", "wind", "rain", "area"),
]
fires_dt = pd.read_csv("../../05_src/data/fires/forestfires.csv", header=0, names=columns)
fires_dt.head()

# %% [markdown]
# ## 2. X, Y, and a test set
#
# 1. `X` holds every column but `area`; `Y` holds `area`.
# 2. Split both into training and test rows with `train_test_split`. Keep 20 to 30 % of the rows for the test, and set
#    `random_state=42`, so that everybody has the same rows.
#
# **Points:** `splits_x_y` (1 point), `train_test_split_rs42` (1 point).

# %%
# Write your code here.
# solution
# Published with the course, for practice and as the example. A cohort's own solution lies in its private place.
from sklearn.model_selection import train_test_split

X, Y = fires_dt.drop(columns="area"), fires_dt["area"]
X_train, X_test, Y_train, Y_test = train_test_split(X, Y, test_size=0.2, random_state=42)

# %% [markdown]
# ## 3. Two preprocessors
#
# Make two `ColumnTransformer`s:
#
# - `preproc1`: **numbers** are scaled; **`month` and `day`** are categories and get a one-hot encoding;
# - `preproc2`: the same, but some or all of the numbers get a **nonlinear** transformation, such as `PowerTransformer`,
#   `QuantileTransformer`, or a logarithm in a `FunctionTransformer`. A scaler alone is linear.
#
# Some months have one or two fires, so a fold can meet a month that it has never seen. Say explicitly what the encoder
# does then, with its argument `handle_unknown`. Filling gaps is up to you: this table has none.
#
# **Points:**
#
# - `two_preprocessors` (1 point): `preproc1` and `preproc2` exist and really differ;
# - `month_day_categorical` (1 point): both treat `month` and `day` as categories;
# - `onehot_handles_unknown` (1 point): an unseen month or day raises no error in either;
# - `nonlinear_transform` (1 point): `preproc2` transforms numbers nonlinearly, and two of the four pipelines below use
#   it.

# %%
preproc1 = ...
preproc2 = ...
# solution
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler

categories = ["month", "day"]
numbers = [name for name in X if name not in categories]
onehot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)

preproc1 = ColumnTransformer([("numbers", StandardScaler(), numbers), ("categories", onehot, categories)])
normal = QuantileTransformer(n_quantiles=100, output_distribution="normal")
preproc2 = ColumnTransformer([("numbers", normal, numbers), ("categories", onehot, categories)])

# %% [markdown]
# ## 4. Four pipelines
#
# Choose a simple **baseline** regressor (linear, lasso, ridge, nearest neighbours …) and an **advanced** one (random
# forest, boosted trees, neural network …). Trees make the explanations in task 8 quick. Each pipeline is a `Pipeline`
# with two steps, named `preprocessing` and `regressor`:
#
# | pipeline | `preprocessing` | `regressor` |
# | --- | --- | --- |
# | A | `preproc1` | baseline |
# | B | `preproc2` | baseline |
# | C | `preproc1` | advanced |
# | D | `preproc2` | advanced |
#
# **Points:**
#
# - `four_pipelines` (1 point): all four, with the right preprocessor in each;
# - `baseline_and_advanced_models` (1 point): A and B hold the same simple model, C and D the same more complex one.

# %%
pipeline_a = ...
pipeline_b = ...
pipeline_c = ...
pipeline_d = ...
# solution
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline

forest = RandomForestRegressor(n_estimators=30, max_depth=8, random_state=42)
pipeline_a = Pipeline([("preprocessing", preproc1), ("regressor", Ridge())])
pipeline_b = Pipeline([("preprocessing", preproc2), ("regressor", Ridge())])
pipeline_c = Pipeline([("preprocessing", preproc1), ("regressor", forest)])
pipeline_d = Pipeline([("preprocessing", preproc2), ("regressor", forest)])

# %% [markdown]
# ## 5. Tune them
#
# Search the best hyperparameters of each pipeline with `GridSearchCV`, on the **training** rows only:
#
# - with **five folds**: write `cv=5`;
# - with an **error** as `scoring`, such as `"neg_root_mean_squared_error"` or `"neg_mean_absolute_error"`. Without
#   `scoring`, scikit-learn takes R², which is none. The same one for all four;
# - with at least **four candidates in each grid**, of hyperparameters that matter: the strength of a penalty, the depth
#   of trees, a learning rate. `fit_intercept` alone is no grid. A hyperparameter is named by its step:
#   `regressor__alpha`.
#
# **Points:** `cv_5_folds` (1 point), `error_metric` (1 point), `grids_four_values` (1 point).

# %%
# Write your code here.
# solution
from sklearn.model_selection import GridSearchCV

penalties = {"regressor__alpha": [10, 100, 1_000, 10_000]}
leaves = {"regressor__min_samples_leaf": [5, 10, 20, 40]}
pipelines = {
    "A": (pipeline_a, penalties),
    "B": (pipeline_b, penalties),
    "C": (pipeline_c, leaves),
    "D": (pipeline_d, leaves),
}
searches = {
    name: GridSearchCV(pipeline, grid, scoring="neg_root_mean_squared_error", cv=5).fit(X_train, Y_train)
    for name, (pipeline, grid) in pipelines.items()
}

# %% [markdown]
# ## 6. Choose the best
#
# Compare the four searches by their cross-validated error, and let the code pick the one with the smallest. The names
# in scikit-learn begin with `neg_`, so there the **largest** number is the best. Assign the winner, fitted, to
# `best_model`. Then, and only then, measure its error on the test rows.
#
# **Points:** `selects_best_by_metric` (1 point): the model you go on with is the one with the smallest error of the
# metric that you chose in task 5.

# %%
best_model = ...
# solution
from sklearn.metrics import root_mean_squared_error

results = pd.DataFrame(
    {name: {"RMSE in folds": -search.best_score_, **search.best_params_} for name, search in searches.items()}
).T.sort_values("RMSE in folds")
best_name = results.index[0]
best_model = searches[best_name].best_estimator_

test_error = root_mean_squared_error(Y_test, best_model.predict(X_test))
always_the_mean = ((Y_test - Y_train.mean()) ** 2).mean() ** 0.5
print(f"Best: {best_name}. On the test rows: RMSE {test_error:.1f} ha; always the mean: {always_the_mean:.1f} ha")
results

# %% [markdown]
# ## 7. Save it
#
# Save the **whole** fitted pipeline, preprocessing included, to a file beside this notebook, with `pickle`. Open the
# file in a context manager (`with open(...) as file:`), so that it is closed whatever happens. `joblib` does too.
#
# **Points:** `pickles_pipeline` (1 point). A model without its preprocessing, or a file that is not opened by `with`,
# earns half. (The file itself stays out of the pull request.)

# %%
# Write your code here.
# solution
import pickle

with open("best_model.pkl", "wb") as file:
    pickle.dump(best_model, file)

# %% [markdown]
# ## 8. Explain it
#
# With `shap`, explain the best model. SHAP sees the columns *after* preprocessing, so transform the rows first and give
# the new columns their names (`get_feature_names_out`). Draw
#
# - one **local** explanation: a waterfall plot of one row of the test set;
# - one **global** explanation: a beeswarm plot of the training rows.
#
# **Points:** `shap_local_global` (1 point), half for each plot.

# %%
# Write your code here.
# solution
import matplotlib.pyplot as plt
import numpy as np
import shap

preprocessing, regressor = best_model["preprocessing"], best_model["regressor"]
seen_names = [name.split("__")[1] for name in preprocessing.get_feature_names_out()]
train, test = (pd.DataFrame(preprocessing.transform(rows), columns=seen_names) for rows in (X_train, X_test))
explainer = shap.Explainer(regressor, train)
local, everywhere = explainer(test.iloc[[0]]), explainer(train)
shap.plots.waterfall(local[0], show=False)
plt.title("One fire of the test set, in hectares (synthetic)")
plt.show()

# %% tags=["solution"]
shap.plots.beeswarm(everywhere, show=False)
plt.title("All training rows, in hectares (synthetic)")
plt.show()

# %% tags=["solution"]
importance = pd.Series(np.abs(everywhere.values).mean(axis=0), index=seen_names)
of_column = importance.groupby(lambda name: name if name in numbers else name.split("_")[0]).sum()
of_column.sort_values(ascending=False).round(2)

# %% [markdown]
# ## 9. What do you make of it?
#
# In a few sentences of your own:
#
# 1. What moved the prediction of your one row most, and in which direction?
# 2. Which variables matter most, and which least, over all rows?
# 3. Which variables would you drop, and why? How would you test that dropping them does no harm?
#
# **Points:** `interprets_shap` (1 point): a third for each question, with a look at your plots. A person reads it.

# %% [markdown]
# *Write your answer here: double-click, and replace this line.*

# %% [markdown] tags=["solution"]
# These are the figures of the synthetic table; on the real one, yours differ.
#
# 1. The model expects 7.5 hectares for this fire, 6 less than its mean of 13.5. A low `isi` takes away most (-1.7),
#    then a low `dmc` (-1.6) and a low `temp` (-1.0). Of what the waterfall names, little pushes the other way: most of
#    it is `wind` (+0.4).
# 2. Over all rows `isi` matters most (1.7 hectares a row on average), then `coord_x` (1.5), `ffmc` and `dmc` (1.0
#    each). `rain` and `coord_y` matter least (below 0.1). The parts of `month` and of `day` have to be added up: one
#    dummy column alone looks smaller than it is.
# 3. First `rain`, which is 0 on nearly every row, and `coord_y`. A short bar is no proof, though: `isi`, `ffmc`, `temp`
#    and `rh` say much the same, and the model may take any of them. The test is to train without the column: the same
#    five folds, repeated, on the training rows; the difference of the errors with an interval; and a margin, named
#    before, that we can bear to lose. One group at a time, because what is true of each need not be true of all. And
#    modesty: this model is hardly better than the mean, so its explanations explain little about fires.

# %% [markdown]
# ## Hand in
#
# - Branch: `assignment-2`. The pull request changes this notebook only: no data, no `.env`, no saved model.
# - Answer the questions of the pull request's template, and open its link in a private browser window to see that
#   others can read it.
# - The deadline is in your cohort's schedule.
