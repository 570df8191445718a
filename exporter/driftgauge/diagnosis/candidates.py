"""Candidates: what may have been done to all values of a column, by name: units, a sign, a clock, one offset.

What has a name is the same for every column, and is made once. Every candidate is linear, or a shift around the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from driftgauge.diagnosis.cause import number

__all__ = ["Candidate", "candidates", "conversions", "values_of"]

Float64s = NDArray[np.float64]

#: (from, to, how many of the second make one of the first)
_UNITS = (
    ("miles", "kilometres", 1.609344),
    ("inches", "centimetres", 2.54),
    ("metres", "feet", 3.28084),
    ("kilograms", "pounds", 2.204623),
    ("gallons", "litres", 3.785412),
    ("kilocalories", "kilojoules", 4.184),
    ("knots", "kilometres an hour", 1.852),
    ("metres a second", "kilometres an hour", 3.6),
    ("ounces", "grams", 28.34952),
    ("weeks", "days", 7.0),
    ("years", "months", 12.0),
    ("days", "hours", 24.0),
    ("hours", "minutes, or minutes to seconds", 60.0),
    ("hours", "seconds", 3600.0),
    ("days", "seconds", 86400.0),
    ("ratios", "percent, or whole units to hundredths", 100.0),
    ("thousands", "ones, or seconds to milliseconds", 1e3),
    ("millions", "ones, or seconds to microseconds", 1e6),
    ("bytes counted in KiB", "bytes", 1024.0),
)
_AFFINE = (
    ("degrees Celsius to Fahrenheit", 1.8, 32.0),
    ("degrees Fahrenheit to Celsius", 5 / 9, -160 / 9),
    ("degrees Celsius to kelvins", 1.0, 273.15),
    ("kelvins to degrees Celsius", 1.0, -273.15),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may have been done to values.

    Attributes:
        name: of the cause that it would be.
        words: what was done.
        amount: factor, offset or hours.
        factor: by which values are multiplied.
        offset: that is added then; for a `clock_shift` hours, around the day.
        whole: whether it would have been done to all rows.
    """

    name: str
    words: str
    amount: float
    factor: float = 1.0
    offset: float = 0.0
    whole: bool = False


def candidates(
    edges: Float64s, bounds: tuple[float, float], means: tuple[float, float], spreads: tuple[float, float]
) -> Sequence[Candidate]:
    """Return what may have been done to a column.

    Args:
        edges: of its bins.
        bounds: lowest and highest value of the reference.
        means: of the reference and of the window.
        spreads: their standard deviations.
    """
    low, high = bounds
    of_day = low >= 0 and 20 <= high < 24 and np.allclose(edges, np.round(edges), rtol=0, atol=1e-4)
    return (*_named(), *(_clocks() if of_day else ()), *_of_moments(means, spreads))


@cache
def conversions() -> tuple[Candidate, ...]:
    """Return the conversions that are one factor, for which `scaling.py` tells how sure the factor is."""
    return tuple(_factors())


def values_of(made: Sequence[Candidate], values: Float64s) -> Float64s:
    """Return what *values* would be after each candidate, [candidates, values]."""
    factor, offset = (np.array([[getattr(one, name)] for one in made]) for name in ("factor", "offset"))
    changed: Float64s = factor * values + offset
    around = np.array([one.name == "clock_shift" for one in made])
    changed[around] = (np.round(values) + offset[around]) % 24
    return changed


@cache
def _named() -> tuple[Candidate, ...]:
    affine = (Candidate("unit_change", words, factor, factor, offset) for words, factor, offset in _AFFINE)
    return (*affine, Candidate("sign_change", "the sign (times -1)", -1.0, -1.0))


def _factors() -> Iterator[Candidate]:
    for first, second, factor in _UNITS:
        yield Candidate("unit_change", f"{first} to {second} (times {number(factor)})", factor, factor)
        inverse = 1 / factor
        words = f"{second.split(',')[0]} to {first} (times {number(inverse)})"
        yield Candidate("unit_change", words, inverse, inverse)
    yield Candidate("unit_change", "a decimal place (times 10)", 10.0, 10.0)
    yield Candidate("unit_change", "a decimal place (times 0.1)", 0.1, 0.1)


@cache
def _clocks() -> tuple[Candidate, ...]:
    shifts = (hours if hours <= 12 else hours - 24 for hours in range(1, 24))
    return tuple(Candidate("clock_shift", f"{shift:+d} hours", float(shift), offset=shift % 24) for shift in shifts)


def _of_moments(means: tuple[float, float], spreads: tuple[float, float]) -> Iterator[Candidate]:
    """Yield one offset for all rows, where the spread is as it was."""
    (mean, mean_now), (spread, spread_now) = means, spreads
    if spread > 0 and abs(spread_now / spread - 1) < 0.08:
        gap = mean_now - mean
        yield Candidate("offset", f"{gap:+.4g}", gap, offset=gap, whole=True)
