"""The drawings of deck 4: features that were known at the decision, and experiments that can be repeated."""

from functools import cache, partial
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from course.slides.drawing import BLUE, GREEN, GREY, INK, ORANGE, SKY, VERMILION, arrow, box, canvas, label

# words that can be read from the last row
_box, _label, _arrow = partial(box, size=17), partial(label, size=17), partial(arrow, size=15)


def features_in_the_factory():
    """Where this session stands in the model factory."""
    figure, axes = canvas(12, 3.7)
    names = ["data", "features", "tuned\nmodel", "tracked,\ngated\nrelease", "served", "watched"]
    ours = {"features", "tracked,\ngated\nrelease"}
    steps = [
        _box(
            axes,
            0.1 + 2.03 * place,
            1.6,
            name,
            width=1.6,
            height=1.15,
            colour=_shade(name in ours),
            filled=name in ours,
        )
        for place, name in enumerate(names)
    ]
    for here, there in pairwise(steps):
        _arrow(axes, here, there)
    _label(axes, steps[1].centre[0], 3.25, "lab 07", bold=True, colour=ORANGE)
    _label(axes, steps[3].centre[0], 3.25, "lab 08", bold=True, colour=ORANGE)
    _arrow(axes, (steps[5].centre[0], 1.55), (steps[0].centre[0], 1.55), colour=GREY, bend=-0.1)
    _label(axes, 6, 0.45, "and around again: each round makes features and runs anew", colour=INK)
    return figure


def features_known_at():
    """Hours of weather on a line of time: which of them was known at the decision."""
    figure, axes = canvas(12, 4.6)
    at = lambda hour: 0.8 + (hour - 7) * 2.05  # noqa: E731 (inches of an hour)
    for hour in (7, 8, 9, 10, 11):
        known = hour + 1 <= 9.33
        colour = BLUE if known else VERMILION
        words = f"weather of\n{hour} to {hour + 1}"
        _box(axes, at(hour) + 0.04, 1.55, words, width=1.97, height=0.95, colour=colour, filled=known, dashed=not known)
    _arrow(axes, (0.5, 1.25), (11.8, 1.25))
    for hour in range(7, 13):
        _label(axes, at(hour), 1.0, f"{hour}:00", size=13, below=True)
    for hour, words, colour in ((9.33, "decision\n9:20", INK), (11.33, "scheduled\ndeparture 11:20", INK)):
        axes.plot([at(hour)] * 2, [2.5, 3.45], color=colour, linewidth=2.5)
        axes.plot([at(hour)], [1.25], "o", color=colour, markersize=11)
        _label(axes, at(hour), 3.55, words, bold=True, below=False)
    _arrow(axes, (at(9.33) - 0.05, 3.1), (at(8.5), 2.55), colour=BLUE, bend=0.25)
    _label(axes, 2.25, 3.15, "the newest row that had ended", colour=BLUE, bold=True)
    _label(axes, at(10.33), 2.95, "still to come", colour=VERMILION, bold=True)
    _label(axes, 6, 0.3, "An as-of join asks: which row was the latest known by then?")
    return figure


def features_experts():
    """How those who know the work, and write no code, reach the features."""
    figure, axes = canvas(12, 4.5)
    people = _box(axes, 0.1, 2.6, "nurses, pilots,\nbuyers", width=2.3, height=1.2, colour=ORANGE, filled=True)
    rules = _box(axes, 3.4, 2.6, "limits and rules\nin a text file", width=2.4, height=1.2, colour=BLUE)
    review = _box(axes, 6.7, 2.6, "reviewed as\na change", width=2.1, height=1.2, colour=BLUE)
    made = _box(axes, 9.7, 2.6, "features\nand checks", width=2.1, height=1.2, colour=BLUE, filled=True)
    for here, there, words in ((people, rules, "write"), (rules, review, ""), (review, made, "read")):
        _arrow(axes, here, there, words)
    cases = _box(
        axes, 4.6, 0.4, "wrong predictions,\nlooked at together", width=3.0, height=1.1, colour=GREEN, filled=True
    )
    _arrow(axes, (10.75, 2.55), cases, bend=-0.2)
    _arrow(axes, cases, (1.25, 2.55), bend=-0.2)
    _label(axes, 6.1, 1.98, "the exchange goes on", size=14)
    return figure


