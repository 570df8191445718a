"""Scaling: which factor fits, done to which share of the rows, and which other factors fit as well.

Factor and share are free, and every pair on a grid is compared with what the window holds: the deviance of its histogram from
the mixture of the reference and the scaled reference, and that of its mean. What even the best pair leaves beyond
chance (bins instead of rows, rows that come in sessions) widens what counts as fitting as well (quasi-likelihood). A conversion
has its name only where its factor is within that, and hardly any other is: a factor near 1.5 has a known unit within 20 % wherever
it lies, so that one fits alone says nothing. A known unit of all rows goes before another factor of some of them that fits
hardly better.
Time: 4 ms a column.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.diagnosis.candidates import Candidate, conversions
from driftgauge.diagnosis.column import Column

__all__ = ["Scaling", "scaling_of"]

Float64s = NDArray[np.float64]

#: factors that are tried first, beside the conversions: this much apart, up to so much and the inverse
_STEP, _REACH = 0.05, 20.0
#: and around the best of them: this much apart, and so many on each side
_FINE, _EACH = 0.005, 60
_SHARES = np.linspace(0.025, 1.0, 40)
#: deviance beyond the best one's up to which a factor fits as well (99.9 % of a chi-square with one degree of freedom), in units
#: of what the best one leaves for each degree of freedom
_AS_WELL = 10.83
#: and up to which a known unit is that of all rows rather than another factor of some of them, and has its name (99 %)
_SIMPLER, _NAMED = 6.63, 6.63
#: how far apart the factors that fit may lie for a conversion to have its name: where known units lie close, and beyond this factor
_NARROW, _FAR, _NARROW_FAR = 1.1, 8.0, 1.25
#: what bins in place of rows may do to a factor
_BINS = 1.01
#: a factor so near to one is none
_NONE = 0.05


@dataclass(frozen=True, slots=True)
class Scaling:
    """What fits best.

    Attributes:
        factor: by which values were multiplied: that of the conversion where one has its name.
        share: of the rows to which that was done.
        low: smallest factor that fits as well.
        high: largest one.
        expected: the histogram's shares that follow, [bins].
        named: the conversion, where hardly any other factor fits; None otherwise.
        also: other conversions whose factors fit as well, the best first.
    """

    factor: float
    share: float
    low: float
    high: float
    expected: Float64s
    named: Candidate | None
    also: tuple[Candidate, ...]


def scaling_of(column: Column) -> Scaling | None:
    """Return what fits best; None where nothing but one does."""
    known = np.array([one.factor for one in conversions()])
    first = _Fit.of(column, np.concatenate([_coarse(column), known]))
    near = float(first.factors[int(np.argmin(first.deviance))])
    for _ in range(3):
        grid = near * np.exp(_FINE * np.arange(-_EACH, _EACH + 1))
        inside = known[(known >= grid[0]) & (known <= grid[-1])]
        fit = _Fit.of(column, np.sort(np.concatenate([grid, inside])))
        best = int(np.argmin(fit.deviance))
        if 0 < best < len(fit.factors) - 1:
            break
        near = float(fit.factors[best])
    # All rows, converted by a known factor, is the simplest account of all.
    whole = fit.whole()
    found = None if whole is None else _told(column, whole)
    return found if found is not None and found.named is not None else _told(column, fit)


def _told(column: Column, fit: _Fit) -> Scaling | None:
    best = int(np.argmin(fit.deviance))
    low, high = fit.ends(best)
    if low <= 1 <= high or abs(math.log(fit.factors[best])) < _NONE:
        return None
    inside = sorted(
        (one for one in conversions() if low <= one.factor <= high),
        key=lambda one: float(fit.deviance[fit.place(one.factor)]),
    )
    far = max(fit.factors[best], 1 / fit.factors[best]) >= _FAR
    alone = len(inside) == 1 or (far and len(inside) > 1)
    named = inside[0] if alone and high / low <= (_NARROW_FAR if far else _NARROW) else None
    place = best if named is None else fit.place(named.factor)
    if fit.deviance[place] > fit.deviance[best] + _NAMED * fit.unit:
        named, place = None, best
    return Scaling(
        float(fit.factors[place]),
        float(fit.shares[place]),
        low,
        high,
        fit.expected(column, place),
        named,
        tuple(one for one in inside if one is not named),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """How well factors fit, each with the share of rows that suits it best; arrays are [factors].

    `unit` is the deviance that counts as one: what the best leaves for each degree of freedom, 1 at least; `of_all` the deviance
    where it is done to all rows.
    """

    factors: Float64s
    shares: Float64s
    deviance: Float64s
    scaled: Float64s
    unit: float
    of_all: Float64s

    @classmethod
    def of(cls, column: Column, factors: Float64s) -> _Fit:
        before, now = column.before / column.before.sum(), column.now / column.now.sum()
        rows, known = float(column.now.sum()), float(column.before.sum())
        scaled = column.counted(factors[:, None] * column.points)
        # What no row of the reference has, in either form, may still come now and then.
        least = 0.5 / (known + 0.5 * len(now))
        expected = (1 - _SHARES[:, None, None]) * before + _SHARES[:, None, None] * scaled
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(now > 0, now * np.log(now / np.maximum(expected, least)), 0.0)
        worth = rows * known / (rows + known)
        mean = float(column.points @ column.weights)
        gap = column.means[1] - mean * (1 + _SHARES[:, None] * (factors - 1))
        scatter = column.spreads[1] ** 2 * (1 / rows + 1 / known) + (1e-9 * mean) ** 2
        deviance = 2 * worth * terms.sum(axis=2) + gap**2 / scatter
        chosen = np.argmin(deviance, axis=0)
        freedom = max(int(np.count_nonzero((before > 0) | (now > 0))) - 2, 1)
        unit = max(float(deviance.min()) / freedom, 1.0)
        return cls(factors, _SHARES[chosen], deviance[chosen, np.arange(len(factors))], scaled, unit, deviance[-1])

    def whole(self) -> _Fit | None:
        """Return the same with all rows; None where that fits clearly worse."""
        if self.of_all.min() > self.deviance.min() + _SIMPLER * self.unit:
            return None
        return _Fit(self.factors, np.ones(len(self.factors)), self.of_all, self.scaled, self.unit, self.of_all)

    def place(self, factor: float) -> int:
        """Return where a factor stands."""
        return min(int(np.searchsorted(self.factors, factor)), len(self.factors) - 1)

    def ends(self, best: int) -> tuple[float, float]:
        """Return the ends of the run of factors around the best one that fit about as well."""
        as_well = self.deviance <= self.deviance.min() + _AS_WELL * self.unit
        first = last = best
        while first > 0 and as_well[first - 1]:
            first -= 1
        while last < len(self.factors) - 1 and as_well[last + 1]:
            last += 1
        return float(self.factors[first]) / _BINS, float(self.factors[last]) * _BINS

    def expected(self, column: Column, place: int) -> Float64s:
        """Return the histogram that follows from one factor."""
        share = self.shares[place]
        result: Float64s = (1 - share) * column.before / column.before.sum() + share * self.scaled[place]
        return result


def _coarse(column: Column) -> Float64s:
    steps = np.exp(np.arange(_STEP, math.log(_REACH), _STEP))
    return np.concatenate([1 / steps, steps, np.array(list(_of_moments(column)))])


def _of_moments(column: Column) -> list[float]:
    """Return factors that mean and mean square have, if done to all rows, and to a share."""
    (mean, mean_now), (spread, spread_now) = column.means, column.spreads
    if not spread > 0 or not mean:
        return []
    first, second = mean_now / mean - 1, (spread_now**2 + mean_now**2) / (spread**2 + mean**2) - 1
    found = [spread_now / spread, *([second / first - 1] if first else [])]
    return [factor for factor in found if 1e-9 < factor < 1e9]
