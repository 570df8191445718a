"""Busy server: what logging does to the process that serves, at 1,000 requests/s of about 0.5 ms CPU each.

One thread answers requests (JSON in, an ensemble of small networks, JSON out) that arrive at a fixed rate, whatever it
does, and either logs nothing or logs each answer to a `driftgauge serve` in another process: one row a request, or ten.
Slices of some seconds take turns in drawn order, as triples: without, with, and without again, whose comparison with the first
is the noise. The machine has two cores or more: the server has one to itself, the exporter the others.

Targets: CPU of the server's process per request, its sending thread included, within 1.03x; the 99th percentile of the time
from a request's arrival to its answer within 1.2x. CPU time is compared triple by triple; a percentile over all slices of a
kind. Triples in which the machine did not keep up with the arrivals are left out and counted.

Holds: for how long the sending thread keeps the interpreter from a thread that wants it all the time, as CPU time, which
another process's turn on the core does not stretch. `python benchmarks/busy_server.py [TRIPLES]`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from support.paired import ratio_of_medians, ratio_of_pooled
from support.report import cpu_seconds, show
from support.server import MODEL, Server

import driftgauge

FEATURES = 50
RATE, REQUEST_SECONDS, TRIPLES = 1_000, 0.5e-3, 12
#: several flushes
SLICE_SECONDS = 4.5
ROWS_A_REQUEST = (1, 10)
KINDS = ("without", "with", "again")
#: a slice whose median answer takes longer has fallen behind its arrivals: its times say nothing of logging
KEPT_UP_SECONDS = 2e-3
HOLD_SECONDS, SHORTEST_HOLD = 4.0, 20e-6

Answer = Callable[[str], tuple[NDArray[np.float64], NDArray[np.float64]]]
Log = Callable[[NDArray[np.float64], NDArray[np.float64], float], None]


@dataclass(frozen=True, slots=True)
class Slice:
    """CPU seconds a request, and how long each answer took."""

    cpu: float
    took: NDArray[np.float64]


def main() -> None:
    triples = int(sys.argv[1]) if len(sys.argv) > 1 else TRIPLES
    rng = np.random.default_rng(1)
    with Server({"reference": {"learn_rows": 2_000}}) as server:
        _apart(server)
        monitor = driftgauge.Monitor(MODEL, endpoint=f"unix:{server.socket}")
        answer = _server(rng)
        for rows in ROWS_A_REQUEST:
            _compare(rng, monitor, answer, rows, triples)
        _holds(rng, monitor)
        monitor.close()


def _apart(server: Server) -> None:
    """Give this process a core of its own."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        server.run_on(cores[:-1])
        os.sched_setaffinity(0, cores[-1:])


def _compare(rng: np.random.Generator, monitor: driftgauge.Monitor, answer: Answer, rows: int, triples: int) -> None:
    bodies = [json.dumps(row.tolist()) for row in rng.random((64, FEATURES))]

    def logged(features: NDArray[np.float64], proba: NDArray[np.float64], latency_s: float) -> None:
        for _ in range(rows):
            monitor.log(features=features, prediction=int(proba[1] > proba[0]), latency_s=latency_s)

    def silent(features: NDArray[np.float64], proba: NDArray[np.float64], latency_s: float) -> None:
        pass

    ways: dict[str, Log] = {"without": silent, "with": logged, "again": silent}
    for log in (silent, logged):  # warm
        _slice(answer, bodies, log, monitor)
    taken = [
        {kind: _slice(answer, bodies, ways[kind], monitor) for kind in rng.permutation(KINDS)} for _ in range(triples)
    ]
    kept = [triple for triple in taken if max(np.median(side.took) for side in triple.values()) < KEPT_UP_SECONDS]
    if len(kept) < 3:
        print(
            f"\nBusy server: the machine kept up with {RATE} requests/s in {len(kept)} of {triples} triples: no figures"
        )
        return
    show(
        f"A server of {RATE:,} requests/s that logs {rows * RATE:,} rows/s, {len(kept)} of {triples} triples kept up",
        ("figure", "without, us", "with, us", "ratio (95 % interval)", "noise", "wanted"),
        [_cpu_row(kept), *(_took_row(kept, percentile) for percentile in (50, 99))],
        ["noise: slices without logging against others without"],
    )


