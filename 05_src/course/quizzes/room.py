"""What every request needs: the banks, the calendar, the database, the clock; and how requests are read and refused."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import sqlalchemy as sa
from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from course.cohort.plan import Cohort

from . import page
from .bank import Bank
from .hours import Hours, hours_of
from .limits import Limit
from .rows import Refused, Seat

__all__ = [
    "Denied",
    "Room",
    "answer_to",
    "body_of",
    "cohort_key",
    "cookie_name",
    "denied",
    "fields_of",
    "json_of",
    "same_origin",
]

log = logging.getLogger(__name__)
_MOST_BYTES = 16 * 1024  # ten answers take less than one


def _now() -> datetime:
    """The time by this machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Room:
    """Where the quizzes of a cohort are answered.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        As `tables.connect` returns it.
    banks : mapping of str to Bank
        By quiz.
    cohort : callable
        The cohort as its file says now: more time for somebody counts at once.
    secret : bytes
        As `links.read_secret` returns it.
    address : str
        Where learners reach this server.
    clock : callable
        The time; nothing that a browser says about it counts.
    guesses, everybody, saves : Limit
        Wrong links from one network, wrong links from anywhere, and saves of one browser.
    """

    engine: sa.Engine
    banks: Mapping[str, Bank]
    cohort: Callable[[], Cohort]
    secret: bytes
    address: str
    clock: Callable[[], datetime] = _now
    guesses: Limit = field(default_factory=lambda: Limit(20, 1 / 3))
    everybody: Limit = field(default_factory=lambda: Limit(300, 20))
    saves: Limit = field(default_factory=lambda: Limit(60, 5))

    def hours(self, seat: Seat) -> Hours:
        """When a learner may answer."""
        return hours_of(self.cohort(), seat.quiz, seat.learner)

    @property
    def is_https(self) -> bool:
        """Whether browsers reach it over TLS."""
        return self.address.startswith("https:")


class Denied(Exception):  # noqa: N818  # it is an answer to the learner, not a fault
    """A request that is not done, with what the learner reads.

    Parameters
    ----------
    code : int
        The HTTP status.
    why : str
        One word for the script.
    title : str
        The heading.
    text : str
        What to do.
    extra : str
        HTML below it.
    facts : mapping
        More for the script.
    wait : int
        Seconds after which to try again, or 0.
    """

    def __init__(
        self,
        code: int,
        why: str,
        title: str,
        text: str = "",
        *,
        extra: str = "",
        facts: Mapping[str, Any] | None = None,
        wait: int = 0,
    ):
        self.code, self.why, self.title, self.text = code, why, title, text
        self.extra, self.facts, self.wait = extra, facts or {}, wait
        super().__init__(title)


_REFUSALS = {
    "withdrawn": (410, "This link is no longer good", "The team has sent you a newer one. Use that, or ask the team."),
    "often": (
        403,
        "This quiz has changed browsers too often",
        "Ask the team: they can let you go on here. Nothing that you saved is lost.",
    ),
    "stranger": (
        401,
        "Open your link",
        "This browser does not have the quiz open. Open the link that the team sent you.",
    ),
    "elsewhere": (
        409,
        "The quiz is open in another browser",
        "It was opened there with your link. What you saved is safe. To go on here, open your link here. If that was "
        "not you, tell the team.",
    ),
    "submitted": (409, "The quiz is submitted", "It cannot be changed any more. Load the page again to see your mark."),
    "changed": (
        409,
        "Another window changed this answer",
        "You see what is saved now. Choose again if it is not yours.",
    ),
}


def denied(refused: Refused) -> Denied:
    """Say a refusal in words."""
    code, title, text = _REFUSALS[refused.why]
    saved = refused.saved
    return Denied(
        code, refused.why, title, text, facts={"answer": saved.answer, "version": saved.version} if saved else {}
    )


def answer_to(error: Denied, *, as_json: bool) -> Response:
    """The response that a denial becomes."""
    headers = {"Retry-After": str(error.wait)} if error.wait else {}
    if as_json:
        said = f"{error.title}. {error.text}".strip()
        return JSONResponse({"error": said, "why": error.why, **error.facts}, error.code, headers)
    body = page.notice(error.title, [error.text] if error.text else [], error.extra)
    return HTMLResponse(body, error.code, headers)


def cohort_key(cohort: Cohort) -> str:
    """The name of a cohort in links and in the database: another cohort may have the same name in another year."""
    return f"{cohort.name} ({cohort.start})"


def cookie_name(room: Room, quiz: str) -> str:
    """The cookie of a quiz. A browser keeps one with this prefix to https and to this host."""
    return f"__Host-{quiz}" if room.is_https else quiz


def same_origin(room: Room, request: Request) -> None:
    """Deny what a page of somebody else sends in a learner's name."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    # a form's Origin is "null" where no referrer is sent; who lies about that comes without the SameSite cookie
    if origin not in (None, "null", room.address) or site not in (None, "same-origin"):
        log.warning("Denied a request from a page of %s", origin and origin[:100].encode("ascii", "replace"))
        raise Denied(403, "origin", "This request came from another page", f"Use the page at {room.address}.")


async def body_of(request: Request) -> bytes:
    """The body, up to a limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise Denied(413, "wrong", "This is too long", f"At most {_MOST_BYTES:,} bytes are read.")
    return bytes(body)


def fields_of(body: bytes) -> dict[str, list[str]]:
    """What a form says."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=500, errors="strict")
    except ValueError as error:
        raise Denied(422, "wrong", "This is no form", "Load the page again.") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def json_of(body: bytes) -> Any:
    """What a body of JSON says."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Denied(422, "wrong", "This is not JSON") from error
