"""The description of the interface: what every operation has in common is said here, once."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.backend.api.addresses import PROTOCOL_ROOT
from app.backend.api.guarded import IDEMPOTENCY_KEY
from app.backend.api.scopes import NEEDED, NEVER_KEPT, PUBLIC

ENVELOPE: Final = {"$ref": "#/components/schemas/ErrorEnvelope"}
PROTOCOL: Final = {"$ref": "#/components/schemas/InferenceError"}
REFERENCE: Final = "#/components/schemas/{model}"
SECURITY: Final = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key. `X-API-Key` and `Ocp-Apim-Subscription-Key` are read too.",
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "encore_session"},
}
# Code, and an example of the sentence, of what any operation may answer.
EVERYWHERE: Final[Mapping[str, tuple[str, str, str]]] = {
    "400": (
        "The request used a name that is not Encore's, or cannot be read.",
        "host_refused",
        (
            "Encore does not answer under that name; use the one it printed, or name it in "
            "ENCORE_ALLOWED_HOSTS."
        ),
    ),
    "503": (
        "The database is not there, or too busy.",
        "database_busy",
        "Another program holds the database; try again in a moment.",
    ),
}
GUARDED: Final[Mapping[str, tuple[str, str, str]]] = {
    "401": (
        "Nobody said who calls.",
        "not_signed_in",
        (
            "Sign in, or send an API key as: Authorization: Bearer KEY. An owner makes keys with: "
            "encore keys add"
        ),
    ),
    "403": (
        "The caller may not do this, or another site's page asked for it.",
        "forbidden",
        "This asks for the scope manage, which the caller does not have; ask an owner.",
    ),
}
CHANGING: Final[Mapping[str, tuple[str, str, str]]] = {
    "403": (
        "Another site's page asked for it, or the caller may not do this.",
        "cross_site_refused",
        "The request came from another site's page; open Encore itself and try there.",
    ),
    "409": (
        "The state does not allow it, or an Idempotency-Key came with another request.",
        "request_reused",
        "This Idempotency-Key came with another request; make a new one.",
    ),
    "413": ("More was sent than is read.", "body_too_large", "The body is larger; send less."),
    "422": (
        "A value cannot be.",
        "invalid_input",
        "body: malformed. Correct it and send it again.",
    ),
}
_CODES: Final = {
    "401": ("not_signed_in", "There is nobody of that name and password."),
    "403": ("forbidden", "A key may do no more than the one who makes it."),
    "404": ("not_found", "There is no such thing; list what there is."),
    "409": ("nothing_fits", "None of the 40 titles fits. Choose a longer session, or add titles."),
    "422": ("invalid_input", "body.mood: malformed. Correct it and send it again."),
    "429": ("too_many_attempts", "Too many wrong passwords; try again in 8 seconds."),
    "500": ("artefact_damaged", "The version's files are not what was written; train again."),
    "501": ("extra_missing", "The format needs a package that is not installed."),
}
NO_BOUNDS: Final[Mapping[str, Any]] = {}
_METHODS: Final = ("get", "put", "post", "delete", "patch")


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the description of an application, made once."""
    if app.openapi_schema is None:
        told = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
        )
        told["components"]["securitySchemes"] = deepcopy(SECURITY)
        for path, method, operation in _operations(told):
            _name_body(operation, told["components"]["schemas"])
            _complete(path, method, operation)
        app.openapi_schema = told
    return app.openapi_schema


def _operations(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in told["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield path, method, methods[method]


def _name_body(operation: dict[str, Any], known: dict[str, Any]) -> None:
    """Put a body that a route reads by itself among the others, under its title."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content.get("schema", {})
        if "title" in schema and ("properties" in schema or "oneOf" in schema):
            known.update(schema.pop("$defs", {}))
            known[schema["title"]] = dict(schema)
            content["schema"] = {"$ref": REFERENCE.format(model=schema["title"])}


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    envelope = PROTOCOL if path.startswith(PROTOCOL_ROOT) else ENVELOPE
    needed = NEEDED.get(operation["operationId"])
    is_public = needed == PUBLIC
    operation["security"] = [] if is_public else [{"key": []}, {"session": []}]
    if not is_public:
        operation["description"] += f"\n\nAsks for the scope `{needed}`."
    common = {**EVERYWHERE, **({} if is_public else GUARDED)}
    if method != "get":
        common |= CHANGING
    for status, (meaning, code, sentence) in common.items():
        told = operation["responses"].setdefault(status, {"description": meaning})
        told["content"] = _failure(envelope, code, sentence)
    _show(operation)
    for status, told in operation["responses"].items():
        if status in _CODES and "example" not in str(told):
            told["content"] = _failure(envelope, *_CODES[status])
    _add_headers(method, operation)


def _show(operation: dict[str, Any]) -> None:
    """Show what a success looks like: what a household was really answered."""
    example = _examples().get(operation["operationId"])
    for status, told in operation["responses"].items():
        content = told.get("content", {}).get("application/json")
        if status.startswith("2") and content is not None and example is not None:
            content["example"] = example


@cache
def _examples() -> Mapping[str, Any]:
    text = resources.files("app.backend.api").joinpath("examples.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def _failure(envelope: Mapping[str, str], code: str, sentence: str) -> dict[str, Any]:
    error = {"code": code, "message": sentence, "details": {}}
    flat = {"error": sentence, "code": code, "details": {}}
    example = flat if envelope is PROTOCOL else {"error": error}
    return {"application/json": {"schema": dict(envelope), "example": example}}


def _add_headers(method: str, operation: dict[str, Any]) -> None:
    parameters = operation.setdefault("parameters", [])
    if method == "get":
        streams = "text/event-stream" in str(operation["responses"].get("200", {}))
        if not streams:
            operation["responses"]["304"] = {"description": "The caller has it already."}
            parameters.append(_header("If-None-Match", "The tag of what the caller has."))
        return
    if operation["operationId"] in NEVER_KEPT:
        return
    text = "Sent again with the same key within a day, a request is answered as before, once."
    bounds = {"minLength": 1, "maxLength": 100, "pattern": r"^[\x21-\x7e]+$"}
    parameters.append(_header(IDEMPOTENCY_KEY.title(), text, bounds))


def _header(name: str, text: str, bounds: Mapping[str, Any] = NO_BOUNDS) -> dict[str, Any]:
    schema = {"type": "string", **bounds}
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema}
