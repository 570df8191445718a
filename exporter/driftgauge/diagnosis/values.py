"""What was done to the values of a numeric column: a unit, an offset, a sign, a clock, or one value in place of many.

Each test predicts the window's histogram from the reference's, as it would be had that been done to a share of the rows, and
passes where the prediction leaves at most a third of the distance that there is, and has the mean right. A share
is fitted, so a fault that began within the window, or concerns some of the senders, is found as well. The reference is
known by bins: within one its rows are spread evenly on both sides of the bin's mean.
Time: 0.5 ms a column, once for an evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from driftgauge.diagnosis.candidates import candidates, values_of
from driftgauge.diagnosis.cause import Sight, number
from driftgauge.drift.jensen_shannon import divergence_and_expectation
from driftgauge.model import Evaluation
from driftgauge.profile import Profile

__all__ = ["Change", "change_of"]

Float64s = NDArray[np.float64]

#: share of the distance that may be left, and of the shift of the mean
_LEFT, _MEAN = 0.34, 0.05
#: share of the rows below which a change is not looked for
_LEAST_SHARE = 0.05
#: scatter of one value, as a share of itself or of the reference's spread
_ONE = 0.05
#: what a factor without a name has to fit better by, and how close others have to come to be told beside the best
_UNNAMED, _RIVAL = 0.05, 0.1
#: points that stand for the rows of a bin
_POINTS = 24


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to the values.

    Attributes:
        name: of the cause: `unit_change`, `sign_change`, `clock_shift`, `one_value`, `scale_change` or `offset`.
        words: what was done, such as `miles to kilometres (times 1.609)`.
        amount: factor, offset, hours or value.
        share: of the present rows to which it was done.
        left: share of the distance that it leaves unexplained.
        several: whether others fit about as well; the words name the next two.
    """

    name: str
    words: str
    amount: float
    share: float
    left: float
    several: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """A column of both sides, present values only."""

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
        return _distance(shares * self.before.sum(), self.now) / self.distance


#: what was found in an evaluation, by column; it goes with the evaluation, which never changes
_FOUND: WeakKeyDictionary[Evaluation, dict[int, Change | None]] = WeakKeyDictionary()


def change_of(sight: Sight, row: int) -> Change | None:
    """Return what was done to the numeric column of that row; None where no test passes. Worked out once for an evaluation."""
    found = _FOUND.setdefault(sight.evaluation, {})
    if row not in found:
        found[row] = _best(sight, row)
    return found[row]


def _best(sight: Sight, row: int) -> Change | None:
    column = _column(sight.reference, sight.current, row)
    if column is None:
        return None
    found = [*_transformed(column), *_one_value(sight, column, row)]
    if not found:
        return None
    # A named unit is the better account of two that fit about equally.
    ranked = sorted(found, key=lambda change: change.left + _UNNAMED * (change.name in {"scale_change", "offset"}))
    best = ranked[0]
    rivals = [change for change in ranked[1:] if change.name == best.name and change.left - best.left < _RIVAL]
    words = ", or ".join([best.words, *(change.words for change in rivals[:2])])
    return replace(best, words=words, several=bool(rivals))


def _column(reference: Profile, current: Profile, row: int) -> _Column | None:
    spec = reference.spec.histogram
    edges = spec.edges[row]
    bins = len(edges) + 1
    before, now = (side.histogram.counts[row, :bins].astype(np.float64) for side in (reference, current))
    distance = float(_distance(before, now)) if before.sum() and now.sum() else 0.0
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
    return _Column(
        edges, before, now, points, weights, (means[0], means[1]), (spreads[0], spreads[1]), limits, distance
    )


def _bounds(edges: Float64s, low: float, high: float, mean: float) -> tuple[Float64s, Float64s]:
    """Return the lower and upper bounds of the bins."""
    first = min(low, *edges[:1], mean) if math.isfinite(low) else min([*edges[:1], mean])
    last = max(high, *edges[-1:], mean) if math.isfinite(high) else max([*edges[-1:], mean])
    return np.concatenate([[first], edges]), np.concatenate([edges, [last]])


