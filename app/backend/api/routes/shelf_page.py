"""The pages below Library: genres, lengths and hidden titles, as the household has them."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request, Response

from app.backend.api import library_view
from app.backend.api.addresses import led_to
from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.messages import N_
from app.backend.api.templates import render
from app.backend.api.tongue import Tongue, TongueDep
from app.backend.domain.errors import InvalidInput
from app.backend.domain.title import LONGEST_MINUTES
from app.backend.features.genres import LONGEST_KEY, LONGEST_NAME
from app.backend.workflows import browse, shelf
from app.backend.workflows.household import Household
from app.backend.workflows.shelf import PAGE_TITLES, Wanted

router = APIRouter(route_class=Guarded, include_in_schema=False)

NOTICES: Final = {
    "assigned": N_("Saved. The titles have these genres now, and the next training learns them."),
    "nothing": N_("Nothing was chosen, so nothing was changed."),
    "forgotten": N_("Taken back. The titles have the source's own word again."),
    "lengths": N_("Saved. Imports leave these lengths alone."),
    "left": N_("Taken back. The title has the length that its source tells, if any."),
    "shown": N_("The title may be picked again."),
}

After = Annotated[int | None, Query(ge=1, le=2**53)]
Notice = Annotated[str | None, Query(max_length=20)]
TitleId = Annotated[int, Form(ge=1, le=2**53)]
Said = Annotated[str, Form(max_length=20)]
_MOST_ROWS: Final = library_view.MOST_UNKNOWN


@router.get("/library/genres")
def genres_page(
    request: Request, household: HouseholdDep, tongue: TongueDep, notice: Notice = None
) -> Response:
    """Show the genres that nobody knows, and what the household calls others."""
    with household.database.reading() as session:
        unknown = shelf.overview(session).unknown_genres
        aliases = shelf.aliases(session)
        demo = browse.is_demo(session)
    context = {
        **_page("genres", demo, notice, tongue),
        "unknown": library_view.unknown_rows(unknown, tongue),
        "more": max(0, len(unknown) - _MOST_ROWS),
        "aliases": library_view.alias_rows(aliases, tongue),
        "choices": library_view.genre_choices(tongue),
        "no_genre": library_view.NO_GENRE,
    }
    return render(request, "library_genres.html", context)


@router.post("/library/genres")
def assign_genres(
    request: Request,
    household: HouseholdDep,
    name: Annotated[list[str], Form(max_length=_MOST_ROWS)],
    genre: Annotated[list[str], Form(max_length=_MOST_ROWS)],
    also: Annotated[list[str], Form(max_length=_MOST_ROWS)],
) -> Response:
    """Say what names stand for: one row of the form each, of which most may be left as they are."""
    if not len(name) == len(genre) == len(also) or max(map(len, name)) > LONGEST_NAME:
        raise InvalidInput("The form came incomplete; reload the page and send it again.")
    assigned = {
        one: _meant(first, second)
        for one, first, second in zip(name, genre, also, strict=True)
        if first or second
    }
    if assigned:
        with household.database.writing() as session:
            shelf.assign_genres(session, assigned, household.clock)
    return led_to(request, f"/library/genres?notice={'assigned' if assigned else 'nothing'}")


@router.post("/library/genres/removal")
def forget_genre(
    request: Request,
    household: HouseholdDep,
    key: Annotated[str, Form(min_length=1, max_length=LONGEST_KEY)],
) -> Response:
    """Take back what a name stands for."""
    with household.database.writing() as session:
        shelf.forget_genre(session, key, household.clock)
    return led_to(request, "/library/genres?notice=forgotten")


@router.get("/library/lengths")
def lengths_page(
    request: Request,
    household: HouseholdDep,
    tongue: TongueDep,
    after: After = None,
    own_after: After = None,
    notice: Notice = None,
) -> Response:
    """Show a page of the titles whose length nobody knows, and those that the household told."""
    context = _lengths(household, tongue, after, own_after)
    said = _page("lengths", context["demo"], notice, tongue)
    return render(request, "library_lengths.html", {**context, **said})


@router.post("/library/lengths")
def set_lengths(
    request: Request,
    household: HouseholdDep,
    tongue: TongueDep,
    media_id: Annotated[list[TitleId], Form(max_length=PAGE_TITLES)],
    minutes: Annotated[list[Said], Form(max_length=PAGE_TITLES)],
    after: Said = "",
) -> Response:
    """Say how long titles are: one row of the form each, of which most may be empty."""
    if len(media_id) != len(minutes):
        raise InvalidInput("The form came incomplete; reload the page and send it again.")
    entered = {one: said.strip() for one, said in zip(media_id, minutes, strict=True)}
    told = {one: said for one, said in entered.items() if said}
    if any(not _is_length(said) for said in told.values()):
        context = _lengths(household, tongue, int(after) if after.isdecimal() else None)
        problem = f"A length is a whole number of minutes from 1 to {LONGEST_MINUTES}."
        said = {**_page("lengths", context["demo"], None, tongue), "entered": entered}
        page = {**context, **said, "problem": problem}
        return render(request, "library_lengths.html", page, InvalidInput.status)
    if told:
        with household.database.writing() as session:
            lengths = {one: int(said) for one, said in told.items()}
            shelf.set_minutes(session, lengths, household.clock)
    return led_to(request, f"/library/lengths?notice={'lengths' if told else 'nothing'}")


@router.post("/library/lengths/removal")
def forget_length(request: Request, household: HouseholdDep, media_id: TitleId) -> Response:
    """Leave a title's length to its source."""
    with household.database.writing() as session:
        shelf.set_minutes(session, {media_id: None}, household.clock)
    return led_to(request, "/library/lengths?notice=left")


