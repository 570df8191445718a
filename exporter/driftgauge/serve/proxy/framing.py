"""Framing: where HTTP/1 messages begin and end in the bytes of a connection that somebody else reads and writes.

A `MessageReader` is shown one direction of a connection, piece by piece, and tells its listener of heads, bodies and ends
(RFC 9112). It changes nothing and answers nothing; what it cannot follow it gives up (`Unreadable`), because the traffic goes
on whatever it thinks of it. Bodies are handed on without their chunks' framing, and only where somebody wants them.
Memory: an unfinished head or line, at most `MOST_HEAD`. Time: some 10 us a message, 1 us a chunk, nothing a byte.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

__all__ = ["MOST_HEAD", "Body", "Head", "Listener", "MessageReader", "Unreadable", "parse_head"]

#: servers refuse heads that are far smaller
MOST_HEAD = 64 * 1024
#: a chunk's size with its extensions, or a trailer
_MOST_LINE = 16 * 1024

_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.[0-9]")
_RESPONSE = re.compile(rb"HTTP/1\.[0-9] ([0-9]{3})(?: .*)?", re.DOTALL)
_NUMBER = re.compile(rb"[0-9]{1,15}")
_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;.*)?", re.DOTALL)


class Unreadable(Exception):  # noqa: N818 - named for what it says
    """The bytes are no HTTP/1 that can be followed; never a reason to stop them."""


class Body(enum.Enum):
    """How a message's body is delimited, where it is not by a number of bytes (RFC 9112 section 6)."""

    CHUNKED = "chunked"
    UNTIL_CLOSE = "until_close"
    #: the connection is no HTTP from here on
    TUNNEL = "tunnel"


@dataclass(frozen=True, slots=True)
class Head:
    """A start line and its fields.

    Attributes:
        method: of a request; empty for a response.
        target: of a request.
        status: of a response; 0 for a request.
        fields: values by lower-case names; the last one counts where a name comes twice, lists are joined.
    """

    method: bytes
    target: bytes
    status: int
    fields: Mapping[bytes, bytes]

    @property
    def framing(self) -> Body | int | None:
        """What the fields say of the body; None where they say nothing."""
        codings = self.fields.get(b"transfer-encoding")
        if codings is not None:
            return Body.CHUNKED if codings.lower().rstrip().endswith(b"chunked") else Body.UNTIL_CLOSE
        length = self.fields.get(b"content-length")
        if length is None:
            return None
        sizes = {size.strip() for size in length.split(b",")}
        if len(sizes) > 1 or not _NUMBER.fullmatch(min(sizes)):
            raise Unreadable("Content-Length is no number")
        return int(min(sizes))


class Listener(Protocol):
    """Is told what a reader sees."""

    @property
    def copying(self) -> bool:
        """Whether bodies are wanted."""

    def head(self, head: Head) -> Body | int:
        """Take a head and return how its body is delimited; an informational one has a body of 0 bytes and no end."""

    def body(self, piece: bytes) -> None:
        """Take a piece of a body."""

    def end(self) -> None:
        """Take the end of a message."""


def parse_head(raw: bytes) -> Head:
    """Return the head that *raw* is, without the empty line; raise `Unreadable` when it is none."""
    lines = raw.split(b"\r\n")
    first = lines[0]
    request = _REQUEST.fullmatch(first)
    response = None if request else _RESPONSE.fullmatch(first)
    if request is None and response is None:
        raise Unreadable("no start line of HTTP/1")
    fields: dict[bytes, bytes] = {}
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        fields[name] = fields[name] + b"," + value if name in fields else value
    if request is not None:
        return Head(request[1], request[2], 0, fields)
    assert response is not None
    return Head(b"", b"", int(response[1]), fields)


class MessageReader:
    """Reads one direction of a connection.

    Args:
        listener: is told what there is.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._rest = b""  # of an unfinished head or line
        self._left = 0  # bytes of a body, or of a chunk with its line end
        self._step = self._read_head

    def feed(self, data: bytes) -> None:
        """Look at the next bytes; raise `Unreadable` when they cannot be followed."""
        place, size = 0, len(data)
        while place < size:
            place = self._step(data, place)

    def close(self) -> None:
        """Take the end of the connection, which ends a body that is delimited by it."""
        if self._step == self._read_on:
            self._step = self._read_head
            self._listener.end()

    def _read_head(self, data: bytes, place: int) -> int:
        if not self._rest:
            while data.startswith(b"\r\n", place):  # RFC 9112 section 2.2: empty lines before a message are ignored
                place += 2
            if place == len(data):
                return place
        text = self._rest + data[place:] if self._rest or place else data
        # An end that begins in what was looked at before is three bytes long there at most.
        end = text.find(b"\r\n\r\n", max(len(self._rest) - 3, 0))
        if end < 0:
            if len(text) > MOST_HEAD:
                raise Unreadable("a head without an end")
            self._rest = text
            return len(data)
        place += end + 4 - len(self._rest)
        self._rest = b""
        self._begin(parse_head(text[:end]))
        return place

    def _begin(self, head: Head) -> None:
        body = self._listener.head(head)
        if body is Body.CHUNKED:
            self._step = self._read_size
        elif body is Body.UNTIL_CLOSE:
            self._step = self._read_on
        elif body is Body.TUNNEL:
            self._step = self._skip
        elif body:
            assert isinstance(body, int)
            self._left = body
            self._step = self._read_length
        elif not 100 <= head.status < 200:
            self._listener.end()

    def _read_length(self, data: bytes, place: int) -> int:
        end = min(place + self._left, len(data))
        self._left -= end - place
        self._hand_on(data, place, end)
        if not self._left:
            self._step = self._read_head
            self._listener.end()
        return end

    def _read_on(self, data: bytes, place: int) -> int:
        self._hand_on(data, place, len(data))
        return len(data)

    def _skip(self, data: bytes, place: int) -> int:
        return max(place, len(data))

    def _hand_on(self, data: bytes, place: int, end: int) -> None:
        if self._listener.copying and end > place:
            self._listener.body(data if not place and end == len(data) else data[place:end])

    def _read_size(self, data: bytes, place: int) -> int:
        line, place = self._line(data, place)
        if line is None:
            return place
        size = _SIZE.fullmatch(line)
        if size is None:
            raise Unreadable("no size of a chunk")
        self._left = int(size[1], 16)
        self._step = self._read_chunk if self._left else self._read_trailer
        return place

    def _read_chunk(self, data: bytes, place: int) -> int:
        end = min(place + self._left, len(data))
        self._left -= end - place
        self._hand_on(data, place, end)
        if not self._left:
            self._step = self._read_chunk_end
        return end

    def _read_chunk_end(self, data: bytes, place: int) -> int:
        line, place = self._line(data, place)
        if line:
            raise Unreadable("a chunk is longer than its size")
        if line is not None:
            self._step = self._read_size
        return place

    def _read_trailer(self, data: bytes, place: int) -> int:
        line, place = self._line(data, place)
        if line == b"":
            self._step = self._read_head
            self._listener.end()
        return place

    def _line(self, data: bytes, place: int) -> tuple[bytes | None, int]:
        """Return the line at *place* and where the next one begins; None while it has no end."""
        end = data.find(b"\n", place)
        if end < 0:
            self._rest += data[place:]
            if len(self._rest) > _MOST_LINE:
                raise Unreadable("a line without an end")
            return None, len(data)
        line, self._rest = self._rest + data[place:end], b""
        return line.removesuffix(b"\r"), end + 1
