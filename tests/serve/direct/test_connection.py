"""Connections of senders: plain requests are taken off the wire as they are, and everything else goes to the framework whole."""

from __future__ import annotations

import asyncio
import itertools
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgauge.serve.direct.answers import Answers
from driftgauge.serve.direct.connection import Direct, DirectConnection
from driftgauge.serve.direct.routes import Routes
from driftgauge.serve.engine import Engine
from driftgauge.serve.guard.counts import ListenerCounts
from driftgauge.serve.guard.gate import Gate, GateLimits
from driftgauge.serve.guard.guard import Guard
from driftgauge.serve.guard.protection import GuardFiles
from driftgauge.serve.intake import EventIntake
from driftgauge.serve.settings import parse
from tests.serve.harness import SECONDS, Exporter, eventually
from tests.serve.loggers import counted
from tests.serve.secured import HASH, Secured

ACCEPTED = b"HTTP/1.1 202 Accepted\r\n"


def event(body=b"{}", *, more=b"", path=b"/"):
    return b"POST %s HTTP/1.1\r\nHost: x\r\nce-id: 7\r\nContent-Length: %d\r\n%s\r\n%s" % (path, len(body), more, body)


class Wire(asyncio.Transport):
    """A transport that remembers what is written, and to whom what is read goes."""

    def __init__(self):
        super().__init__()
        self.written = b""
        self.closed = self.aborted = self.paused = False
        self.protocol = None

    def write(self, data):
        self.written += data

    def close(self):
        self.closed = True

    def abort(self):
        self.aborted = True

    def is_closing(self):
        return self.closed or self.aborted

    def pause_reading(self):
        self.paused = True

    def resume_reading(self):
        self.paused = False

    def set_protocol(self, protocol):
        self.protocol = protocol


def feed(protocol, data):
    """Hand bytes over as a transport does."""
    if not isinstance(protocol, asyncio.BufferedProtocol):
        protocol.data_received(data)
        return
    room = protocol.get_buffer(-1)
    now, later = data[: len(room)], data[len(room) :]
    room[: len(now)] = now
    protocol.buffer_updated(len(now))
    if later:
        feed(protocol, later)


class Framework(asyncio.Protocol):
    """What takes over."""

    def __init__(self):
        self.got = b""

    def data_received(self, data):
        self.got += data


class Line:
    """A connection with what is around it."""

    def __init__(self, text="", **limits):
        self.engine = Engine(parse(text, {}), {})
        self.taken = []
        self.engine.events.put = lambda arrived: self.taken.append(arrived.body)
        counts = ListenerCounts("ingest")
        self.guard = Guard(GuardFiles("ingest"), counts)
        self.gate = Gate(counts, GateLimits(**limits))
        self.wire, self.framework = Wire(), Framework()
        direct = Direct(self.engine, Routes([("/", EventIntake(self.engine))]))
        self.connection = DirectConnection(direct, Answers(self.guard), self.guard, self.gate, lambda: self.framework)
        self.connection.connection_made(self.wire)

    def send(self, *parts):
        for part in parts:
            feed(self.wire.protocol or self.connection, part)

    @property
    def statuses(self):
        return [int(part[:3]) for part in self.wire.written.split(b"HTTP/1.1 ")[1:]]

    @property
    def counts(self):
        view = self.engine.events.view()
        return view.received, {reason: count for reason, count in view.dropped.items() if count}

    @property
    def waiting(self):
        return self.engine.health.waiting, self.engine.health.queue_bytes


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=4), st.lists(st.integers(0, 400), max_size=8))
def test_events_are_taken_however_their_bytes_arrive(bodies, cuts):
    """Several events on one connection, cut anywhere: each is answered once, in order, with its own body."""
    data = b"".join(map(event, bodies))
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    line = Line()
    line.send(*(data[start:end] for start, end in itertools.pairwise(places) if start < end))
    assert line.taken == bodies
    assert line.statuses == [202] * len(bodies)
    assert line.waiting == (0, 0)
    assert line.wire.protocol is None


@pytest.mark.parametrize(
    "data",
    [b"GET /-/healthy HTTP/1.1\r\n\r\n", b"POST /v1/observations HTTP/1.1\r\n", event(more=b"Transfer-Encoding: chunked\r\n"),
     event(more=b"Expect: 100-continue\r\n"), event(path=b"/?a"), event(path=b"//"), b"\x16\x03\x01", b"POST / HTTP/1.0\r\n\r\n", b"\r\n",
     b"POST / HTTP/1.1\r\n" + b"a: b\r\n" * 2000, b"POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n"],
    ids=["another path", "observations", "chunked", "expect", "query", "two slashes", "no HTTP", "HTTP/1.0", "an empty line", "long", "too large"],
)  # fmt: skip
def test_everything_else_goes_to_the_framework_from_its_beginning(data):
    """Also when events came before; and the connection stays there."""
    line = Line()
    line.send(event(b"1"), *(data[at : at + 1] for at in range(len(data))), event(b"2"))
    assert line.taken == [b"1"]
    assert line.statuses == [202]
    assert line.framework.got == data + event(b"2")
    assert line.connection not in line.gate.connections
    assert line.waiting == (0, 0)


def test_a_guard_that_has_to_look_at_who_asks_gets_the_request():
    """Events are taken here only where everyone is let in."""
    line = Line()
    line.guard.admits = lambda *_: False
    line.send(event())
    assert (line.framework.got, line.taken) == (event(), [])


