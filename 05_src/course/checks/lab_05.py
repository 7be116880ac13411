"""Lab 05: fair reservoirs, what is known at one in the morning, the window, a labelling function, whom to ask about."""

from functools import cache
from typing import TYPE_CHECKING, Any

from . import Hint, describe, is_a, near, question, same

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["active_or_random", "fair_reservoirs", "in_the_air", "long_enough", "one_in_the_morning", "whom_to_ask"]

RESERVOIRS = {
    "a": ("late", "it counts from 0, so item number 4 comes in for sure: the first four are kept less often."),
    "b": ("fair", "each item draws one number and the four smallest win: it looks odd, but all have the same chance."),
    "c": ("early", "a newcomer always takes the last place, so the first three items are never pushed out."),
}


@question("05.1", takes="a dict with 'fair', 'early' or 'late' for each of a, b and c")
def fair_reservoirs(answer: Any) -> Hint | None:
    """Counted over many samples, only b keeps each item equally often."""
    hint = is_a(answer, dict, "a dict with 'fair', 'early' or 'late' for each of a, b and c")
    if hint:
        return hint
    given = {letter: word.strip().lower() if isinstance(word, str) else word for letter, word in answer.items()}
    words = {word for word, _ in RESERVOIRS.values()}
    wrong = [letter for letter, (word, _) in RESERVOIRS.items() if given.get(letter) in words - {word}]
    if wrong:
        why = f"Look at the first and the last counts: {RESERVOIRS[wrong[0]][1]}"
        return Hint(f"reservoir {wrong[0]}: not {given[wrong[0]]}", why)
    right = {letter: word for letter, (word, _) in RESERVOIRS.items()}
    return same(given, right, hint="The keys are a, b and c; the values are the words 'fair', 'early' and 'late'.")


@question("05.2", takes="four numbers: (labelled, if_dropped, if_on_time, share)")
def one_in_the_morning(answer: Any) -> Hint | None:
    """The flights that have landed by one, the late share by three ways of counting."""
    hint = is_a(answer, (tuple, list), "four numbers: (labelled, if_dropped, if_on_time, share)")
    if hint or len(answer) != 4:
        return hint or Hint(f"expected four numbers, got {len(answer)}", "Give all four in one tuple.")
    labelled, dropped, on_time, share = _evening()
    number, by_drop, by_fill, hindsight = answer
    return (
        near(
            number,
            labelled,
            0,
            hint="Count the flights whose known_at is not after 1 a.m. on 11 July, New York time.",
            mistakes={
                0: "1 a.m. UTC is 9 p.m. in New York, and the 11th begins hours later: give the time its zone.",
                156 - labelled: "That is how many have no label yet.",
                156: "Those are all flights of the evening, labelled or not: count with notna().",
            },
        )
        or _share(
            by_drop,
            dropped,
            "Dropped means: the mean of the labels that are known.",
            {
                share: "That is the truth in hindsight: at one you could not know it.",
                on_time: "Here the missing ones count as 0: that is the third number. mean() alone drops the missing.",
            },
        )
        or _share(
            by_fill,
            on_time,
            "Fill the missing labels with 0, then take the mean.",
            {dropped: "The missing ones are still dropped: mean() skips them. Fill them first."},
        )
        or _share(
            hindsight,
            share,
            "The share in hindsight is the mean of `late` over all of the evening's flights.",
            {dropped: "That is the share of those with a label. In hindsight all 156 have one."},
        )
    )


@question("05.3", takes="two numbers: (hours, share)")
def long_enough(answer: Any) -> Hint | None:
    """The shortest window after the schedule that misses fewer than one departure in a thousand."""
    hint = is_a(answer, (tuple, list), "two numbers: (hours, share)")
    if hint or len(answer) != 2:
        return hint or Hint(f"expected two numbers, got {len(answer)}", "Give both in one tuple.")
    missed, cancelled = _windows()
    hours = min(hour for hour in missed if missed[hour] < 0.001)
    first, share = answer
    return near(
        first,
        hours,
        0,
        hint="Take the first window of the table whose `missed` is below 0.001.",
        mistakes={
            hours + 2: "The window starts when the question is asked, two hours before departure: take these two off.",
            hours - 1: f"With {hours - 1} hours it still misses {1000 * missed[hours - 1]:.1f} in 1,000.",
            min(hour for hour in missed if missed[hour] < 0.01): "That is fewer than 1 in 100, not 1 in 1,000.",
            24: "Long enough, but not the shortest.",
        },
    ) or near(
        share,
        cancelled[hours],
        0.0002,
        hint="Called cancelled is every flight without an event in the window: 1 less `share`.",
        mistakes={
            1 - cancelled[hours]: "That is the share that left.",
            missed[
                hours
            ]: "That is `missed`, a share of the flights that left; all flights called cancelled are asked for.",
        }
        | _per_cent(share),
    )


