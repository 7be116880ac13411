"""Builds the decks to HTML and PDF with Marp, and marks each with its source's digest."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mlsd.errors import ServiceError

from .deck import Deck, decks, read_deck
from .images import draw, drawn, images_folder

__all__ = ["build", "built", "digest", "marp", "stale"]

_IMAGES = "../../../01_materials/slides/images/"
_MARK = {"html": "\n<!-- source {} -->\n", "pdf": "\n% source {}\n"}


def build(root: Path, only: set[str], *, redraw: bool = True, pdf: bool = True) -> Iterator[Path]:
    """Build decks, each whole or not at all.

    Parameters
    ----------
    root : Path
        The repository.
    only : set of str
        The names of decks, such as "02_data_engineering"; empty for all.
    redraw : bool
        Whether to draw the images anew; those from data take some seconds each.
    pdf : bool
        Whether to write a PDF, too; it needs Chromium, Chrome or Edge.

    Yields
    ------
    Path
        Every file that was written.

    Raises
    ------
    ServiceError
        If there is no Node, or Marp stops with an error.
    """
    program = marp(root)
    for path in decks(root):
        if not only or path.stem in only:
            if redraw:
                for file in drawn(root):
                    if file.stem == path.stem:
                        yield from draw(file, images_folder(root))
            yield from _build(read_deck(path), root, program, ("html", "pdf") if pdf else ("html",))


def built(root: Path, name: str, kind: str = "html") -> Path:
    """Where a built deck lies.

    Parameters
    ----------
    root : Path
        The repository.
    name : str
        The deck's.
    kind : str
        "html" or "pdf".

    Returns
    -------
    Path
        01_materials/slides/NAME.KIND.
    """
    return root / "01_materials" / "slides" / f"{name}.{kind}"


def digest(deck: Deck, root: Path) -> str:
    """A short mark of all that a built deck is made from: its text, the theme, its images.

    Parameters
    ----------
    deck : Deck
        The deck.
    root : Path
        The repository.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    images = {target for slide in deck.slides for _, target in slide.images}
    files = [deck.path, deck.path.parent / "mlsd.css", *(deck.path.parent / name for name in sorted(images))]
    whole = hashlib.sha256()
    for file in filter(Path.is_file, files):  # an image that is not there, `check` names
        whole.update(file.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return whole.hexdigest()[:16]


def stale(root: Path) -> list[Path]:
    """Built decks that are missing, or made from another source than the one that is there.

    Parameters
    ----------
    root : Path
        The repository.

    Returns
    -------
    list of Path
        HTML and PDF files.
    """
    old = []
    for path in decks(root):
        mark = digest(read_deck(path), root).encode()
        for kind in ("html", "pdf"):
            file = built(root, path.stem, kind)
            if not file.is_file() or mark not in file.read_bytes()[-200:]:
                old.append(file)
    return old


def marp(root: Path) -> list[str]:
    """The command that runs Marp; it is installed below the virtual environment when it is first needed.

    Parameters
    ----------
    root : Path
        The repository, whose sources/slides/package-lock.json pins Marp and all that it needs.

    Returns
    -------
    list of str
        Node and Marp's script.

    Raises
    ------
    ServiceError
        If Node is missing or the installation fails.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        fix = "Install Node.js 20 or newer (nodejs.org), then `make slides` again. The built decks need none."
        raise ServiceError("Marp needs Node.js, and there is none here.", fix)
    home = Path(sys.prefix) / "marp"
    script = home / "node_modules" / "@marp-team" / "marp-cli" / "marp-cli.js"
    lock = (root / "03_instructional_team" / "sources" / "slides" / "package-lock.json").read_bytes()
    if not script.is_file() or (home / "package-lock.json").read_bytes() != lock:
        _install(root, home, npm)
    return [node, str(script)]


def _install(root: Path, home: Path, npm: str) -> None:
    home.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(root / "03_instructional_team" / "sources" / "slides" / name, home / name)
    env = os.environ | {"PUPPETEER_SKIP_DOWNLOAD": "true"}  # a browser that is there prints
    command = [npm, "ci", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True)  # noqa: S603 (npm, found on PATH)
    if done.returncode:
        (home / "package-lock.json").unlink()
        raise ServiceError(f"npm could not install Marp:\n{done.stderr[-800:]}", "Look at the network, then again.")


def _build(deck: Deck, root: Path, program: list[str], kinds: tuple[str, ...]) -> Iterator[Path]:
    out = root / "01_materials" / "slides"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".building-") as folder:
        source = Path(folder) / deck.path.name
        text = deck.path.read_text(encoding="utf-8")
        source.write_text(text.replace(_IMAGES, "images/"), encoding="utf-8")
        shutil.copytree(images_folder(root), Path(folder) / "images")
        for kind in kinds:
            new = Path(folder) / f"{deck.name}.{kind}"
            _run(program, deck.path.parent / "mlsd.css", source, new)
            with new.open("ab") as file:  # behind the end of either format, where a comment does no harm
                file.write(_MARK[kind].format(digest(deck, root)).encode())
            yield new.replace(built(root, deck.name, kind))


def _run(program: list[str], theme: Path, source: Path, new: Path) -> None:
    options = ["--no-stdin", "--html", "--theme-set", str(theme), "--output", str(new)]
    if new.suffix == ".pdf":
        options += ["--pdf", "--pdf-outlines", "--allow-local-files"]
    env = os.environ | {"CHROME_NO_SANDBOX": "1"} if getattr(os, "geteuid", lambda: 1)() == 0 else os.environ
    command = [*program, *options, str(source)]
    done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", errors="replace")  # noqa: S603
    if done.returncode or not new.is_file():
        fix = "Chromium, Chrome or Edge prints the PDF; `course slides --html` does without."
        raise ServiceError(f"Marp could not write {new.name}:\n{done.stderr[-1200:]}", fix)
