"""A hundred learners at once, and a server that is killed in the middle: no acknowledged answer is lost."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from course.cohort.reading import parse_cohort
from course.quizzes import attempts, results, tables
from course.quizzes.bank import read_bank
from course.quizzes.links import Ticket, token
from course.quizzes.paper import hand_out, normal, percent
from course.quizzes.room import cohort_key
from mlsd import ports

from .real import quizzing
from .real.quizzing import SECRET, Browser, kinds

LEARNERS = [f"l{number:03}" for number in range(100)]
START = (datetime.now(UTC) - timedelta(days=2)).date()


@pytest.fixture
def cohort():
    return parse_cohort(quizzing.cohort_text(START), Path("cohort.toml"))


def patiently(step):
    """Try again as the page does, until the server answers."""
    for tries in range(20):
        try:
            response = step()
            if response.status_code != 429 and response.status_code < 500:
                return response
        except httpx.TransportError:
            pass  # it is not there
        time.sleep(min(8, 0.5 * 2**tries) * random.uniform(0.75, 1.25))
    raise AssertionError("the server did not come back")


def answer_all(address, learner, cohort, started):
    """What one learner does; returns the mark on the page and what the server acknowledged."""
    chance = random.Random(learner)
    written = token(Ticket(cohort_key(cohort), "quiz_1", learner), SECRET.encode())
    acknowledged = {}
    with Browser(address) as browser:
        opened = patiently(lambda: browser.open(written, take_over="yes"))
        for place, kind in enumerate(kinds(opened.text)):
            answer = {"select": {"0": chance.randrange(4)}, "checkbox": [0, chance.randrange(1, 4)]}.get(kind)
            answer = answer or [chance.randrange(2)]
            response = patiently(lambda place=place, answer=answer: browser.save(place, answer, 0, age=0))
            assert response.status_code == 200, response.text
            acknowledged[place] = answer
            started.release()
        done = patiently(lambda: browser.post("/quiz_1/submit", data={"do": "sure"}))
    return done.text.partition("Your mark: ")[2].partition(" of 100")[0], acknowledged


@pytest.fixture
def run(tmp_path, database_url, cohort):
    """A hundred learners answer; after 300 answers the server is killed and started again on the same database."""
    port, saved = ports.free(), threading.Semaphore(0)
    address = f"http://127.0.0.1:{port}"
    with ThreadPoolExecutor(len(LEARNERS)) as pool:
        with quizzing.process(tmp_path, database_url, port, start=START) as first:
            waiting = [pool.submit(answer_all, address, learner, cohort, saved) for learner in LEARNERS]
            for _ in range(300):
                assert saved.acquire(timeout=120)
            first.kill()
            first.wait()
        with quizzing.process(tmp_path, database_url, port, start=START):
            told = {learner: each.result() for learner, each in zip(LEARNERS, waiting, strict=True)}
    engine = tables.connect(database_url)
    yield told, {each.seat.learner: each for each in attempts.every(engine, cohort_key(cohort), "quiz_1")}, engine
    engine.dispose()


def test_a_hundred_learners_lose_nothing_when_the_server_is_killed(run, cohort, tmp_path):
    told, kept, engine = run
    assert list(kept) == LEARNERS
    bank = read_bank(tmp_path / "banks" / "quiz_1.toml")
    for learner, (shown, acknowledged) in told.items():
        attempt = kept[learner]
        assert attempt.given == {at: normal(attempt.paper[at], each) for at, each in acknowledged.items()}
        assert len(acknowledged) == 10
        assert attempt.submitted_at is not None
        paper = hand_out(bank, cohort_key(cohort), learner, secret=SECRET.encode())
        assert paper == attempt.paper
        assert float(shown) == pytest.approx(float(percent(paper, attempt.given)), abs=1e-4)
    rows, notes = results.table(engine, cohort, cohort_key(cohort), LEARNERS, datetime.now(UTC))
    assert (len(rows), all(row[1] for row in rows), notes) == (100, True, [])
    log = (tmp_path / "serve.log").read_text()
    assert "Serving quiz_1" in log
    assert "/open" not in log  # no link comes into the log of a real server
