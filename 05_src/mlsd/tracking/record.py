"""What a run needs to be repeated: which data, which code, which packages. Read here, compared by `reproduce`."""

import hashlib
import importlib.metadata
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from .. import settings

__all__ = ["code", "digest", "environment"]


def digest(frame: pd.DataFrame | pd.Series) -> str:
    """A short fingerprint of a frame: its column names, types and values, and the order of its rows.

    Parameters
    ----------
    frame : pandas.DataFrame or pandas.Series
        Any frame; the index does not count.

    Returns
    -------
    str
        16 hexadecimal digits.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1, 2]})
    >>> digest(frame) == digest(frame.copy()), digest(frame) == digest(frame[::-1])
    (True, False)
    """
    table = frame.to_frame() if isinstance(frame, pd.Series) else frame
    sha = hashlib.sha256(repr([(name, str(kind)) for name, kind in table.dtypes.items()]).encode())
    for name in range(table.shape[1]):
        sha.update(pd.util.hash_pandas_object(table.iloc[:, name], index=False).to_numpy().tobytes())
    return sha.hexdigest()[:16]


def code() -> dict[str, Any]:
    """The code that runs: ``commit`` (None outside a git checkout), ``dirty`` and a ``digest`` of the mlsd package.

    Dirty means that a file which git knows differs from the commit.
    """
    package = Path(__file__).resolve().parents[1]
    sha = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        sha.update(file.relative_to(package).as_posix().encode())
        sha.update(file.read_bytes().replace(b"\r\n", b"\n"))
    commit = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no") if commit else None
    return {"commit": commit, "dirty": bool(changed) if commit else None, "digest": sha.hexdigest()[:16]}


def environment() -> dict[str, Any]:
    """Where it runs: ``lock`` (a digest of the hashed lock), Python, system, processors, and each package's version."""
    lock = settings.root() / "05_src" / "requirements.txt"
    return {
        "lock": hashlib.sha256(lock.read_bytes()).hexdigest()[:16] if lock.is_file() else None,
        "python": platform.python_version(),
        "system": f"{sys.platform} {platform.machine()}",
        "processors": os.cpu_count(),
        "packages": _packages().copy(),
    }


@cache
def _packages() -> dict[str, str]:
    """Each package's version; read once, for hundreds of files are read for it."""
    found = importlib.metadata.distributions()
    return {name.lower(): each.version for each in found if (name := each.metadata["Name"])}


def _git(*words: str) -> str | None:
    command = ["git", "-C", str(settings.root()), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
