# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 01: Set up, and look around
#
# Welcome! Afterwards you can
#
# 1. check that your machine is **ready**, and find the fix when it is not;
# 2. say what a machine learning **system** is besides its model, and show it;
# 3. read and mend the **settings**, and **log** what a program does instead of printing it;
# 4. see which **services** answer, start and stop them, and find twelve **parts** of the system in this repository.
#
# Time: about 45 minutes. You run a cell with Shift+Enter. An exercise has a cell with `answer = ...` for you to fill in
# and a self-check below it. Leave one open if you like: nothing later needs your answer.

# %%
import ast
import hashlib
import inspect
import logging
import os
import socket
import uuid
from contextlib import chdir
from difflib import get_close_matches
from io import StringIO
from tempfile import TemporaryDirectory
from unittest.mock import patch

import matplotlib.pyplot as plt
import pandas as pd
from dotenv import dotenv_values

from course.checks import check
from mlsd import datasets, doctor, logs, services, settings, store
from mlsd.errors import MlsdError

pd.options.display.max_colwidth = 200

# %% [markdown]
# If that ran, most of the set-up is done: Python, the packages and this notebook's kernel work together. If not,
# choose `.venv` as the kernel; `SETUP.md` has the steps for Windows, macOS and Linux.
#
# ## 1. Is everything ready?
#
# The **doctor** looks at all that a lab needs. It mends nothing by itself. You can call it in a terminal at any time,
# in the folder of the clone:
#
# ```sh
# .venv/bin/mlsd doctor          # on Windows: .venv\Scripts\mlsd doctor
# ```
#
# Here we call the same function from Python. Each finding is `ok`, a `warning` (the labs run all the same) or a
# `problem`.

# %%
findings = pd.DataFrame(doctor.check()).set_index("name")
findings["state"].value_counts()

# %% [markdown]
# What is not `ok` comes with its fix, and `SETUP.md` has a section under the same name. A warning may stay as it is:
# Docker, for example, is optional, and so is a `.env` file.

# %%
findings.query("state != 'ok'")[["state", "seen", "fix"]]

# %% [markdown]
# ## 2. The running case
#
# Most labs share one question: **will a flight out of New York arrive more than 30 minutes late?** We are asked two
# hours before departure. The data is real: every flight that left the city's three airports in 2013. It is shipped with
# the repository, so you need no network.

# %%
flights = datasets.load_flights()
print(f"{len(flights):,} flights, {flights.shape[1]} columns")
flights[["time_hour", "hour", "carrier", "flight", "origin", "dest", "dep_delay", "arr_delay"]].head(3)

# %% [markdown]
# Each row is a flight; delays are in minutes, and negative means early. Two hours before departure we know the first
# six of these columns. Nobody knows the two delays yet, so no model may use them. `arr_delay` will tell us
# afterwards whether we were right.
#
# Some flights have no `arr_delay`: they were cancelled, or had to land somewhere else first. They were not on time
# either! Today we leave them out; lab 02 asks what to do with them.

# %%
arrived = flights.dropna(subset=["arr_delay"])
late = arrived["arr_delay"] > 30
print(f"{len(flights) - len(arrived):,} flights were cancelled or diverted.")
print(f"{late.mean():.1%} of the others were more than 30 minutes late.")

# %% [markdown]
# **Predict** before you run the next cell: is it better to leave early or late in the day? How big is the difference?

# %%
by_hour = 100 * late.groupby(arrived["hour"]).mean()

figure, axes = plt.subplots(figsize=(8, 3.5))
axes.bar(by_hour.index, by_hour, color="#0072B2")
axes.axhline(100 * late.mean(), color="#D55E00", linestyle="--", label="all flights")
axes.set(title="Leave early: delays pile up during the day", xlabel="scheduled departure (hour, New York time)")
axes.set(ylabel="more than 30 min late (%)", xticks=by_hour.index)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The plot has a blue bar for each hour of departure, from 5 in the morning to 23. They grow with every hour, from 4.5 %
# at 5:00 to 27 % at 21:00, and shrink again in the last two hours. The dashed orange line marks all flights:
# 16 %. From 14:00 on, every bar is above it.
#
# So the hour alone, which we know long before, already says something. Good: there is something to learn here.
#
# ## 3. A system is more than its model
#
# Here is a first model: for each hour, the share of flights that were late. It was *learned* from data, so `train` is
# not the model. The model is what `train` returns, an **artefact** that we could save and give to somebody.


# %%
def train(flights, minutes=30):
    arrived = flights.dropna(subset=["arr_delay"])
    return (arrived["arr_delay"] > minutes).groupby(arrived["hour"]).mean()


