"""Shift of the mean: in standard deviations of the reference, relative, and as a z-score (statistics.md 1.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats

__all__ = ["MeanShift", "mean_shift"]

Float64s = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeanShift:
    """Shift of the mean of every column.

    Attributes:
        sigmas: (mean - reference mean) / reference standard deviation.
        relative: |mean - reference mean| / |reference mean|.
        z: sigmas in units of its standard error without drift.
        noise_floor: expected |sigmas| without drift.
    """

    sigmas: Float64s
    relative: Float64s
    z: Float64s
    noise_floor: Float64s


def mean_shift(
    reference_mean: Floats | float,
    reference_stddev: Floats | float,
    reference_samples: Floats | Counts | float,
    mean: Floats | float,
    samples: Floats | Counts | float,
) -> MeanShift:
    """Compare means; all arguments broadcast. NaN where a side is empty or the reference does not vary.

    >>> shift = mean_shift(120.0, 40.0, 10_000, 200.0, 500)
    >>> float(shift.sigmas), round(float(shift.relative), 3)
    (2.0, 0.667)
    """
    mean_r, sd_r, n_r, mean_c, n = (
        np.asarray(part, dtype=np.float64)
        for part in (reference_mean, reference_stddev, reference_samples, mean, samples)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = np.sqrt(1 / n + 1 / n_r)
        sigmas = np.where(sd_r > 0, (mean_c - mean_r) / sd_r, np.nan)
        relative = np.where(mean_r != 0, np.abs(mean_c - mean_r) / np.abs(mean_r), np.nan)
        return MeanShift(sigmas, relative, sigmas / noise, math.sqrt(2 / math.pi) * noise)
