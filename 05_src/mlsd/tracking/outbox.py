"""What could not be sent is kept here, and sent later: once, nothing lost and nothing twice.

An *operation* is one thing to tell MLflow, as plain JSON: make a run, add parameters and metrics, add a file, register
a model, end a run. Each carries all that is needed to send it from another process. Sent twice, it changes nothing:

- a run is made with a key of ours as a tag (``mlsd.key``), and looked for by that key before it is made again;
- a metric carries the time at which it was logged; MLflow keeps one of equal name, time, step and value;
- parameters, tags and files of one name replace themselves; a model version is looked for by its key.

So an operation whose answer was lost on the way can be sent again without asking whether it arrived. The outbox is
``tracking_outbox`` in the data folder: one file of operations for each run that lost its server, its artifacts beside
it.
"""

import json
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from .. import settings
from ..errors import MlsdError, WriteError
from . import connection

__all__ = ["Operation", "Synced", "keep", "outbox", "send", "sync", "waiting"]

log = logging.getLogger(__name__)
Operation = dict[str, Any]
KEY, ROOT = "mlsd.key", "mlsd.root"


@dataclass(frozen=True)
class Synced:
    """What a :func:`sync` did.

    Attributes
    ----------
    runs : int
        Runs that are whole on the server now.
    operations : int
        Operations sent for them.
    left : int
        Files that still wait: for another server, or because this one was lost again.
    problems : list of str
        What MLflow refused. It is kept beside, in ``*.refused``, so that the rest can go on.
    ids : dict
        MLflow's id of each run by its key.
    """

    runs: int = 0
    operations: int = 0
    left: int = 0
    problems: list[str] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict, repr=False)


def outbox() -> Path:
    """The folder that keeps what could not be sent. It may not exist."""
    return settings.data_dir() / "tracking_outbox"


def waiting() -> list[Path]:
    """The files that wait to be sent, those of the oldest run first: of two aliases, the later shall stay."""
    kept = [*outbox().glob("*.sending"), *outbox().glob("*.jsonl")]  # the first kind is what a broken sync left
    return sorted(kept, key=lambda file: (file.stem, file.suffix == ".jsonl"))


def keep(operation: Operation) -> None:
    """Write an operation down, behind those of the same run; its files are copied, for nobody deletes them here.

    Raises
    ------
    WriteError
        If the outbox cannot be written.
    """
    try:
        outbox().mkdir(parents=True, exist_ok=True)
        kept = _with_files_copied(operation) if operation["kind"] == "file" else operation
        file = outbox() / f"{operation['root']}.jsonl"
        # A sync may take the file away just now. Then the line is written again: nothing is sent twice by that.
        while not _append(file, f"\n{json.dumps(kept)}\n"):
            pass
    except OSError as error:
        raise WriteError(
            f"The MLflow server is lost, and {outbox()} cannot be written: {error.strerror or error}.",
            "Free disk space, or start the server again; what was logged since then is not kept.",
        ) from error


def _with_files_copied(operation: Operation) -> Operation:
    source = Path(operation["path"])
    target = outbox() / operation["root"] / operation["run"] / f"{operation['number']}" / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)
    return operation | {"path": str(target)}


def _append(file: Path, text: str) -> bool:
    """Whether the text is in the file of that name, rather than in one that has another name by now."""
    with file.open("a", encoding="utf-8") as end:
        end.write(text)
        end.flush()
        return _is(end, file)


def _is(opened: TextIO, file: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(opened.fileno()), file.stat())
    return False


def sync(tell: Callable[[str], None] = lambda text: None, *, only: str | None = None) -> Synced:
    """Send what was kept while the MLflow server was away. Safe to repeat, and while runs go on.

    Parameters
    ----------
    tell : callable
        Told of each file as it is sent.
    only : str, optional
        The root of a run, to send no other.

    Returns
    -------
    Synced
        Runs and operations sent, files left, and what MLflow refused.

    Raises
    ------
    ServiceError
        If something waits and the server does not answer.
    WriteError
        If another sync is at work.

    Examples
    --------
    >>> sync().runs
    0
    """
    if not waiting():
        return Synced()
    uri = connection.address()
    connection.require(uri)
    done = Synced()
    with _alone():
        for file in waiting():
            if only not in (None, file.stem):
                continue
            done = _add(done, _send_file(uri, file))
            tell(f"{file.stem}: {done.operations} operations sent so far")
    return done


