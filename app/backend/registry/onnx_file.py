"""Bytes of an ONNX model that `onnx_graph` made, as a classifier; everything else is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from app.backend.domain.errors import ArtefactUntrusted
from app.backend.domain.model import Predictor
from app.backend.features.basis import checked
from app.backend.features.encode import Codes, Floats
from app.backend.features.predictors import build
from app.backend.features.serving import likelier_class
from app.backend.registry.artefact import upgraded
from app.backend.registry.extras import imported
from app.backend.registry.onnx_graph import FIXED, INPUT, OPERATORS, OUTPUTS


@dataclass(frozen=True, slots=True, eq=False)
class OnnxClassifier:
    """A classifier whose probabilities ONNX Runtime computes; its predictor holds the arrays."""

    session: Any
    predictor_: Predictor
    config: Mapping[str, object]

    @property
    def classes_(self) -> Codes:
        """The two classes, in the order of the columns of `predict_proba`."""
        return np.array([0, 1])

    def predict_proba(self, X: Floats) -> Floats:
        """Return P(negative), P(positive) for each row: float64 of shape (n, 2)."""
        matrix = np.ascontiguousarray(checked(X))
        return np.asarray(self.session.run([OUTPUTS[0]], {INPUT: matrix})[0], dtype=np.float64)

    def predict(self, X: Floats) -> Codes:
        """Return the likelier class of each row."""
        return likelier_class(self.predict_proba(X))

    def config_record(self) -> Mapping[str, object]:
        """Return the hyperparameters as plain values, for the manifest."""
        return self.config


def from_bytes(content: bytes, family: str, config: Mapping[str, object]) -> OnnxClassifier:
    """Open a graph that was judged harmless: known operators, and all data within.

    Raises
    ------
    ArtefactUntrusted
        Where the graph has other operators, or refers to data elsewhere.
    ExtraMissing
        Where onnx or onnxruntime is not installed.

    Both packages raise errors of their own for bytes that they cannot read.
    """
    onnx, runtime = imported("onnx", "onnx"), imported("onnxruntime", "onnx")
    model = onnx.load_model_from_string(content)
    _refuse_reaching_out(onnx, model)
    onnx.checker.check_model(model)
    learnt = {
        tensor.name: onnx.numpy_helper.to_array(tensor)
        for tensor in model.graph.initializer
        if not tensor.name.startswith(FIXED)
    }
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors are raised; the log would repeat them on stderr
    session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    # The number of the format is not in the graph; an array that is there stays.
    return OnnxClassifier(
        session, build(family, upgraded(learnt, 1)), MappingProxyType(dict(config))
    )


def _refuse_reaching_out(onnx: Any, model: Any) -> None:  # noqa: ANN401  # without types
    """Refuse what could name a file, hold another graph, or bring its own operators."""
    graph, integer = model.graph, onnx.AttributeProto.INT
    beyond = [
        *(opset.domain for opset in model.opset_import),
        *(tensor.data_location != onnx.TensorProto.DEFAULT for tensor in graph.initializer),
        *(len(tensor.external_data) for tensor in graph.initializer),
        *(node.domain or node.op_type not in OPERATORS for node in graph.node),
        *(attribute.type != integer for node in graph.node for attribute in node.attribute),
        *(len(graph.sparse_initializer), len(model.functions), len(model.training_info)),
    ]
    if any(beyond):
        raise ArtefactUntrusted(
            "The ONNX graph is refused: it has parts that Encore does not write. Use a file that "
            "save_model wrote."
        )
