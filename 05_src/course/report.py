"""What a run of the labs looks like: on the terminal while it goes on, and as HTML pages afterwards.

The pages need no network: styles and images are inside, and no script is loaded.
"""

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from mlsd import settings

from .runner import LabRun, code_cells

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["failure_text", "progress", "summary", "write_report"]

HEADINGS = ("lab", "version", "result", "seconds", "cells", "checks", "database")
SYMBOLS = {"passed": "✔", "failed": "✘", "stopped": "■", "not run": "–"}

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
body { color: #1a1a1a; background: #fff }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { padding: .3rem .8rem; text-align: left; border-bottom: 1px solid #ccc }
td.number, .dataframe td { text-align: right; font-variant-numeric: tabular-nums }
.passed { color: #00694c } .failed, .stopped { color: #a63c00; font-weight: 600 }
pre { overflow-x: auto; margin: 0; padding: .6rem .8rem; font: 14px/1.45 ui-monospace, Consolas, monospace }
.failure pre, .output_error pre, .output_stderr pre { background: #fff1e8; border-left: 4px solid #d55e00 }
.input_area { background: #f5f5f5; border-left: 4px solid #0072b2; margin-top: 1rem }
.output_area { overflow-x: auto } .prompt, .anchor-link { display: none } img, svg { max-width: 100%; height: auto }
a { color: #005a9c }
"""

PAGE = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title><style>$style</style></head>
<body><main>
$body
</main></body></html>
""")


@contextmanager
def progress(console: "Console", runs: int) -> Iterator[Callable[[str, str, int, int], None]]:
    """Show which lab and cell runs, with the seconds so far; nothing where there is no terminal to redraw.

    Yields
    ------
    callable
        Call it with lab, version, code cell and number of code cells.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[cell]}"), TimeElapsedColumn()]
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task, seen = bar.add_task("", cell=""), set[tuple[str, str]]()

        def watch(lab: str, version: str, cell: int, cells: int) -> None:
            if (lab, version) not in seen:
                seen.add((lab, version))
                bar.reset(task, total=cells)
            named = f"cell {cell} of {cells}" if cell else "starting the kernel"
            where = f"lab {len(seen)} of {runs}: {lab} ({version})"
            bar.update(task, description=where, completed=max(cell - 1, 0), cell=named)

        yield watch


def failure_text(run: LabRun) -> str:
    """Where a lab stopped and why, in a few lines; empty for one that passed.

    Examples
    --------
    >>> from course.runner import Failure
    >>> why = Failure(7, "cell-012", "1 / 0", "No.")
    >>> print(failure_text(LabRun("03_files", "learner", "failed", failure=why)))
    03_files (learner), cell 7 (cell-012), at: 1 / 0
      No.
    """
    if run.failure is None:
        return ""
    where = f"{run.lab} ({run.version})"
    if run.failure.cell:
        where += f", cell {run.failure.cell} ({run.failure.cell_id}), at: {run.failure.line}"
    return "\n".join([where, *(f"  {line}" for line in run.failure.error.splitlines())])


def summary(runs: list[LabRun]) -> "Table":
    """One row a run: lab, version, result, seconds, cells, checks, database."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading in ("seconds", "cells") else "left", no_wrap=True)
    for run in runs:
        table.add_row(*_row(run), style=None if run.result == "passed" else "bold red")
    return table


def write_report(runs: list[LabRun], folder: Path) -> Path:
    """Write ``index.html`` and a page for each notebook that ran, over what an earlier run left.

    Parameters
    ----------
    runs : list of LabRun
        What to show, in this order.
    folder : path
        Made where it is missing. Its older pages are removed.

    Returns
    -------
    pathlib.Path
        Of ``index.html``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.html"):
        old.unlink()
    for run in runs:
        if run.notebook is not None:
            (folder / _page_name(run)).write_text(_lab_page(run), encoding="utf-8")
    index = folder / "index.html"
    index.write_text(_index_page(runs), encoding="utf-8")
    return index


def _row(run: LabRun) -> list[str]:
    counted = Counter(run.checks.values())
    checks = f"{counted['correct']} of {counted.total()} correct" if counted else ""
    if run.notebook is None:
        return [run.lab, run.version, run.result, "", "", "", ""]
    total = len(code_cells(run.notebook))
    cells = str(total) if run.cells == total else f"{run.cells} of {total}"
    return [run.lab, run.version, run.result, f"{run.seconds:.1f}", cells, checks, run.database]


def _index_page(runs: list[LabRun]) -> str:
    counted = Counter(run.result for run in runs)
    told = ", ".join(f"{count} {result}" for result, count in counted.items())
    head = "".join(f'<th scope="col">{heading}</th>' for heading in HEADINGS)
    rows = "\n".join(f"<tr>{_html_row(run)}</tr>" for run in runs)
    failures = "\n".join(f"<pre>{html.escape(failure_text(run))}</pre>" for run in runs if run.failure)
    below = f'<h2>What stopped</h2><div class="failure">{failures}</div>' if failures else ""
    total = f"{sum(run.seconds for run in runs):.1f} s"
    body = f"<h1>Labs: {told}</h1><p>{total} in all.</p><table><tr>{head}</tr>\n{rows}</table>{below}"
    return PAGE.substitute(title=f"Labs: {told}", style=STYLE, body=body)


def _html_row(run: LabRun) -> str:
    lab, version, result, *numbers, checks, database = map(html.escape, _row(run))
    link = f'<a href="{_page_name(run)}">{lab}</a>' if run.notebook is not None else lab
    counts = "".join(f'<td class="number">{number}</td>' for number in numbers)
    told = f'<td class="{result}">{SYMBOLS[run.result]} {result}</td>'
    return f"<td>{link}</td><td>{version}</td>{told}{counts}<td>{checks}</td><td>{database}</td>"


def _lab_page(run: LabRun) -> str:
    import copy

    from nbconvert import HTMLExporter
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

    notebook = copy.deepcopy(run.notebook)
    _describe_images(notebook)
    _point_at_root(notebook)
    exporter = HTMLExporter(template_name="basic", embed_images=True)
    body, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"path": str(settings.root())}})
    failure = f'<div class="failure"><pre>{html.escape(failure_text(run))}</pre></div>' if run.failure else ""
    head = f'<p><a href="index.html">All labs</a> · {run.version} version · {SYMBOLS[run.result]} {run.result}</p>'
    style = STYLE + HtmlFormatter(style="default").get_style_defs(".highlight")
    return PAGE.substitute(title=html.escape(f"{run.lab} ({run.version})"), style=style, body=head + failure + body)


def _describe_images(notebook: Any) -> None:
    # A lab describes its plots in the text above them; that text is what a screen reader gets.
    above = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            above = " ".join(re.sub(r"[#*`_>|$\[\]]", "", cell.source).split())
        else:
            cell.metadata.setdefault("alt", f"Plot. {above}"[:300])


def _point_at_root(notebook: Any) -> None:
    # A lab names its pictures ../../01_materials/images/...; nbconvert embeds only what lies below its folder.
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"(!\[[^\]]*\]\()\.\./\.\./", r"\1", cell.source)


def _page_name(run: LabRun) -> str:
    return f"{run.lab}-{run.version}.html"
