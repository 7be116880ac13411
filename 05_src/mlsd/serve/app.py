"""The application: its paths, what they take and what they answer, as FastAPI and its OpenAPI description tell it."""

import json
import logging
import platform
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version as version_of
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from . import openapi, page
from .answering import Answering, about
from .explaining import Explaining
from .metrics import CONTENT_TYPE, Metrics
from .model import Served, Watched
from .rollout import Trial
from .served_log import Recorder
from .waiting import Refused

__all__ = ["create"]

log = logging.getLogger(__name__)
MAX_BYTES = 2 * 2**20
GOOD_ID = re.compile(rb"[\w.\-]{1,64}")


def create(watched: Watched, *, is_draining: Callable[[], bool] = lambda: False, trial: Trial | None = None) -> FastAPI:
    """The application that answers for a model.

    Parameters
    ----------
    watched : Watched
        The model, and whatever takes its place later.
    is_draining : callable
        Whether this process is about to end: then every answer asks the client to connect anew, to another worker.
    trial : Trial, optional
        A challenger beside the model.

    Returns
    -------
    fastapi.FastAPI
        It begins to watch the alias and to record when it starts up, and ends both when it shuts down.
    """

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        metrics = Metrics()
        recorder = Recorder(watched.current.name, lambda rows: metrics.dropped.inc(rows))
        app.state.answering, app.state.metrics = Answering(watched, metrics, recorder, trial), metrics
        watched.start(metrics)
        if trial:
            trial.start()
        app.state.explaining = Explaining()
        yield
        watched.stop()
        if trial:
            trial.stop()
        app.state.explaining.close()
        app.state.answering.close()

    app = FastAPI(title="mlsd serve", version=version_of("mlsd"), lifespan=living, docs_url=None, redoc_url=None)
    app.openapi = lambda: openapi.described(app, watched.current)  # type: ignore[method-assign]
    _add_answers(app, watched)
    _add_page(app, watched)
    _add_health(app, watched, is_draining)
    app.add_exception_handler(Refused, _refused)
    app.add_middleware(_Around, is_draining=is_draining)
    return app


def _add_answers(app: FastAPI, watched: Watched) -> None:
    @app.post("/predict", summary="Predict one row or many", tags=["answers"])
    async def predict(request: Request) -> Response:
        asked = await _json_body(request)
        rows = asked.get("rows") if isinstance(asked, dict) else None
        if not isinstance(rows, list) or not rows or set(asked) != {"rows"}:
            raise Refused(422, 'the body must be {"rows": [{column: value, ...}, ...]}, with at least one row')
        code, body = await request.app.state.answering.predict(rows, request.state.request_id)
        request.state.version = body["version"]
        return _as_json(body, code)

    @app.post("/explain", summary="What moved the answer to one row", tags=["answers"])
    async def explain(request: Request) -> Response:
        asked = await _json_body(request)
        if not isinstance(asked, dict) or set(asked) != {"row"}:
            raise Refused(422, 'the body must be {"row": {column: value, ...}}')
        found = request.app.state.explaining.explain(watched.current, asked["row"], request.state.request_id)
        return _as_json(await found)


def _add_page(app: FastAPI, watched: Watched) -> None:
    @app.get("/", summary="A page for people", tags=["page"], response_class=HTMLResponse)
    async def show(request: Request) -> Response:
        served, state = watched.current, request.app.state
        if not request.query_params:
            return HTMLResponse(page.drawn(served), headers=page.HEADERS)
        row = page.row_of(served, request.query_params)
        _, body = await state.answering.predict([row], request.state.request_id, may_try=False)
        answer, why = body["predictions"][0], "The model changed in this moment; ask again for the reasons."
        if not answer.get("error") and body["version"] == served.version:
            why = await _why(state.explaining.explain(served, row, request.state.request_id))
        return HTMLResponse(page.drawn(served, row, answer=answer, why=why), headers=page.HEADERS)


