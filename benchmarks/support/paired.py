"""Ratios of things measured in turns, with the interval that their scatter leaves: what one run can decide.

Turns are resampled as wholes (bootstrap), so that a spell in which the machine was busy counts as one observation and not as
thousands. The intervals hold 95 of 100 times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ratio", "ratio_of_medians", "ratio_of_pooled"]

_RESAMPLES = 400
_LEVELS = (2.5, 97.5)

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio and the interval around it."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def ratio_of_medians(over: Sequence[float], under: Sequence[float]) -> Ratio:
    """Return the median of the ratios of two figures that were taken side by side, turn by turn."""
    ratios = np.array(over) / np.array(under)
    return _ratio(len(ratios), lambda turns: float(np.median(ratios[turns])))


def ratio_of_pooled(over: Sequence[Values], under: Sequence[Values], percentile: float) -> Ratio:
    """Return the ratio of a percentile of all values of all turns."""

    def ratio(turns: NDArray[np.intp]) -> float:
        pooled = (np.percentile(np.concatenate([side[turn] for turn in turns]), percentile) for side in (over, under))
        return float(next(pooled) / next(pooled))

    return _ratio(len(over), ratio)


def _ratio(turns: int, ratio: Callable[[NDArray[np.intp]], float]) -> Ratio:
    rng = np.random.default_rng(1)
    drawn = [ratio(rng.integers(turns, size=turns)) for _ in range(_RESAMPLES)]
    return Ratio(ratio(np.arange(turns)), *(float(np.percentile(drawn, level)) for level in _LEVELS))
