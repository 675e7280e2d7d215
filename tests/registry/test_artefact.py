"""The format that serves keeps the contract, and opens without what trained it."""

from tests.contracts.artefact import ArtefactContract


class TestSafetensors(ArtefactContract):
    """Arrays in safetensors."""

    suffix = ".safetensors"
    tolerance = 0.0
