"""The drawings of deck 6: what moved an answer, what moved the world, and what a release may break."""

from functools import cache, partial
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from course.slides.drawing import BLUE, GREEN, GREY, INK, ORANGE, SKY, VERMILION, arrow, box, canvas, label
from mlsd import datasets, drift, explain, models, monitor, serve

MUTED = "#57606a"  # for words that stand back
# words that can be read from the last row
_box, _label, _arrow = partial(box, size=17), partial(label, size=17), partial(arrow, size=15)


def watch_in_the_factory():
    """Where this session stands in the model factory."""
    figure, axes = canvas(12, 4.3)
    names = ["data", "features", "tuned\nmodel", "tracked,\ngated\nrelease", "served", "watched"]
    steps = []
    for place, name in enumerate(names):
        ours = name in {"served", "watched"}
        colour = ORANGE if ours else GREY
        steps.append(_box(axes, 0.1 + 2.03 * place, 1.5, name, width=1.65, height=1.15, colour=colour, filled=ours))
    for here, there in pairwise(steps):
        _arrow(axes, here, there)
    _box(axes, 5.0, 3.4, "explained: lab 11", width=3.2, height=0.75, colour=ORANGE, filled=True)
    _arrow(axes, (7.0, 3.4), (7.0, 2.65), colour=ORANGE)
    _label(axes, 10.15, 3.0, "lab 12", bold=True, colour=ORANGE)
    _arrow(axes, (steps[5].centre[0], 1.45), (steps[0].centre[0], 1.45), colour=VERMILION, bend=-0.1)
    _label(axes, 6, 0.25, "learned on, when the world has moved (lab 13)", colour=VERMILION)
    return figure


def watch_three_questions():
    """Three questions to one model, and the tool for each."""
    figure, axes = canvas(12, 4.6)
    asked = {
        "What if this column\nwere another?": ("partial dependence,\nICE", "curves over its values"),
        "What if this column\nwere noise?": ("permutation\nimportance", "how much score is lost"),
        "What did this column\ndo to this answer?": ("Shapley values\n(SHAP)", "steps that add up"),
    }
    for place, (question, (tool, seen)) in enumerate(asked.items()):
        x = 0.2 + 4.0 * place
        top = _box(axes, x, 3.2, question, width=3.5, height=1.2, colour=BLUE, filled=True, size=18)
        low = _box(axes, x, 1.25, tool, width=3.5, height=1.1, colour=GREEN, size=18)
        _arrow(axes, top, low)
        _label(axes, x + 1.75, 0.75, seen)
    _label(axes, 4.0, 0.25, "about the model as a whole", colour=MUTED, bold=True)
    _label(axes, 9.95, 0.25, "about one answer", colour=MUTED, bold=True)
    return figure


def watch_orders():
    """Shapley's sharing with two columns: neither moves anything alone."""
    figure, axes = canvas(12, 4.4)
    rows = [("wind first", ("wind", 0), ("slope", 8)), ("slope first", ("slope", 0), ("wind", 8))]
    for y, (order, *comers) in zip((2.9, 1.2), rows, strict=True):
        _label(axes, 0.1, y + 0.5, order, left=True, bold=True, size=18)
        here, speed = _box(axes, 2.2, y, "25", width=1.1, height=1.0, colour=GREY, size=20), 25
        for place, (name, step) in enumerate(comers):
            speed += step
            there = _box(axes, 5.2 + 3 * place, y, str(speed), width=1.1, height=1.0, colour=BLUE, filled=True, size=20)
            _arrow(axes, here, there, f"{name}: +{step}", size=17, colour=GREEN if step else MUTED)
            here = there
    for x, words in ((2.75, "mean of all fires"), (5.75, "one is known"), (8.75, "this fire")):
        _label(axes, x, 4.1, words, size=15)
    _label(axes, 9.75, 2.55, "mean over\nboth orders:\nwind +4\nslope +4", left=True, colour=VERMILION, bold=True)
    _label(axes, 6, 0.5, "25 + 4 + 4 = 33, metres a minute: the steps add up to the answer", size=18)
    return figure