def send(uri: str, operation: Operation, ids: dict[str, str], *, again: bool = False) -> int | None:
    """Send one operation; answers with the version if it registers a model.

    Parameters
    ----------
    uri : str
        Where to.
    operation : dict
        What to send.
    ids : dict
        MLflow's id of each run by its key; a run that is made is added.
    again : bool
        It may have arrived before: look before making anything.
    """
    kind = operation["kind"]
    if kind == "create":
        found = _runs_below(uri, operation) if again else {}
        ids[operation["run"]] = found.get(operation["run"]) or _create(uri, operation, ids)
        return None
    return _SENDERS[kind](connection.client(uri), ids[operation["run"]], operation)


def _send_file(uri: str, file: Path) -> Synced:
    """Send the operations of one file in order and delete it; what is left when the server goes away stays."""
    claimed = _claimed(uri, file)
    if claimed is None:
        return Synced(left=1)
    operations, problems, done = _read(claimed), list[str](), 0
    ids = {operation["run"]: operation["run_id"] for operation in operations if operation.get("run_id")}
    try:
        if not {operation["run"] for operation in operations} <= set(ids):
            ids |= _runs_below(uri, operations[0])
        for operation in operations:
            problems += _problems_of_sending(uri, operation, ids, file.with_suffix(".refused"))
            done += 1
    except Exception as error:
        if not connection.is_lost(error):
            raise
        log.warning("Not everything was sent: %s", connection.shown(error))
        _replace(claimed, [each | {"run_id": ids.get(each["run"])} for each in operations[done:]])
        return Synced(_whole(operations[:done]), done - len(problems), 1, problems, ids)
    claimed.unlink(missing_ok=True)
    if not problems and not file.with_suffix(".jsonl").exists():
        shutil.rmtree(outbox() / file.stem, ignore_errors=True)
    return Synced(_whole(operations), done - len(problems), 0, problems, ids)


def _claimed(uri: str, file: Path) -> Path | None:
    """The file under the name of one that is being sent, if it is for this server. Its run then begins a new one."""
    operations, claimed = _read(file), file.with_suffix(".sending")
    if operations and operations[0]["uri"] != connection.without_password(uri):
        return None
    if file == claimed or not file.exists():
        return claimed
    with suppress(PermissionError):  # on Windows, while the run writes to it
        return None if claimed.exists() else file.replace(claimed)
    return None


def _problems_of_sending(uri: str, operation: Operation, ids: dict[str, str], refused: Path) -> list[str]:
    """Send what is not there yet. What MLflow refuses is written down beside, and told."""
    is_there, is_new = operation["run"] in ids, operation["kind"] == "create"
    try:
        if not is_there and not is_new:
            raise MlsdError("The run itself is not there.")
        if not (is_there and is_new):
            send(uri, operation, ids)
    except Exception as error:
        if connection.is_lost(error):
            raise
        _append(refused, f"\n{json.dumps(operation)}\n")
        return [f"{operation['kind']} of run {operation['run']}: {connection.shown(error)}"]
    return []


def _runs_below(uri: str, operation: Operation) -> dict[str, str]:
    """MLflow's id of each run that has the same root, by our key."""
    mlflow, found, token = connection.client(uri), dict[str, str](), None
    experiment = [connection.experiment_id(uri, operation["experiment"])]
    root = f"tags.`{ROOT}` = '{operation['root']}'"
    while True:
        page = mlflow.search_runs(experiment, root, max_results=1000, page_token=token)
        found |= {run.data.tags[KEY]: run.info.run_id for run in page}
        token = page.token
        if not token:
            return found


def _create(uri: str, operation: Operation, ids: dict[str, str]) -> str:
    tags = operation["tags"] | {KEY: operation["run"], ROOT: operation["root"]}
    if operation.get("parent"):
        tags["mlflow.parentRunId"] = ids[operation["parent"]]
    experiment = operation.get("experiment_id") or connection.experiment_id(uri, operation["experiment"])
    made = connection.client(uri).create_run(experiment, operation["time"], tags, operation["name"])
    return str(made.info.run_id)


