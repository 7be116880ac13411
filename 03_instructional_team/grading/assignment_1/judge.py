"""How assignment 1 is marked: each function answers one criterion of the rubric from what came out of the box.

Values speak first, recorded calls second. Only where nothing could be run is the source read, and the mark says so.
"""

import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from course.grading.assignment import load
from course.grading.evidence import Evidence
from course.grading.judging import Verdict, full, missing, part, quote

__all__ = [
    "compute_to_pandas",
    "dask_not_pandas",
    "globs_parquet",
    "groupby_ticker",
    "hi_lo_range",
    "imports_dask",
    "loads_env",
    "moving_average",
    "moving_average_by_ticker",
    "reads_price_data_env",
    "returns",
]

values = load(Path(__file__).with_name("values.py"))
reading = load(Path(__file__).with_name("reading.py"))
not_run = reading.not_run

NAMES = {"close": "Close_lag_1", "adjusted": "Adj_Close_lag_1", "returns": "returns", "range": "hi_lo_range"}
LIKE_A_LAG = re.compile(r"lag|prev|shift|yesterday", re.IGNORECASE)
LIKE_RETURNS = re.compile(r"return|(?<![a-z])rets?(?![a-z])|pct", re.IGNORECASE)
LIKE_A_RANGE = re.compile(r"range|hi[gh]*_?lo|spread", re.IGNORECASE)
LIKE_AN_AVERAGE = re.compile(r"(?<![a-z])s?ma(?![a-z])|mov|roll|avg|average|mean", re.IGNORECASE)


# Settings


def loads_env(seen: Evidence) -> Verdict:
    """Judge whether dotenv was loaded before the variable was read."""
    loads = [fact for fact in seen.of("dotenv") if fact["how"] != "%load_ext"]
    begun = seen.of("dotenv")
    reads = [fact for fact in seen.of("env") if fact["name"] == "PRICE_DATA"]
    if loads:
        cell = loads[0]["cell"]
        dead = not any(fact["set"] for fact in loads)
        notes = f"Its file, {loads[0]['path'] or '.env'}, is not here; taken as loaded." if dead else ""
        line = quote(seen.cell(cell), "dotenv")
        if reads and reads[0]["step"] < loads[0]["step"]:
            return part(
                0.5,
                cell,
                reads[0]["cell"],
                quote=line,
                hint="Load .env in the first cell, above all that reads it.",
                notes=notes,
            )
        return full(cell, quote=line, notes=notes)
    magic = next((cell for cell in seen.code if re.search(r"^\s*%dotenv\b", cell.source, re.MULTILINE)), None)
    if begun:
        return part(
            0.5,
            begun[0]["cell"],
            quote=quote(seen.cell(begun[0]["cell"]), "dotenv"),
            hint="%dotenv, or load_dotenv(), loads the file.",
        )
    if magic and magic.error.get("type", "UsageError") == "UsageError" and magic.status != "not run":
        return part(
            0.5,
            magic.number,
            quote="%dotenv",
            reason="%dotenv is called, but its extension was not loaded before.",
            hint="%load_ext dotenv comes first.",
        )
    calls = [call for call in seen.called("load_dotenv", "dotenv_values") if not_run(seen, call.cell)]
    if calls or (magic and not_run(seen, magic.number)):
        return full(calls[0].cell if calls else magic.number if magic else None, cause="only read")
    return missing(hint="%load_ext dotenv, then %dotenv, in the first cell.")


def imports_dask(seen: Evidence) -> Verdict:
    """Judge whether dask.dataframe was imported."""
    done = [(fact["module"], fact["names"], fact["cell"]) for fact in seen.of("import")]
    verdict = _imported(seen, done, "judged")
    if verdict.share < 1:
        unrun = [each for cell in seen.code if cell.status != "ok" for each in _imports_in(cell.source, cell.number)]
        read = _imported(seen, unrun, "only read")
        verdict = read if read.share > verdict.share else verdict
    return verdict


