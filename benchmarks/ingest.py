"""Ingest: rows per second of the server's own CPU time, by format and batch size, and where that time goes.

Target: 500,000 rows/s of 50 float32 features, 1,000 rows a body, binary tensors, over the Unix socket, per CPU core. The
shares come from the same bodies decoded and counted in this process; the rest is HTTP, the socket and the event loop.
"kernel" is the part of all that is system time: socket calls and threads, which some sandboxes make several times dearer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from support import bodies
from support.report import cpu_seconds, show
from support.server import Server

from driftgauge.config import ModelSettings, ReferenceSettings
from driftgauge.ingest import decode
from driftgauge.model import Model

FEATURES = 50
SECONDS = 4.0
LEARNED_ROWS = 10_000
FORMATS = {
    "binary tensors": bodies.binary,
    "JSON columns": bodies.columns,
    "JSON rows": bodies.json_rows,
}
CASES = (
    ("binary tensors", 1),
    ("binary tensors", 10),
    ("binary tensors", 100),
    ("binary tensors", 1_000),
    ("binary tensors", 10_000),
    ("JSON columns", 100),
    ("JSON rows", 1),
    ("JSON rows", 100),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU time of one row in microseconds: the server's in all, the kernel's part of it, decoding and counting alone."""

    server: float
    kernel: float
    decode: float
    count: float


def main() -> None:
    rng = np.random.default_rng(1)
    made = {case: _bodies(rng, *case) for case in CASES}
    with Server({"reference": {"learn_rows": LEARNED_ROWS}}) as server:
        server.send(*bodies.binary(bodies.table(rng, LEARNED_ROWS, FEATURES)))
        measured = {
            case: Measured(*_served(server, case[1], made[case]), *_alone(rng, case[1], made[case])) for case in CASES
        }
    show(
        f"Ingest over the Unix socket, {FEATURES} float features, one connection",
        ("format", "rows a body", "rows/s of CPU", "us/row", "decode", "count", "HTTP", "kernel", "us/body"),
        [_row(*case, found) for case, found in measured.items()],
        ["target: 500,000 rows/s for binary tensors of 1,000 rows"],
    )


def _bodies(rng: np.random.Generator, name: str, rows: int) -> list[bodies.Body]:
    """Return different bodies, so that no cache is flattered."""
    return [FORMATS[name](bodies.table(rng, rows, FEATURES)) for _ in range(max(4, min(64, 20_000 // rows)))]


def _served(server: Server, rows: int, sent: Sequence[bodies.Body]) -> tuple[float, float]:
    """Return the server's CPU microseconds per row, and the kernel's part of them."""
    for body in sent[:4]:
        server.send(*body)
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
    decoding = cpu_seconds(lambda: [_decoded(*body) for body in sent], calls=calls)
    batches = [_decoded(*body) for body in sent]
    counting = cpu_seconds(lambda: [model.observe(batch, 0.0) for batch in batches], calls=calls)
    return tuple(seconds / (len(sent) * rows) * 1e6 for seconds in (decoding, counting))  # type: ignore[return-value]


def _decoded(body: bytes, headers: dict[str, str]):
    return decode(
        body,
        content_type=headers["Content-Type"],
        header_length=headers.get("Inference-Header-Content-Length"),
    ).batch


def _row(name: str, rows: int, found: Measured) -> tuple[str, ...]:
    rest = max(0.0, found.server - found.decode - found.count)
    shares = (f"{part / found.server:.0%}" for part in (found.decode, found.count, rest, found.kernel))
    return (
        name,
        f"{rows:,}",
        f"{1e6 / found.server:,.0f}",
        f"{found.server:.2f}",
        *shares,
        f"{found.server * rows:,.0f}",
    )


if __name__ == "__main__":
    main()
