"""Lab 11: columns that say the same, one row explained, three kinds of zeros, four columns that may not go together."""

import numbers
from functools import cache
from typing import TYPE_CHECKING, Any

from . import Hint, describe, near, question

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["all_four", "one_row", "twins", "zeros"]

FOUR = ("ISI", "FFMC", "temp", "RH")
FIRST, SECOND = "revolving_unsecured_line_utilization", "second_bureau"
VERDICTS = ("harmless", "harmful", "not shown")
REASONS = ("own background", "constant model", "all alike", "out of scale")
WHY_ZERO = {
    "a": ("own background", "Compare `rows['a']` with `compared_with['a']`: how do they differ?"),
    "b": (
        "constant model",
        "Look at np.ptp(knows['b'].predict(F)): how far apart are its smallest and largest answer?",
    ),
    "c": (
        "all alike",
        "Ask knows['c'] about all of X_test: does it always say the same? If not, which column does it use, and what "
        "does that column hold in `never`?",
    ),
}


@question("11.1", takes="three numbers: (alone, other, both)")
def twins(answer: Any) -> Hint | None:
    """Shuffled alone each twin looks small; together they are what the one was worth."""
    wrong = _three(answer, "alone, other, both")
    if wrong:
        return wrong
    alone, other, both, before_twin = _drops()
    if all(isinstance(each, numbers.Real) and each < 0 for each in answer):
        return Hint("all three are negative", "The drop is the score before, less the score after.")
    return (
        near(
            answer[0],
            alone,
            0.008,
            hint="Shuffle `first` only: judge_twins.assign(**{first: judge_twins[first].to_numpy()[order]}).",
            mistakes={
                before_twin: "That is what `first` was worth to `boosted`, which has no twin: ask `with_twin`.",
                other: "That is the drop for `second`: the order is (alone, other, both).",
            },
        )
        or near(
            answer[1],
            other,
            0.008,
            hint="Shuffle `second` only, and leave `first` as it is.",
            mistakes={alone: "That is the drop for `first`."},
        )
        or near(
            answer[2],
            both,
            0.008,
            hint="Shuffle both columns at once, with the same `order`, and compute one score.",
            mistakes={
                alone + other: "You added the two. While one is shuffled the other still helps: shuffle both at once.",
                max(alone, other): "Here one of the two still stood in its place: shuffle both at once.",
            },
        )
    )


@question("11.2", takes="(column, effect, probability)")
def one_row(answer: Any) -> Hint | None:
    """The most negative value speaks for the borrower; base and values add up to log-odds, not to a probability."""
    wrong = _three(answer, "column, effect, probability")
    if wrong:
        return wrong
    effects, base = _your_effects()
    column, effect, probability = answer
    if type(column) is not str or column not in effects:
        return Hint(f"column: {describe(column)} is no column of X", f"One of: {', '.join(effects)}.")
    lowest, total = min(effects, key=lambda name: effects[name]), base + sum(effects.values())
    if column != lowest:
        return Hint(f"column: not {column!r}", _why_not(column, effect, effects))
    if _is_share_of(effect, effects[lowest]):
        return Hint(
            f"effect: {float(effect):g} is small", 'Is it in probability? Log-odds are the default, output="raw".'
        )
    return near(
        effect,
        effects[lowest],
        0.005,
        hint="Its Shapley value for `you`, raw, with background=others: one of mine.values[0].",
        mistakes={
            -effects[lowest]: "Keep the sign: it lowers the log-odds.",
            0: "Zero? Without a background the row is compared with itself: background=others.",
        },
    ) or near(
        probability,
        _expit(total),
        0.005,
        hint="Base value and all ten values add up to the log-odds. scipy's `expit` makes it a probability.",
        mistakes={
            total: "That is the log-odds: it still has to go through `expit`.",
            _expit(total - base): "You left out the base value: the values only say how far `you` are from it.",
            _expit(base): "That is the base value alone, the background's: add the ten values before `expit`.",
            _expit(base + effects[lowest]): "One value is not all: add all ten.",
            1 - _expit(total): "That is the probability of paying in time.",
        },
    )


@question("11.3", takes="a dict with the reason for each of a, b and c")
def zeros(answer: Any) -> Hint | None:
    """No difference to explain, no difference in the model, no difference in the column that it uses."""
    if type(answer) is not dict:
        return Hint(f"expected a dict with the reason for each of a, b and c, got {describe(answer)}")
    for letter, (reason, why) in WHY_ZERO.items():
        given = answer.get(letter)
        if type(given) is not str or given.strip().lower() not in REASONS:
            return Hint(f"{letter}: expected one of {', '.join(REASONS)}, got {describe(given)}", why)
        if given.strip().lower() != reason:
            return Hint(f"{letter}: not {given!r}", _why_not_zero(letter, given.strip().lower()) or why)
    return None


@question("11.4", takes="(low, high, verdict)")
def all_four(answer: Any) -> Hint | None:
    """The interval reaches below minus the margin and above zero: neither harm nor harmlessness is shown."""
    wrong = _three(answer, "low, high, verdict")
    if wrong:
        return wrong
    found, (low, high, verdict) = _without(FOUR), answer
    call = "explain.can_go(models.fires_linear(), F, area, [...all four...], margin=0.02, scoring=score)"
    return (
        (near(low, found.low, 0.001, hint=call) and near(low, found.low, 0.001, hint=call, mistakes=_other_lows()))
        or near(high, found.high, 0.001, hint=f"The upper end, `high`, of {call}")
        or _verdict(verdict)
    )


