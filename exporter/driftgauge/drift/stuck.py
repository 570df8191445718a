"""Stuck values: one value that a part of the rows has hour after hour, which the distance of a restless column drowns.

A sensor of three that says 0.25 for days moves a third of the rows into one bin. Where undrifted weeks stray from themselves
as far, the distance cannot tell. But weather that comes also goes: a rare value fills an hour, never most hours of three
days. So of every value the share is looked at that it has in at least 80 % of the hours:

    held = the largest x such that at least 80 % of the hours with rows have a share >= x of the value
    ratio = the largest held - (its share of the reference), over the values that the reference has in at most a quarter of its rows

Evidence: without drift a value has in the mean its share p of the reference, whatever makes rows come together. So whoever bets a
part b of what he has, block of time by block of time, gets (1 - b) + b s / p of it back for a share s, which is fair, and multiplies it
by e with a probability of 1 / e at most (Ville's inequality; Waudby-Smith, Ramdas: Estimating means of bounded random variables by
betting). A block is six hours, b is anything from 0.1 to 1; the evidence is log10 of the mean gain, less that of the number of
values. Spells that last longer than six hours are the business of the threshold, which undrifted stretches of the reference raise.

Guarantee: independent rows give 0, because a low quantile of the hours lies below the mean; over ten months of flights and their
weather no column reached 0.02 (`tests/simulation/test_weather.py`). Blind to values that more than a quarter of the reference's
rows have, and to bins that hold more than one value. Time: 1.5 ms for 72 hours of 100 columns of 20 bins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Flags, Floats
from driftgauge.profile import Profile
from driftgauge.sketch import Histogram

__all__ = ["STUCK_HOURS", "StuckValues", "stuck_values", "values_of"]

Float64s = NDArray[np.float64]

#: hours that are looked at: of one day alone, fogs of a year would have held for 80 % on two days
STUCK_HOURS = 72
#: share of the hours in which a value must be there
HELD = 0.8
#: share of the reference from which on a calm spell of a value is nothing unusual
COMMON = 0.25
#: rows of an hour, or of a block, below which a share says nothing
LEAST_ROWS = 10
#: hours with rows, and hours from the first of them to the last, that are needed: three days of eight hours
LEAST_HOURS = 24
LEAST_SPAN = 54
#: hours that count as one for the evidence
BLOCK = 6
#: parts that are bet
_BETS = np.linspace(0.1, 1.0, 10)
#: part of a bin's width by which its mean may lie below its edge: float32 sums, or one row of a thousand
_NEAR = 1e-3


@dataclass(frozen=True, slots=True)
class StuckValues:
    """What was found in every column, [columns]; NaN where hours are too few or no value could be told.

    Attributes:
        ratio: share of the rows beyond the reference's share, 0..1, that one value has in at least 80 % of the hours.
        evidence: -log10 of the probability that a value of the column is there as often by chance, 0..300.
        place: its bin; -1 where there is none.
        hours: hours with rows enough.
    """

    ratio: Float64s
    evidence: Float64s
    place: NDArray[np.int64]
    hours: NDArray[np.int64]


def values_of(profile: Profile) -> tuple[Flags, Flags]:
    """Return which bins of a reference are one value each that is rare enough: of numbers [columns, bins + 1], of categories."""
    histogram, categories = profile.histogram, profile.categories
    named = categories.spec.valid.copy()
    named[:, -2:] = False  # `other` is many values, missing is none
    return (
        _single_values(histogram) & _rare(histogram.counts),
        named & (categories.counts > 0) & _rare(categories.counts),
    )


def _single_values(histogram: Histogram) -> Flags:
    """Tell which bins hold one value: those of a right-closed bin whose mean is its edge are all equal to it."""
    counts, means = histogram.counts, histogram.bin_means
    single = np.zeros(counts.shape, dtype=bool)
    for column, edges in enumerate(histogram.spec.edges):
        if len(edges) > 1:
            precision = np.float32 if column < histogram.spec.narrow else np.float64
            step = np.nextafter(edges[:-1].astype(precision), precision(np.inf)) == edges[1:]
            inner = slice(1, len(edges))
            near = np.abs(edges[1:] - means[column, inner]) <= _NEAR * np.diff(edges)
            single[column, inner] = (step | near) & (counts[column, inner] > 0)
    return single


def _rare(counts: Counts) -> Flags:
    rare: Flags = counts <= COMMON * counts.sum(axis=-1, keepdims=True)
    return rare


def stuck_values(reference: Floats | Counts, hours: Counts, values: Flags) -> StuckValues:
    """Look for a value that stays.

    Args:
        reference: counts of the reference, [columns, bins].
        hours: counts of consecutive hours, [hours, columns, bins]; those without rows are empty.
        values: which bins are looked at, [columns, bins].
    """
    columns, bins = np.nonzero(values)
    rows = hours.sum(axis=2)
    used = rows >= LEAST_ROWS
    number = used.sum(axis=0)
    known = (number >= LEAST_HOURS) & (_span(used) >= LEAST_SPAN) & values.any(axis=1)
    share = (reference / np.maximum(reference.sum(axis=-1, keepdims=True), 1))[columns, bins]
    excess = np.maximum(_held(hours[:, columns, bins], rows[:, columns], used[:, columns]) - share, 0.0)
    ratio, place, largest = np.zeros(len(values)), np.full(len(values), -1), np.full(len(values), 0)
    order = np.argsort(excess, kind="stable")  # of a column's values the largest comes last, and stays
    ratio[columns[order]], place[columns[order]], largest[columns[order]] = excess[order], bins[order], order
    found = ratio > 0
    evidence = np.zeros(len(values))
    if found.any():
        chosen = largest[found]
        # A value that the reference has once or twice may have been lucky there: one row more.
        usual = ((reference + 1) / (reference.sum(axis=-1, keepdims=True) + 1))[columns[chosen], bins[chosen]]
        sure = _evidence(hours[:, columns[chosen], bins[chosen]], rows[:, found], usual)
        evidence[found] = np.clip(sure - np.log10(values[found].sum(axis=1)), 0.0, 300.0)
    return StuckValues(
        np.where(known, ratio, np.nan), np.where(known, evidence, np.nan), np.where(known & found, place, -1), number
    )


def _held(counts: Counts, rows: Counts, used: Flags) -> Float64s:
    """Return the share that each value has or exceeds in 80 % of the used hours, [values]; 0 without any."""
    shares = np.where(used, counts / np.maximum(rows, 1), -1.0).T
    ranked = -np.sort(-shares, axis=1)  # unused hours last
    needed = np.maximum(np.ceil(HELD * used.sum(axis=0)).astype(np.int64), 1) - 1
    held: Float64s = np.maximum(np.take_along_axis(ranked, needed[:, None], axis=1)[:, 0], 0.0)
    return held


def _span(used: Flags) -> NDArray[np.int64]:
    """Return the hours from the first used one to the last, both included, [columns]."""
    first, last = used.argmax(axis=0), len(used) - used[::-1].argmax(axis=0)
    return np.where(used.any(axis=0), last - first, 0)


def _evidence(counts: Counts, rows: Counts, share: Float64s) -> Float64s:
    """Return log10 of the mean gain of bets on values, whose counts are [hours, values]."""
    blocks = -(-len(rows) // BLOCK)
    pad = ((0, blocks * BLOCK - len(rows)), (0, 0))
    have, of = (np.pad(part, pad).reshape(blocks, BLOCK, -1).sum(axis=1) for part in (counts, rows))
    odds = np.where(of >= LEAST_ROWS, have / np.maximum(of, 1) / share, 1.0)
    with np.errstate(divide="ignore"):  # who bets all of it may lose it
        gains = np.log1p(_BETS[:, None, None] * (odds - 1)).sum(axis=1)
    best = gains.max(axis=0)
    evidence: Float64s = (best + np.log(np.exp(gains - best).mean(axis=0))) / np.log(10)
    return evidence
