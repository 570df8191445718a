"""Limits: what the parts of ingest could cost at best, and how far the engine is from them, in one run and in turn.

The engine's counting kernel against a scalar C kernel that is compiled on the spot (bisection among the edges, counts, sums,
squares, smallest and largest; `cc -O3 -march=native`), a copy of the same memory, and a Unix socket that only carries the
rows to a reader who drops them. Target: at most 1.5 times the C kernel. The C kernel's counts are checked to be the same.
"""

from __future__ import annotations

import ctypes
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from support.bodies import table
from support.references import reference
from support.report import interleaved, show, skip, spread

FEATURES, ROWS = 50, 4_096
ROUNDS, CALLS = 9, 20
SOCKET_BYTES, SOCKET_MESSAGE = 400_000_000, 200_000

KERNEL = r"""
#include <math.h>
#include <stdint.h>
/* Counts one column into bins whose upper edges are inclusive; NaN goes to missing. */
static void column(const float *x, long n, const float *edge, int edges, int64_t *count, double *stats) {
    double sum = 0, square = 0, low = INFINITY, high = -INFINITY;
    int64_t missing = 0;
    for (long i = 0; i < n; i++) {
        float v = x[i];
        if (isnan(v)) { missing++; continue; }
        int at = 0;
        for (int step = 16; step; step >>= 1)
            at += (at + step <= edges && edge[at + step - 1] < v) ? step : 0;
        count[at]++;
        sum += v; square += (double)v * v;
        low = v < low ? v : low; high = v > high ? v : high;
    }
    stats[0] += sum; stats[1] += square; stats[2] = low; stats[3] = high; stats[4] += missing;
}
void count(const float *x, long columns, long n, const float *edges, const int32_t *used, int most,
           int64_t *counts, double *stats) {
    for (long c = 0; c < columns; c++)
        column(x + c * n, n, edges + c * most, used[c], counts + c * (most + 1), stats + c * 5);
}
"""


def main() -> None:
    rng = np.random.default_rng(1)
    spec = reference(rng, FEATURES).profile.spec.histogram
    block = np.ascontiguousarray(table(rng, ROWS, FEATURES).T)
    target = np.empty_like(block)
    wide = np.empty((0, ROWS))
    works: dict[str, Callable[[], object]] = {
        "copy of the memory": lambda: np.copyto(target, block),
        "engine": lambda: spec.of(block, wide),
    }
    edges = [column.astype(np.float32) for column in spec.edges]
    if (compiled := _compiled(edges)) is not None:
        counts = compiled(block)
        assert np.array_equal(counts[:, : spec.bins], _plain(block, edges, spec.bins)), "the kernels disagree"
        works["scalar C"] = lambda: compiled(block)
    times = interleaved(works, rounds=ROUNDS, calls=CALLS)
    scale = 1e9 / block.size
    best = {name: min(found) * scale for name, found in times.items()}
    show(
        f"Counting {ROWS:,} rows of {FEATURES} float32 columns of {spec.bins} bins, CPU ns a value",
        ("what", "best", "median", "rounds", "engine, times as much"),
        [
            (
                name,
                f"{best[name]:.2f}",
                *spread([time * scale for time in found], ".2f"),
                f"{best['engine'] / best[name]:.2f}",
            )
            for name, found in times.items()
        ],
        [
            "the engine also keeps sums per bin, infinities, and values outside the reference's range",
            f"wanted: at most 1.5 times scalar C; {ROUNDS} rounds in turn",
        ],
    )
    _socket()


def _plain(block: np.ndarray, edges: list[np.ndarray], bins: int) -> np.ndarray:
    rows = [np.searchsorted(bounds, column[~np.isnan(column)]) for column, bounds in zip(block, edges, strict=True)]
    return np.array([np.bincount(row, minlength=bins) for row in rows])


def _compiled(edges: list[np.ndarray]) -> Callable[[np.ndarray], np.ndarray] | None:
    """Compile the kernel for these edges; None, with a message, where that is not possible."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    most = max(map(len, edges))
    if compiler is None or most >= 32:
        skip("scalar C", "no C compiler is installed" if compiler is None else "it takes up to 31 edges")
        return None
    padded = np.full((len(edges), most), np.inf, dtype=np.float32)
    for row, bounds in zip(padded, edges, strict=True):
        row[: len(bounds)] = bounds
    used = np.array(list(map(len, edges)), dtype=np.int32)
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "kernel.c", Path(folder) / "kernel.so"
        source.write_text(KERNEL, "utf-8")
        command = [compiler, "-O3", "-march=native", "-shared", "-fPIC", "-o", str(library), str(source), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            skip("scalar C", f"{compiler} failed: {done.stderr.strip()[:200]}")
            return None
        function = ctypes.CDLL(str(library)).count

    def run(block: np.ndarray) -> np.ndarray:
        counts, stats = np.zeros((len(edges), most + 1), np.int64), np.zeros((len(edges), 5))
        pointers = (part.ctypes.data_as(ctypes.c_void_p) for part in (block, padded, used, counts, stats))
        x, bounds, lengths, found, sums = pointers
        rows, width = block.shape
        function(x, ctypes.c_long(rows), ctypes.c_long(width), bounds, lengths, ctypes.c_int(most), found, sums)
        return counts

    return run


def _socket() -> None:
    """What carrying the rows costs the reader, kernel included."""
    times = [_carried() for _ in range(5)]
    rows = SOCKET_BYTES / (4 * FEATURES)
    show(
        f"A Unix socket that carries rows of {FEATURES} float32 and a reader that drops them",
        ("what", "best", "median", "rounds"),
        [
            ("reader: ns of CPU a row", f"{1e9 * min(times) / rows:.0f}", *spread([1e9 * t / rows for t in times])),
            ("rows/s of CPU", f"{rows / min(times):,.0f}", *spread([rows / t for t in times])),
        ],
    )


def _carried() -> float:
    near, far = socket.socketpair()
    message = bytes(SOCKET_MESSAGE)

    def send() -> None:
        for _ in range(SOCKET_BYTES // SOCKET_MESSAGE):
            near.sendall(message)
        near.close()

    sender = threading.Thread(target=send)
    buffer = bytearray(SOCKET_MESSAGE)
    sender.start()
    started = time.thread_time()
    while far.recv_into(buffer):
        pass
    used = time.thread_time() - started
    sender.join()
    far.close()
    return used


if __name__ == "__main__":
    main()
