"""Tables, and timings that a busy machine disturbs little: CPU time, in rounds, of which best, median and range are told.

Where `DRIFTGAUGE_BENCH_RESULTS` names a file, every table is appended to it as a line of JSON, for `all.py` to gather.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["RESULTS", "cpu_seconds", "interleaved", "show", "skip", "spread"]

RESULTS = "DRIFTGAUGE_BENCH_RESULTS"


def cpu_seconds(work: Callable[[], object], *, rounds: int = 5, calls: int = 1) -> float:
    """Return the CPU seconds of one call of *work*: the best of some rounds of several calls."""
    return min(interleaved({"": work}, rounds=rounds, calls=calls)[""])


def interleaved(
    works: Mapping[Any, Callable[[], object]], *, rounds: int = 5, calls: int = 1
) -> dict[Any, list[float]]:
    """Return the CPU seconds of one call of each work, round by round in turn: what disturbs one disturbs all."""
    found: dict[Any, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            started = time.process_time()
            for _ in range(calls):
                work()
            found[name].append((time.process_time() - started) / calls)
    return found


def spread(values: Sequence[float], form: str = ",.0f") -> tuple[str, str]:
    """Return the median and the range of figures as text."""
    return f"{statistics.median(values):{form}}", f"{min(values):{form}} to {max(values):{form}}"


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
    print(f"  Python {platform.python_version()}, numpy {np.__version__}; again: python {sys.argv[0]}", flush=True)
    _keep({"title": title, "header": list(header), "rows": [list(row) for row in rows], "notes": list(notes)})


def skip(what: str, why: str) -> None:
    """Say that something was not measured."""
    print(f"\nskipped: {what}: {why}", flush=True)
    _keep({"skipped": what, "why": why})


def _keep(result: Mapping[str, Any]) -> None:
    if path := os.environ.get(RESULTS):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
