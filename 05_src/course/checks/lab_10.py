"""Lab 10: a calibrated model, a bad slice and its days, a model that bears small letters, a promise to a rare class."""

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from . import Hint, describe, near, question, same

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from sklearn.pipeline import Pipeline

__all__ = ["bad_slice", "calibrated", "mended", "promise_for_the_late"]

PROBABILITIES = "one probability of being late for each flight of the autumn"
# Every eighth flight of the autumn tells one way of calibrating from another.
STEP = 8
METHODS = ("isotonic", "platt")
# The first slice of the lab's table
WORST = "dewp <= 26.6 and pressure is missing"
FITTED = "These rows fitted the model, and it knows them by heart: calibrate on rows it has not seen."
JUDGES = "These rows are to judge: a model calibrated on them has seen the answers. Take the summer."
# Which trees, and what they were calibrated on
WHY_NOT: dict[tuple[str | None, str], str] = {
    ("balanced", ""): "Those are the colleague's own probabilities: evaluate.calibrate(balanced, ...) puts them right.",
    (None, ""): "Those are of `boosted`, which needs it less: calibrate `balanced`.",
    **{("balanced", f"past, {method}"): FITTED for method in METHODS},
    **{("balanced", f"autumn, {method}"): JUDGES for method in METHODS},
}


@question("10.1", takes=PROBABILITIES)
def calibrated(answer: Any) -> Hint | None:
    """Calibrated on the summer: neither on the rows of the fit nor on those that judge."""
    import numpy as np

    given = _probabilities(answer)
    if isinstance(given, Hint):
        return given

    def is_like(ours: Any) -> bool:
        return float(np.abs(given[::STEP] - ours).mean()) < 1e-4

    if any(is_like(_said("balanced", f"summer, {method}")) for method in METHODS):
        return None
    found = next((why for way, why in WHY_NOT.items() if is_like(_said(*way))), None)
    return Hint(
        f"on average, yours say {given.mean():.3f}",
        found or "evaluate.calibrate(balanced, summer, summer['late']) gives a model: ask that.",
    )


@question("10.2", takes="three things: (slice, rows, days)")
def bad_slice(answer: Any) -> Hint | None:
    """The first slice by what the model says too little, its flights and their days."""
    if type(answer) not in (tuple, list) or len(answer) != 3:
        return Hint(f"expected three things: (slice, rows, days), got {describe(answer)}", "Put them into a tuple.")
    text, rows, days = answer
    text = text.strip() if type(text) is str else text
    if text != WORST:
        hint = "The first row of slices(known, autumn['late'], said['boosted'], metric=too_little, min_rows=200)."
        return same(text, WORST, hint=hint, mistakes=_other_slices())
    autumn = _parts()["autumn"]
    cold, unknown = autumn["dewp"] <= 26.6, autumn["pressure"].isna()
    both = autumn.loc[cold & unknown, "day"]
    return near(rows, len(both), 0.5, hint="`rows` in the first row of the table: all of its flights.") or near(
        days,
        both.nunique(),
        0.5,
        hint="Take the flights for which both conditions hold, then autumn.loc[those, 'day'].nunique().",
        mistakes={
            len(both): "That is the number of flights: many left on the same day.",
            autumn.loc[cold | unknown, "day"].nunique(): "Those are the days on which one of the two holds: use &.",
        },
    )


@question("10.3", takes="a model: a tidying step and the steps of fitted['logistic']")
def mended(answer: Any) -> Hint | None:
    """The same answer for "ua" as for "UA", and for "UA" what it was before."""
    import numpy as np

    rows, model = _some_flights(), _logistic()
    if not hasattr(answer, "predict_proba"):
        return Hint(f"expected a model, got {describe(answer)}", "Pipeline([('tidy', ...), *fitted['logistic'].steps])")
    before = model.predict_proba(rows)[:, 1]
    small = rows.assign(carrier=rows["carrier"].str.lower())
    written, lowered = (answer.predict_proba(each)[:, 1] for each in (rows, small))
    changed = int((np.abs(written - lowered) > 1e-9).sum())
    other = int((np.abs(written - before) > 1e-6).sum())
    if not changed and not other:
        return None
    if not changed:
        return Hint(
            f"the letters do not matter any more, but {other} of {len(rows)} flights get another answer than before",
            "Then the airline is lost, or the model is another: the old one knows capitals. Make capitals of all.",
        )
    if other > changed / 2:
        return Hint(
            f"the answer still moves for {changed} of {len(rows)} flights, also for those in capitals",
            "The model was fitted on capitals: to it, small letters are an airline it has never met.",
        )
    return Hint(
        f"the answer still moves for {changed} of {len(rows)} flights",
        "The tidying must come first, before the model's own steps, and make capitals of the carrier: .str.upper().",
    )


