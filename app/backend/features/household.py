"""All that a household's model is learnt from: verdicts, choices, ratings from elsewhere, words."""

import hashlib
from dataclasses import dataclass, field, replace

import numpy as np

from app.backend.features.choices import Choices, no_choices
from app.backend.features.dataset import TrainingSet
from app.backend.features.encode import Codes, Floats
from app.backend.features.recalled import Recalled


@dataclass(frozen=True, slots=True)
class TitleVectors:
    """What titles are about: `ids` int64 of shape (n,), ascending; `vectors` of shape (n, d)."""

    ids: Codes = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    vectors: Floats = field(default_factory=lambda: np.zeros((0, 0)))


@dataclass(frozen=True, slots=True)
class Evidence:
    """Verdicts, the choices beside them, the titles' words, and ratings from elsewhere.

    Attributes
    ----------
    training : TrainingSet
    choices : Choices
        Titles by row of `training.encoded_titles`.
    texts : TitleVectors
    recalled : Recalled
        Titles likewise; none of them is among the verdicts of who rated it.
    """

    training: TrainingSet
    choices: Choices = field(default_factory=no_choices)
    texts: TitleVectors = field(default_factory=TitleVectors)
    recalled: Recalled = field(default_factory=Recalled)

    @property
    def has_both_classes(self) -> bool:
        """Whether some verdicts are positive and others are not, or some ratings are."""
        return len(np.unique(self.training.y)) == 2 or self.recalled.has_both_classes

    def fingerprint(self) -> str:
        """Return a digest of all that a model could learn from.

        A title that nobody was shown changes it only by its words.
        """
        ids = self.training.encoded_titles[:, -1].astype(np.int64)
        choices = replace(self.choices, title=ids[self.choices.title])
        digest = hashlib.sha256(self.training.fingerprint().encode())
        digest.update(choices.fingerprint().encode())
        if len(self.recalled.y):
            digest.update(self.recalled.fingerprint(ids))
        for array in (self.texts.ids, self.texts.vectors):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def part(self, rows: Codes) -> "Evidence":
        """Return some of the verdicts, with the choices of their slates alone.

        Ratings from elsewhere are about other titles, and stay.
        """
        training = self.training.part(rows)
        return replace(self, training=training, choices=self.choices.of_slates(training.slate))
