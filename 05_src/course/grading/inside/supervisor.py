"""Load the libraries once, then fork for each notebook, watch over the fork, and pass its evidence on.

Jobs come as JSON lines on standard input, events go as JSON lines to what was standard output. The process that runs
this has no learner's code in it, so its word on time, memory and how a fork ended can be trusted.
"""

import importlib
import importlib.util
import json
import os
import secrets
import select
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

__all__ = ["main"]

GRACE = 5.0  # seconds that a cell gets to stop by itself
POLL = 0.1


def main() -> None:
    """Read the set-up from the first line of standard input, then serve jobs until it is closed."""
    jobs = os.fdopen(os.dup(0), encoding="utf-8")
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(nothing, fd)
    setup = json.loads(jobs.readline())
    from . import closed

    if setup["uid"]:
        closed.mount_proc()
        closed.drop_to(setup["uid"])
    closed.let_nobody_look()
    begun = time.perf_counter()
    probe = _load(Path(setup["probe"])) if setup["probe"] else None
    missing = _preload([*getattr(probe, "PRELOAD", []), "IPython.core.interactiveshell", *setup.get("preload", [])])
    from . import runner  # noqa: F401  loaded before the fork

    _say(events, {"event": "ready", "seconds": time.perf_counter() - begun, "missing": missing})
    serve = _serve if hasattr(os, "fork") else _serve_here
    for line in jobs:
        serve(json.loads(line), setup, probe, jobs, events)


