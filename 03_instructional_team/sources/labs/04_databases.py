# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 04: Databases, and how data moves
#
# Afterwards you can
#
# 1. model the same flights as **tables**, as **documents** and as a **graph**, and say which questions each makes easy;
# 2. keep data right with a **transaction** and fast with an **index**, and prove both;
# 3. pass data between programs through a **database**, a **service** and an **event log**, and say what breaks when
#    one side stops;
# 4. get the **same answer from a batch and from a stream**, also when events come late.
#
# Time: about 75 minutes. It runs on SQLite, a database in one file, or on PostgreSQL, a database server: set
# `MLSD_DATABASE_URL` in `.env` to choose. Every cell is the same on both.

# %%
import http.client
import json
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from timeit import repeat
from urllib.parse import parse_qs, urlsplit

import matplotlib.pyplot as plt
import pandas as pd
import sqlalchemy as sa
from pandas.testing import assert_frame_equal

from course.checks import check
from mlsd import datasets, store

# %% [markdown]
# All of this lab's tables begin with `lab04_`. If an earlier run stopped half-way, its tables are still there, so we
# drop them first. The data is real: every flight that left New York City in 2013.

# %%
db = store.connect()
for name in db.tables():
    if name.startswith("lab04_"):
        db.drop(name)

flights = datasets.load_flights()
print(db, f"{len(flights):,} flights", sep="\n")

# %% [markdown]
# ## 1. Flights as tables
#
# The relational model keeps each fact in one place (*normalised*). The flights do not say "United Air Lines Inc."
# 58,665 times; they say `UA`, and a second table says once what `UA` is called. A new name is one row changed. The
# price: you need a join to see both.
#
# First by hand: describe a table, then insert row by row. `:carrier` marks a value that the database driver fills in.
# Then `db.write`, which finds the column types and sends all rows at once. The two tables hold the same.

# %%
airlines = datasets.load_airlines()
db.execute("create table lab04_by_hand (carrier text primary key, name text not null)")
db.execute("insert into lab04_by_hand values (:carrier, :name)", airlines.to_dict("records"))

db.write(airlines, "lab04_airlines")
assert_frame_equal(db.read("lab04_by_hand"), db.read("lab04_airlines"))

# %% [markdown]
# So row by row is for a few rows, and bulk for the other four tables. What was taken apart is put together by a join:
# SQL says *what* you want, and the database works out how. Which airlines leave latest on average?

# %%
db.write(flights, "lab04_flights")
db.write(datasets.load_planes(), "lab04_planes")
db.write(datasets.load_airports(), "lab04_airports")
db.write(datasets.load_weather(), "lab04_weather")
db.read("""
    select airline.name, count(*) as flights, avg(flight.dep_delay) as minutes
    from lab04_flights as flight join lab04_airlines as airline on airline.carrier = flight.carrier
    group by airline.name order by minutes desc limit 4
""").round(1)

# %% [markdown]
# ## 2. Transactions: all or nothing
#
# Ten travellers move from flight UA 1545 to UA 1714. That is two updates, and a crash between them would lose ten
# people. Flights and seats are real, the bookings are made up. The table has a rule: never more bookings than seats.

# %%
db.execute("""create table lab04_bookings
              (flight text primary key, booked integer, seats integer, check (booked <= seats))""")
rows = [{"flight": "UA 1545", "booked": 140}, {"flight": "UA 1714", "booked": 145}]
db.execute("insert into lab04_bookings values (:flight, :booked, 149)", rows)
bookings = "select * from lab04_bookings order by flight"
db.read(bookings)

# %% [markdown]
# Outside a transaction every statement stands alone. The second update breaks the rule and is refused, but the first
# one has already happened:

# %%
leave = "update lab04_bookings set booked = booked - 10 where flight = 'UA 1545'"
board = "update lab04_bookings set booked = booked + 10 where flight = 'UA 1714'"
try:
    db.execute(leave)
    db.execute(board)
except sa.exc.IntegrityError as error:
    print("Refused:", str(error.orig).splitlines()[0])
db.read(bookings)

# %% [markdown]
# 285 travellers before, 275 now. We give the ten back, then do it properly by hand: open a connection, try both, and
# **roll back** if one of them fails.