def watch_not_cause():
    """What the model does with a number is not what the world does."""
    figure, axes = canvas(12, 4.5)
    _label(axes, 0.2, 4.15, "the (made-up) world", left=True, bold=True, colour=BLUE)
    income = _box(axes, 0.2, 2.55, "income", width=2.0, height=1.0, colour=BLUE, filled=True)
    ratio = _box(axes, 3.4, 2.55, "debt ratio", width=2.0, height=1.0, colour=BLUE, filled=True)
    late = _box(axes, 6.6, 2.55, "pays late", width=2.0, height=1.0, colour=BLUE, filled=True)
    _arrow(axes, income, ratio)
    _arrow(axes, ratio, late)
    _label(axes, 0.2, 1.75, "the model asked", left=True, bold=True, colour=VERMILION)
    changes = {"as they are": "7.2 %", "income doubled,\nthe ratio left as it was": "7.0 %"}
    changes |= {"income doubled,\nthe ratio halved": "6.0 %"}
    for place, (what, risk) in enumerate(changes.items()):
        x = 0.2 + 3.95 * place
        _box(axes, x, 0.25, what, width=2.8, height=1.1, colour=GREY, size=15)
        _label(axes, x + 2.87, 0.8, risk, left=True, bold=True, colour=VERMILION, size=20)
    _label(axes, 9.0, 3.05, "Whoever earns twice as\nmuch has half the ratio.", left=True, size=16)
    return figure


def watch_batch_online():
    """Two ways to give an answer."""
    figure, axes = canvas(12, 4.6)
    _label(axes, 0.1, 4.3, "batch: every night, for all", left=True, bold=True, colour=BLUE)
    _label(axes, 0.1, 2.0, "online: when somebody asks", left=True, bold=True, colour=GREEN)
    batch = ["all rows", "model", "table of\nanswers", "somebody\nlooks it up"]
    online = ["somebody\nasks", "features,\nfresh", "model", "answer,\nrecord"]
    for y, names, colour in ((2.75, batch, BLUE), (0.45, online, GREEN)):
        steps = [
            _box(axes, 0.1 + 2.2 * place, y, name, width=1.7, height=1.1, colour=colour, filled=name == "model")
            for place, name in enumerate(names)
        ]
        for here, there in pairwise(steps):
            _arrow(axes, here, there)
    _label(
        axes,
        8.75,
        3.3,
        "cheap, can be checked first;\nstale, and only for those\nwho could be foreseen",
        left=True,
        size=16,
    )
    _label(
        axes, 8.75, 1.0, "fresh, for anybody;\nmust be up, and quick,\nand read the same features", left=True, size=16
    )
    return figure


def watch_skew():
    """Two programs that should make the same row."""
    figure, axes = canvas(12, 4.5)
    flight = _box(axes, 0.1, 1.75, "one flight", width=1.8, height=1.0, colour=GREY, filled=True)
    train = _box(axes, 3.1, 3.05, "the table that\nit learned from", width=2.9, height=1.1, colour=BLUE, filled=True)
    asked = _box(axes, 3.1, 0.35, "a colleague's\nweb page", width=2.9, height=1.1, colour=VERMILION, filled=True)
    _arrow(axes, flight, train)
    _arrow(axes, flight, asked)
    rows = {3.05: ("17:20", "UA", "missing"), 0.35: ("22:20", "ua", "0")}
    for y, values in rows.items():
        colour = BLUE if y > 1 else VERMILION
        _arrow(axes, (6.05, y + 0.55), (6.85, y + 0.55))
        for place, value in enumerate(values):
            _box(axes, 6.9 + 1.7 * place, y + 0.1, value, width=1.55, height=0.9, colour=colour, size=18)
    for place, name in enumerate(("departure", "airline", "pressure")):
        _label(axes, 7.68 + 1.7 * place, 2.25, name, bold=True)
    _label(axes, 9.2, 1.75, "same columns, same types: checks are content", size=15)
    return figure


def watch_feedback_loop():
    """A recommender that learns from what it has shown."""
    figure, axes = canvas(12, 4.6)
    names = [
        "the model ranks\nthe songs",
        "people see\nthe first ten",
        "they click\nwhat they see",
        "clicks become\nlabels",
    ]
    places = [(0.3, 3.2), (5.0, 3.2), (5.0, 0.5), (0.3, 0.5)]
    steps = [
        _box(axes, x, y, name, width=2.8, height=1.15, colour=BLUE, filled=True)
        for (x, y), name in zip(places, names, strict=True)
    ]
    for here, there in pairwise([*steps, steps[0]]):
        _arrow(axes, here, there)
    _label(axes, 4.0, 2.42, "the first stay first", colour=VERMILION, bold=True, size=18)
    _label(axes, 8.4, 3.75, "see it: how many items are ever\nshown? how many new ones?", left=True, size=16)
    _label(
        axes, 8.4, 2.4, "break it: show some by chance;\ntell the model the place\nthat an item had", left=True, size=16
    )
    _label(axes, 8.4, 1.0, "the same: loans refused never\nshow whether they were good", left=True, size=16)
    return figure


