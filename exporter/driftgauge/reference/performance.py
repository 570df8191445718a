"""How predictions turned out by the bin of a column, over labelled reference data: what estimates without labels rest on.

For a classifier the column is its confidence, for a regression the prediction itself; the bins are the profile's own.
Memory: 500 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from driftgauge.batch import Batch, Categories, Column, Floats, Mixed
from driftgauge.derive import with_confidence_columns
from driftgauge.derive.confidence import TOP1
from driftgauge.drift.estimated import LEAST_LABELLED
from driftgauge.profile import CLASSIFICATION, NUMERIC, OUTPUT, PERFORMANCE, sketch_name
from driftgauge.profile.outcomes import PREDICTION
from driftgauge.profile.profile import ProfileSpec
from driftgauge.sketch import Binned, BinnedSpec, Sketch

__all__ = ["PerformanceTotals", "performance_column"]


def performance_column(spec: ProfileSpec, task: str | None) -> int | None:
    """Return the place, among the numeric columns, of the one by whose bins outcomes are counted; None without one."""
    outputs = [
        (place, column.name) for place, column in enumerate(spec.schema.columns) if column.role == OUTPUT and task
    ]
    wanted = TOP1 if task == CLASSIFICATION else PREDICTION
    found = [place for place, name in outputs if name == wanted]
    if not found and task != CLASSIFICATION and len(outputs) == 1:
        found = [outputs[0][0]]
    return found[0] if found and spec.schema.columns[found[0]].kind == NUMERIC else None


class PerformanceTotals:
    """Counts outcomes by bin.

    Args:
        spec: of the profile.
        task: what the model does; None where that is not known.
    """

    def __init__(self, spec: ProfileSpec, task: str | None) -> None:
        place = performance_column(spec, task)
        self._column = None if place is None else spec.schema.columns[place].name
        self._binned: Binned | None = None
        if place is not None:
            edges = tuple(spec.histogram.edges[place].tolist())
            self._binned = BinnedSpec(edges, place < spec.histogram.narrow).zero()

    def add(self, batch: Batch, outcome: Floats) -> None:
        """Count the rows of *batch*, each with its outcome, NaN where that is not known."""
        if self._binned is None or self._column is None:
            return
        column = batch.outputs.get(self._column)
        if column is None and self._column == TOP1:
            column = with_confidence_columns(batch).outputs.get(TOP1)
        if column is not None:
            rows = np.stack([_numbers(column), outcome])
            self._binned = self._binned.merge(self._binned.spec.of(rows))

    @property
    def sketches(self) -> dict[str, Sketch]:
        """What was counted, by `sketch_name`; empty where no row had an outcome."""
        if self._binned is None or self._column is None or not self._binned.total:
            return {}
        return {sketch_name(PERFORMANCE, self._column): self._binned}

    def notes(self) -> Iterator[str]:
        """Say where labels are too few."""
        if self._binned is not None and 0 < self._binned.total < LEAST_LABELLED:
            yield (
                f"only {self._binned.total} labelled rows: performance without labels is not estimated; "
                f"it needs {LEAST_LABELLED:,}"
            )


def _numbers(column: Column) -> Floats:
    if isinstance(column, Mixed):
        return column.numbers.astype(np.float64)
    if isinstance(column, Categories):
        return np.full(len(column.codes), np.nan)
    return column.astype(np.float64)
