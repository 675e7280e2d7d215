"""The page Settings: people, the schedule of training, backups."""

import os
import tempfile
from datetime import time
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BeforeValidator, Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from app.backend.api.addresses import led_to
from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.messages import N_
from app.backend.api.settings_view import people_view, schedule_view
from app.backend.api.templates import render
from app.backend.api.tongue import tongue_of
from app.backend.domain.errors import EncoreError
from app.backend.domain.evening import LONGEST_NAME
from app.backend.domain.progress import silent
from app.backend.workflows import browse, people, preferences
from app.backend.workflows.backup import PACKAGE, back_up
from app.backend.workflows.household import Household
from app.backend.workflows.people import HIGHEST_AGE_LIMIT
from app.backend.workflows.training_options import Schedule

router = APIRouter(route_class=Guarded, include_in_schema=False)

NOTICES: Final = {
    "people": N_("Saved. It counts from the next evening on."),
    "schedule": N_("Saved. It counts from the next verdict and the next night on."),
}

# A field that is left empty says nothing.
Empty = BeforeValidator(lambda said: None if said == "" else said)
NameField = Annotated[str, Form(min_length=1, max_length=LONGEST_NAME)]
LimitField = Annotated[Annotated[int | None, Field(ge=0, le=HIGHEST_AGE_LIMIT)], Empty, Form()]
MemberId = Annotated[int, Form(ge=1, le=2**53)]


@router.get("/settings")
def settings_page(
    request: Request,
    household: HouseholdDep,
    notice: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """Show people, the schedule, backups, and where things are."""
    return _page(request, household, notice=notice)


@router.post("/settings/people")
def add_person(
    request: Request, household: HouseholdDep, name: NameField, age_limit: LimitField = None
) -> Response:
    """Add somebody who watches."""
    try:
        with household.database.writing() as session:
            people.add(session, name, age_limit, household.clock)
    except EncoreError as error:
        return _page(request, household, error=error)
    return led_to(request, "/settings?notice=people#people-heading")


@router.post("/settings/people/change")
def change_person(
    request: Request,
    household: HouseholdDep,
    member_id: MemberId,
    name: NameField,
    age_limit: LimitField = None,
) -> Response:
    """Give somebody another name or age limit."""
    try:
        with household.database.writing() as session:
            people.change(session, member_id, name, age_limit)
    except EncoreError as error:
        return _page(request, household, error=error)
    return led_to(request, "/settings?notice=people#people-heading")


@router.post("/settings/people/leave")
def let_person_leave(request: Request, household: HouseholdDep, member_id: MemberId) -> Response:
    """Let somebody go; what they said stays."""
    with household.database.writing() as session:
        people.leave(session, member_id, household.clock)
    return led_to(request, "/settings?notice=people#people-heading")


@router.post("/settings/people/return")
def let_person_return(request: Request, household: HouseholdDep, member_id: MemberId) -> Response:
    """Let somebody who left be asked for again."""
    try:
        with household.database.writing() as session:
            people.come_back(session, member_id)
    except EncoreError as error:
        return _page(request, household, error=error)
    return led_to(request, "/settings?notice=people#people-heading")


@router.post("/settings/schedule")
def choose_schedule_by_page(
    request: Request,
    household: HouseholdDep,
    after_feedbacks: Annotated[int, Form(ge=0, le=preferences.MOST_FEEDBACKS)],
    nightly_at: Annotated[time | None, Empty, Form()] = None,
) -> Response:
    """Say when training starts by itself."""
    wanted = Schedule(after_feedbacks, nightly_at)
    try:
        with household.database.writing() as session:
            installed = household.training.schedule
            preferences.choose_schedule(session, wanted, installed, household.clock)
    except EncoreError as error:
        return _page(request, household, error=error)
    return led_to(request, "/settings?notice=schedule#schedule-heading")


@router.post("/settings/backup")
def download_backup(household: HouseholdDep) -> Response:
    """Make a backup, verify it, send it, and keep nothing of it."""
    name = f"encore-backup-{household.clock():%Y-%m-%d}.zip"
    folder = tempfile.mkdtemp(prefix="encore-backup-")
    path = Path(folder, name)
    try:
        back_up(household.database, household.shelf, path, household.clock, silent)
    except BaseException:
        _forget(path)
        raise
    return FileResponse(
        path,
        filename=name,
        media_type="application/zip",
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(_forget, path),
    )


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.rmdir(path.parent)  # noqa: PTH106  # its folder was made for it alone


def _page(
    request: Request,
    household: Household,
    *,
    notice: str | None = None,
    error: EncoreError | None = None,
) -> Response:
    tongue = tongue_of(request)
    with household.database.reading() as session:
        here, gone = people.everybody(session), people.gone(session)
        schedule = preferences.effective_schedule(session, household.training.schedule)
        demo = browse.is_demo(session)
    told = NOTICES.get(notice or "")
    context = {
        "page": "settings",
        "demo": demo,
        "notice": None if told is None else tongue.gettext(told),
        "problem": None if error is None else tongue.told(error.message),
        **people_view(here, gone),
        "schedule": schedule_view(schedule, household.clock(), tongue),
        "most_feedbacks": preferences.MOST_FEEDBACKS,
        "about": _about(household),
    }
    return render(request, "settings.html", context, 200 if error is None else error.status)


def _about(household: Household) -> dict[str, str]:
    return {
        "version": metadata.version(PACKAGE),
        "database": household.database.engine.dialect.name,
        "models": str(household.shelf.folder),
    }
