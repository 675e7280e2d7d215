"""Which shape a failure has at an address: Encore's envelope, or that of a protocol."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.types import Scope

PROTOCOL_ROOT: Final = "/v2/"


def shaped(scope: Scope, envelope: Mapping[str, Any]) -> dict[str, Any]:
    """Return a failure as who asks at an address expects it (decision 27)."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if not path.startswith(PROTOCOL_ROOT):
        return dict(envelope)
    told = envelope["error"]
    return {"error": told["message"], "code": told["code"], "details": told["details"]}
