"""Answering a quiz: the page, each answer as it is given, and the submission."""

import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from mlsd.errors import DataError

from . import attempts, devices, page
from .attempts import Attempt, Change
from .hours import told
from .paper import Paper, hand_out, normal
from .room import Denied, Room, body_of, cookie_name, denied, fields_of, json_of, same_origin
from .rows import Refused, hashed

__all__ = ["add_answering"]

P = ParamSpec("P")
T = TypeVar("T")

_DO = ("submit", "sure", "save")
_LATE = "The quiz was due before this arrived. What was saved by then counts."
_NOTES = {
    "changed": "Another window or tab has saved other answers meanwhile. You see what is saved now: look, then submit.",
    "late": _LATE,
    "saved": "Your answers are saved.",
}
_FIELD = re.compile(r"([av])([0-9]{1,3})(?:\.([0-9]{1,3}))?")
_ALLOWED = "Load the page again and answer there. Nothing of this was saved."


def add_answering(app: FastAPI, room: Room) -> None:
    """Add the paths of a quiz."""

    @app.get("/{quiz}")
    async def show(request: Request, quiz: str) -> Response:
        cookie = _cookie(room, request, quiz)
        return await run_in_threadpool(_show, room, quiz, cookie, request)

    @app.post("/{quiz}/answers")
    async def save(request: Request, quiz: str) -> Response:
        cookie = _may_write(room, request, quiz)
        made = json_of(await body_of(request))
        return await run_in_threadpool(_save, room, quiz, cookie, made, request.state.arrived)

    @app.post("/{quiz}/submit")
    async def submit(request: Request, quiz: str) -> Response:
        cookie = _may_write(room, request, quiz)
        fields = fields_of(await body_of(request))
        return await run_in_threadpool(_submit, room, quiz, cookie, fields, request.state.arrived)

    @app.post("/{quiz}/leave")
    async def leave(request: Request, quiz: str) -> Response:
        cookie = _may_write(room, request, quiz)
        return await run_in_threadpool(_leave, room, quiz, cookie, request.state.arrived)


def _cookie(room: Room, request: Request, quiz: str) -> str:
    if quiz not in room.banks:
        raise Denied(404, "nothing", "There is no such page", "Open the link that the team sent you.")
    return request.cookies.get(cookie_name(room, quiz), "")


def _may_write(room: Room, request: Request, quiz: str) -> str:
    cookie = _cookie(room, request, quiz)
    same_origin(room, request)
    wait = room.saves.use(hashed(cookie), time.monotonic())
    if wait:
        raise Denied(429, "often", "This is too fast", "The page tries again by itself.", wait=int(wait) + 1)
    return cookie


