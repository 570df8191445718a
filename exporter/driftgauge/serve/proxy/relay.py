"""Relay: a client's connection and one of its own to the model server, byte for byte in both directions.

Each client connection has its own connection to the model server and shares it with nobody, so hop-by-hop fields, keep-alive,
pipelining, trailers, 1xx responses, upgrades and half-closed connections mean the same on both sides, and nothing needs to be
rewritten: in the terms of RFC 9110 section 3.7 this is a tunnel. What one side cannot take in time stops the reading of the other. A `Watch`
is shown what has been written; a fault of the watch ends the watching, never the traffic. Time: some 20 us a piece.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import cast

from driftgauge.serve.logs import LOGGER, origin
from driftgauge.serve.proxy.watch import CLIENT, UPSTREAM, Watch

__all__ = ["Connect", "Relay"]

#: what a client may send before its connection to the model server stands
_PENDING_BYTES = 256 * 1024
#: how long one side may go on after the other has ended; a server that closed reads nothing more
_LINGER_SECONDS = 5.0
#: makes a close a reset
_AT_ONCE = struct.pack("ii", 1, 0)

_REASONS = {"refused": (502, "Bad Gateway"), "timeout": (504, "Gateway Timeout")}

#: opens a connection to the model server for a protocol
Connect = Callable[[asyncio.Protocol], Awaitable[None]]


class Relay(asyncio.Protocol):
    """A client's connection.

    Args:
        connect: opens the connection to the model server.
        watch: is shown what passes.
        closed: is called with the relay when it is over.
    """

    def __init__(self, connect: Connect, watch: Watch, closed: Callable[[Relay], None]) -> None:
        self._connect = connect
        self._watch: Watch | None = watch
        self._closed = closed
        self._client: asyncio.Transport | None = None
        self._upstream: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._client_ended = False
        self._refused = False
        self._linger: asyncio.TimerHandle | None = None
        self._draining = False

    # the client's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the client's connection."""
        self._client = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Forward what the client sent."""
        if self._upstream is not None:
            self._upstream.write(data)
        elif not self._refused:
            self._wait_with(data)
        if self._watch is not None and not self._refused:
            self._show(self._watch.sent, data)

    def eof_received(self) -> bool:
        """Forward the end of what the client sends; it may still read."""
        self._client_ended = True
        if self._linger is not None:
            return False  # the other side has ended as well
        if self._upstream is not None:
            _end(self._upstream)
        return self._upstream is not None or self._connecting is not None

    def pause_writing(self) -> None:
        """Stop reading what the client cannot take."""
        if self._upstream is not None:
            self._upstream.pause_reading()

    def resume_writing(self) -> None:
        """Go on reading."""
        if self._upstream is not None:
            self._upstream.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """See the client gone, and let the model server see it."""
        self._client_ended = True
        if self._connecting is not None:
            self._connecting.cancel()
        if self._upstream is not None:
            self._upstream.abort() if error else self._upstream.close()
        self._finish(CLIENT)
        if self._linger is not None:
            self._linger.cancel()
        self._closed(self)

    # the model server's side, see _Upstream

    def connected(self, transport: asyncio.Transport) -> None:
        """Take the connection to the model server."""
        self._upstream = transport
        transport.write(b"".join(self._pending))
        self._pending.clear()
        if self._client is None or self._client.is_closing():
            transport.abort()
            return
        if self._pending_size > _PENDING_BYTES:
            self._client.resume_reading()
        if self._client_ended:
            _end(transport)

    def answered(self, data: bytes) -> None:
        """Forward what the model server answered."""
        assert self._client is not None
        self._client.write(data)
        if self._watch is not None:
            self._show(self._watch.answered, data)
            if self._draining:
                self.drain()

    def upstream_ended(self) -> None:
        """Forward the end of what the model server sends; the client may go on for a while."""
        assert self._client is not None
        self._finish(CLIENT if self._client_ended else UPSTREAM, clean=True)
        _end(self._client)
        self._close_later()

    def upstream_lost(self, error: Exception | None) -> None:
        """See the model server gone, and let the client see it."""
        self._upstream = None
        client = self._client
        if client is None or client.is_closing():
            return
        self._refused = True
        self._finish(CLIENT if self._client_ended else UPSTREAM)
        if error is not None:
            _reset(client)
        else:
            client.close()

    def hold_client(self, *, hold: bool) -> None:
        """Stop or go on reading what the client sends."""
        if self._client is not None and not self._client.is_closing():
            self._client.pause_reading() if hold else self._client.resume_reading()

    def drain(self) -> None:
        """Close the connection as soon as nothing is outstanding: the proxy is to stop."""
        self._draining = True
        if self._client is not None and (self._watch is None or not self._watch.busy):
            self._client.close()

    def abort(self) -> None:
        """Close the connection at once."""
        if self._client is not None:
            self._client.abort()

    # within

    def _wait_with(self, data: bytes) -> None:
        """Keep what the client sent until the connection to the model server stands."""
        self._pending.append(data)
        self._pending_size += len(data)
        if self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._open())
        if self._pending_size > _PENDING_BYTES:
            self.hold_client(hold=True)

    async def _open(self) -> None:
        try:
            await self._connect(_Upstream(self))
        except TimeoutError:
            self._refuse("timeout")
        except OSError:
            self._refuse("refused")
        finally:
            self._connecting = None

    def _refuse(self, reason: str) -> None:
        """Answer in the model server's place that it cannot be reached."""
        self._refused = True
        self._pending.clear()
        head_only = self._watch is not None and self._watch.head_only
        self._finish(UPSTREAM, reason)
        if self._client is None or self._client.is_closing():
            return
        if self._watch is None or self._watch.started:  # no HTTP that an answer could be written in
            self._client.close()
            return
        self._client.write(_gateway_problem(reason, head_only=head_only))
        self._client.resume_reading()  # unread bytes would turn the end into a reset, and the answer would be lost
        _end(self._client)
        self._close_later()

    def _close_later(self) -> None:
        if self._client is not None and self._linger is None:
            if self._client_ended:
                self._client.close()
            else:
                self._linger = asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._client.close)

    def _finish(self, culprit: str, failure: str = "broken", *, clean: bool = False) -> None:
        if self._watch is not None:
            watch = self._watch
            self._guard(lambda: watch.finish(culprit, failure, clean=clean))

    def _show(self, see: Callable[[bytes], None], data: bytes) -> None:
        try:
            see(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, the traffic goes on
            self._lose(error)

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the traffic goes on
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        """Go on without the watch."""
        watch, self._watch = self._watch, None
        LOGGER.error("a connection is no longer observed", extra={"error": origin(error)})
        if watch is not None:
            watch.abandon("internal")


class _Upstream(asyncio.Protocol):
    """The connection to the model server."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._relay.connected(cast("asyncio.Transport", transport))

    def data_received(self, data: bytes) -> None:
        self._relay.answered(data)

    def eof_received(self) -> bool:
        self._relay.upstream_ended()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._relay.upstream_lost(error)

    def pause_writing(self) -> None:
        self._relay.hold_client(hold=True)

    def resume_writing(self) -> None:
        self._relay.hold_client(hold=False)


def _end(transport: asyncio.Transport) -> None:
    """Say that nothing more comes; what is written already goes out first."""
    if transport.is_closing():
        return
    if transport.can_write_eof():
        transport.write_eof()
    else:  # TLS has no half
        transport.close()


def _reset(transport: asyncio.Transport) -> None:
    """Close so that the other side sees a fault: it must not take what it has for all there is."""
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.close()


def _gateway_problem(reason: str, *, head_only: bool) -> bytes:
    status, phrase = _REASONS[reason]
    detail = {"refused": "the model server refuses connections", "timeout": "the model server takes no connection"}[
        reason
    ]
    body = json.dumps({"type": "about:blank", "title": phrase, "status": status, "detail": detail}).encode()
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if head_only else body)
