"""Verbs about evenings: ask for picks, say how it was."""

from dataclasses import asdict
from typing import Annotated

import typer

from app.backend.cli.output import AsJson, household, say, say_json, verb
from app.backend.domain.context import GroupSize, Mood, SessionLength
from app.backend.domain.errors import InvalidInput
from app.backend.domain.evening import StoredPick, Verdict
from app.backend.domain.randomness import fresh_seed
from app.backend.workflows import browse, feedback
from app.backend.workflows.recommend import Request
from app.backend.workflows.recommend import recommend as draw_slate
from app.backend.workflows.serving import served_by


@verb
def recommend(
    mood: Annotated[Mood, typer.Option(help="funny, action, dramatic or relaxing.")],
    group: Annotated[GroupSize, typer.Option(help="solo, couple or group.")] = "couple",
    session: Annotated[SessionLength, typer.Option(help="short, medium or binge.")] = "medium",
    size: Annotated[int, typer.Option(min=3, max=5, help="How many picks.")] = 4,
    member: Annotated[
        list[str] | None, typer.Option(help="Who is there, by name; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a few titles for tonight."""
    request = Request(mood, group, session, size, tuple(member or ()), fresh_seed())
    with household() as opened, opened.database.writing() as store:
        serving = opened.shelf.serving(store)
        slate = draw_slate(store, request, serving, opened.clock)
    if as_json:
        say_json({**asdict(slate), "served_by": served_by(serving)})
        return
    for pick in slate.picks:
        _tell(pick)
    say(served_by(serving))
    say("After watching: encore rate NUMBER RATING --again or --no-again")


@verb
def rate(
    recommendation_id: Annotated[
        int | None,
        typer.Argument(min=1, help="The number of the pick; without it, what is to be rated."),
    ] = None,
    rating: Annotated[int | None, typer.Argument(min=1, max=5, help="From 1 to 5.")] = None,
    again: Annotated[
        bool | None, typer.Option("--again/--no-again", help="Would you watch it again?")
    ] = None,
    member: Annotated[str | None, typer.Option(help="Whose verdict it is.")] = None,
    event_id: Annotated[
        str | None, typer.Option(help="Makes saying it twice harmless for scripts.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how a pick was."""
    if recommendation_id is None:
        _tell_unanswered(as_json=as_json)
        return
    if rating is None or again is None:
        raise InvalidInput("Say how it was: encore rate NUMBER RATING --again or --no-again")
    verdict = Verdict(recommendation_id, rating, again, member, event_id)
    with household() as opened, opened.database.writing() as store:
        stored = feedback.rate(store, verdict, opened.clock, opened.training.schedule)
    if as_json:
        say_json(stored)
    else:
        say("Thank you. The next training will learn from it." if stored.is_new else "Known.")


def _tell_unanswered(*, as_json: bool) -> None:
    with household() as opened, opened.database.reading() as store:
        pending = browse.unanswered(store)
    if as_json:
        say_json({"pending": pending})
    elif not pending:
        say("There is nothing to rate.")
    for pick in () if as_json else pending:
        say(f"{pick.recommendation_id:>6}  {pick.title} ({pick.year or 'year unknown'})")


def _tell(pick: StoredPick) -> None:
    length = "length unknown" if pick.minutes is None else f"{pick.minutes} min"
    sitting = f"{length} an episode" if pick.kind == "series" and pick.minutes else length
    say(f"{pick.recommendation_id:>6}  {pick.title} ({pick.year or 'year unknown'}), {sitting}")
    say(f"        {' '.join(pick.reasons)}")
