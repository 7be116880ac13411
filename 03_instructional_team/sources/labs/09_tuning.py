# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 09: Tuning without fooling yourself
#
# Afterwards you can
#
# 1. **search** by grid, at random, by TPE and by halving, and say what a fair budget is;
# 2. keep everything that is learnt **inside the fold**, and say what it pretends if it is not;
# 3. **stop** a hopeless trial, resume a search that was interrupted, and run it on a Dask cluster with the same result;
# 4. **read a search as data**: which parameter matters, how much is noise, and what the best score is worth.
#
# Time: about 75 minutes.

# %%
import os

os.environ["OMP_NUM_THREADS"] = "1"  # before scikit-learn: fits this small are quicker on one core

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import loguniform, randint
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.tree import ExtraTreeClassifier

from course.checks import check
from mlsd import cluster, datasets, models, sampling, settings, tracking, tuning

# %% [markdown]
# The running case is real: will a flight out of New York be more than 30 minutes late? A search fits a model many
# times, so we take 4,800 flights of January to August. September to December are put away until the last section.

# %%
flights = datasets.load_late_flights().sample(20_000, random_state=9).sort_index()
early, later = sampling.split_by_time(flights, time="decided_at", test_from="2013-09-01")
few = early.sample(4_800, random_state=9).sort_index()
X, y = few.drop(columns="late"), few["late"]
folds = sampling.TimeFolds("decided_at", n_splits=3)
print(f"{len(X):,} flights, {y.mean():.1%} late; put away: {len(later):,}")

# %% [markdown]
# From section 3 on, two worker **processes** will help. To start one and to import scikit-learn takes seconds, so ask
# for them now: they get ready while you read. (`submit` sends a call to a worker and does not wait; making a model
# imports what models need.)

# %%
client = cluster.connect(workers=2)
ready = [client.submit(models.flights_boosted, random_state=number) for number in range(2)]

# %% [markdown]
# ## 1. A grid, by hand
#
# A parameter that `fit` learns is a coefficient, a median, a split. A **hyperparameter** is chosen before: `C` of the
# logistic regression says how large the coefficients may become. To choose it, try a few values, and judge each on
# rows that the fit did not see. Our folds go forward in time: each trains on what came before. The score is the log
# loss with a minus, because scikit-learn wants more to be better.
#
# **Predict**: which of the five values of `C` is best? How many models does this cell fit?

# %%
by_hand = {}
for C in [0.0001, 0.001, 0.01, 0.1, 1]:
    model = models.flights_logistic().set_params(clf__C=C)
    by_hand[C] = []
    for rest, fold in folds.split(X):
        said = model.fit(X.iloc[rest], y.iloc[rest]).predict_proba(X.iloc[fold])
        by_hand[C].append(-log_loss(y.iloc[fold], said))
pd.DataFrame(by_hand).agg(["mean", "std"]).round(4)

# %% [markdown]
# Fifteen models: 5 values times 3 folds. Neither much freedom nor little is best, but something between.
# `GridSearchCV` is that loop. Its parameters have the name of the step, two underscores, and the name of the
# parameter.

# %%
options = {"scoring": "neg_log_loss", "cv": folds}
theirs = GridSearchCV(models.flights_logistic(), {"clf__C": list(by_hand)}, **options).fit(X, y)
assert np.allclose(theirs.cv_results_["mean_test_score"], [np.mean(scores) for scores in by_hand.values()])

# %% [markdown]
# `tuning.grid_search` gives the same table, best row first. **Predict**: the pipeline has three steps (`columns`,
# `features`, `clf`), and the grid touches only the last. `GridSearchCV` fits all three in each of the 15 fits, which
# makes 45. How many are enough?

# %%
ours = tuning.grid_search(models.flights_logistic(), X, y, grid={"clf__C": list(by_hand)}, **options)
known = pd.DataFrame(theirs.cv_results_).filter(regex="test")
pd.testing.assert_frame_equal(ours.table.sort_index()[list(known)], known, check_exact=True, check_names=False)
ours

