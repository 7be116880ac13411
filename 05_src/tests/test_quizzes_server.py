"""The server of the quizzes over HTTP: who gets in, until when, what is kept, and what never leaves it."""

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from course.quizzes import attempts, devices, tables
from course.quizzes.limits import Limit
from course.quizzes.opening import short_agent
from course.quizzes.room import cohort_key
from course.quizzes.rows import Seat
from course.quizzes.server import WatchedCohort
from mlsd.errors import DataError

from .real import quizzing
from .real.quizzing import DUE, OPEN, REASON, Browser, Clock, kinds, some_answer, token_for


@pytest.fixture
def engine(tmp_path):
    engine = tables.connect(f"sqlite:///{(tmp_path / 'quizzes.db').as_posix()}")
    yield engine
    engine.dispose()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def room(engine, clock, tmp_path):
    bank = quizzing.make_bank(tmp_path / "banks")
    with quizzing.served(quizzing.make_room(engine, bank, clock, extensions={"late": date(2026, 2, 2)})) as room:
        yield room


@pytest.fixture
def browser(room):
    with Browser(room.address) as browser:
        yield browser


@pytest.fixture
def phone(room):
    with Browser(room.address, "Mozilla/5.0 (Linux; Android 16) Chrome/142.0 Mobile Safari/537.36") as phone:
        yield phone


def saved(engine):
    with tables.reading(engine) as connection:
        rows = connection.execute(sa.select(tables.ANSWERS)).all()
    return {row.place: row.answer for row in rows}


def happened(engine):
    with tables.reading(engine) as connection:
        return connection.execute(sa.select(tables.EVENTS.c.what).order_by(tables.EVENTS.c.id)).scalars().all()


def place_of(browser, kind):
    return kinds(browser.get("/quiz_1").text).index(kind)


# Who gets in


def test_a_link_opens_the_quiz_and_leaves_no_token_behind(room, browser):
    token = token_for(room, "l01")
    assert "for l01" in browser.get(f"/open/{token}").text
    opened = browser.open(token)
    assert (opened.status_code, opened.url.path) == (200, "/quiz_1")
    assert "<fieldset" in opened.text
    assert token not in opened.text
    assert "token" not in str(browser.seen[-2].headers)


def test_looking_at_a_link_changes_nothing_as_mail_programs_do_it_too(room, browser, phone, engine):
    token = token_for(room, "l01")
    assert phone.get(f"/open/{token}").status_code == 200
    assert happened(engine) == []
    assert browser.open(token).status_code == 200


def test_the_browser_that_has_the_quiz_goes_straight_to_it(room, browser, engine):
    browser.open(token_for(room, "l01"))
    assert browser.get(f"/open/{token_for(room, 'l01')}").url.path == "/quiz_1"
    assert happened(engine) == ["opened"]


@pytest.mark.parametrize(
    "alter",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: "A" + token[1:],
        lambda token: token.upper(),
        lambda token: token.partition(".")[0],
        lambda token: token[:-5],
        lambda token: "x" * 5000,
        lambda token: "' or 1=1 --",
        lambda token: "<script>alert(1)</script>",
        lambda token: "%00%ff",
    ],
)
def test_a_forged_or_altered_link_is_refused(room, browser, engine, alter):
    forged = alter(token_for(room, "l01"))
    for answer in (browser.get(f"/open/{forged}"), browser.open(forged)):
        assert answer.status_code in (403, 404)
        assert "alert" not in answer.text
    assert browser.get("/quiz_1").status_code == 401
    assert happened(engine) == []


def test_a_link_of_another_cohort_or_of_long_ago_has_expired(room, browser, clock):
    for changed in ({"cohort": "Cohort S"}, {"quiz": "quiz_2"}):
        assert browser.get(f"/open/{token_for(room, 'l01', **changed)}").status_code == 410
    browser.open(token_for(room, "l01"))
    clock.go(days=90)
    for answer in (browser.get(f"/open/{token_for(room, 'l01')}"), browser.open(token_for(room, "l01"))):
        assert (answer.status_code, "has expired" in answer.text) == (410, True)
    assert browser.get("/quiz_1").status_code == 410


