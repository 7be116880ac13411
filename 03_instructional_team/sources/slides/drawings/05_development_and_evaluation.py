"""The drawings of deck 5: how a model is chosen, tuned and trained on many machines, and how it is judged."""

from functools import cache, partial
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from course.slides.drawing import BLUE, GREEN, GREY, INK, ORANGE, SKY, VERMILION, arrow, box, canvas, label

# words that can be read from the last row
_box, _label, _arrow = partial(box, size=17), partial(label, size=17), partial(arrow, size=15)


def develop_in_the_factory():
    """Where this session stands in the model factory."""
    figure, axes = canvas(12, 3.9)
    names = ["data", "features", "tuned\nmodel", "tracked,\ngated\nrelease", "served", "watched"]
    ours = {"tuned\nmodel": "lab 09", "tracked,\ngated\nrelease": "lab 10\n(the gate)"}
    steps = []
    for place, name in enumerate(names):
        colour = ORANGE if name in ours else GREY
        steps.append(
            _box(axes, 0.1 + 2.03 * place, 1.5, name, width=1.7, height=1.25, colour=colour, filled=name in ours)
        )
        if name in ours:
            _label(axes, steps[-1].centre[0], 3.35, ours[name], bold=True, colour=ORANGE)
    for here, there in pairwise(steps):
        _arrow(axes, here, there)
    _arrow(axes, (steps[3].centre[0], 1.45), (steps[1].centre[0], 1.45), colour=VERMILION, bend=-0.2)
    _label(axes, steps[2].centre[0], 0.6, "not good enough: back", colour=VERMILION)
    return figure


def develop_ensembles():
    """Bagging, boosting and stacking: who learns from what, and who has the last word."""
    figure, axes = canvas(12, 4.9)
    for x, name in ((0.2, "bagging"), (4.2, "boosting"), (8.2, "stacking")):
        _label(axes, x + 1.8, 4.6, name, bold=True, size=18)
    for x, words in ((0.2, "draw 1"), (1.45, "draw 2"), (2.7, "draw 3")):
        tree = _box(axes, x, 2.9, words, width=1.1, height=0.9, colour=BLUE, filled=True, size=15)
        _arrow(axes, tree, (2.0, 1.95))
    _box(axes, 1.2, 1.05, "vote", width=1.6, height=0.85, colour=GREEN, filled=True)
    boosted = [
        _box(axes, 4.2 + 1.3 * place, 2.9, words, width=1.0, height=0.9, colour=BLUE, filled=True, size=15)
        for place, words in enumerate(("tree 1", "tree 2", "tree 3"))
    ]
    for here, there in pairwise(boosted):
        _arrow(axes, here, there)
    for each in boosted:
        _arrow(axes, each, (6.0, 1.95))
    _box(axes, 5.2, 1.05, "sum", width=1.6, height=0.85, colour=GREEN, filled=True)
    for x, words in ((8.2, "trees"), (9.45, "linear"), (10.7, "net")):
        _arrow(axes, _box(axes, x, 2.9, words, width=1.1, height=0.9, colour=BLUE, filled=True, size=15), (10.0, 1.95))
    _box(axes, 9.0, 1.05, "a model", width=2.0, height=0.85, colour=ORANGE, filled=True)
    for x, words in (
        (2.0, "side by side,\neach on rows drawn anew"),
        (6.0, "one after another, each\nmends what is left"),
        (10.0, "different models; one\nmore learns to weigh them"),
    ):
        _label(axes, x, 0.45, words, size=14)
    return figure


