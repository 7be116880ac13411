"""Answers to lab 04's questions, each worked out in another way than the check does."""

from collections import Counter

import numpy as np
import pandas as pd

from course.checks.lab_04 import _flights
from mlsd import datasets


def table(counts, *columns):
    return pd.DataFrame(list(counts.items()), columns=columns)


# 04.3: one dictionary look-up a flight

maker_of = datasets.load_planes().set_index("tailnum")["manufacturer"].to_dict()
january = _flights().query("month == 1")["tailnum"]
makers = table(Counter(maker_of.get(tail) for tail in january), "maker", "flights")
known = makers["maker"].notna()

# 04.4: leg by leg

delta = _flights().query("carrier == 'DL'")[["origin", "dest", "distance"]].drop_duplicates()
miles = {}
for origin, dest, distance in delta.itertuples(index=False):
    miles.setdefault(origin, {})[dest] = distance
    miles.setdefault(dest, {})[origin] = distance
trips = [(place, first + last, last) for via, first in miles["MIA"].items() for place, last in miles[via].items()]
trips = pd.DataFrame(trips, columns=["place", "miles", "last"])
away = trips.query("place != 'MIA'")
routes = away.groupby("place", as_index=False)["miles"].min()
near = pd.DataFrame(list(miles["MIA"].items()), columns=["place", "miles"])

# 04.5: event by event, as the lab does

day = _flights().query("month == 7 and day == 10").dropna(subset=["air_time"])
day = day.assign(event_id=day["carrier"] + day["flight"].astype(str) + day["origin"])
day["departed"] = day["time_hour"] + pd.to_timedelta(day["minute"] + day["dep_delay"], unit="min")
day["landed"] = day["departed"] + pd.to_timedelta(day["air_time"], unit="min")
hour, latest, still_open, closed, late = pd.Timedelta(hours=1), None, Counter(), Counter(), Counter()
for event in day.sort_values(["landed", "event_id"]).itertuples():
    start = event.departed.floor("h")
    latest = latest or event.departed
    (late if start + hour <= latest - 2 * hour else still_open)[start] += 1
    latest = max(latest, event.departed)
    for done in [start for start in still_open if start + hour <= latest - 2 * hour]:
        closed[done] = still_open.pop(done)
windows = ("departed_hour", "flights")
both = closed + still_open + late

CASES = {
    "04.1": {
        "right": [(336776, 282141, 336776), [np.int64(336776), np.int64(282141), np.int64(336776)]],
        "wrong": [
            ((336776, 282141, 282141), "exception must leave the `with` block"),
            ((336776, 336776, 336776), "use tx.read"),
            ((282141, 282141, 282141), "makes the copy again"),
            ((336776, 54635, 336776), "Count with db.read before"),
            (336776, "expected a tuple, got 336776"),
        ],
    },
    "04.2": {
        "right": [
            {"a": "index", "b": "scan", "c": "scan", "d": "index"},
            {"a": "Index", "b": "scan ", "c": "SCAN", "d": "index"},
        ],
        "wrong": [
            ({"a": "scan", "b": "scan", "c": "scan", "d": "index"}, "two exact values"),
            ({"a": "index", "b": "index", "c": "index", "d": "index"}, "not by lower(tailnum)"),
            ({"a": "index", "b": "scan", "c": "index", "d": "index"}, "with `or` every row"),
            ({"a": "index", "b": "scan", "c": "scan", "d": "scan"}, "in order already"),
            ({"a": "SEARCH", "b": "SCAN", "c": "SCAN", "d": "SCAN USING INDEX"}, "the words 'index' and 'scan'"),
            (["index", "scan", "scan", "index"], "expected a dict"),
        ],
    },
    "04.3": {
        "right": [makers, makers.sort_values("flights").assign(percent=1.0), makers.replace({"maker": {None: np.nan}})],
        "wrong": [
            (makers[known], "null is a group of its own"),
            (pd.DataFrame({"maker": [None], "flights": [len(january)]}), "one level further down"),
            (makers.assign(maker=makers["maker"].map(lambda name: f'"{name}"', na_action="ignore")), "still JSON"),
            (makers.assign(flights=makers["flights"].where(known, 0)), "count(*) counts rows"),
            (makers.rename(columns={"maker": "plane"}), "there is no column 'maker'"),
            (dict(zip(makers["maker"], makers["flights"], strict=True)), "expected a DataFrame with columns maker"),
        ],
    },
    "04.4": {
        "right": [routes, routes.sort_values("miles").assign(legs=2)],
        "wrong": [
            (away, "These are trips, not places"),
            (trips.groupby("place", as_index=False)["miles"].min(), "Miami is among them"),
            (pd.concat([near, routes]), "one leg away"),
            (away.groupby("place")["last"].min().rename("miles").reset_index(), "second leg alone"),
            (away.groupby("place", as_index=False)["miles"].max(), "longest way"),
            (routes.set_index("place"), "it is in the index"),
            (len(routes), "expected a DataFrame with columns place, miles"),
        ],
    },
    "04.5": {
        "right": [table(both, *windows), table(both, *windows).astype({"flights": float}).iloc[::-1]],
        "wrong": [
            (table(Counter(day["landed"].dt.floor("h")), *windows), "hour of the report"),
            (table(closed + still_open, *windows), f"late events are missing: {late.total()} flights"),
            (table(closed + late, *windows), f"open at the end are missing: {still_open.total()} flights"),
            (table(closed, *windows), "what was given out"),
            (table(closed | still_open | late, *windows), "Add them (+)"),
            (table({**closed, **still_open, **late}, *windows), "Add counters with +"),
            (dict(both), "expected a DataFrame with columns departed_hour"),
        ],
    },
}
