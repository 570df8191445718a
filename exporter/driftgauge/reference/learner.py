"""Learns a reference from the first rows of traffic, in one pass, without keeping a row.

Up to 64 distinct numbers of a column are counted one by one. More are counted in log-linear cells about an origin (zero,
or, for columns far from it, a coarse number near them): 128 cells per doubling of the distance from it, each at most 0.8 %
of that distance wide, with the count and the sum of its values. Cells are right-closed and edges are chosen among their
upper ends, so every count of the finished profile is exact for its edges. Categories are counted by name.

Memory: 24 bytes per used cell, 2,000 to 4,000 cells per continuous column; released when the reference is finished.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Counts, Floats
from driftgauge.derive.embedding import embedding_columns
from driftgauge.profile.profile import Profile
from driftgauge.profile.reference import Provenance, Reference
from driftgauge.profile.schema import INPUT
from driftgauge.reference.edges import BINS, needs_float64
from driftgauge.reference.learned_embeddings import LearnedVectors
from driftgauge.reference.spec import spec_of
from driftgauge.reference.survey import ColumnSurvey, Survey

__all__ = ["Cells", "Learner"]

#: mantissa bits of a cell: 2^7 cells per doubling
_CELL_BITS = 7


def _origin(values: Floats) -> float:
    """Return zero, or, for values far from it, a point near them on a grid as coarse as they are spread."""
    with np.errstate(over="ignore"):
        low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
        spread = float(high - low)
    if not 0 < 2 * spread < abs(middle):
        return 0.0
    step = 2.0 ** math.ceil(math.log2(spread))
    return float(np.round(middle / step) * step)


@dataclass(slots=True)
class Cells:
    """Counts and sums of a column's values in log-linear cells about an origin."""

    origin: float | None = None
    wide: bool = False
    keys: Counts = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    counts: Floats = field(default_factory=lambda: np.empty(0))
    sums: Floats = field(default_factory=lambda: np.empty(0))

    def add(self, values: Floats) -> None:
        """Take finite values in."""
        if self.origin is None:
            distinct = np.unique(values).astype(np.float64)
            self.origin, self.wide = _origin(distinct), needs_float64(distinct)
        exact = values.astype(np.float64) if self.wide else _narrowed(values)
        keys = np.concatenate([self.keys, self._key(exact - self.origin)])
        self.keys, place = np.unique(keys, return_inverse=True)
        self.counts = _added(place, np.concatenate([self.counts, np.ones(len(exact))]))
        self.sums = _added(place, np.concatenate([self.sums, exact]))

    def values(self) -> tuple[Floats, Floats]:
        """Return the upper ends of the used cells, ascending, and their counts."""
        return self._rounded((self.origin or 0.0) + self._upper(self.keys)), self.counts

    def floors(self) -> Floats:
        """Return the lower ends of the used cells, which belong to the cells before."""
        origin = self.origin or 0.0
        # The cell of the origin holds nothing else.
        return self._rounded(
            np.where(self.keys == 0, np.nextafter(origin, -np.inf), origin + self._upper(self.keys - 1))
        )

    def _rounded(self, ends: Floats) -> Floats:
        return ends if self.wide else _down(ends)

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


def _narrowed(values: Floats) -> Floats:
    """Return *values* as float32 rounds them, those beyond its range at its ends."""
    most = np.finfo(np.float32).max
    return np.clip(values, -most, most).astype(np.float32).astype(np.float64)


def _down(values: Floats) -> Floats:
    """Return the largest float32 numbers that are not above *values*: whatever float32 value is up to one is up to the other."""
    with np.errstate(over="ignore"):  # an infinite one is stepped back from
        near = values.astype(np.float32)
    return np.where(near > values, np.nextafter(near, np.float32(-np.inf)), near).astype(np.float64)


def _added(place: NDArray[np.intp], weights: Floats) -> Floats:
    return np.bincount(place, weights=weights).astype(np.float64)


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
        self._vectors = LearnedVectors()

    @property
    def rows(self) -> int:
        """Rows learned from so far."""
        return self._survey.rows

    @property
    def ready(self) -> bool:
        """Whether there are enough rows."""
        return self.rows >= self.wanted and (bool(self._survey.columns) or self._vectors.any)

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
            self._take(Batch(bad.rows, inputs=bad.inputs, vectors=bad.vectors))
        else:
            self._take(batch)

    def _take(self, batch: Batch) -> None:
        self._survey.add(batch)
        self._vectors.add(batch)
        for role, carried in (("input", batch.inputs), ("output", batch.outputs)):
            if carried:
                self._seen[role, ""] = self._seen.get((role, ""), 0) + batch.rows

    def finish(self, created: float) -> Reference:
        """Return what was learned as a reference."""
        embedded = self._vectors.finish(self._survey)
        spec = replace(spec_of(self._survey, self._bins), embedders=embedded.embedders)
        profile = spec.zero()
        profile.rows[0] = self.rows
        derived = {column: embedded.rows[name] for name in embedded.embedders for column in embedding_columns(name)}
        for i, column in enumerate(spec.schema.numeric):
            found, sent = self._survey.columns[column.role, column.name], self._seen.get((column.role, ""), 0)
            _place(profile, i, found, derived.get(column.name, sent) if column.role == INPUT else sent)
        for i, column in enumerate(spec.schema.categorical):
            found = self._survey.columns[column.role, column.name]
            _name(profile, i, found, self._seen.get((column.role, ""), 0))
        return Reference(profile, Provenance("learned", created, notes=embedded.notes), sketches=embedded.sketches)


def _place(profile: Profile, number: int, found: ColumnSurvey, rows: int) -> None:
    """Count the column's cells (or distinct values) in its bins."""
    histogram, spec = profile.histogram, profile.spec.histogram
    values, counts = found.edge_values()
    upper = values.astype(np.float32 if number < spec.narrow else np.float64)
    means = upper.astype(np.float64)
    if found.distinct is None and isinstance(found.collector, Cells):
        means = found.collector.sums / found.collector.counts
    place = np.searchsorted(spec.edges[number].astype(upper.dtype), upper)
    bins = histogram.sums.shape[1]
    histogram.counts[number, :-1] = np.bincount(place, weights=counts, minlength=bins)
    with np.errstate(over="ignore"):  # squares of values beyond 1e154 are infinite
        gaps = means - spec.centers[number]
        histogram.sums[number] = np.bincount(place, weights=counts * gaps, minlength=bins)
        histogram.squares[number] = counts @ gaps**2
    histogram.infinite[number] = found.infinite
    histogram.counts[number, 0] += found.infinite[0]
    histogram.counts[number, len(spec.edges[number])] += found.infinite[1]
    histogram.counts[number, -1] = max(rows - found.numbers, 0)


def _name(profile: Profile, number: int, found: ColumnSurvey, rows: int) -> None:
    """Count the column's categories in its cells."""
    spec, counts = profile.spec.categories, profile.categories.counts
    named = found.category_counts()
    for text, count in named.items():
        counts[number, min(int(spec.encode(number, [text])[0]), spec.other)] += count
    counts[number, spec.other] += found.present - named.total()  # those that were too many to be named
    counts[number, spec.missing] = max(rows - found.present, 0)
