"""Kolmogorov-Smirnov distance between binned ordered columns, with a p-value that knows about the bins.

Guarantee: size within 10 % of nominal for 5 to 64 bins and under ties, where the textbook test is 5 to 15 times too
small; ten bins lose no power (statistics.md 8). The bins' grid shifts the argument by 0.5826 sqrt(sum t^2), the barrier
correction of Siegmund and of Broadie, Glasserman and Kou.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats

__all__ = ["KolmogorovSmirnov", "kolmogorov_smirnov"]

Float64s = NDArray[np.float64]

GRID_SHIFT = 0.5826  # -zeta(1/2) / sqrt(2 pi)


@dataclass(frozen=True, slots=True)
class KolmogorovSmirnov:
    """Largest gap between the distribution functions (0..1), and its p-value."""

    distance: Float64s
    p_value: Float64s


def kolmogorov_smirnov(reference: Floats | Counts, current: Floats | Counts) -> KolmogorovSmirnov:
    """Compare ordered counts [..., bins] (no missing bin); NaN where a side is empty."""
    r, c = np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
    n_r, n = r.sum(axis=-1), c.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.abs(np.cumsum(r, axis=-1) / n_r[..., None] - np.cumsum(c, axis=-1) / n[..., None])
        distance = gap[..., :-1].max(axis=-1, initial=0.0)
        size = np.sqrt(n_r * n / (n_r + n))
        grid = np.sqrt((((r + c) / (n_r + n)[..., None]) ** 2).sum(axis=-1))
        # A single used bin leaves nothing to compare.
        p_value = np.where(((r + c) > 0).sum(axis=-1) > 1, _tail(size * distance + GRID_SHIFT * grid), 1.0)
    undefined = np.where((n_r > 0) & (n > 0), 0.0, np.nan)
    return KolmogorovSmirnov(distance + undefined, p_value + undefined)


def _tail(x: Float64s) -> Float64s:
    """Return P(K > x) of the Kolmogorov law; the series for small x converges where the other does not."""
    x = np.maximum(np.nan_to_num(x), 1e-6)
    k = np.arange(1, 101)
    large = 2 * ((-1.0) ** (k - 1) * np.exp(-2 * (k * x[..., None]) ** 2)).sum(axis=-1)
    odd = 2 * k - 1
    small = 1 - np.sqrt(2 * np.pi) / x * np.exp(-((odd * np.pi) ** 2) / (8 * x[..., None] ** 2)).sum(axis=-1)
    tail: Float64s = np.clip(np.where(x > 1.0, large, small), 0.0, 1.0)
    return tail
