# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 10: How good is it, for whom, and how sure are you?
#
# Afterwards you can
#
# 1. judge a score by a **baseline**, and a difference by its **interval**;
# 2. see whether a probability can be believed, and **calibrate** it;
# 3. find the **slices** where a model is worse, without falling for chance or for Simpson's paradox;
# 4. write **behavioural tests**: what must not matter, what must, and what is the least;
# 5. give answers a **coverage promise**, also for each group, and say when it does not hold;
# 6. put all of this on one page, the **model card**.
#
# Time: about 90 minutes. The flights are real.

# %%
import os

os.environ["OMP_NUM_THREADS"] = "1"  # before scikit-learn: trees this small are quicker on one core

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown
from scipy.stats import t
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from course.checks import check
from mlsd import datasets, evaluate, models, settings

pd.options.display.float_format = "{:,.3f}".format

# %% [markdown]
# ## 1. A score means nothing alone
#
# The running case: will a flight out of New York arrive more than 30 minutes late, asked two hours before departure? We
# **fit** on 30,000 flights of January to June, keep the **summer** (July, August) for what comes after the fit, and
# **judge** on the autumn, September to December.
#
# Two columns are for later: `minutes` from the scheduled departure to the arrival, and the `day` in New York.

# %%
flights = datasets.load_late_flights()
flights["minutes"] = (flights["known_at"] - flights["decided_at"]).dt.total_seconds() / 60 - 120
flights["day"] = flights["decided_at"].dt.tz_convert("America/New_York").dt.date
past = flights[flights["month"] <= 6].sample(30_000, random_state=10).sort_index()
summer, autumn = flights[flights["month"].isin([7, 8])], flights[flights["month"] >= 9]
parts = {"past": past, "summer": summer, "autumn": autumn}
pd.DataFrame({name: {"flights": len(part), "late": part["late"].mean()} for name, part in parts.items()}).T

# %% [markdown]
# Boosted trees will reach a log loss of about 0.33 in the autumn (0 is best). **Predict**: is that good? What does
# somebody reach who says the same 17 % for every flight?
#
# Four baselines, the laziest first: always the rate of the past (`prior`); a rule; the rate at this time of day; and a
# logistic regression, which the trees have to beat as well. `skill` is the share of the `prior`'s loss that a model
# saves.

# %%
candidates = {
    "prior": DummyClassifier(strategy="prior"),
    "rule": evaluate.RuleClassifier("recent_delay > 10"),
    "time of day": models.flights_baseline(),
    "logistic": models.flights_logistic(),
    "boosted": models.flights_boosted(),
}
fitted = {name: model.fit(past, past["late"]) for name, model in candidates.items()}
said = {name: model.predict_proba(autumn)[:, 1] for name, model in fitted.items()}
panel = evaluate.panel(autumn["late"], said).drop(columns="note")
panel.loc["skill"] = 1 - panel.loc["log_loss"] / panel.loc["log_loss", "prior"]
panel.loc[["accuracy", "roc_auc", "average_precision", "log_loss", "brier", "skill"]]

# %% [markdown]
# The accuracies hardly differ, and always saying "in time" has 88 %. The rule knows no shades: it says 0 or 1, and a
# sure mistake costs it dearly. The rate at the time of day saves 3 % of the loss, the models 13 % and 14 %. So "0.33"
# meant little, and "14 % better than knowing nothing about the flight, 1 point better than a logistic regression" means
# much.
#
# ## 2. Is the difference real?
#
# By every row the boosted trees are a little ahead of the logistic regression. Would they be, had other flights been
# drawn? Cross-validate both on the same folds, and look at the differences. A fold holds whole **days**: the flights of
# a stormy day are late together, and a model that has seen the morning knows the evening.
#
# Five differences have a mean, and a mean has an interval. But the five are not independent: any two of the models
# share most of their training rows. The second line corrects for it (Nadeau and Bengio), with the size of a test fold
# against that of its training rows, 1 : 4.

