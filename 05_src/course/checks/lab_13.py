"""Lab 13: a spec for other wishes, gates that stop three faults, a promise and what came of it, a second model."""

import re
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import Hint, describe, near, question, same

if TYPE_CHECKING:
    import pandas as pd

    from mlsd.evaluate.same_rows import Paired
    from mlsd.factory import Spec

__all__ = ["blocks_the_worse", "did_it_pay", "for_the_night", "second_model"]

VERDICTS = ("paid", "harmed", "not shown")
# What a text that holds gates only needs to be a spec.
AROUND = """
name = "check"
[data]
load = "mlsd.datasets:load_late_flights"
target = "late"
decided = "decided_at"
known = "known_at"
first = "2013-01"
last = "2013-02"
[baseline]
model = "mlsd.models:flights_baseline"
[candidates.boosted]
model = "mlsd.models:flights_boosted"
"""
FAULTS = {
    "b": "It says too much for everybody, 3 points in 100: which gate compares what was said with what happened? Its "
    "limit may be nearer to what `a` needs.",
    "c": "It says too much for the airline US: is that airline among the slices, with as many rows as you ask for, and "
    "how much may a slice lose?",
    "d": 'The number on the tail must not matter: a [[gates.behaviour]] of kind = "invariance" for the column tailnum.',
}


@question("13.1", takes="a spec as text")
def for_the_night(answer: Any) -> Hint | None:
    """Each wish of the night desk, and all else as it was."""
    spec = _spec(answer)
    if isinstance(spec, Hint):
        return spec
    if re.fullmatch(r"lab13-flights-[0-9a-f]+", spec.name):
        return Hint(
            f"its name is {spec.name!r}, as before",
            "Two models of one name: each promotion would push the other team's champion aside. Give it another name.",
        )
    better, retrain = spec.gates.better, spec.retrain
    if better is None:
        return Hint("there is no gate `better`", "A gate that is left out is not asked: keep it, with Brier and 90 %.")
    for told, given, wanted, hint in (
        ("hours before departure", spec.data.params.get("hours_before"), 10, "It stands in data.params."),
        ("first month", spec.data.first, "2013-02", "data.first: they begin with February."),
        ("last month", spec.data.last, "2013-03", "data.last: March, too, and no more."),
        ("metric", better.metric, "brier", 'gates.better: metric = "brier".'),
        ("level", better.level, 0.9, "gates.better: a level lies between 0 and 1, so 90 % is 0.9."),
        ("cluster", better.cluster, "day", "The rest as you have it: flights of a day share its weather."),
        ("months until a new model", retrain.every_months, 1, "retrain.every_months: every month."),
        ("new model because of an alert", retrain.on_alert, False, "It is true unless you say on_alert = false."),
        ("days that judge", spec.train.holdout_days, 14, "The rest as you have it."),
        ("calibration", spec.gates.calibrated, 0.05, "The rest as you have it: keep the other gates."),
        ("slices", spec.gates.slices is not None, True, "The rest as you have it: keep the other gates."),
        ("candidates", sorted(spec.candidates), ["boosted", "logistic"], "The rest as you have it."),
        ("rules", len(spec.watch.rules), 2, "The rest as you have it: somebody still reads the alerts."),
    ):
        if same(given, wanted, hint=hint):
            return Hint(f"{told}: the spec says {given!r}", hint)
    return None


@question("13.2", takes="the [gates] part of a spec, as text")
def blocks_the_worse(answer: Any) -> Hint | None:
    """The good candidate passes all gates; each of the three others fails one."""
    from mlsd import factory

    spec = _spec(answer, AROUND)
    if isinstance(spec, Hint):
        return spec
    if spec.gates.better is None:
        return Hint("there is no gate `better`", "Then a model that is no better than the champion passes: keep it.")
    for letter, trial in _trials().items():
        failed = [gate for gate in factory.judge(trial, spec.gates) if not gate.passed]
        if letter == "a" and failed:
            differs = f"they refuse `a` as well, by the gate {failed[0].name}: {failed[0].seen}"
            return Hint(differs, f"Allowed was: {failed[0].allowed}. Too strict: nothing will ever be released.")
        if letter != "a" and not failed:
            return Hint(f"`{letter}` passes all of them", FAULTS[letter])
    return None


