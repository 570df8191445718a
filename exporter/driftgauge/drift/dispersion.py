"""Dispersion: the factor that makes the law of the score right in its far tail when rows are not independent.

Sessions and wobbles make blocks of traffic differ from one another without any drift. Their divergences are larger than
those of independent rows by some ratio, but that alone says nothing of the tail: a session moves a few directions of the
histogram by much, not all of them by a little, so the sum of K - 1 equal parts becomes one of a few unequal ones, and the
same mean comes with a far wider spread. With sessions of 50 rows (intra-class correlation 0.5) the ratio is 2.9, and p-values
of 1e-5 that allow for no more than it are 2,000 times too frequent.

What is needed is the spectrum of the blocks' covariance: the sums of its eigenvalues, of their squares and of their cubes,
in units of independent rows, are the ratios by which mean, variance and third moment of the score grow. The blocks'
residuals x give them without bias: (x_a . x_b)^2 over pairs of blocks averages the sum of squares, (x_a . x_b)(x_b . x_c)
(x_c . x_a) over triples that of cubes. A Pearson III law on the three moments is right to a factor of 4 at p = 1e-5 (found
for sessions of 10 and 50 rows in windows of 7 to 170 sessions). The factor is its quantile at p = 1e-7, over that of
independent rows: evidence that is worked out with the factor is right where thresholds are, and low below.

Memory: for 200 blocks 5 MB at a time. Time: 95 blocks of 100 columns in 3 ms, where they go together in groups of an hour.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats

__all__ = ["MOST_DISPERSION", "residuals", "tail_dispersion"]

Float64s = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: a wider scatter than this is no noise that a factor could describe (statistics.md 4.2)
MOST_DISPERSION = 50.0
#: blocks from which on the shape of their scatter can be told; with fewer only its mean
_LEAST_SHAPED = 40
#: what thresholds of 10 to 1,000 columns in several windows come to; the factor is right there
_FAR_EVIDENCE = 7.0
_FAR_NORMAL = -NormalDist().inv_cdf(10**-_FAR_EVIDENCE)
#: standard deviations above chance from which on a spread is one: independent rows must not lose power
_SURE = 2.0
#: in place of a zero that is divided by
_TINY = 1e-75
#: columns whose blocks are multiplied with one another at a time
_AT_ONCE = 16


def residuals(reference: Floats | Counts, blocks: Floats | Counts) -> Float64s:
    """Return how far counts [..., bins] lie from the reference's shares; squared lengths average K - 1 for independent rows."""
    r, c = np.broadcast_arrays(np.asarray(reference, dtype=np.float64), np.asarray(blocks, dtype=np.float64))
    ones = np.ones(c.shape[-1])
    n_r, n = (np.maximum(part @ ones, _TINY)[..., None] for part in (r, c))
    scale = n_r * n / np.maximum(r + c, _TINY)  # where both are empty, what it scales is zero
    np.sqrt(scale, out=scale)
    found: Float64s = c / n
    found -= r / n_r
    found *= scale
    return found


def tail_dispersion(ratio: Floats, spread: Floats, used: Flags, apart: Flags) -> Float64s:
    """Return the factor of every column, 1 to 50.

    Args:
        ratio: mean of the blocks' divergences over their expectation, [columns].
        spread: the blocks' residuals, [blocks, columns, bins].
        used: which of them have enough rows, [blocks, columns].
        apart: which blocks have nothing in common but the law, [blocks, blocks].
    """
    mean = np.maximum(np.nan_to_num(ratio, nan=1.0), 1.0)
    degrees = np.maximum(spread.any(axis=0).sum(axis=-1) - 1, 1)
    blocks = used.sum(axis=0)
    second, third = np.ones((2, len(mean)))
    if len(spread) >= _LEAST_SHAPED and len(mean):
        second, third = _spectrum(spread, used, apart)
    second, third = second / degrees, third / degrees
    # Known from few blocks, a scale has heavier tails itself: those of Student's law in place of the normal one.
    reach = 2 * math.log(10) * _FAR_EVIDENCE / np.maximum(blocks, _LEAST_SHAPED)
    grown = np.expm1(reach) / reach
    with np.errstate(invalid="ignore"):
        shaped = (blocks >= _LEAST_SHAPED) & (second - mean**2 > _SURE * _chance(degrees, blocks))
    second = np.where(shaped, mean**2 + (second - mean**2) * grown**2, mean**2)
    # Cauchy and Schwarz: equal eigenvalues have the least third moment.
    third = np.where(shaped, np.fmax(mean**3 + (third - mean**3) * grown**3, second**2 / mean), mean**3)
    factor = _quantile(degrees, mean, second, third) / _quantile(degrees, *np.ones((3, 1)))
    return np.clip(factor, mean, MOST_DISPERSION)


