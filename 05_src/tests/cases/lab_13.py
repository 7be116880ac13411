"""Answers to lab 13's questions; its numbers are worked out in another way than the check does."""

import numpy as np
import pandas as pd
from scipy.stats import t

from course.checks.lab_13 import _january, _judges, _models
from mlsd import datasets, factory

# 13.1: what the night desk wants, in as few words as a spec takes

SPEC = """
name = "night"
[data]
load = "mlsd.datasets:load_late_flights"
params = { hours_before = 10 }
target = "late"
decided = "decided_at"
known = "known_at"
first = "2013-02"
last = "2013-03"
[train]
holdout_days = 14
[baseline]
model = "mlsd.models:flights_baseline"
[candidates.logistic]
model = "mlsd.models:flights_logistic"
[candidates.boosted]
model = "mlsd.models:flights_boosted"
[gates]
better = { metric = "brier", level = 0.9, cluster = "day" }
calibrated = 0.05
slices = { by = ["origin"] }
[[watch.rules]]
name = "other weather"
metric = "drifted"
above = 4
[[watch.rules]]
name = "wrong level"
metric = "calibration_gap"
above = 0.04
[retrain]
on_alert = false
every_months = 1
"""


def changed(old, new):
    assert old in SPEC
    return SPEC.replace(old, new)


# 13.2

GATES = """
[gates]
better = { level = 0.95 }
calibrated = 0.025
slices = { by = ["carrier"], min_rows = 500, worse = 0.02 }
[[gates.behaviour]]
kind = "invariance"
column = "tailnum"
value = "N00000"
"""

# 13.3: gains from the logarithms, and the interval from the days' sums

v1, v2 = _models()
flights = datasets.load_late_flights()


def gains(rows):
    one, other = (np.where(rows["late"] == 1, p, 1 - p) for p in (m.predict_proba(rows)[:, 1] for m in (v1, v2)))
    return np.log(other / one)


march = flights[flights["month"] == 3]
promised, came = gains(_judges("2013-02", 14)).mean(), gains(march).mean()
off = pd.Series(gains(march) - came).groupby(march["decided_at"].dt.date.to_numpy()).sum()
reach = t.ppf(0.975, len(off) - 1) * np.sqrt(len(off) * off.var(ddof=0) / (len(off) - 1) * len(off)) / len(march)
assert came - reach < 0 < came + reach
last_two_weeks = gains(_judges("2013-03", 14)).mean()

# 13.4

one, two = _january(1), _january(2)

CASES = {
    "13.1": {
        "right": [SPEC, changed(', cluster = "day"', ""), changed("holdout_days = 14", "months = 3")],
        "wrong": [
            (changed('"night"', '"lab13-flights-0a1b2c"'), "push the other team's champion aside"),
            (changed("hours_before = 10", "hours_before = 2"), "It stands in data.params"),
            (changed("level = 0.9,", "level = 90,"), "90 % is 0.9"),
            (changed("on_alert = false", ""), "true unless you say on_alert = false"),
            (changed("every_months = 1", ""), "retrain.every_months"),
            (changed('"2013-03"', '"2013-04"'), "March, too, and no more"),
            (changed('"brier"', '"log_loss"'), 'metric = "brier"'),
            (changed("calibrated = 0.05", ""), "keep the other gates"),
            (changed("every_months", "every_month"), "Did you mean 'every_months'?"),
            (changed('better = { metric = "brier", level = 0.9, cluster = "day" }', ""), "is not asked"),
            (factory.read("late_flights"), "expected text"),
        ],
    },
    "13.2": {
        "right": [GATES, GATES.replace('["carrier"]', '["origin", "carrier"]').replace("0.025", "0.03")],
        "wrong": [
            (GATES.replace("calibrated = 0.025", ""), "which gate compares what was said with what happened"),
            (GATES.replace("0.025", "0.05"), "Its limit may be nearer"),
            (GATES.replace('["carrier"]', '["origin"]'), "the airline US"),
            (GATES.replace("min_rows = 500", "min_rows = 5000"), "as many rows as you ask for"),
            (GATES.partition("[[")[0], "tail must not matter"),
            (GATES.replace("0.025", "0.001"), "nothing will ever be released"),
            (GATES.replace("better = { level = 0.95 }", ""), "no better than the champion passes"),
            (GATES.replace("[gates]", ""), "candidates.boosted.'better' is not known"),
            ("calibrated = 0.025", "there is no table [gates]"),
            (GATES.replace("invariance", "invariant"), "must be 'invariance' or 'direction'"),
            (["calibrated", "slices", "invariance"], "expected text, got a list"),
        ],
    },
    "13.3": {
        "right": [(promised, came, "not shown"), [0.0176, round(came, 4), " Not shown"]],
        "wrong": [
            ((promised, came, "paid"), "give `clusters` the day of each flight"),
            ((promised, came, "harmed"), "would have to lie below 0"),
            ((came, promised, "not shown"), "the order is (promised, came, verdict)"),
            ((promised, promised, "not shown"), "take the flights of March"),
            ((promised, last_two_weeks, "not shown"), "the end of March only"),
            ((promised, -came, "not shown"), "takes the old model first"),
            ((0.0318, came, "not shown"), "against the baseline"),
            ((promised, came, True), "expected one of paid, harmed, not shown"),
            (came, "expected (promised, came, verdict)"),
        ],
    },
    "13.4": {
        "right": [(one.other, one.low, True), [round(one.other, 4), round(one.low, 4), np.True_]],
        "wrong": [
            ((two.other, two.low, True), "hours_before = 1"),
            ((one.one, one.low, True), "the loss of the baseline"),
            ((one.other, one.gain, True), "That is the gain"),
            ((one.other, one.high, True), "the upper end"),
            ((one.other, two.low, True), "That was two hours before"),
            ((one.other, one.low, False), "version 1 of their model"),
            ((one.other, one.low, 1), "True or False"),
            (one, "expected (log_loss, low, released)"),
        ],
    },
}
