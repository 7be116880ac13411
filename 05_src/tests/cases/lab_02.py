"""Answers to lab 02's questions, each worked out in another way than the check does."""

import numpy as np
from sklearn.metrics import roc_curve

from course.checks.lab_02 import _chances, _periods

summer, autumn = _periods()["summer"], _periods()["autumn"]
chance, in_autumn = _chances()["summer"], _chances()["autumn"]

# 02.2: from the ROC curve, whose points are all the thresholds that there are


def cheapest(part, p, alarm, miss):
    false_alarms, found, thresholds = roc_curve(part["late"], p, drop_intermediate=False)
    late = part["late"].mean()
    return float(thresholds[np.argmin(alarm * (1 - late) * false_alarms + miss * late * (1 - found))])


chosen = cheapest(summer, chance, 90, 210)

# 02.3: carrier by carrier

judged = autumn.assign(by_model=in_autumn >= 0.2, by_rule=autumn["recent_delay"] > 10)
cost = {how: np.where(judged["late"] == 1, 300 * ~judged[how], 60 * judged[how]) for how in ("by_model", "by_rule")}
judged = judged.assign(saved=cost["by_rule"] - cost["by_model"], against_nobody=300 * judged["late"] - cost["by_model"])
saved, against_nobody = (judged.groupby("carrier")[name].sum().to_dict() for name in ("saved", "against_nobody"))
pays = [code for code, amount in saved.items() if amount / 4 > 6000]

# 02.4

SHEET = {
    "reliability": ("share of the questions answered in a month", "at least", 0.99),
    "scalability": ("flights answered in one hour of a load test", "at least", 500),
    "maintainability": ("hours from the alarm to the old version", "at most", 12),
    "adaptability": ("days until a new month is in the model", "at most", 14),
    "latency": ("seconds for 95 of 100 questions", "at most", 5),
    "accuracy": ("dollars a flight in the last 30 days", "at most", 32),
}


def but(name, *line):
    return SHEET | {name: line}


CASES = {
    "02.1": {
        "right": [
            "recent_delay > 10",
            "minute_of_day >= 12 * 60 and recent_delay > 5",
            "recent_delay > 15 or visib < 3",
        ],
        "wrong": [
            ("minute_of_day >= 17 * 60", "says more than the clock"),
            ("hour >= 14", "did not last"),
            ("minute_of_day >= 0", "flags every flight"),
            ("minute_of_day > 1440", "flags no flight"),
            ("late == 1", "the answer itself"),
            ("known_at > decided_at", "Nobody knows the arrival"),
            ("recent_delays > 10", "Did you mean 'recent_delay'?"),
            ("recent_delay", "must say True or False"),
            ("recent_delay >", "cannot be asked"),
            (17 * 60, "expected a condition as text"),
        ],
    },
    "02.2": {
        "right": [{"theory": 0.3, "chosen": chosen}, {"chosen": chosen + 0.001, "theory": 90 / 300}],
        "wrong": [
            ({"theory": 0.7, "chosen": chosen}, "wrong way round"),
            ({"theory": 90 / 210, "chosen": chosen}, "these are odds"),
            ({"theory": 1 / 6, "chosen": chosen}, "for the old costs"),
            ({"theory": 0.5, "chosen": chosen}, "both mistakes cost the same"),
            ({"theory": 0.3, "chosen": 0.3}, "that is the theory again"),
            ({"theory": 0.3, "chosen": cheapest(summer, chance, 60, 300)}, "best one for the old costs"),
            ({"theory": 0.3, "chosen": cheapest(autumn, in_autumn, 90, 210)}, "Who chooses on it"),
            ({"theory": 0.3, "chosen": 0.9}, "with the new costs"),
            ({"theory": 0.3}, "there is no 'chosen'"),
            ((0.3, chosen), "expected a dict"),
        ],
    },
    "02.3": {
        "right": [pays, set(pays), [f" {code.lower()}" for code in reversed(pays)]],
        "wrong": [
            ([code for code, amount in saved.items() if amount > 0], "not what it costs to keep"),
            ([code for code, amount in saved.items() if amount > 6000], "divide by four"),
            ([code for code, amount in against_nobody.items() if amount / 4 > 6000], "beat the rule"),
            (["B6", "DL", "EV", "UA"], "the rule is nearly as good"),
            ([], f"missing: {', '.join(pays)}"),
            (["Delta"], "is no carrier"),
            (len(pays), "expected a list of carriers"),
        ],
    },
    "02.4": {
        "right": [SHEET, but("latency", "99th percentile of the seconds that a question takes", "at most", 10)],
        "wrong": [
            (but("latency", "it answers fast", "at most", 5), "'fast' is nothing that two people would count alike"),
            (but("reliability", "works", "at least", 0.99), "Two or three words are little"),
            (
                but("reliability", "share of the questions answered in a month", "at least", 1.0),
                "Nothing is always there",
            ),
            (but("reliability", "share of the questions answered in a month", "at least", 99), "99 % is 0.99"),
            (but("reliability", "share of the questions answered in a month", "at least", 0.5), "is no service"),
            (but("reliability", "share of the questions answered in a month", "at most", 0.99), "More is better here"),
            (but("scalability", "flights answered in one hour", "at least", 60), "Plan for the peak"),
            (
                but("scalability", "flights answered in one hour", "at least", "many"),
                "Without a number no test can fail",
            ),
            (but("maintainability", "hours from the alarm to the old version", "at most", 72), "by the next morning"),
            (but("adaptability", "days until a new month is in the model", "at most", 365), "changes every month"),
            (but("adaptability", "days until a new month is in the model", "at most", 0), "Nothing takes no time"),
            (but("latency", "mean seconds for one question", "at most", 1), "an average hides the slow ones"),
            (but("latency", "seconds for 95 of 100 questions", "at least", 1), "Less is better here"),
            (but("latency", "seconds for 95 of 100 questions", "at most", 60), "A caller waits ten seconds"),
            (but("accuracy", "share of correct answers in a month", "at least", 0.88), "88 % accurate"),
            (but("accuracy", "dollars a flight in the last 30 days", "at most", 40), "is not needed"),
            (but("accuracy", "dollars a flight in the last 30 days", "at most", 5), "Nothing in this lab cost less"),
            (but("latency", "seconds for 95 of 100 questions", "below", 5), "'at least' or 'at most'"),
            (but("latency", "seconds for 95 of 100 questions"), "expected three things"),
            ({"latency": SHEET["latency"]}, "there is no requirement 'reliability'"),
            ("fast and reliable", "expected a dict of six requirements"),
        ],
    },
}
