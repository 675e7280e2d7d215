"""The ranker as a BentoML service, without its access log."""

from typing import Any, Final

import bentoml  # type: ignore[import-not-found]  # an environment of its own has it
import numpy as np

from benchmarks.peer_models.ranker import opened

QUIET: Final = {"access": {"enabled": False}}


@bentoml.service(workers=1, logging=QUIET, metrics={"enabled": False})
class Ranked:
    """Answers for a context, or for rows of X."""

    def __init__(self) -> None:
        self.ranker = opened()

    @bentoml.api  # type: ignore[untyped-decorator]
    def kept(self, mood: str, group_size: str, session_length: str) -> dict[str, list[Any]]:
        """Return the ten best titles of a context as they were worked out before."""
        ids, probability = self.ranker.kept(mood, group_size, session_length)
        return {"ids": ids, "probability": probability}

    @bentoml.api  # type: ignore[untyped-decorator]
    def ranked(self, mood: str, group_size: str, session_length: str) -> dict[str, list[Any]]:
        """Rank the library in a context."""
        ids, probability = self.ranker.ranked(mood, group_size, session_length)
        return {"ids": ids, "probability": probability}

    @bentoml.api  # type: ignore[untyped-decorator]
    def rows(self, X: list[list[float]]) -> dict[str, list[float]]:
        """Return the probability of each row."""
        return {"probability": self.ranker.rows(np.array(X)).tolist()}
