"""What an assignment's probe works with: look at names, watch calls, send facts out.

A probe is a file ``probe.py`` in the assignment's folder. It runs in the box, in the learner's own process, so it only
records; nothing is decided here. It may have::

    PRELOAD = ["pandas", "sklearn.pipeline"]     # loaded once, before the fork

    def start(box): ...     # before the first cell: watch what matters
    def look(box): ...      # after each top-level statement
    def finish(box): ...    # after the last cell
"""

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

__all__ = ["Box", "shortened"]

# Taken before a stranger's code runs: what it puts in their place later is not called.
_write, _getpid, _type, _isinstance = os.write, os.getpid, type, isinstance


def shortened(text: Any, at_most: int = 300) -> str:
    """Text cut to `at_most` characters; only of what is really a `str`."""
    text = text if type(text) is str else f"<{type(text).__name__}>"
    return text if len(text) <= at_most else text[: at_most - 1] + "…"


class Box:
    """A probe's view of the running notebook.

    Parameters
    ----------
    names : dict
        The notebook's variables.
    folder : Path
        The course's folder in the box; its ``05_src/data`` holds the data.
    fd : int
        Where evidence goes.
    token : bytes
        What each line of evidence begins with.
    most : int
        Bytes of evidence that are sent at most.

    Attributes
    ----------
    cell : int or None
        Number of the cell that runs, counted over all cells of the notebook, from 1.
    """

    def __init__(self, names: dict[str, Any], folder: Path, fd: int, token: bytes, most: int):
        self.names = names
        self.folder = folder
        self.cell: int | None = None
        self._out, self._token, self._left, self._busy = fd, token, most, False
        self._pid = _getpid()

    def emit(self, fact: str, /, **values: Any) -> None:
        """Send a fact out: plain strings, numbers, lists and dicts. A fork that the notebook made has no say."""
        if _getpid() != self._pid:
            return
        line = self._token + _encode({"fact": fact, "cell": self.cell, **values}).encode() + b"\n"
        self._left -= len(line)
        if self._left < 0:
            return
        while line:
            line = line[_write(self._out, line) :]

    def from_notebook(self, depth: int = 2) -> bool:
        """Whether the function `depth` frames up was called by the notebook's own code, and not by a library."""
        frame = sys._getframe(depth)
        return frame.f_globals.get("__name__") == "__main__"

    def watch(
        self,
        owner: Any,
        name: str,
        before: Callable[..., Any] | None = None,
        after: Callable[..., Any] | None = None,
        instead: Callable[..., Any] | None = None,
        everywhere: bool = False,
    ) -> None:
        """Be told when ``owner.name(...)`` is called.

        Parameters
        ----------
        owner : module or class
            Whose attribute is watched.
        name : str
            The attribute.
        before : function, optional
            Called with (args, kwargs) before the call; may return new (args, kwargs).
        after : function, optional
            Called with (result, args, kwargs); may return another result, unless it returns None.
        instead : function, optional
            Called with (original, args, kwargs) in place of the original.
        everywhere : bool, default False
            Also tell of calls that a library makes; otherwise only of the notebook's own.

        Notes
        -----
        What a watcher itself calls is not watched. What goes wrong in a watcher is sent out as a fact, and the notebook
        does not notice.
        """
        original = getattr(owner, name)

        @wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Any:
            if self._busy or not (everywhere or self.from_notebook()):
                return original(*args, **kwargs)
            if before is not None:
                args, kwargs = self.quietly(name, before, args, kwargs) or (args, kwargs)
            result = original(*args, **kwargs) if instead is None else instead(original, args, kwargs)
            if after is not None:
                other = self.quietly(name, after, result, args, kwargs)
                result = result if other is None else other
            return result

        watched.__wrapped_by_box__ = True  # type: ignore[attr-defined]
        setattr(owner, name, watched)

    def quietly(self, what: str, function: Callable[..., Any], *args: Any) -> Any:
        """Call it without being watched; tell of an error instead of raising it."""
        was, self._busy = self._busy, True
        try:
            return function(*args)
        except Exception as error:
            self.emit("probe failed", what=what, error=f"{_type(error).__name__}: {shortened(str(error))}")
            return None
        finally:
            self._busy = was


def _plain(value: Any) -> Any:
    """Numbers of numpy and paths as JSON has them; of anything else only the name of its type."""
    if _isinstance(value, Path):
        return str(value)
    if _type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        return value.item()
    if _type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    return f"<{_type(value).__name__}>"


class _Encoder(json.JSONEncoder):
    """JSON's own, with what it needs kept here, whatever becomes of the class that a stranger can reach."""

    encode = json.JSONEncoder.encode
    iterencode = json.JSONEncoder.iterencode


_encode = _Encoder(default=_plain).encode
