"""The ``course quiz`` commands: check banks, draw a form, practise, export."""

import argparse
import hashlib
from pathlib import Path

from mlsd import settings

from . import server_cli

__all__ = ["add"]

_FORMATS = ("gift", "json", "qti")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Define ``course quiz`` and what it can do.

    Parameters
    ----------
    commands : argparse's subparsers
        Those of ``course``.
    """
    quiz = commands.add_parser(
        "quiz",
        help="check banks of questions, practise, export them, and let learners answer",
        description="Work with the banks of questions in 03_instructional_team/sources/quizzes, or with your own.",
    )
    actions = quiz.add_subparsers(title="actions", dest="action", metavar="ACTION", help="what to do", required=True)
    _add_check(actions)
    _add_draw(actions)
    _add_practice(actions)
    _add_export(actions)
    server_cli.add(actions)


def _add_check(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = actions.add_parser(
        "check",
        help="say what is wrong with banks, question by question",
        description="Say what is wrong with banks: keys, reasons, balance, what gives a key away, what is asked twice. "
        "Ends with 1 if there is anything.",
    )
    check.add_argument("banks", nargs="*", metavar="BANK", help="names such as quiz_2, or files; default: all")
    check.set_defaults(run=_check)


def _add_draw(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    draw = actions.add_parser(
        "draw",
        help="show which questions a learner gets",
        description="Show which questions learners get: in this cohort, with its banks and the secret "
        "MLSD_QUIZ_SECRET from .env; or, with --seed, in a draw to look at.",
    )
    draw.add_argument("bank", metavar="BANK", help="a name such as quiz_2, or a file")
    draw.add_argument("learners", nargs="+", metavar="LEARNER", help="names from the list of learners")
    draw.add_argument("--seed", type=int, metavar="N", help="no cohort and no secret: a draw that everybody can repeat")
    draw.add_argument("--questions", type=int, default=10, metavar="N", help="how many each (10)")
    draw.add_argument("--json", action="store_true", help="one line of JSON for each, with the order of the options")
    draw.set_defaults(run=_draw)


def _add_practice(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    practice = actions.add_parser(
        "practice",
        help="answer questions in the terminal, with explanations",
        description="Answer questions of a practice bank in the terminal. Each answer is explained; nothing is kept.",
    )
    practice.add_argument("bank", metavar="BANK", help="a name such as quiz_2, or a file")
    practice.add_argument("--questions", type=int, default=10, metavar="N", help="how many (10)")
    practice.add_argument("--seed", type=int, metavar="N", help="the same number asks the same questions again")
    practice.set_defaults(run=_practice)


def _add_export(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    export = actions.add_parser(
        "export",
        help="write a bank for Moodle, Canvas or jupyterquiz",
        description="Write a bank, with its key and its reasons, for another system: gift for Moodle, qti (QTI 1.2, a "
        "zip archive) for Canvas and others, json for jupyterquiz.",
    )
    export.add_argument("bank", metavar="BANK", help="a name such as quiz_2, or a file")
    export.add_argument("--format", choices=_FORMATS, required=True, help="which system it is for")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="where it goes")
    export.set_defaults(run=_export)


def _check(options: argparse.Namespace) -> int:
    from ..curriculum import read_curriculum
    from .bank import locate, read_bank
    from .check import check, check_between

    folder = settings.root() / "03_instructional_team" / "sources" / "quizzes"
    paths = [locate(name) for name in options.banks] or sorted(folder.glob("*.toml"))
    banks, curriculum = [read_bank(path) for path in paths], read_curriculum(settings.root())
    found = [finding for bank in banks for finding in check(bank, curriculum)] + check_between(banks)
    print("\n".join([*found, f"{len(found)} findings in {len(banks)} banks."]))
    return 1 if found else 0


def _draw(options: argparse.Namespace) -> int:
    from .bank import read_bank
    from .draw import draw, to_json

    path, secret = _of_seed(options) if options.seed is not None else _of_cohort(options)
    bank = read_bank(path)
    for learner in options.learners:
        form = draw(bank, learner, secret=secret, size=options.questions)
        ids = " ".join(item.question_id for item in form.items)
        print(to_json(form) if options.json else f"{learner}: {ids}")
    return 0


def _of_seed(options: argparse.Namespace) -> tuple[Path, bytes]:
    from .bank import locate

    return locate(options.bank), hashlib.sha256(str(options.seed).encode()).digest()


def _of_cohort(options: argparse.Namespace) -> tuple[Path, bytes]:
    """The bank and the key that the quiz page takes."""
    from course.cohort.reading import cohort_path, read_cohort

    from . import links
    from .bank import locate
    from .room import cohort_key
    from .server import banks_folder

    cohort = read_cohort(cohort_path(settings.root()))
    own = banks_folder(cohort, settings.root()) / f"{options.bank}.toml"
    secret = links.key(links.read_secret(), "draw", cohort_key(cohort))
    return own if own.is_file() else locate(options.bank), secret


def _practice(options: argparse.Namespace) -> int:
    from rich.console import Console

    from .practice import practice_bank, practice_form
    from .practice_terminal import ask

    bank = practice_bank(options.bank)
    form = practice_form(bank, questions=options.questions, seed=options.seed)
    return 0 if ask(bank, form, Console()) else 130


def _export(options: argparse.Namespace) -> int:
    from ..gradebook.writing import write_all
    from .bank import locate, read_bank
    from .export_gift import gift
    from .export_json import jupyterquiz
    from .export_qti import qti

    bank = read_bank(locate(options.bank))
    if options.format == "qti":
        written = qti(bank)
    else:
        written = (gift if options.format == "gift" else jupyterquiz)(bank).encode()
    write_all({options.out: written})
    print(f"wrote {len(bank.questions)} questions to {options.out}")
    return 0