def test_a_withdrawn_link_is_refused_and_its_browser_closed_and_the_next_link_keeps_the_answers(room, browser, engine):
    browser.open(token_for(room, "l01"))
    place = place_of(browser, "radio")
    browser.save(place, [1])
    seat = Seat(cohort_key(room.cohort()), "quiz_1", "l01")
    assert devices.withdraw(engine, seat, OPEN) == 2
    assert browser.save(place, [0], 1).status_code == 409
    assert browser.get(f"/open/{token_for(room, 'l01')}").status_code == 410
    assert browser.open(token_for(room, "l01")).status_code == 410
    assert "checked" in browser.open(token_for(room, "l01", version=2)).text


def test_a_shared_link_is_refused_until_the_learner_moves_and_then_the_first_browser_is_closed(
    room, browser, phone, engine
):
    token = token_for(room, "l01")
    browser.open(token)
    asked = phone.get(f"/open/{token}")
    assert (asked.status_code, "opened in another browser" in asked.text) == (409, True)
    assert phone.open(token).status_code == 409
    assert phone.get("/quiz_1").status_code == 401
    assert phone.open(token, take_over="yes").status_code == 200
    assert browser.get("/quiz_1").status_code == 409
    assert browser.save(0, [0]).json()["why"] == "elsewhere"
    assert happened(engine) == ["opened", "opened in another browser"]


def test_after_three_changes_the_team_has_to_allow_another(room, browser, phone, engine):
    token = token_for(room, "l01")
    browser.open(token)
    for each in (phone, browser, phone):
        assert each.open(token, take_over="yes").status_code == 200
    assert "Ask the team" in browser.open(token, take_over="yes").text
    assert phone.get("/quiz_1").status_code == 200
    devices.allow(engine, Seat(cohort_key(room.cohort()), "quiz_1", "l01"), OPEN)
    assert browser.open(token).status_code == 200
    assert phone.open(token, take_over="yes").status_code == 403


def test_who_leaves_is_not_asked_at_the_next_browser(room, browser, phone):
    token = token_for(room, "l01")
    browser.open(token)
    left = browser.post("/quiz_1/leave")
    assert "Max-Age=0" in left.headers["set-cookie"]
    assert browser.get("/quiz_1").status_code == 401
    assert phone.open(token).status_code == 200


def test_two_learners_have_two_quizzes_in_the_same_browser_one_after_the_other(room, browser):
    first = browser.open(token_for(room, "l01")).text
    second = browser.open(token_for(room, "l02")).text
    assert ("l01, this is" in first, "l02, this is" in second) == (True, True)


def test_a_cookie_that_somebody_makes_up_opens_nothing(room, browser):
    for cookie in ("x", "' or '1'='1", "A" * 3000):
        assert browser.get("/quiz_1", headers={"Cookie": f"quiz_1={cookie}"}).status_code == 401


# Until when


def test_before_the_session_the_page_says_when_it_opens_and_hands_nothing_out(room, browser, clock, engine):
    clock.now = OPEN.replace(day=13, hour=13, minute=59)  # 08:59 in Toronto
    early = browser.get(f"/open/{token_for(room, 'l01')}").text
    assert "opens on Tuesday 13 January 2026, 09:00 (EST, America/Toronto)" in early
    assert browser.open(token_for(room, "l01")).status_code == 403
    clock.go(minutes=1)
    assert "<fieldset" in browser.open(token_for(room, "l01")).text


def test_a_save_counts_to_the_last_moment_and_not_after_it(room, browser, clock, engine):
    browser.open(token_for(room, "l01"))
    place = place_of(browser, "radio")
    clock.now = DUE
    assert browser.save(place, [0]).status_code == 200
    clock.go(microseconds=1)
    late = browser.save(place, [1], 1)
    assert (late.status_code, late.json()["why"]) == (403, "late")
    assert saved(engine) == {place: "[0]"}


def test_a_submission_after_the_deadline_changes_nothing_and_what_was_saved_counts(room, browser, clock, engine):
    browser.open(token_for(room, "l01"))
    place = place_of(browser, "radio")
    browser.save(place, [0])
    clock.now = DUE + timedelta(seconds=1)
    page = browser.post("/quiz_1/submit", data={"do": "sure", f"v{place}": "1", f"a{place}": "1"}).text
    assert "due before this arrived" in page
    assert "did not submit it, so what was saved by then counts" in page
    assert "Your mark: " in page
    assert (saved(engine), "submitted" in happened(engine)) == ({place: "[0]"}, False)