# %%
few, cv = past.iloc[::10], GroupKFold(5, shuffle=True, random_state=10)
one, other = models.flights_logistic(), models.flights_boosted()
options = {"groups": few["day"], "cv": cv, "scoring": "roc_auc"}
gain = cross_val_score(other, few, few["late"], **options) - cross_val_score(one, few, few["late"], **options)
reach = t.ppf(0.975, df=4) * gain.std(ddof=1)
print("naive:     {:+.4f} to {:+.4f}".format(*(gain.mean() + reach * np.sqrt(1 / 5) * np.array([-1, 1]))))
corrected = gain.mean() + reach * np.sqrt(1 / 5 + 1 / 4) * np.array([-1, 1])
print("corrected: {:+.4f} to {:+.4f}".format(*corrected))

# %% [markdown]
# `evaluate.compare` does the same:

# %%
difference = evaluate.compare(one, other, few, few["late"], **options)
assert np.allclose([difference.low, difference.high], corrected, atol=0.001)
difference

# %% [markdown]
# (By hand we took 1/4 for the sizes; `compare` takes those of the folds, which are a little different.) Zero lies well
# inside: with 3,000 flights these folds cannot tell which of the two is better. That is not the same as "they are
# equal". The correction made the interval about half as wide again; whoever forgets it finds differences that are none.
#
# ## 3. Can a probability be believed?
#
# A desk that hears "30 %" plans for 30 of 100. Take the flights to which the model gave about the same probability, and
# count: by hand, ten groups of equal size.

# %%
groups = pd.qcut(said["boosted"], 10, labels=False)
by_hand = pd.DataFrame({"said": said["boosted"], "happened": autumn["late"]}).groupby(groups).mean()

table = evaluate.calibration_table(autumn["late"], said["boosted"])
assert np.allclose(by_hand, table[["mean_probability", "share"]])
table

# %% [markdown]
# Read a line: of the 10,962 flights in the last group, the model said 46 % on average, and 42 % were late. `low` and
# `high` are the interval of that share. In every group it said a little too much: it learnt from January to June, when
# 17 % were late, and in the autumn 12 % were.
#
# That is a mild case. Here is a bad one, with a usual reason. A colleague wanted more late flights to be flagged and
# fitted the same trees with `class_weight="balanced"`: each late flight counts about five times. **Predict** where its
# points lie.

# %%
balanced = models.flights_boosted().set_params(clf__class_weight="balanced").fit(past, past["late"])
said["balanced"] = balanced.predict_proba(autumn)[:, 1]
figure, axes = plt.subplots(figsize=(6, 5))
for name, style, colour in (("boosted", "o-", "#0072B2"), ("balanced", "s--", "#D55E00")):
    curve = evaluate.calibration_table(autumn["late"], said[name])
    reaches = [curve["share"] - curve["low"], curve["high"] - curve["share"]]
    axes.errorbar(curve["mean_probability"], curve["share"], reaches, fmt=style, color=colour, label=name)
axes.plot([0, 0.8], [0, 0.8], ":", color="black", label="said = happened")
axes.set(
    title="What was said and what happened,\nflights from New York, September to December 2013",
    xlabel="probability said",
    ylabel="share more than 30 minutes late",
)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The plot has what was said on the horizontal axis and what happened on the vertical one. The ten points of `boosted`
# (blue circles) lie a little below the dotted diagonal, those of `balanced` (orange squares) far below it: where it
# says 77 %, 42 % are late. Its points are as far *apart* from each other as those of `boosted`, though, from 3 % to 42
# %.
#
# The **Brier score** (the mean squared distance of what was said and what happened) can be taken apart. `reliability`
# is the distance of the points from the diagonal: small is good. `resolution` is how far the groups differ from each
# other: large is good, and it is what the model *knows*. `uncertainty` is the same for all models.

# %%
pd.DataFrame({name: evaluate.brier_parts(autumn["late"], said[name]) for name in ("prior", "boosted", "balanced")})

