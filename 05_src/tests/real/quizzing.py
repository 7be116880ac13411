"""Quizzes for tests: a bank with every kind of question, a cohort whose days you choose, a server, and learners."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import uvicorn

from course.cohort.reading import parse_cohort
from course.quizzes import links
from course.quizzes.app import create
from course.quizzes.bank import Bank, read_bank
from course.quizzes.room import Room, cohort_key
from mlsd import ports

from .postgres import own_group
from .serving import end, wait_for

SECRET = "a secret of tests, as long as one should be: 0123456789"
START = date(2026, 1, 13)  # a Tuesday
OPEN = datetime(2026, 1, 14, 12, tzinfo=UTC)  # quiz 1 is open
DUE = datetime(2026, 1, 27, 4, 59, 59, 999999, tzinfo=UTC)  # 26 January, the end of 23:59 in Toronto
REASON = "Because of reason number"
COMMAND = """
import argparse, sys
from course.quizzes import server_cli
from mlsd.errors import MlsdError
parser = argparse.ArgumentParser()
server_cli.add(parser.add_subparsers())
options = parser.parse_args()
try:
    sys.exit(options.run(options))
except MlsdError as error:
    sys.exit(str(error))
"""


def bank_text(quiz: str = "quiz_1", *, flipped: bool = False, practice: bool = False) -> str:
    """A bank of 14 questions of four kinds; flipped, its choices have the same texts and another key."""
    parts = [f'quiz = "{quiz}"\ntitle = "Quiz <1> & more"\npractice = {str(practice).lower()}\n']
    for number in range(14):
        kind = ("true_false", "multiple_choice", "selection", "matching")[number % 4]
        parts.append(_question(number, kind, flipped=flipped))
    return "\n".join(parts)


def _question(number: int, kind: str, *, flipped: bool) -> str:
    text = json.dumps(f'Question **{number}** of `a < b`: <script>window.hacked = 1</script> "quoted"?')
    head = f'[[question]]\nid = "1.{number + 50}"\nkind = "{kind}"\ntext = {text}\noutcome = "LO{number % 3 + 1}"\n'
    head += f'chapter = {number % 2 + 1}\ndifficulty = "easy"\n'
    reasons = [json.dumps(f"{REASON} {number}.{each} <b>") for each in range(5)]
    if kind == "matching":  # its key is the order of its right sides, which the draw shuffles: it is not flipped
        pairs = zip(["left & one", "left two", "left three"], "abc", reasons, strict=False)
        lines = [f"pairs = [{', '.join(_pair(left, f'right {number} {right}', why) for left, right, why in pairs)}]"]
        lines.append(f'extra = [{{text = "nothing {number}", reason = {reasons[3]}}}]')
        return head + "\n".join(lines)
    texts = ["True", "False"] if kind == "true_false" else [f"option {number} {each} <i>" for each in "abcd"]
    rights = {"true_false": [0], "multiple_choice": [2], "selection": [0, 3]}[kind]
    if flipped:
        rights = [(each + 1) % len(texts) for each in rights]
    options = (
        f"{{text = {json.dumps(text)}, right = {str(at in rights).lower()}, reason = {reasons[at]}}}"
        for at, text in enumerate(texts)
    )
    return head + f"options = [{', '.join(options)}]"


def _pair(left: str, right: str, reason: str) -> str:
    return f'{{left = "{left}", right = "{right}", reason = {reason}}}'


def make_bank(folder: Path, **options) -> Bank:
    """The bank of `bank_text`, read from a file in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "quiz_1.toml"
    path.write_text(bank_text(**options), encoding="utf-8")
    return read_bank(path)


def cohort_text(start: date = START, extensions: dict[str, date] | None = None, private: str = "") -> str:
    """A cohort with a session on each of six days, and one deadline for everything on the fourteenth day."""
    days = [start + timedelta(days=each) for each in range(6)]
    more = ", ".join(
        f'{{ learner = "{who}", item = "quiz_1", due = {day} }}' for who, day in (extensions or {}).items()
    )
    lines = [
        'name = "Cohort T"',
        f'start = {{ weekday = "{start:%A}", date = {start} }}',
        'time_zone = "America/Toronto"\nhelp_channel = "#help"',
        f"private = {json.dumps(private)}",
        "session_at = 09:00:00\nsession_hours = 2.5\ndue_at = 23:59:00\nholidays = []",
        f"extensions = [{more}]",
        *(f'[[session]]\nnumber = {at + 1}\nweek = 1\nweekday = "{day:%A}"' for at, day in enumerate(days)),
        f'[[deadline]]\nweek = 2\nweekday = "{start + timedelta(days=6):%A}"\n'
        'items = ["quiz_1", "quiz_2", "quiz_3", "quiz_4", "quiz_5", "quiz_6", "assignment_1", "assignment_2"]',
    ]
    return "\n".join(lines)


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: datetime = OPEN

    def __call__(self) -> datetime:
        return self.now

    def go(self, **units: float) -> None:
        self.now += timedelta(**units)


