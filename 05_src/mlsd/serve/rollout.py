"""A challenger beside the champion: in a shadow it answers unseen, in a canary it answers a share for real.

Whatever goes wrong with it, no request fails: then the champion answers alone, and ``/readyz`` and the log say why.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import DataError, MlsdError, SettingsError
from ..tracking import connection
from .model import Served, Watched, version_at

__all__ = ["Trial", "assign"]

log = logging.getLogger(__name__)
WATCH_SECONDS = 1.0
RETRY_SECONDS = 30.0
HOPELESS_ROWS = 100  # failed one after the other: trying each row alone would cost the champion its processor


def assign(request_ids: Any, share: float, *, salt: str = "") -> np.ndarray:
    """Which requests the challenger answers in a canary.

    Parameters
    ----------
    request_ids : array-like of str, shape (n,)
        Ids; equal ids get equal answers.
    share : float
        0 to 1. Who is in with a small share stays in with a larger one.
    salt : str
        Another salt draws others: give the challenger's version, so that not always the same requests try things out.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        True where the challenger answers.

    Raises
    ------
    DataError
        If the share is not from 0 to 1.

    Examples
    --------
    >>> assign([f"request {i}" for i in range(10_000)], 0.1).mean().round(2)
    np.float64(0.1)
    """
    if not 0 <= share <= 1:
        raise DataError(f"`share` must be from 0 to 1, got: {share}.")
    digests = (hashlib.sha256(f"{salt}/{each}".encode()).digest() for each in request_ids)
    return np.array([int.from_bytes(digest[:8], "big") / 2**64 < share for digest in digests], dtype=bool)


class Trial:
    """The challenger behind an alias: a thread looks every second whether the alias has moved, gone, or come back.

    Parameters
    ----------
    watched : Watched
        The champion.
    name : str
        ``"name@alias"``: another alias of the champion's model. While there is none, there is no trial.
    share : float, optional
        Of the requests, for a canary; None for a shadow.
    load : callable
        Loads ``"name@alias"``.
    loaded : Served, optional
        The challenger of this moment, for a new worker.

    Attributes
    ----------
    current : Served or None
        Who is tried out now.
    problem : str or None
        Why there is nobody, or why the alias could not be looked at.

    Raises
    ------
    SettingsError
        If the challenger is not another alias of the same model, or the share is not from 0 to 1.
    """

    def __init__(
        self,
        watched: Watched,
        name: str,
        share: float | None,
        load: Callable[[str], Served],
        loaded: Served | None = None,
    ):
        champion, (base, _, self.alias) = watched.current, name.partition("@")
        if base != champion.name or self.alias in ("", champion.alias):
            raise SettingsError(
                f"The challenger must be another alias of {champion.name!r}, got: {name!r}.",
                f"Set one in the registry and say {champion.name}@challenger, for example.",
            )
        if share is not None and not 0 <= share <= 1:
            raise SettingsError(f"`share` must be from 0 to 1, got: {share}.")
        self.share, self.current = share, loaded
        self.problem: str | None = None
        self._watched, self._name, self._load, self._loaded = watched, name, load, loaded
        self._compared: tuple[Served, Served, str | None] | None = None
        self._hopeless, self._failed, self._unloadable = ("", ""), 0, ("", 0.0)
        self._stopped, self._lock = threading.Event(), threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:  # to a new worker goes the challenger of this moment, without the thread
        return type(self), (self._watched, self._name, self.share, self._load, self.current)

    def start(self) -> None:
        """Begin to watch."""
        threading.Thread(target=self._watch, name="challenger-watch", daemon=True).start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()

    def beside(self, champion: Served) -> Served | None:
        """Who may be tried out beside a champion.

        Parameters
        ----------
        champion : Served
            Who answers now.

        Returns
        -------
        Served or None
            Not the champion itself, which may just have been promoted.
        """
        challenger = self.current
        return None if challenger is None or challenger.version == champion.version else challenger

    def picks(self, challenger: Served, request_id: str) -> bool:
        """Whether the challenger answers a request for real.

        Parameters
        ----------
        challenger : Served
            Whose version salts the draw.
        request_id : str
            That of the request.

        Returns
        -------
        bool
            False in a shadow.
        """
        return self.share is not None and bool(assign([request_id], self.share, salt=challenger.version)[0])

    def note(self, challenger: Served, answers: list[dict[str, Any]]) -> int:
        """Count what the challenger failed at; one that fails at everything is given up until its alias moves.

        Parameters
        ----------
        challenger : Served
            Who answered.
        answers : list of dict
            What it said to rows that the champion takes.

        Returns
        -------
        int
            How many rows it failed at.
        """
        failed = sum("error" in answer for answer in answers)
        with self._lock:
            self._failed = self._failed + failed if failed == len(answers) else 0
            if self._failed >= HOPELESS_ROWS and challenger is self.current:
                why = f"version {challenger.version} failed at {self._failed} rows one after the other"
                self._hopeless, self._failed = (challenger.version, why), 0
                self._tell(None, why)
        return failed

    def look(self) -> None:
        """Look once. A registry that is away changes nothing; an alias that is gone ends the trial."""
        try:
            version = version_at(self._name)
            if self._loaded is None or version != self._loaded.version:
                if self._unloadable[0] == version and time.monotonic() < self._unloadable[1]:
                    return
                with self._lock:  # no trial rather than an old one
                    self.current, self.problem = None, f"version {version} is being loaded"
                    self._loaded, self._hopeless = None, ("", "")
                self._unloadable = version, time.monotonic() + RETRY_SECONDS
                self._loaded, self._unloadable = self._load(self._name), ("", 0.0)
            with self._lock:
                unfit = self._unfit(self._watched.current, self._loaded)
                self._tell(None if unfit else self._loaded, unfit)
        except Exception as error:
            said = error.problem if isinstance(error, MlsdError) else connection.shown(error)
            with self._lock:
                if isinstance(error, DataError):
                    self._loaded = None
                is_hopeless = self._loaded is not None and self._loaded.version == self._hopeless[0]
                self._tell(self._loaded and self.current, self._hopeless[1] if is_hopeless else said)

    def as_json(self) -> dict[str, Any]:
        """What ``/readyz`` tells."""
        version = self.current and self.current.version
        return {"challenger": self._name, "version": version, "share": self.share, "problem": self.problem}

    def _tell(self, challenger: Served | None, problem: str | None) -> None:
        """Set the state; say it in the log when it is another one, not every second."""
        before, self.current = self.current, challenger
        if problem != self.problem and problem:
            log.warning("%s: %s", self._name if challenger else f"{self._name} is not tried out", problem)
        elif challenger and (before is None or before.version != challenger.version):
            how = "as a shadow" if self.share is None else f"for {self.share:.1%} of the requests"
            log.info("Trying out %s/%s %s", challenger.name, challenger.version, how)
        self.problem = problem

    def _unfit(self, champion: Served, challenger: Served) -> str | None:
        """Why the challenger cannot answer in the champion's place."""
        if challenger.version == self._hopeless[0]:
            return self._hopeless[1]
        if challenger.version == champion.version:
            return f"champion and challenger are both version {champion.version}"
        if self._compared is None or self._compared[0] is not champion or self._compared[1] is not challenger:
            self._compared = champion, challenger, _difference(champion, challenger)
        return self._compared[2]

    def _watch(self) -> None:
        while not self._stopped.wait(WATCH_SECONDS):
            self.look()


def _difference(champion: Served, challenger: Served) -> str | None:
    """What a client would notice: other columns or types of a row, or another kind of answer."""
    ours, theirs = ({field.name: field.dtype for field in each.schema.fields} for each in (champion, challenger))
    odd = sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name))
    if odd:
        kinds = [f"{name!r} ({ours.get(name, 'absent')}, now {theirs.get(name, 'absent')})" for name in odd]
        return f"version {challenger.version} takes other columns than version {champion.version}: {', '.join(kinds)}"
    said, says = (list(each.empty_answer().columns) for each in (champion, challenger))
    return None if said == says else f"version {challenger.version} answers {says}, the champion {said}"
