"""Lab 07: a gap that speaks, an unseen carrier, the optimism of a rate, planted leaks."""

from functools import cache
from typing import TYPE_CHECKING, Any

from . import Hint, is_a, near, question, same

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["missing_not_at_random", "optimism", "planted_leaks", "unseen_carrier"]

GAPS = ("recent_delay", "pressure", "seats")
EXAM = {"A": 5, "B": 10, "C": 15, "D": 24}
DIFFERENCES = "a dict of three numbers by column: recent_delay, pressure, seats"
OPTIMISMS = "a dict of two numbers: dest, flight"
OUTCOMES = {
    "one-hot": ("error", "Without `handle_unknown`, OneHotEncoder refuses a category that it has not learned."),
    "one-hot, ignore": ("zero", "`ignore` gives an unseen category a 0 in every column; no column stands for it."),
    "frequency": ("zero", "No row of the training data had it: its share is 0."),
    "hash": (
        "another",
        "A hash puts every text into some bucket, and 16 known carriers lie in 8 buckets: look at which row of "
        "`encoder.transform` of the known ones is the same.",
    ),
    "target": ("average", "It has no rate of its own, so TargetEncoder gives it the late rate of all training rows."),
}
WHY = {
    "A": "Look for one value that is repeated many times in a column, and at whom it was given to.",
    "B": "Some rows come many times. Of which class are they?",
    "C": "Compare the dates with the instant of the decision; the audit needs decided_at=, from `given`.",
    "D": "Gaps that go with the target may be honest, as the lost pressure is. What did the audit say?",
}


@question("07.1", takes=DIFFERENCES)
def missing_not_at_random(answer: Any) -> Hint | None:
    """In the hour, lost pressure goes with lateness; the early morning explains most of the lost recent delay."""
    hint = is_a(answer, dict, DIFFERENCES)
    return hint or _first(_gap_hint(column, answer.get(column)) for column in GAPS)


@question("07.2", takes="a dict with a word for each of the five encoders")
def unseen_carrier(answer: Any) -> Hint | None:
    """Refused, nothing but zeros, some known carrier's bucket, or the rate of all."""
    hint = is_a(answer, dict, "a dict with a word for each of the five encoders")
    if hint:
        return hint
    given = {name: word.strip().lower() if isinstance(word, str) else word for name, word in answer.items()}
    words = {word for word, _ in OUTCOMES.values()}
    wrong = [name for name, (word, _) in OUTCOMES.items() if given.get(name) in words and given[name] != word]
    if wrong:
        return Hint(f"{wrong[0]}: not {given[wrong[0]]!r}", OUTCOMES[wrong[0]][1])
    right = {name: word for name, (word, _) in OUTCOMES.items()}
    return same(given, right, hint="The values are the words 'error', 'zero', 'another' and 'average'.")


@question("07.3", takes=OPTIMISMS)
def optimism(answer: Any) -> Hint | None:
    """What a rate over all rows pretends: little with large categories, much with small ones."""
    hint = is_a(answer, dict, OPTIMISMS)
    return hint or _first(_optimism_hint(column, answer.get(column)) for column in ("dest", "flight"))


@question("07.4", takes="a dict with the kind of leak, or 'clean', for each of A, B, C and D")
def planted_leaks(answer: Any) -> Hint | None:
    """The kinds in the answer key of four planted tables."""
    hint = is_a(answer, dict, "a dict with the kind of leak, or 'clean', for each of A, B, C and D")
    if hint:
        return hint
    given = {letter: kind.strip().lower() if isinstance(kind, str) else kind for letter, kind in answer.items()}
    kinds = [table.kind or "clean" for table in _tables()]
    right = {letter: kinds[place] for letter, place in EXAM.items()}
    wrong = [letter for letter in right if given.get(letter) != right[letter]]
    if not wrong:
        return None
    letter, said = wrong[0], given.get(wrong[0])
    if not isinstance(said, str) or said not in kinds:
        named = "The kinds are those in the audit's table, such as 'scaling' or 'target encoding', or 'clean'."
        return Hint(f"{letter}: there is no such kind of leak", named)
    missed = "The audit did find something. Did you pass what is given: `**planted.given`?"
    return Hint(f"{letter}: not {said!r}", missed if said == "clean" else WHY[letter])


def _first(hints: Any) -> Hint | None:
    return next(filter(None, hints), None)


def _gap_hint(column: str, given: Any) -> Hint | None:
    right, raw, plain = _differences(column)
    found = near(
        given,
        right,
        0.0005,
        hint="In each hour: the late rate of the rows with a gap, less that of the others. Then np.average(..., "
        "weights=number of gaps).",
        mistakes={
            -right: "The sign: the rate where it is missing, less the rate where it is known.",
            raw: "That compares all hours at once. Flights of the early morning are seldom late, gap or not: group by "
            "the hour first.",
            plain: "Each hour counts the same in your mean. Weight it by its number of gaps: some hours have only one.",
        },
    )
    return found and Hint(f"{column}: {found.differs}", found.hint)


def _optimism_hint(column: str, given: Any) -> Hint | None:
    leaky, honest, of_test, dropped = _areas(column)
    found = near(
        given,
        leaky - honest,
        0.0005,
        hint="The AUC of the rates over all of `flights`, less that of the rates over `train`, both judged on `test`.",
        mistakes={
            honest - leaky: "The sign: the score with the leak, less the score without it.",
            leaky: "That is the score with the leak. How much of it is left without?",
            leaky - 0.5: "0.5 is chance. What is taken off is the score of the honest rate.",
            of_test - honest: "You counted the rates over `test` alone; the leak here counts over all of `flights`.",
            leaky - dropped: "An unseen category counts too: give it the late rate of `train`, not 0.",
        },
    )
    return found and Hint(f"{column}: {found.differs}", found.hint)


@cache
def _parts() -> tuple["pd.DataFrame", "pd.DataFrame", "pd.DataFrame"]:
    from mlsd import datasets, sampling

    flights = datasets.load_late_flights()
    return flights, *sampling.split_by_time(flights, time="decided_at", test_from="2013-09-01", gap="1D")


@cache
def _differences(column: str) -> tuple[float, float, float]:
    """Within the hour and weighted; over all hours at once; within the hour, each hour alike."""
    import numpy as np

    train = _parts()[1]
    gap = train[column].isna().rename("gap")
    hour = (train["minute_of_day"] // 60).rename("hour")
    rates = train["late"].groupby([hour, gap]).agg(["mean", "size"]).unstack().dropna()
    difference = rates["mean"][True] - rates["mean"][False]
    raw = train.loc[gap, "late"].mean() - train.loc[~gap, "late"].mean()
    return float(np.average(difference, weights=rates["size"][True])), float(raw), float(difference.mean())


@cache
def _areas(column: str) -> tuple[float, float, float, float]:
    """AUC on the test of rates over all rows, over train, over test, and over train with 0 for what it never saw."""
    from sklearn.metrics import roc_auc_score

    flights, train, test = _parts()

    def area(rows: "pd.DataFrame", unseen: float) -> float:
        rates = test[column].map(rows.groupby(column)["late"].mean()).fillna(unseen)
        return float(roc_auc_score(test["late"], rates))

    overall = train["late"].mean()
    return area(flights, overall), area(train, overall), area(test, overall), area(train, 0)


@cache
def _tables() -> list[Any]:
    from mlsd import datasets

    return datasets.make_leaks(seed=7)
