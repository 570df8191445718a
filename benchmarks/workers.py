"""Workers: what many processes of a model server cost one exporter, each with a monitor of its own.

Target: 32 processes that log 100 rows a second each, row by row, take no more than 3 % of a core of the exporter. Each
process gathers two seconds of rows into one body, so the exporter answers half a body a process and second.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.synchronize
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from support.report import show
from support.server import MODEL, Server

import driftgauge

FEATURES, RATE = 50, 100
WORKERS = (0, 1, 8, 32)
WARM_SECONDS, SECONDS = 4.0, 20.0
LEARNED_ROWS = 2_000


def main() -> None:
    rows = []
    with Server({"reference": {"learn_rows": LEARNED_ROWS}}) as server:
        _learn(server)
        for workers in WORKERS:
            with _logging(server, workers):
                time.sleep(WARM_SECONDS)
                before, started = (server.cpu_seconds, _received(server)), time.monotonic()
                time.sleep(SECONDS)
                took = time.monotonic() - started
                cpu, received = server.cpu_seconds - before[0], _received(server) - before[1]
            rows.append((f"{workers}", f"{received / took:,.0f}", f"{100 * cpu / took:.2f} %"))
    show(
        f"CPU of the exporter for processes that log {RATE} rows a second each, {FEATURES} features",
        ("processes", "rows/s received", "share of a core"),
        rows,
        ["target: 3 % with 32 processes; with none it evaluates its windows"],
    )


def _learn(server: Server) -> None:
    rng = np.random.default_rng(1)
    with driftgauge.Monitor(MODEL, endpoint=f"unix:{server.socket}") as monitor:
        for row in rng.random((LEARNED_ROWS, FEATURES)):
            monitor.log(features=row, prediction=1, latency_s=0.01)


@contextmanager
def _logging(server: Server, workers: int) -> Iterator[None]:
    """Run that many processes; fail when one of them did."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    processes = [context.Process(target=_work, args=(server.socket, stop, seed)) for seed in range(workers)]
    for process in processes:
        process.start()
    try:
        _wait_for(server, workers)
        yield
    finally:
        stop.set()
        for process in processes:
            process.join(30)
    if any(process.exitcode for process in processes):
        raise RuntimeError("a process failed")


def _wait_for(server: Server, workers: int) -> None:
    """Wait until as many rows come as so many processes log."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        before = _received(server)
        time.sleep(4)
        if _received(server) - before >= 4 * RATE * workers * 0.9:
            return
    raise RuntimeError(f"{workers} processes do not log {RATE} rows/s each here")


def _work(socket: str, stop: multiprocessing.synchronize.Event, seed: int) -> None:
    rows = np.random.default_rng(seed).random((64, FEATURES))
    with driftgauge.Monitor(MODEL, endpoint=f"unix:{socket}") as monitor:
        begin, logged = time.monotonic(), 0
        while not stop.is_set():
            for _ in range(int((time.monotonic() - begin) * RATE) - logged):
                monitor.log(features=rows[logged % len(rows)], prediction=1, latency_s=0.01)
                logged += 1
            time.sleep(1 / RATE)


def _received(server: Server) -> float:
    text = server.get("/metrics").decode()
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("driftgauge_predictions_total"))


if __name__ == "__main__":
    main()
