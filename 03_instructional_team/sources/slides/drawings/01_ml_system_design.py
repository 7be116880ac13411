"""The drawings of deck 1: the thread of the course, what a system is, and the figures of labs 01 and 02."""

from functools import cache
from itertools import pairwise

import numpy as np

from course.slides.drawing import BLUE, GREEN, GREY, INK, ORANGE, PINK, SKY, VERMILION, arrow, box, canvas, label
from mlsd import datasets, evaluate, models

COSTS = {"cost_false_alarm": 60, "cost_miss": 300}


def factory_line():
    """The running thread of the course: from data to a model that is watched, and back."""
    figure, axes = canvas(11, 4.0)
    names = ["data", "features", "tuned\nmodel", "tracked,\ngated\nrelease", "served", "watched"]
    sessions = ["sessions 2, 3", "session 4", "session 5", "sessions 4, 5", "session 6", "session 6"]
    steps = [
        box(axes, 0.1 + 1.86 * place, 1.95, name, width=1.5, height=1.15, colour=BLUE, filled=True, size=16)
        for place, name in enumerate(names)
    ]
    for here, there in pairwise(steps):
        arrow(axes, here, there)
    for step, which in zip(steps, sessions, strict=True):
        label(axes, step.centre[0], 1.7, which, size=14, colour="#57606a")
    explained = box(axes, 5.68, 3.4, "explained (session 6)", width=2.6, height=0.55, colour=GREEN, size=14)
    arrow(axes, explained, (6.5, 3.1), colour=GREEN)
    arrow(axes, (10.2, 1.5), (0.8, 1.5), colour=VERMILION, bend=-0.11)
    label(axes, 5.5, 0.3, "retrained, when the world has moved (sessions 6 and 7)", colour=VERMILION, below=False)
    return _large(figure, 4.3)


def parts_of_a_system():
    """A model is the small part."""
    figure, axes = canvas(11, 4.7)
    box(axes, 4.75, 1.75, "model", width=1.5, height=0.9, colour=ORANGE, filled=True, size=18)
    around = {
        "data\ncollection": (0.1, 3.3),
        "checks": (0.1, 1.7),
        "features": (2.3, 3.3),
        "labels": (2.3, 1.7),
        "training,\ntuning": (4.5, 3.3),
        "evaluation": (6.7, 3.3),
        "tracking,\nregistry": (6.7, 1.7),
        "serving": (8.9, 3.3),
        "monitoring": (8.9, 1.7),
    }
    for name, (x, y) in around.items():
        box(axes, x, y, name, width=2.0, height=1.0, colour=GREY, size=16)
    for name, x in {"compute and storage": 0.1, "settings, logs, tests": 3.8, "people and processes": 7.5}.items():
        box(axes, x, 0.2, name, width=3.4, height=0.9, colour=SKY, size=16)
    return _large(figure, 5.3)


def design_two_weeks():
    """One week of the course, twice."""
    figure, axes = canvas(11, 3.9)
    for y, week, numbers, what in ((2.3, "week 1", (1, 2, 3), "1"), (0.3, "week 2", (4, 5, 6), "2")):
        label(axes, 0.55, y + 0.6, week, size=17, bold=True)
        sessions = [
            box(axes, 1.3 + 1.35 * place, y, f"session\n{number}", width=1.2, height=1.2, colour=BLUE, filled=True)
            for place, number in enumerate(numbers)
        ]
        work = box(axes, 5.5, y, "two work\nperiods", width=1.5, height=1.2, colour=GREEN, dashed=True)
        quizzes = f"quizzes\n{numbers[0]} to {numbers[-1]}\ndue"
        quiz = box(axes, 7.35, y, quizzes, width=1.6, height=1.2, colour=ORANGE, filled=True)
        task = box(axes, 9.3, y, f"assignment\n{what} due", width=1.6, height=1.2, colour=VERMILION, filled=True)
        for here, there in pairwise((sessions[-1], work, quiz, task)):
            arrow(axes, here, there)
    return _large(figure, 4.4)


