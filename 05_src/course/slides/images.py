"""Runs a deck's drawings and writes each as an SVG beside the built decks."""

import inspect
import runpy
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsd.errors import DataError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw", "drawings", "drawn", "images_folder"]

# Words become outlines, so that a slide looks the same on a machine without our fonts; no dates, no random ids.
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "mlsd",
    "font.family": "DejaVu Sans",
    "font.size": 15.0,
}
_STYLE |= {"axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 17.0, "figure.dpi": 100.0}


def images_folder(root: Path) -> Path:
    """Where the drawings go: 01_materials/slides/images."""
    return root / "01_materials" / "slides" / "images"


def drawn(root: Path) -> list[Path]:
    """The files of drawings, one for each deck."""
    return sorted((root / "03_instructional_team" / "sources" / "slides" / "drawings").glob("*.py"))


def drawings(file: Path) -> "dict[str, Callable[[], Figure]]":
    """The drawings of one file: its own public functions, by name.

    Parameters
    ----------
    file : Path
        A file of drawings. It is run, not imported: its name begins with a number.

    Returns
    -------
    dict
        From the name, which is also the image's, to a function without parameters that returns a figure.
    """
    names = runpy.run_path(str(file))
    return {name: each for name, each in names.items() if not name.startswith("_") and _is_from(each, file)}


def draw(file: Path, folder: Path) -> Iterator[Path]:
    """Draw what a file holds.

    Parameters
    ----------
    file : Path
        A file of drawings.
    folder : Path
        Takes an SVG for each, named after its function.

    Yields
    ------
    Path
        Each image, when it is written. The same drawing gives the same bytes.
    """
    import matplotlib

    folder.mkdir(parents=True, exist_ok=True)
    for name, function in drawings(file).items():
        with matplotlib.rc_context(_STYLE):
            _save(function(), folder / f"{name}.svg", f"{file.name}, {name}")
        yield folder / f"{name}.svg"


def _save(figure: "Figure", path: Path, where: str) -> None:
    if not hasattr(figure, "savefig"):
        raise DataError(
            f"{where} returned {type(figure).__name__}, no figure.", fix="End the function with the figure."
        )
    cut = _cut(figure)
    if cut:
        raise DataError(f"{where}: {cut[0]!r} runs over its edge.", fix="Break the line, or make box or canvas larger.")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        new = Path(folder) / path.name
        figure.savefig(new, format="svg", metadata={"Date": None, "Creator": None})
        lines = [line.rstrip() for line in new.read_text(encoding="utf-8").splitlines()]
        new.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        new.replace(path)


def _cut(figure: "Figure") -> list[str]:
    """Words that leave the sheet, or the smallest box that their middle lies in."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.patches import FancyBboxPatch

    FigureCanvasAgg(figure).draw()
    boxes = [patch.get_window_extent() for patch in figure.findobj(FancyBboxPatch)]
    found = []
    for text in [*figure.texts, *(each for axes in figure.axes for each in (*axes.texts, axes.title))]:
        here = text.get_window_extent()
        if text.get_text().strip() and text.get_visible() and here.width:
            middle = (here.x0 + here.x1) / 2, (here.y0 + here.y1) / 2
            around = [each for each in boxes if each.contains(*middle)] + [figure.bbox]
            room = min(around, key=lambda each: each.width * each.height)
            if here.x0 < room.x0 - 2 or here.x1 > room.x1 + 2 or here.y0 < room.y0 - 2 or here.y1 > room.y1 + 2:
                found.append(text.get_text())
    return found


def _is_from(thing: object, file: Path) -> bool:
    return inspect.isfunction(thing) and Path(thing.__code__.co_filename) == file