# %%
db.execute("update lab04_bookings set booked = 140 where flight = 'UA 1545'")
with db.engine.connect() as connection:
    try:
        connection.execute(sa.text(leave))
        connection.execute(sa.text(board))
        connection.commit()
    except sa.exc.IntegrityError:
        connection.rollback()
db.read(bookings)

# %% [markdown]
# `db.transaction()` is that pattern: the end of the block commits, an exception that leaves the block rolls back.
# Everything that belongs to it goes through `tx`.

# %%
try:
    with db.transaction() as tx:
        tx.execute(leave)
        tx.execute(board)
except sa.exc.IntegrityError:
    print(db.read(bookings))

# %% [markdown]
# You have now seen two of the four promises called **ACID**: *atomic*, all or nothing, and *consistent*, the rules
# hold. The third is *isolated*: nobody else sees work in progress. Three travellers do fit. While they move, another
# connection looks at the same row.

# %%
row = "select booked from lab04_bookings where flight = 'UA 1714'"
with db.transaction() as tx:
    tx.execute(leave.replace("10", "3"))
    tx.execute(board.replace("10", "3"))
    inside = tx.read(row)["booked"][0]
    outside = pd.read_sql_query(row, db.engine)["booked"][0]
print(f"before the commit: {inside} inside, {outside} outside; after it: {db.read(row)['booked'][0]} for everybody")

# %% [markdown]
# The fourth is *durable*: what is committed stays, also when this program ends. Section 6 checks it from another one.
#
# ### Exercise 04.1: prove a rollback
#
# Delete JetBlue's flights (`carrier = 'B6'`) inside a transaction, count the rows there, then change your mind: raise
# an exception. Count again when the block is over. **Predict first**: of 336,776 rows, how many are there inside, and
# how many afterwards?
#
# `answer` is `(before, inside, after)`. The first line gives you a copy to play with, so nothing can go wrong.

# %%
db.write(flights[["carrier", "flight"]], "lab04_copy", if_exists="replace")
count = "select count(*) as n from lab04_copy"
answer = ...
# solution
before = db.read(count)["n"][0]
try:
    with db.transaction() as tx:
        tx.execute("delete from lab04_copy where carrier = 'B6'")
        inside = tx.read(count)["n"][0]
        raise RuntimeError("changed my mind")
except RuntimeError:
    after = db.read(count)["n"][0]
answer = (before, inside, after)

# %%
check("04.1", answer)

# %% [markdown]
# ## 3. Indexes: find without reading everything
#
# Two kinds of work meet in a database. *Transactional* work (OLTP) touches few rows and must be quick: where is this
# plane? *Analytical* work (OLAP) reads many rows and few columns: how late is each airline? Let us time one of each.

# %%
one_plane = "select * from lab04_flights where tailnum = 'N14228'"
all_year = "select carrier, avg(dep_delay) as minutes from lab04_flights group by carrier"


def milliseconds(sql):
    with db.engine.connect() as connection:
        return 1000 * min(repeat(lambda: connection.execute(sa.text(sql)).all(), number=1, repeat=3))


times = pd.DataFrame({"no index": {sql: milliseconds(sql) for sql in (one_plane, all_year)}})

# %% [markdown]
# An **index** is a sorted copy of one column that knows where the rows are. **Predict**: which of the two questions
# does an index on `tailnum` help? For comparison we ask the second one of our DataFrame as well, which keeps each
# *column* together, as Parquet in lab 03 does. (All in milliseconds.)

# %%
db.execute("create index lab04_tailnum on lab04_flights (tailnum)")
times["index on tailnum"] = [milliseconds(sql) for sql in (one_plane, all_year)]
in_columns = 1000 * min(repeat(lambda: flights.groupby("carrier")["dep_delay"].mean(), number=1, repeat=3))
print(times.set_axis(["one plane", "all year"]).round(1), f"all year, stored by column: {in_columns:.1f}", sep="\n")

# %% [markdown]
# The index finds one plane's 111 flights among 336,776. It does nothing for a question that needs every row; that is
# work for a store by columns.
#
# You need not guess why a query is slow. Put `explain` before it and the database tells its **plan**: an index, or a
# scan of the whole table. The words differ (SQLite says `SEARCH` or `SCAN`, PostgreSQL `Index Scan` or `Seq Scan`);
# what counts is whether the plan names the index.


