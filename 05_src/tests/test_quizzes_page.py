"""The quiz in a real browser: from the link to the mark by keyboard, on a desk and a phone, in two tabs, too late."""

import re

import pytest

from course.quizzes import tables

from .real import browser, quizzing
from .real.quizzing import DUE, Clock, kinds, token_for

pytestmark = pytest.mark.skipif(browser.chromium() is None, reason="no Chromium here: install it to test the page")

FOCUS = "(e => e.localName == 'button' ? e.textContent.trim() : e.name || e.localName)(document.activeElement)"
SAVED = "/^Saved [0-9:]{8}$/.test(document.getElementById('saving').textContent)"
NOTE = "document.getElementById('note').innerText"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with browser.opened(tmp_path_factory.mktemp("browser")) as page:
        page.resize(1280, 900)
        yield page


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def room(tmp_path, clock):
    engine = tables.connect(f"sqlite:///{(tmp_path / 'quizzes.db').as_posix()}")
    bank = quizzing.make_bank(tmp_path / "banks", practice=True)
    with quizzing.served(quizzing.make_room(engine, bank, clock)) as room:
        yield room
    engine.dispose()


@pytest.fixture
def quiz(page, room):
    """The page on which a learner answers, opened by its link."""
    open_link(page, room)
    return page


def open_link(page, room, learner="l01"):
    page.go(f"{room.address}/open/{token_for(room, learner)}")
    page.ask("document.querySelector('main button').click()")
    page.wait("document.querySelector('fieldset') !== null && document.readyState == 'complete'")


def tab_to(page, name):
    for _ in range(80):
        page.press("Tab")
        if page.ask(FOCUS) == name:
            return
    raise AssertionError(f"no way by keyboard to {name}")


def press_space(page):
    facts = {"key": " ", "code": "Space", "windowsVirtualKeyCode": 32}
    page.tell("Input.dispatchKeyEvent", type="keyDown", text=" ", **facts)
    page.tell("Input.dispatchKeyEvent", type="keyUp", **facts)


def press_down(page):
    facts = {"key": "ArrowDown", "code": "ArrowDown", "windowsVirtualKeyCode": 40}
    page.tell("Input.dispatchKeyEvent", type="keyDown", **facts)
    page.tell("Input.dispatchKeyEvent", type="keyUp", **facts)


def answer_by_keyboard(page, place, kind):
    tab_to(page, f"a{place}.0" if kind == "select" else f"a{place}")
    if kind != "select":
        press_space(page)
        return
    for left in range(3):
        page.type(" ") if left else None
        press_down(page)
        page.press("Tab") if left < 2 else None


def test_a_learner_comes_by_keyboard_from_the_link_to_the_mark(page, room):
    page.go(f"{room.address}/open/{token_for(room, 'l01')}")
    assert page.barriers() == []
    tab_to(page, "Open the quiz")
    page.press("Enter")
    page.wait("document.querySelector('fieldset') !== null && document.readyState == 'complete'")
    assert page.ask("location.pathname + location.search") == "/quiz_1"
    found = kinds(page.ask("document.body.innerHTML"))
    for place, kind in enumerate(found):
        answer_by_keyboard(page, place, kind)
        page.wait(f"document.getElementById('count').textContent == '{place + 1} of 10 answered'")
    page.wait(SAVED)
    tab_to(page, "Submit the quiz")
    page.press("Enter")
    page.wait("document.querySelector('fieldset') === null && document.getElementById('note') !== null")
    assert re.match(r"Your mark: [0-9.]+ of 100\.", page.ask(NOTE))
    assert page.barriers() == []


def test_what_is_unanswered_is_named_before_the_quiz_ends(quiz):
    quiz.ask("document.querySelector('input[type=radio]').click()")
    quiz.ask("document.querySelector('.bar button:last-child').click()")
    quiz.wait("location.search == '?unanswered' && document.readyState == 'complete'")
    assert quiz.ask(NOTE).startswith("Not submitted yet. Not fully answered: question")
    assert quiz.barriers() == []
    assert quiz.ask("document.querySelectorAll('input:checked').length") == 1
    quiz.ask("window.before = true")
    quiz.ask("document.querySelector('.bar button:last-child').click()")  # again: the page asks again
    quiz.wait("window.before === undefined && document.readyState == 'complete'")
    quiz.ask("document.querySelector('#note button').click()")
    quiz.wait("document.querySelector('fieldset') === null && document.getElementById('note') !== null")
    assert quiz.ask(NOTE).startswith("Your mark:")