def develop_folds():
    """Folds that go forward in time, and the later rows that are put away."""
    figure, axes = canvas(12, 4.3)
    for row, (train, judge) in enumerate(((2.1, 2.1), (4.2, 2.1), (6.3, 2.1))):
        y = 3.3 - row
        _label(axes, 0.65, y + 0.32, f"fold {row}", size=16)
        _box(axes, 1.4, y, "train", width=train - 0.05, height=0.68, colour=BLUE, filled=True, size=15)
        _box(axes, 1.4 + train, y, "judge", width=judge - 0.05, height=0.68, colour=ORANGE, filled=True, size=15)
    _box(
        axes, 10.0, 1.3, "put away\nuntil the\nvery end", width=1.8, height=2.68, colour=VERMILION, dashed=True, size=15
    )
    _arrow(axes, (1.4, 0.95), (11.8, 0.95))
    _label(axes, 5.6, 0.5, "January to August", size=15)
    _label(axes, 10.9, 0.5, "September on", size=15)
    return figure


def develop_grid_or_dice():
    """Nine trials as a grid and as draws: how many different values of the parameter that matters."""
    figure, axes = canvas(12, 4.7)
    rng = np.random.default_rng(5)
    grid = [(x, y) for x in (0.7, 2.0, 3.3) for y in (0.7, 1.7, 2.7)]
    draws = list(zip(rng.permutation(np.linspace(0.3, 3.7, 9)), rng.uniform(0.4, 3.0, 9), strict=True))
    for left, name, points, colour in ((0.9, "grid", grid, VERMILION), (7.0, "draws", draws, BLUE)):
        axes.plot([left, left, left + 4], [3.9, 0.75, 0.75], color=GREY, linewidth=2)
        for x, y in points:
            axes.plot([left + x], [0.75 + y], "o", color=colour, markersize=13)
            axes.plot([left + x] * 2, [0.62, 0.88], color=colour, linewidth=3)
        _label(axes, left + 2, 4.35, name, bold=True, size=18)
        _label(axes, left + 2, 0.3, f"values of what matters: {3 if name == 'grid' else 9}", colour=colour)
    _label(axes, 5.95, 2.3, "nine trials\neach", size=16)
    return figure


def develop_halving():
    """Successive halving: fewer candidates, more rows; each round costs the same."""
    figure, axes = canvas(12, 4.9)
    rounds = ((32, 600), (16, 1200), (8, 2400), (4, 4800))
    for place, (candidates, rows) in enumerate(rounds):
        x, width, height = 0.3 + 3 * place, 2.3, 2.9 / 2**place + 0.3
        share = rows / 4800
        _box(axes, x, 1.1, "", width=width, height=height, colour=BLUE, filled=True)
        _label(axes, x + width / 2, 1.1 + height + 0.28, f"{candidates} candidates", bold=True, size=16)
        _label(axes, x + width / 2, 0.72, f"on {rows:,} rows ({share:.3g})", size=14)
        if place:
            _arrow(axes, (x - 0.68, 1.3), (x - 0.02, 1.3))
    _label(axes, 8.4, 3.6, "each round: 4 fits' worth of rows\nthe better half goes on", colour=INK)
    return figure


def develop_data_parallel():
    """Data parallelism: every machine has the model, each has other rows, and gradients are averaged."""
    figure, axes = canvas(12, 4.7)
    data = _box(axes, 0.1, 1.8, "rows", width=1.5, height=1.1, colour=GREY)
    mean = _box(axes, 8.2, 1.75, "average of the\ngradients", width=2.3, height=1.2, colour=GREEN, filled=True)
    for place in range(3):
        y = 3.5 - 1.55 * place
        part = _box(axes, 2.5, y, f"part {place + 1}", width=1.4, height=0.95, colour=ORANGE, filled=True)
        worker = _box(axes, 4.9, y, "whole model", width=2.1, height=0.95, colour=BLUE, filled=True)
        _arrow(axes, data, part)
        _arrow(axes, part, worker)
        _arrow(axes, worker, mean)
    _label(axes, 10.55, 3.75, "then every machine\ntakes the same step", size=15)
    _arrow(axes, (9.6, 3.0), (7.05, 4.2), dashed=True, bend=0.2)
    return figure


