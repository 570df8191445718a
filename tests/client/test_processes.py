"""Threads, event loops, forks, spawned processes and the end of the interpreter."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest

from driftgauge import Monitor
from tests.client.exporters import DEADLINE_SECONDS, eventually, run_python

ROW = np.zeros(5)


def log_rows(monitor, rows):
    for number in range(rows):
        with monitor.request() as request:
            request.log(features=ROW, prediction=number)


def work_in_child(monitor, rows):
    log_rows(monitor, rows)


def work_spawned(endpoint, rows):
    log_rows(Monitor("flights", endpoint=endpoint, shutdown_seconds=20), rows)


def fork(work):
    """Run *work* in a forked child that leaves without Python's clean-up; return its process id."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def wait_for(child):
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_threads_lose_nothing(monitor, exporter):
    """Rows logged by many threads at once all arrive, once."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=log_rows, args=(monitor, 1_000)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert monitor.flush(20)
    assert exporter.rows == exporter.total("requests") == exporter.total("predictions") == 8_000
    assert (monitor._sender.buffer.held, monitor._sender.buffer.in_flight) == (0, 0)


def test_asyncio(monitor, exporter):
    """Requests that overlap in one loop keep their rows and latencies apart."""

    async def handle(number):
        with monitor.request() as request:
            await asyncio.sleep(0.001 * (number % 3))
            request.log(features=ROW, prediction=number)

    async def main():
        await asyncio.gather(*(handle(number) for number in range(300)))

    asyncio.run(main())
    assert monitor.flush(20)
    assert sorted(exporter.column("prediction", "outputs")) == list(range(300))
    assert len(exporter.latencies()) == exporter.total("requests") == 300


def test_forked_workers_send_their_own_rows(make, exporter):
    """A monitor made, used and holding rows before a fork: every process sends its own rows, none twice."""
    monitor = make(exporter, flush_seconds=30)
    log_rows(monitor, 100)

    def work():
        log_rows(monitor, 250)
        if not monitor.flush(20):
            raise TimeoutError

    for child in [fork(work) for _ in range(4)]:
        wait_for(child)
    assert monitor.flush(20)
    assert exporter.rows == exporter.total("requests") == 1_100
    assert len({sent.facts["pid"] for sent in exporter.observations}) == 5
    assert len({sent.key for sent in exporter.attempts}) == len(exporter.attempts)


def test_a_fork_amid_traffic(make, exporter):
    """Forking while other threads log and the sender sends loses nothing of the parent's and blocks no child."""
    monitor = make(exporter)
    stop = threading.Event()
    logged = [0, 0]

    def busy(place):
        while not stop.is_set():
            log_rows(monitor, 50)
            logged[place] += 50
            time.sleep(0)

    threads = [threading.Thread(target=busy, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()

    def work():
        log_rows(monitor, 20)
        if not monitor.flush(20):
            raise TimeoutError

    children = [fork(work) for _ in range(10)]
    stop.set()
    for thread in threads:
        thread.join()
    for child in children:
        wait_for(child)
    assert monitor.flush(20)
    assert exporter.total("requests") == sum(logged) + 200
    assert exporter.rows + sum((exporter.total("dropped") or {}).values()) == sum(logged) + 200


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing_children_flush_at_their_end(make, exporter, method):
    """Children of `multiprocessing` end without `atexit`; what they logged is sent all the same."""
    context = multiprocessing.get_context(method)
    if method == "fork":
        monitor = make(exporter, flush_seconds=30, shutdown_seconds=20)
        monitor.log(features=ROW, prediction=-1)
        target, argument = work_in_child, monitor
    else:
        target, argument = work_spawned, exporter.endpoint
    children = [context.Process(target=target, args=(argument, 100)) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join(DEADLINE_SECONDS)
        assert child.exitcode == 0
    assert exporter.rows == exporter.total("requests") == 400


def test_a_killed_worker_loses_at_most_its_buffer(make, exporter):
    """What was answered before the kill has been counted, what was not is gone, nothing is counted twice."""
    monitor = make(exporter)

    def work():
        log_rows(monitor, 100)
        monitor.flush(20)
        log_rows(monitor, 50)
        time.sleep(DEADLINE_SECONDS)

    child = fork(work)
    eventually(lambda: exporter.rows >= 100)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert 100 <= exporter.rows <= 150
    log_rows(monitor, 10)
    assert monitor.flush(20)
    assert exporter.rows == exporter.total("requests") <= 160


def test_rows_are_sent_when_the_interpreter_ends(exporter):
    """A script that logs and ends loses nothing."""
    script = (
        "import sys, numpy, driftgauge\n"
        "monitor = driftgauge.Monitor('m', endpoint=sys.argv[1], flush_seconds=60, shutdown_seconds=20)\n"
        "for number in range(500): monitor.log(features=numpy.zeros(4), prediction=number)\n"
    )
    result = run_python(script, exporter.endpoint)
    assert (exporter.rows, result.stderr) == (500, "")


def test_the_end_is_not_held_up_for_long(folder):
    """Without an exporter a process ends at its deadline, quietly."""
    script = (
        "import sys, time, numpy, driftgauge\n"
        "monitor = driftgauge.Monitor('m', endpoint=sys.argv[1], shutdown_seconds=0.3)\n"
        "monitor.log(features=numpy.zeros(4), prediction=1)\n"
        "import atexit; started = time.monotonic()\n"
        "atexit._run_exitfuncs(); print(time.monotonic() - started)\n"
    )
    result = run_python(script, str(folder / "nobody"))
    assert float(result.stdout) < 5.0
    assert "Traceback" not in result.stderr


def test_logging_from_a_signal_handler_and_a_finalizer(monitor, exporter):
    """No lock is taken, so a call that interrupts a call cannot wait for it."""

    class Logs:
        def __del__(self):
            monitor.log(features=ROW, prediction=2)

    def handle(*_):
        monitor.log(features=ROW, prediction=3)
        signal.setitimer(signal.ITIMER_REAL, 0.001)  # again, but not inside itself: a slow machine would never come out

    previous = signal.signal(signal.SIGALRM, handle)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        for _ in range(2_000):
            monitor.log(features=ROW, prediction=1)
            Logs()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert monitor.flush(20)
    predictions = exporter.column("prediction", "outputs")
    assert predictions.count(1) == predictions.count(2) == 2_000
    assert len(predictions) == exporter.total("requests")


def test_a_monitor_that_is_forgotten_sends_its_rows(exporter):
    """A monitor that nobody holds any more has still its thread."""
    Monitor("flights", endpoint=exporter.endpoint, flush_seconds=0.02).log(features=ROW, prediction=1)
    assert eventually(lambda: exporter.rows) == 1


def test_imports_need_no_extra():
    """The client imports with NumPy alone, and importing starts nothing."""
    script = """
import sys, threading, os
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"aiohttp", "msgspec", "yaml", "prometheus_client", "scipy", "pandas", "sklearn", "torch"}:
            raise ImportError(name)
sys.meta_path.insert(0, Blocker())
import driftgauge
assert "driftgauge.client" not in sys.modules and "numpy" not in sys.modules
from driftgauge import Monitor
loaded = {name.partition(".")[2].partition(".")[0] for name in sys.modules if name.startswith("driftgauge.")}
assert loaded <= {"client", "batch", "tokens", "generations", "report", "failures", "derive", "errors"}, loaded
assert threading.active_count() == 1
monitor = Monitor("m", endpoint="/nowhere", shutdown_seconds=0)
assert threading.active_count() == 1
monitor.log(features={"a": 1}, prediction=1)
assert threading.active_count() == 2
"""
    run_python(script)


def test_processes_share_one_exporter(make, real_exporter):
    """Totals of sixteen forked workers are exact at the real exporter."""
    monitor = make(real_exporter)

    def work():
        log_rows(monitor, 100)
        if not monitor.flush(20):
            raise TimeoutError

    for child in [fork(work) for _ in range(16)]:
        wait_for(child)
    assert real_exporter.counter("driftgauge_requests_total", model="flights") == 1_600
    assert real_exporter.counter("driftgauge_predictions_total", model="flights") == 1_600
