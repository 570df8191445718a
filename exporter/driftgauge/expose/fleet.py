"""Series of the fleet: values per bin as counters that Prometheus adds up over the pods, and the reference's shares.

Law: the bins are a pure function of the reference and of `drift.fleet_bins`, so every pod with the same reference has the
same ones, and merging keeps the sums. Adjacent bins of a numeric column are merged to at most that many of about equal
reference mass; of a categorical column as many categories stay, the others join `other`. Every column has `missing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge import names
from driftgauge.expose.block import Block, Scope, total
from driftgauge.expose.shape import Shape
from driftgauge.profile import CATEGORICAL, Profile, Reference

__all__ = ["FleetBins", "fleet_blocks", "merge_bins"]

Float64s = NDArray[np.float64]

OTHER_BIN, MISSING_BIN = "other", "missing"


def merge_bins(masses: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return the merged bin of each bin: ascending from 0, at most *most*, of about equal mass.

    A bin goes where the middle of its mass lies, in integers, so that every machine agrees.

    >>> merge_bins(np.array([5, 5, 5, 5]), 2).tolist()
    [0, 0, 1, 1]
    """
    if len(masses) <= most:
        return np.arange(len(masses))
    masses = masses.astype(np.int64) if masses.sum() else np.ones(len(masses), dtype=np.int64)
    middle = 2 * np.cumsum(masses) - masses
    place = np.minimum(most * middle // (2 * int(masses.sum())), most - 1)
    merged: NDArray[np.int64] = np.unique(place, return_inverse=True)[1].astype(np.int64)
    return merged


@dataclass(frozen=True, slots=True)
class FleetBins:
    """The fleet's bins of all columns in one line.

    Attributes:
        labels: (feature, role, bin) of each.
        column: number of the column of each.
        numeric: fleet bin of each cell of the flattened histogram counts; -1 for cells that are no bins.
        categorical: fleet bin of each cell of the flattened category counts; -1 for cells that are no bins.
    """

    labels: tuple[tuple[str, str, str], ...]
    column: NDArray[np.int64]
    numeric: NDArray[np.int64]
    categorical: NDArray[np.int64]

    @classmethod
    def of(cls, reference: Profile, most: int) -> FleetBins:
        """Return the bins for *reference*, at most *most* a column besides `missing` and `other`."""
        schema = reference.spec.schema
        labels: list[tuple[str, str, str]] = []
        owners: list[int] = []
        cells: tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]] = ([], [])
        for column in schema.columns:
            kind = int(column.kind == CATEGORICAL)
            bins, names_of_bins = _BINS[kind](reference, len(cells[kind]), most)
            cells[kind].append(np.where(bins < 0, bins, bins + len(labels)))
            owners += [sum(map(len, cells)) - 1] * len(names_of_bins)
            labels += [(column.name, column.role, name) for name in names_of_bins]
        numeric, categorical = (np.concatenate([*part, np.empty(0, dtype=np.int64)]) for part in cells)
        return cls(tuple(labels), np.array(owners, dtype=np.int64), numeric, categorical)

    def values(self, profile: Profile) -> Float64s:
        """Return the values in each fleet bin."""
        result = np.zeros(len(self.labels) + 1)
        np.add.at(result, self.numeric, profile.histogram.counts.ravel())
        np.add.at(result, self.categorical, profile.categories.counts.ravel())
        return result[:-1]  # the last one took the cells that are no bins

    def ratios(self, profile: Profile) -> Float64s:
        """Return the share of each fleet bin in its column; NaN where a column has no rows."""
        values = self.values(profile)
        sums = np.bincount(self.column, values)[self.column] if len(values) else values
        with np.errstate(invalid="ignore"):
            return values / sums


def fleet_blocks(scope: Scope, shape: Shape, reference: Reference) -> Iterator[Block]:
    """Yield the fleet's counters; none for a learned reference, which every pod learns by itself."""
    if shape.mode != "file" or not shape.fleet_bins:
        return
    bins = FleetBins.of(reference.profile, shape.fleet_bins)
    # Both have the same labels.
    rendered = scope.rendered(names.FEATURE_VALUES, ((*label, shape.digest) for label in bins.labels))
    ratios = bins.ratios(reference.profile)
    yield scope.shared(names.FEATURE_VALUES, rendered, lambda view: bins.values(total(view)), "fleet")
    yield scope.shared(names.FEATURE_REFERENCE_RATIO, rendered, lambda _: ratios, "fleet")


def _numeric_bins(reference: Profile, row: int, most: int) -> tuple[NDArray[np.int64], list[str]]:
    """Return the bin of each cell of a numeric column, -1 for padding, and the bins' labels."""
    counts = reference.histogram.counts[row]
    own = len(reference.spec.histogram.edges[row]) + 1
    cells = np.full(len(counts), -1, dtype=np.int64)
    cells[:own] = merge_bins(counts[:own], most)
    labels = [f"{number:02d}" for number in range(int(cells.max()) + 1)]
    cells[-1] = len(labels)
    return cells, [*labels, MISSING_BIN]


def _categorical_bins(reference: Profile, row: int, most: int) -> tuple[NDArray[np.int64], list[str]]:
    """Return the bin of each cell of a categorical column, padding being empty, and the bins' labels."""
    own = min(len(reference.spec.categories.names[row]), most)
    cells = np.minimum(np.arange(reference.spec.categories.width), own)
    cells[-1] = own + 1
    return cells, [*(f"{number:02d}" for number in range(own)), OTHER_BIN, MISSING_BIN]


_BINS = (_numeric_bins, _categorical_bins)