def _verdict(given: Any) -> Hint | None:
    if type(given) is not str or given.strip().lower() not in VERDICTS:
        return Hint(f"expected one of {', '.join(VERDICTS)}, got {describe(given)}")
    why = {
        "harmless": "An interval with 0 in it does not prove that nothing is lost: its lower end loses more than 0.02.",
        "harmful": "To show harm, the whole interval would have to lie below 0. It does not.",
    }
    wrong = why.get(given.strip().lower())
    return Hint(f"not {given!r}", wrong) if wrong else None


def _three(answer: Any, names: str) -> Hint | None:
    if type(answer) not in (tuple, list) or len(answer) != 3:
        return Hint(f"expected ({names}), got {describe(answer)}", "Put the three into a tuple, in this order.")
    return None


def _is_share_of(effect: Any, right: float) -> bool:
    """Whether a number has the right sign, but only a part of the size, as effects in probability have."""
    return isinstance(effect, numbers.Real) and 0.01 < float(effect) / right < 0.5


def _why_not(column: str, effect: Any, effects: dict[str, float]) -> str:
    if effect == 0:
        return "All values are zero? Without a background the row is compared with itself: background=others."
    largest = max(effects, key=lambda name: abs(effects[name]))
    if column in (largest, max(effects, key=lambda name: effects[name])):
        return "This one moves the answer most, but upwards: it speaks against `you`. Look for the most negative value."
    if column == min(effects, key=lambda name: abs(effects[name])):
        return "This one says next to nothing. Look for the most negative value, not for the smallest size."
    return "Look for the most negative of mine.values[0], the values of `you` (not of `borrower`), against `others`."


def _why_not_zero(letter: str, given: str) -> str | None:
    known = {
        ("a", "constant model"): "`boosted` is the model of section 1: its answers differ from borrower to borrower.",
        ("c", "constant model"): "Ask it about all of X_test, not only about `never`: its answers do differ.",
        ("c", "own background"): "The explained rows and the background are other borrowers. In what are they alike?",
        (
            "b",
            "own background",
        ): "The first and the last hundred fires are other rows. What does the model make of them?",
        ("b", "all alike"): "It uses no column at all: look at its answers to every row of F.",
    }
    return "They are zero, to the last digit." if given == "out of scale" else known.get((letter, given))


def _expit(log_odds: float) -> float:
    from math import exp

    return 1 / (1 + exp(-log_odds))


@cache
def _borrowers() -> "tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.Series]":
    from sklearn.model_selection import train_test_split

    from mlsd import datasets

    credit = datasets.make_credit(20_000, seed=0)
    X_train, X_test, y_train, y_test = train_test_split(
        credit.drop(columns="delinquency"), credit["delinquency"], stratify=credit["delinquency"], random_state=0
    )
    return X_train, X_test, y_train, y_test


@cache
def _boosted() -> Any:
    from mlsd import models

    X_train, _, y_train, _ = _borrowers()
    return models.credit_boosted().fit(X_train, y_train)


@cache
def _drops() -> tuple[float, float, float, float]:
    """What the area under the ROC curve loses: first, second, both; and first where there is no second."""
    import numpy as np
    import pandas as pd
    from sklearn.metrics import roc_auc_score

    from mlsd import models

    X_train, X_test, y_train, y_test = _borrowers()
    X = pd.concat([X_train, X_test]).sort_index()
    twins = X.assign(second_bureau=X[FIRST] * np.exp(np.random.default_rng(0).normal(0, 0.02, len(X))))
    model = models.credit_boosted().set_params(columns__columns=list(twins)).fit(twins.loc[X_train.index], y_train)
    judge, late = twins.loc[X_test.index[:2000]], y_test.head(2000)
    order = np.random.default_rng(0).permutation(len(judge))

    def drop(asked: Any, columns: list[str]) -> float:
        moved = judge.assign(**{name: judge[name].to_numpy()[order] for name in columns})
        before, after = (roc_auc_score(late, asked.predict_proba(rows)[:, 1]) for rows in (judge, moved))
        return float(before - after)

    return drop(model, [FIRST]), drop(model, [SECOND]), drop(model, [FIRST, SECOND]), drop(_boosted(), [FIRST])


@cache
def _your_effects() -> tuple[dict[str, float], float]:
    """Your values by column, and the base value, in log-odds."""
    from mlsd import explain

    X_train, X_test, _, _ = _borrowers()
    found = explain.shap_values(_boosted(), X_test.iloc[[197]], background=X_train.sample(100, random_state=0))
    return dict(zip(found.feature_names, map(float, found.values[0]), strict=True)), float(found.base_values[0])


@cache
def _without(columns: tuple[str, ...], model: str = "fires_linear") -> Any:
    from mlsd import datasets, explain, models

    fires = datasets.make_fires(seed=0)
    X, area = fires.drop(columns="area"), fires["area"]
    score = "neg_root_mean_squared_log_error"
    return explain.can_go(getattr(models, model)(), X, area, columns, margin=0.02, scoring=score)


def _other_lows() -> dict[float, str]:
    """Lower ends that a slip leads to; slow, so asked for only when the answer is wrong."""
    return {
        _without(FOUR, "fires_boosted").low: "These are the boosted trees: the question is about `fires_linear`.",
        _without(("ISI",)).low: "That is ISI alone: give can_go the list of all four.",
        _without(FOUR).difference: "That is the difference itself: asked for are the ends of its interval.",
    }
