"""The ``mlsd`` command: look after the set-up and the services, make data and models, serve and watch them."""

import argparse
import io
import sys
from collections.abc import Sequence
from typing import Any

from .errors import MlsdError, WriteError

__all__ = ["main"]

SIGNS = {"ok": "[green]ok[/]", "warning": "[yellow]look[/]", "problem": "[bold red]problem[/]"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : list of str, optional
        The words after ``mlsd``; by default those of the command line.

    Returns
    -------
    int
        0 if all is well, 1 if ``doctor`` or ``status`` found a problem or ``tracking sync`` left something, 2 for an
        error that names its fix, 130 after Ctrl-C.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a Windows code page cannot write every sign
    options = _parser().parse_args(argv)
    try:
        return options.run(options)
    except OSError as error:
        fix = "Free disk space, or name a folder that you may write to in MLSD_DATA_DIR (.env)."
        print(WriteError(f"{error.strerror or error}: {error.filename}", fix), file=sys.stderr)
        return 2
    except MlsdError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mlsd", description="Look after the model factory on this machine.")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)

    doctor = commands.add_parser("doctor", help="look at everything that a lab needs, and name each fix")
    doctor.set_defaults(run=_doctor)
    up = commands.add_parser("up", help="start the database and the tracking server")
    up.add_argument("--local", action="store_true", help="no Docker, even where it answers: MLflow here, and SQLite")
    up.set_defaults(run=_up)
    down = commands.add_parser("down", help="stop what `mlsd up` started; data stay")
    down.set_defaults(run=_down)
    status = commands.add_parser("status", help="show which services answer, and where")
    status.set_defaults(run=_status)
    data = commands.add_parser(
        "data", help="make the data that labs and assignments read, and .env where there is none"
    )
    data.add_argument("--tickers", type=int, default=60, metavar="N", help="how many synthetic tickers (60)")
    data.set_defaults(run=_data)
    tracking = commands.add_parser("tracking", help="look after the records of experiments")
    actions = tracking.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    sync = actions.add_parser("sync", help="send what was kept on disk while the MLflow server was away, once")
    sync.set_defaults(run=_sync)
    _serving_parsers(commands)
    return parser


def _serving_parsers(commands: Any) -> None:
    """The commands that make, serve and watch a model."""
    factory = commands.add_parser("factory", help="make a champion from a spec, month by month, and replace it")
    actions = factory.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    run = actions.add_parser("run", help="run a spec; killed and run again, it goes on where it was")
    run.add_argument("spec", metavar="SPEC", help="a TOML file, or the name of a shipped spec: late_flights")
    run.add_argument("--home", metavar="FOLDER", help="where steps are kept (factory/NAME in the data folder)")
    run.add_argument("--workers", type=int, metavar="N", help="so many Dask processes side by side")
    run.set_defaults(run=_factory)
    back = actions.add_parser("rollback", help="let an alias point to the version before again")
    back.add_argument("model", metavar="NAME@ALIAS")
    back.set_defaults(run=_rollback)
    verdict = actions.add_parser("verdict", help="whether a challenger's trial is over: promote, stop, keep or wait")
    verdict.add_argument("model", metavar="NAME")
    verdict.add_argument(
        "--labels", required=True, metavar="FILE", help="CSV: the key, label (0 or 1), known if there is one"
    )
    verdict.add_argument("--key", required=True, metavar="COLUMN", help="a column of the record and of the labels")
    verdict.add_argument("--clusters", metavar="1D", help="rows that share their luck: a column, or a stretch of time")
    verdict.set_defaults(run=_verdict)
    serve = commands.add_parser("serve", help="serve a registered model over HTTP, with a page for people")
    serve.add_argument("model", metavar="NAME@ALIAS", help="the alias is watched; NAME/VERSION stays as it is")
    serve.add_argument("--port", type=int, default=8000, metavar="N", help="of this machine (8000)")
    serve.add_argument("--workers", type=int, default=1, metavar="N", help="processes that share the port (1)")
    serve.add_argument("--host", default="127.0.0.1", help="who may connect (this machine only)")
    serve.add_argument("--threshold", type=float, metavar="P", help="instead of the model's own")
    serve.add_argument(
        "--challenger", metavar="NAME@ALIAS", help="try this one too: as a shadow, or with --share for real"
    )
    serve.add_argument("--share", type=float, metavar="S", help="of the requests for the challenger, 0 to 1 (a canary)")
    serve.set_defaults(run=_serve)
    monitor = commands.add_parser("monitor", help="show what a served model said and what went wrong, in the browser")
    monitor.add_argument("model", metavar="NAME", help="the registered model's name")
    monitor.add_argument("--port", type=int, default=8001, metavar="N", help="of this machine (8001)")
    monitor.add_argument("--html", metavar="FILE", help="write one HTML file instead")
    for name in ("rules", "reference", "labels"):
        monitor.add_argument(f"--{name}", metavar="FILE", help="otherwise the one in monitor/NAME in the data folder")
    monitor.add_argument("--key", action="append", metavar="COLUMN", help="a column that log and labels share")
    monitor.add_argument("--every", default="1D", metavar="TIME", help="the length of a window (1D)")
    monitor.add_argument("--by", action="append", metavar="COLUMN", help="a column whose values are slices")
    monitor.set_defaults(run=_monitor)


def _doctor(_options: argparse.Namespace) -> int:
    from . import doctor

    findings = doctor.check()
    _table(("", "what", "seen", "fix"), [(SIGNS[f.state], f.name, f.seen, f.fix) for f in findings])
    problems = sum(finding.state == "problem" for finding in findings)
    print(f"{problems} problem{'s' * (problems != 1)}." if problems else "All is well.")
    return doctor.exit_code(findings)


def _up(options: argparse.Namespace) -> int:
    from . import services

    started = services.up(local=options.local, tell=lambda text: print(text, flush=True))
    print(f"{'Started' if started.new else 'Running already'}: {started.how}, {started.tracking_uri}")
    for note in started.notes:
        print(note)
    return 0


def _down(_options: argparse.Namespace) -> int:
    from . import services

    print("\n".join(services.down()) or "Nothing was running.")
    return 0


def _status(_options: argparse.Namespace) -> int:
    from . import services

    rows = services.status()
    signs = [SIGNS["ok" if row.reachable else "problem"] for row in rows]
    cells = [(sign, row.name, row.address, row.seen, row.fix) for sign, row in zip(signs, rows, strict=True)]
    _table(("", "service", "address", "seen", "fix"), cells)
    return int(not all(row.reachable for row in rows))


def _data(options: argparse.Namespace) -> int:
    from . import course_data

    course_data.make_all(lambda text: print(text, flush=True), n_tickers=options.tickers)
    return 0


def _sync(_options: argparse.Namespace) -> int:
    from . import tracking

    if not tracking.waiting():
        print("Nothing waits to be sent.")
        return 0
    done = tracking.sync(lambda text: print(text, flush=True))
    print(f"{done.runs} runs are whole now, {done.operations} operations sent.")
    for problem in done.problems:
        print(f"MLflow refused: {problem}", file=sys.stderr)
    if done.left:
        print(f"{done.left} files wait for another server, or for this one to come back.")
    return int(bool(done.problems or done.left))


def _factory(options: argparse.Namespace) -> int:
    from contextlib import nullcontext

    from . import cluster, factory

    with cluster.connect(workers=options.workers) if options.workers else nullcontext() as client:
        done = factory.run(options.spec, home=options.home, client=client, tell=lambda text: print(text, flush=True))
    for told in done.story:
        champion = f"version {told['champion']['version']}" if told["champion"] else "no champion"
        because = f" ({'; '.join(told['reasons'])})" if told["reasons"] else ""
        print(f"{told['line']} {told['period']}: {champion}{because}")
    print(done)
    return 0


def _rollback(options: argparse.Namespace) -> int:
    from . import tracking

    print(f"{options.model} is version {tracking.roll_back(options.model)} again.")
    return 0


def _verdict(options: argparse.Namespace) -> int:
    import pandas as pd

    from . import factory

    labels = pd.read_csv(options.labels)
    if "known" in labels:
        labels["known"] = pd.to_datetime(labels["known"], utc=True)
    said, looks = factory.verdict(options.model, labels=labels, key=options.key, clusters=options.clusters)
    print(f"{said}: {', '.join(f'{name} {value}' for name, value in looks.attrs.items())}")
    print(looks.tail(1).to_string(index=False))
    return 0


def _serve(options: argparse.Namespace) -> int:
    from . import serve

    serve.run(
        options.model,
        port=options.port,
        workers=options.workers,
        host=options.host,
        threshold=options.threshold,
        challenger=options.challenger,
        share=options.share,
    )
    return 0


def _monitor(options: argparse.Namespace) -> int:
    from . import monitor

    files = {name: getattr(options, name) for name in ("rules", "reference", "labels")}
    windows = {"key": options.key, "every": options.every, "by": options.by}
    monitor.run(options.model, port=options.port, html=options.html, **files, **windows)
    return 0


def _table(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*heading, box=None, pad_edge=False)
    for sign, *cells in rows:
        table.add_row(sign, *(escape(cell) for cell in cells))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


if __name__ == "__main__":
    sys.exit(main())
