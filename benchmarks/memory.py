"""Memory: the resident size of `driftgauge serve`, idle and with every window full, at two rates of traffic.

Targets: idle under 120 MB; 100 numeric features with all windows of two weeks full under 25 MB more; ten times the rows,
the same. Two weeks are replayed through the Unix socket on the event clock: an hour at a time, the last day in steps of
5 minutes, the last hour in steps of 1, so that every slot of every tier holds something. In traffic is right after that; at rest
once the exporter has given back what it keeps for the next body.
"""

from __future__ import annotations

import time

import numpy as np
from support import bodies
from support.references import reference
from support.report import show
from support.server import Server

from driftgauge.profile import dumps
from driftgauge.serve.engine import TRIM_SECONDS

FEATURES = 100
DAY = 86_400.0
#: evaluations cost no memory that lasts, but CPU time of the benchmark's
TICK_SECONDS = 3_600.0
BURST_ROWS = 40_000
#: what is free has been given back by then
REST_SECONDS = TRIM_SECONDS + 3


def main() -> None:
    rng = np.random.default_rng(1)
    profile = dumps(reference(rng, FEATURES))
    rows = []
    for per_body in (100, 1_000):
        with Server({"clock": "event", "tick_seconds": TICK_SECONDS}, profile) as server:
            server.get("/metrics")
            idle = server.rss
            sent = _replay(server, rng, per_body)
            full = _settled(server)
            time.sleep(REST_SECONDS)
            rest = server.rss
            burst = bodies.binary(bodies.table(rng, BURST_ROWS, FEATURES))
            server.send(*burst)
            after = _settled(server)
            grown = (f"{full:.1f}", f"{full - idle:+.1f}", f"{rest:.1f}", f"{rest - idle:+.1f}")
            rows.append((f"{sent:,}", f"{idle:.1f}", *grown, f"{after:.1f}"))
    show(
        f"Resident memory in MB, {FEATURES} numeric features, all windows full",
        (
            "rows replayed",
            "idle",
            "in traffic",
            "growth",
            "at rest",
            "growth",
            f"after a body of {len(burst[0]) / 1e6:.0f} MB",
        ),
        rows,
        ["targets: idle < 120, growth < 25, the same at ten times the rows"],
    )


def _replay(server: Server, rng: np.random.Generator, rows: int) -> int:
    now = time.time() // DAY * DAY
    hours = np.arange(now - 14 * DAY + 3_600, now - DAY, 3_600.0)
    steps = np.concatenate([hours, np.arange(now - DAY, now - 3_600, 300.0), np.arange(now - 3_600, now, 60.0)])
    tables = [bodies.table(rng, rows, FEATURES) for _ in range(4)]
    for number, moment in enumerate(steps):
        server.send(*bodies.binary(tables[number % 4], np.full(rows, moment)))
    return rows * len(steps)


def _settled(server: Server) -> float:
    """Return the resident size after scrapes, whose buffers come and go."""
    for _ in range(3):
        server.get("/metrics")
    return server.rss


if __name__ == "__main__":
    main()
