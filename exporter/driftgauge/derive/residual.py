"""PCA residual: how far a row breaks the correlations of the reference, as an input column of its own.

Numeric inputs are standardised (missing values stand at the mean). The principal components of least variance are what the
columns' correlations leave open: a row's coordinates on them, each in its own standard deviations, are near 1 while the
columns go together as they did, and large when one is shuffled against the others or two that belong together part, though
every marginal may be the same. Components that carry a good part of a column's variance are left out: a marginal that moves
shows in its own score. Without correlations there is no such column.

Memory: the components, at most 150 x 150 floats. Time: one matrix product, about 50 ns a value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Categories, Column, Mixed

__all__ = ["RESIDUAL", "Projection", "with_residual_column"]

Float64s = NDArray[np.float64]

#: name of the derived column
RESIDUAL = "pca_residual"
#: numeric inputs from which on correlations are looked at, and up to which
LEAST_COLUMNS, MOST_COLUMNS = 2, 150
#: variance of a component, in those of a standardised column, up to which it is a correlation that can break
CORRELATED = 0.3
#: standard deviation below which a component is rounding, such as a column given twice
_LEAST_SPREAD = 1e-3
#: standard deviations beyond which a value pulls no further; one absurd value must not be the whole residual
_CLIP = 10.0
#: rows projected at a time, so that the intermediate products stay in cache
_ROWS = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Principal components of standardised numeric inputs.

    Attributes:
        columns: names of the inputs.
        means: of each, [columns].
        scales: standard deviations, [columns].
        components: those of least variance, divided by their standard deviations, [components, columns].
    """

    columns: tuple[str, ...]
    means: Float64s
    scales: Float64s
    components: Float64s

    @classmethod
    def of(cls, columns: tuple[str, ...], sample: Float64s) -> Projection | None:
        """Find the components of a sample [rows, columns]; None where there is nothing to break."""
        with np.errstate(invalid="ignore", over="ignore"):
            finite = np.where(np.isfinite(sample), sample, np.nan)
            known = np.isfinite(finite).sum(axis=0) > 1
            means = np.array([np.nanmean(part) if some else 0.0 for part, some in zip(finite.T, known, strict=True)])
            scales = np.array([np.nanstd(part) if some else 0.0 for part, some in zip(finite.T, known, strict=True)])
        varies = known & (scales > 0) & np.isfinite(means) & np.isfinite(scales)
        if not LEAST_COLUMNS <= int(varies.sum()) <= MOST_COLUMNS:
            return None
        # Six digits are what a sample gives, and what the profile file keeps.
        plain = cls(
            tuple(name for name, keep in zip(columns, varies, strict=True) if keep),
            _digits(means[varies]),
            _digits(scales[varies]),
            np.empty((0, int(varies.sum()))),
        )
        standard = plain.standardised(sample[:, varies])
        values, vectors = np.linalg.eigh(standard.T @ standard / len(standard))
        chosen = values <= CORRELATED
        if not chosen.any():
            return None
        spreads = np.maximum(np.sqrt(np.maximum(values[chosen], 0.0)), _LEAST_SPREAD)
        return replace(plain, components=_digits((vectors[:, chosen] / spreads).T))

    def standardised(self, values: Float64s) -> Float64s:
        """Return rows [rows, columns] in standard deviations from the mean; missing values at the mean."""
        standard = np.clip((values - self.means) / self.scales, -_CLIP, _CLIP)
        return np.where(np.isnan(standard), 0.0, standard)

    def residual(self, values: Float64s) -> Float64s:
        """Return how far rows [rows, columns] break the correlations: root mean square of their coordinates."""
        parts = [self._residual(values[start : start + _ROWS]) for start in range(0, len(values), _ROWS)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _residual(self, values: Float64s) -> Float64s:
        coordinates = self.standardised(values) @ self.components.T
        lengths: Float64s = np.sqrt(np.einsum("ij,ij->i", coordinates, coordinates) / coordinates.shape[1])
        return lengths


def with_residual_column(batch: Batch, projection: Projection | None) -> Batch:
    """Return *batch* with the residual as an input; as it is where it lacks more than half of the columns."""
    if projection is None or 2 * sum(name in batch.inputs for name in projection.columns) < len(projection.columns):
        return batch
    values = np.stack([_numbers(batch.inputs.get(name), batch.rows) for name in projection.columns], axis=1)
    return replace(batch, inputs={**batch.inputs, RESIDUAL: projection.residual(values)})


def _numbers(column: Column | None, rows: int) -> Float64s:
    if isinstance(column, Mixed):
        return column.numbers.astype(np.float64)
    if column is None or isinstance(column, Categories):
        return np.full(rows, np.nan)
    return column.astype(np.float64)


def _digits(values: Float64s) -> Float64s:
    rounded: Float64s = np.vectorize(lambda value: float(f"{value:.6g}"), otypes=[np.float64])(values)
    return rounded
