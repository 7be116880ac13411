"""The drawings of deck 3."""

from functools import cache
from itertools import pairwise

from course.slides.drawing import BLUE, GREEN, GREY, INK, ORANGE, PINK, SKY, VERMILION, arrow, box, canvas, label


def train_here():
    """The factory, and the step that this session is about."""
    figure, axes = canvas(12, 3.9)
    names = ["data", "features", "tuned model", "tracked,\ngated release", "served", "watched"]
    steps = [box(axes, 0.1 + 2.02 * n, 2.5, name, width=1.66, height=1.1, size=16) for n, name in enumerate(names)]
    for here, there in pairwise(steps):
        arrow(axes, here, there)
    words = ["which rows?\nsampling, lab 05", "which answers?\nlabels, lab 05", "what if they are rare?\nlab 06"]
    for number, name in enumerate(words):
        part = box(axes, 0.1 + 3.3 * number, 0.3, name, width=3.0, height=1.1, colour=ORANGE, filled=True, size=16)
        arrow(axes, (part.x + (1.5 if number == 0 else 0.5), 1.42), (1.84 + 0.1 * number, 2.45), colour=ORANGE)
    return figure


def train_funnel():
    """From all that happens to what a model sees; something is lost at each step."""
    figure, axes = canvas(12, 4.4)
    steps = [
        "all that\nhappens",
        "what is\nwritten down",
        "what is\nsampled",
        "what is\nlabelled",
        "what is\ntrained on",
    ]
    losses = [
        "a cancelled flight\nsends no message",
        "the first rows\nof a file",
        "late flights\nreport late",
        "copies, leaks,\nrare cases",
    ]
    boxes = []
    for number, name in enumerate(steps):
        height = 2.6 - 0.35 * number
        boxes.append(
            box(
                axes,
                0.1 + 2.45 * number,
                3.0 - height / 2,
                name,
                width=1.9,
                height=height,
                colour=BLUE,
                filled=True,
                size=16,
            )
        )
    for number, (here, there) in enumerate(pairwise(boxes)):
        arrow(axes, here, there, colour=VERMILION)
        label(axes, here.x + 2.18, 1.1, losses[number], size=16, colour="#a64800", below=True)
    return figure


def train_sample_shares():
    """The share of late flights in the first rows and in 200 samples by chance."""
    import numpy as np
    from matplotlib.figure import Figure

    from mlsd import sampling

    flights = _late_flights()
    truth, at_hand = flights["late"].mean(), sampling.convenience(flights, 10_000)["late"].mean()
    shares = [100 * sampling.simple(flights, 1_000, seed=seed)["late"].mean() for seed in range(200)]
    figure = Figure(figsize=(11.5, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.hist(shares, bins=np.arange(12, 20, 0.4), color=SKY, edgecolor="white", label="1,000 by chance, 200 times")
    axes.axvline(100 * truth, color=INK, linewidth=2.5, label=f"all flights: {truth:.1%}")
    axes.axvline(
        100 * at_hand, color=VERMILION, linestyle="--", linewidth=2.5, label=f"the first 10,000: {at_hand:.1%}"
    )
    axes.set(xlabel="share of late flights (%)", ylabel="samples", xlim=(8, 20))
    axes.set_yticks(range(0, 31, 10))
    axes.set_title("Late flights, by sample (real)", loc="left")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.18, 1))
    return figure


def train_draws():
    """Four ways to draw by chance from a table with a rare kind."""
    figure, axes = canvas(12, 4.6)
    rows = [
        ("simple", [0, 3, 5, 8, 12], "same chance for all; the rare may be missing"),
        ("stratified", [1, 4, 7, 18, 19], "so many of each kind, then weighted back"),
        ("weighted", [5, 9, 13, 16, 19], "a chance for each row, such as newer ones"),
        ("importance", [2, 11, 14, 18, 19], "look where it matters, and weight back"),
    ]
    for number, (name, chosen, words) in enumerate(rows):
        y = 4.0 - 1.15 * number
        label(axes, 0.1, y, name, size=18, bold=True, left=True)
        for place in range(20):
            colour, mark = (VERMILION, "D") if place in (18, 19) else (BLUE, "s")
            inside = colour if place in chosen else "white"
            axes.scatter(2.1 + 0.22 * place, y, s=130, marker=mark, facecolor=inside, edgecolor=colour, linewidth=1.8)
        label(axes, 6.75, y, words, size=16, left=True)
    return figure


