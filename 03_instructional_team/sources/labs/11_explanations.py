# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 11: Why does the model say so?
#
# Afterwards you can
#
# 1. draw **partial dependence** and **ICE** curves, and say what the mean hides and which rows they made up;
# 2. measure **permutation importance**, and see through columns that say the same;
# 3. explain one answer and all answers with **Shapley values**, in the columns of your table, and say what they are
#    *not*: no causes, no advice;
# 4. **drop a variable** and prove that this does no harm.
#
# Time: about 90 minutes. Assignment 2 builds on the last three.
#
# Both tables are **synthetic**: made-up borrowers, and made-up fires in a made-up park. That is an advantage today.
# Whoever made them knows what really matters in them, so we can check what an explanation is worth. About real people
# and real fires they say nothing.

# %%
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before scikit-learn: fits this small are quicker on one core

import logging
from functools import cache
from itertools import permutations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import t
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Lasso
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import RepeatedKFold, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from course.checks import check
from mlsd import datasets, explain, models

# %% [markdown]
# ## 1. What if this column were another?
#
# Boosted trees, as in lab 06: who will be 90 days late with a payment? The model is good. Nobody can read its 200
# trees.

# %%
credit = datasets.make_credit(20_000, seed=0)
X, y = credit.drop(columns="delinquency"), credit["delinquency"]
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
boosted = models.credit_boosted().fit(X_train, y_train)
print(f"area under the ROC curve: {roc_auc_score(y_test, boosted.predict_proba(X_test)[:, 1]):.3f}")

# %% [markdown]
# The simplest question first. Take some borrowers, give **all** of them the same debt ratio (monthly debt over monthly
# income), ask the model, take the mean; then the next debt ratio. That is **partial dependence** (PDP). By hand:

# %%
asked = X_test.head(300)
values = asked["debt_ratio"].quantile(np.linspace(0, 1, 40), interpolation="nearest").unique()
by_hand = [boosted.predict_proba(asked.assign(debt_ratio=value))[:, 1].mean() for value in values]

# %% [markdown]
# And with the library, which also says how many rows lie near each value:

# %%
curve = explain.partial_dependence(boosted, asked, "debt_ratio", output="probability", points=40)
assert np.allclose(curve["average"], by_hand)
curve.iloc[::5].round(3)

# %% [markdown]
# The mean hides the rows. One curve for each borrower, before taking the mean, is called **ICE** (individual
# conditional expectation). **Predict**: the generator of this table adds risk in one step, where debts take more than
# 45 % of the income. Will the curves of all borrowers rise by the same?

# %%
curves = explain.ice(boosted, asked, "debt_ratio", output="probability", points=40)
axes = explain.profiles(curves, unit="probability of being late")
axes.set(title="If the debt ratio were another: 300 synthetic borrowers", xlim=(0, 1.2), ylim=(0, 0.6))
axes.axvline(0.45, color="black", linestyle=":")
plt.show()

# %% [markdown]
# The plot: a thin blue line for each borrower over debt ratios from 0 to 1.2. All are steps, near the dotted line at
# 0.45. The mean (thick, dashed, orange) climbs from about 5 % to about 10 %. But a borrower who starts at 1 % hardly
# moves, and one who starts at 20 % climbs far: what is added in log-odds is not the same in probability.
#
# **And some of these borrowers cannot exist.** Where the income is missing, this table holds the debt itself, in
# dollars, instead of a ratio:

# %%
unknown = X_train["monthly_income"].isna()
print(f"smallest debt 'ratio' of {unknown.sum():,} without an income: {X_train.loc[unknown, 'debt_ratio'].min():g}")
print(f"asked without an income about ratios below 1.2: {asked['monthly_income'].isna().sum()} of {len(asked)}")

# %% [markdown]
# So one in six of the curves was asked about people with a debt of one dollar. The model has never seen one, answers
# all the same, and the mean takes it in. A PDP changes one column and leaves the others: where columns belong
# together, it makes up rows.
#
# ### A flat line that hides everything
#
# Now a table small enough to know by heart: 600 little fires of our own making. Wind from the valley drives a fire
# uphill on, and holds back a fire that must run downhill. Half of them go each way. The weekday does nothing.