def _done(step: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """What a step returns, or its refusal in words."""
    try:
        return step(*args, **options)
    except Refused as refused:
        raise denied(refused) from refused


def _seated(room: Room, quiz: str, cookie: str) -> Attempt:
    return _done(attempts.seated, room.engine, quiz, cookie)


def _show(room: Room, quiz: str, cookie: str, request: Request) -> Response:
    attempt, now = _seated(room, quiz, cookie), request.state.arrived
    hours, cohort, bank = room.hours(attempt.seat), room.cohort(), room.banks[quiz]
    phase = hours.phase(now)
    if phase == "expired":
        raise Denied(410, "expired", "This quiz is over", "Ask the team for your answers.")
    asked = [text for name, text in _NOTES.items() if name in request.query_params]
    if phase == "open" and not attempt.paper:
        paper = hand_out(bank, attempt.seat.cohort, attempt.seat.learner, secret=room.secret)
        attempt = _done(attempts.begin, room.engine, quiz, cookie, paper, now)
    if phase == "open" and not attempt.submitted_at:
        sure = "unanswered" in request.query_params and bool(attempt.unanswered)
        note = [*asked, *([_unanswered(attempt)] if sure else [])]
        due = told(hours.due, cohort)
        return HTMLResponse(page.questions(bank.title, attempt, due=due, note=note, sure=sure, practice=bank.practice))
    note = [_ended(attempt, told(hours.due, cohort)), *(asked if not attempt.submitted_at else [])]
    if phase != "explained":
        note.append("When everybody's time is over, this page explains each answer.")
    explained = phase == "explained"
    return HTMLResponse(page.answer_sheet(bank.title, attempt, note, explained=explained, practice=bank.practice))


def _unanswered(attempt: Attempt) -> str:
    numbers = ", ".join(str(place + 1) for place in attempt.unanswered)
    return f"Not submitted yet. Not fully answered: question {numbers}. Your other answers are saved."


def _ended(attempt: Attempt, due: str) -> str:
    if attempt.submitted_at:
        return "You submitted this quiz. It cannot be changed any more."
    if not attempt.paper:
        return f"The quiz was due {due}. You did not open it before."
    return f"The quiz was due {due}. You did not submit it, so what was saved by then counts."


def _save(room: Room, quiz: str, cookie: str, said: Any, now: datetime) -> Response:
    attempt = _seated(room, quiz, cookie)
    made = _change(attempt.paper, said)
    if room.hours(attempt.seat).phase(now) != "open":
        raise Denied(403, "late", "Closed", _LATE)
    saved = _done(attempts.save, room.engine, quiz, cookie, made, now)
    at = saved.at.astimezone(room.cohort().time_zone)
    return JSONResponse({"saved": f"{at:%H:%M:%S}", "version": saved.version})


def _change(paper: Paper, said: Any) -> Change:
    if not isinstance(said, dict) or set(said) - {"age"} != {"place", "answer", "version"}:
        raise Denied(422, "wrong", "This is no answer", "Allowed is an object with place, answer, version and age.")
    place, version, age = said["place"], said["version"], said.get("age")
    if not _is_whole(place, len(paper) - 1) or not _is_whole(version, 2**31 - 1):
        raise Denied(422, "wrong", "This is no answer", f"`place` is from 0 to {len(paper) - 1}, `version` from 0.")
    if age is not None and not (type(age) in (int, float) and 0 <= age < 10_000_000):
        raise Denied(422, "wrong", "This is no answer", "`age` is a number of seconds.")
    return Change(place, _normal(paper, place, said["answer"]), version, age)


def _is_whole(value: Any, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _normal(paper: Paper, place: int, answer: Any) -> Any:
    try:
        return normal(paper[place], answer)
    except DataError as error:
        raise Denied(422, "wrong", f"Question {place + 1}", error.problem) from error


def _submit(room: Room, quiz: str, cookie: str, fields: dict[str, list[str]], now: datetime) -> Response:
    attempt = _seated(room, quiz, cookie)
    do = fields.pop("do", ["submit"])[-1]
    made = _changes(attempt.paper, fields)
    if do not in _DO:
        raise Denied(422, "wrong", "This is no form of this page", _ALLOWED)
    if room.hours(attempt.seat).phase(now) != "open":
        return _back(quiz, "" if attempt.submitted_at else "late")
    try:
        done = _done(attempts.submit, room.engine, quiz, cookie, made, now, ends=do != "save", sure=do == "sure")
    except Denied as error:
        if error.why == "changed":
            return _back(quiz, "changed")
        raise
    return _back(quiz, "" if done.submitted_at else "saved" if do == "save" else "unanswered")


def _changes(paper: Paper, fields: dict[str, list[str]]) -> list[Change]:
    """What a whole form says: ``a3`` for a choice, ``a3.0`` for a left side, ``v3`` for the version that it showed."""
    answers: list[Any] = [{} if sheet.question.kind == "matching" else [] for sheet in paper]
    versions: dict[int, int] = {}
    for name, values in fields.items():
        match = _FIELD.fullmatch(name)
        numbers = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 10]
        place = int(match[2]) if match else len(paper)
        if not match or place >= len(paper) or (len(numbers) < len(values) and values != [""]):
            raise Denied(422, "wrong", "This is no form of this page", _ALLOWED)
        if match[1] == "v":
            versions[place] = max(numbers, default=0)
        elif isinstance(answers[place], dict) and match[3]:
            answers[place].update((match[3], number) for number in numbers)
        elif isinstance(answers[place], list) and not match[3]:
            answers[place] += numbers
        else:
            raise Denied(422, "wrong", "This is no form of this page", _ALLOWED)
    return [Change(place, _normal(paper, place, answers[place]), version) for place, version in versions.items()]


def _leave(room: Room, quiz: str, cookie: str, now: datetime) -> Response:
    _done(devices.leave, room.engine, quiz, cookie, now)
    text = "This browser has left the quiz. What you saved is kept. Your link opens it again, here or elsewhere."
    response = HTMLResponse(page.notice("You have left", [text]))
    response.delete_cookie(cookie_name(room, quiz), httponly=True, samesite="lax", secure=room.is_https)
    return response


def _back(quiz: str, note: str) -> Response:
    return RedirectResponse(f"/{quiz}?{note}#note" if note else f"/{quiz}", 303)