async def _why(explanation: Any) -> Any:
    """The explanation, or in words why there is none: the answer itself does not depend on it."""
    try:
        return await explanation
    except Refused as refused:
        return f"No reasons can be shown: {refused.reason}."


def _add_health(app: FastAPI, watched: Watched, is_draining: Callable[[], bool]) -> None:
    @app.get("/healthz", summary="Is the process alive?", tags=["health"])
    async def healthz() -> Response:
        return _as_json({"status": "ok"})

    @app.get("/readyz", summary="Does it answer, with which model, and does the registry answer?", tags=["health"])
    async def readyz(request: Request) -> Response:
        watch = {"alias_checked_seconds_ago": round(time.time() - watched.checked_at, 1), "problem": watched.problem}
        trial = request.app.state.answering.trial
        about_trial = {"trial": trial.as_json()} if trial else {}
        status = {"status": "ending" if is_draining() else "ready"}
        facts = about(watched.current, request.state.request_id)
        return _as_json(status | facts | {"watch": watch} | about_trial, 503 if is_draining() else 200)

    @app.get("/version", summary="Which model, and which code", tags=["health"])
    async def version(request: Request) -> Response:
        code = {"mlsd": version_of("mlsd"), "python": platform.python_version()}
        return _as_json(about(watched.current, request.state.request_id) | code)

    @app.get("/metrics", summary="For Prometheus", tags=["health"], response_class=PlainTextResponse)
    def metrics(request: Request) -> Response:
        return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE)


async def _json_body(request: Request) -> Any:
    """What the body says, up to the limit of bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise Refused(413, f"the body is longer than {MAX_BYTES:,} bytes")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:  # not JSON, not UTF-8, a number of thousands of digits, too deep
        raise Refused(400, f"the body is not JSON: {error}") from error


def _as_json(body: dict[str, Any], code: int = 200) -> Response:
    return Response(json.dumps(body), code, media_type="application/json")


class _Around:
    """Around every request: an id, the model's version, a count and a log line; and a refusal as its answer."""

    def __init__(self, app: Any, is_draining: Callable[[], bool]):
        self._app, self._is_draining = app, is_draining

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, said = time.perf_counter(), {"code": 500}
        request_id = _request_id(scope["headers"])
        scope.setdefault("state", {})["request_id"] = request_id

        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                said["code"] = message["status"]
                message["headers"] = [*message["headers"], *self._headers(scope, request_id)]
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            _count(scope, said["code"], time.perf_counter() - began, request_id)

    def _headers(self, scope: Any, request_id: str) -> list[tuple[bytes, bytes]]:
        served: Served = scope["app"].state.answering.watched.current
        version = scope["state"].get("version", served.version)  # a challenger's, where it answered
        headers = [(b"x-request-id", request_id.encode()), (b"x-model-version", version.encode())]
        return headers + ([(b"connection", b"close")] if self._is_draining() else [])


def _request_id(headers: list[tuple[bytes, bytes]]) -> str:
    given = next((value for name, value in headers if name == b"x-request-id"), b"")
    return given.decode() if GOOD_ID.fullmatch(given) else uuid.uuid4().hex


def _count(scope: Any, code: int, seconds: float, request_id: str) -> None:
    metrics: Metrics = scope["app"].state.metrics
    path = getattr(scope.get("route"), "path", "other")  # never what a stranger typed: each would be a new series
    metrics.requests.labels(path, str(code)).inc()
    metrics.seconds.labels(path).observe(seconds)
    level = logging.DEBUG if code < 400 else logging.WARNING
    facts = {"request_id": request_id, "path": path, "code": code, "seconds": round(seconds, 6)}
    log.log(level, "%s %s", path, code, extra=facts)


async def _refused(request: Request, error: Any) -> Response:
    """A refusal as JSON, with its reason in plain words."""
    body = {"error": {"field": error.field, "reason": error.reason}, "request_id": request.state.request_id}
    return _as_json(body, error.code)
