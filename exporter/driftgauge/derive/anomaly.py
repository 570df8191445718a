"""Anomaly scores: how unlike the reference's rows a row of numeric inputs is, as an input column of its own.

A detector is fitted where the profile is built, and is plain arrays from there on: what scores here is NumPy alone, and gives
the scores of the library that fitted it. Inputs are standardised: missing values stand at the mean (that a value is missing
shows in its own column), and beyond ten standard deviations a value goes no further.

Memory: a few hundred KB a detector; a chunk of rows while it is scored. Time: see the ways of scoring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["ANOMALY", "MOST_COLUMNS", "Detector", "Scorer", "Standard"]

Float64s = NDArray[np.float64]
Float32s = NDArray[np.float32]

#: name of the derived column
ANOMALY = "anomaly_score"
#: numeric inputs that are looked at, at most
MOST_COLUMNS = 150
#: standard deviations beyond which a value goes no further
_CLIP = 10.0
#: rows scored at a time, so that what is made of them stays in cache
_ROWS = 256


class Scorer(Protocol):
    """A way of scoring, fitted to rows of so many columns."""

    @property
    def kind(self) -> str:
        """Its name, as the command and the profile spell it."""
        ...

    @property
    def width(self) -> int:
        """Columns of the rows that it can score, at least."""
        ...

    def scores(self, rows: Float32s) -> Float64s:
        """Return the score of standardised rows [rows, columns]; higher is less like the reference."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """Which numeric inputs are looked at, and how they are brought to one scale.

    Attributes:
        columns: names of the inputs.
        means: of each, [columns].
        scales: standard deviations, > 0, [columns].
    """

    columns: tuple[str, ...]
    means: Float64s
    scales: Float64s

    @classmethod
    def of(cls, columns: tuple[str, ...], sample: Float64s) -> Standard | None:
        """Learn the scale of a sample [rows, columns]; None where no column varies. Six digits, as the profile keeps."""
        finite = np.where(np.isfinite(sample), sample, np.nan)
        found = []
        for name, values in zip(columns, finite.T, strict=True):
            known = values[~np.isnan(values)]
            mean, scale = (float(f"{part:.6g}") for part in (known.mean(), known.std())) if len(known) > 1 else (0, 0)
            if 0 < scale < np.inf and np.isfinite(mean):
                found.append((name, mean, scale))
        if not found:
            return None
        names, means, scales = zip(*found[:MOST_COLUMNS], strict=True)
        return cls(names, np.array(means), np.array(scales))

    def of_rows(self, values: Float64s) -> Float32s:
        """Return rows [rows, columns] in standard deviations from the mean."""
        with np.errstate(over="ignore"):
            standard = np.clip((values - self.means) / self.scales, -_CLIP, _CLIP)
        return np.where(np.isnan(standard), 0.0, standard).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """A fitted detector.

    Attributes:
        standard: what it looks at.
        scorer: how it scores that.
        threshold: the score that 1 % of the reference's rows are beyond; it is an edge of the column's bins.
    """

    standard: Standard
    scorer: Scorer
    threshold: float

    def scores(self, values: Float64s) -> Float32s:
        """Return the scores of rows [rows, columns of `standard`]."""
        standard = self.standard.of_rows(values)
        parts = [self.scorer.scores(standard[start : start + _ROWS]) for start in range(0, len(standard), _ROWS)]
        return np.concatenate(parts).astype(np.float32) if parts else np.empty(0, dtype=np.float32)
