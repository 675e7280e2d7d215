"""The page Library: what there is to choose from."""

from typing import Final

from fastapi import APIRouter, Request, Response

from app.backend.api import views
from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.quality_view import quality_context
from app.backend.api.templates import render
from app.backend.workflows import browse
from app.backend.workflows.quality import quality_report

router = APIRouter(route_class=Guarded, include_in_schema=False)

MOST_TITLES: Final = 100


@router.get("/library")
def library(request: Request, household: HouseholdDep) -> Response:
    """Show what there is to choose from."""
    with household.database.reading() as session:
        overview = browse.library(session, household.clock)
        demo = browse.is_demo(session)
        report = quality_report(session, household.clock)
    titles = overview.titles
    context = {
        **quality_context(report),
        "page": "library",
        "demo": demo,
        "counts": {
            "titles": len(titles),
            "movies": overview.movies,
            "series": overview.series,
            "without_minutes": overview.without_minutes,
            "unknown_genres_count": len(overview.unknown_genres),
        },
        "genres": views.genre_bars(overview.genres, len(titles)),
        "unknown_genres": [{"name": n, "count": c} for n, c in overview.unknown_genres],
        "shown_titles": [views.title_row(title) for title in titles[:MOST_TITLES]],
        "more": max(0, len(titles) - MOST_TITLES),
    }
    return render(request, "library.html", context)
