"""Run the labs from the first cell to the last, each in a kernel and a folder of its own.

The kernel is this interpreter's, whatever the machine's kernel list says, and starts in the lab's folder. Data, logs
and the SQLite database go to a temporary folder, so a run neither reads nor changes what a learner has made.
"""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from mlsd import mlflow_server, settings
from mlsd.errors import DataError, ServiceError

from . import notebooks

__all__ = ["CELL_SECONDS", "Failure", "LabRun", "code_cells", "run_labs", "run_notebook"]

CELL_SECONDS = 600
ERROR_LINES = 6
LABS_FOLDER = notebooks.DERIVED["learner"]
LIMIT_FIX = "Fix: raise the limit with --cell-seconds, or do less in the cell."
MEMORY_FIX = "Fix: most often the machine ran out of memory; close what you don't need and run this lab alone."

Watch = Callable[[str, str, int, int], None]


@dataclass(frozen=True)
class Failure:
    """Where a lab stopped. ``cell`` counts code cells from 1, as Jupyter's ``In [n]`` does; 0 is before the first."""

    cell: int
    cell_id: str
    line: str
    error: str


@dataclass(frozen=True)
class LabRun:
    """One version of one lab, run or not. ``result`` is "passed", "failed", "stopped" or "not run"."""

    lab: str
    version: str
    result: str
    database_url: str = ""
    seconds: float = 0.0
    cells: int = 0
    notebook: Any = None
    failure: Failure | None = None

    @property
    def database(self) -> str:
        """The kind of database that it ran on, in words that hold no password."""
        kinds = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        return next((word for scheme, word in kinds.items() if self.database_url.startswith(scheme)), "")

    @property
    def checks(self) -> dict[str, str]:
        """Status by question, as the self-checks in the notebook answered."""
        cells = code_cells(self.notebook) if self.notebook else []
        shown = [output.metadata["check"] for cell in cells for output in _told(cell)]
        return {told["question"]: told["status"] for told in shown}


def run_labs(
    labs: list[tuple[str, str]],
    *,
    root: Path,
    db: str | None = None,
    cell_seconds: int = CELL_SECONDS,
    watch: Watch = lambda *_: None,
) -> Iterator[LabRun]:
    """Run labs one after the other; one that fails does not stop the rest.

    Parameters
    ----------
    labs : list of (name, version)
        Such as ``[("01_setup", "learner"), ("01_setup", "solution")]``.
    root : path
        The project's folder.
    db : str, optional
        SQLAlchemy URL of a database that the labs share. Without it, each run has a SQLite file of its own.
    cell_seconds : int
        Longest time for one cell.
    watch : callable
        Told lab, version, the code cell about to run (0 while the kernel starts), and how many there are.

    Yields
    ------
    LabRun
        As each ends. After Ctrl-C: the one that was "stopped", the rest as "not run".
    """
    stopped = False
    with _TrackingServer() as tracking:
        for lab, version in labs:
            if stopped:
                yield LabRun(lab, version, "not run")
                continue
            path = notebooks.derived_path(lab, version, root)
            with tempfile.TemporaryDirectory(prefix="labs ", ignore_cleanup_errors=True) as folder:
                try:
                    environment = _environment(Path(folder), db) | tracking.settings_for(path)
                except ServiceError as error:
                    yield LabRun(lab, version, "failed", failure=Failure(0, "", "", str(error)))
                    continue
                run = run_notebook(
                    path,
                    version,
                    folder=root / LABS_FOLDER,
                    environment=environment,
                    cell_seconds=cell_seconds,
                    watch=watch,
                )
            stopped = run.result == "stopped"
            yield run


class _TrackingServer:
    """The MLflow server that labs share: yours, or one started for the first lab that tracks."""

    def __enter__(self) -> Self:
        self._open = ExitStack()
        self._address = settings.get("MLFLOW_TRACKING_URI")
        return self

    def __exit__(self, *_error: Any) -> None:
        self._open.close()

    def settings_for(self, notebook: Path) -> dict[str, str]:
        if not _tracks(notebook):
            return {}
        if self._address is None:
            folder = tempfile.TemporaryDirectory(prefix="mlflow ", ignore_cleanup_errors=True)
            home = Path(self._open.enter_context(folder))
            self._address = self._open.enter_context(mlflow_server.temporary(home))
        return {"MLFLOW_TRACKING_URI": self._address}


def _tracks(notebook: Path) -> bool:
    """Whether a notebook uses ``mlsd.tracking``."""
    return notebook.is_file() and re.search(r"\btracking\.\w+\(", notebook.read_text(encoding="utf-8")) is not None


