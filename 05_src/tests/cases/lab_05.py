"""Answers to lab 05's questions, each worked out in another way than the check does."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mlsd import datasets

# 05.2: flight by flight, from the table of all flights

new_york = ZoneInfo("America/New_York")
late_flights = datasets.load_late_flights()
one = datetime(2013, 7, 11, 1, tzinfo=new_york)
labelled, late_labelled, late, evening = 0, 0, 0, 0
day = late_flights[late_flights["month"] == 7].query("minute_of_day >= 18 * 60")
for flight in day.itertuples():
    scheduled = (flight.decided_at + timedelta(hours=2)).astimezone(new_york)
    if (scheduled.month, scheduled.day) == (7, 10):
        evening += 1
        late += flight.late
        labelled += flight.known_at <= one
        late_labelled += flight.late * (flight.known_at <= one)
dropped, on_time, truth = late_labelled / labelled, late_labelled / evening, late / evening
night = (labelled, dropped, on_time, truth)

# 05.3: flights that left, by whole hours of delay

flights = datasets.load_flights()
hours_late = flights["dep_delay"].dropna() / 60
missed = [(hours_late > hour).mean() for hour in range(25)]
hours = next(hour for hour in range(25) if missed[hour] < 0.001)
cancelled = float(1 - (flights["dep_delay"] <= 60 * hours).mean())

# 05.4: the rule row by row


def rule(log):
    votes = []
    for row in log.itertuples():
        expected = row.dep_delay + row.air_time - row.usual_air_time
        votes.append(1 if expected > 40 else 0 if expected < 15 else None)
    return votes


def expected(log):
    return log["dep_delay"] + log["air_time"] - log["usual_air_time"]


def select(values, missing=np.nan):
    return np.select([values > 40, values < 15], [1, 0], missing)


# 05.5: sort by the margin, in plain Python


def by_margin(probability, n):
    best = [sorted(row)[-2:] for row in probability.tolist()]
    order = sorted(range(len(best)), key=lambda row: best[row][1] - best[row][0])
    return order[:n]


def margin(probability):
    two = np.sort(probability, axis=1)[:, -2:]
    return two[:, 1] - two[:, 0]


CASES = {
    "05.1": {
        "right": [{"a": "late", "b": "fair", "c": "early"}, {"a": "Late", "b": "fair ", "c": "EARLY"}],
        "wrong": [
            ({"a": "fair", "b": "fair", "c": "early"}, "counts from 0"),
            ({"a": "late", "b": "early", "c": "fair"}, "draws one number"),
            ({"a": "late", "b": "fair", "c": "late"}, "never pushed out"),
            ({"a": "late", "b": "fair", "c": "unfair"}, "the words 'fair', 'early' and 'late'"),
            (["late", "fair", "early"], "expected a dict"),
        ],
    },
    "05.2": {
        "right": [night, [np.int64(59), np.float64(40 / 59), 40 / 156, 134 / 156]],
        "wrong": [
            ((0, dropped, 0.0, truth), "give the time its zone"),
            ((evening - labelled, dropped, on_time, truth), "have no label yet"),
            ((evening, dropped, on_time, truth), "count with notna()"),
            ((labelled, on_time, dropped, truth), "mean() alone drops"),
            ((labelled, truth, on_time, truth), "at one you could not know it"),
            ((labelled, dropped, dropped, truth), "Fill them first"),
            ((labelled, dropped, on_time, dropped), "In hindsight all 156"),
            ((labelled, 100 * dropped, 100 * on_time, 100 * truth), "That is per cent"),
            ((labelled, dropped), "expected four numbers"),
            (truth, "expected four numbers"),
        ],
    },
    "05.3": {
        "right": [(hours, cancelled), [6.0, np.float64(0.0252)]],
        "wrong": [
            ((hours + 2, cancelled), "take these two off"),
            ((hours - 1, cancelled), "still misses 1.9 in 1,000"),
            ((4, cancelled), "fewer than 1 in 100"),
            ((24, cancelled), "not the shortest"),
            ((hours, 1 - cancelled), "the share that left"),
            ((hours, missed[hours]), "That is `missed`"),
            ((hours, 100 * cancelled), "That is per cent"),
            ((pd.Timedelta("6h"), cancelled), "expected a number"),
            (hours, "expected two numbers"),
        ],
    },
    "05.4": {
        "right": [rule, lambda log: select(expected(log)), lambda log: pd.Series(select(expected(log)), log.index)],
        "wrong": [
            (lambda log: np.where(expected(log) > 40, 1, 0), "It never abstains"),
            (lambda log: expected(log) > 40, "True and False"),
            (lambda log: np.where(expected(log).isna(), 0, select(expected(log))), "so abstain"),
            (lambda log: select(log["dep_delay"]), "minutes in the air are left out"),
            (lambda log: select(log["air_time"] - log["usual_air_time"]), "The departure is left out"),
            (lambda log: select(2 * log["dep_delay"] - expected(log)), "not the other way round"),
            (lambda log: 1 - select(expected(log)), "changed places"),
            (lambda log: select(expected(log) - 1), "1 above 40 expected minutes"),
            (lambda log: select(log["arr_delay"]), "asked for the column 'arr_delay'"),
            (lambda log: select(expected(log))[:5], "gave 5 values"),
            (select(expected(flights.assign(usual_air_time=0))), "without brackets"),
        ],
    },
    "05.5": {
        "right": [by_margin, lambda probability, n: np.argsort(margin(probability))[:n][::-1]],
        "wrong": [
            (lambda probability, n: np.argsort(-margin(probability))[:n], "the rows it is surest of"),
            (lambda probability, n: np.argsort(abs(probability.max(axis=1) - 0.5))[:n], "two classes only"),
            (lambda probability, n: np.argsort(probability.max(axis=1))[:n], "another measure"),
            (lambda probability, n: np.sort(margin(probability))[:n], "numbers that are no positions"),
            (lambda probability, n: np.argsort(margin(probability)), "the shape (12,)"),
            (lambda probability, n: range(n), "take the last less the one before"),
            ([1, 0, 2], "expected a function, got a list"),
        ],
    },
    "05.6": {
        "right": [{"after landing": "doubt", "before departure": "random"}],
        "wrong": [
            ({"after landing": "doubt", "before departure": "doubt"}, "no gain to count on"),
            ({"after landing": "random", "before departure": "random"}, "ends above the line"),
            ({"after landing": "random", "before departure": "doubt"}, "the other way round"),
            ({"after landing": 8, "before departure": 3}, "the words 'doubt' and 'random'"),
        ],
    },
}