def _spectrum(spread: Floats, used: Flags, apart: Flags) -> tuple[Float64s, Float64s]:
    """Return the sums of the squares and of the cubes of the eigenvalues of each column's covariance."""
    sums = _sums(apart)
    found = []
    for start in range(0, used.shape[1], _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        own = np.where(used[:, part, None], spread[:, part], 0.0)
        found.append(np.stack(sums(own.transpose(1, 0, 2))))
    # Most columns have rows in the same blocks, and so the same pairs.
    alike = (used[:, :1] == used).all()
    one = used.T[:1], np.zeros(used.shape[1], dtype=np.int64)
    kinds, kind = one if alike else np.unique(used.T, axis=0, return_inverse=True)
    pairs, triples = sums(kinds[:, :, None].astype(np.float64))
    squares, cubes = np.concatenate(found, axis=1)
    return _mean(squares, pairs[kind]), _mean(cubes, triples[kind])


def _mean(sums: Float64s, numbers: Float64s) -> Float64s:
    """Return sums over numbers; NaN where there was nothing to sum, also where rounding left something."""
    mean: Float64s = np.divide(sums, numbers, out=np.full(len(sums), np.nan), where=numbers > 0)
    return mean


def _sums(apart: Flags) -> Callable[[Float64s], tuple[Float64s, Float64s]]:
    """Return what sums over pairs and over triples of blocks that are *apart*, from rows [columns, blocks, bins]."""
    near = ~apart | np.eye(len(apart), dtype=bool)
    group = near.argmax(axis=1)
    if not np.array_equal(near, group[:, None] == group):
        return partial(_of_pairs, (~near).astype(np.float64))
    order = np.argsort(group, kind="stable")
    _, first, place = np.unique(group[order], return_index=True, return_inverse=True)
    return partial(_of_groups, order, place, np.arange(len(order)) - first[place])


def _of_pairs(apart: Float64s, rows: Float64s) -> tuple[Float64s, Float64s]:
    products = rows @ rows.transpose(0, 2, 1) * apart
    return _dot(products, products), _dot(products @ products, products)


def _of_groups(order: Counts, group: Counts, rank: Counts, rows: Float64s) -> tuple[Float64s, Float64s]:
    """Do what `_of_pairs` does where blocks are apart just from those of other groups, at a tenth of the cost.

    With G the sum of x_a x_a' over all blocks and G_g that of a group, all pairs and triples, less those that have a group in
    common, are tr G^2 - sum tr G_g^2 and tr G^3 - 3 sum tr (G G_g^2) + 2 sum tr G_g^3: work that grows with the blocks, not
    with their cube. Block `order[i]` is number `rank[i]` of its group.
    """
    own = np.zeros((len(rows), group.max(initial=-1) + 1, rank.max(initial=-1) + 1, rows.shape[2]))
    own[:, group, rank] = rows[:, order]  # what a smaller group lacks is zero, and adds nothing
    every = own.reshape(len(rows), -1, rows.shape[2])
    whole = every.transpose(0, 2, 1) @ every
    seen = every @ whole
    within, through = (own @ part.transpose(0, 1, 3, 2) for part in (own, seen.reshape(own.shape)))
    squares = _dot(whole, whole) - _dot(within, within)
    return squares, _dot(seen, seen) - 3 * _dot(within, through) + 2 * _dot(within @ within, within)


def _dot(first: Float64s, second: Float64s) -> Float64s:
    """Return the sum of the products of all entries of a column."""
    products: Float64s = np.vecdot(*(part.reshape(len(part), -1) for part in (first, second)))
    return products


def _chance(degrees: Counts, blocks: Counts) -> Float64s:
    """Return the standard deviation of the second moment's estimate for independent rows."""
    number = np.maximum(blocks, 2)
    chance: Float64s = np.sqrt(8 / (degrees * number) + (4 + 12 / degrees) / (number * (number - 1)))
    return chance


def _quantile(degrees: Counts, mean: Float64s, second: Float64s, third: Float64s) -> Float64s:
    """Return the far quantile of the Pearson III law whose moments are those of chi square times the given ratios.

    Wilson and Hilferty: within 5 % for all shapes that occur.
    """
    shape = degrees * second**3 / (2 * third**2)
    scale = 2 * third / second
    cubed = np.maximum(1 - 1 / (9 * shape) + _FAR_NORMAL / (3 * np.sqrt(shape)), 0.0) ** 3
    quantile: Float64s = degrees * mean + scale * shape * (cubed - 1)
    return quantile
