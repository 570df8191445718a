"""Changes of level: how often detectors find one where there is none, how soon one that there is, and what a slot costs.

    python -m benchmarks.level_changes [streams]

Streams of seven days of minutes, 12 of each series and kind of traffic (KSWIN, which takes 0.3 ms a value: one in ten). Delays are over 20
streams that begin ten hours before the change.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from benchmarks.support.report import show
from driftgauge.level_settings import DETECTORS
from tests.simulation.level_changes import CHANGES, DAY, SERIES, TRAFFIC, delay, false_changes

DAYS = 7
#: streams of KSWIN among those of the others
SHARE = 10


def main() -> None:
    """Measure and print."""
    streams = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    _false(streams)
    _delays(20)


def _false(streams: int) -> None:
    rows, values = [], dict.fromkeys(DETECTORS, 0)
    spent = dict.fromkeys(DETECTORS, 0.0)
    for traffic, about in TRAFFIC.items():
        cells = []
        for detector in DETECTORS:
            own = max(1, streams // SHARE) if detector == "kswin" else streams
            started = time.process_time()
            found = sum(false_changes(detector, series, traffic, streams=own, days=DAYS) for series in SERIES)
            spent[detector] += time.process_time() - started
            slots = own * DAYS * DAY * len(SERIES)
            values[detector] += slots
            cells.append(f"{found / slots * 1e5:.2f} ({found})")
        rows.append([about, *cells])
        print(rows[-1], file=sys.stderr, flush=True)
    cost = [f"{spent[detector] / values[detector] * 1e6:,.0f}" for detector in DETECTORS]
    show(
        f"Changes found in series without one, a 100,000 slots (and how many), {streams} x {DAYS} days of {len(SERIES)} series",
        ["traffic", *DETECTORS],
        [*rows, ["CPU us a slot and series, drawing it included", *cost]],
        [f"KSWIN: {max(1, streams // SHARE)} x {DAYS} days"],
    )


def _delays(streams: int) -> None:
    rows = []
    for change in CHANGES:
        cells = []
        for detector in DETECTORS:
            found = [
                delay(detector, change, stream=stream) for stream in range(streams // (2 if detector == "kswin" else 1))
            ]
            known = [one for one in found if one is not None]
            missed = f", {len(found) - len(known)} of {len(found)} missed" if len(known) < len(found) else ""
            if not known:
                cells.append("missed")
                continue
            slots, off = np.array(known).T
            cells.append(
                f"{np.median(slots):.0f} ({np.quantile(slots, 0.9):.0f}){missed}; {np.median(np.abs(off)):.0f} off"
            )
        rows.append([change, *cells])
        print(rows[-1], file=sys.stderr, flush=True)
    show(
        f"Slots of 100 rows until a change is found: median (q90) of {streams} streams; and how far off its time is",
        ["change", *DETECTORS],
        rows,
        ["KSWIN: half as many streams; missed: not within 600 slots"],
    )


if __name__ == "__main__":
    main()
