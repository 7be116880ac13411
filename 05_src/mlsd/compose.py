"""Docker Compose, where a Docker engine answers: find it, ask it, run it on ``docker-compose.yml``."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from . import settings
from .errors import ServiceError, SettingsError

__all__ = ["command", "engine", "is_running", "output_of", "ports", "require_password", "run"]


def engine() -> str | None:
    """Version of the Docker engine, or None when none answers within 4 seconds."""
    return output_of("docker", "info", "--format", "{{.ServerVersion}}")


def command() -> list[str] | None:
    """The words that start Docker Compose, or None where no engine answers."""
    if not engine():
        return None
    if output_of("docker", "compose", "version"):
        return ["docker", "compose"]
    beside_python = str(Path(sys.executable).parent)
    found = shutil.which("docker-compose") or shutil.which("docker-compose", path=beside_python)
    return [found] if found else None


def is_running(compose: list[str]) -> bool:
    """Whether a container of ours exists, running or ended."""
    return bool(output_of(*compose, *_project(), "--profile", "*", "ps", "--all", "--quiet", seconds=10, env=_env()))


def ports() -> str:
    """The ports that our containers have published, as Docker prints them; empty when there are none."""
    ours = "label=com.docker.compose.project=mlsd"
    return output_of("docker", "ps", "--filter", ours, "--format", "{{.Ports}}") or ""


def run(compose: list[str], *words: str) -> None:
    """Run Docker Compose on our services; what it prints goes to the terminal.

    Raises
    ------
    ServiceError
        If it fails.
    """
    done = subprocess.run([*compose, *_project(), *words], env=_env())  # noqa: S603
    if done.returncode:
        problem = f"`docker compose {' '.join(words)}` failed (code {done.returncode}); its lines above say why."
        raise ServiceError(problem, "Read `docker compose logs`, or use SQLite: `mlsd up --local`.")


def require_password() -> None:
    """Raise where no password for PostgreSQL is set, before Docker begins to build.

    Raises
    ------
    SettingsError
        If POSTGRES_PASSWORD is not set.
    """
    if not settings.get("POSTGRES_PASSWORD"):
        fix = "Choose one and set it in .env (.env.example shows the line), or use SQLite: `mlsd up --local`."
        raise SettingsError("Docker answers, but PostgreSQL needs a password: POSTGRES_PASSWORD is not set.", fix)


def output_of(*words: str, seconds: float = 4, env: Mapping[str, str] | None = None) -> str | None:
    """What a command prints, or None when it is not installed, fails, or takes too long.

    Examples
    --------
    >>> output_of(sys.executable, "-c", "print(6 * 7)")
    '42'
    """
    found = shutil.which(words[0])
    if found is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603
            [found, *words[1:]], stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, env=env
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None


def _project() -> list[str]:
    return ["--project-directory", str(settings.root()), "--file", str(settings.root() / "docker-compose.yml")]


def _env() -> dict[str, str]:
    """What docker-compose.yml asks for. Looking and stopping need no password, but Compose wants to see one."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    here = "/mlsd" if os.name == "nt" else str(settings.root())
    password = settings.get("POSTGRES_PASSWORD") or "none"
    return os.environ | {"MLSD_PYTHON": python, "PWD": here, "POSTGRES_PASSWORD": password}