# %% [markdown]
# Every score is equal to the last bit. In each fold the first two steps learn the same for all five candidates, so
# they are fitted once a fold: $3 + 3 + 15 = 21$ steps. The more of the work stands in front, the more is saved.
#
# ## 2. Inside the fold
#
# Once a fold is not once for all. It is tempting to prepare the whole table first and to search afterwards: then the
# steps in front are fitted once, and their rows hold what the judging fold looks like. What does that pretend?
#
# ### Exercise 09.1: a model of nothing
#
# The rows below are **synthetic**: 2,000 columns of noise, and a coin that decides the class. Nothing can be learnt,
# so an honest area under the ROC curve is near 0.5. Choose the 20 columns that go best with the coin
# (`SelectKBest(k=20)`), fit a `LogisticRegression()` on them, and score with
# `cross_val_score(..., scoring="roc_auc")` and its five standard folds, in two ways:
#
# - *pretended*: choose the columns on all rows, then cross-validate the regression on these columns;
# - *honest*: cross-validate `make_pipeline` of both, so that each fold chooses its own columns.
#
# **Predict** both. `answer` is `(pretended, honest)`, means over the folds.

# %%
rng = np.random.default_rng(9)
noise, coin = rng.normal(size=(200, 2_000)), rng.permutation([0, 1] * 100)
answer = ...
# solution
chosen = SelectKBest(k=20).fit_transform(noise, coin)
pretended = cross_val_score(LogisticRegression(), chosen, coin, scoring="roc_auc").mean()
pipeline = make_pipeline(SelectKBest(k=20), LogisticRegression())
answer = (pretended, cross_val_score(pipeline, noise, coin, scoring="roc_auc").mean())
answer

# %%
check("09.1", answer)

# %% [markdown]
# Among 2,000 columns of noise some go with the coin by chance, also in the rows that judge later. Whoever chooses
# before the folds has looked. So give a search the *whole* pipeline, and never a table that was prepared before.
# `tuning` shares steps within a fold, never across folds.
#
# ## 3. On a cluster
#
# Candidates do not need each other, so a search runs well on many machines. `cluster.connect(workers=2)` has started
# two worker processes here; with an address it would be a scheduler elsewhere, and nothing else would change.
# **Predict**: will the scores be equal, or nearly equal?

# %%
on_two = options | {"client": client}
on_cluster = tuning.grid_search(models.flights_logistic(), X, y, grid={"clf__C": list(by_hand)}, **on_two)
no_times = [column for column in ours.table if "time" not in column]
pd.testing.assert_frame_equal(on_cluster.table[no_times], ours.table[no_times], check_exact=True)

# %% [markdown]
# Equal to the last bit, whoever did which fold. Only the times differ. If a worker dies, its part is done again. So the
# searches of the next two sections, which take longer, run on both workers.
#
# ## 4. A grid, or dice?
#
# Boosted trees have more to choose: how much each tree may change (`learning_rate`), how many leaves it has, and a
# penalty (`l2_regularization`). A budget of 16 candidates is a grid of $4 \times 2 \times 2$. **Random search** takes
# 16 draws from distributions instead; `loguniform` makes 0.01 to 0.1 as likely as 0.1 to 1.

# %%
trees = models.flights_boosted().set_params(clf__max_iter=25, clf__min_samples_leaf=20)
rates, leaves, penalties = "clf__learning_rate", "clf__max_leaf_nodes", "clf__l2_regularization"
grid = {rates: [0.003, 0.02, 0.15, 1], leaves: [4, 16], penalties: [0.001, 10]}
space = {rates: loguniform(0.003, 1), leaves: randint(3, 17), penalties: loguniform(0.001, 10)}

# %%
searches = {
    "grid": tuning.grid_search(trees, X, y, grid=grid, **on_two),
    "random": tuning.random_search(trees, X, y, space=space, n_candidates=16, **on_two),
}
searches["random"].table[[f"param_{rates}", f"param_{leaves}", f"param_{penalties}", "mean_test_score"]].head().round(4)

