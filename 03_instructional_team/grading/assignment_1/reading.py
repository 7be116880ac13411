"""What can be said of code that did not run: which columns it writes, and how. Comments do not count."""

import re

from course.grading.evidence import Cell, Evidence

__all__ = ["Written", "not_run", "written"]

WRITES = re.compile(
    r"""(?:\[\s*(?P<quote>['"])(?P<column>[^'"]+)(?P=quote)\s*\]|(?<![\w.'"])(?P<word>[A-Za-z_]\w*))\s*=(?!=)\s*(?P<how>[^\n]+)"""
)
Written = tuple[str, str, int]  # column, expression, cell


def not_run(seen: Evidence, number: int | None) -> bool:
    """Whether a cell of the learner's did not run through."""
    cell = seen.cell(number)
    return cell is not None and cell.status != "ok"


def written(seen: Evidence) -> list[Written]:
    """Columns that cells which did not run through would write."""
    broken = {fact["cell"] for fact in seen.of("table failed")} | {fact["made"] for fact in seen.of("table failed")}
    return [each for cell in seen.code if cell.status != "ok" or cell.number in broken for each in _of(cell)]


def _of(cell: Cell) -> list[Written]:
    source = re.sub(r"#[^\n]*", "", cell.source)
    return [(m["column"] or m["word"], m["how"].strip(), cell.number) for m in WRITES.finditer(source)]
