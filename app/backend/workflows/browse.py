"""What the faces show of what is remembered: slates, runs and versions."""

from dataclasses import dataclass

from app.backend.domain.errors import NotFound
from app.backend.domain.evening import StoredPick, StoredSlate
from app.backend.domain.evidence import ELSEWHERE_POLICY
from app.backend.domain.runs import CHAMPION, TRACKED, Run, RunEvent, Version
from app.backend.registry.versions import read_beside
from app.backend.store import member_histories, reads, runs, versions
from app.backend.store.session import ReadSession
from app.backend.workflows.serving import Shelf

MOST_UNANSWERED = 5
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class ModelOverview:
    """What serves, what was tried, and what there is to learn from."""

    champion: Version | None
    runs: tuple[Run, ...]
    versions: tuple[Version, ...]
    feedback_count: int


def slate(session: ReadSession, slate_id: int) -> StoredSlate:
    """Return one slate.

    Raises
    ------
    NotFound
        Where there is none of that id.
    """
    found = reads.read_slate(session, slate_id)
    if found is None:
        raise NotFound(f"There is no slate {slate_id}.")
    return found


def served_by(slate: StoredSlate) -> str:
    """Say in a sentence what answered when a slate was drawn."""
    if slate.policy == ELSEWHERE_POLICY:
        return "Watched elsewhere, without having been picked."
    if slate.model_version is None:
        return "Picked by the rules."
    return f"Picked by model {slate.model_version}, from what it learnt of your evenings."


def unanswered(session: ReadSession) -> list[StoredPick]:
    """Return what was watched and not yet rated."""
    return reads.read_unanswered(session, MOST_UNANSWERED)


def has_titles(session: ReadSession) -> bool:
    """Say whether the library ever held a title."""
    return not reads.is_empty(session)


def is_demo(session: ReadSession) -> bool:
    """Say whether the library is the demo's."""
    return reads.is_demo(session)


def has_seen_elsewhere(session: ReadSession) -> bool:
    """Say whether anybody is known to have watched a title of the library elsewhere."""
    return member_histories.has_seen_elsewhere(session)


def models(session: ReadSession) -> ModelOverview:
    """Return what serves and what was tried."""
    return ModelOverview(
        champion=versions.champion(session),
        runs=tuple(runs.read_runs(session, MOST_LISTED)),
        versions=tuple(versions.read_versions(session, MOST_LISTED)),
        feedback_count=reads.count_feedback(session),
    )


def champion(session: ReadSession) -> str | None:
    """Return the version that serves; `None` where the rules do."""
    found = versions.champion(session)
    return None if found is None else found.version


def training_run(session: ReadSession, run_id: int) -> Run:
    """Return one run.

    Raises
    ------
    NotFound
        Where there is none of that id.
    """
    found = runs.read_run(session, run_id)
    if found is None:
        raise NotFound(f"There is no training run {run_id}.")
    return found


def run_events(session: ReadSession, run_id: int, after: int, most: int) -> list[RunEvent]:
    """Return what a run told of itself after an event, the oldest first."""
    return runs.read_events(session, run_id, after, most)


def tracking_problem(session: ReadSession, run_id: int) -> str | None:
    """Return why a tracking server could not be told of a run, if that is so."""
    event = runs.last_event(session, run_id, TRACKED)
    problem = None if event is None else event.data.get("problem")
    return None if problem is None else str(problem)


def version(session: ReadSession, name: str) -> Version:
    """Return one version; `champion` is the one that was promoted last.

    Raises
    ------
    NotFound
        Where there is none of that name.
    """
    is_champion = name == CHAMPION
    found = versions.champion(session) if is_champion else versions.read_version(session, name)
    if found is None:
        raise NotFound(f"There is no model version {name!r}; list them with: encore models list")
    return found


def card(shelf: Shelf, version: Version, name: str) -> str:
    """Return a version's model card.

    Parameters
    ----------
    shelf : Shelf
    version : Version
    name : str
        `card.md` or `card.html`.

    Raises
    ------
    NotFound
        Where the version was made before versions had cards, or was pruned.
    ModelError
        Where the card is not there, or not what was written.
    """
    digest = (version.files or {}).get(name)
    if digest is None or not version.is_usable:
        raise NotFound(f"Version {version.version} has no card.")
    return read_beside(shelf.folder, version.version, name, digest).decode()
