"""Lab 06: the zero rule, two pipelines or one, a metric for each purpose, resampling before or inside the folds."""

from functools import cache
from typing import TYPE_CHECKING, Any

from . import Hint, describe, is_a, near, question

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["before_or_inside", "metric_for_each", "two_pipelines", "zero_rule"]

WHY_METRIC = {
    "a": (
        ("recall_at_top", "precision_at_top"),
        "The team has time for 10 %, whatever the threshold: of the late ones, how many are at the top?",
    ),
    "b": (
        ("log_loss", "brier"),
        "The probability itself is used, so it must be believable: a ranking or a flag does not tell.",
    ),
    "c": (
        ("cost",),
        "Flags are what counts here, and the two kinds of mistake have a price: take the row that adds up the prices.",
    ),
    "d": (
        ("accuracy",),
        "Compare the three columns: which row gives the zero rule about as much as the two models?",
    ),
}


@question("06.1", takes="three numbers: (accuracy, recall, average_precision)")
def zero_rule(answer: Any) -> Hint | None:
    """Never saying late is right for all who are not, and finds nobody."""
    found = _numbers(answer, 3, "accuracy, recall, average_precision")
    if isinstance(found, Hint):
        return found
    share = float(_credit()["delinquency"].mean())
    accuracy, recall, precision = found
    return (
        near(
            accuracy,
            1 - share,
            0.0005,
            hint="Accuracy is the share of rows for which 'not late' is right, a number from 0 to 1.",
            mistakes={
                share: "That is the share of the late ones: where does always saying no get it right?",
                100 * (1 - share): "A share from 0 to 1, not per cent.",
                0.5: "That would be so if half of them were late.",
            },
        )
        or near(
            recall,
            0,
            0.0005,
            hint="Recall asks: of those who will be late, how many does the rule find? It flags nobody.",
            mistakes={1: "That is the recall of the zeros: the class that counts is the rare one, pos_label=1."},
        )
        or near(
            precision,
            share,
            0.0005,
            hint="With one score for all, no order is better than chance: precision is then the share of late ones.",
            mistakes={
                0.5: "0.5 is chance for the area under the ROC curve; for average precision chance is the share of "
                "late ones.",
                0: "It is not 0: to find them all, the rule must flag everybody, and then some of them are late.",
            },
        )
    )


@question("06.2", takes="two pipelines: (scaled, powered)")
def two_pipelines(answer: Any) -> Hint | None:
    """The same steps as in the lab, and no object in both."""
    from sklearn.pipeline import Pipeline

    wrong = is_a(answer, (tuple, list), "two pipelines: (scaled, powered)")
    if wrong:
        return wrong
    if len(answer) != 2 or not all(type(each) is Pipeline for each in answer):
        seen = ", ".join(map(describe, answer))
        return Hint(f"expected two pipelines: (scaled, powered), got {seen}", "Clone the whole pipelines.")
    scaled, powered = answer
    if scaled is powered:
        return Hint("it is one pipeline, twice", "Clone scaled for the first and powered for the second.")
    return _other_steps(scaled, powered) or _shared_steps(scaled, powered)


@question("06.3", takes="a dict with the name of a row of the panel for each of a, b, c and d")
def metric_for_each(answer: Any) -> Hint | None:
    """Each purpose has the metric that measures it."""
    wrong = is_a(answer, dict, "a dict with the name of a row of the panel for each of a, b, c and d")
    if wrong:
        return wrong
    for letter, (right, why) in WHY_METRIC.items():
        given = answer.get(letter)
        if type(given) is not str:
            return Hint(f"{letter}: expected the name of a row of the panel, got {describe(given)}", why)
        if given.strip().lower() not in right:
            return Hint(f"{letter}: not {given!r}", _why_not(letter, given.strip().lower()) or why)
    return None


@question("06.4", takes="two numbers: (before, inside)")
def before_or_inside(answer: Any) -> Hint | None:
    """Copies across folds pretend a perfect forest; resampled inside the folds, it is what it is."""
    found = _numbers(answer, 2, "before, inside")
    if isinstance(found, Hint):
        return found
    before, inside, without = _forest_scores()
    first, second = found
    if abs(first - inside) < 0.01 and abs(second - before) < 0.01:
        return Hint("these are the two, the other way round", "`before` pretends: it is the one near 1.")
    return near(
        first,
        before,
        0.01,
        hint="Before: X_all, y_all = over.fit_resample(few_rows, few_labels), then cross_val_score(forest, X_all, y_all"
        ", cv=cv, scoring='roc_auc').mean().",
        mistakes={
            inside: "This one was resampled inside the folds: oversample first, and cross-validate `forest` itself.",
            without: "This forest saw the rows as they are: oversample them first.",
        },
    ) or near(
        second,
        inside,
        0.01,
        hint="Inside: cross_val_score(Resampled(forest, over), few_rows, few_labels, cv=cv, scoring='roc_auc').mean().",
        mistakes={
            before: "Here copies are still in both: Resampled must get the rows as they are, not the oversampled ones.",
            without: "This forest was not resampled at all: wrap it, Resampled(forest, over).",
        },
    )


