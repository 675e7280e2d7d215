"""Feedback becomes a model: nine recorded steps from reading to the decision who serves.

ingest, check, features → select, fit → evaluate → artefact, gate, promote. Whatever happens, the
run says how it ended. Nobody who writes feedback waits for the fit: what is read, is read at once.
"""

from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from app.backend.domain.clock import Clock
from app.backend.domain.errors import (
    DatabaseBusy,
    DatabaseUnreachable,
    EncoreError,
    InvalidInput,
)
from app.backend.domain.progress import Progress
from app.backend.domain.runs import FAILED, SKIPPED, Run
from app.backend.learning.classifier import DEFAULT
from app.backend.learning.evaluation import Trial, hold_trial
from app.backend.learning.gate import Answer, judge, verdict
from app.backend.learning.trial_report import company_of, trial_report
from app.backend.ml_model import save_model, train_model
from app.backend.registry.artefact import Artefact
from app.backend.registry.files import bytes_below
from app.backend.registry.versions import discard, insist_on_room, stage, sweep
from app.backend.store import jobs, versions
from app.backend.store.session import Database
from app.backend.workflows.heartbeat import beating
from app.backend.workflows.material import Material, gather
from app.backend.workflows.publication import (
    Ended,
    Learnt,
    Sealed,
    judged,
    origin,
    publish,
    put_in_place,
    read_run,
)
from app.backend.workflows.serving import Shelf
from app.backend.workflows.steps import Recorder, RunLost
from app.backend.workflows.training_options import BEAT_SECONDS, LEASE_SECONDS

# What a crash left is swept up only when no process can still be about to tell of it.
SWEPT_AFTER: Final = timedelta(hours=1)
SELECTED_BECAUSE: Final = (
    "The mixed model holds the alternatives inside it: how far the rules are trusted and how much "
    "each group of effects may say are learnt by evidence. Choosing between families did worse on "
    "households (docs/model-selection.md); compare them with: encore evaluate"
)


def learn(database: Database, shelf: Shelf, run: Run, clock: Clock, progress: Progress) -> Run:
    """Carry out a run that was claimed, to its end.

    Returns
    -------
    Run
        Promoted, kept, skipped or failed, with the reason; as it is, where it was cancelled or
        another attempt carries it out.
    """
    recorder = Recorder(database, run.hold, clock, progress)
    with beating(lambda: _beat(database, run), BEAT_SECONDS):
        try:
            ended = _carry_out(database, shelf, run, recorder)
        except RunLost:
            return read_run(database, run)
        except (DatabaseBusy, DatabaseUnreachable) as error:
            _give_back(database, run, clock, error.message)
            raise
        except EncoreError as error:
            ended = Ended({"state": FAILED, "reason": error.message})
        except BaseException as error:
            failed = Ended({"state": FAILED, "reason": _fault(error)})
            publish(database, run, failed, clock)
            raise
    return publish(database, run, ended, clock)


def _carry_out(database: Database, shelf: Shelf, run: Run, recorder: Recorder) -> Ended:
    clock = recorder.clock
    insist_on_room(shelf.folder)
    with database.reading() as session:
        known = [version.version for version in versions.read_versions(session)]
    sweep(shelf.folder, known, clock() - SWEPT_AFTER)
    material = gather(database, shelf, recorder, clock)
    skipped = _reason_to_skip(material, run)
    if skipped is not None:
        return Ended({"state": SKIPPED, "reason": skipped, **material.facts})
    learnt = _train(material, run, recorder)
    with recorder.step("artefact") as told:
        facts = origin(run, material, learnt)
        staged = stage(
            shelf.folder, run.hold, lambda path: save_model(learnt.model, path, facts=facts)
        )
        artefact = staged.open()
        told.outputs = {"digest": staged.digest, "bytes": bytes_below(staged.folder)}
    try:
        with recorder.step("gate") as told:
            answers = _judged(artefact, learnt, material, run)
            passed, _ = verdict(answers)
            sealed = Sealed(staged, artefact, answers)
            told.inputs = {"tested_rows": len(learnt.trial.y)}
            told.outputs = {"passed": passed, "gate": [asdict(answer) for answer in answers]}
        with recorder.step("promote") as told:
            version = put_in_place(sealed, run, material, learnt, clock)
            told.outputs = {"model_version": version.version, "serves": passed}
        return judged(material, learnt, version, sealed)
    finally:
        discard(staged)


def _judged(artefact: Artefact, learnt: Learnt, material: Material, run: Run) -> list[Answer]:
    """Ask the gate about what will serve: the model as it was read back."""
    predictor = artefact.classifier.predictor_
    return judge(learnt.trial, predictor, material.library, run.seed)


def _reason_to_skip(material: Material, run: Run) -> str | None:
    if not material.evidence.has_both_classes:
        return _too_uniform(material)
    last, facts = material.last, material.facts
    names = ("data_fingerprint", "recipe_fingerprint")
    if (
        last is not None
        and all(getattr(last, name) == facts[name] for name in names)
        and not material.champion_is_lost
        and not run.is_forced
    ):
        return (
            f"Nothing has changed since run {last.id}; its verdict stands. To train all the same: "
            "encore train --anew"
        )
    return None


def _too_uniform(material: Material) -> str:
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


def _train(material: Material, run: Run, recorder: Recorder) -> Learnt:
    rows = len(material.training.y)
    with recorder.step("select") as told:
        told.inputs = {"rows": rows}
        told.outputs = {"config": asdict(DEFAULT), "reason": SELECTED_BECAUSE}
    with recorder.step("fit") as told:
        model = train_model(material.evidence, config=DEFAULT, seed=run.seed)
        if model is None:
            raise InvalidInput(_too_uniform(material))
        told.inputs = {"rows": rows, "seed": run.seed}
        told.outputs = {"family": model.predictor_.family}
    with recorder.step("evaluate") as told:
        trial = hold_trial(material.evidence, DEFAULT, material.rival, run.seed)
        report = _report(trial, material, run.seed)
        told.inputs = {"rows": rows, "tested_rows": len(trial.y)}
        told.metrics = {
            name: round(measured["log_loss"], 4) for name, measured in report["models"].items()
        }
    return Learnt(model, trial, report)


def _report(trial: Trial, material: Material, seed: int) -> dict[str, Any]:
    """Return what the trial found, with intervals and slices."""
    return trial_report(trial, company_of(trial.slate, material.company), seed)


def _beat(database: Database, run: Run) -> None:
    with database.writing() as session:
        jobs.renew(session, run.hold, LEASE_SECONDS)


def _give_back(database: Database, run: Run, clock: Clock, reason: str) -> None:
    with suppress(EncoreError), database.writing() as session:
        jobs.give_back(session, run.hold, reason, clock(), again=True)


def _fault(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return (
            "It asked for more memory than is allowed, or than there is; allow more with "
            "ENCORE_TRAINING_MEMORY_MB."
        )
    return f"An unexpected fault: {error!r}"
