"""Two columns that have changed places: each now looks as the other did, and not as it did itself.

The reference's points of one column are counted in the bins of the other, which needs no common axis: both sides have their values.
The pair passes where that leaves at most a third of the distance of both columns, for about the same share of the rows, and
has both means right. Two columns that were alike before look the same either way, and two that have nothing in common are told
from new ones by nothing but the pair: that both fit is the evidence. Categories are compared by name, and need common ones.
Time: 0.1 ms for each pair of drifting numeric columns whose means fit.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from driftgauge.diagnosis.cause import MECHANISM, Cause, Sight, percent
from driftgauge.diagnosis.column import Column, column_of, distance_of
from driftgauge.model import Evaluation
from driftgauge.profile import INPUT

__all__ = ["swaps"]

Float64s = NDArray[np.float64]

#: share of the distance that may be left in each of the two, and how far the means may be off beyond chance
_LEFT, _MEAN = 0.34, 0.05
#: share of the rows from which on a swap is looked for, and how alike the two shares are
_LEAST, _ALIKE = 0.1, 0.15
#: share of the rows of a categorical column that must have names which the other knows
_COMMON = 0.5

#: two columns, the share of the rows to which it was done, and of their distance that it leaves
Pair = tuple[int, int, float, float]
#: what was found in an evaluation; it goes with the evaluation, which never changes
_FOUND: WeakKeyDictionary[Evaluation, tuple[Pair, ...]] = WeakKeyDictionary()


def swaps(sight: Sight, explained: AbstractSet[int]) -> Iterator[Cause]:
    """Yield a cause for each pair of inputs; columns that are *explained* are in none."""
    if sight.evaluation not in _FOUND:
        _FOUND[sight.evaluation] = tuple(_pairs(sight))
    taken = set(explained)
    for first, second, share, left in sorted(_FOUND[sight.evaluation], key=lambda pair: pair[3]):
        if taken.isdisjoint((first, second)):
            taken |= {first, second}
            yield _cause(sight, (first, second), share, left)


def _pairs(sight: Sight) -> Iterator[Pair]:
    inputs = [n for n in sight.drifting if sight.columns[n].role == INPUT]
    columns = {n: column_of(sight.reference, sight.current, n) for n in inputs if sight.numeric(n)}
    for first, second in itertools.combinations(sorted(inputs), 2):
        if sight.numeric(first) != sight.numeric(second):
            continue
        if sight.numeric(first):
            mine, other = columns[first], columns[second]
            if mine is None or other is None:
                continue
            fit, fit_too = _fit(mine, other), _fit(other, mine)
        else:
            fit, fit_too = _named(sight, first, second), _named(sight, second, first)
        if fit is None or fit_too is None:
            continue
        (share, left), (share_too, left_too) = fit, fit_too
        if abs(share - share_too) <= _ALIKE:
            yield first, second, (share + share_too) / 2, max(left, left_too)


def _fit(column: Column, other: Column) -> tuple[float, float] | None:
    """Return for which share of the rows *column* has the other's values, and what that leaves; None where it does not."""
    gap = other.means[0] - column.means[0]
    before = column.before / column.before.sum()
    came = np.bincount(
        np.searchsorted(column.edges, other.points, side="left"), other.weights, minlength=len(column.before)
    ).astype(np.float64)
    share = _share(before, came, column.now / column.now.sum())
    chance = 4 * column.spreads[1] / math.sqrt(column.now.sum())
    if share < _LEAST or abs(column.means[1] - column.means[0] - share * gap) > _MEAN * abs(gap) + chance:
        return None
    left = float(column.left((1 - share) * before + share * came))
    return (share, left) if left <= _LEFT else None


def _named(sight: Sight, number: int, other: int) -> tuple[float, float] | None:
    """Return the same of two categorical columns."""
    numeric = len(sight.reference.spec.schema.numeric)
    row, from_row = number - numeric, other - numeric
    reference, spec = sight.reference.categories, sight.reference.spec.categories
    if not (names := spec.names[row]) or not spec.names[from_row]:
        return None
    cells = {name: place for place, name in enumerate(names)}
    counts, came = reference.counts[from_row], np.zeros(len(names) + 1)
    for place, name in enumerate(spec.names[from_row]):
        came[cells.get(name, -1)] += counts[place]
    came[-1] += counts[-2]
    before, now = (_cells(side.categories.counts[row], len(names)) for side in (sight.reference, sight.current))
    if not before.sum() or not now.sum() or came[:-1].sum() < _COMMON * came.sum():
        return None
    was, has, expected = before / before.sum(), now / now.sum(), came / came.sum()
    share = _share(was, expected, has)
    whole = float(distance_of(before, now))
    if share < _LEAST or not whole > 0:
        return None
    left = float(distance_of(((1 - share) * was + share * expected) * before.sum(), now)) / whole
    return (share, left) if left <= _LEFT else None


def _cells(counts: NDArray[np.int64], names: int) -> Float64s:
    return np.append(counts[:names], counts[-2]).astype(np.float64)


def _share(before: Float64s, came: Float64s, now: Float64s) -> float:
    """Return the share of rows that have come from the other column, by least squares."""
    step = came - before
    size = float(step @ step)
    return float(np.clip(step @ (now - before) / size, 0.0, 1.0)) if size > 0 else 0.0


def _cause(sight: Sight, pair: tuple[int, int], share: float, left: float) -> Cause:
    first, second = (sight.columns[n].name for n in pair)
    return Cause(
        "swapped_columns",
        "Two swapped columns",
        f"{first} and {second}: in {percent(share)} of the rows of {sight.window} each looks as the other does in the reference; that accounts for"
        f" {percent(max(1 - left, 0.0))} of the distance of both.",
        "Compare the order of the columns at the sender with the model's: a list without names, another version of the schema, a mapping by position.",
        tuple(map(sight.key, pair)),
        {"share": share, "unexplained_ratio": left},
        MECHANISM,
        float(sum(sight.debiased[n] for n in pair)) * max(1 - left, 0.0),
    )
