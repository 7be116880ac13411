"""The built decks in a real browser at 16:9: nothing runs over a slide's edge, every image is there."""

import pytest

from course.slides.build import built
from course.slides.deck import decks, read_deck
from mlsd import settings

from .real import browser

pytestmark = pytest.mark.skipif(browser.chromium() is None, reason="no Chromium here: install it to test the decks")

ROOT = settings.root()
NAMES = [path.stem for path in decks(ROOT)]

# What reaches out of a slide, below the line of its footer, or out of its own box, by more than a pixel of rounding.
OVER = """
[...document.querySelectorAll('section[id]')].flatMap(section => {
  const edge = section.getBoundingClientRect(), scale = edge.width / 1280;
  const bottom = edge.top + (720 - 46) * scale;
  const inside = [...section.querySelectorAll('*')].filter(e => !e.closest('footer'));
  return inside.filter(e => {
    const b = e.getBoundingClientRect();
    const hides = e.matches('pre, td, li, p, div') && e.scrollWidth > e.clientWidth + 2;
    const across = b.right > edge.right + 1 || b.left < edge.left - 1;
    return hides || b.width && (across || b.top < edge.top - 1 || b.bottom > bottom + 1);
  }).slice(0, 1).map(e => `slide ${section.id}: ${e.tagName} ${(e.innerText || e.alt || '').slice(0, 60)}`);
})
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with browser.opened(tmp_path_factory.mktemp("slides-browser")) as page:
        page.resize(1280, 720)
        yield page


def opened(page, name):
    page.go(built(ROOT, name).as_uri())
    page.wait("[...document.images].every(i => i.complete)")
    page.ask("document.querySelectorAll('svg.bespoke-marp-slide').forEach(s => s.style.cssText = 'display:block')")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_over_the_edge_of_a_slide(page, name):
    opened(page, name)
    slides = next(read_deck(path).slides for path in decks(ROOT) if path.stem == name)
    assert page.ask("document.querySelectorAll('section[id]').length") == len(slides)
    assert page.ask(OVER) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_image_of_a_deck_is_shown_and_has_a_text(page, name):
    opened(page, name)
    broken = "[...document.images].filter(i => !i.naturalWidth || !i.alt.trim()).map(i => i.src)"
    assert page.ask(broken) == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_a_deck_keeps_anybody_out(page, name):
    opened(page, name)
    of_marp = "Document should have one main landmark"  # its page is the slides and nothing else
    assert [each for each in page.barriers() if not each.startswith(of_marp)] == []
