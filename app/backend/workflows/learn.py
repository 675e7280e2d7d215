"""Feedback becomes a model: read, check, compare, fit, save, judge, promote or keep, say why.

Reading, saving and judging are three short transactions, so that nobody who writes feedback waits
for the fit between them.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from app.backend.domain.clock import Clock
from app.backend.domain.errors import EncoreError, InvalidInput, NotFound
from app.backend.domain.progress import Progress, Step
from app.backend.domain.runs import FAILED, KEPT, PROMOTED, SKIPPED, Run, Version
from app.backend.features.dataset import TrainingSet, build
from app.backend.features.drift import profile
from app.backend.features.encode import Floats
from app.backend.features.household import Evidence
from app.backend.features.leakage import refuse_future
from app.backend.learning.classifier import DEFAULT, ContextClassifier
from app.backend.learning.evaluation import Champion, Trial, hold_trial
from app.backend.learning.gate import Answer, judge, verdict
from app.backend.learning.splits import split_by_time
from app.backend.ml_model import prepare, save_model, train_model
from app.backend.registry.versions import publish
from app.backend.store import runs
from app.backend.store.session import Database
from app.backend.workflows.evidence import gather_evidence
from app.backend.workflows.heartbeat import beating
from app.backend.workflows.quality import PROFILE
from app.backend.workflows.serving import Shelf

BEAT_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 30.0
STEPS: Final = ("read", "compare", "fit", "save", "judge")
SENTENCES: Final = {
    "read": "Reading and checking feedback",
    "compare": "Comparing on later evenings",
    "fit": "Learning from all evenings",
    "save": "Saving the model",
    "judge": "Deciding which model serves",
}


@dataclass(frozen=True, slots=True)
class _Material:
    """What a run reads: the rows and an account of them, the library, and who serves so far."""

    evidence: Evidence
    facts: Mapping[str, Any]
    library: Floats
    champion: Version | None
    rival: Champion | None
    last: Run | None

    @property
    def training(self) -> TrainingSet:
        """The verdicts that are learnt from."""
        return self.evidence.training

    @property
    def champion_is_lost(self) -> bool:
        """Whether a version was promoted that can no longer be opened."""
        return self.champion is not None and self.rival is None


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What a run found out."""

    model: ContextClassifier
    trial: Trial
    answers: list[Answer]


def start(database: Database, clock: Clock, seed: int) -> tuple[Run, bool]:
    """Start a run, or find the one that is running; say whether it is new."""
    at = clock()
    with database.writing() as session:
        return runs.start_run(session, seed, at, at - timedelta(seconds=SILENT_SECONDS))


