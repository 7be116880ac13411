# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 07: Features without leaks
#
# Afterwards you can
#
# 1. join to each row **what was known at its decision**, and nothing later;
# 2. **fill, encode, hash and cross** columns, and say what each does with a gap and with a category it never saw;
# 3. name **six kinds of leak**, find them, and measure what each pretends;
# 4. train a model for late flights on January to August, test it on September to December, and defend its score.
#
# Time: about 90 minutes. The flights and the weather are real. In section 7 some tables are synthetic, and say so.

# %%
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before scikit-learn: fits this small are quicker on one core

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pandas.testing import assert_frame_equal
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from course.checks import check
from mlsd import datasets, evaluate, features, leakage, models, sampling
from mlsd.errors import DataError

# %% [markdown]
# The question of this course: **will a flight arrive more than 30 minutes late, asked two hours before its scheduled
# departure?** `decided_at` is the instant at which we ask, `known_at` the instant at which the answer is known.
#
# The test is the future: September to December. A day is left out in between, so that every training label was known
# when the test begins.

# %%
flights = datasets.load_late_flights()
train, test = sampling.split_by_time(flights, time="decided_at", test_from="2013-09-01", gap="1D")
for part, rows in {"train": train, "test": test}.items():
    print(f"{part}: {rows['late'].mean():.1%} of {len(rows):,} flights were late")
flights[["decided_at", "known_at", "carrier", "origin", "dest", "temp", "recent_delay", "late"]].head(3)

# %% [markdown]
# ## 1. What was known at the time
#
# Weather decides much, but which weather? A row of the weather table was observed *during* its hour, so it is known
# when the hour has **ended**. Asked at 9:20, we know the hour from 8 to 9, not the one from 9 to 10, and not at all the
# weather at departure.
#
# By hand: note when each row became known, round the decision down to the hour, and merge.

# %%
weather = datasets.load_weather()
weather["hour_ended"] = weather["time_hour"] + pd.Timedelta(hours=1)
asked = flights[["decided_at", "origin"]]
by_hand = asked.assign(hour_ended=asked["decided_at"].dt.floor("h")).merge(
    weather[["origin", "hour_ended", "temp", "precip"]], on=["origin", "hour_ended"], how="left"
)

# %% [markdown]
# That works as long as no hour is missing. An **as-of join** asks the question itself: the latest row that was known
# by then. Where both find something, they agree.

# %%
joined = features.add_asof(
    asked, weather, on="decided_at", other_on="hour_ended", by="origin", columns=["temp", "precip"]
)
both = by_hand["temp"].notna()
assert_frame_equal(joined[both], by_hand.loc[both, joined.columns])
print(f"no temperature: {by_hand['temp'].isna().sum():,} flights by merge, {joined['temp'].isna().sum()} by as-of join")

# %% [markdown]
# **The time-zone trap.** Both instants above are in UTC. New York's clock is four or five hours behind. Taken for UTC,
# it makes each hour of weather look known four or five hours too early: every flight would get weather of its future. A
# clock that does not say its zone cannot be compared with one that does, so pandas and our join refuse:

# %%
new_york = weather["hour_ended"].dt.tz_convert("America/New_York").dt.tz_localize(None)
try:
    features.add_asof(asked, weather.assign(hour_ended=new_york), on="decided_at", other_on="hour_ended", by="origin")
except DataError as error:
    print(error)

# %% [markdown]
# How much would a look ahead tell us? We shift the weather by some hours and ask how strongly rain goes with lateness.
# **Predict**: is rain *before* the decision or rain *after* it the better sign?

# %%
some = train.sample(40_000, random_state=0)[["decided_at", "origin", "late"]]


def rain_and_lateness(hours):
    moved = weather.assign(hour_ended=weather["hour_ended"] - pd.Timedelta(hours=hours))
    rain = features.add_asof(some, moved, on="decided_at", other_on="hour_ended", by="origin", columns="precip")
    return (rain["precip"] > 0).corr(rain["late"])


hours = range(-6, 10)
signal = [rain_and_lateness(each) for each in hours]

# %% [markdown]
# The plot (real data) has one bar for each hour. Blue bars, up to 0, are rain that was known at the decision; orange
# ones, on the right, are rain still to come. They rise from 0.10 six hours before the decision to 0.14 at the decision
# and 0.15 at the scheduled departure, then fall to 0.06.