def _imported(seen: Evidence, found: list[tuple[str, list[str], int]], cause: Any) -> Verdict:
    of_dask = [each for each in found if each[0] == "dask" or each[0].startswith("dask.")]
    frames = [
        each
        for each in of_dask
        if each[0].startswith("dask.dataframe") or (each[0] == "dask" and "dataframe" in each[1])
    ]
    for each in frames:
        return full(each[2], quote=quote(seen.cell(each[2]), "dask"), cause=cause)
    for each in of_dask:
        return part(
            0.5, each[2], quote=quote(seen.cell(each[2]), "dask"), hint="import dask.dataframe as dd", cause=cause
        )
    return missing(hint="import dask.dataframe as dd")


def _imports_in(source: str, cell: int) -> list[tuple[str, list[str], int]]:
    plain = [(m[1], [], cell) for m in re.finditer(r"^\s*import\s+([\w.]+)", source, re.MULTILINE)]
    named = re.finditer(r"^\s*from\s+([\w.]+)\s+import\s+([\w ,]+)", source, re.MULTILINE)
    return plain + [(m[1], re.split(r"\W+", m[2]), cell) for m in named]


def reads_price_data_env(seen: Evidence) -> Verdict:
    """Judge whether the files were looked for in the folder that PRICE_DATA names."""
    looks = [(fact["cell"], fact["below"]) for fact in seen.of("glob") + seen.of("listed")]
    looks += [(fact["cell"], below) for fact in seen.of("read") for below in fact["below"]]
    reads = [fact for fact in seen.of("env") if fact["name"] == "PRICE_DATA"]
    others = [fact for fact in seen.of("env") if fact["name"] != "PRICE_DATA"]
    there = [cell for cell, below in looks if below == "env"]
    cells = [fact["cell"] for fact in reads]
    line = quote(seen.cell(cells[0]) if cells else None, "PRICE_DATA")
    if there and (reads or not others):
        return full(*(cells or there)[:1], quote=line or quote(seen.cell(there[0]), "PRICE_DATA"))
    if reads and seen.of("env set"):
        return part(
            0.5,
            seen.of("env set")[0]["cell"],
            reason="PRICE_DATA is read, but the notebook itself has set it to a path that is typed.",
            hint="The path belongs into .env, not into the notebook.",
        )
    if reads and any(below in ("typed", "gone", "other") for _, below in looks):
        return part(0.5, *cells[:1], quote=line, hint="Build the pattern from the variable that you read.")
    if reads:
        return full(*cells[:1], quote=line, notes="It was read; no search for files was seen.")
    if others:
        return missing(
            f"{others[0]['name']} is read, which is not in .env; PRICE_DATA is not.",
            cause="judged",
            hint="The variable's name is PRICE_DATA.",
        )
    unrun = next((c for c in seen.calls if "PRICE_DATA" in map(c.argument, range(2)) and not_run(seen, c.cell)), None)
    named = next(
        (
            cell
            for cell in seen.code
            if cell.status != "ok" and re.search(r"environ(?:\.get\(|\[)\s*['\"]PRICE_DATA['\"]", cell.source)
        ),
        None,
    )
    if unrun or named:
        return full(unrun.cell if unrun else named.number if named else None, cause="only read")
    return missing(hint='os.getenv("PRICE_DATA") gives the path that .env holds.')


