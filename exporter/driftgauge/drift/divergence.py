"""Population stability index and Kullback-Leibler divergence, smoothed so that an empty bin stays finite.

Half a row is added to every bin (Jeffreys): an empty bin in a small window is weak evidence and counts little, in a large
window it counts as it should (statistics.md 1.4, 2). For display; the status rests on the Jensen-Shannon distance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Flags, Floats

__all__ = ["kl_bits", "psi"]

Float64s = NDArray[np.float64]


def psi(reference: Floats | Counts, current: Floats | Counts, valid: Flags | None = None) -> Float64s:
    """Return the population stability index in nats, >= 0; NaN where a side is empty.

    Args:
        reference: counts [..., bins].
        current: counts [..., bins].
        valid: which cells are bins of their column (the arrays are padded); all, when None.
    """
    p, q = _smoothed(reference, current, valid)
    return _defined(((q - p) * np.log(q / p)).sum(axis=-1), reference, current)


def kl_bits(reference: Floats | Counts, current: Floats | Counts, valid: Flags | None = None) -> Float64s:
    """Return KL(reference || current) in bits, >= 0; NaN where a side is empty. Swap the arguments for the other way."""
    p, q = _smoothed(reference, current, valid)
    return _defined((p * np.log2(p / q)).sum(axis=-1), reference, current)


def _smoothed(reference: Floats | Counts, current: Floats | Counts, valid: Flags | None) -> tuple[Float64s, Float64s]:
    """Return both sides' smoothed proportions; cells that are no bins get 1 on both sides, which adds nothing."""
    cells = np.ones(np.shape(current)[-1], dtype=bool) if valid is None else valid
    bins = cells.sum(axis=-1)
    sides = []
    for counts in (reference, current):
        total = np.asarray(counts).sum(axis=-1)
        sides.append(np.where(cells, (np.asarray(counts) + 0.5) / (total + bins / 2)[..., None], 1.0))
    return sides[0], sides[1]


def _defined(values: Float64s, reference: Floats | Counts, current: Floats | Counts) -> Float64s:
    both = (np.asarray(reference).sum(axis=-1) > 0) & (np.asarray(current).sum(axis=-1) > 0)
    return np.where(both, values, np.nan)