# %%
plt.bar(hours, signal, color=["#0072B2" if each <= 0 else "#E69F00" for each in hours])
plt.axvline(2, color="black", linestyle="--", label="scheduled departure")
plt.xlabel("the hour of weather ended so many hours after the decision")
plt.ylabel("correlation of rain with a late arrival")
plt.title("Rain, known (blue) and not yet known (orange), real flights")
plt.legend()
plt.show()

# %% [markdown]
# Rain at the departure tells most, and the newest that we may use comes close. The step in between is small here, but
# look at its direction: **a wrong join often gives the better score.** No score will ever warn you of it.
#
# ## 2. Gaps
#
# Some columns have gaps. Before we fill them we ask whether a gap *says* something: how many flights are late where
# the value is missing, and where it is there?

# %%
gaps = pd.DataFrame(
    {
        column: {
            "missing": train[column].isna().mean(),
            "late if missing": train.loc[train[column].isna(), "late"].mean(),
            "late if known": train.loc[train[column].notna(), "late"].mean(),
        }
        for column in ["pressure", "recent_delay", "seats", "wind_gust"]
    }
).T
gaps.round(3)

# %% [markdown]
# A gap can be **completely at random**, as if thrown by dice; **at random given other columns**, as when the hour
# explains it; or **not at random**: it depends on the very value that is not there. No data proves the last kind, since
# what would prove it is missing. But we can see whether a gap says more than the obvious column explains. Filling hides
# what it says, unless a column of its own keeps where the gaps were.
#
# By hand: the median *of the training rows*, and an indicator. scikit-learn's `SimpleImputer` does both, and remembers
# the median.

# %%
median = train["pressure"].median()
by_hand = pd.DataFrame({"pressure": test["pressure"].fillna(median)})
by_hand["missingindicator_pressure"] = test["pressure"].isna().astype(float)

imputer = SimpleImputer(strategy="median", add_indicator=True).set_output(transform="pandas")
filled = imputer.fit(train[["pressure"]]).transform(test[["pressure"]])
assert_frame_equal(filled, by_hand)

# %% [markdown]
# **Predict**: a model that sees the pressure alone, filled with the median. Its area under the ROC curve (AUC) is 0.58.
# What does the indicator add: nothing, 0.01, or more? For this and what follows we draw 30,000 training and 20,000 test
# flights, enough to see differences of about 0.01.

# %%
learn, judge = train.sample(30_000, random_state=0), test.sample(20_000, random_state=0)


def auc_of(*steps):
    encode = ColumnTransformer([(str(place), step, columns) for place, (step, columns) in enumerate(steps)])
    model = make_pipeline(encode, LogisticRegression(max_iter=1000)).fit(learn, learn["late"])
    return round(roc_auc_score(judge["late"], model.predict_proba(judge)[:, 1]), 3)


def pressure(**options):
    return make_pipeline(SimpleImputer(strategy="median", **options), StandardScaler())


print("filled:", auc_of((pressure(), ["pressure"])))
print("filled, with indicator:", auc_of((pressure(add_indicator=True), ["pressure"])))

# %% [markdown]
# ### Exercise 07.1: missing not at random
#
# `recent_delay` is missing where nobody left in the three hours before: in the early morning, when flights are rarely
# late anyway. So the hour may explain its gap. What about the others?
#
# For each of `recent_delay`, `pressure` and `seats`, compare flights **of the same hour**: in each hour of the day, the
# late rate where the value is missing, less the rate where it is known. Then take the mean over the hours, each
# weighted by its number of gaps. (An hour that has only one of the two kinds tells nothing: leave it out.) `answer` is
# a dict of three numbers by column. **Predict** first: which gap stays farthest from 0?