# %%
def plan(sql):
    explain = "explain query plan" if db.is_sqlite else "explain"
    return "\n".join(pd.read_sql_query(f"{explain} {sql}", db.engine).iloc[:, -1])


print(plan(one_plane), plan("select * from lab04_flights where dest = 'HNL'"), sep="\n\n")

# %% [markdown]
# ### Exercise 04.2: index or scan?
#
# There is one index, on `tailnum`. **Predict** for each query whether the database can use it, and write it down.
# Then look at `plan(sql)` of each and give, for each letter, `"index"` or `"scan"`.

# %%
queries = {
    "a": "select * from lab04_flights where tailnum in ('N14228', 'N24211')",
    "b": "select * from lab04_flights where lower(tailnum) = 'n14228'",
    "c": "select * from lab04_flights where tailnum = 'N14228' or dest = 'HNL'",
    "d": "select * from lab04_flights order by tailnum limit 5",
}
answer = {"a": ..., "b": ..., "c": ..., "d": ...}
# solution
answer = {letter: "index" if "index" in plan(sql).lower() else "scan" for letter, sql in queries.items()}
answer

# %%
check("04.2", answer)

# %% [markdown]
# ## 4. Flights as documents
#
# A **document** holds all that belongs together, nested, and needs no join to be read. It does not have to look like
# its neighbour: what is unknown is simply left out. Here is January, one document a flight, first built by hand.

# %%
january = flights.query("month == 1").merge(datasets.load_planes(), on="tailnum", how="left")


def document(row):
    body = {"flight": f"{row.carrier} {row.flight}", "carrier": row.carrier, "from": row.origin, "to": row.dest}
    if pd.notna(row.manufacturer):
        body["plane"] = {"maker": row.manufacturer, "model": row.model, "seats": int(row.seats)}
    if pd.notna(row.arr_delay):
        body["delay"] = {"departure": row.dep_delay, "arrival": row.arr_delay}
    return body


bodies = [document(row) for row in january.itertuples()]
print(json.dumps(bodies[0], indent=2))

# %% [markdown]
# `db.write` stores a column of dicts as JSON (`jsonb` on PostgreSQL), and SQL can look inside: `->` takes one step
# down and gives JSON, `->>` takes one step and gives the value itself.

# %%
db.write(pd.DataFrame({"id": range(len(bodies)), "body": bodies}), "lab04_documents")
db.read("""
    select body ->> 'carrier' as carrier, avg(cast(body -> 'plane' ->> 'seats' as integer)) as seats
    from lab04_documents group by body ->> 'carrier' order by seats desc limit 3
""").round(1)

# %% [markdown]
# Did you see the `cast`? A document promises no types: the reader has to know that `seats` is a number. The structure
# has not gone away. It moved from the moment of writing to the moment of reading.
#
# ### Exercise 04.3: a query into the documents
#
# How many of January's flights did each plane maker fly? `answer` is a DataFrame with columns `maker` and `flights`.
# Keep the flights whose document has no plane; their maker is missing. **Predict**: is the share of flights without a
# known plane nearer to 2 %, 15 % or 50 %?

# %%
answer = ...
# solution
answer = db.read("""
    select body -> 'plane' ->> 'maker' as maker, count(*) as flights
    from lab04_documents group by body -> 'plane' ->> 'maker' order by flights desc
""")
answer.assign(percent=(100 * answer["flights"] / answer["flights"].sum()).round(1)).head()

# %%
check("04.3", answer)

# %% [markdown]
# Documents are good at "everything about this flight" and bad at "the same fact in all of them": to correct one plane's
# seats you must now find every document that repeats them. Look at the makers' names, too. Nothing keeps them tidy.
#
# ## 5. Flights as a graph
#
# In a **graph** the connections matter most: airports are the nodes, routes the edges. We take Delta's. The data only
# has flights *out of* New York, so we add each way back. That is an assumption of ours, and a safe one.
#
# How many flights, or *legs*, does it take from Boston to everywhere else? By hand we walk outwards: the neighbours,
# then their neighbours, and we note when a place is first reached.