def _numbers(answer: Any, count: int, names: str) -> list[float] | Hint:
    """The answer's numbers, or what is wrong with it as a tuple of numbers."""
    import numbers

    if type(answer) not in (tuple, list) or len(answer) != count:
        return Hint(f"expected {count} numbers ({names}), got {describe(answer)}", "Put them into a tuple, in order.")
    odd = [each for each in answer if not isinstance(each, numbers.Real) or isinstance(each, bool)]
    if odd:
        return Hint(f"expected {count} numbers ({names}), one of yours is {describe(odd[0])}", "Take the mean of each.")
    return [float(each) for each in answer]


def _other_steps(scaled: Any, powered: Any) -> Hint | None:
    wanted = (
        ["SimpleImputer", "StandardScaler", "LogisticRegression"],
        [
            "SimpleImputer",
            "PowerTransformer",
            "LogisticRegression",
        ],
    )
    for name, pipe, right in zip(("scaled", "powered"), (scaled, powered), wanted, strict=True):
        steps = [type(step).__name__ for _, step in pipe.steps]
        if steps != right:
            return Hint(f"{name} has the steps {steps}", f"Keep its steps as they were: {', '.join(right)}.")
    return None


def _shared_steps(scaled: Any, powered: Any) -> Hint | None:
    first = {name for name, step in scaled.steps if any(step is other for _, other in powered.steps)}
    if not first:
        return None
    named = " and ".join(repr(name) for name, _ in scaled.steps if name in first)
    hint = (
        "Cloning one step leaves the others shared: clone the whole pipelines."
        if len(first) == 1
        else "A new Pipeline, or copy.copy, holds the same steps again: clone copies what is inside, too."
    )
    return Hint(f"{named}: still one object in both", hint)


def _why_not(letter: str, given: str) -> str | None:
    known = {
        ("a", "recall"): "`recall` is at the threshold 0.5, which flags 2 %: the team has time for 10 %.",
        ("a", "precision"): "`precision` is at the threshold 0.5, which flags 2 %: the team has time for 10 %.",
        ("b", "roc_auc"): "It only sees the order: halve every probability, and it stays the same. The rates do not.",
        ("b", "average_precision"): "It only sees the order: halve every probability, and it stays the same.",
        ("b", "accuracy"): "It only sees on which side of 0.5 a probability lies, not how large it is.",
        **{
            ("d", row): f"`{row}` describes the rows, not the model."
            for row in ("n", "positives", "share", "threshold")
        },
        ("c", "f1"): "It knows nothing of your prices: it takes a miss to be as bad as a false alarm, nearly.",
        ("c", "recall"): "Flag everybody, and recall is 1: false alarms have a price, too.",
        ("c", "accuracy"): "It counts a miss as one mistake and a false alarm as one mistake: here one costs ten.",
    }
    return known.get((letter, given))


@cache
def _credit() -> "pd.DataFrame":
    from mlsd import datasets

    return datasets.make_credit(20_000, seed=0)


@cache
def _forest_scores() -> tuple[float, float, float]:
    """The forest's area under the ROC curve: resampled before the folds, inside them, and not at all."""
    from imblearn.over_sampling import RandomOverSampler
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split

    from mlsd.sampling import Resampled

    X, y = _credit().drop(columns="delinquency"), _credit()["delinquency"]
    X_train, _, y_train, _ = train_test_split(X, y, stratify=y, random_state=0)
    rows, labels = X_train[:2500].fillna(0), y_train[:2500]
    over, forest = RandomOverSampler(random_state=0), RandomForestClassifier(15, random_state=0)
    options = {"cv": StratifiedKFold(5, shuffle=True, random_state=0), "scoring": "roc_auc"}
    before = cross_val_score(forest, *over.fit_resample(rows, labels), **options)
    inside = cross_val_score(Resampled(forest, over), rows, labels, **options)
    return float(before.mean()), float(inside.mean()), float(cross_val_score(forest, rows, labels, **options).mean())
