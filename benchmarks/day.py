"""Day: a day of steady traffic at 1,000 times its speed through the Unix socket; memory and CPU time hour by hour.

    python benchmarks/day.py [--speed 1000]

Target: both flat, whatever the hour. 100 rows a second of 50 float32 features come in bodies of 1,000 rows, binary tensors with event
times, to a model on the event clock with a profile, which is evaluated every 15 seconds of that clock: 8.6 million rows and 5,760
evaluations in a minute and a half, or more where the machine does not keep up. Each hour ends with a scrape.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
from support import bodies
from support.plot import lines
from support.references import reference
from support.report import show
from support.server import Server

from driftgauge.profile import dumps

FEATURES, ROWS_A_SECOND, BODY = 50, 100, 1_000
HOUR, DAY = 3_600, 86_400
HOURS = DAY // HOUR
SHOWN = (1, 2, 3, 6, 12, 18, 24)


@dataclass(frozen=True, slots=True)
class Hour:
    """What the server had after an hour of traffic: CPU seconds of that hour, resident MB, seconds of the scrape."""

    cpu: float
    rss: float
    late: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--speed", type=float, default=1_000.0, help="seconds of traffic a second")
    speed = parser.parse_args().speed
    rng = np.random.default_rng(1)
    profile = dumps(reference(rng, FEATURES))
    with Server({"clock": "event", "tick_seconds": 15}, profile) as server:
        server.get("/metrics")
        idle = server.rss
        hours = _replayed(server, rng, speed)
    _show(hours, idle, speed)


def _replayed(server: Server, rng: np.random.Generator, speed: float) -> list[Hour]:
    tables = [bodies.table(rng, BODY, FEATURES) for _ in range(16)]
    begin, started, step = time.time() // DAY * DAY - DAY, time.monotonic(), BODY / ROWS_A_SECOND
    found, cpu = [], server.cpu_seconds
    for number in range(int(DAY / step)):
        moments = begin + number * step + np.arange(BODY) / ROWS_A_SECOND
        server.send(*bodies.binary(tables[number % len(tables)], moments))
        ahead = started + (number + 1) * step / speed - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        if (number + 1) * step % HOUR == 0:
            server.get("/metrics", {"Accept-Encoding": "gzip"})
            used, cpu = server.cpu_seconds - cpu, server.cpu_seconds
            found.append(Hour(used, server.rss, max(0.0, -ahead)))
    return found


def _show(hours: list[Hour], idle: float, speed: float) -> None:
    rows = HOUR * ROWS_A_SECOND
    show(
        f"A day of {ROWS_A_SECOND} rows/s of {FEATURES} features at {speed:,.0f} times its speed",
        ("after hour", "rows", "CPU s of the hour", "us/row", "resident MB", "over idle"),
        [
            (
                f"{hour}",
                f"{hour * rows:,}",
                f"{hours[hour - 1].cpu:.2f}",
                f"{1e6 * hours[hour - 1].cpu / rows:.2f}",
                f"{hours[hour - 1].rss:.1f}",
                f"{hours[hour - 1].rss - idle:+.1f}",
            )
            for hour in SHOWN
        ],
        [
            f"evaluations every 15 s of traffic included; idle {idle:.1f} MB; at most {max(h.late for h in hours):.0f} s behind",
            f"CPU of the last twelve hours against the twelve before: {_ratio(hours):.2f} times",
        ],
    )
    numbered = list(enumerate(hours, start=1))
    lines("day", {"resident MB": [(hour, found.rss) for hour, found in numbered]}, x="hours of traffic", y="MB")


def _ratio(hours: list[Hour]) -> float:
    half = len(hours) // 2
    return sum(hour.cpu for hour in hours[half:]) / sum(hour.cpu for hour in hours[:half])


if __name__ == "__main__":
    main()
