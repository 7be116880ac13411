"""Look at everything that a lab needs, and name the fix for what is wrong.

Each check answers with a :class:`Finding`: ``ok``, ``warning`` (the labs run all the same) or ``problem``. The checks
run side by side and never raise. Every name in :data:`CHECKS` has a section of SETUP.md.
"""

import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from importlib import metadata
from pathlib import Path

from . import compose, mlflow_server, ports, services, settings
from .errors import MlsdError

__all__ = ["CHECKS", "Finding", "check", "exit_code"]

SECONDS = 4.5
FREE_GB_NEEDED, FREE_GB_WANTED = 1, 5
EXTENSIONS = ("ms-python.python", "ms-toolsai.jupyter")


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: what was looked at, ``ok`` | ``warning`` | ``problem``, what was seen, what to do."""

    name: str
    state: str
    seen: str
    fix: str = ""


def check(*, seconds: float = SECONDS) -> list[Finding]:
    """Look at everything, within about five seconds.

    Parameters
    ----------
    seconds : float
        How long to wait for the slowest check; one that is not done then is a warning.

    Returns
    -------
    list of Finding
        In the order of :data:`CHECKS`, then the services. Nothing is raised: a check that fails is a problem itself.
    """
    from . import store  # noqa: F401  # its imports are slow, and the clock must not count them

    questions: dict[str, Callable[[], object]] = {**CHECKS, "Services": services.status}
    answers = services.answers_of(questions, seconds=seconds)
    rows = answers.pop("Services")
    looked = [answer if isinstance(answer, Finding) else _unanswered(name, answer) for name, answer in answers.items()]
    return looked + ([_service(row) for row in rows] if isinstance(rows, list) else [_unanswered("Services", rows)])


def exit_code(findings: Iterable[Finding]) -> int:
    """1 when there is a problem, else 0: warnings do not fail.

    Examples
    --------
    >>> exit_code([Finding("Docker", "warning", "not installed")])
    0
    """
    return int(any(finding.state == "problem" for finding in findings))


def _unanswered(name: str, error: object) -> Finding:
    if isinstance(error, TimeoutError):
        return Finding(name, "warning", str(error), "Run `mlsd doctor` again when the machine is less busy.")
    if isinstance(error, MlsdError):
        return Finding(name, "problem", error.problem, error.fix or "See SETUP.md.")
    return Finding(name, "problem", f"The check itself failed: {error}", "Look at .env first, then see SETUP.md.")


def _service(row: services.Service) -> Finding:
    seen = row.seen if row.address in row.seen else f"{row.address}: {row.seen}"
    return Finding(row.name, "ok" if row.reachable else "problem", seen, row.fix)


def _python() -> Finding:
    seen = f"{platform.python_version()} at {sys.executable}"
    if not (3, 11) <= sys.version_info[:2] <= (3, 14):
        return Finding("Python", "problem", seen, "Make .venv again with Python 3.11 to 3.14.")
    if (sys.platform, platform.machine()) == ("darwin", "x86_64") and sys.version_info < (3, 12):
        return Finding("Python", "problem", seen, "An Intel Mac needs Python 3.12 or newer: make .venv again with it.")
    return Finding("Python", "ok", seen)


def _packages() -> Finding:
    lock = settings.root() / "05_src" / "requirements.txt"
    if not lock.is_file():
        return Finding("Packages", "warning", f"{lock} is not there.", "Run mlsd from a clone of the repository.")
    wanted = _locked(lock.read_text(encoding="utf-8"))
    found = {_canonical(found.name): found.version for found in metadata.distributions() if found.name}
    wrong = [
        f"{name} {found.get(name, 'missing')} (lock: {pin})" for name, pin in wanted.items() if found.get(name) != pin
    ]
    if not wrong:
        return Finding("Packages", "ok", f"all {len(wanted)} as in the lock")
    more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
    uv = Path(sys.executable).with_name("uv")
    fix = f'"{uv}" pip install --require-hashes -r 05_src/requirements.txt'
    return Finding("Packages", "problem", f"{len(wrong)} of {len(wanted)} differ: {', '.join(wrong[:5])}{more}", fix)


def _locked(lock: str) -> dict[str, str]:
    r"""Name and version of each package that the lock wants on this system.

    >>> _locked("pandas==3.1.0 ; python_version > '3' \\\n    --hash=sha256:00\npywin32==1 ; python_version < '3'")
    {'pandas': '3.1.0'}
    """
    from packaging.requirements import Requirement

    lines = [line.rstrip(" \\") for line in lock.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    wanted = [line for line in map(Requirement, lines) if line.marker is None or line.marker.evaluate()]
    return {_canonical(line.name): str(line.specifier).removeprefix("==") for line in wanted}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _git() -> Finding:
    seen = compose.output_of("git", "--version")
    if seen is None:
        return Finding(
            "Git", "problem", "not installed", "Install it from https://git-scm.com, then open a new terminal."
        )
    if not (compose.output_of("git", "config", "user.name") and compose.output_of("git", "config", "user.email")):
        fix = 'git config --global user.name "Your Name", and the same with user.email'
        return Finding("Git", "warning", f"{seen}, but it does not know your name and email", fix)
    return Finding("Git", "ok", seen)


def _docker() -> Finding:
    instead = "Optional: `mlsd up` starts MLflow on this machine and uses SQLite. "
    if shutil.which("docker") is None:
        return Finding("Docker", "warning", "not installed", instead + "For PostgreSQL install Docker Desktop.")
    version = compose.engine()
    if version is None:
        return Finding(
            "Docker", "warning", "installed, but no engine answers", instead + "For PostgreSQL start Docker."
        )
    if not settings.get("POSTGRES_PASSWORD"):
        fix = "Set POSTGRES_PASSWORD in .env before `mlsd up`, or use SQLite: `mlsd up --local`."
        return Finding("Docker", "warning", f"engine {version}, but no password for PostgreSQL", fix)
    return Finding("Docker", "ok", f"engine {version}")


def _ports() -> Finding:
    """Only what `mlsd up` would open: without an engine that is MLflow's port alone."""
    published = compose.ports() if compose.engine() else None
    names = ["MLFLOW_PORT"] if published is None else list(ports.DEFAULTS)
    states = []
    for name in names:
        number = ports.number_of(name)
        in_use = f":{number}->" in (published or "") or (name == "MLFLOW_PORT" and _serves_us(number))
        if not in_use:
            ports.require_free(name)
        states.append(f"{number} ({name}) {'in use by us' if in_use else 'free'}")
    return Finding("Ports", "ok", ", ".join(states))


