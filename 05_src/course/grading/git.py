"""Run git on what strangers made: nothing of theirs is executed, nothing of this machine's settings is used.

There is never a checkout, so no hook, filter, link or submodule comes into play. Every call has a time limit and a
limit on what it may print, and ends with every process that it started.
"""

import os
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from mlsd.errors import ServiceError

from .names import printable

__all__ = ["FETCHED_MB", "PRINTED_MB", "GitError", "make_cache", "run"]

PRINTED_MB = 32
FETCHED_MB = 500
KEPT = ("GIT_SSL_CAINFO", "GIT_SSL_CAPATH")

# Only https and local files; a repository of another user, as when root grades, is read and no more.
SETTINGS = """\
[protocol]
\tallow = never
[protocol "https"]
\tallow = always
[protocol "file"]
\tallow = always
[protocol "ext"]
\tallow = never
[core]
\thooksPath = {nowhere}
\tfsmonitor = false
\taskPass =
[credential]
\thelper =
[fetch]
\trecurseSubmodules = false
\tunpackLimit = 1
[gc]
\tauto = 0
[maintenance]
\tauto = false
[safe]
\tdirectory = *
"""


class GitError(ServiceError):
    """git did not do what was asked; the message is safe to show."""


def make_cache(folder: Path) -> Path:
    """A bare repository of our own, and beside it the only settings that git reads.

    Parameters
    ----------
    folder : Path
        Where both are kept. It may be there already.

    Returns
    -------
    Path
        The repository.

    Raises
    ------
    ServiceError
        If git is not installed, or the repository cannot be made.
    """
    cache, home = folder / "cache.git", folder / "git-home"
    (home / "no-hooks").mkdir(parents=True, exist_ok=True)
    settings = SETTINGS.format(nowhere=(home / "no-hooks").resolve().as_posix())
    (home / "config").write_text(settings, encoding="utf-8", newline="\n")
    if not (cache / "HEAD").exists():
        cache.mkdir(exist_ok=True)
        run(cache, "init", "--bare", "--quiet", "--template=", ".")
    return cache


def run(cache: Path, *words: str, seconds: float = 60) -> bytes:
    """What a git command prints.

    Parameters
    ----------
    cache : Path
        The bare repository of :func:`make_cache`.
    *words : str
        The command. The caller puts ``--`` before names that strangers chose.
    seconds : float
        Longest time.

    Returns
    -------
    bytes
        Its standard output.

    Raises
    ------
    GitError
        If git says no, takes too long or prints too much.
    ServiceError
        If git is not installed.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        code = _watched(cache, words, out, said, seconds)
        said.seek(0)
        if code:
            raise GitError(_in_short(said.read(20_000).decode(errors="replace")))
        out.seek(0)
        return out.read()


def _watched(cache: Path, words: tuple[str, ...], out, said, seconds: float) -> int:
    command = ["git", "-c", "protocol.ext.allow=never", f"--git-dir={cache.resolve()}", *words]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": said}
    try:
        process = subprocess.Popen(command, cwd=cache, env=_environment(cache), **quiet)  # noqa: S603 - no shell
    except FileNotFoundError as error:
        raise ServiceError(
            "git is not installed.", fix="Install it from https://git-scm.com, then open a new terminal."
        ) from error
    end, before = time.monotonic() + seconds, _packed_mb(cache)
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(timeout=0.05)
            if time.monotonic() > end:
                raise GitError(f"git {words[0]} took longer than {seconds:g} s.")
            if os.fstat(out.fileno()).st_size > PRINTED_MB * 2**20:
                raise GitError(f"git {words[0]} printed more than {PRINTED_MB} MB.")
            if _packed_mb(cache) - before > FETCHED_MB:
                raise GitError(f"git {words[0]} brought more than {FETCHED_MB} MB.")
    finally:
        if process.poll() is None:
            _end(process)
            for part in (cache / "objects" / "pack").glob("tmp_*"):
                part.unlink(missing_ok=True)


def _packed_mb(cache: Path) -> float:
    with suppress(FileNotFoundError):  # git renames a pack when it is complete
        return sum(pack.stat().st_size for pack in (cache / "objects" / "pack").glob("*pack*")) / 2**20
    return 0.0


def _environment(cache: Path) -> dict[str, str]:
    """Without the user's settings, passwords (also not ~/.netrc) and questions; with the machine's proxy."""
    home = cache.resolve().parent / "git-home"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in KEPT}
    ours = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "GIT_CONFIG_GLOBAL": str(home / "config")}
    ours |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_SYSTEM": os.devnull, "GIT_ATTR_NOSYSTEM": "1"}
    ours |= {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "", "GCM_INTERACTIVE": "never"}
    return kept | ours | {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C", "LANGUAGE": "C"}


def _end(process: subprocess.Popen) -> None:
    """End git and what it started; a fetch has children that outlive it otherwise."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()
    process.kill()
    process.wait()


def _in_short(said: str) -> str:
    lines = [line for line in said.splitlines() if line.startswith(("fatal:", "error:"))] or said.splitlines()
    if "could not read Username" in said or "not found" in said:
        return "The repository is not there, or it is private."
    return f"git says: {printable(lines[0].removeprefix('fatal: ')) if lines else 'nothing'}"
