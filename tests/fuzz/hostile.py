"""Files made by hand to harm whoever opens them; each is sealed as its maker would seal it."""

import hashlib
import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from app.backend.registry.artefact import manifest_path
from tests.contracts.model_files import Payload
from tests.fuzz.readers import READERS, Specimen

# What is odd about these is overruled, or of no account: they answer as the healthy file does.
HARMLESS: Final = frozenset(
    f"{of} with a manifest {way}"
    for of in ("glmix.safetensors", "table_blend.safetensors")
    for way in ("with a key twice", "of NaN", "in UTF-16")
) | {"table_blend.safetensors with a manifest of another family"}
Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]
DEEP: Final = 100_000


def hostile(specimens: Mapping[str, Specimen], folder: Path) -> Iterator[Specimen]:
    """Write hostile files next to each other; yield each as a specimen."""
    for name, (of, content, told) in {**_contents(specimens), **_manifests(specimens)}.items():
        healthy = specimens[of]
        path = folder / f"{name.replace(' ', '_')}{Path(healthy.path).suffix}"
        path.write_bytes(content)
        manifest_path(path).write_bytes(told)
        _ask(healthy, path)
        yield Specimen(name, str(path), "", healthy.reader)
    yield from _places(specimens["glmix.safetensors"], folder)


def _ask(healthy: Specimen, path: Path) -> None:
    """Put beside a file what it is asked, and what the healthy one answers."""
    np.save(f"{path}.npy", healthy.rows)
    answers = READERS[healthy.reader](Path(healthy.path), healthy.digest, healthy.rows)
    np.save(f"{path}.answers.npy", answers)


Made = dict[str, tuple[str, bytes, bytes]]


def _contents(specimens: Mapping[str, Specimen]) -> Made:
    """Return contents that do harm under manifests that name them."""
    mixed = "glmix.safetensors"
    made: dict[str, tuple[str, bytes]] = {
        "a header of 2^62 bytes": (mixed, struct.pack("<Q", 2**62) + b"{}"),
        "a header deeper than any stack": (mixed, _safetensors(b"[" * DEEP + b"]" * DEEP)),
        "an array of 10^9 by 10^9": (mixed, _header({"w": _array([10**9, 10**9], 0, 8)}, 8)),
        "a shape that overflows to nothing": (mixed, _header({"w": _array([2**32, 2**32], 0, 0)})),
        "arrays on top of each other": (
            mixed,
            _header({"a": _array([1], 0, 8), "b": _array([1], 0, 8)}, 8),
        ),
        "an array beyond the file": (mixed, _header({"w": _array([1], 2**40, 2**40 + 8)}, 8)),
        "a hundred thousand arrays": (
            mixed,
            _header({f"a{at}": _array([0], 0, 0) for at in range(DEEP)}),
        ),
        "a pickle that runs a program": (mixed, pickle.dumps(Payload(os.system, "true"))),
        "a pickle in an archive": ("additive.skops", _zip({"schema.json": b"\x80\x04."})),
        "an archive that unpacks to a gigabyte": (
            "additive.skops",
            _zip({"schema.json": b" " * 2**30}),
        ),
        "an archive that calls os.system": ("additive.skops", _skops("os", "system")),
        "an archive that calls eval": ("additive.skops", _skops("builtins", "eval")),
        "an archive that takes a method": ("additive.skops", _skops("operator", "methodcaller")),
        "a graph that is no graph": ("glmix.onnx", b"\x08\x09" * 10_000),
    }
    for family in ("glmix", "additive"):
        for way, change in _BAD_VALUES.items():
            made[f"{family} with {way}"] = (
                f"{family}.safetensors",
                _changed(specimens[f"{family}.safetensors"].content, change),
            )
    for name, change in _BAD_TREES.items():
        of = "table_boosted.safetensors"
        made[f"trees with {name}"] = (of, _changed(specimens[of].content, change))
    return {
        name: (of, content, _sealed(specimens[of].manifest, content))
        for name, (of, content) in made.items()
    }


