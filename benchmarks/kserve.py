"""KServe: how long the inference logger waits for its answer, what an event costs, and what memory the events take.

A process of its own, on a core of its own where there are two, sends requests and responses in turn at a fixed rate, a third of
them on new connections. Targets: at 2,000 events a second half of the answers within 1 ms and 99 of 100 within 10 ms; a quarter
of a core for 1,000 events a second. The time of an answer begins when its event was due: it is wall-clock time and holds what sender and exporter
wait for a core, so beside other work it is an upper bound; "sent late" tells how much of it is the sender's. CPU time is the kernel's figure of the exporter's process: the
answer, pairing, decoding, counting and evaluating. Last, half of the responses never come, until memory is full.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from support import bodies
from support.logger import Load, Sent, event, nothing, send
from support.report import show
from support.server import Server

SECONDS, LEARNING_SECONDS = 8.0, 3.0
FEATURES, DISTINCT = 20, 64
FRESH = {"kept": 0, "a third new": 3, "new": 1}
Event = tuple[bytes, bytes]


def main() -> None:
    _costs()
    _waits()
    _memory()


def _costs() -> None:
    """What an event costs beside a request that does nothing, on kept connections and on new ones."""
    found = []
    for kind in ("nothing", "v1 JSON", "v2 JSON", "v2 binary"):
        with _server() as server:
            _learn(server, kind)
            shares = [_cost(server, kind, *given) for given in (("kept", 1_000), ("a third new", 1_000), ("new", 400))]
        found.append(
            [
                kind,
                *(f"{1e6 * share:.0f}" for share in shares),
                f"{100 * 1_000 * shares[1]:.1f}" if kind != "nothing" else "",
            ]
        )
    show(
        f"CPU time of the exporter for one event, 1 row of {FEATURES} features, microseconds by its connection",
        ("bodies", *FRESH, "% of a core at 1,000/s, a third new"),
        found,
        ["target: < 25 %", "nothing: GET /-/healthy, which passes the web framework as observations do"],
    )


def _cost(server: Server, kind: str, connection: str, rate: float) -> float:
    used = server.cpu_seconds
    sent = _send(server, kind, rate, fresh=FRESH[connection])
    _settled(server)
    return (server.cpu_seconds - used) / len(sent.waits)


def _waits() -> None:
    rows = [_waited(kind, rate) for rate in (1_000, 2_000) for kind in ("v1 JSON", "v2 JSON", "v2 binary")]
    rows.append(_waited("v1 JSON", 2_000, full=True))
    show(
        f"Answers to events of KServe's inference logger, 1 row of {FEATURES} features, a third on new connections",
        ("bodies", "events/s", "p50 ms", "p99 ms", "max ms", "sent late p99 ms", "% of a core", "unaccounted"),
        rows,
        [
            "targets at 2,000 events/s: p50 < 1 ms, p99 < 10 ms, 0 unaccounted",
            "queue full: every event is refused with 429",
        ],
    )


def _waited(kind: str, rate: float, *, full: bool = False) -> list[str]:
    more = {"limits": {"queue_bytes": 1_024}} if full else {}
    with _server(**more) as server:
        if not full:
            _learn(server, kind)
        used = server.cpu_seconds
        sent = _send(server, kind, rate)
        share = (server.cpu_seconds - used) / sent.seconds
        _settled(server)
        counts = _counts(server)
    if set(sent.statuses) - ({202, 429} if full else {202}) or sent.unanswered:
        raise RuntimeError(f"expected 202 to all, got {sent.statuses}, {sent.unanswered} without an answer")
    times = [*np.quantile(sent.waits, [0.5, 0.99, 1.0]), np.quantile(sent.late, 0.99)]
    name = f"{kind}, queue full" if full else kind
    achieved = f"{len(sent.waits) / sent.seconds:,.0f}"
    return [name, achieved, *(f"{1e3 * value:.2f}" for value in times), f"{100 * share:.1f}", str(_unaccounted(counts))]


def _server(**more: Any) -> Server:
    return Server({"reference": {"learn_rows": 1_000}}, ingest=True, **more)


def _learn(server: Server, kind: str) -> None:
    """Send until the reference is learned, from which on rows are counted."""
    if _CORES:
        os.sched_setaffinity(server.pid, _CORES[:-1])
    _send(server, "v1 JSON" if kind == "nothing" else kind, 800, seconds=LEARNING_SECONDS)
    _settled(server)


def _send(server: Server, kind: str, rate: float, *, fresh: int = 3, seconds: float = SECONDS) -> Sent:
    name = f"{kind}-{rate:.0f}-{fresh}-{time.monotonic():.3f}".replace(" ", "-")
    core = _CORES[-1] if _CORES else None
    return send(
        server.ingest_port, Load(requests=EVENTS[kind](), rate=rate, seconds=seconds, name=name, fresh=fresh, core=core)
    )


#: cores to share between exporter and sender; none where there is only one
_CORES = sorted(os.sched_getaffinity(0)) if len(os.sched_getaffinity(0)) > 1 else []


def _memory() -> None:
    """Requests whose responses never come fill the memory that they may take, and no more."""
    found = []
    with _server(kserve={"pair_bytes": 16 * 2**20}) as server:
        _send(server, "v1 JSON", 500, seconds=1.0)
        for _ in range(3):
            _send(server, "large and alone", 500, seconds=4.0)
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


def _pairs(pairs: Iterable[tuple[bytes, bytes]]) -> list[Event]:
    return [made for request, response in pairs for made in (event("request", request), event("response", response))]


def _rows() -> list[list[float | None]]:
    values = bodies.table(np.random.default_rng(1), DISTINCT, FEATURES)
    return [[None if np.isnan(value) else round(value, 5) for value in row] for row in values.tolist()]


def _json_events() -> list[Event]:
    return _pairs(
        (json.dumps({"instances": [row]}).encode(), json.dumps({"predictions": [number % 3]}).encode())
        for number, row in enumerate(_rows())
    )


def _tensor_events() -> list[Event]:
    """Requests and responses of v2 as MLServer has them."""

    def tensor(name: str, datatype: str, values: list[Any]) -> dict[str, Any]:
        return {
            "name": name,
            "shape": [1, len(values)],
            "datatype": datatype,
            "parameters": {"content_type": "np"},
            "data": values,
        }

    return _pairs(
        (
            json.dumps({"inputs": [tensor("x", "FP64", row)]}).encode(),
            json.dumps({"model_name": "bench", "id": "7", "outputs": [tensor("y", "INT64", [number % 3])]}).encode(),
        )
        for number, row in enumerate(_rows())
    )


def _binary_events() -> list[Event]:
    rng = np.random.default_rng(1)
    answer = {"name": "y", "datatype": "INT64", "shape": [1], "parameters": {"binary_data_size": 8}}
    response = json.dumps({"model_name": "bench", "outputs": [answer]}).encode() + bytes(8)
    return _pairs((bodies.binary(bodies.table(rng, 1, FEATURES))[0], response) for _ in range(DISTINCT))


def _large_events() -> list[Event]:
    """Requests without responses: the second is of another endpoint."""
    before, after = event("request", json.dumps({"instances": [[0.123456789] * FEATURES] * 80}).encode())
    return [(before, after), (before.replace(b"Ce-Endpoint: default", b"Ce-Endpoint: canary"), after)]


EVENTS = {
    "nothing": lambda: [nothing()],
    "v1 JSON": _json_events,
    "v2 JSON": _tensor_events,
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