def test_an_extension_is_for_one_learner_and_keys_wait_for_the_last(room, browser, phone, clock):
    browser.open(token_for(room, "l01"))
    phone.open(token_for(room, "late"))
    clock.now = DUE + timedelta(days=1)
    assert phone.save(place_of(phone, "radio"), [0]).status_code == 200
    assert "<fieldset" not in browser.get("/quiz_1").text
    assert REASON not in browser.get("/quiz_1").text
    clock.now = DUE + timedelta(days=7)
    assert "<fieldset" in phone.get("/quiz_1").text
    clock.go(microseconds=1)
    assert browser.get("/quiz_1").text.count(REASON) >= 20
    assert phone.get("/quiz_1").text.count(REASON) >= 20


def test_more_time_counts_as_soon_as_the_cohort_file_is_saved(tmp_path, caplog):
    path = tmp_path / "cohort.toml"
    path.write_text(quizzing.cohort_text(), encoding="utf-8")
    cohort = WatchedCohort(path)
    assert cohort().extensions == ()
    path.write_text(quizzing.cohort_text(extensions={"l01": date(2026, 2, 2)}), encoding="utf-8")
    assert cohort().extensions[0].learner == "l01"
    path.write_text("name = ", encoding="utf-8")
    assert cohort().extensions[0].learner == "l01"
    assert "what it said before counts" in caplog.text
    with pytest.raises(DataError, match="is not TOML"):
        WatchedCohort(path)


def test_who_opens_a_closed_quiz_gets_no_questions_and_with_more_time_gets_them(room, browser, clock):
    clock.now = DUE + timedelta(seconds=1)
    assert "You did not open it before." in browser.open(token_for(room, "l01")).text
    assert browser.save(0, [0]).status_code == 422
    clock.now = OPEN
    assert "<fieldset" in browser.get("/quiz_1").text


# What is kept


def test_every_kind_of_answer_is_saved_and_shown_again(room, browser, engine):
    for place, kind in enumerate(kinds(browser.open(token_for(room, "l01")).text)):
        assert browser.save(place, some_answer(kind)).json() == {"saved": "07:00:00", "version": 1}
    assert len(saved(engine)) == 10
    page = browser.get("/quiz_1").text
    assert "10 of 10 answered" in page
    assert page.count(" checked") == sum({"radio": 1, "checkbox": 2, "select": 0}[kind] for kind in kinds(page))
    assert page.count(" selected") == 3 * kinds(page).count("select")


def test_a_save_that_comes_again_is_saved_once(room, browser):
    browser.open(token_for(room, "l01"))
    place = place_of(browser, "checkbox")
    assert [browser.save(place, [1, 0]).json()["version"] for _ in range(3)] == [1, 1, 1]


def test_of_two_tabs_the_later_change_counts_whenever_it_arrives(room, browser, clock, engine):
    browser.open(token_for(room, "l01"))
    place = place_of(browser, "radio")
    assert browser.save(place, [0], 0, age=0.0).json()["version"] == 1
    clock.go(seconds=10)
    late = browser.save(place, [1], 0, age=30.0)  # chosen 20 seconds before the other was saved, then held up
    assert (late.status_code, late.json()["answer"], late.json()["version"]) == (409, [0], 1)
    assert browser.save(place, [1], 0, age=2.0).json()["version"] == 2  # chosen 8 seconds after it
    assert saved(engine) == {place: "[1]"}


def test_submitting_marks_at_once_and_locks_and_again_gives_the_same(room, browser, engine):
    for place, kind in enumerate(kinds(browser.open(token_for(room, "l01")).text)):
        browser.save(place, some_answer(kind))
    page = browser.post("/quiz_1/submit", data={"do": "submit"}).text
    mark = re.search(r"Your mark: [0-9.]+ of 100", page)[0]
    assert mark in browser.post("/quiz_1/submit", data={"do": "submit"}).text
    assert mark in browser.get("/quiz_1").text
    refused = browser.save(0, [0], 1)
    assert (refused.status_code, refused.json()["why"]) == (409, "submitted")
    assert happened(engine) == ["opened", "submitted"]