def globs_parquet(seen: Evidence) -> Verdict:
    """Judge whether glob found every file."""
    looks = [fact for fact in seen.of("glob") if fact["found"] or "parquet" in fact["pattern"]]
    if looks:
        best = max(looks, key=lambda fact: fact["found"])
        line, cell = quote(seen.cell(best["cell"]), "glob("), best["cell"]
        notes = (
            f"The folder of {best['pattern']} is not here; the rest of the pattern was tried on ours."
            if best["below"] == "gone"
            else ""
        )
        if best["found"] == best["of"]:
            return full(cell, quote=line, notes=notes)
        told = (
            f"Its pattern finds {best['found']} of {best['of']} files."
            if best["found"]
            else "Its pattern finds no file."
        )
        notes = "; ".join(filter(None, (notes, "The rest was judged as if it had found them." * best["handed"])))
        return part(
            0.5,
            cell,
            quote=line,
            reason=f"glob is used. {told}",
            hint="The files lie three levels down: **/*.parquet with recursive=True, or */*/*.parquet.",
            notes=notes,
        )
    asked = [fact for fact in seen.of("read") if fact["pattern"]]
    if asked:
        return part(
            0.5,
            asked[0]["cell"],
            quote=quote(seen.cell(asked[0]["cell"]), "parquet"),
            reason="A pattern is given to read_parquet itself; glob makes no list.",
            hint="glob(pattern) gives the list of files.",
        )
    if seen.of("listed") and any(fact["files"] for fact in seen.of("read")):
        cell = seen.of("listed")[0]["cell"]
        return part(
            0.5,
            cell,
            reason="The files are found, though without glob.",
            hint="One glob with **/*.parquet does the same.",
        )
    unrun = next((call for call in seen.called("glob", "iglob", "rglob") if not_run(seen, call.cell)), None)
    if unrun:
        text = " ".join(map(str, filter(None, (unrun.argument(place) for place in range(2)))))
        deep = "**" in text or "*/*/" in text or unrun.name.endswith("rglob") or re.search(r"'\*'.*'\*'", text)
        return full(unrun.cell, cause="only read") if deep else part(0.5, unrun.cell, cause="only read")
    return missing(hint="glob.glob(pattern, recursive=True) lists files.")


# Features


class _Work:
    """The features of a submission, each told by its values, the best attempt first."""

    def __init__(self, seen: Evidence):
        self.seen = seen
        self.true = values.truth(seen)
        self.tables = values.tables(seen, self.true)

    @cached_property
    def origins(self) -> list[Any]:
        return sorted(values.origins(self.tables, self.true), key=_goodness, reverse=True)

    def lags(self, price: str) -> list[Any]:
        """Lags of a price."""
        return [each for each in self.origins if each.form == "lag" and each.other == price]

    @cached_property
    def returns(self) -> list[Any]:
        """Returns, or what was made in their place."""
        return [each for each in self.origins if each.form != "lag"]

    @cached_property
    def ranges(self) -> list[Any]:
        found = values.ranges(self.tables, self.true)
        return sorted(found, key=lambda each: (each.form == "High - Low", each.column == NAMES["range"]), reverse=True)

    @property
    def best(self) -> dict[str, Any]:
        """The best attempt at each feature that was tried."""
        tried = {
            "close": self.lags("Close"),
            "adjusted": self.lags("Adj Close"),
            "returns": self.returns,
            "range": self.ranges,
        }
        return {feature: found[0] for feature, found in tried.items() if found}

    def named(self, pattern: re.Pattern[str]) -> list[tuple[Any, str]]:
        """Columns that are called like a feature, whatever is in them."""
        return [(table, name) for table in self.tables for name in table.columns if pattern.search(name)]

    @cached_property
    def averages(self) -> list[Any]:
        names = [each.column for each in self.returns] + [
            name for _, name in self.named(LIKE_RETURNS) if not LIKE_AN_AVERAGE.search(name)
        ]
        taken = {(id(each.table), each.column) for each in [*self.origins, *self.ranges]}
        found = values.averages(self.tables, self.true, list(dict.fromkeys(names)), taken)
        return sorted(
            found,
            key=lambda each: (
                each.window == 10,
                each.base in names or each.base.startswith("returns of "),
                each.way == "",
                each.by == "ticker",
                each.order == "Date",
            ),
            reverse=True,
        )

    def unread(self, pattern: re.Pattern[str], how: str) -> tuple[str, str, int] | None:
        """A column that a cell which did not run would write, as the source has it."""
        found = reading.written(self.seen)
        return next((each for each in found if pattern.search(each[0]) and re.search(how, each[1])), None)

    def line(self, cell: int, *words: str) -> str:
        return quote(self.seen.cell(cell), *words)


