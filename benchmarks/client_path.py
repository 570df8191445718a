"""Client path: rows per second of the server's CPU when rows come by the client library, by rows logged a call.

Targets: 800,000 / 1,800,000 / 2,000,000 rows/s for 10 / 100 / 1,000 rows a call. The library gathers what is logged and
sends it in bodies of its own; what it costs the model's process, copies, packing and sending, is the other column: CPU of
this process for a row. All cases take turns; each round logs as fast as the buffer takes it and ends when all of it
has been answered.
"""

from __future__ import annotations

import time
from functools import partial

import numpy as np
from support import bodies
from support.report import show, spread
from support.server import MODEL, Server

import driftgauge

FEATURES = 50
CALLS = (1, 10, 100, 1_000)
ROUNDS = 5
ROWS = {1: 200_000, 10: 1_000_000, 100: 1_000_000, 1_000: 1_000_000}
LEARNED_ROWS = 10_000
#: rows that wait at most: the benchmark must not run into the buffer's limit
AHEAD_ROWS = 100_000
TARGETS = {10: 800_000, 100: 1_800_000, 1_000: 2_000_000}


def main() -> None:
    rng = np.random.default_rng(1)
    tables = {rows: [bodies.table(rng, rows, FEATURES) for _ in range(16)] for rows in CALLS}
    found: dict[int, list[tuple[float, float]]] = {rows: [] for rows in CALLS}
    with Server({"reference": {"learn_rows": LEARNED_ROWS}}) as server:
        server.send(*bodies.binary(bodies.table(rng, LEARNED_ROWS, FEATURES)))
        monitor = driftgauge.Monitor(
            MODEL,
            columns=bodies.names(FEATURES),
            endpoint=f"unix:{server.socket}",
            buffer_bytes=2**30,
        )
        log = partial(_log, server, monitor)
        for rows in CALLS:
            log(tables[rows], ROWS[rows] // 20)
        for _ in range(ROUNDS):
            for rows in CALLS:
                found[rows].append(log(tables[rows], ROWS[rows]))
        monitor.close()
    show(
        f"The client library's own path, {FEATURES} float32 features: rows per second of the server's CPU",
        ("rows a call", "best", "median", "rounds", "wanted", "client: us/row"),
        [
            (
                f"{rows:,}",
                f"{1 / min(times)[0]:,.0f}",
                *spread([1 / server_time for server_time, _ in times]),
                f"{TARGETS[rows]:,}" if rows in TARGETS else "",
                f"{1e6 * min(client for _, client in times):.2f}",
            )
            for rows, times in found.items()
        ],
        [f"{ROUNDS} rounds in turn, each until all rows were answered"],
    )


def _log(server: Server, monitor: driftgauge.Monitor, tables: list[bodies.Table], rows: int) -> tuple[float, float]:
    """Log *rows* rows and return the CPU seconds of server and client for one of them."""
    taken, own = server.cpu_seconds, time.process_time()
    each = len(tables[0])
    for number in range(rows // each):
        table = tables[number % len(tables)]
        monitor.log(features=table if each > 1 else table[0])
        if number % max(1, AHEAD_ROWS // each) == 0 and not monitor.flush(60):
            raise RuntimeError("the server did not answer")
    if not monitor.flush(60):
        raise RuntimeError("the server did not answer")
    return (server.cpu_seconds - taken) / rows, (time.process_time() - own) / rows


if __name__ == "__main__":
    main()
