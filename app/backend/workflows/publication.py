"""What a run made becomes a version: its manifest and card, its place, and one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from app.backend.domain.clock import Clock
from app.backend.domain.errors import ArtefactDamaged, NotFound
from app.backend.domain.runs import KEPT, PROMOTED, Promotion, Run, Version
from app.backend.features.drift import profile
from app.backend.learning.classifier import ContextClassifier
from app.backend.learning.evaluation import Trial
from app.backend.learning.gate import Answer, verdict
from app.backend.learning.splits import split_by_time
from app.backend.registry.artefact import Artefact
from app.backend.registry.versions import Staged, place, version_name
from app.backend.store import jobs, runs, versions
from app.backend.store.session import Database, WriteSession, take_turns
from app.backend.workflows.material import Material
from app.backend.workflows.model_card import cards
from app.backend.workflows.quality import PROFILE


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a run found out."""

    model: ContextClassifier
    trial: Trial
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was staged, as it was read back, and what the gate answered of that."""

    staged: Staged
    artefact: Artefact
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ends: what is kept of it, the version it made, and why that serves if it does."""

    values: Mapping[str, Any]
    version: Version | None = None
    promoted_because: str | None = None


def publish(database: Database, run: Run, ended: Ended, clock: Clock) -> Run:
    """End a run and publish what it made, in one transaction; a run that is lost is too late."""
    at, version = clock(), ended.version
    with database.writing() as session:
        ended = _still_right(session, ended)
        if jobs.end(session, run.hold, ended.values, at):
            if version is not None:
                versions.write_version(session, version)
            if version is not None and ended.promoted_because is not None:
                earned = Promotion(version.version, at, ended.promoted_because, run_id=run.id)
                versions.write_promotion(session, earned)
            told = {name: ended.values.get(name) for name in ("state", "reason", "model_version")}
            runs.write_event(session, run.hold, at, "ended", "", told)
    return read_run(database, run)


def origin(run: Run, material: Material, learnt: Learnt) -> dict[str, Any]:
    """Return what the manifest says of a model's origin."""
    training = material.training
    return {
        "seed": run.seed,
        "data": {
            "fingerprint": material.facts["data_fingerprint"],
            "rows": len(training.y),
            PROFILE: profile(training),
        },
        "split": split_by_time(training.slate).record(training.feedback_id),
        "metrics": {
            "feedback_count": len(training.y),
            "rating_count": len(material.evidence.recalled.y),
            "trained_until": int(training.feedback_id.max(initial=0)),
            **learnt.report,
        },
        "parent": None if material.champion is None else material.champion.version,
    }


def put_in_place(
    sealed: Sealed, run: Run, material: Material, learnt: Learnt, clock: Clock
) -> Version:
    """Write the card and put the version into its place; nobody is told of it yet."""
    at, facts, staged = clock(), origin(run, material, learnt), sealed.staged
    version = Version(
        version=version_name(at, staged.digest),
        created_at=at,
        family=learnt.model.predictor_.family,
        parent=facts["parent"],
        run_id=run.id,
        digest=staged.digest,
        manifest=facts,
        metrics=facts["metrics"],
    )
    files = staged.add(cards(version, material, sealed.artefact, sealed.answers))
    if place(staged, at) != version.version:
        raise ArtefactDamaged("The version was put in another place than it was named for.")
    return replace(version, files=files)


def judged(material: Material, learnt: Learnt, version: Version, sealed: Sealed) -> Ended:
    """Return how a run ends that made a version."""
    answers = sealed.answers
    passed, reason = verdict(answers)
    said = "Promoted." if passed else "Not promoted: what served so far goes on."
    gate = [asdict(answer) for answer in answers]
    values = {
        "state": PROMOTED if passed else KEPT,
        "reason": f"{said} {reason}",
        "model_version": version.version,
        "comparison": {**learnt.report, "gate": gate, "split": version.manifest["split"]},
        **material.facts,
    }
    return Ended(values, version, reason if passed else None)


def read_run(database: Database, run: Run) -> Run:
    """Read a run again.

    Raises
    ------
    NotFound
        Where it was erased meanwhile.
    """
    with database.reading() as session:
        found = runs.read_run(session, run.id)
    if found is None:
        raise NotFound(f"The training run {run.id} was erased while it ran; train again.")
    return found


def _still_right(session: WriteSession, ended: Ended) -> Ended:
    """Take a promotion back where another version began to serve while this one was trained."""
    if ended.version is None or ended.promoted_because is None:
        return ended
    take_turns(session, "promotion")
    serving = versions.champion_name(session)
    if serving == ended.version.parent:
        return ended
    reason = (
        f"Not promoted: {serving or 'the rules'} began to serve while this was trained, and it was "
        f"compared with {ended.version.parent or 'the rules'}. Train again to compare them: "
        "encore train --anew"
    )
    return Ended({**ended.values, "state": KEPT, "reason": reason}, ended.version)
