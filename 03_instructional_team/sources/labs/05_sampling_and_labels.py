# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 05: Samples and labels
#
# Afterwards you can
#
# 1. draw a **sample** that does not fool you, also from a stream, and show that it is fair;
# 2. get labels from **delay**: say what was known at a moment, and how wrong a share looks before all of it is;
# 3. get labels from **rules** that disagree, and find out which rule to believe without a single true label;
# 4. get labels from **few questions**, and say when asking cleverly helps and when it does not.
#
# Time: about 75 minutes. The data is real: every flight that left New York City in 2013. Our question for the whole
# course: will a flight arrive more than 30 minutes late, asked two hours before departure?

# %%
import random
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pandas.testing import assert_series_equal
from scipy.stats import chisquare
from skactiveml.pool import RandomSampling, UncertaintySampling
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, cohen_kappa_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from course.checks import check
from mlsd import datasets, labels, sampling
from mlsd.errors import DataError

# %% [markdown]
# One row a flight that arrived, in order of `decided_at`, the moment at which we ask. `late` is the label.

# %%
flights = datasets.load_late_flights()
flights["scheduled"] = flights["decided_at"] + pd.Timedelta(hours=2)
true_share = flights["late"].mean()
print(f"{len(flights):,} flights, {true_share:.1%} of them late")

# %% [markdown]
# ## 1. Samples
#
# Nobody looks at all rows all the time. The sample at hand is often the first rows of a file. **Predict**: what
# share of the first 10,000 flights is late? And of 1,000 flights drawn by chance?

# %%
at_hand = sampling.convenience(flights, 10_000)["late"].mean()
by_chance = sampling.simple(flights, 1_000, seed=5)["late"].mean()
print(f"the first 10,000: {at_hand:.1%}; 1,000 by chance: {by_chance:.1%}; all: {true_share:.1%}")

# %% [markdown]
# The first 10,000 are the first eleven days of January. Ten times the rows, six points off, and nothing in the
# numbers warns you. Chance is off, too, but it tells by how much: the standard error of a share is √(p (1 − p) / n),
# here about one point.
#
# Let us draw 200 such samples. In the plot, blue bars show their shares: a hill around the black line, the truth, at
# 15.7 %; nearly all lie within two standard errors (shaded). The orange dashed line is the convenient sample, at
# 9.5 %, far to the left of the whole hill.

# %%
shares = [sampling.simple(flights, 1_000, seed=seed)["late"].mean() for seed in range(200)]
error = np.sqrt(true_share * (1 - true_share) / 1_000)
figure, axes = plt.subplots(figsize=(8, 3.2))
axes.axvspan(100 * (true_share - 2 * error), 100 * (true_share + 2 * error), color="#999999", alpha=0.25)
axes.hist(100 * np.array(shares), bins=20, color="#56B4E9", label="1,000 by chance, 200 times")
axes.axvline(100 * true_share, color="black", label="all flights")
axes.axvline(100 * at_hand, color="#D55E00", linestyle="--", label="the first 10,000")
axes.set(title="Late flights, by sample", xlabel="share of late flights (%)", ylabel="samples")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# A simple sample has few of what is rare. SkyWest (`OO`) has 29 flights here: **predict** how many of them a sample
# of 1,000 holds. If you need each kind, draw by **stratum**: 20 of each airline, say. Then the plain average is
# wrong on purpose, for each airline counts the same, and each row must be given its weight back: how many flights it
# stands for.

# %%
of_carrier = flights["carrier"].value_counts()
strata = sampling.stratified(flights, dict.fromkeys(of_carrier.index, 20), by="carrier", seed=5)
weights = strata["carrier"].map(of_carrier) / 20
print(
    f"OO in a simple sample: {(sampling.simple(flights, 1_000, seed=5)['carrier'] == 'OO').sum()}, in strata: 20",
    f"plain average {strata['late'].mean():.1%}",
    f"weighted back {sampling.weighted_mean(strata['late'], weights).value:.1%}",
    sep="\n",
)

# %% [markdown]
# **Importance sampling** is the same thought with any weight: look more often where it matters, here after delays at
# the airport, and weight back. Nearly a quarter of what we draw is late, and the average comes out right all the
# same.

# %%
trouble = 10 + flights["recent_delay"].fillna(0).clip(0, 60)
drawn = sampling.importance(flights, 1_000, proposal=trouble, seed=5)
repaired = sampling.weighted_mean(drawn["late"], drawn["importance_weight"])
print(f"plain {drawn['late'].mean():.1%}, weighted back {repaired.value:.1%} ± {2 * repaired.standard_error:.1%}")

