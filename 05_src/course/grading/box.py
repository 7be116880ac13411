"""Run strangers' notebooks shut in: no network, nothing of this machine in sight, all that they write thrown away.

::

    grader ── JSON lines ──> bubblewrap ─> supervisor (libraries loaded, no learner's code)
           <── evidence ───                 └── fork: own processes, own empty folders, limits ─> the notebook

The box is built by `bubblewrap <https://github.com/containers/bubblewrap>`_ on Linux. Elsewhere, or where the kernel
does not allow it, only time, memory and output are limited, and strangers' code is refused unless the grader says so.
"""

import json
import logging
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mlsd import settings
from mlsd.errors import ServiceError

__all__ = ["FULL", "LIMITS_ONLY", "NONE", "Box", "Limits", "Outcome", "level", "opened"]

log = logging.getLogger(__name__)

FULL, LIMITS_ONLY, NONE = "full box", "limits only", "none"
COURSE = "/course"
UIDS = 250_000  # root runs a box as a user that nobody is: numbers from here on
START_SECONDS = 180


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Parameters
    ----------
    seconds, cell_seconds : int
        Wall time for the notebook and for one cell.
    memory_mb : int
        Memory of all its processes together.
    processes : int
        Processes and threads.
    file_mb, folder_mb : int
        Largest file, and all that it writes into one place.
    output_kb : int
        Printed text that is kept of a cell.
    evidence_mb : int
        Evidence that is taken.
    """

    seconds: int = 240
    cell_seconds: int = 120
    memory_mb: int = 3000
    processes: int = 128
    file_mb: int = 100
    folder_mb: int = 256
    output_kb: int = 16
    evidence_mb: int = 64


@dataclass(frozen=True)
class Outcome:
    """How a notebook's run ended.

    Parameters
    ----------
    facts : list of dict
        The evidence, in the order in which it came: ``fact``, ``cell``, and what the fact says.
    cause : str
        ``""`` for a run to the end, else ``"crashed"``, ``"timed out"``, ``"out of memory"`` or ``"box failed"``.
    at : int or None
        The cell in which it ended early.
    problem : str
        A word about it.
    seconds, peak_mb : float
        What it took.
    stray : int
        Lines of evidence that the box did not write: somebody tried to forge some.
    """

    facts: list[dict[str, Any]]
    cause: str = ""
    at: int | None = None
    problem: str = ""
    seconds: float = 0.0
    peak_mb: float = 0.0
    stray: int = 0


@cache
def level() -> tuple[str, str]:
    """The level that this machine can reach, and why not more.

    Returns
    -------
    (str, str)
        ``"full box"``, ``"limits only"`` or ``"none"``, and what to do for more, or "".
    """
    if not hasattr(os, "fork"):
        return NONE, "On Windows, grade inside WSL: there, bubblewrap shuts submissions in."
    if sys.platform != "linux":
        return LIMITS_ONLY, "bubblewrap is for Linux: grade on a Linux machine, in WSL or in a container."
    if shutil.which("bwrap") is None:
        return LIMITS_ONLY, "Install bubblewrap: sudo apt-get install bubblewrap (or dnf, pacman, apk)."
    if _bwrap_flags() is None:
        return LIMITS_ONLY, "bubblewrap is here, but this system does not let it make namespaces for you."
    return FULL, ""


@cache
def _bwrap_flags() -> tuple[str, ...] | None:
    """How bubblewrap shuts in here: as root without, else with a user namespace of its own."""
    apart = ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")
    # the supervisor needs these for a moment, to mount /proc and to become somebody else
    rights = [word for name in ("SYS_ADMIN", "SETUID", "SETGID") for word in ("--cap-add", f"CAP_{name}")]
    ordinary = ("--unshare-user", *apart, "--proc", "/proc")
    for flags in [(*apart, "--cap-drop", "ALL", *rights, "--dir", "/proc")] * (os.getuid() == 0) + [ordinary]:
        trial = ["bwrap", "--ro-bind", "/", "/", *flags, "--dev", "/dev", sys.executable, "-c", "0"]
        if subprocess.run(trial, capture_output=True, timeout=60, check=False).returncode == 0:  # noqa: S603
            return flags
    return None


@contextmanager
def opened(
    *,
    probe: Path | None = None,
    data: Path | None = None,
    limits: Limits | None = None,
    beside: str = ".",
    trust: bool = False,
    warm: bool = True,
    shut_in: bool = True,
) -> Iterator["Box"]:
    """A box that runs notebooks one after the other, and is gone afterwards.

    Parameters
    ----------
    probe : Path, optional
        A file of functions that record what happens; it runs in the box.
    data : Path, optional
        A folder that each submission gets its own copy of, as its course folder.
    limits : Limits, optional
        What a submission may use.
    beside : str
        The notebook's folder below the course folder.
    trust : bool, default False
        Whether to go on where only limits hold.
    warm : bool, default True
        Whether to fork each notebook from one process that has the libraries loaded; else each gets a new one.

    shut_in : bool, default True
        Whether to use the full box where there is one; your own code needs none.

    Raises
    ------
    ServiceError
        If this machine cannot shut strangers' code in and `trust` is not given.
    """
    reached, fix = level() if shut_in else (LIMITS_ONLY if hasattr(os, "fork") else NONE, "")
    if reached != FULL and not trust:
        raise ServiceError(
            f"Strangers' code is not run here: this machine reaches the level {reached!r}, not {FULL!r}.",
            fix=f"{fix} Or go on without a box, with limits only: --trust-submissions",
        )
    box = Box(probe, data, limits or Limits(), beside, warm, reached)
    try:
        yield box
    finally:
        box.close()


class Box:
    """One supervisor and what it needs; made by `opened`."""

    def __init__(self, probe: Path | None, data: Path | None, limits: Limits, beside: str, warm: bool, level: str):
        self.probe, self.data, self.limits, self.beside, self.warm = probe, data, limits, beside, warm
        self.level = level
        self._process: subprocess.Popen[str] | None = None
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._folder = Path(tempfile.mkdtemp(prefix="box-"))
        self._noise = self._folder / "box.log"
        self._jobs = 0

    def run(self, cells: list[tuple[int, str]], told: Callable[[dict[str, Any]], None] | None = None) -> Outcome:
        """Run a notebook's code cells, given as (number, source), and return what was seen.

        Never raises for what a submission does.
        """
        self._jobs += 1
        try:
            self._start()
            outcome = self._ask(cells, told)
        except (OSError, ServiceError, subprocess.SubprocessError) as error:
            outcome = Outcome([], "box failed", problem=str(error))
        if not self.warm or outcome.cause == "box failed" or outcome.problem or not hasattr(os, "fork"):
            self._stop()
        return outcome

    def close(self) -> None:
        """End the box and all that is in it."""
        self._stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ask(self, cells: list[tuple[int, str]], told: Callable[[dict[str, Any]], None] | None) -> Outcome:
        folder = Path(COURSE) if self.level == FULL else self._folder / f"course {self._jobs}"
        job = {"job": str(self._jobs), "cells": cells, "folder": str(folder), "beside": self.beside}
        job |= {name: getattr(self.limits, name) for name in ("cell_seconds", "output_kb", "evidence_mb")}
        self._send(job)
        facts: list[dict[str, Any]] = []
        latest = time.monotonic() + self.limits.seconds + 60
        while True:
            event = self._next(latest)
            if event is None:
                return Outcome(facts, "box failed", problem="The box did not answer any more.")
            if event["event"] == "fact":
                facts.append(event["is"])
                if told is not None:
                    told(event["is"])
            elif event["event"] == "done":
                if self.level != FULL:
                    shutil.rmtree(folder, ignore_errors=True)
                return _outcome(facts, event)

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self._events = queue.Queue()
        env = _environment("/tmp/home" if self.level == FULL else str(self._folder / "home"))  # noqa: S108
        with self._noise.open("wb") as noise:
            self._process = subprocess.Popen(  # noqa: S603  our own words; no shell
                self._command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=noise,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=env,
                cwd=self._folder,
                start_new_session=True,
            )
        threading.Thread(target=_read, args=(self._process.stdout, self._events), daemon=True).start()
        boxed = self.level == FULL
        self._send(
            {
                "uid": UIDS + os.getpid() % 50_000 if boxed and "--unshare-user" not in (_bwrap_flags() or ()) else 0,
                "probe": ("/box/probe.py" if boxed else str(self.probe)) if self.probe else "",
                "data": ("/box/data" if boxed else str(self.data)) if self.data else "",
                "boxed": boxed,
                "shown": _readable(),
                "limits": asdict(self.limits),
            }
        )
        if (self._next(time.monotonic() + START_SECONDS) or {}).get("event") != "ready":
            self._stop()
            said = self._noise.read_text(encoding="utf-8", errors="replace").strip()[-500:]
            raise ServiceError(f"The box did not start. It said: {said or 'nothing'}")

    def _command(self) -> list[str]:
        inside = Path(__file__).with_name("inside")
        home = "/box" if self.level == FULL else str(inside.parent)
        # Neither the current folder nor the user's own packages are looked at, and the box's own folder only once.
        code = (
            f"import sys; sys.path.insert(0, {home!r}); from inside import supervisor as s; del sys.path[0]; s.main()"
        )
        python = [sys.executable, "-P", "-s", "-c", code]
        if self.level != FULL:
            return python
        size = str(self.limits.folder_mb << 20)
        words = ["bwrap", *(_bwrap_flags() or ()), "--die-with-parent", "--new-session", "--dev", "/dev"]
        for folder in ("/tmp", COURSE, "/dev/shm"):  # noqa: S108
            words += ["--size", size, "--perms", "1777", "--tmpfs", folder]
        shown = {path: path for path in _readable()} | {"/box/inside": str(inside)}
        shown |= {"/box/probe.py": str(self.probe)} if self.probe else {}
        shown |= {"/box/data": str(self.data)} if self.data else {}
        above = {str(parent) for place in shown for parent in Path(place).parents if str(parent) != "/"}
        for folder in sorted(above - shown.keys()):
            words += ["--perms", "0755", "--dir", folder]  # else only its maker could look below it
        for place, path in shown.items():
            words += ["--ro-bind", path, place]
        return [*words, "--remount-ro", "/", "--chdir", "/tmp", "--", *python]  # noqa: S108

    def _send(self, message: dict[str, Any]) -> None:
        if self._process is None or self._process.stdin is None:
            raise ServiceError("The box is not open.")
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _next(self, latest: float) -> dict[str, Any] | None:
        try:
            return self._events.get(timeout=max(latest - time.monotonic(), 0.01))
        except queue.Empty:
            return None

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue


def _kill(process: subprocess.Popen[str]) -> None:
    import psutil

    try:
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    except psutil.Error:
        family = []
    for each in family:
        try:
            each.kill()
        except psutil.Error:
            continue
    process.wait(timeout=30)


def _read(stream: Any, events: "queue.Queue[dict[str, Any] | None]") -> None:
    try:
        for line in stream:
            events.put(json.loads(line))
    except ValueError:
        log.debug("The box was closed while it spoke.")
    events.put(None)


def _outcome(facts: list[dict[str, Any]], event: dict[str, Any]) -> Outcome:
    problem, cause, at = event["problem"], event["cause"], event["at"]
    if problem.startswith("box failed"):
        cause = "box failed"
    elif not cause and not any(fact["fact"] == "end" for fact in facts[-1:]):
        cause = "crashed"
        problem = problem or f"The process ended with status {event['status']}."
    at = at if cause else None
    return Outcome(facts, cause, at, problem, event["seconds"], event["peak_mb"], event["stray"])


def _environment(home: str) -> dict[str, str]:
    """Nothing of the grader's own: no paths, tokens or settings."""
    env = {
        "HOME": home,
        "USER": "learner",
        "LOGNAME": "learner",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/local/bin{os.pathsep}/usr/bin{os.pathsep}/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "IPYTHONDIR": f"{home}/ipython",
        "NUMBA_CACHE_DIR": f"{home}/numba",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "LOKY_MAX_CPU_COUNT": "1",
    }
    env |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    kept = ("SYSTEMROOT", "TEMP", "TMP", "COMSPEC", "PATHEXT") if sys.platform == "win32" else ()
    return env | {name: os.environ[name] for name in kept if name in os.environ}


def _readable() -> list[str]:
    """What is in sight in the box, read-only: the system's programs, Python, its packages, and mlsd."""
    system = [
        "/usr",
        "/bin",
        "/sbin",
        "/lib",
        "/lib32",
        "/lib64",
        "/etc/ld.so.cache",
        "/etc/fonts",
        "/etc/alternatives",
        "/etc/localtime",
    ]
    python = [sys.base_prefix, sys.prefix, str(Path(os.path.realpath(sys.executable)).parent.parent)]
    own = [str(settings.root() / "05_src" / "mlsd")]
    return [path for path in dict.fromkeys([*system, *python, *own]) if os.path.exists(path)]
