"""Tables, and timings that a busy machine disturbs little: CPU time, the best of several rounds."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

__all__ = ["cpu_seconds", "show"]


def cpu_seconds(work: Callable[[], object], *, rounds: int = 5, calls: int = 1) -> float:
    """Return the CPU seconds of one call of *work*: the best of some rounds of several calls."""
    work()
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        for _ in range(calls):
            work()
        best = min(best, time.process_time() - started)
    return best / calls


def show(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()) -> None:
    """Print a table, what to know of it, and how to make it again."""
    print(f"\n{title}")
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, ["-" * width for width in widths], *rows):
        cells = (
            cell.ljust(width) if not at else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join(cells).rstrip())
    for note in notes:
        print(f"  {note}")
    print(f"  Python {platform.python_version()}, numpy {np.__version__}; again: python {sys.argv[0]}")
