"""The decks built anew: the drawings are what their code gives, the pages what Marp makes of the sources."""

import re
import shutil
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from course.slides import build, images
from course.slides.deck import decks, read_deck
from mlsd import settings
from mlsd.errors import ServiceError

from .real import browser

ROOT = settings.root()
DECK = "07_infrastructure_and_teams"
SOURCES = Path("03_instructional_team/sources/slides")
IMAGES = images.images_folder(ROOT)
HASHED = re.compile(r"\b[a-z][0-9a-f]{10}\b")  # an id that Matplotlib makes of what it names
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
has_marp = pytest.mark.skipif(
    not (Path(sys.prefix) / "marp" / "node_modules").is_dir() or not shutil.which("node"),
    reason="Marp is not installed here: `make slides` does it",
)


@pytest.mark.parametrize("file", images.drawn(ROOT), ids=lambda file: file.stem)
def test_every_drawing_is_what_its_code_gives_today(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = list(images.draw(file, tmp_path))
    assert made
    for new in made:
        shape, place = parts(new)
        shape_shown, place_shown = parts(IMAGES / new.name)
        assert shape == shape_shown, f"{new.name}: run `make slides` and look at it"
        assert np.allclose(place, place_shown, atol=0.5), f"{new.name}: run `make slides` and look at it"


def parts(svg: Path) -> tuple[list[str], np.ndarray]:
    """What an image is made of, and its numbers: another processor may round them otherwise."""
    text = HASHED.sub("id", svg.read_text(encoding="utf-8"))
    return NUMBER.split(text), np.array(NUMBER.findall(text), dtype=float)


@pytest.fixture
def project(tmp_path):
    """A folder with one deck's source and built pages, and all images."""
    shutil.copytree(ROOT / SOURCES, tmp_path / SOURCES)
    shutil.copytree(IMAGES, images.images_folder(tmp_path))
    for path in decks(tmp_path):
        if path.stem != DECK:
            path.unlink()
    for kind in ("html", "pdf"):
        shutil.copy(build.built(ROOT, DECK, kind), build.built(tmp_path, DECK, kind))
    return tmp_path


@has_marp
def test_a_deck_built_anew_is_the_page_that_is_there(project):
    page = build.built(project, DECK)
    page.unlink()
    assert list(build.build(project, {DECK}, redraw=False, pdf=False)) == [page]
    assert page.read_bytes() == build.built(ROOT, DECK).read_bytes()


@has_marp
@pytest.mark.skipif(browser.chromium() is None, reason="no Chromium here: install it to print decks")
def test_a_deck_is_printed_with_a_page_for_each_slide(project):
    (path,) = decks(project)
    path.write_text(path.read_text(encoding="utf-8") + "\n---\n\n# One more\n", encoding="utf-8")
    assert build.stale(project) == [build.built(project, DECK, kind) for kind in ("html", "pdf")]
    assert len(list(build.build(project, set(), redraw=False))) == 2
    assert build.stale(project) == []
    printed = build.built(project, DECK, "pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    objects = b"".join(map(inflated, re.findall(rb"stream\n(.*?)endstream", printed, re.DOTALL)))
    assert len(re.findall(rb"/Type\s*/Page\b", objects)) == len(read_deck(path).slides)


def inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:  # a picture
        return b""


def test_a_deck_that_marp_cannot_build_stays_as_it_was(project, monkeypatch):
    monkeypatch.setattr(build, "marp", lambda root: [sys.executable, "-c", "import sys; sys.exit('no such theme')"])
    before = {path: path.read_bytes() for path in (project / "01_materials" / "slides").glob("*.*")}
    with pytest.raises(ServiceError, match=f"Marp could not write {DECK}.html:\nno such theme"):
        list(build.build(project, set(), redraw=False))
    assert {path: path.read_bytes() for path in (project / "01_materials" / "slides").glob("*.*")} == before
