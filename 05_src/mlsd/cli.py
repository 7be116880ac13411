"""The ``mlsd`` command: look after the set-up, start and stop the services, make the data, send what waits."""

import argparse
import io
import sys
from collections.abc import Sequence

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
    return parser


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