def features_gap_kinds():
    """Three reasons for a gap, as columns of a table."""
    figure, axes = canvas(12, 4.9)
    kinds = (
        ("completely at random", "dice decide", "a page was lost\nin the mail", GREEN),
        (
            "at random, given\nanother column",
            "the hour decides",
            "no plane has left yet\nat six in the morning",
            ORANGE,
        ),
        ("not at random", "the value decides", "who earns much\nleaves it out", VERMILION),
    )
    for place, (kind, why, example, colour) in enumerate(kinds):
        x = 0.2 + place * 4
        _box(axes, x, 3.75, kind, width=3.6, height=0.95, colour=colour, filled=True, size=16)
        cause = _box(axes, x, 2.2, why, width=2.3, height=0.9, colour=colour, size=14)
        gap = _box(axes, x + 2.8, 2.2, "gap", width=0.8, height=0.9, colour=GREY, dashed=True, size=14)
        _arrow(axes, cause, gap)
        _label(axes, x + 1.8, 1.4, example)
    _label(axes, 6, 0.35, "The last kind cannot be proved: what would prove it is what is missing.", bold=True)
    return figure


def features_hash():
    """Four names and three buckets: a new name has a place at once, and strangers share one."""
    figure, axes = canvas(12, 4.9)
    names = ("JetBlue", "United", "Delta", "a new carrier")
    buckets = [
        _box(axes, 8.6, 3.6 - 1.4 * place, f"bucket {place}", width=2.6, height=0.95, colour=BLUE, filled=True)
        for place in range(3)
    ]
    for place, (name, bucket) in enumerate(zip(names, (0, 2, 1, 2), strict=True)):
        new = name == "a new carrier"
        start = _box(
            axes, 0.3, 3.9 - 1.05 * place, name, width=2.4, height=0.75, colour=VERMILION if new else GREY, dashed=new
        )
        here = _box(axes, 4.3, 3.9 - 1.05 * place, "number from\nits letters", width=2.0, height=0.75, size=12)
        _arrow(axes, start, here)
        _arrow(axes, here, buckets[bucket], colour=VERMILION if new else INK)
    _label(axes, 9.9, 0.25, "strangers share a bucket", colour=VERMILION, below=False)
    return figure


def features_circle():
    """The time of day on a line, and on a circle."""
    figure, axes = canvas(12, 4.7)
    axes.plot([0.7, 5.2], [2.4, 2.4], color=GREY, linewidth=3)
    for x, words in ((0.7, "0:00"), (2.95, "12:00"), (5.2, "23:40")):
        axes.plot([x], [2.4], "o", color=VERMILION if x > 5 else BLUE, markersize=13)
        _label(axes, x, 2.1, words, below=True)
    _arrow(axes, (0.8, 2.6), (5.1, 2.6), "as far apart as can be", colour=VERMILION, bend=-0.22)
    _label(axes, 2.95, 4.4, "on a line", bold=True, size=17)
    angles = np.linspace(0, 2 * np.pi, 200)
    axes.plot(9.2 + 1.55 * np.sin(angles), 2.15 + 1.55 * np.cos(angles), color=GREY, linewidth=3)
    for hour, words, x, y in (
        (0, "0:00", 0.5, 0.22),
        (6, "6:00", 0.6, 0),
        (12, "12:00", 0, -0.3),
        (18, "18:00", -0.65, 0),
    ):
        angle = 2 * np.pi * hour / 24
        place = 9.2 + 1.55 * np.sin(angle), 2.15 + 1.55 * np.cos(angle)
        axes.plot(*place, "o", color=BLUE, markersize=13)
        _label(axes, place[0] + x, place[1] + y, words)
    axes.plot([9.2 - 0.16], [2.15 + 1.54], "o", color=VERMILION, markersize=13)
    _label(axes, 8.45, 3.95, "23:40", colour=VERMILION)
    _label(axes, 9.2, 2.15, "sine and\ncosine", size=14)
    _label(axes, 9.2, 4.45, "on a circle", bold=True, size=17)
    return figure


