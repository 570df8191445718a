"""A numeric column on both sides, and points that stand for the reference's rows: what a histogram would be had something been done to them.

The reference is known by bins: within one its rows are spread as smoothly as the mean of the bin allows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift.jensen_shannon import divergence_and_expectation
from driftgauge.profile import Profile

__all__ = ["Column", "column_of", "distance_of"]

Float64s = NDArray[np.float64]

#: points that stand for the rows of a bin
_POINTS = 24
#: how near to the end of its bin, as a share of it, a mean has to be for all rows to be there; the rate that has such a mean
_EDGE = 0.005
_STEEPEST = 250.0


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of both sides, present values only.

    Attributes:
        edges: of its bins.
        before: counts of the reference, [bins].
        now: those of the window, [bins].
        points: values that stand for the rows of the reference, [points].
        weights: share of the rows that each stands for.
        means: of the reference and of the window.
        spreads: their standard deviations.
        range: lowest and highest value of the reference.
        distance: between the two.
    """

    edges: Float64s
    before: Float64s
    now: Float64s
    points: Float64s
    weights: Float64s
    means: tuple[float, float]
    spreads: tuple[float, float]
    range: tuple[float, float]
    distance: float

    def counted(self, values: Float64s) -> Float64s:
        """Return the shares of the bins if the reference's points had these values, [cases, points]."""
        bins = len(self.edges) + 1
        cells = np.searchsorted(self.edges, values, side="left") + np.arange(len(values))[:, None] * bins
        weights = np.broadcast_to(self.weights, values.shape)
        sums: Float64s = np.bincount(cells.ravel(), weights.ravel(), minlength=cells.shape[0] * bins).astype(np.float64)
        return sums.reshape(-1, bins)

    def left(self, shares: Float64s) -> Float64s:
        """Return the share of the distance that is left between the window and expected *shares* [..., bins]."""
        return distance_of(shares * self.before.sum(), self.now) / self.distance


def column_of(reference: Profile, current: Profile, row: int) -> Column | None:
    """Return numeric column number *row*; None where the two sides are alike, or hold no finite values."""
    spec = reference.spec.histogram
    edges = spec.edges[row]
    bins = len(edges) + 1
    before, now = (side.histogram.counts[row, :bins].astype(np.float64) for side in (reference, current))
    distance = float(distance_of(before, now)) if before.sum() and now.sum() else 0.0
    means, spreads = (
        tuple(float(getattr(side.histogram, name)[row]) for side in (reference, current)) for name in ("mean", "stddev")
    )
    if not distance > 0 or not np.isfinite([*means, *spreads]).all():
        return None
    inner = np.clip(
        reference.histogram.bin_means[row, :bins], *_bounds(edges, spec.lows[row], spec.highs[row], means[0])
    )
    points, weights = _spread(before / before.sum(), inner, *_bounds(edges, spec.lows[row], spec.highs[row], means[0]))
    limits = float(spec.lows[row]), float(spec.highs[row])
    return Column(edges, before, now, points, weights, (means[0], means[1]), (spreads[0], spreads[1]), limits, distance)


def _bounds(edges: Float64s, low: float, high: float, mean: float) -> tuple[Float64s, Float64s]:
    """Return the lower and upper bounds of the bins."""
    first = min(low, *edges[:1], mean) if math.isfinite(low) else min([*edges[:1], mean])
    last = max(high, *edges[-1:], mean) if math.isfinite(high) else max([*edges[-1:], mean])
    return np.concatenate([[first], edges]), np.concatenate([edges, [last]])


def _spread(shares: Float64s, means: Float64s, lows: Float64s, highs: Float64s) -> tuple[Float64s, Float64s]:
    """Return points and weights that have the bins' shares and means."""
    width = highs - lows
    about = np.divide(means - lows, width, out=np.ones(len(width)), where=width > 0)
    # Of all distributions on a bin with that mean the one that says nothing more (maximum entropy) is an exponential, cut off.
    rate = _rate(np.clip(about, _EDGE, 1 - _EDGE))[:, None]
    parts = (np.arange(_POINTS) + 0.5) / _POINTS
    with np.errstate(over="ignore"):
        places = np.where(np.abs(rate) < 1e-6, parts, np.log1p(parts * np.expm1(rate)) / np.where(rate == 0, 1.0, rate))
    places = np.clip(
        places + (about - places.mean(axis=1))[:, None], _EDGE / 2, 1.0
    )  # the lower end is the bin's before
    points = lows[:, None] + width[:, None] * places
    # A mean at the end of its bin, which belongs to it, or a bin of one value: all of its rows are there, to the last digit.
    one = (about > 1 - _EDGE) | (width <= 1e-9 * max(float(np.max(highs - lows[0])), 0.0))
    return np.where(one[:, None], highs[:, None], points).ravel(), np.repeat(shares, _POINTS) / _POINTS


def _rate(means: Float64s) -> Float64s:
    """Return the rates r for which exp(r x), cut off to 0..1, has these means; by bisection."""
    low, high = np.full(len(means), -_STEEPEST), np.full(len(means), _STEEPEST)
    for _ in range(40):
        rate = (low + high) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(np.abs(rate) < 1e-4, 0.5 + rate / 12, 1 / -np.expm1(-rate) - 1 / rate)
        low, high = np.where(mean < means, rate, low), np.where(mean < means, high, rate)
    middle: Float64s = (low + high) / 2
    return middle


def distance_of(before: Float64s, now: Float64s) -> Float64s:
    """Return the debiased distance between counts [..., bins], 0 where chance accounts for all of it."""
    divergence, expected, _ = divergence_and_expectation(before, now)
    return np.sqrt(np.maximum(divergence - expected, 0.0))
