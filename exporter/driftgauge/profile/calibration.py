"""What undrifted chunks of the reference scored over one window length, and the thresholds that follow.

threshold = max(configured, 1.25 x the 95 % quantile of the chunks' debiased scores, or 1.25 x their maximum while there are
fewer than 40); above a ceiling the window cannot judge that column (statistics.md 11).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts

__all__ = ["CEILING", "LEAST_CHUNKS", "STUCK", "Calibration"]

Float64s = NDArray[np.float64]

#: a threshold above it would be reached by hardly any drift
CEILING = 0.75
#: name of the figures that tell how long single values of the reference hold out (`drift.stuck`), beside those of windows
STUCK = "stuck"
#: how far above what was seen a threshold stays
_MARGIN = 1.25
#: chunks from which on a quantile is steadier than the maximum
_MANY = 40
#: fewer chunks say too little about a length (NannyML warns below the same number)
LEAST_CHUNKS = 6


@dataclass(frozen=True, slots=True)
class Calibration:
    """Figures of the leave-one-out chunk scores of every column, each [columns]; NaN where no chunk could be scored.

    Attributes:
        chunks: chunks with enough samples.
        median: of their debiased scores.
        q95: 95 % quantile.
        q99: 99 % quantile.
        most: largest.
        dispersion: how much wider than independent rows the scores scatter, 1 to 50.
    """

    chunks: Counts
    median: Float64s
    q95: Float64s
    q99: Float64s
    most: Float64s
    dispersion: Float64s

    @property
    def largest(self) -> Float64s:
        """The largest figure of any chunk, margin included; NaN where nothing is known."""
        return np.where(self.usable, _MARGIN * self.most, np.nan)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Columns with enough chunks to say anything."""
        return self.chunks >= LEAST_CHUNKS

    @property
    def reached(self) -> Float64s:
        """What the threshold has to stay above, margin included; 0 where nothing is known."""
        figure = np.where(self.chunks >= _MANY, self.q95, self.most)
        return np.where(self.usable, _MARGIN * np.nan_to_num(figure), 0.0)

    def calm(self, warn: float) -> NDArray[np.bool_]:
        """Tell which columns stay so still over this length that it may judge them whatever the hour."""
        figure = np.where(self.chunks >= 100, self.q99, self.most)
        return self.usable & (np.nan_to_num(figure, nan=np.inf) < 0.5 * warn)

    def take(self, columns: NDArray[np.bool_]) -> Calibration:
        """Return the figures of the chosen columns."""
        return Calibration(*(getattr(self, field.name)[columns] for field in fields(self)))
