"""The drawings of deck 2."""

import tempfile
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from course.slides.drawing import BLUE, GREEN, GREY, INK, ORANGE, PINK, SKY, VERMILION, arrow, box, canvas, label


def data_here():
    """The factory, and the part that this session is about."""
    figure, axes = canvas(12, 3.9)
    names = ["data", "features", "tuned model", "tracked,\ngated release", "served", "watched"]
    steps = []
    for number, name in enumerate(names):
        colour, filled = (ORANGE, True) if number == 0 else (GREY, False)
        steps.append(
            box(axes, 0.1 + 2.02 * number, 2.5, name, width=1.66, height=1.1, colour=colour, filled=filled, size=16)
        )
    for here, there in pairwise(steps):
        arrow(axes, here, there)
    for number, name in enumerate(["kept in files:\nlab 03", "kept in databases:\nlab 04", "passed on:\nlab 04"]):
        part = box(axes, 0.1 + 3.0 * number, 0.3, name, width=2.6, height=1.1, colour=ORANGE, size=16)
        arrow(axes, (part.x + 1.3 if number == 0 else part.x + 0.4, 1.42), (0.75 + 0.3 * number, 2.45), colour=ORANGE)
    return figure


def data_sources():
    """Where a system's data come from, and what each is like."""
    figure, axes = canvas(12, 4.7)
    rows = [
        ("what users type", "a booking, a search, a photo", "wrong in every possible way", VERMILION),
        ("what systems write", "logs, events, a plane's position", "clean, and far too many", BLUE),
        ("own databases", "flights, planes, seats, bookings", "tidy, but made for another purpose", GREEN),
        ("what others sell or give", "weather, prices of stocks", "late, sent again, restated", PINK),
    ]
    for number, (name, example, fault, colour) in enumerate(rows):
        y = 3.6 - 1.17 * number
        box(axes, 0.1, y, name, width=3.0, height=0.95, colour=colour, filled=True, size=17)
        label(axes, 3.5, y + 0.48, example, size=17, left=True)
        label(axes, 7.75, y + 0.48, fault, size=17, left=True, colour="#444c56")
    return figure


def data_rows_columns():
    """The same three flights on a disk, by row and by column."""
    figure, axes = canvas(12, 4.8)
    flights = [("UA", "EWR", "IAH", "11"), ("UA", "LGA", "IAH", "20"), ("AA", "JFK", "MIA", "33")]
    colours = [BLUE, GREEN, ORANGE, PINK]
    for row, flight in enumerate(flights):
        for column, value in enumerate(flight):
            box(axes, 0.2 + 0.85 * column, 2.75 - 0.62 * row, value, width=0.8, height=0.56,
                colour=colours[column], filled=True, size=16)  # fmt: skip
    label(axes, 1.9, 3.62, "the table", size=17, bold=True)
    by_row = [(value, column) for flight in flights for column, value in enumerate(flight)]
    by_column = [(flight[column], column) for column in range(4) for flight in flights]
    arrow(axes, (3.75, 2.9), (4.55, 3.35))
    arrow(axes, (3.75, 2.0), (4.55, 1.55))
    for y, values, name, what in [
        (3.1, by_row, "by row: CSV, JSON lines, SQLite", "a new flight goes to the end"),
        (0.95, by_column, "by column: Feather, Parquet", "all delays stand together, and neighbours are alike"),
    ]:
        label(axes, 4.7, y + 1.0, name, size=17, bold=True, left=True)
        for place, (value, column) in enumerate(values):
            box(
                axes, 4.7 + 0.6 * place, y, value, width=0.56, height=0.56, colour=colours[column], filled=True, size=12
            )
        label(axes, 4.7, y - 0.35, what, size=16, left=True, colour="#444c56")
    return figure


def data_format_sizes():
    """How large 336,776 flights are in seven files: the sizes of lab 03."""
    from matplotlib.figure import Figure

    sizes = _format_sizes()
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(list(sizes), list(sizes.values()), color=[VERMILION] * 3 + [BLUE] * 4)
    axes.bar_label(bars, fmt="%.1f", padding=4, size=15)
    axes.set(xlabel="megabytes", xlim=(0, 125))
    axes.set_title("Size of 336,776 flights (real)", loc="left", size=17)
    axes.invert_yaxis()
    return figure


