"""KServe: how long the inference logger waits for its answer, what an event costs, and what memory the events take.

Three loggers in processes of their own send 2,000 events a second, requests and responses in turn, each third event on a
connection of its own. Targets: half of the answers within 1 ms, 99 of 100 within 10 ms, a quarter of a core for 1,000
events a second. The time of an answer is the wall clock of the sender, so it holds what the loggers and the exporter wait
for a core: on a machine of few cores it is an upper bound, and "nothing", a request that does nothing, is what to compare with. Last, half of the responses never come, until memory is full.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from support import bodies
from support.report import show
from support.server import Server

LOGGERS = 3
SECONDS = 5.0
FEATURES = 20
TYPE = "org.kubeflow.serving.inference."
Event = tuple[bytes, dict[str, str]]


def main() -> None:
    _floor()
    rows = [_measured(kind, rate) for rate in (250, 1_000, 2_000) for kind in ("nothing", "v1 JSON", "v2 binary")]
    show(
        f"Events of KServe's inference logger, 1 row of {FEATURES} features, a third on new connections",
        ("bodies", "events/s", "p50 ms", "p99 ms", "max ms", "% of a core", "unaccounted"),
        rows,
        ["targets at 2,000 events/s: p50 < 1 ms, p99 < 10 ms; 1,000 events/s: < 25 % of a core"],
    )
    _memory()


def _floor() -> None:
    """What an event costs beside a request that does nothing, on a kept connection and on a new one."""
    found = []
    with Server({"reference": {"learn_rows": 1_000}}, ingest=True) as server:
        events = _json_events()
        _each(server, 2_000, events, "learn", fresh=False)
        for connection, fresh, count in (("kept", False, 4_000), ("new", True, 2_000)):
            costs = [_each(server, count, sent, connection, fresh=fresh) for sent in ([], events)]
            found.append([connection, *(f"{1e6 * cost:.0f}" for cost in costs)])
    show("CPU time of the exporter for one request, microseconds", ("connection", "GET /-/healthy", "event"), found)


def _each(server: Server, count: int, events: list[Event], name: str, *, fresh: bool) -> float:
    """Return the CPU seconds of one of *count* requests, one at a time."""
    connection = http.client.HTTPConnection("127.0.0.1", server.ingest_port, timeout=30)
    used = server.cpu_seconds
    for number in range(count):
        if fresh:
            connection.close()  # the next request opens it again
        if events:
            body, headers = events[number % len(events)]
            connection.request("POST", "/", body, headers | {"ce-id": f"{name}-{fresh}-{number // 2}"})
        else:
            connection.request("GET", "/-/healthy")
        connection.getresponse().read()
    if events:
        _settled(server)
    connection.close()
    return (server.cpu_seconds - used) / count


def _measured(kind: str, rate: int) -> list[str]:
    with Server({"reference": {"learn_rows": 1_000}}, ingest=True) as server:
        _load(server, kind, 500, 2.0)  # until the reference is learned
        used = server.cpu_seconds
        waits, elapsed = _load(server, kind, rate, SECONDS)
        share = (server.cpu_seconds - used) / elapsed
        _settled(server)
        counts = _counts(server)
    quantiles = [f"{1e3 * value:.2f}" for value in np.quantile(waits, [0.5, 0.99, 1.0])]
    return [kind, f"{len(waits) / elapsed:,.0f}", *quantiles, f"{100 * share:.1f}", str(_unaccounted(counts))]


def _memory() -> None:
    """Requests whose responses never come fill the memory that they may take, and no more."""
    found = []
    with Server({"reference": {"learn_rows": 1_000}}, ingest=True, kserve={"pair_bytes": 16 * 2**20}) as server:
        _load(server, "v1 JSON", 500, 1.0)
        for _ in range(3):
            _load(server, "large and alone", 500, 4.0)
            _wait(lambda: _sum(_counts(server), "pending_events_bytes") <= 16 * 2**20)
            counts = _counts(server)
            held = _sum(counts, "pending_events_bytes") / 2**20
            evicted = counts.get('unpaired_events_total{kind="request",reason="evicted"}', 0)
            found.append(
                [f"{_sum(counts, 'received_events_total'):,.0f}", f"{held:.1f}", f"{evicted:,.0f}", f"{server.rss:.0f}"]
            )
    show(
        "Requests of 20 KB without responses, kserve.pair_bytes 16 MiB",
        ("events", "held MiB", "evicted", "resident MB"),
        found,
    )


def _load(server: Server, kind: str, rate: float, seconds: float) -> tuple[np.ndarray[Any, Any], float]:
    """Send events and return how long each answer took, and how long it took in all."""
    context = multiprocessing.get_context("spawn")
    started = time.monotonic()
    with context.Pool(LOGGERS) as pool:
        jobs = [(server.ingest_port, kind, rate / LOGGERS, seconds, f"{started}-{part}") for part in range(LOGGERS)]
        parts = pool.starmap(_log, jobs)
    return np.concatenate([waits for waits, _ in parts]), max(elapsed for _, elapsed in parts)


def _log(port: int, kind: str, rate: float, seconds: float, name: str) -> tuple[list[float], float]:
    """Be one logger: send events at a steady rate, late ones at once, none at the same time."""
    events = EVENTS[kind]()
    kept = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    waits: list[float] = []
    started = time.perf_counter()
    for number in range(int(rate * seconds)):
        time.sleep(max(0.0, started + number / rate - time.perf_counter()))
        body, headers = events[number % len(events)]
        fresh = number % 3 == 0
        begun = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30) if fresh else kept
        if body:
            connection.request("POST", "/", body, headers | {"ce-id": f"{name}-{number // 2}"})
        else:
            connection.request("GET", "/-/healthy")
        answer = connection.getresponse()
        answer.read()
        if answer.status not in {200, 202}:
            raise RuntimeError(f"expected 202, got {answer.status}")
        waits.append(time.perf_counter() - begun)
        if fresh:
            connection.close()
    kept.close()
    return waits, time.perf_counter() - started


def _headers(kind: str) -> dict[str, str]:
    attributes = {
        "specversion": "1.0",
        "type": TYPE + kind,
        "source": "http://localhost:9081/",
        "inferenceservicename": "bench",
    }
    attributes |= {"namespace": "shop", "component": "predictor", "endpoint": "default", "time": "2026-09-14T08:01:02Z"}
    return {f"ce-{name}": value for name, value in attributes.items()} | {"Content-Type": "application/json"}


def _json_events() -> list[Event]:
    values = bodies.table(np.random.default_rng(1), 64, FEATURES)
    rows = [[None if np.isnan(value) else round(value, 5) for value in row] for row in values.tolist()]
    pairs = [({"instances": [row]}, {"predictions": [number % 3]}) for number, row in enumerate(rows)]
    return [
        event
        for request, response in pairs
        for event in (
            (json.dumps(request).encode(), _headers("request")),
            (json.dumps(response).encode(), _headers("response")),
        )
    ]


def _binary_events() -> list[Event]:
    rng = np.random.default_rng(1)
    answer = {"name": "y", "datatype": "INT64", "shape": [1], "parameters": {"binary_data_size": 8}}
    response = json.dumps({"model_name": "bench", "outputs": [answer]}).encode() + bytes(8)
    pairs = [(bodies.binary(bodies.table(rng, 1, FEATURES))[0], response) for _ in range(64)]
    return [
        event for request, answer in pairs for event in ((request, _headers("request")), (answer, _headers("response")))
    ]


def _large_events() -> list[Event]:
    body = json.dumps({"instances": [[0.123456789] * FEATURES] * 80}).encode()
    return [(body, _headers("request")), (body, _headers("request") | {"ce-endpoint": "canary"})]


EVENTS = {
    "nothing": lambda: [(b"", {})],
    "v1 JSON": _json_events,
    "v2 binary": _binary_events,
    "large and alone": _large_events,
}


def _counts(server: Server) -> dict[str, float]:
    lines = [
        line for line in server.get("/metrics").decode().splitlines() if "_events" in line and not line.startswith("#")
    ]
    return {line.rpartition(" ")[0].removeprefix("driftgauge_"): float(line.rpartition(" ")[2]) for line in lines}


def _sum(counts: dict[str, float], name: str) -> float:
    return sum(value for key, value in counts.items() if key.partition("{")[0] == name)


def _unaccounted(counts: dict[str, float]) -> int:
    ends = (
        "paired_events_total",
        "unpaired_events_total",
        "dropped_events_total",
        "rejected_events_total",
        "pending_events",
    )
    return int(_sum(counts, "received_events_total") - sum(_sum(counts, name) for name in ends))


def _settled(server: Server) -> None:
    """Wait until nothing is left to be read."""
    _wait(lambda: not _sum(_counts(server), "pending_events"))


def _wait(done: Callable[[], bool]) -> None:
    for _ in range(400):
        if done():
            return
        time.sleep(0.05)


if __name__ == "__main__":
    main()