def develop_model_parallel():
    """Model parallelism: one model in parts on several machines, filled like a pipeline by small portions of rows."""
    figure, axes = canvas(12, 4.9)
    parts = [
        _box(
            axes,
            0.3 + 4.0 * place,
            3.6,
            f"machine {place + 1}:\nlayers {3 * place + 1} to {3 * place + 3}",
            width=3.2,
            height=1.1,
            colour=BLUE,
            filled=True,
        )
        for place in range(3)
    ]
    for here, there in pairwise(parts):
        _arrow(axes, here, there)
    colours = (ORANGE, GREEN, SKY, VERMILION)
    for machine in range(3):
        y = 2.35 - 0.75 * machine
        _label(axes, 1.2, y + 0.27, f"machine {machine + 1}", size=14)
        for portion, colour in enumerate(colours):
            x = 2.6 + 1.35 * (portion + machine)
            _box(axes, x, y, f"rows {portion + 1}", width=1.25, height=0.55, colour=colour, filled=True, size=13)
    _arrow(axes, (2.6, 0.6), (11.0, 0.6))
    _label(axes, 6.6, 0.28, "time: small portions keep all machines at work", size=15)
    return figure


def evaluate_behaviour():
    """Three kinds of behavioural tests."""
    figure, axes = canvas(12, 4.6)
    kinds = (
        ("invariance", "what must\nnot matter", "UA → ua", "the answer\nstays", BLUE),
        ("direction", "what must\nmatter", "30 minutes more\ndelay at the airport", "the risk does\nnot fall", GREEN),
        ("minimum", "what each\ngroup gets", "each month,\neach airport", "AUC of 0.7\nor more", ORANGE),
    )
    for place, (kind, meaning, change, must, colour) in enumerate(kinds):
        x = 0.2 + 4 * place
        _label(axes, x + 1.75, 4.3, kind, bold=True, size=18)
        _label(axes, x + 1.75, 3.6, meaning, size=16)
        top = _box(axes, x + 0.3, 1.95, change, width=2.9, height=1.0, colour=GREY, size=15)
        low = _box(axes, x + 0.3, 0.3, must, width=2.9, height=1.0, colour=colour, filled=True)
        _arrow(axes, top, low)
    return figure


def evaluate_conformal():
    """Split conformal prediction in three steps."""
    figure, axes = canvas(12, 4.5)
    fit = _box(axes, 0.2, 2.2, "1. fit a model\non the past", width=2.7, height=1.2, colour=BLUE, filled=True)
    wrong = _box(
        axes, 4.2, 2.2, "2. how wrong is it on\nrows it never saw?", width=3.2, height=1.2, colour=ORANGE, filled=True
    )
    answer = _box(
        axes, 8.8, 2.2, "3. answer ± what held\n90 % of those", width=3.1, height=1.2, colour=GREEN, filled=True
    )
    _arrow(axes, fit, wrong)
    _arrow(axes, wrong, answer)
    _label(axes, 1.55, 3.8, "January to June", size=15)
    _label(axes, 5.8, 3.8, "half of the summer", size=15)
    _label(axes, 10.35, 3.8, "new flights", size=15)
    _label(axes, 10.35, 1.65, "± 66 minutes", bold=True, colour=GREEN)
    _label(
        axes,
        6,
        0.75,
        "Holds for any model, as long as the rows of step 2 and the new ones\ncould have been shuffled together.",
    )
    return figure


def develop_learning_curves():
    """The score on later flights over the number of training rows, for two models."""
    from sklearn.metrics import roc_auc_score

    from mlsd import models

    past, _, autumn = _summer_case()
    judge = autumn.sample(20_000, random_state=10)
    sizes = [300, 1_000, 3_000, 10_000, 30_000]
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    axes = figure.subplots()
    makers = {"logistic": (models.flights_logistic, "s--", VERMILION), "boosted": (models.flights_boosted, "o-", BLUE)}
    for name, (make, style, colour) in makers.items():
        scores = []
        for size in sizes:
            rows = past.sample(size, random_state=10)
            said = make().fit(rows, rows["late"]).predict_proba(judge)[:, 1]
            scores.append(roc_auc_score(judge["late"], said))
        axes.plot(range(len(sizes)), scores, style, color=colour, markersize=9, label=name)
    axes.set(xlabel="training flights", ylabel="ROC AUC in the autumn", ylim=(0.6, 0.75))
    axes.set_xticks(range(len(sizes)), [f"{size:,}" for size in sizes])
    axes.set_yticks([0.6, 0.65, 0.7, 0.75])
    axes.set_title("More rows, and what each model makes of them (real flights)")
    axes.legend(frameon=False, loc="lower right")
    return figure