model = train(flights)
model.loc[[6, 18]].round(3).to_dict()

# %% [markdown]
# In other software, the code says how the program behaves. Here it takes three things: **code, data and model**. To see
# whether one of them changed, we take its **fingerprint** (a *hash*): a few letters that depend on every byte.


# %%
def fingerprint(content):
    return hashlib.sha256(content).hexdigest()[:8]


def three_fingerprints(code, data):
    return {
        "code": fingerprint(inspect.getsource(code).encode()),
        "data": fingerprint(data[["hour", "arr_delay"]].to_numpy().tobytes()),
        "model": fingerprint(code(data).to_json().encode()),
    }


# %% [markdown]
# **Predict**: we train three times. Once as above, once on half a year of data, and once with code that says 15
# minutes in place of 30. Which of the fingerprints differ from the first row?


# %%
def train_for_15(flights):
    return train(flights, minutes=15)


pd.DataFrame(
    {
        "as above": three_fingerprints(train, flights),
        "half a year": three_fingerprints(train, flights.query("month <= 6")),
        "15 minutes": three_fingerprints(train_for_15, flights),
    }
).T

# %% [markdown]
# The second row has the same code and another model. Whoever keeps only the code in git cannot say why Tuesday's
# answers differ from Monday's. So a system keeps track of all three, and needs parts around them: data stores,
# features, settings, logs, services, checks. You find them in section 7.
#
# ## 4. Settings
#
# A **setting** is what differs from one machine to the next: a folder, an address, a password. It does not belong in
# the code. `mlsd.settings` looks in three places, and the first that has a value wins:
#
# 1. the **environment** of the process;
# 2. the file **`.env`** in the folder of the clone, which never goes into git;
# 3. the **default** in `05_src/mlsd/settings.py`.
#
# All names stand in `.env.example`, each with its meaning. Where do three of yours come from?


# %%
def where(name):
    if os.environ.get(name):
        return "environment"
    return ".env" if name in settings.dotenv_values() else "default"


values = {
    "MLSD_DATA_DIR": settings.data_dir(),
    "MLSD_LOG_DIR": settings.log_dir(),
    "LOG_LEVEL": settings.log_level(),
}
pd.DataFrame({"value": values, "from": {name: where(name) for name in values}})

# %% [markdown]
# The database's address is not in this table on purpose: it may hold a password, and what a cell shows is saved in the
# notebook. Section 6 shows the address with its password hidden.
#
# Settings are read when somebody asks, not once at the start. `patch.dict` changes the environment for as long as its
# block lasts, which is handy to try something:

# %%
print("before:", settings.log_level())
with patch.dict(os.environ, LOG_LEVEL="ERROR"):
    print("inside:", settings.log_level())
print("after: ", settings.log_level())

# %% [markdown]
# ### Exercise 01.1: mend three broken settings
#
# A friend wrote this `.env` in a hurry. She wants a SQLite file, an MLflow server and every detail in the log. Each of
# the three lines has one fault. **Predict**: which of them raise an error, and which one goes unnoticed?

# %%
broken = """
MLSD_DATABASE_URL=flights.db
MLFLOW_TRACKING_URL=http://127.0.0.1:5000
LOG_LEVEL=VERBOSE
"""

# %% [markdown]
# Two helpers let us look without touching a real `.env`. The first compares the names with those in `.env.example`, as
# the doctor does:

# %%
example = (settings.root() / ".env.example").read_text(encoding="utf-8")
known = [line.lstrip("# ").partition("=")[0] for line in example.splitlines() if "=" in line]


def misspelt(text):
    for name in dotenv_values(stream=StringIO(text)):
        if name not in known:
            print(f"{name}: nothing reads this. Similar: {get_close_matches(name, known, n=1)}\n")


# %% [markdown]
# The second uses the values for a moment, in an empty folder that is gone afterwards. It asks for the level and opens
# the database.


# %%
def try_out(text):
    values = {name: value for name, value in dotenv_values(stream=StringIO(text)).items() if value}
    for read in (settings.log_level, lambda: store.connect(os.environ.get("MLSD_DATABASE_URL"))):
        with TemporaryDirectory() as folder, chdir(folder), patch.dict(os.environ, values):
            try:
                print(read(), "\n")
            except MlsdError as error:
                print(error, "\n")


# %%
misspelt(broken)
try_out(broken)

# %% [markdown]
# Read the three messages: each says what is wrong, what was seen and what is allowed. The misspelt name is the worst of
# them, because without a check nothing happens at all: the default holds, and the friend wonders where her runs went.
#
# Now write the mended text as `answer`, with the same three settings. A path such as `flights.db` becomes a database
# URL with `sqlite:///` before it; without a folder it lies at the root of the project.

