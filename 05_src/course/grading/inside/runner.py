"""Run one notebook, cell by cell, in IPython without a kernel, and send out what happened after each."""

import builtins
import io
import os
import re
import signal
import sys
import time
import traceback
import types
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from .hooks import Box, shortened

__all__ = ["CellTimeoutError", "run"]

# Magics that take no remark on their line, though learners write one there.
BARE = re.compile(
    r"^(\s*%(?:load_ext|reload_ext|dotenv|matplotlib|autoreload|config)\b[^#\n]*?)[ \t]+#.*$", re.MULTILINE
)
# Installing cannot work without a network, and what the course needs is there.
INSTALLS = re.compile(r"^\s*[%!]\s*(?:pip3?|conda|mamba|apt|apt-get|brew|uv)\b.*$", re.MULTILINE)


class CellTimeoutError(BaseException):
    """A cell took longer than it may; no `except Exception` of a learner's stops this."""


class _Shell(InteractiveShell):
    """IPython that calls `looked` after each top-level statement."""

    looked: Any = None

    async def run_code(self, code_obj: Any, result: Any = None, *, async_: bool = False) -> bool:
        failed = await super().run_code(code_obj, result, async_=async_)
        if self.looked is not None:
            self.looked()
        return failed

    def enable_matplotlib(self, gui: Any = None) -> tuple[str, str]:
        return "agg", "agg"  # there is no screen, and %matplotlib must not look for one

    def init_virtualenv(self) -> None:
        """Say nothing about environments."""


class _Bounded(io.TextIOBase):
    """Text written to it is kept up to a length; the rest is only counted."""

    def __init__(self, most: int):
        super().__init__()
        self.most, self.length, self.lost = most, 0, 0
        self.kept: list[str] = []

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        room = max(self.most - self.length, 0)
        self.kept.append(text[:room])
        self.length += min(len(text), room)
        self.lost += max(len(text) - room, 0)
        return len(text)

    def text(self) -> str:
        return "".join(self.kept)


def run(job: dict[str, Any], fd: int, token: bytes, probe: types.ModuleType | None) -> None:
    """Run a notebook's code cells from the first to the last.

    Parameters
    ----------
    job : dict
        ``cells`` (a list of [number, source]), ``folder`` (the course's folder in the box), ``beside`` (the notebook's
        folder below it), ``cell_seconds``, ``output_kb``, ``evidence_mb``.
    fd : int
        Where evidence goes, as JSON lines.
    token : bytes
        What each of these lines begins with, so that the supervisor knows them.
    probe : module or None
        The assignment's probe.
    """
    folder = Path(job["folder"])
    os.chdir(folder / job["beside"])
    shell = _shell()
    box = Box(shell.user_ns, folder, fd, token, job["evidence_mb"] << 20)
    _quiet_input()
    start, look, finish = (getattr(probe, name, None) for name in ("start", "look", "finish"))
    if start:
        box.quietly("start", start, box)
    if look:
        shell.looked = lambda: box.quietly("look", look, box)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, _too_long)
    here = os.getpid()
    for number, source in job["cells"]:
        box.cell = number
        box.emit("cell begins")
        _run_cell(shell, box, source, job["cell_seconds"], job["output_kb"] << 10)
        if os.getpid() != here:
            os._exit(0)  # the cell forked; only the first goes on
    box.cell = None
    if finish:
        box.quietly("finish", finish, box)
    box.emit("end")


def _shell() -> _Shell:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.enable_tip = False
    shell = _Shell.instance(config=config)
    sys.modules["__main__"] = shell.user_module
    return shell


def _quiet_input() -> None:
    def nobody_answers(prompt: object = "") -> str:
        raise EOFError("input(): nobody is there to answer while a notebook is marked.")

    builtins.input = nobody_answers


def _too_long(*_: Any) -> None:
    raise CellTimeoutError("The cell took longer than it may.")


def _ready(source: str) -> str:
    """The cell as IPython can run it: without installs, and without remarks behind magics."""
    return BARE.sub(r"\1", INSTALLS.sub("", source))


def _run_cell(shell: _Shell, box: Box, source: str, seconds: float, most: int) -> None:
    out, begun = _Bounded(most), time.perf_counter()
    kept = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = out
    error: BaseException | None = None
    try:
        _alarm(seconds)
        result = shell.run_cell(_ready(source), store_history=True, silent=False)
        error = result.error_before_exec or result.error_in_exec
    except BaseException as raised:
        error = raised
    finally:
        _silence()
        sys.stdout, sys.stderr = kept
    told = None if error is None else _told(error, number_of_lines=source.count("\n") + 1)
    box.emit(
        "cell",
        status="ok" if error is None else "timed out" if type(error) is CellTimeoutError else "error",
        error=told,
        output=out.text(),
        output_lost=out.lost,
        seconds=round(time.perf_counter() - begun, 3),
    )
    _close_figures()


def _alarm(seconds: float) -> None:
    """Ring after so many seconds, then each second, should the cell swallow the first; 0 is never."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds, 1.0 if seconds else 0)


def _silence() -> None:
    while True:  # the alarm may ring once more right here
        try:
            _alarm(0)
            return
        except CellTimeoutError:
            continue


def _told(error: BaseException, number_of_lines: int) -> dict[str, Any]:
    try:
        text = shortened(str(error), 1000)
    except BaseException:
        text = ""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if "ipykernel" in frame.filename or frame.filename.startswith("<ipython")
    ]
    return {
        "type": type(error).__name__,
        "text": text,
        "line": lines[0] if lines else None,
        "module": shortened(getattr(error, "name", None) or "") if isinstance(error, ModuleNotFoundError) else "",
    }


def _close_figures() -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        try:
            pyplot.close("all")
        except Exception:  # a learner's own figure class may do anything
            return
