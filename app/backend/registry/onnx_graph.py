"""A predictor as an ONNX graph in double precision; opens none, and writes no files.

The graph computes all that the numpy code does, from X to the averaged probability. What was learnt
stands in it verbatim, under the names of `Predictor.to_arrays`; the constants that come from code
have names that begin with `FIXED`.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.context import SESSION_LENGTHS
from app.backend.domain.errors import ArtefactForeign
from app.backend.domain.model import Arrays, Predictor
from app.backend.domain.title import KINDS
from app.backend.features import additive, basis, bounds, posterior, schema
from app.backend.features.interactions import layout
from app.backend.features.rules import Knots, default_rules
from app.backend.registry.extras import imported

OPSET: Final = 17
IR_VERSION: Final = 8
INPUT: Final = "X"
BOUNDED_X: Final = "X.bounded"
OUTPUTS: Final = ("probabilities", "label")
FIXED: Final = "fixed."
PRODUCER: Final = "encore-tonight"

# None of them can reach a file, the network or another graph. A reader admits no others.
OPERATORS: Final = frozenset(
    {
        *("Add", "Cast", "Concat", "Div", "Equal", "Gather", "Greater", "GreaterOrEqual", "Less"),
        *("Log", "MatMul", "Max", "Min", "Mul", "ReduceSum", "Reshape", "Sqrt", "Sub", "Tanh"),
        "Where",
    }
)

_NO_TITLE: Final = np.iinfo(np.int64).max


def graph_bytes(predictor: Predictor) -> bytes:
    """Return a predictor as an ONNX model, the same bytes for the same predictor.

    Input `X`: double, (N, FEATURE_COUNT). Outputs `probabilities`: double, (N, 2), P(negative) and
    P(positive); `label`: int64, (N,).

    Raises
    ------
    ArtefactForeign
        Where the predictor's family has no graph.
    ExtraMissing
        Where the package onnx is not installed.
    """
    arrays = predictor.to_arrays()
    graph = _Graph(arrays)
    _bound(graph)
    if predictor.family == posterior.FAMILY:
        logit = _mixed(graph, arrays)
    elif predictor.family == additive.FAMILY:
        logit = _additive(graph)
    else:
        raise ArtefactForeign(
            f"A model of the family {predictor.family!r} cannot be written as ONNX; save it as "
            ".safetensors or .skops."
        )
    _answer(graph, logit)
    return graph.to_bytes()


class _Graph:
    """Nodes and constants in the order in which they were added; each value has a name."""

    def __init__(self, learnt: Arrays) -> None:
        self._onnx = imported("onnx", "onnx")
        self._constants = dict(learnt)
        self._nodes: list[Any] = []

    def fixed(self, values: float | Sequence[float] | NDArray[Any]) -> str:
        """Add a constant of at least one dimension; return its name."""
        name = f"{FIXED}{len(self._constants)}"
        self._constants[name] = np.atleast_1d(np.asarray(values))
        return name

    def op(self, kind: str, *inputs: str | float, named: str = "", **attributes: int) -> str:
        """Add a node and return the name of its output; numbers among the inputs become float64."""
        names = [self.fixed(float(i)) if isinstance(i, float | int) else i for i in inputs]
        output = named or f"{kind}.{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(kind, names, [output], **attributes))
        return output

    def columns(self, matrix: str, at: Sequence[int] | NDArray[np.int64]) -> str:
        """Gather columns of a matrix."""
        return self.op("Gather", matrix, self.fixed(np.array(at, dtype=np.int64)), axis=1)

    def row_sums(self, matrix: str) -> str:
        """Sum over columns, keeping the dimension."""
        return self.op("ReduceSum", matrix, self.fixed(np.array([1])), keepdims=1)

    def as_double(self, values: str) -> str:
        """Convert to float64."""
        return self.op("Cast", values, to=int(self._onnx.TensorProto.DOUBLE))

    def as_integer(self, values: str, named: str = "") -> str:
        """Convert to int64."""
        return self.op("Cast", values, named=named, to=int(self._onnx.TensorProto.INT64))

    def to_bytes(self) -> bytes:
        """Return the model; its properties tell other programs what the columns of X are."""
        helper, double = self._onnx.helper, self._onnx.TensorProto.DOUBLE
        described = helper.make_tensor_value_info
        inputs = [described(INPUT, double, ["N", schema.FEATURE_COUNT])]
        outputs = [
            described(OUTPUTS[0], double, ["N", 2]),
            described(OUTPUTS[1], self._onnx.TensorProto.INT64, ["N"]),
        ]
        constants = [
            self._onnx.numpy_helper.from_array(np.ascontiguousarray(array), name)
            for name, array in self._constants.items()
        ]
        model = helper.make_model(
            helper.make_graph(self._nodes, PRODUCER, inputs, outputs, constants),
            producer_name=PRODUCER,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )
        columns = {"columns": ",".join(schema.FEATURE_NAMES)}
        helper.set_model_props(model, columns | {"fingerprint": schema.schema_fingerprint()})
        content: bytes = model.SerializeToString(deterministic=True)
        return content


def _bound(graph: _Graph) -> None:
    """Clip the bounded columns of X as `bounds.clip` does; what is missing stays missing."""
    parts, start = [], 0
    for number, column in enumerate(bounds.BOUNDED):
        if column > start:
            parts.append(graph.columns(INPUT, range(start, column)))
        value = graph.columns(INPUT, [column])
        limits = graph.op("Gather", "bounds", graph.fixed(np.array([number])), axis=0)
        low, high = (graph.columns(limits, [side]) for side in (0, 1))
        clipped = graph.op("Min", graph.op("Max", value, low), high)
        known = graph.op("Greater", value, 0.0)
        parts.append(graph.op("Where", known, clipped, value))
        start = column + 1
    parts.append(graph.columns(INPUT, range(start, schema.FEATURE_COUNT)))
    graph.op("Concat", *parts, named=BOUNDED_X, axis=1)


def _answer(graph: _Graph, logit: str) -> None:
    """Turn logits, shape (N, 1), into the two outputs."""
    half = graph.op("Mul", 0.5, logit)
    positive = graph.op("Mul", 0.5, graph.op("Add", 1.0, graph.op("Tanh", half)))
    graph.op("Concat", graph.op("Sub", 1.0, positive), positive, named=OUTPUTS[0], axis=1)
    likelier = graph.op("GreaterOrEqual", positive, 0.5)
    flat = graph.op("Reshape", likelier, graph.fixed(np.array([-1])))
    graph.as_integer(flat, named=OUTPUTS[1])


def _additive(graph: _Graph) -> str:
    """Return the baseline's logit, shape (N, 1)."""
    promised = graph.columns(BOUNDED_X, range(schema.PROMISED_COUNT))
    standard = graph.op("Div", graph.op("Sub", promised, "centre"), "scale")
    weighted = graph.row_sums(graph.op("Mul", standard, "weights"))
    return graph.op("Add", weighted, "intercept")


