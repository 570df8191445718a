"""Sketch: counting values into bins, against searchsorted and bincount per column; and building a profile.

Counting sorts a block of each column and looks the edges up in it, which is fastest for blocks of some thousand rows; this
is why the exporter gathers small batches. Target: at most a quarter of searchsorted and bincount at 4,096 rows.
"""

from __future__ import annotations

import math
import tempfile
import time
from pathlib import Path

import numpy as np
from support.bodies import Table, names, table
from support.references import reference
from support.report import cpu_seconds, show

from driftgauge.reference import BuildOptions, build
from driftgauge.sources import from_arrays, open_source

FEATURES = 50
BATCHES = (1, 10, 100, 1_000, 4_096, 10_000, 100_000)
BUILT_ROWS, BUILT_COLUMNS = 1_000_000, 20
#: the file repeats this many rows, because writing them takes longer than reading
WRITTEN_ROWS = 50_000


def main() -> None:
    rng = np.random.default_rng(1)
    spec = reference(rng, FEATURES).profile.spec.histogram
    edges = [column.astype(np.float32) for column in spec.edges]
    wide = np.empty((0, 0), dtype=np.float64)
    rows = []
    for batch in BATCHES:
        block = np.ascontiguousarray(table(rng, batch, FEATURES).T)
        calls = max(1, 20_000 // batch // 10)
        rounds = 3 if batch > 10_000 else 5
        none = np.empty((0, batch)) if spec.narrow == spec.columns else wide
        ours = cpu_seconds(lambda b=block, n=none: spec.of(b, n), calls=calls, rounds=rounds)
        plain = cpu_seconds(lambda b=block: _plain(b, edges), calls=calls, rounds=rounds)
        per_value = 1e9 / block.size
        rows.append((f"{batch:,}", f"{ours * per_value:,.1f}", f"{plain * per_value:,.1f}", f"{plain / ours:.1f}"))
    show(
        f"Counting {FEATURES} columns of {spec.bins} bins, CPU ns a value",
        ("rows at once", "HistogramSpec.of", "searchsorted + bincount", "ratio"),
        rows,
        [
            "HistogramSpec.of also gives sums per bin, squares, infinities and values outside the range",
            "target: ratio >= 4 at 4,096 rows",
        ],
    )
    values = table(rng, BUILT_ROWS, BUILT_COLUMNS)
    show(
        f"Building a profile of {BUILT_ROWS:,} rows x {BUILT_COLUMNS} numeric columns",
        ("from", "seconds", "ns a value"),
        [_built("arrays", _from_arrays(values)), _built("CSV", _from_csv(values))],
    )


def _plain(block: Table, edges: list[Table]) -> list[np.ndarray]:
    """Count as one would: look every value up among the edges; missing values set apart."""
    found = []
    for column, bounds in zip(block, edges, strict=True):
        present = column[~np.isnan(column)]
        found.append(np.bincount(np.searchsorted(bounds, present), minlength=len(bounds) + 1))
    return found


def _built(name: str, seconds: float) -> tuple[str, str, str]:
    return name, f"{seconds:.1f}", f"{seconds / (BUILT_ROWS * BUILT_COLUMNS) * 1e9:,.0f}"


def _from_arrays(values: Table) -> float:
    source = from_arrays(dict(zip(names(BUILT_COLUMNS), values.T, strict=True)))
    return _seconds(source)


def _from_csv(values: Table) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "training.csv"
        lines = [",".join("" if math.isnan(v) else f"{v:.6g}" for v in row) for row in values[:WRITTEN_ROWS].tolist()]
        chunk = "\n".join(lines) + "\n"
        with path.open("w") as file:
            file.write(",".join(names(BUILT_COLUMNS)) + "\n")
            for _ in range(BUILT_ROWS // WRITTEN_ROWS):
                file.write(chunk)
        return _seconds(open_source(str(path)))


def _seconds(source) -> float:
    started = time.process_time()
    built = build(source.batches, BuildOptions("benchmark", 0.0))
    assert built.rows == BUILT_ROWS
    return time.process_time() - started


if __name__ == "__main__":
    main()
