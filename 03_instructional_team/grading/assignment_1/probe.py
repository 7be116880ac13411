"""What is recorded while a notebook of assignment 1 runs: settings, files, groups, windows, and each frame's values.

A path that leads nowhere here, such as one of the learner's own machine, is put right so that the rest can be seen; the
fact says so. Nothing is decided here.
"""

import glob as globs
import json
import os
import re
import warnings
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path, PosixPath, WindowsPath
from typing import Any

PRELOAD = ["pandas", "pyarrow.parquet", "dask.dataframe", "distributed", "partd", "dotenv.ipython", "IPython"]
NAME = "PRICE_DATA"
RAW = {"Open", "High", "Low", "Close", "Adj Close", "Volume", "Year"}
MOST_ROWS = 10_000
IPYTHON = re.compile(r"_+\d*|_i+\d*|In|Out|_[ido]h")
WINDOWS = ("rolling", "ewm", "expanding")
IN_GROUPS = ("apply", "shift", "transform", "pct_change", "diff", "pipe", "agg", "aggregate", "__iter__")
TEXT, PATHS, LISTS = (str,), (PosixPath, WindowsPath), (list, tuple)


def start(box: Any) -> None:
    """Watch what the criteria ask for."""
    seen = _Seen(box)
    box.seen = seen
    _watch_settings(seen)
    _watch_files(seen)
    _watch_frames(seen)
    from IPython import get_ipython

    get_ipython().events.register("post_run_cell", lambda *_: box.quietly("tables", seen.send_tables))


def look(box: Any) -> None:
    """Remember the frames that have a name now; they are computed when the cell is over."""
    box.seen.look()


def finish(box: Any) -> None:
    """Nothing is left: each cell's frames were sent when it ended."""
    box.seen.send_tables()