def _manifests(specimens: Mapping[str, Specimen]) -> Made:
    """Return manifests that do harm over healthy contents."""
    made: Made = {}
    for of in ("glmix.safetensors", "table_blend.safetensors"):
        healthy = specimens[of]
        told = json.loads(healthy.manifest)
        texts = {
            "deeper than any stack": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
            "of a number without end": b'{"format": ' + b"9" * 10**6 + b"}",
            "of a million keys": json.dumps(told | {f"k{at}": at for at in range(10**5)}).encode(),
            "with a key twice": healthy.manifest.replace(b"{", b'{"format": 1, "format": [],', 1),
            "of NaN": healthy.manifest.replace(b"{", b'{"seed": NaN, "format": NaN,', 1),
            "of another family": json.dumps(told | {"family": "os.system"}).encode(),
            "in UTF-16": healthy.manifest.decode().encode("utf-16"),
            "of nothing": b"null",
        }
        for name, text in texts.items():
            made[f"{of} with a manifest {name}"] = (of, healthy.content, text)
    return made


def _places(healthy: Specimen, folder: Path) -> Iterator[Specimen]:
    """Yield files that are none: links, pipes, folders, devices."""
    makers: dict[str, Callable[[Path], object]] = {
        "a link to a secret": lambda path: path.symlink_to("/etc/passwd"),
        "a link to itself": lambda path: path.symlink_to(path),
        "a pipe without a writer": os.mkfifo,
        "a folder": lambda path: path.mkdir(),
        "a device without end": lambda path: path.symlink_to("/dev/zero"),
    }
    for name, make in makers.items():
        for part in ("content", "manifest"):
            path = folder / f"{name.replace(' ', '_')}_{part}.safetensors"
            _ask(healthy, path)
            manifest_path(path).write_bytes(healthy.manifest)
            path.write_bytes(healthy.content)
            spoilt = path if part == "content" else manifest_path(path)
            spoilt.unlink()
            make(spoilt)
            yield Specimen(f"{name} as {part}", str(path), "", healthy.reader)


def _filled(value: float, part: str = "") -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        for name in arrays:
            if arrays[name].dtype.kind == "f" and name.endswith(part):
                arrays[name] = np.full_like(arrays[name], value)

    return change


def _set(name: str, at: int, value: int) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        full = next(one for one in arrays if one.endswith(name))
        arrays[full] = arrays[full].copy()
        arrays[full].flat[at] = value

    return change


_BAD_VALUES: Final[Mapping[str, Callable[[Arrays], None]]] = {
    "numbers that are none": _filled(np.nan),
    "numbers without end": _filled(np.inf),
    "numbers near the largest": _filled(1e308),
}
_BAD_TREES: Final[Mapping[str, Callable[[Arrays], None]]] = {
    "a branch to its parent": _set("forest.left", 0, 0),
    "a branch beyond the forest": _set("forest.right", 0, 2**40),
    "a branch before the forest": _set("forest.left", 0, -(2**40)),
    "a column that is not there": _set("forest.feature", 0, 10**6),
    "a first node that is not there": _set("forest.root", 1, 2**60),
    "thresholds that are no numbers": _filled(np.nan, "forest.threshold"),
    "tallies near the largest number": _filled(1e308, "positives"),
}


def _changed(content: bytes, change: Callable[[Arrays], None]) -> bytes:
    arrays: Arrays = dict(load_arrays(content))
    change(arrays)
    return save_arrays(arrays)


def _array(shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": "F64", "shape": shape, "data_offsets": [begin, end]}


def _header(told: Mapping[str, Any], data_bytes: int = 0) -> bytes:
    return _safetensors(json.dumps(told).encode(), data_bytes)


def _safetensors(header: bytes, data_bytes: int = 0) -> bytes:
    return struct.pack("<Q", len(header)) + header + bytes(data_bytes)


def _zip(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _skops(module: str, name: str) -> bytes:
    """Return an archive whose only object is a call of a function."""
    words = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode"}
    call = {
        "__class__": name,
        "__module__": module,
        "__loader__": "MethodNode",
        "content": {"obj": words | {"content": []}, "func": "true"},
        "protocol": 0,
        "_skops_version": "0.14",
    }
    return _zip({"schema.json": json.dumps(call).encode()})


def _sealed(manifest: bytes, content: bytes) -> bytes:
    told = json.loads(manifest) | {"content_sha256": hashlib.sha256(content).hexdigest()}
    return json.dumps(told).encode()