def features_split_first():
    """Split, then fit what prepares the data on the training rows, then apply it to both parts."""
    figure, axes = canvas(12, 4.7)
    rows = _box(axes, 0.1, 1.75, "all rows", width=1.6, height=1.1, colour=GREY)
    train = _box(axes, 2.9, 3.1, "training rows\n(the past)", width=2.3, height=1.1, colour=BLUE, filled=True)
    test = _box(axes, 2.9, 0.4, "test rows\n(the future)", width=2.3, height=1.1, colour=VERMILION, filled=True)
    fitted = _box(axes, 6.2, 3.1, "medians, scales,\nrates, copies: fit", width=2.5, height=1.1, colour=BLUE)
    used = _box(axes, 6.2, 0.4, "the same numbers,\nonly applied", width=2.5, height=1.1, colour=VERMILION)
    model = _box(axes, 9.8, 3.1, "model: fit", width=1.9, height=1.1, colour=BLUE)
    score = _box(axes, 9.8, 0.4, "score", width=1.9, height=1.1, colour=VERMILION)
    for here, there, words in (
        (rows, train, ""),
        (rows, test, ""),
        (train, fitted, ""),
        (test, used, ""),
        (fitted, model, ""),
        (used, score, ""),
        (fitted, used, ""),
        (model, score, ""),
    ):
        _arrow(axes, here, there, words)
    axes.plot([1.85, 11.9], [2.3, 2.3], color=GREY, linestyle="--", linewidth=1.5)
    _label(axes, 4.05, 2.5, "split first, by time", bold=True, below=False)
    _label(axes, 9.1, 1.95, "down only, never up", size=14, bold=True)
    return figure


def features_lineage():
    """What a single value of a feature came from."""
    figure, axes = canvas(12, 4.5)
    sources = [
        _box(axes, 0.1, y, name, width=2.5, height=0.85, colour=GREY)
        for y, name in ((3.4, "departures"), (2.1, "weather stations"), (0.8, "plane register"))
    ]
    tables = [
        _box(axes, 3.7, y, name, width=2.5, height=0.85, colour=BLUE)
        for y, name in ((3.4, "recent_delay"), (2.1, "rain, pressure"), (0.8, "seats, plane_age"))
    ]
    table = _box(axes, 7.3, 1.85, "training table\ndigest 9f2c…", width=2.2, height=1.3, colour=BLUE, filled=True)
    model = _box(axes, 10.4, 1.95, "model\nversion 7", width=1.5, height=1.1, colour=GREEN, filled=True)
    for here, there in zip(sources, tables, strict=True):
        _arrow(axes, here, there)
        _arrow(axes, there, table)
    _arrow(axes, table, model)
    _label(axes, 6, 0.25, "Read it backwards when a number looks wrong: which code, which rows, since when?")
    return figure


def features_run_record():
    """What a record must hold so that somebody else gets the same number."""
    figure, axes = canvas(12, 4.9)
    run = _box(axes, 4.7, 1.9, "one run", width=2.6, height=1.1, colour=ORANGE, filled=True, size=18)
    told = {"parameters": (0.2, 3.6), "metrics": (0.2, 2.05), "tags, files": (0.2, 0.5)}
    found = {"data digest, split": (9.0, 3.6), "seed": (9.0, 2.05), "code, packages": (9.0, 0.5)}
    for name, (x, y) in told.items():
        _arrow(axes, _box(axes, x, y, name, width=2.7, height=0.9, colour=BLUE, filled=True), run)
    for name, (x, y) in found.items():
        _arrow(axes, _box(axes, x, y, name, width=2.8, height=0.9, colour=VERMILION, filled=True), run)
    _label(axes, 1.55, 4.7, "what one writes down", bold=True, colour=BLUE)
    _label(axes, 10.4, 4.7, "what one forgets", bold=True, colour=VERMILION)
    return figure


def features_registry():
    """A name, versions that never change, aliases that move, and the program that asks for an alias."""
    figure, axes = canvas(12, 4.5)
    frame = _box(axes, 3.5, 0.35, "", width=3.3, height=3.6, colour=GREY)
    _label(axes, frame.centre[0], 4.2, "late-flights", bold=True, size=17)
    versions = [
        _box(axes, 3.9, y, f"version {number}", width=2.5, height=0.8, colour=BLUE, filled=True)
        for number, y in ((3, 2.9), (2, 1.75), (1, 0.6))
    ]
    champion = _box(axes, 8.0, 1.7, "@champion", width=1.9, height=0.9, colour=GREEN, filled=True)
    challenger = _box(axes, 8.0, 3.0, "@challenger", width=1.9, height=0.9, colour=ORANGE, filled=True)
    service = _box(axes, 10.6, 1.7, "service", width=1.3, height=0.9)
    run = _box(axes, 0.1, 2.85, "a run\nregisters it", width=2.2, height=0.95)
    _arrow(axes, run, versions[0])
    _arrow(axes, champion, versions[1])
    _arrow(axes, challenger, versions[0])
    _arrow(axes, service, champion)
    _arrow(axes, (8.2, 1.65), versions[2], dashed=True)
    _label(axes, 8.75, 0.75, "back again: one call", size=13)
    _label(axes, 1.2, 1.2, "versions\nnever change,\naliases move", size=15)
    return figure


