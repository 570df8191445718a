"""Faults: of the observer (the traffic goes on), of the model server and of callers (passed on and counted)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct

import pytest

from driftgauge.serve.proxy import observer
from driftgauge.serve.proxy.framing import MessageReader
from driftgauge.serve.proxy.watch import Watch
from tests.serve.harness import eventually, of_model, request
from tests.serve.proxy.rig import Forwarding, answer, post

REQUEST = post("/v1/completions", b'{"model": "m", "prompt": "Hi"}')
ANSWER = answer(
    b'{"choices": [{"index": 0, "text": "Ho", "finish_reason": "stop"}], "usage": {"completion_tokens": 1}}'
)


def call(rig):
    """Make a call, see it pass unchanged, and return a scrape after it."""
    seen = bytearray()
    assert rig.exchange(REQUEST, answer=[ANSWER], seen=seen) == ANSWER
    assert bytes(seen) == REQUEST
    return rig.settled()


def unobserved(scrape, reason):
    return scrape[f'driftgauge_proxy_unobserved_total{{reason="{reason}"}}']


def failures(rig):
    return {reason: count for reason, count in rig.proxy.counts.view().failures.items() if count}


def explode(*_, **__):
    raise RuntimeError("a fault of ours")


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (MessageReader, "feed"),
        (Watch, "begin"),
        (Watch, "respond"),
        (Watch, "keep"),
        (Watch, "complete"),
        (observer.Observer, "take"),
        (observer.Observer, "reserve"),
    ],
    ids=lambda part: getattr(part, "__name__", part),
)
def test_a_fault_while_watching_leaves_the_traffic_alone(where, what, monkeypatch):
    """Whatever breaks beside the connection, its bytes pass, and a counter moves."""
    with Forwarding() as rig:
        monkeypatch.setattr(where, what, explode)
        assert unobserved(call(rig), "internal") >= 1
        monkeypatch.undo()
        assert of_model(call(rig), "requests_total", "m") == 1


@pytest.mark.parametrize("what", ["decode_openai", "unpacked", "Arrivals"])
def test_a_fault_while_decoding_costs_one_exchange(what, monkeypatch):
    """The thread goes on after a fault."""
    with Forwarding() as rig:
        monkeypatch.setattr(observer, what, explode)
        assert unobserved(call(rig), "internal") == 1
        monkeypatch.undo()
        found = call(rig)
        assert of_model(found, "requests_total", "m") == 1
        assert unobserved(found, "internal") == 1


def test_a_dead_thread_leaves_the_traffic_alone(monkeypatch):
    """Where no observer runs any more the copies fill their share of the memory, and the traffic goes on."""
    with Forwarding("limits: {queue_bytes: 4096}") as rig:
        monkeypatch.setattr(observer.Observer, "_work", lambda _: None)
        for _ in range(30):
            assert rig.exchange(REQUEST, answer=[ANSWER]) == ANSWER
        assert rig.scrape()['driftgauge_proxy_unobserved_total{reason="queue_full"}'] > 0
        assert rig.engine.health.queue_bytes <= 4096
        monkeypatch.undo()


def test_a_stalled_engine_leaves_the_traffic_alone():
    """While the models' lock is held, calls pass and wait in bounded memory; afterwards they count."""
    with Forwarding() as rig:
        with rig.engine._lock:
            for _ in range(20):
                assert rig.exchange(REQUEST, answer=[ANSWER]) == ANSWER
        assert of_model(rig.settled(), "requests_total", "m") == 20