def _mixed(graph: _Graph, arrays: Arrays) -> str:
    """Return the mixed model's logit, shrunk by its uncertainty, (N, 1); nobody is present."""
    extras = arrays["text_vectors"].shape[1], len(arrays["member_ids"])
    regressors = _design(graph, len(arrays["text_ids"]), extras)
    width = len(layout(*extras).names)
    effect, coupling, own_variance = _title_effects(graph, len(arrays["title_ids"]), width)
    weighted = graph.row_sums(graph.op("Mul", regressors, "coefficients"))
    mean = graph.op("Add", weighted, effect)
    spread = graph.op("MatMul", graph.op("Sub", regressors, coupling), "root")
    explained = graph.row_sums(graph.op("Mul", spread, spread))
    variance = graph.op("Add", explained, own_variance)
    widened = graph.op("Add", 1.0, graph.op("Mul", variance, np.pi / 8.0))
    return graph.op("Div", mean, graph.op("Sqrt", widened))


def _design(graph: _Graph, told: int, extras: tuple[int, int]) -> str:
    """Return the regressors of `interactions.design`: trust in the rules, then the crosses."""
    ones = _ones(graph)
    said = graph.columns(BOUNDED_X, range(len(schema.CONTEXT_COLUMNS)))
    context = graph.op("Concat", ones, said, axis=1)
    title = _title_basis(graph, ones)
    trust = [
        graph.row_sums(graph.op("Mul", graph.op("MatMul", context, graph.fixed(rule)), title))
        for rule in basis.rule_matrices()
    ]
    if extras[0]:
        title = graph.op("Concat", title, _text(graph, told, extras[0]), axis=1)
    if extras[1]:
        nobody = graph.op("Mul", ones, graph.fixed(np.zeros((1, extras[1]))))
        context = graph.op("Concat", context, nobody, axis=1)
    at = layout(*extras)
    said, known = graph.columns(context, at.context_at), graph.columns(title, at.title_at)
    crosses = graph.op("Mul", said, known)
    return graph.op("Concat", *trust, crosses, axis=1)


def _ones(graph: _Graph) -> str:
    """Return a column of ones, as many as X has rows."""
    minutes = graph.columns(BOUNDED_X, [schema.DURATION])
    return graph.as_double(graph.op("Equal", minutes, minutes))