# %% [markdown]
# Which parameter matters? For each value in the grid, the best that was found with it:

# %%
table = searches["grid"].table
pd.concat({name: table.groupby(f"param_{name}")["mean_test_score"].max() for name in grid}).round(4)

# %% [markdown]
# The learning rate matters a lot; for the leaves and the penalty, both values do nearly as well. **Predict**: of the
# grid's 16 fits in each fold, how many tried a new learning rate? And of the random ones?

# %%
figure, axes = plt.subplots(figsize=(8, 3.8))
for (name, search), marker, colour in zip(searches.items(), "so", ("#D55E00", "#0072B2"), strict=True):
    losses = -search.table["mean_test_score"]
    axes.scatter(search.table[f"param_{rates}"], losses, marker=marker, color=colour, alpha=0.8, label=name)
axes.set(xscale="log", ylim=(0.41, 0.53), xlabel="learning rate (log scale)", ylabel="log loss (nats a flight)")
axes.set_title("Sixteen candidates each: the grid knows four learning rates")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The plot shows the loss of each candidate over its learning rate; a few losses at the highest rates lie above the
# frame. The grid's orange squares stand in four columns, and say nothing of what lies between. The random blue dots
# are at sixteen places, and show a valley with its lowest part between 0.05 and 0.2. A grid spends its points on
# repeating what does not matter, and you do not know beforehand what that is (J. Bergstra and Y. Bengio, *Random
# search for hyper-parameter optimization*, JMLR 2012). This grid was lucky: 0.15 is a good place.
#
# ## 5. Learn from the last trial, or drop early
#
# **TPE** begins at random. Then it keeps asking what the good candidates have that the others do not, and draws near
# them (J. Bergstra and others, NeurIPS 2011; the work is done by the package optuna). The space is the same.

# %%
searches["tpe"] = tuning.tpe_search(trees, X, y, space=space, n_candidates=16, startup=6, batch=2, **on_two)
searches["tpe"]

# %% [markdown]
# **Successive halving** looks at many candidates on few rows, keeps the better half, gives it twice the rows, and so
# on (K. Jamieson and A. Talwalkar, AISTATS 2016). Here it begins with an eighth of the rows. The column `n_resources`
# tells how many rows a candidate got; a candidate has a row in the table for each round that it lived to see.

# %%
searches["halving"] = tuning.halving_search(
    trees, X, y, space=space, n_candidates=32, factor=2, min_resources=len(X) // 8, **on_two
)
client.close()  # and both workers end
searches["halving"].table.groupby("iter")["n_resources"].agg(["size", "first"])

# %% [markdown]
# Is that fair? It tried twice as many candidates and made far more fits, but most of them small. Let a candidate on
# *all* rows cost 1, and on an eighth of the rows 1/8:


# %%
def cost(search):
    rows = search.table.get("n_resources", pd.Series(len(X), index=search.table.index))
    return (rows / len(X)).sum()


counts = {name: [s.fits, cost(s), s.seconds, s.best_score] for name, s in searches.items()}
pd.DataFrame(counts, index=["fits", "cost", "seconds", "best score"]).T.round(4)

# %% [markdown]
# All four cost 16. (In seconds, halving pays more here: a fit has a price besides its rows, and these rows are few.
# With a million rows that price is forgotten.) Now each search as a line: the best so far, over what was spent.
#
# One more thing belongs in this plot: luck. Had the dice fallen otherwise, random search would have met other
# candidates. We let it draw its 16 scores again, with replacement, a thousand times.

# %%
again = np.random.default_rng(0).choice(-searches["random"].table["mean_test_score"], (1_000, 16))
low, high = np.quantile(np.minimum.accumulate(again, axis=1), [0.1, 0.9], axis=0)
figure, axes = plt.subplots(figsize=(8, 4))
axes.fill_between(range(1, 17), low, high, color="#0072B2", alpha=0.2, label="random, with other luck (80 %)")
lines = {"random": ("o-", "#0072B2"), "grid": ("s--", "#D55E00"), "tpe": ("^:", "#009E73")}
for name, (style, colour) in lines.items():
    best_so_far = -searches[name].table["mean_test_score"].sort_index().cummax()
    axes.plot(range(1, 17), best_so_far, style, color=colour, label=name)
