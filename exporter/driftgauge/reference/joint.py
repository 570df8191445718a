"""A uniform sample of whole rows, from which the correlations of the numeric inputs and their anomalies are learned.

Every row draws a key; the rows with the smallest keys stay. Memory: 40,000 rows of the numeric inputs at most; released
when the reference is built.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Categories, Column, Floats, Mixed, concatenate
from driftgauge.derive import RESIDUAL, Projection
from driftgauge.profile import INPUT, NUMERIC
from driftgauge.reference.survey import Survey

__all__ = ["RowSample", "survey_residual"]

#: rows of the sample: correlations are good to 1 %
ROWS = 20_000


@dataclass(slots=True)
class RowSample:
    """The numeric inputs of sampled rows."""

    rng: np.random.Generator
    _parts: list[Batch] = field(default_factory=list)
    _keys: list[Floats] = field(default_factory=list)
    _numbers: list[NDArray[np.int64]] = field(default_factory=list)
    _seen: int = 0
    _limit: float = 1.0

    def add(self, batch: Batch) -> None:
        """Take a batch in."""
        keys = self.rng.random(batch.rows)
        chosen = np.flatnonzero(keys < self._limit)
        numeric = {name: column for name, column in batch.inputs.items() if not isinstance(column, Categories)}
        self._parts.append(Batch(batch.rows, inputs=numeric).take(chosen))
        self._keys.append(keys[chosen])
        self._numbers.append(self._seen + chosen)
        self._seen += batch.rows
        if sum(map(len, self._keys)) > 2 * ROWS:
            self._shrink()

    def _shrink(self) -> None:
        keys = np.concatenate(self._keys)
        stay = np.sort(np.argpartition(keys, ROWS)[:ROWS])
        self._parts, self._keys = [concatenate(self._parts).take(stay)], [keys[stay]]
        self._numbers = [self.numbers[stay]]
        self._limit = float(keys[stay].max())

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Numbers of the sampled rows in the data, from 0, in the order of `matrix`."""
        return np.concatenate(self._numbers)

    def matrix(self, columns: tuple[str, ...]) -> NDArray[np.float64]:
        """Return the sampled values of *columns*, [rows, columns], NaN where missing."""
        rows = concatenate(self._parts)
        blank = np.full(rows.rows, np.nan)
        return np.stack([_numbers(rows.inputs.get(name, blank)) for name in columns], axis=1).astype(np.float64)


def survey_residual(survey: Survey, sample: RowSample) -> Projection | None:
    """Find the principal components of the numeric inputs and add the residual to the survey as a column."""
    columns = tuple(name for role, name in survey.columns if role == INPUT and survey.kind(role, name) == NUMERIC)
    if not columns or (INPUT, RESIDUAL) in survey.columns:
        return None
    values = sample.matrix(columns)
    projection = Projection.of(columns, values)
    if projection is None:
        return None
    used = [columns.index(name) for name in projection.columns]
    survey.add(Batch(len(values), inputs={RESIDUAL: projection.residual(values[:, used])}))
    survey.rows -= len(values)
    # The sample's largest residual is no bound of the reference's.
    survey.columns[INPUT, RESIDUAL].high = np.inf
    return projection


def _numbers(column: Column) -> Floats:
    assert not isinstance(column, Categories)
    return column.numbers if isinstance(column, Mixed) else column
