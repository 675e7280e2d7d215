"""Every route of the application, in the order in which they are looked through."""

from collections.abc import Iterator
from typing import Final

from fastapi.routing import APIRoute

from app.backend.api.addresses import API_PREFIX
from app.backend.api.routes import (
    access,
    app_page,
    artefacts,
    data_quality,
    feedback,
    health,
    histories,
    histories_page,
    history_page,
    language_page,
    library,
    library_page,
    members,
    metrics,
    mlflow_scoring,
    model_page,
    models,
    open_inference,
    people_page,
    personalizer,
    posters,
    predictions,
    recommendations,
    shelf_page,
    sign_in_pages,
    signals,
    slates,
    source_accounts,
    source_page,
    sources,
    sources_page,
    tonight_page,
    training_runs,
    versions,
    webhooks,
    welcome_page,
)

# Routes are looked through in this order: what is asked most comes first.
VERSIONED: Final = (
    recommendations,
    predictions,
    feedback,
    slates,
    signals,
    members,
    library,
    sources,
    source_accounts,
    histories,
    training_runs,
    models,
    versions,
    artefacts,
    data_quality,
    access,
)
UNVERSIONED: Final = (
    open_inference,
    mlflow_scoring,
    personalizer,
    health,
    metrics,
    webhooks,
    tonight_page,
    posters,
    history_page,
    people_page,
    model_page,
    library_page,
    shelf_page,
    sources_page,
    source_page,
    histories_page,
    sign_in_pages,
    language_page,
    welcome_page,
    app_page,
)


def every_route() -> Iterator[tuple[str, APIRoute]]:
    """Yield every route, with what its address begins with."""
    for prefix, modules in ((API_PREFIX, VERSIONED), ("", UNVERSIONED)):
        for module in modules:
            for route in module.router.routes:
                if isinstance(route, APIRoute):
                    yield prefix, route