def train_reservoir():
    """A reservoir of five in a stream."""
    figure, axes = canvas(12, 4.3)
    for place, kept in enumerate(["3", "41", "7", "28", "12"]):
        box(axes, 0.3 + 1.25 * place, 0.7, kept, width=1.1, height=0.9, colour=GREEN, filled=True, size=17)
    label(axes, 3.35, 0.3, "kept: five places", size=17, bold=True)
    for number in range(4):
        box(axes, 7.1 + 1.22 * number, 3.0, f"{51 + number}", width=1.08, height=0.8, colour=GREY, size=17)
    label(axes, 7.1, 4.05, "the stream, still to come", size=16, left=True)
    new = box(axes, 3.7, 2.95, "flight 50", width=2.1, height=0.9, colour=ORANGE, filled=True, size=17)
    arrow(axes, (7.05, 3.4), (5.85, 3.4))
    arrow(axes, new, (2.1, 1.65), colour=GREEN)
    label(axes, 1.35, 2.55, "chance 5 / 50", size=17, colour="#006c4f")
    arrow(axes, (5.3, 2.92), (7.9, 1.4), colour=VERMILION)
    label(axes, 8.1, 1.25, "else forgotten", size=17, colour=VERMILION, left=True)
    return figure


def train_hand_labels():
    """One message, three people."""
    figure, axes = canvas(12, 4.4)
    message = box(axes, 0.1, 1.5, '"landed at last,\nnext time\nby train"', width=2.8, height=1.6, colour=GREY, size=16)
    for number, (who, says, colour) in enumerate([("a pilot", "on time", GREEN), ("a passenger", "late", VERMILION),
                                                   ("an airline", "not clear", ORANGE)]):  # fmt: skip
        y = 3.15 - 1.5 * number
        person = box(axes, 4.2, y, who, width=2.2, height=1.0, colour=BLUE, filled=True, size=16)
        arrow(axes, message, (4.2, y + 0.5))
        answer = box(axes, 7.4, y, says, width=1.7, height=1.0, colour=colour, filled=True, size=16)
        arrow(axes, person, answer)
    label(axes, 9.5, 3.2, "slow\ndear\nnot always allowed\nnot always the same", size=17, left=True, below=True)
    return figure


def train_label_time():
    """When a natural label comes."""
    figure, axes = canvas(12, 4.6)
    arrow(axes, (0.3, 3.2), (11.8, 3.2))
    marks = [(1.0, "asked,\n2 h before", BLUE), (4.2, "departure\nplanned", GREY)]
    marks += [(7.2, "on time:\nlabel known", GREEN), (10.6, "late:\nlabel known", VERMILION)]
    for x, name, colour in marks:
        axes.plot([x, x], [3.0, 3.4], color=colour, linewidth=4)
        label(axes, x, 3.55, name, size=16, below=False)
    label(axes, 8.9, 2.95, "not known yet", size=16, colour=VERMILION, below=True)
    label(axes, 0.3, 1.95, "how long labels take", size=17, bold=True, left=True)
    for x, name, time in [
        (0.3, "a click on an offer", "seconds"),
        (3.3, "a flight", "hours"),
        (6.2, "fraud on a card", "weeks to months"),
        (9.2, "a loan paid back", "years"),
    ]:
        box(axes, x, 0.25, f"{name}\n{time}", width=2.7, height=1.15, colour=SKY, filled=True, size=16)
    return figure


