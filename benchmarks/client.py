"""Client: what a call of the client library costs the serving thread.

Nanoseconds of one call, copies included, each kind in turns in one process; the loop and the empty call are measured the
same way and not subtracted. Target: a median under 0.5 us for an array row of 50 floats. What the sending thread does to a
server is in `busy_server.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from support.report import show
from support.server import MODEL

import driftgauge

FEATURES = 50
CALLS, TURNS = 500, 40


def main() -> None:
    rng = np.random.default_rng(1)
    monitor = driftgauge.Monitor(MODEL, endpoint="unix:/nowhere", buffer_bytes=2**33, flush_seconds=60)
    row, proba = rng.random(FEATURES), np.array([0.2, 0.8])
    mapping = {f"f{i}": float(value) for i, value in enumerate(row)}

    def in_request() -> None:
        with monitor.request() as request:
            request.log(features=row, prediction=1)

    calls: dict[str, Callable[[], object]] = {
        "empty call": lambda: None,
        "row.copy()": row.copy,
        "log(row, prediction)": lambda: monitor.log(features=row, prediction=1),
        "log(row, prediction, latency_s)": lambda: monitor.log(features=row, prediction=1, latency_s=0.012),
        "log(row, prediction, proba)": lambda: monitor.log(features=row, prediction=1, proba=proba),
        "request() and its log": in_request,
        "log(dictionary of 50)": lambda: monitor.log(features=mapping, prediction=1),
    }
    took: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(TURNS):
        for name, call in calls.items():
            took[name] += [_seconds(call) for _ in range(CALLS)]
            monitor._sender.buffer.take(10**9, 2**62)  # noqa: SLF001 - the thread must not compete here
    monitor.close(0)
    show(
        f"One call, row of {FEATURES} floats, nanoseconds",
        ("call", "median", "p99"),
        [(name, *(f"{1e9 * float(np.percentile(values, q)):.0f}" for q in (50, 99))) for name, values in took.items()],
    )


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
