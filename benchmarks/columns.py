"""Columns: ingest by number of features, binary tensors over the Unix socket. Growth is linear where ns a value is flat.

A body holds 1,000 rows, or fewer so that it stays under 4 MB. All widths take turns, each with a server of its own.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

import numpy as np
from support import bodies
from support.plot import lines
from support.report import show, spread
from support.server import Server

WIDTHS = (10, 50, 200, 1_000, 5_000)
ROUNDS, SECONDS = 4, 1.0
LEARNED_ROWS = 2_000
MOST_BYTES = 4_000_000


def main() -> None:
    rng = np.random.default_rng(1)
    rows = {width: min(1_000, MOST_BYTES // (4 * width)) for width in WIDTHS}
    made = {width: [bodies.binary(bodies.table(rng, rows[width], width)) for _ in range(4)] for width in WIDTHS}
    times: dict[int, list[float]] = {width: [] for width in WIDTHS}
    with contextlib.ExitStack() as stack:
        servers = {width: stack.enter_context(_server()) for width in WIDTHS}
        for width, server in servers.items():
            for number in range(-(-LEARNED_ROWS // rows[width]) + 2):
                server.send(*made[width][number % len(made[width])])
        for _ in range(ROUNDS):
            for width, server in servers.items():
                times[width].append(_cost(server, made[width]) / rows[width])
        resident = {width: server.rss for width, server in servers.items()}
    show(
        "Ingest by number of float32 features, binary tensors",
        ("features", "rows a body", "rows/s of CPU, best", "median", "rounds", "ns a value", "MB resident"),
        [
            (
                f"{width:,}",
                f"{rows[width]:,}",
                f"{1 / min(times[width]):,.0f}",
                *spread([1 / time for time in times[width]]),
                f"{1e9 * min(times[width]) / width:.1f}",
                f"{resident[width]:.0f}",
            )
            for width in WIDTHS
        ],
        [f"{ROUNDS} rounds of {SECONDS:.0f} s in turn"],
    )
    points = [(width, 1 / min(times[width])) for width in WIDTHS]
    lines("columns", {"binary tensors": points}, x="features", y="rows per second of the server's CPU")


def _server() -> Server:
    return Server({"reference": {"learn_rows": LEARNED_ROWS}}, limits={"columns": max(WIDTHS)})


def _cost(server: Server, made: Sequence[bodies.Body]) -> float:
    """Return the CPU seconds of a body."""
    count, used, deadline = 0, server.cpu_seconds, time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        server.send(*made[count % len(made)])
        count += 1
    return (server.cpu_seconds - used) / count


if __name__ == "__main__":
    main()
