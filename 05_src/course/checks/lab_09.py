"""Lab 09: a model of nothing, equal budgets, which trials to stop, the simplest that is good enough."""

from functools import cache
from typing import TYPE_CHECKING, Any

from . import Hint, describe, is_a, near, question, same

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["inside_the_fold", "same_budget", "simplest_within", "trials_to_stop"]

TOLD = "Of all searches, read what was shown: in which folds is the best of one search better than each of the others?"


@question("09.1", takes="two numbers: (pretended, honest)")
def inside_the_fold(answer: Any) -> Hint | None:
    """Columns chosen on all rows pretend a model; chosen in each fold, noise is noise."""
    if type(answer) not in (tuple, list) or len(answer) != 2:
        return Hint(f"expected 2 numbers (pretended, honest), got {describe(answer)}", "Take the mean over the folds.")
    truth = _noise_scores()
    pretended, honest = truth["pretended"], truth["honest"]
    if not near(answer[0], honest, 0.005, hint="") and not near(answer[1], pretended, 0.005, hint=""):
        return Hint("these are the two, the other way round", "`pretended` is the one that is far too good.")
    return near(
        answer[0],
        pretended,
        0.005,
        hint="Pretended: chosen = SelectKBest(k=20).fit_transform(noise, coin), and then cross_val_score of the "
        "regression on `chosen`, with scoring='roc_auc'; the mean of it.",
        mistakes={
            truth["pretended accuracy"]: "That is the accuracy: ask for scoring='roc_auc'.",
            truth["all columns"]: "This regression got all 2,000 columns: choose the 20 first.",
            honest: "Here each fold chose for itself. To pretend, choose the columns once, on all rows.",
        },
    ) or near(
        answer[1],
        honest,
        0.005,
        hint="Honest: cross_val_score(make_pipeline(SelectKBest(k=20), LogisticRegression()), noise, coin, "
        "scoring='roc_auc').mean().",
        mistakes={
            pretended: "Here, too, the columns were chosen on all rows: give the pipeline `noise`, and not `chosen`.",
            truth["honest accuracy"]: "That is the accuracy: ask for scoring='roc_auc'.",
            truth["all columns"]: "This regression got all 2,000 columns: put SelectKBest into the pipeline.",
            0.5: "That is what you expect of a coin. Measure it: on 200 rows, chance moves it a little.",
        },
    )


@question("09.2", takes="a dict with a number for candidates and a name for winner")
def same_budget(answer: Any) -> Hint | None:
    """Each round of halving costs the same; and nobody won."""
    wrong = is_a(answer, dict, "a dict with a number for candidates and a name for winner")
    if wrong:
        return wrong
    return _may_start(answer.get("candidates")) or _nobody_won(answer.get("winner"))


@question("09.3", takes="a list of numbers and a number: (stopped, saved)")
def trials_to_stop(answer: Any) -> Hint | None:
    """Below the median of those before it, on the first fold alone."""
    if type(answer) not in (tuple, list) or len(answer) != 2:
        return Hint(f"expected a list and a number: (stopped, saved), got {describe(answer)}", "Two things, in order.")
    given, saved = answer
    if not hasattr(given, "__iter__") or isinstance(given, str):
        return Hint(f"stopped: expected a list of numbers, got {describe(given)}", "List the candidates' numbers.")
    rules = _stopped_by_rule()
    stopped = rules.pop("")
    return same(
        sorted(map(int, given)),
        stopped,
        hint="Go through the candidates in order, 1 to 15: is first[number] < first[:number].median()?",
        mistakes=[(numbers, why) for why, numbers in rules.items()],
    ) or near(
        saved,
        2 * len(stopped),
        0,
        hint="Each stopped candidate saves its fits on the folds that are left.",
        mistakes={
            3 * len(stopped): "Each of them was fitted on fold 0 before you knew: two folds of three are saved.",
            len(stopped): "That is how many candidates are stopped; each of them saves two fits.",
            48 - 2 * len(stopped): "That is how many fits are left to do.",
            2 * len(stopped) / 48: "That is the share: give the number of fits.",
        },
    )


@question("09.4", takes="a candidate's number")
def simplest_within(answer: Any) -> Hint | None:
    """The smallest C of those at most one standard error below the best."""
    table = _search()
    best, root = table.iloc[0], 3**0.5
    chosen = _simplest(table, best["std_test_score"] / root)
    fewest = float(table["param_clf__C"][chosen])
    mistakes = {
        _simplest(table, float("inf")): "It has the smallest C of all, but is it within one standard error?",
        _simplest(table, 0.0): "That is the best. Which simpler ones cannot be told from it?",
        _simplest(table, best["std_test_score"]): "Within one standard *deviation*: divide it by the square root of 3.",
        _simplest(
            table, best["std_test_score"] / 4
        ): "The mean is over 3 folds: divide by the square root of 3, not of 16.",
        _freest(table, best["std_test_score"] / root): "That is the largest C within. The simplest has the smallest.",
    }
    if isinstance(answer, float) and abs(answer - fewest) < fewest / 100:
        return Hint("that is its value of C", "Answer with the candidate's number, from the index: idxmin, not min.")
    hint = "Keep the rows whose mean_test_score is at least the best one's, less its std_test_score divided by the "
    hint += "square root of 3; of these, the index of the smallest param_clf__C."
    return same(answer, chosen, hint=hint, mistakes=list(mistakes.items()))