@question("13.3", takes="three things: (promised, came, verdict)")
def did_it_pay(answer: Any) -> Hint | None:
    """The gain of February's trial, the gain in March, and what the days of March show."""
    if type(answer) not in (tuple, list) or len(answer) != 3:
        return Hint(f"expected (promised, came, verdict), got {describe(answer)}", "Put the three into a tuple.")
    promised, came, verdict = answer
    trial, march = _gain("2013-02", 14), _gain("2013-03", 31)
    wrong = near(
        promised,
        trial.gain,
        0.0004,
        hint="It stands in February's gate `better`; or gains(last_days('2013-02'), v1, v2).mean().",
        mistakes={
            -trial.gain: "Turned round: loss of version 1 less loss of version 2.",
            march.gain: "That is what came in March: the order is (promised, came, verdict).",
            0.0318: "That was January's trial, of version 1 against the baseline.",
        },
    ) or near(
        came,
        march.gain,
        0.0004,
        hint="evaluate.paired(march['late'], what v1 says, what v2 says).gain on all flights of March.",
        mistakes={
            -march.gain: "Turned round: `paired` takes the old model first, then the new one.",
            trial.gain: "That was February's trial: take the flights of March.",
            _gain("2013-03", 14).gain: "That is the end of March only: take the whole month.",
        },
    )
    if wrong:
        return wrong
    verdict = verdict.strip().lower() if type(verdict) is str else verdict
    if verdict not in VERDICTS:
        return Hint(f"expected one of {', '.join(VERDICTS)}, got {describe(verdict)}", "The third of the three.")
    return same(
        verdict,
        "not shown",
        hint="The interval by day goes from below 0 to above it.",
        mistakes=[
            ("paid", "By flight the interval is above 0, by day it is not: give `clusters` the day of each flight."),
            ("harmed", "Then the whole interval would have to lie below 0."),
        ],
    )


@question("13.4", takes="three things: (log_loss, low, released)")
def second_model(answer: Any) -> Hint | None:
    """One hour before departure, January's candidate beats the baseline, and by more than two hours before."""
    if type(answer) not in (tuple, list) or len(answer) != 3:
        return Hint(f"expected (log_loss, low, released), got {describe(answer)}", "Put the three into a tuple.")
    log_loss, low, released = answer
    one = _january(1)
    if not near(log_loss, one.other, 0.001, hint="") and not near(low, one.low, 0.001, hint="") and released is True:
        return None
    two = _january(2)
    wrong = near(
        log_loss,
        one.other,
        0.001,
        hint='outcome["metrics"]["log_loss"] of the only month.',
        mistakes={
            two.other: "That was two hours before: change data.params, hours_before = 1.",
            one.one: "That is the loss of the baseline.",
        },
    ) or near(
        low,
        one.low,
        0.001,
        hint="It stands in the gate `better`: the first number of the interval.",
        mistakes={
            two.low: "That was two hours before.",
            one.gain: "That is the gain: the lower end of its interval.",
            one.high: "That is the upper end.",
        },
    )
    return wrong or same(
        released,
        True,
        hint="True or False: outcome['released'].",
        mistakes=[
            (False, "Its whole interval lies above 0, and the other gates held: it is version 1 of their model.")
        ],
    )


class _Models(NamedTuple):
    first: Any
    second: Any


def _spec(answer: Any, around: str = "") -> "Spec | Hint":
    """The spec that a text says, or what is wrong with it; `around` completes a text without a table of data."""
    from mlsd import factory
    from mlsd.errors import DataError

    if type(answer) is not str:
        return Hint(
            f"expected text, got {describe(answer)}", 'TOML between """ and """: not the path, not what it makes.'
        )
    if around and "[gates" not in answer:
        return Hint("there is no table [gates] in it", "Begin with the line [gates], as in TOO_FEW.")
    with tempfile.TemporaryDirectory(prefix="check ") as folder:
        file = Path(folder) / "answer.toml"
        file.write_text(answer if "[data]" in answer else around + answer, encoding="utf-8")
        try:
            return factory.read(file)
        except DataError as error:
            return Hint(f"the factory says: {error.problem}", error.fix or "")