@question("05.4", takes="a function that takes `log` and gives 1, 0 or NaN for each row")
def in_the_air(answer: Any) -> Hint | None:
    """A function that adds what it knows, and abstains in between and where something is missing."""
    import numpy as np

    from mlsd import labels
    from mlsd.errors import DataError

    hint = _a_function(answer)
    if hint:
        return hint
    log = _log()
    try:
        said = answer(log.copy())
        is_a(said, object, "votes")  # not tried, if it still gives ...
        votes = labels.votes(log, [lambda frame: said]).iloc[:, 0].to_numpy("float64", na_value=np.nan)
    except KeyError as error:
        return Hint(
            f"your function asked for the column {error}",
            "The arrival messages are lost: use the three that are named.",
        )
    except DataError as error:
        return Hint(error.problem.replace("'<lambda>'", "your function"), error.fix or "")
    known = {"departure": log["dep_delay"], "longer": log["air_time"] - log["usual_air_time"]}
    wrong = {why: _votes(values) for why, values in _misread(known).items()}
    right = _votes(known["departure"] + known["longer"])
    wrong["0 and 1 have changed places: 1 means late."] = 1 - right
    wrong["It never abstains: else-0 turns 'in between' and 'missing' into 'on time'. End np.select with np.nan."] = (
        np.where(right == 1, 1, 0)
    )
    missing = (known["departure"] + known["longer"]).isna()
    wrong["Where a delay or an air time is missing it votes 0: nothing is known there, so abstain."] = np.where(
        missing, 0, right
    )
    return _same_votes(votes, right, wrong)


@question("05.5", takes="a function that takes probabilities and n, and gives the positions of n rows")
def whom_to_ask(answer: Any) -> Hint | None:
    """The rows with the smallest margin between the two most probable classes, for two classes and for three."""
    import numpy as np

    hint = _a_function(answer)
    if hint:
        return hint
    for probability in _probabilities():
        given = answer(probability.copy(), 4)
        is_a(given, object, "positions")
        positions = np.asarray(given)
        if positions.ndim != 1 or len(positions) != 4 or positions.dtype.kind not in "iu":
            kind = "numbers that are no positions" if positions.shape == (4,) else f"the shape {positions.shape}"
            return Hint(f"for n=4 it gave {kind}", "Give n positions, such as [7, 0, 3]: np.argsort, then the first n.")
        two = np.sort(probability, axis=1)[:, -2:]
        if set(positions.tolist()) != _least(two[:, 1] - two[:, 0]):
            return Hint(f"with {probability.shape[1]} classes it asks about other rows", _why_others(positions, two))
    return None


@question("05.6", takes="a dict with 'doubt' or 'random' for each kind")
def active_or_random(answer: Any) -> Hint | None:
    """Doubt pays where a boundary is to be found, not where it is noise."""
    landing, departure = "after landing", "before departure"
    return same(
        answer,
        {landing: "doubt", departure: "random"},
        hint="The keys are 'after landing' and 'before departure'; the values are the words 'doubt' and 'random'.",
        mistakes=[
            (
                {landing: "doubt", departure: "doubt"},
                "Before departure the runs end on both sides of the line: a higher price for no gain to count on.",
            ),
            (
                {landing: "random", departure: "random"},
                "After landing nearly every run ends above the line: count them at 200 labels.",
            ),
            (
                {landing: "random", departure: "doubt"},
                "It is the other way round: above the line means that doubt is ahead.",
            ),
        ],
    )


def _a_function(answer: Any) -> Hint | None:
    hint = is_a(answer, object, "a function")
    if hint or callable(answer):
        return hint
    return Hint(f"expected a function, got {describe(answer)}", "Give the function itself, without brackets behind it.")


def _share(value: Any, right: float, hint: str, mistakes: dict[float, str]) -> Hint | None:
    return near(value, right, 0.002, hint=hint, mistakes=mistakes | _per_cent(value))


