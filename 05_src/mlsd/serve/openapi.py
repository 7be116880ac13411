"""The OpenAPI description, with the columns and example rows of the model that is served at the moment."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from .answering import MAX_ROWS
from .model import Served

__all__ = ["described"]

TEXT, NUMBER = {"type": "string"}, {"type": "number"}
ERROR = {
    "type": "object",
    "description": "What is wrong: the column (null for the row itself), why, and the nearest known name.",
    "properties": {"field": {"type": ["string", "null"]}, "reason": TEXT, "nearest": TEXT},
    "required": ["field", "reason"],
}
REFUSAL = {"type": "object", "properties": {"error": ERROR, "request_id": TEXT}, "required": ["error", "request_id"]}
ABOUT = {"model": TEXT, "version": TEXT, "alias": TEXT, "request_id": TEXT, "threshold": NUMBER}
ABOUT_ALWAYS = ["model", "version", "alias", "request_id"]
MOVED = {"type": "object", "properties": {"column": TEXT, "value": {}, "contribution": NUMBER}}
EXPLAINED = {"unit": TEXT, "base": NUMBER, "output": NUMBER, "contributions": {"type": "array", "items": MOVED}}
REASONS = {"400": "The body is not JSON", "413": "Too many bytes or rows", "503": "Too many rows wait; try again"}


def described(app: FastAPI, served: Served) -> dict[str, Any]:
    """The description of an application that serves this model.

    Parameters
    ----------
    app : FastAPI
        Its paths.
    served : Served
        Its model.

    Returns
    -------
    dict
        OpenAPI 3.1.
    """
    spec = get_openapi(title=app.title, version=app.version, description=_told(served), routes=app.routes)
    spec["components"] = {"schemas": _schemas(served)}
    paths = spec["paths"]
    paths["/predict"]["post"] |= _predict(served)
    paths["/explain"]["post"] |= _explain(served)
    paths["/readyz"]["get"]["responses"]["503"] = {"description": "It is about to end"}
    return spec


def _told(served: Served) -> str:
    return f"Model {served.name}, version {served.version}. Columns marked with null may miss."


def _schemas(served: Served) -> dict[str, Any]:
    example = served.examples[0]
    answer = {"type": "object", "properties": _answer_of(served), "required": ["row"]}
    predictions = {"type": "array", "items": answer, "description": "One a row, in the same order."}
    body = ABOUT | {"predictions": predictions}
    return {
        "Row": served.schema.as_json(example),
        "Rows": {
            "type": "object",
            "properties": {"rows": _many({"$ref": "#/components/schemas/Row"})},
            "required": ["rows"],
            "additionalProperties": False,
        },
        "Predictions": {"type": "object", "properties": body, "required": [*ABOUT_ALWAYS, "predictions"]},
        "Explanation": {"type": "object", "properties": ABOUT | EXPLAINED, "required": [*ABOUT_ALWAYS, *EXPLAINED]},
        "Refusal": REFUSAL,
    }


def _many(row: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": row, "minItems": 1, "maxItems": MAX_ROWS}


def _answer_of(served: Served) -> dict[str, Any]:
    row = {"row": {"type": "integer"}, "error": ERROR}
    return row | {name: {} if name == "prediction" else NUMBER for name in served.empty_answer().columns}


def _predict(served: Served) -> dict[str, Any]:
    answers = {"200": _body("Each row's answer, or why it has none", "Predictions")}
    answers |= {"422": {"description": "No row could be answered", "content": _json({"anyOf": _refs()})}}
    return {
        "requestBody": {
            "required": True,
            "content": _json({"$ref": "#/components/schemas/Rows"}, {"rows": served.examples}),
        },
        "responses": answers | {code: _body(reason, "Refusal") for code, reason in REASONS.items()},
    }


def _explain(served: Served) -> dict[str, Any]:
    row = {"$ref": "#/components/schemas/Row"}
    asked = {"type": "object", "properties": {"row": row}, "required": ["row"], "additionalProperties": False}
    refusals = REASONS | {"409": "Registered without rows to compare with", "422": "The row is not right"}
    return {
        "requestBody": {"required": True, "content": _json(asked, {"row": served.examples[0]})},
        "responses": {"200": _body("What moved the answer", "Explanation")}
        | {code: _body(reason, "Refusal") for code, reason in refusals.items()},
    }


def _refs() -> list[dict[str, str]]:
    return [{"$ref": f"#/components/schemas/{name}"} for name in ("Predictions", "Refusal")]


def _body(what: str, name: str) -> dict[str, Any]:
    return {"description": what, "content": _json({"$ref": f"#/components/schemas/{name}"})}


def _json(schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    return {"application/json": {"schema": schema} | ({"example": example} if example else {})}
