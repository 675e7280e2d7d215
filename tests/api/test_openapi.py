"""The description of the interface: complete, and true of what is really answered."""

from typing import Any

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient

from app.backend.api.openapi import describe
from app.backend.api.scopes import NEEDED
from docs.generate import openapi

SPEC: dict[str, Any] = openapi()
OPERATIONS = [
    pytest.param(method, path, operation, id=operation["operationId"])
    for path, methods in SPEC["paths"].items()
    for method, operation in methods.items()
]


def valid(schema: dict[str, Any], value: object) -> bool:
    """Say whether a value is what a schema of the description allows."""
    whole = {**schema, "components": SPEC["components"]}
    return bool(jsonschema_rs.Draft202012Validator(whole).is_valid(value))


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_answer_has_an_example_that_is_one(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    """What is shown of a success or a failure is what its schema allows."""
    assert operation["description"]
    assert operation["operationId"] in NEEDED
    for status, told in operation["responses"].items():
        content = told.get("content", {}).get("application/json")
        if content is None or not content.get("schema"):
            continue
        assert "example" in content, (method, path, status)
        assert valid(content["schema"], content["example"]), (method, path, status)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_body_has_an_example_that_is_one(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    """What is shown of a request is what its schema allows."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return
    schema = content["schema"]
    found = schema
    options = [schema, *schema.get("anyOf", ())]
    for option in options:
        if "$ref" in option:
            found = SPEC["components"]["schemas"][option["$ref"].rsplit("/", 1)[-1]]
    assert found.get("examples"), (method, path)
    for example in found["examples"]:
        assert valid(schema, example), (method, path)


def test_references_lead_somewhere() -> None:
    """Each `$ref` names a schema that the description has."""
    seen = []

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                seen.append(value["$ref"])
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(SPEC)
    known = {f"#/components/schemas/{name}" for name in SPEC["components"]["schemas"]}
    assert seen
    assert set(seen) <= known


def test_the_description_is_served(client: TestClient) -> None:
    """What is served is what was checked, in OpenAPI 3.1."""
    served = client.get("/api/v1/openapi.json").json()
    assert served["openapi"].startswith("3.1")
    assert served["paths"] == SPEC["paths"]
    assert describe(client.app) is describe(client.app)  # type: ignore[arg-type]  # FastAPI's