def watch_three_shifts():
    """Inputs, labels, or what inputs mean: three kinds of change."""
    figure = Figure(figsize=(12, 4.7), layout="constrained")
    panels = figure.subplots(1, 3)
    x = np.linspace(0, 10, 200)
    bump = lambda middle: 0.9 * np.exp(-((x - middle) ** 2) / 3)  # noqa: E731 (a density, in no unit)
    risk = lambda middle: 1 / (1 + np.exp(-1.2 * (x - middle)))  # noqa: E731 (P(Y|X))
    then, now = {"color": BLUE, "linewidth": 3}, {"color": VERMILION, "linewidth": 3, "linestyle": "--"}
    panels[0].plot(x, bump(3.5), **then, label="then")
    panels[0].plot(x, bump(6.5), **now, label="now")
    panels[0].set(title="covariate shift\ninputs move, their meaning stays", xlabel="input", ylabel="how frequent")
    panels[1].bar([0, 1], [0.84, 0.16], width=0.35, color=BLUE, label="then")
    panels[1].bar([0.38, 1.38], [0.6, 0.4], width=0.35, color=VERMILION, hatch="///", edgecolor="white", label="now")
    panels[1].set(title="label shift\nanswers move, their looks stay", xticks=[0.19, 1.19], ylabel="share")
    panels[1].set_xticklabels(["in time", "late"])
    panels[2].plot(x, risk(5), **then, label="then")
    panels[2].plot(x, risk(7.5), **now, label="now")
    panels[2].set(title="concept drift\nsame input, another answer", xlabel="input", ylabel="chance of late")
    for place, axes in enumerate(panels):
        axes.set_yticks([])
        axes.tick_params(labelsize=15)
        axes.title.set_fontsize(16)
        axes.xaxis.label.set_fontsize(16)
        axes.yaxis.label.set_fontsize(16)
        axes.spines[["top", "right"]].set_visible(False)
        if place != 1:
            axes.set_xticks([])
        axes.legend(frameon=False, fontsize=15, loc="upper right" if place < 2 else "upper left")
        if place == 0:
            axes.set_ylim(0, 1.25)
    return figure


def watch_four_layers():
    """What can be watched: the nearer to the truth, the later."""
    figure, axes = canvas(12, 4.7)
    layers = [
        ("raw inputs", "rows, types, gaps", "which of them matter?", GREY),
        ("features", "ranges, drift", "many columns, many alarms", SKY),
        ("answers", "their level, their spread", "one number, at once", ORANGE),
        ("outcomes", "wrong answers, complaints", "the truth, and late", GREEN),
    ]
    steps = []
    for place, (name, what, but, colour) in enumerate(layers):
        x = 0.1 + 3.0 * place
        steps.append(_box(axes, x, 2.35, name, width=2.4, height=1.05, colour=colour, filled=True, size=19))
        _label(axes, x + 1.2, 2.05, f"{what};\n{but}", size=14, below=True)
    for here, there in pairwise(steps):
        _arrow(axes, here, there)
    _arrow(axes, (0.3, 3.9), (11.6, 3.9), colour=BLUE)
    _label(axes, 6, 4.35, "nearer to what people care about, and later known", colour=BLUE, bold=True)
    _box(
        axes,
        0.1,
        0.15,
        "and below all of it: is it up? how slow? how many errors? how full is the disk?",
        width=11.4,
        height=0.75,
    )
    return figure


