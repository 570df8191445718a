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
#: name and digest, before what is packed
_START = len(_MAGIC) + _DIGEST_BYTES
#: bytes that are unpacked at a time
_AT_ONCE = 2**16
#: speed before size: slots are mostly zeros
_LEVEL = 1
_KINDS = {
    name: np.dtype(name)
    for name in ("int8", "int32", "int64", "uint8", "uint32", "uint64", "float32", "float64", "bool")
}


def encode(state: State) -> bytearray:
    """Return *state* as the bytes of a file; it takes hardly more memory than these."""
    arrays: list[np.ndarray[Any, Any] | Stack] = []
    table = json.dumps(_described(state, arrays), separators=(",", ":")).encode()
    packer, digest, data = zlib.compressobj(_LEVEL), hashlib.sha256(), bytearray(_START)
    data += packer.compress(len(table).to_bytes(_LENGTH_BYTES, "little") + table)
    for array in arrays:
        for piece in _pieces(array):
            data += packer.compress(piece.tobytes())
    data += packer.flush()
    with memoryview(data) as whole:
        digest.update(whole[_START:])
    data[:_START] = _MAGIC + digest.digest()
    return data


def decode(data: bytes | bytearray) -> State:
    """Return the state that *data* holds.

    Raises:
        StateError: it is no state file, of another version, or damaged.
    """
    if not data.startswith(_NAME):
        raise StateError("this is no state file of driftgauge")
    if not data.startswith(_MAGIC):
        found = bytes(data[len(_NAME) : len(_NAME) + 8]).partition(b"\n")[0].decode("ascii", "replace")
        raise StateError(f"its format is version {found!r}, this driftgauge reads version {FORMAT_VERSION}")
    content = memoryview(data)[_START:]
    if hashlib.sha256(content).digest() != data[len(_MAGIC) : _START]:
        raise StateError("it is damaged or cut off: its checksum does not fit")
    try:
        unpacked = _Unpacked(content)
        table = json.loads(unpacked.take(int.from_bytes(unpacked.take(_LENGTH_BYTES), "little")))
        state = _read(table, unpacked)
        unpacked.end()
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(f"it is damaged: {error}") from error
    return state


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


def _read(table: Mapping[str, Any], unpacked: _Unpacked) -> State:
    """Return the state that *table* describes; its arrays come next in *unpacked*."""
    arrays = {}
    for name, (kind, shape) in table["arrays"].items():
        if min(shape, default=0) < 0:
            raise ValueError(f"array {name} of {kind} {shape} cannot be")
        size = math.prod(shape) * _KINDS[kind].itemsize
        arrays[name] = np.frombuffer(unpacked.take(size), _KINDS[kind]).reshape(shape)
    parts = {name: _read(part, unpacked) for name, part in table["parts"].items()}
    return State(dict(table["facts"]), arrays, parts)


class _Unpacked:
    """What is in a zlib stream, as many bytes at a time as are asked for, so that no copy of it all is made."""

    def __init__(self, packed: memoryview) -> None:
        self._packed, self._place = packed, 0
        self._stream = zlib.decompressobj()

    def take(self, size: int) -> bytearray:
        """Return the next *size* bytes."""
        taken = bytearray()
        while len(taken) < size:
            if not (piece := self._next(size - len(taken))):
                raise ValueError(f"it ends {size - len(taken)} bytes too early")
            taken += piece
        return taken

    def end(self) -> None:
        """Make sure that everything has been taken."""
        left = sum(map(len, iter(lambda: self._next(_AT_ONCE), b"")))
        if left or not self._stream.eof:
            raise ValueError(f"{left} bytes too many" if left else "it is cut off")

    def _next(self, most: int) -> bytes:
        """Return between 1 and *most* bytes; none at the end."""
        while not self._stream.eof:
            waiting: bytes | memoryview = self._stream.unconsumed_tail
            if not waiting:
                waiting = self._packed[self._place : self._place + _AT_ONCE]
                self._place += len(waiting)
            if piece := self._stream.decompress(waiting, most):
                return piece
            if not len(waiting):
                break
        return b""
