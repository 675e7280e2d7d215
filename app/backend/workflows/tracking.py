"""A run that is over is told to a tracking server, if the household has one."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.backend.domain.clock import Clock
from app.backend.domain.errors import EncoreError
from app.backend.domain.runs import FAILED, TRACKED, Run, Version
from app.backend.registry.mlflow_tracking import Account, tell
from app.backend.registry.versions import read_beside, version_folder
from app.backend.store import runs, versions
from app.backend.store.session import Database
from app.backend.workflows.serving import Shelf


def track(database: Database, shelf: Shelf, run: Run, uri: str, clock: Clock) -> str | None:
    """Tell a tracking server of a run, and note with the run how that went.

    Returns
    -------
    str or None
        What went wrong, in a sentence; whatever it is, the run and its version stand.
    """
    with database.reading() as session:
        name = run.model_version
        version = None if name is None else versions.read_version(session, name)
    problem = tell(uri, _account(shelf, run, version, clock))
    with database.writing() as session:
        runs.write_event(session, run.hold, clock(), TRACKED, "", {"problem": problem})
    return problem


def _account(shelf: Shelf, run: Run, version: Version | None, clock: Clock) -> Account:
    tags = {"run": str(run.id), "state": run.state, "trigger": run.trigger}
    tags |= {"reason": (run.reason or "")[:5_000], "version": run.model_version or ""}
    tags["data_fingerprint"] = run.data_fingerprint or ""
    return Account(
        name=f"run {run.id}",
        started_at=run.started_at or run.requested_at,
        ended_at=run.finished_at or clock(),
        succeeded=run.state != FAILED,
        parameters={"seed": str(run.seed), **_config(run)},
        tags=tags,
        metrics=dict(_metrics(run)),
        texts={} if version is None else _texts(shelf, version),
        artefacts_folder=shelf.folder.absolute().parent / "mlflow",
        arrays_folder=None if version is None else version_folder(shelf.folder, version.version),
        digest="" if version is None else version.digest,
    )


def _config(run: Run) -> dict[str, str]:
    chosen = next((step for step in run.steps if step["name"] == "select"), None)
    config: Mapping[str, Any] = {} if chosen is None else chosen["outputs"].get("config", {})
    return {name: str(value)[:500] for name, value in config.items()}


def _metrics(run: Run) -> Iterator[tuple[str, float]]:
    for name in ("rows_read", "rows_used"):
        value = getattr(run, name)
        if value is not None:
            yield name, float(value)
    for step in run.steps:
        yield f"seconds.{step['name']}", float(step["seconds"])
    models: Mapping[str, Mapping[str, Any]] = (run.comparison or {}).get("models", {})
    for model, measured in models.items():
        for name, value in measured.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield f"{model}.{name}", float(value)


def _texts(shelf: Shelf, version: Version) -> dict[str, str]:
    """Return the cards, with their pictures; a card that cannot be read is left out."""
    found = {}
    for name, digest in (version.files or {}).items():
        try:
            found[name] = read_beside(shelf.folder, version.version, name, digest).decode()
        except EncoreError:
            continue
    return found