def develop_winners_curse():
    """Forty seeds that cannot matter: scores in the search and later."""
    import pandas as pd
    from sklearn.tree import ExtraTreeClassifier

    from mlsd import datasets, models, sampling, tuning

    flights = datasets.load_late_flights().sample(20_000, random_state=9).sort_index()
    early, later = sampling.split_by_time(flights, time="decided_at", test_from="2013-09-01")
    few = early.sample(4_800, random_state=9).sort_index()
    guess = models.flights_logistic().set_params(clf=ExtraTreeClassifier(max_leaf_nodes=30, min_samples_leaf=20))
    options = {"grid": {"clf__random_state": list(range(40))}, "scoring": "roc_auc"}
    folds = sampling.TimeFolds("decided_at", n_splits=3)
    found = tuning.grid_search(guess, few.drop(columns="late"), few["late"], cv=folds, **options).table
    both = pd.concat([few, later])
    last = [(np.arange(len(few)), np.arange(len(few), len(both)))]
    truth = tuning.grid_search(guess, both, both["late"], cv=last, **options).table
    x, y = found["mean_test_score"], truth["mean_test_score"].reindex(found.index)
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    axes = figure.subplots()
    axes.plot(x.iloc[1:], y.iloc[1:], "o", color=BLUE, markersize=9, label="a seed")
    axes.plot(x.iloc[:1], y.iloc[:1], "D", color=VERMILION, markersize=13, label="the winner of the search")
    axes.axhline(y.mean(), color="black", linestyle=":", label=f"mean of all later: {y.mean():.3f}")
    axes.annotate(
        f"promised {x.iloc[0]:.3f}, kept {y.iloc[0]:.3f}",
        (x.iloc[0] + 0.003, y.iloc[0] - 0.014),
        ha="right",
        va="center",
    )
    axes.set(xlabel="ROC AUC in the search", ylabel="ROC AUC later", xticks=[0.6, 0.62, 0.64, 0.66, 0.68, 0.7])
    axes.set(yticks=[0.6, 0.62, 0.64, 0.66, 0.68, 0.7], xlim=(0.6, 0.7), ylim=(0.59, 0.735))
    axes.set_title("Forty seeds of one random tree: luck, and nothing else (real flights)")
    axes.legend(frameon=False, loc="upper left", ncols=3, fontsize=13)
    return figure


def evaluate_calibration():
    """The plot of lab 10: what was said, and what happened."""
    from mlsd import evaluate, models

    past, _, autumn = _summer_case()
    figure = Figure(figsize=(11, 4.9), layout="constrained")
    axes = figure.subplots()
    balanced = models.flights_boosted().set_params(clf__class_weight="balanced")
    lines = {"boosted": (models.flights_boosted(), "o-", BLUE), "balanced": (balanced, "s--", VERMILION)}
    for name, (model, style, colour) in lines.items():
        said = model.fit(past, past["late"]).predict_proba(autumn)[:, 1]
        curve = evaluate.calibration_table(autumn["late"], said)
        reaches = [curve["share"] - curve["low"], curve["high"] - curve["share"]]
        axes.errorbar(curve["mean_probability"], curve["share"], reaches, fmt=style, color=colour, label=name)
    axes.plot([0, 0.8], [0, 0.8], ":", color="black", label="said = happened")
    axes.set(
        xlabel="probability said", ylabel="share late", xticks=[0, 0.2, 0.4, 0.6, 0.8], yticks=[0, 0.2, 0.4, 0.6, 0.8]
    )
    axes.set_title("What was said and what happened, September to December (real flights)")
    axes.legend(frameon=False, loc="upper left")
    return figure


