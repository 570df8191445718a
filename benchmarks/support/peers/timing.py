"""What the peers' programs share; needs numpy and pandas at most, and nothing of driftgauge.

Each program is called with the path of a file of rows (`load`) and prints one line of JSON: CPU seconds by name of what it
did, in rounds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["CATEGORIES", "NUMBERS", "frames", "load", "rounds", "tell"]

#: columns of the rows
NUMBERS, CATEGORIES = 50, 10


def load() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return numbers and codes of the reference, then of the rows."""
    with np.load(sys.argv[1]) as file:
        return file["reference"], file["reference_codes"], file["rows"], file["codes"]


def frames() -> tuple[Any, Any]:
    """Return the reference and the rows as data frames, categories as text."""
    import pandas as pd

    numbers, codes, rows, row_codes = load()
    made = []
    for values, categories in ((numbers, codes), (rows, row_codes)):
        columns = {f"f{at:02d}": column for at, column in enumerate(values.T)}
        columns |= {f"c{at}": [f"v{code}" for code in column] for at, column in enumerate(categories.T)}
        made.append(pd.DataFrame(columns))
    return made[0], made[1]


def rounds(work: Callable[[], object], number: int = 3, *, warm: bool = True) -> list[float]:
    """Return the CPU seconds of *work*, *number* times after one that is not counted."""
    if warm:
        work()
    found = []
    for _ in range(number):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return found


def tell(found: Mapping[str, list[float]]) -> None:
    """Print what was measured, as the last line."""
    print(json.dumps(found))