# %% [markdown]
# ## 2. A fair sample of a stream
#
# Flights report one after another, nobody knows how many will come, and we may keep only five. A **reservoir** does
# it: the first five are kept; the i-th comes in with chance 5 / i, in the place of any of those kept. First by hand,
# then with mlsd, which draws the same numbers:


# %%
def reservoir(stream, n, rng):
    kept = []
    for seen, item in enumerate(stream, start=1):
        if seen <= n:
            kept.append(item)
        elif (place := rng.randrange(seen)) < n:
            kept[place] = item
    return kept


by_hand = reservoir(flights["flight"], 5, random.Random(3))  # noqa: S311
assert by_hand == sampling.reservoir(iter(flights["flight"]), 5, seed=3)
by_hand

# %% [markdown]
# Is that fair? One sample cannot tell. So we repeat: 4,000 times, keep 4 of a stream of 40. Each of the 40 should be
# kept about 400 times. The chi-square test says how surprising the counts are if all have the same chance: a p-value
# near 0 means unfair. (Drawing without putting back makes the counts a little more even than the test expects.)


# %%
def kept_how_often(keep):
    rng = random.Random(5)  # noqa: S311
    counted = Counter(item for _ in range(4_000) for item in keep(range(40), 4, rng))
    return [counted[item] for item in range(40)]


counts = kept_how_often(reservoir)
print(counts, f"p-value {chisquare(counts).pvalue:.2f}", sep="\n")

# %% [markdown]
# ### Exercise 05.1: which reservoir is fair?
#
# Three colleagues wrote one, too. **Predict** for each: is it `"fair"`, does it favour the `"early"` items, or the
# `"late"` ones? Then count, and look at the first and the last items.


# %%
def a(stream, n, rng):
    kept = []
    for seen, item in enumerate(stream):
        if seen < n:
            kept.append(item)
        elif (place := rng.randrange(seen)) < n:
            kept[place] = item
    return kept


def b(stream, n, rng):
    kept = []
    for item in stream:
        kept = sorted([*kept, (rng.random(), item)])[:n]
    return [item for _, item in kept]


def c(stream, n, rng):
    kept = []
    for seen, item in enumerate(stream, start=1):
        if seen <= n:
            kept.append(item)
        elif rng.random() < n / seen:
            kept[-1] = item
    return kept


# %%
answer = {"a": ..., "b": ..., "c": ...}
# solution
for keep in (a, b, c):
    counts = kept_how_often(keep)
    print(keep.__name__, f"p-value {chisquare(counts).pvalue:.2g}", counts[:5], "...", counts[-5:])
answer = {"a": "late", "b": "fair", "c": "early"}

# %%
check("05.1", answer)

# %% [markdown]
# ## 3. Labels that time brings
#
# Nobody has to label our flights: they land, and the label is there. Such **natural labels** come late. At a moment
# in between, each row is positive, negative, or *not known yet*, and the last is not the same as negative.
#
# Take the evening of 10 July: 156 flights scheduled from 18:00 on that arrived at last. By hand: a label is known
# when its flight has landed, otherwise it is missing. `labels.known_at` does the same.

# %%
new_york = "America/New_York"
evening = flights[flights["scheduled"].dt.tz_convert(new_york).between("2013-07-10 18:00", "2013-07-10 23:59")]
now = pd.Timestamp("2013-07-10 22:00", tz=new_york)
by_hand = evening["late"].astype("Int64").where(evening["known_at"] <= now)
assert_series_equal(labels.known_at(evening, now, label="late"), by_hand)
print(by_hand.value_counts(dropna=False))

# %% [markdown]
# ### Exercise 05.2: one in the morning
#
# It is 1 a.m. in New York on 11 July. **Predict**: which flights have a label by now, those on time or those late?
# So does the late share look too high or too low?
#
# `answer` is `(labelled, if_dropped, if_on_time, share)`: how many of `evening`'s flights have a label; the share of
# late ones if those without are dropped; the share if those without are taken for on time; and the share in
# hindsight.

# %%
answer = ...
# solution
known = labels.known_at(evening, pd.Timestamp("2013-07-11 01:00", tz=new_york), label="late")
answer = (known.notna().sum(), known.mean(), known.fillna(0).mean(), evening["late"].mean())
answer

# %%
check("05.2", answer)