@router.get("/library/hidden")
def hidden_page(
    request: Request,
    household: HouseholdDep,
    tongue: TongueDep,
    after: After = None,
    notice: Notice = None,
) -> Response:
    """Show a page of the titles that are hidden."""
    wanted = Wanted("hidden", after=after)
    with household.database.reading() as session:
        found = shelf.titles(session, wanted)
        demo = browse.is_demo(session)
    shown = library_view.page_of_titles(found, wanted, "/library/hidden", tongue)
    context = {**_page("hidden", demo, notice, tongue), "titles": shown}
    return render(request, "library_hidden.html", context)


@router.post("/library/hidden/removal")
def show_title_again(request: Request, household: HouseholdDep, media_id: TitleId) -> Response:
    """Show a title again."""
    with household.database.writing() as session:
        shelf.show_again(session, media_id, household.clock)
    return led_to(request, "/library/hidden?notice=shown")


def _page(tab: str, demo: object, notice: str | None, tongue: Tongue) -> dict[str, Any]:
    said = tongue.gettext(NOTICES[notice]) if notice in NOTICES else None
    return {"page": "library", "tab": tab, "demo": demo, "notice": said}


def _lengths(
    household: Household, tongue: Tongue, after: int | None, own_after: int | None = None
) -> dict[str, Any]:
    path = "/library/lengths"
    wanted, own = Wanted("without_minutes", after=after), Wanted("own_minutes", after=own_after)
    with household.database.reading() as session:
        missing = shelf.titles(session, wanted)
        told = shelf.titles(session, own)
        demo = browse.is_demo(session)
    return {
        "demo": demo,
        "missing": library_view.page_of_titles(missing, wanted, path, tongue),
        "told": library_view.page_of_titles(told, own, path, tongue, "own_after"),
        "entered": {},
        "problem": None,
        "longest": LONGEST_MINUTES,
    }


def _meant(first: str, second: str) -> list[str]:
    chosen = [genre for genre in (first, second) if genre]
    if library_view.NO_GENRE in chosen and len(set(chosen)) > 1:
        raise InvalidInput("A name is either no genre, or it stands for one; choose one of them.")
    return [genre for genre in chosen if genre != library_view.NO_GENRE]


def _is_length(said: str) -> bool:
    return said.isascii() and said.isdecimal() and 1 <= int(said) <= LONGEST_MINUTES