# %%
hour = (train["minute_of_day"] // 60).rename("hour")
answer = {"recent_delay": ..., "pressure": ..., "seats": ...}
# solution


def within_the_hour(column):
    gap = train[column].isna().rename("gap")
    rates = train["late"].groupby([hour, gap]).agg(["mean", "size"]).unstack().dropna()
    return np.average(rates["mean"][True] - rates["mean"][False], weights=rates["size"][True])


answer = {column: within_the_hour(column) for column in answer}
answer

# %%
check("07.1", answer)

# %% [markdown]
# A third of the pressure's gaps fall into rain, against 4 % of the other hours. The stations lose it in bad weather,
# and perhaps just when it is low: whether it was, no table can tell. The median says "an ordinary day". The indicator
# says what we know.
#
# ## 3. Categories, few and many
#
# A model wants numbers. *One-hot* gives each category a column, which is fine for 16 carriers and clumsy for 3,900
# planes. The **frequency** of a category is one column, however many there are. By hand, then with `mlsd`:

# %%
share = train["tailnum"].value_counts(normalize=True)
by_hand = test["tailnum"].map(share).fillna(0).rename("tailnum_frequency").to_frame()

encoder = features.FrequencyEncoder().fit(train[["tailnum"]])
assert_frame_equal(encoder.transform(test[["tailnum"]]), by_hand)
print(f"{(~test['tailnum'].isin(share.index)).mean():.1%} of the test flights have a plane that training never saw")

# %% [markdown]
# **Hashing** puts each category into one of a few buckets by a number computed from its letters. Nothing is learned, so
# nothing is ever unseen; the price is that strangers share a bucket. Python's own `hash` is of no use here: for text it
# gives other numbers in each process. And **target encoding** gives each category its rate of late flights, which
# scikit-learn's `TargetEncoder` works out *out of fold*: no row takes part in its own rate.
#
# **Predict** the order of these four on the destinations, alone, by AUC:

# %%
folds = StratifiedKFold(5, shuffle=True, random_state=0)
encoders = {
    "one-hot": OneHotEncoder(handle_unknown="ignore"),
    "frequency": features.FrequencyEncoder(),
    "hash, 16 buckets": features.HashEncoder(n_buckets=16),
    "target": TargetEncoder(cv=folds),
}
pd.Series({name: auc_of((step, ["dest"])) for name, step in encoders.items()}, name="AUC")

# %% [markdown]
# One number a destination (target) does as well as a column for each (one-hot). Frequency and hashing forget which is which.
#
# ### Exercise 07.2: an unseen carrier
#
# In September a new carrier, `XX`, starts to fly. What does each encoder, fitted on the training rows, make of it?
# **Predict**, then try: `encoder.fit(train[["carrier"]], train["late"])`, then `encoder.transform(new)`.
#
# For each encoder below, `answer` says one of: `"error"`, it refuses; `"zero"`, nothing but zeros; `"another"`, the
# same as some carrier that it knows; `"average"`, the late rate of all.

# %%
new = pd.DataFrame({"carrier": ["XX"]})
asked_for = {
    "one-hot": OneHotEncoder(sparse_output=False),
    "one-hot, ignore": OneHotEncoder(sparse_output=False, handle_unknown="ignore"),
    "frequency": features.FrequencyEncoder(),
    "hash": features.HashEncoder(n_buckets=8),
    "target": TargetEncoder(cv=folds),
}
answer = {"one-hot": ..., "one-hot, ignore": ..., "frequency": ..., "hash": ..., "target": ...}
# solution
known = pd.DataFrame({"carrier": sorted(train["carrier"].unique())})


def made_of_it(encoder):
    encoder.fit(train[["carrier"]], train["late"])
    try:
        row = np.asarray(encoder.transform(new))
    except ValueError:
        return "error"
    if not row.any():
        return "zero"
    return "another" if (np.asarray(encoder.transform(known)) == row).all(axis=1).any() else "average"


answer = {name: made_of_it(encoder) for name, encoder in asked_for.items()}
answer

# %%
check("07.2", answer)

# %% [markdown]
# ## 4. Crosses, and time that goes in circles
#
# A linear model adds up. It cannot say "this carrier *at that airport*" unless a **cross** gives the pair a column. And
# to it, 23:59 is as far from 00:00 as can be, unless the time goes on a **circle**: a sine and a cosine. Both by hand:

# %%
angle = 2 * np.pi * test["minute_of_day"] / (24 * 60)
by_hand = pd.DataFrame({"minute_of_day_sin": np.sin(angle), "minute_of_day_cos": np.cos(angle)})
circle = features.CyclicalTime(period=24 * 60).fit(train[["minute_of_day"]])
assert_frame_equal(circle.transform(test[["minute_of_day"]]), by_hand)

pair = ["origin", "carrier"]
cross = features.CrossEncoder(max_combinations=30).fit(train[pair])
at_jfk = (test["origin"] == "JFK") & (test["carrier"] == "B6")
assert cross.transform(test[pair])["origin_JFK_x_carrier_B6"].tolist() == at_jfk.tolist()

# %% [markdown]
# They are possible; are they of use *here*? **Predict**, then look.

# %%
one_hot = OneHotEncoder(handle_unknown="ignore")
print("time as a line:", auc_of((StandardScaler(), ["minute_of_day"])))
print("time on a circle:", auc_of((circle, ["minute_of_day"])))
print("origin, carrier:", auc_of((one_hot, pair)))
print("origin, carrier and cross:", auc_of((one_hot, pair), (cross, pair)))

# %% [markdown]
# No. Hardly anybody leaves at midnight, so the circle mends nothing, and the cross learned pairs that did not last
# until autumn. Keep a feature for what it adds on *later* data, not for being clever.
#
# ## 5. The honest model
#
# Each part of it is fitted on training rows only, inside a pipeline, and every column was known at the decision. Beside
# it: the late rate by time of day, the least that a model must beat.

# %%
names = ["carrier", "origin", "dest"]
numbers = ["minute_of_day", "distance", "plane_age", "seats", "temp", "dewp", "humid", "wind_dir", "wind_speed"]
numbers += ["wind_gust", "precip", "pressure", "visib", "recent_delay"]


def boosted(*more):
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, min_frequency=20)
    encode = ColumnTransformer([("names", codes, names), ("numbers", "passthrough", [*numbers, *more])])
    trees = HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=15, early_stopping=False, random_state=0)
    return make_pipeline(encode, trees)