def design_two_learners():
    """The two worked examples of the assessment."""
    figure, axes = _plot(3.9)
    names = ["a learner with 80,\nComplete, Incomplete", "a learner with 80,\nIncomplete, Missing"]
    parts = {"quizzes": (48, 48), "assignment 1": (20, 10), "assignment 2": (10, 0)}
    start = np.zeros(2)
    for (part, points), colour in zip(parts.items(), (SKY, ORANGE, PINK), strict=True):
        axes.barh([1, 0], points, left=start, height=0.55, color=colour, edgecolor="white", label=part)
        for y, (begin, wide) in zip((1, 0), zip(start, points, strict=True), strict=True):
            if wide:
                axes.text(begin + min(wide / 2, 5), y, str(wide), ha="center", va="center", size=19)
        start += points
    for y, total, said in ((1, 78, "78: pass"), (0, 58, "58: fail")):
        axes.text(total + 3.5, y, said, va="center", size=20, weight="bold")
    axes.axvline(60, color=INK, linestyle="--", linewidth=2)
    axes.text(61, 1.5, "60 to pass", ha="left", va="bottom", size=18)
    axes.set(yticks=[1, 0], yticklabels=names, xlim=(0, 100), ylim=(-0.45, 1.75), xlabel="points")
    axes.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.26), fontsize=17)
    return figure


def design_learning():
    """What is learned from what, and used on what."""
    figure, axes = canvas(11, 3.9)
    old = box(axes, 0.1, 2.5, "existing data\nflights of the past,\nlate or not", width=2.9, height=1.3, colour=BLUE)
    learn = box(axes, 4.1, 2.5, "learn\na complex pattern", width=2.7, height=1.3, colour=GREEN, filled=True, size=16)
    model = box(axes, 7.9, 2.5, "model", width=2.6, height=1.3, colour=ORANGE, filled=True, size=19)
    new = box(axes, 4.1, 0.3, "unseen data\na flight of tomorrow", width=2.7, height=1.2, colour=BLUE, dashed=True)
    told = box(axes, 8.05, 0.3, "prediction\n18 % chance: late", width=2.3, height=1.2, colour=VERMILION, filled=True)
    for here, there in ((old, learn), (learn, model), (model, told)):
        arrow(axes, here, there)
    arrow(axes, (new.centre[0], 1.5), (7.9, 2.75))
    label(axes, 1.55, 0.9, "tomorrow must be\nlike the past,\nor nothing helps", size=15, colour=VERMILION)
    return _large(figure, 4.2)


def design_should_it_be():
    """Four questions before any machine learning."""
    figure, axes = canvas(11, 4.1)
    questions = {
        "Would a rule\ndo?": ("yes", "write the rule,\nand stop"),
        "Is there data\nwith a pattern\nthat lasts?": ("no", "collect first,\nor stop"),
        "Is a mistake\ncheap enough, or\ncaught in time?": ("no", "let people\ndecide"),
        "Are there enough\ndecisions to pay\nthe upkeep?": ("no", "stop: it costs\nmore than it saves"),
    }
    asked = []
    for place, (question, (answer, end)) in enumerate(questions.items()):
        x = 0.1 + 2.28 * place
        asked.append(box(axes, x, 2.3, question, width=1.98, height=1.4, colour=BLUE, filled=True, size=14))
        stop = box(axes, x, 0.3, end, width=1.98, height=1.0, colour=GREY, size=13)
        arrow(axes, asked[-1], stop)
        label(axes, x + 1.12, 1.8, answer, left=True, size=15, bold=True)
    goes = box(axes, 9.22, 2.3, "try it: the\nrule is the\nbaseline", width=1.68, height=1.4, colour=GREEN, filled=True)
    for here, there in pairwise([*asked, goes]):
        arrow(axes, here, there)
    return _large(figure, 4.6)


def design_wishes():
    """Five people, one model, five wishes."""
    figure, axes = canvas(11, 4.5)
    model = box(
        axes, 4.25, 1.75, "one model\nof late flights", width=2.5, height=1.1, colour=ORANGE, filled=True, size=17
    )
    wishes = {
        "data scientist\n“the lowest log loss”": (0.1, 3.3),
        "service desk\n“no false alarms,\nI phone the airlines”": (0.1, 0.3),
        "head of finance\n“fewer dollars a flight”": (7.5, 3.3),
        "platform team\n“an answer in 100 ms,\na release each week”": (7.5, 0.3),
        "passenger\n“treat my airline fairly”": (3.8, 3.3),
    }
    for wish, (x, y) in wishes.items():
        arrow(axes, box(axes, x, y, wish, width=3.4, height=1.05, colour=BLUE, size=15), model)
    return _large(figure, 5.3)