# %%
rng = np.random.default_rng(1)
trial = pd.DataFrame({"wind": rng.uniform(0, 10, 600), "slope": ["uphill", "downhill"] * 300})
trial = trial.assign(dryness=rng.uniform(0, 10, 600), weekday=rng.choice(["mon", "wed", "fri", "sun"], 600))
push = trial["slope"].map({"uphill": 2, "downhill": -2}) * (trial["wind"] - 5)
speed = 20 + push + trial["dryness"] + rng.normal(0, 1, 600)
one_hot = make_column_transformer((OneHotEncoder(), ["slope", "weekday"]), remainder="passthrough")
little = make_pipeline(one_hot, HistGradientBoostingRegressor(max_iter=60)).fit(trial, speed)

# %% [markdown]
# **Predict**: what does the partial dependence on `wind` look like? And the ICE curves?

# %%
winds = explain.ice(little, trial.head(100), "wind")
axes = explain.profiles(winds, unit="metres a minute")
axes.set(title="If the wind were another: 100 synthetic fires", xlabel="wind (metres a second)")
print(f"the mean moves by {np.ptp(winds.mean()):.1f}, a single fire by {np.ptp(winds, axis=1).mean():.1f} on average")
plt.show()

# %% [markdown]
# In the plot the mean (thick, dashed, orange) is flat: "wind does not matter". The thin blue lines make an X: wind
# matters more than anything else here, upwards for one half, downwards for the other. Whoever looks at the mean alone
# leaves out a column that the model lives on. So draw the lines, always.
#
# ## 2. What if this column were noise?
#
# **Permutation importance**: shuffle one column among the rows, so that it keeps its values and tells nothing any
# more. How much does the score drop? On rows that the model was not trained on, of course. By hand, five shuffles of
# one column:

# %%
judge, late = X_test.head(2000), y_test.head(2000)
whole = roc_auc_score(late, boosted.predict_proba(judge)[:, 1])
dice = np.random.RandomState(np.random.RandomState(0).randint(2**31))
order, shuffled, drops = np.arange(len(judge)), judge, []
for _ in range(5):
    dice.shuffle(order)
    shuffled = shuffled.assign(age=shuffled["age"].to_numpy()[order])
    drops.append(whole - roc_auc_score(late, boosted.predict_proba(shuffled)[:, 1]))

# %% [markdown]
# (The dice are thrown as scikit-learn does it, so that we can compare to the last digit.) With the library, for all
# columns. **Predict** the first two.

# %%
options = {"seed": 0, "scoring": "roc_auc", "n_repeats": 5}
shuffles = explain.permutation(boosted, judge, late, **options).set_index("column")
assert np.allclose(shuffles.loc["age", ["importance", "std"]].astype(float), [np.mean(drops), np.std(drops)])
shuffles[["importance", "std"]].round(4)

# %% [markdown]
# The unit is the score's own: without what utilisation tells, the area under the ROC curve would be 0.12 smaller. The
# last three are zero within their `std`, and a little below zero is chance.
#
# ### Exercise 11.1: two columns that say the same
#
# A second credit bureau sells its figure for utilisation. It is the first one's, give or take 2 %. The model is
# trained again, with both. **Predict**: `revolving_unsecured_line_utilization` was worth 0.117 in the table above.
# What is each of the twins worth now?

# %%
first, second = "revolving_unsecured_line_utilization", "second_bureau"
noise = np.exp(np.random.default_rng(0).normal(0, 0.02, len(X)))
twins = X.assign(second_bureau=X[first] * noise)
with_twin = models.credit_boosted().set_params(columns__columns=list(twins)).fit(twins.loc[X_train.index], y_train)
judge_twins = twins.loc[judge.index]
explain.permutation(with_twin, judge_twins, late, **options).round(3)

# %% [markdown]
# Now do it yourself. `answer` is `(alone, other, both)`: how much the area under the ROC curve of `with_twin` drops on
# `judge_twins` when you shuffle `first` alone, `second` alone, and both **together**. For both, give each row the two
# values of one other row, so that the pair stays a pair: the same `order` for both columns.

# %%
order = np.random.default_rng(0).permutation(len(judge_twins))
answer = ...


# solution
def drop(columns):
    moved = {name: judge_twins[name].to_numpy()[order] for name in columns}
    scores = [with_twin.predict_proba(rows)[:, 1] for rows in (judge_twins, judge_twins.assign(**moved))]
    return roc_auc_score(late, scores[0]) - roc_auc_score(late, scores[1])


