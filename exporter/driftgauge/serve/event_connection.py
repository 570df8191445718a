"""Event connection: takes events of inference loggers off the wire, and hands everything else to the web framework.

A framework's request costs some 0.3 ms of CPU and a connection as much again, many times what an event needs: it is stored
and answered before it is read. So a connection begins here. As long as it carries nothing but plain events it stays; at the
first byte that is something else, or where the guard would have to look at who asks, it becomes a `Connection` of the
framework, which gets that request from its beginning, and stays one. So what is refused is refused by the one guard, and what
is malformed by the one parser. Guarantee: an event is counted as received exactly once, by whoever answers it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import cast

from aiohttp import web

from driftgauge.errors import DecodeError
from driftgauge.serve.admission import check_size, refusal
from driftgauge.serve.engine import Engine
from driftgauge.serve.event_head import LONGEST, Head, read_head, request_line
from driftgauge.serve.event_sink import Arrived
from driftgauge.serve.guard.gate import Gate
from driftgauge.serve.guard.guard import Guard
from driftgauge.serve.guard.headers import put_headers
from driftgauge.serve.guard.protection import Protection
from driftgauge.serve.health import ABORTED

__all__ = ["INTAKE", "EventConnection", "Intake"]

#: what has not arrived as a whole by then is waited for by the framework, which knows how long it may take
PATIENCE_SECONDS = 1.0
_END = b"\r\n\r\n"
_CLOSING = b"\r\nConnection: close\r\n\r\n"


class Intake:
    """What the connections of a listener have in common.

    Args:
        engine: takes the events.
        path: to which they are sent.
    """

    def __init__(self, engine: Engine, path: str) -> None:
        self.engine = engine
        self.line = request_line(path)
        self._accepted: tuple[Protection, int, bytes] | None = None

    def accepted(self, guard: Guard) -> bytes:
        """Return the answer to an event that was taken; the same for a second."""
        now, protection, known = int(time.time()), guard.protection, self._accepted
        if known is None or known[0] is not protection or known[1] != now:
            known = self._accepted = protection, now, _written(web.Response(status=202), protection, now)
        return known[2]

    def refused(self, error: DecodeError, guard: Guard) -> bytes:
        """Count an event that must not be taken, and return the answer."""
        self.engine.events.received += 1
        self.engine.events.dropped[error.reason] += 1
        self.engine.health.refused(self.engine.clock(), error.reason, error.field or "")
        return _written(refusal(error), guard.protection, int(time.time()))

    def take(self, head: Head, body: bytes) -> None:
        """Queue an event."""
        events = self.engine.events
        events.received += 1
        events.put(Arrived(head.attributes, head.content_type, body, events.clock()))


#: under which an application says that events are sent to it
INTAKE = web.AppKey("intake", Intake)


class EventConnection(asyncio.Protocol):
    """One connection, as long as it carries events alone.

    Args:
        intake: takes the events.
        guard: of the listener.
        gate: of the listener.
        other: makes the connection that takes over.
    """

    __slots__ = (
        "_arriving",
        "_data",
        "_gate",
        "_guard",
        "_head",
        "_intake",
        "_need",
        "_other",
        "_since",
        "_skip",
        "_stalled_since",
        "_transport",
    )

    def __init__(self, intake: Intake, guard: Guard, gate: Gate, other: Callable[[], asyncio.Protocol]) -> None:
        self._intake = intake
        self._guard = guard
        self._gate = gate
        self._other = other
        self._transport: asyncio.Transport
        self._data: bytes | bytearray = b""
        self._head: Head | None = None  # of the event whose body is arriving
        self._need = 0  # bytes of `_data` that make that event whole
        self._arriving = 0  # bytes that count as waiting
        self._skip = 0  # bytes of a body that was refused before it had come
        self._since = time.monotonic()  # when the last event ended, or the first byte of the next one came
        self._stalled_since: float | None = None  # answers are not read

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._gate.connections.add(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End; an event that has not come as a whole is lost."""
        del exc
        self._gate.connections.discard(self)
        if self._head is not None:
            self._release()
            events = self._intake.engine.events
            events.received += 1
            events.dropped[ABORTED] += 1

    def pause_writing(self) -> None:
        """Take no more events while answers are not read."""
        self._stalled_since = time.monotonic()
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._stalled_since = None
        self._transport.resume_reading()
        self._work()

    def abort(self) -> None:
        """Close the transport without another word."""
        self._transport.abort()

    def overdue(self, now: float) -> str | None:
        """Return why the connection must end; what takes its time is handed over instead."""
        limits = self._gate.limits
        if self._stalled_since is not None:
            return "slow_reader" if now - self._stalled_since > limits.write_seconds else None
        if self._data or self._skip:
            if now - self._since > PATIENCE_SECONDS:
                return self._late()
            return None
        return "idle" if now - self._since > limits.idle_seconds else None

    def _late(self) -> str | None:
        if self._skip:  # it was answered already
            return "body_timeout" if time.monotonic() - self._since > self._gate.limits.body_seconds else None
        self._hand_over()
        return None

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        if self._skip:
            skipped, self._skip = self._skip, max(0, self._skip - len(data))
            data = data[skipped:]
            if not data:
                return
        if not self._data:
            self._since = time.monotonic()
            self._data = data
        elif isinstance(self._data, bytearray):
            self._data += data
        else:
            self._data = bytearray(self._data) + data
        self._work()

    def _work(self) -> None:
        """Answer the events that are there."""
        while self._data and self._stalled_since is None and not self._transport.is_closing():
            if self._head is None and not self._begin():
                return
            if self._head is not None and not self._finish(self._head):
                return

    def _begin(self) -> bool:
        """Read a head if it is there; tell whether to go on."""
        line, data = self._intake.line, self._data
        if line is None or not data.startswith(line[: len(data)]):
            return self._hand_over()
        end = data.find(_END)
        if end < 0:
            return self._hand_over() if len(data) > LONGEST else False
        head = read_head(bytes(data[len(line) : end + 2])) if self._guard.admits_all(self._transport) else None
        if head is None or head.length > self._intake.engine.settings.limits.body_bytes:
            return self._hand_over()
        self._head, self._need = head, end + len(_END) + head.length
        return True

    def _finish(self, head: Head) -> bool:
        """Take the event if it is there as a whole, or refuse it; tell whether to go on."""
        data, need = self._data, self._need
        try:
            check_size(self._intake.engine, head.length)
        except DecodeError as error:
            self._release()
            self._skip = max(0, need - len(data))
            return self._answer(self._intake.refused(error, self._guard), data[need:], closes=head.closes)
        if len(data) < need:
            self._count(len(data))
            return False
        self._release()
        self._intake.take(head, bytes(data[need - head.length : need]))
        return self._answer(self._intake.accepted(self._guard), data[need:], closes=head.closes)

    def _answer(self, answer: bytes, rest: bytes | bytearray, *, closes: bool) -> bool:
        self._data = rest
        self._transport.write(answer.replace(_END, _CLOSING, 1) if closes else answer)
        if closes:
            self._transport.close()
        return True

    def _count(self, size: int) -> None:
        """Let the bytes of an event that is arriving count as waiting."""
        health = self._intake.engine.health
        health.waiting += not self._arriving
        health.queue_bytes += size - self._arriving
        self._arriving = size

    def _release(self) -> None:
        """Nothing is arriving any more."""
        if self._arriving:
            health = self._intake.engine.health
            health.waiting -= 1
            health.queue_bytes -= self._arriving
        self._arriving, self._head = 0, None

    def _hand_over(self) -> bool:
        """Become a connection of the framework, which gets all that has not been answered."""
        self._release()
        self._gate.connections.discard(self)
        data, self._data = bytes(self._data), b""
        other = self._other()
        self._transport.set_protocol(other)
        other.connection_made(self._transport)
        other.data_received(data)
        return False


def _written(response: web.Response, protection: Protection, now: int) -> bytes:
    """Return a response as the framework would write it."""
    headers, body = response.headers.copy(), cast("bytes", response.body or b"")
    put_headers(headers, protection.web.headers)
    headers["Content-Length"] = str(len(body))
    headers["Date"] = formatdate(now, usegmt=True)
    lines = [f"HTTP/1.1 {response.status} {response.reason}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
