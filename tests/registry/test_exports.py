"""Formats that Encore does not serve from: faithful when written, judged before they are opened."""

from tests.contracts.artefact import ArtefactContract


class TestPickle(ArtefactContract):
    """Pickle."""

    suffix = ".pkl"
    tolerance = 0.0


class TestJoblib(ArtefactContract):
    """Pickle, by joblib."""

    suffix = ".joblib"
    tolerance = 0.0


class TestSkops(ArtefactContract):
    """skops, whose archives hold the time and addresses in memory."""

    suffix = ".skops"
    tolerance = 0.0
    same_bytes = False


class TestOnnx(ArtefactContract):
    """ONNX, computed by ONNX Runtime."""

    suffix = ".onnx"
    tolerance = 1e-9
