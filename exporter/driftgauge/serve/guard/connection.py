"""Connection: an HTTP connection that knows what it owes and since when.

What aiohttp does not bound: the time that the head of a request takes to arrive, its size as a whole, and the time that a
client takes to read an answer. A connection is busy from the last byte of a head until its answer is written.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

from aiohttp import StreamReader, web
from aiohttp.web_protocol import RequestHandler

from driftgauge.serve.guard.gate import Gate
from driftgauge.serve.guard.headers import put_headers
from driftgauge.serve.logs import LOGGER, origin
from driftgauge.serve.problems import problem

__all__ = ["HEAD_BYTES", "Connection"]

#: most bytes of one head; a token, a few headers and a path take 1 KB
HEAD_BYTES = 32 * 1024
#: a handler that bounds the arrival itself answers within `body_seconds`; this is for those that do not
_GRACE_SECONDS = 5.0
#: aiohttp's own timer for idle connections, which counts nothing; ours comes first
_NEVER_SECONDS = 86_400.0


class Connection(RequestHandler):
    """One connection; `overdue` is asked every second."""

    __slots__ = (
        "_asked",
        "_body",
        "_gate",
        "_head_bytes",
        "_head_since",
        "_seen",
        "_since",
        "_stalled_since",
        "_talks",
        "_wire",
    )

    def __init__(self, server: web.Server, gate: Gate, loop: asyncio.AbstractEventLoop) -> None:
        # Bodies are unpacked by the decoder, which bounds what comes out.
        options: dict[str, Any] = {"access_log": None, "auto_decompress": False, "keepalive_timeout": _NEVER_SECONDS}
        super().__init__(server, loop=loop, **options)
        self._gate = gate
        self._asked = 0  # requests whose heads have arrived
        self._body: StreamReader | None = None  # of the last of them
        self._wire: (
            asyncio.Transport
        )  # kept when aiohttp lets go of it, because closing it waits for the client to read
        self._talks = False
        self._head_bytes = 0
        self._head_since: float | None = None
        self._seen = (0, False)  # how many were asked at the last look, and whether it was busy
        self._since = time.monotonic()  # when that was so first
        self._stalled_since: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the head of a request is owed."""
        super().connection_made(transport)
        self._wire = cast("asyncio.Transport", transport)
        self._head_since = time.monotonic()
        self._gate.connections.add(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End."""
        self._gate.connections.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and notice whether they end a head."""
        self._talks = True
        waiting = len(self._messages)
        in_body = self._body is not None and not self._body.is_eof()
        if self._head_since is None and not in_body and not self._busy:
            self._head_since = time.monotonic()
        super().data_received(data)
        if len(self._messages) > waiting:
            self._asked += 1
            self._body = self._messages[-1][1]
            self._head_since, self._head_bytes = None, 0
        elif self._head_since is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._gate.end(self, "header_size")

    def abort(self) -> None:
        """Close the transport without another word."""
        self.force_close()
        self._wire.abort()

    def overdue(self, now: float) -> str | None:
        """Return what is owed for too long."""
        limits, seen = self._gate.limits, (self._asked, self._busy)
        if seen != self._seen:
            self._seen, self._since, self._stalled_since = seen, now, None
        if self._head_since is not None:
            # Who connects in advance and says nothing is idle, not slow.
            late = now - self._head_since > (limits.header_seconds if self._talks else limits.idle_seconds)
            return ("header_timeout" if self._talks else "idle") if late else None
        if not self._busy:
            return "idle" if now - self._since > limits.idle_seconds else None
        return self._overdue_request(now)

    def _overdue_request(self, now: float) -> str | None:
        limits = self._gate.limits
        if self.writing_paused:
            self._stalled_since = self._stalled_since or now
        if self._stalled_since is not None and now - self._stalled_since > limits.write_seconds:
            return "slow_reader"
        arriving = self._body is not None and not self._body.is_eof()
        return "body_timeout" if arriving and now - self._since > limits.body_seconds + _GRACE_SECONDS else None

    def handle_error(
        self, request: Any, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what is no HTTP, without quoting it, and what escaped every handler."""
        del message
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun already")
        if status == 400:
            self._gate.counts.refused["malformed"] += 1
        elif exc is not None:
            LOGGER.error("request failed", extra={"error": origin(exc)})
        text = "this is no HTTP request, or a line of its head is too long" if status == 400 else "the exporter failed"
        response = problem(status, "malformed" if status == 400 else "internal", text)
        put_headers(response.headers, {})
        response.force_close()
        return response

    @property
    def _busy(self) -> bool:
        # While it waits for the next request a connection has a future that is not done.
        return self._waiter is None or self._waiter.done()
