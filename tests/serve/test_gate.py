"""What clients may hold of a listener: connections, heads, bodies, answers that they do not read, and storms of scrapes."""

from __future__ import annotations

import asyncio
import contextlib
import grp
import os
import socket
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from driftgauge.config import ListenSettings
from driftgauge.errors import ConfigError
from driftgauge.serve import doors
from driftgauge.serve.binding import bound_unix
from driftgauge.serve.guard.connection import HEAD_BYTES
from driftgauge.serve.guard.counts import ListenerCounts
from driftgauge.serve.guard.gate import Gate, GateLimits
from driftgauge.serve.shared import Shared
from tests.serve.certificates import Authority
from tests.serve.harness import SECONDS, eventually
from tests.serve.secured import Secured

GET = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /v1/models/fraud/observations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Look after connections often, so that tests need not wait for a second."""
    original = doors.limits_of
    monkeypatch.setattr(doors, "limits_of", lambda *a, **k: replace(original(*a, **k), sweep_seconds=0.02))


def connected(exporter: Secured, listener: str = "ingest") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", exporter.port(listener)), timeout=SECONDS)
    made.settimeout(SECONDS)
    return made


def ended(made: socket.socket) -> bool:
    """Whether the exporter has ended a connection, once what it said is read."""
    try:
        while made.recv(65_536):
            pass
    except ConnectionError:
        pass
    return True


def closed(exporter: Secured, reason: str, listener: str = "ingest") -> float:
    return exporter.counted("closed", listener=listener, reason=reason)


@pytest.mark.parametrize("listener", ["metrics", "ingest"])
def test_more_connections_than_the_limit_are_closed_at_once(listener):
    """Those that are open go on; when one ends there is room again."""
    with Secured(more="limits: {connections: 3, metrics_connections: 3}") as exporter, contextlib.ExitStack() as stack:
        counts = exporter.engine.health.listeners[listener]
        held = [stack.enter_context(connected(exporter, listener)) for _ in range(3)]
        eventually(lambda: counts.open == 3)
        with connected(exporter, listener) as beyond:
            assert ended(beyond)
        assert closed(exporter, "limit", listener) == 1
        held[0].sendall(GET)
        assert held[0].recv(100).startswith(b"HTTP/1.1 200")
        held[1].close()
        eventually(lambda: counts.open == 2)
        with connected(exporter, listener) as again:
            again.sendall(GET)
            assert again.recv(100).startswith(b"HTTP/1.1 200")


def test_connections_that_stall_in_the_tls_handshake_count_and_end(tmp_path):
    authority = Authority(tmp_path / "ca")
    cert, key = authority.issue("server")
    (tmp_path / "web.yml").write_text(f"tls_server_config: {{cert_file: {cert}, key_file: {key}}}")
    limits = "limits: {metrics_connections: 2, header_seconds: 0.3}"
    with Secured(f"metrics_web_config: {tmp_path / 'web.yml'}", limits) as exporter, contextlib.ExitStack() as stack:
        held = [stack.enter_context(connected(exporter, "metrics")) for _ in range(2)]
        with connected(exporter, "metrics") as beyond:
            assert ended(beyond)
        assert all(ended(made) for made in held)
        eventually(lambda: exporter.engine.health.listeners["metrics"].open == 0)


def test_a_head_that_drips_in_is_ended():
    """Each byte comes in time; the head as a whole does not."""
    with Secured(more="limits: {header_seconds: 0.2}") as exporter, connected(exporter) as made:
        made.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
        with contextlib.suppress(ConnectionError):
            for number in range(1_000):
                made.sendall(b"X-%d: y\r\n" % number)
                if closed(exporter, "header_timeout"):
                    break
                made.settimeout(0.02)
                with contextlib.suppress(TimeoutError):
                    made.recv(1)
        assert closed(exporter, "header_timeout") == 1


def test_a_second_head_on_a_kept_connection_is_bounded_too():
    with Secured(more="limits: {header_seconds: 0.2}") as exporter, connected(exporter) as made:
        made.sendall(GET)
        assert made.recv(4_096).startswith(b"HTTP/1.1 200")
        made.sendall(GET[:10])
        assert ended(made)
        assert closed(exporter, "header_timeout") == 1


def test_a_head_that_is_too_large_is_ended():
    with Secured() as exporter, connected(exporter) as made:
        made.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
        with contextlib.suppress(ConnectionError):
            for number in range(HEAD_BYTES // 1_000 + 30):
                made.sendall(b"X-%d: %s\r\n" % (number, b"y" * 1_000))
            ended(made)
        eventually(lambda: closed(exporter, "header_size") == 1)


def test_one_line_that_is_too_long_is_refused():
    with Secured() as exporter:
        assert exporter.ask("metrics", **{"X-Long": "y" * 9_000}).status == 400
        assert exporter.counted("refused", listener="metrics", reason="malformed") == 1


def test_a_body_that_does_not_arrive_is_refused_within_its_time():
    with Secured(more="limits: {body_seconds: 0.2}") as exporter, connected(exporter) as made:
        made.sendall(POST + b"{")
        assert made.recv(4_096).startswith(b"HTTP/1.1 408")
        assert exporter.engine.health.dropped["slow"] == 1


def test_a_body_that_nobody_waits_for_is_ended_too(monkeypatch):
    """A handler that sets no time of its own is covered."""
    monkeypatch.setattr("driftgauge.serve.guard.connection._GRACE_SECONDS", 0.0)
    monkeypatch.setattr("driftgauge.serve.ingest_app._Receiver._arrival_seconds", SECONDS)
    with Secured(more="limits: {body_seconds: 0.2}") as exporter, connected(exporter) as made:
        made.sendall(POST + b"{")
        assert ended(made)
        assert closed(exporter, "body_timeout") == 1


def test_a_large_refused_body_does_not_count_as_a_head():
    """The answer comes, though the body is still on its way."""
    with Secured(more="limits: {body_bytes: 1024}") as exporter:
        answer = exporter.ask("ingest", "POST", "/v1/models/fraud/observations", b" " * 500_000)
        assert answer.status == 413
        assert closed(exporter, "header_size") == 0


@pytest.mark.parametrize("talks", [True, False])
def test_a_connection_on_which_nothing_is_asked_is_closed(talks):
    with Secured(more="limits: {idle_seconds: 0.2}") as exporter, connected(exporter) as made:
        if talks:
            made.sendall(GET)
            assert made.recv(4_096).startswith(b"HTTP/1.1 200")
        assert ended(made)
        assert closed(exporter, "idle") == 1


def test_an_answer_that_is_not_read_is_given_up(monkeypatch):
    """Its memory is free again, and others are answered meanwhile."""
    monkeypatch.setattr("driftgauge.serve.api.list_models", lambda *_: {"models": "x" * 50_000_000})
    with Secured(more="limits: {write_seconds: 0.2}") as exporter, connected(exporter, "metrics") as made:
        made.sendall(b"GET /api/v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        assert exporter.ask("metrics", path="/-/healthy").status == 200
        eventually(lambda: closed(exporter, "slow_reader", "metrics") == 1)
        assert ended(made)


def test_the_metrics_tell_of_the_connections():
    with Secured(more="limits: {connections: 1}") as exporter, connected(exporter), connected(exporter) as beyond:
        assert ended(beyond)
        scrape = exporter.scrape()
        assert scrape['driftgauge_listener_connections{listener="ingest"}'] == 1
        assert scrape['driftgauge_listener_connections{listener="metrics"}'] == 1
        assert scrape['driftgauge_listener_connections_closed_total{listener="ingest",reason="limit"}'] == 1
        assert scrape['driftgauge_listener_requests_refused_total{listener="metrics",reason="no_credentials"}'] == 0


def test_a_storm_of_scrapes_is_rendered_a_few_times():
    """Fifty at once share what is rendered; each gets a whole answer."""
    rendered = []
    with Secured() as exporter:
        gate = threading.Event()
        views = exporter.engine._views
        exporter.engine._views = lambda: rendered.append(1) or (gate.wait(SECONDS), views())[1]
        with ThreadPoolExecutor(50) as pool:
            asked = [pool.submit(exporter.ask, "metrics") for _ in range(50)]
            eventually(lambda: exporter.engine.health.listeners["metrics"].open == 50)
            gate.set()
            answers = [one.result() for one in asked]
        assert {answer.status for answer in answers} == {200}
        assert all(b"driftgauge_build_info" in answer.body for answer in answers)
        assert len(rendered) <= 3
        assert exporter.scrape()["driftgauge_answers_shared_total"] >= 47


def test_shared_work_begins_after_it_was_asked_for():
    """Who asks while an answer is being made gets the next one, so nothing counted before is missing."""

    async def story() -> list[int]:
        shared, made, go = Shared(), [], asyncio.Event()

        async def work() -> int:
            made.append(len(made))
            number = made[-1]
            await go.wait()
            return number

        first = asyncio.create_task(shared.once("key", work))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        later = [asyncio.create_task(shared.once("key", work)) for _ in range(3)]
        await asyncio.sleep(0)
        later[0].cancel()  # who goes away takes nothing from the others
        go.set()
        found = [await first, await later[1], await later[2]]
        return [*found, len(made), shared.joined]

    assert asyncio.run(story()) == [0, 1, 1, 2, 2]


def test_a_failure_reaches_everyone_who_waits():
    async def story() -> list[str]:
        shared = Shared()

        async def work() -> int:
            raise ValueError("broken")

        found = await asyncio.gather(*(shared.once("key", work) for _ in range(3)), return_exceptions=True)
        return [str(error) for error in found]

    assert asyncio.run(story()) == ["broken"] * 3


def opened(settings: ListenSettings) -> None:
    bound_unix(settings, Gate(ListenerCounts("socket"), GateLimits())).close()


def test_the_socket_is_given_to_a_group(tmp_path, monkeypatch):
    """By number or by name, and its mode stands before anyone can connect."""
    monkeypatch.chdir(tmp_path)
    for group in (str(os.getgid()), grp.getgrgid(os.getgid()).gr_name):
        opened(ListenSettings(socket="s", socket_mode="0620", socket_group=group))
        found = Path("s").stat()
        assert (found.st_gid, stat.S_IMODE(found.st_mode)) == (os.getgid(), 0o620)
        Path("s").unlink()


@pytest.mark.parametrize("setting", ["socket_owner", "socket_group"])
def test_a_socket_that_cannot_be_given_away_is_refused(tmp_path, monkeypatch, setting):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"listen\.socket_owner, listen\.socket_group: s cannot be given to"):
        opened(ListenSettings(socket="s", **{setting: "no-such-name"}))
    assert not Path("s").exists()
