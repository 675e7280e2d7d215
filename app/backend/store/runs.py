"""Reads and writes of training: runs, versions, and which of them serves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.backend.domain.runs import FAILED, RUNNING, Run, Version
from app.backend.store.tables import ModelVersion, Promotion, TrainingRun


def start_run(
    session: Session, seed: int, at: datetime, silent_before: datetime
) -> tuple[Run, bool]:
    """Start a run, unless one is running; return the run, and whether it is a new one.

    A run that has given no sign of life since `silent_before` was left behind by a process that
    stopped; it is ended first.
    """
    _end_silent(session, at, silent_before)
    running = _running(session)
    if running is not None:
        return _run(running), False
    row = TrainingRun(state=RUNNING, step="read", seed=seed, started_at=at, heartbeat_at=at)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        other = _running(session)
        if other is None:
            raise
        return _run(other), False
    return _run(row), True


def change_run(session: Session, run_id: int, values: Mapping[str, Any]) -> bool:
    """Change a run that is still running; say whether it was."""
    found = session.execute(
        update(TrainingRun)
        .where(TrainingRun.id == run_id, TrainingRun.state == RUNNING)
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(TrainingRun.id)
    )
    return found.one_or_none() is not None


def read_run(session: Session, run_id: int) -> Run | None:
    """Read one run."""
    row = session.get(TrainingRun, run_id)
    return None if row is None else _run(row)


def read_runs(session: Session, most: int) -> list[Run]:
    """Read the latest runs, the newest first."""
    query = select(TrainingRun).order_by(TrainingRun.id.desc()).limit(most)
    return [_run(row) for row in session.scalars(query)]


def last_finished_run(session: Session) -> Run | None:
    """Read the newest run that came to a verdict."""
    query = (
        select(TrainingRun)
        .where(TrainingRun.data_fingerprint.is_not(None), TrainingRun.comparison.is_not(None))
        .order_by(TrainingRun.id.desc())
        .limit(1)
    )
    row = session.scalar(query)
    return None if row is None else _run(row)


def write_version(session: Session, version: Version) -> None:
    """Remember a version whose files are in place."""
    session.add(
        ModelVersion(
            version=version.version,
            created_at=version.created_at,
            family=version.family,
            parent=version.parent,
            run_id=version.run_id,
            digest=version.digest,
            manifest=dict(version.manifest),
            metrics=dict(version.metrics),
        )
    )
    session.flush()


def write_promotion(session: Session, version: str | None, reason: str, at: datetime) -> None:
    """Let a version serve from now on, or the rules where there is none."""
    session.add(Promotion(version=version, promoted_at=at, reason=reason))
    session.flush()


def champion(session: Session) -> Version | None:
    """Read the version that serves; `None` where the rules do."""
    name = _champion_name(session)
    row = None if name is None else session.get(ModelVersion, name)
    return None if row is None else _version(row, name)


def read_version(session: Session, version: str) -> Version | None:
    """Read one version."""
    row = session.get(ModelVersion, version)
    return None if row is None else _version(row, _champion_name(session))


def read_versions(session: Session, most: int) -> list[Version]:
    """Read the latest versions, the newest first."""
    name = _champion_name(session)
    query = select(ModelVersion).order_by(ModelVersion.version.desc()).limit(most)
    return [_version(row, name) for row in session.scalars(query)]


def _end_silent(session: Session, at: datetime, silent_before: datetime) -> None:
    session.execute(
        update(TrainingRun)
        .where(TrainingRun.state == RUNNING, TrainingRun.heartbeat_at < silent_before)
        .values(
            state=FAILED,
            finished_at=at,
            reason="The program stopped while training; nothing was changed. Train again.",
        )
        .execution_options(synchronize_session=False)
    )


def _running(session: Session) -> TrainingRun | None:
    return session.scalar(select(TrainingRun).where(TrainingRun.state == RUNNING))


def _champion_name(session: Session) -> str | None:
    return session.scalar(select(Promotion.version).order_by(Promotion.id.desc()).limit(1))


def _run(row: TrainingRun) -> Run:
    return Run(
        id=row.id,
        state=row.state,
        step=row.step,
        seed=row.seed,
        started_at=row.started_at,
        finished_at=row.finished_at,
        data_fingerprint=row.data_fingerprint,
        rows_read=row.rows_read,
        rows_used=row.rows_used,
        quality=row.quality,
        comparison=row.comparison,
        model_version=row.model_version,
        reason=row.reason,
    )


def _version(row: ModelVersion, champion_name: str | None) -> Version:
    return Version(
        version=row.version,
        created_at=row.created_at,
        family=row.family,
        parent=row.parent,
        run_id=row.run_id,
        digest=row.digest,
        manifest=row.manifest,
        metrics=row.metrics,
        is_champion=row.version == champion_name,
    )