def test_with_something_unanswered_the_page_asks_first_and_works_without_a_script(room, browser, engine):
    page = browser.open(token_for(room, "l01")).text
    place = kinds(page).index("radio")
    form = {f"v{at}": "0" for at in range(10)} | {f"a{place}": "1"}
    asked = browser.post("/quiz_1/submit", data=form | {"do": "submit"}).text
    assert "Not submitted yet" in asked
    assert 'name="do" value="sure"' in asked
    assert saved(engine) == {place: "[1]"}
    assert "Your mark" in browser.post("/quiz_1/submit", data=form | {f"v{place}": "1", "do": "sure"}).text


def test_a_form_of_an_old_tab_overwrites_nothing(room, browser, engine):
    page = browser.open(token_for(room, "l01")).text
    place = kinds(page).index("radio")
    browser.save(place, [1])
    stale = {f"v{at}": "0" for at in range(10)} | {f"a{place}": "0", "do": "sure"}
    assert "Another window or tab has saved" in browser.post("/quiz_1/submit", data=stale).text
    assert (saved(engine), happened(engine)) == ({place: "[1]"}, ["opened"])


def test_a_bank_that_is_edited_meanwhile_changes_no_question(room, browser, tmp_path, engine, clock):
    before = browser.open(token_for(room, "l01")).text
    text = quizzing.bank_text(flipped=True).replace("Question **", "Another question **")
    (tmp_path / "banks" / "quiz_1.toml").write_text(text, encoding="utf-8")
    edited = quizzing.make_room(engine, quizzing.read_bank(tmp_path / "banks" / "quiz_1.toml"), clock)
    with quizzing.served(edited) as again, Browser(again.address) as other:
        assert other.open(token_for(room, "l01"), take_over="yes").text == before


# What is refused


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("radio", ["1"]),
        ("radio", [0, 1]),
        ("radio", [9]),
        ("radio", [-1]),
        ("radio", [True]),
        ("radio", [1.0]),
        ("radio", 1),
        ("radio", None),
        ("radio", {"0": 1}),
        ("radio", "'; drop table quiz_answers; --"),
        ("radio", ["<script>alert(1)</script>"]),
        ("radio", [[0]]),
        ("checkbox", [0, 0]),
        ("checkbox", [0, 4]),
        ("select", [0]),
        ("select", {"0": 99}),
        ("select", {"9": 0}),
        ("select", {"00": 0}),
        ("select", {"0": "0"}),
        ("select", {"' or 1=1": 0}),
    ],
)
def test_an_answer_that_the_page_does_not_offer_is_refused_and_not_stored(room, browser, engine, kind, answer):
    browser.open(token_for(room, "l01"))
    refused = browser.save(place_of(browser, kind), answer)
    assert (refused.status_code, refused.json()["why"]) == (422, "wrong")
    assert "no answer that the page offers" in refused.json()["error"]
    assert saved(engine) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"\xff\xfe",
        b"[]",
        b"[" * 15000,
        b'{"place": 0}',
        b'{"place": "0", "answer": [0], "version": 0}',
        b'{"place": 10, "answer": [0], "version": 0}',
        b'{"place": -1, "answer": [0], "version": 0}',
        b'{"place": 0, "answer": [0], "version": 99999999999}',
        b'{"place": 0, "answer": [0], "version": 0, "age": -1}',
        b'{"place": 0, "answer": [0], "version": 0, "age": 1e400}',
        b'{"place": 0, "answer": [0], "version": 0, "age": NaN}',
        b'{"place": 0, "answer": [0], "version": 0, "learner": "l02"}',
    ],
)
def test_a_body_that_no_page_sends_is_refused_and_not_stored(room, browser, engine, body):
    browser.open(token_for(room, "l01"))
    assert browser.post("/quiz_1/answers", content=body).status_code == 422
    assert saved(engine) == {}


@pytest.mark.parametrize("field", ["x", "a99", "a0.0.0", "a0'--", "v0", "a-1"])
def test_a_form_that_no_page_sends_is_refused_and_not_stored(room, browser, engine, field):
    browser.open(token_for(room, "l01"))
    refused = browser.post("/quiz_1/submit", data={field: "<script>alert(1)</script>", "do": "sure"})
    assert (refused.status_code, "alert" in refused.text) == (422, False)
    assert browser.post("/quiz_1/submit", data={"do": "'; drop table"}).status_code == 422
    assert (saved(engine), happened(engine)) == ({}, ["opened"])


