"""Lab 12: a skew test, the drift that mattered, an alert that is silent in calm months, a release taken back.

The last answer names a model of the learner's own; what is right is looked up in the registry and in the served record.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from . import Hint, describe, is_a, near, question

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

__all__ = ["drift_that_mattered", "patient_rule", "rolled_back", "skew"]

SKEW = "a dict from the column's name to the share of flights that differ"
DRIFTED = ["pressure", "wind_gust", "wind_dir", "temp"]
WATCHED = ["pressure", "temp"]
ZONE = "America/New_York"
THRESHOLD = 0.25
BY_THE = "2013-02-08"
INPUTS = ("drifted", "worst_effect", "missing", "prediction_effect")


@question("12.1", takes=SKEW)
def skew(answer: Any) -> Hint | None:
    """The clock, the small letters, and the gaps that became 0; gaps on both sides are no difference."""
    import pandas as pd

    given: Any = answer.to_dict() if type(answer) is pd.Series else answer
    hint = is_a(given, dict, SKEW)
    if hint:
        return hint
    given = {str(name).removeprefix("feature."): share for name, share in given.items()}
    right, some = _shares(), _some()
    for name, share in given.items():
        if name not in some:
            return Hint(f"there is no column {name[:40]!r}", "The keys are the plain names of the columns.")
        if name not in right:
            return _same_on_both_sides(name, share, some)
    for name, share in right.items():
        if name not in given:
            return Hint(f"{len(right) - len(given)} more column differs", _overlooked(name))
        hint = near(given[name], share, 0.0005, hint=_overlooked(name), mistakes=_other_shares(share))
        if hint:
            return Hint(f"{name}: {hint.differs}", hint.hint)
    return None


@question("12.2", takes="two things: (column, mean)")
def drift_that_mattered(answer: Any) -> Hint | None:
    """Without the drift of one column the mean answer comes near the truth; the others moved nothing."""
    if type(answer) not in (tuple, list) or len(answer) != 2:
        return Hint(f"expected two things: (column, mean), got {describe(answer)}", "Put them into a tuple.")
    column, mean = answer
    late = float(_month(2)["late"].mean())
    right = min(DRIFTED, key=lambda name: abs(_mean_without(name) - late))
    if type(column) is not str or column not in DRIFTED:
        return Hint(f"column: got {describe(column)}", f"One of the four that drifted: {', '.join(DRIFTED)}.")
    if column != right:
        return Hint(f"column: not {column!r}", _no_nearer(column, late))
    said = float(_said(2).mean())
    return near(
        mean,
        _mean_without(right),
        0.001,
        hint="serve.score(champion, february.assign(...))['probability'].mean(), with random_state=12.",
        mistakes={
            _mean_with(right): "Those are January's flights with February's values: do it the other way round.",
            said: "That is what it says with February's own values.",
            said - _mean_without(right): "That is the difference: give the mean answer itself.",
            late: "That is the share that was late: give what the champion says then.",
            100 * _mean_without(right): "A share from 0 to 1, not per cent.",
        },
    )


@question("12.3", takes="a monitor.Rule")
def patient_rule(answer: Any) -> Hint | None:
    """Silent in January and in the autumn; open before the blizzard."""
    import pandas as pd

    from mlsd import monitor

    if type(answer) is not monitor.Rule:
        return Hint(f"expected a monitor.Rule, got {describe(answer)}", 'monitor.Rule("a name", "a figure", above=...)')
    tables = _by_day(answer.metric in INPUTS)
    opened = {name: monitor.alerts(table, answer)["opened"] for name, table in tables.items()}
    false = [f"{len(opened[name])} in {name}" for name in ("calm", "autumn") if len(opened[name])]
    if false:
        return Hint(f"false alarms: {', '.join(false)}", _why_false(answer))
    if opened["February"].empty:
        return Hint("it never speaks in February", _why_silent(answer))
    if opened["February"].iloc[0] >= pd.Timestamp(BY_THE, tz=ZONE):
        day = opened["February"].iloc[0]
        return Hint(f"it opens on the {day.day}th of February", f"The blizzard has come by then. {_why_silent(answer)}")
    return None


@question("12.4", takes="a dict with model, rows and changed")
def rolled_back(answer: Any) -> Hint | None:
    """The alias is back, version 1 answers again, and the record says what version 2 did meanwhile."""
    hint = is_a(answer, dict, "a dict with model, rows and changed")
    hint = hint or is_a(answer.get("model"), str, "the model's name, MODEL, in `model`")
    hint = hint or _is_back(answer["model"])
    if hint:
        return hint
    log, damage = _record(answer["model"])
    if damage.empty:
        return Hint("version 2 has answered nothing", "Release it first: the cell with tracking.point.")
    if log.loc[log["version"] == "1", "time"].max() <= damage["time"].max():
        return Hint("version 1 has not answered since", "Keep a reader asking until version 1 answers again.")
    rows, changed = answer.get("rows"), answer.get("changed")
    hint = near(
        rows,
        len(damage),
        0.5,
        hint="Read the record once the last answer is written; count the rows whose version is '2'.",
        mistakes={
            damage["request_id"].nunique(): "Those are requests: each asked about many rows.",
            len(log): "Those are all rows of the record: only those of version '2'.",
            (log["version"] == "1").sum(): "Those are the rows of version 1.",
        },
    )
    return Hint(f"rows: {hint.differs}", hint.hint) if hint else _changed(answer["model"], changed, damage)


def _same_on_both_sides(name: str, share: Any, some: "pd.DataFrame") -> Hint:
    if some[name].isna().any() and share != 0:
        return Hint(f"{name} does not differ", "There are gaps on both sides: NaN != NaN. Leave out where both miss.")
    return Hint(f"{name} does not differ", "Give those columns only that differ, and compare row by row, in order.")


def _overlooked(name: str) -> str:
    if name == "pressure":
        return "The page fills gaps: where `some` has none, the record has a number. That differs, too."
    return f"Look at {name} of the first flight, in `record` and in `some`."


def _other_shares(share: float) -> dict[float, str]:
    return {
        100 * share: "A share from 0 to 1, not per cent.",
        500 * share: "That is the number of flights: divide by all 500.",
        0: "A gap on one side only is a difference.",
    }


def _no_nearer(column: str, late: float) -> str:
    without, said = _mean_without(column), float(_said(2).mean())
    return f"Without its drift the mean answer is {without:.3f}; it was {said:.3f}, and the truth is {late:.3f}."


def _why_false(rule: Any) -> str:
    if rule.metric in INPUTS:
        return (
            "A day's weather, and what is said about it, never look like a month's. Watch the mistakes, not the inputs."
        )
    if rule.metric in ("log_loss", "brier"):
        return "On a stormy day any model is often wrong. calibration_gap also says in which direction."
    if rule.below is not None:
        return "In February the champion says too much: leave `below` out, and set `above`."
    if rule.needs[0] == 1:
        return "One day beyond the limit is chance: be patient, or take a higher limit."
    return "The limit is too low. Take it from `calm`, days that the champion had not seen: monitor.limits."


def _why_silent(rule: Any) -> str:
    if rule.metric == "calibration_gap" and rule.above is None:
        return "In February the champion says too much: the gap is above 0. Set `above`."
    needed, of = rule.needs
    if needed > 1 and needed == of:
        return "February's bad days do not come in a row: one may lie between. Write the patience as '2 of 3'."
    return "Lower the limit, or wait for fewer days. Look at the table's first week."


def _is_back(model: str) -> Hint | None:
    from mlsd import tracking

    version = tracking.pointed(f"{model}@champion")
    if version is None:
        return Hint(f"there is no {model[:60]!r} with a champion", "Leave `model` as it is: MODEL.")
    if version != 1:
        return Hint(f"the champion is version {version}", "tracking.roll_back moves the alias to the version before.")
    return None


def _changed(model: str, changed: Any, damage: "pd.DataFrame") -> Hint | None:
    from mlsd import serve, tracking

    asked = damage.filter(like="feature.").rename(columns=lambda name: name.removeprefix("feature."))
    instead = serve.score(tracking.load(f"{model}/1"), asked)["probability"]

    def differing(threshold: float) -> int:
        return int(((instead > threshold) != (damage["probability"] > threshold)).sum())

    right = differing(THRESHOLD)
    hint = near(
        changed,
        right,
        0.5,
        hint="Ask version 1, tracking.load(f'{MODEL}/1'), with serve.score; count where (p > THRESHOLD) differs.",
        mistakes={
            right / len(damage): "That is the share: give the number of rows.",
            int((instead != damage["probability"]).sum()): "Those have another probability: count other *warnings*.",
            int(
                (damage["probability"] > THRESHOLD).sum()
            ): "Those are all warnings of version 2: compare with version 1.",
            differing(0.5): "That is for a threshold of 0.5: passengers are warned from THRESHOLD on.",
        },
    )
    return Hint(f"changed: {hint.differs}", hint.hint) if hint else None


def _record(model: str) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """The good rows of the record, and those that version 2 answered."""
    from mlsd import serve

    log = serve.read_log(model)
    log = log[log["status"] == "ok"]
    return log, log[log["version"] == "2"]


@cache
def _flights() -> "pd.DataFrame":
    from mlsd import datasets

    flights = datasets.load_late_flights()
    flights = flights[flights["month"].isin([1, 2, 9, 10, 11])]
    time = flights["decided_at"].dt.tz_convert(ZONE)
    return flights.assign(time=time, day=time.dt.date)


def _month(*months: int) -> "pd.DataFrame":
    flights = _flights()
    return flights[flights["month"].isin(months)]


@cache
def _champion() -> "Pipeline":
    from mlsd import models

    january = _month(1)
    return models.flights_logistic().fit(january, january["late"])


@cache
def _some() -> "pd.DataFrame":
    return _month(2).sample(500, random_state=12)[_champion()["columns"].columns]


@cache
def _shares() -> dict[str, float]:
    """What the web page of the lab does to the flights, by the share of flights that it touches."""
    return {"minute_of_day": 1.0, "carrier": 1.0, "pressure": float(_some()["pressure"].isna().mean())}


@cache
def _said(*months: int) -> "pd.Series":
    from mlsd import serve

    return serve.score(_champion(), _month(*months))["probability"]


@cache
def _mean_without(column: str) -> float:
    """February's mean answer with January's values of a column."""
    return _mean_swapped(2, 1, column)


def _mean_with(column: str) -> float:
    return _mean_swapped(1, 2, column)


def _mean_swapped(month: int, other: int, column: str) -> float:
    from mlsd import serve

    flights = _month(month)
    drawn = _month(other)[column].sample(len(flights), replace=True, random_state=12).to_numpy()
    return float(serve.score(_champion(), flights.assign(**{column: drawn}))["probability"].mean())


@cache
def _by_day(watch_inputs: bool) -> dict[str, "pd.DataFrame"]:
    """The lab's three tables; without a reference they are made in a third of the time."""
    from mlsd import monitor

    parts = {"calm": _month(1).assign(probability=_unseen())}
    parts |= {"February": _month(2).assign(probability=_said(2))}
    parts |= {"autumn": _month(9, 10, 11).assign(probability=_said(9, 10, 11))}
    columns = ["time", "probability", "late", "known_at"]
    january = _month(1).assign(probability=_said(1))[[*WATCHED, "probability"]] if watch_inputs else None
    kept = [*WATCHED, *columns] if watch_inputs else columns
    return {name: monitor.measure(part[kept], reference=january, labels="late") for name, part in parts.items()}


@cache
def _unseen() -> Any:
    """What champions say about January that had not seen the day."""
    from sklearn.model_selection import GroupKFold, cross_val_predict

    from mlsd import models

    january, options = _month(1), {"cv": GroupKFold(5), "method": "predict_proba"}
    return cross_val_predict(models.flights_logistic(), january, january["late"], groups=january["day"], **options)[
        :, 1
    ]