candidates = {
    "time of day": models.flights_baseline(),
    "logistic": models.flights_logistic(),
    "boosted": boosted(),
}

# %% [markdown]
# `evaluate.panel` puts the metrics side by side: accuracy hardly differs, since most flights are on time. Look at
# `roc_auc`, at `average_precision` (by chance it would be the share of late flights, 0.12), and at the precision among
# the tenth that looks worst.

# %%
probability = {name: model.fit(learn, learn["late"]).predict_proba(judge)[:, 1] for name, model in candidates.items()}
panel = evaluate.panel(judge["late"], probability)
panel.loc[["accuracy", "roc_auc", "average_precision", "precision_at_top", "log_loss"]].drop(columns="note").round(3)

# %% [markdown]
# ## 6. Six leaks, and what each pretends
#
# A leak lets a model see in training and test what it will not have at work. So each leak gets two scores: what it
# **pretends**, on a test that leaks as well, and what the same model does **at work**, on test flights for which the
# leaking column is not there yet. **Predict** for each: does the model at work do as well as the honest one, or worse?

# %%
scores = {}


def measure(kind, model, fit_on, **tests):
    model.fit(fit_on, fit_on["late"])
    for place, rows in tests.items():
        said = model.predict_proba(rows)[:, 1]
        scores[kind, place] = {
            "AUC": roc_auc_score(rows["late"], said),
            "average precision": average_precision_score(rows["late"], said),
        }
        print(f"{place}: AUC {scores[kind, place]['AUC']:.3f}")


measure("honest", boosted(), learn, pretended=judge, at_work=judge)

# %% [markdown]
# **Leak 1: a column from after the decision.** `dep_delay` stands in the flights table beside everything else. It is
# known at departure, two hours too late. At work it is missing.

# %%
raw = datasets.load_flights()
raw["decided_at"] = raw["time_hour"] + pd.to_timedelta(raw["minute"], unit="min") - pd.Timedelta(hours=2)
raw["place_in_day"] = raw.groupby(["month", "day"]).cumcount()
key = ["decided_at", "origin", "carrier", "flight"]
late_on, late_off = (
    rows.merge(raw[[*key, "dep_delay", "place_in_day"]], on=key, validate="one_to_one") for rows in (learn, judge)
)
unknown = late_off.assign(dep_delay=np.nan, place_in_day=np.nan)
measure("1 after the decision", boosted("dep_delay"), late_on, pretended=late_off, at_work=unknown)

# %% [markdown]
# The model leaned on that column and forgot the rest: at work it is far worse than an honest one.
#
# **Leak 2: how the data was made.** No column need be wrong. We also noted `place_in_day`: which row of its day a
# flight is *in the file*. A harmless number?

# %%
measure("2 making of the data", boosted("place_in_day"), late_on, pretended=late_off, at_work=unknown)
day = raw.query("month == 1 and day == 1").reset_index()
print(day[["sched_dep_time", "dep_time"]].iloc[[117, 118, 119, 120, 151]])

