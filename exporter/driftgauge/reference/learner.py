"""Learns a reference from the first rows of traffic, in one pass, without keeping a row.

Numbers are counted in log-linear cells about a rounded origin: 128 cells per doubling of the distance from it, each at
most 0.8 % of that distance wide, with the count and the sum of its values; up to 64 distinct values are counted exactly.
Cells are right-closed and edges are chosen among their upper ends, so every count of the finished profile is exact for its
edges. Categories are counted by name.

Memory: 24 bytes per used cell, a few hundred cells per column; released when the reference is finished.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from driftgauge.batch import Batch, Counts, Floats
from driftgauge.profile.profile import Profile
from driftgauge.profile.reference import Provenance, Reference
from driftgauge.reference.edges import BINS
from driftgauge.reference.spec import spec_of
from driftgauge.reference.survey import ColumnSurvey, Survey

__all__ = ["Learner"]

#: mantissa bits of a cell: 2^7 cells per doubling
_CELL_BITS = 7
#: mantissa bits of the origin: near enough to keep its column apart from zero, too coarse to be anybody's value
_ORIGIN_BITS = 8


def _rounded(value: float, bits: int) -> float:
    mantissa, exponent = np.frexp(value)
    return float(np.ldexp(np.round(mantissa * 2**bits) / 2**bits, exponent))


@dataclass(slots=True)
class Cells:
    """Counts and sums of a column's values in log-linear cells about an origin."""

    origin: float | None = None
    keys: Counts = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    counts: Floats = field(default_factory=lambda: np.empty(0))
    sums: Floats = field(default_factory=lambda: np.empty(0))

    def add(self, values: Floats) -> None:
        """Take finite values in."""
        exact = values.astype(np.float64)
        if self.origin is None:
            self.origin = _rounded(float(np.median(exact)), _ORIGIN_BITS)
        keys = np.concatenate([self.keys, self._key(exact - self.origin)])
        self.keys, place = np.unique(keys, return_inverse=True)
        self.counts = np.bincount(place, weights=np.concatenate([self.counts, np.ones(len(exact))]))
        self.sums = np.bincount(place, weights=np.concatenate([self.sums, exact]))

    def values(self) -> tuple[Floats, Floats]:
        """Return the upper ends of the used cells, ascending, and their counts."""
        return (self.origin or 0.0) + self._upper(self.keys), self.counts

    @staticmethod
    def _key(distance: Floats) -> Counts:
        """Return the cell's number, increasing with *distance*; cells are right-closed."""
        shift = 52 - _CELL_BITS
        bits = np.abs(distance).view(np.int64)
        above = ((bits - 1) >> shift) + 1
        below = -(bits >> shift) - 1
        keys: Counts = np.where(distance > 0, above, np.where(distance < 0, below, 0))
        return keys

    @staticmethod
    def _upper(keys: Counts) -> Floats:
        shift = 52 - _CELL_BITS
        above = (np.maximum(keys, 0) << shift).view(np.float64)
        below = -((np.maximum(-keys - 1, 0)) << shift).view(np.float64)
        return np.where(keys > 0, above, below)


class Learner:
    """Gathers traffic until there is enough of it for a reference.

    Args:
        wanted: rows to learn from.
        bins: bins of a continuous column.
        kinds: kinds that are given, by column name.
        limit: columns at most.
    """

    def __init__(
        self, wanted: int, *, bins: int = BINS, kinds: dict[str, str] | None = None, limit: int = 2_000
    ) -> None:
        self.wanted = wanted
        self._bins = bins
        self._survey = Survey(Cells, kinds or {}, limit)
        self._seen: dict[tuple[str, str], int] = {}

    @property
    def rows(self) -> int:
        """Rows learned from so far."""
        return self._survey.rows

    @property
    def ready(self) -> bool:
        """Whether there are enough rows."""
        return self.rows >= self.wanted

    @property
    def cut(self) -> int:
        """Columns left out because of the limit."""
        return len(self._survey.cut)

    def observe(self, batch: Batch) -> None:
        """Take a batch in; failed rows count with their inputs only."""
        if batch.failed is not None and batch.failed.any():
            good = batch.take(~batch.failed)
            bad = batch.take(batch.failed)
            self._take(good)
            self._take(Batch(bad.rows, inputs=bad.inputs))
        else:
            self._take(batch)

    def _take(self, batch: Batch) -> None:
        self._survey.add(batch)
        for role, carried in (("input", batch.inputs), ("output", batch.outputs)):
            if carried:
                self._seen[role, ""] = self._seen.get((role, ""), 0) + batch.rows

    def finish(self, created: float) -> Reference:
        """Return what was learned as a reference."""
        spec = spec_of(self._survey, self._bins)
        profile = spec.zero()
        profile.rows[0] = self.rows
        for i, column in enumerate(spec.schema.numeric):
            found = self._survey.columns[column.role, column.name]
            _place(profile, i, found, self._seen.get((column.role, ""), 0))
        for i, column in enumerate(spec.schema.categorical):
            found = self._survey.columns[column.role, column.name]
            _name(profile, i, found, self._seen.get((column.role, ""), 0))
        return Reference(profile, Provenance("learned", created))


def _place(profile: Profile, number: int, found: ColumnSurvey, rows: int) -> None:
    """Count the column's cells (or distinct values) in its bins."""
    histogram, spec = profile.histogram, profile.spec.histogram
    upper, counts = found.edge_values()
    means = upper
    if found.distinct is None and isinstance(found.collector, Cells):
        means = found.collector.sums / found.collector.counts
    place = np.searchsorted(spec.edges[number].astype(np.float32 if number < spec.narrow else np.float64), upper)
    bins = histogram.sums.shape[1]
    gaps = means - spec.centers[number]
    histogram.counts[number, :-1] = np.bincount(place, weights=counts, minlength=bins)
    histogram.sums[number] = np.bincount(place, weights=counts * gaps, minlength=bins)
    histogram.squares[number] = counts @ gaps**2
    histogram.infinite[number] = found.infinite
    histogram.counts[number, 0] += found.infinite[0]
    histogram.counts[number, len(spec.edges[number])] += found.infinite[1]
    histogram.counts[number, -1] = max(rows - found.numbers, 0)


def _name(profile: Profile, number: int, found: ColumnSurvey, rows: int) -> None:
    """Count the column's categories in its cells."""
    spec, counts = profile.spec.categories, profile.categories.counts
    for text, count in found.category_counts().items():
        counts[number, min(int(spec.encode(number, [text])[0]), spec.other)] += count
    counts[number, spec.missing] = max(rows - found.present, 0)
