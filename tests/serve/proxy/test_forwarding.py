"""What goes in comes out: every byte in both directions, whatever it is and however it is divided."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serve.harness import eventually, samples
from tests.serve.proxy.messages import calls, cuts, divided
from tests.serve.proxy.rig import Forwarding, answer, post

FORWARD = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def rig():
    with Forwarding() as made:
        yield made


@FORWARD
@given(st.lists(calls(), min_size=1, max_size=3), cuts, cuts)
def test_every_message_passes_unchanged(rig, exchanged, request_cuts, response_cuts):
    """Random requests and responses, pipelined and cut anywhere, arrive as they were sent, and are followed to their ends."""
    request = b"".join(call.request for call in exchanged)
    response = b"".join(call.response for call in exchanged)
    before = rig.proxy.counts.view()
    seen = bytearray()
    found = rig.exchange(*divided(request, request_cuts), answer=divided(response, response_cuts), seen=seen)
    assert bytes(seen) == request
    assert found == response
    eventually(lambda: not rig.proxy.counts.in_flight)
    after = rig.proxy.counts.view()
    assert sum(after.requests.values()) - sum(before.requests.values()) == len(exchanged)
    assert after.unobserved["not_http"] == before.unobserved["not_http"]
    assert after.disconnects == before.disconnects
    assert after.failures["broken"] == before.failures["broken"]


@FORWARD
@given(st.binary(min_size=1, max_size=2_000), st.binary(max_size=2_000), cuts, cuts)
def test_any_bytes_pass_unchanged(rig, request, response, request_cuts, response_cuts):
    """What is no HTTP passes all the same."""
    seen = bytearray()
    found = rig.exchange(*divided(request, request_cuts), answer=divided(response, response_cuts), seen=seen)
    assert bytes(seen) == request
    assert found == response


ODD = {
    "both lengths": b"POST /v1/completions HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    "negative length": b"POST / HTTP/1.1\r\nContent-Length: -3\r\n\r\nabc",
    "line feeds alone": b"GET / HTTP/1.1\nHost: x\n\n",
    "folded field": b"GET / HTTP/1.1\r\nA: b\r\n  c\r\n\r\n",
    "http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(range(256)),
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "endless head": b"GET / HTTP/1.1\r\nA: " + b"b" * 100_000,
    "no size of a chunk": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "chunk that is too long": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_requests_pass_unchanged(rig, name):
    """What a strict parser refuses is the model server's to refuse."""
    seen = bytearray()
    response = answer(b"{}", "400 Bad Request")
    assert rig.exchange(ODD[name], answer=[response], seen=seen) == response
    assert bytes(seen) == ODD[name]
    eventually(lambda: not rig.proxy.counts.in_flight)


def test_large_bodies_pass_in_both_directions(rig):
    """A body larger than every limit passes, and its copy is given up."""
    request = post("/v1/completions", bytes(9 * 2**20))
    response = answer(bytes(range(256)) * 2**15)
    seen = bytearray()
    before = rig.proxy.counts.view().unobserved["too_large"]
    assert rig.exchange(request, answer=[response], seen=seen) == response
    assert bytes(seen) == request
    rig.settled()
    assert rig.proxy.counts.view().unobserved["too_large"] == before + 1


def test_a_stream_is_not_held_up(rig):
    """Each event of a stream reaches the caller before the server sends the next one."""
    heard = asyncio.Queue()

    async def handler(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(5):
            writer.write(b"9\r\ndata: %d\n\n\r\n" % number)
            await asyncio.wait_for(heard.get(), 20)
        writer.write(b"0\r\n\r\n")

    async def call():
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.proxy.port)
        writer.write(b"GET /stream HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        for number in range(5):
            assert await asyncio.wait_for(reader.readexactly(14), 20) == b"9\r\ndata: %d\n\n\r\n" % number
            heard.put_nowait(number)
        assert await asyncio.wait_for(reader.read(), 20) == b"0\r\n\r\n"
        writer.close()

    rig.handler = handler
    rig.run(call())


def test_a_request_is_not_held_up(rig):
    """Each piece of a request reaches the server before the caller sends the next one; an early answer passes too."""
    heard = asyncio.Queue()

    async def handler(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        for _ in range(3):
            heard.put_nowait(await reader.readexactly(6))
        writer.write(answer(b"ok"))

    async def call():
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.proxy.port)
        writer.write(b"POST /v1/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        for piece in (b"1\r\na\r\n", b"1\r\nb\r\n", b"1\r\nc\r\n"):
            writer.write(piece)
            assert await asyncio.wait_for(heard.get(), 20) == piece
        assert (await reader.read()).endswith(b"ok")
        writer.close()

    rig.handler = handler
    rig.run(call())


def test_an_upgraded_connection_is_anything(rig):
    """After 101 the bytes are no HTTP; both directions go on, and the upgrade is counted."""

    async def handler(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x05hello"
        )
        while piece := await reader.read(1000):
            writer.write(piece[::-1])

    async def call():
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.proxy.port)
        writer.write(b"GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(7) == b"\x81\x05hello"
        for piece in (b"POST / HTTP/1.1\r\n\r\n", b"\x00\xff\x01", bytes(256)):
            writer.write(piece)
            assert await asyncio.wait_for(reader.readexactly(len(piece)), 20) == piece[::-1]
        writer.close()

    before = rig.proxy.counts.view().requests["upgrade"]
    rig.handler = handler
    rig.run(call())
    assert rig.proxy.counts.view().requests["upgrade"] == before + 1
    eventually(lambda: not rig.proxy.counts.in_flight)


def test_keep_alive_is_the_servers_business(rig):
    """Two requests on one connection use one connection to the server; its close is the caller's close."""
    connections = []

    async def handler(reader, writer):
        connections.append(1)
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer(b"x"))

    async def call():
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.proxy.port)
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(1)
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()

    rig.handler = handler
    rig.run(call())
    assert connections == [1]


def test_half_a_connection_may_end(rig):
    """A caller that ends its sending still gets its answer."""

    async def handler(reader, writer):
        assert await reader.read() == b"GET / HTTP/1.0\r\n\r\n"
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")

    async def call():
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.proxy.port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 20) == b"HTTP/1.0 200 OK\r\n\r\nuntil the end"
        writer.close()

    rig.handler = handler
    rig.run(call())
    eventually(lambda: not rig.proxy.counts.in_flight)


def test_a_slow_reader_stops_the_server(rig):
    """The proxy buffers no more than sockets do: a server whose caller does not read has to wait."""
    written = []

    async def handler(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 134217728\r\n\r\n")
        for _ in range(128):
            writer.write(bytes(2**20))
            await writer.drain()
            written.append(2**20)

    rig.handler = handler
    with socket.create_connection(("127.0.0.1", rig.proxy.port)) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\n\r\n")
        eventually(lambda: written)
        size = -1
        while size != len(written):  # until it stands still
            size = len(written)
            rig.run(asyncio.sleep(0.2))
        assert size < 64
        with contextlib.suppress(OSError):
            caller.shutdown(socket.SHUT_RDWR)
    eventually(lambda: not rig.proxy.counts.in_flight)


def test_what_is_exposed_is_valid(rig):
    """The proxy's series are in the scrape, in the text format."""
    found = samples(rig.get("/metrics").body.decode())
    assert found['driftgauge_proxy_requests_total{kind="other"}'] > 0
    assert found["driftgauge_proxy_requests_in_flight"] == 0