def _title_basis(graph: _Graph, ones: str) -> str:
    """Return the columns of `basis.title_basis`."""
    genres = graph.columns(BOUNDED_X, schema.GENRE_COLUMNS)
    spread = graph.op("Sqrt", graph.op("Max", graph.row_sums(genres), 1.0))
    minutes = graph.columns(BOUNDED_X, [schema.DURATION])
    series = graph.columns(BOUNDED_X, [schema.KIND_SERIES])
    year = graph.columns(BOUNDED_X, [schema.YEAR])
    community = graph.columns(BOUNDED_X, [schema.COMMUNITY_RATING])
    shorter = graph.op("Div", graph.op("Max", minutes, 1.0), basis.LENGTH_CENTRE_MINUTES)
    length = _standard(graph, minutes, graph.op("Log", shorter), basis.LENGTH_SCALE)
    era = _standard(graph, year, graph.op("Sub", year, basis.YEAR_CENTRE), basis.YEAR_SCALE)
    above = graph.op("Sub", community, basis.RATING_CENTRE)
    rating = _standard(graph, community, above, basis.RATING_SCALE)
    return graph.op(
        "Concat",
        *(ones, graph.op("Div", genres, spread), series),
        *(length, graph.op("Mul", length, length), era, graph.op("Mul", era, era), rating),
        *(_session_fit(graph, length_word, minutes, series) for length_word in SESSION_LENGTHS),
        axis=1,
    )


def _standard(graph: _Graph, raw: str, centred: str, scale: float) -> str:
    """Return centred values on their scale, clipped, and 0 where the raw value is missing."""
    scaled = graph.op("Div", centred, scale)
    clipped = graph.op("Min", graph.op("Max", scaled, -basis.CLIP), basis.CLIP)
    return _where_known(graph, raw, clipped)


def _where_known(graph: _Graph, raw: str, value: str) -> str:
    return graph.op("Where", graph.op("Greater", raw, 0.0), value, 0.0)


def _session_fit(graph: _Graph, session: str, minutes: str, series: str) -> str:
    knots = default_rules().session
    fits = {kind: _interpolated(graph, knots[session, kind], minutes) for kind in KINDS}
    is_series = graph.op("Greater", series, 0.0)
    fit = graph.op("Where", is_series, fits["series"], fits["movie"])
    return _where_known(graph, minutes, fit)


def _interpolated(graph: _Graph, knots: Knots, minutes: str) -> str:
    """Return straight lines through the knots: each stretch adds its slope times what it covers."""
    at, fit = np.array(knots.minutes, dtype=np.float64), np.array(knots.fit, dtype=np.float64)
    start, end = graph.fixed(at[:-1]), graph.fixed(at[1:])
    covered = graph.op("Sub", graph.op("Min", graph.op("Max", minutes, start), end), start)
    slope = graph.fixed(np.diff(fit) / np.diff(at))
    return graph.op("Add", float(fit[0]), graph.row_sums(graph.op("Mul", covered, slope)))


def _title_effects(graph: _Graph, rated: int, width: int) -> tuple[str, str, str]:
    """Return each row's title effect (N, 1), coupling (N, width) and own variance (N, 1).

    The tables get one row more than there are rated titles: what holds for a title without any.
    """
    at = _position_of_title(graph, "title_ids", rated)
    effects = graph.op("Concat", "title_effects", 0.0, axis=0)
    couplings = graph.op("Concat", "title_couplings", graph.fixed(np.zeros((1, width))), axis=0)
    inverse = graph.op("Div", 1.0, "title_precisions")
    variances = graph.op("Concat", inverse, "title_variance", axis=0)
    column = graph.fixed(np.array([-1, 1]))
    return (
        graph.op("Reshape", graph.op("Gather", effects, at, axis=0), column),
        graph.op("Gather", couplings, at, axis=0),
        graph.op("Reshape", graph.op("Gather", variances, at, axis=0), column),
    )


def _text(graph: _Graph, told: int, width: int) -> str:
    """Return what each row's title is about, shape (N, width); zeros where nothing is told."""
    vectors = graph.op("Concat", "text_vectors", graph.fixed(np.zeros((1, width))), axis=0)
    return graph.op("Gather", vectors, _position_of_title(graph, "text_ids", told), axis=0)


def _position_of_title(graph: _Graph, known: str, count: int) -> str:
    """Return where each row's title stands among known ids, or `count`: a binary search."""
    steps = count.bit_length()
    padding = graph.fixed(np.full(2**steps - count, _NO_TITLE))
    ids = graph.op("Concat", known, padding, axis=0)
    wanted = graph.as_integer(graph.op("Gather", INPUT, graph.fixed(schema.MEDIA_ID), axis=1))
    flat = graph.fixed(np.array([-1]))
    wanted = graph.op("Reshape", wanted, flat)
    below = graph.op("Mul", wanted, graph.fixed(np.array([0])))
    for step in reversed(range(steps)):
        size = graph.fixed(np.array([2**step]))
        last = graph.op("Add", below, graph.fixed(np.array([2**step - 1])))
        smaller = graph.op("Less", graph.op("Gather", ids, last, axis=0), wanted)
        below = graph.op("Add", below, graph.op("Mul", graph.as_integer(smaller), size))
    found = graph.op("Equal", graph.op("Gather", ids, below, axis=0), wanted)
    return graph.op("Where", found, below, graph.fixed(np.array([count])))