def _spread(shares: Float64s, means: Float64s, lows: Float64s, highs: Float64s) -> tuple[Float64s, Float64s]:
    """Return points and weights that have the bins' shares and means."""
    width = np.where(highs > lows, highs - lows, 1.0)
    upper = np.where(highs > lows, (means - lows) / width, 1.0)  # share of the rows that lie above the mean
    half = (np.arange(_POINTS // 2) + 0.5) / (_POINTS // 2)
    below = lows[:, None] + (means - lows)[:, None] * half
    above = means[:, None] + (highs - means)[:, None] * half
    each = shares[:, None] * np.ones(_POINTS // 2) / (_POINTS // 2)
    weights = np.concatenate([each * (1 - upper)[:, None], each * upper[:, None]])
    return np.concatenate([below, above]).ravel(), weights.ravel()


def _distance(before: Float64s, now: Float64s) -> Float64s:
    divergence, expected, _ = divergence_and_expectation(before, now)
    return np.sqrt(np.maximum(divergence - expected, 0.0))


def _transformed(column: _Column) -> Iterator[Change]:
    made = candidates(column.edges, column.range, column.means, column.spreads)
    values = values_of(made, column.points)
    before, now = (side / side.sum() for side in (column.before, column.now))
    shares = column.counted(values)
    step = shares - before
    size = np.vecdot(step, step)
    fitted = np.divide(step @ (now - before), size, out=np.zeros(len(made)), where=size > 0)
    share = np.where([one.whole for one in made], 1.0, np.clip(fitted, 0.0, 1.0))
    shift = share * (values @ column.weights - float(column.points @ column.weights))
    wrong, moved = np.abs(column.means[1] - column.means[0] - shift), np.abs(shift)
    chance = 4 * column.spreads[1] / math.sqrt(column.now.sum())
    likely = np.flatnonzero((size > 0) & (share >= _LEAST_SHARE) & (wrong <= _MEAN * moved + chance))
    left = column.left((1 - share[likely, None]) * before + share[likely, None] * shares[likely])
    for n, unexplained in zip(likely.tolist(), left.tolist(), strict=True):
        if unexplained <= _LEFT:
            worse = float(wrong[n]) / max(float(moved[n]), chance) * 0.5
            yield Change(made[n].name, made[n].words, made[n].amount, float(share[n]), unexplained + worse)


def _one_value(sight: Sight, column: _Column, row: int) -> Iterator[Change]:
    """Yield the value that stands in for others: one bin has gained, the others have kept their proportions."""
    before, now = column.before / column.before.sum(), column.now / column.now.sum()
    place = int(np.argmax(now - before))
    others = 1 - before[place]
    share = float(1 - (1 - now[place]) / others) if others > 0 else 0.0
    # With few bins, anything that gains does so at the others' expense: only a column that stands still says more.
    told = int(np.count_nonzero(before > 0.01)) >= 5 or (now[place] >= 0.98 and before[place] < 0.9)
    if not told or share < _LEAST_SHARE:
        return
    expected = (1 - share) * before
    expected[place] += share
    left = float(column.left(expected))
    value = _excess_value(sight, row, place, share)
    if left <= _LEFT and math.isfinite(value):
        yield Change("one_value", number(value), value, share, left)


def _excess_value(sight: Sight, row: int, place: int, share: float) -> float:
    """Return the mean of what bin *place* has gained; NaN where it is no single value, as far as the spread tells."""
    before, now, center = (
        sight.reference.histogram,
        sight.current.histogram,
        sight.reference.spec.histogram.centers[row],
    )
    rows, finite = float(now.finite[row]), max(float(before.finite[row]), 1.0)
    gained = share * rows
    kept = (1 - share) * rows / finite
    about = float(now.sums[row, place] - kept * before.sums[row, place]) / gained
    squares = float(now.squares[row] - kept * before.squares[row]) / gained
    value, spread = float(center + about), float(before.stddev[row])
    # What the rows that kept their values scatter by chance; heavy tails make it several times that of a normal law.
    noise = 5 * (1 - share) / share * spread**2 / math.sqrt(max((1 - share) * rows, 1.0))
    least = _ONE * min(spread, max(abs(value), 1e-3 * spread))
    return value if max(squares - about * about, 0.0) <= least**2 + noise else math.nan
