"""Lab 04: rollback, index or scan, a query into documents, two-leg routes, window = batch."""

from functools import cache
from typing import TYPE_CHECKING, Any

from . import Hint, is_a, question, same, same_frame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["index_or_scan", "makers", "rollback", "two_legs", "window_is_batch"]

WHY_INDEX_OR_SCAN = {
    "a": ("index", "`in` asks for two exact values of the indexed column: two short searches in the index."),
    "b": ("scan", "The index is sorted by tailnum, not by lower(tailnum): behind a function it does not help."),
    "c": ("scan", "A Honolulu flight may have any tailnum, so with `or` every row must be read all the same."),
    "d": ("index", "The index is in order already: its first five will do. What the plan scans is the index."),
}


@question("04.1", takes="three numbers of rows: (before, inside, after)")
def rollback(answer: Any) -> Hint | None:
    """Nothing is gone after the exception, though the transaction itself saw the rows go."""
    everything = len(_flights())
    left = int((_flights()["carrier"] != "B6").sum())
    return same(
        tuple(answer) if isinstance(answer, list) else answer,
        (everything, left, everything),
        hint="Count with db.read before the block, with tx.read after the delete, and with db.read after the block.",
        mistakes=[
            (
                (everything, left, left),
                "The delete was committed: the exception must leave the `with` block. You raised none, or caught it "
                "inside the block.",
            ),
            (
                (everything, everything, everything),
                "Inside you counted through db, another connection, which does not see unfinished work: use tx.read. "
                "Or you counted before the delete.",
            ),
            ((left, left, left), "The rows were already gone: run the line that makes the copy again, then count."),
        ],
    )


@question("04.2", takes="a dict with 'index' or 'scan' for each of a, b, c and d")
def index_or_scan(answer: Any) -> Hint | None:
    """An index helps with exact values and with order, not behind a function and not with one side of an `or`."""
    hint = is_a(answer, dict, "a dict with 'index' or 'scan' for each of a, b, c and d")
    if hint:
        return hint
    given = {letter: word.strip().lower() if isinstance(word, str) else word for letter, word in answer.items()}
    right = {letter: word for letter, (word, _) in WHY_INDEX_OR_SCAN.items()}
    wrong = [letter for letter in right if given.get(letter) in ("index", "scan") and given[letter] != right[letter]]
    if wrong:
        return Hint(f"query {wrong[0]}: not {given[wrong[0]]}", WHY_INDEX_OR_SCAN[wrong[0]][1])
    return same(given, right, hint="The keys are a, b, c and d; the values are the words 'index' and 'scan'.")


@question("04.3", takes="a DataFrame with columns maker, flights")
def makers(answer: Any) -> Hint | None:
    """January's flights by the maker of the plane, those without a known plane among them."""
    right = _makers()
    if "maker" in getattr(answer, "columns", ()) and len(answer) and answer["maker"].isna().all():
        return Hint(
            "every maker is missing",
            "The maker is one level further down: first -> 'plane', then ->> 'maker'. A key that is not there is null.",
        )
    return same_frame(
        answer,
        right,
        sort_by=["maker"],
        hint="Group by body -> 'plane' ->> 'maker' and count(*).",
        mistakes=[
            (
                right.dropna(subset=["maker"]),
                "The flights without a known plane are gone: no `where` and no dropna; null is a group of its own.",
            ),
            (
                right.assign(maker='"' + right["maker"] + '"'),
                "The quotes say that this is still JSON: take the last step with ->>, which gives the value itself.",
            ),
            (
                right.assign(flights=right["flights"].where(right["maker"].notna(), 0)),
                "count(maker) skips what is missing; count(*) counts rows.",
            ),
        ],
    )


@question("04.4", takes="a DataFrame with columns place, miles")
def two_legs(answer: Any) -> Hint | None:
    """The shortest two-leg trip from Miami with Delta to each airport."""
    first, trips = _trips()
    away = trips[trips["place"] != "MIA"]
    if "place" in getattr(answer, "columns", ()) and answer["place"].duplicated().any():
        again = answer.loc[answer["place"].duplicated(), "place"].iloc[0]
        return Hint(
            f"{again} comes more than once",
            "These are trips, not places: there may be one through JFK and one through LGA. Group by place.",
        )
    return same_frame(
        answer,
        _shortest(away),
        sort_by=["place"],
        hint="Start with the legs from MIA, join the next leg on, keep legs = 2, and take min(miles) of each place.",
        mistakes=[
            (_shortest(trips), "Miami is among them: there and back is not a destination."),
            (
                _shortest(_stacked(first, away)),
                "JFK and LGA are one leg away: keep the rows with legs = 2 only.",
            ),
            (
                _shortest(away.assign(miles=away["last"])),
                "These are the miles of the second leg alone: add those of the trip so far.",
            ),
            (
                away.groupby("place", as_index=False)[["miles"]].max(),
                "That is the longest way to each place; the shortest is asked for.",
            ),
        ],
    )


