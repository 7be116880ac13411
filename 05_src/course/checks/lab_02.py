"""Lab 02: a rule that beats a rule, a threshold for given costs, for whom a model pays, a requirement sheet."""

import math
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from . import Hint, describe, is_a, near, question

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["better_rule", "requirement_sheet", "two_thresholds", "where_a_model_pays"]

HOUSE_RULE, NEW_RULE = "minute_of_day >= 17 * 60", "recent_delay > 10"
COSTS, NEW_COSTS = {"cost_false_alarm": 60, "cost_miss": 300}, {"cost_false_alarm": 90, "cost_miss": 210}
CHEAPER, UPKEEP, MONTHS = 2, 6000, 4
FLAG_FROM = 0.2
LEAKS = {
    "late": "That is the answer itself.",
    "known_at": "Nobody knows the arrival two hours before departure.",
}


@question("02.1", takes="a condition as text, such as 'minute_of_day >= 17 * 60'")
def better_rule(answer: Any) -> Hint | None:
    """A condition on what is known that costs at least two dollars a flight less than the house rule in autumn."""
    from mlsd.errors import MlsdError

    hint = is_a(answer, str, "a condition as text, such as 'minute_of_day >= 17 * 60'")
    leak = [] if hint else [name for name in LEAKS if re.search(rf"\b{name}\b", answer)]
    if hint or leak:
        return hint or Hint(f"the rule asks for {leak[0]!r}", LEAKS[leak[0]])
    try:
        autumn, summer = _rule_costs(answer, "autumn"), _rule_costs(answer, "summer")
    except MlsdError as error:
        return Hint("the rule cannot be asked", str(error))
    house = _rule_costs(HOUSE_RULE, "autumn")
    if autumn <= house - CHEAPER:
        return None
    return Hint(
        f"in autumn it costs {autumn:.2f} dollars a flight, the house rule {house:.2f}", _why_dear(answer, summer)
    )


@question("02.2", takes="a dict with the thresholds 'theory' and 'chosen'")
def two_thresholds(answer: Any) -> Hint | None:
    """False alarm / (false alarm + miss), and what would have cost least in summer."""
    hint = is_a(answer, dict, "a dict with the thresholds 'theory' and 'chosen'")
    missing = [] if hint else [name for name in ("theory", "chosen") if name not in answer]
    if hint or missing:
        return hint or Hint(f"there is no {missing[0]!r}", "Keep the two keys of the cell.")
    alarm, miss = NEW_COSTS.values()
    return near(
        answer["theory"],
        alarm / (alarm + miss),
        tol=0.001,
        hint="theory: what a false alarm costs, over what a false alarm and a miss cost together.",
        mistakes={
            miss / (alarm + miss): "theory: that is the wrong way round. The dearer a miss, the lower the threshold.",
            alarm / miss: "theory: these are odds, 90 to 210. A probability is 90 out of 90 + 210.",
            60 / 360: "theory: that was for the old costs.",
            0.5: "theory: 0.5 is right only when both mistakes cost the same.",
        },
    ) or _chosen(answer["chosen"])


@question("02.3", takes="a list of carriers, such as ['AA', 'UA']")
def where_a_model_pays(answer: Any) -> Hint | None:
    """The airlines for which the model saves more than its upkeep every month, against the rule."""
    if not isinstance(answer, list | tuple | set):
        return is_a(answer, list, "a list of carriers, such as ['AA', 'UA']")
    given, saved = {str(code).strip().upper() for code in answer}, _saved_by_carrier()
    unknown = given - set(saved.index)
    if unknown:
        return Hint(f"{sorted(unknown)[0]!r} is no carrier in the autumn", f"Carriers are {', '.join(saved.index)}.")
    right = _carriers(saved > UPKEEP * MONTHS)
    if given == right:
        return None
    known = [why for wrong, why in _wrong_carriers(saved) if given == wrong]
    parts = {"too many": sorted(given - right), "missing": sorted(right - given)}
    differs = "; ".join(f"{word}: {', '.join(codes)}" for word, codes in parts.items() if codes)
    return Hint(differs, known[0] if known else "Sum the dollars by carrier, rule less model; four months, then one.")


@question("02.4", takes="a dict of six requirements: (what is measured, 'at least' or 'at most', the number)")
def requirement_sheet(answer: Any) -> Hint | None:
    """Six requirements, each with a measure, a direction and a number that can fail and can be kept."""
    hint = is_a(answer, dict, "a dict of six requirements")
    missing = [] if hint else [name for name in SHEET if name not in answer]
    if hint or missing:
        return hint or Hint(f"there is no requirement {missing[0]!r}", "Keep the six keys of the cell.")
    return next(filter(None, (_line(name, answer[name]) for name in SHEET)), None)


def _rule_costs(rule: str, period: str) -> float:
    from mlsd import evaluate

    part = _periods()[period]
    said = evaluate.RuleClassifier(rule).fit(part, part["late"]).predict(part)
    return float(_dollars(part, said == 1, COSTS).mean())