def test_while_the_server_is_away_the_page_says_so_and_saves_when_it_is_back(quiz, room, monkeypatch):
    import sqlalchemy as sa

    from course.quizzes import attempts

    def away(*_):
        raise sa.exc.OperationalError("select", {}, Exception("gone"))

    with monkeypatch.context() as patch:
        patch.setattr(attempts, "seated_row", away)
        quiz.ask("document.querySelector('input[type=radio]').click()")
        quiz.wait("document.getElementById('saving').textContent == 'Not saved: retrying'")
    quiz.wait(SAVED)
    quiz.go(f"{room.address}/quiz_1")
    assert quiz.ask("document.querySelectorAll('input:checked').length") == 1


def test_a_double_click_on_submit_submits_once(quiz):
    quiz.ask(
        "[...document.querySelectorAll('.bar button:last-child')].forEach(b => { b.click(); b.click(); b.click() })"
    )
    quiz.wait("location.search == '?unanswered' && document.readyState == 'complete'")
    quiz.ask("(b => { b.click(); b.click() })(document.querySelector('#note button'))")
    quiz.wait("document.querySelector('fieldset') === null && document.getElementById('note') !== null")
    assert quiz.ask(NOTE).startswith("Your mark:")


def test_a_change_in_another_tab_is_told_and_shown(quiz, room):
    cookies = {each["name"]: each["value"] for each in quiz.tell("Network.getCookies", urls=[room.address])["cookies"]}
    with quizzing.Browser(room.address) as tab:
        tab.http.cookies.update(cookies)
        place = kinds(quiz.ask("document.body.innerHTML")).index("radio")
        assert tab.save(place, [1]).status_code == 200
    room.clock.go(minutes=-5)  # so that what this tab sends seems to be older
    quiz.ask(f"document.querySelector('input[name=a{place}][value=\"0\"]').click()")
    quiz.wait("document.getElementById('saving').textContent.startsWith('Another window changed this answer')")
    assert quiz.ask(f"document.querySelector('input[name=a{place}]:checked').value") == "1"


def test_a_save_after_the_deadline_is_told(quiz, clock):
    clock.now = DUE.replace(year=2027)
    quiz.ask("document.querySelector('input[type=radio]').click()")
    quiz.wait("document.getElementById('saving').textContent.startsWith('Closed')")
    assert quiz.ask("[...document.querySelectorAll('#quiz button, #quiz select')].every(e => e.disabled)")


def test_questions_are_groups_with_legends_and_every_field_has_a_label(quiz):
    assert quiz.ask(
        "[...document.querySelectorAll('fieldset')].every(f => f.querySelector('legend').innerText.length > 5)"
    )
    fields = "[...document.querySelectorAll('input:not([type=hidden]), select')]"
    assert quiz.ask(f"{fields}.every(each => each.labels.length == 1 && each.labels[0].innerText.trim().length > 0)")
    assert quiz.ask("document.documentElement.lang") == "en"
    assert quiz.ask("document.getElementById('saving').getAttribute('role')") == "status"
    assert quiz.ask("document.querySelector('a.skip').getAttribute('href')") == "#main"
    assert "Practice bank: its answers are public." in quiz.ask("document.body.innerText")


def test_the_focus_can_be_seen_on_every_kind_of_field(quiz):
    for name in ("a0", "Submit the quiz"):
        tab_to(quiz, name)
        style = "getComputedStyle(document.activeElement)"
        assert quiz.ask(f"{style}.outlineStyle + ' ' + parseFloat({style}.outlineWidth)") == "solid 3"


@pytest.mark.parametrize("width", [1280, 375, 320])
def test_nothing_lies_outside_the_window_and_nothing_keeps_anybody_out(quiz, room, clock, width):
    quiz.resize(width, 800, phone=width < 400)
    for moment in (clock.now, DUE.replace(month=2)):
        clock.now = moment
        quiz.go(f"{room.address}/quiz_1")
        assert quiz.ask("document.documentElement.scrollWidth") <= width
        assert quiz.barriers() == []
    quiz.resize(1280, 900)


def test_what_learners_read_is_never_run_and_nothing_comes_from_elsewhere(quiz, room):
    assert quiz.ask("window.hacked === undefined")
    assert quiz.ask("document.body.innerText.includes('<script>window.hacked = 1</script>')")
    loaded = quiz.ask("performance.getEntriesByType('resource').map(each => new URL(each.name).origin)")
    assert set(loaded) == {room.address}


def test_the_page_keeps_nothing_in_the_browser_for_the_next_person(quiz):
    quiz.ask("document.querySelector('input[type=radio]').click()")
    quiz.wait(SAVED)
    assert quiz.ask("localStorage.length + sessionStorage.length + document.cookie.length") == 0
