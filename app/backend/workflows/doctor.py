"""Is this installation well? Every question is asked, every answer is a line; nothing is mended."""

import shutil
import tempfile
from collections.abc import Generator, Iterator, Mapping
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from app.backend.domain.errors import EncoreError, ModelError, NotFound
from app.backend.registry.versions import open_version, read_beside, version_folder
from app.backend.store import dump, health, sources, versions
from app.backend.store.schema import read_revision
from app.backend.store.session import ReadSession, open_database
from app.backend.store.sources import ConnectedSource
from app.backend.workflows.doctor_sources import server_findings, source_findings
from app.backend.workflows.findings import NOTE, OK, PROBLEM, WARNING, Finding, Premises
from app.backend.workflows.mounts import shared_system

__all__ = ["NOTE", "OK", "PROBLEM", "WARNING", "Finding", "Premises"]

LITTLE_ROOM_BYTES: Final = 500 * 2**20
LONG_LAPSED: Final = timedelta(minutes=10)
CLOCKS_DIFFER_BY: Final = timedelta(minutes=5)
OLDEST_POSTGRESQL: Final = 14

# The package that each extra brings and nothing else does.
EXTRAS: Final[Mapping[str, str]] = {
    "postgres": "psycopg",
    "onnx": "onnxruntime",
    "skops": "skops",
    "mlflow": "mlflow",
    "otel": "opentelemetry-exporter-otlp-proto-http",
}


def examine(premises: Premises) -> Iterator[Finding]:
    """Yield a finding for each question; nothing is changed, made or mended."""
    yield from _folder(premises)
    yield from _database(premises)
    yield from _extras()


def settings_finding(error: EncoreError | None) -> Finding:
    """Return what is to be said of the environment, which was read elsewhere."""
    if error is None:
        return Finding("settings", OK, "Every environment variable has a value that can be.")
    return Finding("settings", PROBLEM, error.message, "Nothing else can be asked until then.")


def _folder(premises: Premises) -> Iterator[Finding]:
    folder = premises.data_dir
    if not folder.exists():
        yield Finding(
            "data folder", WARNING, f"{folder} is not there yet.", "The first start makes it."
        )
        return
    try:
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        found = f"{folder} cannot be written: {error.strerror}."
        advice = "Grant the right, or choose another folder with ENCORE_DATA_DIR."
        yield Finding("data folder", PROBLEM, found, advice)
        return
    yield Finding("data folder", OK, f"{folder.absolute()} can be written.")
    found = f"{free // 2**20} MB are free."
    if free < LITTLE_ROOM_BYTES:
        yield Finding("room", WARNING, found, "Make room, or prune: encore models prune")
    else:
        yield Finding("room", OK, found)
    yield _file_system(premises)


def _file_system(premises: Premises) -> Finding:
    file = health.file_of(premises.database_url)
    folders = {premises.data_dir, premises.data_dir if file is None else file.parent}
    for folder in sorted(folders):
        if system := shared_system(folder, premises.mounts):
            found = f"{folder} is on {system}, where locks and syncs may not hold."
            advice = "Keep data on a local disk, or the database in PostgreSQL."
            return Finding("file system", WARNING, found, advice)
    return Finding("file system", OK, "Data are on a disk of this machine, as far as is known.")


def _database(premises: Premises) -> Iterator[Finding]:
    file = health.file_of(premises.database_url)
    if file is not None and not file.exists():
        found = f"{file} is not there yet."
        yield Finding("database", WARNING, found, "The first start makes it.")
        return
    try:
        database = open_database(premises.database_url)
        try:
            with database.reading() as session:
                connected = yield from _in_session(session, premises)
        finally:
            database.close()
    except EncoreError as error:
        yield Finding("database", PROBLEM, error.message, "Then ask again: encore doctor")
        return
    if premises.asks_servers:
        yield from server_findings(connected, premises)


def _in_session(
    session: ReadSession, premises: Premises
) -> Generator[Finding, None, list[ConnectedSource]]:
    """Yield what the database tells, and return what is connected."""
    yield _server(session)
    if health.is_sqlite(session):
        yield _log()
        yield from _pages(session)
    revision = _revision(session)
    yield revision
    if revision.state != OK:  # tables may lack what is asked for
        return []
    yield _champion(session, premises)
    yield _orphans(session, premises)
    yield _run(session)
    yield _clock(session, premises)
    yield from source_findings(session, premises)
    return sources.read_sources(session)