# %%
answer = ...
# solution
answer = """
MLSD_DATABASE_URL=sqlite:///flights.db
MLFLOW_TRACKING_URI=http://127.0.0.1:5000
LOG_LEVEL=DEBUG
"""
misspelt(answer)
try_out(answer)

# %%
check("01.1", answer)

# %% [markdown]
# ## 5. Log, don't print
#
# A `print` is fine while you look at it. But at night nobody looks, and in the morning you ask: *when* was that,
# *which part* said it, is it *bad*? A **log** answers, because each line has a time, a level and a name. In Python
# every module asks for a logger by name and writes to it. One call, `logs.setup()`, decides where the lines go.
# Without `level=` it takes `LOG_LEVEL` from the settings.

# %%
logs.setup(level="INFO")
log = logging.getLogger("lab01")

log.debug("%s columns", flights.shape[1])
log.info("read %s flights", len(flights))
log.warning("%s flights have no arrival delay", len(flights) - len(arrived))

# %% [markdown]
# The levels are DEBUG, INFO, WARNING, ERROR and CRITICAL. We asked for INFO and worse, so the DEBUG line is not there.
# (Notebooks show log lines on a red ground because they go to *standard error*. Nothing is wrong.)
#
# A person reads such a line well; a program does not. How many flights was that, and is it the number before or after
# the word? So programs log **JSON**: one object a line, each fact in a field of its own. What you give as `extra`
# becomes a field. **Predict**: we set up a second time; will the line come once or twice?

# %%
logs.setup(as_json=True, level="INFO")
log.warning("no arrival delay", extra={"flights": len(flights) - len(arrived)})

# %% [markdown]
# Once: setting up again replaces what was there. (Many home-made loggers add a second handler, and then a third.)
#
# ### Exercise 01.2: one JSON line with a run id
#
# Tonight three trainings write to the same file, and their lines mix. A **run id** in each line tells them apart.
#
# Write **one line** to the file `lab01.log`, as JSON and at level INFO, that says that the flights were read. The run
# id goes into the field `run_id` and the number of flights into the field `rows`. `answer` is that line, as it stands
# in the file. `logs.setup(..., file="lab01.log")` puts the file into `settings.log_dir()`. **Predict**: you run your
# cell twice; how many lines does the file have?

# %%
run_id = "run-" + uuid.uuid4().hex[:8]
answer = ...
# solution
logs.setup(as_json=True, file="lab01.log", level="INFO")
log.info("read the flights", extra={"run_id": run_id, "rows": len(flights)})
answer = (settings.log_dir() / "lab01.log").read_text(encoding="utf-8").splitlines()[-1]
answer

# %%
check("01.2", answer)

# %% [markdown]
# A log is only ever added to, so each run of the cell is one more line. As every line is JSON, the file is a table too:
# `pd.read_json(settings.log_dir() / "lab01.log", lines=True)`. Try it, and pick one run out with `query`.
#
# We go back to text on the screen, which also closes the file.

# %%
logs.setup(level="INFO")
log.info("text again")

# %% [markdown]
# ## 6. Services
#
# A **service** is a program that runs all the time and answers others: a database server, a tracking server, a
# cluster. Others find it at an *address*: a machine, and a numbered *port* of it. To see whether somebody is there, we
# knock, and wait for two seconds at most:


# %%
def somebody_there(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


with socket.create_server(("127.0.0.1", 0)) as door:
    port = door.getsockname()[1]
    print("while the door is open:", somebody_there(port))
print("after it is closed:    ", somebody_there(port))

# %% [markdown]
# Knocking is not enough: on a Mac, AirPlay may sit at port 5000, where you expect MLflow. So `services.status()` also
# asks *who* is there. In a terminal it is `mlsd status`.

# %%
pd.DataFrame(services.status()).set_index("name")

# %% [markdown]
# In a new clone no server runs, and the labs do not mind: a SQLite file is the database, another file keeps the tracked
# runs, and Dask works in this process.
#
# What does it look like when something is down? We name the port that we just closed. **Predict**: how long will it
# take, what is the fix, and will you see the password?

# %%
nobody_there = {
    "MLSD_DATABASE_URL": f"postgresql+psycopg2://mlsd:s3cret@127.0.0.1:{port}/mlsd",
    "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}",
}
with patch.dict(os.environ, nobody_there):
    down = pd.DataFrame(services.status()).set_index("name")
down[["reachable", "address", "fix"]]

# %% [markdown]
# Fast, with a fix, and with `***` where the password was. That is worth a lot: an MLflow client on its own may try for
# four minutes before it tells you that nobody is there.
#
# The fix speaks of `mlsd up`. These are the commands, for the terminal:
#
# ```sh
# .venv/bin/mlsd up              # start: with Docker PostgreSQL and MLflow, else an MLflow server on this machine
# .venv/bin/mlsd status          # look
# .venv/bin/mlsd down            # stop what `up` started; the data stay
# ```
#
# No lab needs a server before lab 08, so the next cell starts none. To see one, set `START_SERVER = True` and run the
# cell: an MLflow server is ready in about 15 seconds, later on a busy machine. The cell stops what it started.

# %%
START_SERVER = False
if START_SERVER:
    started = services.up(local=True, tell=print)
    print("Ready:", started.tracking_uri)
    if started.new:
        print(*services.down())

# %% [markdown]
# ## 7. The map
#
# The folders of this repository have numbers: `01_materials` is what you open, `02_activities` what you hand in,
# `05_src` the code. In `05_src/mlsd` there is **one file for each topic**, and the first line of each says what it
# is for. So a list of the first lines is a map:


# %%
def first_line(path):
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


modules = sorted((settings.root() / "05_src" / "mlsd").glob("*/__init__.py"))
modules += sorted((settings.root() / "05_src" / "mlsd").glob("[!_]*.py"))
lines = {path.relative_to(settings.root()).as_posix(): first_line(path) for path in modules}
pd.Series(lines, name="what it is for").to_frame()

# %% [markdown]
# ### Exercise 01.3: place twelve parts on the map
#
# For each part, name the file or folder of this repository in which it lives, from the root, such as
# `"05_src/mlsd/errors.py"`. Some are not in `mlsd`: look through the file tree at the left, too.
#
# | part | what it does for the system |
# | --- | --- |
# | shipped data | the real flights, as everybody gets them |
# | tables | writes to a database and reads from it, SQLite or PostgreSQL |
# | Parquet files | keeps daily prices as a folder of files |
# | features | makes new columns from old ones, for training and for later |
# | many processes | spreads work over processes or machines |
# | settings | finds out what differs from machine to machine |
# | logs | decides how log lines look and where they go |
# | services | starts, stops and looks at the servers |
# | servers in Docker | says which servers Docker runs, and at which ports |
# | set-up check | finds what is wrong with a machine |
# | exact versions | pins each package to one version, so that yours and mine are the same |
# | tests | prove that the code does what it says |
#
# **Predict**: how many of the twelve would you find in a notebook that "just trains a model"?

# %%
answer = {
    "shipped data": ...,
    "tables": ...,
    "Parquet files": ...,
    "features": ...,
    "many processes": ...,
    "settings": ...,
    "logs": ...,
    "services": ...,
    "servers in Docker": ...,
    "set-up check": ...,
    "exact versions": ...,
    "tests": ...,
}
# solution
answer = {
    "shipped data": "05_src/mlsd/datasets",
    "tables": "05_src/mlsd/store.py",
    "Parquet files": "05_src/mlsd/lake.py",
    "features": "05_src/mlsd/features",
    "many processes": "05_src/mlsd/cluster.py",
    "settings": "05_src/mlsd/settings.py",
    "logs": "05_src/mlsd/logs.py",
    "services": "05_src/mlsd/services.py",
    "servers in Docker": "docker-compose.yml",
    "set-up check": "05_src/mlsd/doctor.py",
    "exact versions": "05_src/requirements.txt",
    "tests": "05_src/tests",
}
assert all((settings.root() / place).exists() for place in answer.values())

# %%
check("01.3", answer)

# %% [markdown]
# Most such notebooks have one of the twelve, the features, and those are written so that nothing else can use them. The
# rest is what this course is about.
#
# From now on you know where to look: a line such as `store.connect()` in a lab is code in `05_src/mlsd/store.py`. In
# VSCode, hold Ctrl (or Cmd) and click on the name.
#
# ## What you can do now
#
# 1. **Ready.** `mlsd doctor` looks at everything and names the fix; a warning may stay, a problem may not.
# 2. **A system** is code, data and model together, with the parts around them. Change the data and the model is another
#    one, though no line of code changed.
# 3. **Settings** come from the environment, then `.env`, then the default; a misspelt name raises no error, so have it
#    checked. **Logs** have a time, a level and a name, and as JSON also fields such as a run id.
# 4. **Services** have an address. `mlsd status` says in seconds who answers and what to do, `mlsd up` starts them,
#    `mlsd down` stops them. Each **part** has one place in the repository, and its first line says what it is for.
#
# Next, lab 02: is this a problem for machine learning at all, and what would "good" mean?