def _why_dear(rule: str, summer: float) -> str:
    flagged = _share_flagged(rule)
    if flagged == 0:
        return "It flags no flight at all: what does that save?"
    if flagged == 1:
        return "It flags every flight: seats held for nothing cost more than all the late flights."
    if summer <= _rule_costs(HOUSE_RULE, "summer") - CHEAPER:
        return (
            "It was cheaper in summer, and did not last: an hour or a month is late for other reasons in each season."
        )
    return "What goes wrong at the airport right now says more than the clock: look at recent_delay and the weather."


def _share_flagged(rule: str) -> float:
    from mlsd import evaluate

    autumn = _periods()["autumn"]
    return float(evaluate.RuleClassifier(rule).fit(autumn, autumn["late"]).predict(autumn).mean())


def _chosen(answer: Any) -> Hint | None:
    from mlsd import evaluate

    summer, chance = _periods()["summer"], _chances()["summer"]
    best = evaluate.best_threshold(summer["late"], chance, **NEW_COSTS)
    least = _dollars(summer, chance >= best, NEW_COSTS).mean()
    if _costs_as_little(answer, summer, chance, least):
        return None
    old = evaluate.best_threshold(summer["late"], chance, **COSTS)
    later = evaluate.best_threshold(_periods()["autumn"]["late"], _chances()["autumn"], **NEW_COSTS)
    return near(
        answer,
        best,
        tol=0.003,
        hint="chosen: evaluate.best_threshold(summer['late'], chance, ...) with the new costs.",
        mistakes={
            0.3: "chosen: that is the theory again. Ask the summer's flights: evaluate.best_threshold.",
            old: "chosen: that is the best one for the old costs.",
            later: "chosen: that is the best one for the autumn. Who chooses on it can't judge by it.",
        },
    )


def _costs_as_little(threshold: Any, part: "pd.DataFrame", chance: "np.ndarray", least: float) -> bool:
    """Where the valley is flat, a neighbour of the best threshold is as good."""
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        return False
    return bool(_dollars(part, chance >= threshold, NEW_COSTS).mean() <= 1.0005 * least)


def _carriers(chosen: "pd.Series") -> set[str]:
    return set(chosen.index[chosen])


def _wrong_carriers(saved: "pd.Series") -> list[tuple[set[str], str]]:
    flights = _periods()["autumn"].groupby("carrier").size()
    against_nobody = _saved_by_carrier("nobody")
    return [
        (_carriers(saved > 0), "There the model saves something, but not what it costs to keep: 6,000 a month."),
        (_carriers(saved > UPKEEP), "Four months of savings against one month of upkeep: divide by four."),
        (_carriers(saved / flights > 0), "Per flight says nothing about the upkeep: sum the dollars of each carrier."),
        (
            _carriers(against_nobody > UPKEEP * MONTHS),
            "That is against holding no seats. The rule is free: beat the rule.",
        ),
        (
            set(flights.nlargest(4).index),
            "The biggest four, but with some of them the rule is nearly as good: compare.",
        ),
    ]


@cache
def _saved_by_carrier(instead_of: str = NEW_RULE) -> "pd.Series":
    """Dollars that the model saves in the autumn, against a rule or against holding no seats."""
    autumn = _periods()["autumn"]
    by_model = _dollars(autumn, _chances()["autumn"] >= FLAG_FROM, COSTS)
    other = autumn["recent_delay"] > (math.inf if instead_of == "nobody" else 10)
    return (_dollars(autumn, other, COSTS) - by_model).groupby(autumn["carrier"]).sum()


def _dollars(part: "pd.DataFrame", flagged: Any, costs: dict[str, int]) -> "pd.Series":
    alarms, misses = flagged & (part["late"] == 0), ~flagged & (part["late"] == 1)
    return costs["cost_false_alarm"] * alarms + costs["cost_miss"] * misses