# %% [markdown]
# `balanced` knows as much as `boosted`, and says it in another currency. So there is hope: reliability can be mended
# afterwards, from flights that the model was not fitted on. **Platt**'s way is a logistic regression with one column,
# the model's score. For the trees of section 1, by hand and by `evaluate.calibrate`:

# %%
platt = LogisticRegression(C=np.inf).fit(fitted["boosted"].decision_function(summer)[:, None], summer["late"])
some = autumn.iloc[::10]  # a tenth is enough to compare
by_hand = platt.predict_proba(fitted["boosted"].decision_function(some)[:, None])[:, 1]

calibrated = evaluate.calibrate(fitted["boosted"], summer, summer["late"], method="platt")
said["calibrated"] = calibrated.predict_proba(autumn)[:, 1]
assert np.allclose(by_hand, said["calibrated"][::10], atol=0.001)
evaluate.panel(autumn["late"], {name: said[name] for name in ("boosted", "calibrated")}).loc[["roc_auc", "log_loss"]]

# %% [markdown]
# The order of the flights is the same as before, so `roc_auc` is; the log loss is a little better. There was not much
# to mend. `method="isotonic"` draws a rising staircase instead, of any shape; it wants a thousand rows or more.
# Whatever the method, what it learns is as good as the calibration rows are like those to come, and a summer is no
# autumn.
#
# ### Exercise 10.1: calibrate
#
# Put the colleague's model right. `answer` is what `balanced`, calibrated, says about the flights of the autumn: one
# probability of being late for each. Which rows may the calibration see, and which not? **Predict** the log loss before
# you look at it: does it come near the 0.33 of `boosted`?

# %%
answer = ...
# solution
answer = evaluate.calibrate(balanced, summer, summer["late"]).predict_proba(autumn)[:, 1]
evaluate.panel(autumn["late"], {"balanced": said["balanced"], "answer": answer}).loc[["roc_auc", "log_loss"]]

# %%
check("10.1", answer)

# %% [markdown]
# ## 4. For whom is it worse?
#
# An average hides groups. For which airlines does the model say too little? By hand, the mean of *happened* less *said*
# for each airline; then by `evaluate.slices`, which takes any function that gives each flight's part in a metric.


# %%
def too_little(happened, said):
    return happened - said


by_hand = too_little(autumn["late"], said["boosted"]).groupby(autumn["carrier"]).mean()
airlines = evaluate.slices(autumn, autumn["late"], said["boosted"], by="carrier", metric=too_little)
assert np.allclose(airlines.sort_values("slice")["value"], by_hand)
airlines.sort_values("difference", ascending=False).head(6)

# %% [markdown]
# `difference` is the airline's `value` less that of all others, with its interval, `low` to `high`. Look at `rows`: the
# largest difference is that of YV, with 193 flights, and its interval nearly reaches 0. So `slices` lists the slices by
# the end of the interval that accuses least (`low`, here), and FL comes first, then WN; a few unlucky flights do not
# lead the list.
#
# Nobody can name all slices beforehand. Without `by`, `slices` looks for them: in each column and in each pair of
# columns, numbers cut at quartiles. **Predict** what the worst ones for the log loss have in common.

# %%
known = autumn.drop(columns=["decided_at", "known_at", "month", "day", "flight", "tailnum", "minutes", "late"])
found = evaluate.slices(known, autumn["late"], said["boosted"], min_rows=200, n_slices=5)
print(f"{found.attrs['tested']:,} slices were tested")
found

# %% [markdown]
# Bad weather, and delays already. (When it rains or snows, the weather station often leaves out the pressure.) Half of
# these flights are late, so nobody can be sure about them: a high loss says that they are *hard*. It does not say that
# the model is wrong about them.
#
# ### Exercise 10.2: find the bad slice
#
# Where is `boosted` wrong, then? Look for the slices of `known` where it says **too little**, with at least 200 rows.
# The first row of the table is the slice that stands out most surely. How many flights are in it? And on how many
# different days were they (`autumn["day"]`)? `answer` is `(slice, rows, days)`, the slice as the text in the table.