def watch_learning_on():
    """From nothing, or from where it was."""
    figure, axes = canvas(12, 4.5)
    _label(axes, 0.1, 4.2, "stateless: from nothing, with a window of data", left=True, bold=True, colour=BLUE)
    _label(
        axes, 0.1, 1.95, "stateful: the last version goes on, with new data only", left=True, bold=True, colour=GREEN
    )
    for place, months in enumerate(("Jan to Apr", "Feb to May", "Mar to Jun")):
        x = 0.1 + 4.0 * place
        data = _box(axes, x, 2.8, months, width=1.75, height=0.9, colour=GREY, size=16)
        _arrow(axes, data, _box(axes, x + 2.35, 2.8, f"v{place + 1}", width=1.0, height=0.9, colour=BLUE, filled=True))
    versions = []
    for place, month in enumerate(("Apr", "May", "Jun")):
        x = 0.1 + 4.0 * place
        data = _box(axes, x, 0.45, month, width=1.2, height=0.9, colour=GREY, size=16)
        versions.append(_box(axes, x + 2.0, 0.45, f"v{place + 1}", width=1.0, height=0.9, colour=GREEN, filled=True))
        _arrow(axes, data, versions[-1])
    for here, there in pairwise(versions):
        _arrow(axes, (here.x + 0.9, 0.5), (there.x + 0.1, 0.5), colour=GREEN, bend=0.16)
    return figure


def watch_in_production():
    """Five ways to let two models meet real requests."""
    figure, axes = canvas(12, 5.0)
    ways = {
        "shadow": ("100 %", "copy, unseen", "both answer, the old one is seen"),
        "canary": ("95 %", "5 %", "few at first, more when all is well"),
        "A/B test": ("50 %", "50 %", "two groups by chance, a size fixed before"),
        "interleaving": ("items of A", "items of B", "both in one list: which are clicked?"),
        "bandit": ("less and less", "more and more", "the better one gets more, while it learns"),
    }
    for place, (name, (old, new, how)) in enumerate(ways.items()):
        y = 4.15 - 0.98 * place
        _label(axes, 0.1, y + 0.35, name, left=True, bold=True, size=19)
        _box(axes, 2.2, y, old, width=2.0, height=0.72, colour=BLUE, filled=True, size=16)
        unseen = name == "shadow"
        _box(axes, 4.4, y, new, width=2.0, height=0.72, colour=ORANGE, filled=not unseen, dashed=unseen, size=16)
        _label(axes, 6.75, y + 0.35, how, left=True)
    return figure


def watch_whole_line():
    """The factory once more, with the labs that built it."""
    figure, axes = canvas(12, 4.2)
    line = [
        ("question", "01, 02"),
        ("data", "03, 04"),
        ("labels,\nfeatures", "05, 06, 07"),
        ("records,\ntuning", "08, 09"),
        ("gates", "10"),
        ("explained", "11"),
        ("served,\nwatched", "12"),
    ]
    steps = []
    for place, (name, labs) in enumerate(line):
        x = 0.1 + 1.72 * place
        steps.append(_box(axes, x, 2.0, name, width=1.4, height=1.15, colour=GREEN, filled=True, size=15))
        _label(axes, x + 0.7, 3.5, labs, size=15, colour=BLUE, bold=True)
    for here, there in pairwise(steps):
        _arrow(axes, here, there)
    _arrow(axes, (steps[-1].centre[0], 1.9), (steps[1].centre[0], 1.9), colour=VERMILION, bend=-0.12)
    _label(axes, 6, 0.45, "all of it by itself, month after month: lab 13", colour=VERMILION, bold=True, size=18)
    _label(axes, 6, 4.0, "the labs", colour=BLUE, size=15)
    return figure


def watch_debt_ratio():
    """Partial dependence and ICE of lab 11."""
    model, _, X_test = _credit()
    curves = explain.ice(model, X_test.head(300), "debt_ratio", output="probability", points=40)
    figure, axes = _plot()
    explain.profiles(curves.iloc[::5], unit="probability of being late", ax=axes)
    axes.lines[-1].set_ydata(curves.mean())  # the thick line stays the mean of all 300
    axes.axvline(0.45, color=INK, linestyle=":", linewidth=2)
    axes.set_title("If the debt ratio were another: synthetic borrowers", size=18)
    axes.set(xlim=(0, 1.2), ylim=(0, 0.6))
    axes.legend(frameon=False, fontsize=15)
    axes.set(xlabel="debt ratio (monthly debt over monthly income)", ylabel="probability of being late")
    return figure


