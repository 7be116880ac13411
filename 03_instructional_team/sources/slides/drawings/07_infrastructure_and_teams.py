"""The drawings of deck 7: what the factory stands on, and the people around it."""

from functools import cache
from itertools import pairwise

import numpy as np

from course.slides.drawing import BLUE, GREEN, GREY, ORANGE, PINK, SKY, VERMILION, arrow, box, canvas, label
from mlsd import datasets, models


def infra_where_we_are():
    """The line of the factory, and the floor and the people it stands on."""
    figure, axes = canvas(11, 4.4)
    names = ["data", "features", "tuned\nmodel", "gated\nrelease", "served", "watched"]
    steps = [
        box(axes, 0.1 + 1.86 * place, 2.9, name, width=1.5, height=1.0, size=15) for place, name in enumerate(names)
    ]
    for here, there in pairwise(steps):
        arrow(axes, here, there)
    floor = "the floor: storage, compute, schedulers, a platform, a place to develop"
    box(axes, 0.1, 1.5, floor, width=10.8, height=0.9, colour=BLUE, filled=True, size=16)
    people = "the people: who builds it, who answers for it, whom it is about"
    box(axes, 0.1, 0.3, people, width=10.8, height=0.9, colour=ORANGE, filled=True, size=16)
    return _large(figure, 4.9)


def infra_layers():
    """Four layers, from what everybody buys to what everybody tunes."""
    figure, axes = canvas(11, 4.7)
    layers = [
        ("development environment", "VSCode, notebooks, .venv, git, CI", PINK),
        ("machine learning platform", "MLflow: registry; features; serving; monitoring", ORANGE),
        ("resource management", "Dask, the factory’s steps, a clock", GREEN),
        ("storage and compute", "SQLite or PostgreSQL, Parquet, this machine", BLUE),
    ]
    for place, (name, ours, colour) in enumerate(layers):
        y = 3.35 - 1.05 * place
        box(axes, 0.9, y, name, width=4.2, height=0.9, colour=colour, filled=True, size=16)
        label(axes, 5.4, y + 0.45, ours, left=True, size=15)
    arrow(axes, (0.45, 0.4), (0.45, 4.2), colour="#57606a")
    label(axes, 5.4, 4.47, "in this course", left=True, size=13, colour="#57606a")
    label(axes, 3.0, 4.47, "nearer to people", size=13, colour="#57606a")
    return _large(figure, 5.2)


def infra_compose():
    """What docker-compose.yml starts."""
    figure, axes = canvas(11, 4.4)
    you = box(axes, 0.1, 1.7, "you:\nlabs, mlsd,\nthe factory", width=2.0, height=1.3, colour=GREY, size=15)
    mlflow = box(axes, 4.0, 1.8, "mlflow\n:5000", width=2.2, height=1.1, colour=BLUE, filled=True, size=16)
    database = box(axes, 8.2, 1.8, "postgres\n:5432", width=2.2, height=1.1, colour=BLUE, filled=True, size=16)
    serve = box(axes, 4.0, 0.2, "serve\n:8000", width=2.2, height=1.0, colour=GREEN, dashed=True, size=16)
    dask = box(axes, 4.0, 3.3, "dask-scheduler\n:8786", width=2.2, height=1.0, colour=ORANGE, dashed=True, size=15)
    workers = box(axes, 8.2, 3.3, "dask-worker-1\ndask-worker-2", width=2.2, height=1.0, colour=ORANGE, dashed=True)
    arrow(axes, you, mlflow, "runs, models", size=13)
    arrow(axes, mlflow, database, "records", size=13)
    arrow(axes, (2.1, 2.85), (4.0, 3.6))
    arrow(axes, (2.1, 1.9), (4.0, 0.8))
    arrow(axes, dask, workers, "tasks", size=13)
    arrow(axes, serve, mlflow)
    label(axes, 7.4, 0.7, "dashed: only with a profile,\nsuch as --profile dask", left=True, size=14)
    return _large(figure, 4.6)


def infra_clock_or_graph():
    """Three tools for one wish: run it each night."""
    figure, axes = canvas(11, 4.5)
    kinds = [
        ("a clock", "cron", "starts one program\nat a time of day", "knows no before\nand after", GREY),
        (
            "a scheduler",
            "Slurm; a queue",
            "what, in which order,\nwith which priority",
            "takes machines\nas given",
            BLUE,
        ),
        (
            "an orchestrator",
            "Kubernetes",
            "where: gets machines,\nstarts and ends them",
            "knows no data,\nno labels",
            GREEN,
        ),
        (
            "a workflow tool",
            "Airflow, Argo,\nPrefect, Metaflow",
            "a graph of steps,\nretries, history",
            "its steps are\nyours to write",
            ORANGE,
        ),
    ]
    for place, (name, such, does, lacks, colour) in enumerate(kinds):
        x = 0.1 + 2.75 * place
        label(axes, x + 1.27, 4.2, name, size=16, bold=True)
        box(axes, x, 2.8, such, width=2.55, height=1.05, colour=colour, filled=True, size=15)
        label(axes, x + 1.27, 2.0, does, size=14)
        label(axes, x + 1.27, 0.8, lacks, size=14, colour=VERMILION)
    return _large(figure, 4.9)