def _server(session: ReadSession) -> Finding:
    name, number = health.server(session)
    if not health.is_sqlite(session) and number < OLDEST_POSTGRESQL:
        advice = f"Its makers no longer mend it; use {OLDEST_POSTGRESQL} or newer."
        return Finding("database", WARNING, f"{name} answers.", advice)
    return Finding("database", OK, f"{name} answers.")


def _log() -> Finding:
    if health.log_is_safe():
        return Finding("journal", OK, "This SQLite's write-ahead log is safe, and used.")
    found = "This SQLite's write-ahead log has a fault; Encore uses a rollback journal instead."
    return Finding("journal", NOTE, found, "SQLite 3.51.3 has it mended; nothing needs to be done.")


def _pages(session: ReadSession) -> Iterator[Finding]:
    advice = "Stop Encore, and restore a backup into a new data folder: encore restore"
    if damage := health.damage(session):
        yield Finding("integrity", PROBLEM, f"The file is damaged: {damage[0]}", advice)
    else:
        yield Finding("integrity", OK, "SQLite finds its file whole.")
    if dangling := health.dangling(session):
        found = f"Rows point at rows that are not there: {', '.join(dangling)}."
        yield Finding("references", PROBLEM, found, advice)
    else:
        yield Finding("references", OK, "Every row that another one points at is there.")


def _revision(session: ReadSession) -> Finding:
    found, newest = read_revision(session), dump.revisions()[0]
    if found == newest:
        return Finding("tables", OK, f"They are at the newest revision, {newest}.")
    if found is None:
        return Finding("tables", WARNING, "There are none yet.", "The first start makes them.")
    if found in dump.revisions():
        told = f"They are at revision {found}; the newest is {newest}."
        return Finding("tables", WARNING, told, "The next start brings them up to date.")
    told = f"They are at revision {found}, which this Encore does not know."
    return Finding("tables", PROBLEM, told, "Run the newer Encore, or restore an older backup.")


def _champion(session: ReadSession, premises: Premises) -> Finding:
    champion = versions.champion(session)
    if champion is None:
        return Finding("champion", OK, "The rules serve; no model does.")
    name = champion.version
    try:
        open_version(premises.models_dir, name, champion.digest)
        for file, digest in (champion.files or {}).items():
            read_beside(premises.models_dir, name, file, digest)
    except ModelError as error:
        advice = "See what serves instead: encore models verify"
        return Finding("champion", PROBLEM, error.message, advice)
    return Finding("champion", OK, f"{name} is whole.")


def _orphans(session: ReadSession, premises: Premises) -> Finding:
    known = {version.version for version in versions.read_versions(session)}
    orphans = [name for name in _version_folders(premises.models_dir) if name not in known]
    if not orphans:
        return Finding("models", OK, "Every version's folder is one that the database knows.")
    found = f"The database does not know {', '.join(orphans[: health.MOST_FINDINGS])}"
    more = len(orphans) - health.MOST_FINDINGS
    told = f"{found} and {more} more." if more > 0 else f"{found}."
    return Finding("models", WARNING, told, "A training takes them away once they are an hour old.")


def _run(session: ReadSession) -> Finding:
    run = health.lapsed_run(session, LONG_LAPSED)
    if run is None:
        return Finding("training", OK, "No run is stuck.")
    found = f"Run {run.id} is under way by its state, and nobody has carried it on for long."
    advice = f"Take it up with: encore train; or end it: encore runs cancel {run.id}"
    return Finding("training", WARNING, found, advice)


def _clock(session: ReadSession, premises: Premises) -> Finding:
    at = premises.clock()
    later = health.slates_after(session, at + CLOCKS_DIFFER_BY)
    if not later:
        return Finding("clock", OK, f"It is {at:%Y-%m-%d %H:%M} UTC, and no slate is from later.")
    found = f"Some slates are from after {at:%Y-%m-%d %H:%M} UTC, which is now: {later} of them."
    return Finding("clock", WARNING, found, "Set this machine's clock, and let it be kept right.")


def _extras() -> Iterator[Finding]:
    for extra, package in EXTRAS.items():
        try:
            yield Finding(f"extra {extra}", NOTE, f"{package} {version(package)} is installed.")
        except PackageNotFoundError:
            advice = f'Where it is wanted: pip install "encore-tonight[{extra}]"'
            yield Finding(f"extra {extra}", NOTE, "It is not installed.", advice)


def _version_folders(folder: Path) -> list[str]:
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [name for name in names if _is_version(folder, name)]


def _is_version(folder: Path, name: str) -> bool:
    try:
        return version_folder(folder, name).is_dir()
    except NotFound:
        return False