answer = (drop([first]), drop([second]), drop([first, second]))
answer

# %%
check("11.1", answer)

# %% [markdown]
# Together they are worth what the one was worth before. Each alone has fallen behind `num_90_days_late`: shuffle one
# twin, and the model leans on the other. The two numbers do not even add up to what both are worth. With three or four
# such columns each of them looks useless, and they may be the most important thing that the model knows. That is what
# the `warning` is for: ask about such columns together.
#
# (And shuffling makes up rows too, like the PDP: a first figure of 0.9 with a second of 0.1.)
#
# ## 3. What did this column do to this answer?
#
# The first two questions were about the model as a whole. A borrower asks: why *me*? An answer has a baseline, the
# mean answer for some **background** rows, and what brings us from there to this row is shared out among the columns.
# Lloyd Shapley's fair way (1953): let the columns come in one after another, note how each moves the mean answer as it
# comes, and take the mean over **every order** of coming. For a fire of our little table:

# %%
fire, compared = trial.iloc[6], trial.tail(50)
total = dict.fromkeys(trial, 0.0)


@cache
def worth(known):  # the mean answer when the known columns are the fire's, and the others are the background's
    return little.predict(compared.assign(**fire[list(known)])).mean()


for queue in permutations(trial):
    for place, name in enumerate(queue):
        total[name] += (worth(frozenset(queue[: place + 1])) - worth(frozenset(queue[:place]))) / 24

# %% [markdown]
# Four columns have 24 orders. `explain.shap_values` gives the same, without trying them:

# %%
explained = explain.shap_values(little, trial.iloc[[6]], background=compared)
assert np.allclose(explained.values[0], list(total.values()))
pd.DataFrame({"value": fire, "moves the speed by": explained.values[0].round(2)}, index=list(trial))

# %% [markdown]
# `wind` has a value of its own here although its PDP was flat: it is *this* fire's wind, on *this* fire's slope. And
# `weekday` gets nearly nothing. Look at the names: the model has never seen `slope`, it saw `slope_uphill` and
# `slope_downhill`. The values are for the columns of **your** table.
#
# ### What they add up to
#
# A row's values plus the base value are the model's answer. For a classifier there are two scales. Raw is the model's
# own sum, the **log-odds**. For ten columns, boosted trees and 100 background rows, that is exact and quick:

# %%
others = X_train.sample(100, random_state=0)
crowd = X_test.head(500)
log_odds = explain.shap_values(boosted, crowd, background=others)
assert np.allclose(log_odds.base_values + log_odds.values.sum(axis=1), boosted.decision_function(crowd))
assert np.allclose(expit(log_odds.base_values + log_odds.values.sum(axis=1)), boosted.predict_proba(crowd)[:, 1])

# %% [markdown]
# Or **probability**, which people understand better. **Predict**: is it enough to send each value through `expit`?
# Look at the line that the library writes, and at the clock.

# %%
borrower = X_test.iloc[[211]]
probability = explain.shap_values(boosted, borrower, background=others, output="probability")
assert np.allclose(probability.base_values + probability.values.sum(axis=1), boosted.predict_proba(borrower)[:, 1])
both = {"log-odds": log_odds[211], "probability": probability[0]}
pd.DataFrame({scale: found.values for scale, found in both.items()}, index=list(X)).round(3)

# %% [markdown]
# No: a sum of log-odds is no sum of probabilities, and even the order of the columns may change. For trees and linear
# models there is an exact formula on the raw scale. For the probability, and for models without a formula (nearest
# neighbours, a calibrated model), only asking helps: every set of 10 columns, with each of the 100 background rows,
# makes 2¹⁰ × 100 = 102,400 predictions for **one** borrower. That is why we take log-odds from here on.
#
# The waterfall for the same borrower, from the background's mean at the left to the answer. Blue bars without a
# pattern push the risk up, orange hatched ones pull it down. By far the longest is blue: once 90 days late before. The
# borrower is synthetic.

# %%
axes = explain.waterfall(log_odds, 211, unit="log-odds of being late")
axes.set_title(f"One synthetic borrower, compared with 100 others. {axes.get_title()}", fontsize=10)
plt.show()

