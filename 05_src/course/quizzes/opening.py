"""Opening a link: GET shows a button and changes nothing, as mail programs look at links too; the button opens it."""

import asyncio
import time
from datetime import timedelta

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from . import devices, page
from .bank import Bank
from .hours import Hours, told
from .limits import neighbours
from .links import Ticket, read_token
from .room import Denied, Room, body_of, cohort_key, cookie_name, denied, fields_of, log, same_origin
from .rows import Refused, Seat

__all__ = ["add_opening", "short_agent"]

_SECONDS = 1.0  # how long a wrong link waits for its answer while many come
_BROWSERS: tuple[tuple[str, str], ...] = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
)
_BROWSERS += (("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS: tuple[tuple[str, str], ...] = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
)
_SYSTEMS += (("Mac OS", "macOS"), ("Linux", "Linux"))


def add_opening(app: FastAPI, room: Room) -> None:
    """Add the paths of links."""

    @app.get("/open/{token}")
    async def look(request: Request, token: str) -> Response:
        ticket = await _ticket(room, request, token)
        return await run_in_threadpool(_look, room, request, ticket, token)

    @app.post("/open")
    async def enter(request: Request) -> Response:
        same_origin(room, request)
        fields = fields_of(await body_of(request))
        ticket = await _ticket(room, request, fields.get("token", [""])[0])
        return await run_in_threadpool(_enter, room, request, ticket, take_over="take_over" in fields)


def short_agent(text: str) -> str:
    """What a browser calls itself, as people say it.

    Examples
    --------
    >>> short_agent("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36")
    'Chrome on Android'
    """
    browser = next((name for sign, name in _BROWSERS if sign in text), "another browser")
    return f"{browser} on {next((name for sign, name in _SYSTEMS if sign in text), 'another system')}"


async def _ticket(room: Room, request: Request, token: str) -> Ticket:
    who, now = neighbours(request.client.host if request.client else ""), time.monotonic()
    wait = room.guesses.wait(who, now)
    if wait:
        title = "Too many links that are not good came from your network"
        raise Denied(429, "often", title, f"Try again in {int(wait) + 1} seconds.", wait=int(wait) + 1)
    ticket = read_token(token, room.secret)
    if ticket is None:
        room.guesses.use(who, now)
        log.warning("A link that is not good came from %s", who)
        if room.everybody.use("", now):
            await asyncio.sleep(_SECONDS)
        text = "Copy the whole link from the message that the team sent you. If it still does not open, ask the team."
        raise Denied(403, "forged", "This link is not good", text)
    return ticket


def _known(room: Room, ticket: Ticket, request: Request) -> tuple[Bank, Seat, Hours]:
    bank = room.banks.get(ticket.quiz)
    if ticket.cohort != cohort_key(room.cohort()) or bank is None:
        raise Denied(410, "expired", "This link has expired", "It belongs to an earlier cohort or another server.")
    seat = Seat(ticket.cohort, ticket.quiz, ticket.learner)
    hours = room.hours(seat)
    if hours.phase(request.state.arrived) == "expired":
        raise Denied(
            410, "expired", "This link has expired", "The quiz was over long ago. Ask the team for your answers."
        )
    return bank, seat, hours


def _look(room: Room, request: Request, ticket: Ticket, token: str) -> Response:
    bank, seat, hours = _known(room, ticket, request)
    try:
        if devices.look(room.engine, seat, ticket.version, _cookie(room, request, seat)):
            return RedirectResponse(f"/{seat.quiz}", 303)
    except Refused as refused:
        raise _with_question(refused, token) from refused
    if hours.phase(request.state.arrived) == "early":
        text = f"It opens on {told(hours.opens, room.cohort())}. Open your link again then."
        return HTMLResponse(page.notice(bank.title, [text]))
    text = (
        f"This link is for {seat.learner}. It opens in one browser at a time: use the one in which you want to answer."
    )
    return HTMLResponse(page.notice(bank.title, [text], page.form("/open", "Open the quiz", {"token": token})))


def _enter(room: Room, request: Request, ticket: Ticket, *, take_over: bool) -> Response:
    bank, seat, hours = _known(room, ticket, request)
    now = request.state.arrived
    if hours.phase(now) == "early":
        raise Denied(403, "early", bank.title, f"It opens on {told(hours.opens, room.cohort())}.")
    try:
        cookie = devices.enter(
            room.engine,
            seat,
            ticket.version,
            cookie=_cookie(room, request, seat),
            agent=short_agent(request.headers.get("user-agent", "")),
            now=now,
            take_over=take_over,
        )
    except Refused as refused:
        raise denied(refused) from refused
    response = RedirectResponse(f"/{seat.quiz}", 303)
    lasts = int((hours.over - now + timedelta(days=60)).total_seconds())
    name = cookie_name(room, seat.quiz)
    response.set_cookie(name, cookie, max_age=lasts, httponly=True, samesite="lax", secure=room.is_https)
    return response


def _with_question(refused: Refused, token: str) -> Denied:
    said = denied(refused)
    if refused.why == "elsewhere":
        said.text = (
            "This link was opened in another browser. If that was you, you can go on here; it is then closed there, "
            "and the team sees that you changed. What is saved is kept. If it was not you, tell the team now."
        )
        said.extra = page.form("/open", "Close it there and go on here", {"token": token, "take_over": "yes"})
    return said


def _cookie(room: Room, request: Request, seat: Seat) -> str:
    return request.cookies.get(cookie_name(room, seat.quiz), "")