def _serves_us(number: int) -> bool:
    server, address = mlflow_server.running(), ports.local_address(number)
    named = settings.tracking_uri().rstrip("/") == address and mlflow_server.version(address) is not None
    return named or (server is not None and server.port == number)


def _disk() -> Finding:
    place = _nearest(settings.data_dir())
    free = shutil.disk_usage(place).free / 1e9
    seen = f"{free:.1f} GB free at {place}"
    if free >= FREE_GB_WANTED:
        return Finding("Disk", "ok", seen)
    state = "problem" if free < FREE_GB_NEEDED else "warning"
    return Finding("Disk", state, seen, f"Free {FREE_GB_WANTED} GB, or set MLSD_DATA_DIR in .env to a larger disk.")


def _folder(name: str, variable: str) -> Finding:
    folder = settings.data_dir() if variable == "MLSD_DATA_DIR" else settings.log_dir()
    try:
        with tempfile.TemporaryFile(dir=_nearest(folder)):
            return Finding(name, "ok", str(folder))
    except OSError as error:
        fix = f"Set {variable} in .env to a folder that you may write to."
        return Finding(name, "problem", f"{folder} cannot be written: {error.strerror}", fix)


def _nearest(folder: Path) -> Path:
    """The folder itself, or the first above it that exists."""
    return next(path for path in [folder, *folder.absolute().parents] if path.exists())


def _vscode() -> Finding:
    if shutil.which("code") is None:
        fix = "Optional. In VSCode: Command Palette, `Shell Command: Install 'code' command in PATH`."
        return Finding("VSCode", "warning", "no command `code`", fix)
    listed = compose.output_of("code", "--list-extensions")
    missing = [name for name in EXTENSIONS if name not in (listed or "").lower().split()]
    if listed is None:
        fix = "Optional. Try `code --list-extensions` in a terminal."
        return Finding("VSCode", "warning", "`code` does not answer", fix)
    if missing:
        fix = " && ".join(f"code --install-extension {name}" for name in missing)
        return Finding("VSCode", "warning", f"extensions missing: {', '.join(missing)}", fix)
    return Finding("VSCode", "ok", "the Python and Jupyter extensions are there")


