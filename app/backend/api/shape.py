"""Which shape a failure has at an address: Encore's envelope, or that of a protocol."""

from collections.abc import Mapping
from typing import Any

from starlette.types import Scope

from app.backend.api.addresses import PROTOCOL_ROOT, path_of


def shaped(scope: Scope, envelope: Mapping[str, Any]) -> dict[str, Any]:
    """Return a failure as who asks at an address expects it (decision 27)."""
    if not path_of(scope).startswith(f"{PROTOCOL_ROOT}/"):
        return dict(envelope)
    told = envelope["error"]
    return {"error": told["message"], "code": told["code"], "details": told["details"]}
