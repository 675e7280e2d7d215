"""The graph computes in ONNX Runtime what the numpy code computes, and needs nothing of Encore."""

from typing import ClassVar

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.context import CODE_COUNT
from app.backend.domain.errors import ArtefactForeign
from app.backend.domain.model import Arrays, Moments, Predictor
from app.backend.features import schema
from app.backend.features.encode import Codes, Floats, for_context
from app.backend.features.interactions import layout
from app.backend.features.posterior import MixedPosterior, rules_posterior
from app.backend.features.rules import default_rules
from app.backend.features.serving import class_probabilities
from app.backend.registry.onnx_graph import INPUT, OPERATORS, OUTPUTS, graph_bytes
from tests.contracts.model_files import evening_rows, trained

TOLERANCE = 1e-12


def run(content: bytes, X: Floats) -> tuple[Floats, Codes]:
    """Run a graph in ONNX Runtime alone."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    probabilities, label = session.run(list(OUTPUTS), {INPUT: X})
    return probabilities, label


@pytest.mark.parametrize("family", ["glmix", "additive"])
def test_the_graph_computes_what_numpy_does(family: str) -> None:
    """Probabilities agree far within 1e-9, and the label is the likelier class."""
    predictor = trained(family).predictor_
    probabilities, label = run(graph_bytes(predictor), evening_rows())
    expected = class_probabilities(predictor, evening_rows())
    assert np.ptp(expected[:, 1]) > 0.2
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=TOLERANCE)
    np.testing.assert_array_equal(label, probabilities[:, 1] >= 0.5)
    assert label.dtype == np.int64


@pytest.mark.parametrize("family", ["glmix", "additive"])
def test_every_context_and_every_bend_agrees(family: str) -> None:
    """At, before and after each knot of the rules, for films and series, in every context."""
    knots = {at for knots in default_rules().session.values() for at in knots.minutes}
    minutes = sorted({0.0, 1.0, 1_440.0, 1e9} | {at + off for at in knots for off in (-1, 0, 0.5)})
    titles = np.zeros((len(minutes), len(schema.TITLE_COLUMNS)))
    titles[:, schema.TITLE_COLUMNS.index("duration")] = minutes
    titles[:, schema.TITLE_COLUMNS.index("year")] = np.linspace(0, 3_000, len(minutes)).round()
    titles[:, schema.TITLE_COLUMNS.index("community_rating")] = np.linspace(0, 10, len(minutes))
    titles[::3, schema.TITLE_COLUMNS.index("genre_comedy")] = 1
    titles[::4, schema.TITLE_COLUMNS.index("genre_war")] = 1
    series = titles.copy()
    series[:, schema.TITLE_COLUMNS.index("kind_series")] = 1
    both = np.vstack([titles, series])
    X = np.vstack([for_context(code, both) for code in range(CODE_COUNT)])
    predictor = trained(family).predictor_
    found, _ = run(graph_bytes(predictor), X)
    np.testing.assert_allclose(found, class_probabilities(predictor, X), rtol=0, atol=TOLERANCE)


@settings(max_examples=40, deadline=None)
@given(
    ids=st.sets(st.integers(-5, 60), max_size=20),
    asked=st.lists(st.integers(-8, 64), max_size=12),
    seed=st.integers(0, 2**32 - 1),
)
def test_titles_are_found_by_their_id(ids: set[int], asked: list[int], seed: int) -> None:
    """However many titles were rated, each row gets its own title's effect, or that of none."""
    predictor = posterior_of(sorted(ids), seed)
    X = np.zeros((len(asked), schema.FEATURE_COUNT))
    X[:, schema.MEDIA_ID] = asked
    found, _ = run(graph_bytes(predictor), X)
    np.testing.assert_allclose(found, class_probabilities(predictor, X), rtol=0, atol=TOLERANCE)


def test_a_title_effect_moves_its_own_title_alone() -> None:
    """The effect of one title is in the probabilities of that title and in no other's."""
    known = posterior_of([3, 5, 9], 1)
    X = np.zeros((4, schema.FEATURE_COUNT))
    X[:, schema.MEDIA_ID] = [3, 5, 9, 4]
    found, _ = run(graph_bytes(known), X)
    assert len(set(found[:, 1].round(9))) == 4


@pytest.mark.parametrize("family", ["glmix", "additive"])
def test_the_graph_is_plain_and_describes_itself(family: str) -> None:
    """It passes ONNX's own check, uses ONNX's own operators, holds its data, names its columns."""
    model = onnx.load_model_from_string(graph_bytes(trained(family).predictor_))
    onnx.checker.check_model(model, full_check=True)
    double, integer = onnx.TensorProto.DOUBLE, onnx.TensorProto.INT64
    kinds = {value.name: value.type.tensor_type.elem_type for value in model.graph.output}
    assert kinds == {"probabilities": double, "label": integer}
    assert [value.name for value in model.graph.input] == ["X"]
    shape = model.graph.input[0].type.tensor_type
    assert shape.elem_type == double
    assert shape.shape.dim[1].dim_value == schema.FEATURE_COUNT
    assert {opset.domain for opset in model.opset_import} == {""}
    assert {node.op_type for node in model.graph.node} <= OPERATORS
    told = {entry.key: entry.value for entry in model.metadata_props}
    assert told["columns"].split(",") == list(schema.FEATURE_NAMES)
    assert told["fingerprint"] == schema.schema_fingerprint()


def test_no_operator_is_admitted_that_is_not_used() -> None:
    """The list of operators is as short as the graphs allow."""
    used = {
        node.op_type
        for family in ("glmix", "additive")
        for node in onnx.load_model_from_string(graph_bytes(trained(family).predictor_)).graph.node
    }
    assert used == OPERATORS


def test_the_same_predictor_gives_the_same_bytes() -> None:
    """Nothing of the time, the machine or the order of a set is in them."""
    assert graph_bytes(rules_posterior()) == graph_bytes(rules_posterior())


class Stranger:
    """A predictor of a family without a graph."""

    family: ClassVar[str] = "stranger"

    def moments(self, X: Floats) -> Moments:
        """Return no opinion."""
        return Moments(np.zeros(len(X)), np.zeros(len(X)))

    def to_arrays(self) -> Arrays:
        """Return nothing."""
        return {}


def test_a_family_without_a_graph_is_refused() -> None:
    """The sentence names the family and a format that takes it."""
    stranger: Predictor = Stranger()
    with pytest.raises(ArtefactForeign, match=r"'stranger'.*\.safetensors"):
        graph_bytes(stranger)


def posterior_of(ids: list[int], seed: int) -> MixedPosterior:
    """Return a posterior with effects of its own for some titles."""
    chance, q = np.random.default_rng(seed), len(layout().names)
    return MixedPosterior(
        coefficients=layout().prior_mean,
        root=np.diag(layout().deviation),
        title_ids=np.array(ids, dtype=np.int64),
        title_effects=chance.normal(0, 2, len(ids)),
        title_precisions=chance.uniform(0.5, 9, len(ids)),
        title_couplings=chance.normal(0, 0.1, (len(ids), q)),
        title_variance=0.3,
    )
