"""Coverage: of how many things something is known.

Law: the ratio is that of the rows. Memory: 16 bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts
from driftgauge.sketch.additive import Sketch

__all__ = ["Coverage", "CoverageSpec"]


@dataclass(frozen=True, slots=True)
class CoverageSpec:
    """What is counted, by name; counts of different things do not add.

    >>> CoverageSpec().of(np.array([[4], [3]])).ratio
    0.75
    """

    things: str = ""

    def zero(self) -> Coverage:
        """Return the counts of nothing."""
        return Coverage(self, np.zeros(2, dtype=np.int64))

    def holding(self, arrays: Mapping[str, NDArray[Any]]) -> Coverage:
        """Return counts around *arrays* (not copied)."""
        return Coverage(self, **arrays)

    def of(self, counts: NDArray[np.integer[Any]]) -> Coverage:
        """Count parts of shape [2, parts]: things, those of which it is known."""
        return Coverage(self, counts.sum(axis=1, dtype=np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Coverage(Sketch):
    """`counts`: things, those of which it is known; int64 [2]."""

    spec: CoverageSpec
    counts: Counts

    @property
    def ratio(self) -> float:
        """Share of those of which it is known, 0 to 1; NaN without any."""
        # A thing and what becomes known of it may lie on two sides of a window's edge.
        return min(float(self.counts[1] / self.counts[0]), 1.0) if self.counts[0] else np.nan