@cache
def _flights(hours_before: int = 2) -> "pd.DataFrame":
    from mlsd.factory import spec, training

    data = spec.Data("mlsd.datasets:load_late_flights", "late", "decided_at", "known_at", "2013-01", "2013-01")
    return training.loaded(replace(data, params={"hours_before": hours_before}))  # the lab has it in memory by then


def _until(end: str, hours_before: int = 2) -> "pd.DataFrame":
    """What the factory learns from: labels known before, at most 12,000 rows."""
    import pandas as pd

    flights = _flights(hours_before)
    known = flights[flights["known_at"] < pd.Timestamp(end, tz="UTC")].reset_index(drop=True)
    return known if len(known) <= 12_000 else known.sample(12_000, random_state=7).sort_index()


def _judges(month: str, days: int, hours_before: int = 2) -> "pd.DataFrame":
    """The last days of a month, as far as their labels were known at its end."""
    import pandas as pd

    flights, end = _flights(hours_before), (pd.Period(month, "M") + 1).start_time.tz_localize("UTC")
    inside = (flights["decided_at"] >= end - pd.Timedelta(days=days)) & (flights["known_at"] < end)
    return flights[inside]


@cache
def _models() -> _Models:
    """Versions 1 and 2, fitted as the lab's factory does."""
    from mlsd import models

    january, both = _until("2013-01-18"), _until("2013-02-15")
    first = models.flights_logistic(random_state=7).set_params(clf__C=0.003).fit(january, january["late"])
    second = models.flights_boosted(random_state=7).set_params(clf__max_leaf_nodes=7).fit(both, both["late"])
    return _Models(first, second)


@cache
def _trials() -> dict[str, Any]:
    """The four candidates of the lab against version 1."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    from mlsd import factory

    version_1, good = _models()
    extra = {
        "b": lambda rows: 6,
        "c": lambda rows: 30 * (rows["carrier"] == "US"),
        "d": lambda rows: 10 * rows["tailnum"].str.endswith("JB").fillna(False),
    }

    def planted(minutes: Any) -> Any:
        fault = FunctionTransformer(lambda rows: rows.assign(recent_delay=rows["recent_delay"] + minutes(rows)))
        return Pipeline([("fault", fault), *good.steps])

    candidates = {"a": good} | {letter: planted(minutes) for letter, minutes in extra.items()}
    rows = _judges("2013-02", 14)
    return {
        letter: factory.Trial(model, version_1, "version 1", rows, "late", "decided_at", 1_000_000)
        for letter, model in candidates.items()
    }


@cache
def _gain(month: str, days: int) -> "Paired":
    """What version 2 saves against version 1."""
    from mlsd import evaluate

    rows = _judges(month, days)
    if days > 14:  # a whole month, with what became known later
        rows = _flights()[_flights()["month"] == int(month[-2:])]
    said = [model.predict_proba(rows)[:, 1] for model in _models()]
    return evaluate.paired(rows["late"], *said, clusters=rows["decided_at"].dt.floor("D"))


@cache
def _january(hours_before: int) -> "Paired":
    """January's trial against the baseline, so many hours before departure: of the candidate that won the search."""
    from mlsd import evaluate, models

    learn, rows = _until("2013-01-18", hours_before), _judges("2013-01", 14, hours_before)
    baseline = models.flights_baseline(random_state=7)
    winner = models.flights_logistic(random_state=7).set_params(clf__C=0.03 if hours_before == 1 else 0.003)
    said = [model.fit(learn, learn["late"]).predict_proba(rows)[:, 1] for model in (baseline, winner)]
    return evaluate.paired(rows["late"], *said, clusters=rows["decided_at"].dt.floor("D"))