# %% [markdown]
# The file is sorted by the day and the **actual** departure. Who stands further down than the schedule says, left late.
# Nobody planned this leak; it lies in every copy of these flights. Row numbers and ids are features only if you know
# how they came to be.
#
# **Leak 3: target encoding over all rows.** Each plane's late rate, counted over the whole table, test rows and the row
# itself among them. At work only the rate of the training rows is there.

# %%
rate = flights.groupby("tailnum")["late"].mean()
rate_then = train.groupby("tailnum")["late"].mean()
measure(
    "3 target encoding",
    boosted("rate"),
    learn.assign(rate=learn["tailnum"].map(rate)),
    pretended=judge.assign(rate=judge["tailnum"].map(rate)),
    at_work=judge.assign(rate=judge["tailnum"].map(rate_then)),
)

# %% [markdown]
# ### Exercise 07.3: measure the optimism
#
# **Optimism** is the score with the leak less the score without it. A rate can be a prediction all by itself, no model
# needed. For `dest` (104 values) and for `flight` (3,835 flight numbers), work out on **all test flights**
#
# - the AUC of the rate counted over all of `flights` (the leak), and
# - the AUC of the rate counted over `train` only; a category that training never saw gets the late rate of `train`.
#
# `answer` is a dict of the two optimisms. **Predict** which is larger, and why.

# %%
answer = {"dest": ..., "flight": ...}
# solution


def auc_of_rates(column, rows):
    rates = rows.groupby(column)["late"].mean()
    return roc_auc_score(test["late"], test[column].map(rates).fillna(rows["late"].mean()))


answer = {column: auc_of_rates(column, flights) - auc_of_rates(column, train) for column in answer}
answer

# %%
check("07.3", answer)

# %% [markdown]
# Out of fold is the usual remedy, but it still looks ahead: a flight in March takes part in February's rate.
# `features.add_known_rate` counts, for each row, the labels that were **known at its decision**. By hand for one row:

# %%
history = features.add_known_rate(flights, by="tailnum", target="late", weight=0)
row = history.iloc[200_000]
known = flights[(flights["tailnum"] == row["tailnum"]) & (flights["known_at"] <= row["decided_at"])]
assert np.isclose(row["late_rate_by_tailnum"], known["late"].mean())
on, off = (history.loc[rows.index] for rows in (learn, judge))
measure("honest, with history", boosted("late_rate_by_tailnum"), on, pretended=off, at_work=off)

# %% [markdown]
# Honest, and worth next to nothing: the plane hardly matters. The leak had made it look useful.
#
# **Leak 4: copies on both sides.** Late flights are rare, so somebody copies each late one four times, *then* splits.
# The model is tested on rows that it has learned by heart, if it is one that can. A forest can.

# %%
forest = make_pipeline(
    boosted()[0],
    SimpleImputer(strategy="median"),
    RandomForestClassifier(50, min_samples_leaf=2, random_state=0),
)
fewer = learn.head(15_000)
copied = pd.concat([fewer, *[fewer[fewer["late"] == 1]] * 4])
on, off = train_test_split(copied, test_size=0.4, random_state=0)
measure("4 copies", forest, on, pretended=off, at_work=judge)

# %% [markdown]
# Resample inside the training folds only, as in lab 06. (The average precision of this row is not to be compared with
# the others at all: its test has far more late flights than there are.)
#
# **Leak 5: a split that ignores time and groups.** Flights of one airport and one evening are late together. Split by
# chance, their neighbours are in training. At work there are no neighbours from the same evening; there, the model is
# the honest one, trained on the past.

# %%
year = flights.sample(50_000, random_state=0).assign(instant=lambda rows: rows["decided_at"].astype("int64"))
on, off = train_test_split(year, test_size=0.4, random_state=0)
measure("5 split by chance", boosted("instant"), on, pretended=off)
scores["5 split by chance", "at_work"] = scores["honest", "at_work"]

# %% [markdown]
# **Leak 6: prepared before the split.** The median for the gaps, the mean and the spread for the scaling: counted over
# all rows, test rows included. **Predict**: how much does it pretend?

# %%
both = pd.concat([learn, judge])[numbers]
on_all, on_past = (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()) for _ in range(2))
on_all.fit(both)
on_past.fit(learn[numbers])


def prepared(rows, preparation):
    return rows.drop(columns=numbers).join(pd.DataFrame(preparation.transform(rows[numbers]), rows.index, numbers))


