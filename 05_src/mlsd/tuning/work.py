"""Run tasks: here, on joblib's threads or processes, or on a Dask cluster. The outcomes are the same, in any order."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import cycle, pairwise
from typing import Any

import numpy as np
from joblib import effective_n_jobs  # type: ignore[import-untyped]
from sklearn import config_context
from sklearn.utils.parallel import Parallel, delayed

from .fold import Case, Outcome, Task, fit_fold
from .scoring import short
from .steps import Member

__all__ = ["cut_tasks", "run", "workers"]


def workers(n_jobs: int | None, client: Any) -> int:
    """How many tasks run at a time.

    Parameters
    ----------
    n_jobs : int, optional
        As in scikit-learn.
    client : distributed.Client, optional
        It counts instead where it is given.

    Returns
    -------
    int
    """
    return effective_n_jobs(n_jobs) if client is None else max(1, sum(client.nthreads().values()))


def cut_tasks(
    members: Sequence[Member], splits: dict[int, tuple], done: Collection[tuple[int, int]], at_once: int
) -> list[Task]:
    """One task a fold; the folds that are left over when each worker has had its share are cut up.

    Parameters
    ----------
    members : list of Member
        Candidates in the order of the tree.
    splits : dict of int to (train, test)
        Folds by number.
    done : set of (int, int)
        Candidates and folds that need not run.
    at_once : int
        Number of workers.

    Returns
    -------
    list of Task
        Those of whole folds first. Each part of a fold fits the steps that its candidates share once.
    """
    open_folds = {fold: [member for member in members if (member.number, fold) not in done] for fold in splits}
    open_folds = {fold: left for fold, left in open_folds.items() if left}
    whole = len(open_folds) - len(open_folds) % at_once
    tasks = []
    for place, (fold, left) in enumerate(open_folds.items()):
        parts = 1 if place < whole else max(1, at_once // (len(open_folds) - whole))
        train, test = splits[fold]
        tasks += [Task(fold, train, test, part) for part in _parts(left, parts)]
    return tasks


def _parts(members: Sequence[Member], parts: int) -> list[Sequence[Member]]:
    bounds = np.linspace(0, len(members), min(parts, len(members)) + 1).round().astype(int)
    return [members[start:stop] for start, stop in pairwise(bounds)]


def run(case: Case, tasks: Sequence[Task], *, n_jobs: int | None = None, client: Any = None) -> Iterator[Outcome]:
    """Run all tasks.

    Parameters
    ----------
    case : Case
        The data and the pipeline.
    tasks : list of Task
        What to do.
    n_jobs : int, optional
        Jobs of joblib, in the backend that ``joblib.parallel_config`` chose.
    client : distributed.Client, optional
        Where to run instead.

    Yields
    ------
    Outcome
        As soon as it is known: here, one by one; from elsewhere, a task at a time.
    """
    if client is not None:
        yield from _on_dask(case, tasks, client)
    elif effective_n_jobs(n_jobs) == 1:
        for task in tasks:
            yield from fit_fold(case, task)
    else:
        parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered", pre_dispatch="all")
        for outcomes in parallel(delayed(_whole)(case, task) for task in tasks):
            yield from outcomes


def _whole(case: Case, task: Task) -> list[Outcome]:
    with config_context(**case.config):
        return list(fit_fold(case, task))


def _on_dask(case: Case, tasks: Sequence[Task], client: Any) -> Iterator[Outcome]:
    import dask
    from distributed import as_completed

    def submit(task: Task) -> Any:
        place = next(places, None)
        future = client.submit(_whole, data, task, pure=False, workers=place, allow_other_workers=place is not None)
        tasks_of[future.key] = task
        return future

    # Left to itself, Dask sends every task to the one worker that has the data; a wish, so that others may take over
    places = cycle([address for address, threads in client.nthreads().items() for _ in range(threads)])
    tasks_of: dict[Any, Task] = {}
    # The data is the result of a task and not scattered: when the only worker that has it dies, Dask makes it again
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "100 TB"}):
        data = client.submit(_itself, case, pure=False)
        running = as_completed([submit(task) for task in tasks])
    suspects: list[Task] = []
    try:
        for future in running:
            task = tasks_of[future.key]
            if future.exception():
                suspects += [replace(task, members=[member]) for member in task.members]
            else:
                yield from future.result()
        for task in suspects:  # one at a time: what ends a worker takes down what waits there too
            future = submit(task)
            failed = future.exception()
            yield from _lost(task, failed) if failed else future.result()
    finally:
        client.cancel(list(running.futures))


def _itself(case: Case) -> Case:
    return case


def _lost(task: Task, error: BaseException) -> Iterator[Outcome]:
    """What ends its worker again and again, or cannot be sent there, has failed; the rest goes on."""
    for member in task.members:
        yield Outcome(member.number, task.fold, {}, f"worker: {short(error)}", 0.0, 0.0)