def evaluate_simpson():
    """Late rates of two airports: all day, before 15:00, and from then on."""
    from mlsd import datasets

    flights = datasets.load_late_flights()
    two = flights[flights["origin"] != "EWR"]
    afternoon = two["minute_of_day"] >= 15 * 60
    parts = {"all day": two, "before 15:00": two[~afternoon], "from 15:00": two[afternoon]}
    figure = Figure(figsize=(11, 4.7), layout="constrained")
    axes = figure.subplots()
    for shift, (airport, colour) in zip((-0.19, 0.19), (("JFK", SKY), ("LGA", ORANGE)), strict=True):
        rates = [100 * part.loc[part["origin"] == airport, "late"].mean() for part in parts.values()]
        bars = axes.bar(np.arange(3) + shift, rates, width=0.36, color=colour, label=airport)
        axes.bar_label(bars, [f"{airport}\n{rate:.1f}" for rate in rates], padding=3, fontsize=14)
    axes.set_xticks(range(3), list(parts))
    axes.set(ylabel="% more than 30 minutes late", ylim=(0, 28), yticks=[0, 10, 20])
    axes.set_title("Which airport is better? Real flights, the whole of 2013")
    return figure


def evaluate_coverage():
    """The plot of lab 10: one width for all, and one for each stretch of the day."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    from mlsd import evaluate, models

    past, summer, _ = _summer_case()
    trees = HistGradientBoostingRegressor(loss="absolute_error", categorical_features=["carrier", "origin", "dest"])
    model = models.flights_boosted().set_params(clf=trees.set_params(random_state=10)).fit(past, past["minutes"])
    half = summer.sample(frac=0.5, random_state=10)
    fresh = summer.drop(half.index)
    promises = {
        "one width for all": (evaluate.conformal(model, half, half["minutes"], coverage=0.9), "s", VERMILION, -0.08),
        "a width for each": (
            evaluate.conformal(model, half, half["minutes"], groups=_stretch(half)),
            "o",
            BLUE,
            0.08,
        ),
    }
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    axes = figure.subplots()
    for name, (promise, style, colour, shift) in promises.items():
        table = promise.coverage(fresh, fresh["minutes"], groups=_stretch(fresh)).set_index("group").loc[_STRETCHES]
        reaches = [table["coverage"] - table["low"], table["high"] - table["coverage"]]
        axes.errorbar(
            np.arange(4) + shift, table["coverage"], reaches, fmt=style, color=colour, label=name, markersize=9
        )
        if shift < 0:  # the others all stand at 0.90
            for place, share in enumerate(table["coverage"]):
                axes.annotate(f"{share:.2f}", (place + 2.2 * shift, share), ha="right", va="center")
    axes.axhline(0.9, color="black", linestyle=":", label="promised")
    axes.set_xticks(range(4), _STRETCHES)
    axes.set(xlim=(-0.5, 3.5))
    axes.set(xlabel="departure", ylabel="share of flights", ylim=(0.8, 1.0), yticks=[0.8, 0.85, 0.9, 0.95, 1.0])
    axes.set_title("Intervals that held the arrival, July and August (real flights)")
    axes.legend(frameon=False, loc="upper right")
    return figure


_STRETCHES = ["before 10:00", "10:00 to 14:00", "14:00 to 18:00", "from 18:00"]


@cache
def _summer_case():
    """The past, the summer and the autumn of lab 10."""
    from mlsd import datasets

    flights = datasets.load_late_flights()
    flights["minutes"] = (flights["known_at"] - flights["decided_at"]).dt.total_seconds() / 60 - 120
    past = flights[flights["month"] <= 6].sample(30_000, random_state=10).sort_index()
    return past, flights[flights["month"].isin([7, 8])], flights[flights["month"] >= 9]


def _stretch(rows):
    import pandas as pd

    hours = pd.cut(rows["minute_of_day"] / 60, [0, 10, 14, 18, 24], right=False, labels=_STRETCHES)
    return hours.astype("str")
