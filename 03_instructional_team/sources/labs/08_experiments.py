# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 08: Experiments that anyone can repeat
#
# Afterwards you can
#
# 1. **track** an experiment with MLflow, by its own names, on a server or in a file, and read runs as data;
# 2. **reproduce** a run from its record, to the last digit, and say what changed if you cannot;
# 3. **compare** runs, and only those that may be compared;
# 4. keep a fitted model in a **registry** and find it by an alias, without opening anybody's pickle.
#
# Time: about 75 minutes.
#
# MLflow reads some settings when it is imported, so these come first: no usage reports, fewer notices. And one thread
# for the boosted trees: they are small, and two threads would mostly wait for each other.

# %%
import os

os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_LOGGING_LEVEL": "ERROR", "OMP_NUM_THREADS": "1"}
os.environ |= {"MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}

# %%
import hashlib
import pickle
import socket
import subprocess
import sys
import time
import uuid
from unittest.mock import patch

import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pandas as pd
import skops.io
from mlflow import MlflowClient
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from course.checks import check
from mlsd import datasets, models, sampling, settings, tracking
from mlsd.errors import ServiceError

# %% [markdown]
# ## 1. Where do runs go?
#
# A **tracking server** keeps the runs of a whole team. Without one, MLflow writes to a SQLite file, and every cell
# below is the same. To have a server, type in a terminal, in the folder of the clone:
#
# ```sh
# .venv/bin/mlsd up          # on Windows: .venv\Scripts\mlsd up
# ```
#
# Then put the line `MLFLOW_TRACKING_URI=http://127.0.0.1:5000` into `.env` and restart this notebook. Open the same
# address in a browser: each run of this lab appears there. A server that `mlsd up` starts without Docker reads the
# same file, so you find today's runs there tomorrow, too. `mlsd down` stops it.

# %%
address = settings.tracking_uri()
server = address.startswith("http")
print(f"Runs go to {'the server at ' + address if server else 'a SQLite file; no server is needed'}.")
mlflow.set_tracking_uri(address)
client = MlflowClient()

# %% [markdown]
# Two ways to talk to MLflow, and you will meet both at work. The functions of `mlflow` write to "the run that is open
# now"; `MlflowClient` takes the id of any run.
#
# The data is the running case: was a flight out of New York more than 30 minutes late, asked two hours before
# departure? It is real. To be quick, we take 20,000 of the 327,346 flights, train on January to August and test on
# the rest.
#
# Runs of earlier visits to this lab may still be there. `VISIT` tells yours of today from them.

# %%
VISIT = uuid.uuid4().hex[:6]
everything = datasets.load_late_flights()
flights = everything.sample(20_000, random_state=8).sort_index()
train, test = sampling.split_by_time(flights, time="decided_at", test_from="2013-09-01")
print(f"{len(train):,} flights to train, {len(test):,} to test, {test['late'].mean():.1%} of these late")

# %% [markdown]
# ## 2. A run, by hand
#
# A **run** is one attempt. Runs of one kind form an **experiment**. A run holds *parameters* (what you chose, text),
# *metrics* (what came out, numbers, also many over time), *tags* (to find it again) and *artifacts* (files).
#
# Here are boosted trees that learn fast, with the loss noted after every 10 trees. **Predict**: the loss on the
# training rows goes down with every tree. And on the test rows?

# %%
greedy = models.flights_boosted().set_params(clf__learning_rate=0.3, clf__max_leaf_nodes=31, clf__min_samples_leaf=20)
mlflow.set_experiment("lab08 by hand")
with mlflow.start_run(run_name="greedy trees") as by_hand:
    mlflow.log_params({"model": "flights_boosted", "learning_rate": 0.3, "max_leaf_nodes": 31})
    mlflow.set_tag("visit", VISIT)
    greedy.fit(train, train["late"])
    for name, rows in {"train": train, "test": test}.items():
        losses = greedy["clf"].staged_predict_proba(greedy[:-1].transform(rows))
        for trees, probability in enumerate(losses, start=1):
            if trees % 10 == 0:
                mlflow.log_metric(f"{name}_loss", log_loss(rows["late"], probability), step=trees)
    mlflow.log_metric("roc_auc", roc_auc_score(test["late"], greedy.predict_proba(test)[:, 1]))

# %% [markdown]
# The run is written. Any program that can reach the server can read it now, by its id. (In the browser, the page of
# the run draws the same curves by itself.)

# %%
record = client.get_run(by_hand.info.run_id)
history = {name: client.get_metric_history(by_hand.info.run_id, f"{name}_loss") for name in ("train", "test")}
print(record.info.status, record.data.params, f"roc_auc {record.data.metrics['roc_auc']:.3f}", sep="\n")

# %%
figure, axes = plt.subplots(figsize=(8, 3.5))
for name, style, colour in (("train", "o-", "#0072B2"), ("test", "s--", "#D55E00")):
    axes.plot([m.step for m in history[name]], [m.value for m in history[name]], style, color=colour, label=name)
axes.set(title="More trees learn the training rows by heart", xlabel="trees", ylabel="log loss (nats a flight)")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The plot shows two lines over the number of trees. The loss on the training rows (solid blue) falls all the way. The
# loss on the test rows (dashed orange) is lowest near the beginning and then climbs. So the last value of a metric is
# not always the one to keep, and now the record shows it.
#
# (`mlflow.sklearn.autolog()` would note the model's settings for you. You will meet it at work.)
#
# But could a colleague **repeat** this run? **Predict**, before you read on: what is missing in the record above?
# There are at least five things.
#
# ## 3. Which data was it?
#
# Missing are: which rows, how they were split, the seed, the code, and the versions of the packages. Even
# `min_samples_leaf` was forgotten; whoever types a record by hand forgets something.
#
# The rows first. A file's name says little, for a file can change and keep its name. A **digest** is a fingerprint: a
# few letters computed from every value. First by hand: pandas turns each value into a number, SHA-256 turns all of the
# numbers into one.


# %%
def digest(frame):
    sha = hashlib.sha256(repr([(str(name), str(kind)) for name, kind in frame.dtypes.items()]).encode())
    for name in frame:
        numbers = pd.util.hash_pandas_object(frame[name], index=False)
        sha.update(numbers.to_numpy().tobytes())
    return sha.hexdigest()[:16]


assert digest(flights) == tracking.digest(flights)

# %% [markdown]
# **Predict**: which of these have the same digest as `flights`?

# %%
changed = flights.copy()
changed.iloc[7, changed.columns.get_loc("distance")] += 1
others = {
    "a copy": flights.copy(),
    "another index": flights.reset_index(drop=True),
    "one mile more in one row": changed,
    "rows in another order": flights[::-1],
    "a column renamed": flights.rename(columns={"temp": "temperature"}),
    "miles as decimals": flights.astype({"distance": "float64"}),
}
pd.Series({what: tracking.digest(frame) == tracking.digest(flights) for what, frame in others.items()})

# %% [markdown]
# Only the first two. The order of the rows counts, because some models depend on it. A digest tells *that* data
# changed, never *what* changed: for that, keep the data.
#
# ## 4. A run that records itself
#
# `tracking.run` notes code, packages and seed when it begins. Its `fit` takes an unfitted model and the *function*
# that loads the data; then it loads, samples, splits, fits and scores, and records each of these. Let us pretend that
# a colleague did this. She chose seed and `C` herself, and went on holiday.

# %%
SPLIT = {"time": "decided_at", "test_from": "2013-09-01"}
dice = np.random.default_rng()
model = models.flights_logistic().set_params(clf__C=float(dice.choice([0.0003, 0.001, 0.003])))
with tracking.run("lab08 a colleague", name="logistic", seed=int(dice.integers(1, 10_000))) as run:
    client.set_tag(run.run_id, "visit", VISIT)
    run.fit(model, datasets.load_late_flights, target="late", split=SPLIT, sample_rows=20_000)
theirs = run.run_id
print(run.url if server else f"run {theirs}")

# %% [markdown]
# All we have now is the id. What does the record say?

# %%
record = client.get_run(theirs).data
mine = ["load", "target", "sample_rows", "split.time", "split.test_from", "train.rows", "test.rows", "clf__C"]
pd.Series({name: record.params[name] for name in [*mine, "data.digest"]}, name="value").to_frame()

# %% [markdown]
# The tags hold what `tracking.run` found out by itself: the seed, the commit of the code, whether a file differed
# from that commit (*dirty*), a digest of the code, and one of the lock file that names every package's version. The
# artifact `recipe` has it all in one piece, with the unfitted model.

# %%
recipe = mlflow.artifacts.load_dict(f"runs:/{theirs}/recipe/recipe.json")
print(*[file.path for file in client.list_artifacts(theirs, "recipe")])
print(recipe["code"], f"{len(recipe['environment']['packages'])} packages", sep="\n")
pd.Series({name: record.tags[name] for name in ("mlsd.seed", "mlsd.dirty", "mlsd.code", "mlsd.lock")}, name="tag")

# %% [markdown]
# ### Exercise 08.1: rebuild a run from its record
#
# Build the colleague's model again, from the record alone: take `sample_rows` of `everything` with her seed (as in
# section 1, with `sort_index`), split, and fit `models.flights_logistic()` with her `C`. All values in a record are
# text, so turn them into numbers.
#
# `answer` holds two numbers for the test rows: `roc_auc`, which must be the recorded one, and `mean_probability`, the
# mean of the predicted probabilities of being late. The second is not in the record: only who has the model knows it.
# **Predict**: if you forget the seed, in which digit will `roc_auc` differ?

# %%
answer = {"run_id": theirs, "roc_auc": ..., "mean_probability": ...}
# solution
seed = int(record.tags["mlsd.seed"])
rows = everything.sample(int(record.params["sample_rows"]), random_state=seed).sort_index()
fit_on, score_on = sampling.split_by_time(
    rows, time=record.params["split.time"], test_from=record.params["split.test_from"]
)
rebuilt = models.flights_logistic().set_params(clf__C=float(record.params["clf__C"]), clf__random_state=seed)
probability = rebuilt.fit(fit_on, fit_on["late"]).predict_proba(score_on)[:, 1]
answer["roc_auc"] = roc_auc_score(score_on["late"], probability)
answer["mean_probability"] = probability.mean()
print(record.metrics["roc_auc"], answer["roc_auc"])

# %%
check("08.1", answer)

# %% [markdown]
# That took eight lines, and each is a chance to forget something. `tracking.reproduce` does it from the recipe. To be
# fair we ask a **fresh process**, which knows nothing but the id: no variable of this notebook, no fitted model.

# %%
program = f"""
from mlsd import tracking
again = tracking.reproduce({theirs!r})
print(again, *again.table.iloc[0], sep="\\n")
"""
done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
print(done.stdout)

# %% [markdown]
# The same **to the last digit**: below the tables stand all digits of the first metric, then and now. That is the test
# worth having, for "about the same" can hide a changed row, a shuffled split or a new version. (On another processor
# the last digits may differ. The record tells which one it was.)
#
# ## 5. What changed?
#
# Now data from a file, as at most companies. Ana fits a model on it, and somebody means well: they "tidy" the file by
# dropping the flights whose plane is not in the register. The name of the file stays. **Predict**: what will
# `reproduce` say?

# %%
folder = settings.data_dir() / "lab08"
folder.mkdir(parents=True, exist_ok=True)
file = folder / f"flights-{VISIT}.parquet"
flights.to_parquet(file)


def friend(name, seed=1, split=SPLIT, C=0.1):
    model = models.flights_logistic().set_params(clf__C=C)
    with tracking.run("lab08 friends", name=name, seed=seed) as run:
        client.set_tag(run.run_id, "visit", VISIT)
        run.fit(model, pd.read_parquet, load_params={"path": str(file)}, target="late", split=split, sample_rows=10_000)
    return run.run_id


ana = friend("Ana")

# %%
flights.dropna(subset=["plane_age"]).to_parquet(file)
tracking.reproduce(ana)

# %% [markdown]
# Other numbers, and the reason: another data digest. (Ten thousand rows are drawn, so their number is the same.) Had a
# package or the code changed, it would stand in the same list. We put the file back, and Ana's numbers are back.

# %%
flights.to_parquet(file)
print(tracking.reproduce(ana).same)

# %% [markdown]
# ### Exercise 08.2: four friends
#
# Four friends say: "I ran exactly what Ana ran." Each got another number, for one reason each. Who did what is
# shuffled, so reading the next cell will not tell you. The records will.


# %%
def with_other_file():
    flights.fillna({"recent_delay": 0}).to_parquet(file)
    run_id = friend(names[2])
    flights.to_parquet(file)
    return run_id


names = dice.permutation(["Ben", "Chloe", "Dan", "Eva"]).tolist()
friends = {
    names[0]: friend(names[0], seed=2),
    names[1]: friend(names[1], split=SPLIT | {"test_from": "2013-10-01"}),
    names[2]: with_other_file(),
    names[3]: friend(names[3], C=0.0001),
}
for run_id in friends.values():
    client.set_tag(run_id, "repeats", ana)

# %% [markdown]
# `mlflow.search_runs` gives runs as a DataFrame, one row a run. Columns begin with `params.`, `metrics.` or `tags.`.

# %%
runs = mlflow.search_runs(experiment_names=["lab08 friends"], filter_string=f"tags.visit = '{VISIT}'")
runs = runs.set_index("tags.mlflow.runName").sort_index()
runs[["metrics.roc_auc", "params.train.rows", "params.test.rows"]].round(4)

# %% [markdown]
# For each friend, find in `runs` (look at `runs.columns`) what differs from Ana: `"seed"`, `"split"`, `"data"` or
# `"parameter"`. One difference may bring others with it: name the **cause**. `answer` takes the id of each run.
# **Predict**: whose data digest differs from Ana's, and why is that more than one?

# %%
answer = {
    friends["Ben"]: ...,
    friends["Chloe"]: ...,
    friends["Dan"]: ...,
    friends["Eva"]: ...,
}
# solution
facts = {
    "seed": "tags.mlsd.seed",
    "split": "params.split.test_from",
    "data": "params.data.digest",
    "parameter": "params.clf__C",
}
differs = runs[list(facts.values())].set_axis(list(facts), axis="columns")
differs = differs != differs.loc["Ana"]
answer = {friends[name]: differs.columns[differs.loc[name]][0] for name in friends}
differs

# %%
check("08.2", answer)

# %% [markdown]
# The seed draws the ten thousand rows and sets `random_state`, so with another seed the digest and a parameter differ,
# too. With the same seed and another digest, the file changed.
#
# ## 6. Compare runs
#
# A simple model is in use: eight groups by time of day. Which of seven attempts should replace it? A second file
# holds the same flights, asked *one* hour before departure. Besides what `fit` records, we log the score on the
# training rows.

# %%
one_hour = folder / f"one-hour-{VISIT}.parquet"
datasets.load_late_flights(hours_before=1).sample(20_000, random_state=8).sort_index().to_parquet(one_hour)
logistic, boosted = models.flights_logistic(), models.flights_boosted()
attempts = [
    ("in use", models.flights_baseline(), file, SPLIT),
    ("logistic 1", logistic, file, {"test_share": 0.33}),
    ("logistic 2", logistic, file, SPLIT),
    ("logistic 3", logistic, one_hour, SPLIT),
    ("boosted", boosted, file, SPLIT),
    ("greedy trees", greedy, file, SPLIT),
    ("logistic 4", models.flights_logistic().set_params(clf__C=1e-5), file, SPLIT),
]

# %%
for name, model, path, split in attempts:
    with tracking.run("lab08 compare", name=name, seed=8) as run:
        client.set_tag(run.run_id, "visit", VISIT)
        fitted = run.fit(model, pd.read_parquet, load_params={"path": str(path)}, target="late", split=split)
        on_train = fitted.model.predict_proba(fitted.train)[:, 1]
        run.log_metrics({"train_roc_auc": roc_auc_score(fitted.train["late"], on_train)})

# %% [markdown]
# One question to the server, and all seven are a table. A filter may also ask for numbers, such as
# `"metrics.roc_auc > 0.7"`.

# %%
runs = mlflow.search_runs(experiment_names=["lab08 compare"], filter_string=f"tags.visit = '{VISIT}'")
scores = runs.set_index("tags.mlflow.runName")[["metrics.train_roc_auc", "metrics.roc_auc"]][::-1]

figure, axes = plt.subplots(figsize=(8, 3.5))
axes.scatter(scores["metrics.train_roc_auc"], scores.index, marker="o", color="#0072B2", label="training rows")
axes.scatter(scores["metrics.roc_auc"], scores.index, marker="D", color="#D55E00", label="test rows")
axes.set(title="Seven attempts, but not seven answers to one question", xlabel="ROC AUC (1 is perfect, 0.5 is chance)")
axes.invert_yaxis()
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The plot has a row for each attempt, the first at the top: a blue dot for its ROC AUC on the training rows and an
# orange diamond for the test rows. The greedy trees are far to the right on the training rows, and far to the left of
# that on the test rows.
#
# ### Exercise 08.3: which run is best?
#
# Which attempt predicts best, of those that **may be compared** with the model in use? That means: tested on the same
# rows. Find out from the columns of `runs`; the names of the attempts do not tell. `answer` is the `run_id`.
# **Predict**: how many of the seven may be compared?

# %%
answer = ...
# solution
same = ["params.data.digest", "params.split.time", "params.split.test_from", "params.split.test_share"]
in_use = runs[runs["tags.mlflow.runName"] == "in use"].iloc[0][same]
comparable = runs[(runs[same].fillna("") == in_use.fillna("")).all(axis="columns")]
answer = comparable.sort_values("metrics.roc_auc").iloc[-1]["run_id"]
comparable.set_index("tags.mlflow.runName")[["metrics.train_roc_auc", "metrics.roc_auc"]].round(4)

# %%
check("08.3", answer)

# %% [markdown]
# A higher number on other rows is an answer to another question. One hour before departure more is known. And a random
# split tests on days whose other flights the model has trained on.
#
# ## 7. A search is many runs
#
# A search tries many settings. `log_search` writes each candidate as a run *below* the run of the search, and sends
# them in batches. Any fitted `GridSearchCV` will do; this one is small. Its folds go forward in time.

# %%
few = train.iloc[::3]
search = GridSearchCV(
    models.flights_logistic(), {"clf__C": [0.0001, 0.003, 0.1]}, cv=TimeSeriesSplit(3), scoring="roc_auc"
)
search.fit(few, few["late"])
with tracking.run("lab08 search", name="grid over C") as run:
    client.set_tag(run.run_id, "visit", VISIT)
    run.log_search(search)

# %% [markdown]
# And back as a table. The tag `mlflow.parentRunId` says which run a candidate belongs to; in the browser they fold out
# below it. What comes back is what scikit-learn computed, digit for digit.

# %%
below = f"tags.`mlflow.parentRunId` = '{run.run_id}'"
candidates = mlflow.search_runs(experiment_names=["lab08 search"], filter_string=below).sort_values("params.clf__C")
assert set(candidates["metrics.mean_test_score"]) == set(search.cv_results_["mean_test_score"])
candidates[["params.clf__C", "metrics.mean_test_score", "metrics.std_test_score", "metrics.mean_fit_time"]].round(3)

# %% [markdown]
# ## 8. When the server is down
#
# Left alone, an MLflow client tries for minutes before it tells you that nobody answers. `tracking.run` asks first. We
# point it to a door that we just closed. **Predict**: how many seconds until we know? (The promise is two at most.)

# %%
with socket.create_server(("127.0.0.1", 0)) as door:
    nobody = f"http://127.0.0.1:{door.getsockname()[1]}"
begin = time.perf_counter()
try:
    with patch.dict(os.environ, MLFLOW_TRACKING_URI=nobody), tracking.run("lab08 nobody there"):
        print("Never printed: the block does not begin.")
except ServiceError as error:
    print(f"{error}\nKnown after {time.perf_counter() - begin:.1f} s.")

# %% [markdown]
# Before any work is done, and with the command that helps. What if the server goes away *in the middle* of a run, in
# the third hour of a training? Then stopping would be wrong. The run goes on with one warning, and what could not be
# sent is written to `tracking_outbox` in the data folder. When the server is back:
#
# ```sh
# .venv/bin/mlsd tracking sync
# ```
#
# It sends everything once. Each operation carries a key, so it may be sent again without harm: it is *idempotent*, as
# the careful reader of events in lab 04 was. If you have a server, try it later: begin a run that logs a metric every
# second, `mlsd down` in a terminal, `mlsd up`, then the line above. What waits at the moment?

# %%
print(len(tracking.waiting()), "files wait to be sent")

# %% [markdown]
# ## 9. Models that can be found
#
# A fitted model must go from this process to another one. Python's own way is `pickle`, and so are joblib's files.
# But a pickle is not data. It is a little **program** that builds the object, and opening it runs the program. (Our
# linter warns of the last line; `noqa` tells it that we know.)


# %%
class Surprise:
    def __reduce__(self):
        return print, ("This ran because a file was opened. It could have been any command.",)


sent_by_a_stranger = pickle.dumps(Surprise())
pickle.loads(sent_by_a_stranger)  # noqa: S301

# %% [markdown]
# The format **skops** holds values and the names of types. Nothing runs that you have not allowed: first you may read
# which types a file needs, and if there is one that you do not trust, it stays closed.

# %%
unknown = skops.io.dumps(Surprise())
print(skops.io.get_untrusted_types(data=unknown))
try:
    skops.io.loads(unknown)
except skops.io.exceptions.UntrustedTypesFoundException as error:
    print(error)

# %% [markdown]
# A **registry** gives models names. Each registered model has **versions** 1, 2, 3 and so on, which never change, and
# **aliases** such as `champion`, which move. A program that serves predictions asks for `name@champion` and needs no
# change when a better model comes. (Older texts speak of *stages* such as "Production". MLflow gave them up.)
#
# First by hand, in three steps: log the model under a name, give the version an alias, and load it by that alias.

# %%
baseline = models.flights_baseline().fit(train, train["late"])
name_by_hand = f"lab08-by-hand-{VISIT}"
mlflow.set_experiment("lab08 compare")
with mlflow.start_run(run_name="by hand"):
    kept = mlflow.sklearn.log_model(
        baseline,
        name="model",
        registered_model_name=name_by_hand,
        serialization_format="skops",
        skops_trusted_types=skops.io.get_untrusted_types(data=skops.io.dumps(baseline)),
        pip_requirements=["scikit-learn", "skops"],
    )
client.set_registered_model_alias(name_by_hand, "champion", kept.registered_model_version)
by_hand = mlflow.sklearn.load_model(f"models:/{name_by_hand}@champion")

# %% [markdown]
# Then `run.register`, which finds the types and names the packages itself, and `tracking.load`, which opens nothing
# but skops. (The model's name has your `VISIT` in it, so that nobody else's champion is moved by your lab.)

# %%
MODEL = f"lab08-flights-{VISIT}"
with tracking.run("lab08 release", name="in use") as run:
    client.set_tag(run.run_id, "visit", VISIT)
    run.register(baseline, MODEL, alias="champion", example=test.head())
champion = tracking.load(f"{MODEL}@champion")

np.testing.assert_array_equal(champion.predict_proba(test), by_hand.predict_proba(test))
champion.mlsd_version_

# %% [markdown]
# ### Exercise 08.4: a challenger
#
# Bring a better model next to the champion, without replacing it: fit `models.flights_logistic()` on `train`, register
# it as the second version of `MODEL`, and give it the alias `challenger`. `MlflowClient` has
# `set_registered_model_alias(name, alias, version)`; or look at what `run.register` takes.
#
# `answer` is the text that another program gives to `tracking.load` to get the challenger, today and also next month,
# when the challenger is another version. **Predict**: which version is the champion afterwards?

# %%
answer = ...
# solution
challenger = models.flights_logistic().fit(train, train["late"])
with tracking.run("lab08 release", name="challenger") as run:
    run.register(challenger, MODEL, example=test.head())
newest = max(int(each.version) for each in client.search_model_versions(f"name = '{MODEL}'"))
client.set_registered_model_alias(MODEL, "challenger", str(newest))
answer = f"{MODEL}@challenger"
tracking.load(answer).mlsd_version_, client.get_registered_model(MODEL).aliases

# %%
check("08.4", answer)

# %% [markdown]
# To let the challenger win is one call: `client.set_registered_model_alias(MODEL, "champion", "2")`. To go back is the
# same call with `"1"`. No file is copied and no program restarts with another name; lab 12 does it under load.
#
# What stays: your runs and models, to look at in the browser. The two data files of this visit go, and with them goes
# the chance to repeat Ana's run: a digest recognises data, it does not bring them back.

# %%
file.unlink(missing_ok=True)
one_hour.unlink(missing_ok=True)

# %% [markdown]
# ## What you can do now
#
# 1. **Track.** `mlflow.start_run`, `log_params`, `log_metric(…, step=)`, `set_tag`; then `search_runs` gives a
#    DataFrame and `MlflowClient` any single run. `tracking.run` also records what one forgets: data, split, seed,
#    code, packages.
# 2. **Reproduce.** With all of these in the record, a fresh process gets the same numbers to the last digit. If not,
#    the record says what changed; the cause may bring other differences with it.
# 3. **Compare** only runs with the same data digest and the same split, by the score on the test rows. The best
#    training score, the highest number anywhere and the newest run are three ways to choose wrongly.
# 4. **Register.** Versions never change, aliases move. Programs ask for `name@alias`. skops is data; a pickle is a
#    program.
#
# Next, lab 09: which settings to try, when each try costs time.