class _Seen:
    """What was seen so far, and originals of all that is needed, taken before the learner's code runs."""

    def __init__(self, box: Any):
        import dask
        import dask.dataframe as dd
        import pandas as pd

        dask.config.set(
            scheduler="synchronous"
        )  # one submission has the same marks each time, whatever order threads have
        self.box, self.dd, self.pd = box, dd, pd
        self.dask_frame, self.pandas_frame, self.compute = dd.DataFrame, pd.DataFrame, dd.DataFrame.compute
        self.glob, self.realpath = globs.glob, os.path.realpath
        self.step = 0
        self.env = _read_env(box.folder / ".env").get(NAME, "")
        self.other = os.path.join("..", "..", "05_src", "data", "prices")
        self.folders = {
            "env": self.realpath(self.env),
            "typed": self.realpath(box.folder / "05_src" / "data" / "prices"),
        }
        self.files = sorted(
            _below(path, self.folders["env"]) for path in self.glob(f"{self.folders['env']}/*/*/*.parquet")
        )
        self.tickers = {file.split("/")[0] for file in self.files}
        self.waiting: list[_Frame] = []
        self.since: dict[tuple[str, str], tuple[int, int | None]] = {}
        self.sent: dict[str, int] = {}
        self.latest: dict[str, tuple[Any, tuple[str, ...]]] = {}
        self.known: set[str] = set()
        self.results: dict[str, Any] = {}

    def emit(self, fact: str, **values: Any) -> None:
        self.box.emit(fact, step=self.step, **values)

    # Frames

    def look(self) -> None:
        self.step += 1
        for name, value in list(self.box.names.items()):
            if (
                type(value) in (self.dask_frame, self.pandas_frame)
                and type(name) is str
                and not IPYTHON.fullmatch(name)
            ):
                self.box.quietly(f"the frame {name}", self.note, name, value)

    def note(self, name: str, value: Any) -> None:
        """Keep a frame for the end of the cell if it, or its columns, are new under this name."""
        lazy = type(value) is self.dask_frame
        kept = value.expr if lazy else value
        columns = tuple(str(column) for column in value.columns)
        if name in self.latest and self.latest[name][0] is kept and self.latest[name][1] == columns:
            return
        self.latest[name] = kept, columns
        kind = "dask" if lazy else "pandas"
        for column in columns:
            self.since.setdefault((kind, column), (self.step, self.box.cell))
        if lazy and (kept._name in self.known or set(columns) <= RAW | {"Date", "source", "ticker"}):
            return
        if lazy:
            self.known.add(kept._name)
        self.waiting.append(
            _Frame(name, kind, value if not lazy else self.dd.DataFrame(kept), columns, self.step, self.box.cell)
        )

    def send_tables(self) -> None:
        """Send out the frames of the cell that has ended: of each name the latest, and earlier ones that had more."""
        waiting, self.waiting = self.waiting, []
        done: dict[tuple[str, str], set[str]] = {}
        for frame in reversed(waiting):
            have = done.setdefault((frame.name, frame.kind), set())
            if not set(frame.columns) <= have and self.send_table(frame):
                have.update(frame.columns)
        for name, (value, columns) in self.latest.items():  # a frame of an earlier cell may hold other values now
            if type(value) is self.pandas_frame and not any(frame.value is value for frame in waiting):
                self.send_table(_Frame(name, "pandas", value, columns, self.step, self.box.cell))

    def send_table(self, frame: "_Frame") -> bool:
        said = {"name": frame.name, "kind": frame.kind, "columns": list(frame.columns), "made": frame.cell}
        try:
            rows = frame.value if frame.kind == "pandas" else self.computed(frame.value)
            table = self.table(rows)
        except Exception as error:
            self.emit("table failed", **said, error=f"{type(error).__name__}: {error}"[:500])
            return False
        since = {column: self.since.get((frame.kind, column), (frame.step, frame.cell)) for column in frame.columns}
        values = json.dumps(table)
        number = self.sent.setdefault(values, len(self.sent))
        if f"{number} {frame.kind}" not in self.known:
            new = number == len(self.sent) - 1 and f"{number}" not in self.known
            self.known |= {f"{number}", f"{number} {frame.kind}"}
            self.emit("table", **said, since=since, rows=len(rows), number=number, values=table if new else None)
        return True

    def computed(self, lazy: Any) -> Any:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.results.setdefault(lazy.expr._name, self.compute(lazy))

    def table(self, frame: Any) -> dict[str, Any]:
        """Plain lists: which row is which (ticker and Date, or else prices), and all numbers that are new."""
        frame = frame.iloc[:MOST_ROWS]
        columns = [(str(frame.columns[place]), frame.iloc[:, place]) for place in range(frame.shape[1])]
        levels = [
            (str(name), frame.index.get_level_values(place).to_series())
            for place, name in enumerate(frame.index.names)
            if name is not None
        ]
        found: dict[str, Any] = {"ticker": None, "Date": None, "raw": {}, "numbers": {}}
        for name, values in (*columns, *levels):
            kind = str(values.dtype)
            if kind.startswith("datetime") or name.lower() == "date":
                days = self.pd.to_datetime(values, errors="coerce")
                found["Date"] = found["Date"] or [str(day)[:10] for day in days.tolist()]
            elif kind in ("object", "str", "string", "category") or kind.startswith("string"):
                words = values.astype(object).tolist()
                if found["ticker"] is None and {word for word in words if type(word) is str} & self.tickers:
                    found["ticker"] = [word if type(word) is str else None for word in words]
            elif values.dtype.kind in "fiu":
                numbers = values.to_numpy(dtype="float64", na_value=float("nan")).tolist()
                found["raw" if name in RAW else "numbers"].setdefault(name, numbers)
        if found["ticker"] and found["Date"]:
            found["raw"] = {}
        return found

    # Paths

    def where(self, path: str) -> str:
        """``env``: below the folder that .env names; ``typed``: where learners have theirs; ``gone``; or ``other``."""
        root = _root(path)
        real = self.realpath(root)
        for name, folder in self.folders.items():
            if f"{real}/".startswith(f"{folder}/"):
                return name
        holds_them = any(folder.startswith(f"{real}/") for folder in self.folders.values())
        return "typed" if holds_them and globs.has_magic(path) else "other" if os.path.exists(root) else "gone"

    def held(self, paths: list[str]) -> list[str]:
        """Which of the data's files these are."""
        found = set()
        for path in paths:
            for folder in self.folders.values():
                found |= {_below(self.realpath(path), folder)} & set(self.files)
        return sorted(found)

    def all_files(self) -> list[str]:
        """What is handed out; not from where .env points, since nobody has looked there."""
        return [os.path.join(self.other, file) for file in self.files]

    def tail(self, pattern: str, recursive: bool) -> list[str]:
        """What a pattern of another machine would find here."""
        parts = pattern.split("/")
        first = next((place for place, part in enumerate(parts) if globs.has_magic(part)), len(parts))
        tail = "/".join(parts[first:])
        return sorted(self.glob(os.path.join(self.other, tail), recursive=recursive)) if tail else []