def _worked_out(seen: Evidence) -> _Work:
    """The features, worked out once for all judge functions: kept with the evidence, as its cached properties are."""
    kept = vars(seen)
    if "worked out" not in kept:
        kept["worked out"] = _Work(seen)
    return kept["worked out"]


def _goodness(origin: Any) -> tuple[Any, ...]:
    return (
        origin.form in ("lag", "returns"),
        origin.share,
        origin.crosses == 0,
        origin.price == origin.other == "Close" or origin.form == "lag",
        origin.anew,
        origin.column in NAMES.values(),
    )


def _cell(found: Any) -> int:
    return int(found.table.since[found.column][1]) if found.column in found.table.since else int(found.table.cell)


def _step(found: Any) -> int:
    return int(found.table.since[found.column][0]) if found.column in found.table.since else 10**9


def _notes(work: _Work, *features: str) -> str:
    """Other names than the text's, and rows that could be told only by their prices."""
    found = [(NAMES[feature], work.best[feature]) for feature in features if feature in work.best]
    renamed = [f"{name} is called {each.column!r}" for name, each in found if each.column != name]
    lost = {
        f"{each.table.name} has lost {each.table.lost}; rows were told by their prices"
        for _, each in found
        if each.table.lost
    }
    return "; ".join([*renamed, *sorted(lost)])


def _by_ticker(fact: dict[str, Any]) -> bool:
    return any(re.search("ticker|symbol|source", key, re.IGNORECASE) for key in fact["keys"])


def groupby_ticker(seen: Evidence) -> Verdict:
    """Judge whether lags, or returns where there are no lags, stay within their ticker."""
    work = _worked_out(seen)
    made = [work.best[name] for name in ("close", "adjusted", "returns") if name in work.best]
    if not made:
        return _grouped_as_read(seen, work)
    groups = [fact for fact in seen.of("in groups") if _by_ticker(fact) and fact["step"] <= max(map(_step, made))]
    inside = [
        call for call in seen.called("groupby") if "ticker" in ast_text(call) and call.cell <= min(map(_cell, made))
    ]
    inside = inside if seen.called("map_partitions") else []
    cells = [fact["cell"] for fact in groups] or [call.cell for call in inside] or [_cell(made[0])]
    line, grouped = work.line(cells[0], "groupby"), bool(groups or inside)
    crosses = [each for each in made if each.crosses]
    anew = [each for each in made if each.anew]
    if not crosses and not anew:
        if grouped or all(each.right for each in made):
            notes = "" if grouped else "groupby was not seen; by their values, all rows were treated by ticker."
            filled = (
                "A ticker's first day has a value, though not another ticker's."
                if any(each.filled for each in made)
                else ""
            )
            return full(*cells[:1], quote=line, notes="; ".join(filter(None, (notes, filled))))
        return missing(cause="judged", hint='groupby("ticker") comes before the lag.')
    where = crosses[0] if crosses else anew[0]
    told = (
        f"{where.column} takes {where.crosses} values from another ticker."
        if crosses
        else f"{where.column} begins anew at each file."
    )
    hint = "Look at each ticker's first day." if crosses else "Look at each first day of January."
    if grouped:
        return part(0.5, *cells[:1], quote=line, reason=f"Rows are grouped by ticker. But {told}", hint=hint)
    return part(
        0,
        _cell(where),
        quote=work.line(_cell(where), where.column, "shift"),
        reason=f"Rows are not grouped by ticker: {told}",
        hint=hint,
    )


def ast_text(call: Any) -> str:
    """A call's arguments as text."""
    return " ".join(
        map(
            str,
            [
                *map(call.argument, range(len(call.node.args))),
                *(call.keyword(word.arg) for word in call.node.keywords if word.arg),
            ],
        )
    )


