"""Answers over HTTP, as exporters and proxies write them."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest

from driftgauge.client.reply import read_reply


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection."""
    here, there = socket.socketpair()
    with here, there:
        yield here, there


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}", (202, None, b"{}", True)),
        (b"HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length:0\r\n\r\n", (429, "7", b"", True)),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nConnection: Close\r\n\r\n{}", (202, None, b"{}", False)),
        (b"HTTP/1.0 200 OK\n\nuntil the end", (200, None, b"until the end", False)),
        (b"HTTP/1.1 204 Nothing\r\n\r\n", (204, None, b"", True)),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", (200, None, b"{}", False)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", (200, None, b"{}", True)),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 OK\r\nContent-Length: 2\r\n\r\n{}", (202, None, b"{}", True)),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", (200, None, b"until the end", False)),
    ],
)
@pytest.mark.parametrize("piece", [1, 30, 10_000])
def test_an_answer_is_read_whatever_its_form(ends, answer, expected, piece):
    """Lengths, chunks, ends of connections and older versions, however the bytes arrive."""
    here, there = ends
    for start in range(0, len(answer), piece):
        there.sendall(answer[start : start + piece])
    there.shutdown(socket.SHUT_WR)
    reply = read_reply(_Dripping(here, piece))
    assert (reply.status, reply.retry_after, reply.body, reply.keep) == expected


def test_what_follows_an_answer_is_none_of_it(ends):
    """Bytes that nobody asked for end the connection."""
    here, there = ends
    there.sendall(b"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\n{}and more")
    assert (reply := read_reply(here)).body == b"{}"
    assert not reply.keep


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 202 Acc", b"HTTP/1.1 202 OK\r\nContent-Length: 9\r\n\r\nshort", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"],
)
def test_half_an_answer_is_an_error(ends, answer):
    """A connection that ends before its answer does, or speaks something else, is told as such."""
    here, there = ends
    there.sendall(answer)
    there.shutdown(socket.SHUT_WR)
    with pytest.raises((OSError, http.client.HTTPException)):
        read_reply(here)


class _Dripping:
    """A socket that gives its bytes in pieces."""

    def __init__(self, connection: socket.socket, piece: int) -> None:
        self._connection = connection
        self._piece = piece

    def recv(self, size: int) -> bytes:
        return self._connection.recv(min(size, self._piece))

    def recv_into(self, into: memoryview) -> int:
        return self._connection.recv_into(into[: self._piece])
