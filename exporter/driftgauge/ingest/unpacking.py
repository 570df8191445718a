"""Unpacking: a body that came in pieces, by its `Content-Encoding`, to its content and where each piece's content ends.

Guarantee: memory stays within the limit plus what one piece of 64 KiB holds. A stream that was cut off gives what came.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from driftgauge.errors import DecodeError

__all__ = ["ENCODINGS", "unpacked"]

_AUTOMATIC = 32 + zlib.MAX_WBITS  # what zlib calls "gzip or zlib, by the header"
_RAW = -zlib.MAX_WBITS  # what some servers take `deflate` for
_PIECE = 64 * 1024

#: content codings that are understood (RFC 9110 section 8.4.1)
ENCODINGS = ("", "identity", "gzip", "x-gzip", "deflate")


def unpacked(pieces: Sequence[bytes], encoding: str, *, limit: int) -> tuple[bytes, Sequence[int]]:
    """Return a body and how much of it each piece completes; raise `DecodeError` when it cannot be read.

    >>> unpacked([b"ab", b"c"], "", limit=10)
    (b'abc', [2, 3])
    """
    coding = encoding.strip().lower()
    if coding not in ENCODINGS:
        raise DecodeError("content_type", "the body has a content coding that is not gzip or deflate")
    parts = [[piece] for piece in pieces] if coding in {"", "identity"} else _inflated(pieces, limit)
    content, ends, size = [], [], 0
    for part in parts:
        content += part
        size += sum(map(len, part))
        ends.append(size)
    return b"".join(content), ends


def _inflated(pieces: Sequence[bytes], limit: int) -> Iterable[list[bytes]]:
    stream = zlib.decompressobj(_AUTOMATIC)
    fresh = True
    for piece in pieces:
        part: list[bytes] = []
        for start in range(0, len(piece), _PIECE):
            chunk = piece[start : start + _PIECE]
            try:
                data = stream.decompress(chunk, limit + 1)
            except zlib.error as error:
                if not fresh:
                    raise DecodeError("compression", f"the body is damaged: {error}") from None
                stream = zlib.decompressobj(_RAW)
                data = _raw(stream, chunk, limit + 1)
            fresh = False
            limit -= len(data)
            if limit < 0 or stream.unconsumed_tail:
                raise DecodeError("too_large", "the decompressed body is larger than the limit", field="body_bytes")
            part.append(data)
        yield part


def _raw(stream: zlib._Decompress, chunk: bytes, most: int) -> bytes:
    try:
        return stream.decompress(chunk, most)
    except zlib.error as error:
        raise DecodeError("compression", f"the body is damaged: {error}") from None