def _grouped_as_read(seen: Evidence, work: _Work) -> Verdict:
    calls = [call for call in seen.called("groupby") if "ticker" in ast_text(call).lower()]
    lag = work.unread(re.compile(""), r"\.shift\(|pct_change\(")
    if lag and (before := [call for call in calls if call.cell <= lag[2]]):
        return full(before[-1].cell, quote=work.line(before[-1].cell, "groupby"), cause="only read")
    if lag:
        return part(0, lag[2], cause="only read", hint='groupby("ticker") comes before the lag.')
    return missing(hint='dd_px.groupby("ticker") and apply or shift make a lag for each ticker.')


def returns(seen: Evidence) -> Verdict:
    """Judge the two lags and the returns."""
    work = _worked_out(seen)
    best = work.best
    close, adjusted, made = (best.get(name) for name in ("close", "adjusted", "returns"))
    lags = [each for each in (close, adjusted) if each is not None and each.right]
    tried = [each for each in (close, adjusted, made) if each is not None]
    if not tried:
        return _returns_as_read(work)
    notes = [_notes(work, "close", "adjusted", "returns")]
    if any(each.crosses and each.right for each in tried):
        notes.append("First days of a ticker are judged under groupby_ticker")
    cells = dict.fromkeys(_cell(each) for each in (made, close, adjusted) if each is not None)
    said: dict[str, Any] = {"quote": work.line(next(iter(cells)), *(each.column for each in tried[::-1]))}
    right = made is not None and made.form == "returns" and made.right and made.price == made.other
    if right and made.price == "Adj Close":
        notes.append("Returns of Adj Close, as an older text asked")
    said["notes"] = "; ".join(filter(None, notes))
    if right and len(lags) == 2:
        return full(*cells, **said, reason="Both lags and the returns have the right values.")
    if right:
        lacking = [
            NAMES[name] for name, each in (("close", close), ("adjusted", adjusted)) if each not in lags or each is None
        ]
        share = 0.75 if len(lags) == 1 else 0.5
        return part(
            share,
            *cells,
            **said,
            reason=f"Returns are right. Missing or wrong: {' and '.join(lacking)}.",
        )
    if made is not None and made.form == "returns" and made.price == made.other and made.anew:
        return part(
            0.5,
            *cells,
            **said,
            reason="The returns are right within each file and missing on its first day.",
            hint="The first day of January needs the last price of December.",
        )
    if len(lags) == 2:
        how = f"the returns are made otherwise: {_told(made)}" if made is not None else "there are no returns"
        return part(
            0.5, *cells, **said, reason=f"Both lags are right; {how}.", hint="returns = Close / Close_lag_1 - 1"
        )
    if (
        all(each.mixed and not each.ahead for each in tried if not each.right)
        and made is not None
        and made.form == "returns"
    ):
        return part(
            0.5,
            *cells,
            **said,
            reason="Lags and returns stay within their ticker, but follow the rows as they lie, not Date.",
            hint='sort_values("Date") comes before shift, within each ticker.',
        )
    how = "; ".join(
        f"{each.column}: {_told(each)}" for each in tried if not each.right or each.form not in ("lag", "returns")
    )
    return part(
        0.25,
        *cells,
        **said,
        reason=f"A lag or a return is made, but neither all lags nor the returns are right. {how}",
        hint="Compare with the day before, ticker by ticker, in the order of Date.",
    )


def _told(origin: Any) -> str:
    told = {"lag": f"a lag of {origin.other}", "returns": f"{origin.price} by an earlier {origin.other}"}.get(
        origin.form, origin.form
    )
    for said, holds in (
        ("of the day after", origin.ahead),
        ("crossing tickers", origin.crosses),
        ("beginning anew at each file", origin.anew),
        ("in another order than Date", origin.mixed),
    ):
        if holds:
            return f"{told}, {said}"
    return told if origin.share == 1 else f"{told}, right on {origin.share:.0%} of the days"


