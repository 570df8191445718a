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
#: counts that are worked on at a time, by columns: their intermediate arrays stay in a core's cache
_CELLS = 2**16


def trailing_dispersion(blocks: Counts, groups: NDArray[np.int64] | None = None, *, shaped: bool = True) -> Float64s:
    """Return the factor of every column from block counts [blocks, columns, bins]; NaN where there are too few blocks.

    A block is compared with the others (leave one out), so that independent rows give 1; with *groups*, [blocks], only
    with the others of its group, such as the same hour of other days. What is not *shaped* gives the ratio alone.
    """
    filled = np.flatnonzero(blocks.any(axis=(1, 2)))  # in the first days most are empty
    columns = blocks.shape[1]
    found = np.full(columns, np.nan)
    if len(filled) < LEAST_BLOCKS:
        return found
    of_filled = np.zeros(len(filled), dtype=np.int64) if groups is None else groups[filled]
    order = np.argsort(of_filled, kind="stable")
    _, first, group = np.unique(of_filled[order], return_index=True, return_inverse=True)
    # Blocks of one group are each other's yardstick, and so go together by themselves.
    apart = ~np.eye(len(group), dtype=bool) if groups is None else group[:, None] != group
    at_once = max(1, _CELLS // (len(filled) * blocks.shape[2]))
    for start in range(0, columns, at_once):
        part = slice(start, start + at_once)
        counts = blocks[filled[order], part].astype(np.float64)
        rest = np.add.reduceat(counts, first, axis=0)[group] - counts
        found[part] = _factors(rest, counts, apart if shaped else None)
    return found


def _factors(rest: Float64s, counts: Float64s, apart: NDArray[np.bool_] | None) -> Float64s:
    """Return the factors of blocks that are compared with the *rest*; without *apart* their ratios."""
    divergence, expectation, samples = divergence_and_expectation(rest, counts)
    used = (samples >= LEAST_SAMPLES) & ~np.isnan(divergence)
    observed, expected = (np.where(used, part, 0.0).sum(axis=0) for part in (divergence, expectation))
    enough = (used.sum(axis=0) >= LEAST_BLOCKS) & (expected > 0)
    ratio = np.where(enough, observed / np.where(enough, expected, 1.0), 1.0)
    if apart is None:
        return np.where(enough, np.clip(ratio, 1.0, MOST_DISPERSION), np.nan)
    return np.where(enough, tail_dispersion(ratio, residuals(rest, counts), used, apart), np.nan)
