"""Logger: sends events as KServe's inference logger does, at a fixed rate whatever the answers do, from one process.

Bodies and heads are made before, sockets are used as they are, and one `select` waits for the next event and for answers,
so an event costs the sender some 20 us on a kept connection and 80 us on a new one. An answer's time runs from the moment
at which the event was due: what the sender is late, because it had to wait for a core, is in it, and told beside it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Load", "Sent", "event", "nothing", "send"]

#: an answer that has not come by then is none
PATIENCE_SECONDS = 10.0
#: answers that are waited for at a time, because `select` takes no more files; what is due meanwhile is late
MOST_ASKED = 400
_ATTRIBUTES = (
    *(("specversion", "1.0"), ("source", "http://localhost:9081/"), ("inferenceservicename", "bench")),
    *(("namespace", "shop"), ("component", "predictor"), ("endpoint", "default"), ("time", "2026-09-14T08:01:02.123456789Z")),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent.

    Attributes:
        requests: bytes before and after the id of the event, sent in turn.
        rate: events a second.
        seconds: for how long.
        name: begins the ids; request and response are two events in turn with the same one.
        fresh: each so-manieth event comes on a connection of its own; 0: none, 1: all.
        kept: connections that are open from the start.
        core: to run on; None for any.
    """

    requests: Sequence[tuple[bytes, bytes]]
    rate: float
    seconds: float
    name: str
    fresh: int = 3
    kept: int = 5
    core: int | None = None


@dataclass(slots=True)
class Sent:
    """What came of it: seconds that each answer and each sending was late, the statuses, and the connections used."""

    waits: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0
    connections: int = 0
    unanswered: int = 0


def event(kind: str, body: bytes, content_type: str = "application/json") -> tuple[bytes, bytes]:
    """Return the bytes of an event in binary mode, before and after its id, as Go's client writes them."""
    head = (
        f"POST / HTTP/1.1\r\nHost: driftgauge-sink\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: {len(body)}\r\n"
    )
    head += "".join(f"Ce-{name.capitalize()}: {value}\r\n" for name, value in _ATTRIBUTES)
    head += f"Ce-Type: org.kubeflow.serving.inference.{kind}\r\nContent-Type: {content_type}\r\nAccept-Encoding: gzip\r\nCe-Id: "
    return head.encode(), b"\r\n\r\n" + body


def nothing() -> tuple[bytes, bytes]:
    """Return a request that does nothing."""
    return b"GET /-/healthy HTTP/1.1\r\nHost: driftgauge-sink\r\nX-Id: ", b"\r\n\r\n"


def send(port: int, load: Load) -> Sent:
    """Send from a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_send, (port, load))


def _send(port: int, load: Load) -> Sent:
    if load.core is not None:
        os.sched_setaffinity(0, {load.core})
    return _Sender(port, load).run()


class _Sender:
    def __init__(self, port: int, load: Load) -> None:
        self._address = ("127.0.0.1", port)
        self._load = load
        self._found = Sent()
        self._idle = [self._connected() for _ in range(load.kept)]
        #: waiting for an answer -> when it was due, and whether the connection stays
        self._asked: dict[socket.socket, tuple[float, bool]] = {}

    def run(self) -> Sent:
        load, found = self._load, self._found
        started = time.perf_counter() + 0.05
        for number in range(int(load.rate * load.seconds)):
            due = started + number / load.rate
            while (left := due - time.perf_counter()) > 0:
                self._answers(left)
            while len(self._asked) >= MOST_ASKED:
                self._answers(PATIENCE_SECONDS)
            self._ask(number, due)
            self._answers(0)
        ended = time.perf_counter() + PATIENCE_SECONDS
        while self._asked and time.perf_counter() < ended:
            self._answers(0.1)
        found.seconds = time.perf_counter() - started
        found.unanswered = len(self._asked)
        for connection in (*self._idle, *self._asked):
            connection.close()
        return found

    def _ask(self, number: int, due: float) -> None:
        load = self._load
        fresh = bool(load.fresh) and number % load.fresh == 0
        connection = self._connected() if fresh or not self._idle else self._idle.pop()
        before, after = load.requests[number % len(load.requests)]
        connection.sendall(b"%s%s-%d%s" % (before, load.name.encode(), number // 2, after))
        self._found.late.append(time.perf_counter() - due)
        self._asked[connection] = due, not fresh

    def _answers(self, seconds: float) -> None:
        ready, _, _ = select.select(list(self._asked), [], [], seconds)
        for connection in ready:
            answer = connection.recv(65_536)
            due, stays = self._asked.pop(connection)
            self._found.waits.append(time.perf_counter() - due)
            status = int(answer[9:12] or 0)
            self._found.statuses[status] = self._found.statuses.get(status, 0) + 1
            if stays and answer and len(self._idle) < MOST_ASKED:
                self._idle.append(connection)
            else:
                connection.close()

    def _connected(self) -> socket.socket:
        self._found.connections += 1
        connection = socket.create_connection(self._address, timeout=PATIENCE_SECONDS)
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