def test_a_large_copy_is_given_up_but_its_call_is_counted():
    """A body over the limit is not observed; a call whose path names its model still counts."""
    with Forwarding(body_bytes=1024) as rig:
        body = json.dumps({"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1.5]}]}).encode()
        reply = answer(json.dumps({"outputs": [{"name": "y", "shape": [1], "datatype": "FP32", "data": [1]}]}).encode())
        assert rig.exchange(post("/v2/models/m/infer", body), answer=[reply]) == reply
        large = answer(b" " * 2000)
        assert rig.exchange(post("/v2/models/m/infer", body), answer=[large]) == large
        found = rig.settled()
        assert unobserved(found, "too_large") == 1
        assert of_model(found, "requests_total", "m") == 2
        assert of_model(found, "predictions_total", "m") == 1


def test_an_invalid_configuration_stops_counting_but_not_forwarding():
    with Forwarding() as rig:
        rig.engine.health.counting = False
        found = call(rig)
        assert found['driftgauge_proxy_unobserved_total{reason="config_invalid"}'] == 1


def test_a_server_that_refuses_is_a_502():
    """The caller is told in a form that it can read, and the connection ends."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        upstream = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with Forwarding(upstream=upstream) as rig:
            told = request("POST", "/v1/completions", b"{}" * 100_000, port=rig.proxy.port)
            assert (told.status, told.json["status"]) == (502, 502)
            assert told.headers["Connection"] == "close"
            head = request("HEAD", "/", port=rig.proxy.port)
            assert (head.status, head.body) == (502, b"")
            assert failures(rig) == {"refused": 2}
            rig.settled()


def test_a_server_that_does_not_answer_is_a_504(monkeypatch):
    with Forwarding(connect_seconds=0.01) as rig:

        async def never(*_, **__):
            await asyncio.Event().wait()

        monkeypatch.setattr(rig._loop, "create_connection", never)
        assert request("GET", "/", port=rig.proxy.port).status == 504
        assert failures(rig) == {"timeout": 1}


def test_a_server_error_is_passed_on_and_counted():
    """5xx is the model server's word: unchanged to the caller, a failure of the proxy's, a failed request of the model's."""
    with Forwarding() as rig:
        call(rig)
        bad = answer(b'{"error": {"message": "CUDA"}}', "500 Internal Server Error")
        assert rig.exchange(REQUEST, answer=[bad]) == bad
        found = rig.settled()
        assert failures(rig) == {"status": 1}
        assert of_model(found, "requests_total", "m") == 2
        assert of_model(found, "request_failures_total", "m", reason="error") == 1


def test_failures_register_no_model():
    """A name that only ever failed is what callers made up: it becomes no series."""
    with Forwarding() as rig:
        lost = answer(b'{"error": "no such model"}', "404 Not Found")
        assert rig.exchange(post("/v1/completions", b'{"model": "made-up", "prompt": ""}'), answer=[lost]) == lost
        found = rig.settled()
        assert unobserved(found, "unknown_model") == 1
        assert not any('model="made-up"' in name for name in found)


def test_a_cut_response_stays_cut():
    """A server that dies in the middle of its answer is a broken response to the caller, never a complete one."""

    async def handler(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhalf of it")
        await writer.drain()
        await asked.wait()
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    with Forwarding(handler=handler) as rig:
        asked = asyncio.Event()
        with socket.create_connection(("127.0.0.1", rig.proxy.port)) as caller:
            caller.settimeout(20)
            caller.sendall(b"GET / HTTP/1.1\r\n\r\n")
            found = b""
            while not found.endswith(b"half of it"):
                found += caller.recv(1000)
            rig._loop.call_soon_threadsafe(asked.set)
            with pytest.raises(ConnectionResetError):
                caller.recv(1000)
        rig.settled()
        assert failures(rig) == {"broken": 1}


def test_a_closed_response_is_broken():
    """Fewer bytes than were promised are as many for the caller, and counted."""
    with Forwarding() as rig:
        short = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"
        assert rig.exchange(REQUEST, answer=[short]) == short
        rig.settled()
        assert failures(rig) == {"broken": 1}


def test_a_caller_that_goes_away_is_seen_by_the_server():
    """The model server sees the connection end, so that it can stop; the request counts as cancelled, and apart."""
    gone = []

    async def handler(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(len(body_sent))
        assert json.loads(body)["stream"]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        event = b'data: {"model": "m", "choices": [{"index": 0, "delta": {"content": "x"}}]}\n\n'
        writer.write(b"%x\r\n%s\r\n" % (len(event), event))
        with contextlib.suppress(ConnectionError):
            await reader.read()
        gone.append(True)

    body_sent = json.dumps({"model": "m", "stream": True, "messages": []}).encode()
    with Forwarding(handler=handler) as rig:
        with socket.create_connection(("127.0.0.1", rig.proxy.port)) as caller:
            caller.settimeout(20)
            caller.sendall(post("/v1/chat/completions", body_sent))
            found = b""
            while b"data:" not in found:
                found += caller.recv(1000)
        eventually(lambda: gone, "the server does not notice")
        found = rig.settled()
        assert found["driftgauge_proxy_client_disconnects_total"] == 1
        assert failures(rig) == {}
        # It failed before the model was known, so it registers none.
        assert unobserved(found, "unknown_model") == 1


def test_stopping_lets_calls_end():
    """Told to stop, the proxy takes no connection, ends idle ones, and lets a call that is under way be answered."""
    with Forwarding(drain_seconds=20.0) as rig:
        asked, answering = asyncio.Event(), asyncio.Event()

        async def handler(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            await answering.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await reader.read()

        async def both():
            idle, idle_writer = await asyncio.open_connection("127.0.0.1", rig.proxy.port)
            reader, writer = await asyncio.open_connection("127.0.0.1", rig.proxy.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await asked.wait()
            closing = asyncio.create_task(rig.proxy.close())
            assert await asyncio.wait_for(idle.read(), 20) == b""
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", rig.proxy.port)
            answering.set()
            assert (await asyncio.wait_for(reader.read(), 20)).endswith(b"ok")
            await asyncio.wait_for(closing, 20)
            idle_writer.close()
            writer.close()

        rig.handler = handler
        rig.run(both())
