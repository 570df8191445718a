"""Client: what logging costs the model server.

Calls: nanoseconds of one call in the serving thread, copies included, each kind in turns in one process; the loop and the
empty call are measured the same way and not subtracted. Target: a median under 1 us for an array row of 50 floats.

Busy server: one thread answers 1,000 requests/s of about 0.5 ms CPU each (JSON in, an ensemble of small networks, JSON
out), in turns with and without logging, to a `driftgauge serve` in another process. Targets, as medians over the pairs of rounds: CPU of the server's
process per request, its sending thread included, within 1.03x; 99th percentile of the time from a request's arrival to its
answer within 1.2x. The machine's own noise is shown beside (rounds without logging against each other); pairs in which the machine did
not keep up with the arrivals are left out and counted.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from support.report import cpu_seconds, show
from support.server import MODEL, Server

import driftgauge

FEATURES = 50
CALLS, TURNS = 500, 40
#: a round whose median answer takes longer has fallen behind its arrivals: its times say nothing of logging
KEPT_UP_SECONDS = 2e-3
RATE, REQUEST_SECONDS, ROUND_SECONDS, PAIRS = 1_000, 0.5e-3, 3.0, 10


def main() -> None:
    rng = np.random.default_rng(1)
    measure_calls(rng)
    with Server({"reference": {"learn_rows": 2_000}}) as server:
        measure_server(rng, f"unix:{server.socket}")


def measure_calls(rng: np.random.Generator) -> None:
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


def measure_server(rng: np.random.Generator, endpoint: str) -> None:
    monitor = driftgauge.Monitor(MODEL, endpoint=endpoint)
    serve = _server(rng)
    bodies = [json.dumps(row.tolist()) for row in rng.random((64, FEATURES))]

    def logging(features: np.ndarray, proba: np.ndarray, latency_s: float) -> None:
        monitor.log(features=features, prediction=int(proba[1] > proba[0]), latency_s=latency_s)

    def silent(features: np.ndarray, proba: np.ndarray, latency_s: float) -> None:
        pass

    for log in (logging, silent):  # warm
        _round(serve, bodies, log)
    rounds = [(_round(serve, bodies, silent), _round(serve, bodies, logging)) for _ in range(PAIRS)]
    delivered = monitor.flush(30)
    rounds = [pair for pair in rounds if max(side[1] for side in pair) < KEPT_UP_SECONDS]
    if len(rounds) < 3:
        print(
            f"\nBusy server: the machine kept up with {RATE} requests/s in {len(rounds)} of {PAIRS} pairs: no figures"
        )
        return
    rows = []
    for place, name, unit in ((0, "CPU per request", 1e6), (1, "p50", 1e6), (2, "p99", 1e6)):
        without, with_logging = ([pair[side][place] for pair in rounds] for side in (0, 1))
        ratios = [a / b for a, b in zip(with_logging, without, strict=True)]
        noise = [max(a / b, b / a) for a, b in pairwise(without)]
        figures = (statistics.median(without) * unit, statistics.median(with_logging) * unit)
        rows.append(
            (
                name,
                *(f"{f:.1f}" for f in figures),
                f"{statistics.median(ratios):.3f}",
                f"{statistics.median(noise):.3f}",
            )
        )
    show(
        f"Busy server, {RATE} requests/s, {len(rounds)} of {PAIRS} pairs kept up, rounds of {ROUND_SECONDS:.0f} s, delivered: {delivered}",
        ("figure", "without, us", "with, us", "ratio", "noise"),
        rows,
    )


def _server(rng: np.random.Generator) -> Callable[[str], tuple[np.ndarray, np.ndarray]]:
    hidden, last = rng.normal(size=(FEATURES, 512)), rng.normal(size=(512, 2))
    members = 1

    def serve(body: str) -> tuple[np.ndarray, np.ndarray]:
        features = np.array(json.loads(body))
        for _ in range(members):
            scores = np.maximum(features @ hidden, 0) @ last
        proba = np.exp(scores - scores.max())
        proba /= proba.sum()
        json.dumps({"proba": proba.tolist(), "features": features.tolist()})
        return features, proba

    body = json.dumps([0.5] * FEATURES)
    while cpu_seconds(lambda: serve(body), rounds=3, calls=100) < REQUEST_SECONDS:
        members += 1
    return serve


def _round(serve: Callable, bodies: list[str], log: Callable) -> tuple[float, float, float]:
    """Return CPU seconds per request, and the median and 99th percentile of the answering time."""
    count = int(RATE * ROUND_SECONDS)
    answered = []
    cpu = time.process_time()
    begin = time.perf_counter()
    for number in range(count):
        arrival = begin + number / RATE
        while (now := time.perf_counter()) < arrival:
            time.sleep(arrival - now)
        started = time.perf_counter()
        features, proba = serve(bodies[number % len(bodies)])
        log(features, proba, time.perf_counter() - started)
        answered.append(time.perf_counter() - arrival)
    used = time.process_time() - cpu
    return used / count, float(np.percentile(answered, 50)), float(np.percentile(answered, 99))


if __name__ == "__main__":
    main()