def data_column_bytes():
    """What each column of the flights takes in Parquet."""
    import pyarrow.parquet as pq
    from matplotlib.figure import Figure

    with tempfile.TemporaryDirectory() as folder:
        _flights().to_parquet(Path(folder) / "zstd.parquet", compression="zstd")
        group = pq.read_metadata(Path(folder) / "zstd.parquet").row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    size = {column.path_in_schema: column.total_compressed_size / 1e3 for column in columns}
    names = ["id", "dep_time", "arr_delay", "tailnum", "carrier", "origin", "month", "year"]
    figure = Figure(figsize=(6.2, 4.4), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(names, [size[name] for name in names], color=[VERMILION, *[BLUE] * 6, GREEN])
    axes.bar_label(bars, fmt="%.1f", padding=4, size=15)
    axes.set(xlabel="kilobytes in zstd.parquet", xlim=(0, 1.16 * max(size[name] for name in names)))
    axes.set_xticks(range(0, 601, 200))
    axes.set_title("Eight of the twenty columns", loc="left", size=17)
    axes.invert_yaxis()
    return figure


def data_partitions():
    """A folder of small files is one table."""
    figure, axes = canvas(12, 4.5)
    root = box(axes, 0.05, 1.8, "stocks/", width=1.6, height=0.9, colour=BLUE, filled=True, size=17)
    years = {
        3.5: ("AAPL/", ["AAPL_2000", "...", "AAPL_2005", "AAPL_2013"]),
        1.8: ("FB/", ["FB_2012", "FB_2013"]),
        0.1: ("GOOG/", ["GOOG_2004", "...", "GOOG_2013"]),
    }
    for y, (ticker, parts) in years.items():
        folder = box(axes, 2.5, y, ticker, width=1.5, height=0.9, colour=BLUE, size=17)
        arrow(axes, (root.x + root.width, 2.25), (folder.x, y + 0.45))
        for number, name in enumerate(parts):
            colour = GREEN if name == "AAPL_2005" else ORANGE if name.endswith("2013") else GREY
            fill = {"colour": colour, "filled": colour != GREY, "size": 15}
            box(axes, 4.7 + 1.85 * number, y, name, width=1.7, height=0.9, **fill)
        arrow(axes, (4.05, y + 0.45), (4.65, y + 0.45))
    green = "green: a question about Apple\nin 2005 opens this one file"
    label(axes, 8.6, 2.6, green, size=16, left=True, colour="#006c4f")
    label(axes, 10.3, 0.55, "orange: where\nFebruary goes", size=16, left=True, colour="#8a5a00")
    return figure


def data_row_above():
    """The row above is yesterday only if ticker and order are right."""
    figure, axes = canvas(12, 4.5)
    company = [("IBM", "28 Feb", "200.83", "202.33"), ("IBM", "1 Mar", "202.91", "200.83")]
    company.append(("MSFT", "1 Mar 2000", "90.81", "202.91"))
    future = [
        ("IBM", "1 Mar", "202.91", ""),
        ("IBM", "28 Feb", "200.83", "202.91"),
        ("IBM", "27 Feb", "202.33", "200.83"),
    ]
    _lag_table(axes, 0.1, "another company", company, {2})
    _lag_table(axes, 6.3, "tomorrow", future, {1, 2})
    return figure


def data_ibm_rule():
    """What a lag from the wrong end is worth on paper."""
    from matplotlib.figure import Figure

    from mlsd import datasets

    stocks = datasets.load_stocks()
    ibm = stocks[stocks["ticker"] == "IBM"].set_index("Date")["Adj Close"]
    gain = ibm.shift(-1) / ibm - 1
    lags = {"lag from yesterday": ibm.shift(1), "lag from tomorrow": ibm[::-1].shift(1)[::-1]}
    figure = Figure(figsize=(11.5, 4.2), layout="constrained")
    axes = figure.subplots()
    for (name, lag), colour, style in zip(lags.items(), [BLUE, VERMILION], ["-", "--"], strict=True):
        value = (1 + gain.where(ibm < lag, 0)).cumprod().dropna()
        axes.plot(
            value[::15], color=colour, linestyle=style, linewidth=2.5, label=f"{name}: {value.iloc[-1]:,.0f} dollars"
        )
    axes.set(yscale="log", ylabel="dollars, log scale", ylim=(0.3, 3e9))
    axes.set_yticks([1, 1e3, 1e6, 1e9], ["1", "thousand", "million", "billion"])
    axes.set_xticks([datetime(year, 1, 1) for year in range(2001, 2014, 2)], range(2001, 2014, 2))
    axes.set_title("What one dollar becomes by the rule (IBM, real prices)", loc="left")
    axes.legend(frameon=False)
    return figure


def data_delta_month():
    """What becomes of the rows that arrive."""
    figure, axes = canvas(12, 4.4)
    arrived = box(
        axes, 0.1, 1.6, "120 rows arrive\nin five CSV files", width=2.8, height=1.2, colour=BLUE, filled=True, size=17
    )
    ingest = box(axes, 4.0, 1.6, "lake.ingest", width=2.0, height=1.2, colour=ORANGE, filled=True, size=17)
    arrow(axes, arrived, ingest)
    ends = [
        (3.15, "new: written", "into the newest partitions", GREEN),
        (1.6, "known, and the same: passed over", "so a second load changes nothing", GREY),
        (0.05, "cannot be right: kept aside", "with file, line, reason and text", VERMILION),
    ]
    for y, name, why, colour in ends:
        box(axes, 7.2, y, f"{name}\n{why}", width=4.7, height=1.2, colour=colour, filled=True, size=17)
        arrow(axes, (6.0, 2.2), (7.2, y + 0.6))
    return figure


def data_dask_plan():
    """A plan of six tasks: one a partition, and one that puts the parts together."""
    figure, axes = canvas(12, 4.4)
    for x, name in ((1.2, "partitions"), (4.6, "one task each"), (8.45, "one more task")):
        label(axes, x, 4.15, name, size=16, bold=True)
    end = box(axes, 7.2, 1.45, "put the\nparts together", width=2.5, height=1.1, colour=ORANGE, filled=True, size=17)
    for number, ticker in enumerate(["AAPL", "FB", "GOOG", "IBM", "MSFT"]):
        y = 3.25 - 0.79 * number
        file = box(axes, 0.2, y, ticker, width=2.0, height=0.62, colour=BLUE, filled=True, size=16)
        task = box(axes, 3.2, y, "read, then sum", width=2.8, height=0.62, colour=GREY, size=16)
        arrow(axes, file, task)
        arrow(axes, (6.0, y + 0.31), (7.2, 2.0 + 0.18 * (2 - number)))
    answer = box(axes, 10.3, 1.45, "answer", width=1.5, height=1.1, colour=GREEN, filled=True, size=17)
    arrow(axes, end, answer)
    return figure


def data_whole_tickers():
    """A ticker that is cut in two loses its yesterday at the cut."""
    figure, axes = canvas(12, 4.2)
    colours = {"AAPL": BLUE, "FB": SKY, "GOOG": GREEN, "IBM": ORANGE, "MSFT": PINK}
    rows = {"AAPL": 3270, "FB": 196, "GOOG": 2148, "IBM": 3270, "MSFT": 3270}
    word_at = {"AAPL": 0.23, "GOOG": 0.25, "IBM": 0.38, "MSFT": 0.3}  # where no cut goes through the word
    scale, x = 11.6 / sum(rows.values()), 0.2
    for ticker, count in rows.items():
        for y in (2.5, 0.3):
            box(axes, x, y, "", width=count * scale, height=0.8, colour=colours[ticker], filled=True)
            if ticker != "FB":
                label(axes, x + count * scale * word_at[ticker], y + 0.4, ticker, size=16)
        x += count * scale
        if ticker != "MSFT":
            axes.plot([x, x], [0.12, 1.28], color=INK, linewidth=3)
    for part in range(1, 8):
        axes.plot([0.2 + 1.45 * part] * 2, [2.32, 3.48], color=VERMILION, linewidth=3, linestyle="--")
    label(axes, 0.2, 3.8, "eight equal heaps: seven cuts inside tickers, 12 missing lags", size=17, left=True)
    label(axes, 0.2, 1.6, "whole tickers: five first days, 5 missing lags", size=17, left=True)
    return figure


def data_three_models():
    """One flight as rows, as a document, as a part of a graph."""
    figure, axes = canvas(12, 4.7)
    for x, name in ((1.9, "tables"), (6.0, "documents"), (10.1, "a graph")):
        label(axes, x, 4.4, name, size=19, bold=True)
    flight = box(
        axes, 0.1, 2.9, "flight   UA 1545\ntailnum N14228", width=2.5, height=0.95, colour=BLUE, filled=True, size=15
    )
    plane = box(axes, 1.1, 1.25, "plane   N14228\nBOEING, 149 seats", width=2.6, height=0.95, colour=BLUE, size=15)
    arrow(axes, flight, plane, colour=BLUE)
    text = '{"flight": "UA 1545",\n "to": "IAH",\n "plane": {\n   "maker": "BOEING",\n   "seats": 149}}'
    box(axes, 4.4, 1.25, "", width=3.3, height=2.6, colour=GREEN, filled=True, size=17)
    axes.text(4.6, 2.55, text, size=15, family="DejaVu Sans Mono", va="center", linespacing=1.4)
    places = {"EWR": (8.6, 3.2), "IAH": (10.9, 3.2), "MIA": (9.75, 1.35)}
    nodes = {
        name: box(axes, x, y, name, width=0.9, height=0.6, colour=ORANGE, filled=True, size=17)
        for name, (x, y) in places.items()
    }
    for start, end in (("EWR", "IAH"), ("EWR", "MIA"), ("IAH", "MIA")):
        arrow(axes, nodes[start], nodes[end], colour="#8a5a00")
    for x, what in ((1.9, "each fact once,\na join to see both"), (6.0, "all of it at once,\nfacts repeated"),
                    (10.1, "paths of any length")):  # fmt: skip
        label(axes, x, 0.55, what, size=16, colour="#444c56")
    return figure


def data_boston_legs():
    """How many flights it takes from Boston with Delta, out of the data."""
    figure, axes = canvas(5.4, 4.6)
    for row, (legs, count) in enumerate(_boston_legs().items()):
        y = 3.55 - 1.15 * row
        box(
            axes,
            0.1,
            y,
            f"{legs} leg{'s' if legs > 1 else ''}",
            width=1.5,
            height=0.8,
            colour=ORANGE,
            filled=True,
            size=17,
        )
        axes.barh(y + 0.4, count * 0.09, left=2.0, height=0.7, color=BLUE)
        label(axes, 2.12 + count * 0.09, y + 0.4, f"{count}", size=19, left=True)
    return figure


def data_half_move():
    """Two updates, the second refused."""
    figure, axes = canvas(12, 4.4)
    for y, name, middle, end, people, colour in [
        (2.5, "each alone", "UA 1545: 130", "UA 1714: 145", "275 travellers", VERMILION),
        (0.3, "one transaction", "UA 1545: 140", "UA 1714: 145", "285 travellers", GREEN),
    ]:
        label(axes, 0.1, y + 1.6, name, size=19, bold=True, left=True)
        first = box(axes, 0.1, y + 0.2, "ten leave\nUA 1545", width=2.0, height=1.0, colour=BLUE, filled=True, size=16)
        second = box(
            axes,
            2.9,
            y + 0.2,
            "ten board UA 1714:\nrefused, 149 seats",
            width=2.9,
            height=1.0,
            colour=VERMILION,
            size=16,
        )
        arrow(axes, first, second)
        after = box(axes, 6.7, y + 0.2, f"{middle}\n{end}", width=2.2, height=1.0, colour=GREY, size=16)
        arrow(axes, second, after)
        last = box(axes, 9.8, y + 0.2, people, width=2.1, height=1.0, colour=colour, filled=True, size=16)
        arrow(axes, after, last)
    return figure


def data_three_ways():
    """Database, service, events."""
    figure, axes = canvas(12, 4.8)
    for y, name, middle, colour, price in [
        (3.55, "by database", "table", BLUE, "both know its columns;\nask again for news"),
        (1.95, "by service", "question, answer", GREEN, "both must be up\nat the same moment"),
        (0.35, "by event", "log: 1 2 3 4 5 ...", ORANGE, "may come twice\nor late"),
    ]:
        label(axes, 0.1, y + 0.5, name, size=18, bold=True, left=True)
        maker = box(axes, 2.1, y, "maker", width=1.4, height=1.0, colour=GREY, size=17)
        way = box(axes, 4.4, y, middle, width=2.4, height=1.0, colour=colour, filled=True, size=16)
        reader = box(axes, 7.7, y, "reader", width=1.4, height=1.0, colour=GREY, size=17)
        arrow(axes, maker, way)
        if name == "by service":
            arrow(axes, way, maker)
            arrow(axes, way, reader)
        arrow(axes, reader, way)
        label(axes, 9.4, y + 0.5, price, size=16, left=True, colour="#444c56")
    return figure


def data_offset():
    """A power cut between the work and the offset."""
    figure, axes = canvas(12, 4.7)
    label(axes, 0.2, 4.4, "the log: events are added at its end, never changed", size=17, left=True)
    for number in range(8):
        colour = ORANGE if 2 <= number <= 4 else GREY
        box(
            axes,
            0.2 + 1.46 * number,
            3.1,
            f"event {number + 1}",
            width=1.34,
            height=0.8,
            colour=colour,
            filled=True,
            size=16,
        )
    arrow(axes, (3.05, 2.4), (3.05, 3.05), colour=VERMILION)
    label(axes, 2.9, 2.3, "offset 2:\nread up to here", size=16, colour=VERMILION, below=True)
    label(axes, 5.25, 2.75, "the work is done, then the power fails", size=16, colour="#8a5a00", left=True)
    for x, words, colour in [
        (4.6, "a naive reader counts\n100 departures as 200", VERMILION),
        (8.4, "a careful reader knows each\nevent by its id: 100", GREEN),
    ]:
        end = box(axes, x, 0.2, words, width=3.5, height=1.2, colour=colour, filled=True, size=16)
        arrow(axes, (7.2, 2.45), (end.x + 1.75, 1.45))
    return figure


def data_two_clocks():
    """The planes of 10 July by the hour of departure, and by the hour of their report."""
    import matplotlib.dates as dates
    from matplotlib.figure import Figure

    events = _events()
    figure = Figure(figsize=(11.5, 4.2), layout="constrained")
    axes = figure.subplots()
    lines = {"departed": ("o-", BLUE, "by hour of departure"), "landed": ("s--", VERMILION, "by hour of report")}
    for name, (style, colour, words) in lines.items():
        counts = events[name].dt.floor("h").value_counts().sort_index()
        axes.plot(counts.index, counts, style, color=colour, label=words, linewidth=2.5)
    axes.set(xlabel="hour (UTC), from 10 July 2013", ylabel="flights an hour")
    axes.set_yticks(range(0, 61, 20))
    axes.set_title("The same 846 flights, counted by two clocks", loc="left")
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M"))
    axes.legend(frameon=False)
    return figure


def data_watermark():
    """An early answer or a complete one: how many events are late by how long we wait."""
    from matplotlib.figure import Figure

    waits = _late_share()
    figure = Figure(figsize=(6.2, 4.4), layout="constrained")
    axes = figure.subplots()
    bars = axes.bar([str(wait) for wait in waits], list(waits.values()), color=BLUE)
    axes.bar_label(bars, fmt="%.1f", padding=3, size=15)
    axes.set(xlabel="hours that a window waits", ylabel="% of events that come late", ylim=(0, 86))
    axes.set_yticks(range(0, 81, 20))
    axes.set_title("Departures of 10 July, late for their window", loc="left", size=17)
    return figure


def data_same_feature():
    """One definition, two ways to compute it."""
    figure, axes = canvas(12, 4.5)
    log = box(axes, 0.1, 1.65, "events of\ndeparture", width=2.0, height=1.2, colour=ORANGE, filled=True, size=17)
    batch = box(
        axes, 3.3, 2.95, "batch: each night,\nall of history", width=3.0, height=1.15, colour=BLUE, filled=True, size=16
    )
    stream = box(
        axes,
        3.3,
        0.35,
        "stream: each minute,\nthe last hour",
        width=3.0,
        height=1.15,
        colour=GREEN,
        filled=True,
        size=16,
    )
    train = box(axes, 8.9, 2.95, "training", width=2.6, height=1.15, colour=GREY, size=17)
    serve = box(axes, 8.9, 0.35, "serving", width=2.6, height=1.15, colour=GREY, size=17)
    arrow(axes, log, batch)
    arrow(axes, log, stream)
    arrow(axes, batch, train, "departures in\nthe last hour", size=16)
    arrow(axes, stream, serve, "departures in\nthe last hour", size=16)
    label(axes, 7.6, 2.22, "the same number?  Test it.", size=19, colour=VERMILION, bold=True)
    return figure


def _lag_table(axes, x, name, rows, wrong):
    label(axes, x, 4.2, f"the row above is {name}", size=18, bold=True, left=True)
    widths = {"ticker": 1.0, "date": 1.75, "Close": 1.2, "lag": 1.2}
    for column, (heading, width) in enumerate(widths.items()):
        left = x + [0, 1.05, 2.85, 4.1][column]
        label(axes, left + width / 2, 3.5, heading, size=16, colour="#444c56")
        for number, row in enumerate(rows):
            bad = number in wrong and column == 3
            look = {"colour": VERMILION if bad else GREY, "filled": bad, "size": 16}
            box(axes, left, 2.4 - 0.95 * number, row[column], width=width, height=0.75, **look)
    for number in wrong:
        y = 2.4 - 0.95 * number
        arrow(axes, (x + 3.45, y + 0.95), (x + 4.12, y + 0.6), colour=VERMILION)


def _flights():
    from mlsd import datasets

    flights = datasets.load_flights()
    flights.insert(0, "id", range(len(flights)))
    flights["time_hour"] = flights["time_hour"].dt.tz_convert(None)
    return flights


def _format_sizes():
    from mlsd import store

    flights = _flights()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        flights.to_csv(home / "flights.csv", index=False)
        flights.to_json(home / "flights.jsonl", orient="records", lines=True, date_format="iso")
        db = store.connect(f"sqlite:///{(home / 'flights.db').as_posix()}")
        db.write(flights, "flights", "replace")
        db.engine.dispose()  # Windows removes no file that is open
        flights.to_feather(home / "flights.feather")
        for codec in ("none", "snappy", "zstd"):
            flights.to_parquet(home / f"{codec}.parquet", compression=codec)
        names = ["flights.csv", "flights.jsonl", "flights.db", "flights.feather"]
        names += ["none.parquet", "snappy.parquet", "zstd.parquet"]
        return {name: (home / name).stat().st_size / 1e6 for name in names}


def _boston_legs():
    from mlsd import datasets

    out = datasets.load_flights().query("carrier == 'DL'")[["origin", "dest"]].drop_duplicates()
    back = out.rename(columns={"origin": "dest", "dest": "origin"})
    pairs = {*out.itertuples(index=False, name=None), *back[["origin", "dest"]].itertuples(index=False, name=None)}
    legs, frontier = {"BOS": 0}, {"BOS"}
    while frontier:
        frontier = {end for start, end in pairs if start in frontier} - set(legs)
        legs |= dict.fromkeys(frontier, max(legs.values()) + 1)
    places = [number for number in legs.values() if number]
    return {number: places.count(number) for number in sorted(set(places))}


def _events():
    import pandas as pd

    from mlsd import datasets

    day = datasets.load_flights().query("month == 7 and day == 10").dropna(subset=["air_time"])
    departed = day["time_hour"] + pd.to_timedelta(day["minute"] + day["dep_delay"], unit="min")
    landed = departed + pd.to_timedelta(day["air_time"], unit="min")
    name = day["carrier"] + day["flight"].astype(str) + day["origin"]
    events = pd.DataFrame({"departed": departed, "landed": landed, "name": name})
    return events.sort_values(["landed", "name"], ignore_index=True)


def _late_share():
    """An event is late when its window ended before the latest departure heard of before it, less the wait."""
    import pandas as pd

    events = _events()
    ends = events["departed"].dt.floor("h") + pd.Timedelta(hours=1)
    heard = events["departed"].cummax().shift(1)
    waits = (0, 1, 2, 4, 6, 11)
    return {wait: 100 * (ends <= heard - pd.Timedelta(hours=wait)).mean() for wait in waits}
