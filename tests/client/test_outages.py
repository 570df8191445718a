"""The exporter may be absent, stopped, slow, restarted or full: calls go on, memory is bounded, drops are told later."""

from __future__ import annotations

import signal
import time

import numpy as np
import psutil
import pytest

from tests.client.exporters import DEADLINE_SECONDS, FakeExporter, eventually, running

ROW = np.zeros(50)
#: far more than this many calls take, far less than one timeout of the thread for each
CALLS, CALLS_SECONDS = 20_000, 20.0


def log_many(monitor, calls=CALLS):
    """Log many rows and fail if the calls waited for anything."""
    started = time.monotonic()
    for number in range(calls):
        monitor.log(features=ROW, prediction=number)
    assert time.monotonic() - started < CALLS_SECONDS


def test_an_absent_exporter_costs_rows_and_nothing_else(make, folder):
    """Without an exporter calls return, memory stays within the bound; when it comes, the drops are told."""
    monitor = make(f"unix:{folder / 's'}", buffer_bytes=2**18)
    log_many(monitor)
    sender = monitor._sender
    eventually(lambda: not len(sender.buffer))
    assert sender._outbox.held <= 2**18 // 2
    with running(FakeExporter(folder / "s")) as exporter:
        assert not monitor.flush(DEADLINE_SECONDS)
        monitor.log(features=ROW, prediction=1)
        assert monitor.flush(DEADLINE_SECONDS)
        dropped = exporter.total("dropped")
        assert 0 < exporter.rows < CALLS
        assert exporter.rows + sum(dropped.values()) == CALLS + 1
        assert exporter.total("requests") == CALLS + 1
        assert exporter.column("prediction", "outputs")[-2] > CALLS * 0.9 or "buffer_full" in dropped


def test_the_newest_rows_are_kept(make, folder):
    """While the exporter is away the oldest bodies make room."""
    monitor = make(f"unix:{folder / 's'}", buffer_bytes=2**18)
    for number in range(3_000):
        monitor.log(features=ROW, prediction=number)
        if number % 100 == 99:
            eventually(lambda: not len(monitor._sender.buffer))
    with running(FakeExporter(folder / "s")) as exporter:
        assert not monitor.flush(DEADLINE_SECONDS)
        numbers = exporter.column("prediction", "outputs")
        assert numbers == sorted(numbers)
        assert (numbers[-1], numbers[0] >= 0) == (2_999, True)
        assert exporter.total("dropped") == {"unsent": 3_000 - len(numbers)}


def test_late_rows_say_when_they_happened(make, folder, monkeypatch):
    """Rows that waited for the exporter carry their time; fresh ones do not need it."""
    monkeypatch.setattr("driftgauge.client.sender._LATE_SECONDS", 0.3)
    monitor = make(f"unix:{folder / 's'}")
    before = time.time()
    monitor.log(features=np.zeros((2, 3)))
    eventually(lambda: time.time() > before + 0.5)
    after = time.time()
    with running(FakeExporter(folder / "s")) as exporter:
        assert monitor.flush(DEADLINE_SECONDS)
        assert all(before - 1 <= moment <= after for moment in exporter.batches[0].timestamps)
        monitor.log(features=ROW)
        assert monitor.flush()
        assert exporter.batches[-1].timestamps is None


def test_a_lost_answer_counts_nothing_twice(monitor, exporter):
    """A body whose answer was lost is sent again with the same key and the same totals."""
    exporter.answers = [None, None]
    monitor.log(features=ROW, prediction=1)
    assert monitor.flush(DEADLINE_SECONDS)
    assert len({sent.key for sent in exporter.attempts}) == 1
    assert len(exporter.attempts) >= 2
    assert len({sent.content for sent in exporter.attempts}) == 1
    assert exporter.total("requests") == 1


def test_a_busy_exporter_is_left_alone_for_a_while(monitor, exporter):
    """After 429 the same body comes again, not before the time that was asked for."""
    exporter.answers = [429]
    started = time.monotonic()
    monitor.log(features=ROW, prediction=1)
    assert monitor.flush(DEADLINE_SECONDS)
    assert time.monotonic() - started >= 0.9
    assert [sent.key for sent in exporter.attempts] == [exporter.attempts[0].key] * 2
    assert exporter.rows == 1