def watch_flat_mean():
    """A flat mean of crossing lines: the little fires of lab 11."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    rng = np.random.default_rng(1)
    trial = pd.DataFrame({"wind": rng.uniform(0, 10, 600), "slope": ["uphill", "downhill"] * 300})
    trial = trial.assign(dryness=rng.uniform(0, 10, 600), weekday=rng.choice(["mon", "wed", "fri", "sun"], 600))
    push = trial["slope"].map({"uphill": 2, "downhill": -2}) * (trial["wind"] - 5)
    speed = 20 + push + trial["dryness"] + rng.normal(0, 1, 600)
    one_hot = make_column_transformer((OneHotEncoder(), ["slope", "weekday"]), remainder="passthrough")
    little = make_pipeline(one_hot, HistGradientBoostingRegressor(max_iter=60)).fit(trial, speed)
    figure, axes = _plot()
    explain.profiles(explain.ice(little, trial.head(100), "wind"), unit="metres a minute", ax=axes)
    axes.set_title("If the wind were another: 100 synthetic fires", size=18)
    axes.set(xlabel="wind (metres a second)")
    axes.set(ylabel="speed (metres a minute)")
    axes.legend(frameon=False, fontsize=15, loc="upper center")
    return figure


def watch_waterfall():
    """One borrower of lab 11, step by step."""
    figure, axes = _plot(width=11.5)
    explain.waterfall(_log_odds(), 211, unit="log-odds of being late", ax=axes)
    axes.set_title("One synthetic borrower against 100 others", size=17)
    for text in axes.texts:
        text.set_fontsize(14)
    return figure


def watch_beeswarm():
    """The effects on a fifth of lab 11's 500 borrowers, so that the picture stays small."""
    few = _log_odds()[::5]
    figure, axes = _plot(width=11.5)
    explain.beeswarm(few, unit="log-odds", ax=axes)
    axes.set_title(f"What each column does to {len(few)} synthetic borrowers", size=18)
    axes.set(xlabel="effect (log-odds of being late)")
    figure.axes[-1].set_ylabel("the column's value", size=15)
    figure.axes[-1].tick_params(labelsize=15)
    return figure


def watch_pressure():
    """The air pressure of two months, and the largest gap between them."""
    january, february = (_flights().query(f"month == {month}")["pressure"].dropna() for month in (1, 2))
    found = drift.ks(january, february)
    figure, axes = _plot()
    share = np.linspace(0, 1, 300)
    for values, name, style, colour in ((january, "January", "-", BLUE), (february, "February", "--", VERMILION)):
        axes.plot(values.quantile(share), share, style, color=colour, linewidth=3, label=name)
    at = max(january.unique(), key=lambda value: (february <= value).mean() - (january <= value).mean())
    ends = (january <= at).mean(), (february <= at).mean()
    axes.plot([at, at], ends, color=INK, linewidth=3)
    axes.text(at + 1.5, 0.15, f"largest gap, KS: {found.statistic:.2f}", size=18, weight="bold")
    axes.set_title("Air pressure in New York, 2013", size=18)
    axes.set(xlabel="pressure (millibars)", ylabel="share with at most this")
    axes.legend(frameon=False, fontsize=16)
    return figure


def watch_against_itself():
    """How far January lies from itself, cut by days, and February from January (lab 12)."""
    flights = _flights()
    january, february = flights[flights["month"] == 1], flights[flights["month"] == 2]
    columns = ["pressure", "temp", "humid", "wind_speed", "visib", "seats"]
    dice, days, itself = np.random.default_rng(12), january["day"].unique(), {}
    for turn in range(20):
        inside = january["day"].isin(dice.permutation(days)[:15])
        itself[turn] = {
            name: drift.ks(january.loc[~inside, name], january.loc[inside, name]).statistic for name in columns
        }
    most = pd.DataFrame(itself).max(axis=1)
    now = pd.Series({name: drift.ks(january[name], february[name]).statistic for name in columns}).sort_values()
    figure, axes = _plot()
    axes.barh(now.index, most[now.index], color="#CCCCCC", label="January against itself, at most")
    axes.plot(now, now.index, "D", color=VERMILION, markersize=11, label="February against January")
    axes.axvline(0.1, color=INK, linestyle=":", linewidth=2, label="a usual limit: 0.1")
    axes.set_title("Flights of a day share its weather", size=18)
    axes.set(xlabel="KS distance (0: alike, 1: apart)", xlim=(0, 0.62))
    axes.legend(frameon=False, loc="lower right", fontsize=15)
    return figure