def _say(events: TextIO, event: dict[str, Any]) -> None:
    events.write(json.dumps(event) + "\n")
    events.flush()


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("probe", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _preload(names: list[str]) -> list[str]:
    missing = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    return missing


def _serve(job: dict[str, Any], setup: dict[str, Any], probe: ModuleType | None, jobs: TextIO, events: TextIO) -> None:
    read, write = os.pipe()
    told, tell = os.pipe()
    token = secrets.token_hex(16).encode() + b" "
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            for fd in (jobs.fileno(), events.fileno(), read, told):
                os.close(fd)
            status = _in_the_fork(job, setup, probe, write, tell, token)
        finally:
            os._exit(status)
    os.close(write)
    os.close(tell)
    end = _watch(pid, read, job, setup, token, events)
    os.close(read)
    end["problem"] = os.read(told, 4096).decode(errors="replace")
    os.close(told)
    _say(events, {"event": "done", "job": job["job"], **end})


def _serve_here(
    job: dict[str, Any], setup: dict[str, Any], probe: ModuleType | None, jobs: TextIO, events: TextIO
) -> None:
    """Where processes cannot fork (Windows): run it in this one, which serves no other job; time is kept outside."""
    from . import runner

    read, write = os.pipe()
    begun = time.monotonic()
    found = _Passing(job["job"], b"", setup["limits"]["evidence_mb"] << 20, events, begun)

    def pass_on() -> None:
        while found.take(os.read(read, 1 << 16)):
            pass

    passing = threading.Thread(target=pass_on)
    passing.start()
    _lay_out(job, setup)
    runner.run(job, write, b"", probe)
    os.close(write)
    passing.join()
    seconds = round(time.monotonic() - begun, 3)
    end = {"cause": "", "status": 0, "at": None, "seconds": seconds, "peak_mb": 0.0, "stray": 0, "problem": ""}
    _say(events, {"event": "done", "job": job["job"], **end})


def _in_the_fork(
    job: dict[str, Any], setup: dict[str, Any], probe: ModuleType | None, fd: int, tell: int, token: bytes
) -> int:
    """Shut the door, lay out the course's folders, and run the notebook."""
    from . import closed, runner

    limits = setup["limits"]
    try:
        if setup["boxed"]:
            try:
                closed.shut(limits["folder_mb"], setup["shown"])
            except OSError as error:
                os.write(tell, f"one at a time: {error}".encode())
        _lay_out(job, setup)
        os.setsid()
        closed.limit(limits["memory_mb"], limits["processes"], limits["file_mb"], limits["seconds"] + 30)
    except BaseException as error:
        os.write(tell, f"box failed: {type(error).__name__}: {error}"[:2000].encode())
        return 71
    os.close(tell)
    runner.run(job, fd, token, probe)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return 0


def _lay_out(job: dict[str, Any], setup: dict[str, Any]) -> None:
    folder = Path(job["folder"])
    beside = folder / job["beside"]
    beside.mkdir(parents=True, exist_ok=True)
    if setup["data"]:
        shutil.copytree(setup["data"], folder, dirs_exist_ok=True)
    (Path(os.environ["HOME"])).mkdir(parents=True, exist_ok=True)


def _watch(
    pid: int, read: int, job: dict[str, Any], setup: dict[str, Any], token: bytes, events: TextIO
) -> dict[str, Any]:
    """Pass evidence on until the fork ends, or end it."""
    begun = time.monotonic()
    found = _Passing(job["job"], token, setup["limits"]["evidence_mb"] << 20, events, begun)
    cause, peak, ended = "", 0.0, False
    while not (ended or cause):
        gone = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        ready = select.select([read], [], [], 0 if gone else POLL)[0]
        ended = not found.take(os.read(read, 1 << 20)) if ready else gone
        memory = _memory_mb(pid)
        peak = max(peak, memory)
        cause = _too_much(memory, found, begun, job, setup["limits"])
    _end(pid)
    _, status = os.waitpid(pid, 0)
    return {
        "cause": cause,
        "status": os.waitstatus_to_exitcode(status),
        "at": found.cell,
        "seconds": round(time.monotonic() - begun, 3),
        "peak_mb": round(peak, 1),
        "stray": found.stray,
    }


class _Passing:
    """Evidence on its way out: whole lines that begin with the token, up to a size."""

    def __init__(self, job: str, token: bytes, most: int, events: TextIO, begun: float):
        self.job, self.token, self.left, self.events = job, token, most, events
        self.rest, self.stray = b"", 0
        self.cell: int | None = None
        self.cell_begun = begun

    def take(self, chunk: bytes) -> bool:
        self.left -= len(chunk)
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        for line in lines:
            if line.startswith(self.token) and self.left >= 0:
                self._pass_on(line[len(self.token) :].decode(errors="replace"))
            else:
                self.stray += 1
        if self.left < 0:
            self.rest = b""
        return bool(chunk)

    def _pass_on(self, line: str) -> None:
        """Read it before it goes on, so that nobody can smuggle an event of the supervisor's own into it."""
        try:
            fact = json.loads(line)
            known = isinstance(fact["fact"], str) and (fact["cell"] is None or isinstance(fact["cell"], int))
        except (ValueError, TypeError, KeyError, RecursionError):
            known = False
        if not known:
            self.stray += 1
            return
        if fact["fact"] == "cell begins":
            self.cell, self.cell_begun = fact["cell"], time.monotonic()
        _say(self.events, {"event": "fact", "job": self.job, "is": fact})


def _too_much(memory: float, found: _Passing, begun: float, job: dict[str, Any], limits: dict[str, Any]) -> str:
    now = time.monotonic()
    if memory > limits["memory_mb"]:
        return "out of memory"
    if now - found.cell_begun > job["cell_seconds"] + GRACE or now - begun > limits["seconds"]:
        return "timed out"
    return ""


def _family(pid: int) -> list[Any]:
    import psutil

    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _memory_mb(pid: int) -> float:
    """Memory of the fork and all that it began; what several share is counted once."""
    import psutil

    found = 0
    for process in _family(pid):
        try:
            found += process.memory_full_info().pss
        except (psutil.Error, AttributeError):
            continue
    return found / 2**20


def _end(pid: int) -> None:
    """End it and all that it began. In a box the first process of its world takes the others with it."""
    import psutil

    for process in reversed(_family(pid)):
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.Error:
            continue


if __name__ == "__main__":
    main()