def _cpu_row(kept: list[dict[str, Slice]]) -> tuple[str, ...]:
    cpu = {kind: [triple[kind].cpu for triple in kept] for kind in KINDS}
    figures = (f"{1e6 * float(np.median(cpu[kind])):.1f}" for kind in ("without", "with"))
    against = partial(ratio_of_medians, under=cpu["without"])
    return ("CPU a request", *figures, str(against(cpu["with"])), str(against(cpu["again"])), "1.03")


def _took_row(kept: list[dict[str, Slice]], percentile: float) -> tuple[str, ...]:
    took = {kind: [triple[kind].took for triple in kept] for kind in KINDS}
    figures = (f"{1e6 * np.percentile(np.concatenate(took[kind]), percentile):.0f}" for kind in ("without", "with"))
    against = partial(ratio_of_pooled, under=took["without"], percentile=percentile)
    wanted = "1.2" if percentile == 99 else ""
    return (f"p{percentile}", *figures, str(against(took["with"])), str(against(took["again"])), wanted)


def _server(rng: np.random.Generator) -> Answer:
    hidden, last = rng.normal(size=(FEATURES, 512)), rng.normal(size=(512, 2))
    members = 1

    def answer(body: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        features = np.array(json.loads(body))
        for _ in range(members):
            scores = np.maximum(features @ hidden, 0) @ last
        proba = np.exp(scores - scores.max())
        proba /= proba.sum()
        json.dumps({"proba": proba.tolist(), "features": features.tolist()})
        return features, proba

    body = json.dumps([0.5] * FEATURES)
    while cpu_seconds(lambda: answer(body), rounds=3, calls=100) < REQUEST_SECONDS:
        members += 1
    return answer


def _slice(answer: Answer, bodies: list[str], log: Log, monitor: driftgauge.Monitor) -> Slice:
    count = int(RATE * SLICE_SECONDS)
    took = np.empty(count)
    cpu, begin = time.process_time(), time.perf_counter()
    for number in range(count):
        arrival = begin + number / RATE
        while (now := time.perf_counter()) < arrival:
            time.sleep(arrival - now)
        started = time.perf_counter()
        features, proba = answer(bodies[number % len(bodies)])
        log(features, proba, time.perf_counter() - started)
        took[number] = time.perf_counter() - arrival
    if not monitor.flush(30):  # what this slice logged is sent on its account, and not on the next one's
        raise RuntimeError("the exporter did not answer")
    return Slice((time.process_time() - cpu) / count, took)


def _holds(rng: np.random.Generator, monitor: driftgauge.Monitor) -> None:
    row = rng.random(FEATURES)
    rows = []
    for rate in (0, 1_000, 10_000):
        gaps = _gaps(rate, monitor, row)
        longest = f"{1e6 * max(gaps, default=0):.0f}"
        rows.append((f"{rate:,}", f"{len(gaps) / HOLD_SECONDS:.0f}", f"{1e6 * sum(gaps) / HOLD_SECONDS:.0f}", longest))
    show(
        f"How long the sending thread holds the interpreter, CPU microseconds; holds of {1e6 * SHORTEST_HOLD:.0f} and more",
        ("rows/s", "holds a second", "us a second", "longest"),
        rows,
    )


def _gaps(rate: int, monitor: driftgauge.Monitor, row: NDArray[np.float64]) -> list[float]:
    """Return the CPU time of this process between two looks of a thread that only looks, where it is long."""
    gaps = []
    begin = time.perf_counter()
    logged = 0
    before = time.process_time()
    while (now := time.perf_counter()) < begin + HOLD_SECONDS:
        for _ in range(int((now - begin) * rate) - logged):
            monitor.log(features=row, prediction=1, latency_s=0.01)
            logged += 1
        after = time.process_time()
        if after - before > SHORTEST_HOLD:
            gaps.append(after - before)
        before = after
    if not monitor.flush(30):
        raise RuntimeError("the exporter did not answer")
    return gaps


if __name__ == "__main__":
    main()
