"""What a training run learns from: read in one moment, checked, and made into features."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from app.backend.domain.clock import Clock
from app.backend.domain.evidence import ChoiceRows, RatingRows, TitleTexts
from app.backend.domain.runs import Run, Version
from app.backend.features.dataset import Prepared, TrainingSet, build
from app.backend.features.encode import Floats
from app.backend.features.household import Evidence
from app.backend.features.leakage import refuse_future
from app.backend.features.schema import FEATURE_COUNT, schema_fingerprint
from app.backend.learning.classifier import DEFAULT, Config
from app.backend.learning.evaluation import Champion
from app.backend.ml_model import prepare
from app.backend.registry.artefact import FORMAT_NUMBER
from app.backend.store import runs, slate_rows, versions
from app.backend.store.choice_rows import read_choices
from app.backend.store.imported_ratings import read_ratings
from app.backend.store.library_rows import read_title_texts
from app.backend.store.session import Database
from app.backend.workflows.evidence import gather_evidence
from app.backend.workflows.serving import Serving, Shelf
from app.backend.workflows.steps import Recorder


@dataclass(frozen=True, slots=True)
class Material:
    """The rows and an account of them, the library, and who serves so far.

    `company` says of how many members each slate's evening was; `recipe` is what beside the data
    decides the model: config, columns and format.
    """

    evidence: Evidence
    facts: Mapping[str, Any]
    library: Floats
    company: Mapping[int, int]
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
class _Read:
    """What one moment of the database held."""

    prepared: Prepared
    choices: ChoiceRows
    texts: TitleTexts
    ratings: RatingRows
    company: Mapping[int, int]
    last_feedback_id: int
    champion: Version | None
    rival: Champion | None
    last: Run | None


def gather(database: Database, shelf: Shelf, recorder: Recorder, clock: Clock) -> Material:
    """Read, check, and make features, as three recorded steps over one moment of the database.

    Raises
    ------
    LeakageFound
        Where a column of X knows what came later.
    RunLost
        Where the run is no longer this attempt's.
    """
    read = _ingest(database, shelf, recorder, clock)
    _check(read.prepared, recorder, clock)
    with recorder.step("features") as told:
        evidence = gather_evidence(read.prepared, read.choices, read.texts, read.ratings)
        raw = read.prepared.titles.raw
        facts = {**_facts(evidence), "last_feedback_id": read.last_feedback_id}
        told.inputs = {"rows": len(evidence.training.y), "titles": len(raw.id)}
        told.outputs = {
            "columns": FEATURE_COUNT,
            "choices": len(evidence.choices.title),
            "titles_with_words": len(evidence.texts.ids),
            "text_directions": evidence.texts.vectors.shape[1],
            "ratings_from_elsewhere": len(evidence.recalled.y),
            "ratings_left_out": dict(evidence.recalled.left_out),
            "data_fingerprint": facts["data_fingerprint"],
            "schema_fingerprint": schema_fingerprint(),
        }
        library = read.prepared.titles.encoded()[~raw.is_set_aside]
    return Material(evidence, facts, library, read.company, read.champion, read.rival, read.last)


def recipe_fingerprint(config: Config) -> str:
    """Return a digest of what beside data and chance decides which model is made."""
    told = {
        "config": asdict(config),
        "schema": schema_fingerprint(),
        "format": FORMAT_NUMBER,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _ingest(database: Database, shelf: Shelf, recorder: Recorder, clock: Clock) -> _Read:
    # Nothing is written while this is read: on SQLite a reader may keep a writer waiting.
    with recorder.step("ingest") as told:
        with database.reading() as session:
            prepared = prepare(session, clock=clock)
            serving, champion = shelf.serving(session), versions.champion(session)
            read = _Read(
                prepared=prepared,
                choices=read_choices(session),
                texts=read_title_texts(session),
                ratings=read_ratings(session),
                company=slate_rows.read_company(session),
                last_feedback_id=runs.newest_feedback(session),
                champion=champion,
                rival=_rival(champion, serving),
                last=runs.last_finished_run(session),
            )
        told.outputs = {
            "rows_read": prepared.training.rows_read,
            "titles": len(prepared.titles.raw.id),
            "last_feedback_id": read.last_feedback_id,
            "champion": None if champion is None else champion.version,
        }
    return read


def _rival(champion: Version | None, serving: Serving) -> Champion | None:
    if champion is None or serving.version != champion.version:
        return None
    return Champion(serving.predictor, int(champion.metrics["trained_until"]))


def _check(prepared: Prepared, recorder: Recorder, clock: Clock) -> None:
    with recorder.step("check") as told:
        training = prepared.training
        refuse_future(prepared.rows, training, partial(build, latest_year=clock().year + 2))
        found = {check.id: check.count for check in training.checks if check.count}
        told.inputs = {"rows_read": training.rows_read}
        told.outputs = {"rows_used": len(training.y), "questions": found, "leakage": "none"}
        rate = float(training.y.mean()) if len(training.y) else None
        told.metrics = {"positive_rate": rate}


def _facts(evidence: Evidence) -> dict[str, Any]:
    training = evidence.training
    return {
        "data_fingerprint": evidence.fingerprint(),
        "recipe_fingerprint": recipe_fingerprint(DEFAULT),
        "rows_read": training.rows_read,
        "rows_used": len(training.y),
        "quality": [asdict(check) for check in training.checks],
    }