def design_waiting():
    """One by one, or many at once: who waits, and how many get an answer."""
    figure, axes = canvas(11, 3.9)
    label(axes, 0.1, 3.55, "one by one: an answer takes 8 ms", left=True, size=17, bold=True)
    for place in range(10):
        box(axes, 0.1 + 0.72 * place, 2.45, "1", width=0.64, height=0.7, colour=BLUE, filled=True, size=14)
    label(axes, 7.6, 2.8, "125 answers a second\nnobody waits for others", left=True, size=16)
    label(axes, 0.1, 1.55, "in batches of 40: a batch takes 20 ms", left=True, size=17, bold=True)
    for place in range(4):
        box(axes, 0.1 + 1.8 * place, 0.45, "40", width=1.68, height=0.7, colour=GREEN, filled=True, size=16)
    label(axes, 7.6, 0.8, "2,000 answers a second\neach waits 20 ms or more", left=True, size=16)
    return _large(figure, 4.3)


def design_percentiles():
    """The mean hides the slow ones."""
    waits = np.random.default_rng(1).lognormal(np.log(60), 0.35, 10_000)
    waits[::33] += 900  # one in 33 has to wait for a sleeping service
    figure, axes = _plot(4.5)
    axes.hist(waits, bins=np.linspace(0, 1200, 121), color=SKY)
    marks = {"p50": (np.median(waits), BLUE), "mean": (waits.mean(), INK), "p99": (np.quantile(waits, 0.99), VERMILION)}
    places = {"p50": (130, 1500), "mean": (130, 1100), "p99": (740, 600)}
    for name, (value, colour) in marks.items():
        axes.axvline(value, color=colour, linewidth=2)
        axes.text(*places[name], f"{name}: {value:.0f} ms", size=20, color=colour)
    axes.set(title="10,000 answers of a service (synthetic)", xlabel="time to answer (milliseconds)")
    axes.set(ylabel="answers", xlim=(0, 1250), xticks=range(0, 1201, 200), yticks=range(0, 1501, 500))
    return figure


def design_three_things():
    """Why the code alone does not say what the program does."""
    figure, axes = canvas(11, 4.1)
    label(axes, 0.1, 3.75, "other software", left=True, size=17, bold=True)
    first = box(axes, 0.1, 2.5, "code", width=1.8, height=0.9, colour=BLUE, filled=True, size=17)
    arrow(axes, first, box(axes, 2.9, 2.5, "behaviour", width=1.9, height=0.9, size=17))
    label(axes, 2.4, 1.7, "keep the code in git:\nthe rest follows", size=15, colour="#57606a")
    axes.plot([5.25, 5.25], [0.2, 3.9], color=GREY, linewidth=1, linestyle=":")
    label(axes, 5.7, 3.75, "machine learning", left=True, size=17, bold=True)
    code = box(axes, 5.7, 2.5, "code", width=1.4, height=0.9, colour=BLUE, filled=True, size=17)
    data = box(axes, 5.7, 0.9, "data", width=1.4, height=0.9, colour=GREEN, filled=True, size=17)
    model = box(axes, 7.75, 1.7, "model", width=1.4, height=0.9, colour=ORANGE, filled=True, size=17)
    behaviour = box(axes, 9.5, 1.7, "behaviour", width=1.45, height=0.9, size=15)
    for here, there in ((code, model), (data, model), (model, behaviour)):
        arrow(axes, here, there)
    label(axes, 8.3, 0.35, "keep all three, and which made which", size=15, colour="#57606a")
    return _large(figure, 5.0)


