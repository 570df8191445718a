"""What was done to the values of a numeric column: a unit, an offset, a sign, a clock, or one value in place of many.

Each test predicts the window's histogram from the reference's, as it would be had that been done to a share of the rows, and
passes where the prediction leaves at most a third of the distance that there is (a fifth where the factor is free), and has the
mean right. A share is fitted, so a fault that began within the window, or concerns some of the senders, is found as well.
Time: 4 ms a column, once for an evaluation; nearly all of it for the factor (`scaling.py`).
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
from driftgauge.diagnosis.column import Column, column_of
from driftgauge.diagnosis.scaling import scaling_of
from driftgauge.model import Evaluation

__all__ = ["Change", "change_of"]

Float64s = NDArray[np.float64]

#: share of the distance that may be left, where factor and share are free, and of the shift of the mean
_LEFT, _LEFT_FREE, _MEAN = 0.34, 0.2, 0.05
#: share of the rows below which a change is not looked for
_LEAST_SHARE = 0.05
#: scatter of one value, as a share of itself or of the reference's spread
_ONE = 0.05
#: what a factor without a name has to fit better by, and how close others have to come to be told beside the best
_UNNAMED, _RIVAL = 0.02, 0.1


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to the values.

    Attributes:
        name: of the cause: `unit_change`, `sign_change`, `clock_shift`, `one_value`, `scale_change` or `offset`.
        words: what was done, such as `miles to kilometres (times 1.609)`, and what else of the kind fits.
        amount: factor, offset, hours or value.
        share: of the present rows to which it was done.
        left: share of the distance that it leaves unexplained.
        bounds: of a factor: the smallest and the largest that fit as well.
        also: conversions whose factors lie between these, in words, the best first.
    """

    name: str
    words: str
    amount: float
    share: float
    left: float
    bounds: tuple[float, float] | None = None
    also: tuple[str, ...] = ()


#: what was found in an evaluation, by column; it goes with the evaluation, which never changes
_FOUND: WeakKeyDictionary[Evaluation, dict[int, Change | None]] = WeakKeyDictionary()


def change_of(sight: Sight, row: int) -> Change | None:
    """Return what was done to the numeric column of that row; None where no test passes. Worked out once for an evaluation."""
    found = _FOUND.setdefault(sight.evaluation, {})
    if row not in found:
        found[row] = _best(sight, row)
    return found[row]


def _best(sight: Sight, row: int) -> Change | None:
    column = column_of(sight.reference, sight.current, row)
    if column is None:
        return None
    found = [*_scaled(column), *_transformed(column), *_one_value(sight, column, row)]
    if not found:
        return None
    # A named unit is the better account of two that fit about equally.
    ranked = sorted(found, key=lambda change: change.left + _UNNAMED * (change.name in {"scale_change", "offset"}))
    best = ranked[0]
    near = [change for change in ranked[1:] if change.left - best.left < _RIVAL]
    if best.bounds is not None:  # it says itself which other factors fit
        return replace(best, also=(*best.also, *(change.words for change in near if change.name == "unit_change")))
    rivals = [change for change in near if change.name == best.name]
    words = ", or ".join([best.words, *(change.words for change in rivals[:2])])
    return replace(best, words=words)


def _scaled(column: Column) -> Iterator[Change]:
    """Yield the factor that fits best, by the name of a conversion where it is sure enough to have one."""
    found = scaling_of(column)
    if found is None or found.share < _LEAST_SHARE:
        return
    shift = found.share * (found.factor - 1) * float(column.points @ column.weights)
    wrong, chance = abs(column.means[1] - column.means[0] - shift), 4 * column.spreads[1] / math.sqrt(column.now.sum())
    left = float(column.left(found.expected))
    if left > (_LEFT_FREE if found.named is None else _LEFT) or wrong > _MEAN * abs(shift) + chance:
        return
    name, words = "scale_change", f"times {number(found.factor)}"
    if found.named is not None:
        name, words = "unit_change", found.named.words
    also = tuple(one.words for one in found.also)
    yield Change(name, words, found.factor, found.share, left, bounds=(found.low, found.high), also=also)


def _transformed(column: Column) -> Iterator[Change]:
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


def _one_value(sight: Sight, column: Column, row: int) -> Iterator[Change]:
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