def infra_step():
    """A step of the factory: a key from all that goes in, and a result that is whole or absent."""
    figure, axes = canvas(11, 3.9)
    inputs = [
        box(axes, 0.1, y, name, width=1.9, height=0.75) for y, name in ((2.9, "code"), (1.6, "settings"), (0.3, "rows"))
    ]
    key = box(axes, 3.0, 1.45, "key:\na digest of all", width=2.1, height=1.05, colour=BLUE, filled=True)
    there = box(axes, 6.0, 2.55, "found: take it", width=2.1, height=0.9, colour=GREEN, filled=True)
    make = box(
        axes,
        6.0,
        0.45,
        "absent: make it\nunder another name",
        width=2.3,
        height=1.0,
        colour=ORANGE,
        filled=True,
        size=13,
    )
    result = box(axes, 9.1, 1.45, "result,\nwhole", width=1.7, height=1.05, colour=GREEN, size=16)
    for each in inputs:
        arrow(axes, each, key)
    arrow(axes, key, there)
    arrow(axes, key, make)
    arrow(axes, there, result)
    arrow(axes, make, result)
    label(axes, 9.6, 0.75, "rename", size=14, colour=VERMILION)
    return _large(figure, 4.3)


def infra_feature_store():
    """One definition, two readers."""
    figure, axes = canvas(11, 4.4)
    define = box(
        axes,
        0.1,
        1.7,
        "one definition:\nmean delay of the\nlast three hours",
        width=2.5,
        height=1.3,
        colour=ORANGE,
        filled=True,
    )
    batch = box(axes, 3.9, 3.0, "history\nof each flight", width=2.3, height=1.0, colour=BLUE, filled=True)
    online = box(
        axes, 3.9, 0.5, "the newest value\nof each airport", width=2.3, height=1.0, colour=GREEN, filled=True, size=14
    )
    train = box(axes, 7.6, 3.0, "training:\nas it was at that moment", width=3.3, height=1.0, size=15)
    serve = box(axes, 7.6, 0.5, "serving:\nas it is now, in milliseconds", width=3.3, height=1.0, size=14)
    for here, there in ((define, batch), (define, online), (batch, train), (online, serve)):
        arrow(axes, here, there)
    label(axes, 7.4, 2.25, "written twice, by two people,\nthe two will differ one day", size=14, colour=VERMILION)
    return _large(figure, 4.7)


def infra_year():
    """What the shipped spec decided at the end of each month (from a run of `mlsd factory run late_flights`)."""
    figure, axes = canvas(11, 3.9)
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    released, nothing = {"Jan": 1, "Feb": 2, "Jul": 3, "Sep": 4}, {"Mar"}
    axes.plot([0.2, 10.8], [1.9, 1.9], color=GREY, linewidth=2)
    for place, month in enumerate(months):
        x = 0.1 + 0.91 * place
        label(axes, x + 0.4, 1.35, month, size=15)
        if month in released:
            box(axes, x, 2.35, f"v{released[month]}", width=0.8, height=0.8, colour=GREEN, filled=True, size=17)
            axes.plot([x + 0.4] * 2, [1.9, 2.35], color=GREEN, linewidth=3)
        elif month not in nothing:
            axes.plot(x + 0.4, 1.9, "x", color=VERMILION, markersize=16, markeredgewidth=4)
        else:
            axes.plot(x + 0.4, 1.9, "o", color=GREY, markersize=9)
    label(axes, 0.1, 3.55, "released: it passed every gate", left=True, size=15, colour=GREEN)
    label(axes, 0.1, 0.7, "×  a candidate was made, and refused", left=True, size=15, colour=VERMILION)
    label(axes, 6.6, 0.7, "●  no reason for a new one", left=True, size=15, colour="#57606a")
    return _large(figure, 4.3)


