"""Answers to lab 11's questions, each worked out in another way than the check does."""

from itertools import product
from math import factorial

import numpy as np
from scipy.special import expit
from scipy.stats import rankdata, t

from course.checks.lab_11 import FOUR, _boosted, _borrowers, _without
from mlsd import models

X_train, X_test, y_train, y_test = _borrowers()

# 11.1: the area under the ROC curve as a share of pairs, from ranks

utilization = "revolving_unsecured_line_utilization"
noise = dict(zip(range(20_000), np.exp(np.random.default_rng(0).normal(0, 0.02, 20_000)), strict=True))


def with_second(X):
    return X.assign(second_bureau=[value * noise[i] for i, value in X[utilization].items()])


def area_below(model, X):
    ranks, ones = rankdata(model.predict_proba(X)[:, 1]), y_test.head(2000).to_numpy() == 1
    return (ranks[ones].mean() - (ones.sum() + 1) / 2) / (~ones).sum()


def drop(model, X, *columns):
    order = np.random.default_rng(0).permutation(2000)
    return area_below(model, X) - area_below(model, X.assign(**{name: X[name].to_numpy()[order] for name in columns}))


columns = [*X_train, "second_bureau"]
twin_model = models.credit_boosted().set_params(columns__columns=columns).fit(with_second(X_train), y_train)
judge = with_second(X_test.head(2000))
alone, other = drop(twin_model, judge, utilization), drop(twin_model, judge, "second_bureau")
both, before_twin = drop(twin_model, judge, utilization, "second_bureau"), drop(_boosted(), judge, utilization)

# 11.2: Shapley's formula over every set of the ten columns

you, others = X_test.iloc[197], X_train.sample(100, random_state=0)
kept = np.array(list(product([False, True], repeat=10)))
rows = np.where(kept[:, None, :], you.to_numpy(), others.to_numpy()).reshape(-1, 10)
asked = others.head(0).reindex(range(len(rows)))
asked[:] = rows
worth = _boosted().decision_function(asked).reshape(len(kept), 100).mean(axis=1)
effect = {}
for place, name in enumerate(you.index):
    out = ~kept[:, place]
    weight = [factorial(k) * factorial(9 - k) / factorial(10) for k in kept[out].sum(axis=1)]
    effect[name] = float(np.dot(weight, worth[~out] - worth[out]))
base, total, ratio = worth[0], worth[-1], effect["debt_ratio"]
yours = ("debt_ratio", ratio, float(expit(total)))

# 11.4: the interval by its formula, from the scores of the 25 splits

difference = _without(FOUR).table["difference"]
reach = t.ppf(0.975, 24) * np.sqrt((1 / 25 + 1 / 4) * difference.var(ddof=1))
low, high = float(difference.mean() - reach), float(difference.mean() + reach)
boosted_low, single_low = _without(FOUR, "fires_boosted").low, _without(("ISI",)).low

reasons = {"a": "own background", "b": "constant model", "c": "all alike"}

CASES = {
    "11.1": {
        "right": [(alone, other, both), [round(alone, 3), round(other, 3), round(both, 3)], (0.020, 0.050, both)],
        "wrong": [
            ((before_twin, other, both), "worth to `boosted`, which has no twin"),
            ((other, alone, both), "the order is (alone, other, both)"),
            ((alone, alone, both), "That is the drop for `first`"),
            ((alone, other, alone + other), "You added the two"),
            ((alone, other, other), "one of the two still stood in its place"),
            ((-alone, -other, -both), "the score before, less the score after"),
            ((alone, other, 0.5), "with the same `order`"),
            (both, "expected (alone, other, both)"),
            (("0.03", other, both), "expected a number, got the text '0.03'"),
        ],
    },
    "11.2": {
        "right": [yours, list(yours), ("debt_ratio", np.float64(round(ratio, 3)), np.float64(round(yours[2], 3)))],
        "wrong": [
            (("revolving_unsecured_line_utilization", effect[utilization], yours[2]), "it speaks against `you`"),
            (("num_90_days_late", effect["num_90_days_late"], yours[2]), "Look for the most negative of mine.values"),
            ((min(effect, key=lambda name: abs(effect[name])), 0.01, yours[2]), "next to nothing"),
            ((utilization, 0.0, yours[2]), "compared with itself: background=others"),
            (("debt_ratio", -ratio, yours[2]), "Keep the sign"),
            (("debt_ratio", ratio / 6, yours[2]), "Is it in probability?"),
            (("debt_ratio", ratio, total), "go through `expit`"),
            (("debt_ratio", ratio, expit(total - base)), "You left out the base value"),
            (("debt_ratio", ratio, expit(base)), "the base value alone"),
            (("debt_ratio", ratio, expit(base + ratio)), "One value is not all"),
            (("debt_ratio", ratio, 1 - yours[2]), "of paying in time"),
            ((3, ratio, yours[2]), "3 is no column of X"),
            ("debt_ratio", "expected (column, effect, probability)"),
        ],
    },
    "11.3": {
        "right": [reasons, {letter: f" {reason.upper()}" for letter, reason in reasons.items()}],
        "wrong": [
            (reasons | {"a": "constant model"}, "its answers differ from borrower to borrower"),
            (reasons | {"a": "all alike"}, "how do they differ"),
            (reasons | {"b": "all alike"}, "It uses no column at all"),
            (reasons | {"b": "own background"}, "are other rows"),
            (reasons | {"c": "constant model"}, "Ask it about all of X_test"),
            (reasons | {"c": "own background"}, "In what are they alike"),
            (reasons | {"c": "out of scale"}, "to the last digit"),
            (reasons | {"b": "cancel"}, "b: expected one of own background"),
            (list(reasons.values()), "expected a dict"),
        ],
    },
    "11.4": {
        "right": [(low, high, "not shown"), [np.float64(low), round(high, 4), "Not shown "]],
        "wrong": [
            ((low, high, "harmless"), "does not prove that nothing is lost"),
            ((low, high, "harmful"), "the whole interval would have to lie below 0"),
            ((low, high, False), "expected one of harmless, harmful, not shown, got False"),
            ((boosted_low, high, "not shown"), "These are the boosted trees"),
            ((single_low, high, "not shown"), "give can_go the list of all four"),
            (((low + high) / 2, high, "not shown"), "the difference itself"),
            ((low, low, "not shown"), "The upper end"),
            ("not shown", "expected (low, high, verdict)"),
        ],
    },
}
