"""Direct connection: takes plain requests off the wire, and hands everything else to the web framework.

A framework's request costs some 0.3 ms of CPU and a connection as much again: many times what an event needs, and as much as
counting 500 rows. So a connection begins here. As long as it carries nothing but plain requests to the routes whose bodies are
taken in it stays; at the first byte that is something else, or where the guard would have to look closer at who asks, it becomes
a `Connection` of the framework, which gets that request from its beginning, and stays one. So what is refused for who asks is
refused by the one guard, and what is malformed by the one parser. Guarantee: a request is counted exactly once, by whoever
answers it; one connection never has more than one request under way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp import web

from driftgauge.errors import DecodeError
from driftgauge.serve.direct.answers import Answers
from driftgauge.serve.direct.head import LONGEST, Head, read_head
from driftgauge.serve.direct.request import Request
from driftgauge.serve.direct.routes import Routes
from driftgauge.serve.engine import Engine
from driftgauge.serve.guard.gate import Gate
from driftgauge.serve.guard.guard import Guard
from driftgauge.serve.intake import Answer

__all__ = ["DIRECT", "Direct", "DirectConnection"]

#: what has not arrived as a whole by then is waited for by the framework, which knows how long it may take
PATIENCE_SECONDS = 1.0
#: larger bodies are received by the framework: beside them a request costs nothing
MOST_BYTES = 4 * 2**20
#: what is read at a time but for bodies that have memory of their own
SCRATCH_BYTES = 64 * 1024
_METHOD = b"POST "
_LINE = b"\r\n"
_END = b"\r\n\r\n"


class Direct:
    """What the connections of an application have in common.

    Args:
        engine: bounds what waits.
        routes: whose bodies are taken.
    """

    def __init__(self, engine: Engine, routes: Routes) -> None:
        self.engine = engine
        self.routes = routes
        #: what comes is read into this; one connection has it at a time
        self.scratch = memoryview(bytearray(SCRATCH_BYTES))


#: under which an application says what of it is answered directly
DIRECT = web.AppKey("direct", Direct)


class DirectConnection(asyncio.BufferedProtocol):
    """One connection, as long as it carries plain requests alone.

    Args:
        direct: what takes them.
        answers: of the listener.
        guard: of the listener.
        gate: of the listener.
        other: makes the connection that takes over.
    """

    __slots__ = (
        "_answers",
        "_closing",
        "_counting",
        "_data",
        "_direct",
        "_gate",
        "_guard",
        "_other",
        "_request",
        "_since",
        "_skip",
        "_stalled_since",
        "_transport",
    )

    def __init__(
        self, direct: Direct, answers: Answers, guard: Guard, gate: Gate, other: Callable[[], asyncio.Protocol]
    ) -> None:
        self._direct = direct
        self._answers = answers
        self._guard = guard
        self._gate = gate
        self._other = other
        self._transport: asyncio.Transport
        self._data = b""  # what has come and is not part of a request that is under way
        self._request: Request | None = None  # that is under way
        self._counting: asyncio.Future[Answer] | None = None  # while its answer is waited for
        self._skip = 0  # bytes of a body that was refused before it had come
        self._since = time.monotonic()  # when the last request ended, or the first byte of the next one came
        self._stalled_since: float | None = None  # answers are not read
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._gate.connections.add(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End; a body that has not come as a whole is lost, one that is being counted goes on."""
        del exc
        self._gate.connections.discard(self)
        if self._request is not None and self._request.missing:
            self._request.lost()
            self._end(self._request)

    def pause_writing(self) -> None:
        """Take no more requests while answers are not read."""
        self._stalled_since = time.monotonic()
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._stalled_since = None
        self._go_on()

    def abort(self) -> None:
        """Close the transport without another word."""
        self._transport.abort()

    def close(self) -> None:
        """Close the connection, once a request that is under way is answered."""
        self._closing = True
        if self._request is None:
            self._transport.close()

    def overdue(self, now: float) -> str | None:
        """Return why the connection must end; what takes its time to arrive is handed over instead."""
        limits, waited = self._gate.limits, now - self._since
        if self._stalled_since is not None:
            return "slow_reader" if now - self._stalled_since > limits.write_seconds else None
        if self._counting is not None:
            return None
        if self._skip:  # it was answered already
            return "body_timeout" if waited > limits.body_seconds else None
        if self._data or self._request is not None:
            if waited > PATIENCE_SECONDS:
                self._hand_over()
            return None
        return "idle" if waited > limits.idle_seconds else None

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to put what comes."""
        del sizehint
        request = self._request
        return self._direct.scratch if request is None or not request.missing else request.room

    def buffer_updated(self, nbytes: int) -> None:
        """Take what has come."""
        request = self._request
        if request is None or not request.missing:
            self._came(bytes(self._direct.scratch[:nbytes]))
        else:
            self._proceed(request, lambda: request.more(nbytes))

    def _came(self, data: bytes) -> None:
        if self._skip:
            skipped, self._skip = self._skip, max(0, self._skip - len(data))
            data = data[skipped:]
            if not data:
                return
        if not self._data:
            self._since = time.monotonic()
        self._data += data
        self._work()

    @property
    def _free(self) -> bool:
        """Whether the next request may be looked at."""
        return self._request is None and self._stalled_since is None and not self._transport.is_closing()

    def _work(self) -> None:
        """Answer the requests that are there."""
        while self._data and self._free and self._begin():
            pass

    def _go_on(self) -> None:
        if self._free:
            self._transport.resume_reading()
            self._work()

    def _begin(self) -> bool:
        """Begin with a request if its head is there; tell whether there may be another one behind it."""
        data = self._data
        if not data.startswith(_METHOD[: len(data)]):
            return self._hand_over()
        end = data.find(_END)
        if not 0 <= end <= LONGEST:
            return (len(data) > LONGEST or self._strange(data)) and self._hand_over()
        line, start = data.index(_LINE), end + len(_END)
        route = self._direct.routes.find(data[:line])
        head = None if route is None else read_head(data[line + len(_LINE) : end + len(_LINE)])
        if route is None or head is None or not self._may(head):
            return self._hand_over()
        body, self._data = data[start : start + head.length], data[start + head.length :]
        self._request = request = Request(self._direct.engine, route, head, data[:start])
        self._proceed(request, lambda: request.begin(body))
        return True

    def _strange(self, data: bytes) -> bool:
        """Whether a head that has not come as a whole is none that is answered here, whatever follows."""
        line, found, _ = data.partition(_LINE)
        return (bool(found) and self._direct.routes.find(line) is None) or data.count(b"\n") > data.count(_LINE)

    def _may(self, head: Head) -> bool:
        """Whether a request may be answered here."""
        most = min(MOST_BYTES, self._direct.engine.settings.limits.body_bytes)
        return head.length <= most and self._guard.admits(self._transport, head.fields.get(b"authorization"))

    def _proceed(self, request: Request, receive: Callable[[], None]) -> None:
        """Receive some more of a body, and take it when it is whole."""
        try:
            receive()
        except DecodeError as error:
            self._skip = request.missing
            request.note()
            self._answer(request, self._answers.written(request.refused(error), closes=request.closes))
            return
        if not request.missing:
            request.note()
            self._settle(request, request.take)

    def _settle(self, request: Request, take: Callable[[], Answer | Awaitable[Answer]]) -> None:
        """Answer what *take* returns, or raises."""
        try:
            answer = take()
        except DecodeError as error:
            written = self._answers.written(request.refused(error), closes=request.closes)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not be a fault of the connection
            written = self._answers.written(request.failed(error), closes=request.closes)
        else:
            if isinstance(answer, Awaitable):
                self._wait(request, answer)
                return
            written = self._answers.accepted(answer, closes=request.closes)
        self._answer(request, written)

    def _wait(self, request: Request, answer: Awaitable[Answer]) -> None:
        """Read nothing until a body is counted that is counted elsewhere."""
        self._transport.pause_reading()
        self._counting = asyncio.ensure_future(answer)
        self._counting.add_done_callback(lambda done: self._counted(request, done))

    def _counted(self, request: Request, counting: asyncio.Future[Answer]) -> None:
        self._counting = None
        if counting.cancelled():  # the loop ends
            self._end(request)
            self.abort()
            return
        self._settle(request, counting.result)
        self._go_on()

    def _answer(self, request: Request, answer: bytes) -> None:
        """End a request."""
        self._end(request)
        if self._transport.is_closing():
            return
        self._transport.write(answer)
        if request.closes or self._closing:
            self._transport.close()

    def _end(self, request: Request) -> None:
        """Let nothing of a request wait any more."""
        request.end()
        self._request = None
        self._since = time.monotonic()

    def _hand_over(self) -> bool:
        """Become a connection of the framework, which gets all that has not been answered."""
        data, request, self._data = self._data, self._request, b""
        if request is not None:
            data = request.came
            self._end(request)
        self._gate.connections.discard(self)
        other = self._other()
        self._transport.set_protocol(other)
        other.connection_made(self._transport)
        other.data_received(data)
        return False
