"""Damage to model files and to what tells of them: by disks, by hands, and on purpose."""

import copy
import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

Chance = np.random.Generator
Nasty = None | bool | int | float | str | list[Any] | dict[str, Any]

NASTY: Final[tuple[Nasty, ...]] = (
    None, True, -1, 0, 1, 2**31, 2**63, 2**64, 10**400, -(2**63), 0.5, 1e308, -0.0,
    "", "x" * 5_000, "\x00", "../../etc/passwd", "os.system", "__import__('os')", "\ud800",
    [], [[]], {}, {"is": "x"}, ["", None, {}], {"a": {"b": [1]}},
)  # fmt: skip
NASTY_NUMBERS: Final = (np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, -1.0, 0.0, 2.0**63, 0.5)
NASTY_CODES: Final = (-1, 0, 1, 2, 2**31, 2**62, -(2**63), 10**9)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A pair of files.

    Attributes
    ----------
    way : str
        How it was changed.
    content, manifest : bytes
    is_sealed : bool
        Whether the manifest names the changed content, as whoever can write both would see to.
    """

    way: str
    content: bytes
    manifest: bytes
    is_sealed: bool


def mutant(content: bytes, manifest: bytes, suffix: str, seed: int) -> Mutant:
    """Return the mutant of a number, the same each time.

    Parameters
    ----------
    content, manifest : bytes
        The healthy pair.
    suffix : str
        Of the file: it says which ways there are beside those of bytes.
    seed : int
    """
    chance = np.random.default_rng(seed)
    ways = [*BYTES, *SPECIAL.get(suffix, ()), "manifest bytes", *["manifest field"] * 4]
    way = ways[chance.integers(len(ways))]
    if way == "manifest bytes":
        manifest = _of_bytes(manifest, chance)
    elif way == "manifest field":
        manifest = _fields(manifest, chance)
    else:
        content = {**BYTES, **SPECIAL.get(suffix, {})}[way](content, chance)
    is_sealed = bool(chance.random() < 0.6)
    return Mutant(way, content, _sealed(content, manifest) if is_sealed else manifest, is_sealed)


def _sealed(content: bytes, manifest: bytes) -> bytes:
    try:
        told = json.loads(manifest)
        told["content_sha256"] = hashlib.sha256(content).hexdigest()
        return json.dumps(told).encode("utf-8", "surrogatepass")
    except (ValueError, TypeError, RecursionError):
        return manifest


def _flip(content: bytes, chance: Chance) -> bytes:
    changed = bytearray(content)
    for _ in range(int(chance.integers(1, 9))):
        changed[_place(changed, chance)] ^= 1 << int(chance.integers(8))
    return bytes(changed)


def _cut(content: bytes, chance: Chance) -> bytes:
    return content[: _place(content, chance)]


def _zero(content: bytes, chance: Chance) -> bytes:
    at = _place(content, chance)
    end = min(len(content), at + int(chance.integers(1, 4_096)))
    return content[:at] + bytes(end - at) + content[end:]


def _move(content: bytes, chance: Chance) -> bytes:
    """Write a part of the file over another, or between."""
    source, target = _place(content, chance), _place(content, chance)
    part = content[source : source + int(chance.integers(1, 2_048))]
    kept = target + (len(part) if chance.random() < 0.5 else 0)
    return content[:target] + part + content[kept:]


def _fill(content: bytes, chance: Chance) -> bytes:
    at = _place(content, chance)
    part = chance.bytes(int(chance.integers(1, 512)))
    return content[:at] + part + content[at + len(part) :]


def _place(content: bytes | bytearray, chance: Chance) -> int:
    """Return a place, of which half lie where a file says what is in it."""
    most = len(content) if chance.random() < 0.5 else min(len(content), 2_000)
    return int(chance.integers(max(most, 1))) if content else 0


BYTES: Final[Mapping[str, Callable[[bytes, Chance], bytes]]] = {
    "flipped bits": _flip,
    "cut": _cut,
    "zeros": _zero,
    "moved part": _move,
    "random bytes": _fill,
}


def _of_bytes(content: bytes, chance: Chance) -> bytes:
    ways = list(BYTES.values())
    return ways[chance.integers(len(ways))](content, chance)


def _fields(manifest: bytes, chance: Chance) -> bytes:
    told = json.loads(manifest)
    for _ in range(int(chance.integers(1, 4))):
        told = _field(told, chance)
    return json.dumps(told).encode("utf-8", "surrogatepass")


def _field(told: Any, chance: Chance) -> Any:  # noqa: ANN401  # JSON
    """Change one value somewhere: to another, to a neighbour's, or to none at all."""
    changed = copy.deepcopy(told)
    parent, key = _somewhere(changed, chance)
    if parent is None:
        return NASTY[chance.integers(len(NASTY))]
    other_parent, other = _somewhere(changed, chance)
    drawn = chance.random()
    if drawn < 0.2:
        del parent[key]
    elif drawn < 0.4 and other_parent is not None:
        parent[key] = copy.deepcopy(other_parent[other])
    elif drawn < 0.5 and isinstance(parent[key], int | float):
        parent[key] = parent[key] + int(chance.choice([-1, 1, 7, 10**6]))
    else:
        parent[key] = NASTY[chance.integers(len(NASTY))]
    return changed