def features_add_up():
    """The score on later flights, while kinds of columns are added to boosted trees."""
    learn, judge = _learn_and_judge()
    kinds = {
        "time of day": ["minute_of_day"],
        "+ carrier, route,\nplane": ["distance", "plane_age", "seats"],
        "+ weather": _WEATHER,
        "+ recent delay\nat the airport": ["recent_delay"],
    }
    columns, scores = [], []
    for place, added in enumerate(kinds.values()):
        columns += added
        scores.append(_auc(_boosted(columns, _NAMES if place else []), learn, judge))
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(list(kinds), scores, color=[GREY, SKY, BLUE, GREEN])
    axes.bar_label(bars, fmt="%.3f", padding=5)
    axes.set(xlim=(0.5, 0.8), xlabel="ROC AUC on September to December (0.5 is chance)")
    axes.set_title("The same trees, with more columns (real flights)")
    axes.invert_yaxis()
    return figure


def features_rain():
    """The plot of lab 07: how strongly rain goes with lateness, by when the rain was known."""
    import pandas as pd

    from mlsd import datasets, features

    some = _parts()[0].sample(40_000, random_state=0)[["decided_at", "origin", "late"]]
    weather = datasets.load_weather()
    weather["hour_ended"] = weather["time_hour"] + pd.Timedelta(hours=1)

    def signal(hours):
        moved = weather.assign(hour_ended=weather["hour_ended"] - pd.Timedelta(hours=hours))
        rain = features.add_asof(some, moved, on="decided_at", other_on="hour_ended", by="origin", columns="precip")
        return (rain["precip"] > 0).corr(rain["late"])

    hours = range(-6, 10)
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    axes = figure.subplots()
    axes.bar(hours, [signal(each) for each in hours], color=[BLUE if each <= 0 else ORANGE for each in hours])
    axes.axvline(2, color="black", linestyle="--")
    axes.annotate("scheduled departure", (2.15, 0.178), va="top", size=14)
    axes.set(xlabel="the hour of weather ended so many hours after the decision", ylabel="correlation with lateness")
    axes.set(title="Rain, known (blue) and still to come (orange), real flights", ylim=(0, 0.18), xticks=hours)
    return figure


def features_long_tail():
    """A column with a long tail, standardised alone, and after a power transform."""
    from sklearn.preprocessing import PowerTransformer, StandardScaler

    from mlsd import datasets

    income = datasets.make_credit()[["monthly_income"]].dropna().sample(5_000, random_state=0)
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    for axes, (name, step) in zip(
        figure.subplots(1, 2),
        {"standardised: the tail rules": StandardScaler(), "power transform first": PowerTransformer()}.items(),
        strict=True,
    ):
        axes.hist(step.fit_transform(income)[:, 0], bins=60, color=VERMILION if "tail" in name else BLUE)
        axes.set(title=name, xlabel="monthly income, in standard deviations", ylabel="borrowers")
        axes.set_xticks(range(0, 61, 20) if "tail" in name else range(-4, 7, 2))
    figure.suptitle("5,000 incomes of the credit table (synthetic)", size=16)
    return figure


