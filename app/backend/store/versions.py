"""Versions of the model, and the ledger of which of them served from when on."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.backend.domain.errors import ChampionChanged
from app.backend.domain.runs import Promotion, Version
from app.backend.store.session import take_turns
from app.backend.store.tables import ModelVersion, PromotionRow


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
            files=dict(version.files or {}),
        )
    )
    session.flush()


def promote(session: Session, promotion: Promotion, expected: str | None) -> None:
    """Let a version serve from now on, if who serves is still who was expected.

    Raises
    ------
    ChampionChanged
        Where another one serves by now.
    """
    take_turns(session, "promotion")
    serving = champion_name(session)
    if serving != expected:
        raise ChampionChanged(
            f"{serving or 'The rules'} serves by now, not {expected or 'the rules'}; look again, "
            "and repeat what you wished if you still do.",
            {"champion": serving, "expected_champion": expected},
        )
    write_promotion(session, promotion)


def write_promotion(session: Session, promotion: Promotion) -> None:
    """Let a version serve from now on, or the rules where there is none, whoever serves."""
    session.add(
        PromotionRow(
            version=promotion.version,
            promoted_at=promotion.promoted_at,
            reason=promotion.reason,
            kind=promotion.kind,
            actor=promotion.actor,
            run_id=promotion.run_id,
        )
    )
    session.flush()


def champion_name(session: Session) -> str | None:
    """Return which version serves; `None` where the rules do."""
    return session.scalar(select(PromotionRow.version).order_by(PromotionRow.id.desc()).limit(1))


def champion(session: Session) -> Version | None:
    """Read the version that serves; `None` where the rules do."""
    name = champion_name(session)
    row = None if name is None else session.get(ModelVersion, name, populate_existing=True)
    return None if row is None else version_of(row, name)


def read_version(session: Session, version: str) -> Version | None:
    """Read one version."""
    row = session.get(ModelVersion, version, populate_existing=True)
    return None if row is None else version_of(row, champion_name(session))


def read_versions(session: Session, most: int | None = None) -> list[Version]:
    """Read the latest versions, the newest first."""
    name = champion_name(session)
    query = select(ModelVersion).order_by(ModelVersion.version.desc()).limit(most)
    return [version_of(row, name) for row in session.scalars(query)]


def read_ledger(session: Session) -> list[Promotion]:
    """Read who served from when on, the oldest first."""
    return [_promotion(row) for row in session.scalars(select(PromotionRow).order_by(_BY_ID))]


def last_promotion(session: Session) -> Promotion | None:
    """Read what was decided last."""
    row = session.scalar(select(PromotionRow).order_by(_BY_ID.desc()).limit(1))
    return None if row is None else _promotion(row)


def mark_version(session: Session, version: str, values: Mapping[str, Any]) -> bool:
    """Note that a version was set aside or pruned; say whether it had not been before."""
    found = session.execute(
        update(ModelVersion)
        .where(
            ModelVersion.version == version,
            ModelVersion.set_aside_at.is_(None),
            ModelVersion.pruned_at.is_(None),
        )
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(ModelVersion.version)
    )
    return found.one_or_none() is not None


_BY_ID = PromotionRow.id


def _promotion(row: PromotionRow) -> Promotion:
    return Promotion(
        version=row.version,
        promoted_at=row.promoted_at,
        reason=row.reason,
        kind=row.kind,
        actor=row.actor,
        run_id=row.run_id,
        id=row.id,
    )


def version_of(row: ModelVersion, champion_name: str | None) -> Version:
    """Return a row as a version."""
    return Version(
        version=row.version,
        created_at=row.created_at,
        family=row.family,
        parent=row.parent,
        run_id=row.run_id,
        digest=row.digest,
        manifest=row.manifest,
        metrics=row.metrics,
        files=row.files or {},
        is_champion=row.version == champion_name,
        set_aside_at=row.set_aside_at,
        set_aside_because=row.set_aside_because,
        pruned_at=row.pruned_at,
    )
