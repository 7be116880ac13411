"""The truth about the numbers; the files themselves lie in ``data``, and each box gets a copy of them."""

from pathlib import Path
from typing import Any


def make(folder: Path) -> None:
    """Nothing to add to what lies in ``data``."""


def expected(folder: Path) -> dict[str, Any]:
    """The right answers, as ``seen.expected`` in judge.py."""
    numbers = [int(line) for line in (folder / "numbers.txt").read_text(encoding="utf-8").split()]
    return {"total": sum(numbers), "largest": max(numbers), "numbers": numbers}
