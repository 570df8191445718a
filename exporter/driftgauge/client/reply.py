"""Reply: what an exporter answers over HTTP, read with as few calls and as little work as it takes.

Each call on a socket gives the interpreter lock away and has to get it back from a busy server, and the standard library's
reader parses headers as if they were mail: 0.1 ms. An answer as the exporter writes it is read in one call and 5 us; any
other HTTP answer, in chunks or from an older proxy, is left to the standard library.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Reply", "read_reply"]

_LONGEST = 64 * 1024
_START = b"HTTP/1.1 "
#: what makes an answer's length another than its Content-Length
_UNUSUAL = frozenset({b"transfer-encoding", b"content-encoding"})


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        status: its number.
        retry_after: the header of that name.
        body: at most 64 KiB of it.
        keep: whether the connection can be used again.
    """

    status: int
    retry_after: str | None
    body: bytes
    keep: bool


def read_reply(connection: socket.socket) -> Reply:
    """Return the next answer on a connection.

    Raises:
        OSError: there is none in time.
        http.client.HTTPException: it is not HTTP.
    """
    begun = _begin_of(connection)
    head, _, body = begun.partition(b"\r\n\r\n")
    fields = _fields_of(head)
    length = fields.get(b"content-length", b"")
    status = head[len(_START) : len(_START) + 3]
    usual = head.startswith(_START) and status.isdigit() and length.isdigit() and _UNUSUAL.isdisjoint(fields)
    if not usual or status < b"200" or int(length) > _LONGEST:
        return _any_reply(begun, connection)
    while len(body) < int(length):
        more = connection.recv(_LONGEST)
        if not more:
            raise http.client.IncompleteRead(body, int(length) - len(body))
        body += more
    keep = len(body) == int(length) and b"close" not in fields.get(b"connection", b"").lower()
    again = fields.get(b"retry-after")
    return Reply(int(status), None if again is None else again.decode("latin-1"), body[: int(length)], keep)


def _begin_of(connection: socket.socket) -> bytes:
    """Return what has come, from the first byte to the end of the headers at least."""
    begun = b""
    while b"\r\n\r\n" not in begun and b"\n\n" not in begun and len(begun) < _LONGEST:
        more = connection.recv(_LONGEST)
        if not more:
            raise http.client.RemoteDisconnected("the connection ended before its answer did")
        begun += more
    return begun


def _fields_of(head: bytes) -> Mapping[bytes, bytes]:
    pairs = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _any_reply(begun: bytes, connection: socket.socket) -> Reply:
    with http.client.HTTPResponse(_Begun(begun, connection), method="POST") as response:  # type: ignore[arg-type]
        response.begin()
        body = response.read(_LONGEST)
        keep = response.isclosed() and not response.will_close
        return Reply(response.status, response.getheader("Retry-After"), body, keep)


class _Begun(io.RawIOBase):
    """A socket of which some bytes have been read already, as far as the standard library's reader uses one."""

    def __init__(self, begun: bytes, connection: socket.socket) -> None:
        self._begun = begun
        self._connection = connection

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        into = memoryview(buffer)
        if not self._begun:
            return self._connection.recv_into(into)
        size = min(len(into), len(self._begun))
        into[:size], self._begun = self._begun[:size], self._begun[size:]
        return size