def infra_build_or_buy():
    """Which parts are yours to build."""
    figure, axes = canvas(11, 4.5)
    arrow(axes, (1.2, 0.7), (10.8, 0.7), colour="#57606a")
    arrow(axes, (1.2, 0.7), (1.2, 4.4), colour="#57606a")
    label(axes, 6, 0.3, "how much it sets you apart from others", size=15, colour="#57606a")
    label(axes, 0.6, 2.6, "how\nwell it\ncan be\nbought", size=15, colour="#57606a")
    parts = [
        (1.6, 3.3, "storage, compute:\nrent it", BLUE),
        (4.6, 3.3, "tracking, registry:\ntake what is free", BLUE),
        (7.8, 3.3, "features for adverts:\nbuy, then replace", ORANGE),
        (1.6, 1.2, "odd old systems:\na thin layer, no more", GREY),
        (4.6, 1.2, "your gates, your labels:\nbuild", GREEN),
        (7.8, 1.2, "what the company is:\nbuild, and keep", GREEN),
    ]
    for x, y, name, colour in parts:
        box(axes, x, y, name, width=2.8, height=0.95, colour=colour, filled=True, size=13.5)
    return _large(figure, 4.9)


def teams_mostly_correct():
    """Help people where the model is right often, and not always."""
    figure, axes = canvas(11, 4.2)
    ask = box(axes, 0.1, 1.6, "question", width=1.6, height=0.9, size=16)
    model = box(axes, 2.5, 1.6, "model", width=1.6, height=0.9, colour=ORANGE, filled=True, size=17)
    sure = box(axes, 5.1, 3.0, "sure: answer", width=2.4, height=0.9, colour=GREEN, filled=True)
    unsure = box(
        axes, 5.1, 1.6, "unsure: show three,\na person chooses", width=2.4, height=0.9, colour=SKY, filled=True, size=13
    )
    late = box(axes, 5.1, 0.2, "too slow:\na rule answers", width=2.4, height=0.9, colour=GREY, filled=True, size=14)
    person = box(
        axes, 8.7, 1.6, "who can say\n“that is wrong”", width=2.2, height=0.9, colour=BLUE, filled=True, size=14
    )
    arrow(axes, ask, model)
    for way in (sure, unsure, late):
        arrow(axes, model, way)
        arrow(axes, way, person)
    return _large(figure, 4.5)


def teams_roles():
    """Who touches which box."""
    figure, axes = canvas(11, 4.6)
    for place, name in enumerate(["scope", "data", "model", "release", "watch"]):
        label(axes, 3.6 + 1.62 * place, 4.3, name, size=15, bold=True)
    rows = [
        ("subject expert", [0, 1, 4], ORANGE),
        ("data scientist", [0, 1, 2], BLUE),
        ("ML engineer", [2, 3, 4], GREEN),
        ("platform team", [1, 3, 4], GREY),
        ("product owner", [0, 3], PINK),
    ]
    for row, (name, parts, colour) in enumerate(rows):
        y = 3.35 - 0.8 * row
        label(axes, 0.1, y + 0.3, name, left=True, size=16)
        for part in range(5):
            here = part in parts
            words = "yes" if here else ""
            box(
                axes,
                2.9 + 1.62 * part,
                y,
                words,
                width=1.4,
                height=0.6,
                colour=colour if here else "#d0d7de",
                filled=here,
                size=14,
            )
    return _large(figure, 5.1)


def teams_bias_enters():
    """Where unfairness comes in along the line."""
    figure, axes = canvas(11, 4.2)
    steps = [
        ("who is in\nthe data", "the clinic’s\npatients, not the\nsick at home"),
        ("labels", "“arrested”\nis not “guilty”"),
        ("features", "a postcode\nstands for\na group"),
        ("objective", "the mean:\nsmall groups\nhardly count"),
        ("evaluation", "one number\nfor everybody"),
        ("use", "advice is taken\nas an order"),
    ]
    boxes = []
    for place, (name, how) in enumerate(steps):
        x = 0.1 + 1.84 * place
        boxes.append(box(axes, x, 2.5, name, width=1.6, height=1.1, colour=BLUE, filled=True, size=15))
        label(axes, x + 0.8, 1.65, how, size=13, colour=VERMILION)
    for here, there in pairwise(boxes):
        arrow(axes, here, there)
    label(axes, 5.5, 0.5, "look at every step: a fair model of unfair labels repeats them", size=16)
    return _large(figure, 4.5)


def teams_airlines():
    """False alarms and misses by airline: the logistic model of lab 02, flagging from 0.2 on."""
    flights = _asked(2).drop(columns="known_at")
    past, autumn = flights[flights["month"] <= 6].iloc[::6], flights[flights["month"] >= 9]
    chance = models.flights_logistic().fit(past, past["late"]).predict_proba(autumn)[:, 1]
    told = autumn[["carrier", "late"]].assign(flagged=chance >= 0.2)
    large = told["carrier"].value_counts().head(8).index
    alarms = 100 * told[told["late"] == 0].groupby("carrier")["flagged"].mean()[large].sort_values()
    misses = 100 * (1 - told[told["late"] == 1].groupby("carrier")["flagged"].mean()[alarms.index])
    figure, (left, right) = _plot(4.9, columns=2)
    for axes, values, colour in ((left, alarms, ORANGE), (right, misses, SKY)):
        bars = axes.barh(range(len(values)), values, color=colour)
        axes.bar_label(bars, [f"{value:.0f}" for value in values], padding=4, fontsize=17)
        axes.set(xlim=(0, 1.15 * values.max()), xticks=[], yticks=range(len(values)))
        axes.set_yticklabels(alarms.index, fontsize=18)
        axes.spines["bottom"].set_visible(False)
    left.set_title("in time, but flagged (%)")
    right.set_title("late, but missed (%)")
    return figure


