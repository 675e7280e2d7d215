"""Where media servers call, as they would have to write it."""

from fastapi import Request

from app.backend.api.addresses import base_of
from app.backend.api.dependencies import ApiState
from app.backend.workflows import connections, notices
from app.backend.workflows.connections import ConnectedSource
from app.backend.workflows.household import Household


def webhook_addresses(
    request: Request, household: Household, source: ConnectedSource
) -> dict[str, str]:
    """Return the addresses that tell of what was watched at a source, by who calls them.

    Raises
    ------
    ServerRefuses
        Where the source's keys are not on this machine.
    """
    state: ApiState = request.app.state.encore
    origin = state.porter.doorway.public_origin or f"{request.url.scheme}://{request.url.netloc}"
    secret = connections.webhook_secret(household, source.id)
    return {
        teller: f"{origin}{base_of(request.scope)}{notices.webhook_path(secret, teller)}"
        for teller in notices.TELLERS[source.kind]
    }
