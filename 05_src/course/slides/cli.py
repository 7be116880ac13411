"""``course slides``."""

import argparse
import os

from mlsd import settings
from mlsd.errors import DataError

__all__ = ["add"]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command.

    Parameters
    ----------
    commands : argparse subparsers
        Those of ``course``.
    """
    slides = commands.add_parser(
        "slides",
        help="build the decks to HTML and PDF",
        description="Draw the images and build the decks into 01_materials/slides. It needs Node.js 20 or newer, and "
        "Chromium, Chrome or Edge for the PDF. The first time, Marp is installed below the virtual environment.",
    )
    slides.add_argument("names", nargs="*", metavar="NAME", help="decks such as 02_data_engineering; default: all")
    slides.add_argument("--html", action="store_true", help="write no PDF")
    slides.add_argument("--keep-images", action="store_true", help="do not draw the images anew")
    slides.add_argument("--check", action="store_true", help="write nothing; list what is wrong or out of date, exit 1")
    slides.set_defaults(run=_slides)


def _slides(options: argparse.Namespace) -> int:
    from .build import build
    from .deck import decks

    root = settings.root()
    known = {path.stem for path in decks(root)}
    chosen = {name for name in known if any(name.startswith(wanted) for wanted in options.names)}
    strange = [wanted for wanted in options.names if not any(name.startswith(wanted) for name in known)]
    if strange:
        fix = f"There are: {', '.join(sorted(known))}."
        raise DataError(f"There is no deck {', '.join(strange)}.", fix)
    if options.check:
        return _check(chosen or known)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before scikit-learn: fits this small are quicker on one core
    for path in build(root, chosen, redraw=not options.keep_images, pdf=not options.html):
        print(f"wrote {path.relative_to(root).as_posix()}", flush=True)
    return _check(chosen or known, built=not options.html)


def _check(names: set[str], *, built: bool = True) -> int:
    from .build import stale
    from .check import check
    from .deck import decks, read_deck

    root = settings.root()
    found = [line for path in decks(root) if path.stem in names for line in check(read_deck(path), root)]
    if built:
        old = [path for path in stale(root) if path.stem in names]
        found += [f"{path.relative_to(root).as_posix()} is not what its source gives: `make slides`" for path in old]
    print("\n".join(found) or "Every deck is complete.")
    return int(bool(found))