def design_goal_to_number():
    """From a wish to something a program can aim at."""
    figure, axes = canvas(11, 4.3)
    rungs = [
        ("goal", "fewer stranded\npassengers", "nobody can\nmeasure it"),
        ("decision", "hold seats, two\nhours before", "later facts\ncannot be used"),
        ("objective", "over 30 minutes\nlate: yes or no", "leaves out flights\nthat never arrive"),
        ("metric", "dollars a flight:\n60 or 300", "leaves out\nhow angry people are"),
        ("threshold", "flag from\n0.2 on", "changes with\nthe prices"),
    ]
    steps = []
    for place, (name, what, lost) in enumerate(rungs):
        x = 0.1 + 2.2 * place
        label(axes, x + 0.95, 3.95, name, size=18, bold=True, colour=BLUE)
        steps.append(box(axes, x, 2.3, what, width=1.9, height=1.2, colour=BLUE, filled=True, size=14.5))
        label(axes, x + 0.95, 1.3, lost, size=14, colour=VERMILION)
    for here, there in pairwise(steps):
        arrow(axes, here, there)
    label(axes, 5.5, 0.4, "each step makes it easier to aim at, and loses something: say what", size=16)
    return _large(figure, 5.2)


def design_two_framings():
    """What will this customer buy next: one model with many outputs, or one number for each product."""
    figure, axes = canvas(11, 4.2)
    label(axes, 2.6, 3.9, "one question, 500 answers", size=17, bold=True)
    who = box(axes, 0.1, 1.8, "customer", width=1.5, height=0.9, colour=BLUE, size=16)
    many = box(axes, 2.1, 1.6, "model", width=1.3, height=1.3, colour=ORANGE, filled=True, size=17)
    arrow(axes, who, many)
    for y, name in ((2.9, "tea  0.02"), (2.0, "soap  0.11"), (1.1, "... 500 products")):
        arrow(axes, many, box(axes, 3.75, y, name, width=1.6, height=0.6, size=13))
    label(axes, 2.6, 0.4, "a new product: train again", size=16, colour=VERMILION)
    axes.plot([5.65, 5.65], [0.2, 4.1], color=GREY, linewidth=1, linestyle=":")
    label(axes, 8.4, 3.9, "500 questions, one answer each", size=17, bold=True)
    both = box(axes, 5.95, 1.6, "customer\nand product", width=1.7, height=1.3, colour=BLUE, size=16)
    one = box(axes, 8.1, 1.6, "model", width=1.3, height=1.3, colour=ORANGE, filled=True, size=17)
    arrow(axes, both, one)
    arrow(axes, one, box(axes, 9.75, 1.9, "0.11", width=1.1, height=0.7, size=16))
    label(axes, 8.4, 0.4, "a new product: ask about it", size=16, colour=GREEN)
    return _large(figure, 5.2)


def design_cycle():
    """Six stages that people go round more than once."""
    figure, axes = canvas(11, 4.7)
    names = [
        "scope the\nproject",
        "engineer\nthe data",
        "develop\nthe model",
        "deploy",
        "monitor,\nlearn on",
        "ask the\nbusiness",
    ]
    places = [(0.4, 2.9), (4.35, 2.9), (8.3, 2.9), (8.3, 0.7), (4.35, 0.7), (0.4, 0.7)]
    stages = [
        box(axes, x, y, name, width=2.3, height=1.1, colour=BLUE, filled=True, size=18)
        for (x, y), name in zip(places, names, strict=True)
    ]
    for here, there in pairwise([*stages, stages[0]]):
        arrow(axes, here, there)
    backs = [((9.1, 4.05), (5.8, 4.05), 0.22), ((5.2, 4.05), (1.9, 4.05), 0.22), ((8.3, 1.7), (6.65, 2.95), 0.0)]
    backs += [((4.6, 1.8), (2.65, 2.95), 0.0)]
    for start, end, bend in backs:
        arrow(axes, start, end, colour=VERMILION, dashed=True, bend=bend)
    label(axes, 5.5, 0.22, "dashed: the usual ways back", size=15, colour=VERMILION)
    return _large(figure, 5.3)


