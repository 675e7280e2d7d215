"""What a version tells of itself, in Markdown and HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from app.backend.domain.runs import Version
from app.backend.features.encode import Floats
from app.backend.features.posterior import MixedPosterior
from app.backend.learning.gate import Answer, verdict
from app.backend.ranking.importance import importance
from app.backend.registry.artefact import Artefact
from app.backend.registry.card import CardFacts, card_html, card_markdown
from app.backend.workflows.material import Material
from app.backend.workflows.taste import MOST_TITLES

CARD_MARKDOWN: Final = "card.md"
CARD_HTML: Final = "card.html"


def cards(
    version: Version, material: Material, artefact: Artefact, answers: Sequence[Answer]
) -> dict[str, str]:
    """Return the texts that lie beside a version's arrays, by file name.

    Parameters
    ----------
    version : Version
    material : Material
        What it was learnt from.
    artefact : Artefact
        As it was read back.
    answers : sequence of Answer
        Of the gate.
    """
    facts = CardFacts(
        **_facts(version, material, artefact.manifest, answers),
        importance=_importance(artefact, material.library),
    )
    return {CARD_MARKDOWN: card_markdown(facts), CARD_HTML: card_html(facts)}


def _facts(
    version: Version, material: Material, manifest: Mapping[str, Any], answers: Sequence[Answer]
) -> dict[str, Any]:
    features = manifest["features"]
    return {
        "version": version.version,
        "created_at": version.created_at,
        "family": version.family,
        "config": manifest["config"],
        "seed": manifest["seed"],
        "parent": version.parent,
        "schema_number": features["number"],
        "schema_fingerprint": features["fingerprint"],
        "columns": len(features["names"]),
        "data_fingerprint": material.facts["data_fingerprint"],
        "rows_read": material.facts["rows_read"],
        "rows_used": material.facts["rows_used"],
        "recalled": len(material.evidence.recalled.y),
        "checks": material.facts["quality"],
        "split": manifest["split"],
        "report": version.metrics,
        "gate": [asdict(answer) for answer in answers],
        "verdict": verdict(answers)[1],
        "libraries": manifest["libraries"],
        "digests": {
            "manifest.json": version.digest,
            "model.safetensors": manifest["content_sha256"],
        },
    }


def _importance(artefact: Artefact, library: Floats) -> list[dict[str, Any]]:
    predictor = artefact.classifier.predictor_
    if not isinstance(predictor, MixedPosterior):
        return []
    titles = library[:: -(-len(library) // MOST_TITLES) or 1]
    return [asdict(one) for one in importance(predictor, titles)]