def run_notebook(
    path: Path, version: str, *, folder: Path, environment: dict[str, str], cell_seconds: int, watch: Watch
) -> LabRun:
    """Run one notebook's code cells in order, in a new kernel, and stop at the first that fails.

    A solution fails too if one of its self-checks is not answered with "correct".

    Parameters
    ----------
    path : path
        The notebook. It is not changed.
    version : str
        "learner" or "solution".
    folder, environment
        Where the kernel starts, and its environment variables.
    cell_seconds, watch
        As in :func:`run_labs`.
    """
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    done, started = list[Any](), time.perf_counter()
    result, failure = "failed", None
    try:
        notebook = _read(path)
    except DataError as error:
        return LabRun(path.stem, version, "failed", failure=Failure(0, "", "", str(error)))
    try:
        _execute(notebook, done, folder, environment, cell_seconds, partial(watch, path.stem, version))
        failure = _unsolved(notebook) if version == "solution" else None
        result = "failed" if failure else "passed"
    except KeyboardInterrupt:
        result, failure = "stopped", _failure(notebook, done, "stopped by Ctrl-C")
    except CellTimeoutError:
        failure = _failure(notebook, done, f"took longer than {cell_seconds} s, the limit for a cell\n{LIMIT_FIX}")
    except CellExecutionError as error:
        failure = _failure(notebook, done, f"{error.ename}: {error.evalue}", error.traceback)
    except RuntimeError as error:  # nbclient's word for a kernel that does not start or has died
        failure = _failure(notebook, done, f"{error}\n{MEMORY_FIX}")
    seconds = time.perf_counter() - started
    return LabRun(path.stem, version, result, environment["MLSD_DATABASE_URL"], seconds, len(done), notebook, failure)


def code_cells(notebook: Any) -> list[Any]:
    """The cells that a run counts: code that is not empty."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def _execute(
    notebook: Any,
    done: list[Any],
    folder: Path,
    environment: dict[str, str],
    cell_seconds: int,
    watch: Callable[[int, int], None],
) -> None:
    import zmq
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    # With no folder to look in, `python3` can only be the kernel of the interpreter that runs this.
    specs, encryption = KernelSpecManager(kernel_dirs=[]), "auto" if zmq.has("curve") else "disabled"
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs, transport_encryption=encryption)
    client = NotebookClient(notebook, km=manager, timeout=cell_seconds)
    total = len(code_cells(notebook))
    watch(0, total)
    # Not client.execute(): it takes Ctrl-C for itself and makes it look like a dead kernel.
    with client.setup_kernel(cwd=str(folder), env=environment, stderr=subprocess.DEVNULL, cleanup_kc=True):
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code" and cell.source.strip():
                watch(len(done) + 1, total)
                client.execute_cell(cell, index)
                done.append(cell)


def _failure(notebook: Any, done: list[Any], error: str, traceback: str = "") -> Failure:
    cells = code_cells(notebook)
    cell = cells[min(len(done), len(cells) - 1)]
    lines = cell.source.splitlines()
    # IPython writes the outermost frame first: the line of this cell that was running.
    found = re.search(r"Cell In\[\d+\], line (\d+)", _plain(traceback))
    line = lines[min(int(found[1]), len(lines)) - 1] if found else lines[0]
    last = "\n".join(_plain(error).strip().splitlines()[-ERROR_LINES:])
    return Failure(len(done) + 1, cell.id, line.strip(), last)


def _unsolved(notebook: Any) -> Failure | None:
    for number, cell in enumerate(code_cells(notebook), start=1):
        for output in _told(cell):
            if output.metadata["check"]["status"] != "correct":
                said = f"the solution's answer is not correct\n{output.data['text/plain']}"
                return Failure(number, cell.id, cell.source.splitlines()[-1], said)
    return None


def _told(cell: Any) -> list[Any]:
    # A self-check leaves its status in its output's metadata.
    return [output for output in cell.get("outputs", []) if "check" in output.get("metadata", {})]


def _read(path: Path) -> Any:
    import nbformat

    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist.", "Build it: course build") from None
    except nbformat.reader.NotJSONError as error:
        raise DataError(f"{path} is not a notebook: {error}", "Build it anew: course build --force") from error


def _environment(folder: Path, db: str | None) -> dict[str, str]:
    data = folder / "data"
    data.mkdir()
    own = {
        "MLSD_DATA_DIR": str(data),
        "MLSD_LOG_DIR": str(folder / "logs"),
        "MLSD_DATABASE_URL": db or f"sqlite:///{(data / 'mlsd.db').as_posix()}",
        "PRICE_DATA": str(data / "prices"),
        "FEATURES_DATA": str(data / "features"),
        "CREDIT_DATA": str(data / "credit" / "credit.csv"),
    }
    quiet = {"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    quiet["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")  # boosted trees crawl on a busy machine otherwise
    return os.environ | own | quiet | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