def design_today():
    """The two and a half hours, in parts."""
    figure, axes = canvas(11, 2.2)
    parts = [("the course,\nyour machine", 39, BLUE), ("does it\nfit?", 14, GREEN), ("", 10, GREY)]
    parts += [
        ("a system,\nat work", 31, ORANGE),
        ("goal", 9, PINK),
        ("", 10, GREY),
        ("from a goal to numbers", 37, PINK),
    ]
    start = 0.1
    for name, minutes, colour in parts:
        box(axes, start, 0.8, name, width=minutes * 0.072 - 0.06, height=1.1, colour=colour, filled=True, size=14)
        if not name:
            label(axes, start + 0.33, 0.65, "pause", size=14, below=True)
        start += minutes * 0.072
    label(axes, 0.1, 0.4, "0:00", size=14, left=True)
    label(axes, start - 0.6, 0.4, "2:30", size=14, left=True)
    return _large(figure, 2.5)


def design_two_aims():
    """Two models and a mix, in place of one loss with both aims in it."""
    figure, axes = canvas(11, 2.6)
    product = box(axes, 0.1, 0.8, "product", width=1.7, height=0.9, colour=BLUE, size=17)
    sells = box(axes, 3.1, 1.5, "model: will it sell?", width=3.0, height=0.8, colour=ORANGE, filled=True, size=16)
    back = box(axes, 3.1, 0.2, "model: will it return?", width=3.0, height=0.8, colour=ORANGE, filled=True, size=16)
    mix = box(axes, 8.2, 0.8, "score\n0.7 a − 0.3 b", width=2.5, height=0.9, colour=GREEN, filled=True, size=17)
    for here, there, name in ((product, sells, ""), (product, back, ""), (sells, mix, "a"), (back, mix, "b")):
        arrow(axes, here, there, name, size=16)
    return _large(figure, 3.0)


def design_pause_clock():
    """Ten minutes of an hour."""
    from matplotlib.patches import Circle, Wedge

    figure, axes = canvas(3.4, 3.4)
    axes.add_patch(Wedge((1.7, 1.7), 1.55, 30, 90, color=SKY))
    axes.add_patch(Circle((1.7, 1.7), 1.55, fill=False, edgecolor=BLUE, linewidth=4))
    for hour in range(12):
        turn = np.array([np.sin(hour * np.pi / 6), np.cos(hour * np.pi / 6)])
        axes.plot(*np.transpose([1.7 + 1.35 * turn, 1.7 + 1.5 * turn]), color=BLUE, linewidth=3)
    label(axes, 2.3, 2.6, "10", size=24, bold=True)
    return figure


def design_late_by_hour():
    """Lab 01's figure, large."""
    flights = datasets.load_flights().dropna(subset=["arr_delay"])
    late = flights["arr_delay"] > 30
    by_hour = 100 * late.groupby(flights["hour"]).mean()
    figure, axes = _plot(5.3)
    axes.bar(by_hour.index, by_hour, color=BLUE)
    axes.axhline(100 * late.mean(), color=VERMILION, linestyle="--", linewidth=2, label="all flights: 16 %")
    axes.set(title="Flights out of New York, 2013", xlabel="scheduled departure (hour)", xticks=by_hour.index)
    axes.set(ylabel="over 30 min late (%)")
    axes.legend(frameon=False, loc="upper left", fontsize=18)
    return figure


def design_autumn_options():
    """What lab 02 judges, by accuracy and by dollars."""
    _, _, autumn = _periods()
    flags = {name: option.predict_proba(autumn)[:, 1] >= 0.2 for name, option in _options().items()}
    flags = {"nobody": np.zeros(len(autumn), dtype=bool)} | flags
    judged = {
        "accuracy": [100 * (flagged == autumn["late"]).mean() for flagged in flags.values()],
        "cost": [_dollars(autumn, flagged) for flagged in flags.values()],
    }
    figure, (left, right) = _plot(5.2, columns=2)
    for axes, row, form in ((left, "accuracy", "{:.0f}"), (right, "cost", "{:.1f}")):
        values = np.array(judged[row])[::-1]
        best = values.argmax() if row == "accuracy" else values.argmin()
        bars = axes.barh(range(len(values)), values, color=[ORANGE if i == best else SKY for i in range(len(values))])
        axes.bar_label(bars, [form.format(value) for value in values], padding=4, fontsize=17)
        axes.set(xlim=(0, 1.16 * values.max()), xticks=[])
        axes.spines["bottom"].set_visible(False)
    left.set_yticks(range(len(flags)), [*flags][::-1])
    right.set_yticks([])
    left.set_title("accuracy (%): orange is highest")
    right.set_title("dollars a flight: orange is lowest")
    return figure


