"""One data set in the bins of another, by its cells.

A cell is counted where the mean of its values lies. Where an edge runs through a cell (0.8 % of the value wide) some of its
values fall on the wrong side; profiles of the same values agree exactly, because edges are ends of cells. What was counted
with the other's spec to begin with is exact.
"""

from __future__ import annotations

import numpy as np

from driftgauge.derive import ANOMALY, RESIDUAL
from driftgauge.derive.embedding import embedding_columns
from driftgauge.profile import ColumnSchema, Profile, ProfileSpec, Schema
from driftgauge.reference.rebin import aligned
from driftgauge.sketch import HistogramSpec
from driftgauge.training.dataset_profile import DatasetProfile

__all__ = ["in_same_bins", "own_maps"]


def own_maps(reference: DatasetProfile, current: DatasetProfile) -> set[str]:
    """Return the columns that each side computed with a map of its own, so that nothing can be said of them."""
    mine, theirs = reference.reference.profile.spec, current.reference.profile.spec
    found = set() if mine.projection is theirs.projection or mine == theirs else {RESIDUAL}
    if mine.detector is not theirs.detector and mine != theirs:
        found.add(ANOMALY)
    for name in mine.embedders.keys() & theirs.embedders.keys():
        if mine.embedders[name].digest != theirs.embedders[name].digest:
            found.add(embedding_columns(name)[1])
    return found


def in_same_bins(reference: DatasetProfile, current: DatasetProfile) -> tuple[Profile, Profile]:
    """Return both profiles over the columns that they share, in the reference's bins.

    Raises:
        ProfileError: no column is shared, or one is numeric on one side and categorical on the other.
    """
    before, now = reference.reference.profile, current.reference.profile
    if before.spec == now.spec or not current.cells:
        return aligned(before, now)
    return aligned(before, _recounted(before, current))


def _recounted(before: Profile, current: DatasetProfile) -> Profile:
    """Return the current profile with the numeric columns that *before* has counted in its bins, and no others."""
    now, places = current.reference.profile, _places(before.spec.schema.numeric)
    mine = _places(now.spec.schema.numeric)
    shared = sorted((key for key in places.keys() & mine.keys() if key in current.cells), key=lambda key: places[key])
    rows = [places[key] for key in shared]
    old = before.spec.histogram
    histogram = HistogramSpec(
        tuple(old.edges[row] for row in rows),
        old.centers[rows],
        old.lows[rows],
        old.highs[rows],
        sum(row < old.narrow for row in rows),
    )
    columns = [before.spec.schema.numeric[row] for row in rows]
    spec = ProfileSpec(Schema.of([*columns, *now.spec.schema.categorical]), histogram, now.spec.categories)
    found = spec.zero()
    found.rows[:] = now.rows
    found.categories.counts[:] = now.categories.counts
    for row, key in enumerate(shared):
        _place(found, row, current, mine[key], key)
    return found


def _place(found: Profile, row: int, current: DatasetProfile, source: int, key: tuple[str, str]) -> None:
    """Count the cells of a column in row *row* of *found*; what is missing or infinite stays so."""
    histogram, edges = found.histogram, found.spec.histogram.edges[row]
    values, counts = current.cells[key]
    precision = np.float32 if row < found.spec.histogram.narrow else np.float64
    with np.errstate(over="ignore"):
        place = np.searchsorted(edges.astype(precision), values.astype(precision))
    bins = histogram.sums.shape[1]
    gaps = values - found.spec.histogram.centers[row]
    histogram.counts[row, :-1] = np.bincount(place, weights=counts, minlength=bins)
    histogram.sums[row] = np.bincount(place, weights=counts * gaps, minlength=bins)
    histogram.squares[row] = counts @ gaps**2
    given = current.reference.profile.histogram
    histogram.infinite[row] = given.infinite[source]
    histogram.counts[row, 0] += given.infinite[source, 0]
    histogram.counts[row, len(edges)] += given.infinite[source, 1]
    histogram.counts[row, -1] = given.counts[source, -1]


def _places(columns: tuple[ColumnSchema, ...]) -> dict[tuple[str, str], int]:
    return {(column.role, column.name): place for place, column in enumerate(columns)}