def _send_batch(mlflow: Any, run_id: str, operation: Operation) -> None:
    from mlflow.entities import Metric, Param

    params = [Param(key, value) for key, value in operation["params"].items()]
    metrics = [Metric(*metric) for metric in operation["metrics"]]
    # One request may hold 1,000 entries, among them 100 parameters.
    for number in range(max(-(-len(params) // 100), -(-len(metrics) // 900))):
        few, many = slice(100 * number, 100 * number + 100), slice(900 * number, 900 * number + 900)
        mlflow.log_batch(run_id, metrics=metrics[many], params=params[few])


def _send_input(mlflow: Any, run_id: str, operation: Operation) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    tags = [InputTag("mlflow.data.context", operation["context"])]
    mlflow.log_inputs(run_id, [DatasetInput(Dataset(**operation["dataset"]), tags)])


def _send_file_or_folder(mlflow: Any, run_id: str, operation: Operation) -> None:
    path = Path(operation["path"])
    if path.is_dir():
        mlflow.log_artifacts(run_id, str(path), operation["to"])
    else:
        mlflow.log_artifact(run_id, str(path), operation["to"] or None)


def _register(mlflow: Any, run_id: str, operation: Operation) -> int:
    from mlflow.exceptions import MlflowException

    name, key = operation["name"], operation["key"]
    try:
        known = mlflow.search_model_versions(f"name = '{name}' and run_id = '{run_id}'")
        if not known:
            mlflow.get_registered_model(name)
    except MlflowException as error:
        if getattr(error, "error_code", "") != "RESOURCE_DOES_NOT_EXIST":
            raise
        known = []
        with suppress(MlflowException):  # another process was quicker; what else is wrong shows in the next line
            mlflow.create_registered_model(name)
    version = next((each for each in known if each.tags.get(KEY) == key), None) or mlflow.create_model_version(
        name, f"runs:/{run_id}/{operation['artifact']}", run_id, tags={KEY: key}, await_creation_for=0
    )
    if operation["alias"]:
        mlflow.set_registered_model_alias(name, operation["alias"], version.version)
    return int(version.version)


def _end(mlflow: Any, run_id: str, operation: Operation) -> None:
    mlflow.set_terminated(run_id, operation["status"], operation["time"])


_SENDERS: dict[str, Callable[[Any, str, Operation], int | None]] = {
    "batch": _send_batch,
    "input": _send_input,
    "file": _send_file_or_folder,
    "register": _register,
    "end": _end,
}


def _read(file: Path) -> list[Operation]:
    """The operations of a file. A line that is cut, because the machine died or the disk was full, is left out."""
    operations = list[Operation]()
    with suppress(FileNotFoundError):  # another process sent it in the meantime
        for line in file.read_text(encoding="utf-8").split("\n"):
            with suppress(json.JSONDecodeError):
                operations.append(json.loads(line))
    return operations


def _replace(file: Path, operations: Iterable[Operation]) -> None:
    new = file.with_suffix(".new")
    new.write_text("".join(json.dumps(each) + "\n" for each in operations), encoding="utf-8")
    new.replace(file)


def _whole(operations: list[Operation]) -> int:
    return sum(operation["kind"] == "end" for operation in operations)


def _add(one: Synced, other: Synced) -> Synced:
    return Synced(
        one.runs + other.runs,
        one.operations + other.operations,
        one.left + other.left,
        [*one.problems, *other.problems],
        one.ids | other.ids,
    )


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process sync at a time. SQLite's lock is the system's own: it goes with the process that has it."""
    try:
        lock = sqlite3.connect(outbox() / "sync.lock", timeout=0, isolation_level=None)
        lock.execute("begin exclusive")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise WriteError("Another `mlsd tracking sync` is at work.", "Wait until it has ended.") from error
        raise WriteError(f"{outbox()} cannot be written: {error}.", "Free disk space, or see who owns it.") from error
    try:
        yield
    finally:
        lock.close()