# %% [markdown]
# The late ones arrive late: what is labelled first is not a fair sample. `labels.moment_bias` takes the three shares
# at many moments. In the plot, the black line is the truth about the flights scheduled by then, about 85 % all
# night. The blue dashed line drops what is not known: it is at 0 until half past nine, when the first late flight
# lands, and stays below the truth until the morning. The orange dotted line takes unknown for on time, and is far
# lower still.

# %%
moments = pd.date_range("2013-07-10 20:00", "2013-07-11 09:00", freq="15min", tz=new_york)
night = labels.moment_bias(evening, moments, start="scheduled", label="late")
figure, axes = plt.subplots(figsize=(8, 3.5))
clock = night.index.tz_localize(None)
axes.plot(clock, 100 * night["share"], color="black", label="in hindsight")
axes.plot(clock, 100 * night["share_if_dropped"], "--", color="#0072B2", label="unknown dropped")
axes.plot(
    clock, 100 * night["share_if_negative"], ":", color="#D55E00", linewidth=2.5, label="unknown taken for on time"
)
axes.set(
    title="How late the evening of 10 July looked, moment by moment",
    xlabel="time in New York, 10 to 11 July 2013",
    ylabel="share of late flights (%)",
)
axes.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%H:%M"))
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# One bad night? Here is every night of the year at one, looking back 48 hours. The remedy is patience: count only
# the flights that are old enough for *either* label (`wait`), and report yesterday's share today.

# %%
nights = pd.date_range("2013-01-03", "2013-12-31", tz=new_york) + pd.Timedelta(hours=1)
year = labels.moment_bias(flights, nights, start="scheduled", label="late", since="48h", wait="24h")
print(f"dropped is too low in {(year['share_if_dropped'] < year['share']).sum()} of {len(year)} nights")
year.filter(like="share").mean().map("{:.1%}".format).to_frame("mean of the nights")

# %% [markdown]
# The same holds for training: whoever trains at midnight on 1 September may use the labels known *then*. A split by
# `decided_at` alone takes 41 labels from the future. `require_known` refuses them, `known_rows` leaves them out.

# %%
midnight = pd.Timestamp("2013-09-01", tz=new_york)
train = flights[flights["decided_at"] < midnight]
try:
    labels.require_known(train, midnight)
except DataError as error:
    print(error)
train = labels.require_known(labels.known_rows(train, midnight, label="late"), midnight)

# %% [markdown]
# ### How long to wait: the window
#
# Some labels never arrive. A cancelled flight sends no message "cancelled" in our data; it just does not leave. So
# we need a **label window**: whoever has not left by its end counts as cancelled. Each flight is asked about two
# hours before departure, and its event is leaving. By hand, for 10 July and a window of three hours:

# %%
planned = datasets.load_flights().reset_index(names="id")
planned["scheduled"] = planned["time_hour"] + pd.to_timedelta(planned["minute"], unit="min")
planned["asked_at"] = planned["scheduled"] - pd.Timedelta(hours=2)
departures = planned.dropna(subset=["dep_delay"])[["id", "scheduled", "dep_delay"]]
departures = departures.assign(at=departures["scheduled"] + pd.to_timedelta(departures["dep_delay"], unit="min"))

july = planned.query("month == 7 and day == 10")
waited = july["id"].map(departures.set_index("id")["at"]) - july["asked_at"]
left = labels.natural(july, departures, by="id", start="asked_at", at="at", window="3h")
assert left["label"].tolist() == (waited <= pd.Timedelta("3h")).astype(int).tolist()
print(f"called cancelled: {(left['label'] == 0).mean():.0%}, in truth: {july['dep_delay'].isna().mean():.0%}")

# %% [markdown]
# `labels.window_bias` compares windows on the same flights: those for which the longest has closed. `share` is the
# share of positives, which are the flights that left; `missed` is the share of *them* that the window calls
# cancelled.

# %%
windows = [f"{hours}h" for hours in (3, 4, 5, 6, 7, 8, 9, 10, 12, 26)]
table = labels.window_bias(planned, departures, windows, by="id", start="asked_at", at="at")
table.assign(cancelled=1 - table["share"]).round(4)

# %% [markdown]
# ### Exercise 05.3: long enough
#
# A short window calls delayed flights cancelled, a long one makes you wait for your training data. How many whole
# hours **after the scheduled departure** must the window last so that it calls fewer than 1 in 1,000 of the flights
# that did leave cancelled? And what share of all flights does it then call cancelled? `answer` is `(hours, share)`.

