"""Graphs that reach out, or do more than Encore's do, are refused before a runtime sees them."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from app.backend.domain.errors import ArtefactDamaged, ArtefactUntrusted, FeatureMismatch
from app.backend.features.posterior import rules_posterior
from app.backend.registry.onnx_file import OnnxClassifier, from_bytes
from app.backend.registry.onnx_graph import graph_bytes
from tests.contracts.model_files import evening_rows, trained


def opened(family: str) -> OnnxClassifier:
    """Return a model of a family by way of its graph."""
    return from_bytes(graph_bytes(trained(family).predictor_), family, {})


@pytest.mark.parametrize("family", ["glmix", "additive"])
def test_its_predictor_holds_what_the_graph_holds(family: str) -> None:
    """The belief behind a probability is there too, so that it can be saved in another format."""
    model, expected = opened(family), trained(family).predictor_.moments(evening_rows())
    found = model.predictor_.moments(evening_rows())
    np.testing.assert_allclose(found.mean, expected.mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.variance, expected.variance, rtol=0, atol=1e-12)


def test_other_columns_are_refused() -> None:
    """X is checked as it is for every model, whatever the runtime would have made of it."""
    for X in (np.zeros((2, 5)), np.zeros(17), np.full((1, 17), np.nan)):
        with pytest.raises(FeatureMismatch):
            opened("additive").predict_proba(X)


def test_rows_in_another_layout_give_the_same() -> None:
    """Column-major matrices and views with gaps are read as what they say."""
    X = evening_rows()
    expected = opened("glmix").predict_proba(X)
    for same in (np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2]):
        found = opened("glmix").predict_proba(same)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def external_data(model: onnx.ModelProto) -> None:
    """Keep an array in another file."""
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../../../etc/passwd"


def listed_external_data(model: onnx.ModelProto) -> None:
    """Name another file without saying that it counts."""
    entry = model.graph.initializer[0].external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"


def sparse_array(model: onnx.ModelProto) -> None:
    """Bring an array in the form that checks have overlooked before."""
    values = numpy_helper.from_array(np.ones(1), "sparse")
    places = numpy_helper.from_array(np.zeros(1, dtype=np.int64), "places")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [4]))


def other_domain(model: onnx.ModelProto) -> None:
    """Use operators of someone else's library."""
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    model.graph.node[0].domain = "com.example"


def declared_domain(model: onnx.ModelProto) -> None:
    """Ask for someone else's library without using it."""
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))


def other_operator(model: onnx.ModelProto) -> None:
    """Use an operator of ONNX that Encore's graphs do without."""
    model.graph.node.append(helper.make_node("RandomNormalLike", ["X"], ["noise"]))


def graph_inside(model: onnx.ModelProto) -> None:
    """Hide a graph in an attribute."""
    model.graph.node[0].attribute.append(helper.make_attribute("body", model.graph))


def tensor_inside(model: onnx.ModelProto) -> None:
    """Hide an array in an attribute."""
    model.graph.node[0].attribute.append(
        helper.make_attribute("value", numpy_helper.from_array(np.ones(3), "hidden"))
    )


def own_function(model: onnx.ModelProto) -> None:
    """Define an operator of its own."""
    node = helper.make_node("Identity", ["a"], ["b"])
    opset = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("mine", "Add", ["a"], ["b"], [node], opset))


@pytest.mark.parametrize(
    "change",
    [
        *(external_data, listed_external_data, sparse_array, other_domain, declared_domain),
        *(other_operator, graph_inside, tensor_inside, own_function),
    ],
)
def test_a_graph_that_does_more_is_untrusted(change: Callable[[onnx.ModelProto], None]) -> None:
    """Files, foreign operators, hidden graphs and functions are refused, not run."""
    model = onnx.load_model_from_string(graph_bytes(rules_posterior()))
    change(model)
    with pytest.raises(ArtefactUntrusted):
        from_bytes(model.SerializeToString(), "glmix", {})


def test_a_graph_without_what_was_learnt_is_damaged() -> None:
    """The arrays in the graph must be the family's."""
    model = onnx.load_model_from_string(graph_bytes(rules_posterior()))
    model.graph.initializer.append(numpy_helper.from_array(np.ones(3), "more"))
    with pytest.raises(ArtefactDamaged):
        from_bytes(model.SerializeToString(), "glmix", {})
