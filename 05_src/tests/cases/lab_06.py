"""Answers to lab 06's questions, each worked out in another way than the check does."""

import copy

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler

from course.checks.lab_06 import _credit

credit = _credit()
y = credit["delinquency"].to_numpy()
ones, rows = int(y.sum()), len(y)

# 06.2: the lab's two pipelines, and other ways to part them

imputer, clf = SimpleImputer(strategy="median"), LogisticRegression(max_iter=1000)
scaled = Pipeline([("impute", imputer), ("scale", StandardScaler()), ("clf", clf)])
powered = Pipeline([("impute", imputer), ("scale", PowerTransformer()), ("clf", clf)])
half_parted = Pipeline([*powered.steps[:-1], ("clf", clone(clf))])

# 06.4: fold by fold, with the rows drawn again by hand

X_train, _, y_train, _ = train_test_split(
    credit.drop(columns="delinquency"), credit["delinquency"], stratify=y, random_state=0
)
X, labels = X_train[:2500].fillna(0).to_numpy(), y_train[:2500].to_numpy()


def drawn_again(X, y):
    """As RandomOverSampler draws: all rows, then late ones again until both classes are equal."""
    late = np.flatnonzero(y == 1)
    again = np.random.RandomState(0).randint(0, len(late), size=(y == 0).sum() - len(late))
    place = np.concatenate([np.arange(len(y)), late[again]])
    return X[place], y[place]


def area(X, y, resample=lambda X, y: (X, y)):
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(X, y)
    areas = []
    for rest, fold in folds:
        forest = RandomForestClassifier(15, random_state=0).fit(*resample(X[rest], y[rest]))
        areas.append(roc_auc_score(y[fold], forest.predict_proba(X[fold])[:, 1]))
    return float(np.mean(areas))


before, inside, without = area(*drawn_again(X, labels)), area(X, labels, drawn_again), area(X, labels)

metrics = {"a": "recall_at_top", "b": "log_loss", "c": "cost", "d": "accuracy"}

CASES = {
    "06.1": {
        "right": [
            (1 - ones / rows, 0, ones / rows),
            [np.float64(1 - ones / rows), 0.0, np.float64(ones / rows)],
            (round(1 - ones / rows, 3), 0, round(ones / rows, 3)),
        ],
        "wrong": [
            ((ones / rows, 0, ones / rows), "the share of the late ones"),
            ((100 - 100 * ones / rows, 0, ones / rows), "not per cent"),
            ((0.5, 0, ones / rows), "if half of them were late"),
            ((1 - ones / rows, 1, ones / rows), "the recall of the zeros"),
            ((1 - ones / rows, 0, 0.5), "chance for the area under the ROC curve"),
            ((1 - ones / rows, 0, 0.0), "the rule must flag everybody"),
            (1 - ones / rows, "expected 3 numbers (accuracy, recall, average_precision), got 0.93"),
            (("0.93", 0, 0.07), "one of yours is the text '0.93'"),
        ],
    },
    "06.2": {
        "right": [
            (clone(scaled), clone(powered)),
            [scaled, clone(powered)],
            (copy.deepcopy(scaled), copy.deepcopy(powered)),
        ],
        "wrong": [
            ((scaled, powered), "'impute' and 'clf': still one object in both"),
            ((copy.copy(scaled), copy.copy(powered)), "clone copies what is inside, too"),
            ((Pipeline(scaled.steps), Pipeline(powered.steps)), "A new Pipeline, or copy.copy"),
            ((scaled, half_parted), "Cloning one step leaves the others shared"),
            ((clone(scaled), clone(scaled)), "Keep its steps as they were: SimpleImputer, PowerTransformer"),
            ((scaled, scaled), "it is one pipeline, twice"),
            ((clone(clf), clone(clf)), "Clone the whole pipelines"),
            (clone(scaled), "expected two pipelines"),
        ],
    },
    "06.3": {
        "right": [
            metrics,
            metrics | {"a": "precision_at_top", "b": "brier"},
            {letter: f" {name.upper()}" for letter, name in metrics.items()},
        ],
        "wrong": [
            (metrics | {"a": "recall"}, "at the threshold 0.5, which flags 2 %"),
            (metrics | {"a": "accuracy"}, "how many are at the top"),
            (metrics | {"b": "roc_auc"}, "halve every probability"),
            (metrics | {"b": "accuracy"}, "on which side of 0.5"),
            (metrics | {"c": "f1"}, "knows nothing of your prices"),
            (metrics | {"c": "recall"}, "false alarms have a price, too"),
            (metrics | {"d": "roc_auc"}, "Compare the three columns"),
            (metrics | {"d": "share"}, "describes the rows, not the model"),
            ({"a": "recall_at_top"}, "b: expected the name of a row"),
            (list(metrics.values()), "expected a dict"),
        ],
    },
    "06.4": {
        "right": [(before, inside), [round(before, 2), round(inside, 2)]],
        "wrong": [
            ((inside, before), "the other way round"),
            ((before, before), "Resampled must get the rows as they are"),
            ((inside, inside), "oversample first, and cross-validate `forest` itself"),
            ((before, without), "This forest was not resampled at all"),
            ((without, inside), "This forest saw the rows as they are"),
            ((before, 0.5), "cross_val_score(Resampled(forest, over)"),
            (before - inside, "expected 2 numbers (before, inside)"),
            ((np.array([before] * 5), np.array([inside] * 5)), "Take the mean of each"),
        ],
    },
}