# %%
answer = ...
# solution
enough = table[table["missed"] < 0.001].iloc[0]
answer = (enough.name / pd.Timedelta("1h") - 2, 1 - enough["share"])
answer

# %%
check("05.3", answer)

# %% [markdown]
# ## 4. Labels that rules give
#
# Suppose the arrival messages of the year were lost. Who knows flights can still tell much: from the departure, from
# the neighbours that left in the same hour, from the next flight of the same plane. None of these is the truth.


# %%
log = planned.sort_values("scheduled", kind="stable")
late = (log["arr_delay"] > 30).astype("Int64").mask(log["arr_delay"].isna())  # lost: only to look it up at the end
hour = log.groupby(["origin", "time_hour"])["dep_delay"]
others = hour.transform("count") - 1
log["neighbours_delay"] = (hour.transform("sum") - log["dep_delay"]) / others.where(others > 0)
plane = log.groupby("tailnum")
soon = plane["scheduled"].shift(-1) - log["scheduled"] < pd.Timedelta(hours=12)
log["next_delay"] = plane["dep_delay"].shift(-1).where(soon)
log["usual_air_time"] = log.groupby(["carrier", "origin", "dest"])["air_time"].transform("median")

# %% [markdown]
# A **labelling function** takes the frame and gives 1, 0, or nothing for each row. *Nothing* (NaN) is an abstention,
# and the most important of the three: a rule should speak only where it knows something.


# %%
def departure(log):
    return np.select([log["dep_delay"] > 35, log["dep_delay"] < 10], [1, 0], np.nan)


def neighbours(log):
    return np.select([log["neighbours_delay"] > 40, log["neighbours_delay"] < 10], [1, 0], np.nan)


def next_flight(log):
    return np.select([log["next_delay"] > 40, log["next_delay"] < 5], [1, 0], np.nan)


# %% [markdown]
# `coverage` says how often a rule speaks, `conflict` how often another one contradicts. `accuracy` needs the truth,
# which you would have for a few rows only. **Predict** which rule is the best, and how good it is.

# %%
votes = labels.votes(log, [departure, neighbours, next_flight])
labels.vote_table(votes, truth=late).round(3)

# %% [markdown]
# ### Exercise 05.4: write a labelling function
#
# Somebody saw each plane land and noted `air_time`. Write a labelling function of `log`: we *expect* a flight to
# arrive as late as it left (`dep_delay`), plus the minutes it was longer in the air than usual (`air_time` less
# `usual_air_time`). Vote 1 where that is more than 40, 0 where it is less than 15, and abstain in between and where
# it is missing.

#
# `answer` is the function itself. **Predict** its coverage and its accuracy.

# %%
answer = ...


# solution
def answer(log):
    expected = log["dep_delay"] + log["air_time"] - log["usual_air_time"]
    return np.select([expected > 40, expected < 15], [1, 0], np.nan)


# %%
check("05.4", answer)

# %% [markdown]
# ### Which rule to believe
#
# The simplest way to one label a flight: the **majority** of the votes. By hand, and with `labels.majority`. In a
# tie, and where nobody votes, there is no label.

# %%
for_late = (votes == 1).sum(axis=1)
against = (votes == 0).sum(axis=1)
by_hand = pd.Series(np.select([for_late > against, for_late < against], [1, 0], np.nan), log.index).astype("Int64")
majority = labels.majority(votes)
assert_series_equal(majority, by_hand, check_names=False)

# %% [markdown]
# But a rule that is right more often should count more. How often is it right? Without truth, the rules judge each
# other: one that often agrees with the others is probably good. That is the **label model** of Dawid and Skene
# (1979): it guesses the labels, rates each rule by them, guesses better with these ratings, and so on until nothing
# changes. It helps to tell it what you know, such as the usual share of late flights, about 16 %.

# %%
model = labels.label_model(votes, balance={0: 0.84, 1: 0.16})
model.table.assign(in_truth=labels.vote_table(votes, truth=late)["accuracy"]).round(3)

# %% [markdown]
# It ranks the three as the truth does, without having seen any of it. Now compare the two sets of labels, on flights
# whose truth we know.


# %%
def report(given):
    both = given.notna() & late.notna()
    right = (given[both] == late[both]).mean()
    found = ((given == 1) & (late == 1)).sum() / (late == 1).sum()
    return {"labelled": both.sum() / late.notna().sum(), "right": right, "late flights found": found}


pd.DataFrame({"majority": report(majority), "label model": report(model.labels)}).map("{:.1%}".format)

