r"""Boxes, arrows and words on a canvas: what the diagrams of the decks are drawn with.

A drawing is a function in ``03_instructional_team/sources/slides/drawings`` that returns a figure::

    def batch_or_online():
        figure, axes = canvas(12, 4)
        model = box(axes, 1, 1.5, "model", colour=BLUE)
        table = box(axes, 6, 1.5, "table of\nanswers")
        arrow(axes, model, table, "every night")
        return figure

One unit is an inch on both axes, (0, 0) is the lower left corner.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["BLUE", "GREEN", "GREY", "INK", "ORANGE", "PINK", "SKY", "VERMILION", "YELLOW"]
__all__ += ["Box", "arrow", "box", "canvas", "label"]

# Okabe and Ito (2008), "Color Universal Design": told apart with every usual kind of colour vision.
BLUE, VERMILION, GREEN, ORANGE, SKY, PINK, YELLOW = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#56B4E9",
    "#CC79A7",
    "#F0E442",
)
INK, GREY = "#1b1f24", "#8b949e"


@dataclass(frozen=True)
class Box:
    """Where a box is: its lower left corner, width and height, in inches."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box."""
        return self.x + self.width / 2, self.y + self.height / 2


def canvas(width: float = 12, height: float = 5) -> "tuple[Figure, Axes]":
    """An empty sheet, measured in inches, without axes.

    Parameters
    ----------
    width, height : float
        In inches. On a slide, 12 × 5 fills the room below a title.

    Returns
    -------
    tuple of Figure and Axes
        The axes fill the figure; one unit is one inch.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    return figure, axes


def box(
    axes: "Axes",
    x: float,
    y: float,
    text: str,
    *,
    width: float = 2.2,
    height: float = 1.0,
    colour: str = GREY,
    filled: bool = False,
    dashed: bool = False,
    size: float = 15,
) -> Box:
    """Draw a box with words in its middle.

    Parameters
    ----------
    axes : Axes
        Those of `canvas`.
    x, y : float
        The lower left corner, in inches.
    text : str
        A line break breaks the line; nothing else does.
    width, height : float
        In inches.
    colour : str
        Of the edge, and of the inside if `filled`.
    filled : bool
        Whether the inside has the colour, lightly.
    dashed : bool
        Whether the edge is dashed: for what is optional, or not there.
    size : float
        Of the words, in points.

    Returns
    -------
    Box
        For `arrow`.
    """
    from matplotlib.colors import to_rgba
    from matplotlib.patches import FancyBboxPatch

    inside = to_rgba(colour, 0.18) if filled else "white"
    style = "round,pad=0,rounding_size=0.12"
    line = "--" if dashed else "-"
    patch = FancyBboxPatch((x, y), width, height, boxstyle=style, ec=colour, fc=inside, linewidth=2, linestyle=line)
    axes.add_patch(patch)
    label(axes, x + width / 2, y + height / 2, text, size=size)
    return Box(x, y, width, height)


def arrow(
    axes: "Axes",
    start: Box | tuple[float, float],
    end: Box | tuple[float, float],
    text: str = "",
    *,
    colour: str = INK,
    dashed: bool = False,
    bend: float = 0.0,
    size: float = 13,
) -> None:
    """Draw an arrow from edge to edge of two boxes, or between points, with words beside its middle.

    Parameters
    ----------
    axes : Axes
        Those of `canvas`.
    start, end : Box or (float, float)
        Boxes, or points in inches.
    text : str
        Stands above the middle.
    colour : str
        Of the line.
    dashed : bool
        For what happens seldom, or later.
    bend : float
        How far the line swings out, as a share of its length; its sign says to which side.
    size : float
        Of the words, in points.
    """
    from matplotlib.patches import FancyArrowPatch

    (x0, y0), (x1, y1) = _edge(start, end), _edge(end, start)
    patch = FancyArrowPatch(
        (x0, y0),
        (x1, y1),
        arrowstyle="-|>",
        connectionstyle=f"arc3,rad={bend}",
        mutation_scale=18,
        shrinkA=3,
        shrinkB=3,
        color=colour,
        linewidth=2,
        linestyle="--" if dashed else "-",
    )
    axes.add_patch(patch)
    if text:
        middle = (x0 + x1) / 2 + bend * (y1 - y0) / 2, (y0 + y1) / 2 - bend * (x1 - x0) / 2
        label(axes, middle[0], middle[1] + 0.08, text, size=size, colour=colour, below=False)


def label(
    axes: "Axes",
    x: float,
    y: float,
    text: str,
    *,
    size: float = 15,
    colour: str = INK,
    bold: bool = False,
    left: bool = False,
    below: bool | None = None,
) -> None:
    """Write words, around their middle unless told otherwise.

    Parameters
    ----------
    axes : Axes
        Those of `canvas`.
    x, y : float
        In inches.
    text : str
        What to write.
    size : float
        In points.
    colour : str
        Of the words.
    bold : bool
        Whether they are bold.
    left : bool
        Whether they begin at `x` rather than have it in their middle.
    below : bool, optional
        True: they hang below `y`; False: they stand on it; by default it is their middle.
    """
    across = "left" if left else "center"
    down = "center" if below is None else "top" if below else "bottom"
    weight = "bold" if bold else "normal"
    axes.text(x, y, text, size=size, color=colour, ha=across, va=down, weight=weight, linespacing=1.25)


def _edge(here: Box | tuple[float, float], there: Box | tuple[float, float]) -> tuple[float, float]:
    """Where the line between two middles leaves the first box."""
    if not isinstance(here, Box):
        return here
    x, y = here.centre
    towards = there.centre if isinstance(there, Box) else there
    dx, dy = towards[0] - x, towards[1] - y
    if dx == dy == 0:
        return x, y
    share = min(here.width / 2 / abs(dx) if dx else float("inf"), here.height / 2 / abs(dy) if dy else float("inf"))
    return x + dx * share, y + dy * share