# %% [markdown]
# ### Exercise 11.2: explain one row
#
# Another borrower: `you`, compared with the same `others`. `answer` is `(column, effect, probability)`:
#
# - the column that speaks most **for** `you`, that is, lowers the risk most;
# - its effect, in log-odds;
# - the probability of being late, computed from nothing but the base value and the ten values.

# %%
you = X_test.iloc[[197]]
answer = ...
# solution
mine = explain.shap_values(boosted, you, background=others)
lowest = mine.values[0].argmin()
answer = (mine.feature_names[lowest], mine.values[0, lowest], expit(mine.base_values[0] + mine.values[0].sum()))
answer

# %%
check("11.2", answer)

# %% [markdown]
# ### Compared with whom?
#
# There is no explanation without a comparison. "Why am I refused?" means "why I, and not *they*?" The same borrower,
# the same model, three backgrounds. **Predict**: against those who were late themselves, what becomes of "90 days late
# before", the longest bar?

# %%
groups = {"anybody": X_train, "under 35": X_train[X_train["age"] < 35], "were late": X_train[y_train == 1]}
against = {}
for name, group in groups.items():
    found = explain.shap_values(boosted, borrower, background=group.sample(100, random_state=0))
    against[name] = [*found.values[0], found.base_values[0], found.base_values[0] + found.values[0].sum()]
pd.DataFrame(against, index=[*X, "= base value", "= answer"]).round(2)

# %% [markdown]
# The answer in the last line is the same, and everything above it is another story. Say with each explanation what it
# compares with. (By default `shap_values` takes up to 100 of the rows that you explain, which is rarely what the
# question meant.)
#
# ## 4. All answers at once
#
# Explain many rows, and you see the model as a whole. A **beeswarm** has a dot for each row and column: its place is
# the effect, its shade the column's own value, dark for low and light for high. **Predict**: permutation put
# `num_90_days_late` second. Which place will it have when columns are sorted by the mean size of their effect?

# %%
axes = explain.beeswarm(log_odds, unit="log-odds of being late")
axes.set_title("What each column does to 500 synthetic borrowers")
plt.show()

# %% [markdown]
# In the plot, utilisation is on top: its dots reach from -1 (dark: little used) to above 2 (light). Next comes age,
# with dark dots, the young, at +0.5, and light ones, the old, as far as -2; then the debt ratio. `num_90_days_late`
# comes only sixth: nearly all of its dots sit at 0, and a few, far to the right, around 2. For most people it says
# nothing, and for the few it decides. A mean over rows cannot show that, the beeswarm can. No list of "important
# columns" is *the* list: ask what the number counts.
#
# One column closer, **dependence**: its effect against its value. Here we know the truth. The generator adds 1.07 to
# the log-odds where the ratio is above 0.45.

# %%
axes = explain.dependence(log_odds, "debt_ratio", unit="log-odds")
axes.set(title="What the debt ratio does to synthetic borrowers", xlim=(0, 1.5), xlabel="debt ratio")
axes.axvline(0.45, color="black", linestyle=":")
plt.show()
ratio = crowd["debt_ratio"][crowd["monthly_income"].notna()]
effect = pd.Series(log_odds.values[:, list(X).index("debt_ratio")], index=crowd.index)[ratio.index]
print(f"the step: {effect[ratio > 0.45].mean() - effect[ratio <= 0.45].mean():.2f}; the truth: 1.07")

# %% [markdown]
# The dots in the plot lie around -0.4 left of the dotted line at 0.45 and around +0.45 right of it. So the model has
# found the step, and where it is, but thinks it smaller: careful trees shrink what they learn. An explanation shows
# what the *model* learned.
#
# ### The fires of assignment 2
#
# 517 synthetic fires, and the area that burned. `month` and `day` are names, so the linear model sees a column for
# each frequent month and day. For a linear model the Shapley value is easy: weight × (value − mean of the background).
# The parts of `month` added up must give what the library says about `month`:

# %%
fires = datasets.make_fires(seed=0)
F, area = fires.drop(columns="area"), fires["area"]
linear, trees = models.fires_linear().fit(F, area), models.fires_boosted().fit(F, area)
of_linear, of_trees = (explain.shap_values(model, F, background=F) for model in (linear, trees))

seen = linear[:-1].transform(F)
parts = (seen - seen.mean(axis=0)) * linear["reg"].regressor_.coef_
of_month = [name.startswith("names__month") for name in linear[:-1].get_feature_names_out()]
assert np.allclose(parts[:, of_month].sum(axis=1), of_linear.values[:, list(F).index("month")])

