"""The application: its paths, what is around every answer, and what is said when something goes wrong."""

import logging
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from .answering import add_answering
from .opening import add_opening
from .page import HEADERS
from .room import Denied, Room, answer_to

__all__ = ["create"]

log = logging.getLogger(__name__)
_FILES = {"page.css": "text/css", "page.js": "text/javascript"}


def create(room: Room) -> FastAPI:
    """The application in which learners answer quizzes.

    Parameters
    ----------
    room : Room
        Banks, calendar, database and clock.

    Returns
    -------
    fastapi.FastAPI
        It describes itself to nobody: there is no OpenAPI document.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    _add_files(app)
    add_opening(app, room)
    add_answering(app, room)
    app.add_exception_handler(Denied, _denied)
    for error in (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError):
        app.add_exception_handler(error, _away)
    app.add_exception_handler(404, _nothing)
    app.add_exception_handler(405, _nothing)
    app.add_middleware(_Around, room=room)
    return app


def _add_files(app: FastAPI) -> None:
    @app.get("/healthz")
    async def healthz() -> Response:
        return PlainTextResponse("ok")

    for name, kind in _FILES.items():
        text = Path(__file__).with_name(name).read_text(encoding="utf-8")
        app.get(f"/{name}")(_file(text, kind))


def _file(text: str, kind: str) -> Any:
    async def file() -> Response:
        return Response(text, media_type=kind)

    return file


async def _denied(request: Request, error: Any) -> Response:
    return answer_to(error, as_json=_is_for_script(request))


async def _away(request: Request, error: Exception) -> Response:
    log.error("The database does not answer: %s", type(error).__name__)  # its message may hold an answer
    text = "Your last change may not be saved. Wait a few seconds and load the page again."
    return answer_to(Denied(503, "away", "The database does not answer", text, wait=2), as_json=_is_for_script(request))


async def _nothing(request: Request, error: Any) -> Response:
    said = Denied(error.status_code, "nothing", "There is no such page", "Open the link that the team sent you.")
    return answer_to(said, as_json=_is_for_script(request))


def _is_for_script(request: Request) -> bool:
    return request.url.path.endswith("/answers")


class _Around:
    """Around every request: the time at which it came, before it waits for anything, and every answer's headers."""

    def __init__(self, app: Any, room: Room):
        self._app, self._room = app, room

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["arrived"] = self._room.clock()
        more = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self._app(scope, receive, told)