# %%
answer = ...
# solution
worst = evaluate.slices(known, autumn["late"], said["boosted"], metric=too_little, min_rows=200).iloc[0]
inside = (autumn["dewp"] <= 26.6) & autumn["pressure"].isna()
answer = (worst["slice"], worst["rows"], autumn.loc[inside, "day"].nunique())
print(worst, autumn.loc[inside, "day"].value_counts().head(4), sep="\n\n")

# %%
check("10.2", answer)

# %% [markdown]
# Sure, then? The interval says so, and `p_adjusted` is so small that it shows as 0. But both take the flights to be
# independent. Three of the days hold three quarters of them: a few days of bad weather, not hundreds of witnesses.
# Believe that the model fails in the snow of December (it met little like it in its six months). How much it fails,
# only another winter can tell.
#
# And whoever looks at 6,000 slices will find bad ones. Let us make a world in which there are **none**: the flights and
# probabilities are the real ones, but whether a flight is late is drawn anew, by the model's own probability. (So these
# labels are made up.) **Predict**: how many slices will look worse, by an interval of 95 %?

# %%
drawn = np.random.default_rng(10).binomial(1, said["boosted"])
none_is_bad = evaluate.slices(known, drawn, said["boosted"], metric=too_little, min_rows=200, n_slices=10_000)
print(f"{(none_is_bad['low'] > 0).sum()} slices look worse, of {none_is_bad.attrs['tested']:,} that were tested.")
none_is_bad.head(3)

# %% [markdown]
# More than a hundred, and no model was ever better calibrated. `p_adjusted` counts how many were tested (Benjamini and
# Hochberg): here it is nowhere below 0.05. So a slice that was *found* needs a small `p_adjusted`, or better, new data.
#
# ### Simpson's paradox
#
# One more way to be misled, with real flights. From which airport would you rather leave, JFK or LaGuardia?

# %%
two = flights[flights["origin"] != "EWR"].assign(afternoon=flights["minute_of_day"] >= 15 * 60)
by_hand = two.groupby("origin")["late"].mean()
paradox = evaluate.simpson(two, outcome="late", group="origin", by="afternoon")
assert np.isclose(by_hand["LGA"] - by_hand["JFK"], paradox.table["difference"][0])
print(paradox)
paradox.table

# %% [markdown]
# On the whole LaGuardia is better: 14.5 % late against 15.2 %, and the interval of the difference does not hold 0.
# Before 15:00 there is no clear difference, and from 15:00 on LaGuardia is clearly *worse*. The sign **turns** in both
# parts! No trick: half of JFK's flights leave from 15:00 on, when every airport is late, and 39 % of LaGuardia's. That
# is **Simpson's paradox**: the averages compare two mixtures. The same happens to two models that serve different
# flights.
#
# ## 5. What must it do?
#
# A score is an average over what happened to be in the test rows. Programs are tested otherwise: by what they **must**
# do. So can models be. An **invariance** test changes what must not matter, and looks whether the answer moves. By
# hand, for a departure one minute later:

# %%
some = autumn.sample(5_000, random_state=10)
later = some.assign(minute_of_day=some["minute_of_day"] + 1)
moved = np.abs(fitted["boosted"].predict_proba(later) - fitted["boosted"].predict_proba(some))[:, 1]

result = evaluate.invariance(fitted["boosted"], some, {"minute_of_day": lambda minute: minute + 1}, tolerance=0.02)
assert result.failures == (moved > 0.02).sum()
print(result)
result.table.head(3)

# %% [markdown]
# It fails, for 18 flights in 5,000. Trees answer in steps, and a minute can be the edge of one: at 19:46 the
# probability falls from 35 % to 30 %. Nobody can explain that to a passenger. Is it a fault? That is for you to say,
# and that is why a test has a `tolerance`.
#
# Now the logistic regression. **Predict** which of these will fail, before you run it:

# %%
changes = {
    "another plane": {"tailnum": "N12345"},
    "another flight number": {"flight": lambda number: number + 1},
    "one minute later": {"minute_of_day": lambda minute: minute + 1},
    "airline in small letters": {"carrier": lambda carrier: carrier.str.lower()},
}
for name, change in changes.items():
    print(f"{name:25}", evaluate.invariance(fitted["logistic"], some, change, tolerance=0.02))

# %% [markdown]
# The plane and the flight number do not matter because the model does not use them. These tests cannot fail today; they
# guard against a change tomorrow. The third passes, for its curve has no steps. The last one is a bug.
#
# ### Exercise 10.3: an invariance test that fails
#
# "ua" and "UA" are the same airline, and one day some program will send the small letters. Why does the answer move?
# What does the model take "ua" for? Mend it **without a new fit**: `answer` is a model, made of a first step that
# tidies the frame up and of the steps of `fitted["logistic"]`. Flights that were written properly must get the answer
# that they got before. (`Pipeline` and `FunctionTransformer` are imported.)

# %%
answer = ...
# solution


def tidy(frame):
    return frame.assign(carrier=frame["carrier"].str.upper())


answer = Pipeline([("tidy", FunctionTransformer(tidy)), *fitted["logistic"].steps])
evaluate.invariance(answer, some, changes["airline in small letters"])

# %%
check("10.3", answer)

# %% [markdown]
# A **direction** test changes what must matter, and says which way. If planes have just left the same airport 30
# minutes later than they did, no flight may become *less* likely to be late.

# %%
worse = {"recent_delay": lambda minutes: minutes + 30}
for name in ("logistic", "boosted"):
    print(name, evaluate.direction(fitted[name], some, worse, sign=+1, n_worst=3))
evaluate.direction(fitted["logistic"], some, worse, sign=+1, n_worst=3).table

# %% [markdown]
# Both fail, for about 1 % of the flights. The table shows where for the logistic regression: where planes were already
# two or three hours late. Such hours are rare, and its curve has a single bend for everything beyond 9 minutes, so it
# comes down again. The trees follow chance in some corner.
#
# What you know for sure, you can tell a model: `monotonic_cst` allows the trees only splits that keep the direction.
# **Predict**: does the test pass then, and what does it cost in log loss?

# %%
monotonic = models.flights_boosted().set_params(clf__monotonic_cst={"recent_delay": 1}).fit(past, past["late"])
said["monotonic"] = monotonic.predict_proba(autumn)[:, 1]
print(evaluate.direction(monotonic, some, worse, sign=+1))
evaluate.panel(autumn["late"], {name: said[name] for name in ("boosted", "monotonic")}).loc[["roc_auc", "log_loss"]]

# %% [markdown]
# It passes, and it costs nothing: what was forbidden was chance. The third kind is the **minimum**: a score that each
# slice must reach, as a gate before a release.

# %%
half = autumn.iloc[::2]
enough = evaluate.minimum(monotonic, half, half["late"], metric="roc_auc", at_least=0.7, by="month")
print(enough)
enough.table

# %% [markdown]
# November does not reach it. The gate does its work: somebody has to look, and to decide.
#
# ## 6. An answer with a promise
#
# "It will land at 17:42" is never true. "Between 17:10 and 18:20" can be, and we can promise how often. **Conformal
# prediction** does so for any model: see how wrong it was on flights that it was not fitted on, and add so much to its
# next answers. Half of the summer's flights, drawn by chance, calibrate; the other half is `fresh`. By hand, for trees
# that predict `minutes`:

# %%
reg = HistGradientBoostingRegressor(loss="absolute_error", categorical_features=["carrier", "origin", "dest"])
reg = models.flights_boosted().set_params(clf=reg.set_params(random_state=10)).fit(past, past["minutes"])
calibration = summer.sample(frac=0.5, random_state=10)
fresh = summer.drop(calibration.index)
off = np.sort(np.abs(calibration["minutes"] - reg.predict(calibration)))
by_hand = off[int(np.ceil((len(off) + 1) * 0.9)) - 1]

# %% [markdown]
# 90 % of the calibration flights were off by no more than that. (The `+ 1` is the new flight, which may be the worst of
# all.) `evaluate.conformal` finds the same:

# %%
promise = evaluate.conformal(reg, calibration, calibration["minutes"], coverage=0.9)
assert promise.quantiles["quantile"].item() == by_hand
flight = fresh[["carrier", "flight", "origin", "dest", "minutes"]].head(3)
print(f"± {by_hand:.0f} minutes")
flight.join(promise.predict(fresh.head(3)))

# %% [markdown]
# The promise: the interval holds the truth for 9 of 10 new flights. `coverage` counts whether it does. **Predict**: is
# it kept in the morning as well as in the evening?

# %%
STRETCHES = ["before 10:00", "10:00 to 14:00", "14:00 to 18:00", "from 18:00"]


def stretch(rows):
    hours = pd.cut(rows["minute_of_day"] / 60, [0, 10, 14, 18, 24], right=False, labels=STRETCHES)
    return hours.astype("str")


shared = promise.coverage(fresh, fresh["minutes"], groups=stretch(fresh))
shared.drop(columns="covered")

# %% [markdown]
# On the whole it is kept. But one width for all is too much in the morning (97 %) and too little from 14:00 on (84 %
# and 86 %): the morning pays for the evening, and the average hides it. With `groups`, each stretch has a width of its
# own:

# %%
own = evaluate.conformal(reg, calibration, calibration["minutes"], groups=stretch(calibration))
repaired = own.coverage(fresh, fresh["minutes"], groups=stretch(fresh))
figure, axes = plt.subplots(figsize=(7, 3.5))
for name, table, style, colour in (("one for all", shared, "s", "#D55E00"), ("one each", repaired, "o", "#0072B2")):
    table = table.set_index("group").loc[STRETCHES]
    reaches = [table["coverage"] - table["low"], table["high"] - table["coverage"]]
    axes.errorbar(STRETCHES, table["coverage"], reaches, fmt=style, color=colour, label=name)
axes.axhline(0.9, color="black", linestyle=":", label="promised")
axes.set(title="Intervals that held the arrival, July and August 2013", xlabel="departure", ylabel="share of flights")
axes.legend(frameon=False)
plt.show()
repaired.drop(columns="covered")

# %% [markdown]
# The plot shows the coverage of four stretches of the day. With one width for all (orange squares) two points lie above
# the dotted line of 90 % and two below it. With a width for each (blue circles) all four lie on it, give or take their
# intervals. `mean_size` tells the price: 69 minutes from end to end in the morning, 169 in the afternoon.
#
# The promise has one condition: calibration flights and new ones are **exchangeable**, as if shuffled together. The two
# halves of a summer are. And later months? The first column below was calibrated on the summer; the second one on
# September to November, as one would for December. **Predict** what happens in December.

# %%
calm = half[half["month"] < 12]
renewed = evaluate.conformal(reg, calm, calm["minutes"])
by_month = pd.DataFrame()
for name, each in {"from the summer": promise, "from the calm autumn": renewed}.items():
    table = each.coverage(half, half["minutes"], groups="month")
    by_month[name] = table.set_index("group")["coverage"]
by_month

# %% [markdown]
# After a stormy summer, the autumn gets more than was promised: about 96 % until November, with intervals wider than
# needed. After a calm autumn, December gets 82 % instead of 90 %. Neither is a mistake in the computation: the
# condition is broken. So a coverage promise has to be **measured** month by month, and renewed. (We took every second
# flight of the autumn. In the second column, the first three months are those it was calibrated on.)
#
# ### Sets, and a rare class
#
# A classifier's promise is a **set**: {in time}, {late}, or both, which means "I don't know". Here are the sets of the
# boosted trees. `groups=` counts the coverage for flights that came in time (0) and late (1).

# %%
sets = evaluate.conformal(fitted["boosted"], calibration, calibration["late"])
counted = sets.coverage(fresh, fresh["late"], groups=fresh["late"])
counted.drop(columns="covered")