def _returns_as_read(work: _Work) -> Verdict:
    lag = work.unread(re.compile(""), r"Close.*\.shift\((?:1|periods\s*=\s*1)?\)")
    made = work.unread(LIKE_RETURNS, r"pct_change\(|/.*-\s*1\b|\(.*-.*\)\s*/")
    if lag and made:
        return full(made[2], quote=made[1], cause="only read")
    if lag or made:
        return part(0.5, (lag or made)[2], quote=(lag or made)[1], cause="only read")
    if named := work.named(LIKE_A_LAG) + work.named(LIKE_RETURNS):
        table, name = named[0]
        return part(
            0,
            table.cell,
            reason=f"{name} holds neither earlier prices nor returns.",
            hint="Close.shift(1) is the day before's price.",
        )
    return missing(hint="shift(1) in each ticker makes the lags.")


def hi_lo_range(seen: Evidence) -> Verdict:
    """Judge the day's range."""
    work = _worked_out(seen)
    if made := work.best.get("range"):
        cell, notes = _cell(made), _notes(work, "range")
        line = work.line(cell, made.column, "High")
        if made.form == "High - Low":
            return full(cell, quote=line, notes=notes)
        return part(
            0.5,
            cell,
            quote=line,
            notes=notes,
            reason=f"{made.column} is {made.form}.",
            hint="The day's High less its Low, in dollars.",
        )
    if found := work.unread(LIKE_A_RANGE, r"High.*-.*Low"):
        return full(found[2], quote=found[1], cause="only read")
    if found := work.unread(LIKE_A_RANGE, r"High|Low"):
        return part(0.5 if "High" in found[1] and "Low" in found[1] else 0, found[2], quote=found[1], cause="only read")
    if named := work.named(LIKE_A_RANGE):
        table, name = named[0]
        cell = table.since.get(name, (0, table.cell))[1]
        line = work.line(cell, name)
        both = "High" in line and "Low" in line
        return part(
            0.5 if both else 0,
            cell,
            quote=line,
            reason=f"{name} is not High - Low.",
            hint="The day's High less its Low.",
        )
    return missing(hint="A column with High - Low.")


def dask_not_pandas(seen: Evidence) -> Verdict:
    """Judge where lags, returns and range were made."""
    work = _worked_out(seen)
    brought = {column for fact in seen.of("from pandas") for column in fact["columns"]}
    every = {"lags": [*work.lags("Close"), *work.lags("Adj Close")], "returns": work.returns, "range": work.ranges}
    lazy = {
        name: each
        for name, found in every.items()
        for each in found
        if each.table.kind == "dask" and each.column not in brought
    }
    tried = [name for name, found in every.items() if found]
    later = [name for name in tried if name not in lazy]
    if tried and not later:
        each = next(iter(lazy.values()))
        named = any(re.search(r"\bdd_feat\s*=(?!=|\s*\.\.\.)", cell.source) for cell in seen.code)
        notes = "" if named else f"The Dask data frame with the features is called {each.table.name}, not dd_feat"
        return full(_cell(each), quote=work.line(_cell(each), each.column, "groupby"), notes=notes)
    failed = [
        fact
        for fact in seen.of("table failed")
        if fact["kind"] == "dask"
        and any(LIKE_A_LAG.search(name) or LIKE_RETURNS.search(name) for name in fact["columns"])
    ]
    if failed:
        return full(
            failed[0]["made"],
            cause="only read",
            notes=f"{failed[0]['name']} cannot be computed here: {failed[0]['error'][:160]}",
        )
    if lazy:
        return part(
            0.5,
            *{_cell(each) for each in lazy.values()},
            reason=f"Made in Dask: {', '.join(lazy)}. Made in pandas: {', '.join(later)}.",
            hint="compute() comes after the last feature.",
        )
    if tried:
        each = every[tried[0]][0]
        return part(
            0,
            _cell(each),
            quote=work.line(_cell(each), each.column),
            hint="Read the files with dd.read_parquet, and make the features before compute().",
        )
    unrun = work.unread(re.compile(""), r"\.shift\(|pct_change\(")
    if unrun:
        lazily = [call for call in seen.called("read_parquet") if call.name.split(".")[0] in ("dd", "dask", "ddf")]
        return full(unrun[2], quote=unrun[1], cause="only read") if lazily else part(0, unrun[2], cause="only read")
    return missing("There are no features yet.", hint="Read the files with dd.read_parquet, and go on in Dask.")