def _settings() -> Finding:
    """Whether .env is there and can be read, its names are known and its values possible."""
    file, example = settings.root() / ".env", settings.root() / ".env.example"
    if not file.is_file():
        return Finding("Settings", "warning", "no .env, the defaults hold", "`mlsd data` makes one from .env.example.")
    try:
        written = settings.dotenv_values()
    except UnicodeDecodeError:
        fix = "Save it as UTF-8; PowerShell's > writes UTF-16."
        return Finding("Settings", "problem", f"{file} is not UTF-8 text", fix)
    hints = _misspelt(written, example.read_text(encoding="utf-8") if example.is_file() else "")
    settings.log_level()
    for name in ports.DEFAULTS:
        ports.number_of(name)
    if "YOUR_PASSWORD" in settings.database_url():
        fix = "Put your POSTGRES_PASSWORD in place of YOUR_PASSWORD in .env."
        return Finding("Settings", "problem", "MLSD_DATABASE_URL has no password yet", fix)
    if hints:
        return Finding("Settings", "warning", "names that nothing reads", "; ".join(hints))
    return Finding("Settings", "ok", f"{len(written)} set in {file}")


def _misspelt(names: Iterable[str], example: str) -> list[str]:
    r"""A hint for each name that looks like one of .env.example and is not.

    >>> _misspelt(["MLFLOW_TRACKING_URL", "MLSD_DATABSE", "EDITOR"], "# MLFLOW_TRACKING_URI=\nMLSD_DATABASE_URL=\n")
    ['MLFLOW_TRACKING_URL: did you mean MLFLOW_TRACKING_URI?', 'MLSD_DATABSE: did you mean MLSD_DATABASE_URL?']
    """
    known = re.findall(r"^#? ?([A-Z_]+)=", example, flags=re.MULTILINE)
    hints = []
    for name in names:
        ours = name.startswith("MLSD_")  # such a name can only be meant for us; others may be for another program
        near = get_close_matches(name.upper(), known, n=1, cutoff=0.6 if ours else 0.88)
        if name not in known and (near or ours):
            hints.append(f"{name}: did you mean {near[0] if near else 'one of .env.example'}?")
    return hints


def _long_paths() -> Finding:
    if sys.platform != "win32":
        return Finding("Long paths", "ok", "only Windows has a limit")
    import winreg

    key, allowed = r"SYSTEM\CurrentControlSet\Control\FileSystem", 0
    with suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as entry:
        allowed, _ = winreg.QueryValueEx(entry, "LongPathsEnabled")
    if allowed or len(str(settings.root())) < 80:
        return Finding("Long paths", "ok", "allowed, or the folder's path is short")
    fix = r"Move the clone to a short path such as C:\mlsd, or allow long paths in Windows."
    return Finding("Long paths", "warning", f"{settings.root()} is long, and Windows stops at 260 characters", fix)


def _line_endings() -> Finding:
    """The lock and the notebooks are compared byte by byte, so they must be checked out as they are."""
    sample = settings.root() / "05_src" / "requirements.txt"
    if sample.is_file() and b"\r\n" in sample.read_bytes():
        fix = "git config --global core.autocrlf input, then clone again."
        return Finding("Line endings", "warning", "git changed the line endings of this clone", fix)
    return Finding("Line endings", "ok", "as in the repository")


def _unsent() -> Finding:
    """Whether runs wait that an MLflow server has not got yet."""
    from .tracking import waiting

    runs = len(waiting())
    if not runs:
        return Finding("Experiments", "ok", "no run waits to be sent")
    return Finding("Experiments", "warning", f"{runs} runs wait to be sent", "`mlsd up`, then `mlsd tracking sync`.")


CHECKS: dict[str, Callable[[], Finding]] = {
    "Python": _python,
    "Packages": _packages,
    "Git": _git,
    "Docker": _docker,
    "Ports": _ports,
    "Disk": _disk,
    "Data folder": partial(_folder, "Data folder", "MLSD_DATA_DIR"),
    "Log folder": partial(_folder, "Log folder", "MLSD_LOG_DIR"),
    "VSCode": _vscode,
    "Settings": _settings,
    "Experiments": _unsent,
    "Long paths": _long_paths,
    "Line endings": _line_endings,
}
