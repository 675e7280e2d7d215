"""The ranker as a runtime of MLServer, by the protocol of open inference.

The name of the input says what is wanted: `kept` and `ranked` are a context's three words, `rows`
is a matrix.
"""

import numpy as np
from mlserver import MLModel  # type: ignore[import-not-found]  # an environment of its own has it
from mlserver.types import (  # type: ignore[import-not-found]  # likewise
    InferenceRequest,
    InferenceResponse,
    RequestInput,
    ResponseOutput,
)

from benchmarks.peer_models.ranker import KEPT, RANKED, opened


class Ranked(MLModel):  # type: ignore[misc]  # its package is not there
    """Answers for a context, or for rows of X."""

    async def load(self) -> bool:
        """Open the model."""
        self.ranker = opened()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer one request."""
        return InferenceResponse(model_name=self.name, outputs=self._outputs(payload.inputs[0]))

    def _outputs(self, said: RequestInput) -> list[ResponseOutput]:
        if said.name in {KEPT, RANKED}:
            answer = self.ranker.kept if said.name == KEPT else self.ranker.ranked
            ids, probability = answer(*said.data.root)
            return [_output("ids", "INT64", ids), _output("probability", "FP64", probability)]
        X = np.array(said.data.root, dtype=np.float64).reshape(said.shape)
        return [_output("probability", "FP64", self.ranker.rows(X).tolist())]


def _output(name: str, datatype: str, values: list[int] | list[float]) -> ResponseOutput:
    return ResponseOutput(name=name, shape=[len(values)], datatype=datatype, data=values)