# %% [markdown]
# 90 % on the whole: 99 % of the flights in time and 55 % of the late ones, for whom it is all done. A rare class can be
# left out, and the promise is still kept.
#
# ### Exercise 10.4: 90 % for the late ones too
#
# Make sets that keep the promise of 90 % for flights in time and for late flights. What does it cost? `answer` is
# `(coverage, unsure)`, both on `fresh`: the coverage of the **late** flights, and the share of **all** flights whose
# set holds both classes. **Predict** the second.

# %%
answer = ...
# solution
by_class = evaluate.conformal(fitted["boosted"], calibration, calibration["late"], by_class=True)
kept = by_class.coverage(fresh, fresh["late"], groups=fresh["late"]).set_index("group")["coverage"]
answer = (kept[1], (by_class.predict(fresh)["size"] == 2).mean())
answer

# %%
check("10.4", answer)

# %% [markdown]
# 90 % of the late flights are in their sets now. The price: for every second flight the answer is "in time or late".
# That is what this model knows, said honestly. A better model would not be promised more; its sets would be smaller.
#
# ## 7. On one page
#
# Who decides whether the model is used was not in this notebook. A **model card** tells them what it is, for what it is
# not, how good it is and for whom, and what nobody has recorded. `model_card` writes it from plain facts; a registered
# model brings most of them with it (lab 08).

# %%
tests = [
    evaluate.invariance(monotonic, some, changes["airline in small letters"], tolerance=0.02),
    evaluate.direction(monotonic, some, worse, sign=+1),
    enough,
]
scores = evaluate.panel(autumn["late"], said["monotonic"])["value"]
facts = {
    "name": "late-flights",
    "model": " → ".join(monotonic.named_steps),
    "load": "datasets.load_late_flights",
    "target": "late: arrived more than 30 minutes late",
    "rows": len(flights),
    "split": "fitted on January to June 2013, tested on September to December",
    "train_rows": len(past),
    "test_rows": len(autumn),
    "metrics": scores[["roc_auc", "log_loss", "brier"]].to_dict(),
    "params": {"monotonic_cst": "recent_delay"},
}
card = {
    "intended_use": "Tells a service desk, two hours before departure, how likely a flight is to arrive more than 30 "
    "minutes late. Not for flights that are cancelled, and not to judge airlines.",
    "limits": "One year, three airports. In snowstorms it says far too little. Expects airline codes in capitals.",
    "slices": evaluate.slices(autumn, autumn["late"], said["monotonic"], by="origin", metric=too_little),
    "behaviour": tests,
}
Markdown(evaluate.model_card(facts, **card))

# %% [markdown]
# Look at the failed tests: a card that hides them is an advertisement. And at all the "not recorded": the intervals of
# the metrics, the digest of the data, the commit. A tracked run would know them (lab 08). As a page for those who have
# no notebook:

# %%
page = settings.data_dir() / "lab10" / "late_flights.html"
page.parent.mkdir(parents=True, exist_ok=True)
page.write_text(evaluate.model_card(facts, **card, as_html=True), encoding="utf-8")
print(page)

# %% [markdown]
# ## What you can do now
#
# 1. **Baselines and intervals.** The trees save 14 % of the loss of saying the same for each flight, the logistic
#    regression 13 %; and cross-validation by days could not tell the two apart.
# 2. **Calibration.** `class_weight="balanced"` left the resolution as it was and spoilt the reliability; a calibration
#    on flights that the model had not seen put it right, as far as the summer is like the autumn.
# 3. **Slices.** Compare a slice with the rest, with its size and an interval; count how many were looked at, and the
#    days behind the rows. An average may turn the sign: LaGuardia is better on the whole, and worse from 15:00 on.
# 4. **Behaviour.** Invariance, direction, minimum: three kinds of tests that a good score does not replace.
# 5. **Promises.** 90 % on the whole can be 84 % in the afternoon, 55 % for the late flights, and 82 % in a December
#    after a calm autumn. By group and by class it is repaired; against time, only measuring helps.
# 6. **The card** says all this to those who decide, the failures and the blanks included.
#
# Next, lab 11: *why* does a model answer as it does?