# %% [markdown]
# Both models learn log(1 + hectares), and that is the unit here, too; each title holds the model's cross-validated
# error in it. They are about equally good. **Predict**: do they also agree on which columns matter?

# %%
causes, score = {"temp", "wind", "RH", "DMC", "X"}, "neg_root_mean_squared_log_error"
figure, both_axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
for axes, model, found in zip(both_axes, (linear, trees), (of_linear, of_trees), strict=True):
    error = -cross_val_score(model, F, area, scoring=score, cv=5).mean()
    name = "Linear" if model is linear else "Boosted"
    explain.bar(found, unit="log(1 + hectares)", ax=axes).set_title(f"{name} model, error {error:.2f}, synthetic fires")
    for label in axes.get_yticklabels():
        label.set_fontweight("bold" if label.get_text() in causes else "normal")
plt.show()

# %% [markdown]
# The two bar charts disagree. FFMC (how dry the litter is) is the longest bar of the boosted model and a short one of
# the linear model, which prefers wind and ISI. Both are right, about themselves. FFMC, ISI, temperature and humidity
# say much the same, so a model may take any of them.
#
# Bold are the five columns from which the generator really draws the area: temperature, wind, humidity (RH), DMC and
# the place X. FFMC and ISI are not among them; they are made of the weather and know of it. And `day` is pure luck:
# 517 rows, seven days, and two models that believe what they see.
#
# ## 5. The model is not the world
#
# An attribution says what the *model* does with a number. It does not say what happens when somebody *changes* the
# number. A borrower doubles the income. What should the model say? **Predict**: ask it with the income doubled, and
# nothing else.

# %%
earning = X_test[X_test["monthly_income"].between(1_000, 50_000)]
doubled = {"monthly_income": 2 * earning["monthly_income"]}
what_if = {
    "as they are": earning,
    "income doubled": earning.assign(**doubled),
    "and the debt ratio halved": earning.assign(**doubled, debt_ratio=earning["debt_ratio"] / 2),
}
pd.Series({what: boosted.predict_proba(rows)[:, 1].mean() for what, rows in what_if.items()}).map("{:.2%}".format)

# %% [markdown]
# "Income hardly matters", says the second line. But whoever earns twice as much has half the debt *ratio*, and in this
# made-up world that is the only way in which income works: the third line. Once the model has the ratio, it has little
# use for the income. Take advice for people from attributions, and you tell them that earning more is no use. For
# "what should I change?" you need to know what causes what, and no explanation of a model contains that.
#
# ## 6. Nothing but zeros
#
# ### Exercise 11.3: all attributions are zero
#
# Three results arrive from colleagues. Each holds nothing but zeros, and each makes a tidy plot. (The library says
# why; here it is told to keep quiet.)

# %%
logging.getLogger("mlsd.explain").setLevel("ERROR")
knows = {"a": boosted, "b": models.fires_linear(), "c": models.credit_baseline().fit(X_train, y_train)}
knows["b"].set_params(reg__regressor=Lasso(alpha=0.5)).fit(F, area)
never = X_test[X_test["num_90_days_late"] == 0]
rows = {"a": you, "b": F.head(100), "c": never.head(50)}
compared_with = {"a": you, "b": F.tail(100), "c": never.tail(100)}
zeros = {name: explain.shap_values(knows[name], rows[name], background=compared_with[name]) for name in knows}
print({name: float(np.abs(found.values).max()) for name, found in zeros.items()})

# %% [markdown]
# For each of them `answer` gives the reason, one of
#
# - `"own background"`: the rows are compared with themselves, so there is nothing to explain;
# - `"constant model"`: the model gives the same answer to every row there is;
# - `"all alike"`: the model does use a column, but the explained rows and the background agree in it;
# - `"out of scale"`: the effects are there, but too small to be seen.
#
# What would tell them apart? Ask each model, `knows[...]`, about many *other* rows.

# %%
answer = {"a": ..., "b": ..., "c": ...}
# solution
print(np.ptp(knows["b"].predict(F)), np.ptp(knows["c"].predict_proba(X_test)[:, 1]))
answer = {"a": "own background", "b": "constant model", "c": "all alike"}

# %%
check("11.3", answer)