def learn(database: Database, shelf: Shelf, run: Run, clock: Clock, progress: Progress) -> Run:
    """Carry a started run to its end; whatever happens, the run says how it ended.

    Returns
    -------
    Run
        Promoted, kept, skipped or failed, with the reason.
    """
    step = _Steps(database, run.id, progress)
    with beating(lambda: _beat(database, run.id, clock), BEAT_SECONDS):
        try:
            step("read")
            material = _read(database, shelf, clock)
            ended = _reason_to_skip(material) or _train(shelf, run, material, step, clock)
        except EncoreError as error:
            ended = _Ended({"state": FAILED, "reason": error.message})
        except BaseException as error:
            failed = _Ended({"state": FAILED, "reason": f"An unexpected fault: {error!r}"})
            _end(database, run.id, failed, clock)
            raise
    return _end(database, run.id, ended, clock)


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a run ends: what is kept of it, the version it made, and why that serves if it does."""

    values: Mapping[str, Any]
    version: Version | None = None
    promoted_because: str | None = None


@dataclass(frozen=True, slots=True)
class _Steps:
    """Tells the database and whoever watches which step has begun."""

    database: Database
    run_id: int
    progress: Progress

    def __call__(self, name: str) -> None:
        with self.database.writing() as session:
            runs.change_run(session, self.run_id, {"step": name})
        self.progress(Step(SENTENCES[name], STEPS.index(name), len(STEPS)))


def _beat(database: Database, run_id: int, clock: Clock) -> None:
    with database.writing() as session:
        runs.change_run(session, run_id, {"heartbeat_at": clock()})


def _read(database: Database, shelf: Shelf, clock: Clock) -> _Material:
    latest_year = clock().year + 2
    with database.reading() as session:
        champion = runs.champion(session)
        serving = shelf.serving(session)
        prepared = prepare(session, clock=clock)
        refuse_future(prepared.rows, prepared.training, partial(build, latest_year=latest_year))
        evidence = gather_evidence(session, prepared)
        return _Material(
            evidence=evidence,
            facts=_data_facts(evidence),
            library=prepared.titles.encoded()[~prepared.titles.raw.is_set_aside],
            champion=champion,
            rival=None
            if champion is None or serving.version is None
            else Champion(serving.predictor, int(champion.metrics["trained_until"])),
            last=runs.last_finished_run(session),
        )


def _reason_to_skip(material: _Material) -> _Ended | None:
    training, facts, last = material.training, material.facts, material.last
    if len(set(training.y.tolist())) < 2:
        return _Ended({"state": SKIPPED, "reason": _too_uniform(material), **facts})
    if (
        last is not None
        and last.data_fingerprint == facts["data_fingerprint"]
        and not material.champion_is_lost
    ):
        reason = f"Nothing has changed since run {last.id}; its verdict stands."
        return _Ended({"state": SKIPPED, "reason": reason, **facts})
    return None


def _too_uniform(material: _Material) -> str:
    training = material.training
    goes_on = "the rules go" if material.champion is None else "the serving model goes"
    if not len(training.y):
        return f"There is no feedback to learn from yet; {goes_on} on serving."
    kind = "positive" if training.y[0] else "negative"
    count = len(training.y)
    told = f"All {count} usable feedbacks are" if count > 1 else "The one usable feedback is"
    return (
        f"{told} {kind}; it takes both kinds to learn what sets them apart: {goes_on} on serving."
    )


def _train(
    shelf: Shelf, run: Run, material: _Material, step: Callable[[str], None], clock: Clock
) -> _Ended:
    step("compare")
    trial = hold_trial(material.evidence, DEFAULT, material.rival)
    step("fit")
    model = train_model(material.evidence, config=DEFAULT, seed=run.seed)
    if model is None:
        raise InvalidInput(_too_uniform(material))
    learnt = _Learnt(model, trial, judge(trial, model.predictor_, material.library, run.seed))
    step("save")
    version = _save(shelf.folder, run, material, learnt, clock)
    step("judge")
    passed, reason = verdict(learnt.answers)
    said = "Promoted." if passed else "Not promoted: what served so far goes on."
    values = {
        "state": PROMOTED if passed else KEPT,
        "reason": f"{said} {reason}",
        "model_version": version.version,
        "comparison": {**_comparison(learnt), "split": version.manifest["split"]},
        **material.facts,
    }
    return _Ended(values, version, reason if passed else None)


def _save(folder: Path, run: Run, material: _Material, learnt: _Learnt, clock: Clock) -> Version:
    at, training = clock(), material.training
    parent = None if material.champion is None else material.champion.version
    metrics: dict[str, Any] = {
        "feedback_count": len(training.y),
        "trained_until": int(training.feedback_id.max()),
        **_measured(learnt.trial),
    }
    facts = {
        "seed": run.seed,
        "data": {
            "fingerprint": material.facts["data_fingerprint"],
            "rows": len(training.y),
            PROFILE: profile(training),
        },
        "split": split_by_time(training.slate).record(training.feedback_id),
        "metrics": metrics,
        "parent": parent,
    }
    name, digest = publish(folder, at, lambda path: save_model(learnt.model, path, facts=facts))
    family = learnt.model.predictor_.family
    return Version(name, at, family, parent, run.id, digest, facts, metrics)


def _data_facts(evidence: Evidence) -> dict[str, Any]:
    training = evidence.training
    return {
        "data_fingerprint": evidence.fingerprint(),
        "rows_read": training.rows_read,
        "rows_used": len(training.y),
        "quality": [asdict(check) for check in training.checks],
    }


def _comparison(learnt: _Learnt) -> dict[str, Any]:
    return {
        **_measured(learnt.trial),
        "gate": [asdict(answer) for answer in learnt.answers],
    }


def _measured(trial: Trial) -> Mapping[str, Any]:
    """Return the metrics of every model, and how many rows they were measured on."""
    measured = trial.metrics() if len(trial.y) else {}
    return {
        "tested_rows": len(trial.y),
        "models": {name: asdict(metrics) for name, metrics in measured.items()},
    }


def _end(database: Database, run_id: int, ended: _Ended, clock: Clock) -> Run:
    """End a run and publish what it made, in one transaction; a run that was ended is too late."""
    at, version = clock(), ended.version
    with database.writing() as session:
        in_time = runs.change_run(session, run_id, {**ended.values, "finished_at": at})
        if in_time and version is not None:
            if runs.read_version(session, version.version) is None:
                runs.write_version(session, version)
            if ended.promoted_because is not None:
                runs.write_promotion(session, version.version, ended.promoted_because, at)
        found = runs.read_run(session, run_id)
    if found is None:
        raise NotFound(f"The training run {run_id} was erased while it ran; train again.")
    return found