def _per_cent(value: Any) -> dict[float, str]:
    """The hint for a share that was given as a percentage, however it was rounded."""
    is_number = isinstance(value, (int, float))
    return {float(value): "That is per cent: give a share, such as 0.05."} if is_number and value > 1 else {}


@cache
def _evening() -> tuple[int, float, float, float]:
    """Flights of the evening of 10 July with a label at one, and the late share: dropped, filled with 0, in truth."""
    import pandas as pd

    from mlsd import datasets

    flights = datasets.load_late_flights()
    scheduled = (flights["decided_at"] + pd.Timedelta(hours=2)).dt.tz_convert("America/New_York")
    evening = flights[scheduled.between("2013-07-10 18:00-04:00", "2013-07-10 23:59-04:00")]
    landed = evening["known_at"] <= pd.Timestamp("2013-07-11 01:00-04:00")
    late = evening["late"]
    return int(landed.sum()), float(late[landed].mean()), float((late * landed).mean()), float(late.mean())


@cache
def _windows() -> tuple[dict[int, float], dict[int, float]]:
    """For each whole hour after the schedule: the share of departures after it, and the share called cancelled."""
    import pandas as pd

    from mlsd import datasets

    flights = datasets.load_flights()
    scheduled = flights["time_hour"] + pd.to_timedelta(flights["minute"], unit="min")
    left = scheduled + pd.to_timedelta(flights["dep_delay"], unit="min")
    delay = flights.loc[scheduled + pd.Timedelta(hours=24) <= left.max(), "dep_delay"]
    hours = range(1, 25)
    missed = {hour: float((delay > 60 * hour).sum() / delay.notna().sum()) for hour in hours}
    return missed, {hour: float(1 - (delay <= 60 * hour).mean()) for hour in hours}


@cache
def _log() -> "pd.DataFrame":
    """A part of the lab's log, without what was lost."""
    from mlsd import datasets

    flights = datasets.load_flights()
    flights["usual_air_time"] = flights.groupby(["carrier", "origin", "dest"])["air_time"].transform("median")
    return flights.drop(columns=["arr_delay", "arr_time"]).iloc[::20]


def _votes(expected: Any) -> "np.ndarray":
    import numpy as np

    return np.select([expected > 40, expected < 15], [1, 0], np.nan)


def _misread(known: dict[str, Any]) -> dict[str, Any]:
    return {
        "The minutes in the air are left out: add air_time less usual_air_time.": known["departure"],
        "The departure is left out: a flight that left late arrives late.": known["longer"],
        "Longer in the air than usual makes it later: air_time less usual_air_time, not the other way round.": known[
            "departure"
        ]
        - known["longer"],
    }


def _same_votes(given: "np.ndarray", right: "np.ndarray", wrong: "dict[str, np.ndarray]") -> Hint | None:
    import numpy as np

    differ = int((~((given == right) | (np.isnan(given) & np.isnan(right)))).sum())
    if not differ:
        return None
    known = [why for why, votes in wrong.items() if np.array_equal(given, votes, equal_nan=True)]
    hint = "1 above 40 expected minutes, 0 below 15, np.nan otherwise: np.select takes the three in this order."
    return Hint(f"{differ:,} of {len(right):,} votes are otherwise", known[0] if known else hint)


@cache
def _probabilities() -> "tuple[np.ndarray, np.ndarray]":
    """Probabilities of three classes and of two, twelve rows each."""
    import numpy as np

    rng = np.random.default_rng(5)
    return rng.dirichlet([1, 1, 1], 12), rng.dirichlet([1, 1], 12)


def _least(values: "np.ndarray") -> set[int]:
    import numpy as np

    return set(np.argsort(values)[:4].tolist())


def _why_others(positions: "np.ndarray", two: "np.ndarray") -> str:
    given = set(positions.tolist())
    if given == _least(two[:, 0] - two[:, 1]):
        return "These are the rows it is surest of: sort from the smallest margin, and take the first n."
    if given == _least(abs(two[:, 1] - 0.5)):
        return "Nearest to one half is the smallest margin with two classes only: compare the two most probable ones."
    if given == _least(two[:, 1]):
        return (
            "The lowest best probability is another measure: [0.4, 0.3, 0.3] has a wider margin than [0.5, 0.45, 0.05]."
        )
    return "Sort each row's probabilities, take the last less the one before, and give the n smallest."