# %% [markdown]
# Only `b` is a bad model, and it is the one that you meet most: a search on a table with little signal likes the
# strongest penalty, its best model answers with a constant, and SHAP explains that constant perfectly. When an
# explanation looks empty, look at the predictions first.
#
# ## 7. Can this variable go?
#
# Fewer columns mean fewer pipelines that can break. Tempting: drop what has a short bar. But "the model hardly uses
# it" is not "a model without it is as good". To know that, train without it. By hand: 25 splits, both models on each,
# and an interval for the difference. (Folds share training rows, so the variance must be corrected, as in lab 10.)
# The score is the error of log(1 + hectares), with a minus: about -1.34 for the linear model.

# %%
gone = ["Y", "month", "day", "DC", "rain"]
folds = RepeatedKFold(n_splits=5, n_repeats=5, random_state=0)
blank = F.assign(**{name: F[name].iloc[0] for name in gone})
with_all, without = (
    cross_val_score(models.fires_linear(), table, area, scoring=score, cv=folds) for table in (F, blank)
)
difference = without - with_all
reach = t.ppf(0.975, 24) * np.sqrt((1 / 25 + 1 / 4) * difference.var(ddof=1))

# %% [markdown]
# Now the decision. "No significant difference" proves nothing: with ten rows, nothing is significant. So say **before**
# you look how much you can bear to lose, the **margin**. We can bear 0.02, which is 1.5 % of the error. The columns can
# go if even the lower end of the interval loses less than that.

# %%
removal = explain.can_go(models.fires_linear(), F, area, gone, margin=0.02, scoring=score)
middle = difference.mean()
assert np.allclose([removal.low, removal.high], [middle - reach, middle + reach], atol=1e-4)
print(f"{with_all.mean():.3f} with all, {without.mean():.3f} without {len(gone)} columns", removal, sep="\n")

# %% [markdown]
# Five of twelve columns can go, and the model may even gain. Among them is `day`, with the fifth longest bar above.
#
# Now four columns, each on its own; ten splits each are enough to see it. **Predict**: ISI has the second longest bar
# of the linear model. Can it go?

# %%
alone = {}
for name in ("ISI", "FFMC", "temp", "RH"):
    found = explain.can_go(models.fires_linear(), F, area, name, margin=0.02, scoring=score, n_repeats=2)
    mean_shap = np.abs(of_linear.values[:, list(F).index(name)]).mean()
    alone[name] = {"mean |SHAP|": mean_shap, "difference": found.difference, "low": found.low, "can go": found.harmless}
pd.DataFrame(alone).T.infer_objects().round(4)

# %% [markdown]
# Each of the four can go, long bar or short: the other three know what it knew.
#
# ### Exercise 11.4: all four?
#
# "Each can go, so let us drop all four," says a colleague. Test it with `fires_linear`, the same margin and the same
# score. `answer` is `(low, high, verdict)`: the ends of the interval, and one of
#
# - `"harmless"`: shown to lose less than the margin;
# - `"harmful"`: shown to be worse without them;
# - `"not shown"`: neither.

# %%
answer = ...
# solution
four = explain.can_go(models.fires_linear(), F, area, ["ISI", "FFMC", "temp", "RH"], margin=0.02, scoring=score)
answer = (four.low, four.high, "not shown")
print(four)

# %%
check("11.4", answer)

# %% [markdown]
# Four times "can go" does not add up to one. So drop in steps: take away one group, train, and ask about the next from
# there. And "not shown" is an honest result. It means: keep them, or get more rows.
#
# ## What you can do now
#
# 1. **PDP and ICE** ask: what if this column were another? The mean can be flat where every row moves. Where columns
#    belong together, rows are asked about that cannot exist.
# 2. **Permutation** asks: how much does the score need this column? Columns that say the same hide each other, so
#    shuffle them together.
# 3. **Shapley values** ask: what moved this answer, compared with *these* rows? They add up, in your own columns, on
#    the scale you choose. Another background is another question. They tell of the model: two good models tell two
#    stories, and neither says what to change in the world. All zeros? Look at predictions and background.
# 4. **Can it go?** Only training without it knows: repeated splits, an interval, and a margin that was named before.
#    A short bar is no proof, nor is a long one; and what is true of each is not true of all together.
#
# Next, lab 12: the model goes to work, and we watch it.