class _Frame:
    def __init__(self, name: str, kind: str, value: Any, columns: tuple[str, ...], step: int, cell: int | None):
        self.name, self.kind, self.value, self.columns, self.step, self.cell = name, kind, value, columns, step, cell


def _read_env(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines() if "=" in line)


def _below(path: str, folder: str) -> str:
    return path.removeprefix(f"{folder}/")


def _root(path: str) -> str:
    parts = path.split("/")
    first = next((place for place, part in enumerate(parts) if globs.has_magic(part)), len(parts))
    return "/".join(parts[:first]) or ("/" if path.startswith("/") else ".")


# Settings


def _watch_settings(seen: _Seen) -> None:
    import builtins

    import dotenv
    import dotenv.ipython

    read = type(os.environ).__getitem__

    def imported(result: Any, args: Any, kwargs: Any) -> None:
        names = args[3] if len(args) > 3 else kwargs.get("fromlist")
        seen.emit("import", module=args[0], names=[str(name) for name in names or ()])

    def is_set() -> bool:
        try:
            return bool(read(os.environ, NAME))
        except KeyError:
            return False

    def asked(how: str) -> Any:
        def instead(original: Any, args: Any, kwargs: Any) -> Any:
            key = next((word for word in (*args, *kwargs.values()) if type(word) is str), "")
            wanted = key == NAME or ("PRICE" in key.upper() and key not in os.environ)
            if not wanted:
                return original(*args, **kwargs)
            there = key == NAME and is_set()
            seen.emit("env", how=how, name=key, set=there)
            return original(*args, **kwargs) if there else seen.env

        return instead

    def written(args: Any, kwargs: Any) -> None:
        if args[1] == NAME and type(args[2]) is str and seen.where(args[2]) != "env":
            seen.emit("env set", value=args[2][:200])

    def loaded(how: str) -> Any:
        def after(result: Any, args: Any, kwargs: Any) -> None:
            given = [word for word in (*args, *kwargs.values()) if type(word) in TEXT + PATHS]
            seen.emit(
                "dotenv",
                how=how,
                path=str(given[0]) if given else "",
                set=is_set() or (type(result) is not bool and bool(result)),
            )

        return after

    seen.box.watch(builtins, "__import__", after=imported)
    seen.box.watch(os, "getenv", instead=asked("os.getenv"))
    for name in ("get", "__getitem__"):
        seen.box.watch(type(os.environ), name, instead=asked("os.environ"))
    seen.box.watch(type(os.environ), "__setitem__", before=written, everywhere=True)
    seen.box.watch(dotenv, "load_ipython_extension", after=loaded("%load_ext"), everywhere=True)
    seen.box.watch(dotenv.ipython.IPythonDotEnv, "dotenv", after=loaded("%dotenv"), everywhere=True)
    for owner in (dotenv, dotenv.main):
        for name in ("load_dotenv", "dotenv_values"):
            seen.box.watch(owner, name, after=loaded(name))


# Files


def _watch_files(seen: _Seen) -> None:
    import pandas as pd

    for name in ("glob", "iglob"):
        seen.box.watch(globs, name, instead=_glob(seen, lazy=name == "iglob"))
    for name in ("glob", "rglob"):
        seen.box.watch(Path, name, instead=_path_glob(seen, name))
    for name in ("walk", "listdir", "scandir"):
        seen.box.watch(os, name, before=_listed(seen, name))
    seen.box.watch(Path, "iterdir", before=_listed(seen, "iterdir"))
    seen.box.watch(pd, "read_parquet", before=_read(seen, "pandas"))
    seen.box.watch(seen.dd, "read_parquet", before=_read(seen, "dask"))


def _plain(path: Any) -> str | None:
    return str(path).replace("\\", "/") if type(path) in TEXT + PATHS else None


def _said(seen: _Seen, how: str, pattern: str, found: list[str], recursive: bool) -> list[str]:
    """Tell what a pattern found, and give what it should have if it found nothing."""
    held, below = seen.held(found), seen.where(pattern)
    would = seen.tail(pattern, recursive) if below == "gone" else []
    handed = [] if held else would or (seen.all_files() if "parquet" in pattern else [])
    count = len(seen.held(would) if below == "gone" else held)
    seen.emit("glob", how=how, pattern=pattern[:300], found=count, of=len(seen.files), below=below, handed=bool(handed))
    return handed