# In pandas


def compute_to_pandas(seen: Evidence) -> Verdict:
    """Judge whether the Dask features came to pandas as a whole, by compute()."""
    work = _worked_out(seen)
    n = len(work.true.prices)
    done = [fact for fact in seen.of("computed") if fact["rows"]]
    made = [table for table in work.tables if table.kind == "pandas" and table.name != "compute()"]
    whole = [table for table in made if len(table.at) >= 0.9 * n]
    cell = done[-1]["cell"] if done else None
    line = work.line(cell, "compute") if cell else ""
    if done and whole:
        return full(cell, quote=line)
    if any(fact["rows"] >= 0.9 * n for fact in done):
        return part(
            0.5,
            cell,
            quote=line,
            reason="dd_feat is computed, but the result has no name and is gone.",
            hint="Assign it: feat = dd_feat.compute()",
        )
    begun = [fact for fact in seen.of("compute") if not done]
    if begun:
        return full(
            begun[-1]["cell"],
            quote=work.line(begun[-1]["cell"], "compute"),
            cause="only read",
            notes="compute() was called and failed; what failed is judged above.",
        )
    with_features = [table for table in made if table.columns]
    if with_features:
        table = with_features[-1]
        told = (
            "Only a part was computed."
            if len(table.at) < 0.9 * n
            else "The pandas data frame does not come from Dask's features by compute()."
        )
        return part(
            0.5,
            table.cell,
            reason=told,
            hint="dd_feat.compute() gives all of it.",
            quote=work.line(table.cell, table.name),
        )
    unrun = next((call for call in seen.called("compute") if not_run(seen, call.cell)), None)
    if unrun:
        return full(unrun.cell, quote=work.line(unrun.cell, "compute"), cause="only read")
    return missing(hint="feat = dd_feat.compute()")


def moving_average(seen: Evidence) -> Verdict:
    """Judge the windows and the values, on the learner's own returns."""
    work = _worked_out(seen)
    if not work.averages:
        return _average_unknown(work)
    best = work.averages[0]
    own = [each for each in work.returns if each.column == best.base]
    is_return = (
        bool(own)
        or best.base.startswith("returns of ")
        or (best.base in {name for _, name in work.named(LIKE_RETURNS)})
    )
    cell = _cell(best)
    said: dict[str, Any] = {"quote": work.line(cell, best.column, "rolling")}
    of = f"{best.column} is made of {best.base}"
    if best.window != 10:
        return part(0.5, cell, **said, reason=f"The window holds {best.window} rows, not 10.", hint="rolling(10)")
    if not is_return:
        return part(
            0.5, cell, **said, reason=f"{of}, not of the returns.", hint="The moving average of returns was asked."
        )
    if best.way in ("centred", "without this day"):
        told = (
            "The window lies around the day, so that it holds days to come."
            if best.way == "centred"
            else "The window ends the day before; this day was to be included."
        )
        return part(0.5, cell, **said, reason=told, hint="rolling(10) as it is ends with this day.")
    if best.way == "elsewhere":
        return full(
            cell,
            **said,
            reason="The windows hold 10 rows. That they stand on other rows is judged under moving_average_by_ticker.",
        )
    if best.order == "all days":
        return part(
            0.5,
            cell,
            **said,
            reason="The windows hold 10 rows, but of all tickers, so less than 10 days.",
            hint="Sort by ticker and Date, or group.",
        )
    if best.order == "rows" and best.by == "ticker" and not any(each.mixed for each in own):
        return part(
            0.5,
            cell,
            **said,
            reason="The windows hold 10 rows that are not in the order of Date.",
            hint='sort_values(["ticker", "Date"]) comes first.',
        )
    if best.by == "rows":
        return full(
            cell,
            **said,
            reason="The windows hold 10 rows. That they cross tickers is judged under moving_average_by_ticker.",
        )
    return full(cell, **said, notes="" if own and own[0].right else "Judged on the learner's own returns.")