def teams_changed_minds():
    """The same flight, asked 6, 4 and 2 hours before: how often the answer turns, and what it costs to turn less."""
    chances, late = [], None
    for hours in (6, 4, 2):
        flights = _asked(hours).drop(columns="known_at")
        past, autumn = flights[flights["month"] <= 6].iloc[::12], flights[flights["month"] >= 9].iloc[::8]
        chances.append(models.flights_logistic().fit(past, past["late"]).predict_proba(autumn)[:, 1])
        late = autumn["late"].to_numpy() == 1
    figure, (left, right) = _plot(4.6, columns=2)
    turned, dollars = zip(*(_turning(chances, late, *limits) for limits in ((0.2, 0.2), (0.14, 0.26))), strict=True)
    for axes, values, form in ((left, turned, "{:.1f} %"), (right, dollars, "{:.2f}")):
        bars = axes.bar(
            ["one limit:\n0.20", "two limits: on at\n0.26, off below 0.14"], values, 0.55, color=[BLUE, GREEN]
        )
        axes.bar_label(bars, [form.format(value) for value in values], padding=4, fontsize=19)
        axes.set(yticks=[], ylim=(0, 1.2 * max(values)))
        axes.spines["left"].set_visible(False)
    left.set_title("answers that turned at least once")
    right.set_title("dollars a flight, by the last answer")
    return figure


def teams_alone_in_a_cell():
    """How soon a person is the only one of their kind."""
    people = datasets.make_credit(50_000)
    people["income"] = people["monthly_income"] // 500
    coarse = people.assign(age=people["age"] // 10, income=(people["monthly_income"] // 5000).clip(upper=3))
    limits = {"num_dependents": 3, "num_real_estate_loans": 2}
    coarse = coarse.assign(**{name: coarse[name].clip(upper=limit) for name, limit in limits.items()})
    coarse["num_open_credit_loans"] //= 5
    columns = ["age", "num_dependents", "num_open_credit_loans", "num_real_estate_loans", "income"]
    names = ["age", "+ children", "+ credits", "+ houses", "+ income"]
    figure, axes = _plot(4.7)
    for table, style, colour, said in ((people, "o-", VERMILION, "as recorded"), (coarse, "s--", GREEN, "coarser")):
        alone = [100 * _alone(table, columns[: n + 1]) for n in range(len(columns))]
        axes.plot(names, alone, style, color=colour, linewidth=3, markersize=11, label=said)
        axes.annotate(f"{alone[-1]:.0f} %", (4, alone[-1]), (10, 2), textcoords="offset points", fontsize=19)
    axes.set(
        title="50,000 borrowers (synthetic)", ylabel="the only one of their kind (%)", xlim=(-0.2, 4.6), ylim=(-3, 78)
    )
    axes.legend(frameon=False, loc="upper left", fontsize=18)
    axes.set_yticks([0, 20, 40, 60])
    return figure


def _turning(chances, late, off, on):
    """Per cent of flights whose answer turned, and dollars a flight of the last answer."""
    said = chances[0] >= (off + on) / 2
    turned = np.zeros(len(said), dtype=bool)
    for chance in chances[1:]:
        new = np.where(chance >= on, True, np.where(chance < off, False, said))
        turned |= new != said
        said = new
    return 100 * turned.mean(), (60 * (said & ~late).sum() + 300 * (~said & late).sum()) / len(late)


def _alone(table, columns):
    return (table.groupby(columns, dropna=False)[columns[0]].transform("size") == 1).mean()


@cache
def _asked(hours):
    return datasets.load_late_flights(hours_before=hours)


def _large(figure, height):
    """As wide as a slide, with words for the last row: they grow more than the boxes do."""
    figure.set_size_inches(12, height)
    for words in figure.axes[0].texts:
        words.set_size(1.17 * words.get_size())
    return figure


def _plot(height, columns=1):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, height), layout="constrained")
    axes = figure.subplots(1, columns)
    for each in np.atleast_1d(axes):
        each.tick_params(labelsize=17)
        each.yaxis.label.set_size(19)
    return figure, axes