def _glob(seen: _Seen, lazy: bool) -> Any:
    def instead(original: Any, args: Any, kwargs: Any) -> Any:
        pattern = _plain(args[0]) if args else None
        if pattern is None:
            return original(*args, **kwargs)
        found = sorted(original(pattern, *args[1:], **kwargs))  # on each disk it is another order, and no mistake
        base = kwargs.get("root_dir")
        whole = [os.path.join(base, path) for path in found] if type(base) in TEXT + PATHS else found
        handed = seen.box.quietly(
            "glob",
            _said,
            seen,
            "glob",
            os.path.join(base, pattern) if whole is not found else pattern,
            whole,
            bool(kwargs.get("recursive")),
        )
        found = handed or found
        return iter(found) if lazy else found

    return instead


def _path_glob(seen: _Seen, name: str) -> Any:
    def instead(original: Any, args: Any, kwargs: Any) -> Any:
        folder = args[0]
        found = sorted(original(*args, **kwargs))
        if type(folder) in PATHS and len(args) > 1 and type(args[1]) is str:
            pattern = "/".join([_plain(folder) or "", *(["**"] if name == "rglob" else []), args[1]])
            handed = seen.box.quietly(name, _said, seen, f"Path.{name}", pattern, [str(path) for path in found], True)
            found = [Path(path) for path in handed] if handed else found
        return iter(found)

    return instead


def _listed(seen: _Seen, name: str) -> Any:
    def before(args: Any, kwargs: Any) -> Any:
        path = _plain(args[0]) if args else None
        if path is None:
            return None
        below = seen.where(path)
        seen.emit("listed", how=name, below=below)
        gone = below == "gone" and name != "iterdir"
        return ((seen.other, *args[1:]), kwargs) if gone else None

    return before


def _read(seen: _Seen, engine: str) -> Any:
    def before(args: Any, kwargs: Any) -> Any:
        given = args[0] if args else kwargs.get("path")
        several = type(given) in LISTS
        paths = [path for path in map(_plain, given if several else [given]) if path is not None]
        if not paths and not several:
            return None
        found = [file for path in paths for file in _files_of(seen, path)]
        below = sorted({seen.where(path) for path in paths})
        handed = not found and not any(os.path.exists(path) for path in paths)
        now: Any = seen.all_files() if handed else given
        if handed and engine == "pandas" and not several:
            last = "/".join(paths[0].split("/")[-3:])
            now = os.path.join(seen.other, last if last in seen.files else "")
        held = seen.files if handed else seen.held(found)
        magic = not several and globs.has_magic(paths[0])
        seen.emit(
            "read",
            engine=engine,
            below=below,
            handed=handed,
            files=len(held),
            of=len(seen.files),
            held=held if len(held) < len(seen.files) else None,
            pattern=paths[0][:300] if magic else "",
        )
        if "path" in kwargs:
            return args, {**kwargs, "path": now}
        return (now, *args[1:]), kwargs

    return before


def _files_of(seen: _Seen, path: str) -> list[str]:
    if globs.has_magic(path):
        return seen.glob(path, recursive=True)
    return (
        seen.glob(f"{globs.escape(path)}/**/*.parquet", recursive=True)
        if os.path.isdir(path)
        else [path] * os.path.exists(path)
    )


# Frames


def _watch_frames(seen: _Seen) -> None:
    import dask
    import pandas as pd
    from dask.dataframe.dask_expr import _groupby
    from pandas.core.groupby.groupby import GroupBy

    dd, watch = seen.dd, seen.box.watch
    for engine, owners in (("dask", (dd.DataFrame, dd.Series)), ("pandas", (pd.DataFrame, pd.Series))):
        for owner in owners:
            watch(owner, "groupby", before=_grouped(seen, engine))
            for name in filter(partial(hasattr, owner), WINDOWS):
                watch(owner, name, before=_rolled(seen, engine, grouped=False))
    for engine, owner in (("dask", _groupby.GroupBy), ("pandas", GroupBy)):
        for name in filter(partial(hasattr, owner), WINDOWS):
            watch(owner, name, before=_rolled(seen, engine, grouped=True))
        for name in filter(partial(hasattr, owner), IN_GROUPS):
            watch(owner, name, before=_in_groups(seen, engine, name))
    watch(dd, "from_pandas", before=_from_pandas(seen))
    for owner in (dd.DataFrame, dd.Series):
        watch(owner, "compute", before=_computes(seen), instead=_compute(seen), after=_computed(seen))
    watch(dask, "compute", before=_computes(seen), after=_computed(seen))