def watch_gap():
    """February's alert of lab 12: the champion says too much."""
    flights = _flights()
    january, february = flights[flights["month"] == 1], flights[flights["month"] == 2]
    champion = models.flights_logistic().fit(january, january["late"])
    asked = february.assign(probability=serve.score(champion, february)["probability"])
    days = monitor.measure(asked[["time", "probability", "late", "known_at"]], labels="late")
    rule = monitor.Rule("says too much", "calibration_gap", above=0.1, patience="2 of 3")
    opened = monitor.alerts(days, rule)["opened"][0]
    figure, axes = _plot()
    axes.axvspan(pd.Timestamp("2013-02-07 12:00"), pd.Timestamp("2013-02-09 12:00"), color="#DDDDDD", label="blizzard")
    axes.plot(days["start"], days["calibration_gap"], "D", color=VERMILION, markersize=9, label="a day of February")
    axes.axhline(0.1, color=INK, linestyle=":", linewidth=2, label="limit")
    axes.axvline(opened, color=BLUE, linestyle="--", linewidth=3, label="alert: 2 days of 3")
    axes.set_title("The champion of January says too much, 2013", size=18)
    axes.set(ylabel="answer less truth (share)", xlabel="February")
    weeks = pd.date_range("2013-02-01", "2013-02-28", freq="3D")
    axes.set_xticks(weeks, [str(day.day) for day in weeks])
    axes.set_ylim(-0.19, 0.2)
    axes.legend(frameon=False, ncols=2, loc="lower right", fontsize=15)
    return figure


def watch_how_often():
    """Three habits of retraining, with equally many flights to learn from, in five months."""
    flights = _flights()
    by_month, told = dict(iter(flights.groupby("month"))), {}
    january = _learned(by_month[1].iloc[::2])
    for month in (4, 6, 8, 10, 12):
        past = pd.concat([by_month[known] for known in range(1, month)])
        last, every = _learned(by_month[month - 1].iloc[::2]), _learned(past.iloc[:: 2 * (month - 1)])
        habits = {"January's, for ever": january, "last month's": last, "all months so far": every}
        told[month] = {habit: _log_loss(model, by_month[month].iloc[::5]) for habit, model in habits.items()}
    table = pd.DataFrame(told).T
    figure, axes = _plot()
    places, shapes = np.arange(len(table)), (("", GREY), ("///", VERMILION), ("", BLUE))
    for place, (habit, (hatch, colour)) in enumerate(zip(table, shapes, strict=True)):
        words = f"{habit} (mean {table[habit].mean():.2f})"
        axes.bar(places + 0.27 * place, table[habit], 0.25, color=colour, hatch=hatch, edgecolor="white", label=words)
    axes.set_xticks(places + 0.27, ["April", "June", "August", "October", "December"])
    axes.set_title("Who was late in 2013? One model, three habits", size=18)
    axes.set(ylabel="log loss (nats), lower is better", ylim=(0, 0.78))
    axes.legend(frameon=False, fontsize=16, loc="upper right")
    return figure


def _plot(width=11, height=4.7):
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.tick_params(labelsize=15)
    for words in (axes.title, axes.xaxis.label, axes.yaxis.label):
        words.set_fontsize(17)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


@cache
def _flights():
    flights = datasets.load_late_flights()
    time = flights["decided_at"].dt.tz_convert("America/New_York")
    return flights.assign(time=time, day=time.dt.date)


@cache
def _credit():
    """The boosted trees of lab 11, and their rows."""
    from sklearn.model_selection import train_test_split

    credit = datasets.make_credit(20_000, seed=0)
    X, y = credit.drop(columns="delinquency"), credit["delinquency"]
    X_train, X_test, y_train, _ = train_test_split(X, y, stratify=y, random_state=0)
    return models.credit_boosted().fit(X_train, y_train), X_train, X_test


@cache
def _log_odds():
    model, X_train, X_test = _credit()
    return explain.shap_values(model, X_test.head(500), background=X_train.sample(100, random_state=0))


def _learned(rows):
    return models.flights_logistic().fit(rows, rows["late"])


def _log_loss(model, rows):
    from sklearn.metrics import log_loss

    return log_loss(rows["late"], model.predict_proba(rows)[:, 1])
