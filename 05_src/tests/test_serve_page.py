"""The page at /, in a real browser: filled by keyboard, read at the width of a desk and of a phone."""

import uuid
from itertools import pairwise
from urllib.parse import urlencode

import pytest

from .real import browser, serving
from .real.serving import GOOD

pytestmark = pytest.mark.skipif(browser.chromium() is None, reason="no Chromium here: install it to test the page")


@pytest.fixture(scope="module")
def server(mlflow_server, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
        name = f"page-{uuid.uuid4().hex[:8]}"
        serving.register(name, serving.fitted())
        with serving.serving(f"{name}@champion", tmp_path_factory.mktemp("page")) as server:
            yield server


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with browser.opened(tmp_path_factory.mktemp("browser")) as page:
        page.resize(1280, 900)
        yield page


@pytest.fixture
def address(server):
    return f"http://127.0.0.1:{server.port}/"


def focused(page):
    return page.ask("document.activeElement.name || document.activeElement.type || document.activeElement.tagName")


def test_the_form_has_a_labelled_field_for_each_column_filled_with_a_registered_row(page, address):
    page.go(address)
    fields = page.ask(
        "[...document.querySelectorAll('input')].map(i => [i.name, i.type, i.labels[0].innerText, i.value])"
    )
    example = serving.flights().iloc[0]
    assert [field[:2] for field in fields] == [["delay", "number"], ["distance", "number"], ["carrier", "text"]]
    assert [field[2] for field in fields] == ["delay", "distance (needed)", "carrier"]
    assert [field[3] for field in fields] == [str(example[name]) for name in GOOD]


def test_a_person_at_the_keyboard_gets_probability_threshold_and_reasons(page, address, server):
    page.go(address)
    page.press("Tab")  # the link in the heading
    for name, value in GOOD.items():
        page.press("Tab")
        assert focused(page) == name
        page.type(str(value))
    page.press("Enter")
    page.wait("document.querySelector('#answer table') !== null")
    chance = server.predict(GOOD).json()["predictions"][0]["probability"]
    text = page.ask("document.querySelector('#answer').innerText")
    assert f"Probability {chance:.1%}" in text
    assert "the threshold of 50.0%" in text
    assert page.ask("document.querySelectorAll('#answer tbody tr').length") == 3
    assert page.ask("document.querySelectorAll('#answer tbody rect').length") == 3
    assert page.ask("document.querySelector('[name=carrier]').value") == "UA"


def test_the_bars_of_the_waterfall_join_each_other(page, address):
    page.go(f"{address}?{urlencode(GOOD)}")
    boxes = page.ask(
        "[...document.querySelectorAll('tbody rect')].map(r => [r.getAttribute('x'), r.getAttribute('width')])"
    )
    ends = [{round(float(x[:-1]), 1), round(float(x[:-1]) + float(width[:-1]), 1)} for x, width in boxes]
    assert all(any(abs(a - b) <= 0.4 for a in upper for b in lower) for upper, lower in pairwise(ends))


def test_a_field_that_is_wrong_is_marked_and_named(page, address):
    page.go(f"{address}?{urlencode(GOOD | {'distance': 'far'})}")
    assert page.ask("document.querySelector('[role=alert]').innerText").startswith("No answer yet.")
    assert page.barriers() == []
    field = "document.querySelector('[name=distance]')"
    assert page.ask(f"{field}.getAttribute('aria-invalid')") == "true"
    told = page.ask(f"document.getElementById({field}.getAttribute('aria-describedby')).innerText")
    assert told == "must be a whole number, got: 'far'"


def test_what_a_stranger_puts_into_the_address_is_shown_and_never_run(page, address):
    evil = '"><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
    page.go(f"{address}?{urlencode(GOOD | {'carrier': evil, evil: evil})}")
    assert page.ask("window.hacked === undefined && document.querySelector('script, img') === null")
    assert page.ask("document.querySelector('[name=carrier]').value") == evil


@pytest.mark.parametrize("width", [1280, 375, 320])
def test_nothing_lies_outside_the_window_and_nothing_keeps_anybody_out(page, address, width):
    page.resize(width, 800, phone=width < 400)
    page.go(f"{address}?{urlencode(GOOD)}")
    assert page.ask("document.documentElement.scrollWidth") <= width
    assert page.barriers() == []
    page.resize(1280, 900)


def test_the_page_asks_no_other_server_for_anything(page, address):
    page.go(f"{address}?{urlencode(GOOD)}")
    assert page.ask("performance.getEntriesByType('resource').map(each => each.name)") == []
