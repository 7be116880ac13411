"""Answers to lab 07's questions, each worked out in another way than the check does."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_curve

from course.checks.lab_07 import GAPS, _parts

flights, train, test = _parts()

# 07.1: hour by hour


def rates_by_hour(column):
    for _, rows in train.groupby(train["minute_of_day"] // 60):
        gap = rows[column].isna()
        if gap.any() and not gap.all():
            yield rows["late"][gap].mean() - rows["late"][~gap].mean(), gap.sum()


def weighted(column):
    pairs = list(rates_by_hour(column))
    return sum(difference * number for difference, number in pairs) / sum(number for _, number in pairs)


def raw(column):
    return train.loc[train[column].isna(), "late"].mean() - train.loc[train[column].notna(), "late"].mean()


gaps = {column: weighted(column) for column in GAPS}
at_once = {column: raw(column) for column in GAPS}
each_alike = {column: np.mean([difference for difference, _ in rates_by_hour(column)]) for column in GAPS}
rates_alone = {column: train.loc[train[column].isna(), "late"].mean() for column in GAPS}

# 07.2

words = {"one-hot": "error", "one-hot, ignore": "zero", "frequency": "zero", "hash": "another", "target": "average"}

# 07.3: the area by hand


def area(column, rows, unseen):
    rates = test[column].map(rows.groupby(column)["late"].mean()).fillna(unseen)
    false_alarms, hits, _ = roc_curve(test["late"], rates, drop_intermediate=False)
    return np.trapezoid(hits, false_alarms)


def for_both(of_column):
    return {column: of_column(column) for column in ("dest", "flight")}


rate = train["late"].mean()
leaky = for_both(lambda column: area(column, flights, rate))
honest = for_both(lambda column: area(column, train, rate))
of_test = for_both(lambda column: area(column, test, rate))
dropped = for_both(lambda column: area(column, train, 0))


def less(more, fewer):
    return {column: more[column] - fewer[column] for column in more}


# 07.4

kinds = {"A": "imputation", "B": "oversampling", "C": "after decision", "D": "clean"}

CASES = {
    "07.1": {
        "right": [gaps, {column: round(value, 4) for column, value in gaps.items()}, dict(reversed(gaps.items()))],
        "wrong": [
            (at_once, "group by the hour first"),
            ({column: -value for column, value in gaps.items()}, "The sign"),
            (each_alike, "Weight it by its number of gaps"),
            (gaps | {"pressure": at_once["pressure"]}, "pressure: expected about another number"),
            (rates_alone, "the late rate of the rows with a gap, less"),
            ({"pressure": gaps["pressure"]}, "recent_delay: expected a number, got None"),
            (pd.Series(gaps), "a dict of three numbers by column"),
            (gaps["pressure"], "a dict of three numbers by column"),
        ],
    },
    "07.2": {
        "right": [words, {name: word.upper() for name, word in words.items()}],
        "wrong": [
            (words | {"one-hot": "zero"}, "one-hot: not 'zero'"),
            (words | {"one-hot, ignore": "error"}, "no column stands for it"),
            (words | {"frequency": "error"}, "its share is 0"),
            (words | {"hash": "zero"}, "puts every text into some bucket"),
            (words | {"hash": "error"}, "puts every text into some bucket"),
            (words | {"target": "zero"}, "the late rate of all training rows"),
            (words | {"target": 0.175}, "the words 'error', 'zero', 'another' and 'average'"),
            (list(words.values()), "a dict with a word for each"),
        ],
    },
    "07.3": {
        "right": [less(leaky, honest), for_both(lambda column: round(leaky[column] - honest[column], 4))],
        "wrong": [
            (less(honest, leaky), "The sign"),
            (leaky, "the score with the leak. How much of it is left"),
            (for_both(lambda column: leaky[column] - 0.5), "What is taken off is the score of the honest rate"),
            (less(of_test, honest), "over `test` alone"),
            (less(leaky, dropped), "not 0"),
            (less(leaky, honest) | {"flight": 0.2}, "flight: expected about another number than 0.2"),
            (list(less(leaky, honest).values()), "a dict of two numbers"),
        ],
    },
    "07.4": {
        "right": [kinds, {letter: kind.capitalize() for letter, kind in kinds.items()}],
        "wrong": [
            (kinds | {"A": "scaling"}, "one value that is repeated many times"),
            (kinds | {"B": "duplicates"}, "Of which class are they?"),
            (kinds | {"C": "clean"}, "`**planted.given`"),
            (kinds | {"D": "imputation"}, "Gaps that go with the target may be honest"),
            (kinds | {"D": None}, "there is no such kind of leak"),
            (kinds | {"A": "mean of the class"}, "there is no such kind of leak"),
            (list(kinds.values()), "for each of A, B, C and D"),
        ],
    },
}