def test_a_body_that_is_too_long_is_refused(room, browser):
    browser.open(token_for(room, "l01"))
    assert browser.post("/quiz_1/answers", content=b"x" * 17_000).status_code == 413
    assert browser.post("/open", content=b"x" * 17_000).status_code == 413


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_what_a_page_of_somebody_else_sends_is_refused(room, browser, engine, headers):
    browser.open(token_for(room, "l01"))
    body = {"place": 0, "answer": [0], "version": 0}
    assert browser.post("/quiz_1/answers", json=body, headers=headers).status_code == 403
    assert browser.post("/quiz_1/submit", data={"do": "sure"}, headers=headers).status_code == 403
    assert browser.post("/open", data={"token": token_for(room, "l02")}, headers=headers).status_code == 403
    assert (saved(engine), happened(engine)) == ({}, ["opened"])


def test_guessing_links_is_slowed_down_and_does_not_stop_who_is_inside(room, browser, phone):
    browser.open(token_for(room, "l01"))
    codes = [phone.get(f"/open/guess-{number}").status_code for number in range(25)]
    assert (codes[:20], set(codes[21:])) == ([403] * 20, {429})
    limited = phone.get(f"/open/{token_for(room, 'l02')}")
    assert (limited.status_code, int(limited.headers["retry-after"])) == (429, 3)
    assert browser.save(place_of(browser, "radio"), [0]).status_code == 200


def test_saving_too_fast_is_slowed_down_and_the_page_is_told_when_to_try_again(room, browser):
    browser.open(token_for(room, "l01"))
    place = place_of(browser, "radio")
    answers = [browser.save(place, [number % 2], number, age=0) for number in range(80)]
    limited = [each for each in answers if each.status_code == 429]
    assert answers[59].status_code == 200
    assert limited[0].headers["retry-after"] == "1"


def test_a_limit_fills_again_and_remembers_only_so_many():
    limit = Limit(2, 0.5, most=3)
    assert [limit.use("a", 0.0) for _ in range(3)] == [0.0, 0.0, 2.0]
    assert (limit.wait("a", 1.0), limit.wait("a", 2.0)) == (1.0, 0.0)
    for number in range(10):
        limit.use(str(number), 3.0)
    assert len(limit) == 3
    assert limit.use("a", 3.0) == 0.0


# What never leaves it


def everything(room, tmp_path):
    """Every answer of the server to a learner who tries everything before the deadline."""
    with Browser(room.address) as browser:
        for path in ("/docs", "/redoc", "/openapi.json", "/nothing", "/healthz", "/page.css", "/page.js", "/quiz_1"):
            browser.get(path)
        browser.get(f"/open/{token_for(room, 'l01')}")
        found = kinds(browser.open(token_for(room, "l01")).text)
        for place, kind in enumerate(found):
            for answer in ([0], [1], [2], {"0": 1}, "x", some_answer(kind)):
                browser.save(place, answer, 0, age=0)
            browser.post("/quiz_1/submit", data={"do": "submit", "v0": "nonsense"})
        browser.post("/quiz_1/submit", data={"do": "save"})
        browser.post("/quiz_1/submit", data={"do": "submit"})
        room.clock.now = DUE + timedelta(hours=1)  # somebody still has time
        browser.get("/quiz_1")
        return browser.seen


@pytest.fixture
def run_of_a_key(tmp_path):
    """The whole run, with the key as it is or another one."""

    def run(flipped):
        folder = tmp_path / ("flipped" if flipped else "as it is")
        engine = tables.connect(f"sqlite:///{(folder / 'quizzes.db').as_posix()}")
        bank = quizzing.make_bank(folder, flipped=flipped)
        options = {"extensions": {"late": date(2026, 2, 2)}, "saves": Limit(1000, 1000)}
        with quizzing.served(quizzing.make_room(engine, bank, Clock(), **options)) as room:
            seen = everything(room, folder)
        engine.dispose()
        return seen

    return run


def plain(response):
    """All of a response but what is random or tells the time, and the mark."""
    headers = sorted((name, value) for name, value in response.headers.items() if name not in ("date", "set-cookie"))
    headers = [(name, value) for name, value in headers if name != "content-length"]
    return response.status_code, headers, re.sub(r"Your mark: [0-9.]+", "Your mark:", response.text)