def _may_start(given: Any) -> Hint | None:
    return near(
        given,
        72,
        0.5,
        hint="candidates: with n of them, the rounds cost n/9, then n/3 candidates at 1/3 each, then n/9 at 1.",
        mistakes={
            24: "The same number of candidates is not the same budget: most of them see a ninth of the rows.",
            216: "That spends all 24 on the first round: the second and the third cost as much each.",
            8: "With 8 the three rounds cost 8/9 each. How many does a budget of 24 allow?",
            48: "That goes with factor=2. Here a third is kept, in three rounds, beginning with a ninth of the rows.",
            32: "That was the halving above, with another budget and another factor.",
            36: "Also the last rounds are on fewer candidates: n/3 of them, and then n/9.",
        },
    )


def _nobody_won(given: Any) -> Hint | None:
    if type(given) is not str:
        return Hint(f"winner: expected a name, got {describe(given)}", TOLD)
    known = {
        "grid": "winner: is the grid's best better in fold 1, too?",
        "random": "winner: is the best of random search better than the grid's in folds 0 and 2, too?",
        "tpe": "winner: TPE may be the cleverest, but compare its column with that of random search, fold by fold.",
        "halving": "winner: halving tried the most candidates, but look at its loss in fold 1.",
    }
    name = given.strip().lower()
    if name == "none":
        return None
    return Hint(f"winner: not {given[:30]!r}", known.get(name, "Answer 'grid', 'random', 'tpe', 'halving' or 'none'."))


def _simplest(table: "pd.DataFrame", margin: float) -> int:
    return int(table["param_clf__C"][table["mean_test_score"] >= table["mean_test_score"].max() - margin].idxmin())


def _freest(table: "pd.DataFrame", margin: float) -> int:
    return int(table["param_clf__C"][table["mean_test_score"] >= table["mean_test_score"].max() - margin].idxmax())


def _stopped_by_rule() -> dict[str, list[int]]:
    """The stopped candidates by the right rule, which has no name here, and by rules that are mistaken for it."""
    table = _search().sort_index()
    first, mean = table["split0_test_score"], table["mean_test_score"]
    later = range(1, len(table))
    return {
        "": [n for n in later if first[n] < first[:n].median()],
        "You took the median of all 16: when a candidate is judged, those after it are not known yet.": [
            n for n in range(len(table)) if first[n] < first.median()
        ],
        "You stopped the better half: scores are negative losses, and more is better.": [
            n for n in later if first[n] > first[:n].median()
        ],
        "You compared means over all folds: after fold 0, only split0_test_score is known.": [
            n for n in later if mean[n] < mean[:n].median()
        ],
        "You took the mean of those before; the rule takes the median.": [
            n for n in later if first[n] < first[:n].mean()
        ],
        'The candidate itself is among your "before": first[:number] leaves it out.': [
            n for n in later if first[n] < first[: n + 1].median()
        ],
        "You stopped all that do not beat the best so far; the rule is milder.": [
            n for n in later if first[n] < first[:n].max()
        ],
    }


@cache
def _noise_scores() -> dict[str, float]:
    """Scores of the regression on noise, by what it was given."""
    import numpy as np
    from sklearn.feature_selection import SelectKBest
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline

    rng = np.random.default_rng(9)
    noise, coin = rng.normal(size=(200, 2_000)), rng.permutation([0, 1] * 100)
    chosen = SelectKBest(k=20).fit_transform(noise, coin)
    whole = make_pipeline(SelectKBest(k=20), LogisticRegression())
    asked = {
        "pretended": (LogisticRegression(), chosen, "roc_auc"),
        "honest": (whole, noise, "roc_auc"),
        "pretended accuracy": (LogisticRegression(), chosen, "accuracy"),
        "honest accuracy": (whole, noise, "accuracy"),
        "all columns": (LogisticRegression(), noise, "roc_auc"),
    }
    return {
        name: float(cross_val_score(model, rows, coin, scoring=metric).mean())
        for name, (model, rows, metric) in asked.items()
    }


@cache
def _search() -> "pd.DataFrame":
    """The table of the lab's search over C."""
    from scipy.stats import loguniform

    from mlsd import datasets, models, sampling, tuning

    flights = datasets.load_late_flights().sample(20_000, random_state=9).sort_index()
    early, _ = sampling.split_by_time(flights, time="decided_at", test_from="2013-09-01")
    few = early.sample(4_800, random_state=9).sort_index()
    search = tuning.random_search(
        models.flights_logistic(),
        few.drop(columns="late"),
        few["late"],
        space={"clf__C": loguniform(1e-5, 100)},
        n_candidates=16,
        seed=1,
        scoring="neg_log_loss",
        cv=sampling.TimeFolds("decided_at", n_splits=3),
        progress=False,
    )
    return search.table