# %%
out = flights.query("carrier == 'DL'").groupby(["origin", "dest"], as_index=False)["distance"].min()
back = out.rename(columns={"origin": "dest", "dest": "origin"})
edges = pd.concat([out, back]).rename(columns={"distance": "miles"})
db.write(edges, "lab04_edges")

legs, frontier = {"BOS": 0}, {"BOS"}
while frontier:
    reached = set(edges.loc[edges["origin"].isin(frontier), "dest"]) - set(legs)
    legs |= dict.fromkeys(reached, max(legs.values()) + 1)
    frontier = reached
by_hand = pd.Series(legs).drop("BOS").value_counts().sort_index()

# %% [markdown]
# A fixed number of joins cannot follow a path of unknown length. **Recursive SQL** can. It begins with some rows (here
# the first leg) and joins on to what it found until nothing new comes or we say stop.

# %%
in_sql = db.read("""
    with recursive trip(place, legs) as (
        select dest, 1 from lab04_edges where origin = 'BOS'
        union
        select edge.dest, trip.legs + 1
        from trip join lab04_edges as edge on edge.origin = trip.place where trip.legs < 5
    ), shortest as (select place, min(legs) as legs from trip where place <> 'BOS' group by place)
    select legs, count(*) as airports from shortest group by legs order by legs
""")
assert in_sql["airports"].tolist() == by_hand.tolist()
in_sql

# %% [markdown]
# ### Exercise 04.4: two-leg routes
#
# From Miami (`MIA`) with Delta: which airports can you reach in **exactly two legs**, and how many miles is the
# shortest such trip to each? `answer` is a DataFrame with columns `place` and `miles`; Miami itself is no destination.
# **Predict**: some places are reached through both JFK and LGA. How many rows has such a place before you group?

# %%
answer = ...
# solution
answer = db.read("""
    with recursive trip(place, legs, miles) as (
        select dest, 1, miles from lab04_edges where origin = 'MIA'
        union all
        select edge.dest, trip.legs + 1, trip.miles + edge.miles
        from trip join lab04_edges as edge on edge.origin = trip.place where trip.legs < 2
    )
    select place, min(miles) as miles from trip
    where legs = 2 and place <> 'MIA' group by place order by miles
""")
answer.head(3)

# %%
check("04.4", answer)

# %% [markdown]
# ## 6. Passing data: by database
#
# One program makes data, another one needs it. The simplest way: both know the same database. Here is a real second
# program, a Python process of its own, that reads our committed flights (so they are *durable*) and leaves a table
# for us.

# %%
program = """
from mlsd import store
db = store.connect()
delays = db.read("select carrier, avg(dep_delay) as minutes from lab04_flights group by carrier")
db.write(delays, "lab04_delays")
"""
subprocess.run([sys.executable, "-c", program], check=True)
db.read("lab04_delays").round(1).head(3)

# %% [markdown]
# The two need not run at the same time. But both must reach the same database, both depend on the table's columns, and
# we only learn of news by asking again.
#
# ## 7. Passing data: by service
#
# A **service** hides its tables and answers requests. Whoever asks needs an address and a question, nothing else. The
# smallest one: a class that answers `GET /delay?carrier=UA`, on a free port of this machine.