def test_a_full_queue_is_answered_at_once_and_the_body_skipped():
    """The next event is read as one, and every one has been counted."""
    line = Line("limits: {queue_bytes: 1024}")
    line.engine.health.queue_bytes = 1025
    data = event(b"x" * 50)
    line.send(data[:-40])
    assert line.statuses == [429]
    line.send(data[-40:-10], data[-10:] + event(b"1"))
    assert line.statuses == [429, 429]
    line.engine.health.queue_bytes = 0
    line.send(event(b"2"))
    assert line.statuses == [429, 429, 202]
    assert line.taken == [b"2"]
    assert line.counts == (3, {"queue_full": 2})


def test_bytes_that_arrive_count_as_waiting():
    """Many slow bodies fill the queue as read ones do, and a connection that breaks gives its part back."""
    line = Line()
    data = event(b"x" * 50)
    line.send(data[:-20])
    assert line.waiting == (1, 30)
    line.send(data[-20:-10])
    assert line.waiting == (1, 40)
    line.connection.connection_lost(None)
    assert line.waiting == (0, 0)
    assert line.counts == (1, {"aborted": 1})


def test_what_takes_its_time_is_handed_over():
    """The framework knows how long a head and a body may take."""
    for data in (event(b"x" * 50)[:-1], b"POST / HT"):
        line = Line()
        line.send(data)
        assert line.connection.overdue(line.connection._since + 0.5) is None
        assert line.framework.got == b""
        assert line.connection.overdue(line.connection._since + 2) is None
        assert line.framework.got == data
        assert line.waiting == (0, 0)


def test_a_connection_without_events_is_idle():
    """It is ended after the time of the listener."""
    line = Line(idle_seconds=60)
    line.send(event())
    assert line.connection.overdue(line.connection._since + 59) is None
    assert line.connection.overdue(line.connection._since + 61) == "idle"


def test_who_does_not_read_answers_sends_no_more():
    """Nothing is read meanwhile, and the connection is ended after the time of the listener."""
    line = Line(write_seconds=30)
    line.connection.pause_writing()
    assert line.wire.paused
    line.send(event(b"1"))
    assert line.taken == []
    assert line.connection.overdue(line.connection._stalled_since + 29) is None
    assert line.connection.overdue(line.connection._stalled_since + 31) == "slow_reader"
    line.connection.resume_writing()
    assert not line.wire.paused
    assert line.taken == [b"1"]


def test_a_sender_that_wants_to_close_is_told_so():
    """What it sends behind its last request is not read."""
    line = Line()
    line.send(event(b"1", more=b"Connection: close\r\n") + event(b"2"))
    assert line.taken == [b"1"]
    assert b"\r\nConnection: close\r\n" in line.wire.written
    assert line.wire.closed


def test_answers_look_like_those_of_the_framework():
    """The same status and the same header fields, in service."""
    with Exporter() as exporter:
        answers = []
        for more in (b"", b"TE: trailers\r\n"):
            with socket.create_connection(("127.0.0.1", exporter.port), timeout=SECONDS) as made:
                made.sendall(event(more=more))
                answers.append(made.recv(4096))
        ours, theirs = ({*answer.split(b"\r\n")} for answer in answers)
        assert {line.partition(b":")[0] for line in ours ^ theirs} <= {b"Content-Type", b"Date"}
        assert ACCEPTED.strip() in ours
        eventually(lambda: counted(exporter)["received"] == 2)


def test_a_password_that_is_asked_for_from_now_on_is_asked_of_open_connections(tmp_path):
    """A listener whose files change guards what is connected already."""
    path = tmp_path / "web.yaml"
    path.write_text("{}")
    with (
        Secured(f"ingest_web_config: '{path}'") as exporter,
        socket.create_connection(("127.0.0.1", exporter.port("ingest")), timeout=SECONDS) as made,
    ):
        made.sendall(event())
        assert made.recv(4096).startswith(ACCEPTED)
        path.write_text(f"basic_auth_users: {{prom: '{HASH}'}}")
        exporter.refresh("ingest")
        made.sendall(event())
        assert made.recv(4096).startswith(b"HTTP/1.1 401 ")


def test_a_listener_that_closes_waits_for_what_is_under_way():
    """Who says nothing is told at once, who is waiting for an answer gets it."""
    line = Line()
    line.gate.close()
    assert line.wire.closed
    line = Line()
    data = event(b"1")
    line.send(data[:-1])
    line.gate.close()
    assert not line.wire.closed
    line.send(data[-1:])
    assert (line.taken, line.statuses, line.wire.closed) == ([b"1"], [202], True)


def test_a_body_that_is_larger_than_what_is_read_at_a_time_is_received_where_it_is_read():
    """No copy is made of what comes behind the first part; the next request is found behind it."""
    line = Line()
    line.engine.events.put = lambda arrived: line.taken.append(arrived.body)
    body = bytes(range(256)) * 1_000
    line.send(event(body) + event(b"2"))
    assert line.taken == [body, b"2"]
    assert line.statuses == [202, 202]
    assert line.waiting == (0, 0)


def test_half_of_a_large_body_is_handed_over_whole():
    """With its head, and what had come."""
    line = Line()
    data = event(b"x" * 200_000)
    line.send(data[:150_000])
    assert line.connection.overdue(line.connection._since + 2) is None
    line.send(data[150_000:])
    assert line.framework.got == data
    assert line.waiting == (0, 0)