def design_cost_curve():
    """What a threshold costs in July and August (lab 02)."""
    _, summer, _ = _periods()
    chance = _options()["logistic"].predict_proba(summer)[:, 1]
    curve = evaluate.cost_curve(summer["late"], chance, **COSTS)
    best, theory = evaluate.best_threshold(summer["late"], chance, **COSTS), evaluate.calibrated_threshold(**COSTS)
    figure, axes = _plot(5.3)
    few = curve.iloc[:: max(1, len(curve) // 400)]
    axes.plot(few["threshold"], few["cost"], color=BLUE, linewidth=3, label="logistic regression")
    axes.axhline(curve["cost"].iloc[0], color=VERMILION, linestyle="--", linewidth=2, label="hold seats for nobody")
    axes.axhline(curve["cost"].iloc[-1], color=GREEN, linestyle=":", linewidth=3, label="hold seats for everybody")
    axes.axvline(theory, color=INK, linewidth=1.5, label=f"theory: {theory:.2f}")
    axes.axvline(best, color=PINK, linewidth=2, linestyle="-.", label=f"best on these flights: {best:.2f}")
    axes.set(title="What a threshold costs, July and August 2013", xlim=(0, 1), ylim=(30, 62))
    axes.set(xlabel="threshold (probability)", ylabel="dollars a flight", yticks=range(30, 61, 10))
    axes.legend(frameon=False, loc="lower right", fontsize=17)
    return figure


def design_data_or_model():
    """More flights, or the other model: what each saves."""
    flights = _flights()
    first, autumn = flights[flights["month"] <= 6], flights[flights["month"] >= 9].iloc[::4]
    figure, axes = _plot(5.3)
    makers = {"logistic": models.flights_logistic, "boosted trees": models.flights_boosted}
    for (name, make), colour, mark in zip(makers.items(), (BLUE, VERMILION), ("o-", "s--"), strict=True):
        parts = [first.iloc[::every] for every in (200, 100, 50, 25, 12, 6)]
        cost = [_dollars(autumn, make().fit(part, part["late"]).predict_proba(autumn)[:, 1] >= 0.2) for part in parts]
        axes.plot([len(part) for part in parts], cost, mark, color=colour, linewidth=2.5, markersize=9, label=name)
    rule = _dollars(autumn, (autumn["recent_delay"] > 10).to_numpy())
    axes.axhline(rule, color=GREEN, linestyle=":", linewidth=3, label="a rule: recent delay over 10 minutes")
    axes.set(title="January to June teach, every fourth flight of the autumn judges", xscale="log")
    axes.set(xlabel="flights to learn from", ylabel="dollars a flight")
    axes.set_xticks([1000, 3000, 10_000, 30_000], ["1,000", "3,000", "10,000", "30,000"])
    axes.minorticks_off()
    axes.legend(frameon=False, loc="upper right", fontsize=17)
    return figure


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
        each.tick_params(labelsize=18)
        for words in (each.xaxis.label, each.yaxis.label, each.title):
            words.set_size(20)
    return figure, axes


@cache
def _flights():
    flights = datasets.load_late_flights().drop(columns="known_at")
    return flights.assign(hour=flights["minute_of_day"] // 60)


def _periods():
    flights = _flights()
    months = flights["month"]
    return flights[months <= 6].iloc[::6], flights[months.isin([7, 8])], flights[months >= 9]


@cache
def _options():
    """The five of lab 02, fitted as there."""
    past, _, _ = _periods()
    options = {
        "house rule": evaluate.RuleClassifier("minute_of_day >= 17 * 60"),
        "rate by hour": evaluate.RateBy(["origin", "hour"], smoothing=0),
        "new rule": evaluate.RuleClassifier("recent_delay > 10"),
        "logistic": models.flights_logistic(),
        "boosted": models.flights_boosted(),
    }
    return {name: option.fit(past, past["late"]) for name, option in options.items()}


def _dollars(rows, flagged):
    late = rows["late"].to_numpy() == 1
    return (60 * (flagged & ~late).sum() + 300 * (~flagged & late).sum()) / len(rows)