leaky = {"fit_on": prepared(learn, on_all), "pretended": prepared(judge, on_all)}
measure("6 prepared before", boosted(), **leaky, at_work=prepared(judge, on_past))

# %% [markdown]
# Nothing, this time: with 50,000 rows the medians are nearly the same. With a few hundred rows, with gaps filled *by
# class*, or with columns chosen by their link to the target, it can be much. So do it right always, and measure when
# you find it done wrong.
#
# ## 7. Audits
#
# `leakage.audit` looks for the marks that leaks leave, and measures each. We hand it a colleague's table: real flights
# of the summer, with five sins that we planted. **Predict** how many it finds.

# %%
colleague = train[train["month"].isin([6, 7])].sample(3_000, random_state=1).merge(raw[[*key, "dep_delay"]], on=key)
colleague = pd.concat([colleague, colleague.sample(300, random_state=2)]).sort_values("decided_at", ignore_index=True)
colleague["landed"] = colleague["known_at"]
colleague["tail_rate"] = colleague.groupby("tailnum")["late"].transform("mean")
colleague["temp"] = (colleague["temp"] - colleague["temp"].mean()) / colleague["temp"].std(ddof=0)

shown = [*names, "temp", "visib", "distance", "recent_delay", "tail_rate", "dep_delay", "landed", "decided_at"]
audited = leakage.audit(colleague[shown], colleague["late"], decided_at="decided_at")
audited

# %% [markdown]
# Four of five: the copies, the encoding, the scaling, and a date from after the decision. Their optimism looks small,
# because they stand beside the fifth, `dep_delay`, with which every score is high. **One leak hides another**: mend,
# then audit again.
#
# And why not `dep_delay` itself? An audit sees marks. *When* a column of plain numbers was known, nobody can see in the
# numbers. So ask of every column: **who knew this, and when?**
#
# ### Exercise 07.4: find the planted leaks
#
# Here are four synthetic tables from `datasets.make_leaks`. Look at each, **predict**, then audit it; `given` says what
# is known about its rows. `answer` names for each letter the kind of leak as the audit calls it, or `"clean"`.

# %%
tables = datasets.make_leaks(seed=7)
exam = {"A": tables[5], "B": tables[10], "C": tables[15], "D": tables[24]}
for letter, planted in exam.items():
    print(letter, planted.X.shape, planted.given)
answer = {"A": ..., "B": ..., "C": ..., "D": ...}
# solution
found = {letter: leakage.audit(planted.X, planted.y, **planted.given).table for letter, planted in exam.items()}
answer = {letter: table["kind"].iloc[0] if len(table) else "clean" for letter, table in found.items()}
answer

# %%
check("07.4", answer)

# %% [markdown]
# ## 8. The honest model beside the dishonest ones
#
# Trained on January to August, tested on September to December.

# %%
table = pd.DataFrame(scores).T.unstack().loc[list(dict.fromkeys(kind for kind, _ in scores))]
table["AUC", "optimism"] = table["AUC", "pretended"] - table["AUC", "at_work"]
table.sort_index(axis=1).round(3)

# %% [markdown]
# The plot (real flights) shows two points a row: orange diamonds, what the leak pretended, and blue dots, what the same
# model did at work. For the honest models they are one, at about 0.75. Copies, the column from after the decision and
# the order of the file pretend 0.85 to 0.98, and do worst at work, at 0.72 and below.

# %%
auc = table["AUC"].iloc[::-1]
plt.hlines(auc.index, auc["at_work"], auc["pretended"], color="#999999")
plt.plot(auc["pretended"], auc.index, "D", color="#E69F00", label="pretended")
plt.plot(auc["at_work"], auc.index, "o", color="#0072B2", label="at work")
plt.xlabel("AUC (0.5 is chance)")
plt.title("What each leak pretends, real flights")
plt.legend()
plt.show()

# %% [markdown]
# ## Summary
#
# 1. Note **when each row became known**, and join as of the decision. A time without a zone is not an instant.
# 2. A gap may speak: keep an indicator. Fit medians, rates and codes on training rows only. Know what your encoder does
#    with a category it never saw.
# 3. Six leaks: after the decision, the making of the data, target encoding, copies, the split, the preparation. Some
#    pretend much, some nothing; the three that pretend most do worst at work.
# 4. An AUC of about 0.75 is what two hours before departure allow here. Whoever shows you 0.95 owes you a list of
#    columns with the instant at which each was known.