# %% [markdown]
# Nearly the same share is right, but the label model labels more flights, and finds three quarters of the late ones
# instead of six in ten: where a good rule and a weak one disagree, the majority has a tie.
#
# The model has a weak spot: it takes the rules for **independent** witnesses. Two rules that look at the same thing
# count twice. The model warns you, and keeps the warnings in `notes`. Here is a second rule that looks at the
# departure delay (and your function from the exercise mostly does, too):


# %%
def departure_again(log):
    return np.select([log["dep_delay"] > 40, log["dep_delay"] < 12], [1, 0], np.nan)


doubled = labels.label_model(labels.votes(log, [departure, departure_again, neighbours, next_flight]))
doubled.table.round(3)

# %% [markdown]
# Together the two are believed without question, though both are wrong once in 27 votes.
#
# Do weak labels serve? We train the same small model on 20,000 flights of January to August, once with the true
# labels and once with those of the label model, and on the 500 true labels that a patient person might look up. All
# are tested on the truth of September to December. **Predict** the order.

# %%
columns = ["hour", "carrier", "origin", "dest"]
before = log["scheduled"] < midnight
test = log[~before & late.notna()].sample(20_000, random_state=5)


def auc(given, n):
    rows = given[before & given.notna()].sample(n, random_state=5)
    learner = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression(max_iter=300))
    learner.fit(log.loc[rows.index, columns], rows.astype(int))
    return roc_auc_score(late[test.index].astype(int), learner.predict_proba(test[columns])[:, 1])


print(f"AUC: 20,000 true labels {auc(late, 20_000):.3f}, 20,000 weak {auc(model.labels, 20_000):.3f}")
print(f"     500 true labels {auc(late, 500):.3f}")

# %% [markdown]
# Many labels that are mostly right beat few that are all right, and three rules were less work than 500 look-ups.
#
# ### Do they mean the same thing?
#
# When *people* label, let some rows be labelled twice, and look at agreement beyond chance: **Cohen's kappa** for
# two, **Fleiss' kappa** and **Krippendorff's alpha** for more, also with gaps. Our rules can stand in for people. By
# hand, the agreement of two that say 1 or 0: (observed − by chance) / (1 − by chance).

# %%
two = votes[["departure", "neighbours"]].dropna().astype(int)
observed = (two["departure"] == two["neighbours"]).mean()
by_chance = sum((two["departure"] == k).mean() * (two["neighbours"] == k).mean() for k in (0, 1))
kappa = (observed - by_chance) / (1 - by_chance)
assert np.isclose(kappa, cohen_kappa_score(two["departure"], two["neighbours"]))
print(f"agreement {observed:.0%}, by chance {by_chance:.0%}, kappa {kappa:.2f}")
labels.pairwise_kappa(votes).round(2)

# %% [markdown]
# Two that agree in 90 % of the flights, most of which are on time anyway, agree by half beyond chance. All three at
# once: `labels.krippendorff_alpha(votes)`. Low agreement among people mostly means that the question is unclear:
# mend the instructions before you buy more labels. And high agreement is no proof: people can be wrong together.
#
# ## 5. Labels from few questions
#
# If each label costs a question, ask about the right rows. **Active learning**: train on a few random labels, find
# the rows the model doubts most (probability nearest to one half, the smallest *margin*), ask about those, train
# again.
#
# ### Exercise 05.5: whom to ask about
#
# Write `doubtful(probability, n)`: from what `predict_proba` gives, one row a flight and one column a class, the
# positions of the `n` rows with the smallest margin between the two most probable classes. It should work for three
# classes as well as for two. `answer` is the function. **Predict**: which of these three rows comes first?

# %%
probability = np.array([[0.4, 0.3, 0.3], [0.5, 0.45, 0.05], [0.9, 0.05, 0.05]])
answer = ...


# solution
def answer(probability, n):
    two_best = np.sort(probability, axis=1)[:, -2:]
    return np.argsort(two_best[:, 1] - two_best[:, 0])[:n]


# %%
check("05.5", answer)

# %% [markdown]
# Two kinds of pools, with 3,000 flights to ask about and 10,000 others for the test. *After landing*: departure
# delay and air time are known, and late or not is nearly decided. *Before departure*: two hours ahead, mostly
# chance.


# %%
kinds = {
    "after landing": (log.assign(late=late), ["dep_delay", "air_time", "distance", "hour"]),
    "before departure": (flights, ["recent_delay", "minute_of_day", "month", "distance", "precip", "visib"]),
}


