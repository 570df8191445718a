"""What client processes tell of themselves: to a fake exporter, and what the real one makes of it."""

from __future__ import annotations

import os
import signal

import numpy as np

from driftgauge.client import sender
from tests.client.exporters import eventually
from tests.client.test_processes import fork, log_rows, wait_for

WORKERS = 16
ROW = np.zeros(5)


def test_an_idle_process_says_that_it_lives(monkeypatch, make, exporter):
    """A process that has reported goes on reporting, without rows; one that never has does not begin."""
    monkeypatch.setattr(sender, "_ALIVE_SECONDS", 0.05)
    monitor = make(exporter)
    monitor.log(features=ROW, prediction=1)
    assert monitor.flush()
    signs = eventually(lambda: [sent for sent in exporter.sent if not sent.has_rows][2:])
    assert all((sent.facts["requests"], sent.facts["predictions"]) == (0, 0) for sent in signs)
    assert len({sent.facts["process"] for sent in exporter.sent}) == 1
    assert (exporter.rows, exporter.total("requests")) == (1, 1)


def test_the_end_of_a_process_is_told_once(make, exporter):
    """Closing sends what waits, then a last word; a monitor that has sent nothing says nothing."""
    monitor = make(exporter, flush_seconds=30)
    monitor.log(features=ROW, prediction=1)
    assert monitor.close(20)
    assert [sent.facts.get("ended", False) for sent in exporter.sent] == [False, True]
    assert make(exporter).close(20)
    assert len(exporter.sent) == 2


def test_the_end_of_a_block_is_the_end_of_its_monitor(make, exporter):
    """A `with` block sends what waits and says the last word."""
    with make(exporter, flush_seconds=30, shutdown_seconds=20) as monitor:
        monitor.log(features=ROW, prediction=1)
    assert [sent.facts.get("ended", False) for sent in exporter.sent] == [False, True]


def test_nobody_waits_to_say_goodbye(make, exporter):
    """When the exporter is away and nothing waits, closing does not hold the process up."""
    monitor = make(exporter)
    monitor.log(features=ROW, prediction=1)
    assert monitor.flush()
    exporter.stop()
    assert monitor.close(20)


def test_totals_stay_exact_under_sampling(make, real_exporter):
    """Requests, predictions and failures at the real exporter are those of the calls, whatever is sampled."""
    monitor = make(real_exporter, sample=0.1)
    for number in range(1_000):
        monitor.log(
            features=ROW, prediction=number % 2, latency_s=0.01, status="timeout" if number % 100 == 0 else "ok"
        )
    with monitor.request() as request:
        request.log(features=np.zeros((7, 5)), prediction=np.zeros(7))
        assert monitor.flush(20)
        counter = real_exporter.counter
        assert eventually(lambda: counter("driftgauge_requests_in_flight", model="flights")) == 1
    assert monitor.flush(20)
    assert counter("driftgauge_requests_total", model="flights") == 1_001
    assert counter("driftgauge_predictions_total", model="flights") == 997
    assert counter("driftgauge_request_failures_total", model="flights", reason="timeout") == 10
    assert counter("driftgauge_request_duration_seconds_count", model="flights") == 1_001
    assert counter("driftgauge_client_sample_ratio", model="flights") == 0.1
    assert 40 < counter("driftgauge_learning_rows", model="flights") < 250


def test_sixteen_workers_and_a_killed_one(make, real_exporter):
    """Totals are exact; the killed worker loses what it had not sent and no more, and is missed."""
    monitor, slow = make(real_exporter), make(real_exporter, flush_seconds=60)
    ready, told = os.pipe()

    def work():
        log_rows(monitor, 100)
        if not monitor.close(20):
            raise TimeoutError

    def work_and_die():
        log_rows(slow, 100)
        slow.flush(20)
        log_rows(slow, 7)
        os.write(told, b"x")
        signal.pause()

    victim = fork(work_and_die)
    workers = [fork(work) for _ in range(WORKERS - 1)]
    assert os.read(ready, 1) == b"x"
    os.close(ready), os.close(told)
    os.kill(victim, signal.SIGKILL)
    os.waitpid(victim, 0)
    for worker in workers:
        wait_for(worker)
    counter = real_exporter.counter
    assert counter("driftgauge_requests_total", model="flights") == WORKERS * 100
    assert counter("driftgauge_predictions_total", model="flights") == WORKERS * 100
    assert counter("driftgauge_client_exits_total", model="flights", reason="closed") == WORKERS - 1
    # The one that said nothing is still expected; a minute later it is counted as silent (tests/serve/test_clients.py).
    assert counter("driftgauge_client_processes", model="flights") == 1