def make_room(engine, bank: Bank, clock: Callable[[], datetime], **options) -> Room:
    """A room for that bank."""
    cohort = parse_cohort(cohort_text(extensions=options.pop("extensions", None)), Path("cohort.toml"))
    facts = {"cohort": lambda: cohort, "secret": SECRET.encode(), "address": "http://127.0.0.1"} | options
    return Room(engine, {"quiz_1": bank}, clock=clock, **facts)


@contextmanager
def served(room: Room) -> Iterator[Room]:
    """The room with a server in a thread of this process, which has the test's clock; its address is the server's."""
    port = ports.free()
    if room.address == "http://127.0.0.1":
        room = replace(room, address=f"http://127.0.0.1:{port}")
    facts = {"log_config": None, "access_log": False, "server_header": False, "ws": "none", "lifespan": "off"}
    server = uvicorn.Server(uvicorn.Config(create(room), port=port, **facts))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(lambda: server.started, bool)
        yield room
    finally:
        server.should_exit = True
        thread.join()


def token_for(room: Room, learner: str, version: int = 1, **changed) -> str:
    """What ends the learner's link."""
    said = {"cohort": cohort_key(room.cohort()), "quiz": "quiz_1", "learner": learner, "version": version} | changed
    return links.token(links.Ticket(**said), room.secret)


class Browser:
    """What a learner's browser does, by HTTP alone; it remembers every answer of the server."""

    def __init__(self, address: str, agent: str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"):
        headers = {"User-Agent": agent, "Origin": address, "Sec-Fetch-Site": "same-origin"}
        options = {"timeout": 60, "trust_env": False, "verify": False}  # no TLS here: certificates take time to read
        self.http = httpx.Client(base_url=address, headers=headers, follow_redirects=True, **options)
        self.seen: list[httpx.Response] = []

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *error: object) -> None:
        self.http.close()

    def get(self, path: str, **options) -> httpx.Response:
        return self._keep(self.http.get(path, **options))

    def post(self, path: str, **options) -> httpx.Response:
        return self._keep(self.http.post(path, **options))

    def _keep(self, response: httpx.Response) -> httpx.Response:
        self.seen += [*response.history, response]
        return response

    def open(self, token: str, **fields: str) -> httpx.Response:
        return self.post("/open", data={"token": token} | fields)

    def save(self, place: int, answer: object, version: int = 0, **more: object) -> httpx.Response:
        return self.post("/quiz_1/answers", json={"place": place, "answer": answer, "version": version} | more)


def kinds(html: str) -> list[str]:
    """Which kind of field each question of a page has."""
    boxes = re.findall(r"<fieldset.*?</fieldset>", html, re.DOTALL)
    return [next(kind for kind in ("select", "checkbox", "radio") if kind in box) for box in boxes]


def some_answer(kind: str) -> object:
    """An answer that fits each question of the bank."""
    return {"select": {"0": 0, "1": 2, "2": 1}, "checkbox": [0, 1], "radio": [1]}[kind]


@contextmanager
def process(home: Path, url: str, port: int, *, start: date) -> Iterator[subprocess.Popen]:
    """A real server process with the bank of this module, in a cohort that began on a day; killed at the end."""
    make_bank(home / "banks")
    (home / "cohort.toml").write_text(cohort_text(start), encoding="utf-8")
    words = ["serve", "--cohort", str(home / "cohort.toml"), "--banks", str(home / "banks"), "--db", url]
    environment = os.environ | {"MLSD_QUIZ_SECRET": SECRET}
    with (home / "serve.log").open("a") as log:
        command = [sys.executable, "-c", COMMAND, *words, "--port", str(port)]
        started = subprocess.Popen(command, env=environment, stdout=log, stderr=log, **own_group())
    try:
        wait_for(lambda: _answers(started, port, home / "serve.log"), bool, seconds=120)
        yield started
    finally:
        end(started)


def _answers(started: subprocess.Popen, port: int, log: Path) -> bool:
    assert started.poll() is None, log.read_text()[-3000:]
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=10).status_code == 200
    except httpx.TransportError:
        return False
