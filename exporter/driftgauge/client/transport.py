"""Transport: one kept-alive HTTP connection to the exporter, over its Unix socket or TCP.

Guarantee: every step ends within `timeout` seconds, also against an exporter that is stopped and still accepts. Used by
the thread only. Sockets release the interpreter lock, so a slow exporter costs the server nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from driftgauge.client.identity import Identity

__all__ = ["Answer", "Transport"]

_LONGEST_ANSWER = 64 * 1024
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
        except BaseException:
            connection.close()
            raise
        self.sock = connection


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
        connection = self._connection
        connection.putrequest("POST", path, skip_accept_encoding=True)
        for name, value in {**headers, **self._headers, "Content-Length": str(sum(map(_size, parts)))}.items():
            connection.putheader(name, value)
        # an exporter that refuses a body by its size answers before it has read it all
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.endheaders()
            for part in parts:
                connection.send(part)
        response = connection.getresponse()
        text = response.read(_LONGEST_ANSWER).decode("utf-8", "replace")
        if response.will_close or not response.isclosed():
            self.close()
        return Answer(response.status, _seconds(response.getheader("Retry-After")), text)

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


def _size(part: bytes | memoryview) -> int:
    return part.nbytes if isinstance(part, memoryview) else len(part)


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.strip().isdigit() else None
