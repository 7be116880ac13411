"""A line that says how far a search is and how long it still takes."""

import time
from typing import Any

__all__ = ["Line"]

PATIENCE_SECONDS = 3.0


class Line:
    """Counts fits; shows itself when it takes longer than a few seconds.

    Parameters
    ----------
    total : int
        Fits to do.
    what : str
        The words before the bar.
    wanted : bool, optional
        True shows it at once, False never, None when it takes long and somebody looks.
    """

    def __init__(self, total: int, what: str, wanted: bool | None):
        self.total, self.what, self.wanted = total, what, wanted
        self.done = 0
        self.started = time.monotonic()
        self.bar: Any = None

    def advance(self, fits: int = 1) -> None:
        """Count fits that are done.

        Parameters
        ----------
        fits : int
            How many.
        """
        self.done += fits
        waited = time.monotonic() - self.started > PATIENCE_SECONDS
        if self.bar is None and self.wanted is not False and (self.wanted or waited):
            self.bar = self._show()
        if self.bar:
            self.bar.update(self.bar.task_ids[0], completed=self.done)

    def _show(self) -> Any:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True)
        if not (self.wanted or console.is_terminal or console.is_jupyter):
            self.wanted = False
            return None
        left = TextColumn("fits, time left")
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            left,
            TimeRemainingColumn(),
            TextColumn("after"),
            TimeElapsedColumn(),
            console=console,
        )
        bar.add_task(self.what, total=self.total)
        bar.start()
        return bar

    def close(self) -> None:
        """End the line."""
        if self.bar:
            self.bar.stop()
