"""Series: what a scrape costs by the number of series, and how long the event loop is held by it.

Targets: 20 ms of CPU for 10,000 series as Prometheus asks for them, compressed; the loop held for less than 5 ms. CPU is the
server's for the whole request. The loop is watched by asking for `/-/healthy` all the while on a connection of its own: the
longest answer during a scrape, less the usual one, is wall-clock time, an upper bound of what the loop and the interpreter's
lock were held, and on a machine that other work shares holds its time too; a pause as long as the scrape stands beside it.
"""

from __future__ import annotations

import statistics
import threading
import time

import numpy as np
from support import bodies
from support.plot import lines
from support.references import reference
from support.report import show, spread
from support.server import Server, UnixConnection

from driftgauge.profile import dumps

WIDTHS = (12, 60, 120, 240, 480)
ROUNDS, SCRAPES = 5, 10
ROWS = 2_000
GZIP = {"Accept-Encoding": "gzip"}


def main() -> None:
    rng = np.random.default_rng(1)
    found = [_measured(rng, width) for width in WIDTHS]
    show(
        "A scrape over HTTP, compressed, by number of series",
        (
            "features",
            "series",
            "CPU ms, best",
            "median",
            "rounds",
            "us a series",
            "kB",
            "loop held ms",
            "without scrapes",
        ),
        [row for row, _ in found],
        [
            "wanted: 10,000 series in 20 ms, the loop held under 5 ms",
            f"{ROUNDS} rounds of {SCRAPES} scrapes; the loop's is the median over as many scrapes, and over the pauses between them",
        ],
    )
    lines("series", {"scrape, compressed": [point for _, point in found]}, x="series", y="CPU ms a scrape")


def _measured(rng: np.random.Generator, width: int) -> tuple[tuple[str, ...], tuple[float, float]]:
    with Server({}, dumps(reference(rng, width, rows=4_000))) as server:
        body = bodies.binary(bodies.table(rng, ROWS, width))
        server.send(*body)
        while b"driftgauge_drift_debiased" not in server.get("/metrics"):
            time.sleep(0.2)
            server.send(*body)
        text = server.get("/metrics")
        series = sum(not line.startswith(b"#") for line in text.splitlines())
        costs = []
        for _ in range(ROUNDS):
            used = server.cpu_seconds
            for _ in range(SCRAPES):
                size = len(server.get("/metrics", GZIP))
            costs.append(1e3 * (server.cpu_seconds - used) / SCRAPES)
        held, calm = _longest(server)
    best = min(costs)
    row = (
        f"{width}",
        f"{series:,}",
        f"{best:.1f}",
        *spread(costs, ".1f"),
        f"{1e3 * best / series:.2f}",
        f"{size / 1e3:.0f}",
        f"{held:.1f}",
        f"{calm:.1f}",
    )
    return row, (series, best)


def _longest(server: Server) -> tuple[float, float]:
    """Return by how many milliseconds the longest answer exceeds the usual one, during a scrape and in as long a pause.

    Medians over many scrapes and pauses.
    """
    answers: list[tuple[float, float]] = []
    done = threading.Event()

    def watch() -> None:
        connection = UnixConnection(server.socket)
        while not done.is_set():
            started = time.perf_counter()
            connection.request("GET", "/-/healthy")
            connection.getresponse().read()
            answers.append((started, time.perf_counter()))
        connection.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    spells = []
    for _ in range(ROUNDS * SCRAPES):
        started = time.perf_counter()
        server.get("/metrics", GZIP)
        ended = time.perf_counter()
        time.sleep(ended - started)
        spells.append((started, ended, time.perf_counter()))
    done.set()
    watcher.join()
    usual = statistics.median(end - start for start, end in answers)
    return tuple(
        1e3 * (statistics.median(_worst(answers, spell[part], spell[part + 1]) for spell in spells) - usual)
        for part in (0, 1)
    )


def _worst(answers: list[tuple[float, float]], start: float, end: float) -> float:
    """Return the longest answer that was asked for in a spell."""
    return max((answered - asked for asked, answered in answers if start <= asked < end), default=0.0)


if __name__ == "__main__":
    main()