def _average_unknown(work: _Work) -> Verdict:
    rolled = work.seen.of("rolling")
    if found := work.named(LIKE_AN_AVERAGE):
        table, name = found[0]
        cell = table.since.get(name, (0, table.cell))[1]
        return part(
            0.5,
            cell,
            quote=work.line(cell, name),
            reason=f"{name} is there; it is not the average of 10 days' returns.",
            hint="rolling(10).mean() of returns, for each ticker.",
        )
    if rolled:
        return part(
            0.5,
            rolled[-1]["cell"],
            quote=work.line(rolled[-1]["cell"], "rolling"),
            reason="A window is made, but no column holds its average.",
            hint="Assign the result to a column.",
        )
    for call in work.seen.called("rolling"):
        if not_run(work.seen, call.cell):
            ten = 10 in (call.argument(0), call.keyword("window"))
            return full(call.cell, cause="only read") if ten else part(0.5, call.cell, cause="only read")
    return missing(hint="rolling(10).mean() of returns, for each ticker.")


def moving_average_by_ticker(seen: Evidence) -> Verdict:
    """Judge whether each window holds days of one ticker only."""
    work = _worked_out(seen)
    if not work.averages:
        return _windows_unknown(work)
    best = work.averages[0]
    cell = _cell(best)
    rolled = _latest(seen.of("rolling"), _step(best))
    longest = int(work.true.prices["ticker"].value_counts().max())
    grouped = any(fact["grouped"] or (fact["rows"] or 10**9) <= longest for fact in rolled)
    said: dict[str, Any] = {"quote": work.line(cell, best.column, "rolling")}
    if best.way == "elsewhere":
        return part(
            0.5,
            cell,
            **said,
            reason="Rows are grouped by ticker, but the averages stand on other rows than their own.",
            hint="The groups' order is not the frame's: align by index, don't take .values.",
        )
    if best.by == "rows":
        return part(0.5 if grouped else 0, cell, **said, hint="Look at the first days of the second ticker.")
    if grouped or not rolled:
        return full(cell, **said)
    if best.alike:
        return part(
            0.25, cell, **said, hint="With min_periods=1, or without the gap on the first day, windows would cross."
        )
    return full(
        cell, **said, notes="groupby was not seen at the window; by their values, the windows stay within a ticker."
    )


def _latest(facts: Iterable[dict[str, Any]], step: int) -> list[dict[str, Any]]:
    """The facts of the last statement up to a step that has any; Dask's trials with two rows or none don't count."""
    before = [fact for fact in facts if fact["step"] <= step and (fact["rows"] is None or fact["rows"] > 2)]
    return [fact for fact in before if fact["step"] == before[-1]["step"]]


def _windows_unknown(work: _Work) -> Verdict:
    seen = work.seen
    rolled = seen.of("rolling")
    if rolled:
        cell = rolled[-1]["cell"]
        longest = int(work.true.prices["ticker"].value_counts().max())
        if any(fact["grouped"] or (fact["rows"] or 10**9) <= longest for fact in rolled):
            return full(cell, quote=work.line(cell, "rolling"))
        return part(0, cell, quote=work.line(cell, "rolling"), hint='groupby("ticker") comes before the window.')
    for call in seen.called("rolling"):
        if not_run(seen, call.cell):
            held = (seen.cell(call.cell) or call).source  # type: ignore[union-attr]
            grouped = re.search(r"groupby\([^)]*ticker", held)
            return full(call.cell, cause="only read") if grouped else part(0, call.cell, cause="only read")
    return missing(hint='groupby("ticker")["returns"] comes before the window.')
