r"""State file: a `State` as bytes and back.

    "driftgauge state 1\n", SHA-256 of all that follows (32 bytes), zlib( length of the table (8 bytes, little-endian),
    table (JSON: facts, and type, shape and place of every array), arrays one after another )

The digest is looked at before anything is unpacked, so a torn or foreign file is refused whole. Nothing in it is code.
Size: two weeks of 100 numeric columns are 12 MB of slots and 1 to 3 MB as a file.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from driftgauge.errors import StateError
from driftgauge.state import Stack, State

__all__ = ["FORMAT_VERSION", "decode", "encode"]

FORMAT_VERSION = 1
_NAME = b"driftgauge state "
_MAGIC = _NAME + f"{FORMAT_VERSION}\n".encode()
_DIGEST_BYTES = 32
_LENGTH_BYTES = 8
#: speed before size: slots are mostly zeros
_LEVEL = 1
_KINDS = {
    name: np.dtype(name)
    for name in ("int8", "int32", "int64", "uint8", "uint32", "uint64", "float32", "float64", "bool")
}


def encode(state: State) -> bytes:
    """Return *state* as the bytes of a file."""
    arrays: list[np.ndarray[Any, Any] | Stack] = []
    table = json.dumps(_described(state, arrays), separators=(",", ":")).encode()
    packer = zlib.compressobj(_LEVEL)
    packed = [packer.compress(len(table).to_bytes(_LENGTH_BYTES, "little") + table)]
    packed += [packer.compress(piece.tobytes()) for array in arrays for piece in _pieces(array)]
    content = b"".join([*packed, packer.flush()])
    return _MAGIC + hashlib.sha256(content).digest() + content


def decode(data: bytes) -> State:
    """Return the state that *data* holds.

    Raises:
        StateError: it is no state file, of another version, or damaged.
    """
    if not data.startswith(_NAME):
        raise StateError("this is no state file of driftgauge")
    if not data.startswith(_MAGIC):
        found = data[len(_NAME) : len(_NAME) + 8].partition(b"\n")[0].decode("ascii", "replace")
        raise StateError(f"its format is version {found!r}, this driftgauge reads version {FORMAT_VERSION}")
    start = len(_MAGIC) + _DIGEST_BYTES
    content = memoryview(data)[start:]
    if hashlib.sha256(content).digest() != data[len(_MAGIC) : start]:
        raise StateError("it is damaged or cut off: its checksum does not fit")
    try:
        unpacked = zlib.decompress(content)
        size = int.from_bytes(unpacked[:_LENGTH_BYTES], "little")
        table = json.loads(unpacked[_LENGTH_BYTES : _LENGTH_BYTES + size])
        return _read(table, memoryview(unpacked)[_LENGTH_BYTES + size :])
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(f"it is damaged: {error}") from error


def _pieces(array: np.ndarray[Any, Any] | Stack) -> Iterable[np.ndarray[Any, Any]]:
    """Return what one after another is the array."""
    return array.rows() if isinstance(array, Stack) else (array,)


def _described(state: State, arrays: list[np.ndarray[Any, Any] | Stack]) -> dict[str, Any]:
    """Return the table's entry of *state*; its arrays are appended to *arrays*."""
    placed = {}
    for name, array in state.arrays.items():
        if array.dtype.name not in _KINDS:
            raise TypeError(f"{name}: arrays of {array.dtype} are not kept")
        placed[name] = [array.dtype.name, list(array.shape)]
        arrays.append(array)
    return {
        "facts": dict(state.facts),
        "arrays": placed,
        "parts": {name: _described(part, arrays) for name, part in state.parts.items()},
    }


def _read(table: Mapping[str, Any], rest: memoryview) -> State:
    state, left = _taken(table, rest)
    if left:
        raise ValueError(f"{len(left)} bytes too many")
    return state


def _taken(table: Mapping[str, Any], rest: memoryview) -> tuple[State, memoryview]:
    """Return the state that *table* describes, and what of *rest* is not its own."""
    arrays = {}
    for name, (kind, shape) in table["arrays"].items():
        size = math.prod(shape) * _KINDS[kind].itemsize
        if min(shape, default=0) < 0 or size > len(rest):
            raise ValueError(f"array {name} of {kind} {shape} does not fit")
        arrays[name] = np.frombuffer(rest[:size], _KINDS[kind]).reshape(shape)
        rest = rest[size:]
    parts = {}
    for name, part in table["parts"].items():
        parts[name], rest = _taken(part, rest)
    return State(dict(table["facts"]), arrays, parts), rest
