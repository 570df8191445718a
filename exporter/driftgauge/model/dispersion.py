"""Trailing dispersion: how much wider than independent rows a column's traffic scatters, from production itself.

Sessions and slow wobbles make blocks of traffic differ from one another without any drift; a p-value that does not know
this is worthless (statistics.md 4.2). Blocks of the trailing period are compared with their own pooled total, never with
the reference, which would hide the drift that is to be judged, and the factor is frozen while something looks like drift.

    ratio = max(1, sum of the blocks' divergences / sum of their expectations)

and the factor follows from it and from how the blocks' residuals go together (`drift.dispersion`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts
from driftgauge.drift import MOST_DISPERSION, divergence_and_expectation, residuals, tail_dispersion

__all__ = ["LEAST_BLOCKS", "trailing_dispersion"]

Float64s = NDArray[np.float64]

#: fewer blocks say too little
LEAST_BLOCKS = 8
#: samples below which a block is left out
LEAST_SAMPLES = 30
#: blocks scored at a time: the intermediate arrays of a hundred would take tens of megabytes
_AT_ONCE = 8


def trailing_dispersion(blocks: Counts, groups: NDArray[np.int64] | None = None, *, shaped: bool = True) -> Float64s:
    """Return the factor of every column from block counts [blocks, columns, bins]; NaN where there are too few blocks.

    A block is compared with the others (leave one out), so that independent rows give 1; with *groups*, [blocks], only
    with the others of its group, such as the same hour of other days. What is not *shaped* gives the ratio alone.
    """
    filled = blocks.any(axis=(1, 2))  # in the first days most are empty
    blocks, groups = blocks[filled], None if groups is None else groups[filled]
    if len(blocks) < LEAST_BLOCKS:
        return np.full(blocks.shape[1], np.nan)
    named = groups is not None
    groups = np.zeros(len(blocks), dtype=np.int64) if groups is None else groups
    rest = _rest(blocks, groups)
    observed, expected = (np.zeros(blocks.shape[1]) for _ in range(2))
    used = np.zeros(blocks.shape[:2], dtype=bool)
    for start in range(0, len(blocks), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        divergence, expectation, samples = divergence_and_expectation(rest[part], blocks[part])
        used[part] = (samples >= LEAST_SAMPLES) & ~np.isnan(divergence)
        observed += np.where(used[part], divergence, 0.0).sum(axis=0)
        expected += np.where(used[part], expectation, 0.0).sum(axis=0)
    enough = (used.sum(axis=0) >= LEAST_BLOCKS) & (expected > 0)
    ratio = np.where(enough, observed / np.where(enough, expected, 1.0), 1.0)
    if not shaped:
        return np.where(enough, np.clip(ratio, 1.0, MOST_DISPERSION), np.nan)
    # Blocks of one group are each other's yardstick, and so go together by themselves.
    apart = groups[:, None] != groups if named else np.ones((len(blocks), len(blocks)), dtype=bool)
    return np.where(enough, tail_dispersion(ratio, residuals(rest, blocks), used, apart), np.nan)


def _rest(blocks: Counts, groups: NDArray[np.int64]) -> Counts:
    """Return for each block the sum of the others of its group."""
    totals = {group: blocks[groups == group].sum(axis=0) for group in np.unique(groups).tolist()}
    return np.stack([totals[group] for group in groups.tolist()]) - blocks