@question("10.4", takes="two numbers: (coverage, unsure)")
def promise_for_the_late(answer: Any) -> Hint | None:
    """A quantile for each class: late flights are covered, and every second set holds both classes."""
    if type(answer) not in (tuple, list) or len(answer) != 2:
        return Hint(f"expected two numbers: (coverage, unsure), got {describe(answer)}", "Put them into a tuple.")
    coverage, unsure = answer
    by_class = _kept(by_class=True)
    if not near(coverage, by_class.late, 0.001, hint="") and not near(unsure, by_class.unsure, 0.001, hint=""):
        return None
    shared = _kept(by_class=False)
    whose = "That is for all flights, for those in time, or the promise itself: the late ones of `fresh` are group 1."
    return near(
        coverage,
        by_class.late,
        0.001,
        hint="evaluate.conformal(..., by_class=True).coverage(fresh, fresh['late'], groups=fresh['late']): the row of "
        "group 1.",
        mistakes={
            shared.late: "That is how it was before: ask conformal for a quantile of each class, by_class=True.",
            **dict.fromkeys((by_class.everybody, by_class.in_time, 0.9), whose),
        },
    ) or near(
        unsure,
        by_class.unsure,
        0.001,
        hint="(by_class.predict(fresh)['size'] == 2).mean(): a set that holds both classes has the size 2.",
        mistakes={
            shared.unsure: "That is the share for the sets before, without by_class=True.",
            by_class.size: "That is the mean size of the sets: count those of size 2, as a share.",
            by_class.unsure_late: "That is the share among the late flights: count all flights of `fresh`.",
            100 * by_class.unsure: "A share from 0 to 1, not per cent.",
        },
    )


class _Kept(NamedTuple):
    everybody: float
    in_time: float
    late: float
    size: float
    unsure: float
    unsure_late: float


def _probabilities(answer: Any) -> "np.ndarray | Hint":
    import numpy as np
    import pandas as pd

    autumn = len(_parts()["autumn"])
    if type(answer) not in (np.ndarray, pd.Series, list):
        fix = "Ask the calibrated model: .predict_proba(autumn)[:, 1]."
        return Hint(f"expected {PROBABILITIES}, got {describe(answer)}", fix)
    given = np.asarray(answer, dtype="float64")
    if given.shape == (autumn, 2):
        return Hint("expected one probability a flight, got two", "The second column is that of being late: [:, 1].")
    if given.shape != (autumn,):
        rows = "Ask about the autumn: calibrated on the summer, judged on the autumn."
        return Hint(f"expected {autumn:,} probabilities, got an array of shape {given.shape}", rows)
    if not ((given >= 0) & (given <= 1)).all() or set(np.unique(given[:1000])) <= {0.0, 1.0}:
        return Hint("these are no probabilities", "predict gives 0 and 1; predict_proba gives probabilities.")
    return given


@cache
def _parts() -> "dict[str, pd.DataFrame]":
    """The lab's rows: what was fitted, the summer, the autumn."""
    from mlsd import datasets

    flights = datasets.load_late_flights()
    flights["day"] = flights["decided_at"].dt.tz_convert("America/New_York").dt.date
    past = flights[flights["month"] <= 6].sample(30_000, random_state=10).sort_index()
    return {"past": past, "summer": flights[flights["month"].isin([7, 8])], "autumn": flights[flights["month"] >= 9]}


@cache
def _boosted(class_weight: str | None = None) -> "Pipeline":
    from mlsd import models

    past = _parts()["past"]
    return models.flights_boosted().set_params(clf__class_weight=class_weight).fit(past, past["late"])


@cache
def _logistic() -> "Pipeline":
    from mlsd import models

    past = _parts()["past"]
    return models.flights_logistic().fit(past, past["late"])


def _some_flights() -> "pd.DataFrame":
    return _parts()["autumn"].sample(2_000, random_state=10)


@cache
def _said(class_weight: str | None, calibration: str) -> "np.ndarray":
    """What the trees say about every eighth flight of the autumn; calibrated, for example, on "summer, platt"."""
    from mlsd import evaluate

    model = _boosted(class_weight)
    if calibration:
        part, method = calibration.split(", ")
        model = evaluate.calibrate(model, _parts()[part], _parts()[part]["late"], method=method)
    return model.predict_proba(_parts()["autumn"].iloc[::STEP])[:, 1]


@cache
def _first_slice(metric: str, max_columns: int = 2) -> str:
    """The first slice that the lab would find in this way."""
    from mlsd import evaluate

    autumn = _parts()["autumn"]
    known = autumn.drop(columns=["decided_at", "known_at", "month", "day", "flight", "tailnum", "late"])
    metrics: dict[str, Any] = {
        "too_little": lambda happened, said: happened - said,
        "too_much": lambda happened, said: said - happened,
        "log_loss": "log_loss",
    }
    said = _boosted().predict_proba(autumn)[:, 1]
    options = {"metric": metrics[metric], "max_columns": max_columns, "min_rows": 200}
    return str(evaluate.slices(known, autumn["late"], said, **options)["slice"][0])


def _other_slices() -> list[tuple[str, str]]:
    return [
        (_first_slice("log_loss"), "It is first by log loss: there it is hard to know. Give metric=too_little."),
        (_first_slice("too_much"), "Here the model says too much: too_little is what happened less what was said."),
        (_first_slice("too_little", 1), "A pair of conditions may be worse than one: leave max_columns at 2."),
    ]


@cache
def _kept(*, by_class: bool) -> _Kept:
    """What came of the promise on the fresh half of the summer."""
    from mlsd import evaluate

    summer = _parts()["summer"]
    calibration = summer.sample(frac=0.5, random_state=10)
    fresh = summer.drop(calibration.index)
    sets = evaluate.conformal(_boosted(), calibration, calibration["late"], by_class=by_class)
    everybody, in_time, late = sets.coverage(fresh, fresh["late"], groups=fresh["late"])["coverage"]
    size = sets.predict(fresh)["size"]
    unsure = size == 2
    return _Kept(everybody, in_time, late, size.mean(), unsure.mean(), unsure[fresh["late"] == 1].mean())
