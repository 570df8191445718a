"""Ingest: rows per second of the server's own CPU time, by format and batch size, and where that time goes.

Targets: for bodies of 1,000 rows of 50 float32 features as binary tensors 1,200,000 rows/s, for JSON rows of 100 a body
150,000, over the Unix socket, per CPU core. All cases take turns, round by round. The shares come from the same bodies
decoded and counted in this process; the rest is HTTP, the socket and the event loop. "kernel" is the part of all that is
system time: socket calls and threads, which some sandboxes make several times dearer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from support import bodies
from support.plot import lines
from support.report import cpu_seconds, show, spread
from support.server import Server

from driftgauge.config import ModelSettings, ReferenceSettings
from driftgauge.ingest import decode
from driftgauge.model import Model

FEATURES = 50
ROUNDS, SECONDS = 5, 0.8
LEARNED_ROWS = 10_000
FORMATS = {
    "binary tensors": bodies.binary,
    "JSON columns": bodies.columns,
    "JSON rows": bodies.json_rows,
}
BATCHES = (1, 10, 100, 1_000, 10_000)
CASES = tuple(product(FORMATS, BATCHES))


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU time of one row in microseconds: the server's in each round, the kernel's part, decoding and counting alone."""

    server: Sequence[float]
    kernel: float
    decode: float
    count: float


def main() -> None:
    rng = np.random.default_rng(1)
    made = {case: _bodies(rng, *case) for case in CASES}
    with Server({"reference": {"learn_rows": LEARNED_ROWS}}) as server:
        server.send(*bodies.binary(bodies.table(rng, LEARNED_ROWS, FEATURES)))
        for case in CASES:
            for body in made[case][:2]:
                server.send(*body)
        rounds = [{case: _served(server, case[1], made[case]) for case in CASES} for _ in range(ROUNDS)]
    measured = {}
    for case in CASES:
        times = [found[case] for found in rounds]
        kernel = min(times)[1]
        measured[case] = Measured([whole for whole, _ in times], kernel, *_alone(rng, case[1], made[case]))
    best = {case: 1e6 / min(found.server) for case, found in measured.items()}
    ratio = best["binary tensors", 1_000] / best["JSON rows", 1_000]
    show(
        f"Ingest over the Unix socket, {FEATURES} float features, one connection: rows per second of the server's CPU",
        ("format", "rows a body", "best", "median", "rounds", "us/row", "decode", "count", "HTTP", "kernel", "us/body"),
        [_row(*case, found) for case, found in measured.items()],
        [
            f"{ROUNDS} rounds of {SECONDS} s for each case, in turn; shares are of the best round",
            f"binary tensors of 1,000 rows: {best['binary tensors', 1_000]:,.0f} rows/s, wanted 1,200,000",
            f"JSON rows of 100: {best['JSON rows', 100]:,.0f} rows/s, wanted 150,000",
            f"binary tensors against JSON rows, both of 1,000: {ratio:.0f} times the rows",
        ],
    )
    curves = {name: [(rows, best[name, rows]) for rows in BATCHES] for name in FORMATS}
    lines("ingest", curves, x="rows a body", y="rows per second of the server's CPU")


def _bodies(rng: np.random.Generator, name: str, rows: int) -> list[bodies.Body]:
    """Return different bodies, so that no cache is flattered."""
    return [FORMATS[name](bodies.table(rng, rows, FEATURES)) for _ in range(max(2, min(64, 20_000 // rows)))]


def _served(server: Server, rows: int, sent: Sequence[bodies.Body]) -> tuple[float, float]:
    """Return the server's CPU microseconds per row, and the kernel's part of them."""
    count, used, kernel, deadline = 0, server.cpu_seconds, server.system_seconds, time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        server.send(*sent[count % len(sent)])
        count += 1
    per_row = 1e6 / (count * rows)
    return (server.cpu_seconds - used) * per_row, (server.system_seconds - kernel) * per_row


def _alone(rng: np.random.Generator, rows: int, sent: Sequence[bodies.Body]) -> tuple[float, float]:
    """Return the CPU microseconds per row of decoding and of counting, without a server."""
    model = Model("bench", "0", ModelSettings(name="bench", reference=ReferenceSettings(learn_rows=LEARNED_ROWS)))
    body, headers = bodies.binary(bodies.table(rng, LEARNED_ROWS, FEATURES))
    model.observe(_decoded(body, headers), 0.0)
    model.flush(0.0)
    calls = max(1, 20_000 // rows // len(sent))
    decoding = cpu_seconds(lambda: [_decoded(*body) for body in sent], calls=calls, rounds=3)
    batches = [_decoded(*body) for body in sent]
    counting = cpu_seconds(lambda: [model.observe(batch, 0.0) for batch in batches], calls=calls, rounds=3)
    return decoding / (len(sent) * rows) * 1e6, counting / (len(sent) * rows) * 1e6


def _decoded(body: bytes, headers: dict[str, str]):
    return decode(
        body,
        content_type=headers["Content-Type"],
        header_length=headers.get("Inference-Header-Content-Length"),
    ).batch


def _row(name: str, rows: int, found: Measured) -> tuple[str, ...]:
    server = min(found.server)
    rest = max(0.0, server - found.decode - found.count)
    shares = (f"{part / server:.0%}" for part in (found.decode, found.count, rest, found.kernel))
    return (
        name,
        f"{rows:,}",
        f"{1e6 / server:,.0f}",
        *spread([1e6 / time for time in found.server]),
        f"{server:.2f}",
        *shares,
        f"{server * rows:,.0f}",
    )


if __name__ == "__main__":
    main()
