"""Answers to lab 09's questions, worked out in another way than the check does."""

import numpy as np
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from course.checks.lab_09 import _search

# 09.1: fold by fold, the twenty columns with the largest F

rng = np.random.default_rng(9)
noise, coin = rng.normal(size=(200, 2_000)), rng.permutation([0, 1] * 100)


def area(choose_on):
    """Mean area under the ROC curve; `choose_on` gives the rows that the columns are chosen on."""
    areas = []
    for rest, fold in StratifiedKFold(5).split(noise, coin):
        rows = choose_on(rest)
        columns = np.argsort(f_classif(noise[rows], coin[rows])[0])[-20:]
        model = LogisticRegression().fit(noise[rest][:, columns], coin[rest])
        areas.append(roc_auc_score(coin[fold], model.predict_proba(noise[fold][:, columns])[:, 1]))
    return float(np.mean(areas))


pretended, honest = area(lambda rest: np.arange(200)), area(lambda rest: rest)

# 09.3 and 09.4: from the table of the search, with a loop and with sorting

trials = _search().sort_index()
first = trials["split0_test_score"].tolist()
known, stopped = [first[0]], []
for number, score in enumerate(first[1:], start=1):
    if score < np.median(known):
        stopped.append(number)
    known.append(score)
saved = 2 * len(stopped)
all_at_once = [number for number in range(16) if first[number] < np.median(first)]
reversed_rule = [number for number in range(1, 16) if first[number] > np.median(first[:number])]
means = trials["mean_test_score"].tolist()
all_folds = [number for number in range(1, 16) if means[number] < np.median(means[:number])]

best = int(trials["mean_test_score"].idxmax())
path = trials.sort_values("param_clf__C")


def within(divisor):
    """Candidates close enough to the best, from the smallest C to the largest."""
    near_best = path["mean_test_score"] >= means[best] - trials["std_test_score"][best] / divisor
    return path.index[near_best].tolist()


simplest = within(np.sqrt(3))[0]

CASES = {
    "09.1": {
        "right": [(pretended, honest), [np.float64(pretended), round(honest, 3)]],
        "wrong": [
            ((honest, pretended), "the other way round"),
            ((pretended, pretended), "give the pipeline `noise`, and not `chosen`"),
            ((honest, honest), "choose the columns once, on all rows"),
            ((pretended, 0.5), "That is what you expect of a coin"),
            (pretended - honest, "expected 2 numbers (pretended, honest)"),
            ((np.array([pretended] * 5), np.array([honest] * 5)), "the mean of it"),
            (("0.82", honest), "got the text '0.82'"),
        ],
    },
    "09.2": {
        "right": [{"candidates": 72, "winner": "none"}, {"candidates": np.int64(72), "winner": " None"}],
        "wrong": [
            ({"candidates": 24, "winner": "none"}, "The same number of candidates is not the same budget"),
            ({"candidates": 216, "winner": "none"}, "spends all 24 on the first round"),
            ({"candidates": 48, "winner": "none"}, "goes with factor=2"),
            ({"candidates": 8, "winner": "none"}, "With 8 the three rounds cost 8/9 each"),
            ({"candidates": 60, "winner": "none"}, "the rounds cost n/9"),
            ({"candidates": 72, "winner": "grid"}, "better in fold 1, too"),
            ({"candidates": 72, "winner": "random"}, "better than the grid's in folds 0 and 2"),
            ({"candidates": 72, "winner": "tpe"}, "compare its column with that of random search"),
            ({"candidates": 72, "winner": "halving"}, "look at its loss in fold 1"),
            ({"candidates": 72, "winner": "optuna"}, "Answer 'grid', 'random'"),
            ({"candidates": 72}, "winner: expected a name"),
            ((72, "none"), "expected a dict"),
        ],
    },
    "09.3": {
        "right": [(stopped, saved), [np.array(stopped), np.int64(saved)], (set(stopped), float(saved))],
        "wrong": [
            ((all_at_once, 16), "those after it are not known yet"),
            ((reversed_rule, saved), "You stopped the better half"),
            ((all_folds, saved), "only split0_test_score is known"),
            (([], 0), "Go through the candidates in order"),
            ((stopped, 3 * len(stopped)), "two folds of three are saved"),
            ((stopped, len(stopped)), "each of them saves two fits"),
            ((stopped, 48 - saved), "left to do"),
            ((stopped, saved / 48), "That is the share"),
            ((len(stopped), saved), "List the candidates' numbers"),
            (stopped, "expected a list and a number"),
        ],
    },
    "09.4": {
        "right": [simplest, np.int64(simplest), float(simplest)],
        "wrong": [
            (best, "Which simpler ones cannot be told from it"),
            (int(path.index[0]), "is it within one standard error"),
            (within(1)[0], "one standard *deviation*"),
            (within(np.sqrt(16))[0], "The mean is over 3 folds"),
            (within(np.sqrt(3))[-1], "The simplest has the smallest"),
            (float(trials["param_clf__C"][simplest]), "that is its value of C"),
            (within(np.sqrt(3)), "Keep the rows whose mean_test_score"),
        ],
    },
}
