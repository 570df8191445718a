"""Compression: gzip bodies, recognised by their first two bytes.

Guarantee: memory stays within the limit plus one 64 KiB piece whatever the stream claims, and time is linear in what is
read: members (RFC 1952 §2.2) are bounded, because a body of 800,000 empty ones costs time and holds nothing.
"""

from __future__ import annotations

import zlib
from typing import TypeVar

from driftgauge.errors import DecodeError

__all__ = ["inflate"]

Content = TypeVar("Content", bound=bytes | memoryview)

_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS  # what zlib calls "gzip header and trailer"
_PIECE = 64 * 1024  # input in pieces keeps `unused_data`, which is copied at every member, small
_MEMBERS = 1024  # blocked gzip has one member for each 64 KiB: enough for 64 MiB


def inflate(body: Content, *, limit: int) -> Content | bytes:
    """Return the decompressed body; a body that is no gzip stream comes back as it is."""
    if body[:2] != _MAGIC:
        return body
    return _inflated(bytes(body), limit)


def _inflated(body: bytes, limit: int) -> bytes:
    pieces: list[bytes] = []
    offset = size = 0
    for _ in range(_MEMBERS):
        offset = _inflate_member(body, offset, pieces, room=limit - size)
        size = sum(map(len, pieces))
        if body.startswith(_MAGIC, offset):
            continue
        if body.count(0, offset) < len(body) - offset:  # padding with zeros is allowed, as gzip(1) does
            raise DecodeError("compression", "something else follows the gzip stream")
        return b"".join(pieces)
    raise DecodeError("compression", f"more than {_MEMBERS} gzip members")


def _inflate_member(body: bytes, offset: int, pieces: list[bytes], *, room: int) -> int:
    """Append one member's content to the pieces and return where the next one begins."""
    stream = zlib.decompressobj(_GZIP)
    view = memoryview(body)
    while not stream.eof:
        piece = view[offset : offset + _PIECE]
        if not piece:
            raise DecodeError("compression", "the gzip stream is cut off")
        data = _inflate_piece(stream, piece, room + 1)
        room -= len(data)
        if room < 0:
            raise DecodeError("too_large", "the decompressed body is larger than limits.body_bytes", field="body_bytes")
        pieces.append(data)
        offset += len(piece) - len(stream.unconsumed_tail) - len(stream.unused_data)
    return offset


def _inflate_piece(stream: zlib._Decompress, piece: memoryview, most: int) -> bytes:
    try:
        return stream.decompress(piece, most)
    except zlib.error as error:
        raise DecodeError("compression", f"the gzip stream is damaged: {error}") from None
