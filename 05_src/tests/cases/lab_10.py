"""Answers to lab 10's questions, each worked out in another way than the check does."""

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from course.checks.lab_10 import _boosted, _logistic, _parts

past, summer, autumn = _parts().values()
boosted, balanced, logistic = _boosted(), _boosted("balanced"), _logistic()

# 10.1: isotonic and Platt's way by hand, from the score of the model

score = {part: balanced.decision_function(rows) for part, rows in (("past", past), ("summer", summer))}
asked = balanced.decision_function(autumn)


def isotonic(part, rows):
    return IsotonicRegression(out_of_bounds="clip").fit(score[part], rows["late"]).predict(asked)


def platt(x, rows):
    return LogisticRegression(C=np.inf).fit(x.reshape(-1, 1), rows["late"]).predict_proba(asked.reshape(-1, 1))[:, 1]


right = platt(score["summer"], summer)

# 10.2: the slice by hand

cold, unknown = autumn["dewp"] <= 26.6, autumn["pressure"].isna()
name, inside = "dewp <= 26.6 and pressure is missing", autumn[cold & unknown]
rows, days = len(inside), len(set(inside["day"]))
days_of_either = len(set(autumn.loc[cold | unknown, "day"]))

# 10.3: ways to tidy up


def before(change, steps=logistic.steps):
    return Pipeline([("tidy", FunctionTransformer(change)), *steps])


def capitals(frame):
    return frame.assign(carrier=[str(code).strip().upper() for code in frame["carrier"]])


def small(frame):
    return frame.assign(carrier=frame["carrier"].str.lower())


def without(frame):
    return frame.assign(carrier="UA")


# 10.4: the sets by hand, from sorted scores

calibration = summer.sample(frac=0.5, random_state=10)
fresh = summer.drop(calibration.index)


def reach(scores):
    return np.sort(scores)[int(np.ceil((len(scores) + 1) * 0.9)) - 1]


wrong_by, wrong_by_fresh = (1 - boosted.predict_proba(part) for part in (calibration, fresh))
is_late, is_late_fresh = (part["late"].to_numpy() == 1 for part in (calibration, fresh))
own = np.array([reach(wrong_by[~is_late, 0]), reach(wrong_by[is_late, 1])])
in_time, late = (
    (wrong_by_fresh[~is_late_fresh, 0] <= own[0]).mean(),
    (wrong_by_fresh[is_late_fresh, 1] <= own[1]).mean(),
)
share_late = is_late_fresh.mean()
size = (wrong_by_fresh <= own).sum(axis=1)
unsure, unsure_late = (size == 2).mean(), (size == 2)[is_late_fresh].mean()
shared = reach(np.where(is_late, wrong_by[:, 1], wrong_by[:, 0]))
late_before = (wrong_by_fresh[is_late_fresh, 1] <= shared).mean()
unsure_before = (wrong_by_fresh <= shared).all(axis=1).mean()

CASES = {
    "10.1": {
        "right": [isotonic("summer", summer), pd.Series(right, index=autumn.index), right.tolist()],
        "wrong": [
            (balanced.predict_proba(autumn)[:, 1], "the colleague's own probabilities"),
            (boosted.predict_proba(autumn)[:, 1], "Those are of `boosted`"),
            (isotonic("past", past), "knows them by heart"),
            (platt(asked, autumn), "has seen the answers"),
            (np.sqrt(right), "gives a model: ask that"),
            (np.column_stack([1 - right, right]), "[:, 1]"),
            (right[:1000], "Ask about the autumn"),
            ((right > 0.5).astype(int), "predict gives 0 and 1"),
            (balanced, "Ask the calibrated model"),
        ],
    },
    "10.2": {
        "right": [(name, rows, days), [f" {name} ", np.int64(rows), float(days)]],
        "wrong": [
            (("dewp <= 26.6 and visib <= 9", rows, days), "there it is hard to know"),
            (("precip > 0", rows, days), "leave max_columns at 2"),
            (("dest = CAE", 43, 20), "The first row of slices("),
            ((0, rows, days), "expected a text"),
            ((name, int(inside["late"].sum()), days), "all of its flights"),
            ((name, rows, rows), "many left on the same day"),
            ((name, rows, days_of_either), "use &"),
            ((name, rows, inside["month"].nunique()), "nunique()"),
            (name, "expected three things"),
        ],
    },
    "10.3": {
        "right": [before(capitals), Pipeline([("one", FunctionTransformer(capitals)), ("two", logistic)])],
        "wrong": [
            (logistic, "make capitals of the carrier"),
            (before(small), "Then the airline is lost"),
            (before(without), "Then the airline is lost"),
            (DummyClassifier().fit(past, past["late"]), "or the model is another"),
            (before(lambda frame: frame.assign(carrier=frame["carrier"].str.swapcase())), "also for those in capitals"),
            (capitals, "expected a model, got the function capitals"),
        ],
    },
    "10.4": {
        "right": [(late, unsure), [round(float(late), 3), round(float(unsure), 3)]],
        "wrong": [
            ((late_before, unsure), "ask conformal for a quantile of each class"),
            ((share_late * late + (1 - share_late) * in_time, unsure), "That is for all flights"),
            ((in_time, unsure), "the late ones of `fresh` are group 1"),
            ((0.9, unsure), "or the promise itself"),
            ((late, unsure_before), "without by_class=True"),
            ((late, size.mean()), "the mean size of the sets"),
            ((late, unsure_late), "among the late flights"),
            ((late, 100 * unsure), "not per cent"),
            ((late, 0.2), "has the size 2"),
            (late, "expected two numbers"),
        ],
    },
}
