"""The file of a search: a header that says which search it is, then a line for each candidate and fold that is done."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from types import CodeType
from typing import IO, Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pandas as pd
import sklearn

from ..errors import DataError, WriteError
from .fold import Outcome

__all__ = ["Record", "describe", "digest"]


class Record:
    """What earlier runs of the same search have done, and where to add to it.

    Parameters
    ----------
    file : str or Path, optional
        JSON lines; made where there is none. None keeps nothing.
    identity : dict of str to str
        What the search is of, part by part. A file that says otherwise is refused.

    Raises
    ------
    DataError
        If the file holds another search, or something else.
    WriteError
        If it cannot be written.
    """

    def __init__(self, file: str | Path | None, identity: Mapping[str, str]):
        self.file = Path(file) if file is not None else None
        self.done: dict[tuple[int, int], tuple[str, Outcome]] = {}
        self.handle: IO[str] | None = None
        if self.file:
            header = {"mlsd": "search", "scikit-learn": sklearn.__version__, **identity}
            lines = self._whole_lines()
            if lines:
                self._check(lines[0], header)
                self._read(lines[1:])
            self.handle = self._open(header if not lines else None)

    def _whole_lines(self) -> list[str]:
        """The lines that were written to their end; a torn last one is cut off."""
        assert self.file
        if not self.file.exists():
            return []
        text = self.file.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text) and not text.startswith(b'{"mlsd"'[: len(text)]):
            raise self._foreign("it is no such file")
        if len(whole) < len(text):
            with self.file.open("r+b") as handle:
                handle.truncate(len(whole))
        return whole.decode("utf-8", errors="replace").splitlines()

    def _foreign(self, why: str) -> DataError:
        return DataError(f"{self.file} cannot be resumed from: {why}.", "Name another file, or delete this one.")

    def _check(self, line: str, header: Mapping[str, str]) -> None:
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict) or found.get("mlsd") != "search":
            raise self._foreign("it holds no search")
        differ = [part for part in header if found.get(part) != header[part]]
        if differ:
            raise self._foreign(f"it holds another search; what differs: {', '.join(differ)}")

    def _read(self, lines: list[str]) -> None:
        for number, line in enumerate(lines, 2):
            try:
                entry = json.loads(line)
                params = entry.pop("params")
                outcome = Outcome(**entry)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise self._foreign(f"line {number} is damaged: {line[:60]!r}") from error
            self.done[outcome.number, outcome.fold] = params, outcome

    def _open(self, header: Mapping[str, str] | None) -> IO[str]:
        assert self.file
        try:
            handle = self.file.open("a", encoding="utf-8", newline="\n")
        except OSError as error:
            raise WriteError(f"{self.file} cannot be written: {error.strerror}.", "Name another file.") from error
        if header:
            self._write(handle, header)
        return handle

    @staticmethod
    def _write(handle: IO[str], entry: Mapping[str, Any]) -> None:
        handle.write(json.dumps(entry) + "\n")
        handle.flush()  # a process that is killed loses nothing that was handed to the system

    def look_up(self, candidates: Mapping[int, dict[str, Any]], folds: Iterable[int]) -> dict[tuple[int, int], Outcome]:
        """What is done of these candidates.

        Parameters
        ----------
        candidates : dict of int to dict
            Parameters by candidate's number.
        folds : iterable of int
            The folds in question.

        Returns
        -------
        dict of (candidate, fold) to Outcome

        Raises
        ------
        DataError
            If the file holds another candidate under this number.
        """
        found = {}
        for number, params in candidates.items():
            for fold in folds:
                if (number, fold) in self.done:
                    said, outcome = self.done[number, fold]
                    if said != describe(params):
                        raise self._foreign(f"its candidate {number} is {said}, and not {describe(params)}")
                    found[number, fold] = outcome
        return found

    def add(self, outcome: Outcome, params: dict[str, Any]) -> None:
        """Write down what is done. What failed because a worker died is left out, and tried again next time.

        Parameters
        ----------
        outcome : Outcome
            What became of a candidate on a fold.
        params : dict
            The candidate.
        """
        if self.handle and not (outcome.error or "").startswith("worker:"):
            self._write(self.handle, {**outcome._asdict(), "params": describe(params)})

    def close(self) -> None:
        """Close the file."""
        if self.handle:
            self.handle.close()


def digest(data: Any) -> str:
    """A short text that differs when the data does.

    Parameters
    ----------
    data : object
        A frame, an array, a sparse matrix, a list or None.

    Returns
    -------
    str
    """
    if isinstance(data, (pd.DataFrame, pd.Series)):
        frame = data.to_frame() if isinstance(data, pd.Series) else data
        rows = pd.util.hash_pandas_object(frame).to_numpy()
        names = repr([(str(column), str(kind)) for column, kind in frame.dtypes.items()])
        return sha256(names.encode() + rows.tobytes()).hexdigest()[:16]
    return str(joblib.hash(data))[:16]


def describe(value: Any) -> str:
    """A value as text that is the same in another process, and differs when the value does.

    Parameters
    ----------
    value : object
        A parameter: a number, a text, an estimator, a function, an array, or a collection of these.

    Returns
    -------
    str
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {describe(entry)}" for name, entry in sorted(value.items(), key=str)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(describe, value)) + "]"
    if hasattr(value, "get_params") and not isinstance(value, type):
        return f"{type(value).__qualname__}({describe(value.get_params(deep=False))})"
    if hasattr(value, "__code__"):
        code = sha256(_code_text(value.__code__).encode()).hexdigest()[:8]
        return f"{value.__module__}.{value.__qualname__}#{code}"
    if isinstance(value, (np.ndarray, pd.DataFrame, pd.Series)):
        return f"{type(value).__name__}#{digest(value)}"
    if isinstance(value, (str, int, float, complex, bool, type(None), np.generic)):
        return repr(value)
    return _described_otherwise(value)


def _described_otherwise(value: Any) -> str:
    if hasattr(value, "dist") and hasattr(value, "args"):  # a frozen distribution of scipy.stats
        return f"{value.dist.name}{describe([value.args, value.kwds])}"
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        return f"{value.__module__}.{value.__qualname__}"
    try:
        return f"{type(value).__qualname__}#{joblib.hash(value)}"
    except Exception:  # it cannot be pickled
        return f"{type(value).__qualname__}{describe(getattr(value, '__dict__', {}))}"


def _code_text(code: CodeType) -> str:
    consts = [_code_text(const) if isinstance(const, CodeType) else const for const in code.co_consts]
    sorted_sets = [sorted(map(repr, const)) if isinstance(const, frozenset) else const for const in consts]
    return f"{code.co_code.hex()} {code.co_names} {sorted_sets}"
