"""What a model card is made from: facts of one version, as whoever trained it knows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class CardFacts:
    """Facts of one version; what is not known is left out, and the card says so.

    Attributes
    ----------
    version : str
    created_at : datetime
    family : str
    config : mapping
        The hyperparameters.
    seed : int
    parent : str or None
        The version that served when this one was trained; `None` where the rules did.
    schema_number, schema_fingerprint, columns : int, str, int
        Of the columns of X.
    data_fingerprint : str
    rows_read, rows_used : int
    recalled : int
        How many ratings from elsewhere were learnt from beside them.
    checks : sequence of mapping
        Questions that rows were asked: `id`, `question`, `count`, `action`.
    days : int or None
        How many days lie between the first and the last verdict, both counted.
    split : mapping
        `train`, `validation` and `test` rows, and `fingerprint`.
    report : mapping
        What `learning.trial_report` returns.
    gate : sequence of mapping
        `question`, `passed`, `finding`.
    verdict : str
        The gate's reason in a sentence or two.
    importance : sequence of mapping
        `group`, `within`, `overall`, the greatest first.
    limits : sequence of str
        Sentences; the card adds those that follow from the other facts.
    libraries, digests : mapping of str to str
    """

    version: str
    created_at: datetime
    family: str
    config: Mapping[str, Any]
    seed: int
    parent: str | None
    schema_number: int
    schema_fingerprint: str
    columns: int
    data_fingerprint: str
    rows_read: int
    rows_used: int
    recalled: int = 0
    checks: Sequence[Mapping[str, Any]] = ()
    days: int | None = None
    split: Mapping[str, Any] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    gate: Sequence[Mapping[str, Any]] = ()
    verdict: str = ""
    importance: Sequence[Mapping[str, Any]] = ()
    limits: Sequence[str] = ()
    libraries: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def tested_rows(self) -> int:
        """How many later verdicts it was tested on."""
        return int(self.report.get("tested_rows", 0))

    def against(self, rival: str) -> Mapping[str, Any]:
        """Return the comparison with a rival; empty where there is none."""
        found: Mapping[str, Any] = self.report.get("against", {}).get(rival, {})
        return found

    def slices(self) -> Sequence[Mapping[str, Any]]:
        """Return the parts of the tested rows by what was said of the evening."""
        found: Sequence[Mapping[str, Any]] = self.report.get("slices", ())
        return found