def train_moments():
    """How late an evening looked, moment by moment."""
    import matplotlib.dates as dates
    import pandas as pd
    from matplotlib.figure import Figure

    from mlsd import labels

    new_york = "America/New_York"
    flights = _late_flights().assign(scheduled=lambda frame: frame["decided_at"] + pd.Timedelta(hours=2))
    local = flights["scheduled"].dt.tz_convert(new_york)
    evening = flights[local.between("2013-07-10 18:00", "2013-07-10 23:59")]
    moments = pd.date_range("2013-07-10 20:00", "2013-07-11 09:00", freq="15min", tz=new_york)
    night = labels.moment_bias(evening, moments, start="scheduled", label="late")
    clock = night.index.tz_localize(None)
    figure = Figure(figsize=(11.5, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(clock, 100 * night["share"], color=INK, linewidth=2.5, label="in hindsight")
    axes.plot(clock, 100 * night["share_if_dropped"], "--", color=BLUE, linewidth=2.5, label="unknown dropped")
    axes.plot(
        clock, 100 * night["share_if_negative"], ":", color=VERMILION, linewidth=3, label="unknown taken for on time"
    )
    axes.set(xlabel="time in New York, 10 to 11 July 2013", ylabel="share of late flights (%)", ylim=(-2, 100))
    axes.set_yticks(range(0, 101, 25))
    axes.set_xticks([moment.tz_localize(None) for moment in moments[::8]])
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M"))
    axes.set_title("How late the evening looked, moment by moment (real)", loc="left")
    axes.legend(frameon=False)
    return figure


def train_windows():
    """What share of the flights that left a window calls cancelled."""
    import pandas as pd
    from matplotlib.figure import Figure

    from mlsd import datasets, labels

    planned = datasets.load_flights().reset_index(names="id")
    planned["scheduled"] = planned["time_hour"] + pd.to_timedelta(planned["minute"], unit="min")
    planned["asked_at"] = planned["scheduled"] - pd.Timedelta(hours=2)
    left = planned.dropna(subset=["dep_delay"])[["id", "scheduled", "dep_delay"]]
    left = left.assign(at=left["scheduled"] + pd.to_timedelta(left["dep_delay"], unit="min"))
    hours = (3, 4, 5, 6, 7, 8, 10)
    windows = [f"{hour}h" for hour in (*hours, 26)]
    table = labels.window_bias(planned, left, windows, by="id", start="asked_at", at="at")
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    missed = [1000 * table["missed"].iloc[number] for number in range(len(hours))]
    bars = axes.bar([str(hour - 2) for hour in hours], missed, color=BLUE)
    axes.bar_label(bars, fmt="%.1f", padding=3, size=14)
    axes.axhline(1, color=VERMILION, linestyle="--", linewidth=2)
    axes.set(
        xlabel="hours waited after the planned departure", ylabel="per 1,000 that left", ylim=(0, 1.15 * max(missed))
    )
    axes.set_yticks(range(0, int(max(missed)), 20))
    axes.set_title("Left, but called cancelled (real)", loc="left", size=17)
    return figure


def train_rules():
    """From rules that vote to a model."""
    figure, axes = canvas(12, 4.4)
    rules = [("left late?", BLUE), ("neighbours late?", GREEN), ("its next flight late?", PINK)]
    votes = box(axes, 4.0, 1.1, "votes:\n1, 0 or\nnothing", width=1.7, height=2.1, colour=GREY, size=17)
    for number, (name, colour) in enumerate(rules):
        rule = box(axes, 0.1, 3.2 - 1.5 * number, name, width=2.9, height=1.0, colour=colour, filled=True, size=17)
        arrow(axes, (rule.x + rule.width, rule.y + 0.5), (4.0, 2.75 - 0.6 * number))
    weigh = box(
        axes,
        6.6,
        1.1,
        "label model:\nwho agrees\nwith whom?",
        width=2.1,
        height=2.1,
        colour=ORANGE,
        filled=True,
        size=17,
    )
    model = box(
        axes, 9.6, 1.1, "a model\nof features\nknown before", width=2.2, height=2.1, colour=GREEN, filled=True, size=17
    )
    arrow(axes, votes, weigh)
    arrow(axes, weigh, model)
    label(axes, 10.7, 0.75, "serves where the\nrules cannot speak", size=15, below=True)
    return figure


def train_active_loop():
    """Asking in doubt is a loop."""
    figure, axes = canvas(12, 4.3)
    names = ["a few labels\nby chance", "train", "most doubtful\nrows", "a person\nanswers"]
    colours = [GREY, BLUE, ORANGE, GREEN]
    steps = [
        box(axes, 0.1 + 3.1 * n, 2.6, name, width=2.4, height=1.2, colour=colours[n], filled=True, size=17)
        for n, name in enumerate(names)
    ]
    for here, there in pairwise(steps):
        arrow(axes, here, there)
    arrow(axes, (10.6, 2.55), (4.4, 2.55), "again", colour=VERMILION, bend=-0.22, size=16)
    label(axes, 0.1, 0.55, "doubt at a sharp border:\neach answer tells", size=17, left=True, colour="#006c4f")
    label(axes, 8.0, 0.55, "doubt because it is chance:\neach answer is a coin", size=17, left=True, colour="#a64800")
    return figure


def train_zero_rule():
    """A hundred borrowers, and a model that says no to all."""
    figure, axes = canvas(12, 4.3)
    for number in range(100):
        late = number in (7, 23, 38, 51, 66, 74, 92)
        box(axes, 0.2 + 0.42 * (number % 20), 3.2 - 0.72 * (number // 20), "", width=0.36, height=0.6,
            colour=VERMILION if late else BLUE, filled=True)  # fmt: skip
        if late:
            label(axes, 0.38 + 0.42 * (number % 20), 3.5 - 0.72 * (number // 20), "!", size=17, bold=True)
    label(axes, 9.0, 3.7, '"nobody is late"', size=19, bold=True, left=True, below=True)
    label(axes, 9.0, 2.9, "accuracy 93 %\nrecall 0 %", size=19, left=True, below=True)
    label(axes, 9.0, 1.3, "7 of 100 are late\n(synthetic borrowers)", size=16, left=True, below=True, colour="#444c56")
    return figure


def train_precision_recall():
    """Precision and recall of two models and the zero rule."""
    from matplotlib.figure import Figure
    from sklearn import metrics

    _, y, said = _credit()
    figure = Figure(figsize=(6.6, 4.6), layout="constrained")
    axes = figure.subplots()
    for (name, colour), line in zip({"logistic": BLUE, "boosted": VERMILION}.items(), ("-", "--"), strict=True):
        precision, recall, _ = metrics.precision_recall_curve(y, said[name])
        axes.plot(recall[:-20:40], precision[:-20:40], line, color=colour, linewidth=2.5, label=name)
    axes.axhline(y.mean(), color=INK, linestyle=":", linewidth=2.5, label="zero rule")
    axes.set(xlabel="recall: share of the late that is found", ylabel="precision", xlim=(0, 1), ylim=(0, 1))
    axes.set_title("Who will be late? (synthetic)", loc="left", size=17)
    axes.legend(frameon=False)
    return figure


def train_buckets():
    """The mean error of a regression, by bands of the true delay."""
    import pandas as pd
    from matplotlib.figure import Figure

    bands, whole = _errors_by_band()
    figure = Figure(figsize=(6.8, 4.4), layout="constrained")
    axes = figure.subplots()
    bars = axes.bar(bands.index.astype(str), bands, color=[BLUE] * (len(bands) - 1) + [VERMILION])
    axes.bar_label(bars, fmt="%.0f", padding=3, size=14)
    axes.axhline(whole, color=INK, linestyle="--", linewidth=2)
    axes.set(
        xlabel="true delay of arrival, minutes", ylabel="mean absolute error, minutes", ylim=(0, 1.15 * pd.Series(bands).max())
    )
    axes.set_yticks(range(0, int(bands.max()), 50))
    axes.set_title("One error, or one for each band? (real)", loc="left", size=17)
    return figure


def train_three_places():
    """Where a rare class can be dealt with."""
    figure, axes = canvas(12, 4.4)
    places = [
        ("the data", "oversample, undersample,\nSMOTE", "changes the rows", BLUE),
        ("the loss", "class weights, cost-sensitive,\nfocal loss", "changes the fit", GREEN),
        ("the decision", "a threshold by the costs", "changes nothing learnt", ORANGE),
    ]
    boxes = []
    for number, (name, ways, what, colour) in enumerate(places):
        x = 0.1 + 4.05 * number
        label(axes, x + 1.85, 4.1, name, size=19, bold=True)
        boxes.append(box(axes, x, 2.0, ways, width=3.7, height=1.5, colour=colour, filled=True, size=16))
        label(axes, x + 1.85, 1.6, what, size=17, below=True)
    for here, there in pairwise(boxes):
        arrow(axes, here, there)
    label(axes, 6.0, 0.45, "try them from the right", size=18, colour=VERMILION, bold=True)
    return figure


def train_two_names():
    """Two pipelines that hold the same objects."""
    figure, axes = canvas(12, 4.0)
    label(axes, 0.1, 3.2, "scaled", size=19, bold=True, left=True)
    label(axes, 0.1, 0.8, "powered", size=19, bold=True, left=True)
    imputer = box(axes, 2.4, 1.45, "one imputer", width=2.3, height=1.1, colour=VERMILION, filled=True, size=17)
    clf = box(axes, 9.2, 1.45, "one classifier", width=2.5, height=1.1, colour=VERMILION, filled=True, size=17)
    upper = box(axes, 5.8, 2.7, "StandardScaler", width=2.4, height=1.0, colour=BLUE, filled=True, size=16)
    lower = box(axes, 5.8, 0.3, "PowerTransformer", width=2.4, height=1.0, colour=GREEN, filled=True, size=16)
    arrow(axes, (1.55, 3.1), (2.8, 2.6))
    arrow(axes, (1.75, 0.9), (2.8, 1.4))
    for middle in (upper, lower):
        arrow(axes, imputer, middle)
        arrow(axes, middle, clf)
    return figure


def train_resample_where():
    """Copies on both sides of a fold."""
    figure, axes = canvas(12, 4.5)
    label(axes, 0.1, 4.2, "oversample, then cut: copies on both sides", size=17, bold=True, left=True, colour="#a64800")
    label(axes, 0.1, 1.95, "cut, then oversample what trains", size=17, bold=True, left=True, colour="#006c4f")
    before = ["A", "b", "c", "A", "A", "d", "A", "e", "f", "A"]
    inside = ["A", "b", "c", "A", "A", "d", "A", "G", "e", "f"]
    for y, letters in ((2.75, before), (0.5, inside)):
        for place, letter in enumerate(letters):
            rare = letter.isupper()
            x = 0.2 + 1.1 * place + (0.6 if place > 6 else 0)
            box(axes, x, y, letter, width=0.95, height=0.85, colour=VERMILION if rare else GREY, filled=rare, size=17)
        axes.plot([8.2, 8.2], [y - 0.25, y + 1.1], color=INK, linewidth=3, linestyle="--")
    label(axes, 3.9, 2.6, "trains", size=15, below=True)
    label(axes, 10.1, 2.6, "judges: A was seen", size=15, below=True)
    label(axes, 3.9, 0.35, "trains", size=15, below=True)
    label(axes, 10.1, 0.35, "judges: G is new", size=15, below=True)
    return figure


def train_said_happened():
    """What undersampling does to probabilities."""
    import pandas as pd
    from matplotlib.figure import Figure

    from mlsd.sampling import restore_rate

    _, y, said = _credit()
    told = {"nothing": said["logistic"], "under": said["under"]}
    told["under, restored"] = restore_rate(said["under"], trained_rate=0.5, true_rate=y.mean())
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.subplots()
    for (name, probability), (style, colour) in zip(
        told.items(), [("o-", BLUE), ("s--", VERMILION), ("^:", GREEN)], strict=True
    ):
        frame = pd.DataFrame({"said": probability, "happened": y.to_numpy()})
        means = frame.groupby(pd.qcut(frame["said"], 10, labels=False)).mean()
        axes.plot(means["said"], means["happened"], style, color=colour, label=name, linewidth=2.5, markersize=8)
    axes.plot([0, 1], [0, 1], ":", color=INK, label="said = happened")
    axes.set(xlabel="probability said", ylabel="share that was late", xlim=(0, 1), ylim=(0, 1))
    axes.set_title("Said and happened (synthetic)", loc="left", size=17)
    axes.legend(frameon=False)
    return figure


def train_augment():
    """Three ways to make rows."""
    figure, axes = canvas(12, 4.5)
    ways = [
        ("keep the label", "a photo of a plane", "the same photo, mirrored", "still a plane", BLUE),
        ("perturb", "dep. delay 41 min", "41 min and a little noise", "still late", GREEN),
        ("make new", "late + on time", "mixed: 0.7 and 0.3", "0.7 late", ORANGE),
    ]
    for number, (name, one, two, three, colour) in enumerate(ways):
        y = 3.2 - 1.5 * number
        label(axes, 0.1, y + 0.55, name, size=18, bold=True, left=True)
        first = box(axes, 2.8, y, one, width=2.7, height=1.1, colour=GREY, size=16)
        second = box(axes, 6.2, y, two, width=3.2, height=1.1, colour=colour, filled=True, size=16)
        third = box(axes, 10.1, y, three, width=1.8, height=1.1, colour=GREY, size=16)
        arrow(axes, first, second)
        arrow(axes, second, third)
    return figure


@cache
def _late_flights():
    from mlsd import datasets

    return datasets.load_late_flights()


@cache
def _credit():
    """Lab 06's training rows, and what three models said about rows that they had not seen."""
    from imblearn.under_sampling import RandomUnderSampler
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split

    from mlsd import datasets, models
    from mlsd.sampling import Resampled

    credit = datasets.make_credit(20_000, seed=0)
    X, _, y, _ = train_test_split(
        credit.drop(columns="delinquency"), credit["delinquency"], stratify=credit["delinquency"], random_state=0
    )
    under = Resampled(LogisticRegression(max_iter=1000), RandomUnderSampler(random_state=0))
    candidates = {"logistic": models.credit_logistic(), "boosted": models.credit_boosted()}
    candidates["under"] = models.credit_logistic().set_params(clf=under)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    ask = {"cv": folds, "method": "predict_proba"}
    return X, y, {name: cross_val_predict(model, X, y, **ask)[:, 1] for name, model in candidates.items()}


@cache
def _errors_by_band():
    """A linear regression of the arrival delay on what is known two hours before: its mean error by band."""
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    flights = _late_flights().dropna(subset=["recent_delay"])
    planned = flights["decided_at"] + pd.Timedelta(hours=2)
    joined = _arrivals(flights.assign(planned=planned))
    names = ["recent_delay", "minute_of_day", "distance"]
    past = joined["decided_at"] < pd.Timestamp("2013-09-01", tz="UTC")
    model = LinearRegression().fit(joined.loc[past, names], joined.loc[past, "arr_delay"])
    test = joined[~past]
    error = np.abs(model.predict(test[names]) - test["arr_delay"])
    cuts = [-np.inf, 0, 30, 60, 120, np.inf]
    bands = pd.cut(test["arr_delay"], cuts, labels=["early", "0-30", "30-60", "60-120", "over 120"])
    return error.groupby(bands, observed=True).mean(), error.mean()


def _arrivals(flights):
    import pandas as pd

    from mlsd import datasets

    table = datasets.load_flights()
    table["planned"] = table["time_hour"] + pd.to_timedelta(table["minute"], unit="min")
    keys = ["planned", "carrier", "flight", "origin"]
    return flights.merge(table[[*keys, "arr_delay"]], on=keys)