def test_before_the_deadline_another_key_gives_the_same_answers_but_for_the_mark(run_of_a_key):
    one, other = run_of_a_key(False), run_of_a_key(True)
    marks = [re.findall(r"Your mark: ([0-9.]+)", "".join(each.text for each in seen)) for seen in (one, other)]
    assert len(one) > 80
    assert [plain(each) for each in one] == [plain(each) for each in other]
    assert marks[0] != marks[1]


def test_before_the_deadline_nothing_of_the_key_is_in_any_answer(run_of_a_key):
    for response in run_of_a_key(False):
        said = f"{response.headers} {response.text}".lower()
        for sign in (REASON.lower(), "difficulty", "outcome", "lo1", "reason", "chapter", "openapi"):
            assert sign not in said, (response.url, sign)
        assert not re.search(r"\b1\.[56][0-9]\b", said)  # the ids of questions


def test_every_answer_has_the_headers_that_keep_it_here(room, browser):
    token = token_for(room, "l01")
    browser.get(f"/open/{token}")
    browser.open(token)
    for path in ("/quiz_1", "/nothing", "/open/forged", "/page.js", "/docs", "/openapi.json"):
        browser.get(path)
    browser.save(0, "x")
    for response in browser.seen:
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert "unsafe" not in response.headers["content-security-policy"]
        assert "server" not in response.headers


def test_the_cookie_is_not_for_scripts_nor_for_other_sites_and_over_tls_for_nothing_else(room, browser):
    browser.open(token_for(room, "l01"))
    cookie = browser.seen[-2].headers["set-cookie"]
    assert all(each in cookie for each in ("quiz_1=", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age="))
    assert "Secure" not in cookie
    object.__setattr__(room, "address", "https://quiz.example")  # a proxy with TLS stands before it
    sent = {"headers": {"Origin": "https://quiz.example"}, "data": {"token": token_for(room, "l02")}}
    set_cookie = browser.post("/open", **sent, follow_redirects=False).headers["set-cookie"]
    assert set_cookie.startswith("__Host-quiz_1=")
    assert "Secure" in set_cookie


def test_neither_tokens_nor_cookies_nor_answers_come_into_the_log(room, browser, caplog):
    caplog.set_level("DEBUG")
    token = token_for(room, "l01")
    browser.get(f"/open/{token}")
    browser.open(token)
    browser.get(f"/open/{token}x")
    browser.save(0, "secret words")
    # pytest gives every logger a handler, also that of uvicorn which has none in a server: see test_quizzes_load
    others = ("http", "uvicorn.access")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(others)]
    assert any("not good came from 127.0.0.1" in each for each in ours)
    assert [each for each in ours if token[:20] in each or "secret words" in each] == []


def test_the_database_holds_no_cookie_that_opens_anything(room, browser, engine):
    browser.open(token_for(room, "l01"))
    with tables.reading(engine) as connection:
        row = connection.execute(sa.select(tables.DEVICES)).one()
    assert browser.http.cookies["quiz_1"] not in str(row)
    assert row.agent == "Firefox on Linux"


def test_a_practice_bank_says_that_its_answers_are_public(engine, clock, tmp_path):
    bank = quizzing.make_bank(tmp_path, practice=True)
    with quizzing.served(quizzing.make_room(engine, bank, clock)) as room, Browser(room.address) as browser:
        assert "Practice bank: its answers are public." in browser.open(token_for(room, "l01")).text


def test_html_in_a_learners_name_stays_text(room, browser):
    name = "<img src=x onerror=alert(1)>"
    browser.open(token_for(room, name))
    for response in browser.seen:
        assert "<img" not in response.text


def test_when_the_database_is_away_the_page_is_told_to_try_again(room, browser, engine, monkeypatch):
    browser.open(token_for(room, "l01"))

    def away(*_):
        raise sa.exc.OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(attempts, "seated_row", away)
    for answer in (browser.save(0, [0]), browser.get("/quiz_1")):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("curl/8 <script>", "another browser on another system"),
    ],
)
def test_a_browser_is_named_shortly_and_without_what_it_made_up(text, said):
    assert short_agent(text) == said
