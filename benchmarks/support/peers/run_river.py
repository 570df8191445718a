"""River: mean and variance of every number, row by row; and ADWIN on every number."""

from __future__ import annotations

import numpy as np
from river import drift, stats
from timing import load, rounds, tell


def main() -> None:
    rows = np.nan_to_num(load()[2][:1_000]).tolist()
    width = len(rows[0])
    moments, detectors = [stats.Var() for _ in range(width)], [drift.ADWIN() for _ in range(width)]

    def update(state: list) -> None:
        for row in rows:
            for one, value in zip(state, row, strict=True):
                one.update(value)

    tell({"mean and variance": rounds(lambda: update(moments)), "ADWIN": rounds(lambda: update(detectors))})


if __name__ == "__main__":
    main()
