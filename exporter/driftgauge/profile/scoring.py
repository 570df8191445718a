"""The column of anomaly scores: where it is, what it is scored from, and how many are beyond the threshold.

Not every row is scored. A row without a score is not observed in this column, rather than missing, so the column's samples are
the scored rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Floats
from driftgauge.derive import ANOMALY, Detector
from driftgauge.errors import ProfileError
from driftgauge.profile.schema import INPUT, Schema
from driftgauge.sketch import Histogram, HistogramSpec

__all__ = ["MOST_SCORED", "AnomalyColumn"]

#: rows of a block that are scored at most where no budget says how many: a quarter of what a file is read in at once
MOST_SCORED = 16_384


@dataclass(frozen=True, slots=True)
class AnomalyColumn:
    """Where the scores are among the numeric columns.

    Attributes:
        detector: what scores.
        place: of the column, which is compared in float32.
        inputs: places of what is scored, in the order of the detector.
    """

    detector: Detector
    place: int
    inputs: tuple[int, ...]

    @classmethod
    def of(cls, schema: Schema, histogram: HistogramSpec, detector: Detector | None) -> AnomalyColumn | None:
        """Find the columns; None without a detector.

        Raises:
            ProfileError: one of them is not there, or the detector does not fit them.
        """
        if detector is None:
            return None
        places = {column.name: place for place, column in enumerate(schema.numeric) if column.role == INPUT}
        wanted = detector.standard.columns
        place = places.get(ANOMALY, histogram.narrow)
        if place >= histogram.narrow or not places.keys() >= set(wanted) or ANOMALY in wanted:
            raise ProfileError(f"anomaly: expected the numeric inputs {[*wanted, ANOMALY]}, the last one in float32")
        if detector.threshold not in histogram.edges[place] or detector.scorer.width > len(wanted):
            raise ProfileError(f"anomaly: expected a detector of {len(wanted)} columns whose threshold is an edge")
        return cls(detector, place, tuple(places[name] for name in wanted))

    def values(self, narrow: Floats, wide: Floats, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what is scored of the chosen rows of both groups [columns, rows], as [rows, inputs]."""
        cut = len(narrow)
        parts = (narrow[place][rows] if place < cut else wide[place - cut][rows] for place in self.inputs)
        return np.stack([part.astype(np.float64) for part in parts], axis=1)

    def scores(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the scores of `values`; rows of which nothing is known at all have none (NaN)."""
        return np.where(np.isnan(values).all(axis=1), np.float32(np.nan), self.detector.scores(values))

    def beyond(self, histogram: Histogram) -> tuple[int, int]:
        """Return how many scores are beyond the threshold, and how many there are."""
        counts, edges = histogram.counts[self.place], histogram.spec.edges[self.place]
        first = int(np.searchsorted(edges, self.detector.threshold)) + 1
        return int(counts[first:-1].sum()), int(counts[:-1].sum())