def test_a_refused_body_is_dropped_and_told(monitor, exporter, caplog):
    """What the exporter refuses is not sent again; its totals go with the next body."""
    exporter.answers = [400]
    monitor.log(features=np.zeros((3, 2)), prediction=[1, 2, 3])
    assert not monitor.flush(DEADLINE_SECONDS)
    monitor.log(features=ROW, prediction=1)
    assert monitor.flush(DEADLINE_SECONDS)
    assert exporter.total("dropped") == {"refused": 3}
    assert (exporter.total("requests"), exporter.total("predictions"), exporter.rows) == (2, 4, 1)
    assert "400" in caplog.text


def test_a_slow_exporter_slows_nobody(make, folder):
    """Calls do not wait for an exporter that answers late."""
    with running(FakeExporter(folder / "s")) as exporter:
        exporter.delay = 0.2
        monitor = make(exporter, buffer_bytes=2**18)
        log_many(monitor)
        exporter.delay = 0.0
        monitor.flush(DEADLINE_SECONDS)  # false where some found no room
        monitor.log(features=ROW)
        assert monitor.flush(DEADLINE_SECONDS)
        assert exporter.rows + sum(exporter.total("dropped").values()) == CALLS + 1
        assert exporter.total("requests") == CALLS + 1


def test_a_restarted_exporter_gets_the_rest(make, folder):
    """A kept-alive connection that has gone is replaced without losing a body."""
    exporter = FakeExporter(folder / "s")
    monitor = make(exporter)
    for _ in range(2):
        with running(exporter):
            monitor.log(features=ROW)
            assert monitor.flush(DEADLINE_SECONDS)
    assert (exporter.rows, exporter.total("requests")) == (2, 2)


@pytest.mark.parametrize("ending", ["continued", "killed"])
def test_a_stopped_exporter(make, real_exporter, ending):
    """A stopped exporter accepts and does not answer: calls return, memory is bounded, afterwards the totals are exact."""
    monitor = make(real_exporter, buffer_bytes=2**20)
    monitor.log(features=ROW, prediction=1)
    assert monitor.flush(DEADLINE_SECONDS)
    before = psutil.Process().memory_info().rss
    real_exporter.signal(signal.SIGSTOP)
    log_many(monitor)
    assert not monitor.flush(1.0)
    log_many(monitor)
    assert psutil.Process().memory_info().rss - before < 32 * 2**20
    assert monitor._sender.buffer.held <= 2**20
    assert monitor._sender._outbox.held <= 2**20
    counted_before = 1
    if ending == "continued":
        real_exporter.signal(signal.SIGCONT)
    else:
        real_exporter.kill()
        real_exporter.start()
        counted_before = 0
    monitor.flush(DEADLINE_SECONDS)  # false where some found no room
    monitor.log(features=ROW, prediction=1)
    assert monitor.flush(DEADLINE_SECONDS)
    expected = counted_before + 2 * CALLS + 1
    assert eventually(lambda: real_exporter.counter("driftgauge_requests_total") == expected)


def test_an_endpoint_that_makes_no_sense(make, caplog):
    """A mistyped endpoint is told once and costs nothing else."""
    monitor = make("ftp://nowhere")
    log_many(monitor, 100)
    assert eventually(lambda: "ftp://nowhere" in caplog.text)


def test_tcp(make, folder):
    """The exporter may be reached over TCP as well."""
    from http.server import ThreadingHTTPServer

    exporter = FakeExporter(folder / "s").start()
    handler = exporter._server.RequestHandlerClass
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        import threading

        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monitor = make(f"http://127.0.0.1:{server.server_address[1]}", token="secret")
        monitor.log(features=ROW, prediction=1)
        assert monitor.flush(DEADLINE_SECONDS)
        monitor.close()
        server.shutdown()
    exporter.stop()
    assert exporter.rows == 1
    assert exporter.sent[0].path.endswith("/observations")
