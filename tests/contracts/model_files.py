"""Models to be saved, and everything that can befall their files."""

import hashlib
import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from app.backend.domain.errors import ModelError
from app.backend.features.encode import Codes, Floats
from app.backend.features.schema import MEDIA_ID
from app.backend.learning.classifier import BASELINE, DEFAULT, Config, ContextClassifier
from app.backend.ml_model import load_model
from app.backend.registry.artefact import manifest_path
from tests.worlds import live, make_world, training_rows

MUTANTS = 250
CONFIGS: dict[str, Config] = {"glmix": DEFAULT, "additive": BASELINE}


class Payload:
    """An object whose pickle calls a function when it is opened."""

    def __init__(self, call: Callable[..., object], argument: str) -> None:
        self._call, self._argument = call, argument

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        """Ask the one who unpickles to call it."""
        return self._call, (self._argument,)


@cache
def trained(family: str) -> ContextClassifier:
    """Return a fitted model of a family."""
    return ContextClassifier(CONFIGS[family]).fit(*_evenings())


def evening_rows() -> Floats:
    """Return rows of X: of titles that were rated, of titles that were not, of titles unknown."""
    X = np.array(_evenings()[0])
    X[::3, MEDIA_ID] = 0
    X[1::3, MEDIA_ID] += 1_000
    return X


def mutants(content: bytes) -> Iterator[bytes]:
    """Damage bytes in every way that disks and hands do; each result differs from the original."""
    chance = np.random.default_rng(len(content))
    yield b""
    yield content + b"\0"
    for number in range(MUTANTS):
        changed = bytearray(content)
        at = int(chance.integers(len(content)))
        if number % 3 == 0:
            del changed[at:]
        elif number % 3 == 1:
            end = at + int(chance.integers(1, 64))
            changed[at:end] = bytes(len(changed[at:end]))
        else:
            for _ in range(int(chance.integers(1, 5))):
                changed[int(chance.integers(len(content)))] ^= 1 << int(chance.integers(8))
        if changed != content:
            yield bytes(changed)


def forge(path: Path, content: bytes) -> None:
    """Put bytes in the place of a model, and make its manifest agree with them."""
    path.write_bytes(content)
    retell(path, content_sha256=sha256(content))


def retell(path: Path, **told: object) -> None:
    """Change what a manifest says."""
    manifest = json.loads(manifest_path(path).read_text("utf-8"))
    manifest_path(path).write_text(json.dumps(manifest | told), "utf-8")


def model_or_named_error(path: Path) -> None:
    """Load and predict; only a named error may come of it."""
    try:
        loaded = load_model(path)
    except ModelError:
        return
    assert loaded is not None
    with np.errstate(all="ignore"):  # what was forged need not be sensible
        assert loaded.predict_proba(evening_rows()).shape == (len(evening_rows()), 2)


def sha256(content: bytes) -> str:
    """Return the digest that manifests keep."""
    return hashlib.sha256(content).hexdigest()


@contextmanager
def file_size_limit(most: int) -> Iterator[None]:
    """Let the system refuse to write any file beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@cache
def _evenings() -> tuple[Floats, Codes]:
    world = make_world(7, titles=60)
    return training_rows(world, live(world, 150, 7))
