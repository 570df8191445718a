"""Many connections, slow ones, garbage and storms of scrapes, against the exporter as a process.

What one such connection may hold, and what is counted of it, is in tests/serve/test_gate.py and tests/serve/test_bad_input.py.
"""

from __future__ import annotations

import contextlib
import json
import random
import resource
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.faults.load import INGEST, Load, rows
from tests.serve.harness import eventually, request

CLOSED = 'driftgauge_listener_connections_closed_total{listener="socket",reason="%s"}'


def crowd(process, clients, seconds):
    """Let a crowd ask; return what it says."""
    command = [sys.executable, str(Path(__file__).with_name("crowd.py")), process.socket, str(clients), str(seconds)]
    done = subprocess.run(command, capture_output=True, timeout=seconds + 60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def memory(process):
    return psutil.Process(process._process.pid).memory_info().rss / 1e6


def answers_a_crowd(serve, clients, seconds):
    # Whoever asks nothing is not closed meanwhile: it takes a while until all of them are there.
    process = serve(f"limits: {{connections: {clients + 10}, header_seconds: 900, idle_seconds: 900}}").ready()
    assert process.ask("POST", INGEST, rows(0)).status == 202
    before = memory(process)
    told = crowd(process, clients, seconds)
    closed = {name: value for name, value in process.scrape().items() if "connections_closed" in name and value}
    assert (told["answers"], closed) == ({"202": clients}, {})
    assert process.scrape()['driftgauge_requests_total{model="fraud",version="0"}'] == clients + 10
    return told | {"memory_MB": round(memory(process) - before, 1)}


def test_five_hundred_connections_at_once_are_answered(serve):
    """All of them are open at the same time, and every one has its answer."""
    answers_a_crowd(serve, 500, 60)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_connections_at_once_are_answered(serve, figure):
    """As five hundred, where as many files may be open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 11_000:
        pytest.skip(f"only {hard} files may be open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        figure(str(answers_a_crowd(serve, 10_000, 600)))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_crowd_beyond_the_limit_costs_those_who_are_there_nothing(serve):
    """Who comes too many is closed and counted; who was there goes on; there is room again afterwards."""
    process = serve("limits: {connections: 20}").ready()
    load = Load(process.socket)
    eventually(lambda: load.rows > 0)
    idle = [socket.socket(socket.AF_UNIX) for _ in range(60)]
    with contextlib.ExitStack() as stack:
        for one in idle:
            stack.enter_context(one)
            one.connect(process.socket)
        eventually(lambda: process.scrape()[CLOSED % "limit"] >= 40)
        before = load.rows
        eventually(lambda: load.rows > before)
    eventually(lambda: _answered(process))
    load.stop()
    assert load.rows == load.sent


def _answered(process):
    with contextlib.suppress(OSError):
        return process.ask("POST", INGEST, rows(0)).status == 202
    return False


def test_slow_clients_hold_nobody_up(serve):
    """A hundred that send a byte now and then are closed when their time is over; others are answered meanwhile."""
    process = serve("limits: {header_seconds: 1.0, body_seconds: 1.0}").ready()
    heads = [b"POST /v1", b"POST /v1/models/f/observations HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n["]
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(100)]
        for number, one in enumerate(slow):
            one.connect(process.socket)
            one.sendall(heads[number % 2])
        stopping = threading.Event()

        def drip():
            while not stopping.wait(0.2):
                for one in slow:
                    with contextlib.suppress(OSError):
                        one.send(b"x")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            for number in range(20):
                assert process.ask("POST", INGEST, rows(number)).status == 202
            eventually(lambda: process.scrape()['driftgauge_listener_connections{listener="socket"}'] <= 1)
        finally:
            stopping.set()
            dripping.join()
    assert process.scrape()['driftgauge_requests_total{model="fraud",version="0"}'] == 200


def garbage(number):
    """Return what no client would send: noise, other protocols, and HTTP that is broken."""
    chance = random.Random(number)
    kinds = (
        lambda: chance.randbytes(chance.randint(1, 5_000)),
        lambda: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + chance.randbytes(300),
        lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + chance.randbytes(50),
        lambda: b"GET /" + b"a" * 70_000,
        lambda: b"\0" * 3_000,
        lambda: b"POST /v1/models/x/observations HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        lambda: b"POST /v1/models/x/observations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        lambda: b"GET /metrics HTTP/9.9\r\n\r\n",
        lambda: b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n",
        lambda: b"\r\n" * 2_000,
        lambda: b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + chance.randbytes(40) + b": y\r\n\r\n",
    )
    return kinds[number % len(kinds)]()


def test_garbage_on_every_listener_changes_nothing(serve):
    """Metrics, Unix socket, ingest port and proxy: they answer as before, count what was good and hold no connection."""
    ports = [_port(), _port()]
    process = serve(
        LISTEN__INGEST=f"127.0.0.1:{ports[0]}",
        PROXY__LISTEN=f"127.0.0.1:{ports[1]}",
        PROXY__UPSTREAM=f"http://127.0.0.1:{ports[0]}",
    ).ready()
    tcp = [socket.AF_INET, *(("127.0.0.1", port) for port in (process.ports[0], *ports))]
    places = [*((socket.AF_INET, address) for address in tcp[1:]), (socket.AF_UNIX, process.socket)]

    def throw(number):
        family, address = places[number % len(places)]
        with socket.socket(family) as made, contextlib.suppress(OSError):
            made.settimeout(5)
            made.connect(address)
            made.sendall(garbage(number // len(places)))
            made.shutdown(socket.SHUT_WR)
            while made.recv(65_536):
                pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(throw, range(300)))
    assert process.ask("POST", INGEST, rows(0)).status == 202
    body = json.dumps(rows(10)).encode()
    assert request("POST", INGEST, body, port=ports[0], Content_Type="application/json").status == 202
    assert request("POST", INGEST, body, port=ports[1], Content_Type="application/json").status == 202
    scrape = process.scrape()
    assert scrape['driftgauge_requests_total{model="fraud",version="0"}'] == 30
    assert {name for name in scrape if "driftgauge_requests_total{" in name} == {
        'driftgauge_requests_total{model="fraud",version="0"}'
    }
    eventually(lambda: process.scrape()['driftgauge_listener_connections{listener="ingest"}'] == 0)
    assert process.end() == 0


def test_a_storm_of_scrapes_under_load_gets_whole_answers(serve):
    """Fifty at once, again and again, while bodies come in: all are answered, and no body is refused."""
    process = serve("defaults: {reference: {learn_rows: 200}}").ready()
    assert process.ask("POST", INGEST, rows(0, 300, 20)).status == 202
    load = Load(process.socket, columns=20)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: process.get("/metrics"), range(200)))
    load.stop()
    assert {answer.status for answer in answers} == {200}
    assert all(b"driftgauge_build_info" in answer.body for answer in answers)
    assert load.rows == load.sent > 0
    assert process.scrape()["driftgauge_collect_errors_total"] == 0


def _port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