# %%
class Delays(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = parse_qs(urlsplit(self.path).query).get("carrier", [""])[0]
        found = db.read("select carrier, minutes from lab04_delays where carrier = :asked", {"asked": asked})
        self.send_response(200 if len(found) else 404)
        self.end_headers()
        self.wfile.write(json.dumps(found.to_dict("records")).encode())

    def log_message(self, *args):
        """Keep the notebook quiet."""


# %% [markdown]
# It runs in a thread, and we ask it as any program on this machine could. A carrier that nobody knows gets the answer
# 404, and because the value is bound with `:asked`, an attempt to smuggle SQL in is just another unknown carrier.

# %%
server = TCPServer(("127.0.0.1", 0), Delays)
threading.Thread(target=server.serve_forever, daemon=True).start()


def ask(carrier):
    caller = http.client.HTTPConnection(*server.server_address, timeout=10)
    caller.request("GET", f"/delay?carrier={carrier}")
    answered = caller.getresponse()
    return answered.status, json.loads(answered.read())


print(ask("UA"), ask("XX"), ask("UA'+or+1=1--"), sep="\n")

# %% [markdown]
# The answer is fresh, and the service may change its tables as it likes. The price: both must be up at the same
# moment. When the service stops, whoever needs it stops too.

# %%
server.shutdown()
server.server_close()
try:
    ask("UA")
except ConnectionError as error:
    print("No answer:", type(error).__name__)

# %% [markdown]
# ## 8. Passing data: by event
#
# The third way: whoever makes data writes down *what happened* at the end of a **log** and goes on. Whoever is
# interested reads the log, now or later, and remembers how far it came: its **offset**.
#
# Our events: the planes that left on 10 July, one of the year's latest days. A plane reports its departure only when
# it has **landed**. So the log is in order of landing (departure plus `air_time`; we leave out taxiing). It is a table
# to which rows are only ever added. A second table keeps each reader's offset.

# %%
day = flights.query("month == 7 and day == 10").dropna(subset=["air_time"])
departed = day["time_hour"] + pd.to_timedelta(day["minute"] + day["dep_delay"], unit="min")
landed = departed + pd.to_timedelta(day["air_time"], unit="min")
events = pd.DataFrame({"departed": departed, "departed_hour": departed.dt.floor("h")})
events = events.assign(landed=landed, landed_hour=landed.dt.floor("h"))
events["event_id"] = day["carrier"] + day["flight"].astype(str) + day["origin"]
events = events.sort_values(["landed", "event_id"], ignore_index=True).assign(seq=range(1, len(events) + 1))
db.write(events, "lab04_log")
db.execute("create table lab04_offsets (reader text primary key, seq integer)")
db.execute("insert into lab04_offsets values ('naive', 0), ('careful', 0)")
events[["seq", "event_id", "departed", "landed"]].head(3)

# %% [markdown]
# A reader takes the next 100 events, does its work, and then moves its offset. What if the power fails between the
# last two steps? The work is done, but the offset says it is not.


# %%
def read_on(reader, work, power_cut=False):
    seq = int(db.read("select seq from lab04_offsets where reader = :reader", {"reader": reader})["seq"][0])
    news = db.read("select seq, event_id from lab04_log where seq > :seq order by seq limit 100", {"seq": seq})
    db.execute(work, news[["event_id"]].to_dict("records"))
    if not power_cut:
        done = {"reader": reader, "seq": int(news["seq"].max())}
        db.execute("update lab04_offsets set seq = :seq where reader = :reader", done)


# %% [markdown]
# The events come again: that is **at least once**. The naive reader counts 100 departures twice. The careful reader is
# **idempotent**, which means that doing it twice is the same as doing it once: it knows an event by its id. **Predict**
# the two counts.

# %%
db.execute("create table lab04_naive (event_id text)")
db.execute("create table lab04_careful (event_id text primary key)")
works = {
    "naive": "insert into lab04_naive values (:event_id)",
    "careful": "insert into lab04_careful values (:event_id) on conflict do nothing",
}
for reader, work in works.items():
    read_on(reader, work, power_cut=True)
    read_on(reader, work)
    print(f"{reader}: {len(db.read(f'lab04_{reader}'))} departures")

# %% [markdown]
# The maker of events knows nothing of its readers: a new one starts at offset 0 and catches up, a stopped one goes on
# where it was. That is why events hold many programs together more loosely than services do.
#
# ## 9. Batch and stream
#
# The question: how many planes left New York in each hour? A **batch** waits until all is in, then asks once. The
# windows of an hour do not overlap (*tumbling*), so this is a `group by`, by the hour of departure or of the report:

# %%
batch = db.read("select departed_hour, count(*) as flights from lab04_log group by departed_hour order by 1")
reported = db.read("select landed_hour, count(*) as flights from lab04_log group by landed_hour order by 1")

# %% [markdown]
# A **stream** job cannot wait for the end, there is none. If it just counts what comes in each hour, it answers another
# question. In the plot below, the blue line (by the hour of departure) climbs steeply from 9:00 UTC, five in the
# morning in New York, and falls after 3:00. The dashed orange line (by the hour of the report) follows hours later, has
# its peaks elsewhere, and goes on till noon of the next day.

# %%
figure, axes = plt.subplots(figsize=(8, 3.5))
axes.plot("departed_hour", "flights", "o-", data=batch, color="#0072B2", label="by hour of departure")
axes.plot("landed_hour", "flights", "s--", data=reported, color="#D55E00", label="by hour of report")
axes.set(
    title="The same flights, counted by two clocks", xlabel="hour (UTC), from 10 July 2013", ylabel="flights an hour"
)
axes.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%H:%M"))
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# So each event goes to the **window** (here one hour) in which it *happened*. When may a window be closed? We promise
# to wait: the **watermark** is the latest departure heard of so far, less the time that we wait. A window that ends
# before the watermark is closed and given out. What comes for it afterwards is **late**, and kept aside.


# %%
def stream(reports, wait_hours):
    counts, closed, late = Counter(), {}, []
    hour, wait = pd.Timedelta(hours=1), pd.Timedelta(hours=wait_hours)
    watermark = reports["departed"].iloc[0] - wait
    for report in reports.itertuples():
        if report.departed_hour + hour <= watermark:
            late.append(report.departed_hour)
        else:
            counts[report.departed_hour] += 1
        watermark = max(watermark, report.departed - wait)
        closed |= {start: counts.pop(start) for start in list(counts) if start + hour <= watermark}
    return closed, counts, late


# %% [markdown]
# `closed` is what was given out, `counts` holds the windows still open when the log ended, `late` the hour of each
# late event. **Predict** before you run: of the day's flights, how many are late if we wait one hour? Six? Which ones
# need longer than six?

# %%
log = db.read("select * from lab04_log order by seq")
waits = {wait: len(stream(log, wait)[2]) for wait in (0, 1, 2, 4, 6, 11)}
pd.DataFrame({"late events": waits, "percent": {wait: 100 * n / len(log) for wait, n in waits.items()}}).round(1)

# %% [markdown]
# This is the bargain of every stream: an early answer or a complete one. The last to report are the flights to
# Honolulu, ten hours in the air.
#
# ### Exercise 04.5: window = batch
#
# Wait two hours and make the stream's answer equal to the batch's, without waiting longer: take what was given out,
# the windows still open, and correct both with the late events. `answer` is a DataFrame with columns `departed_hour`
# and `flights`. **Predict**: if you leave out the late events, how many flights are missing?

# %%
closed, counts, late = stream(log, wait_hours=2)
answer = ...
# solution
total = Counter(closed) + counts + Counter(late)
answer = pd.DataFrame({"departed_hour": list(total), "flights": list(total.values())})
assert_frame_equal(answer.sort_values("departed_hour", ignore_index=True), batch)

# %%
check("04.5", answer)

# %% [markdown]
# Counts and sums can be corrected like this; an average cannot, so a stream keeps the sum and the count. That is how a
# feature such as "departures in the last hour" can be computed from a batch for training and from a stream for serving,
# and still mean the same thing. When the two differ, the model is trained on one feature and served another.
#
# Last, we leave the database as we found it: the tables go, and what `mlsd` noted about their columns goes too.

# %%
for name in db.tables():
    if name.startswith("lab04_"):
        db.drop(name)
[name for name in db.tables() if name.startswith("lab04_")]

# %% [markdown]
# ## What you can do now
#
# 1. **Three models, one data set.** Tables keep each fact once and answer questions nobody planned, by joins. Documents
#    keep together what is read together, and leave the structure to the reader. A graph is for paths of any length; a
#    relational database follows them with recursive SQL.
# 2. **Right and fast.** A transaction is all or nothing, and you proved it. An index finds few rows among many, but not
#    behind a function or one side of an `or`, and it does not help a question about every row. `explain` tells.
# 3. **Three ways to pass data.** Database: not at the same time, but the same tables. Service: fresh and hidden tables,
#    but both must be up. Events: nobody waits, but they may come twice and late, so readers are idempotent.
# 4. **Batch and stream.** Group by when it *happened*, wait by a watermark, correct with what comes late: then both
#    give the same answer.