@question("04.5", takes="a DataFrame with columns departed_hour, flights")
def window_is_batch(answer: Any) -> Hint | None:
    """Departures in each hour: what was given out, still open, and late, added up."""
    late, still_open = _reports("late"), _reports("open")
    return same_frame(
        answer,
        _counted(_reports("all")["departed_hour"]),
        sort_by=["departed_hour"],
        hint="Add three things for each hour: the closed count, the open count, and 1 for each late event.",
        mistakes=[
            (
                _counted(_reports("all")["landed_hour"]).rename(columns={"landed_hour": "departed_hour"}),
                "You counted by the hour of the report. A window is for when the event happened: departed_hour.",
            ),
            (
                _counted(_reports("closed", "open")["departed_hour"]),
                f"The late events are missing: {len(late)} flights. Add them (+) to windows already given out.",
            ),
            (
                _counted(_reports("closed", "late")["departed_hour"]),
                f"The windows still open at the end are missing: {len(still_open)} flights. Nothing closed them.",
            ),
            (
                _counted(_reports("closed")["departed_hour"]),
                "That is what was given out. Add the windows still open, and the late events.",
            ),
            (
                _overwritten(),
                "You put the late counts in the place of the closed ones (dict.update, |). Add counters with +.",
            ),
        ],
    )


@cache
def _flights() -> "pd.DataFrame":
    from mlsd import datasets

    return datasets.load_flights()


@cache
def _makers() -> "pd.DataFrame":
    from mlsd import datasets

    january = _flights().query("month == 1").merge(datasets.load_planes(), on="tailnum", how="left")
    counted = january.groupby("manufacturer", dropna=False).size().reset_index(name="flights")
    return counted.rename(columns={"manufacturer": "maker"})


@cache
def _trips() -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """The first legs from Miami, and every trip of two legs: place, miles, and the miles of the last leg."""
    out = _flights().query("carrier == 'DL'").groupby(["origin", "dest"], as_index=False)[["distance"]].min()
    edges = _stacked(out, out.rename(columns={"origin": "dest", "dest": "origin"}))
    first = edges[edges["origin"] == "MIA"]
    trips = first.merge(edges, left_on="dest", right_on="origin", suffixes=("_1", "_2"))
    trips = trips.assign(place=trips["dest_2"], miles=trips["distance_1"] + trips["distance_2"])
    one_leg = first.rename(columns={"dest": "place", "distance": "miles"})[["place", "miles"]]
    return one_leg, trips.rename(columns={"distance_2": "last"})[["place", "miles", "last"]]


def _shortest(trips: "pd.DataFrame") -> "pd.DataFrame":
    return trips.groupby("place", as_index=False)[["miles"]].min()


def _stacked(*frames: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    return pd.concat(frames, ignore_index=True)


@cache
def _stream() -> "pd.DataFrame":
    """10 July's departures in the order in which they were reported, and what a wait of two hours makes of each."""
    import pandas as pd

    hour, wait = pd.Timedelta(hours=1), pd.Timedelta(hours=2)
    day = _flights().query("month == 7 and day == 10").dropna(subset=["air_time"])
    departed = day["time_hour"] + pd.to_timedelta(day["minute"] + day["dep_delay"], unit="min")
    landed = departed + pd.to_timedelta(day["air_time"], unit="min")
    event_id = day["carrier"] + day["flight"].astype(str) + day["origin"]
    log = pd.DataFrame({"departed": departed, "landed": landed, "event_id": event_id}).sort_values(
        ["landed", "event_id"]
    )
    log["departed_hour"], log["landed_hour"] = log["departed"].dt.floor("h"), log["landed"].dt.floor("h")
    watermark = log["departed"].cummax() - wait
    ends = log["departed_hour"] + hour
    late = ends <= watermark.shift(fill_value=watermark.iloc[0])
    fate = late.map({True: "late", False: "closed"}).mask(~late & (ends > watermark.iloc[-1]), "open")
    return log.assign(fate=fate)


def _reports(*fates: str) -> "pd.DataFrame":
    log = _stream()
    return log if fates == ("all",) else log[log["fate"].isin(fates)]


def _counted(hours: "pd.Series") -> "pd.DataFrame":
    return hours.value_counts().reset_index(name="flights")


def _overwritten() -> "pd.DataFrame":
    parts = [_counted(_reports(fate)["departed_hour"]) for fate in ("closed", "open", "late")]
    return _stacked(*parts).drop_duplicates("departed_hour", keep="last")
