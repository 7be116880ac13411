"""Start the server of the quizzes, on this machine only unless told otherwise."""

import logging
from pathlib import Path

from course.cohort.plan import Cohort
from course.cohort.private import private_folder
from course.cohort.reading import read_cohort
from mlsd.errors import DataError, ServiceError, SettingsError

from .bank import Bank, read_bank
from .links import outside_address, read_secret
from .paper import hand_out

__all__ = ["WatchedCohort", "banks_folder", "read_banks", "run"]

log = logging.getLogger(__name__)
_END_SECONDS = 10
_MOST_CONNECTIONS = 2000
_PROXY = "127.0.0.1"


class WatchedCohort:
    """The cohort as its file says now: an extension counts as soon as the file is saved.

    Parameters
    ----------
    path : Path
        A ``cohort.toml``.

    Raises
    ------
    DataError
        If it cannot be read at the start. Later, what was read last stays, and the log says so.
    """

    def __init__(self, path: Path):
        self._path, self._cohort, self._stamp = path, read_cohort(path), self._now(path)

    def __call__(self) -> Cohort:
        """The cohort."""
        stamp = self._now(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._cohort = read_cohort(self._path)
            except DataError as error:
                log.error("The cohort file cannot be used; what it said before counts. %s", error)
        return self._cohort

    @staticmethod
    def _now(path: Path) -> tuple[int, int] | None:
        try:
            return path.stat().st_mtime_ns, path.stat().st_size
        except OSError:  # an editor is replacing it
            return None


def banks_folder(cohort: Cohort, root: Path) -> Path:
    """Find the banks that a cohort is marked on.

    Parameters
    ----------
    cohort : Cohort
        Its `private` counts.
    root : Path
        The repository.

    Returns
    -------
    Path
        The private ones, or else those for practice.
    """
    private = private_folder(cohort, root)
    return private / "quizzes" if private else root / "03_instructional_team" / "sources" / "quizzes"


def read_banks(folder: Path, secret: bytes) -> dict[str, Bank]:
    """Read every bank of a folder, and see that a set of questions can be drawn from each.

    Parameters
    ----------
    folder : Path
        With ``quiz_1.toml`` and so on.
    secret : bytes
        For the draw.

    Returns
    -------
    dict of str to Bank
        By quiz.

    Raises
    ------
    DataError
        If there is none, or one cannot be used.
    """
    banks = {bank.quiz: bank for bank in map(read_bank, sorted(folder.glob("quiz_[1-6].toml")))}
    if not banks:
        raise DataError(f"There is no bank in {folder}.", fix="Name their folder: --banks FOLDER.")
    for bank in banks.values():
        hand_out(bank, "a trial", "a trial", secret=secret)
    return banks


def run(
    cohort_file: Path,
    *,
    root: Path,
    banks: Path | None = None,
    db: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8010,
    address: str | None = None,
    proxy: str = _PROXY,
) -> None:
    """Serve the quizzes of a cohort until Ctrl-C or SIGTERM.

    Parameters
    ----------
    cohort_file : Path
        A ``cohort.toml``. It is read again when it changes.
    root : Path
        The repository.
    banks : Path, optional
        A folder of banks instead of the cohort's.
    db : str, optional
        SQLAlchemy URL; by default what MLSD_DATABASE_URL says.
    host : str
        Who may connect: this machine only, where a proxy with TLS stands.
    port : int
        Of this machine.
    address : str, optional
        Where learners reach it, such as ``https://quiz.example``; by default this machine and port.
    proxy : str
        The address of the proxy, which is believed when it says where a request came from.

    Raises
    ------
    SettingsError
        If the secret or the address is missing or cannot be used.
    DataError
        If the cohort or a bank cannot be read.
    ServiceError
        If the port is taken or the database does not answer.
    """
    import sys

    import uvicorn

    from mlsd import logs, ports

    from .app import create
    from .room import Room
    from .tables import connect

    secret, cohort = read_secret(), WatchedCohort(cohort_file)
    if address is None and host not in ("127.0.0.1", "localhost", "::1"):
        raise SettingsError(f"--host {host} needs the address that learners use.", "Add --address https://...")
    outside = outside_address(address or f"http://{f'[{host}]' if ':' in host else host}:{port}")
    owner = ports.taken_by(port)
    if owner:
        raise ServiceError(f"Port {port} is taken by {owner}.", f"Name another: --port {ports.free()}.")
    room = Room(connect(db), read_banks(banks or banks_folder(cohort(), root), secret), cohort, secret, outside)
    logs.setup(as_json=not sys.stderr.isatty())
    log.info("Serving %s for learners at %s; it listens at %s:%s", ", ".join(room.banks), outside, host, port)
    uvicorn.run(
        create(room),
        host=host,
        port=port,
        proxy_headers=True,
        forwarded_allow_ips=proxy,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_END_SECONDS,
        ws="none",
        log_config=None,
        access_log=False,  # it would hold the links
        server_header=False,
    )
