"""False alarms of every kind of evidence without drift, over what is nominal.

    python -m benchmarks.health_null [windows]

Prints, for each kind and size of window, the share of windows whose evidence reaches 2 and 3, over 0.01 and 0.001. Windows of
5,000 rows are expensive, so of those there are 40 % as many.
"""

from __future__ import annotations

import math
import sys

from benchmarks.support.report import show
from tests.simulation.health_null import KINDS, LEVELS, REFERENCE, SIZES, evidences


def main() -> None:
    """Measure and print."""
    windows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    rows = []
    for kind in KINDS:
        for size in SIZES:
            found = evidences(kind, size, windows if size < 5_000 else 2 * windows // 5)
            rates = [float((found >= -math.log10(level)).mean()) / level for level in LEVELS]
            rows.append([kind, f"{size:,}", *(f"{rate:.2f}" for rate in rates)])
            print(rows[-1], file=sys.stderr, flush=True)
    head = ["evidence", "rows", *(f"rate / {level:g}" for level in LEVELS)]
    show(f"False alarms without drift, {windows:,} windows, reference of {REFERENCE:,} rows", head, rows)


if __name__ == "__main__":
    main()
