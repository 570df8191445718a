"""Wasserstein distance between binned columns, in standard deviations of the reference.

Each side stands as point masses at its own bins' means, which the per-bin sums give: within 1 % of the exact distance
at 20 bins, where reference points alone are off by 5 % and linear bins by 13 % (statistics.md 8).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats

__all__ = ["Wasserstein", "wasserstein"]

Float64s = NDArray[np.float64]

#: expected value under no drift over the formula's, K = 20 (statistics.md 8)
FLOOR_FACTOR = 1.2


@dataclass(frozen=True, slots=True)
class Wasserstein:
    """Distance and noise floor, both in standard deviations of the reference."""

    sigmas: Float64s
    noise_floor: Float64s


def wasserstein(
    reference: Floats | Counts,
    current: Floats | Counts,
    reference_means: Floats,
    current_means: Floats,
    reference_stddev: Floats,
) -> Wasserstein:
    """Compare ordered counts [..., bins] (no missing bin) whose bins have the given means; NaN where undefined.

    Means of empty bins may be anything finite; they carry no mass.
    """
    r, c, at_r, at_c = np.broadcast_arrays(reference, current, reference_means, current_means)
    n_r, n = r.sum(axis=-1), c.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        p, q = r / n_r[..., None], c / n[..., None]
        points = np.concatenate([at_r, at_c], axis=-1)
        order = np.argsort(points, axis=-1)
        points = np.take_along_axis(points, order, axis=-1)
        gap = np.cumsum(np.take_along_axis(np.concatenate([p, -q], axis=-1), order, axis=-1), axis=-1)
        distance = (np.abs(gap[..., :-1]) * np.diff(points, axis=-1)).sum(axis=-1) / reference_stddev
        reached = np.cumsum(p, axis=-1)[..., :-1]
        # Means of a degenerate reference may step back where a bin is empty; such a step carries no spread.
        steps = np.maximum(np.diff(at_r, axis=-1), 0.0)
        spread = (np.sqrt(np.maximum(reached * (1 - reached), 0.0)) * steps).sum(axis=-1)
        floor = FLOOR_FACTOR * math.sqrt(2 / math.pi) * np.sqrt(1 / n + 1 / n_r) * spread / reference_stddev
    defined = (n_r > 0) & (n > 0) & (np.asarray(reference_stddev) > 0)
    return Wasserstein(np.where(defined, distance, np.nan), np.where(defined, floor, np.nan))