axes.plot(16, -searches["halving"].best_score, "D", color="black", markersize=9, label="halving, at its end")
axes.set(title="Best so far, at equal budgets", xlabel="cost (candidates on all rows)", ylabel="log loss (nats)")
axes.set_ylim(0.415, 0.49)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The plot shows four searches: random (solid blue, dots), grid (dashed orange, squares), TPE (dotted green,
# triangles), and halving as a black diamond at the right. After five candidates all lines are below 0.44, and little
# more is gained. The light band is where eight of ten random searches would be; at its end all four lie close together.
#
# How far can they be told apart? Each search's best candidate met the same three folds:

# %%
splits = [f"split{fold}_test_score" for fold in range(3)]
finals = pd.DataFrame({name: search.table[splits].iloc[0] for name, search in searches.items()})
finals.round(4)

# %% [markdown]
# ### Exercise 09.2: same budget, which search wins?
#
# - `"candidates"`: A budget of 24 (candidates on all rows). Halving with `factor=3` has three rounds, on a ninth of
#   the rows, a third, and all. With how many candidates may it begin?
# - `"winner"`: Which of the four is shown to be better than the other three? Answer `"grid"`, `"random"`, `"tpe"`,
#   `"halving"` or `"none"`. Compare fold by fold: who beats whom everywhere?

# %%
answer = {"candidates": ..., "winner": ...}
# solution
each_round = 24 / 3
answer = {"candidates": round(each_round * 9), "winner": "none"}

# %%
check("09.2", answer)

# %% [markdown]
# Each round of halving costs the same, because a third of the candidates gets three times the rows. And nobody won:
# what is left between the four is smaller than what another seed, or another month, would change. The gain was in
# searching at all. TPE earns its keep with more parameters and a larger budget, halving with many rows.
#
# Halving had the best candidate of random search among its 32, for the same seed draws the same candidates first.
# In the first round, on an eighth of the rows, it did not look good enough:

# %%
rounds = searches["halving"].table
rounds[rounds["params"] == searches["random"].best_params][["iter", "n_resources", "mean_test_score", *splits]].round(4)

# %% [markdown]
# ## 6. Stop a hopeless trial
#
# After its first fold, a candidate may already look hopeless; its other folds could be saved. Back to the logistic
# regression, with 16 random values of `C`, in the order in which they were drawn:

# %%
C_space = {"clf__C": loguniform(1e-5, 100)}
C_search = tuning.random_search(models.flights_logistic(), X, y, space=C_space, n_candidates=16, seed=1, **options)
trials = C_search.table.sort_index()[["param_clf__C", *splits, "mean_test_score"]]
trials.round(4).head(8)

# %% [markdown]
# ### Exercise 09.3: which trials would you stop?
#
# The **median rule**: stop a candidate after fold 0 if its score there is below the median of the scores that the
# candidates *before* it got on fold 0. The first candidate has nobody before it and goes on. (Those that were stopped
# count among "before", too: their score on fold 0 is known.)
#
# `answer` is `(stopped, saved)`: the list of the numbers of the stopped candidates, and how many of the 48 fits are
# saved. **Predict** the share that is saved, and whether the best candidate survives.

# %%
first = trials["split0_test_score"]
answer = (..., ...)
# solution
stopped = [number for number in range(1, 16) if first[number] < first[:number].median()]
answer = (stopped, 2 * len(stopped))
print(answer, "best of all:", C_search.table.index[0])

# %%
check("09.3", answer)

# %% [markdown]
# `tpe_search` knows the same rule. With `prune_after=1`, what is hopeless after one fold is given up, and the fits
# that this saves go to more candidates. (It leaves the first ones alone, until there is a median worth the name.)

# %%
pruned = tuning.tpe_search(
    models.flights_logistic(), X, y, space=C_space, n_candidates=16, batch=8, prune_after=1, **options
)
print(f"{pruned.fits} fits, {len(pruned.table)} candidates, {pruned.table['pruned'].sum()} of them given up")

# %% [markdown]
# A warning: the first fold has the fewest rows to train on, and is another season. What looks hopeless there could
# have become good. Stopping early trades a small risk for a large saving.
#
# ## 7. When something goes wrong
#
# A search is long, so something will. **Predict**: the value -1 for `C` is not allowed. What becomes of the others?

# %%
some = tuning.grid_search(models.flights_logistic(), X, y, grid={"clf__C": [0.01, -1, 0.1]}, **options)
some.table[["param_clf__C", "mean_test_score", "error"]]

# %% [markdown]
# It is named, ranked last, and the rest goes on. Now somebody presses Ctrl-C in the middle. With `file=`, each score is
# written when it is known. We play the impatient person ourselves: a scorer that stops at the tenth model like Ctrl-C.

# %%
file = settings.data_dir() / "lab09.jsonl"
file.parent.mkdir(parents=True, exist_ok=True)
file.unlink(missing_ok=True)
scored = []


def impatient(model, X, y):
    scored.append(model)
    if len(scored) == 10:
        raise KeyboardInterrupt
    return -log_loss(y, model.predict_proba(X))


again = {"grid": {"clf__C": list(by_hand)}, "scoring": impatient, "cv": folds, "file": file}
tuning.grid_search(models.flights_logistic(), X, y, **again)

# %% [markdown]
# Nine of 15 are done. The same call goes on from the file. **Predict**: how many more models will be scored? And is the
# table the same as that of section 1?

# %%
resumed = tuning.grid_search(models.flights_logistic(), X, y, **again)
assert np.allclose(resumed.table["mean_test_score"], ours.table["mean_test_score"])
print(f"scored: {len(scored)}, of them 10 before the stop; fits in the table: {resumed.fits}")
file.unlink()

# %% [markdown]
# Six were missing, and the tenth was done again. The file also knows the data, the folds and the pipeline, and is
# refused if one of them has changed.
#
# ## 8. In the record
#
# A search is also an experiment, and lab 08 had a place for those: one run for the search, and one below it for each
# candidate.

# %%
with tracking.run("lab09", name="random search over trees") as run:
    run.log_search(searches["random"])
print("in the record:", len(searches["random"].table), "candidates below run", run.run_id)

# %% [markdown]
# ## 9. Read a search as data
#
# A table of a search holds more than its first row. Here are the 16 values of `C` once more, now with their spread
# over the folds.

# %%
path = trials.sort_values("param_clf__C")
figure, axes = plt.subplots(figsize=(8, 4))
axes.plot(path["param_clf__C"], -path["mean_test_score"], "o-", color="#0072B2", linewidth=2.5, label="mean")
for split, style, colour in zip(splits, ("--", ":", "-."), ("#D55E00", "#009E73", "black"), strict=True):
    axes.plot(path["param_clf__C"], -path[split], style, color=colour, label=f"fold {split[5]}")
axes.set(xscale="log", xlabel="C (log scale): more freedom to the right", ylabel="log loss (nats a flight)")
axes.set_title("One search: a flat valley, and folds that differ more than candidates")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The plot shows the loss over `C`. The mean (thick blue line, dots) has a flat valley from about 0.002 to 0.1 and rises
# on both sides. The thin lines are the three folds: dashed orange, dotted green, dash-dotted black. In the valley they
# differ more from each other than the candidates do, for in some months it is harder to say who will be late. And
# they do not agree where the valley is lowest.
#
# So the row with rank 1 is one of several that could have been it. The **one-standard-error rule** says: of all
# candidates whose mean is at most one standard error below the best mean, take the simplest. It is generous where
# folds differ for reasons of their own, as here, and it is a guard against reading too much into the last digits.
#
# ### Exercise 09.4: the simplest that is good enough
#
# In `C_search.table`, the standard error of the best candidate's mean is its `std_test_score`, divided by the square
# root of the number of folds. Which candidate does the rule choose, if the simplest is the one with the least freedom,
# the smallest `C`? `answer` is the candidate's number, from the index of the table. **Predict** how many qualify.

# %%
answer = ...
# solution
best = C_search.table.iloc[0]
within = C_search.table[C_search.table["mean_test_score"] >= best["mean_test_score"] - best["std_test_score"] / 3**0.5]
answer = within["param_clf__C"].idxmin()
within[["param_clf__C", "mean_test_score"]].round(4)

# %%
check("09.4", answer)

# %% [markdown]
# ## 10. What the best score is worth
#
# The best of many has also been the luckiest of many. To see luck alone, we search for something that cannot matter:
# the **seed** of a tree that splits at random. All 40 candidates are equally good. **Predict**: will their scores be
# equal? And how good will the winner be on the flights that were put away? (They are a fold of their own here: trained
# on the 4,800 flights, tested on September to December.)

# %%
guess = models.flights_logistic().set_params(clf=ExtraTreeClassifier(max_leaf_nodes=30, min_samples_leaf=20))
seeds = {"clf__random_state": list(range(40))}
found = tuning.grid_search(guess, X, y, grid=seeds, scoring="roc_auc", cv=folds).table["mean_test_score"]
both = pd.concat([few, later])
last = [(np.arange(len(few)), np.arange(len(few), len(both)))]
truth = tuning.grid_search(guess, both, both["late"], grid=seeds, scoring="roc_auc", cv=last).table["mean_test_score"]

# %%
rank = truth.rank(ascending=False)[found.index[0]]
print(f"in the search: best {found.iloc[0]:.3f}, mean {found.mean():.3f}")
print(f"later: the winner {truth[found.index[0]]:.3f}, mean {truth.mean():.3f}; it is number {rank:.0f} of 40")
print(f"correlation of both scores over the 40 seeds: {found.corr(truth):.2f}")

# %% [markdown]
# The best seed promised a lot more than the mean, and kept nothing of it. This is the **winner's curse**: the score
# that chose is too good, the more so the more candidates there were and the noisier the folds. (And never tune the
# seed.) So the winner needs rows that took no part in choosing. For our searches, that is now, once:

# %%
winners = {name: search.best for name, search in searches.items()} | {"logistic": C_search.best}
promised = {name: -search.best_score for name, search in (searches | {"logistic": C_search}).items()}
kept = {name: log_loss(later["late"], model.predict_proba(later)) for name, model in winners.items()}
pd.DataFrame({"promised": promised, "later": kept}).round(4)

# %% [markdown]
# Compare within a column only: September to December have fewer late flights, so that every loss is smaller there. The
# order did not hold: the logistic regression, fourth by its promise, is first. Grid, random and TPE, told apart
# by the fourth digit before, are still together.
#
# ## What you can do now
#
# 1. **Search.** A grid repeats what does not matter; random draws, TPE and halving do not. A fair budget counts rows
#    fitted, not candidates or fits. At equal budgets the four were closer together than luck and months are.
# 2. **Inside the fold.** 2,000 columns of noise pretended an area of more than 0.8 when they were chosen on all rows,
#    and were a coin when each fold chose for itself. Give a search the whole pipeline; `tuning` shares steps within a
#    fold and gets the scores of `GridSearchCV` to the last bit.
# 3. **Stop, resume, spread out.** The median rule saves fits at a small risk. With `file=` nothing is done twice, a
#    candidate that fails is named, and a cluster gives the same table.
# 4. **Read.** Look at all rows, not at the first. Folds differ more than good candidates do, so allow one standard
#    error. The best score of many is too good: keep rows that took no part in choosing.
#
# Next, lab 10: is the chosen model good, for whom, and how sure can one be?