@cache
def _flights() -> "pd.DataFrame":
    from mlsd import datasets

    flights = datasets.load_late_flights().drop(columns="known_at")
    return flights.assign(hour=flights["minute_of_day"] // 60)


@cache
def _periods() -> dict[str, "pd.DataFrame"]:
    month = _flights()["month"]
    chosen = {"past": month <= 6, "summer": month.isin([7, 8]), "autumn": month >= 9}
    parts = {name: _flights()[rows] for name, rows in chosen.items()}
    return parts | {"past": parts["past"].iloc[::6]}


@cache
def _chances() -> dict[str, "np.ndarray"]:
    """What the lab's model says in each period, worked out once."""
    from mlsd import models

    periods = _periods()
    model = models.flights_logistic().fit(periods["past"], periods["past"]["late"])
    return {name: model.predict_proba(periods[name])[:, 1] for name in ("summer", "autumn")}


# Words that two people understand in two ways, unless a number's own unit stands beside them.
VAGUE = (
    r"fast|quick\w*|good|better|best|robust|scalab\w+|reliab\w+|accura\w+|easy|easily|always|never|often|rarely|soon"
)
COUNTS = r"share|percent|%|number|seconds?|minutes?|hours?|days?|months?|dollars?|[0-9]"


def _line(name: str, line: Any) -> Hint | None:
    if not isinstance(line, tuple | list) or len(line) != 3:
        return Hint(
            f"{name}: expected three things, got {describe(line)}", "What is measured, at least or at most, the number."
        )
    measure, direction, number = line
    return _measure(name, measure) or _number(name, direction, number) or SHEET[name](measure, direction, float(number))


def _measure(name: str, measure: Any) -> Hint | None:
    words = measure.split() if isinstance(measure, str) else []
    vague = re.search(rf"\b({VAGUE})\b", measure, re.IGNORECASE) if words else None
    if len(words) < 3 or (vague and not re.search(rf"\b({COUNTS})", measure, re.IGNORECASE)):
        what = f"{vague[0]!r} is nothing that" if vague else "Two or three words are little:"
        return Hint(
            f"{name}: nobody can measure {describe(measure)}",
            f"{what} two people would count alike. Say what is counted, and over how long.",
        )
    return None


def _number(name: str, direction: Any, number: Any) -> Hint | None:
    if direction not in ("at least", "at most"):
        return Hint(f"{name}: got {describe(direction)}", "The second is 'at least' or 'at most'.")
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        why = "Without a number no test can fail. Take one, and change it when you know better."
        return Hint(f"{name}: expected a number, got {describe(number)}", why)
    return None


def _at_most(name: str, direction: str, number: float, limit: float, why: str) -> Hint | None:
    if direction != "at most":
        return Hint(f"{name}: not {direction!r}", "Less is better here: set what it may be at most.")
    if number <= 0:
        return Hint(f"{name}: {number:g} cannot be kept", "Nothing takes no time and costs nothing. Leave some room.")
    return Hint(f"{name}: {number:g} is too much", why) if number > limit else None


def _at_least(name: str, direction: str) -> Hint | None:
    why = "More is better here: set what it must be at least."
    return None if direction == "at least" else Hint(f"{name}: not {direction!r}", why)


def _reliability(measure: str, direction: str, number: float) -> Hint | None:
    if number >= 1:
        why = "Nothing is always there: a share of 1 fails on the first bad day. (99 % is 0.99.)"
        return Hint(f"reliability: {number:g} cannot be kept", why)
    little = Hint(f"reliability: {number:g} is little", "One question in ten without an answer is no service.")
    return _at_least("reliability", direction) or (little if number < 0.9 else None)


def _scalability(measure: str, direction: str, number: float) -> Hint | None:
    busiest, usual = _flights_an_hour()
    few = f"A usual hour has {usual:.0f} flights, the busiest {busiest}. Plan for the peak, and some more."
    too_few = Hint(f"scalability: {number:g} flights in an hour are too few", few)
    return _at_least("scalability", direction) or (too_few if number < busiest else None)


def _maintainability(measure: str, direction: str, number: float) -> Hint | None:
    return _at_most("maintainability", direction, number, 24, "The old one must be back by the next morning.")


def _adaptability(measure: str, direction: str, number: float) -> Hint | None:
    why = "The timetable changes every month: a model that is older than that is about another one."
    return _at_most("adaptability", direction, number, 31, why)


def _latency(measure: str, direction: str, number: float) -> Hint | None:
    if re.search(r"\b(mean|average|median|typical)", measure, re.IGNORECASE):
        why = "Behind a good average somebody may wait for a minute. Say how many of 100 answers come within the limit."
        return Hint("latency: an average hides the slow ones", why)
    return _at_most("latency", direction, number, 10, "A caller waits ten seconds, no longer.")


def _accuracy(measure: str, direction: str, number: float) -> Hint | None:
    nobody = 300 * _periods()["autumn"]["late"].mean()
    if re.search(r"accura|% right|correct", measure, re.IGNORECASE) or (direction == "at least" and number <= 1):
        why = "Holding no seats is 88 % accurate. The desk pays in dollars: set a cost for each flight."
        return Hint("accuracy: that is a share of right answers", why)
    why = f"Holding no seats costs {nobody:.2f} dollars a flight. What costs as much is not needed."
    if direction == "at most" and 0 < number < 20:
        return Hint(f"accuracy: {number:g} cannot be kept", "Nothing in this lab cost less than 26 dollars a flight.")
    return _at_most("accuracy", direction, number, nobody, why)


SHEET = {
    "reliability": _reliability,
    "scalability": _scalability,
    "maintainability": _maintainability,
    "adaptability": _adaptability,
    "latency": _latency,
    "accuracy": _accuracy,
}


@cache
def _flights_an_hour() -> tuple[int, float]:
    """How many flights are asked about in the busiest hour, and in a usual one."""
    by_hour = _flights().groupby(_flights()["decided_at"].dt.floor("h")).size()
    return int(by_hour.max()), float(by_hour.median())