def _keys(seen: _Seen, args: Any, kwargs: Any) -> list[str]:
    by = args[1] if len(args) > 1 else kwargs.get("by", kwargs.get("level"))
    found = []
    for key in by if type(by) in LISTS else [by]:
        if type(key) in (seen.pd.Series, seen.dd.Series):
            key = key.name
        elif type(key) is int:
            key = (
                list(args[0].index.names)[key]
                if type(args[0]) in (seen.pandas_frame, seen.pd.Series)
                else args[0].index.name
            )
        found.append(key if type(key) is str else f"<{type(key).__name__}>")
    return found


def _grouped(seen: _Seen, engine: str) -> Any:
    def before(args: Any, kwargs: Any) -> None:
        seen.emit("groupby", engine=engine, keys=_keys(seen, args, kwargs))

    return before


def _in_groups(seen: _Seen, engine: str, method: str) -> Any:
    def before(args: Any, kwargs: Any) -> Any:
        by = args[0].by if engine == "dask" else args[0].keys
        keys = [key if type(key) is str else getattr(key, "name", None) for key in (by if type(by) in LISTS else [by])]
        if engine == "pandas" and keys == [None]:
            keys = [str(name) for name in args[0]._grouper.names]
        seen.emit("in groups", engine=engine, method=method, keys=[key for key in keys if type(key) is str])
        return _applied(args, kwargs) if engine == "dask" and method == "apply" else None

    return before


def _rolled(seen: _Seen, engine: str, grouped: bool) -> Any:
    def before(args: Any, kwargs: Any) -> None:
        window = args[1] if len(args) > 1 else kwargs.get("window")
        rows = len(args[0]) if type(args[0]) in (seen.pandas_frame, seen.pd.Series) else None
        seen.emit(
            "rolling", engine=engine, grouped=grouped, rows=rows, window=window if type(window) in (int, str) else None
        )

    return before


def _applied(args: Any, kwargs: Any) -> Any:
    """Give each group its key as a column where the given `meta` has it, as pandas did before version 3."""
    grouped, meta = args[0], kwargs.get("meta")
    keys = [key for key in grouped.by if type(key) is str] if type(meta).__name__ in ("DataFrame", "dict") else []
    if len(args) < 2 or not any(key in list(meta) for key in keys):
        return None
    function = args[1]

    def with_keys(group: Any, *more: Any, **named: Any) -> Any:
        name = getattr(group, "name", None)
        values = dict(zip(keys, name if type(name) is tuple else (name,), strict=False)) if name is not None else {}
        there = {*group.columns, *group.index.names}
        return function(
            group.assign(**{key: value for key, value in values.items() if key not in there}), *more, **named
        )

    return (grouped, with_keys, *args[2:]), kwargs


def _from_pandas(seen: _Seen) -> Any:
    def before(args: Any, kwargs: Any) -> None:
        frame = args[0] if args else kwargs.get("data")
        if type(frame) is seen.pandas_frame:
            seen.emit("from pandas", columns=[str(column) for column in frame.columns])

    return before


def _computes(seen: _Seen) -> Any:
    def before(args: Any, kwargs: Any) -> None:
        lazy = [each for each in args if type(each) is seen.dask_frame]
        for each in lazy:
            seen.emit("compute", columns=[str(column) for column in each.columns])

    return before


def _compute(seen: _Seen) -> Any:
    """What the probe has computed already is not computed again."""

    def instead(original: Any, args: Any, kwargs: Any) -> Any:
        plain = type(args[0]) is seen.dask_frame and len(args) == 1 and not kwargs
        known = seen.results.get(args[0].expr._name) if plain else None
        return original(*args, **kwargs) if known is None else known.copy()

    return instead


def _computed(seen: _Seen) -> Any:
    def after(result: Any, args: Any, kwargs: Any) -> None:
        results = result if type(result) is tuple else (result,)
        for lazy, rows in zip(args, results, strict=False):
            if type(lazy) is seen.dask_frame and type(rows) is seen.pandas_frame:
                seen.emit("computed", rows=len(rows), columns=[str(column) for column in rows.columns])
                seen.note("compute()", lazy)

    return after