def pool(kind, seed):
    frame, columns = kinds[kind]
    chosen = frame.dropna(subset=[*columns, "late"]).sample(13_000, random_state=seed)
    X, y = StandardScaler().fit_transform(chosen[columns]), chosen["late"].to_numpy(dtype=int)
    return X[:3_000], y[:3_000], X[3_000:], y[3_000:]


# %% [markdown]
# By hand it is a loop of a few lines. The score is the average precision, which suits a rare class (more in lab 06).

# %%
X, y, X_test, y_test = pool("after landing", seed=0)
asked = list(np.random.default_rng(0).choice(len(X), 20, replace=False))
by_hand = []
while len(asked) <= 110:
    learner = LogisticRegression().fit(X[asked], y[asked])
    by_hand.append(average_precision_score(y_test, learner.decision_function(X_test)))
    doubt = np.abs(learner.predict_proba(X)[:, 1] - 0.5)
    doubt[asked] = np.inf
    asked += list(np.argsort(doubt)[:30])

# %% [markdown]
# `labels.active_learning` runs this loop with any strategy of scikit-activeml, next to others. The `oracle` is
# whoever answers; here we look the answer up.


# %%
def learn(kind, seed, budget=200):
    X, y, X_test, y_test = pool(kind, seed)
    strategies = {"random": RandomSampling(), "margin": UncertaintySampling(method="margin_sampling")}
    table = labels.active_learning(
        X,
        lambda rows: y[rows],
        model=LogisticRegression(),
        strategies=strategies,
        X_test=X_test,
        y_test=y_test,
        batch=30,
        budget=budget,
        scoring="average_precision",
        seeds=[seed],
    )
    return table.pivot(index="asked", columns="strategy", values="score")


assert np.allclose(learn("after landing", seed=0, budget=110)["margin"], by_hand, atol=1e-3)

# %% [markdown]
# One run proves nothing, so here are eight of each kind, with other flights each time. The plot shows the *gain*:
# the score after asking in doubt less the score after asking at random, so that above the black line doubt is ahead.
# Thin blue lines are single runs, the thick orange line is their mean. **Predict** both sides before you look: left,
# after landing; right, before departure.

# %%
gains = {}
for kind in kinds:
    runs = [learn(kind, seed) for seed in range(8)]
    gains[kind] = pd.concat([run["margin"] - run["random"] for run in runs], axis=1)

figure, both = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True)
for axes, (kind, gain) in zip(both, gains.items(), strict=True):
    axes.axhline(0, color="black")
    axes.plot(gain, color="#56B4E9", linewidth=1)
    axes.plot(gain.mean(axis=1), "o-", color="#D55E00", linewidth=2.5)
    axes.set(title=f"Asking in doubt, {kind}", xlabel="labels asked for")
both[0].set_ylabel("gain in average precision")
figure.tight_layout()
plt.show()

# %% [markdown]
# ### Exercise 05.6: active against random
#
# With all 200 labels, in how many of the eight runs of each kind is doubt ahead? Would you bet on it? Say for each
# kind which way of asking you would buy, if asking in doubt costs you a little more: `"doubt"` or `"random"`.

# %%
answer = {"after landing": ..., "before departure": ...}
# solution
print({kind: int((gain.loc[200] > 0).sum()) for kind, gain in gains.items()})
answer = {"after landing": "doubt", "before departure": "random"}

# %%
check("05.6", answer)

# %% [markdown]
# Left, nearly all runs end above the line; right, they end on both sides of it, and the mean is no gain. Doubt has
# two causes. After landing the model doubts because it does not know *yet* where the boundary runs, and each answer
# tells. Before departure it doubts because nobody *can* know: the answers there are coin tosses, and the flights
# asked about are no fair sample either. So keep some random labels: for the test always, for training often.
#
# ## What you can do now
#
# 1. **Samples.** The rows at hand fool you without a warning; chance errs, and says by how much. Draw more of what is
#    rare if you need it, and weight back. A reservoir is fair to a stream; you counted, and found two that are not.
# 2. **Delay.** Not known yet is not negative. What is labelled first is no fair sample either; wait until a row is old
#    enough for either label, train on what was known, and choose the window by what it misses.
# 3. **Rules.** Functions that vote or abstain, a table of coverage and conflict, and a label model that finds out whom
#    to believe, as long as they are independent witnesses.
# 4. **Few questions.** Asking in doubt saves labels where the boundary is sharp, and none where doubt is noise. Compare
#    it with asking at random, several times, on rows nobody chose.