def features_optimism():
    """What four leaks of lab 07 pretend, and what the same models do at work."""
    figure = Figure(figsize=(11, 4.9), layout="constrained")
    axes = figure.subplots()
    kinds, pretended, at_work = zip(*_leaks(), strict=True)
    axes.hlines(kinds, at_work, pretended, color=GREY, linewidth=3)
    axes.plot(pretended, kinds, "D", color=ORANGE, markersize=12, label="pretended")
    axes.plot(at_work, kinds, "o", color=BLUE, markersize=12, label="at work")
    for kind, high, low in zip(kinds, pretended, at_work, strict=True):
        axes.annotate(f"{low:.2f}", (low - 0.012, kind), ha="right", va="center", size=13)
        if high - low > 0.01:
            axes.annotate(f"{high:.2f}", (high + 0.012, kind), va="center", size=13)
    axes.set(xlim=(0.42, 1.04), xlabel="ROC AUC (0.5 is chance)", title="What each leak pretends (real flights)")
    axes.set_xticks([0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    axes.legend(loc="upper right", frameon=False)
    axes.invert_yaxis()
    return figure


def features_losses():
    """The plot of lab 08: more trees learn the training rows by heart."""
    from sklearn.metrics import log_loss

    from mlsd import datasets, models, sampling

    flights = datasets.load_late_flights().sample(20_000, random_state=8).sort_index()
    train, test = sampling.split_by_time(flights, time="decided_at", test_from="2013-09-01")
    greedy = models.flights_boosted()
    greedy.set_params(clf__learning_rate=0.3, clf__max_leaf_nodes=31, clf__min_samples_leaf=20)
    greedy.fit(train, train["late"])
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    axes = figure.subplots()
    for name, rows, style, colour in (("train", train, "o-", BLUE), ("test", test, "s--", VERMILION)):
        losses = greedy["clf"].staged_predict_proba(greedy[:-1].transform(rows))
        values = {trees: log_loss(rows["late"], said) for trees, said in enumerate(losses, start=1) if trees % 10 == 0}
        axes.plot(list(values), list(values.values()), style, color=colour, label=f"{name} rows")
    axes.set(title="Greedy trees, one run of lab 08 (real flights)", xlabel="trees", ylabel="log loss (nats a flight)")
    axes.set(xticks=range(20, 101, 20), yticks=[0.15, 0.2, 0.25, 0.3, 0.35])
    axes.legend(frameon=False)
    return figure


_NAMES = ["carrier", "origin", "dest"]
_WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
_NUMBERS = ["minute_of_day", "distance", "plane_age", "seats", *_WEATHER, "recent_delay"]


def _shade(ours):
    return ORANGE if ours else GREY


@cache
def _parts():
    """All flights, split as in lab 07."""
    from mlsd import datasets, sampling

    flights = datasets.load_late_flights()
    return sampling.split_by_time(flights, time="decided_at", test_from="2013-09-01", gap="1D")


@cache
def _learn_and_judge():
    train, test = _parts()
    return train.sample(30_000, random_state=0), test.sample(20_000, random_state=0)


def _boosted(numbers, names=_NAMES):
    """The trees of lab 07."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, min_frequency=20)
    encode = ColumnTransformer([("names", codes, names), ("numbers", "passthrough", list(numbers))])
    trees = HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=15, early_stopping=False, random_state=0)
    return make_pipeline(encode, trees)


def _auc(model, fit_on, *tests):
    from sklearn.metrics import roc_auc_score

    model.fit(fit_on, fit_on["late"])
    scores = [roc_auc_score(rows["late"], model.predict_proba(rows)[:, 1]) for rows in tests]
    return scores[0] if len(scores) == 1 else tuple(scores)


def _leaks():
    """Name, pretended and real score of the honest model and of four leaks of lab 07."""
    import pandas as pd

    from mlsd import datasets

    learn, judge = _learn_and_judge()
    raw = datasets.load_flights()
    raw["decided_at"] = raw["time_hour"] + pd.to_timedelta(raw["minute"], unit="min") - pd.Timedelta(hours=2)
    raw["place_in_day"] = raw.groupby(["month", "day"]).cumcount()
    key = ["decided_at", "origin", "carrier", "flight"]
    on, off = (rows.merge(raw[[*key, "dep_delay", "place_in_day"]], on=key) for rows in (learn, judge))
    unknown = off.assign(dep_delay=np.nan, place_in_day=np.nan)
    everything = datasets.load_late_flights()
    rate, rate_then = (rows.groupby("tailnum")["late"].mean() for rows in (everything, _parts()[0]))
    coded = [rows.assign(rate=rows["tailnum"].map(rate)) for rows in (learn, judge)]
    return [
        ("honest", *[_auc(_boosted(_NUMBERS), learn, judge)] * 2),
        ("a column from\nafter the decision", *_auc(_boosted([*_NUMBERS, "dep_delay"]), on, off, unknown)),
        ("the order\nof the file", *_auc(_boosted([*_NUMBERS, "place_in_day"]), on, off, unknown)),
        (
            "rates counted\nover all rows",
            *_auc(_boosted([*_NUMBERS, "rate"]), *coded, judge.assign(rate=judge["tailnum"].map(rate_then))),
        ),
        ("copies on\nboth sides", *_copies(learn, judge)),
    ]


def _copies(learn, judge):
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline

    forest = RandomForestClassifier(50, min_samples_leaf=2, random_state=0)
    model = make_pipeline(_boosted(_NUMBERS)[0], SimpleImputer(strategy="median"), forest)
    fewer = learn.head(15_000)
    copied = pd.concat([fewer, *[fewer[fewer["late"] == 1]] * 4])
    return _auc(model, *train_test_split(copied, test_size=0.4, random_state=0), judge)
