"""Transport: one kept-alive HTTP connection to the exporter, over its Unix socket or TCP.

Guarantee: every step ends within `timeout` seconds, also against an exporter that is stopped and still accepts. Used by
the thread only. Sockets release the interpreter lock, so a slow exporter costs the server nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from driftgauge.client.identity import Identity
from driftgauge.client.reply import read_reply

__all__ = ["Answer", "Transport"]

#: parts of one call; the kernel's bound is 1,024
_MOST_PARTS = 256
#: credentials that are not accepted, perhaps only until the other side has been given the new ones too
_UNAUTHORIZED = frozenset({401, 403})
#: answers that ask to come back: the queue is full, the exporter has no usable configuration, a proxy has no exporter
_BUSY = frozenset({429, 502, 503, 504}) | _UNAUTHORIZED


@dataclass(frozen=True, slots=True)
class Answer:
    """What the exporter said."""

    status: int
    retry_after: float | None
    text: str

    @property
    def taken(self) -> bool:
        """Whether the body was taken in."""
        return 200 <= self.status < 300

    @property
    def busy(self) -> bool:
        """Whether the same body may be welcome later."""
        return self.status in _BUSY

    @property
    def unauthorized(self) -> bool:
        """Whether the credentials were not accepted."""
        return self.status in _UNAUTHORIZED


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self.timeout)
            connection.connect(self._path)
            _wait_in_kernel(connection, self.timeout or 0.0)
        except BaseException:
            connection.close()
            raise
        self.sock = connection


def _wait_in_kernel(connection: socket.socket, timeout: float) -> None:
    """Let the kernel keep the time, which Python does by asking it before each call whether there is something.

    That is one wait for the interpreter lock instead of two. What takes too long is a BlockingIOError then.
    """
    connection.settimeout(None)
    interval = struct.pack("ll", int(timeout), int(timeout % 1 * 1e6))
    for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
        connection.setsockopt(socket.SOL_SOCKET, option, interval)


class Transport:
    """Posts bodies.

    Args:
        endpoint: `unix:/path`, a path, `http://host:port` or `https://host:port`.
        timeout: for each step, in seconds.
        identity: what is shown to the exporter.
    """

    def __init__(self, endpoint: str, timeout: float, identity: Identity | None = None) -> None:
        self._endpoint = endpoint
        self._timeout = timeout
        self._identity = identity or Identity()
        self._headers: dict[str, str] = {}
        self._stamp: int | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._host = ""

    def post(self, path: str, headers: Mapping[str, str], parts: Sequence[bytes | memoryview]) -> Answer:
        """Send a body and return the answer; a kept-alive connection that had gone is replaced once.

        Raises:
            OSError: there is no exporter, or it did not answer in time.
            http.client.HTTPException: what it said is not HTTP.
        """
        reused = self._connection is not None
        try:
            return self._post(path, headers, parts)
        except TimeoutError:
            self.close()
            raise
        except (OSError, http.client.HTTPException):
            self.close()
            if not reused:
                raise
        try:
            return self._post(path, headers, parts)
        except BaseException:
            self.close()
            raise

    def _post(self, path: str, headers: Mapping[str, str], parts: Sequence[bytes | memoryview]) -> Answer:
        if self._stamp is None or self._stamp != self._identity.stamp():
            stamp = self._identity.stamp()  # before the token, so that one that changes in between is read again
            self._headers, self._stamp = self._identity.headers(), stamp
        if self._connection is None:
            self._connection = self._connect()
            self._connection.connect()
            self._host = _host_of(self._endpoint)
        connection = self._connection.sock
        size = str(sum(map(_size, parts)))
        head = "".join(
            f"{name}: {value}\r\n" for name, value in {**headers, **self._headers, "Content-Length": size}.items()
        )
        begin = f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\n{head}\r\n".encode("ascii")
        try:
            # an exporter that refuses a body by its size answers before it has read it all
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                _send(connection, [begin, *parts])
            reply = read_reply(connection)
        except BlockingIOError as error:
            raise TimeoutError("timed out") from error
        if not reply.keep:
            self.close()
        return Answer(reply.status, _seconds(reply.retry_after), reply.body.decode("utf-8", "replace"))

    def close(self) -> None:
        """Close the connection; the next body opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def abandon(self) -> None:
        """Let go of a connection that belongs to the parent process, without a word to the exporter."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                os.close(connection.sock.detach())

    def _connect(self) -> http.client.HTTPConnection:
        address = urlsplit(self._endpoint)
        if address.scheme in {"", "unix"}:
            return _UnixConnection(address.path, self._timeout)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise OSError(f"endpoint {self._endpoint!r} is neither unix:/path nor http(s)://host:port")
        if address.scheme == "https":
            context = self._identity.context()
            return http.client.HTTPSConnection(address.hostname, address.port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(address.hostname, address.port, timeout=self._timeout)


def _host_of(endpoint: str) -> str:
    host = urlsplit(endpoint).netloc.rpartition("@")[2] or "localhost"
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _send(connection: socket.socket, parts: Sequence[bytes | memoryview]) -> None:
    """Send all *parts*, with one call where the kernel takes them."""
    if not hasattr(connection, "sendmsg") or type(connection) is not socket.socket:  # TLS has no such call
        for part in parts:
            connection.sendall(part)
        return
    waiting = [memoryview(part) for part in parts]
    while waiting:
        sent = connection.sendmsg(waiting[:_MOST_PARTS])
        while waiting and sent >= waiting[0].nbytes:
            sent -= waiting.pop(0).nbytes
        if sent:
            waiting[0] = waiting[0][sent:]


def _size(part: bytes | memoryview) -> int:
    return part.nbytes if isinstance(part, memoryview) else len(part)


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.strip().isdigit() else None