def _somewhere(told: Any, chance: Chance) -> tuple[Any, Any]:  # noqa: ANN401  # JSON
    parent, key, here = None, None, told
    while isinstance(here, dict | list) and here and (parent is None or chance.random() < 0.7):
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        parent, key = here, keys[chance.integers(len(keys))]
        here = here[key]
    return parent, key


def _header(content: bytes, chance: Chance) -> bytes:
    """Change what a safetensors file says of its arrays."""
    (length,) = struct.unpack("<Q", content[:8])
    told = _field(json.loads(content[8 : 8 + length]), chance)
    header = json.dumps(told).encode("utf-8", "surrogatepass")
    drawn = chance.random()
    said = int(chance.choice([0, 2**62, len(header) + 1])) if drawn < 0.2 else len(header)
    return struct.pack("<Q", said) + header + content[8 + length :]


def _arrays(content: bytes, chance: Chance) -> bytes:
    """Change arrays that stay arrays: values, shapes, types, names."""
    arrays = load_arrays(content)
    names = sorted(arrays)
    name, other = (names[at] for at in chance.integers(len(names), size=2))
    array = arrays[name].copy()
    drawn = chance.random()
    if drawn < 0.5 and array.size:
        nasty = NASTY_NUMBERS if array.dtype.kind == "f" else NASTY_CODES
        for _ in range(int(chance.integers(1, 4))):
            value = nasty[chance.integers(len(nasty))]
            array.flat[chance.integers(array.size)] = np.array(value).astype(array.dtype)
        arrays[name] = array
    elif drawn < 0.6:
        arrays[name], arrays[other] = arrays[other], arrays[name]
    elif drawn < 0.7:
        arrays[name] = np.concatenate([array, array], axis=0)
    elif drawn < 0.8:
        arrays[name] = array[: len(array) // 2]
    elif drawn < 0.9:
        kinds = (np.float32, np.int64, np.float64, np.uint8, np.bool_)
        arrays[name] = array.astype(kinds[chance.integers(len(kinds))])
    else:
        arrays[_strange(chance)] = arrays.pop(name)
    with np.errstate(all="ignore"):
        return save_arrays({key: np.ascontiguousarray(one) for key, one in arrays.items()})


def _strange(chance: Chance) -> str:
    """Return a name that writers of archives and arrays take."""
    name = str(NASTY[chance.integers(len(NASTY))])[:50]
    return name.replace("\ud800", "").replace("\x00", "") or "strange"


def _rezip(content: bytes, chance: Chance) -> bytes:
    """Change a member of an archive, and pack it so that checksums agree."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    name = sorted(members)[chance.integers(len(members))]
    drawn = chance.random()
    if drawn < 0.5 and "schema.json" in members:
        told = _field(json.loads(members["schema.json"]), chance)
        members["schema.json"] = json.dumps(told).encode("utf-8", "surrogatepass")
    elif drawn < 0.8:
        members[name] = _of_bytes(members[name], chance)
    elif drawn < 0.9:
        del members[name]
    else:
        members[_strange(chance)] = b"x"
    again = io.BytesIO()
    with zipfile.ZipFile(again, "w") as packed:
        for member, data in members.items():
            packed.writestr(member, data)
    return again.getvalue()


SPECIAL: Final[Mapping[str, Mapping[str, Callable[[bytes, Chance], bytes]]]] = MappingProxyType(
    {
        ".safetensors": {"array": _arrays, "another array": _arrays, "header": _header},
        ".skops": {"rezipped": _rezip, "rezipped again": _rezip},
    }
)
