"""``course onboarding``."""

import argparse
from pathlib import Path

__all__ = ["add"]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command.

    Parameters
    ----------
    commands : argparse subparsers
        Those of ``course``.
    """
    onboarding = commands.add_parser(
        "onboarding",
        help="ten small tasks in the shell, git and Python, and whether they hold",
        description="Make a folder with ten small tasks in the shell, git and Python, and look which of them hold.",
    )
    onboarding.add_argument("action", choices=("start", "check"), help="make the tasks, or look at them")
    onboarding.add_argument("folder", nargs="?", type=Path, default=Path("onboarding"), help="where (onboarding)")
    onboarding.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    if options.action == "start":
        from .start import start

        print(f"Ten tasks are in {start(options.folder)}. When you are done: course onboarding check {options.folder}")
        return 0
    from .check import check

    tasks = check(options.folder)
    for task in tasks:
        print(f"{task.number:>3} {task.topic:<6} {'holds' if task.holds else 'open: ' + task.hint}")
    done = sum(task.holds for task in tasks)
    print(f"{done} of {len(tasks)} hold." + (" You are ready." if done == len(tasks) else ""))
    return int(done < len(tasks))
