"""The commands around the quiz page: ``course quiz serve``, links, withdraw, allow, status, results and analysis."""

import argparse
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlsd import settings
from mlsd.errors import DataError

if TYPE_CHECKING:
    import sqlalchemy as sa

    from course.cohort.plan import Cohort

    from .analysis import ItemFacts
    from .learners import Learner
    from .rows import Seat

__all__ = ["add"]

_QUIZZES = [f"quiz_{number}" for number in range(1, 7)]


def add(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to those of ``course quiz``.

    Parameters
    ----------
    actions : argparse._SubParsersAction
        The subcommands of ``course quiz``.
    """
    _add_serve(actions)
    links = _command(
        actions,
        "links",
        _links,
        "write a personal link for each learner",
        "Write a personal link to a quiz for each learner: columns learner, name, email, quiz, link. The same links "
        "come again until one is withdrawn. Whoever has one can answer in its learner's name: send it to nobody else.",
    )
    links.add_argument("--quiz", choices=_QUIZZES, required=True, help="which quiz, such as quiz_2")
    _add_learners(links)
    links.add_argument("--address", required=True, metavar="URL", help="where learners reach it: https://quiz.example")
    links.add_argument("--out", type=Path, required=True, metavar="CSV", help="where the links go")
    for name, run, text in (
        (
            "withdraw",
            _withdraw,
            "make a learner's links to a quiz worthless; `course quiz links` then writes a new one",
        ),
        ("allow", _allow, "let a learner go on in another browser, also after too many changes"),
    ):
        command = _command(actions, name, run, text)
        command.add_argument("quiz", choices=_QUIZZES, help="which quiz, such as quiz_2")
        command.add_argument("learner", help="by the name in the list of learners")
        _add_learners(command)
    status = _command(actions, "status", _status, "say who opened and submitted a quiz, and who changed browsers")
    status.add_argument("--quiz", choices=_QUIZZES, required=True, help="which quiz, such as quiz_2")
    results = _command(
        actions,
        "results",
        _results,
        "write everybody's scores for `course gradebook --quizzes`",
        "Write everybody's scores for `course gradebook --quizzes`: a row for each learner, a column for each quiz, "
        "empty where a quiz was not opened or can still be answered. What was not submitted counts as it was saved.",
    )
    _add_learners(results)
    results.add_argument("--out", type=Path, required=True, metavar="CSV", help="where the scores go")
    analysis = _command(
        actions,
        "analysis",
        _analysis,
        "say how hard each question was and whether it tells learners apart",
        "Say of each question how often it was shown, its difficulty (mean share of points), item-rest correlation, "
        "upper third minus lower third, median seconds, and how often each option was chosen. Flags: hard (below "
        "30 %), easy (above 98 %), tells little apart (item-rest below 0.1).",
    )
    analysis.add_argument("--quiz", choices=_QUIZZES, required=True, help="which quiz, such as quiz_2")
    analysis.add_argument("--out", type=Path, metavar="CSV", help="also write it there, with the options")


def _command(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
    more: str | None = None,
) -> argparse.ArgumentParser:
    described = more or f"{text[0].upper()}{text[1:]}."
    command = actions.add_parser(name, help=text.replace("%", "%%"), description=described.replace("%", "%%"))
    command.add_argument("--cohort", type=Path, metavar="TOML", help="another cohort file (04_this_cohort/cohort.toml)")
    command.add_argument("--db", metavar="URL", help="another database (MLSD_DATABASE_URL)")
    command.set_defaults(run=run)
    return command


def _add_serve(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    serve = _command(
        actions,
        "serve",
        _serve,
        "serve the quizzes of this cohort until Ctrl-C",
        "Serve the quizzes of this cohort until Ctrl-C. It listens on this machine only. For learners elsewhere, put "
        "a proxy with TLS before it that passes on X-Forwarded-For and keeps no paths below /open/ in its logs, and "
        "name its address with --address.",
    )
    serve.add_argument("--banks", type=Path, metavar="DIR", help="banks instead of the cohort's (private, or practice)")
    serve.add_argument("--host", default="127.0.0.1", help="who may connect (127.0.0.1: this machine)")
    serve.add_argument("--port", type=int, default=8010, help="of this machine (8010)")
    serve.add_argument("--address", metavar="URL", help="where learners reach it, such as https://quiz.example")
    serve.add_argument("--proxy", default="127.0.0.1", metavar="IP", help="the proxy's address (127.0.0.1)")


def _add_learners(command: argparse.ArgumentParser) -> None:
    text = "columns learner, name, email (learners.csv in the cohort's private folder)"
    command.add_argument("--learners", type=Path, metavar="CSV", help=text)


def _serve(options: argparse.Namespace) -> int:
    from . import server

    names = ("banks", "db", "host", "port", "address", "proxy")
    server.run(_cohort_file(options), root=settings.root(), **{name: getattr(options, name) for name in names})
    return 0


def _links(options: argparse.Namespace) -> int:
    from course.gradebook.writing import csv_text, write_all

    from . import devices, links

    secret, address = links.read_secret(), links.outside_address(options.address)
    cohort, engine = _cohort_and_database(options)
    lines = []
    for each in _learners(options, cohort):
        seat = _seat(cohort, options.quiz, each.learner)
        ticket = links.Ticket(seat.cohort, seat.quiz, seat.learner, devices.link_version(engine, seat))
        lines.append([each.learner, each.name, each.email, options.quiz, links.link(address, ticket, secret)])
    write_all({options.out: csv_text(["learner", "name", "email", "quiz", "link"], lines).encode()})
    many = "a link" if len(lines) == 1 else f"{len(lines)} links"
    _say(f"wrote {many} to {options.out}. Whoever has one can answer in that learner's name.")
    return 0


def _withdraw(options: argparse.Namespace) -> int:
    from . import devices

    cohort, engine = _cohort_and_database(options)
    version = devices.withdraw(engine, _known_seat(options, cohort, engine), datetime.now(UTC))
    _say(f"The links of {options.learner} to {options.quiz} are worthless now. `course quiz links` writes new ones.")
    _say(f"The next is number {version}. Answers are kept.")
    return 0


def _allow(options: argparse.Namespace) -> int:
    from . import devices

    cohort, engine = _cohort_and_database(options)
    devices.allow(engine, _known_seat(options, cohort, engine), datetime.now(UTC))
    _say(f"{options.learner} can open {options.quiz} in another browser, once, with the link that there is.")
    return 0


def _status(options: argparse.Namespace) -> int:
    from . import results
    from .attempts import every
    from .hours import told
    from .room import cohort_key

    cohort, engine = _cohort_and_database(options)
    attempts = every(engine, cohort_key(cohort), options.quiz)
    submitted = sum(each.submitted_at is not None for each in attempts)
    _say(f"{options.quiz}: {len(attempts)} opened it, {submitted} of them submitted.")
    for each in attempts:
        done = f"submitted {told(each.submitted_at, cohort)}" if each.submitted_at else "not submitted"
        answered = len(each.paper) - len(each.unanswered)
        _say(
            f"{each.seat.learner}: {answered} of {len(each.paper)} answered, {done}, {each.changes} changes of browser"
        )
    found = results.events(engine, cohort_key(cohort), options.quiz)
    changed = Counter(event.learner for event in found if event.what not in ("opened", "submitted"))
    for event in [event for event in found if event.learner in changed]:
        at = told(event.at, cohort, seconds=True)
        _say(f"{event.learner}: {at}: {event.what}{f': {event.detail}' if event.detail else ''}")
    return 0


def _results(options: argparse.Namespace) -> int:
    from course.gradebook.writing import csv_text, write_all

    from . import results
    from .room import cohort_key

    cohort, engine = _cohort_and_database(options)
    names = [each.learner for each in _learners(options, cohort)]
    rows, notes = results.table(engine, cohort, cohort_key(cohort), names, datetime.now(UTC))
    write_all({options.out: csv_text(["learner", *_QUIZZES], rows).encode()})
    _say("\n".join([f"wrote the scores of {len(rows)} learners to {options.out}", *notes]))
    return 0


def _analysis(options: argparse.Namespace) -> int:
    from course.gradebook.writing import csv_text, write_all

    from . import analysis, results
    from .attempts import every
    from .room import cohort_key

    cohort, engine = _cohort_and_database(options)
    now = datetime.now(UTC)
    attempts = [each for each in every(engine, cohort_key(cohort), options.quiz) if results.counts(each, cohort, now)]
    facts, whole = analysis.items(attempts), analysis.quiz_facts(attempts)
    _say(
        f"{options.quiz}: {whole.attempts} attempts, mean {_number(whole.mean)} of 100, median "
        f"{_number(whole.median_minutes)} minutes, Cronbach's alpha {_number(whole.alpha)}"
    )
    lines = [_line(each) for each in facts]
    for line in [_HEADER, *lines]:
        _say("  ".join(cell.rjust(width) for cell, width in zip(line[:7], _WIDTHS, strict=True)))
    if options.out:
        write_all({options.out: csv_text(_HEADER, lines).encode()})
        _say(f"wrote {options.out}")
    return 0


_HEADER = ["question", "shown", "difficulty", "item_rest", "upper_lower", "median_seconds", "flags", "chosen"]
_WIDTHS = (8, 5, 10, 9, 11, 14, 5)


def _line(facts: "ItemFacts") -> list[str]:
    figures = (facts.difficulty, facts.item_rest, facts.upper_lower, facts.median_seconds)
    chosen = "; ".join(f"{many} x {text}" for text, many in facts.chosen)
    return [facts.question, str(facts.shown), *map(_number, figures), ", ".join(facts.flags), chosen]


def _number(value: float | str | None) -> str:
    return value if isinstance(value, str) else "none" if value is None else f"{value:.2f}"


def _cohort_file(options: argparse.Namespace) -> Path:
    from course.cohort.reading import cohort_path

    return options.cohort or cohort_path(settings.root())


def _cohort_and_database(options: argparse.Namespace) -> "tuple[Cohort, sa.Engine]":
    from course.cohort.reading import read_cohort

    from .tables import connect

    return read_cohort(_cohort_file(options)), connect(options.db)


def _seat(cohort: "Cohort", quiz: str, learner: str) -> "Seat":
    from .room import cohort_key
    from .rows import Seat

    return Seat(cohort_key(cohort), quiz, learner)


def _known_seat(options: argparse.Namespace, cohort: "Cohort", engine: "sa.Engine") -> "Seat":
    """The seat of somebody who exists: a misspelt name must not look as if it had been dealt with."""
    from .devices import is_known

    seat = _seat(cohort, options.quiz, options.learner)
    if not is_known(engine, seat) and options.learner not in [each.learner for each in _learners(options, cohort)]:
        raise DataError(f"{options.learner!r} is not in the list of learners and has not opened {options.quiz}.")
    return seat


def _learners(options: argparse.Namespace, cohort: "Cohort") -> "list[Learner]":
    from course.cohort.private import private_folder

    from .learners import read_learners

    private = private_folder(cohort, settings.root()) if options.learners is None else None
    path = options.learners or (private and private / "learners.csv")
    if not path:
        raise DataError("Who are the learners? The cohort has no private folder.", fix="Name a list: --learners CSV.")
    return read_learners(path)


def _say(text: str) -> None:
    print(text)  # noqa: T201  # the one place of this module that prints
